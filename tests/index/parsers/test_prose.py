"""Reading .rst, .epub, .eml and .mbox files."""

import pytest
from reading import describe, make_eml, make_epub, read, replaced, texts

from index.errors import SourceError

RST = {
    "empty": ("", []),
    "blank": (" \n\n", []),
    "paragraphs": ("One *two* ``three``\nfour.\n\nFive.", ["One two three\nfour.", "Five."]),
    "list": ("- one\n\n  more\n- two\n\n  #. deep\n", ["- one\n  more\n- two\n  1. deep"]),
    "definitions": ("Rent\n  What is paid.\n\n:Where: here", ["Rent\n  What is paid.", "Where: here"]),
    "terms": (
        "control\n  Names the package.\n\nshlibs\n  This file tells.\n",
        ["control\n  Names the package.", "shlibs\n  This file tells."],
    ),
    "terms-within": ("- Files:\n\n  control\n    Names it.\n", ["- Files:\n  - control\n    Names it."]),
    "literal": ("So::\n\n   x = 1\n\n   y\n", ["So:\n\nx = 1", "y"]),
    "note": (".. note:: Take care.\n", ["Take care."]),
    "table": ("====  ====\nItem  Cost\n====  ====\nRent  300\n====  ====\n", ["~Item; Cost", "Item: Rent; Cost: 300."]),
    "csv-table": (".. csv-table::\n   :header: Item, Cost\n\n   Rent, 300\n", ["~Item; Cost", "Item: Rent; Cost: 300."]),
    "unknown-directive": (".. wonder:: x\n   :deep: 2\n\n   Text inside.\n\nAfter.", ["Text inside.", "After."]),
    "unknown-in-a-list": (
        "- One.\n\n  .. wonder:: x\n\n     Inside.\n\n- Two :wonder:`x`.\n",
        ["- One.\n  Inside.\n- Two :wonder:`x`."],
    ),
    "unknown-in-a-definition": ("Rent\n  .. wonder::\n\n  Paid.\n", ["Rent\n  Paid."]),
    "unknown-in-a-table": (
        "+------+-------------+\n| Item | Cost        |\n+======+=============+\n| Rent | .. wonder:: |\n|      |             |\n"
        "|      | 300         |\n+------+-------------+\n", ["~Item; Cost", "Item: Rent; Cost: 300."],
    ),
    "unknown-role": ("See :ref:`here <x>` now.", ["See :ref:`here <x>` now."]),
    "comment": (".. hidden\n\nSeen.", ["Seen."]),
    "files": (".. include:: /etc/hostname\n\n.. csv-table::\n   :file: /etc/passwd\n\nSeen.", ["Seen."]),
    "raw": (".. raw:: html\n   :file: /etc/hostname\n\nSeen.", ["Seen."]),
    "unicode": ("\ufeffGr\u00fc\u00dfe \U0001f600", ["Gr\u00fc\u00dfe \U0001f600"]),
}  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), RST.values(), ids=RST)
def test_restructured_text_is_read_without_its_marks(tmp_path, content, expected):
    """Paragraphs, lists and tables are read; files named in it are never opened."""
    assert texts(read(tmp_path, "a.rst", content)) == expected


def test_sections_are_headings(tmp_path):
    """A paragraph knows the sections around it."""
    content = "Report\n======\n\nOne.\n\nCosts\n-----\n\nTwo.\n\nEnd\n===\n\nThree."
    assert describe(read(tmp_path, "a.rst", content)) == [
        ("~Report", {}),
        ("One.", {"heading": "Report"}),
        ("~Costs", {}),
        ("Two.", {"heading": "Report > Costs"}),
        ("~End", {}),
        ("Three.", {"heading": "End"}),
    ]


def test_a_book_is_read_in_the_order_of_its_spine(tmp_path):
    """Chapters have their headings, or the title of their page where they have none."""
    content = make_epub("<h1>First<br/>day</h1><p>One.</p>", "<p>Two &#233;&nbsp;<i/>three.</p>", title="A Book")
    assert describe(read(tmp_path, "a.epub", content)) == [
        ("~First day", {}),
        ("One.", {"heading": "First day"}),
        ("Two \u00e9 three.", {"heading": "A Book"}),
    ]


def test_a_chapter_that_is_missing_is_noted(tmp_path):
    """The other chapters are read."""
    content = replaced(make_epub("<p>One.</p>", "<p>Two.</p>"), "OEBPS/text/c2.xhtml", None)
    document = read(tmp_path, "a.epub", content)
    assert texts(document) == ["One."]
    assert document.notes == ("chapters that cannot be read: OEBPS/text/c2.xhtml",)


