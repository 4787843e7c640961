"""Find the tables of a PDF page that no rules part and whose cells have several lines: blank strips run between their columns.

The rows are parted by wider gaps; where all lines are at one distance, by the lines in which every column has text. What goes on
in the next line of a cell must look so: it begins with a small letter, or would not have fitted into the line above. Where any
of this is in doubt there is no table: columns of prose, or a list beside a text, are read as text.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise, takewhile
from statistics import median

from index.parsers.builder import is_form, is_header, is_number
from index.parsers.pdf.lines import MOST_SEGMENTS, Segment, group_lines, text_of
from index.parsers.pdf.rules import Cell, Grid

_MOST_COLUMNS = 12
_MOST_LINES = 200  # of a table on one page
_LONGEST_NAME = 60  # characters of a column's name, in one line
_MOST_WORDS = 9  # of it
_FEWEST_ROWS = 2  # below the names
_FAR = 2.0  # times the size of the type: a wider gap between two lines ends a table
_STRIP = 0.5  # times the size of the type: the least width of the blank between two columns
_PARTED = 0.2  # times the size of the type: rows are so much further apart than the lines of a cell, at least
_EVEN = 1.15  # the factor by which the distances of the lines of a cell may differ
_SAME_SIZE = 1.18  # the factor by which the type of a line may differ
_SHORT = 20  # characters; half of the lines of one column at least are shorter, else the columns are prose
_RUNNING = 0.6  # of the lines within cells look as if the text goes on there
_SMALL = 0.3  # of the cells of a column of prose begin with a small letter at most; more do where its lines are taken for rows
_LONGEST_PAIR = 240  # characters of a name and its value in a form; longer values are prose beside its headings
_SENTENCE = 4  # words at least
_REFERENCE = re.compile(r", \d")  # the number of a page, in an index
_LABEL = re.compile(
    r"[^\W\d_]{2}|\d:\d\d|\d{4}"
)  # a word, a time or a year; a number or a bullet is the mark of an item
_WORD_SPACE = 0.25  # times the size of the type

Line = list[Segment]
Row = list[list[Line]]  # the lines of each cell


def gather_rows(segments: list[Segment], edges: Sequence[float] = ()) -> list[Segment]:
    """Put a `Grid` in the place of the segments of each table that is found.

    Args:
        segments: Of a page or column, in any order.
        edges: Of the columns of a table above, which may go on.
    """
    lines = group_lines(segments) if len(segments) <= MOST_SEGMENTS else []
    position = 0
    gone: set[int] = set()
    grids: list[Segment] = []
    while position < len(lines):
        near = lines[position : position + _MOST_LINES]
        grid, passed = _read_table(near, edges)
        if grid is None and edges and not position:
            grid = _read_rest(near, edges)
        if grid is None:
            position += passed
            continue
        grids.append(grid)
        gone.update(id(segment) for cell in grid.cells for segment in cell.segments)
        while position < len(lines) and id(lines[position][0]) in gone:
            position += 1
    return [*(segment for segment in segments if id(segment) not in gone), *grids] if grids else segments


def _read_table(lines: Sequence[Line], edges: Sequence[float]) -> tuple[Grid | None, int]:
    """Read the table whose columns the first of some lines names, or the form that begins there.

    Returns:
        The table, or None where there is none; and the number of lines, 1 at least, in which none begins then.
    """
    header = lines[0]
    if not 2 <= len(header) <= _MOST_COLUMNS or not _LABEL.search(header[0].text) or _has_grid(header):
        return None, 1
    columns, count = _find_columns(lines[1:])
    lines = lines[: count + 1]
    if len(columns) != len(header) or count < _FEWEST_ROWS:
        return None, 1
    if any(_touched(columns, name, 0.0) not in ([], [place]) for place, name in enumerate(header)):
        return None, 1
    strips = [(one[1] + other[0]) / 2 for one, other in pairwise(columns)]
    rows = _part(lines, strips)
    if len(rows) == len(lines) > _FEWEST_ROWS and not any(len(cell) > 1 for row in rows for cell in row):
        return None, len(lines) - _FEWEST_ROWS  # rows of one line
    texts = _texts(rows)
    named = all(map(_may_be_name, header)) and len(rows) > 1 and is_header(*texts) and _are_names(texts)
    if not _is_sure(rows, named=named):
        return None, 1
    found = [header[0].left, *strips, max(header[-1].right, columns[-1][1])]
    edges = edges if len(edges) == len(found) and _fit(lines, edges) else found
    if named:
        return _grid(rows, edges, kind="named"), 1
    long = (cell for row in rows for cell in row[1:] if len(cell) > 1 and len(text_of(cell[0])) >= _SHORT)
    if not all(_LABEL.search(row[0]) for row in texts) or next(long, None) is None:
        return None, 1
    form = len(columns) == 2 and is_form(texts) and max(map(len, map("".join, texts))) <= _LONGEST_PAIR
    return _grid(rows, edges, kind="form" if form else "bare"), 1


def _read_rest(lines: Sequence[Line], edges: Sequence[float]) -> Grid | None:
    """Read the rows, of a table that began on the page before, in the first of some lines; None where there are none."""
    _, count = _find_columns(lines)
    lines = list(takewhile(lambda line: _fit([line], edges), lines[:count]))
    rows = _part(lines, edges[1:-1]) if lines else []
    if not rows or _are_names(_texts(rows)) or not _are_whole(rows, named=True):
        return None
    return _grid(rows, edges, kind="named")


def _texts(rows: Sequence[Row]) -> list[list[str]]:
    return [[" ".join(map(text_of, cell)) for cell in row] for row in rows]


def _are_names(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row surely names the columns, each its own: it has a word above numbers, or a few above sentences."""
    if len(set(rows[0])) < len(rows[0]):
        return False
    for name, *column in zip(*rows, strict=True):
        cells = [cell for cell in column if cell]
        numbers = sum(any(map(str.isdecimal, cell)) for cell in cells)
        if name and not any(map(str.isdecimal, name)) and numbers > 0.5 * len(cells):
            return True
        if name and len(name.split()) < _SENTENCE <= min((len(cell.split()) for cell in cells), default=0):
            return True
    return False


