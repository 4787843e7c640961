"""Asking about documents of every format, and about a folder in which some are hostile."""

import io
import json
import shutil
import zipfile
from datetime import UTC, datetime

import pytest
from outlook_files import make_msg
from reading import flow, make_docx, make_eml, make_epub, make_old, make_pdf, make_pptx, make_xlsx, replaced, zipped

from index import Originals
from qa import Assistant
from qa.answering.citation import verify

FACTS = {
    "Leeds": "The archive of Leeds keeps the maps of the old canal.",
    "Turin": "The museum of Turin owns the first electric tram.",
    "Porto": "The library of Porto lends the letters of its bishops.",
}
QUESTIONS = {
    "Leeds": "What does the archive of Leeds keep?",
    "Turin": "What does the museum of Turin own?",
    "Porto": "What does the library of Porto lend?",
}
FILLER = "Nothing else of note is told in this place, whatever one may ask for."


def epub(fact):
    """A book with the fact in its second chapter."""
    return make_epub(f"<h1>Begin</h1><p>{FILLER}</p>", f"<h1>Towns</h1><h2>North</h2><p>{fact}</p>")


def mbox(fact):
    """A mailbox with the fact in its second message."""
    first, second = (
        make_eml(FILLER, subject="Hello"),
        make_eml(fact, subject="Re: towns", day="Sat, 02 Mar 2024 10:00:00 +0000"),
    )
    return b"From a Fri Mar  1 10:00:00 2024\n" + first + b"\nFrom a Sat Mar  2 10:00:00 2024\n" + second


def subject_and_rest(fact):
    """The fact as the two columns of a table."""
    town = next(town for town in FACTS if FACTS[town] == fact)
    return ["Town", "Fact"], [town, fact]


def html(fact):
    """A page with headings."""
    return f"<h1>Towns</h1><p>{FILLER}</p><h2>North</h2><p>{fact}</p>".encode()


def rst(fact):
    """A file of reStructuredText with sections."""
    return f"Towns\n=====\n\n{FILLER}\n\nNorth\n-----\n\n{fact}\n".encode()


def docx(fact):
    """A Word document with headings."""
    return make_docx(("Heading 1", "Towns"), FILLER, ("Heading 2", "North"), fact)


def table(fact):
    """The fact as a row of a table, below the names of its columns."""
    return [["Town", "Fact"], [next(town for town in FACTS if FACTS[town] == fact), fact]]


def delimited(fact, mark):
    """The table with a mark between values."""
    return "\n".join(mark.join(row) for row in table(fact)).encode()


def notebook(fact):
    """A Jupyter notebook with headings, and code before the fact."""
    cells = [{"cell_type": "markdown", "source": f"# Towns\n\n{FILLER}"}, {"cell_type": "code", "source": "x = 1"}]
    return json.dumps({"cells": [*cells, {"cell_type": "markdown", "source": f"## North\n\n{fact}"}]}).encode()


def subtitles(fact):
    """Subtitles that tell the fact after an hour."""
    return f"WEBVTT\n\n00:01.000 --> 00:05.000\n{FILLER}\n\n01:02:03.000 --> 01:02:09.000\n{fact}\n".encode()


def outlook(fact):
    """A message of Outlook."""
    sent = datetime(2024, 3, 1, 10, tzinfo=UTC)
    return make_msg({0x0037: "Re: towns", 0x0039: sent, 0x1000: f"{FILLER}\r\n\r\n{fact}"})


def apple_mail(fact):
    """A message as Apple Mail keeps it."""
    message = make_eml(f"{FILLER}\n\n{fact}\n", subject="Re: towns")
    return b"%d\n%b" % (len(message), message)


def calendar(fact):
    """A calendar with an event that has the fact in its description."""
    lines = ["SUMMARY:Towns", "DTSTART:20240301T100000Z", f"DESCRIPTION:{FILLER}\\n\\n{fact}"]
    return "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"]).encode()


