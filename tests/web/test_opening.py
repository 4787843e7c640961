"""What is served while the program opens, and what lies over the page until it is drawn."""

import asyncio
import gzip
import http.client
import socket

import pytest
from ports import free_port

from qa.web import strings
from qa.web.opening import OpeningServer, Skeleton, serve_meanwhile


def ask(port, path, method="GET"):
    """Status, headers and text of a reply."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path)
    reply = connection.getresponse()
    found = reply.status, dict(reply.getheaders()), reply.read().decode("utf-8")
    connection.close()
    return found


def test_skeleton_is_served_until_the_chat_is_there():
    """It says so where one looks for the chat, holds no more than that, and leaves the port."""
    port = free_port()
    server = OpeningServer("127.0.0.1", port)
    status, headers, page = ask(port, "/?token=secret-of-somebody")
    assert status == 200 and strings.OPENING in page and "secret" not in page
    assert "default-src 'self'" in headers["content-security-policy"]
    assert ask(port, "/healthz")[::2] == (200, "opening\n")
    assert [ask(port, *asked)[0] for asked in (("/readyz",), ("/api/ask", "POST"), ("/../x",))] == [503, 503, 503]
    server.stop()
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Gradio does
        again.bind(("127.0.0.1", port))


def test_port_that_is_taken_is_left_to_who_has_it():
    """The chat itself says what is wrong with it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        serve_meanwhile("127.0.0.1", taken.getsockname()[1])()


@pytest.mark.parametrize("taken", [b"gzip, br", b"br"])
@pytest.mark.parametrize(
    ("path", "method", "covered"), [("/", "GET", True), ("/", "HEAD", False), ("/config", "GET", False)]
)
def test_skeleton_lies_over_the_page_alone(path, method, covered, taken):
    """In one piece, compressed where that is taken, with its true length; nothing else is touched."""

    async def page(scope, receive, send):
        assert b"accept-encoding" not in dict(scope["headers"]) or not covered
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"29")]})
        await send({"type": "http.response.body", "body": b"<gradio-app></gr", "more_body": True})
        await send({"type": "http.response.body", "body": b"adio-app></p>"})

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "method": method, "headers": [(b"accept-encoding", taken)]}
    asyncio.run(Skeleton(page)(scope, None, send))
    content = b"".join(message.get("body", b"") for message in sent)
    headers = dict(sent[0]["headers"])
    assert not covered or headers[b"content-length"] == str(len(content)).encode()
    assert (b"content-encoding" in headers) is (covered and b"gzip" in taken)
    content = gzip.decompress(content) if b"content-encoding" in headers else content
    assert (b"qa-opening" in content) is covered
    assert content.startswith(b"<gradio-app></gradio-app>") and content.endswith(b"</p>")
