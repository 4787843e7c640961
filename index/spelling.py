"""Near spellings: words of the collection that differ from a word by a letter or two."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from string import ascii_lowercase

from index.terms import term_spans, text_terms

MOST_SPELLINGS = 3

_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class NearWord:
    """A word of the collection that is spelt nearly like another.

    Attributes:
        word: As it is written in the texts most often.
        distance: In how many letters it differs, as `edit_distance` counts them.
        passages: In how many passages it or another inflection of it occurs.
    """

    word: str
    distance: int
    passages: int


def allowed_edits(term: str) -> int:
    """How many letters a near spelling of a stem may differ in: none below three letters, one below seven, else two."""
    return 0 if len(term) < 3 else 1 if len(term) < 7 else 2


def edit_distance(first: str, second: str) -> int:
    """Letters to insert, delete, replace or swap with a neighbour to turn one word into the other (Damerau 1964)."""
    before: list[int] = []
    above = list(range(len(second) + 1))
    for i, letter in enumerate(first, start=1):
        row = [i]
        for j, other in enumerate(second, start=1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != other)))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                row[j] = min(row[j], before[j - 2] + 1)
        before, above = above, row
    return above[-1]


def near_spellings(term: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Find the words of some texts that are spelt nearly like a term.

    Args:
        term: As the analyser gives it, that is, stemmed.
        texts: Texts that may hold such words.

    Returns:
        At most three words as they stand in the texts, nearest first, then by alphabet.
    """
    most = allowed_edits(term)
    found: dict[str, tuple[int, str]] = {}
    for text in texts:
        for other, start, end in term_spans(text):
            if other != term and abs(len(other) - len(term)) <= most and other not in found:
                distance = edit_distance(term, other)
                if distance <= most:
                    found[other] = (distance, text[start:end])
    return tuple(word for _, word in sorted(found.values())[:MOST_SPELLINGS])


def one_edit_away(word: str) -> set[str]:
    """List the strings that differ from a word by one letter left out, added, replaced or swapped with its neighbour."""
    cuts = [(word[:position], word[position:]) for position in range(len(word) + 1)]
    found = {before + after[1:] for before, after in cuts if after}
    found |= {before + after[1] + after[0] + after[2:] for before, after in cuts if len(after) > 1}
    found |= {before + letter + after[1:] for before, after in cuts if after for letter in ascii_lowercase}
    found |= {before + letter + after for before, after in cuts for letter in ascii_lowercase}
    return found - {word}


def count_spellings(word: str, texts: Iterable[str], most: int) -> dict[str, tuple[int, str]]:
    """Find how the words of some texts near to a word are spelt.

    Args:
        word: In small letters.
        texts: Texts that may hold such words.
        most: In how many letters they may differ: 1 or 2.

    Returns:
        For each term its least distance, and its spelling at that distance that occurs most often, of equals the first
        by alphabet.
    """
    counts = Counter(chain.from_iterable(map(_LETTERS.findall, texts)))
    one = one_edit_away(word)
    ranked = []
    for spelt, count in counts.items():
        small = spelt.lower()
        if small in one:
            ranked.append((1, -count, spelt))
        elif most > 1 and small != word and abs(len(small) - len(word)) <= most and edit_distance(word, small) <= most:
            ranked.append((2, -count, spelt))
    found: dict[str, tuple[int, str]] = {}
    for distance, _, spelt in sorted(ranked):
        found.setdefault(text_terms(spelt)[0], (distance, spelt))
    return found
