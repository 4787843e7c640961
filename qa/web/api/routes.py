"""The calls over HTTP.

`POST /api/ask` and the like take their arguments as one JSON object and give their result as one; what goes wrong is
`{"error": "one line"}`, and `/openapi.json` describes them, and those of `completions.py`.
"""

import json
from importlib.metadata import version
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from index import QAError
from qa.web import strings
from qa.web.api.completions import describe_completions
from qa.web.api.tools import RESULTS, BusyError, Tool, Tools, to_json
from qa.web.host import NotReady

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
                return json_reply(400, {"error": strings.NOT_JSON})
            if not isinstance(arguments, dict):
                return json_reply(400, {"error": strings.NOT_JSON})
            try:
                return json_reply(200, await tools.answer(tool.name, arguments))
            except (BusyError, NotReady) as error:
                return json_reply(503, {"error": str(error)})
            except QAError as error:
                return json_reply(400, {"error": str(error)})

        return endpoint

    async def openapi(request: Request) -> Response:
        return json_reply(200, described)

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
    more_paths, schemas = describe_completions()
    return {
        "openapi": "3.1.0",
        "info": {"title": strings.TITLE, "description": strings.PROMISE, "version": version("qa-verbatim")},
        "paths": {**paths, **more_paths},
        "components": {
            "schemas": {**RESULTS, **schemas},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{}, {"token": []}],
    }


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def json_reply(status: int, content: Any) -> Response:
    """Reply with plain values, or with a text that is JSON already."""
    text = content if isinstance(content, str) else to_json(content)
    return Response(text, status, media_type="application/json", headers={"Cache-Control": "no-store"})
