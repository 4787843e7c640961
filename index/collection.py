"""What a collection holds, to be looked up: documents, passages, embeddings, figures and settings.

The whole index of some sources: open, update, search, look up.

folder/catalog.sqlite   the truth
folder/dense/           derived: nearest vectors
folder/lexical/         derived: BM25
folder/added/           files copied into the collection
folder/lock             held while the collection is updated
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path

import numpy as np

from index.encoders.base import Encoder
from index.errors import OutdatedError, SourceError, StorageError
from index.files import Library
from index.parsers.isolation import IsolatedReader
from index.progress import Progress
from index.records import Document, DocumentInfo, Failure, Passage, StoredPassage, Totals
from index.search import Limits, Search, Searcher
from index.sources import CATALOG_FILE, Selection, find_sources
from index.store.catalog import Catalog, describe_time, row_per_sentence
from index.store.check import check_catalog, check_derived
from index.store.lexical_index import LexicalIndex
from index.store.sqlite import hold_lock
from index.store.vector_index import DenseIndex
from index.text.terms import NearWord
from index.update import Reader, UpdateReport, update_catalog


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


FOLLOW_SECONDS = 1.0  # between two times that what has been written meanwhile becomes searchable


class Collection(Contents):
    """An index on disk and the encoder that made it."""

    def __init__(self, folder: str | Path, encoder: Encoder) -> None:
        """Open a collection, creating it where there is none.

        Args:
            folder: Its own folder; made readable by this user alone.
            encoder: Must be the one it was made with.

        Raises:
            OutdatedError: It was made with another encoder, or by another version.
            StorageError: The folder cannot be used.
        """
        self._folder = Path(folder)
        self._encoder = encoder
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"the folder {folder} cannot be made: {error.strerror}. Set QA_HOME to a folder that can be written."
            ) from error
        self._catalog = Catalog(self._folder / CATALOG_FILE)
        made_with = self._catalog.meta("encoder")
        if made_with is None:
            with self._catalog.transaction():
                self._catalog.set_meta("encoder", encoder.identity)
        elif made_with != encoder.identity:
            self._catalog.close()
            raise OutdatedError(f"the index in {folder} was made with the model {made_with}, not {encoder.identity}.")
        self._dense: DenseIndex | None = None  # made on first use: a model's dimension is known once it is loaded
        self._lexical = LexicalIndex(self._folder / "lexical")
        self._searcher: Searcher | None = None
        self._following = threading.RLock()
        self._stopped = threading.Event()
        self.library = Library(self._catalog, self._folder)

    @property
    def folder_name(self) -> str:
        """The name of its folder."""
        return self._folder.name

    def close(self) -> None:
        """Close its files."""
        self._catalog.close()

    def stop_waiting(self) -> None:
        """Let updates give up waiting for another process, now and from now on: the collection is about to be closed."""
        self._stopped.set()

    def update(
        self,
        selection: Selection | Iterable[str | Path],
        *,
        read: Reader | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        live: bool = False,
    ) -> UpdateReport:
        """Make it hold exactly what some files and folders hold, and what was added to it; less what is excluded.

        Args:
            selection: What it is made of, which is kept with it; or files and folders alone.
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
        if not isinstance(selection, Selection):
            selection = Selection(tuple(selection))
        with hold_lock(self._folder, on_notice=on_notice, stopped=self._stopped.is_set):
            if not self._catalog.is_current:
                raise StorageError(
                    f"the collection {self._folder} was deleted or rebuilt by another process. Open it again."
                )
            return self._update(selection, read, on_progress, live=live)

    def _update(
        self,
        selection: Selection,
        read: Reader | None,
        on_progress: Callable[[Progress], None] | None,
        *,
        live: bool,
    ) -> UpdateReport:
        excluded = self._catalog.exclusions()
        found = find_sources(selection.paths, selection.rules) + self.library.find_added()
        sources = sorted(
            (source for source in found if source.path not in excluded), key=lambda source: (source.name, source.path)
        )
        self._catalog.keep_selection(selection)
        self.library.expect(sources)
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
        self._catalog.set_meta("updated", describe_time(time.time_ns()))
        return report

    def catch_up(self) -> None:
        """Bring the derived indexes up to the catalog, unless somebody holds the lock, who does so anyway."""
        with suppress(StorageError), hold_lock(self._folder, patience=0):
            self._follow().save(self._catalog)

    def check(self, *, on_notice: Callable[[str], None] | None = None) -> tuple[str, ...]:
        """Bring the derived indexes up to the catalog, as opening does, and compare them with it entry by entry.

        Args:
            on_notice: As for `update`.

        Returns:
            One line for each finding; none when all is in step. A damaged file of the vector index has been built anew.
        """
        with hold_lock(self._folder, on_notice=on_notice, stopped=self._stopped.is_set):
            if self._dense is None:
                self._dense = DenseIndex(self._folder / "dense", self._encoder.dimension)
            damaged = [
                f"vector index: {name} is missing or damaged" for name in self._dense.damaged_files(self._catalog)
            ]
            dense = self._follow()
            dense.save(self._catalog)
            findings = check_catalog(self._catalog)
            return (*damaged, *findings, *check_derived(self._catalog, dense, self._lexical, self._encoder.dimension))

    def _follow(self) -> DenseIndex:
        """Make what is in the catalog searchable; the caller holds the collection's lock."""
        with self._following:
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

    def near_words(self, word: str, edits: int) -> tuple[NearWord, ...]:
        """Find the words it holds that differ from a word in one letter, or in two where none does in one: nearest first."""
        return self._open_searcher().near_words(word, edits)

    def word_frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many passages each of some terms occurs."""
        return self._open_searcher().word_frequencies(terms)

    def rank_by_words(self, terms: Sequence[str], k: int) -> list[int]:
        """Passage ids by BM25 alone, best first: a baseline to measure against."""
        return self._lexical.search(terms, k)

    def nearest(self, vector: np.ndarray, k: int) -> list[int]:
        """Passage ids by their nearest vector alone, nearest first: what the dense half of a search finds."""
        return self._open_searcher().nearest(vector, k)

    def _open_searcher(self) -> Searcher:
        if self._searcher is None:
            raise StorageError(f"the collection {self._folder} is not open for searching. Update it first.")
        return self._searcher
