"""Find the columns and tables of a PDF page, and put its lines in reading order.

Columns differ from a table in their lines, which are long and leave few gaps. A line across the gap between the columns
ends them; new ones start below it.

A table is what is between drawn rules (`rules`), rows of figures (`figures`), cells of several lines between blank strips
(`corridors`), or neighbouring lines with several cells in the same columns: one line a row, a header that names every column.
Everything else is text. A paragraph starts at a change of gap,
size or indent, or after a line that ends early with a full stop. Words divided at a line end are joined.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import median
from typing import NamedTuple

from index.parsers.builder import find_pairs, is_header, is_number
from index.parsers.pdf.corridors import gather_rows
from index.parsers.pdf.figures import LEADERS, YEAR, Figures, find_figures, join_labels
from index.parsers.pdf.lines import MOST_SEGMENTS, UNSPACED_CHARACTER, Segment, Word, group_lines, text_of, words_of
from index.parsers.pdf.rules import Cell, Grid

COLUMN_LINES = 3  # a column has at least so many lines
COLUMN_CHARACTERS = 20  # and half of them at least so many characters
COLUMN_FILLED = 0.55  # and half of them fill at least this share of its width: the cells of a table leave more blank
COLUMN_UNBROKEN = 0.4  # and at least this share of its lines is one run of text: in rows of a table each has several
NARROWEST_GAP = 3.0  # points between columns
MOST_COLUMNS = 4
_GAPS_TRIED = 8
_ASIDE_GAP = 1.5  # times the size of the type: the least distance of short lines set beside prose
_RUNNING = 0.4  # of the lines of prose go on in the middle of a sentence, with a small letter


def split_columns(segments: list[Segment], columns: int = 1) -> list[list[Segment]]:
    """Part segments into stretches that are read one after the other, each of one column.

    Args:
        segments: In any order.
        columns: The number of columns known to be side by side, including that of these segments.
    """
    gap = _find_gap(segments, columns)
    if gap is None:
        return [segments]
    parts: list[list[Segment]] = []
    left: list[Segment] = []
    right: list[Segment] = []
    across: list[Segment] = []

    def close_columns() -> None:
        for side in (left, right):
            if side:
                parts.extend(split_columns(list(side), columns + 1))
                side.clear()

    begin, end = gap
    aside = _has_aside(*_sides(segments, gap))
    for lines in _bands(group_lines(segments)):
        is_table = not aside and _is_table(lines, gap)
        for line in lines:
            if is_table or any(segment.left < end and segment.right > begin for segment in line):
                close_columns()
                across += line
                continue
            if across:
                parts.append(list(across))
                across.clear()
            left += [segment for segment in line if segment.right <= begin]
            right += [segment for segment in line if segment.left >= end]
    close_columns()
    return [*parts, across] if across else parts


def _bands(lines: Sequence[list[Segment]]) -> list[list[list[Segment]]]:
    """Part lines where a blank as high as a line runs through all columns."""
    bands: list[list[list[Segment]]] = []
    bottom = 0.0
    for line in lines:
        if not bands or min(segment.top for segment in line) - bottom > 0.8 * line[0].size:
            bands.append([])
        bands[-1].append(line)
        bottom = max(segment.bottom for segment in line)
    return bands


def _is_table(lines: Sequence[Sequence[Segment]], gap: tuple[float, float]) -> bool:
    """Whether lines with words on both sides of a gap are rows: on one side they are short."""
    left = [sum(len(segment.text) for segment in line if segment.right <= gap[0]) for line in lines]
    right = [sum(len(segment.text) for segment in line if segment.left >= gap[1]) for line in lines]
    both = sum(bool(one and other) for one, other in zip(left, right, strict=True))
    return both >= COLUMN_LINES and both >= 0.7 * len(lines) and min(median(left), median(right)) < COLUMN_CHARACTERS


def _find_gap(segments: Sequence[Segment], columns: int) -> tuple[float, float] | None:
    """Where the gap between two columns of prose begins and ends, or None where there is one column."""
    if columns == MOST_COLUMNS or not 2 * COLUMN_LINES <= len(segments) <= MOST_SEGMENTS:
        return None

    def is_readable(side: Sequence[Segment]) -> bool:
        return _is_column(side) or _find_gap(side, columns + 1) is not None

    begin, end = min(segment.left for segment in segments), max(segment.right for segment in segments)
    margin = 0.15 * (end - begin)
    events = sorted([(segment.left, 1) for segment in segments] + [(segment.right, -1) for segment in segments])
    gaps = []
    crossing = 0
    for (x, step), (following, _) in zip(events, events[1:], strict=False):
        crossing += step
        if following - x >= NARROWEST_GAP and begin + margin < (x + following) / 2 < end - margin:
            gaps.append((crossing, x - following, x, following))
    for *_, x, following in sorted(gaps)[:_GAPS_TRIED]:
        left, right = _sides(segments, (x, following))
        if not (left and right and _are_beside(left, right)):
            continue
        if (is_readable(left) and is_readable(right)) or _has_aside(left, right):
            return x, following
    return None


def _sides(segments: Sequence[Segment], gap: tuple[float, float]) -> tuple[list[Segment], list[Segment]]:
    """The segments to the left and to the right of a gap."""
    return [each for each in segments if each.right <= gap[0]], [each for each in segments if each.left >= gap[1]]


def _has_aside(left: Sequence[Segment], right: Sequence[Segment]) -> bool:
    """Whether one of two sides is prose that runs on from line to line, and the other a few short lines set beside it.

    Short lines are cells instead where the lines beside them begin anew, as those of a table do.
    """
    if min(segment.left for segment in right) - max(segment.right for segment in left) < _ASIDE_GAP * left[0].size:
        return False
    prose, aside = (left, right) if len(left) >= len(right) else (right, left)
    lines = group_lines(aside)
    steps = [below[0].top - above[0].top for above, below in zip(lines, lines[1:], strict=False)]
    if len(lines) < COLUMN_LINES or max(steps) > 2 * aside[0].size or any(len(line) > 1 for line in lines):
        return False
    below = group_lines(prose)[1:]
    return _is_column(prose) and sum(line[0].text[:1].islower() for line in below) >= _RUNNING * len(below)


def _is_column(segments: Sequence[Segment]) -> bool:
    """Whether segments are lines of prose: enough of them, of some length, with little blank in them."""
    if len(segments) < COLUMN_LINES:
        return False
    lines = group_lines(segments)
    if len(lines) < COLUMN_LINES:
        return False
    width = max(segment.right for segment in segments) - min(segment.left for segment in segments)
    filled = [sum(segment.right - segment.left for segment in line) for line in lines]
    lengths = [sum(len(segment.text) for segment in line) for line in lines]
    single = sum(len(line) == 1 for line in lines)
    return (
        median(lengths) >= COLUMN_CHARACTERS
        and median(filled) >= COLUMN_FILLED * width
        and single >= COLUMN_UNBROKEN * len(lines)
    )


def _are_beside(left: Sequence[Segment], right: Sequence[Segment]) -> bool:
    """Whether two columns are side by side for some lines, not one below the other."""
    top = max(min(segment.top for segment in side) for side in (left, right))
    bottom = min(max(segment.bottom for segment in side) for side in (left, right))
    return bottom - top > COLUMN_LINES * median(segment.size for segment in left) * 0.8


FEWEST_ROWS = 2  # below the header
MOST_FILLED = 0.8  # of a row's width is text; lines of prose with wide gaps between words are fuller


def find_table(lines: Sequence[Sequence[Segment]], first: int) -> list[list[str]]:
    """Read the table that begins at a line.

    Args:
        lines: The lines of a column or page from top to bottom, each from left to right.
        first: Position of the line that would be its header.

    Returns:
        Its rows, each of as many cells as the header has; empty when no table begins there.
    """
    header = lines[first]
    if len(header) < 2 or not is_loose(header) or any(_LABELLED.match(segment.text) for segment in header):
        return []
    rows = [[segment.text for segment in header], *_rows_below(header, lines[first + 1 :], header)]
    columns = [[cell for cell in column if cell] for column in zip(*rows, strict=True)]
    if any(_runs_on(column[len(column[0]) < COLUMN_CHARACTERS :]) for column in columns):
        return []
    return rows if len(rows) > FEWEST_ROWS and (find_pairs(rows) or is_header(*rows)) else []


def _runs_on(cells: Sequence[str]) -> bool:
    """Whether the cells of a column are lines of prose, which begins with a capital and runs on from one to the next."""
    if len(cells) < FEWEST_ROWS or median(map(len, cells)) < COLUMN_CHARACTERS or cells[0][:1].islower():
        return False
    return sum(cell[:1].islower() for cell in cells) >= _RUNNING * len(cells)


def _rows_below(
    header: Sequence[Segment], lines: Sequence[Sequence[Segment]], above: Sequence[Segment] = ()
) -> list[list[str]]:
    """The lines that are rows below a header, up to the first that is none."""
    rows = []
    for line in lines:
        cells = _place(line, header)
        far = bool(above) and line[0].top - above[0].top > 2.5 * header[0].size
        if cells is None or far or sum(map(bool, cells)) < 2 or not is_loose(line):
            break
        rows.append(cells)
        above = line
    return rows


def is_loose(line: Sequence[Segment], most_filled: float = MOST_FILLED) -> bool:
    """Whether less than a share of a line is text, the rest of it gaps between its segments."""
    filled = sum(segment.right - segment.left for segment in line)
    return filled < most_filled * (line[-1].right - line[0].left)


def _place(line: Sequence[Segment], header: Sequence[Segment]) -> list[str] | None:
    """The cells of a line below the columns of a header; None if a cell is below no column, or two are below one."""
    cells = [""] * len(header)
    for segment in line:
        shared = [min(segment.right, name.right) - max(segment.left, name.left) for name in header]
        column = shared.index(max(shared))
        if shared[column] <= 0 or cells[column]:
            return None
        cells[column] = segment.text
    return cells


LOOSE = 0.6  # a line of which less is text is no prose: it keeps its line end

_ITEM = re.compile(r"(?:[\u2022\u25e6\u2023\u25aa\u25cf\u2013*-]|\(?(?:\d{1,3}|[a-z])[.)])\s")
_SECTION = re.compile(r"(?:\d{1,3}|[A-Z])(?:\.\d{1,3})+\.?\s")  # the number of a section
# The number of a section and a few words that do not end like a sentence: a heading in any type.
NUMBERED_TITLE = re.compile(
    r"((?:\d{1,2}|[A-Z])(?:\.\d{1,2}){1,4})\.? +(?=[A-Z\xc0-\xde])(?=.*[a-z]{3})[^\n]{1,80}?(?<![.;:,!])"
)
LARGE = 1.12  # times the size of most lines; the lines of a heading are further apart than those of the text
# "Date of birth: 3 May", "Judge Ames: Did you?"
_LABELLED = re.compile(r"(?=[A-Z\xc0-\xde])(?:[^\s:;.,!?]+ ?){1,4}: \S")
_CLOSED = re.compile(r"[.!?:\u2026\u3002][\"'\u2019\u201d)\]]*$")
_DIVIDED = re.compile(r"(\w+)(?:\xad|(?<=[^\W\d_])-)$")
_LONGEST_WORD = 100  # characters
_FIRST_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, or a table.

    Attributes:
        text: Its text; a divided last word ends in a soft hyphen or a hyphen. Empty for a table.
        size: Size of its type, in points.
        full: Whether its last line reaches the edge of the column, as where the column or page cuts the paragraph.
        rows: The rows of a table, the header first.
        headers: How many rows of a table, 1 or none, name its columns; None if that is to be found out.
        header: The header of a table without rules, as it is drawn where the table begins.
        edges: Where the columns of a table with rules begin and end.
        figures: Of a table of figures without rules.
        continued: Whether the table began above, or on a page before.
        segments: What it is made of, in order; of a table that goes on, its rows.
        first: Number of its first word among those of the segments: the ones before are of the page before.
        last: Number of the word after its last; None: all are its own.
    """

    text: str
    size: float
    full: bool = False
    rows: tuple[tuple[str, ...], ...] = ()
    headers: int | None = None
    header: tuple[Segment, ...] = ()
    edges: tuple[float, ...] = ()
    figures: Figures | None = None
    continued: bool = False
    segments: tuple[Segment, ...] = ()
    first: int = 0
    last: int | None = None

    def words(self) -> tuple[Word, ...]:
        """The words as they are drawn, in order."""
        return words_of(self.segments)[self.first : self.last]


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    segments: tuple[Segment, ...]
    left: float
    right: float
    top: float
    size: float
    loose: bool


