"""Where the words of a document are on its pages, so that a quote can be marked on the real page.

They are kept packed, some five bytes a word: start and end in the text, page, and the left, top, right and bottom of the
box in ten-thousandths of the page.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_SCALE = 10_000
_FIELDS = 7
_TILTED = 0.5  # of the height of a line: the most that top and bottom together may be off


@dataclass(frozen=True, slots=True)
class Box:
    """The box of a word or of neighbouring words on one line.

    Attributes:
        start: First character in the document's text.
        end: Character after the last.
        page: Page, from 1; a picture is page 1.
        left: Fractions of the page as it is displayed, from its top left corner.
        top: As `left`.
        right: As `left`.
        bottom: As `left`.
    """

    start: int
    end: int
    page: int
    left: float
    top: float
    right: float
    bottom: float


def pack_boxes(words: npt.NDArray[np.float64]) -> bytes:
    """Pack the boxes of words, in order of the text: the fields of `Box`, of shape (words, 7); no bytes when there are none."""
    if not len(words):
        return b""
    scales = (1, 1, 1, _SCALE, _SCALE, _SCALE, _SCALE)
    table = np.rint(words * scales).astype("<i4")
    # Small differences pack well: from start to end, from left to right, from top to bottom, and from word to word.
    table[:, [1, 5, 6]] -= table[:, [0, 3, 4]]
    table[1:] -= table[:-1].copy()
    return zlib.compress(table.T.tobytes(), level=6)


def boxes_between(packed: bytes, start: int, end: int) -> tuple[Box, ...]:
    """Find the boxes of a span of the text, one for each line of each page, or more where a scan is tilted, in order of the text.

    Args:
        packed: From `pack_boxes`.
        start: First character.
        end: Character after the last.
    """
    return boxes_of_spans(packed, [(start, end)])[0]


def boxes_of_spans(packed: bytes, spans: Sequence[tuple[int, int]]) -> list[tuple[Box, ...]]:
    """Find the boxes of each of several spans of the text, as `boxes_between` does, unpacking them once."""
    table = _unpack(packed)
    return [_find(table, start, end) for start, end in spans]


def _find(table: npt.NDArray[np.int32], start: int, end: int) -> tuple[Box, ...]:
    found: list[Box] = []
    for row in table[(table[:, 0] < end) & (table[:, 1] > start)].tolist():
        first, last, page = row[:3]
        left, top, right, bottom = (number / _SCALE for number in row[3:])
        before = found[-1] if found else None
        if before and before.page == page and _is_level(before, top, bottom):
            top, bottom = min(before.top, top), max(before.bottom, bottom)
            found[-1] = Box(before.start, last, page, min(before.left, left), top, max(before.right, right), bottom)
        else:
            found.append(Box(first, last, page, left, top, right, bottom))
    return tuple(found)


def _is_level(box: Box, top: float, bottom: float) -> bool:
    """Whether a word is on the line of a box: as high up, but for a little where a scan is tilted."""
    return abs(top - box.top) + abs(bottom - box.bottom) < _TILTED * (box.bottom - box.top)


def _unpack(packed: bytes) -> npt.NDArray[np.int32]:
    """The numbers of the words: int32 of shape (words, 7)."""
    if not packed:
        return np.empty((0, _FIELDS), dtype=np.int32)
    table = np.frombuffer(zlib.decompress(packed), dtype="<i4").reshape(_FIELDS, -1).T.cumsum(axis=0, dtype=np.int32)
    table[:, [1, 5, 6]] += table[:, [0, 3, 4]]
    return table
