"""Reading messages as Outlook saves them."""

import struct
from datetime import UTC, datetime

import pytest
from outlook_files import make_msg, message_tree, write_ole
from reading import describe, read, texts

from index.errors import SourceError

SENT = datetime(2024, 3, 1, 10, tzinfo=UTC)
HEAD = {
    0x001A: "IPM.Note",
    0x0037: "Budget; 2024",
    0x0042: "Lee, Ann",
    0x0065: "/O=X/CN=ANN",
    0x5D02: "ann@x.example",
    0x0039: SENT,
}
BOB = {0x3001: "Bob", 0x3003: "bob@x.example", 0x0C15: 1}
FROM = "From: Lee, Ann <ann@x.example>"


def test_a_message_is_read_as_other_mail(tmp_path):
    """With its headers, date and subject; what it quotes of an earlier one does not answer."""
    recipients = [BOB, {0x3001: "cy@x.example", 0x39FE: "cy@x.example", 0x0C15: 0x10000002}, {0x3001: "Eve", 0x0C15: 3}]
    body = "The roof costs 300.\r\n\r\n-----Original Message-----\r\nFrom: Bob\r\nSent: Friday\r\n\r\nHow much?\0"
    document = read(tmp_path, "a.msg", make_msg({**HEAD, 0x1000: body}, recipients=recipients))
    place = {"date": "2024-03-01", "heading": "Budget; 2024"}
    assert describe(document) == [
        (
            f"{FROM}\nTo: Bob <bob@x.example>\nCc: cy@x.example\nDate: Fri, 01 Mar 2024 10:00:00 +0000\nSubject: Budget; 2024",
            place,
        ),
        ("The roof costs 300.", place),
        ("~-----Original Message-----\nFrom: Bob\nSent: Friday", place),
        ("~How much?", place),
    ]
    assert (document.metadata.title, document.metadata.author) == ("Budget; 2024", "Lee, Ann <ann@x.example>")
    assert (document.metadata.date, document.notes) == ("2024-03-01", ())


def test_the_page_of_a_message_is_read_rather_than_its_text(tmp_path):
    """Which Outlook makes of it, with addresses; in the encoding that the message declares."""
    page = "<p>Gr\xfc\xdfe an <a href='http://x.example'>Ann</a>.<table><tr><th>Item<th>Cost<tr><td>Roof<td>300</table>"
    content = make_msg(
        {**HEAD, 0x1000: "Gr\xfc\xdfe an Ann<http://x.example>.", 0x1013: page.encode("cp1252"), 0x3FDE: 1252}
    )
    assert [text for text, _ in describe(read(tmp_path, "a.msg", content))][1:] == [
        "Gr\xfc\xdfe an Ann.", "~Item; Cost", "Item: Roof; Cost: 300.",
    ]  # fmt: skip
    assert "Gr\xfc\xdfe an Ann." in read(tmp_path, "b.msg", make_msg({**HEAD, 0x1013: page})).text


@pytest.mark.parametrize(
    ("page", "codec"), [(1251, "cp1251"), (28595, "iso8859-5"), (65001, "utf-8"), (20866, "koi8_r")]
)
def test_text_in_bytes_is_decoded_as_declared(tmp_path, page, codec):
    """As older versions of Outlook write it; also the names of recipients."""
    name = "\u0414\u043e\u0433\u043e\u0432\u043e\u0440"
    properties = {(0x0037, None): name.encode(codec), (0x1000, None): f"{name}.".encode(codec), 0x3FFD: page}
    content = make_msg(properties, recipients=[{(0x3001, None): name.encode(codec), 0x0C15: 1}])
    assert read(tmp_path, "a.msg", content).text == f"To: {name}\nSubject: {name}\n\n{name}."


def test_addresses_that_a_message_does_not_show_are_left_out(tmp_path):
    """Outlook writes them into the text that it makes of rich text; a plain text is as it was typed."""
    text = "[cid:a@b] Ask Ann<mailto:ann@x.example> or see the page<https://x.example/?a=1>, see <https://y.example>."
    rich = read(tmp_path, "a.msg", make_msg({**HEAD, 0x1000: text, 0x1009: b"rich"}))
    assert rich.text.endswith("\n\nAsk Ann or see the page, see <https://y.example>.")
    assert read(tmp_path, "b.msg", make_msg({**HEAD, 0x1000: text})).text.endswith(text)


def test_the_day_is_that_of_the_senders_clock(tmp_path):
    """Where the headers of its transport have it; in UTC otherwise."""
    headers = "Received: from x\r\n\tby y\r\nDate: Sat, 02 Mar 2024 00:30:00 +0200\r\n\r\n"
    for more, day in (({0x007D: headers}, "2024-03-02"), ({}, "2024-03-01"), ({0x0039: 0, 0x0E06: SENT}, "2024-03-01")):
        document = read(tmp_path, "a.msg", make_msg({**HEAD, 0x1000: "x", **more}))
        assert document.metadata.date == day


def test_attachments_are_noted_and_messages_within_are_read(tmp_path):
    """Each with its own date and subject."""
    inner = message_tree(
        {0x0037: "Inner", 0x1000: "The inner text.", 0x0E06: SENT}, attachments=[{0x3704: "b.txt"}], head=24
    )
    attachments = [{0x3707: "plan \xfc.pdf", 0x3701: b"data", 0x370E: "application/pdf"}, {0x3701: inner}]
    attachments.append({0x3707: "logo.png", 0x370E: "image/png", 0x3701: b"\x89PNG", 0x3712: "logo@x", 0x7FFE: 1})
    document = read(tmp_path, "a.msg", make_msg({0x0037: "Outer", 0x1000: "The outer text."}, attachments=attachments))
    place = {"date": "2024-03-01", "heading": "Inner"}
    assert describe(document) == [
        ("Subject: Outer\nAttachments: plan \xfc.pdf", {"heading": "Outer"}),
        ("The outer text.", {"heading": "Outer"}),
        ("Date: Fri, 01 Mar 2024 10:00:00 +0000\nSubject: Inner\nAttachments: b.txt", place),
        ("The inner text.", place),
    ]
    assert document.notes == ("attachments are not read: plan \xfc.pdf, logo.png, b.txt",)


