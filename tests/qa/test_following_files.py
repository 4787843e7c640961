"""An open assistant follows its files: on demand, and live; so do the host and the page."""

import asyncio
import shutil
import threading
import time
from contextlib import contextmanager

import pytest
from fruit import APPLES, write_documents
from toy_encoder import ToyEncoder

from index import SourceError
from qa import Assistant
from qa.web import status as page
from qa.web.host import AssistantHost
from qa.web.library.events import LibraryHandlers

PATIENCE = 20  # seconds


@pytest.fixture
def folder(tmp_path):
    """A folder of a document of two paragraphs."""
    return write_documents(tmp_path / "papers", a=APPLES)


@contextmanager
def opened(folder, encoder=None):
    with Assistant.open(folder, home=folder.parent / "home", encoder=encoder or ToyEncoder(), reader=None) as assistant:
        yield assistant


def names(assistant):
    return [document.source for document in assistant.documents()]


def wait_for(condition):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_refresh_brings_in_what_is_new_changed_and_gone(folder):
    """The next question is answered from the files as they are now, and the report says what was done."""
    with opened(folder) as assistant:
        (folder / "b.txt").write_text("A fig fell.", encoding="utf-8")
        report = assistant.refresh()
        assert (report.added, report.changed, report.removed, report.unchanged) == (1, 0, 0, 1)
        assert assistant.ask("What fig fell?").citations[0].source == "b.txt"
        (folder / "b.txt").unlink()
        assert assistant.refresh().removed == 1
        assert assistant.report.removed == 1
        assert names(assistant) == ["a.txt"]


def test_renamed_file_costs_no_embedding_and_an_edit_only_what_is_new(folder):
    """Content that was embedded is not embedded again, under whatever name; an edit costs its own paragraph."""
    encoder = ToyEncoder()
    with opened(folder, encoder) as assistant:
        encoder.encoded.clear()
        (folder / "a.txt").rename(folder / "b.txt")
        report = assistant.refresh()
        assert (report.added, report.removed, encoder.encoded) == (1, 1, [])
        (folder / "b.txt").rename(folder / "c.txt")
        (folder / "c.txt").write_text("An apple fell. A pear stayed.\n\nThe fig is ripe.", encoding="utf-8")
        assistant.refresh()
        assert encoder.encoded == ["The fig is ripe."]
        assert names(assistant) == ["c.txt"]
        assert assistant.ask("apple fell").citations[0].source == "c.txt"


def test_refreshing_twice_at_once_is_one_update_after_the_other(folder):
    """A change that comes while an update is at work is seen by the next, which follows of itself."""

    class Slow(ToyEncoder):
        gate = threading.Event()

        def encode_passages(self, texts):
            """Wait for the gate."""
            assert self.gate.wait(PATIENCE)
            return super().encode_passages(texts)

    Slow.gate.set()
    with opened(folder, Slow()) as assistant:
        Slow.gate.clear()
        (folder / "b.txt").write_text("A fig fell.", encoding="utf-8")
        assert assistant.refresh(wait=False) is None
        wait_for(lambda: assistant.scope.pending)
        (folder / "c.txt").write_text("Another plum.", encoding="utf-8")
        assistant.refresh(wait=False)
        assert assistant.indexing
        assert [status.state for status in assistant.statuses()] == ["indexed", "pending"]
        Slow.gate.set()
        assistant.finish_indexing()
        assert names(assistant) == ["a.txt", "b.txt", "c.txt"]
        assert assistant.scope.pending == 0


def test_vanished_folder_is_an_error_and_what_was_there_still_answers(folder):
    """A drive that was taken out does not empty the index."""
    with opened(folder) as assistant:
        shutil.rmtree(folder)
        with pytest.raises(SourceError, match="papers' does not exist"):
            assistant.refresh()
        assert assistant.ask("apple fell").citations[0].quote == "An apple fell."


def test_watching_brings_changes_in_by_itself(folder):
    """A new file answers without anybody asking for an update; whoever wants to know is told; closing ends it."""
    told = threading.Event()
    with opened(folder) as assistant:
        assistant.watch(told.set, delay=0.05)
        assistant.watch(delay=0.05)
        (folder / "b.txt").write_text("A fig fell.", encoding="utf-8")
        wait_for(lambda: names(assistant) == ["a.txt", "b.txt"])
        assert told.wait(PATIENCE)
        (folder / "a.txt").unlink()
        wait_for(lambda: names(assistant) == ["b.txt"])
    assert not any(thread.name == "watching" for thread in threading.enumerate())


