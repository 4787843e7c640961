"""Mark quotes in the markup of a document, found by their letters and digits in the order that the text has them.

The markup is not parsed and written anew: it is HTML as the sanitizer writes it, in which every "<" begins a tag and every "&" a
character reference. Marks are put between its characters, inside the text between two tags, so everything else stays as it was.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import unescape
from typing import Any

import numpy as np
import numpy.typing as npt

_TAG_OR_REFERENCE = re.compile(
    r"""<[^<>"]*(?:"[^"]*"[^<>"]*)*>|&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"""
)
_NOTE = re.compile(r"\[(?:<[^<>]*>)*(?:\d{1,4}|[a-z]|edit|note \d+|citation needed)(?:<[^<>]*>)*\]")
_INLINE = re.compile(
    r"</?(?:a|abbr|acronym|b|bdi|bdo|big|cite|code|data|del|dfn|em|i|img|ins|kbd|mark|q|s|samp|small|span|strike|strong|sub|sup|time|tt|u"
    r"|var|wbr)\b"
)
_NO_EDGE = re.compile(r"[\s&<>;]")  # white space, and what may belong to a tag or a character reference
_ITEM = re.compile(
    r"^[ \t]*(?:\(?(?:\d{1,4}|[A-Za-z]|[ivxlc]{1,6}|[IVXLC]{1,6})(?:\.\d{1,4})*[.)]|\d{1,4}(?:\.\d{1,4})+)(?=\s)",
    re.MULTILINE,
)
_COLUMN = re.compile(r"(?:\A|(?<=; ))[^:;]*: ")
_CONTEXT = 64  # letters on each side, that tell occurrences of a quote apart
_MOST_FOUND = 200_000  # occurrences of one quote that are looked at
_MOST_COMPARED = 500  # of them, the nearest, whose letters around are compared
_CODES = 0x110000
Places = npt.NDArray[np.int64]


def mark_quotes(
    markup: str, text: str, spans: Sequence[tuple[int, int]], attributes: Sequence[str]
) -> tuple[str, tuple[bool, ...]]:
    """Put marks around quotes.

    Letters and digits alone are compared, without regard to case, accents and compatible forms; the marks of notes, such as
    "[12]", are passed over. Of several occurrences, the one is marked that is the same in the order of all as in the text; where
    the markup has more or fewer of them, the one with most of the same letters around it, then the nearest. A quote that is not
    found so is looked for without the numbers before its lines, then without the names of columns: "Item: Rent; Cost: 300." is
    then the row of a table with the cells "Rent" and "300".

    Args:
        markup: As `Originals.read_markup` returns it.
        text: The text that was extracted from the same document.
        spans: Start and end of each quote in the text, the most important first: where two share words, the first has them.
        attributes: Of the mark elements of each quote, ready-made and escaped.

    Returns:
        The markup with `<mark …>` around the words of each quote, one in each stretch of text between two tags; and for each
        quote whether it was found.
    """
    page, source = _Markup(markup), _Letters(text)
    taken: list[tuple[int, int, str]] = []
    found = []
    for (start, end), attribute in zip(spans, attributes, strict=True):
        tried = ((_find(page, source, (start, end), kept), kept) for kept in _readings(text, start, end))
        place, kept = next(((place, kept) for place, kept in tried if len(place)), ((), []))
        found.append(bool(kept))
        if not kept:
            continue
        quote = text[kept[0][0] : kept[-1][1]]
        first, last = page.widen(*place, before=_edge(quote), behind=_edge(quote[::-1])[::-1])
        for stretch in page.stretches(first, last):
            taken += [(*free, attribute) for free in _subtract(stretch, taken)]
    parts, position = [], 0
    for first, last, attribute in sorted(taken):
        parts += [markup[position:first], f"<mark {attribute}>", markup[first:last], "</mark>"]
        position = last
    return "".join([*parts, markup[position:]]), tuple(found)


def _find(page: "_Letters", source: "_Letters", span: tuple[int, int], kept: Sequence[tuple[int, int]]) -> Places:
    """Find a quote.

    Args:
        page: The letters of the markup.
        source: Those of the text.
        span: Start and end of the quote in the text.
        kept: Those of its parts that the markup may have, in order.

    Returns:
        The first letter in the page, and the one after its last; nothing where it is not found.
    """
    first, last = source.letters_between(*span)
    wanted = "".join(source.letters[slice(*source.letters_between(*part))] for part in kept)
    bounded = bool(source.are_bounded(np.array([first]), last - first).all())  # then it is not looked for inside words
    places = page.occurrences(wanted, bounded=bounded)
    if len(places) > 1:
        others = source.occurrences(source.letters[first:last], bounded=bounded)
        places = _choose(page, source, places, (first, last), others)
    return np.concatenate((places, places + len(wanted)))


def _readings(text: str, start: int, end: int) -> Iterator[list[tuple[int, int]]]:
    """The parts of a quote that the markup may have: all of it; else without the numbers of items, or the names of columns.

    A browser draws the numbers of lists, and the names of columns are elsewhere in a table: neither is in the markup there.
    """
    yield [(start, end)]
    quote = text[start:end]
    for left_out in (_ITEM, _COLUMN):
        parts, position = [], 0
        for match in left_out.finditer(quote):
            parts.append((start + position, start + match.start()))
            position = match.end()
        if parts:
            yield [(first, last) for first, last in [*parts, (start + position, end)] if first < last]


def _choose(page: "_Letters", source: "_Letters", places: Places, span: tuple[int, int], others: Places) -> Places:
    """Choose the place of a quote.

    Args:
        page: The letters of the markup.
        source: Those of the text.
        places: Where the quote occurs in the page.
        span: Its first letter in the text, and the one after its last.
        others: Where it occurs in the text.

    Returns:
        The one of the places.
    """
    first, last = span
    if len(places) == len(others) and first in others:
        places = places[others == first]
        return places
    expected = first * len(page.letters) / len(source.letters)
    near = places[np.argsort(np.abs(places - expected), kind="stable")[:_MOST_COMPARED]]
    around = source.around(first, last)
    same = [_same(around, page.around(place, place + last - first)) for place in near.tolist()]
    best: Places = near[[int(np.argmax(same))]]
    return best


def _same(one: tuple[str, str], other: tuple[str, str]) -> int:
    """How many letters next to a quote are the same, before it and behind it."""
    (before, behind), (above, below) = one, other
    return _prefix(before[::-1], above[::-1]) + _prefix(behind, below)


def _prefix(one: str, other: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


class _Letters:
    """The letters and digits of a text, in the form in which they are compared.

    Attributes:
        letters: All of them.
        origins: Where each comes from: int64 offsets in the text.
    """

    def __init__(self, text: str) -> None:
        """Find them."""
        self._codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).copy()
        self._drop(text)
        seen = np.zeros(_CODES, dtype=bool)
        seen[self._codes] = True
        forms = {code: _fold(code) for code in np.flatnonzero(seen).tolist()}
        table = np.frombuffer("".join(forms.values()).encode("utf-32-le"), dtype=np.uint32)
        sizes = np.fromiter(map(len, forms.values()), dtype=np.int64, count=len(forms))
        length, begin = np.zeros((2, _CODES), dtype=np.int64)  # of the form of each character in the table
        length[list(forms)], begin[list(forms)] = sizes, np.cumsum(sizes) - sizes
        counts = length[self._codes]
        self.origins: Places = np.repeat(np.arange(len(self._codes)), counts)
        within = np.arange(len(self.origins)) - (np.cumsum(counts) - counts)[self.origins]
        self.letters = table[begin[self._codes[self.origins]] + within].tobytes().decode("utf-32-le")

    def _drop(self, text: str) -> None:
        """Take away what is not compared."""
        for match in _NOTE.finditer(text):
            self._codes[match.start() : match.end()] = 0

    def letters_between(self, start: int, end: int) -> tuple[int, int]:
        """The first letter of a span of the text, and the one after its last."""
        first, last = np.searchsorted(self.origins, (start, end)).tolist()
        return first, last

    def occurrences(self, wanted: str, *, bounded: bool) -> Places:
        """Where some letters occur, in order; with no letter right before or behind them, where `bounded`."""
        found: list[int] = []
        place = self.letters.find(wanted) if wanted else -1
        while place >= 0 and len(found) < _MOST_FOUND:
            found.append(place)
            place = self.letters.find(wanted, place + 1)
        places = np.array(found, dtype=np.int64)
        return places[self.are_bounded(places, len(wanted))] if bounded else places

    def are_bounded(self, places: Places, length: int) -> npt.NDArray[np.bool_]:
        """Whether no letter is right before or right behind so many letters at each of some places."""
        gaps = np.concatenate(([True], np.diff(self.origins) > 1, [True]))
        return gaps[places] & gaps[places + length]

    def around(self, first: int, last: int) -> tuple[str, str]:
        """The letters before and behind some letters."""
        return self.letters[max(0, first - _CONTEXT) : first], self.letters[last : last + _CONTEXT]


class _Markup(_Letters):
    """The letters and digits of the text of some markup."""

    def __init__(self, markup: str) -> None:
        """Find them between the tags."""
        self._markup = markup
        super().__init__(markup)

    def _drop(self, text: str) -> None:
        super()._drop(text)
        found = [match.span() for match in _TAG_OR_REFERENCE.finditer(text)]
        spans = np.array(found, dtype=np.int64).reshape(-1, 2)
        is_tag = self._codes[spans[:, 0]] == ord("<")
        change = np.zeros(len(text) + 1, dtype=np.int8)
        change[spans[:, 0]] += 1
        change[spans[:, 1]] -= 1
        self._codes[np.cumsum(change[:-1], dtype=np.int8) > 0] = 0
        self._tags: list[tuple[int, int]] = list(map(tuple, spans[is_tag].tolist()))
        self._starts: list[int] = spans[is_tag, 0].tolist()
        self._references: dict[int, int] = dict(spans[~is_tag].tolist())  # start and end of each
        for start, end in self._references.items():
            if shown := _letter(text[start:end]):
                self._codes[start] = shown

    def widen(self, first: int, last: int, *, before: str, behind: str) -> tuple[int, int]:
        """The stretch of the markup from one letter to the one before another.

        Args:
            first: The first letter.
            last: The letter after the last.
            before: The characters that may precede it, such as a quotation mark.
            behind: The characters that may follow it, such as a full stop.

        Returns:
            Start and end, with those of the characters that are there.
        """
        start, end = int(self.origins[first]), int(self.origins[last - 1])
        end = self._references.get(end, end + 1)
        for character in reversed(before):
            if self._markup[start - 1 : start] != character:
                break
            start -= 1
        for character in behind:
            if self._markup[end : end + 1] != character:
                break
            end += 1
        return start, end

    def stretches(self, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The stretches of text between two places of the markup, less white space that no line of text has."""
        position = bisect_left(self._starts, first)
        while first < last:
            start, end = self._tags[position] if position < len(self._tags) else (last, last)
            stop = min(start, last)
            text = self._markup[first:stop]
            if text.strip() or (text and self._is_inside_a_line(position)):
                yield first, stop
            first, position = end, position + 1

    def _is_inside_a_line(self, position: int) -> bool:
        """Whether the text before a tag stands between two that begin or end no block."""
        between = self._tags[max(position - 1, 0) : position + 1]
        return all(_INLINE.match(self._markup, start) for start, _ in between)


@lru_cache(maxsize=1_000)
def _letter(reference: str) -> int:
    """The code of the letter or digit that a character reference stands for; 0 for anything else."""
    shown = unescape(reference)
    return ord(shown) if len(shown) == 1 and shown.isalnum() else 0


@lru_cache(maxsize=20_000)
def _fold(code: int) -> str:
    """The letters and digits to compare for a character; none for any other."""
    if 0xD800 <= code < 0xE000:
        return ""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", chr(code)).casefold())
    return "".join(letter for letter in folded if letter.isalnum())


def _edge(text: str) -> str:
    """The characters before the first letter of a text that may be marked with it, such as a quotation mark."""
    edge = next((text[:place] for place, character in enumerate(text) if character.isalnum()), "")
    return _NO_EDGE.split(edge)[-1]


def _subtract(stretch: tuple[int, int], taken: Sequence[tuple[int, int, Any]]) -> list[tuple[int, int]]:
    """What is left of a stretch without those that are taken."""
    left = [stretch]
    for first, last, _ in taken:
        left = [
            (begin, stop)
            for start, end in left
            for begin, stop in ((start, min(end, first)), (max(start, last), end))
            if begin < stop
        ]
    return left
