"""Workers that are actors on a Ray cluster, which may have many computers.

Ray is never started here: a cluster started for one program would listen on all addresses of this computer, and processes of this
computer do the same without.
"""

import os
import socket
import warnings
from concurrent.futures import Future
from importlib.util import find_spec
from typing import Any

from index.errors import WorkerError
from index.executors.pool import Doer

CONNECT_SECONDS = 10.0
SETTINGS = {
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # else it prints on standard output what workers died of
    "RAY_NUM_REDIS_GET_RETRIES": "1",  # else it tries a cluster that is gone for many minutes
}
INSTALL = "pip install 'qa-verbatim[cluster]'"


def check_installed() -> None:
    """Raise WorkerError with the command that installs Ray where it is missing; import nothing."""
    if find_spec("ray") is None:
        raise WorkerError(f"workers on a Ray cluster need the package ray. Install it: {INSTALL}")


class RayCluster:
    """Start workers as actors, each with a processor of the cluster, spread over its computers."""

    def __init__(self, address: str, count: int = 0) -> None:
        """Connect to a cluster, for as long as this process runs; a connection that it has already is used again.

        Args:
            address: `ray://HOST:PORT`; or `ray`, the cluster that RAY_ADDRESS names or this computer is part of.
            count: How many workers are to run; 0 for one for each processor of the cluster.

        Raises:
            WorkerError: The cluster cannot be reached.
        """
        check_installed()
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        for name, value in SETTINGS.items():
            os.environ.setdefault(name, value)
        import ray

        self._ray: Any = ray
        try:
            if not ray.is_initialized():
                named = os.environ.get("RAY_ADDRESS", "auto") if address == "ray" else address
                _knock(named)
                with warnings.catch_warnings(action="ignore"):
                    ray.init(named, log_to_driver=False, logging_level="ERROR")
            self.count = count or max(1, int(ray.cluster_resources().get("CPU", 0)))
        except Exception as error:  # of many kinds
            raise WorkerError(_describe(address, error)) from error

    def start(self, make: bytes) -> "RayActor":
        """Start a worker."""
        options = {"num_cpus": 1, "scheduling_strategy": "SPREAD"}
        return RayActor(self._ray, self._ray.remote(Doer).options(**options).remote(make))

    def is_loss(self, error: BaseException) -> bool:
        """Whether an error says that a worker or its computer has ended by itself."""
        lost = self._ray.exceptions
        failed_to_begin = isinstance(error, lost.RayActorError) and error.actor_init_failed
        return isinstance(error, (lost.RayActorError, lost.ObjectLostError)) and not failed_to_begin


class RayActor:
    """A worker on a Ray cluster."""

    def __init__(self, ray: Any, actor: Any) -> None:
        """Wrap an actor."""
        self._ray, self._actor = ray, actor

    def ready(self) -> Future[Any]:
        """Call `Doer.ready`."""
        called: Future[Any] = self._actor.ready.remote().future()
        return called

    def submit(self, task: Any) -> Future[Any]:
        """Call `Doer.do`."""
        called: Future[Any] = self._actor.do.remote(task).future()
        return called

    def end(self) -> None:
        """End it, whatever it is at."""
        self._ray.kill(self._actor)


def _knock(address: str) -> None:
    """Raise OSError where nobody listens at an address; Ray would try it for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if port.isdecimal():
        socket.create_connection((host, int(port)), timeout=CONNECT_SECONDS).close()


def _describe(address: str, error: Exception) -> str:
    reason = next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
    if isinstance(error, ImportError):
        return f"{address} needs another package: {reason}. Install it: {INSTALL}"
    return (
        f"the Ray cluster {address} cannot be reached: {reason}. Start it with `ray start --head`, with the same versions of "
        "Python and Ray as here, and with the same token, if it has one (RAY_AUTH_MODE)."
    )
