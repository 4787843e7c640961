"""Read .docx documents: headings by their outline level, lists, tables as rows, text boxes and notes at the foot.

Diagrams are read as lists and charts as tables. Comments follow the text; page headers and footers do too, and do not answer.
Left out: text marked as deleted or hidden; pictures, embedded objects and embedded files other than web pages and plain text,
which are noted. A .docx knows no pages.
"""

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from index.errors import SourceError
from index.parsers.builder import (
    Extraction,
    TextBuilder,
    add_table,
    count_note,
    is_number,
    list_some,
    one_line,
    raise_number,
)
from index.parsers.containers import load_library, office_metadata, open_office
from index.parsers.html import add_html, decode_html
from index.parsers.office.drawings import (
    CHART,
    COMPATIBILITY,
    DIAGRAM,
    MATH,
    NEW_CHART,
    RELATION,
    add_chart,
    diagram_text,
    find_shown,
    formula_text,
)
from index.parsers.office.numbering import CLAUSE, show_number
from index.parsers.office.symbols import read_symbol
from index.parsers.plain import decode_text

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_VML = "{urn:schemas-microsoft-com:vml}"
_TEXT_BOX = f"{_W}txbxContent"
_WORD_ART = f"{_VML}textpath"
_PICTURE = "{http://schemas.openxmlformats.org/drawingml/2006/picture}pic"
_LEFT_OUT = {f"{_W}{tag}" for tag in ("del", "moveFrom", "pPr", "rPr", "rt", "txbxContent")}
_LEFT_OUT.add(f"{COMPATIBILITY}Fallback")
_BREAKS = {f"{_W}{tag}": " " for tag in ("tab", "ptab")}
_BREAKS |= {f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_DIAGRAM, _CHART = f"{DIAGRAM}relIds", f"{CHART}chart"
_DRAWN = (_TEXT_BOX, _WORD_ART, _DIAGRAM, _CHART)
_HEX = re.compile("[0-9a-fA-F]{2,4}")
_TITLE_LEVEL = 0


def read_docx(content: bytes, *, name: str) -> Extraction:
    """Read a document.

    Raises:
        SourceError: It is no .docx, damaged, protected with a password or not safe to read.
    """
    docx = load_library("docx", "python-docx", name=name, suffix=".docx")
    package = open_office(content, name=name, suffix=".docx", holds="word/")
    builder = TextBuilder(name)
    _Word(docx.Document(package.fp), builder, name).add()
    builder.describe(**office_metadata(package))
    return builder.finish()


class _Word:
    """Writes the body of a document."""

    def __init__(self, document: Any, builder: TextBuilder, name: str) -> None:
        self._document = document
        self._builder = builder
        self._name = name
        self._unread: list[str] = []  # embedded files
        self._levels = _outline_levels(document)
        self._numbering = Numbering(document)
        self._items: list[str] = []

    def add(self) -> None:
        self._add_blocks(self._document.element.body)
        self._builder.begin_section(_TITLE_LEVEL, "")
        for part in ("footnotes", "endnotes"):
            self._add_notes(part)
        self._add_notes("comments", label="Note: ")
        self._add_page_parts()
        self._note_the_rest()

    def _add_blocks(self, parent: Any) -> None:
        for element in parent:
            if element.tag == f"{_W}p":
                self._add_paragraph(element)
            elif element.tag == f"{_W}tbl":
                self._end_list()
                self._add_table(element)
            elif element.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}moveTo", f"{_W}customXml"):
                self._add_blocks(element)
            elif element.tag == f"{_W}altChunk":
                self._end_list()
                self._add_embedded(element)
        self._end_list()

    def _add_table(self, table: Any) -> None:
        """Write a table, and then those inside its cells."""
        lines = list(_children(table, "tr"))
        while len(lines) > 1 and _is_title(lines[0]):
            self._builder.add_paragraph(_flat(lines.pop(0)), silent=True)
        headers = _count_headers(lines)
        add_table(self._builder, list(_rows(lines, headers or 0)), headers=headers)
        for row in lines:
            for cell in _children(row, "tc"):
                for inner in _children(cell, "tbl"):
                    self._add_table(inner)

    def _add_paragraph(self, paragraph: Any) -> None:
        text = "\n".join(filter(None, map(one_line, _text(paragraph).split("\n"))))
        level, listed = self._kind(paragraph)
        label = self._numbering.next_label(paragraph) if text else ""
        marked = f"{label} {text}" if label else text
        if level is not None and len(text) < 300:
            self._end_list()
            self._builder.add_heading(level, marked)
        elif CLAUSE.fullmatch(label):
            self._end_list()
            self._builder.add_paragraph(marked)
        elif listed and text:
            self._items.append(marked if label else f"- {text}")
        else:
            self._end_list()
            self._builder.add_paragraph(marked)
        for drawn in find_shown(paragraph, *_DRAWN):
            self._add_drawing(drawn)

    def _add_drawing(self, drawn: Any) -> None:
        """Write a text box, WordArt, a diagram or a chart."""
        if drawn.tag == _TEXT_BOX:
            if not any(above.tag == _TEXT_BOX for above in drawn.iterancestors()):  # that one writes what is in it
                self._add_blocks(drawn)
            return
        self._end_list()
        if drawn.tag == _WORD_ART:
            self._builder.add_paragraph(drawn.get("string") or "")
        elif drawn.tag == _DIAGRAM and (model := self._part(drawn.get(f"{RELATION}dm"))) is not None:
            self._builder.add_paragraph(diagram_text(model))
        elif drawn.tag == _CHART and (chart := self._part(drawn.get(f"{RELATION}id"))) is not None:
            add_chart(chart, self._builder)

    def _add_embedded(self, chunk: Any) -> None:
        """Write an embedded web page or plain text, which Word shows in its place; other files are noted."""
        part = self._document.part.related_parts.get(chunk.get(f"{RELATION}id"))
        kind = part.content_type.partition(";")[0] if part is not None else "missing"
        name = f"{self._name}: {part.partname}" if part is not None else self._name
        try:
            if kind in ("text/html", "application/xhtml+xml"):
                add_html(decode_html(part.blob, self._builder, name=name), self._builder, name=name)
                self._builder.begin_section(_TITLE_LEVEL, "")
                return
            if kind == "text/plain":
                text, notes = decode_text(part.blob, name=name)
                self._builder.notes += notes
                self._builder.add_paragraph(text)
                return
        except SourceError:
            pass
        self._unread.append(one_line(kind))

    def _note_the_rest(self) -> None:
        """Note the pictures, the embedded objects and the embedded files, which are not read."""
        roots = [self._document.element.body, *_parts(self._document, "header"), *_parts(self._document, "footer")]
        objects = [found for root in roots for found in find_shown(root, f"{_W}object")]
        pictures = [found for root in roots for found in find_shown(root, _PICTURE, f"{_VML}imagedata")]
        pictures = [
            found for found in pictures if not any(above.tag == f"{_W}object" for above in found.iterancestors())
        ]
        charts = find_shown(self._document.element.body, NEW_CHART)
        counts = {"pictures": len(pictures), "embedded objects": len(objects), "charts": len(charts)}
        notes = [note for kind, count in counts.items() for note in count_note(kind, count)]
        notes += [f"embedded files are not read: {list_some(self._unread)}"] if self._unread else []
        self._builder.notes += notes

    def _part(self, relation: str | None) -> Any:
        """The part that a relation of the document leads to, parsed; None if it is missing."""
        from docx.oxml import parse_xml

        part = self._document.part.related_parts.get(relation)
        return parse_xml(part.blob) if part is not None else None

    def _end_list(self) -> None:
        self._builder.add_paragraph("\n".join(self._items))
        self._items.clear()

    def _kind(self, paragraph: Any) -> tuple[int | None, bool]:
        """The level of a heading, 0 for a title, None for other text; and whether it is an item of a list."""
        properties = paragraph.find(f"{_W}pPr")
        if properties is None:
            return None, False
        style = properties.find(f"{_W}pStyle")
        level, listed = self._levels.get(style.get(f"{_W}val"), (None, False)) if style is not None else (None, False)
        outline = properties.find(f"{_W}outlineLvl")
        if outline is not None:
            level = _outline(outline)
        return level, listed or properties.find(f"{_W}numPr") is not None

    def _add_notes(self, kind: str, label: str = "") -> None:
        for root in _parts(self._document, kind):
            for note in root:
                if note.get(f"{_W}type") is None:  # the others are rules drawn above the notes
                    number = label or f"[{one_line(note.get(f'{_W}id') or '')}] "
                    body = _flat(note)
                    self._builder.add_paragraph(number + body if body else "")

    def _add_page_parts(self) -> None:
        """Write each page header and footer once; they do not answer."""
        texts = (_flat(root) for kind in ("header", "footer") for root in _parts(self._document, kind))
        for text in dict.fromkeys(filter(None, texts)):
            self._builder.add_paragraph(text, silent=True)


