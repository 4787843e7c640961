"""Suggested questions and batches in a real browser."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from suggestion_texts import ALL, TEXTS
from web_fixtures import ask

pytest_plugins = ["web_fixtures"]
load = importlib.import_module if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.importorskip
expect = load("playwright.sync_api").expect

TOWER = "When was the Eiffel Tower built?"


@pytest.fixture(scope="module")
def library_server(start_module_chat, tmp_path_factory):
    """The chat over three English documents and a German one."""
    folder = tmp_path_factory.mktemp("documents")
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    return start_module_chat(folder).wait_until_ready()


def test_empty_chat_offers_questions_that_are_answered(library_server, visit):
    """Each of the four is of the documents' own; a click asks it, and the answer quotes them."""
    page = visit(library_server.address)
    examples = page.locator(".qa-example")
    expect(examples).to_have_count(4)
    offered = examples.all_text_contents()
    assert set(offered) <= ALL
    examples.last.click()
    expect(page.get_by_role("heading", name=offered[-1])).to_be_visible()
    expect(page.locator("#turn-1 .qa-words").first).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_answer_offers_questions_that_go_on(library_server, visit, width):
    """They come after it in a place that was kept; pressed, by keyboard too, they are answered by themselves."""
    page = visit(library_server.address, width=width, height=844)
    expect(page.locator(".qa-example")).to_have_count(4)
    ask(page, TOWER)
    offered = page.get_by_role("group", name="Go on with").get_by_role("button")
    expect(offered).to_have_text(["Who was Gustave Eiffel?"])
    place = page.locator("#qa-composer").bounding_box()
    offered.first.press("Enter")
    expect(page.locator("#turn-2 .qa-words").first).to_have_text(
        "Gustave Eiffel was a French engineer who owned a workshop."
    )
    expect(page.locator("#turn-2 .qa-searched")).to_have_count(0)
    expect(offered).not_to_have_text(["Who was Gustave Eiffel?"])
    expect(page.locator("#qa-chat .qa-pending")).to_have_count(0)
    assert page.locator("#qa-composer").bounding_box() == place
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def choose(page, path):
    """Choose a file of questions behind the second tab."""
    page.get_by_role("tab", name="Batch").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file of questions").click()
    chooser.value.set_files(path)


def download(page, suffix):
    """Download the answers; returns their bytes."""
    with page.expect_download() as started:
        page.get_by_role("link", name=f"Download {suffix}").click()
    return started.value.path().read_bytes()


def test_tabs_are_reached_by_arrow_keys(library_server, visit):
    """One of the two panels is shown, each named by its tab; what was typed in the other stays."""
    page = visit(library_server.address)
    expect(page.locator(".qa-example")).to_have_count(4)
    box = page.get_by_role("textbox", name="Question")
    box.fill("When was")
    chat, batch = page.get_by_role("tab", name="Chat"), page.get_by_role("tab", name="Batch")
    expect(page.get_by_role("tabpanel", name="Chat")).to_be_visible()
    chat.press("ArrowRight")
    expect(batch).to_be_focused()
    expect(batch).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tabpanel", name="Batch")).to_be_visible()
    expect(page.get_by_role("tabpanel")).to_have_count(1)
    batch.press("ArrowRight")
    expect(chat).to_be_focused()
    chat.press("End")
    batch.press("Home")
    expect(box).to_have_value("When was")


@pytest.fixture(scope="module")
def batch(library_server, tmp_path_factory):
    """A file of questions, and the files that `qa batch` makes of it, by their suffixes."""
    folder = tmp_path_factory.mktemp("batch")
    questions, answers = folder / "my questions.csv", {}
    questions.write_text(f"id,question\n1,{TOWER}\n2,\n3,Who, what?\n4,What is <b>inflation</b>?\n5,Who won the cup?\n")
    environment = {**os.environ, "QA_HOME": str(folder / "home")}
    for suffix in (".csv", ".jsonl", ".md"):
        written = folder / f"answers{suffix}"
        command = [sys.executable, "-m", "qa", "batch", questions, "-o", written, "--sources", library_server.sources]
        subprocess.run(command, check=True, env=environment, cwd=Path(__file__).parents[2], capture_output=True)
        answers[suffix] = written.read_bytes()
    return questions, answers


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_batch_is_answered_from_the_page(library_server, batch, visit, width, theme):
    """Bad rows are named, the good ones answered, and the files are those of `qa batch`, byte for byte."""
    questions, answers = batch
    page = visit(f"{library_server.address}/?__theme={theme}", width=width, height=844)
    expect(page.locator(".qa-example")).to_have_count(4)
    choose(page, questions)
    panel = page.get_by_role("tabpanel", name="Batch")
    expect(panel).to_contain_text("3 questions to ask. 2 rows cannot be asked.")
    expect(panel.locator(".qa-batch-bad li")).to_have_text(
        [
            "Row 3: the question is empty",
            "Row 4: 3 cells instead of 2 cells; put a question that holds a comma in quotes",
        ]
    )
    panel.get_by_role("button", name="Start").press("Enter")
    expect(panel.get_by_role("status")).to_have_text("Done: 3 questions answered, 2 rows not answered.")
    expect(panel.locator("tbody tr").last).to_contain_text("Who won the cup?")
    expect(panel.locator("tbody tr", has_text="What is <b>inflation</b>?")).to_contain_text("Answered")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert {suffix: download(page, suffix) for suffix in answers} == answers
    assert download(page, ".xlsx").startswith(b"PK")
    panel.get_by_role("button", name="Remove").click()
    expect(panel.locator(".qa-batch-name")).to_have_count(0)


