"""A web server on this computer, for tests of what is fetched."""

import base64
import http.server
import threading
from contextlib import contextmanager
from types import SimpleNamespace

SECRET = "hunter2"


class Site(http.server.ThreadingHTTPServer):
    """A server of pages, each a dictionary of status, type, body and headers, that notes what it is asked."""

    def __init__(self):
        """Serve on a free port."""
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages, self.asked = {}, []
        self.address = f"http://127.0.0.1:{self.server_port}"

    def put(self, path, body, *, type="text/html", status=200, **headers):
        """Serve a page."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = SimpleNamespace(body=body.encode(), status=status, headers={"Content-Type": type, **named})
        return self.address + path


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers from the pages of its site; a page behind a password wants `anna` and the secret."""

    def do_GET(self):
        """Answer."""
        page = self.server.pages.get(self.path.partition("?")[0])
        status = page.status if page else 404
        etag = page.headers.get("ETag") if page else None
        if etag and self.headers.get("If-None-Match") == etag:
            status = 304
        wanted = "Basic " + base64.b64encode(f"anna:{SECRET}".encode()).decode()
        if self.path.startswith("/private") and self.headers.get("Authorization") != wanted:
            status = 401
        self.server.asked.append((self.path, status))
        self.send_response(status)
        body = page.body if page and status not in (304, 401) else b""
        for name, value in (page.headers if page else {}).items():
            self.send_header(name, value)
        if not page or "Content-Length" not in page.headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Print nothing."""


@contextmanager
def serve_pages():
    """Run a server with no pages yet."""
    with Site() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
