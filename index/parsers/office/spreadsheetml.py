"""Read the workbooks of one file of XML that Excel 2003 writes, and many other programs export ("XML Spreadsheet")."""

from collections.abc import Iterator
from typing import Any

from index.parsers.builder import TextBuilder, list_some, one_line
from index.parsers.office.sheets import add_rows

_SHEET = "{urn:schemas-microsoft-com:office:spreadsheet}"
WORKBOOK = f"{_SHEET}Workbook"  # the root of such a file
_TRUTHS = {"0": "FALSE", "1": "TRUE"}
_MIDNIGHT = "T00:00:00"
_MOST_COLUMNS = 20_000  # that a cell may be moved to


def add_workbook(root: Any, builder: TextBuilder) -> None:
    """Write the visible sheets of a workbook, row by row, with the comments on their cells; hidden ones are noted."""
    hidden = []
    for sheet in root.iterfind(f"{_SHEET}Worksheet"):
        title = one_line(sheet.get(f"{_SHEET}Name") or "")
        if (sheet.findtext("{*}WorksheetOptions/{*}Visible") or "").startswith("Sheet"):
            hidden.append(title)
            continue
        builder.move_to(sheet=title)
        rows = list(_numbered(sheet.iterfind(f"{_SHEET}Table/{_SHEET}Row")))
        add_rows(builder, ((number, cells) for number, row in rows if any(cells := _cells(row))), {})
        for number, row in rows:
            for comment in row.iterfind(f"{_SHEET}Cell/{_SHEET}Comment"):
                text = one_line("".join(comment.itertext()))
                builder.add_row(number, f"Note: {text}" if text else "")
    builder.notes += [f"hidden sheets are not read: {list_some(hidden)}"] if hidden else []
    about = {key: root.findtext(f"{{*}}DocumentProperties/{{*}}{key}") or "" for key in ("Title", "Author", "Created")}
    builder.describe(title=about["Title"], author=about["Author"], date=about["Created"])


def _numbered(elements: Any) -> Iterator[tuple[int, Any]]:
    """Rows or cells with their numbers, which are given where some before are left out."""
    number = 0
    for element in elements:
        given = element.get(f"{_SHEET}Index") or ""
        number = int(given) if given.isdecimal() and len(given) < 9 else number + 1
        yield number, element
        across = element.get(f"{_SHEET}MergeAcross") or element.get(f"{_SHEET}Span") or ""
        number += int(across) if across.isdecimal() and len(across) < 9 else 0


def _cells(row: Any) -> list[str]:
    cells: list[str] = []
    for column, cell in _numbered(row.iterfind(f"{_SHEET}Cell")):
        if column <= _MOST_COLUMNS:
            cells += [""] * (column - len(cells))
            cells[column - 1] = _show(cell.find(f"{_SHEET}Data"))
    return cells


def _show(data: Any) -> str:
    """The value of a cell as one line, much as the spreadsheet shows it."""
    if data is None:
        return ""
    text, kind = one_line("".join(data.itertext())), data.get(f"{_SHEET}Type")
    if kind == "Boolean":
        return _TRUTHS.get(text, text)
    if kind == "DateTime":
        return text.partition(".")[0].removesuffix(_MIDNIGHT).replace("T", " ")
    return text
