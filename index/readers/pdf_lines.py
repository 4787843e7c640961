"""Gather the characters of a PDF's page into segments, runs of text on one line without a wide gap, and these into lines.

Positions are turned so that the text runs upright and downwards: x to the right, y down, in points.
"""

import ctypes
import math
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

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


def read_segments(page) -> list[Segment]:
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
    """Put segments that stand on one line together.

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


def _main_direction(pdfium, text_page, count: int) -> int:
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
