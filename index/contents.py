"""What a collection holds, to be looked up: documents, passages, embeddings, figures and settings."""

from collections.abc import Iterator, Sequence

import numpy as np

from index.candidates import row_per_sentence
from index.catalog import Catalog
from index.encoder import Encoder
from index.errors import SourceError
from index.records import Document, DocumentInfo, Failure, Passage, StoredPassage, Totals
from index.rules import Selection


class Contents:
    """What is in a catalog, as others may see it; the part of a collection that only looks things up."""

    _catalog: Catalog
    _encoder: Encoder

    @property
    def generation(self) -> int:
        """Raised by every committed change."""
        return self._catalog.generation

    @property
    def selection(self) -> Selection | None:
        """What it is made of, as of its last update; None before the first."""
        return self._catalog.selection()

    @property
    def identity(self) -> str:
        """Which encoder made it."""
        return self._encoder.identity

    def totals(self) -> Totals:
        """How much it holds."""
        return self._catalog.totals()

    def setting(self, key: str) -> str | None:
        """A setting kept with the documents, or None."""
        return self._catalog.meta(f"setting:{key}")

    def set_setting(self, key: str, value: str) -> None:
        """Keep a setting with the documents. It raises the generation, for it may change answers."""
        with self._catalog.transaction():
            self._catalog.set_meta(f"setting:{key}", value)
            self._catalog.raise_generation()

    def failures(self) -> tuple[Failure, ...]:
        """Sources that could not be read at the last update."""
        return self._catalog.failures()

    def passage_counts(self, sources: Sequence[str]) -> tuple[int, int]:
        """How many passages of the documents with some names may answer, and how many of these are pending."""
        return self._catalog.passage_counts(sources)

    def documents(self) -> tuple[DocumentInfo, ...]:
        """Every document, by the name shown, then path."""
        return self._catalog.documents()

    def document(self, path: str) -> Document:
        """One document with its text, as it was when it was indexed; its passages hold what its locators said.

        Args:
            path: As a citation or `documents` gives it; looked up in the catalog, never opened.

        Raises:
            SourceError: The collection holds no such document.
        """
        found = self._catalog.document(path)
        if found is None:
            raise SourceError(f"{path!r} is not in this collection.")
        return found

    def passages(self, path: str) -> tuple[Passage, ...]:
        """The passages of one document, in order; none when the collection does not hold it."""
        return tuple(stored.passage for stored in self._catalog.passages_of(path))

    def passages_from(self, path: str, paragraph: int, most: int) -> list[StoredPassage]:
        """Some passages of one document with their texts: those that may answer, from a paragraph on, in order.

        Args:
            path: As `documents` gives it.
            paragraph: The number of the first paragraph that counts; 1-based.
            most: How many passages at most.
        """
        return self._catalog.passages_from(path, paragraph, most)

    def language_of(self, path: str) -> str:
        """ISO 639-1 code of a document's language; empty where it was not told, or there is no such document."""
        return self._catalog.language_of(path)

    def embeddings(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """All vectors, each with its passage's id, in blocks: int64 of shape (n,), float16 of shape (n, dimension)."""
        for block in self._catalog.vectors_since(0, self._encoder.dimension):
            yield block.owners(), block.vectors

    def stored_passages(self, path: str) -> list[tuple[StoredPassage, np.ndarray]]:
        """The passages of one document that may answer, in order, each with its embeddings.

        The embeddings are float16 of shape (1 + sentences, dimension): the paragraph, then each sentence.
        """
        stored = {passage.id: passage for passage in self._catalog.passages_of(path)}
        return [
            (stored[id_], row_per_sentence(vectors, len(stored[id_].passage.sentences)))
            for id_, vectors in self._catalog.vectors_of(list(stored), self._encoder.dimension).split()
        ]
