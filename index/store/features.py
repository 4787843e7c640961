"""The features a passage is scored by: its embeddings and its terms, as words and as numbers.

A search scores hundreds of passages, so the catalog keeps the terms of each as numbers (`Signature`). The words
(`PassageFeatures`) are computed only for the few passages that are shown.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from index.records import Passage
from index.text.terms import term_key, text_terms

VECTORS_PER_PASSAGE = 4_096  # the paragraph and at most 4,095 sentences


@dataclass(frozen=True, slots=True)
class PassageVectors:
    """The vectors of some passages, as the catalog keeps them."""

    passages: npt.NDArray[np.int64]  # int64 of shape (passages,): their ids
    # int64 of shape (passages,): how many vectors each has: the paragraph's and its sentences'.
    counts: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.float16]  # float16 of shape (vectors, dimension), passage by passage

    @classmethod
    def join(cls, rows: Iterable[tuple[int, bytes]], dimension: int) -> "PassageVectors":
        """Join rows of the catalog: the id of each passage and its vectors as bytes."""
        listed = list(rows)
        sizes = np.array([len(blob) for _, blob in listed], dtype=np.int64)
        joined = np.frombuffer(b"".join([blob for _, blob in listed]), dtype="<f2").reshape(-1, dimension)
        return cls(np.array([id_ for id_, _ in listed], dtype=np.int64), sizes // (2 * dimension), joined)

    def owners(self) -> npt.NDArray[np.int64]:
        """Return the passage id of each vector: int64 of shape (vectors,)."""
        return np.repeat(self.passages, self.counts)

    def ids(self) -> npt.NDArray[np.int64]:
        """Return the id of each vector in the vector index: int64 of shape (vectors,)."""
        rows = np.arange(len(self.vectors)) - np.repeat(_starts(self.counts), self.counts)
        return self.owners() * VECTORS_PER_PASSAGE + rows

    def split(self) -> list[tuple[int, npt.NDArray[np.float16]]]:
        """Return each passage's id and its vectors."""
        return list(zip(self.passages.tolist(), np.split(self.vectors, _starts(self.counts)[1:]), strict=False))

    def nearest(self, vector: npt.NDArray[np.float32], count: int) -> list[int]:
        """Search exactly, without an index, for the vectors nearest to one: float32 of shape (dimension,).

        Returns the ids of at most `count` passages, nearest first; ties by id.
        """
        if not len(self.passages):
            return []
        cosines = np.einsum("ij,j->i", self.vectors.astype(np.float32), vector)  # not by BLAS, see `Query.similarities`
        best = np.maximum.reduceat(cosines, _starts(self.counts))
        nearest: list[int] = self.passages[np.lexsort((self.passages, -best))[:count]].tolist()
        return nearest


def vector_ids(passages: Sequence[tuple[int, int]]) -> npt.NDArray[np.int64]:
    """List the vector ids of some passages, given as (passage id, how many sentences): int64, ascending."""
    rows = (range(id_ * VECTORS_PER_PASSAGE, id_ * VECTORS_PER_PASSAGE + 1 + n) for id_, n in sorted(passages))
    return np.fromiter(chain.from_iterable(rows), dtype=np.int64)


def row_per_sentence(vectors: npt.NDArray[np.float16], sentences: int) -> npt.NDArray[np.float16]:
    """Return a row for the paragraph and one per sentence, also where a lone sentence has no vector besides."""
    return vectors if len(vectors) == 1 + sentences else np.repeat(vectors[:1], 1 + sentences, axis=0)


@dataclass(frozen=True, slots=True)
class PassageFeatures:
    """The embeddings of a passage and its terms as words.

    Attributes:
        embeddings: Unit vectors of shape (1 + sentences, dimension): the paragraph first, then its sentences in order.
        heading_terms: The terms of its heading.
        sentence_terms: The terms of each sentence, in order, as `text_terms` returns them.
    """

    embeddings: npt.NDArray[Any]
    heading_terms: tuple[str, ...]
    sentence_terms: tuple[tuple[str, ...], ...]


def passage_features(passage: Passage, text: str, embeddings: npt.NDArray[Any], language: str = "") -> PassageFeatures:
    """Compute the terms of a passage, and join them to its embeddings; `language` is as for `text_terms`."""
    heading, sentences = passage_terms(passage, text, language)
    return PassageFeatures(embeddings, tuple(heading), tuple(map(tuple, sentences)))


def passage_terms(passage: Passage, text: str, language: str = "") -> tuple[list[str], list[list[str]]]:
    """Return the terms of a passage's heading, and those of each of its sentences; `language` as for `text_terms`."""
    sentences = (text[s.start - passage.start : s.end - passage.start] for s in passage.sentences)
    return text_terms(passage.place.heading or "", language), [text_terms(each, language) for each in sentences]


