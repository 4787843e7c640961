"""Read the events of calendar data (iCalendar), which invitations contain."""

import re
from collections.abc import Iterator
from datetime import datetime

from index.parsers.builder import describe_row, one_line

_FOLD = re.compile(r"\r?\n[ \t]")
_EVENT = re.compile(r"^BEGIN:VEVENT\r?$(.*?)^END:VEVENT\r?$", re.DOTALL | re.MULTILINE)
_ALARM = re.compile(r"^BEGIN:VALARM\r?$.*?^END:VALARM\r?$", re.DOTALL | re.MULTILINE)
_PROPERTY = re.compile(r"^([A-Z-]+)((?:;[^:\"\r\n]*(?:\"[^\"\r\n]*\")?)*):(.*?)\r?$", re.MULTILINE)
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
_ZONE = re.compile(r";TZID=\"?([^\";:]+)")


def read_events(text: str) -> Iterator[tuple[str, str]]:
    """Read what events there are.

    Args:
        text: The data.

    Yields:
        Of each event one line with its subject, times and place, and its description.
    """
    for event in _EVENT.findall(_FOLD.sub("", text)):
        found: dict[str, str] = {}
        for name, parameters, value in _PROPERTY.findall(_ALARM.sub("", event)):
            found.setdefault(name, _time(value, parameters) if name in ("DTSTART", "DTEND") else _unescape(value))
        names = {"Event": "SUMMARY", "Start": "DTSTART", "End": "DTEND", "Place": "LOCATION"}
        line = describe_row(list(names), [one_line(found.get(name, "")) for name in names.values()])
        yield line, found.get("DESCRIPTION", "")


def write_event(subject: str, start: datetime | None, end: datetime | None, place: str) -> str:
    """Write calendar data of one event; its times are in UTC, and None where they are unknown."""
    times = [(name, f"{time:%Y%m%dT%H%M%SZ}") for name, time in (("DTSTART", start), ("DTEND", end)) if time]
    texts = [
        (name, re.sub(r"([\\,;])", r"\\\1", one_line(text)))
        for name, text in (("SUMMARY", subject), ("LOCATION", place))
    ]
    return "\r\n".join(["BEGIN:VEVENT", *(f"{name}:{value}" for name, value in [*texts, *times]), "END:VEVENT", ""])


def _time(value: str, parameters: str) -> str:
    """A time as it is written in the calendar, with its zone."""
    match = _TIME.match(value)
    if not match:
        return value
    year, month, day, hour, minute, universal = match.groups()
    zone = _ZONE.search(parameters)
    clock = f" {hour}:{minute}" if hour else ""
    return f"{year}-{month}-{day}{clock}" + (" UTC" if universal else f" ({zone[1]})" if zone and clock else "")


def _unescape(value: str) -> str:
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] in "nN" else match[1], value)
