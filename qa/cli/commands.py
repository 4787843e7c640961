"""The commands: their options, and what they call and print.

Modules that are slow to import are imported by the commands that need them.
"""

import io
import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import asdict, replace
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from index import Encoder, Progress, QAError, QuestionError, check_workers
from qa.assistant import Assistant
from qa.bench import REAL_AT_MOST, Settings, parse_sizes
from qa.cli.options import (
    SOURCES_HELP,
    Chosen,
    complete_name,
    engine_options,
    model_option,
    notify_failures,
    option,
    takes_sources,
    workers_option,
)
from qa.cli.output import describe_change, describe_collections, is_colourful, notify, print_answer, show_progress
from qa.cli.usage import Command, Group, parsed_by, whole
from qa.collections import (
    choose_encoder,
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

TOKEN_VARIABLE = "QA_TOKEN"
FILE = click.Path(path_type=Path)
AT_LEAST_1 = parsed_by(whole(1))
NETWORK = "For other computers"
LOGS = "Logs"


class MismatchError(QAError):
    """Answers do not match the documents."""


def _print_version(ctx: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from qa.cli.doctor import PACKAGE, installed_version

        click.echo(f"qa {installed_version(PACKAGE) or '(not installed)'}")
        ctx.exit()


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"]},
    examples=(
        "qa chat ~/papers                             # open the chat in a browser",
        "qa ask Who is mediating --sources ~/papers   # answer one question here",
        "qa help command-line                         # read more",
    ),
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="print the version"
)
def program() -> None:
    """Ask your own documents: answers are quoted sentences with their places."""


@program.command(
    cls=Command,
    describe={"SOURCES": SOURCES_HELP},
    examples=("qa chat ~/papers notes.md", "qa chat --collection papers", "qa chat ~/papers --host 0.0.0.0"),
)
@takes_sources()
@option(
    "--port",
    callback=parsed_by(whole(0, 65535)),
    default="7860",
    metavar="PORT",
    help="port; 0 picks a free one (default: 7860)",
)
@option("--no-browser", is_flag=True, help="do not open a browser")
@option("--mcp", is_flag=True, help="also serve the tools of the Model Context Protocol at /mcp")
@option(
    "--host",
    group=NETWORK,
    default="127.0.0.1",
    metavar="ADDRESS",
    help="listen on this address, so that others can connect",
)
@option(
    "--token",
    group=NETWORK,
    default="",
    metavar="TOKEN",
    help="token that visitors need (default: one is made, and printed); QA_TOKEN in the environment is safer",
)
@option(
    "--no-token",
    group=NETWORK,
    is_flag=True,
    help="demand no token: every account and program of this computer can ask, and change the documents",
)
@option(
    "--proxy",
    group=NETWORK,
    default="",
    metavar="ADDRESS",
    help="believe X-Forwarded-For and X-Forwarded-Proto from the server at this address, which is in front of the chat",
)
@option(
    "--log",
    group=LOGS,
    type=FILE,
    metavar="FILE",
    help="log starts, answers and wrong tokens, without questions or document text",
)
@option("--log-questions", group=LOGS, is_flag=True, help="log the questions too")
def chat(chosen: Chosen, host: str, token: str, no_token: bool, proxy: str, **settings: Any) -> int:
    """Open the chat page in a browser."""
    from qa.cli import chat as page
    from qa.web.security.access import choose_access

    named = os.environ.pop(TOKEN_VARIABLE, "")  # no program started from here inherits it
    page.chat(chosen, choose_access(host, token or named, proxy, without_token=no_token), **settings)
    return 0


@program.command(
    cls=Command,
    describe={"QUESTION": "the question, with or without quotation marks"},
    examples=(
        "qa ask Who is mediating",
        'qa ask "Who is mediating?" --sources ~/papers notes.md',
        "qa ask Who is mediating --collection papers --json",
    ),
)
@click.argument("words", nargs=-1, metavar="QUESTION...")
@takes_sources(as_option=True)
@option("--json", "as_json", is_flag=True, help="print the whole answer as one line of JSON")
def ask(chosen: Chosen, words: tuple[str, ...], as_json: bool) -> int:
    """Answer one question."""
    if not words:
        advice = " Put it before --sources, which takes all names up to the next option." if chosen.sources else ""
        raise click.UsageError(f"missing argument 'QUESTION...'.{advice}", click.get_current_context())
    question = " ".join(words)
    try:
        question.encode("utf-8")
    except UnicodeEncodeError as error:
        raise QuestionError("the question is not UTF-8 text. Type it in a terminal that is set to UTF-8.") from error
    with chosen.open() as assistant:
        answer = assistant.ask(question)
    if as_json:
        _print_utf8()
        print(json.dumps(answer.to_dict(), ensure_ascii=False))
    else:
        print_answer(answer)
    return 0


@program.command(
    cls=Command,
    describe={"QUESTIONS": "a table with a column question, .jsonl or .txt; - reads standard input"},
    examples=(
        "qa batch questions.csv -o answers.xlsx --sources ~/papers",
        "qa batch questions.txt -o answers.jsonl --collection papers",
    ),
    interrupted="interrupted; run the same command again to continue",
)
@click.argument("questions", type=FILE)
@option(
    "-o",
    "--output",
    required=True,
    type=FILE,
    metavar="ANSWERS",
    help="file to write: .jsonl, .csv, .xlsx, .parquet or .md; - prints lines of JSON",
)
@option("--details", is_flag=True, help="write tables with a row for each quote, and all that is known of it")
@option("--paths", is_flag=True, help="write the absolute paths of documents")
@workers_option("answer")
@takes_sources(as_option=True)
def batch(chosen: Chosen, questions: Path, output: Path, details: bool, paths: bool, workers: int | str) -> int:
    """Answer a file of questions. After an interruption, run the same command again to continue."""
    from qa.batch import answer_batch, answer_stream, check_files, save_stream

    check_workers(workers)
    prints = str(output) == "-"
    with TemporaryDirectory(prefix="qa-batch-") as folder:
        if str(questions) == "-":
            questions = save_stream(sys.stdin.buffer, Path(folder))
        if not prints:
            check_files(questions, output)
        with ExitStack() as opened:
            assistant = opened.enter_context(chosen.open())
            several = opened.enter_context(assistant.workers(workers)) if workers != 1 else None
            show = opened.enter_context(show_progress("questions", "reading the questions"))
            if prints:
                _print_utf8()
                report = answer_stream(
                    assistant, questions, paths=paths, workers=several, on_progress=show, on_line=_print_line
                )
            else:
                report = answer_batch(
                    assistant,
                    questions,
                    output,
                    details=details,
                    paths=paths,
                    workers=several,
                    on_progress=show,
                    on_notice=notify,
                )
    for row in report.not_answered:
        notify(f"line {row.line} not answered: {row.error}")
    notify(f"{report.answered} answered, {len(report.not_answered)} rows not answered")
    return 0


def _print_utf8() -> None:
    """Print lines of JSON from now on: the same bytes everywhere."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="strict", newline="\n")


def _print_line(line: str) -> None:
    print(line, end="", flush=True)


@program.command(
    cls=Command,
    describe={"SOURCES": "files, folders and addresses (default with --name: those the collection was made from)"},
    examples=(
        "qa index ~/papers",
        'qa index ~/papers --name papers --exclude "drafts/"',
        "qa index --check --name papers",
    ),
    interrupted="interrupted; indexed files are stored, run the same command again to continue",
)
@takes_sources(named=True, needed=True)
@option("--rebuild", is_flag=True, help="build the index again with this version and model")
@option(
    "--check",
    is_flag=True,
    help="compare the catalog with the indexes derived from it, without reading the files",
)
@workers_option("embed")
def index(chosen: Chosen, rebuild: bool, check: bool, workers: int | str) -> int:
    """Update the index of the documents, and print its size."""
    check_workers(workers)
    if rebuild and check:
        raise click.UsageError("--check and --rebuild cannot be combined.", click.get_current_context())
    if check and workers != 1:
        raise click.UsageError("--check and --workers cannot be combined.", click.get_current_context())
    if check:
        return _check(chosen)
    if rebuild:
        chosen = replace(chosen, sources=select_sources(chosen.selection()), collection="")
        rebuild_collection(select_sources(chosen.sources), _load_encoder(chosen), home_folder())
    with chosen.open(workers) as assistant:
        if assistant.postponed:
            assistant.refresh()
        report, scope = assistant.report, assistant.scope
    print(f"{count(scope.documents, 'document')}, {count(scope.passages, 'passage')}")
    print(
        f"{report.added} new, {report.changed} changed, {report.removed} removed, {report.unchanged} unchanged, "
        f"{len(report.failures)} not read"
    )
    return 0


def _load_encoder(chosen: Chosen) -> Encoder:
    selection = select_sources(chosen.selection())
    return choose_encoder(selection, home_folder(), model=chosen.model, on_notice=notify)


def _check(chosen: Chosen) -> int:
    collection, _ = open_collection(select_sources(chosen.selection()), _load_encoder(chosen), home_folder())
    with closing(collection), show_progress("documents", "checking"):
        findings = collection.check(on_notice=notify)
    for finding in findings or ("in step",):
        print(visible_line(finding))
    return 1 if findings else 0


@program.command(
    cls=Command,
    examples=("qa collections", "qa collections --json", "qa collections --delete papers"),
)
@option("--json", "as_json", is_flag=True, help="print one line of JSON for each collection")
@option(
    "--delete", metavar="NAME", shell_complete=complete_name, help="delete this collection and the files added to it"
)
@engine_options
def collections(as_json: bool, delete: str | None) -> int:
    """List the collections, or delete one."""
    if delete is not None:
        delete_collection(delete, home_folder())
        print(f"deleted {visible_line(delete)}")
        return 0
    found = list_collections(home_folder())
    if as_json:
        for info in found:
            print(json.dumps(asdict(info)))
    else:
        print(describe_collections(found))
    return 0


@program.command(
    cls=Command,
    describe={"SOURCES": SOURCES_HELP},
    examples=("qa mcp ~/papers", "qa mcp --collection papers"),
)
@takes_sources()
def mcp(chosen: Chosen) -> int:
    """Serve the tools of the Model Context Protocol to the program that starts this command."""
    from qa.web.api.mcp import check_installed, serve_stdio
    from qa.web.host import AssistantHost
    from qa.web.log import start_log

    check_installed("qa mcp")
    selection = chosen.selection()
    start_log()
    if sys.stdin.isatty():
        notify("an assistant starts this command and talks to it: see qa help programs. Ctrl-C ends it.")

    def open_documents(on_progress: Callable[[Progress], None]) -> Assistant:
        encoder = chosen.encoder()
        return Assistant.open(selection, encoder=encoder, on_progress=on_progress, on_notice=notify, wait=False)

    serve_stdio(AssistantHost(open_documents, notify_failures, follow=True))
    return 0


@program.command(cls=Command, examples=("qa doctor", "qa doctor --json"))
@option("--json", "as_json", is_flag=True, help="print everything that was found as one JSON object")
@engine_options
def doctor(as_json: bool) -> int:
    """Check the installation, the models and the collections, and say what to do. The exit code is 1 if anything is broken."""
    from qa.cli.doctor import describe_checks, examine

    with show_progress("checks", "checking"):
        checks = tuple(examine(home_folder(), notice=notify))
    is_broken = any(check.state == "broken" for check in checks)
    if as_json:
        print(json.dumps({"broken": is_broken, "checks": [asdict(check) for check in checks]}))
    else:
        print(describe_checks(checks, colourful=is_colourful(sys.stdout)))
    return 1 if is_broken else 0


@program.command(
    cls=Command,
    describe={"ANSWERS": "a .jsonl from qa batch, or a conversation saved from the page"},
    examples=("qa verify answers.jsonl", "qa verify answers.jsonl --sources ~/papers --show-changes"),
)
@click.argument("answers", type=FILE)
@option(
    "--sources",
    several=True,
    type=click.Path(),
    metavar="SOURCE...",
    help="look up the documents by name in these folders instead of by the paths in the answers",
)
@option("--show-changes", is_flag=True, help="print passages that no longer match, as indexed and as they are now")
@option("--encoding", metavar="NAME", help="the encoding that the text files were indexed with, if one was named")
@engine_options
def verify(answers: Path, sources: tuple[str, ...], show_changes: bool, encoding: str | None) -> int:
    """Check every quote in a file of answers against the documents."""
    found: Counter[str] = Counter()
    for check in verify_answers(answers, folders=sources, show_changes=show_changes, encoding=encoding):
        found[check.finding] += 1
        if check.finding != "exact":
            print(visible_line(f"line {check.line}: {check.finding}: {name_first(check.source, check.detail)}"))
            if check.change:
                print(describe_change(check.change))
    print(", ".join(f"{found[name]} {name}" for name in ("exact", "moved", "changed", "gone")))
    broken = [f"{found[name]} {name}" for name in ("changed", "gone", "altered", "malformed") if found[name]]
    if broken:
        raise MismatchError(f"{answers} does not match the documents: {', '.join(broken)}")
    return 0


@program.command(
    cls=Command,
    describe={"SOURCES": "files, folders and addresses"},
    examples=("qa calibrate ~/papers", "qa calibrate --collection papers"),
)
@takes_sources(needed=True)
def calibrate(chosen: Chosen) -> int:
    """Fit the confidence to your documents, and report how well it judges."""
    from qa.evaluation.calibration import calibrate_assistant

    with chosen.open() as assistant, show_progress("questions", "choosing the questions") as show:
        report = calibrate_assistant(assistant, judgements=_read_judgements(assistant), on_progress=show)
    print(report.describe())
    return 0


@program.command(
    cls=Command,
    describe={"SOURCES": SOURCES_HELP},
    examples=("qa feedback -o my-questions", "qa feedback ~/papers -o my-questions"),
)
@option("-o", "--output", required=True, type=FILE, metavar="FOLDER", help="folder to write the questions to")
@takes_sources()
def feedback(chosen: Chosen, output: Path) -> int:
    """Write the ratings given in the page as labelled questions for qa eval."""
    with chosen.open() as assistant:
        report = write_feedback(assistant, _read_judgements(assistant), output)
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


@program.command(
    "eval",
    cls=Command,
    describe={
        "DATASETS": "folders of corpus.jsonl, queries.jsonl and qrels.tsv; several are also asked each other's questions"
    },
    examples=("qa eval my-questions", "qa eval my-questions other-questions --limit 100 --plot rankings.png"),
)
@click.argument("datasets", nargs=-1, required=True, type=FILE)
@option("--limit", callback=AT_LEAST_1, metavar="N", help="ask at most N questions of each folder, drawn at random")
@option("--json", "as_json", is_flag=True, help="print one line of JSON for each folder")
@option("--runs", type=FILE, metavar="FOLDER", help="write the rankings to this folder as TREC run files")
@option("--plot", type=FILE, metavar="FILE", help="plot the rankings to a .png, .svg or .pdf")
@model_option
def evaluate(
    datasets: tuple[Path, ...], limit: int | None, as_json: bool, runs: Path | None, plot: Path | None, model: str
) -> int:
    """Measure on labelled questions (BEIR layout), next to simple baselines."""
    from qa.evaluation.evaluator import evaluate_folders
    from qa.evaluation.report import describe_evaluations, plot_evaluations, write_runs

    evaluations, encoder = [], Chosen(None, model=model).encoder()
    with show_progress("questions") as show:
        for evaluation in evaluate_folders(datasets, limit=limit, encoder=encoder, on_progress=show):
            evaluations.append(evaluation)
            if runs:
                write_runs(evaluation, runs)
            for question, reason in evaluation.skipped.items():
                notify(f"{evaluation.name}: question {question} not asked: {reason}")
    if as_json:
        for evaluation in evaluations:
            print(json.dumps(evaluation.to_dict()))
    else:
        print(describe_evaluations(evaluations))
    if plot:
        plot_evaluations(evaluations, plot)
    return 0


@program.command(
    cls=Command,
    describe={"TEXTS": ".txt, .md or .jsonl files to make passages of"},
    examples=("qa bench", "qa bench --sizes 1k,100k --plot costs.png", "qa bench --load --people 20"),
)
@click.argument("texts", required=False, type=FILE)
@option(
    "--sizes",
    default="1k,10k",
    metavar="SIZES",
    callback=parsed_by(parse_sizes),
    help="passages in each collection, such as 1k,10k,100k (default: 1k,10k); above "
    f"{REAL_AT_MOST:,}, vectors are synthetic",
)
@option("--repeats", callback=AT_LEAST_1, default="5", metavar="N", help="how often to measure (default: 5)")
@option("--json", "as_json", is_flag=True, help="print all figures as one JSON object")
@option("--plot", type=FILE, metavar="FILE", help="plot costs against size: .png, .svg or .pdf")
@option("--work", type=FILE, metavar="FOLDER", help="keep the collections there, and reuse those of an earlier run")
@option("--load", is_flag=True, help="measure instead how a chat serves many people at once")
@option("--peers", is_flag=True, help="measure instead beside Chroma, LangChain and txtai")
@option("--people", callback=AT_LEAST_1, default="50", metavar="N", help="how many people ask (default: 50)")
@option("--seconds", callback=AT_LEAST_1, default="60", metavar="N", help="for how long they ask (default: 60)")
def bench(as_json: bool, **settings: Any) -> int:
    """Measure speed, size, memory and start-up, beside a plain baseline."""
    from qa.bench.run import describe_benchmark, run_benchmark

    if settings["load"] and settings["peers"]:
        raise click.UsageError("--load and --peers cannot be combined.", click.get_current_context())
    figures = run_benchmark(Settings(**settings), on_notice=notify)
    print(json.dumps(figures) if as_json else describe_benchmark(figures))
    return 0


def _complete_topic(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in [*sorted(_pages()), *program.commands] if name.startswith(incomplete)]


def _pages() -> dict[str, Any]:
    found = (page for page in files("qa").joinpath("docs").iterdir() if page.name.endswith(".md"))
    return {page.name.removesuffix(".md"): page for page in found}


@program.command(
    "help",
    cls=Command,
    describe={"TOPIC": "a page, or a command (default: list the pages)"},
    examples=("qa help", "qa help answers", "qa help ask"),
)
@click.argument("topic", required=False, default="", shell_complete=_complete_topic)
@click.pass_context
def show_help(ctx: click.Context, topic: str) -> int:
    """Print a page of the documentation, or the help of a command."""
    pages = _pages()
    if topic in program.commands:
        with program.commands[topic].make_context(topic, [], ctx.parent, resilient_parsing=True) as command:
            print(command.get_help())
    elif topic and topic not in pages:
        raise QuestionError(f"there is no topic {topic!r}. Topics: {', '.join(sorted(pages))}.")
    else:
        print(pages[topic].read_text(encoding="utf-8").rstrip("\n") if topic else "\n".join(sorted(pages)))
    return 0
