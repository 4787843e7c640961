"""Read PDF files whose fonts do not say what their characters are."""

import io
from pathlib import Path

import pypdfium2
import reportlab
from reading import make_pdf, raw_pdf, texts
from scanning import reading

from index.parsers import read_document


def make_untold(*pages):
    """A PDF of pages of a line each, in a font without the table of its characters: those beyond ASCII are lost."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen import canvas

    pdfmetrics.registerFont(TTFont("Vera", str(Path(reportlab.__file__).with_name("fonts") / "Vera.ttf")))
    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, pageCompression=0)
    for line in pages:
        drawing.setFont("Vera", 10)
        drawing.drawString(60, 780, line)
        drawing.showPage()
    drawing.save()
    return stream.getvalue().replace(b"/ToUnicode", b"/ToUnicodX")


def read(folder, content, ocr=None):
    (folder / "a.pdf").write_bytes(content)
    return read_document(folder / "a.pdf", name="a.pdf", ocr=ocr)


def test_a_page_whose_characters_are_lost_is_read_by_ocr(tmp_path):
    """What its codes would spell is no text."""
    content = make_untold(
        "\u00c9\u00ea\u00fc\u00e4 \u00f1\u00f6\u00e5\u00e9\u00df \u00c9\u00ea\u00fc\u00e4.", "It meets."
    )
    document = read(tmp_path, content, lambda pixels: reading((100, 300, "The boiler is old.")))
    assert texts(document) == ["The boiler is old.", "It meets."]
    assert document.notes[0].startswith("page 1 was read by OCR")


def test_a_page_on_which_some_characters_are_lost_is_noted(tmp_path):
    """The others are read."""
    document = read(
        tmp_path,
        make_untold("It meets.", "The \u00c9\u00ea\u00fc\u00e4\u00f1\u00f6\u00e5\u00e9 meets in the old hall."),
    )
    assert texts(document) == ["It meets.", "The meets in the old hall."]
    assert document.notes == ("page 2: characters that the fonts do not identify are not read",)


def test_accents_above_no_letter_are_quotation_marks(tmp_path):
    """Also one that the file draws when the line is done."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfgen import canvas

    make_untold()  # registers the font
    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, pageCompression=0)
    drawing.setFont("Vera", 10)
    drawing.drawString(60, 780, "Links for `frozen\u2019 and stable\u2019 are on it.")
    drawing.drawString(57 + pdfmetrics.stringWidth("Links for `frozen\u2019 and ", "Vera", 10), 780, "`")
    drawing.save()
    content = stream.getvalue().replace(b"<60> <0060>", b"<60> <0300>")
    assert texts(read(tmp_path, content)) == ["Links for \u2018frozen\u2019 and \u2018stable\u2019 are on it."]


def test_attached_files_of_a_pdf_are_noted(tmp_path):
    """By their names."""
    with pypdfium2.PdfDocument(make_pdf([(60, 780, "See the plan.")])) as document:
        document.new_attachment("plan.xlsx").set_data(b"x")
        stream = io.BytesIO()
        document.save(stream)
    found = read(tmp_path, stream.getvalue())
    assert texts(found) == ["See the plan."]
    assert found.notes == ("attached files are not read: plan.xlsx",)


def test_a_code_that_is_no_character_is_left_out(tmp_path):
    """As where a font's codes have three bytes and no table says what they are."""
    content = b"BT /F1 12 Tf 72 700 Td <E0E0E0> Tj /F2 12 Tf (See the plan.) Tj ET"
    codes = (
        b"/CIDInit /ProcSet findresource begin begincmap 4 begincodespacerange <00> <7f> <c080> <dfbf> <e08080> <efbfbf>"
        b" <f0808080> <f7bfbfbf> endcodespacerange endcmap"
    )
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R/F2 8 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type0/BaseFont/X/Encoding 6 0 R/DescendantFonts[7 0 R]>>",
        b"<</Type/CMap/CMapName/X/Length %d>>stream\n%s\nendstream" % (len(codes), codes),
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/X/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    assert texts(read(tmp_path, raw_pdf(objects))) == ["See the plan."]
