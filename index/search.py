"""Search a collection: candidates from FAISS and tantivy, scored exactly from the catalog on one absolute scale.

    score = .8 (paragraph + best sentence) / 2  +  .2 (BM25 of the paragraph + BM25 of its best sentence) / (2 Σ idf)
          + .2 where it is one of few passages with a code of the question

The first half are cosines, on the scale of the bundled encoder (`Scale`). Dividing BM25 by the summed idf of the
question's terms makes it comparable between questions and between collections, so that the score also shows how much to
trust a hit. Reciprocal rank fusion, the usual choice, ranks worse (mean nDCG@10 over eight sets .64 against .70) and
forgets how good the best hit was.

The scores of the two indexes are not used. While vectors are stored whole, their candidates depend only on the catalog, so a
search gives the same hits in the same order however the indexes were built. Passages that are not embedded
yet are found by their words; the best of them are embedded there and then, so that one scale serves all.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from math import log
from typing import Any, TypeVar

import numpy as np

from index.encoders.base import COSINES, Encoder, Scale, scale_of
from index.errors import UnreachableError
from index.records import Passage, StoredPassage
from index.store.catalog import Catalog
from index.store.faiss_index import CANDIDATES, EXACT
from index.store.features import Block, Signature, vector_ids
from index.store.proof import Proof
from index.store.protocols import LexicalIndex, Proposals, VectorIndex
from index.store.sharing import SharedLock
from index.text.terms import (
    NearWord,
    count_spellings,
    holds_phrases,
    is_code,
    is_english,
    is_unspaced,
    near_spellings,
    near_terms,
    phrase_pattern,
    question_stems,
    question_terms,
    term_key,
    text_terms,
)
from index.update import embed_passages

LEXICAL_SHARE = 0.2  # .15 to .25 differ by less than .002 mean nDCG@10 over eight sets
# The bundled encoder knows English alone: words tell more in other languages, and most where words have no spaces between them.
# Of the questions of the Debian FAQ 11.1, over its answers without their headings, the answer is among the best five for 471 of
# 795 in German, French, Italian, Dutch, Portuguese, Russian and Korean instead of 429, and for 123 of 197 in Chinese and
# Japanese instead of 83. Of 47 off-topic questions 1 is answered instead of 8.
FOREIGN_LEXICAL_SHARE = 0.5
UNSPACED_LEXICAL_SHARE = 0.8
# BM25 (Robertson and Zaragoza 2009) with Lucene's idf. Beside the cosines a word counts most for being there at all,
# so it saturates early and length is corrected little: .810 mean nDCG@10 over six sets, against .803 with the usual
# 1.2 and .75.
SATURATION = 0.2
LENGTH = 0.3
# A handful of passages says little about how rare a word is: idf is taken as if PRIOR_PASSAGES more had been read, one
# in a hundred holding the word. Among thousands of passages that changes nothing.
PRIOR_PASSAGES = 50
PRIOR_SHARE = 0.01
# A code, such as a part number, has no meaning that a vector could have: where few passages have it, they gain so much.
CODE_BONUS = 0.2
FEW_PASSAGES = 5
# A second query, which adds the conversation so far, counts fully while its best passage is as good as the first
# query's, and not at all when it is this much worse: then the subject has changed.
FADING = 0.1


@dataclass(frozen=True, slots=True)
class Query:
    """A text to search for.

    Attributes:
        vector: Unit vector of shape (dimension,).
        terms: As `question_terms` gives them, or instead of one its stem in the language of more documents.
        weight: Its share where several are searched together.
        scale: That of the encoder's cosines.
        lexical_share: What its words count for in the score, beside its vector.
    """

    vector: np.ndarray
    terms: tuple[str, ...]
    weight: float = 1.0
    scale: Scale = COSINES
    lexical_share: float = LEXICAL_SHARE

    def similarities(self, vectors: np.ndarray) -> np.ndarray:
        """Compare it with unit vectors, float64 of shape (vectors, dimension); cosines on the scale, of shape (vectors,)."""
        # Not by BLAS, whose threads take ten times the processor time here and, where several people ask, each other's cores.
        return self.scale.apply(np.einsum("ij,j->i", vectors, self.vector.astype(np.float64)))


@dataclass(frozen=True, slots=True)
class Statistics:
    """Statistics of a collection's words.

    Attributes:
        passages: The number of passages.
        sentences: How many sentences.
        terms: How many terms, repetitions and headings included.
        frequencies: In how many passages each term of the queries occurs; a term left out occurs in none.
    """

    passages: int
    sentences: int
    terms: int
    frequencies: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Score:
    """How well a passage fits: the fused score and two of its parts, each about 0 to 1, rounded to 1e-6."""

    fused: float
    dense: float
    lexical: float


def term_weights(terms: Sequence[str], statistics: Statistics) -> dict[str, float]:
    """Weigh the distinct terms of a query by how rare they are: Lucene's idf, with a prior for small collections.

    A term the collection lacks counts as the rarest.
    """
    passages = statistics.passages + PRIOR_PASSAGES
    weights = {}
    for term in terms:
        holding = statistics.frequencies.get(term, 0) + PRIOR_PASSAGES * PRIOR_SHARE
        weights[term] = log(1 + (passages - holding + 0.5) / (holding + 0.5))
    return weights


def lexical_share(question: str, scale: Scale) -> float:
    """Choose what the words of a question count for: more where the encoder knows little of its language."""
    if scale.across_languages or is_english(question):
        return LEXICAL_SHARE
    return UNSPACED_LEXICAL_SHARE if is_unspaced(question) else FOREIGN_LEXICAL_SHARE


def score_passages(queries: Sequence[Query], block: Block, statistics: Statistics) -> np.ndarray:
    """Score passages, in any order, for one query or several whose scores are added by weight.

    Returns:
        float64 of shape (passages, 3), in the order of the block: the fused score and its dense and lexical part, each
        about 0 to 1 and rounded to 1e-6.
    """
    total = sum(query.weight for query in queries)
    parts = np.zeros((2, len(block)))
    for query in queries:
        weights = term_weights(query.terms, statistics)
        parts[0] += query.weight / total * _dense(query, block)
        parts[1] += query.weight / total * _lexical(weights, block, statistics)
    share = queries[0].lexical_share
    fused = (1 - share) * parts[0] + share * parts[1]
    codes = {term for query in queries for term in query.terms if is_code(term)}
    rare = [term_key(term) for term in codes if 0 < statistics.frequencies.get(term, 0) <= FEW_PASSAGES]
    if rare:
        held = block.key_parts[np.isin(block.keys, np.array(rare, dtype=np.uint64))]
        found = np.bincount(held, minlength=len(block.lengths))
        fused += CODE_BONUS * (np.add.reduceat(found, block.first_parts) > 0)
    return np.round(np.stack([fused, *parts], axis=1), 6) + 0.0  # no -0.0, which would be written otherwise than 0.0


def fade_queries(queries: Sequence[Query], block: Block, statistics: Statistics) -> tuple[Query, ...]:
    """Take weight from the queries that do not fit what the first one, the question, finds.

    In conversations what adds the history finds as good a passage as the question alone in every second turn; where
    the subject has changed, one worse by .06 or more in nine of ten. So a stand-alone question behind unrelated
    history loses nothing (-.0002 nDCG@10 over four sets, -.002 at worst).

    Returns:
        The queries, each but the first with its weight, from all of it down to none, handed to the first as it fades;
        queries that have faded out are left out.
    """
    first, *others = queries
    if not others:
        return (first,)
    best = [float(score_passages([query], block, statistics)[:, 0].max()) for query in queries]
    kept = []
    for query, score in zip(others, best[1:], strict=True):
        weight = query.weight * min(1.0, max(0.0, 1 - (best[0] - score) / FADING))
        if weight:
            kept.append(replace(query, weight=weight))
    total = sum(query.weight for query in queries)
    return (replace(first, weight=total - sum(query.weight for query in kept)), *kept)


def _dense(query: Query, block: Block) -> np.ndarray:
    """The mean of the paragraph's cosine and its best sentence's."""
    cosines = query.similarities(block.vectors)
    paragraphs = cosines[block.first_rows]
    several = np.diff(block.first_rows, append=len(cosines)) > 1
    cosines[block.first_rows[several]] = -np.inf
    mean: np.ndarray = (paragraphs + np.maximum.reduceat(cosines, block.first_rows)) / 2
    return mean


def _lexical(weights: Mapping[str, float], block: Block, statistics: Statistics) -> np.ndarray:
    """BM25 of the passage and of its best sentence, as a share of what the question's terms could weigh."""
    most = sum(weights.values())
    if not most:
        return np.zeros(len(block))
    lengths = np.add.reduceat(block.lengths, block.first_parts)
    passage_damping = _damping(lengths * statistics.passages / max(1, statistics.terms))
    sentence_damping = _damping(block.lengths * statistics.sentences / max(1, statistics.terms))
    passages, sentences = np.zeros(len(block)), np.zeros(len(block.lengths))
    for term, weight in weights.items():
        held = block.key_parts[block.keys == np.uint64(term_key(term))]
        counts = np.bincount(held, minlength=len(block.lengths))
        whole = np.add.reduceat(counts, block.first_parts)
        passages += weight * whole * (SATURATION + 1) / (whole + passage_damping)
        sentences += weight * counts * (SATURATION + 1) / (counts + sentence_damping)
    sentences[block.first_parts] = 0.0  # a heading is no sentence
    return (passages + np.maximum.reduceat(sentences, block.first_parts)) / (2 * most)


