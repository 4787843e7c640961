"""Questions go first: updates pause while somebody asks, in this process or another."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

from filelock import FileLock, Timeout

PAUSE_SECONDS = 3.0  # at most; an update then works for as long as it paused, however much is asked
_LOOK_SECONDS = 0.02


class Precedence:
    """Tells updates that questions are being answered, by a lock on a file, which the system takes back from a killed process."""

    def __init__(self, folder: str | Path) -> None:
        """Use the file `asking` of a folder. Where it cannot be written, or is missing, nothing pauses."""
        self._folder = Path(folder)
        self._lock = FileLock(self._folder / "asking", timeout=0, mode=0o600, thread_local=False)
        self._guard = threading.Lock()
        self._asking = 0  # threads of this process
        self._works_until = 0.0  # in seconds of the monotonic clock

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Have updates pause until leaving. One process at a time says so: while another does, this one need not."""
        with self._guard:
            self._asking += 1
            if self._asking == 1 and self._folder.is_dir():  # which the lock would make, open to others
                with suppress(Timeout, OSError):
                    self._lock.acquire()
        try:
            yield
        finally:
            with self._guard:
                self._asking -= 1
                if not self._asking:
                    self._lock.release()

    def give_way(self) -> None:
        """Wait while somebody asks, if this update has worked since for as long as it last waited."""
        began = monotonic()
        if began < self._works_until:
            return
        while self._is_asked() and monotonic() < began + PAUSE_SECONDS:
            sleep(_LOOK_SECONDS)
        ended = monotonic()
        self._works_until = ended + (ended - began)

    def _is_asked(self) -> bool:
        with self._guard:
            if self._asking or not self._folder.is_dir():
                return self._asking > 0
            try:
                self._lock.acquire()
            except Timeout:
                return True
            except OSError:
                return False
            self._lock.release()
            return False
