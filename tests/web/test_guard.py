"""The guard in front of the page: which requests it refuses, and the headers it adds."""

import asyncio

import pytest

from qa.web.api.tools import Tools
from qa.web.security.guard import CALLS, CONTENT_SECURITY_POLICY, Guard


async def answer_fine(scope, receive, send):
    """An application that answers everything, with a header of its own the guard must replace."""
    headers = [(b"content-type", b"text/plain"), (b"Content-Security-Policy", b"default-src *")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"fine"})


def request(headers, *, method="GET", path="/", kind="http", **options):
    """Send one request through the guard; returns what it sent back."""
    sent = []
    named = {"host": "127.0.0.1:7860", "content-length": "10", **headers}
    scope = {
        "type": kind,
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in named.items() if value is not None],
    }

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message):
        sent.append(message)

    asyncio.run(Guard(answer_fine, **options)(scope, receive, send))
    return sent


@pytest.mark.parametrize(
    ("status", "method", "headers"),
    [
        pytest.param(200, "GET", {}, id="address typed in"),
        pytest.param(200, "POST", {}, id="program"),
        pytest.param(200, "POST", {"origin": "http://127.0.0.1:7860"}, id="own page"),
        pytest.param(200, "POST", {"origin": "http://LOCALHOST:7860", "host": "localhost:7860"}, id="localhost"),
        pytest.param(403, "POST", {"origin": "http://evil.example"}, id="other site"),
        pytest.param(403, "POST", {"origin": "http://127.0.0.1:7861"}, id="other port"),
        pytest.param(403, "POST", {"origin": "http://127.0.0.1:7860.evil.example"}, id="lookalike"),
        pytest.param(403, "POST", {"origin": "null"}, id="opaque origin"),
        pytest.param(403, "GET", {"origin": "http://evil.example"}, id="reading for another site"),
        pytest.param(200, "GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, id="link followed"),
        pytest.param(403, "POST", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}, id="form sent"),
        pytest.param(403, "GET", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}, id="image elsewhere"),
        pytest.param(403, "GET", {"sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors"}, id="other local server"),
        pytest.param(413, "POST", {"content-length": "1000001"}, id="too large"),
        pytest.param(411, "POST", {"content-length": None}, id="no length"),
        pytest.param(411, "POST", {"content-length": "-1"}, id="negative length"),
    ],
)
def test_requests_from_other_pages_are_refused(status, method, headers):
    """Only this page, programs and followed links are answered, and only requests of a sane size."""
    assert request(headers, method=method)[0]["status"] == status


FORM = {"content-type": "multipart/form-data; boundary=b", "content-length": str(501_000_000)}


@pytest.mark.parametrize(
    ("status", "method", "path", "headers"),
    [
        pytest.param(200, "POST", "/gradio_api/upload", FORM, id="library"),
        pytest.param(413, "POST", "/gradio_api/upload", {**FORM, "content-length": str(501_000_001)}, id="too large"),
        pytest.param(411, "POST", "/gradio_api/upload", {**FORM, "content-length": None}, id="no length"),
        pytest.param(415, "POST", "/gradio_api/upload", {"content-type": "text/plain"}, id="no form"),
        pytest.param(403, "POST", "/gradio_api/upload", {**FORM, "origin": "http://evil.example"}, id="other site"),
        pytest.param(403, "PUT", "/gradio_api/upload", FORM, id="other method"),
        pytest.param(403, "POST", "/upload", FORM, id="other place"),
        pytest.param(403, "POST", "/gradio_api/upload/", FORM, id="nearly the place"),
        pytest.param(413, "POST", "/gradio_api/queue/join", FORM, id="no place for files"),
    ],
)
def test_files_are_taken_in_one_place(status, method, path, headers):
    """Documents to be added come as a form of a bounded length; files sent in any other way are refused."""
    assert request(headers, method=method, path=path)[0]["status"] == status


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/gradio_api/call/ask", 200),
        ("/gradio_api/call/other", 404),
        ("/gradio_api/call/v2/ask", 404),
        ("/gradio_api/file=/etc/passwd", 404),
    ]
    + [("/gradio_api/vibe-edit", 404), ("/monitoring/summary", 404), ("/login", 404), ("/assets/index.js", 200)],
)
def test_places_nobody_needs_are_not_there(path, status):
    """Only what the page and its clients use is let through."""
    assert request({}, method="POST", path=path)[0]["status"] == status


def test_calls_are_let_through_by_their_names():
    """The guard knows every call there is."""
    assert tuple(tool.name for tool in Tools(None).tools) == CALLS


def test_want_of_a_token_comes_first():
    """Where the application refuses a request anyway, nothing else is said of it."""
    assert request({"origin": "http://evil.example"}, method="POST", unless=lambda scope: True)[0]["status"] == 200


def test_foreign_websocket_is_closed():
    """A websocket from another page is closed before it is opened."""
    assert request({"origin": "http://evil.example"}, kind="websocket") == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize("headers", [{}, {"origin": "http://evil.example"}], ids=["let through", "refused"])
def test_every_response_carries_the_security_headers_once(headers):
    """The policy of the guard replaces the application's own, on refusals too."""
    sent = request(headers)[0]["headers"]
    policies = [value.decode() for name, value in sent if name.lower() == b"content-security-policy"]
    assert policies == [CONTENT_SECURITY_POLICY]
    assert (b"x-content-type-options", b"nosniff") in sent


def test_policy_names_no_other_place():
    """Nothing may be loaded from, or sent to, anywhere but this server."""
    assert "http" not in CONTENT_SECURITY_POLICY and "*" not in CONTENT_SECURITY_POLICY
    assert "default-src 'self'" in CONTENT_SECURITY_POLICY
