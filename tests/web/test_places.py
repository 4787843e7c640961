"""Search everything: places found by words and by meaning, grouped by document, and what the route of the page says."""

import json
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from page_parts import NASTY, Reader
from starlette.applications import Starlette
from starlette.testclient import TestClient
from toy_encoder import ToyEncoder

from index import QuestionError
from qa import Assistant
from qa.web.host import NotReady
from qa.web.library.libraries import Libraries
from qa.web.search import (
    MOST,
    SNIPPET,
    Filters,
    Wanted,
    find_places,
    list_filters,
    render_dialog,
    render_places,
    search_routes,
)

FILES = {
    "harbour.txt": "The mole was built of granite. A lamp of bronze stands on it.\n\nThe apple boats come in autumn.",
    "law/rules.md": "# Harbour rules\n\n## Lamps\n\nEvery lamp is lit at dusk.\n\n## Boats\n\nBoats keep to the right.",
    "law/old/tariff.csv": "good,price\nlamp oil,7\napple,3\n",
    "Notes.TXT": "Nothing is said here of light.",
}


@pytest.fixture(scope="module")
def assistant(tmp_path_factory):
    """The real assistant over a few files in folders."""
    folder = tmp_path_factory.mktemp("papers")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    with opened(folder, tmp_path_factory.mktemp("home")) as assistant:
        yield assistant


@contextmanager
def opened(folder, home):
    """An assistant with the toy encoder."""
    with Assistant.open(folder, home=home, encoder=ToyEncoder(), reader=None) as assistant:
        yield assistant


def find(assistant, words="lamp", **options):
    """The places found: the name of each document, with the words marked in each of its places."""
    found = find_places(assistant, Wanted(words, **options))
    return {
        document.source: [[place.text[start:end] for start, end in place.words] for place in document.places]
        for document in found
    }


def named(found, source):
    """The document of a name among those found."""
    return next(document for document in found if document.source == source)


def test_places_stand_under_their_documents(assistant):
    """Each document once, with the sentence that holds the words, its place and the heading above it."""
    found = find_places(assistant, Wanted("lamp"))
    assert len({document.source for document in found}) == len(found)
    harbour, rules = named(found, "harbour.txt"), named(found, "law/rules.md")
    (place,) = [place for place in harbour.places if place.words]
    assert (place.text, place.locator, place.heading) == ("A lamp of bronze stands on it.", "paragraph 1", "")
    assert [place.text[start:end] for start, end in place.words] == ["lamp"]
    text = assistant.document(next(d.path for d in assistant.documents() if d.id == place.document)).text
    assert text[place.start : place.end] == place.text
    assert rules.title == "Harbour rules"
    (place,) = [place for place in rules.places if "dusk" in place.text]
    assert place.heading == "Lamps" and "Lamps" not in place.locator


def test_places_are_found_by_meaning_too(assistant):
    """Among the first are some without any of the words: the toy encoder takes texts without fruit for alike."""
    (places,) = [places for name, places in find(assistant, "lamp").items() if name == "Notes.TXT"]
    assert places == [[]]


NARROWED = {
    "type": ({"suffix": ".md"}, {"law/rules.md"}),
    "type, whatever its case": ({"suffix": ".txt"}, {"harbour.txt", "Notes.TXT"}),
    "folder": ({"folder": "law/"}, {"law/rules.md", "law/old/tariff.csv"}),
    "folder in a folder": ({"folder": "law/old/"}, {"law/old/tariff.csv"}),
    "type in a folder": ({"folder": "law/", "suffix": ".csv"}, {"law/old/tariff.csv"}),
    "names": ({"sources": ("harbour.txt", "gone.txt")}, {"harbour.txt"}),
    "changed since long ago": ({"since": "2000-01-01", "suffix": ".md"}, {"law/rules.md"}),
    "changed since a time to come": ({"since": "2999-01-01"}, set()),
    "nothing of it is there": ({"folder": "nowhere/"}, set()),
    "both of which nothing is": ({"folder": "law/", "suffix": ".txt"}, set()),
}


