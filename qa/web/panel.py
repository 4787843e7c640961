"""The panel beside the chat as HTML: the list of documents, or one document opened at a place. Pure functions.

A long document is never sent whole: a window of paragraphs is, with buttons to what stands before and after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from index import Document, Failure, Passage
from qa.web import strings
from qa.web.markup import Mark, escape, line_class, render_button, render_marked
from qa.web.render import Turn

WINDOW = 40  # paragraphs
LISTED = 200  # documents or failures; a longer list is cut, and says so


@dataclass(frozen=True, slots=True)
class View:
    """A document opened for reading.

    Attributes:
        document: The document.
        passages: All its paragraphs, in order.
        first: Index of the first paragraph to show.
        origin: What to send back to see another window: {"turn", "citation"} or {"document"}.
        notice: One line about the file, not escaped; empty when it is as it was.
    """

    document: Document
    passages: tuple[Passage, ...]
    first: int
    origin: dict[str, int]
    notice: str = ""


def choose_window(passages: Sequence[Passage], position: int) -> int:
    """Choose the first paragraph to show, so that a position stands in the first half of the window.

    Args:
        passages: All paragraphs, in order.
        position: A character of the document.

    Returns:
        Index of the first paragraph.
    """
    index = next((index for index, passage in enumerate(passages) if position < passage.end), len(passages) - 1)
    return max(0, min(index - WINDOW // 4, len(passages) - WINDOW))


def render_library(documents: Sequence, failures: Sequence[Failure]) -> str:
    """The list of documents, and of what could not be read.

    Args:
        documents: Records with `id`, `source` and `passages`, in the order to show them in.
        failures: Sources that could not be read, with reasons.
    """
    items = [
        f'<li><button type="button" class="qa-document" data-qa="browse" data-document="{document.id}">'
        f'<bdi class="qa-file">{escape(document.source)}</bdi>'
        f'<span class="qa-locator">{escape(strings.count_paragraphs(document.passages))}</span></button></li>'
        for document in documents[:LISTED]
    ]
    parts = [f'<p class="qa-hint">{escape(strings.LIBRARY_HINT)}</p><ul class="qa-documents">{"".join(items)}</ul>']
    parts += [_render_more(len(documents) - LISTED)] if len(documents) > LISTED else []
    if failures:
        rows = [
            f'<li><bdi class="qa-file">{escape(failure.source)}</bdi> <span class="qa-reason">{escape(failure.reason)}'
            f"</span></li>"
            for failure in failures[:LISTED]
        ]
        more = _render_more(len(failures) - LISTED) if len(failures) > LISTED else ""
        parts.append(
            f'<details class="qa-fold qa-failures"><summary>{escape(strings.count_failures(len(failures)))}</summary>'
            f"<ul>{''.join(rows)}</ul>{more}</details>"
        )
    return _render_panel("", "".join(parts), view="library")


def render_empty_library() -> str:
    """The panel before the documents are loaded."""
    return _render_panel("", f'<p class="qa-hint">{escape(strings.LIBRARY_EMPTY)}</p>', view="library")


def render_view(view: View, *, arrival: str, turn: Turn | None = None, current: int = 0) -> str:
    """A window of a document, with the quotes of a turn marked.

    Args:
        view: The document and where its window begins.
        arrival: A word that differs every time, so that the page notices and scrolls.
        turn: The turn whose quotes are marked.
        current: Number of the citation that was opened; its mark is where the page scrolls to.

    Returns:
        One element, escaped throughout.
    """
    bar = [render_button(strings.BACK_TO_LIBRARY, "library", {})]
    bar += [render_button(strings.BACK_TO_ANSWER, "return", {})] if turn else []
    head = [f'<div class="qa-bar">{"".join(bar)}</div>']
    head.append(f'<h2 class="qa-document-name"><bdi>{escape(view.document.source)}</bdi></h2>')
    head += [_render_steps(turn, current)] if turn else []
    head += [f'<p class="qa-notice" role="note">{escape(view.notice)}</p>'] if view.notice else []
    return _render_panel("".join(head), _render_window(view, turn, current), view="document", arrival=arrival)


def _render_steps(turn: Turn, current: int) -> str:
    count = len(turn.citations)
    position = strings.SOURCE_POSITION.format(number=current, count=count)
    steps = [
        render_button(label, "open", {"turn": turn.number, "citation": number}, name=name, enabled=1 <= number <= count)
        for label, name, number in (
            (strings.PREVIOUS_SOURCE, strings.PREVIOUS_SOURCE_LABEL, current - 1),
            (strings.NEXT_SOURCE, strings.NEXT_SOURCE_LABEL, current + 1),
        )
    ]
    return f'<div class="qa-steps">{steps[0]}<span class="qa-position">{escape(position)}</span>{steps[1]}</div>'


def _render_window(view: View, turn: Turn | None, current: int) -> str:
    last = min(view.first + WINDOW, len(view.passages))
    shown = view.passages[view.first : last]
    if not shown:
        return ""
    marks = _collect_marks(view.document, turn, current)
    whole = len(shown) == len(view.passages)
    parts = []
    if not whole:
        place = strings.SHOWN_PARAGRAPHS.format(first=view.first + 1, last=last, count=len(view.passages))
        parts.append(f'<p class="qa-hint">{escape(place)}</p>')
    if view.first > 0:
        parts.append(_render_move(strings.EARLIER, view, max(0, view.first - WINDOW)))
    position, place = view.passages[view.first - 1].end if view.first else 0, ""
    for passage in shown:
        parts.append(_render_between(view.document.text[position : passage.start]))
        if strings.name_place(passage) != place:
            place = strings.name_place(passage)
            parts.append(f'<p class="qa-page">{escape(place)}</p>' if place else "")
        text = view.document.text[passage.start : passage.end]
        parts.append(
            f'<div class="qa-paragraph"><span class="qa-number" aria-hidden="true">{passage.paragraph}</span>'
            f'<p class="{line_class(text)}" dir="auto">{render_marked(text, passage.start, marks)}</p></div>'
        )
        position = passage.end
    if last == len(view.passages):
        parts.append(_render_between(view.document.text[position:]))
    if last < len(view.passages):
        parts.append(_render_move(strings.LATER, view, last))
    return "".join(parts)


def _collect_marks(document: Document, turn: Turn | None, current: int) -> list[Mark]:
    marks = []
    numbered = list(enumerate(turn.citations if turn else (), start=1))
    for number, citation in sorted(numbered, key=lambda pair: pair[0] != current):
        if citation.path == document.path:
            here = ' id="qa-here" tabindex="-1"' if number == current else ""
            kind = "qa-mark qa-current" if number == current else "qa-mark"
            marks.append(Mark(citation.start, citation.end, f'class="{kind}" data-number="{number}"{here}'))
    return marks


def _render_between(text: str) -> str:
    """What stands between two paragraphs and belongs to neither, if it is more than blank."""
    words = text.strip().strip("\N{ZERO WIDTH NO-BREAK SPACE}")
    return f'<p class="qa-between qa-lines" dir="auto">{escape(words)}</p>' if words else ""


def _render_move(label: str, view: View, first: int) -> str:
    action = "browse" if "document" in view.origin else "open"
    return f'<p class="qa-move">{render_button(label, action, {**view.origin, "first": first})}</p>'


def _render_more(count: int) -> str:
    return f'<p class="qa-hint">{escape(strings.LIBRARY_MORE.format(count=f"{count:,}"))}</p>'


def _render_panel(head: str, body: str, *, view: str, arrival: str = "") -> str:
    title = f'<h2 class="qa-panel-title">{escape(strings.LIBRARY)}</h2>' if view == "library" else ""
    noticed = f' data-arrive="panel-{escape(arrival)}"' if arrival else ""
    return (
        f'<section class="qa-panel qa-view-{view}" aria-label="{escape(strings.PANEL_LABEL)}"{noticed}>'
        f'<div class="qa-panel-head">{title}{head}</div><div class="qa-panel-body" tabindex="0">{body}</div></section>'
    )
