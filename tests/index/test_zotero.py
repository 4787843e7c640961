"""Test a Zotero library: its files with the titles, authors and dates of its database, which is never changed."""

import sqlite3
from contextlib import closing

import pytest
from toy_encoder import ToyEncoder

from index import Collection, Metadata, Selection, SourceError, SourceRules, bytes_hash, find_sources

# The tables and columns of Zotero's own schema that say what a file is.
SCHEMA = """
CREATE TABLE items (itemID INTEGER PRIMARY KEY, itemTypeID INT NOT NULL, libraryID INT NOT NULL, key TEXT NOT NULL);
CREATE TABLE fields (fieldID INTEGER PRIMARY KEY, fieldName TEXT, fieldFormatID INT);
CREATE TABLE itemDataValues (valueID INTEGER PRIMARY KEY, value UNIQUE);
CREATE TABLE itemData (itemID INT, fieldID INT, valueID, PRIMARY KEY (itemID, fieldID));
CREATE TABLE creators (creatorID INTEGER PRIMARY KEY, firstName TEXT, lastName TEXT, fieldMode INT);
CREATE TABLE creatorTypes (creatorTypeID INTEGER PRIMARY KEY, creatorType TEXT);
CREATE TABLE itemCreators (itemID INT NOT NULL, creatorID INT NOT NULL, creatorTypeID INT NOT NULL DEFAULT 1,
    orderIndex INT NOT NULL DEFAULT 0, PRIMARY KEY (itemID, creatorID, creatorTypeID, orderIndex));
CREATE TABLE itemAttachments (itemID INTEGER PRIMARY KEY, parentItemID INT, linkMode INT, contentType TEXT, path TEXT);
CREATE TABLE deletedItems (itemID INTEGER PRIMARY KEY, dateDeleted DEFAULT CURRENT_TIMESTAMP NOT NULL);
INSERT INTO fields VALUES (1, 'title', NULL), (6, 'date', NULL), (13, 'url', NULL);
INSERT INTO creatorTypes VALUES (8, 'author'), (10, 'editor');
"""
ITEMS = {1: "ARTICLE1", 2: "REPORT02", 11: "AAAAAAAA", 12: "BBBBBBBB", 13: "CCCCCCCC", 14: "DDDDDDDD", 15: "EEEEEEEE"}
ATTACHMENTS = [
    (11, 1, 0, "application/pdf", "storage:plum.txt"),
    (12, 2, 1, "text/html", "storage:pear.html"),
    (13, None, 0, "text/plain", "storage:alone.txt"),
    (14, 1, 3, "text/html", None),
    (15, 1, 0, "application/pdf", "storage:absent.pdf"),
]
VALUES = [
    (1, 1, "On the  ripening of plums"),
    (1, 6, "2019-05-00 May 2019"),
    (1, 13, "https://example.org"),
    (2, 1, "Pears"),
    (2, 6, "2021-00-00 2021"),
    (13, 1, "alone.txt"),
]
CREATORS = [
    (1, 8, 1, "Rick", "Roe"),
    (1, 8, 0, "Jane", "van der Berg"),
    (1, 10, 2, "Ed", "Itor"),
    (2, 10, 0, "", "City of Exeter"),
]


@pytest.fixture
def library(tmp_path):
    """A library of three files, one that is not on this computer, and one in the trash."""
    folder = tmp_path / "Zotero"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "zotero.sqlite")) as database:
        database.executescript(SCHEMA)
        database.executemany("INSERT INTO items VALUES (?, 2, 1, ?)", ITEMS.items())
        database.executemany("INSERT INTO itemAttachments VALUES (?, ?, ?, ?, ?)", ATTACHMENTS)
        for number, (item, field, value) in enumerate(VALUES):
            database.execute("INSERT INTO itemDataValues VALUES (?, ?)", (number, value))
            database.execute("INSERT INTO itemData VALUES (?, ?, ?)", (item, field, number))
        for number, (item, kind, order, first, last) in enumerate(CREATORS):
            database.execute("INSERT INTO creators VALUES (?, ?, ?, 0)", (number, first, last))
            database.execute("INSERT INTO itemCreators VALUES (?, ?, ?, ?)", (item, number, kind, order))
        database.commit()
    files = {
        "AAAAAAAA/plum.txt": "The plum is ripe.",
        "BBBBBBBB/pear.html": "<html><head><title>Page</title></head><body><p>The pear is ripe.</p></body></html>",
        "CCCCCCCC/alone.txt": "The fig is ripe.",
        "FFFFFFFF/forgotten.txt": "Not in the database.",
    }
    for name, text in files.items():
        (folder / "storage" / name).parent.mkdir(parents=True)
        (folder / "storage" / name).write_text(text)
    return folder


