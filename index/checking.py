"""Check that a collection is in step: the catalog with itself, and FAISS and tantivy with the catalog.

Left out: whether the documents are what their files hold now; an update is for that.
"""

import numpy as np

from index.catalog import Catalog
from index.dense import DenseIndex
from index.lexical import LexicalIndex
from index.vectors import VECTORS_PER_PASSAGE

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
