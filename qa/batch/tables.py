"""Write the answers of a batch: tables as .csv, .xlsx and .parquet, records as .jsonl, and a report as .md.

The columns of the file of questions come first, as they were, and a row for each of its rows. A file appears complete or not at
all: it is written under another name, flushed to the disk and renamed.
"""

import csv
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from io import BytesIO, TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any
from zipfile import ZIP64_LIMIT, ZIP_DEFLATED, ZipFile, ZipInfo

from index import BatchError
from qa.answering.rows import column_kind, detail, detail_columns, summarise, summary_columns
from qa.batch.parquet import check_parquet, write_parquet
from qa.exports import answer_paragraphs, escape_markdown

Record = Mapping[str, Any]
LONGEST_CELL = 32_767  # characters, a limit of the format; JSON Lines have the full text
_LARGEST_NUMBER = 2**53  # that spreadsheets keep exactly
_INT64 = 2**63
_SIGNED_NUMBER = re.compile(r"[+-][\d.,]*\d%?")  # calculates nothing
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheet programs take for a formula, or leave out before one
_BEGINNING = datetime(1980, 1, 1)  # the earliest time in a ZIP archive: equal answers make equal files
_WIDTHS = {"question": 40, "answer": 24, "message": 24, "quote": 60, "source": 24, "place": 24}  # characters
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9a-fA-F]{4}_)")


class AnswerTable:
    """Records as a table: the columns of the questions, then those of the answers.

    Attributes:
        own: The headings of the questions, and what their cells hold: str, int, float or bool.
        columns: The columns of the answers.
        headings: All headings; one of ours that the questions have too gets " (found)".
    """

    def __init__(self, records: Iterable[Record], *, details: bool = False, paths: bool = False) -> None:
        """Look through the records for their columns; `rows` reads them again."""
        self._records, self._details = records, details
        kinds: dict[str, type | None] = {}
        quotes = 1
        for record in records:
            for name, value in record.get("own", {}).items():
                kinds[name] = _common_kind(kinds.get(name), value)
            quotes = max(quotes, len(record.get("answer", {}).get("citations", ())))
        self.own = {name: kind or str for name, kind in (kinds or {"question": str}).items()}
        self.columns = detail_columns(paths=paths) if details else summary_columns(quotes)
        self.headings = [*self.own]
        for name in self.columns:
            while name in self.headings:
                name += " (found)"
            self.headings.append(name)

    def rows(self) -> Iterator[list[Any]]:
        """The cells of each row, in the order of the headings; None for an empty one."""
        for record in self._records:
            own = record.get("own") or {"question": record.get("question", "")}
            first = [own.get(name) for name in self.own]
            for row in self._describe(record):
                yield first + [row.get(name) for name in self.columns]

    def _describe(self, record: Record) -> Iterator[dict[str, Any]]:
        if "error" in record:
            yield {"line": record["line"], "message": record["error"]}
        elif self._details:
            yield from ({"line": record["line"], **row} for row in detail(record["answer"]))
        else:
            yield summarise(record["answer"])

    def kinds(self) -> dict[str, type]:
        """What the cells below each heading hold."""
        return dict(zip(self.headings, [*self.own.values(), *map(column_kind, self.columns)], strict=True))


def _common_kind(kind: type | None, value: Any) -> type | None:
    """What a column holds that held something, or nothing, and has one more value."""
    found = type(value) if isinstance(value, (bool, float)) or (type(value) is int and abs(value) < _INT64) else str
    if value is None or kind in (None, found):
        return kind if value is None else found
    return float if {kind, found} == {int, float} else str


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def write_answers(path: Path, records: Iterable[Record], *, details: bool = False, paths: bool = False) -> None:
    """Write records as the file `path`, whose suffix says how.

    Args:
        path: `.csv`, `.xlsx` and `.parquet`: a table, see `AnswerTable`. In `.csv`, text that begins like a formula gets an
            apostrophe in front; in the others every text stays a text. `.jsonl`: `answer_line` of each record. `.md`: a report
            with every quote as a block quote.
        records: `line`, `question` and `answer` (as `Answer.to_dict()` gives it), or `error` in its place for a row that was
            not answered; `own` has all cells of the row, by their headings. Tables read the records twice.
        details: Write tables with a row for each quote, and all that is known of it.
        paths: Write the absolute paths of documents.

    Raises:
        BatchError: The suffix is another one, or the file cannot be written; a file already there stays as it was.
    """
    check_suffix(path)
    suffix = path.suffix.lower()
    new = path.with_name(path.name + ".new")
    try:
        with new.open("wb") as file:
            if suffix in _TABLES:
                _TABLES[suffix](file, AnswerTable(records, details=details, paths=paths))
            else:
                file.writelines(line.encode("utf-8") for line in _TEXTS[suffix](records, paths))
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, path)
        if os.name == "posix":  # make the rename durable; Windows cannot open a folder
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise BatchError(f"cannot write {path}: {error.strerror or error}") from error


