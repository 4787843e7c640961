"""Find the tables in plain text: their columns are ruled by dashes, or parted by blanks alone.

The rows are the lines of the file, so that every character stays. Without rules, a table is three lines or more whose cells are
parted by two blanks or more at the same places and begin or end below each other. Text in columns, lists, code, drawings and
tables of contents are none.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from index.parsers.builder import TextBuilder, column_names, is_header, is_number, one_line
from index.records import Locator, Place

_LINE = re.compile(r"[^\r\n]+")
_GAP = re.compile(r"\t+| {2,}|[ \t]*\|[ \t]*")
# A line of dashes that shows the columns of a table.
_RULE = re.compile(r"[ \t]*(?:[|+]?[-=]{2,}[ |+]+)+[-=]*[|+]?[ \t]*")
_RULES = re.compile(r"^[ \t]*[|+]?[-=]{2,}[ |+]+[-=]{2,}", re.MULTILINE)

Tables = tuple[tuple[Locator, ...], tuple[tuple[int, int], ...]]


def find_tables(text: str) -> Tables:
    """Find the tables in a text.

    Returns:
        The place of each row, with the title and the names of the columns as its heading; and the lines of titles, names and
        rules, which do not answer. Both in the order of the text.
    """
    ruled, silent = _find_ruled(text)
    settings, sections = _find_settings(text)
    taken = {each.start for each in (*ruled, *settings)} | {start for start, _ in (*silent, *sections)}
    aligned, quiet = _find_aligned(text, taken)
    locators = sorted((*ruled, *settings, *aligned), key=lambda locator: locator.start)
    return tuple(locators), tuple(sorted((*silent, *sections, *quiet)))


_SECTION = re.compile(r"[ \t]*\[{1,2}([\w .:/\"'-]{1,80})\]{1,2}[ \t]*")
_SETTING = re.compile(r"[ \t]*[\w.\"'/-]+(?: [\w.\"'/-]+){0,3}[ \t]*=.*")
_CLOSING = "])}"
_SECTIONS = re.compile(rf"(?:\A|(?<=[\r\n])){_SECTION.pattern}(?=[\r\n]|\Z)")


def _find_settings(text: str) -> Tables:
    """Find settings, "key = value" below the name of a section, "[name]": each is a row with its section as heading."""
    locators: list[Locator] = []
    silent: list[tuple[int, int]] = []
    if not _SECTIONS.search(text):
        return (), ()
    section: re.Match[str] | None = None  # that of the lines below
    number, last, indent = (
        0,
        False,
        0,
    )  # settings of the section, whether the line above is one, and how far it is indented
    for match in _LINE.finditer(text):
        start, end = match.span()
        if found := _SECTION.fullmatch(text, start, end):
            section, number, last = found, 0, False
        elif last and (_indent(match[0]) > indent or text[start] in _CLOSING) and not match[0].isspace():
            locators[-1] = Locator(locators[-1].start, end, locators[-1].place)  # it goes on with the value above
        elif section and _SETTING.fullmatch(text, start, end):
            if number == 0:
                silent.append(section.span())
            number, last, indent = number + 1, True, _indent(match[0])
            locators.append(Locator(start, end, Place(row=number, heading=section[1].strip())))
        else:
            last = False
    return (tuple(locators), tuple(silent)) if len(locators) <= _MOST else ((), ())


def add_text(builder: TextBuilder, text: str) -> None:
    """Write a text that is part of a file: its paragraphs, parted by blank lines, and the rows of its tables."""
    locators, silent = find_tables(text)
    rows = {locator.start: locator for locator in locators}
    last = 0
    for start, end in sorted(
        (*silent, *((locator.start, locator.end) for locator in locators)), key=lambda span: span[0]
    ):
        _add_paragraphs(builder, text[last:start])
        if start in rows:
            place = rows[start].place
            builder.add_written_row(place.row or 0, text[start:end], place.heading)
        else:
            builder.add_paragraph(text[start:end], silent=True)
        last = end
    _add_paragraphs(builder, text[last:])


def _add_paragraphs(builder: TextBuilder, text: str) -> None:
    for paragraph in re.split(r"\n\s*\n", text):
        builder.add_paragraph("\n".join(line.rstrip() for line in paragraph.split("\n")))


def _find_ruled(text: str) -> Tables:
    """Find the tables whose columns are ruled: by dashes below their names."""
    locators: list[Locator] = []
    silent: list[tuple[int, int]] = []
    if not _RULES.search(text):
        return (), ()
    lines = [match.span() for match in _LINE.finditer(text)]
    names, number = "", 0  # of the table being read
    for (start, end), before in zip(lines, [(0, 0), *lines], strict=False):
        joined = text.count("\n", before[1], start) == 1
        if _RULE.fullmatch(text, start, end):
            if not names and joined and len(_cells(text[slice(*before)])) > 1:
                names, number = "; ".join(_cells(text[slice(*before)])), 1
                silent.append(before)
            elif not joined:
                names = ""
            silent.append((start, end))
        elif names and joined and len(_cells(text[start:end])) > 1:
            number += 1
            locators.append(Locator(start, end, Place(row=number, heading=names)))
        else:
            names = ""
    return tuple(locators), tuple(silent)


def _cells(line: str) -> list[str]:
    return [cell for cell in _GAP.split(line.strip()) if cell.strip(" -=+")]


# Two blanks, but not those behind a sentence.
_BLANK = re.compile(r"(?:[^\s.!?](?<![.!?][\"')\]]) {2}|\S(?: {3}|\t))[ \t]*\S")
_DASHES = re.compile(r"[ \t]*([-=_*~.\u2500\u2550])(?:[ \t]*\1){2,}[ \t]*")
# What a list item begins with, and the blanks behind it.
_MARK = re.compile(r"\s*(?:[-*+\u2022\u25e6\u2023\u2013]|\(?\w{1,3}[.)]|\[\w{1,4}\])[ \t]+")
_LEADERS = re.compile(r"(?<= )\.{3,}|\.{4,}|(?:\. ){3,}\.?|\u2026{2,}")  # dots that lead from one cell to the next
_FIELD = re.compile("_{4,}")  # to be filled in by hand
_PAGE = re.compile(r"\d{1,4}|[ivxlc]+")
_CODE = re.compile(
    r"[;{}\\,&]\s*(?://.*|#.*)?$|[=!<>]=|[-=]>|//(?!\S)|/\*|\*/|^\s*[#%;]|\w\(|\$\w|\)\s*:$|\s(?:=|#|//)\s|[|\u2500-\u257f]"
)
_LABEL = re.compile(r"\W*(?:\w{1,2}|\d{1,3}(?:\.\d+)*)\W*")
_WORD = re.compile(r"[^\W_]+")
_DIGIT = re.compile(r"\d")
_RIVER = re.compile("0+")
_FILLED = re.compile("[^ ]")

_WIDEST = 500  # characters of a line of a table
_LONGEST_TITLE = 80  # characters of a line that may be a title
_TITLE = 6  # words of a line that is one, and says nothing else
_FEWEST = 3  # rows, that of the names included
_MOST = 100_000  # rows; a log of more stays text
_MOST_BELOW = 3  # lines of a row whose text goes on below its first cell
_MOST_NAMES = 3  # lines of names of columns
_SENTENCE = 4  # words of a cell that is text


@dataclass(slots=True)
class _Row:
    """A line whose cells are parted by blanks, with the lines below that go on with it."""

    start: int
    end: int
    line: str  # the first line, its tabs and the dots between cells as blanks
    title: tuple[int, int, bool] | None  # a line above that may be its title, and whether it is a paragraph of its own
    parted: str  # the dash of the line of dashes above it, or a line feed for a blank line; empty for neither
    led: bool  # whether dots lead from one cell to the next
    lines: int = 1
    cells: list[str] = field(default_factory=list)
    more: list[list[str]] = field(default_factory=list)  # the cells of the lines that go on with it

    @property
    def indent(self) -> int:
        return _indent(self.line)


@dataclass(slots=True)
class _Run:
    """Lines below each other that share blanks."""

    rows: list[_Row] = field(default_factory=list)
    rules: list[tuple[int, int]] = field(default_factory=list)
    mask: int = 0  # a bit for each place where a row is not blank
    left: tuple[int, int] = (_WIDEST, 0)  # where the first and the second cell begin, of the row that begins leftmost


def _find_aligned(text: str, taken: set[int]) -> Tables:
    """Find the tables whose columns are parted by blanks alone, in the lines that do not begin where one is taken."""
    locators: list[Locator] = []
    silent: list[tuple[int, int]] = []
    if not _BLANK.search(text) and not _LEADERS.search(text):
        return (), ()
    for run in _runs(text, taken):
        found, quiet = _read_run(text, run) if len(run.rows) <= _MOST else ([], [])
        locators += found
        silent += quiet
        if max(len(locators), len(run.rows)) > _MOST:
            return (), ()
    return tuple(locators), tuple(silent)


def _runs(text: str, taken: set[int]) -> Iterator[_Run]:
    """Find the lines that may be the rows of a table."""
    run = _Run()
    title: tuple[int, int, bool] | None = None  # the line above, as in a row
    ruled = ""  # the dash of the line of dashes above
    for (start, end), last, following in _lines_with_blanks(text):
        if start in taken or last > 2 or end - start > _WIDEST:
            yield run
            run, title, ruled = _Run(), None, ""
            if start in taken or end - start > _WIDEST:
                continue
        written = text[start:end].expandtabs().rstrip()
        line = _LEADERS.sub(lambda dots: " " * len(dots[0]), written)
        if dashes := _DASHES.fullmatch(written):
            if run.rows:
                run.rules.append((start, end))
            ruled, title = dashes[1], title if not run.rows else None
        elif mask := _mask(line, run):
            if run.rows and not _fits(run, mask, parted=last > 1):
                yield run
                run = _Run()
            row = _Row(
                start, end, line, title, ruled or ("\n" if last > 1 and title is None else ""), led=line != written
            )
            run.rows.append(row)
            run.mask |= mask
            run.left = min(run.left, (row.indent, _second(row)))
            title, ruled = None, ""
            if len(run.rows) > _MOST:
                break
        elif run.rows and last < 2 and not ruled and title is None and _goes_on(line, run, following):
            run.rows[-1].end = end
            run.rows[-1].lines += 1
        else:
            below = run.rows and title is None  # the line above is a row
            alone = bool(below) or last != 1
            fits = _may_be_title(line) and (alone or line.endswith(":"))
            if title is not None or not fits:
                yield run
                run = _Run()
            title, ruled = (start, end, alone) if fits else None, ""
    yield run


def _lines_with_blanks(text: str) -> Iterator[tuple[tuple[int, int], int, int]]:
    """Each line that is not blank, and how many line ends are between it and the ones above and below."""
    above: tuple[int, int] | None = None
    before = 0
    for match in _LINE.finditer(text):
        if match[0].isspace():
            continue
        if above:
            between = max(text.count("\n", above[1], match.start()), text.count("\r", above[1], match.start()))
            yield above, before, between
            before = between
        above = match.span()
    if above:
        yield above, before, 9


def _mask(line: str, run: _Run) -> int:
    """A bit for each place of a row that is not blank, as the blanks behind a list mark are; 0 for a line of one cell.

    A line without two blanks is a row too where it has a blank between nearly all columns above it.
    """
    found = _MARK.match(line)
    begin = found.end() if found else 0
    parted = _BLANK.search(line, begin)
    if not parted and len(run.rows) < 2:
        return 0
    filled = _FILLED.sub("1", line).replace(" ", "0")
    if found:
        filled = filled[: len(found[0]) - len(found[0].lstrip())].ljust(begin, "1") + filled[begin:]
    mask = int(filled[::-1], 2)
    if parted:
        return mask
    rivers, shared = _rivers(run.mask), _rivers(run.mask | mask)
    crossed = [
        river
        for river in rivers
        if line[: river[0]].strip()
        and line[river[1] :].strip()
        and any(river[0] <= each[0] < river[1] for each in shared)
    ]
    return mask if len(crossed) > max(2, 0.75 * len(rivers)) else 0


def _fits(run: _Run, mask: int, *, parted: bool) -> bool:
    """Whether a row shares a gap of two blanks with all rows above it, or several gaps; all of them below a blank line."""
    shared, before = _rivers(run.mask | mask), _rivers(run.mask)
    if parted:
        return _count_wide(shared) >= _count_wide(before)
    return _count_wide(shared) > 0 or (len(run.rows) > 1 and len(shared) > 2)


def _count_wide(rivers: Sequence[tuple[int, int]]) -> int:
    return sum(end - start > 1 for start, end in rivers)


def _rivers(mask: int) -> list[tuple[int, int]]:
    """The stretches of places between the first and the last one filled that are blank in all rows."""
    places = bin(mask)[:1:-1]
    return [match.span() for match in _RIVER.finditer(places) if match.start()]


def _goes_on(line: str, run: _Run, following: int) -> bool:
    """Whether a line of one cell goes on with the row above it: it is indented, in small letters, or ends what the row begins."""
    row, text = run.rows[-1], line.strip()
    if is_number(text):
        return False
    indent = _indent(line)
    if indent >= run.left[1]:
        return True
    if row.lines > _MOST_BELOW or text.isupper() or text.endswith(":"):
        return False
    ends = (row.parted or row.title is not None) and following > 1 and len(_WORD.findall(text)) > 2
    return indent > run.left[0] or text[0].islower() or ends


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _second(row: _Row) -> int:
    """Where the second cell of a row begins."""
    found = _BLANK.search(row.line, row.indent)
    return found.end() - 1 if found else len(row.line)


def _may_be_title(line: str) -> bool:
    text = line.strip()
    return len(text) <= _LONGEST_TITLE and text[0].isalnum() and not text.endswith((".", "!", "?", ",", ";"))


def _read_run(text: str, run: _Run) -> tuple[list[Locator], list[tuple[int, int]]]:
    """The rows of a table, or of several below each other, and the lines that do not answer; empty where lines are no table."""
    locators: list[Locator] = []
    silent: list[tuple[int, int]] = []
    for rows in [run.rows] if _read_cells(run.rows) else _divide(run.rows):
        if _read_cells(rows):
            found, quiet = _read_table(text, rows)
            locators += found
            silent += quiet
            silent += [rule for rule in run.rules if rows[0].start < rule[0] < rows[-1].end]
    return locators, silent


def _divide(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    """Divide rows at titles and blank lines."""
    part: list[_Row] = []
    for row in rows:
        if part and (row.parted == "\n" or row.title is not None):
            yield part
            part = []
        part.append(row)
    yield part


def _read_cells(rows: Sequence[_Row]) -> bool:
    """Read the cells of rows; returns whether the rows are those of a table."""
    if len(rows) < _FEWEST:
        return False
    columns = _columns(rows)
    for row in rows:
        row.cells = [row.line[column] for column in columns]
    if not all(_is_aligned([row.cells[column] for row in rows]) for column in range(1, len(columns))):
        return False
    for row in rows:
        row.cells = [cell.strip() for cell in row.cells]
    return _is_table(rows, len(columns))


def _read_table(text: str, rows: Sequence[_Row]) -> tuple[list[Locator], list[tuple[int, int]]]:
    """The rows of a table, below their titles and the names of the columns; and the lines that do not answer."""
    locators: list[Locator] = []
    silent: list[tuple[int, int]] = []
    joined = _join_rows(rows)
    names = _names(joined)
    table, section = "", ""
    inside = 0  # how far the rows of the section are indented at least
    for number, row in enumerate(joined, start=1):
        if row.title:
            start, end, alone = row.title
            shown = one_line(text[start:end])
            table, section = (shown, "") if number == 1 and names else (table, shown)
            indent = _indent(text[start:end])
            inside = indent + 1 if row.indent > indent else 0
            if alone and len(_WORD.findall(shown)) <= _TITLE and not re.search(r"\d|:.", shown):
                silent.append((start, end))
        elif row.indent < inside:
            section = ""
        if number == 1 and names:
            silent.append((row.start, row.end))
            continue
        heading = " > ".join(filter(None, (table.rstrip(":"), section.rstrip(":"), names)))
        locators.append(Locator(row.start, row.end, Place(row=number, heading=heading or None)))
    return locators, silent


def _is_aligned(cells: Sequence[str]) -> bool:
    """Whether most cells of a column, each with its blanks, begin or end below each other."""
    filled = [cell for cell in cells if cell.strip()]
    starts = Counter(len(cell) - len(cell.lstrip()) for cell in filled)
    ends = Counter(len(cell.rstrip()) for cell in filled)
    return len(filled) < _FEWEST or max(*starts.values(), *ends.values()) > len(filled) / 2


def _is_contents(last: Sequence[str]) -> bool:
    """Whether the last cells of rows are the pages of a table of contents."""
    if not all(map(_PAGE.fullmatch, last)):
        return False
    pages = [int(page) for page in last if page.isdecimal()]
    return pages == sorted(pages)


def _join_rows(rows: Sequence[_Row]) -> list[_Row]:
    """Rows without those that go on with the one above: without a first cell, and with all others, of the same kinds.

    Where every row has a line of dashes above it, all without a first cell do.
    """
    joined: list[_Row] = []
    apart = all(row.parted for row in rows[1:] if row.cells[0])
    names = _count_names(rows)
    for number, row in enumerate(rows):
        if 0 < number < names or (joined and _joins(row, joined[-1], apart=apart)):
            joined[-1].end = row.end
            joined[-1].more.append(row.cells)
        else:
            joined.append(row)
    return joined


def _count_names(rows: Sequence[_Row]) -> int:
    """How many rows above the first blank line or line of dashes may be names."""
    first = next((number for number, row in enumerate(rows) if number and row.parted), _MOST_NAMES + 1)
    if first > _MOST_NAMES or not _is_apart(rows[first:]):
        return 0
    upper = rows[:first]
    hanging = first == 1 or any(not row.cells[0] for row in upper)
    return first if hanging and not any(is_number(cell) for row in upper for cell in row.cells) else 0


def _is_apart(rows: Sequence[_Row]) -> bool:
    """Whether what is above the first of some rows is not above most others too."""
    first, *others = rows
    return bool(first.parted) and sum(row.parted == first.parted for row in others) <= len(others) / 2


def _joins(row: _Row, above: _Row, *, apart: bool) -> bool:
    cells = row.cells[1:]
    if row.cells[0] or row.parted or row.title:
        return False
    kinds = [[bool(_DIGIT.search(cell)) for cell in each] for each in (cells, above.cells[1:])]
    return apart or (kinds[0] == kinds[1] and len(cells) > 1 and all(cells))


def _names(rows: Sequence[_Row]) -> str:
    """The names of the columns in the first row, parted by semicolons; empty unless it is clear that they are names."""
    first, *others = rows
    cells = [" ".join(filter(None, parts)) for parts in zip(first.cells, *first.more, strict=True)]
    names = list(filter(None, cells))
    if not others or len(set(names)) < len(names) or max(len(name.split()) for name in names) > _TITLE:
        return ""
    if any(name.endswith((",", ";")) or (name[0].isdigit() and not is_number(name)) for name in names):
        return ""
    if not is_header(cells, *(row.cells for row in others)):
        return ""
    apart = others[0].title is not None or _is_apart(others)
    capital = "".join(names).isupper() and not "".join(others[0].cells).isupper()
    counted = any(
        not _DIGIT.search(name) and sum(bool(_DIGIT.search(row.cells[column])) for row in others) > 0.7 * len(others)
        for column, name in enumerate(cells)
        if name
    )
    years = any(map(is_number, names))  # which rise evenly
    return "; ".join(column_names(names)) if apart or capital or years or (len(cells) > 2 and counted) else ""


def _columns(rows: Sequence[_Row]) -> list[slice]:
    """The places of the columns of a table: between the places that are blank in the first row and in nearly all others."""
    filled = Counter(place for row in rows for place, each in enumerate(row.line) if each != " ")
    first, last = min(filled), max(filled) + 1
    most = len(rows) // 8
    places = "".join(
        "0" if filled[place] <= most and rows[0].line[place : place + 1].strip() == "" else "1"
        for place in range(first, last)
    )
    rivers = [(first + match.start(), first + match.end()) for match in _RIVER.finditer(places)]
    kept: list[tuple[int, int]] = []
    for position, (start, end) in enumerate(rivers):
        left = kept[-1][1] if kept else first
        right = rivers[position + 1][0] if position + 1 < len(rivers) else last
        behind = [bool(row.line[end:right].strip()) for row in rows]
        words = [len(row.line[left:start].split()) == 1 for row in rows]
        both = sum(word and there for word, there in zip(words, behind, strict=True))
        if (end - start > 1 and (behind[0] or sum(behind) > most)) or both > 0.8 * len(rows):
            kept.append((start, end))
    edges = [first, *(edge for river in kept for edge in river), last]
    return [slice(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _is_table(rows: Sequence[_Row], width: int) -> bool:
    """Whether lines that share blanks are the rows of a table, rather than text in columns, a list, code or a drawing."""
    if width < 2 or sum(bool(_CODE.search(row.line) or _FIELD.search(row.line)) for row in rows) > max(
        1, len(rows) / 5
    ):
        return False
    if sum(row.led for row in rows) > len(rows) / 2 and _is_contents([row.cells[-1] for row in rows]):
        return False
    drawn = "".join(cell for row in rows for cell in row.cells).replace(" ", "")
    if sum(map(str.isalnum, drawn)) < len(drawn) / 2:
        return False
    columns = [[row.cells[column] for row in rows if row.cells[column]] for column in range(width)]
    if sum(map(len, columns)) < width * len(rows) / 2 or not all(columns):
        return False
    words = [[len(_WORD.findall(cell)) for cell in column] for column in columns]
    texts = [sum(count >= _SENTENCE for count in counts) > len(counts) / 2 for counts in words]
    flowing = [
        median(counts) > 1 and sum(cell[0].islower() for cell in column) > 0.4 * len(column)
        for counts, column in zip(words, columns, strict=True)
    ]
    if sum(texts) > 1 or sum(flowing) > 1 or (width == 2 and all(map(_LABEL.fullmatch, columns[0])) and texts[1]):
        return False
    counted = any(sum(bool(_DIGIT.search(cell)) for cell in column) > 0.6 * len(column) for column in columns)
    marked = all(cell.endswith(":") for cell in columns[0])
    return counted or marked or max(median(counts) for counts in words) < _SENTENCE
