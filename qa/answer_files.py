"""Write answers to a file: .jsonl for programs, .csv and .xlsx for spreadsheets, .md for people.

The file appears whole or not at all: it is written under another name, flushed to the disk and renamed.
"""

import csv
import html
import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from itertools import count as count_from
from pathlib import Path
from string import punctuation
from typing import Any, TextIO

from index import BatchError
from qa.answer_tables import COLUMNS, answer_rows, answer_span, write_workbook
from qa.answers import NOT_READ
from qa.citations import Citation, split_quote
from qa.terminal import count, visible, visible_line

_MARKUP = re.compile(r"[\\`*_\[\]{}#~|$]|:(?=//)|^[-+=:]")
_LIST_NUMBER = re.compile(r"^(\d+)([.)])")
_BEGIN, _END = "\x02", "\x03"  # no text that was made visible holds these


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
        file.write(f"\n## {escape_markdown(' '.join(answer['question'].split()))}\n")
        file.writelines(f"\n{escape_markdown(line)}\n" for line in describe_remarks(answer))
        for part, citations in answer_sections(answer):
            if part is not answer:
                file.write(f"\n### {escape_markdown(' '.join(part['question'].split()))}\n")
            file.write(f"\n{tell_verdict(part, escape_markdown)}\n")
            for number, citation in citations:
                place = escape_markdown(f"{citation['source']}, {Citation(**citation).locator()}")
                file.write(f"\n{block_quote(citation)}\n\n\\[{number}\\] {place}\n")


def answer_sections(
    answer: Mapping[str, Any],
) -> Iterator[tuple[Mapping[str, Any], list[tuple[int, Mapping[str, Any]]]]]:
    """The parts of a record, or the record itself where it has none.

    Args:
        answer: As `Answer.to_dict` gives it, in this version or before.

    Yields:
        Each part with its quotes, or its closest passages where it has no quotes, under their 1-based numbers in the
        whole: all quotes are counted before the closest passages.
    """
    quotes, nearest = count_from(1), count_from(1 + len(answer["citations"]))
    for part in answer.get("parts") or [answer]:
        cited = [(number, citation) for citation, number in zip(part["citations"], quotes, strict=False)]
        closest = [(number, citation) for citation, number in zip(part["closest"], nearest, strict=False)]
        yield part, cited or closest


def tell_verdict(answer: Mapping[str, Any], escape: Callable[[str], str]) -> str:
    """The verdict of an answer in one line, or the message of a greeting or guidance, escaped."""
    return describe_verdict(answer) if answer.get("kind", "answer") == "answer" else escape(answer["message"])


def describe_remarks(answer: Mapping[str, Any]) -> list[str]:
    """A line for each word of a record that was searched as another, and one where nothing was read; not escaped."""
    lines = [f'Searched "{word}" instead of "{typed}".' for typed, word in answer.get("corrected", ())]
    return [*lines, NOT_READ] if answer.get("basis") == "retrieval" else lines


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


def block_quote(citation: Mapping[str, Any]) -> str:
    """The quote of a citation as Markdown: escaped, its exact answer words bold where the record tells them."""
    before, words, after = map(visible, split_quote(citation["quote"], citation["start"], answer_span(citation)))
    lines, inside = [], False
    for line in f"{before}{_BEGIN}{words}{_END}{after}".split("\n"):
        told = _BEGIN + line if inside else line
        inside = _BEGIN in told and _END not in told
        head, _, rest = told.partition(_BEGIN)
        bold, _, tail = rest.partition(_END)
        lines.append(
            "> " + (_embolden(head, bold, tail) if bold.strip() else escape_markdown(f"{head}{bold}{tail}".strip()))
        )
    return "\n".join(lines)


def _embolden(head: str, bold: str, tail: str) -> str:
    """A line of Markdown with some of its words bold.

    Markdown reads "**" as bold only where a letter is on its inner side, or a blank or sign on its outer side. Where
    the words have neither, they are bold together with what stands beside them up to the next blank.
    """
    words = bold.strip()
    first = bold.index(words)
    head, tail = (head + bold[:first]).lstrip(), (bold[first + len(words) :] + tail).rstrip()
    if not _is_read_as_bold(head[-1:], words[0]):
        beside = re.split(r"\s", head)[-1]
        head, words = head[: len(head) - len(beside)], beside + words
    if not _is_read_as_bold(tail[:1], words[-1]):
        beside = re.split(r"\s", tail)[0]
        words, tail = words + beside, tail[len(beside) :]
    return f"{escape_markdown(head)}**{escape_markdown(words)}**{escape_markdown(tail)}"


def _is_read_as_bold(outside: str, inside: str) -> bool:
    """Whether Markdown reads "**" between two characters as bold; `outside` is empty at the end of a line."""
    letter = unicodedata.category(inside)[0] not in "PS"
    return letter or outside.isspace() or outside in punctuation


def escape_markdown(text: str) -> str:
    """Escape a text as one line that Markdown shows as it is: no markup, link or HTML of a document comes through."""
    escaped = _MARKUP.sub(r"\\\g<0>", html.escape(visible_line(text), quote=False))
    return _LIST_NUMBER.sub(r"\1\\\2", escaped)
