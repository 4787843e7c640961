"""Read the numbers and dates of a sentence as values that can be compared.

A number is stored as the range it may mean: "1.2 million" is anything that rounds to it, and "more than 300" has no upper
end. Two numbers contradict each other exactly if their ranges do not overlap. Digits and English number words are read,
with scales, currencies, percentages and hedges. Ordinals, fractions, ranges ("5 to 10"), times and numbers that belong to
a name ("page 12", "Apollo 11", "F-16") are not read, because their meaning is unclear.

Dates are years, months with a year, and days, written out or as in ISO 8601. Other expressions of time (decades, centuries,
ranges, years before Christ, "before 1990", 3/4/2021) are found but not read, because it is unclear which time they mean.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from index import term_spans


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with the thing it counts."""

    start: int  # first character in the sentence, including a currency sign
    end: int  # character after the last, including a sign or word of currency or percentage
    unit: str  # "$", "\u20ac", "\u00a3", "\u00a5", "%" or "points" (of percentage); empty for anything else
    # Terms of the words that follow directly, at most three: the thing counted; empty after a unit.
    nouns: tuple[str, ...]
    low: Decimal  # least value it may mean, inclusive
    high: Decimal  # greatest value, exclusive

    def contradicts(self, other: "Quantity") -> bool:
        """Return whether no number fits both."""
        return self.high <= other.low or other.high <= self.low


@dataclass(frozen=True, slots=True)
class Date:
    """A day, a month or a year."""

    start: int  # first character in the sentence
    end: int  # character after the last
    parts: tuple[int | None, int | None, int | None]  # year, month and day; None if not given

    def contradicts(self, other: "Date") -> bool:
        """Return whether the two differ in a part that both give."""
        pairs = zip(self.parts, other.parts, strict=True)
        return any(one != two for one, two in pairs if None not in (one, two))


