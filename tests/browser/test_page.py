"""The chat page in a real browser."""

import importlib
import os

import pytest

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
def hostile_server(start_chat, tmp_path_factory):
    """The chat over a document that attacks the page, a long one, and a file that cannot be read."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / FILE_NAME).write_text("\n\n".join(f"The payload is {text} and harmless." for text in PAYLOADS))
    paragraphs = [f"Lighthouse keeper number {number} lit lamp {number}." for number in range(1, 101)]
    paragraphs[69] = "The harbour master of Ystad buried a brass compass."
    (folder / "long.txt").write_text("\n\n".join(paragraphs))
    (folder / "scan.pdf").write_bytes(b"%PDF-1.4 nothing")
    return start_chat(folder).wait_until_ready()


def box(page):
    """The question box."""
    return page.get_by_role("textbox", name="Question")


def ask(page, question):
    """Ask in the page; returns the element of the answer."""
    turn = page.locator(".qa-answer").count() + 1
    box(page).fill(question)
    box(page).press("Enter")
    answer = page.locator(f"#turn-{turn}")
    expect(answer).to_be_visible()
    return answer


def test_answer_quotes_the_document_and_its_marker_leads_to_the_source(seed_server, visit):
    """The first quote is the sentence that answers; its marker focuses the card that shows it in its paragraph."""
    page = visit(seed_server.address)
    expect(page.locator(".qa-scope")).to_have_text("1 document, 3 passages")
    answer = ask(page, FOUR_DAYS)
    quote = answer.locator(".qa-quote .qa-words").first
    assert quote.text_content() in (FIRST_SENTENCE, FOURTH_SENTENCE)
    answer.get_by_role("link", name="Source 1: 000_5ac88f397c9b21b0.txt, paragraph 2").click()
    card = answer.locator(".qa-card").first
    expect(card).to_be_focused()
    expect(card).to_contain_text("paragraph 2")
    assert card.locator("mark").first.text_content() == quote.text_content()
    assert card.locator("blockquote").text_content().startswith("The rhetoric that")
    expect(box(page)).to_have_value("")


def test_source_opens_in_its_document_at_the_marked_quote(seed_server, visit):
    """Open in document shows the whole text beside the chat, scrolled to the quote; the library comes back."""
    page = visit(seed_server.address)
    answer = ask(page, FOUR_DAYS)
    quoted = answer.locator(".qa-quote .qa-words").first.text_content()
    answer.get_by_role("button", name="Open in document").first.click()
    here = page.locator("#qa-here")
    expect(here).to_be_in_viewport()
    expect(here).to_be_focused()
    assert here.text_content() == quoted
    expect(page.locator(".qa-panel .qa-paragraph")).to_have_count(4)
    page.get_by_role("button", name="All documents").click()
    page.locator(".qa-document", has_text="000_5ac88f397c9b21b0.txt").click()
    expect(page.locator(".qa-panel .qa-paragraph")).to_have_count(4)
    expect(here).to_have_count(0)


def test_question_outside_the_sources_says_so(seed_server, visit):
    """No answer is made up: what was searched is named, and the closest passages are folded away."""
    page = visit(seed_server.address)
    answer = ask(page, CAPITAL)
    expect(answer.get_by_role("heading", name="Not in the sources")).to_be_visible()
    expect(answer).to_contain_text("Searched: 1 document, 3 passages. Nothing there answers this question.")
    expect(answer.locator(".qa-quote")).to_have_count(0)
    expect(answer.locator("blockquote").first).to_be_hidden()
    answer.locator(".qa-fold > summary").click()
    expect(answer.locator("blockquote").first).to_be_visible()


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
    expect(answer.get_by_role("heading", name="Not in the sources")).to_be_visible()
    expect(answer.locator(".qa-searched")).to_have_count(0)


def test_chosen_document_is_the_only_one_searched(hostile_server, visit):
    """By keyboard: the choice is named in the answer, as text, and holds until it is taken back."""
    page = visit(hostile_server.address, width=390, height=844)
    compass, payload = "Who buried a brass compass in Ystad?", "What is the payload?"
    picker = page.get_by_role("combobox", name="Search in")
    expect(picker).to_have_attribute("placeholder", "All documents")
    expect(ask(page, compass).locator(".qa-searched")).to_have_count(0)
    picker.press("ArrowDown")
    expect(page.get_by_role("option")).to_have_text([f"✓ {FILE_NAME}", "✓ long.txt"])
    picker.fill("onerror")
    picker.press("Enter")
    picker.press("Escape")
    for question in (payload, compass):
        answer = ask(page, question)
        expect(answer.locator(".qa-searched")).to_have_text(f"Searched: 1 of 2 documents, {FILE_NAME}")
        expect(answer.locator(".qa-file", has_text="long.txt")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name=f"Do not search in {FILE_NAME}").press("Enter")
    picker.fill("long")
    picker.press("Enter")
    answer = ask(page, compass)
    expect(answer.locator(".qa-searched")).to_have_text("Searched: 1 of 2 documents, long.txt")
    expect(answer.locator(".qa-words").first).to_have_text("The harbour master of Ystad buried a brass compass.")
    page.get_by_role("button", name="Do not search in long.txt").press("Enter")
    expect(picker).to_have_attribute("placeholder", "All documents")
    expect(ask(page, compass).locator(".qa-searched")).to_have_count(0)
    assert page.evaluate("window.pwned") is None


def test_single_document_needs_no_picker(seed_server, visit):
    """There is nothing to choose between."""
    page = visit(seed_server.address)
    expect(page.locator(".qa-example").first).to_be_visible()
    expect(page.get_by_role("combobox")).to_have_count(0)


def test_whole_way_by_keyboard(seed_server, visit):
    """/ goes to the box, Enter asks, Enter on a marker goes to its card, Esc goes back, step by step."""
    page = visit(seed_server.address)
    expect(page.locator(".qa-example").first).to_be_visible()
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.type(FOUR_DAYS)
    page.keyboard.press("Enter")
    answer = page.locator("#turn-1")
    expect(answer).to_be_visible()
    answer.locator(".qa-marker").first.focus()
    page.keyboard.press("Enter")
    expect(answer.locator(".qa-card").first).to_be_focused()
    page.keyboard.press("Tab")
    opener = answer.locator(".qa-open").first
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#qa-here")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
    page.keyboard.press("Escape")
    expect(answer.locator(".qa-marker").first).to_be_focused()
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


def test_example_question_is_answered(seed_server, visit):
    """A click on an example asks it, and the copy button takes the answer along with its sources."""
    page = visit(seed_server.address)
    page.get_by_role("button", name=FOUR_DAYS).click()
    answer = page.locator("#turn-1")
    quoted = answer.locator(".qa-words").first.text_content()
    expect(page.get_by_role("heading", name=FOUR_DAYS)).to_be_visible()
    answer.get_by_role("button", name="Copy with sources").click()
    expect(answer.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert f"“{quoted}” [1]" in copied
    assert "[1] 000_5ac88f397c9b21b0.txt, paragraph 2" in copied


def test_hostile_text_is_shown_and_not_run(hostile_server, visit):
    """Payloads in a question, a document and a file name are shown letter for letter, and do nothing."""
    page = visit(hostile_server.address)
    expect(page.locator(".qa-document").first).to_contain_text(FILE_NAME)
    expect(page.locator(".qa-example")).to_have_count(0)
    for payload in PAYLOADS:
        answer = ask(page, f"What is the payload {payload}?")
        assert page.locator(".qa-question").last.text_content() == f"You asked: What is the payload {payload}?"
        if answer.locator(".qa-fold").count():
            answer.locator(".qa-fold > summary").click()
        expect(answer.locator(".qa-file").first).to_be_visible()
    shown = " ".join(page.locator(".qa-passage").all_text_contents())
    assert [payload for payload in PAYLOADS if f"The payload is {payload} and harmless." not in shown] == []
    page.locator(".qa-group", has_text=FILE_NAME).last.get_by_role("button", name="Open in document").click()
    expect(page.locator(".qa-document-name")).to_have_text(FILE_NAME)
    paragraphs = page.locator(".qa-panel .qa-paragraph p").all_text_contents()
    assert paragraphs == [f"The payload is {payload} and harmless." for payload in PAYLOADS]
    assert page.evaluate("window.pwned") is None


def test_long_document_is_shown_in_parts(hostile_server, visit):
    """A document of 100 paragraphs opens around the quote; the rest is a button away. Unread files are named."""
    page = visit(hostile_server.address)
    expect(page.locator(".qa-state-failed")).to_contain_text("scan.pdf")
    answer = ask(page, "Who buried a brass compass in Ystad?")
    answer.get_by_role("button", name="Open in document: long.txt, paragraph 70").click()
    expect(page.locator("#qa-here")).to_be_in_viewport()
    expect(page.locator(".qa-panel")).to_contain_text("Paragraphs 60 to 99 of 100")
    page.get_by_role("button", name="Later paragraphs").click()
    expect(page.locator(".qa-panel")).to_contain_text("Lighthouse keeper number 100 lit lamp 100.")
    expect(page.locator(".qa-panel .qa-paragraph")).to_have_count(1)
    page.get_by_role("button", name="Earlier paragraphs").click()
    expect(page.locator(".qa-panel")).to_contain_text("Paragraphs 60 to 99 of 100")


def test_dark_page_is_dark(seed_server, visit):
    """In the dark theme, ground and text change places all the way down."""
    page = visit(f"{seed_server.address}/?__theme=dark")
    answer = ask(page, FOUR_DAYS)
    brightness = "element => getComputedStyle(element).%s.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0) / 3"
    assert page.locator("body").evaluate(brightness % "backgroundColor") < 60
    assert page.locator(".qa-panel").evaluate(brightness % "backgroundColor") < 60
    assert answer.locator(".qa-words").first.evaluate(brightness % "color") > 200


def test_phone_has_no_sideways_scroll(seed_server, visit):
    """At 390 pixels everything fits the width, and a source opens below the chat, in sight."""
    page = visit(seed_server.address, width=390, height=844)
    answer = ask(page, FOUR_DAYS)
    expect(box(page)).to_be_in_viewport()
    answer.get_by_role("button", name="Open in document").first.click()
    expect(page.locator("#qa-here")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator(".qa-panel").bounding_box()["width"] == 390


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
