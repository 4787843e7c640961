"""The lock of a collection: whoever writes to it holds it, in one process at a time.

It is a file in the collection's folder; the system frees it when its holder ends, however that ends.

Read rows that lie all over a large SQLite file, hundreds at a time.

A disk answers many requests at once in little more time than one. Of a million passages, 900 read one after the other
take 110 ms where the file cache is cold, 35 through eight connections; where it is warm, 3 either way.

The catalog's tables, and how a passage lies in one row of them.

A passage's text and the keys of its terms are written when its file is read; its embeddings, which take longer, follow
in a row of their own. Until then it is pending: words find it already, meaning not yet.

A SQLite file, its transactions and its plain values; what it holds is told in `catalog.py`.

Write-ahead logging: whoever reads sees one moment, and never waits for whoever writes. Every commit is flushed.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from index.errors import OutdatedError, StorageError
from index.records import (
    PLACE_FIELDS,
    Document,
    Passage,
    Place,
    PreparedPassage,
    Sentence,
    StoredPassage,
    place_values,
)

LOCK_SECONDS = 600
LOOK_SECONDS = 0.5  # between two looks whether to give up


@contextmanager
def hold_lock(
    folder: Path,
    *,
    patience: float = LOCK_SECONDS,
    on_notice: Callable[[str], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[None]:
    """Hold the lock of a collection.

    Args:
        folder: The collection's.
        patience: Seconds to wait for another process.
        on_notice: Called with one line when it has to be waited for.
        stopped: Asked while waiting; where it says so, waiting is given up.

    Raises:
        StorageError: Another process holds it for longer than that, or waiting was given up.
    """
    lock = FileLock(folder / "lock", mode=0o600)
    deadline = time.monotonic() + patience
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if on_notice and patience:
            on_notice("Another process is updating this collection; waiting for it.")
        _wait(lock, deadline, stopped, folder)
    try:
        yield
    finally:
        lock.release()


def _wait(lock: FileLock, deadline: float, stopped: Callable[[], bool], folder: Path) -> None:
    while not stopped() and time.monotonic() < deadline:
        try:
            lock.acquire(timeout=LOOK_SECONDS)
        except Timeout:
            continue
        return
    raise StorageError(f"another process is updating {folder}. Try again later.")


CONNECTIONS = 8
FEWEST = 32  # values for each; fewer are read sooner than a thread wakes up
CACHE_KIB = 256  # of each connection's own cache: the system's serves all


class ScatteredReader:
    """Several connections that only read, and a thread for each; they see what is committed."""

    def __init__(self, path: Path) -> None:
        """Open the connections.

        Args:
            path: A SQLite file that exists.
        """
        self._connections = [
            sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False) for _ in range(CONNECTIONS)
        ]
        for connection in self._connections:
            connection.executescript(f"PRAGMA query_only = ON; PRAGMA cache_size = -{CACHE_KIB};")
        self._workers = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="scattered")

    def rows(self, statement: str, values: Sequence[int]) -> list[tuple]:
        """Rows for some values, each connection reading those of a part.

        Args:
            statement: Holds the values as `IN ({})`, and `ORDER BY +` a column: so SQLite reads all rows before it gives
                the first, and the threads do not wait for each other's Python after each row.
            values: At most some ten thousand.
        """
        size = max(FEWEST, -(-len(values) // CONNECTIONS))
        parts = [values[first : first + size] for first in range(0, len(values), size)]

        def read(connection: sqlite3.Connection, some: Sequence[int]) -> list[tuple]:
            return connection.execute(statement.format(",".join("?" * len(some))), some).fetchall()

        if len(parts) == 1:
            return read(self._connections[0], values)
        return list(chain.from_iterable(self._workers.map(read, self._connections, parts)))

    def close(self) -> None:
        """Close the connections, once what is being read has been."""
        self._workers.shutdown()
        for connection in self._connections:
            connection.close()


FORMAT = 3
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, source TEXT NOT NULL,
    size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, changed_ns INTEGER NOT NULL,
    file_sha256 TEXT NOT NULL, text_sha256 TEXT NOT NULL, extractor TEXT NOT NULL,
    characters INTEGER NOT NULL, passages INTEGER NOT NULL, pages INTEGER, language TEXT NOT NULL,
    notes TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document_id INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    generation INTEGER NOT NULL, paragraph INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    answering INTEGER NOT NULL, page INTEGER, heading TEXT, "row" INTEGER, sheet TEXT, slide INTEGER, date TEXT,
    content_hash BLOB NOT NULL, sentences BLOB NOT NULL, keys BLOB NOT NULL, lengths BLOB NOT NULL,
    text TEXT NOT NULL);
CREATE INDEX passages_by_document ON passages(document_id);
CREATE INDEX passages_by_generation ON passages(generation);
CREATE INDEX passages_by_content ON passages(content_hash);
CREATE TABLE embeddings (
    passage_id INTEGER PRIMARY KEY REFERENCES passages(id) ON DELETE CASCADE,
    generation INTEGER NOT NULL, vectors BLOB NOT NULL);
CREATE INDEX embeddings_by_generation ON embeddings(generation);
CREATE TABLE pending (passage_id INTEGER PRIMARY KEY REFERENCES passages(id) ON DELETE CASCADE);
CREATE TABLE removals (
    generation INTEGER NOT NULL, document_id INTEGER NOT NULL, first_id INTEGER NOT NULL, last_id INTEGER NOT NULL);
CREATE INDEX removals_by_generation ON removals(generation);
CREATE TABLE failures (path TEXT PRIMARY KEY, source TEXT NOT NULL, reason TEXT NOT NULL, seen TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE exclusions (path TEXT PRIMARY KEY, source TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE dense_files (position INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL);
CREATE TABLE totals (
    documents INTEGER NOT NULL, passages INTEGER NOT NULL, sentences INTEGER NOT NULL, terms INTEGER NOT NULL,
    pending INTEGER NOT NULL);
INSERT INTO totals VALUES (0, 0, 0, 0, 0)
"""
# Kept by triggers: counting a million rows would take longer than a search.
_ROW = "CREATE TRIGGER {table}_{event} AFTER {event} ON {table} BEGIN UPDATE totals SET {table} = {table} {sign} 1; END"
_PASSAGE = (
    "CREATE TRIGGER passages_{event} AFTER {event} ON passages WHEN {row}.answering BEGIN UPDATE totals SET"
    " passages = passages {sign} 1, sentences = sentences {sign} length({row}.sentences) / 8,"
    " terms = terms {sign} length({row}.keys) / 8; END"
)
TRIGGERS = tuple(
    statement.format(table=table, event=event, row=row, sign=sign)
    for event, row, sign in (("INSERT", "NEW", "+"), ("DELETE", "OLD", "-"))
    for table, statement in (("documents", _ROW), ("passages", _PASSAGE), ("pending", _ROW))
)
_PLACE = ", ".join(f'"{name}"' for name in PLACE_FIELDS)
PASSAGE_COLUMNS = f'id, document_id, paragraph, start, "end", answering, sentences, text, {_PLACE}'
NEW_PASSAGE = (
    'INSERT INTO passages (document_id, generation, paragraph, start, "end", answering, content_hash, sentences, keys,'
    f" lengths, text, {_PLACE}) VALUES ({', '.join('?' * (11 + len(PLACE_FIELDS)))})"
)


