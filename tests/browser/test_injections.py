"""Every payload of `injections.py`, wherever text can come in: shown letter for letter, run nowhere, nothing fetched.

The fixture `visit` fails a test at any request elsewhere, page error, dialog and error in the console, of which what the
guard's policy refuses is one.
"""

import csv
import importlib
import io
import json
import os
import re
from urllib.parse import quote, urlencode

import pytest
from injections import PAYLOADS, fits_a_file_name, fits_a_text_file

from index.parsers.builder import one_line
from qa.answering.question import read_question

pytest_plugins = ["web_fixtures"]
load = importlib.import_module if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.importorskip
expect = load("playwright.sync_api").expect

# As typed, also what cannot be typed; halves of characters get here as escapes.
TYPE = """(box, text) => {
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(box), "value").set.call(box, JSON.parse(text));
    box.dispatchEvent(new Event("input", { bubbles: true }));
}"""
JSON_TYPE = {"Content-Type": "application/json"}
IN_FILES = [payload for payload in PAYLOADS.values() if fits_a_text_file(payload)]
IN_NAMES = [payload for payload in PAYLOADS.values() if fits_a_file_name(payload)]
LATEST = 5  # payloads in one batch
NAMES = "all => [...new Set(all.map((item) => item.localName))]"
EXPORTED = set(
    "section h1 h2 p time figure blockquote mark strong figcaption bdi br code details summary pre".split()
)  # what a saved page is made of
PER_PAGE = 5  # questions; a long chat is slow to send
PER_QUESTION = 3
FILES = sorted([*(f"{payload}.txt" for payload in IN_NAMES), "headings.md", "payloads.txt"])


