"""What becomes of pages and pictures that OCR reads: the OCR itself is played by a function."""

import io
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest
from PIL import Image
from reading import begin_page, describe, make_pdf, texts
from reportlab.pdfbase.pdfmetrics import stringWidth
from scanning import DPI, picture_of, reading, saved, scanned
from toy_encoder import ToyEncoder

from index import Collection, SourceError, parsers, read_document
from index.boxes import boxes_between
from index.parsers import containers, is_outdated
from index.parsers import picture as pictures
from index.parsers.pdf.scans import name_pages, segments_of, tilt_of

WHITE = Image.new("RGB", (1654, 2339), "white")
SHORT = Image.new("RGB", (60, 40), "white")


def read(folder, name, content, *readings):
    """Read a file whose pictures are read as given, one after the other; an error among them is raised."""
    (folder / name).write_bytes(content)
    left = iter(readings)

    def ocr(pixels):
        found = next(left)
        if isinstance(found, Exception):
            raise found
        return found

    document = read_document(folder / name, name=name, ocr=ocr)
    assert next(left, None) is None
    return document


@pytest.fixture
def without_ocr(monkeypatch):
    """An installation without the extra; returns a function that installs it."""

    def version(package):
        if package == "rapidocr":
            raise PackageNotFoundError
        return original(package)

    original = containers.version
    caches = containers.package_version, parsers._formats_version
    monkeypatch.setattr(containers, "version", version)
    for cache in caches:
        cache.cache_clear()
    yield lambda: (monkeypatch.undo(), [cache.cache_clear() for cache in caches])
    monkeypatch.undo()
    for cache in caches:
        cache.cache_clear()


def test_only_pages_without_text_are_read_by_ocr(tmp_path):
    """They come in their place, and the notes name them; the words on them have boxes."""
    content = make_pdf([(60, 700, "Page one.")], None, [(60, 700, "Page three.")], None, [])
    document = read(tmp_path, "a.pdf", content, reading((100, 300, "Page two.")), reading((100, 300, "Page four.")))
    assert describe(document) == [
        ("Page one.", {"page": 1}),
        ("Page two.", {"page": 2}),
        ("Page three.", {"page": 3}),
        ("Page four.", {"page": 4}),
    ]
    assert document.notes == ("pages 2, 4 were read by OCR (mean confidence 97%): compare quotes with the picture",)
    start = document.text.index("two.")
    (box,) = boxes_between(document.boxes, start, start + 4)
    width, height = 595 * DPI / 72, 842 * DPI / 72  # pixels of the page
    expected = (2, (100 + 75) / width, 300 / height, (100 + 135) / width, 330 / height)
    assert (box.page, box.left, box.top, box.right, box.bottom) == pytest.approx(expected, abs=0.001)


def test_a_document_read_by_ocr_names_the_engine(tmp_path):
    """So that it is read again with another version, and the others are not."""
    assert "rapidocr" not in read(tmp_path, "a.pdf", make_pdf([(60, 700, "Text.")])).extractor
    by_ocr = read(tmp_path, "b.pdf", scanned(WHITE), reading((100, 300, "Text."))).extractor
    assert by_ocr.endswith(f", rapidocr {containers.package_version('rapidocr')}")
    picture = read(tmp_path, "c.png", saved(SHORT, "png"), reading((0, 0, "Text."))).extractor
    assert picture == f"picture 1, rapidocr {containers.package_version('rapidocr')}"
    assert not is_outdated(by_ocr, "b.pdf") and not is_outdated(picture, "c.png")
    assert is_outdated(by_ocr.rpartition(" ")[0] + " 1.0", "b.pdf")


def test_pages_with_little_confidence_are_named(tmp_path):
    """The mean counts characters; pages of which less is sure are named apart."""
    document = read(
        tmp_path,
        "a.pdf",
        scanned(WHITE, WHITE, WHITE, WHITE),
        reading((100, 300, "Sure.")),
        reading((100, 300, "Blotch."), confidence=0.6),
        reading(),
        reading((100, 300, "Stains."), confidence=0.7),
    )
    assert document.notes == (
        "pages 1-2, 4 were read by OCR (mean confidence 73%): compare quotes with the picture",
        "pages 2, 4 were hard to read: the text may be wrong",
    )


