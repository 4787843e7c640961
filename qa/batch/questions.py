"""Read a file of questions row by row: text, tables, workbooks and JSON, text in any encoding that documents may be in.

A row that cannot be used is yielded with the reason, so that the caller can report it and continue. Questions keep their white
space; the assistant checks that they contain a word and are not too long. Workbooks are read in a separate process with limits.
"""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any, TextIO

from index import BatchError, IsolatedParser, SourceError, decode_text
from qa.batch.parquet import read_parquet
from qa.text import file_errors

TITLE_ROWS = 20  # of a workbook, in which to look for the headings
NAMED_COLUMNS = 8
NAMED_CHARACTERS = 40
Cells = tuple[int, list[str]]  # the line of a row, and the text of its cells


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file of questions."""

    line: int  # 1-based line where the row begins; in a workbook, the number of the row; in JSON and Parquet, of the record
    question: str  # as written; empty if the row cannot be used
    error: str = ""  # why the row cannot be used, in one line; else empty
    conversation: str = ""  # rows with the same name are turns of one conversation, in order; empty for a single row
    own: dict[str, Any] = field(
        default_factory=dict, compare=False
    )  # all cells by their headings, as JSON values; may be empty


def read_questions(path: str | Path) -> Iterator[Row]:
    """Read questions, in order; blank lines are skipped.

    Args:
        path: A file in UTF-8, or in another encoding, which is guessed; with any line ends. `.txt`: one question per line.
            `.csv`, `.tsv`: a column headed "question" (separated by commas, semicolons or tabs), or a single column without
            headings. `.xlsx`, `.ods`: the same in the first visible sheet; formulas give their stored result. `.md`: the same
            in the first table that has such a column. `.jsonl`: one object with "question", or one string, per line; `.json`:
            a list of these, or an object with one list. `.parquet`: a column "question". If there is a column or key
            "conversation", questions with the same value are turns of one conversation. All columns and keys are kept.

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
            yield Row(row.line, "", "the question is empty", own=row.own) if empty else row


def suffix_of_stream(content: bytes) -> str:
    """Tell by its first line what a stream of questions is: `.jsonl`, a table as `.csv`, or `.txt`."""
    first = content.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")[0].decode("utf-8", "replace")
    if first.startswith(("{", '"')):
        return ".jsonl"
    return ".csv" if _delimiter_of_headings(first) else ".txt"


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
    return _read_record(line, value)


def _read_record(line: int, value: Any) -> Row:
    """Read a row from an object with a question, or from a string."""
    conversation, own = "", dict[str, Any]()
    if isinstance(value, dict):
        own = {_writable(key): _plain(other) for key, other in value.items()}
        conversation = "" if value.get("conversation") is None else str(value["conversation"])
        if "question" not in value:
            return Row(line, "", 'no "question" in the object', own=own)
        value = value["question"]
    if not isinstance(value, str):
        return Row(line, "", "the question is not a string", own=own)
    if _writable(value) != value:
        return Row(line, "", "the question contains half a character (a lone surrogate)", own=own)
    return Row(line, value, conversation=conversation, own=own)


