"""What programs may call, `ask`, `search`, `list_sources` and `read_passage`, what they get, and one way to run them.

All of it only reads. The types and descriptions here become the tools of MCP, the OpenAPI text and what `gradio_client` shows,
and the tests validate real results against the schemas. REST, MCP and gradio_client all come through here, with arguments that
nobody has checked yet, so that they give the same JSON and the same errors. A document is known by its name, and where several
bear it by the hash of its text: no path is taken, and none is given but in citations.
"""

import inspect
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import anyio
from anyio.to_thread import run_sync
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, validate_call

from index import DocumentInfo, Place, QAError
from qa.answering.answer import Answer, Scope
from qa.answering.citation import describe_passage
from qa.answering.question import LONGEST_QUESTION
from qa.schema import record_schema
from qa.text import visible_line
from qa.web import strings
from qa.web.host import AssistantHost, NotReady
from qa.web.log import note_answer

if TYPE_CHECKING:
    from qa.assistant import Assistant

_Result = TypeVar("_Result")
AT_ONCE = 2  # calls at work; the assistant answers one at a time, the other is being written out
WAITING = 32  # calls that may wait for their turn; more are turned away
_LONGEST_NAME = 60  # characters of an argument's name that are said again
STRICT = ConfigDict(strict=True)  # "3" is no number


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
        return {**asdict(found), "scope": found.scope.to_dict()}

    def list_sources(
        self,
        offset: Annotated[int, Field(ge=0, description="How many documents to leave out at the beginning.")] = 0,
        limit: Annotated[int, Field(ge=1, le=1000, description="How many documents at most.")] = 200,
    ) -> dict[str, Any]:
        """List the documents that are searched, by name, and the files that could not be read, with the reason."""

        def collect(assistant: "Assistant") -> tuple[Any, ...]:
            return assistant.documents(offset, limit), assistant.failures, assistant.scope

        documents, failures, scope = self.host.call(collect)
        listed = SourceList(
            sources=[
                ListedSource(
                    source=document.source,
                    passages=document.passages,
                    characters=document.characters,
                    text_sha256=document.text_sha256,
                )
                for document in documents
            ],
            not_read=[UnreadFile(source=failure.source, reason=failure.reason) for failure in failures[:limit]],
            scope=scope,
        )
        return {**asdict(listed), "scope": listed.scope.to_dict()}

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
            info = _choose(assistant.find_documents(sources=[source]), source, text_sha256)
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


class BusyError(QAError):
    """Too many calls are waiting already."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One call.

    Attributes:
        name: What it is called by.
        description: What it does, for whoever calls it.
        schema: JSON Schema of its arguments, an object.
        function: The method of `Api`.
    """

    name: str
    description: str
    schema: dict[str, Any]
    function: Callable[..., dict[str, Any]]


class Tools:
    """All the calls, over one assistant."""

    def __init__(self, host: AssistantHost) -> None:
        """Make the table.

        Args:
            host: The assistant, which may still be loading.
        """
        self._host = host
        api = Api(host)
        functions: tuple[Callable[..., dict[str, Any]], ...] = (api.ask, api.search, api.list_sources, api.read_passage)
        self.tools = tuple(map(_describe, functions))
        self._limiter = anyio.CapacityLimiter(AT_ONCE)

    def run(self, name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Check the arguments of a call, and do it.

        Args:
            name: One of the tools.
            arguments: Anything, by name.

        Returns:
            Plain JSON values.

        Raises:
            QAError: An argument does not fit, or the call cannot be answered; in one line.
            NotReady: The assistant is still loading, or could not be opened.
        """
        tool = next((tool for tool in self.tools if tool.name == name), None)
        if tool is None:
            raise RequestError(f"there is no call {name!r}. There are: {', '.join(tool.name for tool in self.tools)}.")
        with _one_line_errors(name):
            return validate_call(config=STRICT)(tool.function)(**{key: _whole(arguments[key]) for key in arguments})

    async def answer(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Do a call from the event loop, in its turn.

        Args:
            name: As for `run`.
            arguments: As for `run`.

        Returns:
            The result as JSON.

        Raises:
            BusyError: Too many calls are waiting.
            QAError: As for `run`.
            NotReady: As for `run`.
        """
        return to_json(await self._in_turn(partial(self.run, name, arguments)))

    async def do(self, name: str, work: "Callable[[Assistant], _Result]") -> _Result:
        """Do something else with the assistant from the event loop, in the same turn as the calls.

        Args:
            name: What it is, for the log.
            work: Takes the assistant.

        Returns:
            What `work` returns.

        Raises:
            BusyError: As for `answer`.
            QAError: `work` failed; in one line.
            NotReady: As for `run`.
        """

        def run() -> _Result:
            with _one_line_errors(name):
                return self._host.call(work)

        return await self._in_turn(run)

    async def _in_turn(self, work: Callable[[], _Result]) -> _Result:
        if self._limiter.statistics().tasks_waiting >= WAITING:
            raise BusyError(strings.BUSY)
        return await run_sync(work, limiter=self._limiter)


@contextmanager
def _one_line_errors(name: str) -> Iterator[None]:
    """Tell what goes wrong in a call in one line, or, where that is nothing the caller should know, the log."""
    try:
        yield
    except ValidationError as error:
        raise RequestError(describe_mistake(error)) from None
    except QAError as error:
        raise RequestError(visible_line(str(error))) from error
    except NotReady:
        raise
    except Exception as error:
        logging.getLogger(__name__).exception("a call was not answered: %s", name)
        raise RequestError(strings.SERVER_ERROR) from error


def to_json(value: Any) -> str:
    """Write plain values as JSON in one line; half a character, as in a broken file name, becomes an escape."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace").decode("utf-8")


def _whole(value: Any) -> Any:
    """A number without a fraction as an integer, as JSON Schema has it: 3.0 is 3."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _describe(function: Callable[..., dict[str, Any]]) -> Tool:
    arguments: Any = function
    schema = TypeAdapter(arguments).json_schema()
    for described in schema["properties"].values():
        del described["title"]
    return Tool(function.__name__, inspect.getdoc(function) or "", schema, function)


def describe_mistake(error: ValidationError) -> str:
    """Say the first thing that is wrong with some arguments, in one line, without the arguments themselves."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])[:_LONGEST_NAME]
    return visible_line(f"argument {place!r}: {first['msg'][:1].lower()}{first['msg'][1:]}.")
