"""The catalog: one SQLite file that is the truth about a collection.

It holds the documents, their texts, the passages as offsets, the embeddings, the failures and a generation counter that
every committed change raises. FAISS and the lexical index are derived from it and can be rebuilt at any time. The text of
a file is one transaction, there whole or not at all; embeddings follow in transactions of some hundred passages.
"""

import json
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from index.candidates import Signature
from index.holdings import Holdings
from index.records import Document, DocumentInfo, PreparedPassage, Source, StoredPassage, Totals
from index.schema import NEW_PASSAGE, PASSAGE_COLUMNS, pack, unpack
from index.vectors import PassageVectors


class Catalog(Holdings):
    """The SQLite file of one collection, open for reading and writing."""

    def documents(self) -> tuple[DocumentInfo, ...]:
        """Every document, by the name shown, then path."""
        rows = self._rows(
            "SELECT id, source, path, text_sha256, characters, passages FROM documents ORDER BY source, path"
        )
        return tuple(DocumentInfo(*row) for row in rows)

    def document(self, path: str) -> Document | None:
        """A document with its text, without locators, or None."""
        rows = self._rows(
            "SELECT source, text, text_sha256, file_sha256, extractor, notes FROM documents WHERE path = ?", (path,)
        )
        if not rows:
            return None
        source, text, text_sha256, file_sha256, extractor, notes = rows[0]
        return Document(
            source, path, text, text_sha256, file_sha256, extractor=extractor, notes=tuple(json.loads(notes))
        )

    def document_keys(self, ids: Sequence[int]) -> dict[int, tuple[str, str, str]]:
        """The name shown, the path and the hash of the text, by document id."""
        rows = self._of_ids("SELECT id, source, path, text_sha256 FROM documents WHERE id IN ({})", ids)
        return {row[0]: row[1:] for row in rows}

    def totals(self) -> Totals:
        """How much it holds."""
        return Totals(*self._rows("SELECT * FROM totals")[0])

    def write_document(
        self, document: Document, source: Source, *, passages: Sequence[PreparedPassage], language: str = ""
    ) -> None:
        """Write a document, in place of what was at its path, in one transaction; nothing where it is excluded.

        Content that the catalog already holds embeddings of, under any name, gets them at once.

        Args:
            document: As read.
            source: The file as it stood before it was read.
            passages: In order.
            language: ISO 639-1 code, or empty.
        """
        pages = max((locator.page for locator in document.locators if locator.page is not None), default=None)
        with self.transaction():
            if self.is_excluded(document.path):  # since the update began
                return
            known = self.known_vectors([p.content_hash for p in passages if p.passage.answering])
            generation = self.raise_generation()
            self._remove(document.path, generation)
            cursor = self._connection.execute(
                "INSERT INTO documents (path, source, size, modified_ns, changed_ns, file_sha256, text_sha256, extractor,"
                " characters, passages, pages, language, notes, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (document.path, source.name, source.size, source.modified_ns, source.changed_ns, document.file_sha256)
                + (document.text_sha256, document.extractor, len(document.text), len(passages), pages, language)
                + (json.dumps(document.notes), document.text),
            )
            document_id = cursor.lastrowid
            for prepared in passages:
                cursor.execute(NEW_PASSAGE, pack(document_id, generation, document, prepared))
                vectors = known.get(prepared.content_hash)
                if vectors:
                    cursor.execute("INSERT INTO embeddings VALUES (?, ?, ?)", (cursor.lastrowid, generation, vectors))
                elif prepared.passage.answering:
                    cursor.execute("INSERT INTO pending VALUES (?)", (cursor.lastrowid,))

    def passages(self, ids: Sequence[int]) -> list[StoredPassage]:
        """Those of some passages that exist, by id."""
        return [unpack(row) for row in self._of_ids(f"SELECT {PASSAGE_COLUMNS} FROM passages WHERE id IN ({{}})", ids)]

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

    def passages_from(self, path: str, paragraph: int, most: int) -> list[StoredPassage]:
        """The first passages of a document that may answer, from a paragraph on, in order."""
        return [
            unpack(row)
            for row in self._rows(
                f"SELECT {PASSAGE_COLUMNS} FROM passages WHERE document_id = (SELECT id FROM documents WHERE path = ?)"
                " AND answering AND paragraph >= ? ORDER BY id LIMIT ?",
                (path, paragraph, most),
            )
        ]

    def language_of(self, path: str) -> str:
        """ISO 639-1 code of a document's language; empty where it was not told, or there is no such document."""
        return next((row[0] for row in self._rows("SELECT language FROM documents WHERE path = ?", (path,))), "")

    def passages_since(self, generation: int, batch: int = 250) -> Iterator[list[StoredPassage]]:
        """Passages written after a generation and still there, in the order written, some at a time."""
        for rows in self._since(PASSAGE_COLUMNS, "passages", "id", generation=generation, batch=batch):
            yield [unpack(row) for row in rows]

    def signatures(self, ids: Sequence[int]) -> dict[int, tuple[int, int, Signature]]:
        """What some passages are scored by: their document's id, their start and their signature, by passage id.

        Passages that are gone are left out; one that is pending has a signature without vectors.
        """
        rows = self._scattered_rows(
            "SELECT id, document_id, start, vectors, keys, lengths FROM passages"
            " LEFT JOIN embeddings ON passage_id = id WHERE id IN ({}) ORDER BY +id",
            ids,
        )
        return {row[0]: (row[1], row[2], Signature(row[3] or b"", row[4], row[5])) for row in rows}

    def vector_owners(self, sources: Sequence[str]) -> list[tuple[int, int, int]]:
        """Passages of the documents with some names that may answer: (document id, passage id, how many sentences)."""
        return self._of_ids(
            "SELECT document_id, passages.id, length(sentences) / 8 FROM passages JOIN documents ON documents.id = document_id"
            " WHERE answering AND source IN ({})",
            sources,
        )

    def passage_counts(self, sources: Sequence[str]) -> tuple[int, int]:
        """How many passages of the documents with some names may answer, and how many of these are pending."""
        counts = self._of_ids(
            "SELECT count(*), count(passage_id) FROM passages JOIN documents ON documents.id = document_id"
            " LEFT JOIN pending ON passage_id = passages.id WHERE answering AND source IN ({})",
            sources,
        )
        return sum(passages for passages, _ in counts), sum(pending for _, pending in counts)

    def removals_since(self, generation: int) -> list[tuple[int, int, int]]:
        """Documents removed after a generation: (document id, first passage id, last passage id)."""
        return self._rows("SELECT document_id, first_id, last_id FROM removals WHERE generation > ?", (generation,))

    def pending_passages(self, after: int, batch: int) -> list[tuple[StoredPassage, bytes]]:
        """The first passages behind an id that are not embedded yet, each with its content hash, by id."""
        rows = self._rows(
            f"SELECT {PASSAGE_COLUMNS}, content_hash FROM pending JOIN passages ON id = passage_id"
            " WHERE passage_id > ? ORDER BY passage_id LIMIT ?",
            (after, batch),
        )
        return [(unpack(row[:-1]), row[-1]) for row in rows]

    def write_vectors(self, vectors: Mapping[int, bytes]) -> None:
        """Write the embeddings of some passages, by id, in one transaction; those of passages gone meanwhile are dropped.

        Args:
            vectors: float16 of shape (1 + sentences, dimension), or (1, dimension), as bytes.
        """
        with self.transaction():
            generation = self.raise_generation()
            self._connection.executemany(
                "INSERT INTO embeddings SELECT passage_id, ?, ? FROM pending WHERE passage_id = ?",
                ((generation, blob, id_) for id_, blob in vectors.items()),
            )
            self._connection.executemany("DELETE FROM pending WHERE passage_id = ?", ((id_,) for id_ in vectors))

    def vectors_since(self, generation: int, dimension: int, batch: int = 500) -> Iterator[PassageVectors]:
        """Embeddings written after a generation and still there, those of some passages at a time."""
        columns = "passage_id, vectors"
        for rows in self._since(columns, "embeddings", "passage_id", generation=generation, batch=batch):
            yield PassageVectors.join(rows, dimension)

    def count_vectors_since(self, generation: int, dimension: int, enough: int) -> int:
        """How many vectors were written after a generation and are still there; not counted on past `enough`."""
        found = self._rows(
            "SELECT sum(size) FROM (SELECT length(vectors) AS size FROM embeddings WHERE generation > ? LIMIT ?)",
            (generation, enough),
        )
        return (found[0][0] or 0) // (2 * dimension)

    def sample_vectors(self, passages: int, dimension: int) -> np.ndarray:
        """The vectors of so many passages, spread evenly over all: float32 of shape (vectors, dimension)."""
        ids = [id_ for (id_,) in self._rows("SELECT passage_id FROM embeddings ORDER BY generation, passage_id")]
        return self.vectors_of(ids[:: max(1, len(ids) // passages)], dimension).vectors.astype(np.float32)

    def vectors_of(self, ids: Sequence[int], dimension: int) -> PassageVectors:
        """The embeddings of those of some passages that have any, by id."""
        statement = "SELECT passage_id, vectors FROM embeddings WHERE passage_id IN ({}) ORDER BY +passage_id"
        return PassageVectors.join(self._scattered_rows(statement, sorted(ids)), dimension)

    def known_vectors(self, content_hashes: Sequence[bytes]) -> dict[bytes, bytes]:
        """Embeddings of equal content already in the catalog, as they are written, by content hash."""
        rows = self._of_ids(
            "SELECT content_hash, vectors FROM passages JOIN embeddings ON passage_id = id"
            " WHERE content_hash IN ({}) GROUP BY content_hash",
            sorted(set(content_hashes)),
        )
        return dict(rows)

    def dense_files(self) -> list[tuple[str, str]]:
        """The files of the vector index and their hashes, in order."""
        return self._rows("SELECT name, sha256 FROM dense_files ORDER BY position")

    def set_dense_files(self, files: Sequence[tuple[str, str]], generation: int) -> None:
        """Note which files the vector index consists of, and how far it has come, inside a transaction."""
        self._connection.execute("DELETE FROM dense_files")
        self._connection.executemany("INSERT INTO dense_files (name, sha256) VALUES (?, ?)", files)
        self.set_meta("dense_generation", str(generation))
