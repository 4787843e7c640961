"""`POST /places`: the places of some words as HTML, while one types in the search box or opens "More places"."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from index import QAError
from qa.web.host import NotReady
from qa.web.library.libraries import Libraries
from qa.web.search.places import Wanted, find_places, list_filters, render_places, render_problem

PATH = "/places"
_WANTED = TypeAdapter(tuple[Wanted, list[tuple[str, int]]])


def search_routes(libraries: Libraries) -> list[Any]:
    """The route.

    Args:
        libraries: Those that can be searched; the address names one.
    """

    def search(query: Mapping[str, str], content: bytes) -> HTMLResponse:
        host = libraries.find(query)
        try:
            wanted, without = _WANTED.validate_python(json.loads(content))
            found, filters = host.call(
                lambda assistant: (find_places(assistant, wanted, without=without), list_filters(assistant))
            )
        except (ValueError, ValidationError, RecursionError):
            return HTMLResponse("", 400)
        except (QAError, NotReady) as error:
            return HTMLResponse(render_problem(str(error)))
        return HTMLResponse(render_places(found, filters))

    async def endpoint(request: Request) -> HTMLResponse:
        return await run_in_threadpool(search, request.query_params, await request.body())

    return [Route(PATH, endpoint, methods=["POST"])]
