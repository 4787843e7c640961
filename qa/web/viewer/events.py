"""What happens when somebody opens a document in the page.

Nothing the page sends is trusted: a handler gets numbers, checks them, and looks turn, citation and document up on this side.
"""

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from index import Document, DocumentStatus, Original, Originals, QAError, SourceError, file_hash, mark_quotes
from qa.answering.citation import Citation, compare, verify
from qa.web import strings
from qa.web.chat.events import find_turn
from qa.web.chat.view import Turn
from qa.web.conversations.keeping import place_citation, place_quotes
from qa.web.host import AssistantHost, NotReady
from qa.web.library.libraries import read_number
from qa.web.library.view import describe_facts
from qa.web.ui.templates import render_message
from qa.web.viewer.view import TEXT_ONLY, Marked, View, choose_window, find_page, mark_attributes, render_view

MOST_FOUND = 500  # places that are marked
LONGEST_SOUGHT = 200  # characters
LONGEST_NAME = 4_000


class ViewerEvents:
    """The events of the viewer, each a method."""

    def __init__(self, host: AssistantHost, originals: Originals, *, query: str = "") -> None:
        """Serve the viewer of one library.

        Args:
            host: The assistant, which may still be loading.
            originals: Show documents as themselves.
            query: What names the library in addresses; empty for the first.
        """
        self.host, self.originals, self.query = host, originals, query

    def open_citation(self, turns: tuple[Turn, ...] | None, event: gr.EventData) -> tuple[Any, ...]:
        """Open the document of a citation at its quote.

        Args:
            turns: What was asked; the citation is looked up here.
            event: With `turn` and `citation`; with `mode` "text" to see the text that was read, and then with `first` to see
                another part of it.

        Returns:
            Viewer and message.
        """
        turn, chosen = find_turn(turns, event), read_number(event, "citation")
        if turn is None or chosen is None or not 1 <= chosen <= len(turn.citations):
            return gr.skip(), render_message(strings.OPEN_ERROR)
        opened, origin = turn.citations[chosen - 1], {"turn": turn.number, "citation": chosen}
        try:
            document = self.host.call(lambda assistant: assistant.document(opened.path))
            turn = place_quotes(turn, document)
            marks = tuple(
                Marked(number, citation.start, citation.end, citation.answer_span)
                for number, citation in enumerate(turn.citations, start=1)
                if citation.path == opened.path
            )
            view = replace(
                self.read_view(document, marks, chosen), origin=origin, notice=self._notice(opened, document)
            )
            view = self._shown(view, event)
        except (QAError, NotReady):
            return gr.skip(), render_message(strings.OPEN_ERROR)
        return render_view(view, arrival=secrets.token_hex(4), turn=turn), render_message("")

    def open_quote(self, citation: Citation, event: gr.EventData) -> tuple[Any, ...]:
        """Open the document of a quote at the place where the quote is now.

        Args:
            citation: As it was given once.
            event: As for `open_citation`, without `turn` and `citation`.

        Returns:
            Viewer and message.
        """
        try:
            document = self.host.call(lambda assistant: assistant.document(citation.path))
            placed = place_citation(citation, document)
            view = self.read_view(document, (Marked(1, placed.start, placed.end, placed.answer_span),), 1)
            span = {"start": placed.start, "end": placed.end} if placed.start < placed.end else {}
            view = replace(view, origin={"document": view.id, **span}, notice=self._notice(citation, document))
            view = self._shown(view, event)
        except (QAError, NotReady):
            return gr.skip(), render_message(strings.OPEN_ERROR)
        return render_view(view, arrival=secrets.token_hex(4)), render_message("")

    def browse_document(self, event: gr.EventData) -> tuple[Any, ...]:
        """Open a document from the list, or at a place that was found.

        Args:
            event: With `document`, its id; with `mode` and `first` as in `open_citation`; with the `page` to begin at, with
                `start` and `end` of the text to mark, or with `sought`, words to mark wherever they stand, and `at`, the number
                of the one to begin at.

        Returns:
            Viewer and message.
        """
        number = read_number(event, "document")
        return self._browse(event, lambda status: number is not None and status.id == number)

    def open_link(self, event: gr.EventData) -> tuple[Any, ...]:
        """Open the document that a link names.

        Args:
            event: With `doc`, the name of the document, and `at`, the span to mark, as in "120-184", or nothing.

        Returns:
            Viewer and message.
        """
        name = _read_text(event, "doc", most=LONGEST_NAME)
        return self._browse(event, lambda status: status.id is not None and status.source == name)

    def _browse(self, event: gr.EventData, chosen: Callable[[DocumentStatus], bool]) -> tuple[Any, ...]:
        page, sought = read_number(event, "page") or 0, _read_text(event, "sought")
        span = _read_span(event)
        try:
            statuses = self.host.call(lambda assistant: assistant.statuses())
            status = next(filter(chosen, statuses), None)
            if status is None or status.id is None:
                return gr.skip(), render_message(strings.OPEN_ERROR)
            document = self.host.call(lambda assistant: assistant.document(status.path))
            marks: tuple[Marked, ...] = ()
            if sought:
                marks = find_words(document.text, sought)
            elif span and span[0] < span[1] <= len(document.text):
                marks = (Marked(1, *span),)
            current = min(max(1, read_number(event, "at") or 1), len(marks))
            view = self.read_view(document, marks, current, page=page)
            place = {"start": marks[0].start, "end": marks[0].end} if marks and not sought else {}
            view = replace(
                view,
                origin={"document": status.id} | place,
                sought=sought,
                notice="" if view.original.file_sha256 else describe_change(document),  # else it was compared
                facts=tuple(describe_facts(status)),
                notes=status.notes,
            )
            view = replace(self._shown(view, event), page=page)
        except (QAError, NotReady):
            return gr.skip(), render_message(strings.OPEN_ERROR)
        return render_view(view, arrival=secrets.token_hex(4)), render_message("")

    def read_view(self, document: Document, marks: Sequence[Marked], current: int, *, page: int = 0) -> View:
        """Choose how a document can be shown, and the window of its text.

        Args:
            document: As the collection has it.
            marks: What to mark in it.
            current: Number of the mark to begin at; 0: of none.
            page: 1-based number of the page, or its like, to begin at where there is no mark.
        """
        path = document.path
        passages, ids = self.host.call(
            lambda assistant: (
                assistant.passages(path),
                [listed.id for listed in assistant.documents() if listed.path == path],
            )
        )
        here = next((mark for mark in marks if mark.number == current), None)
        first = choose_window(passages, here.start) if here else find_page(passages, page)
        original = self._describe(path, document)
        return View(
            ids[0] if ids else -1,
            document,
            passages,
            min(first, max(0, len(passages) - 1)),
            {},
            marks=tuple(marks),
            current=current,
            query=self.query,
            original=original,
            has_original=original.kind != "text",
        )

    def _describe(self, path: str, document: Document) -> Original:
        """How a document can be shown as itself: as text where its file cannot be read or is not the one that was read."""
        try:
            original = self.originals.describe(path, name=document.source)
        except SourceError:
            return TEXT_ONLY
        return original if original.file_sha256 == document.file_sha256 else TEXT_ONLY

    def _shown(self, view: View, event: gr.EventData) -> View:
        """A view as it was asked for: as text from a paragraph on, or as the document itself with its marks."""
        first = read_number(event, "first")
        if first is not None:
            view = replace(view, first=min(first, max(0, len(view.passages) - 1)))
        if first is not None or _read_text(event, "mode") == "text":
            return replace(view, original=TEXT_ONLY)
        path, marks = view.document.path, [mark for mark in view.marks if mark.start < mark.end]
        if view.original.kind == "pages":
            spans = [(mark.start, mark.end) for mark in marks]
            boxes = self.host.call(lambda assistant: assistant.boxes_of_spans(path, spans))
            return replace(view, boxes={mark.number: found for mark, found in zip(marks, boxes, strict=True)})
        if view.original.kind != "markup":
            return view
        try:
            markup = self.originals.read_markup(path, name=view.document.source)
        except SourceError:
            return replace(view, original=TEXT_ONLY)
        marks.sort(key=lambda mark: mark.number != view.current)  # where two share words, the first has them
        spans = [(mark.start, mark.end) for mark in marks]
        attributes = [mark_attributes(mark.number, view.current, whole=False) for mark in marks]
        marked, found = mark_quotes(markup, view.document.text, spans, attributes)
        missing = any(mark.number == view.current and not placed for mark, placed in zip(marks, found, strict=True))
        return replace(view, markup=marked, notice=view.notice or (strings.NOT_MARKED if missing else ""))

    def _notice(self, citation: Citation, document: Document) -> str:
        """What has become of the file of a citation since it was read; empty while nothing has."""
        if citation.text_sha256 != document.text_sha256:
            found = compare(citation.to_dict(), document)
            return strings.CHANGED_SINCE.format(detail=found.detail)
        encoding = self.host.call(lambda assistant: assistant.encoding)
        found = verify(citation.to_dict(), encoding=encoding, indexed=document)
        if found.status == "gone":
            return strings.GONE.format(detail=found.detail)
        return strings.CHANGED.format(detail=f": {found.detail}") if found.detail else ""


