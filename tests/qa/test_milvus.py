"""Test answers whose passages Milvus proposes: the option, the caveats, a server that is killed, and deleting."""

import os
from contextlib import closing

import pytest
from fruit import APPLES, FIGS, ORCHARD, write_documents
from patience import until
from toy_encoder import ToyEncoder

from index import Collection, Selection, SourceError, UnreachableError
from qa.assistant import Assistant
from qa.cli import main
from qa.collections import (
    change_model,
    changes_behind,
    chosen_engine,
    collection_store,
    delete_collection,
    describe_engine,
    open_collection,
    rebuild_collection,
    uses_other_computers,
)

pytest_plugins = ["milvus_server"]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder, and a folder of documents in it."""
    monkeypatch.setenv("QA_HOME", str(tmp_path / "home"))
    write_documents(tmp_path / "fruit", a=APPLES, b=FIGS, c=ORCHARD)
    return tmp_path


@pytest.fixture(params=["", "?words=yes"])
def engine(home, milvus, monkeypatch, request):
    """A running server that is to propose passages: by their vectors alone, and by their words too."""
    monkeypatch.setenv("QA_CANDIDATES", milvus.address + request.param)
    return milvus


def open_fruit(home):
    return Assistant.open(home / "fruit", encoder=ToyEncoder(), reader=None, home=home / "home")


QUESTIONS = ("Where is the fig?", "Is the plum ripe? What fell?", "source:b.txt plum", "tree", "rain")


@pytest.mark.slow
def test_answers_have_the_hashes_that_they_have_with_faiss(home, engine, monkeypatch):
    """Exact vectors in Milvus change no answer, nor its record."""
    with open_fruit(home) as assistant:
        answers = [assistant.ask(question) for question in QUESTIONS]
        assert [each.hash for each in assistant.ask_many(QUESTIONS[:2])] == [each.hash for each in answers[:2]]
    monkeypatch.delenv("QA_CANDIDATES")
    with open_fruit(home) as assistant:
        assert [assistant.ask(question).hash for question in QUESTIONS] == [answer.hash for answer in answers]


@pytest.mark.slow
def test_a_killed_server_is_named_and_nothing_is_lost(home, engine):
    """While it is gone, what words find is quoted, and files are read; then updating brings it in step with the catalog.

    Where it has the words too, nothing can be asked meanwhile.
    """
    with open_fruit(home) as assistant:
        engine.kill()
        if os.environ["QA_CANDIDATES"].endswith("words=yes"):
            with pytest.raises(UnreachableError, match="nothing can be searched"):
                assistant.ask("Where is the fig?")
        else:
            answer = assistant.ask("Where is the fig?")
            assert answer.closest or answer.citations
            assert answer.scope.caveats[0].startswith(f"The nearest vectors in {engine.address} cannot be reached")
        (home / "fruit" / "d.txt").write_text("A cherry is sweet.")
        with pytest.raises(UnreachableError, match="cannot be used"):
            assistant.refresh()
        assert assistant.scope.documents == 4
    lines = []
    with Assistant.open(
        home / "fruit", encoder=ToyEncoder(), reader=None, home=home / "home", on_notice=lines.append
    ) as assistant:
        assert assistant.scope.documents == 4 and lines[0].startswith(f"Milvus at {engine.address}")
    engine.start()
    with open_fruit(home) as assistant:
        assert assistant.ask("Where is the cherry?").scope.caveats == ()
    collection, _ = open_collection(Selection((home / "fruit",)), ToyEncoder(), home / "home")
    assert collection.check() == ()
    collection.close()


@pytest.mark.slow
def test_a_chat_that_watches_brings_a_lost_server_up(home, engine, monkeypatch):
    """What was read while it was gone is in it soon after it is back, and nobody has to do anything."""
    monkeypatch.setattr("qa.assistant.RETRY_SECONDS", 0.1)
    with open_fruit(home) as assistant:
        refreshed = []
        assistant.watch(lambda: refreshed.append(None), delay=0.05)
        engine.kill()
        (home / "fruit" / "d.txt").write_text("A cherry is sweet.")
        until(lambda: assistant.scope.documents == 4 and not assistant.indexing)
        with pytest.raises(UnreachableError):
            assistant.finish_indexing()
        count = len(refreshed)
        engine.start()
        until(lambda: len(refreshed) > count and not assistant.indexing)
        assert assistant.finish_indexing().unchanged == 4
        until(lambda: assistant.ask("Where is the cherry?").scope.caveats == ())


@pytest.mark.slow
def test_what_is_deleted_or_made_again_leaves_no_vectors(home, engine):
    """Deleting, rebuilding and another model delete what is in the server; without it the collection stays."""
    from pymilvus import MilvusClient

    client = MilvusClient(engine.address, dedicated=True)
    selection = Selection((home / "fruit",), name="orchard")

    def held():
        return {name for name in client.list_collections() if name.startswith("qa_orchard_")}

    def open_named():
        Assistant.open(selection, encoder=ToyEncoder(), reader=None, home=home / "home").close()

    open_named()
    first, count = held(), 2 if os.environ["QA_CANDIDATES"].endswith("words=yes") else 1
    assert len(first) == count
    rebuild_collection(selection, ToyEncoder(), home / "home")
    open_named()
    assert len(held()) == count and not held() & first
    change_model("orchard", ToyEncoder(), home / "home")
    assert not held()
    open_named()
    client.close()
    engine.kill()
    with pytest.raises(UnreachableError):
        delete_collection("orchard", home / "home")
    engine.start()
    delete_collection("orchard", home / "home")
    client = MilvusClient(engine.address, dedicated=True)
    assert not held()
    client.close()


def test_the_option_sets_the_address_for_this_process(home, monkeypatch, capsys):
    """And for the processes that it starts; without the option the environment variable counts."""
    monkeypatch.setenv("QA_CANDIDATES", "http://localhost:1")
    asked = ["ask", "Where?", "--sources", str(home / "missing")]
    assert main(asked) == 1 and os.environ["QA_CANDIDATES"] == "http://localhost:1"
    assert main([*asked, "--candidates", "http://localhost:2"]) == 1
    assert os.environ["QA_CANDIDATES"] == "http://localhost:2"


def test_an_address_that_cannot_be_used_is_refused(home, monkeypatch):
    """Before anything is read; without an address, vectors are in the folder of the collection."""
    monkeypatch.setattr("index.store.milvus.client.find_spec", lambda name: True)
    monkeypatch.setenv("QA_CANDIDATES", "localhost:19530")
    with pytest.raises(SourceError, match="Write it as http://host:19530"):
        open_fruit(home)
    monkeypatch.delenv("QA_CANDIDATES")
    assert chosen_engine("fruit") is None
    assert Collection(home / "collection", ToyEncoder())._vectors().__class__.__name__ == "FaissIndex"


def test_an_engine_elsewhere_is_no_secret(home, monkeypatch):
    """The page then does not say that nothing leaves the computer."""
    monkeypatch.setattr("index.store.milvus.client.find_spec", lambda name: True)
    assert not uses_other_computers()
    for address, elsewhere in (
        *(("http://localhost:1", False), ("http://127.0.0.2:1", False), ("http://u:p@[::1]:1?words=yes", False)),
        *(("http://milvus.example.org", True), ("https://u:p@10.0.0.1:1/base", True)),
    ):
        monkeypatch.setenv("QA_CANDIDATES", address)
        assert uses_other_computers() == elsewhere


@pytest.mark.slow
def test_doctor_shows_the_engine_and_what_it_has_not_followed(home, engine, monkeypatch):
    """One that is down is broken; its changes are counted once it is back."""
    with open_fruit(home):
        pass
    store = collection_store(home / "home")
    (key,) = store.list_keys()
    assert changes_behind(store, key) == 0
    assert describe_engine().endswith(f" at {engine.address}")
    with closing(store.open(store.folder(key))) as catalog:
        catalog.set_setting("calibration", "{}")
    assert changes_behind(store, key) == 1
    engine.kill()
    with pytest.raises(UnreachableError, match="cannot be used"):
        describe_engine()
    monkeypatch.delenv("QA_CANDIDATES")
    assert describe_engine() == ""
