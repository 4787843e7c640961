"""Read files in a separate process, with limits of time and memory, so that a hostile file harms nothing else.

The process (`worker`) is started when the first file needs it, reads many files, and is replaced after a failure and
every so often. Small text files are read right here: no library takes them apart. Every system limits the
time and the size of the text. The limits of memory and processor time need `resource`, which Windows lacks; macOS does
not enforce the memory limit.
"""

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from index.errors import SourceError
from index.parsers import OLD_OFFICE, find_format, open_at_once, read_document, show_name
from index.parsers.builder import MEGABYTE
from index.parsers.containers import WEB_PAGE, describe_kind
from index.records import Document, Locator, Metadata, Place

SECONDS = 60.0  # of processor time to read a file, and one more for each megabyte of it
BUSY = 10  # times as long may pass meanwhile, where other programs keep the processor busy or the worker waits
MEMORY = 1_000 * MEGABYTE  # bytes above what the worker needs to start
FILES_A_WORKER = 200
READ_HERE = {".txt": 20 * MEGABYTE, ".text": 20 * MEGABYTE}  # bytes

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from index.parsers.worker import run_worker; run_worker()"
)


class IsolatedParser:
    """Reads files like `read_document`, in another process; close it, or use it in a `with` statement."""

    def __init__(self, *, seconds: float = SECONDS, memory: int = MEMORY, encoding: str = "") -> None:
        """Start nothing yet.

        Args:
            seconds: The processor time allowed for one file, plus one second for each megabyte of it. If the system does not
                report processor time, elapsed time counts.
            memory: The bytes to read one file in.
            encoding: As for `read_document`.
        """
        self._seconds = seconds
        self._memory = memory
        self._encoding = encoding
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._files_read = 0

    def __enter__(self) -> "IsolatedParser":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._stop()

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
        suffix = Path(path).suffix.lower()
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
        reply, text, boxes = self._ask(path, name, size, suffix)
        return _document(reply, text, boxes, path=str(path), name=name)

    def read_rows(self, path: str | Path, *, name: str) -> list[tuple[int, list[str]]]:
        """Read the cells of a workbook, as `index.parsers.read_rows` does; arguments and errors as for reading a file."""
        try:
            size = os.stat(path).st_size
        except (OSError, ValueError):
            size = 0
        _, text, _ = self._ask(path, name, size, rows=True)
        return [(number, cells) for number, cells in map(json.loads, text.split("\n")[:-1])]

    def _ask(
        self, path: str | Path, name: str, size: int, suffix: str = "", *, rows: bool = False
    ) -> tuple[dict[str, Any], str, bytes]:
        """Have the worker read a file of some bytes; returns its reply, the text that follows it, and the boxes of its words."""
        seconds = self._seconds + size / MEGABYTE
        request = {"path": str(path), "name": name, "seconds": seconds, "rows": rows}
        request |= {"suffix": suffix, "encoding": self._encoding}
        with self._lock:
            try:
                reply, text, boxes = self._exchange(request)
                if reply.get("error") == "memory":
                    used = self._files_read > 1
                    self._stop()
                    if used:  # earlier files may have left too little memory, so try a new process
                        reply, text, boxes = self._exchange(request)
            except BaseException:  # an interruption too leaves half a reply behind
                self._stop()
                raise
        if "error" in reply:
            raise SourceError(self._name_excess(show_name(name)) if reply["error"] == "memory" else reply["error"])
        return reply, text, boxes

    def _exchange(self, request: dict[str, Any]) -> tuple[dict[str, Any], str, bytes]:
        """Send a request to the worker, starting one where need be; returns its reply and what follows it.

        Raises:
            SourceError: No whole reply came in time.
        """
        if self._process is None or self._process.poll() is not None or self._files_read >= FILES_A_WORKER:
            self._stop()
            self._process = _start_worker(self._memory)
            self._files_read = 0
        self._files_read += 1
        process, shown, seconds = self._process, show_name(request["name"]), request["seconds"]
        began = _processor_seconds(process.pid)
        late = threading.Event()
        done = threading.Event()

        def watch() -> None:
            started = time.monotonic()
            while not done.wait(min(1.0, seconds)):
                used = _processor_seconds(process.pid)
                elapsed = time.monotonic() - started
                spent = elapsed if used is None or began is None else used - began
                if spent >= seconds or elapsed >= BUSY * seconds:
                    late.set()
                    process.kill()
                    return

        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            assert process.stdin and process.stdout
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
            reply = json.loads(process.stdout.readline())
            content, boxes = process.stdout.read(reply["bytes"]), process.stdout.read(reply["boxes"])
            if (len(content), len(boxes)) == (reply["bytes"], reply["boxes"]):
                return reply, content.decode("utf-8"), boxes
        except (OSError, ValueError, KeyError):  # the pipe or the reply is broken off: said below
            pass
        finally:
            done.set()
            watcher.join()
        if late.is_set():
            raise SourceError(f"{shown} needs more than {seconds:.0f} seconds to read. Split it, then index it again.")
        raise SourceError(f"{shown} cannot be read: the parser crashed. It may be damaged; remove it, or save it anew.")

    def _name_excess(self, shown: str) -> str:
        megabytes = self._memory // MEGABYTE
        amount = f"{megabytes / 1000:g} GB" if megabytes >= 1000 else f"{megabytes} MB"
        return f"{shown} needs more than {amount} of memory to read. Split it, then index it again."

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            assert self._process.stdin and self._process.stdout
            self._process.stdin.close()
            self._process.stdout.close()
            self._process.wait()
            self._process = None


def _processor_seconds(pid: int) -> float | None:
    """The processor time that a process has used; None where the system does not say."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def _is_web_page(path: str | Path) -> bool:
    """Whether a text file is a web page, which a library takes apart."""
    try:
        with open(path, "rb", opener=open_at_once) as file:
            return describe_kind(file.read(4096) or b"") == WEB_PAGE
    except (OSError, ValueError):  # reading it reports the error
        return False


def _start_worker(memory: int) -> subprocess.Popen[bytes]:
    """Start a worker that finds the modules that this process finds, and none in the current folder besides."""
    here = str(Path(__file__).resolve().parents[2])
    path = [here, *(entry for entry in sys.path if entry)]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-P", "-B", "-c", _START, json.dumps(path), str(memory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )


def _document(reply: dict[str, Any], text: str, boxes: bytes, *, path: str, name: str) -> Document:
    return Document(
        source=name,
        path=path,
        text=text,
        text_sha256=reply["text_sha256"],
        file_sha256=reply["file_sha256"],
        locators=tuple(Locator(start, end, Place(*place)) for start, end, *place in reply["locators"]),
        silent=tuple((start, end) for start, end in reply["silent"]),
        extractor=reply["extractor"],
        notes=tuple(reply["notes"]),
        boxes=boxes,
        metadata=Metadata(**reply["metadata"]),
    )
