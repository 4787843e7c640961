"""Keeping and citing quotes in a real browser: a star, a note, the list, its files, and citations in two clicks."""

import importlib
import io
import json
import os
import re

import docx
import pypdfium2
import pytest
from web_fixtures import SILENCE, ask

pytest_plugins = ["web_fixtures"]
load = importlib.import_module if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.importorskip
expect = load("playwright.sync_api").expect
axe = load("axe_playwright_python.sync_playwright")

TOWN = "What colour is the lighthouse of Ystad?"
ORCHARD = "Which apples grow in the orchard at Lund?"
QUOTE = "The orchard at Lund grows red apples."


@pytest.fixture(scope="module")
def server(start_module_chat, tmp_path_factory):
    """The chat over a PDF that says who wrote it, and a bare text file."""
    canvas = importlib.import_module("reportlab.pdfgen.canvas")
    folder = tmp_path_factory.mktemp("library")
    pdf = canvas.Canvas(str(folder / "fruit.pdf"))
    pdf.setTitle("On the growth of plums")
    pdf.setAuthor("Jane Doe")
    for line in ("A preface about fruit in general.", QUOTE):
        pdf.drawString(72, 720, line)
        pdf.showPage()
    pdf.save()
    (folder / "sea.txt").write_text("The lighthouse of Ystad is painted white.\n\nIts keeper is called Malin.")
    return start_module_chat(folder).wait_until_ready()


@pytest.fixture
def enter(visit, server):
    """A function that opens the page as a new visitor, its documents listed."""

    def open_page(width=1366, height=657, **options):
        page = visit(server.address, width=width, height=height, expected=SILENCE, **options)
        expect(page.locator(".qa-scope")).to_have_text(re.compile("^2 documents, 4 passages"))
        return page

    return open_page


def keep(page, answer):
    """Press the star of the first quote."""
    star = answer.locator(".qa-star").first
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    return star


def show_kept(page, count):
    """Open the list; returns its rows."""
    page.get_by_role("button", name=f"Kept ☆ {count} quotes").click()
    expect(page.locator(".qa-view-kept")).to_be_visible()
    return page.locator(".qa-kept-quote")


def read_clipboard(page):
    """What was copied last."""
    return page.evaluate("navigator.clipboard.readText()")


def test_quote_is_kept_noted_opened_and_removed(enter):
    """Over a reload; a removal can be undone; another visitor sees none of it."""
    page = enter()
    keep(page, ask(page, TOWN))
    keep(page, ask(page, ORCHARD, 2))
    rows = show_kept(page, 2)
    expect(rows.locator(".qa-words")).to_have_text([QUOTE, "The lighthouse of Ystad is painted white."])
    note = page.get_by_role("textbox", name="Note to quote 1")
    note.fill("For <b>the</b> introduction")
    note.press("Enter")
    page.reload()
    expect(page.locator("#turn-2 .qa-star").first).to_have_attribute("aria-pressed", "true")
    rows = show_kept(page, 2)
    expect(page.get_by_role("textbox", name="Note to quote 1")).to_have_value("For <b>the</b> introduction")
    note = page.get_by_role("textbox", name="Note to quote 2")
    note.fill("Never mind")
    note.press("Escape")
    expect(note).to_have_value("")
    rows.first.get_by_role("button", name="Open in document: fruit.pdf, page 2").click()
    expect(page.locator("#qa-document .qa-sheet .qa-box.qa-current")).to_contain_text(QUOTE)
    page.get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Remove quote 1").click()
    expect(rows).to_have_count(1)
    expect(page.locator("#turn-2 .qa-star").first).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Note to quote 1")).to_have_value("For <b>the</b> introduction")
    expect(page.locator("#turn-2 .qa-star").first).to_have_attribute("aria-pressed", "true")
    page.locator("#turn-1 .qa-star").first.click()
    expect(rows).to_have_count(1)
    expect(show_kept(enter(), 0)).to_have_count(0)


def test_stars_pressed_at_once_are_all_kept(enter):
    """What is pressed while the press before it is still at work is not lost."""
    page = enter()
    ask(page, TOWN)
    ask(page, ORCHARD, 2)
    page.evaluate("document.querySelectorAll('.qa-star').forEach((star) => star.click())")
    expect(page.get_by_role("button", name="Kept ☆ 2 quotes")).to_be_visible()


