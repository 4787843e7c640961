"""Read files in separate processes, with limits of time and memory, so that a hostile file harms nothing else.

One process (`worker.read_files`) is started when the first file needs it, and reads many files. When it meets a page that is a
picture, it hands over the pixels, and another one (`worker.read_pictures`), with limits of its own, reads the text in them by
OCR. Small text files are read right here: no library takes them apart.
"""

import json
import math
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from index.errors import PassingError, SourceError, StorageError
from index.parsers import OLD_OFFICE, find_format, format_suffix, open_at_once, read_document, show_name
from index.parsers.builder import MEGABYTE
from index.parsers.containers import WEB_PAGE, describe_kind
from index.parsers.messages import pack_document, unpack_document, unpack_passages
from index.parsers.process import Crashed, Overdue, Worker
from index.parsers.seccomp import is_supported
from index.records import Document, Passage
from index.text.passages import split_passages

SECONDS = 60.0  # of processor time to read a file, and one more for each megabyte of it
MEMORY = 1_000 * MEGABYTE  # bytes above what the worker needs to start
FILES_A_WORKER = 200
PICTURE_SECONDS = 120.0  # of processor time to read a picture, of which a page full of small type takes 20
PICTURE_MEMORY = 3_000 * MEGABYTE
PICTURES_A_WORKER = 500
SPLIT_HERE = 200_000  # characters of a document that is split without a process, within a second whatever is in it
SPLIT_SECONDS = 4.0  # of processor time to split a megabyte, of which prose takes one
READ_HERE = {".txt": 20 * MEGABYTE, ".text": 20 * MEGABYTE}  # bytes


