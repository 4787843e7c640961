"""Run a measurement in a Python process of its own, so that its memory and its caches are its own.

The process is told what to do in JSON on standard input, and writes what came of it as the last line of standard
output. An interruption of this process, as by Ctrl-C, ends it too.
"""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from index import QAError

# Whichever folder this runs from, the process finds the same modules as this one.
BEGIN = "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); "
TASKS = {
    "encoding": "qa.bench.encoding:measure_encoding",
    "pool": "qa.bench.synthetic_encoder:build_pool",
    "identity": "qa.bench.building:name_encoder",
    "build": "qa.bench.building:measure_build",
    "search": "qa.bench.searching:measure_search",
    "ask again": "qa.bench.searching:hash_answers",
    "plain": "qa.bench.plain:measure_plain",
    "plain index": "qa.bench.plain:write_plain_index",
}


class BenchmarkError(QAError):
    """Something could not be measured."""


def python_command(code: str, *arguments: str) -> list[str]:
    """The command that runs some Python code with this process's modules at hand; arguments are in `sys.argv[1:]`."""
    return [sys.executable, "-c", BEGIN + code, json.dumps(sys.path), *arguments]


def child_environment(**variables: str | Path) -> dict[str, str]:
    """The environment of a process: this one's, off the network, UTF-8, with some variables set."""
    fixed = {"HF_HUB_OFFLINE": "1", "PYTHONIOENCODING": "utf-8"}
    return {**os.environ, **fixed, **{name: str(value) for name, value in variables.items()}}


def run_apart(task: str, **arguments: Any) -> dict[str, Any]:
    """Run one of `TASKS` in a process of its own.

    Args:
        task: Which.
        arguments: Its arguments; paths as strings, all else as JSON takes it.

    Returns:
        What it returned.

    Raises:
        BenchmarkError: It failed; the message is its own where it failed for a known reason.
    """
    done = subprocess.run(
        python_command("from qa.bench.apart import perform; perform()"),
        input=json.dumps([task, arguments]),
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        env=child_environment(),
    )
    lines = done.stdout.strip().splitlines()
    try:
        outcome = json.loads(lines[-1])
    except (IndexError, ValueError):
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise BenchmarkError(f"measuring {task!r} failed: {said[-1]}") from None
    if "error" in outcome:
        raise BenchmarkError(outcome["error"])
    return outcome["result"]


def perform() -> None:
    """In that process: run the task named on standard input, and write what came of it."""
    task, arguments = json.load(sys.stdin)
    module, name = TASKS[task].split(":")
    try:
        outcome = {"result": getattr(import_module(module), name)(**arguments)}
    except QAError as error:
        outcome = {"error": str(error)}
    sys.stdout.write("\n" + json.dumps(outcome) + "\n")
