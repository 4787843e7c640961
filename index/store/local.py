"""The indexes of a collection in its folder: FAISS for vectors, tantivy for terms."""

from pathlib import Path

from index.store.faiss_index import FaissIndex
from index.store.tantivy_index import TantivyIndex


class LocalEngine:
    """Makes the indexes in the folder of a collection."""

    def make_vectors(self, folder: Path, dimension: int) -> FaissIndex:
        """Make the index of vectors of a dimension, of the collection that has a folder; `follow` opens it."""
        return FaissIndex(folder / "dense", dimension)

    def make_terms(self, folder: Path) -> TantivyIndex:
        """Make the index of terms, likewise."""
        return TantivyIndex(folder / "lexical")
