"""The chat completions of OpenAI's API, which many chat programs speak: `/v1/models` and `/v1/chat/completions`.

The one model, `qa`, writes nothing: the last message of the user is the question, their earlier ones are the questions before it,
and the reply is the quotes with their places, as Markdown. The whole answer is beside it, as `qa`. What only a language model
could heed, such as a temperature or a message of the system, is ignored.
"""

import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from index import QAError, QuestionError
from qa.answering.answer import Answer
from qa.answering.question import LONGEST_QUESTION, read_question
from qa.exports import describe_in_markdown
from qa.schema import record_schema
from qa.text import visible_line
from qa.web import strings
from qa.web.api.tools import BusyError, Tools, describe_mistake, to_json
from qa.web.host import NotReady
from qa.web.log import note_answer

if TYPE_CHECKING:
    from qa.assistant import Assistant

PREFIX = "/v1/"
MODEL = "qa"
EARLIER = 50  # questions before the last that are looked at; an answer depends on the first and the latest of them
_LONGEST_NAME = 60  # characters of an unknown model that are said again


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """A part of a message."""

    type: Literal["text"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[TextPart] | None = None

    @property
    def text(self) -> str:
        """All of its text."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOptions:
    """How to stream."""

    include_usage: Annotated[bool | None, Field(description="Send the usage in one more chunk.")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionRequest:
    """What is asked for; more properties are ignored."""

    # Described only: an unknown one has an error of its own.
    model: Annotated[str, Field(json_schema_extra={"enum": [MODEL]})]
    messages: Annotated[
        list[Message],
        Field(min_length=1, description="The last message of the user is the question, earlier ones are its history."),
    ]
    stream: Annotated[bool | None, Field(description="Reply in server-sent events.")] = None
    stream_options: StreamOptions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The message of a completion."""

    role: Literal["assistant"] = "assistant"
    content: Annotated[str, Field(description="The quotes with their places, in Markdown.")]
    refusal: None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The only choice."""

    index: Literal[0] = 0
    message: Reply
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of a language model: there is none."""

    prompt_tokens: Literal[0] = 0
    completion_tokens: Literal[0] = 0
    total_tokens: Literal[0] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """A completion, without the answer."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: Annotated[int, Field(description="Seconds since 1970.")]
    model: Literal["qa"] = "qa"
    choices: list[Choice]
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model that can be named."""

    id: Literal["qa"] = "qa"
    object: Literal["model"] = "model"
    created: Literal[0] = 0
    owned_by: Literal["qa-verbatim"] = "qa-verbatim"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelList:
    """All models that can be named."""

    object: Literal["list"] = "list"
    data: list[Model]


@dataclass(frozen=True, slots=True)
class CompletionError:
    """Why a request is not answered, in OpenAI's words."""

    message: str
    type: Literal["invalid_request_error", "server_error"] = "invalid_request_error"
    param: str | None = None
    code: str | None = None


def completion_routes(tools: Tools) -> list[Route]:
    """The routes of OpenAI's API.

    Args:
        tools: Over the assistant that answers.
    """

    async def complete(request: Request) -> Response:
        try:
            asked = _request_adapter().validate_json(await request.body(), strict=True)
        except ValidationError as error:
            return _refuse_shape(error)
        if asked.model != MODEL:
            return _refuse_model(asked.model)
        said = [message.text for message in asked.messages if message.role == "user"]
        if not said:
            return _refuse(400, CompletionError(strings.NO_QUESTION, param="messages"))
        try:
            answer = await tools.do("chat completion", lambda assistant: _answer(assistant, said))
        except (BusyError, NotReady) as error:
            return _refuse(503, CompletionError(str(error), type="server_error"))
        except QAError as error:
            code = "context_length_exceeded" if len(said[-1]) > LONGEST_QUESTION else None
            return _refuse(400, CompletionError(str(error), param="messages", code=code))
        note_answer("chat completion", answer)
        if asked.stream:
            with_usage = bool(asked.stream_options and asked.stream_options.include_usage)
            return _reply(200, "".join(_stream(answer, with_usage=with_usage)), media_type="text/event-stream")
        return _reply(200, to_json(complete_answer(answer)))

    async def list_models(request: Request) -> Response:
        return _reply(200, to_json(asdict(ModelList(data=[Model()]))))

    async def show_model(request: Request) -> Response:
        name = request.path_params["model"]
        return _reply(200, to_json(asdict(Model()))) if name == MODEL else _refuse_model(name)

    return [
        Route(f"{PREFIX}chat/completions", complete, methods=["POST"]),
        Route(f"{PREFIX}models", list_models, methods=["GET"]),
        Route(f"{PREFIX}models/{{model}}", show_model, methods=["GET"]),
    ]


def complete_answer(answer: Answer) -> dict[str, Any]:
    """Make a completion of an answer: `Completion`, and the answer as `qa`."""
    choice = Choice(message=Reply(content=describe_in_markdown(answer.to_dict())))
    return {**asdict(Completion(id=_make_id(), created=int(time.time()), choices=[choice])), "qa": answer.to_dict()}


def describe_completions() -> tuple[dict[str, Any], dict[str, Any]]:
    """Describe the routes.

    Returns:
        The paths and the schemas of an OpenAPI document, in which `ask` is the schema of an answer.
    """
    asked = _request_adapter().json_schema(ref_template="#/components/schemas/{model}")
    completion = record_schema(Completion)
    completion["properties"]["qa"] = {"$ref": "#/components/schemas/ask"}
    completion["required"].append("qa")
    schemas = {
        **asked.pop("$defs"),
        "CompletionRequest": asked,
        "Completion": completion,
        "ModelList": record_schema(ModelList),
        "Model": record_schema(Model),
        "CompletionError": {
            "type": "object",
            "properties": {"error": record_schema(CompletionError)},
            "required": ["error"],
            "additionalProperties": False,
        },
    }

    def content(name: str) -> dict[str, Any]:
        return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}

    def responses(name: str, **wrong: str) -> dict[str, Any]:
        refused = {
            status.removeprefix("_"): {"description": why, "content": content("CompletionError")}
            for status, why in wrong.items()
        }
        closed = {"401": {"description": "A token is needed."}, "429": {"description": "Too many wrong tokens."}}
        return {"200": {"description": "The result.", "content": content(name)}, **refused, **closed}

    completed = responses(
        "Completion",
        _400="The request does not fit, or the question cannot be searched.",
        _404="There is no such model.",
        _503="The documents are still loading, or too many calls are waiting.",
    )
    completed["200"]["content"]["text/event-stream"] = {}
    name = {"name": "model", "in": "path", "required": True, "schema": {"type": "string", "enum": [MODEL]}}
    paths = {
        f"{PREFIX}chat/completions": {
            "post": {
                "operationId": "complete_chat",
                "summary": "Answer the last message of the user, as OpenAI's chat completions do.",
                "requestBody": {"required": True, "content": content("CompletionRequest")},
                "responses": completed,
            }
        },
        f"{PREFIX}models": {
            "get": {
                "operationId": "list_models",
                "summary": "List the models: there is one.",
                "responses": responses("ModelList"),
            }
        },
        f"{PREFIX}models/{{model}}": {
            "get": {
                "operationId": "show_model",
                "summary": "Describe a model.",
                "parameters": [name],
                "responses": responses("Model", _404="There is no such model."),
            }
        },
    }
    return paths, schemas