def embedded_texts(passage: Passage, text: str) -> tuple[str, ...]:
    """List the texts to embed: the paragraph, then each of several sentences, each after its heading."""
    heading = f"{passage.place.heading}. " if passage.place.heading else ""
    sentences = passage.sentences if len(passage.sentences) > 1 else ()
    parts = (text[s.start - passage.start : s.end - passage.start] for s in sentences)
    return tuple(heading + part for part in (text, *parts))


def content_hash(passage: Passage, text: str) -> bytes:
    """Hash what is embedded of a passage, to 16 bytes."""
    return hashlib.blake2b("\0".join(embedded_texts(passage, text)).encode("utf-8"), digest_size=16).digest()


def content_number(passage: Passage, text: str) -> int:
    """A number of 64 bits that depends on heading and text alone, so that an order by it is the same in every index."""
    content = f"{passage.place.heading or ''}\0{text}".encode()
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest())


def term_keys(heading: list[str], sentences: list[list[str]]) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int32]]:
    """Turn terms into numbers: `keys` and `lengths` as in `Signature`, as arrays."""
    keys = np.fromiter(map(term_key, chain(heading, *sentences)), dtype="<u8")
    return keys, np.array([len(heading), *map(len, sentences)], dtype="<i4")


@dataclass(frozen=True, slots=True)
class Signature:
    """The embeddings of a passage and its terms as numbers, as the catalog keeps them; little-endian."""

    # float16 of shape (1 + sentences, dimension), unit rows: the paragraph first, then its sentences; of shape (1,
    # dimension) if its only sentence is all of it.
    vectors: bytes
    keys: bytes  # uint64 of shape (terms,): `term_key` of each term, those of the heading first
    lengths: bytes  # int32 of shape (1 + sentences,): how many of them the heading and each sentence have

    def embeddings(self, dimension: int) -> npt.NDArray[np.float16]:
        """Return the vectors as an array: float16 of shape (1 + sentences, dimension)."""
        rows = np.frombuffer(self.vectors, dtype="<f2").reshape(-1, dimension)
        return row_per_sentence(rows, len(self.lengths) // 4 - 1)

    def is_sound(self, dimension: int) -> bool:
        """Whether its parts fit together, which damage in the catalog may have undone."""
        if not all(isinstance(part, bytes) for part in (self.vectors, self.keys, self.lengths)):
            return False
        if len(self.lengths) % 4 or len(self.vectors) % (2 * dimension):
            return False
        lengths = np.frombuffer(self.lengths, dtype="<i4").astype(np.int64)
        rows = len(self.vectors) // (2 * dimension)
        return bool(
            rows and rows in (1, len(lengths)) and lengths.min(initial=0) >= 0 and 8 * lengths.sum() == len(self.keys)
        )

    def sentence_keys(self) -> tuple[int, ...]:
        """Return the keys of the terms of its sentences, in order, with repetitions."""
        heading = int.from_bytes(self.lengths[:4], "little")
        return tuple(np.frombuffer(self.keys, dtype="<u8")[heading:].tolist())


@dataclass(frozen=True, slots=True)
class Block:
    """Signatures joined for arithmetic on all of them at once."""

    vectors: npt.NDArray[np.float64]  # float64 of shape (rows, dimension)
    # int64 of shape (passages,): the paragraph's row of each passage; its sentences' follow.
    first_rows: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint64]  # uint64 of shape (terms,)
    # int64 of shape (terms,): the part, a heading or a sentence, that each term belongs to.
    key_parts: npt.NDArray[np.int64]
    lengths: npt.NDArray[np.float64]  # float64 of shape (parts,): terms in each part
    first_parts: npt.NDArray[np.int64]  # int64 of shape (passages,): the heading of each passage; its sentences follow

    @classmethod
    def join(cls, signatures: Sequence[Signature], dimension: int) -> "Block":
        """Join signatures, at least one, in the order given; ValueError or TypeError when one of them is not sound."""
        vectors = np.frombuffer(b"".join([s.vectors for s in signatures]), dtype="<f2").reshape(-1, dimension)
        lengths = np.frombuffer(b"".join([s.lengths for s in signatures]), dtype="<i4")
        keys = np.frombuffer(b"".join([s.keys for s in signatures]), dtype="<u8")
        if lengths.min(initial=0) < 0 or lengths.sum(dtype=np.int64) != len(keys):
            raise ValueError("the terms of a passage do not count up")
        return cls(
            vectors=vectors.astype(np.float64),
            first_rows=_starts([len(s.vectors) // (2 * dimension) for s in signatures]),
            keys=keys,
            key_parts=np.repeat(np.arange(len(lengths)), lengths),
            lengths=lengths.astype(np.float64),
            first_parts=_starts([len(s.lengths) // 4 for s in signatures]),
        )

    def __len__(self) -> int:
        """Return how many passages it has."""
        return len(self.first_rows)


def _starts(sizes: Sequence[int] | npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.cumsum(sizes, dtype=np.int64) - np.asarray(sizes, dtype=np.int64)
