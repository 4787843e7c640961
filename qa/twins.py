"""Near-duplicates: passages that say the same in nearly the same words, shown once, naming the others.

Passages that give other numbers or dates do not say the same, however few the words are in which they differ.
"""

from collections import Counter
from collections.abc import Sequence

from index import Hit
from qa.values import read_values

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
