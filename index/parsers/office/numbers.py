"""Write the numbers, dates and durations of a workbook as its number formats show them, such as `0.0" kg"`.

A number has all its digits, more than its format shows, but no signs between thousands: those depend on the computer that shows
them, as numeric dates do, which are written as 2024-05-03. Names of months and days are English.
"""

import datetime
import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

_SECTION = re.compile(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;])+|(?<=;)(?=;|$)|^(?=;)')
_PART = re.compile(
    r"""
    "(?P<quoted>[^"]*)" | \\(?P<escaped>.) | _. | \*.        # blanks as wide as a sign, and repeated signs, are not shown
    | \[\$(?P<money>[^\]-]*)[^\]]*\] | \[(?P<bracket>[^\]]*)\]
    | (?P<digits>[0\#?](?:[0\#?,]*[0\#?])?,*(?:\.[0\#?]*,*)?|\.[0\#?]+,*|(?i:General))
    | (?P<percent>%) | (?P<power>E[+-][0\#?]+) | (?P<plain>.)
    """,
    re.VERBOSE,
)
_CONDITION = re.compile(r"([<>]=?|=|<>)\s*(-?\d+(?:\.\d+)?)")
_WORD = re.compile(r"\w")
_LONGEST = 255  # characters of a format
_LARGEST, _SMALLEST = 10**15, Decimal("1e-9")  # between which a number is written without a power of ten
_NEAR = Fraction(1, 200)  # how far the fraction shown may be from a number


class _Section(NamedTuple):
    """A section of a format, which has one for positive and one for negative numbers, for zero, and for text.

    Attributes:
        parts: The kind and the text of each part: "digits", "percent", "power", or "text" for all that is shown as it is.
        condition: An operator and a number, where it is only for some numbers.
        unknown: Whether it has letters without quotation marks, which some programs write for a number as it is: "Standard".
    """

    parts: tuple[tuple[str, str], ...]
    condition: tuple[str, Decimal] | None
    unknown: bool

    @property
    def words(self) -> str:
        """What it shows besides digits and signs."""
        return "".join(text for kind, text in self.parts if kind == "text" and _WORD.search(text))


@lru_cache(maxsize=1_000)
def _sections(form: str) -> tuple[_Section, ...]:
    sections = []
    for found in _SECTION.finditer(form[:_LONGEST]):
        parts: list[tuple[str, str]] = []
        condition, unknown = None, False
        for part in _PART.finditer(found[0]):
            kind = part.lastgroup or ""
            if kind == "bracket":
                if compared := _CONDITION.fullmatch(part[kind]):
                    condition = compared[1], Decimal(compared[2])
            elif kind in ("digits", "percent", "power"):
                parts.append((kind, part[kind]))
            elif kind and part[kind]:
                unknown = unknown or (kind == "plain" and part[kind].isalpha())
                parts.append(("text", part[kind]))
        sections.append(_Section(tuple(parts), condition, unknown))
    return tuple(sections)


def show_number(value: float, form: str) -> str:
    """Write a number in a format: with its units, signs, leading zeros and scale, and all its digits."""
    number = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")
    if not number.is_finite():
        return str(value)
    sections = _sections(form or "General")
    section, signed = _choose(sections, number)
    digits = [text for kind, text in section.parts if kind == "digits"]
    size = abs(number)
    if not digits and section.unknown:
        return _plain(number)
    if not digits:
        return (section.words and "".join(text for _, text in section.parts).strip()) or _plain(number)
    if any(kind == "power" for kind, _ in section.parts):
        shown = _plain(size)
    elif ("text", "/") in section.parts:
        shown = _fraction(size, section.parts) or _plain(size)
    elif len(digits) > 1:
        shown = _spread(size, section.parts) or _plain(size)
    else:
        shown = _with_parts(size, section.parts, digits[0])
    return f"-{shown}" if signed and number < 0 else shown


def _choose(sections: Sequence[_Section], number: Decimal) -> tuple[_Section, bool]:
    """The section for a number, and whether a minus is to be written before what it shows."""
    first, *others = sections
    if any(section.condition for section in sections):
        for section in sections[:3]:
            if section.condition is None or _holds(section.condition, number):
                return section, True
        return sections[-1], True
    if number == 0 and len(others) > 1 and others[1].words:
        return others[1], False
    if number < 0 and others and others[0].words != first.words and others[0].words:
        return others[0], False
    return first, True


