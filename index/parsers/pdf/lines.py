"""Gather the characters of a PDF's page into segments, runs of text on one line without a wide gap, and these into lines.

Positions are turned so that the text runs upright and downwards: x to the right, y down, in points.

The module also finds the lines that pages repeat at their top or bottom: titles, chapter names, page numbers.
"""

import ctypes
import math
import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from index.parsers.builder import RAISED_DIGITS
from index.parsers.pdf.characters import QUOTES, read_characters
from index.parsers.pdf.fonts import Lost
from index.text import UNSPACED

MOST_SEGMENTS = 3_000  # a page with more is no page of prose: it is read line by line
WIDE_GAP = 0.9  # times the size of the type; wider gaps part columns and cells
WORD_GAP = 0.18  # times the size of the type; narrower ones are within a word
_SMALLER = 1.2  # the factor by which a word is larger than the number of a note before it, at least
_LEAST_PITCH = 0.05  # times the size of the type; letters with wider gaps are set apart


@dataclass(slots=True)
class Segment:
    """A run of text on one line.

    Attributes:
        text: Its characters; a hyphen that divides a word at the end of a line is kept as a soft hyphen.
        left: Where it begins.
        right: Where it ends.
        top: Top of its line.
        bottom: Bottom of its line.
        size: Mean height of its type, in points.
        page: Number of its page, from 1.
        last: Where its last word begins.
        edges: Where each word before the last begins and ends, or each word with the last: two numbers a word.
    """

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float
    page: int = 0
    last: float = 0.0
    edges: "array[float]" = field(default_factory=lambda: array("f"))

    def words(self) -> "list[Word]":
        """Its words, in order."""
        texts = self.text.split(" ")
        edges = self.edges
        if len(edges) < 2 * len(texts):
            edges = edges + array("f", (self.last, self.right))
        return [
            Word(text, self.page, left, self.top, right, self.bottom)
            for text, left, right in zip(texts, edges[::2], edges[1::2], strict=False)
        ]


class Word(NamedTuple):
    """A word on a page, in the coordinates of its segment."""

    text: str
    page: int
    left: float
    top: float
    right: float
    bottom: float


def words_of(segments: Iterable[Segment]) -> tuple[Word, ...]:
    """The words of segments, in order."""
    return tuple(word for segment in segments for word in segment.words())


def words_between(segment: Segment, first: int, end: int) -> Segment:
    """The words of a segment from one number up to another, as a segment."""
    words = segment.words()[first:end]
    edges = array("f", (edge for word in words for edge in (word.left, word.right)))
    text, last = " ".join(word.text for word in words), words[-1]
    return replace(segment, text=text, left=words[0].left, right=last.right, last=last.left, edges=edges)


