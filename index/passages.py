"""Split a text into paragraphs and sentences, as offsets only.

A paragraph is what stands between blank lines; where a file puts each paragraph on one long line without blank lines
between, each such line. Very long ones are cut at a sentence end, so that a passage stays readable and near the 256
tokens the model reads. A row of a table is one passage. Headings, link stubs and lead-ins ("Find out more:") are kept
but marked as not answering.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator

from index.records import Document, Locator, Passage, Sentence
from index.sentences import split_sentences

LONGEST_PASSAGE = 2_400  # characters; about 500 English tokens
CUT_PASSAGE = 1_400  # characters aimed at when a longer one is cut; about 300 tokens
LONGEST_ROW = 12_000  # characters; a row of a table or a list of records stays one passage
LONGEST_STUB = 2_000  # characters; more is no link stub or lead-in, and is not looked through for links
LONGEST_SENTENCE = 1_400  # characters; longer ones (minified data, no punctuation) are cut at white space

_BLANK = re.compile(r"(?:\r?\n|\r(?!\n))[^\S\r\n]*(?=\r|\n)|\f")
_LINE = re.compile(r"[^\r\n]+")
_LINK = re.compile(r"(?:https?://|www\.)\S+|\[[^\]]*\]\([^)]*\)|<https?://[^>]*>")
_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"'\u2019\u201d)\]]*\s*$")
_NUMBERED_HEADING = re.compile(
    r"(?:(?:chapter|part|section|appendix|article)\s+\w+\b|[0-9]+(?:\.[0-9]+)*\.?\s|[IVXLC]+\.\s)", re.I
)


def split_passages(document: Document) -> tuple[Passage, ...]:
    """Split a document into passages.

    Args:
        document: A document as read.

    Returns:
        Its passages in order; everything that is not white space lies in exactly one, and in exactly one sentence of it.
        `heading` comes from the document's locators, or from the plain-text heading above the passage.
    """
    text = document.text
    blocks = list(_blocks(text, document))
    locate = _Locators(document.locators)
    passages: list[Passage] = []
    plain_heading: str | None = None
    for position, (start, end, silent) in enumerate(blocks):
        following = blocks[position + 1][:2] if position + 1 < len(blocks) else None
        locator = locate.at(start)
        record = locator.row is not None
        heading = silent or (not record and _is_heading(text, (start, end), following))
        if heading and not document.locators:
            plain_heading = " ".join(text[start:end].split())
        answering = record or not (heading or _is_stub(text[start:end]))
        longest = (LONGEST_ROW, LONGEST_ROW) if record else (LONGEST_PASSAGE, CUT_PASSAGE)
        for piece_start, piece_end in _pieces(text, start, end, longest):
            sentences = tuple(
                Sentence(*span)
                for long_start, long_end in split_sentences(text, piece_start, piece_end)
                for span in _cut_long(text, long_start, long_end)
            )
            passages.append(
                Passage(
                    paragraph=len(passages) + 1,
                    start=piece_start,
                    end=piece_end,
                    sentences=sentences,
                    answering=answering,
                    page=locator.page,
                    heading=locator.heading or (None if heading else plain_heading),
                    row=locator.row,
                    sheet=locator.sheet,
                    slide=locator.slide,
                    date=locator.date,
                )
            )
    return tuple(passages)


def _blocks(text: str, document: Document) -> Iterator[tuple[int, int, bool]]:
    """Spans between blank lines, cut at the borders of silent spans and locators too, without white space around."""
    silent_starts = {start for start, _ in document.silent}
    borders = {0, len(text), *silent_starts, *(end for _, end in document.silent)}
    borders.update(border for locator in document.locators for border in (locator.start, locator.end))
    rows = _Locators(tuple(locator for locator in document.locators if locator.row is not None))
    borders.update(match.end() for match in _BLANK.finditer(text) if rows.at(match.end()).row is None)
    ordered = sorted(borders)
    for start, end in zip(ordered, ordered[1:], strict=False):
        silent = start in silent_starts
        lines = [(start, end)] if rows.at(start).row is not None else _long_lines(text, start, end)
        for line_start, line_end in lines:
            trimmed = _trim(text, line_start, line_end)
            if trimmed:
                yield *trimmed, silent


def _long_lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The lines of a block where each is a paragraph of its own, else the whole block."""
    lines = [match.span() for match in _LINE.finditer(text, start, end)]
    if len(lines) > 1 and (end - start) / len(lines) > 120:
        ending = sum(bool(_SENTENCE_END.search(text, max(s, e - 8), e)) for s, e in lines)
        if ending >= 0.7 * len(lines):
            return lines
    return [(start, end)]


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    stripped = piece.strip().strip("\ufeff").strip()
    if not stripped:
        return None
    offset = start + piece.index(stripped)
    return offset, offset + len(stripped)


def _pieces(text: str, start: int, end: int, longest: tuple[int, int]) -> list[tuple[int, int]]:
    """One span, or several cut at sentence ends when it is longer than `longest[0]`, each up to `longest[1]` characters."""
    if end - start <= longest[0]:
        return [(start, end)]
    spans = [span for long in split_sentences(text, start, end) for span in _cut_long(text, *long)]
    pieces: list[tuple[int, int]] = []
    for sentence_start, sentence_end in spans:
        if pieces and sentence_end - pieces[-1][0] <= longest[1]:
            pieces[-1] = (pieces[-1][0], sentence_end)
        else:
            pieces.append((sentence_start, sentence_end))
    return pieces


def _cut_long(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST_SENTENCE:
        cut = (
            max(text.rfind(" ", start + LONGEST_SENTENCE // 2, start + LONGEST_SENTENCE), 0) or start + LONGEST_SENTENCE
        )
        trimmed = _trim(text, start, cut)
        if trimmed:
            yield trimmed
        start = cut
    trimmed = _trim(text, start, end)
    if trimmed:
        yield trimmed


def _is_stub(block: str) -> bool:
    """A link stub, a lead-in such as "Find out more:", or a rule of dashes."""
    if len(block) > LONGEST_STUB:
        return not _WORD.search(block)
    words = _WORD.findall(_LINK.sub(" ", block))
    if not words:
        return True
    if block.rstrip().endswith(":") and len(words) <= 12:
        return True
    return bool(_LINK.search(block)) and len(words) <= 4


def _is_heading(text: str, span: tuple[int, int], following: tuple[int, int] | None) -> bool:
    """A short line without a full stop, or a short question, above a paragraph that is clearly longer."""
    if following is None:
        return False
    block = text[slice(*span)]
    below = text[slice(*following)]
    words = _WORD.findall(block)
    if not 1 <= len(words) <= 12 or len(block) > 100 or "\n" in block or len(below) < max(60, 2 * len(block)):
        return False
    if not _SENTENCE_END.search(below):
        return False
    if block.rstrip().endswith("?"):
        return True
    if _NUMBERED_HEADING.match(block):
        return not _SENTENCE_END.search(block)
    return block[0].isupper() and not re.search(r"[.!;:,\d]", block)


class _Locators:
    """Finds the locator that holds a character."""

    def __init__(self, locators: tuple[Locator, ...]) -> None:
        self._locators = locators
        self._starts = [locator.start for locator in locators]

    def at(self, character: int) -> Locator:
        position = bisect_right(self._starts, character) - 1
        if position >= 0 and character < self._locators[position].end:
            return self._locators[position]
        return Locator(character, character)