@pytest.mark.parametrize(
    ("spine", "expected"),
    [
        (b"", ["One.", "Two.", "Three."]),
        (b'<itemref idref="c3.xhtml"/><itemref idref="gone"/>', ["Three.", "One.", "Two."]),
        (b'<itemref idref="c3.xhtml"/>', ["Three."]),
    ],
    ids=["none", "broken", "whole"],
)
def test_a_book_without_a_whole_spine_is_read_in_the_order_of_its_manifest(tmp_path, spine, expected):
    """Behind what the spine names."""
    content = make_epub("<p>One.</p>", "<p>Two.</p>", "<p>Three.</p>")
    content = replaced(
        content,
        "OEBPS/book.opf",
        lambda book: book.partition(b"<spine>")[0] + b"<spine>" + spine + b"</spine></package>",
    )
    assert texts(read(tmp_path, "a.epub", content)) == expected


def test_notes_of_a_book_are_read(tmp_path):
    """Where they stand, without their marks."""
    body = '<p>It sank<sup><a href="#n">[1]</a></sup> in 1871.</p><aside id="n"><p>Says the log.</p></aside>'
    assert texts(read(tmp_path, "a.epub", make_epub(body))) == ["It sank in 1871.", "Says the log."]


def test_a_message_has_its_date_and_its_subject(tmp_path):
    """Sender and subject can be asked for; lines quoted from others do not answer; attachments are noted."""
    text = "Hello Bob,\n\nThe budget is 300 \u20ac\nfor the year.\n\n> Is it?\n>\n> Tell me.\nIt is.\n"
    document = read(tmp_path, "a.eml", make_eml(text, subject="Re: budget \u00fc", attach="plan.pdf"))
    head = "From: ann@x.org\nTo: bob@x.org\nDate: Fri, 01 Mar 2024 10:00:00 +0000\nSubject: Re: budget \u00fc"
    found = describe(document)
    assert [text for text, _ in found] == [
        f"{head}\nAttachments: plan.pdf",
        "Hello Bob,",
        "The budget is 300 \u20ac\nfor the year.",
        "~> Is it?",
        "~> Tell me.",
        "It is.",
    ]
    assert {str(place) for _, place in found} == {str({"date": "2024-03-01", "heading": "Re: budget \u00fc"})}
    assert document.notes == ("attachments are not read: plan.pdf",)


DECLARED = b"Subject: x\nContent-Type: text/plain; charset=%s\nContent-Transfer-Encoding: %s\n\n%s"
BODIES = {
    "plain-before-html": (make_eml("Plain.", html="<p>Formatted.</p>"), ["Plain."]),
    "html-alone": (b"Subject: x\nContent-Type: text/html; charset=utf-8\n\n<p>One.<p>Two.", ["One.", "Two."]),
    "declared-latin": (DECLARED % (b"iso-8859-1", b"8bit", b"caf\xe9"), ["caf\u00e9"]),
    "base64": (DECLARED % (b"utf-8", b"base64", b"R3LDvMOfZQ=="), ["Gr\u00fc\u00dfe"]),
    "no-text": (b"Subject: x\n\n", []),
    "no-body-part": (b"Subject: x\nContent-Type: image/png\n\nabc", []),
}  # fmt: skip


@pytest.mark.parametrize(("content", "expected"), BODIES.values(), ids=BODIES)
def test_the_text_of_a_message_is_decoded_as_declared(tmp_path, content, expected):
    """Plain text is preferred to formatted text; the encoding is the one that the message names."""
    assert texts(read(tmp_path, "a.eml", content))[1:] == expected


DATES = {
    "zone": ("Fri, 01 Mar 2024 23:30:00 -0800", "2024-03-01"),
    "odd": ("yesterday", None),
    "huge": ("Fri, 01 Mar 99999 1:1:1", None),
}


@pytest.mark.parametrize(("day", "expected"), DATES.values(), ids=DATES)
def test_the_date_is_the_senders_day(tmp_path, day, expected):
    """The day is that of the sender's clock; a date that cannot be read is left out."""
    content = f"Subject: x\nDate: {day}\n\nText.".encode()
    assert describe(read(tmp_path, "a.eml", content))[-1] == (
        "Text.",
        {**({"date": expected} if expected else {}), "heading": "x"},
    )


def test_each_message_of_a_mailbox_has_its_own_date(tmp_path):
    """Messages are parted at their From lines; one that is not in its declared encoding is noted."""
    import mailbox
    from email import message_from_bytes

    box = mailbox.mbox(tmp_path / "a.mbox")
    box.add(message_from_bytes(make_eml("One.\nFrom here on.\n", subject="First")))
    box.add(b"Subject: Bad\nContent-Type: text/plain; charset=ascii\n\ncaf\xe9")
    box.add(message_from_bytes(make_eml("Two.", subject="Second", day="Sat, 02 Mar 2024 10:00:00 +0000")))
    box.close()
    document = read(tmp_path, "b.mbox", (tmp_path / "a.mbox").read_bytes())
    answers = [(text, place) for text, place in describe(document) if not text.startswith(("From: ", "Subject: "))]
    assert answers == [
        ("One.\nFrom here on.", {"date": "2024-03-01", "heading": "First"}),
        ("Two.", {"date": "2024-03-02", "heading": "Second"}),
    ]
    assert document.notes == ("message 2 cannot be read in the encoding declared",)


