"""PictureReading scans with the OCR itself, in this process and in one of its own."""

import os
import re
import subprocess
import sys

import numpy as np
import pypdfium2
import pytest
from PIL import Image
from reading import describe, flow, make_pdf, read, texts
from scanning import DPI, picture_of, saved, scanned, tilted, worn

from index import IsolatedParser, SourceError, StorageError
from index.boxes import boxes_between
from index.parsers import isolation as isolated
from index.parsers import ocr

pytestmark = pytest.mark.slow

PROSE = (
    "The pilots of the harbour waited for the ice to break, and the keeper of the lighthouse counted 47 ships. "
    "Each of them paid 310 crowns, which the town spent on a new bridge across the river."
)
COLUMNS = (
    "Beekeepers on the island weigh their hives in late winter and feed those that are light. The weighing takes a"
    " morning.",
    "The road to the far meadow is steep and the hives there are visited last. Nobody goes there when it rains in"
    " March.",
)


def page_of(*parts):
    """A page as a picture, and as the PDF that it is drawn from."""
    content = make_pdf([line for part in parts for line in part])
    return picture_of(content), content


def strip():
    """A scan of the prose alone, without the rest of its page."""
    return picture_of(make_pdf(flow(PROSE))).crop((0, 100, 1654, 400))


def true_boxes(content):
    """Each word of a page of a PDF with its edges, as fractions of the page."""
    page = pypdfium2.PdfDocument(content)[0]
    text_page, (width, height) = page.get_textpage(), page.get_size()
    text = text_page.get_text_range()
    found = []
    for word in re.finditer(r"\S+", text):
        edges = np.array([text_page.get_charbox(position) for position in range(*word.span())])
        found.append((word[0], edges[:, 0].min() / width, 1 - edges[:, 3].max() / height, edges[:, 2].max() / width))
    return found


@pytest.mark.parametrize("degrees", [-2, 1.3])
def test_a_worn_scan_is_read_word_for_word(tmp_path, degrees):
    """Grey, blurred, grainy and tilted, it gives the paragraph that was printed."""
    picture, _ = page_of(flow(PROSE))
    document = read(tmp_path, "a.pdf", scanned(tilted(worn(picture), degrees)))
    assert describe(document) == [(PROSE, {"page": 1})]
    (note,) = document.notes
    assert re.fullmatch(r"page 1 was read by OCR \(mean confidence (9\d|100)%\): compare quotes with the picture", note)


