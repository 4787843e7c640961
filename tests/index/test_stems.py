"""Documents that are not in English: their words are found in every form of their language."""

import pytest
from toy_encoder import ToyEncoder

from index import Collection

GERMAN = "Die Miete beträgt im Monat 850 Euro.\n\nDer Vertrag wird schriftlich und für ein Jahr geschlossen.\n"
ENGLISH = "The rent of the flat is due on the first day of the month.\n\nTaxes are not part of the rent.\n"


@pytest.fixture
def folder(tmp_path):
    """A folder with a document in German and one in English."""
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "vertrag.txt").write_text(GERMAN, encoding="utf-8")
    (sources / "contract.txt").write_text(ENGLISH, encoding="utf-8")
    return sources


def indexed(tmp_path, folder):
    collection = Collection(tmp_path / "collection", ToyEncoder())
    return collection, collection.update([folder])


def lexical(collection, question):
    """The lexical score of each hit, by the start of its text."""
    return {hit.text[:9]: hit.score.lexical for hit in collection.search({question: 1.0}).hits}


def test_another_form_of_a_word_is_found_in_its_language(tmp_path, folder):
    """ "Mieten" finds "Miete", which have no English stem in common; the words counted are those of the stem."""
    collection, _ = indexed(tmp_path, folder)
    search = collection.search({"Mieten": 1.0})
    assert search.stems == {"mieten": "miet"}
    assert search.queries[0].terms == ("miet",)
    assert search.statistics.frequencies == {"miet": 1}
    assert collection.searcher.word_frequencies("Mieten") == {"mieten": 1}
    scores = lexical(collection, "Mieten")
    assert scores["Die Miete"] > 0.5
    assert set(scores.values()) == {scores["Die Miete"], 0.0}


def test_english_words_keep_their_stem_beside_other_languages(tmp_path, folder):
    """A word takes another stem only where more passages have that."""
    collection, _ = indexed(tmp_path, folder)
    search = collection.search({"Are taxes part of the rent?": 1.0})
    assert search.stems == {}
    assert search.queries[0].terms == ("tax", "rent")


def test_english_documents_have_no_other_stems(tmp_path, folder):
    """Nothing of what is stored for them changes when documents in other languages are added."""
    (folder / "vertrag.txt").unlink()
    collection, _ = indexed(tmp_path, folder)
    keys = collection.catalog.database.rows("SELECT keys, lengths FROM passages")
    assert collection.catalog.stem_languages() == {}
    (folder / "vertrag.txt").write_text(GERMAN, encoding="utf-8")
    collection.update([folder])
    assert set(collection.catalog.stem_languages().values()) == {"de"}
    assert collection.catalog.database.rows("SELECT keys, lengths FROM passages")[: len(keys)] == keys


def test_documents_read_before_there_were_stems_are_read_again(tmp_path, folder):
    """Only those that are not in English; nothing is embedded again."""
    collection, _ = indexed(tmp_path, folder)
    expected = lexical(collection, "Mieten")
    rows = collection.catalog.database.rows
    rows("DROP INDEX documents_by_stems")
    rows("ALTER TABLE documents DROP COLUMN stems")
    collection.close()
    encoder = ToyEncoder()
    later = Collection(tmp_path / "collection", encoder)
    report = later.update([folder])
    assert (report.changed, report.unchanged) == (1, 1)
    assert lexical(later, "Mieten") == expected
    assert "Die Miete beträgt im Monat 850 Euro." not in encoder.encoded
    assert later.update([folder]).unchanged == 2
