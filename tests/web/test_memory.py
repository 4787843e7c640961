"""What Gradio keeps of a session: what was asked, and nothing of what was shown; and what a server keeps of many."""

import asyncio
import json
import os
import secrets
from multiprocessing.pool import ThreadPool

import gradio as gr
import httpx
import pytest
from gradio.state_holder import SessionState

from qa.bench.measure import memory
from qa.web.app import Page

pytest_plugins = ["web_fixtures"]

CONVERSATIONS = int(os.environ.get("QA_CONVERSATIONS", "24"))  # 5,000 take an hour or more
AT_ONCE = 4
QUESTIONS = ("Who is mediating?", "And what about Oman?")
PATIENCE = 120  # seconds
WARM_UP = 8  # conversations; the first questions load what every later one needs
GROWTH = 100_000_000  # bytes


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


def converse(address, questions):
    """Open the page as a browser does, take up what was said before, ask some questions, and leave.

    Returns the events that ran to their end, each with what it gave.
    """
    session, done = secrets.token_hex(6), []
    # No connection is used twice: the server may close an idle one just as it is taken up again.
    own = {"headers": {"Connection": "close"}, "trust_env": False, "verify": False}
    with httpx.Client(base_url=address, timeout=PATIENCE, **own) as visitor:
        assert visitor.get("/").status_code == 200
        events = visitor.get("/config").json()["dependencies"]
        names = {name: event["id"] for event in events for _, name in event["targets"]}
        waiting = [(names["resume"], [None]), *((names["submit"], [question, None, None]) for question in questions)]

        def send(number, data):
            event = {"data": data, "fn_index": number, "session_hash": session, "event_data": {}}
            visitor.post("/gradio_api/queue/join", json=event).raise_for_status()
            return number

        running = send(names["load"], [])  # shows how far indexing is, as long as the page is open
        with visitor.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
            for message in (json.loads(line[5:]) for line in stream.iter_lines() if line.startswith("data:")):
                shown = message["msg"] == "process_generating" and running == names["load"]
                if message["msg"] == "process_completed":
                    assert message["success"], message
                    done.append((running, message["output"]["data"]))
                    following = [event["id"] for event in events if event["trigger_after"] == running]
                    waiting = [*((number, [None]) for number in following), *waiting]
                elif not shown:
                    continue
                if not waiting:
                    return [data for number, data in done if number == names["submit"]]
                running = send(*waiting.pop(0))
    raise AssertionError(f"the server closed the stream after {done}")


@pytest.mark.skipif(memory("VmRSS") is None, reason="reads /proc")
def test_many_conversations_take_no_more_memory_than_a_few(seed_server):
    """Visitors open the page, ask, ask back and leave: after the first, memory grows by no more than `GROWTH`."""

    def live(number):
        answers = converse(seed_server.address, QUESTIONS)
        assert [f"turn-{turn}" in str(answer) for turn, answer in enumerate(answers, 1)] == [True] * len(QUESTIONS)
        used = memory("VmRSS", seed_server.process.pid)
        if number % 100 == 99:
            print(f"{number + 1:,} conversations: {used / 1e6:.0f} MB", flush=True)
        return used

    with ThreadPool(AT_ONCE) as pool:
        used = list(pool.imap(live, range(CONVERSATIONS)))
    before, most = used[WARM_UP - 1], max(used[WARM_UP:])
    print(f"{before / 1e6:.0f} MB after {WARM_UP} conversations, at most {most / 1e6:.0f} MB after that")
    assert most - before <= GROWTH
