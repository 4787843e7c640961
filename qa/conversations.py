"""Conversations that survive the page and the server, in one SQLite file that only its owner can read.

A turn is one transaction: killed at any moment, every answer that was shown is stored. A visitor has a random id, and
every query names the visitor, so nobody sees the conversations of another. Deleted content is overwritten. A damaged
file is renamed, and a new one created. Calls from other programs are not stored.
"""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from index import StorageError
from qa.storage import open_private_file

_FORMAT = 1
_SCHEMA = """
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT, visitor TEXT NOT NULL, collection TEXT NOT NULL, title TEXT NOT NULL,
    updated TEXT NOT NULL, last_turn INTEGER NOT NULL DEFAULT 0);
CREATE INDEX conversations_by_visitor ON conversations(visitor, collection, last_turn);
CREATE TABLE turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    number INTEGER NOT NULL, asked TEXT NOT NULL, answer TEXT NOT NULL, page TEXT NOT NULL, words TEXT NOT NULL,
    UNIQUE (conversation_id, number));
CREATE TABLE labels (
    turn_id INTEGER NOT NULL REFERENCES turns(id) ON DELETE CASCADE,
    citation INTEGER NOT NULL, label TEXT NOT NULL, given TEXT NOT NULL, PRIMARY KEY (turn_id, citation));
CREATE TABLE opened (
    visitor TEXT NOT NULL, collection TEXT NOT NULL,
    conversation_id INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    PRIMARY KEY (visitor, collection))
"""


Label = Literal["up", "down", "wrong"]


LONGEST_TITLE = 200  # characters
MOST_WORDS = 10  # of a search
# Of a turn that was deleted an empty row stays, so that its number is never used again.
_TURNS = "turns t JOIN conversations c ON c.id = t.conversation_id WHERE c.visitor = ? AND c.id = ? AND t.answer <> ''"
_INFO = (
    "SELECT c.id, c.collection, c.title, c.updated,"
    " (SELECT COUNT(*) FROM turns t WHERE t.conversation_id = c.id AND t.answer <> '') FROM conversations c"
)


@dataclass(frozen=True, slots=True)
class ConversationInfo:
    """A conversation, without its turns."""

    id: int  # never used again
    collection: str  # key of the collection that was asked
    title: str  # the first question, until it is renamed
    updated: str  # when the last question was asked, as in 2024-03-01T12:00:00+00:00
    questions: int  # number of questions


@dataclass(frozen=True, slots=True)
class KeptTurn:
    """A question and its answer."""

    conversation: int  # id of its conversation
    number: int  # 1-based, never used again in the conversation
    asked: str  # when, as in 2024-03-01T12:00:00+00:00
    record: dict[str, Any]  # the answer, as from `Answer.to_dict`
    page: dict[str, Any]  # what the page needs to show it again, as plain JSON values
    # of the answer under 0: "up" or "down"; of a citation under its 1-based number: "wrong"
    labels: dict[int, Label] = field(default_factory=dict)