def _plain(value: Any) -> Any:
    """A value as JSON that can be written: other kinds, such as dates, as text, and numbers that are none as null."""
    if isinstance(value, dict):
        return {_writable(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value if value is None or isinstance(value, (bool, int)) else _writable(str(value))


def _writable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _read_json(path: Path) -> Iterator[Row]:
    with _open_text(path, newline=None) as file:
        try:
            value = json.load(file)
        except (ValueError, RecursionError) as error:
            raise BatchError(f"{path.name} is not JSON. Correct it, or write one object a line as .jsonl.") from error
    lists = [each for each in (value.values() if isinstance(value, dict) else [value]) if isinstance(each, list)]
    if len(lists) != 1:
        raise BatchError(f'{path.name} is no list of questions. Write [{{"question": "Who is it?"}}, ...].')
    yield from (_read_record(number, item) for number, item in enumerate(lists[0], start=1))


def _read_markdown(path: Path) -> Iterator[Row]:
    """Read the first table with a column of questions; its cells as they are shown, without marks."""
    from markdown_it import MarkdownIt

    with _open_text(path, newline=None) as file:
        tokens = MarkdownIt("commonmark").enable("table").parse(file.read())
    tables: list[list[Cells]] = []
    inside = False
    for token in tokens:
        inside = token.type == "table_open" or (inside and token.type != "table_close")
        if token.type == "table_open":
            tables.append([])
        elif inside and token.type == "tr_open":
            tables[-1].append(((token.map or [0])[0] + 1, []))
        elif inside and token.type == "inline":
            tables[-1][-1][1].append("".join(child.content for child in token.children or ()))
    table = next((rows for rows in tables if "question" in _headings(rows[0][1])), tables[0] if tables else None)
    if table is None:
        raise BatchError(f'{path.name} has no table. Write one with a column headed "question", or a .txt file.')
    return _read_cells(table, path.name)


def _read_parquet(path: Path) -> Iterator[Row]:
    """Read the rows of the column of questions, whose heading may have capitals; or of the only column."""
    names, records = read_parquet(path)
    headings = _headings(names)
    if "question" not in headings and len(names) != 1:
        raise _no_questions(path.name, names)
    question = names[headings.index("question") if "question" in headings else 0]
    turn = names[headings.index("conversation")] if "conversation" in headings else ""
    for number, record in enumerate(records, start=1):
        row = _read_record(number, {"question": record[question] or "", "conversation": record.get(turn)})
        yield replace(row, own={_writable(name): _plain(value) for name, value in record.items()})


def _read_table(path: Path, *, delimiter: str = "") -> Iterator[Row]:
    with _open_text(path, newline="") as file:
        yield from _read_cells(_read_csv_rows(file, path.name, delimiter), path.name)


def _read_csv_rows(file: TextIO, name: str, delimiter: str) -> Iterator[Cells | Row]:
    reader = csv.reader(file, delimiter=delimiter or _find_delimiter(file), strict=True)
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
                names = _own_names(cells)
                continue
            if width > 1:
                raise _no_questions(name, cells)
        found = _table_row(line, cells, column, width)
        own = dict(zip(names, [*cells, *[""] * (len(names) - len(cells))], strict=False))
        yield replace(found, conversation=cells[turn].strip() if 0 <= turn < len(cells) else "", own=own)


def _no_questions(name: str, headings: list[str]) -> BatchError:
    named = ", ".join(repr(cell.strip()[:NAMED_CHARACTERS]) for cell in headings[:NAMED_COLUMNS])
    named += ", …" if len(headings) > NAMED_COLUMNS else ""
    return BatchError(f'{name} has {len(headings)} columns and none is headed "question": {named}. Name one so.')


def _own_names(cells: list[str]) -> list[str]:
    """Name the columns; one without a heading gets its number, and of two with one heading the second gets it too."""
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = cell.strip() or f"column {number}"
        names.append(f"{name} ({number})" if name in names else name)
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
    return _delimiter_of_headings(first) or ","


def _delimiter_of_headings(line: str) -> str:
    """The delimiter with which a line has a heading "question"; empty if it has none."""
    return next((each for each in ",;\t" if "question" in _headings(next(csv.reader([line], delimiter=each), []))), "")


def _headings(cells: list[str]) -> list[str]:
    return [cell.strip().casefold() for cell in cells]


_READ_LINES = partial(_read_lines, parse=lambda line, text: Row(line, text.removesuffix("\n")))
_READ_JSON_LINES = partial(_read_lines, parse=_parse_json_row)
_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".txt": _READ_LINES,
    ".csv": _read_table,
    ".tsv": partial(_read_table, delimiter="\t"),
    ".xlsx": _read_workbook,
    ".ods": _read_workbook,
    ".jsonl": _READ_JSON_LINES,
    ".ndjson": _READ_JSON_LINES,
    ".json": _read_json,
    ".parquet": _read_parquet,
    ".md": _read_markdown,
}
