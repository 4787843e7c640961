"""Every payload of `injections.py`, wherever text can come in: shown letter for letter, run nowhere, nothing fetched.

The fixture `visit` fails a test at any request elsewhere, page error, dialog and error in the console, of which what the
guard's policy refuses is one.
"""

import importlib
import json
import os
from urllib.parse import quote, urlencode

import pytest
from injections import PAYLOADS, fits_a_file_name, fits_a_text_file

pytest_plugins = ["web_fixtures"]
load = importlib.import_module if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.importorskip
expect = load("playwright.sync_api").expect

# As typed, also what cannot be typed; halves of characters get here as escapes.
TYPE = """(box, text) => {
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, JSON.parse(text));
    box.dispatchEvent(new Event("input", { bubbles: true }));
}"""
JSON_TYPE = {"Content-Type": "application/json"}
IN_FILES = [payload for payload in PAYLOADS.values() if fits_a_text_file(payload)]
IN_NAMES = [payload for payload in PAYLOADS.values() if fits_a_file_name(payload)]
PER_PAGE = 10  # a long chat is slow to send
FILES = sorted([*(f"{payload}.txt" for payload in IN_NAMES), "headings.md", "payloads.txt"])


@pytest.fixture(scope="module")
def server(start_chat, tmp_path_factory):
    """The chat over a document that holds every payload, one with headings made of them, and files named by them."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "payloads.txt").write_text("\n\n".join(map(say, IN_FILES)), encoding="utf-8")
    headed = "\n\n".join(f"# {payload}\n\nSaid under heading {number}." for number, payload in enumerate(IN_FILES))
    (folder / "headings.md").write_text(headed, encoding="utf-8")
    for payload in IN_NAMES:
        (folder / f"{payload}.txt").write_text("A plum.")
    return start_chat(folder).wait_until_ready()


def say(payload):
    """A paragraph that holds a payload."""
    return f"The payload is {payload} and harmless."


def read_document(page, name):
    """Open a document from the list, read all its paragraphs and the headings said above them, and go back."""
    page.locator(".qa-document").filter(has=page.get_by_text(name, exact=True)).click()
    expect(page.locator(".qa-document-name")).to_have_text(name)
    paragraphs, places, later = [], [], page.get_by_role("button", name="Later paragraphs")
    while True:
        arrived = page.locator(".qa-panel").get_attribute("data-arrive")
        paragraphs += page.locator(".qa-paragraph p").all_text_contents()
        places += page.locator(".qa-under").all_text_contents()
        if not later.count():
            break
        later.click()
        expect(page.locator(".qa-panel")).not_to_have_attribute("data-arrive", arrived)
    page.get_by_role("button", name="All documents").click()
    return paragraphs, places


def test_payloads_in_documents_and_names_are_shown(server, visit):
    """The list, the picker, the overview, what is said of a file, and documents show every payload as it is."""
    page = visit(server.address)
    files = page.locator(".qa-document .qa-file")
    expect(files).to_have_count(len(FILES))
    assert sorted(files.all_text_contents()) == FILES
    picker = page.get_by_role("combobox", name="Search in")
    picker.press("ArrowDown")
    options = page.get_by_role("option").all_text_contents()
    assert sorted(option.strip().removeprefix("✓ ") for option in options) == FILES
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Overview").click()
    page.locator(".qa-bars summary").first.click()
    *rows, rest = page.locator(".qa-table").first.locator("tbody th").all_text_contents()
    assert len(rows) > 5 and set(rows) < set(FILES) and rest == f"{len(FILES) - len(rows)} others"
    page.get_by_role("button", name="All documents").click()
    for name in (f"{payload}.txt" for payload in IN_NAMES):
        row = page.locator(".qa-row").filter(has=page.get_by_text(name, exact=True))
        row.get_by_role("button", name="Remove").click()
        said = page.locator("#qa-library-message .qa-message > span")
        expect(said).to_have_text(f"{name} is left out from now on; its file stays where it is.")
    assert read_document(page, "payloads.txt")[0] == list(map(say, IN_FILES))
    assert [text.removeprefix("# ") for text in read_document(page, "headings.md")[0][::2]] == IN_FILES
    assert page.evaluate("window.pwned") is None


def test_payloads_in_questions_are_shown(server, visit):
    """Typed in the box, and leant upon by a follow-up, every payload stands in the question and in what was searched."""
    payloads = list(PAYLOADS.values())
    for first in range(0, len(payloads), PER_PAGE):
        page, turn = visit(server.address), 0
        expect(page.locator(".qa-scope")).to_contain_text("documents")
        box = page.get_by_role("textbox", name="Question")
        for payload in payloads[first : first + PER_PAGE]:
            if not fits_a_text_file(payload):
                box.evaluate(TYPE, json.dumps(payload))
                box.press("Enter")
                expect(page.get_by_role("alert")).to_contain_text("The question holds half a character")
                payload = payload.replace("\ud800", "\ufffd").replace("\udfff", "\ufffd").replace("\0", "\ufffd")
                expect(box).to_have_value(payload)
            question = f"What is the payload {payload}?"
            for typed, place in ((question, ".qa-question"), ("And why is that?", ".qa-searched")):
                turn += 1
                box.evaluate(TYPE, json.dumps(typed))
                box.press("Enter")
                expect(page.locator(f"#turn-{turn}")).to_be_visible()
                assert " ".join(question.split()) in " ".join(page.locator(place).last.text_content().split())
        assert page.evaluate("window.pwned") is None


def test_payloads_in_calls_come_back_as_json(server):
    """As question, phrase, name or hash, a payload is answered or refused in JSON, which no browser takes for a page."""
    for payload in PAYLOADS.values():
        for call, arguments, expected in (
            ("ask", {"question": f"What is {payload} there?"}, 200 if fits_a_text_file(payload) else 400),
            ("search", {"question": f'Where is "{payload}" written?'}, 200 if fits_a_text_file(payload) else 400),
            ("read_passage", {"source": payload, "paragraph": 1}, 400),
            ("read_passage", {"source": "payloads.txt", "paragraph": 1, "text_sha256": payload}, 400),
            ("list_sources", {payload: 1}, 400),
        ):
            status, text = server.get(f"/api/{call}", JSON_TYPE, json.dumps(arguments).encode())
            answered = json.loads(text)
            assert status == expected, (call, payload, answered)
            if status == 400:
                assert list(answered) == ["error"] and "\n" not in answered["error"]
            else:
                assert answered["question"] == arguments["question"]


def test_payloads_in_addresses_do_nothing(server, visit):
    """In the address of the page, or of what is not there, a payload is never given back as markup."""
    for payload in PAYLOADS.values():
        sent = payload.encode("utf-8", "surrogatepass")
        for path in (f"/?{urlencode({b'__theme': sent, b'view': sent, b'token': sent})}", f"/api/{quote(sent)}"):
            _, text = server.get(path)
            assert payload not in text
    everything = " ".join(IN_FILES)
    page = visit(
        f"{server.address}/?{urlencode({'__theme': everything[:500], 'view': everything})}#{quote(everything)}"
    )
    expect(page.locator(".qa-scope")).to_contain_text("documents")
    assert page.evaluate("window.pwned") is None
