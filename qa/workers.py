"""Several processes of this computer that answer questions, each as one process alone would.

Each opens the collection as it was committed and loads the models once. Questions may be asked ahead of the answers; those that a
process was at when it ended are given to another one.
"""

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Future
from pickle import PicklingError
from typing import Any, Protocol

from index import WorkerError
from qa.answering.answer import Answer, Conversation

AHEAD = 4  # questions for each process that are asked before the first of them is answered
PATIENCE = 3  # times that processes are started again without an answer in between
LOOK_SECONDS = 1.0  # between two looks of a process whether the one that started it is still there


class Answering(Protocol):
    """The part of `Assistant` that a process uses."""

    def ask(self, question: str) -> Answer: ...

    def conversation(self, history: Sequence[str] = ()) -> Conversation: ...


class _Asked:
    """A question that was given to a process."""

    def __init__(self, workers: "Workers", question: str, history: Sequence[str]) -> None:
        self._workers, self._asked = workers, (question, tuple(history))
        self.start()

    def start(self) -> None:
        """Give it to a process, also anew."""
        self._future: Future[Answer] = Future()
        try:
            self._future = self._workers.executor.submit(_answer, *self._asked)
        except BrokenExecutor as error:  # a process ended since the last question
            self._future.set_exception(error)
        except (TypeError, AttributeError, PicklingError) as error:
            reason = f"the encoder or the reader cannot be handed to other processes: {error}. Use one worker."
            raise WorkerError(reason) from error

    @property
    def lost(self) -> bool:
        """Whether it has to be given to a process anew."""
        return not self._future.done() or isinstance(self._future.exception(), BrokenExecutor)

    def answer(self) -> Answer:
        """Wait for the answer."""
        while True:
            try:
                answer = self._future.result()
            except BrokenExecutor as error:
                self._workers.start_again(error)
                continue
            except BaseException:
                self._workers.forget(self)
                raise
            self._workers.forget(self, answered=True)
            return answer


class Workers:
    """Processes that answer questions; use it in a `with` statement, whose end ends them."""

    def __init__(self, open_assistant: Callable[[], Answering], count: int) -> None:
        """Prepare to start processes, which takes place with the first question.

        Args:
            open_assistant: Opens what a process answers from; it is pickled.
            count: How many.
        """
        self._open, self._count = open_assistant, count
        self._waiting: dict[_Asked, None] = {}  # in order
        self._failed = 0
        self._start()

    @property
    def ahead(self) -> int:
        """How many questions are to be asked ahead of their answers at most, so that no process waits."""
        return AHEAD * self._count

    def ask(self, question: str, history: Sequence[str] = ()) -> Callable[[], Answer]:
        """Ask a question as `Assistant.ask` does, or as `Assistant.conversation` does after earlier ones, oldest first.

        Returns:
            What waits for the answer. It raises QuestionError where the question cannot be searched, and WorkerError where
            processes end by themselves again and again.

        Raises:
            WorkerError: The encoder or the reader cannot be handed to other processes.
        """
        asked = _Asked(self, question, history)
        self._waiting[asked] = None
        return asked.answer

    def ask_each(self, questions: Iterable[str]) -> Iterator[Answer]:
        """Yield the answers in the order of the questions; raises as `ask` does."""
        waiting: deque[Callable[[], Answer]] = deque()
        for question in questions:
            if len(waiting) == self.ahead:
                yield waiting.popleft()()
            waiting.append(self.ask(question))
        while waiting:
            yield waiting.popleft()()

    def start_again(self, error: BrokenExecutor) -> None:
        """Start new processes after one has ended by itself, and give them the questions that were lost."""
        self._failed += 1
        if self._failed > PATIENCE:
            raise WorkerError(
                "the processes that answer end by themselves, perhaps for want of memory. Use fewer workers, then try again."
            ) from error
        self.close()
        self._start()
        for asked in self._waiting:
            if asked.lost:
                asked.start()

    def forget(self, asked: _Asked, *, answered: bool = False) -> None:
        """Take a question off the list of those that may have to be given to a process anew."""
        self._waiting.pop(asked, None)
        self._failed = 0 if answered else self._failed

    def close(self) -> None:
        """End the processes, whatever they are at."""
        self.executor.shutdown(wait=True, kill_workers=True)

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _start(self) -> None:
        # Unlike the processes of the standard library, these do not run the user's script anew.
        from loky.process_executor import ProcessPoolExecutor

        self.executor: Any = ProcessPoolExecutor(self._count, initializer=_begin, initargs=(self._open, os.getpid()))


_process: dict[str, Any] = {}  # in a process that answers: what opens the assistant, and then the assistant


def _begin(open_assistant: Callable[[], Answering], parent: int) -> None:
    """Remember what to open; leave Ctrl-C to the process that asks, and end where that is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _process["open"] = open_assistant
    if os.name == "posix":
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def _answer(question: str, history: Sequence[str]) -> Answer:
    if "assistant" not in _process:
        _process["assistant"] = _process["open"]()
    assistant: Answering = _process["assistant"]
    return assistant.conversation(history).ask(question) if history else assistant.ask(question)