def test_a_message_within_a_message_has_its_own_date(tmp_path):
    """A message that is passed on is cited by its own date and subject."""
    from email import message_from_bytes, policy
    from email.message import EmailMessage

    outer = EmailMessage()
    outer["Subject"], outer["Date"] = "Fwd", "Sun, 03 Mar 2024 10:00:00 +0000"
    outer.set_content("See below.")
    outer.add_attachment(message_from_bytes(make_eml("Inner text."), policy=policy.default))
    assert describe(read(tmp_path, "a.eml", outer.as_bytes()))[-1] == (
        "Inner text.",
        {"date": "2024-03-01", "heading": "Re: budget"},
    )


INVITATION = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Meeting about the roof and\r\n  the cellar\r\n"
    "DTSTART;TZID=Europe/Oslo:20240304T100000\r\n"
    "DTEND:20240304T103000Z\r\nLOCATION:Room 4\\, Odden\r\nDESCRIPTION:Bring plans.\\nAsk Ilka.\r\nBEGIN:VALARM\r\n"
    "DESCRIPTION:Reminder\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def parts(*headed, kind="mixed"):
    """A message of parts, each with the lines of its headers."""
    lines = "".join(f"--b\n{headers}\n\n{content}\n" for headers, content in headed)
    return f"Subject: Roof\nMIME-Version: 1.0\nContent-Type: multipart/{kind}; boundary=b\n\n{lines}--b--\n"


PLAIN = "Content-Type: text/plain"
PICTURE = 'Content-Type: image/png; name="x.png"\nContent-Disposition: inline'
SEALED = ("its text is encrypted, or within a signature, and not read",)
PARTS = {
    "text-behind-a-picture": (
        parts((PLAIN, "One."), (PICTURE, "x"), (PLAIN, "Two.")),
        ["One.", "Two."],
        ("attachments are not read: x.png",),
    ),
    "alternatives": (
        parts(
            (PLAIN, "One."), ("Content-Type: text/html", "<p>One in colour.</p>"), (PICTURE, "x"), kind="alternative"
        ),
        ["One."],
        ("attachments are not read: x.png",),
    ),
    "invitation": (
        parts((PLAIN, "Come."), ("Content-Type: text/calendar", INVITATION), kind="alternative"),
        [
            "Come.",
            "Event: Meeting about the roof and the cellar; Start: 2024-03-04 10:00 (Europe/Oslo); End: 2024-03-04 10:30 UTC; "
            "Place: Room 4, Odden.",
            "Bring plans.\nAsk Ilka.",
        ],
        (),
    ),
    "outlook": (
        parts(
            (PLAIN, "One."),
            ("Content-Type: application/ms-tnef\nContent-Disposition: attachment; filename=winmail.dat", "x"),
        ),
        ["One."],
        ("attachments are not read: winmail.dat",),
    ),
    "signed": (parts((PLAIN, "One."), ("Content-Type: application/pgp-signature", "x"), kind="signed"), ["One."], ()),
    "encrypted": (
        parts(("Content-Type: application/pgp-encrypted", "Version: 1"), (PICTURE, "x"), kind="encrypted"),
        [],
        ("attachments are not read: x.png", *SEALED),
    ),
    "encrypted-within": (
        f"Subject: Roof\n{PLAIN}\n\n-----BEGIN PGP MESSAGE-----\n\nx\n",
        ["-----BEGIN PGP MESSAGE-----", "x"],
        SEALED,
    ),
}


@pytest.mark.parametrize(("content", "expected", "notes"), PARTS.values(), ids=PARTS)
def test_every_part_of_a_message_is_read_or_noted(tmp_path, content, expected, notes):
    """Text wherever it stands, events of invitations; pictures are named, and encrypted text is noted."""
    document = read(tmp_path, "a.eml", content)
    assert [text.lstrip("~") for text in texts(document)[1:]] == expected
    assert document.notes == notes


def test_encrypted_messages_of_a_mailbox_are_noted(tmp_path):
    """With their numbers."""
    content = f"From a\nSubject: One\n\nOne.\n\nFrom b\n{parts((PLAIN, 'x'), kind='encrypted')}"
    assert read(tmp_path, "a.mbox", content).notes == (
        "messages whose text is encrypted, or within a signature, and not read: 2",
    )


