"""Who may come in: the address that is listened at, the host names that are answered, and the token that is demanded.

Every account of a computer reaches its loopback addresses. So a token is demanded there too, unless none is wished for;
elsewhere always. Which token was offered is judged in `gate.py`.
"""

import re
import secrets
import socket
import webbrowser
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from index import QAError
from qa.web.ui.templates import fill

LOOPBACK = "127.0.0.1"
PORTS_TRIED = 100
ENTRANCE = "entrance.html"


class AccessError(QAError):
    """The page cannot be opened to others like this."""


@dataclass(frozen=True, slots=True)
class Access:
    """Where the page is served, and to whom.

    Attributes:
        host: Address or name to listen at.
        token: What a visitor must know; empty: nothing.
        proxy: Address or network of the server in front, which is believed when it names the visitor; empty: none is.
    """

    host: str = LOOPBACK
    token: str = field(default="", repr=False)
    proxy: str = ""

    @property
    def everywhere(self) -> bool:
        """Whether all addresses of this computer are listened at."""
        return self.host in ("0.0.0.0", "::")

    def answers_to(self, header: str) -> bool:
        """Whether requests for a host are answered, so that no foreign name can be pointed here.

        Args:
            header: The Host header of a request.

        Returns:
            True for the host listened at; for all names of loopback where it is loopback; for any literal address and
            this computer's name where all addresses are listened at.
        """
        try:
            name = (urlsplit(f"//{header}").hostname or "").rstrip(".")
        except ValueError:
            return False
        if self.everywhere:
            return _is_address(name) or name in ("localhost", socket.gethostname().lower())
        return name == self.host.lower() or (is_loopback(self.host) and name in ("localhost", LOOPBACK))

    def url(self, port: int) -> str:
        """The address to open in a browser, without the token."""
        name = socket.gethostname() if self.everywhere else self.host
        return f"http://{f'[{name}]' if ':' in name else name}:{port}/"

    def entrance(self, port: int) -> str:
        """The address to open in a browser at first, with the token where there is one."""
        return f"{self.url(port)}?token={self.token}" if self.token else self.url(port)


def choose_access(host: str, token: str, proxy: str = "", *, without_token: bool = False) -> Access:
    """Decide on the token.

    Args:
        host: Address or name to listen at.
        token: What the person wants it to be; empty: one is made.
        proxy: As for `Access`.
        without_token: Whether none is to be demanded.

    Raises:
        AccessError: The host is empty; the token is too short, or would not survive in an address; the proxy is no address; no
            token is to be demanded, and one is named or other computers could reach the host.
    """
    if not host.strip():
        raise AccessError("the host is empty. Name an address of this computer, or leave --host out.")
    fits = re.fullmatch(r"[\w.~-]{16,200}", token, re.ASCII)
    if token and not fits:
        raise AccessError(
            "the token must have 16 to 200 letters, digits, hyphens, dots, tildes or underscores. "
            "Leave it out to get one made."
        )
    host = host.removeprefix("[").removesuffix("]")
    if without_token and token:
        raise AccessError("--no-token is given, and a token too, by --token or QA_TOKEN. Leave one of them out.")
    if without_token and not is_loopback(host):
        raise AccessError(
            f"--no-token is for this computer alone: {host!r} needs a token. Leave one of --no-token and --host out."
        )
    try:
        ip_network(proxy or LOOPBACK)
    except ValueError as error:
        raise AccessError(f"the proxy {proxy!r} is no address. Name one such as 10.0.0.2, or a network.") from error
    return Access(host, "" if without_token else token or secrets.token_urlsafe(32), proxy)


def is_loopback(host: str) -> bool:
    """Whether an address is reached from this computer alone; names but localhost are taken not to be."""
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def find_port(wanted: int, host: str = LOOPBACK) -> int:
    """Find a free port on this computer.

    Args:
        wanted: Tried first, then the ones after it; 0 leaves the choice to the system.
        host: Where it has to be free; Gradio wants it to be free at 127.0.0.1 as well.

    Raises:
        AccessError: None of them is free, or the host is not this computer's.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family) as probe:
            probe.bind(address)
    except OSError as error:
        raise AccessError(f"{host!r} is no address of this computer that can be listened at: {error}.") from error
    last = min(wanted + PORTS_TRIED - 1, 65535) if wanted else 0
    for port in range(wanted, last + 1):
        with socket.socket(family) as probe, socket.socket() as loopback:
            try:
                for listener, name in ((probe, address[0]), (loopback, LOOPBACK)):
                    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    if listener is probe or name != address[0]:
                        listener.bind((name, port))
                        port = port or listener.getsockname()[1]
                return port
            except OSError:
                continue
    raise AccessError(f"No free port between {wanted} and {last}. Close another server, or name a port with --port.")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def open_page(access: Access, port: int, folder: Path) -> None:
    """Open the page in the browser.

    The arguments of a program can be seen by every account of the computer. So where there is a token, the browser is given a
    file that only its owner can read, and that leads to the page.

    Args:
        access: Where it is served, and to whom.
        port: Likewise.
        folder: For its owner alone; the file is made in it.
    """
    if not access.token:
        webbrowser.open(access.url(port))
        return
    file = folder / ENTRANCE
    file.touch(mode=0o600, exist_ok=False)
    file.write_text(str(fill("security/entrance.html", address=access.entrance(port))), encoding="utf-8")
    webbrowser.open(file.as_uri())
