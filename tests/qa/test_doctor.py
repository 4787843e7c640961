"""`qa doctor`: what it examines, the states it names, and its exit code."""

import json
import sqlite3
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from fruit import write_documents
from toy_encoder import ToyEncoder

from index import EncoderError, ReaderError
from qa import Assistant
from qa.cli import main
from qa.cli.doctor import EXTRAS, NOT_SHOWN, Check, describe_checks, examine


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home with a collection, "papers"; the toy encoder encodes, and a reader that reads nothing is there."""
    monkeypatch.setenv("QA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("qa.cli.doctor.load_encoder", lambda **named: ToyEncoder())
    monkeypatch.setattr("qa.cli.doctor.shared_reader", lambda *given, **named: SimpleNamespace(identity="toy reader"))
    monkeypatch.setattr("qa.cli.doctor.installed_office", lambda: "")
    folder = write_documents(tmp_path / "papers", a="An apple fell.")
    with Assistant.open(folder, name="papers", home=tmp_path / "home", encoder=ToyEncoder(), reader=None):
        pass
    return tmp_path / "home"


def edit(home, statement):
    """Change the catalog of the collection."""
    with sqlite3.connect(home / "collections" / "papers" / "catalog.sqlite") as connection:
        connection.execute(statement)
    connection.close()


def find(home, name):
    """Examine, and return what is found about one thing."""
    (check,) = [check for check in examine(home, notice=print) if check.name == name]
    return check


def test_what_works_is_listed_and_nothing_is_broken(home, capsys):
    """Versions, models with their speed, extras and collections; as text and as JSON; the exit code is 0."""
    assert main(["doctor"]) == 0
    text = capsys.readouterr().out
    assert text.endswith("\n\nNothing is broken.\n")
    assert main(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["broken"] is False
    found = {check["name"]: check for check in report["checks"]}
    assert {check["section"] for check in report["checks"]} == {"Versions", "Models", "Extras", "Collections"}
    assert {check["state"] for check in report["checks"] if check["section"] != "Extras"} == {"ok"}
    assert (found["encoder"]["value"], found["reader"]["value"]) == (
        "toy/1, hash as published", "toy reader, hash as published",
    )  # fmt: skip
    assert found["papers"]["value"].startswith("1 document, 1 passage, 0 pending, updated 20")
    assert found["papers"]["value"].endswith(", format 3")
    assert {"qa-verbatim", "Python", "faiss-cpu", "openvino", "torch", "processor", "speed", "folder"} <= found.keys()
    assert [name for name in found if f"  {name}  " not in text] == []


def test_every_extra_says_what_it_is_for():
    """Each that the package has, but those for working on it."""
    root = Path(__file__).parents[2]
    extras = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(EXTRAS) == set(extras) - set(NOT_SHOWN)


def test_what_is_not_installed_is_named_with_the_command_that_installs_it(home, monkeypatch):
    """An extra and LibreOffice are notes; a library that the program needs is broken."""
    monkeypatch.setattr(
        "qa.cli.doctor.installed_version", lambda package: "" if package in ("rapidocr", "torch") else "9"
    )
    assert find(home, "ocr") == Check(
        "Extras", "ocr", "note", "not installed: scanned pages and pictures", "pip install 'qa-verbatim[ocr]'"
    )
    assert find(home, "mcp").state == "ok"
    assert find(home, "torch") == Check(
        "Versions", "torch", "broken", "not installed", "pip install --force-reinstall torch"
    )
    assert find(home, "LibreOffice").state == "note"


def test_a_library_that_cannot_be_loaded_is_broken(home, monkeypatch):
    """The reason is said."""
    monkeypatch.setitem(sys.modules, "faiss", None)
    check = find(home, "faiss-cpu")
    assert check.state == "broken"
    assert "cannot be loaded: " in check.value


STATES = {
    "old format": ("UPDATE meta SET value = '2' WHERE key = 'format'", "broken", "format 2 can no longer be read",
                   "qa index --rebuild --name papers"),
    "pending": ("UPDATE totals SET pending = 1", "note", ", 1 pending, ", "qa index --name papers"),
    "damaged": ("DROP TABLE totals", "broken", "damaged", "qa index --rebuild --name papers SOURCES"),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "state", "value", "advice"), STATES.values(), ids=STATES)
def test_collections_in_a_bad_state_are_named_with_what_to_do(statement, state, value, advice, home, capsys):
    """What cannot be read is broken, and the exit code 1; what is left to do is a note."""
    edit(home, statement)
    check = find(home, "papers")
    assert (check.state, check.advice) == (state, advice)
    assert value in check.value
    assert main(["doctor"]) == (1 if state == "broken" else 0)
    assert capsys.readouterr().out.endswith("Broken: papers.\n" if state == "broken" else "Nothing is broken.\n")


def test_sources_that_are_gone_are_named(home, tmp_path):
    """With the command that names others."""
    (tmp_path / "papers").rename(tmp_path / "moved")
    check = find(home, "papers")
    assert check.state == "note"
    assert check.value.endswith(f"; {tmp_path / 'papers'} does not exist")
    assert check.advice == "Put it back, or name others: qa index --name papers SOURCES"


def test_altered_models_are_broken(home, monkeypatch, capsys):
    """Their errors are told, the rest is examined, and the exit code is 1."""

    def refuse_encoder(**named):
        raise EncoderError("the weights are altered. Install them again.")

    def refuse_reader(*given, **named):
        raise ReaderError("the reader's weights are altered.")

    monkeypatch.setattr("qa.cli.doctor.load_encoder", refuse_encoder)
    monkeypatch.setattr("qa.cli.doctor.shared_reader", refuse_reader)
    assert main(["doctor", "--json"]) == 1
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["encoder"]["value"] == "the weights are altered. Install them again."
    assert checks["encoder"]["state"] == checks["reader"]["state"] == "broken"
    assert "speed" not in checks
    assert checks["papers"]["state"] == "ok"


def test_an_encoder_that_cannot_run_is_broken(home, monkeypatch):
    """The plain one reads its weights on first use, with libraries that may be missing."""

    def refuse(texts):
        raise ImportError("No module named 'torch'")

    monkeypatch.setattr(ToyEncoder, "encode_passages", lambda self, texts: refuse(texts))
    check = find(home, "speed")
    assert (check.state, check.value) == ("broken", "the encoder cannot run: No module named 'torch'")


def test_the_plain_encoder_is_a_note(home, monkeypatch):
    """It works, more slowly; why is said."""

    def load(*, cache_folder, on_notice):
        on_notice("Using the plain encoder, which is slower: no room.")
        return ToyEncoder()

    monkeypatch.setattr("qa.cli.doctor.load_encoder", load)
    check = find(home, "encoder")
    assert (check.state, check.advice) == ("note", "Using the plain encoder, which is slower: no room.")


def test_a_home_that_cannot_be_written_is_broken(home, tmp_path):
    """A file where the folder should be, for one; a folder that is not made yet is fine."""
    (tmp_path / "file").touch()
    assert find(tmp_path / "file", "folder").state == "broken"
    assert find(tmp_path / "file" / "home", "folder").state == "broken"
    assert find(tmp_path / "new" / "home", "folder").state == "ok"


def test_checks_are_lines_under_headings():
    """Each with a mark, in colour where the terminal can; advice is below, and nothing a terminal obeys is sent."""
    checks = (
        Check("A", "one", "ok", "1"),
        Check("A", "two\x1b", "note", "2", "do it"),
        Check("B", "three", "broken", "3"),
    )
    assert describe_checks(checks) == (
        "A\n  ok  one      1\n  --  two\\x1b  2\n               do it\n\nB\n  !!  three    3\n\nBroken: three."
    )
    assert describe_checks(checks[:1], colourful=True) == "A\n  \x1b[32m\x1b[1mok\x1b[0m  one  1\n\nNothing is broken."


def test_the_real_models_are_examined(assistant, tmp_path):
    """The bundled encoder and reader are loaded, checked and timed."""
    checks = {check.name: check for check in examine(tmp_path, notice=print)}
    assert checks["encoder"].value.startswith("int8/1/53aa51172d142c89, ")
    assert checks["reader"].value.startswith("reading/")
    assert checks["speed"].value.endswith(" ms")