def test_what_changed_before_watching_began_is_seen(folder):
    """A file renamed while the documents were read first has its new name when watching begins."""
    with opened(folder) as assistant:
        (folder / "a.txt").rename(folder / "c.txt")
        assistant.watch(delay=0.05)
        wait_for(lambda: names(assistant) == ["c.txt"])
        calls = []
    with opened(folder) as assistant:
        assistant.watch(lambda: calls.append(1), delay=0.05)
        time.sleep(0.3)
        assert calls == []


def test_added_removed_and_restored_files_through_the_assistant(folder, tmp_path):
    """The assistant adds, removes and restores as its library does."""
    (tmp_path / "fig.txt").write_text("A fig fell.", encoding="utf-8")
    with opened(folder) as assistant:
        (path,) = assistant.add_files([str(tmp_path / "fig.txt")])
        assistant.refresh()
        assert [(status.source, status.state) for status in assistant.statuses()] == [
            ("a.txt", "indexed"),
            ("fig.txt", "indexed"),
        ]
        assistant.remove(path)
        assert names(assistant) == ["a.txt"]
        assistant.remove(str(folder / "a.txt"))
        assert names(assistant) == []
        assert assistant.ask("apple fell").verdict == "not_in_sources"
        assistant.restore(str(folder / "a.txt"))
        assistant.refresh()
        assert names(assistant) == ["a.txt"]
        with pytest.raises(SourceError, match="is not in this collection"):
            assistant.remove("/etc/passwd")


def test_collection_whose_files_are_all_excluded_can_still_be_opened(folder):
    """Otherwise nobody could let them in again."""
    with opened(folder) as assistant:
        assistant.remove(str(folder / "a.txt"))
    with opened(folder) as assistant:
        assert names(assistant) == []
        assistant.restore(str(folder / "a.txt"))
        assert assistant.refresh().added == 1


@pytest.fixture
def host(folder, monkeypatch):
    """A host that follows the folder, quickly, and what was said of failures after updates."""
    monkeypatch.setattr(page, "INDEXING_POLL", 0.02)
    watch = Assistant.watch
    monkeypatch.setattr(Assistant, "watch", lambda self, on_refresh: watch(self, on_refresh, delay=0.05))
    indexed = []

    def open_assistant(on_progress):
        return Assistant.open(
            folder, home=folder.parent / "home", encoder=ToyEncoder(), reader=None, on_progress=on_progress, wait=False
        )

    made = AssistantHost(open_assistant, lambda assistant: indexed.append(len(assistant.failures)), follow=True)
    made.start()
    wait_for(lambda: made.state.stage == "ready")
    yield made, indexed
    made.close()


def test_host_is_indexing_while_files_are_brought_in_and_ready_again(folder, host):
    """Each update is one more time of indexing; failures are told again only when they are others."""
    made, indexed = host
    before = made.state
    (folder / "b.txt").write_text("A fig fell.", encoding="utf-8")
    wait_for(lambda: made.state is not before and made.state.stage == "ready")
    assert made.call(names) == ["a.txt", "b.txt"]
    assert indexed == [0]
    before = made.state
    (folder / "c.bin").write_bytes(b"\x00")
    wait_for(lambda: made.state is not before and made.state.stage == "ready")
    assert indexed == [0, 1]


def test_host_says_why_an_update_failed_and_goes_on_answering(folder, host):
    """What was there before still answers, under the reason why nothing newer does."""
    made, _ = host
    shutil.rmtree(folder)
    wait_for(lambda: "does not exist" in made.state.message)
    assert made.state.stage == "ready"
    assert made.call(lambda assistant: assistant.ask("apple fell")).found


class Page:
    """Stands in for Gradio's request: a page has a name."""

    session_hash = "page"


def test_open_page_sees_what_changes(folder, host):
    """The header follows the files, and the page is told that its list is another one now."""

    async def follow():
        updates = page.Following(host[0], LibraryHandlers(host[0], folder.parent)).follow_loading()
        first = await anext(updates)
        (folder / "b.txt").write_text("A fig fell.", encoding="utf-8")
        async for second in updates:
            if "2 documents," in str(second[0]) and "ready-" in str(second[3]):
                break
        await updates.aclose()
        return first, second

    first, second = asyncio.run(asyncio.wait_for(follow(), PATIENCE))
    assert "1 document," in first[0] and "a.txt" in first[2]
    assert second[2] == page.gr.skip() and first[3] != second[3]


def test_page_without_news_sends_a_sign_of_life(folder, host, monkeypatch):
    """From time to time something is sent, so that a page that was closed is noticed."""
    monkeypatch.setattr(page, "HEARTBEAT", 0.05)

    async def follow():
        updates = page.Following(host[0], LibraryHandlers(host[0], folder.parent)).follow_loading()
        while (update := await anext(updates)) != tuple([page.gr.skip()] * 5):
            pass
        return update

    assert asyncio.run(asyncio.wait_for(follow(), PATIENCE))
