"""A process that does one thing after the other for this one, within limits of time and memory.

It is started when it is first asked, and replaced after a failure and every so often. Every system limits the time. The
limits of memory and processor time need `resource`, which Windows lacks; macOS does not enforce the memory limit.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

_ENVIRONMENT = (
    *("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME"),  # where Python and libraries are
    *("LANG", "LC_ALL", "LC_CTYPE", "PYTHONUTF8", "TZ"),  # how names of files are encoded, and what day it is
    *("SYSTEMROOT", "USERPROFILE", "TEMP", "TMP"),  # without which Windows starts no program
)  # what a process inherits of the environment, in which there may be keys and passwords
_THREADS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_ENDING_SECONDS = 2.0  # that a process whose channel is closed may take to end
BUSY = 10  # times the processor time may pass, where other programs keep the processor busy or the process waits

_START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from {module} import {function}; {function}(int(sys.argv[2]))"


class Overdue(Exception):
    """The process took too long, or was stopped.

    Attributes:
        waited: The seconds that passed, where it was not the processor time that was used up; else None.
    """

    def __init__(self, waited: float | None = None) -> None:
        """Keep the seconds."""
        super().__init__()
        self.waited = waited


class Crashed(Exception):
    """The process ended, or what it said is no reply.

    Attributes:
        how: How it ended, in words.
        killed: Whether the system or a person ended it from outside.
    """

    def __init__(self, how: str, *, killed: bool = False) -> None:
        """Keep how it ended."""
        super().__init__(how)
        self.how, self.killed = how, killed


class Worker:
    """Asks a function that runs in another process.

    Attributes:
        process: The process; None before it is started.
        asked: How many times it was asked.
        memory: The bytes it may take beyond those it starts with.
        filtered: Whether the kernel's filter was in force when it last answered; None before.
    """

    def __init__(
        self,
        function: str,
        *,
        memory: int,
        most: int,
        stopped: Callable[[], bool],
        module: str = "index.parsers.worker",
    ) -> None:
        """Start nothing yet.

        Args:
            function: The function to run.
            memory: The bytes it may take.
            most: How many times one process is asked.
            stopped: Called every second while it works; what it is asked ends as `Overdue` when this returns True.
            module: Where the function is.
        """
        self._module, self._function, self._most, self._stopped = module, function, most, stopped
        self.memory = memory
        self.process: subprocess.Popen[bytes] | None = None
        self.asked = 0
        self.filtered: bool | None = None

    def prepare(self) -> None:
        """Start a process, or another one after a failure or many questions; call it before each new question.

        Raises:
            Crashed: The system starts none.
        """
        if self.process is None or self.process.poll() is not None or self.asked >= self._most:
            self.stop()
            try:
                self.process = _start(self._module, self._function, self.memory)
            except OSError as error:  # no more processes, or no memory for one
                raise Crashed(f"it cannot be started: {error.strerror}", killed=True) from error
            self.asked = 0
        self.asked += 1

    def ask(
        self, message: dict[str, Any], content: bytes = b"", *, seconds: float
    ) -> tuple[dict[str, Any], list[bytes]]:
        """Send a message to the process, and wait for its reply.

        Args:
            message: What is asked; it is given `seconds` too.
            content: What follows the message.
            seconds: The processor time it may take; where the system does not report that, elapsed time.

        Returns:
            The reply, and each part that follows it.

        Raises:
            Overdue: It took longer, or was stopped; the process is ended.
            Crashed: There is no process, or no whole reply came.
        """
        if self.process is None:
            raise Crashed("it was not started")
        process = self.process
        late: list[Overdue] = []
        done = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(process, seconds, late, done), daemon=True)
        watcher.start()
        try:
            assert process.stdin and process.stdout
            process.stdin.write(json.dumps({**message, "seconds": seconds}).encode() + b"\n" + content)
            process.stdin.flush()
            reply = json.loads(process.stdout.readline(self.memory))
            sizes = reply["sizes"]
            if min(sizes, default=0) >= 0 and sum(sizes) <= self.memory:  # more than it may hold is no reply of ours
                parts = [process.stdout.read(size) for size in sizes]
                if [len(part) for part in parts] == sizes:
                    self.filtered = reply["filtered"]
                    return reply, parts
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            pass  # the pipe or the reply is broken: said below
        finally:
            done.set()
            watcher.join()
        raise late[0] if late else _explain_end(process)

    def _watch(
        self, process: subprocess.Popen[bytes], seconds: float, late: list[Overdue], done: threading.Event
    ) -> None:
        """End a process that takes more than some seconds, unless it is done before, and note in `late` that it did."""
        began, started = _processor_seconds(process.pid), time.monotonic()
        while not done.wait(min(1.0, seconds)):
            used = _processor_seconds(process.pid)
            elapsed = time.monotonic() - started
            spent = elapsed if used is None or began is None else used - began
            if spent >= seconds or elapsed >= BUSY * seconds or self._stopped():
                late.append(Overdue(None if spent >= seconds else elapsed))
                process.kill()
                return

    def stop(self) -> None:
        """End the process, if there is one."""
        if self.process is not None:
            self.process.kill()
            assert self.process.stdin and self.process.stdout
            with suppress(OSError):  # what it did not take cannot be sent any more
                self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()
            self.process = None


def _explain_end(process: subprocess.Popen[bytes]) -> Overdue | Crashed:
    """Tell why a process sent no whole reply."""
    try:
        status = process.wait(_ENDING_SECONDS)
    except subprocess.TimeoutExpired:
        return Crashed("its reply cannot be read")
    if status >= 0:
        return Crashed(f"status {status}")
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    if name == "SIGXCPU":  # its own limit of processor time, which comes after that of this process
        return Overdue()
    return Crashed(name, killed=name in ("SIGKILL", "SIGTERM"))


def _processor_seconds(pid: int) -> float | None:
    """The processor time that a process has used; None where the system does not say."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def _start(module: str, function: str, memory: int) -> subprocess.Popen[bytes]:
    """Start a process that finds the modules that this process finds, and none in the current folder besides."""
    here = str(Path(__file__).resolve().parents[2])
    path = [here, *(entry for entry in sys.path if entry)]
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return subprocess.Popen(
        [
            sys.executable,
            "-P",
            "-B",
            "-c",
            _START.format(module=module, function=function),
            json.dumps(path),
            str(memory),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**kept, **_THREADS},
    )
