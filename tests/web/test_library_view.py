"""The library as HTML: rows, filters, pages, bars; and that none of it can be anything but text."""

import re
from collections import Counter
from dataclasses import replace

import pytest
from page_parts import NASTY, Reader
from plum_assistant import make_status

from index import Document, DocumentStatus, Metadata, Passage, Place, StatusPage
from qa.text import describe_size
from qa.web.library.libraries import PAGE_ROWS, Listing, Numbers
from qa.web.library.view import (
    MOST_BARS,
    describe_facts,
    render_bars,
    render_holdings,
    render_libraries,
    render_library,
    render_library_message,
    shorten,
)
from qa.web.ui.templates import render_header, render_progress
from qa.web.viewer.view import View, find_page, render_view

STATUSES = (
    make_status("a.pdf", id=3, passages=12, pages=4, language="de", pending=5),
    make_status("b.txt", state="failed", reason="has no readable text."),
    make_status("c.txt", id=5, state="excluded", passages=1),
    make_status("d.txt", state="pending"),
)


def render_html(statuses=STATUSES, listing=None, **options):
    """The list of those documents that have the state; the page that was asked for is there."""
    listing = listing or Listing()
    matching = [status for status in statuses if listing.state in ("", status.state)]
    first = PAGE_ROWS * listing.page
    rows = tuple(matching[first : first + PAGE_ROWS]) if not listing.name else ()
    counts = Counter(status.state for status in statuses)
    found = StatusPage(rows, first, len(matching), dict(counts))
    return render_library(found, listing, Numbers().number, **options)


def render(statuses=STATUSES, listing=None, **options):
    """The list, read back."""
    return Reader(render_html(statuses, listing, **options))


def test_row_says_what_is_known_of_its_document():
    """State, passages, pages, language, size and date; what failed says why and cannot be opened."""
    read = render()
    facts = (
        "a.pdfindexed · 12 passages · 4 pages · German · 33 bytes · 5 passages found by words only so far · 2024-05-01"
    )
    text = read.text.replace("\N{NO-BREAK SPACE}", " ")
    assert facts in text
    assert "b.txtnot read · 33 bytes · 2024-05-01has no readable text." in text
    assert [found["data-document"] for found in read.find("data-document")] == ["3", "5"]
    assert [(found["data-qa"], found["data-row"], found["aria-label"]) for found in read.find("data-row")] == [
        ("remove", "0", "Remove a.pdf"),
        ("remove", "1", "Remove b.txt"),
        ("restore", "2", "Restore c.txt"),
        ("remove", "3", "Remove d.txt"),
    ]


def test_title_stands_above_the_name_of_its_file():
    """Where the file states one; then it is not among the facts again, nor is the author."""
    about = Metadata("Rules <of> the harbour", "Ida", "2024-03")
    html = render_html([make_status("a.pdf", id=1, metadata=about)])
    assert (
        '<bdi class="qa-title">Rules &lt;of&gt; the harbour</bdi><bdi class="qa-file" title="a.pdf">a.pdf</bdi>' in html
    )
    assert html.count("Rules") == 1 and "Ida" not in html
    assert "qa-title" not in render_html()


def test_documents_and_folders_can_be_ticked():
    """A folder once, before what is in it; only what has text, and is not left out, can be searched by itself."""
    statuses = [
        make_status("a/b/one.txt", id=1),
        make_status("a/b/two.txt", state="failed"),
        make_status("a/three.txt", id=3),
        make_status("b/four.txt", id=4, state="excluded"),
        make_status("five.txt", id=5),
    ]
    read = render(statuses)
    assert [(found["data-scope"], found["aria-label"]) for found in read.find("data-scope")] == [
        ("a/", "Search only in a/"),
        ("a/b/", "Search only in a/b/"),
        ("a/b/one.txt", "Search only in a/b/one.txt"),
        ("a/three.txt", "Search only in a/three.txt"),
        ("b/", "Search only in b/"),
        ("five.txt", "Search only in five.txt"),
    ]
    assert {found["type"] for found in read.find("data-scope")} == {"checkbox"}
    rows = [found for tag, found in read.tags if tag == "li"]
    assert [row["style"][-1] for row in rows] == ["0", "1", "2", "2", "1", "0", "1", "0"]


