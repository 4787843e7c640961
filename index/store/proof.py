"""Prove that passages are what their documents say, before they are quoted.

A text in the catalog may be altered by a failing disk, or by a statement typed by hand. A passage is quoted only as a slice
of its document's text, and that text only while it has the hash that was noted when the document was read.
"""

from collections.abc import Iterable, Mapping
from itertools import groupby
from operator import attrgetter

from index.hashing import text_hash
from index.records import Passage, StoredPassage
from index.store.catalog import Catalog


class Proof:
    """Holds passages against the texts of their documents, and these against their hashes.

    Hashing a long text takes most of the time. So it is done again only once another process has written to the catalog.
    """

    def __init__(self, catalog: Catalog) -> None:
        """Prove passages of one catalog."""
        self._catalog = catalog
        # Documents whose texts have these hashes, and the version of the catalog in which they do.
        self._hashed: tuple[object | None, set[tuple[int, str]]] = (None, set())

    def find_damaged(self, passages: Iterable[StoredPassage], hashes: Mapping[int, str]) -> set[int]:
        """Find the documents whose text does not have its hash, or of which a passage is not a slice.

        Args:
            passages: In any order, read in the snapshot under way.
            hashes: The SHA-256 of the text of each document, by document id.

        Returns:
            Their ids.
        """
        version = self._catalog.database.version
        kept = self._hashed
        if version is None or version != kept[0]:
            kept = self._hashed = version, set()
        hashed_before, damaged = kept[1], set()
        of_document = attrgetter("document_id")
        sorted_passages = sorted(passages, key=of_document)
        texts = self._catalog.texts_of(sorted({each.document_id for each in sorted_passages}))
        for document_id, some in groupby(sorted_passages, of_document):
            text, hashed = texts.get(document_id, ""), hashes[document_id]
            if (document_id, hashed) not in hashed_before and text_hash(text) != hashed:
                damaged.add(document_id)
                continue
            hashed_before.add((document_id, hashed))
            if any(not lies_in(each.passage, text) or slice_of(each.passage, text) != each.text for each in some):
                damaged.add(document_id)
        return damaged


def lies_in(passage: Passage, text: str) -> bool:
    """Whether a passage lies in the text of its document, and its sentences in the passage."""
    return 0 <= passage.start < passage.end <= len(text) and all(
        passage.start <= sentence.start < sentence.end <= passage.end for sentence in passage.sentences
    )


def slice_of(passage: Passage, text: str) -> str:
    """Return what the text of its document has at a passage."""
    return text[passage.start : passage.end]
