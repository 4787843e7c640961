"""Conversations in a real browser: kept over a reload and a restart, listed, saved, judged, and nobody else's."""

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

from qa.cli import main  # noqa: E402

PAYLOADS = (
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=2>",
    "${window.pwned=3}{{value}}{{constructor.constructor('window.pwned=4')()}}",
    "\"><svg onload=window.pwned=5>' onmouseover='window.pwned=6",
    "</textarea></script><style>body{display:none}</style>",
)
TOWN = "What colour is the lighthouse of Ystad?"
ORCHARD = "Which apples grow in the orchard at Lund?"


@pytest.fixture
def library(tmp_path):
    """Two documents."""
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "sea.txt").write_text("The lighthouse of Ystad is painted white.\n\nIts keeper is called Malin.")
    (folder / "fruit.txt").write_text("The orchard at Lund grows red apples.\n\nPears are picked in October.")
    return folder


@pytest.fixture
def visitor(browser):
    """A function that opens a browser of somebody else, whose page may be left; scripts that ran and dialogs fail the test."""
    contexts, wrong = [], []

    def enter(**options):
        context = browser.new_context(
            viewport={"width": 1280, "height": 800}, reduced_motion="reduce", accept_downloads=True, **options
        )
        context.on("page", watch)
        contexts.append(context)
        return context.new_page()

    def watch(page):
        page.on("pageerror", lambda error: wrong.append(f"page error: {error}"))
        page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        said = lambda message: message.type == "error" and not re.search(SILENCE, message.text)  # noqa: E731
        page.on("console", lambda message: wrong.append(f"console: {message.text}") if said(message) else None)

    yield enter
    for context in contexts:
        context.close()
    assert wrong == []


def show_list(page):
    """Open the list, once the page is ready; returns its rows."""
    expect(page.locator(".qa-scope")).to_contain_text("passage")
    if not page.locator("#qa-side").is_visible():
        page.get_by_role("button", name="Show or hide the documents").click()
    heading = page.get_by_role("button", name="Conversations", exact=True)
    if heading.get_attribute("aria-expanded") == "true":
        heading.click()
    heading.click()
    expect(page.locator(".qa-view-conversations")).to_be_visible()
    return page.locator(".qa-conversation")


def looks(page):
    """What the chat shows, as HTML of ours: without what Gradio puts around it, and without the places that come later."""
    answers = page.locator("#qa-chat .qa-answer, #qa-chat .qa-question")
    return answers.evaluate_all(
        """elements => elements.map((element) => {
            const copy = element.cloneNode(true);
            copy.querySelectorAll(".qa-more-places").forEach((places) => places.remove());
            return copy.outerHTML.replace(/ class="[^"]*"/g, "");
        })"""
    )


def test_conversation_survives_reload_and_kill(start_chat, visitor, library, tmp_path):
    """The same answers stand there after a reload, and after a kill and a start on the same port; the thread goes on."""
    home = {"QA_HOME": str(tmp_path / "kept")}
    server = start_chat(library, variables=home).wait_until_ready()
    page = visitor()
    page.goto(server.address)
    expect(ask(page, TOWN, 1)).to_contain_text("is painted white")
    ask(page, "And what about Lund?", 2)
    page.locator("#turn-1 .qa-judge-up").click()
    expect(page.locator("#turn-1 .qa-judge-up")).to_have_attribute("aria-pressed", "true")
    before = looks(page)
    page.reload()
    expect(page.locator("#turn-2")).to_be_visible()
    assert looks(page) == before
    assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    port = int(server.address.rpartition(":")[2])
    again = start_chat(library, port=port, variables=home).wait_until_ready()
    assert again.address == server.address
    page.goto(again.address)
    expect(page.locator("#turn-2")).to_be_visible()
    assert looks(page) == before
    ask(page, "And what about pears?", 3)
    expect(page.locator("#qa-chat .qa-question")).to_have_count(3)
    expect(show_list(page)).to_have_count(1)


