"""What can be done with the library in the page: list, add, remove, restore, read again, make another one.

Nothing the page sends is trusted: rows come as numbers this process gave out, and uploads as paths that have to lie in its own
folder. What was removed can be restored: a document of the person's own is only left out, and of one that was added in the page a
copy is kept until this process ends.
"""

import logging
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from index import DocumentStatus, QAError, SourceError
from qa.collections import default_sources, home_folder
from qa.web import strings
from qa.web.host import AssistantHost, NotReady
from qa.web.library.libraries import PAGE_ROWS, Libraries, Listing, Numbers, read_listing, read_number
from qa.web.library.uploads import check_limits, delete_uploads, describe_excess, find_uploads
from qa.web.library.view import (
    library_address,
    render_holdings,
    render_libraries,
    render_library,
    render_library_message,
)
from qa.web.ui.templates import render_message

KEPT_REMOVED = 20  # files that were added and removed again, of which a copy is kept to restore them


class LibraryHandlers:
    """The events of the library, each a method."""

    def __init__(self, host: AssistantHost, folder: Path, *, libraries: Libraries | None = None) -> None:
        """Serve one library.

        Args:
            host: The assistant, which may still be loading.
            folder: A private folder of this process; uploads come into `uploads` inside it.
            libraries: All there are; this one alone when omitted.
        """
        self.libraries = libraries or Libraries(host)
        self.host, self.uploads, self._removed = host, folder / "uploads", folder / "removed"
        self.numbers = Numbers()
        self._copies: dict[int, Path] = {}

    def render(self, listing: Listing | None = None) -> str:
        """The list of documents as HTML.

        Raises:
            NotReady: There is no assistant.
        """
        wanted = listing or Listing()
        found = self.host.call(
            lambda assistant: assistant.find_statuses(
                state=wanted.state, name=wanted.name, page=wanted.page, rows=PAGE_ROWS
            )
        )
        return render_library(found, wanted, self.numbers.number, read_only=self.libraries.read_only)

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
            documents = self.host.call(lambda assistant: assistant.holdings())
        except (QAError, NotReady) as error:
            return gr.skip(), render_message(str(error))
        return render_holdings(documents, arrival=secrets.token_hex(4)), render_message("")

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
            row = read_number(event, "row")
            copy = None if row is None else self._copies.pop(row, None)
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

    def create_library(self, event: gr.EventData) -> str:
        """Make an empty library, which the page then goes to.

        Args:
            event: With its `name`, and its `model` where there are several.

        Returns:
            The menu of libraries.
        """
        return self._manage(lambda: self.libraries.create(read_listing(event._data).name, _read_model(event)))

    def change_model(self, event: gr.EventData) -> str:
        """Give the library that the page shows another model; arguments and result as for `create_library`."""
        return self._manage(lambda: self.libraries.change_model(self._key(), _read_model(event)))

    def rename_library(self, event: gr.EventData) -> str:
        """Give the library that the page shows another name; arguments and result as for `create_library`."""
        return self._manage(lambda: self.libraries.rename(self._key(), read_listing(event._data).name))

    def delete_library(self) -> str:
        """Delete the library that the page shows, which then goes to the first; returns the menu of libraries."""

        def work() -> str:
            self.libraries.delete(self._key())
            return ""

        return self._manage(work)

    def restore_library(self) -> str:
        """Bring back the library that was deleted last, which the page then goes to; returns the menu of libraries."""
        return self._manage(self.libraries.restore)

    def add_example(self) -> str:
        """Add the document that comes with the program; returns the line under the upload."""

        def work() -> str:
            files = sorted(file for file in default_sources().iterdir() if file.is_file())
            self._change(lambda assistant: assistant.add_files(files))
            return render_library_message(strings.ADDED_ONE.format(name=files[0].name))

        return _attempt(work)

    def _manage(self, work: Callable[[], str]) -> str:
        """Change the libraries; `work` returns the name of the one to go to."""
        try:
            return self.render_menu(go=library_address(work()))
        except (QAError, NotReady) as error:
            return self.render_menu(alarm=str(error))
        except Exception:
            logging.getLogger(__name__).exception("the libraries could not be changed")
            return self.render_menu(alarm=strings.LIBRARY_ERROR)

    def _key(self) -> str:
        """The name of the library that the page shows; only one that is not the first can be changed."""
        if self.host is self.libraries.first:
            raise SourceError(strings.FIRST_LIBRARY)
        return self.host.call(lambda assistant: assistant.key)

    def render_menu(self, *, alarm: str = "", go: str = "") -> str:
        """The menu of libraries as HTML.

        Args:
            alarm: Why what was wanted could not be done.
            go: The address the page goes to.
        """
        try:
            current, model = self.host.call(lambda assistant: (assistant.key, assistant.model))
        except NotReady:
            current, model = "", ""
        is_first = self.host is self.libraries.first
        deleted = self.libraries.just_deleted
        return render_libraries(
            self.libraries.list(),
            current,
            own=not is_first,
            alarm=alarm,
            go=go,
            deleted=deleted,
            models=self.libraries.models,
            model=model,
            read_only=self.libraries.read_only,
        )

    def _change(self, change: Callable[..., Any]) -> None:
        """Change the collection, then have its index brought up to that behind the page."""

        def work(assistant: Any) -> None:
            change(assistant)
            assistant.refresh(wait=False)

        self.host.call(work)

    def _find(self, event: gr.EventData) -> tuple[int, DocumentStatus]:
        number = read_number(event, "row")
        path = self.numbers.key(number)
        status = self.host.call(lambda assistant: assistant.status(path) if path else None)
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


def _read_model(event: gr.EventData) -> str:
    """What the browser sent as the model's name; empty where it sent none."""
    data = event._data if isinstance(event._data, dict) else {}
    model = data.get("model")
    return model if isinstance(model, str) else ""


def _attempt(work: Callable[[], str]) -> str:
    """The line that says what was done, or why it was not."""
    try:
        return work()
    except (QAError, NotReady) as error:
        return render_library_message(str(error), alarm=True)
    except Exception:
        logging.getLogger(__name__).exception("the library could not be changed")
        return render_library_message(strings.LIBRARY_ERROR, alarm=True)
