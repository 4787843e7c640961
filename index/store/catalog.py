"""The vectors of several passages, one below the other, and the id that each goes by in the vector index.

What a passage is judged by: its vectors and its terms, as words and as numbers.

Hundreds of passages are scored for every question, so the catalog keeps the terms of each as numbers (`Signature`);
the words themselves (`Candidate`) are worked out only for the few passages that are shown.

What the catalog keeps of the files themselves, beside their text: which are known, which fail, which are left out.

The selection a collection is made of is kept here too, so that a collection can be opened by its name alone.

The catalog: one SQLite file that is the truth about a collection.

It holds the documents, their texts, the passages as offsets, the embeddings, the failures and a generation counter that
every committed change raises. FAISS and the lexical index are derived from it and can be rebuilt at any time. The text of
a file is one transaction, there whole or not at all; embeddings follow in transactions of some hundred passages.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import chain

import numpy as np

from index.records import (
    Document,
    DocumentInfo,
    DocumentStatus,
    Failure,
    KnownFile,
    Passage,
    PreparedPassage,
    Source,
    StoredPassage,
    Totals,
)
from index.sources import Selection, SourceRules
from index.store.sqlite import NEW_PASSAGE, PASSAGE_COLUMNS, Database, pack, unpack
from index.text.terms import term_key, text_terms

VECTORS_PER_PASSAGE = 4_096  # the paragraph and at most 4,095 sentences


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """Vectors of some passages, as the catalog keeps them.

    Attributes:
        passages: int64 of shape (passages,): their ids.
        counts: int64 of shape (passages,): how many vectors each has: the paragraph's and its sentences'.
        vectors: float16 of shape (vectors, dimension), passage by passage.
    """

    passages: np.ndarray
    counts: np.ndarray
    vectors: np.ndarray

    @classmethod
    def join(cls, rows: Iterable[tuple[int, bytes]], dimension: int) -> "PassageVectors":
        """Put vectors one below the other, from rows of the catalog: a passage's id and its vectors as bytes."""
        listed = list(rows)
        sizes = np.array([len(blob) for _, blob in listed], dtype=np.int64)
        joined = np.frombuffer(b"".join([blob for _, blob in listed]), dtype="<f2").reshape(-1, dimension)
        return cls(np.array([id_ for id_, _ in listed], dtype=np.int64), sizes // (2 * dimension), joined)

    def owners(self) -> np.ndarray:
        """The id of the passage that each vector belongs to: int64 of shape (vectors,)."""
        return np.repeat(self.passages, self.counts)

    def ids(self) -> np.ndarray:
        """The id of each vector: int64 of shape (vectors,)."""
        rows = np.arange(len(self.vectors)) - np.repeat(self._firsts(), self.counts)
        return self.owners() * VECTORS_PER_PASSAGE + rows

    def split(self) -> list[tuple[int, np.ndarray]]:
        """Each passage's id and its vectors."""
        return list(zip(self.passages.tolist(), np.split(self.vectors, self._firsts()[1:]), strict=False))

    def nearest(self, vector: np.ndarray, count: int) -> list[int]:
        """Search them exactly, without an index.

        Args:
            vector: float32 of shape (dimension,).
            count: How many passages to find at most.

        Returns:
            Ids of the passages with the nearest vectors, nearest first; ties by id.
        """
        if not len(self.passages):
            return []
        best = np.maximum.reduceat(self.vectors.astype(np.float32) @ vector, self._firsts())
        return self.passages[np.lexsort((self.passages, -best))[:count]].tolist()

    def _firsts(self) -> np.ndarray:
        return np.cumsum(self.counts) - self.counts


def vector_ids(passages: Sequence[tuple[int, int]]) -> np.ndarray:
    """The ids of the vectors of some passages, given as (passage id, how many sentences): int64, ascending."""
    rows = (range(id_ * VECTORS_PER_PASSAGE, id_ * VECTORS_PER_PASSAGE + 1 + n) for id_, n in sorted(passages))
    return np.fromiter(chain.from_iterable(rows), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage with its terms as words.

    Attributes:
        embeddings: Unit vectors of shape (1 + sentences, dimension): the paragraph first, then its sentences in order.
        heading_terms: The terms of its heading.
        sentence_terms: The terms of each sentence, in order, as `text_terms` gives them.
    """

    embeddings: np.ndarray
    heading_terms: tuple[str, ...]
    sentence_terms: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """A passage with its terms as numbers, as the catalog keeps it; little-endian throughout.

    Attributes:
        vectors: float16 of shape (1 + sentences, dimension), unit rows: the paragraph first, then its sentences; of
            shape (1, dimension) where its one sentence is all of it.
        keys: uint64 of shape (terms,): `term_key` of each term, those of the heading first.
        lengths: int32 of shape (1 + sentences,): how many of them the heading and each sentence have.
    """

    vectors: bytes
    keys: bytes
    lengths: bytes

    def embeddings(self, dimension: int) -> np.ndarray:
        """The vectors as an array: float16 of shape (1 + sentences, dimension)."""
        rows = np.frombuffer(self.vectors, dtype="<f2").reshape(-1, dimension)
        return row_per_sentence(rows, len(self.lengths) // 4 - 1)

    def sentence_keys(self) -> tuple[int, ...]:
        """The keys of the terms of its sentences, in order, repetitions included."""
        heading = int.from_bytes(self.lengths[:4], "little")
        return tuple(np.frombuffer(self.keys, dtype="<u8")[heading:].tolist())


def passage_terms(passage: Passage, text: str) -> tuple[list[str], list[list[str]]]:
    """The terms a passage is found and scored by.

    Args:
        passage: Where it stands.
        text: Its text.

    Returns:
        The terms of its heading, and those of each of its sentences.
    """
    sentences = (text[s.start - passage.start : s.end - passage.start] for s in passage.sentences)
    return text_terms(passage.place.heading or ""), [text_terms(sentence) for sentence in sentences]


def term_keys(heading: list[str], sentences: list[list[str]]) -> tuple[np.ndarray, np.ndarray]:
    """Turn terms into numbers: `keys` and `lengths` as in `Signature`, as arrays."""
    keys = np.fromiter(map(term_key, chain(heading, *sentences)), dtype="<u8")
    return keys, np.array([len(heading), *map(len, sentences)], dtype="<i4")


def describe(passage: Passage, text: str, embeddings: np.ndarray) -> Candidate:
    """Work out the terms of a passage.

    Args:
        passage: Where it stands.
        text: Its text.
        embeddings: As in `Candidate`.
    """
    heading, sentences = passage_terms(passage, text)
    return Candidate(embeddings, tuple(heading), tuple(map(tuple, sentences)))


def row_per_sentence(vectors: np.ndarray, sentences: int) -> np.ndarray:
    """One row for the paragraph and one a sentence, also where the one sentence has no vector of its own."""
    return vectors if len(vectors) == 1 + sentences else np.repeat(vectors[:1], 1 + sentences, axis=0)


@dataclass(frozen=True, slots=True)
class Block:
    """Several signatures one behind the other, for arithmetic on all at once.

    Attributes:
        vectors: float64 of shape (rows, dimension).
        first_rows: int64 of shape (passages,): the paragraph's row of each passage; its sentences' follow.
        keys: uint64 of shape (terms,).
        key_parts: int64 of shape (terms,): the part, a heading or a sentence, that each term belongs to.
        lengths: float64 of shape (parts,): terms in each part.
        first_parts: int64 of shape (passages,): the heading of each passage; its sentences follow.
    """

    vectors: np.ndarray
    first_rows: np.ndarray
    keys: np.ndarray
    key_parts: np.ndarray
    lengths: np.ndarray
    first_parts: np.ndarray

    def __len__(self) -> int:
        """How many passages it holds."""
        return len(self.first_rows)


def join(signatures: Sequence[Signature], dimension: int) -> Block:
    """Put signatures, at least one, one behind the other, in the order given."""
    vectors = np.frombuffer(b"".join([s.vectors for s in signatures]), dtype="<f2").reshape(-1, dimension)
    lengths = np.frombuffer(b"".join([s.lengths for s in signatures]), dtype="<i4")
    return Block(
        vectors=vectors.astype(np.float64),
        first_rows=_starts([len(s.vectors) // (2 * dimension) for s in signatures]),
        keys=np.frombuffer(b"".join([s.keys for s in signatures]), dtype="<u8"),
        key_parts=np.repeat(np.arange(len(lengths)), lengths),
        lengths=lengths.astype(np.float64),
        first_parts=_starts([len(s.lengths) // 4 for s in signatures]),
    )


def _starts(sizes: list[int]) -> np.ndarray:
    return np.cumsum([0, *sizes[:-1]], dtype=np.int64)


class Holdings(Database):
    """The part of a catalog that is about files."""

    def known_files(self) -> dict[str, KnownFile]:
        """Every document's file as it was when read, by path."""
        rows = self._rows("SELECT path, source, size, modified_ns, changed_ns, file_sha256 FROM documents")
        return {row[0]: KnownFile(*row) for row in rows}

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
                "INSERT INTO failures SELECT ?1, ?2, ?3, ?4 WHERE ?1 NOT IN (SELECT path FROM exclusions)",
                ((f.path, f.source, f.reason, f.seen) for f in failures),
            )

    def failures(self) -> tuple[Failure, ...]:
        """Sources that could not be read, by the name shown."""
        rows = self._rows("SELECT source, path, reason, seen FROM failures ORDER BY source, path")
        return tuple(Failure(*row) for row in rows)

    def exclude(self, path: str, source: str) -> None:
        """Take a file out, and keep it out, in one transaction."""
        with self.transaction():
            self._connection.execute("INSERT OR IGNORE INTO exclusions VALUES (?, ?)", (path, source))
            self._forget(path)

    def forget(self, path: str) -> None:
        """Drop what is kept of a file, its text or the reason why it cannot be read, in one transaction."""
        with self.transaction():
            self._forget(path)

    def _forget(self, path: str) -> None:
        self._connection.execute("DELETE FROM failures WHERE path = ?", (path,))
        self._remove(path, self.raise_generation())

    def restore(self, path: str) -> bool:
        """Let an excluded file in again, at the next update; returns whether it was excluded."""
        with self.transaction():
            return self._connection.execute("DELETE FROM exclusions WHERE path = ?", (path,)).rowcount > 0

    def is_excluded(self, path: str) -> bool:
        """Whether a file is excluded."""
        return bool(self._rows("SELECT 1 FROM exclusions WHERE path = ?", (path,)))

    def exclusions(self) -> dict[str, str]:
        """The names shown of the files that are excluded, by path."""
        return dict(self._rows("SELECT path, source FROM exclusions"))

    def document_statuses(self) -> list[DocumentStatus]:
        """How every document stands, in any order."""
        rows = self._rows(
            "SELECT documents.id, source, path, documents.passages, pages, coalesce(waiting, 0), language, size,"
            " modified_ns, extractor, notes FROM documents LEFT JOIN (SELECT document_id, count(*) AS waiting"
            " FROM pending JOIN passages ON id = passage_id GROUP BY document_id) ON document_id = documents.id"
        )
        return [
            DocumentStatus(
                *(id_, source, path, "pending" if pending else "indexed", passages, pages, pending, language, size),
                *(describe_time(modified_ns), extractor, tuple(json.loads(notes))),
            )
            for id_, source, path, passages, pages, pending, language, size, modified_ns, extractor, notes in rows
        ]

    def keep_selection(self, selection: Selection) -> None:
        """Keep what the collection is made of, in place of what it was made of."""
        kept = write_selection(selection)
        if kept != self.meta("selection"):
            self.set_meta("selection", kept)

    def selection(self) -> Selection | None:
        """What the collection is made of; None before its first update."""
        kept = self.meta("selection")
        return read_selection(kept) if kept else None


def write_selection(selection: Selection) -> str:
    """A selection as JSON, its paths as they are."""
    return json.dumps({**asdict(selection), "paths": [str(path) for path in selection.paths]})


def read_selection(text: str) -> Selection:
    """A selection from JSON; ValueError, KeyError or TypeError when it is none."""
    kept = json.loads(text)
    rules = {name: tuple(value) if isinstance(value, list) else value for name, value in kept["rules"].items()}
    return Selection(tuple(kept["paths"]), SourceRules(**rules), kept["name"])


def describe_time(nanoseconds: int) -> str:
    """A time of change as an ISO 8601 date and time in UTC."""
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC).isoformat()


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
        pages = max((each.place.page for each in document.locators if each.place.page is not None), default=None)
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
