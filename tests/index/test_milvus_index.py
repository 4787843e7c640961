"""Test vectors in Milvus: what it proposes, what it is told of changes, and what becomes of it when its server is killed."""

import os
import random
import threading
from contextlib import suppress

import numpy as np
import pytest
from drawn_vectors import DIMENSION, QUESTIONS, exact, write

from index import UnreachableError
from index.store.check import check_derived
from index.store.faiss_index import FaissIndex
from index.store.features import VECTORS_PER_PASSAGE, vector_ids
from index.store.milvus.client import MilvusAddress
from index.store.milvus.vectors import MilvusVectors
from index.store.sqlite_catalog import open_catalog
from index.store.tantivy_index import TantivyIndex

pytest_plugins = ["milvus_server"]
pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("QA_MILVUS_KILLS", "4"))


@pytest.fixture
def catalog(tmp_path):
    """An empty catalog."""
    opened = open_catalog(tmp_path / "catalog.sqlite")
    yield opened
    opened.database.close()


@pytest.fixture
def open_index(milvus, keep):
    """What opens an index in the server, also again."""
    return lambda query="": keep(MilvusVectors(MilvusAddress(milvus.address + query), "a key", DIMENSION))


def bring_up(index, catalog):
    index.follow(catalog)
    index.save(catalog)
    return index


