"""The page for everybody: axe finds nothing in any state, all goes by keyboard, and nothing moves where it should not."""

import importlib
import os
from importlib.resources import files

import pytest
from reading import flow, make_pdf
from suggestion_texts import TEXTS
from web_fixtures import SILENCE
from web_fixtures import ask as ask_in_sight

pytest_plugins = ["web_fixtures"]
load = importlib.import_module if os.environ.get("REQUIRE_BROWSER") == "1" else pytest.importorskip
expect = load("playwright.sync_api").expect

FOUR_DAYS = "Can Israel beat Iran in four days?"
CAPITAL = "What is the capital of France?"
COMPASS = "Who buried a brass compass in Ystad?"
NEAR = "Who has the upper hand?"
TOWER = "When was the Eiffel Tower built?"
WORKERS = "How many workers does the plant in Hamburg employ?"
SIZES = {"wide": (1280, 800), "narrow": (390, 844)}
# What Gradio makes and we cannot reach, by selector, with the reason. Nothing so far.
NOT_OURS: dict[str, str] = {}
REGIONS = ".qa-header, #qa-chat, #qa-composer, #qa-batch, #qa-libraries, .qa-panel, #qa-adding, .qa-section"
TABBABLE = "a[href], button:enabled, input:enabled:not([type=file]), textarea, select, summary, [tabindex='0']"

TOLD = "shifts.map(({ value, moved }) => [value, moved])"
SHIFTS = """
window.shifts = [];
const place = ({ x, y, width, height }) => [x, y, width, height].map(Math.round).join(" ");
const tell = ({ node, previousRect, currentRect }) =>
    `${node?.id || node?.className || node?.nodeName}: ${place(previousRect)} to ${place(currentRect)}`;
new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(
    (entry) => ({ ...entry.toJSON(), moved: entry.sources.map(tell) }))))
    .observe({ type: "layout-shift", buffered: true });
"""

# Where the keyboard has come to: what has the focus, where it is, and whether it is seen, and seen to have the focus.
FOCUSED = """() => {
    const element = document.activeElement, { x, y, width, height } = element.getBoundingClientRect();
    if (element === document.body) return null;
    const top = document.elementFromPoint(x + Math.min(width, 40) / 2, y + Math.min(height, 40) / 2);
    const marked = (item) => item && !item.matches(".gradio-container") && (
        (getComputedStyle(item).outlineStyle !== "none" && parseFloat(getComputedStyle(item).outlineWidth) >= 2)
        || /0px 0px 0px 1px/.test(getComputedStyle(item).boxShadow) || marked(item.parentElement));
    return {
        number: controls.indexOf(element),
        name: element.getAttribute("aria-label") || element.textContent.trim() || element.placeholder || element.id,
        uncovered: element.contains(top) || Boolean(top?.contains(element) && !top.matches("body, html")),
        marked: Boolean(marked(element)),
    };
}"""


@pytest.fixture(scope="module")
def server(start_module_chat, seeds, tmp_path_factory):
    """The chat over the seed, a long document and a file that cannot be read."""
    folder = tmp_path_factory.mktemp("documents")
    for seed in seeds.iterdir():
        (folder / seed.name).write_bytes(seed.read_bytes())
    paragraphs = [f"Lighthouse keeper number {number} lit lamp {number}." for number in range(1, 101)]
    paragraphs[69] = "The harbour master of Ystad buried a brass compass."
    (folder / "long.txt").write_text("\n\n".join(paragraphs))
    (folder / "scan.pdf").write_bytes(b"%PDF-1.4 nothing")
    return start_module_chat(folder).wait_until_ready()


@pytest.fixture(scope="module")
def plants(start_module_chat, tmp_path_factory):
    """The chat over documents of which questions are suggested, and two that give different numbers."""
    folder = tmp_path_factory.mktemp("plants")
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "company.md").write_text(
        "# Hamburg plant\n\nThe Hamburg plant employs 300 workers. Most live in the city."
    )
    (folder / "union.txt").write_text("The plant in Hamburg employs 320 workers. Their wages are set by an agreement.")
    return start_module_chat(folder).wait_until_ready()


def open_page(visit, address, size="wide", theme="light", **options):
    """Open the page and wait for the list of documents."""
    width, height = SIZES[size]
    page = visit(f"{address}/?__theme={theme}", width=width, height=height, **options)
    expect(page.locator(".qa-document").first).to_be_attached()
    return page


