"""A catalog on a PostgreSQL server: the same rows as in a file, for many readers and one writer, and nothing lost."""

import pickle
import random
import sys
import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from forking import forks
from fruit import APPLES, FIGS, ORCHARD, write_documents
from killing import Killer
from patience import until
from toy_encoder import ToyEncoder

from index import (
    Collection,
    DamagedError,
    DeletedError,
    LockedError,
    OutdatedError,
    PostgresStore,
    SourceError,
    StorageError,
    text_hash,
)
from index.store.postgres.database import shown as show_address

CONTENT = (
    "SELECT source, path, text, text_sha256, passages, language FROM documents ORDER BY path",
    'SELECT paragraph, start, "end", answering, heading, page, content_hash, sentences, keys, lengths, passages.text'
    " FROM passages JOIN documents ON documents.id = document_id ORDER BY path, start",
    "SELECT vectors, checksum, path, start FROM embeddings JOIN passages ON passages.id = passage_id"
    " JOIN documents ON documents.id = document_id ORDER BY path, start",
    "SELECT source, path, reason FROM failures ORDER BY path",
    "SELECT path, source FROM exclusions ORDER BY path",
    "SELECT documents, passages, sentences, terms, pending FROM totals",
)


@pytest.fixture
def address(postgres_server):
    """The address of an empty database."""
    with closing(psycopg.connect(postgres_server.address, autocommit=True)) as connection:
        connection.execute("DROP DATABASE IF EXISTS tried WITH (FORCE)")
        connection.execute("CREATE DATABASE tried")
    return postgres_server.address.replace("/postgres", "/tried")


@pytest.fixture
def store(address, tmp_path):
    """A store in that database."""
    return PostgresStore(address, tmp_path / "home")


@pytest.fixture
def open_collection(store):
    """A function that opens a collection of the store."""
    with_all = []

    def open_one(key="papers", store=store, encoder=None):
        opened = Collection(store.folder(key), encoder or ToyEncoder(), key=key, store=store)
        with_all.append(opened)
        return opened

    yield open_one
    for each in with_all:
        each.close()


@pytest.fixture
def folder(tmp_path):
    """A folder of two documents."""
    return write_documents(tmp_path / "papers", a=APPLES, b=FIGS)


def content(collection):
    """Everything in a catalog but its ids and generations."""
    with collection.catalog.database.snapshot():
        return [collection.catalog.database.rows(statement) for statement in CONTENT]


def found(collection, question="Which plum is ripe?"):
    return [(hit.source, hit.text, hit.score) for hit in collection.search({question: 1.0}, k=50).hits]


def sql(address, statement, *values):
    """Run a statement as an administrator would."""
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def test_it_holds_what_a_file_holds_through_every_change(open_collection, folder, tmp_path):
    """Added, changed, removed, excluded and restored documents leave the same rows, totals and hits."""
    (folder / "c.txt").write_text(ORCHARD, encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"no PDF")
    served, kept = open_collection(), Collection(tmp_path / "kept", ToyEncoder())

    def remove(collection):
        collection.library.remove(str(folder / "a.txt"))

    def restore(collection):
        collection.library.restore(str(folder / "a.txt"))
        collection.update([folder])

    def change(collection):
        (folder / "b.txt").write_text("A fig.\n\n# No heading\n\nA pear, and a plum. An apple.", encoding="utf-8")
        (folder / "c.txt").unlink(missing_ok=True)
        collection.update([folder])

    def calibrate(collection):
        collection.catalog.set_setting("calibration", "{}")

    for step in (lambda c: c.update([folder]), remove, restore, change, calibrate):
        for collection in (served, kept):
            if step is change:
                (folder / "c.txt").write_text("once more", encoding="utf-8")
            step(collection)
            collection.follow()
        assert content(served) == content(kept)
        assert served.catalog.totals() == kept.catalog.totals()
        assert found(served) == found(kept) != []
    assert served.check() == kept.check() == ()
    kept.close()


