"""Search everything, More places and finding in a document, in a real browser."""

import importlib
import os
import re

import pytest
from injections import PAYLOADS, fits_a_text_file
from web_fixtures import ask

pytest_plugins = ["web_fixtures"]
load = importlib.import_module if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.importorskip
expect = load("playwright.sync_api").expect

IN_FILES = [payload for payload in PAYLOADS.values() if fits_a_text_file(payload)]
QUESTION = "What is the lighthouse of Ystad painted?"


@pytest.fixture(scope="module")
def server(start_module_chat, tmp_path_factory):
    """The chat over documents of two kinds in two folders, and one that holds every payload."""
    folder = tmp_path_factory.mktemp("coast")
    (folder / "law").mkdir()
    (folder / "law" / "rules.md").write_text(
        "# Rules of the harbour\n\n## Lamps\n\nThe lighthouse is lit at dusk.\n\n## Boats\n\nBoats keep to the right."
    )
    lines = [
        "The lighthouse of Ystad is painted white.",
        *(f"Keeper {n} cleaned the lighthouse." for n in range(1, 60)),
    ]
    (folder / "keepers.txt").write_text("\n\n".join(lines))
    payloads = [f"The payload is {payload} and harmless." for payload in IN_FILES]
    (folder / "<img src=x onerror=window.pwned=9>.txt").write_text("\n\n".join(payloads), encoding="utf-8")
    return start_module_chat(folder).wait_until_ready()


@pytest.fixture
def page(server, visit):
    """The page, its documents listed."""
    page = visit(server.address)
    expect(page.locator(".qa-document")).to_have_count(3)
    return page


def search(page, words):
    """Open the search by keyboard and type; returns the dialog, once places have come."""
    page.keyboard.press("Control+k")
    dialog = page.get_by_role("dialog", name="Search everything")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(words)
    expect(dialog.get_by_role("status")).to_be_visible()
    return dialog


def test_places_come_while_one_types(page):
    """Under their documents, the words marked; Enter opens the first at its sentence, and nothing has been asked."""
    dialog = search(page, "lighthouse")
    names = dialog.locator(".qa-places-name")
    expect(names.filter(has_text="keepers.txt")).to_have_count(1)
    expect(names.filter(has_text="Rules of the harbour")).to_contain_text("law/rules.md")
    rules = dialog.locator(".qa-places-document", has_text="law/rules.md")
    expect(rules.locator(".qa-place", has_text="is lit at dusk").locator(".qa-word")).to_have_text("lighthouse")
    expect(rules.locator(".qa-place", has_text="is lit at dusk")).to_contain_text("Lamps")
    page.keyboard.press("Control+a")
    page.keyboard.type("painted white")
    first = dialog.locator(".qa-place").first
    expect(first).to_contain_text("The lighthouse of Ystad is painted white.")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    here = page.locator("#qa-here")
    expect(here).to_have_text("The lighthouse of Ystad is painted white.")
    expect(here).to_be_focused()
    expect(page.locator(".qa-document-name")).to_have_text("keepers.txt")
    expect(page.locator(".qa-answer")).to_have_count(0)


def test_places_are_narrowed_by_kind_and_folder(page):
    """The kinds and folders of the documents are offered; both hold, and what was typed stays."""
    dialog = search(page, "lighthouse")
    kind, folder = dialog.get_by_label("Kind of file"), dialog.get_by_label("Folder")
    documents = dialog.locator(".qa-places-document")
    expect(documents.filter(has_text="keepers.txt")).to_have_count(1)
    expect(kind.locator("option")).to_have_text(["Any kind", ".md", ".txt"])
    expect(folder.locator("option")).to_have_text(["Any folder", "law/"])
    kind.select_option(".md")
    expect(documents).to_have_count(1)
    expect(documents).to_contain_text("law/rules.md")
    kind.select_option("")
    expect(documents.filter(has_text="keepers.txt")).to_have_count(1)
    folder.select_option("law/")
    expect(documents).to_have_count(1)
    expect(documents).to_contain_text("law/rules.md")
    kind.select_option(".txt")
    expect(dialog.get_by_role("status")).to_have_text("No place found.")
    kind.select_option("")
    dialog.get_by_label("Changed").select_option("In the last week")
    expect(documents).to_have_count(1)
    expect(dialog.get_by_role("searchbox")).to_have_value("lighthouse")


