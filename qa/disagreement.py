"""Where the sentences quoted in one answer give different numbers or dates for the same thing.

Nobody is told that sources disagree unless they do: what counts as a contradiction is told in `contradictions.py`, and
is told narrowly. So most disagreements are not found; of those found, nearly all are. What one passage says is never
set against itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Any

from index import split_sentences
from qa.citations import Citation
from qa.contradictions import Kind, StatedSentence, find_contradictions, read_asked, read_sentence
from qa.dates import Date
from qa.quantities import Quantity, may_hold_values


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
                is_row=citation.row is not None,
                sentence=read_sentence(citation.quote[start:end]),
            )
