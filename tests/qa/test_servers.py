"""Collections on a server: the same answers as from files, for those who index them and those who only read."""

import os
import sys
import threading
from contextlib import closing

import psycopg
import pytest
from fruit import APPLES, FIGS, ORCHARD, write_documents
from patience import until
from toy_encoder import ToyEncoder

from index import Selection, SourceError, StorageError
from qa import Assistant, delete_collection, list_collections
from qa.cli import main
from qa.collections import (
    change_model,
    create_collection,
    discard_collection,
    rebuild_collection,
    rename_collection,
    restore_discarded,
)
from qa.web.host import AssistantHost

QUESTIONS = [f"Which {'plum ' * (n % 3)}or {'fig' if n % 2 else 'pear'} of tree {n}?" for n in range(50)]


@pytest.fixture
def server(postgres_server, monkeypatch):
    """The environment names an empty database of the server."""
    with closing(psycopg.connect(postgres_server.address, autocommit=True)) as connection:
        connection.execute("DROP DATABASE IF EXISTS asked WITH (FORCE)")
        connection.execute("CREATE DATABASE asked")
    monkeypatch.setenv("QA_STORE", postgres_server.address.replace("/postgres", "/asked"))
    return postgres_server


@pytest.fixture
def folder(tmp_path):
    return write_documents(tmp_path / "papers", a=APPLES, b=FIGS, c=ORCHARD)


def opened(folder, home, **options):
    return Assistant.open(folder, home=home, **{"encoder": ToyEncoder(), "reader": None, "name": "papers", **options})


def test_answers_are_the_same_bit_for_bit(server, folder, tmp_path, monkeypatch):
    """Alone, in processes, and from another computer, which has another home."""
    with opened(folder, tmp_path / "home") as assistant:
        served = [assistant.ask(question).hash for question in QUESTIONS]
        assert [answer.hash for answer in assistant.ask_many(QUESTIONS[:10], workers=2)] == served[:10]
    with Assistant.open_collection(
        "papers", home=tmp_path / "elsewhere", encoder=ToyEncoder(), reader=None, read_only=True
    ) as reader:
        assert [reader.ask(question).hash for question in QUESTIONS] == served
    monkeypatch.delenv("QA_STORE")
    with opened(folder, tmp_path / "home") as assistant:
        assert [assistant.ask(question).hash for question in QUESTIONS] == served
    assert len(set(served)) > 40


def test_readers_follow_what_another_process_commits(server, folder, tmp_path):
    """Every answer is of one generation, and the next one after a commit is of the new one; no file is read for it."""
    with opened(folder, tmp_path / "home") as writer:
        aside = folder.rename(tmp_path / "moved")  # as on a computer that does not have the files
        readers = [
            Assistant.open_collection(
                "papers", home=tmp_path / f"home{n}", encoder=ToyEncoder(), reader=None, read_only=True
            )
            for n in range(2)
        ]
        aside.rename(folder)
        before = writer.ask("Which plum is ripe?")
        assert [reader.ask("Which plum is ripe?").hash for reader in readers] == [before.hash] * 2
        (folder / "a.txt").write_text("The plum is unripe.", encoding="utf-8")
        writer.refresh()
        after = writer.ask("Which plum is ripe?")
        assert after.citations[0].quote == "The plum is unripe."
        assert [reader.ask("Which plum is ripe?").hash for reader in readers] == [after.hash] * 2
        for reader in readers:
            reader.close()


