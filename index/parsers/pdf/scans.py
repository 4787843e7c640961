"""Turn what OCR read on pages into segments, so that the layout of a scan is found as that of a PDF with text.

A page that was scanned at a tilt is put straight: its segments lie level, and its frame tilts them back.
"""

import math
from array import array
from bisect import bisect
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from statistics import median
from typing import Any

import numpy as np

from index.errors import SourceError
from index.parsers.builder import list_some
from index.parsers.ocr import DPI, INSTALL, MOST_PIXELS, Line, PictureReader, PictureReading, Pixels
from index.parsers.pdf.layout import COLUMN_LINES
from index.parsers.pdf.lines import SLANTING, WIDE_GAP, Frame, Segment, group_lines, words_between
from index.parsers.pdf.rules import Grid

_FEW_WORDS = 20  # on a scanned page: a stamp, a page number, the name of the program that scanned it
_COVERED = 0.7  # of a scanned page is picture
_DEEPEST = 3  # forms within forms, in which the picture is looked for
_POINTS_TRIED = 25  # of a page, in each direction, to find out how much of it is picture
_REPEATED = 0.5  # of the words of a line that OCR read are in the text of the page, there: it is left out
LITTLE_CONFIDENCE = 0.8  # of a page; it is named
_POINTS = 72 / DPI  # in a pixel
_TYPE_SIZE = 0.85  # of a line's height, as measured on PDFs that have a text too
_SAME_SIZE = 1.15  # lines of one size of type differ by this factor: some have no letters that reach up or down
_LONG = 5  # times as wide as high, a line says how much its page tilts
_NEAR = 4.0  # points between edges that are the same one
_LEVEL = 0.002  # radians, a point and a half across a page: no tilt


class Scans:
    """Reads the pages of a document that are pictures, and keeps what is to be said about them.

    Attributes:
        found: Whether there was any.
    """

    def __init__(self, ocr: PictureReader | None) -> None:
        """Start with no pages; `ocr` is None where it is not installed."""
        self._ocr = ocr
        self._confidences: dict[int, tuple[float, int]] = {}  # of a page, and how many characters it has
        self._unread: list[int] = []
        self._bare: list[int] = []  # of these, the pages that have no text at all
        self._failures: dict[int, str] = {}  # why pages could not be read

    @property
    def found(self) -> bool:
        return bool(self._confidences or self._unread or self._failures)

    def reason(self, name: str) -> str:
        """Why a document of this name, in which nothing was read, has no text."""
        if self._bare:
            return f"{name} has no readable text (scanned?). To read scans by OCR: {INSTALL}"
        return next(iter(self._failures.values()), f"{name} holds no text to search.")

    def read(self, number: int, draw: Any, *, bare: bool = True) -> tuple[list[Segment], Frame]:
        """Read a page.

        Args:
            number: Its number, from 1.
            draw: Returns its `Pixels`.
            bare: Whether it has no text at all.

        Returns:
            Its segments and their frame; no segments where there is no text, no OCR, or an error, which is noted.
        """
        if self._ocr is None:
            self._unread.append(number)
            self._bare += [number] if bare else []
            return [], Frame()
        try:
            pixels = draw()
            reading = self._ocr(pixels)
        except SourceError as error:
            self._failures[number] = str(error)
            return [], Frame()
        self._confidences[number] = reading.confidence, sum(len(line.text) for line in reading.lines)
        height, width = pixels.shape[:2]
        return segments_of(reading, number), picture_frame(reading, width, height)

    def notes(self) -> list[str]:
        """What a person should know about the pages, a line each."""
        notes = []
        read = {number: each for number, each in self._confidences.items() if each[1]}
        if read:
            mean = sum(each * characters for each, characters in read.values()) / sum(c for _, c in read.values())
            pages, verb = name_pages(list(read)), "were" if len(read) > 1 else "was"
            notes.append(f"{pages} {verb} read by OCR (mean confidence {mean:.0%}): compare quotes with the picture")
        unsure = [number for number, (each, _) in read.items() if each < LITTLE_CONFIDENCE]
        if unsure:
            verb = "were" if len(unsure) > 1 else "was"
            notes.append(f"{name_pages(unsure)} {verb} hard to read: the text may be wrong")
        if self._bare:
            verb = "have" if len(self._bare) > 1 else "has"
            notes.append(f"{name_pages(self._bare)} {verb} no text (scanned?). To read scans by OCR: {INSTALL}")
        if stamped := [number for number in self._unread if number not in self._bare]:
            verb = "have" if len(stamped) > 1 else "has"
            notes.append(
                f"{name_pages(stamped)} {verb} a picture and few words (scanned?). To read scans by OCR: {INSTALL}"
            )
        return notes + [
            f"page {number} could not be read by OCR: {reason}" for number, reason in self._failures.items()
        ]


