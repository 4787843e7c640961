"""One thread that opens the assistant, owns it and does all its work.

The page is up before the model is loaded, so opening happens behind it. The thread that opened the assistant is also
the only one that calls it, so that answers come one at a time. Where it is to follow the files, it does so from the end
of the first indexing on: each later update is one more time of "indexing", in which questions go on being answered.
"""

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from index import Failure, Progress, QAError
from qa.web import strings

if TYPE_CHECKING:
    from qa.assistant import Assistant

Result = TypeVar("Result")
OpenAssistant = Callable[[Callable[[Progress], None]], "Assistant"]
POLL_SECONDS = 0.1  # between two looks whether indexing has ended


class Stopped(Exception):
    """The page is closing; opening the assistant is given up."""


class NotReady(Exception):
    """There is no assistant yet, or there will be none. Its text is what the page says."""


@dataclass(frozen=True, slots=True)
class LoadState:
    """How far opening the assistant has come.

    Attributes:
        stage: "loading"; "indexing": questions can be asked, and more is being read; "ready"; "failed".
        message: One line, not escaped: what is being read, why it failed, or why indexing ended early.
    """

    stage: Literal["loading", "indexing", "ready", "failed"]
    message: str


class AssistantHost:
    """Opens an assistant in a thread of its own and passes it work."""

    def __init__(
        self,
        open_assistant: OpenAssistant,
        on_indexed: "Callable[[Assistant], None]" = lambda assistant: None,
        *,
        follow: bool = False,
    ) -> None:
        """Remember how to open; nothing happens before `start`.

        Args:
            open_assistant: Called once, in the thread, with a function that takes each step of indexing; that
                function raises when the page closes, and the exception is to be let through.
            on_indexed: Called in the thread when the index has been brought up to the documents for the first time, and
                after later updates where what cannot be read has changed.
            follow: Whether to follow the files from then on.
        """
        self.state = LoadState("loading", strings.LOADING)
        self._open_assistant = open_assistant
        self._on_indexed = on_indexed
        self.follow = follow
        self._failures: tuple[Failure, ...] | None = None
        self._opened = False
        self._work: queue.SimpleQueue[tuple[Future, Callable] | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="assistant", daemon=True)

    def start(self) -> None:
        """Begin to open the assistant; returns at once."""
        self._thread.start()

    def call(self, work: "Callable[[Assistant], Result]") -> Result:
        """Do something with the assistant, after whatever is already waiting.

        Args:
            work: Takes the assistant; runs in the assistant's thread.

        Returns:
            What `work` returns.

        Raises:
            NotReady: The assistant is still loading, or could not be opened.
            Exception: What `work` raises.
        """
        if self.state.stage not in ("indexing", "ready") or self._closing.is_set():
            raise NotReady(strings.NOT_LOADED if self.state.stage == "failed" else strings.STILL_LOADING)
        future: Future[Result] = Future()
        self._work.put((future, work))
        return future.result()

    def close(self, *, timeout: float = 10.0) -> None:
        """Stop opening, or finish what is being answered, and close the assistant.

        Args:
            timeout: Seconds to wait for that.
        """
        self._closing.set()
        self._work.put(None)
        if self._thread.is_alive():
            self._thread.join(timeout)

    def _run(self) -> None:
        try:
            assistant = self._open_assistant(self._report)
        except Stopped:
            return
        except QAError as error:
            self.state = LoadState("failed", str(error))
            return
        except Exception:
            logging.getLogger(__name__).exception("opening the documents failed")
            self.state = LoadState("failed", strings.SERVER_ERROR_LOADING)
            return
        with assistant:
            self._opened = True
            self.state = LoadState("indexing", self.state.message)
            while True:
                if assistant.indexing:
                    if self.state.stage == "ready":
                        self.state = LoadState("indexing", "")
                elif self.state.stage == "indexing":
                    self._finish(assistant)
                try:
                    job = self._work.get(timeout=POLL_SECONDS if self.state.stage == "indexing" else None)
                except queue.Empty:
                    continue
                if job is None:
                    return
                future, work = job
                try:
                    future.set_result(work(assistant))
                except BaseException as error:  # handed to the caller, whatever it is: this thread has to live on
                    future.set_exception(error)

    def _finish(self, assistant: "Assistant") -> None:
        """Note that indexing is over; what it had committed before an error still answers."""
        message = ""
        try:
            assistant.finish_indexing()
        except QAError as error:
            message = str(error)
        except Exception:
            logging.getLogger(__name__).exception("indexing failed")
            message = strings.SERVER_ERROR_INDEXING
        first = self._failures is None
        if first or assistant.failures != self._failures:
            self._failures = assistant.failures
            self._on_indexed(assistant)
        if first and not assistant.scope.documents and not any(s.state == "excluded" for s in assistant.statuses()):
            self.state = LoadState("failed", message)
            return
        if first and self.follow:
            assistant.watch(self._wake)
        self.state = LoadState("ready", message)

    def _wake(self) -> None:
        """Let the thread note that an update is at work, or was: it may have ended already."""

        def note(assistant: "Assistant") -> None:
            if self.state.stage == "ready":
                self.state = LoadState("indexing", "")

        self._work.put((Future(), note))

    def _report(self, progress: Progress) -> None:
        if self._closing.is_set():
            raise Stopped
        self.state = LoadState("indexing" if self._opened else "loading", strings.describe_progress(progress))
