"""Read XML: documents (DocBook, TEI, JATS and others that have paragraphs), FictionBook (.fb2), workbooks, and data.

Of a document, each innermost block of text is a paragraph, titles are headings and rows of tables are rows. Notes within a
paragraph follow it. Data, which has no paragraphs, is read as JSON is: repeated elements as rows, their values behind the names
of their elements and attributes.

Nothing is fetched, and no entity is expanded: those that the file itself declares, and those of HTML, are put in as text.
"""

import re
from html import unescape
from typing import Any

from index.errors import SourceError
from index.parsers.builder import Extraction, TextBuilder, add_table, count_note, describe_row, one_line
from index.parsers.containers import load_library, refuse_kind, refuse_nested_entities
from index.parsers.html import plain_text, read_xhtml
from index.parsers.json import add_value, keep_all
from index.parsers.office.opendocument import read_opendocument
from index.parsers.office.spreadsheetml import WORKBOOK, add_workbook

_PARAGRAPHS = frozenset("p para simpara ab".split())
_TITLES = frozenset("title head bridgehead article-title book-title subtitle".split())
_VERSES = frozenset("lg stanza".split())
_VERBATIM = frozenset("programlisting screen literallayout synopsis preformat pre".split())
_TABLES = frozenset("table informaltable".split())
_LISTS = frozenset("itemizedlist simplelist calloutlist list ul orderedlist ol".split())
_NUMBERED = ("orderedlist", "ol")
# What parts a paragraph that it stands in.
_BLOCKS = _PARAGRAPHS.union(
    _VERSES,
    _VERBATIM,
    _TABLES,
    _LISTS,
    "variablelist segmentedlist dl listitem list-item item li varlistentry blockquote disp-quote epigraph poem figure".split(),
    "fig informalfigure example informalexample mediaobject formalpara".split(),
    "warning tip important caution table-wrap sec section".split(),
)
_APART = _BLOCKS.union("lb br linebreak sbr cb pb entry cell td th row tr line l v".split())
_ROWS, _CELLS = ("row", "tr"), ("entry", "cell", "td", "th")
_NOTES = frozenset("footnote note fn".split())
_SKIPPED = frozenset("indexterm textobject stylesheet".split())
_PICTURES = frozenset("imagedata graphic inline-graphic image".split())
_GIVEN_TWICE = frozenset("sic orig abbr".split())  # in a choice, beside what they are corrected or spelt out to
_BINARY = re.compile(rb"<(?:\w+:)?(?:binary|binData)\b[^<>]*>[^<]*</(?:\w+:)?(?:binary|binData)\s*>")  # pictures
_TAG = re.compile(r"<[^<>]*>")
_NAMESPACE = re.compile(r"\{[^}]*\}")
_OF_THE_FORMAT = ("{http://www.w3.org/2001/XMLSchema-instance}", "{http://www.w3.org/XML/1998/namespace}")
_OPEN_DOCUMENT = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}document"


def read_xml(content: bytes, *, name: str) -> Extraction:
    """Read a file of XML as what its root and its elements say that it is.

    Raises:
        SourceError: It is not XML, or not safe to read.
    """
    refuse_nested_entities(content, name=name)
    pictures = len(_BINARY.findall(content))
    root, notes = _parse(_BINARY.sub(b"", content), name)
    if root.tag == _OPEN_DOCUMENT:
        return read_opendocument(content, name=name)
    if _kind(root) == "html":
        return read_xhtml(content, name=name)
    builder = TextBuilder(name)
    builder.notes += notes
    reader = _Document(root, builder)
    if root.tag == WORKBOOK:
        add_workbook(root, builder)
    elif _kind(root) == "fictionbook":
        reader.add_book()
    elif any(_kind(element) in _PARAGRAPHS for element in root.iter()):
        reader.add()
    else:
        add_value(_to_value(root), builder)
    builder.notes += count_note("pictures", pictures + reader.pictures)
    return builder.finish()


