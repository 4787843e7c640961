"""The baseline at a size: the question encoded by sentence-transformers, its nearest vectors by `IndexFlatIP`.

It searches the very vectors the collection holds, all of them where memory allows, else one a passage.
"""

import time
from dataclasses import asdict
from typing import Any

import numpy as np

from index import Collection, bundled_model_folder, load_encoder
from qa.bench.building import open_encoder
from qa.bench.corpus import load_corpus, make_questions
from qa.bench.encoding import load_plain
from qa.bench.figures import PlainFigures, spread
from qa.bench.machine import available_memory

WARM_QUESTIONS = 5
QUESTIONS = 55  # those included
NEAREST = 10
MEMORY_SHARE = 0.5  # of what is available: what the vectors may take


def measure_plain(
    corpus: str, cache: str, pool: str | None, place: dict[str, str], size: int, vectors: int
) -> dict[str, Any]:
    """Ask the baseline.

    Args:
        corpus: The file of the corpus.
        cache: Where the fast encoder is kept.
        pool: As for `open_encoder`.
        place: "documents", "collection": folders.
        size: How many passages the documents hold.
        vectors: How many vectors the collection holds.

    Returns:
        `PlainFigures` as a dictionary.
    """
    encoder = open_encoder(corpus, cache, pool)
    every = vectors * encoder.dimension * 4 <= MEMORY_SHARE * available_memory()
    collection = Collection(place["collection"], encoder)
    collection.update([place["documents"]])
    index, add_seconds = _flat_index(collection, encoder.dimension, every=every)
    collection.close()
    plain = load_plain(bundled_model_folder())
    asked, searched = [], []
    for question in make_questions(load_corpus(corpus), size, QUESTIONS, seed=2):
        start = time.perf_counter()
        vector = plain.encode([question], show_progress_bar=False)
        encoded = time.perf_counter()
        index.search(vector, NEAREST)
        searched.append(time.perf_counter() - encoded)
        asked.append(time.perf_counter() - start)
    return asdict(
        PlainFigures(
            vectors=index.ntotal,
            all_vectors=every,
            bytes=index.ntotal * encoder.dimension * 4,
            ask=spread(asked[WARM_QUESTIONS:]),
            nearest=spread(searched[WARM_QUESTIONS:]),
            add_seconds=add_seconds,
        )
    )


def write_plain_index(corpus: str, cache: str, size: int, file: str) -> dict[str, Any]:
    """Write a flat index of the first passages, one vector each, for the baseline to start with."""
    import faiss

    made_of, encoder = load_corpus(corpus), load_encoder(cache_folder=cache)
    index = faiss.IndexFlatIP(encoder.dimension)
    index.add(encoder.encode_passages([made_of.passage(number) for number in range(size)]))
    faiss.write_index(index, file)
    return {}


def _flat_index(collection: Collection, dimension: int, *, every: bool) -> Any:
    """A flat index of a collection's vectors, and the seconds that adding them took."""
    import faiss

    index, seconds, last = faiss.IndexFlatIP(dimension), 0.0, -1
    for block in collection.catalog.vectors_since(0, dimension):
        ids, vectors = block.owners(), block.vectors
        if not every:  # a passage's vectors stand together, its own first
            vectors = vectors[np.flatnonzero(np.diff(ids, prepend=last))]
            last = int(ids[-1])
        start = time.perf_counter()
        index.add(vectors.astype(np.float32))
        seconds += time.perf_counter() - start
    return index, seconds
