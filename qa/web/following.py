"""What an open page is told of the documents: while they are loading, while they are indexed, and as files change."""

import asyncio
from collections.abc import AsyncIterator, Callable

import gradio as gr

from qa.web import strings
from qa.web.host import AssistantHost, LoadState
from qa.web.render import render_header, render_load_failure, render_pending

LOAD_POLL = 0.2  # seconds
INDEXING_POLL = 1.0
HEARTBEAT = 30.0  # seconds; Gradio sees that a page was closed only when something is sent to it


async def follow_host(
    host: AssistantHost, describe: Callable[[], tuple], *, keeps_panel: Callable[[], bool]
) -> AsyncIterator[tuple]:
    """Say how far loading has come; where the files are followed, go on to say what becomes of them.

    Args:
        host: The assistant, which may still be loading.
        describe: Gives welcome, panel, picker and the line under it, for the documents as they are now.
        keeps_panel: Whether the panel is to be left alone, because a document is being read there.

    Yields:
        Header, welcome, panel, picker and the line under it.

    Raises:
        NotReady: The server is closing.
    """
    said = None
    while (state := host.state).stage == "loading":
        if state.message != said:
            said = state.message
            yield render_header(strings.LOADING_SHORT), render_pending(said), *[gr.skip()] * 3
        await asyncio.sleep(LOAD_POLL)
    seen, quiet = None, 0.0
    while state.stage != "failed":
        if state is not seen:  # every step of an update makes another
            whole = seen is None or state.stage == "ready"
            seen, quiet = state, 0.0
            header = render_header(await _describe_status(host, state))
            welcome, panel, *rest = await asyncio.to_thread(describe) if whole else [gr.skip()] * 4
            yield header, welcome, gr.skip() if keeps_panel() else panel, *rest
        elif quiet >= HEARTBEAT:
            quiet = 0.0
            yield tuple([gr.skip()] * 5)
        if state.stage == "ready" and not host.follow:
            return
        await asyncio.sleep(INDEXING_POLL)
        quiet += INDEXING_POLL
        state = host.state
    yield render_header(strings.LOAD_FAILED_SHORT), render_load_failure(state.message), *[gr.skip()] * 3


async def _describe_status(host: AssistantHost, state: LoadState) -> str:
    """What is searched, and how far indexing has come."""
    scope = await asyncio.to_thread(host.call, lambda assistant: assistant.scope)
    described = strings.describe_scope(scope.documents, scope.passages)
    return strings.STATUS.format(scope=described, message=state.message) if state.message else described
