"""The library in a real browser: add, remove, restore, filter, browse, switch; and what it looks like."""

import importlib
import os
import shutil
import subprocess
import sys

import pytest
from web_fixtures import ROOT

pytest_plugins = ["web_fixtures"]
load = importlib.import_module if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.importorskip
expect = load("playwright.sync_api").expect

HOSTILE = "<img src=x onerror=window.pwned=1>.txt"
LONG = "A name somebody has written down without a thought for narrow columns, as people do.md"


@pytest.fixture(scope="module")
def harbour(tmp_path_factory):
    """A home with another collection, to be copied."""
    folder = tmp_path_factory.mktemp("other") / "harbour"
    folder.mkdir()
    (folder / "ships.txt").write_text("The brig Aurora sailed to Ystad in spring.")
    home = tmp_path_factory.mktemp("home")
    indexed = [sys.executable, "-m", "qa", "index", str(folder), "--name", "harbour"]
    environment = {**os.environ, "QA_HOME": str(home)}
    subprocess.run(indexed, env=environment, check=True, capture_output=True, cwd=ROOT)
    return home


def open_library(start_chat, folder, harbour):
    """Start the chat over a few documents, another collection beside them, and write files to add."""
    orchard = folder / "orchard"
    orchard.mkdir()
    (orchard / HOSTILE).write_text("A hostile name.\n\nHarmless text.")
    (orchard / LONG).write_text("# Plums\n\nPlums are blue.\n\n## Kinds\n\nMirabelles are yellow and small.")
    (orchard / "broken.txt").write_bytes(b"\xff\xfe\x00bad\xff")
    (orchard / "lamps.txt").write_text("\n\n".join(f"Keeper number {n} lit lamp {n}." for n in range(1, 101)))
    (folder / "figs.txt").write_text("Figs from Smyrna are dried on straw mats for nine days.")
    sent = folder / "sent" / "inner"
    sent.mkdir(parents=True)
    (sent / "quinces.txt").write_text("Quinces are boiled to a red paste.")
    home = shutil.copytree(harbour, folder / "home")
    return start_chat(orchard, variables={"QA_HOME": str(home)}).wait_until_ready()


@pytest.fixture
def library(start_chat, tmp_path, harbour):
    """A library for one test, which may change it."""
    return open_library(start_chat, tmp_path, harbour)


@pytest.fixture(scope="module")
def kept_library(start_module_chat, tmp_path_factory, harbour):
    """A library for the tests that change nothing in it."""
    return open_library(start_module_chat, tmp_path_factory.mktemp("library"), harbour)


def row(page, name):
    """The row of a document."""
    return page.locator(".qa-row", has=page.locator(".qa-file", has_text=name))


def line(page):
    """The line under the place where files are dropped."""
    return page.locator("#qa-library-message .qa-message")


def test_document_is_added_removed_and_restored(library, visit, tmp_path):
    """A file chosen in the page is indexed and answers; removed it does not, until it is restored."""
    page = visit(library.address)
    expect(page.locator(".qa-scope")).to_have_text("3 documents, 104 passages")
    expect(line(page)).to_have_text("500 files at most, 100 MB each")
    page.locator("#qa-drop input[type=file]").set_input_files(tmp_path / "figs.txt")
    expect(line(page)).to_have_text("figs.txt was added.")
    expect(row(page, "figs.txt")).to_contain_text("indexed · 1 passage · English · 55 bytes")
    expect(page.locator(".qa-scope")).to_have_text("4 documents, 105 passages")
    assert [file.name for file in library.temporary.rglob("figs.txt")] == []
    page.get_by_role("textbox", name="Question").fill("How long are figs dried?")
    page.keyboard.press("Enter")
    expect(page.locator("#turn-1 .qa-file").first).to_have_text("figs.txt")
    page.get_by_role("button", name="Remove figs.txt").click()
    expect(line(page)).to_contain_text("figs.txt was removed.")
    expect(page.locator(".qa-scope")).to_have_text("3 documents, 104 passages")
    expect(row(page, "figs.txt")).to_have_count(0)
    line(page).get_by_role("button", name="Restore figs.txt").click()
    expect(row(page, "figs.txt")).to_contain_text("indexed")
    expect(page.locator(".qa-scope")).to_have_text("4 documents, 105 passages")