# For each format: a file that tells a fact, the quote that answers, and the place where it stands.
HEADED = ("{fact}", "paragraph 4, Towns > North")
ROW = "Town: {town}; Fact: {fact}"
FORMATS = {
    "txt": (lambda fact: f"{FILLER}\n\n{fact}\n".encode(), "{fact}", "paragraph 2"),
    "md": (lambda fact: f"# Towns\n\n{FILLER}\n\n## North\n\n{fact}\n".encode(), *HEADED),
    "html": (html, *HEADED),
    "rst": (rst, *HEADED),
    "docx": (docx, *HEADED),
    "epub": (epub, "{fact}", "paragraph 5, Towns > North"),
    "pdf": (lambda fact: make_pdf(flow(FILLER), flow(fact)), "{fact}", "page 2, paragraph 2"),
    "pptx": (lambda fact: make_pptx(("Begin", FILLER), ("Towns", fact)), "{fact}", "slide 2, Towns"),
    "xlsx": (lambda fact: make_xlsx(Other=[[FILLER]], Towns=table(fact)), ROW, "sheet Towns, row 2"),
    "csv": (lambda fact: delimited(fact, ","), ROW, "row 2, paragraph 2"),
    "tsv": (lambda fact: delimited(fact, "\t"), ROW, "row 2, paragraph 2"),
    "json": (
        lambda fact: f'{{"towns": [{{"note": "{FILLER}"}}, {{"fact": "{fact}"}}]}}'.encode(),
        "fact: {fact}",
        "row 2, paragraph 2, towns",
    ),
    "jsonl": (
        lambda fact: f'{{"note": "{FILLER}"}}\n{{"fact": "{fact}"}}\n'.encode(),
        "fact: {fact}",
        "row 2, paragraph 2",
    ),
    "eml": (lambda fact: make_eml(f"{FILLER}\n\n{fact}\n", subject="Re: towns"), "{fact}", "2024-03-01, Re: towns"),
    "ipynb": (notebook, "{fact}", "paragraph 5, Towns > North"),
    "vtt": (subtitles, "{fact}", "1:02:03"),
    "mht": (lambda fact: b"MIME-Version: 1.0\nContent-Type: text/html\n\n" + html(fact), *HEADED),
    "msg": (outlook, "{fact}", "2024-03-01, Re: towns"),
    "emlx": (apple_mail, "{fact}", "2024-03-01, Re: towns"),
    "ics": (calendar, "{fact}", "2024-03-01, Towns"),
    "vcf": (
        lambda fact: f"BEGIN:VCARD\nFN:Towns\nNOTE:{fact}\nEND:VCARD\n".encode(),
        "Name: Towns; Note: {fact}",
        "row 1, paragraph 1, Towns",
    ),
    "docm": (docx, *HEADED),
    "xml": (
        lambda fact: (
            f"<a><title>Towns</title><para>{FILLER}</para><b><title>North</title><para>{fact}</para></b></a>".encode()
        ),
        *HEADED,
    ),
    "fb2": (
        lambda fact: (
            f"<FictionBook><body><title>Towns</title><p>{FILLER}</p><section><title>North</title><p>{fact}</p></section>"
            f"</body></FictionBook>".encode()
        ),
        *HEADED,
    ),
    "mbox": (mbox, "{fact}", "2024-03-02, Re: towns"),
}


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """An assistant over three files of each format, each with another fact."""
    folder = tmp_path_factory.mktemp("library")
    for suffix, (make, *_) in FORMATS.items():
        for town, fact in FACTS.items():
            (folder / f"{town}.{suffix}").write_bytes(make(fact))
    with Assistant.open(folder, home=tmp_path_factory.mktemp("home")) as assistant:
        yield assistant


@pytest.mark.parametrize("town", FACTS)
@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_answers_with_the_right_place(library, suffix, town):
    """The quote is the fact, a slice of the extracted text, cited by the place its format has, and holds when verified."""
    _, quote, place = FORMATS[suffix]
    answer = library.ask(QUESTIONS[town], sources=[f"*.{suffix}"])
    assert answer.found and library.failures == ()
    first = answer.citations[0]
    assert (first.source, first.locator()) == (f"{town}.{suffix}", place)
    assert first.quote == quote.format(town=town, fact=FACTS[town])
    document = library.document(first.path)
    assert document.text[first.start : first.end] == first.quote
    assert verify(first.to_dict()).status == "exact"


@pytest.fixture(scope="module")
def originals():
    """One process that shows them all."""
    with Originals() as opened:
        yield opened


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_is_shown_as_itself_or_as_its_text(library, originals, suffix):
    """With the words of the fact in it."""
    path = next(document.path for document in library.documents() if document.source == f"Leeds.{suffix}")
    kind = originals.describe(path, name=f"Leeds.{suffix}").kind
    if kind == "markup":
        assert FACTS["Leeds"] in originals.read_markup(path, name="a")
    elif kind == "grid":
        sheets = originals.describe(path, name="a").sheets
        assert [[2, ["Leeds", FACTS["Leeds"]]]] == [
            list(row) for row in originals.read_rows(path, sheet=len(sheets) - 1, first=2, count=1, name="a")
        ]
    elif kind == "pages":
        assert originals.draw_page(path, 2, width=100, name="a").startswith(b"\x89PNG")
    else:
        assert FACTS["Leeds"] in library.document(path).text


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice")
def test_old_office_formats_answer_with_the_right_place(tmp_path):
    """Word, Excel and PowerPoint files of before 2007 answer as their successors do."""
    (tmp_path / "files").mkdir()
    for suffix, town in {"doc": "Leeds", "xls": "Turin", "ppt": "Porto"}.items():
        old = make_old(tmp_path / suffix, suffix, FORMATS[f"{suffix}x"][0](FACTS[town]))
        shutil.copy(old, tmp_path / "files" / f"{town}.{suffix}")
    with Assistant.open(tmp_path / "files", home=tmp_path / "home") as assistant:
        for suffix, town in {"doc": "Leeds", "xls": "Turin", "ppt": "Porto"}.items():
            first = assistant.ask(QUESTIONS[town]).citations[0]
            _, quote, place = FORMATS[f"{suffix}x"]
            assert (first.source, first.locator()) == (f"{town}.{suffix}", place)
            assert first.quote == quote.format(town=town, fact=FACTS[town])
            assert verify(first.to_dict()).status == "exact"


