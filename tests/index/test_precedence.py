"""Updates pause while somebody asks, and never for long."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Event

import pytest
from fruit import APPLES, FIGS, ORCHARD, write_documents
from toy_encoder import ToyEncoder

from index import Collection, Precedence, hold_lock, precedence, read_document
from index import collection as collections
from qa import Assistant

HOLD = """
import sys
from index import Precedence
with Precedence(sys.argv[1]).asking():
    print("asking", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path):
    """A folder of three documents."""
    return write_documents(tmp_path / "sources", a=APPLES, b=FIGS, c=ORCHARD)


@pytest.fixture
def collection(tmp_path, monkeypatch):
    """An empty collection whose updates give way from the start to who asks by `tmp_path`."""
    monkeypatch.setattr(collections, "_SHORT_SECONDS", 0.0)
    with closing(Collection(tmp_path / "collection", ToyEncoder(), precedence=Precedence(tmp_path))) as opened:
        yield opened


@pytest.fixture
def pauses(monkeypatch):
    """An event that is set once an update pauses; it would do so for a minute."""
    paused, sleep = Event(), precedence.sleep

    def note(seconds):
        paused.set()
        sleep(seconds)

    monkeypatch.setattr(precedence, "PAUSE_SECONDS", 60.0)
    monkeypatch.setattr(precedence, "sleep", note)
    return paused


def update(collection, folder):
    return collection.update([folder], read=read_document)


def test_an_update_pauses_until_nobody_asks(collection, folder, tmp_path, pauses):
    """Nothing is read or embedded meanwhile; then everything is."""
    with ThreadPoolExecutor(1) as worker:
        with Precedence(tmp_path).asking():
            running = worker.submit(update, collection, folder)
            assert pauses.wait(30)
            assert (collection.catalog.totals().documents, collection.encoder.encoded) == (0, [])
            assert not running.done()
        assert running.result(30).added == 3


def test_an_update_pauses_for_searches_of_its_own_process(collection, folder, tmp_path, pauses, monkeypatch):
    """Searching is asking, through the same object too."""
    update(collection, folder)
    (folder / "a.txt").write_text("Pears.\n")
    encode = collection.encoder.encode_question
    with ThreadPoolExecutor(1) as worker:

        def encode_late(text):
            running.append(worker.submit(update, collection, folder))
            assert pauses.wait(30)
            assert not running[0].done()
            return encode(text)

        running = []
        monkeypatch.setattr(collection.encoder, "encode_question", encode_late)
        assert [hit.source for hit in collection.search({"apple": 1.0}, k=1).hits] == ["a.txt"]
        assert running[0].result(30).changed == 1


def test_an_update_goes_on_however_long_somebody_asks(collection, folder, tmp_path, monkeypatch):
    """It pauses for so long and no longer."""
    monkeypatch.setattr(precedence, "PAUSE_SECONDS", 0.05)
    with Precedence(tmp_path).asking():
        assert update(collection, folder).added == 3


def test_a_short_update_does_not_pause(collection, folder, tmp_path, monkeypatch):
    """Who asks may wait for it."""
    monkeypatch.setattr(collections, "_SHORT_SECONDS", 60.0)
    monkeypatch.setattr(precedence, "sleep", pytest.fail)
    with Precedence(tmp_path).asking():
        assert update(collection, folder).added == 3


def test_an_update_works_for_as_long_as_it_paused(tmp_path, monkeypatch):
    """By a clock that only pausing moves."""
    now, slept = [100.0], []

    def sleep(seconds):
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(precedence, "monotonic", lambda: now[0])
    monkeypatch.setattr(precedence, "sleep", sleep)
    first = Precedence(tmp_path)
    with Precedence(tmp_path).asking():
        first.give_way()
        paused = len(slept)
        assert sum(slept) == pytest.approx(precedence.PAUSE_SECONDS, abs=0.05)
        now[0] += 2.5
        first.give_way()
        assert len(slept) == paused
        now[0] += 1.0
        first.give_way()
        assert len(slept) == 2 * paused


def test_who_is_killed_asks_no_more(collection, folder, tmp_path, pauses):
    """The system takes the lock back."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process, ThreadPoolExecutor(1) as worker:
        assert process.stdout.readline() == "asking\n"
        running = worker.submit(update, collection, folder)
        assert pauses.wait(30)
        assert not running.done()
        process.kill()
        assert running.result(30).added == 3


def test_the_last_who_asks_counts(tmp_path):
    """Of several threads of one process; and of another process that asked too."""
    updating, one, other = (Precedence(tmp_path) for _ in range(3))
    with one.asking():
        with one.asking(), other.asking():
            assert updating._is_asked()
        assert updating._is_asked()
        assert one._is_asked()
    assert not updating._is_asked()
    assert not one._is_asked()


def test_asking_needs_no_file(tmp_path):
    """Where there is no such folder, nothing pauses and nothing fails."""
    nowhere = Precedence(tmp_path / "missing")
    with nowhere.asking():
        assert not Precedence(tmp_path / "missing")._is_asked()
    nowhere.give_way()
    assert not (tmp_path / "missing").exists()


def test_an_update_elsewhere_is_seen(collection, tmp_path):
    """By its lock."""
    other = Collection(collection.folder, ToyEncoder())
    with closing(other):
        assert not other.is_updated_elsewhere
        with hold_lock(collection.folder):
            assert other.is_updated_elsewhere


def test_opening_goes_first_until_the_documents_are_open(folder, tmp_path, monkeypatch):
    """Where another process updates them, else until they are updated."""
    home, asked = tmp_path / "home", []
    follow = Collection.follow

    def note(self):
        asked.append(Precedence(home)._is_asked())
        follow(self)

    Assistant.open(folder, encoder=ToyEncoder(), reader=None, home=home).close()
    monkeypatch.setattr(Collection, "follow", note)
    Assistant.open(folder, encoder=ToyEncoder(), reader=None, home=home).close()
    assert asked == [False]
    [place] = (home / "collections").iterdir()
    with hold_lock(place):
        Assistant.open(folder, encoder=ToyEncoder(), reader=None, home=home).close()
    assert asked == [False, True]


def test_opening_and_asking_have_updates_pause(folder, tmp_path):
    """While the models are loaded and while a question is answered, but not in between."""
    home, asked = tmp_path / "home", []

    class Watched(ToyEncoder):
        def encode_question(self, text):
            asked.append(Precedence(home)._is_asked())
            return super().encode_question(text)

    with Assistant.open(folder, encoder=Watched(), reader=None, home=home) as assistant:
        assert not Precedence(home)._is_asked()
        assert assistant.ask("Where are the plums?").question == "Where are the plums?"
        assert asked == [True]
        assert not Precedence(home)._is_asked()
