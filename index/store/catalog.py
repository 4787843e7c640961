"""The catalog: one SQLite file that is the truth about a collection.

It keeps the documents with their texts, the passages as offsets, the embeddings, the failures, the files a person has
excluded, and a generation that every committed change raises. FAISS and the lexical index are derived from it and can
be rebuilt at any time.

The text of a file is written in one transaction, with its passages and the keys of their terms. Embeddings take longer
and follow in transactions of some hundred passages; until then a passage is pending, and only its words find it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from index.errors import DamagedError, OutdatedError, SourceError
from index.hashing import text_hash
from index.records import (
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
from index.store.features import PassageVectors, Signature
from index.store.sqlite import Database

CATALOG_FORMAT = 3
# Of a new file. The vectors of most passages, some 4 to 7 KB, lie in one page, and are one read of the disk; a quarter of a page
# of 8 KB would stay empty beside them, of one of 32 KB less than a tenth.
_PAGE_BYTES = 32_768
_CHECKPOINT_PAGES = 256  # the write-ahead log is emptied at 8 MB
_BOXES = """
CREATE TABLE boxes (document_id INTEGER PRIMARY KEY REFERENCES documents(id) ON DELETE CASCADE, words BLOB NOT NULL)
"""
_FETCHED = """
CREATE TABLE fetched (name TEXT PRIMARY KEY, address TEXT NOT NULL, file TEXT NOT NULL, version TEXT NOT NULL,
    fault TEXT NOT NULL) WITHOUT ROWID
