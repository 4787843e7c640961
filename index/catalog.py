"""The catalog: one SQLite file that is the truth about a collection.

It holds the documents, their texts, the passages as offsets, the embeddings, the failures and a generation counter that
every committed change raises. FAISS and the lexical index are derived from it and can be rebuilt at any time. One
transaction a file: a change is there whole or not at all.
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from index.errors import StorageError
from index.records import Document, DocumentInfo, Failure, KnownFile, PreparedPassage, Source, StoredPassage, Totals
from index.schema import FORMAT, PASSAGE_COLUMNS, SCHEMA, TRIGGERS, pack, unpack, vectors


class Catalog:
    """The SQLite file of one collection, open for reading and writing."""

    def __init__(self, path: Path) -> None:
        """Open the catalog, creating it where there is none.

        Args:
            path: The file; its folder exists.

        Raises:
            StorageError: The file cannot be opened, is no catalog, or was written by another version.
        """
        self._path = path
        self._lock = threading.RLock()
        with self._translated():
            self._connection = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
            self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;")
            with self.transaction():
                if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                    for statement in (*SCHEMA.split(";"), *TRIGGERS):
                        self._connection.execute(statement)
                    self.set_meta("format", str(FORMAT))
                    self.set_meta("generation", "0")
        if self.meta("format") != str(FORMAT):
            raise StorageError(f"{path} was written by another version. Delete that folder, then index again.")

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

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

    def known_files(self) -> dict[str, KnownFile]:
        """Every document's file as it was when read, by path."""
        rows = self._rows("SELECT path, source, size, modified_ns, changed_ns, file_sha256 FROM documents")
        return {row[0]: KnownFile(*row) for row in rows}

    def documents(self) -> tuple[DocumentInfo, ...]:
        """Every document, by the name shown, then path."""
        rows = self._rows(
            "SELECT source, path, text_sha256, length(text), (SELECT count(*) FROM passages WHERE document_id = documents.id)"
            " FROM documents ORDER BY source, path"
        )
        return tuple(DocumentInfo(*row) for row in rows)

    def document_text(self, path: str) -> tuple[str, str, str] | None:
        """The name shown, the text and the hash of the file of a document, or None."""
        rows = self._rows("SELECT source, text, file_sha256 FROM documents WHERE path = ?", (path,))
        return rows[0] if rows else None

    def document_keys(self, ids: Sequence[int]) -> dict[int, tuple[str, str, str]]:
        """The name shown, the path and the hash of the text, by document id."""
        marks = ",".join("?" * len(ids))
        rows = self._rows(f"SELECT id, source, path, text_sha256 FROM documents WHERE id IN ({marks})", ids)
        return {row[0]: row[1:] for row in rows}

    def totals(self) -> Totals:
        """How much it holds."""
        return Totals(*self._rows("SELECT * FROM totals")[0])

    def write_document(self, document: Document, source: Source, *, passages: Sequence[PreparedPassage]) -> None:
        """Write a document, in place of what was at its path, in one transaction.

        Args:
            document: As read.
            source: The file as it stood before it was read.
            passages: In order.
        """
        with self.transaction():
            generation = self.raise_generation()
            self._remove(document.path, generation)
            cursor = self._connection.execute(
                "INSERT INTO documents (path, source, size, modified_ns, changed_ns, file_sha256, text_sha256, text)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (document.path, source.name, source.size, source.modified_ns, source.changed_ns)
                + (document.file_sha256, document.text_sha256, document.text),
            )
            self._connection.executemany(
                'INSERT INTO passages (document_id, generation, paragraph, start, "end", answering, page, heading, "row",'
                " sheet, slide, date, text, terms, sentences, embeddings, content_hash)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (pack(cursor.lastrowid, generation, document, prepared) for prepared in passages),
            )

    def touch_document(self, source: Source) -> None:
        """Note that a file was found unchanged under a new time of change or a new name."""
        with self.transaction():
            self._connection.execute(
                "UPDATE documents SET source = ?, size = ?, modified_ns = ?, changed_ns = ? WHERE path = ?",
                (source.name, source.size, source.modified_ns, source.changed_ns, source.path),
            )

    def remove_document(self, path: str) -> None:
        """Remove a document with its passages, in one transaction."""
        with self.transaction():
            self._remove(path, self.raise_generation())

    def _remove(self, path: str, generation: int) -> None:
        row = self._connection.execute("SELECT id FROM documents WHERE path = ?", (path,)).fetchone()
        if row:
            first, last = self._connection.execute(
                "SELECT min(id), max(id) FROM passages WHERE document_id = ?", row
            ).fetchone()
            if first is not None:
                self._connection.execute("INSERT INTO removals VALUES (?, ?, ?, ?)", (generation, *row, first, last))
            self._connection.execute("DELETE FROM documents WHERE id = ?", row)

    def set_failures(self, failures: Sequence[Failure]) -> None:
        """Keep the list of sources that could not be read, in place of the last one."""
        with self.transaction():
            self._connection.execute("DELETE FROM failures")
            self._connection.executemany(
                "INSERT INTO failures VALUES (?, ?, ?)", ((f.path, f.source, f.reason) for f in failures)
            )

    def failures(self) -> tuple[Failure, ...]:
        """Sources that could not be read, by the name shown."""
        rows = self._rows("SELECT source, path, reason FROM failures ORDER BY source, path")
        return tuple(Failure(*row) for row in rows)

    def passages(self, ids: Sequence[int]) -> list[StoredPassage]:
        """Those of some passages that exist, by id."""
        found = []
        for first in range(0, len(ids), 500):
            some = ids[first : first + 500]
            marks = ",".join("?" * len(some))
            found += self._rows(f"SELECT {PASSAGE_COLUMNS} FROM passages WHERE id IN ({marks}) ORDER BY id", some)
        return [unpack(row) for row in found]

    def passages_of(self, path: str) -> list[StoredPassage]:
        """The passages of a document, in order."""
        return [
            unpack(row)
            for row in self._rows(
                f"SELECT {PASSAGE_COLUMNS} FROM passages WHERE document_id = (SELECT id FROM documents WHERE path = ?)"
                " ORDER BY id",
                (path,),
            )
        ]

    def passages_since(self, generation: int, batch: int = 2_000) -> Iterator[list[StoredPassage]]:
        """Passages written after a generation and still there, by id, some at a time."""
        last = 0
        while True:
            rows = self._rows(
                f"SELECT {PASSAGE_COLUMNS} FROM passages WHERE generation > ? AND id > ? ORDER BY id LIMIT ?",
                (generation, last, batch),
            )
            if not rows:
                return
            yield [unpack(row) for row in rows]
            last = rows[-1][0]

    def vector_owners(self, sources: Sequence[str]) -> list[tuple[int, int, int]]:
        """Passages of the documents with some names: (document id, passage id, how many sentences)."""
        marks = ",".join("?" * len(sources))
        return self._rows(
            "SELECT document_id, passages.id, length(sentences) / 8 FROM passages JOIN documents ON documents.id = document_id"
            f" WHERE answering AND source IN ({marks})",
            sources,
        )

    def removals_since(self, generation: int) -> list[tuple[int, int, int]]:
        """Documents removed after a generation: (document id, first passage id, last passage id)."""
        return self._rows("SELECT document_id, first_id, last_id FROM removals WHERE generation > ?", (generation,))

    def known_embeddings(self, content_hashes: Sequence[bytes]) -> Mapping[bytes, np.ndarray]:
        """Embeddings of equal content already in the catalog, by content hash."""
        known: dict[bytes, np.ndarray] = {}
        wanted = sorted(set(content_hashes))
        for first in range(0, len(wanted), 500):
            some = wanted[first : first + 500]
            marks = ",".join("?" * len(some))
            rows = self._rows(
                f"SELECT content_hash, embeddings, length(sentences) / 8 FROM passages WHERE content_hash IN ({marks})"
                " GROUP BY content_hash",
                some,
            )
            known.update((row[0], vectors(row[1], row[2])) for row in rows)
        return known
