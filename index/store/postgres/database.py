"""The tables of one catalog in a schema of a PostgreSQL server, which processes of several computers share.

Readers see one moment and never wait for the writer: each snapshot has a connection of its own. Writes take turns, by a lock of
the server that a transaction holds. Whoever updates a collection holds another, which belongs to the connection that writes: if
that breaks, the server takes the lock back, and what would be written after that is refused.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from index.errors import DamagedError, DeletedError, LockedError, StorageError
from index.store.sharing import UnderWay

if TYPE_CHECKING:
    import psycopg

_LOOK_SECONDS = 0.2  # between two looks whether to give up waiting
# A server that is gone without a word is given up after a minute.
_CONNECTION: dict[str, Any] = {
    "connect_timeout": 10, "application_name": "qa-verbatim", "keepalives_idle": 30, "keepalives_interval": 10,
    "keepalives_count": 3, "tcp_user_timeout": 60_000,
}  # fmt: skip
_MOST_IDLE = 8  # connections kept to read by
# PostgreSQL keeps no zero characters in text, and no file is refused for one: both are written with an escape before them.
_ESCAPE, _ZERO = "\ufdd0", "\0"
_ADVICE = {
    "53100": "Free some disk space on the server, then run the same command again; what was committed is kept.",
    "42501": "Grant this user the rights, or name another user in QA_STORE.",
    "25006": "The server can only be read; name the one that takes writes in QA_STORE.",
}


class PostgresDatabase:
    """The tables of one catalog, open for reading and writing; threads may share them."""

    is_beyond_ascii: ClassVar[str] = r"{} ~ '[^\x01-\x7f]'"

    def __init__(self, address: str, schema: str, *, is_there: str) -> None:
        """Open a schema; connections are made when they are needed.

        Args:
            address: `postgresql://USER:PASSWORD@HOST/DATABASE`, or what else libpq takes.
            schema: Its name.
            is_there: A query that finds a row while the collection is there.
        """
        self._address, self._schema, self._is_there = address, schema, is_there
        self._lock = threading.RLock()  # guards the connection that writes
        self._writer: psycopg.Connection[Any] | None = None
        self._updating = False  # whether the connection that writes has the lock of updates
        self._lending = threading.Lock()  # guards what is idle
        self._idle: list[psycopg.Connection[Any]] = []
        self._under_way = UnderWay()
        self._closed = False

    def close(self) -> None:
        """Close all connections; snapshots under way close theirs when they end."""
        with self._lock:
            self._closed = True
            with self._lending:
                closing, self._idle = [*self._idle, *([self._writer] if self._writer else [])], []
            for connection in closing:
                connection.close()
            self._writer = None

    @property
    def is_deleted(self) -> bool:
        """Whether the collection is gone, or another one has taken its place; False while the server cannot be reached."""
        try:
            return not self._read(self._is_there, ())
        except StorageError:
            return False

    @property
    def is_current(self) -> bool:
        """Whether the collection is still the one that was opened."""
        return not self.is_deleted

    @property
    def version(self) -> object | None:
        """What changes with each commit, of the moment of the snapshot under way."""
        return self._under_way.version

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write alone among all processes, until leaving: commit then, or roll back on an error."""
        with self._lock, translated_errors(self._address):
            connection, _ = self._write("BEGIN")
            try:
                _execute(connection, "SELECT pg_advisory_xact_lock(%s)", (_lock_number(self._schema, "write"),))
                with self._under_way.on(connection):
                    yield
            except BaseException:
                with suppress(Exception):  # the connection may be gone, and the transaction with it
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read from one moment until leaving, in this thread. Inside another one, or a transaction, it is the same moment."""
        if self._under_way.connection:
            yield
            return
        begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT pg_current_snapshot()::text"
        with translated_errors(self._address), self._lend(begin) as (connection, cursor):
            cursor.nextset()
            ((version,),) = cursor.fetchall()
            try:
                with self._under_way.on(connection, version):
                    yield
            finally:
                if not connection.closed:
                    connection.execute("COMMIT")

    @contextmanager
    def writing(self, patience: float, stopped: Callable[[], bool], on_wait: Callable[[], None]) -> Iterator[None]:
        """Hold the lock of updates, which the server takes back from a process that ends in any way."""
        deadline = time.monotonic() + patience
        number = (_lock_number(self._schema, "update"),)
        while not self._take_lock(number):
            if stopped() or time.monotonic() >= deadline:
                raise LockedError(
                    f"another computer is updating this collection on {shown(self._address)}. Try again later."
                )
            on_wait()
            on_wait = _do_nothing
            time.sleep(_LOOK_SECONDS)
        try:
            yield
        finally:
            with self._lock:
                self._updating = False
                if self._writer and not self._writer.closed:
                    with suppress(Exception):
                        _execute(self._writer, "SELECT pg_advisory_unlock(%s)", number)

    def _take_lock(self, number: tuple[int]) -> bool:
        with self._lock, translated_errors(self._address):
            _, cursor = self._write("SELECT pg_try_advisory_lock(%s)", number)
            ((self._updating,),) = cursor.fetchall()
            return self._updating

    def _write(
        self, statement: str, values: Sequence[Any] = ()
    ) -> "tuple[psycopg.Connection[Any], psycopg.Cursor[Any]]":
        """Run a statement on the connection that writes; once more if that broke while it was idle."""
        import psycopg

        connection = self._connection_to_write()
        try:
            return connection, _execute(connection, statement, values)
        except psycopg.OperationalError:
            if not connection.closed:
                raise
        connection = self._connection_to_write()
        return connection, _execute(connection, statement, values)

    def _connection_to_write(self) -> "psycopg.Connection[Any]":
        """The connection that writes, made anew if it broke; StorageError when the lock of an update went with it."""
        if self._writer is None or self._writer.closed:
            if self._writer and self._updating:
                raise StorageError(
                    f"the connection to {shown(self._address)} broke during the update. Run the same command again; what was"
                    " committed is kept."
                )
            self._writer = self._connect()
        return self._writer

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run one statement and return its rows, as tuples."""
        statement = _with_placeholders(statement) if values else statement
        if connection := self._under_way.connection:
            with translated_errors(self._address):
                return _fetch(_execute(connection, statement, values))
        if statement.lstrip().startswith("SELECT"):
            return self._read(statement, values)
        with self._lock, translated_errors(self._address):
            return _fetch(self._write(statement, values)[1])

    def rows_among(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """Return the rows for any number of values, which the statement takes as `IN ({})`."""
        return self.rows(statement.replace("IN ({})", "= ANY(?)"), (list(values),)) if values else []

    def scattered_rows(self, statement: str, values: Sequence[int]) -> list[Any]:
        """Return hundreds of rows from all over the tables; the server reads ahead by itself."""
        return self.rows_among(statement, values)

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows, inside a transaction."""
        named = ", ".join(f'"{column}"' for column in columns)
        connection = self._under_way.connection
        assert connection is not None
        copying = f"COPY {table} ({named}) FROM STDIN"
        with translated_errors(self._address), connection.cursor() as cursor, cursor.copy(copying) as copy:
            for row in rows:
                copy.write_row(row)

    def new_ids(self, table: str, count: int) -> Sequence[int]:
        """Take ids from the sequence of a table, for rows to insert inside a transaction."""
        statement = "SELECT nextval(pg_get_serial_sequence(?, 'id')) FROM generate_series(1, ?)"
        return [id_ for (id_,) in self.rows(statement, (table, count))]

    def faults(self) -> list[str]:
        """The server checks its pages itself, where its checksums are on, as it reads them."""
        return []

    def _read(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """Read outside of a transaction."""
        with translated_errors(self._address), self._lend(statement, values) as (_, cursor):
            return _fetch(cursor)

    @contextmanager
    def _lend(
        self, statement: str, values: Sequence[Any] | None = None
    ) -> "Iterator[tuple[psycopg.Connection[Any], psycopg.Cursor[Any]]]":
        """Lend a connection on which a statement was run, and its cursor. One that broke while it was idle is made anew."""
        import psycopg

        with self._lending:
            connection = self._idle.pop() if self._idle else None
        try:
            if connection is None:
                connection = self._connect()
                cursor = _execute(connection, statement, values)
            else:
                try:
                    cursor = _execute(connection, statement, values)
                except psycopg.OperationalError:
                    if not connection.closed:
                        raise
                    self._drop_idle()
                    connection = self._connect()
                    cursor = _execute(connection, statement, values)
            yield connection, cursor
        finally:
            if connection is not None:
                with self._lending:
                    keep = not (self._closed or connection.closed or len(self._idle) >= _MOST_IDLE)
                    keep = keep and connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
                    if keep:
                        self._idle.append(connection)
                if not keep:
                    connection.close()

    def _drop_idle(self) -> None:
        """Close the connections that are idle: where one broke, so did the others."""
        with self._lending:
            dropped, self._idle = self._idle, []
        for connection in dropped:
            connection.close()

    def _connect(self) -> "psycopg.Connection[Any]":
        if self._closed:
            raise StorageError(f"the catalog {self._schema} on {shown(self._address)} was closed.")
        connection = connect(self._address)
        connection.execute(f"SET search_path TO {self._schema}")
        return connection


def connect(address: str) -> "psycopg.Connection[Any]":
    """Connect to a server.

    Raises:
        StorageError: psycopg is not installed, or the server cannot be reached.
    """
    try:
        import psycopg
    except ImportError as error:
        raise StorageError("PostgreSQL needs another package: pip install 'qa-verbatim[postgres]'") from error
    with translated_errors(address):
        connection = psycopg.connect(address, autocommit=True, client_encoding="UTF8", **_CONNECTION)
        dumper, loaders = _text_adapters()
        connection.adapters.register_dumper(str, dumper)
        for loader in loaders:
            connection.adapters.register_loader("text", loader)
        return connection


@cache
def _text_adapters() -> tuple[type, tuple[type, ...]]:
    from psycopg.types.string import StrDumperUnknown, TextBinaryLoader, TextLoader

    class Dumper(StrDumperUnknown):
        def dump(self, obj: str) -> Any:
            return super().dump(_escape(obj))

    class Loader(TextLoader):
        def load(self, data: Any) -> Any:
            return _restore(super().load(data))

    class BinaryLoader(TextBinaryLoader):
        def load(self, data: Any) -> Any:
            return _restore(super().load(data))

    return Dumper, (Loader, BinaryLoader)


@contextmanager
def translated_errors(address: str) -> Iterator[None]:
    """Raise the errors of psycopg as StorageError, with what to do, or as a kind of it."""
    try:
        import psycopg
    except ImportError:
        yield  # the body says so
        return
    try:
        yield
    except psycopg.Error as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        reason = lines[0].removeprefix("connection failed: ").rstrip(".")
        state = error.sqlstate or ""
        if isinstance(error, (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName)):
            raise DeletedError(f"the collection on {shown(address)} was deleted or rebuilt. Open it again.") from error
        if state in ("XX001", "XX002"):  # damaged data, a damaged index
            raise DamagedError(f"the catalog on {shown(address)} is damaged: {reason}.") from error
        advice = _ADVICE.get(state)
        if advice is None and isinstance(error, psycopg.OperationalError):
            advice = "Start the server, or check QA_STORE; what was committed is kept."
        raise StorageError(
            f"the catalog on {shown(address)} cannot be used: {reason}. {advice or 'See the log of the server.'}"
        ) from error


@lru_cache
def shown(address: str) -> str:
    """An address without user and password, fit to be shown."""
    parts = _parse(address)
    if parts is None:
        return "the address in QA_STORE"
    host, port = parts.get("host") or "localhost", str(parts.get("port", "")).strip(",")
    host = f"[{host}]" if ":" in host else host
    return f"postgresql://{host}{port and ':'}{port}/{parts.get('dbname') or parts.get('user') or ''}"


def is_here(address: str) -> bool:
    """Whether an address is of this computer: a loopback address, or a socket."""
    parts = _parse(address)
    hosts = str(parts.get("host") or "localhost").split(",") if parts else []
    return bool(hosts) and all(host in ("localhost", "::1") or host.startswith(("127.", "/")) for host in hosts)


def _parse(address: str) -> dict[str, Any] | None:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        return dict(conninfo_to_dict(address))
    except psycopg.Error:
        return None


def _execute(connection: "psycopg.Connection[Any]", statement: str, values: Sequence[Any] | None) -> Any:
    """Run a statement; one without values may be several. Bytes come as they are, not as hexadecimal digits."""
    return connection.cursor(binary=True).execute(statement, values) if values else connection.execute(statement)


def _fetch(cursor: Any) -> list[Any]:
    rows: list[Any] = cursor.fetchall() if cursor.description else []
    return rows


@lru_cache(maxsize=256)
def _with_placeholders(statement: str) -> str:
    return statement.replace("%", "%%").replace("?", "%s")


def _lock_number(schema: str, purpose: str) -> int:
    """The number of a lock, which PostgreSQL takes as a signed one of 64 bits."""
    digest = hashlib.blake2b(f"qa-verbatim {schema} {purpose}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _escape(text: str) -> str:
    if _ZERO not in text and _ESCAPE not in text:
        return text
    return text.replace(_ESCAPE, f"{_ESCAPE}e").replace(_ZERO, f"{_ESCAPE}0")


def _restore(text: Any) -> Any:
    if not isinstance(text, str) or _ESCAPE not in text:
        return text
    return text.replace(f"{_ESCAPE}0", _ZERO).replace(f"{_ESCAPE}e", _ESCAPE)


def _do_nothing() -> None:
    pass
