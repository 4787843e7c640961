"""The lock of a collection: whoever writes to it holds it, in one process at a time.

It is a file in the collection's folder; the system frees it when its holder ends, however that ends.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import StorageError

LOCK_SECONDS = 600
LOOK_SECONDS = 0.5  # between two looks whether to give up


@contextmanager
def hold_lock(
    folder: Path,
    *,
    patience: float = LOCK_SECONDS,
    on_notice: Callable[[str], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[None]:
    """Hold the lock of a collection.

    Args:
        folder: The collection's.
        patience: Seconds to wait for another process.
        on_notice: Called with one line when it has to be waited for.
        stopped: Asked while waiting; where it says so, waiting is given up.

    Raises:
        StorageError: Another process holds it for longer than that, or waiting was given up.
    """
    lock = FileLock(folder / "lock", mode=0o600)
    deadline = time.monotonic() + patience
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if on_notice and patience:
            on_notice("Another process is updating this collection; waiting for it.")
        _wait(lock, deadline, stopped, folder)
    try:
        yield
    finally:
        lock.release()


def _wait(lock: FileLock, deadline: float, stopped: Callable[[], bool], folder: Path) -> None:
    while not stopped() and time.monotonic() < deadline:
        try:
            lock.acquire(timeout=LOOK_SECONDS)
        except Timeout:
            continue
        return
    raise StorageError(f"another process is updating {folder}. Try again later.")
