"""Compose an answer from the hits of a search: read the passages, choose quotes, decide the verdict, find contradictions.

Near-duplicate passages are cited once, naming the others. Passages with different numbers or dates are never duplicates,
however few words differ.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

import numpy as np

from index import Hit, Passage, Search, describe_damage, is_english, is_read, passage_features, tell_language
from qa.answering.answer import Answer, Basis, Scope
from qa.answering.answer_types import is_yes_no
from qa.answering.citation import Citation, Relevance, cite, gather_evidence, gather_relevance
from qa.answering.confidence import Calibration, Evidence, confidence, decide, is_lacking
from qa.answering.disagreements import find_contradicting, find_disagreements
from qa.answering.lookups import (
    asks_more,
    choose_value,
    is_identifier_lookup,
    is_keyword_lookup,
    is_row_lookup,
    is_section_lookup,
    is_table_row,
    plain_row,
)
from qa.answering.question import Question, asks, spell_as
from qa.answering.quotes import QuotablePassage, Quote, RankedSentence, join_quotes, rank_sentences
from qa.answering.values import may_hold_values, read_values
from qa.answering.versions import asks_for_current, newest
from qa.reading.model import Reader
from qa.reading.spans import ReadablePassage, Reading


@dataclass(frozen=True, slots=True)
class Retrieval:
    """The hits for a question, ready to be quoted from."""

    question: Question  # the question as typed, parsed
    core: str  # its core after spelling correction
    # Words as typed that occur nowhere, each with the similar word searched instead.
    corrected: tuple[tuple[str, str], ...]
    searched: str  # description of the search, in words
    search: Search  # the hits, best first
    scope: Scope  # the number of documents and passages searched
    phrases_missing: bool  # whether no passage has the required phrases, so that the search was repeated without them
    # The reader's scores for the first hits, in their order; None if question or passages are not in English, or there
    # is no reader.
    readings: tuple[Reading, ...] | None = None


@dataclass(frozen=True)
class _Found:
    """A hit prepared for citing, with its near-duplicates as "source, paragraph N"."""

    hit: Hit
    passage: QuotablePassage
    twins: tuple[str, ...]
    search: Search

    @cached_property
    def relevance(self) -> Relevance:
        return gather_relevance(self.hit, self.search)


SAME_SHARE = 0.85  # of the words of two passages taken together
# The reader reads the hits nearly as good as the best: half of eight on average, with quotes and ranking as good on every set
# (first quote right .919, .904, .673, .879 and .537 of XQuAD, SQuAD 2.0, ClapNQ, SelQA and MT-RAG's govt).
MOST_READ = 8
LEAST_READ = 3
READ_WITHIN = 0.2  # of the best fused score
# Weight of the reader's logit, added to the fused score of a hit. nDCG@10 without and with it: SQuAD 2.0 .919, .946; SelQA
# .953, .970; ClapNQ .892, .896; XQuAD .984, .989. Twice as much gains .01 there and loses .01 on MT-RAG's conversations.
# Turns that depend on earlier ones, which the reader does not see, keep their order.
RERANKING = 0.015
MOST_SURE = 6.0  # larger logits add no information
QUOTED_UNREAD = 5  # passages quoted from without a reader; from more, the first quote is right less often
CLOSEST_SHOWN = 3
CONTRADICTING = 2  # sentences quoted in addition, because they give a different number or date


def read_hits(
    reader: Reader, question: str, hits: Sequence[Hit], *, rerank: bool
) -> tuple[tuple[Hit, ...], tuple[Reading, ...]] | None:
    """Read the best hits, and rank them with the reader's scores if `rerank` is set.

    Returns all hits, those read first, and the readings of these; None if the question or the best passages are not in English.
    """
    near = [hit for hit in hits[:MOST_READ] if hit.score.fused >= hits[0].score.fused - READ_WITHIN]
    first = hits[: max(LEAST_READ, len(near))]
    if not is_readable(question, [hit.text for hit in first]):
        return None
    question = spell_as(question, [hit.text for hit in first])
    question = _FILE_NAME.sub(lambda name: name[1].replace("_", " ") if is_read(name[0]) else name[0], question)
    readings = reader.read(question, [readable(hit.passage, hit.text, context_of(hit)) for hit in first])
    ranked = list(zip(first, readings, strict=True))
    if rerank:
        ranked.sort(key=lambda pair: -round(pair[0].score.fused + RERANKING * _clip(pair[1].answerable), 6))
    return (*(hit for hit, _ in ranked), *hits[len(first) :]), tuple(reading for _, reading in ranked)


def _clip(answerable: float) -> float:
    return min(max(answerable, -MOST_SURE), MOST_SURE)


def is_readable(question: str, texts: Sequence[str]) -> bool:
    """Return whether the question and the best passages are in English, the only language of the reader."""
    return is_english(question) and is_english("\n".join(texts[:3]))


def readable(passage: Passage, text: str, context: str = "") -> ReadablePassage:
    """Prepare a passage for the reader: with its headings, below `context`, which names its document.

    The reader learned from articles with titles. The name of a document often has the subject that its sentences leave out.
    """
    heading = passage.place.heading or ""
    if context and context.casefold() not in heading.casefold():
        heading = f"{context} > {heading}" if heading else context
    return ReadablePassage(heading, plain_row(text) if _is_row(passage, text) else text, sentence_spans(passage))


def _is_row(passage: Passage, text: str) -> bool:
    return passage.place.row is not None and is_table_row(text, len(passage.sentences))


# A file named in a question, less its suffix: the reader knows names as words.
_FILE_NAME = re.compile(r"\b([^\W\d][\w-]{2,})\.(?=[A-Za-z])[A-Za-z0-9]{2,5}\b")
_NAME_PART = re.compile(r"[^\W_]+")
_NAME_WORD = re.compile(r"[^\W\d_]{3}")


def context_of(hit: Hit) -> str:
    """Name the document of a hit: its title, or the words of its file's name; empty if these are no words."""
    if hit.title:
        return hit.title
    name = hit.source.rpartition("/")[2]
    stem = name.rpartition(".")[0] or name
    return " ".join(_NAME_PART.findall(stem)) if _NAME_WORD.search(stem) else ""


