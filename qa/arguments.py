"""The command line's arguments: which commands there are, and what each of them takes."""

import argparse
from pathlib import Path

from qa.bench.options import add_options


def build_parser() -> argparse.ArgumentParser:
    """Build the parser; what it parses holds the `command`, its arguments, and what to say when it is `interrupted`."""
    parser = argparse.ArgumentParser(
        prog="qa", description="Answers from your own documents: quoted sentences, each with where it stands."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    sources_help = "files and folders of documents; when none are named: the folder seeds, or the document shipped"

    def add_command(name: str, summary: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=summary, description=summary)
        command.set_defaults(interrupted="interrupted")
        return command

    def add_model(*some: argparse.ArgumentParser) -> None:
        for command in some:
            command.add_argument(
                "--model",
                metavar="MODEL",
                help="a sentence-transformers model, by folder or hub name; default: the bundled one",
            )

    chat = add_command("chat", "Open the chat page in a browser.")
    chat.add_argument("sources", nargs="*", metavar="SOURCES", help=sources_help)
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
    ask.add_argument("--sources", nargs="+", action="extend", default=[], metavar="SOURCE", help=sources_help)
    ask.add_argument("--json", action="store_true", help="print the whole answer as one line of JSON")

    batch = add_command("batch", "Answer a file of questions; run it again to go on after an interruption.")
    batch.add_argument("questions", type=Path, metavar="QUESTIONS", help=".txt, .csv or .jsonl")
    batch.add_argument("-o", "--output", type=Path, required=True, metavar="ANSWERS", help=".jsonl, .csv or .md")
    batch.add_argument("--sources", nargs="+", action="extend", default=[], metavar="SOURCE", help=sources_help)
    batch.set_defaults(interrupted="interrupted; run the same command again to go on")

    index = add_command("index", "Bring the index up to date with the documents, and say what it holds.")
    index.add_argument("sources", nargs="+", metavar="SOURCES", help="files and folders of documents")
    index.set_defaults(interrupted="interrupted; what is indexed is kept, run the same command again to go on")

    verify = add_command("verify", "Check every quote of a file of answers against the documents.")
    verify.add_argument("answers", type=Path, metavar="ANSWERS", help=".jsonl from qa batch, or from qa ask --json")
    verify.add_argument(
        "--sources", nargs="+", action="extend", default=[], metavar="SOURCE",
        help="look the documents up by name in these folders, not by the paths in the answers",
    )  # fmt: skip

    calibrate = add_command("calibrate", "Fit the confidence to your documents, and say how well it judges.")
    calibrate.add_argument("sources", nargs="+", metavar="SOURCES", help="files and folders of documents")

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
    add_model(chat, ask, batch, index, calibrate, evaluate)

    add_options(add_command("bench", "Measure speed, size, memory and start-up, beside a plain baseline."))
    return parser


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
