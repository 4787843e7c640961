"""Hand out tasks to workers, and give those that were lost with a worker to another one."""

import platform
import threading
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pickle import PicklingError, loads
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from index.errors import QAError, WorkerError

AHEAD = 4  # tasks for each worker that are submitted before the result of the first is needed
IN_HAND = 2  # tasks that a worker has at once, so that it need not wait for the next one
PATIENCE = 3  # times that a task is given out again, and that workers fail to start in a row
START_SECONDS = 600.0  # without any worker, after which tasks are given up; a cluster may have to start computers first


class Worker(Protocol):
    """A process with one `Doer`, which does tasks one after the other."""

    def ready(self) -> Future[Any]:
        """Wait until it can be given tasks."""
        ...

    def submit(self, task: Any) -> Future[Any]:
        """Call `Doer.do`."""
        ...

    def end(self) -> None:
        """End it, whatever it is at."""
        ...


class Engine(Protocol):
    """Where workers run.

    Attributes:
        count: How many are to run.
    """

    @property
    def count(self) -> int: ...

    def is_loss(self, error: BaseException) -> bool:
        """Whether an error of a worker's future says that the worker has ended by itself, or its computer has."""
        ...

    def start(self, make: bytes) -> Worker:
        """Start a worker with `Doer(make)`."""
        ...


class Doer:
    """In a worker: do tasks with what a pickled function makes, which is called with the first of them."""

    def __init__(self, make: bytes) -> None:
        """Take the function."""
        self._make = make
        self._do: Callable[[Any], Any] | None = None

    def ready(self) -> None:
        """Show that the process has started."""

    def do(self, task: Any) -> tuple[Any, Exception | None]:
        """Do a task; return its result, or the error."""
        try:
            if self._do is None:
                self._do = _load(self._make)()
            return self._do(task), None
        except Exception as error:
            if not isinstance(error, QAError):
                error.add_note(traceback.format_exc())
            return None, error


def _load(make: bytes) -> Callable[[], Callable[[Any], Any]]:
    try:
        loaded: Callable[[], Callable[[Any], Any]] = loads(make)
    except ImportError as error:
        here = platform.node()
        raise WorkerError(f"{here} lacks what its workers need: {error}. Install the same packages on it.") from error
    return loaded


class _Job:
    """A task that was submitted."""

    def __init__(self, task: Any) -> None:
        self.task, self.lost = task, 0
        self.future: Future[Any] = Future()


class Pool:
    """An `Executor` over the workers of an engine. One thread knows what each worker is at; all else sends it steps to take."""

    def __init__(self, make: Callable[[], Callable[[Any], Any]], engine: Engine) -> None:
        """Prepare to start workers, which takes place with the first tasks; arguments and errors as for `open_executor`."""
        import cloudpickle

        try:
            self._make: bytes = cloudpickle.dumps(make)
        except (TypeError, AttributeError, PicklingError) as error:
            reason = f"the encoder or the reader cannot be handed to other processes: {error}. Use one worker."
            raise WorkerError(reason) from error
        self._engine = engine
        self._waiting: deque[_Job] = deque()  # for a worker
        self._at: dict[Worker, list[_Job]] = {}  # what each worker that has started is at
        self._starting: set[Worker] = set()
        self._failed = 0  # starts, since the last that did not
        self._steps: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="workers", daemon=True)
        self._thread.start()

    @property
    def ahead(self) -> int:
        """How many tasks to submit ahead of their results."""
        return AHEAD * self._engine.count

    def submit(self, task: Any) -> Future[Any]:
        """Begin a task, as `Executor.submit` says."""
        job = _Job(task)
        self._steps.put(partial(self._waiting.append, job))
        return job.future

    def close(self) -> None:
        """End the workers, whatever they are at."""
        self._steps.put(None)
        self._thread.join()
        for worker in (*self._at, *self._starting):
            worker.end()
        for job in self._jobs():
            job.future.cancel()

    def _jobs(self) -> list[_Job]:
        return [*self._waiting, *(job for jobs in self._at.values() for job in jobs)]

    def _run(self) -> None:
        while True:
            idle = bool(self._waiting) and not self._at
            try:
                step = self._steps.get(timeout=START_SECONDS if idle else None)
                if step is None:
                    return
                step()
                self._start_workers()
                self._hand_out()
            except Empty:
                reason = f"no worker has started in {START_SECONDS / 60:.0f} minutes. Are all processors of the cluster in use?"
                self._give_up(WorkerError(reason))
            except Exception as error:
                self._give_up(error)

    def _start_workers(self) -> None:
        wanted = min(self._engine.count, len(self._jobs()))
        while self._failed <= PATIENCE and len(self._at) + len(self._starting) < wanted:
            worker = self._engine.start(self._make)
            self._starting.add(worker)
            self._when_done(worker.ready(), partial(self._started, worker))

    def _started(self, worker: Worker, future: Future[Any]) -> None:
        self._starting.discard(worker)
        error = future.exception()
        if error is None:
            self._at[worker], self._failed = [], 0
            return
        worker.end()
        self._failed += 1
        if not self._engine.is_loss(error) or (self._failed > PATIENCE and not self._at):
            self._give_up(error)

    def _hand_out(self) -> None:
        while self._waiting and self._at:
            worker, jobs = min(self._at.items(), key=lambda item: len(item[1]))
            if len(jobs) == IN_HAND:
                return
            jobs.append(self._waiting.popleft())
            self._when_done(worker.submit(jobs[-1].task), partial(self._done, worker, jobs[-1]))

    def _done(self, worker: Worker, job: _Job, future: Future[Any]) -> None:
        if job in self._at.get(worker, ()):
            self._at[worker].remove(job)
        error = future.exception()
        if job.future.done():  # given up
            return
        if error is None:
            result, raised = future.result()
            if raised is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(raised)
        elif not self._engine.is_loss(error):
            job.future.set_exception(_translate(error))
        else:
            if self._at.pop(worker, None) is not None:  # the futures of all that it was at fail
                worker.end()
            job.lost += 1
            if job.lost <= PATIENCE:
                self._waiting.appendleft(job)
            else:
                advice = "Use fewer workers, then try again."
                job.future.set_exception(_translate(error, f"end by themselves, perhaps for want of memory. {advice}"))

    def _give_up(self, error: BaseException) -> None:
        """Fail everything that was submitted; what is submitted later is tried anew."""
        for job in self._jobs():
            job.future.set_exception(_translate(error))
        self._waiting.clear()
        self._at = {worker: [] for worker in self._at}
        self._failed = 0

    def _when_done(self, future: Future[Any], step: Callable[[Future[Any]], None]) -> None:
        future.add_done_callback(lambda done: self._steps.put(partial(step, done)))


def _translate(error: BaseException, fact: str = "") -> WorkerError:
    """Say that workers fail, as a `WorkerError` with the cause."""
    if isinstance(error, WorkerError):
        return error
    reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]  # the first lines may be a traceback
    translated = WorkerError(f"the workers {fact or f'cannot be used: {reason}'}")
    translated.__cause__ = error
    return translated
