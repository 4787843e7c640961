"""Read web pages saved as one file (.mht, .mhtml): a message whose parts are the page, its frames and its pictures."""

import codecs
import re
from email.message import MIMEPart
from html import unescape
from urllib.parse import urljoin

from index.errors import SourceError
from index.parsers.builder import Extraction, TextBuilder
from index.parsers.containers import load_library
from index.parsers.html import add_html, decode_html, describe_unread
from index.parsers.mail import parse_message, read_header

_PAGES = ("text/html", "application/xhtml+xml")
_FRAME = re.compile(r"<i?frame\b([^<>]*)>", re.IGNORECASE)
_SOURCE = re.compile(r"\bsrc\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+))", re.IGNORECASE)
_TEMPLATE = re.compile(r"<(/?)template\b([^<>]*)>", re.IGNORECASE)
_SHADOW = re.compile(r"\bshadow(?:root)?mode\s*=", re.IGNORECASE)
_AROUND = re.compile(r"</?frameset\b[^<>]*>|</?noframes\b[^<>]*>", re.IGNORECASE)


def read_saved_page(content: bytes, *, name: str) -> Extraction:
    """Read a saved page, with its frames where they stand.

    Raises:
        SourceError: It is no such file, has no page in it, or its text is in no encoding that can be recognised.
    """
    page = SavedPage(content, name=name)
    builder = TextBuilder(name)
    builder.notes += describe_unread(add_html(page.to_html(builder), builder, name=name))
    return builder.finish()


class SavedPage:
    """An opened file."""

    def __init__(self, content: bytes, *, name: str) -> None:
        """Open a file; errors as for `read_saved_page`."""
        message = parse_message(content, name=name, suffix=".mht")
        parts = [part for part in message.walk() if not part.is_multipart()]
        pages = [part for part in parts if part.get_content_type() in _PAGES]
        if not pages:
            raise SourceError(f"{name} has no web page in it. Open it where it was saved, and save it anew.")
        start = str(message.get_param("start", "")).strip("<> ")
        self._name = name
        self._page = next((part for part in pages if start and start == _identity(part)), pages[0])
        self._base = _join("", read_header(self._page, "Content-Location"))
        self._parts: dict[str, MIMEPart] = {}
        for part in parts:
            self._parts.setdefault(f"cid:{_identity(part)}", part)
            self._parts.setdefault(_join(self._base, read_header(part, "Content-Location")), part)

    def to_html(self, builder: TextBuilder) -> str:
        """The page, with its frames in it as blocks; how they were decoded is noted in the builder."""
        return self._show(self._page, builder, {id(self._page)})

    def read_picture(self, address: str) -> bytes | None:
        """The bytes of a picture, by the address that the page has for it; None where it is not in the file."""
        part = self._parts.get(_join(self._base, address))
        return _content(part) if part is not None else None

    def _show(self, part: MIMEPart, builder: TextBuilder, shown: set[int]) -> str:
        """The HTML of a part with the frames in it that have not been shown yet."""
        lexbor = load_library("selectolax.lexbor", "selectolax", name=self._name, suffix=".mht")
        page = decode_html(_content(part), builder, name=self._name, declared=_charset(part))
        base = _join(self._base, read_header(part, "Content-Location"))

        def place(frame: re.Match[str]) -> str:
            source = _SOURCE.search(frame[1])
            address = unescape(source[1] or source[2] or source[3] or "") if source else ""
            found = self._parts.get(_join(base, address)) if address else None
            if found is None or found.get_content_type() not in _PAGES or id(found) in shown:
                return frame[0]
            shown.add(id(found))
            body = lexbor.LexborHTMLParser(self._show(found, builder, shown)).body
            return f"<div {frame[1]}>{body.inner_html if body is not None else ''}</div>"

        return _FRAME.sub(place, _AROUND.sub("", _open_templates(page)))


def _open_templates(page: str) -> str:
    """A page with its shadow trees as blocks: a browser shows them, and saves them as templates, unlike which they are shown."""
    shown: list[bool] = []

    def open_template(tag: re.Match[str]) -> str:
        if not tag[1]:
            shown.append(_SHADOW.search(tag[2]) is not None)
            return "<div>" if shown[-1] else tag[0]
        return "</div>" if shown and shown.pop() else tag[0]

    return _TEMPLATE.sub(open_template, page)


def _identity(part: MIMEPart) -> str:
    return read_header(part, "Content-ID").strip("<> ")


def _content(part: MIMEPart) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _charset(part: MIMEPart) -> str:
    """The encoding that a part declares, where there is such an encoding; otherwise empty."""
    try:
        return codecs.lookup(part.get_content_charset() or "").name
    except LookupError:
        return ""


def _join(base: str, address: str) -> str:
    """An address in a page as a whole one; those of parts by their names are whole already."""
    address = "".join(address.split())
    try:
        return address if address[:4].lower() == "cid:" else urljoin(base, address)
    except ValueError:
        return address
