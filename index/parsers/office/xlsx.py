"""Read .xlsx workbooks: each row of a sheet is a passage that keeps the names of its columns.

Rows have the numbers that the spreadsheet shows. Formulas count with the result stored with them; those without one are noted.
The comments on cells and the text boxes of a sheet follow its rows. Hidden rows and columns are read, which is noted. Not read,
and noted: hidden sheets, pictures, charts, which draw what cells contain, and embedded objects.
"""

import datetime
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

from index.parsers.builder import Extraction, TextBuilder, count_note, list_some, one_line
from index.parsers.containers import load_library, office_metadata, open_office
from index.parsers.office.drawings import (
    CHART,
    DIAGRAM,
    NEW_CHART,
    RELATION,
    diagram_text,
    find_shown,
    list_paragraphs,
)
from index.parsers.office.numbers import show_date, show_duration, show_number
from index.parsers.office.sheets import SheetRow, add_rows

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
_THREADED = "{http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments}"


def read_xlsx(content: bytes, *, name: str) -> Extraction:
    """Read a workbook.

    Raises:
        SourceError: It is no .xlsx, damaged, protected with a password or not safe to read.
    """
    package, workbook = _open(content, name=name)
    builder = TextBuilder(name)
    builder.describe(**office_metadata(package))
    hidden = []
    unsure = bool(_UNSURE.search(package.read("xl/workbook.xml"))) if "xl/workbook.xml" in package.namelist() else False
    unread = Counter(charts=len([sheet for sheet in workbook.chartsheets if sheet.sheet_state == "visible"]))
    for sheet in workbook.worksheets:
        if sheet.sheet_state != "visible":
            hidden.append(one_line(sheet.title))
            continue
        sheet.reset_dimensions()  # the size that a file states may be false, or a million columns
        builder.move_to(sheet=one_line(sheet.title))
        part = package.read(sheet._worksheet_path)
        wide, tall = _merged(part)
        filled: set[int] = set()
        add_rows(builder, _watch_columns(_rows(sheet, tall), filled), wide)
        builder.notes += _describe_sheet(one_line(sheet.title), part, filled, unsure=unsure)
        unread += _add_related(builder, package, sheet._worksheet_path)
        unread["embedded objects"] += len(set(_OBJECT.findall(part)))
    for kind, count in sorted(unread.items()):
        builder.notes += count_note(kind, count)
    if hidden:
        builder.notes.append(f"hidden sheets are not read: {list_some(hidden)}")
    return builder.finish()


