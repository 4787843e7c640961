"""The library as HTML: a row a document, what could not be read among them, and what can be done with each.

Rows carry numbers: a document's id to open it, and a number of this process's own to remove or restore it, since what
was not read has no id. Pure functions.
"""

from collections.abc import Callable, Sequence
from typing import Any

from index import DocumentStatus
from qa.markup import escape
from qa.text import describe_size
from qa.web import strings
from qa.web.listing import LISTED_STATES, PAGE_ROWS, ListedDocuments
from qa.web.markup import render_button
from qa.web.panel import render_panel
from qa.web.uploads import LARGEST_FILE, LARGEST_TOGETHER, MOST_FILES


def render_library(
    selection: ListedDocuments, number: Callable[[str], int], *, collections: Sequence[Any] = (), current: str = ""
) -> str:
    """The list of documents.

    Args:
        selection: What is listed.
        number: Gives the number of a path, or of a collection's name.
        collections: Those to choose from: records with `name`, `documents` and `passages`.
        current: Name of the one that is open.

    Returns:
        One element, escaped throughout.
    """
    buttons = [
        render_button(strings.ADD_BUTTON, "add", {}),
        render_button(strings.REINDEX, "reindex", {}),
        render_button(strings.HOLDINGS_BUTTON, "holdings", {}),
    ]
    title = f'<h2 class="qa-panel-title">{escape(strings.LIBRARY)}</h2>'
    head = [f'<div class="qa-bar qa-library-bar">{title}<span class="qa-library-tools">{"".join(buttons)}</span></div>']
    head += [_render_collections(collections, number, current)] if len(collections) > 1 else []
    head += [_render_filters(selection)] if selection.total else []
    if selection.rows:
        rows = "".join(_render_row(status, number(status.path)) for status in selection.rows)
        body = f'<ul class="qa-documents">{rows}</ul><p class="qa-hint qa-nothing" hidden>{_nothing()}</p>'
    else:
        body = f'<p class="qa-hint">{_nothing() if selection.total else escape(strings.NOTHING_LISTED)}</p>'
    listing = selection.listing
    data: dict[str, int | str] = {"state": listing.state, "name": listing.name, "page": listing.page}
    data["pages"] = -(-selection.matching // PAGE_ROWS)
    return render_panel("".join(head), body + _render_pages(selection), view="library", data=data)


def render_empty_library() -> str:
    """The panel before the documents are loaded."""
    title = f'<h2 class="qa-panel-title">{escape(strings.LIBRARY)}</h2>'
    return render_panel(title, f'<p class="qa-hint">{escape(strings.LIBRARY_EMPTY)}</p>', view="library")


def render_library_message(text: str, *, alarm: bool = False, restore: tuple[int, str] | None = None) -> str:
    """One line under the controls that add documents; an empty text says how much can be added at once.

    The limits go along for the page's script, so that too much is refused before it is sent.

    Args:
        text: What was done, or why not; not escaped.
        alarm: Whether something went wrong.
        restore: Number and name of what can be restored again.
    """
    kind, role = ("qa-message qa-alarm", "alert") if alarm else ("qa-message", "status" if text else "note")
    text = text or strings.ADD_LIMITS.format(files=MOST_FILES, largest=describe_size(LARGEST_FILE))
    undo = ""
    if restore:
        name = strings.RESTORE_LABEL.format(name=restore[1])
        undo = " " + render_button(strings.RESTORE, "restore", {"row": restore[0]}, name=name)
    limits = f'data-files="{MOST_FILES}" data-largest="{LARGEST_FILE}" data-together="{LARGEST_TOGETHER}"'
    return f'<p class="{kind}" role="{role}" {limits}><span dir="auto">{escape(text)}</span>{undo}</p>'


def _nothing() -> str:
    return escape(strings.NOTHING_MATCHES)


def _render_collections(collections: Sequence[Any], number: Callable[[str], int], current: str) -> str:
    options = []
    for collection in collections:
        scope = strings.describe_scope(collection.documents, collection.passages)
        chosen = " selected" if collection.name == current else ""
        label = escape(strings.COLLECTION_CHOICE.format(name=collection.name, scope=scope))
        options.append(f'<option value="{number(collection.name)}"{chosen}>{label}</option>')
    return (
        f'<div class="qa-collections"><label class="qa-field"><span>{escape(strings.COLLECTION_LABEL)}</span>'
        f'<select id="qa-collection" autocomplete="off" aria-describedby="qa-collection-hint">{"".join(options)}'
        f"</select></label>{render_button(strings.COLLECTION_OPEN, 'switch', {})}"
        f'<p class="qa-hint" id="qa-collection-hint">{escape(strings.COLLECTION_HINT)}</p></div>'
    )


def _render_filters(selection: ListedDocuments) -> str:
    listing, states = selection.listing, [("", strings.ALL_STATES, selection.total)]
    states += [(state, strings.STATE_COUNTS[state], count) for state, count in selection.counts.items() if count]
    buttons = [
        render_button(label.format(count=f"{count:,}"), "state", {"state": state}, pressed=state == listing.state)
        for state, label, count in states
    ]
    several = (
        f'<div class="qa-states" role="group" aria-label="{escape(strings.STATES_LABEL)}">{"".join(buttons)}</div>'
    )
    return (
        f'<div class="qa-filters"><input type="search" id="qa-filter" autocomplete="off" spellcheck="false" '
        f'value="{escape(listing.name)}" placeholder="{escape(strings.FILTER_LABEL)}" '
        f'aria-label="{escape(strings.FILTER_LABEL)}">{several if len(states) > 2 else ""}</div>'
    )


def _render_row(status: DocumentStatus, number: int) -> str:
    name = f'<bdi class="qa-file">{escape(status.source)}</bdi>'
    facts = f'<span class="qa-locator">{_render_facts(status)}</span>'
    reason = f'<span class="qa-reason">{escape(status.reason)}</span>' if status.reason else ""
    if status.id is None:
        opener = f'<div class="qa-document">{name}{facts}{reason}</div>'
    else:
        opener = (
            f'<button type="button" class="qa-document" data-qa="browse" data-document="{status.id}">'
            f"{name}{facts}{reason}</button>"
        )
    if status.state == "excluded":
        label = strings.RESTORE_LABEL.format(name=status.source)
        action = render_button(strings.RESTORE, "restore", {"row": number}, name=label)
    else:
        label = strings.REMOVE_LABEL.format(name=status.source)
        action = render_button(strings.REMOVE, "remove", {"row": number}, name=label)
    state = status.state if status.state in LISTED_STATES else "pending"
    return f'<li class="qa-row qa-state-{state}">{opener}{action}</li>'


def _render_facts(status: DocumentStatus) -> str:
    """State, passages, pages, language and date, as far as there are any."""
    state = f'<span class="qa-state-name">{escape(strings.STATE_NAMES.get(status.state, status.state))}</span>'
    facts = describe_facts(status)
    if status.pending:
        facts.append(strings.NOT_EMBEDDED.format(passages=strings.count_passages(status.pending)))
    parts = [state, *(escape(fact) for fact in facts)]
    if status.modified:
        parts.append(f'<time datetime="{escape(status.modified)}">{escape(status.modified[:10])}</time>')
    return strings.BETWEEN_FACTS.join(parts)


def describe_facts(status: DocumentStatus) -> list[str]:
    """Title, author, date, passages, pages, language and size of a document in words, not escaped, as far as they are known."""
    about = status.metadata
    dated = strings.DATED.format(date=about.date) if about.date else ""
    facts = [fact for fact in (about.title, about.author, dated) if fact]
    facts += [strings.count_passages(status.passages)] if status.id is not None else []
    facts += [strings.count_pages(status.pages)] if status.pages is not None else []
    facts += [strings.LANGUAGES.get(status.language, status.language)] if status.language else []
    return [*facts, describe_size(status.size)]


def _render_pages(selection: ListedDocuments) -> str:
    """Buttons to the rows before and after, where not all fit."""
    if selection.matching <= PAGE_ROWS:
        return ""
    page, last = selection.listing.page, selection.first + len(selection.rows)
    place = strings.ROWS.format(first=f"{selection.first + 1:,}", last=f"{last:,}", count=f"{selection.matching:,}")
    before = render_button(strings.PREVIOUS_ROWS, "rows", {"page": page - 1}, enabled=page > 0)
    after = render_button(strings.NEXT_ROWS, "rows", {"page": page + 1}, enabled=last < selection.matching)
    return (
        f'<nav class="qa-steps qa-pages" aria-label="{escape(strings.ROWS_LABEL)}">{before}'
        f'<span class="qa-position">{escape(place)}</span>{after}</nav>'
    )