@pytest.fixture
def collection(tmp_path):
    """An empty collection."""
    with closing(Collection(tmp_path / "collection", ToyEncoder())) as opened:
        yield opened


def change(library, *statements):
    """Change the database of a library."""
    with closing(sqlite3.connect(library / "zotero.sqlite")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def metadata(collection):
    """Title, author and date of each document, by the name of its file."""
    return {status.source.rpartition("/")[2]: status.metadata for status in collection.library.statuses() if status.id}


PLUM = Metadata("On the ripening of plums", "Jane van der Berg; Rick Roe", "2019-05")
PEAR = Metadata("Pears", "City of Exeter", "2021")


def test_files_have_the_titles_authors_and_dates_of_their_items(collection, library):
    """Authors in their order, else editors; a file that is not there is named; what the database does not list is left out."""
    before = bytes_hash((library / "zotero.sqlite").read_bytes())
    report = collection.update([library])
    assert report.added == 3
    assert [failure.reason for failure in report.failures] == [
        "storage/EEEEEEEE/absent.pdf is not on this computer. Download it in Zotero."
    ]
    assert metadata(collection) == {"plum.txt": PLUM, "pear.html": PEAR, "alone.txt": Metadata()}
    assert collection.update([library]).unchanged == 3
    assert not collection.is_behind(Selection((library,)))
    assert bytes_hash((library / "zotero.sqlite").read_bytes()) == before
    assert sorted(file.name for file in library.iterdir()) == ["storage", "zotero.sqlite"]


def test_corrected_item_is_followed_and_what_the_file_says_comes_back(collection, library):
    """A new title is shown though the file is the same; where the item says nothing, the file's own title is."""
    collection.update([library])
    change(library, "UPDATE itemDataValues SET value = 'Pears, revised' WHERE value = 'Pears'")
    assert collection.update([library]).changed == 1
    assert metadata(collection)["pear.html"].title == "Pears, revised"
    change(library, "DELETE FROM itemData WHERE itemID = 2 AND fieldID = 1")
    assert collection.update([library]).changed == 1
    assert metadata(collection)["pear.html"] == Metadata("Page", "City of Exeter", "2021")


@pytest.mark.parametrize("trashed", [1, 11])
def test_files_in_the_trash_are_left_out(library, trashed):
    """Of an item in the trash, or by themselves."""
    change(library, f"INSERT INTO deletedItems (itemID) VALUES ({trashed})")
    assert "storage/AAAAAAAA/plum.txt" not in [source.name for source in find_sources([library])]


def test_library_is_read_while_zotero_has_it_locked(library):
    """In the middle of a change, which counts once it is complete; the journal is left alone."""
    with closing(sqlite3.connect(library / "zotero.sqlite", isolation_level=None)) as zotero:
        zotero.execute("PRAGMA locking_mode = EXCLUSIVE")
        zotero.execute("PRAGMA cache_size = 1")
        zotero.execute("PRAGMA cache_spill = 1")
        zotero.execute("BEGIN EXCLUSIVE")
        zotero.execute("UPDATE itemDataValues SET value = 'Other ' || value")
        assert (library / "zotero.sqlite-journal").exists()
        found = {source.name: source.metadata for source in find_sources([library])}
        zotero.execute("COMMIT")
    assert found["storage/AAAAAAAA/plum.txt"] == PLUM


def test_rules_hold_for_a_library(library):
    """Patterns leave out files; a file that is only linked to is named, and read where links are followed."""
    linked = library.parent / "linked.txt"
    linked.write_text("The quince is ripe.")
    change(
        library,
        "INSERT INTO items VALUES (16, 2, 1, 'GGGGGGGG')",
        f"INSERT INTO itemAttachments VALUES (16, 2, 2, 'text/plain', '{linked}')",
    )
    found = {source.name: source for source in find_sources([library], SourceRules(exclude=("*.html", "*.pdf")))}
    assert list(found) == ["linked.txt", "storage/AAAAAAAA/plum.txt", "storage/CCCCCCCC/alone.txt"]
    assert (
        found["linked.txt"].fault
        == "linked.txt is outside the library, which links to it. Add --follow-links to read it."
    )
    followed = {source.name: source for source in find_sources([library], SourceRules(links=True))}
    assert (followed["linked.txt"].path, followed["linked.txt"].metadata) == (str(linked), PEAR)


def test_broken_library_is_named(library):
    """Its database, and what to do."""
    (library / "zotero.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(SourceError, match=r"zotero\.sqlite' cannot be read \(file is not a database\)\. Close Zotero"):
        find_sources([library])
