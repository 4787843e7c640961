"""Follow the files of a collection, and update it in a background thread while others search it.

The watchdog library reports what the system sees at once. A change counts as complete when nothing more has happened for
a moment, so that a file still being written, or a folder being copied, is read once. A watcher reports only that
something has changed; an update finds out what. If the system watches no more folders, they are looked over every ten
seconds instead. Files behind links that lead out of a folder are not watched; the next update of any kind sees them.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.collection import Collection
from index.progress import Progress
from index.sources import IGNORE_FILE, Selection
from index.update import UpdateReport

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent

WATCH_SECONDS = 10.0  # between two looks where the system cannot watch
_LONGEST_DELAYS = 10  # delays after which a change is reported although the next has come already
_CHANGES = ("created", "modified", "moved", "deleted")  # reading a file is an event too, but changes nothing
_JOIN_SECONDS = 0.02


class FileWatcher:
    """Watch files and folders, in background threads, until `stop`."""

    def __init__(
        self,
        selection: Selection,
        on_change: Callable[[], None],
        *,
        own: Path,
        delay: float = 1.0,
        on_notice: Callable[[str], None] | None = None,
    ) -> None:
        """Start watching.

        Args:
            selection: The files and folders, and whether hidden ones under them count.
            on_change: Called when something has changed, never twice at once.
            own: The folder of added files, inside the collection's folder; nothing else in the latter counts, because
                every update changes it.
            delay: Seconds without a change that make a change complete.
            on_notice: Called with one line if the system cannot watch.
        """
        self._on_change, self._delay = on_change, delay
        self._changed, self._stopped = threading.Event(), threading.Event()
        self._last = 0.0
        self._observer = self._observe(selection, own, on_notice or (lambda line: None))
        self._thread = threading.Thread(target=self._run, name="watching", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching, and wait until the last report has returned."""
        self._stopped.set()
        self._changed.set()
        self._observer.stop()
        self._observer.join()
        self._thread.join()

    def _observe(
        self, selection: Selection, own: Path, notice: Callable[[str], None]
    ) -> Any:  # a watchdog BaseObserver
        from watchdog.observers import Observer
        from watchdog.observers.polling import PollingObserver

        observer: Any = Observer()
        try:
            self._schedule(observer, selection, own)
            observer.start()
        except OSError as error:
            reason = error.strerror or str(error)
            notice(f"The system watches no more folders ({reason}); looking for changes every {WATCH_SECONDS:.0f} s.")
            observer.unschedule_all()
            observer = PollingObserver(timeout=WATCH_SECONDS)
            self._schedule(observer, selection, own)
            observer.start()
        return observer

    def _schedule(self, observer: Any, selection: Selection, own: Path) -> None:
        roots = [Path(path).expanduser().resolve() for path in selection.paths]
        for folder in dict.fromkeys(root for root in roots if root.is_dir()):
            handler = _Handler(self._note, folder, hidden=selection.rules.hidden, apart=own.parent)
            observer.schedule(handler, str(folder), recursive=True)
        files = [root for root in roots if not root.is_dir()]
        for folder in dict.fromkeys(file.parent for file in files):
            if not any(folder.is_relative_to(root) for root in roots):
                handler = _Handler(self._note, folder, names=frozenset(file.name for file in files))
                observer.schedule(handler, str(folder), recursive=False)
        if own.is_dir():
            observer.schedule(_Handler(self._note, own), str(own), recursive=False)

    def _note(self) -> None:
        self._last = time.monotonic()
        self._changed.set()

    def _run(self) -> None:
        while self._changed.wait() and not self._stopped.is_set():
            first = time.monotonic()
            while True:
                quiet = time.monotonic() - self._last
                if quiet >= self._delay or time.monotonic() - first >= _LONGEST_DELAYS * self._delay:
                    break
                if self._stopped.wait(self._delay - quiet):
                    return
            self._changed.clear()  # first: changes from here on are reported again
            self._on_change()


