"""What the page shows while the program opens: a skeleton, served at once and handed over to the page.

Importing Gradio takes seconds. Until then a small server of the standard library answers on the same port; its page looks whether
the chat is there, and loads it. The skeleton also lies over Gradio's page until that is drawn.
"""

import gzip
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from qa.web.security.guard import SECURITY_HEADERS, Application, ConnectionScope, Message, Receive, Send
from qa.web.ui.templates import fill

OPENING = b"opening\n"  # what /healthz says meanwhile


class OpeningServer:
    """Serves the skeleton until it is stopped; use it in a `with` statement."""

    def __init__(self, host: str, port: int) -> None:
        """Begin to serve at a free port of this computer; an OSError is raised where that cannot be done."""
        self._server = ThreadingHTTPServer((host, port), _Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="opening", daemon=True).start()

    def stop(self) -> None:
        """Stop; the port is free when this returns."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    """Answers with the skeleton at `/`, says at `/healthz` that the chat is opening, and refuses the rest for now."""

    protocol_version = "HTTP/1.0"  # no connection outlives this server

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/":
            self._send(200, "text/html", str(fill("ui/opening.html", alone=True)).encode("utf-8"))
        elif path == "/healthz":
            self._send(200, "text/plain", OPENING)
        elif path == "/favicon.ico":
            self._send(204, "image/x-icon", b"")
        else:
            self._send(503, "text/plain", OPENING)

    def do_POST(self) -> None:
        self._send(503, "text/plain", OPENING)

    def _send(self, status: int, media: str, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", f"{media}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        for name, value in SECURITY_HEADERS:
            self.send_header(name.decode("ascii"), value.decode("ascii"))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep still: the page asks many times."""


class Skeleton:
    """Puts the skeleton over Gradio's page, whose script takes it away once the page is drawn: ASGI middleware."""

    def __init__(self, app: Application) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: ConnectionScope, receive: Receive, send: Send) -> None:
        """Answer one connection, as ASGI has it."""
        if scope["type"] != "http" or scope.get("path") != "/" or scope.get("method") != "GET":
            await self._app(scope, receive, send)
            return
        packed = any(name.lower() == b"accept-encoding" and b"gzip" in value for name, value in scope["headers"])
        scope["headers"] = [pair for pair in scope["headers"] if pair[0].lower() != b"accept-encoding"]
        await self._app(scope, receive, _covering(send, packed=packed))


def _covering(send: Send, *, packed: bool) -> Send:
    """Put the skeleton before the end of a page that is sent, and compress it where it is to be."""
    start: list[Message] = []
    parts: list[bytes] = []

    async def cover(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.append(message)
            return
        parts.append(message.get("body", b""))
        if message.get("more_body"):
            return
        content = b"".join(parts)
        if start[0]["status"] == 200:
            skeleton = str(fill("ui/opening.html", alone=False)).encode("utf-8")
            content = content.replace(b"</gradio-app>", b"</gradio-app>" + skeleton, 1)
        headers = [pair for pair in start[0].get("headers", ()) if pair[0].lower() != b"content-length"]
        headers.append((b"vary", b"Accept-Encoding"))
        if packed:
            content = gzip.compress(content, compresslevel=6)
            headers.append((b"content-encoding", b"gzip"))
        headers.append((b"content-length", str(len(content)).encode("ascii")))
        await send({**start[0], "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return cover


def serve_meanwhile(host: str, port: int) -> Callable[[], None]:
    """Serve the skeleton at a port until what this returns is called; nothing is served where that cannot be done."""
    try:
        return OpeningServer(host, port).stop
    except OSError:  # the chat will say why
        return lambda: None
