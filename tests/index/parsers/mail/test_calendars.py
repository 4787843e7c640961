"""Reading calendars and contacts."""

import pytest
from reading import describe, make_eml, read

from index.errors import SourceError


def calendar(*lines):
    """A calendar with an event of some lines."""
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "X-WR-CALNAME:Works", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""]
    )


def test_an_event_is_a_row_with_its_day(tmp_path):
    """With its times, place and people; its description follows, and alarms are not read."""
    content = calendar(
        "SUMMARY:Roof\\, visit", "DTSTART;TZID=/mozilla.org/2007_1/Europe/Berlin:20240301T100000",
        'DTEND;TZID="(UTC+01:00) Rome":20240301T113000', "LOCATION:Yard\\; north", 'ORGANIZER;CN="Lee, Ann":mailto:ann@x.example',
        "ATTENDEE;PARTSTAT=ACCEPTED;CN=Bob:mailto:bob@x.example", "ATTENDEE:MAILTO:cy@x.example", "STATUS:CONFIRMED",
        "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20240501", "EXDATE:20240308T100000,20240315T100000", "ATTACH:x",
        "DESCRIPTION:Bring a la", " dder.\\n\\nAnd the", "\t keys.", "BEGIN:VALARM", "DESCRIPTION:no", "END:VALARM",
    )  # fmt: skip
    document = read(tmp_path, "a.ics", content)
    place = {"date": "2024-03-01", "heading": "Roof, visit"}
    assert describe(document) == [
        (
            "Event: Roof, visit; Start: 2024-03-01 10:00 (Europe/Berlin); End: 2024-03-01 11:30 ((UTC+01:00) Rome);"
            " Repeats: weekly, byday MO,WE, until 2024-05-01; Not on: 2024-03-08 10:00, 2024-03-15 10:00; Place: Yard; north;"
            " Organizer: Lee, Ann; Participants: Bob, cy@x.example; Status: confirmed.",
            {**place, "row": 1},
        ),
        ("Bring a ladder.", place),
        ("And the keys.", place),
    ]
    assert (document.metadata.title, document.notes) == ("Works", ("attachments are not read: 1 in all",))


def test_whole_days_end_on_the_last_one(tmp_path):
    """A calendar has the day after; the end of a single day is left out. In mail too."""
    days = {"20240302": "", "20240304": "; End: 2024-03-03", "20241": "; End: 20241", "20240301": ""}
    for end, shown in days.items():
        content = calendar("SUMMARY:Fair", "DTSTART;VALUE=DATE:20240301", f"DTEND;VALUE=DATE:{end}")
        assert read(tmp_path, "a.ics", content).text == f"Event: Fair; Start: 2024-03-01{shown}."
        message = make_eml("x").replace(b"Content-Type: text/plain", b"Content-Type: text/calendar", 1)
        message = message.replace(b"\nx\n", b"\n" + content.encode() + b"\n")
        assert f"Event: Fair; Start: 2024-03-01{shown}." in read(tmp_path, "a.eml", message).text


def test_tasks_and_journals_are_read_and_zones_are_not(tmp_path):
    """An event without a day has none; one in no calendar is read."""
    content = (
        "BEGIN:VTIMEZONE\nBEGIN:DAYLIGHT\nDTSTART:19810329T020000\nEND:DAYLIGHT\nEND:VTIMEZONE\n"
        "BEGIN:VTODO\nSUMMARY:Paint\nDUE:20240405\nEND:VTODO\nBEGIN:VJOURNAL\nSUMMARY:Log\nCATEGORIES:a,b\nEND:VJOURNAL\n"
    )
    assert describe(read(tmp_path, "a.ics", content)) == [
        ("Task: Paint; Due: 2024-04-05.", {"row": 1, "heading": "Paint"}),
        ("Journal entry: Log; Categories: a,b.", {"row": 2, "heading": "Log"}),
    ]


def card(*lines):
    return "\r\n".join(["BEGIN:VCARD", "VERSION:3.0", *lines, "END:VCARD", ""])


