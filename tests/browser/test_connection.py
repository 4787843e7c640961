"""What the page does when the server goes away and comes back, or has too much to do."""

import importlib
import json
import os
import re
import signal

import pytest
from web_fixtures import SILENCE, ask

pytest_plugins = ["web_fixtures"]
load = importlib.import_module if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.importorskip
expect = load("playwright.sync_api").expect

LOST = "The server does not answer. This page waits for it, and keeps what you typed."
BUSY = "Too many questions are waiting. Ask again in a moment."
TOKEN = "a-token-of-the-tests-1234"


def type_question(page, text):
    """Type into the question box, without asking."""
    box = page.get_by_role("textbox", name="Question")
    box.fill(text)
    return box


def line(page):
    """What is said of the server, under the question box."""
    return page.locator("#qa-composer .qa-connection")


def test_page_waits_for_a_killed_server_and_comes_back_by_itself(start_chat, seeds, visit):
    """Killed, the server is missed in one line; started again at its port, it is found, and what was typed is still there."""
    first = start_chat(seeds).wait_until_ready()
    page = visit(first.address, expected=SILENCE)
    expect(page.locator(".qa-example")).to_have_count(4)
    box = type_question(page, "Who is mediating?")
    page.evaluate("window.before = true")
    first.stop(signal.SIGKILL)
    expect(line(page)).to_have_text(LOST)
    expect(page.get_by_role("alert")).to_have_count(1)
    expect(page.get_by_text("Connection Lost")).to_be_hidden()
    box.press("Enter")
    expect(box).to_have_value("Who is mediating?")
    expect(line(page)).to_have_text(LOST)
    second = start_chat(seeds, port=int(first.address.rpartition(":")[2]))
    assert second.address == first.address
    page.wait_for_function("window.before === undefined", timeout=60_000)
    expect(box).to_have_value("Who is mediating?")
    expect(page.locator(".qa-example")).to_have_count(4, timeout=60_000)
    expect(line(page)).to_be_hidden()
    box.press("Enter")
    expect(page.locator("#turn-1")).to_contain_text("mediator")
    expect(box).to_have_value("")
    page.reload()
    expect(page.locator(".qa-document")).to_have_count(1)
    expect(box).to_have_value("")


def test_page_asks_for_the_new_token(start_chat, seeds, visit):
    """A server with a token, started again, knows the page no more; the page says how to get in, and comes back after that."""
    given = {"QA_TOKEN": TOKEN}
    first = start_chat(seeds, variables=given, options=())
    page = visit(f"{first.address}/?token={TOKEN}", expected=f"{SILENCE}|status of 401")
    expect(page.locator(".qa-document")).to_have_count(1, timeout=60_000)
    box = type_question(page, "Who?")
    first.stop(signal.SIGKILL)
    expect(line(page)).to_have_text(LOST)
    start_chat(seeds, port=int(first.address.rpartition(":")[2]), variables=given, options=())
    expect(line(page)).to_contain_text("Open the address that it printed")
    expect(box).to_have_value("Who?")
    page.evaluate("window.before = true")
    page.context.new_page().goto(f"{first.address}/?token={TOKEN}")
    page.wait_for_function("window.before === undefined", timeout=60_000)
    expect(box).to_have_value("Who?")


def test_page_says_that_too_many_are_waiting(seed_server, visit):
    """A question turned away by a full queue stays in the box, with one line, and can be asked again."""
    page = visit(seed_server.address, expected=SILENCE)
    expect(page.locator(".qa-example")).to_have_count(4)
    full = json.dumps({"detail": "Queue is full. Max size is 32 and size is 32."})
    page.route("**/queue/join*", lambda route: route.fulfill(status=503, content_type="application/json", body=full))
    box = type_question(page, "Who is mediating?")
    for _ in range(2):
        box.press("Enter")
        expect(line(page)).to_have_text(BUSY)
    expect(page.get_by_text("Queue is full")).to_be_hidden()
    expect(page.locator("[data-testid=status-tracker]:visible")).to_have_count(0)
    expect(page.locator(".qa-pending")).to_have_count(0)
    expect(box).to_have_value("Who is mediating?")
    page.unroute("**/queue/join*")
    box.press("Enter")
    expect(page.locator("#turn-1")).to_be_visible()
    expect(line(page)).to_be_hidden()


