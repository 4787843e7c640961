"""What a search was made of, word by word: how often each occurs, and what is spelt nearly like those that do not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from index import Search, term_spans, text_terms

MOST_NEAR = 3


@dataclass(frozen=True, slots=True)
class TermEvidence:
    """A word of the question.

    Attributes:
        word: As typed; a phrase that had to occur stands between quotation marks.
        passages: In how many passages of the whole collection it occurs.
        near: Words that do occur and are spelt nearly like it; looked for only when it occurs nowhere.
    """

    word: str
    passages: int
    near: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"word": self.word, "passages": self.passages, "near": list(self.near)}


def gather_evidence(
    question: str,
    phrases: Sequence[str],
    search: Search,
    near_spellings: Callable[[str], tuple[str, ...]],
    *,
    corrected: Sequence[tuple[str, str]] = (),
) -> tuple[TermEvidence, ...]:
    """Say how often the words of a question occur.

    Args:
        question: The question itself as typed, without wrapping and context.
        phrases: Words that had to occur together and did not, anywhere.
        search: What was found.
        near_spellings: Finds words of the collection spelt like a term.
        corrected: Words of the question that occur nowhere, each with the one that was searched instead.

    Returns:
        The phrases, then each telling word once, in the order typed.
    """
    evidence = [TermEvidence(f'"{phrase}"', 0) for phrase in phrases]
    used = {term: word for typed, word in corrected for term in text_terms(typed)}
    seen: set[str] = set()
    for term, start, end in term_spans(question):
        if term in seen:
            continue
        seen.add(term)
        if term in used:
            others = (word for word in near_spellings(term) if word.lower() != used[term].lower())
            evidence.append(TermEvidence(question[start:end], 0, (used[term], *others)[:MOST_NEAR]))
        elif term in search.queries[0].terms:
            passages = search.statistics.frequencies.get(term, 0)
            evidence.append(TermEvidence(question[start:end], passages, () if passages else near_spellings(term)))
    return tuple(evidence)
