"""Turns as messages of Gradio's chat."""

from collections.abc import Iterable
from typing import Any

import gradio as gr

from qa.web.render import Turn, render_question, render_turn

Messages = list[dict[str, Any]]


def show_turns(turns: Iterable[Turn]) -> Messages:
    """The chat: every question with its answer."""
    messages = []
    for turn in turns:
        messages += [say(render_question(turn.answer.question), "user"), say(render_turn(turn))]
    return messages


def say(html: str, role: str = "assistant") -> dict[str, Any]:
    """One message.

    Args:
        html: Escaped throughout.
        role: "user" or "assistant".
    """
    return {"role": role, "content": gr.HTML(html, apply_default_css=False, js_on_load=None)}
