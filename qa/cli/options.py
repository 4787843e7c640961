"""The commands and options of the command line, and what the options open: sources, a collection, a model."""

import argparse
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from index import Encoder, Failure, Progress, Selection, SourceRules, is_read, load_encoder
from qa.assistant import Assistant
from qa.bench import REAL_AT_MOST, parse_sizes
from qa.cli.output import notify, show_progress
from qa.collections import default_sources, encoder_folder, find_collection
from qa.text import describe_progress, name_first


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the arguments after `qa`; those of the process when omitted.

    Returns:
        The options of `build_parser`; `selection` has the sources to open, or is None.

    Raises:
        SystemExit: With code 2 on wrong usage, 0 on `--help`.
    """
    options = build_parser().parse_args(arguments)
    if options.selects:
        _check_selection(options)
        patterns = tuple(options.include), tuple(options.exclude)
        rules = SourceRules(*patterns, options.hidden, options.follow_links, not options.no_gitignore)
        options.selection = Selection(tuple(options.sources), rules, options.name) if options.sources else None
    return options


def _check_selection(options: argparse.Namespace) -> None:
    named = options.collection or options.name
    rules = options.include + options.exclude or options.hidden or options.follow_links or options.no_gitignore
    if options.collection and options.sources:
        options.refuse("name sources or --collection, not both")
    if options.needs_sources and not (options.sources or named):
        options.refuse("name sources, or a stored collection")
    if rules and not options.sources:
        options.refuse("rules for files need sources: name the files or folders too")


def build_parser() -> argparse.ArgumentParser:
    """Build the parser.

    Its options contain the `command`, its arguments, `interrupted` (the message after Ctrl-C), `selects` (whether the command
    takes sources) and `refuse`, which reports wrong usage and exits.
    """
    parser = argparse.ArgumentParser(
        prog="qa", description="Ask your own documents: answers are quoted sentences with their places."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    sources_help = "files and folders (default: the folder seeds, or else the document that ships with the program)"

    def add_command(name: str, summary: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(interrupted="interrupted", selects=False, refuse=command.error)
        return command

    chat = add_command("chat", "Open the chat page in a browser.")
    add_sources(chat, help=sources_help)
    chat.add_argument("--port", type=_port, default=7860, help="port; 0 picks a free one (default: %(default)s)")
    chat.add_argument("--no-browser", action="store_true", help="do not open a browser")
    host_help = "listen on this address, so that others can connect"
    chat.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help=host_help)
    chat.add_argument(
        "--token",
        default="",
        help="token that visitors need (default: one is made, and printed); QA_TOKEN in the environment is safer",
    )
    no_token_help = "demand no token: every account and program of this computer can ask, and change the documents"
    chat.add_argument("--no-token", action="store_true", help=no_token_help)
    proxy_help = (
        "believe X-Forwarded-For and X-Forwarded-Proto from the server at this address, which is in front of the chat"
    )
    chat.add_argument("--proxy", default="", metavar="ADDRESS", help=proxy_help)
    log_help = "log starts, answers and wrong tokens, without questions or document text"
    chat.add_argument("--log", type=Path, metavar="FILE", help=log_help)
    chat.add_argument("--log-questions", action="store_true", help="log the questions too")
    chat.add_argument("--mcp", action="store_true", help="also serve the tools of the Model Context Protocol at /mcp")

    ask = add_command("ask", "Answer one question.")
    ask.add_argument("question", metavar="QUESTION", help="the question, in quotation marks")
    add_sources(ask, option=True, help=sources_help)
    ask.add_argument("--json", action="store_true", help="print the whole answer as one line of JSON")

    batch = add_command(
        "batch", "Answer a file of questions. After an interruption, run the same command again to continue."
    )
    batch.add_argument(
        "questions", type=Path, metavar="QUESTIONS", help="file of questions: .txt, .csv, .xlsx or .jsonl"
    )
    batch.add_argument(
        "-o", "--output", type=Path, required=True, metavar="ANSWERS", help="file to write: .jsonl, .csv, .xlsx or .md"
    )
    add_sources(batch, option=True, help=sources_help)
    batch.set_defaults(interrupted="interrupted; run the same command again to continue")

    index = add_command("index", "Update the index of the documents, and print its size.")
    add_sources(index, needed=True, help="files and folders (default with --name: those the collection was made from)")
    index.add_argument(
        "--name", default="", metavar="NAME", help="store the collection under this name, for --collection"
    )
    what = index.add_mutually_exclusive_group()
    what.add_argument("--rebuild", action="store_true", help="build the index again with this version and model")
    what.add_argument(
        "--check", action="store_true",
        help="compare the catalog with the indexes derived from it, without reading the files",
    )  # fmt: skip
    index.set_defaults(interrupted="interrupted; indexed files are stored, run the same command again to continue")

    collections = add_command("collections", "List the collections, or delete one.")
    collections.add_argument("--json", action="store_true", help="print one line of JSON for each collection")
    collections.add_argument("--delete", metavar="NAME", help="delete this collection and the files added to it")

    verify = add_command("verify", "Check every quote in a file of answers against the documents.")
    verify.add_argument(
        "answers", type=Path, metavar="ANSWERS", help="a .jsonl from qa batch, or a conversation saved from the page"
    )
    verify.add_argument(
        "--sources", nargs="+", action="extend", default=[], metavar="SOURCE",
        help="look up the documents by name in these folders instead of by the paths in the answers",
    )  # fmt: skip
    changes_help = "print passages that no longer match, as indexed and as they are now"
    verify.add_argument(
        "--encoding", metavar="NAME", help="the encoding that the text files were indexed with, if one was named"
    )
    verify.add_argument("--show-changes", action="store_true", help=changes_help)

    calibrate = add_command("calibrate", "Fit the confidence to your documents, and report how well it judges.")
    add_sources(calibrate, needed=True, help="files and folders")

    feedback = add_command("feedback", "Write the ratings given in the page as labelled questions for qa eval.")
    feedback.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FOLDER", help="folder to write the questions to"
    )
    add_sources(feedback, help=sources_help)

    evaluate = add_command("eval", "Measure on labelled questions (BEIR layout), next to simple baselines.")
    evaluate.add_argument(
        "datasets", nargs="+", type=Path, metavar="DATASET",
        help="folder of corpus.jsonl, queries.jsonl and qrels.tsv; several folders are also asked each other's questions",
    )  # fmt: skip
    evaluate.add_argument(
        "--limit", type=_positive, metavar="N", help="ask at most N questions of each folder, drawn at random"
    )
    evaluate.add_argument("--json", action="store_true", help="print one line of JSON for each folder")
    evaluate.add_argument(
        "--runs", type=Path, metavar="FOLDER", help="write the rankings to this folder as TREC run files"
    )
    evaluate.add_argument("--plot", type=Path, metavar="FILE", help="plot the rankings to a .png, .svg or .pdf")
    for command in (chat, ask, batch, calibrate, feedback):
        command.add_argument(
            "--collection", default="", metavar="NAME", help="open the collection of this name instead of sources"
        )
        command.set_defaults(name="")
    index.set_defaults(collection="")
    model_help = (
        "use another model than the bundled one: multilingual, or a sentence-transformers model, by folder or hub name"
    )
    for command in (chat, ask, batch, index, calibrate, feedback, evaluate):
        command.add_argument("--model", metavar="MODEL", help=model_help)

    topic = add_command("help", "Print a page of the documentation.")
    topic.add_argument("topic", nargs="?", default="", metavar="TOPIC", help="page to print (default: list the topics)")

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
    """Let a command take sources (after `--sources` if `option`; required if `needed`) and rules for the files under them."""
    if option:
        command.add_argument("--sources", nargs="+", action="extend", default=[], metavar="SOURCE", help=help)
    else:
        command.add_argument("sources", nargs="*", default=[], metavar="SOURCES", help=help)
    command.set_defaults(selects=True, needs_sources=needed)
    encoding_help = "read text files in this encoding, such as windows-1252, from now on; auto guesses it again"
    command.add_argument("--encoding", metavar="NAME", help=encoding_help)
    rules = command.add_argument_group(
        "which files to read", "PATTERN is written as in a .gitignore file; options with one can be repeated"
    )
    for name, text in (("--include", "read only matching files"), ("--exclude", "skip matching files and folders")):
        rules.add_argument(name, action="append", default=[], metavar="PATTERN", help=text)
    rules.add_argument("--hidden", action="store_true", help="read hidden files and folders too")
    rules.add_argument("--follow-links", action="store_true", help="follow links that lead out of a folder")
    rules.add_argument("--no-gitignore", action="store_true", help="read files that a .gitignore excludes")


def _positive(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"{int(text)} is not at least 1")
    return int(text)


def _port(text: str) -> int:
    if not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"{int(text)} is not between 0 and 65535")
    return int(text)


def open_assistant(options: argparse.Namespace) -> Assistant:
    """Open the sources or collection, show the progress of indexing, and list files that could not be read."""
    selection, encoder = chosen_selection(options), chosen_encoder(options)
    with show_progress("passages") as show:

        def show_files(progress: Progress) -> None:
            name = f"{progress.documents:,}/{progress.all_documents:,} files: {progress.name}"
            show(progress.passages, progress.all_passages, ", ".join(filter(None, [describe_progress(progress), name])))

        assistant = Assistant.open(selection, encoder=encoder, on_progress=show_files, on_notice=notify)
    notify_failures(assistant)
    return assistant


def chosen_selection(options: argparse.Namespace) -> Selection | None:
    """Return the sources to open, those of the named collection included; None if the user named neither nor an encoding."""
    stored = options.collection or ("" if options.selection else options.name)
    selection = find_collection(stored) if stored else options.selection
    if options.encoding is not None:
        selection = replace(selection or Selection((default_sources(),)), encoding=options.encoding)
    return selection


def bundled_encoder() -> Encoder:
    """Load the encoder that ships with the program."""
    return load_encoder(cache_folder=encoder_folder(), on_notice=notify)


def chosen_encoder(options: argparse.Namespace) -> Encoder | None:
    """Load the encoder that `--model` names; return None without `--model`."""
    return load_encoder(options.model, cache_folder=encoder_folder(), on_notice=notify) if options.model else None


LISTED_OF_A_TYPE = 3  # files of a type that is not read, or not without LibreOffice; more are counted


def notify_failures(assistant: Assistant) -> None:
    """List the files that could not be read, one a line, with the reason; many of a type that is not read in one line."""
    unread = Counter(reason for reason in map(_common_reason, assistant.failures) if reason)
    many = {reason: number for reason, number in sorted(unread.items()) if number > LISTED_OF_A_TYPE}
    for failure in assistant.failures:
        if _common_reason(failure) not in many:
            notify(f"not read: {name_first(failure.source, failure.reason)}")
    for reason, number in many.items():
        notify(f"not read: {number:,} {reason}")


def _common_reason(failure: Failure) -> str:
    """Why the files of a type are not read, after their number; empty for a reason of the file's own."""
    suffix = Path(failure.source).suffix.lower()
    if not is_read(failure.source):
        return f"files of type {suffix!r}, which are not read. See: qa help formats"
    _, needed, advice = failure.reason.partition(f"reading {suffix} files needs")
    return f"files of type {suffix!r}, which need{advice}" if needed else ""
