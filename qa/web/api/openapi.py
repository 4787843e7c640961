"""What programs may call, `ask`, `search`, `list_sources` and `read_passage`, and what they get. All of it only reads.

The types and descriptions here become the tools of MCP, the OpenAPI text and what `gradio_client` shows; `tools.py`
holds arguments against them, and the tests validate real results against the schemas. A document is known by its name, and
where several bear it by the hash of its text: no path is taken, and none is given but in citations.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from index import DocumentInfo, Place, QAError
from qa.answering.answer import Answer, Scope
from qa.answering.citation import describe_passage
from qa.answering.question import LONGEST_QUESTION
from qa.schema import record_schema
from qa.web.host import AssistantHost
from qa.web.log import note_answer

if TYPE_CHECKING:
    from qa.assistant import Assistant


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


QuestionText = Annotated[
    str,
    Field(
        description='One question, in plain words. +"Words in double quotes" after a plus sign must stand together in a '
        'passage, and so must "words in double quotes" that are all of the question; source:NAME '
        "searches only the documents of that name, which may be a part of one or a pattern with * and ?.",
        # Described only: the assistant says it in words.
        json_schema_extra={"minLength": 1, "maxLength": LONGEST_QUESTION},
    ),
]
TextHash = Annotated[
    str | None,
    Field(description="`text_sha256` of the document's text: says which, where several documents bear one name."),
]


class RequestError(QAError):
    """A call names what is not there, or its arguments do not fit."""


class Api:
    """The calls, each a method whose result is made of plain JSON values."""

    def __init__(self, host: AssistantHost) -> None:
        """Answer from one assistant.

        Args:
            host: The assistant, which may still be loading.
        """
        self.host = host

    def ask(self, question: QuestionText) -> dict[str, Any]:
        """Answer a question with sentences quoted from the documents, each with where it stands.

        The verdict is "answered", "closest" (the nearest passages, which may not answer) or "not_in_sources". Quotes are
        the documents' own words: repeat them unchanged, and name their source. `answer` holds the exact words of the first
        quote that answer, where they are known.
        """
        answer = self.host.call(lambda assistant: assistant.ask(question))
        note_answer("call", answer)
        return answer.to_dict()

    def search(
        self,
        question: QuestionText,
        k: Annotated[int, Field(ge=1, le=50, description="How many passages at most.")] = 10,
    ) -> dict[str, Any]:
        """Find the passages of the documents that fit a question best, whether or not they answer it.

        Gives whole paragraphs, best first, each with a score and where it stands.
        """
        finding = self.host.call(lambda assistant: assistant.find(question, k=k))
        found = SearchResult(
            question=question,
            searched=finding.searched,
            phrases_missing=finding.phrases_missing,
            hits=[
                FoundParagraph(
                    rank=rank,
                    score=hit.score.fused,
                    **describe_passage(hit.passage, hit.text, hit.source, hit.text_sha256),
                )
                for rank, hit in enumerate(finding.search.hits, start=1)
            ],
            scope=finding.scope,
        )
        return asdict(found)

    def list_sources(
        self,
        offset: Annotated[int, Field(ge=0, description="How many documents to leave out at the beginning.")] = 0,
        limit: Annotated[int, Field(ge=1, le=1000, description="How many documents at most.")] = 200,
    ) -> dict[str, Any]:
        """List the documents that are searched, by name, and the files that could not be read, with the reason."""

        def collect(assistant: "Assistant") -> tuple[Any, ...]:
            return assistant.documents(), assistant.failures, assistant.scope

        documents, failures, scope = self.host.call(collect)
        listed = SourceList(
            sources=[
                ListedSource(
                    source=document.source,
                    passages=document.passages,
                    characters=document.characters,
                    text_sha256=document.text_sha256,
                )
                for document in documents[offset : offset + limit]
            ],
            not_read=[UnreadFile(source=failure.source, reason=failure.reason) for failure in failures[:limit]],
            scope=scope,
        )
        return asdict(listed)

    def read_passage(
        self,
        source: Annotated[str, Field(max_length=4096, description="Name of the document, as the other calls give it.")],
        paragraph: Annotated[int, Field(ge=1, description="Number of the paragraph in its document, from 1.")],
        text_sha256: TextHash = None,
    ) -> dict[str, Any]:
        """Read one paragraph of a document, word for word; those before and after a quote give its context.

        `start` and `end` count characters of the document's text; `paragraphs` says how many paragraphs it has.
        """

        def read(assistant: "Assistant") -> ReadParagraph:
            info = _choose(assistant.documents(), source, text_sha256)
            passages = assistant.passages(info.path)
            passage = next((passage for passage in passages if passage.paragraph == paragraph), None)
            if passage is None:
                raise RequestError(f"{source!r} has {len(passages):,} paragraphs, and none with number {paragraph:,}.")
            text = assistant.document(info.path).text[passage.start : passage.end]
            described = describe_passage(passage, text, info.source, info.text_sha256)
            return ReadParagraph(paragraphs=len(passages), **described)

        return asdict(self.host.call(read))


def _choose(documents: Sequence[DocumentInfo], source: str, text_sha256: str | None) -> DocumentInfo:
    named = [document for document in documents if document.source == source]
    if not named:
        raise RequestError(f"no document is named {source!r}. list_sources names them all.")
    chosen = [document for document in named if text_sha256 in (None, document.text_sha256)]
    if not chosen:
        raise RequestError(f"no document named {source!r} has a text with that hash; it may have changed since.")
    if len({document.text_sha256 for document in chosen}) > 1:
        raise RequestError(f"{len(chosen)} documents are named {source!r}. Say which by its text_sha256.")
    return chosen[0]