@pytest.mark.parametrize("text", ["a\0b", "\ufdd0", "\ufdd0e\ufdd00", "\0\0", "\ufdd0\0e"])
def test_text_of_any_characters_comes_back_as_it_was(open_collection, text):
    """PostgreSQL refuses zero characters; escapes stand for them there, and for what looks like an escape."""
    catalog = open_collection().catalog
    catalog.set_meta("words", text)
    assert catalog.meta("words") == text
    with catalog.database.transaction():
        catalog.database.insert("exclusions", ("path", "source"), [(f"/{text}", text)])
    assert catalog.exclusions() == {f"/{text}": text}
    catalog.exclude(f"/{text}", text)
    assert catalog.restore(f"/{text}")
    assert catalog.exclusions() == {}


def test_paths_longer_than_an_index_entry_are_kept(open_collection):
    """An index in order holds 2,704 bytes; one by hash holds any."""
    catalog, paths = open_collection().catalog, [f"/{'ab' * 4_000}{number}" for number in range(2)]
    catalog.exclude(paths[0], "one")
    catalog.exclude(paths[0], "again")
    catalog.exclude(paths[1], "other")
    assert catalog.exclusions() == {paths[0]: "one", paths[1]: "other"}


def test_a_snapshot_sees_one_moment_while_another_process_commits(open_collection, folder):
    """Its version is that of its moment; the next one sees the commit, and has another version."""
    ours, theirs = open_collection(), open_collection()
    theirs.update([folder])
    database = ours.catalog.database
    with database.snapshot():
        before, version = ours.catalog.totals(), database.version
        theirs.library.remove(str(folder / "a.txt"))
        with database.snapshot():
            assert (ours.catalog.totals(), database.version) == (before, version)
    assert database.version is None
    with database.snapshot():
        assert ours.catalog.totals().documents == before.documents - 1
        assert database.version != version


def test_an_error_rolls_a_transaction_back(open_collection):
    """Nothing of it is there afterwards, and the next one works."""
    catalog = open_collection().catalog
    with pytest.raises(ZeroDivisionError), catalog.database.transaction():
        catalog.set_meta("a", "b")
        raise ZeroDivisionError
    assert catalog.meta("a") is None
    with pytest.raises(StorageError, match="violates not-null"), catalog.database.transaction():
        catalog.set_meta("a", "b")
        catalog.database.rows("INSERT INTO meta VALUES (?, ?)", ("c", None))
    catalog.set_meta("a", "c")
    assert catalog.meta("a") == "c"


