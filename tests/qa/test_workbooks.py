"""Questions from an .xlsx workbook, and answers into one."""

import csv
import json
import zipfile
from datetime import UTC, datetime

import pytest
from openpyxl import Workbook, load_workbook
from toy_assistant import ToyAssistant

from index import BatchError
from qa.batch import answer_batch
from qa.batch.questions import Row, read_questions
from qa.exports import COLUMNS


def write(path, *rows, merged=(), hidden=()):
    """Write a workbook of one sheet, with hidden sheets of other rows before it."""
    workbook = Workbook()
    for other in hidden:
        sheet = workbook.create_sheet("hidden", 0)
        sheet.sheet_state = "hidden"
        sheet.append(other)
    sheet = workbook["Sheet"]
    workbook.active = sheet
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    workbook.save(path)
    return path


READ = {
    "headed": ([("id", " Question "), (1, "Who?"), (2, "What?")], {}, [Row(2, "Who?"), Row(3, "What?")]),
    "one column": ([("Who?",), ("What?",)], {}, [Row(1, "Who?"), Row(2, "What?")]),
    "blank rows": ([(), ("question",), (), (None, None), ("Who?",), ()], {}, [Row(5, "Who?")]),
    "title above": (
        [("My questions", None), (), ("id", "question"), (1, "Who?")],
        {"merged": ["A1:B1"]},
        [Row(4, "Who?")],
    ),
    "merged cells": (
        [("question", "id"), ("Who?", 1), (None, 2)],
        {"merged": ["A2:A3"]},
        [Row(2, "Who?"), Row(3, "", "the question is empty")],
    ),
    "formula without a result": (
        [("question", "id"), ('="Who"&"?"', 1), ("What?", 2)],
        {},
        [Row(2, "", "the question is empty"), Row(3, "What?")],
    ),
    "numbers and dates": ([("question",), (1984,), (True,)], {}, [Row(2, "1984"), Row(3, "TRUE")]),
    "beside the table": ([("question", None), ("Who?", None, "a remark")], {}, [Row(2, "Who?")]),
    "hidden sheet": ([("question",), ("Who?",)], {"hidden": [("question",)]}, [Row(2, "Who?")]),
    "conversation": (
        [("question", "conversation"), ("Who?", "a"), ("Why?", "a")],
        {},
        [Row(2, "Who?", conversation="a"), Row(3, "Why?", conversation="a")],
    ),
    "empty": ([], {}, []),
}


@pytest.mark.parametrize(("rows", "options", "read"), READ.values(), ids=READ)
def test_questions_are_read_from_the_first_visible_sheet(tmp_path, rows, options, read):
    """With the numbers of the rows as a spreadsheet shows them."""
    assert list(read_questions(write(tmp_path / "q.xlsx", *rows, **options))) == read


def test_workbook_without_questions_says_which_columns_there_are(tmp_path):
    """So that one can be named."""
    with pytest.raises(BatchError, match=r"q.xlsx has 2 columns .*: 'id', 'text'. Name one so."):
        list(read_questions(write(tmp_path / "q.xlsx", ("id", "text"), (1, "Who?"))))


def test_workbook_that_unpacks_without_end_is_refused(tmp_path):
    """Before it is unpacked."""
    package = zipfile.ZipFile(tmp_path / "q.xlsx", "w", zipfile.ZIP_DEFLATED)
    with package, package.open("xl/workbook.xml", "w", force_zip64=True) as part:
        for _ in range(700):
            part.write(bytes(2**20))
    with pytest.raises(BatchError, match="zip bomb"):
        list(read_questions(tmp_path / "q.xlsx"))


