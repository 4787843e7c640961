"""From hits to an answer: quote the sentences that answer, or say that the sources do not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from index import Hit, Passage, Search, describe
from qa.answers import Answer, Scope
from qa.citations import Citation, cite
from qa.disagreement import find_disagreements
from qa.evidence import gather_evidence
from qa.query import TypedQuestion
from qa.quotes import QuotablePassage, Quote, choose_quotes, score_sentences
from qa.relevance import gather_relevance
from qa.twins import collapse_twins
from qa.verdict import Calibration, Evidence, confidence, decide, is_lacking

QUOTED_FROM = 5  # passages; from more, the first quote is right less often
CLOSEST_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """What was asked and what the search found.

    Attributes:
        question: What the person typed.
        typed: The same, read.
        searched: What was searched, in words.
        search: Hits, best first.
        scope: How much was searched.
        phrases_missing: No passage holds the words that had to occur; the hits were found without them.
    """

    question: str
    typed: TypedQuestion
    searched: str
    search: Search
    scope: Scope
    phrases_missing: bool


def compose_answer(
    finding: Finding, near_spellings: Callable[[str], tuple[str, ...]], calibration: Calibration
) -> Answer:
    """Turn what a search found into an answer.

    Args:
        finding: What was asked and found.
        near_spellings: Finds words of the collection spelt like a term.
        calibration: The collection's own fit of the confidence.

    Returns:
        One to three quotes from the best passages; or the nearest passages when these probably do not answer.
    """
    typed, search = finding.typed, finding.search
    groups = collapse_twins(search.hits)[:QUOTED_FROM]
    hits = [hit for hit, _ in groups]
    twins = [tuple(f"{twin.source}, paragraph {twin.passage.paragraph}" for twin in others) for _, others in groups]
    passages = [quotable(hit.passage, hit.text, hit.embeddings) for hit in hits]
    quotes = choose_quotes(typed.text, search.queries, passages, search.statistics)
    chance = 0.0
    if quotes and not finding.phrases_missing:
        lacking = is_lacking(typed.text, quoted_text(passages, quotes[0]))
        chance = confidence(
            Evidence(hits[0].score.fused, quotes[0].score, finding.scope.passages, lacking), calibration
        )
    verdict = decide(chance)
    citations: tuple[Citation, ...] = ()
    closest: tuple[Citation, ...] = ()
    if verdict == "answered":
        citations = tuple(
            _cite(hits[q.passage], search, (q.first, q.last), score=q.score, twins=twins[q.passage]) for q in quotes
        )
    else:
        for hit, passage, others in list(zip(hits, passages, twins, strict=True))[:CLOSEST_SHOWN]:
            scores = score_sentences(typed.text, search.queries, passage, search.statistics)
            best = int(scores.argmax())
            closest += (_cite(hit, search, (best, best), score=float(scores[best]), twins=others),)
    missing = typed.phrases if finding.phrases_missing else ()
    evidence = gather_evidence(typed.text, missing, search, near_spellings)
    return Answer(
        question=finding.question,
        searched=finding.searched,
        verdict=verdict,
        confidence=chance,
        citations=citations,
        closest=closest,
        scope=finding.scope,
        evidence=evidence,
        disagreements=find_disagreements(citations, typed.text),
    )


def quotable(passage: Passage, text: str, embeddings: np.ndarray) -> QuotablePassage:
    """Make a passage ready to be quoted from: `text` is its own, `embeddings` of shape (1 + sentences, dimension)."""
    sentences = tuple(text[s.start - passage.start : s.end - passage.start] for s in passage.sentences)
    return QuotablePassage(describe(passage, text, embeddings), sentences)


def quoted_text(passages: Sequence[QuotablePassage], quote: Quote) -> str:
    """The sentences of a quote, joined by spaces, to be looked at; what is shown is sliced."""
    return " ".join(passages[quote.passage].sentences[quote.first : quote.last + 1])


def _cite(hit: Hit, search: Search, sentences: tuple[int, int], *, score: float, twins: tuple[str, ...]) -> Citation:
    first, last = (hit.passage.sentences[position] for position in sentences)
    return cite(
        hit.passage,
        hit.text,
        source=hit.source,
        path=hit.path,
        text_sha256=hit.text_sha256,
        span=(first.start, last.end),
        score=score,
        twins=twins,
        relevance=gather_relevance(hit, search),
    )
