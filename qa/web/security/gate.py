"""The closed door: nothing behind it answers for a foreign host name, or without the token where there is one.

The token comes in the address of the first visit, which is answered with a cookie and sent on to the address without
it; or as `Authorization: Bearer`, from programs. The cookie holds another secret, made at each start. How many wrong
tokens are looked at is limited, for one visitor and for all of them together, so that they cannot fill the log; the right
one always enters, or anybody could lock out the others.
"""

import hmac
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from math import ceil
from urllib.parse import parse_qsl, urlencode

from qa.web.security.access import Access
from qa.web.security.guard import Application, ConnectionScope, Receive, Send, read_headers, send_refusal

_WINDOW = 60.0  # seconds
BY_ONE = 10  # wrong tokens within the window
BY_ALL = 100  # also the most that is remembered


class Throttle:
    """Counts wrong tokens; its memory is bounded whatever is sent."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with none.

        Args:
            clock: Seconds, never going back.
        """
        self._clock = clock
        self._failures: deque[tuple[float, str]] = deque(maxlen=BY_ALL)

    def seconds_to_wait(self, client: str) -> int:
        """How long a visitor has to wait before another wrong token of theirs is told to be wrong.

        Args:
            client: Their address.

        Returns:
            Whole seconds; 0: not at all.
        """
        now, name = self._clock(), _network(client)
        while self._failures and self._failures[0][0] <= now - _WINDOW:
            self._failures.popleft()
        own = [moment for moment, other in self._failures if other == name]
        if len(own) >= BY_ONE:
            return ceil(own[-BY_ONE] + _WINDOW - now)
        if len(self._failures) >= BY_ALL:
            return ceil(self._failures[0][0] + _WINDOW - now)
        return 0

    def note_wrong(self, client: str) -> None:
        """Count a wrong token."""
        self._failures.append((self._clock(), _network(client)))


def _network(client: str) -> str:
    """An address; of IPv6 the half that names the network, since a visitor can choose the other half freely."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client[:64]
    if address.version == 6:
        return str(address.ipv4_mapped or address.exploded[:19])
    return str(address)


OPEN_PATH = "/healthz"
START_PATH = "/gradio_api/startup-events"  # what Gradio calls once while it starts; it says true or false, no more
NO_TOKEN = "Refused: this needs the token. Open the address that was printed at the start, or send it as Bearer."
WRONG_TOKEN = "Refused: this is not the token."
TOO_MANY = "Refused: too many wrong tokens. Wait, then try again."
WRONG_HOST = "Refused: this host name is not served here."
UNSTORED = (b"cache-control", b"no-store")


@dataclass(frozen=True, slots=True)
class Reply:
    """What is said instead of letting a request through.

    Attributes:
        status: HTTP status.
        text: One line, in ASCII.
        headers: Beside those of every reply.
    """

    status: int
    text: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Gate:
    """Lets through who may come in."""

    def __init__(self, app: Application, access: Access, *, port: int, throttle: Throttle) -> None:
        """Stand before an application.

        Args:
            app: Answers what is let through.
            access: The host and the token.
            port: Where it is served: browsers do not tell the cookies of two ports apart.
            throttle: Counts wrong tokens.
        """
        self.app = app
        self.access = access
        self.starting = True
        self._cookie = f"qa_{port}"
        self._session = secrets.token_urlsafe(32)
        self._throttle = throttle

    def lacks_token(self, scope: ConnectionScope) -> bool:
        """Whether a request will be refused for offering no token, so that nothing else is to be said of it before."""
        headers = read_headers(scope)
        return not (self._is_open(scope["path"]) or self._knows(headers)) and _read_offer(headers, scope) is None

    async def __call__(self, scope: ConnectionScope, receive: Receive, send: Send) -> None:
        """Answer one connection, as ASGI has it."""
        reply = self.find_reply(scope) if scope["type"] in ("http", "websocket") else None
        if reply is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await send_refusal(send, reply.status, reply.text, (UNSTORED, *reply.headers))

    def find_reply(self, scope: ConnectionScope) -> Reply | None:
        """Judge a request.

        Args:
            scope: The ASGI scope of an HTTP request or a websocket.

        Returns:
            What to say; None: let it through.
        """
        headers, path = read_headers(scope), scope["path"]
        if not self.access.answers_to(headers.get("host", "")):
            return Reply(400, WRONG_HOST)
        if self._is_open(path):
            return None
        if self._knows(headers):
            return None if _read_visit(scope) is None else self._send_on(scope, headers)
        offered = _read_offer(headers, scope)
        if offered is None:
            return Reply(401, NO_TOKEN, ((b"www-authenticate", b"Bearer"),))
        if _same(offered, self.access.token):
            return None if _read_bearer(headers) is not None else self._send_on(scope, headers)
        client = (scope.get("client") or ("unknown",))[0]
        if seconds := self._throttle.seconds_to_wait(client):
            return Reply(429, TOO_MANY, ((b"retry-after", str(seconds).encode("ascii")),))
        self._throttle.note_wrong(client)
        logging.getLogger(__name__).warning("a wrong token came from %s", client)
        return Reply(401, WRONG_TOKEN, ((b"www-authenticate", b"Bearer"),))

    def _is_open(self, path: str) -> bool:
        return not self.access.token or path == OPEN_PATH or (self.starting and path == START_PATH)

    def _knows(self, headers: dict[str, str]) -> bool:
        return _same(_read_cookie(headers.get("cookie", ""), self._cookie), self._session)

    def _send_on(self, scope: ConnectionScope, headers: dict[str, str]) -> Reply:
        """To the same address without the token, with the cookie."""
        query = parse_qsl(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        kept = urlencode([pair for pair in query if pair[0] != "token"])
        target = f"{scope['path']}{'?' if kept else ''}{kept}".encode("ascii")
        secure = "; Secure" if scope.get("scheme") in ("https", "wss") else ""
        cookie = f"{self._cookie}={self._session}; Path=/; HttpOnly; SameSite=Strict{secure}".encode("ascii")
        if headers.get("sec-fetch-site") == "cross-site":
            # After a link in another page a browser keeps a strict cookie back through redirects; a page that sends on by
            # itself counts as one of here.
            return Reply(200, "One moment.", ((b"set-cookie", cookie), (b"refresh", b"0; url=" + target)))
        return Reply(303, "See the page.", ((b"set-cookie", cookie), (b"location", target)))


def _read_offer(headers: dict[str, str], scope: ConnectionScope) -> str | None:
    """The token a request brings, right or wrong."""
    bearer = _read_bearer(headers)
    return _read_visit(scope) if bearer is None else bearer


def _read_bearer(headers: dict[str, str]) -> str | None:
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    return bearer.strip() if scheme.lower() == "bearer" else None


def _read_visit(scope: ConnectionScope) -> str | None:
    """The token in the address of the page."""
    if scope["type"] != "http" or scope["path"] != "/" or scope["method"] not in ("GET", "HEAD"):
        return None
    return dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"))).get("token")


def _read_cookie(header: str, name: str) -> str:
    try:
        morsel = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def _same(offered: str, secret: str) -> bool:
    """Compare in a time that tells nothing of the secret."""
    return hmac.compare_digest(offered.encode("utf-8", "replace"), secret.encode("utf-8"))
