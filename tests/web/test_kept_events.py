"""Keeping, listing, noting, citing and saving quotes, called as Gradio and a browser call it."""

import json
import re
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace

import pytest
from injections import PAYLOADS
from page_parts import Reader
from plum_assistant import SKIP, event, open_plums
from starlette.applications import Starlette
from starlette.testclient import TestClient

from index import Originals
from qa.conversations import Conversations
from qa.kept import KeptQuotes
from qa.web import strings
from qa.web.chat.events import Handlers
from qa.web.chat.view import render_turn
from qa.web.conversations.keeping import Keeping
from qa.web.downloads import kept_routes
from qa.web.kept.events import LISTED, KeptHandlers
from qa.web.library.libraries import Libraries
from qa.web.security.guard import COOKIE
from qa.web.viewer.events import ViewerEvents


def visitor(letter):
    """A request of one visitor."""
    return SimpleNamespace(headers={"cookie": f"{COOKIE}={letter * 43}"})


ANNA, BERT, NOBODY = visitor("a"), visitor("b"), SimpleNamespace(headers={})


@pytest.fixture
def page(tmp_path):
    """An assistant, the page's handlers over it and its stores, and the routes."""
    store, kept = Conversations(tmp_path / "home" / "talks.sqlite"), KeptQuotes(tmp_path / "home" / "kept.sqlite")
    with (
        open_plums(tmp_path) as (assistant, handlers),
        closing(store),
        closing(kept),
        closing(Originals()) as originals,
    ):
        keeping = Keeping(handlers.host, store, kept)
        events = KeptHandlers(keeping, ViewerEvents(handlers.host, originals, query="lib=fruit"))
        client = TestClient(Starlette(routes=kept_routes(kept, Libraries(handlers.host))))
        asking = Handlers(handlers.host, keeping)
        yield SimpleNamespace(
            assistant=assistant, kept=kept, asking=asking, events=events, client=client, keeping=keeping
        )


def ask(page, question="Which fruit?", turns=None, request=ANNA):
    """Ask to the end; returns the turns."""
    return list(page.asking.answer_question(question, turns, None, request))[-1][0]


def keep(page, question="Which fruit?"):
    """Ask, and keep the quote; returns the turns and the kept quote's id."""
    turns = ask(page, question)
    page.events.star(turns, event(turn=1, citation=1), ANNA)
    return turns, page.kept.quotes("a" * 43, "plums")[0][0].id


def test_star_is_pressed_and_released(page):
    """The button counts, and names the citations that are kept; the next answer is drawn with them."""
    turns = ask(page)
    bar, message = page.events.star(turns, event(turn=1, citation=1), ANNA)
    assert 'data-stars=" 1-1 "' in bar and "Kept ☆ 1<" in bar and strings.KEPT_NOW in bar and "alert" not in message
    turns = ask(page, "And pears?", turns)
    assert [turn.kept for turn in turns] == [(1,), (1,)]  # the same quote
    assert 'aria-pressed="true"' in re.search(r'<button[^>]*data-qa="star"[^>]*>', render_turn(turns[0]))[0]
    bar, _ = page.events.star(turns, event(turn=2, citation=1), ANNA)
    assert 'data-stars="  "' in bar and "Kept ☆ 0<" in bar and strings.KEPT_TAKEN_BACK in bar
    assert 'data-stars="  "' in page.events.tell(turns, ANNA)
    assert [turn.kept for turn in page.keeping.catch_up(None, ANNA)] == [(), ()]


@pytest.mark.parametrize(
    "sent", [{}, {"turn": 1}, {"turn": 1, "citation": 0}, {"turn": 1, "citation": 2}, {"turn": 9, "citation": 1}, None]
)
def test_what_is_not_a_citation_is_refused(page, sent):
    """Nothing is kept, and a message says so."""
    turns = ask(page)
    bar, message = page.events.star(turns, event(**sent) if sent is not None else SimpleNamespace(_data=[1]), ANNA)
    assert bar == SKIP and strings.OPEN_ERROR in message
    assert page.kept.quotes("a" * 43, "plums")[1] == 0