@pytest.mark.parametrize(("options", "expected"), NARROWED.values(), ids=NARROWED.keys())
def test_search_is_narrowed(assistant, options, expected):
    """By the ending of a file, its folder, its name and the day it was changed; where nothing is left, nothing is found."""
    assert set(find(assistant, **options)) == expected


def test_filters_are_those_of_the_documents(assistant):
    """Endings in small letters and folders with their slash, in order."""
    filters = list_filters(assistant)
    assert filters.suffixes == (".csv", ".md", ".txt") and filters.folders == ("law/", "law/old/")


def test_filters_of_many_documents_are_few(monkeypatch):
    """Folders as deep as there are not too many, the most frequent endings; servers of addresses, not their schemes."""
    monkeypatch.setattr("qa.web.search.MOST_FOLDERS", 5)
    monkeypatch.setattr("qa.web.search.MOST_SUFFIXES", 2)
    names = [f"{letter}/{number}/x.PDF" for letter in "ab" for number in range(9)]
    assistant = SimpleAssistant(names)
    assert list_filters(assistant) == Filters((".pdf",), ("a/", "b/"))
    assistant.held = [
        "https://example.org/",
        "https://example.org/fruit/plum.html",
        "c/d/e/f.txt",
        "g.txt",
        "h.md",
        "no",
        ".hid",
    ]
    assert list_filters(assistant) == Filters((".pdf",), ("a/", "b/"))
    assistant.generation += 1
    assert list_filters(assistant) == Filters(
        (".html", ".txt"), ("c/", "c/d/", "c/d/e/", "https://example.org/", "https://example.org/fruit/")
    )


class SimpleAssistant:
    """Has names of documents."""

    generation = 1

    def __init__(self, names):
        self.held = names

    def names(self):
        """List like `qa.Assistant.names`."""
        return tuple(self.held)


def test_passages_that_are_shown_already_are_left_out(assistant):
    """By name and first character, as an answer knows them."""
    (shown,) = [place for place in named(find_places(assistant, Wanted("lamp")), "harbour.txt").places if place.words]
    others = find_places(assistant, Wanted("lamp"), without=[("harbour.txt", 0)])
    starts = [place.start for document in others if document.source == "harbour.txt" for place in document.places]
    assert shown.start not in starts and named(others, "law/rules.md")


def test_long_sentences_are_cut_around_the_words(tmp_path):
    """What is shown of one holds the word, and the words marked in it are those that were looked for."""
    long = "word " * 30 + "lamp " + "word " * 30
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "long.txt").write_text(f"{long.strip()}.")
    with opened(tmp_path / "papers", tmp_path / "home") as assistant:
        ((document,),) = (find_places(assistant, Wanted("lamp")),)
        (place,) = document.places
    assert place.end - place.start == len(long) > SNIPPET == len(place.text)
    assert [place.text[start:end] for start, end in place.words] == ["lamp"]


def test_no_more_places_are_found_than_a_page_can_bear(tmp_path):
    """The best of them."""
    (tmp_path / "papers").mkdir()
    text = "\n\n".join(f"The lamp number {number} is lit." for number in range(MOST + 50))
    (tmp_path / "papers" / "many.txt").write_text(text)
    with opened(tmp_path / "papers", tmp_path / "home") as assistant:
        (document,) = find_places(assistant, Wanted("lamp"))
    assert len(document.places) == MOST


@pytest.mark.parametrize("words", ["", "?!", "x " * 5_000], ids=["nothing", "no word", "endless"])
def test_words_that_cannot_be_searched_for_are_an_error(assistant, words):
    """As in a question."""
    with pytest.raises(QuestionError):
        find_places(assistant, Wanted(words))


@pytest.fixture
def post(assistant):
    """A function that posts to the route."""
    host = SimpleNamespace(call=lambda work: work(assistant))
    client = TestClient(Starlette(routes=search_routes(Libraries(host))))
    return lambda body: client.post("/places", content=body if isinstance(body, bytes) else json.dumps(body))


