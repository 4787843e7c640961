"""What stands between the network and the page: pure ASGI middleware, no framework.

As a rule the server listens on this computer only, but every page open in the same browser can send it requests. So a
request is refused when it comes from another page, goes to a place nobody needs, brings files to any other than the
library's, or is larger than what can be asked or added; and every response carries headers that keep the page from
loading or running anything that did not come from here. Which host names are answered, and the token, uploads included,
are judged behind it, in `gate.py`.

Whose conversations are whose is told by a random id in a cookie, which outlives the server and is given with the page. A
browser keeps a strict cookie back when somebody comes by a link in another page, and a new one would then take the place of
the old; such a visit is sent on to the same address, by which the old one comes.
"""

import re
import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from qa.web.library.uploads import LARGEST_TOGETHER

ConnectionScope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[ConnectionScope, Receive, Send], Awaitable[None]]

# Gradio compiles its templates in the browser, hence 'unsafe-inline' and 'unsafe-eval'; what counts here is that
# nothing can be fetched from, or sent to, any other place.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; media-src 'self' blob:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-src 'none'; "
    "frame-ancestors 'self'"
)

SECURITY_HEADERS = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode("ascii")),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
)

LARGEST_BODY = 1_000_000  # bytes; a question has at most a few thousand characters
LARGEST_UPLOAD = LARGEST_TOGETHER + 1_000_000  # bytes: what can be added at once, and what is put around each file
UPLOAD_PATH = "/gradio_api/upload"
# Gradio has many more routes: for files, logins, monitoring, writing code. Its page and its client need only these.
CALLS = ("ask", "search", "list_sources", "read_passage")  # of an unknown one Gradio says 500
SERVED = frozenset(
    [
        "/",
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/mcp",
        "/v1/chat/completions",
        "/v1/models",
        "/places",
        "/config",
        "/theme.css",
        "/manifest.json",
        "/favicon.ico",
    ]
    + ["/robots.txt", UPLOAD_PATH, "/gradio_api/queue/join", "/gradio_api/queue/data"]
    + [f"/gradio_api/{name}" for name in ("info", "upload_progress", "app_id", "startup-events", "cancel", "reset")]
    + [f"/gradio_api/call/{name}" for name in CALLS]
)
SERVED_BELOW: tuple[str, ...] = (
    "/api/",
    "/batch/",
    "/conversations/",
    "/document/",
    "/kept/",
    "/v1/models/",
    "/page/",
    "/assets/",
    "/static/",
    "/gradio_api/heartbeat/",
)
SERVED_BELOW += tuple(f"/gradio_api/call/{name}/" for name in CALLS)
READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Guard:
    """Refuses requests from other pages and oversized ones, and stray uploads; adds security headers to every response."""

    def __init__(self, app: Application, *, unless: Callable[[ConnectionScope], bool] = lambda scope: False) -> None:
        """Wrap an application.

        Args:
            app: The ASGI application that answers what is let through.
            unless: Says of a request to be refused that the application refuses it anyway, and is to do so.
        """
        self.app, self.unless = app, unless

    async def __call__(self, scope: ConnectionScope, receive: Receive, send: Send) -> None:
        """Answer one connection, as ASGI has it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        refusal = find_refusal(scope)
        if refusal is not None and scope["type"] == "http" and self.unless(scope):
            refusal = None
        if scope["type"] == "websocket":
            if refusal is None:
                await self.app(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message.get("headers", ()) if pair[0].lower() not in dict(SECURITY_HEADERS)]
                message = {**message, "headers": [*kept, *SECURITY_HEADERS]}
            await send(message)

        if refusal is None:
            await self.app(scope, receive, send_with_headers)
        else:
            await send_refusal(send_with_headers, *refusal)


def find_refusal(scope: ConnectionScope) -> tuple[int, str] | None:
    """Say why a request is refused.

    Args:
        scope: The ASGI scope of an HTTP request or a websocket.

    Returns:
        The HTTP status and one line of explanation; None when the request is fine.
    """
    headers = read_headers(scope)
    method = scope.get("method", "GET")
    if not comes_from_here(headers, method):
        return 403, "Refused: this request comes from another page."
    path = scope.get("path", "")
    uploading = path == UPLOAD_PATH and method == "POST"
    if path.rstrip("/").endswith("/upload") and not uploading:
        return 403, "Refused: files are taken in one place only."
    if path not in SERVED and not path.startswith(SERVED_BELOW):
        return 404, "Refused: there is nothing here."
    if uploading and not headers.get("content-type", "").startswith("multipart/form-data"):
        return 415, "Refused: this is not how a page sends files."
    if method not in READING_METHODS:
        length = headers.get("content-length", "")
        if not length.isdecimal():
            return 411, "Refused: the request does not say how long it is."
        if int(length) > (LARGEST_UPLOAD if uploading else LARGEST_BODY):
            return 413, "Refused: the request is too large."
    return None


def read_headers(scope: ConnectionScope) -> dict[str, str]:
    """The headers of a request, by name in lower case; of several alike the last."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope.get("headers", ())}