class _Handler:
    """Pick the events under one folder that count."""

    def __init__(
        self,
        note: Callable[[], None],
        folder: Path,
        *,
        hidden: bool = False,
        apart: Path | None = None,
        names: frozenset[str] | None = None,
    ) -> None:
        self._note, self._folder, self._hidden, self._apart, self._names = note, folder, hidden, apart, names

    def dispatch(self, event: "FileSystemEvent") -> None:
        """Take an event from one of watchdog's observers."""
        if event.event_type in _CHANGES and not (event.is_directory and event.event_type == "modified"):
            paths = [os.fsdecode(path) for path in (event.src_path, getattr(event, "dest_path", "")) if path]
            if any(self._counts(Path(path)) for path in paths):
                self._note()

    def _counts(self, path: Path) -> bool:
        if self._names is not None:
            return path.parent == self._folder and path.name in self._names
        if not path.is_relative_to(self._folder) or (self._apart and path.is_relative_to(self._apart)):
            return False
        inside = path.relative_to(self._folder).parts
        return self._hidden or all(not part.startswith(".") or part == IGNORE_FILE for part in inside)


class UpdateStopped(Exception):
    """The update was stopped; what it has committed stays."""


class BackgroundUpdate:
    """An update of a collection in a background thread; it runs again if that is asked for meanwhile."""

    def __init__(
        self,
        collection: Collection,
        selection: Selection | Iterable[str | Path],
        *,
        on_progress: Callable[[Progress], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> None:
        """Start; arguments as for `Collection.update`."""
        self._collection = collection
        self._selection = selection if isinstance(selection, Selection) else Selection(tuple(selection))
        self._on_progress, self._on_notice = on_progress, on_notice
        self._result: UpdateReport | BaseException
        self._stopped, self._blocked = threading.Event(), threading.Event()
        self._lock = threading.Lock()  # guards the next two
        self._wanted_again = self._ended = False
        self._thread = threading.Thread(target=self._run, name="indexing", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    def repeat(self) -> bool:
        """Have it look at all files once more at its end; return False if it has ended already."""
        with self._lock:
            self._wanted_again = not self._ended
            return self._wanted_again

    def wait_searchable(self, patience: float) -> None:
        """Wait `patience` seconds for the end, then until it can be searched; raise QAError if the update failed.

        While another process updates the collection, wait only until it can be searched.
        """
        deadline = time.monotonic() + patience
        while self.running:
            if (
                self._blocked.is_set()
                and not self._collection.searchable
                and self._collection.catalog.totals().documents
            ):
                self._collection.follow()
            if self._collection.searchable and (self._blocked.is_set() or time.monotonic() >= deadline):
                break
            self._thread.join(_JOIN_SECONDS)
        if not self.running:
            self.finish()

    def finish(self) -> UpdateReport:
        """Wait for the end, and return the report of the last run.

        Raises:
            QAError: The update failed.
            UpdateStopped: It was stopped.
        """
        while self.running:
            self._thread.join(_JOIN_SECONDS)
        if isinstance(self._result, BaseException):
            raise self._result
        return self._result

    def stop(self) -> None:
        """Stop it at its next step, and wait for that."""
        self._stopped.set()
        self._collection.stop_waiting()
        self._thread.join()

    def _run(self) -> None:
        again = True
        while again:
            try:
                self._result = self._collection.update(
                    self._selection, on_progress=self._report, on_notice=self._notice, live=True
                )
            except BaseException as error:  # raised again by `finish`
                self._result = error
            with self._lock:
                again = self._wanted_again and not self._stopped.is_set()
                self._wanted_again, self._ended = False, not again

    def _notice(self, line: str) -> None:
        self._blocked.set()
        if self._on_notice:
            self._on_notice(line)

    def _report(self, progress: Progress) -> None:
        if self._stopped.is_set():
            raise UpdateStopped
        if self._on_progress:
            self._on_progress(progress)
