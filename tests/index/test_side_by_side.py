"""Searches of several threads, side by side, while others change the collection."""

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from fruit import APPLES, FIGS, ORCHARD, write_documents
from toy_encoder import ToyEncoder

from index import Collection, DamagedError, DeletedError, read_document
from index.store.faiss_index import IndexSegment

QUESTIONS = ("plum apple", "fig of tree 7", "pear", "tree", "plum plum fig")


@pytest.fixture
def folder(tmp_path):
    """A folder of three documents."""
    return write_documents(tmp_path / "sources", a=APPLES, b=FIGS, c=ORCHARD)


@pytest.fixture
def collection(tmp_path, folder, monkeypatch):
    """A collection of it, on a computer of two processors."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    opened = Collection(tmp_path / "collection", ToyEncoder())
    update(opened, folder)
    yield opened
    opened.close()


def update(collection, folder, **options):
    return collection.update([folder], read=read_document, **options)


def found(collection, question):
    search = collection.search({question: 1.0})
    return search.statistics, [(hit.source, hit.text, hit.score) for hit in search.hits]


def test_two_searches_are_under_way_at_once(collection, monkeypatch):
    """Each waits for the other in the middle of its search."""
    meeting, encode = Barrier(2, timeout=30), collection.encoder.encode_question

    def meet(text):
        meeting.wait()
        return encode(text)

    monkeypatch.setattr(collection.encoder, "encode_question", meet)
    with ThreadPoolExecutor(2) as workers:
        first, second = workers.map(lambda question: found(collection, question), QUESTIONS[:2])
    monkeypatch.undo()
    assert [first, second] == [found(collection, question) for question in QUESTIONS[:2]]


def test_many_threads_find_what_one_finds(collection):
    """Whatever the order of their searches."""
    alone = [found(collection, question) for question in QUESTIONS]
    with ThreadPoolExecutor(8) as workers:
        together = list(workers.map(lambda question: found(collection, question), QUESTIONS * 40))
    assert together == alone * 40


def test_every_search_sees_one_generation_while_others_write(collection, folder, tmp_path):
    """Counts and passages agree for six threads, while another process takes the word out of two documents and puts it back."""
    pair = [folder / "y.txt", folder / "z.txt"]
    plain = found(collection, "plum")
    for path in pair:
        path.write_text("A plum. A plum. A plum.")
    update(collection, folder)
    both = found(collection, "plum")
    assert both != plain
    ended, seen = Event(), []

    def ask():
        while not ended.is_set():
            seen.append(found(collection, "plum"))

    with ThreadPoolExecutor(6) as workers:
        asking = [workers.submit(ask) for _ in range(6)]
        other = Collection(collection.folder, ToyEncoder())
        for change in range(12):
            with other.catalog.database.transaction() as connection:
                connection.execute("UPDATE documents SET size = -1 WHERE source IN ('y.txt', 'z.txt')")
            text = "A plum. A plum. A plum." if change % 2 else "A fig."
            for path in pair:
                path.write_text(text)
            update(other, folder)
        ended.set()
        for each in asking:
            each.result(timeout=60)
        other.close()
    assert found(collection, "plum") == both
    for statistics, hits in seen:
        plums = [text for source, text, _ in hits if source in ("y.txt", "z.txt") and "plum" in text]
        assert statistics.frequencies["plum"] == plain[0].frequencies["plum"] + len(plums)


def test_answer_of_several_searches_sees_one_generation(collection, folder):
    """Searches of a moment are of that moment, though documents come meanwhile; those of other threads wait for its end."""
    before = found(collection, "plum")
    other = Collection(collection.folder, ToyEncoder())
    with ThreadPoolExecutor(1) as worker:
        with collection.moment():
            (folder / "z.txt").write_text("A plum. A plum. A plum.")
            update(other, folder)
            waiting = worker.submit(found, collection, "plum")
            assert found(collection, "plum") == before
            assert not waiting.done()
        assert waiting.result(timeout=60) == found(collection, "plum") != before
    other.close()


def test_vectors_stay_as_they_are_while_they_are_searched(collection, folder, monkeypatch):
    """Also where who asked has given up: what follows the catalog waits for the search to end."""
    searching, end, search = Event(), Event(), IndexSegment.search

    def search_long(*arguments, **named):
        searching.set()
        assert end.wait(30)
        return search(*arguments, **named)

    monkeypatch.setattr(IndexSegment, "search", search_long)
    vector = collection.encoder.encode_question("plum")
    with ThreadPoolExecutor(2) as workers:
        found_late = workers.submit(collection._vectors().search, vector)
        assert searching.wait(30)
        (folder / "z.txt").write_text("A plum. A plum. A plum.")
        updating = workers.submit(update, Collection(collection.folder, ToyEncoder()), folder)
        assert updating.result(timeout=60).added == 1
        following = workers.submit(collection.follow)
        with pytest.raises(TimeoutError):
            following.result(timeout=0.3)
        end.set()
        following.result(timeout=60)
        assert found_late.result(timeout=60)
    assert max(collection._vectors().search(vector)) not in found_late.result()


def test_errors_let_the_next_search_through(collection, monkeypatch):
    """Whatever ends a search, it holds nothing afterwards."""
    expected = found(collection, "plum")

    def fail(text):
        raise DamagedError("the model is damaged")

    for _ in range(3):  # more than there are processors
        with monkeypatch.context() as patched:
            patched.setattr(collection.encoder, "encode_question", fail)
            with pytest.raises(DamagedError, match="the model is damaged"):
                found(collection, "plum")
    assert found(collection, "plum") == expected
    collection.catalog.database._path.unlink()
    with pytest.raises(DeletedError):
        found(collection, "plum")