def _holds(condition: tuple[str, Decimal], number: Decimal) -> bool:
    operator, bound = condition
    if operator == "<>":
        return number != bound
    return (
        (number < bound and "<" in operator)
        or (number > bound and ">" in operator)
        or (number == bound and "=" in operator)
    )


def _plain(number: Decimal) -> str:
    if number and not _SMALLEST <= abs(number) < _LARGEST:
        return f"{number:f}" if number == number.to_integral_value() and abs(number) < _LARGEST**2 else f"{number:.15g}"
    shown = f"{number:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _with_parts(size: Decimal, parts: Sequence[tuple[str, str]], digits: str) -> str:
    """A number with what a format writes around it."""
    scaled = size * 100 if ("percent", "%") in parts else size
    scaled /= 1000 ** (len(digits) - len(digits.rstrip(",")))
    shown = _plain(scaled)
    if digits.lower() != "general" and "E" not in shown and "e" not in shown:
        whole, _, rest = shown.partition(".")
        before, _, behind = digits.rstrip(",").partition(".")
        whole, rest = whole.zfill(before.count("0")), rest.ljust(behind.count("0"), "0")
        shown = f"{whole}.{rest}" if rest else whole
    return "".join(shown if kind == "digits" else text for kind, text in parts).strip()


def _spread(size: Decimal, parts: Sequence[tuple[str, str]]) -> str:
    """A whole number in a format that has signs between its digits, such as `00-00-00`; empty for others."""
    places = "".join(text for kind, text in parts if kind == "digits")
    if size != size.to_integral_value() or size >= _LARGEST or places.strip("0#?"):
        return ""
    left = f"{size:f}".zfill(places.count("0"))
    shown: list[str] = []
    for kind, text in reversed(parts):
        count = len(text) if kind == "digits" else 0
        shown.append(left[-count:] if count else text)
        left = left[:-count] if count else left
    return left + "".join(reversed(shown)).strip()


def _fraction(size: Decimal, parts: Sequence[tuple[str, str]]) -> str:
    """A number as a whole and a fraction, such as "1 1/2"; empty where its fraction is another one."""
    slash = parts.index(("text", "/"))
    below = "".join(text for kind, text in parts[slash + 1 :] if kind == "digits" or text.isdecimal())
    fixed = int(below) if below.isdecimal() and below.strip("0") else 0
    exact = Fraction(size)
    whole = int(size) if sum(kind == "digits" for kind, _ in parts[:slash]) > 1 else 0
    rest = exact - whole
    near = Fraction(round(rest * fixed), fixed) if fixed else rest.limit_denominator(10 ** max(1, len(below)) - 1)
    if abs(near - rest) > _NEAR:
        return ""
    if near.denominator == 1:
        return str(whole + near.numerator)
    upper = round(rest * fixed) if fixed else near.numerator
    return f"{whole or ''} {upper}/{fixed or near.denominator}".strip()


_DATE_PART = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_.|\*.|\[\$[^\]-]*-?(?P<language>[0-9A-Fa-f]*)\]|\[(?P<all>h+|m+|s+)\]|\[[^\]]*\]'
    r"|(?P<token>y+|m+|d+|h+|s+(?:\.0+)?|AM/PM|A/P)|(?P<plain>.)",
    re.IGNORECASE,
)
_ENGLISH = (0, 9)  # the last ten bits of the code of a language, where one is stated
_CODES = {
    "mmmm": "%B",
    "mmm": "%b",
    "mm": "%m",
    "dddd": "%A",
    "ddd": "%a",
    "dd": "%d",
    "hh": "%H",
    "nn": "%M",
    "n": "%M",
}


