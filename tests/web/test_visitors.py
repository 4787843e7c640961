"""Who a visitor is: the cookie, and what is taken for one."""

import asyncio
from types import SimpleNamespace

import pytest

from qa.web.security.guard import COOKIE, LIFETIME, Visitors, read_visitor, visitor_of

ANNA, BERT = "a" * 43, "b" * 43


def visit(path="/", *, method="GET", scheme="http", query=b"", **headers):
    """Send a request through; returns status and headers, those of the same name joined."""

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-page", b"1")]})

    sent = []

    async def send(message):
        sent.append(message)

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "path": path, "method": method, "scheme": scheme, "query_string": query, "headers": named}
    asyncio.run(Visitors(app)(scope, None, send))
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def test_page_gives_a_cookie_that_scripts_and_other_sites_never_see():
    """Random, HttpOnly and strict, for as long as browsers keep one."""
    (_, first), (_, second) = visit(), visit()
    name, *attributes = first["set-cookie"].split("; ")
    assert attributes == ["Path=/", f"Max-Age={LIFETIME}", "HttpOnly", "SameSite=Strict"]
    assert len(read_visitor(name)) == 43 and first["set-cookie"] != second["set-cookie"]
    assert visit(scheme="https")[1]["set-cookie"].endswith("; Secure")


def test_known_visitor_stays_the_same():
    """Each visit begins the cookie's time anew; nothing but the page sets it."""
    assert visit(cookie=f"other=1; {COOKIE}={ANNA}")[1]["set-cookie"].startswith(f"{COOKIE}={ANNA}; ")
    assert "set-cookie" not in visit("/config")[1]
    assert "set-cookie" not in visit(method="POST")[1]


def test_link_in_another_page_never_replaces_the_cookie():
    """A strict cookie is kept back then: such a visit is sent on, by itself, to the same address."""
    status, headers = visit(sec_fetch_site="cross-site", query=b"__theme=dark")
    assert (status, headers["refresh"]) == (200, "0; url=/?__theme=dark")
    assert "set-cookie" not in headers and "x-page" not in headers
    assert visit(sec_fetch_site="cross-site", cookie=f"{COOKIE}={ANNA}")[1]["x-page"] == "1"


@pytest.mark.parametrize(
    ("header", "visitor"),
    [
        ("", ""),
        (f"{COOKIE}={ANNA}", ANNA),
        (f'odd=";  {COOKIE}={ANNA};{COOKIE}={BERT}', ANNA),
        (f"[]={{}}; x; =; {COOKIE}=short; {COOKIE}={ANNA}", ANNA),
        (f"{COOKIE}={ANNA}x", ""),
        (f"{COOKIE}={ANNA[:-1]}%", ""),
        (f"not_{COOKIE}={ANNA}", ""),
        (f"{COOKIE}=../{ANNA[3:]}", ""),
    ],
    ids=range(8),
)
def test_only_what_looks_like_ours_is_a_visitor(header, visitor):
    """Cookies of other programs on this host are passed over, however odd."""
    assert read_visitor(header) == visitor
    assert visitor_of(SimpleNamespace(headers={"cookie": header})) == visitor


def test_no_request_is_no_visitor():
    """Calls of programs come without a cookie, or without a request."""
    assert visitor_of(None) == visitor_of(SimpleNamespace(headers={})) == ""
