"""Documents shown as themselves: pages with boxes, markup with marks, tables; and the files that the page fetches."""

import io
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from page_parts import NASTY, Reader
from PIL import Image
from plum_assistant import event
from reading import flow, make_pdf
from starlette.applications import Starlette
from starlette.testclient import TestClient
from toy_encoder import ToyEncoder

from index import Originals
from qa import Assistant
from qa.answering.answer import Answer, Scope
from qa.answering.citation import cite
from qa.web.chat.view import Turn
from qa.web.library.libraries import Libraries
from qa.web.viewer.events import ViewerEvents
from qa.web.viewer.routes import document_routes

PAGE = (
    "Rain fell on the hill for three days and filled the lower pond before the road was closed. Nobody from the village"
    " could reach the market, so bread was baked in every house, and the children carried it to the mill by boat."
)
RAIN = "Rain fell on the hill for three days and filled the lower pond before the road was closed."
PLUMS = "# Fruit\n\nPlums are **blue** here. Figs are sweet.\n\n<script>window.pwned=1</script>\n\nPears are green."
HOSTILE = f"{NASTY.replace('/', '')}.html"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """An assistant over a document of each kind, the viewer over it, and a client of its routes."""
    folder = tmp_path_factory.mktemp("papers")
    (folder / "rain.pdf").write_bytes(make_pdf(flow(PAGE), flow("The second page says nothing of the rain at all.")))
    (folder / "fruit.md").write_text(PLUMS)
    rows = "".join(f"{number},oil of kind {number}\n" for number in range(2, 500))
    (folder / "tariff.csv").write_text(f"number,good\n{rows}")
    (folder / "plain.txt").write_text("Plums are blue.\n\nPears are green.")
    (folder / HOSTILE).write_text("<p onclick=alert(1)>A lamp.<script>alert(1)</script></p>")
    home = tmp_path_factory.mktemp("home")
    with Assistant.open(folder, home=home, encoder=ToyEncoder(), reader=None) as assistant, Originals() as originals:
        host = SimpleNamespace(call=lambda work: work(assistant))
        client = TestClient(Starlette(routes=document_routes(Libraries(host), originals)))
        yield SimpleNamespace(
            assistant=assistant, folder=folder, viewer=ViewerEvents(host, originals), client=client, originals=originals
        )


def find(desk, name):
    """A document as the assistant lists it."""
    return next(document for document in desk.assistant.documents() if document.source == name)


def make_turn(desk, name, *quotes):
    """A turn that quotes some words of a document, in this order."""
    listed = find(desk, name)
    document = desk.assistant.document(listed.path)
    citations = []
    for words in quotes:
        start = document.text.index(words)
        passage = next(each for each in desk.assistant.passages(listed.path) if each.start <= start < each.end)
        span, text = (start, start + len(words)), document.text[passage.start : passage.end]
        cited = cite(
            passage, text, source=name, path=listed.path, text_sha256=document.text_sha256, span=span, score=0.5
        )
        citations.append(cited)
    return Turn(1, Answer("q?", "q?", "answered", 0.5, tuple(citations), (), Scope(1, 2)))


def open_quote(desk, turn, number, **sent):
    """Open a citation; returns the viewer, read."""
    shown, message = desk.viewer.open_citation((turn,), event(turn=1, citation=number, **sent))
    assert "alert" not in message
    return Reader(shown)


def test_quote_of_a_pdf_is_boxed_on_its_page(desk):
    """The page is shown, with a box for each line of the quote; the text that was read is a press away."""
    read = open_quote(desk, make_turn(desk, "rain.pdf", RAIN), 1)
    boxes = read.find("class", "qa-box qa-current")
    assert len(boxes) >= 1 and {box["data-number"] for box in boxes} == {"1"}
    assert [found["data-page"] for found in read.find("data-page")] == ["1", "2"]
    assert all(box["style"].startswith("left:") for box in boxes) and RAIN in read.text
    number = find(desk, "rain.pdf").id
    [sheets] = read.find("data-picture")
    assert sheets["data-picture"].startswith(f"document/{number}/page/{{page}}?v=")
    assert (sheets["data-picture"][-7:], sheets["data-widths"]) == ("&width=", "700 1200 2200")
    text = open_quote(desk, make_turn(desk, "rain.pdf", RAIN), 1, mode="text")
    assert text.marked == [RAIN] and text.find("class", "qa-sheet") == []


