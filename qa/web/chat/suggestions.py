"""Suggested questions in the page: some in the empty chat, and some that go on from the last answer.

They are found in the assistant's thread in small pieces, between which it answers whoever asks. The browser only ever
sends the number of a question; which one that is, is looked up here.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import gradio as gr

from index import QAError
from qa.suggestions import suggest_first, suggest_next
from qa.web import strings
from qa.web.chat.view import Turn
from qa.web.host import AssistantHost, NotReady
from qa.web.library.libraries import Numbers, read_number
from qa.web.ui.templates import fill

if TYPE_CHECKING:
    from qa.assistant import Assistant
    from qa.web.chat.events import Handlers

Found = TypeVar("Found")
FIRST = 4
SEED_SHA256 = "0bcf1e724f61a0ec439ef70e7c7f17d9dd1bd5b492eae81cc3d68201c10d22b8"  # the text SEED_QUESTIONS are about


class Suggestions:
    """Questions to begin with, of the collection that is open."""

    def __init__(self, host: AssistantHost) -> None:
        """Know of none yet.

        Args:
            host: The assistant, which may still be loading.
        """
        self.host, self.numbers = host, Numbers()
        self._finding = threading.Lock()
        self._found: tuple[tuple[str, int], tuple[str, ...]] = (("", 0), ())

    def current(self) -> tuple[str, ...]:
        """Those found last for this collection, which may have changed since.

        Raises:
            NotReady: There is no assistant.
        """
        (key, _), questions = self._found
        return questions if key == self.host.call(lambda assistant: assistant.key) else ()

    def find(self) -> tuple[str, ...]:
        """Find those of the collection as it is now; pages that wait for the same ones share them."""
        with self._finding:
            try:
                key, seed = self.host.call(
                    lambda assistant: ((assistant.key, assistant.generation), _is_seed(assistant))
                )
                if key != self._found[0]:
                    found = strings.SEED_QUESTIONS if seed else find_in_pieces(self.host, _begin_first)
                    self._found = (key, found or ())
            except (QAError, NotReady):
                return ()
            except Exception:
                logging.getLogger(__name__).exception("no questions could be suggested")
                return ()
            return self._found[1]

    def number(self, question: str) -> int:
        """The number that stands for a question in the page."""
        return self.numbers.number(question)


class Suggesting:
    """The page's events about suggested questions, each a method."""

    def __init__(self, handlers: "Handlers", suggestions: Suggestions) -> None:
        """Serve the events of one page.

        Args:
            handlers: Answers what is suggested.
            suggestions: Those of the empty chat.
        """
        self.handlers, self.host, self.suggestions = handlers, handlers.host, suggestions

    def answer_example(
        self, turns: tuple[Turn, ...] | None, event: gr.EventData, request: gr.Request | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """Answer one of the questions of the empty chat.

        Args:
            turns: What was asked before.
            event: With `example`, its number.
            request: Of the browser.

        Yields:
            As `Handlers.answer_question`.
        """
        question = self.suggestions.numbers.key(read_number(event, "example"))
        yield from self.handlers.answer_question(question, turns, request=request)

    def suggest(self, turns: tuple[Turn, ...] | None) -> Iterator[tuple[Any, ...]]:
        """Find questions that go on from the last answer.

        Args:
            turns: What was asked.

        Yields:
            The questions, and their buttons: none at first, for those of the answer before are over.
        """
        yield (), render_next(())
        if not turns:
            return
        last, history = turns[-1], [turn.answer.question for turn in turns]
        sources = last.narrowing.names if last.narrowing else ()

        def begin(assistant: "Assistant") -> Iterator[tuple[str, ...]]:
            return suggest_next(assistant, last.answer, history=history, sources=sources)

        try:
            found = find_in_pieces(self.host, begin) or ()
        except (QAError, NotReady):
            return
        except Exception:
            logging.getLogger(__name__).exception("no questions could be suggested")
            return
        yield found, render_next(found)

    def answer_next(
        self,
        turns: tuple[Turn, ...] | None,
        offered: tuple[str, ...],
        chosen: Any,
        event: gr.EventData,
        request: gr.Request | None = None,
    ) -> Iterator[tuple[Any, ...]]:
        """Answer one of the questions that go on from the last answer; it stands alone.

        Args:
            turns: What was asked before.
            offered: Those that `suggest` found.
            chosen: The documents to search, as `read_choice` takes them.
            event: With `next`, counted from 0.
            request: Of the browser.

        Yields:
            As `Handlers.answer_question`.
        """
        number = read_number(event, "next")
        question = offered[number] if number is not None and number < len(offered) else ""
        yield from self.handlers.answer_question(question, turns, chosen, request, alone=True)


def find_in_pieces(host: AssistantHost, begin: Callable[["Assistant"], Iterator[Found]]) -> Found | None:
    """Work in the assistant's thread, a piece at a time, so that whoever asks meanwhile waits for one piece at most.

    Args:
        host: The assistant.
        begin: Begins the work; each step of it is a piece.

    Returns:
        What the last step gave; None when there was none.

    Raises:
        NotReady: There is no assistant.
        QAError: What a step raises.
    """
    steps, found = host.call(begin), None
    while step := host.call(lambda assistant: list(islice(steps, 1))):
        (found,) = step
    return found


def render_next(questions: tuple[str, ...]) -> str:
    """Buttons that go on from the last answer, in a place that is kept for them also where there are none."""
    return str(fill("ui/frame.html", "following", questions=questions))


def _begin_first(assistant: "Assistant") -> Iterator[tuple[str, ...]]:
    return suggest_first(assistant, FIRST)


def _is_seed(assistant: "Assistant") -> bool:
    """Whether it is open on nothing but the document that comes with the program."""
    alone = assistant.scope.documents == 1
    return alone and [document.text_sha256 for document in assistant.documents()] == [SEED_SHA256]
