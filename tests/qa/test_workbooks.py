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


def test_questions_are_read_from_an_open_document(tmp_path):
    """The first visible sheet of an .ods workbook, with all columns."""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    rows = [("id", "Question"), ("7", "Who?"), ("8", "What?")]
    cells = ["".join(f"<t:table-cell><x:p>{cell}</x:p></t:table-cell>" for cell in row) for row in rows]
    table = "".join(f"<t:table-row>{row}</t:table-row>" for row in cells)
    content = (
        f'<o:document-content xmlns:o="{names}:office:1.0" xmlns:t="{names}:table:1.0" xmlns:x="{names}:text:1.0">'
        f'<o:body><o:spreadsheet><t:table t:name="S">{table}</t:table></o:spreadsheet></o:body></o:document-content>'
    )
    with zipfile.ZipFile(tmp_path / "q.ods", "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", content)
    read = list(read_questions(tmp_path / "q.ods"))
    assert read == [Row(2, "Who?"), Row(3, "What?")]
    assert [row.own for row in read] == [{"id": "7", "Question": "Who?"}, {"id": "8", "Question": "What?"}]


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
    also = [tmp_path / "a.jsonl"]
    answer_batch(ToyAssistant(documents), tmp_path / "q.jsonl", tmp_path / "a.xlsx", also=also, details=True)
    answers = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    workbook = load_workbook(tmp_path / "a.xlsx")
    rows = list(workbook["Answers"].iter_rows())
    headings = [cell.value for cell in rows[0]]
    quotes = [row[headings.index("quote")] for row in rows[1:6]]
    assert [quote.data_type for quote in quotes] == ["s"] * 5
    assert [quote.quotePrefix for quote in quotes] == [True, True, True, True, False]
    written = [citation["quote"] for citation in answers[0]["citations"]]
    assert [quote.value for quote in quotes] == [*written[:4], "red _x0007_ _x005F_x0041_ bell"]
    assert written[4] == "red \x07 _x0041_ bell"
    assert [cell.value for cell in rows[6]][:4] == ["zzz", 2, None, "not_in_sources"]
    last = dict(zip(headings, (cell.value for cell in rows[7]), strict=True))
    assert (last["line"], last["message"], workbook.sheetnames) == (3, "not JSON", ["Answers"])


def test_cells_that_begin_like_a_formula_are_guarded_in_csv(tmp_path):
    """An apostrophe stands before them, in every column of text; other cells stay as they are."""
    (tmp_path / "documents").mkdir()
    beginnings = ("=", "+", "-", "@")
    (tmp_path / "documents/@a.txt").write_text("\n\n".join(f"{sign}1+1 red" for sign in (*beginnings, "5 ")))
    (tmp_path / "q.jsonl").write_text('"=red"\n"\\tred"\n"\\rred"\n"red"\n')
    answer_batch(ToyAssistant(tmp_path / "documents"), tmp_path / "q.jsonl", tmp_path / "a.csv", details=True)
    with open(tmp_path / "a.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["quote"] for row in rows[:5]] == ["'=1+1 red", "'+1+1 red", "'-1+1 red", "'@1+1 red", "5 1+1 red"]
    assert [row["question"] for row in rows[::5]] == ["'=red", "'\tred", "'\rred", "red"]
    assert {row["source"] for row in rows} == {"'@a.txt"}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


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