def test_older_count_shown_last_is_asked_for_anew(enter):
    """Gradio may show the earlier of two answers last; what is kept is shown none the less."""
    page = enter()
    keep(page, ask(page, TOWN))
    bar = page.locator(".qa-kept-bar")
    older = bar.evaluate("bar => [bar.dataset.arrival, bar.dataset.stars, bar.innerHTML]")
    keep(page, ask(page, ORCHARD, 2))
    newer = int(bar.get_attribute("data-arrival"))
    assert newer > int(older[0])
    bar.evaluate(
        "(bar, [arrival, stars, html]) => { bar.innerHTML = html; Object.assign(bar.dataset, {stars, arrival}); }",
        older,
    )
    expect(page.get_by_role("button", name="Kept ☆ 2 quotes")).to_be_visible()
    expect(page.locator("#turn-2 .qa-star").first).to_have_attribute("aria-pressed", "true")
    assert int(bar.get_attribute("data-arrival")) > newer


@pytest.mark.parametrize(
    ("style", "copied"),
    [
        ("Quote", QUOTE),
        ("Quote with source", f"“{QUOTE}” (fruit.pdf, page 2, paragraph 2)"),
        ("APA", f"“{QUOTE}” (Doe, {{year}}, p. 2)\n\nDoe, J. ({{year}}). On the growth of plums."),
        ("BibTeX", "@misc{doe{year}growth,"),
        ("Link", "{address}/?doc=fruit.pdf&at={at}"),
    ],
)
def test_citation_is_copied_in_two_clicks(enter, server, style, copied):
    """One opens the menu, one copies; the link names the quote and holds nothing else of the address."""
    page = enter()
    answer = ask(page, ORCHARD)
    answer.locator(".qa-copy-quote summary").first.click()
    answer.get_by_role("button", name=style, exact=True).first.click()
    expect(answer.get_by_role("button", name="Copied")).to_be_visible()
    text = read_clipboard(page)
    year = (re.search(r"(?:Doe, |doe)(\d{4})", text) or ["", ""])[1]
    at = answer.locator(".qa-copy-quote").first.get_attribute("data-at")
    wanted = copied.replace("{year}", year).replace("{address}", server.address).replace("{at}", at)
    assert text.startswith(wanted) if style == "BibTeX" else text == wanted
    expect(answer.locator(".qa-copy-quote").first).not_to_have_attribute("open", "")


def test_list_is_saved_in_every_format(enter, tmp_path):
    """The files are what they say, for the visitor alone."""
    page = enter()
    keep(page, ask(page, ORCHARD))
    show_kept(page, 1)
    files = {}
    for kind in ("Word", "PDF", "Markdown", "BibTeX", "CSL-JSON"):
        with page.expect_download() as waiting:
            page.get_by_role("link", name=f"Save kept quotes as {kind}").click()
        suffix = waiting.value.suggested_filename.removeprefix("Kept-quotes")
        waiting.value.save_as(tmp_path / f"kept{suffix}")
        files[suffix] = (tmp_path / f"kept{suffix}").read_bytes()
    assert QUOTE in [each.text for each in docx.Document(io.BytesIO(files[".docx"])).paragraphs]
    with pypdfium2.PdfDocument(files[".pdf"]) as file:
        assert QUOTE in file[0].get_textpage().get_text_range()
    assert b"> The orchard at Lund grows " in files[".md"]
    assert b'title = "On the growth of plums"' in files[".bib"]
    assert json.loads(files[".json"])[0]["author"] == [{"family": "Doe", "given": "Jane"}]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1366, 390])
def test_axe_finds_nothing(enter, scheme, width):
    """With the list, an open menu and a note, wide and narrow, light and dark; and nothing is wider than the window."""
    page = enter(width, 844 if width < 500 else 657, color_scheme=scheme)
    answer = ask(page, ORCHARD)
    keep(page, answer)
    answer.locator(".qa-copy-quote summary").first.click()
    expect(answer.get_by_role("button", name="BibTeX")).to_be_enabled()
    assert [each["id"] for each in axe.Axe().run(page).response["violations"]] == []
    page.keyboard.press("Escape")
    expect(answer.locator(".qa-copy-quote").first).not_to_have_attribute("open", "")
    if width < 500:
        page.locator('[data-qa="sources"]').click()
    row = show_kept(page, 1).first
    row.locator(".qa-copy-quote summary").click()
    expect(row.get_by_role("button", name="BibTeX")).to_be_enabled()
    assert [each["id"] for each in axe.Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=f"{folder}/kept-{width}-{scheme}.png")
