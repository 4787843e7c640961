"""What the library holds, drawn: passages per document, per language and per file type, as bars.

The bars are SVG made of a few escaped lines, without a plotting library, so that nothing has to be loaded; widths are
shares of the picture's, so that it fits any column. Each picture has a title for screen readers, and a table beside it.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import PurePath

from index import DocumentStatus
from qa.markup import escape
from qa.web import strings
from qa.web.markup import render_button
from qa.web.panel import render_panel

MOST_BARS = 20
LABEL_SHARE, BAR_SHARE = 36, 50  # per cent of the width; what is left is for the figure behind the longest bar
ROW_HEIGHT = 24  # pixels
LONGEST_LABEL = 20  # characters


def render_holdings(statuses: Sequence[DocumentStatus], arrival: str) -> str:
    """The panel with what the library holds.

    Args:
        statuses: All documents; those without passages are left out.
        arrival: A word that differs every time, so that the page notices.
    """
    head = (
        f'<div class="qa-bar">{render_button(strings.BACK_TO_LIBRARY, "library", {})}</div>'
        f'<h2 class="qa-document-name">{escape(strings.HOLDINGS)}</h2>'
    )
    kept = [status for status in statuses if status.id is not None and status.passages]
    if not kept:
        return render_panel(head, f'<p class="qa-hint">{escape(strings.HOLDINGS_EMPTY)}</p>', view="holdings")
    languages: Counter[str] = Counter()
    types: Counter[str] = Counter()
    for status in kept:
        language = strings.LANGUAGES.get(status.language, status.language) or strings.UNKNOWN_LANGUAGE
        languages[language] += status.passages
        types[PurePath(status.source).suffix.lower() or strings.NO_TYPE] += status.passages
    parts = [
        render_bars(strings.BY_DOCUMENT, [(status.source, status.passages) for status in kept], "documents"),
        render_bars(strings.BY_LANGUAGE, list(languages.items()), "languages"),
        render_bars(strings.BY_TYPE, list(types.items()), "types"),
    ]
    return render_panel(head, "".join(parts), view="holdings", arrival=arrival)


def render_bars(title: str, figures: Sequence[tuple[str, int]], name: str) -> str:
    """Bars from the longest to the shortest, those past the first `MOST_BARS` as one, and a table of the same.

    Args:
        title: What is counted, not escaped.
        figures: Names, not escaped, and counts of 1 or more; at least one.
        name: Of the picture, for ids; letters only.

    Returns:
        One element, escaped throughout.
    """
    ordered = sorted(figures, key=lambda figure: (-figure[1], figure[0]))
    longest, most = ordered[0]
    described = strings.BARS_DESCRIBED.format(title=title, first=longest, count=strings.count_passages(most))
    rest = ordered[MOST_BARS:]
    rows = [(label, count, "qa-bar-fill") for label, count in ordered[:MOST_BARS]]
    if rest:
        label = strings.OTHERS.format(count=f"{len(rest):,}")
        rows.append((label, sum(count for _, count in rest), "qa-bar-fill qa-bar-rest"))
    most = max(count for _, count, _ in rows)
    bars = "".join(
        _render_bar(position, label, count, kind, count / most) for position, (label, count, kind) in enumerate(rows)
    )
    cells = "".join(
        f'<tr><th scope="row"><bdi>{escape(label)}</bdi></th><td>{count:,}</td></tr>' for label, count, _ in rows
    )
    return (
        f'<section class="qa-bars"><h3 class="qa-small-title">{escape(title)}</h3>'
        f'<svg role="img" aria-labelledby="qa-bars-{name}" width="100%" height="{ROW_HEIGHT * len(rows)}">'
        f'<title id="qa-bars-{name}">{escape(described)}</title>{bars}</svg>'
        f'<details class="qa-fold"><summary>{escape(strings.AS_TABLE)}</summary><table class="qa-table"><thead><tr>'
        f'<th scope="col">{escape(strings.COLUMN_NAME)}</th><th scope="col">{escape(strings.COLUMN_PASSAGES)}</th>'
        f"</tr></thead><tbody>{cells}</tbody></table></details></section>"
    )


def _render_bar(position: int, label: str, count: int, kind: str, share: float) -> str:
    top, width = position * ROW_HEIGHT, max(0.4, share * BAR_SHARE)
    middle = ROW_HEIGHT / 2 + 1
    return (
        f"<g><title>{escape(label)}: {count:,}</title>"
        f'<svg x="0" y="{top}" width="{LABEL_SHARE - 1}%" height="{ROW_HEIGHT}">'
        f'<text x="0" y="{middle}" dominant-baseline="middle">{escape(shorten(label))}</text></svg>'
        f'<rect class="{kind}" x="{LABEL_SHARE}%" y="{top + 5}" width="{width:.2f}%" height="{ROW_HEIGHT - 10}" rx="2"/>'
        f'<svg x="{LABEL_SHARE + width + 1:.2f}%" y="{top}" height="{ROW_HEIGHT}">'
        f'<text x="0" y="{middle}" dominant-baseline="middle">{count:,}</text></svg></g>'
    )


def shorten(label: str) -> str:
    """A label of at most `LONGEST_LABEL` characters: beginning and end, which tell files apart, with a gap between."""
    if len(label) <= LONGEST_LABEL:
        return label
    half = LONGEST_LABEL // 2
    return f"{label[: half - 1]}…{label[-half:]}"
