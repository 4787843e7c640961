"""Parse .odt texts, .ods workbooks, .odp presentations and their templates, as LibreOffice writes them.

Rows and slides have their numbers. Comments follow the text, page headers and footers do too, and do not answer. Formulas are
read as they are typed, and charts of texts and slides as tables. Left out: text marked as deleted; and, noted, hidden sheets and
slides, pictures, other embedded objects, and the charts of workbooks, which draw what cells contain.
"""

import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Any

from index.errors import SourceError
from index.parsers.builder import (
    Extraction,
    TextBuilder,
    add_table,
    count_note,
    describe_row,
    find_pairs,
    list_some,
    one_line,
    raise_number,
)
from index.parsers.containers import (
    damaged,
    metadata_in,
    office_metadata,
    open_package,
    read_member,
    refuse_document_type,
    refuse_document_types,
)
from index.parsers.office.numbering import CLAUSE, Numbering
from index.parsers.office.sheets import SheetRow, add_rows

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_CHART = "{urn:oasis:names:tc:opendocument:xmlns:chart:1.0}"
_PRESENTATION = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_MATH = "{http://www.w3.org/1998/Math/MathML}"
_NOTE = f"{_OFFICE}annotation"
_LEFT_OUT = {_NOTE, f"{_TEXT}note", f"{_TEXT}tracked-changes", f"{_TEXT}ruby-text"}
_BLOCKS = (f"{_TEXT}p", f"{_TEXT}h", f"{_TEXT}list")
_LOOKED_AT = 4_096  # bytes
_MOST_REPEATED = 1_000  # copies of a row or cell; a sheet ends in a million blank ones


def read_opendocument(content: bytes, *, name: str) -> Extraction:
    """Read a text, a workbook or a presentation, or a template of one; also as one file of XML ("flat").

    Raises:
        SourceError: It is none, damaged, protected with a password or not safe to read.
    """
    parts = OpenParts(content, name=name)
    builder = TextBuilder(name)
    builder.describe(**parts.metadata())
    _Reader(parts, builder).add()
    return builder.finish()


def read_sheets(content: bytes, *, name: str) -> Iterator[tuple[str, Iterator[SheetRow]]]:
    """Read the cells of the visible sheets of a workbook: the name of each, and each row that is not blank, with its number.

    Raises:
        SourceError: As for `read_opendocument`.
    """
    parts = OpenParts(content, name=name)
    reader = _Reader(parts, TextBuilder(name))
    for sheet in parts.root.iterfind(f"{_OFFICE}body/{_OFFICE}spreadsheet/{_TABLE}table"):
        if not reader.is_hidden(sheet):
            yield (
                one_line(sheet.get(f"{_TABLE}name") or ""),
                ((number, cells) for number, cells in _rows(sheet) if any(cells)),
            )


def read_sheet_rows(content: bytes, *, name: str) -> list[SheetRow]:
    """Read the cells of the first visible sheet that is not empty: each row that is not blank, with its number.

    Raises:
        SourceError: As for `read_opendocument`.
    """
    return next(filter(None, (list(rows) for _, rows in read_sheets(content, name=name))), [])


_FLAT = re.compile(rb"<office:document\b")
_BINARY = re.compile(rb"<office:binary-data\b[^<]*</office:binary-data\s*>")


class OpenParts:
    """An opened file.

    Attributes:
        root: The root of its content.
    """

    def __init__(self, content: bytes, *, name: str) -> None:
        """Open a file; errors as for `read_opendocument`."""
        self._name, self._suffix = name, name[name.rfind(".") :].lower()
        self._package: zipfile.ZipFile | None = None
        self.root: Any
        if _FLAT.search(content[:_LOOKED_AT]) and not content.startswith(b"PK"):
            refuse_document_type(content, name=name)
            self.root = self._parse(_BINARY.sub(b"", content))
            return
        self._package = open_package(content, name=name, suffix=self._suffix, holds="content.xml")
        refuse_document_types(self._package, name=name, suffix=self._suffix)
        if "META-INF/manifest.xml" in self._package.namelist() and b"encryption-data" in self.unpack(
            "META-INF/manifest.xml"
        ):
            raise SourceError(f"{name} is protected with a password. Save a copy without one, then index it again.")
        self.root = self.parse("content.xml")

    def unpack(self, member: str) -> bytes:
        """Unpack a member.

        Raises:
            SourceError: It is missing or damaged.
        """
        if self._package is None:
            raise damaged(self._name, self._suffix)
        return read_member(self._package, member, name=self._name, suffix=self._suffix)

    def parse(self, member: str) -> Any:
        """The root of a part; None where the file has no such part."""
        if self._package is None:
            return self.root if member == "styles.xml" else None
        return self._parse(self.unpack(member)) if member in self._package.namelist() else None

    def metadata(self) -> dict[str, str]:
        """What the file says about itself, for `TextBuilder.describe`."""
        from lxml import etree

        if self._package is not None:
            return office_metadata(self._package)
        about = self.root.find(f"{_OFFICE}meta")
        return metadata_in(etree.tostring(about)) if about is not None else {}

    def _parse(self, content: bytes) -> Any:
        from lxml import etree

        try:
            return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
        except etree.XMLSyntaxError as error:
            raise damaged(self._name, self._suffix) from error


