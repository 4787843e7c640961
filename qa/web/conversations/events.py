"""What can be done with conversations: list and search them, open, begin, rename, delete and judge; and their list as HTML.

Nothing the page sends is trusted: who asks is read from the request, and every id is looked up
among the conversations of that visitor.
"""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import gradio as gr

from index import StorageError
from qa.conversations import LONGEST_TITLE, ConversationInfo, Conversations, Label
from qa.web import strings
from qa.web.chat.events import attempt, find_turn, show_turns
from qa.web.chat.view import Turn
from qa.web.conversations.keeping import Keeping, find_conversation
from qa.web.host import NotReady
from qa.web.library.libraries import Listing, read_listing, read_number
from qa.web.security.guard import visitor_of
from qa.web.ui.templates import fill, render_message

LISTED = 50  # conversations on a page of the list


def render_conversations_button() -> str:
    """What unfolds the list."""
    return str(fill("conversations/unfold.html"))


def render_begin_button() -> str:
    """What begins a new conversation, above the chat."""
    return str(fill("conversations/begin.html"))


def render_conversations(
    conversations: Sequence[ConversationInfo],
    listing: Listing,
    matching: int,
    *,
    current: int | None = None,
    arrival: str = "",
) -> str:
    """A page of the list.

    Args:
        conversations: Those of the page, in order.
        listing: What was asked for: words in `name`, and the page.
        matching: How many conversations match.
        current: Id of the one in the chat.
        arrival: As for `render_judgement`.

    Returns:
        One element, escaped throughout.
    """
    return str(
        fill(
            "conversations/conversations.html",
            conversations=conversations,
            listing=listing,
            matching=matching,
            current=current,
            arrival=arrival,
            longest=LONGEST_TITLE,
            most=LISTED,
            time=_local_time,
        )
    )


def render_judgement(text: str, *, turn: int = 0, thumb: str = "", wrong: Sequence[int] = (), arrival: str = "") -> str:
    """What the page's script reads to press and release the buttons of a turn, and a screen reader says.

    Args:
        text: One line, not escaped.
        turn: Number of the turn; 0: of none.
        thumb: "up", "down" or empty.
        wrong: Numbers of the citations said to be wrong.
        arrival: A word that differs every time, so that the page notices.
    """
    return str(fill("conversations/judgement.html", text=text, turn=turn, thumb=thumb, wrong=wrong, arrival=arrival))


def _local_time(conversation: ConversationInfo) -> str:
    """When it was last asked in, in the time of this computer."""
    return f"{datetime.fromisoformat(conversation.updated).astimezone():%Y-%m-%d %H:%M}"


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

    def resume(self, turns: Turns, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Bring back a conversation once a page is loaded.

        Args:
            turns: Of the tab.
            event: With `conversation`, the id of the one that the page's address names; else the one last open comes back.
            request: Of the browser.

        Returns:
            Turns and chat.
        """
        if read_number(event, "conversation"):
            named = self.reopen(event, request)[:2]
            if isinstance(named[0], tuple):
                return named
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

    def forget(self, turns: Turns, event: gr.EventData, request: gr.Request) -> tuple[Any, ...]:
        """Delete a question with its answer.

        Args:
            turns: Of the tab.
            event: With `turn`.
            request: Of the browser.

        Returns:
            Turns, chat and message.
        """

        def work() -> tuple[Any, ...]:
            turn = find_turn(turns, event)
            if turn is None:
                raise StorageError(strings.QUESTION_GONE)
            if turn.conversation:
                store, visitor = self._store(request)
                if not store.delete_turn(visitor, turn.conversation, turn.number):
                    raise StorageError(strings.QUESTION_GONE)
            left = tuple(each for each in turns or () if each is not turn)
            return left, show_turns(left), render_message("")

        return _attempt(work, skipped=2)

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
            labels_of: tuple[Label, ...] = ("up", "down") if citation == 0 else ("wrong",)
            label = next((label for label in labels_of if label == _read_text(event, "label")), None)
            if turn is None or citation is None or label is None or citation > len(turn.answer.citations):
                raise StorageError(strings.OPEN_ERROR)
            if not store.toggle_label(visitor, turn.conversation, turn.number, citation=citation, label=label):
                raise StorageError(strings.CONVERSATION_GONE)
            labels = store.labels(visitor, turn.conversation, turn.number)
            said = strings.FEEDBACK_KEPT if labels.get(citation) == label else strings.FEEDBACK_TAKEN_BACK
            wrong = [number for number in labels if number]
            arrival, thumb = secrets.token_hex(4), labels.get(0, "")
            judged = render_judgement(said, turn=turn.number, thumb=thumb, wrong=wrong, arrival=arrival)
            return judged, render_message("")

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


_attempt = partial(attempt, failure="a conversation could not be changed")