def _may_be_name(segment: Segment) -> bool:
    """Whether a segment may name a column."""
    text = segment.text
    return (
        len(text) <= _LONGEST_NAME
        and text.count(" ") < _MOST_WORDS
        and any(map(str.isalpha, text))
        and text[-1] not in ".,;!?"
        and not _REFERENCE.search(text)
        and (text[0].isalnum() or text[0] in "\"'\u2018\u201c(")
    )


def _has_grid(line: Line) -> bool:
    return any(isinstance(segment, Grid) for segment in line)


def _find_columns(lines: Sequence[Line]) -> tuple[list[tuple[float, float]], int]:
    """Find where the columns of some lines begin and end, and how many of the lines lie in them, from the first down."""
    columns: list[tuple[float, float]] = []
    count = 0
    for line in lines:
        above = lines[count - 1] if count else line
        size = above[0].size
        gap = min(segment.top for segment in line) - max(segment.bottom for segment in above)
        if gap > _FAR * size or _has_grid(line):
            break
        grown = list(columns)
        for segment in line:
            touched = _touched(grown, segment, _STRIP * size)
            alike = size / _SAME_SIZE <= segment.size <= size * _SAME_SIZE
            if len(touched) > 1 or not alike:
                return columns, count
            place = touched[0] if touched else bisect_right(grown, (segment.left, segment.right))
            left, right = grown[place] if touched else (segment.left, segment.right)
            grown[place : place + len(touched)] = [(min(left, segment.left), max(right, segment.right))]
        columns = grown
        count += 1
    return columns, count


def _touched(columns: Sequence[tuple[float, float]], segment: Segment, strip: float) -> list[int]:
    """The columns from which no strip of some width parts a segment."""
    return [
        place
        for place, (left, right) in enumerate(columns)
        if segment.left < right + strip and segment.right > left - strip
    ]


def _cells(segments: Iterable[Segment], strips: Sequence[float]) -> Row:
    """The lines of each cell of a row."""
    return [group_lines(cell) for cell in _by_column(segments, strips)]


def _by_column(segments: Iterable[Segment], strips: Sequence[float]) -> list[Line]:
    """The segments in each column."""
    cells: list[Line] = [[] for _ in range(len(strips) + 1)]
    for segment in segments:
        cells[bisect_right(strips, (segment.left + segment.right) / 2)].append(segment)
    return cells


def _fit(lines: Iterable[Line], edges: Sequence[float]) -> bool:
    """Whether each segment of some lines lies between two edges that follow one another."""
    return len(edges) > 1 and all(
        bisect_right(edges[1:-1], segment.left) == bisect_right(edges[1:-1], segment.right)
        for line in lines
        for segment in line
    )


def _part(lines: Sequence[Line], strips: Sequence[float]) -> list[Row]:
    """Part lines into rows, up to a text of several lines in the first column alone; the last row has several cells."""
    rows = _part_by_gaps(lines, strips) or _part_by_lines(lines, strips)
    alone = [not any(row[1:]) for row in rows]
    end = next((place for place, row in enumerate(rows) if alone[place] and len(row[0]) > 1), len(rows))
    while end and alone[end - 1]:
        end -= 1
    return rows[:end]


def _part_by_gaps(lines: Sequence[Line], strips: Sequence[float]) -> list[Row]:
    """Part rows where the gap is wider than within cells, up to the first without a first cell; none where no gap is."""
    segments = [segment for line in lines for segment in line]
    size = median(segment.size for segment in segments)
    steps = [step for cell in _cells(segments, strips) for step in _steps(cell)]
    usual = min(steps, default=0.0)
    gap = usual - median(segment.bottom - segment.top for segment in segments) + _PARTED * size
    parted: list[list[Segment]] = []
    bottom = 0.0
    for segment in sorted(segments, key=lambda segment: segment.top):
        if not parted or segment.top - bottom > gap:
            parted.append([])
            bottom = segment.bottom
        parted[-1].append(segment)
        bottom = max(bottom, segment.bottom)
    rows: list[Row] = []
    for each in parted:
        row = _cells(each, strips)
        if not row[0]:
            break
        if any(step > _EVEN * usual for cell in row for step in _steps(cell)):
            return []
        rows.append(row)
    return rows if len(rows) > 1 else []


