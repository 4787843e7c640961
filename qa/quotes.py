"""Choose the sentences to quote from the best passages.

A sentence is scored by its nearness in meaning, by the share of the question's words it holds, by those that its
heading or the sentence before add, by whether it holds the kind of answer asked for, and by its place: the first
sentence of a paragraph names its subject. Measured over whole collections, the first quote holds the answer for .84
(XQuAD), .83 (SQuAD 2.0) and .81 (SelQA) of the questions; by cosine alone .71, .64 and .69. Left out: rewording; what
is quoted is whole sentences as they stand.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from index.candidates import Candidate
from index.fusion import Query, Statistics, term_weights
from index.terms import STOP_TERMS
from qa.answer_types import answer_kind, has_kind

# Fitted by conditional logistic regression on the sentence that holds the answer (XQuAD, SQuAD 2.0, SelQA), relative
# to the cosine. Fitted on two of the sets and tested on the third they choose as well, to .01.
COVERAGE = 0.95
CONTEXT = 0.65
PAIRS = 0.12
KIND = 0.1
FIRST = 0.04
# A heading or a question that only repeats the question's words answers nothing; a statement that does says yes.
ECHO = -0.5
_STATEMENT = re.compile(r"[.!\u2026][\"'\u2019\u201d)\]]*$")
# Further sentences have to come this near to the best.
NEAR = 0.1
MOST_SENTENCES = 3


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
        Quotes of at most three sentences in all, best first; neighbouring sentences are joined. Empty when there is no
        sentence.
    """
    ranked = sorted(
        (-score, position, sentence)
        for position, passage in enumerate(passages)
        for sentence, score in enumerate(score_sentences(question, queries, passage, statistics).tolist())
    )
    near = {
        (position, sentence): -score
        for score, position, sentence in ranked[:MOST_SENTENCES]
        if score <= ranked[0][0] + NEAR
    }
    quotes = []
    for position, first in near:
        if (position, first - 1) not in near:
            last = first
            while (position, last + 1) in near:
                last += 1
            best = max(near[position, sentence] for sentence in range(first, last + 1))
            quotes.append(Quote(position, first, last, best))
    return tuple(sorted(quotes, key=lambda quote: (-quote.score, quote.passage, quote.first)))


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
        echoes = [
            ECHO * bool(terms & asked and terms <= asked | STOP_TERMS and not _STATEMENT.search(text))
            for terms, text in zip(held, passage.sentences, strict=True)
        ]
        pairs = [_shared_pairs(query.terms, terms) for terms in candidate.sentence_terms]
        cosines = vectors @ query.vector.astype(np.float64)
        worded = np.array([COVERAGE, CONTEXT, PAIRS]) @ (coverage, context, pairs)
        scores += query.weight / total * (cosines + worded + echoes)
    kind = answer_kind(question)
    if kind:
        scores += [KIND if has_kind(kind, question, text) else -KIND for text in passage.sentences]
    scores[:1] += FIRST
    return np.round(scores, 6)


def _shared_pairs(asked: Sequence[str], terms: Sequence[str]) -> float:
    """The share of the question's neighbouring terms that neighbour in a sentence too, stop words aside."""
    pairs = set(pairwise(asked))
    telling = [term for term in terms if term not in STOP_TERMS]
    return len(pairs.intersection(pairwise(telling))) / len(pairs) if pairs else 0.0


def _share(weights: Mapping[str, float], terms: set[str]) -> float:
    """The share of the question's weight that some terms hold."""
    most = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in terms) / most if most else 0.0
