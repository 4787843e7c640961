"""Reading text of PDF files that is printed twice, a little apart, to look bold or cast a shadow."""

import io

import pytest
from reading import begin_page, flow, raw_pdf, read, texts
from reportlab.pdfbase.pdfmetrics import stringWidth

LINES = ("Hello, all 1100 bookkeepers of Mississippi", "see the fees of a coffee room: iii, 22, ...")


def printed(*shifts, fonts=("Helvetica",), degrees=0):
    """A PDF whose letters are drawn one by one, each once for every shift to the right and up."""
    stream = io.BytesIO()
    page = begin_page(stream)
    page.translate(100, 400)
    page.rotate(degrees)
    for number, line in enumerate(LINES):
        x = 0.0
        for letter in line:
            for place, (right, up) in enumerate(shifts):
                drawn = page.beginText(x + right, up - 14 * number)
                drawn.setFont(fonts[place % len(fonts)], 10)
                drawn.textOut(letter)
                page.drawText(drawn)
            x += stringWidth(letter, fonts[0], 10)
    page.save()
    return stream.getvalue()


@pytest.mark.parametrize(
    "shifts",
    [[(0, 0)], [(0, 0), (1, 0)], [(0, 0), (1, -1.5)], [(0, 0), (0.5, 0), (0, 0.5), (0.5, 0.5)], [(0, 0), (-0.8, -0.8)]],
    ids=str,
)
def test_letters_printed_twice_are_read_once(tmp_path, shifts):
    """Letters that are double in the word stay so, narrow ones too."""
    assert texts(read(tmp_path, "a.pdf", printed(*shifts))) == [" ".join(LINES)]


@pytest.mark.parametrize("degrees", [90, 270])
def test_turned_letters_drawn_one_by_one_are_words(tmp_path, degrees):
    """There is a space only where one is drawn, or a gap."""
    assert texts(read(tmp_path, "a.pdf", printed((0, 0), degrees=degrees))) == [" ".join(LINES)]


def test_the_number_of_a_note_is_no_part_of_its_first_word(tmp_path):
    """It touches the word, but is smaller."""
    stream = io.BytesIO()
    page = begin_page(stream)
    page.setFont("Helvetica", 6)
    page.drawString(60, 705, "9")
    page.setFont("Helvetica", 10)
    page.drawString(60 + stringWidth("9", "Helvetica", 6), 700, "Found at the pier.")
    page.save()
    assert texts(read(tmp_path, "a.pdf", stream.getvalue())) == ["9 Found at the pier."]


def test_turned_letters_printed_twice_are_read_once(tmp_path):
    """Their lines run up the page."""
    assert texts(read(tmp_path, "a.pdf", printed((0, 0), (1.2, -1), degrees=90))) == [" ".join(LINES)]


@pytest.mark.parametrize("degrees", [0, 20, 45, 70, 90])
def test_double_letters_stay_in_narrow_type_and_at_a_slant(tmp_path, degrees):
    """Condensed type has letters a tenth of their height apart, and boxes of slanting ones overlap."""
    line = "All hills still fill; iii 11"
    stream = io.BytesIO()
    page = begin_page(stream)
    page.drawString(60, 60, "A line that is level, and longer than the other one.")
    page.translate(100, 400)
    page.rotate(degrees)
    drawn = page.beginText(0, 0)
    drawn.setHorizScale(60)
    drawn.textOut(line)
    page.drawText(drawn)
    page.save()
    text = read(tmp_path, "a.pdf", stream.getvalue()).text
    assert line.replace(" ", "") in text.replace(" ", "")


def test_a_copy_in_bold_type_is_dropped(tmp_path):
    """Its letters are a little wider and higher."""
    drawn = printed((0, 0), (0.2, 0), fonts=("Helvetica", "Helvetica-Bold"))
    assert texts(read(tmp_path, "a.pdf", drawn)) == [" ".join(LINES)]


def test_a_paragraph_printed_twice_is_read_once(tmp_path):
    """Also where the copy follows many lines later, with other spaces between the words."""
    text = " ".join(
        f"Ferry {number} is all full, and the toll of {number * 11} marks is still paid." for number in range(1, 21)
    )
    stream = io.BytesIO()
    page = begin_page(stream)
    for shift in (0, 0.7):
        for x, y, line in flow(text):
            for word in line.split() if shift else [line]:
                page.drawString(x + shift, y - shift, word)
                x += stringWidth(f"{word} ", "Helvetica", 10)
    page.save()
    assert texts(read(tmp_path, "a.pdf", stream.getvalue())) == [text]


def test_a_letter_near_another_of_another_size_is_no_copy(tmp_path):
    """A small one inside a large one, and the same one on the next line of dense type."""
    stream = io.BytesIO()
    page = begin_page(stream)
    page.setFont("Helvetica", 40)
    page.drawString(60, 700, "O")
    page.setFont("Helvetica", 12)
    page.drawString(72, 710, "O")
    page.setFont("Helvetica", 4)
    for number in range(3):
        page.drawString(60, 600 - 2 * number, "OO")
    page.save()
    assert "".join(texts(read(tmp_path, "a.pdf", stream.getvalue()))).count("O") == 8


def font_with(*, ascent, content=b"All hills still fill; iii 11"):
    """A PDF with a font that claims to be so many thousandths of its size high."""
    content = b"BT /F1 10 Tf 72 700 Td (%s) Tj ET" % content
    return raw_pdf(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
            b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
            b"<</Type/Font/Subtype/TrueType/BaseFont/Odd/FirstChar 32/LastChar 126/Widths[%s]/FontDescriptor 6 0 R>>"
            % b" ".join([b"250"] * 95),
            b"<</Type/FontDescriptor/FontName/Odd/Flags 32/FontBBox[0 -%d 1000 %d]/Ascent %d/Descent -%d/CapHeight 700"
            b"/StemV 80/ItalicAngle 0>>" % (ascent, ascent, ascent, ascent),
        ]
    )


def test_the_height_that_a_font_claims_makes_no_copies(tmp_path):
    """Some claim to be several times as high as they are."""
    assert texts(read(tmp_path, "a.pdf", font_with(ascent=4000))) == ["All hills still fill; iii 11"]


def test_text_far_off_the_page_does_no_harm(tmp_path):
    """Damaged files place text anywhere."""
    content = font_with(ascent=700, content=b"near) Tj 1e30 -1e30 Td (far) Tj (far")
    assert "near" in read(tmp_path, "a.pdf", content).text
