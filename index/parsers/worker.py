"""The processes in which `IsolatedParser` reads files, and the pictures in them: one request a line in, one reply a line out.

A reply may be followed by parts, whose sizes it names, such as the text. Before the first request a process gives up what
reading needs not: it may not write files, open connections, start programs, signal other processes, or take more memory than
allowed. On Linux the kernel refuses this (`seccomp`). An audit hook of Python refuses it everywhere, but hears nothing of what
native libraries do. Where `resource` is missing (Windows) the limits of memory and processor time are not kept; the parent's
limit of time is.
"""

import errno
import importlib
import json
import math
import os
import re
import signal
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from index.errors import SourceError
from index.parsers import read_document, read_rows
from index.parsers.messages import pack_document, pack_passages, unpack_document
from index.parsers.ocr import Line, PictureReader, PictureReading, Pixels, read_pixels
from index.parsers.seccomp import install_filter
from index.text.passages import split_passages

resource = importlib.import_module("resource") if find_spec("resource") else None  # Windows has none

_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.startfile", "os.system")
_CHANGING = frozenset(
    """
    os.remove os.rename os.mkdir os.rmdir os.link os.symlink os.truncate os.chmod os.chown os.utime shutil.rmtree
    shutil.move shutil.copyfile shutil.copytree tempfile.mkstemp tempfile.mkdtemp
    """.split()
)
RESERVE = bytearray(4_000_000)  # given back when memory runs out, so that there is some to say so
_UNMAPPED = re.compile("failed to map segment|[Cc]annot allocate memory|cannot enable executable stack")
_strain = 0  # bytes from which on this process has used much of its memory; 0 where that has no limit
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def read_files(memory: int) -> None:
    """Read the files asked for on standard input until it ends, in so many bytes of memory."""
    channel = Channel()
    channel.filtered = give_up(memory)
    while request := channel.receive():
        if "split" in request:
            channel.send(*_split(request, channel.receive_bytes(request["size"])))
        else:
            channel.send(*_answer(request, channel.have_read))


def read_pictures(memory: int) -> None:
    """Read the text in the pictures that come on standard input until it ends, in so many bytes of memory."""
    channel = Channel()
    channel.filtered = give_up(memory)
    while request := channel.receive():
        try:
            reading = read_pixels(channel.receive_pixels(request["picture"]))
            channel.send({"turns": reading.turns, "lines": reading.lines})
        except Exception as error:  # what the libraries raise about a picture
            channel.send(tell_error(error, type(error).__name__))


class Channel:
    """Requests from the parent, replies to it, and pictures that it is asked to have read.

    Attributes:
        filtered: Whether the kernel's filter is in force, which each reply tells.
    """

    def __init__(self) -> None:
        """Take standard input and output away from the libraries: what they print is no reply."""
        self.filtered = False
        self._requests, self._replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    def receive(self) -> dict[str, Any] | None:
        """The next request, for which the time begins now; None at the end."""
        line = self._requests.readline()
        if not line:
            return None
        request: dict[str, Any] = json.loads(line)
        _limit_processor_time(request["seconds"])
        return request

    def receive_bytes(self, size: int) -> bytes:
        """What follows a request."""
        return self._requests.read(size)

    def receive_pixels(self, shape: Sequence[int]) -> Pixels:
        """The picture that follows a request."""
        return np.frombuffer(self.receive_bytes(math.prod(shape)), dtype=np.uint8).reshape(shape)

    def send(self, reply: dict[str, Any], *parts: bytes) -> None:
        """Send a reply and the parts that follow it."""
        header = {**reply, "sizes": [len(part) for part in parts], "filtered": self.filtered}
        self._replies.write(json.dumps(header).encode() + b"\n")
        for part in parts:
            self._replies.write(part)
        self._replies.flush()

    def have_read(self, pixels: Pixels) -> PictureReading:
        """Have the parent read the text in a picture.

        Raises:
            SourceError: It cannot.
        """
        self.send({"picture": pixels.shape}, pixels.tobytes())
        answer = self.receive()
        if answer is None or "error" in answer:
            raise SourceError(answer["error"] if answer else "OCR was stopped")
        return PictureReading(answer["turns"], tuple(Line(*line) for line in answer["lines"]))


def give_up(memory: int) -> bool:
    """Give up what reading needs not, and more than some bytes of memory; returns whether the kernel's filter is in force."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what an interruption means
    _limit_memory(memory)
    filtered = install_filter()
    sys.addaudithook(_forbid)
    return filtered


def _answer(request: dict[str, Any], ocr: PictureReader) -> tuple[dict[str, Any], bytes, bytes]:
    """The reply, the text that follows it, and the boxes of its words."""
    path, name, encoding = request["path"], request["name"], request["encoding"]
    try:
        if request["rows"]:
            text = "".join(json.dumps(row) + "\n" for row in read_rows(path, name=name)).encode("ascii")
            return {}, text, b""
        document = read_document(path, name=name, suffix=request["suffix"], encoding=encoding, ocr=ocr)
        return pack_document(document)
    except (SourceError, MemoryError) as error:
        return tell_error(error, str(error)), b"", b""


def _split(request: dict[str, Any], text: bytes) -> tuple[dict[str, Any], bytes, bytes]:
    """The reply with the passages of a document, and the numbers that follow it."""
    try:
        document = unpack_document(request["split"], text, path="", name=request["name"])
        return pack_passages(split_passages(document))
    except (SourceError, MemoryError) as error:
        return tell_error(error, str(error)), b"", b""


def tell_error(error: Exception, words: str) -> dict[str, Any]:
    """Tell the parent of an error: in these words, unless memory was what lacked.

    Libraries report that in their own ways, as a file that is damaged or a module that is missing. An error that comes of another
    one, in a process that has used much of its memory, is told with a doubt.
    """
    if _lacks_memory(error):
        RESERVE.clear()
        return {"error": "memory", "doubted": False}
    if (error.__cause__ or not isinstance(error, SourceError)) and _is_strained():
        return {"error": "memory", "doubted": True}
    return {"error": words}


def _lacks_memory(error: BaseException | None) -> bool:
    """Whether an error, or one that it comes of, says that there is no memory."""
    while error is not None:
        missing = isinstance(error, OSError) and error.errno == errno.ENOMEM
        unmapped = isinstance(error, (ImportError, OSError)) and _UNMAPPED.search(str(error))
        if isinstance(error, MemoryError) or missing or unmapped:
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_strained() -> bool:
    """Whether this process once used a third of what it may: a library that doubles its space has no more room then."""
    return _strain > 0 and _memory_used("VmPeak") >= _strain


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
    global _strain
    used = _memory_used("VmSize")
    try:
        resource.setrlimit(resource.RLIMIT_AS, (used + allowed, used + allowed))
    except (OSError, ValueError):  # a system that does not keep it
        return
    _strain = used + allowed // 3 if used else 0


def _memory_used(kind: str) -> int:
    """The bytes of memory that this process has ("VmSize"), or had at most ("VmPeak"); 0 where the system does not say."""
    try:
        with open("/proc/self/status", encoding="utf-8", errors="replace") as file:
            return next((int(line.split()[1]) * 1024 for line in file if line.startswith(kind)), 0)
    except OSError:
        return 0


def _limit_processor_time(seconds: float) -> None:
    """End this process some time after the parent would have, should there be no parent any more."""
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 5, most))