def _damping(length: np.ndarray) -> np.ndarray:
    """What BM25 adds to a count; `length` is relative to the average one."""
    return SATURATION * (1 - LENGTH + LENGTH * length)


Result = TypeVar("Result")

PHRASE_CANDIDATES = 2_000  # passages with all the words of a phrase that are read to check the phrase
PENDING_CANDIDATES = 8  # passages embedded for one question: a fifth of a second
REMEMBERED = 2_000  # passages whose signature is kept, about 5 KB each: people ask about the same passages again
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
        title: Its document's title; empty if it has none.
        stems: The language whose stems its document's terms have, as `stem_language` chooses it.
        passage: Its place in the document.
        text: The slice of the document's text.
        score: How well it fits.
        embeddings: float16 of shape (1 + sentences, dimension): the paragraph, then each sentence.
        keys: `term_key` of each term of its sentences, in order.
    """

    source: str
    path: str
    text_sha256: str
    title: str
    stems: str
    passage: Passage
    text: str
    score: Score
    embeddings: np.ndarray
    keys: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """What a search found.

    Attributes:
        queries: The queries searched, as vectors and terms, without those that faded out.
        statistics: Statistics of their terms in the collection.
        hits: Best first; ties by source and offset.
        stems: For each term, as `question_terms` gives them, the stem in another language that was searched instead.
        damaged: Names of documents whose passages were left out, because their text in the catalog is damaged.
        caveats: Why better hits may be missing; each is a sentence, for a person.
    """

    queries: tuple[Query, ...]
    statistics: Statistics
    hits: tuple[Hit, ...]
    stems: Mapping[str, str] = field(default_factory=dict)
    damaged: tuple[str, ...] = ()
    caveats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a passage must fulfil to be found.

    Attributes:
        phrases: Phrases that it or its heading must contain.
        sources: Names of the documents to search; None: all.
    """

    phrases: tuple[str, ...] = ()
    sources: tuple[str, ...] | None = None