def test_threads_raise_the_generation_one_after_the_other(open_collection):
    """Transactions of two processes take turns: no change is lost, and no generation comes twice."""
    catalogs = [open_collection().catalog for _ in range(2)]

    def change(catalog, number):
        for turn in range(20):
            catalog.set_setting(f"{number}", str(turn))

    threads = [threading.Thread(target=change, args=(catalogs[n % 2], n)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert catalogs[0].generation == catalogs[1].generation == 80
    assert [catalogs[0].setting(f"{n}") for n in range(4)] == ["19"] * 4


def test_one_updates_at_a_time_also_from_another_computer(open_collection, store, folder, tmp_path):
    """Another computer has another home; the lock is the server's."""
    ours = open_collection()
    ours.update([folder])
    elsewhere = PostgresStore(store.address, tmp_path / "other home")
    theirs, notices = open_collection(store=elsewhere), []
    assert theirs.folder != ours.folder
    with ours.catalog.database.writing(0, bool, lambda: None):
        assert theirs.is_updated_elsewhere
        with pytest.raises(LockedError, match="another computer is updating"):
            theirs.update([folder], wait=False)
        waiting = threading.Thread(target=theirs.update, args=([folder],), kwargs={"on_notice": notices.append})
        waiting.start()
        until(lambda: notices)
        assert "Another computer is updating" in notices[0]
    waiting.join()
    assert not theirs.is_updated_elsewhere
    assert found(theirs) == found(ours)
    with (
        pytest.raises(StorageError, match="another computer is updating"),
        theirs.catalog.database.writing(0, bool, print),
    ):
        store.delete("papers")
    assert store.list_keys() == ["papers"]


def test_broken_connections_are_made_anew_but_not_in_an_update(open_collection, address, folder):
    """The lock of an update is gone with its connection: what it would write is refused, and the next update goes on."""
    collection = open_collection()
    collection.update([folder])
    expected = found(collection)
    kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'qa-verbatim'"
    sql(address, kill)
    assert found(collection) == expected
    sql(address, kill)
    collection.catalog.set_meta("a", "b")
    (folder / "c.txt").write_text(ORCHARD, encoding="utf-8")

    def break_once(progress):
        if progress.name == "c.txt" and not broken:
            broken.append(True)
            sql(address, kill)

    broken = []
    with pytest.raises(StorageError, match=r"broke during the update|terminat|closed"):
        collection.update([folder], on_progress=break_once)
    assert found(collection)[0] == expected[0]
    assert collection.update([folder]).failures == ()
    assert collection.check() == ()


def test_a_server_that_ends_is_told_and_used_again_when_it_is_back(postgres_server, open_collection, folder, store):
    """The message has the address without its password, and says what to do; what was committed is there."""
    collection = open_collection()
    collection.update([folder])
    expected = found(collection)
    postgres_server.kill()
    try:
        with pytest.raises(
            StorageError, match=r"postgresql://127\.0\.0\.1:\d+/tried cannot be used: .*Start the server"
        ) as told:
            found(collection)
        assert "secret" not in str(told.value)
        with pytest.raises(StorageError, match="cannot be used"):
            store.list_keys()
        assert not collection.catalog.database.is_deleted
    finally:
        postgres_server.start()
    assert found(collection) == expected
    assert collection.check() == ()


def test_collections_are_listed_renamed_discarded_restored_and_deleted(open_collection, store, folder):
    """As those in folders are; a name that is free again goes to another collection."""
    first, second = open_collection("one"), open_collection("two")
    first.update([folder])
    second.update([folder / "a.txt"])
    assert store.list_keys() == ["one", "two"]
    assert (store.inspect("one").documents, store.inspect("two").documents) == (2, 1)
    assert store.inspect("one").size > 0
    assert store.inspect("none").format == 0
    assert [path for path, _ in store.stored_paths("two", "a.txt")] == [str(folder / "a.txt")]
    store.rename("one", "three")
    assert store.list_keys() == ["three", "two"]
    assert found(first)
    store.discard("three")
    assert store.list_keys() == ["two"]
    with pytest.raises(DeletedError):
        found(first)
    assert store.restore() == "three"
    assert found(first)
    store.discard("three")
    open_collection("three")
    with pytest.raises(SourceError, match="another collection 'three'"):
        store.restore()
    store.delete("three")
    assert store.restore() == "three"
    store.discard("three")
    store.discard("two")
    assert store.restore() == "two"
    with pytest.raises(SourceError, match="nothing that was deleted"):
        store.restore()
    store.discard("two")
    store.delete_discarded()
    with pytest.raises(SourceError, match="nothing that was deleted"):
        store.restore()
    assert sql(store.address, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'qa_%%'") == []


def test_one_that_cannot_be_read_does_not_hide_the_others(open_collection, store, folder):
    """A schema that was dropped by hand is listed as damaged; all are described over one connection."""
    open_collection("one").update([folder])
    open_collection("two").update([folder])
    sql(store.address, "DROP SCHEMA qa_1 CASCADE")
    assert [(info.name, info.documents, info.is_current) for info in store.inspect_all()] == [
        ("one", 0, False),
        ("two", 2, True),
    ]


def test_an_emptied_collection_keeps_what_it_is_made_of(open_collection, store, folder):
    """Who has it open is told to open it again; with another encoder it is made anew."""
    collection = open_collection()
    collection.update([folder])
    collection.library.remove(str(folder / "b.txt"))
    with pytest.raises(OutdatedError, match="made with the model toy/1, not other/1"):
        other = ToyEncoder()
        other.identity = "other/1"
        open_collection(encoder=other)
    store.reset("papers", model="multilingual")
    assert (store.model("papers"), store.selection("papers").paths) == ("multilingual", (str(folder),))
    with pytest.raises(DeletedError):
        found(collection)
    with pytest.raises(DeletedError):
        store.open(collection.folder)
    again = open_collection(encoder=other)
    assert again.update([folder]).added == 1
    assert list(again.catalog.exclusions()) == [str(folder / "b.txt")]


def test_a_store_goes_to_other_processes_and_shows_no_password(store):
    """Its text and its errors name the server alone."""
    assert pickle.loads(pickle.dumps(store)) == store
    assert "secret" not in repr(store)


def test_collections_share_nothing_derived(store):
    """One that is made again under the same key, even on a server that was set up anew, has another folder."""
    first, other = store.folder("a"), store.folder("b")
    assert first == store.folder("a") != other
    store.delete("a")
    assert store.folder("a") not in (first, other)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            "postgresql://tester@127.0.0.1:1/none",
            r"on postgresql://127\.0\.0\.1:1/none cannot be used: .*refused.*Start the server",
        ),
        ("{server}/missing", 'database "missing" does not exist'),
        ("postgresql://a:b@[", "the address in QA_STORE cannot be used"),
    ],
)
def test_a_wrong_address_is_one_clear_error(postgres_server, tmp_path, wrong, message):
    """It says what was tried and what to do."""
    address = wrong.replace("{server}", postgres_server.address.rpartition("/")[0])
    with pytest.raises(StorageError, match=message):
        PostgresStore(address, tmp_path).list_keys()