class _Reader:
    """Writes the body of a document."""

    def __init__(self, parts: OpenParts, builder: TextBuilder) -> None:
        self._root = root = parts.root
        self._parse = parts.parse
        self._builder = builder
        self._unread: Counter[str] = Counter()
        named = self._parse("styles.xml")
        roots = (root,) if named is None else (named, root)
        self._styles = {style.get(f"{_STYLE}name"): style for each in roots for style in each.iter(f"{_STYLE}style")}
        self._charts: dict[Any, Any] = {}  # by the frame that has it
        self._numbering = Numbering(roots)
        for span in root.iter(f"{_TEXT}span"):
            if not len(span) and self._is_raised(span.get(f"{_TEXT}style-name")):
                span.text = raise_number(span.text or "") or span.text

    def add(self) -> None:
        body = self._root.find(f"{_OFFICE}body")
        hidden: dict[str, list[str]] = {}
        for part in body if body is not None else ():
            self._find_objects(part)
            if part.tag == f"{_OFFICE}spreadsheet":
                hidden["sheets"] = self._add_sheets(part)
            elif part.tag == f"{_OFFICE}presentation":
                hidden["slides"] = self._add_slides(part)
            else:
                self._add_text(part)
        for kind, count in sorted(self._unread.items()):
            self._builder.notes += count_note(kind, count)
        for kind, names in hidden.items():
            self._builder.notes += [f"hidden {kind} are not read: {list_some(names)}"] if names else []

    def _find_objects(self, body: Any) -> None:
        """Find charts, put formulas into the text around them, and count what is not read."""
        for frame in list(body.iter(f"{_DRAW}frame")):
            kinds = {child.tag.removeprefix(_DRAW) for child in frame if isinstance(child.tag, str)}
            if "object" in kinds:
                drawn = frame.find(f"{_DRAW}object")
                if len(drawn):  # it is within a flat file
                    content = drawn[0]
                    drawn.remove(content)
                else:
                    content = self._parse(posixpath.normpath(posixpath.join(drawn.get(_LINK) or "", "content.xml")))
                self._add_object(frame, content)
            elif kinds & {"object-ole", "applet", "plugin"}:
                self._unread["embedded objects"] += 1
            elif "image" in kinds and "text-box" not in kinds:
                self._unread["pictures"] += 1

    def _add_object(self, frame: Any, content: Any) -> None:
        if content is not None and (formula := content.find(f".//{_MATH}annotation")) is not None:
            frame.tag, frame.text = f"{_TEXT}span", f" {one_line(formula.text or '')} "
            for child in list(frame):
                frame.remove(child)
        elif content is None or next(content.iter(f"{_CHART}chart"), None) is None:
            self._unread["embedded objects"] += 1
        elif any(above.tag == f"{_OFFICE}spreadsheet" for above in frame.iterancestors()):
            self._unread["charts"] += 1
        else:
            self._charts[frame] = content

    def _add_text(self, part: Any) -> None:
        self._add_blocks(part)
        self._builder.begin_section(0, "")
        for number, note in enumerate(part.iter(f"{_TEXT}note"), start=1):
            mark, body = note.find(f"{_TEXT}note-citation"), note.find(f"{_TEXT}note-body")
            shown = one_line("".join(mark.itertext())) if mark is not None else ""
            self._builder.add_paragraph(f"[{shown or number}] {_flat(body)}" if body is not None else "")
        self._add_comments(part)
        styles = self._parse("styles.xml")
        kinds = [f"{_STYLE}{kind}{which}" for kind in ("header", "footer") for which in ("", "-first", "-left")]
        found = (_flat(each) for each in styles.iter(*kinds)) if styles is not None else ()
        for text in dict.fromkeys(filter(None, found)):
            self._builder.add_paragraph(text, silent=True)

    def _add_comments(self, part: Any) -> None:
        for comment in part.iter(_NOTE):
            text = _flat(comment)
            self._builder.add_paragraph(f"Note: {text}" if text else "")

    def _add_blocks(self, parent: Any) -> None:
        for element in parent:
            if element.tag == f"{_TEXT}h":
                self._add_heading(element)
            elif element.tag == f"{_TEXT}p":
                self._builder.add_paragraph(_line(element))
                self._add_drawn(element)
            elif element.tag == f"{_TEXT}list":
                self._add_list(element)
                self._add_drawn(element)
            elif element.tag == f"{_TABLE}table":
                add_table(self._builder, [cells for _, cells in _rows(element)])
            elif element in self._charts:
                self._add_chart(self._charts[element])
            elif element.tag not in _LEFT_OUT and element.tag != f"{_PRESENTATION}notes":
                self._add_blocks(element)

    def _add_heading(self, element: Any, label: str | None = None) -> None:
        stated = element.get(f"{_TEXT}outline-level") or "1"
        level, text = int(stated) if stated.isdecimal() and len(stated) < 3 else 1, _line(element)
        if label is None and text and element.get(f"{_TEXT}is-list-header") != "true" and self._is_numbered(element):
            label = self._numbering.next_heading(level, element.get(f"{_TEXT}start-value") or "")
        self._builder.add_heading(level, f"{label} {text}" if label else text)
        self._add_drawn(element)

    def _is_numbered(self, heading: Any) -> bool:
        """Whether the style of a heading leaves it its number."""
        style = self._styles.get(heading.get(f"{_TEXT}style-name"))
        return style is None or style.get(f"{_STYLE}list-style-name") != ""

    def _add_list(self, element: Any) -> None:
        """Write a list: a line for each item, but headings and clauses such as 2.2 as such."""
        lines: list[str] = []
        for block, marker, label in self._items(element, "", 1):
            text = _line(block)
            if block.tag == f"{_TEXT}h" or (text and label and CLAUSE.fullmatch(label)):
                self._builder.add_paragraph("\n".join(lines))
                lines.clear()
                if block.tag == f"{_TEXT}h":
                    self._add_heading(block, label)
                else:
                    self._builder.add_paragraph(f"{label} {text}")
            elif text:
                lines.append(marker + text)
        self._builder.add_paragraph("\n".join(lines))

    def _items(self, parent: Any, style: str, level: int) -> Iterator[tuple[Any, str, str]]:
        """The paragraphs of a list: each with what is written before it, and its number, if it has one."""
        own = parent.get(f"{_TEXT}style-name") or style
        if level == 1 or own != style:
            goes_on = parent.get(f"{_TEXT}continue-numbering") == "true" or parent.get(f"{_TEXT}continue-list")
            self._numbering.begin(own, goes_on=bool(goes_on))
        for item in parent:
            marker, label = "  " * (level - 1) + "- ", ""
            for position, block in enumerate(item):
                if block.tag == f"{_TEXT}list":
                    yield from self._items(block, own, level + 1)
                elif block.tag in _BLOCKS:
                    if position == 0 and item.tag == f"{_TEXT}list-item":
                        label = self._numbering.next_label(own, level, item.get(f"{_TEXT}start-value") or "")
                        marker = f"{'  ' * (level - 1)}{label} " if label else marker
                    yield block, marker, label
                    marker, label = " " * len(marker), ""

    def _add_drawn(self, parent: Any) -> None:
        """Write the text boxes, shapes and charts anchored in a block."""
        for child in parent:
            if child in self._charts:
                self._add_chart(self._charts[child])
            elif child.tag == f"{_DRAW}text-box" or (_is_drawn(child) and any(each.tag in _BLOCKS for each in child)):
                self._add_blocks(child)
            elif child.tag not in _LEFT_OUT:
                self._add_drawn(child)

    def _add_chart(self, chart: Any) -> None:
        for title in chart.iter(f"{_CHART}title", f"{_CHART}subtitle"):
            self._builder.add_paragraph(_flat(title), silent=title.getparent().tag == f"{_CHART}axis")
        for table in chart.iter(f"{_TABLE}table"):
            add_table(self._builder, [cells for _, cells in _rows(table)], headers=1)

    def _add_sheets(self, part: Any) -> list[str]:
        """Write the sheets; returns the names of those that are hidden."""
        hidden = []
        for sheet in part.findall(f"{_TABLE}table"):
            title = one_line(sheet.get(f"{_TABLE}name") or "")
            if self.is_hidden(sheet):
                hidden.append(title)
                continue
            self._builder.move_to(sheet=title)
            self._add_sheet(sheet)
            self._builder.notes += _describe_sheet(title, sheet)
        return hidden

    def is_hidden(self, sheet: Any) -> bool:
        """Whether a sheet is hidden."""
        return self._property(sheet.get(f"{_TABLE}style-name"), "table", f"{_TABLE}display") == "false"

    def _add_sheet(self, sheet: Any) -> None:
        rows = [(number, cells) for number, cells in _rows(sheet) if any(cells)]
        if pairs := find_pairs([row for _, row in rows]):
            for place, label, value in pairs:
                self._builder.add_row(rows[place][0], describe_row([label], [value]))
        else:
            add_rows(self._builder, rows, _wide(sheet))
        for number, column, comment in _comments(sheet):
            self._builder.add_row(number, f"Note on {_letters(column)}{number}: {comment}")
        self._add_drawn(sheet)

    def _add_slides(self, part: Any) -> list[str]:
        """Write the slides; returns the numbers of those that are hidden."""
        hidden = []
        for number, slide in enumerate(part.findall(f"{_DRAW}page"), start=1):
            style = slide.get(f"{_DRAW}style-name")
            if self._property(style, "drawing-page", f"{_PRESENTATION}visibility") == "hidden":
                hidden.append(str(number))
                continue
            self._builder.move_to(slide=number)
            self._builder.begin_section(1, "")
            titles = [
                each
                for each in slide.iter(f"{_DRAW}frame", f"{_DRAW}custom-shape")
                if each.get(f"{_PRESENTATION}class") == "title"
            ][:1]
            for title in titles:
                self._builder.add_heading(1, _flat(title))
                title.getparent().remove(title)
            self._add_blocks(slide)
            for notes in slide.iter(f"{_PRESENTATION}notes"):
                self._builder.add_paragraph("\n".join(filter(None, map(_line, notes.iter(*_BLOCKS[:2])))))
            self._add_comments(slide)
        return hidden

    def _is_raised(self, name: str | None) -> bool:
        """Whether a style of text, or the one that it is based on, draws text raised."""
        seen: set[str] = set()
        while name and name not in seen:
            if position := self._property(name, "text", f"{_STYLE}text-position"):
                height = position.split()[0]
                return height == "super" or bool(_RAISED.fullmatch(height))
            seen.add(name)
            style = self._styles.get(name)
            name = style.get(f"{_STYLE}parent-style-name") if style is not None else None
        return False

    def _property(self, style: str | None, kind: str, attribute: str) -> str | None:
        """A property of a style, such as whether a sheet is displayed."""
        found = self._styles.get(style)
        properties = found.find(f"{_STYLE}{kind}-properties") if found is not None else None
        return properties.get(attribute) if properties is not None else None


