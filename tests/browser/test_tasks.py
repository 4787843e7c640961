"""How many presses each task takes in a real browser: clicks, drops and Enter; typing a text is not counted."""

import importlib
import os
import re

import pytest
from reading import flow, make_pdf
from web_fixtures import SILENCE, ask

pytest_plugins = ["web_fixtures"]
load = importlib.import_module if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.importorskip
expect = load("playwright.sync_api").expect

WHITE = "The lighthouse of Ystad is painted white in the spring of every year."
QUESTION = "When is the lighthouse of Ystad painted white?"


class Hand:
    """A visitor's hand, which counts what it presses.

    Attributes:
        presses: How often since the count was last taken.
    """

    def __init__(self, page):
        self.page, self.presses = page, 0

    def click(self, target):
        """Press a control."""
        self.presses += 1
        target.click()

    def press(self, key):
        """Press a key, wherever the focus is."""
        self.presses += 1
        self.page.keyboard.press(key)

    def type(self, text):
        """Write a text, wherever the focus is; no press."""
        self.page.keyboard.type(text)

    def drop(self, target, name, text):
        """Drop a file."""
        self.presses += 1
        files = self.page.evaluate_handle(
            "([name, text]) => { const data = new DataTransfer();"
            " data.items.add(new File([text], name, {type: 'text/plain'})); return data; }",
            [name, text],
        )
        target.dispatch_event("drop", {"dataTransfer": files})

    def count(self):
        """The presses since this was last asked."""
        presses, self.presses = self.presses, 0
        return presses


@pytest.fixture(scope="module")
def server(start_module_chat, tmp_path_factory):
    """The chat over a PDF in a folder, and notes of many keepers beside it."""
    folder = tmp_path_factory.mktemp("tasks") / "coast"
    (folder / "law").mkdir(parents=True)
    (folder / "law" / "log.pdf").write_bytes(make_pdf(flow("Nothing happened on that day. " * 40), flow(WHITE)))
    keepers = [f"Keeper {number} cleaned the lighthouse in spring." for number in range(1, 30)]
    (folder / "keepers.txt").write_text("\n\n".join(keepers))
    return start_module_chat(folder).wait_until_ready()


def open_page(server, visit):
    """The page, its documents listed, and a hand for it."""
    page = visit(server.address, expected=SILENCE)
    expect(page.locator(".qa-scope")).to_contain_text("2 documents")
    return page, Hand(page)


def test_first_document_takes_one_drop(start_chat, visit, tmp_path):
    """From an empty start to an answer out of it."""
    folder = tmp_path / "empty"
    folder.mkdir()
    page = visit(start_chat(folder).wait_until_ready().address)
    hand = Hand(page)
    expect(page.locator(".qa-start")).to_be_visible()
    hand.drop(page.locator("#qa-main"), "medlars.txt", "Medlars are eaten rotten in November.")
    expect(page.locator(".qa-row .qa-file")).to_have_text(["medlars.txt"])
    expect(page.locator(".qa-scope")).to_have_text("1 document, 1 passage")
    expect(ask(page, "When are medlars eaten?").locator(".qa-words")).to_have_text(
        ["Medlars are eaten rotten in November."]
    )
    assert hand.count() == 1


def test_tasks_of_reading_take_one_press_or_two(server, visit):
    """From an answer: the sentence on its page, the file itself, a footnote, all places; and one folder alone."""
    page, hand = open_page(server, visit)
    answer = ask(page, QUESTION)
    quote = answer.locator(".qa-quote", has_text=WHITE)
    hand.click(quote.locator(".qa-cite"))
    expect(page.locator(".qa-sheet #qa-here")).to_be_in_viewport()
    drawn = "number => document.querySelector(`[data-page='${number}'] img`).naturalWidth > 0"
    page.wait_for_function(drawn, arg=2)
    assert hand.count() == 1, "the sentence on the real page"

    with page.expect_popup() as opened:
        hand.click(page.get_by_role("link", name="Open the file itself in a new tab"))
    opened.value.close()
    assert hand.count() == 1, "the file opened"
    with page.expect_download() as saved:
        hand.click(page.get_by_role("link", name="Download the file"))
    assert saved.value.suggested_filename == "log.pdf"
    assert hand.count() == 1, "the file saved"

    hand.click(quote.locator(".qa-copy-quote > summary"))
    hand.click(quote.get_by_role("button", name="Quote with source", exact=True))
    expect(quote.get_by_role("button", name="Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == f"“{WHITE}” (law/log.pdf, page 2, paragraph 2)"
    assert hand.count() == 2, "a footnote"

    hand.click(answer.locator(".qa-more-places > summary"))
    expect(answer.locator(".qa-place").nth(20)).to_be_attached()
    assert hand.count() == 1, "all places"

    hand.click(page.get_by_role("checkbox", name="Search only in law/", exact=True))
    expect(page.locator("p.qa-scope-choice")).to_contain_text("law/")
    assert hand.count() == 1, "one folder alone"
    expect(ask(page, QUESTION).locator(".qa-searched")).to_have_text("Searched: 1 of 2 documents, law/log.pdf")


def test_libraries_take_two_presses(server, visit):
    """To make one, and to switch: the menu, then the name; the page of another visitor stays as it is."""
    other, _ = open_page(server, visit)
    ask(other, QUESTION)
    expect(other.locator("#turn-1 .qa-more-places > summary")).to_contain_text("(29)")
    before = other.locator("#turn-1").text_content(), other.locator("#qa-header").text_content(), other.url
    page, hand = open_page(server, visit)
    menu = page.locator(".qa-libraries > summary")
    hand.click(menu)
    expect(page.get_by_role("textbox", name="Name of a new library")).to_be_focused()
    hand.type("cellar")
    hand.press("Enter")
    expect(page).to_have_url(re.compile(r"\?lib=cellar$"))
    expect(page.locator(".qa-start")).to_be_visible()
    assert hand.count() == 2, "a new library"

    expect(menu).to_contain_text("cellar")
    hand.click(menu)
    hand.click(page.get_by_role("link", name=re.compile("^coast")))
    expect(page).not_to_have_url(re.compile("cellar"))
    expect(page.locator(".qa-row .qa-file")).to_have_text(["keepers.txt", "log.pdf"])
    assert hand.count() == 2, "another library"

    assert (other.locator("#turn-1").text_content(), other.locator("#qa-header").text_content(), other.url) == before
    expect(other.locator(".qa-scope")).to_contain_text("2 documents")