@dataclass(frozen=True, slots=True)
class Values:
    """The numbers and dates of a text."""

    dates: tuple[Date, ...]  # the dates read, in order
    quantities: tuple[Quantity, ...]  # the numbers read, in order
    # Expressions of time that are not read: first character and character after the last.
    vague: tuple[tuple[int, int], ...]
    others: bool  # whether the text contains numbers that are not read

    @property
    def stated(self) -> tuple[Date | Quantity, ...]:
        """The dates and numbers read."""
        return (*self.dates, *self.quantities)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The spans of all dates, numbers and vague times."""
        return [*self.vague, *((value.start, value.end) for value in self.stated)]


@lru_cache(maxsize=1024)  # one answer asks for the values of a sentence several times
def read_values(text: str) -> Values:
    """Read the numbers and dates of a text, each once: a number inside a date is not read again."""
    dates, vague = read_dates(text)
    quantities, others = read_quantities(blank(text, [*vague, *((date.start, date.end) for date in dates)]))
    return Values(dates, quantities, vague, others)


def may_hold_values(text: str) -> bool:
    """Return quickly whether a text may contain a number or date; never misses one."""
    return bool(_ANY.search(text))


def blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Replace some spans by blanks, so that all other characters keep their offsets."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


_SMALL = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_WORDS = {word: value for value, word in enumerate(_SMALL, start=1)}
_WORDS |= {word: 10 * value for value, word in enumerate(_TENS, start=2)}
_WORDS |= {f"{ten} {one}": _WORDS[ten] + _WORDS[one] for ten in _TENS for one in _SMALL[:9]} | {"a": 1, "an": 1}
_SCALES = {"": 1, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SCALES |= {"k": 10**3, "m": 10**6, "mn": 10**6, "bn": 10**9, "b": 10**9, "tn": 10**12}  # after a sign of currency
_LONG = "hundred|thousand|million|billion|trillion"
_UNITS = {
    "us$": "$", "$": "$", "usd": "$", "dollar": "$", "\u20ac": "\u20ac", "euro": "\u20ac", "eur": "\u20ac",
    "\u00a3": "\u00a3", "gbp": "\u00a3", "pound": "\u00a3", "\u00a5": "\u00a5", "yen": "\u00a5",
    "%": "%", "percent": "%", "per cent": "%", "percentage point": "points",
}  # fmt: skip
_SCALE_GROUPS = ("scale", "short", "word_scale", "single_scale")
_ONES = "|".join(_SMALL[:9])
_SPELT = rf"(?:{'|'.join(_TENS)})(?:[\s-]+(?:{_ONES}))?|{'|'.join(sorted(_SMALL[1:], key=len, reverse=True))}"
_NUMBER = re.compile(
    rf"""
    (?<![\w.,/:\#\u2013\u2014\u2212-])
    (?:(?P<sign>US\$|[$\u20ac\u00a3\u00a5])\s?|(?P<code>(?:USD|EUR|GBP)\s))?
    (?:
        (?P<digits>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?)
        (?:\s*(?P<scale>{_LONG})\b|(?(sign)\s?(?P<short>k|mn|m|bn|b|tn)\b|(?!)))?
        |
        (?:(?P<words>{_SPELT})\b(?:\s+(?P<word_scale>{_LONG})\b)?|(?P<single>one|an?)\s+(?P<single_scale>{_LONG})\b)
    )
    (?![\w/:-]|[.,]\d)
    (?:\s*(?P<unit>%|percentage\s+points?\b|per\s?cent\b|(?:US\s+)?dollars?\b|euros?\b|pounds?\b|yen\b|USD\b|EUR\b|GBP\b))?
    (?P<more>\+|\s+or\s+more\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ANY = re.compile(rf"\d|\b(?:{_SPELT}|{_LONG})\b", re.IGNORECASE)
# Joins two numbers to one expression: "5 to 10", "3 out of 4", "two hundred and six", "2-3"; but not "300, and 5 more".
_JOINED = re.compile(
    rf"\s*[\u2013\u2014-]|\s*[/x]\s*(?=\d)|\s+(?:(?:to|or|and|in|out\s+of)\s+)?(?=[$\u20ac\u00a3\u00a5]?\d)|"
    rf"\s+(?:(?:to|or|and|in|out\s+of)\s+)?(?=(?:a\s+)?(?:{_SPELT}|one|half)\b)",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"(?:\b(?:about|around|approximately|approx\.|roughly|some|nearly|almost|circa|ca?\.|estimated|close\s+to|"
    r"average\s+of|averag(?:es|ed|ing))\s+|[~\u2248]\s?)$",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"\b(?:(?:less|fewer|no\s+more)\s+than|under|below|at\s+most|up\s+to|as\s+(?:many|much)\s+as|maximum\s+of|within)\s+$",
    re.IGNORECASE,
)
_MORE = re.compile(  # searched after _LESS
    r"\b(?:(?:more|no\s+less|no\s+fewer)\s+than|over|at\s+least|above|upwards\s+of|exceed(?:s|ed|ing)?|minimum\s+of)\s+$",
    re.IGNORECASE,
)
# Before numbers that say how much more, how many times or which one.
_RELATIVE = re.compile(
    r"(?:\b(?:another|additional|further|extra|other|remaining|first|last|next|past|previous|every|each|by|than|times|"
    r"page|pages|pp?\.|chapter|section|figure|fig\.|table|number|nos?\.|article|part|step|version|volume|line|paragraph|"
    r"option|phase|type|class|grade|level|rule|item|episode|season|act|route|room|form|schedule|age|aged|ages)\s+|"
    r"[#\u2116(\[]\s?)$",
    re.IGNORECASE,
)
_CAPITALISED = re.compile(r"(?<![\w'\u2019])([^\W\d_a-z][\w'\u2019.-]*)\s+$")
_ITEM = re.compile(r"[.)]\s")
_CONTEXT = 40  # characters read before a number or date
NOUN_WORDS = 3
ROUNDED_ZEROS = 3  # 5,000 may be rounded, 500 is exact
HEDGED = Decimal("0.05")  # "about 325" is within five hundredths


def read_quantities(sentence: str) -> tuple[tuple[Quantity, ...], bool]:
    """Find the numbers of a sentence whose dates are blanked, in order, and whether it contains others that are not read."""
    found, position = [], 0
    terms = list(term_spans(sentence))
    left = sentence
    while match := _NUMBER.search(sentence, position):
        position = match.end()
        before = sentence[max(0, match.start() - _CONTEXT) : match.start()]
        if joined := _JOINED.match(sentence, position):
            following = _NUMBER.match(sentence, joined.end())
            position = following.end() if following else joined.end()
        elif not _is_named(before, match) and (before.strip() or not _ITEM.match(sentence, position)):
            found.append(_read_quantity(match, before, _nouns(sentence, position, terms)))
            left = blank(left, [(match.start(), position)])
    return tuple(found), bool(_NUMBER.search(left) or re.search(r"\d", left))


def _is_named(before: str, match: re.Match[str]) -> bool:
    """Return whether a number belongs to the word before it: "page 12", "another 20"; without a unit also "Apollo 11"."""
    if any(pattern.search(before) for pattern in (_ABOUT, _MORE, _LESS)):
        return False
    word = None if _unit(match) else _CAPITALISED.search(before)
    return bool(_RELATIVE.search(before) or (word and any(True for _ in term_spans(word[1]))))


def _read_quantity(match: re.Match[str], before: str, nouns: tuple[str, ...]) -> Quantity:
    scale = _SCALES[next((match[name].lower() for name in _SCALE_GROUPS if match[name]), "")]
    digits = (match["digits"] or "").replace(",", "")
    spelt = " ".join(re.split(r"[\s-]+", (match["words"] or match["single"] or "").lower()))
    value = Decimal(digits or _WORDS[spelt]) * scale
    low, high = _widen(value, digits, scale, about=bool(_ABOUT.search(before)))
    if _LESS.search(before):
        low = Decimal("-Infinity")
    elif match["more"] or _MORE.search(before):
        high = Decimal("Infinity")
    unit = _unit(match)
    return Quantity(match.start(), match.end(), unit, () if unit else nouns, low, high)


def _unit(match: re.Match[str]) -> str:
    written = " ".join((match["sign"] or match["code"] or match["unit"] or "").lower().removeprefix("us ").split())
    return _UNITS.get(written, _UNITS.get(written.removesuffix("s"), ""))


def _widen(value: Decimal, digits: str, scale: int, *, about: bool) -> tuple[Decimal, Decimal]:
    """Find the range that rounds to a number as written: half a unit of its last digit on both sides."""
    place = Decimal(10) ** -len(digits.partition(".")[2])
    if scale > 100 or about:
        place *= scale
    zeros = 0 if "." in digits else len(digits) - len(digits.rstrip("0"))
    if scale == 1 and (zeros >= ROUNDED_ZEROS or about):
        place = Decimal(10) ** zeros
    half = max(place / 2, value * HEDGED) if about else place / 2
    return value - half, value + half


def _nouns(sentence: str, end: int, terms: list[tuple[str, int, int]]) -> tuple[str, ...]:
    """Collect the content words that follow with only blanks between."""
    nouns: list[str] = []
    for term, start, stop in terms:
        if start >= end:
            if not sentence[end:start].isspace() or len(nouns) == NOUN_WORDS:
                break
            nouns.append(term)
            end = stop
    return tuple(nouns)


MONTHS = "january february march april may june july august september october november december".split()
_NAMED = rf"(?P<month>{'|'.join(MONTHS)})"
_DAY = r"(?P<day>3[01]|[12]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>1\d{3}|20\d\d)"
_WHOLE = r"(?<![\w/:#$\u20ac\u00a3\u00a5\u2013\u2014-])(?<!\d[.,])(?:{})(?![\w/:\u2013\u2014%-]|[.,]\d)"
_DATES = tuple(
    re.compile(_WHOLE.format(pattern), re.IGNORECASE)
    for pattern in (
        r"(?P<year>\d{4})-(?P<number>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])",
        rf"{_DAY}(?:\s+of)?\s+{_NAMED}(?:,?\s+{_YEAR})?",
        rf"{_NAMED}\s+{_DAY}(?:,?\s+{_YEAR})?",
        rf"{_NAMED},?(?:\s+of)?\s+{_YEAR}",
    )
)
# Four digits are a year after some words and in brackets; after other words, and at the end, they may be one.
_BARE = re.compile(_WHOLE.format(_YEAR) + r"(?=(?P<end>\s*(?:[.,;:!?)\]]|$))?)")
_LEADING = re.compile(r"(?:\b(?:in|during|year|spring|summer|autumn|fall|winter)\s+|\()$", re.IGNORECASE)
_PERHAPS = re.compile(r"\b(?:on|of|from|to|and|between)\s+$", re.IGNORECASE)
# Turns a date into a bound or an approximation.
_BOUND = re.compile(
    r"\b(?:before|after|until|till|by|since|about|around|circa|ca?\.|early|late|mid|beginning|end|prior to|up to|as)"
    r"(?:\s+(?:in|of|the))?[\s-]+$",
    re.IGNORECASE,
)
_UNREAD = re.compile(
    r"(?:^|\b(?:[Aa]|[Tt]he) )(?:1\d{3}|20\d\d)(?=\s[^\W\d])|"  # "the 1994 directive"; "2004 saw"
    r"\b\d{3,4}s\b|\b(?:century|centuries|decades?|millennium)\b|\b\d+\s*(?:BCE?|AD|CE)\b|\bAD\s*\d+|"
    r"\d{4}\s*[/\u2013\u2014-]\s*\d{2,4}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|"
    rf"\b(?:{'|'.join(month.title() for month in MONTHS if month not in ('may', 'march'))})\b|\b[Ii]n\s+(?:March|May)\b|"
    r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|(?i:\b(?:spring|summer|autumn|winter|today|yesterday|tomorrow|ago|"
    r"now|currently|formerly|previously|originally|initially)\b|"
    r"\b(?:last|next|this|previous|past|every|each)\s+(?:day|week|month|quarter|season|year)\b)",
)


def read_dates(sentence: str) -> tuple[tuple[Date, ...], tuple[tuple[int, int], ...]]:
    """Find the dates of a sentence, in order, and the spans of all other expressions of time."""
    dates, unread, left = [], [], sentence
    for pattern in (*_DATES, _BARE):
        for match in pattern.finditer(left):
            before = sentence[max(0, match.start() - _CONTEXT) : match.start()]
            if not _BOUND.search(before) and (pattern is not _BARE or _LEADING.search(before)):
                dates.append(_read_date(match))
            elif _BOUND.search(before) or _PERHAPS.search(before) or match["end"] is not None:
                unread.append(match.span())
        left = blank(left, [*unread, *((date.start, date.end) for date in dates)])
    unread += [match.span() for match in _UNREAD.finditer(left)]
    return tuple(sorted(dates, key=lambda date: date.start)), tuple(sorted(unread))


def _read_date(match: re.Match[str]) -> Date:
    found = match.groupdict()
    month = int(found["number"]) if found.get("number") else None
    if found.get("month"):
        month = MONTHS.index(found["month"].lower()) + 1
    year, day = (int(found[name]) if found.get(name) else None for name in ("year", "day"))
    return Date(match.start(), match.end(), (year, month, day))
