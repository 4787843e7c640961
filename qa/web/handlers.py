"""What happens when somebody asks in the page, or opens a document.

Nothing the page sends is trusted: a handler gets numbers, checks them, and looks turn, citation and document up on this
side. Text from documents reaches the page only as HTML made in `render.py`, `panel.py` and `library_view.py`. What can
be done with the library is in `library.py`.
"""

import logging
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import gradio as gr

from index import QAError, QuestionError
from qa.answering.citation import Citation, compare, verify
from qa.markup import keep_sendable
from qa.web import strings
from qa.web.chat import say, show_turns
from qa.web.frame import render_message, render_pending
from qa.web.host import AssistantHost, NotReady
from qa.web.keeping import Keeping
from qa.web.library_view import describe_facts
from qa.web.listing import read_number
from qa.web.log import note_answer
from qa.web.narrowing import ask_narrowed
from qa.web.panel import View, choose_window, find_page, render_view
from qa.web.placing import place_citation, place_quotes
from qa.web.render import Turn, render_question


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
            chosen: From the picker: names of the documents to search.
            request: Of the browser.
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
            with suppress(NotReady):  # said below
                turns = self.keeping.catch_up(turns, request)
            turns = turns or ()
            pending = [say(render_question(typed), "user"), say(render_pending(strings.PENDING))]
            yield gr.skip(), show_turns(turns) + pending, "", render_message("")
        try:
            history = [turn.answer.question for turn in turns or () if turn.answer.kind != "greeting"]
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
            turns, reason = self.keeping.keep(turns or (), answer, narrowing, request)
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

    def open_citation(self, turns: tuple[Turn, ...] | None, event: gr.EventData) -> tuple[Any, ...]:
        """Open the document of a citation at its quote.

        Args:
            turns: What was asked; the citation is looked up here.
            event: With `turn` and `citation`, and with `first` to see another part of the document.

        Returns:
            Panel and message.
        """
        turn, chosen = find_turn(turns, event), read_number(event, "citation")
        if turn is None or chosen is None or not 1 <= chosen <= len(turn.citations):
            return gr.skip(), render_message(strings.OPEN_ERROR)
        citation, origin = turn.citations[chosen - 1], {"turn": turn.number, "citation": chosen}
        try:
            view = self.read_view(citation.path, origin, read_number(event, "first"), citation=citation)
        except (QAError, NotReady):
            return gr.skip(), render_message(strings.OPEN_ERROR)
        turn = place_quotes(turn, view.document)
        return render_view(view, arrival=secrets.token_hex(4), turn=turn, current=chosen), render_message("")

    def browse_document(self, event: gr.EventData) -> tuple[Any, ...]:
        """Open a document from the list.

        Args:
            event: With `document`, its id; with `first` as in `open_citation`, or with the `page` to begin at.

        Returns:
            Panel and message.
        """
        number, page = read_number(event, "document"), read_number(event, "page")
        try:
            statuses = self.host.call(lambda assistant: assistant.statuses())
            chosen = next((status for status in statuses if status.id == number), None)
            if number is None or chosen is None:
                return gr.skip(), render_message(strings.OPEN_ERROR)
            view = self.read_view(chosen.path, {"document": number}, read_number(event, "first"), page=page)
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
            page: 1-based number of the page, or its like, the window begins at, when `first` is None.
            citation: What the window is chosen around, when `first` is None.

        Returns:
            The view; its notice says when the file is no longer what was read.
        """
        document, passages, encoding = self.host.call(
            lambda assistant: (assistant.document(path), assistant.passages(path), assistant.encoding)
        )
        if first is None:
            start = place_citation(citation, document).start if citation else 0
            first = choose_window(passages, start) if citation else find_page(passages, page or 0)
        notice = ""
        if citation and citation.text_sha256 != document.text_sha256:
            found = compare(citation.to_dict(), document)
            notice = strings.CHANGED_SINCE.format(detail=found.detail)
        elif citation:
            found = verify(citation.to_dict(), encoding=encoding, indexed=document)
            if found.detail:
                template = strings.GONE if found.status == "gone" else strings.CHANGED
                notice = template.format(detail=found.detail)
        return View(document, passages, min(first, max(0, len(passages) - 1)), origin, notice)


def find_turn(turns: tuple[Turn, ...] | None, event: gr.EventData) -> Turn | None:
    """The turn of which the browser sent the number with an event, if there is one."""
    number = read_number(event, "turn")
    return next((turn for turn in turns or () if turn.number == number), None)
