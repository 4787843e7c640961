"""How far an update has come, how fast it is, and how long it will take."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from index.records import Totals


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an update has come.

    Attributes:
        documents: Files looked at.
        all_documents: Files to look at.
        name: The file being read, or read last.
        passages: Passages embedded so far by this update.
        all_passages: Passages it will embed; extrapolated while files are still being read.
        passages_per_second: Passages embedded in a second, over the whole update; 0 before the first.
        seconds_left: How long the rest will take at that speed; None while that is unknown.
    """

    documents: int
    all_documents: int
    name: str
    passages: int
    all_passages: int
    passages_per_second: float
    seconds_left: float | None


class ProgressMeter:
    """Count and report the steps of an update; its two threads share one meter."""

    def __init__(
        self,
        all_documents: int,
        totals: Callable[[], Totals],
        report: Callable[[Progress], None] | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start counting; `report` is called with each step, and an error it raises ends the update. `clock` gives seconds."""
        self._all_documents, self._totals, self._report, self._clock = all_documents, totals, report, clock
        self._lock = threading.Lock()
        self._stopped = False
        self._documents = self._passages = 0
        self._name = ""
        self._started: float | None = None

    def reading(self, name: str) -> None:
        """Note that a file is about to be read."""
        self._step(name=name)

    def read(self) -> None:
        """Note that a file has been looked at, and written if it was new."""
        self._step(documents=1)

    def embedded(self, passages: int) -> None:
        """Note that some passages have been embedded and written."""
        self._step(passages=passages)

    def waiting(self) -> None:
        """Note that the work goes on elsewhere, so that it can be ended meanwhile."""
        self._step()

    def stop(self) -> None:
        """Make the next step raise `Abandoned`, so that the thread that takes it ends."""
        self._stopped = True

    def _step(self, *, name: str | None = None, documents: int = 0, passages: int = 0) -> None:
        with self._lock:
            if self._stopped:
                raise Abandoned
            self._name = self._name if name is None else name
            self._documents += documents
            self._passages += passages
            if self._started is None:
                self._started = self._clock()
            if self._report:
                speed = self._passages / max(1e-9, self._clock() - self._started)
                known = self._passages + self._totals().pending
                share = self._documents / max(1, self._all_documents)
                expected = known if share in (0, 1) else max(known, round(known / share))
                left = (expected - self._passages) / speed if speed and share else None
                counts = (self._documents, self._all_documents, self._name, self._passages)
                self._report(Progress(*counts, expected, round(speed, 1), left))


class Abandoned(Exception):
    """The other thread of the update has failed; its error is the one to report."""