def quotable(passage: Passage, text: str, embeddings: np.ndarray, stems: str = "") -> QuotablePassage:
    """Prepare a passage for quoting; `embeddings` has the shape (1 + sentences, dimension), `stems` is as in `Hit`."""
    sentences = tuple(text[start:end] for start, end in sentence_spans(passage))
    return QuotablePassage(passage_features(passage, text, embeddings, stems), sentences)


def sentence_spans(passage: Passage) -> tuple[tuple[int, int], ...]:
    """Return the spans of the sentences of a passage, by offsets in its text."""
    return tuple((s.start - passage.start, s.end - passage.start) for s in passage.sentences)


def quoted_text(passages: Sequence[QuotablePassage], quote: Quote) -> str:
    """Join the sentences of a quote by spaces, to inspect them; shown quotes are slices of the document instead."""
    return " ".join(passages[quote.passage].sentences[quote.first : quote.last + 1])


def compose_answer(
    retrieval: Retrieval, near_spellings: Callable[[str], tuple[str, ...]], calibration: Calibration
) -> Answer:
    """Compose an answer, with the collection's own fit of the confidence.

    It has one to three quotes, and sentences of other passages that contradict them; or the nearest passages if these probably
    do not answer. `near_spellings` finds words of the collection with a spelling similar to a term.
    """
    core, search = retrieval.core, retrieval.search
    found = _gather(retrieval)
    passages = [each.passage for each in found]
    ranked = rank_sentences(core, search.queries, passages, search.statistics)
    quotes = join_quotes(core, ranked, passages)
    chance = 0.0
    if quotes and not retrieval.phrases_missing:
        chance = confidence(_weigh(retrieval, found, ranked, quotes[0]), calibration)
    verdict = decide(chance)
    citations: tuple[Citation, ...] = ()
    closest: tuple[Citation, ...] = ()
    if verdict == "answered":
        citations = tuple(_cite(found[quote.passage], quote, core) for quote in quotes)
        citations += _contradicting(found, ranked, quotes, citations, core)
        citations = _newest_first(citations, core)
    else:
        best: dict[int, RankedSentence] = {}  # of each passage
        for each in ranked:
            best.setdefault(each.passage, each)
        closest = tuple(_cite(found[each.passage], _alone(each), core) for each in list(best.values())[:CLOSEST_SHOWN])
    missing = retrieval.question.phrases if retrieval.phrases_missing else ()
    evidence = gather_evidence(retrieval.question.core, missing, search, near_spellings, corrected=retrieval.corrected)
    return Answer(
        question=retrieval.question.typed,
        message=describe_damage(search.damaged) if search.damaged else "",
        searched=retrieval.searched,
        verdict=verdict,
        confidence=chance,
        citations=citations,
        closest=closest,
        scope=retrieval.scope,
        evidence=evidence,
        disagreements=find_disagreements(citations, core),
        corrected=retrieval.corrected,
        basis=_basis(retrieval),
    )


