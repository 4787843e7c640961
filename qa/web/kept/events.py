"""What can be done with quotes: keep, list, annotate, open and remove them, and write them as citations; and their list as HTML.

Nothing the page sends is trusted: who asks is read from the request, and every id is looked up among the quotes of that
visitor.
"""

import itertools
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import gradio as gr
from markupsafe import Markup

from index import Metadata, QAError, StorageError
from qa.answering.citation import Citation
from qa.citing import Cited, cite_in_styles
from qa.kept import LONGEST_NOTE, KeptQuote, KeptQuotes
from qa.markup import render_quote
from qa.web import strings
from qa.web.chat.events import attempt, find_turn
from qa.web.chat.view import Turn
from qa.web.conversations.keeping import Keeping, prove
from qa.web.host import AssistantHost, NotReady
from qa.web.library.libraries import read_number
from qa.web.security.guard import visitor_of
from qa.web.ui.templates import fill, render_message
from qa.web.viewer.events import ViewerEvents

LISTED = 50  # quotes on a page of the list
FILE_KINDS = {".docx": "Word", ".pdf": "PDF", ".md": "Markdown", ".bib": "BibTeX", ".json": "CSL-JSON"}
Listed = tuple[KeptQuote, Citation, str]  # with what has become of its document since, in one line


def render_kept(
    quotes: Sequence[Listed], *, page: int, count: int, query: str = "", undo: bool = False, arrival: str = ""
) -> str:
    """A page of the list.

    Args:
        quotes: Those of the page, in order.
        page: Its number, from 0.
        count: How many quotes are kept.
        query: What names the library in addresses.
        undo: Whether one was removed just now, which can be undone.
        arrival: A word that differs every time, so that the page notices.

    Returns:
        One element, escaped throughout.
    """
    return str(
        fill(
            "kept/kept.html",
            quotes=quotes,
            page=page,
            most=LISTED,
            count=count,
            query=f"?{query}" if query else "",
            undone=undo,
            arrival=arrival,
            kinds=FILE_KINDS,
            longest=LONGEST_NOTE,
            quoted=lambda each: Markup(render_quote(each.quote, each.start, each.answer_span)),
        )
    )


def render_kept_button(count: int, *, stars: Sequence[tuple[int, int]] = (), said: str = "", arrival: int = 0) -> str:
    """The heading that unfolds the list, with what the page's script reads to press and release the stars.

    Args:
        count: How many quotes are kept.
        stars: Turn and number of each citation in the chat that is kept.
        said: What a screen reader says, not escaped.
        arrival: A number larger than every one before, by which the page knows what is newest.
    """
    pressed = " ".join(f"{turn}-{number}" for turn, number in stars)
    return str(fill("kept/bar.html", count=f"{count:,}", stars=pressed, said=said, arrival=arrival))


def render_cited(texts: Mapping[str, str], data: Mapping[str, int], *, arrival: str = "") -> str:
    """What the page's script copies into the menu that was unfolded.

    Args:
        texts: By style.
        data: What the menu goes by: "turn" and "citation", or "kept".
        arrival: A word that differs every time, so that the page notices.
    """
    held = {**{f"text-{style}": text for style, text in texts.items()}, **data}
    return str(fill("kept/cited.html", held=held, arrival=arrival))


Turns = tuple[Turn, ...] | None
REMOVED_AT_MOST = 200  # visitors whose last removed quote can be restored
MADE_LATER = tuple(style for style in strings.CITE_STYLES if style not in ("quote", "footnote", "link"))