def test_a_page_that_ocr_fails_on_is_named_with_the_reason(tmp_path):
    """The other pages are read."""
    document = read(tmp_path, "a.pdf", scanned(WHITE, WHITE), SourceError("it took too long."), reading((9, 9, "Two.")))
    assert describe(document) == [("Two.", {"page": 2})]
    assert document.notes == (
        "page 2 was read by OCR (mean confidence 97%): compare quotes with the picture",
        "page 1 could not be read by OCR: it took too long.",
    )
    with pytest.raises(SourceError, match="^it took too long\\.$"):
        read(tmp_path, "a.pdf", scanned(WHITE), SourceError("it took too long."))


@pytest.mark.parametrize("name", ["a.pdf", "a.png"])
def test_a_scan_without_any_text_is_refused(tmp_path, name):
    """The reason is the one that other empty files have."""
    content = scanned(WHITE) if name == "a.pdf" else saved(SHORT, "png")
    with pytest.raises(SourceError, match=f"^{name} holds no text to search\\.$"):
        read(tmp_path, name, content, reading())


INSTALL = "pip install 'qa-verbatim[ocr]'"


def test_without_ocr_scans_are_named_with_the_command_that_installs_it(tmp_path, without_ocr):
    """Pages in a note, whole scans and pictures as the reason."""
    document = read(tmp_path, "a.pdf", make_pdf(None, [(60, 700, "Text.")], None, None))
    assert texts(document) == ["Text."]
    assert document.extractor.endswith(", rapidocr missing")
    assert document.notes == (f"pages 1, 3-4 have no text (scanned?). To read scans by OCR: {INSTALL}",)
    for name, content, reason in (
        ("b.pdf", make_pdf(None), f"has no readable text (scanned?). To read scans by OCR: {INSTALL}"),
        ("c.png", saved(SHORT, "png"), f"cannot be read: reading .png files needs OCR. Install it: {INSTALL}"),
    ):
        with pytest.raises(SourceError) as caught:
            read(tmp_path, name, content)
        assert str(caught.value) == f"{name} {reason}"


def test_scans_are_read_once_ocr_is_installed(tmp_path, without_ocr):
    """The next update reads what failed and what was noted, and leaves files alone that have text on every page."""
    folder = tmp_path / "sources"
    folder.mkdir()
    (folder / "part.pdf").write_bytes(make_pdf([(60, 700, "An apple fell.")], None))
    (folder / "scan.pdf").write_bytes(scanned(WHITE))
    (folder / "sign.png").write_bytes(saved(SHORT, "png"))
    (folder / "text.pdf").write_bytes(make_pdf([(60, 700, "A plum fell.")]))
    collection = Collection(tmp_path / "collection", ToyEncoder())
    asked = []

    def read_file(path, *, name):
        asked.append(name)
        return read_document(path, name=name, ocr=lambda pixels: reading((9, 9, "A pear fell.")))

    report = collection.update([folder], read=read_file)
    assert [failure.source for failure in report.failures] == ["scan.pdf", "sign.png"]
    without_ocr()
    asked.clear()
    report = collection.update([folder], read=read_file)
    assert (asked, report.failures) == (["part.pdf", "scan.pdf", "sign.png"], ())
    asked.clear()
    collection.update([folder], read=read_file)
    assert asked == []
    collection.close()


def frames(monkeypatch, folder, name, content):
    """The pixels that OCR gets, red first, for each picture in a file."""
    seen = []

    def ocr(pixels):
        seen.append(pixels[:, :, ::-1])
        return reading((0, 0, "Text."))

    (folder / name).write_bytes(content)
    read_document(folder / name, name=name, ocr=ocr)
    return seen