def test_page_is_sent_the_places_with_their_numbers(post, assistant):
    """Each place is a button with the document's number and the stretch to mark; no path is sent."""
    response = post([{"words": "lamp"}, []])
    read = Reader(response.text)
    buttons = read.find("data-qa", "browse")
    ids = {str(document.id): document for document in assistant.documents()}
    assert response.status_code == 200 and len(buttons) >= 3
    for button in buttons:
        document = assistant.document(ids[button["data-document"]].path)
        assert 0 <= int(button["data-start"]) < int(button["data-end"]) <= len(document.text)
    assert f"{len(buttons)} places in {len(ids)} documents" in read.text
    assert read.tags[0][1]["data-types"] == ".csv .md .txt"
    assert json.loads(read.tags[0][1]["data-folders"]) == ["law/", "law/old/"]
    assert '<span class="qa-word">lamp</span>' in response.text
    assert str(assistant.documents()[0].path) not in response.text
    assert "No place found." in post([{"words": "lamp", "folder": "nowhere/"}, []]).text
    assert "2 places in 1 document" in post([{"words": "lamp", "folder": "law/old/"}, []]).text


@pytest.mark.parametrize(
    "body",
    [b"", b"[", b"[" * 100_000, b"\xff", {}, [], [{}, []], [{"words": 7}, []], [{"words": "lamp"}], "lamp", None]
    + [[{"words": "lamp"}, [["a", "b"]]], [{"words": "lamp", "path": "/etc"}, [], []], [{"words": "lamp"}, {"a": 1}]]
    + [[{"words": "lamp", "sources": "x"}, []], [{"words": "lamp", "since": 7}, []]],
    ids=lambda body: repr(body)[:40],
)
def test_anything_else_is_refused_in_silence(post, body):
    """Nothing is searched for."""
    response = post(body)
    assert (response.status_code, response.text) == (400, "")


def test_reason_is_told_in_one_line(post, assistant):
    """Why nothing could be searched for, as text; while the documents are loaded, too."""
    assert Reader(post([{"words": "?!"}, []]).text).text.count("has no word in it") == 1
    assert "&lt;b&gt;" in post([{"words": "lamp source:<b>"}, []]).text

    def refuse(work):
        raise NotReady("Wait <b>.")

    client = TestClient(Starlette(routes=search_routes(Libraries(SimpleNamespace(call=refuse)))))
    response = client.post("/places", json=[{"words": "lamp"}, []])
    assert "Wait &lt;b&gt;." in response.text and "data-types" not in response.text


def test_hostile_names_and_texts_are_shown_as_text(tmp_path):
    """Letter for letter, in the name, the heading and the sentence; they add no element."""
    folder = tmp_path / "papers"
    folder.mkdir()
    hostile = NASTY.replace("/", "\N{FRACTION SLASH}")
    for number, name in enumerate((hostile, "calm")):
        (folder / f"{name}.txt").write_text(f"The lamp is {NASTY if number == 0 else 'calm'} here.")
    with opened(folder, tmp_path / "home") as assistant:
        found, filters = find_places(assistant, Wanted("lamp")), list_filters(assistant)
    pages = {document.source: render_places([document], filters) for document in found}
    nasty, calm = Reader(pages[f"{hostile}.txt"]), Reader(pages["calm.txt"])
    assert NASTY in nasty.text and f"{hostile}.txt" in nasty.text
    assert [(tag, sorted(found)) for tag, found in nasty.tags] == [(tag, sorted(found)) for tag, found in calm.tags]


def test_dialog_offers_everything_before_anything_is_typed():
    """Its field and its filters have names; nothing of a document is in it."""
    read = Reader(render_dialog())
    assert [found["aria-label"] for tag, found in read.tags if tag in ("dialog", "input", "select", "button")] == [
        "Search everything",
        "Search everything",
        "Close the search",
        "Kind of file",
        "Folder",
        "Changed",
    ]
    assert [found["value"] for tag, found in read.tags if tag == "option"] == ["", "", "", "7", "31", "366"]
