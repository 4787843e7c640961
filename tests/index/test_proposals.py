"""Test an index of vectors that is not in the folder of the collection: what it says of its proposals is in each search."""

import pytest
from fruit import APPLES, FIGS, write_documents
from toy_encoder import ToyEncoder

from index import Collection, Limits, UnreachableError
from index.store.faiss_index import FaissIndex
from index.store.protocols import Proposals

CAVEAT = "The nearest vectors cannot be reached."


class LostIndex(FaissIndex):
    """Proposes nothing, and cannot be saved."""

    def search(self, vector, *, among=None):
        """Say why."""
        return Proposals((), [CAVEAT])

    def save(self, catalog):
        """Fail."""
        raise UnreachableError(CAVEAT)


@pytest.fixture
def collection(tmp_path):
    """An empty collection whose vectors are lost."""
    opened = Collection(
        tmp_path / "collection", ToyEncoder(), make_vectors=lambda dimension: LostIndex(tmp_path / "dense", dimension)
    )
    yield opened
    opened.close()


def test_what_is_committed_answers_although_an_engine_is_lost(tmp_path, collection):
    """Updating reads all files, saves the words, and fails then; a search finds passages by words, and has the caveat once."""
    folder = write_documents(tmp_path / "sources", a=APPLES, b=FIGS)
    with pytest.raises(UnreachableError, match=CAVEAT):
        collection.update([folder])
    assert collection.catalog.totals().documents == 2 and collection.catalog.meta("updated")
    assert collection.lexical.saved_generation(collection.catalog) == collection.catalog.generation
    found = collection.search({"Where is the fig?": 0.5, "A ripe plum": 0.5})
    assert {hit.source for hit in found.hits} == {"a.txt", "b.txt"} and found.caveats == (CAVEAT,)
    assert collection.search({"Rain?": 1}).hits == () and collection.search({"Rain?": 1}).caveats == (CAVEAT,)


def test_a_search_that_needs_no_vectors_has_no_caveat(tmp_path, collection):
    """Passages with a phrase are found by their words in any case."""
    with pytest.raises(UnreachableError):
        collection.update([write_documents(tmp_path / "sources", a=APPLES, b=FIGS)])
    found = collection.search({"A fig": 1}, Limits(phrases=("a fig",)))
    assert [hit.source for hit in found.hits] == ["b.txt"] and found.caveats == ()
