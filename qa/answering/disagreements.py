"""Whether two sentences give different numbers or dates for the same thing.

They do only where they say nearly the same in nearly the same words but for one number or one date, with the same unit
or the same noun counted, and no reading of the two values agrees. What is said of another time, with a word of denial in
one of them, or of two things with names of their own, is no contradiction; nor is what leans on another sentence.

Where the sentences quoted in one answer give different numbers or dates for the same thing.

Nobody is told that sources disagree unless they do: what counts as a contradiction is told in `contradictions.py`, and
is told narrowly. So most disagreements are not found; of those found, nearly all are. What one passage says is never
set against itself.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, product
from typing import Any, Literal

from index import question_terms, split_sentences, term_spans
from qa.answering.answer_types import answer_kind
from qa.answering.citation import Citation
from qa.answering.values import Date, Quantity, Values, may_hold_values, read_values

# Of the telling words of the shorter sentence, what is counted aside, so many stand in the other one too: three
# quarters; half where the question asks for just such a value, and both sentences hold all its telling words.
OVERLAP = 0.75
OVERLAP_ASKED = 0.5
ASKED = 0.5  # of the telling words of the question stand in both
SHARED = 2  # telling words in both, what is counted included
Kind = Literal["number", "date"]
_DENIAL = re.compile(r"\b(?:no|not|never|none|without|neither|nor|cannot)\b|n['\u2019]t\b", re.IGNORECASE)
# Words that lean on what was said before: whom the sentence is about is not told in it.
_LEANING = re.compile(
    r"\b(?:this|these|those)\b|^\W*(?:\w+\W+){0,2}(?:it|its|he|his|him|she|her|they|their|them)\b", re.IGNORECASE
)
_CAPITAL = re.compile(r"(?<![\w'\u2019])[^\W\d_a-z]")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, read.

    Attributes:
        terms: Its telling words, as terms.
        kind: What kind of answer it asks for, as `answer_kind` tells.
    """

    terms: frozenset[str]
    kind: str | None


@dataclass(frozen=True, slots=True)
class StatedSentence:
    """A sentence, read.

    Attributes:
        values: Its numbers and dates, by offsets in the sentence.
        terms: Its telling words, those of the values left out.
        names: Those of them that are names: written with a capital, and not the first word.
        neighbours: Telling words with nothing but a blank between: "northern plant".
        denies: Whether it holds a word of denial.
        leans: Whether what it is about stands in another sentence.
    """

    values: Values
    terms: frozenset[str]
    names: frozenset[str]
    neighbours: frozenset[tuple[str, str]]
    denies: bool
    leans: bool


def read_asked(question: str) -> Asked:
    """Read a question for what its answer is about."""
    return Asked(frozenset(question_terms(question)), answer_kind(question))


def read_sentence(text: str) -> StatedSentence:
    """Read a sentence for what it states."""
    values = read_values(text)
    words = [span for span in term_spans(text) if not any(a < span[2] and span[1] < b for a, b in values.spans)]
    return StatedSentence(
        values=values,
        terms=frozenset(term for term, _, _ in words),
        names=frozenset(term for term, first, _ in words if first and _CAPITAL.match(text, first)),
        neighbours=frozenset(
            (one, other) for (one, _, end), (other, start, _) in pairwise(words) if text[end:start].isspace()
        ),
        denies=bool(_DENIAL.search(text)),
        leans=bool(_LEANING.search(text)),
    )


def find_contradictions(
    first: StatedSentence, second: StatedSentence, asked: Asked
) -> Iterator[tuple[Kind, Date | Quantity, Date | Quantity]]:
    """Find the values in which two sentences contradict each other.

    Args:
        first: A sentence.
        second: One that stands elsewhere.
        asked: What was asked: both have to do with it.

    Yields:
        What differs, the value of the first and that of the second.
    """
    if first.leans or second.leans:
        return
    one, other = first.values, second.values
    if _same_time(one, other):
        for pair in _comparable(first, second):
            counted = frozenset(pair[0].nouns) & frozenset(pair[1].nouns)
            if pair[0].contradicts(pair[1]) and _same_thing(first, second, counted, asked, "number"):
                yield "number", *pair
    # Beside numbers, dates may be those of counting, and tell of two counts.
    dated = all(len(v.dates) == 1 and not (v.vague or v.others or v.quantities) for v in (one, other))
    if dated and one.dates[0].contradicts(other.dates[0]) and _same_thing(first, second, frozenset(), asked, "date"):
        yield "date", one.dates[0], other.dates[0]


def _same_time(one: Values, other: Values) -> bool:
    """Whether both tell one and the same time, or neither tells any."""
    if one.vague or other.vague or len(one.dates) != len(other.dates):
        return False
    return not any(first.contradicts(second) for first, second in zip(one.dates, other.dates, strict=True))


def _comparable(first: StatedSentence, second: StatedSentence) -> Iterator[tuple[Quantity, Quantity]]:
    """The numbers of two sentences that count the same in the same unit."""
    ours, theirs = first.values.quantities, second.values.quantities
    if first.terms == second.terms and len(ours) == len(theirs):
        # The same words: numbers stand for each other in order, and all but one are the same.
        pairs = list(zip(ours, theirs, strict=True))
        differing = [(one, other) for one, other in pairs if (one.low, one.high) != (other.low, other.high)]
        if len(differing) == 1 and all(one.unit == other.unit and one.nouns == other.nouns for one, other in pairs):
            yield differing[0]
        return
    for one, other in product(ours, theirs):
        if _is_alone(one, ours) and _is_alone(other, theirs) and _counts_same(one, other):
            yield one, other


