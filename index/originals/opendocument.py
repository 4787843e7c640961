"""Make HTML of an .odt text: its headings, paragraphs, lists, tables, notes, links and pictures."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from index.errors import SourceError
from index.parsers.office.opendocument import OpenParts

_NAMES = "urn:oasis:names:tc:opendocument:xmlns"
_OFFICE, _STYLE, _TEXT, _TABLE, _DRAW = (
    f"{{{_NAMES}:{part}:1.0}}" for part in ("office", "style", "text", "table", "drawing")
)
_LOOK = f"{{{_NAMES}:xsl-fo-compatible:1.0}}"
_DESCRIPTION = f"{{{_NAMES}:svg-compatible:1.0}}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_LEFT_OUT = {
    *(f"{_TEXT}{tag}" for tag in ("tracked-changes", "sequence-decls", "note", "ruby-text")),
    f"{_OFFICE}annotation",
    f"{_OFFICE}forms",
}
_MOST_REPEATED = 100  # copies of a row or cell
_SPANS = (("number-columns-spanned", "colspan"), ("number-rows-spanned", "rowspan"))


class OpenDocument:
    """An opened .odt."""

    def __init__(self, content: bytes, *, name: str) -> None:
        """Open a text.

        Args:
            content: The file's bytes.
            name: The name shown, for messages.

        Raises:
            SourceError: It is none, damaged, protected with a password or not safe to read.
        """
        self._parts = OpenParts(content, name=name)
        self._root = self._parts.root
        self._notes: list[Any] = []
        self._emphasis = dict(_emphasis(self._root))
        self._numbered = {
            style.get(f"{_STYLE}name")
            for style in self._root.iter(f"{_TEXT}list-style")
            if len(style) and style[0].tag == f"{_TEXT}list-level-style-number"
        }

    def to_html(self) -> str:
        """Make HTML of the whole text, with the notes at its end. It may hold any address."""
        body = self._root.find(f"{_OFFICE}body/{_OFFICE}text")
        parts = list(self._blocks(body)) if body is not None else []
        for number, note in enumerate(self._notes, start=1):  # a note has no notes itself
            parts.append(f"<div>[{number}] {''.join(self._blocks(note))}</div>")
        return "".join(parts)

    def read_picture(self, address: str) -> bytes | None:
        """The bytes of a picture in the file; None where it has none of that address."""
        try:
            return self._parts.unpack(address.removeprefix("./"))
        except SourceError:
            return None

    def _blocks(self, parent: Any, *, numbered: bool = False) -> Iterator[str]:
        """The HTML of the blocks in an element; `numbered` says whether lists without a style have numbers."""
        for element in parent:
            if element.tag == f"{_TEXT}h":
                level = min(max(int(_number(element, f"{_TEXT}outline-level")), 1), 6)
                yield f"<h{level}>{self._line(element)}</h{level}>"
            elif element.tag == f"{_TEXT}p":
                yield f"<p>{self._line(element)}</p>"
            elif element.tag == f"{_TEXT}list":
                style = element.get(f"{_TEXT}style-name")
                ordered = style in self._numbered if style else numbered
                items = (f"<li>{''.join(self._blocks(item, numbered=ordered))}</li>" for item in element)
                yield f"<ol>{''.join(items)}</ol>" if ordered else f"<ul>{''.join(items)}</ul>"
            elif element.tag == f"{_TABLE}table":
                yield f"<table>{''.join(self._rows(element))}</table>"
            elif element.tag == f"{_DRAW}frame":
                yield self._frame(element)
            elif element.tag not in _LEFT_OUT and isinstance(element.tag, str):
                yield from self._blocks(element, numbered=numbered)

    def _rows(self, table: Any) -> Iterator[str]:
        for child in table:
            if child.tag == f"{_TABLE}table-row":
                cells = "".join(self._cells(child))
                yield f"<tr>{cells}</tr>" * _repeated(child, "number-rows-repeated")
            elif child.tag in (f"{_TABLE}table-header-rows", f"{_TABLE}table-rows", f"{_TABLE}table-row-group"):
                yield from self._rows(child)

    def _cells(self, row: Any) -> Iterator[str]:
        for cell in row.iterchildren(f"{_TABLE}table-cell"):
            spans = "".join(f' {name}="{_number(cell, f"{_TABLE}{attribute}")}"' for attribute, name in _SPANS)
            content = "".join(self._blocks(cell))
            yield f"<td{spans}>{content}</td>" * _repeated(cell, "number-columns-repeated")

    def _line(self, paragraph: Any) -> str:
        """The HTML inside a paragraph, a span or a link."""
        return "".join(self._pieces(paragraph))

    def _pieces(self, parent: Any) -> Iterable[str]:
        yield escape(parent.text or "")
        for child in parent:
            if child.tag in (f"{_TEXT}s", f"{_TEXT}tab"):
                yield " "
            elif child.tag == f"{_TEXT}line-break":
                yield "<br>"
            elif child.tag == f"{_TEXT}note":
                self._notes += child.iterchildren(f"{_TEXT}note-body")
                yield f"<sup>[{len(self._notes)}]</sup>"
            elif child.tag == f"{_DRAW}frame":
                yield self._frame(child)
            elif child.tag == f"{_TEXT}a":
                yield f'<a href="{escape(child.get(_LINK) or "")}">{self._line(child)}</a>'
            elif child.tag not in _LEFT_OUT and isinstance(child.tag, str):
                tags = self._emphasis.get(child.get(f"{_TEXT}style-name"), ())
                opened, closed = "".join(f"<{tag}>" for tag in tags), "".join(f"</{tag}>" for tag in tags[::-1])
                yield f"{opened}{self._line(child)}{closed}"
            yield escape(child.tail or "")

    def _frame(self, frame: Any) -> str:
        """A picture, or a box of text."""
        box, image = frame.find(f"{_DRAW}text-box"), frame.find(f"{_DRAW}image")
        if box is not None:
            return f"<div>{''.join(self._blocks(box))}</div>"
        if image is None:
            return ""
        alt = frame.findtext(f"{_DESCRIPTION}desc") or frame.findtext(f"{_DESCRIPTION}title") or ""
        return f'<img src="{escape(image.get(_LINK) or "")}" alt="{escape(alt)}">'


def _emphasis(root: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The elements that show the styles of text that are bold, italic, raised or lowered."""
    for style in root.iter(f"{_STYLE}style"):
        look = style.find(f"{_STYLE}text-properties")
        if look is not None:
            position = (look.get(f"{_STYLE}text-position") or "").partition(" ")[0]
            shown = {
                "b": look.get(f"{_LOOK}font-weight") == "bold",
                "i": look.get(f"{_LOOK}font-style") == "italic",
                "sup": position == "super",
                "sub": position == "sub",
            }
            yield style.get(f"{_STYLE}name"), tuple(tag for tag, is_shown in shown.items() if is_shown)


def _number(element: Any, attribute: str) -> int:
    value = element.get(attribute) or "1"
    return int(value) if value.isascii() and value.isdigit() and len(value) < 9 else 1


def _repeated(element: Any, attribute: str) -> int:
    return min(_number(element, f"{_TABLE}{attribute}"), _MOST_REPEATED)