@pytest.mark.parametrize(
    ("address", "shown", "here"),
    [
        ("postgresql://u:p@[::1]:5/x", "postgresql://[::1]:5/x", True),
        ("postgresql://u:p@127.0.0.1/x?sslmode=require", "postgresql://127.0.0.1/x", True),
        ("postgresql:///x?host=/run/db", "postgresql:///run/db/x", True),
        ("postgres://u:p@localhost", "postgresql://localhost/u", True),
        ("postgresql://u:p@db.example.org:5433/x", "postgresql://db.example.org:5433/x", False),
        ("postgresql://a,localhost/x", "postgresql://a,localhost/x", False),
        ("postgresql://a:b@[", "the address in QA_STORE", False),
    ],
)
def test_addresses_are_shown_without_credentials(address, shown, here):
    """The page says that documents are kept on a server only where that is another computer."""
    assert (show_address(address), PostgresStore(address, Path()).is_here) == (shown, here)


def test_lacking_rights_are_named(address, tmp_path):
    """A user who may not make schemas is told so."""
    sql(address, "DROP ROLE IF EXISTS weak")
    sql(address, "CREATE ROLE weak LOGIN")
    with pytest.raises(StorageError, match="permission denied.*Grant this user the rights"):
        PostgresStore(address.replace("tester:secret", "weak"), tmp_path).folder("papers")