def show_documents(page):
    """Have the documents on a phone too."""
    if not page.locator("#qa-side").is_visible():
        page.get_by_role("button", name="Show or hide the documents").click()
    expect(page.locator("#qa-side")).to_be_visible()


def show_answers(page):
    """Have the answers on a phone too."""
    if not page.locator("#qa-main").is_visible():
        page.get_by_role("button", name="Show or hide the documents").click()
    expect(page.locator("#qa-main")).to_be_visible()


def ask(page, question):
    """Ask, also where a sheet lies over the answers; returns the answer."""
    show_answers(page)
    return ask_in_sight(page, question)


def list_conversations(page):
    """Open the list of conversations; returns the first of them."""
    show_documents(page)
    heading = page.get_by_role("button", name="Conversations", exact=True)
    if heading.get_attribute("aria-expanded") == "false":
        heading.click()
    expect(page.locator(".qa-view-conversations")).to_be_visible()
    return page.locator(".qa-conversation").first


def choose(page, rows):
    """Choose a file of questions in the second tab."""
    show_answers(page)
    page.get_by_role("tab", name="Batch").click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file of questions").click()
    chooser.value.set_files({"name": "questions.csv", "mimeType": "text/csv", "buffer": rows.encode()})
    expect(page.locator(".qa-batch-name")).to_be_visible()


def act(page, button):
    """Press a button of the batch."""
    page.locator("#qa-batch").get_by_role("button", name=button).click()


def walk(page):
    """Go by Tab through a page that is loaded: every control once, from the top down, in sight and marked; returns names."""
    wanted, higher = page.evaluate(
        f"""() => {{
            window.controls = [...document.querySelectorAll("{TABBABLE}")]
                .filter((item) => item.tabIndex >= 0 && item.checkVisibility({{ visibilityProperty: true }}));
            const region = (item) => item.closest("{REGIONS}")?.outerHTML;
            const y = (item) => item.getBoundingClientRect().y;
            const higher = controls.filter(
                (item, number) => number && region(item) === region(controls[number - 1])
                    && y(item) < y(controls[number - 1]) - 12 && !item.closest(".qa-panel-body"));
            return [controls.length, higher.map((item) => item.textContent)];
        }}"""
    )
    assert higher == []
    page.locator(".qa-header h1").click()  # from where the keyboard goes on
    page.keyboard.press("Shift+Tab")
    seen = [page.evaluate(FOCUSED) or {"number": None}]
    for _ in range(wanted - 1):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUSED) or {"number": None})
    for _ in range(
        20
    ):  # the browser's own part takes the focus when it gets to it; until then it asks for another press
        page.keyboard.press("Tab")
        page.wait_for_timeout(100)
        if came_out := page.evaluate(FOCUSED) is None or not page.evaluate("document.hasFocus()"):
            break
    assert came_out, page.evaluate(FOCUSED)
    assert [item["number"] for item in seen] == list(range(wanted))
    assert [item["name"] for item in seen if not item["name"]] == []
    assert [item["name"] for item in seen if not item["marked"]] == []
    assert [item["name"] for item in seen if not item["uncovered"]] == []
    return [item["name"] for item in seen]


def measure(page):
    """The smaller side of everything to press, in pixels, with what it is."""
    return page.locator(TABBABLE).evaluate_all(
        """(all) => all.filter((item) => item.checkVisibility()).map((item) => [item.getBoundingClientRect(), item])
            .map(([{ width, height }, item]) => [Math.min(width, height), item.className || item.id || item.tagName])"""
    )


