"""Several processes over one collection: each searches what is committed, whoever has the lock; damage is built anew."""

from pathlib import Path

import pytest
from fruit import APPLES, FIGS, ORCHARD, write_documents
from toy_encoder import ToyEncoder

from index import Collection, LockedError, hold_lock, read_document
from index.store.faiss_index import FaissIndex


@pytest.fixture
def folder(tmp_path):
    """A folder of two documents."""
    return write_documents(tmp_path / "sources", a=APPLES, b=FIGS)


@pytest.fixture
def open_collection(tmp_path):
    """A function that opens the collection once more, as another process would."""
    opened = []

    def open_once_more():
        opened.append(Collection(tmp_path / "collection", ToyEncoder()))
        return opened[-1]

    yield open_once_more
    for collection in opened:
        collection.close()


def update(collection, folder, **options):
    return collection.update([folder], read=read_document, **options)


def found(collection, question="plum apple"):
    search = collection.search({question: 1.0})
    return search.statistics, [(hit.source, hit.text, hit.score) for hit in search.hits]


def test_what_is_committed_is_searched_while_another_process_has_the_lock(folder, open_collection):
    """Four that catch up at one moment all answer, and so does one that is opened then."""
    first = open_collection()
    update(first, folder)
    others = [open_collection() for _ in range(3)]
    with hold_lock(first.folder):
        for collection in (first, *others):
            collection.catch_up()
        late = open_collection()
        late.follow()
        assert [found(collection) for collection in (*others, late)] == [found(first)] * 4
        with pytest.raises(LockedError, match=r"^another process is updating .*collection\. Try again later\.$"):
            update(late, folder, wait=False)


def test_text_that_another_process_commits_is_found_at_once(folder, open_collection):
    """Before each search, and between the parts of one, the indexes are brought up to what the catalog holds."""
    writer, reader = open_collection(), open_collection()
    update(writer, folder)
    reader.follow()
    assert found(reader) == found(writer)
    for text in ("A plum, an apple, a plum.", "One apple.", ""):
        (folder / "c.txt").write_text(text, encoding="utf-8")
        update(writer, folder)
        assert found(reader) == found(writer)
        assert ("c.txt" in [source for source, _, _ in found(reader)[1]]) == bool(text)


def test_one_search_reads_one_generation(folder, open_collection, monkeypatch):
    """What another process commits while a search is under way is left out of it as a whole."""
    writer, reader = open_collection(), open_collection()
    update(writer, folder)
    reader.follow()
    before = found(reader)
    candidates = reader.searcher._candidates

    def commit_meanwhile(*arguments):
        ids = candidates(*arguments)
        (folder / "a.txt").unlink()
        update(writer, folder)
        return ids

    monkeypatch.setattr(reader.searcher, "_candidates", commit_meanwhile)
    reader.searcher._signed[1].clear()
    assert found(reader) == before
    monkeypatch.undo()
    assert found(reader) == found(writer) != before


def test_files_that_another_process_replaces_are_looked_up_again(folder, open_collection, monkeypatch):
    """Opening between two updates reads the later files of compressed vectors; nothing is built anew for that."""
    monkeypatch.setitem(FaissIndex.__init__.__kwdefaults__, "exact", 20)
    (folder / "a.txt").write_text(ORCHARD, encoding="utf-8")
    writer, reader = open_collection(), open_collection()
    update(writer, folder)
    read, calls = reader._vectors()._read, []

    def replace_first(catalog, *, rebuild):
        calls.append(rebuild)
        if len(calls) == 1:
            assert catalog.generation  # the snapshot begins with the first read
            (folder / "c.txt").write_text("A ripe plum.", encoding="utf-8")
            update(writer, folder)
        read(catalog, rebuild=rebuild)

    monkeypatch.setattr(reader._vectors(), "_read", replace_first)
    reader.follow()
    assert calls == [False, False]
    assert found(reader) == found(writer)


def flip(file):
    file.write_bytes(bytes(byte ^ 4 for byte in file.read_bytes()))


DAMAGE = [("idx", flip), ("fast", flip), ("pos", Path.unlink), ("term", Path.unlink)]


@pytest.mark.parametrize(("kind", "damage"), DAMAGE)
def test_damaged_file_of_the_lexical_index_is_built_anew(folder, open_collection, kind, damage):
    """Whoever asks gets the same answer; a check names the file once, and mends it."""
    first = open_collection()
    update(first, folder)
    before = found(first)
    (file,) = (first.folder / "lexical").glob(f"*.{kind}")
    damage(file)
    second = open_collection()
    second.follow()
    assert found(second) == before
    assert second.check() == (f"lexical index: {file.name} is missing or damaged",)
    assert second.check() == ()


def test_damage_under_an_open_index_is_one_error_then_built_anew(folder, open_collection, monkeypatch):
    """A panic of tantivy, which is no `Exception`, never gets out; the next search reads the files again."""
    collection = open_collection()
    update(collection, folder)
    before = found(collection)
    panic = type("PanicException", (BaseException,), {})

    class Panicking:
        num_docs = 3

        def doc_freq(self, *arguments):
            raise panic("called `Option::unwrap()` on a `None` value")

    collection.lexical._searcher = Panicking()
    with pytest.raises(
        Exception, match=r"^the lexical index .* is damaged\. Run qa index --check to build it again\.$"
    ):
        found(collection)
    assert found(collection) == before


def test_near_spellings_do_not_depend_on_how_the_index_came_about(tmp_path, folder, open_collection):
    """Of more passages with such words than are read, those are read that their content chooses."""
    for number in range(60):
        word = ("harbor", "harbur", "habour", "Harbour")[number % 4]
        (folder / f"{number:02}.txt").write_text(f"Number {number} lies in the {word}.", encoding="utf-8")
    hidden = [file.rename(tmp_path / file.name) for file in sorted(folder.iterdir())[::2]]
    updated = open_collection()
    update(updated, folder)
    for file in hidden:
        file.rename(folder / file.name)
    update(updated, folder)
    fresh = Collection(tmp_path / "fresh", ToyEncoder())
    update(fresh, folder)
    for term in ("harboor", "hrbour"):
        assert updated.searcher.near_spellings(term) == fresh.searcher.near_spellings(term) != ()
        assert updated.searcher.near_words(term, 2) == fresh.searcher.near_words(term, 2) != ()
    fresh.close()


def test_long_update_saves_its_indexes_on_the_way(folder, open_collection, monkeypatch):
    """Another process that opens the collection meanwhile has little left to build."""
    monkeypatch.setattr("index.collection._SAVE_SECONDS", 0)
    monkeypatch.setattr("index.collection._SAVE_SHARE", 0)
    writer, saved = open_collection(), []

    def note(progress):
        saved.append([int(writer.catalog.notes.get(f"{name}_generation") or 0) for name in ("dense", "lexical")])

    update(writer, folder, on_progress=note)
    last = writer.catalog.generation
    assert [0 < dense < last and 0 < lexical < last for dense, lexical in saved].count(True) >= 1
    assert writer.check() == ()


def test_working_folders_of_killed_processes_are_swept(folder, open_collection):
    """Files that nobody lists go with the next update; the working folder of a live process stays."""
    first = open_collection()
    update(first, folder)
    lexical = first.folder / "lexical"
    (lexical / "working-dead").mkdir()
    (lexical / "left.del").touch()
    second = open_collection()
    (folder / "a.txt").unlink()
    update(second, folder)
    assert first.lexical._working.is_dir() and second.lexical._working.is_dir()
    assert not (lexical / "working-dead").exists() and not (lexical / "left.del").exists()
    assert found(first) == found(second)