def comes_from_here(headers: MutableMapping[str, str], method: str) -> bool:
    """Whether a request was sent by this page or by no page at all (a program, an address typed in).

    Args:
        headers: Names in lower case.
        method: HTTP method, in capitals.

    Returns:
        False for a foreign or opaque Origin, and for what a browser marks as sent by another page, unless it is a
        person following a link to here.
    """
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc.lower() != headers.get("host", "").lower():
        return False
    if headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
        return True
    return method == "GET" and headers.get("sec-fetch-mode") == "navigate"


async def send_refusal(send: Send, status: int, reason: str, more_headers: Iterable[tuple[bytes, bytes]] = ()) -> None:
    """Send a short plain-text response.

    Args:
        send: ASGI send.
        status: HTTP status.
        reason: One line, in ASCII.
        more_headers: Beside the usual ones.
    """
    body = reason.encode("ascii") + b"\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode("ascii"))]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *more_headers]})
    await send({"type": "http.response.body", "body": body})


COOKIE = "qa_visitor"  # not of one port: conversations are the same at the next free one
LIFETIME = 400 * 24 * 3600  # seconds; browsers keep no cookie longer, and each visit begins it anew
_VISITOR = re.compile(r"[A-Za-z0-9_-]{43}")


class Visitors:
    """Gives every visitor of the page a cookie."""

    def __init__(self, app: Application) -> None:
        """Wrap an application.

        Args:
            app: The ASGI application that answers.
        """
        self.app = app

    async def __call__(self, scope: ConnectionScope, receive: Receive, send: Send) -> None:
        """Answer one connection, as ASGI has it."""
        if scope["type"] != "http" or scope["path"] != "/" or scope["method"] not in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        headers = read_headers(scope)
        visitor = read_visitor(headers.get("cookie", ""))
        if not visitor and headers.get("sec-fetch-site") == "cross-site":
            query = scope.get("query_string", b"")
            again = b"0; url=/" + (b"?" + query if query else b"")
            await send_refusal(send, 200, "One moment.", ((b"refresh", again), (b"cache-control", b"no-store")))
            return
        visitor = visitor or secrets.token_urlsafe(32)
        secure = "; Secure" if scope.get("scheme") == "https" else ""
        cookie = f"{COOKIE}={visitor}; Path=/; Max-Age={LIFETIME}; HttpOnly; SameSite=Strict{secure}"

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), (b"set-cookie", cookie.encode("ascii"))]}
            await send(message)

        await self.app(scope, receive, send_with_cookie)


def read_visitor(header: str) -> str:
    """The visitor a Cookie header names; empty when it names none. What other programs of this host left is passed over."""
    for pair in header.split(";"):
        name, _, value = pair.strip().partition("=")
        if name == COOKIE and _VISITOR.fullmatch(value):
            return value
    return ""


def visitor_of(request: Any) -> str:
    """The visitor that sent a request, as Starlette or Gradio have it; empty for none, and where there is no request."""
    return read_visitor(request.headers.get("cookie") or "") if request is not None else ""