EARLIER = {
    "original": "-----Original Message-----\nFrom: Board\nSent: Monday, 13 May 2024\n\nIt is repaired on 3 June.",
    "wrote": "On Mon, 10 Jun 2024 at 09:00, Board <b@x.example>\nwrote:\n\nIt is repaired on 3 June.",
    "schrieb": "Am 10.06.2024 um 09:00 schrieb Board:\n\nIt is repaired on 3 June.",
    "headers": "From: Board\nSent: Monday, 13 May 2024\nTo: Site\n\nIt is repaired on 3 June.",
}


@pytest.mark.parametrize("earlier", EARLIER.values(), ids=EARLIER)
def test_what_a_message_quotes_of_an_earlier_one_does_not_answer(tmp_path, earlier):
    """However programs mark it."""
    found = texts(read(tmp_path, "a.eml", make_eml(f"It is repaired on 12 June.\n\n{earlier}\n")))
    assert [text for text in found[1:] if not text.startswith("~")] == ["It is repaired on 12 June."]
    assert "~It is repaired on 3 June." in found


def test_what_a_message_in_html_quotes_does_not_answer(tmp_path):
    """A blockquote and what mail programs put around an earlier message."""
    body = "<div>On 21 June.</div><div class='gmail_quote'>Board wrote:<blockquote><div>On 17 June.</div></blockquote></div>"
    found = texts(read(tmp_path, "a.eml", f"Subject: Cellar\nContent-Type: text/html; charset=utf-8\n\n{body}"))
    assert [text for text in found[1:] if not text.startswith("~")] == ["On 21 June."]


def test_a_forwarded_message_answers_with_its_own_date_and_subject(tmp_path):
    """It is what the mail is about."""
    body = (
        "See below.\n\n---------- Forwarded message ---------\nFrom: Board\nDate: Sun, 4 Feb 2024 10:00:00 +0000\n"
        "Subject: Roof\n\nIt is repaired on 3 June.\n"
    )
    assert describe(read(tmp_path, "a.eml", make_eml(body)))[-1] == (
        "It is repaired on 3 June.",
        {"date": "2024-02-04", "heading": "Roof"},
    )


ENCRYPTED = {"META-INF/encryption.xml": '<encryption><CipherReference URI="OEBPS/text/c1.xhtml"/></encryption>'}
ENTITIES = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
BROKEN = {
    "rst-not-utf-8": ("a.rst", b"\xe9\xe9", "a.rst is not valid UTF-8"),
    "epub-empty": ("a.epub", b"", "a.epub is empty."),
    "epub-page": ("a.epub", b"<html>", "a.epub is not a .epub file: it is a web page (.html)."),
    "epub-protected": ("a.epub", make_epub("<p>x</p>", extra=ENCRYPTED), "a.epub is protected (DRM): its text is encrypted"),
    "epub-no-book": ("a.epub", make_epub("x", extra={"META-INF/container.xml": ENTITIES}), "a.epub is damaged"),
    "eml-no-headers": ("a.eml", b"Hello.\n\nText.", "a.eml is not a .eml file"),
    "eml-wrong-encoding": ("a.eml", DECLARED % (b"utf-8", b"8bit", b"caf\xe9"), "a.eml is not in the encoding that it declares."),
    "eml-unknown-encoding": ("a.eml", DECLARED % (b"klingon", b"8bit", b"x"), "a.eml is not in the encoding that it declares."),
    "mbox-text": ("a.mbox", b"Hello.\n\nFrom here.", "a.mbox is not a .mbox file"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "content", "message"), BROKEN.values(), ids=BROKEN)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_is_broken_is_refused(tmp_path, name, content, message):
    """The reason is one line that names the file."""
    with pytest.raises(SourceError) as caught:
        read(tmp_path, name, content)
    assert str(caught.value).startswith(message)


OUTLOOK = (
    "<p>The crane is booked for 3 June.</p><div><div style='border-top:solid 1pt'><p><b>From:</b> Tom &lt;tom@x.org&gt;<br>"
    "<b>Sent:</b> Monday, May 20, 2024 10:00 AM<br><b>To:</b> Ann<br><b>Subject:</b> Crane</p></div></div>"
    "<p>The crane is booked for 1 June.</p><ul><li>Its base was poured on 12 May.</li></ul>"
)
OLD_HEAD = "From: Tom <tom@x.org>\nSent: Monday, May 20, 2024 10:00 AM\nTo: Ann\nSubject: Crane"


def make_html_mail(page, subject):
    """A message that has a page and no text."""
    from email.message import EmailMessage

    message = EmailMessage()
    message["From"], message["Subject"], message["Date"] = "ann@x.org", subject, "Fri, 31 May 2024 10:00:00 +0000"
    message.set_content(page, subtype="html")
    return message.as_bytes()


def test_an_earlier_message_below_its_header_does_not_answer(tmp_path):
    """Outlook marks it by nothing but the lines of its header, also in a page."""
    assert texts(read(tmp_path, "a.eml", make_html_mail(OUTLOOK, "RE: Crane")))[1:] == [
        "The crane is booked for 3 June.",
        f"~{OLD_HEAD}",
        "~The crane is booked for 1 June.",
        "~- Its base was poured on 12 May.",
    ]