def test_places_are_gone_through_by_arrow_keys(page):
    """From the field down and back, and Enter opens the one that has the focus; the kinds keep their own arrow keys."""
    dialog = search(page, "lighthouse")
    places = dialog.locator(".qa-place")
    expect(places.nth(2)).to_be_visible()
    for key, focused in (("Down", places.nth(0)), ("Down", places.nth(1)), ("Up", places.nth(0))):
        page.keyboard.press(f"Arrow{key}")
        expect(focused).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    wanted = places.nth(1).locator("[dir=auto]").text_content()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#qa-here")).to_have_text(wanted)
    page.keyboard.press("Escape")
    expect(page.locator("#qa-viewer")).to_be_hidden()
    page.wait_for_function("document.activeElement !== document.body")


def test_search_is_closed_and_gives_the_focus_back(page):
    """By Esc, by its button and by a press beside it; words that cannot be searched for are told."""
    box = page.get_by_role("textbox", name="Question")
    box.focus()
    dialog = search(page, "?!")
    expect(dialog.get_by_role("status")).to_contain_text("has no word in it")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(box).to_be_focused()
    opener = page.get_by_role("button", name="Search everything (Ctrl-K)")
    opener.click()
    expect(dialog.get_by_role("searchbox")).to_be_focused()
    dialog.get_by_role("button", name="Close the search").click()
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    opener.press("Enter")
    expect(dialog).to_be_visible()
    page.mouse.click(5, 700)
    expect(dialog).to_be_hidden()


def test_late_places_never_take_the_place_of_newer_ones(page):
    """An answer to an earlier word that comes after that to a later one is dropped."""
    held = []

    def hold(route):
        if '"light"' in route.request.post_data:
            held.append(route)
        else:
            route.continue_()

    page.route("**/places*", hold)
    page.keyboard.press("Control+k")
    page.keyboard.type("light")
    page.wait_for_timeout(500)
    page.keyboard.type("house painted")
    status = page.get_by_role("dialog").get_by_role("status")
    expect(status).to_be_visible()
    before = status.text_content()
    assert len(held) == 1
    with page.expect_response("**/places*"):
        held[0].fulfill(body='<div class="qa-places"><p role="status">late</p></div>', content_type="text/html")
    page.wait_for_timeout(200)
    assert status.text_content() == before


def test_more_places_are_below_an_answer(page):
    """Fetched once, and counted before they are unfolded; without the passages that are quoted; each opens its document."""
    requests = []
    page.on("request", lambda sent: requests.append(sent.url) if "/places" in sent.url else None)
    answer = ask(page, QUESTION)
    quoted = answer.locator("q").all_text_contents()
    more = answer.locator(".qa-more-places")
    expect(more.locator("summary")).to_have_text(re.compile(r"^More places \(\d+\)$"))
    counted = more.locator("summary").text_content()
    more.locator("summary").press("Enter")
    places = more.locator(".qa-place")
    expect(places.nth(3)).to_be_visible()
    assert counted == f"More places ({places.count()})"
    shown = places.locator("[dir=auto]").all_text_contents()
    assert quoted and set(quoted).isdisjoint(shown)
    more.locator("summary").press("Enter")
    expect(places.first).to_be_hidden()
    more.locator("summary").press("Enter")
    expect(places.first).to_be_visible()
    assert len(requests) == 1
    places.nth(3).click()
    expect(page.locator("#qa-here")).to_have_text(shown[3])
    expect(page.locator("#qa-here")).to_be_focused()
    page.keyboard.press("Escape")
    expect(places.nth(3)).to_be_focused()
    expect(ask(page, QUESTION).locator(".qa-more-places > summary")).to_have_text(counted)
    expect(more.locator("summary")).to_have_text(counted)
    assert len(requests) == 1


def test_more_places_are_in_the_documents_that_were_searched(page):
    """Where the question was asked of some alone."""
    names = []
    for narrowed in (False, True):
        if narrowed:
            page.get_by_role("checkbox", name="Search only in keepers.txt", exact=True).press("Space")
        more = ask(page, QUESTION).locator(".qa-more-places")
        more.locator("summary").click()
        expect(more.get_by_role("status")).to_be_visible()
        names.append(more.locator(".qa-places-name bdi").all_text_contents())
    assert "Rules of the harbour" in names[0] and names[1] == ["keepers.txt"]


