"""Gather the characters of a PDF's page into segments, runs of text on one line without a wide gap, and these into lines.

Positions are turned so that the text runs upright and downwards: x to the right, y down, in points.

The module also finds the lines that pages repeat at their top or bottom: titles, chapter names, page numbers.
"""

import ctypes
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

WIDE_GAP = 0.9  # times the size of the type; wider gaps part columns and cells
WORD_GAP = 0.18  # times the size of the type; narrower ones are within a word
_HYPHEN = "\x02"  # how PDFium gives the hyphen of a word divided at a line's end
_HYPHENS = (_HYPHEN, "\ufffe", "\xad")


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
    """

    text: str
    left: float
    right: float
    top: float
    bottom: float
    size: float


def read_segments(page: Any) -> list[Segment]:
    """Read the segments of a page, in the order in which the file draws them.

    Args:
        page: A `pypdfium2.PdfPage`.
    """
    import pypdfium2.raw as pdfium

    text_page = page.get_textpage()
    count = pdfium.FPDFText_CountChars(text_page)
    box = pdfium.FS_RECTF()
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    turn = _main_direction(pdfium, text_page, count)
    segments: list[Segment] = []
    current: Segment | None = None
    last_edges: tuple[float, float, float, float] | None = None
    spaced = False
    for position in range(count):
        code = pdfium.FPDFText_GetUnicode(text_page, position)
        character = chr(code) if code and not 0xD800 <= code < 0xE000 else ""
        if 0xD800 <= code < 0xDC00:  # PDFium gives characters beyond the basic plane as two halves
            low = pdfium.FPDFText_GetUnicode(text_page, position + 1) if position + 1 < count else 0
            if 0xDC00 <= low < 0xE000:
                character = chr(0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00))
        if character.isspace() or not character:
            spaced = spaced or bool(character)
            continue
        if pdfium.FPDFText_GetLooseCharBox(text_page, position, box):
            edges = (box.left, box.bottom, box.right, box.top)
        elif pdfium.FPDFText_GetCharBox(text_page, position, left, right, bottom, top):
            edges = (left.value, bottom.value, right.value, top.value)
        else:
            continue
        if edges == last_edges and current is not None:
            current.text += character  # PDFium spells a ligature out, each letter in the box of the whole
            continue
        last_edges = edges
        x0, y0, x1, y1 = _turn(edges, turn)
        size = max(y1 - y0, 0.5)
        if character in _HYPHENS:
            character = "\xad"
        elif "\ufb00" <= character <= "\ufb06":
            character = unicodedata.normalize("NFKC", character)  # ligatures: fi, fl, ffi ...
        if current is None or not _continues(current, x0, y0, y1, size):
            current = Segment(character, x0, x1, y0, y1, size)
            segments.append(current)
        else:
            gap = x0 - current.right
            current.text += (" " if spaced or gap > WORD_GAP * size else "") + character
            current.right = max(current.right, x1)
            current.top, current.bottom = min(current.top, y0), max(current.bottom, y1)
            current.size += (size - current.size) / len(current.text)
        spaced = False
    text_page.close()
    return segments


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
    shared = min(segment.bottom, bottom) - max(segment.top, top)
    if shared < 0.4 * min(segment.bottom - segment.top, bottom - top):
        return False
    gap = left - segment.right
    return -0.6 * size < gap < WIDE_GAP * max(size, segment.size)


def _main_direction(pdfium: Any, text_page: Any, count: int) -> int:
    """Into which of the four directions most of the text runs: how many quarter turns."""
    turns = [0, 0, 0, 0]
    for position in range(0, count, max(1, count // 200)):
        angle = pdfium.FPDFText_GetCharAngle(text_page, position)
        if angle >= 0:
            turns[round(angle / (math.pi / 2)) % 4] += 1
    return turns.index(max(turns))


def _turn(edges: tuple[float, float, float, float], turn: int) -> tuple[float, float, float, float]:
    """The left, top, right and bottom of a box, seen so that text of a direction is upright."""
    left, bottom, right, top = edges
    if turn == 1:
        return -top, -right, -bottom, -left
    if turn == 2:
        return -right, bottom, -left, top
    if turn == 3:
        return bottom, left, top, right
    return left, -top, right, -bottom


EDGE_LINES = 3  # lines at the top and at the bottom of a page that may be repeated ones
ENOUGH_PAGES = 5  # a line found on so many is a repeated one, however many pages there are: chapters change it
LONGEST_NUMBERED = 80  # characters of a line with the page number

_PAGE_NUMBER = re.compile(r"[-\u2013\s]*(?:\d{1,4}|[ivxlc]{1,7})[-\u2013\s]*", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")


def split_repeated(
    pages: Sequence[Sequence[Segment]],
) -> tuple[list[list[Segment]], list[list[str]], list[list[str]]]:
    """Part what pages repeat from what they say.

    Args:
        pages: The segments of each page.

    Returns:
        A list each with one entry a page: the other segments, the repeated lines at the top, those at the bottom. A
        line counts as repeated when, digits aside, half of the pages that have text (two at least, five are enough)
        have it at the same edge. At the very edge, so does a number
        alone, Arabic or Roman, and a line with a number that two pages have.
    """
    edges = [_edges(page) for page in pages]
    needed = max(2, min(ENOUGH_PAGES, math.ceil(sum(map(bool, pages)) / 2)))
    counts = Counter(key for page in edges for key in {(edge, _key(line)) for edge, line in page})
    bodies, above, below = [], [], []
    for page, lines in zip(pages, edges, strict=True):
        repeated = [
            (edge, line)
            for position, (edge, line) in enumerate(lines)
            if counts[edge, _key(line)] >= needed
            or (len(pages) > 1 and position in (0, len(lines) - 1) and _bears_number(line, counts[edge, _key(line)]))
        ]
        gone = {id(segment) for _, line in repeated for segment in line}
        bodies.append([segment for segment in page if id(segment) not in gone])
        above.append([_text(line) for edge, line in repeated if edge == "top"])
        below.append([_text(line) for edge, line in repeated if edge == "bottom"])
    return bodies, above, below


def _edges(page: Sequence[Segment]) -> list[tuple[str, list[Segment]]]:
    """The lines at the top and at the bottom of a page, in order, each at one edge only."""
    lines = group_lines(page)
    half = (len(lines) + 1) // 2
    top, bottom = lines[: min(EDGE_LINES, half)], lines[max(half, len(lines) - EDGE_LINES) :]
    return [("top", line) for line in top] + [("bottom", line) for line in bottom]


def _key(line: Sequence[Segment]) -> str:
    text = _text(line)
    return (_DIGITS.sub("#", text) if len(text) <= LONGEST_NUMBERED else text).casefold()


def _bears_number(line: Sequence[Segment], count: int) -> bool:
    """Whether a line at the edge of a page is its number, or contains it like the line of another page."""
    return bool(_PAGE_NUMBER.fullmatch(_text(line))) or (count > 1 and "#" in _key(line))


def _text(line: Sequence[Segment]) -> str:
    return " ".join(segment.text for segment in line)
