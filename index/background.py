"""Update a collection in a thread of its own, while others already search it."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from index.collection import Collection
from index.progress import Progress
from index.rules import Selection
from index.updating import UpdateReport

POLL_SECONDS = 0.02


class UpdateStopped(Exception):
    """The update was told to stop; what it has committed stays."""


class BackgroundUpdate:
    """An update of a collection, running in a thread, and again as often as it is told while it runs."""

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
        self._report: UpdateReport | None = None
        self._error: BaseException | None = None
        self._stopped = threading.Event()
        self._lock = threading.Lock()  # guards the next two
        self._wanted_again = self._ended = False
        self._thread = threading.Thread(target=self._run, name="indexing", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it is still at work."""
        return self._thread.is_alive()

    def repeat(self) -> bool:
        """Let it look at all files once more when it is through; returns False when it has ended already."""
        with self._lock:
            self._wanted_again = not self._ended
            return self._wanted_again

    def wait_searchable(self, patience: float) -> None:
        """Wait until the update is over, at most so many seconds, and then until the collection can be searched.

        Raises:
            QAError: The update failed.
        """
        self._thread.join(patience)
        while self.running and not self._collection.searchable:
            self._thread.join(POLL_SECONDS)
        if not self.running:
            self.finish()

    def finish(self) -> UpdateReport:
        """Wait for the end.

        Returns:
            What was done.

        Raises:
            QAError: The update failed.
            UpdateStopped: It was told to stop.
        """
        while self.running:
            self._thread.join(POLL_SECONDS)
        if self._error:
            raise self._error
        return self._report

    def stop(self) -> None:
        """Tell it to stop at its next step, and wait for that."""
        self._stopped.set()
        self._collection.stop_waiting()
        self._thread.join()

    def _run(self) -> None:
        again = True
        while again:
            self._error = None
            try:
                self._report = self._collection.update(
                    self._selection, on_progress=self._tell, on_notice=self._on_notice, live=True
                )
            except BaseException as error:  # handed to whoever waits
                self._error = error
            with self._lock:
                again = self._wanted_again and not self._stopped.is_set()
                self._wanted_again, self._ended = False, not again

    def _tell(self, progress: Progress) -> None:
        if self._stopped.is_set():
            raise UpdateStopped
        if self._on_progress:
            self._on_progress(progress)
