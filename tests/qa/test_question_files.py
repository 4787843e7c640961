"""Questions read from .txt, .csv and .jsonl: as they were written, bad rows with reasons."""

import csv
import datetime
import json

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from index import BatchError
from qa.batch.questions import Row, read_questions, suffix_of_stream


def write(path, content):
    """Write text or bytes and return the path."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


NO_STRING = "the question is not a string"
READ = {
    "txt": ("q.txt", "Who?\nWhat?\n", [Row(1, "Who?"), Row(2, "What?")]),
    "txt without last line end": ("q.txt", "Who?", [Row(1, "Who?")]),
    "txt byte-order mark and CRLF": ("q.txt", b"\xef\xbb\xbfWho?\r\n\r\nWhat?\r\n", [Row(1, "Who?"), Row(3, "What?")]),
    "txt blank lines": ("q.txt", "\n \t\nWho?\n\n", [Row(3, "Who?")]),
    "txt keeps white space": ("q.txt", " Who? \n", [Row(1, " Who? ")]),
    "txt only line ends part lines": ("q.txt", "a\u2028b\x0cc\x85d\n", [Row(1, "a\u2028b\x0cc\x85d")]),
    "txt empty": ("q.txt", "", []),
    "suffix in capitals": ("Q.TXT", "Who?", [Row(1, "Who?")]),
    "csv headed": ("q.csv", "id,Question\n1,Who?\n2,What?\n", [Row(2, "Who?"), Row(3, "What?")]),
    "csv one column": ("q.csv", "Who?\nWhat?\n", [Row(1, "Who?"), Row(2, "What?")]),
    "csv one column headed": ("q.csv", "question\nWho?\n", [Row(2, "Who?")]),
    "csv semicolons": ("q.csv", "id;question\n1;Who, what?\n", [Row(2, "Who, what?")]),
    "csv tabs": ("q.csv", "id\tquestion\n1\tWho, what?\n", [Row(2, "Who, what?")]),
    "csv byte-order mark": ("q.csv", b"\xef\xbb\xbfquestion\r\nWho?\r\n", [Row(2, "Who?")]),
    "csv blank lines": ("q.csv", "\n\nquestion\n\nWho?\n", [Row(5, "Who?")]),
    "csv line in quotes": (
        "q.csv",
        'question,id\n"Who\nand, ""what""?",1\nWhen?,2\n',
        [Row(2, 'Who\nand, "what"?'), Row(4, "When?")],
    ),
    "csv empty cell": ("q.csv", "id,question\n1,\n2,Who?\n", [Row(2, "", "the question is empty"), Row(3, "Who?")]),
    "csv short row": ("q.csv", "id,question\n1\n", [Row(2, "", "the question is empty")]),
    "csv trailing empty cells": ("q.csv", "id,question\n1,Who?,,\n", [Row(2, "Who?")]),
    "csv comma without quotes": (
        "q.csv",
        "id,question\n1,Who, what?\n",
        [Row(2, "", "3 cells instead of 2 cells; put a question that holds a comma in quotes")],
    ),
    "csv text behind a quote": (
        "q.csv",
        'question\n"Who"?\nWhat?\n',
        [Row(2, "", "not CSV: ',' expected after '\"'"), Row(3, "What?")],
    ),
    "csv quote left open": (
        "q.csv",
        'question\nWho?\n"What?\nWhen?\n',
        [
            Row(2, "Who?"),
            Row(3, "", "not CSV: unexpected end of data; lines 3 to 4 are passed over (a quotation mark left open?)"),
        ],
    ),
    "tsv": ("q.tsv", "id\tQuestion\n1\tWho; what, or why?\n", [Row(2, "Who; what, or why?")]),
    "tsv one column": ("q.tsv", "Who, what?\n", [Row(1, "Who, what?")]),
    "ndjson": ("q.ndjson", '"Who?"\n', [Row(1, "Who?")]),
    "json": ("q.json", '[{"question": "Who?"}, "What?", 7]', [Row(1, "Who?"), Row(2, "What?"), Row(3, "", NO_STRING)]),
    "json of one list": ("q.json", '{"made": "today", "asked": [{"question": "Who?"}]}', [Row(1, "Who?")]),
    "markdown": (
        "q.md",
        "# Mine\n\n| a |\n|---|\n| b |\n\nid | Question\n---|---\n1 | **Who** or `what`\\|why?\n2 | |\n\n| c |\n|---|\n",
        [Row(9, "Who or what|why?"), Row(10, "", "the question is empty")],
    ),
    "markdown one column": ("q.md", "| Who? |\n|---|\n| What? |\n", [Row(1, "Who?"), Row(3, "What?")]),
    "jsonl": ("q.jsonl", '{"id": 1, "question": "Who?"}\n\n"What?"\n', [Row(1, "Who?"), Row(3, "What?")]),
    "jsonl bad rows": (
        "q.jsonl",
        '{"question": "Wh\n{"q": 1}\n{"question": 7}\n[]\n" "\n"\\ud800"\n"Who?"\n',
        [
            Row(1, "", "not JSON"),
            Row(2, "", 'no "question" in the object'),
            Row(3, "", "the question is not a string"),
            Row(4, "", "the question is not a string"),
            Row(5, "", "the question is empty"),
            Row(6, "", "the question contains half a character (a lone surrogate)"),
            Row(7, "Who?"),
        ],
    ),
    "jsonl nested without end": ("q.jsonl", "[" * 100_000 + '\n"Who?"\n', [Row(1, "", "not JSON"), Row(2, "Who?")]),
}


@pytest.mark.parametrize(("name", "content", "rows"), READ.values(), ids=READ)
def test_questions_are_read_as_written(tmp_path, name, content, rows):
    """Every format gives the questions as written, the line each begins on, and a reason for every bad row."""
    assert list(read_questions(write(tmp_path / name, content))) == rows


ENCODED = {
    "windows-1252": ("q.csv", "id;question\n1;Wer z\u00e4hlt?\n".encode("cp1252"), "Wer z\u00e4hlt?"),
    "UTF-16 text": ("q.txt", "Wer z\u00e4hlt?\n".encode("utf-16"), "Wer z\u00e4hlt?"),
    "UTF-16 lines": ("q.jsonl", '"Wer z\u00e4hlt?"\r\n'.encode("utf-16"), "Wer z\u00e4hlt?"),
}


@pytest.mark.parametrize(("name", "content", "question"), ENCODED.values(), ids=ENCODED)
def test_questions_in_other_encodings_are_read_as_documents_are(tmp_path, name, content, question):
    """A byte-order mark is believed, and what is not UTF-8 is guessed."""
    assert [row.question for row in read_questions(write(tmp_path / name, content))] == [question]


OWN = {
    "csv": ("q.csv", "id;Question;;id\n1;Who?;x;2\n;;;\n", [["1", "Who?", "x", "2"], ["", "", "", ""]]),
    "csv short row": ("q.csv", "id,question,note\n1,Who?\n", [["1", "Who?", ""]]),
    "markdown": ("q.md", "id | question\n-|-\n*1* | Who?\n", [["1", "Who?"]]),
    "jsonl": (
        "q.jsonl",
        '{"id": 1, "question": "Who?", "more": {"a": [null, 0.5]}}',
        [[1, "Who?", {"a": [None, 0.5]}]],
    ),
    "json": ("q.json", '[{"question": "", "id": 1}]', [["", 1]]),
    "txt": ("q.txt", "Who?", [[]]),
}


@pytest.mark.parametrize(("name", "content", "cells"), OWN.values(), ids=OWN)
def test_all_cells_are_kept_in_their_order(tmp_path, name, content, cells):
    """Also those of rows that cannot be asked, of columns without a heading, and of two with one heading."""
    rows = list(read_questions(write(tmp_path / name, content)))
    assert [list(row.own.values()) for row in rows] == cells
    assert name != "q.csv" or "note" in rows[0].own or list(rows[0].own) == ["id", "Question", "column 3", "id (4)"]


def test_questions_are_read_from_parquet(tmp_path):
    """A column "question", or the only one; what JSON has no kind for comes as text, and no number as nothing."""
    day, when = datetime.date(2024, 3, 1), datetime.datetime(2024, 3, 1, 12)
    columns = {"id": [1, 2], "Question": ["Who?", None], "conversation": ["a", None]}
    table = pyarrow.table(
        {**columns, "day": [day, None], "when": [when, None], "b": [b"x", None], "x": [0.5, float("nan")]}
    )
    parquet.write_table(table, tmp_path / "q.parquet")
    first, second = read_questions(tmp_path / "q.parquet")
    assert first == Row(1, "Who?", conversation="a") and second == Row(2, "", "the question is empty")
    assert list(first.own) == list(second.own) == ["id", "Question", "conversation", "day", "when", "b", "x"]
    assert list(first.own.values()) == [1, "Who?", "a", "2024-03-01", "2024-03-01 12:00:00", "b'x'", 0.5]
    assert second.own["x"] is None
    parquet.write_table(pyarrow.table({"q": ["Who?"]}), tmp_path / "q.parquet")
    assert list(read_questions(tmp_path / "q.parquet")) == [Row(1, "Who?")]
    parquet.write_table(pyarrow.table({"a": ["Who?"], "b": [1]}), tmp_path / "q.parquet")
    with pytest.raises(
        BatchError, match="q.parquet has 2 columns and none is headed \"question\": 'a', 'b'. Name one so."
    ):
        list(read_questions(tmp_path / "q.parquet"))


@pytest.mark.parametrize(
    ("content", "suffix"),
    [
        (b"Who, what?\nWhy?\n", ".txt"),
        (b"", ".txt"),
        (b"\xef\xbb\xbf\nid;Question\n", ".csv"),
        (b"question\n", ".csv"),
        (b'{"question": "Who?"}', ".jsonl"),
        (b' "Who?"\n', ".jsonl"),
    ],
)
def test_the_first_line_of_a_stream_tells_what_it_is(content, suffix):
    """An object or a string, headings with "question", or lines of text."""
    assert suffix_of_stream(content) == suffix


UNREADABLE = {
    "missing": ("absent.txt", None, "cannot read absent.txt: No such file or directory"),
    "other suffix": (
        "q.xls",
        "x",
        "q.xls: questions are read from .txt, .csv, .tsv, .xlsx, .ods, .jsonl, .ndjson, .json, .parquet, .md files.",
    ),
    "no suffix": (
        "q",
        "x",
        "q: questions are read from .txt, .csv, .tsv, .xlsx, .ods, .jsonl, .ndjson, .json, .parquet, .md files.",
    ),
    "binary": ("q.txt", b"\xff\0\1", "q.txt is not text. Save it as UTF-8, then try again."),
    "no column of questions": (
        "q.csv",
        "id,text\n",
        "q.csv has 2 columns and none is headed \"question\": 'id', 'text'. Name one so.",
    ),
    "many columns": (
        "q.csv",
        ",".join(map(str, range(10))) + "\n",
        "q.csv has 10 columns and none is headed \"question\": '0', '1', '2', '3', '4', '5', '6', '7', …. Name one so.",
    ),
    "no JSON": ("q.json", "[", "q.json is not JSON. Correct it, or write one object a line as .jsonl."),
    "no list": ("q.json", "7", 'q.json is no list of questions. Write [{"question": "Who is it?"}, ...].'),
    "two lists": (
        "q.json",
        '{"a": [], "b": []}',
        'q.json is no list of questions. Write [{"question": "Who is it?"}, ...].',
    ),
    "no Markdown table": (
        "q.md",
        "a | b",
        'q.md has no table. Write one with a column headed "question", or a .txt file.',
    ),
    "no Parquet": ("q.parquet", "x", "q.parquet is no Parquet file, or is damaged. Write it anew."),
    "missing Parquet": ("absent.parquet", None, "cannot read absent.parquet: No such file or directory"),
    "no workbook": ("q.xlsx", "x", None),
    "no table": ("q.csv", '"a"b\n', "q.csv is not CSV: line 1: ',' expected after '\"'"),
}


@pytest.mark.parametrize(("name", "content", "message"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_without_questions_is_refused(tmp_path, name, content, message):
    """A file that cannot hold questions raises a BatchError that says why."""
    if content is not None:
        write(tmp_path / name, content)
    with pytest.raises(BatchError) as caught:
        list(read_questions(tmp_path / name))
    assert str(caught.value) == message or (message is None and str(caught.value).startswith("q.xlsx "))


QUESTION = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text.strip())
LINE = QUESTION.filter(lambda text: not set(text) & {"\r", "\n"})


@given(st.lists(LINE))
def test_questions_come_back_from_txt(tmp_path_factory, questions):
    """Whatever lines are written to a .txt file are the questions read."""
    path = tmp_path_factory.mktemp("q") / "q.txt"
    path.write_text("".join(question + "\n" for question in questions), encoding="utf-8-sig", newline="")
    assert list(read_questions(path)) == [Row(line, question) for line, question in enumerate(questions, start=1)]


@given(st.lists(QUESTION), st.sampled_from(",;\t"), st.sampled_from(["\n", "\r\n"]))
def test_questions_come_back_from_csv(tmp_path_factory, questions, delimiter, line_end):
    """Whatever is written to a column "question" of a .csv file is read back, line ends and quotes included."""
    path = tmp_path_factory.mktemp("q") / "q.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
        table.writerows([["id", "question"], *([number, question] for number, question in enumerate(questions))])
    assert [row.question for row in read_questions(path)] == questions


@given(st.lists(QUESTION), st.booleans())
def test_questions_come_back_from_jsonl(tmp_path_factory, questions, ascii_only):
    """Whatever is written to a .jsonl file, as objects, is read back."""
    path = tmp_path_factory.mktemp("q") / "q.jsonl"
    lines = [json.dumps({"question": question}, ensure_ascii=ascii_only) for question in questions]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8", newline="")
    assert list(read_questions(path)) == [Row(line, question) for line, question in enumerate(questions, start=1)]
