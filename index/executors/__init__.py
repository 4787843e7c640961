"""Do tasks here or in other processes of this computer: an executor gives each task its result all the same.

An executor makes what does the tasks once in each worker, for that is what takes long: it loads models.
"""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

from index.executors.pool import Pool

Do = Callable[[Any], Any]  # does one task


class Executor(Protocol):
    """Does tasks, each once at least, whatever becomes of the processes that do them.

    Attributes:
        ahead: How many tasks to submit ahead of their results, so that no worker waits; more only take memory.
    """

    @property
    def ahead(self) -> int: ...

    def submit(self, task: Any) -> Future[Any]:
        """Begin a task.

        The future raises what doing the task raises; WorkerError where workers end by themselves again and again, or
        cannot start.
        """
        ...

    def close(self) -> None:
        """End the workers, whatever they are at."""
        ...


class InProcess:
    """Does each task when it is submitted, without other processes."""

    ahead = 1

    def __init__(self, do: Do) -> None:
        """Take what does a task."""
        self._do = do

    def submit(self, task: Any) -> Future[Any]:
        """Do a task, and raise what that raises."""
        done: Future[Any] = Future()
        done.set_result(self._do(task))
        return done

    def close(self) -> None:
        """Do nothing."""


def open_executor(make: Callable[[], Do], workers: int) -> Executor:
    """Prepare workers, which start with the first tasks.

    Args:
        make: Makes what does the tasks, once in each worker, with its first task; it is pickled.
        workers: How many processes of this computer.

    Raises:
        WorkerError: `make` cannot be pickled.
    """
    from index.executors.local import LocalProcesses

    return Pool(make, LocalProcesses(workers))
