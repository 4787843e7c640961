"""Write the rows of a sheet, which may contain several tables: one below the other or side by side, with titles above them."""

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice, zip_longest

from index.parsers.builder import TextBuilder, column_names, describe_row, is_header, is_number

SheetRow = tuple[int, list[str]]  # its number, from 1, and its cells


def add_rows(builder: TextBuilder, rows: Iterable[SheetRow], wide: dict[int, dict[int, int]]) -> None:
    """Write the rows of a sheet, each with the names of its columns.

    Args:
        builder: Where to.
        rows: Those that are not blank.
        wide: By the number of a row, the first column of each cell that spans columns, with its last, from 1.
    """
    names: list[str] = []
    tables: list[slice] = []  # the columns of tables side by side; none for a single table
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
            names, tables = column_names(" ".join(dict.fromkeys(filter(None, pair))) for pair in pairs), []
            builder.add_paragraph("; ".join(filter(None, names)), silent=True)
            number += 1
        elif free and (found := _side_by_side(cells, below)):
            names, tables = column_names(cells), found
            for columns in tables:
                builder.add_paragraph("; ".join(names[columns]), silent=True)
        elif free and is_header(*_trim(cells, below)):
            names, tables = column_names(cells), []
            builder.add_paragraph("; ".join(filter(None, names)), silent=True)
        else:
            single = sum(map(bool, cells)) == 1 and number > last + 1
            for columns in _parts(cells, tables):
                builder.add_row(number, describe_row([] if single else names[columns], cells[columns]))
        last = number


def _side_by_side(cells: list[str], below: list[list[str]]) -> list[slice]:
    """The columns of two tables or more whose names are in a row, parted by blank columns; empty where there are fewer.

    In each, the rows begin with a word: numbers behind a blank column go on with the table before it.
    """
    filled = [position for position, cell in enumerate(cells) if cell]
    starts = [position for position in filled if not position or not cells[position - 1]]
    ends = [position + 1 for position in filled if not any(cells[position + 1 : position + 2])]
    tables = [slice(start, end) for start, end in zip(starts, ends, strict=True)]
    gaps = {position for position in range(len(cells)) if not cells[position]}
    width = len(cells)
    if len(tables) < 2 or any(row[position] for row in below for position in gaps if position < len(row)):
        return []
    if any(any(row[width:]) for row in below):
        return []
    for columns in tables:
        under = [row[columns] for row in below]
        if not under or not any(under[0]) or is_number(under[0][0]) or not is_header(cells[columns], *under):
            return []
    return tables


def _parts(cells: list[str], tables: list[slice]) -> list[slice]:
    """The columns of a row that are written together: all, unless each cell belongs to one of several tables."""
    covered = {position for columns in tables for position in range(columns.start, columns.stop)}
    if not tables or any(cell for position, cell in enumerate(cells) if position not in covered):
        return [slice(None)]
    return tables


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


def _trim(cells: list[str], below: Sequence[list[str]]) -> tuple[list[str], list[str]]:
    """A row and the one below it without the columns on the left that are blank in both, the row without blank ones on its right.

    A row of three names or more has no blank columns between them either, where those are blank below too.
    """
    under = below[0] if below else []
    left, width = min(map(_first_filled, (cells, under))), len(cells) - _first_filled(cells[::-1])
    kept: Sequence[int] = range(left, width)
    if sum(map(bool, cells)) > 2:
        kept = [place for place in kept if cells[place] or any(any(row[place : place + 1]) for row in below)]
    return [cells[place] for place in kept], [cell for place in kept for cell in under[place : place + 1]] + under[
        width:
    ]


def _first_filled(cells: list[str]) -> int:
    return next((position for position, cell in enumerate(cells) if cell), len(cells))