_RAISED = re.compile(r"[+]?0*[1-9]\d*(?:\.\d+)?%")


def _describe_sheet(title: str, sheet: Any) -> list[str]:
    """A note on the rows of a sheet that are hidden and not blank, and on hidden columns."""
    rows = [row for row in _own_rows(sheet) if row.get(f"{_TABLE}visibility") in ("collapse", "filter")]
    count = len([row for row in rows if any(map(_flat_cell, row.iter(f"{_TABLE}table-cell")))])
    return [f"sheet {title} has hidden rows ({count:,}), which are read"] if count else []


def _own_rows(table: Any) -> Iterator[Any]:
    """The rows of a table, without those of tables in its cells."""
    for row in table.iter(f"{_TABLE}table-row"):
        if next(above for above in row.iterancestors() if above.tag == f"{_TABLE}table") is table:
            yield row


def _rows(table: Any) -> Iterator[tuple[int, list[str]]]:
    """The number and the cells of each row, without blank cells at its end; a cell merged downwards is repeated in each row."""
    number = 0
    below: dict[int, tuple[int, str]] = {}  # by column: the last row that a cell spans, and its text
    for row in _own_rows(table):
        cells: list[str] = []
        for cell in row:
            if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                continue
            text, spanned = _flat_cell(cell), _count(cell, "number-rows-spanned")
            for _ in range(min(_count(cell, "number-columns-repeated"), _MOST_REPEATED)):
                last, above = below.get(len(cells), (0, ""))
                if spanned > 1 and text:
                    below[len(cells)] = number + spanned, text
                covered = cell.tag == f"{_TABLE}covered-table-cell" and number < last
                cells.append(text or (above if covered else ""))
        while cells and not cells[-1]:
            cells.pop()
        repeated = _count(row, "number-rows-repeated")
        for copy in range(min(repeated, _MOST_REPEATED) if cells else 0):
            yield number + copy + 1, cells
        number += repeated


