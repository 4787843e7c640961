"""Nearest neighbours by cosine in Milvus."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from index.store.catalog import Catalog
from index.store.faiss_index import CANDIDATES
from index.store.features import VECTORS_PER_PASSAGE
from index.store.milvus.client import INDEXES, MilvusAddress
from index.store.milvus.following import MilvusIndex, Row
from index.store.protocols import Proposals

_APPROXIMATE_CANDIDATES = 2 * CANDIDATES  # vectors that an approximate index proposes
_WRITTEN = 1_000  # vectors at a time; 1.5 MB of 384 numbers


class MilvusVectors(MilvusIndex):
    """Vectors of paragraphs and sentences, searched by inner product; their keys are the ids of the vectors."""

    kind = "vectors"
    title = "The nearest vectors"
    others = "words"

    def __init__(self, address: MilvusAddress, key: str, dimension: int) -> None:
        """Name the server, the collection, and the dimension of its vectors; contacts nothing."""
        super().__init__(address, key)
        self._dimension = dimension

    @property
    def compressed(self) -> bool:
        """Whether its index is approximate."""
        return bool(INDEXES[self._address.index][1])

    def ids(self) -> npt.NDArray[np.int64]:
        """Return the ids of all vectors, in any order: int64."""
        return np.array(self._ids(), dtype=np.int64)

    def search(self, vector: npt.NDArray[np.float32], *, among: npt.NDArray[np.int64] | None = None) -> Proposals:
        """Propose the passages with the vectors nearest to one: float32 of shape (dimension,), of length 1.

        `among` lists the int64 ids of the vectors to search, ascending, as `features.vector_ids` does; all when omitted.
        Returns the ids of the passages, each once, nearest first; none where the server cannot be reached.
        """
        shown, kind = self._address.shown, self._address.index
        caveats = [f"The nearest vectors in {shown} are searched approximately ({kind})."] if self.compressed else []
        count = _APPROXIMATE_CANDIDATES if self.compressed else CANDIDATES
        setting = INDEXES[kind][1]
        settings = {setting: count + 1} if setting else {}
        query = [np.asarray(vector, dtype=np.float32)]

        def find(name: str) -> dict[int, None]:
            found = self._search(name, "vector", query, count, among=among, settings=settings)
            return dict.fromkeys(id_ // VECTORS_PER_PASSAGE for _, id_ in found[:count])

        return self._propose(find, caveats)

    def _fields(self, types: Any) -> Mapping[str, Mapping[str, Any]]:
        return {"vector": {"datatype": types.FLOAT_VECTOR, "dim": self._dimension}}

    def _indexes(self) -> Mapping[str, Mapping[str, Any]]:
        kind = self._address.index
        return {"vector": {"index_type": kind, "params": dict(INDEXES[kind][0])}}

    def _mark_fields(self) -> Row:
        return {"vector": np.zeros(self._dimension, dtype=np.float32)}

    def _removed(self, first: int, last: int) -> str:
        return f"id >= {first * VECTORS_PER_PASSAGE} and id < {(last + 1) * VECTORS_PER_PASSAGE}"

    def _changes(self, catalog: Catalog, since: int) -> Iterator[list[Row]]:
        for block in catalog.vectors_since(since, self._dimension):
            pairs = list(zip(block.ids().tolist(), block.vectors.astype(np.float32), strict=True))
            for at in range(0, len(pairs), _WRITTEN):
                yield [{"id": id_, "vector": vector} for id_, vector in pairs[at : at + _WRITTEN]]