def lay_out(
    segments: Sequence[Segment], words: frozenset[str] = frozenset(), above: Paragraph | None = None
) -> list[Paragraph]:
    """Join the segments of a page into paragraphs.

    Args:
        segments: The segments of the page, in any order.
        words: All words of the document in lower case, those with hyphens too: they say whether a word that a line's
            end divides is written with a hyphen.
        above: What ends the page before: a table may go on.

    Returns:
        Paragraphs in reading order.
    """
    found: list[Paragraph] = []
    edges = above.edges if above is not None and above.headers == 1 else ()
    columns = split_columns(gather_rows(list(segments), edges))
    for column in columns if len(columns) == 1 else map(gather_rows, columns):
        paragraphs = _read_column(group_lines(column), words, above)
        above = None
        last = last_of_body(found)
        if last is not None and paragraphs and goes_on(found[last], paragraphs[0]):
            joined = join_lines(found[last].text, paragraphs[0].text, words)
            begun = found.pop(last)
            paragraphs[0] = replace(
                paragraphs[0], text=joined, size=begun.size, segments=begun.segments + paragraphs[0].segments
            )
        found += paragraphs
    return found


_NOTE = re.compile(r"(?:\[?\d{1,3}\]?|[*\u2020\u2021\u00b9\u00b2\u00b3\u2074-\u2079]+)[.)]?\s*\S")


