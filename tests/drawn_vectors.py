"""Vectors drawn at random, the same each time, and documents that have them, for tests of what searches them."""

import numpy as np

from index.records import Document, Passage, PreparedPassage, Sentence, Source

DIMENSION = 16
SENTENCES = 3


def make_vectors(first, count):
    """Four unit vectors for each of some passages, near one of twenty centres, the same for the same number."""
    centres = np.random.default_rng(1).normal(size=(20, DIMENSION))
    rows = []
    for number in range(first, first + count):
        generator = np.random.default_rng(number)
        drawn = centres[generator.integers(20)] + 0.5 * generator.normal(size=(1 + SENTENCES, DIMENSION))
        rows.append((drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype("<f2"))
    return rows


def write(catalog, path, first, count):
    """Write a document of some passages with their vectors; returns the vectors by passage id."""
    text = "ab"
    spans = tuple(Sentence(0, 1) for _ in range(SENTENCES))
    keys, lengths = np.zeros(0, dtype="<u8"), np.zeros(1 + SENTENCES, dtype="<i4")
    passages = [
        PreparedPassage(Passage(n + 1, 0, 2, spans), f"{path}{n}".encode(), keys, lengths) for n in range(count)
    ]
    catalog.write_document(Document(path, path, text, "", ""), Source(path, path, 2, 0, 0), passages=passages)
    ids = [stored.id for stored, _ in catalog.pending_passages(0, 100_000)]
    vectors = dict(zip(ids, make_vectors(first, count), strict=True))
    catalog.write_vectors({id_: some.tobytes() for id_, some in vectors.items()})
    return vectors


def exact(vectors, question, k):
    """The nearest passages by plain NumPy."""
    best = {id_: float((some.astype(np.float32) @ question).max()) for id_, some in vectors.items()}
    return sorted(best, key=lambda id_: -best[id_])[:k]


QUESTIONS = [some[0].astype(np.float32) for some in make_vectors(10_000, 20)]
