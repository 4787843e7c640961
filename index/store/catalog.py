"""The catalog: the tables that are the truth about a collection, in a file or on a server.

It keeps the documents with their texts, the passages as offsets, the embeddings, the failures, the files a person has
excluded, and a generation that every committed change raises. FAISS and the lexical index are derived from it and can
be rebuilt at any time.

The text of a file is written in one transaction, with its passages and the keys of their terms. Embeddings take longer
and follow in transactions of some hundred passages; until then a passage is pending, and only its words find it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from random import Random
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from index.errors import DamagedError, SourceError
from index.hashing import text_hash
from index.records import (
    METADATA_FIELDS,
    PLACE_FIELDS,
    Document,
    DocumentInfo,
    DocumentStatus,
    Failure,
    KnownFile,
    Metadata,
    Passage,
    Place,
    PreparedPassage,
    Sentence,
    Source,
    StoredPassage,
    Totals,
    place_values,
)
from index.sources import Selection
from index.store.features import PassageVectors, Signature, passage_terms
from index.store.notes import Notes
from index.store.protocols import CatalogDatabase
from index.store.vocabulary import Vocabulary

CATALOG_FORMAT = 3
_ASCII = re.compile("[\x01-\x7f]+")
_LIKE, _ESCAPED = re.compile("[!%_]"), r"!\g<0>"  # what means something in a pattern
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_BY_NAME = "substr(source, 1, 200), source, path"  # an order that there is an index for
_ALL = 1 << 62
_TRIED = 20  # times as many documents as are wanted are looked at for some in a language
_PENDING = "SELECT document_id FROM pending JOIN passages ON passages.id = passage_id"
_INFO_COLUMNS = "id, source, path, text_sha256, characters, passages"
_METADATA_COLUMNS = ", ".join(METADATA_FIELDS)
_PLACE_COLUMNS = ", ".join(f'"{name}"' for name in PLACE_FIELDS)
_PASSAGE_COLUMNS = f'id, document_id, paragraph, start, "end", answering, sentences, text, {_PLACE_COLUMNS}'
_DOCUMENT_COLUMNS = (
    *(
        "id",
        "path",
        "source",
        "size",
        "modified_ns",
        "changed_ns",
        "file_sha256",
        "text_sha256",
        "extractor",
        "characters",
    ),
    *("passages", "pages", "language", "notes", "text", *METADATA_FIELDS, "stems", "known"),
)
_NEW_PASSAGE_COLUMNS = (
    *("id", "document_id", "generation", "paragraph", "start", "end", "answering", "content_hash", "sentences", "keys"),
    *("lengths", "text", *PLACE_FIELDS),
)
_EMBEDDING_COLUMNS = ("passage_id", "generation", "vectors", "checksum")


@dataclass(frozen=True, slots=True)
class DocumentContent:
    """The text of a document, to be checked."""

    path: str
    source: str
    text: str
    text_sha256: str
    stems: str


@dataclass(frozen=True, slots=True)
class PassageContent:
    """A passage and what was computed from it, to be checked; the last three are as in `PreparedPassage` and `Signature`."""

    content_hash: bytes
    keys: bytes
    lengths: bytes
    stored: StoredPassage


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """What became of a file elsewhere when it was last fetched.

    Attributes:
        name: Its address, which is shown as its name.
        address: The address it was found under, which may be that of a folder.
        file: The name of the copy; empty where there is none.
        version: Tells whether it has changed since; in the words of its server or file system.
        fault: Why it could not be fetched; empty if it could.
    """

    name: str
    address: str
    file: str = ""
    version: str = ""
    fault: str = ""


class Catalog:
    """The catalog of one collection, open for reading and writing; threads may share it.

    Attributes:
        database: Its tables, for transactions and snapshots.
        notes: What the indexes derived from it note about their files.
        vocabulary: In how many passages each term occurs, where an index needs it.
    """

    def __init__(self, database: CatalogDatabase, notes: Notes) -> None:
        """Wrap an open database that has the tables; `open_catalog` opens that of a file."""
        self.database, self.notes, self.vocabulary = database, notes, Vocabulary(database)

    def close(self) -> None:
        """Close its database and its notes."""
        self.database.close()
        self.notes.close()

    def meta(self, key: str) -> str | None:
        """Return a value kept beside the documents, or None."""
        return next((value for (value,) in self.database.rows("SELECT value FROM meta WHERE key = ?", (key,))), None)

    def set_meta(self, key: str, value: str) -> None:
        """Keep a value beside the documents."""
        statement = "INSERT INTO meta VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value"
        self.database.rows(statement, (key, value))

    def setting(self, key: str) -> str | None:
        """Return a setting kept with the documents, or None."""
        return self.meta(f"setting:{key}")

    def set_setting(self, key: str, value: str) -> None:
        """Keep a setting with the documents, and raise the generation, because the setting may change answers."""
        with self.database.transaction():
            self.set_meta(f"setting:{key}", value)
            self._raise_generation()

    @property
    def generation(self) -> int:
        """A number that every committed change of documents raises."""
        return int(self.meta("generation") or 0)

    def _raise_generation(self) -> int:
        generation = self.generation + 1
        self.set_meta("generation", str(generation))
        return generation

    def keep_selection(self, selection: Selection) -> None:
        """Store the selection the collection is made of, in place of the one before."""
        written = json.dumps(asdict(selection), default=str)
        if written != self.meta("selection"):
            self.set_meta("selection", written)

    def selection(self) -> Selection | None:
        """Return the selection the collection is made of; None before its first update."""
        written = self.meta("selection")
        return read_selection(written) if written else None

    def totals(self) -> Totals:
        """Count documents, passages, sentences and terms."""
        return Totals(*self.database.rows("SELECT * FROM totals")[0])

    # Files

    def known_files(self) -> dict[str, KnownFile]:
        """Return the file of every document, as it was when it was read, by path."""
        rows = self.database.rows(
            "SELECT source, path, size, modified_ns, changed_ns, file_sha256, extractor,"
            " language NOT IN ('', 'en') AND id IN (SELECT id FROM documents WHERE stems IS NULL), known FROM documents"
        )
        return {
            row[1]: KnownFile(replace(Source(*row[:5]), metadata=_read_metadata(row[8])), row[5], row[6], bool(row[7]))
            for row in rows
        }

    def touch_document(self, source: Source) -> None:
        """Note the new name or time of change of a file that is otherwise unchanged."""
        self.database.rows(
            "UPDATE documents SET source = ?, size = ?, modified_ns = ?, changed_ns = ? WHERE path = ?",
            (source.name, source.size, source.modified_ns, source.changed_ns, source.path),
        )

    def remove_document(self, path: str) -> None:
        """Remove a document with its passages, in one transaction."""
        with self.database.transaction():
            self._remove(path, self._raise_generation())

    def _remove(self, path: str, generation: int) -> None:
        rows = self.database.rows
        for (document_id,) in rows("SELECT id FROM documents WHERE path = ?", (path,)):
            ((first, last),) = rows("SELECT min(id), max(id) FROM passages WHERE document_id = ?", (document_id,))
            if first is not None:
                if self.vocabulary.is_kept:
                    held = "SELECT keys FROM passages WHERE document_id = ? AND answering = 1"
                    self.vocabulary.remove(keys for (keys,) in rows(held, (document_id,)))
                rows("INSERT INTO removals VALUES (?, ?, ?, ?)", (generation, document_id, first, last))
            rows("DELETE FROM documents WHERE id = ?", (document_id,))

    def set_failures(self, failures: Sequence[Failure]) -> None:
        """Keep the sources that could not be read, in place of the list before."""
        with self.database.transaction():
            excluded = self.exclusions()
            self.database.rows("DELETE FROM failures")
            rows = [(f.path, f.source, f.reason, f.seen) for f in failures if f.path not in excluded]
            self.database.insert("failures", ("path", "source", "reason", "seen"), rows)

    def failures(self) -> tuple[Failure, ...]:
        """List the sources that could not be read, by the name shown."""
        rows = self.database.rows("SELECT source, path, reason, seen FROM failures ORDER BY source, path")
        return tuple(Failure(*row) for row in rows)

    def exclude(self, path: str, source: str) -> None:
        """Remove a file and keep it out, in one transaction."""
        with self.database.transaction():
            self.database.rows("INSERT INTO exclusions VALUES (?, ?) ON CONFLICT DO NOTHING", (path, source))
            self._forget(path)

    def forget(self, path: str) -> None:
        """Remove the text of a file, or the reason why it cannot be read, in one transaction."""
        with self.database.transaction():
            self._forget(path)

    def _forget(self, path: str) -> None:
        self.database.rows("DELETE FROM failures WHERE path = ?", (path,))
        self._remove(path, self._raise_generation())

    def restore(self, path: str) -> bool:
        """Stop excluding a file, for the next update to read it; return whether it was excluded."""
        with self.database.transaction():
            excluded = bool(self.database.rows("SELECT 1 FROM exclusions WHERE path = ?", (path,)))
            self.database.rows("DELETE FROM exclusions WHERE path = ?", (path,))
        return excluded

    def names(self, among: Sequence[str] | None = None) -> tuple[str, ...]:
        """List the names of all documents, or of those called by one of some names, in order."""
        if among is None:
            return tuple(name for (name,) in self.database.rows(f"SELECT source FROM documents ORDER BY {_BY_NAME}"))
        rows = self.database.rows_among("SELECT source FROM documents WHERE source IN ({})", sorted(_storable(among)))
        return tuple(sorted(name for (name,) in rows))

    def names_changed_since(self, nanoseconds: int) -> tuple[str, ...]:
        """List the names of the documents whose files have changed since a time, in order."""
        statement = f"SELECT source FROM documents WHERE modified_ns >= ? ORDER BY {_BY_NAME}"
        return tuple(name for (name,) in self.database.rows(statement, (max(-_ALL, min(nanoseconds, _ALL)),)))

    def holdings(self) -> list[tuple[str, str, int]]:
        """List the name, the language and the number of passages of every document, in any order."""
        return self.database.rows("SELECT source, language, passages FROM documents")

    def sample_paths(self, language: str, count: int, generator: Random) -> list[str]:
        """Choose documents in a language that are wholly embedded; returns their paths, by the name shown, then path.

        Where few documents are in the language, not all of those may be found.
        """
        # By name, so that it depends on the documents alone.
        ids = [id_ for (id_,) in self.database.rows(f"SELECT id FROM documents ORDER BY {_BY_NAME}")]
        tried = generator.sample(ids, min(len(ids), _TRIED * count))
        chosen: list[DocumentStatus] = []
        for at in range(0, len(tried), count):
            found = {status.id: status for status in self.document_statuses(tried[at : at + count])}
            some = [found[id_] for id_ in tried[at : at + count] if id_ in found]
            chosen += [each for each in some if (each.language, each.state) == (language, "indexed")]
            if len(chosen) >= count:
                break
        return [each.path for each in sorted(chosen[:count], key=lambda each: (each.source, each.path))]

    def exclusions(self) -> dict[str, str]:
        """Return the names shown of the excluded files, by path."""
        return dict(self.database.rows("SELECT path, source FROM exclusions"))

    def stem_languages(self) -> dict[int, str]:
        """Return the language whose stems the terms of a document have besides English ones, by id; only where there is one."""
        return dict(self.database.rows("SELECT id, stems FROM documents WHERE stems > ''"))

    def languages(self) -> list[str]:
        """List the languages that `stem_languages` names, in order."""
        return [
            name
            for (name,) in self.database.rows("SELECT DISTINCT stems FROM documents WHERE stems > '' ORDER BY stems")
        ]

    # Copies of files elsewhere

    def fetched_files(self) -> list[FetchedFile]:
        """List what was fetched, and what could not be, by name."""
        rows = self.database.rows("SELECT name, address, file, version, fault FROM fetched ORDER BY name")
        return [FetchedFile(*row) for row in rows]

    def keep_fetched(self, fetched: FetchedFile) -> None:
        """Store what became of a file elsewhere, in place of what was stored before."""
        with self.database.transaction():
            self.database.rows("DELETE FROM fetched WHERE name = ?", (fetched.name,))
            self.database.rows("INSERT INTO fetched VALUES (?, ?, ?, ?, ?)", astuple(fetched))

    def forget_fetched(self, names: Iterable[str]) -> None:
        """Forget files elsewhere, in one transaction."""
        with self.database.transaction():
            self.database.rows_among("DELETE FROM fetched WHERE name IN ({})", sorted(names))

    # Documents

    def documents(self, first: int = 0, most: int = _ALL) -> tuple[DocumentInfo, ...]:
        """List documents by the name shown, then path: `most` of them, after the `first` ones."""
        rows = self.database.rows(
            f"SELECT {_INFO_COLUMNS} FROM documents ORDER BY {_BY_NAME} LIMIT ? OFFSET ?",
            (min(most, _ALL), min(first, _ALL)),
        )
        return tuple(DocumentInfo(*row) for row in rows)

    def find_documents(
        self, *, ids: Iterable[int] = (), paths: Iterable[str] = (), sources: Iterable[str] = ()
    ) -> tuple[DocumentInfo, ...]:
        """Look up the documents with some ids, paths or names, without listing others; by the name shown, then path."""
        select, among = f"SELECT {_INFO_COLUMNS} FROM documents", self.database.rows_among
        rows = among(f"{select} WHERE id IN ({{}})", [id_ for id_ in set(ids) if id_ < 1 << 63])
        rows += among(f"{select} WHERE path IN ({{}})", list(_storable(paths)))
        rows += among(f"{select} WHERE source IN ({{}})", list(_storable(sources)))
        found = {DocumentInfo(*row) for row in rows}
        return tuple(sorted(found, key=lambda document: (document.source, document.path)))

    def list_documents(self, state: str, first: int, most: int) -> list[tuple[str, str, int]]:
        """List some documents in a state, "indexed" or "pending", or in any: (name, path, id), by name, then path.

        Args:
            state: Empty for any.
            first: How many to pass over.
            most: How many to list at most.
        """
        states = {"": "", "pending": f"WHERE id IN ({_PENDING})", "indexed": f"WHERE id NOT IN ({_PENDING})"}
        return self.database.rows(
            f"SELECT source, path, id FROM documents {states[state]} ORDER BY {_BY_NAME} LIMIT ? OFFSET ?",
            (most, first),
        )

    def find_names(self, literals: Sequence[str], *, titles: bool = False) -> list[tuple[str, str, int, str]]:
        """Find the documents whose names may hold one of some texts in any case: (name, path, id, title), by name, then path.

        Those that do are among them, and those whose names are not in ASCII alone, for the caller to compare. An empty text is
        in all names; with `titles`, the texts may be in the titles too.
        """
        runs = [max(_ASCII.findall(literal), key=len, default="") for literal in literals]
        conditions, values = ["1 = 1"] if "" in runs else [], []
        for column in ("source", "title") if titles else ("source",):
            conditions.append(self.database.is_beyond_ascii.format(column))
            for run in runs:
                conditions.append(f"lower({column}) LIKE ? ESCAPE '!'")
                values.append(f"%{_LIKE.sub(_ESCAPED, run.lower())}%")
        statement = "SELECT source, path, id, title FROM documents"
        return self.database.rows(f"{statement} WHERE {' OR '.join(conditions)} ORDER BY {_BY_NAME}", values)

    def count_pending_documents(self) -> int:
        """Count the documents that are not wholly embedded yet."""
        return int(self.database.rows(f"SELECT count(DISTINCT document_id) FROM ({_PENDING}) AS waiting")[0][0])

    def document_statuses(self, ids: Sequence[int] | None = None) -> list[DocumentStatus]:
        """List the status of every document, or of those with some ids, in any order."""
        statement = (
            "SELECT documents.id, source, path, documents.passages, pages, coalesce(waiting, 0), language, size,"
            f" modified_ns, extractor, notes, {_METADATA_COLUMNS} FROM documents"
            " LEFT JOIN (SELECT document_id, count(*) AS waiting FROM pending JOIN passages ON id = passage_id"
            " GROUP BY document_id) AS counted ON document_id = documents.id"
        )
        if ids is None:
            rows = self.database.rows(statement)
        else:
            rows = self.database.rows_among(f"{statement} WHERE documents.id IN ({{}})", ids)
        return [
            DocumentStatus(
                *(id_, source, path, "pending" if pending else "indexed", passages, pages, pending, language, size),
                *(describe_time(modified_ns), extractor, tuple(json.loads(notes)), "", Metadata(*about)),
            )
            for id_, source, path, passages, pages, pending, language, size, modified_ns, extractor, notes, *about in rows
        ]

    def document(self, path: str) -> Document:
        """Return a document with its text as it was read, without locators; its passages know their places.

        The path is looked up in the catalog, never opened.

        Raises:
            SourceError: The collection has no such document.
            DamagedError: The text in the catalog is not the one that was read.
        """
        rows = self.database.rows(
            f"SELECT source, text, text_sha256, file_sha256, extractor, notes, {_METADATA_COLUMNS} FROM documents"
            " WHERE path = ?",
            (path,),
        )
        if not rows:
            raise SourceError(f"{path!r} is not in this collection.")
        source, text, text_sha256, file_sha256, extractor, notes, *about = rows[0]
        if text_hash(text) != text_sha256:
            raise DamagedError(describe_damage([source]))
        return Document(
            *(source, path, text, text_sha256, file_sha256),
            extractor=extractor,
            notes=tuple(json.loads(notes)),
            metadata=Metadata(*about),
        )

    def texts_of(self, ids: Sequence[int]) -> dict[int, str]:
        """Return the texts of those of some documents that exist, as they are stored, damaged or not, by id."""
        return dict(self.database.rows_among("SELECT id, text FROM documents WHERE id IN ({})", ids))

    def boxes(self, path: str) -> bytes:
        """Return where the words of a document are on its pages, as packed by `pack_boxes`; no bytes if that is not known."""
        rows = self.database.rows(
            "SELECT words FROM boxes WHERE document_id = (SELECT id FROM documents WHERE path = ?)", (path,)
        )
        return next((words for (words,) in rows), b"")

    def document_keys(self, ids: Sequence[int]) -> dict[int, tuple[str, str, str, str, str]]:
        """Return the name shown, the path, the hash of the text, the title and the stems of some documents, by id."""
        rows = self.database.rows_among(
            "SELECT id, source, path, text_sha256, title, coalesce(stems, '') FROM documents WHERE id IN ({})", ids
        )
        return {row[0]: row[1:] for row in rows}

    def language_of(self, path: str) -> str:
        """Return the ISO 639-1 code of a document's language; empty if that is not known."""
        rows = self.database.rows("SELECT language FROM documents WHERE path = ?", (path,))
        return next((language for (language,) in rows), "")

    def write_document(
        self,
        document: Document,
        source: Source,
        *,
        passages: Sequence[PreparedPassage],
        language: str = "",
        stems: str = "",
    ) -> None:
        """Write a document in place of the one at its path, in one transaction; do nothing if the file is excluded.

        Passages, given in order, whose content the catalog already has embeddings of, under any name, get them at once. `source`
        is the file as it was before it was read, `language` an ISO 639-1 code or empty, as is `stems`, the language whose stems
        the keys of the passages include.
        """
        pages = max((each.place.page for each in document.locators if each.place.page is not None), default=None)
        database = self.database
        with database.transaction():
            if database.rows("SELECT 1 FROM exclusions WHERE path = ?", (document.path,)):
                return  # excluded since the update began
            known = self.known_vectors([p.content_hash for p in passages if p.passage.answering])
            generation = self._raise_generation()
            self._remove(document.path, generation)
            (document_id,) = database.new_ids("documents", 1)
            described = (
                *(document_id, document.path, source.name, source.size, source.modified_ns, source.changed_ns),
                *(
                    document.file_sha256,
                    document.text_sha256,
                    document.extractor,
                    len(document.text),
                    len(passages),
                    pages,
                ),
                *(language, json.dumps(document.notes), document.text, *astuple(document.metadata), stems),
                json.dumps(astuple(source.metadata)) if any(astuple(source.metadata)) else "",
            )
            database.insert("documents", _DOCUMENT_COLUMNS, [described])
            if document.boxes:
                database.insert("boxes", ("document_id", "words"), [(document_id, document.boxes)])
            ids = database.new_ids("passages", len(passages))
            packed = (
                (id_, document_id, generation, *_pack(prepared, document.text))
                for id_, prepared in zip(ids, passages, strict=True)
            )
            database.insert("passages", _NEW_PASSAGE_COLUMNS, packed)
            if self.vocabulary.is_kept:
                texts = [
                    (p.passage, document.text[p.passage.start : p.passage.end]) for p in passages if p.passage.answering
                ]
                self.vocabulary.add(_terms_of(passage, text, stems) for passage, text in texts)
            answering = [
                (id_, known.get(prepared.content_hash))
                for id_, prepared in zip(ids, passages, strict=True)
                if prepared.passage.answering
            ]
            embedded = [(id_, generation, vectors, crc32(vectors)) for id_, vectors in answering if vectors]
            database.insert("embeddings", _EMBEDDING_COLUMNS, embedded)
            database.insert("pending", ("passage_id",), [(id_,) for id_, vectors in answering if not vectors])

    # Passages

    def passages(self, ids: Sequence[int]) -> list[StoredPassage]:
        """Return those of some passages that exist, by id."""
        rows = self.database.rows_among(f"SELECT {_PASSAGE_COLUMNS} FROM passages WHERE id IN ({{}})", ids)
        return [_unpack(row) for row in rows]

    def passages_of(self, path: str) -> list[StoredPassage]:
        """Return the passages of a document, in order; none if the collection does not have it."""
        condition = "document_id = (SELECT id FROM documents WHERE path = ?)"
        rows = self.database.rows(f"SELECT {_PASSAGE_COLUMNS} FROM passages WHERE {condition} ORDER BY id", (path,))
        return [_unpack(row) for row in rows]

    def passages_from(self, path: str, paragraph: int, most: int) -> list[StoredPassage]:
        """Return up to `most` passages of a document that may answer, in order, from a paragraph (1-based) on."""
        rows = self.database.rows(
            f"SELECT {_PASSAGE_COLUMNS} FROM passages WHERE document_id = (SELECT id FROM documents WHERE path = ?)"
            " AND answering = 1 AND paragraph >= ? ORDER BY id LIMIT ?",
            (path, paragraph, most),
        )
        return [_unpack(row) for row in rows]

    def passages_since(self, generation: int, batch: int = 250) -> Iterator[list[StoredPassage]]:
        """Yield passages written after a generation and not removed since, in the order written, some at a time."""
        for rows in self._since(_PASSAGE_COLUMNS, "passages", "id", generation=generation, batch=batch):
            yield [_unpack(row) for row in rows]

    def signatures(self, ids: Sequence[int]) -> dict[int, tuple[int, int, Signature]]:
        """Return the document id, the start and the signature of those of some passages that exist, by passage id.

        One that is pending has a signature without vectors.
        """
        rows = self.database.scattered_rows(
            "SELECT id, document_id, start, vectors, keys, lengths FROM passages"
            " LEFT JOIN embeddings ON passage_id = id WHERE id IN ({}) ORDER BY +id",
            ids,
        )
        return {row[0]: (row[1], row[2], Signature(row[3] or b"", row[4], row[5])) for row in rows}

    def vector_owners(self, sources: Sequence[str]) -> list[tuple[int, int, int]]:
        """List the passages that may answer, of documents given by name: (document id, passage id, how many sentences)."""
        return self.database.rows_among(
            "SELECT document_id, passages.id, length(sentences) / 8 FROM passages JOIN documents ON documents.id = document_id"
            " WHERE answering = 1 AND source IN ({})",
            sources,
        )

    def passage_counts(self, sources: Sequence[str]) -> tuple[int, int]:
        """Count the passages that may answer, of documents given by name, and those of them that are pending."""
        counts = self.database.rows_among(
            "SELECT count(*), count(passage_id) FROM passages JOIN documents ON documents.id = document_id"
            " LEFT JOIN pending ON passage_id = passages.id WHERE answering = 1 AND source IN ({})",
            sources,
        )
        return sum(passages for passages, _ in counts), sum(pending for _, pending in counts)

    def terms_since(self, generation: int, batch: int) -> Iterator[list[tuple[StoredPassage, npt.NDArray[np.uint64]]]]:
        """Yield passages that may answer, as `passages_since` does, each with the keys of its terms as in `Signature`."""
        columns = f"answering, keys, {_PASSAGE_COLUMNS}"
        for rows in self._since(columns, "passages", "id", generation=generation, batch=batch):
            yield [
                (_unpack(stored), np.frombuffer(keys, dtype="<u8")) for answering, keys, *stored in rows if answering
            ]

    def count_terms(self) -> None:
        """Begin to keep the vocabulary, in one transaction."""
        with self.database.transaction():
            languages = self.stem_languages()
            self.vocabulary.fill(
                _terms_of(stored.passage, stored.text, languages.get(stored.document_id, ""))
                for some in self.passages_since(0)
                for stored in some
                if stored.passage.answering
            )

    def vocabulary_is_right(self) -> bool:
        """Whether the vocabulary, if it is kept, has the numbers that it must have."""
        with self.database.snapshot():
            return self.vocabulary.is_right(keys.tobytes() for some in self.terms_since(0, 1_000) for _, keys in some)

    def removals_since(self, generation: int) -> list[tuple[int, int, int]]:
        """List the documents removed after a generation: (document id, first passage id, last passage id)."""
        return self.database.rows(
            "SELECT document_id, first_id, last_id FROM removals WHERE generation > ?", (generation,)
        )

    # Embeddings

    def pending_passages(self, after: int, batch: int) -> list[tuple[StoredPassage, bytes]]:
        """Return the first pending passages with an id above `after`, each with its content hash, by id."""
        rows = self.database.rows(
            f"SELECT {_PASSAGE_COLUMNS}, content_hash FROM pending JOIN passages ON id = passage_id"
            " WHERE passage_id > ? ORDER BY passage_id LIMIT ?",
            (after, batch),
        )
        return [(_unpack(row[:-1]), row[-1]) for row in rows]

    def write_vectors(self, vectors: Mapping[int, bytes]) -> None:
        """Write the embeddings of passages, by id, in one transaction; drop those of passages removed meanwhile.

        They are float16 of shape (1 + sentences, dimension), or (1, dimension), as bytes.
        """
        with self.database.transaction():
            generation = self._raise_generation()
            among = self.database.rows_among
            waiting = among(
                "SELECT passage_id FROM pending WHERE passage_id IN ({}) ORDER BY passage_id", list(vectors)
            )
            among("DELETE FROM pending WHERE passage_id IN ({})", list(vectors))
            rows = [(id_, generation, vectors[id_], crc32(vectors[id_])) for (id_,) in waiting]
            self.database.insert("embeddings", _EMBEDDING_COLUMNS, rows)

    def damaged_vectors(self, dimension: int) -> list[int]:
        """List the ids of passages whose embeddings do not have the checksum they were written with."""
        damaged, last = [], 0
        statement = (
            "SELECT passage_id, vectors, checksum FROM embeddings WHERE passage_id > ? ORDER BY passage_id LIMIT 500"
        )
        while rows := self.database.rows(statement, (last,)):
            last = rows[-1][0]
            damaged += [
                id_
                for id_, vectors, checksum in rows
                if not isinstance(vectors, bytes)
                or len(vectors) % (2 * dimension)
                or (checksum is not None and crc32(vectors) != checksum)
            ]
        return damaged

    def forget_vectors(self, ids: Sequence[int]) -> None:
        """Make passages pending again, in one transaction."""
        with self.database.transaction():
            self._raise_generation()
            self.database.rows_among("DELETE FROM embeddings WHERE passage_id IN ({})", ids)
            self.database.insert("pending", ("passage_id",), [(id_,) for id_ in ids])

    def forget_file(self, path: str) -> None:
        """Have the next update read a file again, as if it had changed."""
        self.database.rows("UPDATE documents SET size = -1, changed_ns = 0, file_sha256 = '' WHERE path = ?", (path,))

    def contents(self) -> Iterator[tuple[DocumentContent, list[PassageContent]]]:
        """Yield each document with its passages, as they are stored, damaged or not."""
        rows = self.database.rows
        for (document_id,) in rows("SELECT id FROM documents ORDER BY source, path"):
            statement = "SELECT path, source, text, text_sha256, coalesce(stems, '') FROM documents WHERE id = ?"
            for document in rows(statement, (document_id,)):
                found = rows(
                    f"SELECT content_hash, keys, lengths, {_PASSAGE_COLUMNS} FROM passages WHERE document_id = ? ORDER BY id",
                    (document_id,),
                )
                passages = [
                    PassageContent(hash_, keys, lengths, _unpack(stored)) for hash_, keys, lengths, *stored in found
                ]
                yield DocumentContent(*document), passages

    def mend_passage(self, id_: int, content: tuple[str, bytes, bytes]) -> None:
        """Write the text of a passage and its terms, as `Signature` has them, in place of damaged ones."""
        with self.database.transaction():
            self._raise_generation()
            self.vocabulary.forget()  # it may have counted what was damaged
            self.database.rows("UPDATE passages SET text = ?, keys = ?, lengths = ? WHERE id = ?", (*content, id_))

    def vectors_since(self, generation: int, dimension: int, batch: int = 500) -> Iterator[PassageVectors]:
        """Yield embeddings written after a generation and not removed since, those of some passages at a time."""
        for rows in self._since("passage_id, vectors", "embeddings", "passage_id", generation=generation, batch=batch):
            yield PassageVectors.join(rows, dimension)

    def count_vectors_since(self, generation: int, dimension: int, enough: int) -> int:
        """Count the vectors written after a generation and not removed since; stop counting soon after `enough`."""
        found = self.database.rows(
            "SELECT sum(size) FROM (SELECT length(vectors) AS size FROM embeddings WHERE generation > ? LIMIT ?) AS sizes",
            (generation, enough),
        )
        return int(found[0][0] or 0) // (2 * dimension)

    def sample_vectors(self, passages: int, dimension: int) -> npt.NDArray[np.float32]:
        """Return the vectors of that many passages, spread evenly over all: float32 of shape (vectors, dimension)."""
        rows = self.database.rows("SELECT passage_id FROM embeddings ORDER BY generation, passage_id")
        ids = [id_ for (id_,) in rows[:: max(1, len(rows) // passages)]]
        return self.vectors_of(ids, dimension).vectors.astype(np.float32)

    def vectors_of(self, ids: Sequence[int], dimension: int) -> PassageVectors:
        """Return the embeddings of those of some passages that have any, by id."""
        statement = "SELECT passage_id, vectors FROM embeddings WHERE passage_id IN ({}) ORDER BY +passage_id"
        return PassageVectors.join(self.database.scattered_rows(statement, sorted(ids)), dimension)

    def known_vectors(self, content_hashes: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return the embeddings the catalog has of some contents, as they are stored, by content hash."""
        rows = self.database.rows_among(
            "SELECT content_hash, vectors FROM embeddings JOIN (SELECT content_hash, min(id) AS first"
            " FROM passages JOIN embeddings ON passage_id = id WHERE content_hash IN ({}) GROUP BY content_hash) AS same"
            " ON passage_id = first",
            sorted(set(content_hashes)),
        )
        return dict(rows)

    def _since(self, columns: str, table: str, key: str, *, generation: int, batch: int) -> Iterator[list[Any]]:
        """Yield rows of a table written after a generation, in the order written, some at a time."""
        last = (generation, _ALL)
        while rows := self.database.rows(
            f"SELECT {columns}, generation, {key} FROM {table} WHERE (generation, {key}) > (?, ?)"
            f" ORDER BY generation, {key} LIMIT ?",
            (*last, batch),
        ):
            yield [row[:-2] for row in rows]
            last = rows[-1][-2:]


def describe_damage(sources: Sequence[str]) -> str:
    """Say of which documents the stored text is damaged, and what to do."""
    verb, them = ("is", "it") if len(sources) == 1 else ("are", "them")
    return (
        f"{', '.join(sources)} {verb} damaged in the index and cannot be quoted. "
        f"Run qa index --check to find the damage, then qa index to read {them} again."
    )


def read_selection(written: str) -> Selection:
    """Read a selection that the catalog keeps; ValueError when it is not one."""
    from pydantic import TypeAdapter  # takes .1 s to load

    return TypeAdapter(Selection).validate_python(json.loads(written))


def describe_time(nanoseconds: int) -> str:
    """Write a time of change as an ISO 8601 date and time in UTC."""
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC).isoformat()


def _terms_of(passage: Passage, text: str, stems: str) -> list[str]:
    heading, sentences = passage_terms(passage, text, stems)
    return [*heading, *chain.from_iterable(sentences)]


def _storable(texts: Iterable[str]) -> set[str]:
    """Those of some texts that can be in a database: without halves of characters, and no character 0."""
    return {text for text in texts if not _UNSTORABLE.search(text)}


def _read_metadata(written: str) -> Metadata:
    return Metadata(*json.loads(written)) if written else Metadata()


def _pack(prepared: PreparedPassage, text: str) -> tuple[Any, ...]:
    passage = prepared.passage
    spans = np.array([(s.start, s.end) for s in passage.sentences], dtype="<i4")
    return (
        *(
            passage.paragraph,
            passage.start,
            passage.end,
            int(passage.answering),
            prepared.content_hash,
            spans.tobytes(),
        ),
        *(prepared.keys.tobytes(), prepared.lengths.tobytes(), text[passage.start : passage.end]),
        *place_values(passage.place),
    )


def _unpack(row: Sequence[Any]) -> StoredPassage:
    id_, document_id, paragraph, start, end, answering, spans, text, *place = row
    sentences = tuple(Sentence(*span) for span in np.frombuffer(spans, dtype="<i4").reshape(-1, 2).tolist())
    passage = Passage(paragraph, start, end, sentences, bool(answering), Place(*place))
    return StoredPassage(id_, document_id, passage, text)