def test_answers_are_written_as_a_workbook(tmp_path):
    """The cells of the .csv; a text that begins like a formula stays a text, and control characters come back."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "a.txt").write_text("=1+1 red\n\n+2 red\n\n-3 red\n\n@SUM red\n\nred \x07 _x0041_ bell")
    (tmp_path / "q.jsonl").write_text('"red"\n"zzz"\n{\n')
    answer_batch(ToyAssistant(documents), tmp_path / "q.jsonl", tmp_path / "a.xlsx", also=[tmp_path / "a.jsonl"])
    answers = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    workbook = load_workbook(tmp_path / "a.xlsx")
    rows = list(workbook["Answers"].iter_rows())
    assert tuple(cell.value for cell in rows[0]) == COLUMNS
    quotes = [row[COLUMNS.index("quote")] for row in rows[1:6]]
    assert [quote.data_type for quote in quotes] == ["s"] * 5
    assert [quote.quotePrefix for quote in quotes] == [True, True, True, True, False]
    written = [citation["quote"] for citation in answers[0]["citations"]]
    assert [quote.value for quote in quotes] == [*written[:4], "red _x0007_ _x005F_x0041_ bell"]
    assert written[4] == "red \x07 _x0041_ bell"
    assert [cell.value for cell in rows[6]][:3] == [2, "zzz", "not_in_sources"]
    assert [[cell.value for cell in row] for row in workbook["Not answered"].iter_rows()] == [
        ["line", "reason"],
        [3, "not JSON"],
    ]


def test_cells_that_begin_like_a_formula_are_guarded_in_csv(tmp_path):
    """An apostrophe stands before them, in every column of text; other cells stay as they are."""
    (tmp_path / "documents").mkdir()
    beginnings = ("=", "+", "-", "@")
    (tmp_path / "documents/@a.txt").write_text("\n\n".join(f"{sign}1+1 red" for sign in (*beginnings, "5 ")))
    (tmp_path / "q.jsonl").write_text('"=red"\n"\\tred"\n"\\rred"\n"red"\n')
    answer_batch(ToyAssistant(tmp_path / "documents"), tmp_path / "q.jsonl", tmp_path / "a.csv")
    with open(tmp_path / "a.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["quote"] for row in rows[:5]] == ["'=1+1 red", "'+1+1 red", "'-1+1 red", "'@1+1 red", "5 1+1 red"]
    assert [row["question"] for row in rows[::5]] == ["'=red", "'\tred", "'\rred", "red"]
    assert {row["source"] for row in rows} == {"'@a.txt"}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


QUESTIONS = {
    ".csv": "id,question,source,note,note\n=7,red,mine,-3.5%,-3+b\n8,zzz,,c\n",
    ".jsonl": '{"id": "=7", "question": "red", "source": "mine", "note": "-3.5%", "note (5)": "-3+b"}\n'
    '{"id": 8, "question": "zzz", "note": "c"}\n',
}


@pytest.mark.parametrize("suffix", QUESTIONS)
def test_columns_of_ones_own_follow_the_answers(tmp_path, suffix):
    """In both kinds of tables, on every row of a question; headings are told apart, and formulas guarded, numbers not."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents/a.txt").write_text("red one\n\nred two")
    (tmp_path / f"q{suffix}").write_text(QUESTIONS[suffix])
    answers = [tmp_path / "a.csv", tmp_path / "a.xlsx"]
    answer_batch(ToyAssistant(tmp_path / "documents"), tmp_path / f"q{suffix}", answers[0], also=answers[1:])
    with open(answers[0], encoding="utf-8", newline="") as file:
        headings, *rows = csv.reader(file)
    assert headings == [*COLUMNS, "id", "source (of the question)", "note", "note (5)"]
    own = [["'=7", "mine", "-3.5%", "'-3+b"]] * 2 + [["8", "", "c", ""]]
    assert [row[len(COLUMNS) :] for row in rows] == own
    sheet = list(load_workbook(answers[1])["Answers"].iter_rows(values_only=True))
    assert [list(map(str, row[len(COLUMNS) :])) for row in sheet[1:2]] == [["=7", "mine", "-3.5%", "-3+b"]]
    assert list(sheet[0]) == headings


def test_workbooks_of_equal_answers_are_equal(tmp_path, monkeypatch):
    """To the byte, whenever they are written."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents/a.txt").write_text("Apples are red.")
    (tmp_path / "q.txt").write_text("red\n")
    written = []
    for year in (2001, 2024):
        moment = datetime(year, 1, 2, tzinfo=UTC).timestamp()
        monkeypatch.setattr("time.time", lambda moment=moment: moment)
        answer_batch(ToyAssistant(tmp_path / "documents"), tmp_path / "q.txt", tmp_path / f"{year}.xlsx")
        written.append((tmp_path / f"{year}.xlsx").read_bytes())
    assert written[0] == written[1] and b"2024" not in written[0]
    assert load_workbook(tmp_path / "2024.xlsx").properties.modified == datetime(1980, 1, 1)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".md"])
def test_same_answers_are_written_in_several_forms(tmp_path, suffix):
    """A further file is, byte for byte, what it would be alone; every record was told before."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents/a.txt").write_text("Apples are red.")
    (tmp_path / "q.txt").write_text("red\n?\n")
    assistant, told = ToyAssistant(tmp_path / "documents"), []
    answer_batch(assistant, tmp_path / "q.txt", tmp_path / f"alone{suffix}")
    also = [tmp_path / f"also{suffix}"]
    answer_batch(assistant, tmp_path / "q.txt", tmp_path / "a.xlsx", also=also, on_record=told.append)
    assert also[0].read_bytes() == (tmp_path / f"alone{suffix}").read_bytes()
    assert [record["line"] for record in told] == [1, 2] and told[0]["answer"] == assistant.ask("red").to_dict()
