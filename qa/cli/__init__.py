"""The command line: `qa chat`, `ask`, `batch`, `index`, `collections` and more.

Answers go to standard output; notices, failures and progress to standard error. Exit codes: 0 success; 1 a known error,
in one line on standard error; 2 wrong usage, in one line too; 130 interrupted with Ctrl-C; 141 the output was closed (as by
`| head`). Modules that are slow to import are imported by the commands that need them.
"""

import io
import os
import sys
from collections.abc import Sequence

import click

from index import QAError
from qa.cli.commands import program
from qa.cli.usage import Command, describe_usage
from qa.text import visible_line

COMPLETE_VARIABLE = "_QA_COMPLETE"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command with the arguments after `qa`, or those of the process when omitted; return the exit code.

    Raises:
        SystemExit: With code 2 on wrong usage, 0 on `--help` and `--version`.
    """
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if instruction := os.environ.get(COMPLETE_VARIABLE):
        from click.shell_completion import shell_complete

        return shell_complete(program, {}, "qa", COMPLETE_VARIABLE, instruction)
    try:
        if not arguments:
            with program.make_context("qa", [], resilient_parsing=True) as context:
                print(context.get_help(), file=sys.stderr)
            raise SystemExit(2)
        with program.make_context("qa", list(arguments)) as context:
            code = int(program.invoke(context))
        sys.stdout.flush()
        return code
    except click.exceptions.Exit as done:
        raise SystemExit(done.exit_code) from None
    except click.UsageError as error:
        print(visible_line(describe_usage(error, f"qa {arguments[0]}")), file=sys.stderr)
        raise SystemExit(2) from None
    except QAError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        command = program.commands.get(arguments[0])
        return _fail(command.interrupted if isinstance(command, Command) else "interrupted", code=130)
    except BrokenPipeError:
        _silence_output()
        return 141
    except OSError as error:
        _silence_output()
        return _fail(str(error))


def _fail(message: str, *, code: int = 1) -> int:
    print(f"qa: {visible_line(message)}", file=sys.stderr)
    return code


def _silence_output() -> None:
    """Discard standard output: the rest of its buffer would fail again when Python exits."""
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())
