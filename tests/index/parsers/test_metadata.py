"""What files say about themselves: title, author and date."""

import io
import zipfile

import pytest
from reading import make_docx, make_eml, make_epub, make_pptx, make_xlsx, read, replaced

from index.parsers.builder import TextBuilder
from index.records import Metadata


def described_pdf(title):
    """A PDF of one line, with a title, an author and a date."""
    from reportlab.pdfgen import canvas

    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, invariant=True)
    drawing.setTitle(title)
    drawing.setAuthor("Ida Brekke")
    drawing.drawString(60, 780, "Nets are dried on the pier.")
    drawing.save()
    return stream.getvalue()


CORE = (
    '<?xml version="1.0"?><cp:coreProperties xmlns:cp="urn:cp" xmlns:dc="urn:dc" xmlns:dcterms="urn:dcterms">'
    "<dc:title>Rules of the harbour</dc:title><dc:creator>Ida Brekke</dc:creator>"
    "<dcterms:created>2019-01-01T00:00:00Z</dcterms:created><dcterms:modified>2024-03-05T10:00:00Z</dcterms:modified>"
    "</cp:coreProperties>"
)


def with_properties(content):
    """An office file with those properties."""
    return replaced(content, "docProps/core.xml", lambda _: CORE.encode())


def opendocument():
    """A text of one paragraph with properties."""
    stream = io.BytesIO()
    names = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr(
            "content.xml",
            f'<office:document-content {names} xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body>'
            "<office:text><text:p>Nets are dried on the pier.</text:p></office:text></office:body>"
            "</office:document-content>",
        )
        package.writestr("meta.xml", CORE)
    return stream.getvalue()


HTML = (
    "<title>Rules of\n the harbour</title><meta name='Author' content='Ida Brekke'>"
    "<meta property='article:published_time' content='2024-03-05T08:00:00'><h1>Nets</h1><p>Nets are dried on the pier."
)
MARKDOWN = (
    "---\ntitle: 'Rules of the harbour'\nAuthor: Ida Brekke\ndate: 2024-03-05\ntags: [a]\n---\n# Nets\n\nNets dry."
)
RULES = Metadata("Rules of the harbour", "Ida Brekke", "2024-03-05")


@pytest.mark.parametrize(
    ("name", "make", "expected"),
    [
        (
            "a.pdf",
            lambda: described_pdf("Rules of the harbour"),
            Metadata("Rules of the harbour", "Ida Brekke", "2000-01-01"),
        ),
        ("b.pdf", lambda: described_pdf("Microsoft Word - rules.docx"), Metadata("", "Ida Brekke", "2000-01-01")),
        ("rules.pdf", lambda: described_pdf("rules"), Metadata("", "Ida Brekke", "2000-01-01")),
        ("c.pdf", lambda: described_pdf("untitled"), Metadata("", "Ida Brekke", "2000-01-01")),
        ("a.docx", lambda: with_properties(make_docx("Nets dry.")), RULES),
        ("a.pptx", lambda: with_properties(make_pptx(("Nets", "Nets dry."))), RULES),
        ("a.xlsx", lambda: with_properties(make_xlsx(Nets=[["Net", "Size"], ["Trawl", 3]])), RULES),
        ("a.odt", opendocument, RULES),
        ("a.html", HTML.encode, RULES),
        ("a.md", MARKDOWN.encode, RULES),
        ("b.md", b"# Rules *of* nets\n\nNets dry.\n\n# More\n\nMore.", Metadata("Rules of nets")),
        ("c.md", b"Nets dry.\n\n# Late\n\nMore.", Metadata()),
        ("a.rst", b"Nets\n====\n\nNets dry.", Metadata("Nets")),
        ("a.txt", b"Nets dry.", Metadata()),
        ("a.eml", lambda: make_eml("Nets dry."), Metadata("Re: budget", "ann@x.org", "2024-03-01")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_title_author_and_date_are_read(tmp_path, name, make, expected):
    """As each format gives them; without a title, the first heading above all other text is it."""
    assert read(tmp_path, name, make if isinstance(make, bytes) else make()).metadata == expected


def test_a_book_says_its_title(tmp_path):
    """That of the package, not of a chapter."""
    content = replaced(
        make_epub("<p>Nets dry.</p>"),
        "OEBPS/book.opf",
        lambda book: book.replace(
            b"<manifest",
            b'<metadata xmlns:dc="urn:dc"><dc:title>Rules of the harbour</dc:title></metadata><manifest',
            1,
        ),
    )
    assert read(tmp_path, "a.epub", content).metadata.title == "Rules of the harbour"


@pytest.mark.parametrize("title", ["(anonymous)", "Untitled 3", "(unspecified)", "Document1", "Layout 1", "- - -"])
@pytest.mark.parametrize("author", ["anonymous", "(unspecified)", "python-docx", "Microsoft Office User"])
def test_what_programs_fill_in_is_no_title_and_no_author(title, author):
    """A person's name and a real title stay."""
    builder = TextBuilder("a.pdf")
    builder.describe(title=title, author=author)
    assert builder.finish().metadata == Metadata()
    builder.describe(title="Document retention", author="Anna Owner")
    assert builder.finish().metadata == Metadata("Document retention", "Anna Owner")


def titled_pdf(title, *lines):
    """A PDF of a page, with a title and lines of (size, text)."""
    from reportlab.pdfgen import canvas

    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, invariant=True)
    drawing.setTitle(title)
    y = 800
    for size, text in lines:
        y -= 3 * size
        drawing.setFont("Helvetica", size)
        drawing.drawString(60, y, text)
    drawing.save()
    return stream.getvalue()


LINES = (
    (9, "Harbour office, Quay 7, and it is open until noon."),
    (40, "T"),
    (14, "Series of small writings"),
    (24, "Rules of the harbour"),
    (10, "Nets are dried on the pier, and boats are moored by the bow."),
    (14, "Nets"),
    (10, "Whoever dries a net there takes it away by noon."),
)


@pytest.mark.parametrize(
    "title",
    [
        "report_v3.indd",
        "Microsoft Word - rules.doc",
        "Microsoft PowerPoint - Rules final",
        "Cover 2024.PSD",
        "harbour_rules_2024",
        "C:\\Users\\ida\\rules",
        "file:///home/ida/rules",
        "untitled",
        "",
    ],
)
def test_a_title_that_is_the_name_of_a_file_is_none(tmp_path, title):
    """The largest heading of the first page is the title, wherever it stands; a large letter alone is none."""
    assert read(tmp_path, "a.pdf", titled_pdf(title, *LINES)).metadata.title == "Rules of the harbour"


@pytest.mark.parametrize(
    "title", ["Rules of Node.js", "Version 2.0", "Harbours and/or piers", "A_B and C", "Doc. 7", "Word"]
)
def test_a_title_with_dots_or_strokes_stays(tmp_path, title):
    """It is the one that the file states."""
    assert read(tmp_path, "a.pdf", titled_pdf(title, *LINES)).metadata.title == title
