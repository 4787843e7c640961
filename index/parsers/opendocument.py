"""Parse .odt texts, .ods workbooks and .odp presentations, as LibreOffice writes them.

Rows and slides have their numbers. Left out: text marked as deleted, comments, pictures, page headers and footers.
"""

from collections.abc import Iterator
from typing import Any

from index.errors import SourceError
from index.parsers.builder import Extraction, TextBuilder, add_table, describe_row, find_pairs, is_header, one_line
from index.parsers.containers import damaged, office_metadata, open_package, read_member, refuse_document_types

_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_DRAW = "{urn:oasis:names:tc:opendocument:xmlns:drawing:1.0}"
_PRESENTATION = "{urn:oasis:names:tc:opendocument:xmlns:presentation:1.0}"
_LEFT_OUT = {f"{_OFFICE}annotation", f"{_TEXT}note", f"{_TEXT}tracked-changes", f"{_TEXT}ruby-text"}
_MOST_REPEATED = 1_000  # copies of a row or cell; a sheet ends in a million blank ones


def read_opendocument(content: bytes, *, name: str) -> Extraction:
    """Read a text, a workbook or a presentation.

    Raises:
        SourceError: It is none, damaged, protected with a password or not safe to read.
    """
    from lxml import etree

    suffix = name[name.rfind(".") :].lower()
    package = open_package(content, name=name, suffix=suffix, holds="content.xml")
    refuse_document_types(package, name=name, suffix=suffix)
    if b"encryption-data" in _optional(package, "META-INF/manifest.xml", name, suffix):
        raise SourceError(f"{name} is protected with a password. Save a copy without one, then index it again.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        body = etree.fromstring(read_member(package, "content.xml", name=name, suffix=suffix), parser).find(
            f"{_OFFICE}body"
        )
    except etree.XMLSyntaxError as error:
        raise damaged(name, suffix) from error
    builder = TextBuilder(name)
    builder.describe(**office_metadata(package))
    for part in body if body is not None else ():
        if part.tag == f"{_OFFICE}spreadsheet":
            _add_sheets(part, builder)
        elif part.tag == f"{_OFFICE}presentation":
            _add_slides(part, builder)
        else:
            _add_blocks(part, builder)
            builder.begin_section(0, "")
            for number, note in enumerate(part.iter(f"{_TEXT}note-body"), start=1):
                builder.add_paragraph(f"[{number}] {_cell(note)}")
    return builder.finish()


def _optional(package: Any, member: str, name: str, suffix: str) -> bytes:
    return read_member(package, member, name=name, suffix=suffix) if member in package.namelist() else b""


def _add_blocks(parent: Any, builder: TextBuilder) -> None:
    for element in parent:
        if element.tag == f"{_TEXT}h":
            level = element.get(f"{_TEXT}outline-level") or "1"
            builder.add_heading(int(level) if level.isdigit() else 1, _line(element))
        elif element.tag == f"{_TEXT}p":
            builder.add_paragraph(_line(element))
            for box in element.iter(f"{_DRAW}text-box"):
                _add_blocks(box, builder)
        elif element.tag == f"{_TEXT}list":
            builder.add_paragraph("\n".join(_items(element, "")))
        elif element.tag == f"{_TABLE}table":
            add_table(builder, [cells for _, cells in _rows(element)])
        elif element.tag not in _LEFT_OUT:
            _add_blocks(element, builder)


def _items(parent: Any, indent: str) -> Iterator[str]:
    for item in parent:
        marker = f"{indent}- "
        for element in item:
            if element.tag == f"{_TEXT}list":
                yield from _items(element, indent + "  ")
            elif text := _line(element):
                yield marker + text
                marker = " " * len(marker)


def _add_sheets(parent: Any, builder: TextBuilder) -> None:
    for sheet in parent.iter(f"{_TABLE}table"):
        builder.move_to(sheet=one_line(sheet.get(f"{_TABLE}name") or ""))
        rows = [(number, cells) for number, cells in _rows(sheet) if any(cells)]
        cells = [row for _, row in rows]
        if pairs := find_pairs(cells):
            for number, (label, value) in enumerate(pairs, start=1):
                builder.add_row(number, describe_row([label], [value]))
            continue
        names = cells[0] if len(rows) > 1 and is_header(*cells) else []
        if names:
            builder.add_paragraph("; ".join(filter(None, names)), silent=True)
        for number, row in rows[1 if names else 0 :]:
            builder.add_row(number, describe_row(names, row))


def _add_slides(parent: Any, builder: TextBuilder) -> None:
    for number, slide in enumerate(parent.iter(f"{_DRAW}page"), start=1):
        builder.move_to(slide=number)
        builder.begin_section(1, "")
        frames = list(slide.iter(f"{_DRAW}frame", f"{_DRAW}custom-shape"))
        titles = [frame for frame in frames if frame.get(f"{_PRESENTATION}class") == "title"]
        for title in titles[:1]:
            builder.add_heading(1, _cell(title))
        for frame in frames:
            if frame not in titles[:1]:
                _add_blocks(frame, builder)


def _rows(table: Any) -> Iterator[tuple[int, list[str]]]:
    """The number and the cells of each row, without blank cells at its end."""
    number = 0
    for row in table.iter(f"{_TABLE}table-row"):
        cells: list[str] = []
        for cell in row.iter(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
            repeated = _count(cell, "number-columns-repeated")
            cells += [_cell(cell)] * min(repeated, _MOST_REPEATED)
        while cells and not cells[-1]:
            cells.pop()
        repeated = _count(row, "number-rows-repeated")
        for copy in range(min(repeated, _MOST_REPEATED) if cells else 0):
            yield number + copy + 1, cells
        number += repeated


def _count(element: Any, attribute: str) -> int:
    value = element.get(f"{_TABLE}{attribute}") or "1"
    return int(value) if value.isdigit() and len(value) < 9 else 1


def _cell(element: Any) -> str:
    return one_line(" ".join(_line(paragraph) for paragraph in element.iter(f"{_TEXT}p", f"{_TEXT}h")))


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
