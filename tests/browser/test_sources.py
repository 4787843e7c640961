"""Reading the sources of an answer in a real browser: places, keys, why a passage was found, what disagrees."""

import importlib
import os
import re

import pytest
from web_fixtures import ask

pytest_plugins = ["web_fixtures"]
load = importlib.import_module if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.importorskip
expect = load("playwright.sync_api").expect

WORKERS = "How many workers does the plant in Hamburg employ?"
OPENED = "When did the Hamburg plant open?"
OUTSIDE = "Which turbines are painted blue in spring?"


@pytest.fixture(scope="module")
def plant_server(start_module_chat, tmp_path_factory):
    """The chat over two documents about one plant, which disagree in a number and a date."""
    folder = tmp_path_factory.mktemp("plant")
    (folder / "company.md").write_text(
        "# Hamburg plant\n\nThe Hamburg plant employs 300 workers. Most of them live in the city.\n\n"
        "The Hamburg plant opened in 1962 and made ships' engines at first. Since then the plant has made turbines.\n\n"
        "The Hamburg plant needs engineers, and the plant trains its engineers itself.\n"
    )
    (folder / "union.txt").write_text(
        "The plant in Hamburg employs 320 workers. Their wages are set by an agreement.\n\n"
        "The Hamburg plant opened on 3 May 1964, and its first engines went to shipyards.\n"
    )
    return start_module_chat(folder).wait_until_ready()


def test_every_quote_leads_to_its_own_place(plant_server, visit):
    """Numbered in order, each with its file; pressed, the document of that file opens at that quote."""
    page = visit(plant_server.address)
    answer = ask(page, WORKERS)
    quotes = answer.locator(".qa-quote")
    assert set(quotes.locator(".qa-file").all_text_contents()) == {"company.md", "union.txt"}
    markers = quotes.locator(".qa-marker").all_text_contents()
    assert markers == [f"[{number}]" for number in range(1, len(markers) + 1)] and len(markers) >= 2
    for number, quote in enumerate(quotes.all(), start=1):
        quote.locator(".qa-cite").click()
        here = page.locator("#qa-here")
        expect(here).to_have_attribute("data-number", str(number))
        expect(here).to_be_focused()
        marked = page.locator(f'#qa-viewer mark[data-number="{number}"]')
        assert "".join(marked.all_text_contents()) == quote.locator(".qa-words").text_content()
        expect(page.locator(".qa-document-name, #qa-viewer .qa-about .qa-file").last).to_have_text(
            quote.locator(".qa-file").text_content()
        )


@pytest.mark.parametrize("width", [1280, 390])
def test_sources_are_gone_through_by_key(plant_server, visit, width):
    """n and p open the next and the previous source while one is open, and stop at the ends; Esc goes back."""
    page = visit(plant_server.address, width=width, height=844)
    answer = ask(page, WORKERS)
    count = answer.locator(".qa-quote").count()
    assert count >= 2
    answer.locator(".qa-cite").first.click()
    position, here = page.locator("#qa-viewer .qa-position"), page.locator("#qa-here")
    expect(here).to_be_focused()
    for key, number in [("n", 2), ("p", 1), ("p", 1), ("N", 2)]:
        page.keyboard.press(key)
        expect(position).to_have_text(f"Source {number} of {count}")
        expect(here).to_have_attribute("data-number", str(number))
        expect(here).to_be_focused()
        expect(here).to_be_in_viewport()
    following = page.get_by_role("button", name="Next source")
    expect(following).to_have_attribute("aria-keyshortcuts", "n")
    expect(following).to_have_attribute("title", "Next source (key n)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Escape")
    expect(answer.locator(".qa-cite").first).to_be_focused()


