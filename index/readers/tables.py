"""Turn the rows of a table into sentences that keep the names of their columns: "Item: Rent; Cost: 300."

A row stands alone when it is found and quoted, so the names go into its text.
"""

import re
from collections.abc import Iterable, Sequence

from index.readers.extraction import TextBuilder, one_line

LONGEST_NAME = 120  # characters of a column's name in a row
_NUMBER = re.compile(r"[^\w]*\d[\d.,:/\s%\u20ac$\u00a3-]*")
_ENDS = (".", "!", "?", "\u2026", "\u3002")


def describe_row(names: Sequence[str], cells: Sequence[str]) -> str:
    """Write one row.

    Args:
        names: The columns' names; shorter than the row, or blank, where a column has none.
        cells: The row's values, each one line.

    Returns:
        One line, without the cells that are blank; empty when all are.
    """
    parts = []
    for position, cell in enumerate(cells):
        if cell:
            name = names[position][:LONGEST_NAME] if position < len(names) else ""
            parts.append(f"{name}: {cell}" if name else cell)
    line = "; ".join(parts)
    lone = len(parts) == 1 and parts[0] in cells
    return line if not line or lone or line.endswith(_ENDS) else line + "."


def column_names(cells: Iterable[str]) -> list[str]:
    """The names in a header row, each one line and without a closing colon."""
    return [one_line(cell).rstrip(":").rstrip() for cell in cells]


def is_header(row: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a row names the columns: two names or more, none of them a number, above a row that is not blank.

    The first column may be without a name, as where it names the rows.
    """
    named = [cell for cell in row if cell]
    if len(named) < 2 or not any(below) or any(is_number(cell) or len(cell) > LONGEST_NAME for cell in named):
        return False
    return len(named) == len(row) or (len(named) == len(row) - 1 and not row[0])


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, a date or an amount rather than words."""
    return bool(_NUMBER.fullmatch(cell))


def add_table(builder: TextBuilder, rows: Sequence[Sequence[str]], *, headers: int | None = None) -> None:
    """Write a table: its header as a paragraph that does not answer, then each row.

    Args:
        builder: Where to.
        rows: All rows, the first one number 1; ragged ones are fine.
        headers: How many rows at the top are headers, where the format says so; found out when omitted.
    """
    rows = [[one_line(cell) for cell in row] for row in rows]
    if headers is None:
        headers = int(len(rows) > 1 and is_header(rows[0], rows[1]))
    width = max((len(row) for row in rows[:headers]), default=0)
    names = []
    for column in range(width):
        above = [row[column] for row in rows[:headers] if column < len(row) and row[column]]
        names.append(" ".join(dict.fromkeys(above)))
    names = column_names(names)
    if any(names):
        builder.add_paragraph("; ".join(name for name in names if name), silent=True)
    for number, row in enumerate(rows[headers:], start=headers + 1):
        builder.add_row(number, describe_row(names, row))
