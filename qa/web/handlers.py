"""What happens when somebody does something in the page.

Nothing the page sends is trusted: a handler gets numbers, checks them, and looks turn, citation and document up on this
side. Text from documents reaches the page only as HTML made in `render.py` and `panel.py`.
"""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any

import gradio as gr

from index import QAError, QuestionError
from qa.citations import Citation, verify
from qa.web import strings
from qa.web.host import AssistantHost, LoadState, NotReady
from qa.web.log import note_answer
from qa.web.narrowing import OFFERED, ask_narrowed, name_choices
from qa.web.panel import View, choose_window, render_library, render_view
from qa.web.render import (
    Turn,
    render_header,
    render_load_failure,
    render_message,
    render_pending,
    render_picker_note,
    render_question,
    render_turn,
    render_welcome,
)

KEPT_TURNS = 30  # the whole chat is sent again with every answer; 60 turns cost one to two seconds each
LOAD_POLL = 0.2  # seconds
INDEXING_POLL = 1.0
SEED_SHA256 = "0bcf1e724f61a0ec439ef70e7c7f17d9dd1bd5b492eae81cc3d68201c10d22b8"  # the text the examples are about

Messages = list[dict[str, Any]]


class Handlers:
    """The page's events, each a method."""

    def __init__(self, host: AssistantHost) -> None:
        """Serve the events of one page.

        Args:
            host: The assistant, which may still be loading.
        """
        self.host = host

    async def follow_loading(self) -> AsyncIterator[tuple]:
        """Say how far loading has come until the documents can be asked.

        Yields:
            Header, welcome, panel, picker and the line under it.
        """
        said = None
        while (state := self.host.state).stage == "loading":
            if state.message != said:
                said = state.message
                yield render_header(strings.LOADING_SHORT), render_pending(said), *[gr.skip()] * 3
            await asyncio.sleep(LOAD_POLL)
        if state.stage == "failed":
            yield render_header(strings.LOAD_FAILED_SHORT), render_load_failure(state.message), *[gr.skip()] * 3
            return
        try:
            welcome, *rest = await asyncio.to_thread(self.describe_collection)
            yield render_header(await self._status(state)), welcome, *rest
            if state.stage == "ready":
                return
            while (state := self.host.state).stage == "indexing":
                if state.message != said:
                    said = state.message
                    yield render_header(await self._status(state)), *[gr.skip()] * 4
                await asyncio.sleep(INDEXING_POLL)
            yield render_header(await self._status(state)), *await asyncio.to_thread(self.describe_collection)
        except NotReady:  # the page is closing, or nothing could be read after all
            if self.host.state.stage == "failed":
                failure = render_load_failure(self.host.state.message)
                yield render_header(strings.LOAD_FAILED_SHORT), failure, *[gr.skip()] * 3

    async def _status(self, state: LoadState) -> str:
        """What is searched, and how far indexing has come."""
        scope = await asyncio.to_thread(self.host.call, lambda assistant: assistant.scope)
        described = strings.describe_scope(scope.documents, scope.passages)
        return strings.STATUS.format(scope=described, message=state.message) if state.message else described

    def describe_collection(self) -> tuple:
        """Welcome, panel, picker and the line under it, for the documents as they are now."""
        return render_welcome(self.examples()), self.library(), *self.picker()

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
        yield gr.skip(), _show(turns) if ready else gr.skip(), question, render_message(reason)

    def answer_example(self, turns: tuple[Turn, ...], event: gr.EventData) -> Iterator[tuple]:
        """Answer one of the example questions, chosen by its number.

        Args:
            turns: What was asked before.
            event: With `example`, counted from 0.

        Yields:
            As `answer_question`.
        """
        questions, number = self.examples(), _read_number(event, "example")
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
        turn, chosen = _find_turn(turns, event), _read_number(event, "citation")
        if turn is None or chosen is None or not 1 <= chosen <= len(turn.citations):
            return gr.skip(), render_message(strings.OPEN_ERROR)
        citation, origin = turn.citations[chosen - 1], {"turn": turn.number, "citation": chosen}
        try:
            view = self.read_view(citation.path, origin, _read_number(event, "first"), citation=citation)
        except (QAError, NotReady):
            return gr.skip(), render_message(strings.OPEN_ERROR)
        return render_view(view, arrival=secrets.token_hex(4), turn=turn, current=chosen), render_message("")

    def browse_document(self, event: gr.EventData) -> tuple:
        """Open a document from the list.

        Args:
            event: With `document`, its id, and `first` as in `open_citation`.

        Returns:
            Panel and message.
        """
        number = _read_number(event, "document")
        try:
            documents = self.host.call(lambda assistant: assistant.documents())
            chosen = next((document for document in documents if document.id == number), None)
            if chosen is None:
                return gr.skip(), render_message(strings.OPEN_ERROR)
            view = self.read_view(chosen.path, {"document": chosen.id}, _read_number(event, "first"))
        except (QAError, NotReady):
            return gr.skip(), render_message(strings.OPEN_ERROR)
        return render_view(view, arrival=secrets.token_hex(4)), render_message("")

    def show_library(self) -> tuple:
        """Go back to the list of documents.

        Returns:
            Panel and message.
        """
        try:
            return self.library(), render_message("")
        except NotReady as error:
            return gr.skip(), render_message(str(error))

    def examples(self) -> tuple[str, ...]:
        """The questions written for the document that comes with the program; none for any other collection."""
        documents = self.host.call(lambda assistant: assistant.documents())
        only_seed = [document.text_sha256 for document in documents] == [SEED_SHA256]
        return strings.SEED_QUESTIONS if only_seed else ()

    def picker(self) -> tuple[Any, Any]:
        """The picker with the names to choose from, and the line under it; both hidden where there is no choice."""
        names = name_choices(self.host.call(lambda assistant: assistant.documents()))
        offered = list(names[:OFFERED])
        return gr.update(choices=offered, visible=bool(names)), render_picker_note(len(offered), len(names))

    def library(self) -> str:
        """The list of documents, and of what could not be read, as HTML."""
        documents, failures = self.host.call(lambda assistant: (assistant.documents(), assistant.failures))
        return render_library(documents, failures)

    def read_view(
        self, path: str, origin: dict[str, int], first: int | None, *, citation: Citation | None = None
    ) -> View:
        """Read a document and choose the window to show.

        Args:
            path: As the assistant gave it; never from the browser.
            origin: See `View`.
            first: Index of the first paragraph asked for; kept inside the document.
            citation: What the window is chosen around, when `first` is None.

        Returns:
            The view; its notice says when the file is no longer what was read.
        """
        document, passages = self.host.call(lambda assistant: (assistant.document(path), assistant.passages(path)))
        if first is None:
            first = choose_window(passages, citation.start) if citation else 0
        notice = ""
        if citation:
            found = verify(citation.to_dict())
            if found.detail:
                template = strings.GONE if found.status == "gone" else strings.CHANGED
                notice = template.format(detail=found.detail)
        return View(document, passages, min(first, max(0, len(passages) - 1)), origin, notice)


def _read_number(event: gr.EventData, name: str) -> int | None:
    """A whole number from 0 that the browser sent, or None for anything else."""
    data = event._data if isinstance(event._data, dict) else {}
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _find_turn(turns: tuple[Turn, ...], event: gr.EventData) -> Turn | None:
    number = _read_number(event, "turn")
    return next((turn for turn in turns if turn.number == number), None)


def _show(turns: tuple[Turn, ...]) -> Messages:
    """The chat: every question with its answer."""
    messages = []
    for turn in turns:
        messages += [_say(render_question(turn.answer.question), "user"), _say(render_turn(turn))]
    return messages


def _say(html: str, role: str = "assistant") -> dict[str, Any]:
    return {"role": role, "content": gr.HTML(html, apply_default_css=False, js_on_load=None)}
