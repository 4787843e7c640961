"""Training examples made from documentation and tables: what is asked, what is marked, and what does not answer."""

import random
from collections import Counter

import pytest

from index import SourceError
from qa.answering.lookups import read_cells
from qa.reading.data import read_examples
from qa.reading.documents import (
    Text,
    as_question,
    infinitive,
    make_examples,
    read_collections,
    run_documents,
)
from qa.reading.tables import make_table

RESTORE = "To restore a dump, run pg_restore with the name of the file. The dump stays as it is. It may be large."
FILLER = "The server writes a log of each request. The log is kept for a week. Old logs are removed at night."


def prose(text: str, heading: str = "Manual") -> Text:
    """A passage of a manual."""
    return Text("manual.html", heading, text, False)


def made(*texts: Text, seed: int = 0):
    """The examples made from a collection, without those of made-up tables."""
    plenty = prose("restore create show hide restore create show hide " * 12 + "use use", "Words")
    found = make_examples([[*texts, plenty]], random.Random(seed))
    kept = {each.text for each in texts}
    return [each for each in found if each.passage in kept or each.source not in ("row", "no_row")]


def marked(example) -> str:
    return example.passage[example.start : example.end]


def test_instructions_answer_how_to_do_it():
    """The clause that tells it is marked; other passages and the passage without the sentence do not answer."""
    found = made(prose(RESTORE), prose(FILLER))
    [one] = [each for each in found if each.source == "howto"]
    assert one.question.rstrip("?").endswith("restore a dump")
    assert marked(one) == "run pg_restore with the name of the file."
    others = {each.passage for each in found if each.source == "no_howto"}
    assert "The dump stays as it is. It may be large." in others
    assert RESTORE not in others


def test_what_one_can_do_and_what_is_used_are_instructions_too():
    """Means stand behind the task or before it; tasks that point elsewhere are left out."""
    can = made(prose("You can show the log with tail. It is short and it is plain."))
    assert [marked(each) for each in can if each.source == "howto"] == ["with tail."]
    used = made(prose("Use the button to show the log. It is short and it is plain indeed."))
    assert [marked(each) for each in used if each.source == "howto"] == ["Use the button"]
    assert not [
        each for each in made(prose("To show this, press a key. It is short and plain.")) if each.source == "howto"
    ]


def test_headings_that_ask_or_name_a_task_are_questions():
    """With the first passage below them, whose answer is not marked."""
    found = made(
        prose(RESTORE, "Manual > 3.1. Creating a copy"),
        prose(FILLER, "Manual > Where are the logs kept?"),
        prose(FILLER + " More.", "Manual > Overview"),
    )
    asked = {each.question: each for each in found if each.source == "faq"}
    assert "Where are the logs kept?" in asked
    [created] = [question for question in asked if "create a copy" in question]
    assert (asked[created].passage, asked[created].start) == (RESTORE, -1)
    assert len(asked) == 2


def test_options_are_asked_for_by_name_and_by_what_they_do():
    """The first sentence of the description is marked, or the name; far options of the list do not answer."""
    options = [
        prose(
            f"-{letter}\n--{letter}{letter}{letter}\n  Show the {letter} of each file and of each folder. And more.",
            "Manual > Options",
        )
        for letter in "abcdefghijkl"
    ]
    found = [each for each in made(*options) if each.source in ("option", "no_option")]
    meanings = [each for each in found if each.answerable and "--aaa" in each.question]
    assert [marked(each) for each in meanings] == ["Show the a of each file and of each folder"]
    named = [each for each in found if each.answerable and "show the a of" in each.question]
    assert [marked(each) for each in named] == ["--aaa"]
    for each in found:
        if not each.answerable and "--aaa" in each.question:
            assert "--aaa" not in each.passage


ROWS = [
    ("Rome", "Rosa Silva", "12"), ("Oslo", "Sven Olsen", "40"), ("Riga", "Vera Novak", "33"), ("Ghent", "Paul Quinn", "7"),
]  # fmt: skip