class Searcher:
    """Searches the catalog through the indexes derived from it."""

    def __init__(
        self,
        catalog: Catalog,
        dense: VectorIndex,
        lexical: LexicalIndex,
        *,
        encoder: Encoder,
        follow: Callable[[], object],
        sharing: SharedLock,
    ) -> None:
        """Wrap the parts.

        Args:
            follow: Brings both indexes up to the catalog, which another process may change at any time.
            sharing: Held by `follow` while it changes the indexes.
        """
        self._catalog, self._dense, self._lexical = catalog, dense, lexical
        self._encoder, self._follow, self._sharing = encoder, follow, sharing
        # What was read of passages before, by id, and the generation in which it is so.
        self._signed: tuple[int, dict[int, tuple[int, int, Signature]]] = (0, {})
        self._proof = Proof(catalog)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="nearest")
        # Most of a search is Python, which one thread can run: two that take its lock from each other are slower than one. So
        # searches take turns, but for the encoding and the nearest vectors, which need no Python.
        self._turn = threading.RLock()

    def search(self, questions: Mapping[str, float], limits: Limits, *, k: int) -> Search:
        """Find the passages that fit one question, or several searched together; see `Collection.search`."""

        def encode() -> tuple[np.ndarray, ...]:
            return tuple(map(self._encoder.encode_question, questions))

        def look_ahead() -> tuple[Callable[[], tuple[np.ndarray, ...]], Callable[[], list[Proposals]] | None]:
            encoded = self._begin(encode)
            return encoded, None if limits.sources is not None or limits.phrases else self._nearest(encoded, None)

        with self._moment(look_ahead) as (encoded, near):
            totals = self._catalog.totals()
            terms, frequencies, stems = self._terms(questions)
            statistics = Statistics(totals.passages, totals.sentences, totals.terms, frequencies)
            candidates = self._candidates(encoded, near, terms, limits)
            signed = self._sign(candidates)
            scale = scale_of(self._encoder)
            queries = tuple(
                Query(vector, some, weight, scale, lexical_share(question, scale))
                for vector, some, (question, weight) in zip(encoded(), terms, questions.items(), strict=True)
            )
            if not signed:
                return Search(queries, statistics, (), stems, caveats=candidates.caveats)
            damaged: dict[int, str] = {}
            try:
                block = self._join(signed)
            except (TypeError, ValueError):
                damaged = self._leave_out_unsound(signed)
                if not signed:
                    return Search(queries, statistics, (), stems, tuple(sorted(damaged.values())), candidates.caveats)
                block = self._join(signed)
            queries = fade_queries(queries, block, statistics)
            scores = score_passages(queries, block, statistics)
            hits = self._hits(signed, scores, k, damaged=damaged)
        return Search(queries, statistics, hits, stems, tuple(sorted(damaged.values())), candidates.caveats)

    def _join(self, signed: Mapping[int, tuple[int, int, Signature]]) -> Block:
        return Block.join([signature for _, _, signature in signed.values()], self._encoder.dimension)

    def _leave_out_unsound(self, signed: dict[int, tuple[int, int, Signature]]) -> dict[int, str]:
        """Take out the passages whose signature is damaged; return the names of their documents, by id."""
        unsound = [id_ for id_, (_, _, each) in signed.items() if not each.is_sound(self._encoder.dimension)]
        return self._names({signed.pop(id_)[0] for id_ in unsound})

    def _names(self, documents: set[int]) -> dict[int, str]:
        keys = self._catalog.document_keys(sorted(documents))
        return {id_: keys[id_][0] if id_ in keys else f"document {id_}" for id_ in documents}

    def _terms(self, questions: Iterable[str]) -> tuple[list[tuple[str, ...]], dict[str, int], dict[str, str]]:
        """Find the terms to search for each question, in how many passages each occurs, and the stems used instead of terms.

        A word has the stem that occurs most often: the English one, or that of another language of the documents. Of equals the
        English one is used, and then the first by language.
        """
        terms = [question_terms(text) for text in questions]
        languages = self._catalog.languages()
        others: dict[str, tuple[str, ...]] = {}
        for text in questions if languages else ():
            others = question_stems(text, languages) | others
        asked = list(dict.fromkeys(chain.from_iterable(terms)))
        spelt = {term: (term, *others.get(term, ())) for term in asked}
        held = self._lexical.frequencies(list(dict.fromkeys(chain.from_iterable(spelt.values()))))
        used = {term: max(stems, key=lambda stem: held[stem]) for term, stems in spelt.items()}
        chosen = [tuple(dict.fromkeys(used[term] for term in some)) for some in terms]
        stems = {term: stem for term, stem in used.items() if stem != term}
        return chosen, {term: held[term] for term in used.values()}, stems

    def near_spellings(self, term: str) -> tuple[str, ...]:
        """Find words of the collection spelt nearly like a term: at most three, nearest first."""
        with self._moment():
            stored = self._catalog.passages(self._lexical.search_near(term, NEAR_PASSAGES))
            keys = self._catalog.document_keys(sorted({each.document_id for each in stored}))
        stored.sort(key=lambda each: (*keys[each.document_id][:2], each.passage.start))
        return near_spellings(term, map(_with_heading, stored))

    def near_words(self, word: str, edits: int) -> tuple[NearWord, ...]:
        """Find the words of the collection that differ from a word in one letter; where none does and `edits` is 2, in two.

        Nearest first, then the most frequent, then by alphabet; not those of which the word is an inflection.
        """
        word = word.lower()
        own = set(text_terms(word))
        terms = [term for term in near_terms(word) if term not in own]
        with self._moment():
            held = {term: count for term, count in self._lexical.frequencies(terms).items() if count}
            frequent = sorted(held, key=lambda term: (-held[term], term))[:SPELT_TERMS]
            ids = {id_ for term in frequent for id_ in self._lexical.search_term(term, SPELT_PASSAGES)}
            found = count_spellings(word, map(_with_heading, self._catalog.passages(sorted(ids))), 1)
            if edits > 1 and not set(frequent).intersection(found):
                stored = self._catalog.passages(self._lexical.search_near(next(iter(own)), SPELT_PASSAGES))
                found = count_spellings(word, map(_with_heading, stored), edits)
                held = self._lexical.frequencies(sorted(found))
        words = [NearWord(spelt, distance, held[term]) for term, (distance, spelt) in found.items() if held.get(term)]
        return tuple(sorted(words, key=lambda near: (near.distance, -near.passages, near.word)))

    def word_frequencies(self, question: str) -> dict[str, int]:
        """In how many passages the word of each term of a question occurs, by the term as `question_terms` gives it."""
        with self._moment():
            _, frequencies, stems = self._terms([question])
        return {term: frequencies[stems.get(term, term)] for term in question_terms(question)}

    def nearest(self, vector: np.ndarray, k: int) -> list[int]:
        """Find the k passages nearest to a unit vector, float32 of shape (dimension,), as search does: ids, nearest first."""
        return self._rerank(self._dense.search(vector), vector, k)

    @contextmanager
    def _moment(self, look_ahead: Callable[[], Any] = lambda: None) -> Iterator[Any]:
        """Read catalog and indexes at one generation until leaving.

        First, while others have their turn, look ahead in the indexes; yields what that returns.
        """
        for hold in (self._sharing.shared, self._sharing.shared, self._sharing.alone):
            with hold():
                ahead = look_ahead()
                with self._turn, self._catalog.database.snapshot():
                    if hold == self._sharing.alone and self._is_behind():
                        self._follow()
                    if not self._is_behind():
                        yield ahead
                        return
            self._follow()

    def _is_behind(self) -> bool:
        generation = self._catalog.generation
        return generation != self._dense.generation or generation != self._lexical.generation

    def _begin(self, work: Callable[[], Result]) -> Callable[[], Result]:
        """Start work, in another thread if the index is large and nobody else asks; return a function that waits for it."""
        if self._dense.compressed and self._sharing.holders == 1:
            return self._worker.submit(work).result
        done = work()
        return lambda: done

    def _candidates(
        self,
        encoded: Callable[[], Sequence[np.ndarray]],
        near: Callable[[], list[Proposals]] | None,
        terms: Sequence[Sequence[str]],
        limits: Limits,
    ) -> Proposals:
        """Passages worth scoring: the ids of some that may be gone or pending, words' best first."""
        owners, documents = None, None
        if limits.sources is not None:
            owners = self._catalog.vector_owners(limits.sources)
            documents = sorted({document_id for document_id, _, _ in owners})
        if limits.phrases:
            required = sorted({term for phrase in limits.phrases for term in text_terms(phrase)})
            found = self._lexical.search_all(required, PHRASE_CANDIDATES, documents=documents)
            _check_searched([found])
            patterns = [phrase_pattern(phrase) for phrase in limits.phrases]
            stored = self._catalog.passages(sorted(found))
            holding = (passage.id for passage in stored if holds_phrases(_with_heading(passage), patterns))
            return Proposals(holding, found.caveats)
        near = near or self._nearest(encoded, owners)
        worded = [self._lexical.search(some, CANDIDATES, documents=documents) for some in terms]
        if self._dense.compressed:
            self._remember([id_ for ids in worded for id_ in ids])  # while the other search is still running
        proposed = near()
        _check_searched([*worded, *proposed])
        nearest: list[list[int]] = [*proposed]
        if self._dense.compressed and owners is None:  # many more than are worth scoring, for lack of exact scores
            pairs = zip(proposed, encoded(), strict=True)
            nearest = [self._rerank(ids, vector, CANDIDATES) for ids, vector in pairs]
        caveats = dict.fromkeys(caveat for each in (*worded, *proposed) for caveat in each.caveats)
        return Proposals(dict.fromkeys(id_ for ids in (*worded, *nearest) for id_ in ids), caveats)

    def _rerank(self, ids: Sequence[int], vector: np.ndarray, k: int) -> list[int]:
        """The nearest of some passages by their exact vectors, nearest first."""
        return self._catalog.vectors_of(ids, self._encoder.dimension).nearest(vector, k)

    def _nearest(
        self, encoded: Callable[[], Sequence[np.ndarray]], owners: Sequence[tuple[int, int, int]] | None
    ) -> Callable[[], list[Proposals]]:
        """Start the search for the passages nearest to each query; return a function that waits for them."""
        among = None if owners is None else vector_ids([(id_, sentences) for _, id_, sentences in owners])
        if owners is not None and among is not None and self._dense.compressed and len(among) <= EXACT:
            held = self._catalog.vectors_of([id_ for _, id_, _ in owners], self._encoder.dimension)
            return lambda: [Proposals(held.nearest(vector, CANDIDATES)) for vector in encoded()]
        return self._begin(lambda: [self._dense.search(vector, among=among) for vector in encoded()])

    def _sign(self, ids: Sequence[int]) -> dict[int, tuple[int, int, Signature]]:
        """Document, start and signature of those passages that are there; of the pending ones, the first few."""
        known = self._remember(ids)
        signed = {id_: known[id_] for id_ in ids if id_ in known}
        pending = [id_ for id_, (_, _, signature) in signed.items() if not signature.vectors]
        chosen = self._catalog.passages(pending[:PENDING_CANDIDATES])
        embedded = dict(zip((stored.id for stored in chosen), embed_passages(self._encoder, chosen), strict=True))
        for id_ in pending:
            document_id, start, signature = signed.pop(id_)
            if id_ in embedded:
                vectors = embedded[id_].tobytes()
                signed[id_] = (document_id, start, Signature(vectors, signature.keys, signature.lengths))
        known.update(signed)
        return signed

    def _remember(self, ids: Sequence[int]) -> dict[int, tuple[int, int, Signature]]:
        """Read the signatures of those passages that are there and not in memory yet; return all that are."""
        generation, (kept_generation, known) = self._catalog.generation, self._signed
        if generation != kept_generation or len(known) > REMEMBERED:
            known = {}
            self._signed = generation, known
        known.update(self._catalog.signatures(sorted({id_ for id_ in ids if id_ not in known})))
        return known

    def _hits(
        self,
        signed: Mapping[int, tuple[int, int, Signature]],
        scores: np.ndarray,
        k: int,
        *,
        damaged: dict[int, str],
    ) -> tuple[Hit, ...]:
        """The best passages, best first, ties by source and offset; notes names of documents left out as damaged, by id."""
        scored = list(zip(signed, scores.tolist(), strict=True))
        while scored:
            least = sorted((row[0] for _, row in scored), reverse=True)[:k][-1]
            ranked = [(id_, row) for id_, row in scored if row[0] >= least]
            keys = self._catalog.document_keys(sorted({signed[id_][0] for id_, _ in ranked}))
            lost = {signed[id_][0] for id_, _ in ranked} - keys.keys()
            if not lost:
                ranked.sort(key=lambda pair: (-pair[1][0], *keys[signed[pair[0]][0]][:2], signed[pair[0]][1]))
                texts = {p.id: p for p in self._catalog.passages([id_ for id_, _ in ranked[:k]])}
                lost = {signed[id_][0] for id_, _ in ranked[:k] if id_ not in texts}
                lost |= self._proof.find_damaged(texts.values(), {id_: found[2] for id_, found in keys.items()})
            if not lost:
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
            damaged |= self._names(lost)
            scored = [(id_, row) for id_, row in scored if signed[id_][0] not in lost]
        return ()


def _check_searched(proposals: Sequence[Proposals]) -> None:
    """Raise UnreachableError where nothing could be searched, because no answer says then what the documents have."""
    if proposals and all(each.lost for each in proposals):
        lost = ". ".join(dict.fromkeys(each.lost for each in proposals))
        raise UnreachableError(f"nothing can be searched. {lost}. Start the server, then ask again.")


def _with_heading(stored: StoredPassage) -> str:
    return f"{stored.passage.place.heading or ''}\n{stored.text}"