def test_documents_that_changed_meanwhile_say_so(start_chat, visitor, library, tmp_path):
    """A quote that its document no longer holds is still shown as it was, with a word about it; the other has none."""
    home = {"QA_HOME": str(tmp_path / "kept")}
    server = start_chat(library, variables=home).wait_until_ready()
    page = visitor()
    page.goto(server.address)
    ask(page, TOWN, 1)
    ask(page, ORCHARD, 2)
    server.stop()
    (library / "sea.txt").write_text("The lighthouse of Ystad is painted black now.\n\nIts keeper is called Malin.")
    port = int(server.address.rpartition(":")[2])
    page.goto(start_chat(library, port=port, variables=home).wait_until_ready().address)
    quote = page.locator("#turn-1 .qa-quote", has_text="painted white")
    remark = quote.locator(".qa-kept")
    expect(remark).to_have_text(re.compile("sea.txt has changed since and no longer says this"))
    expect(page.locator("#turn-2 .qa-quote", has_text="red apples").locator(".qa-kept")).to_have_count(0)
    quote.locator(".qa-cite").click()
    expect(page.locator("#qa-viewer .qa-notice")).to_contain_text("has changed since the answer was given")
    expect(page.locator("#qa-viewer")).to_contain_text("painted black now")
    expect(page.locator("#qa-here")).to_have_count(0)


@pytest.fixture(scope="module")
def server(start_module_chat, tmp_path_factory):
    """The chat over two documents, for tests that bring visitors of their own."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "sea.txt").write_text("The lighthouse of Ystad is painted white.\n\nIts keeper is called Malin.")
    (folder / "fruit.txt").write_text("The orchard at Lund grows red apples.\n\nPears are picked in October.")
    return start_module_chat(folder).wait_until_ready()


def test_visitors_have_their_own(server, visitor):
    """Another browser sees an empty chat and an empty list, and cannot save, open or rename by number."""
    anna, bert = visitor(), visitor()
    anna.goto(server.address)
    ask(anna, TOWN, 1)
    row = show_list(anna).first
    id_ = int(row.get_attribute("data-conversation"))
    bert.goto(server.address)
    expect(bert.locator(".qa-welcome-title")).to_be_visible()
    expect(show_list(bert)).to_have_count(0)
    for name, detail in (("reopen", {}), ("retitle", {"title": "Mine"}), ("discard", {})):
        send = "([name, detail]) => document.dispatchEvent(new CustomEvent('qa-' + name, { detail }))"
        bert.evaluate(send, [name, {"conversation": id_, **detail}])
        expect(bert.get_by_role("alert")).to_have_text("That conversation is not there any more.")
        bert.evaluate(send, ["conversations", {}])
        expect(bert.get_by_role("alert")).to_have_count(0)
    expect(bert.locator(".qa-answer")).to_have_count(0)
    assert [
        bert.request.get(f"{server.address}/conversations/{id_}.md").status,
        server.get(f"/conversations/{id_}.md")[0],
    ] == [404, 404]
    assert anna.request.get(f"{server.address}/conversations/{id_}.md").status == 200
    anna.reload()
    expect(anna.locator("#turn-1")).to_be_visible()


def test_calls_of_programs_keep_nothing(server, visitor):
    """A question asked over HTTP, with a visitor's cookie even, is not among the conversations."""
    page = visitor()
    page.goto(server.address)
    expect(page.locator(".qa-welcome-title")).to_be_visible()
    answer = page.request.post(f"{server.address}/api/ask", data={"question": TOWN})
    assert answer.json()["verdict"] == "answered"
    expect(show_list(page)).to_have_count(0)


