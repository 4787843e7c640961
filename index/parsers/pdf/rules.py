"""Find the tables of a PDF page whose cells are parted by drawn rules, and gather the text of each cell.

A cell may have several lines, and cover several columns or rows.
"""

import ctypes
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, NamedTuple

from index.parsers.pdf.lines import SLANTING, Segment, Word, group_lines, turn_box, words_between

_THIN = 4.0  # points; what is drawn so thin is a rule
_SHORTEST = 6.0  # points of a rule
_NEAR = 3.0  # points between rules that are one, or meet
_WORD_SPACE = 0.4  # times the size of the type; what is between two words of a line, but not between cells
_MOST_CUT = 0.05  # of the runs of text may have a rule between two such words; more do in the boxes of a web page
_NARROWEST = 6.0  # points of a column or row
_MOST_OBJECTS = 20_000  # on a page; more are drawings
_MOST_POINTS = 1_000  # of a path
_MOST_RULES = 500  # in each direction, when those that are one are joined; more are drawings
_MOST_CELLS = 20_000
_FEWEST_ROWS = 0.3  # of the rows have several cells; where rules part only the header, they say little of the others
_MOST_CROSSED = 0.1  # of the words may lie across a rule; more do on a chart or a form with combs


class Rule(NamedTuple):
    """A drawn line: where it is across its direction, and where it begins and ends along it."""

    at: float
    begin: float
    end: float


class Cell(NamedTuple):
    """A cell that is not blank: its row and column, how many of each it covers, and what is in it."""

    row: int
    column: int
    rows: int
    columns: int
    segments: list[Segment]


@dataclass(slots=True)
class Grid(Segment):
    """A table whose cells are known, which stands among the segments of its page as one.

    Attributes:
        cells: Row by row.
        edges_across: Where its columns begin and end.
        kind: "named" if its first row names the columns, or one on the page before does; "form" if it is a form, "bare" if it
            has no names; empty where that is to be found out.
    """

    cells: tuple[Cell, ...] = ()
    edges_across: tuple[float, ...] = ()
    kind: str = ""

    def words(self) -> list[Word]:
        return [word for cell in self.cells for segment in cell.segments for word in segment.words()]


def gather_cells(page: Any, segments: list[Segment], direction: int) -> list[Segment]:
    """Put a `Grid` in the place of the segments that are in the cells of a table.

    Args:
        page: A `pypdfium2.PdfPage`.
        segments: Of the page.
        direction: In which they run.
    """
    if len(segments) < 4 or direction == SLANTING:
        return segments
    for lying, standing in _connected(*_read_rules(page, direction)):
        table = _Table(lying, standing)
        if not table.is_possible():
            continue
        inside = [segment for segment in segments if table.holds(segment)]
        grid = table.fill(inside)
        if grid:
            gone = set(map(id, inside))
            segments = [*(segment for segment in segments if id(segment) not in gone), grid]
    return segments


def _read_rules(page: Any, direction: int) -> tuple[list[Rule], list[Rule]]:
    """The rules that lie and those that stand, as the text sees them."""
    lying: list[Rule] = []
    standing: list[Rule] = []
    for x0, y0, x1, y1 in _drawn_lines(page):
        box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        left, top, right, bottom = turn_box(box, direction)
        if right - left > max(_SHORTEST, bottom - top):
            lying.append(Rule((top + bottom) / 2, left, right))
        elif bottom - top > _SHORTEST:
            standing.append(Rule((left + right) / 2, top, bottom))
    return _joined(lying), _joined(standing)


def _drawn_lines(page: Any) -> Iterable[tuple[float, float, float, float]]:
    """The two ends of each line, upright or level, that the page draws: thin shapes, and the sides of others."""
    import pypdfium2.raw as pdfium

    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    for place in range(min(pdfium.FPDFPage_CountObjects(page), _MOST_OBJECTS)):
        drawn = pdfium.FPDFPage_GetObject(page, place)
        if pdfium.FPDFPageObj_GetType(drawn) != pdfium.FPDF_PAGEOBJ_PATH:
            continue
        if not pdfium.FPDFPageObj_GetBounds(drawn, left, bottom, right, top):
            continue
        width, height = right.value - left.value, top.value - bottom.value
        if min(width, height) <= _THIN:
            if max(width, height) > _SHORTEST:
                yield left.value, bottom.value, right.value, top.value
        elif pdfium.FPDFPath_CountSegments(drawn) <= _MOST_POINTS:
            yield from _sides(pdfium, drawn)


