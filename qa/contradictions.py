"""Whether two sentences give different numbers or dates for the same thing.

They do only where they say nearly the same in nearly the same words but for one number or one date, with the same unit
or the same noun counted, and no reading of the two values agrees. What is said of another time, with a word of denial in
one of them, or of two things with names of their own, is no contradiction; nor is what leans on another sentence.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Literal

from index import question_terms, term_spans
from qa.answer_types import answer_kind
from qa.dates import Date
from qa.quantities import Quantity
from qa.values import Values, read_values

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
