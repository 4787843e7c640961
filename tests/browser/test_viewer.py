"""Documents shown as themselves in a real browser: pages with boxes, markup with marks; switched, enlarged and saved."""

import importlib
import os

import pytest
from reading import flow, make_pdf
from web_fixtures import ask

pytest_plugins = ["web_fixtures"]
load = importlib.import_module if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.importorskip
expect = load("playwright.sync_api").expect

FILLING = "The keeper wrote in the book every evening, and nothing happened on that day. " * 12
WHITE = "The lighthouse of Ystad is painted white in the spring of every year."
APPLES = "The orchard at Lund grows red apples."


@pytest.fixture(scope="module")
def server(start_module_chat, tmp_path_factory):
    """The chat over a PDF of four pages, a Markdown document and a hostile page."""
    folder = tmp_path_factory.mktemp("kinds")
    pages = [flow(FILLING), flow(FILLING), [*flow(WHITE, y=400), *flow(FILLING, y=300)], flow(FILLING)]
    (folder / "log.pdf").write_bytes(make_pdf(*pages))
    (folder / "orchard.md").write_text(
        "# The orchard\n\n"
        + "Trees are pruned in March.\n\n" * 30
        + "The orchard at Lund grows **red** apples.\n\n![](https://offsite.invalid/a.png) [a link](https://offsite.invalid/)"
    )
    (folder / "hostile.html").write_text(
        "<style>body{display:none}</style><h1 onclick=window.pwned=1>Quinces</h1><script>window.pwned=2</script>"
        "<p id=qa-question>Quinces are boiled to a red paste in Genoa.</p>"
        "<img src=https://offsite.invalid/q.png onerror=window.pwned=3>"
        "<form action=https://offsite.invalid/><button data-qa=remove data-row=0>press</button></form>"
    )
    return start_module_chat(folder).wait_until_ready()


def open_page(server, visit, **options):
    """Open the page; returns it once its documents are listed."""
    page = visit(server.address, **options)
    expect(page.locator(".qa-scope")).to_contain_text("3 documents")
    return page


def cite(page, question, quote):
    """Ask, and open the document of a quote; returns what was pressed."""
    opener = ask(page, question).locator(".qa-quote", has_text=quote).locator(".qa-cite").first
    opener.click()
    expect(page.locator("#qa-here")).to_be_focused()
    return opener


def is_drawn(page, number):
    """Wait until a page has its picture."""
    drawn = (
        "n => { const i = document.querySelector(`[data-page='${n}'] img`); return i.complete && i.naturalWidth > 0; }"
    )
    page.wait_for_function(drawn, arg=number)


@pytest.mark.parametrize("width", [1280, 390])
def test_quote_is_boxed_on_the_page_of_a_pdf(server, visit, width):
    """The page comes as a picture, scrolled to the box, which lies where the words are and says them."""
    page = open_page(server, visit, width=width, height=844)
    opener = cite(page, "When is the lighthouse of Ystad painted white?", WHITE)
    here, sheets = page.locator("#qa-here"), page.locator(".qa-sheet")
    expect(sheets).to_have_count(4)
    expect(here).to_be_in_viewport()
    expect(here).to_have_text(WHITE)
    is_drawn(page, 3)
    box, sheet = here.bounding_box(), sheets.nth(2).bounding_box()
    assert sheet["height"] / sheet["width"] == pytest.approx(842 / 595, rel=0.01)
    assert (box["x"] - sheet["x"]) / sheet["width"] == pytest.approx(60 / 595, abs=0.01)
    assert (box["y"] + box["height"] - sheet["y"]) / sheet["height"] == pytest.approx((842 - 398) / 842, abs=0.01)
    fetched = page.locator(".qa-sheet img").evaluate_all(
        "all => all.filter((i) => i.complete && i.naturalWidth).length"
    )
    assert fetched <= 4
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_pages_are_gone_to_and_enlarged(server, visit):
    """By their numbers, without asking the server for the document again; larger pages scroll in the viewer alone."""
    page = open_page(server, visit)
    cite(page, "When is the lighthouse of Ystad painted white?", WHITE)
    arrived = page.locator(".qa-view-document").get_attribute("data-arrive")
    number = page.get_by_role("spinbutton", name="Go to page")
    number.fill("1")
    number.press("Enter")
    expect(page.locator(".qa-sheet").first).to_be_in_viewport()
    is_drawn(page, 1)
    number.fill("4")
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.locator(".qa-sheet").last).to_be_in_viewport()
    is_drawn(page, 4)
    width = "element => element.offsetWidth"
    before = page.locator(".qa-sheet").first.evaluate(width)
    page.get_by_role("button", name="Larger").click()
    assert page.locator(".qa-sheet").first.evaluate(width) == pytest.approx(before * 1.25, abs=2)
    page.get_by_role("button", name="Smaller").click()
    assert page.locator(".qa-sheet").first.evaluate(width) == pytest.approx(before, abs=2)
    for _ in range(9):
        page.get_by_role("button", name="Larger").click()
    assert page.locator(".qa-sheet").first.evaluate(width) == pytest.approx(before * 3, abs=4)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert page.locator(".qa-view-document").get_attribute("data-arrive") == arrived


