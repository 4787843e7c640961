"""Test the status of a collection's files, adding files and removing them."""

import os

import pytest
from toy_encoder import ToyEncoder

from index import (
    BackgroundUpdate,
    Collection,
    Document,
    DocumentStatus,
    Locator,
    Place,
    SourceError,
    bytes_hash,
    text_hash,
)

MODIFIED = 1_700_000_000  # seconds: 2023-11-14T22:13:20Z


@pytest.fixture
def folder(tmp_path):
    """A folder of two documents and a file that cannot be read."""
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "a.txt").write_text("The apple fell from the old tree.\n\nThe plum is ripe.", encoding="utf-8")
    (sources / "b.txt").write_text("Die Pflaume ist reif, und der Apfel fiel vom Baum.", encoding="utf-8")
    (sources / "c.bin").write_bytes(b"\x00")
    for file in sources.iterdir():
        os.utime(file, (MODIFIED, MODIFIED))
    return sources


@pytest.fixture
def collection(tmp_path, folder):
    """A collection of that folder."""
    opened = Collection(tmp_path / "collection", ToyEncoder())
    opened.update([folder])
    yield opened
    opened.close()


def states(collection):
    return {status.source: status.state for status in collection.library.statuses()}


def texts(collection, question):
    return sorted(hit.text for hit in collection.search({question: 1.0}).hits)


def test_statuses_tell_how_every_file_stands(collection, folder):
    """Documents come with passages, language, size and date; a file that cannot be read with the reason; by name."""
    first, second, third = collection.library.statuses()
    modified = "2023-11-14T22:13:20+00:00"
    assert first == DocumentStatus(
        *(1, "a.txt", str(folder / "a.txt"), "indexed", 2, None, 0, "en", 52, modified, "text 4", (), "")
    )
    assert (second.language, second.passages, second.state) == ("de", 1, "indexed")
    assert third == DocumentStatus(
        *(None, "c.bin", str(folder / "c.bin"), "failed", 0, None, 0, "", 1, modified, "", ()),
        collection.catalog.failures()[0].reason,
    )


def test_pages_and_notes_of_a_reader_are_kept(tmp_path, folder):
    """The last page a parser names is the number of pages; its notes are kept in order."""

    def read(path, *, name):
        text = "An apple. A pear."
        locators = (Locator(0, 9, Place(page=1)), Locator(10, 17, Place(page=3)))
        notes = ("2 pages have no text", "read twice")
        return Document(name, str(path), text, text_hash(text), bytes_hash(b""), locators, extractor="x 2", notes=notes)

    collection = Collection(tmp_path / "paged", ToyEncoder())
    collection.update([folder / "a.txt"], read=read)
    (status,) = collection.library.statuses()
    assert (status.pages, status.notes, status.extractor) == (3, ("2 pages have no text", "read twice"), "x 2")
    collection.close()


def test_files_not_read_yet_are_pending(tmp_path, folder):
    """During a first update every file it has found is listed."""
    seen = []

    def note(progress):
        seen.append(states(collection))

    collection = Collection(tmp_path / "slow", ToyEncoder())
    collection.update([folder], on_progress=note)
    collection.close()
    assert seen[0] == {"a.txt": "pending", "b.txt": "pending", "c.bin": "pending"}
    assert seen[-1]["a.txt"] == seen[-1]["b.txt"] == "indexed"


def test_added_files_are_copied_and_belong_to_the_sources(tmp_path, collection, folder):
    """Copies answer after the next update of any selection, and outlive their originals; no name is used twice."""
    (tmp_path / "a.txt").write_text("A fig.", encoding="utf-8")
    (tmp_path / "A.TXT").write_text("Two figs.", encoding="utf-8")
    paths = collection.library.add_files([tmp_path / "a.txt", str(tmp_path / "A.TXT")])
    (tmp_path / "a.txt").unlink()
    added = tmp_path / "collection" / "added"
    assert paths == (str(added / "a (2).txt"), str(added / "A (3).TXT"))
    assert (added / "a (2).txt").stat().st_mode & 0o777 == 0o600 and added.stat().st_mode & 0o777 == 0o700
    assert collection.update([folder]).added == 2
    assert texts(collection, "fig figs")[:2] == ["A fig.", "Die Pflaume ist reif, und der Apfel fiel vom Baum."]
    assert states(collection)["a (2).txt"] == "indexed"