def _sides(pdfium: Any, drawn: Any) -> Iterable[tuple[float, float, float, float]]:
    """The straight sides of a shape that are upright or level."""
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(drawn, matrix)
    x, y = ctypes.c_float(), ctypes.c_float()
    begun = before = (0.0, 0.0)
    for place in range(pdfium.FPDFPath_CountSegments(drawn)):
        segment = pdfium.FPDFPath_GetPathSegment(drawn, place)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = (
            matrix.a * x.value + matrix.c * y.value + matrix.e,
            matrix.b * x.value + matrix.d * y.value + matrix.f,
        )
        kind = pdfium.FPDFPathSegment_GetType(segment)
        ends = [(before, point)] if kind == pdfium.FPDF_SEGMENT_LINETO else []
        begun = point if kind == pdfium.FPDF_SEGMENT_MOVETO else begun
        ends += [(point, begun)] if pdfium.FPDFPathSegment_GetClose(segment) else []
        for (x0, y0), (x1, y1) in ends:
            if min(abs(x1 - x0), abs(y1 - y0)) < 1:
                yield x0, y0, x1, y1
        before = point


def _joined(rules: Iterable[Rule]) -> list[Rule]:
    """Join the rules that lie on one line and meet, such as the borders of neighbouring cells."""
    groups: list[list[Rule]] = []
    for rule in sorted(rules):
        if not groups or rule.at - groups[-1][0].at > _NEAR:
            groups.append([])
        groups[-1].append(rule)
    found: list[Rule] = []
    for group in groups:
        at = median(rule.at for rule in group)
        begin, end = group[0][1:]
        for rule in sorted(group, key=lambda rule: rule.begin):
            if rule.begin > end + _NEAR:
                found.append(Rule(at, begin, end))
                begin, end = rule.begin, rule.end
            begin, end = min(begin, rule.begin), max(end, rule.end)
        found.append(Rule(at, begin, end))
    return found


