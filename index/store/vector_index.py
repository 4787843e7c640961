"""A part of the vector index, and the files these parts are kept in.

A file is never written over: each is written under a passing name, flushed and renamed to a name of its own. The catalog
lists the files that count, with their hashes; whatever it does not list is swept away. FAISS notices a truncated file
but not a flipped byte, hence the hashes.

Nearest neighbours by cosine in FAISS, derived from the catalog.

A vector's id says which passage it belongs to and whether it is the paragraph's or a sentence's. FAISS only proposes
candidates: its order of equal scores depends on how many are asked for and on the order of insertion, so the caller
scores them again, exactly, from the catalog.

Up to `EXACT` vectors are kept whole, in 16 bits a number as the catalog has them, and searched exactly. More are
compressed to 48 bytes each (product quantisation of 96 parts by 4 bits; Jégou et al. 2011, André et al. 2015). Then more are
proposed the more there are, and among them the exact scores find .99 of the ten nearest.

Vectors lie in segments of limited size, so that adding or removing some never rewrites the whole.
"""

import ctypes
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from os import cpu_count
from pathlib import Path

import numpy as np

from index.errors import StorageError
from index.hashing import file_hash
from index.store.catalog import VECTORS_PER_PASSAGE, Catalog


class Segment:
    """Some vectors with their ids, whole or compressed."""

    def __init__(self, index, file: tuple[str, str] | None = None) -> None:
        """Wrap a `faiss.IndexIDMap`.

        Args:
            index: The FAISS index.
            file: Name and hash of its file, as long as that holds what the index holds.
        """
        self._index = index
        self.file = file

    @classmethod
    def exact(cls, dimension: int) -> "Segment":
        """An empty segment that keeps vectors in 16 bits a number."""
        import faiss

        inner = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        inner.is_trained = True  # 16 bits need no fitting
        return cls(_with_id_map(inner))

    @classmethod
    def compressed(cls, sample: np.ndarray, parts: int, bits: int) -> "Segment":
        """An empty segment that compresses vectors, fitted to a sample: float32 of shape (vectors, dimension)."""
        import faiss

        dimension = sample.shape[1]
        parts = min(parts, dimension)
        while dimension % parts:
            parts -= 1
        inner = faiss.IndexPQFastScan(dimension, parts, bits, faiss.METRIC_INNER_PRODUCT)
        _use_all_cores()
        inner.train(np.ascontiguousarray(sample, dtype=np.float32))
        return cls(_with_id_map(inner))

    def copy(self) -> "Segment":
        """A segment with the same vectors and compression, not in a file yet."""
        import faiss

        return Segment(faiss.clone_index(self._index))

    def __len__(self) -> int:
        """How many vectors it holds."""
        return self._index.ntotal

    @property
    def is_compressed(self) -> bool:
        """Whether it compresses vectors."""
        import faiss

        return isinstance(faiss.downcast_index(self._index.index), faiss.IndexPQFastScan)

    def search(self, vector: np.ndarray, count: int, among: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Scores and ids of the nearest vectors, at most `count`; of those `among` some ids, where it is not compressed."""
        import faiss

        faiss.omp_set_num_threads(1)  # one question: threads would only wait for each other, long where cores are busy
        parameters = None if among is None else faiss.SearchParameters(sel=faiss.IDSelectorBatch(among))
        question = np.ascontiguousarray(vector[np.newaxis], dtype=np.float32)
        scores, ids = self._index.search(question, min(count, len(self)), params=parameters)
        found = ids[0] >= 0
        return scores[0][found], ids[0][found]

    def add(self, vectors: np.ndarray, ids: np.ndarray) -> None:
        """Add float32 vectors of shape (n, dimension) under int64 ids."""
        _use_all_cores()
        self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), np.ascontiguousarray(ids))
        self.file = None

    def remove(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Remove the vectors whose id lies in one of some ranges, which do not overlap; ends are exclusive."""
        import faiss

        starts, ends = np.array(sorted(ranges), dtype=np.int64).T
        ids = self.ids()
        position = np.searchsorted(starts, ids, side="right") - 1
        gone = ids[(position >= 0) & (ids < ends[position])]
        if len(gone):
            self._index.remove_ids(faiss.IDSelectorBatch(gone))
            self.file = None

    def take_over(self, other: "Segment") -> None:
        """Take the vectors of another segment of the same kind, which is empty afterwards."""
        self._index.merge_from(other._index)
        self.file = None

    def ids(self) -> np.ndarray:
        """The ids of its vectors, in the order added: int64."""
        import faiss

        return faiss.vector_to_array(self._index.id_map)

    def write(self, path: Path) -> None:
        """Write it to a file; OSError or RuntimeError when that fails."""
        import faiss

        faiss.write_index(self._index, str(path))


def _use_all_cores() -> None:
    import faiss

    faiss.omp_set_num_threads(os.cpu_count() or 1)


def _with_id_map(inner):
    import faiss

    index = faiss.IndexIDMap(inner)
    index.own_fields = True
    inner.this.disown()
    return index


class SegmentFolder:
    """The folder that segments are kept in, a file each."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it is made when something is written."""
        self._folder = folder

    def write(self, segments: Sequence[Segment], generation: int) -> list[tuple[str, str]]:
        """Write the segments that have changed.

        Args:
            segments: All that count.
            generation: Of the catalog; with the position it makes the name of a new file.

        Returns:
            The name and hash of every segment's file, in their order.

        Raises:
            StorageError: One cannot be written.
        """
        for position, segment in enumerate(segments):
            name = f"{generation}-{position}.faiss"
            temporary = self._folder / f"{name}.{os.getpid()}.tmp"
            try:
                self._folder.mkdir(mode=0o700, exist_ok=True)
                if segment.file is None:
                    segment.write(temporary)
                    with open(temporary, "rb") as written:
                        os.fsync(written.fileno())
                    hashed = file_hash(temporary)
                    os.replace(temporary, self._folder / name)
                    segment.file = (name, hashed)
            except (OSError, RuntimeError) as error:
                temporary.unlink(missing_ok=True)
                raise StorageError(
                    f"the vector index {self._folder} cannot be written: {str(error).splitlines()[0]} "
                    "Free some disk space, then run the same command again; what was committed is kept."
                ) from error
        return [segment.file for segment in segments]

    def read(self, files: Sequence[tuple[str, str]]) -> list[Segment] | None:
        """Read segments, in order; None where one is missing or not what its hash says."""
        import faiss

        if self.damaged(files):
            return None
        return [Segment(faiss.read_index(str(self._folder / name)), (name, hashed)) for name, hashed in files]

    def damaged(self, files: Sequence[tuple[str, str]]) -> list[str]:
        """Names of the files that are missing or not what their hash says."""
        return [
            name
            for name, hashed in files
            if not (self._folder / name).is_file() or file_hash(self._folder / name) != hashed
        ]

    def sweep(self, files: Sequence[tuple[str, str]]) -> None:
        """Remove the files that no longer count."""
        listed = {name for name, _ in files}
        for path in self._folder.glob("*"):
            if path.name not in listed:
                with suppress(OSError):  # another process may hold it open, which Windows minds
                    path.unlink()


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
            among: int64 ids of the vectors to look at, ascending; all when omitted. See `index.store.catalog.vector_ids`.

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
