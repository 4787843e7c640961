"""Read .xlsx workbooks: each row of a sheet is a passage that keeps the names of its columns.

Rows have the numbers that the spreadsheet shows. Formulas count with the result stored with them. Hidden sheets are
not read, and that is noted.
"""

import datetime
from collections.abc import Iterable, Iterator
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
from index.parsers.containers import load_library, open_package, refuse_document_types

Row = tuple[int, list[str]]


def read_xlsx(content: bytes, *, name: str) -> Extraction:
    """Read a workbook.

    Raises:
        SourceError: It is no .xlsx, damaged, protected with a password or not safe to read.
    """
    workbook = _open(content, name=name)
    builder = TextBuilder(name)
    hidden = []
    for sheet in workbook.worksheets:
        if sheet.sheet_state != "visible":
            hidden.append(one_line(sheet.title))
            continue
        sheet.reset_dimensions()  # the size that a file states may be false, or a million columns
        builder.move_to(sheet=one_line(sheet.title))
        _add_rows(builder, _rows(sheet))
    if hidden:
        builder.notes.append(f"hidden sheets are not read: {list_some(hidden)}")
    return builder.finish()


def read_sheet_rows(content: bytes, *, name: str) -> list[Row]:
    """Read the cells of the first visible sheet that is not empty: each row that is not blank, with its number.

    Raises:
        SourceError: As for `read_xlsx`.
    """
    workbook = _open(content, name=name)
    for sheet in workbook.worksheets:
        if sheet.sheet_state == "visible":
            sheet.reset_dimensions()
            rows = list(_rows(sheet))
            if rows:
                return rows
    return []


def _open(content: bytes, *, name: str) -> Any:
    openpyxl = load_library("openpyxl", "openpyxl", name=name, suffix=".xlsx")
    package = open_package(content, name=name, suffix=".xlsx", holds="xl/workbook.xml")
    refuse_document_types(package, name=name, suffix=".xlsx")
    return openpyxl.load_workbook(package.fp, read_only=True, data_only=True, keep_links=False)


def _rows(sheet: Any) -> Iterator[Row]:
    """The number and the cells of each row that is not blank."""
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [_show(cell) for cell in row]
        if any(cells):
            yield number, cells


def _add_rows(builder: TextBuilder, rows: Iterable[Row]) -> None:
    """Write the rows of a sheet, which may contain several tables, separated by blank rows, with titles above them."""
    names: list[str] = []
    rows = iter(rows)
    row = next(rows, None)
    last = 0
    while row is not None:
        (number, cells), following = row, next(rows, None)
        below = following[1] if following is not None and following[0] == number + 1 else []
        if is_header(*_trim(cells, below)) and (not names or (number > last + 1 and any(map(is_number, below)))):
            names = column_names(cells)
            builder.add_paragraph("; ".join(filter(None, names)), silent=True)
        else:
            single = sum(map(bool, cells)) == 1 and number > last + 1
            builder.add_row(number, describe_row([] if single else names, cells))
        row, last = following, number


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
