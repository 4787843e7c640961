"""Find the sentences of an answer that give different numbers or dates for the same thing.

Two sentences contradict each other only if they say nearly the same in nearly the same words except for one number or date,
with the same unit or noun, and no reading of the two values agrees. Sentences about different times, with a negation in one
of them, about different names, or that depend on another sentence, do not. The rules are strict: nearly
all that is reported are contradictions, and most contradictions are not found. Sentences of one passage are never compared.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, product
from typing import Literal

from index import question_terms, split_sentences, term_spans
from qa.answering.answer_types import answer_kind
from qa.answering.citation import Citation
from qa.answering.values import Date, Quantity, Values, may_hold_values, read_values

ValueKind = Literal["number", "date"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One of the values that disagree.

    Attributes:
        citation: 1-based number of the citation among those of the answer.
        start: First character of the value, in the text of the citation's document.
        end: Character after its last.
        sentence_start: First character of its sentence.
        sentence_end: Character after its last.
    """

    citation: int
    start: int
    end: int
    sentence_start: int
    sentence_end: int


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Different values for the same thing.

    Attributes:
        kind: "number" or "date".
        statements: Two or more, in the order of their citations; each differs from at least one other.
    """

    kind: ValueKind
    statements: tuple[Statement, ...]


# Share of the content words of the shorter sentence, without the thing counted, that the other one must contain. Half is
# enough if the question asks for such a value and both sentences contain all its content words.
_OVERLAP = 0.75
_OVERLAP_ASKED = 0.5
_ASKED = 0.5  # share of the content words of the question in both
_SHARED = 2  # content words in both, including the thing counted
_DENIAL = re.compile(r"\b(?:no|not|never|none|without|neither|nor|cannot)\b|n['\u2019]t\b", re.IGNORECASE)
# The subject of such a sentence is in another one.
_LEANING = re.compile(
    r"\b(?:this|these|those)\b|^\W*(?:\w+\W+){0,2}(?:it|its|he|his|him|she|her|they|their|them)\b", re.IGNORECASE
)
_CAPITAL = re.compile(r"(?<![\w'\u2019])[^\W\d_a-z]")


def find_disagreements(citations: Sequence[Citation], question: str) -> tuple[Disagreement, ...]:
    """Find the numbers, then the dates, in which quotes of different passages disagree about the question, by first statement."""
    asked = _read_question(question)
    sentences = [read for number, citation in enumerate(citations, start=1) for read in _sentences(number, citation)]
    groups: list[tuple[ValueKind, set[Statement]]] = []
    for first, second in combinations(sentences, 2):
        if not first.may_contradict(second):
            continue
        for kind, one, other in _find_contradictions(first.sentence, second.sentence, asked):
            pair = {first.state(one), second.state(other)}
            known = next((group for name, group in groups if name == kind and group & pair), None)
            if known is None:
                groups.append((kind, pair))
            else:
                known |= pair
    found = [
        Disagreement(kind, tuple(sorted(group, key=lambda statement: (statement.citation, statement.start))))
        for kind, group in groups
    ]
    return tuple(sorted(found, key=lambda made: made.kind != "number"))


def find_contradicting(
    citations: Sequence[Citation], others: Sequence[Citation], question: str
) -> tuple[Citation, ...]:
    """Find the unquoted sentences of other passages that give a different number or date than a quote, in order."""
    asked = _read_question(question)
    quoted = [read for citation in citations for read in _sentences(0, citation) if read.sentence.values.stated]
    if not quoted:
        return ()
    return tuple(
        other
        for other in others
        if any(
            True
            for one, two in product(quoted, _sentences(0, other))
            if one.may_contradict(two)
            for _ in _find_contradictions(one.sentence, two.sentence, asked)
        )
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    terms: frozenset[str]  # content words of the question
    kind: str | None  # of the answer it asks for


def _read_question(question: str) -> _Asked:
    return _Asked(frozenset(question_terms(question)), answer_kind(question))


@dataclass(frozen=True, slots=True)
class _Sentence:
    values: Values  # by offsets in the sentence
    terms: frozenset[str]  # content words, without those of the values
    names: frozenset[str]  # terms that are capitalised and not the first word
    neighbours: frozenset[tuple[str, str]]  # terms with only a blank between: "northern plant"
    denies: bool  # contains a negation
    leans: bool  # its subject is in another sentence


@dataclass(frozen=True, slots=True)
class _Quoted:
    citation: int  # 1-based number
    passage: tuple[str, int]  # identifies its passage
    start: int  # first character, in the document's text
    end: int
    is_row: bool  # of a table
    sentence: _Sentence

    def may_contradict(self, other: "_Quoted") -> bool:
        """Return whether the two are of different passages; rows of tables must also have the same words."""
        alike = self.sentence.terms == other.sentence.terms
        return self.passage != other.passage and (alike or not (self.is_row or other.is_row))

    def state(self, value: Date | Quantity) -> Statement:
        """Locate one of its values."""
        return Statement(self.citation, self.start + value.start, self.start + value.end, self.start, self.end)


def _sentences(number: int, citation: Citation) -> Iterator[_Quoted]:
    """Yield the sentences of a citation that may state a value."""
    for start, end in split_sentences(citation.quote):
        if may_hold_values(citation.quote[start:end]):
            yield _Quoted(
                citation=number,
                passage=(citation.path, citation.passage_start),
                start=citation.start + start,
                end=citation.start + end,
                is_row=citation.place.row is not None,
                sentence=_read_sentence(citation.quote[start:end]),
            )


def _read_sentence(text: str) -> _Sentence:
    values = read_values(text)
    words = [span for span in term_spans(text) if not any(a < span[2] and span[1] < b for a, b in values.spans)]
    return _Sentence(
        values=values,
        terms=frozenset(term for term, _, _ in words),
        names=frozenset(term for term, first, _ in words if first and _CAPITAL.match(text, first)),
        neighbours=frozenset(
            (one, other) for (one, _, end), (other, start, _) in pairwise(words) if text[end:start].isspace()
        ),
        denies=bool(_DENIAL.search(text)),
        leans=bool(_LEANING.search(text)),
    )


def _find_contradictions(
    first: _Sentence, second: _Sentence, asked: _Asked
) -> Iterator[tuple[ValueKind, Date | Quantity, Date | Quantity]]:
    """Yield the kind and the two values in which sentences of two passages contradict each other about the question."""
    if first.leans or second.leans:
        return
    one, other = first.values, second.values
    if _same_time(one, other):
        for pair in _comparable(first, second):
            counted = frozenset(pair[0].nouns) & frozenset(pair[1].nouns)
            if pair[0].contradicts(pair[1]) and _same_thing(first, second, counted, asked, "number"):
                yield "number", *pair
    # Next to numbers, dates may be those of two counts.
    dated = all(len(v.dates) == 1 and not (v.vague or v.others or v.quantities) for v in (one, other))
    if dated and one.dates[0].contradicts(other.dates[0]) and _same_thing(first, second, frozenset(), asked, "date"):
        yield "date", one.dates[0], other.dates[0]


def _same_time(one: Values, other: Values) -> bool:
    """Return whether both sentences give the same time, or neither gives any."""
    if one.vague or other.vague or len(one.dates) != len(other.dates):
        return False
    return not any(first.contradicts(second) for first, second in zip(one.dates, other.dates, strict=True))


def _comparable(first: _Sentence, second: _Sentence) -> Iterator[tuple[Quantity, Quantity]]:
    """Yield the numbers of two sentences that count the same thing in the same unit."""
    ours, theirs = first.values.quantities, second.values.quantities
    if first.terms == second.terms and len(ours) == len(theirs):
        # The same words: numbers correspond in order, and all but one are equal.
        pairs = list(zip(ours, theirs, strict=True))
        differing = [(one, other) for one, other in pairs if (one.low, one.high) != (other.low, other.high)]
        if len(differing) == 1 and all(one.unit == other.unit and one.nouns == other.nouns for one, other in pairs):
            yield differing[0]
        return
    for one, other in product(ours, theirs):
        if _is_alone(one, ours) and _is_alone(other, theirs) and _counts_same(one, other):
            yield one, other


def _is_alone(quantity: Quantity, quantities: Sequence[Quantity]) -> bool:
    """Return whether no other number of its sentence has the same unit and noun."""
    if not quantity.unit and not quantity.nouns:
        return len(quantities) == 1
    return sum((q.unit, q.nouns[:1]) == (quantity.unit, quantity.nouns[:1]) for q in quantities) == 1


def _counts_same(one: Quantity, other: Quantity) -> bool:
    """Return whether the units agree, and the nouns as far as both are given."""
    shorter, longer = sorted((one.nouns, other.nouns), key=len)
    return one.unit == other.unit and longer[: len(shorter)] == shorter


def _same_thing(first: _Sentence, second: _Sentence, counted: frozenset[str], asked: _Asked, kind: ValueKind) -> bool:
    """Return whether two sentences say the same about the same thing, apart from their values."""
    if first.denies != second.denies or (first.names - second.terms and second.names - first.terms):
        return False
    terms = (first.terms - counted, second.terms - counted)
    common = terms[0] & terms[1]
    shared = common | counted
    if not common or len(shared) < _SHARED or len(asked.terms & shared) < _ASKED * len(asked.terms):
        return False
    if any(one not in common and other in common for one, other in first.neighbours ^ second.neighbours):
        return False  # "the northern plant" is neither "the plant" nor "the southern plant"
    overlap = _OVERLAP_ASKED if asked.kind == kind and asked.terms <= shared else _OVERLAP
    return len(common) >= overlap * min(map(len, terms))
