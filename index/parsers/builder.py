"""Put an extracted text together, block by block, with the place of each block.

Blocks are separated by a blank line, where `split_passages` splits. Characters that no text contains (zero
bytes, control characters, half surrogate pairs) and those that only steer line breaking (soft hyphens, zero-width
spaces) are left out, so that the text can be stored, hashed and searched. Text and Markdown files do not come here:
theirs stays as it is.

A table row becomes a sentence with its column names, "Item: Rent; Cost: 300.", because it is found and quoted alone.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from index.errors import SourceError
from index.records import Locator, Metadata, Place

MEGABYTE = 1_000_000
MOST_TEXT = 200 * MEGABYTE  # characters extracted from one file
_LONGEST_TITLE = 300  # characters of a heading, a sheet's name or a subject that a locator repeats

_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u2060\ufeff\ud800-\udfff]+")
_LINE_END = re.compile(r"\r\n?|[\v\f\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Extraction:
    """The text that a parser extracted from a file.

    Attributes:
        text: The extracted text.
        locators: As in `Document`.
        silent: As in `Document`.
        notes: As in `Document`.
        boxes: As in `Document`.
        metadata: As in `Document`.
        libraries: The libraries that its text depends on, besides that of the format.
    """

    text: str
    locators: tuple[Locator, ...] = ()
    silent: tuple[tuple[int, int], ...] = ()
    notes: tuple[str, ...] = ()
    boxes: bytes = b""
    metadata: Metadata = field(default_factory=Metadata)
    libraries: tuple[str, ...] = ()


def clean_text(text: str) -> str:
    """Remove characters that are not text, and turn every line end into a line feed."""
    if text.isprintable():  # none of those characters is
        return text
    return _NO_TEXT.sub("", _LINE_END.sub("\n", text))


def one_line(text: str) -> str:
    """A text as one line: every stretch of white space becomes one space."""
    return " ".join(clean_text(text).split())


RAISED_DIGITS = dict(zip("0123456789", "\u2070\xb9\xb2\xb3\u2074\u2075\u2076\u2077\u2078\u2079", strict=True))
_RAISED = str.maketrans(RAISED_DIGITS | {"+": "\u207a", "-": "\u207b", "\u2212": "\u207b"})
_POWER = re.compile(r"[+\u2212-]?\d{1,3}[+\u2212-]?")


def raise_number(text: str) -> str:
    """A short number that is drawn raised, in raised digits, so that 10 to the power of 6 is not 106; empty for other text."""
    text = text.strip()
    return text.translate(_RAISED) if _POWER.fullmatch(text) else ""


_SPACE_BETWEEN, _NAMES_BETWEEN = 3, 500  # characters at most


def find_words(text: str, words: Iterable[str], *, table: bool = False) -> Iterator[tuple[int, int] | None]:
    """Find words, as they are drawn on a page, one after the other in the text made of them.

    Args:
        text: The text.
        words: The words in their order. The last letter of one may be a hyphen that the text does not have.
        table: Whether the text is that of a table, which has names of columns between the words.

    Yields:
        Start and end of each; None for one that is not there.
    """
    cursor = 0
    for word in words:
        if not table and text.startswith(word, cursor + 1) and text[cursor].isspace():  # nearly always
            start, cursor = cursor + 1, cursor + 1 + len(word)
            yield start, cursor
            continue
        word = clean_text(word)
        for part in (word, word[:-1] if word.endswith("-") else ""):
            last = cursor + len(part) + (_NAMES_BETWEEN if table else _SPACE_BETWEEN)
            start = text.find(part, cursor, last) if part else -1
            while table and start >= 0 and not _is_whole(text, start, start + len(part)):
                start = text.find(part, start + 1, last)
            if start >= 0:
                cursor = start + len(part)
                yield start, cursor
                break
        else:
            yield None


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether a span begins and ends where a word does."""
    return not text[start - 1 : start].isalnum() and not text[end : end + 1].isalnum()


def list_some(values: Sequence[object], most: int = 20) -> str:
    """List values in a note: "3, 7 and 12 more"."""
    listed = ", ".join(map(str, values[:most]))
    return f"{listed} and {len(values) - most:,} more" if len(values) > most else listed


def count_note(kind: str, count: int) -> list[str]:
    """A note on so many things of a kind, such as pictures, that are not read; none where there are none."""
    return [f"{kind} are not read: {count:,} in all"] if count else []


