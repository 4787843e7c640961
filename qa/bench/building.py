"""Measure building a collection: the whole way from files to a collection that answers."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from index import Collection, Encoder, load_encoder
from qa.bench.corpus import load_corpus, make_questions
from qa.bench.figures import BuildFigures
from qa.bench.machine import forget_peak, held_memory, peak_memory
from qa.bench.synthetic_encoder import SyntheticEncoder

WARM_TEXTS = 64


class TimedEncoder:
    """An encoder that adds up how long it takes.

    Attributes:
        seconds: Spent on passages since it was made.
    """

    def __init__(self, encoder: Encoder) -> None:
        """Wrap an encoder."""
        self._encoder = encoder
        self.identity = encoder.identity
        self.dimension = encoder.dimension
        self.seconds = 0.0

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        """As the encoder it wraps."""
        start = time.perf_counter()
        vectors = self._encoder.encode_passages(texts)
        self.seconds += time.perf_counter() - start
        return vectors

    def encode_question(self, text: str) -> np.ndarray:
        """As the encoder it wraps."""
        return self._encoder.encode_question(text)


def open_encoder(corpus: str, cache: str, pool: str | None) -> TimedEncoder:
    """Load the encoder of a collection, and all that building and asking import, and let it run once.

    Args:
        corpus: The file of the corpus.
        cache: Where the fast encoder is kept.
        pool: The file of the synthetic encoder's vectors; None for the real encoder.
    """
    import faiss  # noqa: F401
    import tantivy  # noqa: F401

    import qa.assistant  # noqa: F401

    made_of = load_corpus(corpus)
    encoder: Encoder = load_encoder(cache_folder=cache)
    if pool:
        encoder = SyntheticEncoder(made_of.sentences, pool, encoder)
    timed = TimedEncoder(encoder)
    timed.encode_passages([made_of.passage(number) for number in range(WARM_TEXTS)])
    for question in make_questions(made_of, WARM_TEXTS, 3):
        timed.encode_question(question)
    return timed


def name_encoder(corpus: str, cache: str, pool: str | None) -> dict[str, str]:
    """The "identity" of the encoder that `open_encoder` loads with the same arguments."""
    return {"identity": open_encoder(corpus, cache, pool).identity}


def measure_build(corpus: str, cache: str, pool: str | None, documents: str, collection: str) -> dict[str, Any]:
    """Build a collection.

    Args:
        corpus: The file of the corpus.
        cache: Where the fast encoder is kept.
        pool: As for `open_encoder`.
        documents: The folder of documents.
        collection: The collection's folder, not there yet.

    Returns:
        "figures": `BuildFigures` as a dictionary; "identity": the encoder's.
    """
    encoder = open_encoder(corpus, cache, pool)
    encoder.seconds = 0.0
    before = held_memory().resident
    forget_peak()
    start = time.perf_counter()
    built = Collection(collection, encoder)
    built.update([documents])
    seconds = time.perf_counter() - start
    built.close()
    peak = peak_memory()
    above = None if peak is None or before is None else max(0, peak - before)
    figures = BuildFigures(seconds, encoder.seconds, start_bytes=before, peak_bytes=above)
    return {"figures": asdict(figures), "identity": encoder.identity}
