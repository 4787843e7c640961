"""Split a text into paragraphs and sentences, as character offsets.

A regular expression proposes boundaries at closing punctuation; a list of abbreviations and a look at the next
word take the false ones back. Measured on 3.3 MB of English text (boundary F1): such a splitter reaches .968 at
10 MB/s, level with the best libraries and many times faster. Line breaks inside a paragraph are not boundaries;
blank lines and list items are. Left out: quotation grammar and languages without spaces after a full stop.

A paragraph is the text between blank lines; if a file puts each paragraph on one long line without blank lines
between, each such line. Very long ones are cut at a sentence end, so that a passage stays readable and near the 256
tokens the model reads. A row of a table is one passage. Headings, link stubs and lead-ins ("Find out more:") are kept
but marked as not answering.
"""

import itertools
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace

from index.errors import SourceError
from index.records import Document, Locator, Passage, Sentence

ABBREVIATIONS = frozenset(
    """
    a adj adm al apr art assn asst aug ave bldg blvd brig bros c ca capt cf ch cmdr co col comm corp cpl ct dec dept
    dist div dr ed eds eg eq esp esq est etc ext feb fig figs fri ft gen gov hon hr ie inc jan jr jul jun lt ltd maj mar
    max messrs mgr min misc mon mr mrs ms msgr mt no nos nov oct op p para pg ph pl pp pres prof pt pvt rd ref rep reps
    rev sec sen sens sep sept sgt sr st ste supt sat sun thu tue ed trans univ v viz vol vols vs wed
    """.split()
)
# The same in German, French, Spanish, Italian and Dutch.
ABBREVIATIONS |= frozenset(
    """
    abb abs anh anm aufl az bd betr bspw bzgl bzw evtl ggf hrsg i.d.r inkl insb jh lfd mio mrd nr o.\xe4 rn s.o s.u sog std str
    tel u.a u.u usw v.a v.chr vgl z.b ziff zzgl av boul mlle mme sra srta n\xfam p\xe1g aprox dott sig sigg ecc bijv blz dhr enz
    mevr t.a.v
    """.split()
)
# Words before an ordinal number ("am 3. Tag"), and the months behind one: the full stop belongs to the number.
_BEFORE_ORDINAL = frozenset(
    "ab am beim bis dem den der des die im jede jeden jeder seit und vom zum zur den il le el".split()
)
_MONTHS = frozenset(
    """
    januar j\xe4nner februar m\xe4rz april mai juni juli august september oktober november dezember januari februari maart mei
    augustus oktober december marts maj januar
    """.split()
)
# Abbreviations that often do end a sentence: the next word decides.
ENDING = frozenset("co corp inc ltd etc jr sr al st ave blvd rd ext max min".split())
# A capital after one of these is a new sentence even behind an initial or an acronym ("in the U.S. The court").
STARTERS = frozenset(
    """
    A After All Although An And As At Before But By Despite During Each For From He Her His However If In It Its Many
    Most No On Other Our She Since So Some Such That The Their Then There These They This Those Though Through To
    Under Until We What When Where While With You
    """.split()
)

_BOUNDARY = re.compile(
    r"""
    (?P<mark>[.!?\u2026]++|[\u3002\uff01\uff1f]++)    # closing punctuation, Latin or full width
    (?:
        (?P<close>(?:\ ''|["'\u2019\u201d\u00bb)\]]|\[\d++\])*)  # quotes, brackets and note marks that belong to it
        (?=(?P<space>\s+)|(?<=[\u3002\uff01\uff1f])|$)
    )?  # without these it is no boundary, but is passed as a whole, so that a line of dots is not looked at from each dot
    """,
    re.VERBOSE,
)
# Date and time, with which lines of logs and chats begin.
_STAMP = (
    r"(?:\[?(?:\d{4}-\d\d-\d\d[T\ ,]|\d{1,2}[./]\d{1,2}[./]\d{2,4},?\ |[A-Z][a-z]{2}\ [\ \d]\d\ )"
    r"\d{1,2}:\d\d|\[\d{1,2}:\d\d)"
)
_STAMPED = re.compile(rf"\s*{_STAMP}")
_BLOCK_BREAK = re.compile(
    rf"""
    (?:\r?\n|\r(?!\n))[^\S\r\n]*(?:\r?\n|\r(?!\n))\s*     # a blank line
    |(?:\r?\n|\r(?!\n))(?={_STAMP})
    # a line that begins with an option of a command: "-a, --all   …", "--out FILE"
    |(?:\r?\n|\r(?!\n))(?=[^\S\r\n]*--?[A-Za-z][\w-]*(?:,|=|[^\S\r\n]{{2}}|[^\S\r\n][A-Z<\[]|[^\S\r\n]*(?:[\r\n]|$)))
    # a line that begins a list item
    |(?:\r?\n|\r(?!\n))(?=[^\S\r\n]*(?:[-*+\u2022\u25e6\u2023]|\d{{1,3}}[.)]|\(?[a-z]\)|\(\d{{1,2}}\))[^\S\r\n])
    """,
    re.VERBOSE,
)
_UNITS = "mglhst"
_AMOUNT = re.compile(r"\d\s?$")
_WORD_BEFORE = re.compile(r"[^\s(\[\"'\u2018\u201c]+$")
_OPENING = re.compile(r"[\s\"'\u2018\u201c\u00ab(\[`*_#>\u2022\-\u2013\u2014]*")