def test_rows_are_asked_for_their_cells():
    """The value is marked as the reader sees the row; other rows and other columns do not answer."""
    rows = [
        Text("offices.csv", "", f"City: {city}; Manager: {manager}; Employees: {number}.", True)
        for city, manager, number in ROWS
    ]
    found = [
        each for seed in range(6) for each in make_examples([rows], random.Random(seed)) if each.heading == "offices"
    ]
    values = {value for row in ROWS for value in row}
    right = [each for each in found if each.answerable and "City  " in each.passage]
    assert {marked(each) for each in right} <= values and len(right) >= 20
    for each in right:
        cells = each.passage.removesuffix(".").replace("  ", ", ").split(", ")
        assert any(cell in each.question for cell in cells[1::2])
    wrong = [each for each in found if not each.answerable]
    assert {each.source for each in wrong} == {"no_row"}
    for each in wrong:
        subject = next(city for city, _, _ in ROWS if city in each.passage)
        assert subject not in each.question or not any(word in each.question for word in ("manager", "employees"))


def test_made_up_tables_are_read_as_rows():
    """Each cell has a name, and the keys differ."""
    for seed in range(20):
        title, rows = make_table(random.Random(seed))
        cells = [read_cells(row) for row in rows]
        assert title in ("staff", "price list", "branches", "plans", "events")
        assert {len(each) for each in cells} == {5}
        assert len({row[each[0].start : each[0].end] for row, each in zip(rows, cells, strict=True)}) == len(rows) >= 4


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("The boards are responsible for all schools.", "Are the boards responsible for all schools?"),
        ("Visitors must often carry a valid ticket, and a map.", "Must visitors carry a valid ticket?"),
        ("The mill has been closed since last winter.", "Has the mill been closed since last winter?"),
        ("It is an old mill by the river.", ""),
        ("The man who came is the owner of it.", ""),
        ("The gate is open to all of the", ""),
        ("- Old files are kept for a week.", ""),
        ("Rain falls.", ""),
    ],
)
def test_plain_statements_become_questions_for_yes_or_no(sentence, question):
    """The verb first; what stands for something else, and what is cut off, is left out."""
    assert as_question(sentence).lower() == question.lower()


def test_statements_are_marked_and_their_changes_are_not_answered():
    """The whole sentence is marked; the passage without it, and the changed question, do not answer."""
    text = "The old mill was closed in 1931. Carl Holm bought it. He never used it in 1940."
    found = [each for seed in range(12) for each in made(prose(text), seed=seed)]
    asked = [each for each in found if each.source == "yesno"]
    assert {(each.question, marked(each)) for each in asked} == {
        ("Was the old mill closed in 1931?", "The old mill was closed in 1931.")
    }
    wrong = {(each.question, each.passage) for each in found if each.source == "no_yesno"}
    assert ("Was the old mill closed in 1931?", "Carl Holm bought it. He never used it in 1940.") in wrong
    assert ("Was the old mill closed in 1940?", text) in wrong


def test_the_infinitive_is_the_most_frequent_word():
    """With an "e", with one letter of two, or as it is; "" for a word that the documents do not have."""
    words = Counter({"create": 9, "run": 9, "install": 9, "creat": 1})
    assert [infinitive(word, words) for word in ("creating", "running", "installing", "wandering")] == [
        "create",
        "run",
        "install",
        "",
    ]


def test_the_command_writes_data_that_the_trainer_reads(tmp_path, capsys):
    """A file for each kind; what cannot be read is named and left out."""
    manual = tmp_path / "documents" / "manual"
    manual.mkdir(parents=True)
    (manual / "guide.md").write_text(
        f"# Manual\n\n{RESTORE}\n\nYou restore and restore; we restore; they restore.\n\n{FILLER}\n"
    )
    (manual / "broken.pdf").write_bytes(b"no pdf")
    assert run_documents([str(tmp_path / "documents"), str(tmp_path / "data")]) == 0
    said = capsys.readouterr()
    assert "skipped: manual/broken.pdf" in said.err and "row: " in said.out
    examples = read_examples(tmp_path / "data")
    assert {"howto", "no_howto", "row", "no_row"} <= {each.source for each in examples}
    assert [marked(each) for each in examples if each.source == "howto"] == [
        "run pg_restore with the name of the file."
    ]


def test_a_folder_without_documents_is_one_line(tmp_path, capsys):
    """With what to do."""
    (tmp_path / "empty").mkdir()
    assert run_documents([str(tmp_path), str(tmp_path / "data")]) == 1
    assert capsys.readouterr().err == (
        f"error: {tmp_path} has no subfolder with documents. Put the documents of each subject into one.\n"
    )
    with pytest.raises(SourceError):
        read_collections(tmp_path / "none")
