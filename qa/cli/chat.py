"""The command `qa chat`: from its arguments to a page that is served."""

import argparse
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from index import Encoder, Progress, Selection, StorageError
from qa.collections import (
    conversations_file,
    create_collection,
    delete_discarded,
    discard_collection,
    encoder_folder,
    find_collection,
    home_folder,
    kept_file,
    list_collections,
    rename_collection,
    restore_discarded,
    scratch_folder,
    select_sources,
)
from qa.conversations import Conversations
from qa.kept import KeptQuotes
from qa.web.host import AssistantHost
from qa.web.library.libraries import Libraries
from qa.web.log import start_log
from qa.web.security.access import choose_access
from qa.web.server import serve

if TYPE_CHECKING:
    from qa.assistant import Assistant

TOKEN_VARIABLE = "QA_TOKEN"


def chat(
    options: argparse.Namespace,
    chosen: Selection | None,
    *,
    load_encoder: Callable[[], Encoder | None],
    on_notice: Callable[[str], None],
    on_indexed: "Callable[[Assistant], None]",
) -> None:
    """Serve the chat until it is interrupted.

    Args:
        options: As `arguments.parse_arguments` reads them for `chat`.
        chosen: What is to be opened first; None: the default sources.
        load_encoder: Loads the model that was named; None: the bundled one is used.
        on_notice: Takes lines of news.
        on_indexed: Called when the index has been brought up to the documents, and later where what cannot be read has
            changed.

    Raises:
        QAError: A source is missing, or the page cannot be served like this.
        OSError: The log cannot be written.
    """
    named = os.environ.pop(TOKEN_VARIABLE, "")  # no program started from here inherits it
    access = choose_access(options.host, options.token or named, options.proxy, without_token=options.no_token)
    selection = select_sources(chosen)
    start_log(options.log, questions=options.log_questions)
    encoder = load_encoder()

    def make_host(find: Callable[[], Selection]) -> AssistantHost:
        def open_assistant(on_progress: Callable[[Progress], None]) -> "Assistant":
            from qa.assistant import Assistant

            return Assistant.open(
                find(), encoder=encoder, on_progress=on_progress, on_notice=on_notice, wait=False, allow_empty=True
            )

        return AssistantHost(open_assistant, on_indexed, follow=True)

    def create(name: str) -> str:
        from index import load_encoder as load_bundled

        return create_collection(name, encoder or load_bundled(cache_folder=encoder_folder(), on_notice=on_notice))

    delete_discarded(None)
    libraries = Libraries(
        make_host(lambda: selection),
        lambda name: make_host(lambda: find_collection(name)),
        list_libraries=list_collections,
        create=create,
        rename=lambda name, new: rename_collection(None, name, new),
        discard=lambda name: discard_collection(None, name),
        restore=lambda: restore_discarded(None),
    )
    store, kept = _open_store(on_notice), _open_kept(on_notice)
    try:
        serve(
            libraries,
            scratch=scratch_folder(home_folder()),
            access=access,
            port=options.port,
            open_browser=not options.no_browser,
            mcp=options.mcp,
            store=store,
            kept=kept,
        )
    finally:
        for opened in (store, kept):
            if opened:
                opened.close()


def _open_store(on_notice: Callable[[str], None]) -> Conversations | None:
    """The conversations; where their file cannot be used, that is said, and the chat goes on without."""
    try:
        return Conversations(conversations_file(home_folder()), on_notice=on_notice)
    except StorageError as error:
        on_notice(f"{error} Until then conversations last as long as their page.")
        return None


def _open_kept(on_notice: Callable[[str], None]) -> KeptQuotes | None:
    """The kept quotes; where their file cannot be used, that is said, and the chat goes on without."""
    try:
        return KeptQuotes(kept_file(home_folder()), on_notice=on_notice)
    except StorageError as error:
        on_notice(f"{error} Until then no quotes can be kept.")
        return None
