"""Read calendars (.ics), and the invitations in mail: each event or task as a row, below it its description.

Times are given as they are written, with their zones. An event that repeats is one, with the rule by which it does.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from index.parsers.builder import Extraction, TextBuilder, count_note, describe_row, one_line
from index.parsers.containers import refuse_kind
from index.parsers.mail.properties import Property, read_components
from index.parsers.plain import decode_text

_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\d(Z?))?")
_ZONE = re.compile(r";TZID=(?:\"([^\"]*)\"|([^;:]*))", re.IGNORECASE)
_OWNER = re.compile(r"/[\w.]+/\w+/")  # of the names of zones
_NAME = re.compile(r";CN=(?:\"([^\"]*)\"|([^;:]*))", re.IGNORECASE)
_KINDS = {"VEVENT": "Event", "VTODO": "Task", "VJOURNAL": "Journal entry"}
_LABELS = {
    "DTSTART": "Start", "DTEND": "End", "DUE": "Due", "DURATION": "Duration", "RRULE": "Repeats", "RDATE": "Also on",
    "EXDATE": "Not on", "LOCATION": "Place", "ORGANIZER": "Organizer", "ATTENDEE": "Participants", "STATUS": "Status",
    "COMPLETED": "Completed", "CATEGORIES": "Categories", "URL": "Web page",
}  # fmt: skip
_INVITED = ("DTSTART", "DTEND", "LOCATION")
_TIMES, _PEOPLE = ("DTSTART", "DTEND", "DUE", "COMPLETED", "RDATE", "EXDATE"), ("ORGANIZER", "ATTENDEE")


class Event(NamedTuple):
    """An event, a task or an entry of a journal.

    Attributes:
        subject: What it is.
        day: When it begins, as in 2024-03-01; empty where that is not known.
        line: Its subject, times and place, in one line.
        description: What is told of it.
        attached: How many files are attached to it.
    """

    subject: str
    day: str
    line: str
    description: str
    attached: int


def read_ics(content: bytes, *, name: str, encoding: str = "") -> Extraction:
    """Read a calendar.

    Raises:
        SourceError: It is none.
    """
    text, notes = decode_text(content, name=name, encoding=encoding)
    text = text.removeprefix("\ufeff")
    events = list(read_events(text, kinds=tuple(_KINDS), kept=tuple(_LABELS)))
    calendars = list(read_components(text, ("VCALENDAR",)))
    if not events and not calendars:
        refuse_kind(content.strip(), name=name, suffix=".ics")
    builder = TextBuilder(name)
    builder.notes += notes
    for number, event in enumerate(events, start=1):
        builder.begin_section(0, event.subject)
        builder.move_to(date=event.day or None)
        builder.add_row(number, event.line)
        builder.add_paragraph(event.description)
    title = next((each.text() for _, lines in calendars for each in lines if each.name == "X-WR-CALNAME"), "")
    builder.describe(title=title)
    builder.notes += count_note("attachments", sum(event.attached for event in events))
    return builder.finish()


def read_events(text: str, *, kinds: Sequence[str] = ("VEVENT",), kept: Sequence[str] = _INVITED) -> Iterator[Event]:
    """Read what events there are.

    Args:
        text: Calendar data.
        kinds: The kinds of components that are read.
        kept: The properties in the line of each, besides the subject.
    """
    for kind, properties in read_components(text, kinds):
        found: dict[str, list[Property]] = {}
        for each in properties:
            found.setdefault(each.name, []).append(each)
        subject, description = (found[name][0].text() if name in found else "" for name in ("SUMMARY", "DESCRIPTION"))
        values = {name: _describe(found[name]) for name in kept if name in found}
        _end_whole_days(found, values)
        names, cells = [_KINDS[kind], *map(_LABELS.__getitem__, values)], [one_line(subject), *values.values()]
        day = _TIME.match(found["DTSTART"][0].value) if "DTSTART" in found else None
        yield Event(
            subject=one_line(subject),
            day="-".join(day.groups()[:3]) if day else "",
            line=describe_row(names, cells),
            description=description,
            attached=len(found.get("ATTACH", ())),
        )


def write_event(subject: str, start: datetime | None, end: datetime | None, place: str) -> str:
    """Write calendar data of one event; its times are in UTC, and None where they are unknown."""
    times = [(name, f"{time:%Y%m%dT%H%M%SZ}") for name, time in (("DTSTART", start), ("DTEND", end)) if time]
    texts = [
        (name, re.sub(r"([\\,;])", r"\\\1", one_line(text)))
        for name, text in (("SUMMARY", subject), ("LOCATION", place))
    ]
    return "\r\n".join(["BEGIN:VEVENT", *(f"{name}:{value}" for name, value in [*texts, *times]), "END:VEVENT", ""])


def _describe(found: list[Property]) -> str:
    """The value of a property as one line; the values where it may have several."""
    first = found[0]
    if first.name in _TIMES:
        return ", ".join(_time(value, each.parameters) for each in found for value in each.value.split(","))
    if first.name in _PEOPLE:
        return ", ".join(filter(None, map(_person, found)))
    if first.name == "RRULE":
        return _rule(first.value)
    if first.name == "STATUS":
        return first.text().lower()
    return ", ".join(one_line(each.text()) for each in (found if first.name == "CATEGORIES" else found[:1]))


def _time(value: str, parameters: str) -> str:
    """A time as it is written in the calendar, with its zone."""
    match = _TIME.match(value)
    if not match:
        return one_line(value)
    year, month, day, hour, minute, universal = match.groups()
    named = _ZONE.search(parameters)
    zone = _OWNER.sub("", one_line(named[1] or named[2])) if named else ""
    clock = f" {hour}:{minute}" if hour else ""
    return f"{year}-{month}-{day}{clock}" + (" UTC" if universal else f" ({zone})" if zone and clock else "")


def _end_whole_days(found: dict[str, list[Property]], values: dict[str, str]) -> None:
    """Put the last day of an event of whole days in place of its end, which is the day after; of one day it is left out."""
    if "DTEND" not in values or "T" in found["DTEND"][0].value:
        return
    try:
        last = (date.fromisoformat(values["DTEND"]) - timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return
    if last > values.get("DTSTART", last):
        values["DTEND"] = last
    else:
        del values["DTEND"]


def _person(found: Property) -> str:
    """The name of a person, else the address."""
    name = _NAME.search(found.parameters)
    shown = one_line(name[1] or name[2] or "") if name else ""
    return shown or one_line(re.sub(r"^mailto:", "", found.text(), flags=re.IGNORECASE))


def _rule(value: str) -> str:
    """The rule by which an event repeats, "weekly, byday MO, until 2024-05-01"."""
    parts = [part.partition("=") for part in value.split(";")]
    told = [f"{name.lower()} {_time(each, '')}" for name, _, each in parts if name.upper() != "FREQ" and each]
    return one_line(", ".join([each.lower() for name, _, each in parts if name.upper() == "FREQ"] + told))
