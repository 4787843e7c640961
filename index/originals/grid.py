"""Read the cells of workbooks and of .csv and .tsv files, with the numbers that a spreadsheet gives the rows."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from index.parsers.csv import read_cells
from index.parsers.office import opendocument, xlsx

_WORKBOOKS = (".xlsx", ".xlsm", ".xltx", ".xltm")
_OPEN_WORKBOOKS = (".ods", ".ots", ".fods")
SUFFIXES = (".csv", ".tsv", *_WORKBOOKS, *_OPEN_WORKBOOKS)
MOST_COLUMNS = 1_000
LONGEST_CELL = 2_000  # characters
MOST_ROWS = 1_000  # that are asked for at once
_MOST_CHARACTERS = 4_000_000  # of the rows asked for at once; longer cells are cut more
_SHORT_CELL = 100

Row = tuple[int, list[str]]  # its number, from 1, and its cells


@dataclass(frozen=True, slots=True)
class Table:
    """The cells of a sheet.

    Attributes:
        name: Its name; empty for a text file.
        rows: Its rows, less those that are blank, in order; at most 1,000 cells each, cut where they are long.
    """

    name: str
    rows: list[Row]

    @property
    def last(self) -> int:
        """The number of its last row; 0 where it has none."""
        return self.rows[-1][0] if self.rows else 0

    @property
    def columns(self) -> int:
        """How many cells its longest row has."""
        return max((len(cells) for _, cells in self.rows), default=0)

    def between(self, first: int, count: int) -> list[Row]:
        """The rows with some consecutive numbers, of which the blank ones are left out."""
        start, stop = (bisect_left(self.rows, number, key=lambda row: row[0]) for number in (first, first + count))
        found = self.rows[start:stop]
        if sum(len(cell) for _, cells in found for cell in cells) > _MOST_CHARACTERS:
            return [(number, [_cut(cell, _SHORT_CELL) for cell in cells]) for number, cells in found]
        return found


def read_tables(content: bytes, *, suffix: str, name: str, encoding: str = "") -> list[Table]:
    """Read the cells of a file, hidden sheets left out.

    Args:
        content: The file's bytes.
        suffix: That of its format, one of `SUFFIXES`.
        name: The name shown, for messages.
        encoding: As for `read_document`.

    Raises:
        SourceError: It is damaged, protected with a password, or not what its suffix says.
    """
    sheets: Iterator[tuple[str, Iterator[Row]]]
    if suffix in _WORKBOOKS:
        sheets = xlsx.read_sheets(content, name=name)
    elif suffix in _OPEN_WORKBOOKS:
        sheets = opendocument.read_sheets(content, name=name)
    else:
        delimiter = "\t" if suffix == ".tsv" else ""
        sheets = iter([("", read_cells(content, name=name, delimiter=delimiter, encoding=encoding))])
    return [Table(title, list(_shorten(rows))) for title, rows in sheets]


def _shorten(rows: Iterable[Row]) -> Iterator[Row]:
    for number, cells in rows:
        kept = [_cut(cell, LONGEST_CELL) for cell in cells[:MOST_COLUMNS]]
        while kept and not kept[-1]:
            kept.pop()
        yield number, kept


def _cut(cell: str, longest: int) -> str:
    return cell if len(cell) <= longest else f"{cell[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"