def test_conversations_are_begun_opened_searched_and_deleted_by_keyboard(server, visitor):
    """New ones come first; search reads questions and quotes; Esc leaves a title and a deletion as they were."""
    page = visitor()
    page.goto(server.address)
    ask(page, TOWN, 1)
    page.get_by_role("button", name="New conversation").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".qa-welcome-title")).to_be_visible()
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()
    ask(page, ORCHARD, 1)
    page.get_by_role("button", name="Conversations", exact=True).focus()
    page.keyboard.press("Enter")
    titles, search = page.locator(".qa-conversation .qa-file"), page.locator("#qa-conversation-filter")
    expect(titles).to_have_text([ORCHARD, TOWN])
    expect(search).to_be_focused()
    page.keyboard.type("PAINTED white")
    expect(titles).to_have_text([TOWN])
    expect(search).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#qa-chat .qa-question")).to_have_text(f"You asked: {TOWN}")
    expect(page.locator(".qa-document[aria-current]")).to_contain_text("1 question · open now")
    search.fill("")
    expect(titles).to_have_count(2)
    page.locator(".qa-more summary").nth(1).focus()
    for key in ("Enter", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("textbox", name="Title")).to_be_focused()
    page.keyboard.type("Not this")
    page.keyboard.press("Escape")
    expect(page.locator('.qa-conversation [data-qa="retitle-ask"]').nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Title")).to_have_value(TOWN)
    page.keyboard.type("By the sea")
    page.keyboard.press("Enter")
    expect(titles).to_have_text([ORCHARD, "By the sea"])
    expect(page.locator('.qa-conversation [data-qa="reopen"]').nth(1)).to_be_focused()
    for key in ("Tab", "Enter", "Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator('.qa-conversation [data-qa="discard-ask"]').nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(titles).to_have_text([ORCHARD])
    expect(page.locator(".qa-answer")).to_have_count(0)
    expect(page.locator('.qa-conversation [data-qa="reopen"]')).to_be_focused()
    page.reload()
    expect(page.locator(".qa-welcome-title")).to_be_visible()
    expect(show_list(page)).to_have_count(1)


def test_renaming_outlives_a_list_that_comes_anew(server, visitor):
    """Though another tab has put its conversation first meanwhile, what was typed stays in its row, and the focus too."""
    page = visitor()
    page.goto(server.address)
    ask(page, TOWN, 1)
    page.get_by_role("button", name="New conversation").click()
    ask(page, ORCHARD, 1)
    expect(show_list(page)).to_have_count(2)
    page.locator(".qa-more summary").first.click()
    page.get_by_role("button", name="Rename").first.click()
    page.keyboard.type("Half a tit")
    other = page.context.new_page()
    other.goto(server.address)
    show_list(other).nth(1).locator('[data-qa="reopen"]').click()
    expect(other.locator("#qa-chat .qa-question")).to_have_text(f"You asked: {TOWN}")
    ask(other, "Who is its keeper?", 2)
    page.bring_to_front()
    page.evaluate("document.dispatchEvent(new CustomEvent('qa-conversations', { detail: {} }))")
    expect(page.locator(".qa-conversation .qa-file")).to_have_text([TOWN, ORCHARD])
    field = page.locator(".qa-conversation").nth(1).get_by_role("textbox", name="Title")
    expect(field).to_have_value("Half a tit")
    expect(field).to_be_focused()
    page.keyboard.type("le")
    page.keyboard.press("Enter")
    expect(page.locator(".qa-conversation .qa-file")).to_have_text([TOWN, "Half a title"])
    expect(page.locator(".qa-conversation").nth(1).locator('[data-qa="reopen"]')).to_be_focused()


def test_two_tabs_write_to_one_conversation(server, visitor):
    """Each sees with its next answer what the other asked; after a reload all of it stands there."""
    one = visitor()
    one.goto(server.address)
    ask(one, TOWN, 1)
    other = one.context.new_page()
    other.goto(server.address)
    expect(other.locator("#turn-1")).to_be_visible()
    ask(other, ORCHARD, 2)
    ask(one, "Who is the keeper Malin?", 3)
    expect(one.locator("#qa-chat .qa-question")).to_have_count(3)
    for page in (one, other):
        page.reload()
        expect(page.locator("#qa-chat .qa-question")).to_have_count(3)


def test_saved_conversation_is_proven(server, visitor, tmp_path, capsys):
    """All three kinds come down under a safe name, and `qa verify` finds every quote; an edit is found."""
    page = visitor()
    page.goto(server.address)
    ask(page, TOWN, 1)
    ask(page, "What is the capital of France?", 2)
    row = show_list(page).first
    row.locator("summary").click()
    row.get_by_role("button", name="Rename").click()
    page.keyboard.type('../Sea: "white" <b>?')
    page.keyboard.press("Enter")
    expect(page.locator(".qa-conversation .qa-file")).to_have_text('../Sea: "white" <b>?')
    row.locator("summary").click()
    for kind, suffix in (("Markdown", ".md"), ("HTML", ".html"), ("JSON", ".json")):
        with page.expect_download() as waiting:
            row.get_by_role("link", name=f"Save as {kind}: ").click()
        assert waiting.value.suggested_filename == f"Sea-white-b{suffix}"
        file = tmp_path / f"saved{suffix}"
        waiting.value.save_as(file)
        assert main(["verify", str(file)]) == 0
        assert " 0 moved, 0 changed, 0 gone" in capsys.readouterr().out
        file.write_text(file.read_text(encoding="utf-8").replace("painted white", "painted black", 1), encoding="utf-8")
        assert main(["verify", str(file)]) == 1
        assert "altered" in capsys.readouterr().err
    assert page.locator("#turn-2").is_visible()


def test_titles_and_questions_are_shown_verbatim(server, visitor):
    """Markup in them runs nothing, in the list, its labels and the field to rename."""
    page = visitor()
    page.goto(server.address)
    expect(page.locator(".qa-welcome-title")).to_be_visible()
    for number, payload in enumerate(PAYLOADS, start=1):
        ask(page, f"What is {payload}?", 1)
        row = show_list(page).first
        expect(row.locator(".qa-file")).to_have_text(f"What is {payload}?")
        row.locator("summary").click()
        row.get_by_role("button", name="Rename").click()
        page.get_by_role("textbox", name="Title").fill(f"{payload} {number}")
        page.keyboard.press("Enter")
        expect(page.locator(".qa-conversation .qa-file").first).to_have_text(f"{payload} {number}")
        expect(row.locator("summary")).to_have_attribute("aria-label", f"More: {payload} {number}")
        page.get_by_role("button", name="New conversation").click()
        expect(page.locator(".qa-welcome-title")).to_be_visible()
    assert page.evaluate("window.pwned") is None


def test_judgements_are_kept_and_taken_back(server, visitor):
    """Thumbs and wrong sentences stay pressed over a reload; pressing again releases them; the focus stays."""
    page = visitor()
    page.goto(server.address)
    answer = ask(page, TOWN, 1)
    up, down = (answer.get_by_role("button", name=f"This answer is {word}") for word in ("right", "wrong"))
    wrong = answer.get_by_role("button", name="Quote 1 is the wrong sentence")
    down.focus()
    page.keyboard.press("Enter")
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(down).to_be_focused()
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(down).to_have_attribute("aria-pressed", "false")
    wrong.click()
    expect(wrong).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(wrong).to_have_attribute("aria-pressed", "true")
    wrong.click()
    expect(wrong).to_have_attribute("aria-pressed", "false")
    ask(page, ORCHARD, 2)
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(wrong).to_have_attribute("aria-pressed", "false")


def test_question_is_deleted_with_its_answer(server, visitor):
    """Pressed twice, by keyboard or pointer; once and left, nothing is done. The others stay, and the next is asked as ever."""
    page = visitor()
    page.goto(server.address)
    for turn, question in enumerate((TOWN, ORCHARD, TOWN), start=1):
        ask(page, question, turn)
    delete = page.get_by_role("button", name="Delete this question with its answer", exact=True)
    again = page.get_by_role("button", name="Press again to delete this question with its answer")
    delete.first.focus()
    page.keyboard.press("Enter")
    expect(again).to_have_text("Delete?")
    page.keyboard.press("Tab")
    expect(again).to_have_count(0)
    expect(page.locator("#qa-chat .qa-answer")).to_have_count(3)
    delete.first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#turn-1")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()
    page.locator(".qa-asked").last.hover()
    delete.last.click()
    again.click()
    expect(page.locator("#qa-chat .qa-answer")).to_have_count(1)
    page.reload()
    expect(page.locator("#turn-2")).to_be_visible()
    expect(page.locator("#qa-chat .qa-answer")).to_have_count(1)
    ask(page, TOWN, 4)
    for left in (1, 0):
        delete.last.click()
        again.click()
        expect(page.locator("#qa-chat .qa-answer")).to_have_count(left)
    expect(page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    expect(show_list(page)).to_have_count(0)


def test_list_fits_a_phone(server, visitor):
    """At 390 pixels the list comes over the chat, which comes back with what is chosen; nothing scrolls sideways."""
    page = visitor()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(server.address)
    ask(page, "What is " + "averylongword" * 20 + "?", 1)
    row = show_list(page).first
    expect(page.get_by_role("button", name="Conversations", exact=True)).to_have_attribute("aria-expanded", "true")
    expect(row).to_be_in_viewport(ratio=1)
    row.locator("summary").click()
    expect(row.locator(".qa-save")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    row.locator('[data-qa="reopen"]').click()
    expect(page.locator("#qa-side")).to_be_hidden()
    expect(page.locator("#turn-1")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Show or hide the documents")).to_be_focused()


def test_lists_unfold_below_the_documents_one_at_a_time(server, visitor):
    """Neither takes the place of the documents, and the heading folds its list up again."""
    page = visitor()
    page.goto(server.address)
    ask(page, TOWN, 1)
    show_list(page)
    kept = page.get_by_role("button", name="Kept ☆ 0 quotes")
    documents, past = page.locator(".qa-view-library"), page.locator(".qa-view-conversations")
    expect(documents).to_be_visible()
    kept.click()
    expect(page.locator(".qa-view-kept")).to_be_visible()
    expect(kept).to_have_attribute("aria-expanded", "true")
    expect(past).to_be_hidden()
    kept.click()
    expect(page.locator(".qa-view-kept")).to_be_hidden()
    expect(kept).to_have_attribute("aria-expanded", "false")
    expect(documents).to_be_visible()


def test_damaged_file_does_not_block_the_chat(start_chat, visitor, library, tmp_path):
    """It is named in the terminal and set aside; questions are answered and kept anew."""
    home = tmp_path / "kept"
    home.mkdir()
    (home / "conversations.sqlite").write_bytes(b"nothing like a database, but long enough to be one" * 100)
    server = start_chat(library, variables={"QA_HOME": str(home)}).wait_until_ready()
    said = server.log.read_text(encoding="utf-8")
    assert "are damaged" in said and next(home.glob("*.damaged-*")).name in said
    page = visitor()
    page.goto(server.address)
    ask(page, TOWN, 1)
    page.reload()
    expect(page.locator("#turn-1")).to_be_visible()


def test_token_and_visitor_go_together(start_chat, visitor, library):
    """Behind the door the conversation belongs to the visitor as well, and is not saved without the token."""
    server = start_chat(library, options=["--token", "a-token-of-the-tests-1234"])
    page = visitor()
    page.goto(f"{server.address}/?token=a-token-of-the-tests-1234")
    expect(page.locator(".qa-scope")).to_have_text("2 documents, 4 passages", timeout=60_000)
    ask(page, TOWN, 1)
    names = {cookie["name"]: cookie for cookie in page.context.cookies()}
    assert names["qa_visitor"]["httpOnly"] and names["qa_visitor"]["sameSite"] == "Strict"
    show_list(page)
    id_ = page.locator(".qa-conversation").get_attribute("data-conversation")
    cookie = f"qa_visitor={names['qa_visitor']['value']}"
    assert server.get(f"/conversations/{id_}.json", {"Cookie": cookie})[0] == 401
    status, text = server.get(
        f"/conversations/{id_}.json", {"Cookie": cookie, "Authorization": "Bearer a-token-of-the-tests-1234"}
    )
    assert status == 200 and len(json.loads(text)["turns"]) == 1
    page.reload()
    expect(page.locator("#turn-1")).to_be_visible()
