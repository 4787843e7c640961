"""What threads share: a lock that many hold at once to read, and one alone to change what they read; what each reads from."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


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


class UnderWay(threading.local):
    """What each thread reads from in its snapshot or transaction, and the version that it sees there, if that is known.

    Attributes:
        connection: To the database; None outside of both.
        version: What changes with each commit.
    """

    connection: Any = None
    version: object | None = None

    @contextmanager
    def on(self, connection: Any, version: object | None = None) -> Iterator[None]:
        """Read from a connection until leaving."""
        before = self.connection, self.version
        self.connection, self.version = connection, version
        try:
            yield
        finally:
            self.connection, self.version = before