def answer_line(record: Record, *, paths: bool = False) -> str:
    """A record as a line of JSON: the cells of its row as `row`, if they have headings, and what `Answer.to_dict()` gives.

    Without `paths`, the `path` of a citation is the name of its document, as in `source`; the hash of an answer has no paths.
    """
    row = {"row": record["own"]} if record.get("own") else {}
    if "error" in record:
        told = {name: record[name] for name in ("line", "question", "error") if name in record}
        return json.dumps({**row, **told}, ensure_ascii=False) + "\n"
    answer = record["answer"] if paths else _without_paths(record["answer"])
    return json.dumps({**row, **answer}, ensure_ascii=False) + "\n"


def _without_paths(answer: Record) -> dict[str, Any]:
    named = dict(answer)
    for name in ("citations", "closest"):
        named[name] = [{**citation, "path": citation["source"]} for citation in named.get(name, ())]
    if named.get("parts"):
        named["parts"] = [_without_paths(part) for part in named["parts"]]
    return named


def _write_csv(file: IO[bytes], table: AnswerTable) -> None:
    """Write UTF-8 without a byte-order mark, lines ending in CR LF (RFC 4180).

    Text that begins like a formula gets an apostrophe in front, or a spreadsheet program would calculate what a document says.
    """
    text = TextIOWrapper(file, encoding="utf-8", newline="")
    writer = csv.writer(text)
    writer.writerow(map(_guard, table.headings))
    writer.writerows(map(_guard, row) for row in table.rows())
    text.detach()


def _guard(value: Any) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    told = _as_text(value) or ""
    harmless = not told.startswith(_FORMULA) or _SIGNED_NUMBER.fullmatch(told)
    return told if harmless else f"'{told}"


def _write_workbook(file: IO[bytes], table: AnswerTable) -> None:
    """Write a sheet. Text is never a formula, whatever it starts with. Equal records make equal files, to the byte."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils import get_column_letter
    from openpyxl.xml.constants import ARC_CORE
    from openpyxl.xml.functions import tostring

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Answers")

    def make(value: Any) -> Any:
        if isinstance(value, bool) or (isinstance(value, (int, float)) and abs(value) <= _LARGEST_NUMBER):
            return value
        if (told := _as_text(value)) is None:
            return None
        text = _UNWRITABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", told)[:LONGEST_CELL]
        cell = WriteOnlyCell(sheet, text)
        cell.data_type = "s"  # else a text that begins with "=" is a formula
        cell.quotePrefix = told.startswith(_FORMULA)  # and stays none when it is edited
        return cell

    sheet.freeze_panes = "A2"
    for position, heading in enumerate(table.headings, start=1):
        width = _WIDTHS.get(heading.casefold().partition(" ")[0], 12)
        sheet.column_dimensions[get_column_letter(position)].width = width
    sheet.append([make(heading) for heading in table.headings])
    for row in table.rows():
        sheet.append([make(value) for value in row])
    with TemporaryFile() as saved:
        workbook.save(saved)
        workbook.properties.created = workbook.properties.modified = _BEGINNING
        _copy_without_times(saved, file, {ARC_CORE: tostring(workbook.properties.to_tree())})


def _copy_without_times(saved: IO[bytes], file: IO[bytes], instead: Mapping[str, bytes]) -> None:
    """Copy a ZIP archive, its entries without the time of writing and some of them with other content."""
    with ZipFile(saved) as archive, ZipFile(file, "w") as copied:
        for entry in archive.infolist():
            new = ZipInfo(entry.filename, _BEGINNING.timetuple()[:6])
            new.compress_type = ZIP_DEFLATED
            content = BytesIO(instead[entry.filename]) if entry.filename in instead else archive.open(entry)
            with content, copied.open(new, "w", force_zip64=entry.file_size >= ZIP64_LIMIT) as target:
                shutil.copyfileobj(content, target)


def _write_parquet(file: IO[bytes], table: AnswerTable) -> None:
    """Write a table whose columns hold text, numbers or truth values; a column of several kinds holds text."""
    kinds = table.kinds()
    texts = [kind is str for kind in kinds.values()]
    rows = ([_as_text(v) if text else v for v, text in zip(row, texts, strict=True)] for row in table.rows())
    write_parquet(file, kinds, rows)


def _list_lines(records: Iterable[Record], paths: bool) -> Iterator[str]:
    return (answer_line(record, paths=paths) for record in records)


def _list_report(records: Iterable[Record], paths: bool) -> Iterator[str]:
    yield "# Answers\n"
    for record in records:
        if "error" in record:
            yield f"\n## Line {record['line']}: not answered\n\n{escape_markdown(record['error'])}\n"
        else:
            yield from (f"\n{paragraph}\n" for paragraph in answer_paragraphs(record["answer"]))


_TABLES: dict[str, Callable[[IO[bytes], AnswerTable], None]] = {
    ".csv": _write_csv,
    ".xlsx": _write_workbook,
    ".parquet": _write_parquet,
}
_TEXTS: dict[str, Callable[[Iterable[Record], bool], Iterator[str]]] = {".jsonl": _list_lines, ".md": _list_report}


def check_suffix(path: Path) -> None:
    """Raise BatchError if answers cannot be written to a file of this suffix: .csv, .xlsx, .parquet, .jsonl or .md."""
    suffix = path.suffix.lower()
    if suffix not in _TABLES and suffix not in _TEXTS:
        raise BatchError(f"{path.name}: answers are written to {', '.join([*_TEXTS, *_TABLES])} files.")
    if suffix == ".parquet":
        check_parquet(path)