def last_of_body(paragraphs: Sequence[Paragraph]) -> int | None:
    """The position of the last paragraph of a page or column that is no footnote; None if there is none."""
    for position in range(len(paragraphs) - 1, -1, -1):
        paragraph = paragraphs[position]
        larger = max((other.size for other in paragraphs[:position]), default=0.0)
        if not (_NOTE.match(paragraph.text) and paragraph.size < 0.9 * larger):
            return position
    return None


def goes_on(before: Paragraph, after: Paragraph) -> bool:
    """Whether a paragraph at the top of a column or page goes on the one before."""
    if not before.full or _CLOSED.search(before.text) or abs(before.size - after.size) > 0.1 * before.size:
        return False
    return after.text[:1].islower()


def join_lines(before: str, after: str, words: frozenset[str] = frozenset(), gap: str = " ") -> str:
    """Join two lines.

    A word divided by a hyphen at the end of the first becomes whole. Chinese and Japanese have no spaces.
    """
    if gap == " " and UNSPACED_CHARACTER.match(before[-1:]) and UNSPACED_CHARACTER.match(after):
        return before + after
    divided, rest = _DIVIDED.search(before, max(0, len(before) - _LONGEST_WORD)), _FIRST_WORD.match(after)
    if not divided or not rest:
        return before + gap + after
    whole, hyphened = divided[1] + rest[0], f"{divided[1]}-{rest[0]}"
    if not after[0].islower() or (hyphened.lower() in words and whole.lower() not in words):
        return before[:-1] + "-" + after
    return before[:-1] + after


