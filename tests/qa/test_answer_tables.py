"""Tables of answers: the person's own columns and rows as they were, a row for a question or for a quote, nothing calculated."""

import csv
import json
import sys
from dataclasses import replace

import pytest
from openpyxl import load_workbook
from toy_assistant import ToyAssistant
from two_answers import BOTH, WHEN, quote

from index import BatchError
from qa.batch import answer_batch
from qa.batch.questions import read_questions
from qa.batch.tables import AnswerTable, write_answers

DETAILS = (
    "line answer verdict confidence kind message quote source paragraph page heading row sheet slide date time start"
    " end text_sha256 hash"
).split()
TABLES = (".csv", ".xlsx", ".parquet")
QUESTIONS = 'id;Question;source;=note\n007;zzz;"mine; yours";=1+1\n8;red;;-3.5%\n9;?;x;\n10;green, or red;;+b\n'


@pytest.fixture
def folder(tmp_path):
    """A folder of two documents."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "apples.txt").write_bytes(b"Apples are red.\n\n=1+1 red")
    (documents / "pears.txt").write_bytes(b"Pears are green.")
    return documents


@pytest.fixture
def questions(tmp_path):
    """A file of four questions with columns of one's own."""
    (tmp_path / "q.csv").write_text(QUESTIONS)
    return tmp_path / "q.csv"


