"""The boxes of a quote against the ink of its words, on PDFs of ten makes: its words are red, the others blue, as drawn."""

import io
from pathlib import Path

import matplotlib
import numpy as np
import pytest
import reportlab
from PIL import Image
from scanning import picture_of, scanned

from index import Originals, boxes_between, read_document

A4 = (595, 842)
WIDTH = 1_200  # pixels that pages are drawn in: two a point
MARGIN = 2  # pixels that ink may lie outside its box: characters are blurred at their edges
STRAY = 0.01  # of the ink of the quote: how much of other ink a box may cover, where lines touch
BEFORE = (
    "Rain fell on the hill for three days and filled the lower pond before the road was closed. Nobody from the village"
    " could reach the market, so bread was baked in every house."
)
QUOTE = (
    "Two masons were hired in October, who asked for nothing but lodging and wine, and in spring the first cart crossed"
    " the river without paying a toll."
)
AFTER = (
    "The council met again in May and agreed to mend the mill from local stone. The children carried the sacks by boat,"
    " and the ferryman took nothing for it until the harvest was in."
)
TEXT = f"{BEFORE} <{QUOTE}> {AFTER}"
HEBREW = (
    "הגשם ירד על הגבעה שלושה ימים ומילא את הבריכה התחתונה."
    " <שני בנאים נשכרו בסתיו ולא ביקשו דבר מלבד לינה ויין.>"  # noqa: RUF001
    " הילדים נשאו את השקים בסירה עד הקציר."
)


def laid(text, *, x=60, y=780, width=475, font="Helvetica", size=10, leading=None):
    """A text as lines for `make`: x, y, font, size, line. What stands between < and > is the quote."""
    from reportlab.lib.utils import simpleSplit

    lines = simpleSplit(text, font, size, width)
    return placed(lines, x=x, y=y, font=font, size=size, leading=leading)


def placed(lines, *, x=60, y=780, font="Helvetica", size=10, leading=None):
    """Lines as they are, one below the other."""
    step = leading or 1.2 * size
    return [(x, y - step * number, font, size, line) for number, line in enumerate(lines)]


