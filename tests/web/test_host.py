"""The thread that owns the assistant, and indexing that begins again."""

import gc
import threading
import time

import pytest
from patience import until
from plum_assistant import PlumAssistant, follow
from starlette.applications import Starlette
from starlette.testclient import TestClient

from index import Failure, Progress, SourceError, StorageError
from qa.web import strings
from qa.web.host import AssistantHost, LoadState, NotReady, share_done
from qa.web.server import health_routes


def make_progress(documents, passages, left):
    """Some progress of an update of 10 files and 100 passages."""
    return Progress(documents, 10, "a.txt", passages, 100, 1.0, left)


def test_what_was_deleted_is_opened_again_once_it_is_there(tmp_path, monkeypatch):
    """As it was missing at first too; until then the reason stays, and what is gone is closed."""
    monkeypatch.setattr("qa.web.host._REOPEN_SECONDS", 0.05)
    there, opened = [], []

    def open_assistant(on_progress):
        on_progress(make_progress(1, 0, None))
        if not there:
            raise SourceError("nothing is indexed yet.")
        opened.append(PlumAssistant(tmp_path))
        return opened[-1]

    host = AssistantHost(open_assistant, reopen=True)
    host.start()
    until(lambda: host.state == LoadState("failed", "nothing is indexed yet."))
    for number in (1, 2):
        there.append(number)
        until(lambda: host.state == LoadState("ready", ""))
        assert host.call(lambda assistant: assistant) is opened[-1] and len(opened) == number
        there.clear()
        opened[-1].deleted = True
        until(lambda: host.state == LoadState("failed", strings.DELETED))
        with pytest.raises(NotReady):
            host.call(lambda assistant: assistant)
    there.append(3)
    until(lambda: host.state == LoadState("ready", ""))
    host.close()
    assert [("close",) in each.changes for each in opened] == [True] * 3


@pytest.fixture
def one(tmp_path):
    """An assistant and its host."""
    assistant = PlumAssistant(tmp_path)
    host = AssistantHost(lambda on_progress: assistant)
    host.start()
    follow(host)
    yield host, assistant
    host.close()


def test_indexing_that_begins_again_is_seen_at_once(one):
    """The page that asked for it is told of its beginning and its end; the terminal, where other files cannot be read."""
    host, first = one
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


def test_what_is_loaded_is_left_alone_by_the_garbage_collector(tmp_path):
    """From the end of the first indexing on; what other libraries load later may be freed again."""
    gc.unfreeze()
    counts = []
    try:
        for _ in range(2):
            host = AssistantHost(lambda on_progress: PlumAssistant(tmp_path))
            host.start()
            follow(host)
            host.close()
            counts.append(gc.get_freeze_count())
    finally:
        gc.unfreeze()
    assert counts[0] > 10_000 and counts[1] <= counts[0]


@pytest.mark.parametrize(
    ("progress", "share"),
    [(make_progress(3, 0, None), 0.3), (make_progress(10, 25, 3.0), 0.25), (Progress(0, 0, "", 0, 0, 0.0, None), 0)],
)
def test_share_is_of_files_until_passages_can_be_told(progress, share):
    """And of nothing, it is nothing."""
    assert share_done(progress) == share


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


def test_deleted_collection_is_told_as_deleted(one):
    """Another process deletes it: the page says so, no question is answered, and `/readyz` is no longer ready."""
    host, assistant = one
    app = Starlette(routes=health_routes(host))
    with TestClient(app) as client:
        assert (client.get("/readyz").status_code, client.get("/readyz").text) == (200, "ready\n")
        assistant.deleted = True
        assert (client.get("/readyz").status_code, client.get("/readyz").text) == (503, f"{strings.DELETED}\n")
    assert host.state == LoadState("failed", strings.DELETED)
    with pytest.raises(NotReady):
        host.call(lambda assistant: assistant.ask("plum"))


def test_a_server_that_is_gone_as_indexing_ends_does_not_end_the_thread(one, monkeypatch):
    """What could not be read is asked for again at each look, until the server is back."""
    host, first = one

    def fail(self):
        raise StorageError("the server is down.")

    with monkeypatch.context() as patched:
        patched.setattr(type(first), "failures", property(fail), raising=False)
        host.call(lambda assistant: setattr(assistant, "indexing", True))
        first.indexing = False
        with pytest.raises(ZeroDivisionError):
            host.call(lambda assistant: 1 / 0)
        assert host.state.stage == "indexing"
    first.failures = ()
    until(lambda: host.state.stage == "ready")
