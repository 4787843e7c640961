"""Find the lines that the pages of a PDF repeat at their top or bottom: titles, chapter names, page numbers."""

import math
import re
from collections import Counter
from collections.abc import Sequence

from index.readers.pdf_lines import Segment, group_lines

EDGE_LINES = 3  # lines at the top and at the bottom of a page that may be repeated ones
ENOUGH_PAGES = 5  # a line found on so many is a repeated one, however many pages there are: chapters change it
LONGEST_NUMBERED = 80  # characters of a line that holds the page's number

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
    """Whether a line at the very edge is a page's number, or holds one as that of another page does."""
    return bool(_PAGE_NUMBER.fullmatch(_text(line))) or (count > 1 and "#" in _key(line))


def _text(line: Sequence[Segment]) -> str:
    return " ".join(segment.text for segment in line)
