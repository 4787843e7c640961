"""The command `qa chat`: from its arguments to a page that is served."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index import Encoder, Progress, Selection, StorageError, load_encoder
from qa.cli.options import Chosen, notify_failures
from qa.cli.output import notify
from qa.collections import (
    change_model,
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
    uses_other_computers,
)
from qa.conversations import Conversations
from qa.kept import KeptQuotes
from qa.web.host import AssistantHost
from qa.web.library.libraries import Libraries, offer_models
from qa.web.log import start_log
from qa.web.security.access import Access
from qa.web.server import serve

if TYPE_CHECKING:
    from qa.assistant import Assistant


def chat(
    chosen: Chosen,
    access: Access,
    *,
    port: int,
    no_browser: bool,
    mcp: bool,
    log: Path | None,
    log_questions: bool,
) -> None:
    """Serve the chat until it is interrupted.

    Args:
        chosen: What is to be opened first.
        access: Where to serve it, and to whom.
        port: Where to listen; 0 means any free port.
        no_browser: Whether to leave the browser closed.
        mcp: Whether to serve the tools of the Model Context Protocol too.
        log: The file for the log; standard error when omitted.
        log_questions: Whether to log questions.

    Raises:
        QAError: A source is missing, or the page cannot be served like this.
        OSError: The log cannot be written.
    """
    selection = select_sources(chosen.selection(), read_only=chosen.read_only)
    start_log(log, questions=log_questions)

    def make_host(find: Callable[[], Selection], encoder: Encoder | None = None) -> AssistantHost:
        def open_assistant(on_progress: Callable[[Progress], None]) -> "Assistant":
            from qa.assistant import Assistant

            return Assistant.open(
                find(),
                encoder=encoder,
                on_progress=on_progress,
                on_notice=notify,
                wait=False,
                allow_empty=True,
                read_only=chosen.read_only,
            )

        return AssistantHost(open_assistant, notify_failures, follow=True, reopen=chosen.read_only)

    changes: dict[str, Any] = {}
    if not chosen.read_only:
        delete_discarded(None)
        changes = {
            "create": create_collection,
            "change_model": change_model,
            "rename": rename_collection,
            "discard": discard_collection,
            "restore": lambda: restore_discarded(None),
        }
    libraries = Libraries(
        make_host(lambda: selection, chosen.encoder()),
        lambda name: make_host(lambda: find_collection(name)),
        list_libraries=list_collections,
        models=offer_models(chosen.model),
        load_model=lambda model: load_encoder(model or None, cache_folder=encoder_folder(), on_notice=notify),
        **changes,
        read_only=chosen.read_only,
        on_server=uses_other_computers(),
    )
    store, kept = _open_store(), _open_kept()
    try:
        serve(
            libraries,
            scratch=scratch_folder(home_folder()),
            access=access,
            port=port,
            open_browser=not no_browser,
            mcp=mcp,
            store=store,
            kept=kept,
        )
    finally:
        for opened in (store, kept):
            if opened:
                opened.close()


def _open_store() -> Conversations | None:
    """The conversations; where their file cannot be used, that is said, and the chat goes on without."""
    try:
        return Conversations(conversations_file(home_folder()), on_notice=notify)
    except StorageError as error:
        notify(f"{error} Until then conversations last as long as their page.")
        return None


def _open_kept() -> KeptQuotes | None:
    """The kept quotes; where their file cannot be used, that is said, and the chat goes on without."""
    try:
        return KeptQuotes(kept_file(home_folder()), on_notice=notify)
    except StorageError as error:
        notify(f"{error} Until then no quotes can be kept.")
        return None
