"""Several collections, by name: made, opened, listed, rebuilt and deleted; never mixed."""

import json
import os
import shlex
import sqlite3

import pytest
from fruit import write_documents
from toy_encoder import ToyEncoder

from index import Collection, LockedError, OutdatedError, Selection, SourceError, SourceRules, StorageError, hold_lock
from qa import Assistant, delete_collection, list_collections
from qa.cli import main
from qa.collections import (
    change_model,
    create_collection,
    delete_discarded,
    discard_collection,
    encoder_folder,
    find_collection,
    rebuild_command,
    rename_collection,
    restore_discarded,
)


class OtherEncoder(ToyEncoder):
    """Counts like the toy encoder, under another name."""

    identity, name = "toy/2", "other"


@pytest.fixture
def folder(tmp_path):
    """A folder of a document and a draft."""
    return write_documents(tmp_path / "papers", a="An apple fell. A pear stayed.", draft="A plum.")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home for collections, where the command line finds them too; the toy encoder encodes, and no reader reads."""
    monkeypatch.setenv("QA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("qa.collections.load_encoder", lambda *named, **more: ToyEncoder())
    monkeypatch.setattr("qa.assistant.shared_reader", lambda *given, **named: None)
    monkeypatch.setattr("qa.cli.options.load_encoder", lambda *named, **more: ToyEncoder())
    return tmp_path / "home"


def make(folder, home, *, name="papers", rules=SourceRules(exclude=("draft*",)), encoder=None):  # noqa: B008
    selection = Selection((folder,), rules, name)
    with Assistant.open(selection, home=home, encoder=encoder or ToyEncoder(), reader=None) as assistant:
        return [document.source for document in assistant.documents()]


def age(home, name="papers"):
    """Make a collection one of an older version."""
    with sqlite3.connect(home / "collections" / name / "catalog.sqlite") as connection:
        connection.execute("UPDATE meta SET value = '2' WHERE key = 'format'")
    connection.close()


def test_named_collection_is_opened_by_its_name(folder, home):
    """Its sources and rules are kept with it; opening follows the files."""
    assert make(folder, home) == ["a.txt"]
    (folder / "b.txt").write_text("A fig.", encoding="utf-8")
    with Assistant.open_collection("papers", home=home, encoder=ToyEncoder(), reader=None) as assistant:
        assert [document.source for document in assistant.documents()] == ["a.txt", "b.txt"]
        assert assistant.report.added == 1


def test_sources_and_rules_given_anew_replace_those_kept(folder, home):
    """Indexing under a name that exists makes that collection hold what is named now."""
    make(folder, home)
    assert make(folder, home, rules=SourceRules()) == ["a.txt", "draft.txt"]
    (info,) = list_collections(home)
    assert (info.name, info.documents) == ("papers", 2)


def test_other_rules_are_another_collection_where_nothing_is_named(folder, home):
    """The same command always opens the same documents."""
    assert make(folder, home, name="", rules=SourceRules()) == ["a.txt", "draft.txt"]
    assert make(folder, home, name="") == ["a.txt"]
    assert make(folder, home, name="", rules=SourceRules()) == ["a.txt", "draft.txt"]
    assert [info.documents for info in list_collections(home)] in ([1, 2], [2, 1])


def test_collections_are_listed_with_what_they_hold(folder, home):
    """Name, sources, counts, size, model, format and the time of the last update; one that is damaged is listed too."""
    make(folder, home)
    (home / "collections" / "broken").mkdir()
    (home / "collections" / "broken" / "catalog.sqlite").write_bytes(b"not a database, " * 100)
    broken, papers = list_collections(home)
    assert (broken.name, broken.format, broken.documents, broken.is_current) == ("broken", 0, 0, False)
    assert (papers.name, papers.sources, papers.folder) == (
        "papers",
        (str(folder),),
        str(home / "collections" / "papers"),
    )
    assert (papers.documents, papers.passages, papers.pending) == (1, 1, 0)
    assert (papers.model, papers.format, papers.is_current) == ("toy/1", 3, True)
    assert papers.size > 10_000 and papers.updated.endswith("+00:00")
    assert list_collections(home / "nowhere") == ()


@pytest.mark.parametrize("spoil", ["format", "model"])
def test_collection_of_another_version_or_model_is_refused_with_the_command_that_rebuilds_it(
    folder, home, spoil, capsys
):
    """The command that the error names, run as it stands, makes the collection anew, with its sources, rules and name."""
    make(folder, home, encoder=OtherEncoder() if spoil == "model" else None)
    if spoil == "format":
        age(home)
    with pytest.raises(OutdatedError) as caught:
        Assistant.open_collection("papers", home=home, encoder=ToyEncoder(), reader=None)
    command = f"qa index --rebuild --exclude 'draft*' --name papers -- {folder}"
    assert str(caught.value).endswith(f" Rebuild it: {command}")
    fact = "is of format 2; this version reads format 3." if spoil == "format" else "with the model toy/2, not toy/1."
    assert fact in str(caught.value)
    assert main(["ask", "apple?", "--collection", "papers"]) == 1
    assert capsys.readouterr().err == f"qa: {caught.value}\n"
    assert main(shlex.split(command)[1:]) == 0
    assert capsys.readouterr().out.startswith("1 document, 1 passage\n1 new, ")
    with Assistant.open_collection("papers", home=home, encoder=ToyEncoder(), reader=None) as assistant:
        assert assistant.ask("apple fell").citations[0].quote == "An apple fell."
    assert main(["index", "--check", "--name", "papers"]) == 0
    assert capsys.readouterr().out == "in step\n"


def test_rebuilding_keeps_what_was_added_and_what_was_excluded(folder, home, tmp_path):
    """Only what is derived from the files is made anew."""
    make(folder, home, rules=SourceRules())
    (tmp_path / "fig.txt").write_text("A fig.", encoding="utf-8")
    with Assistant.open_collection("papers", home=home, encoder=ToyEncoder(), reader=None) as assistant:
        assistant.add_files([tmp_path / "fig.txt"])
        assistant.remove(str(folder / "draft.txt"))
    assert main(["index", "--rebuild", "--name", "papers"]) == 0
    with Assistant.open_collection("papers", home=home, encoder=ToyEncoder(), reader=None) as assistant:
        states = [(status.source, status.state) for status in assistant.statuses()]
    assert states == [("a.txt", "indexed"), ("draft.txt", "excluded"), ("fig.txt", "indexed")]


def test_damaged_collection_is_rebuilt_from_the_sources_named(folder, home, capsys):
    """Where a catalog tells nothing any more, the error says what to do, and doing it works."""
    make(folder, home)
    for file in (home / "collections" / "papers").glob("catalog.sqlite*"):
        file.write_bytes(b"not a database, " * 100)
    assert main(["index", "--name", "papers"]) == 1
    assert (
        "Rebuild it, naming its files and folders: qa index --rebuild --name papers SOURCES" in capsys.readouterr().err
    )
    assert main(["index", "--rebuild", "--name", "papers", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("2 documents, 2 passages\n")
    assert main(["index", "--check", "--name", "papers"]) == 0


def test_open_collection_notices_that_it_was_rebuilt_or_deleted(folder, home):
    """Whoever has the old one open never writes into the new one."""
    make(folder, home)
    with Assistant.open_collection("papers", home=home, encoder=ToyEncoder(), reader=None) as assistant:
        assert main(["index", "--rebuild", "--name", "papers"]) == 0
        with pytest.raises(StorageError, match=r"was deleted or rebuilt by another process\. Open it again\."):
            assistant.refresh()
        assert assistant.ask("apple fell").citations[0].quote == "An apple fell."


def test_rebuild_command_names_every_rule():
    """Every option that makes the collection what it is stands in the command, quoted for a shell."""
    rules = SourceRules(("*.md",), ("a b/", "c"), hidden=True, links=True, ignore_files=False)
    encoder = ToyEncoder()
    encoder.name = "owner/model"
    assert rebuild_command(Selection(("/x y",), rules, encoding="cp1251"), encoder) == (
        "qa index --rebuild --include '*.md' --exclude 'a b/' --exclude c --hidden --follow-links --no-gitignore "
        "--encoding cp1251 --model owner/model -- '/x y'"
    )


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
def test_what_is_made_in_a_home_is_for_its_owner_alone(folder, tmp_path):
    """Folders and files, whatever the user's other files are made like."""
    before = os.umask(0o022)
    try:
        home = tmp_path / "above" / "home"
        (tmp_path / "fig.txt").write_text("A fig.", encoding="utf-8")
        with Assistant.open(folder, home=home, encoder=ToyEncoder(), reader=None) as assistant:
            assistant.add_files([tmp_path / "fig.txt"])
            assistant.refresh()
            assistant.ask("fig")
            modes = {path: path.stat().st_mode & 0o777 for path in (home.parent, home, *home.rglob("*"))}
            folders = {path for path in modes if path.is_dir()}
            assert {modes[path] for path in folders} == {0o700}
            assert {modes[path] for path in modes.keys() - folders} == {0o600}
    finally:
        os.umask(before)