def held(index):
    """The passages that an index has, each as often as it has them with other ids."""
    return sorted(set((index.ids() // VECTORS_PER_PASSAGE).tolist()))


def test_proposes_what_faiss_proposes(tmp_path, catalog, open_index):
    """All vectors and those of some passages are searched as FAISS does, without a word on it."""
    vectors = write(catalog, "a", 0, 100) | write(catalog, "b", 100, 100)
    index, faiss = bring_up(open_index(), catalog), FaissIndex(tmp_path / "dense", DIMENSION)
    faiss.follow(catalog)
    assert not index.compressed and index.generation == catalog.generation == index.saved_generation(catalog)
    assert np.array_equal(np.sort(index.ids()), np.sort(faiss.ids()))
    among = vector_ids([(id_, 3) for id_ in vectors if id_ % 3])
    for question in QUESTIONS:
        found = index.search(question)
        assert set(found) == set(faiss.search(question)) and found.caveats == ()
        assert found[:10] == exact(vectors, question, 10)
        assert index.search(question, among=among[:0]) == [] and index.search(question, among=among[:0]).caveats == ()
        assert set(index.search(question, among=among)) == set(faiss.search(question, among=among))


def test_a_search_among_many_vectors_is_done_in_parts(catalog, open_index, monkeypatch):
    """The best of all parts are proposed."""
    monkeypatch.setattr("index.store.milvus.following._AMONG", 50)
    vectors = write(catalog, "a", 0, 100)
    index = bring_up(open_index(), catalog)
    assert index.search(QUESTIONS[0], among=index.ids())[:10] == exact(vectors, QUESTIONS[0], 10)


def test_follows_changes_by_key(catalog, open_index):
    """Only what changed is written; what was removed is gone; a second index of the same catalog finds the same."""
    kept = write(catalog, "a", 0, 20)
    write(catalog, "b", 20, 20)
    index = bring_up(open_index(), catalog)
    catalog.remove_document("b")
    kept |= write(catalog, "c", 40, 20)
    written = []
    index._write = lambda name, rows: (written.extend(rows), MilvusVectors._write(index, name, rows))
    bring_up(index, catalog)
    assert len(written) == 4 * 20 + 1
    again = open_index()
    again.follow(catalog)
    assert held(index) == held(again) == sorted(kept)
    assert again.search(QUESTIONS[0])[:10] == exact(kept, QUESTIONS[0], 10) and not again.search(QUESTIONS[0]).caveats


def test_an_index_that_is_behind_says_so(catalog, open_index):
    """What it has is proposed, and that it is not all; then what was written, by another process too."""
    old = write(catalog, "a", 0, 20)
    index, writer = bring_up(open_index(), catalog), open_index()
    new = old | write(catalog, "b", 20, 20)
    index.follow(catalog)
    found = index.search(QUESTIONS[0])
    assert found[:5] == exact(old, QUESTIONS[0], 5)
    assert "are behind the documents" in found.caveats[0] and "qa index" in found.caveats[0]
    bring_up(writer, catalog)
    assert index.search(QUESTIONS[0])[:5] == exact(new, QUESTIONS[0], 5) and not index.search(QUESTIONS[0]).caveats


def test_a_lost_server_is_named_and_found_again(catalog, open_index, milvus):
    """Killed, it proposes nothing and says so, and cannot be written to; started again, it has what it had."""
    vectors = write(catalog, "a", 0, 50)
    index = bring_up(open_index(), catalog)
    milvus.kill()
    found = index.search(QUESTIONS[0])
    fault = f"The nearest vectors in {milvus.address} cannot be reached: passages were found by their words alone."
    assert (found, found.caveats) == ([], (fault,))
    vectors |= write(catalog, "b", 50, 50)
    with pytest.raises(UnreachableError, match=r"cannot be used: .*Start the server, then try again"):
        bring_up(index, catalog)
    milvus.start()
    index._rests_until = 0.0
    assert "are behind" in index.search(QUESTIONS[0]).caveats[0]
    bring_up(index, catalog)
    assert held(index) == sorted(vectors)
    assert (
        index.search(QUESTIONS[0])[:10] == exact(vectors, QUESTIONS[0], 10) and not index.search(QUESTIONS[0]).caveats
    )


def test_a_question_waits_once_for_a_server_that_does_not_answer(catalog, milvus, open_index):
    """After an attempt that failed slowly, none is made for ten times as long."""
    write(catalog, "a", 0, 5)
    index = bring_up(open_index(), catalog)
    milvus.kill()
    index.search(QUESTIONS[0])
    tried = []
    index._look = lambda: tried.append(None)
    index._rests_until += 60
    assert index.search(QUESTIONS[0]).caveats and not tried


@pytest.mark.parametrize("written", [0, 1, 2])
def test_killed_between_two_writings_it_goes_on(catalog, open_index, monkeypatch, written):
    """Of a saving cut short anywhere, the next one writes what is missing, and removes what is too much."""
    monkeypatch.setattr("index.store.milvus.vectors._WRITTEN", 30)
    kept = write(catalog, "a", 0, 20)
    write(catalog, "b", 20, 20)
    index = bring_up(open_index(), catalog)
    catalog.remove_document("b")
    kept |= write(catalog, "c", 40, 15)
    done = []

    def write_some(name, rows):
        if len(done) == written:
            raise KeyboardInterrupt
        done.append(rows)
        MilvusVectors._write(index, name, rows)

    index._write = write_some
    with pytest.raises(KeyboardInterrupt):
        bring_up(index, catalog)
    again = bring_up(open_index(), catalog)
    assert held(again) == sorted(kept) and len(again.ids()) == 4 * len(kept)


def test_a_server_killed_at_any_moment_is_brought_up_to_the_catalog(catalog, open_index, milvus, monkeypatch):
    """Killed while documents are written, removed and asked for, it has exactly their vectors after the next saving."""
    monkeypatch.setattr("index.store.milvus.vectors._WRITTEN", 20)
    monkeypatch.setattr("index.store.milvus.following._SEGMENT", 200)
    generator, kept = random.Random(5), write(catalog, "0", 0, 50)
    index = bring_up(open_index(), catalog)
    for number in range(1, KILLS + 1):
        catalog.remove_document(str(number - 1))
        kept = write(catalog, str(number), 100 * number, 100)
        killing = threading.Timer(generator.random() * 0.3, milvus.kill)
        killing.start()
        with suppress(UnreachableError):
            bring_up(index, catalog)
        while killing.is_alive():
            index.search(QUESTIONS[0])
        found = index.search(QUESTIONS[0])
        assert found == [] and "cannot be reached" in found.caveats[0]
        milvus.start()
        bring_up(index, catalog)
        index._rests_until = 0.0
        assert held(index) == sorted(kept) and len(index.ids()) == 4 * len(kept)
        assert index.search(QUESTIONS[0])[:10] == exact(kept, QUESTIONS[0], 10)


def test_what_is_half_made_is_made_anew(catalog, open_index, milvus):
    """Of a collection that was made without an index, because its maker was killed."""
    from pymilvus import DataType, MilvusClient

    vectors = write(catalog, "a", 0, 20)
    index = open_index()
    client = MilvusClient(milvus.address, dedicated=True)
    schema = client.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=DIMENSION)
    client.create_collection(index._choose_name(catalog), schema=schema)
    client.close()
    index.follow(catalog)
    found = index.search(QUESTIONS[0])
    assert found == [] and "are behind" in found.caveats[0]
    bring_up(index, catalog)
    assert index.search(QUESTIONS[0])[:10] == exact(vectors, QUESTIONS[0], 10)


def test_a_restored_catalog_has_all_written_again(tmp_path, catalog, open_index):
    """A copy of the catalog that went another way since does not take vectors of the other for its own."""
    write(catalog, "a", 0, 20)
    bring_up(open_index(), catalog)
    copy = tmp_path / "copy.sqlite"
    catalog.database.rows("VACUUM INTO ?", (str(copy),))
    write(catalog, "b", 20, 20)
    bring_up(open_index(), catalog)
    restored = open_catalog(copy)
    own = {id_: some for id_, some in restored.vectors_of(range(1, 21), DIMENSION).split()} | write(
        restored, "c", 40, 20
    )
    index = open_index()
    index.follow(restored)
    assert "are behind" in index.search(QUESTIONS[0]).caveats[0]
    bring_up(index, restored)
    assert held(index) == sorted(own) and index.search(QUESTIONS[0])[:10] == exact(own, QUESTIONS[0], 10)
    restored.close()


def test_it_is_checked_id_by_id(tmp_path, catalog, open_index):
    """A vector that was lost is named, and forgetting has all written again."""
    write(catalog, "a", 0, 5)
    index, lexical = bring_up(open_index(), catalog), TantivyIndex(tmp_path / "lexical")
    lexical.follow(catalog)
    lexical.save(catalog)
    assert check_derived(catalog, index, lexical, DIMENSION) == []
    index._delete(index._name(catalog), f"id == {3 * VECTORS_PER_PASSAGE}")
    assert check_derived(catalog, index, lexical, DIMENSION) == ["vector index: lacks passage 3"]
    index.forget(catalog)
    bring_up(index, catalog)
    assert check_derived(catalog, index, lexical, DIMENSION) == []


@pytest.mark.parametrize("kind", ["HNSW", "IVF_FLAT"])
def test_an_approximate_index_says_so(catalog, open_index, milvus, kind):
    """It is made anew where the type changes; the nearest are among what it proposes, and each search names it."""
    vectors = write(catalog, "a", 0, 300)
    bring_up(open_index(), catalog)
    index = bring_up(open_index(f"?index={kind.lower()}"), catalog)
    assert index.compressed
    close = 0
    for question in QUESTIONS:
        found = index.search(question)
        assert found.caveats == (f"The nearest vectors in {milvus.address} are searched approximately ({kind}).",)
        close += len(set(found) & set(exact(vectors, question, 10)))
    assert close >= 0.98 * 10 * len(QUESTIONS)


def test_credentials_are_not_shown(catalog):
    """Neither the error nor the caveat has them."""
    pytest.importorskip("pymilvus")
    index = MilvusVectors(MilvusAddress("http://me:hidden@127.0.0.1:9/base?index=HNSW"), "key", DIMENSION)
    write(catalog, "a", 0, 1)
    with pytest.raises(UnreachableError) as raised:
        bring_up(index, catalog)
    found = index.search(QUESTIONS[0])
    assert "http://127.0.0.1:9/base" in str(raised.value) and "http://127.0.0.1:9/base" in found.caveats[0]
    assert "hidden" not in str(raised.value) + found.caveats[0]