def read_segments(text_page: Any, number: int, lost: Lost) -> dict[int, list[Segment]]:
    """Read the segments of a page, in the order in which the file draws them.

    Args:
        text_page: A `pypdfium2.PdfTextPage`.
        number: Its number, from 1.
        lost: Its characters that cannot be read, which are left out.

    Returns:
        The segments of each direction, as that direction sees them: first those that run in the page's main direction;
        then those that run in others, such as a stamp in the margin.
    """
    import pypdfium2.raw as pdfium

    count = pdfium.FPDFText_CountChars(text_page)
    vertical = _is_vertical(pdfium, text_page, count)
    main = DOWN if vertical else _main_direction(pdfium, text_page, count)
    by_direction: dict[int, list[Segment]] = {main: []}
    current: Segment | None = None
    direction = main
    pitch = 0.0  # the gap between the last two letters of a word
    before = 0.0  # the size of the last one
    above = mark = False  # whether the last character is raised; and whether it is the digit of a note or power
    quotes: list[Segment] = []
    for position, character, edges, spaced, guessed in read_characters(text_page, lost):
        x0, y0, x1, y1 = turn_box(edges, direction) if direction else (edges[0], -edges[3], edges[2], -edges[1])
        size = max(y1 - y0, 0.5)
        if direction == SLANTING or current is None or not _continues(current, x0, y0, y1, size):
            # Only now is the angle worth asking for: what goes on a run has its direction.
            angle = _read_angle(pdfium, text_page, position)
            turn = _nearest_direction(angle) if angle >= 0 else direction
            turn = DOWN if vertical and turn == 0 else turn
            if turn == SLANTING and turn == direction and current is not None:
                current.text += (" " if spaced else "") + character  # one run: the boxes lie on no line
                continue
            if turn != direction:
                direction = turn
                x0, y0, x1, y1 = turn_box(edges, direction)
                size = max(y1 - y0, 0.5)
            current = None
        if current is None or _is_right_to_left(character):
            current = Segment(character, x0, x1, y0, y1, size, number, x0)
            pitch, before, above, mark = 0.0, size, False, False
            by_direction.setdefault(direction, []).append(current)
            quotes += [current] if character in QUOTES.values() else []
        else:
            raised = size < 0.8 * current.size and y1 < current.bottom - 0.2 * current.size
            gap = x0 - current.right
            if spaced and pitch > _LEAST_PITCH * size and gap <= 1.2 * pitch:
                spaced = False  # PDFium guesses a space between letters that are set apart
            if guessed and gap <= _LEAST_PITCH * size and not (size > _SMALLER * before and character.isalnum()):
                spaced = False  # and one where letters touch; that behind the small number of a note stays
            before = size
            spaced = (spaced and not (raised and gap < WORD_GAP * size)) or gap > WORD_GAP * size
            if spaced:
                current.edges.extend((current.last, current.right))
                current.last = x0
                current.text += " "
            elif _is_right_to_left(current.text[0]):  # a mark after it is to its left
                current.left = current.last = min(current.last, x0)
            pitch = 0.0 if spaced else gap
            mark = raised and not spaced and (mark or not above) and (character in RAISED_DIGITS or character == ",")
            above = raised
            current.text += RAISED_DIGITS.get(character, character) if mark else character
            current.right = x1 if x1 > current.right else current.right
            current.top = y0 if y0 < current.top else current.top
            current.bottom = y1 if y1 > current.bottom else current.bottom
            current.size += 0 if raised else (size - current.size) / len(current.text)
    for quote in quotes:
        for segments in by_direction.values():
            _put_back(quote, segments)
    return {turn: join_right_to_left(segments) for turn, segments in by_direction.items()}


def _put_back(quote: Segment, segments: list[Segment]) -> None:
    """Put a quotation mark that is drawn after its line, as a separate segment, before its word."""
    if len(quote.text) > 1 or not any(each is quote for each in segments):
        return
    lines = (each for each in segments if each is not quote and each.left < quote.left < each.right)
    line = next((each for each in lines if _share_line(each, quote)), None)
    if line is None:
        return
    words = line.text.split(" ")
    lefts = [*line.edges[::2], line.last][: len(words)]
    nearest = min(range(len(lefts)), key=lambda place: abs(lefts[place] - quote.right))
    words[nearest] = quote.text + words[nearest]
    line.text = " ".join(words)
    segments[:] = [each for each in segments if each is not quote]


def _share_line(one: Segment, other: Segment) -> bool:
    shared = min(one.bottom, other.bottom) - max(one.top, other.top)
    return shared >= 0.5 * min(one.bottom - one.top, other.bottom - other.top)


def _is_right_to_left(character: str) -> bool:
    return character >= "\u0590" and unicodedata.bidirectional(character[0]) in ("R", "AL", "NSM")


def join_right_to_left(segments: list[Segment]) -> list[Segment]:
    """Join the letters of each right-to-left line in reading order. The file may draw them in any order."""
    if not any(_is_right_to_left(segment.text) for segment in segments):
        return segments
    found: list[Segment] = []
    for line in group_lines(segments):
        letters = sum(_is_right_to_left(segment.text) for segment in line)
        if 2 * letters < sum(len(segment.text) for segment in line):  # a few words of the line run so: each is a run
            for turned, same in groupby(line, key=lambda segment: _is_right_to_left(segment.text)):
                run = list(same)
                found += _join_runs(run) if turned else run
        else:
            found += _join_runs(line)
    return found


