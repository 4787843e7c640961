"""What stands around the answers, as HTML: header, welcome, progress and messages. Pure functions."""

from collections.abc import Sequence

from qa.markup import escape
from qa.web import strings
from qa.web.markup import render_button


def render_header(status: str, said: str, *, private: bool = True) -> str:
    """Title, promise, and what is searched.

    Args:
        status: The scope, or how loading stands.
        said: What a screen reader says of it; it speaks when this changes, which is less often.
        private: Whether the page is served to this computer alone.

    Returns:
        One element; it also holds what the page's script says of the server.
    """
    promise = f"{strings.PROMISE} {strings.PRIVATE if private else strings.SHARED}"
    said_of_server = {
        "lost": strings.SERVER_LOST,
        "token": strings.SERVER_ANEW,
        "busy": strings.BUSY,
        "error": strings.NOT_DONE,
    }
    data = " ".join(f'data-{name}="{escape(text)}"' for name, text in said_of_server.items())
    kind = "qa-header" if status == said else "qa-header qa-busy"
    return (
        f'<header class="{kind}" {data}><div><h1>{escape(strings.TITLE)}</h1><p>{escape(promise)}</p></div>'
        f'<p class="qa-scope" data-said="{escape(said)}">{escape(status)}</p></header>'
    )


def render_load_failure(reason: str) -> str:
    """What stands in the chat when the documents could not be opened.

    Args:
        reason: One line.
    """
    title = f'<h3 class="qa-verdict qa-verdict-closest">{escape(strings.LOAD_FAILED)}</h3>'
    return f'<div class="qa-answer qa-closest" role="alert">{title}<p>{escape(reason)}</p></div>'


def render_pending(text: str) -> str:
    """A line that says what is being done, in place of what will come."""
    return f'<p class="qa-pending">{escape(text)}</p>'


def render_progress(text: str, share: float | None, *, version: str) -> str:
    """How far indexing has come, as a bar and in words; nothing of it is seen where there is no text.

    Args:
        text: One line, not escaped.
        share: From 0 to 1; None while that cannot be told.
        version: Changes when the list of documents may have; the page then asks for it.
    """
    value = "" if share is None else f' value="{min(1.0, max(0.0, share)):.3f}"'
    label = escape(strings.PROGRESS_LABEL)
    bar = f'<progress{value} max="1" aria-label="{label}"></progress><p dir="auto">{escape(text)}</p>' if text else ""
    return f'<div class="qa-progress" data-version="{escape(version)}">{bar}</div>'


def render_welcome(questions: Sequence[tuple[int, str]]) -> str:
    """The empty chat.

    Args:
        questions: Questions to offer, each with the number that stands for it.
    """
    parts = [f'<h2 class="qa-welcome-title">{escape(strings.WELCOME)}</h2>', f"<p>{escape(strings.WELCOME_HINT)}</p>"]
    if questions:
        buttons = [
            f"<li>{render_button(question, 'example', {'example': number})}</li>" for number, question in questions
        ]
        label = escape(strings.EXAMPLES_LABEL)
        parts.append(f'<h3 class="qa-small-title">{label}</h3><ul class="qa-examples">{"".join(buttons)}</ul>')
    return f'<div class="qa-welcome">{"".join(parts)}</div>'


def render_message(text: str) -> str:
    """One line under the question box; an empty text leaves the keys named there, so that nothing moves."""
    if not text:
        return f'<p class="qa-message"><span class="qa-keys">{escape(strings.KEYS_HINT)}</span></p>'
    return f'<p class="qa-message qa-alarm" role="alert">{escape(text[:1].upper() + text[1:])}</p>'


def render_picker_note(offered: int, count: int) -> str:
    """The line under the picker: that not every document is offered; empty when each is. Holds the picker's labels too.

    Args:
        offered: How many names there are to choose from.
        count: How many names there are.
    """
    capped = strings.PICKER_CAPPED.format(offered=f"{offered:,}", count=strings.count_documents(count))
    labels = f'data-empty="{escape(strings.PICKER_EMPTY)}" data-remove="{escape(strings.PICKER_REMOVE)}"'
    return f'<p class="qa-picker-note" {labels}>{escape(capped) if offered < count else ""}</p>'
