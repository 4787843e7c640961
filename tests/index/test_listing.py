"""Test lists of files that come a page at a time, and documents that are looked up: the same rows as the whole lists have."""

from itertools import product
from random import Random

import pytest
from fruit import write_documents
from toy_encoder import ToyEncoder

from index import Collection, PostgresStore, Source

# Names in several scripts and cases, with what means something in patterns, and longer than what is compared first.
NAMES = (
    *"apples Apples APPLES_2 straße STRASSE 100% a_b axb wow! fig's Ünder ünder İzmir 日本 [set] pear peach plum".split(),
    *("x" * 150, "x" * 150 + "y"),
)

pytest_plugins = ["both_stores"]


@pytest.fixture
def collection(tmp_path, store):
    """Documents, one of which is pending, files that failed, one that is excluded, and some that an update is to read."""
    opened = Collection(store.folder("papers"), ToyEncoder(), key="papers", store=store)
    folder = write_documents(tmp_path / "papers", **{name: f"{name} is here." for name in NAMES})
    for name in ("broken", "apples", "zebra"):
        (folder / f"{name}.pdf").write_bytes(b"%PDF-1.4 nothing")
    opened.update([folder])
    opened.library.remove(str(folder / "pear.txt"))
    catalog = opened.catalog
    (waiting,) = catalog.find_documents(sources=["peach.txt"])
    catalog.forget_vectors([catalog.passages_of(waiting.path)[0].id])
    coming = [Source(f"{name}.txt", str(folder / f"{name}.txt"), 1, 1, 1) for name in ("aaa", "plum", "zzz")]
    opened.library.expect(coming)
    yield opened
    opened.close()


def names(statuses):
    return [(status.source, status.state) for status in statuses]


def test_pages_have_what_the_whole_list_has(collection):
    """For each state and some names, whatever is on a page; counts are of all."""
    library = collection.library
    every = library.statuses()
    counts = {
        state: sum(status.state == state for status in every) for state in ("indexed", "pending", "failed", "excluded")
    }
    assert counts == {"indexed": 18, "pending": 3, "failed": 3, "excluded": 1}
    parts = ("", "apples", "STRASSE", "straße", "ü", "%", "_", "!", "[", "İ", "i̇z", "日", "x" * 150, "zzz", "nothing")
    for state, part, rows in product(("", *counts), parts, (1, 4, 100)):
        wanted = [
            status for status in every if state in ("", status.state) and part.casefold() in status.source.casefold()
        ]
        for page in range(len(wanted) // rows + 2):
            found = library.find_statuses(state=state, name=part, page=page, rows=rows)
            first = rows * min(page, max(0, len(wanted) - 1) // rows)
            assert (found.first, found.matching, found.counts) == (first, len(wanted), counts)
            assert list(found.rows) == wanted[first : first + rows], (state, part, rows, page)


def test_whole_lists_of_names_are_in_order(collection):
    """Those whose files have changed since a time too; and some of those in a language that wait for nothing."""
    documents = [status for status in collection.library.statuses() if status.id is not None]
    catalog = collection.catalog
    times = {path: known.source.modified_ns for path, known in catalog.known_files().items()}
    for since in (-(1 << 70), 0, sorted(times.values())[9], 1 << 62, 1 << 70):
        assert catalog.names_changed_since(since) == tuple(
            document.source for document in documents if times[document.path] >= since
        )
    for language in {status.language for status in documents} | {"xx"}:
        paths = [each.path for each in documents if (each.state, each.language) == ("indexed", language)]
        assert catalog.sample_paths(language, 100, Random(1)) == paths
        some = catalog.sample_paths(language, 2, Random(1))
        assert some == [path for path in paths if path in some] and len(some) == min(2, len(paths))
        assert some == catalog.sample_paths(language, 2, Random(1))


def test_one_file_is_looked_up(collection):
    """As the whole list has it, whatever its state."""
    every = {status.path: status for status in collection.library.statuses()}
    assert {path: collection.library.status(path) for path in every} == every
    assert collection.library.status("/nowhere") is None


def test_documents_are_looked_up(collection):
    """By id, path or name, in order; what cannot be a name is no document's."""
    documents = collection.catalog.documents()
    find = collection.catalog.find_documents
    assert [document.source for document in documents] == sorted(document.source for document in documents)
    some = (documents[3], documents[7])
    assert find(ids=[each.id for each in some]) == find(paths=[each.path for each in some]) == some
    assert find(sources=[some[1].source, "none", "\0", "\ud800"]) == some[1:]
    assert find(ids=[1 << 63, -5], paths=["\0"]) == find() == ()
    listed = collection.catalog.documents
    assert (listed(3, 5), listed(1), listed(1 << 70), listed(0, 1 << 70)) == (
        documents[3:8],
        documents[1:],
        (),
        documents,
    )
    assert collection.catalog.names(["plum.txt", "\0", "none"]) == ("plum.txt",)


def test_names_are_found_by_parts(collection):
    """All that have one of them in any case, and at most others with letters beyond ASCII."""
    every = collection.catalog.documents()
    for part in ("apples", "_B", "%", "!", "strasse", "X" * 20, "日", "", "ß.txt"):
        found = [(source, path) for source, path, _, _ in collection.catalog.find_names([part])]
        having = [each for each in every if part.casefold() in each.source.casefold()]
        assert set(found) >= {(each.source, each.path) for each in having}
        assert part in ("日", "", "ß.txt") or all(
            part.casefold() in name.casefold() or not name.isascii() for name, _ in found
        )
        assert found == sorted(found)


def test_a_file_that_is_added_gets_a_name_of_its_own(tmp_path, collection):
    """Whatever has it now, in any case: a document, what failed, or what is left out."""
    (tmp_path / "new").mkdir()
    for name in ("APPLES.TXT", "Broken.pdf", "PEAR.txt", "ÜNDER.txt", "new.txt"):
        (tmp_path / "new" / name).write_text("A new one.")
    added = collection.library.add_files(sorted((tmp_path / "new").iterdir()))
    assert [path.rsplit("/", 1)[1] for path in added] == [
        *("APPLES (2).TXT", "Broken (2).pdf", "PEAR (2).txt", "new.txt", "ÜNDER (2).txt"),
    ]


def test_indexes_that_an_earlier_version_did_not_make_are_made(tmp_path, store, monkeypatch):
    """When the collection is opened, on a server by a migration; its documents are as they were."""
    if isinstance(store, PostgresStore):
        from index.store.postgres import catalog as migrations

        find = (
            "SELECT indexname FROM pg_indexes WHERE indexname = 'documents_by_name' AND schemaname = current_schema()"
        )
        with monkeypatch.context() as patched:
            patched.setattr(migrations, "_MIGRATIONS", migrations._MIGRATIONS[:1])
            opened = Collection(store.folder("papers"), ToyEncoder(), key="papers", store=store)
    else:
        find = "SELECT name FROM sqlite_master WHERE name = 'documents_by_name'"
        opened = Collection(store.folder("papers"), ToyEncoder(), key="papers", store=store)
        opened.catalog.database.rows("DROP INDEX documents_by_name")
    opened.update([write_documents(tmp_path / "papers", a="A fig.")])
    before = opened.catalog.documents()
    assert opened.catalog.database.rows(find) == []
    opened.close()
    opened = Collection(store.folder("papers"), ToyEncoder(), key="papers", store=store)
    assert opened.catalog.database.rows(find) == [("documents_by_name",)]
    assert opened.catalog.documents() == before and len(before) == 1
    opened.close()
