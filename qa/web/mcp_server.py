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
            text, failed = await tools.answer(name, arguments or {}), False
        except (QAError, NotReady) as error:
            text, failed = str(error), True
        return types.CallToolResult.model_validate({"content": [{"type": "text", "text": text}], "isError": failed})

    async def call_requested(context: Any, request: Any) -> types.CallToolResult:
        return await call_tool(request.name, request.arguments)

    make: Any = Server
    about = {"version": version("qa-verbatim"), "instructions": strings.MCP_INSTRUCTIONS}
    if hasattr(make, "call_tool"):  # version 1
        server = make("qa", **about)
        server.list_tools()(lambda: list_tools())
        server.call_tool(validate_input=False)(call_tool)  # `Tools.run` validates, with the same messages everywhere
    else:
        server = make("qa", **about, on_list_tools=list_tools, on_call_tool=call_requested)
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
