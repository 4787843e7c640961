"""Correct a question's spelling: replace a word that occurs nowhere by one that does and is spelt nearly like it.

Only what is clearly a typing error is replaced. A word of common English is none, nor is a short one; a short name only
where its letters are swapped or doubled. Measured on 600 questions of SQuAD 2.0 with one letter of a telling word swapped,
dropped, doubled or replaced: where the result occurs nowhere, .86 are restored and .04 become another word. Of the same
questions as they are, four are altered wrongly (and thirteen that hold a typing error rightly); of 1,200 questions on
other subjects some .05, half of them rightly.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from index import NearWord, english_words, question_terms, text_terms

SHORTEST = 4  # letters
SHORTEST_NAME = 6  # of a word with a capital inside a question, but for letters swapped or doubled
OTHER_INITIAL = 6  # from this length on the first letter may be the wrong one
TWO_EDITS = 8  # from this length on two letters may be wrong

_WORD = re.compile(r"(?<![\w'\u2019./@])[^\W\d_]+(?![\w@/]|[.]\w|-\d|['\u2019](?!s\b)\w)")

_DOUBLED = re.compile(r"(.)\1+")


@dataclass(frozen=True, slots=True)
class Corrected:
    """A question with its spelling corrected.

    Attributes:
        text: The question.
        words: Each word replaced, as typed and as searched.
    """

    text: str
    words: tuple[tuple[str, str], ...] = ()


def correct_spelling(
    question: str,
    frequencies: Callable[[Sequence[str]], Mapping[str, int]],
    near_words: Callable[[str, int], Sequence[NearWord]],
) -> Corrected:
    """Replace the words of a question that are clearly misspelt.

    Args:
        question: Its core.
        frequencies: Tells in how many passages each of some terms occurs.
        near_words: Finds the words of the collection that differ from a word in so many letters at most, nearest first.

    Returns:
        The question as it is to be searched.
    """
    terms = question_terms(question)
    held = frequencies(terms)
    missing = {term for term in terms if not held.get(term)}
    if not missing:
        return Corrected(question)
    replaced: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        typed = match.group()
        is_name = typed[0].isupper() and not question.isupper() and match.start() > 0
        if missing.isdisjoint(text_terms(typed)) or not may_be_misspelt(typed):
            return typed
        edits = 2 if len(typed) >= TWO_EDITS and not is_name else 1
        used = choose_spelling(typed, near_words(typed, edits), is_name=is_name)
        if not used:
            return typed
        replaced[typed] = used
        return used

    text = _WORD.sub(replace, question)
    return Corrected(text, tuple(replaced.items()))


def may_be_misspelt(word: str) -> bool:
    """Tell whether a word that occurs nowhere may be a typing error: long enough, and no common English word inflected."""
    return len(word) >= SHORTEST and not _is_english(word.lower())


def choose_spelling(word: str, near: Sequence[NearWord], *, is_name: bool = False) -> str:
    """Choose what a misspelt word was meant to be.

    Args:
        word: As typed.
        near: Words of the collection spelt nearly like it, nearest first, of equals the most frequent.
        is_name: Whether it begins with a capital inside the question.

    Returns:
        The first that is near enough, slips before other errors, as written in the texts; empty where none is.
    """
    typed = word.lower()
    for found in sorted(near, key=lambda found: (found.distance, not is_slip(typed, found.word.lower()))):
        other = found.word.lower()
        if is_name and len(word) < SHORTEST_NAME and not is_slip(typed, other):
            continue
        same_initial = other[0] == typed[0] or other[:2] == typed[1::-1]
        if len(other) < SHORTEST or not (same_initial or (found.distance == 1 and len(typed) >= OTHER_INITIAL)):
            continue
        if found.distance > 1 and (_is_part(typed, other) or not _is_english(other)):
            continue
        return found.word
    return ""


def is_slip(word: str, other: str) -> bool:
    """Tell whether two words hold the same letters, swapped or doubled: two names are seldom that alike."""
    return sorted(word) == sorted(other) or _DOUBLED.sub(r"\1", word) == _DOUBLED.sub(r"\1", other)


def _is_part(word: str, other: str) -> bool:
    return word.startswith(other) or other.startswith(word)


def _is_english(word: str) -> bool:
    return word in english_words() or _term(word) in _english_terms()


def _term(word: str) -> str:
    return text_terms(word)[0]


@cache
def _english_terms() -> frozenset[str]:
    return frozenset(_term(word) for word in english_words())
