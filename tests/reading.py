"""What the tests of the readers share: what became of a file, and a file of each format made by its own library."""

import io
import shutil
import subprocess
import zipfile

from index import read_document
from index.text.passages import split_passages

PLACES = ("page", "sheet", "slide", "date", "time", "row", "heading")


def read(folder, name, content):
    """Write a file and read it."""
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return read_document(folder / name, name=name)


def describe(document):
    """Each passage as its text and place; those that do not answer come behind a "~"."""
    found = []
    for passage in split_passages(document):
        place = {name: getattr(passage.place, name) for name in PLACES if getattr(passage.place, name) is not None}
        found.append((("" if passage.answering else "~") + document.text[passage.start : passage.end], place))
    return found


def texts(document):
    """Each passage as its text alone."""
    return [text for text, _ in describe(document)]


def saved(document):
    """The bytes of what a writer's library saves."""
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    """The bytes of a zip file of some members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return stream.getvalue()


def replaced(content, member, change):
    """The bytes of a zip file with one member changed, or left out where there is no change."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        members = {name: package.read(name) for name in package.namelist()}
    part = members.pop(member)
    if change:
        members[member] = change(part)
    return zipped(members)


def make_picture():
    """The bytes of a picture, as a stream."""
    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", (9, 9)).save(stream, "PNG")
    stream.seek(0)
    return stream


def make_docx(*blocks):
    """A Word document of paragraphs; ("Heading 1", text) has a style, a list of lists is a table."""
    import docx

    document = docx.Document()
    for block in blocks:
        if isinstance(block, list):
            table = document.add_table(len(block), len(block[0]))
            for row, cells in zip(table.rows, block, strict=True):
                for cell, text in zip(row.cells, cells, strict=True):
                    cell.text = text
        elif isinstance(block, tuple):
            document.add_paragraph(block[1], style=block[0])
        else:
            document.add_paragraph(block)
    return saved(document)


def make_pptx(*slides):
    """A presentation of slides with a title and a text."""
    import pptx

    presentation = pptx.Presentation()
    for title, text in slides:
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = text
    return saved(presentation)


def make_xlsx(**sheets):
    """A workbook of sheets, each a list of rows."""
    import openpyxl

    workbook = openpyxl.Workbook()
    workbook.remove(workbook.active)
    for title, rows in sheets.items():
        sheet = workbook.create_sheet(title)
        for row in rows:
            sheet.append(row)
    return saved(workbook)


def begin_page(stream, *, degrees=0, crop=None):
    """A canvas with a page that is displayed turned or cropped, 595 x 842 points upright, and a font to draw with."""
    from reportlab.pdfgen import canvas

    size = (842, 595) if degrees % 180 else (595, 842)  # which the library exchanges when it turns the page
    page = canvas.Canvas(stream, pagesize=size, invariant=True)
    page.setPageRotation(degrees)
    if crop:
        page.setCropBox(crop)
    page.setFont("Helvetica", 10)
    return page


def make_pdf(*pages):
    """A PDF of pages, each a list of (x, y, text) in points from the lower left corner; a page of None is a picture."""
    from reportlab.pdfgen import canvas

    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, pagesize=(595, 842), invariant=True)
    for page in pages:
        if page is None:
            drawing.rect(50, 50, 400, 600, fill=1)
        else:
            drawing.setFont("Helvetica", 10)
            for x, y, text in page:
                drawing.drawString(x, y, text)
        drawing.showPage()
    drawing.save()
    return stream.getvalue()


def raw_pdf(objects):
    """A PDF of the objects given, numbered from 1, the first its catalog."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return bytes(out + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, start))


def flow(text, *, x=60, y=780, width=475, leading=12):
    """A text as lines of a column, for `make_pdf`."""
    from reportlab.lib.utils import simpleSplit

    lines = simpleSplit(text, "Helvetica", 10, width)
    return [(x, y - leading * number, line) for number, line in enumerate(lines)]


def make_epub(*chapters, title="Book", extra=None):
    """A book of chapters, each the XHTML of a body."""
    names = [f"c{number}.xhtml" for number in range(1, len(chapters) + 1)]
    manifest = "".join(f'<item id="{n}" href="text/{n}" media-type="application/xhtml+xml"/>' for n in names)
    spine = "".join(f'<itemref idref="{n}"/>' for n in names)
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
        "OEBPS/book.opf": f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{manifest}</manifest>'
        f"<spine>{spine}</spine></package>",
    }
    for name, body in zip(names, chapters, strict=True):
        members[f"OEBPS/text/{name}"] = (
            f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>{title}</title></head>'
            f"<body>{body}</body></html>"
        )
    return zipped({**members, **(extra or {})})


def make_eml(text, *, subject="Re: budget", day="Fri, 01 Mar 2024 10:00:00 +0000", html=None, attach=None):
    """A message as the standard library writes it."""
    from email.message import EmailMessage

    message = EmailMessage()
    message["From"], message["To"], message["Subject"], message["Date"] = "ann@x.org", "bob@x.org", subject, day
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    if attach:
        message.add_attachment(b"data", maintype="application", subtype="pdf", filename=attach)
    return message.as_bytes()


def make_old(folder, suffix, content, *, made_of=""):
    """A file of an old office format ("doc", "xls", "ppt"), which LibreOffice makes of the bytes of the new one or of another."""
    folder.mkdir(exist_ok=True)
    new = folder / f"a.{made_of or suffix + 'x'}"
    new.write_bytes(content)
    command = [shutil.which("soffice"), f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
    subprocess.run(
        [*command, "--convert-to", suffix, "--outdir", folder, new], capture_output=True, check=True, timeout=120
    )
    return new.with_suffix(f".{suffix}")
