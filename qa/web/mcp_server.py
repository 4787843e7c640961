"""The calls as tools of the Model Context Protocol, over streamable HTTP at `/mcp`.

Gradio has an MCP server of its own. It is not used: it calls the page back over HTTP without the token, turns results
into Python's notation instead of JSON, and needs an older pydantic. This one keeps no sessions: each request stands alone.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Any

from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from index import QAError
from qa.web import strings
from qa.web.host import NotReady
from qa.web.tools import Tools

PATH = "/mcp"


class MissingPackage(QAError):
    """A package is not installed that was asked for."""


def check_installed() -> None:
    """Make sure that the package `mcp` is there.

    Raises:
        MissingPackage: It is not.
    """
    try:
        import mcp.server  # noqa: F401
    except ImportError as error:
        raise MissingPackage("--mcp needs the package mcp. Install it: pip install 'qa-verbatim[mcp]'") from error


def mcp_route(tools: Tools) -> tuple[Route, Callable[[], AbstractAsyncContextManager[None]]]:
    """The MCP server.

    Args:
        tools: What can be called.

    Returns:
        Its route, and what has to be entered while the server runs.
    """
    from mcp import types
    from mcp.server import Server
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    server: Any = Server("qa", version=version("qa-verbatim"), instructions=strings.MCP_INSTRUCTIONS)
    only_reads = types.ToolAnnotations(readOnlyHint=True, idempotentHint=True, openWorldHint=False)

    async def list_tools() -> list[types.Tool]:
        return [
            types.Tool(name=tool.name, description=tool.description, inputSchema=tool.schema, annotations=only_reads)
            for tool in tools.tools
        ]

    async def call_tool(name: str, arguments: dict[str, Any]) -> types.CallToolResult:
        try:
            text, failed = await tools.answer(name, arguments), False
        except (QAError, NotReady) as error:
            text, failed = str(error), True
        return types.CallToolResult(content=[types.TextContent(type="text", text=text)], isError=failed)

    server.list_tools()(list_tools)
    server.call_tool(validate_input=False)(call_tool)  # `Tools.run` validates, with the same messages everywhere
    manager = StreamableHTTPSessionManager(server, json_response=True, stateless=True)

    class Endpoint:
        """An ASGI application, which `Route` takes as it is when it is no function."""

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            """Answer one request."""
            await manager.handle_request(scope, receive, send)

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        async with manager.run():
            yield

    return Route(PATH, Endpoint()), running
