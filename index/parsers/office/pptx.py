"""Read .pptx presentations: slide by slide the title, text, tables and the speaker's notes.

The title is the heading of its slide. Charts are read as tables, diagrams (SmartArt) as lists, and comments follow the text.
Left out: the text that layouts put on every slide; pictures and embedded objects, which are noted.
"""

from collections.abc import Iterator
from typing import Any

from index.parsers.builder import Extraction, TextBuilder, add_table, count_note, list_some, one_line
from index.parsers.containers import load_library, office_metadata, open_office
from index.parsers.office.drawings import (
    COMPATIBILITY,
    DRAWING,
    RELATION,
    add_chart,
    diagram_text,
    list_paragraphs,
    write_list,
)

_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_NEW_COMMENT = "{http://schemas.microsoft.com/office/powerpoint/2018/8/main}txBody"
_TITLES = ("title", "ctrTitle")


def read_pptx(content: bytes, *, name: str) -> Extraction:
    """Read a presentation.

    Raises:
        SourceError: It is no .pptx, damaged, protected with a password or not safe to read.
    """
    pptx = load_library("pptx", "python-pptx", name=name, suffix=".pptx")
    package = open_office(content, name=name, suffix=".pptx", holds="ppt/")
    builder = TextBuilder(name)
    builder.describe(**office_metadata(package))
    hidden, pictured = [], []
    unread = {"pictures": 0, "embedded objects": 0, "charts": 0}
    for number, slide in enumerate(pptx.Presentation(package.fp).slides, start=1):
        if slide.element.get("show") in ("0", "false"):
            hidden.append(number)
            continue
        builder.move_to(slide=number)
        length = builder.length
        found = _Slide(slide, builder).add()
        if found["pictures"] and builder.length == length:
            pictured.append(number)
        for kind, count in found.items():
            unread[kind] += count
    for kind, count in unread.items():
        builder.notes += count_note(kind, count)
    if pictured:
        builder.notes.append(f"slides with pictures and no text: {list_some(pictured)}")
    if hidden:
        builder.notes.append(f"hidden slides are not read: {list_some(hidden)}")
    return builder.finish()


class _Slide:
    """Writes a slide."""

    def __init__(self, slide: Any, builder: TextBuilder) -> None:
        self._slide = slide
        self._builder = builder
        self._unread = {"pictures": 0, "embedded objects": 0, "charts": 0}

    def add(self) -> dict[str, int]:
        """Write it; returns how many things of each kind are not read."""
        shapes = list(_shapes(self._slide.element.find(f"{_P}cSld/{_P}spTree")))
        title = next((shape for shape in shapes if _is_title(shape)), None)
        self._builder.begin_section(1, "")
        if title is not None:
            self._builder.add_heading(1, " ".join(text for _, text in list_paragraphs(title)))
        for shape in shapes:
            if shape is not title:
                self._add_shape(shape)
        if self._slide.has_notes_slide and self._slide.notes_slide.notes_text_frame is not None:
            frame = self._slide.notes_slide.notes_text_frame
            self._builder.add_paragraph("\n".join(text for _, text in list_paragraphs(frame._txBody)))
        self._add_comments()
        return self._unread

    def _add_shape(self, shape: Any) -> None:
        if shape.tag == f"{_P}sp":
            body = shape.find(f"{_P}txBody")
            self._builder.add_paragraph(write_list(list_paragraphs(body)) if body is not None else "")
        elif shape.tag == f"{_P}pic":
            self._unread["pictures"] += 1
        for inside in shape.iter(f"{DRAWING}graphicData"):
            self._add_graphic(inside)

    def _add_graphic(self, graphic: Any) -> None:
        """Write a table, a chart or a diagram."""
        kind = (graphic.get("uri") or "").rpartition("/")[2]
        inside = next(iter(graphic), None)
        if inside is None:
            return
        if kind == "table":
            add_table(self._builder, _rows(inside))
        elif kind == "chart" and (chart := self._part(inside.get(f"{RELATION}id"))) is not None:
            add_chart(chart, self._builder)
        elif kind == "diagram" and (model := self._part(inside.get(f"{RELATION}dm"))) is not None:
            self._builder.add_paragraph(diagram_text(model))
        else:
            self._unread["embedded objects" if kind == "ole" else "charts"] += 1

    def _add_comments(self) -> None:
        for relation in self._slide.part.rels.values():
            if relation.reltype.endswith("/comments") and not relation.is_external:
                for text in _parse(relation.target_part).iter(f"{_P}text", _NEW_COMMENT):
                    whole = (
                        text.text or "" if text.tag == f"{_P}text" else " ".join(t for _, t in list_paragraphs(text))
                    )
                    self._builder.add_paragraph(f"Note: {one_line(whole)}" if whole.strip() else "")

    def _part(self, relation: str | None) -> Any:
        """The part that a relation of the slide leads to, parsed; None if it is missing."""
        relations = self._slide.part.rels
        return _parse(relations[relation].target_part) if relation in relations else None


def _parse(part: Any) -> Any:
    from pptx.oxml import parse_xml

    return parse_xml(part.blob)


def _shapes(parent: Any) -> Iterator[Any]:
    """All shapes, those in groups and of newer programs too, in the order of the file."""
    waiting = list(reversed(parent)) if parent is not None else []
    while waiting:
        shape = waiting.pop()
        if shape.tag in (f"{_P}grpSp", f"{COMPATIBILITY}Choice"):
            waiting += reversed(shape)
        elif shape.tag == f"{COMPATIBILITY}AlternateContent":
            waiting += shape[:1]
        elif shape.tag in (f"{_P}sp", f"{_P}pic", f"{_P}graphicFrame"):
            yield shape


def _is_title(shape: Any) -> bool:
    mark = shape.find(f"{_P}nvSpPr/{_P}nvPr/{_P}ph")
    return mark is not None and mark.get("type") in _TITLES


def _rows(table: Any) -> list[list[str]]:
    """The rows of a table. A cell merged downwards is repeated in each row, one merged sideways appears once."""
    rows: list[list[str]] = []
    for row in table.iter(f"{DRAWING}tr"):
        above = rows[-1] if rows else []
        line = []
        for position, cell in enumerate(row.iter(f"{DRAWING}tc")):
            merged = cell.get("vMerge") in ("1", "true") and position < len(above)
            line.append(above[position] if merged else " ".join(text for _, text in list_paragraphs(cell)))
        rows.append(line)
    return rows
