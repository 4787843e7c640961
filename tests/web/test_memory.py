"""What Gradio keeps of a session: what was asked, and nothing of what was shown."""

import asyncio

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from qa.web.app import Page


@pytest.fixture
def page():
    """A page with a box, a state and two places that show what was typed, and its event."""
    with Page() as made:
        box, turns = gr.Textbox(), gr.State(())
        chat, line = gr.Chatbot(), gr.HTML()
        box.submit(lambda typed: typed, box, [turns, chat, line])
    return made


def show(page, session, text):
    """Run the event's last step for a session; returns what goes to the browser."""
    message = [{"role": "assistant", "content": gr.HTML(text)}]
    [event] = page.fns.values()
    return asyncio.run(page.postprocess_data(event, [(text,), message, text], session))


def test_a_session_keeps_its_turns_and_nothing_that_was_shown(page):
    """However much is shown, no component's value or settings stay; what the next event needs does."""
    session = SessionState(page)
    assert session.config_values
    for number in range(3):
        state, chat, line = show(page, session, f"<p>answer {number}</p>")
        assert (state, line) == (None, f"<p>answer {number}</p>")
        assert f"answer {number}" in str(chat)
    assert session.config_values == {}
    assert list(session.state_data.values()) == [("<p>answer 2</p>",)]
