"""The command line: `qa chat`, `ask`, `batch`, `index`, `verify`, `calibrate`, `eval`, `bench`. Parse, call, print.

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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from index import Encoder, Progress, QAError, QuestionError, find_sources, load_encoder
from qa.bench.options import Options, add_options
from qa.terminal import count, describe_answer, describe_progress, visible_line

if TYPE_CHECKING:
    from qa.assistant import Assistant


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: What stands behind `qa` on the command line; taken from there when omitted.

    Returns:
        The exit code.

    Raises:
        SystemExit: With code 2 on wrong usage, 0 on `--help`.
    """
    options = _build_parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = options.run(options)
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


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="qa", description="Answers from your own documents: quoted sentences, each with where it stands."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    sources_help = "files and folders of documents; when none are named: the folder seeds, or the document shipped"

    def add_command(name: str, run: Callable[[argparse.Namespace], int], summary: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(run=run, interrupted="interrupted")
        return command

    def add_model(*some: argparse.ArgumentParser) -> None:
        for command in some:
            command.add_argument(
                "--model",
                metavar="MODEL",
                help="a sentence-transformers model, by folder or hub name; default: the bundled one",
            )

    chat = add_command("chat", _chat, "Open the chat page in a browser.")
    chat.add_argument("sources", nargs="*", metavar="SOURCES", help=sources_help)
    chat.add_argument("--port", type=_port, default=7860, help="where it is served; 0: any (default: %(default)s)")
    chat.add_argument("--no-browser", action="store_true", help="do not open a browser")

    ask = add_command("ask", _ask, "Answer one question.")
    ask.add_argument("question", metavar="QUESTION")
    ask.add_argument("--sources", nargs="+", action="extend", default=[], metavar="SOURCE", help=sources_help)
    ask.add_argument("--json", action="store_true", help="print the whole answer as one line of JSON")

    batch = add_command("batch", _batch, "Answer a file of questions; run it again to go on after an interruption.")
    batch.add_argument("questions", type=Path, metavar="QUESTIONS", help=".txt, .csv or .jsonl")
    batch.add_argument("-o", "--output", type=Path, required=True, metavar="ANSWERS", help=".jsonl, .csv or .md")
    batch.add_argument("--sources", nargs="+", action="extend", default=[], metavar="SOURCE", help=sources_help)
    batch.set_defaults(interrupted="interrupted; run the same command again to go on")

    index = add_command("index", _index, "Bring the index up to date with the documents, and say what it holds.")
    index.add_argument("sources", nargs="+", metavar="SOURCES", help="files and folders of documents")

    verify = add_command("verify", _verify, "Check every quote of a file of answers against the documents.")
    verify.add_argument("answers", type=Path, metavar="ANSWERS", help=".jsonl from qa batch, or from qa ask --json")
    verify.add_argument(
        "--sources", nargs="+", action="extend", default=[], metavar="SOURCE",
        help="look the documents up by name in these folders, not by the paths in the answers",
    )  # fmt: skip

    calibrate = add_command(
        "calibrate", _calibrate, "Fit the confidence to your documents, and say how well it judges."
    )
    calibrate.add_argument("sources", nargs="+", metavar="SOURCES", help="files and folders of documents")

    evaluate = add_command("eval", _evaluate, "Measure on labelled questions (BEIR layout), beside simple baselines.")
    evaluate.add_argument(
        "datasets", nargs="+", type=Path, metavar="DATASET",
        help="a folder of corpus.jsonl, queries.jsonl and qrels.tsv; several are also asked each other's questions",
    )  # fmt: skip
    evaluate.add_argument(
        "--limit", type=_positive, metavar="N", help="ask at most N questions of each, drawn at random"
    )
    evaluate.add_argument("--json", action="store_true", help="print the figures as JSON, a line a dataset")
    evaluate.add_argument("--runs", type=Path, metavar="FOLDER", help="write the rankings there as TREC run files")
    evaluate.add_argument("--plot", type=Path, metavar="FILE", help="plot the rankings: .png, .svg or .pdf")
    add_model(chat, ask, batch, index, calibrate, evaluate)

    add_options(add_command("bench", _bench, "Measure speed, size, memory and start-up, beside a plain baseline."))
    return parser


def _chat(options: argparse.Namespace) -> int:
    from qa.web.server import serve

    find_sources(options.sources)
    encoder = _chosen_encoder(options)

    def open_assistant(on_progress: Callable[[Progress], None]) -> "Assistant":
        from qa.assistant import Assistant

        return Assistant.open(
            options.sources or None, encoder=encoder, on_progress=on_progress, on_notice=_notify, wait=False
        )

    serve(open_assistant, port=options.port, open_browser=not options.no_browser, on_indexed=_notify_failures)
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
    with _open_assistant(options) as assistant, _progress("questions") as show:
        report = answer_batch(assistant, options.questions, options.output, on_progress=show, on_notice=_notify)
    for row in report.not_answered:
        _notify(f"line {row.line} not answered: {row.error}")
    _notify(f"{report.answered} answered, {len(report.not_answered)} rows not answered")
    return 0


def _index(options: argparse.Namespace) -> int:
    with _open_assistant(options) as assistant:
        report, scope = assistant.report, assistant.scope
    print(f"{count(scope.documents, 'document')}, {count(scope.passages, 'passage')}")
    print(
        f"{report.added} new, {report.changed} changed, {report.removed} removed, {report.unchanged} unchanged, "
        f"{len(report.failures)} not read"
    )
    return 0


def _verify(options: argparse.Namespace) -> int:
    from qa.verification import verify_answers

    found: Counter[str] = Counter()
    for check in verify_answers(options.answers, folders=options.sources):
        found[check.finding] += 1
        if check.finding != "exact":
            print(visible_line(f"line {check.line}: {check.finding}: {_name(check.source, check.detail)}"))
    print(", ".join(f"{found[name]} {name}" for name in ("exact", "moved", "changed", "gone")))
    broken = [f"{found[name]} {name}" for name in ("changed", "gone", "altered", "malformed") if found[name]]
    return _fail(f"{options.answers} does not hold: {', '.join(broken)}") if broken else 0


def _calibrate(options: argparse.Namespace) -> int:
    from qa.calibrate import calibrate_assistant

    with _open_assistant(options) as assistant, _progress("questions") as show:
        report = calibrate_assistant(assistant, on_progress=show)
    print(report.describe())
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    from qa.evaluation_report import describe_evaluations, evaluate_folders, plot_evaluations, write_runs

    evaluations = []
    with _progress("questions") as show:
        for evaluation in evaluate_folders(
            options.datasets, limit=options.limit, encoder=_chosen_encoder(options), on_progress=show
        ):
            evaluations.append(evaluation)
            if options.runs:
                write_runs(evaluation, options.runs)
            for question, reason in evaluation.skipped.items():
                _notify(f"{evaluation.name}: question {question} not asked: {reason}")
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
    from qa.bench.report import describe_benchmark
    from qa.bench.run import run_benchmark

    if options.plot:
        check_plot(options.plot)
    wanted = Options(options.texts, options.sizes, options.work, options.repeats)
    benchmark = run_benchmark(wanted, on_notice=_notify)
    print(json.dumps(benchmark.to_dict()) if options.json else describe_benchmark(benchmark))
    if options.plot:
        plot_benchmark(benchmark, options.plot)
    return 0


def _open_assistant(options: argparse.Namespace) -> "Assistant":
    """Open the sources, showing how indexing goes and what could not be read."""
    from qa.assistant import Assistant

    with _progress("passages") as show:

        def tell(progress: Progress) -> None:
            name = f"{progress.documents:,}/{progress.all_documents:,} files: {progress.name}"
            show(progress.passages, progress.all_passages, ", ".join(filter(None, [describe_progress(progress), name])))

        assistant = Assistant.open(
            options.sources or None, encoder=_chosen_encoder(options), on_progress=tell, on_notice=_notify
        )
    _notify_failures(assistant)
    return assistant


def _chosen_encoder(options: argparse.Namespace) -> Encoder | None:
    return load_encoder(options.model) if options.model else None


def _notify_failures(assistant: "Assistant") -> None:
    for failure in assistant.failures:
        _notify(f"not read: {_name(failure.source, failure.reason)}")


@contextmanager
def _progress(unit: str) -> Iterator[Callable[..., None]]:
    """Show a progress bar on standard error where that is a terminal; yields what is to be told of each step."""
    from tqdm import tqdm

    line = "{desc}: {n_fmt}/{total_fmt} {bar} {elapsed}<{remaining} {postfix}"
    with tqdm(desc=unit, bar_format=line, file=sys.stderr, disable=None, leave=False) as bar:

        def show(done: int, total: int, name: str = "") -> None:
            bar.total = total
            bar.set_postfix_str(visible_line(name), refresh=False)
            bar.update(done - bar.n)

        yield show


def _name(source: str, text: str) -> str:
    """Put the name of a document before what is said of it, unless that begins with it."""
    return text if text.startswith(source) else f"{source}: {text}"


def _notify(line: str) -> None:
    from tqdm import tqdm

    tqdm.write(visible_line(line), file=sys.stderr)


def _fail(message: str, *, code: int = 1) -> int:
    print(f"qa: {visible_line(message)}", file=sys.stderr)
    return code


def _silence_output() -> None:
    """Point standard output at nothing: what is left in its buffer would fail again when Python exits."""
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is not between 0 and 65535")
    return port
