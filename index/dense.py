"""Nearest neighbours by cosine in FAISS, derived from the catalog.

A vector's id says which passage it belongs to and whether it is the paragraph's or a sentence's. FAISS only proposes
candidates: its order of equal scores depends on how many are asked for and on the order of insertion, so the caller
scores them again, exactly, from the catalog. The file is written under a temporary name and renamed; the catalog
keeps its generation and hash, and a file that does not match is rebuilt.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index.catalog import Catalog
from index.errors import StorageError
from index.records import StoredPassage

VECTORS_PER_PASSAGE = 4_096  # the paragraph and at most 4,095 sentences


class DenseIndex:
    """Vectors of paragraphs and sentences, exact search by inner product."""

    def __init__(self, path: Path, dimension: int) -> None:
        """Start empty.

        Args:
            path: The file it is kept in.
            dimension: Numbers in a vector.
        """
        self._path = path
        self._dimension = dimension
        self._generation = -1
        self._clear()

    def _clear(self) -> None:
        import faiss

        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(self._dimension))

    def __len__(self) -> int:
        """How many vectors it holds."""
        return self._index.ntotal

    def follow(self, catalog: Catalog) -> None:
        """Bring it up to the catalog: read the file if it fits, add what is new, drop what was removed, write.

        Args:
            catalog: The truth. Its `dense` entries tell which file fits.

        Raises:
            StorageError: The file cannot be written.
        """
        if self._generation < 0:
            self._generation = self._read(catalog)
        generation = catalog.generation
        if generation == self._generation:
            return
        for _, first, last in catalog.removals_since(self._generation):
            self._remove(first, last)
        for passages in catalog.passages_since(self._generation):
            self._add(passages)
        self._generation = generation
        self._write(catalog)

    def search(self, vector: np.ndarray, k: int, *, among: np.ndarray | None = None) -> list[int]:
        """Find the passages with the nearest vectors.

        Args:
            vector: float32 of shape (dimension,), of length 1.
            k: How many vectors to look at.
            among: int64 ids of the vectors to look at; all when omitted. See `vector_ids`.

        Returns:
            Ids of their passages, each once, nearest first.
        """
        import faiss

        k = min(k, len(self))
        if k == 0:
            return []
        parameters = None if among is None else faiss.SearchParameters(sel=faiss.IDSelectorBatch(among))
        question = np.ascontiguousarray(vector[np.newaxis], dtype=np.float32)
        _, ids = self._index.search(question, k, params=parameters)
        return list(dict.fromkeys(int(id_) // VECTORS_PER_PASSAGE for id_ in ids[0] if id_ >= 0))

    def _add(self, passages: Sequence[StoredPassage]) -> None:
        kept = [(p.id, searched_vectors(p)) for p in passages if p.passage.answering]  # one that never answers has none
        if not kept:
            return
        ids = np.concatenate(
            [id_ * VECTORS_PER_PASSAGE + np.arange(len(vectors), dtype=np.int64) for id_, vectors in kept]
        )
        self._index.add_with_ids(np.concatenate([vectors for _, vectors in kept]).astype(np.float32), ids)

    def _remove(self, first: int, last: int) -> None:
        import faiss

        self._index.remove_ids(faiss.IDSelectorRange(first * VECTORS_PER_PASSAGE, (last + 1) * VECTORS_PER_PASSAGE))

    def _read(self, catalog: Catalog) -> int:
        """Read the file if it is the one the catalog names; its generation, or 0 after starting empty."""
        import faiss

        expected = catalog.meta("dense_sha256")
        if expected and self._path.is_file() and _hash(self._path) == expected:
            self._index = faiss.read_index(str(self._path))
            return int(catalog.meta("dense_generation") or 0)
        return 0

    def _write(self, catalog: Catalog) -> None:
        import faiss

        temporary = self._path.with_suffix(f".{os.getpid()}.tmp")
        try:
            faiss.write_index(self._index, str(temporary))
            with open(temporary, "rb") as written:
                os.fsync(written.fileno())
            digest = _hash(temporary)
            os.replace(temporary, self._path)
        except (OSError, RuntimeError) as error:
            temporary.unlink(missing_ok=True)
            raise StorageError(
                f"the vector index {self._path} cannot be written: {str(error).splitlines()[0]} "
                "Free some disk space, then run the same command again; what was committed is kept."
            ) from error
        with catalog.transaction():
            catalog.set_meta("dense_generation", str(self._generation))
            catalog.set_meta("dense_sha256", digest)


def searched_vectors(stored: StoredPassage) -> np.ndarray:
    """The vectors of a passage: of one sentence, it has one, since the second would be the same."""
    return stored.embeddings if len(stored.embeddings) > 2 else stored.embeddings[:1]


def vector_ids(passages: Sequence[tuple[int, int]]) -> np.ndarray:
    """The ids of the vectors of some passages, given as (passage id, how many sentences): int64."""
    return np.array(
        [id_ * VECTORS_PER_PASSAGE + row for id_, sentences in passages for row in range(1 + sentences)], dtype=np.int64
    )


def _hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