def test_a_missing_package_is_named_with_its_command(monkeypatch, tmp_path):
    """Nothing else of it is needed to say so."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StorageError, match=r"pip install 'qa-verbatim\[postgres\]'"):
        PostgresStore("postgresql://localhost/qa", tmp_path).list_keys()


def test_an_altered_text_is_not_quoted_and_is_found_by_a_check(open_collection, address, folder):
    """As in a file: a statement typed by hand changes a text, a passage, a vector and a total."""
    collection = open_collection()
    collection.update([folder])
    ((schema,),) = sql(address, "SELECT 'qa_' || id FROM qa.collections")
    sql(address, f"UPDATE {schema}.documents SET text = replace(text, 'ripe', 'rape') WHERE source = 'a.txt'")
    assert {source for source, _, _ in found(collection)} == {"b.txt"}
    assert any("the text of a.txt is damaged" in line for line in collection.check())
    collection.update([folder])
    assert "a.txt" in {source for source, _, _ in found(collection)}
    sql(address, f"UPDATE {schema}.embeddings SET vectors = vectors || '\\x00'")
    sql(address, f"UPDATE {schema}.counted SET passages = 99")
    findings = collection.check()
    assert sum("vectors of passage" in line for line in findings) == 3
    assert any("3 passages counted, 99 noted" in line for line in findings)
    assert not any("vectors" in line for line in collection.check())


def test_a_catalog_restored_to_an_earlier_state_is_followed_back(open_collection, folder, address):
    """The indexes on this computer are further than a backup: they are built again."""
    collection = open_collection()
    collection.update([folder])
    expected, generation = found(collection), collection.catalog.generation
    (folder / "c.txt").write_text("A ripe plum.", encoding="utf-8")
    collection.update([folder])
    ((schema,),) = sql(address, "SELECT 'qa_' || id FROM qa.collections")
    sql(address, f"DELETE FROM {schema}.documents WHERE source = 'c.txt'")
    sql(address, f"UPDATE {schema}.meta SET value = '{generation}' WHERE key = 'generation'")
    assert found(collection) == expected
    again = open_collection()
    again.follow()
    assert found(again) == expected
    assert collection.check() == ()


def test_damage_that_the_server_reports_is_damage(open_collection):
    """A page whose checksum is wrong, for one."""
    database = open_collection().catalog.database
    with pytest.raises(DamagedError, match="is damaged: broken page"), database.transaction():
        database.rows("DO $$ BEGIN RAISE EXCEPTION 'broken page' USING ERRCODE = 'XX001'; END $$")


def work(address, home, sources, begun):
    """Update the collection, in a process that is killed."""
    store = PostgresStore(address, Path(home))
    collection = Collection(store.folder("papers"), ToyEncoder(), key="papers", store=store)
    begun.send(True)
    collection.update([sources])
    collection.close()
    begun.send(False)


@pytest.mark.skipif(not forks(), reason="processes start too slowly")
def test_killed_updates_lose_nothing_and_leave_no_lock(address, tmp_path, open_collection):
    """After each kill -9 the documents are whole, each in an edition that was on the disk, and the next update goes on."""
    generator, killer, possible = random.Random(7), Killer(7), {}
    sources = tmp_path / "sources"
    sources.mkdir()
    for edition in killer.rounds(8):
        for number in range(12):
            if edition == 1 or generator.random() < 0.4:
                (sources / f"{number}.txt").write_text(
                    f"An apple of {number} in {edition}.\n\nA pear. A plum.", encoding="utf-8"
                )
                possible.setdefault(f"{number}.txt", set()).add(
                    text_hash((sources / f"{number}.txt").read_text("utf-8"))
                )
        killer.run(work, address, str(tmp_path / "home"), str(sources))
        survivor = open_collection()
        until(lambda: not survivor.is_updated_elsewhere)  # noqa: B023 - the server notices within a moment
        for info in survivor.catalog.documents():
            assert info.text_sha256 in possible[info.source]
        assert survivor.check() == ()
    survivor.update([sources])
    assert survivor.catalog.totals().documents == 12
    assert survivor.check() == ()


def test_a_server_killed_in_an_update_has_whole_documents_alone(postgres_server, open_collection, tmp_path):
    """The update ends with an error; after the server is back, the next goes on from what was committed."""
    names = {f"d{number}": f"An apple of {number}.\n\nA pear, and a plum." for number in range(40)}
    folder, collection = write_documents(tmp_path / "many", **names), open_collection()

    def kill_once(progress):
        if progress.documents == 20 and not killed:
            killed.append(True)
            postgres_server.kill()

    killed = []
    try:
        with pytest.raises(StorageError):
            collection.update([folder], on_progress=kill_once)
    finally:
        postgres_server.start()
    assert 19 <= collection.catalog.totals().documents <= 21
    assert collection.check() == ()
    assert collection.update([folder]).unchanged >= 19
    assert collection.catalog.totals().documents == 40
    assert collection.check() == ()