def test_a_message_passed_on_answers_with_its_own_date(tmp_path):
    """Where the subject says so, in a page as in text."""
    expected = [
        ("The crane is booked for 3 June.", "2024-05-31", "FW: Crane"),
        (OLD_HEAD, "2024-05-20", "Crane"),
        ("The crane is booked for 1 June.", "2024-05-20", "Crane"),
        ("- Its base was poured on 12 May.", "2024-05-20", "Crane"),
    ]
    text = "\n\n".join(each for each, _, _ in expected)
    for content in (
        make_html_mail(OUTLOOK, "FW: Crane"),
        make_eml(text, subject="FW: Crane", day="Fri, 31 May 2024 10:00:00 +0000"),
    ):
        found = describe(read(tmp_path, "a.eml", content))[1:]
        assert [(each, place.get("date"), place.get("heading")) for each, place in found] == expected


def test_the_date_of_a_message_that_gmail_passes_on_is_read(tmp_path):
    """It is written with "at" before the time; the quotation of a page that is passed on answers."""
    head = "---------- Forwarded message ---------<br>From: Tom<br>Date: Mon, 20 May 2024 at 08:00<br>Subject: Code<br>"
    page = f'<div>See below.</div><div class="gmail_quote"><div>{head}</div><p>The code is 7731.</p></div>'
    assert describe(read(tmp_path, "a.eml", make_html_mail(page, "Code")))[-1] == (
        "The code is 7731.",
        {"date": "2024-05-20", "heading": "Code"},
    )


RULED = {
    "dashes": "Name         Town     Since\n-----------  -------  -----\n"
    "Dr. Ann Bay  Lund     1999\nBo Vik       Oslo     2004\n\nEnd.\n",
    "box": "+----+----+----+\n| Name | Town | Since |\n+====+====+====+\n| Dr. Ann Bay | Lund | 1999 |\n+----+----+----+\n"
    "| Bo Vik | Oslo | 2004 |\n+----+----+----+\n\nEnd.\n",
}


@pytest.mark.parametrize("content", RULED.values(), ids=RULED)
def test_a_ruled_table_in_a_text_is_rows(tmp_path, content):
    """Each is a passage below the names of the columns; the text stays the file's own."""
    document = read(tmp_path, "a.txt", content)
    assert document.text == content
    found = [(text, place) for text, place in describe(document) if not text.startswith("~")]
    assert [(text.strip("| ").split()[0], place) for text, place in found] == [
        ("Dr.", {"row": 2, "heading": "Name; Town; Since"}),
        ("Bo", {"row": 3, "heading": "Name; Town; Since"}),
        ("End.", {}),
    ]


def test_other_lines_of_dashes_rule_no_table(tmp_path):
    """A line below a title, or between paragraphs."""
    content = "A title\n-------\n\nText with  two gaps  in it.\n\n----- -----\n\nMore  text  here.\n"
    assert [place for text, place in describe(read(tmp_path, "a.txt", content)) if "row" in place] == []


