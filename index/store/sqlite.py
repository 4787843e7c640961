"""A SQLite file that threads share, with any tables: transactions, snapshots and reads of scattered rows.

The file keeps a write-ahead log: readers see one moment and never wait for the writer. Every commit is flushed.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from index.errors import DamagedError, StorageError

_AT_ONCE = 500  # values in one statement
CONNECTIONS = 8
FEWEST = 32  # values for each connection; fewer are read sooner than a thread wakes up
_CACHE_KIB = 256  # per connection; the system's file cache serves all of them


class Database:
    """A SQLite file, open for reading and writing."""

    def __init__(
        self,
        path: Path,
        statements: Sequence[str],
        *,
        label: str,
        advice: str,
        settings: Sequence[str] = (),
        functions: Mapping[str, Callable[[str], str]] | None = None,
    ) -> None:
        """Open the file, and create it with its tables if it has none; its folder exists.

        Args:
            path: The file.
            statements: Create the tables, all in one transaction.
            label: Names the content in messages: "the catalog".
            advice: Says in messages what to do with a file that cannot be used.
            settings: Further pragmas: "secure_delete=ON". Foreign keys are always on.
            functions: SQL functions of one text, by name.

        Raises:
            DamagedError: The file is not a database, or is damaged.
            StorageError: The file cannot be opened.
        """
        self._path, self._label, self._advice = path, label, advice
        self._lock = threading.RLock()
        self._scattered: ScatteredReader | None = None  # opened on first use
        with self._translated():
            self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            try:
                self._prepare(statements, settings, functions or {})
            except BaseException:
                self._connection.close()
                raise
        self._identity = _file_identity(path)

    def _prepare(
        self, statements: Sequence[str], settings: Sequence[str], functions: Mapping[str, Callable[[str], str]]
    ) -> None:
        for name, function in functions.items():
            self._connection.create_function(name, 1, function, deterministic=True)
        for setting in (*settings, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._connection.execute(f"PRAGMA {setting}")
        if self._is_empty():
            with self.transaction():
                if self._is_empty():  # another process may have been faster
                    for statement in statements:
                        self._connection.execute(statement)

    def _is_empty(self) -> bool:
        return not self._connection.execute("SELECT 1 FROM sqlite_master").fetchone()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._scattered:
                self._scattered.close()
            self._connection.close()

    @property
    def is_current(self) -> bool:
        """Whether the path still leads to the file that was opened."""
        try:
            return _file_identity(self._path) == self._identity
        except OSError:
            return False

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Take the write lock; commit on leaving, roll back on an error."""
        with self._lock, self._translated():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read from one moment until leaving; other threads of this process wait."""
        with self._lock, self._translated():
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("COMMIT")

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run one statement and return its rows, as tuples."""
        with self._lock, self._translated():
            return self._connection.execute(statement, values).fetchall()

    def rows_among(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """Return the rows for any number of values, which the statement takes as `IN ({})`."""
        found = []
        for first in range(0, len(values), _AT_ONCE):
            some = values[first : first + _AT_ONCE]
            found += self.rows(_with_places(statement, some), some)
        return found

    def scattered_rows(self, statement: str, values: Sequence[int]) -> list[Any]:
        """Return hundreds of committed rows from all over the file; see `ScatteredReader.rows`."""
        with self._lock, self._translated():
            if self._scattered is None:
                self._scattered = ScatteredReader(self._path)
            return self._scattered.rows(statement, values)

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
                advice = self._advice
            kind = DamagedError if type(error) is sqlite3.DatabaseError else StorageError
            raise kind(f"{self._label} {self._path} cannot be used: {error}. {advice}") from error


class ScatteredReader:
    """Read rows that lie all over a large file, through several read-only connections with a thread each.

    A disk answers many requests at once in little more time than one. Of a million passages, reading 900 one after
    another takes 110 ms with a cold file cache, and 35 ms through eight connections; with a warm one, 3 ms either way.
    """

    def __init__(self, path: Path) -> None:
        """Open the connections to an existing file; they see committed rows."""
        self._connections = [
            sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False) for _ in range(CONNECTIONS)
        ]
        for connection in self._connections:
            connection.executescript(f"PRAGMA query_only = ON; PRAGMA cache_size = -{_CACHE_KIB};")
        self._workers = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="scattered")

    def rows(self, statement: str, values: Sequence[int]) -> list[Any]:
        """Return the rows for some values, at most some ten thousand; each connection reads a part of them.

        The statement takes the values as `IN ({})` and has `ORDER BY +` a column: so SQLite reads all rows before it returns the
        first, and no thread waits for the Python code of another after each row.
        """
        size = max(FEWEST, -(-len(values) // CONNECTIONS))
        parts = [values[first : first + size] for first in range(0, len(values), size)]

        def read(connection: sqlite3.Connection, some: Sequence[int]) -> list[Any]:
            return connection.execute(_with_places(statement, some), some).fetchall()

        if len(parts) == 1:
            return read(self._connections[0], values)
        return list(chain.from_iterable(self._workers.map(read, self._connections, parts)))

    def close(self) -> None:
        """Wait for the reads under way, then close the connections."""
        self._workers.shutdown()
        for connection in self._connections:
            connection.close()


def _with_places(statement: str, values: Sequence[Any]) -> str:
    return statement.format(",".join("?" * len(values)))


def _file_identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino
