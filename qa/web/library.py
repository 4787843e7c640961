"""What can be done with the library in the page: list, add, remove, restore, index anew, open another collection.

As in `handlers.py`, nothing the page sends is trusted: rows and collections come as numbers this process gave out, and
uploads as paths that have to lie in its own folder. What was removed can be restored: a document of the person's own
is only left out, and of one that was added in the page a copy is kept until this process ends.
"""

import logging
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from index import DocumentStatus, QAError, SourceError
from qa.collections import home_folder
from qa.web import strings
from qa.web.frame import render_message
from qa.web.holdings import render_holdings
from qa.web.host import AssistantHost, NotReady
from qa.web.library_view import render_library, render_library_message
from qa.web.listing import Listing, Numbers, read_listing, read_number, select
from qa.web.uploads import check_limits, delete_uploads, describe_excess, find_uploads

KEPT_REMOVED = 20  # files that were added and removed again, of which a copy is kept to restore them


class LibraryHandlers:
    """The events of the library, each a method."""

    def __init__(self, host: AssistantHost, folder: Path) -> None:
        """Serve the library of one page.

        Args:
            host: The assistant, which may still be loading.
            folder: A private folder of this process; uploads come into `uploads` inside it.
        """
        self.host, self.uploads, self._removed = host, folder / "uploads", folder / "removed"
        self.numbers = Numbers()
        self._copies: dict[int, Path] = {}

    def render(self, listing: Listing | None = None) -> str:
        """The list of documents as HTML.

        Raises:
            NotReady: There is no assistant.
        """
        statuses, current = self.host.call(lambda assistant: (assistant.statuses(), assistant.key))
        selection = select(statuses, listing or Listing())
        return render_library(selection, self.numbers.number, collections=self._collections(), current=current)

    def show(self, event: gr.EventData) -> tuple[Any, ...]:
        """List documents.

        Args:
            event: With `state`, `name` and `page`, as in `Listing`.

        Returns:
            Panel and message.
        """
        try:
            return self.render(read_listing(event._data)), render_message("")
        except (QAError, NotReady) as error:
            return gr.skip(), render_message(str(error))

    def renew(self, event: gr.EventData) -> Any:
        """List the same documents as they are now; returns the panel."""
        try:
            return self.render(read_listing(event._data))
        except (QAError, NotReady):
            return gr.skip()

    def show_holdings(self) -> tuple[Any, ...]:
        """Draw what the library holds.

        Returns:
            Panel and message.
        """
        try:
            statuses = self.host.call(lambda assistant: assistant.statuses())
        except (QAError, NotReady) as error:
            return gr.skip(), render_message(str(error))
        return render_holdings(statuses, arrival=secrets.token_hex(4)), render_message("")

    def add(self, sent: Any) -> tuple[Any, ...]:
        """Add the files that were sent, and delete the copies they came in.

        Args:
            sent: What the upload's event holds: a list of paths, if it comes from the page.

        Returns:
            Nothing, for the upload itself; and the line under it.
        """
        files: tuple[Path, ...] = ()

        def work() -> str:
            nonlocal files
            files = find_uploads(sent, self.uploads)
            wanted = check_limits(files)
            self._change(lambda assistant: assistant.add_files(wanted))
            count = f"{len(wanted):,}"
            one = strings.ADDED_ONE.format(name=wanted[0].name)
            return render_library_message(one if len(wanted) == 1 else strings.ADDED.format(count=count))

        line = _attempt(work)
        delete_uploads(files, self.uploads)
        return None, line

    def refuse(self, event: gr.EventData) -> str:
        """Say why files were not even sent; the page's script knows the limits.

        Args:
            event: With `count`, how many files; `largest` and `together`, bytes; and the `name` of the largest.

        Returns:
            The line under the upload.
        """
        count, largest, together = (read_number(event, key) or 0 for key in ("count", "largest", "together"))
        name = read_listing(event._data).name
        return render_library_message(describe_excess(count, name, largest, together), alarm=True)

    def remove(self, event: gr.EventData) -> tuple[Any, ...]:
        """Remove a document, in such a way that it can be restored.

        Args:
            event: With `row`, its number; and as for `show`, so that the list stays where it is.

        Returns:
            Panel and line.
        """

        def work() -> str:
            number, status = self._find(event)
            added = Path(status.path).is_relative_to(home_folder().resolve())
            if added:
                self._keep_copy(number, Path(status.path))
            self._change(lambda assistant: assistant.remove(status.path))
            said = strings.REMOVED if added else strings.LEFT_OUT
            can_restore = (number, status.source) if not added or number in self._copies else None
            return render_library_message(said.format(name=status.source), restore=can_restore)

        line = _attempt(work)
        return self.renew(event), line

    def restore(self, event: gr.EventData) -> tuple[Any, ...]:
        """Take a document back that was removed; arguments and result as for `remove`."""

        def work() -> str:
            copy = self._copies.pop(read_number(event, "row"), None)
            if copy is None:
                _, status = self._find(event)
                self._change(lambda assistant: assistant.restore(status.path))
                return render_library_message(strings.RESTORED.format(name=status.source))
            self._change(lambda assistant: assistant.add_files((copy,)))
            delete_uploads([copy], self._removed)
            return render_library_message(strings.RESTORED.format(name=copy.name))

        line = _attempt(work)
        return self.renew(event), line

    def reindex(self, event: gr.EventData) -> tuple[Any, ...]:
        """Look at all documents again; arguments and result as for `show`, with the line instead of the message."""

        def work() -> str:
            self._change(lambda assistant: None)
            return render_library_message(strings.REINDEXING)

        line = _attempt(work)
        return self.renew(event), line

    def switch(self, event: gr.EventData) -> Iterator[tuple[Any, ...]]:
        """Open another collection; the conversation, which is about the one before, is cleared once it is open.

        Args:
            event: With `collection`, its number.

        Yields:
            Turns, chat, picker, panel and line.
        """
        name = self.numbers.key(read_number(event, "collection"))
        if name not in [collection.name for collection in self._collections()]:
            yield *[gr.skip()] * 4, render_library_message(strings.NO_COLLECTION, alarm=True)
            return
        yield *[gr.skip()] * 4, render_library_message(strings.OPENING_COLLECTION.format(name=name))
        panel: Any = gr.skip()

        def work() -> str:
            nonlocal panel
            before = self.host.call(lambda assistant: assistant.name)
            if name == before:
                return render_library_message("")
            self.host.switch(name)
            panel = self.render()
            return render_library_message(strings.COLLECTION_OPENED.format(name=name, before=before))

        line = _attempt(work)
        if panel == gr.skip():
            yield *[gr.skip()] * 4, line
            return
        delete_uploads(list(self._copies.values()), self._removed)
        self._copies.clear()
        yield (), [], gr.update(value=[]), panel, line

    def _change(self, change: Callable[..., Any]) -> None:
        """Change the collection, then have its index brought up to that behind the page."""

        def work(assistant: Any) -> None:
            change(assistant)
            assistant.refresh(wait=False)

        self.host.call(work)

    def _find(self, event: gr.EventData) -> tuple[int, DocumentStatus]:
        number = read_number(event, "row")
        path = self.numbers.key(number)
        statuses = self.host.call(lambda assistant: assistant.statuses())
        status = next((status for status in statuses if status.path == path), None)
        if number is None or status is None:
            raise SourceError(strings.NOT_THERE)
        return number, status

    def _keep_copy(self, number: int, file: Path) -> None:
        """Keep a copy of a file that is about to be deleted, and let go of the oldest; a file that is gone has none."""
        folder = self._removed / secrets.token_hex(8)
        folder.mkdir(mode=0o700, parents=True)
        try:
            shutil.copyfile(file, folder / file.name)
        except OSError:
            folder.rmdir()
            return
        self._copies[number] = folder / file.name
        while len(self._copies) > KEPT_REMOVED:
            oldest = next(iter(self._copies))
            delete_uploads([self._copies.pop(oldest)], self._removed)

    def _collections(self) -> Sequence[Any]:
        try:
            return self.host.list_collections()
        except QAError:
            return ()


def _attempt(work: Callable[[], str]) -> str:
    """The line that says what was done, or why it was not."""
    try:
        return work()
    except (QAError, NotReady) as error:
        return render_library_message(str(error), alarm=True)
    except Exception:
        logging.getLogger(__name__).exception("the library could not be changed")
        return render_library_message(strings.LIBRARY_ERROR, alarm=True)
