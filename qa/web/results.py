"""The results of the calls, and their JSON Schema for OpenAPI. The tests validate real results against it."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from index import Place
from qa.answering.answer import Answer, Scope
from qa.schema import record_schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph(Place):
    """A whole paragraph and its place."""

    source: Annotated[str, Field(description="Name of the document, by which the other calls know it.")]
    locator: Annotated[str, Field(description="The place in words.")]
    text: Annotated[str, Field(description="The paragraph.")]
    paragraph: Annotated[int, Field(description="Its number in the document, from 1.")]
    start: Annotated[int, Field(description="Its first character in the document's text, from 0.")]
    end: Annotated[int, Field(description="The character after its last.")]
    text_sha256: Annotated[str, Field(description="Hash of the document's text, in UTF-8, that the offsets refer to.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundParagraph(Paragraph):
    """A paragraph found by a search."""

    rank: Annotated[int, Field(description="From 1.")]
    score: Annotated[float, Field(description="Higher is better; comparable within one result.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadParagraph(Paragraph):
    """A paragraph that was asked for."""

    paragraphs: Annotated[int, Field(description="How many paragraphs the document has.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """The paragraphs that match a question."""

    question: Annotated[str, Field(description="The question as asked.")]
    searched: Annotated[str, Field(description="The words that were searched for.")]
    phrases_missing: Annotated[bool, Field(description="No passage has the words that must stand together.")]
    hits: Annotated[list[FoundParagraph], Field(description="The paragraphs found, best first.")]
    scope: Annotated[Scope, Field(description="The documents that were searched.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSource:
    """A document that is searched."""

    source: Annotated[str, Field(description="Name of the document, by which the other calls know it.")]
    passages: Annotated[int, Field(description="How many paragraphs it has.")]
    characters: Annotated[int, Field(description="Length of its text.")]
    text_sha256: Annotated[str, Field(description="Hash of its text, in UTF-8.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadFile:
    """A file that could not be read."""

    source: Annotated[str, Field(description="Name of the file.")]
    reason: Annotated[str, Field(description="Why.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceList:
    """The documents that are searched, and the files that could not be read."""

    sources: Annotated[list[ListedSource], Field(description="The documents, in order of their names.")]
    not_read: Annotated[list[UnreadFile], Field(description="Files that could not be read.")]
    scope: Annotated[Scope, Field(description="All documents that are searched.")]


RESULTS: dict[str, dict[str, Any]] = {
    "ask": record_schema(Answer),
    "search": record_schema(SearchResult),
    "list_sources": record_schema(SourceList),
    "read_passage": record_schema(ReadParagraph),
}