def _basis(retrieval: Retrieval) -> Basis:
    """What verdict and quotes rest on."""
    if retrieval.readings is not None:
        return "reading"
    return "foreign" if _is_foreign(retrieval) and not _is_across_languages(retrieval) else "retrieval"


def _is_across_languages(retrieval: Retrieval) -> bool:
    """Whether the encoder compares what texts mean in different languages too."""
    return retrieval.search.queries[0].scale.across_languages


def _is_foreign(retrieval: Retrieval) -> bool:
    """Whether either the question or the passages found are in English, and the others in another language."""
    found_in = tell_language("\n".join(hit.text for hit in retrieval.search.hits[:LEAST_READ]))
    english = is_english(retrieval.core)
    if found_in == "en":
        return not english
    return bool(found_in) and english and asks(retrieval.core)


def _newest_first(citations: tuple[Citation, ...], question: str) -> tuple[Citation, ...]:
    """Put the newest of contradicting documents first, if the question asks how something is now."""
    if not asks_for_current(question):
        return citations
    for disagreement in find_disagreements(citations, question):
        latest = newest([citations[statement.citation - 1] for statement in disagreement.statements])
        if latest is not None:
            return (latest, *(citation for citation in citations if citation is not latest))
    return citations


def _gather(retrieval: Retrieval) -> list[_Found]:
    """Prepare the passages to quote from: collapse twins, and attach the readings."""
    hits, readings = retrieval.search.hits, retrieval.readings
    twins = collapse_twins(hits)[:QUOTED_UNREAD] if readings is None else collapse_twins(hits[: len(readings)])
    read = {(hit.source, hit.passage.start): reading for hit, reading in zip(hits, readings or (), strict=False)}
    found = []
    for hit, others in twins:
        passage = quotable(hit.passage, hit.text, hit.embeddings, hit.stems)
        passage = replace(passage, fused=hit.score.fused, reading=read.get((hit.source, hit.passage.start)))
        names = tuple(f"{twin.source}, paragraph {twin.passage.paragraph}" for twin in others)
        found.append(_Found(hit, passage, names, retrieval.search))
    return found


def collapse_twins(hits: Sequence[Hit]) -> list[tuple[Hit, tuple[Hit, ...]]]:
    """Group hits with nearly the same text: each hit with new text, best first, with its near-duplicates."""
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
    """Compute the overlap of two texts: words in both by words in either, counting repetitions."""
    sizes = (first.total(), second.total())
    if not max(sizes) or min(sizes) / max(sizes) < SAME_SHARE:
        return 0.0
    common = (first & second).total()
    return common / (sum(sizes) - common)


def _stated(text: str) -> tuple[Counter[tuple[str, Decimal, Decimal]], Counter[tuple[int | None, ...]]]:
    """Count the numbers and dates of a text."""
    values = read_values(text)
    quantities = Counter((quantity.unit, quantity.low, quantity.high) for quantity in values.quantities)
    return quantities, Counter(date.parts for date in values.dates)


