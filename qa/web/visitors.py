"""Whose conversations are whose: a visitor is a random id in a cookie, which outlives the server.

The cookie is given with the page. A browser keeps a strict cookie back when somebody comes by a link in another page, and
a new one would then take the place of the old; such a visit is sent on to the same address, by which the old one comes.
"""

import re
import secrets
from typing import Any

from qa.web.guard import Application, ConnectionScope, Message, Receive, Send, read_headers, send_refusal

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
