"""Bring a catalog up to its files: read new and changed ones, embed new passages, remove missing files.

A file counts as unchanged while its size and times are the same, else while the hash of its bytes is. It is read again
when its parser or what is known of it from elsewhere has changed, or if it was indexed before the words of its language
had their own stems. Equal content is embedded once: an edited, copied or renamed file costs only the passages that are
new. The old version of a file answers until the text of the new one is written.

Reading and embedding overlap: one thread reads files and writes their text, another embeds what has been written, or has the
workers of an executor do so, and writes the vectors in order. The catalog is the queue between them, so memory does not grow
with the corpus, and an interrupted update goes on from there.
"""

import platform
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import wait
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from index.encoders.base import Encoder
from index.errors import PassingError, SourceError, WorkerError
from index.executors import Executor, InProcess
from index.hashing import file_hash
from index.parsers import is_outdated, may_decode, parsers_version, read_document
from index.progress import Abandoned, Progress, ProgressMeter
from index.records import Document, Failure, KnownFile, Metadata, Passage, PreparedPassage, Source, StoredPassage
from index.sources import SETTLED_NS
from index.store.catalog import Catalog
from index.store.features import content_hash, embedded_texts, passage_terms, term_keys
from index.text.passages import split_passages
from index.text.terms import stem_language, tell_language

_PASSAGES_AT_ONCE = 128  # some 600 texts: enough to sort by length, and a few seconds of work to lose
_IDLE_SECONDS = 0.05  # between two looks for text to embed
_WAIT_SECONDS = 0.2  # at most until Ctrl-C is noticed


class FileParser(Protocol):
    """Reads one file; raises SourceError when it cannot."""

    def __call__(self, path: str | Path, *, name: str) -> Document: ...


Vectors = npt.NDArray[np.float16]
_Splitter = Callable[[Source], tuple[Document, tuple[Passage, ...]]]  # reads a file and splits it


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """How many documents an update added, changed, removed and left unchanged, and which sources it could not read."""

    added: int
    changed: int
    removed: int
    unchanged: int
    failures: tuple[Failure, ...]


