"""Write the numbers of lists and headings, and count them in OpenDocument texts."""

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
CLAUSE = re.compile(r"(?=.*\d\.\d).+")  # the number of a clause, such as 2.2, which is a separate paragraph
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x")),
    *((9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


_MOST_LETTERED = 10_000


def show_number(number: int, kind: str) -> str:
    """Write a number, in letters or Roman numbers where its kind ends so: "upperLetter", "lowerRoman"."""
    if not 0 < number < _MOST_LETTERED:
        return str(number)
    if kind.endswith("Letter"):
        text = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
    elif kind.endswith("Roman"):
        text = ""
        for value, letters in _ROMAN:
            text += letters * (number // value)
            number %= value
    else:
        return str(number)
    return text.upper() if kind.startswith("upper") else text


class _Level(NamedTuple):
    """How a level of a list is numbered."""

    kind: str  # as for `show_number`; empty without numbers
    before: str  # what is written before a number
    behind: str
    shown: int  # how many levels a number has
    first: int  # the first number


_KINDS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_DEEPEST = 10  # level that the format knows


class Numbering:
    """Counts the numbered items and headings of an OpenDocument text as LibreOffice does."""

    def __init__(self, roots: Iterable[Any]) -> None:
        """Read the list styles of the parts of a document."""
        self._lists: dict[str, dict[int, _Level]] = {}
        self._counts: dict[str, dict[int, int]] = {}
        for root in roots:
            for style in root.iter(f"{_TEXT}list-style"):
                self._lists[style.get(f"{_STYLE}name") or ""] = _levels(style)
            for style in root.iter(f"{_TEXT}outline-style"):
                self._lists[_OUTLINE] = _levels(style)

    def begin(self, style: str, *, goes_on: bool) -> None:
        """Begin a list of a style, at its first numbers unless it goes on with the last list of that style."""
        if not goes_on:
            self._counts.pop(style, None)

    def next_label(self, style: str, level: int, start: str = "") -> str:
        """The number before the next item of a list; empty for a bullet, or none.

        Args:
            style: Of the list.
            level: From 1.
            start: The number that the item itself states, if any.
        """
        levels = self._lists.get(style, {})
        counts = self._counts.setdefault(style, {})
        if level not in levels:
            return ""
        counts[level] = (
            int(start) if start.isdecimal() and len(start) < 9 else counts.get(level, levels[level].first - 1) + 1
        )
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        own = levels[level]
        if not own.kind:
            return ""
        shown = range(max(1, level - own.shown + 1), level + 1)
        numbers = [
            (levels[each], counts.get(each, levels[each].first))
            for each in shown
            if each in levels and levels[each].kind
        ]
        return own.before + ".".join(show_number(number, each.kind) for each, number in numbers) + own.behind

    def next_heading(self, level: int, start: str = "") -> str:
        """The number before the next heading of a level, from 1; empty for none."""
        return self.next_label(_OUTLINE, level, start)


_OUTLINE = ""  # no list has this name


def _levels(style: Any) -> dict[int, _Level]:
    found = {}
    for each in style:
        level = each.get(f"{_TEXT}level") if isinstance(each.tag, str) else None
        if level and level.isdecimal() and 0 < int(level) <= _DEEPEST:
            kind = _KINDS.get(each.get(f"{_STYLE}num-format") or "", "")
            start, shown = each.get(f"{_TEXT}start-value") or "", each.get(f"{_TEXT}display-levels") or ""
            found[int(level)] = _Level(
                kind,
                each.get(f"{_STYLE}num-prefix") or "",
                each.get(f"{_STYLE}num-suffix") or "",
                int(shown) if shown.isdecimal() and len(shown) < 3 else 1,
                int(start) if start.isdecimal() and len(start) < 9 else 1,
            )
    return found
