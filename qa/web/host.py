"""One thread that opens the assistant, owns it and does all its work.

The page is up before the model is loaded, so opening happens behind it. The thread that opened the assistant is also
the only one that calls it, so that answers come one at a time. Where it is to follow the files, it does so from the end
of the first indexing on: each later update is one more time of "indexing", in which questions go on being answered.
"""

import gc
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from index import Failure, Progress, QAError, StorageError
from qa.web import strings

if TYPE_CHECKING:
    from qa.assistant import Assistant

_Result = TypeVar("_Result")
OpenAssistant = Callable[[Callable[[Progress], None]], "Assistant"]
_POLL_SECONDS = 0.1  # between two looks whether indexing has ended
_REOPEN_SECONDS = 2.0  # between two looks whether it is to be opened again


class Stopped(Exception):
    """The page is closing; opening the assistant is given up."""


class NotReady(Exception):
    """There is no assistant yet, or there will be none. Its text is what the page says."""


Stage = Literal["loading", "indexing", "ready", "failed"]
Job = tuple[Future[Any], Callable[..., Any]]


@dataclass(frozen=True, slots=True)
class LoadState:
    """How far opening the assistant has come.

    Attributes:
        stage: "loading"; "indexing": questions can be asked, and more is being read; "ready"; "failed".
        message: One line, not escaped: what is being read, why it failed, or why indexing ended early.
        share: How much is done, from 0 to 1; None while that cannot be told.
    """

    stage: Stage
    message: str
    share: float | None = None