def _connected(lying: Sequence[Rule], standing: Sequence[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """The sets of rules that cross or meet one another, from the first drawn down."""
    if not lying or not standing or max(len(lying), len(standing)) > _MOST_RULES:
        return []
    sets: list[tuple[list[Rule], list[Rule]]] = []
    for rule in lying:
        crossing = [each for each in standing if _meet(rule, each)]
        touched = [each for each in sets if any(one is other for one in each[1] for other in crossing)]
        both = {id(each): each for each in [*crossing, *(each for one in touched for each in one[1])]}
        sets = [each for each in sets if not any(each is other for other in touched)]
        if crossing:
            sets.append(([*(each for one in touched for each in one[0]), rule], list(both.values())))
    return sets


def _meet(lying: Rule, standing: Rule) -> bool:
    return (
        lying.begin - _NEAR <= standing.at <= lying.end + _NEAR
        and standing.begin - _NEAR <= lying.at <= standing.end + _NEAR
    )


class _Table:
    """The cells that rules enclose."""

    def __init__(self, lying: Sequence[Rule], standing: Sequence[Rule]) -> None:
        self.xs = _places([rule.at for rule in standing], [end for rule in lying for end in rule[1:]])
        self.ys = _places([rule.at for rule in lying], [end for rule in standing for end in rule[1:]])
        self.height, self.width = len(self.ys) - 1, len(self.xs) - 1
        if not self.is_possible():
            return
        self.right = _borders(standing, self.xs, self.ys)  # whether a rule ends a cell: by edge, then by row
        self.below = _borders(lying, self.ys, self.xs)

    def is_possible(self) -> bool:
        return self.height >= 2 <= self.width and self.height * self.width <= _MOST_CELLS

    def holds(self, segment: Segment) -> bool:
        """Whether a segment is between the outer rules."""
        middle = (segment.top + segment.bottom) / 2
        return (
            self.ys[0] < middle < self.ys[-1]
            and segment.left > self.xs[0] - _NEAR
            and segment.right < self.xs[-1] + _NEAR
        )

    def fill(self, segments: Sequence[Segment]) -> Grid | None:
        """Take segments into the cells; None where it is no table."""
        owners = self._cells()
        inside: dict[tuple[int, int], list[Segment]] = {}
        crossed = cut = words = 0
        for segment in segments:
            row = min(bisect_right(self.ys, (segment.top + segment.bottom) / 2), self.height) - 1
            begun, last = 0, None
            spans = [*zip(segment.edges[::2], segment.edges[1::2], strict=True)]
            spans += [(segment.last, segment.right)] if len(spans) <= segment.text.count(" ") else []
            words += len(spans)
            for position, (left, right) in enumerate(spans):
                column = min(max(bisect_right(self.xs, (left + right) / 2) - 1, 0), self.width - 1)
                owner = owners[row, column]
                crossed += any(
                    left + 1.5 < self.xs[edge] < right - 1.5 and self.right[edge][row] for edge in (column, column + 1)
                )
                if last is not None and owner != last:
                    cut += left - spans[position - 1][1] < _WORD_SPACE * segment.size
                    inside.setdefault(last[:2], []).append(words_between(segment, begun, position))
                    begun = position
                last = owner
            if last is not None:
                inside.setdefault(last[:2], []).append(words_between(segment, begun, len(spans)) if begun else segment)
        if crossed > _MOST_CROSSED * words or cut > _MOST_CUT * len(segments):
            return None
        spans_of = {owner[:2]: owner for owner in owners.values()}
        for place in list(inside):
            row, column, rows, columns = spans_of[place]
            parted = self._by_column(inside[place]) if columns > 1 else {}
            if len(parted) > 1:  # no rules, but every column has its own
                del inside[place]
                for each, own in parted.items():
                    inside[row, each] = own
                    spans_of[row, each] = row, each, rows, 1
        cells = tuple(
            Cell(*spans_of[place], [segment for line in group_lines(inside[place]) for segment in line])
            for place in sorted(inside)
        )
        return self._grid(cells) if self._is_table(cells) else None

    def _by_column(self, segments: Iterable[Segment]) -> dict[int, list[Segment]]:
        """The segments in each column; none where there are several lines, and a segment that lies in several columns."""
        lines = group_lines(segments)
        found: dict[int, list[Segment]] = {}
        for segment in (segment for line in lines for segment in line):
            column = bisect_right(self.xs, (segment.left + segment.right) / 2) - 1
            if (
                len(lines) > 1
                and not self.xs[column] - _NEAR < segment.left < segment.right < self.xs[column + 1] + _NEAR
            ):
                return {}
            found.setdefault(column, []).append(segment)
        return found

    def _cells(self) -> dict[tuple[int, int], tuple[int, int, int, int]]:
        """The cell that covers each place of the table: its row, its column and how many of each it covers."""
        owners: dict[tuple[int, int], tuple[int, int, int, int]] = {}
        for row in range(self.height):
            for column in range(self.width):
                if (row, column) in owners:
                    continue
                across, down = column, row
                while across + 1 < self.width and not self.right[across + 1][row] and (row, across + 1) not in owners:
                    across += 1
                covered = range(column, across + 1)
                while (
                    down + 1 < self.height
                    and not any(self.below[down + 1][each] for each in covered)
                    and not any(self.right[each][down + 1] for each in covered[1:])
                ):
                    down += 1
                for i in range(row, down + 1):
                    for j in covered:
                        owners.setdefault((i, j), (row, column, down - row + 1, across - column + 1))
        return owners

    def _is_table(self, cells: Sequence[Cell]) -> bool:
        """Whether two rows at least have several cells, and not nearly all are one cell across."""
        filled: dict[int, int] = {}
        for cell in cells:
            for row in range(cell.row, cell.row + cell.rows):
                filled[row] = filled.get(row, 0) + (0 if cell.columns == self.width else 1)
        several = sum(count > 1 for count in filled.values())
        return several >= 2 and several >= _FEWEST_ROWS * len({cell.row for cell in cells})

    def _grid(self, cells: tuple[Cell, ...]) -> Grid:
        inner = [segment for cell in cells for segment in cell.segments]
        return Grid(
            " ".join(segment.text for segment in inner),
            self.xs[0],
            self.xs[-1],
            self.ys[0],
            self.ys[-1],
            median(segment.size for segment in inner),
            inner[0].page,
            cells=cells,
            edges_across=tuple(self.xs),
        )


def _places(rules: Iterable[float], ends: Sequence[float]) -> list[float]:
    """Where rules are, and the ends of those that cross them where these lie further out."""
    found: list[float] = []
    for at in sorted(rules):
        if not found or at - found[-1] > _NARROWEST:
            found.append(at)
    if min(ends) < found[0] - _NARROWEST:
        found.insert(0, min(ends))
    if max(ends) > found[-1] + _NARROWEST:
        found.append(max(ends))
    return found


def _borders(rules: Iterable[Rule], edges: Sequence[float], across: Sequence[float]) -> list[list[bool]]:
    """Whether a rule is at each edge, beside each stretch between two places across."""
    found = [[False] * (len(across) - 1) for _ in edges]
    middles = [(one + other) / 2 for one, other in zip(across, across[1:], strict=False)]
    for rule in rules:
        edge = min(range(len(edges)), key=lambda place: abs(edges[place] - rule.at))
        for place, middle in enumerate(middles):
            found[edge][place] = found[edge][place] or rule.begin - _NEAR <= middle <= rule.end + _NEAR
    return found
