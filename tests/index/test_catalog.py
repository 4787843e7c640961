"""Test the catalog and the indexes derived from it."""

import shutil
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from toy_encoder import ToyEncoder

from index.boxes import Box, boxes_between, pack_boxes
from index.collection import Collection
from index.errors import SourceError, StorageError
from index.hashing import text_hash
from index.records import Document, Locator, Metadata, Passage, Place, PreparedPassage, Sentence, Source, Totals
from index.store.faiss_index import FaissIndex
from index.store.features import VECTORS_PER_PASSAGE, term_keys
from index.store.sqlite_catalog import open_catalog
from index.store.tantivy_index import TantivyIndex
from index.text.passages import LONGEST_ROW, MOST_IN_PASSAGE, split_passages


@pytest.fixture
def folder(tmp_path):
    """A folder of two documents."""
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "a.txt").write_text(
        "An apple fell. A pear stayed.\n\nThe plum is ripe.\n\nFind out more:", encoding="utf-8"
    )
    (sources / "b.txt").write_text("A fig and a plum.", encoding="utf-8")
    return sources


@pytest.fixture
def collection(tmp_path, folder):
    """A collection of that folder, made with the toy encoder."""
    made = Collection(tmp_path / "collection", ToyEncoder())
    made.update([folder])
    yield made
    made.close()


def test_totals_count_what_may_answer(collection):
    """Three passages with four sentences and thirteen terms may answer; the lead-in is not counted."""
    assert collection.catalog.totals() == Totals(documents=2, passages=3, sentences=4, terms=15, pending=0)


def test_totals_follow_removal(collection, folder):
    """Removing a file subtracts its passages, sentences and terms from the totals."""
    (folder / "a.txt").unlink()
    assert collection.update([folder]).removed == 1
    assert collection.catalog.totals() == Totals(documents=1, passages=1, sentences=1, terms=5, pending=0)


def test_an_unchanged_folder_is_not_encoded_again(tmp_path, folder):
    """Opening again encodes nothing and raises no generation."""
    first = Collection(tmp_path / "collection", ToyEncoder())
    first.update([folder])
    generation = first.catalog.generation
    first.close()
    encoder = ToyEncoder()
    second = Collection(tmp_path / "collection", encoder)
    report = second.update([folder])
    assert (report.added, report.changed, report.removed, report.unchanged) == (0, 0, 0, 2)
    assert (encoder.encoded, second.catalog.generation) == ([], generation)


def test_a_touched_file_is_not_encoded_again(tmp_path, folder, collection):
    """New times with the same bytes cost a hash, no embedding."""
    (folder / "b.txt").write_bytes((folder / "b.txt").read_bytes())
    assert collection.update([folder]).unchanged == 2


def test_an_edit_encodes_the_new_paragraph_alone(tmp_path, folder):
    """A changed file costs only the paragraphs that are new."""
    encoder = ToyEncoder()
    collection = Collection(tmp_path / "collection", encoder)
    collection.update([folder])
    encoder.encoded.clear()
    (folder / "a.txt").write_text("An apple fell. A pear stayed.\n\nThe fig is ripe.", encoding="utf-8")
    report = collection.update([folder])
    assert (report.changed, encoder.encoded) == (1, ["The fig is ripe."])
    assert [hit.text for hit in collection.search({"plum": 1.0}).hits][:1] == ["A fig and a plum."]


def test_a_renamed_file_is_not_encoded_again(tmp_path, folder):
    """Equal content is known by its hash under any name."""
    encoder = ToyEncoder()
    collection = Collection(tmp_path / "collection", encoder)
    collection.update([folder])
    encoder.encoded.clear()
    (folder / "b.txt").rename(folder / "c.txt")
    collection.update([folder])
    assert encoder.encoded == []
    assert [info.source for info in collection.catalog.documents()] == ["a.txt", "c.txt"]


