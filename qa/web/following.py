"""Telling the page how loading and indexing go, and what becomes of the files."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import gradio as gr

from qa.web import strings
from qa.web.frame import (
    render_header,
    render_load_failure,
    render_pending,
    render_picker_note,
    render_progress,
    render_welcome,
)
from qa.web.host import AssistantHost, LoadState, NotReady
from qa.web.library import LibraryHandlers
from qa.web.narrowing import OFFERED, name_choices
from qa.web.suggesting import Suggestions

LOAD_POLL = 0.2  # seconds
INDEXING_POLL = 1.0
HEARTBEAT = 30.0  # seconds; Gradio sees that a page was closed only when something is sent to it
RENEW_SECONDS = 4  # between two times that the list of documents is asked for anew while it is being indexed
SAID_STEP = 25  # per cent of indexing after which a screen reader says so again


class Following:
    """The events that tell a page of what goes on behind it."""

    def __init__(self, host: AssistantHost, library: LibraryHandlers, *, private: bool = True) -> None:
        """Follow one assistant.

        Args:
            host: The assistant, which may still be loading.
            library: Renders the list of documents.
            private: Whether the page is served to this computer alone.
        """
        self.host, self.library, self.suggestions = host, library, Suggestions(host)
        self._header = partial(render_header, private=private)

    async def follow_loading(self) -> AsyncIterator[tuple[Any, ...]]:
        """Say how far loading and indexing have come; where the files are followed, go on as long as the page is open.

        Yields:
            Header, welcome, panel, picker, the line under it, and progress. The panel comes once, with the end of
            loading: later it may show something else, so the page asks for the list where it still shows it.
        """
        async for update in self._follow(ending=not self.host.follow):
            yield update

    async def _follow(self, *, ending: bool) -> AsyncIterator[tuple[Any, ...]]:
        """Say what becomes of the index; to the end of indexing, or on and on."""
        before, panel, quiet = None, True, 0.0
        while True:
            state = self.host.state
            if state is not before:
                quiet = 0.0
                try:
                    yield await asyncio.to_thread(self._describe, state, before, panel=panel)
                    panel = panel and state.stage in ("loading", "failed")
                    before = state
                    if state.stage == "ready":
                        known = await asyncio.to_thread(self._render_welcome)
                        await asyncio.to_thread(self.suggestions.find)
                        welcome = await asyncio.to_thread(self._render_welcome)
                        if welcome != known:
                            yield gr.skip(), welcome, *[gr.skip()] * 4
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
                yield tuple([gr.skip()] * 6)

    async def follow_changes(self) -> AsyncIterator[tuple[Any, ...]]:
        """Say how far indexing has come after something was changed in the page; yields as `follow_loading`."""
        async for header, welcome, _, *rest in self._follow(ending=True):
            yield header, welcome, gr.skip(), *rest

    def _describe(self, state: LoadState, before: LoadState | None, *, panel: bool) -> tuple[Any, ...]:
        if state.stage == "loading":
            pending = render_pending(state.message)
            return self._header(strings.LOADING_SHORT, strings.LOADING_SHORT), pending, *[gr.skip()] * 4
        if state.stage == "failed":
            failed = strings.LOAD_FAILED_SHORT
            progress = render_progress("", None, version="")
            return self._header(failed, failed), render_load_failure(state.message), *[gr.skip()] * 3, progress
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
            return header, *[gr.skip()] * 4, progress
        return header, self._render_welcome(), self.library.render() if panel else gr.skip(), *self.picker(), progress

    def keep_choice(self, chosen: Any) -> Any:
        """Take documents that are gone out of the picker, whose browser part only hides them.

        Args:
            chosen: From the picker.

        Returns:
            The picker, where anything in it is no name of a document.
        """
        try:
            names = {document.source for document in self.host.call(lambda assistant: assistant.documents())}
        except NotReady:
            return gr.skip()
        kept = chosen if isinstance(chosen, list) else []
        left = [name for name in kept if isinstance(name, str) and name in names]
        return gr.skip() if left == kept else gr.update(value=left)

    def _render_welcome(self) -> str:
        questions = self.suggestions.current()
        return render_welcome([(self.suggestions.number(question), question) for question in questions])

    def picker(self) -> tuple[Any, ...]:
        """The picker with the names to choose from, and the line under it; both hidden where there is no choice."""
        names = name_choices(self.host.call(lambda assistant: assistant.documents()))
        offered = list(names[:OFFERED])
        return gr.update(choices=offered, visible=bool(names)), render_picker_note(len(offered), len(names))