def corner_marked(mode, mark, ground):
    """A picture with a mark in its top left corner."""
    picture = Image.new(mode, (60, 40), ground)
    picture.paste(mark, (0, 0, 20, 20))
    return picture


def palette():
    return corner_marked("RGB", (255, 0, 0), (255, 255, 255)).quantize(8)


def deep():
    values = np.full((40, 60), 65535, dtype=np.uint16)
    values[:20, :20] = 0
    return Image.fromarray(values)


def animated(kind="png"):
    stream = io.BytesIO()
    first, second = corner_marked("RGB", "black", "white"), Image.new("RGB", (60, 40), "black")
    first.save(stream, kind, save_all=True, append_images=[second])
    return stream.getvalue()


def two_in_one():
    """As some telephones write it: the photograph, and another view of it."""
    pictures = [corner_marked("RGB", "black", "white"), Image.new("RGB", (60, 40), "black")]
    return saved(pictures[0], "mpo", save_all=True, append_images=pictures[1:], quality=100)


BLACK, RED = (0, 0, 0), (255, 0, 0)
KINDS = {
    "colour": ("a.png", saved(corner_marked("RGB", RED, "white"), "png"), RED),
    "palette": ("a.png", saved(palette(), "png"), RED),
    "transparent": ("a.png", saved(corner_marked("RGBA", (255, 0, 0, 255), (0, 0, 0, 0)), "png"), RED),
    "transparent-grey": ("a.png", saved(corner_marked("LA", (0, 255), (0, 0)), "png"), BLACK),
    "grey": ("a.jpg", saved(corner_marked("L", 0, 255), "jpeg", quality=100), BLACK),
    "black-and-white": ("a.tiff", saved(corner_marked("1", 0, 1), "tiff", compression="group4"), BLACK),
    "print-colours": ("a.tif", saved(corner_marked("CMYK", (0, 255, 255, 0), (0, 0, 0, 0)), "tiff"), RED),
    "16-bit": ("a.png", saved(deep(), "png"), BLACK),
    "16-bit-tiff": ("a.tif", saved(deep(), "tiff"), BLACK),
    "animated": ("a.png", animated(), BLACK),
    "two-in-one": ("a.jpg", two_in_one(), BLACK),
    "webp": ("a.webp", saved(corner_marked("RGBA", (255, 0, 0, 255), (0, 0, 0, 0)), "webp", lossless=True), RED),
    "bmp": ("a.bmp", saved(corner_marked("RGB", RED, "white"), "bmp"), RED),
    "gif": ("a.gif", saved(palette(), "gif"), RED),
    "animated-gif": ("a.gif", animated("gif"), BLACK),
    "other-suffix": ("a.jpg", saved(corner_marked("RGB", RED, "white"), "png"), RED),
}


@pytest.mark.parametrize(("name", "content", "mark"), KINDS.values(), ids=KINDS)
def test_every_kind_of_picture_is_shown_on_white(tmp_path, monkeypatch, name, content, mark):
    """With 8 bits a colour; of several pictures that move, the first."""
    (pixels,) = frames(monkeypatch, tmp_path, name, content)
    assert (pixels.shape, pixels.dtype) == ((40, 60, 3), np.uint8)
    assert np.abs(pixels[10, 10].astype(int) - mark).max() < 8
    assert pixels[30, 50].min() > 247


@pytest.mark.parametrize(("orientation", "corner"), [(1, (5, 5)), (3, (-5, -5)), (6, (5, -5)), (8, (-5, 5))])
@pytest.mark.parametrize("kind", ["jpeg", "tiff", "png"])
def test_a_picture_is_turned_as_its_camera_noted(tmp_path, monkeypatch, kind, orientation, corner):
    """The mark goes to the corner where a person sees it."""
    picture = corner_marked("RGB", "black", "white")
    exif = Image.Exif()
    exif[0x0112] = orientation
    (pixels,) = frames(monkeypatch, tmp_path, f"a.{kind}", saved(picture, kind, exif=exif))
    assert pixels.shape[:2] == ((60, 40) if orientation > 4 else (40, 60))
    assert pixels[corner].max() < 30 and pixels[20, 30].min() > 225