def _weigh(retrieval: Retrieval, found: Sequence[_Found], ranked: Sequence[RankedSentence], quote: Quote) -> Evidence:
    """Gather the signals for the verdict."""
    passages = [each.passage for each in found]
    reading, hit = passages[quote.passage].reading, found[quote.passage].hit
    return Evidence(
        passage=max(each.fused for each in passages),
        quote=max(each.retrieval for each in ranked),
        passages=retrieval.scope.passages,
        lacking=is_lacking(retrieval.core, quoted_text(passages, quote)) or _lacks_total(retrieval.core, hit),
        answerable=reading.answerable if reading else None,
        yes_no=is_yes_no(retrieval.core),
        translated=retrieval.readings is None and _is_across_languages(retrieval) and _is_foreign(retrieval),
        lookup=_looks_up(retrieval.core, hit, quoted_text(passages, quote)),
        unnamed=_is_row(hit.passage, hit.text) and asks_more(retrieval.core, hit.text, _context(hit)),
    )


def _lacks_total(question: str, hit: Hit) -> bool:
    """Return whether a question asks for the total of a table, and the best quote is a row that does not say it is one."""
    if hit.passage.place.row is None:
        return False
    return any(word.lower() not in hit.text.lower() for word in _TOTAL.findall(question))


_TOTAL = re.compile(r"\b(?:total|sum|average|mean|median|overall|altogether|combined)\b", re.IGNORECASE)


def _looks_up(question: str, hit: Hit, quoted: str) -> bool:
    place, context = hit.passage.place, _context(hit)
    if place.row is not None and is_row_lookup(question, hit.text, context, place.heading or ""):
        return True
    heading = place.heading or ""
    return (
        is_section_lookup(question, hit.text, heading)
        or is_identifier_lookup(question, quoted, heading)
        or is_keyword_lookup(question, quoted, context)
    )


def _context(hit: Hit) -> tuple[str, str, str]:
    """What names the place of a hit: its headings, its sheet, its document."""
    return hit.passage.place.heading or "", hit.passage.place.sheet or "", context_of(hit)


def _alone(each: RankedSentence) -> Quote:
    return Quote(each.passage, each.position, each.position, each.score, each)


def _contradicting(
    found: Sequence[_Found],
    ranked: Sequence[RankedSentence],
    quotes: Sequence[Quote],
    citations: Sequence[Citation],
    question: str,
) -> tuple[Citation, ...]:
    """Cite the best unquoted sentences that give a different number or date than a quote."""
    if not any(may_hold_values(citation.quote) for citation in citations):
        return ()
    quoted = {(quote.passage, position) for quote in quotes for position in range(quote.first, quote.last + 1)}
    others = [
        _cite(found[each.passage], _alone(each), question)
        for each in sorted(ranked, key=lambda each: (each.passage, each.position))
        if (each.passage, each.position) not in quoted
        and may_hold_values(found[each.passage].passage.sentences[each.position])
    ]
    contradicting = find_contradicting(citations, others, question)
    return tuple(sorted(contradicting, key=lambda citation: -citation.score))[:CONTRADICTING]


def _cite(found: _Found, quote: Quote, question: str) -> Citation:
    hit, start = found.hit, found.hit.passage.start
    place, answer = hit.passage.place, quote.answer
    span = (hit.passage.sentences[quote.first].start, hit.passage.sentences[quote.last].end)
    if answer and place.row is not None:
        value = choose_value(question, hit.text, answer, place.heading or "")
        # The cell of a record may have several sentences, of which one is quoted.
        answer = value if span[0] <= start + value[0] and start + value[1] <= span[1] else answer
    return cite(
        hit.passage,
        hit.text,
        source=hit.source,
        path=hit.path,
        text_sha256=hit.text_sha256,
        span=span,
        answer=(start + answer[0], start + answer[1]) if answer else None,
        score=quote.score,
        twins=found.twins,
        relevance=found.relevance,
    )
