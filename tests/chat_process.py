"""`qa chat` in a process that is forked: one of its own would take seconds to import what it needs."""

import atexit
import faulthandler
import os
import sys

from qa.cli import main


def run_chat(arguments, environment, log):
    """Run the command with its arguments and environment, its output in a file."""
    os.environ.clear()
    os.environ.update(environment)
    with open(log, "wb") as output:
        for stream in (sys.stdout, sys.stderr):
            os.dup2(output.fileno(), stream.fileno())
    faulthandler.enable()
    try:
        sys.exit(main(arguments))
    finally:
        atexit._run_exitfuncs()  # which a forked process leaves out, before Python 3.13