def test_the_pages_of_a_tiff_are_pages(tmp_path):
    """Each is read; a citation names it."""
    content = saved(SHORT, "tiff", save_all=True, append_images=[SHORT, SHORT])
    lines = [reading((0, 0, text)) for text in ("One.", "Two.")]
    document = read(tmp_path, "a.tif", content, lines[0], reading(), lines[1])
    assert describe(document) == [("One.", {"page": 1}), ("Two.", {"page": 3})]
    assert document.notes == ("pages 1, 3 were read by OCR (mean confidence 97%): compare quotes with the picture",)


def test_a_large_picture_is_reduced(tmp_path, monkeypatch):
    """To the most pixels that are read; the boxes do not change."""
    from index.parsers import picture

    monkeypatch.setattr(picture, "MOST_PIXELS", 600)
    (pixels,) = frames(monkeypatch, tmp_path, "a.png", saved(corner_marked("RGB", "black", "white"), "png"))
    assert pixels.shape == (20, 30, 3)


def bomb():
    """A picture of a few hundred kilobytes that unpacks to 196 million pixels."""
    return saved(Image.new("1", (14_000, 14_000)), "png")


BROKEN = {
    "bomb": ("a.png", bomb(), "a.png has more than 120 million pixels. Save it smaller, then index it again."),
    "cut": ("a.png", saved(WHITE, "png")[:1000], "a.png is damaged: it cannot be read as .png."),
    "cut-jpeg": ("a.jpg", saved(WHITE, "jpeg")[:9000], "a.jpg is damaged: it cannot be read as .jpg."),
    "cut-tiff": ("a.tif", saved(WHITE, "tiff")[:4000], "a.tif is damaged: it cannot be read as .tif."),
    "header-alone": ("a.png", b"\x89PNG\r\n\x1a\n", "a.png is"),
    "empty": ("a.png", b"", "a.png is empty."),
    "pdf": ("a.png", make_pdf([]), "a.png is not a .png file: it is a PDF. Give it its right suffix."),
    "cut-webp": ("a.webp", saved(WHITE, "webp")[:30], "a.webp is"),
    "cut-gif": ("a.gif", saved(WHITE, "gif")[:300], "a.gif is damaged: it cannot be read as .gif."),
    "cut-bmp": ("a.bmp", saved(WHITE, "bmp")[:4000], "a.bmp is damaged: it cannot be read as .bmp."),
    "ico": ("a.gif", saved(SHORT.resize((16, 16)), "ico"), "a.gif is not a .gif file: it does not begin like one."),
}


@pytest.mark.parametrize(("name", "content", "message"), BROKEN.values(), ids=BROKEN)
def test_pictures_that_cannot_be_read_are_refused(tmp_path, name, content, message):
    """The reason is one line."""
    with pytest.raises(SourceError) as caught:
        read(tmp_path, name, content)
    assert str(caught.value).startswith(message) and "\n" not in str(caught.value)


def test_the_limit_of_pixels_counts_each_page_of_a_tiff(tmp_path, monkeypatch):
    """A later page may be the bomb."""
    monkeypatch.setattr(pictures, "LARGEST", 10_000)
    content = saved(SHORT, "tiff", save_all=True, append_images=[Image.new("RGB", (200, 100))])
    with pytest.raises(SourceError, match="has more than 0 million pixels"):
        read(tmp_path, "a.tif", content, reading((0, 0, "One.")))


def test_lines_are_split_at_wide_gaps_and_joined_at_narrow_ones():
    """Cells are segments of their own; two boxes that OCR found on one line are one segment."""
    row = reading((100, 100, "Rent of rooms"), (100 + 16 * 13, 100, "in May"), (100, 140, "Heating    300"))
    found = segments_of(row, 3)
    assert [(segment.text, segment.page) for segment in found] == [
        ("Rent of rooms in May", 3),
        ("Heating", 3),
        ("300", 3),
    ]
    assert all(len(segment.edges) == 2 * len(segment.text.split(" ")) for segment in found)