def test_page_asked_for_is_the_one_a_pdf_begins_at(desk):
    """Of a document opened from the list."""
    shown, _ = desk.viewer.browse_document(event(document=find(desk, "rain.pdf").id, page=2))
    assert [found["data-page"] for found in Reader(shown).find("class", "qa-sheet qa-begin")] == ["2"]


def test_quote_is_marked_in_markup(desk):
    """All quotes of the answer are, across its elements; the one that was opened is the place to go to."""
    turn = make_turn(desk, "fruit.md", "Plums are blue here.", "Pears are green.")
    read = open_quote(desk, turn, 1)
    assert read.marked == ["Plums are ", "blue", " here.", "Pears are green."]
    assert "strong" in [tag for tag, _ in read.tags] and "script" not in [tag for tag, _ in read.tags]
    assert {found["data-number"] for found in read.find("class", "qa-mark qa-current")} == {"1"}


@pytest.mark.parametrize("number", [1, 2])
def test_opened_quote_wins_in_markup(desk, number):
    """Of two in one place, whichever is opened has the mark, and no word of it being missing."""
    turn = make_turn(desk, "fruit.md", "Figs are sweet.", "Figs are sweet.")
    read = open_quote(desk, turn, number)
    assert [found["data-number"] for found in read.find("data-number")] == [str(number)]
    assert len(read.find("class", "qa-mark qa-current")) == 1 and "could not be marked" not in read.text


def test_words_found_are_marked_in_the_document_itself(desk):
    """As on its pages, so in markup."""
    shown, _ = desk.viewer.browse_document(event(document=find(desk, "fruit.md").id, sought="are", at=2))
    read = Reader(shown)
    assert read.marked == ["are", "are", "are"] and "2 of 3" in read.text
    assert [found["data-number"] for found in read.find("class", "qa-mark qa-current")] == ["2"]


def test_hostile_page_is_shown_without_what_it_would_do(desk):
    """Its words are there; no script, no attribute that runs one; its name is text."""
    shown, _ = desk.viewer.browse_document(event(document=find(desk, HOSTILE).id))
    read = Reader(shown)
    assert "A lamp." in read.text and HOSTILE in read.text
    assert "script" not in [tag for tag, _ in read.tags] and read.find("onclick") == []


def test_file_that_changed_since_is_shown_as_the_text_that_was_read(desk):
    """Whatever it is now; its pages would not be those the quote is on."""
    file = desk.folder / "fruit.md"
    turn = make_turn(desk, "fruit.md", "Pears are green.")
    number = find(desk, "fruit.md").id
    before, _ = desk.viewer.browse_document(event(document=number))
    assert "qa-notice" not in before
    try:
        file.write_text("Nothing.")
        read = open_quote(desk, turn, 1)
        browsed = Reader(desk.viewer.browse_document(event(document=number))[0])
    finally:
        file.write_text(PLUMS)
    assert "has changed since it was read. Shown" in browsed.text and browsed.find("class", "qa-markup") == []
    assert read.marked == ["Pears are green."] and read.find("class", "qa-markup") == []
    assert "has changed since it was read" in read.text


