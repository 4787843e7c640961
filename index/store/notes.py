"""What the indexes derived from a catalog note about their files, on the computer that has these files.

A catalog in a file has the notes beside it, in the same file. A catalog on a server is followed by indexes on several
computers, so each keeps its own.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from index.store.sqlite import Database

TABLES = (
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE dense_files (position INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL)",
)


class Notes:
    """The notes of one collection, in a SQLite file that has the two tables; threads may share them."""

    def __init__(self, database: Database) -> None:
        """Keep them in an open file."""
        self._database = database

    @classmethod
    def open(cls, file: Path) -> "Notes":
        """Open a file of their own, and create it if it is missing; StorageError when that fails."""
        label, advice = "what is noted of the indexes in", "If it is damaged, delete it; the indexes are built again."
        return cls(Database(file, TABLES, label=label, advice=advice))

    def get(self, key: str) -> str | None:
        """Return a value, or None."""
        return next((value for (value,) in self._database.rows("SELECT value FROM meta WHERE key = ?", (key,))), None)

    def all(self) -> dict[str, str]:
        """Return all values, by key."""
        return dict(self._database.rows("SELECT key, value FROM meta"))

    def set(self, key: str, value: str) -> None:
        """Keep a value."""
        statement = "INSERT INTO meta VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value"
        self._database.rows(statement, (key, value))

    def dense_files(self) -> list[tuple[str, str]]:
        """List the files of the vector index and their hashes, in order."""
        return self._database.rows("SELECT name, sha256 FROM dense_files ORDER BY position")

    def set_dense_files(self, files: Sequence[tuple[str, str]], generation: int) -> None:
        """Note the files of the vector index and the generation they have reached, inside a transaction."""
        self._database.rows("DELETE FROM dense_files")
        for file in files:
            self._database.rows("INSERT INTO dense_files (name, sha256) VALUES (?, ?)", file)
        self.set("dense_generation", str(generation))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Write alone among all processes of this computer, until leaving: commit then, or roll back on an error."""
        with self._database.transaction():
            yield

    def close(self) -> None:
        """Close the file."""
        self._database.close()
