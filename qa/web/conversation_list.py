"""What can be done with conversations in the page: list and search them, open, begin, rename, delete and judge.

As in `handlers.py`, nothing the page sends is trusted: who asks is read from the request, and every id is looked up
among the conversations of that visitor.
"""

import logging
import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import gradio as gr

from index import QAError, StorageError
from qa.conversations import Conversations
from qa.web import strings
from qa.web.chat import show_turns
from qa.web.conversation_view import LISTED, render_conversations, render_judgement
from qa.web.frame import render_message
from qa.web.handlers import find_turn
from qa.web.host import NotReady
from qa.web.keeping import Keeping, find_conversation
from qa.web.listing import read_listing, read_number
from qa.web.render import Turn
from qa.web.visitors import visitor_of

Turns = tuple[Turn, ...] | None


class ConversationHandlers:
    """The events of the conversations, each a method."""

    def __init__(self, keeping: Keeping) -> None:
        """Serve the conversations of one page.

        Args:
            keeping: Where they are kept.
        """
        self.keeping = keeping

    def show(self, turns: Turns, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """List conversations.

        Args:
            turns: Of the tab.
            event: With `name`, words to search for, and `page`.
            request: Of the browser.

        Returns:
            Panel and message.
        """

        def work() -> tuple[Any, ...]:
            return self._render(turns, event, request), render_message("")

        return _attempt(work, skipped=1)

    def resume(self, turns: Turns, request: gr.Request) -> tuple[Any, ...]:
        """Bring back the conversation last open, once a page is loaded; returns turns and chat."""
        try:
            shown = self.keeping.catch_up(turns, request)
        except NotReady:
            return gr.skip(), gr.skip()
        return shown, show_turns(shown)

    def begin(self, request: gr.Request) -> tuple[Any, ...]:
        """Begin a new conversation; returns turns, chat and message."""

        def work() -> tuple[Any, ...]:
            visitor = visitor_of(request)
            if self.keeping.store and visitor:
                self.keeping.store.note_opened(visitor, self.keeping.collection(), None)
            return (), [], render_message("")

        return _attempt(work, skipped=2)

    def reopen(self, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Open a conversation.

        Args:
            event: With `conversation`, its id.
            request: Of the browser.

        Returns:
            Turns, chat and message.
        """

        def work() -> tuple[Any, ...]:
            store, visitor = self._store(request)
            id_, collection = _read_id(event), self.keeping.collection()
            info = store.find(visitor, id_)
            if info is None or info.collection != collection:
                raise StorageError(strings.CONVERSATION_GONE)
            store.note_opened(visitor, collection, info.id)
            turns = self.keeping.load(visitor, info.id)
            return turns, show_turns(turns), render_message("")

        return _attempt(work, skipped=2)

    def retitle(self, turns: Turns, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Rename a conversation; a blank title changes nothing.

        Args:
            turns: Of the tab.
            event: With `conversation` and `title`; and as for `show`, so that the list stays where it is.
            request: Of the browser.

        Returns:
            Panel and message.
        """

        def work() -> tuple[Any, ...]:
            store, visitor = self._store(request)
            id_, title = _read_id(event), _read_text(event, "title")
            if id_ is None or store.find(visitor, id_) is None:
                raise StorageError(strings.CONVERSATION_GONE)
            store.rename(visitor, id_, title)
            return self._render(turns, event, request), render_message("")

        return _attempt(work, skipped=1)

    def discard(self, turns: Turns, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Delete a conversation; the chat is emptied where it was open.

        Args:
            turns: Of the tab.
            event: As for `retitle`, without the title.
            request: Of the browser.

        Returns:
            Turns, chat, panel and message.
        """

        def work() -> tuple[Any, ...]:
            store, visitor = self._store(request)
            id_ = _read_id(event)
            if id_ is None or not store.delete(visitor, id_):
                raise StorageError(strings.CONVERSATION_GONE)
            emptied = find_conversation(turns or ()) == id_
            panel = self._render(() if emptied else turns, event, request)
            return (() if emptied else gr.skip()), ([] if emptied else gr.skip()), panel, render_message("")

        return _attempt(work, skipped=3)

    def judge(self, turns: Turns, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Note that an answer is right or wrong, or a quote the wrong sentence; the same again takes it back.

        Args:
            turns: Of the tab.
            event: With `turn`, `citation` (0: the answer) and `label`.
            request: Of the browser.

        Returns:
            Judgement and message.
        """

        def work() -> tuple[Any, ...]:
            store, visitor = self._store(request)
            turn, citation = find_turn(turns, event), read_number(event, "citation")
            label = _read_text(event, "label")
            fits = label in (("up", "down") if citation == 0 else ("wrong",))
            if turn is None or citation is None or not fits or citation > len(turn.answer.citations):
                raise StorageError(strings.OPEN_ERROR)
            if not store.toggle_label(visitor, turn.conversation, turn.number, citation=citation, label=label):
                raise StorageError(strings.CONVERSATION_GONE)
            labels = store.labels(visitor, turn.conversation, turn.number)
            said = strings.FEEDBACK_KEPT if labels.get(citation) == label else strings.FEEDBACK_TAKEN_BACK
            wrong = [number for number in labels if number]
            marks = {"turn": turn.number, "thumb": labels.get(0, ""), "wrong": wrong}
            return render_judgement(said, arrival=secrets.token_hex(4), **marks), render_message("")

        return _attempt(work, skipped=1)

    def _render(self, turns: Turns, event: gr.EventData, request: Any) -> str:
        store, visitor = self._store(request)
        listing, collection = read_listing(event._data), self.keeping.collection()
        listing = replace(listing, page=min(listing.page, 2**31))  # larger numbers mean nothing, and break SQLite
        first = listing.page * LISTED
        found, matching = store.search(visitor, collection, listing.name, first=first, most=LISTED)
        if listing.page and not found:
            listing = replace(listing, page=max(0, matching - 1) // LISTED)
            found, _ = store.search(visitor, collection, listing.name, first=listing.page * LISTED, most=LISTED)
        current = find_conversation(turns) if turns else None
        return render_conversations(found, listing, matching, current=current, arrival=secrets.token_hex(4))

    def _store(self, request: Any) -> tuple[Conversations, str]:
        visitor = visitor_of(request)
        if self.keeping.store is None or not visitor:
            raise StorageError(strings.CONVERSATIONS_NOT_KEPT)
        return self.keeping.store, visitor


def _read_id(event: gr.EventData) -> int | None:
    """The id the browser sent; None for a number that SQLite does not know."""
    id_ = read_number(event, "conversation")
    return id_ if id_ is not None and id_ < 2**63 else None


def _read_text(event: gr.EventData, name: str) -> str:
    value = event._data.get(name) if isinstance(event._data, dict) else ""
    return value if isinstance(value, str) else ""


def _attempt(work: Callable[[], tuple[Any, ...]], *, skipped: int) -> tuple[Any, ...]:
    """What was done; or nothing, and why, in the message, which comes last."""
    try:
        return work()
    except (QAError, NotReady) as error:
        reason = str(error)
    except Exception:
        logging.getLogger(__name__).exception("a conversation could not be changed")
        reason = strings.SERVER_ERROR_CONVERSATION
    return *[gr.skip()] * skipped, render_message(reason)
