"""What a passage is judged by: its vectors and its terms, as words and as numbers.

Hundreds of passages are scored for every question, so the catalog keeps the terms of each as numbers (`Signature`);
the words themselves (`Candidate`) are worked out only for the few passages that are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from index.records import Passage
from index.terms import term_key, text_terms


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage with its terms as words.

    Attributes:
        embeddings: Unit vectors of shape (1 + sentences, dimension): the paragraph first, then its sentences in order.
        heading_terms: The terms of its heading.
        sentence_terms: The terms of each sentence, in order, as `text_terms` gives them.
    """

    embeddings: np.ndarray
    heading_terms: tuple[str, ...]
    sentence_terms: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Signature:
    """A passage with its terms as numbers, as the catalog keeps it; little-endian throughout.

    Attributes:
        vectors: float16 of shape (1 + sentences, dimension), unit rows: the paragraph first, then its sentences; of
            shape (1, dimension) where its one sentence is all of it.
        keys: uint64 of shape (terms,): `term_key` of each term, those of the heading first.
        lengths: int32 of shape (1 + sentences,): how many of them the heading and each sentence have.
    """

    vectors: bytes
    keys: bytes
    lengths: bytes

    def embeddings(self, dimension: int) -> np.ndarray:
        """The vectors as an array: float16 of shape (1 + sentences, dimension)."""
        rows = np.frombuffer(self.vectors, dtype="<f2").reshape(-1, dimension)
        return row_per_sentence(rows, len(self.lengths) // 4 - 1)

    def sentence_keys(self) -> tuple[int, ...]:
        """The keys of the terms of its sentences, in order, repetitions included."""
        heading = int.from_bytes(self.lengths[:4], "little")
        return tuple(np.frombuffer(self.keys, dtype="<u8")[heading:].tolist())


def passage_terms(passage: Passage, text: str) -> tuple[list[str], list[list[str]]]:
    """The terms a passage is found and scored by.

    Args:
        passage: Where it stands.
        text: Its text.

    Returns:
        The terms of its heading, and those of each of its sentences.
    """
    sentences = (text[s.start - passage.start : s.end - passage.start] for s in passage.sentences)
    return text_terms(passage.heading or ""), [text_terms(sentence) for sentence in sentences]


def term_keys(heading: list[str], sentences: list[list[str]]) -> tuple[np.ndarray, np.ndarray]:
    """Turn terms into numbers: `keys` and `lengths` as in `Signature`, as arrays."""
    keys = np.fromiter(map(term_key, chain(heading, *sentences)), dtype="<u8")
    return keys, np.array([len(heading), *map(len, sentences)], dtype="<i4")


def describe(passage: Passage, text: str, embeddings: np.ndarray) -> Candidate:
    """Work out the terms of a passage.

    Args:
        passage: Where it stands.
        text: Its text.
        embeddings: As in `Candidate`.
    """
    heading, sentences = passage_terms(passage, text)
    return Candidate(embeddings, tuple(heading), tuple(map(tuple, sentences)))


def row_per_sentence(vectors: np.ndarray, sentences: int) -> np.ndarray:
    """One row for the paragraph and one a sentence, also where the one sentence has no vector of its own."""
    return vectors if len(vectors) == 1 + sentences else np.repeat(vectors[:1], 1 + sentences, axis=0)


@dataclass(frozen=True, slots=True)
class Block:
    """Several signatures one behind the other, for arithmetic on all at once.

    Attributes:
        vectors: float64 of shape (rows, dimension).
        first_rows: int64 of shape (passages,): the paragraph's row of each passage; its sentences' follow.
        keys: uint64 of shape (terms,).
        key_parts: int64 of shape (terms,): the part, a heading or a sentence, that each term belongs to.
        lengths: float64 of shape (parts,): terms in each part.
        first_parts: int64 of shape (passages,): the heading of each passage; its sentences follow.
    """

    vectors: np.ndarray
    first_rows: np.ndarray
    keys: np.ndarray
    key_parts: np.ndarray
    lengths: np.ndarray
    first_parts: np.ndarray

    def __len__(self) -> int:
        """How many passages it holds."""
        return len(self.first_rows)


def join(signatures: Sequence[Signature], dimension: int) -> Block:
    """Put signatures, at least one, one behind the other, in the order given."""
    vectors = np.frombuffer(b"".join([s.vectors for s in signatures]), dtype="<f2").reshape(-1, dimension)
    lengths = np.frombuffer(b"".join([s.lengths for s in signatures]), dtype="<i4")
    return Block(
        vectors=vectors.astype(np.float64),
        first_rows=_starts([len(s.vectors) // (2 * dimension) for s in signatures]),
        keys=np.frombuffer(b"".join([s.keys for s in signatures]), dtype="<u8"),
        key_parts=np.repeat(np.arange(len(lengths)), lengths),
        lengths=lengths.astype(np.float64),
        first_parts=_starts([len(s.lengths) // 4 for s in signatures]),
    )


def _starts(sizes: list[int]) -> np.ndarray:
    return np.cumsum([0, *sizes[:-1]], dtype=np.int64)