def start_batch(page, folder, count):
    """Start a batch of one question so many times; returns the page."""
    questions = folder / "q.txt"
    questions.write_text(f"{TOWER}\n" * count)
    expect(page.locator(".qa-example")).to_have_count(4)
    choose(page, questions)
    page.get_by_role("button", name="Start").click()
    return page


def test_batch_belongs_to_the_browser_it_was_started_in(library_server, visit, tmp_path):
    """It goes on, and is shown again in another page of that browser; another visitor sees nothing of it."""
    page = start_batch(visit(library_server.address), tmp_path, 150)
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    again = page.context.new_page()
    again.goto(library_server.address)
    page.close()
    again.get_by_role("tab", name="Batch").click()
    expect(again.locator(".qa-batch-name")).to_have_text("q.txt")
    expect(again.get_by_role("status").filter(has_text="Done:")).to_be_visible(timeout=60_000)
    assert download(again, ".jsonl").count(b"\n") == 150
    address = again.get_by_role("link", name="Download .jsonl").get_attribute("href")
    stranger = visit(library_server.address)
    stranger.get_by_role("tab", name="Batch").click()
    expect(stranger.get_by_role("button", name="Choose a file of questions")).to_be_visible()
    expect(stranger.locator(".qa-batch-name")).to_have_count(0)
    _, _, id_, _ = address.split("/")
    assert library_server.get(address)[0] == 200 and library_server.get(address.replace(id_, id_[::-1]))[0] == 404


def test_chat_is_answered_while_a_batch_is(library_server, visit, tmp_path):
    """It can be stopped and gone on with."""
    page = start_batch(visit(library_server.address), tmp_path, 2_000)
    stop = page.get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    page.get_by_role("tab", name="Chat").click()
    expect(ask(page, TOWER).locator(".qa-words").first).to_contain_text("was built in 1889")
    page.get_by_role("tab", name="Batch").click()
    stop.click()
    go_on = page.get_by_role("button", name="Go on")
    expect(go_on).to_be_visible()
    expect(page.locator(".qa-batch-progress p")).to_contain_text("of 2,000 rows done")
    go_on.click()
    expect(stop).to_be_visible()
    stop.click()
    expect(go_on).to_be_visible()


def test_document_that_is_gone_is_left_out_of_what_is_searched(start_chat, visit, tmp_path):
    """The others that are ticked are searched; when all are gone the question is refused, and kept, with the reason."""
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.txt").write_text(f"The lighthouse of {name.upper()}stad was painted white in spring.")
    page = visit(start_chat(tmp_path).wait_until_ready().address)
    for name in ("a.txt", "b.txt"):
        page.get_by_role("checkbox", name=f"Search only in {name}").press("Space")
    (tmp_path / "b.txt").unlink()
    expect(page.locator(".qa-scope")).to_contain_text("2 documents")
    expect(page.locator(".qa-document")).to_have_count(2)
    box, question = page.get_by_role("textbox", name="Question"), "When was the lighthouse painted white?"
    searched = ask(page, question).locator(".qa-searched")
    expect(searched).to_have_text("Searched: 1 of 2 documents, a.txt")
    (tmp_path / "a.txt").unlink()
    expect(page.locator(".qa-scope")).to_contain_text("1 document,")
    box.fill(question)
    box.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("are not there any more")
    expect(box).to_have_value(question)
    page.get_by_role("button", name="Search in all documents again").press("Enter")
    box.press("Enter")
    expect(page.locator("#turn-2 .qa-file").first).to_have_text("c.txt")
    expect(page.locator("#turn-2 .qa-searched")).to_have_count(0)
