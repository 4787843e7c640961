"""Find the rows of figures on a PDF page that no rules part, as in tables of statistics, and the names of their columns.

The names stand in one or several lines above. They are given only where each column has its own: otherwise the cells of a row
stand without names.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from index.parsers.pdf.lines import Segment, Word
from index.parsers.pdf.rules import Grid

_FEWEST_ROWS = 3
_FEWEST_CELLS = 3
_MOST_LINES = 6  # of names above the rows
_FAR = 2.5  # times the size of the type, from one of these lines to the next
_OFF_CENTRE = 3.0  # times the size of the type: twice the distance of a name from the middle of its columns
_CLOSE = 1.5  # times the size of the type: the lines of a name are nearer
_INDENT = 2.5  # times the size of the type: how far one is further to the right, at most
_FIGURE = re.compile(r"[^\w]*\d[^a-z]*|[-\u2013\u2014*.]+|n/?a", re.IGNORECASE)
YEAR = re.compile(r"(?:1[89]|20)\d\d(?:\W\d{2,4})?")
LEADERS = re.compile(r"(?:\s?\.){4,}$")  # dots that lead to the next column


class Figures(NamedTuple):
    """Rows of figures.

    Attributes:
        first: Position of the first line that has names of columns, or of the first row where none has.
        end: Position of the line after the last row.
        rows: The cells of each row.
        names: Of the columns; empty where they are not known.
        columns: Where they begin and end; empty where the cells lie in no columns.
        continued: Whether the names are those of rows above, which lie in the same columns.
    """

    first: int
    end: int
    rows: list[list[str]]
    names: list[str]
    columns: tuple[tuple[float, float], ...] = ()
    continued: bool = False


@dataclass(slots=True)
class Label(Segment):
    """The name of a row, of several lines, in one cell.

    Attributes:
        parts: Its lines.
    """

    parts: tuple[Segment, ...] = ()

    def words(self) -> list[Word]:
        return [word for part in self.parts for word in part.words()]


def join_labels(lines: Sequence[Sequence[Segment]]) -> list[list[Segment]]:
    """Join the lines of names of rows of figures: one above the figures that ends within a sentence, or one below that goes on.

    Args:
        lines: Of a column from top to bottom, each from left to right.

    Returns:
        The lines, in which such a name is one segment in the line of its figures.
    """
    found: list[list[Segment]] = []
    for line in map(list, lines):
        above: list[Segment] = []
        while (
            found
            and len(found[-1]) == 1
            and _is_row(line)
            and _goes_on(found[-1][0], [*above[:1], *line[len(above[:1]) :]])
        ):
            above.insert(0, found.pop()[0])
        if above and _begins(above[0]):
            found.append([_label([*above, line[0]]), *line[1:]])
            continue
        found += [[each] for each in above]
        row = found[-1] if found else []
        if len(line) == 1 and row and _is_row(row) and _begins(row[0]) and _goes_on(row[0], [line[0], *row[1:]]):
            row[0] = _label([row[0], line[0]])
        else:
            found.append(line)
    return found


def _begins(segment: Segment) -> bool:
    """Whether a name begins with a capital, so that a small letter tells that one goes on."""
    return segment.text[:1].isupper() and not isinstance(segment, Grid)


def _goes_on(above: Segment, line: Sequence[Segment]) -> bool:
    """Whether the first cell of a line goes on a name in the line above, both left of the other cells."""
    below = line[0]
    return (
        below.text[:1].islower()
        and not above.text.endswith((".", ":", ";"))
        and 0 < below.top - above.bottom + above.size < _CLOSE * below.size
        and max(above.right, below.right) < line[1].left
        and abs(above.left - below.left) < _INDENT * below.size
    )


def _label(parts: Sequence[Segment]) -> Label:
    lines = [part for each in parts for part in (each.parts if isinstance(each, Label) else (each,))]
    return Label(
        " ".join(part.text for part in lines),
        min(part.left for part in lines),
        max(part.right for part in lines),
        lines[0].top,
        lines[-1].bottom,
        lines[0].size,
        lines[0].page,
        parts=tuple(lines),
    )


def find_figures(lines: Sequence[Sequence[Segment]], begun: int = 0, before: Figures | None = None) -> list[Figures]:
    """Find the stretches of rows of figures among the lines of a column, from top to bottom.

    Args:
        lines: From left to right each.
        begun: Position of the first line to look at.
        before: The last such rows above, on the page before; they may go on.
    """
    found: list[Figures] = []
    position = begun
    while position < len(lines):
        end = position
        while end < len(lines) and _is_row(lines[end]):
            end += 1
        while end - position > _FEWEST_ROWS and _has_years(lines[position]) and not _has_years(lines[position + 1]):
            position += 1
        if end - position >= _FEWEST_ROWS:
            figures = _read(lines, found[-1].end if found else begun, position, end)
            before = found[-1] if found else before
            if before and before.names and not figures.names and _overlap(before.columns, figures.columns):
                figures = figures._replace(names=before.names, continued=True)
            found.append(figures)
        position = max(end, position + 1)
    return found


def _is_row(line: Sequence[Segment]) -> bool:
    figures = sum(bool(_FIGURE.fullmatch(segment.text)) for segment in line)
    return len(line) >= _FEWEST_CELLS and figures >= 2 and 2 * figures >= len(line)


def _has_years(line: Sequence[Segment]) -> bool:
    """Whether the figures of a row are years, which name columns."""
    return all(YEAR.fullmatch(each.text) for each in line if _FIGURE.fullmatch(each.text))


def _read(lines: Sequence[Sequence[Segment]], above: int, first: int, end: int) -> Figures:
    """Read the rows between two positions; names may stand below another."""
    rows = lines[first:end]
    columns = _columns(rows)
    placed = [_place(row, columns) for row in rows]
    if any(cells is None for cells in placed):
        return Figures(first, end, [[LEADERS.sub("", segment.text) for segment in row] for row in rows], [])
    texts = [[LEADERS.sub("", cell) for cell in cells] for cells in placed if cells]
    begun, names = _names_above(lines, above, first, columns)
    known = all(names[1:]) and len(set(names)) == len(names)
    return Figures(begun if known else first, end, texts, names if known else [], tuple(columns))


def _overlap(before: Sequence[tuple[float, float]], after: Sequence[tuple[float, float]]) -> bool:
    """Whether the columns of one stretch of rows lie above those of the other, one by one."""
    return len(before) == len(after) and all(
        one[0] < other[1] and other[0] < one[1] for one, other in zip(before, after, strict=True)
    )


def _columns(rows: Sequence[Sequence[Segment]]) -> list[tuple[float, float]]:
    """Where the columns begin and end: what overlaps in any two rows is one."""
    columns: list[tuple[float, float]] = []
    for segment in sorted((segment for row in rows for segment in row), key=lambda segment: segment.left):
        if columns and segment.left < columns[-1][1]:
            columns[-1] = columns[-1][0], max(columns[-1][1], segment.right)
        else:
            columns.append((segment.left, segment.right))
    return columns


def _place(row: Sequence[Segment], columns: Sequence[tuple[float, float]]) -> list[str] | None:
    """The cells of a row; None where two are in one column."""
    cells = [""] * len(columns)
    for segment in row:
        column = next(place for place, (left, right) in enumerate(columns) if left <= segment.left <= right)
        if cells[column]:
            return None
        cells[column] = segment.text
    return cells


def _names_above(
    lines: Sequence[Sequence[Segment]], above: int, first: int, columns: Sequence[tuple[float, float]]
) -> tuple[int, list[str]]:
    """The position of the first line of names above a row, and the names, from the lines nearest to it up."""
    names: list[list[str]] = [[] for _ in columns]
    position = first
    size = median(segment.size for segment in lines[first])
    while position > max(above, first - _MOST_LINES):
        line = lines[position - 1]
        if lines[position][0].top - line[0].top > _FAR * size or (_is_row(line) and not _has_years(line)):
            break
        covered = _cover(line, columns, spread=all(names[1:]))
        if covered is None:
            break
        for column, segment in covered.items():
            names[column].insert(0, segment.text)
        position -= 1
    return position, [" ".join(name) for name in names]


def _cover(
    line: Sequence[Segment], columns: Sequence[tuple[float, float]], *, spread: bool
) -> dict[int, Segment] | None:
    """The segment of a line that names each column; None where the line is none of names.

    Args:
        line: Above the columns.
        columns: Where they begin and end.
        spread: Whether every column has a name below, so that this line's may each stand over the middle of several.
    """
    if spread and (covered := _spread(line, columns)):
        return covered
    covered = {}
    for segment in line:
        under = [place for place, (left, right) in enumerate(columns) if segment.left < right and segment.right > left]
        if not under or any(place in covered for place in under) or len(under) > 1:
            return None
        covered[under[0]] = segment
    return covered


def _spread(line: Sequence[Segment], columns: Sequence[tuple[float, float]]) -> dict[int, Segment] | None:
    """Give each column but the first the nearest segment, if each segment is in the middle of those that it gets."""
    if len(line) < 2:
        return None
    covered: dict[int, Segment] = {}
    for place, (left, right) in enumerate(columns):
        if place:
            covered[place] = min(line, key=lambda each: abs(each.left + each.right - left - right))
    for segment in line:
        under = [columns[place] for place, each in covered.items() if each is segment]
        if not under or abs(under[0][0] + under[-1][1] - segment.left - segment.right) > _OFF_CENTRE * segment.size:
            return None
    return covered
