"""The chat page in a real browser."""

import importlib
import os

import pytest
from web_fixtures import SILENCE, ask

pytest_plugins = ["web_fixtures"]
load = importlib.import_module if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.importorskip
expect = load("playwright.sync_api").expect

FOUR_DAYS = "Can Israel beat Iran in four days?"
FIRST_SENTENCE = (
    'The rhetoric that israel could "defeat" iran in just four days oversimplifies the complex and asymmetric nature '
    "of the conflict."
)
FOURTH_SENTENCE = (
    "Moreover, Iran\N{RIGHT SINGLE QUOTATION MARK}s strategic depth, geographic size, and network of allies in "
    "Lebanon, Iraq, Yemen, and syria make the prospect of a swift and total defeat highly unrealistic."
)
CAPITAL = "What is the capital of France?"
PAYLOADS = (
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=2>",
    "<img src=https://evil.example/i.png>",
    "${window.pwned=3}{{value}}{{constructor.constructor('window.pwned=4')()}}",
    "\"><svg onload=window.pwned=5>' onmouseover='window.pwned=6",
    "</mark></blockquote><style>body{display:none}</style><form action=https://evil.example>",
    "[link](javascript:window.pwned=7) $$\\href{javascript:window.pwned=8}{x}$$",
)
FILE_NAME = "<img src=x onerror=window.pwned=9>${window.pwned=10}.txt"


