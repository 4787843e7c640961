"""Catalogs in SQLite files, one in the folder of each collection."""

import shutil
import sqlite3
import stat
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.errors import OutdatedError, SourceError, StorageError
from index.private import make_private_folder
from index.records import METADATA_FIELDS
from index.sources import CATALOG_FILE
from index.store.catalog import CATALOG_FORMAT, Catalog
from index.store.locking import hold_lock
from index.store.notes import Notes
from index.store.sqlite import Database
from index.store.stores import CatalogStore

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
# For looking up names, and for listing them in order.
_NAME_INDEXES = (
    "CREATE INDEX IF NOT EXISTS documents_by_source ON documents(source)",
    "CREATE INDEX IF NOT EXISTS documents_by_name ON documents(substr(source, 1, 200), source, path)",
)
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
{";".join(_NAME_INDEXES)};
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


def open_catalog(path: Path) -> Catalog:
    """Open the catalog in a file, and create it if it is missing; its folder exists.

    Raises:
        OutdatedError: Another version wrote it.
        StorageError: The file cannot be opened, or is not a catalog.
    """
    begin = f"INSERT INTO meta VALUES ('format', '{CATALOG_FORMAT}'), ('generation', '0')"
    database = Database(
        path,
        (*_SCHEMA.split(";"), *_TRIGGERS, begin),
        label="the catalog",
        advice="If it is damaged, delete its folder and index again.",
        settings=(f"page_size={_PAGE_BYTES}", f"wal_autocheckpoint={_CHECKPOINT_PAGES}"),
    )
    catalog = Catalog(database, Notes(database))
    found = catalog.meta("format")
    if found != str(CATALOG_FORMAT):
        database.close()
        raise OutdatedError(
            f"the index in {path.parent} is of format {found}; this version reads format {CATALOG_FORMAT}."
        )
    _add_missing_parts(database)
    return catalog


def _add_missing_parts(database: Database) -> None:
    """Add the tables and the columns that a catalog of an earlier version of the same format lacks."""
    statements = []
    if not database.rows("SELECT 1 FROM sqlite_master WHERE name = 'boxes'"):
        statements.append(_BOXES)
    if not database.rows("SELECT 1 FROM sqlite_master WHERE name = 'fetched'"):
        statements.append(_FETCHED)
    columns = {row[1] for row in database.rows("PRAGMA table_info(documents)")}
    for name in METADATA_FIELDS:
        if name not in columns:
            statements.append(f"ALTER TABLE documents ADD COLUMN {name} TEXT NOT NULL DEFAULT ''")
    if "stems" not in columns:
        statements += [_STEMS_COLUMN, _STEMS_INDEX]
    if not database.rows("SELECT 1 FROM sqlite_master WHERE name = 'documents_by_name'"):
        statements += _NAME_INDEXES
    if "known" not in columns:
        statements.append(_KNOWN_COLUMN)
    if "checksum" not in {row[1] for row in database.rows("PRAGMA table_info(embeddings)")}:
        statements.append(_CHECKSUM_COLUMN)
    if "time" not in {row[1] for row in database.rows("PRAGMA table_info(passages)")}:
        statements.append(_TIME_COLUMN)
    if statements:
        with database.transaction() as connection:
            for statement in statements:
                connection.execute(statement)


_LAST = (CATALOG_FILE, "lock")  # so that a deletion that was cut short can be seen and finished


