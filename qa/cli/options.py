"""What the commands of the command line open: the sources, the collection and the model their options name.

The command line's arguments: which commands there are, and what each of them takes.
"""

import argparse
from typing import TYPE_CHECKING

from index import Encoder, Progress, Selection, load_encoder
from qa.cli.output import notify, show_progress
from qa.text import describe_progress, name_first

if TYPE_CHECKING:
    from qa.assistant import Assistant
from collections.abc import Sequence
from pathlib import Path

from index import SourceRules
from qa.bench import REAL_AT_MOST, parse_sizes


def open_assistant(options: argparse.Namespace) -> "Assistant":
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
            chosen_selection(options), encoder=chosen_encoder(options), on_progress=tell, on_notice=notify
        )
    notify_failures(assistant)
    return assistant


def chosen_selection(options: argparse.Namespace) -> Selection | None:
    """What the sources named or the collection named consist of; None where neither is."""
    from qa.collections import find_collection

    kept = options.collection or ("" if options.selection else options.name)
    return find_collection(kept) if kept else options.selection


def bundled_encoder() -> Encoder:
    """The encoder that comes with the program."""
    from qa.collections import encoder_folder

    return load_encoder(cache_folder=encoder_folder(), on_notice=notify)


def chosen_encoder(options: argparse.Namespace) -> Encoder | None:
    """The encoder that `--model` names; None without it."""
    return load_encoder(options.model) if options.model else None