def is_scan(page: Any, words: int) -> bool:
    """Whether a `pypdfium2.PdfPage` with so many words of text is a picture that covers most of it."""
    import pypdfium2.raw as pdfium

    if words > _FEW_WORDS:
        return False
    left, bottom, right, top = page.get_bbox()
    x, y = np.meshgrid(*(np.linspace(*ends, _POINTS_TRIED) for ends in ((left, right), (bottom, top))))
    covered = np.zeros(x.shape, dtype=bool)
    for drawn in page.get_objects(max_depth=1):
        inner = page.get_objects(max_depth=_DEEPEST, form=drawn) if drawn.type == pdfium.FPDF_PAGEOBJ_FORM else [drawn]
        if any(each.type == pdfium.FPDF_PAGEOBJ_IMAGE for each in inner):
            left, bottom, right, top = drawn.get_bounds()
            covered |= (left <= x) & (x <= right) & (bottom <= y) & (y <= top)
    return float(covered.mean()) >= _COVERED


def lay_over(
    texts: Mapping[int, Sequence[Segment]], frame: Frame, found: Sequence[Segment], seen: Frame
) -> dict[int, list[Segment]]:
    """Put the text that a page has among the lines that OCR read on it, less those that repeat it.

    Args:
        texts: The segments of the page, by direction.
        frame: Of the page.
        found: What OCR read.
        seen: The frame of these segments.

    Returns:
        Segments by direction, first those that run as the lines that OCR read; all in the coordinates of these.
    """
    by_direction: dict[int, list[Segment]] = {0: []}
    for turn, segments in texts.items():
        if turn == SLANTING:
            by_direction[turn] = list(segments)
            continue
        other, move = _mover(turn, frame, seen)
        cells = (cell.segments for segment in segments if isinstance(segment, Grid) for cell in segment.cells)
        plain = [*chain.from_iterable(cells), *(segment for segment in segments if not isinstance(segment, Grid))]
        by_direction.setdefault(other, []).extend(_moved(segment, move) for segment in plain)
    own = by_direction[0]
    usual = median(segment.size for segment in found)
    for segment in own:
        segment.size = min(segment.size, usual)  # a stamp is no heading, however large
    by_direction[0] = [*(segment for segment in found if not _is_repeated(segment, own)), *own]
    return by_direction


Mover = Callable[[float, float], tuple[float, float]]


def _mover(turn: int, frame: Frame, seen: Frame) -> tuple[int, Mover]:
    """The direction that a direction is in another frame, and what moves the points of its segments there."""
    across = np.array([(1, 0), (0, -1), (-1, 0), (0, 1)])  # x of each direction, as points to the right and up
    down = np.array([(0, -1), (-1, 0), (0, 1), (1, 0)])
    here, there = (np.array([each.x, each.y]) for each in (frame, seen))
    back = np.linalg.inv(there[:, 1:])
    step = back @ here[:, 1:] @ across[turn]
    other = int(np.argmax(across @ step))

    def move(x: float, y: float) -> tuple[float, float]:
        point = back @ (here[:, 0] + here[:, 1:] @ (x * across[turn] + y * down[turn]) - there[:, 0])
        return float(across[other] @ point), float(down[other] @ point)

    return other, move


def _moved(segment: Segment, move: Mover) -> Segment:
    """A segment, its points moved."""
    left, top = move(segment.left, segment.top)
    right, bottom = move(segment.right, segment.bottom)
    words = [(move(word.left, word.top)[0], move(word.right, word.top)[0]) for word in segment.words()]
    edges = array("f", chain.from_iterable(words))
    return replace(segment, left=left, top=top, right=right, bottom=bottom, last=words[-1][0], edges=edges)


def _is_repeated(segment: Segment, texts: Iterable[Segment]) -> bool:
    """Whether most of the words of a segment are those of texts at its place."""
    there = [
        text
        for text in texts
        if text.left < segment.right
        and segment.left < text.right
        and text.top < segment.bottom
        and segment.top < text.bottom
    ]
    said = {word.casefold() for text in there for word in text.text.split()}
    words = segment.text.casefold().split()
    return sum(word in said for word in words) > _REPEATED * len(words)


def draw_page(page: Any) -> Pixels:
    """Draw a `pypdfium2.PdfPage` upright, without its forms, which are read apart."""
    scale = min(1 / _POINTS, math.sqrt(MOST_PIXELS / max(1.0, page.get_width() * page.get_height())))
    drawn = page.render(scale=scale, may_draw_forms=False).to_numpy()
    return np.ascontiguousarray(drawn[:, :, :3])


def segments_of(reading: PictureReading, number: int) -> list[Segment]:
    """The segments of a page, level, in points.

    Args:
        reading: What was read on it.
        number: Its number, from 1.
    """
    tilt = tilt_of(reading.lines)
    segments = [segment for line in reading.lines for segment in _split(line, tilt, number)]
    _even_sizes(segments)
    return _split_at_gutters(_join_neighbours(segments))