"""
# The language whose stems the terms of a document have, as `stem_language` chooses it; NULL: an earlier version read it.
_STEMS_COLUMN = "ALTER TABLE documents ADD COLUMN stems TEXT"
# CRC-32 of the vectors of a passage; NULL: an earlier version wrote them.
_CHECKSUM_COLUMN = "ALTER TABLE embeddings ADD COLUMN checksum INTEGER"
# What was known of the file from elsewhere, as JSON: title, author and date; empty: nothing.
_KNOWN_COLUMN = "ALTER TABLE documents ADD COLUMN known TEXT NOT NULL DEFAULT ''"
# The time of a passage in a recording; NULL: it is of none, or an earlier version wrote it.
_TIME_COLUMN = "ALTER TABLE passages ADD COLUMN time TEXT"
_STEMS_INDEX = "CREATE INDEX documents_by_stems ON documents(stems)"
_SCHEMA = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, source TEXT NOT NULL,
    size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, changed_ns INTEGER NOT NULL,
    file_sha256 TEXT NOT NULL, text_sha256 TEXT NOT NULL, extractor TEXT NOT NULL,
    characters INTEGER NOT NULL, passages INTEGER NOT NULL, pages INTEGER, language TEXT NOT NULL,
    notes TEXT NOT NULL, text TEXT NOT NULL, title TEXT NOT NULL DEFAULT '', author TEXT NOT NULL DEFAULT '',
    date TEXT NOT NULL DEFAULT '', stems TEXT, known TEXT NOT NULL DEFAULT '');
{_STEMS_INDEX};
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document_id INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    generation INTEGER NOT NULL, paragraph INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    answering INTEGER NOT NULL, page INTEGER, heading TEXT, "row" INTEGER, sheet TEXT, slide INTEGER, date TEXT,
    time TEXT, content_hash BLOB NOT NULL, sentences BLOB NOT NULL, keys BLOB NOT NULL, lengths BLOB NOT NULL,
    text TEXT NOT NULL);
CREATE INDEX passages_by_document ON passages(document_id);
CREATE INDEX passages_by_generation ON passages(generation);
CREATE INDEX passages_by_content ON passages(content_hash);
CREATE TABLE embeddings (
    passage_id INTEGER PRIMARY KEY REFERENCES passages(id) ON DELETE CASCADE,
    generation INTEGER NOT NULL, vectors BLOB NOT NULL, checksum INTEGER);
CREATE INDEX embeddings_by_generation ON embeddings(generation);
{_BOXES};
{_FETCHED};
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
_COUNT_ROW = (
    "CREATE TRIGGER {table}_{event} AFTER {event} ON {table} BEGIN UPDATE totals SET {table} = {table} {sign} 1; END"
)
_COUNT_PASSAGE = (
    "CREATE TRIGGER passages_{event} AFTER {event} ON passages WHEN {row}.answering BEGIN UPDATE totals SET"
    " passages = passages {sign} 1, sentences = sentences {sign} length({row}.sentences) / 8,"
    " terms = terms {sign} length({row}.keys) / 8; END"
)
_TRIGGERS = tuple(
    statement.format(table=table, event=event, row=row, sign=sign)
    for event, row, sign in (("INSERT", "NEW", "+"), ("DELETE", "OLD", "-"))
    for table, statement in (("documents", _COUNT_ROW), ("passages", _COUNT_PASSAGE), ("pending", _COUNT_ROW))
)
_METADATA_FIELDS = tuple(each.name for each in fields(Metadata))
_METADATA_COLUMNS = ", ".join(_METADATA_FIELDS)
_PLACE_COLUMNS = ", ".join(f'"{name}"' for name in PLACE_FIELDS)
_PASSAGE_COLUMNS = f'id, document_id, paragraph, start, "end", answering, sentences, text, {_PLACE_COLUMNS}'
_NEW_PASSAGE = (
    'INSERT INTO passages (document_id, generation, paragraph, start, "end", answering, content_hash, sentences, keys,'
    f" lengths, text, {_PLACE_COLUMNS}) VALUES ({', '.join('?' * (11 + len(PLACE_FIELDS)))})"
)


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
        database: Its file, for transactions and snapshots.
    """

    def __init__(self, path: Path) -> None:
        """Open the file, and create it if it is missing; its folder exists.

        Raises:
            OutdatedError: Another version wrote it.
            StorageError: The file cannot be opened, or is not a catalog.
        """
        begin = f"INSERT INTO meta VALUES ('format', '{CATALOG_FORMAT}'), ('generation', '0')"
        self.database = Database(
            path,
            (*_SCHEMA.split(";"), *_TRIGGERS, begin),
            label="the catalog",
            advice="If it is damaged, delete its folder and index again.",
            settings=(f"page_size={_PAGE_BYTES}", f"wal_autocheckpoint={_CHECKPOINT_PAGES}"),
        )
        found = self.meta("format")
        if found != str(CATALOG_FORMAT):
            self.database.close()
            raise OutdatedError(
                f"the index in {path.parent} is of format {found}; this version reads format {CATALOG_FORMAT}."
            )
        self._add_missing_parts()

    def _add_missing_parts(self) -> None:
        """Add the tables and the columns that a catalog of an earlier version of the same format lacks."""
        statements = []
        if not self.database.rows("SELECT 1 FROM sqlite_master WHERE name = 'boxes'"):
            statements.append(_BOXES)
        if not self.database.rows("SELECT 1 FROM sqlite_master WHERE name = 'fetched'"):
            statements.append(_FETCHED)
        columns = {row[1] for row in self.database.rows("PRAGMA table_info(documents)")}
        for name in _METADATA_FIELDS:
            if name not in columns:
                statements.append(f"ALTER TABLE documents ADD COLUMN {name} TEXT NOT NULL DEFAULT ''")
        if "stems" not in columns:
            statements += [_STEMS_COLUMN, _STEMS_INDEX]
        if "known" not in columns:
            statements.append(_KNOWN_COLUMN)
        if "checksum" not in {row[1] for row in self.database.rows("PRAGMA table_info(embeddings)")}:
            statements.append(_CHECKSUM_COLUMN)
        if "time" not in {row[1] for row in self.database.rows("PRAGMA table_info(passages)")}:
            statements.append(_TIME_COLUMN)
        if statements:
            with self.database.transaction() as connection:
                for statement in statements:
                    connection.execute(statement)

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
                rows("INSERT INTO removals VALUES (?, ?, ?, ?)", (generation, document_id, first, last))
            rows("DELETE FROM documents WHERE id = ?", (document_id,))

    def set_failures(self, failures: Sequence[Failure]) -> None:
        """Keep the sources that could not be read, in place of the list before."""
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM failures")
            connection.executemany(
                "INSERT INTO failures SELECT ?1, ?2, ?3, ?4 WHERE ?1 NOT IN (SELECT path FROM exclusions)",
                ((f.path, f.source, f.reason, f.seen) for f in failures),
            )

    def failures(self) -> tuple[Failure, ...]:
        """List the sources that could not be read, by the name shown."""
        rows = self.database.rows("SELECT source, path, reason, seen FROM failures ORDER BY source, path")
        return tuple(Failure(*row) for row in rows)

    def exclude(self, path: str, source: str) -> None:
        """Remove a file and keep it out, in one transaction."""
        with self.database.transaction():
            self.database.rows("INSERT OR IGNORE INTO exclusions VALUES (?, ?)", (path, source))
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
        with self.database.transaction() as connection:
            return connection.execute("DELETE FROM exclusions WHERE path = ?", (path,)).rowcount > 0

    def names(self) -> tuple[str, ...]:
        """List the names of all documents, in order."""
        return tuple(name for (name,) in self.database.rows("SELECT source FROM documents ORDER BY source, path"))

    def exclusions(self) -> dict[str, str]:
        """Return the names shown of the excluded files, by path."""
        return dict(self.database.rows("SELECT path, source FROM exclusions"))

    def stem_languages(self) -> dict[int, str]:
        """Return the language whose stems the terms of a document have besides English ones, by id; only where there is one."""
        return dict(self.database.rows("SELECT id, stems FROM documents WHERE stems > ''"))

    # Copies of files elsewhere

    def fetched_files(self) -> list[FetchedFile]:
        """List what was fetched, and what could not be, by name."""
        rows = self.database.rows("SELECT name, address, file, version, fault FROM fetched ORDER BY name")
        return [FetchedFile(*row) for row in rows]

    def keep_fetched(self, fetched: FetchedFile) -> None:
        """Store what became of a file elsewhere, in place of what was stored before."""
        self.database.rows("INSERT OR REPLACE INTO fetched VALUES (?, ?, ?, ?, ?)", astuple(fetched))

    def forget_fetched(self, names: Iterable[str]) -> None:
        """Forget files elsewhere, in one transaction."""
        with self.database.transaction() as connection:
            connection.executemany("DELETE FROM fetched WHERE name = ?", [(name,) for name in sorted(names)])

    # Documents

    def documents(self) -> tuple[DocumentInfo, ...]:
        """List every document, by the name shown, then path."""
        rows = self.database.rows(
            "SELECT id, source, path, text_sha256, characters, passages FROM documents ORDER BY source, path"
        )
        return tuple(DocumentInfo(*row) for row in rows)

    def document_statuses(self) -> list[DocumentStatus]:
        """List the status of every document, in any order."""
        rows = self.database.rows(
            "SELECT documents.id, source, path, documents.passages, pages, coalesce(waiting, 0), language, size,"
            f" modified_ns, extractor, notes, {_METADATA_COLUMNS} FROM documents"
            " LEFT JOIN (SELECT document_id, count(*) AS waiting"
            " FROM pending JOIN passages ON id = passage_id GROUP BY document_id) ON document_id = documents.id"
        )
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

    def text_of(self, document_id: int) -> str:
        """Return the text of a document as it is stored, damaged or not; empty if there is no such document."""
        rows = self.database.rows("SELECT text FROM documents WHERE id = ?", (document_id,))
        return next((text for (text,) in rows), "")

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
        with self.database.transaction() as connection:
            if connection.execute("SELECT 1 FROM exclusions WHERE path = ?", (document.path,)).fetchone():
                return  # excluded since the update began
            known = self.known_vectors([p.content_hash for p in passages if p.passage.answering])
            generation = self._raise_generation()
            self._remove(document.path, generation)
            cursor = connection.execute(
                "INSERT INTO documents (path, source, size, modified_ns, changed_ns, file_sha256, text_sha256, extractor,"
                f" characters, passages, pages, language, notes, text, {_METADATA_COLUMNS}, stems, known)"
                f" VALUES ({', '.join('?' * (16 + len(_METADATA_FIELDS)))})",
                (document.path, source.name, source.size, source.modified_ns, source.changed_ns, document.file_sha256)
                + (document.text_sha256, document.extractor, len(document.text), len(passages), pages, language)
                + (json.dumps(document.notes), document.text, *astuple(document.metadata), stems)
                + (json.dumps(astuple(source.metadata)) if any(astuple(source.metadata)) else "",),
            )
            document_id = cursor.lastrowid
            if document.boxes:
                cursor.execute("INSERT INTO boxes VALUES (?, ?)", (document_id, document.boxes))
            for prepared in passages:
                cursor.execute(_NEW_PASSAGE, (document_id, generation, *_pack(prepared, document.text)))
                vectors = known.get(prepared.content_hash)
                if vectors:
                    embedded = (cursor.lastrowid, generation, vectors, crc32(vectors))
                    cursor.execute("INSERT INTO embeddings VALUES (?, ?, ?, ?)", embedded)
                elif prepared.passage.answering:
                    cursor.execute("INSERT INTO pending VALUES (?)", (cursor.lastrowid,))

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
            " AND answering AND paragraph >= ? ORDER BY id LIMIT ?",
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
            " WHERE answering AND source IN ({})",
            sources,
        )

    def passage_counts(self, sources: Sequence[str]) -> tuple[int, int]:
        """Count the passages that may answer, of documents given by name, and those of them that are pending."""
        counts = self.database.rows_among(
            "SELECT count(*), count(passage_id) FROM passages JOIN documents ON documents.id = document_id"
            " LEFT JOIN pending ON passage_id = passages.id WHERE answering AND source IN ({})",
            sources,
        )
        return sum(passages for passages, _ in counts), sum(pending for _, pending in counts)

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
        with self.database.transaction() as connection:
            generation = self._raise_generation()
            connection.executemany(
                "INSERT INTO embeddings SELECT passage_id, ?, ?, ? FROM pending WHERE passage_id = ?",
                ((generation, blob, crc32(blob), id_) for id_, blob in vectors.items()),
            )
            connection.executemany("DELETE FROM pending WHERE passage_id = ?", ((id_,) for id_ in vectors))

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
        with self.database.transaction() as connection:
            self._raise_generation()
            for statement in ("DELETE FROM embeddings WHERE passage_id = ?", "INSERT INTO pending VALUES (?)"):
                connection.executemany(statement, ((id_,) for id_ in ids))

    def forget_file(self, path: str) -> None:
        """Have the next update read a file again, as if it had changed."""
        with self.database.transaction() as connection:
            connection.execute(
                "UPDATE documents SET size = -1, changed_ns = 0, file_sha256 = '' WHERE path = ?", (path,)
            )

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
        with self.database.transaction() as connection:
            self._raise_generation()
            connection.execute("UPDATE passages SET text = ?, keys = ?, lengths = ? WHERE id = ?", (*content, id_))

    def vectors_since(self, generation: int, dimension: int, batch: int = 500) -> Iterator[PassageVectors]:
        """Yield embeddings written after a generation and not removed since, those of some passages at a time."""
        for rows in self._since("passage_id, vectors", "embeddings", "passage_id", generation=generation, batch=batch):
            yield PassageVectors.join(rows, dimension)

    def count_vectors_since(self, generation: int, dimension: int, enough: int) -> int:
        """Count the vectors written after a generation and not removed since; stop counting soon after `enough`."""
        found = self.database.rows(
            "SELECT sum(size) FROM (SELECT length(vectors) AS size FROM embeddings WHERE generation > ? LIMIT ?)",
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
            "SELECT content_hash, vectors FROM passages JOIN embeddings ON passage_id = id"
            " WHERE content_hash IN ({}) GROUP BY content_hash",
            sorted(set(content_hashes)),
        )
        return dict(rows)

    def dense_files(self) -> list[tuple[str, str]]:
        """List the files of the vector index and their hashes, in order."""
        return self.database.rows("SELECT name, sha256 FROM dense_files ORDER BY position")

    def set_dense_files(self, files: Sequence[tuple[str, str]], generation: int) -> None:
        """Note the files of the vector index and the generation they have reached, inside a transaction."""
        self.database.rows("DELETE FROM dense_files")
        for file in files:
            self.database.rows("INSERT INTO dense_files (name, sha256) VALUES (?, ?)", file)
        self.set_meta("dense_generation", str(generation))

    def _since(self, columns: str, table: str, key: str, *, generation: int, batch: int) -> Iterator[list[Any]]:
        """Yield rows of a table written after a generation, in the order written, some at a time."""
        last = (generation, 1 << 62)
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


def _read_metadata(written: str) -> Metadata:
    return Metadata(*json.loads(written)) if written else Metadata()


def _pack(prepared: PreparedPassage, text: str) -> tuple[Any, ...]:
    passage = prepared.passage
    spans = np.array([(s.start, s.end) for s in passage.sentences], dtype="<i4")
    return (
        *(passage.paragraph, passage.start, passage.end, passage.answering, prepared.content_hash, spans.tobytes()),
        *(prepared.keys.tobytes(), prepared.lengths.tobytes(), text[passage.start : passage.end]),
        *place_values(passage.place),
    )


def _unpack(row: Sequence[Any]) -> StoredPassage:
    id_, document_id, paragraph, start, end, answering, spans, text, *place = row
    sentences = tuple(Sentence(*span) for span in np.frombuffer(spans, dtype="<i4").reshape(-1, 2).tolist())
    passage = Passage(paragraph, start, end, sentences, bool(answering), Place(*place))
    return StoredPassage(id_, document_id, passage, text)