def _read_column(lines: Sequence[Sequence[Segment]], words: frozenset[str], above: Paragraph | None) -> list[Paragraph]:
    """Read the tables and the paragraphs between them, from top to bottom; the first rows may be those of a table above."""
    found: list[Paragraph] = []
    between: list[Sequence[Segment]] = []
    for line in lines:
        grids = [segment for segment in line if isinstance(segment, Grid)]
        if not grids:
            between.append(line)
            continue
        between += group_lines(segment for segment in line if not isinstance(segment, Grid))
        found += _read_lines(between, words, None if found else above)
        between.clear()
        for grid in grids:
            found += _read_grid(grid, words, found[-1] if found else above)
    return found + _read_lines(between, words, None if found else above)


class _Row(NamedTuple):
    """A row of a table.

    Attributes:
        cells: Those that begin in it.
        texts: Of each column.
        kind: "cells", "across" for one cell, or "frames".
        repeats: The columns whose text is that of the cell before, which covers them too.
    """

    cells: list[Cell]
    texts: list[str]
    kind: str
    repeats: set[int]


def _read_grid(grid: Grid, words: frozenset[str], above: Paragraph | None) -> list[Paragraph]:
    """Read a table with rules: its rows, and the lines across all of its columns. `above`, a table, may go on."""
    found: list[Paragraph] = []
    for framed, same in groupby(_fill(grid, words), key=lambda row: row.kind == "frames"):
        rows = list(same)
        if framed:
            found += [each for row in rows for cell in row.cells for each in lay_out(cell.segments, words)]
        else:
            found += _name_rows(rows, grid, found[-1] if found else above)
    return found


