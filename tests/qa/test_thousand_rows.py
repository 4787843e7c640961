"""A batch with columns of one's own through every kind of table: nothing moves, nothing is calculated, and it can be resumed."""

import csv
import json
import os

import pytest
from openpyxl import Workbook, load_workbook
from toy_assistant import ToyAssistant

from qa.batch import answer_batch

ROWS = int(os.environ.get("QA_BATCH_ROWS", "60"))
OWN = ("id", "question", "answer", "=note", "note")
SUFFIXES = (".csv", ".xlsx", ".jsonl", ".parquet")
FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(A1)", '=HYPERLINK("http://offsite.invalid")', "plain", "-5", "")


class Interrupted(ToyAssistant):
    """An assistant that is interrupted after so many questions."""

    left = 0

    def ask(self, question):
        """Answer, or behave as if Ctrl-C had been pressed."""
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt
        return super().ask(question)


def make_rows():
    """Rows in no order of their ids, some with questions that cannot be asked, and with what a spreadsheet would calculate."""
    asked = ("red", "green or red", "zzz", "?", 'one,\n"two" = red')
    return [
        [f"{(number * 7919) % ROWS:04}", asked[number % 5], f"gold {number}", FORMULAS[number % 8], f"n{number}"]
        for number in range(ROWS)
    ]


def write(path, rows):
    """Write the rows as a file of questions."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([OWN, *rows])
    elif path.suffix == ".xlsx":
        workbook = Workbook(write_only=True)
        sheet = workbook.create_sheet()
        for row in (OWN, *rows):
            cells = [_text_cell(sheet, cell) for cell in row]
            sheet.append(cells)
        workbook.save(path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(dict(zip(OWN, row, strict=True))) + "\n" for row in rows))
    else:
        import pyarrow
        from pyarrow import parquet

        columns = zip(*rows, strict=True)
        parquet.write_table(pyarrow.table(dict(zip(OWN, map(list, columns), strict=True))), path)


def _text_cell(sheet, text):
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    return cell


def read(path):
    """The headings and the cells below those of the questions, as a program gets them."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            found = list(csv.reader(file))
    elif path.suffix == ".xlsx":
        rows = list(load_workbook(path)["Answers"].iter_rows())
        assert {cell.data_type for row in rows for cell in row} <= {"s", "n", "inlineStr"}
        found = [[cell.value or "" for cell in row] for row in rows]
    elif path.suffix == ".jsonl":
        records = [json.loads(line)["row"] for line in path.read_text(encoding="utf-8").splitlines()]
        found = [list(records[0]), *(list(record.values()) for record in records)]
    else:
        from pyarrow import parquet

        table = parquet.read_table(path)
        found = [table.column_names, *map(list, zip(*table.to_pydict().values(), strict=True))]
    return [row[: len(OWN)] for row in found]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_batch_keeps_columns_and_rows_and_can_be_resumed(tmp_path, suffix):
    """From each kind of file into each; interrupted at a third and at two thirds, it ends with the same bytes."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents/a.txt").write_text("Apples are red.\n\n=1+1 red\n\nPears are green.")
    rows, toy = make_rows(), ToyAssistant(tmp_path / "documents")
    questions, answers = tmp_path / f"q{suffix}", [tmp_path / f"a{kind}" for kind in SUFFIXES]
    write(questions, rows)
    report = answer_batch(toy, questions, answers[0], also=answers[1:])
    assert report.answered + len(report.not_answered) == ROWS
    shown = [[" ".join(cell.split()) for cell in row] if suffix == ".xlsx" else row for row in rows]
    for path in answers:
        headings, *cells = read(path)
        if path.suffix == ".csv":
            signed = [cell for row in [headings, *cells] for cell in row if cell.startswith(("=", "+", "-", "@"))]
            assert set(signed) == {"-5"}
            headings, *cells = ([cell.removeprefix("'") for cell in row] for row in (headings, *cells))
        assert tuple(headings) == OWN
        assert cells == shown
    whole = [path.read_bytes() for path in answers]
    for path in answers:
        path.unlink()
    assistant, kept = Interrupted(tmp_path / "documents"), []
    for left in (ROWS // 3, ROWS // 3, ROWS):
        assistant.left = left
        try:
            kept.append(answer_batch(assistant, questions, answers[0], also=answers[1:]).kept)
        except KeyboardInterrupt:
            assert not any(path.exists() for path in answers)
    assert kept == [2 * (ROWS // 3)]
    assert [path.read_bytes() for path in answers] == whole
