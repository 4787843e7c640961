"""Saving a conversation: `/conversations/12.md` and the like, for the visitor whose conversation it is and nobody else."""

import re
import unicodedata
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from index import StorageError
from qa.conversations import Conversations
from qa.exports import SUFFIXES, export_conversation
from qa.web import strings
from qa.web.visitors import visitor_of

_MEDIA = {".md": "text/markdown", ".html": "text/html", ".json": "application/json"}
_LONGEST_NAME = 60  # characters


def download_routes(store: Conversations) -> list[Any]:
    """The routes.

    Args:
        store: Where conversations are kept.
    """

    async def download(request: Request) -> Response:
        number, suffix = request.path_params["number"], f".{request.path_params['suffix']}"
        visitor = visitor_of(request)
        if suffix not in SUFFIXES or number >= 2**63 or not visitor:
            return PlainTextResponse(f"{strings.CONVERSATION_GONE}\n", 404)
        try:
            info = store.find(visitor, number)
            turns = await run_in_threadpool(store.turns, visitor, number)
        except StorageError as error:
            return PlainTextResponse(f"{error}\n", 503)
        if info is None or not turns:
            return PlainTextResponse(f"{strings.CONVERSATION_GONE}\n", 404)
        content = await run_in_threadpool(export_conversation, suffix, info, turns)
        name = make_file_name(info.title)
        plain = name.encode("ascii", "ignore").decode("ascii").strip("-. ") or "conversation"
        disposition = f"attachment; filename=\"{plain}{suffix}\"; filename*=UTF-8''{quote(name + suffix, safe='')}"
        headers = {"Content-Disposition": disposition, "Cache-Control": "no-store"}
        return Response(content, media_type=_MEDIA[suffix], headers=headers)

    return [Route("/conversations/{number:int}.{suffix:str}", download)]


def make_file_name(title: str) -> str:
    """A title as the name of a file, without its ending, that every system takes."""
    words = re.sub(r"[^\w.-]+", "-", unicodedata.normalize("NFC", title))
    return words[:_LONGEST_NAME].strip("-._") or "conversation"
