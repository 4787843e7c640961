"""The pages of PDFs and pictures as they are displayed, and the boxes of quotes on them."""

import io
import re

import pytest
from PIL import Image, ImageDraw
from reading import begin_page, flow, make_pdf
from scanning import reading, saved, scanned

from index import Originals, SourceError, boxes_between, file_hash, read_document
from index.originals import pages as drawing
from index.parsers import process

LEFT = (
    "Rain fell on the hill for three days and filled the lower pond before the road was closed. Nobody from the village"
    " could reach the market, so bread was baked in every house, and the children carried it to the mill by boat."
)
RIGHT = (
    "The council met again in May and agreed to build the bridge from local stone and oak. Two masons were hired, who"
    " asked for nothing but lodging and wine, and in October the first cart crossed the river without paying a toll."
)


@pytest.fixture(scope="module")
def originals():
    """One process for all the tests that leave it whole."""
    with Originals() as opened:
        yield opened


def page_in_columns(*, degrees=0, crop=None):
    """A PDF of one page with two columns, displayed turned or cropped."""
    stream = io.BytesIO()
    page = begin_page(stream, degrees=degrees, crop=crop)
    for x, y, line in flow(LEFT, width=220) + flow(RIGHT, x=315, width=220):
        page.drawString(x, y, line)
    page.save()
    return stream.getvalue()


def open_drawn(content):
    return Image.open(io.BytesIO(content)).convert("L")


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"degrees": 90},
        {"degrees": 180},
        {"crop": (20, 100, 560, 830)},
        {"degrees": 270, "crop": (20, 100, 560, 830)},
    ],
    ids=str,
)
@pytest.mark.parametrize("width", [400, 1200])
def test_boxes_of_quotes_cover_their_ink_on_the_page(tmp_path, originals, page, width):
    """Each box has ink in it; with the boxes of both quotes painted over none is left, and the size given has that shape."""
    path = tmp_path / "a.pdf"
    path.write_bytes(page_in_columns(**page))
    document = read_document(path, name="a.pdf")
    described = originals.describe(path, name="a.pdf")
    assert (described.kind, described.file_sha256) == ("pages", file_hash(path))
    ((across, down),) = described.pages
    picture = open_drawn(originals.draw_page(path, 1, width=width, name="a.pdf"))
    assert picture.size == (width, pytest.approx(width * down / across, abs=1))
    for text in (LEFT, RIGHT):
        quote = re.search(text.replace(" ", r"\s+"), document.text)
        before = count_ink(picture)
        for box in boxes_between(document.boxes, *quote.span()):
            edges = [box.left * picture.width, box.top * picture.height, box.right * picture.width]
            edges.append(box.bottom * picture.height)
            assert picture.crop([round(edge) for edge in edges]).getextrema()[0] < 250
            margins = (edges[0] - 2, edges[1] - 2, edges[2] + 2, edges[3] + 2)
            ImageDraw.Draw(picture).rectangle(margins, fill=255)
        assert count_ink(picture) < before
    assert count_ink(picture) == 0


def count_ink(picture):
    return sum(picture.histogram()[:128])


def test_boxes_lie_on_a_scan(tmp_path, originals):
    """A page that is a picture, whose words OCR found: the box of a word is where the picture has it."""
    white = Image.new("RGB", (1654, 2339), "white")
    ImageDraw.Draw(white).rectangle((175, 300, 235, 330), fill="black")
    for name, content in (("a.pdf", scanned(white)), ("a.png", saved(white, "png"))):
        path = tmp_path / name
        path.write_bytes(content)
        document = read_document(path, name=name, ocr=lambda pixels: reading((100, 300, "Page two.")))
        start = document.text.index("two.")
        (box,) = boxes_between(document.boxes, start, start + 4)
        picture = open_drawn(originals.draw_page(path, 1, width=1000, name=name))
        found = picture.point(lambda value: 255 * (value < 128)).getbbox()
        expected = (box.left * 1000, box.top * picture.height, box.right * 1000, box.bottom * picture.height)
        assert found == pytest.approx(expected, abs=2)


def test_a_filled_in_form_is_drawn(tmp_path, originals):
    """With its values."""
    from reportlab.pdfgen import canvas

    page = canvas.Canvas(str(tmp_path / "a.pdf"), pagesize=(595, 842))
    page.drawString(60, 400, "Town")
    page.acroForm.textfield(name="town", value="Moss", x=150, y=400, borderWidth=0, fillColor=None)
    page.save()
    picture = open_drawn(originals.draw_page(tmp_path / "a.pdf", 1, width=595, name="a.pdf"))
    assert count_ink(picture.crop((150, 400, 300, 450))) > 20


def test_the_frames_of_a_picture_are_upright(tmp_path, originals):
    """As the camera noted, on white where it is transparent; a .tif has several."""
    photo = Image.new("RGB", (40, 20), "red")
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held sideways
    (tmp_path / "a.jpg").write_bytes(saved(photo, "jpeg", exif=exif))
    assert originals.describe(tmp_path / "a.jpg", name="a.jpg").pages == ((20.0, 40.0),)
    assert open_drawn(originals.draw_page(tmp_path / "a.jpg", 1, width=20, name="a.jpg")).size == (20, 40)
    clear = Image.new("RGBA", (30, 10), (0, 0, 0, 0))
    frames = saved(photo, "tiff", save_all=True, append_images=[clear], exif=exif)
    (tmp_path / "a.tif").write_bytes(frames)
    described = originals.describe(tmp_path / "a.tif", name="a.tif")
    assert len(described.pages) == 2
    for page, (across, down) in enumerate(described.pages, start=1):
        picture = open_drawn(originals.draw_page(tmp_path / "a.tif", page, width=int(across), name="a.tif"))
        assert picture.size == (across, down)
    assert picture.getextrema() == (255, 255)


