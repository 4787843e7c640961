"""Workers that answer questions, each as one process alone would: processes of this computer, or of a cluster.

Each opens the collection as it was committed and loads the models once. Questions may be asked ahead of the answers.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Protocol

from index import open_executor
from qa.answering.answer import Answer, Conversation


class Answering(Protocol):
    """The part of `Assistant` that a worker uses."""

    def ask(self, question: str) -> Answer: ...

    def conversation(self, history: Sequence[str] = ()) -> Conversation: ...


class Workers:
    """Workers that answer questions; use it in a `with` statement, whose end ends them."""

    def __init__(self, open_assistant: Callable[[], Answering], workers: int | str) -> None:
        """Prepare to start workers, which takes place with the first questions.

        Args:
            open_assistant: Opens what a worker answers from; it is pickled.
            workers: How many, or where, as for `Assistant.workers`.

        Raises:
            ValueError: As for `Assistant.workers`.
            WorkerError: As for `Assistant.workers`.
        """
        self._executor = open_executor(partial(_answer_with, open_assistant), workers)

    @property
    def ahead(self) -> int:
        """How many questions are to be asked ahead of their answers at most, so that no worker waits."""
        return self._executor.ahead

    def ask(self, question: str, history: Sequence[str] = ()) -> Callable[[], Answer]:
        """Ask a question as `Assistant.ask` does, or as `Assistant.conversation` does after earlier ones, oldest first.

        Returns:
            What waits for the answer. It raises QuestionError where the question cannot be searched, and WorkerError where
            workers end by themselves again and again, or cannot start.
        """
        return self._executor.submit((question, tuple(history))).result

    def ask_each(self, questions: Iterable[str]) -> Iterator[Answer]:
        """Yield the answers in the order of the questions; raises as `ask` does."""
        waiting: deque[Callable[[], Answer]] = deque()
        for question in questions:
            if len(waiting) == self.ahead:
                yield waiting.popleft()()
            waiting.append(self.ask(question))
        while waiting:
            yield waiting.popleft()()

    def close(self) -> None:
        """End the workers, whatever they are at."""
        self._executor.close()

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _answer_with(open_assistant: Callable[[], Answering]) -> Callable[[tuple[str, Sequence[str]]], Answer]:
    """In a worker: open an assistant, and return what answers a question with it."""
    assistant = open_assistant()

    def answer(asked: tuple[str, Sequence[str]]) -> Answer:
        question, history = asked
        return assistant.conversation(history).ask(question) if history else assistant.ask(question)

    return answer