def _parts(document: Any, kind: str) -> Iterator[Any]:
    """The parts of a kind that a document refers to, parsed."""
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.oxml import parse_xml

    wanted = getattr(RELATIONSHIP_TYPE, kind.upper())
    for relationship in document.part.rels.values():
        if relationship.reltype == wanted and not relationship.is_external:
            yield parse_xml(relationship.target_part.blob)


class Numbering:
    """Counts the numbered paragraphs of a document as Word does."""

    def __init__(self, document: Any) -> None:
        """Read the lists of a document and the styles that number paragraphs."""
        self._lists: dict[
            str, dict[int, tuple[str, str, int]]
        ] = {}  # of each list: by level its kind, pattern and first number
        self._abstract: dict[str, str] = {}
        self._counts: dict[str, dict[int, int]] = {}
        self._styles = {style.get(f"{_W}styleId"): style for style in document.styles.element.iter(f"{_W}style")}
        root = next(_parts(document, "numbering"), None)
        if root is None:  # it has no lists
            return
        levels = {each.get(f"{_W}abstractNumId"): _list_levels(each) for each in root.iter(f"{_W}abstractNum")}
        for each in root.iter(f"{_W}num"):
            abstract = _value(each, "abstractNumId")
            number = each.get(f"{_W}numId")
            self._lists[number] = dict(levels.get(abstract, {}))
            self._abstract[number] = abstract
            for override in each.iter(f"{_W}lvlOverride"):
                level, start = int(override.get(f"{_W}ilvl") or 0), _value(override, "startOverride")
                if start.isdigit() and level in self._lists[number]:
                    kind, pattern, _ = self._lists[number][level]
                    self._lists[number][level] = kind, pattern, int(start)
                    self._abstract[number] = f"{abstract}/{number}"

    def next_label(self, paragraph: Any) -> str:
        """The number or letter that Word shows before a paragraph; empty where it has none, or a bullet."""
        number, level = self._list_of(paragraph)
        levels = self._lists.get(number)
        if not levels or level not in levels:
            return ""
        counts = self._counts.setdefault(self._abstract[number], {})
        counts[level] = counts.get(level, levels[level][2] - 1) + 1
        for deeper in [other for other in counts if other > level]:
            del counts[deeper]
        kind, pattern, _ = levels[level]
        if kind in ("bullet", "none"):
            return ""

        def show(match: re.Match[str]) -> str:
            shown = int(match[1]) - 1
            shown_kind, _, first = levels.get(shown, ("decimal", "", 1))
            return show_number(counts.setdefault(shown, first), shown_kind)

        return _LEVEL.sub(show, pattern).strip()

    def _list_of(self, paragraph: Any) -> tuple[str, int]:
        properties = paragraph.find(f"{_W}pPr")
        seen: set[str] = set()
        number, level = "", ""
        while properties is not None:
            found = properties.find(f"{_W}numPr")
            if found is not None:
                number, level = number or _value(found, "numId"), level or _value(found, "ilvl")
            base = _value(properties, "pStyle") or _value(properties.getparent(), "basedOn")
            if number or not base or base in seen or base not in self._styles:
                break
            seen.add(base)
            properties = self._styles[base].find(f"{_W}pPr")
        return number, int(level) if level.isdigit() else 0


