"""The calls as tools of the Model Context Protocol: over streamable HTTP at `/mcp`, or over standard input and output.

Gradio has an MCP server, which is not used: it calls the page back over HTTP without the token, turns results into Python's
notation instead of JSON, and needs an older pydantic. Over HTTP this one keeps no sessions: each request stands alone.
"""

import asyncio
import json
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from importlib.metadata import version
from typing import IO, Any

import anyio
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from index import QAError
from qa.web import strings
from qa.web.api.routes import json_reply
from qa.web.api.tools import Tools
from qa.web.host import AssistantHost, NotReady
from qa.web.security.timeouts import replay

PATH = "/mcp"
PARSE_ERROR = {"code": -32700, "message": "Parse error"}  # as JSON-RPC has it
PATIENCE = 40.0  # seconds from the start in which calls wait for the documents; clients give up after 60
_POLL_SECONDS = 0.05

CallTool = Callable[[str, dict[str, Any]], Awaitable[list[str]]]


class MissingPackage(QAError):
    """A package is not installed that was asked for."""


def check_installed(wanted_by: str = "--mcp") -> None:
    """Make sure that the package `mcp` is there.

    Args:
        wanted_by: The option or command that needs it.

    Raises:
        MissingPackage: It is not.
    """
    try:
        import mcp.server  # noqa: F401
    except ImportError as error:
        raise MissingPackage(
            f"{wanted_by} needs the package mcp. Install it: pip install 'qa-verbatim[mcp]'"
        ) from error


def mcp_route(tools: Tools) -> tuple[Route, Callable[[], AbstractAsyncContextManager[None]]]:
    """Make the MCP server over HTTP.

    Args:
        tools: What can be called.

    Returns:
        Its route, and what has to be entered while the server runs.
    """
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    async def call(name: str, arguments: dict[str, Any]) -> list[str]:
        return [await tools.answer(name, arguments)]

    manager = StreamableHTTPSessionManager(_make_server(tools, call), json_response=True, stateless=True)

    class Endpoint:
        """An ASGI application, which `Route` takes as it is when it is no function."""

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            """Answer one request; version 1 of the package says 500 of JSON that is too deep to be read."""
            if scope["method"] == "POST":
                content = await Request(scope, receive).body()
                try:
                    json.loads(content)
                except (ValueError, RecursionError):
                    error = {"jsonrpc": "2.0", "id": None, "error": PARSE_ERROR}
                    await json_reply(400, error)(scope, receive, send)
                    return
                receive = replay(content, receive)
            await manager.handle_request(scope, receive, send)

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        async with manager.run():
            yield

    return Route(PATH, Endpoint()), running


def serve_stdio(host: AssistantHost) -> None:
    """Serve the tools to the program at the other end of standard input and output, until it closes them or Ctrl-C.

    Calls wait for the documents in the first seconds. Later, until everything is read, they are refused with how far
    reading has come, or answered from what has been read, with that said in a second text.

    Args:
        host: The assistant; it is started here, and closed at the end.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed.
    """
    from mcp.server.stdio import stdio_server

    tools = Tools(host)
    deadline = time.monotonic() + PATIENCE

    async def call(name: str, arguments: dict[str, Any]) -> list[str]:
        while host.state.stage in ("loading", "indexing") and time.monotonic() < deadline:
            await anyio.sleep(_POLL_SECONDS)
        state = host.state
        reading = state.stage in ("loading", "indexing")
        news = strings.STILL_READING.format(message=state.message) if reading else state.message
        if state.stage in ("loading", "failed"):
            raise NotReady(news)
        texts = [await tools.answer(name, arguments), news]
        return [text for text in texts if text]

    interrupted = False

    async def serve(lines: IO[str], output: IO[str]) -> None:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()

        def interrupt(*given: Any) -> None:
            nonlocal interrupted
            interrupted = True
            loop.call_soon_threadsafe(lambda: task and task.cancel())

        server = _make_server(tools, call)
        streams: Any = stdio_server(_read_lines(lines), anyio.wrap_file(output))  # type: ignore[arg-type]
        before = signal.signal(signal.SIGINT, interrupt)
        try:
            async with streams as (incoming, outgoing):
                await server.run(incoming, outgoing, server.create_initialization_options())
        finally:
            signal.signal(signal.SIGINT, before)

    with _take_streams() as (lines, output):
        host.start()
        try:
            asyncio.run(serve(lines, output))
        except* (BrokenPipeError, anyio.BrokenResourceError, asyncio.CancelledError):
            pass  # the client is gone; or Ctrl-C was pressed, perhaps just when a message came
        finally:
            host.close()
    if interrupted:
        raise KeyboardInterrupt


async def _read_lines(stream: IO[str]) -> AsyncIterator[str]:
    """Yield lines as they come. They are read in a daemon thread, because nothing else lets go of a pipe at Ctrl-C."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str] = asyncio.Queue()

    def read() -> None:
        with suppress(RuntimeError):  # the loop was closed
            for line in stream:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            loop.call_soon_threadsafe(lines.put_nowait, "")

    threading.Thread(target=read, name="standard input", daemon=True).start()
    while line := await lines.get():
        yield line


@contextmanager
def _take_streams() -> Iterator[tuple[IO[str], IO[str]]]:
    """Take standard input and output for the protocol, and give both back at the end.

    Meanwhile whatever else reads standard input gets nothing, and what is printed goes to standard error.
    """
    taken = [os.dup(number) for number in (0, 1)]
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    # Not closed: a thread may be reading one, and the other may be broken.
    lines = open(taken[0], encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
    output = open(taken[1], "w", encoding="utf-8", newline="\n", closefd=False)  # noqa: SIM115
    try:
        yield lines, output
    finally:
        for number, original in enumerate(taken):
            os.dup2(original, number)


def _make_server(tools: Tools, call: CallTool) -> Any:
    """Make a server of the package `mcp`, version 1 or 2.

    Args:
        tools: What can be called.
        call: Calls a tool by name; its texts are the result.
    """
    from mcp import types
    from mcp.server import Server

    # The names of JSON, which version 1 and 2 of the package both take.
    annotations = {"readOnlyHint": True, "idempotentHint": True, "openWorldHint": False}
    listed = [
        {"name": tool.name, "description": tool.description, "inputSchema": tool.schema, "annotations": annotations}
        for tool in tools.tools
    ]

    async def list_tools(*request: Any) -> types.ListToolsResult:
        return types.ListToolsResult.model_validate({"tools": listed})

    async def call_tool(name: str, arguments: dict[str, Any] | None) -> types.CallToolResult:
        try:
            texts, failed = await call(name, arguments or {}), False
        except (QAError, NotReady) as error:
            texts, failed = [str(error)], True
        content = [{"type": "text", "text": text} for text in texts]
        return types.CallToolResult.model_validate({"content": content, "isError": failed})

    async def call_requested(context: Any, request: Any) -> types.CallToolResult:
        return await call_tool(request.name, request.arguments)

    make: Any = Server
    about = {"version": version("qa-verbatim"), "instructions": strings.MCP_INSTRUCTIONS}
    if hasattr(make, "call_tool"):  # version 1
        server = make("qa", **about)
        server.list_tools()(lambda: list_tools())
        server.call_tool(validate_input=False)(call_tool)  # `Tools.run` validates, with the same messages everywhere
        return server
    return make("qa", **about, on_list_tools=list_tools, on_call_tool=call_requested)