def _wide(table: Any) -> dict[int, dict[int, int]]:
    """By the number of a row, the first column of each cell that spans columns, with its last, from 1."""
    wide: dict[int, dict[int, int]] = {}
    number = 1
    for row in _own_rows(table):
        column = 1
        for cell in row:
            if cell.tag in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                spanned = min(_count(cell, "number-columns-spanned"), _MOST_REPEATED)
                if spanned > 1 and _flat_cell(cell):
                    wide.setdefault(number, {})[column] = column + spanned - 1
                column += _count(cell, "number-columns-repeated")
        number += _count(row, "number-rows-repeated")
    return wide


def _count(element: Any, attribute: str) -> int:
    value = element.get(f"{_TABLE}{attribute}") or "1"
    return int(value) if value.isdigit() and len(value) < 9 else 1


def _comments(sheet: Any) -> Iterator[tuple[int, int, str]]:
    """The row, the column and the text of each comment on a cell."""
    number = 1
    for row in _own_rows(sheet):
        column = 1
        for cell in row:
            for comment in cell.findall(_NOTE):
                if text := _flat(comment):
                    yield number, column, text
            column += _count(cell, "number-columns-repeated")
        number += _count(row, "number-rows-repeated")


def _letters(column: int) -> str:
    """The name of a column, such as "AB"."""
    letters = ""
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def _is_drawn(element: Any) -> bool:
    return isinstance(element.tag, str) and element.tag.startswith(_DRAW)