def test_a_file_that_breaks_is_listed_and_no_longer_answers(collection, folder):
    """A file that cannot be read is named with the reason; the others are indexed."""
    (folder / "a.txt").write_bytes(b"\xff\xff")
    report = collection.update([folder])
    assert [(f.source, f.reason.split(":")[0]) for f in report.failures] == [("a.txt", "a.txt is not valid UTF-8")]
    assert collection.catalog.failures() == report.failures
    assert [info.source for info in collection.catalog.documents()] == ["b.txt"]


def test_a_repaired_file_is_no_longer_listed(collection, folder):
    """A failure lasts as long as its cause."""
    (folder / "c.txt").write_bytes(b"\xff\xff")
    collection.update([folder])
    (folder / "c.txt").write_text("A fig.", encoding="utf-8")
    assert collection.update([folder]).failures == collection.catalog.failures() == ()


def test_the_collection_folder_is_private(tmp_path, collection):
    """Only its owner can read a collection."""
    assert (tmp_path / "collection").stat().st_mode & 0o777 == 0o700


def test_another_encoder_is_refused(tmp_path, collection):
    """Vectors of two encoders are never mixed."""
    other = ToyEncoder()
    other.identity = "toy/2"
    with pytest.raises(StorageError, match=r"was made with the model toy/1, not toy/2\."):
        Collection(tmp_path / "collection", other)


def test_a_damaged_catalog_is_one_clear_error(tmp_path):
    """A file that is not a database is refused by name."""
    (tmp_path / "catalog.sqlite").write_bytes(b"not a database, " * 100)
    with pytest.raises(StorageError, match=r"catalog\.sqlite cannot be used: file is not a database"):
        open_catalog(tmp_path / "catalog.sqlite")


def test_a_full_disk_is_one_clear_error_and_loses_nothing(tmp_path, folder):
    """When no page is left, committed documents stay and still answer."""
    collection = Collection(tmp_path / "collection", ToyEncoder())
    collection.update([folder])
    connection = collection.catalog.database._connection
    connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0]}")
    (folder / "c.txt").write_text("A pear. " * 20_000, encoding="utf-8")
    with pytest.raises(StorageError, match="full.*what was committed is kept"):
        collection.update([folder])
    assert [hit.text for hit in collection.search({"fig": 1.0}).hits][:1] == ["A fig and a plum."]
    connection.execute("PRAGMA max_page_count = 1000000")
    assert collection.update([folder]).added == 1


def test_a_rolled_back_transaction_leaves_nothing(tmp_path):
    """An error inside a transaction undoes it."""
    catalog = open_catalog(tmp_path / "catalog.sqlite")
    with pytest.raises(ZeroDivisionError), catalog.database.transaction():
        catalog.set_meta("a", "b")
        raise ZeroDivisionError
    assert catalog.meta("a") is None


def remove_lexical(folder):
    """Delete the lexical index."""
    shutil.rmtree(folder / "lexical")


def damage_lexical(folder):
    """Empty every file of the lexical index."""
    for file in (folder / "lexical").iterdir():
        file.write_bytes(b"")


def forget_lexical(folder):
    """Set the noted generation of the lexical index back, as a kill between its commit and the note does."""
    with sqlite3.connect(folder / "catalog.sqlite") as connection:
        connection.execute("UPDATE meta SET value = '1' WHERE key = 'lexical_generation'")


@pytest.mark.parametrize("damage", [remove_lexical, damage_lexical, forget_lexical])
def test_what_is_derived_is_rebuilt_from_the_catalog(tmp_path, folder, collection, damage):
    """A derived index that is missing, damaged or behind is repaired on opening, without encoding."""
    before = [(hit.text, hit.score) for hit in collection.search({"a ripe plum": 1.0}).hits]
    collection.close()
    damage(tmp_path / "collection")
    encoder = ToyEncoder()
    again = Collection(tmp_path / "collection", encoder)
    again.update([folder])
    assert [(hit.text, hit.score) for hit in again.search({"a ripe plum": 1.0}).hits] == before
    assert again.lexical._searcher.num_docs == 3
    assert (len(again._dense), encoder.encoded) == (5, [])


