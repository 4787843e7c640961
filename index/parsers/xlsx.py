"""Read .xlsx workbooks: each row of a sheet is a passage that keeps the names of its columns.

Rows have the numbers that the spreadsheet shows. Formulas count with the result stored with them. Hidden sheets are
not read, and that is noted.
"""

import datetime
import re
import zipfile
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice, zip_longest
from typing import Any

from index.parsers.builder import (
    Extraction,
    TextBuilder,
    column_names,
    describe_row,
    is_header,
    is_number,
    list_some,
    one_line,
)
from index.parsers.containers import load_library, office_metadata, open_office

_Row = tuple[int, list[str]]


def read_xlsx(content: bytes, *, name: str) -> Extraction:
    """Read a workbook.

    Raises:
        SourceError: It is no .xlsx, damaged, protected with a password or not safe to read.
    """
    package, workbook = _open(content, name=name)
    builder = TextBuilder(name)
    builder.describe(**office_metadata(package))
    hidden = []
    for sheet in workbook.worksheets:
        if sheet.sheet_state != "visible":
            hidden.append(one_line(sheet.title))
            continue
        sheet.reset_dimensions()  # the size that a file states may be false, or a million columns
        builder.move_to(sheet=one_line(sheet.title))
        wide, tall = _merged(package, sheet._worksheet_path)
        _add_rows(builder, _rows(sheet, tall), wide)
    if hidden:
        builder.notes.append(f"hidden sheets are not read: {list_some(hidden)}")
    return builder.finish()


def read_sheet_rows(content: bytes, *, name: str) -> list[_Row]:
    """Read the cells of the first visible sheet that is not empty: each row that is not blank, with its number.

    Raises:
        SourceError: As for `read_xlsx`.
    """
    _, workbook = _open(content, name=name)
    for sheet in workbook.worksheets:
        if sheet.sheet_state == "visible":
            sheet.reset_dimensions()
            rows = list(_rows(sheet, {}))
            if rows:
                return rows
    return []


def _open(content: bytes, *, name: str) -> tuple[zipfile.ZipFile, Any]:
    openpyxl = load_library("openpyxl", "openpyxl", name=name, suffix=".xlsx")
    package = open_office(content, name=name, suffix=".xlsx", holds="xl/")
    return package, openpyxl.load_workbook(package.fp, read_only=True, data_only=True, keep_links=False)


_MERGED = re.compile(rb'<mergeCell\b[^>]*\bref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_MOST_MERGED = 100_000  # cells below a merged one that are filled


def _merged(
    package: zipfile.ZipFile, member: str
) -> tuple[dict[int, dict[int, int]], dict[tuple[int, int], tuple[int, int]]]:
    """The merged cells of a sheet, rows and columns from 1.

    Returns:
        By row, the first column of each that spans columns, with its last; and, for each place below the top row of one,
        the place that has the value.
    """
    from openpyxl.utils.cell import range_boundaries

    wide: dict[int, dict[int, int]] = {}
    tall: dict[tuple[int, int], tuple[int, int]] = {}
    for match in _MERGED.finditer(package.read(member)):
        left, top, right, bottom = range_boundaries(match[1].decode())
        if right > left:
            wide.setdefault(top, {})[left] = right
        if len(tall) + bottom - top <= _MOST_MERGED:
            tall |= {(row, left): (top, left) for row in range(top + 1, bottom + 1)}
    return wide, tall


def _rows(sheet: Any, tall: dict[tuple[int, int], tuple[int, int]]) -> Iterator[_Row]:
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


def _add_rows(builder: TextBuilder, rows: Iterable[_Row], wide: dict[int, dict[int, int]]) -> None:
    """Write the rows of a sheet, which may contain several tables, separated by blank rows, with titles above them."""
    names: list[str] = []
    rows = iter(rows)
    ahead = deque(islice(rows, 3))  # a row and the two below
    last = 0
    while ahead:
        number, cells = ahead.popleft()
        ahead.extend(islice(rows, 1))
        below = [row for place, (under, row) in enumerate(ahead, start=number + 1) if under == place][:2]
        free = not names or (number > last + 1 and any(map(is_number, below[0] if below else [])))
        groups = _spread(cells, wide.get(number, {}))
        if free and groups != cells and len(below) == 2 and _names_below(groups, below):
            ahead.popleft()
            ahead.extend(islice(rows, 1))
            pairs = zip_longest(groups, below[0], fillvalue="")
            names = column_names(" ".join(dict.fromkeys(filter(None, pair))) for pair in pairs)
            builder.add_paragraph("; ".join(filter(None, names)), silent=True)
            number += 1
        elif free and is_header(*_trim(cells, below[0] if below else [])):
            names = column_names(cells)
            builder.add_paragraph("; ".join(filter(None, names)), silent=True)
        else:
            single = sum(map(bool, cells)) == 1 and number > last + 1
            builder.add_row(number, describe_row([] if single else names, cells))
        last = number


def _spread(cells: list[str], wide: dict[int, int]) -> list[str]:
    """A row in which a cell that spans columns is repeated in each."""
    spread = list(cells)
    for left, right in wide.items():
        if left <= len(cells) and cells[left - 1]:
            spread += [""] * (right - len(spread))
            spread[left - 1 : right] = [cells[left - 1]] * (right - left + 1)
    return spread


def _names_below(groups: list[str], below: list[list[str]]) -> bool:
    """Whether a row of groups, each above several columns, has the names of those columns below it."""
    names, first = below
    filled = [position for position, name in enumerate(names) if name and [name] != groups[position : position + 1]]
    return (
        sum(map(bool, groups)) > 1
        and not any(map(is_number, groups))
        and len(filled) > 1
        and all(len(names[position]) < 30 for position in filled)
        and len({(groups[position] if position < len(groups) else "", names[position]) for position in filled})
        == len(filled)
        and any(first)
    )


def _trim(cells: list[str], below: list[str]) -> tuple[list[str], list[str]]:
    """Two rows without the columns on the left that are blank in both, the first without blank ones on the right."""
    first = min(map(_first_filled, (cells, below)))
    last = len(cells) - _first_filled(cells[::-1])
    return cells[first:last], below[first:]


def _first_filled(cells: list[str]) -> int:
    return next((position for position, cell in enumerate(cells) if cell), len(cells))


def _show(cell: Any) -> str:
    """The value of a cell, as one line, much as the spreadsheet shows it."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        if "%" in (cell.number_format or ""):
            return f"{value * 100:.15g}%"
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ", "seconds")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return one_line(str(value))