def describe_change(document: Document) -> str:
    """What has become of the file of a document since it was read; empty while nothing has."""
    try:
        changed = file_hash(Path(document.path)) != document.file_sha256
    except OSError as error:
        return strings.GONE.format(detail=f"{document.source} cannot be opened: {error.strerror}.")
    return strings.CHANGED.format(detail="") if changed else ""


def find_words(text: str, sought: str) -> tuple[Marked, ...]:
    """The first places in a text where some words stand together, whatever their case and the white space between them."""
    pattern = r"\s+".join(map(re.escape, sought.split()))
    matches = re.finditer(pattern, text, re.IGNORECASE) if pattern else iter(())
    return tuple(
        Marked(number, match.start(), match.end())
        for number, match in zip(range(1, MOST_FOUND + 1), matches, strict=False)
    )


def _read_text(event: gr.EventData, name: str, *, most: int = LONGEST_SOUGHT) -> str:
    """A short text that the browser sent with an event; empty for anything else."""
    data = event._data if isinstance(event._data, dict) else {}
    value = data.get(name)
    return value.strip()[:most] if isinstance(value, str) else ""


def _read_span(event: gr.EventData) -> tuple[int, int] | None:
    """The span of text that the browser sent, as `start` and `end` or as `at`, "START-END"; None for anything else."""
    start, end = read_number(event, "start"), read_number(event, "end")
    if start is not None and end is not None:
        return start, end
    match = re.fullmatch(r"(\d{1,12})-(\d{1,12})", _read_text(event, "at"))
    return (int(match[1]), int(match[2])) if match else None
