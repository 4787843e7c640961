"""Nearest neighbours by cosine in FAISS, derived from the catalog.

FAISS only proposes candidates: its order of equal scores depends on how many are asked for and on the order of
insertion, so the caller scores them again, exactly, from the catalog. Up to `EXACT` vectors are kept whole, in 16 bits a
number as the catalog has them, and searched exactly. More are compressed to 48 bytes each (product quantisation of 96
parts by 4 bits; Jégou et al. 2011, André et al. 2015). The more there are, the more are proposed, and among them the
exact scores find .99 of the ten nearest.

Whole vectors have no file: it would take as much disk as the catalog, and be written again with each document that is added,
to save .2 seconds when 100,000 vectors are opened. Compressed ones lie in segments of limited size, a file each, so that
adding or removing some never rewrites the whole. A file is never overwritten: it is written under a temporary name, flushed, then
renamed. The catalog lists the current files with their hashes, because FAISS notices a truncated file but not a flipped byte;
files it does not list are deleted.
"""

import ctypes
import os
from base64 import b64decode, b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.errors import DamagedError, StorageError
from index.hashing import bytes_hash, file_hash, is_whole
from index.store.catalog import Catalog
from index.store.features import VECTORS_PER_PASSAGE
from index.store.protocols import Proposals
from index.store.sharing import SharedLock