@pytest.fixture(scope="module")
def server(start_module_chat, tmp_path_factory):
    """The chat over a document that holds every payload, one with headings made of them, and files named by them."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "payloads.txt").write_text("\n\n".join(map(say, IN_FILES)), encoding="utf-8")
    escaped = (
        re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", payload) for payload in IN_FILES
    )  # Markdown that shows the payload
    headed = "\n\n".join(f"# {payload}\n\nSaid under heading {number}." for number, payload in enumerate(escaped))
    (folder / "headings.md").write_text(headed, encoding="utf-8")
    for payload in IN_NAMES:
        (folder / f"{payload}.txt").write_text("A plum.")
    return start_module_chat(folder).wait_until_ready()


def say(payload):
    """A paragraph that holds a payload."""
    return f"The payload is {payload} and harmless."


def read_document(page, name):
    """Open a document from the list, read all its paragraphs and the headings said above them, and close it."""
    page.locator(".qa-document").filter(has=page.get_by_text(name, exact=True)).click()
    viewer = page.locator(".qa-view-document")
    expect(viewer.locator(".qa-document-name, .qa-panel-head .qa-file").last).to_have_text(name)
    as_text = viewer.get_by_role("button", name="Text", exact=True)
    if as_text.count():
        as_text.click()
        expect(as_text).to_have_attribute("aria-pressed", "true")
    paragraphs, places, later = [], [], page.get_by_role("button", name="Later paragraphs")
    while True:
        arrived = viewer.get_attribute("data-arrive")
        paragraphs += page.locator(".qa-paragraph p").all_text_contents()
        places += page.locator(".qa-under").all_text_contents()
        if not later.count():
            break
        later.click()
        expect(viewer).not_to_have_attribute("data-arrive", arrived)
    page.get_by_role("button", name="Close the document").click()
    return paragraphs, places


def test_payloads_in_documents_and_names_are_shown(server, visit):
    """The list, what is ticked, the overview, what is said of a file, and documents show every payload as it is."""
    page = visit(server.address)
    files = page.locator(".qa-document .qa-file")
    expect(files).to_have_count(len(FILES))
    assert sorted(files.all_text_contents()) == FILES
    assert set(page.locator(".qa-documents *").evaluate_all(NAMES)) == {"li", "input", "button", "bdi", "span"}
    choice, ticks = page.locator("p.qa-scope-choice bdi"), page.locator("[data-scope]")
    assert sorted(ticks.evaluate_all("all => all.map((item) => item.dataset.scope)")) == FILES
    ticks.evaluate_all("all => all.forEach((item) => item.click())")
    assert len(choice.text_content()) == len(", ".join(FILES)) and choice.locator("*").count() == 0
    page.get_by_role("textbox", name="Question").fill("Which plum is harmless?")
    page.get_by_role("textbox", name="Question").press("Enter")
    expect(page.locator("#turn-1")).to_be_visible()
    page.get_by_role("button", name="Search in all documents again").click()
    expect(choice).to_be_hidden()
    page.locator(".qa-document").filter(has=page.get_by_text("headings.md", exact=True)).click()
    expect(page.locator(".qa-markup h1")).to_have_count(len(IN_FILES))
    headings = page.locator(".qa-markup h1").all_text_contents()
    assert [" ".join(one_line(text).split()) for text in headings] == [
        " ".join(one_line(text).split()) for text in IN_FILES
    ]
    assert set(page.locator(".qa-markup *").evaluate_all(NAMES)) == {"h1", "p"}
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
    assert read_document(page, "headings.md")[0][::2] == list(map(one_line, IN_FILES))
    assert page.evaluate("window.pwned") is None


def test_payloads_in_questions_are_shown(server, visit):
    """Typed in the box, and leant upon by a follow-up, every payload stands in the question and in what was searched."""
    payloads = [text_of(payload) for payload in PAYLOADS.values()]
    questions = [" ".join(payloads[first : first + PER_QUESTION]) for first in range(0, len(payloads), PER_QUESTION)]
    for first in range(0, len(questions), PER_PAGE):
        page, turn = visit(server.address), 0
        expect(page.locator(".qa-scope")).to_contain_text("documents")
        box = page.get_by_role("textbox", name="Question")
        for payload in questions[first : first + PER_PAGE]:
            question = f"What is the payload {payload}?"
            core = read_question(question).core
            for typed, place, said in (
                (question, ".qa-question", question),
                ("And why is that?", ".qa-searched", core),
            ):
                turn += 1
                box.evaluate(TYPE, json.dumps(typed))
                box.press("Enter")
                expect(page.locator(f"#turn-{turn}")).to_be_visible(timeout=20_000)
                assert " ".join(said.split()) in " ".join(page.locator(place).last.text_content().split())
        assert page.evaluate("window.pwned") is None


def test_payload_that_is_no_text_is_refused(server, visit):
    """Half a character in a question is told, and the box keeps the rest."""
    page = visit(server.address)
    expect(page.locator(".qa-scope")).to_contain_text("documents")
    [payload] = [payload for payload in PAYLOADS.values() if not fits_a_text_file(payload)]
    box = page.get_by_role("textbox", name="Question")
    box.evaluate(TYPE, json.dumps(payload))
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The question contains half a character")
    expect(box).to_have_value(text_of(payload))
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


def text_of(payload):
    """A payload as text can hold it."""
    return re.sub("[\0\ud800-\udfff]", "\ufffd", payload)


def shown(text):
    """A text as the page can show it, in one line."""
    return " ".join(text_of(text).split())


def title_of(text):
    """A text as the title of a conversation."""
    return shown(text) if len(shown(text)) <= 200 else shown(text)[:199] + "…"


def test_payloads_as_titles_and_in_exports_are_shown(server, visit):
    """First questions and new names stand in the list, the search, the labels and the saved page, which runs nothing."""
    page, reader = visit(server.address), visit(f"{server.address}/healthz")
    saved, bodies = f"{server.address}/saved.html", []
    reader.route(saved, lambda route: route.fulfill(content_type="text/html; charset=utf-8", body=bodies[-1]))
    expect(page.locator(".qa-scope")).to_contain_text("documents")
    page.get_by_role("button", name="Conversations", exact=True).click()
    expect(page.locator(".qa-view-conversations")).to_be_visible()
    box, row = page.get_by_role("textbox", name="Question"), page.locator(".qa-conversation").first
    title, search = row.locator(".qa-file"), page.locator("#qa-conversation-filter")
    for number, payload in enumerate(PAYLOADS.values(), start=1):
        question = f"What is the payload {shown(payload)}?"
        box.evaluate(TYPE, json.dumps(question))
        box.press("Enter")
        expect(page.locator(".qa-conversation")).to_have_count(number)
        expect(page.locator("#turn-1")).to_be_visible()
        assert title.text_content() == title_of(question)
        row.locator("summary").click()
        row.get_by_role("button", name="Rename").click()
        field = row.locator(".qa-retitle input")
        field.evaluate(TYPE, json.dumps(payload))
        field.press("Enter")
        expect(row.locator("summary")).not_to_have_attribute("aria-label", f"More: {title_of(question)}")
        assert title.text_content() == title_of(payload)
        assert row.locator("summary").get_attribute("aria-label") == f"More: {title_of(payload)}"
        assert field.input_value() == title_of(payload)
        address = row.locator("a[href$='.html']").get_attribute("href")
        exported = {kind: page.request.get(f"{server.address}/{address}"[:-5] + kind) for kind in (".html", ".json")}
        bodies.append(exported[".html"].body())
        reader.goto(saved)
        assert reader.locator("h1").text_content() == title_of(payload)
        assert shown(reader.locator("h2").text_content()) == shown(question)
        assert json.loads(reader.locator("#records").text_content()) == exported[".json"].json()
        assert set(reader.locator("body *").evaluate_all(NAMES)) <= EXPORTED and reader.evaluate("window.pwned") is None
        page.get_by_role("button", name="New conversation").click()
        expect(page.locator("#turn-1")).to_have_count(0)
    found, listed, rows = [], page.locator(".qa-view-conversations"), page.locator(".qa-conversation")
    for payload in PAYLOADS.values():
        arrival = listed.get_attribute("data-arrival")
        search.evaluate(TYPE, json.dumps(payload))
        expect(listed).not_to_have_attribute("data-arrival", arrival)
        expect(rows.filter(has=page.get_by_text(title_of(payload), exact=True))).to_have_count(1)
        assert shown(search.input_value()) == shown(payload)
        found.append(rows.count())
    assert found.count(1) > 40
    assert page.evaluate("window.pwned") is None


def test_payloads_in_batches_are_shown(server, visit):
    """In names of files, headings, questions, conversations and rows that cannot be asked: as text, in one line."""
    page = visit(server.address)
    expect(page.locator(".qa-scope")).to_contain_text("documents")
    page.get_by_role("tab", name="Batch").click()
    panel, payloads = page.get_by_role("tabpanel", name="Batch"), list(PAYLOADS.values())
    for first, name in zip(range(0, len(payloads), LATEST), IN_NAMES, strict=False):
        some = payloads[first : first + LATEST]
        bad = [{payload: payload} for payload in some]
        good = [{"question": payload, "conversation": payload} for payload in some]
        rows = "".join(f"{json.dumps(row)}\n" for row in [*bad, *good])
        choose(page, f"{name}.jsonl", rows)
        wrong = [payload for payload in some if not fits_a_text_file(payload)]
        expect(panel.locator(".qa-batch-bad li")).to_have_count(LATEST + len(wrong))
        assert panel.locator(".qa-batch-name *, .qa-batch-bad li *").evaluate_all(NAMES) == ["bdi"]
        panel.get_by_role("button", name="Start").click()
        expect(panel.get_by_role("status")).to_contain_text("Done")
        expect(panel.locator("tbody tr")).to_have_count(2 * LATEST)
        questions = panel.locator("tbody td:nth-child(2)").all_text_contents()
        asked = ["" if payload in wrong else shorten(shown(payload)) for payload in some]
        assert questions == [""] * LATEST + asked
        assert set(panel.locator("tbody td *").evaluate_all(NAMES)) <= {"bdi", "button", "span"}
        panel.get_by_role("button", name="Remove").click()
        expect(panel.locator(".qa-batch-name")).to_have_count(0)
    for first in range(0, len(IN_FILES), 7):
        table = io.StringIO(newline="")
        csv.writer(table).writerow(IN_FILES[first : first + 7])
        choose(page, "headed.csv", table.getvalue())
        told = ", ".join(repr(payload.strip()[:40]) for payload in IN_FILES[first : first + 7])
        expect(panel.get_by_role("alert")).to_contain_text(shown(told)[:60])
        assert shown(told) in shown(panel.get_by_role("alert").text_content())
        assert panel.get_by_role("alert").locator("*").count() == 0
    assert page.evaluate("window.pwned") is None


def choose(page, name, text):
    """Choose a file of questions."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file of questions").click()
    chooser.value.set_files({"name": name, "mimeType": "text/plain", "buffer": text.encode("utf-8")})


