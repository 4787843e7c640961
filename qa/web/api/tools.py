"""The calls of `api.py` as a table: what each takes, and one way to run it with arguments nobody has checked yet.

REST, MCP and gradio_client all come through here, so that they give the same JSON and the same errors.
"""

import inspect
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
from anyio.to_thread import run_sync
from pydantic import ConfigDict, TypeAdapter, ValidationError, validate_call

from index import QAError
from qa.text import visible_line
from qa.web import strings
from qa.web.api.openapi import Api, RequestError
from qa.web.host import AssistantHost, NotReady

if TYPE_CHECKING:
    from qa.assistant import Assistant

_Result = TypeVar("_Result")
AT_ONCE = 2  # calls at work; the assistant answers one at a time, the other is being written out
WAITING = 32  # calls that may wait for their turn; more are turned away
_LONGEST_NAME = 60  # characters of an argument's name that are said again
STRICT = ConfigDict(strict=True)  # "3" is no number


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
