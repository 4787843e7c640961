"""Read a file of questions one row at a time: .txt, .csv or .jsonl.

A row that cannot be used is yielded with the reason, so that whoever asks can report it and go on. A question is
handed over as it is written, white space included. Whether it holds a word, or is too long, is for the assistant
to say. Left out: spreadsheets and other encodings than UTF-8, which every spreadsheet program can save to.
"""

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from index import BatchError


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file of questions.

    Attributes:
        line: 1-based line of the file where the row begins.
        question: As written; empty when the row cannot be used.
        error: Why the row cannot be used, in one line; empty when it can.
        conversation: Rows with the same one are turns of one conversation, in order; empty: a question by itself.
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
            headings. `.jsonl`: one object with "question", or one string, a line. Where a column or key "conversation"
            is there, questions with the same one are turns of one conversation.

    Yields:
        The rows, bad ones included.

    Raises:
        BatchError: The file is missing, of another kind, not UTF-8, or a table without a column of questions.
    """
    path = Path(path)
    read = question_reader(path)
    try:
        with path.open(encoding="utf-8-sig", newline="" if read is _read_table else None) as file:
            for row in read(file, path.name):
                if not row.error and not row.question.strip():
                    row = Row(row.line, "", "the question is empty")
                yield row
    except UnicodeDecodeError as error:
        raise BatchError(f"{path.name} is not UTF-8 text. Save it as UTF-8, then try again.") from error
    except OSError as error:
        raise BatchError(f"cannot read {path.name}: {error.strerror or error}") from error


def question_reader(path: Path) -> Callable[[TextIO, str], Iterator[Row]]:
    """Choose the reader of a file by its suffix.

    Raises:
        BatchError: The suffix is none of `.txt`, `.csv` and `.jsonl`.
    """
    readers = {".txt": _read_lines, ".csv": _read_table, ".jsonl": _read_json_lines}
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
        return Row(line, "", "the question holds half a character (a lone surrogate)")
    return Row(line, value, conversation=conversation)


def _read_table(file: TextIO, name: str) -> Iterator[Row]:
    delimiter = _find_delimiter(file)
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    column = turn = width = -1
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if column < 0:
                raise BatchError(f"{name} is not CSV: line {line}: {error}") from error
            reason = f"not CSV: {error}"
            if reader.line_num > line:
                reason += f"; lines {line} to {reader.line_num} are passed over (a quotation mark left open?)"
            yield Row(line, "", reason)
            continue
        if not cells:
            continue
        if column < 0:
            headings = _headings(cells)
            column, width = headings.index("question") if "question" in headings else 0, len(cells)
            turn = headings.index("conversation") if "question" in headings and "conversation" in headings else -1
            if "question" in headings:
                continue
            if width > 1:
                raise BatchError(f'{name} has {width} columns and none is headed "question". Name one so.')
        row = _table_row(line, cells, column, width)
        yield replace(row, conversation=cells[turn].strip()) if 0 <= turn < len(cells) else row


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
