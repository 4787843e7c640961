"""A lock that many threads hold at once to read, and one alone to change what they read."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class SharedLock:
    """Held by many threads at once, or by one alone; who waits to have it alone comes before those who come later."""

    def __init__(self) -> None:
        """Nobody holds it."""
        self._changed = threading.Condition()
        self._sharing = self._waiting = 0
        self._alone: int | None = None  # the thread that has it alone

    @property
    def holders(self) -> int:
        """How many threads share it."""
        return self._sharing

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Wait while a thread has it alone, or waits for that; a thread that has it alone may share it with itself."""
        if self._alone == threading.get_ident():
            yield
            return
        with self._changed:
            self._changed.wait_for(lambda: self._alone is None and not self._waiting)
            self._sharing += 1
        try:
            yield
        finally:
            with self._changed:
                self._sharing -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other thread holds it. A thread may take it again, but not while it shares it."""
        if self._alone == threading.get_ident():
            yield
            return
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: self._alone is None and not self._sharing)
                self._alone = threading.get_ident()
            finally:
                self._waiting -= 1
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._alone = None
                self._changed.notify_all()
