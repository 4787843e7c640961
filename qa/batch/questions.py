"""Read a file of questions row by row: .txt, .csv, .jsonl or .xlsx, text in any encoding that documents may be in.

A row that cannot be used is yielded with the reason, so that the caller can report it and continue. Questions keep their white
space; the assistant checks that they contain a word and are not too long. Workbooks are read in a separate process with limits.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TextIO

from index import BatchError, IsolatedParser, SourceError, decode_text
from qa.text import file_errors

TITLE_ROWS = 20  # of a workbook, in which to look for the headings
NAMED_COLUMNS = 8
NAMED_CHARACTERS = 40
Cells = tuple[int, list[str]]  # the line of a row, and the text of its cells


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file of questions."""

    line: int  # 1-based line where the row begins; in a workbook, the number of the row
    question: str  # as written; empty if the row cannot be used
    error: str = ""  # why the row cannot be used, in one line; else empty
    conversation: str = ""  # rows with the same name are turns of one conversation, in order; empty for a single row
    own: dict[str, str] = field(default_factory=dict, compare=False)  # the other cells of the row, by their headings


def read_questions(path: str | Path) -> Iterator[Row]:
    """Read questions, in order; blank lines are skipped.

    Args:
        path: A file in UTF-8, or in another encoding, which is guessed; with any line ends. `.txt`: one question per line.
            `.csv`: a column headed "question" (separated by commas, semicolons or tabs), or a single column without headings.
            `.xlsx`: the same in the first visible sheet; formulas give their stored result. `.jsonl`: one object with
            "question", or one string, per line. If there is a column or key "conversation", questions with the same value are
            turns of one conversation. Other columns and keys are kept as they are.

    Yields:
        The rows, including those that cannot be used.

    Raises:
        BatchError: The file is missing, of another kind, not text, or a table without a column of questions.
    """
    path = Path(path)
    if path.suffix.lower() not in _READERS:
        raise BatchError(f"{path.name}: questions are read from {', '.join(_READERS)} files.")
    with file_errors(f"read {path.name}"):
        for row in _READERS[path.suffix.lower()](path):
            empty = not row.error and not row.question.strip()
            yield Row(row.line, "", "the question is empty") if empty else row


def _open_text(path: Path, *, newline: str | None) -> TextIO:
    """Open the text of a file; `newline` as for `open`."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = decode_text(content, name=path.name).text
        except SourceError as error:
            raise BatchError(f"{path.name} is not text. Save it as UTF-8, then try again.") from error
    return io.StringIO(text, newline=newline)


def _read_lines(path: Path, parse: Callable[[int, str], Row]) -> Iterator[Row]:
    with _open_text(path, newline=None) as file:
        yield from (parse(line, text) for line, text in enumerate(file, start=1) if text.strip())


def _parse_json_row(line: int, text: str) -> Row:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Row(line, "", "not JSON")
    conversation, own = "", dict[str, str]()
    if isinstance(value, dict):
        own = {_as_text(key): _as_text(other) for key, other in value.items() if key != "question"}
        conversation = "" if value.get("conversation") is None else str(value["conversation"])
        if "question" not in value:
            return Row(line, "", 'no "question" in the object', own=own)
        value = value["question"]
    if not isinstance(value, str):
        return Row(line, "", "the question is not a string", own=own)
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return Row(line, "", "the question contains half a character (a lone surrogate)", own=own)
    return Row(line, value, conversation=conversation, own=own)


def _as_text(value: object) -> str:
    text = value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _read_table(path: Path) -> Iterator[Row]:
    with _open_text(path, newline="") as file:
        yield from _read_cells(_read_csv_rows(file, path.name), path.name)


def _read_csv_rows(file: TextIO, name: str) -> Iterator[Cells | Row]:
    reader = csv.reader(file, delimiter=_find_delimiter(file), strict=True)
    headed = False
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


def _read_workbook(path: Path) -> Iterator[Row]:
    """Read the rows below the headings, which may follow a title; cells beside the table are ignored."""
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
    """Find the columns by the headings and read the rows below; rows with an error are passed on."""
    column = turn = width = -1
    names: list[str] = []
    for row in rows:
        if isinstance(row, Row):
            yield row
            continue
        line, cells = row
        if column < 0:
            headings, column, width = _headings(cells), 0, len(cells)
            if "question" in headings:
                column = headings.index("question")
                turn = headings.index("conversation") if "conversation" in headings else -1
                names = _own_names(cells, column)
                continue
            if width > 1:
                named = ", ".join(repr(cell.strip()[:NAMED_CHARACTERS]) for cell in cells[:NAMED_COLUMNS])
                named += ", …" if width > NAMED_COLUMNS else ""
                raise BatchError(f'{name} has {width} columns and none is headed "question": {named}. Name one so.')
        found = _table_row(line, cells, column, width)
        own = {name: cell for name, cell in zip(names, cells, strict=False) if name}
        yield replace(found, conversation=cells[turn].strip() if 0 <= turn < len(cells) else "", own=own)


def _own_names(cells: list[str], question: int) -> list[str]:
    """Name the columns but that of the questions; of two with one heading the second gets its number."""
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = "" if number == question + 1 else cell.strip()
        names.append(f"{name} ({number})" if name in names and name else name)
    return names


def _table_row(line: int, cells: list[str], column: int, width: int) -> Row:
    if any(cells[width:]):
        wanted = f"{width} cell" + ("s" if width > 1 else "")
        return Row(line, "", f"{len(cells)} cells instead of {wanted}; put a question that holds a comma in quotes")
    return Row(line, cells[column] if column < len(cells) else "")


def _find_delimiter(file: TextIO) -> str:
    """Find the delimiter of the columns in the headings, and go back to the beginning."""
    first = next((line for line in iter(file.readline, "") if line.strip()), "")
    file.seek(0)
    for delimiter in ",;\t":
        if "question" in _headings(next(csv.reader([first], delimiter=delimiter), [])):
            return delimiter
    return ","


def _headings(cells: list[str]) -> list[str]:
    return [cell.strip().casefold() for cell in cells]


_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".txt": partial(_read_lines, parse=lambda line, text: Row(line, text.removesuffix("\n"))),
    ".csv": _read_table,
    ".jsonl": partial(_read_lines, parse=_parse_json_row),
    ".xlsx": _read_workbook,
}
