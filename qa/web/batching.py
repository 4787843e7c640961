"""What happens in the page around a batch: a file comes, it is started, stopped, followed and taken away.

The browser keeps the id of its batch, and finds it again by that after the page is loaded again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from index import QAError
from qa.web import strings
from qa.web.batch_view import render_batch_progress, render_controls
from qa.web.batches import BATCH_FORMATS, Batches
from qa.web.library import LibraryHandlers
from qa.web.uploads import delete_uploads, find_uploads

_POLL_SECONDS = 0.5


class BatchHandlers:
    """The page's events about batches, each a method."""

    def __init__(self, batches: Batches, library: LibraryHandlers) -> None:
        """Serve the events of one page.

        Args:
            batches: All there are.
            library: Knows where uploads lie.
        """
        self.batches, self.uploads = batches, library.uploads

    def take_file(self, sent: Any, id_: Any) -> tuple[Any, ...]:
        """Take a file of questions, in place of the one before.

        Args:
            sent: What the upload's event holds: a path, if it comes from the page.
            id_: Of the batch before.

        Returns:
            Nothing, for the upload itself; the id to keep; controls and progress.
        """
        files: Sequence[Path] = ()
        try:
            before = self.batches.find(id_)
            if before and before.state.stage in ("running", "stopping"):
                return None, id_, self._render(id_, alarm=strings.BATCH_ONE), gr.skip()
            files = find_uploads(sent, self.uploads)
            if len(files) != 1:
                return None, id_, self._render(id_, alarm=strings.NO_FILES), gr.skip()
            new = self.batches.add(files[0])
        except (QAError, OSError) as error:
            return None, id_, self._render(id_, alarm=str(error)), gr.skip()
        except Exception:
            logging.getLogger(__name__).exception("a file of questions was not read")
            return None, id_, self._render(id_, alarm=strings.BATCH_ERROR), gr.skip()
        finally:
            delete_uploads(files, self.uploads)
        self.batches.remove(id_)
        return None, new, self._render(new), render_batch_progress(None)

    def act(self, id_: Any, event: gr.EventData) -> tuple[Any, ...]:
        """Start, stop or take away the batch of this browser.

        Args:
            id_: Its id.
            event: With `act`: "start", "stop" or "remove".

        Returns:
            The id to keep, controls and progress.
        """
        act = event._data.get("act") if isinstance(event._data, dict) else None
        batch = self.batches.find(id_)
        if batch and act == "start":
            batch.start()
        elif batch and act == "stop":
            batch.stop()
        elif batch and act == "remove":
            self.batches.remove(id_)
            id_, batch = "", None
        return id_, self._render(id_), render_batch_progress(batch.state if batch else None)

    async def follow(self, id_: Any) -> AsyncIterator[tuple[Any, ...]]:
        """Say how the batch of this browser stands, for as long as it is at work.

        Args:
            id_: Its id; anything else is no batch.

        Yields:
            Controls and progress; the controls only when they change, so that they keep the focus.
        """
        shown: tuple[str, str] = ("", "")
        while True:
            batch = self.batches.find(id_)
            state = batch.state if batch else None
            now = (render_controls(state, id_ if batch else ""), render_batch_progress(state))
            if now != shown:
                yield tuple(new if new != old else gr.skip() for new, old in zip(now, shown, strict=True))
                shown = now
            if state is None or state.stage not in ("running", "stopping"):
                return
            await asyncio.sleep(_POLL_SECONDS)

    def _render(self, id_: Any, *, alarm: str = "") -> str:
        batch = self.batches.find(id_)
        return render_controls(batch.state if batch else None, id_ if batch else "", alarm=alarm)


def batch_routes(batches: Batches) -> list[Route]:
    """Where the answers of a batch are fetched, by its id: `/batch/ID/answers.csv` and the like.

    Args:
        batches: All there are.
    """

    def answers(request: Request) -> Response:
        batch, suffix = batches.find(request.path_params["id"]), request.path_params["suffix"]
        if (
            batch is None
            or suffix not in BATCH_FORMATS
            or batch.state.stage != "done"
            or not batch.answers(suffix).is_file()
        ):
            return PlainTextResponse(strings.BATCH_GONE + "\n", status_code=404)
        name = f"{batch.questions.stem}-answers{suffix}"
        return FileResponse(batch.answers(suffix), filename=name, headers={"cache-control": "no-store"})

    return [Route("/batch/{id}/answers{suffix}", answers)]
