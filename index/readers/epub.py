"""Read an .epub book: its chapters in reading order, each a page of XHTML in a zip file.

The headings come from the chapters; a chapter without any is found under the title of its page.
"""

import posixpath
import re
from urllib.parse import unquote

from index.errors import SourceError
from index.readers.extraction import Extraction, TextBuilder, list_some, one_line
from index.readers.html import add_html, close_elements, decode_html
from index.readers.kinds import load_library
from index.readers.packages import damaged, open_package, read_member

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_TITLE = re.compile(r"<title[^>]*>(.{1,1000}?)</title>", re.I | re.S)
_HEADING = re.compile(r"<h[1-6]\b", re.I)
_PAGES = ("application/xhtml+xml", "text/html")


def read_epub(content: bytes, *, name: str) -> Extraction:
    """Read a book.

    Raises:
        SourceError: It is not a book, is damaged, or its text is protected.
    """
    package = open_package(content, name=name, suffix=".epub", holds=_CONTAINER)

    def unpack(member: str) -> bytes:
        return read_member(package, member, name=name, suffix=".epub")

    container = _parse(unpack(_CONTAINER), name)
    root = next(iter(container.xpath("//*[local-name()='rootfile']/@full-path")), "")
    protected = unpack(_ENCRYPTION) if _ENCRYPTION in package.namelist() else b""
    builder = TextBuilder(name)
    builder.notes += _add_chapters(root, unpack, protected, builder, name)
    return builder.finish()


def _add_chapters(root: str, unpack, protected: bytes, builder: TextBuilder, name: str) -> list[str]:
    """Write every chapter in the order of the spine; returns what to note."""
    book = _parse(unpack(root), name)
    items = {item.get("id"): item for item in book.xpath("//*[local-name()='manifest']/*[local-name()='item']")}
    missing = []
    for reference in book.xpath("//*[local-name()='spine']/*[local-name()='itemref']/@idref"):
        item = items.get(reference)
        if item is None or item.get("media-type") not in _PAGES or "nav" in (item.get("properties") or "").split():
            continue
        member = posixpath.normpath(posixpath.join(posixpath.dirname(root), unquote(item.get("href") or "")))
        if member.encode() in protected or (item.get("href") or "?").encode() in protected:
            raise SourceError(f"{name} is protected (DRM): its text is encrypted and cannot be read.")
        try:
            page = close_elements(decode_html(unpack(member), name=f"{name}: {member}"))
        except SourceError:
            missing.append(one_line(member))
            continue
        title = _TITLE.search(page)
        builder.begin_section(0, "" if _HEADING.search(page) or not title else title[1])
        add_html(page, builder, name=name)
    if missing and not builder.length:
        raise damaged(name, ".epub")
    return [f"chapters that cannot be read: {list_some(missing)}"] if missing else []


def _parse(content: bytes, name: str):
    """Parse XML without entities and without fetching anything.

    Raises:
        SourceError: It is not XML.
    """
    etree = load_library("lxml.etree", "lxml", name=name, suffix=".epub")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise damaged(name, ".epub") from error
