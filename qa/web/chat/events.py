"""What happens when somebody asks in the page, turns as messages of Gradio's chat, and how an event of the page fails.

Nothing the page sends is trusted: a handler gets numbers, checks them, and looks the turn up on this side. Text from documents
reaches the page only as HTML made of escaped text and the templates of a feature.
"""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import gradio as gr

from index import QAError, QuestionError
from qa.markup import keep_sendable
from qa.web import strings
from qa.web.chat.narrowing import ask_narrowed
from qa.web.chat.view import Turn, render_question, render_turn
from qa.web.conversations.keeping import Keeping
from qa.web.host import AssistantHost, NotReady
from qa.web.library.libraries import read_number
from qa.web.log import note_answer
from qa.web.ui.templates import render_message, render_pending


def attempt(work: Callable[[], tuple[Any, ...]], *, skipped: int, failure: str) -> tuple[Any, ...]:
    """Do the work of an event whose last output is the message under the question box.

    Args:
        work: Returns the outputs.
        skipped: How many outputs stay as they are if it fails.
        failure: What could not be done, for the log.

    Returns:
        The outputs; if it failed nothing but the message, which says why.
    """
    try:
        return work()
    except (QAError, NotReady) as error:
        reason = str(error)
    except Exception:
        logging.getLogger(__name__).exception(failure)
        reason = strings.SERVER_ERROR_CONVERSATION
    return *[gr.skip()] * skipped, render_message(reason)


Messages = list[dict[str, Any]]


def show_turns(turns: Iterable[Turn]) -> Messages:
    """The chat: every question with its answer."""
    messages = []
    for turn in turns:
        messages += [say(render_question(turn.answer.question, turn.number), "user"), say(render_turn(turn))]
    return messages


def say(html: str, role: str = "assistant") -> dict[str, Any]:
    """One message.

    Args:
        html: Escaped throughout.
        role: "user" or "assistant".
    """
    return {"role": role, "content": gr.HTML(html, apply_default_css=False, js_on_load=None)}


def find_turn(turns: tuple[Turn, ...] | None, event: gr.EventData) -> Turn | None:
    """The turn of which the browser sent the number with an event, if there is one."""
    number = read_number(event, "turn")
    return next((turn for turn in turns or () if turn.number == number), None)


class Handlers:
    """The page's events, each a method."""

    def __init__(self, host: AssistantHost, keeping: Keeping | None = None) -> None:
        """Serve the events of one page.

        Args:
            host: The assistant, which may still be loading.
            keeping: Keeps what is answered; nothing does when omitted.
        """
        self.host = host
        self.keeping = keeping or Keeping(host)

    def answer_question(
        self,
        question: Any,
        turns: tuple[Turn, ...] | None,
        chosen: Any = None,
        request: gr.Request | None = None,
        *,
        alone: bool = False,
    ) -> Iterator[tuple[Any, ...]]:
        """Answer what was typed.

        Args:
            question: From the box.
            turns: What was asked before, as the tab has it; the question may lean on it.
            chosen: The documents to search, as `read_choice` takes them.
            request: Of the browser.
            alone: Search the question as if nothing had been asked before.

        Yields:
            Turns, chat, question box and message: first the question with its answer pending, then the answer. A
            question that cannot be answered stays in the box, with the reason under it.
        """
        typed = question.strip() if isinstance(question, str) else ""
        if not typed:
            # Later on it is Enter pressed twice, as the box is emptied in between.
            yield gr.skip(), gr.skip(), gr.skip(), render_message("" if turns else strings.EMPTY_QUESTION)
            return
        ready = self.host.state.stage in ("indexing", "ready")
        if ready:
            with suppress(NotReady):  # said below
                turns = self.keeping.catch_up(turns, request)
            turns = turns or ()
            pending = [say(render_question(typed), "user"), say(render_pending(strings.PENDING))]
            yield gr.skip(), show_turns(turns) + pending, "", render_message("")
        try:
            history = [turn.answer.question for turn in turns or () if turn.answer.kind != "greeting"]
            (answer, narrowing), unread = self.host.call(
                lambda assistant: (
                    ask_narrowed(assistant, typed, history, chosen=chosen, alone=alone),
                    len(assistant.failures),
                )
            )
        except (QuestionError, NotReady) as error:
            reason = str(error)
        except Exception:
            logging.getLogger(__name__).exception("a question was not answered")
            reason = strings.SERVER_ERROR
        else:
            note_answer("page", answer)
            turns, reason = self.keeping.keep(turns or (), answer, narrowing, request, unread=unread)
            yield turns, show_turns(turns), gr.skip(), render_message(reason)
            return
        shown = show_turns(turns or ()) if ready else gr.skip()
        yield gr.skip(), shown, keep_sendable(question), render_message(reason)

    def answer_alone(
        self, turns: tuple[Turn, ...] | None, chosen: Any, event: gr.EventData, request: gr.Request | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """Answer the question of a turn again, by itself.

        Args:
            turns: What was asked before.
            chosen: As for `answer_question`.
            event: With `turn`.
            request: Of the browser.

        Yields:
            As `answer_question`.
        """
        turn = find_turn(turns, event)
        yield from self.answer_question(turn.answer.question if turn else "", turns, chosen, request, alone=True)
