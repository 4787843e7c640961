"""A SQLite file that threads share, with any tables: transactions, snapshots and reads of scattered rows.

The file keeps a write-ahead log: readers see one moment and never wait for the writer. Every commit is flushed. Writes take
turns on one connection; each snapshot has a connection of its own, so that threads read side by side.

SQLite needs to write beside a file with such a log even to read it. Where it cannot, on a read-only or full disk, the
file is opened for reading alone, in another way.
"""

import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

from index.errors import DamagedError, StorageError
from index.store.sharing import UnderWay

_AT_ONCE = 500  # values in one statement
CONNECTIONS = 8
FEWEST = 32  # values for each connection; fewer are read sooner than a thread wakes up
SCATTERED = 1 << 30  # bytes; a smaller file is soon in the system's cache, where one connection reads with least work
# A connection that only reads maps the file into memory: of 600 rows of 5 KB, in pages of 32 KB, copying the pages would take
# more time than all the rest. What SQLite keeps besides need not be much.
_READING = "PRAGMA query_only = ON; PRAGMA cache_size = -256; PRAGMA mmap_size = 1099511627776;"


class Database:
    """A SQLite file, open for reading and writing; where it cannot be written, for reading alone."""

    is_beyond_ascii: ClassVar[str] = "{} GLOB '*[^' || char(1) || '-' || char(127) || ']*'"

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
        self._lock = threading.RLock()  # guards the connection that writes
        self._idle: list[sqlite3.Connection] = []  # for snapshots
        self._lending = threading.Lock()  # guards the next two, and what is idle
        self._observer: sqlite3.Connection | None = None  # it sees when others commit; opened on first use
        self._scattered: ScatteredReader | None = None  # the same
        self._under_way = UnderWay()
        self._reading: _ReadOnlyFile | None = None  # where the file cannot be written
        self._hindrance: sqlite3.Error | None = None  # why it cannot
        self._openings = 0  # how often it was opened
        self._functions = functions or {}
        with suppress(OSError):  # SQLite gives its companions the same mode
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with self._translated():
            self._connection = _connect(str(path))
            try:
                self._prepare(statements, settings)
            except sqlite3.OperationalError as error:
                self._connection.close()
                if "locked" in str(error) or not path.exists() or not path.stat().st_size:
                    raise
                self._hindrance = error
                self._open_to_read()
            except BaseException:
                self._connection.close()
                raise
        self._identity = _file_identity(path)

    def _prepare(self, statements: Sequence[str], settings: Sequence[str]) -> None:
        self._add_functions()
        for setting in (*settings, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            self._connection.execute(f"PRAGMA {setting}")
        if self._is_empty():
            with self.transaction():
                if self._is_empty():  # another process may have been faster
                    for statement in statements:
                        self._connection.execute(statement)

    def _add_functions(self) -> None:
        for name, function in self._functions.items():
            self._connection.create_function(name, 1, function, deterministic=True)

    def _open_to_read(self) -> None:
        self._reading = _ReadOnlyFile(self._path)
        self._connection = self._reading.connect()
        self._add_functions()

    def _is_empty(self) -> bool:
        return not self._connection.execute("SELECT 1 FROM sqlite_master").fetchone()

    def close(self) -> None:
        """Close the file; snapshots under way close theirs when they end."""
        with self._lock:
            self._close_readers()
            self._connection.close()
            if self._reading:
                self._reading.close()

    def _close_readers(self) -> None:
        with self._lending:
            self._openings += 1
            for connection in (*self._idle, self._observer, self._scattered):
                if connection:
                    connection.close()
            self._idle, self._observer, self._scattered = [], None, None

    @property
    def is_deleted(self) -> bool:
        """Whether nothing is at the path any more."""
        return not self._path.exists()

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
                with self._under_way.on(self._connection):
                    yield self._connection
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read from one moment until leaving, in this thread. Inside another one, or a transaction, it is the same moment."""
        if self._under_way.connection:
            yield
            return
        with self._translated(), self._lend() as connection:
            before = self._observe()
            connection.execute("BEGIN")
            try:
                connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # the moment is that of the first read
                with self._under_way.on(connection, before if before == self._observe() else None):
                    yield
            finally:
                if connection.in_transaction:
                    connection.execute("COMMIT")

    @contextmanager
    def _lend(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection to read by; the one that writes, if the path leads to another file by now."""
        if self._reading and self._reading.is_outdated():
            self._open_again()
        with self._lending:
            openings, connection = self._openings, self._idle.pop() if self._idle else None
        if connection is None:
            if not self.is_current:
                with self._lock:
                    yield self._connection
                return
            connection = self._connect_to_read()
        try:
            yield connection
        finally:
            with self._lending:
                keep = openings == self._openings
                if keep:
                    self._idle.append(connection)
            if not keep:
                connection.close()

    def _open_again(self) -> None:
        """Open a file that can only be read once more, because another process has written it."""
        with self._lock:
            if not (self._reading and self._reading.is_outdated()):
                return  # another thread was faster
            self._close_readers()
            self._connection.close()
            self._reading.close()
            self._open_to_read()

    def _connect_to_read(self) -> sqlite3.Connection:
        address = f"{self._path.absolute().as_uri()}?mode=rw"
        connection = self._reading.connect() if self._reading else _connect(address, uri=True)
        connection.executescript(_READING)
        return connection

    def _observe(self) -> tuple[int, int] | None:
        """Return what changes with each commit, also of other processes; None if the path leads to another file by now."""
        with self._lending:
            if self._observer is None:
                if not self.is_current:
                    return None
                self._observer = self._connect_to_read()
            ((found,),) = self._observer.execute("PRAGMA data_version").fetchall()
            return self._openings, int(found)

    @property
    def version(self) -> object | None:
        """What changes with each commit, of the moment of the snapshot under way; None while that cannot be told."""
        return self._under_way.version

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run one statement and return its rows, as tuples; where damage made a text invalid UTF-8, it has U+FFFD."""
        connection = self._under_way.connection
        with nullcontext() if connection else self._lock, self._translated():
            connection = connection or self._connection
            try:
                return connection.execute(statement, values).fetchall()
            except sqlite3.OperationalError as error:
                if "decode" not in str(error):
                    raise
                connection.text_factory = partial(str, encoding="utf-8", errors="replace")
                try:
                    return connection.execute(statement, values).fetchall()
                finally:
                    connection.text_factory = str

    def rows_among(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """Return the rows for any number of values, which the statement takes as `IN ({})`."""
        found = []
        for first in range(0, len(values), _AT_ONCE):
            some = values[first : first + _AT_ONCE]
            found += self.rows(_with_places(statement, some), some)
        return found

    def scattered_rows(self, statement: str, values: Sequence[int]) -> list[Any]:
        """Return hundreds of rows from all over the file; where it is large, as `ScatteredReader.rows` does.

        In a snapshot they are those of its moment.
        """
        with self._translated():
            if len(values) > FEWEST and self.is_current and self._path.stat().st_size >= SCATTERED:
                rows = self._read_scattered(statement, values)
                if not self._under_way.connection or (self.version and self.version == self._observe()):
                    return rows
            return self.rows_among(statement, values)

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows, inside a transaction."""
        named = ", ".join(f'"{column}"' for column in columns)
        statement = f"INSERT INTO {table} ({named}) VALUES ({', '.join('?' * len(columns))})"
        with self._lock, self._translated():
            self._connection.executemany(statement, rows)

    def new_ids(self, table: str, count: int) -> Sequence[int]:
        """Return the next ids of a table that has AUTOINCREMENT, for rows to insert inside a transaction."""
        last = next((last for (last,) in self.rows("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,))), 0)
        return range(last + 1, last + 1 + count)

    def faults(self) -> list[str]:
        """Check the file for damage, and its rows for parents they lack; return one line per finding."""
        found = [line for (line,) in self.rows("PRAGMA integrity_check") if line != "ok"]
        orphans = self.rows("PRAGMA foreign_key_check")
        return found + [f"row {row} of {table} belongs to no row of {parent}" for table, row, parent, _ in orphans]

    def writing(
        self, patience: float, stopped: Callable[[], bool], on_wait: Callable[[], None]
    ) -> AbstractContextManager[None]:
        """Nothing more than a lock on the folder of the file is needed: other computers do not write it."""
        return nullcontext()

    def _read_scattered(self, statement: str, values: Sequence[int]) -> list[Any]:
        with self._lending:
            if self._scattered is None:
                self._scattered = ScatteredReader(self._connect_to_read)
            reader = self._scattered
        return reader.rows(statement, values)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            reason = self._hindrance if self._hindrance and "readonly" in str(error) else error
            if "full" in str(reason) or "disk I/O" in str(reason):
                advice = "Free some disk space, then run the same command again; what was committed is kept."
            elif "locked" in str(reason):
                advice = "Another process is writing to it; try again when that has finished."
            elif reason is not error or "readonly" in str(reason):
                advice = "It can only be read; make the file and its folder writable to change it."
            else:
                advice = self._advice
            kind = DamagedError if type(error) is sqlite3.DatabaseError else StorageError
            raise kind(f"{self._label} {self._path} cannot be used: {reason}. {advice}") from error


class ScatteredReader:
    """Read rows that lie all over a large file, through several read-only connections with a thread each.

    A disk answers many requests at once in little more time than one. Of a million passages, reading 900 one after
    another takes 110 ms with a cold file cache, and 35 ms through eight connections; with a warm one, 3 ms either way.
    """

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """Open the connections to an existing file; they see committed rows."""
        self._connections = [connect() for _ in range(CONNECTIONS)]
        self._workers = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="scattered")
        self._lock = threading.Lock()

    def rows(self, statement: str, values: Sequence[int]) -> list[Any]:
        """Return the rows for some values, at most some ten thousand; each connection reads a part of them.

        The statement takes the values as `IN ({})` and has `ORDER BY +` a column: so SQLite reads all rows before it returns the
        first, and no thread waits for the Python code of another after each row.
        """
        size = max(FEWEST, -(-len(values) // CONNECTIONS))
        parts = [values[first : first + size] for first in range(0, len(values), size)]

        def read(connection: sqlite3.Connection, some: Sequence[int]) -> list[Any]:
            return connection.execute(_with_places(statement, some), some).fetchall()

        with self._lock:
            return list(chain.from_iterable(self._workers.map(read, self._connections, parts)))

    def close(self) -> None:
        """Wait for the reads under way, then close the connections."""
        with self._lock:
            self._workers.shutdown()
            for connection in self._connections:
                connection.close()


class _ReadOnlyFile:
    """A SQLite file that cannot be written, or lies where nothing can be written beside it.

    With the companions of a process that has it open, it is read through them. Without a log, the file alone is complete, and
    is read without them. With a log left by a process that was killed, both are copied.
    """

    def __init__(self, path: Path) -> None:
        """Find out how the file can be read."""
        self._copy: tempfile.TemporaryDirectory[str] | None = None
        self._path, self._uri = path, f"{path.absolute().as_uri()}?mode=ro"
        try:
            connection = self.connect()
            try:
                connection.execute("SELECT 1 FROM sqlite_master").fetchone()
            finally:
                connection.close()
            self._state: tuple[int, ...] | None = None
        except sqlite3.OperationalError:
            self._state = self._look()
            if self._state[-1]:
                try:
                    self._copy = tempfile.TemporaryDirectory(prefix="qa-read-", ignore_cleanup_errors=True)
                    for suffix in ("", "-wal"):
                        shutil.copyfile(f"{path}{suffix}", Path(self._copy.name, f"{path.name}{suffix}"))
                except OSError as error:
                    raise sqlite3.OperationalError(f"{error.strerror}, and its log cannot be read") from error
                self._uri = f"{Path(self._copy.name, path.name).as_uri()}?mode=rw"
            else:
                self._uri += "&immutable=1"

    def connect(self) -> sqlite3.Connection:
        """Open a connection."""
        connection = _connect(self._uri, uri=True)
        connection.execute("PRAGMA query_only = ON")
        return connection

    def is_outdated(self) -> bool:
        """Whether the file was written since; a connection that goes through the companions sees that by itself."""
        return self._state is not None and self._look() != self._state

    def close(self) -> None:
        """Delete the copy, if there is one."""
        if self._copy:
            self._copy.cleanup()

    def _look(self) -> tuple[int, ...]:
        """Size and time of the file, and the size of its log."""
        found = self._path.stat()
        log = Path(f"{self._path}-wal")
        return found.st_size, found.st_mtime_ns, log.stat().st_size if log.exists() else 0


def _connect(file: str, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False, uri=uri)


def _with_places(statement: str, values: Sequence[Any]) -> str:
    return statement.format(",".join("?" * len(values)))


def _file_identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino
