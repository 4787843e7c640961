"""What happens in the page around a batch, and how it is shown: a file comes, it is started, stopped, followed and taken away.

The browser keeps the id of its batch, and finds it again by that after the page is loaded again.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from index import QAError
from qa.batch.questions import Row
from qa.text import describe_size
from qa.web import strings
from qa.web.batches.jobs import BATCH_FORMATS, LARGEST_QUESTIONS, MOST_ROWS, PAGE, Batches, BatchState
from qa.web.library.events import LibraryHandlers
from qa.web.library.libraries import read_number
from qa.web.library.uploads import delete_uploads, find_uploads
from qa.web.ui.templates import fill

SHOWN_ROWS = 20  # that cannot be asked; more are counted
SHOWN_CHARACTERS = 160  # of a quote or a reason


def render_tabs() -> str:
    """The two ways to ask; the page's script turns them into tabs that arrow keys reach."""
    return str(fill("batches/batch.html", "tabs"))


def render_controls(state: BatchState | None, id_: str = "", *, alarm: str = "") -> str:
    """What the batch is, and what can be done with it.

    Args:
        state: How it stands; None where there is none.
        id_: Its id, which the addresses of its answers hold.
        alarm: Why something was not done, in one line.
    """
    limits = strings.BATCH_LIMITS.format(rows=f"{MOST_ROWS:,}", size=describe_size(LARGEST_QUESTIONS))
    return str(
        fill(
            "batches/batch.html",
            "controls",
            state=state,
            id=id_,
            suffixes=BATCH_FORMATS,
            limits=limits,
            described=_describe(state) if state else "",
            bad=_list_bad(state.bad) if state else (),
            alarms=[line for line in (alarm, state.message if state else "") if line],
        )
    )


def render_batch_progress(state: BatchState | None) -> str:
    """How far a batch has come, and the latest answers; nothing before it was started."""
    if state is None or not (state.done or state.stage in ("running", "stopping")):
        return str(fill("batches/batch.html", "progress", state=None, text="", answers=""))
    text = strings.BATCH_DONE_OF.format(done=f"{state.done:,}", total=f"{state.rows:,}")
    if state.seconds_left is not None:
        text = strings.STATUS.format(
            scope=text, message=strings.LEFT.format(left=strings.describe_left(state.seconds_left))
        )
    return str(fill("batches/batch.html", "progress", state=state, text=text, answers=_render_answers(state)))


def _describe(state: BatchState) -> str:
    bad = len(state.bad)
    if state.stage == "done":
        return strings.BATCH_DONE.format(
            answered=strings.count_questions(state.rows - bad), bad=strings.count_rows(bad)
        )
    asked = strings.BATCH_HOLDS.format(questions=strings.count_questions(state.rows - bad))
    asked += " " + strings.BATCH_BAD.format(rows=strings.count_rows(bad)) if bad else ""
    return f"{asked} {strings.BATCH_STAGES[state.stage]}".strip()


def _list_bad(rows: Sequence[Row]) -> list[str]:
    items = [strings.BATCH_ROW.format(line=f"{row.line:,}", reason=row.error) for row in rows[:SHOWN_ROWS]]
    more = [strings.NAMES_MORE.format(count=f"{len(rows) - SHOWN_ROWS:,}")] if len(rows) > SHOWN_ROWS else []
    return items + more


def _render_answers(state: BatchState) -> Markup:
    """The table of answers: a page of those of the outcome that is chosen."""
    if not state.answers:
        return Markup()
    outcome, page = state.shown
    counts = Counter(row.outcome for row in state.answers)
    chosen = [row for row in state.answers if outcome in ("", row.outcome)]
    pages = max(1, -(-len(chosen) // PAGE))
    page = min(page, pages - 1)
    return fill(
        "batches/answers.html",
        rows=chosen[page * PAGE : (page + 1) * PAGE],
        filters=[("", len(state.answers)), *sorted(counts.items())] if len(counts) > 1 else [],
        outcome=outcome,
        page=page,
        pages=pages,
        shorten=_shorten,
    )


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else line[:SHOWN_CHARACTERS].rstrip() + " …"


_POLL_SECONDS = 0.5


class BatchHandlers:
    """The page's events about batches, each a method."""

    def __init__(self, batches: Batches, library: LibraryHandlers) -> None:
        """Serve the events of one page.

        Args:
            batches: All there are.
            library: Knows the assistant, and where uploads lie.
        """
        self.batches, self.host, self.uploads = batches, library.host, library.uploads

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
            new = self.batches.add(files[0], self.host)
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
            event: With `act`: "start", "stop" or "remove"; "paste", with questions as the lines of `text`, which are asked at
                once; "show", with the `outcome` and the `page` of the answers to show; or "look", which changes nothing.

        Returns:
            The id to keep, controls and progress.
        """
        data = event._data if isinstance(event._data, dict) else {}
        act, text, outcome = (data.get(name) for name in ("act", "text", "outcome"))
        batch = self.batches.find(id_)
        if act == "paste" and not batch and isinstance(text, str):
            try:
                id_ = self.batches.paste(text, self.host)
            except (QAError, OSError) as error:
                return id_, self._render("", alarm=str(error)), render_batch_progress(None)
            batch, act = self.batches.find(id_), "start"
        if batch and act == "start":
            batch.start()
        elif batch and act == "stop":
            batch.stop()
        elif batch and act == "show" and isinstance(outcome, str):
            batch.show(outcome, read_number(event, "page") or 0)
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
