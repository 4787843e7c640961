"""The list of conversations as HTML, and the bar above the chat that leads to it. Pure functions.

A conversation carries its id; whatever comes back with one is looked up among those of the visitor who sent it.
"""

from collections.abc import Sequence
from datetime import datetime

from qa.conversations import LONGEST_TITLE, ConversationInfo
from qa.markup import escape
from qa.web import strings
from qa.web.listing import Listing
from qa.web.markup import render_button
from qa.web.panel import render_panel

LISTED = 50  # conversations on a page of the list


def render_conversation_bar() -> str:
    """What stands above the chat."""
    buttons = [
        render_button(strings.CONVERSATIONS, "conversations", {}),
        render_button(strings.NEW_CONVERSATION, "begin", {}),
    ]
    label = escape(strings.CONVERSATIONS_NAV)
    return f'<nav class="qa-conversation-bar" aria-label="{label}">{"".join(buttons)}</nav>'


def render_conversations(
    conversations: Sequence[ConversationInfo],
    listing: Listing,
    matching: int,
    *,
    current: int | None = None,
    arrival: str = "",
) -> str:
    """The panel with a page of the list.

    Args:
        conversations: Those of the page, in order.
        listing: What was asked for: words in `name`, and the page.
        matching: How many conversations match.
        current: Id of the one in the chat.
        arrival: As for `render_judgement`.

    Returns:
        One element, escaped throughout.
    """
    head = (
        f'<div class="qa-bar">{render_button(strings.BACK_TO_LIBRARY, "library", {})}</div>'
        f'<h2 class="qa-panel-title">{escape(strings.CONVERSATIONS)}</h2>'
    )
    if matching or listing.name:
        label = escape(strings.CONVERSATIONS_SEARCH)
        head += (
            f'<div class="qa-filters"><input type="search" id="qa-conversation-filter" autocomplete="off" '
            f'spellcheck="false" value="{escape(listing.name)}" placeholder="{label}" aria-label="{label}"></div>'
        )
    if conversations:
        rows = "".join(_render_row(conversation, current) for conversation in conversations)
        body = f'<ul class="qa-documents">{rows}</ul>{_render_pages(listing, len(conversations), matching)}'
    else:
        hint = strings.CONVERSATIONS_NONE if listing.name else strings.CONVERSATIONS_EMPTY
        body = f'<p class="qa-hint">{escape(hint)}</p>'
    data: dict[str, int | str] = {"page": listing.page, "arrival": arrival}
    return render_panel(head, body, view="conversations", data=data, label=strings.CONVERSATIONS)


def render_judgement(text: str, *, turn: int = 0, thumb: str = "", wrong: Sequence[int] = (), arrival: str = "") -> str:
    """What the page's script reads to press and release the buttons of a turn, and a screen reader says.

    Args:
        text: One line, not escaped.
        turn: Number of the turn; 0: of none.
        thumb: "up", "down" or empty.
        wrong: Numbers of the citations said to be wrong.
        arrival: A word that differs every time, so that the page notices.
    """
    data = f'data-turn="{turn}" data-thumb="{escape(thumb)}" data-wrong=" {" ".join(map(str, wrong))} "'
    data += f' data-arrival="{escape(arrival)}"'
    return f'<p class="qa-judgement qa-hidden" role="status" {data}>{escape(text)}</p>'


def _render_row(conversation: ConversationInfo, current: int | None) -> str:
    id_, title = conversation.id, conversation.title
    facts = [_render_time(conversation.updated), escape(strings.count_questions(conversation.questions))]
    facts += [escape(strings.CONVERSATION_OPEN_NOW)] if id_ == current else []
    opener = (
        f'<button type="button" class="qa-document" data-qa="reopen" data-conversation="{id_}"'
        f'{" aria-current=true" if id_ == current else ""}><span class="qa-file" dir="auto">{escape(title)}</span>'
        f'<span class="qa-locator">{strings.BETWEEN_FACTS.join(facts)}</span></button>'
    )
    label = escape(strings.CONVERSATION_MORE_LABEL.format(title=title))
    return (
        f'<li class="qa-conversation" data-conversation="{id_}">{opener}'
        f'<details class="qa-more"><summary aria-label="{label}">{escape(strings.CONVERSATION_MORE)}</summary>'
        f"{_render_tools(conversation)}{_render_rename(conversation)}{_render_delete(conversation)}</details></li>"
    )


def _render_tools(conversation: ConversationInfo) -> str:
    data = {"conversation": conversation.id}
    saves = "".join(
        f'<a class="qa-button" href="conversations/{conversation.id}.{suffix}" download '
        f'aria-label="{escape(strings.EXPORT_LABEL.format(kind=kind, title=conversation.title))}">{escape(kind)}</a>'
        for suffix, kind in strings.EXPORT_KINDS.items()
    )
    return (
        f'<div class="qa-tools">{render_button(strings.RENAME, "retitle-ask", data)}'
        f"{render_button(strings.DELETE, 'discard-ask', data)}"
        f'<span class="qa-save"><span class="qa-locator">{escape(strings.EXPORT_AS)}</span>{saves}</span></div>'
    )


def _render_rename(conversation: ConversationInfo) -> str:
    return (
        f'<div class="qa-retitle" hidden><input type="text" autocomplete="off" maxlength="{LONGEST_TITLE}" '
        f'value="{escape(conversation.title)}" aria-label="{escape(strings.RENAME_TITLE)}" dir="auto">'
        f'<span class="qa-locator">{escape(strings.RENAME_HINT)}</span></div>'
    )


def _render_delete(conversation: ConversationInfo) -> str:
    data = {"conversation": conversation.id}
    ask = escape(strings.DELETE_ASK)
    return (
        f'<div class="qa-discarding" role="group" aria-label="{ask}" hidden><span>{ask}</span>'
        f"{render_button(strings.DELETE, 'discard', data)}{render_button(strings.DELETE_NOT, 'discard-not', data)}</div>"
    )


def _render_time(updated: str) -> str:
    local = datetime.fromisoformat(updated).astimezone()
    return f'<time datetime="{escape(updated)}">{local:%Y-%m-%d %H:%M}</time>'


def _render_pages(listing: Listing, shown: int, matching: int) -> str:
    """Buttons to the conversations before and after, where not all fit."""
    if matching <= LISTED:
        return ""
    first = listing.page * LISTED
    place = strings.ROWS.format(first=f"{first + 1:,}", last=f"{first + shown:,}", count=f"{matching:,}")
    steps = [
        render_button(label, "conversation-page", {"page": page}, enabled=enabled)
        for label, page, enabled in (
            (strings.PREVIOUS_ROWS, listing.page - 1, listing.page > 0),
            (strings.NEXT_ROWS, listing.page + 1, first + shown < matching),
        )
    ]
    return (
        f'<nav class="qa-steps qa-pages" aria-label="{escape(strings.CONVERSATION_PAGES)}">{steps[0]}'
        f'<span class="qa-position">{escape(place)}</span>{steps[1]}</nav>'
    )