def tilt_of(lines: Iterable[Line]) -> float:
    """The angle of the lines of a page, in radians, clockwise; 0 where it is tiny, or every line is too short."""
    angles = []
    for line in lines:
        (x0, y0), (x1, y1), _, (x3, y3) = line.corners
        if math.hypot(x1 - x0, y1 - y0) > _LONG * math.hypot(x3 - x0, y3 - y0):
            angles.append(math.atan2(y1 - y0, x1 - x0))
    tilt = median(angles) if angles else 0.0
    return tilt if abs(tilt) > _LEVEL else 0.0


def _split(line: Line, tilt: float, number: int) -> list[Segment]:
    """The segments of a line: it is split where the gap between words is wide."""
    corners = np.array(line.corners) @ [[math.cos(tilt), -math.sin(tilt)], [math.sin(tilt), math.cos(tilt)]] * _POINTS
    begin, end = corners[[0, 3], 0].mean(), corners[[1, 2], 0].mean()
    top, bottom = corners[[0, 1], 1].mean(), corners[[2, 3], 1].mean()
    size = _TYPE_SIZE * (bottom - top)
    found: list[Segment] = []
    for word, edges in zip(line.text.split(" "), line.words, strict=True):
        left, right = (float(begin + edge * (end - begin)) for edge in edges)
        if found and left - found[-1].right < WIDE_GAP * size:
            segment = found[-1]
            segment.text, segment.right = f"{segment.text} {word}", right
            segment.edges.extend((left, right))
        else:
            both = array("f", (left, right))
            found.append(Segment(word, left, right, float(top), float(bottom), float(size), number, edges=both))
    return found


def _even_sizes(segments: Sequence[Segment]) -> None:
    """Give the segments that are likely of one size of type the same size, that of most of their characters."""
    left = list(segments)
    while left:
        characters: dict[float, int] = defaultdict(int)
        for segment in left:
            characters[segment.size] += len(segment.text)

        def near(size: float, characters: dict[float, int] = characters) -> int:
            return sum(n for other, n in characters.items() if 1 / _SAME_SIZE < other / size < _SAME_SIZE)

        usual = max(characters, key=lambda size: (near(size), size))
        same = [segment for segment in left if 1 / _SAME_SIZE < segment.size / usual < _SAME_SIZE]
        left = [segment for segment in left if not 1 / _SAME_SIZE < segment.size / usual < _SAME_SIZE]
        for segment in same:
            segment.size = round(usual, 1)


def _join_neighbours(segments: Iterable[Segment]) -> list[Segment]:
    """Join the segments of a line that no wide gap parts."""
    found: list[Segment] = []
    for line in group_lines(segments):
        for position, segment in enumerate(line):
            before = found[-1] if position else None
            if before and before.size == segment.size and 0 <= segment.left - before.right < WIDE_GAP * segment.size:
                before.text, before.right = f"{before.text} {segment.text}", segment.right
                before.top, before.bottom = min(before.top, segment.top), max(before.bottom, segment.bottom)
                before.edges.extend(segment.edges)
            else:
                found.append(segment)
    return found


def _split_at_gutters(segments: Sequence[Segment]) -> list[Segment]:
    """Split lines that OCR read across two columns: between words where other lines end, and others begin."""
    lefts, rights = (sorted(getattr(segment, side) for segment in segments) for side in ("left", "right"))

    def is_gutter(left: float, right: float) -> bool:
        ending = bisect(rights, left + _NEAR) - bisect(rights, left - _NEAR)
        return ending >= COLUMN_LINES <= bisect(lefts, right + _NEAR) - bisect(lefts, right - _NEAR)

    found = []
    for segment in segments:
        texts, begun = segment.text.split(" "), 0
        pairs = list(zip(segment.edges[::2], segment.edges[1::2], strict=True))
        for position in range(1, len(texts) + 1):
            words = pairs[begun:position]
            if position < len(texts) and not is_gutter(words[-1][1], pairs[position][0]):
                continue
            found.append(words_between(segment, begun, position))
            begun = position
    return found


def picture_frame(reading: PictureReading, width: int, height: int) -> Frame:
    """The frame of a page whose picture, before it was turned, was so many pixels wide and high."""
    tilt = tilt_of(reading.lines)

    def place(right: float, up: float) -> tuple[float, float]:
        level_x, level_y = right / _POINTS, -up / _POINTS
        x = level_x * math.cos(tilt) - level_y * math.sin(tilt)
        y = level_x * math.sin(tilt) + level_y * math.cos(tilt)
        x, y = [(x, y), (width - y, x), (width - x, height - y), (y, height - x)][reading.turns]
        return x / width, y / height

    origin, right, up = place(0, 0), place(1, 0), place(0, 1)
    x_axis, y_axis = ((at, over - at, above - at) for at, over, above in zip(origin, right, up, strict=True))
    return Frame(x_axis, y_axis)


def name_pages(numbers: Sequence[int]) -> str:
    """Name pages, given in order: "page 3", "pages 2-4, 7"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    names = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    return f"page{'s' if len(numbers) > 1 else ''} {list_some(names)}"
