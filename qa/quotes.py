"""Choose the sentences to quote from the best passages.

Retrieval scores a sentence by its nearness in meaning, by the share of the question's words it holds, by those that its
heading or the sentence before add, by whether it holds the kind of answer asked for, and by its place: the first
sentence of a paragraph names its subject. The reader says how likely the sentence holds what was asked. The sentences
are ranked by both together; where no reader has read the passage, by retrieval alone. Left out: rewording; what is
quoted is whole sentences as they stand.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from index.candidates import Candidate
from index.fusion import Query, Statistics, term_weights
from index.terms import STOP_TERMS
from qa.answer_types import answer_kind, has_kind, is_method
from qa.quotable import expand_list, is_quotable, leans
from qa.reading.records import Reading, SentenceReading

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

# The score of a sentence that was read: fitted by conditional logistic regression on the sentence that answers, among
# those of the eight best passages. In log-odds.
SPAN, EVIDENCE, RETRIEVAL, PASSAGE = 0.26, 0.21, 2.1, 16.8
SPAN_RANGE = (-20.0, 20.0)  # beyond that a reader is as sure as can be

MOST_SENTENCES = 3
NEAR = 0.1  # further sentences have to come this near to the best, by retrieval's score
NEAR_READ = 1.0  # the same where they were read, in log-odds
NEAR_EXPLAINED = 2.0  # the same for a neighbour of the best, where why or how is asked
LEANING = 2  # sentences before one that leans on them, at most
SURE_WORDS = -2.0  # the reader's score from which its words are marked in the quote


@dataclass(frozen=True, slots=True)
class QuotablePassage:
    """A passage to quote from.

    Attributes:
        candidate: Its vectors and terms.
        sentences: The text of each sentence, in order.
        fused: How well the whole passage fits, as the search gave it.
        reading: What the reader says of it; None where it has not read it.
    """

    candidate: Candidate
    sentences: tuple[str, ...]
    fused: float = 0.0
    reading: Reading | None = None


@dataclass(frozen=True, slots=True)
class RankedSentence:
    """A sentence as an answer.

    Attributes:
        passage: Position of its passage among those given.
        position: Its position in the passage.
        score: What it is ranked by, rounded to 1e-6; higher is better.
        retrieval: Its score by retrieval alone.
        reading: What the reader says of it; None where it has not been read.
        quotable: Whether it can answer by itself.
    """

    passage: int
    position: int
    score: float
    retrieval: float
    reading: SentenceReading | None
    quotable: bool = True


@dataclass(frozen=True, slots=True)
class Quote:
    """Whole neighbouring sentences of one passage.

    Attributes:
        passage: Position among the passages given.
        first: Position of its first sentence in the passage.
        last: Position of its last sentence.
        score: Of its best sentence, rounded to 1e-6.
        best: That sentence; None in tests of what is shown only.
    """

    passage: int
    first: int
    last: int
    score: float
    best: RankedSentence | None = field(default=None, compare=False)

    @property
    def answer(self) -> tuple[int, int] | None:
        """The exact words that answer, first character and character after the last in the passage; None: not known."""
        reading = self.best.reading if self.best else None
        return (reading.start, reading.end) if reading and reading.score >= SURE_WORDS else None


def choose_quotes(
    question: str, queries: Sequence[Query], passages: Sequence[QuotablePassage], statistics: Statistics
) -> tuple[Quote, ...]:
    """Choose the one to three quotes that answer a question best.

    Args:
        question: As typed.
        queries: What was searched; scores are added by weight.
        passages: The best few passages, best first; all of them read, or none.
        statistics: Of the collection.

    Returns:
        Quotes of the at most three best sentences, best first. A sentence that leans on those before it is quoted with
        them, a lead-in with its items; sentences side by side are one quote. Empty when there is no sentence.
    """
    return join_quotes(question, rank_sentences(question, queries, passages, statistics), passages)


def rank_sentences(
    question: str, queries: Sequence[Query], passages: Sequence[QuotablePassage], statistics: Statistics
) -> list[RankedSentence]:
    """Rank every sentence of some passages as an answer.

    Args:
        question: As typed.
        queries: What was searched.
        passages: As for `choose_quotes`.
        statistics: Of the collection.

    Returns:
        The sentences, best first; ties by passage and position. Headings, menus, bare questions and the like come last.
    """
    found = []
    for number, passage in enumerate(passages):
        scores = score_sentences(question, queries, passage, statistics).tolist()
        for position, retrieval in enumerate(scores):
            reading, score = None, retrieval
            if passage.reading is not None:
                reading = passage.reading.sentences[position]
                score = round(judge_sentence(reading, retrieval, passage.fused), 6)
            quotable = is_quotable(passage.sentences[position])
            found.append(RankedSentence(number, position, score, retrieval, reading, quotable))
    return sorted(found, key=lambda each: (not each.quotable, -each.score, each.passage, each.position))


def judge_sentence(reading: SentenceReading, retrieval: float, fused: float) -> float:
    """Score a sentence that was read by all that is known of it, in log-odds up to a constant."""
    span = min(max(reading.score, SPAN_RANGE[0]), SPAN_RANGE[1])
    return SPAN * span + EVIDENCE * reading.evidence + RETRIEVAL * retrieval + PASSAGE * fused


def join_quotes(
    question: str, ranked: Sequence[RankedSentence], passages: Sequence[QuotablePassage]
) -> tuple[Quote, ...]:
    """Make quotes of the best of some ranked sentences, as `choose_quotes` does."""
    if not ranked:
        return ()
    best, explained = ranked[0], answer_kind(question) == "reason" or is_method(question)
    spans: list[tuple[int, int, int, RankedSentence]] = []
    texts: set[str] = set()
    for each in ranked:
        text = " ".join(passages[each.passage].sentences[each.position].split())
        if len(spans) == MOST_SENTENCES or text in texts or not _is_near(each, best, explained=explained):
            continue
        texts.add(text)
        spans.append((each.passage, *_expand(passages[each.passage].sentences, each.position), each))
    quotes: list[Quote] = []
    for passage, first, last, each in sorted(spans, key=lambda span: span[:3]):
        before = quotes[-1] if quotes else None
        if before and before.passage == passage and before.last + 1 >= first:
            assert before.best is not None
            top = min(before.best, each, key=lambda one: (-one.score, one.position))
            quotes[-1] = Quote(passage, before.first, max(before.last, last), top.score, top)
        else:
            quotes.append(Quote(passage, first, last, each.score, each))
    return tuple(sorted(quotes, key=lambda quote: (-quote.score, quote.passage, quote.first)))


def _is_near(each: RankedSentence, best: RankedSentence, *, explained: bool) -> bool:
    """Whether a sentence comes near enough to the best to be quoted too."""
    if best.quotable and not each.quotable:
        return False
    if best.reading is None:
        return each.score >= best.score - NEAR
    neighbour = each.passage == best.passage and abs(each.position - best.position) <= 1
    return each.score >= best.score - (NEAR_EXPLAINED if explained and neighbour else NEAR_READ)


def _expand(sentences: Sequence[str], position: int) -> tuple[int, int]:
    """The sentences to quote with one: its list, or those before it that it leans on."""
    first, last = expand_list(sentences, position)
    limit = max(0, first - LEANING)
    while first > limit and leans(sentences[first]):
        first -= 1
    return first, last


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
