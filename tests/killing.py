"""Kill processes at random moments of their work."""

import random
import time
from contextlib import suppress

import pytest
from forking import prepare_forks

PATIENCE = 60  # seconds


class Killer:
    """Runs functions in processes, and kills each at any moment of its work.

    Attributes:
        killed: The number of processes that were killed before they ended.
    """

    def __init__(self, seed):
        """Import what is run once, for all the processes to come."""
        self._context = prepare_forks()
        self._chance, self._typical, self.killed = random.Random(seed), 0.15, 0

    def rounds(self, kills):
        """Count rounds, from 1, until so many processes were killed; others end before."""
        for number in range(1, 5 * kills):
            yield number
            if self.killed == kills:
                return
        pytest.fail(f"only {self.killed} processes of {number} were killed")

    def run(self, work, *arguments, after=0):
        """Run a function and kill it, soon after it has said so much; returns all it said.

        Args:
            work: Says things over the pipe that it is passed last, first of all that it begins.
            arguments: Come before the pipe.
            after: How often it says something after that, at least, unless it ends.
        """
        hear, tell = self._context.Pipe(duplex=False)
        process = self._context.Process(target=work, args=(*arguments, tell))
        process.start()
        tell.close()
        said = []
        with suppress(EOFError):
            while len(said) <= after:
                assert hear.poll(PATIENCE)
                said.append(hear.recv())
            started = time.monotonic()
            deadline = started + self._chance.uniform(0, self._typical)
            while (left := deadline - time.monotonic()) > 0 and hear.poll(left):
                said.append(hear.recv())
            process.kill()
            while True:
                said.append(hear.recv())
        process.join(PATIENCE)
        hear.close()
        assert process.exitcode in (0, -9)
        self.killed += process.exitcode == -9
        if process.exitcode:
            self._typical *= 1.02
        elif len(said) > after:  # it was too fast: kill earlier
            self._typical = 0.7 * self._typical + 0.3 * (time.monotonic() - started)
        return said
