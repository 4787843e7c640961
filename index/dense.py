"""Nearest neighbours by cosine in FAISS, derived from the catalog.

A vector's id says which passage it belongs to and whether it is the paragraph's or a sentence's. FAISS only proposes
candidates: its order of equal scores depends on how many are asked for and on the order of insertion, so the caller
scores them again, exactly, from the catalog.

Up to `EXACT` vectors are kept whole, in 16 bits a number as the catalog has them, and searched exactly. More are
compressed to 48 bytes each (product quantisation of 96 parts by 4 bits; Jégou et al. 2011, André et al. 2015). Then more are
proposed the more there are, and among them the exact scores find .99 of the ten nearest.

Vectors lie in segments of limited size, so that adding or removing some never rewrites the whole.
"""

import ctypes
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from os import cpu_count
from pathlib import Path

import numpy as np

from index.catalog import Catalog
from index.segments import Segment, SegmentFolder
from index.vectors import VECTORS_PER_PASSAGE

EXACT = 100_000  # vectors searched exactly in some 2 ms here; on a slow machine 15
SAMPLE = 1_000  # passages, some 5,000 vectors, that the compression is fitted to; FAISS looks at 4,096 of them
SEGMENT = 262_144  # vectors; 15 MB compressed
CANDIDATES = 200  # vectors proposed by exact search
# Measured on 5.2 million vectors, 300 questions: of the ten nearest .992 lie among the best 1,010, .993 among 1,140, .996
# among 1,290, .998 among 1,630. A tenth of the vectors need some .4 times as many.
GROWTH = 0.45  # the power of their number by which more are proposed
PARTS, BITS = 96, 4
MANY = 10_000  # vectors; adding as many leaves tens of megabytes freed but held


