"""Who is let in: host names, the token, its cookie and its throttle."""

import socket

import pytest

from qa.web.security.access import Access, AccessError, choose_access, find_port
from qa.web.security.gate import BY_ALL, Gate, Throttle

TOKEN = "a-token-of-the-tests-1234"
NAME = socket.gethostname().lower()


class Clock:
    """Seconds that pass when told to."""

    now = 1000.0

    def __call__(self):
        return self.now


def make_gate(access=None, throttle=None):
    """A gate before an application that is never reached."""
    gate = Gate(None, access or Access("127.0.0.1", TOKEN), port=7860, throttle=throttle or Throttle(Clock()))
    gate.starting = False
    return gate


def judge(gate, path="/", *, query="", client="10.0.0.1", kind="http", method="GET", scheme="http", **headers):
    """What the gate says to a request, headers named with underscores; (200, {}) when it lets it through."""
    named = {"host": "127.0.0.1:7860", **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": kind, "path": path, "method": method, "query_string": query.encode(), "client": (client, 5),
        "scheme": scheme, "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }  # fmt: skip
    reply = gate.find_reply(scope)
    return (reply.status, {k.decode(): v.decode() for k, v in reply.headers}) if reply else (200, {})


@pytest.mark.parametrize(
    ("host", "header", "answered"),
    [
        ("127.0.0.1", "127.0.0.1:7860", True),
        ("127.0.0.1", "LOCALHOST:7860", True),
        ("127.0.0.1", "127.0.0.1.evil.example", False),
        ("127.0.0.1", "evil.example:7860", False),
        ("127.0.0.1", "[::1]:7860", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "[", False),
        ("::1", "[::1]:7860", True),
        ("192.168.1.5", "192.168.1.5:7860", True),
        ("192.168.1.5", "localhost:7860", False),
        ("192.168.1.5", "192.168.1.6:7860", False),
        ("papers.example", "papers.example", True),
        ("0.0.0.0", "192.168.1.5:7860", True),
        ("0.0.0.0", f"{NAME}:7860", True),
        ("0.0.0.0", "evil.example:7860", False),
        ("::", "[fe80::1]:7860", True),
    ],
)
def test_only_the_chosen_host_is_answered(host, header, answered):
    """Its own names and, where all addresses are listened at, any literal address; never a foreign name."""
    assert Access(host).answers_to(header) is answered
    assert judge(make_gate(Access(host)), host=header)[0] == (200 if answered else 400)


OWN = ("127.0.0.1", "127.0.0.2", "localhost", "::1", "[::1]")
OTHERS = ("0.0.0.0", "::", "192.168.1.5", "papers.example", "localhost.evil.example", "0")


@pytest.mark.parametrize("host", OWN + OTHERS)
def test_every_host_demands_a_token(host):
    """One of 256 random bits is made where none is given, and is not shown by accident."""
    first, second = choose_access(host, ""), choose_access(host, "")
    assert len(first.token) == 43 and first.token != second.token
    assert first.token not in repr(first)
    assert choose_access(host, TOKEN).token == TOKEN


@pytest.mark.parametrize("host", OWN + OTHERS)
def test_only_loopback_can_go_without_a_token(host):
    """Nobody from outside gets there. Where a token is named as well, it is not clear what is wanted."""
    if host in OWN:
        assert choose_access(host, "", without_token=True).token == ""
    else:
        with pytest.raises(AccessError, match="^--no-token is for this computer alone"):
            choose_access(host, "", without_token=True)
    with pytest.raises(AccessError, match="^--no-token is given, and a token too"):
        choose_access(host, TOKEN, without_token=True)


def test_address_of_the_first_visit_has_the_token():
    """The one to be opened and printed; no other address does."""
    access = Access("127.0.0.1", TOKEN)
    assert access.entrance(7860) == f"http://127.0.0.1:7860/?token={TOKEN}"
    assert access.url(7860) == Access("127.0.0.1").entrance(7860) == "http://127.0.0.1:7860/"


@pytest.mark.parametrize(
    "token", ["short", "fifteen-letters", "with a blank in the middle", "quote\";' and more of it", "ü" * 20]
)
def test_tokens_that_are_short_or_odd_are_refused(token):
    """A token has 16 or more characters that survive in an address, a header and a cookie."""
    with pytest.raises(AccessError, match="^the token must have 16 to 200 letters"):
        choose_access("0.0.0.0", token)


@pytest.mark.parametrize("proxy", ["proxy.example", "10.0.0.1/33", "*"])
def test_proxy_is_named_by_its_address(proxy):
    """What cannot be one is refused: nobody would be believed, or everybody."""
    with pytest.raises(AccessError, match="^the proxy .* is no address"):
        choose_access("0.0.0.0", TOKEN, proxy)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_host_of_another_computer_is_refused(host):
    """An address this computer does not have is named in one line."""
    with pytest.raises(AccessError, match=f"^'{host}' is no address of this computer"):
        find_port(0, host)


@pytest.mark.parametrize(
    "path", ["/", "/readyz", "/config", "/openapi.json", "/api/ask", "/gradio_api/startup-events", "/mcp"]
)
def test_nothing_but_healthz_is_open(path):
    """Without the token every path is 401 and says how to come in; with it each is let through."""
    gate = make_gate()
    assert judge(gate, path) == (401, {"www-authenticate": "Bearer"})
    assert judge(gate, path, authorization=f"Bearer {TOKEN}") == (200, {})
    assert judge(gate, path, authorization=f"bearer {TOKEN}") == (200, {})
    assert judge(gate, path, kind="websocket")[0] == 401
    assert judge(gate, "/healthz") == (200, {})


def test_only_gradios_own_call_is_open_while_it_starts():
    """Until the server has started, the one call Gradio makes to itself is let through, and nothing else."""
    gate = make_gate()
    gate.starting = True
    assert judge(gate, "/gradio_api/startup-events") == (200, {})
    assert judge(gate, "/config")[0] == judge(gate, "/gradio_api/startup-events/x")[0] == 401


def test_first_visit_sets_a_cookie_and_goes_on_without_the_token():
    """The cookie is HttpOnly and strict, holds another secret than the token, and opens everything."""
    gate = make_gate()
    status, headers = judge(gate, query=f"__theme=dark&token={TOKEN}")
    assert (status, headers["location"]) == (303, "/?__theme=dark")
    cookie, *attributes = headers["set-cookie"].split("; ")
    assert attributes == ["Path=/", "HttpOnly", "SameSite=Strict"]
    assert cookie.startswith("qa_7860=") and TOKEN not in headers["set-cookie"]
    assert judge(gate, "/config", cookie=f"other=1; {cookie}") == (200, {})
    assert judge(gate, "/gradio_api/queue/data", kind="websocket", cookie=cookie) == (200, {})
    assert judge(gate, query="token=", cookie=cookie) == (200, {})
    assert judge(gate, query="token=stale", cookie=cookie)[1]["location"] == "/"
    assert judge(gate, cookie=cookie.replace("7860", "7861"))[0] == 401
    assert judge(make_gate(), cookie=cookie)[0] == 401


def test_visit_by_a_link_in_another_page_is_sent_on_by_a_page():
    """A strict cookie does not go along with a redirect that another page began."""
    status, headers = judge(make_gate(), query=f"token={TOKEN}", sec_fetch_site="cross-site")
    assert (status, headers["refresh"]) == (200, "0; url=/")


def test_cookie_is_secure_behind_https():
    """Where the connection is encrypted, the cookie does not travel otherwise."""
    assert judge(make_gate(), query=f"token={TOKEN}", scheme="https")[1]["set-cookie"].endswith("; Secure")


@pytest.mark.parametrize(
    ("path", "request_"),
    [
        pytest.param("/config", {"query": f"token={TOKEN}"}, id="another path"),
        pytest.param("/", {"query": f"token={TOKEN}", "method": "POST"}, id="POST"),
        pytest.param("/", {"authorization": f"Basic {TOKEN}"}, id="Basic"),
        pytest.param("/", {"cookie": f"qa_7860={TOKEN}"}, id="token as cookie"),
        pytest.param("/", {"cookie": "qa_7860"}, id="empty cookie"),
        pytest.param("/", {"authorization": TOKEN}, id="bare"),
        pytest.param("/", {"authorization": f"Bearer {TOKEN}x"}, id="longer"),
        pytest.param("/", {"authorization": f"Bearer {TOKEN[:-1]}"}, id="shorter"),
        pytest.param("/", {"authorization": "Bearer"}, id="empty"),
        pytest.param("/", {"authorization": "Bearer \xff"}, id="not ASCII"),
        pytest.param("/", {"query": "token=x"}, id="wrong in the address"),
    ],
)
def test_token_counts_only_where_it_belongs(path, request_):
    """In the address of the page, or as Bearer, and whole."""
    assert judge(make_gate(), path, **request_)[0] == 401


def test_wrong_tokens_have_to_wait():
    """After ten in a minute another is not looked at until the first is a minute old; the right one and the cookie enter."""
    clock = Clock()
    gate = make_gate(throttle=Throttle(clock))
    cookie = judge(gate, query=f"token={TOKEN}")[1]["set-cookie"].partition(";")[0]
    for _ in range(10):
        assert judge(gate, authorization="Bearer wrong")[0] == 401
        clock.now += 1
    assert judge(gate, authorization="Bearer wrong") == (429, {"retry-after": "50"})
    assert judge(gate, query="token=wrong") == (429, {"retry-after": "50"})
    assert judge(gate, query=f"token={TOKEN}")[0] == 303
    assert judge(gate, authorization=f"Bearer {TOKEN}") == (200, {})
    assert judge(gate, cookie=cookie) == (200, {})
    assert judge(gate)[0] == 401
    assert judge(gate, authorization="Bearer wrong", client="10.0.0.2")[0] == 401
    clock.now += 50
    assert judge(gate, authorization="Bearer wrong")[0] == 401


def test_wrong_tokens_from_many_addresses_lock_nobody_out(caplog):
    """After a hundred in a minute no other wrong one is looked at or logged; a newcomer with the right one enters."""
    clock = Clock()
    throttle = Throttle(clock)
    gate = make_gate(throttle=throttle)
    statuses = [
        judge(gate, authorization="Bearer wrong", client=f"10.1.{number % 256}.{number // 256}")[0]
        for number in range(3 * BY_ALL)
    ]
    assert statuses == [401] * BY_ALL + [429] * 2 * BY_ALL
    assert len(caplog.records) == len(throttle._failures) == BY_ALL
    assert judge(gate, authorization=f"Bearer {TOKEN}", client="10.0.0.2") == (200, {})
    clock.now += 60
    assert judge(gate, authorization="Bearer wrong", client="10.0.0.2")[0] == 401


def test_addresses_of_one_network_are_one_visitor():
    """Of an IPv6 address the half a visitor can choose does not count; an IPv4 address in disguise is itself."""
    throttle = Throttle(Clock())
    for number in range(10):
        throttle.note_wrong(f"2001:db8::{number}")
        throttle.note_wrong("::ffff:10.0.0.1")
    assert throttle.seconds_to_wait("2001:db8::ffff%eth0") == 60
    assert throttle.seconds_to_wait("2001:db8:0:1::1") == 0
    assert throttle.seconds_to_wait("10.0.0.1") == 60
    assert throttle.seconds_to_wait("no address") == 0
