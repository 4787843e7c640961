"""How often wrong tokens may be offered: by one visitor, and by all of them together."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from ipaddress import ip_address
from math import ceil

_WINDOW = 60.0  # seconds
BY_ONE = 10  # wrong tokens within the window
BY_ALL = 100  # also the most that is remembered
KNOWN = 1_000  # visitors that have offered the right token, whom the others cannot lock out


class Throttle:
    """Counts wrong tokens; its memory is bounded whatever is sent."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with none.

        Args:
            clock: Seconds, never going back.
        """
        self._clock = clock
        self._failures: deque[tuple[float, str]] = deque(maxlen=BY_ALL)
        self._known: OrderedDict[str, None] = OrderedDict()

    def seconds_to_wait(self, client: str) -> int:
        """How long a visitor has to wait before a token of theirs is looked at.

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
        if len(self._failures) >= BY_ALL and name not in self._known:
            return ceil(self._failures[0][0] + _WINDOW - now)
        return 0

    def note_wrong(self, client: str) -> None:
        """Count a wrong token."""
        self._failures.append((self._clock(), _network(client)))

    def note_right(self, client: str) -> None:
        """Remember a visitor who knows the token."""
        self._known[_network(client)] = None
        self._known.move_to_end(_network(client))
        if len(self._known) > KNOWN:
            self._known.popitem(last=False)


def _network(client: str) -> str:
    """An address; of IPv6 the half that names the network, since a visitor can choose the other half freely."""
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client[:64]
    if address.version == 6:
        return str(address.ipv4_mapped or address.exploded[:19])
    return str(address)