def test_list_shows_quote_source_question_and_note(page):
    """With what has become of the document since."""
    _, id_ = keep(page)
    message = page.events.annotate(event(kept=id_, note="For <b>later</b>"), ANNA)
    assert "alert" not in message
    panel, _ = page.events.show(event(page=0), ANNA)
    shown = Reader(panel)
    assert {"Plums are blue.", "Which fruit?"} <= {text.strip() for text in re.sub("<[^>]+>", "\n", panel).split("\n")}
    assert shown.find("data-qa", "open-kept")[0]["data-kept"] == str(id_)
    assert [note["value"] for note in shown.find("class", "qa-note")] == ["For <b>later</b>"]
    assert [link["href"] for link in shown.find("download")][3] == "kept/quotes.bib?lib=fruit"
    assert "qa-notice" not in panel and str(page.assistant.file) not in panel
    page.assistant.file = page.assistant.file.with_name("other.txt")
    assert "is not among the documents any more" in page.events.show(event(), ANNA)[0]


def test_pages_of_the_list(page):
    """Fifty on each; a page that is not there is the last."""
    turns = ask(page)
    citation = turns[0].citations[0]
    for start in range(LISTED + 1):
        moved = replace(citation, start=start, end=start + len(citation.quote))
        page.kept.toggle("a" * 43, "plums", moved, question="?")
    first, _ = page.events.show(event(page=0), ANNA)
    last, _ = page.events.show(event(page=10**12), ANNA)
    assert (first.count("qa-kept-quote"), last.count('class="qa-kept-quote"')) == (LISTED, 1)
    assert 'data-page="1"' in last and f'aria-label="{strings.NOTE_LABEL.format(number=LISTED + 1)}"' in last


def test_removed_quote_is_restored_by_undo(page):
    """With its note, once, for the visitor who removed it."""
    turns, id_ = keep(page)
    page.events.annotate(event(kept=id_, note="Note"), ANNA)
    panel, bar, _ = page.events.remove(turns, event(kept=id_), ANNA)
    assert strings.KEPT_EMPTY in panel and 'data-qa="rekeep"' in panel and "Kept ☆ 0<" in bar
    assert strings.KEPT_GONE in page.events.restore(turns, event(), BERT)[-1]
    panel, bar, _ = page.events.restore(turns, event(), ANNA)
    assert 'value="Note"' in panel and 'data-qa="rekeep"' not in panel and 'data-stars=" 1-1 "' in bar
    assert strings.KEPT_GONE in page.events.restore(turns, event(), ANNA)[-1]


def test_document_opens_at_the_quote(page):
    """At the place where the words are now, with a word about it if that is another one."""
    _, id_ = keep(page)
    viewer, _ = page.events.open(event(kept=id_), ANNA)
    assert Reader(viewer).marked == ["Plums are blue."] and 'id="qa-here"' in viewer
    browse = Reader(viewer).find("data-qa", "browse")
    assert all((button["data-start"], button["data-end"]) == ("0", "15") for button in browse)
    page.assistant.file = page.assistant.file.with_name("other.txt")
    assert strings.OPEN_ERROR in page.events.open(event(kept=id_), ANNA)[1]


def test_strangers_get_nothing(page):
    """Ids of another visitor, of nobody and from nowhere are refused by every event and by the route."""
    turns, id_ = keep(page)
    for request in (BERT, NOBODY):
        said = [
            page.events.annotate(event(kept=id_, note="mine"), request),
            page.events.remove(turns, event(kept=id_), request)[-1],
            page.events.open(event(kept=id_), request)[-1],
            page.events.cite(turns, event(kept=id_), request)[-1],
        ]
        assert all('role="alert"' in line for line in said)
        assert page.client.get("/kept/quotes.md", headers=request.headers).status_code == 404
    for sent in ({"kept": 2**70}, {"kept": -1}, {"kept": "1"}, {"kept": None}, {"kept": id_, "note": 5}):
        assert strings.KEPT_GONE in page.events.annotate(event(**{"note": "x", **sent}), ANNA)
    assert page.kept.find("a" * 43, id_).note == ""
    assert strings.QUOTES_NOT_KEPT in page.events.show(event(), NOBODY)[1]
    assert "Kept ☆ 0<" in page.events.tell(turns, NOBODY)


