"""Workers that are processes of this computer. They end with the process that started them, also when that is killed."""

import os
import signal
import threading
import time
from concurrent.futures import BrokenExecutor, Future
from typing import Any

from index.executors.pool import Doer

LOOK_SECONDS = 1.0  # between two looks of a process whether the one that started it is still there


class LocalProcesses:
    """Start workers as processes of this computer."""

    def __init__(self, count: int) -> None:
        """Take how many are to run."""
        self.count = count

    def start(self, make: bytes) -> "LocalProcess":
        """Start a worker."""
        return LocalProcess(make)

    def is_loss(self, error: BaseException) -> bool:
        """Whether an error says that a worker has ended by itself."""
        return isinstance(error, BrokenExecutor)


class LocalProcess:
    """A worker of this computer."""

    def __init__(self, make: bytes) -> None:
        """Start it."""
        # Unlike the processes of the standard library, these do not run the user's script anew.
        from loky.process_executor import ProcessPoolExecutor

        self.executor: Any = ProcessPoolExecutor(1, initializer=_begin, initargs=(make, os.getpid()))

    def ready(self) -> Future[Any]:
        """Be ready at once: what loky notes as the memory of a process is then that after the first task, with its models."""
        started: Future[Any] = Future()
        started.set_result(None)
        return started

    def submit(self, task: Any) -> Future[Any]:
        """Call `Doer.do`."""
        try:
            done: Future[Any] = self.executor.submit(_do, task)
        except BrokenExecutor as error:  # it has ended since
            done = Future()
            done.set_exception(error)
        return done

    def end(self) -> None:
        """End it, whatever it is at."""
        self.executor.shutdown(wait=True, kill_workers=True)


_process: dict[str, Doer] = {}  # in a worker


def _begin(make: bytes, parent: int) -> None:
    """Leave Ctrl-C to the process that started this one, and end where that is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _process["doer"] = Doer(make)
    if os.name == "posix":
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def _do(task: Any) -> tuple[Any, Exception | None]:
    return _process["doer"].do(task)