def test_readers_see_committed_states_alone_while_another_updates(server, folder, tmp_path):
    """While documents change at once, an answer never mixes two of their states."""
    editions = ["The plum is ripe, says edition {}.", "The fig is ripe, says edition {}."]
    with opened(folder, tmp_path / "home") as writer:
        states, seen, errors, stop = {writer.ask("Who is ripe?").hash}, [], [], threading.Event()

        def read(number):
            try:
                with Assistant.open_collection(
                    "papers", home=tmp_path / f"home{number}", encoder=ToyEncoder(), reader=None, read_only=True
                ) as reader:
                    while not stop.is_set():
                        answer = reader.ask("Who is ripe?")
                        seen.append({each.quote.split()[-1] for each in answer.citations if "edition" in each.quote})
            except Exception as error:
                errors.append(error)

        threads = [threading.Thread(target=read, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for edition in range(8):
            text = "\n\n".join(line.format(edition) for line in editions)
            (folder / "a.txt").write_text(text, encoding="utf-8")
            writer.refresh()
            states.add(writer.ask("Who is ripe?").hash)
        until(lambda: errors or {"7."} in seen[-20:])
        stop.set()
        for thread in threads:
            thread.join()
    assert errors == []
    assert all(len(some) <= 1 for some in seen)
    assert len(seen) > 16


def test_who_only_reads_changes_nothing(server, folder, tmp_path):
    """Each way to change something is refused in one line; nothing is indexed, watched or written on the server."""
    with pytest.raises(SourceError, match="no collection 'papers'"):
        Assistant.open_collection("papers", home=tmp_path / "home", encoder=ToyEncoder(), reader=None, read_only=True)
    opened(folder, tmp_path / "home").close()
    (folder / "d.txt").write_text("A new plum.", encoding="utf-8")
    with Assistant.open_collection(
        "papers", home=tmp_path / "other", encoder=ToyEncoder(), reader=None, read_only=True
    ) as reader:
        generation = reader.generation
        path = str(folder / "a.txt")
        changes = (
            reader.refresh,
            lambda: reader.add_files([path]),
            lambda: reader.remove(path),
            lambda: reader.restore(path),
            lambda: reader.set_calibration(reader.calibration),
        )
        for change in changes:
            with pytest.raises(StorageError, match="papers is open to be read only"):
                change()
        reader.watch()
        assert reader.report.unchanged == reader.scope.documents == 3
        assert (reader.generation, reader.indexing) == (generation, False)


def test_a_page_that_only_reads_shows_what_was_rebuilt(server, folder, tmp_path, monkeypatch):
    """By itself, without being started anew; another home has its own copy of the indexes."""
    monkeypatch.setattr("qa.web.host._REOPEN_SECONDS", 0.05)
    opened(folder, tmp_path / "home").close()
    selection = Selection((folder,), name="papers")

    def open_reader(on_progress):
        return Assistant.open_collection(
            "papers", home=tmp_path / "other", encoder=ToyEncoder(), reader=None, read_only=True
        )

    host = AssistantHost(open_reader, follow=True, reopen=True)
    host.start()
    until(lambda: host.state.stage == "ready")
    assert host.call(lambda reader: reader.ask("Who is ripe?")).scope.documents == 3
    rebuild_collection(selection, ToyEncoder(), tmp_path / "home")
    until(lambda: host.state.stage == "failed")
    (folder / "c.txt").unlink()
    opened(folder, tmp_path / "home").close()
    until(lambda: host.state.stage == "ready")
    until(lambda: host.call(lambda reader: reader.ask("Who is ripe?")).scope.documents == 2)
    host.close()


def test_nothing_to_read_is_one_clear_error(server, tmp_path):
    """An empty collection cannot be asked by those who do not index."""
    create_collection("new", ToyEncoder(), tmp_path / "home")
    with pytest.raises(SourceError, match="nothing is indexed in 'new' yet"):
        Assistant.open_collection("new", home=tmp_path / "home", encoder=ToyEncoder(), reader=None, read_only=True)
    with pytest.raises(SourceError, match="nothing is indexed in 'papers' yet"):
        Assistant.open(tmp_path / "papers", home=tmp_path / "home", encoder=ToyEncoder(), reader=None, read_only=True)
    assert [info.name for info in list_collections(tmp_path / "home")] == ["new"]  # none was made by that


def test_collections_are_managed_by_name_as_those_in_folders_are(server, folder, tmp_path):
    """List, rename, discard, restore, give another model, delete."""
    home = tmp_path / "home"
    opened(folder, home).close()
    assert [(each.name, each.documents) for each in list_collections(home)] == [("papers", 3)]
    with pytest.raises(SourceError, match="there is a collection 'Papers' already"):
        create_collection("Papers", ToyEncoder(), home)
    rename_collection("papers", "essays", home)
    discard_collection("essays", home)
    assert list_collections(home) == ()
    assert restore_discarded(home) == "essays"
    change_model("essays", ToyEncoder(), home)
    assert [(each.name, each.documents) for each in list_collections(home)] == [("essays", 0)]
    delete_collection("essays", home)
    with pytest.raises(SourceError, match="no collection 'essays'"):
        delete_collection("essays", home)


def test_the_command_line_takes_the_server_as_an_option(server, capsys, monkeypatch, tmp_path):
    """It counts for that command, and for the processes that it starts."""
    address = os.environ["QA_STORE"]
    monkeypatch.setenv("QA_STORE", "")
    monkeypatch.setenv("QA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(sys, "argv", ["qa"])
    create_collection("local", ToyEncoder())
    assert main(["collections", "--store", address]) == 0
    assert "no collections yet" in capsys.readouterr().out
    assert os.environ["QA_STORE"] == address
    create_collection("served", ToyEncoder())
    assert main(["collections", "--json", "--store", address]) == 0
    assert '"name": "served"' in capsys.readouterr().out
    monkeypatch.setenv("QA_STORE", "")
    assert main(["collections"]) == 0
    assert "local" in capsys.readouterr().out
    assert main(["collections", "--store", "mysql://here"]) == 1
    assert "QA_STORE is no address of a PostgreSQL server. Write postgresql://" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["ask", "--read-only", "Who?"])
    assert "--read-only needs --collection" in capsys.readouterr().err


def test_doctor_shows_the_server_and_what_is_not_followed_yet(server, folder, tmp_path):
    """A server that is down is broken; an index of this computer that is behind is counted."""
    from qa.cli.doctor import _check_collection
    from qa.collections import collection_store

    home, store = tmp_path / "home", collection_store(tmp_path / "home")
    opened(folder, home).close()
    assert store.describe().startswith("PostgreSQL 18.")
    assert "secret" not in store.describe()
    assert store.behind("papers") == 0
    elsewhere = collection_store(tmp_path / "other")
    assert elsewhere.behind("papers") > 0
    (info,) = list_collections(home)
    assert "not in the indexes saved here yet" in _check_collection(info, elsewhere.behind("papers")).value
    server.kill()
    try:
        assert store.behind("papers") == 0
        with pytest.raises(StorageError, match="Start the server"):
            store.describe()
    finally:
        server.start()


def test_a_user_who_may_only_read_can_answer(server, folder, tmp_path, monkeypatch):
    """Also from a server that takes no writes, such as a standby; what that user may not do is said."""
    address = os.environ["QA_STORE"]
    with opened(folder, tmp_path / "home") as assistant:
        expected = assistant.ask("Which plum is ripe?").hash
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute("CREATE ROLE reader LOGIN")
        connection.execute("ALTER ROLE reader SET default_transaction_read_only = on")
        for schema in ("qa", "qa_1"):
            connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO reader")
            connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader")
    monkeypatch.setenv("QA_STORE", address.replace("tester:secret", "reader"))
    home = tmp_path / "other"
    with Assistant.open_collection("papers", home=home, encoder=ToyEncoder(), reader=None, read_only=True) as reader:
        assert reader.ask("Which plum is ripe?").hash == expected
    assert [info.documents for info in list_collections(home)] == [3]
    with pytest.raises(StorageError, match=r"read-only transaction\. The server can only be read"):
        create_collection("new", ToyEncoder(), home)
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        connection.execute("DROP OWNED BY reader")
        connection.execute("DROP ROLE reader")
