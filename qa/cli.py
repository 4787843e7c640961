"""The command line: `qa chat`, `ask`, `batch`, `index`, `collections` and more. Parse, call, print.

Answers go to standard output; notices, failures and progress to standard error. Exit code 0: done; 1: a known
error, in one line on standard error; 2: wrong usage; 130: interrupted with Ctrl-C; 141: whoever read the output
stopped reading. What takes long to import is imported by the command that needs it.
"""

import argparse
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict

from index import QAError, QuestionError
from qa import measuring
from qa.arguments import parse_arguments
from qa.choosing import bundled_encoder, chosen_encoder, chosen_selection, notify_failures, open_assistant
from qa.notices import notify, show_progress
from qa.terminal import count, describe_answer, describe_change, describe_collections, name_first, visible_line


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: What stands behind `qa` on the command line; taken from there when omitted.

    Returns:
        The exit code.

    Raises:
        SystemExit: With code 2 on wrong usage, 0 on `--help`.
    """
    options = parse_arguments(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = COMMANDS[options.command](options)
        sys.stdout.flush()
        return code
    except QAError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail(options.interrupted, code=130)
    except BrokenPipeError:
        _silence_output()
        return 141
    except OSError as error:
        _silence_output()
        return _fail(str(error))


def _chat(options: argparse.Namespace) -> int:
    from qa.web.start import chat

    chat(
        options,
        chosen_selection(options),
        load_encoder=lambda: chosen_encoder(options),
        on_notice=notify,
        on_indexed=notify_failures,
    )
    return 0


def _ask(options: argparse.Namespace) -> int:
    try:
        options.question.encode("utf-8")
    except UnicodeEncodeError as error:
        raise QuestionError("the question is not UTF-8 text. Type it in a terminal that is set to UTF-8.") from error
    with open_assistant(options) as assistant:
        answer = assistant.ask(options.question)
    if options.json:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", errors="strict", newline="\n")
        print(json.dumps(answer.to_dict(), ensure_ascii=False))
    else:
        print(describe_answer(answer, emphasise=_shows_bold()))
    return 0


def _shows_bold() -> bool:
    """Whether standard output is a terminal that shows bold, and nobody asked for plain text."""
    return sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb" and not os.environ.get("NO_COLOR")


def _batch(options: argparse.Namespace) -> int:
    from qa.batch import answer_batch, check_files

    check_files(options.questions, options.output)
    with open_assistant(options) as assistant, show_progress("questions") as show:
        report = answer_batch(assistant, options.questions, options.output, on_progress=show, on_notice=notify)
    for row in report.not_answered:
        notify(f"line {row.line} not answered: {row.error}")
    notify(f"{report.answered} answered, {len(report.not_answered)} rows not answered")
    return 0


def _index(options: argparse.Namespace) -> int:
    if options.check:
        return _check(options)
    if options.rebuild:
        from qa.opening import rebuild_collection, select_sources
        from qa.places import home_folder

        options.selection = select_sources(chosen_selection(options))
        rebuild_collection(options.selection, chosen_encoder(options) or bundled_encoder(), home_folder())
    with open_assistant(options) as assistant:
        report, scope = assistant.report, assistant.scope
    print(f"{count(scope.documents, 'document')}, {count(scope.passages, 'passage')}")
    print(
        f"{report.added} new, {report.changed} changed, {report.removed} removed, {report.unchanged} unchanged, "
        f"{len(report.failures)} not read"
    )
    return 0


def _check(options: argparse.Namespace) -> int:
    from qa.opening import open_collection, select_sources
    from qa.places import home_folder

    encoder = chosen_encoder(options) or bundled_encoder()
    collection, _ = open_collection(select_sources(chosen_selection(options)), encoder, home_folder())
    try:
        findings = collection.check(on_notice=notify)
    finally:
        collection.close()
    for finding in findings or ("in step",):
        print(visible_line(finding))
    return 1 if findings else 0


def _collections(options: argparse.Namespace) -> int:
    from qa.collections import delete_collection, list_collections
    from qa.places import home_folder

    if options.delete is not None:
        delete_collection(home_folder(), options.delete)
        print(f"deleted {visible_line(options.delete)}")
        return 0
    found = list_collections(home_folder())
    if options.json:
        for info in found:
            print(json.dumps(asdict(info)))
    else:
        print(describe_collections(found))
    return 0


def _verify(options: argparse.Namespace) -> int:
    from qa.verification import verify_answers

    found: Counter[str] = Counter()
    for check in verify_answers(options.answers, folders=options.sources, show_changes=options.show_changes):
        found[check.finding] += 1
        if check.finding != "exact":
            print(visible_line(f"line {check.line}: {check.finding}: {name_first(check.source, check.detail)}"))
            if check.change:
                print(describe_change(check.change))
    print(", ".join(f"{found[name]} {name}" for name in ("exact", "moved", "changed", "gone")))
    broken = [f"{found[name]} {name}" for name in ("changed", "gone", "altered", "malformed") if found[name]]
    return _fail(f"{options.answers} does not hold: {', '.join(broken)}") if broken else 0


def _fail(message: str, *, code: int = 1) -> int:
    print(f"qa: {visible_line(message)}", file=sys.stderr)
    return code


def _silence_output() -> None:
    """Point standard output at nothing: what is left in its buffer would fail again when Python exits."""
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "chat": _chat,
    "ask": _ask,
    "batch": _batch,
    "index": _index,
    "collections": _collections,
    "verify": _verify,
    "calibrate": measuring.calibrate,
    "feedback": measuring.feedback,
    "eval": measuring.evaluate,
    "bench": measuring.bench,
}
