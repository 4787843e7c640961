"""Test terms in Milvus: they find what tantivy finds, follow the catalog, and say what they miss."""

import os
import random
import threading
from contextlib import suppress

import pytest
from fruit import APPLES, FIGS, ORCHARD, write_documents
from toy_encoder import ToyEncoder

from index import Collection, UnreachableError
from index.store.check import check_derived
from index.store.milvus.client import MilvusAddress
from index.store.milvus.terms import MilvusTerms

pytest_plugins = ["milvus_server"]
pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("QA_MILVUS_KILLS", "4"))


@pytest.fixture
def collection(tmp_path):
    """A collection in its folder, with some documents, besides whose indexes others are brought up."""
    opened = Collection(tmp_path / "collection", ToyEncoder())
    opened.update([write_documents(tmp_path / "sources", a=APPLES, b=FIGS, c=ORCHARD)])
    yield opened
    opened.close()


@pytest.fixture
def open_index(milvus, keep):
    """What opens an index in the server, also again."""
    return lambda: keep(MilvusTerms(MilvusAddress(milvus.address), "a key"))


def bring_up(index, catalog):
    index.follow(catalog)
    index.save(catalog)
    return index


def test_finds_what_tantivy_finds(collection, open_index):
    """By some terms, by all of them, by one, by near ones, in some documents, and as many."""
    index, tantivy = bring_up(open_index(), collection.catalog), collection.lexical
    assert sorted(index.passages()) == sorted(tantivy.passages())
    terms = ["plum", "fig", "tree", "7", "appl", "nothing"]
    assert index.frequencies(terms) == tantivy.frequencies(terms)
    (only,) = [each.id for each in collection.catalog.documents() if each.source == "c.txt"]
    assert set(index.search(terms, 100)) == set(tantivy.search(terms, 100))
    for documents in (None, [only]):
        for some in (["appl"], ["7", "plum"], ["fig", "nothing"]):
            found = index.search(some, 5, documents=documents)
            assert found[:1] == tantivy.search(some, 5, documents=documents)[:1] and found.caveats == ()
        assert index.search(["fig"], 5, documents=[]) == tantivy.search(["fig"], 5, documents=[]) == []
        for some in (["plum", "fig"], ["tree", "7"], ["plum", "nothing"], []):
            found = index.search_all(some, 100, documents=documents)
            assert set(found) == set(tantivy.search_all(some, 100, documents=documents)) and found.caveats == ()
    for term in ("plum", "tree", "nothing"):
        assert index.search_term(term, 3) == tantivy.search_term(term, 3)
    for term in ("plim", "fgi", "nothing", "of"):
        assert index.search_near(term, 4) == tantivy.search_near(term, 4)
    assert index.search([], 3) == []


def test_follows_changes_and_says_that_it_is_behind(tmp_path, collection, open_index):
    """Only what changed is written; until then what it has is found, and that it is not all."""
    index = bring_up(open_index(), collection.catalog)
    write_documents(tmp_path / "sources", b="A cherry is sweet.", d="A plum of gold.")
    collection.update([tmp_path / "sources"])
    index.follow(collection.catalog)
    found = index.search(["sweet"], 5)
    assert found == [] and "The words in http" in found.caveats[0] and "are behind the documents" in found.caveats[0]
    assert index.frequencies(["sweet", "fig"]) == collection.lexical.frequencies(["sweet", "fig"])
    written = []
    index._write = lambda name, rows: (written.extend(rows), MilvusTerms._write(index, name, rows))
    bring_up(index, collection.catalog)
    assert len(written) == 2 + 1
    for term in ("sweet", "gold", "fig"):
        found = index.search([term], 100)
        assert set(found) == set(collection.lexical.search([term], 100)) and found.caveats == ()
    assert sorted(index.passages()) == sorted(collection.lexical.passages())


def test_a_vocabulary_that_is_kept_no_longer_is_said_to_be_behind(collection, open_index):
    """As after damage that was mended: its numbers are counted again at the next saving."""
    index = bring_up(open_index(), collection.catalog)
    collection.catalog.vocabulary.forget()
    collection.catalog.set_setting("calibration", "{}")
    index.follow(collection.catalog)
    assert "are behind" in index.search(["fig"], 5).caveats[0]
    bring_up(index, collection.catalog)
    assert index.search(["fig"], 5) and index.search(["fig"], 5).caveats == ()


def test_lost_rows_and_wrong_numbers_are_found(collection, open_index):
    """And written again, by `Collection.check` too, which names them."""
    catalog = collection.catalog
    index = bring_up(open_index(), catalog)
    vectors, dimension = collection._vectors(), collection.encoder.dimension
    collection._save()
    assert check_derived(catalog, vectors, index, dimension) == [] and index.damaged_files(catalog) == []
    lost = index.passages()[0]
    index._delete(index._name(catalog), f"id == {lost}")
    assert check_derived(catalog, vectors, index, dimension) == [f"lexical index: lacks passage {lost}"]
    catalog.database.rows("UPDATE vocabulary SET passages = 9 WHERE term = 'appl'")
    collection.lexical, tantivy = index, collection.lexical
    assert collection.check() == ("lexical index: the vocabulary is missing or damaged",)
    assert collection.check() == ()
    collection.lexical = tantivy
    assert index.frequencies(["appl"]) == tantivy.frequencies(["appl"])


def test_a_server_killed_at_any_moment_is_brought_up_to_the_catalog(
    tmp_path, collection, open_index, milvus, monkeypatch
):
    """Killed while documents are written, removed and asked for, it has exactly their passages after the next saving."""
    monkeypatch.setattr("index.store.milvus.terms._WRITTEN", 5)
    generator, catalog = random.Random(5), collection.catalog
    index = bring_up(open_index(), catalog)
    for number in range(1, KILLS + 1):
        write_documents(tmp_path / "sources", c=ORCHARD.replace("tree", f"tree{number}"))
        collection.update([tmp_path / "sources"])
        killing = threading.Timer(generator.random() * 0.5, milvus.kill)
        killing.start()
        with suppress(UnreachableError):
            bring_up(index, catalog)
        while killing.is_alive():
            index.search(["fig"], 5)
        found = index.search(["fig"], 5)
        assert found == [] and found.lost == f"The words in {milvus.address} cannot be reached"
        assert found.caveats == (f"{found.lost}: passages were found by their nearest vectors alone.",)
        milvus.start()
        bring_up(index, catalog)
        index._rests_until = 0.0
        assert sorted(index.passages()) == sorted(collection.lexical.passages())
        assert catalog.vocabulary.is_kept and catalog.vocabulary_is_right()
        assert len(index.search([f"tree{number}"], 100)) == 40 and not index.search([f"tree{number - 1}"], 100)


def test_a_server_without_sparse_vectors_is_named(collection, open_index):
    """Its words are refused before anything is written to it."""
    index = open_index()
    index._connection.version = lambda: "v2.3.5"
    with pytest.raises(Exception, match=r"Milvus 2\.3\.5 at .* cannot search words; versions from 2\.4 can\."):
        bring_up(index, collection.catalog)