def _join_runs(line: Sequence[Segment]) -> list[Segment]:
    """Join the segments of a line that no wide gap parts, given from left to right, and read from right to left."""
    runs: list[list[Segment]] = []
    for segment in reversed(line):
        if not runs or runs[-1][-1].left - segment.right > WIDE_GAP * max(segment.size, runs[-1][-1].size):
            runs.append([])
        runs[-1].append(segment)
    return [_join_run(run) for run in runs]


def _join_run(run: Sequence[Segment]) -> Segment:
    """Join neighbours, given from right to left; numbers and Latin words among them are read from left to right."""
    ordered: list[Segment] = []
    opposite: list[Segment] = []
    for segment in run:
        if segment.text[0].isalnum() and not _is_right_to_left(segment.text):
            opposite.insert(0, segment)
            continue
        ordered += [*opposite, segment]
        opposite = []
    text = ""
    words: list[tuple[float, float]] = []
    size = max(each.size for each in run)  # letters have boxes of many heights
    before: Segment | None = None
    for segment in [*ordered, *opposite]:
        edges = [(word.left, word.right) for word in words_of([segment])]
        gap = max(before.left - segment.right, segment.left - before.right) if before else 0.0
        if before and gap <= WORD_GAP * size:
            left, right = words.pop()
            edges[0] = min(left, edges[0][0]), max(right, edges[0][1])
        text += (" " if before and gap > WORD_GAP * size else "") + segment.text
        words += edges
        before = segment
    left, right = min(each.left for each in run), max(each.right for each in run)
    top, bottom = min(each.top for each in run), max(each.bottom for each in run)
    return Segment(
        text, left, right, top, bottom, size, run[0].page, edges=array("f", (edge for word in words for edge in word))
    )


def group_lines(segments: Iterable[Segment]) -> list[list[Segment]]:
    """Join the segments of each line.

    Args:
        segments: Of one column, or of a page.

    Returns:
        Lines from top to bottom, each from left to right.
    """
    lines: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda segment: (segment.top + segment.bottom, segment.left)):
        if lines:
            first = max(lines[-1], key=lambda other: other.size)
            shared = min(first.bottom, segment.bottom) - max(first.top, segment.top)
            if shared >= 0.5 * min(first.bottom - first.top, segment.bottom - segment.top):
                lines[-1].append(segment)
                continue
        lines.append([segment])
    for line in lines:
        line.sort(key=lambda segment: segment.left)
    return lines


def _continues(segment: Segment, left: float, top: float, bottom: float, size: float) -> bool:
    """Whether a character goes on a segment: on its line, behind it, and not far."""
    above, below = segment.top, segment.bottom  # without min and max, which cost a twentieth of reading a page
    shared = (below if below < bottom else bottom) - (above if above > top else top)
    if shared < 0.4 * (below - above) and shared < 0.4 * (bottom - top):
        return False
    gap = left - segment.right
    return -0.6 * size < gap < WIDE_GAP * (size if size > segment.size else segment.size)


DOWN = 1  # the direction of text that runs down the page, in lines from right to left
SLANTING = 4  # a direction that is none of the four, as of a watermark
_STEEPEST = 0.35  # radians off one of the four directions