def test_text_is_sent_as_png_and_a_photograph_as_jpeg(tmp_path, originals):
    """Whichever is smaller."""
    (tmp_path / "a.pdf").write_bytes(make_pdf(flow(LEFT)))
    assert originals.draw_page(tmp_path / "a.pdf", 1, width=600, name="a.pdf").startswith(b"\x89PNG")
    (tmp_path / "b.png").write_bytes(saved(Image.effect_noise((60, 60), 60).resize((600, 600)), "png"))
    assert originals.draw_page(tmp_path / "b.png", 1, width=600, name="b.png").startswith(b"\xff\xd8\xff")


def test_a_long_strip_is_drawn_less_wide(tmp_path, originals):
    """It would have 3,000 times 150,000 pixels otherwise."""
    (tmp_path / "a.png").write_bytes(saved(Image.new("L", (100, 5_000)), "png"))
    picture = open_drawn(originals.draw_page(tmp_path / "a.png", 1, width=3_000, name="a.png"))
    assert picture.size == (1_000, 50_000) and picture.width * picture.height <= drawing.MOST_PIXELS


def test_a_changed_file_is_opened_again(tmp_path, originals):
    """Nothing of the old one is shown."""
    path = tmp_path / "a.pdf"
    path.write_bytes(make_pdf([(60, 700, "One.")]))
    first = originals.describe(path, name="a.pdf")
    path.write_bytes(make_pdf([(60, 700, "One.")], [(60, 700, "Two.")]))
    second = originals.describe(path, name="a.pdf")
    assert (len(first.pages), len(second.pages)) == (1, 2) and first.file_sha256 != second.file_sha256
    path.unlink()
    with pytest.raises(SourceError, match="a.pdf cannot be opened"):
        originals.draw_page(path, 1, width=600, name="a.pdf")


def locked():
    """A PDF with a password."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen import canvas

    stream = io.BytesIO()
    page = canvas.Canvas(stream, encrypt=StandardEncryption("secret"))
    page.drawString(60, 700, "Text.")
    page.save()
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.pdf", b"%PDF-1.4 nothing", "a.pdf is damaged"),
        ("a.pdf", b"", "a.pdf is empty"),
        ("a.pdf", locked(), "a.pdf is protected with a password"),
        ("a.png", b"\x89PNG nothing", "a.png is not a .png file"),
        ("a.png", saved(Image.effect_noise((99, 99), 40), "png")[:5_000], "a.png is damaged"),
        ("a.xyz", b"a", "files of type '.xyz' are not read"),
    ],
)
def test_a_file_that_cannot_be_shown_gives_one_line(tmp_path, originals, name, content, message):
    """It names the file and the reason."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=message) as error:
        originals.describe(tmp_path / name, name=name)
        originals.draw_page(tmp_path / name, 1, width=9, name=name)
    assert "\n" not in str(error.value)


def test_a_page_or_width_out_of_range_is_refused(tmp_path, originals):
    """So are pages of a text file, whose description is its hash alone."""
    (tmp_path / "a.pdf").write_bytes(make_pdf([(60, 700, "One.")]))
    for page in (0, 2):
        with pytest.raises(SourceError, match=f"a.pdf has no page {page}: it has 1 page\\."):
            originals.draw_page(tmp_path / "a.pdf", page, width=600, name="a.pdf")
    for width in (0, 3_001):
        with pytest.raises(ValueError, match="width"):
            originals.draw_page(tmp_path / "a.pdf", 1, width=width, name="a.pdf")
    (tmp_path / "a.txt").write_text("One.")
    described = originals.describe(tmp_path / "a.txt", name="a.txt")
    assert (described.kind, described.file_sha256) == ("text", file_hash(tmp_path / "a.txt"))
    with pytest.raises(SourceError, match="a.txt can only be shown as the text extracted from it"):
        originals.draw_page(tmp_path / "a.txt", 1, width=600, name="a.txt")


def test_text_starts_no_process_and_closing_ends_it(tmp_path):
    """The next question after it starts another one."""
    (tmp_path / "a.txt").write_text("One.")
    (tmp_path / "a.pdf").write_bytes(make_pdf([(60, 700, "One.")]))
    with Originals() as opened:
        opened.describe(tmp_path / "a.txt", name="a.txt")
        assert opened._worker.process is None
        opened.describe(tmp_path / "a.pdf", name="a.pdf")
        first = opened._worker.process
        opened.close()
        assert first.poll() is not None
        assert len(opened.describe(tmp_path / "a.pdf", name="a.pdf").pages) == 1


def test_a_process_that_dies_or_takes_too_long_is_one_error(tmp_path, monkeypatch):
    """A process that died is replaced; when a new one dies as well, or time is up, the error says so."""
    (tmp_path / "a.pdf").write_bytes(make_pdf([(60, 700, "One.")]))
    with Originals() as opened:
        opened.describe(tmp_path / "a.pdf", name="a.pdf")
        opened._worker.process.kill()
        assert len(opened.describe(tmp_path / "a.pdf", name="a.pdf").pages) == 1
    monkeypatch.setattr(process, "_START", "import sys; sys.exit(1) # {module}{function}")
    with Originals() as opened, pytest.raises(SourceError, match=r"a\.pdf cannot be shown: .* ended \(status 1\)"):
        opened.describe(tmp_path / "a.pdf", name="a.pdf")
    monkeypatch.setattr(process, "_START", "import time; time.sleep(60) # {module}{function}")
    monkeypatch.setattr("index.originals.SECONDS", 0.05)
    with Originals() as opened, pytest.raises(SourceError, match="a.pdf needs more than 0 seconds"):
        opened.describe(tmp_path / "a.pdf", name="a.pdf")
