"""The lock of a collection's folder, held while the collection is updated."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from index.errors import LockedError, StorageError

PATIENCE_SECONDS = 600
_LOOK_SECONDS = 0.2  # between two looks whether to give up waiting


@contextmanager
def hold_lock(
    folder: Path,
    *,
    patience: float = PATIENCE_SECONDS,
    on_notice: Callable[[str], None] | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[None]:
    """Lock a collection for writing, against other processes; the system unlocks it when this process ends in any way.

    While another process has the lock, calls `on_notice` with one line and waits.

    Raises:
        LockedError: It had the lock for `patience` seconds, or `stopped` returned True.
        StorageError: The folder cannot be written.
    """
    lock = FileLock(folder / "lock", mode=0o600)
    deadline = time.monotonic() + patience
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if on_notice and patience:
            on_notice("Another process is updating this collection; waiting for it.")
        while not lock.is_locked:
            if stopped() or time.monotonic() >= deadline:
                raise LockedError(f"another process is updating {folder}. Try again later.") from None
            with suppress(Timeout):
                lock.acquire(timeout=_LOOK_SECONDS)
    except OSError as error:
        raise StorageError(
            f"the collection {folder} cannot be updated: {error.strerror}. What it holds can still be searched."
        ) from error
    try:
        yield
    finally:
        lock.release()
