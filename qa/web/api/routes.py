"""The calls over the network: over HTTP, and as tools of the Model Context Protocol.

`POST /api/ask` and the like take their arguments as one JSON object and give their result as one; what goes wrong is
`{"error": "one line"}`, and `/openapi.json` describes them. At `/mcp` they are tools, over streamable HTTP. Gradio has an
MCP server of its own, which is not used: it calls the page back over HTTP without the token, turns results into Python's
notation instead of JSON, and needs an older pydantic. This one keeps no sessions: each request stands alone.
"""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from index import QAError
from qa.web import strings
from qa.web.api.openapi import RESULTS
from qa.web.api.tools import BusyError, Tool, Tools, to_json
from qa.web.host import NotReady
from qa.web.security.timeouts import replay

PREFIX = "/api/"
ERRORS = {
    "400": "The arguments do not fit, or the question cannot be searched.",
    "401": "A token is needed: `Authorization: Bearer TOKEN`.",
    "429": "Too many wrong tokens; `Retry-After` says how many seconds to wait.",
    "503": "The documents are still loading, or too many calls are waiting.",
}


def rest_routes(tools: Tools) -> list[Route]:
    """The routes of the calls and of their description.

    Args:
        tools: What can be called.
    """
    described = describe_api(tools.tools)

    def make_endpoint(tool: Tool) -> Any:
        async def endpoint(request: Request) -> Response:
            try:
                arguments = json.loads(await request.body() or b"{}")
            except (ValueError, RecursionError):
                return _reply(400, {"error": strings.NOT_JSON})
            if not isinstance(arguments, dict):
                return _reply(400, {"error": strings.NOT_JSON})
            try:
                return _reply(200, await tools.answer(tool.name, arguments))
            except (BusyError, NotReady) as error:
                return _reply(503, {"error": str(error)})
            except QAError as error:
                return _reply(400, {"error": str(error)})

        return endpoint

    async def openapi(request: Request) -> Response:
        return _reply(200, described)

    calls = [Route(PREFIX + tool.name, make_endpoint(tool), methods=["POST"]) for tool in tools.tools]
    return [*calls, Route("/openapi.json", openapi)]


def describe_api(tools: tuple[Tool, ...]) -> dict[str, Any]:
    """Describe the calls.

    Args:
        tools: What can be called.

    Returns:
        An OpenAPI 3.1 document.
    """
    error = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
    paths = {}
    for tool in tools:
        good = {"description": "The result.", "content": _json({"$ref": f"#/components/schemas/{tool.name}"})}
        bad = {
            status: {"description": why, **({} if status in ("401", "429") else {"content": _json(error)})}
            for status, why in ERRORS.items()
        }
        paths[PREFIX + tool.name] = {
            "post": {
                "operationId": tool.name,
                "summary": tool.description.partition("\n")[0],
                "description": tool.description,
                "requestBody": {"required": bool(tool.schema.get("required")), "content": _json(tool.schema)},
                "responses": {"200": good, **bad},
            }
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": strings.TITLE, "description": strings.PROMISE, "version": version("qa-verbatim")},
        "paths": paths,
        "components": {"schemas": RESULTS, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{}, {"token": []}],
    }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _reply(status: int, content: Any) -> Response:
    text = content if isinstance(content, str) else to_json(content)
    return Response(text, status, media_type="application/json", headers={"Cache-Control": "no-store"})


PATH = "/mcp"
PARSE_ERROR = {"code": -32700, "message": "Parse error"}  # as JSON-RPC has it


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
            """Answer one request; version 1 of the package says 500 of JSON that is too deep to be read."""
            if scope["method"] == "POST":
                content = await Request(scope, receive).body()
                try:
                    json.loads(content)
                except (ValueError, RecursionError):
                    await _reply(400, {"jsonrpc": "2.0", "id": None, "error": PARSE_ERROR})(scope, receive, send)
                    return
                receive = replay(content, receive)
            await manager.handle_request(scope, receive, send)

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        async with manager.run():
            yield

    return Route(PATH, Endpoint()), running
