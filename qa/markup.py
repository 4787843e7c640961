"""Write HTML: of marked text, and from templates."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape as escape_html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

_ALIGNED = re.compile(r"\S[ \t]{2,}\S|^[ \t]{8,}\S")
SHORT_LINE = 48  # characters; lists, tables, verse and code have shorter lines on average, wrapped prose has longer


def escape(text: str) -> str:
    """Text as HTML, for an element or a quoted attribute, of what can be sent."""
    return escape_html(keep_sendable(text), quote=True)


def keep_sendable(text: str) -> str:
    """Text as a page can be sent it: halves of characters, and NUL, which HTML drops, become U+FFFD."""
    return re.sub(r"[\0\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)


def open_templates(package: str) -> "Environment":
    """Find the Jinja2 templates that lie in a package; what they are filled with is escaped, and can be sent."""
    from jinja2 import Environment, PackageLoader, StrictUndefined  # here, because it slows `import qa`

    return Environment(
        loader=PackageLoader(package, ""),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: keep_sendable(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a document's text to be marked.

    Attributes:
        start: First character, counted in the document's text.
        end: Character after the last.
        attributes: Ready-made HTML attributes of the mark element, already escaped.
        strong: Start and end of the words in it to emphasise, if any.
    """

    start: int
    end: int
    attributes: str
    strong: tuple[int, int] | None = None


def render_marked(text: str, start: int, marks: Iterable[Mark], *, words: Sequence[tuple[int, int]] = ()) -> str:
    """Escape a stretch of a document, with marks around its quotes.

    Args:
        text: The stretch.
        start: Where it begins in its document.
        marks: In the document's characters, the most important first; one that overlaps an earlier one is left out, and
            so is what lies outside the stretch.
        words: Start and end of words to distinguish, inside and outside marks; in order, not overlapping.

    Returns:
        HTML whose text is exactly `text`.
    """
    placed: list[tuple[int, int, Mark]] = []
    for mark in marks:
        first, last = max(mark.start - start, 0), min(mark.end - start, len(text))
        if first < last and all(last <= other[0] or other[1] <= first for other in placed):
            placed.append((first, last, mark))
    inside = [(first - start, last - start) for first, last in words]
    parts, position = [], 0
    for first, last, mark in sorted(placed, key=lambda each: each[0]):
        strong = mark.strong and (mark.strong[0] - start, mark.strong[1] - start)
        parts.append(_render_words(text, (position, first), inside))
        parts.append(f"<mark {mark.attributes}>{_render_stretch(text, (first, last), inside, strong)}</mark>")
        position = last
    parts.append(_render_words(text, (position, len(text)), inside))
    return "".join(parts)


def render_quote(quote: str, start: int, strong: tuple[int, int] | None) -> str:
    """Escape a quote, which begins at `start` of its document, with the words between two of its places strong."""
    return _render_stretch(quote, (0, len(quote)), (), strong and (strong[0] - start, strong[1] - start))


def _render_stretch(
    text: str, stretch: tuple[int, int], words: Sequence[tuple[int, int]], strong: tuple[int, int] | None
) -> str:
    """Escape a stretch of a text with spans around some words, and a strong element around others."""
    position, stop = stretch
    first, last = (max(strong[0], position), min(strong[1], stop)) if strong else (stop, stop)
    if first >= last:
        return _render_words(text, stretch, words)
    return (
        f"{_render_words(text, (position, first), words)}<strong>{_render_words(text, (first, last), words)}</strong>"
        f"{_render_words(text, (last, stop), words)}"
    )


def _render_words(text: str, stretch: tuple[int, int], words: Iterable[tuple[int, int]]) -> str:
    """Escape a stretch of a text with spans around some words."""
    (position, stop), parts = stretch, []
    for first, last in words:
        first, last = max(first, position), min(last, stop)
        if first < last:
            parts.append(escape(text[position:first]))
            parts.append(f'<span class="qa-word">{escape(text[first:last])}</span>')
            position = last
    parts.append(escape(text[position:stop]))
    return "".join(parts)


def line_class(text: str) -> str:
    """The CSS class that keeps a text's line ends where they carry meaning, and lets wrapped prose flow.

    Args:
        text: A paragraph.

    Returns:
        "qa-lines" for a paragraph of short lines, or of lines whose parts stand below each other, else "qa-prose".
    """
    lines = text.strip().splitlines()
    short = len(text) / max(1, len(lines)) < SHORT_LINE
    aligned = 3 * sum(bool(_ALIGNED.search(line)) for line in lines) >= len(lines)
    return "qa-lines" if len(lines) > 1 and (short or aligned) else "qa-prose"