def test_a_line_read_across_two_columns_is_split_at_the_gutter():
    """Where other lines end and others begin; a narrow gap alone parts nothing."""
    columns = [(x, 100 + 40 * row, "Lines of a column") for row in range(4) for x in (100, 380)]
    across = (104, 300, "Lines of a column Lines of a column")
    found = [segment.text for segment in segments_of(reading(*columns, across), 1)]
    assert found == ["Lines of a column"] * 10
    alone = [segment.text for segment in segments_of(reading(across), 1)]
    assert alone == ["Lines of a column Lines of a column"]


def test_sizes_that_differ_little_become_one():
    """A line without letters that reach below is no smaller type; a heading is larger."""
    lines = [
        *reading((0, 100, "A line of text that is long"), (0, 200, "Another line of text")).lines,
        *(
            line._replace(corners=tuple((x, 300 + y * 0.9) for x, y in line.corners))
            for line in reading((0, 0, "no")).lines
        ),
        *(
            line._replace(corners=tuple((x, 400 + y * 1.5) for x, y in line.corners))
            for line in reading((0, 0, "Title")).lines
        ),
    ]
    sizes = [segment.size for segment in segments_of(reading()._replace(lines=tuple(lines)), 1)]
    assert sizes == [9.2, 9.2, 9.2, 13.8]


def test_the_tilt_of_a_page_is_that_of_its_long_lines():
    """Short ones say nothing; a tiny tilt is none."""
    line = reading((0, 0, "A line of text that is long")).lines[0]
    width = line.corners[1][0]
    leaning = line._replace(corners=((0, 0), (width, 0.02 * width), (width, 0.02 * width + 30), (0, 30)))
    assert tilt_of([leaning]) == pytest.approx(0.02, abs=1e-4)
    assert tilt_of([line._replace(corners=((0, 0), (width, 0.4), (width, 30.4), (0, 30)))]) == 0
    assert tilt_of(reading((0, 0, "No")).lines) == 0


def test_pages_are_named_in_runs():
    """Neighbours as a range."""
    names = [name_pages(pages) for pages in ([3], [2, 3, 4], [1, 3], [1, 2, 5, 7, 8])]
    assert names == ["page 3", "pages 2-4", "pages 1, 3", "pages 1-2, 5, 7-8"]


def pictured(*texts, box=(0, 0, 595, 842), degrees=0, within_form=False):
    """A PDF of a page with a picture in a box and texts: (x, y, angle, text)."""
    from reportlab.lib.utils import ImageReader

    stream = io.BytesIO()
    page = begin_page(stream, degrees=degrees)
    left, bottom, right, top = box
    if within_form:
        page.beginForm("scan", 0, 0, 595, 842)
    page.drawImage(ImageReader(WHITE), left, bottom, right - left, top - bottom)
    if within_form:
        page.endForm()
        page.doForm("scan")
    for x, y, angle, text in texts:
        page.saveState()
        page.translate(x, y)
        page.rotate(angle)
        page.drawString(0, 0, text)
        page.restoreState()
    page.save()
    return stream.getvalue()


STAMP = "Scanned by Harbour Copy, file 117"


