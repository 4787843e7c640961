"""What happens when somebody opens a document in the page.

Nothing the page sends is trusted: a handler gets numbers, checks them, and looks turn, citation and document up on this side.
"""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from index import (
    Box,
    Document,
    DocumentStatus,
    Original,
    Originals,
    Passage,
    QAError,
    SourceError,
    file_hash,
    mark_quotes,
)
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

if TYPE_CHECKING:
    from qa.assistant import Assistant

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
        asked, opened = turn, turn.citations[chosen - 1]
        origin = {"turn": turn.number, "citation": chosen}

        def place(document: Document) -> tuple[Marked, ...]:
            return tuple(
                Marked(number, citation.start, citation.end, citation.answer_span)
                for number, citation in enumerate(place_quotes(asked, document).citations, start=1)
                if citation.path == opened.path
            )

        try:
            read = self.host.call(lambda assistant: _read(assistant, opened.path, place))
            view = replace(self._view(read, chosen), origin=origin, notice=_notice(opened, read))
            view = self._shown(view, event)
        except (QAError, NotReady):
            return gr.skip(), render_message(strings.OPEN_ERROR)
        placed = place_quotes(asked, view.document)
        return render_view(view, arrival=secrets.token_hex(4), turn=placed), render_message("")

    def open_quote(self, citation: Citation, event: gr.EventData) -> tuple[Any, ...]:
        """Open the document of a quote at the place where the quote is now.

        Args:
            citation: As it was given once.
            event: As for `open_citation`, without `turn` and `citation`.

        Returns:
            Viewer and message.
        """

        def place(document: Document) -> tuple[Marked, ...]:
            placed = place_citation(citation, document)
            return (Marked(1, placed.start, placed.end, placed.answer_span),)

        try:
            read = self.host.call(lambda assistant: _read(assistant, citation.path, place))
            view, [mark] = self._view(read, 1), read.marks
            span = {"start": mark.start, "end": mark.end} if mark.start < mark.end else {}
            view = replace(view, origin={"document": view.id, **span}, notice=_notice(citation, read))
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
        return self._browse(event, ids=() if number is None else (number,))

    def open_link(self, event: gr.EventData) -> tuple[Any, ...]:
        """Open the document that a link names.

        Args:
            event: With `doc`, the name of the document, and `at`, the span to mark, as in "120-184", or nothing.

        Returns:
            Viewer and message.
        """
        name = _read_text(event, "doc", most=LONGEST_NAME)
        return self._browse(event, sources=(name,))

    def _browse(self, event: gr.EventData, *, ids: Sequence[int] = (), sources: Sequence[str] = ()) -> tuple[Any, ...]:
        page, sought = read_number(event, "page") or 0, _read_text(event, "sought")
        span = _read_span(event)

        def place(document: Document) -> tuple[Marked, ...]:
            if sought:
                return find_words(document.text, sought)
            return (Marked(1, *span),) if span and span[0] < span[1] <= len(document.text) else ()

        def read_chosen(assistant: "Assistant") -> tuple[DocumentStatus, _Read] | None:
            found = assistant.find_documents(ids=ids, sources=sources)
            status = assistant.status(found[0].path) if found else None
            return (status, _read(assistant, status.path, place)) if status else None

        try:
            found = self.host.call(read_chosen)
            if found is None:
                return gr.skip(), render_message(strings.OPEN_ERROR)
            status, read = found
            current = min(max(1, read_number(event, "at") or 1), len(read.marks))
            view = self._view(read, current, page=page)
            at = {"start": read.marks[0].start, "end": read.marks[0].end} if read.marks and not sought else {}
            view = replace(
                view,
                origin={"document": read.id} | at,
                sought=sought,
                notice="" if view.original.file_sha256 else describe_change(read.document),  # else it was compared
                facts=tuple(describe_facts(status)),
                notes=status.notes,
            )
            view = replace(self._shown(view, event), page=page)
        except (QAError, NotReady):
            return gr.skip(), render_message(strings.OPEN_ERROR)
        return render_view(view, arrival=secrets.token_hex(4)), render_message("")

    def _view(self, read: "_Read", current: int, *, page: int = 0) -> View:
        """Choose how a document can be shown, and the window of its text.

        Args:
            read: The document, with what to mark in it.
            current: Number of the mark to begin at; 0: of none.
            page: 1-based number of the page, or its like, to begin at where there is no mark.
        """
        here = next((mark for mark in read.marks if mark.number == current), None)
        first = choose_window(read.passages, here.start) if here else find_page(read.passages, page)
        original = self._describe(read.document.path, read.document)
        return View(
            read.id,
            read.document,
            read.passages,
            min(first, max(0, len(read.passages) - 1)),
            {},
            marks=read.marks,
            current=current,
            query=self.query,
            original=original,
            has_original=original.kind != "text",
            boxes=read.boxes,
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


@dataclass(frozen=True, slots=True)
class _Read:
    """What the collection has of a document, read at one time.

    Attributes:
        document: The document.
        passages: All its paragraphs, in order.
        id: Its id in the collection; -1: it is not in it any more.
        marks: What to mark in it.
        boxes: Where that stands on its pages, by the numbers of the marks.
        encoding: As `Assistant.encoding`.
    """

    document: Document
    passages: tuple[Passage, ...]
    id: int
    marks: tuple[Marked, ...]
    boxes: Mapping[int, Sequence[Box]]
    encoding: str | None


def _read(assistant: "Assistant", path: str, place: Callable[[Document], tuple[Marked, ...]]) -> _Read:
    """Read a document and what to mark in it; all at once, for between two calls the assistant may do other work."""
    document = assistant.document(path)
    marks = place(document)
    held = [mark for mark in marks if mark.start < mark.end]
    boxes = assistant.boxes_of_spans(path, [(mark.start, mark.end) for mark in held])
    ids = [found.id for found in assistant.find_documents(paths=[path])]
    return _Read(
        document,
        assistant.passages(path),
        ids[0] if ids else -1,
        marks,
        {mark.number: found for mark, found in zip(held, boxes, strict=True)},
        assistant.encoding,
    )


def _notice(citation: Citation, read: _Read) -> str:
    """What has become of the file of a citation since it was read; empty while nothing has."""
    if citation.text_sha256 != read.document.text_sha256:
        found = compare(citation.to_dict(), read.document)
        return strings.CHANGED_SINCE.format(detail=found.detail)
    found = verify(citation.to_dict(), encoding=read.encoding, indexed=read.document)
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
