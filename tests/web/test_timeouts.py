"""Requests that come by half: when they end, and with what."""

import asyncio
from types import SimpleNamespace

import pytest

from qa.web.security.timeouts import Bodies, close_half_requests

MESSAGES = {
    "half": [{"type": "http.request", "body": b"{", "more_body": True}],
    "whole": [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.request", "body": b"}", "more_body": False},
    ],
    "aborted": [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}],
}


def send_through(messages, path):
    """Send the messages of a request through to an application that reads its body; returns what it read and what came back."""
    from starlette.requests import Request

    read, sent = [], []

    async def application(scope, receive, send):
        read.append(await Request(scope, receive).body())
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b""})

    async def run():
        left = list(messages)

        async def receive():
            return left.pop(0) if left else await asyncio.Event().wait()

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": path, "headers": []}
        await Bodies(application, seconds=0.05)(scope, receive, send)

    asyncio.run(run())
    return read, [message["status"] for message in sent if message["type"] == "http.response.start"]


@pytest.mark.parametrize("path", ["/api/ask", "/gradio_api/upload"], ids=["question", "upload"])
@pytest.mark.parametrize(
    ("messages", "read", "status"), [("whole", [b"{}"], [200]), ("half", [], [408]), ("aborted", [], [])]
)
def test_bodies_are_waited_for_and_not_for_ever(path, messages, read, status):
    """A whole body is answered, half of one is 408 after a while, and of an aborted one nothing is said."""
    assert send_through(MESSAGES[messages], path) == (read, status)


def test_nothing_is_begun_for_half_of_a_question():
    """What answers is not called before the body is there."""
    called = []

    async def application(scope, receive, send):
        called.append(scope)

    async def gone():
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "path": "/api/ask", "headers": []}
    asyncio.run(Bodies(application)(scope, gone, None))
    assert called == []


def test_only_connections_without_a_request_are_closed():
    """One that began no request between two looks is closed; a new request, and one at work, keep theirs."""
    closed = []

    def connect(name, cycle):
        transport = SimpleNamespace(close=lambda: closed.append(name))
        return type("Connection", (), {"cycle": cycle, "transport": transport})()

    done, working = SimpleNamespace(response_complete=True), SimpleNamespace(response_complete=False)
    lively = connect("lively", done)
    every = [connect("silent", None), connect("answered", done), connect("busy", working), lively, SimpleNamespace()]

    def look():
        yield every
        lively.cycle = SimpleNamespace(response_complete=True)
        yield every

    looks = look()
    with pytest.raises(RuntimeError, match="StopIteration"):
        asyncio.run(close_half_requests(lambda: next(looks), seconds=0))
    assert closed == ["silent", "answered"]
