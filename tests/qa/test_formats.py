"""Asking about documents of every format, and about a folder in which some are hostile."""

import io
import shutil
import zipfile

import pytest
from reading import flow, make_docx, make_eml, make_epub, make_old, make_pdf, make_pptx, make_xlsx, replaced, zipped

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
