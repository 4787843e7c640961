"""Near-duplicates: passages that say the same in nearly the same words, shown once, naming the others.

Passages that give other numbers or dates do not say the same, however few the words are in which they differ.

From hits to an answer: read the passages, quote the sentences that answer, or say that the sources do not.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from index import Hit, Passage, Search, is_english, passage_features
from qa.answering.answer import Answer, Scope
from qa.answering.answer_types import is_yes_no
from qa.answering.citation import Citation, Relevance, cite, gather_evidence, gather_relevance
from qa.answering.confidence import Calibration, Evidence, confidence, decide, is_lacking
from qa.answering.disagreements import find_contradicting, find_disagreements
from qa.answering.question import TypedQuestion
from qa.answering.quotes import QuotablePassage, Quote, RankedSentence, join_quotes, rank_sentences
from qa.answering.values import may_hold_values, read_values
from qa.reading.model import Reader
from qa.reading.spans import ReadablePassage, Reading

SAME_SHARE = 0.85  # of the words of two passages taken together


def collapse_twins(hits: Sequence[Hit]) -> list[tuple[Hit, tuple[Hit, ...]]]:
    """Gather hits that are nearly the same text.

    Args:
        hits: Best first.

    Returns:
        The hits whose text is new, in order, each with those nearly like it that came after.
    """
    kept: list[tuple[Hit, Counter[int], list[Hit]]] = []
    for hit in hits:
        words = Counter(hit.keys)
        twin = next(
            (e for e in kept if _share(e[1], words) >= SAME_SHARE and _stated(e[0].text) == _stated(hit.text)), None
        )
        if twin:
            twin[2].append(hit)
        else:
            kept.append((hit, words, []))
    return [(hit, tuple(twins)) for hit, _, twins in kept]


def _share(first: Counter[int], second: Counter[int]) -> float:
    """How much two texts have in common: words in both by words in either, repetitions counted."""
    sizes = (first.total(), second.total())
    if not max(sizes) or min(sizes) / max(sizes) < SAME_SHARE:
        return 0.0
    common = (first & second).total()
    return common / (sum(sizes) - common)


def _stated(text: str) -> tuple[Counter, Counter]:
    """What a text says in numbers and dates, wherever they stand in it."""
    values = read_values(text)
    quantities = Counter((quantity.unit, quantity.low, quantity.high) for quantity in values.quantities)
    return quantities, Counter(date.parts for date in values.dates)


# Hits that the reader reads: those nearly as good as the best. Of eight, it leaves out half, and quotes and ranking stay
# as good on every set (first quote right .919, .904, .673, .879 and .537 of XQuAD, SQuAD 2.0, ClapNQ, SelQA and MT-RAG's govt).
MOST_READ = 8
LEAST_READ = 3
READ_WITHIN = 0.2  # of the best fused score
# What a unit of the reader's logit moves a hit, beside its fused score. nDCG@10 without and with it: SQuAD 2.0 .919, .946;
# SelQA .953, .970; ClapNQ .892, .896; XQuAD .984, .989. Twice as much gains .01 there and loses .01 on MT-RAG's conversations,
# whose turns the reader, which knows nothing of the turns before, judges worst: these keep their order.
RERANKING = 0.015
SURE = 6.0  # a logit beyond says no more
QUOTED_UNREAD = 5  # passages quoted from without a reader; from more, the first quote is right less often
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
        readings: What the reader says of the first hits, in their order; None where question or passages are not in
            English, or there is no reader.
    """

    question: str
    typed: TypedQuestion
    searched: str
    search: Search
    scope: Scope
    phrases_missing: bool
    core: str
    corrected: tuple[tuple[str, str], ...] = ()
    readings: tuple[Reading, ...] | None = None


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


def compose_answer(
    finding: Finding,
    near_spellings: Callable[[str], tuple[str, ...]],
    calibration: Calibration,
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
    found = _gather(finding)
    passages = [each.passage for each in found]
    ranked = rank_sentences(core, search.queries, passages, search.statistics)
    quotes = join_quotes(core, ranked, passages)
    chance = 0.0
    if quotes and not finding.phrases_missing:
        chance = confidence(_weigh(finding, found, ranked, quotes[0]), calibration)
    verdict = decide(chance)
    citations: tuple[Citation, ...] = ()
    closest: tuple[Citation, ...] = ()
    if verdict == "answered":
        citations = tuple(_cite(found[quote.passage], quote) for quote in quotes)
        citations += _contradicting(found, ranked, quotes, citations, core)
    else:
        closest = tuple(_cite(found[each.passage], _alone(each)) for each in _best_of_passages(ranked)[:CLOSEST_SHOWN])
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
        corrected=finding.corrected,
        basis="retrieval" if finding.readings is None else "reading",
    )


def read_hits(
    reader: Reader, question: str, hits: Sequence[Hit], *, rerank: bool
) -> tuple[tuple[Hit, ...], tuple[Reading, ...]] | None:
    """Read the best hits, and rank them by what the reader says as well where the question stands alone.

    Args:
        reader: Reads English.
        question: The core of the question.
        hits: Best first.
        rerank: Whether to change their order.

    Returns:
        All hits, those read first in their order, and what the reader says of these; None where the question or
        the best passages are not in English.
    """
    near = [hit for hit in hits[:MOST_READ] if hit.score.fused >= hits[0].score.fused - READ_WITHIN]
    first = hits[: max(LEAST_READ, len(near))]
    if not is_readable(question, [hit.text for hit in first]):
        return None
    readings = reader.read(question, [readable(hit.passage, hit.text) for hit in first])
    ranked = list(zip(first, readings, strict=True))
    if rerank:
        ranked.sort(key=lambda pair: -round(pair[0].score.fused + RERANKING * _bounded(pair[1].answerable), 6))
    return (*(hit for hit, _ in ranked), *hits[len(first) :]), tuple(reading for _, reading in ranked)