def look(page, state):
    """What axe finds, as "state: rule: element"; nothing sideways to scroll at."""
    page.wait_for_function("document.getAnimations().length === 0")
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate(
        "(exclude) => axe.run({ exclude }, { resultTypes: ['violations'] })", [[selector] for selector in NOT_OURS]
    )
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), state
    return [
        f"{state}: {rule['impact']}: {rule['id']}: {node['html'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
        if rule["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_in_any_state(server, visit, size, theme):
    """Empty, answered, closest, not found, the list, a document, the overview and the search pass, as dark as light."""
    page = open_page(visit, server.address, size, theme)
    wrong = look(page, "empty")
    verdicts = {}
    for question in (FOUR_DAYS, CAPITAL, NEAR, COMPASS):
        answer = ask(page, question)
        verdicts[question] = answer.get_attribute("class")
        wrong += look(page, verdicts[question])
    assert {kind.split()[-1] for kind in verdicts.values()} == {"qa-answered", "qa-closest", "qa-not_in_sources"}
    page.locator(".qa-not_in_sources .qa-fold > summary").first.click()
    for fold in (".qa-context", ".qa-more-places", ".qa-head .qa-copying"):
        page.locator(f"#turn-1 {fold} > summary").first.click()
    expect(page.locator("#turn-1 .qa-more-places").get_by_role("status")).to_be_visible()
    wrong += look(page, "unfolded")
    box = page.get_by_role("textbox", name="Question")
    box.fill("?!")
    box.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    wrong += look(page, "refused")
    page.locator("#turn-1 .qa-cite").first.click()
    expect(page.locator("#qa-here")).to_be_focused()
    wrong += look(page, "document at a quote")
    page.keyboard.press("Escape")
    show_documents(page)
    wrong += look(page, "documents")
    page.get_by_role("button", name="Overview").click()
    expect(page.locator(".qa-bars").first).to_be_visible()
    page.locator(".qa-bars summary").first.click()
    wrong += look(page, "overview")
    page.get_by_role("button", name="All documents").click()
    page.get_by_role("checkbox", name="Search only in long.txt").press("Space")
    page.locator(".qa-document", has_text="long.txt").click()
    expect(page.locator("#qa-jump")).to_be_visible()
    page.locator("#qa-find").fill("lamp")
    page.locator("#qa-find").press("Enter")
    expect(page.locator(".qa-find .qa-position")).to_have_text("1 of 99")
    wrong += look(page, "document, and a word found in it")
    page.get_by_role("button", name="Close the document").click()
    show_answers(page)
    expect(page.locator("p.qa-scope-choice")).to_be_visible()
    wrong += look(page, "ticked")
    page.keyboard.press("Control+k")
    wrong += look(page, "search")
    page.keyboard.type("lamp")
    expect(page.locator("dialog .qa-place").first).to_be_visible()
    wrong += look(page, "places found")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert wrong == [], "\n".join(wrong)


@pytest.fixture(scope="module")
def kinds(start_module_chat, tmp_path_factory):
    """The chat over a document of each kind."""
    folder = tmp_path_factory.mktemp("kinds")
    page = "The keeper of the lighthouse at Ystad wrote in the book every evening, and nothing happened on that day. "
    (folder / "log.pdf").write_bytes(make_pdf(flow(page * 9), flow(page * 9)))
    (folder / "rules.md").write_text(
        "# Rules\n\n## Lamps\n\nThe lamp is *lit* at [dusk](https://offsite.invalid/).\n\n"
        "| good | price |\n|---|---|\n| oil | 7 |\n\n- one\n- two\n\n> said\n\n```\ncode\n```\n"
    )
    rows = "".join(f"{number},oil of kind {number},{number * 7}\n" for number in range(1, 400))
    (folder / "tariff.csv").write_text(f"number,good,price\n{rows}")
    return start_module_chat(folder).wait_until_ready()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_in_documents_of_any_kind(kinds, visit, size, theme):
    """Pages, markup and a table, each with a place marked in it; nor while files are held above the page."""
    page = open_page(visit, kinds.address, size, theme)
    wrong = []
    for name, words, ready in (
        ("log.pdf", "nothing happened", ".qa-box"),
        ("rules.md", "lamp", ".qa-markup mark"),
        ("tariff.csv", "oil of kind 300", "#qa-here"),
    ):
        show_documents(page)
        page.locator(".qa-document", has_text=name).click()
        expect(page.locator("#qa-viewer")).to_contain_text(name)
        page.locator("#qa-find").fill(words)
        page.locator("#qa-find").press("Enter")
        expect(page.locator("#qa-viewer").locator(ready).first).to_be_visible()
        wrong += look(page, name)
    page.evaluate("document.body.dataset.qaDrop = document.querySelector('.qa-header').dataset.drop")
    wrong += look(page, "files held above the page")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("size", SIZES)
def test_keyboard_reaches_everything_in_a_document(kinds, visit, size):
    """By Tab, whatever its kind; what a document covers on a phone is passed over."""
    page = open_page(visit, kinds.address, size)
    for name, control in (("log.pdf", "Larger"), ("rules.md", "Text"), ("tariff.csv", "Find in this document")):
        show_documents(page)
        page.locator(".qa-document", has_text=name).click()
        expect(page.locator("#qa-viewer")).to_contain_text(name)
        names = walk(page)
        assert {"Close the document", "Download the file", control} <= set(names)
        assert ("Width of the document" in names) == ("New conversation" in names) == (size == "wide")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_in_conversations_and_batches(plants, visit, size, theme):
    """Nor in the list, renaming, deleting, judging, what goes on, what disagrees, what comes back, and a batch's stages."""
    page = open_page(visit, plants.address, size, theme, expected=SILENCE)
    row = list_conversations(page)
    wrong = look(page, "no conversation")
    ask(page, TOWER)
    expect(page.locator("#qa-following").get_by_role("button").first).to_be_visible()
    wrong += look(page, "chips")
    answer = ask(page, WORKERS)
    expect(answer.get_by_role("group", name="These passages give different numbers")).to_be_visible()
    wrong += look(page, "different numbers")
    answer.locator(".qa-context > summary").first.click()
    wrong += look(page, "in context")
    for button in ("This answer is wrong", "Quote 1 is the wrong sentence"):
        answer.get_by_role("button", name=button).click()
        expect(answer.get_by_role("button", name=button)).to_have_attribute("aria-pressed", "true")
    wrong += look(page, "judged")
    row = list_conversations(page)
    wrong += look(page, "a conversation")
    row.locator("summary").click()
    wrong += look(page, "more")
    row.get_by_role("button", name="Rename").click()
    wrong += look(page, "renaming")
    page.get_by_role("textbox", name="Title").press("Escape")
    row.get_by_role("button", name="Delete").click()
    expect(row.get_by_role("button", name="Keep it")).to_be_focused()
    wrong += look(page, "deleting")
    page.reload()
    expect(page.locator("#turn-2")).to_be_visible()
    wrong += look(page, "brought back")
    page.get_by_role("tab", name="Batch").click()
    wrong += look(page, "no batch")
    choose(page, "question\nWho, what?\n" + f"{TOWER}\n" * 2_000)
    wrong += look(page, "batch with a bad row")
    act(page, "Start")
    expect(page.locator(".qa-batch-latest td").first).to_be_visible()
    wrong += look(page, "running")
    act(page, "Stop")
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    wrong += look(page, "stopped")
    choose(page, f"question\nWho, what?\n{TOWER}\n")
    act(page, "Start")
    expect(page.get_by_role("link", name="Download .md")).to_be_visible()
    wrong += look(page, "done")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing_while_loading_and_indexing(start_chat, visit, tmp_path, size):
    """Neither does it before there is anything to ask, nor while there are documents still to be embedded."""
    words = "amber birch cedar dogwood elder fir gorse hazel ivy juniper".split()
    paragraphs = [f"The {words[n % 10]} by the {words[n // 10 % 10]} is tree number {n}." for n in range(4000)]
    (tmp_path / "trees.txt").write_text("\n\n".join(paragraphs))
    server = start_chat(tmp_path)
    width, height = SIZES[size]
    page = visit(server.address, width=width, height=height)
    expect(page.locator(".qa-pending")).to_be_visible()
    wrong = look(page, "loading")
    show_documents(page)
    expect(page.locator(".qa-progress progress")).to_be_visible(timeout=60_000)
    wrong += look(page, "indexing")
    page.close()
    assert server.stop() == 0
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("size", SIZES)
def test_keyboard_reaches_everything_in_reading_order(server, visit, size):
    """Tab visits every control once, from the top down, each in sight and marked, and comes out at the end."""
    page = open_page(visit, server.address, size)
    ask(page, FOUR_DAYS)
    ask(page, CAPITAL)
    page.locator("#turn-2 .qa-fold > summary").first.click()
    walk(page)
    show_documents(page)
    assert {"Add files", "Add a folder", "Search only in long.txt", "Read again"} <= set(walk(page))


@pytest.mark.parametrize("size", SIZES)
def test_keyboard_reaches_conversations_chips_and_thumbs(plants, visit, size):
    """By Tab as all else; the tabs are one stop, and the arrow keys go on from there to the batch."""
    page = open_page(visit, plants.address, size)
    ask(page, TOWER)
    expect(page.locator("#qa-following").get_by_role("button").first).to_be_visible()
    row = list_conversations(page)
    row.locator("summary").click()
    names = walk(page)
    if size == "narrow":  # where the list covers the answers
        show_answers(page)
        names += walk(page)
        show_documents(page)
    for name in (
        *("Chat", "Conversations", "New conversation", "This answer is right", "This answer is wrong"),
        *("Who was Gustave Eiffel?", "Rename", "Delete", f"Save as HTML: {TOWER}", f"More: {TOWER}"),
    ):
        assert names.count(name) == 1, name
    row.get_by_role("button", name="Rename").click()
    assert walk(page).count("Title") == 1
    page.get_by_role("textbox", name="Title").press("Escape")
    row.get_by_role("button", name="Delete").press("Enter")
    assert walk(page).count("Keep it") == 1
    choose(page, f"question\n{TOWER}\nWho, what?\n")
    assert {"Start", "Remove", "Choose a file of questions"} <= set(walk(page))
    act(page, "Start")
    expect(page.get_by_role("link", name="Download .md")).to_be_visible()
    tab = page.get_by_role("tab", name="Chat")
    page.get_by_role("tab", name="Batch").press("ArrowLeft")
    expect(tab).to_be_focused()
    tab.press("ArrowRight")
    names = walk(page)
    assert {"Batch", "Download .md", "The answers"} <= set(names) and "Chat" not in names


def test_every_kind_of_control_works_by_keyboard(server, visit):
    """Each is pressed with a key, does its work, and leaves the focus somewhere."""
    page = open_page(visit, server.address)

    def press(control, key="Enter"):
        control.press(key)
        page.wait_for_function("document.activeElement !== document.body")

    box = page.get_by_role("textbox", name="Question")
    ask(page, FOUR_DAYS)
    expect(box).to_be_focused()
    ask(page, "And what about Oman?")
    press(page.locator("#turn-2").get_by_role("button", name="Search this question alone"))
    expect(page.locator("#turn-3")).to_be_visible()
    expect(box).to_be_focused()
    press(page.locator("#turn-1 .qa-context > summary").first)
    expect(page.locator("#turn-1 .qa-context blockquote").first).to_be_visible()
    menu = page.locator("#turn-1 .qa-head .qa-copying")
    press(menu.locator("summary"))
    press(menu.get_by_role("button", name="Answer with sources"))
    expect(menu.get_by_role("button", name="Copied")).to_be_focused()
    expect(menu.get_by_role("group")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()
    press(page.locator("#turn-1 .qa-cite").first)
    expect(page.locator("#qa-here")).to_be_focused()
    press(page.get_by_role("button", name="Close the document"), "Space")
    expect(page.locator("#turn-1 .qa-cite").first).to_be_focused()
    press(page.get_by_role("button", name="Light or dark"))
    press(page.get_by_role("button", name="Light or dark"))
    press(page.get_by_role("button", name="Search everything (Ctrl-K)"))
    expect(page.get_by_role("dialog").get_by_role("searchbox")).to_be_focused()
    press(page.get_by_role("dialog").get_by_role("button", name="Close the search"))
    expect(page.get_by_role("button", name="Search everything (Ctrl-K)")).to_be_focused()
    press(page.get_by_role("button", name="Show or hide the documents"))
    expect(page.locator("#qa-side")).to_be_hidden()
    press(page.get_by_role("button", name="Show or hide the documents"))
    press(page.get_by_role("button", name="Overview"), "Space")
    expect(page.locator(".qa-bars").first).to_be_visible()
    press(page.locator(".qa-bars summary").first)
    expect(page.locator(".qa-table").first).to_be_visible()
    press(page.get_by_role("button", name="All documents"))
    press(page.get_by_role("button", name="Not read 1"))
    expect(page.locator(".qa-row")).to_have_count(1)
    press(page.get_by_role("button", name="All 3"))
    expect(page.locator(".qa-row")).to_have_count(3)
    press(page.get_by_role("checkbox", name="Search only in long.txt"), "Space")
    expect(page.locator("p.qa-scope-choice bdi")).to_have_text("long.txt")
    press(page.get_by_role("button", name="Search in all documents again"))
    expect(box).to_be_focused()
    page.get_by_role("searchbox", name="Filter by name").press_sequentially("lon")
    expect(page.locator(".qa-row:visible")).to_have_count(1)
    press(page.get_by_role("button", name="Remove long.txt"))
    expect(page.locator("#qa-library-message")).to_contain_text("long.txt is left out")
    press(page.locator(".qa-row").get_by_role("button", name="Restore long.txt"))
    expect(page.locator("#qa-library-message")).to_contain_text("long.txt is searched again")
    expect(page.locator(".qa-row", has_text="long.txt")).to_contain_text("100 passages")
    press(page.locator("button.qa-document", has_text="long.txt"))
    viewer = page.locator("#qa-viewer")
    expect(viewer.locator(".qa-panel-body")).to_be_focused()
    page.locator("#qa-jump").fill("90")
    press(page.locator("#qa-jump"))
    expect(viewer).to_contain_text("Paragraphs 90 to 100 of 100")
    press(page.get_by_role("button", name="Earlier paragraphs"))
    expect(viewer).to_contain_text("Paragraphs 50 to 89 of 100")
    page.locator("#qa-find").fill("lamp 3")
    press(page.locator("#qa-find"))
    expect(viewer.locator(".qa-find .qa-position")).to_have_text("1 of 11")
    press(page.get_by_role("button", name="The next place"))
    expect(viewer.locator(".qa-find .qa-position")).to_have_text("2 of 11")
    press(page.get_by_role("button", name="Close the document"))
    expect(page.locator("button.qa-document", has_text="long.txt")).to_be_focused()
    press(page.get_by_role("button", name="Read again"))
    expect(page.locator("#qa-library-message")).to_contain_text("looked at again")
    for name in ("Add files", "Add a folder"):
        control = page.get_by_role("button", name=name)
        with page.expect_file_chooser():
            control.press("Enter")


def test_example_keeps_the_keyboard_in_the_box(seed_server, visit):
    """An example pressed by keyboard vanishes with the welcome; the next question can be typed at once."""
    page = visit(seed_server.address)
    page.get_by_role("button", name=FOUR_DAYS).press("Enter")
    expect(page.locator("#turn-1")).to_be_visible()
    expect(page.get_by_role("textbox", name="Question")).to_be_focused()
    expect(page.get_by_role("log")).to_contain_text(FOUR_DAYS)


def test_targets_are_large_enough_for_fingers(server, visit):
    """At 390 pixels nothing to press is smaller than 24 by 24."""
    page = open_page(visit, server.address, "narrow")
    ask(page, FOUR_DAYS)
    ask(page, CAPITAL)
    page.locator("#turn-2 .qa-fold > summary").first.click()
    for fold in (".qa-context", ".qa-more-places", ".qa-head .qa-copying"):
        page.locator(f"#turn-1 {fold} > summary").first.click()
    expect(page.locator("#turn-1 .qa-more-places").get_by_role("status")).to_be_visible()
    sizes = measure(page)
    page.locator("#turn-1 .qa-cite").first.click()
    expect(page.locator("#qa-here")).to_be_focused()
    sizes += measure(page)
    page.keyboard.press("Escape")
    show_documents(page)
    sizes += measure(page)
    page.keyboard.press("Control+k")
    page.keyboard.type("lamp")
    expect(page.locator("dialog .qa-place").first).to_be_visible()
    sizes += measure(page)
    assert len(sizes) > 50
    assert {(round(size), what) for size, what in sizes if size < 23.9} == set()


def test_targets_of_conversations_and_batches_are_large_enough(plants, visit):
    """Neither is anything in the list of conversations, under an answer, or about a batch."""
    page = open_page(visit, plants.address, "narrow")
    ask(page, WORKERS).locator(".qa-context > summary").first.click()
    ask(page, TOWER)
    expect(page.locator("#qa-following").get_by_role("button").first).to_be_visible()
    row = list_conversations(page)
    row.locator("summary").click()
    sizes = measure(page)
    show_answers(page)
    sizes += measure(page)
    show_documents(page)
    row.get_by_role("button", name="Rename").click()
    sizes += measure(page)
    page.get_by_role("textbox", name="Title").press("Escape")
    row.get_by_role("button", name="Delete").click()
    sizes += measure(page)
    choose(page, f"question\n{TOWER}\n")
    sizes += measure(page)
    act(page, "Start")
    expect(page.get_by_role("link", name="Download .md")).to_be_visible()
    sizes += measure(page)
    assert len(sizes) > 100
    assert {(round(size), what) for size, what in sizes if size < 23.9} == set()


def test_motion_is_reduced_where_it_is_not_wanted(server, visit):
    """Where motion is to be reduced, nothing glides to a new answer; elsewhere the page does."""
    glide = """
        window.glided = [];
        const { scrollIntoView } = Element.prototype;
        Element.prototype.scrollIntoView = function (options) {
            window.glided.push(options.behavior);
            scrollIntoView.call(this, options);
        };
    """
    page = open_page(visit, server.address, script=glide)
    for motion, behaviour in (("reduce", "auto"), ("no-preference", "smooth")):
        page.emulate_media(reduced_motion=motion)
        page.evaluate("glided.length = 0")
        ask(page, FOUR_DAYS)
        page.wait_for_function("glided.length > 0")
        assert set(page.evaluate("glided")) == {behaviour}


@pytest.mark.parametrize("size", SIZES)
def test_nothing_jumps_while_a_question_is_answered(start_chat, seeds, visit, size):
    """Neither while loading turns to ready, nor with answers, does the layout shift by more than .1 in all."""
    server = start_chat(seeds)
    width, height = SIZES[size]
    page = visit(server.address, width=width, height=height, script=SHIFTS)
    total = "shifts.filter((shift) => !shift.hadRecentInput).reduce((sum, shift) => sum + shift.value, 0)"
    expect(page.locator(".qa-document")).to_have_count(1, timeout=60_000)
    assert page.evaluate(total) < 0.1, page.evaluate(TOLD)
    page.evaluate("shifts.length = 0")
    for question in (FOUR_DAYS, CAPITAL):
        ask(page, question)
        expect(page.locator(".qa-question").last).to_be_in_viewport()
        expect(page.get_by_role("textbox", name="Question")).to_be_focused()
        assert page.evaluate(total) < 0.1, page.evaluate(TOLD)


HINT = """() => [getComputedStyle(document.querySelector("#qa-question textarea"), "::placeholder").color,
    getComputedStyle(document.querySelector("#qa-message .qa-message")).color]"""


@pytest.mark.parametrize("size", SIZES)
def test_nothing_jumps_with_what_comes_by_itself(plants, visit, size):
    """Neither an answer with what goes on, nor the conversation that comes back, nor a batch that runs moves the page."""
    page = visit(plants.address, width=SIZES[size][0], height=SIZES[size][1], script=SHIFTS, expected=SILENCE)
    expect(page.locator(".qa-example")).to_have_count(4)
    moved = {}

    def note(state):
        page.wait_for_function("document.getAnimations().length === 0")
        page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        moved[state] = page.evaluate("shifts.reduce((sum, shift) => sum + shift.value, 0)")
        print(state, page.evaluate(TOLD))
        page.evaluate("shifts.length = 0")

    note("welcome")
    for turn in (1, 2):  # by no key and no pointer: what comes within half a second of these is not counted as a jump
        page.evaluate("document.dispatchEvent(new CustomEvent('qa-example', { detail: { example: 0 } }))")
        expect(page.locator(f"#turn-{turn}")).to_be_visible()
        expect(page.locator("#qa-following").get_by_role("button").first).to_be_visible()
        note(f"answer {turn}")
    box = page.locator("#qa-question .input-container").bounding_box()
    following = page.locator("#qa-following").get_by_role("button").first.bounding_box()
    assert box["y"] + box["height"] <= following["y"] <= SIZES[size][1] - following["height"]
    hint, line = page.evaluate(HINT)
    assert hint == line  # both are muted, and can be read
    page.reload()
    expect(page.locator("#turn-2")).to_be_visible()
    expect(page.locator("#qa-following").get_by_role("button").first).to_be_visible()
    note("brought back")
    choose(page, f"question\n{TOWER}\nWho, what?\n")
    page.evaluate("shifts.length = 0")
    page.evaluate("document.querySelector('#qa-batch-controls .qa-batch').click()")
    expect(page.get_by_role("link", name="Download .md")).to_be_visible()
    note("batch")
    assert {state: shift for state, shift in moved.items() if shift >= 0.1} == {}