ALIGNED = {
    "bill": (
        """
Dear Sir or Madam,

Pos  Description              Qty   Unit price   Total
1    Painting of the hall       1       300.00   300.00
2    Paint, white, 10 l         3        20.00    60.00
     (Alpina)
------------------------------------------------------
     Total due                                   360.00

Payable within 14 days.
""",
        [
            ("Dear Sir or Madam,", {}),
            ("~Pos  Description              Qty   Unit price   Total", {}),
            ("1    Painting of the hall       1       300.00   300.00", {"row": 2}),
            ("2    Paint, white, 10 l         3        20.00    60.00\n     (Alpina)", {"row": 3}),
            ("~------------------------------------------------------", {}),
            ("Total due                                   360.00", {"row": 4}),
            ("Payable within 14 days.", {}),
        ],
        "Pos; Description; Qty; Unit price; Total",
    ),
    "figures parted by one blank": (
        """
USER         PID %CPU    VSZ COMMAND
root           1  0.0 168604 /sbin/init splash
ann         2077  0.2      0 [kthreadd]
root      120013 10.1   1204 qa chat
""",
        [
            ("~USER         PID %CPU    VSZ COMMAND", {}),
            ("root           1  0.0 168604 /sbin/init splash", {"row": 2}),
            ("ann         2077  0.2      0 [kthreadd]", {"row": 3}),
            ("root      120013 10.1   1204 qa chat", {"row": 4}),
        ],
        "USER; PID; %CPU; VSZ; COMMAND",
    ),
    "names in two lines": (
        """
Town      Price    Price
          summer   winter

Halden    77       80
Lund      80       91
""",
        [
            ("~Town      Price    Price\n          summer   winter", {}),
            ("Halden    77       80", {"row": 2}),
            ("Lund      80       91", {"row": 3}),
        ],
        "Town; Price summer; Price winter",
    ),
    "tabs": (
        """
Town\tBoats\tSold
Halden\t4\t80
Lund\t5\t91
""",
        [("~Town\tBoats\tSold", {}), ("Halden\t4\t80", {"row": 2}), ("Lund\t5\t91", {"row": 3})],
        "Town; Boats; Sold",
    ),
    "rows of several lines": (
        """
Day        Hour    Lesson    Room
Monday     09:00   Maths     12
           10:00   English   3
Tuesday    09:00   Art       7
           11:00   Sports
""",
        [
            ("~Day        Hour    Lesson    Room", {}),
            ("Monday     09:00   Maths     12\n           10:00   English   3", {"row": 2}),
            ("Tuesday    09:00   Art       7", {"row": 3}),
            ("11:00   Sports", {"row": 4}),
        ],
        "Day; Hour; Lesson; Room",
    ),
    "two columns": (
        """
Sunday      closed
Monday      9-17
Tuesday     9-18
""",
        [("Sunday      closed", {"row": 1}), ("Monday      9-17", {"row": 2}), ("Tuesday     9-18", {"row": 3})],
        None,
    ),
    "dots between the cells": (
        """
Chicken curry with rice ............ 11.90
Fish of the day .................... 13.20
Water 0.25 l . . . . . . . . . . . .  2.60
""",
        [
            ("Chicken curry with rice ............ 11.90", {"row": 1}),
            ("Fish of the day .................... 13.20", {"row": 2}),
            ("Water 0.25 l . . . . . . . . . . . .  2.60", {"row": 3}),
        ],
        None,
    ),
    "times and what happens": (
        """
09:00  Opening (Dr. Weiss)
09:15  Soil mapping in the Alps
       Laura Conti, Trento
11:00  Water rights after 1990
""",
        [
            ("09:00  Opening (Dr. Weiss)", {"row": 1}),
            ("09:15  Soil mapping in the Alps\n       Laura Conti, Trento", {"row": 2}),
            ("11:00  Water rights after 1990", {"row": 3}),
        ],
        None,
    ),
    "columns that are rarely filled": (
        """
Date     Text              Debit     Credit     Balance
02/05    Rent             650,00               1.204,33
07/05    Wages                     1.480,00    2.684,33
15/05    Power             48,72               2.635,61
""",
        [
            ("~Date     Text              Debit     Credit     Balance", {}),
            ("02/05    Rent             650,00               1.204,33", {"row": 2}),
            ("07/05    Wages                     1.480,00    2.684,33", {"row": 3}),
            ("15/05    Power             48,72               2.635,61", {"row": 4}),
        ],
        "Date; Text; Debit; Credit; Balance",
    ),
    "rules between all rows": (
        """
Model     Language     Corpus
=============================
czech     Czech        Noviny
                       Literarni
-----------------------------
danish    Danish       Berlingske
          (Bokmal)     Weekend
-----------------------------
dutch     Dutch        Limburger
""",
        [
            ("~Model     Language     Corpus", {}),
            ("~=============================", {}),
            ("czech     Czech        Noviny\n                       Literarni", {"row": 2}),
            ("~-----------------------------", {}),
            ("danish    Danish       Berlingske\n          (Bokmal)     Weekend", {"row": 3}),
            ("~-----------------------------", {}),
            ("dutch     Dutch        Limburger", {"row": 4}),
        ],
        "Model; Language; Corpus",
    ),
}


@pytest.mark.parametrize(("content", "expected", "names"), ALIGNED.values(), ids=ALIGNED)
def test_columns_parted_by_blanks_are_a_table(tmp_path, content, expected, names):
    """Each row is a passage below the names of the columns where those are clear; the text stays the file's own."""
    document = read(tmp_path, "a.txt", content)
    assert document.text == content
    named = [(text, place | {"heading": names} if place and names else place) for text, place in expected]
    assert describe(document) == named


MENU = """
STARTERS
Soup of the day          5.50
Bruschetta               6.00
  with tomato and basil

MAINS (evening)

Lasagne                 12.50
Pizza Margherita         9.00

Water: free              0.00
"""


def test_titles_within_a_table_are_the_headings_of_its_rows(tmp_path):
    """A line below a row that begins small or indented goes on with it."""
    assert describe(read(tmp_path, "a.txt", MENU)) == [
        ("~STARTERS", {}),
        ("Soup of the day          5.50", {"row": 1, "heading": "STARTERS"}),
        ("Bruschetta               6.00\n  with tomato and basil", {"row": 2, "heading": "STARTERS"}),
        ("~MAINS (evening)", {}),
        ("Lasagne                 12.50", {"row": 3, "heading": "MAINS (evening)"}),
        ("Pizza Margherita         9.00", {"row": 4, "heading": "MAINS (evening)"}),
        ("Water: free              0.00", {"row": 5, "heading": "MAINS (evening)"}),
    ]