def notify_failures(assistant: "Assistant") -> None:
    """Name what could not be read, each in one line."""
    for failure in assistant.failures:
        notify(f"not read: {name_first(failure.source, failure.reason)}")


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the arguments after `qa`; those of the process when omitted.

    Returns:
        The options; `selection` is the sources to open, or None; `collection` is the name of a collection to open instead.

    Raises:
        SystemExit: With code 2 on wrong usage, 0 on `--help`.
    """
    options = build_parser().parse_args(arguments)
    if options.selects:
        _check_selection(options)
        rules = SourceRules(
            tuple(options.include),
            tuple(options.exclude),
            options.hidden,
            options.follow_links,
            not options.no_gitignore,
        )
        options.selection = Selection(tuple(options.sources), rules, options.name) if options.sources else None
    return options


def _check_selection(options: argparse.Namespace) -> None:
    named = options.collection or options.name
    rules = options.include + options.exclude or options.hidden or options.follow_links or options.no_gitignore
    if options.collection and options.sources:
        options.refuse("name sources or --collection, not both")
    if options.needs_sources and not (options.sources or named):
        options.refuse("name sources, or a collection that was made of some")
    if rules and not options.sources:
        options.refuse("rules for files belong to the sources they are about: name these too")


def build_parser() -> argparse.ArgumentParser:
    """Build the parser.

    The options contain the `command`, its arguments, the message when `interrupted`, whether it `selects` sources, and
    `refuse`, which exits with a line about wrong usage.
    """
    parser = argparse.ArgumentParser(
        prog="qa", description="Answers from your own documents: quoted sentences, each with where it stands."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    sources_help = "files and folders of documents; when none are named: the folder seeds, or the document shipped"

    def add_command(name: str, summary: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(interrupted="interrupted", selects=False, refuse=command.error)
        return command

    def add_model(*some: argparse.ArgumentParser) -> None:
        for command in some:
            command.add_argument(
                "--model",
                metavar="MODEL",
                help="a sentence-transformers model, by folder or hub name; default: the bundled one",
            )

    chat = add_command("chat", "Open the chat page in a browser.")
    add_sources(chat, help=sources_help)
    chat.add_argument("--port", type=_port, default=7860, help="where it is served; 0: any (default: %(default)s)")
    chat.add_argument("--no-browser", action="store_true", help="do not open a browser")
    chat.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="serve at this address, to others too; they need a token"
    )
    chat.add_argument(
        "--token",
        default="",
        help="what visitors must know; better set in the environment, as QA_TOKEN; made and printed when --host needs it",
    )
    chat.add_argument("--log", type=Path, metavar="FILE", help="write down what happens, but no questions or documents")
    chat.add_argument("--log-questions", action="store_true", help="write down the questions too")
    chat.add_argument("--mcp", action="store_true", help="also serve the tools of the Model Context Protocol, at /mcp")

    ask = add_command("ask", "Answer one question.")
    ask.add_argument("question", metavar="QUESTION")
    add_sources(ask, option=True, help=sources_help)
    ask.add_argument("--json", action="store_true", help="print the whole answer as one line of JSON")

    batch = add_command("batch", "Answer a file of questions; run it again to go on after an interruption.")
    batch.add_argument("questions", type=Path, metavar="QUESTIONS", help=".txt, .csv, .xlsx or .jsonl")
    batch.add_argument("-o", "--output", type=Path, required=True, metavar="ANSWERS", help=".jsonl, .csv, .xlsx or .md")
    add_sources(batch, option=True, help=sources_help)
    batch.set_defaults(interrupted="interrupted; run the same command again to go on")

    index = add_command("index", "Bring the index up to date with the documents, and say what it holds.")
    add_sources(index, needed=True, help="files and folders of documents; with --name alone: those it was made of")
    index.add_argument("--name", default="", metavar="NAME", help="what to call the collection, to open it by later")
    what = index.add_mutually_exclusive_group()
    what.add_argument("--rebuild", action="store_true", help="make the index anew, with this version and model")
    what.add_argument(
        "--check", action="store_true",
        help="do not look at the files: check that the catalog and the indexes derived from it are in step",
    )  # fmt: skip
    index.set_defaults(interrupted="interrupted; what is indexed is kept, run the same command again to go on")

    collections = add_command("collections", "List the collections there are, or delete one.")
    collections.add_argument("--json", action="store_true", help="print them as JSON, a line a collection")
    collections.add_argument("--delete", metavar="NAME", help="delete this one, with the files that were added to it")

    verify = add_command("verify", "Check every quote of a file of answers against the documents.")
    verify.add_argument(
        "answers", type=Path, metavar="ANSWERS", help=".jsonl from qa batch, or a conversation saved in the page"
    )
    verify.add_argument(
        "--sources", nargs="+", action="extend", default=[], metavar="SOURCE",
        help="look the documents up by name in these folders, not by the paths in the answers",
    )  # fmt: skip

    verify.add_argument(
        "--show-changes", action="store_true", help="print the passages of quotes that do not hold, then and now"
    )

    calibrate = add_command("calibrate", "Fit the confidence to your documents, and say how well it judges.")
    add_sources(calibrate, needed=True, help="files and folders of documents")

    feedback = add_command(
        "feedback", "Write what was said of answers in the page as questions that qa eval measures on."
    )
    feedback.add_argument("-o", "--output", type=Path, required=True, metavar="FOLDER", help="where the dataset goes")
    add_sources(feedback, help=sources_help)

    evaluate = add_command("eval", "Measure on labelled questions (BEIR layout), beside simple baselines.")
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
    for command in (chat, ask, batch, calibrate, feedback):
        command.add_argument("--collection", default="", metavar="NAME", help="open this collection instead of sources")
        command.set_defaults(name="")
    index.set_defaults(collection="")
    add_model(chat, ask, batch, index, calibrate, feedback, evaluate)

    topic = add_command("help", "Print a page of the documentation.")
    topic.add_argument("topic", nargs="?", default="", metavar="TOPIC", help="without one: list the topics")

    bench = add_command("bench", "Measure speed, size, memory and start-up, beside a plain baseline.")
    bench.add_argument(
        "texts", nargs="?", type=Path, metavar="TEXTS", help=".txt, .md or .jsonl files to make passages of"
    )
    bench.add_argument(
        "--sizes", type=parse_sizes, default=(1_000, 10_000), metavar="SIZES",
        help="passages in each collection, such as 1k,10k,100k (default: 1k,10k); above "
        f"{REAL_AT_MOST:,}, vectors are synthetic",
    )  # fmt: skip
    bench.add_argument("--json", action="store_true", help="print all figures as one JSON object")
    bench.add_argument("--plot", type=Path, metavar="FILE", help="plot costs against size: .png, .svg or .pdf")
    bench.add_argument(
        "--work", type=Path, metavar="FOLDER", help="keep the collections there, and reuse those of an earlier run"
    )
    bench.add_argument("--load", action="store_true", help="measure instead how a chat serves many people at once")
    for name, default, text in (
        ("--repeats", 5, "how often to measure"),
        ("--people", 50, "how many people ask"),
        ("--seconds", 60, "for how long they ask"),
    ):
        bench.add_argument(name, type=_positive, default=default, metavar="N", help=f"{text} (default: {default})")
    return parser


def add_sources(
    command: argparse.ArgumentParser, *, option: bool = False, needed: bool = False, help: str = ""
) -> None:
    """Let a command take sources and rules for the files under them.

    Args:
        command: Its parser.
        option: Whether sources follow `--sources`.
        needed: Whether sources or a collection have to be named.
        help: What to say of the sources.
    """
    if option:
        command.add_argument("--sources", nargs="+", action="extend", default=[], metavar="SOURCE", help=help)
    else:
        command.add_argument("sources", nargs="*", default=[], metavar="SOURCES", help=help)
    command.set_defaults(selects=True, needs_sources=needed)
    rules = command.add_argument_group("which files are taken", "patterns are written as in a .gitignore file")
    for name, text in (
        ("--include", "take only files like these"),
        ("--exclude", "leave out files and folders like these"),
    ):
        rules.add_argument(name, action="append", default=[], metavar="PATTERN", help=f"{text}; may be given again")
    rules.add_argument("--hidden", action="store_true", help="take hidden files and folders")
    rules.add_argument("--follow-links", action="store_true", help="follow links that lead out of a folder")
    rules.add_argument("--no-gitignore", action="store_true", help="take what a .gitignore leaves out")


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