_LEVEL = re.compile(r"%(\d)")


def _list_levels(abstract: Any) -> dict[int, tuple[str, str, int]]:
    found = {}
    for level in abstract.iter(f"{_W}lvl"):
        start = _value(level, "start")
        kind, pattern = _value(level, "numFmt") or "decimal", _value(level, "lvlText")
        found[int(level.get(f"{_W}ilvl") or 0)] = kind, pattern, int(start) if start.isdigit() else 1
    return found


def _value(parent: Any, tag: str) -> str:
    child = parent.find(f"{_W}{tag}") if parent is not None else None
    return (child.get(f"{_W}val") or "") if child is not None else ""


def _outline_levels(document: Any) -> dict[str, tuple[int | None, bool]]:
    """Of each paragraph style that makes headings or lists, by its id: the level, and whether it makes lists."""
    styles = {style.get(f"{_W}styleId"): style for style in document.styles.element.iter(f"{_W}style")}
    levels = {}
    for id_ in styles:
        level, listed, base, seen = None, False, id_, set()
        while base in styles and base not in seen:
            seen.add(base)
            style = styles[base]
            outline = style.find(f"{_W}pPr/{_W}outlineLvl")
            named = style.find(f"{_W}name")
            label = (named.get(f"{_W}val") or "").lower() if named is not None else ""
            if level is None and outline is not None:
                level = _outline(outline)
            if level is None and label == "title":
                level = _TITLE_LEVEL
            listed = listed or style.find(f"{_W}pPr/{_W}numPr") is not None or label.startswith("list ")
            based = style.find(f"{_W}basedOn")
            base = based.get(f"{_W}val") if based is not None else None
        if level is not None or listed:
            levels[id_] = (level, listed and level is None)
    return levels