def test_page_for_others_promises_no_more_than_is_true(start_chat, seeds, visit):
    """Served to this computer alone, nothing leaves it; served to others, what they see does."""
    own = visit(start_chat(seeds).address)
    expect(own.locator(".qa-header")).to_contain_text("Nothing leaves this computer.")
    server = start_chat(seeds, variables={"QA_TOKEN": TOKEN}, options=["--host", "0.0.0.0"])
    other = visit(f"{server.address}/?token={TOKEN}")
    expect(other.locator(".qa-header")).to_contain_text("Nothing leaves the computer that serves this page but what")
    expect(other.locator(".qa-document")).to_have_count(1, timeout=60_000)
    expect(other.locator(".qa-header")).not_to_contain_text("this computer")


def shown(page):
    """The answers in the chat, as they are read; without the further places, which are counted as they come into sight."""
    texts = page.locator("#qa-chat .qa-answer").all_inner_texts()
    return [re.sub(r"\nMore places( \(\d+\))?", "", text) for text in texts]


def test_conversation_comes_back_with_the_server(start_chat, seeds, visit, tmp_path):
    """Killed under two turns and half a question, and started again: all of it stands there by itself, and goes on."""
    home = {"QA_HOME": str(tmp_path)}
    first = start_chat(seeds, variables=home).wait_until_ready()
    page = visit(first.address, expected=SILENCE)
    expect(page.locator(".qa-example")).to_have_count(4)
    ask(page, "Who is mediating?", 1)
    ask(page, "What is the capital of France?", 2)
    before = shown(page)
    box = type_question(page, "And what about Om")
    page.evaluate("window.before = true")
    first.stop(signal.SIGKILL)
    expect(line(page)).to_have_text(LOST)
    assert shown(page) == before
    start_chat(seeds, port=int(first.address.rpartition(":")[2]), variables=home)
    page.wait_for_function("window.before === undefined", timeout=60_000)
    expect(page.locator("#turn-2")).to_be_visible(timeout=60_000)
    assert shown(page) == before
    expect(box).to_have_value("And what about Om")
    expect(line(page)).to_be_hidden()
    box.press("End")
    page.keyboard.type("an?")
    box.press("Enter")
    expect(page.locator("#turn-3")).to_be_visible()
    expect(page.locator(".qa-question").last).to_contain_text("And what about Oman?")


def test_every_answer_that_was_shown_outlives_a_kill(start_chat, seeds, visit, tmp_path):
    """Killed as a question is sent, as it is searched for, and as its answer appears: no answer is lost, or half there."""
    home = {"QA_HOME": str(tmp_path)}
    server = start_chat(seeds, variables=home).wait_until_ready()
    port = int(server.address.rpartition(":")[2])
    page = visit(server.address, expected=SILENCE)
    expect(page.locator(".qa-example")).to_have_count(4)
    ask(page, "Who is mediating?", 1)
    for moment in ("sent", "searched", "answered"):
        turns = page.locator("#qa-chat .qa-answer").count()
        box = type_question(page, "Can Israel beat Iran in four days?")
        page.evaluate("window.before = true")
        with page.expect_request("**/queue/join*"):
            box.press("Enter")
        if moment == "searched":
            expect(page.locator("#qa-chat .qa-question")).to_have_count(turns + 1)
        if moment == "answered":
            expect(page.locator(f"#turn-{turns + 1}")).to_be_visible()
        server.stop(signal.SIGKILL)
        before = shown(page)
        assert len(before) == turns + 1 or moment != "answered"
        expect(line(page)).to_have_text(LOST)
        assert shown(page) == before
        server = start_chat(seeds, port=port, variables=home)
        page.wait_for_function("window.before === undefined", timeout=60_000)
        expect(page.locator(f"#turn-{len(before)}")).to_be_visible(timeout=60_000)
        expect(page.locator("#qa-chat .qa-pending")).to_have_count(0)
        assert shown(page)[: len(before)] == before