def test_server_of_an_address_is_a_folder():
    """With its scheme, once; a page without a name of its own has its whole address."""
    names = ("https://example.org/", "https://example.org/fruit/plum.html", "https://example.net")
    statuses = [make_status(name, id=number) for number, name in enumerate(names)]
    assert [found["data-scope"] for found in render(statuses).find("data-scope")] == [
        *("https://example.org/", "https://example.org/", "https://example.org/fruit/"),
        *("https://example.org/fruit/plum.html", "https://example.net"),
    ]
    html = render_html(statuses)
    assert re.findall(r'"qa-file" title="[^"]+">([^<]+)<', html) == [names[0], "plum.html", names[2]]


def test_no_path_reaches_the_list():
    """The browser gets numbers and names, never where a file lies."""
    assert "/a.pdf" not in render_html()


def test_states_are_offered_with_their_counts():
    """Those there are; the one shown is pressed, and counts do not change with it."""
    read = render(listing=Listing(state="failed"))
    assert [found["aria-pressed"] for found in read.find("data-qa", "state")] == [
        "false",
        "false",
        "false",
        "true",
        "false",
    ]
    assert "All 4Indexed 1Waiting 1Not read 1Left out 1" in read.text
    assert "b.txt" in read.text and "a.pdf" not in read.text
    assert render(STATUSES[:1]).find("data-qa", "state") == []


@pytest.mark.parametrize(
    ("page", "place", "before", "after"),
    [(0, "1 to 200", False, True), (1, "201 to 400", True, True), (2, "401 to 450", True, False)],
)
def test_long_list_comes_in_pages(page, place, before, after):
    """200 rows each, with buttons to those before and after, and the place among all."""
    statuses = [make_status(f"{number:03}.txt", id=number) for number in range(1, 451)]
    read = render(statuses, Listing(page=page))
    assert f"{place} of 450" in read.text
    assert ["disabled" not in found for found in read.find("data-qa", "rows")] == [before, after]
    assert [found["data-page"] for found in read.find("data-pages")] == [str(page)]


def test_list_says_when_nothing_matches():
    """Or that there is nothing."""
    assert "No document matches." in render(listing=Listing(name="zzz")).text
    assert "Nothing here yet." in render(()).text


def test_bars_are_widest_for_the_most_and_the_rest_is_one():
    """The table beside them says the same, in the same order."""
    read = Reader(render_bars("Passages", [(f"{n:02}.txt", n) for n in range(1, MOST_BARS + 4)], "letters"))
    widths = [float(found["width"].rstrip("%")) for tag, found in read.tags if tag == "rect"]
    assert len(widths) == MOST_BARS + 1 and widths[:-1] == sorted(widths[:-1], reverse=True)
    assert widths[:2] == [50.0, pytest.approx(50 * 22 / 23, abs=0.01)]
    assert "3 others6" in read.text
    assert [tag for tag, found in read.tags if found.get("role") == "img"] == ["svg"]
    assert "Passages: 23.txt has most, 23 passages." in read.text


def test_nothing_indexed_is_nothing_to_draw():
    """There is no empty picture."""
    assert "svg" not in render_holdings([("a.txt", "en", 0)], "x")


def test_long_label_keeps_its_ends():
    """Which tell one file from another."""
    assert shorten("reports/2023/quarterly-3.pdf") == "reports/2…erly-3.pdf"
    assert shorten("short.txt") == "short.txt"


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1500, "1.5 kB"),
        (9_949, "9.9 kB"),
        (9_950, "10 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (1_350_000, "1.4 MB"),
        (3_072_000_000, "3.1 GB"),
        (4 * 10**12, "4,000 GB"),
    ],
)
def test_size_is_told_in_words(count, said):
    """In the largest unit that fits."""
    assert describe_size(count) == said


def test_progress_is_drawn_only_while_there_is_any():
    """The bar has a name and no more than it can hold."""
    read = Reader(render_progress("Indexing: <3>", 1.7, version="v"))
    assert [found["value"] for tag, found in read.tags if tag == "progress"] == ["1.000"]
    assert "Indexing: <3>" in read.text
    assert [tag for tag, _ in Reader(render_progress("", 0.5, version="v")).tags] == ["div"]
    assert "value" not in dict(Reader(render_progress("x", None, version="v")).tags)["progress"]