def _is_alone(quantity: Quantity, quantities: Sequence[Quantity]) -> bool:
    """Whether no other number of its sentence could be meant instead."""
    if not quantity.unit and not quantity.nouns:
        return len(quantities) == 1
    return sum((q.unit, q.nouns[:1]) == (quantity.unit, quantity.nouns[:1]) for q in quantities) == 1


def _counts_same(one: Quantity, other: Quantity) -> bool:
    """Whether the unit is the same, and the noun, which one of them may leave unsaid."""
    shorter, longer = sorted((one.nouns, other.nouns), key=len)
    return one.unit == other.unit and longer[: len(shorter)] == shorter


def _same_thing(
    first: StatedSentence, second: StatedSentence, counted: frozenset[str], asked: Asked, kind: Kind
) -> bool:
    """Whether two sentences say the same of the same, values aside."""
    if first.denies != second.denies or (first.names - second.terms and second.names - first.terms):
        return False
    terms = (first.terms - counted, second.terms - counted)
    common = terms[0] & terms[1]
    shared = common | counted
    if not common or len(shared) < SHARED or len(asked.terms & shared) < ASKED * len(asked.terms):
        return False
    if any(one not in common and other in common for one, other in first.neighbours ^ second.neighbours):
        return False  # the northern plant is not the plant, nor the southern one
    overlap = OVERLAP_ASKED if asked.kind == kind and asked.terms <= shared else OVERLAP
    return len(common) >= overlap * min(map(len, terms))


@dataclass(frozen=True, slots=True)
class Statement:
    """One of the values that disagree.

    Attributes:
        citation: 1-based number of the citation among those of the answer.
        start: First character of the value, counted in the text of the citation's document.
        end: Character after its last.
        sentence_start: First character of its sentence.
        sentence_end: Character after its last.
    """

    citation: int
    start: int
    end: int
    sentence_start: int
    sentence_end: int

    def to_dict(self) -> dict[str, int]:
        """Plain JSON values."""
        return {
            "citation": self.citation,
            "start": self.start,
            "end": self.end,
            "sentence_start": self.sentence_start,
            "sentence_end": self.sentence_end,
        }


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Different values for the same thing.

    Attributes:
        kind: What differs.
        statements: Two or more, in the order of their citations; each differs from one of the others at least.
    """

    kind: Kind
    statements: tuple[Statement, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"kind": self.kind, "statements": [statement.to_dict() for statement in self.statements]}


@dataclass(frozen=True, slots=True)
class _Quoted:
    """A sentence where it stands.

    Attributes:
        citation: 1-based number of its citation.
        passage: What tells its passage from others.
        start: First character, in the document's text.
        end: Character after its last.
        is_row: Whether it is a row of a table.
        sentence: What it states.
    """

    citation: int
    passage: tuple[str, int]
    start: int
    end: int
    is_row: bool
    sentence: StatedSentence

    def may_contradict(self, other: "_Quoted") -> bool:
        """Whether it stands elsewhere; rows of tables, whose columns share their words, must share all of them."""
        alike = self.sentence.terms == other.sentence.terms
        return self.passage != other.passage and (alike or not (self.is_row or other.is_row))

    def state(self, value: Date | Quantity) -> Statement:
        """Say where one of its values stands."""
        return Statement(self.citation, self.start + value.start, self.start + value.end, self.start, self.end)


def find_disagreements(citations: Sequence[Citation], question: str) -> tuple[Disagreement, ...]:
    """Find the numbers and dates in which quotes of different passages disagree.

    Args:
        citations: Of one answer, in order.
        question: What was asked: a disagreement has to do with it.

    Returns:
        Disagreements in the order of their first statements; numbers before dates.
    """
    asked = read_asked(question)
    sentences = [read for number, citation in enumerate(citations, start=1) for read in _sentences(number, citation)]
    groups: list[tuple[str, set[Statement]]] = []
    for first, second in combinations(sentences, 2):
        if not first.may_contradict(second):
            continue
        for kind, one, other in find_contradictions(first.sentence, second.sentence, asked):
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
    """Find what contradicts the quotes of an answer among what was not quoted.

    Args:
        citations: The quotes.
        others: Sentences of other passages that were found, each a citation.
        question: What was asked.

    Returns:
        Those of the others that give another number or date than one of the quotes, in order.
    """
    asked = read_asked(question)
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
            for _ in find_contradictions(one.sentence, two.sentence, asked)
        )
    )


def _sentences(number: int, citation: Citation) -> Iterator[_Quoted]:
    """Those that may state a value; the others contradict nothing."""
    for start, end in split_sentences(citation.quote):
        if may_hold_values(citation.quote[start:end]):
            yield _Quoted(
                citation=number,
                passage=(citation.path, citation.passage_start),
                start=citation.start + start,
                end=citation.start + end,
                is_row=citation.place.row is not None,
                sentence=read_sentence(citation.quote[start:end]),
            )