def test_document_is_switched_to_its_text_and_back(server, visit):
    """The quote is marked in both, and the button of what is shown is pressed."""
    page = open_page(server, visit)
    opener = cite(page, "When is the lighthouse of Ystad painted white?", WHITE)
    viewer, here = page.locator("#qa-viewer"), page.locator("#qa-here")
    as_text, as_page = (viewer.get_by_role("button", name=name, exact=True) for name in ("Text", "Document"))
    as_text.press("Enter")
    expect(viewer.locator(".qa-paragraph").first).to_be_visible()
    expect(here).to_have_text(WHITE)
    expect(here).to_be_focused()
    expect(as_text).to_have_attribute("aria-pressed", "true")
    as_page.press("Enter")
    expect(viewer.locator(".qa-sheet")).to_have_count(4)
    expect(as_page).to_have_attribute("aria-pressed", "true")
    expect(here).to_be_focused()
    expect(here).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_quote_is_marked_in_markup(server, visit):
    """Also across its elements; nothing that the document names is fetched, and its links open elsewhere."""
    page = open_page(server, visit)
    cite(page, "Which apples does the orchard at Lund grow?", APPLES)
    here = page.locator("#qa-here")
    expect(here).to_be_in_viewport()
    assert "".join(page.locator(".qa-markup mark").all_text_contents()) == APPLES
    expect(page.locator(".qa-markup mark").nth(1)).to_have_text("red")
    assert page.locator(".qa-markup strong").evaluate("element => getComputedStyle(element).fontWeight") >= "600"
    link = page.locator(".qa-markup a")
    expect(link).to_have_attribute("target", "_blank")
    assert "noopener" in link.get_attribute("rel")


def test_hostile_page_is_only_shown(server, visit):
    """Its styles, scripts, pictures, forms and buttons are not there; its words are."""
    page = open_page(server, visit)
    cite(page, "Where are quinces boiled to a red paste?", "Quinces are boiled to a red paste in Genoa.")
    expect(page.locator("#qa-here")).to_have_text("Quinces are boiled to a red paste in Genoa.")
    assert (
        page.locator(
            ":is(.qa-markup) :is(script, style, form, button, [onclick], [id]:not(#qa-here), [data-qa])"
        ).count()
        == 0
    )
    expect(page.locator("body")).to_be_visible()
    page.locator(".qa-markup h1").click()
    assert page.evaluate("window.pwned") is None
    expect(page.locator(".qa-document")).to_have_count(3)


def test_file_is_saved_and_opened(server, visit):
    """As it is on the disk; a page is never opened as one."""
    page = open_page(server, visit)
    folder = str(server.sources)
    for name in ("log.pdf", "hostile.html"):
        page.locator(".qa-document", has_text=name).click()
        expect(page.locator("#qa-viewer .qa-file, .qa-document-name").last).to_contain_text(name)
        with page.expect_download() as started:
            page.get_by_role("link", name="Download the file").click()
        assert started.value.suggested_filename == name
        with open(f"{folder}/{name}", "rb") as file:
            assert started.value.path().read_bytes() == file.read()
        opened = page.get_by_role("link", name="Open the file itself in a new tab")
        expect(opened).to_have_attribute("target", "_blank")
        reply = page.request.get(f"{server.address}/{opened.get_attribute('href')}")
        kinds = {"log.pdf": "application/pdf", "hostile.html": "application/octet-stream"}
        assert (reply.status, reply.headers["content-type"]) == (200, kinds[name])
        assert reply.headers["x-content-type-options"] == "nosniff"
