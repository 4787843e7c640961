"""What happens when somebody asks in the page, or opens a document.

Nothing the page sends is trusted: a handler gets numbers, checks them, and looks turn, citation and document up on this
side. Text from documents reaches the page only as HTML made in `render.py`, `panel.py` and `library_view.py`. What can
be done with the library is in `library.py`.
"""

import logging
import secrets
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import gradio as gr

from index import QAError, QuestionError
from qa.citations import Citation, verify
from qa.web import strings
from qa.web.following import example_questions
from qa.web.frame import render_message, render_pending
from qa.web.host import AssistantHost, NotReady
from qa.web.library_view import describe_facts
from qa.web.listing import read_number
from qa.web.log import note_answer
from qa.web.markup import keep_sendable
from qa.web.narrowing import ask_narrowed
from qa.web.panel import View, choose_window, find_page, render_view
from qa.web.render import Turn, render_question, render_turn

KEPT_TURNS = 30  # the whole chat is sent again with every answer; 60 turns cost one to two seconds each

Messages = list[dict[str, Any]]


class Handlers:
    """The page's events, each a method."""

    def __init__(self, host: AssistantHost) -> None:
        """Serve the events of one page.

        Args:
            host: The assistant, which may still be loading.
        """
        self.host = host

    def answer_question(
        self, question: Any, turns: tuple[Turn, ...], chosen: Any = None, *, alone: bool = False
    ) -> Iterator[tuple]:
        """Answer what was typed.

        Args:
            question: From the box.
            turns: What was asked before; the question may lean on it.
            chosen: From the picker: names of the documents to search.
            alone: Search the question as if nothing had been asked before.

        Yields:
            Turns, chat, question box and message: first the question with its answer pending, then the answer. A
            question that cannot be answered stays in the box, with the reason under it.
        """
        typed = question.strip() if isinstance(question, str) else ""
        if not typed:
            yield gr.skip(), gr.skip(), gr.skip(), render_message(strings.EMPTY_QUESTION)
            return
        ready = self.host.state.stage in ("indexing", "ready")
        if ready:
            pending = [_say(render_question(typed), "user"), _say(render_pending(strings.PENDING))]
            yield gr.skip(), _show(turns) + pending, "", render_message("")
        try:
            history = [turn.answer.question for turn in turns]
            answer, narrowing = self.host.call(
                lambda assistant: ask_narrowed(assistant, typed, history, chosen=chosen, alone=alone)
            )
        except (QuestionError, NotReady) as error:
            reason = str(error)
        except Exception:
            logging.getLogger(__name__).exception("a question was not answered")
            reason = strings.SERVER_ERROR
        else:
            note_answer("page", answer)
            turns = (*turns, Turn(turns[-1].number + 1 if turns else 1, answer, narrowing))[-KEPT_TURNS:]
            yield turns, _show(turns), gr.skip(), render_message("")
            return
        yield gr.skip(), _show(turns) if ready else gr.skip(), keep_sendable(question), render_message(reason)

    def answer_example(self, turns: tuple[Turn, ...], event: gr.EventData) -> Iterator[tuple]:
        """Answer one of the example questions, chosen by its number.

        Args:
            turns: What was asked before.
            event: With `example`, counted from 0.

        Yields:
            As `answer_question`.
        """
        questions, number = self.host.call(example_questions), read_number(event, "example")
        chosen = questions[number] if number is not None and number < len(questions) else ""
        yield from self.answer_question(chosen, turns)

    def answer_alone(self, turns: tuple[Turn, ...], chosen: Any, event: gr.EventData) -> Iterator[tuple]:
        """Answer the question of a turn again, by itself.

        Args:
            turns: What was asked before.
            chosen: As for `answer_question`.
            event: With `turn`.

        Yields:
            As `answer_question`.
        """
        turn = _find_turn(turns, event)
        yield from self.answer_question(turn.answer.question if turn else "", turns, chosen, alone=True)

    def open_citation(self, turns: tuple[Turn, ...], event: gr.EventData) -> tuple:
        """Open the document of a citation at its quote.

        Args:
            turns: What was asked; the citation is looked up here.
            event: With `turn` and `citation`, and with `first` to see another part of the document.

        Returns:
            Panel and message.
        """
        turn, chosen = _find_turn(turns, event), read_number(event, "citation")
        if turn is None or chosen is None or not 1 <= chosen <= len(turn.citations):
            return gr.skip(), render_message(strings.OPEN_ERROR)
        citation, origin = turn.citations[chosen - 1], {"turn": turn.number, "citation": chosen}
        try:
            view = self.read_view(citation.path, origin, read_number(event, "first"), citation=citation)
        except (QAError, NotReady):
            return gr.skip(), render_message(strings.OPEN_ERROR)
        return render_view(view, arrival=secrets.token_hex(4), turn=turn, current=chosen), render_message("")

    def browse_document(self, event: gr.EventData) -> tuple:
        """Open a document from the list.

        Args:
            event: With `document`, its id; with `first` as in `open_citation`, or with the `page` to begin at.

        Returns:
            Panel and message.
        """
        number, page = read_number(event, "document"), read_number(event, "page")
        try:
            statuses = self.host.call(lambda assistant: assistant.statuses())
            chosen = next((status for status in statuses if number is not None and status.id == number), None)
            if chosen is None:
                return gr.skip(), render_message(strings.OPEN_ERROR)
            view = self.read_view(chosen.path, {"document": chosen.id}, read_number(event, "first"), page=page)
        except (QAError, NotReady):
            return gr.skip(), render_message(strings.OPEN_ERROR)
        view = replace(view, facts=tuple(describe_facts(chosen)), notes=chosen.notes)
        return render_view(view, arrival=secrets.token_hex(4)), render_message("")

    def read_view(
        self,
        path: str,
        origin: dict[str, int],
        first: int | None,
        *,
        page: int | None = None,
        citation: Citation | None = None,
    ) -> View:
        """Read a document and choose the window to show.

        Args:
            path: As the assistant gave it; never from the browser.
            origin: See `View`.
            first: Index of the first paragraph asked for; kept inside the document.
            page: 1-based page, or slide, the window begins at, when `first` is None.
            citation: What the window is chosen around, when `first` is None.

        Returns:
            The view; its notice says when the file is no longer what was read.
        """
        document, passages = self.host.call(lambda assistant: (assistant.document(path), assistant.passages(path)))
        if first is None:
            first = choose_window(passages, citation.start) if citation else find_page(passages, page or 0)
        notice = ""
        if citation:
            found = verify(citation.to_dict())
            if found.detail:
                template = strings.GONE if found.status == "gone" else strings.CHANGED
                notice = template.format(detail=found.detail)
        return View(document, passages, min(first, max(0, len(passages) - 1)), origin, notice)


def _find_turn(turns: tuple[Turn, ...], event: gr.EventData) -> Turn | None:
    number = read_number(event, "turn")
    return next((turn for turn in turns if turn.number == number), None)


def _show(turns: tuple[Turn, ...]) -> Messages:
    """The chat: every question with its answer."""
    messages = []
    for turn in turns:
        messages += [_say(render_question(turn.answer.question), "user"), _say(render_turn(turn))]
    return messages


def _say(html: str, role: str = "assistant") -> dict[str, Any]:
    return {"role": role, "content": gr.HTML(html, apply_default_css=False, js_on_load=None)}