NAMES = {
    "plain": ("notes.txt", "notes.txt"),
    "hidden": (".notes.txt", "notes.txt"),
    "control": ("a\nb\x1b.txt", "a_b_.txt"),
    "turned around": ("a\u202etxt.md", "a_txt.md"),
    "for windows": ("con.txt", "_con.txt"),
    "reserved characters": ('a:b*"?<>|.txt', "a_b______.txt"),
    "ends in a dot": ("notes.", "notes"),
    "nothing left": ("...", "document"),
    "long": ("\u00e9" * 120 + ".txt", "\u00e9" * 100 + ".txt"),
}


@pytest.mark.parametrize(("name", "safe"), NAMES.values(), ids=NAMES)
def test_names_of_added_files_are_made_safe(tmp_path, collection, name, safe):
    """No name hides a file, leaves the folder or means something to a system."""
    (tmp_path / "from").mkdir()
    file = tmp_path / "from" / name
    try:
        file.write_text("A fig.", encoding="utf-8")
    except OSError:
        pytest.skip("no file can have that name here")
    (path,) = collection.library.add_files([file])
    assert path == str(tmp_path / "collection" / "added" / safe)


BAD = {
    "missing": lambda folder: folder / "nowhere.txt",
    "a folder": lambda folder: folder,
    "not a file at all": lambda folder: "/dev/null",
}


@pytest.mark.parametrize("make", BAD.values(), ids=BAD)
def test_what_is_no_file_cannot_be_added(collection, folder, make):
    """One wrong path is named, and nothing is copied."""
    wrong = make(folder)
    with pytest.raises(SourceError) as caught:
        collection.library.add_files([folder / "a.txt", wrong])
    assert str(caught.value) == f"{str(wrong)!r} is not a file. Name files to add."
    assert collection.library.find_added() == []


def test_removing_an_added_file_deletes_it(collection, folder):
    """The copy is gone from the disk and from the answers at once."""
    (path,) = collection.library.add_files([folder / "a.txt"])
    collection.update([folder])
    collection.library.remove(path)
    assert collection.library.find_added() == []
    assert "a (2).txt" not in states(collection)
    assert texts(collection, "plum ripe").count("The plum is ripe.") == 1
    collection.catch_up()
    assert collection.check() == ()


def test_removing_any_other_file_excludes_it(collection, folder):
    """The file stays, no longer answers at once, is left out by updates, and answers again once it is restored."""
    path = str(folder / "a.txt")
    collection.library.remove(path)
    collection.library.remove(path)
    assert (folder / "a.txt").exists()
    assert texts(collection, "plum ripe") == ["Die Pflaume ist reif, und der Apfel fiel vom Baum."]
    assert collection.update([folder]).unchanged == 1
    assert states(collection) == {"a.txt": "excluded", "b.txt": "indexed", "c.bin": "failed"}
    collection.library.remove(str(folder / "c.bin"))
    assert collection.update([folder]).failures == ()
    collection.library.restore(path)
    assert collection.update([folder]).added == 1
    assert "The plum is ripe." in texts(collection, "plum ripe")
    assert collection.check() == ()


def test_a_file_excluded_while_it_is_read_is_not_written(tmp_path, folder):
    """Excluding wins against an update that has already found the file."""
    collection = Collection(tmp_path / "collection", ToyEncoder())

    def exclude(progress):
        if progress.name == "b.txt" and states(collection)["b.txt"] == "pending":
            collection.library.remove(str(folder / "b.txt"))

    BackgroundUpdate(collection, [folder], on_progress=exclude).finish()
    assert states(collection) == {"a.txt": "indexed", "b.txt": "excluded", "c.bin": "failed"}
    assert collection.check() == ()
    collection.close()


def test_unknown_paths_are_refused_in_one_line(collection, folder):
    """Only what is listed can be removed, only what is excluded restored."""
    outside = str(folder.parent / "collection" / "catalog.sqlite")
    with pytest.raises(SourceError) as caught:
        collection.library.remove(outside)
    assert str(caught.value) == f"{outside!r} is not in this collection."
    with pytest.raises(SourceError) as caught:
        collection.library.restore(str(folder / "a.txt"))
    assert str(caught.value) == f"{str(folder / 'a.txt')!r} is not excluded from this collection."


def test_selection_is_kept_with_the_collection(collection, folder):
    """The selection of a collection can be read from it, with its rules."""
    assert collection.catalog.selection().paths == (str(folder),)
    assert collection.catalog.selection().rules.ignore_files is True
