"""The commands that measure and learn: `qa calibrate`, `feedback`, `eval` and `bench`. Each returns its exit code.

What takes long to import is imported by the command that needs it.
"""

import argparse
import json
from contextlib import closing
from typing import TYPE_CHECKING

from qa.bench.options import Options
from qa.choosing import chosen_encoder, open_assistant
from qa.notices import notify, show_progress
from qa.terminal import count

if TYPE_CHECKING:
    from qa.assistant import Assistant
    from qa.feedback import Judgement


def calibrate(options: argparse.Namespace) -> int:
    """Fit the confidence to the collection, and print what came of it."""
    from qa.calibrate import calibrate_assistant

    with open_assistant(options) as assistant, show_progress("questions") as show:
        report = calibrate_assistant(assistant, judgements=_read_judgements(assistant), on_progress=show)
    print(report.describe())
    return 0


def feedback(options: argparse.Namespace) -> int:
    """Write what was said of answers as labelled questions."""
    from qa.feedback import write_feedback

    with open_assistant(options) as assistant:
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


def evaluate(options: argparse.Namespace) -> int:
    """Measure on labelled questions, and print the figures."""
    from qa.evaluation_report import describe_evaluations, evaluate_folders, plot_evaluations, write_runs

    evaluations = []
    with show_progress("questions") as show:
        for evaluation in evaluate_folders(
            options.datasets, limit=options.limit, encoder=chosen_encoder(options), on_progress=show
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


def bench(options: argparse.Namespace) -> int:
    """Measure speed and memory, or how the chat bears many people; print the figures."""
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