def pack(document_id: int, generation: int, document: Document, prepared: PreparedPassage) -> tuple[Any, ...]:
    passage = prepared.passage
    spans = np.array([(s.start, s.end) for s in passage.sentences], dtype="<i4")
    return (
        *(document_id, generation, passage.paragraph, passage.start, passage.end, passage.answering),
        *(prepared.content_hash, spans.tobytes(), prepared.keys.tobytes(), prepared.lengths.tobytes()),
        *(document.text[passage.start : passage.end], *place_values(passage.place)),
    )


def unpack(row: Sequence[Any]) -> StoredPassage:
    id_, document_id, paragraph, start, end, answering, spans, text, *place = row
    sentences = tuple(Sentence(*span) for span in np.frombuffer(spans, dtype="<i4").reshape(-1, 2).tolist())
    passage = Passage(paragraph, start, end, sentences, bool(answering), Place(*place))
    return StoredPassage(id_, document_id, passage, text)


AT_ONCE = 500  # values in one statement
PAGE_BYTES = 8_192  # of a new file: the vectors of most passages lie in one page, and are one read of the disk


class Database:
    """The SQLite file of one collection, open for reading and writing; it may be shared between threads."""

    def __init__(self, path: Path) -> None:
        """Open the file, creating it where there is none.

        Args:
            path: The file; its folder exists.

        Raises:
            OutdatedError: It was written by another version.
            StorageError: The file cannot be opened, or is no catalog.
        """
        self._path = path
        self._lock = threading.RLock()
        self._scattered: ScatteredReader | None = None  # opened when first used
        with self._translated():
            self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._connection.executescript(
                f"PRAGMA page_size={PAGE_BYTES}; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
            )
            if self._is_empty():
                with self.transaction():
                    if self._is_empty():  # another process may have been faster
                        for statement in (*SCHEMA.split(";"), *TRIGGERS):
                            self._connection.execute(statement)
                        self.set_meta("format", str(FORMAT))
                        self.set_meta("generation", "0")
            self._identity = _file_identity(path)
        found = self.meta("format")
        if found != str(FORMAT):
            self.close()
            raise OutdatedError(f"the index in {path.parent} is of format {found}; this version reads format {FORMAT}.")

    def _is_empty(self) -> bool:
        return not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone()

    def close(self) -> None:
        """Close the file."""
        if self._scattered:
            self._scattered.close()
        self._connection.close()

    @property
    def is_current(self) -> bool:
        """Whether the file is still there, and not another one in its place."""
        try:
            return _file_identity(self._path) == self._identity
        except OSError:
            return False

    def query(self, statement: str) -> list[tuple]:
        """What a statement that only reads finds: for checks."""
        return self._rows(statement)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if "full" in str(error) or "disk I/O" in str(error):
                advice = "Free some disk space, then run the same command again; what was committed is kept."
            elif "locked" in str(error):
                advice = "Another process is writing to it; try again when that has finished."
            else:
                advice = "If it is damaged, delete its folder and index again."
            raise StorageError(f"the catalog {self._path} cannot be used: {error}. {advice}") from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the write lock; commit on leaving, roll back on an error."""
        with self._lock, self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything read inside is of one moment; other threads of this process wait."""
        with self._lock, self._translated():
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("COMMIT")

    def _rows(self, statement: str, values: Sequence = ()) -> list[tuple]:
        with self._lock, self._translated():
            return self._connection.execute(statement, values).fetchall()

    def meta(self, key: str) -> str | None:
        """A value kept beside the documents, or None."""
        rows = self._rows("SELECT value FROM meta WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def set_meta(self, key: str, value: str) -> None:
        """Keep a value beside the documents."""
        self._rows("INSERT INTO meta VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value", (key, value))

    @property
    def generation(self) -> int:
        """Raised by every committed change of documents."""
        return int(self.meta("generation") or 0)

    def raise_generation(self) -> int:
        """Raise the generation, inside a transaction; returns the new one."""
        generation = self.generation + 1
        self.set_meta("generation", str(generation))
        return generation

    def _of_ids(self, statement: str, ids: Sequence) -> list[tuple]:
        """Rows for some values, which stand in the statement as `IN ({})`, a limited number at a time."""
        found = []
        for first in range(0, len(ids), AT_ONCE):
            some = ids[first : first + AT_ONCE]
            found += self._rows(statement.format(",".join("?" * len(some))), some)
        return found

    def _scattered_rows(self, statement: str, ids: Sequence[int]) -> list[tuple]:
        """As `_of_ids`, for hundreds of rows from all over the file; as they were committed. See `ScatteredReader.rows`."""
        with self._lock, self._translated():
            if self._scattered is None:
                self._scattered = ScatteredReader(self._path)
            return self._scattered.rows(statement, ids)

    def _since(self, columns: str, table: str, key: str, *, generation: int, batch: int) -> Iterator[list[tuple]]:
        """Rows of a table written after a generation, in the order written, some at a time, without that generation."""
        last = (generation, 1 << 62)
        while rows := self._rows(
            f"SELECT {columns}, generation, {key} FROM {table} WHERE (generation, {key}) > (?, ?)"
            f" ORDER BY generation, {key} LIMIT ?",
            (*last, batch),
        ):
            yield [row[:-2] for row in rows]
            last = rows[-1][-2:]


def _file_identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino
