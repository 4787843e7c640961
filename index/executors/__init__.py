"""Do tasks here, in other processes of this computer, or on a Ray cluster: an executor gives each task its result all the same.

An executor makes what does the tasks once in each worker, for that is what takes long: it loads models. `workers` says where they
are: a number of processes of this computer, or the address of a cluster.
"""

import re
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Protocol

from index.executors.pool import Pool

Do = Callable[[Any], Any]  # does one task

_ADDRESS = re.compile(r"(?P<cluster>ray(?:://[^\s/?]+)?)(?:\?workers=(?P<workers>[1-9][0-9]*))?")


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


def open_executor(make: Callable[[], Do], workers: int | str) -> Executor:
    """Prepare workers, which start with the first tasks.

    Args:
        make: Makes what does the tasks, once in each worker, with its first task; it is pickled.
        workers: As `check_workers` takes it.

    Raises:
        ValueError: As `check_workers`.
        WorkerError: `make` cannot be pickled, or the cluster cannot be reached.
    """
    check_workers(workers)
    if isinstance(workers, int):
        from index.executors.local import LocalProcesses

        return Pool(make, LocalProcesses(workers))
    from index.executors.ray_cluster import RayCluster

    return Pool(make, RayCluster(*parse_address(workers)))


def check_workers(workers: int | str) -> None:
    """Check where workers are to be, without contacting anything.

    Args:
        workers: How many processes of this computer; or `ray://HOST:PORT`, a Ray cluster; or `ray`, the one that RAY_ADDRESS
            names or this computer is part of. `?workers=N` after it says how many, else there is one for each of its processors.

    Raises:
        ValueError: It is neither.
        WorkerError: The package for the cluster is not installed.
    """
    if isinstance(workers, str):
        from index.executors.ray_cluster import check_installed

        parse_address(workers)
        check_installed()
    elif workers < 1:
        raise ValueError(f"workers is {workers}. Pass 1 or more.")


def parse_address(text: str) -> tuple[str, int]:
    """Split the address of a cluster into that without the number of workers, and the number; 0 if it gives none.

    Raises:
        ValueError: It is not such an address.
    """
    found = _ADDRESS.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is neither a number nor an address such as ray://head:10001")
    return found["cluster"], int(found["workers"] or 0)
