"""The buttons by which somebody says that an answer is right or wrong, or that a quote is the wrong sentence.

Only what is kept can be judged. The page's script presses and releases them; see `render_judgement`.
"""

from typing import TYPE_CHECKING

from qa.markup import escape
from qa.web import strings

if TYPE_CHECKING:
    from qa.web.render import Turn

_THUMB = (
    '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M1 7h2.5v7H1zM5 7l2.6-5.4C8.8 1.5 9.6 '
    '2.4 9.6 3.5V6h3.7c1 0 1.7.9 1.4 1.8l-1.5 5c-.2.7-.8 1.2-1.5 1.2H5z"/></svg>'
)


def render_thumbs(turn: "Turn") -> str:
    """Thumb up and thumb down of an answer; nothing for one that is not kept."""
    if not turn.conversation:
        return ""
    buttons = "".join(
        _render_judge(turn, 0, label, name=name, content=_THUMB)
        for label, name in (("up", strings.THUMB_UP), ("down", strings.THUMB_DOWN))
    )
    return f'<span class="qa-thumbs" role="group" aria-label="{escape(strings.FEEDBACK_LABEL)}">{buttons}</span>'


def render_wrong(turn: "Turn", number: int) -> str:
    """The button of one quote; nothing for one that is not kept."""
    if not turn.conversation:
        return ""
    name = strings.WRONG_SENTENCE_LABEL.format(number=number)
    return _render_judge(turn, number, "wrong", name=name, content=escape(strings.WRONG_SENTENCE))


def _render_judge(turn: "Turn", citation: int, label: str, *, name: str, content: str) -> str:
    pressed = str(turn.labels.get(citation) == label).lower()
    return (
        f'<button type="button" class="qa-button qa-judge qa-judge-{label}" data-qa="judge" data-turn="{turn.number}" '
        f'data-citation="{citation}" data-label="{label}" aria-pressed="{pressed}" aria-label="{escape(name)}" '
        f'title="{escape(name)}">{content}</button>'
    )