def test_payloads_are_found_as_text(page):
    """In places, in what was typed, and in the words looked for in a document: shown letter for letter, run nowhere."""
    dialog = search(page, "payload harmless")
    places = dialog.locator(".qa-place")
    expect(places.nth(len(IN_FILES) - 1)).to_be_visible()
    shown = [" ".join(text.split()) for text in places.locator("[dir=auto]").all_text_contents()]
    whole = [" ".join(f"The payload is {payload} and harmless.".split()) for payload in IN_FILES]
    assert len([text for text in whole if text in shown]) > 20
    assert all(any(text in full for full in whole) for text in shown)
    assert set(
        places.evaluate_all("all => all.flatMap((e) => [...e.querySelectorAll('*')]).map((e) => e.localName)")
    ) == {"span"}
    field = dialog.get_by_role("searchbox")
    for payload in IN_FILES[:20]:
        with page.expect_response("**/places*"):
            field.fill(payload[:200])
    page.keyboard.press("Escape")
    page.locator(".qa-document", has_text="onerror").click()
    find = page.get_by_role("searchbox", name="Find in this document")
    for payload in (IN_FILES[0], IN_FILES[15], IN_FILES[17]):
        arrived = page.locator(".qa-view-document").get_attribute("data-arrive")
        find.fill(payload)
        find.press("Enter")
        expect(page.locator(".qa-view-document")).not_to_have_attribute("data-arrive", arrived)
        expect(page.locator("#qa-here")).to_have_text(payload)
        expect(find).to_have_value(payload)
    assert page.evaluate("window.pwned") is None


def test_words_are_found_in_the_open_document(page):
    """Counted, marked and stepped through, round and round, while the focus stays in the field."""
    page.locator(".qa-document", has_text="keepers.txt").click()
    find, position = page.get_by_role("searchbox", name="Find in this document"), page.locator(".qa-find .qa-position")
    find.fill("THE  lighthouse")
    find.press("Enter")
    expect(position).to_have_text("1 of 60")
    expect(find).to_be_focused()
    expect(page.locator("#qa-here")).to_be_in_viewport()
    page.get_by_role("button", name="The place before").click()
    expect(position).to_have_text("60 of 60")
    expect(page.locator("#qa-here")).to_be_in_viewport()
    page.get_by_role("button", name="The next place").click()
    expect(position).to_have_text("1 of 60")
    find.fill("submarine")
    find.press("Enter")
    expect(position).to_have_text("not found")
    expect(page.locator("#qa-viewer mark")).to_have_count(0)
    find.press("Escape")
    expect(find).to_have_value("")
    find.press("Escape")
    expect(page.locator("#qa-viewer")).to_be_hidden()
    expect(page.locator(".qa-document", has_text="keepers.txt")).to_be_focused()


FOCUS_THE_NEXT_PLACE = """
new MutationObserver(() => {
    if (!document.querySelector(".qa-find .qa-position") || window.pressing) return;
    window.pressing = true;
    setTimeout(() => document.querySelector('.qa-find [aria-label="The next place"]').focus());
}).observe(document, { childList: true, subtree: true });
"""


def test_found_words_leave_the_focus_to_whoever_is_quick(page):
    """What takes the focus as soon as the places have come, keeps it: its Enter is not one in the field."""
    page.locator(".qa-document", has_text="keepers.txt").click()
    find, position = page.get_by_role("searchbox", name="Find in this document"), page.locator(".qa-find .qa-position")
    find.fill("lighthouse")
    page.evaluate(FOCUS_THE_NEXT_PLACE)
    find.press("Enter")
    expect(position).to_have_text("1 of 60")
    page.wait_for_timeout(300)
    expect(page.get_by_role("button", name="The next place")).to_be_focused()
    page.keyboard.press("Enter")
    expect(position).to_have_text("2 of 60")


@pytest.mark.parametrize("width", [1280, 390])
def test_search_fits_its_window(server, visit, width):
    """Dialog and places need no sideways scroll."""
    page = visit(server.address, width=width, height=844)
    expect(page.locator(".qa-scope")).to_contain_text("documents")
    dialog = search(page, "lighthouse")
    expect(dialog.locator(".qa-place").first).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert dialog.evaluate("element => element.scrollWidth <= element.clientWidth")
    results = dialog.locator(".qa-search-results")
    assert results.evaluate("element => element.scrollWidth <= element.clientWidth")
    box = dialog.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