class AssistantHost:
    """Opens an assistant in a thread of its own and passes it work."""

    def __init__(
        self,
        open_assistant: OpenAssistant,
        on_indexed: "Callable[[Assistant], None]" = lambda assistant: None,
        *,
        follow: bool = False,
        reopen: bool = False,
    ) -> None:
        """Remember how to open; nothing happens before `start`.

        Args:
            open_assistant: Called once, in the thread, with a function that takes each step of indexing; that
                function raises when the page closes, and the exception is to be let through.
            on_indexed: Called in the thread when the index has been brought up to the documents for the first time, and
                after later updates where what cannot be read has changed.
            follow: Whether to follow the files from the end of the first indexing on.
            reopen: Whether to open it again once it is there, where it was missing, or was deleted or made anew by another
                process.
        """
        self.follow, self._reopen = follow, reopen
        self.state = LoadState("loading", strings.LOADING)
        self._open_assistant = open_assistant
        self._on_indexed = on_indexed
        self._assistant: Assistant | None = None
        self._opened = False
        self._failures: tuple[Failure, ...] | None = None  # what could not be read; None before the first indexing ends
        self._work: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._taking = threading.Lock()  # work is taken, or the end has been told: nothing is put in after it
        self._thread = threading.Thread(target=self._run, name="assistant", daemon=True)

    def start(self) -> None:
        """Begin to open the assistant; returns at once."""
        self._thread.start()

    def call(self, work: "Callable[[Assistant], _Result]") -> _Result:
        """Do something with the assistant, after whatever is already waiting.

        Args:
            work: Takes the assistant; runs in the assistant's thread.

        Returns:
            What `work` returns.

        Raises:
            NotReady: The assistant is still loading, or could not be opened.
            Exception: What `work` raises.
        """
        if self.state.stage not in ("indexing", "ready"):
            raise NotReady(strings.NOT_LOADED if self.state.stage == "failed" else strings.STILL_LOADING)
        result: _Result = self._wait_for(work)
        return result

    def notice_deletion(self) -> None:
        """Note if another process has deleted the collection; from then on nothing of it is shown or answered."""
        if self.state.stage in ("indexing", "ready") and self._assistant is not None and self._assistant.deleted:
            self.state = LoadState("failed", strings.DELETED)

    def close(self, *, timeout: float = 10.0) -> None:
        """Stop opening, or finish what is being answered, and close the assistant.

        Args:
            timeout: Seconds to wait for that.
        """
        with self._taking:
            self._closing.set()
            self._work.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _wait_for(self, work: Callable[..., Any]) -> Any:
        future: Future[Any] = Future()
        with self._taking:
            if self._closing.is_set():
                raise NotReady(strings.STILL_LOADING)
            self._work.put((future, work))
        return future.result()

    def _run(self) -> None:
        try:
            self._take(self._open_assistant(self._report))
        except Stopped:
            return
        except QAError as error:
            self.state = LoadState("failed", str(error))
        except Exception:
            logging.getLogger(__name__).exception("opening the documents failed")
            self.state = LoadState("failed", strings.SERVER_ERROR_LOADING)
        try:
            self._serve()
        finally:
            if self._assistant:
                self._assistant.close()

    def _serve(self) -> None:
        while True:
            waiting = _REOPEN_SECONDS if self._reopen else None
            try:
                job = self._work.get(timeout=_POLL_SECONDS if self.state.stage == "indexing" else waiting)
            except queue.Empty:
                self._look()
                if self._reopen and self.state.stage == "failed":
                    self._open_again()
                continue
            if job is None:
                return
            future, work = job
            result, error = None, None
            try:
                result = work(self._assistant)
            except BaseException as raised:  # handed to the caller, whatever it is: this thread has to live on
                error = raised
            self._look()
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)

    def _take(self, assistant: "Assistant") -> None:
        self._assistant, self._opened, self._failures = assistant, True, None
        self.state = LoadState("indexing", self.state.message, self.state.share)
        self._look()

    def _open_again(self) -> None:
        """Open what is there now in the place of what is gone; where that fails, what was said before stays."""
        failed, before = self.state, self._assistant
        try:
            opened = self._open_assistant(self._report)
        except (QAError, Stopped):
            self.state = failed
            return
        except Exception:
            logging.getLogger(__name__).exception("opening the documents failed")
            self.state = failed
            return
        self._take(opened)
        if before:
            before.close()

    def _look(self) -> None:
        """Note that indexing has begun, or is over; what it had committed before an error still answers."""
        assistant = self._assistant
        if assistant is None or assistant.deleted:
            self.notice_deletion()
            return
        if assistant.indexing:
            if self.state.stage in ("ready", "failed"):
                self.state = LoadState("indexing", strings.READING_AGAIN)
            return
        if self.state.stage != "indexing":
            return
        message = ""
        try:
            assistant.finish_indexing()
        except QAError as error:
            message = str(error)
        except Exception:
            logging.getLogger(__name__).exception("indexing failed")
            message = strings.SERVER_ERROR_INDEXING
        try:
            failures = assistant.failures
        except StorageError:  # its server is gone; the next look finds out
            return
        first = self._failures is None
        if failures != self._failures:
            self._failures = failures
            self._on_indexed(assistant)
        if first:
            _settle()
        if first and self.follow:
            assistant.watch(partial(self._wake, assistant))
        self.state = LoadState("ready", message)

    def _wake(self, watched: "Assistant") -> None:
        """Let the thread note that an update is at work, or was: it may have ended already."""

        def note(assistant: "Assistant") -> None:
            if assistant is watched and self.state.stage == "ready" and not assistant.deleted:
                self.state = LoadState("indexing", strings.READING_AGAIN)

        self._work.put((Future(), note))

    def _report(self, progress: Progress) -> None:
        if self._closing.is_set():
            raise Stopped
        stage: Stage = "indexing" if self._opened else "loading"
        self.state = LoadState(stage, strings.describe_indexing(progress), share_done(progress))


def share_done(progress: Progress) -> float:
    """How much of an update is done, from 0 to 1: of its passages once that can be told, until then of its files."""
    if progress.seconds_left is None:
        return progress.documents / max(1, progress.all_documents)
    return progress.passages / max(1, progress.all_passages)


def _settle() -> None:
    """Take what is loaded by now out of the garbage collector's rounds, once: it stays to the end, and each round takes .2 s."""
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()
