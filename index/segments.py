"""A part of the vector index, and the files these parts are kept in.

A file is never written over: each is written under a passing name, flushed and renamed to a name of its own. The catalog
lists the files that count, with their hashes; whatever it does not list is swept away. FAISS notices a truncated file
but not a flipped byte, hence the hashes.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from index.encoder import file_hash
from index.errors import StorageError


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
