"""The libraries that are open, and which of the documents of one are listed: by state and name, a page at a time.

Which library a visitor sees is in the address of the page, `?lib=NAME`, never a state of the server. A library is a collection,
opened when somebody first asks for it; the one the server was started with has no name in addresses. What the browser sends of
a list is read here, whatever it is; numbers stand for what must not come from it.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from index import QAError, SourceError, StorageError
from qa.web import strings
from qa.web.host import AssistantHost, NotReady

OPEN_AT_ONCE = 6  # libraries besides the first; the one not asked for the longest is closed for another
PARAMETER = "lib"
UNDO_OFFERED = 60  # seconds after a library was deleted, to the pages that are opened then


class Libraries:
    """Opens libraries by name, and keeps them open."""

    def __init__(
        self,
        first: AssistantHost,
        open_library: Callable[[str], AssistantHost] | None = None,
        *,
        list_libraries: Callable[[], Sequence[Any]] = tuple,
        models: Mapping[str, str] | None = None,
        load_model: Callable[[str], Any] = lambda model: model,
        create: Callable[[str, Any], str] | None = None,
        change_model: Callable[[str, Any], None] | None = None,
        rename: Callable[[str, str], str] | None = None,
        discard: Callable[[str], None] | None = None,
        restore: Callable[[], str] | None = None,
        read_only: bool = False,
        on_server: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open none but the first.

        Args:
            first: The library that the server was started with; not started yet.
            open_library: Makes the host of a library, not started yet; without it, there is only the first.
            list_libraries: Gives those there are: records with `name`, `sources`, `documents` and `passages`.
            models: Those that a library may have, what each is chosen by and called; the first is offered for new ones.
            load_model: Loads one of them, for `create` and `change_model`.
            create: Makes an empty library of a name with a model, and returns its name.
            change_model: Gives a library, by its name, another model.
            rename: Gives a library, by its name, another name, and returns that.
            discard: Deletes a library by its name, such that it can be restored.
            restore: Restores the library deleted last, and returns its name.
            read_only: Whether no library can be changed here, so that the page offers nothing that would.
            on_server: Whether they are kept or searched on a server, elsewhere.
            clock: Returns the time in seconds.
        """
        self.first, self._open_library = first, open_library
        self._list, self._create, self._rename = list_libraries, create, rename
        self.models, self._change_model = dict(models or {"": ""}), change_model
        self._load_model, self.read_only = load_model, read_only
        self.on_server = on_server
        self._discard, self._restore, self._clock = discard, restore, clock
        self._discarded: tuple[str, float] = "", 0.0  # the library deleted last, and when
        self._lock = threading.Lock()
        self._changing = threading.Lock()  # held while a library is opened or changed
        self._open: OrderedDict[str, AssistantHost] = OrderedDict()

    def start(self) -> None:
        """Begin to open the first; returns at once."""
        self.first.start()

    def close(self) -> None:
        """Close all."""
        with self._lock:
            hosts, self._open = list(self._open.values()), OrderedDict()
        for host in (*hosts, self.first):
            host.close()

    def find(self, query: Mapping[str, str]) -> AssistantHost:
        """The library that a page's address names; the first where it names none, or one that is not there."""
        name = query.get(PARAMETER, "")
        if not name or self._open_library is None:
            return self.first
        with self._lock:
            if name in self._open:
                self._open.move_to_end(name)
                return self._open[name]
        with self._changing:  # another thread may have opened it since
            return self._open_another(name, self._open_library)

    def _open_another(self, name: str, open_library: Callable[[str], AssistantHost]) -> AssistantHost:
        """Open a library, and close the one asked for the longest time ago; the first if it is not there."""
        if name == self._first_key() or name not in [library.name for library in self.list()]:
            return self.first
        with self._lock:
            if name not in self._open:
                self._open[name] = open_library(name)
                self._open[name].start()
            closing = [self._open.popitem(last=False)[1] for _ in range(len(self._open) - OPEN_AT_ONCE)]
            host = self._open[name]
        for other in closing:
            other.close()
        return host

    def query_of(self, host: AssistantHost) -> str:
        """What names a library in an address, `lib=NAME`; empty for the first."""
        with self._lock:
            name = next((name for name, each in self._open.items() if each is host), "")
        return urlencode({PARAMETER: name}) if name else ""

    def is_open(self, host: AssistantHost) -> bool:
        """Whether a library is still open, and not closed for another or deleted."""
        with self._lock:
            return host is self.first or host in self._open.values()

    def list(self) -> Sequence[Any]:
        """The libraries there are; none where they cannot be listed."""
        try:
            return self._list()
        except QAError:
            return ()

    def create(self, name: str, model: str) -> str:
        """Make an empty library; returns its name, or raises QAError."""
        if self._create is None:
            raise StorageError("no library can be made here.")
        return self._create(name, self._load(model))

    def change_model(self, name: str, model: str) -> str:
        """Give a library another model, with which it is indexed again when it is opened; returns its name, or raises QAError."""
        if self._change_model is None:
            raise StorageError("no model can be chosen here.")
        loaded = self._load(model)
        with self._shut(name):
            self._change_model(name, loaded)
        return name

    def rename(self, name: str, new: str) -> str:
        """Give a library another name; returns that, or raises QAError."""
        if self._rename is None:
            raise StorageError("no library can be renamed here.")
        with self._shut(name):
            return self._rename(name, new)

    def delete(self, name: str) -> None:
        """Delete a library; raises QAError."""
        if self._discard is None:
            raise StorageError("no library can be deleted here.")
        with self._shut(name):
            self._discard(name)
        self._discarded = name, self._clock()

    def restore(self) -> str:
        """Bring back the library that was deleted last; returns its name, or raises QAError."""
        if self._restore is None:
            raise StorageError("no library can be brought back here.")
        self._discarded = "", 0.0
        return self._restore()

    @property
    def just_deleted(self) -> str:
        """The name of a library that was deleted a moment ago; empty for none."""
        name, when = self._discarded
        return name if self._clock() - when < UNDO_OFFERED else ""

    def _load(self, model: str) -> Any:
        if model not in self.models:
            raise SourceError(f"there is no model {model!r} to choose.")
        return self._load_model(model)

    def _first_key(self) -> str:
        """The name that the first library has among all; empty while it is not open."""
        try:
            return self.first.call(lambda assistant: assistant.key)
        except NotReady:
            return ""

    @contextmanager
    def _shut(self, name: str) -> Iterator[None]:
        """Close a library while it is changed; a page that asks for it waits, and would open it again in the midst of it."""
        with self._changing:
            with self._lock:
                host = self._open.pop(name, None)
            if host:
                host.close()
            yield


def offer_models(first: str) -> dict[str, str]:
    """The models to choose from, by what `--model` chooses them by, with what they are called; `first` leads, whatever it is."""
    return {model: strings.MODELS.get(model, model) for model in dict.fromkeys((first, *strings.MODELS))}


PAGE_ROWS = 200
_LONGEST_NAME = 200  # characters of a name typed to filter by
LISTED_STATES = ("indexed", "pending", "failed", "excluded")


@dataclass(frozen=True, slots=True)
class Listing:
    """What is to be listed.

    Attributes:
        state: One of `LISTED_STATES`; empty for all.
        name: Part of a name or a title, in any case; empty for all.
        page: Counted from 0.
    """

    state: str = ""
    name: str = ""
    page: int = 0


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


class Numbers:
    """Numbers for what is neither shown to the browser nor taken from it, such as paths; none is used twice."""

    def __init__(self) -> None:
        """Begin with none given out."""
        self._lock = threading.Lock()
        self._changing = threading.Lock()  # held while a library is opened or changed
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
