"""Check that the parts of a collection agree.

A check computes what is in the catalog again, from the texts, and these against their hashes; it compares FAISS and tantivy
with the catalog. What can be computed from something sound is mended. It does not compare documents with
their files; an update does that.
"""

import numpy as np
import numpy.typing as npt

from index.hashing import text_hash
from index.store.catalog import Catalog, DocumentContent, PassageContent
from index.store.features import VECTORS_PER_PASSAGE, content_hash, passage_terms, term_keys
from index.store.proof import lies_in, slice_of
from index.store.protocols import DerivedIndex, LexicalIndex, VectorIndex

_NAMED = 3  # passages named in one finding
_COUNTED = {
    "documents": "SELECT count(*) FROM documents",
    "passages": "SELECT count(*) FROM passages WHERE answering = 1",
    "sentences": "SELECT coalesce(sum(length(sentences) / 8), 0) FROM passages WHERE answering = 1",
    "terms": "SELECT coalesce(sum(length(keys) / 8), 0) FROM passages WHERE answering = 1",
    "pending": "SELECT count(*) FROM pending",
}
# Queries that must find nothing, by the name of the fault.
_WRONG = {
    "a document whose passages do not count up": "SELECT source FROM documents WHERE passages <>"
    " (SELECT count(*) FROM passages WHERE document_id = documents.id)",
    "a passage neither embedded nor pending": "SELECT id FROM passages WHERE answering = 1"
    " AND id NOT IN (SELECT passage_id FROM embeddings) AND id NOT IN (SELECT passage_id FROM pending)",
    "a passage both embedded and pending": "SELECT passage_id FROM embeddings JOIN pending USING (passage_id)",
    "a heading that is embedded": "SELECT id FROM passages WHERE answering = 0"
    " AND (id IN (SELECT passage_id FROM embeddings) OR id IN (SELECT passage_id FROM pending))",
    "an excluded file that answers": "SELECT source FROM documents WHERE path IN (SELECT path FROM exclusions)",
}


def check_catalog(catalog: Catalog) -> list[str]:
    """Check the catalog alone; return one line per finding."""
    rows = catalog.database.rows
    findings = [f"catalog: {line}" for line in catalog.database.faults()]
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


def check_derived(catalog: Catalog, dense: VectorIndex, lexical: LexicalIndex, dimension: int) -> list[str]:
    """Check the derived indexes, brought up to the catalog before; return one line per finding."""
    generation = catalog.generation
    findings = []
    indexes: tuple[tuple[str, DerivedIndex], ...] = (("vector index", dense), ("lexical index", lexical))
    for name, index in indexes:
        saved = index.saved_generation(catalog)
        if saved != generation:
            findings.append(f"{name}: at generation {saved}, the catalog at {generation}")
    expected = [block.ids() for block in catalog.vectors_since(0, dimension)]
    wanted = np.concatenate(expected) if expected else np.empty(0, dtype=np.int64)
    findings += _compare("vector index", wanted, dense.ids(), VECTORS_PER_PASSAGE)
    answering = [id_ for (id_,) in catalog.database.rows("SELECT id FROM passages WHERE answering = 1")]
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