def test_title_author_and_date_are_shown_with_the_name():
    """As far as the file states them, before what was made of it."""
    about = Metadata("Rules <of> the harbour", "Ida", "2024-03")
    status = DocumentStatus(1, "a.pdf", "/a.pdf", "indexed", 3, 2, 0, "en", 1500, metadata=about)
    assert describe_facts(status) == [
        "Rules <of> the harbour", "Ida", "of 2024-03", "3 passages", "2 pages", "English", "1.5 kB"
    ]  # fmt: skip
    assert describe_facts(replace(status, metadata=Metadata()))[0] == "3 passages"


def test_paragraph_says_where_it_stands_and_whether_it_is_ever_quoted():
    """Pages, sheets, slides, rows, dates and times as the format has them, each told when it begins."""
    text = "Head\n\nOne.\n\nTwo.\n\nThree.\n\nFour."
    passages = (
        Passage(1, 0, 4, (), answering=False, place=Place(page=1)),
        Passage(2, 6, 10, (), place=Place(page=1, heading="Head")),
        Passage(3, 12, 16, (), place=Place(page=2, heading="Head > Sub", row=7)),
        Passage(4, 18, 24, (), place=Place(sheet="Costs", heading="Head > Sub")),
        Passage(5, 26, 31, (), place=Place(slide=3, date="2024-05-01", time="0:12:31")),
    )
    view = View(
        1,
        Document("d", "/d", text, "0", "0", extractor="text 1"),
        passages,
        0,
        {"document": 1},
        notes=("page 9 has no text",),
    )
    read = Reader(render_view(view, arrival="a"))
    text = "".join(line.strip() for line in read.text.splitlines())
    assert "Page 11Headnot quoted as an answer2One.Page 2Under: Head > Sub3Two.row 7" in text
    assert "Sheet Costs4Three.Slide 35Four.2024-05-01\N{NO-BREAK SPACE}· 0:12:31" in text
    assert (
        "1 passage never quoted\N{NO-BREAK SPACE}· read by text\N{NO-BREAK SPACE}1" in read.text
        and "page 9 has no text" in read.text
    )


def test_page_is_found_also_where_it_has_no_text():
    """The next page that has any is shown; past the end, the last paragraph."""
    passages = tuple(Passage(n, n, n + 1, (), place=Place(page=page)) for n, page in enumerate((1, 1, 2, 5), start=1))
    assert [find_page(passages, page) for page in (0, 1, 2, 3, 6)] == [0, 0, 2, 3, 3]
    assert find_page((), 3) == 0


def test_nothing_but_text_comes_from_names_reasons_and_notes():
    """Hostile text comes back out letter for letter, and adds no tag and no attribute."""

    def pages(text):
        hostile = make_status(
            f"{text}/{text}",
            id=1,
            metadata=Metadata(text, text),
            passages=2,
            pages=1,
            language=text,
            extractor=text,
            modified=text,
            notes=(text,),
            path="/x",
        )
        failed = make_status(text, state="failed", reason=text, path="/y")
        passage = Passage(1, 0, len(text), (), place=Place(heading=text, sheet=text, date=text))
        document = Document(text, "/x", text, "0", "0", extractor=text)
        listing = Listing(name=text)
        return [
            render_library(StatusPage((hostile, failed), 0, 2, {}), listing, Numbers().number),
            render_library_message(text, restore=(1, text)),
            render_library_message(text, alarm=True),
            render_holdings([(text, text, 2)], arrival=text),
            render_view(View(1, document, (passage,), 0, {"document": 1}, notice=text, notes=(text,)), arrival=text),
            render_progress(text, 0.5, version=text),
            render_header(text, text),
        ]

    for nasty, calm in zip(pages(NASTY), pages("ca/l/m"), strict=True):
        read, expected = Reader(nasty), Reader(calm)
        assert NASTY in read.text
        assert [(tag, sorted(found)) for tag, found in read.tags] == [
            (tag, sorted(found)) for tag, found in expected.tags
        ]


def test_a_library_that_can_only_be_read_offers_no_changes():
    """Documents are opened, filtered and ticked; the menu leads to the other libraries."""
    statuses = [make_status("a.pdf", id=1), make_status("b.pdf", state="excluded")]
    html = render_html(statuses, read_only=True)
    actions = set(re.findall(r'data-qa="([a-z-]+)"', html))
    assert actions == {"browse", "holdings", "state"}
    menu = render_libraries([], "", own=True, models={"": "English", "multilingual": "Many"}, read_only=True)
    assert "<form" not in menu and "delete" not in menu
    assert 'data-act="create_library"' in render_libraries([], "")
