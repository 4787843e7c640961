"""The command line: `qa chat`, `ask`, `batch`, `index`, `collections` and more. Parse, call, print.

Answers go to standard output; notices, failures and progress to standard error. Exit codes: 0 success; 1 a known error,
in one line on standard error; 2 wrong usage; 130 interrupted with Ctrl-C; 141 the output was closed (as by `| head`).
Modules that are slow to import are imported by the commands that need them.
"""

import argparse
import io
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict
from functools import partial
from importlib.resources import files

from index import QAError, QuestionError
from qa.answering.answer import describe_answer
from qa.assistant import Assistant
from qa.cli.options import (
    bundled_encoder,
    chosen_encoder,
    chosen_selection,
    notify_failures,
    open_assistant,
    parse_arguments,
)
from qa.cli.output import describe_change, describe_collections, notify, show_progress
from qa.collections import (
    conversations_file,
    delete_collection,
    home_folder,
    list_collections,
    open_collection,
    rebuild_collection,
    select_sources,
)
from qa.conversations import Conversations
from qa.feedback import Judgement, read_judgements, write_feedback
from qa.text import count, name_first, visible_line
from qa.verify import verify_answers


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command with the arguments after `qa`, or those of the process when omitted; return the exit code.

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
    from qa.cli.chat import chat

    selection, load_encoder = chosen_selection(options), partial(chosen_encoder, options)
    chat(options, selection, load_encoder=load_encoder, on_notice=notify, on_indexed=notify_failures)
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
        bold = os.environ.get("TERM", "dumb") != "dumb" and not os.environ.get("NO_COLOR")
        print(describe_answer(answer, emphasise=bold and sys.stdout.isatty()))
    return 0


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
        options.selection = select_sources(chosen_selection(options))
        rebuild_collection(options.selection, chosen_encoder(options) or bundled_encoder(), home_folder())
    with open_assistant(options) as assistant:
        if assistant.postponed:
            assistant.refresh()
        report, scope = assistant.report, assistant.scope
    print(f"{count(scope.documents, 'document')}, {count(scope.passages, 'passage')}")
    print(
        f"{report.added} new, {report.changed} changed, {report.removed} removed, {report.unchanged} unchanged, "
        f"{len(report.failures)} not read"
    )
    return 0


def _check(options: argparse.Namespace) -> int:
    encoder = chosen_encoder(options) or bundled_encoder()
    collection, _ = open_collection(select_sources(chosen_selection(options)), encoder, home_folder())
    with closing(collection):
        findings = collection.check(on_notice=notify)
    for finding in findings or ("in step",):
        print(visible_line(finding))
    return 1 if findings else 0


def _collections(options: argparse.Namespace) -> int:
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
    found: Counter[str] = Counter()
    checks = verify_answers(
        options.answers, folders=options.sources, show_changes=options.show_changes, encoding=options.encoding
    )
    for check in checks:
        found[check.finding] += 1
        if check.finding != "exact":
            print(visible_line(f"line {check.line}: {check.finding}: {name_first(check.source, check.detail)}"))
            if check.change:
                print(describe_change(check.change))
    print(", ".join(f"{found[name]} {name}" for name in ("exact", "moved", "changed", "gone")))
    broken = [f"{found[name]} {name}" for name in ("changed", "gone", "altered", "malformed") if found[name]]
    return _fail(f"{options.answers} does not match the documents: {', '.join(broken)}") if broken else 0


def _calibrate(options: argparse.Namespace) -> int:
    from qa.evaluation.calibration import calibrate_assistant

    with open_assistant(options) as assistant, show_progress("questions") as show:
        report = calibrate_assistant(assistant, judgements=_read_judgements(assistant), on_progress=show)
    print(report.describe())
    return 0


def _feedback(options: argparse.Namespace) -> int:
    with open_assistant(options) as assistant:
        report = write_feedback(assistant, _read_judgements(assistant), options.output)
    for source in report.lost:
        notify(f"a quote from {source} is left out: it is no longer in the documents")
    print(f"{count(report.questions, 'question')}, {count(report.passages, 'passage')}")
    return 0


def _read_judgements(assistant: Assistant) -> tuple[Judgement, ...]:
    """Read the ratings that visitors of the page gave to answers from this collection."""
    path = conversations_file(home_folder())
    if not path.exists():
        return ()
    with closing(Conversations(path, on_notice=notify)) as store:
        return read_judgements(store, assistant.key)


def _evaluate(options: argparse.Namespace) -> int:
    from qa.evaluation.evaluator import evaluate_folders
    from qa.evaluation.report import describe_evaluations, plot_evaluations, write_runs

    evaluations, encoder = [], chosen_encoder(options)
    with show_progress("questions") as show:
        for evaluation in evaluate_folders(options.datasets, limit=options.limit, encoder=encoder, on_progress=show):
            evaluations.append(evaluation)
            if options.runs:
                write_runs(evaluation, options.runs)
            for question, reason in evaluation.skipped.items():
                notify(f"{evaluation.name}: question {question} not asked: {reason}")
    if options.json:
        for evaluation in evaluations:
            print(json.dumps(evaluation.to_dict()))
    else:
        print(describe_evaluations(evaluations))
    if options.plot:
        plot_evaluations(evaluations, options.plot)
    return 0


def _bench(options: argparse.Namespace) -> int:
    from qa.bench.run import describe_benchmark, run_benchmark

    figures = run_benchmark(options, on_notice=notify)
    print(json.dumps(figures) if options.json else describe_benchmark(figures))
    return 0


def _help(options: argparse.Namespace) -> int:
    pages = {page.name.removesuffix(".md"): page for page in files("qa").joinpath("docs").iterdir()}
    if options.topic and options.topic not in pages:
        raise QuestionError(f"there is no topic {options.topic!r}. Topics: {', '.join(sorted(pages))}.")
    print(pages[options.topic].read_text(encoding="utf-8").rstrip("\n") if options.topic else "\n".join(sorted(pages)))
    return 0


def _fail(message: str, *, code: int = 1) -> int:
    print(f"qa: {visible_line(message)}", file=sys.stderr)
    return code


def _silence_output() -> None:
    """Discard standard output: the rest of its buffer would fail again when Python exits."""
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "chat": _chat,
    "ask": _ask,
    "batch": _batch,
    "index": _index,
    "collections": _collections,
    "verify": _verify,
    "calibrate": _calibrate,
    "feedback": _feedback,
    "eval": _evaluate,
    "bench": _bench,
    "help": _help,
}
