"""Take calendars (iCalendar) and contacts (vCard) apart: components of properties, a property a line, which may be folded."""

import quopri
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_LINE_END = re.compile(r"\r\n|\n|\r")
_PROPERTY = re.compile(r"\s*(?:[\w-]+\.)?([\w-]+)((?:;(?:[^:;\"]|\"[^\"]*\")*)*):(.*)", re.DOTALL)
_CHARSET = re.compile(r";CHARSET=\"?([\w.:-]+)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BETWEEN = re.compile(r"(?<!\\);")


class Property(NamedTuple):
    """A property.

    Attributes:
        name: In upper case.
        parameters: As written, each behind a semicolon.
        value: As written, but unfolded and without quoted-printable.
    """

    name: str
    parameters: str
    value: str

    def text(self) -> str:
        """The value as text."""
        return unescape(self.value)

    def parts(self) -> list[str]:
        """The texts of a value that has parts, as the name and the address of a contact do."""
        return [unescape(part) for part in _BETWEEN.split(self.value)]


def unescape(value: str) -> str:
    """The text of a value, in which line ends and punctuation are written with a backslash."""
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value)


def read_components(text: str, kinds: Iterable[str]) -> Iterator[tuple[str, list[Property]]]:
    """Read the components of some kinds, such as VEVENT.

    Args:
        text: The text of a file.
        kinds: The kinds, in upper case.

    Yields:
        The kind and the properties of each, without those of components within it, such as alarms.
    """
    wanted, opened = frozenset(kinds), list[tuple[str, list[Property]]]()
    for each in _properties(text):
        if each.name == "BEGIN":
            opened.append((each.value.strip().upper(), []))
        elif each.name == "END" and opened:
            if opened[-1][0] in wanted:
                yield opened[-1]
            opened.pop()
        elif opened:
            opened[-1][1].append(each)


def _properties(text: str) -> Iterator[Property]:
    for line in _unfold(text):
        if found := _PROPERTY.fullmatch(line):
            name, parameters, value = found[1].upper(), found[2], found[3]
            if _is_quoted(line):
                charset = _CHARSET.search(parameters)
                value = _decode(quopri.decodestring(value.encode("utf-8")), charset[1] if charset else "utf-8")
            yield Property(name, parameters, value)


def _unfold(text: str) -> Iterator[str]:
    """The lines of a text, with those joined that go on the one before."""
    line = ""
    for each in _LINE_END.split(text):
        if line.endswith("=") and _is_quoted(line):
            line = line[:-1] + each
        elif each[:1] in (" ", "\t"):
            line += each[1:]
        else:
            yield line
            line = each
    yield line


def _is_quoted(line: str) -> bool:
    """Whether the value of a line is quoted-printable, as in version 2.1 of contacts."""
    return "QUOTED-PRINTABLE" in line[: line.find(":")].upper()


def _decode(content: bytes, charset: str) -> str:
    for codec in (charset, "utf-8"):
        try:
            return content.decode(codec)
        except (LookupError, UnicodeDecodeError):
            continue
    return content.decode("cp1252", "replace")