_NO_RESULT = re.compile(rb"<c\b([^>]*)>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_RESULT = re.compile(rb"<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*<v>([^<]+)</v>")
_UNSURE = re.compile(rb"\bfullCalcOnLoad=\"(?:1|true)\"")
_HIDDEN_ROW = re.compile(rb"<row\b[^>]*\bhidden=\"(?:1|true)\"[^>]*(?<!/)>(?:(?!</row>).)*?<(?:v|is)>", re.DOTALL)
_COLUMN = re.compile(rb"<col\b[^>]*>")
_OBJECT = re.compile(rb"<oleObject\b[^>]*\bshapeId=\"(\d+)\"")


def _describe_sheet(title: str, part: bytes, filled: set[int], *, unsure: bool) -> list[str]:
    """Notes on a sheet: formulas without a result, and hidden rows and columns that are not blank.

    Args:
        title: Its name.
        part: Its XML.
        filled: The columns that are not blank, from 1.
        unsure: Whether the workbook asks for all formulas to be computed when it is opened.
    """
    notes = []
    if missing := sum(b't="str"' not in match[1] for match in _NO_RESULT.finditer(part)):  # those give an empty text
        notes.append(f"sheet {title} has formulas ({missing:,}) without a stored result, which are not read")
    results = [match[1].strip() for match in _RESULT.finditer(part)]
    if results and unsure and not any(result.strip(b"0.") for result in results):
        notes.append(
            f"sheet {title} has formulas ({len(results):,}) whose stored results are all 0, perhaps never computed"
        )
    rows = sum(1 for _ in _HIDDEN_ROW.finditer(part))
    columns = len({column for match in _COLUMN.finditer(part) for column in _hidden_columns(match[0]) & filled})
    hidden = [f"{kind} ({count:,})" for kind, count in (("rows", rows), ("columns", columns)) if count]
    if hidden:
        notes.append(f"sheet {title} has hidden {' and '.join(hidden)}, which are read")
    return notes


def _hidden_columns(element: bytes) -> set[int]:
    attributes = dict(re.findall(rb"(\w+)=\"(\w*)\"", element))
    first, last = (attributes.get(edge, b"0") for edge in (b"min", b"max"))
    if attributes.get(b"hidden") not in (b"1", b"true") or not first.isdigit() or not last.isdigit():
        return set()
    return set(range(int(first), min(int(last), 16_384) + 1))


def _watch_columns(rows: Iterator[SheetRow], filled: set[int]) -> Iterator[SheetRow]:
    """Pass rows on, and add the columns that are not blank in them."""
    for number, cells in rows:
        filled.update(column for column, cell in enumerate(cells, start=1) if cell)
        yield number, cells


def _add_related(builder: TextBuilder, package: zipfile.ZipFile, member: str) -> Counter[str]:
    """Write the comments on the cells of a sheet and the text of its drawings; returns how many things are not read."""
    unread: Counter[str] = Counter()
    related = _related(package, member)
    comments = [part for kind, part in related.values() if kind == "threadedComment"]
    for part in comments or [part for kind, part in related.values() if kind == "comments"]:
        _add_comments(builder, _parse(package, part))
    for kind, part in related.values():
        if kind == "drawing":
            unread += _add_drawing(builder, package, part)
    return unread


def _add_comments(builder: TextBuilder, root: Any) -> None:
    for comment in root.iter(f"{_S}comment", f"{_THREADED}threadedComment"):
        reference = comment.get("ref") or ""
        text = one_line("".join(each.text or "" for each in comment.iter(f"{_S}t", f"{_THREADED}text")))
        row = re.sub(r"\D", "", reference)
        if text and row:
            builder.add_row(int(row), f"Note on {reference}: {text}")


def _add_drawing(builder: TextBuilder, package: zipfile.ZipFile, member: str) -> Counter[str]:
    root, related = _parse(package, member), _related(package, member)
    for shape in find_shown(root, f"{_DRAWN}sp", f"{DIAGRAM}relIds"):
        if shape.tag == f"{_DRAWN}sp":
            for _, text in list_paragraphs(shape):
                builder.add_paragraph(text)
        elif found := related.get(shape.get(f"{RELATION}dm")):
            builder.add_paragraph(diagram_text(_parse(package, found[1])))
    return Counter(
        pictures=len(find_shown(root, f"{_DRAWN}pic")), charts=len(find_shown(root, f"{CHART}chart", NEW_CHART))
    )


def _related(package: zipfile.ZipFile, member: str) -> dict[str, tuple[str, str]]:
    """The kind and the name of each part that one refers to, by the id of the relation."""
    from openpyxl.packaging.relationship import get_dependents, get_rels_path

    path = get_rels_path(member)
    if path not in package.namelist():
        return {}
    found = {each.Id: (each.Type.rpartition("/")[2], each.Target) for each in get_dependents(package, path)}
    return {number: part for number, part in found.items() if part[1] in package.namelist()}


def _parse(package: zipfile.ZipFile, member: str) -> Any:
    from lxml import etree

    return etree.fromstring(
        package.read(member), etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    )


def read_sheet_rows(content: bytes, *, name: str) -> list[SheetRow]:
    """Read the cells of the first visible sheet that is not empty: each row that is not blank, with its number.

    Raises:
        SourceError: As for `read_xlsx`.
    """
    return next(filter(None, (list(rows) for _, rows in read_sheets(content, name=name))), [])


def read_sheets(content: bytes, *, name: str) -> Iterator[tuple[str, Iterator[SheetRow]]]:
    """Read the cells of the visible sheets: the name of each, and each row that is not blank, with its number.

    Raises:
        SourceError: As for `read_xlsx`.
    """
    _, workbook = _open(content, name=name)
    for sheet in workbook.worksheets:
        if sheet.sheet_state == "visible":
            sheet.reset_dimensions()
            yield one_line(sheet.title), _rows(sheet, {})


def _open(content: bytes, *, name: str) -> tuple[zipfile.ZipFile, Any]:
    openpyxl = load_library("openpyxl", "openpyxl", name=name, suffix=".xlsx")
    package = open_office(content, name=name, suffix=".xlsx", holds="xl/")
    return package, openpyxl.load_workbook(package.fp, read_only=True, data_only=True, keep_links=False)


_MERGED = re.compile(rb'<mergeCell\b[^>]*\bref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_MOST_MERGED = 100_000  # cells below a merged one that are filled


def _merged(
    part: bytes,
) -> tuple[dict[int, dict[int, int]], dict[tuple[int, int], tuple[int, int]]]:
    """The merged cells in the XML of a sheet, rows and columns from 1.

    Returns:
        By row, the first column of each that spans columns, with its last; and, for each place below the top row of one,
        the place that has the value.
    """
    from openpyxl.utils.cell import range_boundaries

    wide: dict[int, dict[int, int]] = {}
    tall: dict[tuple[int, int], tuple[int, int]] = {}
    for match in _MERGED.finditer(part):
        left, top, right, bottom = range_boundaries(match[1].decode())
        if right > left:
            wide.setdefault(top, {})[left] = right
        if len(tall) + bottom - top <= _MOST_MERGED:
            tall |= {(row, left): (top, left) for row in range(top + 1, bottom + 1)}
    return wide, tall


def _rows(sheet: Any, tall: dict[tuple[int, int], tuple[int, int]]) -> Iterator[SheetRow]:
    """The number and the cells of each row that is not blank; a cell merged downwards is repeated in each of its rows."""
    values: dict[tuple[int, int], str] = {}
    tops = set(tall.values())
    columns = {column for _, column in tall}
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [_show(cell) for cell in row]
        if not any(cells):
            continue
        for column in columns:
            if (number, column) in tall and (shown := values.get(tall[number, column], "")):
                cells += [""] * (column - len(cells))
                cells[column - 1] = cells[column - 1] or shown
            elif (number, column) in tops and column <= len(cells):
                values[number, column] = cells[column - 1]
        yield number, cells


def _show(cell: Any) -> str:
    """The value of a cell, as one line, much as the spreadsheet shows it."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return one_line(show_number(value, cell.number_format))
    if isinstance(value, (datetime.date, datetime.time)):
        return one_line(show_date(value, cell.number_format))
    if isinstance(value, datetime.timedelta):
        return one_line(show_duration(value, cell.number_format))
    return one_line(str(value))
