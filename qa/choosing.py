"""What the commands of the command line open: the sources, the collection and the model their options name."""

import argparse
from typing import TYPE_CHECKING

from index import Encoder, Progress, Selection, load_encoder
from qa.notices import notify, show_progress
from qa.terminal import describe_progress, name_first

if TYPE_CHECKING:
    from qa.assistant import Assistant


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
    from qa.places import encoder_folder

    return load_encoder(cache_folder=encoder_folder(), on_notice=notify)


def chosen_encoder(options: argparse.Namespace) -> Encoder | None:
    """The encoder that `--model` names; None where none is named."""
    return load_encoder(options.model) if options.model else None


def notify_failures(assistant: "Assistant") -> None:
    """Name what could not be read, each in one line."""
    for failure in assistant.failures:
        notify(f"not read: {name_first(failure.source, failure.reason)}")
