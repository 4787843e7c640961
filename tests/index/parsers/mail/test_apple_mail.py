"""Reading messages as Apple Mail keeps them."""

import pytest
from reading import describe, make_eml, read

from index.errors import SourceError

PROPERTIES = b"<?xml version='1.0'?><plist><dict><key>flags</key><integer>1</integer></dict></plist>"


def test_the_message_is_read_without_what_is_around_it(tmp_path):
    """The length above it, and the list of properties below."""
    message = make_eml("The roof costs 300.", attach="plan.pdf")
    content = b"%d      \n%b%b" % (len(message), message, PROPERTIES)
    document = read(tmp_path, "1.emlx", content)
    assert describe(document)[1:] == [("The roof costs 300.", {"date": "2024-03-01", "heading": "Re: budget"})]
    assert (document.text, document.notes) == (
        read(tmp_path, "1.eml", message).text,
        ("attachments are not read: plan.pdf",),
    )


BROKEN = {
    "empty": (b"", "1.emlx is empty."),
    "no-length": (make_eml("x"), "1.emlx is not a .emlx file: it does not begin like one."),
    "no-message": (b"3\nabc" + PROPERTIES, "1.emlx is not a .emlx file: it does not begin like one."),
    "huge-length": (b"9" * 5000 + b"\nFrom: a\n\nx", "1.emlx is not a .emlx file: it does not begin like one."),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_such_message_is_refused_with_the_reason(tmp_path, content, message):
    """The message names the file."""
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "1.emlx", content)
    assert str(caught.value).startswith(message)