def _answer(assistant: "Assistant", said: list[str]) -> Answer:
    """Answer the last of some questions in the light of those that could be asked before it."""
    *earlier, question = said
    askable = [each for each in earlier if _is_askable(each)]
    return assistant.conversation([*askable[:1], *askable[1:][-EARLIER:]]).ask(question)


def _is_askable(text: str) -> bool:
    try:
        return not read_question(text).request.is_small_talk
    except QuestionError:
        return False


def _stream(answer: Answer, *, with_usage: bool) -> Iterator[str]:
    """Write a completion as server-sent events, a paragraph each; the answer comes with the last of them.

    The JSON is ASCII, for some clients take rare characters in it for the end of a line.
    """
    head = {"id": _make_id(), "object": "chat.completion.chunk", "created": int(time.time()), "model": MODEL}

    def chunk(delta: dict[str, str], finish_reason: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return event({**head, "choices": [choice], **more})

    def event(value: dict[str, Any]) -> str:
        return f"data: {json.dumps(value)}\n\n"

    first, *others = describe_in_markdown(answer.to_dict()).split("\n\n")
    yield chunk({"role": "assistant", "content": first})
    for paragraph in others:
        yield chunk({"content": f"\n\n{paragraph}"})
    yield chunk({}, "stop", qa=answer.to_dict())
    if with_usage:
        yield event({**head, "choices": [], "usage": asdict(Usage())})
    yield "data: [DONE]\n\n"


@cache
def _request_adapter() -> TypeAdapter[CompletionRequest]:
    return TypeAdapter(CompletionRequest)


def _make_id() -> str:
    return f"chatcmpl-{uuid.uuid4().hex}"


def _refuse_shape(error: ValidationError) -> Response:
    first = error.errors(include_input=False, include_url=False)[0]
    if not first["loc"]:
        return _refuse(400, CompletionError(strings.NOT_JSON))
    return _refuse(400, CompletionError(describe_mistake(error), param=str(first["loc"][0])))


def _refuse_model(name: str) -> Response:
    reason = visible_line(strings.NO_MODEL.format(name=repr(name[:_LONGEST_NAME]), model=MODEL))
    return _refuse(404, CompletionError(reason, param="model", code="model_not_found"))


def _refuse(status: int, error: CompletionError) -> Response:
    return _reply(status, to_json({"error": asdict(error)}))


def _reply(status: int, text: str, *, media_type: str = "application/json") -> Response:
    return Response(text, status, media_type=media_type, headers={"Cache-Control": "no-store"})