def test_quote_of_a_table_lights_its_row(desk):
    """On its sheet; the rows come a few hundred at a time, by the document's number."""
    number = find(desk, "tariff.csv").id
    text = desk.assistant.document(find(desk, "tariff.csv").path).text
    start = text.index("oil of kind 300")
    shown, _ = desk.viewer.browse_document(event(document=number, start=start, end=start + 15))
    (grid,) = Reader(shown).find("class", "qa-grid")
    assert (grid["data-row"], grid["data-rows"], grid["data-sheet"]) == ("300", "499", "0")
    reply = desk.client.get(f"/{grid['data-address']}?first=300&count=2")
    assert reply.json() == [[300, ["300", "oil of kind 300"]], [301, ["301", "oil of kind 301"]]]
    assert [row for row, _ in desk.client.get(f"/document/{number}/rows?count=9999").json()] == list(range(1, 201))
    assert desk.client.get(f"/document/{number}/rows?first=900").json() == []
    assert desk.client.get(f"/document/{number}/rows?first=x&count=-1").json()[0] == [1, ["number", "good"]]


@pytest.mark.parametrize("query", ["sheet=9", "sheet=999999999", "first=999999999"])
def test_rows_that_are_not_there_are_none(desk, query):
    """Or are said not to be; nothing breaks."""
    reply = desk.client.get(f"/document/{find(desk, 'tariff.csv').id}/rows?{query}")
    assert reply.status_code == 404 or reply.json() == []


def test_pages_are_drawn_in_a_few_widths(desk):
    """The next one above what is asked for, kept by the browser."""
    number = find(desk, "rain.pdf").id
    for asked, width in (
        ("", 1_200),
        ("?width=701", 1_200),
        ("?width=1&v=x", 700),
        ("?width=99999", 2_200),
        ("?width=x", 1_200),
    ):
        reply = desk.client.get(f"/document/{number}/page/1{asked}")
        assert reply.status_code == 200 and Image.open(io.BytesIO(reply.content)).width == width
        assert reply.headers["cache-control"] == "private, max-age=86400"
        assert reply.headers["content-type"] in ("image/png", "image/jpeg")


@pytest.mark.parametrize(
    "address",
    ["99/original", "99/page/1", "99/rows", "x/original", "-1/original", "{pdf}/page/3", "{pdf}/page/0", "{pdf}/page/x"]
    + ["{plain}/page/1", "{plain}/rows", "{pdf}/other", "../original", "%2e%2e/original", "{pdf}/original/x"],
)
def test_nothing_else_is_there(desk, address):
    """Documents are known by their numbers alone, and a refusal says nothing of where they lie."""
    address = address.format(pdf=find(desk, "rain.pdf").id, plain=find(desk, "plain.txt").id)
    reply = desk.client.get(f"/document/{address}")
    assert reply.status_code == 404 and str(desk.folder) not in reply.text


@pytest.mark.parametrize(
    ("name", "query", "media", "kind"),
    [
        ("rain.pdf", "", "application/pdf", "inline"),
        ("rain.pdf", "?save=1", "application/octet-stream", "attachment"),
        ("fruit.md", "", "text/plain; charset=utf-8", "inline"),
        (HOSTILE, "", "application/octet-stream", "attachment"),
    ],
    ids=["pdf", "saved", "text", "page"],
)
def test_file_itself_is_opened_or_saved(desk, name, query, media, kind):
    """What a browser would run is only ever saved; the name is quoted, and nothing is kept."""
    reply = desk.client.get(f"/document/{find(desk, name).id}/original{query}")
    assert reply.content == (desk.folder / name).read_bytes()
    assert reply.headers["content-type"] == media and reply.headers["cache-control"] == "no-store"
    assert reply.headers["content-disposition"] == f"{kind}; filename*=UTF-8''{quote(name, safe='')}"


def test_file_that_is_gone_is_said_to_be(desk, tmp_path):
    """In one line."""
    file = desk.folder / "plain.txt"
    number = find(desk, "plain.txt").id
    file.rename(tmp_path / "plain.txt")
    try:
        reply = desk.client.get(f"/document/{number}/original")
    finally:
        (tmp_path / "plain.txt").rename(file)
    assert (reply.status_code, reply.text) == (404, "This file is not there any more.\n")
