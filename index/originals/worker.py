"""The process in which `Originals` opens files: one request a line in, one reply a line out, as in `index.parsers.worker`."""

import json
import os
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from index.errors import SourceError
from index.hashing import bytes_hash
from index.originals.grid import Table, read_tables
from index.originals.markup import read_markup
from index.originals.pages import Pages, encode_picture, open_pages
from index.parsers import find_format, read_bytes, show_name, translated_errors
from index.parsers.worker import Channel, give_up, tell_error

_MOST_OPEN = 2  # documents


class Opened(NamedTuple):
    """An opened document.

    Attributes:
        kind: As in `Original`.
        file_sha256: The hash of the bytes it was opened from.
        pages: Of the kind "pages".
        markup: Of the kind "markup".
        tables: Of the kind "grid".
    """

    kind: str
    file_sha256: str
    pages: Pages | None = None
    markup: str | None = None
    tables: Sequence[Table] = ()


def show_originals(memory: int) -> None:
    """Answer what is asked on standard input until it ends, in so many bytes of memory."""
    channel, shelf = Channel(), Shelf()
    channel.filtered = give_up(memory)
    while request := channel.receive():
        try:
            with translated_errors(show_name(request["name"])):
                reply, part = _answer(request, shelf)
        except (SourceError, MemoryError) as error:
            reply, part = tell_error(error, str(error)), b""
        channel.send(reply, part)


class Shelf:
    """The documents opened last, so that page after page of one costs only the drawing."""

    def __init__(self) -> None:
        """Start with none."""
        self._opened: OrderedDict[tuple[Any, ...], Opened] = OrderedDict()

    def take(self, request: dict[str, Any]) -> Opened:
        """Return the document of a request, opened if it is not yet, or if the file has changed.

        Raises:
            SourceError: It cannot be opened.
        """
        key = _identify(request["path"], request["suffix"])
        if key not in self._opened:
            while len(self._opened) >= _MOST_OPEN:
                self._opened.popitem(last=False)
            self._opened[key] = _open(request)
        self._opened.move_to_end(key)
        return self._opened[key]


def _identify(path: str, suffix: str) -> tuple[Any, ...]:
    try:
        status = os.stat(path)
    except (OSError, ValueError):  # reading it reports the error
        return path, suffix
    return path, suffix, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _open(request: dict[str, Any]) -> Opened:
    suffix, shown = request["suffix"], show_name(request["name"])
    content = read_bytes(Path(request["path"]), shown, find_format(suffix, name=shown).largest)
    kind, file_sha256 = request["kind"], bytes_hash(content)
    if kind == "pages":
        return Opened(kind, file_sha256, pages=open_pages(content, suffix=suffix, name=shown))
    if kind == "grid":
        tables = read_tables(content, suffix=suffix, name=shown, encoding=request["encoding"])
        return Opened(kind, file_sha256, tables=tables)
    markup = read_markup(content, suffix=suffix, name=shown, encoding=request["encoding"])
    return Opened(kind, file_sha256, markup=markup)


def _answer(request: dict[str, Any], shelf: Shelf) -> tuple[dict[str, Any], bytes]:
    """The reply to a request, and the bytes that follow it."""
    opened = shelf.take(request)
    if request["wanted"] == "page":
        return {}, _draw(opened, request)
    if request["wanted"] == "markup":
        if opened.markup is None:
            raise SourceError(f"{show_name(request['name'])} cannot be shown as markup.")
        return {}, opened.markup.encode("utf-8")
    if request["wanted"] == "rows":
        return {}, _read_rows(opened, request)
    return {
        "file_sha256": opened.file_sha256,
        "pages": opened.pages.sizes if opened.pages else (),
        "sheets": [(table.name, table.last, table.columns) for table in opened.tables],
    }, b""


def _draw(opened: Opened, request: dict[str, Any]) -> bytes:
    shown, page = show_name(request["name"]), request["page"]
    if opened.pages is None:
        raise SourceError(f"{shown} has no pages to show.")
    count = len(opened.pages.sizes)
    if not 1 <= page <= count:
        raise SourceError(f"{shown} has no page {page:,}: it has {count:,} page{'' if count == 1 else 's'}.")
    return encode_picture(opened.pages.draw(page, request["width"]))


def _read_rows(opened: Opened, request: dict[str, Any]) -> bytes:
    shown, sheet = show_name(request["name"]), request["sheet"]
    if opened.kind != "grid":
        raise SourceError(f"{shown} has no sheets to show.")
    count = len(opened.tables)
    if not 0 <= sheet < count:
        raise SourceError(f"{shown} has no sheet {sheet + 1:,}: it has {count:,} sheet{'' if count == 1 else 's'}.")
    return json.dumps(opened.tables[sheet].between(request["first"], request["count"])).encode("ascii")
