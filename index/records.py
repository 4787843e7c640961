"""The records that pass between the stages: frozen, made of plain values, without behaviour.

Every offset counts characters (Unicode code points) of a document's `text`, from 0, with `end` exclusive. Text that is
shown is always `text[start:end]`.
"""

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, Literal

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a file says about itself; each is empty where it says nothing.

    Attributes:
        title: Its title, or its first heading.
        author: Who wrote it.
        date: When, as in 2024-03-01; the day, or the day and the month, may be missing.
    """

    title: str = ""
    author: str = ""
    date: str = ""


METADATA_FIELDS = tuple(each.name for each in fields(Metadata))


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was found.

    Attributes:
        name: The name shown: the path relative to the folder it was found in, with forward slashes.
        path: Absolute path, links resolved.
        size: Bytes.
        modified_ns: When its content last changed, in nanoseconds.
        changed_ns: When its content, name or rights last changed, in nanoseconds.
        fault: Why it cannot be read, if that is already known; else empty.
        metadata: What is known of it from elsewhere, which is stronger than what it says itself.
    """

    name: str
    path: str
    size: int
    modified_ns: int
    changed_ns: int
    fault: str = ""
    metadata: Metadata = Metadata()


def _unit(description: str) -> Any:
    return field(default=None, metadata={"description": description})


@dataclass(frozen=True, slots=True)
class Place:
    """Where in its file a stretch of text is, in the units of the format; None for units the format lacks.

    The descriptions also appear in the JSON Schema of answers. A new unit needs a line here and a column of the same
    name in the catalog's table of passages.
    """

    page: int | None = _unit("Page, from 1, where the format has pages.")
    heading: str | None = _unit('Headings above it, outermost first, joined by " > ".')
    row: int | None = _unit("Row of a table, from 1.")
    sheet: str | None = _unit("Sheet of a workbook.")
    slide: int | None = _unit("Slide of a presentation, from 1.")
    date: str | None = _unit("Day of a message, as in 2024-03-01.")
    time: str | None = _unit("Time in a recording, as in 0:12:31.")


PLACE_FIELDS = tuple(each.name for each in fields(Place))
place_values = attrgetter(*PLACE_FIELDS)  # of a Place, as a tuple


@dataclass(frozen=True, slots=True)
class Locator:
    """The place of a stretch of the extracted text."""

    start: int
    end: int
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class Document:
    """The text of one source, exactly as extracted, with its locators.

    Attributes:
        source: The name shown.
        path: Absolute path of the file.
        text: The extracted text; for text files, the file's own characters with line ends and byte-order mark.
        text_sha256: Hash of `text` in UTF-8.
        file_sha256: Hash of the file's bytes.
        locators: In order of `start`; characters without one have an empty place.
        silent: Spans that are read but never quoted as an answer, such as a Markdown heading.
        extractor: Name and version of the parser, so that a quote can be proved later.
        notes: The parts of the file that could not be read, a line each: "pages 3, 7 have errors and cannot be read".
        boxes: Where its words are on its pages, from `pack_boxes`; no bytes where the format has no pages, or that is not known.
        metadata: Its title, author and date.
    """

    source: str
    path: str
    text: str
    text_sha256: str
    file_sha256: str
    locators: tuple[Locator, ...] = ()
    silent: tuple[tuple[int, int], ...] = ()
    extractor: str = ""
    notes: tuple[str, ...] = ()
    boxes: bytes = b""
    metadata: Metadata = Metadata()


@dataclass(frozen=True, slots=True)
class KnownFile:
    """The file of a document, as it was when it was read.

    Attributes:
        source: The file.
        file_sha256: Hash of its bytes.
        extractor: Name and version of the parser that read it.
        unstemmed: Whether it is not in English, and an earlier version read it without the stems of its language.
    """

    source: Source
    file_sha256: str
    extractor: str
    unstemmed: bool = False


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as a span of its document's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """One paragraph as a span of its document's text.

    Attributes:
        paragraph: 1-based number in its document.
        start: First character.
        end: Character after the last.
        sentences: Its sentences, in order.
        answering: False for headings, link stubs and lead-ins: stored and shown, never cited.
        place: Where in the file it is.
    """

    paragraph: int
    start: int
    end: int
    sentences: tuple[Sentence, ...]
    answering: bool = True
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that could not be read, or yielded no passage.

    Attributes:
        source: The name shown.
        path: Absolute path of the file.
        reason: Why, in one line.
        seen: Identifies that state of the file and of its parsers; it is not read again until this changes. Empty: it
            is read again by every update.
    """

    source: str
    path: str
    reason: str
    seen: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class PreparedPassage:
    """A passage ready to be written."""

    passage: Passage  # its offsets and place
    content_hash: bytes  # hash of all the texts embedded for it; equal content is not embedded twice
    keys: npt.NDArray[np.uint64]  # uint64 of shape (terms,): `term_key` of every term, those of its heading first
    # int32 of shape (1 + sentences,): how many of them its heading and each of its sentences have.
    lengths: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Totals:
    """The size of a collection.

    Attributes:
        documents: How many documents.
        passages: How many passages may answer.
        sentences: How many sentences these have.
        terms: How many terms these have, with headings.
        pending: How many of these passages are not embedded yet.
    """

    documents: int
    passages: int
    sentences: int
    terms: int
    pending: int


@dataclass(frozen=True, slots=True)
class DocumentInfo:
    """A document without its text.

    Attributes:
        id: Never used again; a file that is read again gets another.
        source: The name shown.
        path: Absolute path of the file.
        text_sha256: Hash of the text.
        characters: How many characters the text has.
        passages: How many passages it is split into.
    """

    id: int
    source: str
    path: str
    text_sha256: str
    characters: int
    passages: int


@dataclass(frozen=True, slots=True)
class DocumentStatus:
    """The status of a file in a collection.

    Attributes:
        id: As in `DocumentInfo`; None if the collection has no text of it.
        source: The name shown.
        path: Absolute path of the file.
        state: "indexed": read and embedded; "pending": not read, or not wholly embedded yet; "failed": it cannot be
            read; "excluded": a person has removed it from the collection.
        passages: How many passages it is split into.
        pages: How many pages it has, if the format has pages.
        pending: How many of its passages are not embedded yet.
        language: ISO 639-1 code of the language of its text; empty if unknown.
        size: Bytes.
        modified: When its content last changed, as an ISO 8601 date and time in UTC; empty if the file is missing.
        extractor: Name and version of the parser that read it; empty before.
        notes: What a person should know about how it was read, a line each.
        reason: Why it cannot be read, in one line; empty unless failed.
        metadata: Its title, author and date.
    """

    id: int | None
    source: str
    path: str
    state: Literal["indexed", "pending", "failed", "excluded"]
    passages: int = 0
    pages: int | None = None
    pending: int = 0
    language: str = ""
    size: int = 0
    modified: str = ""
    extractor: str = ""
    notes: tuple[str, ...] = ()
    reason: str = ""
    metadata: Metadata = Metadata()


@dataclass(frozen=True, slots=True)
class StatusPage:
    """Some of the files of a collection, in the order of their names.

    Attributes:
        rows: The files of the page.
        first: How many of those that match come before it.
        matching: How many files match.
        counts: How many files there are of each state, whatever their name.
    """

    rows: tuple[DocumentStatus, ...]
    first: int
    matching: int
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """How many files there are."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage with its text.

    Attributes:
        id: Never used again, even after the passage is removed.
        document_id: Key of its document.
        passage: Its offsets and place.
        text: The slice of the document's text.
    """

    id: int
    document_id: int
    passage: Passage
    text: str
