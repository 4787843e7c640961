"""Read .csv and .tsv files: each record is a row that keeps the names of its columns, which the first line gives
unless it looks like the others.

Rows are numbered as a spreadsheet shows them: the header is row 1.
"""

import csv
import io
from collections.abc import Iterator
from itertools import chain, islice

from index.errors import SourceError
from index.parsers.builder import Extraction, TextBuilder, column_names, describe_row, is_header, is_number, one_line
from index.parsers.plain import decode_text

LONGEST_FIELD = 10_000_000  # characters
SAMPLE_LINES = 20
_DELIMITERS = (",", ";", "\t")


def read_csv(content: bytes, *, name: str, encoding: str = "") -> Extraction:
    """Read a file whose values are separated by commas, semicolons or tabs, whichever its first lines use."""
    decoded, notes = decode_text(content, name=name, encoding=encoding)
    text = decoded.removeprefix("\ufeff")
    first, _, rest = text.partition("\n")
    if len(first.strip()) == 5 and first.startswith("sep="):  # Excel's own way to say it
        return _read(rest, first[4], 1, notes, name=name)
    return _read(text, _find_delimiter(text), 0, notes, name=name)


def read_tsv(content: bytes, *, name: str, encoding: str = "") -> Extraction:
    """Read a file whose values are separated by tabs."""
    text, notes = decode_text(content, name=name, encoding=encoding)
    return _read(text.removeprefix("\ufeff"), "\t", 0, notes, name=name)


def _find_delimiter(text: str) -> str:
    """The delimiter that splits the first records into the most columns, equally many in each."""
    sample = "".join(io.StringIO(text[:100_000], newline="").readlines()[:SAMPLE_LINES])

    def count_columns(delimiter: str) -> tuple[int, int]:
        try:
            widths = [
                len(record) for record in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if record
            ]
        except csv.Error:
            return 0, 0
        same = sum(width == widths[0] for width in widths) if widths and widths[0] > 1 else 0
        return same, widths[0] if widths else 0

    return max(_DELIMITERS, key=count_columns)


def _read(text: str, delimiter: str, lines_before: int, notes: tuple[str, ...], *, name: str) -> Extraction:
    builder = TextBuilder(name)
    builder.notes += notes
    records = ([one_line(cell) for cell in record] for record in _parse(text, delimiter, name=name))
    numbered = ((number, cells) for number, cells in enumerate(records, start=lines_before + 1) if any(cells))
    first = list(islice(numbered, SAMPLE_LINES))
    names: list[str] = []
    if _names_columns([cells for _, cells in first]):
        names = column_names(first.pop(0)[1])
        builder.add_paragraph("; ".join(filter(None, names)), silent=True)
    for number, cells in chain(first, numbered):
        builder.add_row(number, describe_row(names, cells))
    return builder.finish()


def _names_columns(rows: list[list[str]]) -> bool:
    """Whether the first of some rows gives names: as `is_header`, but a single column or blank names are fine here."""
    if len(rows) < 2:
        return bool(rows) and not any(map(is_number, rows[0]))
    filled = [position for position, cell in enumerate(rows[0]) if cell]
    if len(filled) == 1:
        return not is_number(rows[0][filled[0]])
    return is_header(*([row[position] for position in filled if position < len(row)] for row in rows))


def _parse(text: str, delimiter: str, *, name: str) -> Iterator[list[str]]:
    """The records.

    Raises:
        SourceError: A quotation mark is never closed, which would make one value of all that follows.
    """
    csv.field_size_limit(LONGEST_FIELD)
    number = 0
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            number += 1
            yield record
    except csv.Error as error:
        raise SourceError(
            f"{name} cannot be read after row {number}: {error}. Is a quotation mark not closed?"
        ) from error
    if _ends_quoted(text, delimiter):
        raise SourceError(f"{name} has a quotation mark that is never closed, in row {number}. Close it.")


def _ends_quoted(text: str, delimiter: str) -> bool:
    """Whether the last value is still open: one more quotation mark then changes nothing but that."""
    try:
        for _ in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            pass
    except csv.Error as error:
        return "unexpected end of data" in str(error)
    return False
