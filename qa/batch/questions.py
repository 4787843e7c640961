"""Read a file of questions row by row: .txt, .csv, .jsonl or .xlsx, in UTF-8.

A row that cannot be used is yielded with the reason, so that the caller can report it and continue. Questions keep
their white space; the assistant checks whether they have a word and are short enough. A separate process reads
workbooks, within limits.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from index import BatchError, IsolatedParser, SourceError

TITLE_ROWS = 20  # of a workbook, among which the headings are looked for
NAMED_COLUMNS = 8
NAMED_CHARACTERS = 40
Cells = tuple[int, list[str]]  # of a row: its line, and the text of its cells


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file of questions.

    Attributes:
        line: 1-based line of the file where the row begins; of a workbook, the row as a spreadsheet shows it.
        question: As written; empty when the row cannot be used.
        error: Why the row cannot be used, in one line; empty when it can.
        conversation: Rows with the same name are turns of one conversation, in order; empty: a single question.
    """

    line: int
    question: str
    error: str = ""
    conversation: str = ""


def read_questions(path: str | Path) -> Iterator[Row]:
    """Read questions, in order; blank lines are passed over.

    Args:
        path: A file in UTF-8, with or without a byte-order mark, any line ends. `.txt`: one question a line. `.csv`:
            a column headed "question" (separated by commas, semicolons or tabs), or a single column without
            headings. `.xlsx`: the same in the first visible sheet; formulas count with the result stored with them.
            `.jsonl`: one object with "question", or one string, a line. Where a column or key "conversation"
            is there, questions with the same one are turns of one conversation.

    Yields:
        The rows, bad ones included.

    Raises:
        BatchError: The file is missing, of another kind, not UTF-8, or a table without a column of questions.
    """
    path = Path(path)
    read = question_reader(path)
    if read is _read_workbook:
        yield from map(_refuse_empty, _read_workbook(path))
        return
    try:
        with path.open(encoding="utf-8-sig", newline="" if read is _read_table else None) as file:
            yield from map(_refuse_empty, read(file, path.name))
    except UnicodeDecodeError as error:
        raise BatchError(f"{path.name} is not UTF-8 text. Save it as UTF-8, then try again.") from error
    except OSError as error:
        raise BatchError(f"cannot read {path.name}: {error.strerror or error}") from error


def _refuse_empty(row: Row) -> Row:
    return row if row.error or row.question.strip() else Row(row.line, "", "the question is empty")


def question_reader(path: Path) -> Callable[..., Iterator[Row]]:
    """Choose the reader of a file by its suffix.

    Raises:
        BatchError: The suffix is none of `.txt`, `.csv`, `.jsonl` and `.xlsx`.
    """
    readers: dict[str, Callable[..., Iterator[Row]]] = {
        ".txt": _read_lines,
        ".csv": _read_table,
        ".jsonl": _read_json_lines,
        ".xlsx": _read_workbook,
    }
    try:
        return readers[path.suffix.lower()]
    except KeyError:
        raise BatchError(f"{path.name}: questions are read from {', '.join(readers)} files.") from None


def _read_lines(file: TextIO, name: str) -> Iterator[Row]:
    for line, text in enumerate(file, start=1):
        if text.strip():
            yield Row(line, text.removesuffix("\n"))


def _read_json_lines(file: TextIO, name: str) -> Iterator[Row]:
    for line, text in enumerate(file, start=1):
        if text.strip():
            yield _parse_json_row(line, text)


def _parse_json_row(line: int, text: str) -> Row:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Row(line, "", "not JSON")
    conversation = ""
    if isinstance(value, dict):
        conversation = "" if value.get("conversation") is None else str(value["conversation"])
        if "question" not in value:
            return Row(line, "", 'no "question" in the object')
        value = value["question"]
    if not isinstance(value, str):
        return Row(line, "", "the question is not a string")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return Row(line, "", "the question contains half a character (a lone surrogate)")
    return Row(line, value, conversation=conversation)


def _read_table(file: TextIO, name: str) -> Iterator[Row]:
    reader = csv.reader(file, delimiter=_find_delimiter(file), strict=True)
    headed = False

    def rows() -> Iterator[Cells | Row]:
        nonlocal headed
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if not headed:
                    raise BatchError(f"{name} is not CSV: line {line}: {error}") from error
                reason = f"not CSV: {error}"
                if reader.line_num > line:
                    reason += f"; lines {line} to {reader.line_num} are passed over (a quotation mark left open?)"
                yield Row(line, "", reason)
                continue
            if cells:
                headed = True
                yield line, cells

    return _read_cells(rows(), name)


def _read_workbook(path: Path) -> Iterator[Row]:
    """Read the rows below the headings, which may have a title above them; cells beside the table count for nothing."""
    with IsolatedParser() as reader:
        try:
            rows = reader.read_rows(path, name=path.name)
        except SourceError as error:
            raise BatchError(str(error)) from error
    titles = next((at for at, (_, cells) in enumerate(rows[:TITLE_ROWS]) if "question" in _headings(cells)), 0)
    rows = rows[titles:]
    width = max((at + 1 for at, cell in enumerate(rows[0][1]) if cell), default=0) if rows else 0
    return _read_cells(((number, cells[:width]) for number, cells in rows), path.name)


def _read_cells(rows: Iterable[Cells | Row], name: str) -> Iterator[Row]:
    """Find the columns by the headings and read the rows below; rows that were refused already are handed on."""
    column = turn = width = -1
    for row in rows:
        if isinstance(row, Row):
            yield row
            continue
        line, cells = row
        if column < 0:
            headings = _headings(cells)
            column, width = headings.index("question") if "question" in headings else 0, len(cells)
            turn = headings.index("conversation") if "question" in headings and "conversation" in headings else -1
            if "question" in headings:
                continue
            if width > 1:
                named = ", ".join(repr(cell.strip()[:NAMED_CHARACTERS]) for cell in cells[:NAMED_COLUMNS])
                named += ", …" if width > NAMED_COLUMNS else ""
                raise BatchError(f'{name} has {width} columns and none is headed "question": {named}. Name one so.')
        found = _table_row(line, cells, column, width)
        yield replace(found, conversation=cells[turn].strip()) if 0 <= turn < len(cells) else found


def _table_row(line: int, cells: list[str], column: int, width: int) -> Row:
    if any(cells[width:]):
        wanted = f"{width} cell" + ("s" if width > 1 else "")
        return Row(line, "", f"{len(cells)} cells instead of {wanted}; put a question that holds a comma in quotes")
    return Row(line, cells[column] if column < len(cells) else "")


def _find_delimiter(file: TextIO) -> str:
    """Find what separates the columns from the headings, and go back to the beginning."""
    first = "\n"
    while first and not first.strip():
        first = file.readline()
    file.seek(0)
    for delimiter in ",;\t":
        if "question" in _headings(next(csv.reader([first], delimiter=delimiter), [])):
            return delimiter
    return ","


def _headings(cells: list[str]) -> list[str]:
    return [cell.strip().casefold() for cell in cells]
