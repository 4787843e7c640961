"""The page for everybody: axe finds nothing in any state, all goes by keyboard, and nothing moves where it should not."""

import importlib
import os
from importlib.resources import files

import pytest
from suggestion_texts import TEXTS
from web_fixtures import SILENCE

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
    expect(page.locator(".qa-document").first).to_be_visible()
    return page


def ask(page, question):
    """Ask by keyboard; returns the answer."""
    turn = page.locator(".qa-answer").count() + 1
    box = page.get_by_role("textbox", name="Question")
    box.fill(question)
    box.press("Enter")
    expect(page.locator(f"#turn-{turn}")).to_be_visible()
    return page.locator(f"#turn-{turn}")


def list_conversations(page):
    """Open the list of conversations; returns the first of them."""
    page.get_by_role("button", name="Conversations", exact=True).click()
    expect(page.locator(".qa-view-conversations")).to_be_visible()
    return page.locator(".qa-conversation").first


def choose(page, rows):
    """Choose a file of questions in the second tab."""
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
            const region = (item) => item.closest("#qa-chat, #qa-composer, .qa-panel, #qa-adding")?.outerHTML;
            const y = (item) => item.getBoundingClientRect().y;
            const higher = controls.filter(
                (item, number) => number && region(item) === region(controls[number - 1])
                    && y(item) < y(controls[number - 1]) - 12 && !item.closest(".qa-panel-body"));
            return [controls.length, higher.map((item) => item.textContent)];
        }}"""
    )
    assert higher == []
    page.locator("h1").click()  # from where Tab goes on
    seen = []
    for _ in range(wanted):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUSED) or {"number": None})
    for _ in range(
        5
    ):  # the browser's own part takes the focus when it gets to it, and asks for another press if it did not
        page.keyboard.press("Tab")
        page.wait_for_timeout(100)
        if came_out := page.evaluate(FOCUSED) is None:
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
    """Empty, answered, closest, not found, the list, a document, the overview and an open menu pass, as dark as light."""
    page = open_page(visit, server.address, size, theme)
    wrong = look(page, "empty")
    verdicts = {}
    for question in (FOUR_DAYS, CAPITAL, NEAR, COMPASS):
        answer = ask(page, question)
        verdicts[question] = answer.get_attribute("class")
        wrong += look(page, verdicts[question])
    assert {kind.split()[-1] for kind in verdicts.values()} == {"qa-answered", "qa-closest", "qa-not_in_sources"}
    page.locator(".qa-fold > summary").first.click()
    wrong += look(page, "unfolded")
    page.get_by_role("textbox", name="Question").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    wrong += look(page, "refused")
    page.locator("#turn-1 .qa-open").first.click()
    expect(page.locator("#qa-here")).to_be_focused()
    wrong += look(page, "document at a quote")
    page.get_by_role("button", name="All documents").click()
    page.get_by_role("button", name="Overview").click()
    expect(page.locator(".qa-bars").first).to_be_visible()
    page.locator(".qa-bars summary").first.click()
    wrong += look(page, "overview")
    page.get_by_role("button", name="All documents").click()
    page.locator(".qa-document", has_text="long.txt").click()
    expect(page.locator("#qa-jump")).to_be_visible()
    wrong += look(page, "document")
    picker = page.get_by_role("combobox", name="Search in")
    picker.press("ArrowDown")
    expect(page.get_by_role("option").first).to_be_visible()
    wrong += look(page, "menu")
    picker.press("Enter")
    picker.press("Escape")
    wrong += look(page, "chosen")
    assert wrong == []


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
    answer.locator(".qa-why > summary").first.click()
    wrong += look(page, "why this passage")
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
    assert wrong == []


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
    expect(page.locator(".qa-progress progress")).to_be_visible(timeout=60_000)
    wrong += look(page, "indexing")
    page.close()
    assert server.stop() == 0
    assert wrong == []


@pytest.mark.parametrize("size", SIZES)
def test_keyboard_reaches_everything_in_reading_order(server, visit, size):
    """Tab visits every control once, from the top down, each in sight and marked, and comes out at the end."""
    page = open_page(visit, server.address, size)
    ask(page, FOUR_DAYS)
    ask(page, CAPITAL)
    page.locator(".qa-fold > summary").click()
    walk(page)


@pytest.mark.parametrize("size", SIZES)
def test_keyboard_reaches_conversations_chips_and_thumbs(plants, visit, size):
    """By Tab as all else; the tabs are one stop, and the arrow keys go on from there to the batch."""
    page = open_page(visit, plants.address, size)
    ask(page, TOWER)
    expect(page.locator("#qa-following").get_by_role("button").first).to_be_visible()
    row = list_conversations(page)
    row.locator("summary").click()
    names = walk(page)
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
    assert {"Batch", "Download .md", "The latest answers"} <= set(names) and "Chat" not in names


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
    press(page.locator("#turn-1 .qa-marker").first)
    expect(page.locator("#turn-1 .qa-card").first).to_be_focused()
    press(page.locator("#turn-1").get_by_role("button", name="Copy with sources"))
    expect(page.get_by_role("button", name="Copied")).to_be_focused()
    press(page.locator("#turn-1 .qa-open").first)
    expect(page.locator("#qa-here")).to_be_focused()
    press(page.get_by_role("button", name="Back to the answer"))
    expect(page.locator("#turn-1 .qa-open").first).to_be_focused()
    press(page.get_by_role("button", name="All documents"), "Space")
    press(page.get_by_role("button", name="Overview"), "Space")
    expect(page.locator(".qa-bars").first).to_be_visible()
    press(page.locator(".qa-bars summary").first)
    expect(page.locator(".qa-table").first).to_be_visible()
    press(page.get_by_role("button", name="All documents"))
    press(page.get_by_role("button", name="Not read 1"))
    expect(page.locator(".qa-row")).to_have_count(1)
    press(page.get_by_role("button", name="All 3"))
    expect(page.locator(".qa-row")).to_have_count(3)
    page.get_by_role("searchbox", name="Filter by name").press_sequentially("lon")
    expect(page.locator(".qa-row:visible")).to_have_count(1)
    press(page.get_by_role("button", name="Remove long.txt"))
    expect(page.locator("#qa-library-message")).to_contain_text("long.txt is left out")
    press(page.locator(".qa-row").get_by_role("button", name="Restore long.txt"))
    expect(page.locator("#qa-library-message")).to_contain_text("long.txt is searched again")
    expect(page.locator(".qa-row", has_text="long.txt")).to_contain_text("100 passages")
    press(page.locator("button.qa-document", has_text="long.txt"))
    expect(page.locator(".qa-panel-body")).to_be_focused()
    page.locator("#qa-jump").fill("90")
    press(page.locator("#qa-jump"))
    expect(page.locator(".qa-panel")).to_contain_text("Paragraphs 90 to 100 of 100")
    press(page.get_by_role("button", name="Earlier paragraphs"))
    expect(page.locator(".qa-panel")).to_contain_text("Paragraphs 50 to 89 of 100")
    press(page.get_by_role("button", name="All documents"))
    press(page.get_by_role("button", name="Re-index"))
    expect(page.locator("#qa-library-message")).to_contain_text("looked at again")
    press(page.get_by_role("button", name="Add", exact=True))
    drop = page.get_by_role("button", name="Drop documents here, or choose files")
    expect(drop).to_be_focused()
    for control in (drop, page.get_by_role("button", name="Choose a folder")):
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
    page.locator(".qa-fold > summary").click()
    sizes = measure(page)
    assert len(sizes) > 20
    assert [size for size in sizes if size[0] < 23.9] == []


def test_targets_of_conversations_and_batches_are_large_enough(plants, visit):
    """Neither is anything in the list of conversations, under an answer, or about a batch."""
    page = open_page(visit, plants.address, "narrow")
    ask(page, WORKERS).locator(".qa-why > summary").first.click()
    ask(page, TOWER)
    expect(page.locator("#qa-following").get_by_role("button").first).to_be_visible()
    row = list_conversations(page)
    row.locator("summary").click()
    sizes = measure(page)
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
    assert [size for size in sizes if size[0] < 23.9] == []


def test_motion_is_reduced_where_it_is_not_wanted(server, visit):
    """Where motion is to be reduced, a pressed marker flashes not and nothing glides; elsewhere it does."""
    page = open_page(visit, server.address)
    marker = ask(page, FOUR_DAYS).locator(".qa-marker").first
    moving = "document.getAnimations().filter((item) => item.animationName === 'qa-flash').length"
    for motion, count in (("reduce", 0), ("no-preference", 1)):
        page.emulate_media(reduced_motion=motion)
        marker.press("Enter")
        assert page.evaluate(moving) == count


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
