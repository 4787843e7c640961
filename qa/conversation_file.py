"""The SQLite file that conversations are kept in: opened for its owner alone, set aside when it is damaged.

Write-ahead logging, and every commit flushed, as in the catalog of a collection. What is deleted is overwritten.
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from index import StorageError

FORMAT = 1
SCHEMA = """
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
_COMPANIONS = ("", "-wal", "-shm")


class ConversationFile:
    """The file, open for reading and writing; it may be shared between threads."""

    def __init__(self, path: Path, on_notice: Callable[[str], None]) -> None:
        """Open the file, creating it where there is none; one that is damaged is set aside under another name.

        Args:
            path: The file.
            on_notice: Called with one line when a damaged file was set aside.

        Raises:
            StorageError: It cannot be opened, or was written by another version.
        """
        self._path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its companions the same mode
            path.chmod(0o600)
        except OSError as error:
            raise StorageError(
                f"conversations cannot be kept in {path}: {error.strerror}. Set QA_HOME to a folder that can be written."
            ) from error
        try:
            self._connection = _connect(path)
        except sqlite3.OperationalError as error:
            raise StorageError(f"conversations cannot be kept in {path}: {error}.") from error
        except sqlite3.DatabaseError as error:
            aside = _set_aside(path)
            on_notice(f"the conversations in {path} are damaged ({error}); the file is kept as {aside.name}")
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = _connect(path)
        found = self.rows("PRAGMA user_version")[0][0]
        if found != FORMAT:
            self.close()
            raise StorageError(
                f"the conversations in {path} are of format {found}; this version reads format {FORMAT}. "
                "Move the file away to begin anew."
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def rows(self, statement: str, values: Sequence = ()) -> list[tuple]:
        """What one statement finds."""
        with self._lock, self._translated():
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock; commit on leaving, roll back on an error."""
        with self._lock, self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def forget(self) -> None:
        """Let what was deleted leave the log of changes too, unless somebody is reading it."""
        with suppress(StorageError):
            self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(f"the conversations in {self._path} cannot be used: {error}.") from error


def _connect(path: Path) -> sqlite3.Connection:
    """Open the file and look at the whole of it; sqlite3.DatabaseError where it is damaged."""
    connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    try:
        connection.create_function("fold", 1, str.casefold, deterministic=True)
        for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("BEGIN IMMEDIATE")
        if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            for statement in SCHEMA.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version={FORMAT}")
        connection.execute("COMMIT")
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(" ".join(found.split()))
    except BaseException:
        connection.close()
        raise
    return connection


def _set_aside(path: Path) -> Path:
    """Give the file and its companions a name of their own; returns it."""
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    for companion in _COMPANIONS:
        with suppress(FileNotFoundError):
            os.replace(f"{path}{companion}", f"{aside}{companion}")
    return aside