@dataclass(frozen=True, slots=True)
class FolderStore(CatalogStore):
    """Keeps catalogs in folders of a home folder, which are called like their keys."""

    home: Path

    @property
    def _collections(self) -> Path:
        return self.home / "collections"

    @property
    def _discarded(self) -> Path:
        return self.home / "discarded"

    def list_keys(self) -> list[str]:
        """List the names of the folders that have a catalog, in order."""
        return sorted(file.parent.name for file in self._collections.glob(f"*/{CATALOG_FILE}"))

    def folder(self, key: str) -> Path:
        """Return the folder of a collection."""
        return self._collections / key

    def has(self, folder: Path) -> bool:
        """Whether a folder is there."""
        return folder.is_dir()

    def open(self, folder: Path) -> Catalog:
        """Open the catalog in a folder, as `open_catalog` does."""
        return open_catalog(folder / CATALOG_FILE)

    def reset(self, key: str, *, model: str | None = None) -> None:
        """Put an empty catalog in the place of the one there is."""
        folder = self.folder(key)
        with hold_lock(folder, patience=0):
            selection, model = self.selection(key), self.model(key) if model is None else model
            try:
                excluded = self._read(key, "SELECT path, source FROM exclusions")
            except StorageError:
                excluded = []
            fresh = folder / f"{CATALOG_FILE}.new"
            try:
                for old in (fresh, fresh.with_name(f"{fresh.name}-wal"), fresh.with_name(f"{fresh.name}-shm")):
                    old.unlink(missing_ok=True)
                catalog = open_catalog(fresh)
                catalog.set_meta("model", model)
                if selection:
                    catalog.keep_selection(selection)
                for path, source in excluded:
                    catalog.exclude(path, source)
                catalog.close()
                for suffix in ("-wal", "-shm"):  # of the old one, which is whole without them
                    (folder / f"{CATALOG_FILE}{suffix}").unlink(missing_ok=True)
                fresh.replace(
                    folder / CATALOG_FILE
                )  # FAISS and tantivy follow: the new catalog lists none of their files
            except OSError as error:
                raise StorageError(
                    f"the collection {folder} cannot be rebuilt: {error.strerror}. Close what else has it open, then try again."
                ) from error

    def rename(self, key: str, new: str) -> None:
        """Rename the folder of a collection."""
        folder = self.folder(key)
        try:
            with hold_lock(folder, patience=0):
                folder.rename(self.folder(new))
        except OSError as error:
            raise StorageError(f"the collection {key!r} cannot be renamed: {error.strerror}.") from error

    def delete(self, key: str) -> None:
        """Delete the folder of a collection."""
        folder = self.folder(key)
        try:
            with hold_lock(folder, patience=0):
                for entry in sorted(folder.iterdir(), key=lambda entry: entry.name in _LAST):
                    if entry.is_dir():
                        shutil.rmtree(entry)
                    elif entry.name != "lock":
                        entry.unlink(missing_ok=True)
            shutil.rmtree(folder)
        except OSError as error:
            raise StorageError(
                f"the collection {key!r} cannot be deleted: {error.strerror}. Close what has it open, then try again."
            ) from error

    def discard(self, key: str) -> None:
        """Move the folder of a collection to the folder of those that were discarded."""
        folder = self.folder(key)
        try:
            with hold_lock(folder, patience=0):
                self.delete_discarded()
                make_private_folder(self._discarded)
                folder.rename(self._discarded / key)
        except OSError as error:
            raise StorageError(f"the collection {key!r} cannot be deleted: {error.strerror}.") from error

    def restore(self) -> str:
        """Move the folder back."""
        folder = next(iter(sorted(self._discarded.glob("*"))), None)
        if folder is None:
            raise SourceError("nothing that was deleted can be brought back any more.")
        there = self.folder(folder.name)
        if there.exists():
            raise SourceError(f"there is another collection {folder.name!r} now. Rename it, then try again.")
        try:
            folder.rename(there)
        except OSError as error:
            raise StorageError(f"the collection {folder.name!r} cannot be brought back: {error.strerror}.") from error
        return folder.name

    def delete_discarded(self) -> None:
        """Delete the folder of those that were discarded."""
        shutil.rmtree(self._discarded, ignore_errors=True)

    @property
    def is_here(self) -> bool:
        """Whether nothing of it leaves this computer: always."""
        return True

    def describe(self) -> str:
        """Return nothing: there is no server."""
        return ""

    def _noted(self, key: str) -> Mapping[str, str]:
        return self._meta(key)

    def _find_folder(self, key: str) -> Path:
        return self.folder(key)

    def _read(self, key: str, statement: str, *values: str) -> list[Any]:
        file = (self.folder(key) / CATALOG_FILE).resolve().as_uri()
        try:
            with closing(sqlite3.connect(f"{file}?mode=ro", uri=True, timeout=5)) as connection:
                return connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise StorageError(f"the catalog of {key!r} cannot be read: {error}.") from error

    def _size(self, key: str) -> int:
        """Add up the bytes of the files in a folder, each once, although processes that have it open link some twice."""
        sizes = {}
        for file in self.folder(key).rglob("*"):
            with suppress(FileNotFoundError):  # removed by its process meanwhile
                found = file.stat()
                if stat.S_ISREG(found.st_mode):
                    sizes[found.st_dev, found.st_ino] = found.st_size
        return sum(sizes.values())
