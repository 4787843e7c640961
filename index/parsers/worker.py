"""The process in which `IsolatedParser` reads files: one request a line in, one reply a line and a text out.

Before the first file it gives up what reading needs not: it may not write files, open connections, start programs, or
take more memory than allowed. Where `resource` is missing (Windows) the limits of memory and processor time are not
kept; the parent's limit of time is.
"""

import importlib
import json
import os
import signal
import sys
from dataclasses import asdict
from importlib.util import find_spec
from typing import Any

from index.errors import SourceError
from index.parsers import read_document, read_rows
from index.records import Document, place_values

resource = importlib.import_module("resource") if find_spec("resource") else None  # Windows has none

_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile", "os.system")
_CHANGING = frozenset(
    """
    os.remove os.rename os.mkdir os.rmdir os.link os.symlink os.truncate os.chmod os.chown os.utime shutil.rmtree
    shutil.move shutil.copyfile shutil.copytree tempfile.mkstemp tempfile.mkdtemp
    """.split()
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def run_worker() -> None:
    """Read the files asked for on standard input until it ends; `sys.argv[2]` is the memory allowed, in bytes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interruption means
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)  # what libraries print is no reply
    _limit_memory(int(sys.argv[2]))
    sys.addaudithook(_forbid)
    for line in requests:
        request = json.loads(line)
        _limit_processor_time(request["seconds"])
        header, text, boxes = _answer(request)
        replies.write(json.dumps({**header, "bytes": len(text), "boxes": len(boxes)}).encode() + b"\n")
        replies.write(text)
        replies.write(boxes)
        replies.flush()


def _answer(request: dict[str, Any]) -> tuple[dict[str, Any], bytes, bytes]:
    """The header of the reply, the text that follows it, and the boxes of its words."""
    path, name = request["path"], request["name"]
    try:
        if request["rows"]:
            text = "".join(json.dumps(row) + "\n" for row in read_rows(path, name=name)).encode("ascii")
            return {}, text, b""
        document = read_document(path, name=name, suffix=request["suffix"], encoding=request["encoding"])
        return _header(document), document.text.encode("utf-8"), document.boxes
    except SourceError as error:
        return {"error": str(error)}, b"", b""
    except MemoryError:
        return {"error": "memory"}, b"", b""


def _header(document: Document) -> dict[str, Any]:
    return {
        "text_sha256": document.text_sha256,
        "file_sha256": document.file_sha256,
        "locators": [(each.start, each.end, *place_values(each.place)) for each in document.locators],
        "silent": document.silent,
        "extractor": document.extractor,
        "notes": document.notes,
        "metadata": asdict(document.metadata),
    }


def _forbid(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse, as an audit hook, every action that a parser does not need."""
    if event == "open":
        _, mode, flags = arguments
        writes = any(letter in mode for letter in "wax+") if isinstance(mode, str) else bool((flags or 0) & _WRITING)
        if not writes:
            return
    elif not event.startswith(_FORBIDDEN) and event not in _CHANGING:
        return
    raise PermissionError(1, f"a parser may not do this: {event}")


def _limit_memory(allowed: int) -> None:
    """Allow so many bytes more than this process has now, and no file to be written."""
    if resource is None:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            used = int(file.read().split()[0]) * resource.getpagesize()
    except OSError:
        used = 0
    try:
        resource.setrlimit(resource.RLIMIT_AS, (used + allowed, used + allowed))
    except (OSError, ValueError):  # a system that does not keep it
        return


def _limit_processor_time(seconds: float) -> None:
    """End this process some time after the parent would have, should there be no parent any more."""
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 5, most))
