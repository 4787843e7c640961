"""Check that a collection is in step: the catalog with itself, and FAISS and tantivy with the catalog.

Left out: whether the documents are what their files hold now; an update is for that.

Look at a collection without opening it: what it is, what it holds and what it takes, whatever version made it.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.errors import StorageError
from index.sources import CATALOG_FILE, Selection
from index.store.catalog import VECTORS_PER_PASSAGE, Catalog, read_selection
from index.store.lexical_index import LexicalIndex
from index.store.sqlite import FORMAT
from index.store.vector_index import DenseIndex

_NAMED = 3  # passages named in one finding
_COUNTED = {
    "documents": "SELECT count(*) FROM documents",
    "passages": "SELECT count(*) FROM passages WHERE answering",
    "sentences": "SELECT coalesce(sum(length(sentences) / 8), 0) FROM passages WHERE answering",
    "terms": "SELECT coalesce(sum(length(keys) / 8), 0) FROM passages WHERE answering",
    "pending": "SELECT count(*) FROM pending",
}
# Rows that there must not be, each with what one is.
_WRONG = {
    "a document whose passages do not count up": "SELECT source FROM documents WHERE passages <>"
    " (SELECT count(*) FROM passages WHERE document_id = documents.id)",
    "a passage neither embedded nor pending": "SELECT id FROM passages WHERE answering"
    " AND id NOT IN (SELECT passage_id FROM embeddings) AND id NOT IN (SELECT passage_id FROM pending)",
    "a passage both embedded and pending": "SELECT passage_id FROM embeddings JOIN pending USING (passage_id)",
    "a heading that is embedded": "SELECT id FROM passages WHERE NOT answering"
    " AND (id IN (SELECT passage_id FROM embeddings) OR id IN (SELECT passage_id FROM pending))",
    "an excluded file that answers": "SELECT source FROM documents WHERE path IN (SELECT path FROM exclusions)",
}


def check_catalog(catalog: Catalog) -> list[str]:
    """Check the catalog by itself; one line for each finding."""
    findings = [f"catalog: {line}" for (line,) in catalog.query("PRAGMA integrity_check") if line != "ok"]
    for table, row, parent, _ in catalog.query("PRAGMA foreign_key_check"):
        findings.append(f"catalog: row {row} of {table} belongs to no row of {parent}")
    totals = catalog.totals()
    for name, statement in _COUNTED.items():
        ((counted,),) = catalog.query(statement)
        if counted != getattr(totals, name):
            findings.append(f"catalog: {counted} {name} counted, {getattr(totals, name)} noted")
    for what, statement in _WRONG.items():
        findings += [f"catalog: {what}: {row[0]}" for row in catalog.query(f"{statement} LIMIT {_NAMED}")]
    return findings


def check_derived(catalog: Catalog, dense: DenseIndex, lexical: LexicalIndex, dimension: int) -> list[str]:
    """Check what is derived from the catalog and has followed it; one line for each finding."""
    generation = catalog.generation
    findings = [
        f"{name}: at generation {noted}, the catalog at {generation}"
        for name, noted in (
            ("vector index", catalog.meta("dense_generation")),
            ("lexical index", catalog.meta("lexical_generation")),
        )
        if int(noted or 0) != generation
    ]
    expected = [block.ids() for block in catalog.vectors_since(0, dimension)]
    wanted = np.concatenate(expected) if expected else np.empty(0, dtype=np.int64)
    findings += _compare("vector index", wanted, dense.ids(), VECTORS_PER_PASSAGE)
    answering = np.array([id_ for (id_,) in catalog.query("SELECT id FROM passages WHERE answering")], dtype=np.int64)
    return findings + _compare("lexical index", answering, np.array(lexical.passages(), dtype=np.int64), 1)


def _compare(name: str, wanted: np.ndarray, found: np.ndarray, share: int) -> list[str]:
    """Compare the entries an index must have with those it has; `share` entries can belong to one passage."""
    ids, counts = np.unique(found, return_counts=True)
    wrong = {
        "lacks": np.setdiff1d(wanted, ids),
        "holds what is gone, of": np.setdiff1d(ids, wanted),
        "holds twice": ids[counts > 1],
    }
    return [
        f"{name}: {what} passage {', '.join(map(str, np.unique(some // share)[:_NAMED]))}"
        + (f" and {len(np.unique(some // share)) - _NAMED} more" if len(np.unique(some // share)) > _NAMED else "")
        for what, some in wrong.items()
        if len(some)
    ]


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
    from index.store.catalog import Catalog

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
