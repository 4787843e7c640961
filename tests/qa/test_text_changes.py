"""A citation whose file has changed: its passage as it was indexed, beside what it is now."""

import json

import pytest
from toy_assistant import ToyAssistant

from qa import TextChange, compare_texts
from qa.cli import main

TEXT = "Apples are red.\n\nPears grow on tall green trees.\n\nPears grow in many old gardens."
PEARS = "Pears grow on tall green trees."


@pytest.fixture
def file(tmp_path):
    """A document of three paragraphs."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "fruit.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path / "documents" / "fruit.txt"


@pytest.fixture
def citation(file):
    """A citation of its second paragraph."""
    (found,) = ToyAssistant(file.parent).ask("tall").citations
    return found


NOW = {
    "as it was": (TEXT, PEARS, 2),
    "edited": (TEXT.replace("tall green", "small green"), "Pears grow on small green trees.", 2),
    "moved": (f"New.\n\nNewer.\n\n{TEXT}", PEARS, 4),
    "moved and edited": (
        "Pears grow on all green trees.\n\nApples are red.",
        "Pears grow on all green trees.",
        1,
    ),
    "twice": (f"{TEXT}\n\n{PEARS}", PEARS, 2),
    "a like one left": ("Apples are red.\n\nPears grow in many old gardens.", "Pears grow in many old gardens.", 2),
}


@pytest.mark.parametrize(("text", "now", "paragraph"), NOW.values(), ids=NOW)
def test_passage_is_shown_then_and_now(file, citation, text, now, paragraph):
    """The passage now is the likest one, and of equals the nearest one."""
    file.write_text(text, encoding="utf-8")
    change = compare_texts(citation)
    assert change == TextChange(PEARS, now, paragraph, "")
    assert change.changed == (now != PEARS)
    assert compare_texts(citation.to_dict(), path=file) == change


GONE = {
    "nothing like it": (lambda file: file.write_text("Plums are blue."), "fruit.txt holds nothing like it any more"),
    "no file": (lambda file: file.unlink(), "fruit.txt: there is no file "),
    "unreadable": (lambda file: file.write_bytes(b"\xff\xff"), "fruit.txt is not valid UTF-8"),
}


@pytest.mark.parametrize(("spoil", "reason"), GONE.values(), ids=GONE)
def test_passage_that_is_gone_says_why(file, citation, spoil, reason):
    """Where nothing like the passage is left, or no file can be read, the reason stands in its place."""
    spoil(file)
    change = compare_texts(citation)
    assert (change.indexed, change.now, change.paragraph) == (PEARS, "", None)
    assert change.reason.startswith(reason)


def write(file, citation, tmp_path):
    answer = ToyAssistant(file.parent).ask("tall").to_dict()
    (tmp_path / "a.jsonl").write_text(json.dumps(answer) + "\n")
    return str(tmp_path / "a.jsonl")


def test_verify_prints_both_texts_when_asked(file, citation, tmp_path, capsys):
    """`--show-changes` prints the passage then and now under each quote that does not hold; control characters show."""
    answers = write(file, citation, tmp_path)
    assert main(["verify", answers, "--show-changes"]) == 0
    assert capsys.readouterr().out == "1 exact, 0 moved, 0 changed, 0 gone\n"
    file.write_text("Pears grow on \x1b[31mtall brown trees.", encoding="utf-8")
    assert main(["verify", answers, "--show-changes"]) == 1
    assert capsys.readouterr().out == (
        "line 1: changed: fruit.txt no longer contains these words\n"
        "  as indexed:\n    Pears grow on tall green trees.\n"
        "  now, paragraph 1:\n    Pears grow on \\x1b[31mtall brown trees.\n"
        "0 exact, 0 moved, 1 changed, 0 gone\n"
    )
    assert main(["verify", answers]) == 1
    assert "as indexed" not in capsys.readouterr().out


def test_verify_says_that_a_passage_is_gone(file, citation, tmp_path, capsys):
    """Where there is no text now, the reason is printed instead."""
    answers = write(file, citation, tmp_path)
    file.write_text("Plums.", encoding="utf-8")
    assert main(["verify", answers, "--show-changes", "--sources", str(file.parent)]) == 1
    assert "\n  now: fruit.txt holds nothing like it any more\n" in capsys.readouterr().out