def _steps(cell: Sequence[Line]) -> list[float]:
    """The distances from line to line."""
    return [below[0].top - above[0].top for above, below in pairwise(cell)]


def _part_by_lines(lines: Sequence[Line], strips: Sequence[float]) -> list[Row]:
    """Part rows, their cells level at the top, where text cannot go on, up to the first line in doubt."""
    split = [[[cell] if cell else [] for cell in _by_column(line, strips)] for line in lines]
    columns = [_Column([line for row in split for line in row[place]]) for place in range(len(strips) + 1)]
    rows: list[Row] = []
    for above, row in zip([split[0], *split], split, strict=False):
        cells = [(column, over[-1:], cell[0]) for column, over, cell in zip(columns, above, row, strict=True) if cell]
        going = bool(rows) and all(over and column.goes_on(over[0], line) for column, over, line in cells)
        cut = [bool(over) and column.is_cut(over[0], line) for column, over, line in cells]
        if going and (not row[0] or all(cut) or (any(cut) and not all(row))):
            for cell, more in zip(rows[-1], row, strict=True):
                cell += more
        elif row[0] and len(cells) > 1 and (not going or all(row)):
            rows.append([list(cell) for cell in row])
        else:
            break
    return rows


class _Column:
    """Judges whether the text of a column goes on in the next line of a cell."""

    def __init__(self, lines: Sequence[Line]) -> None:
        """Start with the lines of a column, names left out, from top to bottom."""
        self._right = max((line[-1].right for line in lines), default=0.0)
        self._small = bool(lines) and text_of(lines[0])[:1].islower()

    def goes_on(self, line: Line, below: Line) -> bool:
        """Whether it seems to: the next word had no room, and is not alone below another, or goes on a sentence or a word."""
        first = below[0]
        word = (first.edges[1] if " " in first.text else first.right) - first.left
        if line[-1].right + _WORD_SPACE * line[0].size + word <= self._right or is_number(text_of(below)):
            return False
        return " " in text_of(line) or self.is_cut(line, below)

    def is_cut(self, line: Line, below: Line) -> bool:
        """Whether a line ends within a sentence or a word."""
        small = not self._small and text_of(below)[:1].islower()
        return small or text_of(line).endswith(("-", "\xad", ","))


def _is_sure(rows: Sequence[Row], *, named: bool) -> bool:
    """Whether rows, the first of which names the columns or not, are surely those of a table with cells of several lines."""
    lengths = [_usual_length(column) for column in zip(*rows, strict=True) if any(column)]
    return (
        len(rows) > _FEWEST_ROWS
        and any(len(cell) > 1 for row in rows for cell in row)
        and min(lengths) < _SHORT
        and _are_whole(rows, named=named)
    )


def _usual_length(cells: Iterable[Sequence[Line]]) -> float:
    """How many characters the lines of some cells have."""
    return median(len(text_of(line)) for cell in cells for line in cell)


def _are_whole(rows: Sequence[Row], *, named: bool) -> bool:
    """Whether the text of cells goes on in their lines, and does not from one row to the next."""
    going: list[bool] = []
    for cells in ([cell for cell in column if cell] for column in zip(*rows, strict=True)):
        column = _Column([line for cell in cells[1:] for line in cell])
        going += [column.goes_on(above, below) for cell in cells for above, below in pairwise(cell)]
        small = sum(text_of(cell[0])[:1].islower() for cell in cells)
        long = bool(cells) and _usual_length(cells) >= _SHORT
        if long and small > _SMALL * len(cells) and not (named and small >= len(cells) - 1):
            return False
        if any(len(cell) > 1 and all(map(is_number, map(text_of, cell))) for cell in cells):
            return False
    return sum(going) >= _RUNNING * len(going)


def _grid(rows: Sequence[Row], edges: Sequence[float], *, kind: str) -> Grid:
    """A table of rows, whose columns have some edges; its kind as in `Grid`."""
    cells = tuple(
        Cell(
            number,
            place,
            1,
            len(row) if row[0] and not any(row[1:]) else 1,
            [segment for line in cell for segment in line],
        )
        for number, row in enumerate(rows)
        for place, cell in enumerate(row)
        if cell
    )
    inner = [segment for cell in cells for segment in cell.segments]
    return Grid(
        " ".join(segment.text for segment in inner),
        min(segment.left for segment in inner),
        max(segment.right for segment in inner),
        min(segment.top for segment in inner),
        max(segment.bottom for segment in inner),
        median(segment.size for segment in inner),
        inner[0].page,
        cells=cells,
        edges_across=tuple(edges),
        kind=kind,
    )
