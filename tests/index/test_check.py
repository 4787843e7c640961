"""Test the check of a collection: no finding if all parts agree, else one line each."""

import sqlite3

import pytest
from fruit import APPLES, FIGS, ORCHARD, write_documents
from toy_encoder import ToyEncoder

from index import Collection, read_document
from index.store.faiss_index import FaissIndex

DAMAGE = {
    "totals": ("UPDATE totals SET sentences = 7", "catalog: 4 sentences counted, 7 noted"),
    "passage lost": (
        "DELETE FROM passages WHERE id = 3",
        "catalog: a document whose passages do not count up: b.txt",
    ),
    "vectors lost": (
        "DELETE FROM embeddings WHERE passage_id = 2",
        "catalog: a passage neither embedded nor pending: 2",
    ),
    "pending and embedded": ("INSERT INTO pending VALUES (1)", "catalog: a passage both embedded and pending: 1"),
    "orphan": (
        "INSERT INTO pending VALUES (99)",
        "catalog: row 99 of pending belongs to no row of passages",
    ),
    "excluded": (
        "INSERT INTO exclusions SELECT path, source FROM documents WHERE source = 'b.txt'",
        "catalog: an excluded file that answers: b.txt",
    ),
}


@pytest.fixture
def folder(tmp_path):
    """A folder of two documents."""
    return write_documents(tmp_path / "sources", a=APPLES, b=FIGS)


@pytest.fixture
def made(tmp_path, folder):
    """The folder of a collection of them, closed."""
    collection = Collection(tmp_path / "collection", ToyEncoder())
    collection.update([folder], read=read_document)
    collection.close()
    return tmp_path / "collection"


@pytest.fixture
def compressed(tmp_path, monkeypatch):
    """The folder of a collection of forty passages, closed, whose vectors are so many that they are compressed, in files."""
    monkeypatch.setitem(FaissIndex.__init__.__kwdefaults__, "exact", 20)
    collection = Collection(tmp_path / "compressed", ToyEncoder())
    collection.update([write_documents(tmp_path / "many", a=ORCHARD)])
    collection.close()
    return tmp_path / "compressed"


def check(folder):
    collection = Collection(folder, ToyEncoder())
    try:
        return collection.check()
    finally:
        collection.close()


def test_sound_collection_is_in_step(made):
    """A new collection has no findings, nor has an empty one."""
    assert check(made) == ()
    assert check(made.parent / "empty") == ()


@pytest.mark.parametrize(("statement", "finding"), DAMAGE.values(), ids=DAMAGE)
def test_damage_to_the_catalog_is_named(made, statement, finding):
    """Each fault is one line."""
    with sqlite3.connect(made / "catalog.sqlite") as connection:
        connection.execute(statement)
    connection.close()
    assert finding in check(made)


def test_vectors_that_are_not_in_the_vector_index_are_named(compressed):
    """Vectors only in the catalog or only in FAISS are found, even if both name the same generation."""
    with sqlite3.connect(compressed / "catalog.sqlite") as connection:
        connection.execute(
            "INSERT INTO embeddings SELECT 70, 1, vectors, checksum FROM embeddings WHERE passage_id = 2"
        )
        connection.execute("DELETE FROM embeddings WHERE passage_id = 1")
    connection.close()
    findings = check(compressed)
    assert "vector index: lacks passage 70" in findings
    assert "vector index: has entries of removed passage 1" in findings


def test_passages_that_are_not_in_the_lexical_index_are_named(made):
    """Passages only in the catalog or only in tantivy are found."""
    with sqlite3.connect(made / "catalog.sqlite") as connection:
        connection.execute("UPDATE passages SET id = 9 WHERE id = 3")
    connection.close()
    findings = check(made)
    assert "lexical index: lacks passage 9" in findings
    assert "lexical index: has entries of removed passage 3" in findings


def test_damaged_file_of_the_vector_index_is_named_once_and_mended(compressed):
    """A flipped byte is found by its hash; the check rebuilds the index, and finds nothing the next time."""
    file = min((compressed / "dense").iterdir())
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert check(compressed) == (f"vector index: {file.name} is missing or damaged",)
    assert check(compressed) == ()


SILENT = {
    "text of a document": (
        "UPDATE documents SET text = replace(text, 'apple', 'pears') WHERE source = 'a.txt'",
        "catalog: the text of a.txt is damaged; qa index reads that file again",
    ),
    "place of a passage": (
        "UPDATE passages SET start = start + 1 WHERE id = 1",
        "catalog: paragraph 1 of a.txt is damaged; qa index reads that file again",
    ),
    "places of sentences": (
        "UPDATE passages SET sentences = x'0000000005000000060000001d000000' WHERE id = 1",
        "catalog: paragraph 1 of a.txt is damaged; qa index reads that file again",
    ),
    "heading": (
        "UPDATE passages SET heading = 'Fruit' WHERE id = 3",
        "catalog: paragraph 1 of b.txt is damaged; qa index reads that file again",
    ),
    "text of a passage": (
        "UPDATE passages SET text = 'A plum. A fig.' WHERE id = 3",
        "catalog: paragraph 1 of b.txt was damaged, and is mended",
    ),
    "terms": (
        "UPDATE passages SET keys = lengths WHERE id = 2",
        "catalog: paragraph 2 of a.txt was damaged, and is mended",
    ),
    "vectors": (
        "UPDATE embeddings SET vectors = (SELECT vectors FROM embeddings WHERE passage_id = 3) WHERE passage_id = 2",
        "catalog: the vectors of passage 2 were damaged, and are mended",
    ),
}


@pytest.mark.parametrize(("statement", "finding"), SILENT.values(), ids=SILENT)
def test_damage_that_breaks_no_rule_is_found_and_mended(made, folder, statement, finding):
    """All is computed again from the texts, and these are held against their hashes; one update later all is as before."""
    before = scores(made)
    with sqlite3.connect(made / "catalog.sqlite") as connection:
        connection.execute(statement)
    connection.close()
    assert check(made) == (finding,)
    if "qa index" in finding:
        collection = Collection(made, ToyEncoder())
        assert collection.update([folder], read=read_document).changed == 1
        collection.close()
    assert scores(made) == before
    assert check(made) == ()


def scores(made):
    collection = Collection(made, ToyEncoder())
    collection.follow()
    found = [(hit.source, hit.text, hit.score) for hit in collection.search({"apple plum": 1.0}).hits]
    collection.close()
    return found


def test_missing_lexical_index_is_named_and_built_anew(made):
    """A derived index can be lost: the check says so, and rebuilds it as opening does."""
    files = sorted(file.name for file in (made / "lexical").iterdir())
    for name in files:
        (made / "lexical" / name).unlink()
    assert check(made) == tuple(f"lexical index: {name} is missing or damaged" for name in files)
    assert check(made) == ()
