"""Describe a collection of any version from outside, and check that its parts agree.

A check computes what is in the catalog again, from the texts, and these against their hashes; it compares FAISS and tantivy
with the catalog. What can be computed from something sound is mended. It does not compare documents with
their files; an update does that.
"""

import sqlite3
import stat
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.errors import StorageError
from index.hashing import text_hash
from index.sources import CATALOG_FILE, Selection
from index.store.catalog import CATALOG_FORMAT, Catalog, DocumentContent, PassageContent, read_selection
from index.store.features import VECTORS_PER_PASSAGE, content_hash, passage_terms, term_keys
from index.store.lexical_index import LexicalIndex
from index.store.proof import lies_in, slice_of
from index.store.vector_index import DenseIndex

_NAMED = 3  # passages named in one finding
_COUNTED = {
    "documents": "SELECT count(*) FROM documents",
    "passages": "SELECT count(*) FROM passages WHERE answering",
    "sentences": "SELECT coalesce(sum(length(sentences) / 8), 0) FROM passages WHERE answering",
    "terms": "SELECT coalesce(sum(length(keys) / 8), 0) FROM passages WHERE answering",
    "pending": "SELECT count(*) FROM pending",
}
# Queries that must find nothing, by the name of the fault.
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
    """Check the catalog alone; return one line per finding."""
    rows = catalog.database.rows
    findings = [f"catalog: {line}" for (line,) in rows("PRAGMA integrity_check") if line != "ok"]
    for table, row, parent, _ in rows("PRAGMA foreign_key_check"):
        findings.append(f"catalog: row {row} of {table} belongs to no row of {parent}")
    totals = catalog.totals()
    for name, statement in _COUNTED.items():
        ((counted,),) = rows(statement)
        if counted != getattr(totals, name):
            findings.append(f"catalog: {counted} {name} counted, {getattr(totals, name)} noted")
    for fault, statement in _WRONG.items():
        findings += [f"catalog: {fault}: {row[0]}" for row in rows(f"{statement} LIMIT {_NAMED}")]
    return findings


def check_contents(catalog: Catalog, dimension: int) -> tuple[list[str], list[int]]:
    """Compute again what the catalog has of each document and passage, and write what can be computed where it is damaged.

    A document whose text or places are damaged is noted to be read again by the next update.

    Returns:
        One line per finding; the passages whose embeddings are damaged.
    """
    findings = []
    for document, passages in catalog.contents():
        if text_hash(document.text) != document.text_sha256:
            lost = [f"the text of {document.source} is damaged"]
        else:
            lost = [
                f"paragraph {each.stored.passage.paragraph} of {document.source} is damaged"
                for each in passages
                if not _is_sound(document, each)
            ]
        if lost:
            findings += [f"catalog: {line}; qa index reads that file again" for line in lost]
            catalog.forget_file(document.path)
            continue
        for each in passages:
            passage = each.stored.passage
            text = slice_of(passage, document.text)
            keys, lengths = term_keys(*passage_terms(passage, text, document.stems))
            content = (text, keys.tobytes(), lengths.tobytes())
            if content != (each.stored.text, each.keys, each.lengths):
                catalog.mend_passage(each.stored.id, content)
                findings.append(
                    f"catalog: paragraph {passage.paragraph} of {document.source} was damaged, and is mended"
                )
    damaged = catalog.damaged_vectors(dimension)
    findings += [f"catalog: the vectors of passage {id_} were damaged, and are mended" for id_ in damaged]
    return findings, damaged


def _is_sound(document: DocumentContent, content: PassageContent) -> bool:
    """Whether a passage lies in its document, its sentences in it, and both with its heading are what was embedded."""
    passage, text = content.stored.passage, document.text
    return lies_in(passage, text) and content_hash(passage, slice_of(passage, text)) == content.content_hash


def check_derived(catalog: Catalog, dense: DenseIndex, lexical: LexicalIndex, dimension: int) -> list[str]:
    """Check the derived indexes, brought up to the catalog before; return one line per finding."""
    generation = catalog.generation
    findings = []
    for name, key in (("vector index", "dense_generation"), ("lexical index", "lexical_generation")):
        noted = catalog.meta(key)
        if int(noted or 0) != generation:
            findings.append(f"{name}: at generation {noted}, the catalog at {generation}")
    expected = [block.ids() for block in catalog.vectors_since(0, dimension)]
    wanted = np.concatenate(expected) if expected else np.empty(0, dtype=np.int64)
    findings += _compare("vector index", wanted, dense.ids(), VECTORS_PER_PASSAGE)
    answering = [id_ for (id_,) in catalog.database.rows("SELECT id FROM passages WHERE answering")]
    found = np.array(lexical.passages(), dtype=np.int64)
    return findings + _compare("lexical index", np.array(answering, dtype=np.int64), found, 1)


