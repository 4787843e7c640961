"""Test the queries of a benchmark: all vectors of a collection, and the passages nearest to one."""

import numpy as np
import pytest
from toy_encoder import ToyEncoder

from index import Collection, StorageError

TEXT = "An apple fell. A pear fell too.\n\nPlum, plum and plum.\n\nA fig lay on the ground.\n"


@pytest.fixture
def collection(tmp_path):
    """Three passages: apple and pear in two sentences, plum, fig."""
    (tmp_path / "fruit.txt").write_text(TEXT)
    collection = Collection(tmp_path / "collection", ToyEncoder())
    collection.update([tmp_path / "fruit.txt"])
    yield collection
    collection.close()


def test_embeddings_are_all_vectors_with_their_passage(collection):
    """A passage of two sentences has three vectors, one of a single sentence has one; all are float16."""
    blocks = list(collection.catalog.vectors_since(0, collection.encoder.dimension))
    ids = np.concatenate([block.owners() for block in blocks])
    vectors = np.concatenate([block.vectors for block in blocks])
    assert ids.tolist() == [1, 1, 1, 2, 3]
    assert ids.dtype == np.int64
    texts = ["apple pear", "apple", "pear", "plum plum plum", "fig"]
    assert np.array_equal(vectors, ToyEncoder().encode_passages(texts).astype(np.float16))


def test_nearest_passages_come_once_each_nearest_first(collection):
    """A question about figs and one plum finds the fig first, then plum; `k` cuts the list."""
    vector = ToyEncoder().encode_question("fig fig plum")
    assert collection.searcher.nearest(vector, 3) == [3, 2, 1]
    assert collection.searcher.nearest(vector, 1) == [3]


def test_nearest_needs_an_updated_collection(tmp_path):
    """Before the first update there is one clear error."""
    with pytest.raises(StorageError, match="Update it first"):
        Collection(tmp_path / "new", ToyEncoder()).searcher.nearest(ToyEncoder().encode_question("fig"), 1)
