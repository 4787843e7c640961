"""What the options of several commands open: sources, a collection, a model."""

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

import click

from index import Encoder, Failure, Progress, Selection, SourceRules, is_read, load_encoder, parse_address
from qa.assistant import Assistant
from qa.cli.output import notify, show_progress
from qa.cli.usage import Option, parsed_by, whole
from qa.collections import CANDIDATES, STORE, collection_store, default_sources, encoder_folder, find_collection
from qa.text import describe_progress, name_first

Action = Callable[..., int]

FILES = "Which files to read"
READING = "How to read them"
ENGINES = "Where it is kept"
SOURCES_HELP = (
    "files, folders and addresses (default: the folder seeds, or else the document that ships with the program)"
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a command is to open, as its options say.

    Attributes:
        sources: The files and folders named, with their rules; None if none is.
        collection: The name of a stored collection, or empty.
        encoding: That of text files, or None for the one stored.
        model: The model, or empty for the one the collection has, else the bundled one.
        read_only: Whether to read no files, and to change nothing.
    """

    sources: Selection | None
    collection: str = ""
    encoding: str | None = None
    model: str = ""
    read_only: bool = False

    def selection(self) -> Selection | None:
        """Return the sources to open, those of the named collection included; None if nothing was named.

        Raises:
            SourceError: No collection has this name.
        """
        selection = find_collection(self.collection) if self.collection else self.sources
        if self.encoding is not None:
            selection = replace(selection or Selection((default_sources(),)), encoding=self.encoding)
        return selection

    def encoder(self) -> Encoder | None:
        """Load the encoder that `--model` names; return None without `--model`."""
        return load_encoder(self.model, cache_folder=encoder_folder(), on_notice=notify) if self.model else None

    def open(self, workers: int | str = 1) -> Assistant:
        """Open the sources or collection, show the progress of indexing, and list files that could not be read.

        `workers` embed, as for `Assistant.open`.
        """
        selection = self.selection()
        with show_progress("passages") as show:

            def show_files(progress: Progress) -> None:
                name = f"{progress.documents:,}/{progress.all_documents:,} files: {progress.name}"
                line = ", ".join(filter(None, [describe_progress(progress), name]))
                show(progress.passages, progress.all_passages, line)

            assistant = Assistant.open(
                selection,
                encoder=self.encoder(),
                read_only=self.read_only,
                on_progress=show_files,
                on_notice=notify,
                workers=workers,
            )
        notify_failures(assistant)
        return assistant


def option(*names: str, **settings: Any) -> Callable[[Action], Action]:
    """Add an option of `qa.cli.usage`."""
    return click.option(*names, cls=Option, **settings)


def takes_sources(*, as_option: bool = False, named: bool = False, needed: bool = False) -> Callable[[Action], Action]:
    """Let a command open documents; it gets `chosen`, a `Chosen`.

    Args:
        as_option: Sources follow `--sources` instead of being arguments.
        named: The collection is stored under `--name`, instead of opened with `--collection`.
        needed: Sources or a collection must be named.
    """
    stored = ("--name", "store the collection under this name, for --collection")
    opened = ("--collection", "open the collection of this name instead of sources")
    name_option, name_help = stored if named else opened
    parameters = [
        click.argument("sources", nargs=-1, type=click.Path(), metavar="[SOURCES]..." if not needed or named else "SOURCES...")
        if not as_option
        else option("--sources", several=True, type=click.Path(), metavar="SOURCE...", help=SOURCES_HELP),
        option(name_option, "collection", default="", metavar="NAME", help=name_help, shell_complete=complete_name),
        option("--include", group=FILES, multiple=True, metavar="PATTERN",
               help="read only matching files; PATTERN is written as in a .gitignore file, and can be repeated"),
        option("--exclude", group=FILES, multiple=True, metavar="PATTERN",
               help="skip matching files and folders; can be repeated"),
        option("--hidden", group=FILES, is_flag=True, help="read hidden files and folders too"),
        option("--follow-links", group=FILES, is_flag=True, help="follow links that lead out of a folder"),
        option("--no-gitignore", group=FILES, is_flag=True, help="read files that a .gitignore excludes"),
        option("--encoding", group=READING, metavar="NAME",
               help="read text files in this encoding, such as windows-1252, from now on; auto guesses it again"),
        model_option,
    ]  # fmt: skip
    if not (named or needed):
        help_ = "answer from what is or will be indexed in --collection; read no files, and change nothing"
        parameters.append(option("--read-only", group=FILES, is_flag=True, help=help_))

    def decorate(action: Action) -> Action:
        @wraps(action)
        def command(
            sources: tuple[str, ...],
            collection: str,
            include: tuple[str, ...],
            exclude: tuple[str, ...],
            hidden: bool,
            follow_links: bool,
            no_gitignore: bool,
            encoding: str | None,
            model: str,
            read_only: bool = False,
            **others: Any,
        ) -> int:
            if sources and collection and not named:
                raise click.UsageError("name sources or --collection, not both.", _context())
            if needed and not (sources or collection):
                raise click.UsageError(f"name sources, or a stored collection with {name_option}.", _context())
            for name, given in {
                "--include": include, "--exclude": exclude, "--hidden": hidden,
                "--follow-links": follow_links, "--no-gitignore": no_gitignore,
            }.items():  # fmt: skip
                if given and not sources:
                    raise click.UsageError(f"{name} needs sources: name the files or folders too.", _context())
            if read_only and not collection:
                raise click.UsageError("--read-only needs --collection: name one that is indexed.", _context())
            rules = SourceRules(include, exclude, hidden, follow_links, not no_gitignore)
            selection = Selection(sources, rules, collection if named else "") if sources else None
            stored_name = "" if selection else collection
            return action(chosen=Chosen(selection, stored_name, encoding, model, read_only), **others)

        decorated: Action = engine_options(command)
        for parameter in reversed(parameters):
            decorated = parameter(decorated)
        return decorated

    return decorate


def model_option(action: Action) -> Action:
    """Add the option `--model`."""
    add = option("--model", group=READING, default="", metavar="MODEL",
                 help="use another model than the bundled one: multilingual, or a sentence-transformers model, by folder or hub"
                 " name")  # fmt: skip
    return add(action)


def engine_options(action: Action) -> Action:
    """Add the options `--store` and `--candidates`, which set variables for this process and those that it starts."""

    @wraps(action)
    def command(store: str, candidates: str, **others: Any) -> int:
        os.environ.update({name: value for name, value in ((STORE, store), (CANDIDATES, candidates)) if value})
        return action(**others)

    decorated: Action = command
    for name, help_ in (
        ("--candidates", "find passages through the Milvus server at http://HOST:PORT: see qa help scaling"),
        ("--store", f"keep collections on this PostgreSQL server; {STORE} in the environment hides a password better"),
    ):
        decorated = option(name, group=ENGINES, default="", metavar="ADDRESS", help=help_)(decorated)
    return decorated


def workers_option(use: str) -> Callable[[Action], Action]:
    """Add the option `--workers`; `use` says what they do."""
    address = "or the address of a Ray cluster, such as ray://head:10001"
    return option(
        "--workers",
        callback=parsed_by(_parse_workers),
        default="1",
        metavar="N",
        help=f"processes that {use} (default: 1), {address}",
    )


def _parse_workers(text: str) -> int | str:
    if re.fullmatch(r"-?[0-9]+", text):
        return whole(1)(text)
    parse_address(text)
    return text


def _context() -> click.Context:
    return click.get_current_context()


def complete_name(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """List the collections whose name begins so, for shells."""
    return [key for key in collection_store().list_keys() if key.startswith(incomplete)]


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
