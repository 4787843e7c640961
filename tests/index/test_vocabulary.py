"""Test in how many passages a catalog says that its terms occur, as documents come and go."""

import pytest
from fruit import APPLES, FIGS, ORCHARD, write_documents
from toy_encoder import ToyEncoder

from index import Collection
from index.store.tantivy_index import TantivyIndex

NAMES = {"a": APPLES, "b": FIGS, "c": ORCHARD}


pytest_plugins = ["both_stores"]


@pytest.fixture
def collection(store):
    """An open collection that has no documents yet."""
    opened = Collection(store.folder("papers"), ToyEncoder(), key="papers", store=store)
    yield opened
    opened.close()


def all_terms(catalog):
    return [term for (term,) in catalog.database.rows("SELECT term FROM vocabulary ORDER BY term")]


def check_against_tantivy(collection):
    """The vocabulary has the numbers that tantivy has, and nothing that occurs nowhere."""
    terms = all_terms(collection.catalog)
    counts = collection.catalog.vocabulary.counts(terms)
    assert counts == collection.lexical.frequencies(terms) and min(counts.values()) > 0
    assert collection.catalog.vocabulary_is_right()
    return terms


def test_it_is_kept_from_the_first_time_on(tmp_path, collection):
    """Until then there are no numbers; then they follow what is written, changed and removed."""
    folder = write_documents(tmp_path / "sources", a=APPLES, b=FIGS)
    collection.update([folder])
    catalog, vocabulary = collection.catalog, collection.catalog.vocabulary
    assert not vocabulary.is_kept and vocabulary.counts(["fig"]) == {"fig": 0} and vocabulary.near("figs") == []
    catalog.count_terms()
    assert vocabulary.is_kept and "fig" in check_against_tantivy(collection)
    write_documents(tmp_path / "sources", b="A plum is ripe.", c=ORCHARD)
    collection.update([folder])
    assert {"0", "39", "tree"} <= set(check_against_tantivy(collection))
    (folder / "a.txt").unlink()
    (folder / "c.txt").unlink()
    collection.update([folder])
    assert check_against_tantivy(collection) == ["a", "is", "plum", "ripe"]
    collection.library.remove(str(folder / "b.txt"))
    assert all_terms(catalog) == []


def test_terms_of_other_languages_are_counted_by_their_stems_too(tmp_path, collection):
    """As the index of terms does, whether they came before or after counting began."""
    folder = write_documents(tmp_path / "sources", a="Die Mieten in der Stadt sind gestiegen, und wir zahlen sie.")
    collection.update([folder])
    collection.catalog.count_terms()
    first = check_against_tantivy(collection)
    write_documents(tmp_path / "sources", a="Die Mieten in der Stadt sind gestiegen, und wir zahlen sie nun.")
    collection.update([folder])
    assert collection.catalog.languages() == ["de"] and "miet" in first
    assert sorted([*first, "nun"]) == check_against_tantivy(collection)


def test_near_spellings_are_those_that_tantivy_finds(tmp_path, collection):
    """One letter of short terms and two of long ones, swapped ones too; none of the shortest."""
    words = ["cherry", "chery", "cheryr", "cherries", "strawberi", "strawbreri", "stawberry", "fig", "fog", "fgi", "of"]
    collection.update([write_documents(tmp_path / "sources", **{word: f"{word} here" for word in words})])
    collection.catalog.count_terms()
    for term in ("cherri", "strawberri", "fig", "xig", "strawber", "nothing", "of"):
        near, lexical = collection.catalog.vocabulary.near(term), collection.lexical
        found = {id_ for other in near for id_ in lexical.search_term(other, 100)}
        assert found == set(lexical.search_near(term, 100)), term
        assert bool(near) == (term not in ("nothing", "of"))


def test_wrong_numbers_are_found_and_counted_again(tmp_path, collection):
    """After a mended passage too, whose terms may have been counted as they were damaged."""
    collection.update([write_documents(tmp_path / "sources", a=APPLES)])
    catalog = collection.catalog
    catalog.count_terms()
    catalog.database.rows("UPDATE vocabulary SET passages = 9 WHERE term = 'appl'")
    assert not catalog.vocabulary_is_right()
    catalog.count_terms()
    assert catalog.vocabulary_is_right()
    catalog.database.rows("UPDATE passages SET keys = ?", (b"\0" * 8,))
    assert collection.check() and not catalog.vocabulary.is_kept
    catalog.count_terms()
    assert catalog.vocabulary_is_right() and isinstance(collection.lexical, TantivyIndex)
    check_against_tantivy(collection)
