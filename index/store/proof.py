"""Prove that passages are what their documents say, before they are quoted.

A text in the catalog may be altered by a failing disk, or by a statement typed by hand. A passage is quoted only as a slice
of its document's text, and that text only while it has the hash that was noted when the document was read.
"""

from collections import OrderedDict

from index.hashing import text_hash
from index.records import StoredPassage
from index.store.catalog import Catalog

_CHARACTERS = 4_000_000  # of proven texts kept in memory; answers to related questions cite the same documents


class ProvenTexts:
    """The texts of documents that have their hash, the latest used of them in memory."""

    def __init__(self, catalog: Catalog) -> None:
        """Prove passages of one catalog."""
        self._catalog = catalog
        self._texts: OrderedDict[str, str] = OrderedDict()  # by hash
        self._characters = 0

    def hold(self, stored: StoredPassage, text_sha256: str) -> bool:
        """Whether a passage is the slice it claims to be of a text with this hash, and its sentences are inside it."""
        text, passage = self._text(stored.document_id, text_sha256), stored.passage
        return (
            text is not None
            and text[passage.start : passage.end] == stored.text
            and len(stored.text) == passage.end - passage.start
            and all(passage.start <= s.start < s.end <= passage.end for s in passage.sentences)
        )

    def _text(self, document_id: int, text_sha256: str) -> str | None:
        if text_sha256 in self._texts:
            self._texts.move_to_end(text_sha256)
            return self._texts[text_sha256]
        text = self._catalog.text_of(document_id)
        if text_hash(text) != text_sha256:
            return None
        self._texts[text_sha256] = text
        self._characters += len(text)
        while self._characters > _CHARACTERS and len(self._texts) > 1:
            _, dropped = self._texts.popitem(last=False)
            self._characters -= len(dropped)
        return text
