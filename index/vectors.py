"""The vectors of several passages, one below the other, and the id that each goes by in the vector index."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

VECTORS_PER_PASSAGE = 4_096  # the paragraph and at most 4,095 sentences


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """Vectors of some passages, as the catalog keeps them.

    Attributes:
        passages: int64 of shape (passages,): their ids.
        counts: int64 of shape (passages,): how many vectors each has: the paragraph's and its sentences'.
        vectors: float16 of shape (vectors, dimension), passage by passage.
    """

    passages: np.ndarray
    counts: np.ndarray
    vectors: np.ndarray

    @classmethod
    def join(cls, rows: Iterable[tuple[int, bytes]], dimension: int) -> "PassageVectors":
        """Put vectors one below the other, from rows of the catalog: a passage's id and its vectors as bytes."""
        listed = list(rows)
        sizes = np.array([len(blob) for _, blob in listed], dtype=np.int64)
        joined = np.frombuffer(b"".join([blob for _, blob in listed]), dtype="<f2").reshape(-1, dimension)
        return cls(np.array([id_ for id_, _ in listed], dtype=np.int64), sizes // (2 * dimension), joined)

    def owners(self) -> np.ndarray:
        """The id of the passage that each vector belongs to: int64 of shape (vectors,)."""
        return np.repeat(self.passages, self.counts)

    def ids(self) -> np.ndarray:
        """The id of each vector: int64 of shape (vectors,)."""
        rows = np.arange(len(self.vectors)) - np.repeat(self._firsts(), self.counts)
        return self.owners() * VECTORS_PER_PASSAGE + rows

    def split(self) -> list[tuple[int, np.ndarray]]:
        """Each passage's id and its vectors."""
        return list(zip(self.passages.tolist(), np.split(self.vectors, self._firsts()[1:]), strict=False))

    def nearest(self, vector: np.ndarray, count: int) -> list[int]:
        """Search them exactly, without an index.

        Args:
            vector: float32 of shape (dimension,).
            count: How many passages to find at most.

        Returns:
            Ids of the passages with the nearest vectors, nearest first; ties by id.
        """
        if not len(self.passages):
            return []
        best = np.maximum.reduceat(self.vectors.astype(np.float32) @ vector, self._firsts())
        return self.passages[np.lexsort((self.passages, -best))[:count]].tolist()

    def _firsts(self) -> np.ndarray:
        return np.cumsum(self.counts) - self.counts


def vector_ids(passages: Sequence[tuple[int, int]]) -> np.ndarray:
    """The ids of the vectors of some passages, given as (passage id, how many sentences): int64, ascending."""
    rows = (range(id_ * VECTORS_PER_PASSAGE, id_ * VECTORS_PER_PASSAGE + 1 + n) for id_, n in sorted(passages))
    return np.fromiter(chain.from_iterable(rows), dtype=np.int64)