def test_an_appointment_is_read_as_an_event(tmp_path):
    """Its time and place are properties whose numbers each file gives anew."""
    end = datetime(2024, 3, 1, 11, 30, tzinfo=UTC)
    properties = {0x001A: "IPM.Appointment", 0x0037: "Roof, visit", 0x1000: "Bring a ladder.", 0x8000: "Yard; north"}
    document = read(tmp_path, "a.msg", make_msg({**properties, 0x8001: SENT, 0x8002: end}))
    assert [text for text, _ in describe(document)] == [
        "Subject: Roof, visit",
        "Bring a ladder.",
        "Event: Roof, visit; Start: 2024-03-01 10:00 UTC; End: 2024-03-01 11:30 UTC; Place: Yard; north.",
    ]


def packed(text):
    """A rich text that begins as most do, compressed: the beginning is copied, all else is written out."""
    steps = [(True, (0 << 4 | 9).to_bytes(2, "big")), *((False, bytes([byte])) for byte in text.encode())]
    steps.append((True, ((207 + 11 + len(text)) % 4096 << 4).to_bytes(2, "big")))
    content = b""
    for first in range(0, len(steps), 8):
        eight = steps[first : first + 8]
        content += bytes([sum(copied << bit for bit, (copied, _) in enumerate(eight))]) + b"".join(
            step for _, step in eight
        )
    return struct.pack("<IIII", len(content) + 12, 11 + len(text), 0x75465A4C, 0) + content


RICH = r" The roof\par costs \u8364? 300. \u-10179?\u-8704?\par " + "And so on. " * 500 + "}"


@pytest.mark.parametrize("kind", ["packed", "plain"])
def test_rich_text_alone_is_read_and_noted(tmp_path, kind):
    """Compressed or not."""
    plain = rb"{\rtf1\ansi" + RICH.encode()
    content = packed(RICH) if kind == "packed" else struct.pack("<IIII", 0, len(plain), 0x414C454D, 0) + plain
    document = read(tmp_path, "a.msg", make_msg({0x0037: "Roof", 0x1009: content}))
    text = "\n\n".join(texts(document)[1:])
    assert (
        text.startswith("The roof\ncosts \u20ac 300. \U0001f600\nAnd so on. And so on.") and text.count("so on.") == 500
    )
    note = "its text is kept as compressed rich text alone: what it shows besides words is not read"
    assert document.notes == (note,)
    cut = read(tmp_path, "b.msg", make_msg({0x0037: "Roof", 0x1009: packed(RICH)[:60]}))
    assert cut.text.startswith("Subject: Roof\n\nThe roof\ncosts")


UNREAD = {
    "rich-text": ({0x1009: b"rich"}, "its text is compressed rich text, which is damaged and not read"),
    "rich-kind": ({0x1009: bytes(99)}, "its text is compressed rich text, which is damaged and not read"),
    "contact": ({0x001A: "IPM.Contact"}, "the fields of an item of the kind IPM.CONTACT are not read"),
    "sealed": ({0x001A: "IPM.Note.SMIME"}, "its text is encrypted, or within a signature, and not read"),
}


@pytest.mark.parametrize(("properties", "note"), UNREAD.values(), ids=UNREAD)
def test_what_is_not_read_is_noted(tmp_path, properties, note):
    """The rest is read."""
    document = read(tmp_path, "a.msg", make_msg({0x0037: "Subject", **properties}))
    assert (document.text, document.notes) == ("Subject: Subject", (note,))


def test_odd_values_harm_nothing(tmp_path):
    """Line ends in headers, types that are none, times beyond all calendars, a table that is cut off."""
    tree = message_tree(
        {0x0037: "One\r\nTo: two", 0x1000: "Text.", 0x3FFD: 99_999, 0x0042: "A\0\u202eB"},
        attachments=[{0x3707: 'a"b\r\n.pdf', 0x370E: "x;y/\n", 0x3712: "a\r\nb"}, {0x370E: "image/png"}],
    )
    tree["__properties_version1.0"] += b"\x40\0\x39\0\0\0\0\0" + b"\xff" * 8 + b"\x1f"
    document = read(tmp_path, "a.msg", write_ole(tree))
    assert document.text == ('From: A\u202eB\nSubject: One To: two\nAttachments: a"b .pdf, attachment\n\nText.')


BROKEN = {
    "empty": (b"", "a.msg is empty."),
    "text": (b"proc msg {}", "a.msg is not a .msg file: it does not begin like one."),
    "other-office": (write_ole({"WordDocument": b"x"}), "a.msg is an office file of the old kind but no message."),
    "cut-off": (make_msg(HEAD)[:700], "a.msg is damaged: it cannot be read"),
    "beginning-only": (b"\xd0\xcf\x11\xe0" + bytes(600), "a.msg is damaged: it cannot be read"),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_message_is_refused_with_the_reason(tmp_path, content, message):
    """The message names the file."""
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "a.msg", content)
    assert str(caught.value).startswith(message)
