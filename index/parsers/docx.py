"""Read .docx documents: headings by their outline level, lists, tables as rows, text boxes and notes at the foot.

Comments follow the text; page headers and footers do too, and do not answer. Left out: text marked as deleted, pictures. A
.docx knows no pages.
"""

import re
from collections.abc import Iterator
from typing import Any

from index.parsers.builder import Extraction, TextBuilder, add_table, one_line
from index.parsers.containers import load_library, office_metadata, open_office

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TEXT_BOX = f"{_W}txbxContent"
_LEFT_OUT = {f"{_W}del", f"{_W}moveFrom", f"{_W}pPr", f"{_W}rPr", _FALLBACK, _TEXT_BOX}
_BREAKS = {f"{_W}tab": " ", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
_TITLE_LEVEL = 0
_CLAUSE = re.compile(r"(?=.*\d\.\d).+")  # the number of a clause, such as 2.2, which is a paragraph of its own


def read_docx(content: bytes, *, name: str) -> Extraction:
    """Read a document.

    Raises:
        SourceError: It is no .docx, damaged, protected with a password or not safe to read.
    """
    docx = load_library("docx", "python-docx", name=name, suffix=".docx")
    package = open_office(content, name=name, suffix=".docx", holds="word/")
    builder = TextBuilder(name)
    builder.describe(**office_metadata(package))
    _Word(docx.Document(package.fp), builder).add()
    return builder.finish()


class _Word:
    """Writes the body of a document."""

    def __init__(self, document: Any, builder: TextBuilder) -> None:
        self._document = document
        self._builder = builder
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

    def _add_blocks(self, parent: Any) -> None:
        for element in parent:
            if element.tag == f"{_W}p":
                self._add_paragraph(element)
            elif element.tag == f"{_W}tbl":
                self._end_list()
                add_table(self._builder, list(_rows(element)))
            elif element.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}moveTo", f"{_W}customXml"):
                self._add_blocks(element)
        self._end_list()

    def _add_paragraph(self, paragraph: Any) -> None:
        text = "\n".join(filter(None, map(one_line, _text(paragraph).split("\n"))))
        level, listed = self._kind(paragraph)
        label = self._numbering.next_label(paragraph) if text else ""
        marked = f"{label} {text}" if label else text
        if level is not None and len(text) < 300:
            self._end_list()
            self._builder.add_heading(level, marked)
        elif _CLAUSE.fullmatch(label):
            self._end_list()
            self._builder.add_paragraph(marked)
        elif listed and text:
            self._items.append(marked if label else f"- {text}")
        else:
            self._end_list()
            self._builder.add_paragraph(marked)
        for box in paragraph.iter(_TEXT_BOX):
            if not any(ancestor.tag == _FALLBACK for ancestor in box.iterancestors()):
                self._add_blocks(box)

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
        for root in self._parts(kind):
            for note in root:
                if note.get(f"{_W}type") is None:  # the others are rules drawn above the notes
                    number = label or f"[{one_line(note.get(f'{_W}id') or '')}] "
                    body = one_line(" ".join(_text(paragraph) for paragraph in note.iter(f"{_W}p")))
                    self._builder.add_paragraph(number + body if body else "")

    def _add_page_parts(self) -> None:
        """Write each page header and footer once; they do not answer."""
        texts = (
            one_line(" ".join(map(_text, root.iter(f"{_W}p"))))
            for kind in ("header", "footer")
            for root in self._parts(kind)
        )
        for text in dict.fromkeys(filter(None, texts)):
            self._builder.add_paragraph(text, silent=True)

    def _parts(self, kind: str) -> Iterator[Any]:
        """The parts of a kind that the document refers to, parsed."""
        from docx.opc.constants import RELATIONSHIP_TYPE
        from docx.oxml import parse_xml

        wanted = getattr(RELATIONSHIP_TYPE, kind.upper())
        for relationship in self._document.part.rels.values():
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
        try:
            root = document.part.numbering_part.element
        except (KeyError, NotImplementedError):  # it has no lists
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
            return _show_number(counts.setdefault(shown, first), shown_kind)

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
_ROMAN = (
    *((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x")),
    *((9, "ix"), (5, "v"), (4, "iv"), (1, "i")),
)


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


def _show_number(number: int, kind: str) -> str:
    if kind.endswith("Letter"):
        text = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
    elif kind.endswith("Roman"):
        text = ""
        for value, letters in _ROMAN:
            text += letters * (number // value)
            number %= value
    else:
        return str(number)
    return text.upper() if kind.startswith("upper") else text


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
        elif element.tag == f"{_M}oMath":
            parts.append(f" {_formula(element)} ")
        elif element.tag not in _LEFT_OUT:
            waiting += reversed(element)
    return "".join(parts)


_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_SIGNS = {
    "sSup": "{e}^{sup}",
    "sSub": "{e}_{sub}",
    "sSubSup": "{e}_{sub}^{sup}",
    "f": "({num})/({den})",
    "rad": "\u221a({e})",
}


def _formula(root: Any) -> str:
    """A formula in a line, with the usual signs for powers, indices, fractions and roots."""
    kind = root.tag.removeprefix(_M)
    if kind == "t":
        return root.text or ""
    if kind in _SIGNS:
        parts = {child.tag.removeprefix(_M): _formula(child) for child in root}
        return _SIGNS[kind].format_map({"e": "", "sup": "", "sub": "", "num": "", "den": "", **parts})
    if kind == "d":
        return f"({''.join(map(_formula, root))})"
    return "".join(map(_formula, root)) if kind[-2:] != "Pr" else ""


def _rows(table: Any) -> Iterator[list[str]]:
    """The rows of a table. A cell merged downwards is repeated in each row, one merged sideways appears once."""
    above: list[str] = []
    for row in _children(table, "tr"):
        line: list[str] = []
        for cell in _children(row, "tc"):
            text = one_line(" ".join(_text(paragraph) for paragraph in cell.iter(f"{_W}p")))
            properties = cell.find(f"{_W}tcPr")
            span = properties.find(f"{_W}gridSpan") if properties is not None else None
            merged = properties.find(f"{_W}vMerge") if properties is not None else None
            if merged is not None and merged.get(f"{_W}val") != "restart" and len(line) < len(above):
                text = above[len(line)]
            width = (span.get(f"{_W}val") or "1") if span is not None else "1"
            line += [text] + [""] * (min(int(width), 1_000) - 1 if width.isdigit() else 0)
        above = line
        yield line


def _children(parent: Any, tag: str) -> Iterator[Any]:
    """Children of a kind, also those inside content controls and insertions."""
    for child in parent:
        if child.tag == f"{_W}{tag}":
            yield child
        elif child.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml"):
            yield from _children(child, tag)