def _name_rows(rows: Sequence[_Row], grid: Grid, above: Paragraph | None) -> list[Paragraph]:
    """Find the names of the columns, and give them to the rows between the lines across, which are text."""
    texts = [row.texts for row in rows if row.kind == "cells"]
    continued = above is not None and above.headers == 1 and _same_edges(above.edges, grid.edges_across)
    if above is not None and continued:
        names, headers = list(above.rows[0]), int(texts[:1] == [list(above.rows[0])])
    else:
        cells = [row for row in rows if row.kind == "cells"]
        headers = 1
        while headers < len(cells) - 1 and _names_below(cells[headers - 1], cells[headers]):
            headers += 1
        names = [" ".join(dict.fromkeys(filter(None, column))) for column in zip(*texts[:headers], strict=True)]
        if grid.kind:
            headers = {"named": 1, "form": -1, "bare": 0}[grid.kind]
        elif headers == 1 and find_pairs(texts):
            headers = -1
        elif headers == 1 and not (len(texts) > 1 and is_header(names, *texts[1:])):
            headers = 0
    for row in [row for row in rows if row.kind == "cells"][max(headers, 0) :]:
        for column in row.repeats:
            if headers <= 0 or names[column] == names[column - 1]:
                row.texts[column] = ""  # one cell below one name
    found: list[Paragraph] = []
    left = headers
    for kind, same in groupby(rows, key=lambda row: row.kind):
        stretch = list(same)
        if kind == "across":
            found += [Paragraph(row.texts[0], grid.size, segments=tuple(row.cells[0].segments)) for row in stretch]
            continue
        drawn = tuple(segment for row in stretch for cell in row.cells for segment in cell.segments)
        below = [row.texts for row in stretch][max(left, 0) :]
        left = max(left - len(stretch), 0) if left > 0 else left
        if not below:
            continue
        named = continued or headers > 0
        table = Paragraph("", grid.size, headers=None if headers < 0 else int(named), segments=drawn)
        shown = tuple(map(tuple, [names, *below] if named else below))
        found.append(replace(table, rows=shown, edges=grid.edges_across, continued=continued))
        continued = named
    return found


_LONGEST_CELL = 700  # characters; a longer one is a frame around prose
_LONGEST_LABEL = 120  # characters of a cell over several rows or columns that counts for each


def _same_edges(before: Sequence[float], after: Sequence[float]) -> bool:
    return len(before) == len(after) and all(
        abs(one - other) < NARROWEST_GAP for one, other in zip(before, after, strict=True)
    )


