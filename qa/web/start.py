"""The command `qa chat`: from its arguments to a page that is served."""

import argparse
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from index import Encoder, Progress, find_sources
from qa.web.access import choose_access
from qa.web.log import start_log
from qa.web.server import serve

if TYPE_CHECKING:
    from qa.assistant import Assistant

TOKEN_VARIABLE = "QA_TOKEN"


def chat(
    options: argparse.Namespace,
    *,
    load_encoder: Callable[[], Encoder | None],
    on_notice: Callable[[str], None],
    on_indexed: "Callable[[Assistant], None]",
) -> None:
    """Serve the chat until it is interrupted.

    Args:
        options: As `arguments.build_parser` reads them for `chat`.
        load_encoder: Loads the model that was named; None: the bundled one is used.
        on_notice: Takes lines of news.
        on_indexed: Called when the index has been brought up to the documents.

    Raises:
        QAError: A source is missing, or the page cannot be served like this.
        OSError: The log cannot be written.
    """
    named = os.environ.pop(TOKEN_VARIABLE, "")  # no program started from here inherits it
    access = choose_access(options.host, options.token or named)
    find_sources(options.sources)
    start_log(options.log, questions=options.log_questions)
    encoder = load_encoder()

    def open_assistant(on_progress: Callable[[Progress], None]) -> "Assistant":
        from qa.assistant import Assistant

        return Assistant.open(
            options.sources or None, encoder=encoder, on_progress=on_progress, on_notice=on_notice, wait=False
        )

    serve(
        open_assistant,
        access=access,
        port=options.port,
        open_browser=not options.no_browser,
        mcp=options.mcp,
        on_indexed=on_indexed,
    )
