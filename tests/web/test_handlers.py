"""What the page's events do, called as Gradio calls them."""

import asyncio
from pathlib import Path

import gradio
import pytest
from page_parts import Reader
from plum_assistant import SKIP, PlumAssistant, ask, event, follow, open_plums, viewer

from index import Originals, Progress, SourceError, StorageError
from qa.web import strings
from qa.web.app import build_app
from qa.web.batches.jobs import Batches
from qa.web.chat.events import Handlers
from qa.web.conversations.keeping import KEPT_TURNS
from qa.web.features import LibraryFeatures
from qa.web.host import AssistantHost, NotReady
from qa.web.library.events import LibraryHandlers
from qa.web.library.libraries import Libraries
from qa.web.status import Following
from qa.web.viewer.events import MOST_FOUND, find_words


@pytest.fixture
def plums(tmp_path):
    """An assistant and the handlers over it, loaded."""
    with open_plums(tmp_path) as opened:
        yield opened


def test_page_shows_the_scope_and_the_documents_once_loaded(plums):
    """Header, welcome and list come with the end of loading; there are no examples for unknown documents."""
    header, welcome, library, _, menu = follow(plums[1].host)[-1]
    assert 'class="qa-libraries"' in menu
    assert "1 document, 2 passages" in header
    assert "fruit.txt" in library and "scan.pdf" in library
    assert "qa-example" not in welcome


def test_questions_that_another_page_has_found_meanwhile_are_shown(plums, monkeypatch):
    """Two pages come at once: the second finds the questions to begin with between the first's two looks at them."""
    monkeypatch.setattr("qa.web.chat.suggestions._begin_first", lambda assistant: iter([("Which fruit?",)]))
    host = plums[1].host
    following = Following(host, LibraryHandlers(host, Path("/nowhere")))

    async def watch():
        first, second = aiter(following.follow_loading()), following.follow_loading()
        seen = [await anext(first)]
        assert "Which fruit?" in [update async for update in second][-1][1]
        return seen + [update async for update in first]

    updates = asyncio.run(watch())
    assert "qa-example" not in updates[0][1]
    assert "Which fruit?" in updates[-1][1]


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
    """Who asks at once is answered before the page has heard that loading has ended: the load event touches no chat."""
    libraries = Libraries(AssistantHost(lambda on_progress: None))
    folder = Path("/nowhere")
    features = LibraryFeatures(libraries, folder, originals=Originals(), batches=Batches(folder))
    config = build_app(features).get_config_file()
    # Of two, the shorter could end, and Gradio close the page's stream, just when the other begins.
    triggers = [name for event in config["dependencies"] for _, name in event["targets"]]
    assert triggers.count("load") == 1
    chat = next(component["id"] for component in config["components"] if component["type"] == "chatbot")
    writing = [event["targets"][0][1] for event in config["dependencies"] if chat in event["outputs"]]
    assert sorted(writing) == ["alone", "begin", "discard", "example", "forget", "next", "reopen", "resume", "submit"]


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        pytest.param(SourceError("'x<y' does not exist."), "&#39;x&lt;y&#39; does not exist.", id="known"),
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


def test_enter_pressed_twice_asks_once_and_says_nothing(plums):
    """The second press finds the box emptied by the first."""
    turns, *_ = ask(plums[1], "Which fruit?")
    again, chat, box, message = ask(plums[1], "", turns)
    assert (again, chat, box) == (turns, SKIP, SKIP) and "alert" not in message
    assert len(plums[0].asked) == 1


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
    shown, message = viewer(plums[1]).open_citation(turns, gradio.EventData(None, data))
    assert shown == SKIP and strings.OPEN_ERROR in message


def test_citation_is_opened_where_it_stands(plums):
    """The document comes with the quote marked, whatever window is asked for."""
    turns, *_ = ask(plums[1], "Which fruit?")
    opened = viewer(plums[1])
    for sent in ({"first": first} for first in (None, 0, 1, 10**30, -1, "x")):
        shown, message = opened.open_citation(turns, event(turn=1, citation=1, **sent))
        assert "Pears are green." in shown and "alert" not in message
    for mode in (None, "", "text", "original", 7, ["text"]):
        shown, _ = opened.open_citation(turns, event(turn=1, citation=1, mode=mode))
        assert 'id="qa-here" tabindex="-1">Plums are blue.</mark>' in shown


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
    opened = viewer(plums[1])
    for shown, _ in (
        opened.open_citation(turns, event(turn=1, citation=1)),
        opened.browse_document(event(document=0)),
        opened.browse_document(event(document=0, mode="text")),
    ):
        assert notice in shown and "Plums are blue." in shown


@pytest.mark.parametrize("data", [{}, {"document": 1}, {"document": "0"}, {"document": -1}], ids=repr)
def test_only_listed_documents_are_opened(plums, data):
    """A number out of the list opens nothing; one in it does."""
    shown, message = viewer(plums[1]).browse_document(gradio.EventData(None, data))
    assert shown == SKIP and strings.OPEN_ERROR in message
    assert "Pears are green." in viewer(plums[1]).browse_document(event(document=0))[0]


@pytest.mark.parametrize(
    ("sent", "marked"),
    [
        ({"start": 17, "end": 33}, ["Pears are green."]),
        ({"start": 17, "end": 34}, []),
        ({"start": 20, "end": 20}, []),
        ({"start": -1, "end": 5}, []),
        ({"start": "0", "end": 5}, []),
        ({"start": True, "end": 5}, []),
        ({"start": 0}, []),
        ({"sought": "ARE"}, ["are", "are"]),
        ({"sought": "are", "start": 0, "end": 5}, ["are", "are"]),
        ({"sought": " blue. \n pears "}, ["blue.", "Pears"]),
        ({"sought": "(.*"}, []),
        ({"sought": "kiwi"}, []),
        ({"sought": ["are"]}, []),
        ({"sought": 7, "at": "x", "page": [1]}, []),
    ],
    ids=repr,
)
def test_place_that_was_found_is_marked(plums, sent, marked):
    """A stretch inside the text, or words wherever they stand; whatever else is sent marks nothing."""
    shown, message = viewer(plums[1]).browse_document(event(document=0, **sent))
    assert Reader(shown).marked == marked and "alert" not in message


@pytest.mark.parametrize(("at", "number"), [(None, 1), (2, 2), (3, 2), (10**30, 2), (0, 1), (-1, 1), ("2", 1)])
def test_place_among_those_found_is_inside_them(plums, at, number):
    """The first when none is asked for, the last beyond it."""
    shown, _ = viewer(plums[1]).browse_document(event(document=0, sought="are", at=at))
    assert f"{number} of 2" in shown
    assert [found["data-number"] for found in Reader(shown).find("id", "qa-here")] == [str(number)]


def test_words_are_found_whatever_their_case_and_line_ends():
    """In order, not overlapping; what looks like a pattern is none, and no more are marked than a page can bear."""
    text = "A plum.\nA\n  PLUM. A.plum a(b)"
    assert [(mark.number, text[mark.start : mark.end]) for mark in find_words(text, "a plum")] == [
        (1, "A plum"),
        (2, "A\n  PLUM"),
    ]
    assert [text[mark.start : mark.end] for mark in find_words(text, "a(b)")] == ["a(b)"]
    assert find_words(text, " ") == () and find_words(text, "a.plums") == ()
    assert len(find_words("a" * 2_000, "a")) == MOST_FOUND