def test_a_section_ends_with_the_rows_that_are_indented_below_its_title(tmp_path):
    """A row at the place of the title is none of it; prose below a table is none of its rows."""
    content = "Men\n  Cut               24 EUR\n  Beard             12 EUR\nChildren            16 EUR\n\n"
    content += "We are closed on Mondays, and we are away in August this year.\n"
    assert describe(read(tmp_path, "a.txt", content)) == [
        ("~Men", {}),
        ("Cut               24 EUR", {"row": 1, "heading": "Men"}),
        ("Beard             12 EUR", {"row": 2, "heading": "Men"}),
        ("Children            16 EUR", {"row": 3}),
        ("We are closed on Mondays, and we are away in August this year.", {}),
    ]


def test_a_row_apart_that_begins_with_digits_has_no_names(tmp_path):
    """Such as a date or a code, though a blank line is below it; years are names."""
    content = "KAA    0B95 0BBE\n\nKII    0B95 0BC0\nKUU    0B95 0BC2\n"
    assert [place for _, place in describe(read(tmp_path, "a.txt", content))] == [{"row": 1}, {"row": 2}, {"row": 3}]
    content = "Town      2021    2022\nHalden      77      80\nLund        64      65\n"
    assert describe(read(tmp_path, "a.txt", content))[1][1] == {"row": 2, "heading": "Town; 2021; 2022"}


def test_a_blank_line_parts_tables_of_other_columns(tmp_path):
    """The names of the one are not those of the other."""
    content = "Concept            Hours    Price     Total\nChange of oil          1    45.00     45.00\n"
    content += "Air filter             1    18.50     18.50\n\n"
    content += (
        "                   BASE      63.50\n                   VAT 21 %  13.34\n                   SUM       76.84\n"
    )
    names = {"heading": "Concept; Hours; Price; Total"}
    assert [place for _, place in describe(read(tmp_path, "a.txt", content))] == [
        {}, {"row": 2} | names, {"row": 3} | names, {"row": 1}, {"row": 2}, {"row": 3},
    ]  # fmt: skip


def test_a_line_that_leads_in_to_a_table_is_its_title(tmp_path):
    """Also as the end of a paragraph, of which it stays a part."""
    content = "3. Rent\nThe monthly rent is:\n  Flat      780.00\n  Heat      160.00\n  Garage     60.00\n"
    assert describe(read(tmp_path, "a.txt", content))[:3] == [
        ("~3. Rent", {}),
        ("~The monthly rent is:", {"heading": "3. Rent"}),
        ("Flat      780.00", {"row": 1, "heading": "3. Rent > The monthly rent is"}),
    ]


def test_a_title_that_says_something_answers(tmp_path):
    """As one with a number does; it is the heading of the rows all the same."""
    content = "Invoice no. 4711\nRent      300\nHeat       20\nWater      15\n"
    assert describe(read(tmp_path, "a.txt", content))[:2] == [
        ("Invoice no. 4711", {}),
        ("Rent      300", {"row": 1, "heading": "Invoice no. 4711"}),
    ]


NO_TABLES = {
    "prose": "The  committee met in the old hall.  It was  cold.\nAll  of the members  were there.  They  talked\n"
    "for  hours about the  budget.  Then they  left.\n",
    "justified": "The   tenant   pays   the  rent  on   the  first\nday of each month and  keeps  the rooms  in  good\n"
    "repair.  The   landlord   keeps  the   roof   in\nrepair and pays for  the water that  is  used.\n",
    "text in two columns": "The council has met in       decided that the bridge will\n"
    "the town hall on Monday      be closed for repairs during\nto talk about the money      the summer. Buses will go by\n"
    "that is needed for it.       way of the northern road.\n",
    "contents": "1.   Introduction ............ 3\n2.   Method .................. 7\n3.   Results ................. 12\n",
    "contents with spaced dots": "Introduction   . . . . .    3\nMethod         . . . . .    7\nResults        . . . .     12\n",
    "code": "int    a    = 3;   /* first */\nchar   bc   = 4;   /* second */\ndouble def  = 5;   /* third */\n",
    "comments in code": "  my_sub    # VisualAge\n  my_sub_   # GNU\n  MY_SUB    # Intel\n",
    "clauses": "1.1   The tenant shall pay the rent each month.\n1.2   The landlord shall repair the roof soon.\n"
    "1.3   Pets are allowed if they are small.\n",
    "list": "-   one thing\n-   two things\n-   three things\n",
    "poem": "Tiger Tiger, burning bright,\n    In the forests of the night;\nWhat immortal hand or eye,\n"
    "    Could frame thy fearful symmetry?\n",
    "drawing": "   /\\_/\\      /\\_/\\\n  ( o.o )    ( o.o )\n   > ^ <      > ^ <\n",
    "tree": "Error   3\n  \u251c\u2500\u2500   Input   3\n  \u251c\u2500\u2500   Output  4\n  \u2514\u2500\u2500   Other   5\n",
    "two lines": "Rent      300\nHeat       20\n",
    "columns that are ragged": "a    1\nbcd      22\nef   3       4\ng          5\n",
}