@pytest.mark.parametrize("turn", [0, 180, 270])
def test_boxes_lie_on_the_words_of_the_picture(tmp_path, turn):
    """To half a character, also where the picture is sideways or upside down."""
    picture, content = page_of(flow(PROSE))
    document = read(tmp_path, "a.png", saved(picture.rotate(turn, expand=True), "png"))
    assert texts(document) == [PROSE]
    words = [(word[0], *word.span()) for word in re.finditer(r"\S+", document.text)]
    true = true_boxes(content)
    assert [word for word, _, _ in words] == [word for word, *_ in true]
    for (_, start, end), (word, left, top, right) in zip(words, true, strict=True):
        (box,) = boxes_between(document.boxes, start, end)
        edges = [(box.left, box.top), (box.right, box.bottom)]
        for _ in range(turn // 90):  # turned back
            edges = [(1 - y, x) for x, y in edges]
        (x0, x1), (y0, y1) = (sorted(values) for values in zip(*edges, strict=True))
        assert (x0, x1) == pytest.approx((left, right), abs=6 / 595), word
        assert y0 - 3 / 842 < top < y1, word


def test_two_columns_are_read_one_after_the_other(tmp_path):
    """Also where the page is tilted, so that the lines beside one another are not level."""
    left, right = (flow(text * 2, x=x, width=220) for text, x in zip(COLUMNS, (60, 315), strict=True))
    picture, _ = page_of(left, right)
    document = read(tmp_path, "a.pdf", scanned(tilted(picture, 1.5)))
    assert " ".join(texts(document)) == f"{COLUMNS[0] * 2} {COLUMNS[1] * 2}"


def test_a_table_keeps_its_rows(tmp_path):
    """A row is quoted with the names of its columns."""
    rows = [("Item", "Cost", "Paid"), ("Rent", "300", "May 1"), ("Heating", "120", "May 7"), ("Repairs", "1", "June 3")]
    cells = [
        (x, 700 - 20 * number, cell)
        for number, row in enumerate(rows)
        for x, cell in zip((60, 200, 340), row, strict=True)
    ]
    picture, _ = page_of(cells)
    document = read(tmp_path, "a.jpg", saved(picture, "jpeg", quality=80))
    assert describe(document) == [
        ("~Item; Cost; Paid", {"page": 1}),
        ("Item: Rent; Cost: 300; Paid: May 1.", {"page": 1, "row": 2}),
        ("Item: Heating; Cost: 120; Paid: May 7.", {"page": 1, "row": 3}),
        ("Item: Repairs; Cost: 1; Paid: June 3.", {"page": 1, "row": 4}),
    ]


def test_letters_beyond_ascii_are_read(tmp_path):
    """Those of Western Europe, Greek letters and the signs of money."""
    text = "Größe über 5 µm: schöne Grüße, garçon, mañana, Ærø, €20."
    picture, _ = page_of([(60, 700, text)])
    assert texts(read(tmp_path, "a.png", saved(picture.crop((0, 300, 1654, 500)), "png")))[0].startswith("Größe über 5")


def test_a_stamp_that_runs_up_the_margin_is_left_out(tmp_path):
    """Beside upright text; the square pieces of it too."""
    picture, _ = page_of(flow(PROSE, x=120, width=415))
    stamp = (
        picture_of(make_pdf([(60, 800, "arXiv:2501.17 [cs.LG] 9 Jan 2025")]))
        .crop((100, 60, 900, 130))
        .rotate(90, expand=True)
    )
    picture.paste(stamp, (120, 150))
    document = read(tmp_path, "a.png", saved(picture.crop((0, 0, 1654, 1100)), "png"))
    assert texts(document) == [PROSE]


def test_noise_without_text_is_no_text(tmp_path):
    """A photograph of nothing is refused like an empty page."""
    grain = np.random.default_rng(2).integers(0, 255, (600, 800, 3), dtype=np.uint8)
    with pytest.raises(SourceError, match=r"^a\.png holds no text to search\.$"):
        read(tmp_path, "a.png", saved(Image.fromarray(grain), "png"))


def test_the_reading_is_the_same_with_any_number_of_threads(monkeypatch):
    """To the last bit of the confidence; sums are in 32 bits, whatever the processor offers."""
    pixels = np.ascontiguousarray(np.asarray(worn(strip()))[:, :, ::-1])
    settings = ocr.openvino_settings()
    readings = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(ocr, "openvino_settings", lambda n=threads: {**settings, "INFERENCE_NUM_THREADS": str(n)})
        ocr._load_engine.cache_clear()
        readings.append(ocr.read_pixels(pixels))
        for model in (ocr._load_engine().text_det, ocr._load_engine().text_rec):
            compiled = model.session.session.get_compiled_model()
            assert compiled.get_property("INFERENCE_PRECISION_HINT").to_string() == "f32"
            assert compiled.get_property("INFERENCE_NUM_THREADS") == min(threads, os.cpu_count())
    monkeypatch.undo()
    ocr._load_engine.cache_clear()
    assert readings[0] == readings[1] == readings[2]
    assert len(readings[0].lines) == 2


@pytest.fixture(scope="module")
def reader():
    """One reader for the tests that leave it whole."""
    with IsolatedParser() as opened:
        yield opened


def test_a_scan_is_the_same_from_another_process(tmp_path, reader):
    """Text, places, boxes, notes and all; the process that reads pictures is started for the first one, and kept."""
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    reader(tmp_path / "a.csv", name="a.csv")
    assert reader._pictures.process is None
    scan = strip()
    mixed = make_pdf([(60, 700, "Page one.")], None, [(60, 700, "Page three.")])
    for name, content in (("a.pdf", scanned(scan, scan)), ("b.pdf", mixed), ("c.tif", saved(scan, "tiff"))):
        document = read(tmp_path, name, content)
        assert reader(tmp_path / name, name=name) == document
    process = reader._pictures.process
    assert process.poll() is None
    assert texts(reader(tmp_path / "a.pdf", name="a.pdf")) == [PROSE, PROSE]
    assert reader._pictures.process is process


def test_a_page_that_takes_too_long_is_given_up(tmp_path, monkeypatch):
    """The text of the other pages is read, the note names the page, and the next file is read."""
    scan = strip()
    pages = make_pdf([(60, 700, "Page one.")], None)
    (tmp_path / "a.pdf").write_bytes(pages)
    (tmp_path / "b.pdf").write_bytes(scanned(scan))
    with IsolatedParser() as reader:
        monkeypatch.setattr(isolated, "PICTURE_SECONDS", 0.2)
        document = reader(tmp_path / "a.pdf", name="a.pdf")
        reason = "a.pdf has a picture that needs more than 0 seconds to read."
        assert (document.text, document.notes) == ("Page one.", (f"page 2 could not be read by OCR: {reason}",))
        with pytest.raises(SourceError, match=r"^b\.pdf has a picture that needs more than 0 seconds to read\.$"):
            reader(tmp_path / "b.pdf", name="b.pdf")
        monkeypatch.undo()
        assert reader(tmp_path / "b.pdf", name="b.pdf").text == PROSE


def test_reading_is_stopped_when_the_collection_is_closed(tmp_path):
    """A book of scans takes long; closing does not wait for it."""
    (tmp_path / "a.pdf").write_bytes(scanned(*[strip()] * 3))
    with IsolatedParser(stopped=lambda: True) as reader, pytest.raises(StorageError, match=r"^a\.pdf was not read"):
        reader(tmp_path / "a.pdf", name="a.pdf")


def test_ocr_writes_prints_and_connects_nothing(tmp_path):
    """It does not even try, so that it is as silent in a process that does not forbid it."""
    np.save(tmp_path / "pixels.npy", np.asarray(strip())[:, :, ::-1])
    script = (
        "import sys, numpy\nfrom index.parsers import ocr, worker\npixels = numpy.load(sys.argv[1])\n"
        "seen = []\n"
        "def note(event, arguments):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo', 'subprocess.Popen', 'os.mkdir'): seen.append(event)\n"
        "    if event == 'open' and set(str(arguments[1])) & set('wax+'): seen.append(arguments)\n"
        "sys.addaudithook(note)\n"
        "worker.give_up(3_000_000_000)\n"
        "lines = ocr.read_pixels(numpy.ascontiguousarray(pixels)).lines\n"
        "assert ' '.join(line.text for line in lines) == sys.argv[2], lines\n"
        "assert not seen, seen"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "pixels.npy"), PROSE],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert os.listdir(tmp_path) == ["pixels.npy"]


def test_a_space_that_was_not_read_is_seen_by_the_gap():
    """Between letters that are far apart; characters as wide as high are never near."""
    assert ocr._space_out("EURDue to", [2, 4, 6, 14, 16, 18, 24, 26]) == "EUR Due to"
    assert ocr._space_out("Due to", [2, 4, 6, 15, 17]) == "Due to"
    assert ocr._space_out("\u6f22\u5b57", [2, 9]) == "\u6f22\u5b57"


def test_the_page_is_drawn_at_a_resolution_that_a_huge_one_does_not_exceed():
    """A page of an advertising pillar has no more pixels than any picture that is read."""
    from index.parsers.pdf.scans import draw_page

    document = pypdfium2.PdfDocument.new()
    assert draw_page(document.new_page(72, 144)).shape == (2 * DPI, DPI, 3)
    height, width, _ = draw_page(document.new_page(14_400, 14_400)).shape
    assert height * width <= 25_050_000
