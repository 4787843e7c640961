"""The score that ranks passages: nearness in meaning and shared words, on one absolute scale.

    score = .8 (paragraph + best sentence) / 2  +  .2 (BM25 of the paragraph + BM25 of its best sentence) / (2 Σ idf)

The first half are cosines. Dividing BM25 by the summed idf of the question's terms makes it comparable between
questions and between collections, so that the score also tells how much to trust a hit. Reciprocal rank fusion, the
usual choice, ranks worse (mean nDCG@10 over eight sets .64 against .70) and forgets how good the best hit was. FAISS
and tantivy propose candidates; what they score is not used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import log

import numpy as np

from index.candidates import Block
from index.terms import term_key

LEXICAL_SHARE = 0.2  # .15 to .25 differ by less than .002 mean nDCG@10 over eight sets
# BM25 (Robertson and Zaragoza 2009) with Lucene's idf. Beside the cosines a word counts most for being there at all,
# so it saturates early and length is corrected little: .810 mean nDCG@10 over six sets, against .803 with the usual
# 1.2 and .75.
SATURATION = 0.2
LENGTH = 0.3
# A handful of passages says little about how rare a word is: idf is taken as if PRIOR_PASSAGES more had been read, one
# in a hundred holding the word. Among thousands of passages that changes nothing.
PRIOR_PASSAGES = 50
PRIOR_SHARE = 0.01
# A second query, which adds what was said before, counts fully while its best passage is as good as the first
# query's, and not at all when it is this much worse: then the subject has changed.
FADING = 0.1


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched.

    Attributes:
        vector: Unit vector of shape (dimension,).
        terms: As `question_terms` gives them.
        weight: Its share where several are searched together.
    """

    vector: np.ndarray
    terms: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is known of a collection's words.

    Attributes:
        passages: How many passages it holds.
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
    """How well a passage fits: the fused score and its two parts, each about 0 to 1, rounded to 1e-6."""

    fused: float
    dense: float
    lexical: float


def term_weights(terms: Sequence[str], statistics: Statistics) -> dict[str, float]:
    """Weigh terms by how rare they are: Lucene's idf, with a prior for small collections.

    Args:
        terms: Terms of a query.
        statistics: Of the collection.

    Returns:
        The idf of each distinct term; a term the collection lacks counts as the rarest.
    """
    passages = statistics.passages + PRIOR_PASSAGES
    weights = {}
    for term in terms:
        holding = statistics.frequencies.get(term, 0) + PRIOR_PASSAGES * PRIOR_SHARE
        weights[term] = log(1 + (passages - holding + 0.5) / (holding + 0.5))
    return weights


def score_passages(queries: Sequence[Query], block: Block, statistics: Statistics) -> np.ndarray:
    """Score passages for one or more queries searched together.

    Args:
        queries: One, or several whose scores are added by weight.
        block: The passages, from any source, in any order.
        statistics: Of the collection.

    Returns:
        float64 of shape (passages, 3), in the order of the block: the fused score and its dense and lexical part, each
        about 0 to 1 and rounded to 1e-6.
    """
    total = sum(query.weight for query in queries)
    parts = np.zeros((2, len(block)))
    for query in queries:
        weights = term_weights(query.terms, statistics)
        parts[0] += query.weight / total * _dense(query.vector, block)
        parts[1] += query.weight / total * _lexical(weights, block, statistics)
    fused = (1 - LEXICAL_SHARE) * parts[0] + LEXICAL_SHARE * parts[1]
    return np.round(np.stack([fused, *parts], axis=1), 6) + 0.0  # no -0.0, which would be written otherwise than 0.0


def fade_queries(queries: Sequence[Query], block: Block, statistics: Statistics) -> tuple[Query, ...]:
    """Take weight from the queries that do not fit what the first one finds.

    In conversations what adds the history finds as good a passage as the question alone in every second turn; where
    the subject has changed, one worse by .06 or more in nine of ten. So a stand-alone question behind unrelated
    history loses nothing (-.0002 nDCG@10 over four sets, -.002 at worst).

    Args:
        queries: The question first, then what is searched along with it.
        block: The passages found for any of them.
        statistics: Of the collection.

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


def _dense(vector: np.ndarray, block: Block) -> np.ndarray:
    """The mean of the paragraph's cosine and its best sentence's."""
    cosines = block.vectors @ vector.astype(np.float64)
    paragraphs = cosines[block.first_rows]
    several = np.diff(block.first_rows, append=len(cosines)) > 1
    cosines[block.first_rows[several]] = -1.0
    return (paragraphs + np.maximum.reduceat(cosines, block.first_rows)) / 2


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
