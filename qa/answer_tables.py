"""Answers as a table: a row a citation; and a workbook of such rows in which every text stays a text."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

CITATION_COLUMNS = (
    "quote", "source", "paragraph", "page", "heading", "row", "sheet", "slide", "date", "start", "end", "path", "text_sha256",
)  # fmt: skip
COLUMNS = ("line", "question", "verdict", "confidence", "answer", "kind", "message", *CITATION_COLUMNS, "hash")
LONGEST_CELL = 32_767  # characters, of the format; the JSON Lines hold what is longer
_WIDTHS = {"question": 40, "answer": 24, "message": 24, "quote": 80, "source": 24}  # characters
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9a-fA-F]{4}_)")


def answer_rows(record: dict[str, Any]) -> Iterator[list[Any]]:
    """The rows that tell a record, in the order of `COLUMNS`; none for a row of the questions that was not answered."""
    if "answer" in record:
        answer = record["answer"]
        first = [record["line"], answer["question"], answer["verdict"], answer["confidence"], answer.get("answer", "")]
        first += [answer.get("kind", "answer"), answer.get("message", "")]
        for citation in answer["citations"] or [{}]:
            yield [*first, *(citation.get(column) for column in CITATION_COLUMNS), answer["hash"]]


def answer_span(citation: Mapping[str, Any]) -> tuple[int, int] | None:
    """Where the exact answer words of a citation stand in the document's text; None in records that do not tell."""
    if citation.get("answer_start") is None:
        return None
    return citation["answer_start"], citation["answer_end"]


def write_workbook(path: Path, records: Iterator[dict[str, Any]]) -> None:
    """Write an .xlsx: a sheet of answers, and one of the rows that were not answered.

    No text is ever a formula, whatever it begins with. What XML cannot hold is written as the format has it, "_x0007_".

    Args:
        path: The file.
        records: As `write_answers` takes them.
    """
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    workbook = Workbook(write_only=True)
    answered, others = workbook.create_sheet("Answers"), workbook.create_sheet("Not answered")

    def make(sheet: Any, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = _UNWRITABLE.sub(lambda match: f"_x{ord(match[0]):04X}_", value)[:LONGEST_CELL]
        cell = WriteOnlyCell(sheet, text)
        cell.data_type = "s"  # else a text that begins with "=" is a formula
        cell.quotePrefix = value[:1] in ("=", "+", "-", "@", "\t", "\r")  # and stays none when it is edited
        return cell

    answered.freeze_panes = "C2"
    for position, column in enumerate(COLUMNS):
        answered.column_dimensions[chr(ord("A") + position)].width = _WIDTHS.get(column, 12)
    answered.append(COLUMNS)
    others.append(("line", "reason"))
    for record in records:
        for row in answer_rows(record):
            answered.append([make(answered, value) for value in row])
        if "error" in record:
            others.append([record["line"], make(others, record["error"])])
    workbook.save(path)
