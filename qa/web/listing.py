"""Which documents of the library are listed: chosen by state and name, a page at a time.

What the browser sends is read here, whatever it is; numbers stand for what must not come from it.
"""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from index import DocumentStatus

PAGE_ROWS = 200
_LONGEST_NAME = 200  # characters of a name typed to filter by
LISTED_STATES = ("indexed", "pending", "failed", "excluded")


@dataclass(frozen=True, slots=True)
class Listing:
    """What is to be listed.

    Attributes:
        state: One of `LISTED_STATES`; empty for all.
        name: Part of a name, in any case; empty for all.
        page: Counted from 0; kept inside the list.
    """

    state: str = ""
    name: str = ""
    page: int = 0


@dataclass(frozen=True, slots=True)
class ListedDocuments:
    """What is listed.

    Attributes:
        listing: What was asked for, its page inside the list.
        rows: The documents of that page.
        first: Index of the first of them among those that match.
        matching: How many documents match.
        counts: How many documents there are of each state, whatever their name.
    """

    listing: Listing
    rows: tuple[DocumentStatus, ...]
    first: int
    matching: int
    counts: dict[str, int]

    @property
    def total(self) -> int:
        """How many documents there are."""
        return sum(self.counts.values())


def read_listing(data: Any) -> Listing:
    """Read what the browser sent; what is missing or makes no sense counts as not asked for."""
    data = data if isinstance(data, dict) else {}
    state, name, page = (data.get(key) for key in ("state", "name", "page"))
    return Listing(
        state if isinstance(state, str) and state in LISTED_STATES else "",
        name.strip()[:_LONGEST_NAME] if isinstance(name, str) else "",
        page if isinstance(page, int) and not isinstance(page, bool) and page >= 0 else 0,
    )


def read_number(event: Any, name: str) -> int | None:
    """A whole number from 0 that the browser sent with an event, or None for anything else."""
    data = event._data if isinstance(event._data, dict) else {}
    value = data.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def select(statuses: Sequence[DocumentStatus], listing: Listing) -> ListedDocuments:
    """Choose the documents to list.

    Args:
        statuses: All documents, in order.
        listing: What was asked for.
    """
    counted: Counter[str] = Counter(status.state for status in statuses)
    wanted = listing.name.casefold()
    matching = [
        status
        for status in statuses
        if listing.state in ("", status.state) and (not wanted or wanted in status.source.casefold())
    ]
    page = min(listing.page, max(0, len(matching) - 1) // PAGE_ROWS)
    first = page * PAGE_ROWS
    return ListedDocuments(
        Listing(listing.state, listing.name, page),
        tuple(matching[first : first + PAGE_ROWS]),
        first,
        len(matching),
        {state: counted[state] for state in LISTED_STATES},
    )


class Numbers:
    """Numbers for what is neither shown to the browser nor taken from it, such as paths; none is used twice."""

    def __init__(self) -> None:
        """Begin with none given out."""
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._keys: list[str] = []

    def number(self, key: str) -> int:
        """The number of something, the same every time."""
        with self._lock:
            if key not in self._numbers:
                self._numbers[key] = len(self._keys)
                self._keys.append(key)
            return self._numbers[key]

    def key(self, number: int | None) -> str | None:
        """What has a number; None when nothing has."""
        return self._keys[number] if number is not None and 0 <= number < len(self._keys) else None
