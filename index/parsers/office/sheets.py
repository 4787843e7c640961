"""Write the rows of a sheet, which may contain several tables: one below the other or side by side, with titles above them."""

import re
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import islice, zip_longest

from index.parsers.builder import TextBuilder, column_names, describe_pair, describe_row, is_form, is_header, is_number

SheetRow = tuple[int, list[str]]  # its number, from 1, and its cells
_YEAR = re.compile(r"(?:1[89]|20)\d\d")
_AHEAD = 14  # rows looked at to tell a form from a table


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
    ahead = deque(islice(rows, _AHEAD))
    last, titled, form = 0, False, False  # titled: the row above is the title of a table
    builder.begin_section(1, "")
    while ahead:
        number, cells = ahead.popleft()
        ahead.extend(islice(rows, 1))
        block = [row for place, (under, row) in enumerate(ahead, start=number + 1) if under == place]
        below = block[:2]
        parted = number > last + 1
        numbers = any(map(is_number, below[0] if below else []))
        other = list(map(bool, cells)) != list(map(bool, names))  # it has other columns than the table above
        free = not names or (numbers and (parted or titled)) or (titled and other)
        groups = _spread(cells, wide.get(number, {}))
        labelled = parted and _is_labelled(cells)
        form = (form and not parted) or labelled or (free and is_form(_pairs(cells, block)))
        alone = sum(map(bool, cells)) == 1 and (parted or not names)
        titled = alone and sum(map(bool, ahead[0][1] if ahead else [])) > 1
        if free and groups != cells and len(below) == 2 and _names_below(groups, below):
            ahead.popleft()
            ahead.extend(islice(rows, 1))
            pairs = zip_longest(groups, below[0], fillvalue="")
            names, tables = column_names(" ".join(dict.fromkeys(filter(None, pair))) for pair in pairs), []
            builder.add_paragraph("; ".join(filter(None, names)), silent=True)
            number += 1
        elif form:
            names, tables = [], []
            builder.add_row(number, describe_pair(*filter(None, cells)))
        elif free and (found := _side_by_side(cells, below)):
            names, tables = column_names(cells), found
            for columns in tables:
                builder.add_paragraph("; ".join(names[columns]), silent=True)
        elif free and is_header(*_trim(cells, below)):
            names, tables = column_names(cells), []
            builder.add_paragraph("; ".join(filter(None, names)), silent=True)
        elif names and column_names(cells) == names:  # they are repeated
            builder.add_paragraph("; ".join(filter(None, names)), silent=True)
        else:
            for columns in _parts(cells, tables):
                builder.add_row(number, describe_row([] if alone else names[columns], cells[columns]))
            if titled:
                builder.begin_section(1, "".join(cells))
        last = number


def _is_labelled(cells: list[str]) -> bool:
    """Whether a row is a name with a colon and its value, and nothing else."""
    filled = [cell for cell in cells if cell]
    return len(filled) == 2 and filled[0].endswith(":") and not filled[1].endswith(":")


def _pairs(cells: list[str], below: list[list[str]]) -> list[list[str]]:
    """A row of two cells and those below it that are in the same two columns, without the others; empty where there are fewer."""
    filled = [position for position, cell in enumerate(cells) if cell]
    if len(filled) != 2 or filled[1] != filled[0] + 1:
        return []
    found = []
    for row in (cells, *below):
        if any(cell for position, cell in enumerate(row) if position not in filled):
            break
        found.append([*row, ""][filled[0] : filled[1] + 1])
    return found


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
        and not any(is_number(group) and not _YEAR.fullmatch(group) for group in groups)
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
