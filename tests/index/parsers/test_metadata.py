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
        ("b.pdf", lambda: described_pdf("Microsoft Word - rules.docx"), Metadata("rules", "Ida Brekke", "2000-01-01")),
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


@pytest.mark.parametrize("title", ["(anonymous)", "Untitled 3", "(unspecified)", "Document1", "- - -"])
@pytest.mark.parametrize("author", ["anonymous", "(unspecified)", "python-docx", "Microsoft Office User"])
def test_what_programs_fill_in_is_no_title_and_no_author(title, author):
    """A person's name and a real title stay."""
    builder = TextBuilder("a.pdf")
    builder.describe(title=title, author=author)
    assert builder.finish().metadata == Metadata()
    builder.describe(title="Document retention", author="Anna Owner")
    assert builder.finish().metadata == Metadata("Document retention", "Anna Owner")