def _parse(content: bytes, name: str) -> tuple[Any, list[str]]:
    """Parse XML.

    Returns:
        Its root, with text in place of entities; and notes on what is wrong with it where it can only be read in part.

    Raises:
        SourceError: Nothing of it can be read.
    """
    etree = load_library("lxml.etree", "lxml", name=name, suffix=".xml")
    safe = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}
    safe |= {"remove_comments": True, "remove_pis": True}
    notes = []
    try:
        root = etree.fromstring(content, etree.XMLParser(**safe))
    except etree.XMLSyntaxError as error:
        if not content.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0").startswith(b"<"):
            refuse_kind(content.strip(), name=name, suffix=".xml")
        fault = f"{error.msg.partition(', line')[0]} in line {error.lineno}"
        root = etree.fromstring(content, etree.XMLParser(**safe, recover=True))
        if root is None:
            raise SourceError(f"{name} is not valid XML: {fault}. Correct it.") from error
        notes.append(f"it is not valid XML, so that text may be missing: {fault}")
    unknown = _resolve_entities(root, etree)
    return root, notes + count_note("entities that the file does not declare", unknown)


def _resolve_entities(root: Any, etree: Any) -> int:
    """Put text in place of references to entities; returns how many are unknown, which stay as they are written."""
    kept = root.getroottree().docinfo.internalDTD
    declared = {each.name: each.content for each in kept.iterentities()} if kept is not None else {}
    unknown = 0
    for entity in list(root.iter(etree.Entity)):
        written = f"&{entity.name};"
        text = unescape(_TAG.sub("", declared.get(entity.name) or written))
        unknown += text == written
        parent, before = entity.getparent(), entity.getprevious()
        text += entity.tail or ""
        if before is None:
            parent.text = (parent.text or "") + text
        else:
            before.tail = (before.tail or "") + text
        parent.remove(entity)
    return unknown


def _kind(element: Any) -> str:
    """The name of an element without its namespace, in lower case."""
    return _label(element).lower()


def _label(element: Any) -> str:
    return _NAMESPACE.sub("", element.tag)