class KeptHandlers:
    """The events of kept quotes, each a method."""

    def __init__(self, keeping: Keeping, viewer: ViewerEvents) -> None:
        """Serve the kept quotes of one library.

        Args:
            keeping: Where quotes are kept.
            viewer: Shows the documents.
        """
        self.keeping, self.viewer = keeping, viewer
        self._lock = threading.Lock()
        self._told = itertools.count(time.time_ns() // 1000)  # larger than those before the server was started again
        self._removed: OrderedDict[str, KeptQuote] = OrderedDict()

    def tell(self, turns: Turns, request: gr.Request) -> str | dict[str, Any]:
        """Count the kept quotes; returns the button that leads to them."""
        try:
            return self._button(turns, request)
        except (QAError, NotReady):
            return render_kept_button(0)

    def star(self, turns: Turns, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Keep a quote, or take it back.

        Args:
            turns: Of the tab.
            event: With `turn` and `citation`.
            request: Of the browser.

        Returns:
            Button and message.
        """

        def work() -> tuple[Any, ...]:
            store, visitor, collection = self._store(request)
            turn, _, citation = self._find_citation(turns, event)
            kept = store.toggle(visitor, collection, citation, question=turn.answer.question)
            said = strings.KEPT_NOW if kept else strings.KEPT_TAKEN_BACK
            return self._button(turns, request, said=said), render_message("")

        return _attempt(work, skipped=1)

    def show(self, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """List the kept quotes.

        Args:
            event: With `page`.
            request: Of the browser.

        Returns:
            Panel and message.
        """
        return _attempt(lambda: (self._panel(event, request), render_message("")), skipped=1)

    def annotate(self, event: gr.EventData, request: gr.Request) -> Any:
        """Write a note to a quote.

        Args:
            event: With `kept`, its id, and `note`.
            request: Of the browser.

        Returns:
            Message.
        """

        def work() -> tuple[Any, ...]:
            store, visitor, _ = self._store(request)
            note = event._data.get("note") if isinstance(event._data, dict) else None
            id_ = _read_id(event)
            if not isinstance(note, str) or not store.annotate(visitor, id_, note[:LONGEST_NOTE]):
                raise StorageError(strings.KEPT_GONE)
            return (render_message(""),)

        (message,) = _attempt(work, skipped=0)
        return message

    def remove(self, turns: Turns, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Remove a quote; the last removed one can be restored while this process runs.

        Args:
            turns: Of the tab.
            event: With `kept`, its id, and `page`.
            request: Of the browser.

        Returns:
            Panel, button and message.
        """

        def work() -> tuple[Any, ...]:
            store, visitor, _ = self._store(request)
            removed = store.remove(visitor, _read_id(event))
            if removed is None:
                raise StorageError(strings.KEPT_GONE)
            with self._lock:
                self._removed[visitor] = removed
                self._removed.move_to_end(visitor)
                if len(self._removed) > REMOVED_AT_MOST:
                    self._removed.popitem(last=False)
            panel = self._panel(event, request, undo=True)
            return panel, self._button(turns, request, said=strings.KEPT_REMOVED), render_message("")

        return _attempt(work, skipped=2)

    def restore(self, turns: Turns, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Restore the quote removed last; arguments and result as for `remove`."""

        def work() -> tuple[Any, ...]:
            store, visitor, collection = self._store(request)
            with self._lock:
                removed = self._removed.pop(visitor, None)
            if removed is None:
                raise StorageError(strings.KEPT_GONE)
            store.restore(visitor, collection, removed)
            return self._panel(event, request), self._button(turns, request, said=strings.KEPT_NOW), render_message("")

        return _attempt(work, skipped=2)

    def open(self, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Open the document of a kept quote, at the quote.

        Args:
            event: With `kept`, its id.
            request: Of the browser.

        Returns:
            Viewer and message.
        """
        return _attempt(lambda: self.viewer.open_quote(self._find_kept(event, request), event), skipped=1)

    def cite(self, turns: Turns, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Write a quote in the styles of the menu that take time.

        Args:
            turns: Of the tab.
            event: With `turn` and `citation`, or with `kept`.
            request: Of the browser.

        Returns:
            What the menu is filled from, and message.
        """

        def work() -> tuple[Any, ...]:
            id_ = read_number(event, "kept")
            if id_ is None:
                turn, number, citation = self._find_citation(turns, event)
                data = {"turn": turn.number, "citation": number}
            else:
                citation, data = self._find_kept(event, request), {"kept": id_}
            ((_, metadata),) = read_metadata(self.keeping.host, [citation])
            texts = cite_in_styles(citation, metadata, MADE_LATER)
            return render_cited(texts, data, arrival=secrets.token_hex(4)), render_message("")

        return _attempt(work, skipped=1)

    def _find_citation(self, turns: Turns, event: gr.EventData) -> tuple[Turn, int, Citation]:
        turn, number = find_turn(turns, event), read_number(event, "citation")
        if turn is None or number is None or not 1 <= number <= len(turn.citations):
            raise StorageError(strings.OPEN_ERROR)
        return turn, number, turn.citations[number - 1]

    def _find_kept(self, event: gr.EventData, request: gr.Request) -> Citation:
        store, visitor, _ = self._store(request)
        found = store.find(visitor, _read_id(event))
        if found is None:
            raise StorageError(strings.KEPT_GONE)
        return found.citation

    def _button(self, turns: Turns, request: gr.Request, *, said: str = "") -> str:
        store, visitor, collection = self._store(request)
        _, count = store.quotes(visitor, collection, most=0)
        stars = [
            (turn.number, number)
            for turn in turns or ()
            for number, kept in enumerate(store.which(visitor, collection, turn.citations), start=1)
            if kept
        ]
        return render_kept_button(count, stars=stars, said=said, arrival=next(self._told))

    def _panel(self, event: gr.EventData, request: gr.Request, *, undo: bool = False) -> str:
        store, visitor, collection = self._store(request)
        page = min(read_number(event, "page") or 0, 2**31)  # larger numbers mean nothing, and break SQLite
        quotes, count = store.quotes(visitor, collection, first=page * LISTED, most=LISTED)
        if page and not quotes:
            page = max(0, count - 1) // LISTED
            quotes, _ = store.quotes(visitor, collection, first=page * LISTED, most=LISTED)
        listed = self._prove(quotes)
        arrival = secrets.token_hex(4)
        return render_kept(listed, page=page, count=count, query=self.viewer.query, undo=undo, arrival=arrival)

    def _prove(self, quotes: Sequence[KeptQuote]) -> list[Listed]:
        """Hold quotes against the documents as they are now."""
        read = [(quote, citation) for quote in quotes if (citation := read_citation(quote))]
        citations = [citation for _, citation in read]
        remarks = self.keeping.host.call(lambda assistant: prove(assistant, citations))
        return [(quote, citation, remark) for (quote, citation), remark in zip(read, remarks, strict=True)]

    def _store(self, request: gr.Request) -> tuple[KeptQuotes, str, str]:
        visitor = visitor_of(request)
        if self.keeping.kept is None or not visitor:
            raise StorageError(strings.QUOTES_NOT_KEPT)
        return self.keeping.kept, visitor, self.keeping.collection()


def read_citation(quote: KeptQuote) -> Citation | None:
    """The citation of a kept quote; None, and a line in the log, where another version kept what this one cannot read."""
    try:
        return quote.citation
    except ValueError:
        logging.getLogger(__name__).warning("kept quote %d is unreadable", quote.id)
        return None


def read_metadata(host: AssistantHost, citations: Sequence[Citation]) -> list[Cited]:
    """Each citation with what its document says of itself; nothing where the document is gone."""

    def work(assistant: Any) -> list[Cited]:
        known: dict[str, Metadata] = {}
        for citation in citations:
            if citation.path not in known:
                try:
                    known[citation.path] = assistant.document(citation.path).metadata
                except QAError:
                    known[citation.path] = Metadata()
        return [(citation, known[citation.path]) for citation in citations]

    return host.call(work)


def _read_id(event: gr.EventData) -> int:
    """The id that the browser sent; -1, which no quote has, for anything else."""
    id_ = read_number(event, "kept")
    return id_ if id_ is not None and id_ < 2**63 else -1


_attempt = partial(attempt, failure="kept quotes could not be used")