def read(path):
    """The headings and rows of a table, as they are; empty cells of workbooks and Parquet are None."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            return [[cell or None for cell in row] for row in csv.reader(file)]
    if path.suffix == ".xlsx":
        return [list(row) for row in load_workbook(path)["Answers"].iter_rows(values_only=True)]
    from pyarrow import parquet

    table = parquet.read_table(path)
    return [table.column_names, *map(list, zip(*table.to_pydict().values(), strict=True))]


def unguarded(row):
    """The cells of a row of .csv without the apostrophe before what begins like a formula, numbers as such."""
    cells = [cell[1:] if cell and cell.startswith("'") else cell for cell in row]
    return [float(cell) if cell in ("0.875", "0.125") else cell for cell in cells]


@pytest.mark.parametrize("suffix", TABLES)
def test_a_table_has_the_rows_and_columns_of_the_questions_first(tmp_path, folder, questions, suffix):
    """In their order, bad rows too; then the answer, with more quotes in further columns; our headings give way."""
    answer_batch(ToyAssistant(folder), questions, tmp_path / f"a{suffix}")
    headings, *rows = read(tmp_path / f"a{suffix}")
    if suffix == ".csv":
        headings, rows = unguarded(headings), [unguarded(row) for row in rows]
    first = ["answer", "verdict", "confidence", "quote", "source (found)", "page", "place", "message"]
    more = [f"{name} {number}" for number in (2, 3) for name in ("quote", "source", "page", "place")]
    assert headings == ["id", "Question", "source", "=note", *first, *more]
    red = ["Apples are red.", "apples.txt", None, "paragraph 1"]
    formula = ["=1+1 red", "apples.txt", None, "paragraph 2"]
    green = ["Pears are green.", "pears.txt", None, "paragraph 1"]
    nothing = [None] * 4
    assert [[cell or None for cell in row] for row in rows] == [
        ["007", "zzz", "mine; yours", "=1+1", None, "not_in_sources", 0.125, *nothing, None, *nothing, *nothing],
        ["8", "red", None, "-3.5%", None, "answered", 0.875, *red, None, *formula, *nothing],
        ["9", "?", "x", None, None, None, None, *nothing, "the question holds no word", *nothing, *nothing],
        ["10", "green, or red", None, "+b", None, "answered", 0.875, *red, None, *formula, *green],
    ]


@pytest.mark.parametrize("suffix", TABLES)
def test_details_are_a_row_for_each_quote(tmp_path, folder, questions, suffix):
    """The columns of the question are on each of them; paths only where asked for."""
    answer_batch(ToyAssistant(folder), questions, tmp_path / f"a{suffix}", details=True)
    headings, *rows = read(tmp_path / f"a{suffix}")
    ours = [f"{name} (found)" if name == "source" else name for name in DETAILS]
    assert [heading.lstrip("'") for heading in headings] == ["id", "Question", "source", "=note", *ours]
    assert [row[0] for row in rows] == ["007", "8", "8", "9", "10", "10", "10"]
    answer = ToyAssistant(folder).ask("red")
    found = dict(zip(headings, rows[1], strict=True))
    assert (found["quote"], found["text_sha256"], found["hash"]) == (
        "Apples are red.", answer.citations[0].text_sha256, answer.hash,
    )  # fmt: skip
    assert (int(found["line"]), int(found["start"]), int(found["end"])) == (3, 0, 15)
    answer_batch(ToyAssistant(folder), questions, tmp_path / f"a{suffix}", details=True, paths=True)
    headings, *rows = read(tmp_path / f"a{suffix}")
    assert dict(zip(headings, rows[1], strict=True))["path"] == str(folder / "apples.txt")


def test_lines_have_the_row_of_the_question_and_the_answer(tmp_path, folder):
    """Values keep their kinds; a question without headings has no row; what cannot be written is made visible."""
    rows = '{"id": 7, "question": "red", "tags": ["a", {"b": null}], "ok": true, "x": "\\ud800", "n": NaN}\n"green"\n{"id": 8}\n'
    (tmp_path / "q.jsonl").write_text(rows)
    answer_batch(ToyAssistant(folder), tmp_path / "q.jsonl", tmp_path / "a.jsonl")
    first, second, third = map(json.loads, (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines())
    row = {"id": 7, "question": "red", "tags": ["a", {"b": None}], "ok": True, "x": "\\ud800", "n": None}
    assert (
        next(iter(first)) == "row"
        and first.pop("row") == row
        and list(row) == ["id", "question", "tags", "ok", "x", "n"]
    )
    for found, question in ((first, "red"), (second, "green")):
        answer = ToyAssistant(folder).ask(question).to_dict()
        for citation in answer["citations"]:
            citation["path"] = citation["source"]
        assert found == answer
    assert third == {"row": {"id": 8}, "line": 3, "question": "", "error": 'no "question" in the object'}


@pytest.mark.parametrize("suffix", [*TABLES, ".jsonl", ".md"])
@pytest.mark.parametrize("details", [False, True])
def test_no_file_has_a_path_unless_asked(tmp_path, folder, questions, suffix, details):
    """Neither of the documents nor of the questions, in quotes, closest passages and parts."""
    answer_batch(ToyAssistant(folder), questions, tmp_path / f"a{suffix}", details=details)
    write_answers(tmp_path / f"b{suffix}", [{"line": 1, "question": "", "answer": BOTH.to_dict()}], details=details)
    for name in "ab":
        cells = (tmp_path / f"{name}{suffix}").read_bytes()
        if suffix in TABLES:
            cells = json.dumps(read(tmp_path / f"{name}{suffix}")).encode()
        assert str(tmp_path).encode() not in cells and b"/town.txt" not in cells


def test_a_heading_is_never_there_twice():
    """Ours give way as often as it takes, also where an earlier table of answers is asked again."""
    record = {"line": 1, "question": "q", "own": {"question": "q", "answer": "a", "answer (found)": "b"}}
    table = AnswerTable([{**record, "answer": WHEN.to_dict()}])
    assert table.headings[:4] == ["question", "answer", "answer (found)", "answer (found) (found)"]
    assert len(set(table.headings)) == len(table.headings)


def test_columns_of_parquet_have_kinds(tmp_path, folder):
    """One's own come back as they were; a column of several kinds, of lists or of huge numbers is text."""
    import pyarrow
    from pyarrow import parquet

    own = {
        "question": ["red", "green"], "n": [1, None], "x": [0.5, 2.0], "ok": [True, False], "t": ["=1+1", "b"], "l": [[1], []],
        "none": pyarrow.nulls(2, pyarrow.string()),
    }  # fmt: skip
    parquet.write_table(pyarrow.table(own), tmp_path / "q.parquet")
    answer_batch(ToyAssistant(folder), tmp_path / "q.parquet", tmp_path / "a.parquet")
    table = parquet.read_table(tmp_path / "a.parquet")
    kinds = {field.name: str(field.type) for field in table.schema}
    assert list(kinds)[:7] == list(own)
    assert [kinds[name] for name in own] == ["string", "int64", "double", "bool", "string", "string", "string"]
    assert (kinds["confidence"], kinds["page"], kinds["quote"]) == ("double", "int64", "string")
    back = table.to_pydict()
    assert [back[name] for name in ("n", "x", "ok", "t", "l")] == [
        [1, None], [0.5, 2.0], [True, False], ["=1+1", "b"], ["[1]", "[]"],
    ]  # fmt: skip
    mixed = [
        {"line": n, "question": "q", "error": "e", "own": {"a": a, "b": b}}
        for n, (a, b) in enumerate([(1, 1), ("x", 2**63)])
    ]
    write_answers(tmp_path / "m.parquet", mixed)
    assert [row[:2] for row in read(tmp_path / "m.parquet")[1:]] == [["1", "1"], ["x", str(2**63)]]


def test_a_missing_library_is_named_before_any_question_is_asked(tmp_path, folder, monkeypatch):
    """With the command that installs it."""
    (tmp_path / "q.txt").write_text("red\n")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assistant = ToyAssistant(folder)
    with pytest.raises(
        BatchError, match=r"^a.parquet needs the package pyarrow. Install it: pip install 'qa-verbatim\[frame\]'$"
    ):
        answer_batch(assistant, tmp_path / "q.txt", tmp_path / "a.parquet")
    with pytest.raises(BatchError, match=r"^q.parquet needs the package pyarrow"):
        list(read_questions(tmp_path / "q.parquet"))
    assert assistant.asked == 0


def test_pages_are_numbers(tmp_path):
    """In workbooks and Parquet; other places are in words."""
    cited = replace(quote(0, 30), place=replace(quote(0, 30).place, page=3))
    record = {"line": 1, "question": "q", "answer": replace(WHEN, citations=(cited,)).to_dict()}
    for suffix in (".xlsx", ".parquet"):
        write_answers(tmp_path / f"a{suffix}", [record])
        headings, row = read(tmp_path / f"a{suffix}")
        found = dict(zip(headings, row, strict=True))
        assert (found["page"], found["place"], found["confidence"]) == (3, "page 3, paragraph 1", 0.9)