@lru_cache(maxsize=1_000)
def _date_parts(form: str) -> tuple[tuple[tuple[str, str], ...], bool]:
    """The kind and the text of each part of the first section of a format of dates; and whether its names are English.

    The kinds are "date", "time" and "text"; minutes are "n", so that they are no months.
    """
    parts: list[tuple[str, str]] = []
    english = True
    first = _SECTION.match(form[:_LONGEST])
    for part in _DATE_PART.finditer(first[0] if first else ""):
        kind = part.lastgroup or ""
        if kind == "language":
            english = english and (not part[kind] or int(part[kind], 16) & 0x3FF in _ENGLISH)
        elif kind in ("token", "all"):
            token = part[kind].lower()
            before = next((text for each, text in reversed(parts) if each != "text"), "")
            if token[0] == "m" and (before.startswith("h") or kind == "all"):
                token = token.replace("m", "n")
            if token[0] == "s" and before in ("m", "mm"):
                parts = [("time", text.replace("m", "n")) if text == before else (each, text) for each, text in parts]
            parts.append(("time" if token[0] in "hnsa" else "date", token))
        elif kind and part[kind]:
            parts.append(("text", part[kind]))
    return tuple(parts), english


def show_date(value: datetime.datetime | datetime.date | datetime.time, form: str) -> str:
    """Write a date, a time or both: the parts that its format shows, with English names where it shows names."""
    parts, english = _date_parts(form or "")
    tokens = {text for kind, text in parts if kind != "text"}
    dates = {text[0] for kind, text in parts if kind == "date"}
    timed = any(kind == "time" for kind, _ in parts)
    if isinstance(value, datetime.time):
        return _show_time(value, tokens)
    time = value.time() if isinstance(value, datetime.datetime) else datetime.time()
    if not dates:
        day = "" if timed else value.strftime("%Y-%m-%d")
        return f"{day} {_show_time(time, tokens) if timed or time != datetime.time() else ''}".strip()
    if english and tokens & {"mmm", "mmmm", "ddd", "dddd"}:
        whole = datetime.datetime.combine(value, time)
        return "".join(text if kind == "text" else _show_token(whole, text, tokens) for kind, text in parts).strip()
    day = value.strftime({"y": "%Y", "my": "%Y-%m"}.get("".join(sorted(dates)), "%Y-%m-%d"))
    return f"{day} {_show_time(time, tokens)}" if timed else day


def _show_token(value: datetime.datetime, token: str, tokens: set[str]) -> str:
    if token[0] == "y":
        return str(value.year)  # all four digits, also of yy
    if token == "h" or (token == "hh" and tokens & {"am/pm", "a/p"}):
        return str(value.hour if not tokens & {"am/pm", "a/p"} else value.hour % 12 or 12)
    if token[0] == "a":
        return "AM" if value.hour < 12 else "PM"
    if token[0] == "s":
        return f"{value.second:02}"
    if token == "mmmmm":
        return value.strftime("%b")
    return value.strftime(_CODES[token]) if token in _CODES else str(value.month if token[0] == "m" else value.day)


def _show_time(time: datetime.time, tokens: set[str]) -> str:
    """A time, without its seconds where its format shows none and they are 0, and with AM or PM where it has those."""
    seconds = ":%S" if time.second or not tokens or any(token[0] == "s" for token in tokens) else ""
    if tokens & {"am/pm", "a/p"}:
        return f"{time.hour % 12 or 12}{time.strftime(f':%M{seconds}')} {'AM' if time.hour < 12 else 'PM'}"
    return time.strftime(f"%H:%M{seconds}")


def show_duration(value: datetime.timedelta, form: str) -> str:
    """Write a duration in hours, or in the minutes or seconds that its format counts, with the words in it."""
    parts, _ = _date_parts(form or "")
    counted = next((text[0] for kind, text in parts if kind == "time"), "h")
    seconds = round(abs(value).total_seconds())
    minutes, rest = divmod(seconds, 60)
    behind = f":{rest:02}" if rest else ""
    if counted == "s":
        shown = str(seconds)
    elif counted == "n":
        shown = f"{minutes}:{rest:02}"
    else:
        shown = f"{minutes // 60}:{minutes % 60:02}{behind}"
    words = "".join(text for kind, text in parts[-1:] if kind == "text")
    return f"{'-' if value < datetime.timedelta() else ''}{shown}{words}".strip()
