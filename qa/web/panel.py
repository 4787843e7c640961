"""The panel beside the chat as HTML: its frame, and one document opened at a place. Pure functions.

A document is shown as it was extracted: every paragraph with its number and where it stands in its format, those that
are never quoted as an answer marked so. A long document is never sent whole: a window of paragraphs is, with buttons to
what stands before and after it. The list of documents is in `library_view.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from index import Document, Passage
from qa.markup import Mark, escape, line_class, render_marked
from qa.web import strings
from qa.web.markup import render_button
from qa.web.render import Turn

_WINDOW = 40  # paragraphs


@dataclass(frozen=True, slots=True)
class View:
    """A document opened for reading.

    Attributes:
        document: The document.
        passages: All its paragraphs, in order.
        first: Index of the first paragraph to show.
        origin: What to send back to see another window: {"turn", "citation"} or {"document"}.
        notice: One line about the file, not escaped; empty when it is as it was.
        facts: What is known of it, such as its language, not escaped.
        notes: What reading it had to leave out or guess, not escaped.
    """

    document: Document
    passages: tuple[Passage, ...]
    first: int
    origin: dict[str, int]
    notice: str = ""
    facts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def choose_window(passages: Sequence[Passage], position: int) -> int:
    """Choose the first paragraph to show, so that a position stands in the first half of the window.

    Args:
        passages: All paragraphs, in order.
        position: A character of the document.

    Returns:
        Index of the first paragraph.
    """
    index = next((index for index, passage in enumerate(passages) if position < passage.end), len(passages) - 1)
    return max(0, min(index - _WINDOW // 4, len(passages) - _WINDOW))


def find_page(passages: Sequence[Passage], page: int) -> int:
    """Index of the first paragraph of a page; of the next page that has any where that one has none."""
    starts = (
        index for index, passage in enumerate(passages) if (passage.place.page or passage.place.slide or 0) >= page
    )
    return next(starts, max(0, len(passages) - 1))


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
    head.append(_render_about(view))
    head += [_render_steps(turn, current)] if turn else [_render_jump(view)]
    head += [f'<p class="qa-notice" role="note">{escape(view.notice)}</p>'] if view.notice else []
    return render_panel("".join(head), _render_window(view, turn, current), view="document", arrival=arrival)


def render_panel(
    head: str,
    body: str,
    *,
    view: str,
    arrival: str = "",
    data: Mapping[str, int | str] | None = None,
    label: str = strings.PANEL_LABEL,
) -> str:
    """The panel's frame.

    Args:
        head: HTML of the part that stays.
        body: HTML of the part that scrolls.
        view: What it shows: "library", "document", "holdings" or "conversations".
        arrival: As for `render_view`; the page scrolls nowhere when omitted.
        data: Goes along as `data-` attributes.
        label: What a screen reader calls it, not escaped.
    """
    noticed = f' data-arrive="panel-{escape(arrival)}"' if arrival else ""
    noticed += "".join(f' data-{escape(key)}="{escape(str(value))}"' for key, value in (data or {}).items())
    return (
        f'<section class="qa-panel qa-view-{view}" aria-label="{escape(label)}"{noticed}>'
        f'<div class="qa-panel-head">{head}</div><div class="qa-panel-body" tabindex="0">{body}</div></section>'
    )


def _render_about(view: View) -> str:
    """What was made of the file: how much, by what, and what had to be left out or guessed."""
    unquoted = sum(not passage.answering for passage in view.passages)
    facts = [*view.facts] or [strings.count_passages(len(view.passages))]
    facts += [strings.NEVER_QUOTED.format(passages=strings.count_passages(unquoted))] if unquoted else []
    extractor = view.document.extractor.replace(" ", "\N{NO-BREAK SPACE}")
    facts.append(strings.EXTRACTED_BY.format(extractor=extractor))
    about = f'<p class="qa-about" dir="auto">{escape(strings.BETWEEN_FACTS.join(facts))}</p>'
    notes = "".join(f'<li dir="auto">{escape(note)}</li>' for note in view.notes)
    return f'{about}<ul class="qa-notes" aria-label="{escape(strings.NOTES)}">{notes}</ul>' if notes else about


def _render_steps(turn: Turn, current: int) -> str:
    count = len(turn.citations)
    position = strings.SOURCE_POSITION.format(number=current, count=count)
    steps = [
        render_button(
            label,
            "open",
            {"turn": turn.number, "citation": number},
            name=name,
            enabled=1 <= number <= count,
            key=key,
        )
        for label, name, key, number in (
            (strings.PREVIOUS_SOURCE, strings.PREVIOUS_SOURCE_LABEL, strings.PREVIOUS_SOURCE_KEY, current - 1),
            (strings.NEXT_SOURCE, strings.NEXT_SOURCE_LABEL, strings.NEXT_SOURCE_KEY, current + 1),
        )
    ]
    return f'<div class="qa-steps">{steps[0]}<span class="qa-position">{escape(position)}</span>{steps[1]}</div>'


def _render_jump(view: View) -> str:
    """A field to go to a page, or to a paragraph where there are no pages; nothing where all is in sight."""
    if len(view.passages) <= _WINDOW:
        return ""
    pages = max(passage.place.page or passage.place.slide or 0 for passage in view.passages)
    label, most = (strings.GO_TO_PAGE, pages) if pages else (strings.GO_TO_PARAGRAPH, len(view.passages))
    unit = "page" if pages else "paragraph"
    button = render_button(strings.GO, "jump", {**view.origin, "unit": unit})
    return (
        f'<div class="qa-goto"><label class="qa-field"><span>{escape(label)}</span>'
        f'<input type="number" id="qa-jump" min="1" max="{most}" inputmode="numeric" autocomplete="off">'
        f"</label>{button}</div>"
    )


def _render_window(view: View, turn: Turn | None, current: int) -> str:
    last = min(view.first + _WINDOW, len(view.passages))
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
        parts.append(_render_move(strings.EARLIER, view, max(0, view.first - _WINDOW)))
    position = view.passages[view.first - 1].end if view.first else 0
    before = None
    for passage in shown:
        parts.append(_render_between(view.document.text[position : passage.start]))
        parts.append(_render_place(passage, before))
        parts.append(_render_paragraph(view.document, passage, marks))
        position, before = passage.end, passage
    if last == len(view.passages):
        parts.append(_render_between(view.document.text[position:]))
    if last < len(view.passages):
        parts.append(_render_move(strings.LATER, view, last))
    return "".join(parts)


def _render_place(passage: Passage, before: Passage | None) -> str:
    """Page, sheet, slide and headings, where they are others than those of the paragraph before in the window."""
    lines = []
    for template, name in ((strings.PAGE, "page"), (strings.SHEET, "sheet"), (strings.SLIDE, "slide")):
        value = getattr(passage.place, name)
        if value is not None and (before is None or value != getattr(before.place, name)):
            lines.append(f'<h3 class="qa-page" dir="auto">{escape(template.format(**{name: value}))}</h3>')
    seen = before is not None and (before.place.heading == passage.place.heading or not before.answering)
    if passage.place.heading and passage.answering and not seen:  # else the heading itself has just been shown
        under = strings.UNDER.format(heading=passage.place.heading)
        lines.append(f'<p class="qa-page qa-under" dir="auto">{escape(under)}</p>')
    return "".join(lines)


def _render_paragraph(document: Document, passage: Passage, marks: Sequence[Mark]) -> str:
    text = document.text[passage.start : passage.end]
    remarks = [strings.ROW.format(row=passage.place.row)] if passage.place.row is not None else []
    remarks += [passage.place.date] if passage.place.date else []
    remarks += [] if passage.answering else [strings.NOT_QUOTED]
    remark = f'<span class="qa-remark">{escape(strings.BETWEEN_FACTS.join(remarks))}</span>' if remarks else ""
    kind = "qa-paragraph" if passage.answering else "qa-paragraph qa-silent"
    return (
        f'<div class="{kind}"><span class="qa-number" aria-hidden="true">{passage.paragraph}</span>'
        f'<div><p class="{line_class(text)}" dir="auto">{render_marked(text, passage.start, marks)}</p>{remark}</div>'
        "</div>"
    )


def _collect_marks(document: Document, turn: Turn | None, current: int) -> list[Mark]:
    marks = []
    numbered = list(enumerate(turn.citations if turn else (), start=1))
    for number, citation in sorted(numbered, key=lambda pair: pair[0] != current):
        if citation.path == document.path:
            here = ' id="qa-here" tabindex="-1"' if number == current else ""
            kind = "qa-mark qa-current" if number == current else "qa-mark"
            marks.append(
                Mark(citation.start, citation.end, f'class="{kind}" data-number="{number}"{here}', citation.answer_span)
            )
    return marks


def _render_between(text: str) -> str:
    """What stands between two paragraphs and belongs to neither, if it is more than blank."""
    words = text.strip().strip("\N{ZERO WIDTH NO-BREAK SPACE}")
    return f'<p class="qa-between qa-lines" dir="auto">{escape(words)}</p>' if words else ""


def _render_move(label: str, view: View, first: int) -> str:
    action = "browse" if "document" in view.origin else "open"
    return f'<p class="qa-move">{render_button(label, action, {**view.origin, "first": first})}</p>'
