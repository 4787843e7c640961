"""The whole index of some sources: open, update, search, look up.

folder/catalog.sqlite   the truth
folder/dense/           derived: nearest vectors
folder/lexical/         derived: BM25
folder/lock             held while the collection is updated
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from index.candidates import row_per_sentence
from index.catalog import Catalog
from index.dense import DenseIndex
from index.encoder import Encoder
from index.errors import SourceError, StorageError
from index.lexical import LexicalIndex
from index.progress import Progress
from index.readers.isolated import IsolatedReader
from index.records import Document, DocumentInfo, Failure, Passage, StoredPassage, Totals
from index.search import Limits, Search, Searcher
from index.sources import find_sources, text_hash
from index.updating import Reader, UpdateReport, update_catalog

LOCK_SECONDS = 600
FOLLOW_SECONDS = 1.0  # between two times that what has been written meanwhile becomes searchable


class Collection:
    """An index on disk and the encoder that made it."""

    def __init__(self, folder: str | Path, encoder: Encoder) -> None:
        """Open a collection, creating it where there is none.

        Args:
            folder: Its own folder; made readable by this user alone.
            encoder: Must be the one it was made with.

        Raises:
            StorageError: The folder cannot be used, or was made with another encoder.
        """
        self._folder = Path(folder)
        self._encoder = encoder
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"the folder {folder} cannot be made: {error.strerror}. Set QA_HOME to a folder that can be written."
            ) from error
        self._catalog = Catalog(self._folder / "catalog.sqlite")
        made_with = self._catalog.meta("encoder")
        if made_with is None:
            with self._catalog.transaction():
                self._catalog.set_meta("encoder", encoder.identity)
        elif made_with != encoder.identity:
            raise StorageError(
                f"the collection {folder} was made with the model {made_with}, not {encoder.identity}. "
                "Delete that folder, then index again."
            )
        self._dense: DenseIndex | None = None  # made on first use: a model's dimension is known once it is loaded
        self._lexical = LexicalIndex(self._folder / "lexical")
        self._searcher: Searcher | None = None

    def close(self) -> None:
        """Close its files."""
        self._catalog.close()

    def update(
        self,
        paths: Iterable[str | Path],
        *,
        read: Reader | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        live: bool = False,
    ) -> UpdateReport:
        """Make it hold exactly what some files and folders hold.

        Args:
            paths: Files and folders.
            read: Reads one file; when omitted, an `IsolatedReader`, which survives whatever a file holds.
            on_progress: Told of each step; what it raises ends the update, and the next one goes on from there.
            on_notice: Called with one line when another process has to be waited for.
            live: Whether other threads search meanwhile. They find what it held before from the first step on, and
                what has been read within a second or two.

        Returns:
            What was done.

        Raises:
            SourceError: A path does not exist.
            StorageError: Something cannot be written, or another process keeps the collection locked.
        """
        lock = FileLock(self._folder / "lock", mode=0o600)
        try:
            with lock.acquire(timeout=0):
                return self._update(paths, read, on_progress, live=live)
        except Timeout:
            if on_notice:
                on_notice("Another process is updating this collection; waiting for it.")
        try:
            with lock.acquire(timeout=LOCK_SECONDS):
                return self._update(paths, read, on_progress, live=live)
        except Timeout as error:
            raise StorageError(
                f"another process has been updating {self._folder} for {LOCK_SECONDS} seconds. Try again later."
            ) from error

    def _update(
        self,
        paths: Iterable[str | Path],
        read: Reader | None,
        on_progress: Callable[[Progress], None] | None,
        *,
        live: bool,
    ) -> UpdateReport:
        sources = find_sources(paths)
        if live:
            self._follow()
        followed, complete = time.monotonic(), False

        def tell(progress: Progress) -> None:
            nonlocal followed, complete
            all_read = progress.documents == progress.all_documents
            if live and (time.monotonic() - followed > FOLLOW_SECONDS or (all_read and not complete)):
                self._follow()
                followed, complete = time.monotonic(), all_read
            if on_progress:
                on_progress(progress)

        with nullcontext(read) if read else IsolatedReader() as reader:
            report = update_catalog(self._catalog, sources, self._encoder, read=reader, on_progress=tell)
        self._follow().save(self._catalog)
        return report

    def _follow(self) -> DenseIndex:
        """Make what is in the catalog searchable."""
        if self._dense is None:
            self._dense = DenseIndex(self._folder / "dense", self._encoder.dimension)
        self._dense.follow(self._catalog)
        self._lexical.follow(self._catalog)
        if self._searcher is None:
            self._searcher = Searcher(self._catalog, self._dense, self._lexical, self._encoder)
        return self._dense

    @property
    def searchable(self) -> bool:
        """Whether it can be searched: it was updated, or is being updated live."""
        return self._searcher is not None

    def search(self, questions: Mapping[str, float], limits: Limits | None = None, *, k: int = 10) -> Search:
        """Find the passages that fit one question, or several searched together.

        Args:
            questions: Stand-alone questions and their weights; a single one weighs 1.
            limits: What a passage must fulfil; nothing when omitted.
            k: How many passages to return at most.

        Returns:
            Hits, best first; ties by source and offset.

        Raises:
            StorageError: The collection was never updated, or its catalog cannot be read.
        """
        return self._open_searcher().search(questions, limits or Limits(), k=k)

    def near_spellings(self, term: str) -> tuple[str, ...]:
        """Find words it holds that are spelt nearly like a term: at most three, nearest first."""
        return self._open_searcher().near_spellings(term)

    def rank_by_words(self, terms: Sequence[str], k: int) -> list[int]:
        """Passage ids by BM25 alone, best first: a baseline to measure against."""
        return self._lexical.search(terms, k)

    def nearest(self, vector: np.ndarray, k: int) -> list[int]:
        """Passage ids by their nearest vector alone, nearest first: what the dense half of a search finds."""
        return self._open_searcher().nearest(vector, k)

    def embeddings(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """All vectors, each with its passage's id, in blocks: int64 of shape (n,), float16 of shape (n, dimension)."""
        for block in self._catalog.vectors_since(0, self._encoder.dimension):
            ids = np.repeat(np.array([id_ for id_, _ in block]), [len(vectors) for _, vectors in block])
            yield ids, np.concatenate([vectors for _, vectors in block])

    def stored_passages(self, path: str) -> list[tuple[StoredPassage, np.ndarray]]:
        """The passages of one document that may answer, in order, each with its embeddings.

        The embeddings are float16 of shape (1 + sentences, dimension): the paragraph, then each sentence.
        """
        stored = {passage.id: passage for passage in self._catalog.passages_of(path)}
        return [
            (stored[id_], row_per_sentence(vectors, len(stored[id_].passage.sentences)))
            for id_, vectors in self._catalog.vectors_of(list(stored), self._encoder.dimension)
        ]

    def _open_searcher(self) -> Searcher:
        if self._searcher is None:
            raise StorageError(f"the collection {self._folder} is not open for searching. Update it first.")
        return self._searcher

    @property
    def generation(self) -> int:
        """Raised by every committed change."""
        return self._catalog.generation

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
        """One document with its text, as it was when it was indexed.

        Args:
            path: As a citation or `documents` gives it; looked up in the catalog, never opened.

        Raises:
            SourceError: The collection holds no such document.
        """
        found = self._catalog.document_text(path)
        if found is None:
            raise SourceError(f"{path!r} is not in this collection.")
        source, text, file_sha256 = found
        return Document(source, path, text, text_hash(text), file_sha256)

    def passages(self, path: str) -> tuple[Passage, ...]:
        """The passages of one document, in order; none when the collection does not hold it."""
        return tuple(stored.passage for stored in self._catalog.passages_of(path))