@pytest.mark.parametrize("within_form", [False, True])
def test_a_scan_with_a_stamp_is_read_by_ocr_too(tmp_path, within_form):
    """The stamp stays, in its place and once, with its boxes, whether or not OCR reads it as well."""
    content = pictured((60, 40, 0, STAMP), within_form=within_form)
    lines = (100, 300, "Nets are dried on the pier."), (100, 340, "Boats are moored by the bow.")
    for seen in ((), ((60 * DPI / 72, (842 - 50) * DPI / 72, "Scanned by Harbour Cody, file 117"),)):
        document = read(tmp_path, "a.pdf", content, reading(*lines, *seen))
        assert texts(document) == ["Nets are dried on the pier. Boats are moored by the bow.", STAMP]
        assert document.notes == ("page 1 was read by OCR (mean confidence 97%): compare quotes with the picture",)
        start = document.text.index("Harbour")
        (box,) = boxes_between(document.boxes, start, start + 7)
        left = 60 + stringWidth("Scanned by ", "Helvetica", 10)
        assert (box.left, box.bottom) == pytest.approx((left / 595, (842 - 38) / 842), abs=0.003)
        assert box.right == pytest.approx((left + stringWidth("Harbour", "Helvetica", 10)) / 595, abs=0.003)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_stamp_beside_a_scan_keeps_its_place_however_the_page_is_turned(tmp_path, degrees):
    """Its box lies where it is drawn, though OCR sees the page as it is displayed."""
    content = pictured((300, 400, 90, "Copy 117"), degrees=degrees)
    document = read(tmp_path, "a.pdf", content, reading((100, 300, "Nets are dried on the pier.")))
    start = document.text.index("117")
    (box,) = boxes_between(document.boxes, start, start + 3)
    drawn = np.asarray(picture_of(content).convert("L"))
    rows, columns = np.nonzero(drawn < 128)
    height, width = drawn.shape
    inside = (columns >= box.left * width - 1) & (columns <= box.right * width + 1)
    inside &= (rows >= box.top * height - 1) & (rows <= box.bottom * height + 1)
    assert 0.2 < inside.mean() < 0.6


def test_a_scan_with_a_stamp_is_named_where_ocr_is_missing(tmp_path, without_ocr):
    """Its few words are read, and it is read again when OCR is installed."""
    document = read(tmp_path, "a.pdf", pictured((60, 40, 0, STAMP)))
    assert texts(document) == [STAMP]
    assert document.notes == (f"page 1 has a picture and few words (scanned?). To read scans by OCR: {INSTALL}",)
    assert document.extractor.endswith(", rapidocr missing")


@pytest.mark.parametrize(
    "content",
    [
        pictured((60, 40, 0, STAMP), box=(60, 100, 530, 500)),
        pictured(*((60, 700 - 20 * row, 0, f"Line {row} of a slide with a picture") for row in range(4))),
    ],
    ids=["smaller-picture", "more-words"],
)
def test_a_page_with_a_picture_is_not_always_a_scan(tmp_path, content):
    """A picture on a part of it is an illustration, and one behind many words a background."""
    assert read(tmp_path, "a.pdf", content).notes == ()


def test_what_ocr_fails_on_keeps_its_text(tmp_path):
    """Nothing is lost where OCR reads nothing, and an error is noted."""
    content = pictured((60, 40, 0, STAMP))
    assert texts(read(tmp_path, "a.pdf", content, reading())) == [STAMP]
    document = read(tmp_path, "a.pdf", content, SourceError("it took too long."))
    assert (texts(document), document.notes) == ([STAMP], ("page 1 could not be read by OCR: it took too long.",))


def test_words_of_a_watermark_replace_none_of_a_scan(tmp_path):
    """It lies over other words, or at a slant."""
    content = pictured((100, 700, 0, "Draft"), (200, 300, 45, "Not for sale"))
    line = (100 * DPI / 72, (842 - 710) * DPI / 72, "Nets are dried on the pier.")
    document = read(tmp_path, "a.pdf", content, reading(line))
    assert "Nets are dried on the pier." in document.text and "Draft" in document.text and "sale" in document.text


def test_text_that_only_slants_is_text(tmp_path):
    """A page may have no other."""
    stream = io.BytesIO()
    page = begin_page(stream)
    page.translate(100, 300)
    page.rotate(45)
    page.drawString(0, 0, "Closed until Monday.")
    page.save()
    assert read(tmp_path, "a.pdf", stream.getvalue()).text == "Closed until Monday."