def test_menu_is_filled_with_citations(page):
    """For a quote of an answer, and for a kept one; the two that need no time are in the menu from the start."""
    turns, id_ = keep(page)
    cited, message = page.events.cite(turns, event(turn=1, citation=1), ANNA)
    (held,) = Reader(cited).find("data-turn", "1")
    assert held["data-text-apa"] == "“Plums are blue.” (fruit.txt, n.d., para. 1)\n\nfruit.txt. (n.d.)."
    assert held["data-text-bibtex"].startswith("@misc{fruit,") and "alert" not in message
    assert set(held) == {"class", "data-arrival", "data-turn", "data-citation"} | {
        f"data-text-{style}" for style in ("apa", "mla", "chicago", "bibtex")
    }
    (held,) = Reader(page.events.cite((), event(kept=id_), ANNA)[0]).find("data-kept", str(id_))
    assert held["data-text-mla"] == "“Plums are blue.” (fruit.txt, par. 1)\n\nfruit.txt."
    menu = Reader(render_turn(turns[0]))
    texts = {button["data-style"]: button.get("data-text") for button in menu.find("data-style")}
    assert texts == {
        **dict.fromkeys(strings.CITE_STYLES),
        "quote": "Plums are blue.",
        "footnote": "“Plums are blue.” (fruit.txt, paragraph 1)",
    }
    (details,) = menu.find("data-doc")
    assert (details["data-doc"], details["data-at"]) == ("fruit.txt", "0-15")


@pytest.mark.parametrize("suffix", ["docx", "pdf", "md", "bib", "json"])
def test_list_is_saved(page, suffix):
    """As every kind of file, without paths."""
    _, id_ = keep(page)
    page.events.annotate(event(kept=id_, note="For later"), ANNA)
    answer = page.client.get(f"/kept/quotes.{suffix}", headers=ANNA.headers)
    assert answer.status_code == 200 and f'filename="Kept-quotes.{suffix}"' in answer.headers["content-disposition"]
    assert str(page.assistant.file.parent).encode() not in answer.content
    if suffix == "md":
        moment = page.kept.find("a" * 43, id_).kept.replace("T", " ")[:16]
        assert answer.text == (
            "# Kept quotes\n\n## Which fruit?\n\n> Plums are blue.\n\n"
            f"fruit.txt, paragraph 1. {moment} UTC\n\nFor later\n"
        )
    elif suffix == "json":
        assert json.loads(answer.content)[0]["annote"] == "“Plums are blue.”"
    elif suffix == "bib":
        assert answer.text.startswith("@misc{fruit,")
    assert page.client.get("/kept/quotes.exe", headers=ANNA.headers).status_code == 404


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=list(PAYLOADS))
def test_hostile_questions_and_notes_are_text(page, payload):
    """In the list they are escaped, and the same characters are there."""
    asked = re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", payload)  # halves cannot be asked
    _, id_ = keep(page, asked)
    page.events.annotate(event(kept=id_, note=payload), ANNA)
    panel, _ = page.events.show(event(), ANNA)
    (note,) = Reader(panel).find("class", "qa-note")
    shown = re.sub("[\0\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", payload)
    assert note["value"] == shown.strip() and shown in Reader(panel).text
    assert {name for name, _ in Reader(panel).tags} <= {
        *("section", "div", "button", "h2", "a", "span", "ul", "li", "q", "bdi", "p", "input", "details", "summary")
    }