_DATE = re.compile(r"(?:D:)?(\d{4})(?:-?(\d\d)(?:-?(\d\d))?)?")
_SUFFIX = re.compile(r"\.(?:docx?|pdf|indd|tex|dvi|xlsx?|pptx?|odt|html?|md|rtf)$", re.IGNORECASE)
_NO_TITLE = re.compile(
    r"\W*(?:untitled|anonymous|unspecified|title|document|word document|powerpoint presentation|slide|sheet|layout)?[\W\d_]*",
    re.IGNORECASE,
)
# What programs write where nobody said who the author is.
_NO_AUTHOR = re.compile(
    r"\W*(?:anonymous|unspecified|unknown|author|user|admin|administrator|root|owner|python-docx|openpyxl|microsoft office user"
    r"|microsoft corporation|apache poi)?\W*",
    re.IGNORECASE,
)


class TextBuilder:
    """Collects blocks of text; each gets the place set last, and the headings above it.

    Attributes:
        notes: As in `Document`.
        boxes: As in `Document`.
    """

    def __init__(self, name: str) -> None:
        """Start with no text.

        Args:
            name: The file's name, for messages.
        """
        self._name = name
        self._pieces: list[str] = []
        self._length = 0
        self._path: list[tuple[int, str]] = []
        self._place: dict[str, int | str | None] = {}
        self._spans: list[tuple[int, int, dict[str, Any]]] = []
        self._silent: list[tuple[int, int]] = []
        self.boxes = b""
        self._metadata = Metadata()
        self._first_heading = ""
        self.notes: list[str] = []

    @property
    def length(self) -> int:
        """How many characters there are so far."""
        return self._length

    def move_to(self, **place: int | str | None) -> None:
        """Set the place of what follows: fields of `Place` other than heading and row."""
        self._place = place

    def begin_section(self, level: int, title: str) -> None:
        """Set the heading of what follows without writing it; it ends every section of its level or a deeper one."""
        self._path = [entry for entry in self._path if entry[0] < level]
        if title := one_line(title)[:_LONGEST_TITLE]:
            self._path.append((level, title))

    @property
    def sections(self) -> tuple[tuple[int, str], ...]:
        """Level and title of each section that what follows is in, outermost first; set it to return to those of before."""
        return tuple(self._path)

    @sections.setter
    def sections(self, path: tuple[tuple[int, str], ...]) -> None:
        self._path = list(path)

    def add_heading(self, level: int, title: str) -> None:
        """Write a heading, which does not answer, and set it as the heading of what follows."""
        title = one_line(title)
        if title:
            if level <= 1 and len(self._spans) == len(self._silent):  # above all that answers
                self._first_heading = self._first_heading or title[:_LONGEST_TITLE]
            self._add(title, {**self._place, "heading": None}, silent=True)
            self.begin_section(level, title)

    def name_by(self, heading: str) -> None:
        """Set the heading, unless it is blank, that is the title where the file states none, instead of the first."""
        self._first_heading = one_line(heading)[:_LONGEST_TITLE] or self._first_heading

    def add_paragraph(self, text: str, *, silent: bool = False) -> None:
        """Write a paragraph. White space around it is left out, and nothing is written when nothing is left."""
        self._add(clean_text(text).strip(), {**self._place, "heading": self._heading()}, silent=silent)

    def add_row(self, number: int, text: str) -> None:
        """Write a row of a table, which becomes one passage.

        Args:
            number: Its 1-based number.
            text: One line.
        """
        self._add(one_line(text), {**self._place, "heading": self._heading(), "row": number}, silent=False)

    def add_written_row(self, number: int, text: str, heading: str | None) -> None:
        """Write a row of a table as it is written, with the blanks between its cells; the heading is below those of its place."""
        above = " > ".join(filter(None, (self._heading(), heading))) or None
        self._add(clean_text(text).strip(), {**self._place, "heading": above, "row": number}, silent=False)

    def describe(self, *, title: str = "", author: str = "", date: str = "") -> None:
        """Set what the file says about itself, less what makes no title, author or date, and a title that is the file's name."""
        title = _SUFFIX.sub("", one_line(title))[:_LONGEST_TITLE]
        own = _SUFFIX.sub("", self._name.rpartition("/")[2])
        found = _DATE.match(date.strip())
        self._metadata = Metadata(
            "" if _NO_TITLE.fullmatch(title) or title.casefold() == own.casefold() else title,
            "" if _NO_AUTHOR.fullmatch(one_line(author)) else one_line(author)[:_LONGEST_TITLE],
            "-".join(part for part in found.groups() if part) if found else "",
        )

    def text_since(self, length: int) -> str:
        """The text written since it had some length, with the blank line before it."""
        text, begun = "", self._length
        for piece in reversed(self._pieces):
            if begun <= length:
                break
            text, begun = piece + text, begun - len(piece)
        return text

    def finish(self) -> Extraction:
        """The text with its locators; neighbouring blocks of one place share a locator, rows do not."""
        spans: list[tuple[int, int, dict[str, Any]]] = []
        for start, end, place in self._spans:
            if spans and spans[-1][2] == place and "row" not in place:
                spans[-1] = (spans[-1][0], end, place)
            else:
                spans.append((start, end, place))
        locators = tuple(Locator(start, end, Place(**place)) for start, end, place in spans if any(place.values()))
        about = replace(self._metadata, title=self._metadata.title or self._first_heading)
        return Extraction("".join(self._pieces), locators, tuple(self._silent), tuple(self.notes), self.boxes, about)

    def _heading(self) -> str | None:
        return " > ".join(title for _, title in self._path) or None

    def _add(self, text: str, place: dict[str, Any], *, silent: bool) -> None:
        if not text:
            return
        gap = "\n\n" if self._pieces else ""
        start = self._length + len(gap)
        end = start + len(text)
        if end > MOST_TEXT:
            raise SourceError(
                f"{self._name} holds more than {MOST_TEXT // MEGABYTE} MB of text. Split it, then index it again."
            )
        self._pieces += (gap, text)
        self._length = end
        self._spans.append((start, end, place))
        if silent:
            self._silent.append((start, end))


