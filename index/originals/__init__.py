"""Show the documents themselves, beside the text extracted from them: pages as pictures, web pages, sheets.

Files may come from strangers: another process opens them, within limits of time and memory.
"""

import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from index.errors import SourceError
from index.hashing import bytes_hash
from index.originals.grid import MOST_ROWS
from index.originals.grid import SUFFIXES as GRIDS
from index.originals.markup import FORMATS as MARKUP
from index.originals.pages import WIDEST
from index.parsers import OLD_OFFICE, PICTURES, find_format, format_suffix, read_bytes, show_name
from index.parsers.builder import MEGABYTE
from index.parsers.isolation import name_excess
from index.parsers.process import Crashed, Overdue, Worker

SECONDS = 30.0  # of processor time to answer, and one more for each megabyte of the file
MEMORY = 1_500 * MEGABYTE  # bytes above what the process needs to start
QUESTIONS_A_WORKER = 2_000

Kind = Literal["pages", "markup", "grid", "text"]
_KINDS: dict[str, Kind] = {
    **dict.fromkeys((".pdf", *PICTURES), "pages"),
    **dict.fromkeys(MARKUP, "markup"),
    **dict.fromkeys(GRIDS, "grid"),
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of a workbook, or the table of a .csv or .tsv file.

    Attributes:
        name: Its name; empty for the table of a text file.
        rows: The number of its last row; 0 where it is empty.
        columns: How many columns it has; no more than 1,000 are shown.
    """

    name: str
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Original:
    """How a document can be shown.

    Attributes:
        kind: "pages" are drawn by `Originals.draw_page`, "markup" is read by `Originals.read_markup`, a "grid" by
            `Originals.read_rows`. Of "text" there is nothing better to show than the text extracted from it.
        file_sha256: The hash of the file's bytes, which tells whether it is still the file that was indexed.
        pages: Width and height of each page as it is displayed: points of a PDF, pixels of a picture.
        sheets: Of a grid.
    """

    kind: Kind
    file_sha256: str
    pages: tuple[tuple[float, float], ...] = ()
    sheets: tuple[Sheet, ...] = ()


class Originals:
    """Opens documents to show them, in another process; close it, or use it in a `with` statement.

    Threads may share it: their questions are answered one after the other.
    """

    def __init__(self, *, encoding: str = "", stopped: Callable[[], bool] = lambda: False) -> None:
        """Start nothing yet.

        Args:
            encoding: As for `read_document`.
            stopped: Called every second while a file is read; SourceError is raised when it returns True.
        """
        self._encoding, self._stopped = encoding, stopped
        self._lock = threading.Lock()
        self._worker = Worker(
            "show_originals",
            memory=MEMORY,
            most=QUESTIONS_A_WORKER,
            stopped=stopped,
            module="index.originals.worker",
        )

    def __enter__(self) -> "Originals":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def prepare(self) -> None:
        """Start the process, so that the first document need not wait for it."""
        with self._lock, suppress(Crashed):  # the first document tells why
            self._worker.prepare()

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._worker.stop()

    def describe(self, path: str | Path, *, name: str) -> Original:
        """Tell how a document can be shown.

        Text and markup are not taken apart for this, so that reading the markup may still find that the file is damaged.

        Args:
            path: The file.
            name: The name shown, in messages.

        Raises:
            SourceError: It cannot be opened, is too large, damaged or protected with a password, or opening it took too long,
                too much memory, or ended the process.
        """
        kind, suffix = self._kind(path, name)
        if kind in ("text", "markup"):
            largest = find_format("" if suffix in OLD_OFFICE else suffix, name=name).largest
            return Original(kind, bytes_hash(read_bytes(Path(path), show_name(name), largest)))
        reply, _ = self._ask(path, name, wanted="description")
        return Original(
            kind,
            reply["file_sha256"],
            pages=tuple((width, height) for width, height in reply["pages"]),
            sheets=tuple(Sheet(*sheet) for sheet in reply["sheets"]),
        )

    def draw_page(self, path: str | Path, page: int, *, width: int, name: str) -> bytes:
        """Draw a page of a PDF, or a frame of a picture.

        Args:
            path: The file.
            page: Its number, from 1.
            width: The pixels across, from 1 to 3,000. A page that would have more than 50 million pixels is drawn less wide.
            name: The name shown, in messages.

        Returns:
            A PNG; or a JPEG, where that is much smaller.

        Raises:
            SourceError: As for `describe`, or there is no such page.
            ValueError: The width is out of range.
        """
        if not 1 <= width <= WIDEST:
            raise ValueError(f"the width must be from 1 to {WIDEST} pixels, not {width}")
        _, content = self._ask(path, name, wanted="page", page=page, width=width)
        return content

    def read_markup(self, path: str | Path, *, name: str) -> str:
        """Read a document that flows as HTML that is safe to show.

        Args:
            path: The file.
            name: The name shown, in messages.

        Returns:
            A fragment: text, headings, lists and tables without looks; links that open elsewhere; pictures as data. No
            script, form or frame, no identifiers or classes, and nothing that a page fetches.

        Raises:
            SourceError: As for `describe`, or the markup is longer than 4 million characters.
        """
        _, content = self._ask(path, name, wanted="markup")
        return content.decode("utf-8")

    def read_rows(
        self, path: str | Path, *, sheet: int, first: int, count: int, name: str
    ) -> list[tuple[int, list[str]]]:
        """Read some rows of a sheet.

        Args:
            path: The file.
            sheet: The position of the sheet in `Original.sheets`, from 0.
            first: The number of the first row, from 1, as in `Place.row`.
            count: How many numbers of rows, from 1 to 1,000.
            name: The name shown, in messages.

        Returns:
            The number and the cells of each of these rows that is not blank; a cell is one line of at most 2,000 characters.

        Raises:
            SourceError: As for `describe`, or there is no such sheet.
            ValueError: The count is out of range.
        """
        if not 1 <= count <= MOST_ROWS:
            raise ValueError(f"the count must be from 1 to {MOST_ROWS} rows, not {count}")
        _, content = self._ask(path, name, wanted="rows", sheet=sheet, first=first, count=count)
        return [(number, cells) for number, cells in json.loads(content)]

    def _kind(self, path: str | Path, name: str) -> tuple[Kind, str]:
        """The kind of a document, and its suffix."""
        suffix = format_suffix(path)
        if suffix not in OLD_OFFICE:
            find_format(suffix, name=name)
        return _KINDS.get(suffix, "text"), suffix

    def _ask(self, path: str | Path, name: str, **request: Any) -> tuple[dict[str, Any], bytes]:
        """Have the process answer a request; returns its reply, and the bytes that follow it."""
        kind, suffix = self._kind(path, name)
        if kind == "text":
            raise SourceError(f"{show_name(name)} can only be shown as the text extracted from it.")
        request |= {"path": str(path), "name": name, "kind": kind, "suffix": suffix, "encoding": self._encoding}
        try:
            seconds = SECONDS + os.stat(path).st_size / MEGABYTE
        except (OSError, ValueError):  # reading it reports the error
            seconds = SECONDS
        with self._lock:
            try:
                reply, part = self._exchange(request, seconds)
            except BaseException:  # an interruption too leaves half a reply behind
                self._worker.stop()
                raise
        if "doubted" in reply:
            raise SourceError(name_excess(show_name(name), MEMORY, reply, task="show"))
        if "error" in reply:
            raise SourceError(reply["error"])
        return reply, part

    def _exchange(self, request: dict[str, Any], seconds: float) -> tuple[dict[str, Any], bytes]:
        """Ask the process, and a new one where the documents opened before may be the reason for a failure."""
        shown = show_name(request["name"])
        for _ in range(2):
            used = self._worker.asked > 0
            try:
                self._worker.prepare()
                used = self._worker.asked > 1
                reply, parts = self._worker.ask(request, seconds=seconds)
            except Overdue as error:
                if self._stopped():
                    raise SourceError(f"{shown} is not shown, because the program is being closed.") from error
                raise SourceError(f"{shown} needs more than {seconds:.0f} seconds to be shown. Split it.") from error
            except Crashed as error:
                self._worker.stop()
                if used:
                    continue
                raise SourceError(
                    f"{shown} cannot be shown: the program that opens it ended ({error.how}). It may be damaged; save it anew."
                ) from error
            if reply.get("error") != "memory":
                return reply, parts[0]
            self._worker.stop()
            if not used:
                break
        return reply, b""
