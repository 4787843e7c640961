"""The thread that owns the assistant: indexing that begins again, and collections that are switched."""

import threading
import time
from types import SimpleNamespace

import pytest
from plum_assistant import PlumAssistant, event, follow

from index import Failure, Progress, StorageError
from qa.web import strings
from qa.web.host import AssistantHost, LoadState, NotReady, share_done
from qa.web.library import LibraryHandlers


def make_progress(documents, passages, left):
    """Some progress of an update of 10 files and 100 passages."""
    return Progress(documents, 10, "a.txt", passages, 100, 1.0, left)


@pytest.fixture
def two(tmp_path):
    """Two assistants; a host that has opened the first and can open the second, and no other."""
    first, second = PlumAssistant(tmp_path), PlumAssistant(tmp_path)
    second.name = "pears"

    def open_collection(name, on_progress):
        if name != "pears":
            raise StorageError("locked <b>.")
        second.tell = on_progress
        return second

    def open_assistant(on_progress):
        first.tell = on_progress
        return first

    host = AssistantHost(
        open_assistant,
        open_collection=open_collection,
        list_collections=lambda: [SimpleNamespace(name=n, documents=1, passages=2) for n in ("plums", "pears", "figs")],
    )
    host.start()
    follow(host)
    yield host, first, second
    host.close()


def test_other_collection_takes_the_place_of_the_first(two):
    """The first is closed once the other is open, and its steps are not told any more."""
    host, first, second = two
    host.switch("pears")
    assert host.call(lambda assistant: assistant) is second
    assert first.changes == [("close",)] and second.changes == []
    first.tell(make_progress(1, 0, None))
    assert host.state == LoadState("ready", "")
    second.tell(make_progress(1, 0, None))
    assert host.state == LoadState("indexing", "Reading 1 of 10: a.txt", 0.1)


def test_collection_that_cannot_be_opened_changes_nothing(two):
    """The first still answers, and tells its steps."""
    host, first, _ = two
    with pytest.raises(StorageError):
        host.switch("figs")
    assert host.state == LoadState("ready", "")
    assert host.call(lambda assistant: assistant) is first and first.changes == []


def test_nothing_is_asked_while_another_collection_is_opened(tmp_path):
    """A question is refused until it is open, and so is a second switch."""
    opening, go_on = threading.Event(), threading.Event()

    def open_slowly(name, on_progress):
        opening.set()
        go_on.wait(10)
        return PlumAssistant(tmp_path)

    host = AssistantHost(lambda on_progress: PlumAssistant(tmp_path), open_collection=open_slowly)
    host.start()
    follow(host)
    switching = threading.Thread(target=host.switch, args=["b"])
    switching.start()
    assert opening.wait(10)
    assert host.state == LoadState("loading", strings.OPENING_COLLECTION.format(name="b"))
    for refused in (lambda: host.call(lambda assistant: 1), lambda: host.switch("c")):
        with pytest.raises(NotReady):
            refused()
    go_on.set()
    switching.join(10)
    assert host.call(lambda assistant: 1) == 1
    host.close()


def test_host_without_collections_switches_to_none(tmp_path):
    """There is nothing to open another one with."""
    host = AssistantHost(lambda on_progress: PlumAssistant(tmp_path))
    host.start()
    follow(host)
    with pytest.raises(StorageError):
        host.switch("b")
    host.close()


def test_first_collection_that_cannot_be_opened_leaves_room_for_another(tmp_path):
    """What failed is not all there is."""

    def fail(on_progress):
        raise StorageError("locked.")

    host = AssistantHost(fail, open_collection=lambda name, on_progress: PlumAssistant(tmp_path))
    host.start()
    follow(host)
    assert host.state == LoadState("failed", "locked.")
    host.switch("b")
    assert host.state.stage == "ready" and host.call(lambda assistant: assistant.name) == "plums"
    host.close()


def test_indexing_that_begins_again_is_seen_at_once(two):
    """The page that asked for it is told of its beginning and its end; the terminal, where other files cannot be read."""
    host, first, _ = two
    indexed = []
    host._on_indexed = indexed.append
    first.failures = (Failure("b.txt", "/b.txt", "is empty"),)
    host.call(lambda assistant: setattr(assistant, "indexing", True))
    assert host.state == LoadState("indexing", strings.READING_AGAIN)
    first.indexing = False
    deadline = time.monotonic() + 10
    while host.state.stage != "ready" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert host.state == LoadState("ready", "") and indexed == [first]


@pytest.mark.parametrize(
    ("progress", "share"),
    [(make_progress(3, 0, None), 0.3), (make_progress(10, 25, 3.0), 0.25), (Progress(0, 0, "", 0, 0, 0.0, None), 0)],
)
def test_share_is_of_files_until_passages_can_be_told(progress, share):
    """And of nothing, it is nothing."""
    assert share_done(progress) == share


def test_page_switches_and_clears_the_conversation(two, tmp_path):
    """It says so first; turns, chat and the choice of documents are emptied only once the other is open."""
    host, *_ = two
    handlers = LibraryHandlers(host, tmp_path)
    handlers.render()
    updates = list(handlers.switch(event(collection=handlers.numbers.number("pears"))))
    assert strings.OPENING_COLLECTION.format(name="pears") in updates[0][4]
    turns, chat, picker, panel, line = updates[1]
    assert (turns, chat, picker["value"]) == ((), [], []) and "qa-row" in panel
    assert "pears is open now. The questions and answers about plums were cleared." in line
    failed = list(handlers.switch(event(collection=handlers.numbers.number("figs"))))[-1]
    assert failed[0].get("__type__") == "update" and "locked &lt;b&gt;." in failed[4]


@pytest.mark.parametrize("data", [{}, {"collection": 99}, {"collection": "pears"}, {"collection": True}], ids=repr)
def test_only_collections_there_are_can_be_opened(two, tmp_path, data):
    """A number of anything else, such as a document, opens nothing."""
    host, first, _ = two
    handlers = LibraryHandlers(host, tmp_path)
    handlers.render()
    document = {"collection": handlers.numbers.number("/scan.pdf")}
    for wrong in (data, document):
        (update,) = handlers.switch(event(**wrong))
        assert strings.NO_COLLECTION in update[4]
    assert host.call(lambda assistant: assistant) is first


def test_whoever_asks_while_it_closes_is_told(tmp_path):
    """Nobody waits for an answer that will never come: such a wait would also keep the process from ending."""
    host = AssistantHost(lambda on_progress: PlumAssistant(tmp_path))
    host.start()
    follow(host)

    def ask_on():
        with pytest.raises(NotReady):
            while True:
                host.call(lambda assistant: 1)

    asking = [threading.Thread(target=ask_on, daemon=True) for _ in range(8)]
    for thread in asking:
        thread.start()
    host.close()
    for thread in asking:
        thread.join(10)
    assert [thread.is_alive() for thread in asking] == [False] * 8