def split_sentences(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Split a stretch of text into sentences.

    Args:
        text: The whole text; it is never altered.
        start: First character of the stretch.
        end: Character after the stretch; the end of the text when omitted.

    Returns:
        (start, end) character offsets into `text`, in order, not overlapping, without white space around them.
        Everything that is not white space lies in exactly one span: text without a full stop is a sentence too.
    """
    return list(_sentences(text, start, len(text) if end is None else end))


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Find the sentences of a stretch one by one."""
    for block_start, block_end in _split_blocks(text, start, end):
        if block_end - block_start <= WHOLE_ROW and _STAMPED.match(text, block_start, block_end):
            yield from _trimmed(text, block_start, block_end)  # a message of a chat keeps who wrote it
            continue
        sentence_start = block_start
        for match in _BOUNDARY.finditer(text, block_start, block_end):
            if match["close"] is None:
                continue
            if match.end() < block_end and not _is_boundary(text, match, sentence_start, block_end):
                continue
            yield from _trimmed(text, sentence_start, match.end())
            sentence_start = match.end()
        yield from _trimmed(text, sentence_start, block_end)


def _split_blocks(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    line = start  # where the last line that begins so begins
    for match in _BLOCK_BREAK.finditer(text, start, end):
        named = _OPTION_NAMES.match(text, match.end()) and _OPTION_NAMES.fullmatch(text, line, match.start())
        line = match.end()
        if named:
            continue  # another name of the same option
        yield from _end_item(text, start, match.start())
        start = match.end()
    yield from _end_item(text, start, end)


def _end_item(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A stretch, parted where it is an item of an indented list and a line below is indented less than the item."""
    item = _INDENTED.match(text, start, end)
    if item and (text[start - 1 : start] in "\r\n"):
        for line in _BELOW.finditer(text, item.end(), end):
            if len(line[1]) < len(item[1]):
                yield start, line.start()
                start = line.start(1)
                break
    yield start, end


_OPTION_NAMES = re.compile(r"[^\S\r\n]*--?[A-Za-z](?:\S|[^\S\r\n](?![^\S\r\n]))*+")
_INDENTED = re.compile(r"([^\S\r\n]+)(?:[-*+\u2022\u25e6\u2023]|\d{1,3}[.)])[^\S\r\n]")
_BELOW = re.compile(r"(?:\r\n?|\n)([^\S\r\n]*)(?=\S)")


def _is_boundary(text: str, match: re.Match[str], sentence_start: int, block_end: int) -> bool:
    """Whether the punctuation found really closes the sentence, judged by the words on both sides."""
    mark = match["mark"]
    if mark[0] in "\u3002\uff01\uff1f":
        return True
    opening = _OPENING.match(text, match.end(), block_end)
    begin = opening.end() if opening else match.end()
    next_character = text[begin : begin + 1]
    if not next_character:
        return False
    if next_character.islower():
        return mark[0] in "!?" and "\n" in (match["space"] or "")
    if mark != ".":
        return True
    before = _WORD_BEFORE.search(text, max(sentence_start, match.start() - 40), match.start())
    word = before.group() if before else ""
    following = re.match(r"\w+", text[begin : begin + 20])
    next_word = following.group() if following else ""
    if not word:
        return bool(sentence_start < match.start())
    bare = word.rstrip(".").lower()
    if (
        word.isdigit()
        and len(word) <= 2
        and (
            next_word.lower() in _MONTHS
            or _word_before(text, sentence_start, match.start() - len(word)) in _BEFORE_ORDINAL
        )
    ):
        return False  # an ordinal number: "1. M\xe4rz"
    if len(word) == 1 and word.islower() and word.isascii():
        unit = word in _UNITS and _AMOUNT.search(text[max(sentence_start, match.start() - 20) : match.start() - 1])
        return bool(unit and next_word[:1].isupper())  # "at 1,870 m. The key"; but not "z. B.", "d. h."
    if len(word) == 1 and word.isalpha() and word.isupper() and word != "I":
        return next_word in STARTERS  # an initial: "J. Smith"
    if "." in word and re.fullmatch(r"(?:\w\.)+\w", word):
        return next_word in STARTERS  # an acronym: "U.S", "p.m", "e.g"
    if bare in ABBREVIATIONS and not match["close"]:
        return bare in ENDING and next_word in STARTERS
    if word.isdigit() and text[sentence_start : match.start()].strip() == word:
        return False  # "1. First item": the number belongs to what follows
    return True


def _word_before(text: str, start: int, end: int) -> str:
    """The last word before a position, in lower case."""
    before = _WORD_BEFORE.search(text[max(start, end - 40) : end].rstrip())
    return before.group().lower() if before else ""


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The span without white space around it; none if it holds nothing else."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        yield start, end


MOST_PASSAGES = 2_000_000  # of a document: the rows of two full sheets of Excel
MOST_SENTENCES = 3_000_000  # of a document: 200 MB of English have some 2 million
MOST_IN_PASSAGE = 4_095  # sentences, which have numbers of 12 bits; only rows of full stops have more
LONGEST_PASSAGE = 2_400  # characters; about 500 English tokens
CUT_PASSAGE = 1_400  # characters aimed at when a longer one is cut; about 300 tokens
WHOLE_ROW = (
    300  # characters; a row of several cells is one sentence, whatever full stops are in it ("Rice, Master. Eugene")
)
# The name of a second cell, or what parts it from the first.
_CELL = re.compile(r"; [^\n;:]{1,80}: |\S(?: {2,}|\t+| *\| *)\S|\.{3,}|(?:\. ){3,}|\u2026{2,}")
LONGEST_ROW = 12_000  # characters; a row of a table or a list of records stays one passage
LONGEST_STUB = 2_000  # characters; more is no link stub or lead-in, and is not looked through for links
_LONGEST_SENTENCE = 1_000  # characters; longer ones (no punctuation, minified data) are cut at white space
_CUT_SENTENCE = 300  # characters of a piece, so that it is about one thing

_BLANK = re.compile(r"(?:\r?\n|\r(?!\n))[^\S\r\n]*(?=\r|\n)|\f")
_NO_SPACE = re.compile(r"\S")
_LINE = re.compile(r"[^\r\n]+")
_LINK = re.compile(r"(?:https?://|www\.)\S+|\[[^\]]*\]\([^)]*\)|<https?://[^>]*>")
_WORD = re.compile(r"\w+")
_SENTENCE_END = re.compile(r"[.!?\u2026\u3002\uff01\uff1f][\"'\u2019\u201d)\]]*\s*$")
_NUMBERED_HEADING = re.compile(
    r"(?:(?:chapter|part|section|appendix|article)\s+\w+\b|\xa7+\s*\d|[0-9]+(?:\.[0-9]+)*\.?\s|[IVXLC]+\.\s)", re.I
)


_UNDERLINE = re.compile(r"\r?\n[ \t]*([=~^*-])\1{2,}[ \t]*\Z")
_SUBSECTION = re.compile(r"\d{1,2}(?:\.\d{1,2})+\.?[^\S\n]+[A-Z][^.!?;:\n]{1,80}")  # "2.1. Errors"


def split_passages(document: Document) -> tuple[Passage, ...]:
    """Split a document into passages.

    Args:
        document: A document as read.

    Returns:
        Its passages in order; everything that is not white space lies in exactly one, and in exactly one sentence of it.
        `heading` comes from the document's locators, or from the plain-text heading above the passage.

    Raises:
        SourceError: It has too many passages or sentences.
    """
    passages: list[Passage] = []
    count = 0
    for passage in _iterate_passages(document):
        passages.append(passage)
        count += len(passage.sentences)
        if len(passage.sentences) > MOST_IN_PASSAGE:
            most = f"{MOST_IN_PASSAGE:,} sentences in one paragraph"
        elif len(passages) > MOST_PASSAGES:
            most = f"{MOST_PASSAGES:,} paragraphs or rows"
        elif count > MOST_SENTENCES:
            most = f"{MOST_SENTENCES:,} sentences"
        else:
            continue
        raise SourceError(
            f"{document.source} has more than {most}. Split it, or remove what is no text, then index it again."
        )
    return tuple(passages)


def _iterate_passages(document: Document) -> Iterator[Passage]:
    """Find the passages of a document one by one."""
    text = document.text
    locate = _Locators(document.locators)
    blocks = _join_lists(text, list(_blocks(text, document)), locate)
    paragraph = 0
    plain_heading: str | None = None
    headed = any(locator.place.row is None for locator in document.locators)  # by its parser, which knows better
    for position, (start, end, silent) in enumerate(blocks):
        following = blocks[position + 1][:2] if position + 1 < len(blocks) else None
        locator = locate.at(start)
        record = locator.place.row is not None
        heading = silent or (
            not record
            and (
                _is_heading(text, (start, end), following)
                or _is_parted(text, (start, end), following)
                or _is_next(plain_heading, text[start : min(end, start + 100)])
            )
        )
        if heading and not silent and not headed:
            plain_heading = " ".join(_UNDERLINE.sub("", text[start:end]).split())
        answering = record or not (heading or _is_stub(text[start:end]))
        place = locator.place
        above = None if heading else plain_heading
        if place.heading != above:
            place = replace(place, heading=" > ".join(filter(None, (above, place.heading))) or None)
        longest = (LONGEST_ROW, LONGEST_ROW) if record else (LONGEST_PASSAGE, CUT_PASSAGE)
        for piece_start, piece_end in _pieces(text, start, end, longest):
            whole = record and piece_end - piece_start <= WHOLE_ROW and _CELL.search(text, piece_start, piece_end)
            spans = [(piece_start, piece_end)] if whole else split_sentences(text, piece_start, piece_end)
            sentences = tuple(
                Sentence(*span) for long_start, long_end in spans for span in _cut_long(text, long_start, long_end)
            )
            paragraph += 1
            yield Passage(
                paragraph=paragraph,
                start=piece_start,
                end=piece_end,
                sentences=sentences,
                answering=answering,
                place=place,
            )


_ITEM = re.compile(r"[^\S\r\n]*(?:[-*+\u2022\u25e6\u2023]|\(?\d{1,3}[.)]|\(?[a-z]\))[^\S\r\n]")
_LATER = re.compile(r"(?:[2-9]|\d{2,3})[.)]")  # what begins with it goes on with a list, or is a heading
_INTRODUCES = re.compile(r"[:\uff1a,;]\s*$|\w\s*$")  # how a sentence ends that the items below it complete


def _join_lists(text: str, blocks: list[tuple[int, int, bool]], locate: "_Locators") -> list[tuple[int, int, bool]]:
    """Join list items to the sentence above that they complete, up to the length of a passage.

    So is a short block below a colon, such as a command below "To start the server, run:".
    """
    joined: list[tuple[int, int, bool]] = []
    opened: str | None = None  # the mark of the block that opens a list: empty for a sentence without one
    colon = False  # whether that block ends as only a lead-in does
    announced = False  # whether that block ends in a colon
    short = False  # whether it is a heading or a word or two, "Decisions:", which whole sentences below do without
    for position, (start, end, silent) in enumerate(blocks):
        if announced and not silent and _completes(text, blocks[position : position + 2]):
            first = joined[-1][0]
            if end - first <= CUT_PASSAGE and locate.at(first).place == locate.at(start).place:
                joined[-1], opened, announced = (first, end, False), None, False
                continue
        below = blocks[position + 1][:2] if position + 1 < len(blocks) else None
        alone = silent or locate.at(start).place.row is not None or _is_parted(text, (start, end), below)
        mark = "" if alone else _mark(text, start, end)
        if short and mark and _holds_sentences(text[start:end]):
            opened = None
        if mark and opened is not None and mark != opened and (colon or not _LATER.match(text, start, end)):
            first = joined[-1][0]
            if end - first <= CUT_PASSAGE and locate.at(first).place == locate.at(start).place:
                joined[-1] = first, end, False
                colon, short, announced = True, False, False
                continue
        joined.append((start, end, silent))
        words = len(_WORD.findall(text, start, end)) if end - start < CUT_PASSAGE else 0
        colon = not text[end - 1 : end].isalnum()
        announced = not silent and text[end - 1 : end] in _COLONS and locate.at(start).place.row is None
        brief = 0 < words < 3 and text[end - 1] in _COLONS
        short = brief or bool(_TOP_HEADING.fullmatch(text, start, end))
        opened = (
            mark if not silent and (words > 2 or brief) and _INTRODUCES.search(text, max(start, end - 3), end) else None
        )
    return joined


_COLONS = (":", "\uff1a")
_SHOWN = 500  # characters of a block below a colon, at most


def _completes(text: str, blocks: Sequence[tuple[int, int, bool]]) -> bool:
    """Whether the first of some blocks may complete a sentence above it that ends in a colon: it is short, and no item."""
    (start, end, _), *others = blocks
    if end - start > _SHOWN or text[end - 1 : end] in _COLONS or _mark(text, start, end):
        return False
    following = others[0][:2] if others else None
    return bool(_WORD.search(_LINK.sub(" ", text[start:end]))) and not _is_heading(text, (start, end), following)


def _mark(text: str, start: int, end: int) -> str:
    """The kind of mark that an item begins with, such as "1." or "a)"; empty for a block that is no item."""
    found = _ITEM.match(text, start, end)
    return re.sub(r"[a-z]", "a", re.sub(r"\d+", "1", found.group().strip())) if found else ""


def _blocks(text: str, document: Document) -> Iterator[tuple[int, int, bool]]:
    """Spans between blank lines, cut at the borders of silent spans and locators too, without white space around."""
    silent_starts = {start for start, _ in document.silent}
    borders = {0, len(text), *silent_starts, *(end for _, end in document.silent)}
    borders.update(border for locator in document.locators for border in (locator.start, locator.end))
    rows = _Locators(tuple(locator for locator in document.locators if locator.place.row is not None))
    borders.update(border for border in _blank_borders(text) if rows.at(border).place.row is None)
    ordered = sorted(borders)
    for start, end in zip(ordered, ordered[1:], strict=False):
        silent = start in silent_starts
        lines = [(start, end)] if rows.at(start).place.row is not None else _long_lines(text, start, end)
        if len(lines) == 1 and not silent and rows.at(start).place.row is None:
            lines = _part_heading(text, start, end)
        for line_start, line_end in lines:
            trimmed = _trim(text, line_start, line_end)
            if trimmed:
                yield *trimmed, silent


def _blank_borders(text: str) -> Iterator[int]:
    """Where blank lines and form feeds end; of several with nothing but white space between, the first and the last one."""
    gap_end = 0
    while blank := _BLANK.search(text, gap_end):
        start, first = blank.span()
        gap_end = text_begins.start() if (text_begins := _NO_SPACE.search(text, first)) else len(text)
        newline = max(text.rfind("\n", start, gap_end), text.rfind("\r", start, gap_end))
        if text[newline - 1 : newline + 1] == "\r\n":
            newline -= 1
        yield first
        yield max(newline, text.rfind("\f", start, gap_end) + 1, first)


def _long_lines(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The lines of a block if each is a paragraph, otherwise the whole block."""
    lines = [match.span() for match in _LINE.finditer(text, start, end)]
    if len(lines) > 1 and (end - start) / len(lines) > 120:
        ending = sum(bool(_SENTENCE_END.search(text, max(s, e - 8), e)) for s, e in lines)
        if ending >= 0.7 * len(lines):
            return lines
    return [(start, end)]


def _part_heading(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A block, parted below its first line if that is a numbered heading, "2. Rent", and not the first line of a paragraph.

    Such a line is broken off before a word for which there was room, and no other line has a number.
    """
    lines = [line.span() for line in itertools.islice(_LINE.finditer(text, start, end), _LOOKED_AT)]
    lines = [line for line in lines if _trim(text, *line)]
    if len(lines) < 2 or not _TOP_HEADING.fullmatch(text[slice(*lines[0])].strip()):
        return [(start, end)]
    below = text[lines[1][0] : end].strip()
    widths = [len(text[slice(*line)].rstrip()) for line in lines]
    item = _ITEM.match(below)
    goes_on = (below[0].islower() and not item) or widths[0] + 1 + len(below.split(maxsplit=1)[0]) > max(widths)
    listed = any(_NUMBERED.match(text, *line) for line in lines[1:])
    closed = _SENTENCE_END.search(below[-8:]) or below.endswith(":")
    if goes_on or listed or not closed or (item and not _holds_sentences(below)):
        return [(start, end)]
    return [(start, lines[0][1]), (lines[0][1], end)]


_LOOKED_AT = 20  # lines of a block
_NUMBERED = re.compile(r"\s*\d{1,3}[.)]\s")
_TOP_HEADING = re.compile(
    r"(?:(?:chapter|part|section|appendix|article|artikel|kapitel)\s+\w+[.:]?|\xa7+\s*\d+\w?[.:]?|\d{1,2}(?:\.\d{1,2})+\.?"
    r"|\d{1,2}[.:)])\s+\w[^.!?;:,\d\n\"]{1,60}",
    re.IGNORECASE,
)
_NEXT_LINE = re.compile(r"[^\S\r\n]*(?:\r\n|\n|\r)[^\S\r\n]*")


def _is_parted(text: str, span: tuple[int, int], following: tuple[int, int] | None) -> bool:
    """Whether a block is a heading that was parted from the line below it."""
    return bool(following and _NEXT_LINE.fullmatch(text, span[1], following[0]) and _TOP_HEADING.fullmatch(text, *span))


def _holds_sentences(items: str) -> bool:
    """Whether the items of a list are sentences that need none above them: they begin large and are closed."""
    found = _ITEM.match(items)
    first = items[found.end() if found else 0 :].lstrip()[:1]
    return not first.islower() and bool(_SENTENCE_END.search(items[-8:]))


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    stripped = piece.strip().strip("\ufeff").strip()
    if not stripped:
        return None
    offset = start + piece.index(stripped)
    return offset, offset + len(stripped)


def _pieces(text: str, start: int, end: int, longest: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """One span, or several cut at sentence ends when it is longer than `longest[0]`, each up to `longest[1]` characters."""
    if end - start <= longest[0]:
        yield start, end
        return
    piece: tuple[int, int] | None = None
    for long in _sentences(text, start, end):
        for sentence_start, sentence_end in _cut_long(text, *long):
            if piece and sentence_end - piece[0] <= longest[1]:
                piece = piece[0], sentence_end
                continue
            if piece:
                yield piece
            piece = sentence_start, sentence_end
    if piece:
        yield piece


def _cut_long(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    pieces = end - start > _LONGEST_SENTENCE
    while pieces and end - start > _CUT_SENTENCE * 4 // 3:
        near = start + _CUT_SENTENCE
        cut = (
            max(text.rfind("\n", start + _CUT_SENTENCE // 2, near), 0)
            or max(text.rfind(" ", start + 1, near), 0)
            or near
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
    if _SUBSECTION.fullmatch(block) or (_UNDERLINE.search(block) and block.count("\n") == 1 and words):
        return True
    if not 1 <= len(words) <= 12 or len(block) > 100 or "\n" in block or len(below) < max(60, 2 * len(block)):
        return False
    if not _SENTENCE_END.search(below):
        return False
    if block.rstrip().endswith("?"):
        return True
    if _NUMBERED_HEADING.match(block):
        return not _SENTENCE_END.search(block)
    return block[0].isupper() and not re.search(r"[.!;:,\d]", block)


def _is_next(heading: str | None, block: str) -> bool:
    """Whether a line is the heading with the next number."""
    last, found = _TITLED.match(heading or ""), _TITLED.fullmatch(block)
    return last is not None and found is not None and int(found[1]) == int(last[1]) + 1


_TITLED = re.compile(r"(?:\xa7[^\S\n]*(?=\d+[^\S\n.])|(?=\d+\.))(\d{1,2})\.?[^\S\n]+[A-Z][^.!?;:\n]{1,80}")


class _Locators:
    """Finds the locator of a character."""

    def __init__(self, locators: tuple[Locator, ...]) -> None:
        self._locators = locators
        self._starts = [locator.start for locator in locators]

    def at(self, character: int) -> Locator:
        position = bisect_right(self._starts, character) - 1
        if position >= 0 and character < self._locators[position].end:
            return self._locators[position]
        return Locator(character, character)