def test_indexing_waits_for_another_process_and_fails_where_nothing_can_be_written(folder, home, monkeypatch, capsys):
    """Only asking is content with what is committed."""
    make(folder, home)
    (folder / "b.txt").write_text("A fig.", encoding="utf-8")
    whole = Collection.update

    def update(self, *arguments, wait=True, **named):
        if not wait:
            raise LockedError("another process is updating it.")
        return whole(self, *arguments, **named)

    monkeypatch.setattr(Collection, "update", update)
    assert main(["ask", "fig", "--collection", "papers"]) == 0
    assert "another process is updating it." in capsys.readouterr().err
    assert main(["index", "--name", "papers"]) == 0
    assert "1 new" in capsys.readouterr().out

    def fail(self, *arguments, **named):
        raise StorageError("the disk is full.")

    monkeypatch.setattr(Collection, "update", fail)
    assert main(["index", "--name", "papers"]) == 1
    assert capsys.readouterr().err.endswith("qa: the disk is full.\n")


def test_deleting_a_collection_leaves_nothing_of_it(folder, home):
    """Its folder is gone, its sources are not."""
    make(folder, home)
    delete_collection("papers", home)
    assert list((home / "collections").iterdir()) == []
    assert (folder / "a.txt").exists()


def test_collection_that_is_being_updated_is_not_deleted(folder, home):
    """While another process holds its lock, nothing of it is touched."""
    make(folder, home)
    with (
        hold_lock(home / "collections" / "papers"),
        pytest.raises(StorageError, match=r"^another process is updating .*papers\. Try again later\.$"),
    ):
        delete_collection("papers", home)
    assert list_collections(home)[0].documents == 1


