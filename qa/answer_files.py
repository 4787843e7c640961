"""Write answers to a file: .jsonl for programs, .csv and .xlsx for spreadsheets, .md for people.

The file appears whole or not at all: it is written under another name, flushed to the disk and renamed.
"""

import csv
import html
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from index import BatchError
from qa.answer_tables import COLUMNS, answer_rows, write_workbook
from qa.citations import Citation
from qa.terminal import count, visible, visible_line

_MARKUP = re.compile(r"[\\`*_\[\]{}#~|$]|:(?=//)|^[-+=:]")
_LIST_NUMBER = re.compile(r"^(\d+)([.)])")


def write_answers(path: Path, records: Iterator[dict[str, Any]]) -> None:
    """Write records as the file `path`, whose suffix says how.

    Args:
        path: `.jsonl`: exactly `Answer.to_dict()` a line. `.csv`: a row a citation, or one row without when an
            answer has none. `.xlsx`: the same as a workbook, in which every text stays a text. `.md`: a report with
            every quote as a block quote.
        records: `line` and `answer` (as `Answer.to_dict()` gives it), or `line` and `error` for a row of the
            questions that was not answered: only the report and the workbook tell those.

    Raises:
        BatchError: The suffix is another one, or the file cannot be written; a file already there stays as it was.
    """
    write = answer_writer(path)
    new = path.with_name(path.name + ".new")
    try:
        if write is write_workbook:
            write_workbook(new, records)
        else:
            with new.open("w", encoding="utf-8", newline="") as file:
                write(file, records)
        with new.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(new, path)
        _sync_folder(path.parent)
    except OSError as error:
        new.unlink(missing_ok=True)
        raise BatchError(f"cannot write {path}: {error.strerror or error}") from error


def answer_writer(path: Path) -> Callable[[Any, Iterator[dict[str, Any]]], None]:
    """Choose the writer of a file by its suffix.

    Raises:
        BatchError: The suffix is none of `.jsonl`, `.csv`, `.xlsx` and `.md`.
    """
    writers = {".jsonl": _write_json_lines, ".csv": _write_table, ".xlsx": write_workbook, ".md": _write_report}
    try:
        return writers[path.suffix.lower()]
    except KeyError:
        raise BatchError(f"{path.name}: answers are written to {', '.join(writers)} files.") from None


def _sync_folder(folder: Path) -> None:
    """Make a rename durable, where a folder can be opened (not on Windows)."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _write_json_lines(file: TextIO, records: Iterator[dict[str, Any]]) -> None:
    for record in records:
        if "answer" in record:
            file.write(json.dumps(record["answer"], ensure_ascii=False) + "\n")


def _write_table(file: TextIO, records: Iterator[dict[str, Any]]) -> None:
    """Write UTF-8 without a byte-order mark, lines ending in CR LF (RFC 4180).

    A cell that begins with = + - or @ is left as it is, for a quote that has been altered is not a quote. Some
    spreadsheet programs read such a cell as a formula: where the documents are not trusted, write a workbook.
    """
    table = csv.writer(file)
    table.writerow(COLUMNS)
    for record in records:
        table.writerows(answer_rows(record))


def _write_report(file: TextIO, records: Iterator[dict[str, Any]]) -> None:
    file.write("# Answers\n")
    for record in records:
        if "error" in record:
            file.write(f"\n## Line {record['line']}: not answered\n\n{escape_markdown(record['error'])}\n")
            continue
        answer = record["answer"]
        file.write(f"\n## {escape_markdown(' '.join(answer['question'].split()))}\n\n{describe_verdict(answer)}\n")
        for number, citation in enumerate(answer["citations"] or answer["closest"], start=1):
            place = escape_markdown(f"{citation['source']}, {Citation(**citation).locator()}")
            file.write(f"\n{block_quote(citation['quote'])}\n\n\\[{number}\\] {place}\n")


def describe_verdict(answer: Mapping[str, Any]) -> str:
    """The verdict of an answer, as `Answer.to_dict` gives it, in one line without markup."""
    confidence = f"confidence {answer['confidence']:.2f}"
    closest = "Closest passages (they may not answer)"
    if answer["verdict"] == "answered":
        return f"Answered, {confidence}."
    if answer["verdict"] == "closest":
        return f"{closest}, {confidence}:"
    scope = answer["scope"]
    searched = f"{count(scope['documents'], 'document')} and {count(scope['passages'], 'passage')}"
    return f"Not in the sources, {confidence}. Searched: {searched}." + (f" {closest}:" if answer["closest"] else "")


def block_quote(quote: str) -> str:
    """A quote as Markdown, escaped."""
    return "\n".join("> " + escape_markdown(line.strip()) for line in visible(quote).split("\n"))


def escape_markdown(text: str) -> str:
    """Escape a text as one line that Markdown shows as it is: no markup, link or HTML of a document comes through."""
    escaped = _MARKUP.sub(r"\\\g<0>", html.escape(visible_line(text), quote=False))
    return _LIST_NUMBER.sub(r"\1\\\2", escaped)