def register(name, path):
    """A font of a file, for `laid`."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    pdfmetrics.registerFont(TTFont(name, str(path)))
    return name


def make(*pages, degrees=0, crop=None, backwards=False):
    """A PDF of pages of lines, the quote in red; displayed turned or cropped, its lines written from right to left."""
    from reportlab.pdfgen import canvas

    stream = io.BytesIO()
    size = A4[::-1] if degrees % 180 else A4  # which the library exchanges when it turns the page
    drawing = canvas.Canvas(stream, pagesize=size, invariant=True)
    quoted = False
    for page in pages:
        drawing.setPageRotation(degrees)
        if crop:
            drawing.setCropBox(crop)
        for x, y, font, points, line in page:
            parts = []
            for number, part in enumerate(line.replace(">", "<").split("<")):
                quoted = not quoted if number else quoted
                parts.append((part[::-1] if backwards else part, quoted))
            text = drawing.beginText(x, y)
            text.setFont(font, points)
            for part, is_quoted in reversed(parts) if backwards else parts:
                text.setFillColorRGB(*(1, 0, 0) if is_quoted else (0, 0, 1))
                text.textOut(part)
            drawing.drawText(text)
        drawing.showPage()
    drawing.save()
    return stream.getvalue()


def one_column():
    return make(laid(TEXT)), QUOTE


def two_columns():
    left = laid(TEXT, width=220)
    return make(left + laid(f"{AFTER} {BEFORE}", x=315, width=220)), QUOTE


def turned_to_the_right():
    return make(laid(TEXT, width=300), degrees=90), QUOTE


def turned_to_the_left():
    return make(laid(TEXT, width=300), degrees=270), QUOTE


def cropped():
    return make(laid(TEXT, x=100, y=700, width=300), crop=(40, 120, 500, 800)), QUOTE


def hyphenated_over_lines():
    lines = [
        "The council met in May and agreed to build the bridge.",
        "Nobody spoke against it. <Two masons were hired in Octo-",
        "ber, who asked for nothing but lodg-",
        "ing and wine.> In spring the first cart crossed the river",
        "without paying a toll, and the ferryman was at the mill.",
    ]
    return make(placed(lines)), "Two masons were hired in October, who asked for nothing but lodging and wine."


def hyphenated_over_pages():
    first = laid(f"{BEFORE} {AFTER}", y=130) + placed(
        ["Nobody spoke against it at the time. <Two masons were then hired, who asked for noth-"], y=60
    )
    second = placed(["ing but lodging and wine.> In spring the first cart crossed the river without pay-"], y=780)
    second += placed(["ing a toll."], y=768) + laid(AFTER, y=700)
    return make(first, second), "Two masons were then hired, who asked for nothing but lodging and wine."


def over_pages():
    lines = laid(TEXT, y=96)
    here, there = lines[:3], lines[3:]
    assert any("<" in line for *_, line in here) and any(">" in line for *_, line in there)
    top = [(x, 780 - 12 * number, *rest) for number, (x, _, *rest) in enumerate(there)]
    return make(here, top), QUOTE


def scan():
    """Read by OCR itself."""
    return scanned(picture_of(make(laid(TEXT, size=12, width=440, leading=18)))), QUOTE


def from_right_to_left():
    font = register("DejaVuSans", Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")
    quote = HEBREW[HEBREW.index("<") + 1 : HEBREW.index(">")]
    return make(laid(HEBREW, width=300, font=font, size=11), backwards=True), quote


def accents():
    font = register("Vera", Path(reportlab.__file__).with_name("fonts") / "Vera.ttf")
    quote = "Dès l'été, Señor Muñoz et Jürgen Größe boivent du thé glacé à l'Hôtel d'Ångström, près de l'évêché."
    return make(laid(f"{BEFORE} <{quote}> {AFTER}", font=font, size=11)), quote


def tiny_and_huge():
    huge, tiny = "The toll is lifted", "for carts that cross the bridge before noon on a day of market."
    page = laid(BEFORE) + laid(AFTER, y=720)
    page += placed([f"<{huge}>"], y=600, size=54) + placed(["is written on the gate of the bridge."], y=540, size=54)
    page += laid(f"{AFTER} <{tiny}> {BEFORE}", y=400, size=4)
    return make(page), (huge, tiny)


def tight_lines():
    return make(laid(TEXT, leading=10.2)), QUOTE


KINDS = (
    one_column,
    two_columns,
    turned_to_the_right,
    turned_to_the_left,
    cropped,
    hyphenated_over_lines,
    hyphenated_over_pages,
    over_pages,
    pytest.param(scan, marks=pytest.mark.slow),
    from_right_to_left,
    accents,
    tiny_and_huge,
    tight_lines,
)


@pytest.fixture(scope="module")
def originals():
    """One process for all the tests."""
    with Originals() as opened:
        yield opened


def find(text, quote):
    """Start and end of a quote in a text, whatever the white space between its words."""
    words = " ".join(text.split())
    assert words.count(quote) == 1, words
    first = len("".join(words[: words.index(quote)].split()))
    places = [place for place, character in enumerate(text) if not character.isspace()]
    return places[first], places[first + len("".join(quote.split())) - 1] + 1


def ink(picture, colour):
    """Where a page has ink that is clearly red (0) or blue (2): bool of shape (height, width)."""
    pixels = np.asarray(picture).astype(int)
    return pixels[..., colour] - pixels[..., 2 - colour] > 60


def cover(boxes, page, shape, margin):
    """Where the boxes of a page are, larger by a margin: bool of shape (height, width)."""
    height, width = shape
    covered = np.zeros(shape, dtype=bool)
    for box in boxes:
        if box.page == page:
            top, bottom = round(box.top * height) - margin, round(box.bottom * height) + margin
            left, right = round(box.left * width) - margin, round(box.right * width) + margin
            covered[max(0, top) : bottom, max(0, left) : right] = True
    return covered


@pytest.mark.parametrize("kind", KINDS)
def test_boxes_of_a_quote_are_where_its_ink_is(tmp_path, originals, kind):
    """All of its ink is in its boxes, give or take two pixels; of other ink next to none; and no box is without any."""
    if kind is scan:
        pytest.importorskip("rapidocr", reason="needs OCR")
    content, quotes = kind()
    path = tmp_path / "a.pdf"
    path.write_bytes(content)
    document = read_document(path, name="a.pdf")
    spans = [find(document.text, quote) for quote in ((quotes,) if isinstance(quotes, str) else quotes)]
    boxes = [box for span in spans for box in boxes_between(document.boxes, *span)]
    for page, _ in enumerate(originals.describe(path, name="a.pdf").pages, start=1):
        picture = Image.open(io.BytesIO(originals.draw_page(path, page, width=WIDTH, name="a.pdf"))).convert("RGB")
        red, blue = ink(picture, 0), ink(picture, 2)
        assert red.any() and blue.any()
        missed = red & ~cover(boxes, page, red.shape, MARGIN)
        assert missed.sum() == 0, f"page {page}: {missed.sum()} of {red.sum()} pixels are in no box"
        stray = blue & cover(boxes, page, red.shape, -1)
        assert stray.sum() <= STRAY * red.sum(), (
            f"page {page}: {stray.sum()} pixels of others, {red.sum()} of the quote"
        )
        for box in boxes:
            if box.page == page:
                assert (red & cover([box], page, red.shape, 0)).any(), box
