"""Processes that are forked from one that has imported all they need, so that they begin to work within milliseconds."""

import multiprocessing
import os
import subprocess
import sys
from multiprocessing import forkserver

import pytest

from qa.web.server import ENVIRONMENT

# There is one server that forks, whichever test comes first; the processes import pytest as their main module.
CHAT = "openvino qa.assistant qa.cli.chat qa.web.app".split()
TARGETS = "kill_target batch_target chat_target".split()


def forks():
    """Whether this system can fork a process that starts clean."""
    return "forkserver" in multiprocessing.get_all_start_methods()


def prepare_forks():
    """Import what is run once, for all the processes to come; returns what makes them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", *CHAT, *TARGETS])
    with pytest.MonkeyPatch.context() as patched:
        # Before Python 3.13 the server has no other path, and leaves out what it does not find.
        patched.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        for name, value in ENVIRONMENT.items():  # which has to be set before Gradio is imported
            patched.setenv(name, value)
        forkserver.ensure_running()
    return context


class Fork:
    """Runs a function in a forked process; used like `subprocess.Popen`."""

    def __init__(self, function, *arguments):
        """Start it."""
        self._process = prepare_forks().Process(target=function, args=arguments)
        self._process.start()
        self.pid = self._process.pid

    def poll(self):
        """Returns the exit code; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout):
        """Wait for its end; returns the exit code."""
        self._process.join(timeout)
        if self.poll() is None:
            raise subprocess.TimeoutExpired("a forked process", timeout)
        return self.poll()

    def send_signal(self, number):
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self):
        """End it by SIGTERM."""
        self._process.terminate()

    def kill(self):
        """End it by SIGKILL."""
        self._process.kill()
