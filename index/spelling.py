"""Near spellings: words of the collection that differ from a word by a letter or two."""

from collections.abc import Iterable

from index.terms import term_spans

MOST_SPELLINGS = 3


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