def test_discarded_collection_can_be_brought_back(folder, home):
    """The last one, unless another has its name by then; then it answers as before."""
    for name in ("papers", "letters"):
        make(folder, home, name=name)
        discard_collection(name, home)
    assert list_collections(home) == ()
    make(folder, home, name="letters")
    with pytest.raises(SourceError, match=r"^there is another collection 'letters' now\. Rename it, then try again\.$"):
        restore_discarded(home)
    delete_collection("letters", home)
    assert restore_discarded(home) == "letters"
    assert [(known.name, known.documents) for known in list_collections(home)] == [("letters", 1)]
    with pytest.raises(SourceError, match=r"^nothing that was deleted can be brought back any more\.$"):
        restore_discarded(home)
    discard_collection("letters", home)
    delete_discarded(home)
    assert sorted(path.name for path in home.iterdir()) == ["asking", "collections"]


def test_collection_that_is_being_updated_is_not_discarded(folder, home):
    """While another process holds its lock, it stays."""
    make(folder, home)
    with hold_lock(home / "collections" / "papers"), pytest.raises(StorageError, match="another process is updating"):
        discard_collection("papers", home)
    assert list_collections(home)[0].documents == 1


@pytest.mark.parametrize("name", ["nope", "", "..", "../papers", "papers/../papers"])
def test_unknown_collections_are_one_clear_error(folder, home, name):
    """No name leads out of the folder of collections; the error names those there are."""
    make(folder, home)
    with pytest.raises(SourceError) as caught:
        delete_collection(name, home)
    assert str(caught.value) == f"there is no collection {name!r}. Those there are: papers."
    with pytest.raises(SourceError):
        Assistant.open_collection(name, home=home, encoder=ToyEncoder(), reader=None)


@pytest.mark.parametrize("name", ["..", "a/b", ".hidden", "a.", "con", "x" * 65, "a\nb", " a", "-a"])
def test_names_that_no_folder_should_have_are_refused(folder, home, name):
    """A name is one that every system takes for a folder."""
    with pytest.raises(SourceError, match="^a collection cannot be called "):
        make(folder, home, name=name)


