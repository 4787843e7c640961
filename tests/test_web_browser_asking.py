"""Suggested questions and batches in a real browser."""

import importlib
import os

import pytest
from test_qa_suggestions import ALL, TEXTS

pytest_plugins = ["web_fixtures"]
load = importlib.import_module if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.importorskip
expect = load("playwright.sync_api").expect

TOWER = "When was the Eiffel Tower built?"


@pytest.fixture(scope="module")
def library_server(start_chat, tmp_path_factory):
    """The chat over three English documents and a German one."""
    folder = tmp_path_factory.mktemp("documents")
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return start_chat(folder).wait_until_ready()


def ask(page, question):
    """Ask in the page; returns the element of the answer."""
    turn = page.locator(".qa-answer").count() + 1
    page.get_by_role("textbox", name="Question").fill(question)
    page.get_by_role("textbox", name="Question").press("Enter")
    answer = page.locator(f"#turn-{turn}")
    expect(answer).to_be_visible()
    return answer


def test_empty_chat_offers_questions_that_are_answered(library_server, visit):
    """Each of the four is of the documents' own; a click asks it, and the answer quotes them."""
    page = visit(library_server.address)
    examples = page.locator(".qa-example")
    expect(examples).to_have_count(4)
    offered = examples.all_text_contents()
    assert set(offered) <= ALL
    examples.last.click()
    expect(page.get_by_role("heading", name=offered[-1])).to_be_visible()
    expect(page.locator("#turn-1 .qa-words").first).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_answer_offers_questions_that_go_on(library_server, visit, width):
    """They come after it in a place that was kept; pressed, by keyboard too, they are answered by themselves."""
    page = visit(library_server.address, width=width, height=844)
    expect(page.locator(".qa-example")).to_have_count(4)
    ask(page, TOWER)
    offered = page.get_by_role("group", name="Go on with").get_by_role("button")
    expect(offered).to_have_text(["Who was Gustave Eiffel?"])
    place = page.locator(".qa-following").bounding_box()
    offered.first.press("Enter")
    expect(page.locator("#turn-2 .qa-words").first).to_have_text(
        "Gustave Eiffel was a French engineer who owned a workshop."
    )
    expect(page.locator("#turn-2 .qa-searched")).to_have_count(0)
    expect(offered).not_to_have_text(["Who was Gustave Eiffel?"])
    expect(page.locator("#qa-chat .qa-pending")).to_have_count(0)
    assert page.locator(".qa-following").bounding_box()["height"] == place["height"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