def test_keys_are_letters_wherever_somebody_types(plant_server, visit):
    """In the box, in the field to find and in the answer n and p open nothing, nor do they with Alt."""
    page = visit(plant_server.address)
    answer = ask(page, WORKERS)
    answer.locator(".qa-cite").first.click()
    position = page.locator("#qa-viewer .qa-position")
    expect(position).to_contain_text("Source 1 of")
    expect(page.locator("#qa-here")).to_be_focused()
    opened = []
    page.expose_function("noteOpened", lambda number: opened.append(number))
    page.evaluate("document.addEventListener('qa-open', (event) => window.noteOpened(event.detail.citation))")
    page.keyboard.press("Alt+n")
    page.keyboard.press("/")
    page.keyboard.type("npn")
    expect(page.get_by_role("textbox", name="Question")).to_have_value("npn")
    page.locator("#qa-find").focus()
    page.keyboard.type("npn")
    answer.locator(".qa-cite").first.focus()
    page.keyboard.press("n")
    page.locator("#qa-here").focus()
    page.keyboard.press("n")
    expect(position).to_contain_text("Source 2 of")
    assert opened == [2]


def test_why_a_passage_was_found_is_unfolded(plant_server, visit):
    """By keyboard: its paragraph, the words it shares with the question, which are marked, and its scores for a pointer."""
    page = visit(plant_server.address)
    quote = ask(page, WORKERS).locator(".qa-quote").first
    quote.locator(".qa-context > summary").press("Enter")
    why = quote.locator(".qa-why")
    expect(why).to_be_visible()
    expect(why).to_contain_text("employs")
    word = quote.locator(".qa-mark .qa-word", has_text="employs").first
    assert word.evaluate("element => getComputedStyle(element).borderBottomWidth") == "2px"
    assert quote.locator(".qa-mark").first.text_content() == quote.locator("q").text_content()
    scores = dict(re.findall(r"([A-Z][a-z ]+) ([\d.]+)", why.get_attribute("title")))
    dense, lexical, fused = (
        float(scores[name]) for name in ("Nearness in meaning", "Words in common", "Both together")
    )
    assert fused == pytest.approx(0.8 * dense + 0.2 * lexical, abs=2e-3)


def test_closest_passages_tell_why_too(plant_server, visit):
    """Whatever the verdict, every passage has its fold."""
    page = visit(plant_server.address)
    answer = ask(page, OUTSIDE)
    expect(answer.locator("q")).to_have_count(0)
    if answer.get_by_role("heading", name="Not in your documents").count():
        answer.locator(".qa-fold > summary").first.click()
    passages = answer.locator(".qa-near .qa-quote")
    assert passages.count() == answer.locator(".qa-near .qa-why").count() > 0
    passages.first.locator(".qa-context > summary").press("Enter")
    expect(passages.first.locator(".qa-why")).to_be_visible()


@pytest.mark.parametrize(
    ("question", "title", "values"),
    [
        pytest.param(WORKERS, "These passages give different numbers", ["300", "320"], id="numbers"),
        pytest.param(OPENED, "These passages give different dates", ["1962", "3 May 1964"], id="dates"),
    ],
)
def test_disagreeing_passages_stand_side_by_side(plant_server, visit, question, title, values):
    """On a wide page beside each other, on a phone below; each leads to its source."""
    page = visit(plant_server.address)
    answer = ask(page, question)
    region = answer.get_by_role("group", name=title)
    assert sorted(region.locator(".qa-value").all_text_contents()) == values
    assert sorted(region.locator(".qa-file").all_text_contents()) == ["company.md", "union.txt"]
    first, second = (side.bounding_box() for side in region.locator(".qa-side").all())
    assert first["y"] == second["y"] and first["x"] + first["width"] <= second["x"]
    page.set_viewport_size({"width": 390, "height": 844})
    first, second = (side.bounding_box() for side in region.locator(".qa-side").all())
    assert first["x"] == second["x"] and first["y"] + first["height"] <= second["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    opener = region.locator(".qa-cite").last
    opener.click()
    expect(page.locator("#qa-here")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
