"""A SQLite file, its transactions and its plain values; what it holds is told in `catalog.py`.

Write-ahead logging: whoever reads sees one moment, and never waits for whoever writes. Every commit is flushed.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from index.errors import OutdatedError, StorageError
from index.scattered import ScatteredReader
from index.schema import FORMAT, SCHEMA, TRIGGERS

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
