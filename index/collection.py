"""The whole index of some sources: open, update, search, look up.

    folder/catalog.sqlite   the truth
    folder/dense.faiss      derived: nearest vectors
    folder/lexical/         derived: BM25
    folder/lock             held while the collection is updated
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from index.catalog import Catalog
from index.dense import DenseIndex
from index.encoder import Encoder
from index.errors import SourceError, StorageError
from index.fusion import Candidate, Query, Score, Statistics, score_passages
from index.lexical import LexicalIndex
from index.records import Document, DocumentInfo, Failure, Passage, StoredPassage, Totals
from index.sources import find_sources, text_hash
from index.terms import question_terms, text_terms
from index.updating import Progress, UpdateReport, update_catalog

LOCK_SECONDS = 600
CANDIDATES = 200  # vectors and lexical hits that are scored exactly


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search found.

    Attributes:
        source: The name of its document.
        path: Absolute path of its document's file.
        text_sha256: Hash of its document's text.
        passage: Where it stands.
        text: The slice of the document's text.
        score: How well it fits.
        candidate: What it was scored by: its vectors and terms.
    """

    source: str
    path: str
    text_sha256: str
    passage: Passage
    text: str
    score: Score
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found: the queries, what is known of their terms in the collection, and hits, best first."""

    queries: tuple[Query, ...]
    statistics: Statistics
    hits: tuple[Hit, ...]


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
        self._dense: DenseIndex | None = None
        self._lexical = LexicalIndex(self._folder / "lexical")

    def close(self) -> None:
        """Close its files."""
        self._catalog.close()

    def update(
        self,
        paths: Iterable[str | Path],
        *,
        on_progress: Progress | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> UpdateReport:
        """Make it hold exactly what some files and folders hold.

        Args:
            paths: Files and folders.
            on_progress: Called with files done, files in all and a name.
            on_notice: Called with one line when another process has to be waited for.

        Returns:
            What was done.

        Raises:
            SourceError: A path does not exist.
            StorageError: Something cannot be written, or another process keeps the collection locked.
        """
        lock = FileLock(self._folder / "lock", mode=0o600)
        try:
            with lock.acquire(timeout=0):
                return self._update(paths, on_progress)
        except Timeout:
            if on_notice:
                on_notice("Another process is updating this collection; waiting for it.")
        try:
            with lock.acquire(timeout=LOCK_SECONDS):
                return self._update(paths, on_progress)
        except Timeout as error:
            raise StorageError(
                f"another process has been updating {self._folder} for {LOCK_SECONDS} seconds. Try again later."
            ) from error

    def _update(self, paths: Iterable[str | Path], on_progress: Progress | None) -> UpdateReport:
        report = update_catalog(self._catalog, find_sources(paths), self._encoder, on_progress=on_progress)
        if self._dense is None:
            self._dense = DenseIndex(self._folder / "dense.faiss", self._encoder.dimension)
        self._dense.follow(self._catalog)
        self._lexical.follow(self._catalog)
        return report

    def search(self, questions: Mapping[str, float], *, k: int = 10) -> Search:
        """Find the passages that fit one question, or several searched together.

        Args:
            questions: Stand-alone questions and their weights; a single one weighs 1.
            k: How many passages to return at most.

        Returns:
            Hits, best first; ties by source and offset.
        """
        queries = tuple(
            Query(self._encoder.encode_question(text), tuple(question_terms(text)), weight)
            for text, weight in questions.items()
        )
        terms = tuple(dict.fromkeys(term for query in queries for term in query.terms))
        with self._catalog.snapshot():
            totals = self._catalog.totals()
            frequencies = self._lexical.frequencies(terms)
            ids: set[int] = set()
            for query in queries:
                ids.update(self._dense.search(query.vector, CANDIDATES))
                ids.update(self._lexical.search(query.terms, CANDIDATES))
            stored = self._catalog.passages(sorted(ids))
            keys = self._catalog.document_keys(sorted({passage.document_id for passage in stored}))
        statistics = Statistics(totals.passages, totals.sentences, totals.terms, frequencies)
        candidates = [_candidate(passage) for passage in stored]
        hits = (
            Hit(*keys[passage.document_id], passage.passage, passage.text, score, candidate)
            for passage, candidate, score in zip(
                stored, candidates, score_passages(queries, candidates, statistics), strict=True
            )
        )
        best = sorted(hits, key=lambda hit: (-hit.score.fused, hit.source, hit.path, hit.passage.start))
        return Search(queries, statistics, tuple(best[:k]))

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

    def failures(self) -> tuple[Failure, ...]:
        """Sources that could not be read at the last update."""
        return self._catalog.failures()

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


def _candidate(stored: StoredPassage) -> Candidate:
    passage = stored.passage
    return Candidate(
        stored.embeddings,
        tuple(text_terms(passage.heading or "")),
        tuple(
            tuple(text_terms(stored.text[sentence.start - passage.start : sentence.end - passage.start]))
            for sentence in passage.sentences
        ),
    )
