"""Choose the sentences to quote from the best passages.

A sentence is scored by its nearness in meaning, by the share of the question's words it holds, by those that its heading
or the sentence before add, by whether it holds the kind of answer asked for, and by its place: the first sentence of a
paragraph names its subject. Left out: rewording; what is quoted is whole sentences as they stand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index.fusion import Candidate, Query, Statistics, term_weights
from index.terms import STOP_TERMS
from qa.answer_types import answer_kind, has_kind

# Fitted by conditional logistic regression on the sentence that holds the answer (XQuAD, SQuAD 2.0, SelQA), relative to
# the cosine. Fitted on two of the sets and tested on the third they choose as well, to .01.
COVERAGE = 0.95
CONTEXT = 0.65
PAIRS = 0.12
KIND = 0.1
FIRST = 0.04
# A heading or a question that only repeats the question's words answers nothing.
ECHO = -0.5
# A further quote has to come this near to the first.
NEAR = 0.1
MOST_QUOTES = 3


@dataclass(frozen=True, slots=True)
class QuotablePassage:
    """A passage to quote from.

    Attributes:
        candidate: Its vectors and terms.
        sentences: The text of each sentence, in order.
    """

    candidate: Candidate
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """Whole neighbouring sentences of one passage.

    Attributes:
        passage: Position among the passages given.
        first: Position of its first sentence in the passage.
        last: Position of its last sentence.
        score: Of its best sentence, rounded to 1e-6.
    """

    passage: int
    first: int
    last: int
    score: float


def choose_quotes(
    question: str, queries: Sequence[Query], passages: Sequence[QuotablePassage], statistics: Statistics
) -> tuple[Quote, ...]:
    """Choose the one to three quotes that answer a question best.

    Args:
        question: As typed.
        queries: What was searched; scores are added by weight.
        passages: The best few passages (five are enough), best first.
        statistics: Of the collection.

    Returns:
        Quotes, best first; neighbouring sentences of a passage are joined. Empty when there is no sentence.
    """
    scores = [score_sentences(question, queries, passage, statistics) for passage in passages]
    ranked = sorted(
        (-score, position, sentence)
        for position, row in enumerate(scores)
        for sentence, score in enumerate(row.tolist())
    )
    quotes: list[Quote] = []
    for score, position, sentence in ranked:
        if -score < -ranked[0][0] - NEAR:
            break
        touching = next((q for q in quotes if q.passage == position and q.first - 1 <= sentence <= q.last + 1), None)
        if touching:
            joined = Quote(position, min(touching.first, sentence), max(touching.last, sentence), touching.score)
            quotes[quotes.index(touching)] = joined
        elif len(quotes) < MOST_QUOTES:
            quotes.append(Quote(position, sentence, sentence, -score))
    return tuple(quotes)


def score_sentences(
    question: str, queries: Sequence[Query], passage: QuotablePassage, statistics: Statistics
) -> np.ndarray:
    """Score each sentence of a passage as an answer.

    Args:
        question: As typed.
        queries: What was searched.
        passage: The passage.
        statistics: Of the collection.

    Returns:
        float64 of shape (sentences,), rounded to 1e-6.
    """
    candidate = passage.candidate
    vectors = candidate.embeddings[1:].astype(np.float64)
    held = [set(terms) for terms in candidate.sentence_terms]
    heading = set(candidate.heading_terms)
    scores = np.zeros(len(passage.sentences))
    total = sum(query.weight for query in queries)
    for query in queries:
        weights = term_weights(query.terms, statistics)
        coverage = [_share(weights, terms) for terms in held]
        context = [
            _share(weights, (heading | (held[position - 1] if position else set())) - terms)
            for position, terms in enumerate(held)
        ]
        asked = set(query.terms)
        echoes = [ECHO * bool(terms & asked and terms <= asked | STOP_TERMS) for terms in held]
        pairs = [_shared_pairs(query.terms, terms) for terms in candidate.sentence_terms]
        cosines = vectors @ query.vector.astype(np.float64)
        scores += (
            query.weight
            / total
            * (cosines + np.array([COVERAGE, CONTEXT, PAIRS]) @ (coverage, context, pairs) + echoes)
        )
    kind = answer_kind(question)
    if kind:
        scores += [KIND if has_kind(kind, question, text) else -KIND for text in passage.sentences]
    scores[:1] += FIRST
    return np.round(scores, 6)


def _shared_pairs(asked: Sequence[str], terms: Sequence[str]) -> float:
    """The share of the question's neighbouring terms that neighbour in a sentence too, stop words aside."""
    pairs = set(zip(asked, asked[1:], strict=False))
    telling = [term for term in terms if term not in STOP_TERMS]
    return len(pairs.intersection(zip(telling, telling[1:], strict=False))) / len(pairs) if pairs else 0.0


def _share(weights: Mapping[str, float], terms: set[str]) -> float:
    """The share of the question's weight that some terms hold."""
    most = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in terms) / most if most else 0.0
