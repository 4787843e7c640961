"""Search a collection: candidates from FAISS and tantivy, scored exactly from the catalog.

What the two indexes propose depends on nothing but the catalog; how they score is not used. So a search gives the same
hits in the same order however the indexes came to be.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.catalog import Catalog
from index.dense import DenseIndex, vector_ids
from index.encoder import Encoder
from index.fusion import Candidate, Query, Score, Statistics, fade_queries, score_passages
from index.lexical import LexicalIndex
from index.phrases import holds_phrases, phrase_pattern
from index.records import Passage, StoredPassage
from index.spelling import near_spellings
from index.terms import question_terms, text_terms

CANDIDATES = 200  # vectors, and lexical hits, that are scored exactly
PHRASE_CANDIDATES = 2_000  # passages with all the words of a phrase that are read to see whether they stand together

REMEMBERED = 4_000  # passages whose terms are kept in memory, some 10 KB each: what is asked about is asked again
NEAR_PASSAGES = 20  # read to find a near spelling


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
    """What a search found.

    Attributes:
        queries: What was searched, as vectors and terms; those that faded out are left out.
        statistics: What is known of their terms in the collection.
        hits: Best first; ties by source and offset.
    """

    queries: tuple[Query, ...]
    statistics: Statistics
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a passage must fulfil to be found.

    Attributes:
        phrases: Words that must stand together in it or in its heading.
        sources: Names of the documents it may stand in; None: any.
    """

    phrases: tuple[str, ...] = ()
    sources: tuple[str, ...] | None = None


class Searcher:
    """Searches the catalog through the indexes derived from it."""

    def __init__(self, catalog: Catalog, dense: DenseIndex, lexical: LexicalIndex, encoder: Encoder) -> None:
        """Wrap the parts, each brought up to the catalog."""
        self._catalog = catalog
        self._dense = dense
        self._lexical = lexical
        self._encoder = encoder
        self._described: dict[int, Candidate] = {}

    def search(self, questions: Mapping[str, float], limits: Limits, *, k: int) -> Search:
        """Find the passages that fit one question, or several searched together.

        Args:
            questions: The question and what is searched along with it, with their weights; a single one weighs 1.
            limits: What a passage must fulfil.
            k: How many passages to return at most.

        Returns:
            Hits, best first; ties by source and offset.
        """
        queries = tuple(
            Query(self._encoder.encode_question(text), tuple(question_terms(text)), weight)
            for text, weight in questions.items()
        )
        with self._catalog.snapshot():
            totals = self._catalog.totals()
            terms = tuple(dict.fromkeys(term for query in queries for term in query.terms))
            statistics = Statistics(totals.passages, totals.sentences, totals.terms, self._lexical.frequencies(terms))
            stored = self._candidates(queries, limits)
            keys = self._catalog.document_keys(sorted({passage.document_id for passage in stored}))
        candidates = [self._describe(passage) for passage in stored]
        queries = fade_queries(queries, candidates, statistics)
        scores = score_passages(queries, candidates, statistics)
        hits = (
            Hit(*keys[passage.document_id], passage.passage, passage.text, score, candidate)
            for passage, candidate, score in zip(stored, candidates, scores, strict=True)
        )
        best = sorted(hits, key=lambda hit: (-hit.score.fused, hit.source, hit.path, hit.passage.start))
        return Search(queries, statistics, tuple(best[:k]))

    def _describe(self, stored: StoredPassage) -> Candidate:
        """What a passage is scored by, remembered: a passage never changes under its id."""
        known = self._described.get(stored.id)
        if known is None:
            if len(self._described) >= REMEMBERED:
                self._described.clear()
            known = self._described[stored.id] = describe(stored.passage, stored.text, stored.embeddings)
        return known

    def nearest(self, vector: np.ndarray, k: int) -> list[int]:
        """Ids of the passages with the nearest vectors, nearest first, among at most `k` vectors."""
        return self._dense.search(vector, k)

    def near_spellings(self, term: str) -> tuple[str, ...]:
        """Find words of the collection spelt nearly like a term: at most three, nearest first."""
        with self._catalog.snapshot():
            stored = self._catalog.passages(self._lexical.search_near(term, NEAR_PASSAGES))
        return near_spellings(term, map(_with_heading, stored))

    def _candidates(self, queries: Sequence[Query], limits: Limits) -> list[StoredPassage]:
        """Passages worth scoring, by id."""
        among, documents = None, None
        if limits.sources is not None:
            owners = self._catalog.vector_owners(limits.sources)
            among = vector_ids([(id_, sentences) for _, id_, sentences in owners])
            documents = sorted({document_id for document_id, _, _ in owners})
        ids: set[int] = set()
        if limits.phrases:
            required = sorted({term for phrase in limits.phrases for term in text_terms(phrase)})
            ids.update(self._lexical.search((), PHRASE_CANDIDATES, required=required, documents=documents))
        else:
            for query in queries:
                ids.update(self._dense.search(query.vector, CANDIDATES, among=among))
                ids.update(self._lexical.search(query.terms, CANDIDATES, documents=documents))
        patterns = [phrase_pattern(phrase) for phrase in limits.phrases]
        return [
            stored for stored in self._catalog.passages(sorted(ids)) if holds_phrases(_with_heading(stored), patterns)
        ]


def _with_heading(stored: StoredPassage) -> str:
    return f"{stored.passage.heading or ''}\n{stored.text}"


def describe(passage: Passage, text: str, embeddings: np.ndarray) -> Candidate:
    """What a passage is scored by.

    Args:
        passage: Where it stands.
        text: Its text.
        embeddings: Of shape (1 + sentences, dimension).
    """
    return Candidate(
        embeddings,
        tuple(text_terms(passage.heading or "")),
        tuple(
            tuple(text_terms(text[sentence.start - passage.start : sentence.end - passage.start]))
            for sentence in passage.sentences
        ),
    )
