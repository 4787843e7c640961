"""The folder of a running chat for uploads and batches, deleted at its end, or at the next start if the process was killed."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from filelock import FileLock, Timeout

_PREFIX = "chat-"


@contextmanager
def private_folder(parent: Path) -> Iterator[Path]:
    """Make a folder for this process alone, delete those of processes that were killed, and delete it at the end.

    Each process locks its own folder; the system unlocks it when the process ends in any way.

    Args:
        parent: Where they are made, such as a folder in the home folder. Where that cannot be written, the system's folder
            for temporary files is used.

    Yields:
        The folder, empty but for the lock, for its owner alone.
    """
    with ExitStack() as opened:
        try:
            folder = opened.enter_context(_locked_folder(parent))
        except OSError:
            folder = Path(opened.enter_context(TemporaryDirectory(prefix=_PREFIX)))
        yield folder


@contextmanager
def _locked_folder(parent: Path) -> Iterator[Path]:
    parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # One at a time, so that none is deleted between being made and being locked.
    with FileLock(parent / "lock", mode=0o600):
        _delete_abandoned(parent)
        folder = Path(mkdtemp(prefix=_PREFIX, dir=parent))
        lock = FileLock(folder / "lock", mode=0o600)
        lock.acquire()
    try:
        yield folder
    finally:
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)


def _delete_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        lock = FileLock(folder / "lock", mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)
