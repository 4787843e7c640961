"""An encoder for collections too large to encode: vectors made of those of a few thousand real sentences.

A text's vector is the mean of the real vectors of the sentences it shares pairs of neighbouring words with, as a
perturbed passage does with those it was made of, plus noise drawn from its hash. So a passage lies near its sentences,
and a question, encoded for real, near the passages that speak of it. The noise has the spread of real vectors, which
fills some directions more than others, and a little of every direction. Over 8,000 texts the question's tenth nearest
vector has a cosine of .35 (real vectors: .38), two vectors of .03 with a deviation of .08 (.05, .09), and they spread
as if over 145 directions alike (138): near enough for an index to have the same work. Left out: any claim that search
quality at such a size is that of real texts; measured with it are time, memory and how true the index is to exact search.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from index import Encoder, load_encoder
from qa.bench.corpus import SEED, load_corpus

NOISES = 4_096  # drawn once; a text gets the sum of three
EVERY_DIRECTION = 0.5  # length of the noise without the spread of real vectors, by that with it
NOISE = (0.3, 0.9)  # least and greatest length of a text's noise, by that of its mean
BLOCK = 8_192  # texts at a time


def build_pool(corpus: str, cache: str, file: str) -> dict[str, int]:
    """Encode a corpus's sentences and draw the noise.

    Args:
        corpus: The file of the corpus.
        cache: Where the fast encoder is kept.
        file: Where both go, as .npz: `sentences` and `noises`, float32 with one vector a row.

    Returns:
        How many sentences there are.
    """
    sentences = load_encoder(cache_folder=cache).encode_passages(load_corpus(corpus).sentences)
    chance = np.random.default_rng(SEED)
    noises = _unit(chance.standard_normal((NOISES, len(sentences)), dtype=np.float32) @ (sentences - sentences.mean(0)))
    noises += EVERY_DIRECTION * _unit(chance.standard_normal((NOISES, sentences.shape[1]), dtype=np.float32))
    temporary = Path(file).with_suffix(".part.npz")
    np.savez(temporary, sentences=sentences, noises=_unit(noises))
    temporary.replace(file)
    return {"sentences": len(sentences)}


class SyntheticEncoder:
    """Makes up the vectors of passages; encodes questions for real. A text has the same vector in any batch."""

    def __init__(self, sentences: Sequence[str], pool: str | Path, encoder: Encoder) -> None:
        """Read what `build_pool` wrote.

        Args:
            sentences: Those that were encoded, in the same order.
            pool: The file.
            encoder: Encodes questions.
        """
        content = Path(pool).read_bytes()
        self.identity = f"synthetic/{hashlib.sha256(content).hexdigest()[:16]}/{encoder.identity}"
        self.dimension = encoder.dimension
        self._encoder = encoder
        with np.load(pool) as arrays:
            self._sentences, self._noises = arrays["sentences"], arrays["noises"]
        self._rows: dict[tuple[str, str], int] = {}
        shared = set()
        for row, sentence in enumerate(sentences):
            words = sentence.split()
            for pair in set(zip(words, words[1:], strict=False)):
                if self._rows.setdefault(pair, row) != row:
                    shared.add(pair)
        for pair in shared:  # tells nothing about where a text comes from
            del self._rows[pair]

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Make up vectors: float32 of shape (len(texts), dimension), unit rows, in the order given."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for first in range(0, len(texts), BLOCK):
            vectors[first : first + BLOCK] = self._make_up(texts[first : first + BLOCK])
        return vectors

    def encode_question(self, text: str) -> np.ndarray:
        """Encode one question for real: float32 of shape (dimension,), of length 1."""
        return self._encoder.encode_question(text)

    def _make_up(self, texts: Sequence[str]) -> np.ndarray:
        from scipy.sparse import csr_array

        rows, ends = [], [0]
        for text in texts:
            words = text.split()
            rows += [row for pair in zip(words, words[1:], strict=False) if (row := self._rows.get(pair)) is not None]
            ends.append(len(rows))
        # A sparse product adds up each row by itself, in order: the same sums whatever the batch.
        votes = csr_array(
            (np.ones(len(rows), dtype=np.float32), np.array(rows, dtype=np.int32), np.array(ends, dtype=np.int32)),
            shape=(len(texts), len(self._sentences)),
        )
        digests = b"".join(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).digest() for text in texts)
        numbers = np.frombuffer(digests, dtype="<u4").reshape(-1, 4)
        noise = _unit(sum(self._noises[numbers[:, place] % NOISES] for place in range(3)))
        share = NOISE[0] + (NOISE[1] - NOISE[0]) * (numbers[:, 3:] / np.float32(2**32)).astype(np.float32)
        return _unit(_unit(votes @ self._sentences) + share * noise)


def _unit(vectors: np.ndarray) -> np.ndarray:
    """Rows of length 1; a row of zeros stays."""
    return vectors / np.maximum(np.sqrt((vectors * vectors).sum(axis=1, keepdims=True)), np.float32(1e-12))