def test_document_of_ones_own_is_left_out_and_its_file_stays(library, visit, tmp_path):
    """It stays in the list, struck out, and the same place in the list takes it back, by keyboard alone."""
    page = visit(library.address)
    page.get_by_role("button", name="Remove lamps.txt").press("Enter")
    expect(line(page)).to_contain_text("lamps.txt is left out from now on; its file stays where it is.")
    expect(row(page, "lamps.txt")).to_contain_text("left out")
    expect(page.locator(".qa-scope")).to_have_text("2 documents, 4 passages")
    assert (tmp_path / "orchard" / "lamps.txt").exists()
    restore = row(page, "lamps.txt").get_by_role("button", name="Restore lamps.txt")
    expect(restore).to_be_focused()
    restore.press("Enter")
    expect(row(page, "lamps.txt")).to_contain_text("indexed")


def test_folder_is_added_whole(library, visit, tmp_path):
    """Every file of a folder chosen in the page is indexed, those in its subfolders too."""
    page = visit(library.address)
    expect(row(page, "lamps.txt")).to_be_visible()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a folder").click()
    chooser.value.set_files(tmp_path / "sent")
    expect(line(page)).to_have_text("quinces.txt was added.")
    expect(row(page, "quinces.txt")).to_contain_text("indexed")


def test_file_too_large_is_refused_before_it_is_sent(library, visit, tmp_path):
    """One line says how large it may be, and the next file is taken."""
    page = visit(library.address)
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(101_000_000)
    expect(row(page, "lamps.txt")).to_be_visible()
    page.locator("#qa-drop input[type=file]").set_input_files(tmp_path / "huge.txt")
    expect(line(page)).to_have_text("huge.txt has 101 MB; a document may have 100 MB.")
    page.locator("#qa-drop input[type=file]").set_input_files(tmp_path / "figs.txt")
    expect(line(page)).to_have_text("figs.txt was added.")


def test_file_is_dropped(library, visit):
    """On the place made for it."""
    page = visit(library.address)
    place = page.get_by_role("button", name="Drop documents here, or choose files")
    expect(place).to_be_visible()
    dropped = page.evaluate_handle(
        "() => { const data = new DataTransfer();"
        " data.items.add(new File(['Medlars are eaten rotten.'], 'medlars.txt', {type: 'text/plain'})); return data; }"
    )
    place.dispatch_event("drop", {"dataTransfer": dropped})
    expect(line(page)).to_have_text("medlars.txt was added.")
    expect(row(page, "medlars.txt")).to_contain_text("indexed")


def test_changed_files_are_seen_by_indexing_again(library, visit, tmp_path):
    """What was written since comes with Re-index, and the list, filtered, stays where it was."""
    page = visit(library.address)
    page.get_by_role("searchbox", name="Filter by name").fill("kiwi")
    expect(page.locator(".qa-nothing")).to_be_visible()
    (tmp_path / "orchard" / "kiwis.txt").write_text("Kiwis are green inside.")
    page.get_by_role("button", name="Re-index").click()
    expect(row(page, "kiwis.txt")).to_contain_text("indexed")
    expect(page.get_by_role("searchbox", name="Filter by name")).to_have_value("kiwi")
    expect(row(page, "lamps.txt")).to_be_hidden()


def test_documents_are_filtered_by_name_and_state(kept_library, visit):
    """Typing narrows the list at once; a state narrows it on the server; a failure says why."""
    page = visit(kept_library.address)
    expect(page.locator(".qa-row:visible")).to_have_count(4)
    page.get_by_role("searchbox", name="Filter by name").fill("LAMP")
    expect(page.locator(".qa-row:visible .qa-file")).to_have_text(["lamps.txt"])
    page.get_by_role("searchbox", name="Filter by name").fill("")
    page.get_by_role("button", name="Not read 1").click()
    expect(page.locator(".qa-row:visible .qa-file")).to_have_text(["broken.txt"])
    expect(row(page, "broken.txt").locator(".qa-reason")).to_contain_text("UTF-16")
    expect(page.get_by_role("button", name="Not read 1")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="All 4").click()
    expect(page.locator(".qa-row:visible")).to_have_count(4)
    assert page.evaluate("window.pwned") is None