def _flat_cell(cell: Any) -> str:
    """The text of a cell as one line, without that of comments, and of shapes in a sheet, which are no part of its text."""
    shown = [child for child in cell if child.tag not in _LEFT_OUT and not _is_drawn(child)]
    text = one_line(" ".join(_line(child) if child.tag in _BLOCKS[:2] else _flat(child) for child in shown))
    return text or ("" if shown else _stored(cell))


def _stored(cell: Any) -> str:
    """The value of a cell that has no text, as some programs write it."""
    kind = cell.get(f"{_OFFICE}value-type") or ""
    value = cell.get(f"{_OFFICE}{_VALUES.get(kind, 'value')}") or ""
    if kind == "percentage" and _NUMERIC.fullmatch(value):
        return f"{float(value) * 100:.15g}%"
    if kind == "currency":
        return one_line(f"{value} {cell.get(f'{_OFFICE}currency') or ''}")
    if kind == "boolean":
        return value.upper()
    if kind == "time" and (found := _PERIOD.fullmatch(value)):
        hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return f"{hours}:{minutes:02}" + (f":{seconds:02}" if seconds else "")
    return one_line(value.removesuffix("T00:00:00").replace("T", " ") if kind == "date" else value)


_VALUES = {"string": "string-value", "date": "date-value", "time": "time-value", "boolean": "boolean-value"}
_NUMERIC = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,2})?")
_PERIOD = re.compile(r"PT(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,]\d+)?S)?")


def _flat(element: Any) -> str:
    """The text of all paragraphs inside an element, as one line."""
    return one_line(" ".join(map(_line, _paragraphs(element))))


def _paragraphs(element: Any) -> Iterator[Any]:
    """The paragraphs inside an element, without those of comments, notes and deleted text in it."""
    for child in element:
        if child.tag in _LEFT_OUT:
            continue
        if child.tag in _BLOCKS[:2]:
            yield child
        yield from _paragraphs(child)


def _line(paragraph: Any) -> str:
    """The text of a paragraph; line breaks stay."""
    return "\n".join(filter(None, map(one_line, _spaced(paragraph).split("\n"))))


def _spaced(paragraph: Any) -> str:
    """The text of a paragraph, with the spaces and line breaks that the format writes as elements."""
    parts: list[str] = [(paragraph.text or "").replace("\n", " ")]
    for child in paragraph:
        if child.tag == f"{_TEXT}s":
            parts.append(" ")
        elif child.tag in (f"{_TEXT}tab", f"{_TEXT}line-break"):
            parts.append(" " if child.tag.endswith("tab") else "\n")
        elif child.tag not in _LEFT_OUT and not child.tag.startswith(_DRAW):
            parts.append(_spaced(child))
        parts.append((child.tail or "").replace("\n", " "))
    return "".join(parts)