@pytest.fixture(scope="module")
def hostile_server(start_module_chat, tmp_path_factory):
    """The chat over a document that attacks the page, a long one, and a file that cannot be read."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / FILE_NAME).write_text("\n\n".join(f"The payload is {text} and harmless." for text in PAYLOADS))
    paragraphs = [f"Lighthouse keeper number {number} lit lamp {number}." for number in range(1, 101)]
    paragraphs[69] = "The harbour master of Ystad buried a brass compass."
    (folder / "long.txt").write_text("\n\n".join(paragraphs))
    (folder / "scan.pdf").write_bytes(b"%PDF-1.4 nothing")
    return start_module_chat(folder).wait_until_ready()


def box(page):
    """The question box."""
    return page.get_by_role("textbox", name="Question")


def test_answer_quotes_the_document_and_shows_the_quote_in_its_paragraph(seed_server, visit):
    """The first quote is the sentence that answers, with its file and place; unfolded, its paragraph stands around it."""
    page = visit(seed_server.address)
    expect(page.locator(".qa-scope")).to_have_text("1 document, 3 passages")
    answer = ask(page, FOUR_DAYS)
    expect(answer.get_by_role("heading", name="Answered · 1 document")).to_be_visible()
    quote = answer.locator(".qa-quote").first
    words = quote.locator(".qa-words").text_content()
    assert words in (FIRST_SENTENCE, FOURTH_SENTENCE)
    expect(quote.get_by_role("button", name="Open source 1: 000_5ac88f397c9b21b0.txt, paragraph 2")).to_be_visible()
    expect(quote.locator("blockquote")).to_be_hidden()
    quote.locator(".qa-context > summary").click()
    expect(quote.locator("blockquote")).to_be_visible()
    assert quote.locator("mark").text_content() == words
    assert quote.locator("blockquote").text_content().startswith("The rhetoric that")
    expect(box(page)).to_have_value("")


def test_source_opens_in_its_document_at_the_marked_quote(seed_server, visit):
    """It opens beside the answers, scrolled to the quote; closed, the focus is where it was. The list opens it too."""
    page = visit(seed_server.address)
    answer = ask(page, FOUR_DAYS)
    viewer = page.locator("#qa-viewer")
    expect(viewer).to_be_hidden()
    quoted = answer.locator(".qa-quote .qa-words").first.text_content()
    answer.locator(".qa-cite").first.click()
    here = page.locator("#qa-here")
    expect(here).to_be_in_viewport()
    expect(here).to_be_focused()
    assert here.text_content() == quoted
    expect(viewer.locator(".qa-paragraph")).to_have_count(4)
    expect(answer.locator(".qa-quote").first).to_be_in_viewport()
    side, middle, right = (page.locator(f"#qa-{name}").bounding_box() for name in ("side", "main", "viewer"))
    assert side["x"] + side["width"] <= middle["x"] and middle["x"] + middle["width"] <= right["x"]
    viewer.get_by_role("button", name="Close the document").click()
    expect(viewer).to_be_hidden()
    expect(answer.locator(".qa-cite").first).to_be_focused()
    opener = page.locator(".qa-document", has_text="000_5ac88f397c9b21b0.txt")
    opener.click()
    expect(viewer.locator(".qa-panel-body")).to_be_focused()
    expect(viewer.locator(".qa-paragraph")).to_have_count(4)
    expect(here).to_have_count(0)
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(opener).to_be_focused()


def test_question_outside_the_sources_says_so(seed_server, visit):
    """No answer is made up: what was searched is named, and the closest passages are folded away."""
    page = visit(seed_server.address)
    answer = ask(page, CAPITAL)
    expect(answer.get_by_role("heading", name="Not in your documents")).to_be_visible()
    expect(answer).to_contain_text("Searched: 1 document, 3 passages. Nothing there answers this question.")
    expect(answer.locator("q")).to_have_count(0)
    expect(answer.locator(".qa-near blockquote").first).to_be_hidden()
    answer.locator(".qa-fold > summary").first.click()
    expect(answer.locator(".qa-near blockquote").first).to_be_visible()


def test_follow_up_says_what_was_searched_and_can_stand_alone(seed_server, visit):
    """A question that leans on another is searched along with it, and says so; a button searches it by itself."""
    page = visit(seed_server.address)
    ask(page, FOUR_DAYS)
    follow_up = ask(page, "And what about Oman?")
    expect(follow_up.locator(".qa-searched")).to_contain_text(f"And what about Oman? (asked after: {FOUR_DAYS})")
    follow_up.get_by_role("button", name="Search this question alone").click()
    expect(page.locator("#turn-3")).to_be_visible()
    expect(page.locator("#turn-3 .qa-searched")).to_have_count(0)


def test_question_that_stands_alone_is_searched_alone(seed_server, visit):
    """What was asked before changes nothing, and there is nothing to say about it."""
    page = visit(seed_server.address)
    ask(page, FOUR_DAYS)
    answer = ask(page, CAPITAL)
    expect(answer.get_by_role("heading", name="Not in your documents")).to_be_visible()
    expect(answer.locator(".qa-searched")).to_have_count(0)


def tick(page, name):
    """The box of a document or a folder in the list."""
    return page.get_by_role("checkbox", name=f"Search only in {name}", exact=True)


@pytest.mark.parametrize("width", [1280, 390])
def test_ticked_document_is_the_only_one_searched(hostile_server, visit, width):
    """By keyboard: the choice is named above the box and in the answer, as text, and holds until it is taken back."""
    page = visit(hostile_server.address, width=width, height=844)
    compass, payload = "Who buried a brass compass in Ystad?", "What is the payload?"
    expect(page.locator(".qa-scope")).to_contain_text("2 documents")

    def press(*names):
        if width == 390:
            page.get_by_role("button", name="Show or hide the documents").press("Enter")
        for name in names:
            tick(page, name).press("Space")
        if width == 390:
            page.keyboard.press("Escape")
            expect(page.locator("#qa-side")).to_be_hidden()

    choice = page.locator("p.qa-scope-choice")
    expect(choice).to_be_hidden()
    expect(ask(page, compass).locator(".qa-searched")).to_have_count(0)
    press(FILE_NAME)
    expect(choice).to_have_text(f"Searching only in {FILE_NAME} ✕")
    for question in (payload, compass):
        answer = ask(page, question)
        expect(answer.locator(".qa-searched")).to_have_text(f"Searched: 1 of 2 documents, {FILE_NAME}")
        expect(answer.locator(".qa-file", has_text="long.txt")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    press(FILE_NAME, "long.txt")
    expect(choice).to_have_text("Searching only in long.txt ✕")
    answer = ask(page, compass)
    expect(answer.locator(".qa-searched")).to_have_text("Searched: 1 of 2 documents, long.txt")
    expect(answer.locator(".qa-words").first).to_have_text("The harbour master of Ystad buried a brass compass.")
    choice.get_by_role("button", name="Search in all documents again").press("Enter")
    expect(choice).to_be_hidden()
    expect(box(page)).to_be_focused()
    expect(page.locator("[data-scope]:checked")).to_have_count(0)
    expect(ask(page, compass).locator(".qa-searched")).to_have_count(0)
    assert page.evaluate("window.pwned") is None


def test_ticked_folder_is_searched_whole(start_chat, visit, tmp_path):
    """What is in it is ticked with it, and not by itself; it stays ticked when the list comes anew."""
    for name in ("sea/lamp", "sea/old/lamp", "land/lamp"):
        (tmp_path / f"{name}.txt").parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.txt").write_text(f"The lighthouse of {name.title()} was painted white in spring.")
    page = visit(start_chat(tmp_path).wait_until_ready().address)
    tick(page, "sea/").press("Space")
    for name in ("sea/old/", "sea/lamp.txt", "sea/old/lamp.txt"):
        expect(tick(page, name)).to_be_checked()
        expect(tick(page, name)).to_be_disabled()
    expect(tick(page, "land/")).not_to_be_checked()
    answer = ask(page, "When was the lighthouse painted white?")
    expect(answer.locator(".qa-searched")).to_have_text("Searched: 2 of 3 documents, sea/lamp.txt, sea/old/lamp.txt")
    (tmp_path / "sea" / "new.txt").write_text("The lighthouse of Newhaven was painted white in spring.")
    expect(tick(page, "sea/new.txt")).to_be_checked()
    answer = ask(page, "When was the lighthouse of Newhaven painted white?")
    expect(answer.locator(".qa-searched")).to_contain_text("Searched: 3 of 4 documents, ")
    tick(page, "sea/").press("Space")
    expect(tick(page, "sea/lamp.txt")).not_to_be_checked()
    expect(tick(page, "sea/lamp.txt")).to_be_enabled()
    expect(ask(page, "When was the lighthouse painted white?").locator(".qa-searched")).to_have_count(0)


def test_ticked_document_that_is_gone_is_named_no_more(start_chat, visit, tmp_path):
    """Removed in the page or deleted from the disk; what else is ticked stays, and with the last one removed all are searched."""
    for name in ("lamp", "buoy", "land/mill"):
        (tmp_path / f"{name}.txt").parent.mkdir(exist_ok=True)
        (tmp_path / f"{name}.txt").write_text(f"The {name} of Ystad was painted white in spring.")
    page = visit(start_chat(tmp_path).wait_until_ready().address)
    choice = page.locator("p.qa-scope-choice")
    for name in ("lamp.txt", "land/", "buoy.txt"):
        tick(page, name).press("Space")
    expect(choice).to_have_text("Searching only in lamp.txt, land/, buoy.txt ✕")
    page.get_by_role("button", name="Remove lamp.txt").click()
    expect(choice).to_have_text("Searching only in land/, buoy.txt ✕")
    (tmp_path / "land" / "mill.txt").unlink()
    expect(choice).to_have_text("Searching only in buoy.txt ✕")
    answer = ask(page, "When was the buoy painted white?")
    expect(answer.locator(".qa-words").first).to_have_text("The buoy of Ystad was painted white in spring.")
    page.get_by_role("button", name="Remove buoy.txt").click()
    expect(choice).to_be_hidden()


def test_whole_way_by_keyboard(seed_server, visit):
    """/ goes to the box, Enter asks, Enter on a source opens it, Esc goes back, step by step."""
    page = visit(seed_server.address)
    expect(page.locator(".qa-example").first).to_be_visible()
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.type(FOUR_DAYS)
    page.keyboard.press("Enter")
    answer = page.locator("#turn-1")
    expect(answer).to_be_visible()
    context = answer.locator(".qa-context > summary").first
    context.focus()
    page.keyboard.press("Enter")
    expect(answer.locator(".qa-context blockquote").first).to_be_visible()
    opener = answer.locator(".qa-cite").first
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#qa-here")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    expect(page.locator("#qa-viewer")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(box(page)).to_be_focused()


def test_question_that_cannot_be_searched_gets_a_message(seed_server, visit):
    """Empty, wordless and endless questions are refused under the box; what was typed stays there."""
    page = visit(seed_server.address)
    expect(page.locator(".qa-example").first).to_be_visible()
    box(page).press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Type a question first.")
    for question, reason in (("?!", "has no word in it"), ("why " * 2000, "characters long")):
        box(page).fill(question)
        box(page).press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(reason)
        expect(box(page)).to_have_value(question)
    expect(page.locator(".qa-example")).to_have_count(4)


def test_question_asked_while_an_answer_is_on_its_way_waits_for_it(seed_server, visit):
    """Neither is lost, and Enter pressed twice asks once."""
    page = visit(seed_server.address)
    expect(page.locator(".qa-example").first).to_be_visible()
    box(page).fill("Who is mediating?")
    box(page).evaluate(
        """(box, second) => {
            const enter = () => box.dispatchEvent(new KeyboardEvent("keypress", { key: "Enter", bubbles: true }));
            const looking = setInterval(() => {  // that the box is emptied changes no element
                if (!document.querySelector(".qa-pending") || box.value) return;
                clearInterval(looking);
                box.value = second;
                box.dispatchEvent(new Event("input", { bubbles: true }));
                setTimeout(() => (enter(), enter()));
            }, 1);
            enter();
        }""",
        "What is the capital of France?",
    )
    expect(page.locator(".qa-question")).to_contain_text(["Who is mediating?", "What is the capital of France?"])
    expect(page.locator("#turn-2")).to_be_visible()
    expect(page.locator(".qa-pending")).to_have_count(0)
    expect(box(page)).to_have_value("")
    expect(page.locator(".qa-question")).to_have_count(2)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_example_question_is_answered(seed_server, visit):
    """A click on an example asks it, and it is copied with its sources, or a quote of it with or without."""
    page = visit(seed_server.address)
    page.get_by_role("button", name=FOUR_DAYS).click()
    answer = page.locator("#turn-1")
    quoted = answer.locator(".qa-words").first.text_content()
    expect(page.get_by_role("heading", name=FOUR_DAYS)).to_be_visible()

    def copy(menu, form):
        menu.locator("summary").click()
        menu.get_by_role("button", name=form, exact=True).click()
        expect(menu.get_by_role("button", name="Copied")).to_be_visible()
        expect(menu.get_by_role("group")).to_be_hidden()
        return page.evaluate("navigator.clipboard.readText()")

    copied = copy(answer.locator(".qa-head .qa-copying"), "Answer with sources")
    assert f"“{quoted}” [1]" in copied
    assert "[1] 000_5ac88f397c9b21b0.txt, paragraph 2" in copied
    menu = answer.locator(".qa-quote").first.locator(".qa-copying")
    assert copy(menu, "Quote") == quoted
    assert copy(menu, "Quote with source") == f"“{quoted}” (000_5ac88f397c9b21b0.txt, paragraph 2)"


def test_hostile_text_is_shown_and_not_run(hostile_server, visit):
    """Payloads in a question, a document and a file name are shown letter for letter, and do nothing."""
    page = visit(hostile_server.address)
    expect(page.locator(".qa-document").first).to_contain_text(FILE_NAME)
    expect(page.locator(".qa-example")).to_have_count(0)
    for payload in PAYLOADS:
        answer = ask(page, f"What is the payload {payload}?")
        assert page.locator(".qa-question").last.text_content() == f"You asked: What is the payload {payload}?"
        if answer.get_by_role("heading", name="Not in your documents").count():
            answer.locator(".qa-fold > summary").first.click()
        expect(answer.locator(".qa-file").first).to_be_visible()
    shown = " ".join(page.locator(".qa-passage").all_text_contents())
    assert [payload for payload in PAYLOADS if f"The payload is {payload} and harmless." not in shown] == []
    page.locator(".qa-cite", has_text=FILE_NAME).last.click()
    expect(page.locator(".qa-document-name")).to_have_text(FILE_NAME)
    paragraphs = page.locator("#qa-viewer .qa-paragraph p").all_text_contents()
    assert paragraphs == [f"The payload is {payload} and harmless." for payload in PAYLOADS]
    assert page.evaluate("window.pwned") is None


def test_long_document_is_shown_in_parts(hostile_server, visit):
    """A document of 100 paragraphs opens around the quote; the rest is a button away. Unread files are named."""
    page = visit(hostile_server.address)
    expect(page.locator(".qa-state-failed")).to_contain_text("scan.pdf")
    answer = ask(page, "Who buried a brass compass in Ystad?")
    answer.get_by_role("button", name="Open source 1: long.txt, paragraph 70").click()
    viewer = page.locator("#qa-viewer")
    expect(page.locator("#qa-here")).to_be_in_viewport()
    expect(viewer).to_contain_text("Paragraphs 60 to 99 of 100")
    page.get_by_role("button", name="Later paragraphs").click()
    expect(viewer).to_contain_text("Lighthouse keeper number 100 lit lamp 100.")
    expect(viewer.locator(".qa-paragraph")).to_have_count(1)
    page.get_by_role("button", name="Earlier paragraphs").click()
    expect(viewer).to_contain_text("Paragraphs 60 to 99 of 100")


def test_dark_page_is_dark(seed_server, visit):
    """In the dark theme, ground and text change places all the way down."""
    page = visit(f"{seed_server.address}/?__theme=dark")
    answer = ask(page, FOUR_DAYS)
    brightness = "element => getComputedStyle(element).%s.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0) / 3"
    assert page.locator("body").evaluate(brightness % "backgroundColor") < 60
    assert page.locator("#qa-side").evaluate(brightness % "backgroundColor") < 60
    assert answer.locator(".qa-words").first.evaluate(brightness % "color") > 200
    answer.locator(".qa-cite").first.click()
    expect(page.locator("#qa-here")).to_be_visible()
    assert page.locator("#qa-viewer").evaluate(brightness % "backgroundColor") < 60
    page.locator(".qa-theme").click()
    assert page.locator("body").evaluate(brightness % "backgroundColor") > 200
    assert page.locator("#qa-viewer").evaluate(brightness % "backgroundColor") > 200
    page.locator(".qa-theme").click()
    assert page.locator("body").evaluate(brightness % "backgroundColor") < 60


def test_phone_has_no_sideways_scroll(seed_server, visit):
    """At 390 pixels everything fits the width, and a source opens over the answers, which come back."""
    page = visit(seed_server.address, width=390, height=844)
    answer = ask(page, FOUR_DAYS)
    expect(box(page)).to_be_in_viewport()
    answer.locator(".qa-cite").first.click()
    expect(page.locator("#qa-here")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#qa-viewer").bounding_box()["width"] == 390
    page.get_by_role("button", name="Close the document").click()
    expect(answer.locator(".qa-cite").first).to_be_focused()
    expect(answer.locator(".qa-cite").first).to_be_in_viewport()


def test_documents_are_a_sheet_over_the_answers_of_a_phone(seed_server, visit):
    """☰ brings it and takes it away, and so does Esc, with the focus; a document opened from it covers the page."""
    page = visit(seed_server.address, width=390, height=844)
    answer, side = ask(page, FOUR_DAYS), page.locator("#qa-side")
    opener = page.get_by_role("button", name="Show or hide the documents")
    expect(side).to_be_hidden()
    opener.click()
    expect(side).to_be_visible()
    assert side.bounding_box()["width"] == 390 and page.evaluate("document.documentElement.scrollWidth") <= 390
    expect(answer).to_be_hidden()
    opener.click()
    expect(side).to_be_hidden()
    opener.press("Enter")
    page.locator(".qa-document").focus()
    page.keyboard.press("Escape")
    expect(side).to_be_hidden()
    expect(opener).to_be_focused()
    opener.press("Enter")
    page.locator(".qa-document").press("Enter")
    expect(page.locator("#qa-viewer .qa-panel-body")).to_be_focused()
    expect(page.locator("#qa-viewer .qa-paragraph").first).to_be_in_viewport()
    expect(side).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#qa-viewer")).to_be_hidden()
    expect(page.locator(".qa-document")).to_be_focused()


def test_nothing_is_shown_before_it_can_be_pressed(seed_server, visit):
    """A script that comes late leaves no dead buttons in sight; then the question box has the focus."""
    page = visit(f"{seed_server.address}/healthz", width=390, height=844)
    held = []
    page.route("**/ui/main.js", lambda route: held.append(route))
    page.goto(seed_server.address)
    box, button = page.locator("#qa-question textarea"), page.locator('[data-qa="sources"]')
    expect(box).to_be_attached()
    expect(page.locator(".qa-header h1")).to_be_attached()
    expect(box).not_to_be_visible()
    expect(button).not_to_be_visible()
    assert len(held) == 1
    held[0].continue_()
    expect(box).to_be_focused()
    button.click()
    expect(page.locator("#qa-side")).to_be_visible()


def test_documents_give_way_on_a_wide_page(seed_server, visit):
    """☰ hides the column and brings it back; the answers take its place meanwhile."""
    page = visit(seed_server.address)
    expect(page.locator(".qa-document")).to_be_visible()
    opener, side, width = (
        page.get_by_role("button", name="Show or hide the documents"),
        page.locator("#qa-side"),
        "e => e.offsetWidth",
    )
    before = page.locator("#qa-main").evaluate(width)
    opener.click()
    expect(side).to_be_hidden()
    assert page.locator("#qa-main").evaluate(width) == 1280 > before
    opener.click()
    expect(side).to_be_visible()
    assert page.locator("#qa-main").evaluate(width) == before


def test_viewer_is_made_wider_by_key_and_by_pointer(seed_server, visit):
    """Within limits, and as wide the next time; nothing scrolls sideways."""
    page = visit(seed_server.address, width=1400, expected=SILENCE)
    ask(page, FOUR_DAYS).locator(".qa-cite").first.click()
    splitter, viewer = page.get_by_role("separator"), page.locator("#qa-viewer")
    expect(page.locator("#qa-here")).to_be_focused()
    before = viewer.bounding_box()["width"]
    splitter.press("ArrowLeft")
    assert viewer.bounding_box()["width"] == before + 40
    for _ in range(40):
        splitter.press("ArrowRight")
    assert viewer.bounding_box()["width"] == 320
    place = splitter.bounding_box()
    page.mouse.move(place["x"] + place["width"] / 2, 400)
    page.mouse.down()
    page.mouse.move(800, 400)
    page.mouse.up()
    assert viewer.bounding_box()["width"] == 600
    page.mouse.move(700, 400)
    assert viewer.bounding_box()["width"] == 600
    assert page.evaluate("document.documentElement.scrollWidth") <= 1400
    page.reload()
    expect(page.locator("#turn-1")).to_be_visible()
    page.locator(".qa-cite").first.click()
    expect(page.locator("#qa-here")).to_be_focused()
    assert viewer.bounding_box()["width"] == 600


def test_open_page_follows_the_files(start_chat, visit, tmp_path):
    """A file that comes while the page is open is listed and answers; one that goes does so no more."""
    (tmp_path / "fruit.txt").write_text("The orchard at Lund grows red apples.")
    server = start_chat(tmp_path).wait_until_ready()
    page = visit(server.address)
    library = page.locator("#qa-panel")
    expect(library).to_contain_text("fruit.txt")
    (tmp_path / "sea.txt").write_text("The lighthouse of Ystad is painted white.")
    expect(library).to_contain_text("sea.txt")
    expect(page.locator("#qa-header")).to_contain_text("2 documents")
    expect(ask(page, "What colour is the lighthouse of Ystad?")).to_contain_text("is painted white")
    (tmp_path / "fruit.txt").unlink()
    expect(page.locator("#qa-header")).to_contain_text("1 document,")
    expect(library).not_to_contain_text("fruit.txt")
    expect(page.locator("#turn-1")).to_be_visible()