def test_passages_are_browsed_with_what_is_never_quoted(kept_library, visit):
    """A document shows every paragraph as it was extracted; a long one opens at the paragraph asked for."""
    page = visit(kept_library.address)
    row(page, LONG).locator("button.qa-document").click()
    expect(page.locator(".qa-about")).to_contain_text("4 passages")
    expect(page.locator(".qa-about")).to_contain_text("2 passages never quoted · read by markdown 4")
    expect(page.locator(".qa-silent")).to_have_text(["1Plumsnot quoted as an answer", "3Kindsnot quoted as an answer"])
    page.get_by_role("button", name="All documents").click()
    expect(row(page, LONG).locator("button.qa-document")).to_be_focused()
    row(page, "lamps.txt").locator("button.qa-document").click()
    expect(page.locator(".qa-panel-body")).to_contain_text("Paragraphs 1 to 40 of 100")
    page.get_by_role("spinbutton", name="Go to paragraph").fill("72")
    page.get_by_role("spinbutton", name="Go to paragraph").press("Enter")
    expect(page.locator(".qa-panel .qa-paragraph p").first).to_have_text("Keeper number 72 lit lamp 72.")


def test_holdings_are_drawn_with_a_table_beside(kept_library, visit):
    """Bars for documents, languages and file types; each has a name and a table that say the same."""
    page = visit(kept_library.address)
    page.get_by_role("button", name="Overview").click()
    expect(page.get_by_role("img", name="Passages per document: lamps.txt has most, 100 passages.")).to_be_visible()
    expect(page.get_by_role("img", name="Passages per language: not told has most, 102 passages.")).to_be_visible()
    page.locator(".qa-bars summary").last.click()
    expect(page.get_by_role("table")).to_contain_text(".txt102")


def test_other_collection_is_opened_and_the_conversation_cleared(library, visit):
    """The picker opens it, says so, and begins with an empty chat; the first answer there scrolls into sight."""
    page = visit(library.address)
    box = page.get_by_role("textbox", name="Question")
    box.fill("Which plums are yellow?")
    box.press("Enter")
    expect(page.locator("#turn-1")).to_be_visible()
    page.get_by_label("Collection").select_option(label="harbour (1 document, 1 passage)")
    page.get_by_role("button", name="Open", exact=True).click()
    expect(line(page)).to_have_text("harbour is open now. The questions and answers about orchard were cleared.")
    expect(page.locator(".qa-row .qa-file")).to_have_text(["ships.txt"])
    expect(page.locator("#turn-1")).to_have_count(0)
    expect(page.locator(".qa-welcome-title")).to_be_visible()
    expect(page.locator(".qa-scope")).to_have_text("1 document, 1 passage")
    box.fill("Where did the brig Aurora sail?")
    box.press("Enter")
    expect(page.locator("#turn-1 .qa-words").first).to_have_text("The brig Aurora sailed to Ystad in spring.")


@pytest.mark.parametrize(
    ("address", "width"), [("/", 1280), ("/?__theme=dark", 1280), ("/", 390), ("/?__theme=dark", 390)]
)
def test_library_fits_its_window(kept_library, visit, address, width):
    """List, document and bars need no sideways scroll, and the voice for screen readers says what is searched."""
    page = visit(kept_library.address + address, width=width, height=844)
    expect(row(page, LONG)).to_be_visible()
    expect(page.locator("#qa-columns > p.qa-hidden[role=status]")).to_have_text("3 documents, 104 passages")
    fits = "document.documentElement.scrollWidth <= innerWidth"
    inside = "element => element.scrollWidth <= element.clientWidth"
    assert page.evaluate(fits) and page.locator(".qa-panel-body").evaluate(inside)
    page.get_by_role("button", name="Overview").click()
    expect(page.locator(".qa-bars")).to_have_count(3)
    assert page.evaluate(fits) and page.locator(".qa-panel-body").evaluate(inside)
    page.get_by_role("button", name="All documents").click()
    row(page, "lamps.txt").locator("button.qa-document").click()
    expect(page.locator(".qa-document-name")).to_be_in_viewport()
    expect(page.locator(".qa-panel .qa-paragraph p").first).to_be_in_viewport()
    page.get_by_role("button", name="All documents").click()
    expect(row(page, "lamps.txt")).to_be_in_viewport()
    row(page, LONG).locator("button.qa-document").click()
    expect(page.locator(".qa-silent")).to_have_count(2)
    assert page.evaluate(fits) and page.locator(".qa-panel-body").evaluate(inside)