def test_dense_search_agrees_with_numpy(tmp_path):
    """FAISS proposes the passages with the highest inner products."""
    generator = np.random.default_rng(7)
    sources = tmp_path / "sources"
    sources.mkdir()
    vectors = generator.normal(size=(300, 5)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)

    class Given(ToyEncoder):
        def encode_passages(self, texts):
            return vectors[[int(text.split()[1]) for text in texts]]

    (sources / "a.txt").write_text("\n\n".join(f"number {i}" for i in range(300)), encoding="utf-8")
    collection = Collection(tmp_path / "collection", Given())
    collection.update([sources])
    question = vectors[0] + vectors[1]
    expected = np.argsort(-(vectors.astype(np.float16).astype(np.float32) @ question))[:10] + 1
    assert collection._dense.search(question)[:10] == collection.searcher.nearest(question, 10) == expected.tolist()


def test_lexical_frequencies_follow_changes(collection, folder):
    """A term counts only in current passages."""
    assert collection.lexical.frequencies(["plum", "appl", "kiwi"]) == {"plum": 2, "appl": 1, "kiwi": 0}
    (folder / "b.txt").write_text("A fig.", encoding="utf-8")
    collection.update([folder])
    assert collection.lexical.frequencies(["plum", "appl", "kiwi"]) == {"plum": 1, "appl": 1, "kiwi": 0}


def test_a_document_is_looked_up_never_opened(collection, folder):
    """Only documents of the catalog can be read through it."""
    path = str(folder / "a.txt")
    assert collection.catalog.document(path).text.startswith("An apple fell.")
    assert (collection.catalog.document(path).extractor, collection.catalog.document(path).notes) == ("text 4", ())
    (folder / "secret.txt").write_text("secret", encoding="utf-8")
    with pytest.raises(SourceError, match="is not in this collection"):
        collection.catalog.document(str(folder / "secret.txt"))


def test_boxes_and_metadata_are_kept_and_go_with_their_document(tmp_path, folder):
    """Until the file is read again or removed."""
    boxes = pack_boxes(np.array([[0, 2, 1, 0.1, 0.2, 0.3, 0.4], [3, 8, 1, 0.35, 0.2, 0.6, 0.4]]))
    about = Metadata("Fruit", "Ida Brekke", "2024-03-05")

    def read(path, *, name):
        text = "An apple fell."
        return Document(name, str(path), text, text_hash(text), "0", boxes=boxes, metadata=about)

    collection = Collection(tmp_path / "boxed", ToyEncoder())
    collection.update([folder / "a.txt"], read=read)
    path = str(folder / "a.txt")
    assert boxes_between(collection.catalog.boxes(path), 1, 5) == (Box(0, 8, 1, 0.1, 0.2, 0.6, 0.4),)
    assert collection.catalog.document(path).metadata == about
    assert [status.metadata for status in collection.library.statuses()] == [about]
    assert collection.catalog.names() == ("a.txt",)
    (folder / "a.txt").write_text("A plum.", encoding="utf-8")
    collection.update([folder / "a.txt"])
    assert collection.catalog.boxes(path) == b""
    assert collection.catalog.database.rows("SELECT count(*) FROM boxes") == [(0,)]
    collection.close()


def test_words_on_one_line_share_a_box(tmp_path):
    """Also on a tilted scan, as far as they are nearly level; words further down, and on another page, do not."""
    words = [
        [0, 2, 1, 0.1, 0.20, 0.2, 0.22],
        [3, 5, 1, 0.3, 0.202, 0.4, 0.222],
        [6, 8, 1, 0.5, 0.21, 0.6, 0.23],
        [9, 11, 1, 0.1, 0.24, 0.2, 0.26],
        [12, 14, 2, 0.3, 0.24, 0.4, 0.26],
    ]
    assert boxes_between(pack_boxes(np.array(words)), 0, 14) == (
        Box(0, 5, 1, 0.1, 0.2, 0.4, 0.222),
        Box(6, 8, 1, 0.5, 0.21, 0.6, 0.23),
        Box(9, 11, 1, 0.1, 0.24, 0.2, 0.26),
        Box(12, 14, 2, 0.3, 0.24, 0.4, 0.26),
    )


