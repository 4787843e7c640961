"""Look at a collection without opening it: what it is, what it holds and what it takes, whatever version made it."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from index.errors import StorageError
from index.holdings import read_selection
from index.rules import Selection
from index.schema import FORMAT
from index.sources import CATALOG_FILE


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """What can be told of a collection from outside.

    Attributes:
        name: Its name: that of its folder.
        folder: Where it lies.
        sources: The files and folders it is made of; empty where that was not kept.
        documents: How many documents it holds.
        passages: How many passages may answer.
        pending: How many of these are not embedded yet.
        size: Bytes it takes on disk, files that were added included.
        model: Identity of the encoder it was made with.
        format: Version of its format; 0 where it cannot be read.
        updated: When an update last ended, as an ISO 8601 date and time in UTC; empty before the first.
    """

    name: str
    folder: str
    sources: tuple[str, ...]
    documents: int
    passages: int
    pending: int
    size: int
    model: str
    format: int
    updated: str

    @property
    def is_current(self) -> bool:
        """Whether this version can open it."""
        return self.format == FORMAT


def inspect_collection(folder: Path) -> CollectionInfo:
    """Look at a collection. One that cannot be read is of format 0 and holds nothing, as far as can be told."""
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    try:
        meta, totals = _read(folder / CATALOG_FILE)
        version = int(meta.get("format", 0))
    except (sqlite3.Error, ValueError):
        return CollectionInfo(folder.name, str(folder), (), 0, 0, 0, size, "", 0, "")
    kept = _selection(meta)
    return CollectionInfo(
        *(folder.name, str(folder), tuple(map(str, kept.paths)) if kept else (), *totals, size),
        *(meta.get("encoder", ""), version, meta.get("updated", "")),
    )


def kept_selection(folder: Path) -> Selection | None:
    """What a collection is made of; None where that was not kept or cannot be read."""
    try:
        return _selection(_read(folder / CATALOG_FILE)[0])
    except sqlite3.Error:
        return None


def kept_exclusions(folder: Path) -> dict[str, str]:
    """The names shown of the files that are excluded, by path; none where that was not kept or cannot be read."""
    try:
        with closing(_connect(folder / CATALOG_FILE)) as connection:
            return dict(connection.execute("SELECT path, source FROM exclusions"))
    except sqlite3.Error:
        return {}


def reset_collection(folder: Path) -> None:
    """Empty a collection, so that it can be made anew by this version, with any model.

    What it is made of, which files are excluded and which were added is kept. The caller holds its lock.

    Raises:
        StorageError: It cannot be written.
    """
    from index.catalog import Catalog

    selection, excluded = kept_selection(folder), kept_exclusions(folder)
    fresh = folder / f"{CATALOG_FILE}.new"
    try:
        for old in (fresh, fresh.with_name(f"{fresh.name}-wal"), fresh.with_name(f"{fresh.name}-shm")):
            old.unlink(missing_ok=True)
        catalog = Catalog(fresh)
        if selection:
            catalog.keep_selection(selection)
        for path, source in excluded.items():
            catalog.exclude(path, source)
        catalog.close()
        for suffix in ("-wal", "-shm"):  # of the old one, which is whole without them
            (folder / f"{CATALOG_FILE}{suffix}").unlink(missing_ok=True)
        fresh.replace(folder / CATALOG_FILE)  # FAISS and tantivy follow: the new catalog knows of none of their files
    except OSError as error:
        raise StorageError(
            f"the collection {folder} cannot be rebuilt: {error.strerror}. Close what else has it open, then try again."
        ) from error


def _connect(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=5)


def _read(file: Path) -> tuple[dict[str, str], tuple[int, int, int]]:
    with closing(_connect(file)) as connection:
        meta = dict(connection.execute("SELECT key, value FROM meta"))
        totals = connection.execute("SELECT documents, passages, pending FROM totals").fetchone()
    return meta, totals


def _selection(meta: dict[str, str]) -> Selection | None:
    try:
        return read_selection(meta["selection"])
    except (KeyError, TypeError, ValueError):
        return None