def test_collections_are_printed_as_a_table_or_as_json(folder, home, capsys):
    """`qa collections` lists, `--json` prints all there is to know, `--delete` deletes; an old one is marked."""
    assert main(["collections"]) == 0
    assert capsys.readouterr().out == "There are no collections yet. Make one: qa index SOURCES --name NAME\n"
    make(folder, home)
    age(home)
    assert main(["collections"]) == 0
    head, line, sources = capsys.readouterr().out.splitlines()
    assert head.split() == ["NAME", "DOCUMENTS", "PASSAGES", "PENDING", "SIZE", "UPDATED", "MODEL"]
    assert line.split()[:4] == ["papers", "1", "1", "0"]
    assert line.endswith("toy/1  (format 2 can no longer be read: qa index --rebuild)")
    assert sources.strip() == str(folder)
    assert main(["collections", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sources"] == [str(folder)]
    assert main(["collections", "--delete", "papers"]) == 0
    assert capsys.readouterr().out == "deleted papers\n"
    assert main(["collections", "--delete", "papers"]) == 1
    assert capsys.readouterr().err == (
        "qa: there is no collection 'papers'. There is none yet: make one with qa index.\n"
    )


WRONG = {
    "sources and collection": ["ask", "Why?", "--sources", "x", "--collection", "papers"],
    "rules without sources": ["ask", "Why?", "--exclude", "*.log"],
    "rules with a collection": ["chat", "--collection", "papers", "--hidden"],
    "nothing to calibrate": ["calibrate"],
    "check and rebuild": ["index", "x", "--check", "--rebuild"],
}


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG)
def test_contradictions_are_wrong_usage(arguments, home, capsys):
    """What cannot be meant together exits with 2 and one line that says so."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith(f"qa {arguments[0]}: error: ")
    assert error.count("\n") == 1


def test_rules_stand_on_the_command_line(folder, home, capsys):
    """`qa index` and `qa ask` with the same patterns open the same collection."""
    (folder / ".old.txt").write_text("An old fig.", encoding="utf-8")
    rules = ["--exclude", "draft*", "--hidden", "--include", "*.txt"]
    assert main(["index", str(folder), *rules]) == 0
    assert capsys.readouterr().out.startswith("2 documents, 2 passages\n2 new")
    assert main(["ask", "old fig", "--sources", str(folder), *rules]) == 0
    assert "-- .old.txt, paragraph 1" in capsys.readouterr().out


def test_an_encoding_stands_on_the_command_line(tmp_path, home, capsys):
    """It is kept with the collection, can be given for a stored one, and must be named to verify its answers."""
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "plum.txt").write_bytes("Die Pflaume heisst \u0441\u043b\u0438\u0432\u0430.".encode("cp1251"))
    assert main(["index", str(folder), "--name", "fruit", "--encoding", "cp1251"]) == 0
    for stored in (["--sources", str(folder)], ["--collection", "fruit"]):
        sources = [*stored, "--encoding", "cp1251"] if "--sources" in stored else stored
        capsys.readouterr()
        assert main(["ask", "Pflaume", *sources, "--json"]) == 0
        (tmp_path / "a.jsonl").write_text(capsys.readouterr().out, encoding="utf-8")
        assert main(["verify", str(tmp_path / "a.jsonl")]) == 1
        assert main(["verify", str(tmp_path / "a.jsonl"), "--encoding", "cp1251"]) == 0
    capsys.readouterr()
    assert main(["index", "--name", "fruit", "--encoding", "auto"]) == 0
    assert "0 new, 1 changed" in capsys.readouterr().out
    assert main(["index", "--name", "fruit", "--encoding", "klingon"]) == 1
    assert "there is no encoding 'klingon'." in capsys.readouterr().err


def test_check_prints_what_it_finds(folder, home, capsys):
    """`qa index --check` does not look at the files; a finding is a line, and the exit code 1."""
    make(folder, home)
    (folder / "a.txt").unlink()
    assert main(["index", "--check", "--name", "papers"]) == 0
    assert capsys.readouterr().out == "in step\n"
    with sqlite3.connect(home / "collections" / "papers" / "catalog.sqlite") as connection:
        connection.execute("UPDATE totals SET documents = 5")
    connection.close()
    assert main(["index", "--check", "--name", "papers"]) == 1
    assert capsys.readouterr().out == "catalog: 1 documents counted, 5 noted\n"


def test_collection_is_made_empty_and_filled(folder, home):
    """It needs no folder of its own; what is added to it is found again by its name."""
    assert create_collection(" Recipes ", ToyEncoder(), home) == "Recipes"
    with pytest.raises(SourceError, match="already"):
        create_collection("recipes", ToyEncoder(), home)
    with pytest.raises(SourceError, match="cannot be called"):
        create_collection("../x", ToyEncoder(), home)
    with open_empty("Recipes", home) as assistant:
        assert assistant.scope.documents == 0
        assert assistant.ask("Which fruit fell?").verdict == "not_in_sources"
        assistant.add_files([folder / "a.txt"])
        assistant.refresh()
    with open_empty("Recipes", home) as assistant:
        assert [document.source for document in assistant.documents()] == ["a.txt"]


def test_collection_of_its_own_is_renamed(folder, home):
    """One that is made of a folder is called as that folder is; no name is taken twice."""
    create_collection("Recipes", ToyEncoder(), home)
    create_collection("Letters", ToyEncoder(), home)
    with pytest.raises(SourceError, match="already"):
        rename_collection("Recipes", "letters", home)
    assert rename_collection("Recipes", "recipes ", home) == "recipes"
    assert [listed.name for listed in list_collections(home)] == ["Letters", "recipes"]
    with Assistant.open(folder, home=home, encoder=ToyEncoder(), reader=None) as assistant:
        key = assistant.key
    with pytest.raises(StorageError, match="Rename that folder"):
        rename_collection(key, "other", home)


def test_folder_without_documents_opens_where_that_is_allowed(tmp_path, home):
    """Files can then be added to it; by default it is an error."""
    (tmp_path / "bare").mkdir()
    with pytest.raises(SourceError, match="holds no documents"):
        Assistant.open(tmp_path / "bare", home=home, encoder=ToyEncoder(), reader=None)
    with Assistant.open(tmp_path / "bare", home=home, encoder=ToyEncoder(), reader=None, allow_empty=True) as assistant:
        assert assistant.scope.documents == 0 and assistant.statuses() == ()


def open_empty(name, home):
    """Open a collection that may hold nothing."""
    return Assistant.open(find_collection(name, home), home=home, encoder=ToyEncoder(), reader=None, allow_empty=True)


@pytest.fixture
def models(home, monkeypatch):
    """Two models to choose from; returns what was loaded."""
    loaded = []

    def load(model=None, **named):
        loaded.append(model)
        return OtherEncoder() if model else ToyEncoder()

    monkeypatch.setattr("qa.collections.load_encoder", load)
    monkeypatch.setattr("qa.cli.options.load_encoder", load)
    return loaded


def test_a_collection_is_opened_with_the_model_it_was_made_with(folder, home, models, capsys):
    """By its name, in Python and on the command line, also to check it or build it again; its sources alone are another one."""
    Assistant.open(folder, name="papers", home=home, model="other").close()
    with Assistant.open_collection("papers", home=home) as assistant:
        assert (assistant.model, assistant.scope.passages) == ("other", 2)
    assert main(["index", "--check", "--name", "papers"]) == 0
    assert main(["index", "--rebuild", "--name", "papers"]) == 0
    assert main(["ask", "Which fruit fell?", "--collection", "papers"]) == 0
    assert list(dict.fromkeys(models)) == ["other"]
    with Assistant.open(folder, home=home) as assistant:
        assert assistant.model == ""
    assert models[-1] is None


def test_a_collection_is_built_again_with_another_model(folder, home, models):
    """When it is opened next; its files stay, and a model that was named with the command wins."""
    make(folder, home)
    change_model("papers", OtherEncoder(), home)
    with Assistant.open_collection("papers", home=home) as assistant:
        assert (assistant.model, assistant.report.added) == ("other", 1)
    change_model("papers", ToyEncoder(), home)
    with Assistant.open_collection("papers", home=home) as assistant:
        assert (assistant.model, assistant.report.added) == ("", 1)
    with pytest.raises(SourceError, match="no collection 'nothing'"):
        change_model("nothing", ToyEncoder(), home)
    with hold_lock(home / "collections" / "papers"), pytest.raises(StorageError):
        change_model("papers", OtherEncoder(), home)
    assert main(["index", "--rebuild", "--name", "papers", "--model", "other", str(folder)]) == 0
    with Assistant.open_collection("papers", home=home) as assistant:
        assert assistant.model == "other"


def test_a_model_is_chosen_by_name_in_python_and_on_the_command_line(folder, home, monkeypatch):
    """Both load it with the folder for prepared models; a collection of another model names the model in its command."""
    asked = []

    def load(model=None, *, cache_folder=None, on_notice=None):
        asked.append((model, cache_folder))
        encoder = ToyEncoder()
        if model:
            encoder.identity, encoder.name = f"{model}/1", model
        return encoder

    monkeypatch.setattr("qa.collections.load_encoder", load)
    monkeypatch.setattr("qa.cli.options.load_encoder", load)
    Assistant.open(folder, name="papers", home=home).close()
    with pytest.raises(OutdatedError, match=r"qa index --rebuild --name papers --model multilingual -- "):
        Assistant.open_collection("papers", model="multilingual", home=home)
    assert main(["index", str(folder), "--model", "multilingual"]) == 0
    assert asked == [(None, encoder_folder()), *[("multilingual", encoder_folder())] * 2]