def _fill(grid: Grid, words: frozenset[str]) -> list[_Row]:
    """The rows of a table with rules. A cell that covers several rows or columns counts for each, but a label only once."""
    width = len(grid.edges_across) - 1
    found: list[_Row] = []
    for number in sorted({cell.row for cell in grid.cells}):
        begun = [cell for cell in grid.cells if cell.row == number]
        above = [cell for cell in grid.cells if cell.row < number < cell.row + cell.rows]
        kind = "across" if not above and len(begun) == 1 and begun[0].columns == width else "cells"
        body = any(row.kind == "cells" for row in found)
        for cells in _split_row(begun) if not above else [begun]:
            texts = [""] * width
            repeats: set[int] = set()
            for cell in [*above, *cells]:
                text = ""
                for line in group_lines(cell.segments):
                    text = join_lines(text, text_of(line), words) if text else text_of(line)
                text = LEADERS.sub("", text)
                if cell.row < number and len(text) > _LONGEST_LABEL:
                    continue
                label = kind == "across" or (body and (not cell.column or cell.columns >= width - 1))
                covered = 1 if label or len(text) > _LONGEST_LABEL else cell.columns
                texts[cell.column : cell.column + covered] = [text] * covered
                repeats.update(range(cell.column + 1, cell.column + covered))
            long = any(len(text) > _LONGEST_CELL for text in texts)
            found.append(_Row(cells, texts, "frames" if long else kind, repeats))
    return found


