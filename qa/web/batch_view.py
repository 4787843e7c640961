"""A batch as HTML: what can be done with it, and how far it has come. Pure functions."""

from collections.abc import Sequence
from typing import Any

from qa.batch.questions import Row
from qa.markup import escape
from qa.text import describe_size
from qa.web import strings
from qa.web.batches import BATCH_FORMATS, LARGEST_QUESTIONS, MOST_ROWS, BatchState
from qa.web.markup import render_button

SHOWN_ROWS = 20  # that cannot be asked; more are counted
SHOWN_CHARACTERS = 160  # of a quote or a reason


def render_tabs() -> str:
    """The two ways to ask; the page's script turns them into tabs that arrow keys reach."""
    tabs = (("chat", strings.TAB_CHAT, "qa-asking"), ("batch", strings.TAB_BATCH, "qa-batch"))
    buttons = "".join(
        f'<button type="button" role="tab" id="qa-tab-{name}" data-tab="{name}" aria-controls="{panel}" '
        f'aria-selected="{str(name == "chat").lower()}" tabindex="{0 if name == "chat" else -1}">{escape(label)}</button>'
        for name, label, panel in tabs
    )
    return f'<div class="qa-tabs" role="tablist" aria-label="{escape(strings.TABS_LABEL)}">{buttons}</div>'


def render_controls(state: BatchState | None, id_: str = "", *, alarm: str = "") -> str:
    """What the batch is, and what can be done with it.

    Args:
        state: How it stands; None where there is none.
        id_: Its id, which the addresses of its answers hold.
        alarm: Why something was not done, in one line.
    """
    parts = [f'<h2 class="qa-batch-title">{escape(strings.BATCH_TITLE)}</h2>']
    if state is None:
        limits = {"rows": f"{MOST_ROWS:,}", "size": describe_size(LARGEST_QUESTIONS)}
        parts.append(f"<p>{escape(strings.BATCH_HINT)}</p><p>{escape(strings.BATCH_LIMITS.format(**limits))}</p>")
    else:
        parts.append(f'<p class="qa-batch-name"><bdi class="qa-file">{escape(state.name)}</bdi></p>')
        parts.append(f'<p role="status">{escape(_describe(state))}</p>')
        parts.append(_render_actions(state, id_))
        parts.append(_render_bad(state.bad))
    for line in filter(None, (alarm, state.message if state else "")):
        parts.append(f'<p class="qa-message qa-alarm" role="alert">{escape(line)}</p>')
    return f'<div class="qa-batch-controls">{"".join(parts)}</div>'


def render_batch_progress(state: BatchState | None) -> str:
    """How far a batch has come, and the latest answers; nothing before it was started."""
    if state is None or not (state.done or state.stage in ("running", "stopping")):
        return '<div class="qa-batch-progress"></div>'
    text = strings.BATCH_DONE_OF.format(done=f"{state.done:,}", total=f"{state.rows:,}")
    if state.seconds_left is not None:
        text = strings.STATUS.format(
            scope=text, message=strings.LEFT.format(left=strings.describe_left(state.seconds_left))
        )
    label = escape(strings.BATCH_PROGRESS_LABEL)
    bar = f'<progress value="{state.done}" max="{state.rows}" aria-label="{label}"></progress><p>{escape(text)}</p>'
    return f'<div class="qa-batch-progress">{bar}{_render_latest(state.latest)}</div>'


def _describe(state: BatchState) -> str:
    bad = len(state.bad)
    if state.stage == "done":
        return strings.BATCH_DONE.format(
            answered=strings.count_questions(state.rows - bad), bad=strings.count_rows(bad)
        )
    asked = strings.BATCH_HOLDS.format(questions=strings.count_questions(state.rows - bad))
    asked += " " + strings.BATCH_BAD.format(rows=strings.count_rows(bad)) if bad else ""
    return f"{asked} {strings.BATCH_STAGES[state.stage]}".strip()


def _render_actions(state: BatchState, id_: str) -> str:
    def button(label: str, act: str, *, enabled: bool = True) -> str:
        return render_button(label, "batch", {"act": act}, enabled=enabled)

    if state.stage in ("running", "stopping"):
        return f'<p class="qa-batch-actions">{button(strings.BATCH_STOP, "stop", enabled=state.stage == "running")}</p>'
    remove = button(strings.BATCH_REMOVE, "remove")
    if state.stage == "done":
        links = [
            f'<a class="qa-button qa-download" href="/batch/{escape(id_)}/answers{suffix}" download>'
            f"{escape(strings.BATCH_DOWNLOAD.format(suffix=suffix))}</a>"
            for suffix in BATCH_FORMATS
        ]
        return f'<p class="qa-batch-actions">{"".join(links)}{remove}</p>'
    begin = button(strings.BATCH_START if state.stage == "waiting" else strings.BATCH_GO_ON, "start")
    return f'<p class="qa-batch-actions">{begin}{remove}</p>'


def _render_bad(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    items = [strings.BATCH_ROW.format(line=f"{row.line:,}", reason=row.error) for row in rows[:SHOWN_ROWS]]
    if len(rows) > SHOWN_ROWS:
        items.append(strings.NAMES_MORE.format(count=f"{len(rows) - SHOWN_ROWS:,}"))
    shown = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f'<h3 class="qa-small-title">{escape(strings.BATCH_BAD_TITLE)}</h3><ul class="qa-batch-bad">{shown}</ul>'


def _render_latest(records: Sequence[dict[str, Any]]) -> str:
    if not records:
        return ""
    rows = []
    for record in records:
        answer = record.get("answer", {})
        question = answer.get("question", "")
        kind = answer.get("kind", "answer")
        verdict = strings.BATCH_VERDICTS[answer.get("verdict", "error") if kind == "answer" else kind]
        quotes = answer.get("citations", ())
        told = quotes[0]["quote"] if quotes else answer.get("message") or record.get("error", "")
        cells = (f"{record['line']:,}", _shorten(question), verdict, _shorten(answer.get("answer", "")), _shorten(told))
        rows.append("<tr>" + "".join(f'<td dir="auto">{escape(cell)}</td>' for cell in cells) + "</tr>")
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in strings.BATCH_COLUMNS)
    caption = escape(strings.BATCH_LATEST)
    return (
        f'<div class="qa-batch-scroll" tabindex="0" role="group" aria-label="{caption}"><table class="qa-batch-latest">'
        f"<caption>{caption}</caption><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else line[:SHOWN_CHARACTERS].rstrip() + " …"
