"""Quotes that visitors of the page have kept, each with its question and a note, in one SQLite file.

Every change is one transaction: killed at any moment, what was kept is there. Every query names the visitor, so nobody sees
the quotes of another.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from index import StorageError
from qa.answering.citation import Citation
from qa.storage import open_private_file

LONGEST_NOTE = 2_000  # characters
_FORMAT = 1
_SCHEMA = """
CREATE TABLE kept (
    id INTEGER PRIMARY KEY AUTOINCREMENT, visitor TEXT NOT NULL, collection TEXT NOT NULL, mark TEXT NOT NULL,
    kept TEXT NOT NULL, question TEXT NOT NULL, note TEXT NOT NULL, citation TEXT NOT NULL,
    UNIQUE (visitor, collection, mark))
"""
_COLUMNS = "id, kept, question, note, citation"


@dataclass(frozen=True, slots=True)
class KeptQuote:
    """A quote that was kept.

    Attributes:
        id: Never used again.
        kept: When, as in 2024-03-01T12:00:00+00:00.
        question: The question that it answered.
        note: What the visitor wrote to it; may be empty.
        record: As from `Citation.to_dict`.
    """

    id: int
    kept: str
    question: str
    note: str
    record: Mapping[str, Any]

    @property
    def citation(self) -> Citation:
        """The quote and its place; ValueError where another version wrote what this one cannot read."""
        return Citation.from_dict(self.record)


class KeptQuotes:
    """The kept quotes of all visitors, in one file."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_notice: Callable[[str], None] = lambda line: None,
    ) -> None:
        """Open the file, or create it; arguments and errors as for `Conversations`."""
        self._clock = clock
        self._file = open_private_file(path, _SCHEMA, version=_FORMAT, what="kept quotes", on_notice=on_notice)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def toggle(self, visitor: str, collection: str, citation: Citation, *, question: str) -> bool:
        """Keep a quote, or take it back if it is kept.

        Args:
            visitor: Id of the visitor.
            collection: Key of the collection.
            citation: The quote.
            question: The question that it answered.

        Returns:
            Whether it is kept now.
        """
        which, mark = "visitor = ? AND collection = ? AND mark = ?", _mark(citation)
        with self._file.transaction() as connection:
            deleted = connection.execute(f"DELETE FROM kept WHERE {which}", (visitor, collection, mark)).rowcount
            if not deleted:
                moment = self._clock().isoformat(timespec="seconds")
                record = json.dumps(citation.to_dict())
                connection.execute(
                    "INSERT INTO kept (visitor, collection, mark, kept, question, note, citation)"
                    " VALUES (?, ?, ?, ?, ?, '', ?)",
                    (visitor, collection, mark, moment, _clean(question), record),
                )
        if deleted:
            self._forget()
        return not deleted

    def quotes(
        self, visitor: str, collection: str, *, first: int = 0, most: int | None = None
    ) -> tuple[tuple[KeptQuote, ...], int]:
        """List the quotes of a visitor from a collection, the last kept first, and count them all.

        Args:
            visitor: Id of the visitor.
            collection: Key of the collection.
            first: How many to skip.
            most: How many to list; all if None.
        """
        which = "FROM kept WHERE visitor = ? AND collection = ?"
        ((count,),) = self._file.rows(f"SELECT COUNT(*) {which}", (visitor, collection))
        rows = self._file.rows(
            f"SELECT {_COLUMNS} {which} ORDER BY id DESC LIMIT ? OFFSET ?",
            (visitor, collection, -1 if most is None else most, first),
        )
        return tuple(map(_read, rows)), count

    def find(self, visitor: str, id_: int) -> KeptQuote | None:
        """One quote of a visitor, or None."""
        rows = self._file.rows(f"SELECT {_COLUMNS} FROM kept WHERE visitor = ? AND id = ?", (visitor, id_))
        return _read(rows[0]) if rows else None

    def which(self, visitor: str, collection: str, citations: Iterable[Citation]) -> tuple[bool, ...]:
        """Tell of each citation whether the visitor keeps it."""
        marks = {
            mark
            for (mark,) in self._file.rows(
                "SELECT mark FROM kept WHERE visitor = ? AND collection = ?", (visitor, collection)
            )
        }
        return tuple(bool(marks) and _mark(citation) in marks for citation in citations)

    def annotate(self, visitor: str, id_: int, note: str) -> bool:
        """Write a note to a quote, in place of the one it has; returns whether there is such a quote."""
        written = "UPDATE kept SET note = ? WHERE visitor = ? AND id = ? RETURNING 1"
        return bool(self._file.rows(written, (_clean(note)[:LONGEST_NOTE].strip(), visitor, id_)))

    def remove(self, visitor: str, id_: int) -> KeptQuote | None:
        """Remove a quote for good; returns it, for `restore`, or None if there is no such quote."""
        removed = f"DELETE FROM kept WHERE visitor = ? AND id = ? RETURNING {_COLUMNS}"
        rows = self._file.rows(removed, (visitor, id_))
        self._forget()
        return _read(rows[0]) if rows else None

    def restore(self, visitor: str, collection: str, quote: KeptQuote) -> None:
        """Keep a quote again that was removed, at its place in the list; nothing changes if it is kept."""
        record = json.dumps(dict(quote.record))
        self._file.rows(
            f"INSERT OR IGNORE INTO kept (visitor, collection, mark, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (visitor, collection, _mark(quote.citation), quote.id, quote.kept, quote.question, quote.note, record),
        )

    def _forget(self) -> None:
        with suppress(StorageError):  # while somebody reads the log
            self._file.rows("PRAGMA wal_checkpoint(TRUNCATE)")  # deleted text leaves the log of changes too


def _read(row: tuple[int, str, str, str, str]) -> KeptQuote:
    id_, kept, question, note, record = row
    return KeptQuote(id_, kept, question, note, json.loads(record))


def _mark(citation: Citation) -> str:
    """What makes two citations the same quote: document, place and words."""
    whole = json.dumps([citation.path, citation.start, citation.quote])
    return hashlib.sha256(whole.encode("ascii")).hexdigest()


def _clean(text: str) -> str:
    """Without halves of characters, which SQLite does not take."""
    return re.sub(r"[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