def shorten(text):
    """A question as the table of the latest answers shows it."""
    return text if len(text) <= 160 else text[:160].rstrip() + " …"


def test_payloads_as_judgements_press_nothing(server, visit):
    """As number of a turn or of a quote, or as what is said of it, each is refused in the page's own words."""
    page = visit(server.address)
    expect(page.locator(".qa-scope")).to_contain_text("documents")
    page.get_by_role("textbox", name="Question").fill("What is the payload?")
    page.get_by_role("textbox", name="Question").press("Enter")
    thumb, alert = page.locator("#turn-1 .qa-judge-up"), page.get_by_role("alert")
    expect(thumb).to_be_visible()
    send = """([name, detail]) =>
        document.dispatchEvent(new CustomEvent("qa-" + name, { detail: { ...detail, ...JSON.parse(detail.other) } }))"""
    for number, payload in enumerate(PAYLOADS.values()):
        other = json.dumps({("turn", "citation", "label")[number % 3]: payload})
        page.evaluate(send, ["judge", {"turn": 1, "citation": 0, "label": "up", "other": other}])
        expect(alert).to_have_text("That place cannot be shown any more. Ask the question again to get fresh sources.")
        page.evaluate(send, ["conversations", {"other": "{}"}])
        expect(alert).to_have_count(0)
    expect(page.locator(".qa-judge[aria-pressed=true]")).to_have_count(0)
    thumb.click()
    expect(page.locator(".qa-judge[aria-pressed=true]")).to_have_count(1)
    assert page.evaluate("window.pwned") is None