def _split_row(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Part what is between two rules into rows, where no rules part them: by the lines of a column of numbers, or of all."""
    lines = [group_lines(cell.segments) for cell in cells]
    counts = [len(each) for each in lines]
    numbers = [each for each in lines if len(each) > 1 and sum(map(_has_letters, map(text_of, each))) < 0.2 * len(each)]
    if numbers and len(cells) > 1:
        rows = lines[0] if len(lines[0]) == len(numbers[0]) else numbers[0]
    elif len(cells) >= COLUMN_LINES <= min(counts) and len(set(counts)) == 1:
        rows = lines[0]
    else:
        return [list(cells)]
    tops = [min(segment.top for segment in line) for line in rows]
    parted: list[list[Cell]] = [[] for _ in tops]
    for cell in cells:
        inside: list[list[Segment]] = [[] for _ in tops]
        for segment in cell.segments:
            inside[max(bisect_right(tops, (segment.top + segment.bottom) / 2) - 1, 0)].append(segment)
        for row, segments in zip(parted, inside, strict=True):
            row += [cell._replace(segments=segments)] if segments else []
    return [row for row in parted if row]


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))


def _names_below(row: _Row, below: _Row) -> bool:
    """Whether a row has names over several columns, which the next row names one by one."""
    if not any(cell.columns > 1 for cell in row.cells):
        return False
    under = [low for high, low in zip(row.texts, below.texts, strict=True) if row.texts.count(high) > 1 and high != low]
    return len(under) > 1 and all(low and (YEAR.fullmatch(low) or not is_number(low)) for low in under)


def _read_lines(lines: Sequence[Sequence[Segment]], words: frozenset[str], above: Paragraph | None) -> list[Paragraph]:
    """Read tables without rules, and the paragraphs between them."""
    lines = join_labels(lines)
    header = above.header if above is not None else ()
    found: list[Paragraph] = []
    begun = position = 0
    if header and lines:
        names = [segment.text for segment in header]
        again = int([segment.text for segment in lines[0]] == names)  # the page repeats them
        rows = _rows_below(header, lines[again:])
        if rows:
            begun = position = again + len(rows)
            table = _table([names, *rows], header, lines[again:position])
            found.append(replace(table, continued=True))
    figures = find_figures(lines, begun, above.figures if above is not None else None)
    while position < len(lines):
        rows = find_table(lines, position)
        end = position + len(rows)
        below = next((each for each in figures if position <= each.end - FEWEST_ROWS and each.first <= end), None)
        if rows and not (below and end < below.end):
            found += _paragraphs([_line(line) for line in lines[begun:position]], words)
            found.append(_table(rows, lines[position], lines[position:end]))
            begun = position = end
        elif below and position >= below.first:
            found += _paragraphs([_line(line) for line in lines[begun:position]], words)
            named = [below.names] if below.names else []
            table = _table([*named, *below.rows], (), lines[position : below.end])
            found.append(replace(table, headers=len(named), figures=below, continued=below.continued))
            begun = position = below.end
        else:
            position += 1
    return found + _paragraphs([_line(line) for line in lines[begun:]], words)


def _table(rows: Sequence[Sequence[str]], header: Sequence[Segment], lines: Sequence[Sequence[Segment]]) -> Paragraph:
    segments = tuple(segment for line in lines for segment in line)
    return Paragraph("", lines[0][0].size, rows=tuple(map(tuple, rows)), header=tuple(header), segments=segments)


def _line(segments: Sequence[Segment]) -> _Line:
    largest = max(segments, key=lambda segment: len(segment.text))
    return _Line(
        text=text_of(segments),
        segments=tuple(segments),
        left=segments[0].left,
        right=max(segment.right for segment in segments),
        top=largest.top,
        size=largest.size,
        loose=is_loose(segments, LOOSE),
    )


def _paragraphs(lines: Sequence[_Line], words: frozenset[str]) -> list[Paragraph]:
    """Join the lines of a column, from top to bottom, into paragraphs."""
    if not lines:
        return []
    steps = [after.top - before.top for before, after in zip(lines, lines[1:], strict=False)]
    usual = _usual_step([step for step in steps if step > 0], lines[0].size)
    body = median(line.size for line in lines)
    left, right = min(line.left for line in lines), sorted(line.right for line in lines)[int(0.9 * len(lines))]
    texts: list[str] = []
    drawn: list[Segment] = []
    found: list[Paragraph] = []

    def close(size: float, full: bool) -> None:
        found.append(Paragraph(texts.pop(), size, full, segments=tuple(drawn)))
        drawn.clear()

    for position, line in enumerate(lines):
        before = lines[position - 1] if position else None
        after = lines[position + 1] if position + 1 < len(lines) else None
        short = before is not None and before.right < right - 0.25 * (right - left)
        step = max(usual, 1.15 * line.size) if line.size > LARGE * body else usual
        numbered = bool(texts and (_ITEM.match(texts[-1]) or _SECTION.match(texts[-1])))
        if before is None or _begins(before, line, after, step, short, numbered):
            if before and texts:
                close(before.size, not (short or before.loose))
            texts.append(line.text)
        else:
            texts[-1] = join_lines(texts[-1], line.text, words, "\n" if short or before.loose or line.loose else " ")
        drawn += line.segments
    close(lines[-1].size, lines[-1].right >= right - 0.25 * (right - left) and not lines[-1].loose)
    return found


def _usual_step(steps: Sequence[float], size: float) -> float:
    """The distance of the lines of a paragraph: the median, unless it is wide and uneven, as between single lines."""
    usual = median(steps or [0])
    even = sum(abs(step - usual) <= 0.08 * usual for step in steps)
    return usual if len(steps) >= 3 and even >= 0.6 * len(steps) else min(usual, 1.6 * size)


def _begins(before: _Line, line: _Line, after: _Line | None, usual: float, short: bool, numbered: bool) -> bool:
    """Whether a line begins a paragraph: by the gap above it, its size, its mark, its indent, or the line before."""
    step = line.top - before.top
    if step > 1.3 * usual or not 0.85 < line.size / before.size < 1.18:
        return True
    if _ITEM.match(line.text) or _SECTION.match(line.text) or (short and _CLOSED.search(before.text)):
        return True
    nearby = before if _LABELLED.match(before.text) else after if short else None
    if _LABELLED.match(line.text) and nearby is not None and _LABELLED.match(nearby.text):
        return True
    if short and NUMBERED_TITLE.fullmatch(before.text) and not line.text[:1].islower():
        return True
    centred = abs(line.left + line.right - before.left - before.right) < 0.5 * line.size
    indented = line.left > before.left + 0.6 * line.size and not centred
    return indented and not numbered and (after is None or after.left < line.left - 0.4 * line.size or short)