@pytest.mark.parametrize("content", NO_TABLES.values(), ids=NO_TABLES)
def test_other_text_with_blanks_is_no_table(tmp_path, content):
    """It is split as any text."""
    document = read(tmp_path, "a.txt", content)
    assert document.locators == () and document.silent == ()


def test_prose_above_a_table_is_none_of_its_rows(tmp_path):
    """Nor is the last line of a paragraph its title."""
    content = "All releases are open.  Most, but\nnot all, are free; the table below\nsums up the releases\n\n"
    content += "Release     Year     Owner\n\n1.2         1995     CWI\n1.6         2000     CNRI\n"
    assert [place for _, place in describe(read(tmp_path, "a.txt", content))] == [
        {}, {}, {"row": 2, "heading": "Release; Year; Owner"}, {"row": 3, "heading": "Release; Year; Owner"},
    ]  # fmt: skip


def test_settings_are_rows_below_the_name_of_their_section(tmp_path):
    """A value may have several lines; comments are text, and so is what is in no section."""
    content = "top = 1\n\n; of the thermostat\n[living room]\nnight = 17.0\nmode = auto\n\n[bath.room]\nnight=18.5\n"
    content += (
        "days = [\n  'a=1',\n  Sunday\n]\n# by hand\nfan speed = off\n\n[12:30] Ann: so = what\n\n[empty]\nIt is so.\n"
    )
    assert describe(read(tmp_path, "a.ini", content)) == [
        ("top = 1", {}),
        ("; of the thermostat", {}),
        ("~[living room]", {}),
        ("night = 17.0", {"row": 1, "heading": "living room"}),
        ("mode = auto", {"row": 2, "heading": "living room"}),
        ("~[bath.room]", {}),
        ("night=18.5", {"row": 1, "heading": "bath.room"}),
        ("days = [\n  'a=1',\n  Sunday\n]", {"row": 2, "heading": "bath.room"}),
        ("# by hand", {}),
        ("fan speed = off", {"row": 3, "heading": "bath.room"}),
        ("[12:30] Ann: so = what", {}),
        ("[empty]\nIt is so.", {}),
    ]


@pytest.mark.parametrize("end", ["\r\n", "\r"])
@pytest.mark.parametrize(
    "content", [MENU, "[bath]\nnight = 18.5\n\n[hall]\nfan = off\n", *(each[0] for each in ALIGNED.values())]
)
def test_the_line_ends_of_other_systems_make_no_difference(tmp_path, content, end):
    """Rows have the same places."""
    usual, other = read(tmp_path, "a.txt", content), read(tmp_path, "b.txt", content.replace("\n", end))
    assert [(text.replace(end, "\n"), place) for text, place in describe(other)] == describe(usual)


def test_a_long_log_stays_text(tmp_path, monkeypatch):
    """Its lines are not rows, of which a document may not have too many."""
    monkeypatch.setattr("index.parsers.columns._MOST", 100)
    content = "".join(f"{number:06}   INFO    {number % 7:05}\n" for number in range(101))
    assert read(tmp_path, "a.log", content).locators == ()
    assert len(read(tmp_path, "a.log", content[: 23 * 100]).locators) == 100


ORDER = """Thank you for your order.

Article       Quantity    Price
Desk lamp            1    49.00
Bulb E27             4     3.50
                        -------
Total                     52.50

You can send it back.
"""


def test_a_table_in_a_message_is_rows(tmp_path):
    """Below its subject, with the blanks between its cells; not in what it quotes of an earlier one."""
    quoted = "".join(f"> {line}\n" for line in ORDER.splitlines())
    content = f"Subject: Order\nContent-Type: text/plain\n\n{ORDER}\nOn Monday Ann wrote:\n{quoted}"
    names = {"heading": "Order > Article; Quantity; Price"}
    found = describe(read(tmp_path, "a.eml", content))
    assert found[1:8] == [
        ("Thank you for your order.", {"heading": "Order"}),
        ("~Article       Quantity    Price", {"heading": "Order"}),
        ("Desk lamp            1    49.00", {"row": 2} | names),
        ("Bulb E27             4     3.50", {"row": 3} | names),
        ("~-------", {"heading": "Order"}),
        ("Total                     52.50", {"row": 4} | names),
        ("You can send it back.", {"heading": "Order"}),
    ]
    assert len(found) > 8 and all(text.startswith("~") for text, _ in found[8:])