class IsolatedParser:
    """Reads files like `read_document`, in another process; close it, or use it in a `with` statement."""

    def __init__(
        self,
        *,
        seconds: float = SECONDS,
        memory: int = MEMORY,
        encoding: str = "",
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Start nothing yet.

        Args:
            seconds: The processor time allowed for one file, plus one second for each megabyte of it; again after each picture
                in it. If the system does not report processor time, elapsed time counts.
            memory: The bytes to read one file in.
            encoding: As for `read_document`.
            stopped: Called every second while a file is read; StorageError is raised when it returns True.
        """
        self._seconds, self._encoding, self._stopped = seconds, encoding, stopped
        self._lock = threading.Lock()
        self._files = Worker("read_files", memory=memory, most=FILES_A_WORKER, stopped=stopped)
        self._pictures = Worker("read_pictures", memory=PICTURE_MEMORY, most=PICTURES_A_WORKER, stopped=stopped)

    def __enter__(self) -> "IsolatedParser":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def lacks_filter(self) -> bool:
        """Whether files were read without the kernel's filter, on a system that should have it."""
        return is_supported() and self._files.filtered is False

    def close(self) -> None:
        """End the processes, if there are any."""
        with self._lock:
            self._files.stop()
            self._pictures.stop()

    def __call__(self, path: str | Path, *, name: str) -> Document:
        """Read one file.

        Args:
            path: The file.
            name: The name shown, in messages too.

        Returns:
            What `read_document` returns.

        Raises:
            SourceError: As `read_document`, or reading it took too long, too much memory, or ended the process.
        """
        suffix = format_suffix(path)
        if suffix in OLD_OFFICE:
            from index.parsers.convert import read_old_office

            return read_old_office(path, name=name, read=self._read)
        return self._read(path, name=name, suffix=suffix)

    def _read(self, path: str | Path, *, name: str, suffix: str) -> Document:
        """Read a file as the format of a suffix."""
        find_format(suffix, name=name)
        try:
            size = os.stat(path).st_size
        except (OSError, ValueError):
            size = 0  # reading it reports the error
        if size <= READ_HERE.get(suffix, -1) and not _is_web_page(path):
            return read_document(path, name=name, suffix=suffix, encoding=self._encoding)
        reply, parts = self._ask(path, name, size, suffix)
        with _unpacked(name):
            return unpack_document(reply, *parts, path=str(path), name=name)

    def split(self, document: Document) -> tuple[Passage, ...]:
        """Split a document into passages, as `split_passages` does; a long one in the process that reads files.

        Raises:
            SourceError: It has too many passages or sentences, or splitting it took too long or too much memory.
        """
        if len(document.text) <= SPLIT_HERE:
            return split_passages(document)
        header, text, _ = pack_document(document)
        request = {"split": header, "name": show_name(document.source), "size": len(text)}
        seconds = self._seconds + SPLIT_SECONDS * len(text) / MEGABYTE
        reply, parts = self._read_apart(request, text, seconds)
        with _unpacked(document.source):
            return unpack_passages(reply, *parts)

    def read_rows(self, path: str | Path, *, name: str) -> list[tuple[int, list[str]]]:
        """Read the cells of a workbook, as `index.parsers.read_rows` does; arguments and errors as for reading a file."""
        try:
            size = os.stat(path).st_size
        except (OSError, ValueError):
            size = 0
        _, parts = self._ask(path, name, size, rows=True)
        return [(number, cells) for number, cells in map(json.loads, parts[0].decode().split("\n")[:-1])]

    def _ask(
        self, path: str | Path, name: str, size: int, suffix: str = "", *, rows: bool = False
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Have the worker read a file of some bytes; returns its reply, and the text and boxes that follow it."""
        request = {"path": str(path), "name": name, "rows": rows, "suffix": suffix, "encoding": self._encoding}
        return self._read_apart(request, b"", self._seconds + size / MEGABYTE)

    def _read_apart(
        self, request: dict[str, Any], content: bytes, seconds: float
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Have the worker answer a request that is followed by some bytes; returns its reply, and what follows it."""
        with self._lock:
            try:
                reply, parts = self._exchange(request, content, seconds)
                if reply.get("error") == "memory":
                    used = self._files.asked > 1
                    self._files.stop()
                    if used:  # earlier files may have left too little memory, so try a new process
                        reply, parts = self._exchange(request, content, seconds)
            except BaseException:  # an interruption too leaves half a reply behind
                self._files.stop()
                self._pictures.stop()
                raise
        if "error" in reply:
            shown = show_name(request["name"])
            raise SourceError(name_excess(shown, self._files.memory, reply) if "doubted" in reply else reply["error"])
        return reply, parts

    def _exchange(self, request: dict[str, Any], content: bytes, seconds: float) -> tuple[dict[str, Any], list[bytes]]:
        """Have the worker read a file, and the other one the pictures in it.

        Raises:
            SourceError: No whole reply came in time.
            StorageError: It was stopped.
        """
        shown = show_name(request["name"])
        try:
            self._files.prepare()
            reply, parts = self._files.ask(request, content, seconds=seconds)
            while "picture" in reply:
                with _unpacked(request["name"]):
                    if math.prod(reply["picture"]) != len(parts[0]):
                        raise ValueError("the picture is not of its size")
                reply, parts = self._files.ask(self._read_picture(reply["picture"], parts[0], shown), seconds=seconds)
            return reply, parts
        except Overdue as error:
            self._refuse_if_stopped(shown)
            raise _overdue(shown, error, seconds) from error
        except Crashed as error:
            raise _crashed(shown, error, self._files.memory) from error

    def _read_picture(self, shape: list[int], pixels: bytes, shown: str) -> dict[str, Any]:
        """Have the text in a picture read; returns the reading, or the error."""
        try:
            self._pictures.prepare()
            reply, _ = self._pictures.ask({"picture": shape}, pixels, seconds=PICTURE_SECONDS)
            if (
                "error" in reply and self._pictures.asked > 1
            ):  # earlier pictures may be the reason, so try a new process
                self._pictures.stop()
                self._pictures.prepare()
                reply, _ = self._pictures.ask({"picture": shape}, pixels, seconds=PICTURE_SECONDS)
        except Overdue as error:
            self._refuse_if_stopped(shown)
            if error.waited is not None:
                return {
                    "error": f"{shown} has a picture that was not read within {error.waited:.0f} seconds. Try it again."
                }
            return {"error": f"{shown} has a picture that needs more than {PICTURE_SECONDS:.0f} seconds to read."}
        except Crashed as error:
            return {"error": f"{shown} has a picture that cannot be read: OCR crashed ({error.how})."}
        if "doubted" in reply:
            self._pictures.stop()
            return {"error": name_excess(f"a picture in {shown}", self._pictures.memory, reply)}
        if "error" in reply:
            return {"error": f"{shown} has a picture that cannot be read: OCR failed ({reply['error']})."}
        return reply

    def _refuse_if_stopped(self, shown: str) -> None:
        if self._stopped():
            raise StorageError(f"{shown} was not read to its end, because the collection is being closed.")


@contextmanager
def _unpacked(name: str) -> Iterator[None]:
    """Refuse a reply that is none, as a process sends it that a file has taken over."""
    try:
        yield
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise SourceError(
            f"{show_name(name)} is not safe to read: its parser gave no valid text. Remove it."
        ) from error


def name_excess(shown: str, memory: int, reply: dict[str, Any], *, task: str = "read") -> str:
    """Say that a file needs more memory than there is, and what to do, from the reply of the process that told so."""
    if reply["doubted"]:
        damage, advice = ", or is damaged", "Split it, or save it anew, then index it again."
    else:
        damage, advice = "", "Split it, then index it again."
    return f"{shown} needs more than {_amount(memory)} of memory to {task}{damage}. {advice}"


def _amount(memory: int) -> str:
    megabytes = memory // MEGABYTE
    return f"{megabytes / 1000:g} GB" if megabytes >= 1000 else f"{megabytes} MB"


def _overdue(shown: str, error: Overdue, seconds: float) -> SourceError:
    if error.waited is None:
        return SourceError(f"{shown} needs more than {seconds:.0f} seconds to read. Split it, then index it again.")
    return PassingError(
        f"{shown} was not read within {error.waited:.0f} seconds, in most of which the computer did something else, or waited"
        " for the disk or the network. Index it again when there is less to do."
    )


def _crashed(shown: str, error: Crashed, memory: int) -> SourceError:
    if error.killed:
        return PassingError(
            f"{shown} cannot be read: the system ended the parser ({error.how}), as it does when the computer has no memory left."
            " Close other programs, then index it again."
        )
    return SourceError(
        f"{shown} cannot be read: the parser crashed ({error.how}). It is damaged, or needs more than {_amount(memory)} of"
        " memory; save it anew, or split it."
    )


def _is_web_page(path: str | Path) -> bool:
    """Whether a text file is a web page, which a library takes apart."""
    try:
        with open(path, "rb", opener=open_at_once) as file:
            return describe_kind(file.read(4096) or b"") == WEB_PAGE
    except (OSError, ValueError):  # reading it reports the error
        return False