def test_a_contact_is_a_row_of_labels_and_values(tmp_path):
    """With what each number and address is for; pictures and other fields are noted."""
    first = card(
        "N:Lee;Ann;;;", "FN:Ann Lee", "ORG:Harbour Office;Pilots", "TITLE:Pilot", "TEL;TYPE=WORK,VOICE:+44 113 496 0000",
        "item1.TEL;type=CELL;type=pref:+44 7700 900", "item1.X-ABLabel:boat", "EMAIL;TYPE=INTERNET;TYPE=HOME:ann@x.example",
        "ADR;TYPE=work:;;1 Quay St\\, North;Leeds;;LS1;UK", "BDAY:19800415", "NOTE:Knows the canal\\; ask\\nfirst.",
        "PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQ", " SkZJRg==", "X-SKYPE:annlee", "GEO:1;2", "UID:x",
    )  # fmt: skip
    document = read(tmp_path, "a.vcf", first + card("N:Ek;Bo;J.;Dr.;", "TEL;VALUE=uri:tel:+46-8-1"))
    assert describe(document) == [
        (
            "Name: Ann Lee; Organization: Harbour Office, Pilots; Title: Pilot; Phone (work): +44 113 496 0000;"
            " Phone (mobile): +44 7700 900; E-mail (home): ann@x.example; Address (work): 1 Quay St, North, Leeds, LS1, UK;"
            " Birthday: 1980-04-15; Note: Knows the canal; ask first.",
            {"row": 1, "heading": "Ann Lee"},
        ),
        ("Name: Dr. Bo J. Ek; Phone: +46-8-1.", {"row": 2, "heading": "Dr. Bo J. Ek"}),
    ]
    assert document.notes == ("pictures are not read: 1 in all", "other fields are not read: GEO, X-SKYPE")


@pytest.mark.parametrize("charset", ["UTF-8", "ISO-8859-1", "none-such"])
def test_contacts_of_the_first_version_are_decoded(tmp_path, charset):
    """Quoted-printable, over several lines, in the encoding that each value names."""
    codec = "cp1252" if charset == "none-such" else charset
    street = "".join(f"={byte:02X}" for byte in "Größe 1".encode(codec))
    content = card(
        f"FN;ENCODING=QUOTED-PRINTABLE;CHARSET={charset}:J=\r\nane =\r\nDoe",
        f"ADR;WORK;CHARSET={charset};ENCODING=QUOTED-PRINTABLE:;;{street[:9]}=\r\n{street[9:]}",
        "TEL;HOME;FAX:0221=1",
    )
    assert read(tmp_path, "a.vcf", content).text == (
        "Name: Jane Doe; Phone (home, fax): 0221=1; Address (work): Größe 1."
    )


def test_encodings_and_line_ends_are_those_of_texts(tmp_path):
    """A byte-order mark, UTF-16, line feeds alone, and names in lower case."""
    content = "begin:vcard\nfn:J\xf8rgen\nend:vcard\n"
    for written in (content.encode("utf-8-sig"), content.encode("utf-16"), content.encode().replace(b"\n", b"\r")):
        assert read(tmp_path, "a.vcf", written).text == "Name: J\xf8rgen."


BROKEN = {
    "empty": ("a.ics", "", "a.ics is empty."),
    "text": ("a.ics", "Some text.", "a.ics is not a .ics file: it does not begin like one."),
    "a-page": ("a.vcf", "<html><body>x", "a.vcf is not a .vcf file: it is a web page (.html)."),
    "other": ("a.vcf", calendar("SUMMARY:x"), "a.vcf is not a .vcf file: it does not begin like one."),
    "binary": ("a.ics", b"BEGIN:VCALENDAR\0\0", "a.ics is not a text file: it holds zero bytes."),
}


@pytest.mark.parametrize(("name", "content", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_neither_is_refused_with_the_reason(tmp_path, name, content, message):
    """The message names the file."""
    with pytest.raises(SourceError) as caught:
        read(tmp_path, name, content)
    assert str(caught.value).startswith(message)


def test_broken_and_hostile_data_is_read_as_far_as_it_goes(tmp_path):
    """Components without an end, ends without a component, and lines that many patterns would take for ever to refuse."""
    many = 50_000
    lines = [
        ";" * many,
        "A" + ";X" * many,
        'A;B="' + "x;" * many,
        "SUMMARY:One",
        "END:X",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "SUMMARY:Two",
    ]
    assert read(tmp_path, "a.ics", calendar(*lines)).text == "Event: One.\n\nEvent: Two."
    assert read(tmp_path, "a.vcf", "BEGIN:VCARD\n" * many + card("FN:Ann")).text == "Name: Ann."