def update_catalog(
    catalog: Catalog,
    sources: Sequence[Source],
    encoder: Encoder,
    *,
    read: FileParser = read_document,
    split: Callable[[Document], tuple[Passage, ...]] = split_passages,
    encoding: str = "",
    executor: Executor | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> UpdateReport:
    """Make the documents of the catalog exactly those of the sources; the caller has the collection's lock.

    `split` splits into passages what `read` has read. `encoding` is the one that `read` takes text files to be in, as for
    `read_document`; those read in another are read again. `executor` has workers made by `embed_with`, which embed in place of
    the encoder; the catalog is the same.
    `on_progress` is called after each file and each batch of embeddings, from one of two threads, never from both at once;
    an error it raises ends the update. A file that cannot be read is among the failures of the report; neither it nor its
    earlier version answers.

    Raises:
        StorageError: The catalog cannot be written. Everything committed stays, and the next update goes on from there.
    """

    def read_split(source: Source) -> tuple[Document, tuple[Passage, ...]]:
        document = read(source.path, name=source.name)
        return document, split(document)

    meter = ProgressMeter(len(sources), catalog.totals, on_progress)
    embedding = _Embedding(catalog, executor or embed_alone(encoder), meter)
    try:
        report = _update_texts(catalog, sources, read_split, encoding, meter)
    except Abandoned:
        embedding.finish()
        raise
    except BaseException:
        embedding.abandon()
        raise
    embedding.finish()
    return report


def embed_passages(encoder: Encoder, passages: Sequence[StoredPassage]) -> list[Vectors]:
    """Embed some passages together: float16 of shape (texts, dimension) for each, as the catalog keeps them."""
    if not passages:
        return []
    texts = [embedded_texts(stored.passage, stored.text) for stored in passages]
    return _split(_embed(encoder, _join(texts)), texts)


def embed_alone(encoder: Encoder) -> Executor:
    """Make an executor that embeds with an encoder, in this process."""
    return InProcess(partial(_embed, encoder))


def embed_with(load: Callable[[], Encoder], identity: str) -> Callable[[Sequence[str]], Vectors]:
    """In a worker: load an encoder, and return what embeds texts with it.

    Raises:
        WorkerError: The encoder is not the one of this identity.
    """
    encoder = load()
    if encoder.identity != identity:
        here = platform.node()
        raise WorkerError(
            f"{here} has the model {encoder.identity}, not {identity}. Install the same version and model on it."
        )
    return partial(_embed, encoder)


def embed_pending(catalog: Catalog, executor: Executor, meter: ProgressMeter) -> None:
    """Embed everything that is pending now, equal content once; an error of the meter ends the work."""
    last = 0
    batches: deque[_Batch] = deque()  # that are being embedded, in order
    while True:
        passages = catalog.pending_passages(last, _PASSAGES_AT_ONCE) if len(batches) < executor.ahead else []
        if len(passages) == _PASSAGES_AT_ONCE or (passages and not batches):
            last = passages[-1][0].id
            coming = {hash_ for batch in batches for hash_ in batch.new}
            batches.append(_Batch(catalog, executor, passages, coming))
        elif not batches:
            return
        elif batches[0].is_embedded():
            meter.embedded(batches.popleft().write(catalog))
        else:
            meter.waiting()


class _Batch:
    """Some passages that are being embedded; `new` has those that had to be, by their content hash."""

    def __init__(
        self,
        catalog: Catalog,
        executor: Executor,
        passages: Sequence[tuple[StoredPassage, bytes]],
        coming: Collection[bytes],
    ) -> None:
        """Begin with those whose content neither the catalog knows nor an earlier batch, which has the hashes `coming`."""
        self._passages = passages
        self._known = catalog.known_vectors([hash_ for _, hash_ in passages])
        self.new = {hash_: stored for stored, hash_ in passages if hash_ not in self._known and hash_ not in coming}
        self._texts = [embedded_texts(stored.passage, stored.text) for stored in self.new.values()]
        self._vectors = executor.submit(_join(self._texts)) if self.new else None

    def is_embedded(self) -> bool:
        """Wait for it, but not long."""
        return self._vectors is None or bool(wait([self._vectors], _WAIT_SECONDS).done)

    def write(self, catalog: Catalog) -> int:
        """Write the embeddings once earlier batches have been written, and return how many.

        A passage stays pending if an earlier batch had its content, for a passage that was removed meanwhile.
        """
        known = self._known
        if self._vectors is not None:
            vectors = _split(self._vectors.result(), self._texts)
            known.update(zip(self.new, (some.tobytes() for some in vectors), strict=True))
        known.update(catalog.known_vectors([hash_ for _, hash_ in self._passages if hash_ not in known]))
        found = {stored.id: known[hash_] for stored, hash_ in self._passages if hash_ in known}
        catalog.write_vectors(found)
        return len(found)


def _embed(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    return encoder.encode_passages(texts).astype("<f2")


def _join(texts: Sequence[Sequence[str]]) -> list[str]:
    return [text for some in texts for text in some]


def _split(vectors: Vectors, texts: Sequence[Sequence[str]]) -> list[Vectors]:
    return np.split(vectors, np.cumsum([len(some) for some in texts])[:-1])


class _Embedding:
    """A thread that embeds pending passages until no more text comes."""

    def __init__(self, catalog: Catalog, executor: Executor, meter: ProgressMeter) -> None:
        self._catalog, self._executor, self._meter = catalog, executor, meter
        self._complete, self._abandoned = threading.Event(), threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="embedding", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait until the rest is embedded; raise the error of the thread, or the one that interrupts the waiting."""
        self._complete.set()
        try:
            while self._thread.is_alive():
                self._thread.join(_WAIT_SECONDS)
        except BaseException:
            self.abandon()
            raise
        if self._error:
            raise self._error

    def abandon(self) -> None:
        """Stop after the current batch."""
        self._abandoned.set()
        self._meter.stop()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._abandoned.is_set():
                complete = self._complete.is_set()  # read first: text may arrive in between
                if self._catalog.totals().pending:
                    embed_pending(self._catalog, self._executor, self._meter)
                elif complete:
                    return
                else:
                    self._complete.wait(_IDLE_SECONDS)
        except BaseException as error:  # raised again by `finish`
            self._error = error
            self._meter.stop()


def _update_texts(
    catalog: Catalog, sources: Sequence[Source], read: _Splitter, encoding: str, meter: ProgressMeter
) -> UpdateReport:
    """Write the text of new and changed files, remove missing ones, note those that cannot be read."""
    known = catalog.known_files()
    failed_before = {failure.path: failure for failure in catalog.failures()}
    failures: list[Failure] = []
    counts = dict.fromkeys(("added", "changed", "unchanged"), 0)
    for source in sources:
        meter.reading(source.name)
        before = failed_before.get(_printable(source.path))
        if (
            before
            and before.source == _printable(source.name)
            and before.seen
            and before.seen == _seen(source, encoding)
        ):
            failures.append(before)  # a file that breaks a parser, or takes it a minute, does so once
            meter.read()
            continue
        try:
            found = _read_if_changed(source, known.get(source.path), read, encoding)
        except SourceError as error:
            name, path = _printable(source.name), _printable(source.path)
            seen = "" if isinstance(error, PassingError) else _seen(_settled(source), encoding)
            failures.append(Failure(name, path, str(error), seen))
        else:
            if isinstance(found, _Read):
                catalog.write_document(
                    found.document, found.source, passages=found.passages, language=found.language, stems=found.stems
                )
                counts["changed" if source.path in known else "added"] += 1
            else:
                counts["unchanged"] += 1
                if found is not None:
                    catalog.touch_document(found)
        meter.read()
    failed = {failure.path for failure in failures}
    kept = {source.path for source in sources if _printable(source.path) not in failed}
    gone = sorted(set(known) - kept)
    for path in gone:
        catalog.remove_document(path)
    if [(f, f.seen) for f in failures] != [(f, f.seen) for f in catalog.failures()]:
        catalog.set_failures(failures)
    return UpdateReport(removed=len(gone), failures=tuple(failures), **counts)


def _seen(source: Source, encoding: str) -> str:
    """Identify the state of a file and how it is read; empty if the file may change again within one clock tick."""
    if source.fault or not source.changed_ns:
        return ""
    seen = f"{source.size} {source.modified_ns} {source.changed_ns} {parsers_version()}"
    return f"{seen} {encoding}" if encoding and may_decode(source.path) else seen


@dataclass(frozen=True, slots=True)
class _Read:
    """A document that is read and split but not yet written."""

    source: Source
    document: Document
    passages: tuple[PreparedPassage, ...]
    language: str
    stems: str


def _read_if_changed(source: Source, known: KnownFile | None, read: _Splitter, encoding: str) -> _Read | Source | None:
    """Read a file if its bytes or its parser are new; else return the source to note again, or None if nothing has changed."""
    if _printable(source.path) != source.path:
        raise SourceError(f"{_printable(source.name)}: its name is not valid UTF-8. Rename it, then index it again.")
    if source.fault:
        raise SourceError(source.fault)
    settled = _settled(source)
    try:
        current = known and not known.unstemmed and known.source.metadata == source.metadata
        if known and current and not is_outdated(known.extractor, source.path, encoding=encoding):
            if replace(known.source, name=source.name) == source:
                return None if known.source == source else source
            if file_hash(source.path) == known.file_sha256:
                return settled
    except OSError as error:
        raise SourceError(f"{source.name} cannot be opened: {error.strerror}. Check that it may be read.") from error
    document, passages = read(source)
    if not any(passage.answering for passage in passages):
        if not document.silent or not passages:
            raise SourceError(f"{source.name} holds no text to search.")
        document = replace(document, notes=(*document.notes, "it has only titles, and no text below them"))
        passages = tuple(replace(passage, answering=True) for passage in passages)
    document = replace(document, metadata=_prefer(source.metadata, document.metadata))
    language = tell_language(document.text)
    stems = stem_language(document.text, language)
    prepared = tuple(_prepare(document, passage, stems) for passage in passages)
    return _Read(settled, document, prepared, language, stems)


def _prefer(known: Metadata, own: Metadata) -> Metadata:
    """What is known of a file, and what it says itself where nothing is known."""
    return Metadata(known.title or own.title, known.author or own.author, known.date or own.date)


def _prepare(document: Document, passage: Passage, stems: str) -> PreparedPassage:
    text = document.text[passage.start : passage.end]
    return PreparedPassage(passage, content_hash(passage, text), *term_keys(*passage_terms(passage, text, stems)))


def _printable(name: str) -> str:
    """Write the bytes of a file name that are not UTF-8 as escapes."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def _settled(source: Source) -> Source:
    """Return the source; without its time if it changed so recently that it may change within the same clock tick."""
    if time.time_ns() - max(source.modified_ns, source.changed_ns) > SETTLED_NS:
        return source
    return replace(source, changed_ns=0, fault="")
