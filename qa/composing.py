"""From hits to an answer: quote the sentences that answer, or say that the sources do not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from index import Hit, Passage, Search, describe
from qa.answers import Answer, Scope
from qa.citations import Citation, cite
from qa.disagreement import find_contradicting, find_disagreements
from qa.evidence import gather_evidence
from qa.quantities import may_hold_values
from qa.query import TypedQuestion
from qa.quotes import QuotablePassage, Quote, choose_quotes, score_sentences
from qa.relevance import Relevance, gather_relevance
from qa.twins import collapse_twins
from qa.verdict import Calibration, Evidence, confidence, decide, is_lacking

QUOTED_FROM = 5  # passages; from more, the first quote is right less often
CLOSEST_SHOWN = 3
CONTRADICTING = 2  # sentences quoted beside the best ones, because they give another number or date


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
        core: The question that was searched and is to be read: without wrapping, its spelling corrected.
        corrected: Words that occur nowhere, as typed, each with the one spelt nearly like it that was searched instead.
    """

    question: str
    typed: TypedQuestion
    searched: str
    search: Search
    scope: Scope
    phrases_missing: bool
    core: str
    corrected: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Found:
    """A passage to cite.

    Attributes:
        hit: As the search found it.
        passage: Ready to be quoted from.
        twins: Where nearly the same passage stands too.
        search: What found it.
    """

    hit: Hit
    passage: QuotablePassage
    twins: tuple[str, ...]
    search: Search

    @cached_property
    def relevance(self) -> Relevance:
        """Why it was found."""
        return gather_relevance(self.hit, self.search)

    def scores(self, question: str) -> list[float]:
        """The score of each of its sentences as an answer."""
        return score_sentences(question, self.search.queries, self.passage, self.search.statistics).tolist()


def compose_answer(
    finding: Finding, near_spellings: Callable[[str], tuple[str, ...]], calibration: Calibration
) -> Answer:
    """Turn what a search found into an answer.

    Args:
        finding: What was asked and found.
        near_spellings: Finds words of the collection spelt like a term.
        calibration: The collection's own fit of the confidence.

    Returns:
        One to three quotes from the best passages, and what contradicts them in the others; or the nearest passages
        when these probably do not answer.
    """
    core, search = finding.core, finding.search
    found = [_found(hit, twins, search) for hit, twins in collapse_twins(search.hits)[:QUOTED_FROM]]
    passages = [each.passage for each in found]
    quotes = choose_quotes(core, search.queries, passages, search.statistics)
    chance = 0.0
    if quotes and not finding.phrases_missing:
        lacking = is_lacking(core, quoted_text(passages, quotes[0]))
        best = found[0].hit.score.fused
        chance = confidence(Evidence(best, quotes[0].score, finding.scope.passages, lacking), calibration)
    verdict = decide(chance)
    citations: tuple[Citation, ...] = ()
    closest: tuple[Citation, ...] = ()
    if verdict == "answered":
        citations = tuple(_cite(found[quote.passage], quote.first, quote.last, quote.score) for quote in quotes)
        citations += _contradicting(found, quotes, citations, core)
    else:
        for each in found[:CLOSEST_SHOWN]:
            scores = each.scores(core)
            nearest = max(range(len(scores)), key=scores.__getitem__)  # of equals the first
            closest += (_cite(each, nearest, nearest, scores[nearest]),)
    missing = finding.typed.phrases if finding.phrases_missing else ()
    evidence = gather_evidence(finding.typed.core, missing, search, near_spellings, corrected=finding.corrected)
    return Answer(
        question=finding.question,
        searched=finding.searched,
        verdict=verdict,
        confidence=chance,
        citations=citations,
        closest=closest,
        scope=finding.scope,
        evidence=evidence,
        disagreements=find_disagreements(citations, core),
    )


def quotable(passage: Passage, text: str, embeddings: np.ndarray) -> QuotablePassage:
    """Make a passage ready to be quoted from: `text` is its own, `embeddings` of shape (1 + sentences, dimension)."""
    sentences = tuple(text[s.start - passage.start : s.end - passage.start] for s in passage.sentences)
    return QuotablePassage(describe(passage, text, embeddings), sentences)


def quoted_text(passages: Sequence[QuotablePassage], quote: Quote) -> str:
    """The sentences of a quote, joined by spaces, to be looked at; what is shown is sliced."""
    return " ".join(passages[quote.passage].sentences[quote.first : quote.last + 1])


def _found(hit: Hit, twins: Sequence[Hit], search: Search) -> _Found:
    names = tuple(f"{twin.source}, paragraph {twin.passage.paragraph}" for twin in twins)
    return _Found(hit, quotable(hit.passage, hit.text, hit.embeddings), names, search)


def _contradicting(
    found: Sequence[_Found], quotes: Sequence[Quote], citations: Sequence[Citation], question: str
) -> tuple[Citation, ...]:
    """The best sentences beside the quotes that give another number or date than one of them."""
    if not any(may_hold_values(citation.quote) for citation in citations):
        return ()
    quoted = {(quote.passage, position) for quote in quotes for position in range(quote.first, quote.last + 1)}
    others = []
    for number, each in enumerate(found):
        places = [
            position
            for position, sentence in enumerate(each.passage.sentences)
            if (number, position) not in quoted and may_hold_values(sentence)
        ]
        scores = each.scores(question) if places else []
        others += [_cite(each, position, position, scores[position]) for position in places]
    contradicting = find_contradicting(citations, others, question)
    return tuple(sorted(contradicting, key=lambda citation: -citation.score))[:CONTRADICTING]


def _cite(found: _Found, first: int, last: int, score: float) -> Citation:
    """Cite sentences of a passage, by the positions of the first and the last."""
    hit = found.hit
    return cite(
        hit.passage,
        hit.text,
        source=hit.source,
        path=hit.path,
        text_sha256=hit.text_sha256,
        span=(hit.passage.sentences[first].start, hit.passage.sentences[last].end),
        score=score,
        twins=found.twins,
        relevance=found.relevance,
    )
