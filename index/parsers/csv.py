"""Read .csv and .tsv files: each record is a row that keeps the names of its columns, which the first line gives
unless it looks like the others. Lines of text above the names, as exports have them, are rows of their own.

Rows are numbered as a spreadsheet shows them: the header is row 1.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice
from typing import NamedTuple

from index.errors import SourceError
from index.parsers.builder import (
    Extraction,
    TextBuilder,
    column_names,
    describe_pair,
    describe_row,
    is_form,
    is_header,
    is_number,
    one_line,
)
from index.parsers.plain import decode_text

LONGEST_FIELD = 10_000_000  # characters
SAMPLE_LINES = 20
_DELIMITERS = (",", ";", "\t", "|")


def read_csv(content: bytes, *, name: str, encoding: str = "") -> Extraction:
    """Read a file whose values are separated by commas, semicolons, tabs or bars, whichever its first lines use."""
    return _read(_decode(content, name=name, encoding=encoding), name=name)


def read_tsv(content: bytes, *, name: str, encoding: str = "") -> Extraction:
    """Read a file whose values are separated by tabs."""
    return _read(_decode(content, name=name, encoding=encoding, delimiter="\t"), name=name)


def read_cells(
    content: bytes, *, name: str, delimiter: str = "", encoding: str = ""
) -> Iterator[tuple[int, list[str]]]:
    """Read the values as they are, with the numbers that the rows have when the file is read.

    Args:
        content: The file's bytes.
        name: The file's name, for messages.
        delimiter: What separates the values; that of the first lines when omitted.
        encoding: As for `decode_text`.

    Returns:
        The number and the values of each record that is not blank, each value as one line.

    Raises:
        SourceError: It is no text, or a quotation mark is never closed.
    """
    return _number(_decode(content, name=name, encoding=encoding, delimiter=delimiter), name=name)


class _Delimited(NamedTuple):
    """The text of a file.

    Attributes:
        text: The records.
        delimiter: What separates their values.
        lines_before: The lines above them.
        notes: As in `Document`.
    """

    text: str
    delimiter: str
    lines_before: int
    notes: tuple[str, ...]


def _decode(content: bytes, *, name: str, encoding: str, delimiter: str = "") -> _Delimited:
    decoded, notes = decode_text(content, name=name, encoding=encoding)
    text = decoded.removeprefix("\ufeff")
    first, _, rest = text.partition("\n")
    if not delimiter and len(first.strip()) == 5 and first.startswith("sep="):  # Excel's own way to say it
        return _Delimited(rest, first[4], 1, notes)
    return _Delimited(text, delimiter or _find_delimiter(text), 0, notes)


def _number(file: _Delimited, *, name: str) -> Iterator[tuple[int, list[str]]]:
    records = ([one_line(cell) for cell in record] for record in _parse(file.text, file.delimiter, name=name))
    return ((number, cells) for number, cells in enumerate(records, start=file.lines_before + 1) if any(cells))


def _find_delimiter(text: str) -> str:
    """The delimiter that splits most of the first records into columns, equally many in each."""
    sample = "".join(io.StringIO(text[:100_000], newline="").readlines()[:SAMPLE_LINES])

    def count_columns(delimiter: str) -> tuple[int, int]:
        try:
            widths = [
                len(record) for record in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if record
            ]
        except csv.Error:
            return 0, 0
        width, same = max(Counter(widths).items(), key=lambda each: (each[0] > 1, each[1]), default=(0, 0))
        return same if width > 1 else 0, width

    return max(_DELIMITERS, key=count_columns)


def _read(file: _Delimited, *, name: str) -> Extraction:
    builder = TextBuilder(name)
    builder.notes += file.notes
    numbered = _number(file, name=name)
    first = list(islice(numbered, SAMPLE_LINES))
    for number, cells in _take_preamble(first):
        builder.add_row(number, _describe_line([cell for cell in cells if cell], file.delimiter))
    names: list[str] = []
    if len(first) < SAMPLE_LINES and _holds_settings([cells for _, cells in first]):
        for number, cells in first:
            builder.add_row(number, describe_pair(*cells))
        return builder.finish()
    if _names_columns([cells for _, cells in first]):
        names = column_names(first.pop(0)[1])
        builder.add_paragraph("; ".join(filter(None, names)), silent=True)
    for number, cells in chain(first, numbered):
        builder.add_row(number, describe_row(names, cells))
    return builder.finish()


def _take_preamble(rows: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Take the lines above the names of the columns off some rows: they have fewer values than the table below them.

    Comments, which begin with "#", are such lines. They end at a blank line, or the table has three columns or numbers, so
    that a column of sentences with commas is no table.
    """
    if comments := _count_comments(rows):
        for _, cells in rows[: comments + 1]:
            cells[0] = cells[0].lstrip("# ")
        taken = rows[:comments]
        del rows[:comments]
        return taken
    counts = [sum(map(bool, cells)) for _, cells in rows]
    usual = Counter(counts).most_common(1)[0][0] if counts else 0
    begin = next((position for position, count in enumerate(counts) if count >= usual), 0)
    table = [cells for _, cells in rows[begin:]]
    if not begin or usual < 2 or len(table) < 2 or not _names_columns(table):
        return []
    width = len(table[0])
    few = (
        count <= usual // 2 or (count <= 2 and len(cells) < width)
        for count, (_, cells) in zip(counts[:begin], rows[:begin], strict=True)
    )
    parted = rows[begin][0] > rows[begin - 1][0] + 1
    clear = parted or usual > 2 or any(is_number(cell) for cells in table[1:] for cell in cells)
    if not all(few) or not clear or sum(len(cells) == width for cells in table) < _REGULAR * len(table):
        return []
    taken = rows[:begin]
    del rows[:begin]
    return taken


def _count_comments(rows: list[tuple[int, list[str]]]) -> int:
    """Count the comments above a table; the last line that begins so may be the names of its columns."""
    count = next((position for position, (_, cells) in enumerate(rows) if not cells[0].startswith("#")), len(rows))
    below = len(rows[count][1]) if count < len(rows) else 0
    return count - 1 if count and len(rows[count - 1][1]) == below > 1 else count if below else 0


def _describe_line(cells: list[str], delimiter: str) -> str:
    """A line above the table: a name and its value, or a text that the delimiter has parted."""
    if len(cells) == 2 and (cells[0].endswith(":") or len(cells[0].split()) < 3):
        return describe_row([cells[0].rstrip(":")], cells[1:])
    return (f"{delimiter} " if delimiter in ",;" else "; ").join(cells)


def _holds_settings(rows: list[list[str]]) -> bool:
    """Whether all rows are a name and its value, and some values are numbers; two columns of words are taken for a table."""
    return any(len(row) > 1 and is_number(row[1]) for row in rows[1:]) and is_form(rows)


_REGULAR = 0.8  # of the rows of a table have as many values as its names


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
