"""An encoder whose vectors can be worked out by hand."""

import math
from collections.abc import Sequence

import numpy as np

WORDS = ("apple", "pear", "plum", "fig")


class ToyEncoder:
    """Counts the four words of `WORDS`, adds a constant in a fifth place so that no text is zero, and normalises."""

    identity = "toy/1"
    dimension = 5

    def __init__(self) -> None:
        """Start with no text encoded."""
        self.encoded: list[str] = []

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        """One row a text; every text is noted in `encoded`."""
        self.encoded += texts
        return np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(-1, self.dimension)

    def encode_question(self, text: str) -> np.ndarray:
        """The vector of one question."""
        return np.array(self._vector(text), dtype=np.float32)

    def _vector(self, text: str) -> list[float]:
        counts = [float(text.lower().count(word)) for word in WORDS] + [1.0]
        length = math.sqrt(sum(count * count for count in counts))
        return [count / length for count in counts]
