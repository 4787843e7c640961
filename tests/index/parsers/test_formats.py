"""Reading files."""

import codecs
import sys

import pytest
from reading import describe, read

from index.errors import SourceError
from index.parsers import read_document
from index.text.passages import split_passages

TEXTS = {
    "plain": "One.\nTwo.",
    "crlf-and-tabs": "One.\r\n\r\n\tTwo.",
    "byte-order-mark": "\ufeffOne.",
    "curly-quotes": "\u201cTehran\u2019s\u201d \u2014 yes",
    "emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467 family",
    "old-mac": "One.\rTwo.",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_the_text_is_the_files_own_characters(tmp_path, text):
    """Decoding alters nothing, so encoding the text again gives the file's bytes."""
    file = tmp_path / "a.txt"
    file.write_bytes(text.encode("utf-8"))
    assert read_document(file, name="a.txt").text == text


def test_utf_16_is_read_where_a_mark_announces_it(tmp_path):
    """A UTF-16 byte-order mark is believed."""
    file = tmp_path / "a.txt"
    file.write_bytes(codecs.BOM_UTF16_LE + "Gr\u00fc\u00dfe".encode("utf-16-le"))
    assert read_document(file, name="a.txt").text == "Gr\u00fc\u00dfe"


BROKEN = {
    "binary": ("a.txt", b"\x7fELF\x00\x00\x01", "a.txt is not a text file: it holds zero bytes."),
    "late-zero": ("a.txt", b"x" * 70_000 + b"\x00", "a.txt is not a text file: it holds zero bytes."),
    "bad-utf-8": ("a.txt", b"\xe9\xe9", "a.txt is not valid UTF-8: byte 0 cannot be decoded."),
    "cut-utf-16": ("a.md", codecs.BOM_UTF16_LE + b"a", "a.md is not valid UTF-16: byte 2 cannot be decoded."),
    "unknown-suffix": ("a.xyz", b"text", "a.xyz: files of type '.xyz' are not read"),
    "no-suffix": ("a", b"\x7fELF\0\0", "a is not a text file: it holds zero bytes."),
}


@pytest.mark.parametrize(("name", "content", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_not_text_is_refused_with_the_reason(tmp_path, name, content, message):
    """The message names the file and says what is wrong."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read_document(tmp_path / name, name=name)
    assert str(caught.value).startswith(message)


def test_a_missing_file_is_refused_with_the_reason(tmp_path):
    """A file that went away between finding and reading is named."""
    with pytest.raises(SourceError, match=r"^a\.txt cannot be opened: No such file or directory\."):
        read_document(tmp_path / "a.txt", name="a.txt")


def test_a_missing_library_is_named_with_its_command(tmp_path, monkeypatch):
    """Where a library is not installed, the files of its format are refused and the message says how to install it."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7")
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(
        SourceError, match=r"^a\.pdf cannot be read: reading \.pdf needs pypdfium2\. Install it: pip install pypdfium2$"
    ):
        read_document(tmp_path / "a.pdf", name="a.pdf")


def test_markdown_headings_are_locators_and_do_not_answer(tmp_path):
    """Each paragraph knows the path of headings above it; a "#" in a code block is no heading."""
    text = "# Title\nIntro.\r\n\r\n## Sub *x*\n- one\n- two\n\n```\n# no heading\n```\n\nOther\n-----\nBye."
    (tmp_path / "a.md").write_bytes(text.encode())
    document = read_document(tmp_path / "a.md", name="a.md")
    assert [(document.text[p.start : p.end], p.place.heading, p.answering) for p in split_passages(document)] == [
        ("Title", None, False),
        ("Intro.", "Title", True),
        ("Sub x", None, False),
        ("- one\n- two", "Title > Sub x", True),
        ("# no heading", "Title > Sub x", True),
        ("Other", None, False),
        ("Bye.", "Title > Other", True),
    ]


def test_markdown_is_read_as_what_it_shows(tmp_path):
    """No marks, addresses, comments, front matter and pictures; a row of a table keeps the names of its columns."""
    text = (
        "---\ntitle: Ferry\n---\nThe **ferry** to [Skar](http://x.example) leaves \\*at* `nine`.<!-- why -->\n\n"
        "![map](map.png)\n\n"
        "| Day | Fare |\n|---|--:|\n| Monday | ~~11~~ 12 |\n"
    )
    document = read(tmp_path, "a.md", text)
    assert document.text == "The ferry to Skar leaves *at* nine.\n\nDay; Fare\n\nDay: Monday; Fare: 11 12."
    assert [passage.place.row for passage in split_passages(document)] == [None, None, 2]


GERMAN = "Für die Küche gilt: Größe und Preis stehen im Vertrag, schöne Grüße aus Köln."
GUESSED = {
    "windows-1252": ("cp1252", GERMAN),
    "windows-1250": ("cp1250", "Zażółć gęślą jaźń. Umowa została zawarta w Łodzi."),
    "windows-1251": ("cp1251", "Договор аренды заключён в Москве."),
    "GB18030": ("gb18030", "退货规定。顾客可以在收到商品后十四天内退货。"),
    "Shift-JIS": ("shift_jis", "返品は商品到着後十日以内に限ります。"),
    "UTF-16": ("utf-16-le", "The boiler is inspected every October."),
}  # fmt: skip


@pytest.mark.parametrize(
    ("label", "encoding", "text"), [(label, *case) for label, case in GUESSED.items()], ids=GUESSED
)
def test_an_encoding_that_is_not_declared_is_guessed_and_named(tmp_path, label, encoding, text):
    """The text is right, and the notes say how it was read."""
    document = read(tmp_path, "a.txt", text.encode(encoding))
    assert document.text == text
    assert document.notes == (f"its encoding is guessed: read as {label}",)


def test_a_web_page_in_a_text_file_is_read_as_one(tmp_path):
    """Its tags are no words."""
    assert read(tmp_path, "a.txt", "<!doctype html><p>One <b>two</b>.</p>").text == "One two."


@pytest.mark.parametrize("name", ["README", "a.log", "a.yaml", "a.ini", "a.adoc"])
def test_other_text_files_are_read_as_text(tmp_path, name):
    """Also those without a suffix."""
    assert read(tmp_path, name, "level: 3\n").text == "level: 3\n"


@pytest.mark.parametrize("mark", ["[!TIP]", "[!warning]  "])
def test_the_kind_of_a_box_is_no_word_of_it(tmp_path, mark):
    """In Markdown as GitHub shows it; brackets with other words stay."""
    document = read(tmp_path, "a.md", f"> {mark}\n> Close the valve.\n\n> [!odd]\n> So.\n")
    assert document.text == "Close the valve.\n\n[!odd] So."


def test_marks_of_notes_and_names_of_headings_are_no_words(tmp_path):
    """In Markdown; a note is a paragraph, and brackets that name no note stay."""
    content = "## Rent {#rent}\n\nIt is 300.[^1] Use `[^a]` {#x}.\n[^1]: Since May.\n[^b]: Never.\n"
    assert describe(read(tmp_path, "a.md", content)) == [
        ("~Rent", {}),
        ("It is 300. Use [^a] {#x}.", {"heading": "Rent"}),
        ("Since May.", {"heading": "Rent"}),
        ("Never.", {"heading": "Rent"}),
    ]
