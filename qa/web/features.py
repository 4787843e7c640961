"""The features of the page, once for each library, and the events that find those of the library that a page shows."""

import inspect
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any, get_type_hints

import gradio as gr

from index import Originals
from qa.conversations import Conversations
from qa.kept import KeptQuotes
from qa.web import strings
from qa.web.batches.events import BatchHandlers
from qa.web.batches.jobs import Batches
from qa.web.chat.events import Handlers
from qa.web.chat.suggestions import Suggesting
from qa.web.conversations.events import ConversationHandlers
from qa.web.conversations.keeping import Keeping
from qa.web.host import AssistantHost
from qa.web.kept.events import KeptHandlers
from qa.web.library.events import LibraryHandlers
from qa.web.library.libraries import Libraries
from qa.web.status import Following
from qa.web.viewer.events import ViewerEvents


@dataclass(frozen=True, slots=True)
class Features:
    """The features of the page over one library, each with its events."""

    host: AssistantHost
    chat: Handlers
    library: LibraryHandlers
    conversations: ConversationHandlers
    kept: KeptHandlers
    status: Following
    suggesting: Suggesting
    viewer: ViewerEvents
    batches: BatchHandlers


class LibraryFeatures:
    """Makes the features of a library when a page first needs them."""

    def __init__(
        self,
        libraries: Libraries,
        folder: Path,
        *,
        originals: Originals,
        batches: Batches,
        store: Conversations | None = None,
        kept: KeptQuotes | None = None,
        privacy: str = strings.PRIVATE,
    ) -> None:
        """Make those of the first library.

        Args:
            libraries: Those there are.
            folder: A private folder of this process; see `LibraryHandlers`.
            originals: Show documents as themselves.
            batches: The lists of questions of all libraries.
            store: Where conversations are kept; None: nowhere.
            kept: Where quotes are kept; None: nowhere.
            privacy: What leaves the computer, as a sentence.
        """
        self.libraries = libraries
        self._folder, self._originals, self._batches, self._store = folder, originals, batches, store
        self._kept = kept
        self._privacy, self._lock = privacy, threading.Lock()
        self._made: list[Features] = []
        self.first = self._of(libraries.first)

    def find(self, request: gr.Request | None) -> Features:
        """Those of the library that the page of a request shows."""
        return self._of(self.libraries.find(dict(request.query_params) if request else {}))

    def _of(self, host: AssistantHost) -> Features:
        with self._lock:
            made = next((features for features in self._made if features.host is host), None)
            if made is None:
                made = self._make(host)
                self._made = [*(each for each in self._made if self.libraries.is_open(each.host)), made]
            return made

    def _make(self, host: AssistantHost) -> Features:
        keeping = Keeping(host, self._store, self._kept)
        library = LibraryHandlers(host, self._folder, libraries=self.libraries)
        chat, status = Handlers(host, keeping), Following(host, library, privacy=self._privacy)
        viewer = ViewerEvents(host, self._originals, query=self.libraries.query_of(host))
        return Features(
            host,
            chat,
            library,
            ConversationHandlers(keeping),
            KeptHandlers(keeping, viewer),
            status,
            Suggesting(chat, status.suggestions),
            viewer,
            BatchHandlers(self._batches, library),
        )

    def event(self, name: str) -> Callable[..., Any]:
        """An event that calls a method of the features of the library that the page shows.

        Args:
            name: The feature and its method, such as "library.add".

        Returns:
            A function of the method's kind (plain, generator, or asynchronous generator) and with its arguments, and with
            the request, by which Gradio knows what to call it with.
        """
        pick: Callable[[Features], Callable[..., Any]] = attrgetter(name)
        method = pick(self.first)
        parameters = [
            each for each in inspect.signature(method).parameters.values() if each.kind is each.POSITIONAL_OR_KEYWORD
        ]
        hints = get_type_hints(method)
        names = [each.name for each in parameters]
        takes = "request" in names
        if not takes:
            parameters.append(inspect.Parameter("request", inspect.Parameter.POSITIONAL_OR_KEYWORD))
            hints["request"] = gr.Request
        at = names.index("request") if takes else len(names)

        def bind(arguments: tuple[Any, ...]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
            features = self.find(arguments[at])
            return pick(features), arguments if takes else (*arguments[:at], *arguments[at + 1 :])

        def run(*arguments: Any) -> Any:
            chosen, given = bind(arguments)
            return chosen(*given)

        def run_generator(*arguments: Any) -> Iterator[Any]:
            chosen, given = bind(arguments)
            yield from chosen(*given)

        async def run_async_generator(*arguments: Any) -> AsyncIterator[Any]:
            chosen, given = bind(arguments)
            async for each in chosen(*given):
                yield each

        event: Any = run
        if inspect.isasyncgenfunction(method):
            event = run_async_generator
        elif inspect.isgeneratorfunction(method):
            event = run_generator
        event.__signature__ = inspect.Signature(parameters)
        event.__annotations__ = {name: hints[name] for name in hints if name != "return"}
        event.__name__ = method.__name__
        return event  # type: ignore[no-any-return]