_LONGEST_NAME = 120  # characters of a column's name in a row
_LONGEST_FIELD = 60  # characters of the name of a value in a form
_DIGIT = re.compile(r"\d")
_VALUE = re.compile(
    r"@|\w://|\d[./:-]\d|\d{3}\s\d{3}|\d{5}"
)  # an address, a date, a time, a telephone number, a long number
_NUMBER = re.compile(r"[^\w]*\d[\d.,:/\s%\u20ac$\u00a3-]*")
_ENDS = (".", "!", "?", "\u2026", "\u3002")


def describe_row(names: Sequence[str], cells: Sequence[str]) -> str:
    """Write one row.

    Args:
        names: The columns' names; shorter than the row, or blank, where a column has none.
        cells: The row's values, each one line.

    Returns:
        One line, without the cells that are blank; empty when all are.
    """
    parts = []
    for position, cell in enumerate(cells):
        if cell:
            name = names[position][:_LONGEST_NAME] if position < len(names) else ""
            parts.append(f"{name}: {cell}" if name else cell)
    line = "; ".join(parts)
    lone = len(parts) == 1 and parts[0] in cells
    return line if not line or lone or line.endswith(_ENDS) else line + "."


def column_names(cells: Iterable[str]) -> list[str]:
    """The names in a header row, each one line and without a closing colon."""
    return [one_line(cell).rstrip(":").rstrip() for cell in cells]


def is_header(row: Sequence[str], below: Sequence[str], *others: Sequence[str]) -> bool:
    """Whether a row names the columns: two names or more above a row that is not blank.

    A number names no column, unless numbers rise evenly, as years do, behind a name or a blank. The first column may be
    without a name, as where it names the rows. A value that the same column has again further down is no name.

    Args:
        row: The row.
        below: The next row.
        others: Further rows below, as far as they are known.
    """
    named = [cell for cell in row if cell]
    if len(named) < 2 or not any(below) or any(len(cell) > _LONGEST_NAME for cell in named):
        return False
    if len(named) < len(row) and not (len(named) == len(row) - 1 and not row[0]):
        return False
    if any(map(is_number, named)) and not _rises_evenly(row, below):
        return False
    if any(map(_VALUE.search, named)):
        return False
    return not any(
        cell and cell in row[position : position + 1] for each in (below, *others) for position, cell in enumerate(each)
    )


