"""Join the segments of a PDF's page into paragraphs and tables, in reading order.

A paragraph begins where the gap, the size or the indent of a line says so, or the line before ends early with a full
stop. Words divided at the end of a line become whole.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from index.readers.pdf_columns import split_columns
from index.readers.pdf_lines import Segment, group_lines
from index.readers.pdf_tables import find_table, is_loose

LOOSE = 0.6  # a line of which less is text is no prose: it keeps its line end

_ITEM = re.compile(r"(?:[\u2022\u25e6\u2023\u25aa\u25cf\u2013*-]|\(?(?:\d{1,3}|[a-z])[.)])\s")
_CLOSED = re.compile(r"[.!?:\u2026\u3002][\"'\u2019\u201d)\]]*$")
_DIVIDED = re.compile(r"(\w+)(?:\xad|(?<=[^\W\d_])-)$")
_FIRST_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, or a table.

    Attributes:
        text: Its text; a divided last word ends in a soft hyphen or a hyphen. Empty for a table.
        size: Size of its type, in points.
        full: Whether its last line reaches the edge of the column, as where the column or page cuts the paragraph.
        rows: The rows of a table, the header first.
    """

    text: str
    size: float
    full: bool = False
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    left: float
    right: float
    top: float
    size: float
    loose: bool


def lay_out(segments: Sequence[Segment], words: frozenset[str] = frozenset()) -> list[Paragraph]:
    """Join the segments of a page into paragraphs.

    Args:
        segments: What stands on the page, in any order.
        words: All words of the document in lower case, those with hyphens too: they say whether a word that a line's
            end divides is written with a hyphen.

    Returns:
        Paragraphs in reading order.
    """
    found: list[Paragraph] = []
    for column in split_columns(list(segments)):
        paragraphs = _read_column(group_lines(column), words)
        if found and paragraphs and goes_on(found[-1], paragraphs[0]):
            joined = join_lines(found[-1].text, paragraphs[0].text, words)
            paragraphs[0] = replace(paragraphs[0], text=joined, size=found.pop().size)
        found += paragraphs
    return found


def goes_on(before: Paragraph, after: Paragraph) -> bool:
    """Whether a paragraph at the top of a column or page goes on the one before."""
    if not before.full or _CLOSED.search(before.text) or abs(before.size - after.size) > 0.1 * before.size:
        return False
    return after.text[:1].islower()


def join_lines(before: str, after: str, words: frozenset[str] = frozenset(), gap: str = " ") -> str:
    """Join two lines; a word divided by a hyphen at the end of the first becomes whole."""
    divided, rest = _DIVIDED.search(before), _FIRST_WORD.match(after)
    if not divided or not rest:
        return before + gap + after
    whole, hyphened = divided[1] + rest[0], f"{divided[1]}-{rest[0]}"
    if not after[0].islower() or (hyphened.lower() in words and whole.lower() not in words):
        return before[:-1] + "-" + after
    return before[:-1] + after


def _read_column(lines: Sequence[Sequence[Segment]], words: frozenset[str]) -> list[Paragraph]:
    """Read the tables and the paragraphs between them, from top to bottom."""
    found: list[Paragraph] = []
    begun = position = 0
    while position < len(lines):
        rows = find_table(lines, position)
        if rows:
            found += _paragraphs([_line(line) for line in lines[begun:position]], words)
            found.append(Paragraph("", lines[position][0].size, rows=tuple(map(tuple, rows))))
            begun = position = position + len(rows)
        else:
            position += 1
    return found + _paragraphs([_line(line) for line in lines[begun:]], words)


def _line(segments: Sequence[Segment]) -> _Line:
    largest = max(segments, key=lambda segment: len(segment.text))
    return _Line(
        text=" ".join(segment.text for segment in segments),
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
    usual = median([step for step in steps if step > 0] or [0])
    left, right = min(line.left for line in lines), sorted(line.right for line in lines)[int(0.9 * len(lines))]
    texts: list[str] = []
    found: list[Paragraph] = []
    for position, line in enumerate(lines):
        before = lines[position - 1] if position else None
        after = lines[position + 1] if position + 1 < len(lines) else None
        short = before is not None and before.right < right - 0.25 * (right - left)
        if before is None or _begins(before, line, after, usual, short, bool(_ITEM.match(texts[-1]))):
            found += [Paragraph(texts.pop(), before.size)] if texts else []
            texts.append(line.text)
        else:
            texts[-1] = join_lines(texts[-1], line.text, words, "\n" if short or before.loose or line.loose else " ")
    full = lines[-1].right >= right - 0.25 * (right - left) and not lines[-1].loose
    return [*found, Paragraph(texts.pop(), lines[-1].size, full)]


def _begins(before: _Line, line: _Line, after: _Line | None, usual: float, short: bool, item: bool) -> bool:
    """Whether a line begins a paragraph: by the gap above it, its size, its mark, its indent, or the line before."""
    step = line.top - before.top
    if step > 1.3 * min(usual, 1.6 * line.size) or not 0.85 < line.size / before.size < 1.18:
        return True
    if _ITEM.match(line.text) or (short and _CLOSED.search(before.text)):
        return True
    indented = line.left > before.left + 0.6 * line.size
    return indented and not item and (after is None or after.left < line.left - 0.4 * line.size or short)