class DenseIndex:
    """Vectors of paragraphs and sentences, searched by inner product. Safe to share between threads."""

    def __init__(self, folder: Path, dimension: int, *, exact: int = EXACT, segment: int = SEGMENT) -> None:
        """Start empty.

        Args:
            folder: Where it is kept.
            dimension: Numbers in a vector.
            exact: How many vectors are kept whole at most.
            segment: How many vectors a segment holds at most.
        """
        self._folder = SegmentFolder(folder)
        self._dimension, self._exact, self._segment_size = dimension, exact, segment
        self._lock = threading.RLock()
        self._workers = ThreadPoolExecutor(cpu_count() or 1, thread_name_prefix="dense")
        self._generation = self._saved = -1
        self._codebook: Segment | None = None  # an empty compressed segment, of which others are copied
        self._segments: list[Segment] = []

    def __len__(self) -> int:
        """How many vectors it holds."""
        return sum(map(len, self._segments))

    @property
    def compressed(self) -> bool:
        """Whether vectors are compressed, so that what is proposed is approximate."""
        return self._codebook is not None

    def follow(self, catalog: Catalog) -> None:
        """Bring it up to the catalog in memory: read the files if they fit, drop what was removed, add what is new.

        Args:
            catalog: The truth. Its `dense_files` tell which files fit.
        """
        with catalog.snapshot(), self._lock:  # in this order everywhere: who searches holds the catalog already
            try:
                if self._generation < 0:
                    self._read(catalog)
                self._apply(catalog)
            except BaseException:
                self._generation = -1  # half of it may be applied: begin again from the files
                raise

    def save(self, catalog: Catalog) -> None:
        """Write what has changed since it was read or saved; the caller holds the collection's lock.

        Raises:
            StorageError: The files cannot be written.
        """
        if self._saved == self._generation:
            return
        with catalog.transaction(), self._lock:
            codebook = [] if self._codebook is None else [self._codebook]
            files = self._folder.write([*codebook, *self._segments], self._generation)
            catalog.set_dense_files(files, self._generation)
        self._folder.sweep(files)
        self._saved = self._generation

    def ids(self) -> np.ndarray:
        """The ids of all vectors, in any order: int64."""
        with self._lock:
            return np.concatenate([np.empty(0, dtype=np.int64), *(segment.ids() for segment in self._segments)])

    def damaged_files(self, catalog: Catalog) -> list[str]:
        """Names of the files that the catalog lists and that are missing, or not what they were when they were written."""
        return self._folder.damaged(catalog.dense_files())

    def search(self, vector: np.ndarray, *, among: np.ndarray | None = None) -> list[int]:
        """Propose the passages with the nearest vectors.

        Args:
            vector: float32 of shape (dimension,), of length 1.
            among: int64 ids of the vectors to look at, ascending; all when omitted. See `index.vectors.vector_ids`.

        Returns:
            Ids of their passages, each once, nearest first.
        """
        with self._lock:
            segments = [segment for segment in self._segments if len(segment)]
            count = round(CANDIDATES * (len(self) / self._exact) ** GROWTH) if self.compressed else CANDIDATES
            if among is not None and self.compressed:  # cannot be told what to look at: propose more, and pick
                count = min(len(self), 2 * count * len(self) // max(1, len(among)))
            search = partial(Segment.search, vector=vector, count=count, among=None if self.compressed else among)
            found = list(self._workers.map(search, segments)) if len(segments) > 1 else [*map(search, segments)]
        if not found:
            return []
        scores, ids = (np.concatenate(column) for column in zip(*found, strict=True))
        if among is not None and self.compressed:
            inside = np.isin(ids, among)
            scores, ids = scores[inside], ids[inside]
        best = np.argsort(-scores, kind="stable")[:count]
        return list(dict.fromkeys((ids[best] // VECTORS_PER_PASSAGE).tolist()))

    def _apply(self, catalog: Catalog) -> None:
        """Apply what was committed since its own generation."""
        generation = catalog.generation
        removed = [(first, last) for _, first, last in catalog.removals_since(self._generation)]
        self._remove(removed)
        coming = catalog.count_vectors_since(self._generation, self._dimension, self._exact + 1)
        if not self.compressed and len(self) + coming > self._exact:
            self._begin(Segment.compressed(catalog.sample_vectors(SAMPLE, self._dimension), PARTS, BITS))
        elif self.compressed and len(self) + coming < self._exact // 2:  # so small again that exact search is better
            self._begin(None)
        for block in catalog.vectors_since(self._generation, self._dimension):
            self._add(block.vectors.astype(np.float32), block.ids())
        self._generation = generation
        if coming >= MANY:
            _give_back_memory()

    def _begin(self, codebook: Segment | None) -> None:
        """Start empty, compressed or not; all vectors are to come from the catalog again."""
        self._codebook, self._segments, self._generation = codebook, [], 0

    def _add(self, vectors: np.ndarray, ids: np.ndarray) -> None:
        while len(ids):
            if not self._segments or len(self._segments[-1]) >= self._segment_size:
                self._segments.append(self._codebook.copy() if self.compressed else Segment.exact(self._dimension))
            room = self._segment_size - len(self._segments[-1])
            self._segments[-1].add(vectors[:room], ids[:room])
            vectors, ids = vectors[room:], ids[room:]

    def _remove(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Remove the vectors of passages first to last, for several ranges; join neighbours that fit in one segment."""
        if not ranges:
            return
        kept: list[Segment] = []
        for segment in self._segments:
            segment.remove([(f * VECTORS_PER_PASSAGE, (last + 1) * VECTORS_PER_PASSAGE) for f, last in ranges])
            if kept and len(kept[-1]) + len(segment) <= self._segment_size:
                kept[-1].take_over(segment)
            else:
                kept.append(segment)
        self._segments = kept

    def _read(self, catalog: Catalog) -> None:
        """Read the files the catalog names if all are whole, else start empty."""
        segments = self._folder.read(catalog.dense_files())
        if segments is None:
            self._begin(None)
            self._saved = -1
            return
        self._codebook = segments.pop(0) if segments and segments[0].is_compressed else None
        self._segments = segments
        self._generation = self._saved = int(catalog.meta("dense_generation") or 0)


def _give_back_memory() -> None:
    """Have the C library return what was freed to the system; only glibc holds so much, and can be asked."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