def test_a_catalog_from_before_boxes_metadata_and_times_opens(collection, folder):
    """What it lacks is added; its documents stay as they are until they are read again."""
    collection.close()
    with sqlite3.connect(collection.folder / "catalog.sqlite") as before:
        before.execute("DROP TABLE boxes")
        for name in ("title", "author", "date"):
            before.execute(f"ALTER TABLE documents DROP COLUMN {name}")
        before.execute("ALTER TABLE passages DROP COLUMN time")
    encoder = ToyEncoder()
    after = Collection(collection.folder, encoder)
    assert after.update([folder]).unchanged == 2
    assert (after.catalog.document(str(folder / "a.txt")).metadata, encoder.encoded) == (Metadata(), [])
    assert after.catalog.boxes(str(folder / "a.txt")) == b""
    (folder / "b.txt").rename(folder / "c.txt")
    assert (after.update([folder]).added, after.check()) == (1, ())
    after.close()


def test_ids_leave_room_for_every_sentence_of_the_longest_passage():
    """A passage of only the shortest sentences has fewer vectors than its ids have room for."""
    text = "A. " * LONGEST_ROW
    document = Document("a", "/a", text, "", "", (Locator(0, len(text), Place(row=1)),))
    assert max(len(passage.sentences) for passage in split_passages(document)) < VECTORS_PER_PASSAGE
    assert MOST_IN_PASSAGE == VECTORS_PER_PASSAGE - 1


def test_empty_indexes_find_nothing(tmp_path):
    """Searching an empty index gives nothing, not an error."""
    catalog = open_catalog(tmp_path / "catalog.sqlite")
    dense, lexical = FaissIndex(tmp_path / "dense", 5), TantivyIndex(tmp_path / "lexical")
    dense.follow(catalog)
    lexical.follow(catalog)
    assert dense.search(np.zeros(5, dtype=np.float32)) == []
    assert lexical.search(["plum"], 3) == []
    assert lexical.frequencies(["plum"]) == {"plum": 0}


def test_vectors_take_little_more_than_their_bytes(tmp_path):
    """Little of a page stays empty beside rows of 4.6 KB; a catalog with smaller pages is read as it is."""
    catalog = open_catalog(tmp_path / "catalog.sqlite")
    passages = [
        PreparedPassage(Passage(n + 1, 0, 2, (Sentence(0, 2),)), f"{n}".encode(), *term_keys([], [["ab"]]))
        for n in range(1_500)
    ]
    catalog.write_document(Document("a", "a", "ab", "", ""), Source("a", "a", 2, 0, 0), passages=passages)
    ids = [stored.id for stored, _ in catalog.pending_passages(0, 1_500)]
    catalog.write_vectors({id_: bytes([id_ % 256]) * 4_608 for id_ in ids})
    catalog.database.close()
    size = (tmp_path / "catalog.sqlite").stat().st_size
    assert 1_500 * 4_608 < size < 1.25 * 1_500 * 4_608
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite", isolation_level=None)) as connection:
        for statement in ("PRAGMA journal_mode = DELETE", "PRAGMA page_size = 8192", "VACUUM"):
            connection.execute(statement).fetchall()
    again = open_catalog(tmp_path / "catalog.sqlite")
    assert again.database.rows("PRAGMA page_size") == [(8_192,)]
    with again.database.snapshot():
        assert [row.vectors for _, _, row in again.signatures(ids).values()] == [bytes([n % 256]) * 4_608 for n in ids]
    again.database.close()
