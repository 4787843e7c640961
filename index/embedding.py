"""What is embedded for a passage, and the work of embedding what is pending in a catalog.

The catalog is the queue: files are read into it as fast as they come, and their embeddings are written some hundred
passages at a time. So memory does not grow with the corpus, and whatever stops the work, the next run goes on from there.
"""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from index.catalog import Catalog
from index.encoder import Encoder
from index.records import Passage, StoredPassage

PASSAGES_AT_ONCE = 128  # some 600 texts: enough to sort by length, and a few seconds of work to lose


def embedded_texts(passage: Passage, text: str) -> tuple[str, ...]:
    """What is embedded for a passage: the paragraph, then each sentence, each behind its heading.

    Args:
        passage: Where it stands.
        text: Its text.

    Returns:
        1 + sentences texts; one alone where the one sentence is all of it.
    """
    heading = f"{passage.heading}. " if passage.heading else ""
    sentences = passage.sentences if len(passage.sentences) > 1 else ()
    parts = (text[s.start - passage.start : s.end - passage.start] for s in sentences)
    return tuple(heading + part for part in (text, *parts))


def content_hash(texts: Sequence[str]) -> bytes:
    """16 bytes that stand for the texts embedded for a passage."""
    return hashlib.blake2b("\0".join(texts).encode("utf-8"), digest_size=16).digest()


def embed_passages(encoder: Encoder, passages: Sequence[StoredPassage]) -> list[np.ndarray]:
    """Embed some passages together: float16 of shape (texts, dimension) for each, as the catalog keeps them."""
    if not passages:
        return []
    texts = [embedded_texts(stored.passage, stored.text) for stored in passages]
    vectors = encoder.encode_passages([text for some in texts for text in some]).astype("<f2")
    return np.split(vectors, np.cumsum([len(some) for some in texts])[:-1])


def embed_pending(catalog: Catalog, encoder: Encoder, *, on_embedded: Callable[[int], None]) -> None:
    """Embed everything that is pending at this moment, equal content once.

    Args:
        catalog: Open for writing.
        encoder: Embeds passages and sentences.
        on_embedded: Called with the number of passages written, after each batch; what it raises ends the work.

    Raises:
        StorageError: The catalog cannot be written. What was committed stays.
    """
    last = 0
    while batch := catalog.pending_passages(last, PASSAGES_AT_ONCE):
        known = catalog.known_vectors([hash_ for _, hash_ in batch])
        new = {hash_: stored for stored, hash_ in batch if hash_ not in known}
        vectors = embed_passages(encoder, list(new.values()))
        known.update(zip(new, (some.tobytes() for some in vectors), strict=True))
        catalog.write_vectors({stored.id: known[hash_] for stored, hash_ in batch})
        last = batch[-1][0].id
        on_embedded(len(batch))