def _main_direction(pdfium: Any, text_page: Any, count: int) -> int:
    """Into which of the four directions most of the text runs: how many quarter turns."""
    turns = [0, 0, 0, 0]
    for position in range(0, count, max(1, count // 200)):
        angle = _read_angle(pdfium, text_page, position)
        if angle >= 0:
            turns[round(angle / (math.pi / 2)) % 4] += 1
    return turns.index(max(turns))


# Characters of scripts without spaces between words, and their punctuation.
UNSPACED_CHARACTER = re.compile(f"[{UNSPACED}\u3000-\u3011\uff01-\uff60]")
_PAIRS = 100  # looked at


def _is_vertical(pdfium: Any, text_page: Any, count: int) -> bool:
    """Whether most of the characters stand upright below the one before, as in vertical writing of Chinese and Japanese."""
    sample = range(0, count, max(1, count // _PAIRS))
    if 2 * sum(_is_unspaced(pdfium, text_page, position) for position in sample) < len(sample):
        return False
    below = pairs = 0
    last = -2  # position of the character before
    box, before = pdfium.FS_RECTF(), pdfium.FS_RECTF()
    for position in range(count):
        if not _is_unspaced(pdfium, text_page, position):
            continue
        if not pdfium.FPDFText_GetLooseCharBox(text_page, position, box):
            continue
        if last == position - 1:
            height, width = box.top - box.bottom, box.right - box.left
            centred = abs(before.left + before.right - box.left - box.right) < 0.6 * width
            below += centred and 0.5 * height < before.top - box.top < 2 * height
            pairs += 1
            if pairs == _PAIRS:
                break
        last, box, before = position, before, box
    return 2 * below > pairs


def _is_unspaced(pdfium: Any, text_page: Any, position: int) -> bool:
    return bool(UNSPACED_CHARACTER.match(chr(min(pdfium.FPDFText_GetUnicode(text_page, position), 0xFFFF))))


def _read_angle(pdfium: Any, text_page: Any, position: int) -> float:
    """The angle of a character in radians, or -1. A size of type below zero turns it once more."""
    angle = float(pdfium.FPDFText_GetCharAngle(text_page, position))
    turned = angle >= 0 and pdfium.FPDFText_GetFontSize(text_page, position) < 0
    return (angle + math.pi) % (2 * math.pi) if turned else angle


def _nearest_direction(angle: float) -> int:
    turns = angle / (math.pi / 2)
    return round(turns) % 4 if abs(turns - round(turns)) * math.pi / 2 <= _STEEPEST else SLANTING


def turn_box(edges: tuple[float, float, float, float], turn: int) -> tuple[float, float, float, float]:
    """The left, top, right and bottom of a box, seen so that text of a direction is upright."""
    left, bottom, right, top = edges
    if turn == SLANTING:
        return left, 0.0, right, top - bottom
    if turn == 1:
        return -top, -right, -bottom, -left
    if turn == 2:
        return -right, bottom, -left, top
    if turn == 3:
        return bottom, left, top, right
    return left, -top, right, -bottom


class Frame(NamedTuple):
    """Turns the coordinates of a page into fractions of it as it is displayed, from its top left corner.

    Attributes:
        x: Where the point (0, 0) of the page is, from the left; what a point to the right adds; what a point up adds.
        y: The same from the top.
    """

    x: tuple[float, float, float] = (0.0, 0.0, 0.0)
    y: tuple[float, float, float] = (0.0, 0.0, 0.0)


def boxes_of(words: Sequence[tuple[int, int, int, Word]], frames: Sequence[Frame]) -> npt.NDArray[np.float64]:
    """Find the boxes of words.

    Args:
        words: Start and end of each in the document's text, the direction it runs in, and the word.
        frames: Of each page.

    Returns:
        Their fields, as in `Box`: float64 of shape (words, 7), less those that run at a slant or lie off the page.
    """
    kept = [(start, end, word.page, turn, *word[2:]) for start, end, turn, word in words if turn != SLANTING]
    if not kept:
        return np.empty((0, 7))
    table = np.array(kept)
    page, turn = table[:, 2].astype(np.int64), table[:, 3].astype(np.int64)
    left, top, right, bottom = table[:, 4:].T
    # Two corners, turned back into points to the right and up: the rest of a whole turn undoes a turn.
    across = np.stack([np.choose(turn, [x, -y, -x, y]) for x, y in ((left, top), (right, bottom))])
    up = np.stack([np.choose(turn, [-y, -x, y, x]) for x, y in ((left, top), (right, bottom))])
    matrices = np.array(frames)[page - 1]
    xs, ys = (
        np.sort(np.clip(matrices[:, axis, 0] + matrices[:, axis, 1] * across + matrices[:, axis, 2] * up, 0, 1), axis=0)
        for axis in (0, 1)
    )
    found = np.column_stack([table[:, :3], xs[0], ys[0], xs[1], ys[1]])
    return np.asarray(found[(xs[0] < xs[1]) & (ys[0] < ys[1])])


def frame_of(page: Any) -> Frame:
    """The frame of a `pypdfium2.PdfPage`, turned and cropped as it is displayed."""
    import pypdfium2.raw as pdfium

    whole, span = 1_000_000, 100.0  # steps across the page; points
    x, y = ctypes.c_int(), ctypes.c_int()

    def place(right: float, up: float) -> tuple[float, float]:
        pdfium.FPDF_PageToDevice(page, 0, 0, whole, whole, 0, right, up, x, y)
        return x.value / whole, y.value / whole

    origin, right, up = place(0, 0), place(span, 0), place(0, span)
    x_axis, y_axis = (
        (at, (over - at) / span, (above - at) / span) for at, over, above in zip(origin, right, up, strict=True)
    )
    return Frame(x_axis, y_axis)


EDGE_LINES = 3  # lines at the top and at the bottom of a page that may be repeated ones
ENOUGH_PAGES = 5  # a line found on so many is a repeated one, however many pages there are: chapters change it
ROWS_ALIKE = 3  # lines of one page that differ only in digits are no repeated ones
LONGEST_NUMBERED = 80  # characters of a line with the page number

_SHORT_CELL = 20  # characters: a row has such a cell, lines of columns of prose are longer
_FAR = 2.5  # times the size of the type, from the names of columns to the first row, at most
_NEAR = 1.5  # and from one line of them to the next
_PAGE_NUMBER = re.compile(r"[-\u2013\s]*(?:\d{1,4}|[ivxlc]{1,7})[-\u2013\s]*", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")


def split_repeated(
    pages: Sequence[Sequence[Segment]],
) -> tuple[list[list[Segment]], list[list[list[Segment]]], list[list[list[Segment]]]]:
    """Part what pages repeat from what they say.

    Args:
        pages: The segments of each page.

    Returns:
        A list each with one entry a page: the other segments, the repeated lines at the top, those at the bottom. A
        line counts as repeated when, digits aside, half of the pages that have text (two at least, five are enough)
        have it at the same edge. At the very edge, so does a number
        alone, Arabic or Roman, and a line with a number that two pages have.
    """
    grouped = [group_lines(page) for page in pages]
    edges = [_edges(lines) for lines in grouped]
    needed = max(2, min(ENOUGH_PAGES, math.ceil(sum(map(bool, pages)) / 2)))
    counts = Counter(key for page in edges for key in {(edge, _key(line)) for edge, line in page})
    for all_lines in grouped:  # lines alike on one page are rows or items, even if other pages have them too
        alike = Counter(map(_key, all_lines))
        for key in [key for key in counts if alike[key[1]] >= ROWS_ALIKE]:
            del counts[key]
    bodies, above, below = [], [], []
    for page, lines, all_lines in zip(pages, edges, grouped, strict=True):
        repeated = [
            (edge, line)
            for position, (edge, line) in enumerate(lines)
            if counts[edge, _key(line)] >= needed
            or (len(pages) > 1 and position in (0, len(lines) - 1) and _bears_number(line, counts[edge, _key(line)]))
        ]
        above_rows = _names_above_rows(all_lines, [line for edge, line in repeated if edge == "top"])
        repeated = [(edge, line) for edge, line in repeated if not any(line is name for name in above_rows)]
        if len(repeated) == len(lines) and len(lines) == len(all_lines):
            repeated = []  # a page that is nothing but repeated lines, such as a copy of another, still says something
        gone = {id(segment) for _, line in repeated for segment in line}
        bodies.append([segment for segment in page if id(segment) not in gone])
        above.append([line for edge, line in repeated if edge == "top"])
        below.append([line for edge, line in repeated if edge == "bottom"])
    return bodies, above, below


def _names_above_rows(lines: Sequence[list[Segment]], repeated: Sequence[list[Segment]]) -> list[list[Segment]]:
    """Of the lines that pages repeat at their top, those that name the columns of a table which begins right below them."""
    found: list[list[Segment]] = []
    for position in range(min(len(repeated), len(lines) - 1), 0, -1):
        line, below = lines[position - 1], lines[position]
        step = _NEAR if found else _FAR
        if not any(line is each for each in repeated) or below[0].top - line[0].top > step * line[0].size:
            break
        under = [[name for name in line if name.left < cell.right and cell.left < name.right] for cell in below]
        apart = all(len(names) == 1 for names in under) and len({id(names[0]) for names in under}) == len(under) > 1
        if not apart or min(len(cell.text) for cell in below) >= _SHORT_CELL or _DIGITS.search(text_of(line)):
            break
        found.append(line)
    return found


def _edges(lines: Sequence[list[Segment]]) -> list[tuple[str, list[Segment]]]:
    """The lines at the top and at the bottom of a page, in order, each at one edge only."""
    half = (len(lines) + 1) // 2
    top, bottom = lines[: min(EDGE_LINES, half)], lines[max(half, len(lines) - EDGE_LINES) :]
    return [("top", line) for line in top] + [("bottom", line) for line in bottom]


def _key(line: Sequence[Segment]) -> str:
    text = text_of(line)
    return (_DIGITS.sub("#", text) if len(text) <= LONGEST_NUMBERED else text).casefold()


def _bears_number(line: Sequence[Segment], count: int) -> bool:
    """Whether a line at the edge of a page is its number, or contains it like the line of another page."""
    return bool(_PAGE_NUMBER.fullmatch(text_of(line))) or (count > 1 and "#" in _key(line))


def text_of(line: Sequence[Segment]) -> str:
    return " ".join(segment.text for segment in line)


FEWEST_NUMBERED = 8  # lines with a number in the margin, so that a short list is not taken for numbered lines
_MARGIN_NUMBER = re.compile(r"\d{1,4}")


def drop_line_numbers(segments: list[Segment]) -> list[Segment]:
    """Leave out the numbers that a transcript, a draft or a bill has beside its lines.

    They are aligned, outside the text, and count by one or by five, perhaps starting again at 1. Sentences run on below them.

    Args:
        segments: Of a page.

    Returns:
        The other segments; all of them where lines have no numbers.
    """
    lines = group_lines(segments)
    for end in (0, -1):
        numbered = [(line[end], line) for line in lines if len(line) > 1 and _MARGIN_NUMBER.fullmatch(line[end].text)]
        if len(numbered) < FEWEST_NUMBERED:
            continue
        inner = [segment for _, line in numbered for segment in (line[1:] if end == 0 else line[:-1])]
        edge = min(s.left for s in inner) if end == 0 else max(s.right for s in inner)
        outside = all(number.right < edge if end == 0 else number.left > edge for number, _ in numbered)
        rights = [number.right for number, _ in numbered]
        lefts = [number.left for number, _ in numbered]
        aligned = min(max(rights) - min(rights), max(lefts) - min(lefts)) < numbered[0][0].size / 2
        values = [int(number.text) for number, _ in numbered]
        steps = [after - before for before, after in zip(values, values[1:], strict=False)]
        even = all(
            step == max(set(steps), key=steps.count) or after == 1
            for step, after in zip(steps, values[1:], strict=True)
        )
        rest = [line[1:] if end == 0 else line[:-1] for _, line in numbered]
        running = sum(line[0].text[:1].islower() for line in rest)
        if outside and aligned and even and max(steps) in (1, 5) and running >= 2 and len(inner) < 1.5 * len(rest):
            gone = {id(number) for number, _ in numbered}
            return [segment for segment in segments if id(segment) not in gone]
    return segments