class IndexSegment:
    """Some vectors with their ids, whole or compressed.

    Attributes:
        file: Name and hash of the file with the same content, if there is one.
    """

    def __init__(self, index: Any, file: tuple[str, str] | None = None) -> None:
        """Wrap a `faiss.IndexIDMap`."""
        self._index = index
        self.file = file

    @classmethod
    def exact(cls, dimension: int) -> "IndexSegment":
        """Make an empty segment that keeps vectors in 16 bits a number."""
        import faiss

        inner = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
        inner.is_trained = True  # 16 bits need no fitting
        return cls(_with_id_map(inner))

    @classmethod
    def compressed(cls, sample: npt.NDArray[np.float32], parts: int, bits: int) -> "IndexSegment":
        """Make an empty segment that compresses vectors, fitted to a sample: float32 of shape (vectors, dimension)."""
        inner = _make_compressed(sample.shape[1], parts, bits)
        _use_all_cores()
        inner.train(np.ascontiguousarray(sample, dtype=np.float32))
        return cls(_with_id_map(inner))

    @classmethod
    def decode(cls, written: str | None, dimension: int, parts: int, bits: int) -> "IndexSegment | None":
        """Make an empty segment with the codebook that `encode` has written; None where nothing is, or damage has altered it."""
        import faiss

        hashed, _, content = (written or "").partition(" ")
        if not content or bytes_hash(content.encode()) != hashed:
            return None
        inner = _make_compressed(dimension, parts, bits)
        faiss.copy_array_to_vector(np.frombuffer(b64decode(content), dtype="<f4"), inner.pq.centroids)
        inner.is_trained = True
        return cls(_with_id_map(inner))

    def encode(self) -> str:
        """Write the codebook of its compression as text, with a hash."""
        import faiss

        inner: Any = faiss.downcast_index(self._index.index)
        centroids = faiss.vector_to_array(inner.pq.centroids)
        content = b64encode(centroids.astype("<f4").tobytes())
        return f"{bytes_hash(content)} {content.decode()}"

    def copy(self) -> "IndexSegment":
        """Copy its vectors and compression to a segment that has no file yet."""
        import faiss

        return IndexSegment(faiss.clone_index(self._index))

    def __len__(self) -> int:
        """Return how many vectors it has."""
        return int(self._index.ntotal)

    @property
    def is_compressed(self) -> bool:
        """Whether it compresses vectors."""
        import faiss

        return isinstance(faiss.downcast_index(self._index.index), faiss.IndexPQFastScan)

    def search(
        self, vector: npt.NDArray[np.float32], count: int, among: npt.NDArray[np.int64] | None
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Return the scores (float32) and ids (int64) of at most `count` vectors nearest to one: float32 of shape (dimension,).

        `among` lists the ids of the vectors to search; it is None for all, and in a compressed segment.
        """
        import faiss

        faiss.omp_set_num_threads(1)  # one question: threads would only wait for each other, long if the cores are busy
        parameters = None
        if among is not None:
            parameters, selector = faiss.SearchParameters(), faiss.IDSelectorBatch(among)
            parameters.sel = selector  # not a copy: `selector` has to live as long
        question = np.ascontiguousarray(vector[np.newaxis], dtype=np.float32)
        scores, ids = self._index.search(question, min(count, len(self)), params=parameters)
        found = ids[0] >= 0
        return scores[0][found], ids[0][found]

    def add(self, vectors: npt.NDArray[np.float16], ids: npt.NDArray[np.int64]) -> None:
        """Add float16 vectors of shape (n, dimension) under int64 ids."""
        if self.is_compressed:
            _use_all_cores()
            self._index.add_with_ids(vectors.astype(np.float32), np.ascontiguousarray(ids))
        else:  # they are stored as they are: four times as fast as by way of 32 bits
            codes = np.ascontiguousarray(vectors, dtype=np.float16).view(np.uint8)
            self._index.add_sa_codes(codes, np.ascontiguousarray(ids))
        self.file = None

    def remove(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Remove the vectors with ids in some ranges, which do not overlap; ends are exclusive."""
        import faiss

        starts, ends = np.array(sorted(ranges), dtype=np.int64).T
        ids = self.ids()
        position = np.searchsorted(starts, ids, side="right") - 1
        gone = ids[(position >= 0) & (ids < ends[position])]
        if len(gone):
            self._index.remove_ids(faiss.IDSelectorBatch(gone))
            self.file = None

    def take_over(self, other: "IndexSegment") -> None:
        """Move the vectors of another segment of the same kind into this one."""
        self._index.merge_from(other._index)
        self.file = None

    def ids(self) -> npt.NDArray[np.int64]:
        """Return the ids of its vectors, in the order added: int64."""
        import faiss

        ids: npt.NDArray[np.int64] = faiss.vector_to_array(self._index.id_map)
        return ids

    def write(self, path: Path) -> None:
        """Write it to a file; OSError or RuntimeError when that fails."""
        import faiss

        faiss.write_index(self._index, str(path))


def _use_all_cores() -> None:
    import faiss

    faiss.omp_set_num_threads(os.cpu_count() or 1)


def _make_compressed(dimension: int, parts: int, bits: int) -> Any:
    import faiss

    parts = min(parts, dimension)
    while dimension % parts:
        parts -= 1
    return faiss.IndexPQFastScan(dimension, parts, bits, faiss.METRIC_INNER_PRODUCT)


def _with_id_map(inner: Any) -> Any:
    import faiss

    index = faiss.IndexIDMap(inner)
    index.own_fields = True
    inner.this.disown()
    return index


EXACT = 100_000  # vectors searched exactly in some 2 ms here; on a slow machine 15
_SAMPLE = 1_000  # passages, some 5,000 vectors, that the compression is fitted to; FAISS looks at 4,096 of them
_SEGMENT = 262_144  # vectors; 15 MB compressed
CANDIDATES = 200  # vectors proposed by exact search
# Measured on 5.2 million vectors, 300 questions: of the ten nearest .992 lie among the best 1,010, .993 among 1,140, .996
# among 1,290, .998 among 1,630. With a tenth of the vectors, some .4 times as many do.
_GROWTH = 0.45  # the number proposed grows with this power of the number of vectors
_PARTS, _BITS = 96, 4
# In the meta of the catalog: the codebook of compressed vectors, so that all who follow it propose the same, whenever they began
# and on however many cores, on which fitting depends.
_CODEBOOK = "dense_codebook"
_MANY = 10_000  # vectors; adding as many leaves tens of megabytes freed but not returned to the system


class FaissIndex:
    """Vectors of paragraphs and sentences, searched by inner product; threads may share it, and search side by side."""

    def __init__(self, folder: Path, dimension: int, *, exact: int = EXACT, segment: int = _SEGMENT) -> None:
        """Start empty; keep at most `exact` vectors whole, and at most `segment` in a segment, a file of the folder."""
        self._folder, self._dimension, self._exact, self._segment_size = folder, dimension, exact, segment
        self._lock = SharedLock()  # searches share it, also those that go on after who asked has given up
        self._workers = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="dense")
        self._generation = self._saved = -1
        self._codebook: IndexSegment | None = None  # an empty compressed segment to copy others from
        self._segments: list[IndexSegment] = []

    def __len__(self) -> int:
        """Return how many vectors it has."""
        return sum(map(len, self._segments))

    is_shared = False

    @property
    def compressed(self) -> bool:
        """Whether vectors are compressed, so that proposals are approximate."""
        return self._codebook is not None

    @property
    def generation(self) -> int:
        """The generation of the catalog that it has reached; -1 before the first `follow`."""
        return self._generation

    def close(self) -> None:
        """Nothing is to be closed: searches under way end by themselves."""

    def follow(self, catalog: Catalog, *, rebuild: bool = True) -> None:
        """Bring the index up to the catalog in memory: read its files, drop removed vectors, add new ones.

        Raises:
            DamagedError: A file is missing or damaged, and the index is not to be built again from the catalog.
        """
        # In this order everywhere: a search has locked the catalog already.
        with catalog.database.snapshot(), self._lock.alone():
            try:
                if self._generation < 0:
                    self._read(catalog, rebuild=rebuild)
                if self._generation > catalog.generation:  # of a catalog that was restored to an earlier state
                    self._begin(None)
                    self._saved = -1
                self._apply(catalog)
            except BaseException:
                self._generation = -1  # half of it may be applied: start again from the files
                raise

    def save(self, catalog: Catalog) -> None:
        """Write the changes since it was read or saved, under the lock of the collection; StorageError when that fails."""
        if self._saved == self._generation:
            return
        if catalog.notes.get("dense_generation") == str(self._generation) and not self.damaged_files(catalog):
            return  # another process was faster
        if (catalog.meta(_CODEBOOK) or "") != self._encoded():
            catalog.set_meta(_CODEBOOK, self._encoded())
        with catalog.notes.transaction(), self._lock.shared():
            kept = [] if self._codebook is None else [self._codebook, *self._segments]
            files = [self._write(position, segment) for position, segment in enumerate(kept)]
            catalog.notes.set_dense_files(files, self._generation)
        listed = {name for name, _ in files}
        for path in self._folder.glob("*"):
            if path.name not in listed:
                with suppress(OSError):  # on Windows, while another process has it open
                    path.unlink()
        self._saved = self._generation

    def _write(self, position: int, segment: IndexSegment) -> tuple[str, str]:
        """Write a segment that has changed, to a file named after generation and position; return its name and hash."""
        name = f"{self._generation}-{position}.faiss"
        temporary = self._folder / f"{name}.{os.getpid()}.tmp"
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            if segment.file is None or not (self._folder / segment.file[0]).exists():  # another process replaced it
                segment.write(temporary)
                temporary.chmod(0o600)
                with open(temporary, "rb") as written:
                    os.fsync(written.fileno())
                hashed = file_hash(temporary)
                os.replace(temporary, self._folder / name)
                segment.file = (name, hashed)
            return segment.file
        except (OSError, RuntimeError) as error:
            temporary.unlink(missing_ok=True)
            raise StorageError(
                f"the vector index {self._folder} cannot be written: {str(error).splitlines()[0]} "
                "Free some disk space, then run the same command again; what was committed is kept."
            ) from error

    def saved_generation(self, catalog: Catalog) -> int:
        """Return the generation of what was kept last."""
        return int(catalog.notes.get("dense_generation") or 0)

    def forget(self, catalog: Catalog) -> None:
        """Have the next `follow` build it again from the catalog, in this process and in those that open it later."""
        with catalog.notes.transaction(), self._lock.alone():
            catalog.notes.set_dense_files([], 0)
            self._generation = self._saved = -1

    def ids(self) -> npt.NDArray[np.int64]:
        """Return the ids of all vectors, in any order: int64."""
        with self._lock.shared():
            return np.concatenate([np.empty(0, dtype=np.int64), *(segment.ids() for segment in self._segments)])

    def damaged_files(self, catalog: Catalog) -> list[str]:
        """List the names of the files in the catalog that are missing or do not match their hash."""
        return [name for name, hashed in catalog.notes.dense_files() if not is_whole(self._folder / name, hashed)]

    def search(self, vector: npt.NDArray[np.float32], *, among: npt.NDArray[np.int64] | None = None) -> Proposals:
        """Propose the passages with the vectors nearest to one: float32 of shape (dimension,), of length 1.

        `among` lists the int64 ids of the vectors to search, ascending, as `features.vector_ids` does; all when omitted.
        """
        with self._lock.shared():
            segments = [segment for segment in self._segments if len(segment)]
            count = round(CANDIDATES * (len(self) / self._exact) ** _GROWTH) if self.compressed else CANDIDATES
            if among is not None and self.compressed:  # FAISS cannot restrict this search: propose more, and pick
                count = min(len(self), 2 * count * len(self) // max(1, len(among)))
            search = partial(IndexSegment.search, vector=vector, count=count, among=None if self.compressed else among)
            found = list(self._workers.map(search, segments)) if len(segments) > 1 else [*map(search, segments)]
        if not found:
            return Proposals(())
        scores, ids = (np.concatenate(column) for column in zip(*found, strict=True))
        if among is not None and self.compressed:
            inside = np.isin(ids, among)
            scores, ids = scores[inside], ids[inside]
        best = np.lexsort((ids, -scores))[:count]
        return Proposals(dict.fromkeys((ids[best] // VECTORS_PER_PASSAGE).tolist()))

    def _apply(self, catalog: Catalog) -> None:
        """Apply the changes committed since the generation it has reached."""
        generation = catalog.generation
        removed = [(first, last) for _, first, last in catalog.removals_since(self._generation)]
        self._remove(removed)
        coming = catalog.count_vectors_since(self._generation, self._dimension, self._exact + 1)
        written = catalog.meta(_CODEBOOK)
        shared = IndexSegment.decode(written, self._dimension, _PARTS, _BITS)
        if len(self) + coming < self._exact // 2:
            if self.compressed:  # small enough again for exact search
                self._begin(None)
        elif shared is not None:
            if written != self._encoded():
                self._begin(shared)
        elif not self.compressed and len(self) + coming > self._exact:
            self._begin(IndexSegment.compressed(catalog.sample_vectors(_SAMPLE, self._dimension), _PARTS, _BITS))
        for block in catalog.vectors_since(self._generation, self._dimension):
            self._add(block.vectors, block.ids())
        self._generation = generation
        if coming >= _MANY:
            _give_back_memory()

    def _encoded(self) -> str:
        """The codebook as the catalog keeps it; empty where vectors are whole."""
        return "" if self._codebook is None else self._codebook.encode()

    def _begin(self, codebook: IndexSegment | None) -> None:
        """Start empty, compressed or not; all vectors come from the catalog again."""
        self._codebook, self._segments, self._generation = codebook, [], 0

    def _add(self, vectors: npt.NDArray[np.float16], ids: npt.NDArray[np.int64]) -> None:
        while len(ids):
            if not self._segments or len(self._segments[-1]) >= self._segment_size:
                codebook = self._codebook
                self._segments.append(codebook.copy() if codebook is not None else IndexSegment.exact(self._dimension))
            room = self._segment_size - len(self._segments[-1])
            self._segments[-1].add(vectors[:room], ids[:room])
            vectors, ids = vectors[room:], ids[room:]

    def _remove(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Remove the vectors of passages, given as ranges of ids; join neighbours that fit in one segment."""
        if not ranges:
            return
        kept: list[IndexSegment] = []
        for segment in self._segments:
            segment.remove([(f * VECTORS_PER_PASSAGE, (last + 1) * VECTORS_PER_PASSAGE) for f, last in ranges])
            if kept and len(kept[-1]) + len(segment) <= self._segment_size:
                kept[-1].take_over(segment)
            else:
                kept.append(segment)
        self._segments = kept

    def _read(self, catalog: Catalog, *, rebuild: bool) -> None:
        """Read the files the catalog lists if all are whole, else start empty or raise DamagedError; whole vectors have none."""
        import faiss

        files = catalog.notes.dense_files()
        try:
            damaged = bool(self.damaged_files(catalog))
            read = [] if damaged else [faiss.read_index(str(self._folder / name)) for name, _ in files]
        except RuntimeError:  # another process has replaced it since
            damaged = True
        if damaged and not rebuild:
            raise DamagedError(f"the vector index {self._folder} is missing or damaged.")
        if damaged or not files:
            self._begin(None)
            self._saved = -1 if damaged else int(catalog.notes.get("dense_generation") or -1)
            return
        segments = [IndexSegment(index, file) for index, file in zip(read, files, strict=True)]
        self._codebook = segments.pop(0) if segments and segments[0].is_compressed else None
        self._segments = segments
        self._generation = self._saved = int(catalog.notes.get("dense_generation") or 0)


def _give_back_memory() -> None:
    """Have the C library return freed memory to the system; only glibc keeps so much, and has a call for it."""
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