def _outline(element: Any) -> int | None:
    value = element.get(f"{_W}val") or ""
    return int(value) + 1 if value.isdigit() and int(value) < 9 else None  # 9 means "body text"


def _flat(root: Any) -> str:
    """The text of all paragraphs, text boxes and WordArt inside an element, as one line."""
    shown = find_shown(root, f"{_W}p", _WORD_ART)
    return one_line(" ".join(_text(each) if each.tag == f"{_W}p" else each.get("string") or "" for each in shown))


def _text(root: Any) -> str:
    """The text of a paragraph as it is shown, without that of the text boxes anchored in it."""
    parts: list[str] = []
    waiting = list(reversed(root))
    while waiting:
        element = waiting.pop()
        if element.tag in (f"{_W}t", f"{_W}delText"):
            parts.append(element.text or "")
        elif element.tag in _BREAKS:
            parts.append(_BREAKS[element.tag])
        elif element.tag == MATH:
            parts.append(f" {formula_text(element)} ")
        elif element.tag == f"{_W}sym":
            code = element.get(f"{_W}char") or ""
            parts.append(read_symbol(element.get(f"{_W}font") or "", int(code, 16)) if _HEX.fullmatch(code) else "")
        elif element.tag == f"{_W}r" and (raised := _raised_number(element)):
            parts.append(raised)
        elif element.tag == f"{_W}ffData":
            parts.append(_form_value(element))
        elif element.tag not in _LEFT_OUT and not _is_hidden(element):
            waiting += reversed(element)
    return "".join(parts)


_OFF = ("0", "false", "off")


def _is_hidden(element: Any) -> bool:
    """Whether an element is a run of text that is marked as hidden."""
    properties = element.find(f"{_W}rPr") if element.tag == f"{_W}r" else None
    mark = properties.find(f"{_W}vanish") if properties is not None else None
    return mark is not None and mark.get(f"{_W}val") not in _OFF


