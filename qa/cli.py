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
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

from index import Encoder, Progress, QAError, QuestionError, Selection, load_encoder
from qa.arguments import parse_arguments
from qa.bench.options import Options
from qa.notices import notify, show_progress
from qa.terminal import (
    count,
    describe_answer,
    describe_change,
    describe_collections,
    describe_progress,
    name_first,
    visible_line,
)

if TYPE_CHECKING:
    from qa.assistant import Assistant
    from qa.feedback import Judgement


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
        _chosen_selection(options),
        load_encoder=lambda: _chosen_encoder(options),
        on_notice=notify,
        on_indexed=_notify_failures,
    )
    return 0


def _ask(options: argparse.Namespace) -> int:
    try:
        options.question.encode("utf-8")
    except UnicodeEncodeError as error:
        raise QuestionError("the question is not UTF-8 text. Type it in a terminal that is set to UTF-8.") from error
    with _open_assistant(options) as assistant:
        answer = assistant.ask(options.question)
    if options.json:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8", errors="strict", newline="\n")
        print(json.dumps(answer.to_dict(), ensure_ascii=False))
    else:
        print(describe_answer(answer))
    return 0


def _batch(options: argparse.Namespace) -> int:
    from qa.batch import answer_batch, check_files

    check_files(options.questions, options.output)
    with _open_assistant(options) as assistant, show_progress("questions") as show:
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

        options.selection = select_sources(_chosen_selection(options))
        rebuild_collection(options.selection, _chosen_encoder(options) or _bundled_encoder(), home_folder())
    with _open_assistant(options) as assistant:
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

    encoder = _chosen_encoder(options) or _bundled_encoder()
    collection, _ = open_collection(select_sources(_chosen_selection(options)), encoder, home_folder())
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


def _calibrate(options: argparse.Namespace) -> int:
    from qa.calibrate import calibrate_assistant

    with _open_assistant(options) as assistant, show_progress("questions") as show:
        report = calibrate_assistant(assistant, judgements=_read_judgements(assistant), on_progress=show)
    print(report.describe())
    return 0


def _feedback(options: argparse.Namespace) -> int:
    from qa.feedback import write_feedback

    with _open_assistant(options) as assistant:
        report = write_feedback(assistant, _read_judgements(assistant), options.output)
    for source in report.lost:
        notify(f"a quote of {source} is left out: it is not in the documents any more")
    print(f"{count(report.questions, 'question')}, {count(report.passages, 'passage')}")
    return 0


def _read_judgements(assistant: "Assistant") -> tuple["Judgement", ...]:
    """What was said of answers from this collection in the page, on this computer."""
    from qa.conversations import Conversations
    from qa.feedback import read_judgements
    from qa.places import conversations_file, home_folder

    path = conversations_file(home_folder())
    if not path.exists():
        return ()
    with closing(Conversations(path, on_notice=notify)) as store:
        return read_judgements(store, assistant.key)


def _evaluate(options: argparse.Namespace) -> int:
    from qa.evaluation_report import describe_evaluations, evaluate_folders, plot_evaluations, write_runs

    evaluations = []
    with show_progress("questions") as show:
        for evaluation in evaluate_folders(
            options.datasets, limit=options.limit, encoder=_chosen_encoder(options), on_progress=show
        ):
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
    from qa.bench.plot import check_plot, plot_benchmark
    from qa.bench.report import describe_benchmark, describe_load
    from qa.bench.run import run_benchmark, run_load

    wanted = Options(options.texts, options.sizes, options.work, options.repeats, options.people, options.seconds)
    if options.load:
        load = run_load(wanted, on_notice=notify)
        print(json.dumps(load.to_dict()) if options.json else "\n".join(describe_load(load)))
        return 0
    if options.plot:
        check_plot(options.plot)
    benchmark = run_benchmark(wanted, on_notice=notify)
    print(json.dumps(benchmark.to_dict()) if options.json else describe_benchmark(benchmark))
    if options.plot:
        plot_benchmark(benchmark, options.plot)
    return 0


def _open_assistant(options: argparse.Namespace) -> "Assistant":
    """Open the sources, showing how indexing goes and what could not be read."""
    from qa.assistant import Assistant

    with show_progress("passages") as show:

        def tell(progress: Progress) -> None:
            name = f"{progress.documents:,}/{progress.all_documents:,} files: {progress.name}"
            show(
                progress.passages,
                progress.all_passages,
                ", ".join(filter(None, [describe_progress(progress), name])),
            )

        assistant = Assistant.open(
            _chosen_selection(options), encoder=_chosen_encoder(options), on_progress=tell, on_notice=notify
        )
    _notify_failures(assistant)
    return assistant


def _chosen_selection(options: argparse.Namespace) -> Selection | None:
    """What the sources named or the collection named consist of; None where neither is."""
    from qa.collections import find_collection

    kept = options.collection or ("" if options.selection else options.name)
    return find_collection(kept) if kept else options.selection


def _bundled_encoder() -> Encoder:
    from qa.places import encoder_folder

    return load_encoder(cache_folder=encoder_folder(), on_notice=notify)


def _chosen_encoder(options: argparse.Namespace) -> Encoder | None:
    return load_encoder(options.model) if options.model else None


def _notify_failures(assistant: "Assistant") -> None:
    for failure in assistant.failures:
        notify(f"not read: {name_first(failure.source, failure.reason)}")


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
    "calibrate": _calibrate,
    "feedback": _feedback,
    "eval": _evaluate,
    "bench": _bench,
}
