"""Dates as they stand in a sentence, as values that can be compared.

Read are years, months with a year, and days, written out or as in ISO 8601. Everything else that tells a time (decades,
centuries, spans, years before Christ, "before 1990", 3/4/2021) is found but not read: where such stands, it is not told
which time is meant.
"""

import re
from dataclasses import dataclass

_MONTHS = "january february march april may june july august september october november december".split()
_NAMED = rf"(?P<month>{'|'.join(_MONTHS)})"
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
# Four digits are a year after some words, and between brackets; after others, and at the end, they may be one.
_BARE = re.compile(_WHOLE.format(_YEAR) + r"(?=(?P<end>\s*(?:[.,;:!?)\]]|$))?)")
_LEADING = re.compile(r"(?:\b(?:in|during|year|spring|summer|autumn|fall|winter)\s+|\()$", re.IGNORECASE)
_PERHAPS = re.compile(r"\b(?:on|of|from|to|and|between)\s+$", re.IGNORECASE)
# What makes of a date a bound, or something near it.
_BOUND = re.compile(
    r"\b(?:before|after|until|till|by|since|about|around|circa|ca?\.|early|late|mid|beginning|end|prior to|up to|as)"
    r"(?:\s+(?:in|of|the))?[\s-]+$",
    re.IGNORECASE,
)
_UNREAD = re.compile(
    r"(?:^|\b(?:[Aa]|[Tt]he) )(?:1\d{3}|20\d\d)(?=\s[^\W\d])|"  # "the 1994 directive"; "2004 saw"
    r"\b\d{3,4}s\b|\b(?:century|centuries|decades?|millennium)\b|\b\d+\s*(?:BCE?|AD|CE)\b|\bAD\s*\d+|"
    r"\d{4}\s*[/\u2013\u2014-]\s*\d{2,4}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}|"
    rf"\b(?:{'|'.join(month.title() for month in _MONTHS if month not in ('may', 'march'))})\b|\b[Ii]n\s+(?:March|May)\b|"
    r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|(?i:\b(?:spring|summer|autumn|winter|today|yesterday|tomorrow|ago|"
    r"now|currently|formerly|previously|originally|initially)\b|"
    r"\b(?:last|next|this|previous|past|every|each)\s+(?:day|week|month|quarter|season|year)\b)",
)
BEFORE = 40  # characters before a date that are looked at


@dataclass(frozen=True, slots=True)
class Date:
    """A day, a month or a year.

    Attributes:
        start: First character in the sentence.
        end: Character after the last.
        parts: Year, month and day; None where it is not told.
    """

    start: int
    end: int
    parts: tuple[int | None, int | None, int | None]

    def contradicts(self, other: "Date") -> bool:
        """Whether the two cannot be one day: what both of them tell is not the same."""
        told = [(one, two) for one, two in zip(self.parts, other.parts, strict=True) if None not in (one, two)]
        return any(one != two for one, two in told)


def read_dates(sentence: str) -> tuple[tuple[Date, ...], tuple[tuple[int, int], ...]]:
    """Find the dates of a sentence.

    Args:
        sentence: Its text.

    Returns:
        The dates that can be read, in order; and the spans of everything that tells a time and cannot.
    """
    dates, unread, left = [], [], sentence
    for pattern in (*_DATES, _BARE):
        for match in pattern.finditer(left):
            before = sentence[max(0, match.start() - BEFORE) : match.start()]
            if not _BOUND.search(before) and (pattern is not _BARE or _LEADING.search(before)):
                dates.append(_read(match))
            elif _BOUND.search(before) or _PERHAPS.search(before) or match["end"] is not None:
                unread.append(match.span())
        for start, end in [*unread, *((date.start, date.end) for date in dates)]:
            left = left[:start] + " " * (end - start) + left[end:]
    unread += [match.span() for match in _UNREAD.finditer(left)]
    return tuple(sorted(dates, key=lambda date: date.start)), tuple(sorted(unread))


def _read(match: re.Match) -> Date:
    found = match.groupdict()
    month = int(found["number"]) if found.get("number") else None
    if found.get("month"):
        month = _MONTHS.index(found["month"].lower()) + 1
    year, day = (int(found[name]) if found.get(name) else None for name in ("year", "day"))
    return Date(match.start(), match.end(), (year, month, day))
