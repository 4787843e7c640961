"""A document as HTML: as it looks, with the quotes marked on it, or as the text that was read from it. Pure functions.

The text of a long document is never sent whole: a window of paragraphs is, with buttons to those before and after it. Paragraphs
that are never quoted as an answer are marked so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from index import Box, Document, Original, Passage
from qa.markup import Mark, line_class, render_marked
from qa.web import strings
from qa.web.chat.view import Turn
from qa.web.ui.templates import fill, render_button

_WINDOW = 40  # paragraphs
WIDTHS = (700, 1_200, 2_200)  # pixels that pages are drawn in
TEXT_ONLY = Original(kind="text", file_sha256="")


@dataclass(frozen=True, slots=True)
class Marked:
    """A stretch of a document that is marked.

    Attributes:
        number: Of its citation, or of the place among those found, from 1.
        start: First character in the document's text.
        end: Character after the last.
        strong: Start and end of the exact answer words, if known.
    """

    number: int
    start: int
    end: int
    strong: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class View:
    """A document opened for reading.

    Attributes:
        id: Its id in the collection.
        document: The document.
        passages: All its paragraphs, in order.
        first: Index of the first paragraph to show.
        origin: What to send back to see it otherwise: {"turn", "citation"}, or {"document"} and what else was asked for.
        marks: What is marked.
        current: Number of the mark that was opened, where the page scrolls to; 0: of none.
        query: What names its library in addresses; empty for the first.
        original: How it can be shown as itself; "text" where it is shown as text.
        has_original: Whether it can be shown as itself.
        markup: For "markup": its sanitised HTML, with the quotes marked.
        boxes: For "pages": the boxes of each mark, by its number.
        page: For "pages": the page to begin at; 0: that of the quote.
        sought: What was looked for in it, whose places are marked; empty: nothing.
        notice: One line about the file, not escaped; empty when it is as it was.
        facts: What is known of it, such as its language, not escaped.
        notes: What reading it had to leave out or guess, not escaped.
    """

    id: int
    document: Document
    passages: tuple[Passage, ...]
    first: int
    origin: Mapping[str, int | str]
    marks: tuple[Marked, ...] = ()
    current: int = 0
    query: str = ""
    original: Original = TEXT_ONLY
    has_original: bool = False
    markup: str = ""
    boxes: Mapping[int, Sequence[Box]] = field(default_factory=dict)
    page: int = 0
    sought: str = ""
    notice: str = ""
    facts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page as its template sees it.

    Attributes:
        number: From 1.
        ratio: Width and height, for CSS; empty for those of the first page.
        marks: Number of the mark, style and text for a screen reader of each box on it.
    """

    number: int
    ratio: str
    marks: tuple[tuple[int, str, str], ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """A paragraph as its template sees it.

    Attributes:
        passage: The paragraph.
        between: What stands before it and belongs to no paragraph.
        places: Page, sheet and slide that begin with it, in words.
        under: Its headings, where they are to be said.
        kind: Class of its lines.
        text: Its text, with the marks.
        remark: What is to be said of it.
    """

    passage: Passage
    between: str
    places: list[str]
    under: str
    kind: str
    text: Markup
    remark: str


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


def render_nothing_open() -> str:
    """The viewer before a document is opened in it."""
    return str(fill("viewer/closed.html"))


def render_view(view: View, *, arrival: str, turn: Turn | None = None) -> str:
    """A document, with what is marked in it.

    Args:
        view: The document, and how it is shown.
        arrival: A word that differs every time, so that the page notices and scrolls.
        turn: The turn whose citation was opened, to step through its others.

    Returns:
        One element, escaped throughout.
    """
    title = view.document.metadata.title
    sheet, row = _row_of(view)
    return str(
        fill(
            "viewer/document.html",
            view=view,
            arrival=arrival,
            at=_place(view),
            title=title or view.document.source,
            name=view.document.source if title else "",
            steps=_render_steps(turn, view.current) if turn else "",
            tabs=_list_tabs(view),
            jump=_render_jump(view) if not turn or view.original.kind == "pages" else "",
            found=_count_found(view),
            find_steps=Markup(_render_find_steps(view)) if view.marks else "",
            about=_describe(view),
            sheets=_list_sheets(view),
            first_ratio="{:.1f}/{:.1f}".format(*view.original.pages[0]) if view.original.pages else "",
            picture=_picture(view),
            widths=" ".join(map(str, WIDTHS)),
            page=view.page,
            row=row,
            sheet=sheet,
            markup=Markup(view.markup),
            text=_render_window(view) if view.original.kind == "text" else "",
        )
    )


def _place(view: View) -> str:
    """The span of the current mark for an address; empty where there is none."""
    mark = next((mark for mark in view.marks if mark.number == view.current and not view.sought), None)
    return f"{mark.start}-{mark.end}" if mark else ""


def _list_tabs(view: View) -> list[tuple[str, Markup]]:
    """The buttons that switch between the document as it looks and its text."""
    if not view.has_original:
        return []
    action = "browse" if "document" in view.origin else "open"
    shown = "text" if view.original.kind == "text" else "original"
    return [
        (mode, Markup(render_button(label, action, {**view.origin, "mode": mode}, pressed=mode == shown)))
        for mode, label in (("original", strings.AS_PAGE), ("text", strings.AS_TEXT))
    ]


def _row_of(view: View) -> tuple[int, int]:
    """The index of the sheet to show, and the number of the row to light in it; 0: none."""
    mark = next((mark for mark in view.marks if mark.number == view.current), None)
    passage = mark and next((passage for passage in view.passages if mark.start < passage.end), None)
    if not passage or view.original.kind != "grid":
        return 0, 0
    names = [sheet.name for sheet in view.original.sheets]
    return names.index(passage.place.sheet) if passage.place.sheet in names else 0, passage.place.row or 0


def _list_sheets(view: View) -> list[_Sheet]:
    """The pages, and on each the boxes of what is marked, the current one last, on top."""
    marks: dict[int, list[tuple[int, str, str]]] = {}
    for mark in sorted(view.marks, key=lambda mark: mark.number == view.current):
        text = view.document.text[mark.start : mark.end]
        for box in view.boxes.get(mark.number, ()):
            width, height = box.right - box.left, box.bottom - box.top
            style = f"left:{box.left:.2%};top:{box.top:.2%};width:{width:.2%};height:{height:.2%}"
            marks.setdefault(box.page, []).append((mark.number, style, text))
    ratios = [f"{width:.1f}/{height:.1f}" for width, height in view.original.pages]
    return [
        _Sheet(number, ratio if ratio != ratios[0] else "", tuple(marks.get(number, ())))
        for number, ratio in enumerate(ratios, start=1)
    ]


def _picture(view: View) -> str:
    """The address of the picture of a page, but for the number in it and the width at its end, which the page fills in."""
    more = f"{view.query}&" if view.query else ""
    return f"document/{view.id}/page/{{page}}?{more}v={view.original.file_sha256[:12]}&width="


def _describe(view: View) -> str:
    """How much was read of the file, and by what."""
    unquoted = sum(not passage.answering for passage in view.passages)
    facts = [*view.facts] or [strings.count_passages(len(view.passages))]
    facts += [strings.NEVER_QUOTED.format(passages=strings.count_passages(unquoted))] if unquoted else []
    extractor = view.document.extractor.replace(" ", "\N{NO-BREAK SPACE}")
    return strings.BETWEEN_FACTS.join([*facts, strings.EXTRACTED_BY.format(extractor=extractor)])


def _count_found(view: View) -> str:
    if not view.marks:
        return strings.FOUND_NONE
    return strings.FOUND_OF.format(number=f"{view.current:,}", count=f"{len(view.marks):,}")


def _render_find_steps(view: View) -> str:
    """Buttons to the places before and after, round and round."""
    last, mode = len(view.marks), "text" if view.original.kind == "text" else ""
    return "".join(
        render_button(label, "seek", {"document": view.id, "at": at, "mode": mode}, name=name)
        for label, name, at in (
            ("↑", strings.FOUND_BEFORE, (view.current - 2) % last + 1),
            ("↓", strings.FOUND_AFTER, view.current % last + 1),
        )
    )


def _render_steps(turn: Turn, current: int) -> Markup:
    count = len(turn.citations)
    position = strings.SOURCE_POSITION.format(number=current, count=count)
    steps = [
        Markup(
            render_button(
                label,
                "open",
                {"turn": turn.number, "citation": number},
                name=name,
                enabled=1 <= number <= count,
                key=key,
            )
        )
        for label, name, key, number in (
            (strings.PREVIOUS_SOURCE, strings.PREVIOUS_SOURCE_LABEL, strings.PREVIOUS_SOURCE_KEY, current - 1),
            (strings.NEXT_SOURCE, strings.NEXT_SOURCE_LABEL, strings.NEXT_SOURCE_KEY, current + 1),
        )
    ]
    return fill("viewer/text.html", "steps", position=position, buttons=steps)


def _render_jump(view: View) -> Markup:
    """A field to go to a page, or to a paragraph where there are no pages; nothing where all is in sight."""
    if view.original.kind in ("markup", "grid"):
        return Markup()
    if view.original.kind == "pages":
        label, most, unit = strings.GO_TO_PAGE, len(view.original.pages), "sheet"
    else:
        if len(view.passages) <= _WINDOW:
            return Markup()
        pages = max(passage.place.page or passage.place.slide or 0 for passage in view.passages)
        label, most = (strings.GO_TO_PAGE, pages) if pages else (strings.GO_TO_PARAGRAPH, len(view.passages))
        unit = "page" if pages else "paragraph"
    if most < 2:
        return Markup()
    button = Markup(render_button(strings.GO, "jump", {**view.origin, "unit": unit}))
    return fill("viewer/text.html", "jump", label=label, most=most, button=button)


def _render_window(view: View) -> Markup:
    last = min(view.first + _WINDOW, len(view.passages))
    shown, text = view.passages[view.first : last], view.document.text
    if not shown:
        return Markup()
    marks = [
        Mark(mark.start, mark.end, mark_attributes(mark.number, view.current), mark.strong)
        for mark in sorted(view.marks, key=lambda mark: mark.number != view.current)
    ]
    whole = len(shown) == len(view.passages)
    hint = strings.SHOWN_PARAGRAPHS.format(first=view.first + 1, last=last, count=len(view.passages))
    before = view.passages[view.first - 1] if view.first else None
    rows = [
        _Row(
            passage,
            _strip(text[previous.end if previous else 0 : passage.start]),
            *_list_places(passage, previous if position else None),
            kind=line_class(text[passage.start : passage.end]),
            text=Markup(render_marked(text[passage.start : passage.end], passage.start, marks)),
            remark=_describe_paragraph(passage),
        )
        for position, (previous, passage) in enumerate(zip((before, *shown), shown, strict=False))
    ]
    return fill(
        "viewer/text.html",
        "window",
        hint="" if whole else hint,
        earlier=_render_move(strings.EARLIER, view, max(0, view.first - _WINDOW)) if view.first else "",
        rows=rows,
        rest=_strip(text[shown[-1].end :]) if last == len(view.passages) else "",
        later=_render_move(strings.LATER, view, last) if last < len(view.passages) else "",
    )


def _list_places(passage: Passage, before: Passage | None) -> tuple[list[str], str]:
    """Page, sheet and slide, and the headings, where they are others than those of the paragraph before in the window."""
    places = []
    for template, name in ((strings.PAGE, "page"), (strings.SHEET, "sheet"), (strings.SLIDE, "slide")):
        value = getattr(passage.place, name)
        if value is not None and (before is None or value != getattr(before.place, name)):
            places.append(template.format(**{name: value}))
    seen = before is not None and (before.place.heading == passage.place.heading or not before.answering)
    if passage.place.heading and passage.answering and not seen:  # else the heading itself has just been shown
        return places, strings.UNDER.format(heading=passage.place.heading)
    return places, ""


def _describe_paragraph(passage: Passage) -> str:
    remarks = [strings.ROW.format(row=passage.place.row)] if passage.place.row is not None else []
    remarks += [each for each in (passage.place.date, passage.place.time) if each]
    remarks += [] if passage.answering else [strings.NOT_QUOTED]
    return strings.BETWEEN_FACTS.join(remarks)


def mark_attributes(number: int, current: int, *, whole: bool = True) -> str:
    """The attributes of a mark.

    Args:
        number: Of the mark.
        current: Number of the one that was opened.
        whole: Whether it is one element; the first of several is where the page scrolls to, which its script finds.
    """
    if number != current:
        return f'class="qa-mark" data-number="{number}"'
    here = ' id="qa-here"' if whole else ""
    return f'class="qa-mark qa-current" data-number="{number}"{here} tabindex="-1"'


def _strip(between: str) -> str:
    """What stands between two paragraphs and belongs to neither, if it is more than blank."""
    return between.strip().strip("\N{ZERO WIDTH NO-BREAK SPACE}")


def _render_move(label: str, view: View, first: int) -> Markup:
    action = "browse" if "document" in view.origin else "open"
    return Markup(render_button(label, action, {**view.origin, "first": first, "mode": "text"}))
