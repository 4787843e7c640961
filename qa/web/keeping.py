"""Between the page and its kept conversations: turns are kept as they are answered, and come back as they looked.

What a tab shows is a tuple of turns, each with the conversation it is kept in; None until the tab has been told. Where
nothing can be kept, because the browser keeps no cookie or the file cannot be written, a conversation lasts as long as
its page.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cache
from typing import Any

from index import QAError
from qa.answering.answer import Answer
from qa.conversations import Conversations, KeptTurn
from qa.web import strings
from qa.web.host import AssistantHost, NotReady
from qa.web.narrowing import Narrowing
from qa.web.placing import prove
from qa.web.render import Turn
from qa.web.visitors import visitor_of

KEPT_TURNS = 30  # shown: the whole chat is sent again with every answer; 60 turns cost one to two seconds each


class Keeping:
    """Keeps turns and brings them back."""

    def __init__(self, host: AssistantHost, store: Conversations | None = None) -> None:
        """Keep what is answered in a page.

        Args:
            host: The assistant, which may still be loading.
            store: Where; None: nowhere.
        """
        self.host, self.store = host, store

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
        return tuple(sorted(turns, key=lambda turn: turn.number))[-KEPT_TURNS:]

    def keep(
        self, turns: tuple[Turn, ...], answer: Answer, narrowing: Narrowing | None, request: Any
    ) -> tuple[tuple[Turn, ...], str]:
        """Add a turn to a conversation, and keep it.

        Args:
            turns: Of the conversation, as `catch_up` gives them.
            answer: The answer.
            narrowing: What was searched, when that was not everything.
            request: Of the browser.

        Returns:
            The turns with it; and why it could not be kept, in one line, or nothing.
        """
        turn = Turn(turns[-1].number + 1 if turns else 1, answer, narrowing)
        visitor, reason = visitor_of(request), ""
        if self.store and visitor:
            try:
                kept = self.store.keep(
                    visitor,
                    self.collection(),
                    answer.to_dict(),
                    conversation=find_conversation(turns),
                    page={"narrowing": narrowing and asdict(narrowing)},
                    at_least=turn.number,
                )
                turn = replace(turn, number=kept.number, conversation=kept.conversation)
            except (QAError, NotReady) as error:
                reason = strings.NOT_KEPT.format(reason=error)
        return (*turns, turn)[-KEPT_TURNS:], reason

    def collection(self) -> str:
        """What is open, by the name its conversations are kept under; NotReady when nothing is."""
        return self.host.call(lambda assistant: assistant.key)

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