def _bounded(answerable: float) -> float:
    return min(max(answerable, -SURE), SURE)


def is_readable(question: str, texts: Sequence[str]) -> bool:
    """Tell whether the reader, which knows English alone, can judge a question and the best passages."""
    return is_english(question) and is_english("\n".join(texts[:3]))


def quotable(passage: Passage, text: str, embeddings: np.ndarray) -> QuotablePassage:
    """Make a passage ready to be quoted from: `text` is its own, `embeddings` of shape (1 + sentences, dimension)."""
    sentences = tuple(text[start:end] for start, end in sentence_spans(passage))
    return QuotablePassage(passage_features(passage, text, embeddings), sentences)


def readable(passage: Passage, text: str) -> ReadablePassage:
    """Make a passage, whose own text is given, ready to be read."""
    return ReadablePassage(passage.place.heading or "", text, sentence_spans(passage))


def sentence_spans(passage: Passage) -> tuple[tuple[int, int], ...]:
    """Where the sentences of a passage stand in its own text."""
    return tuple((s.start - passage.start, s.end - passage.start) for s in passage.sentences)


def quoted_text(passages: Sequence[QuotablePassage], quote: Quote) -> str:
    """The sentences of a quote, joined by spaces, to be looked at; what is shown is sliced."""
    return " ".join(passages[quote.passage].sentences[quote.first : quote.last + 1])


def _found(hit: Hit, twins: Sequence[Hit], search: Search) -> _Found:
    names = tuple(f"{twin.source}, paragraph {twin.passage.paragraph}" for twin in twins)
    passage = replace(quotable(hit.passage, hit.text, hit.embeddings), fused=hit.score.fused)
    return _Found(hit, passage, names, search)


def _gather(finding: Finding) -> list[_Found]:
    """The passages to quote from, twins collapsed; each with what the reader says of it where it has read."""
    hits = finding.search.hits
    if finding.readings is None:
        return [_found(hit, twins, finding.search) for hit, twins in collapse_twins(hits)[:QUOTED_UNREAD]]
    said = {(hit.source, hit.passage.start): reading for hit, reading in zip(hits, finding.readings, strict=False)}
    gathered = []
    for hit, twins in collapse_twins(hits[: len(finding.readings)]):
        each = _found(hit, twins, finding.search)
        passage = replace(each.passage, reading=said[hit.source, hit.passage.start])
        gathered.append(replace(each, passage=passage))
    return gathered


def _weigh(finding: Finding, found: Sequence[_Found], ranked: Sequence[RankedSentence], quote: Quote) -> Evidence:
    """Gather what the verdict on the best quote is taken from."""
    passages = [each.passage for each in found]
    reading = passages[quote.passage].reading
    return Evidence(
        passage=max(each.fused for each in passages),
        quote=max(each.retrieval for each in ranked),
        passages=finding.scope.passages,
        lacking=is_lacking(finding.core, quoted_text(passages, quote)),
        answerable=reading.answerable if reading else None,
        yes_no=is_yes_no(finding.core),
    )


def _best_of_passages(ranked: Sequence[RankedSentence]) -> list[RankedSentence]:
    """The best sentence of each passage, best first."""
    best: dict[int, RankedSentence] = {}
    for each in ranked:
        best.setdefault(each.passage, each)
    return list(best.values())


def _alone(each: RankedSentence) -> Quote:
    """A quote of one sentence."""
    return Quote(each.passage, each.position, each.position, each.score, each)


def _contradicting(
    found: Sequence[_Found],
    ranked: Sequence[RankedSentence],
    quotes: Sequence[Quote],
    citations: Sequence[Citation],
    question: str,
) -> tuple[Citation, ...]:
    """The best sentences beside the quotes that give another number or date than one of them."""
    if not any(may_hold_values(citation.quote) for citation in citations):
        return ()
    quoted = {(quote.passage, position) for quote in quotes for position in range(quote.first, quote.last + 1)}
    others = [
        _cite(found[each.passage], _alone(each))
        for each in sorted(ranked, key=lambda each: (each.passage, each.position))
        if (each.passage, each.position) not in quoted
        and may_hold_values(found[each.passage].passage.sentences[each.position])
    ]
    contradicting = find_contradicting(citations, others, question)
    return tuple(sorted(contradicting, key=lambda citation: -citation.score))[:CONTRADICTING]


def _cite(found: _Found, quote: Quote) -> Citation:
    """Cite a quote of a passage."""
    hit, start = found.hit, found.hit.passage.start
    return cite(
        hit.passage,
        hit.text,
        source=hit.source,
        path=hit.path,
        text_sha256=hit.text_sha256,
        span=(hit.passage.sentences[quote.first].start, hit.passage.sentences[quote.last].end),
        answer=(start + quote.answer[0], start + quote.answer[1]) if quote.answer else None,
        score=quote.score,
        twins=found.twins,
        relevance=found.relevance,
    )