def _compare(name: str, wanted: npt.NDArray[np.int64], found: npt.NDArray[np.int64], share: int) -> list[str]:
    """Compare the entries an index must have with those it has; up to `share` entries belong to one passage."""
    ids, counts = np.unique(found, return_counts=True)
    wrong = {
        "lacks": np.setdiff1d(wanted, ids),
        "has entries of removed": np.setdiff1d(ids, wanted),
        "has twice": ids[counts > 1],
    }
    findings = []
    for what, entries in wrong.items():
        passages = np.unique(entries // share).tolist()
        if passages:
            more = f" and {len(passages) - _NAMED} more" if len(passages) > _NAMED else ""
            findings.append(f"{name}: {what} passage {', '.join(map(str, passages[:_NAMED]))}{more}")
    return findings


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """A collection as seen from outside.

    Attributes:
        name: Its name: that of its folder.
        folder: Its folder.
        sources: The files and folders it is made of; empty if it does not say.
        documents: How many documents it has.
        passages: How many passages may answer.
        pending: How many of these are not embedded yet.
        size: Bytes it takes on disk, with the files that were added.
        model: Identity of the encoder it was made with.
        format: Version of its format; 0 if it cannot be read.
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
        return self.format == CATALOG_FORMAT


def inspect_collection(folder: Path) -> CollectionInfo:
    """Describe a collection. One that cannot be read has format 0 and no documents."""
    size = _size(folder)
    try:
        meta = _meta(folder)
        ((documents, passages, pending),) = _read(folder, "SELECT documents, passages, pending FROM totals")
        version = int(meta.get("format", 0))
    except (sqlite3.Error, ValueError):
        return CollectionInfo(folder.name, str(folder), (), 0, 0, 0, size, "", 0, "")
    selection = _selection(meta)
    sources = tuple(map(str, selection.paths)) if selection else ()
    model, updated = meta.get("encoder", ""), meta.get("updated", "")
    return CollectionInfo(
        folder.name, str(folder), sources, documents, passages, pending, size, model, version, updated
    )


def _size(folder: Path) -> int:
    """Add up the bytes of the files in a folder, each once, although processes that have it open link some twice."""
    sizes = {}
    for file in folder.rglob("*"):
        with suppress(FileNotFoundError):  # removed by its process meanwhile
            found = file.stat()
            if stat.S_ISREG(found.st_mode):
                sizes[found.st_dev, found.st_ino] = found.st_size
    return sum(sizes.values())


def kept_selection(folder: Path) -> Selection | None:
    """Return the selection a collection is made of; None if it has none or it cannot be read."""
    try:
        return _selection(_meta(folder))
    except sqlite3.Error:
        return None


def kept_model(folder: Path) -> str:
    """Return what `--model` chooses the encoder of a collection by; empty for the bundled one, or if that is not known."""
    try:
        return _meta(folder).get("model", "")
    except sqlite3.Error:
        return ""


def stored_paths(folder: Path, source: str) -> list[tuple[str, str]]:
    """Return the path and the text's hash of each document of a name in a collection; none if it cannot be read."""
    try:
        return _read(folder, "SELECT path, text_sha256 FROM documents WHERE source = ?", source)
    except (sqlite3.Error, UnicodeEncodeError):  # no document is called half a character
        return []


def reset_collection(folder: Path, *, model: str | None = None) -> None:
    """Empty a collection, so that this version can make it again, with any model.

    Its selection, its exclusions and the files that were added stay. The caller has its lock.

    Args:
        folder: That of the collection.
        model: What `kept_model` returns from then on; what it returned before, when omitted.

    Raises:
        StorageError: It cannot be written.
    """
    selection, model = kept_selection(folder), kept_model(folder) if model is None else model
    try:
        excluded = _read(folder, "SELECT path, source FROM exclusions")
    except sqlite3.Error:
        excluded = []
    fresh = folder / f"{CATALOG_FILE}.new"
    try:
        for old in (fresh, fresh.with_name(f"{fresh.name}-wal"), fresh.with_name(f"{fresh.name}-shm")):
            old.unlink(missing_ok=True)
        catalog = Catalog(fresh)
        catalog.set_meta("model", model)
        if selection:
            catalog.keep_selection(selection)
        for path, source in excluded:
            catalog.exclude(path, source)
        catalog.database.close()
        for suffix in ("-wal", "-shm"):  # of the old one, which is whole without them
            (folder / f"{CATALOG_FILE}{suffix}").unlink(missing_ok=True)
        fresh.replace(folder / CATALOG_FILE)  # FAISS and tantivy follow: the new catalog lists none of their files
    except OSError as error:
        raise StorageError(
            f"the collection {folder} cannot be rebuilt: {error.strerror}. Close what else has it open, then try again."
        ) from error


def _read(folder: Path, statement: str, *values: str) -> list[Any]:
    file = (folder / CATALOG_FILE).resolve().as_uri()
    with closing(sqlite3.connect(f"{file}?mode=ro", uri=True, timeout=5)) as connection:
        return connection.execute(statement, values).fetchall()


def _meta(folder: Path) -> dict[str, str]:
    return dict(_read(folder, "SELECT key, value FROM meta"))


def _selection(meta: dict[str, str]) -> Selection | None:
    try:
        return read_selection(meta["selection"])
    except (KeyError, ValueError):
        return None
