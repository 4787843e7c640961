"""Follow the files of a collection, and update it in a background thread while others search it.

The watchdog library reports what the system sees at once. A change counts as complete when nothing more has happened for
a moment, so that a file still being written, or a folder being copied, is read once. A watcher reports only that
something has changed; an update finds out what. If the system watches no more folders, they are looked over every ten
seconds instead. A folder that is removed and made again is followed again. Files behind links that lead out of a folder
are not watched, nor are files elsewhere; the next update of any kind sees them.
"""

import atexit
import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.addresses import is_address
from index.collection import Collection
from index.errors import QAError
from index.progress import Progress
from index.sources import IGNORE_FILE, Selection
from index.update import UpdateReport

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent

WATCH_SECONDS = 10.0  # between two looks where the system cannot watch
RETRY_SECONDS = 10.0  # after a change that could not be reported, such as while a server is down
_LONGEST_DELAYS = 10  # delays after which a change is reported although the next has come already
_CHANGES = ("created", "modified", "moved", "deleted")  # reading a file is an event too, but changes nothing
_JOIN_SECONDS = 0.02
_ROUNDS = 5


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
            on_change: Called when something has changed, never twice at once; after a QAError, again after a while.
            own: The folder of added files, inside the collection's folder; nothing else in the latter counts, because
                every update changes it.
            delay: Seconds without a change that make a change complete.
            on_notice: Called with one line if the system cannot watch, or with that error.
        """
        self._on_change, self._delay = on_change, delay
        self._selection, self._own, self._notice = selection, own, on_notice or (lambda line: None)
        self._armed: dict[tuple[Path, bool], tuple[Any, Any]] = {}  # which folder it was, and its watch
        self._changed, self._stopped = threading.Event(), threading.Event()
        self._last, self._failed = 0.0, False
        self._observer = self._observe()
        self._thread = threading.Thread(target=self._run, name="watching", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching, and wait until the last report has returned."""
        self._stopped.set()
        self._changed.set()
        self._observer.stop()
        self._observer.join()
        self._thread.join()

    def _observe(self) -> Any:  # a watchdog BaseObserver
        from watchdog.observers import Observer
        from watchdog.observers.polling import PollingObserver

        observer: Any = Observer()
        try:
            self._arm(observer)
            observer.start()
        except OSError as error:
            reason = error.strerror or str(error)
            self._notice(
                f"The system watches no more folders ({reason}); looking for changes every {WATCH_SECONDS:.0f} s."
            )
            observer.unschedule_all()
            self._armed.clear()
            observer = PollingObserver(timeout=WATCH_SECONDS)
            self._arm(observer)
            observer.start()
        return observer

    def _arm(self, observer: Any) -> None:
        """Watch what is there now. A folder that was removed and made again is another one, which nobody watches yet."""
        ended = {emitter.watch for emitter in observer.emitters if not emitter.is_alive()} if self._armed else set()
        for _ in range(_ROUNDS):  # more may come while the first is being scheduled
            wanted = self._wanted()
            kept = {
                place: (identity, watch)
                for place, (identity, watch) in self._armed.items()
                if place in wanted and watch not in ended and identity == _identity(place[0])
            }
            for _, watch in (self._armed[place] for place in self._armed.keys() - kept.keys()):
                observer.unschedule(watch)
            missing = wanted.keys() - kept.keys()
            self._armed, ended = kept, set()
            for folder, recursive in sorted(missing):
                identity = _identity(folder)
                watch = observer.schedule(wanted[folder, recursive], str(folder), recursive=recursive)
                self._armed[folder, recursive] = (identity, watch)
            if not missing:
                return

    def _wanted(self) -> "dict[tuple[Path, bool], _Handler]":
        """The folders to watch, each with whether to watch the folders in it, and what to make of its events.

        Beside the folders themselves these are their parents, or what is left of the way to them, to see them come back.
        """
        paths = [path for path in self._selection.paths if not is_address(path)]
        roots = [Path(path).expanduser().resolve() for path in paths]
        names: dict[Path, set[str]] = {}
        for root in roots:
            while not root.parent.is_dir():
                root = root.parent
            names.setdefault(root.parent, set()).add(root.name)
        wanted = {
            (folder, False): _Handler(self._note, folder, names=frozenset(some)) for folder, some in names.items()
        }
        for folder in filter(Path.is_dir, roots):
            hidden, apart = self._selection.rules.hidden, self._own.parent
            wanted[folder, True] = _Handler(self._note, folder, hidden=hidden, apart=apart)
        if self._own.is_dir():
            wanted[self._own, False] = _Handler(self._note, self._own)
        return wanted

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
            with suppress(OSError):  # the next change tries again
                self._arm(self._observer)
            try:
                self._on_change()
            except QAError as error:
                if not self._failed:
                    self._notice(f"{error} Trying again every {RETRY_SECONDS:.0f} s.")
                self._failed = True
                if self._stopped.wait(RETRY_SECONDS):
                    return
                self._note()
            else:
                self._failed = False


class Repeater:
    """Do something again and again, in a background thread, until `stop`."""

    def __init__(self, work: Callable[[], None], seconds: float) -> None:
        """Start; between two times so many seconds pass."""
        self._work, self._seconds = work, seconds
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="repeating", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait until the last time has ended."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            with suppress(QAError):
                self._work()


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


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
        atexit.register(self.stop)  # native code that Python leaves running as it ends aborts the process
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
        atexit.unregister(self.stop)

    def _notice(self, line: str) -> None:
        self._blocked.set()
        if self._on_notice:
            self._on_notice(line)

    def _report(self, progress: Progress) -> None:
        if self._stopped.is_set():
            raise UpdateStopped
        if self._on_progress:
            self._on_progress(progress)
