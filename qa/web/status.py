"""Telling the page how loading and indexing go, and what becomes of the files."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import gradio as gr

from qa.web import strings
from qa.web.chat.suggestions import Suggestions
from qa.web.host import AssistantHost, LoadState, NotReady
from qa.web.library.events import LibraryHandlers
from qa.web.ui.templates import (
    render_header,
    render_load_failure,
    render_pending,
    render_progress,
    render_start,
    render_welcome,
)

LOAD_POLL = 0.2  # seconds
INDEXING_POLL = 1.0
HEARTBEAT = 30.0  # seconds; Gradio sees that a page was closed only when something is sent to it
RENEW_SECONDS = 4  # between two times that the list of documents is asked for anew while it is being indexed
SAID_STEP = 25  # per cent of indexing after which a screen reader says so again


class Following:
    """The events that tell a page of what goes on behind it."""

    def __init__(self, host: AssistantHost, library: LibraryHandlers, *, privacy: str = strings.PRIVATE) -> None:
        """Follow one assistant.

        Args:
            host: The assistant, which may still be loading.
            library: Renders the list of documents.
            privacy: What leaves the computer, as a sentence.
        """
        self.host, self.library, self.suggestions = host, library, Suggestions(host)
        self._header = partial(render_header, privacy=privacy)

    async def follow_loading(self) -> AsyncIterator[tuple[Any, ...]]:
        """Say how far loading and indexing have come; where the files are followed, go on as long as the page is open.

        It is all that a page asks for by itself when it opens. Gradio closes the stream of a page that waits for nothing, and
        an event that is sent just then is never heard of: of several, a short one would end before a long one has begun.

        Yields:
            Header, welcome, panel, progress and the menu of libraries. Panel and menu come once, with the end of
            loading: later they may show something else, so the page asks for the list where it still shows it.
        """
        listed = False
        async for update in self._follow(ending=not self.host.follow):
            if listed or self.host.state.stage == "loading":
                yield *update, gr.skip()
            else:
                yield *update, await asyncio.to_thread(self.library.render_menu)
                listed = True

    async def _follow(self, *, ending: bool) -> AsyncIterator[tuple[Any, ...]]:
        """Say what becomes of the index; to the end of indexing, or on and on."""
        before, panel, quiet = None, True, 0.0
        while True:
            self.host.notice_deletion()
            state = self.host.state
            if state is not before:
                quiet = 0.0
                try:
                    described = await asyncio.to_thread(self._describe, state, before, panel=panel)
                    yield described
                    panel = panel and state.stage in ("loading", "failed")
                    before = state
                    if state.stage == "ready":
                        await asyncio.to_thread(self.suggestions.find)
                        welcome = await asyncio.to_thread(self._render_welcome)
                        if welcome != described[1]:
                            yield gr.skip(), welcome, *[gr.skip()] * 2
                except NotReady:
                    pass  # another collection is being opened since; its state comes next
            if state.stage == "failed" or (ending and state.stage == "ready"):
                if state is self.host.state:
                    return
                continue
            wait = LOAD_POLL if state.stage == "loading" else INDEXING_POLL
            await asyncio.sleep(wait)
            quiet += wait
            if quiet >= HEARTBEAT:
                quiet = 0.0
                yield tuple([gr.skip()] * 4)

    async def follow_changes(self) -> AsyncIterator[tuple[Any, ...]]:
        """Say how far indexing has come after something was changed in the page; yields header, welcome, panel and progress."""
        async for header, welcome, _, *rest in self._follow(ending=True):
            yield header, welcome, gr.skip(), *rest

    def _describe(self, state: LoadState, before: LoadState | None, *, panel: bool) -> tuple[Any, ...]:
        if state.stage == "loading":
            pending = render_pending(state.message)
            return self._header(strings.LOADING_SHORT, strings.LOADING_SHORT), pending, *[gr.skip()] * 2
        if state.stage == "failed":
            failed = strings.LOAD_FAILED_SHORT
            progress = render_progress("", None, version="")
            return self._header(failed, failed), render_load_failure(state.message), gr.skip(), progress
        scope = self.host.call(lambda assistant: assistant.scope)
        described = said = strings.describe_scope(scope.documents, scope.passages)
        message = state.message if state.stage == "indexing" else ""
        version = f"ready-{secrets.token_hex(4)}"
        if state.stage == "indexing":
            version = f"indexing-{int(time.monotonic() // RENEW_SECONDS)}"
            percent = int((state.share or 0) * 100) // SAID_STEP * SAID_STEP
            said = strings.INDEXED_SAID.format(percent=percent)
        status = strings.STATUS.format(scope=described, message=state.message) if state.message else described
        header, progress = self._header(status, said), render_progress(message, state.share, version=version)
        if before is not None and before.stage == state.stage == "indexing":
            return header, *[gr.skip()] * 2, progress
        return header, self._render_welcome(), self.library.render() if panel else gr.skip(), progress

    def _render_welcome(self) -> str:
        if not self.host.call(lambda assistant: assistant.scope.documents):
            return render_start()
        questions = self.suggestions.current()
        return render_welcome([(self.suggestions.number(question), question) for question in questions])
