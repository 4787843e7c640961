"""Between the page and its kept conversations: turns are kept as they are answered, and come back as they looked.

What a tab shows is a tuple of turns, each with the conversation it is kept in; None until the tab has been told. Where
nothing can be kept, because the browser keeps no cookie or the file cannot be written, a conversation lasts as long as
its page. Quotes given before are found in the documents as they are now, and of those that are not there it is said why.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from index import Document, QAError
from qa.answering.answer import Answer
from qa.answering.citation import Citation, Verification, compare
from qa.conversations import Conversations, KeptTurn
from qa.kept import KeptQuotes
from qa.web import strings
from qa.web.chat.narrowing import Narrowing
from qa.web.chat.view import Turn
from qa.web.host import AssistantHost, NotReady
from qa.web.security.guard import visitor_of

if TYPE_CHECKING:
    from qa.assistant import Assistant


KEPT_TURNS = 30  # shown: the whole chat is sent again with every answer; 60 turns cost one to two seconds each


class Keeping:
    """Keeps turns and brings them back."""

    def __init__(self, host: AssistantHost, store: Conversations | None = None, kept: KeptQuotes | None = None) -> None:
        """Keep what is answered in a page.

        Args:
            host: The assistant, which may still be loading.
            store: Where; None: nowhere.
            kept: Where quotes are kept; None: nowhere.
        """
        self.host, self.store, self.kept = host, store, kept

    def catch_up(self, turns: Sequence[Turn] | None, request: Any) -> tuple[Turn, ...]:
        """The last turns of a tab's conversation, with those that were asked in other tabs meanwhile.

        Args:
            turns: As the tab has them; None: the conversation to come back to.
            request: Of the browser.

        Returns:
            None of them where the conversation was deleted, or is about another collection than the one that is open.

        Raises:
            NotReady: There is no assistant.
        """
        visitor, before = visitor_of(request), tuple(turns or ())
        if not (self.store and visitor):
            return before
        collection = self.collection()
        try:
            opened = self.store.last_opened(visitor, collection) if turns is None else find_conversation(before)
            if opened is None:
                return before
            info = self.store.find(visitor, opened)
            if info is None or info.collection != collection:
                return ()
            return self.load(visitor, opened, shown=before)
        except QAError:
            logging.getLogger(__name__).exception("a conversation could not be read")
            return before

    def load(self, visitor: str, conversation: int, *, shown: Sequence[Turn] = ()) -> tuple[Turn, ...]:
        """The last turns of a conversation, their quotes held against the documents as they are now.

        Args:
            visitor: Whose it has to be.
            conversation: Its id.
            shown: What a tab shows already; of these only what was said of them is renewed, and what could not be kept
                stays.

        Raises:
            NotReady: There is no assistant.
            StorageError: It cannot be read.
        """
        if self.store is None:
            return tuple(shown)
        known = {turn.number: turn for turn in shown if turn.conversation == conversation}
        turns = [turn for turn in shown if not turn.conversation]
        for kept in self.store.turns(visitor, conversation, last=KEPT_TURNS):
            if kept.number in known:
                turns.append(replace(known[kept.number], labels=kept.labels))
            elif turn := read_turn(kept):
                turns.append(self._prove(turn))
        last = sorted(turns, key=lambda turn: turn.number)[-KEPT_TURNS:]
        return tuple(self._mark_kept(visitor, turn) for turn in last)

    def keep(
        self, turns: tuple[Turn, ...], answer: Answer, narrowing: Narrowing | None, request: Any, *, unread: int = 0
    ) -> tuple[tuple[Turn, ...], str]:
        """Add a turn to a conversation, and keep it.

        Args:
            turns: Of the conversation, as `catch_up` gives them.
            answer: The answer.
            narrowing: What was searched, when that was not everything.
            request: Of the browser.
            unread: How many files could not be read.

        Returns:
            The turns with it; and why it could not be kept, in one line, or nothing.
        """
        turn = Turn(turns[-1].number + 1 if turns else 1, answer, narrowing, unread)
        visitor, reason = visitor_of(request), ""
        if self.store and visitor:
            try:
                kept = self.store.keep(
                    visitor,
                    self.collection(),
                    answer.to_dict(),
                    conversation=find_conversation(turns),
                    page={"narrowing": narrowing and asdict(narrowing), "unread": unread},
                    at_least=turn.number,
                )
                turn = self._mark_kept(visitor, replace(turn, number=kept.number, conversation=kept.conversation))
            except (QAError, NotReady) as error:
                reason = strings.NOT_KEPT.format(reason=error)
        return (*turns, turn)[-KEPT_TURNS:], reason

    def collection(self) -> str:
        """What is open, by the name its conversations are kept under; NotReady when nothing is."""
        return self.host.call(lambda assistant: assistant.key)

    def _mark_kept(self, visitor: str, turn: Turn) -> Turn:
        """A turn with the numbers of the citations that a visitor keeps."""
        if self.kept is None:
            return turn
        which = self.kept.which(visitor, self.collection(), turn.citations)
        return replace(turn, kept=tuple(number for number, kept in enumerate(which, start=1) if kept))

    def _prove(self, turn: Turn) -> Turn:
        return replace(turn, remarks=self.host.call(lambda assistant: prove(assistant, turn.citations)))


def find_conversation(turns: Sequence[Turn]) -> int | None:
    """The conversation that turns are kept in, if any."""
    return next((turn.conversation for turn in reversed(turns) if turn.conversation), None)


def read_turn(kept: KeptTurn) -> Turn | None:
    """A turn as the page shows it; None, and a line in the log, where another version kept what this one cannot read."""
    try:
        narrowing = kept.page.get("narrowing")
        return Turn(
            kept.number,
            Answer.from_dict(kept.record),
            _narrowing_reader().validate_python(narrowing) if narrowing else None,
            unread=int(kept.page.get("unread") or 0),
            conversation=kept.conversation,
            labels=kept.labels,
        )
    except ValueError:
        logging.getLogger(__name__).warning("turn %d of conversation %d is unreadable", kept.number, kept.conversation)
        return None


@cache
def _narrowing_reader() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Narrowing)


def prove(assistant: "Assistant", citations: Iterable[Citation]) -> tuple[str, ...]:
    """Hold quotes against the text of the collection as it is now.

    Args:
        assistant: Open on the collection.
        citations: Of one or more answers.

    Returns:
        For each what is to be said of it, in one line; empty where its document is as it was.
    """
    documents: dict[str, Document | None] = {}
    remarks = []
    for citation in citations:
        if citation.path not in documents:
            documents[citation.path] = _read(assistant, citation.path)
        document = documents[citation.path]
        found = compare(citation.to_dict(), document) if document else Verification("gone", "", None)
        unchanged = found.status == "exact" and not found.detail
        remarks.append("" if unchanged else strings.KEPT_REMARKS[found.status].format(source=citation.source))
    return tuple(remarks)


def place_quotes(turn: Turn, document: Document) -> Turn:
    """Move the quotes of a turn to where they stand in a document now; those it does not hold any more stand nowhere."""
    answer = turn.answer
    return replace(
        turn,
        answer=replace(
            answer,
            citations=tuple(place_citation(citation, document) for citation in answer.citations),
            closest=tuple(place_citation(citation, document) for citation in answer.closest),
        ),
    )


def place_citation(citation: Citation, document: Document) -> Citation:
    """A citation as it stands in a document now; empty at the place of its paragraph where it stands nowhere."""
    if citation.path != document.path or citation.text_sha256 == document.text_sha256:
        return citation
    start = compare(citation.to_dict(), document).start
    if start is None:
        start = min(citation.passage_start, len(document.text))
        return replace(citation, start=start, end=start, answer_start=None, answer_end=None)
    moved = start - citation.start
    first, last = citation.answer_span or (None, None)
    return replace(
        citation,
        start=start,
        end=citation.end + moved,
        answer_start=None if first is None else first + moved,
        answer_end=None if last is None else last + moved,
    )


def _read(assistant: "Assistant", path: str) -> Document | None:
    try:
        return assistant.document(path)
    except QAError:
        return None
