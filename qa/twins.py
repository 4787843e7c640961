"""Near-duplicates: passages that say the same in nearly the same words, shown once, naming the others."""

from collections import Counter
from collections.abc import Sequence

from index import Hit

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
        twin = next((entry for entry in kept if _share(entry[1], words) >= SAME_SHARE), None)
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