class Conversations:
    """All conversations of all visitors, in one file."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_notice: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Open the file, or create it; `clock` returns the time in UTC, `on_notice` gets a line if a damaged file was renamed.

        Raises:
            StorageError: It cannot be opened, or another version wrote it.
        """
        self._clock = clock
        self._file = open_private_file(
            path, _SCHEMA, version=_FORMAT, what="conversations", on_notice=on_notice, functions={"fold": str.casefold}
        )

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def keep(
        self,
        visitor: str,
        collection: str,
        record: Mapping[str, Any],
        *,
        conversation: int | None = None,
        page: Mapping[str, Any] | None = None,
        at_least: int = 1,
    ) -> KeptTurn:
        """Store a turn, and make its conversation the one to return to.

        Args:
            visitor: Id of the visitor.
            collection: Key of the collection that was asked.
            record: The result of `Answer.to_dict`.
            conversation: The conversation to continue; a new one begins if it is None or does not exist any more.
            page: See `KeptTurn`.
            at_least: The turn gets the next number of its conversation, at least this one.

        Raises:
            StorageError: It could not be written.
        """
        asked, text, beside = self._now(), json.dumps(record), dict(page or {})
        with self._file.transaction() as connection:
            found = connection.execute(
                "SELECT id FROM conversations WHERE id = ? AND visitor = ? AND collection = ?",
                (conversation, visitor, collection),
            ).fetchone()
            new = "INSERT INTO conversations (visitor, collection, title, updated) VALUES (?, ?, ?, ?)"
            title = make_title(record["question"])
            id_ = found[0] if found else connection.execute(new, (visitor, collection, title, asked)).lastrowid
            last = "SELECT COALESCE(MAX(number), 0) FROM turns WHERE conversation_id = ?"
            number = max(connection.execute(last, (id_,)).fetchone()[0] + 1, at_least)
            turn = connection.execute(
                "INSERT INTO turns (conversation_id, number, asked, answer, page, words) VALUES (?, ?, ?, ?, ?, ?)",
                (id_, number, asked, text, json.dumps(beside), _searchable(record)),
            ).lastrowid
            connection.execute("UPDATE conversations SET updated = ?, last_turn = ? WHERE id = ?", (asked, turn, id_))
            connection.execute("INSERT OR REPLACE INTO opened VALUES (?, ?, ?)", (visitor, collection, id_))
        return KeptTurn(int(id_ or 0), number, asked, json.loads(text), beside)

    def turns(self, visitor: str, conversation: int, *, last: int | None = None) -> tuple[KeptTurn, ...]:
        """The turns of a visitor's conversation, oldest first; only so many `last` ones if given. Empty if there is none."""
        rows = self._file.rows(
            f"SELECT t.id, c.id, t.number, t.asked, t.answer, t.page FROM {_TURNS} ORDER BY t.number DESC LIMIT ?",
            (visitor, conversation, -1 if last is None else last),
        )
        labels: dict[int, dict[int, Label]] = {}
        given = "SELECT turn_id, citation, label FROM labels JOIN turns t ON t.id = turn_id WHERE t.conversation_id = ?"
        for turn, citation, label in self._file.rows(given, (conversation,)):
            labels.setdefault(turn, {})[citation] = label
        return tuple(
            KeptTurn(int(id_ or 0), number, asked, json.loads(answer), json.loads(page), labels.get(turn, {}))
            for turn, id_, number, asked, answer, page in reversed(rows)
        )

    def find(self, visitor: str, conversation: int | None) -> ConversationInfo | None:
        """One conversation of a visitor, or None."""
        rows = self._file.rows(f"{_INFO} WHERE c.visitor = ? AND c.id = ?", (visitor, conversation))
        return ConversationInfo(*rows[0]) if rows else None

    def search(
        self, visitor: str, collection: str, words: str = "", *, first: int = 0, most: int = 50
    ) -> tuple[tuple[ConversationInfo, ...], int]:
        """List the conversations of a visitor about a collection, the most recent first, and count them all.

        Args:
            visitor: Id of the visitor.
            collection: Key of the collection.
            words: Each must occur in the title, a question or a quote, in any case; empty for all conversations.
            first: How many to skip.
            most: How many to list.
        """
        clauses, values = [], [visitor, collection]
        for word in words.casefold().split()[:MOST_WORDS]:
            within = "SELECT 1 FROM turns t WHERE t.conversation_id = c.id AND instr(t.words, ?)"
            clauses.append(f" AND (instr(fold(c.title), ?) OR EXISTS ({within}))")
            values += [_clean(word)] * 2
        which = f" WHERE c.visitor = ? AND c.collection = ?{''.join(clauses)}"
        matching = self._file.rows(f"SELECT COUNT(*) FROM conversations c{which}", values)[0][0]
        rows = self._file.rows(f"{_INFO}{which} ORDER BY c.last_turn DESC LIMIT ? OFFSET ?", [*values, most, first])
        return tuple(ConversationInfo(*row) for row in rows), matching

    def rename(self, visitor: str, conversation: int, title: str) -> bool:
        """Give a conversation another title; returns whether there is one, and the title is not blank."""
        title = make_title(title)
        renamed = "UPDATE conversations SET title = ? WHERE id = ? AND visitor = ? RETURNING 1"
        return bool(title and self._file.rows(renamed, (title, conversation, visitor)))

    def delete(self, visitor: str, conversation: int) -> bool:
        """Delete a conversation with everything said of it, for good; returns whether there was one."""
        with self._file.transaction() as connection:
            deleted = "DELETE FROM conversations WHERE id = ? AND visitor = ?"
            found = connection.execute(deleted, (conversation, visitor)).rowcount
        self._clear_log()
        return bool(found)

    def delete_turn(self, visitor: str, conversation: int, number: int) -> bool:
        """Delete a question with its answer and what was said of it, for good.

        A conversation that was called after the question is called after the first one left; one of which nothing is left is
        deleted.

        Returns:
            Whether there was such a turn of the visitor.
        """
        with self._file.transaction() as connection:
            turn = f"SELECT t.id, t.answer, c.title FROM {_TURNS} AND t.number = ?"
            found = connection.execute(turn, (visitor, conversation, number)).fetchone()
            if found is None:
                return False
            connection.execute(
                "UPDATE turns SET asked = '', answer = '', page = '', words = '' WHERE id = ?", found[:1]
            )
            connection.execute("DELETE FROM labels WHERE turn_id = ?", found[:1])
            left = f"SELECT t.answer FROM {_TURNS} ORDER BY t.number LIMIT 1"
            first = connection.execute(left, (visitor, conversation)).fetchone()
            if first is None:
                connection.execute("DELETE FROM conversations WHERE id = ?", (conversation,))
            elif found[2] == make_title(json.loads(found[1])["question"]):
                title = make_title(json.loads(first[0])["question"])
                connection.execute("UPDATE conversations SET title = ? WHERE id = ?", (title, conversation))
        self._clear_log()
        return True

    def last_opened(self, visitor: str, collection: str) -> int | None:
        """The conversation that a visitor returns to, if any."""
        statement = "SELECT conversation_id FROM opened WHERE visitor = ? AND collection = ?"
        rows = self._file.rows(statement, (visitor, collection))
        return rows[0][0] if rows else None

    def note_opened(self, visitor: str, collection: str, conversation: int | None) -> None:
        """Set the conversation that a visitor returns to; None: a new one."""
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM opened WHERE visitor = ? AND collection = ?", (visitor, collection))
            connection.execute(
                "INSERT INTO opened SELECT visitor, collection, id FROM conversations"
                " WHERE id = ? AND visitor = ? AND collection = ?",
                (conversation, visitor, collection),
            )

    def labelled(self, collection: str) -> tuple[tuple[KeptTurn, tuple[str, ...]], ...]:
        """Every turn of a collection with labels, from all visitors, in the order asked.

        Returns:
            The turns, each with the questions before it in its conversation, oldest first, without greetings.
        """
        rows = self._file.rows(
            "SELECT DISTINCT c.visitor, c.id, t.number FROM labels l JOIN turns t ON t.id = l.turn_id"
            " JOIN conversations c ON c.id = t.conversation_id WHERE c.collection = ? ORDER BY t.id",
            (collection,),
        )
        found = []
        for visitor, conversation, number in rows:
            turns = [turn for turn in self.turns(visitor, conversation) if turn.number <= number]
            before = (turn.record for turn in turns[:-1] if turn.record.get("kind") != "greeting")
            found.append((turns[-1], tuple(record["question"] for record in before)))
        return tuple(found)

    def toggle_label(self, visitor: str, conversation: int, number: int, *, citation: int, label: Label) -> bool:
        """Label an answer ("up", "down") or a citation ("wrong"), or remove the same label; see `KeptTurn.labels`.

        Returns:
            Whether there is such a turn of the visitor.
        """
        label_of = "(SELECT label FROM labels WHERE turn_id = t.id AND citation = ?)"
        with self._file.transaction() as connection:
            found = connection.execute(
                f"SELECT t.id, {label_of} FROM {_TURNS} AND t.number = ?", (citation, visitor, conversation, number)
            ).fetchone()
            if found is None:
                return False
            connection.execute("DELETE FROM labels WHERE turn_id = ? AND citation = ?", (found[0], citation))
            if found[1] != label:
                connection.execute("INSERT INTO labels VALUES (?, ?, ?, ?)", (found[0], citation, label, self._now()))
        return True

    def labels(self, visitor: str, conversation: int, number: int) -> dict[int, Label]:
        """The labels of a turn; see `KeptTurn`."""
        statement = f"SELECT citation, label FROM labels WHERE turn_id IN (SELECT t.id FROM {_TURNS} AND t.number = ?)"
        return dict(self._file.rows(statement, (visitor, conversation, number)))

    def _clear_log(self) -> None:
        """Let deleted text leave the log of changes too."""
        with suppress(StorageError):  # while somebody reads the log
            self._file.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")


def make_title(text: str) -> str:
    """Make a title of a text: one line, shortened if long."""
    line = " ".join(_clean(text).split())
    return line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1] + "…"


def _searchable(record: Mapping[str, Any]) -> str:
    """The question and the quotes of an answer, to be searched in any case."""
    quotes = [citation["quote"] for citation in [*record["citations"], *record["closest"]]]
    return _clean("\n".join([record["question"], *quotes])).casefold()


def _clean(text: str) -> str:
    """Without halves of characters, which SQLite does not take."""
    return re.sub(r"[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
