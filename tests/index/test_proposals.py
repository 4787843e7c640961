"""Test an index of vectors that is not in the folder of the collection: what it says of its proposals is in each search."""

import pytest
from fruit import APPLES, FIGS, write_documents
from toy_encoder import ToyEncoder

from index import Collection, Limits, UnreachableError
from index.store.faiss_index import FaissIndex
from index.store.local import LocalEngine
from index.store.protocols import Proposals
from index.store.tantivy_index import TantivyIndex

CAVEAT = "The nearest vectors cannot be reached."


LOST = ("The nearest vectors cannot be reached", "The words cannot be reached")


class LostVectors(FaissIndex):
    """Proposes nothing, and cannot be saved."""

    def search(self, vector, *, among=None):
        """Say why."""
        return Proposals((), [CAVEAT], lost=LOST[0])

    def save(self, catalog):
        """Fail."""
        raise UnreachableError(CAVEAT)


class LostTerms(TantivyIndex):
    """Finds nothing."""

    def search(self, terms, k, *, documents=None):
        """Say why."""
        return Proposals((), ["Words are missing."], lost=LOST[1])

    search_all = search


class LostEngine(LocalEngine):
    """Makes indexes of which some are lost."""

    def __init__(self, *lost):
        self.lost = lost

    def make_vectors(self, folder, dimension):
        """Make that of vectors."""
        return (LostVectors if "vectors" in self.lost else FaissIndex)(folder / "dense", dimension)

    def make_terms(self, folder):
        """Make that of terms."""
        return (LostTerms if "terms" in self.lost else TantivyIndex)(folder / "lexical")


@pytest.fixture
def open_without(tmp_path):
    """What opens a collection some of whose indexes are lost."""
    opened = []

    def open_without(*lost):
        opened.append(Collection(tmp_path / "collection", ToyEncoder(), engine=LostEngine(*lost)))
        return opened[-1]

    yield open_without
    for collection in opened:
        collection.close()


@pytest.fixture
def collection(open_without):
    """An empty collection whose vectors are lost."""
    return open_without("vectors")


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


def test_lost_words_are_named_where_vectors_find_passages(tmp_path, open_without):
    """A search finds passages by vectors alone, and has the caveat once; words that must occur can then not be searched."""
    collection = open_without("terms")
    collection.update([write_documents(tmp_path / "sources", a=APPLES, b=FIGS)])
    found = collection.search({"Where is the fig?": 0.5, "A ripe plum": 0.5})
    assert found.hits and found.caveats == ("Words are missing.",)
    with pytest.raises(
        UnreachableError, match=r"^nothing can be searched\. The words cannot be reached\. Start the server"
    ):
        collection.search({"A fig": 1}, Limits(phrases=("a fig",)))


def test_where_both_are_lost_no_answer_says_that_nothing_is_there(tmp_path, open_without):
    """An error says what cannot be reached."""
    collection = open_without("vectors", "terms")
    with pytest.raises(UnreachableError, match=CAVEAT):
        collection.update([write_documents(tmp_path / "sources", a=APPLES)])
    with pytest.raises(UnreachableError, match=rf"{LOST[1]}\. {LOST[0]}\. Start"):
        collection.search({"Where is the fig?": 1})
