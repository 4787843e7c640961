"""Bring a catalog up to its files: read, split and embed what is new or changed, remove what is gone.

A file counts as unchanged while its size and times are, else while the hash of its bytes is. Equal content is
embedded once: an edited, copied or renamed file costs only the passages that are new. The old version of a file
keeps answering until the new one is written.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from index.catalog import Catalog
from index.encoder import Encoder
from index.errors import SourceError
from index.passages import split_passages
from index.readers import read_document
from index.records import Document, Failure, KnownFile, Passage, PreparedPassage, Source
from index.sources import SETTLED_NS, file_hash
from index.terms import text_terms

TEXTS_AT_ONCE = 512  # enough to sort by length, little enough to hold

Progress = Callable[[int, int, str], None]


class Reader(Protocol):
    """Reads one file; SourceError when it cannot."""

    def __call__(self, path: str | Path, *, name: str) -> Document: ...


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """What an update found and did: how many documents were added, changed, removed and left as they were."""

    added: int
    changed: int
    removed: int
    unchanged: int
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """A document that is read and split but not yet embedded; `texts` are those to embed, passage by passage."""

    source: Source
    document: Document
    passages: tuple[Passage, ...]
    texts: tuple[tuple[str, ...], ...]


def update_catalog(
    catalog: Catalog,
    sources: Sequence[Source],
    encoder: Encoder,
    *,
    read: Reader = read_document,
    on_progress: Progress | None = None,
) -> UpdateReport:
    """Make the catalog hold exactly what the sources hold.

    Args:
        catalog: Open for writing; the caller holds the collection's lock.
        sources: All the files the collection is to hold.
        encoder: Embeds passages and sentences.
        read: Reads one file.
        on_progress: Called with files done, files in all and the name of the last.

    Returns:
        What was done. A file that cannot be read is among the failures; it does not answer, and neither does what an
        earlier version of it said.

    Raises:
        StorageError: The catalog cannot be written. What was committed stays.
    """
    known = catalog.known_files()
    failures: list[Failure] = []
    counts = dict.fromkeys(("added", "changed", "unchanged"), 0)
    waiting: list[_Read] = []

    def write_waiting() -> None:
        for item, prepared in zip(waiting, _embed(waiting, catalog, encoder), strict=True):
            catalog.write_document(item.document, item.source, passages=prepared)
            counts["changed" if item.source.path in known else "added"] += 1
        waiting.clear()

    for done, source in enumerate(sources):
        if on_progress:
            on_progress(done, len(sources), source.name)
        try:
            found = _read_if_changed(source, known.get(source.path), read)
        except SourceError as error:
            failures.append(Failure(_printable(source.name), _printable(source.path), str(error)))
            continue
        if isinstance(found, _Read):
            waiting.append(found)
            if sum(len(texts) for item in waiting for texts in item.texts) >= TEXTS_AT_ONCE:
                write_waiting()
        else:
            counts["unchanged"] += 1
            if found is not None:
                catalog.touch_document(found)
    write_waiting()
    failed = {failure.path for failure in failures}
    kept = {source.path for source in sources if _printable(source.path) not in failed}
    gone = sorted(set(known) - kept)
    for path in gone:
        catalog.remove_document(path)
    if tuple(failures) != catalog.failures():
        catalog.set_failures(failures)
    if on_progress and sources:
        on_progress(len(sources), len(sources), sources[-1].name)
    return UpdateReport(removed=len(gone), failures=tuple(failures), **counts)


def _read_if_changed(source: Source, known: KnownFile | None, read: Reader) -> _Read | Source | None:
    """Read a file if its bytes are new; else the source to note anew, or None when nothing at all has changed.

    Raises:
        SourceError: It cannot be read, or holds nothing to search.
    """
    if _printable(source.path) != source.path:
        raise SourceError(f"{_printable(source.name)}: its name is not valid UTF-8. Rename it, then index it again.")
    times = (source.size, source.modified_ns, source.changed_ns)
    if known and times == (known.size, known.modified_ns, known.changed_ns):
        return None if known.source == source.name else source
    settled = _settled(source)
    if known and _current_hash(source) == known.file_sha256:
        return settled
    document = read(source.path, name=source.name)
    passages = split_passages(document)
    if not any(passage.answering for passage in passages):
        raise SourceError(f"{source.name} holds no text to search.")
    texts = tuple(embedded_texts(document.text, passage) for passage in passages)
    return _Read(settled, document, passages, texts)


def _printable(name: str) -> str:
    """A file name with the bytes that are not UTF-8 written as escapes."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _settled(source: Source) -> Source:
    """The source; without its time where it changed so lately that it may change again within one clock tick."""
    if time.time_ns() - max(source.modified_ns, source.changed_ns) > SETTLED_NS:
        return source
    return Source(source.name, source.path, source.size, source.modified_ns, 0)


def _current_hash(source: Source) -> str:
    try:
        return file_hash(Path(source.path).read_bytes())
    except OSError as error:
        raise SourceError(f"{source.name} cannot be opened: {error.strerror}. Check that it may be read.") from error


def embedded_texts(text: str, passage: Passage) -> tuple[str, ...]:
    """What is embedded for a passage: the paragraph, then each sentence, each behind its heading.

    A passage of one sentence, and one that never answers, is embedded as a whole only.
    """
    heading = f"{passage.heading}. " if passage.heading else ""
    spans = [(passage.start, passage.end)]
    if passage.answering and len(passage.sentences) > 1:
        spans += [(sentence.start, sentence.end) for sentence in passage.sentences]
    return tuple(heading + text[start:end] for start, end in spans)


def _embed(reads: Sequence[_Read], catalog: Catalog, encoder: Encoder) -> Iterator[list[PreparedPassage]]:
    """Embed all the new content of some documents together; yield each document's passages ready to be written."""
    hashes = [[_content_hash(texts) for texts in read.texts] for read in reads]
    embeddings = dict(catalog.known_embeddings([hash_ for some in hashes for hash_ in some]))
    missing: dict[bytes, tuple[str, ...]] = {}
    for read, some in zip(reads, hashes, strict=True):
        missing.update((h, texts) for h, texts in zip(some, read.texts, strict=True) if h not in embeddings)
    vectors = encoder.encode_passages([text for texts in missing.values() for text in texts]) if missing else None
    first = 0
    for hash_, texts in missing.items():
        embeddings[hash_] = vectors[first : first + len(texts)].astype("<f2")
        first += len(texts)
    for read, some in zip(reads, hashes, strict=True):
        yield [
            PreparedPassage(
                passage, _per_sentence(embeddings[hash_], passage), hash_, _count_terms(read.document, passage)
            )
            for passage, hash_ in zip(read.passages, some, strict=True)
        ]


def _content_hash(texts: Sequence[str]) -> bytes:
    return hashlib.blake2b("\0".join(texts).encode("utf-8"), digest_size=16).digest()


def _per_sentence(embeddings: np.ndarray, passage: Passage) -> np.ndarray:
    """One row for the paragraph and one a sentence, also where the sentences were not embedded by themselves."""
    rows = 1 + len(passage.sentences)
    return embeddings if len(embeddings) == rows else np.repeat(embeddings[:1], rows, axis=0)


def _count_terms(document: Document, passage: Passage) -> int:
    return len(text_terms(passage.heading or "")) + len(text_terms(document.text[passage.start : passage.end]))
