"""What the viewer fetches: pictures of pages, rows of a table, and the file itself.

A document is named by its id in the collection; its path never reaches the browser, nor comes from it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from index import DocumentInfo, Originals, QAError
from qa.web import strings
from qa.web.host import NotReady
from qa.web.library.libraries import Libraries
from qa.web.viewer.view import WIDTHS

MOST_ROWS = 200  # in one reply
# What a browser shows without running anything of it; any other file is downloaded.
SHOWN_INLINE = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    **dict.fromkeys(
        (".txt", ".text", ".md", ".markdown", ".rst", ".log", ".csv", ".tsv", ".json", ".srt", ".vtt"), "text/plain"
    ),
}
KEPT = {"Cache-Control": "private, max-age=86400"}  # the address names the version of the file


def document_routes(libraries: Libraries, originals: Originals) -> list[Any]:
    """The routes below `/document/`.

    Args:
        libraries: Know the documents; the address names the library.
        originals: Show them.
    """

    def find(request: Request) -> DocumentInfo | None:
        number = request.path_params["id"]
        documents = libraries.find(request.query_params).call(lambda assistant: assistant.find_documents(ids=[number]))
        return next(iter(documents), None)

    def route(path: str, answer: Callable[[Request, DocumentInfo], Response]) -> Route:
        def work(request: Request) -> Response:
            try:
                document = find(request)
                if document is None:
                    return PlainTextResponse(f"{strings.NOT_THERE}\n", 404)
                return answer(request, document)
            except (QAError, NotReady) as error:
                return PlainTextResponse(f"{error}\n", 404)

        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(work, request)

        return Route(path, endpoint)

    def draw(request: Request, document: DocumentInfo) -> Response:
        wanted = _number(request, "width", WIDTHS[1])
        width = next((width for width in WIDTHS if width >= wanted), WIDTHS[-1])
        page = request.path_params["page"]
        picture = originals.draw_page(document.path, page, width=width, name=document.source)
        media = "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"
        return Response(picture, media_type=media, headers=KEPT)

    def rows(request: Request, document: DocumentInfo) -> Response:
        """Rows of a sheet: the numbers and the cells of those that are not blank."""
        found = originals.read_rows(
            document.path,
            sheet=_number(request, "sheet", 0),
            first=max(1, _number(request, "first", 1)),
            count=min(MOST_ROWS, max(1, _number(request, "count", MOST_ROWS))),
            name=document.source,
        )
        return JSONResponse(found, headers=KEPT)

    def original(request: Request, document: DocumentInfo) -> Response:
        path = Path(document.path)
        if not path.is_file():
            return PlainTextResponse(f"{strings.ORIGINAL_GONE}\n", 404)
        media = None if request.query_params.get("save") else SHOWN_INLINE.get(path.suffix.lower())
        kind = "inline" if media else "attachment"
        headers = {
            "Content-Disposition": f"{kind}; filename*=UTF-8''{quote(path.name, safe='')}",
            "Cache-Control": "no-store",
        }
        return FileResponse(path, media_type=media or "application/octet-stream", headers=headers)

    return [
        route("/document/{id:int}/page/{page:int}", draw),
        route("/document/{id:int}/rows", rows),
        route("/document/{id:int}/original", original),
    ]


def _number(request: Request, name: str, default: int) -> int:
    """A whole number from 0 among the query's parameters."""
    value = request.query_params.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 10 else default