def _rises_evenly(row: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a row is a name, or a blank, and then whole numbers that rise by one step, above a row that begins with a word."""
    first, *numbers = row
    if len(numbers) < 2 or is_number(first) or not below[0] or is_number(below[0]):
        return False
    if not all(number.isdecimal() and len(number) < 5 for number in numbers):
        return False
    steps = {int(after) - int(before) for before, after in zip(numbers, numbers[1:], strict=False)}
    return len(steps) == 1 and min(steps) > 0


def find_pairs(rows: Sequence[Sequence[str]]) -> list[tuple[int, str, str]]:
    """Read a form: a name to the left of each value, in one pair of columns or several.

    The names are all different and have no digits. The values are of several kinds, some with digits and some without; those
    in a column of a table are of one kind.

    Returns:
        (position of the row, name, value) for each pair that has both, row by row; empty when the rows are no form.
    """
    width = max(map(len, rows), default=0)
    if width % 2 or len(rows) < 2:
        return []
    rows = [[*row, *[""] * (width - len(row))] for row in rows]
    names = [row[column].rstrip(":") for row in rows for column in range(0, width, 2) if row[column]]
    values = [[row[column] for row in rows if row[column]] for column in range(1, width, 2)]
    if len(set(names)) < len(names) or any(_DIGIT.search(name) or len(name) > _LONGEST_FIELD for name in names):
        return []
    marked = all(cell.endswith(":") for row in rows for cell in row[::2] if cell)
    mixed = any(
        len({bool(_DIGIT.search(value)) for value in column[1:]}) > 1 for column in values
    )  # a header is of one kind
    told = any(_VALUE.search(row[1]) or is_number(row[1]) for row in rows[:1])
    if not marked and not (mixed and (width > 2 or told)):
        return []
    pairs = [(n, row[column], row[column + 1]) for n, row in enumerate(rows) for column in range(0, width, 2)]
    return [(n, name.rstrip(":").rstrip(), value) for n, name, value in pairs if name and value]


def describe_pair(name: str, *values: str) -> str:
    """Write a row of a form: a name and its value, and what may stand behind it; the name alone where it has none."""
    return describe_row(column_names([name]), values) or name


_SENTENCE = 4  # words at least
_MOST_PAIRS = 12  # rows of words and words; of more, the first is taken for a header


def is_form(rows: Sequence[Sequence[str]]) -> bool:
    """Whether rows of two cells are names and their values, or may be, rather than names of columns above a table.

    The values of a table are of one kind: all amounts of one unit, words of which some appear again, or sentences below a
    short name. Read as a form, a table loses the names of its two columns; read as a table, a form would have a wrong name
    on every value.

    Args:
        rows: All rows, or the first ones.
    """
    filled = [row for row in rows if any(row)]
    if len(filled) < 2 or any(len(row) < 2 or not row[0] or any(row[2:]) for row in filled):
        return False
    names, values = [row[0] for row in filled], [row[1] for row in filled if row[1]]
    if len(set(names)) < len(names) or any(_DIGIT.search(name) or len(name) > _LONGEST_FIELD for name in names):
        return False
    lengths = [len(value.split()) for value in values]
    if lengths[0] < _SENTENCE <= min(lengths[1:], default=0):
        return False
    below = [_AMOUNT.sub("0", value) if _DIGIT.search(value) else "" for value in values[1:]]
    if any(below):
        return len(set(below)) > 1
    return len(filled) <= _MOST_PAIRS and len(set(values)) == len(values)


_AMOUNT = re.compile(r"[+-]?\d[\d.,:/\s-]*")


def is_number(cell: str) -> bool:
    """Whether a cell contains a number, a date or an amount rather than words."""
    return bool(_NUMBER.fullmatch(cell))


def add_table(
    builder: TextBuilder, rows: Sequence[Sequence[str]], *, headers: int | None = None, before: int = 0
) -> None:
    """Write a table: its header as a paragraph that does not answer, then each row.

    Args:
        builder: Where to.
        rows: All rows, the first one number 1; ragged ones are fine.
        headers: How many rows at the top are headers, where the format says so; found out when omitted.
        before: How many rows of the table, without its header, were written before; then the header is not again.
    """
    rows = [[one_line(cell) for cell in row] for row in rows]
    if headers is None:
        if pairs := find_pairs(rows):
            for place, name, value in pairs:
                builder.add_row(place + 1, describe_row([name], [value]))
            return
        if is_form(rows):
            for number, row in enumerate(rows, start=1):
                builder.add_row(number, describe_pair(*row[:2]))
            return
        headers = int(len(rows) > 1 and is_header(*rows))
    width = max((len(row) for row in rows[:headers]), default=0)
    names = []
    for column in range(width):
        above = [row[column] for row in rows[:headers] if column < len(row) and row[column]]
        names.append(" ".join(dict.fromkeys(above)))
    names = column_names(names)
    if any(names) and not before:
        builder.add_paragraph("; ".join(name for name in names if name), silent=True)
    for number, row in enumerate(rows[headers:], start=before + headers + 1):
        builder.add_row(number, describe_row(names, row))
