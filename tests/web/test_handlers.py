"""What the page's events do, called as Gradio calls them."""

import asyncio
from pathlib import Path

import gradio
import pytest
from plum_assistant import SKIP, PlumAssistant, ask, event, follow, open_plums

from index import Progress, SourceError, StorageError
from qa.web import strings
from qa.web.app import build_app
from qa.web.following import Following
from qa.web.handlers import Handlers
from qa.web.host import AssistantHost, NotReady
from qa.web.keeping import KEPT_TURNS
from qa.web.library import LibraryHandlers


@pytest.fixture
def plums(tmp_path):
    """An assistant and the handlers over it, loaded."""
    with open_plums(tmp_path) as opened:
        yield opened


def test_page_shows_the_scope_and_the_documents_once_loaded(plums):
    """Header, welcome and list come with the end of loading; there are no examples for unknown documents."""
    header, welcome, library, *_ = follow(plums[1].host)[-1]
    assert "1 document, 2 passages" in header
    assert "fruit.txt" in library and "scan.pdf" in library
    assert "qa-example" not in welcome


def test_progress_is_shown_while_loading():
    """The page names the source being read, and refuses questions until then, keeping them in the box."""
    host = AssistantHost(lambda on_progress: None)
    host._report(Progress(3, 9, "a <b>.txt", 0, 0, 0.0, None))
    following = Following(host, LibraryHandlers(host, Path("/nowhere")))
    update = asyncio.run(anext(aiter(following.follow_loading())))
    assert "Reading 3 of 9: a &lt;b&gt;.txt" in update[1]
    _, chat, box, message = ask(Handlers(host), "Who?")
    assert (chat, box) == (SKIP, "Who?")
    assert strings.STILL_LOADING in message


def test_questions_are_answered_while_indexing_goes_on(tmp_path):
    """The page shows what can be asked and how far indexing has come; then the whole, and why it ended early."""
    assistant = PlumAssistant(tmp_path)
    assistant.indexing = True

    def fail():
        raise StorageError("the disk is full <b>.")

    assistant.finish_indexing = fail
    host = AssistantHost(lambda on_progress: assistant)
    host.start()
    handlers = Handlers(host)

    async def watch():
        updates = aiter(Following(host, LibraryHandlers(host, tmp_path)).follow_loading())
        while "1 document, 2 passages" not in (update := await anext(updates))[0]:
            pass
        host._report(Progress(5, 5, "e.txt", 1_200, 9_000, 25.0, 312.0))
        header = (await anext(updates))[0]
        turns, *_ = ask(handlers, "Which fruit?")
        assistant.indexing = False
        return update, header, turns, [update async for update in updates][-1]

    first, progress, turns, last = asyncio.run(watch())
    assert "fruit.txt" in first[2]
    assert "1 document, 2 passages · Indexing: 1,200 of 9,000 passages, 25 a second, 5 min left" in progress
    assert turns[0].answer.verdict == "answered"
    assert "1 document, 2 passages · the disk is full &lt;b&gt;." in last[0]
    assert host.state.stage == "ready"
    host.close()


def test_end_of_loading_never_writes_over_an_answer():
    """Who asks at once is answered before the page has heard that loading has ended: no load event touches the chat."""
    config = build_app(AssistantHost(lambda on_progress: None), Path("/nowhere")).get_config_file()
    chat = next(component["id"] for component in config["components"] if component["type"] == "chatbot")
    writing = [event["targets"][0][1] for event in config["dependencies"] if chat in event["outputs"]]
    assert sorted(writing) == ["alone", "begin", "discard", "example", "next", "reopen", "resume", "submit", "switch"]


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        pytest.param(SourceError("'x<y' does not exist."), "&#x27;x&lt;y&#x27; does not exist.", id="known"),
        pytest.param(RuntimeError("/etc/secret"), strings.SERVER_ERROR_LOADING, id="unknown"),
    ],
)
def test_failed_load_is_shown_in_one_line(error, shown):
    """A known error is shown as it is, escaped; of an unknown one nothing gets out."""

    def fail(on_progress):
        raise error

    host = AssistantHost(fail)
    host.start()
    html = follow(host)[-1][1]
    assert shown in html and "secret" not in html
    with pytest.raises(NotReady):
        host.call(lambda assistant: assistant.scope)
    host.close()