LAUGHS = '<!DOCTYPE x [<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9)) + "]>"
OUTSIDE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


def entities(document_type):
    """A Word document whose text is an entity."""
    return replaced(make_docx(FILLER), "word/document.xml", lambda _: f"{document_type}<x>&a;</x>".encode())


def locked():
    """A PDF with a password."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen import canvas

    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, encrypt=StandardEncryption("secret"))
    drawing.drawString(60, 700, FILLER)
    drawing.save()
    return stream.getvalue()


def overlapping():
    """A zip file in which many members share the same compressed bytes."""
    content = bytearray(zipped({"word/document.xml": b"0" * 50_000_000}))
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        directory = content[package.start_dir : content.index(b"PK\x05\x06")]
    end = bytearray(content[content.index(b"PK\x05\x06") :])
    end[8:12] = (20).to_bytes(2, "little") * 2
    end[12:16] = (20 * len(directory)).to_bytes(4, "little")
    return bytes(content[: content.index(b"PK\x01\x02")] + directory * 20 + end)


LOOP = (
    b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(while(true){})>>>>\nendobj\n"
    b"2 0 obj\n<</Type/Pages/Kids[2 0 R]/Count 9>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF"
)
HOSTILE = {
    "bomb.docx": (overlapping, "unpacks to more than 600 MB"),
    "laughs.docx": (lambda: entities(LAUGHS), "is not safe to read: its XML declares entities."),
    "outside.docx": (lambda: entities(OUTSIDE), "is not safe to read: its XML declares entities."),
    "laughs.epub": (lambda: make_epub("x", extra={"META-INF/container.xml": f"{LAUGHS}<x>&a9;</x>"}), "is damaged"),
    "deep.json": (lambda: b"[" * 1_000_000, "is nested more than 100 deep."),
    "deep.docx": (lambda: replaced(make_docx(), "word/document.xml", lambda _: b"<a>" * 100_000), "is damaged"),
    "loop.pdf": (lambda: LOOP, "is damaged"),
    "locked.pdf": (locked, "is protected with a password."),
    "picture.pdf": (lambda: b"\x89PNG\r\n\x1a\n" + bytes(99), "is not a .pdf file: it is a PNG picture."),
    "page.docx": (lambda: b"<!doctype html><p>x", "is not a .docx file: it is a web page (.html)."),
    "sheet.csv": (lambda: make_xlsx(S=[["x"]]), "is not a text file: it holds zero bytes."),
    "open.csv": (lambda: b'a,b\n1,"2\n3,4\n', "has a quotation mark that is never closed"),
    "new\nline \u202efdp.exe": (lambda: b"MZ", ": files of type '.exe' are not read"),
    "blank.txt": (lambda: b" \n", "holds no text to search."),
    "latin.txt": (lambda: b"\xe9\xe9", "is not valid UTF-8"),
}  # fmt: skip
GOOD_NAMES = (
    "<script>alert(1)<.txt",
    "quote ' \" back`.md",
    "\u202etxt.fdp.csv",
    "two\nlines.html",
    "\U0001f600" + "x" * 246 + ".txt",
)


@pytest.fixture(scope="module")
def besieged(tmp_path_factory):
    """An assistant over good files with odd names and files that are hostile or broken."""
    folder = tmp_path_factory.mktemp("folder")
    for name, (make, _) in HOSTILE.items():
        (folder / name).write_bytes(make())
    with open(folder / "line.txt", "wb") as file:
        file.truncate(1_000_000_000)  # one line of a gigabyte, of which the disk holds nothing
    for number, name in enumerate(GOOD_NAMES):
        (folder / name).write_text(f"Number,Text\n{number},The word of file {number} is plum.\n", encoding="utf-8")
    for number, (suffix, (make, *_)) in enumerate(FORMATS.items()):
        (folder / f"good{number}.{suffix}").write_bytes(make(FACTS["Leeds"]))
    with Assistant.open(folder, home=tmp_path_factory.mktemp("home")) as assistant:
        yield assistant


def test_good_files_are_indexed_whatever_lies_beside_them(besieged):
    """Every file that can be read is in the index, under its own name."""
    good = {*GOOD_NAMES, *(f"good{number}.{suffix}" for number, suffix in enumerate(FORMATS))}
    assert {document.source for document in besieged.documents()} == good
    answer = besieged.ask("What does the archive of Leeds keep?")
    assert answer.found and FACTS["Leeds"] in answer.citations[0].quote


def test_hostile_files_are_listed_with_one_line_each(besieged):
    """Each is named with the reason, and the reason is one line without marks that turn text around."""
    reasons = {failure.source: failure.reason for failure in besieged.failures}
    assert set(reasons) == {*HOSTILE, "line.txt"}
    for name, (_, expected) in HOSTILE.items():
        shown = name.replace("\n", "\\n").replace("\u202e", "\\u202e")
        assert reasons[name].startswith(f"{shown}{expected if expected[0] == ':' else ' ' + expected}")
        assert reasons[name].isprintable()
    assert reasons["line.txt"] == "line.txt is larger than 200 MB. Split it, then index it again."