class _Document:
    """Writes a document.

    Attributes:
        pictures: How many there are.
    """

    def __init__(self, root: Any, builder: TextBuilder) -> None:
        self._root, self._builder = root, builder
        self.pictures = 0

    def add(self) -> None:
        """Write the document, and describe it by what stands above its first paragraph."""
        self._add(self._root, 1)
        about: dict[str, str] = {}
        for element in self._root.iter():
            kind = _kind(element)
            if kind in _PARAGRAPHS:
                break
            key = "title" if kind in _TITLES else "date" if kind == "pubdate" else kind
            if key in ("title", "author", "date"):
                about.setdefault(key, _spaced(element))
        self._builder.describe(**about)

    def add_book(self) -> None:
        """Write a book of FictionBook, and describe it by its description."""
        about = self._root.find("{*}description/{*}title-info")
        if about is not None:
            date = about.find("{*}date")
            people = [
                [person.findtext(f"{{*}}{part}-name") for part in _NAMES] for person in about.iterfind("{*}author")
            ]
            self._builder.describe(
                title=about.findtext("{*}book-title") or "",
                author="; ".join(filter(None, (" ".join(filter(None, names)) for names in people))),
                date=(date.get("value") or date.text or "") if date is not None else "",
            )
            for annotation in about.iterfind("{*}annotation"):
                self._add(annotation, 1)
        for body in self._root.iterfind("{*}body"):
            self._builder.begin_section(1, "")
            self._add(body, 1)

    def _add(self, element: Any, depth: int) -> None:
        """Write what is in an element: blocks, and the text around them as paragraphs; a title is a heading of that depth."""
        flows = _kind(element) in _PARAGRAPHS or _has_text(element)
        notes: list[Any] = []
        text = element.text or ""
        for child in element:
            kind = _kind(child)
            if flows and kind not in _BLOCKS:
                text += self._inline(child, notes)
            else:
                self._builder.add_paragraph(one_line(text))
                text = ""
                self._add_block(child, kind, depth, notes)
            text += child.tail or ""
        self._builder.add_paragraph(one_line(text))
        for note in notes:
            self._add(note, depth + 1)

    def _add_block(self, element: Any, kind: str, depth: int, notes: list[Any]) -> None:
        """Write a block; notes in it are put on a list."""
        if kind in _TITLES:
            self._builder.add_heading(depth, self._inline(element, notes))
        elif kind in _TABLES and (rows := [row for row in element.iter() if _kind(row) in _ROWS]):
            self._add_table(element, rows, notes)
        elif kind in _VERSES:
            lines = (one_line(self._inline(line, notes)) for line in element)
            self._builder.add_paragraph("\n".join(filter(None, lines)))
        elif kind in _LISTS and all(map(_is_line, element)):
            items = filter(None, (one_line(self._inline(item, notes)) for item in element))
            marked = (f"{f'{n}. ' if kind in _NUMBERED else '- '}{item}" for n, item in enumerate(items, start=1))
            self._builder.add_paragraph("\n".join(marked))
        elif kind in _VERBATIM or kind in _PICTURES or kind in _SKIPPED:
            self._builder.add_paragraph(self._inline(element, notes))
        elif _is_record(element):
            values = [one_line(self._inline(field, notes)) for field in element]
            self._builder.add_paragraph(describe_row(list(map(_label, element)), values))
        else:
            self._add(element, depth + 1)
            self._builder.begin_section(depth + 1, "")

    def _add_table(self, table: Any, rows: list[Any], notes: list[Any]) -> None:
        for child in table:
            if _kind(child) in _TITLES or _kind(child) == "caption":
                self._builder.add_paragraph(one_line(self._inline(child, notes)))
        cells = [[cell for cell in row if _kind(cell) in _CELLS] for row in rows]
        heads = [_kind(line.getparent()) == "thead" for line in rows]
        heads = [head or {*map(_kind, line)} == {"th"} for head, line in zip(heads, cells, strict=True)]
        headers = next((position for position, head in enumerate(heads) if not head), 0)
        texts = [[self._inline(cell, notes) for cell in line] for line in cells]
        add_table(self._builder, texts, headers=headers or None)

    def _inline(self, element: Any, notes: list[Any]) -> str:
        """The text in an element, without pictures and what is not shown; notes in it are put on a list."""
        kind = _kind(element)
        if kind in _PICTURES:
            self.pictures += 1
            return ""
        if kind in _SKIPPED or (kind in _GIVEN_TWICE and _kind(element.getparent()) == "choice"):
            return ""
        if kind in _NOTES:
            notes.append(element)
            return ""
        text = (element.text or "") + "".join(self._inline(child, notes) + (child.tail or "") for child in element)
        return f" {text} " if kind in _APART and kind not in _VERBATIM else text


_NAMES = ("first", "middle", "last")


def _spaced(element: Any) -> str:
    """The text of an element; the texts of its elements, each apart, where it has none of its own."""
    return ("" if _has_text(element) else " ").join(element.itertext())


def _has_text(element: Any) -> bool:
    """Whether text stands in an element itself, beside or without other elements."""
    return bool((element.text or "").strip()) or any((child.tail or "").strip() for child in element)


def _is_line(item: Any) -> bool:
    """Whether an item of a list is one line: one paragraph, or text alone."""
    kinds = [_kind(each) for each in item.iter()]
    return not (_BLOCKS - _PARAGRAPHS).intersection(kinds[1:]) and sum(kind in _PARAGRAPHS for kind in kinds) < 2


def _is_record(element: Any) -> bool:
    """Whether an element is a name and its parts, or the like: two elements or more, each with text alone."""
    if len(element) < 2 or _has_text(element) or _kind(element) in _BLOCKS:
        return False
    return not any(len(field) or _kind(field) in _BLOCKS | _TITLES | _NOTES for field in element)


def _to_value(element: Any) -> Any:
    """An element of data as a value of JSON: its text, or an object of its attributes and elements."""
    pairs = [
        (_NAMESPACE.sub("", name), value) for name, value in element.items() if not name.startswith(_OF_THE_FORMAT)
    ]
    if len(element) and not _has_text(element):
        pairs += [(_label(child), _to_value(child)) for child in element]
    elif text := plain_text("".join(element.itertext())):
        if not pairs:
            return text
        pairs.append((_label(element), text))
    return keep_all(pairs)