def _raised_number(run: Any) -> str:
    """The number that a run of text raises, in raised digits; empty for all other runs."""
    properties = run.find(f"{_W}rPr")
    if properties is None or _value(properties, "vertAlign") != "superscript" or _is_hidden(run):
        return ""
    return raise_number("".join(text.text or "" for text in run.findall(f"{_W}t")))


def _form_value(field: Any) -> str:
    """What a box to tick or a drop-down list of a form shows; text fields show their text as other text."""
    box = field.find(f"{_W}checkBox")
    if box is not None:
        mark = next((found for tag in ("checked", "default") if (found := box.find(f"{_W}{tag}")) is not None), None)
        return "\u2611" if mark is not None and mark.get(f"{_W}val") not in _OFF else "\u2610"
    choices = field.find(f"{_W}ddList")
    entries = [each.get(f"{_W}val") or "" for each in choices.iter(f"{_W}listEntry")] if choices is not None else []
    chosen = _value(choices, "result") or _value(choices, "default") or "0"
    return entries[int(chosen)] if chosen.isdigit() and int(chosen) < len(entries) else ""


def _is_title(row: Any) -> bool:
    """Whether a row is one cell across several columns."""
    cells = list(_children(row, "tc"))
    return len(cells) == 1 and _columns(cells[0]) > 1


def _count_headers(lines: list[Any]) -> int | None:
    """Count the rows at the top of a table that are headers: marked as such, in two levels, or bold; None if nothing tells."""
    marked = (row.find(f"{_W}trPr/{_W}tblHeader") is not None for row in lines)
    count = len(list(takewhile(bool, marked)))
    if 0 < count < len(lines):
        return count
    if len(lines) < 2:
        return None
    names = [_cell_text(cell) for cell in _children(lines[1], "tc")]
    if len(lines) > 2 and any(_columns(cell) > 1 for cell in _children(lines[0], "tc")):
        return 2 if sum(map(bool, names)) > 1 and not any(map(is_number, names)) else None
    return 1 if _is_bold(lines[0]) and not _is_bold(lines[1]) else None


def _is_bold(row: Any) -> bool:
    """Whether every cell of a row has text, all of it bold."""
    runs = [run for run in row.iter(f"{_W}r") if _text(run)]
    bold = (run.find(f"{_W}rPr/{_W}b") for run in runs)
    return all(map(_cell_text, _children(row, "tc"))) and all(
        mark is not None and mark.get(f"{_W}val") not in _OFF for mark in bold
    )


def _columns(cell: Any) -> int:
    """How many columns a cell spans."""
    properties = cell.find(f"{_W}tcPr")
    width = _value(properties, "gridSpan")
    return min(int(width), 1_000) if width.isdigit() and int(width) else 1


def _cell_text(cell: Any) -> str:
    """The text of a cell without that of the tables inside it, as one line."""
    inner = list(_children(cell, "tbl"))
    if not inner:
        return _flat(cell)
    shown = find_shown(cell, f"{_W}p")
    return one_line(" ".join(_text(each) for each in shown if next(each.iterancestors(f"{_W}tc")) is cell))


def _rows(lines: list[Any], headers: int) -> Iterator[list[str]]:
    """The rows of a table, where a cell merged downwards is in each row, and one merged sideways once, a name in each column."""
    above: list[str] = []
    for number, row in enumerate(lines):
        line: list[str] = []
        for cell in _children(row, "tc"):
            text = _cell_text(cell)
            properties = cell.find(f"{_W}tcPr")
            merged = properties.find(f"{_W}vMerge") if properties is not None else None
            if merged is not None and merged.get(f"{_W}val") != "restart" and len(line) < len(above):
                text = above[len(line)]
            line += [text] + [text if number < headers else ""] * (_columns(cell) - 1)
        above = line
        yield line


def _children(parent: Any, tag: str) -> Iterator[Any]:
    """Children of a kind, also those inside content controls and insertions."""
    for child in parent:
        if child.tag == f"{_W}{tag}":
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml"):
            yield from _children(child, tag)
