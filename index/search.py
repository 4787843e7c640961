"""Search a collection: candidates from FAISS and tantivy, scored exactly from the catalog.

What the two indexes propose depends on nothing but the catalog as long as vectors are kept whole; how they score is not
used. So a search gives the same hits in the same order however the indexes came to be. Passages that are not embedded
yet are found by their words; the best of them are embedded there and then, so that one scale serves all.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

import numpy as np

from index.candidates import Signature, join
from index.catalog import Catalog
from index.dense import CANDIDATES, EXACT, DenseIndex
from index.embedding import embed_passages
from index.encoder import Encoder
from index.fusion import Query, Score, Statistics, fade_queries, score_passages
from index.lexical import LexicalIndex
from index.phrases import holds_phrases, phrase_pattern
from index.records import Passage, StoredPassage
from index.spelling import NearWord, count_spellings, near_spellings, one_edit_away
from index.terms import question_terms, text_terms
from index.vectors import vector_ids

Result = TypeVar("Result")

PHRASE_CANDIDATES = 2_000  # passages with all the words of a phrase that are read to see whether they stand together
PENDING_CANDIDATES = 20  # passages embedded for one question: half a second
REMEMBERED = 2_000  # passages whose signature is kept in memory, some 5 KB each: what is asked about is asked again
NEAR_PASSAGES = 20  # read to find a near spelling
SPELT_TERMS = 4  # the most frequent ones of those a letter away, whose passages are read to see how they are spelt
SPELT_PASSAGES = 60


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
        embeddings: float16 of shape (1 + sentences, dimension): the paragraph, then each sentence.
        keys: `term_key` of each term of its sentences, in order.
    """

    source: str
    path: str
    text_sha256: str
    passage: Passage
    text: str
    score: Score
    embeddings: np.ndarray
    keys: tuple[int, ...]


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
        self._signed: dict[int, tuple[int, int, Signature]] = {}
        self._signed_generation = 0
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="nearest")

    def search(self, questions: Mapping[str, float], limits: Limits, *, k: int) -> Search:
        """Find the passages that fit one question, or several searched together.

        Args:
            questions: The question and what is searched along with it, with their weights; a single one weighs 1.
            limits: What a passage must fulfil.
            k: How many passages to return at most.

        Returns:
            Hits, best first; ties by source and offset.
        """
        terms_of = {text: tuple(question_terms(text)) for text in questions}
        terms = tuple(dict.fromkeys(chain.from_iterable(terms_of.values())))

        def encode() -> tuple[Query, ...]:
            return tuple(
                Query(self._encoder.encode_question(text), terms_of[text], weight) for text, weight in questions.items()
            )

        encoded = self._begin(encode)
        with self._catalog.snapshot():
            totals = self._catalog.totals()
            statistics = Statistics(totals.passages, totals.sentences, totals.terms, self._lexical.frequencies(terms))
            signed = self._sign(self._candidates(encoded, list(terms_of.values()), limits))
            queries = encoded()
            if not signed:
                return Search(queries, statistics, ())
            block = join([signature for _, _, signature in signed.values()], self._encoder.dimension)
            queries = fade_queries(queries, block, statistics)
            scores = score_passages(queries, block, statistics)
            hits = self._hits(signed, scores, k)
        return Search(queries, statistics, hits)

    def near_spellings(self, term: str) -> tuple[str, ...]:
        """Find words of the collection spelt nearly like a term: at most three, nearest first."""
        with self._catalog.snapshot():
            stored = self._catalog.passages(self._lexical.search_near(term, NEAR_PASSAGES))
        return near_spellings(term, map(_with_heading, stored))

    def near_words(self, word: str, edits: int) -> tuple[NearWord, ...]:
        """Find the words of the collection that differ from a word in one letter; in two, where none does in one.

        Args:
            word: As typed.
            edits: In how many letters they may differ: 1 or 2.

        Returns:
            Nearest first, then the most frequent, then by alphabet; not those of which the word is an inflection.
        """
        word = word.lower()
        own = set(text_terms(word))
        spelt_as = {other: text_terms(other) for other in one_edit_away(word)}
        terms = sorted({terms[0] for terms in spelt_as.values() if len(terms) == 1} - own)
        with self._catalog.snapshot():
            held = {term: count for term, count in self._lexical.frequencies(terms).items() if count}
            frequent = sorted(held, key=lambda term: (-held[term], term))[:SPELT_TERMS]
            found = count_spellings(word, self._texts_of(frequent), 1)
            if edits > 1 and not set(frequent).intersection(found):
                stored = self._catalog.passages(self._lexical.search_near(next(iter(own)), SPELT_PASSAGES))
                found = count_spellings(word, map(_with_heading, stored), edits)
                held = self._lexical.frequencies(sorted(found))
        words = [NearWord(spelt, distance, held[term]) for term, (distance, spelt) in found.items() if held.get(term)]
        return tuple(sorted(words, key=lambda near: (near.distance, -near.passages, near.word)))

    def word_frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many passages each of some terms occurs."""
        with self._catalog.snapshot():
            return self._lexical.frequencies(terms)

    def nearest(self, vector: np.ndarray, k: int) -> list[int]:
        """The passages with the nearest vectors, as search proposes and scores them.

        Args:
            vector: float32 of shape (dimension,), of length 1.
            k: How many passages to find at most.

        Returns:
            Ids of passages, by their nearest vector, nearest first.
        """
        return self._rerank(self._dense.search(vector), vector, k)

    def _begin(self, work: Callable[[], Result]) -> Callable[[], Result]:
        """Begin what another thread can do meanwhile; calling what is returned waits for it, and gives what came of it.

        A large index keeps one core busy while the search for words does the other; a small one is done sooner than a
        thread wakes up.
        """
        if self._dense.compressed:
            return self._worker.submit(work).result
        done = work()
        return lambda: done

    def _candidates(
        self, encoded: Callable[[], Sequence[Query]], terms: Sequence[Sequence[str]], limits: Limits
    ) -> list[int]:
        """Passages worth scoring: the ids of some that may be gone or pending, words' best first."""
        owners, documents = None, None
        if limits.sources is not None:
            owners = self._catalog.vector_owners(limits.sources)
            documents = sorted({document_id for document_id, _, _ in owners})
        if limits.phrases:
            required = sorted({term for phrase in limits.phrases for term in text_terms(phrase)})
            found = self._lexical.search((), PHRASE_CANDIDATES, required=required, documents=documents)
            patterns = [phrase_pattern(phrase) for phrase in limits.phrases]
            stored = self._catalog.passages(sorted(found))
            return [passage.id for passage in stored if holds_phrases(_with_heading(passage), patterns)]
        near = self._nearest(encoded, owners)
        worded = [self._lexical.search(some, CANDIDATES, documents=documents) for some in terms]
        if self._dense.compressed:
            self._remember([id_ for ids in worded for id_ in ids])  # while the other search is still at work
        found = near()
        if self._dense.compressed and owners is None:  # many more than are worth scoring, for lack of exact scores
            found = [self._rerank(ids, query.vector, CANDIDATES) for ids, query in zip(found, encoded(), strict=True)]
        return list(dict.fromkeys(id_ for ids in (*worded, *found) for id_ in ids))

    def _texts_of(self, terms: Sequence[str]) -> list[str]:
        """Texts that hold some terms, some for each."""
        ids = [id_ for term in terms for id_ in self._lexical.search([term], SPELT_PASSAGES)]
        return [_with_heading(stored) for stored in self._catalog.passages(sorted(set(ids)))]

    def _rerank(self, ids: Sequence[int], vector: np.ndarray, k: int) -> list[int]:
        """The nearest of some passages by their exact vectors, nearest first."""
        return self._catalog.vectors_of(ids, self._encoder.dimension).nearest(vector, k)

    def _nearest(
        self, encoded: Callable[[], Sequence[Query]], owners: Sequence[tuple[int, int, int]] | None
    ) -> Callable[[], list[list[int]]]:
        """Begin to look for the passages nearest to each query; calling what is returned waits for them."""
        among = None if owners is None else vector_ids([(id_, sentences) for _, id_, sentences in owners])
        if among is not None and self._dense.compressed and len(among) <= EXACT:
            held = self._catalog.vectors_of([id_ for _, id_, _ in owners], self._encoder.dimension)
            return lambda: [held.nearest(query.vector, CANDIDATES) for query in encoded()]
        return self._begin(lambda: [self._dense.search(query.vector, among=among) for query in encoded()])

    def _sign(self, ids: Sequence[int]) -> dict[int, tuple[int, int, Signature]]:
        """Document, start and signature of those passages that are there; of the pending ones, the first few."""
        self._remember(ids)
        signed = {id_: self._signed[id_] for id_ in ids if id_ in self._signed}
        pending = [id_ for id_, (_, _, signature) in signed.items() if not signature.vectors]
        chosen = self._catalog.passages(pending[:PENDING_CANDIDATES])
        embedded = dict(zip((stored.id for stored in chosen), embed_passages(self._encoder, chosen), strict=True))
        for id_ in pending:
            document_id, start, signature = signed.pop(id_)
            if id_ in embedded:
                vectors = embedded[id_].tobytes()
                signed[id_] = (document_id, start, Signature(vectors, signature.keys, signature.lengths))
        self._signed.update(signed)
        return signed

    def _remember(self, ids: Sequence[int]) -> None:
        """Read the signatures of those passages that are there and not in memory yet."""
        generation = self._catalog.generation
        if generation != self._signed_generation or len(self._signed) > REMEMBERED:
            self._signed.clear()
            self._signed_generation = generation
        self._signed.update(self._catalog.signatures(sorted(set(ids).difference(self._signed))))

    def _hits(self, signed: Mapping[int, tuple[int, int, Signature]], scores: np.ndarray, k: int) -> tuple[Hit, ...]:
        """The best passages, best first; ties by source and offset."""
        least = np.sort(scores[:, 0])[::-1][:k][-1]
        ranked = [(id_, row) for id_, row in zip(signed, scores.tolist(), strict=True) if row[0] >= least]
        keys = self._catalog.document_keys(sorted({signed[id_][0] for id_, _ in ranked}))
        ranked.sort(key=lambda pair: (-pair[1][0], *keys[signed[pair[0]][0]][:2], signed[pair[0]][1]))
        texts = {p.id: p for p in self._catalog.passages([id_ for id_, _ in ranked[:k]])}
        return tuple(
            Hit(
                *keys[signed[id_][0]],
                texts[id_].passage,
                texts[id_].text,
                Score(*row),
                signed[id_][2].embeddings(self._encoder.dimension),
                signed[id_][2].sentence_keys(),
            )
            for id_, row in ranked[:k]
        )


def _with_heading(stored: StoredPassage) -> str:
    return f"{stored.passage.heading or ''}\n{stored.text}"