def test_closing_stops_a_load_under_way():
    """Opening is told to give up at the next source it reports."""
    reached = []

    def open_slowly(on_progress):
        while True:
            on_progress(Progress(0, 1, "a.txt", 0, 0, 0.0, None))
            reached.append(1)

    host = AssistantHost(open_slowly)
    host.start()
    host.close()
    assert host.state.stage == "loading" and not host._thread.is_alive()


def test_questions_are_answered_in_the_light_of_those_before(plums):
    """The history goes along, unless the question is to stand alone; the box is emptied."""
    assistant, handlers = plums
    turns, *_ = ask(handlers, " Which fruit? ")
    turns, chat, box, message = ask(handlers, "And pears?", turns)
    list(handlers.answer_alone(turns, None, event(turn=2)))
    assert assistant.asked == [
        ("Which fruit?", (), False),
        ("And pears?", ("Which fruit?",), False),
        ("And pears?", ("Which fruit?", "And pears?"), True),
    ]
    assert [turn.number for turn in turns] == [1, 2]
    assert "Plums are blue." in chat[3]["content"].value
    assert box == SKIP and "alert" not in message


@pytest.mark.parametrize(
    ("question", "reason"),
    [
        pytest.param("", strings.EMPTY_QUESTION, id="empty"),
        pytest.param(" \n", strings.EMPTY_QUESTION, id="blank"),
        pytest.param({"path": "/etc/passwd"}, strings.EMPTY_QUESTION, id="no text"),
        pytest.param("refuse", "The question &lt;b&gt; cannot be searched.", id="refused"),
        pytest.param("break", strings.SERVER_ERROR, id="broken"),
    ],
)
def test_question_that_gets_no_answer_gets_a_message(plums, question, reason):
    """The reason stands under the box, escaped, and the chat is as before."""
    turns, _, _, message = ask(plums[1], question)
    assert turns == () and reason in message and "secret" not in message


def test_old_turns_are_let_go(plums):
    """The chat keeps the last turns, and a number is never used twice."""
    turns = ()
    for _ in range(KEPT_TURNS + 3):
        turns, *_ = ask(plums[1], "Which fruit?", turns)
    assert [turn.number for turn in turns] == list(range(4, KEPT_TURNS + 4))


@pytest.mark.parametrize(
    "data",
    [{}, {"turn": 1}, {"turn": 2, "citation": 1}, {"turn": 1, "citation": 2}, {"turn": 1, "citation": 0}]
    + [{"turn": 1, "citation": value} for value in (-1, True, "1", 1.0, None, [1], {"path": "/etc/passwd"})]
    + [None, [], "text"],
    ids=repr,
)
def test_only_known_citations_are_opened(plums, data):
    """Whatever else the browser sends, nothing is opened and the page says so."""
    turns, *_ = ask(plums[1], "Which fruit?")
    panel, message = plums[1].open_citation(turns, gradio.EventData(None, data))
    assert panel == SKIP and strings.OPEN_ERROR in message


def test_citation_is_opened_where_it_stands(plums):
    """The document comes with the quote marked, whatever window is asked for."""
    turns, *_ = ask(plums[1], "Which fruit?")
    for first in (None, 0, 1, 10**30, -1, "x"):
        panel, message = plums[1].open_citation(turns, event(turn=1, citation=1, first=first))
        assert "Pears are green." in panel and "alert" not in message
    assert (
        'id="qa-here" tabindex="-1">Plums are blue.</mark>'
        in plums[1].open_citation(turns, event(turn=1, citation=1))[0]
    )


@pytest.mark.parametrize(
    ("change", "notice"),
    [
        pytest.param(lambda file: file.write_text("Figs."), "has changed since it was read", id="changed"),
        pytest.param(lambda file: file.unlink(), "cannot be read any more", id="gone"),
    ],
)
def test_opened_document_says_when_its_file_is_not_the_same_any_more(plums, change, notice):
    """What was searched is shown all the same."""
    turns, *_ = ask(plums[1], "Which fruit?")
    change(plums[0].file)
    panel, _ = plums[1].open_citation(turns, event(turn=1, citation=1))
    assert notice in panel and "Plums are blue." in panel


@pytest.mark.parametrize("data", [{}, {"document": 1}, {"document": "0"}, {"document": -1}], ids=repr)
def test_only_listed_documents_are_opened(plums, data):
    """A number out of the list opens nothing; one in it does."""
    panel, message = plums[1].browse_document(gradio.EventData(None, data))
    assert panel == SKIP and strings.OPEN_ERROR in message
    assert "Pears are green." in plums[1].browse_document(event(document=0))[0]
