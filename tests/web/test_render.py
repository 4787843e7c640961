"""Answers and documents as HTML: what is shown, and that none of it can be anything but text."""

import re
from dataclasses import replace

import pytest
from page_parts import NASTY, TEXT, Reader, make_citation, make_turn
from two_answers import BOTH, CORRECTED, GREETING, GUIDANCE, WHEN

from index import Box, Document, Metadata, Original, Passage, Place, Sheet
from qa.answering.answer import Answer, Scope
from qa.answering.citation import Relevance, TermEvidence
from qa.answering.disagreements import Disagreement, Statement
from qa.markup import Mark, escape, line_class, render_marked
from qa.web.chat.narrowing import Narrowing
from qa.web.chat.view import Turn, describe, render_question, render_turn
from qa.web.search import Filters, FoundDocument, FoundPlace, render_places, render_problem
from qa.web.ui.templates import render_message, render_welcome
from qa.web.viewer.view import TEXT_ONLY, Marked, View, choose_window, render_view


def make_document(count):
    """A document of numbered paragraphs."""
    texts = [f"Paragraph {number}." for number in range(1, count + 1)]
    text = "\n\n".join(texts)
    passages, start = [], 0
    for number, each in enumerate(texts, start=1):
        passages.append(Passage(number, start, start + len(each), ()))
        start += len(each) + 2
    return Document("long.txt", "/long.txt", text, "0", "0"), tuple(passages)


def test_answer_shows_its_quotes_each_with_its_source_and_its_context():
    """In order; each has a button that opens it, and a fold in which it is marked in its paragraph."""
    turn = make_turn("answered", make_citation(16, 31), make_citation(0, 15), make_citation(33, 49))
    html = render_turn(turn)
    read = Reader(html)
    assert [found["id"] for tag, found in read.tags if tag == "li"] == ["src-4-1", "src-4-2", "src-4-3"]
    assert re.findall(r"<q [^>]*>(.*?)</q>", html) == ["Figs are sweet.", "Plums are blue.", "Pears are green."]
    opened = read.find("data-qa", "open")
    assert [(found["data-turn"], found["data-citation"]) for found in opened] == [("4", "1"), ("4", "2"), ("4", "3")]
    assert [found["aria-label"] for found in opened] == [
        "Open source 1: fruit.txt, paragraph 1",
        "Open source 2: fruit.txt, paragraph 1",
        "Open source 3: fruit.txt, paragraph 2",
    ]
    assert [Reader(context).text for context in re.findall(r"<details class=\"qa-context\">.*?</details>", html)] == [
        "In contextPlums are blue. Figs are sweet.",
        "In contextPlums are blue. Figs are sweet.",
        "In contextPears are green.",
    ]
    assert read.marked == ["Figs are sweet.", "Plums are blue.", "Pears are green."]
    assert [found["data-number"] for found in read.find("data-number")] == ["1", "2", "3"]
    assert "Answered · 1 document" in read.text


def test_documents_quoted_are_counted_by_their_files():
    """Two of one name are two; how many there are stands in the verdict."""
    first = make_citation(0, 15)
    second = replace(first, path="/elsewhere/fruit.txt")
    assert "Answered · 2 documents" in Reader(render_turn(make_turn("answered", first, second))).text
    assert "Answered · 1 document" in Reader(render_turn(make_turn("answered", first, make_citation(33, 49)))).text


def test_no_path_reaches_the_page():
    """The browser gets numbers and names, never where a file lies."""
    assert "/fruit.txt" not in render_turn(make_turn("answered", make_citation(0, 15)))


def test_question_outside_the_sources_folds_its_closest_passages():
    """What was searched stands above the fold; there is no quote of an answer."""
    read = Reader(render_turn(make_turn("not_in_sources", make_citation(0, 15))))
    tags = [(tag, found.get("class")) for tag, found in read.tags]
    assert "Not in your documents" in read.text
    assert "Searched: 1 document, 2 passages. Nothing there answers this question." in read.text
    assert tags.index(("details", "qa-fold")) < tags.index(("li", "qa-quote"))
    assert "q" not in [tag for tag, _ in tags] and "Closest passages (1), for you to judge" in read.text


@pytest.mark.parametrize(
    ("unread", "said"), [(0, ""), (1, "1 file could not be read."), (1_200, "1,200 files could not be read.")]
)
def test_not_found_says_how_many_files_could_not_be_read(unread, said):
    """The answer may be in one of them; where all were read there is nothing to say, nor under an answer."""
    turn = replace(make_turn("not_in_sources"), unread=unread)
    text = Reader(render_turn(turn)).text
    assert said in text and ("could not be read" in text) == bool(said)
    assert "could not be read" not in render_turn(replace(make_turn("answered", make_citation(0, 15)), unread=unread))


def test_question_outside_the_sources_needs_no_closest_passage():
    """With nothing near at all there is no empty fold."""
    read = Reader(render_turn(make_turn("not_in_sources")))
    assert [found for tag, found in read.tags if tag == "details" and "qa-copying" not in found["class"]] == []


def test_closest_passages_are_not_dressed_as_an_answer():
    """They are shown unfolded under an honest title, as passages and not as quotes."""
    read = Reader(render_turn(make_turn("closest", make_citation(0, 15))))
    tags = [tag for tag, _ in read.tags]
    folds = [found["class"] for tag, found in read.tags if tag == "details" and "qa-copying" not in found["class"]]
    assert "Possibly" in read.text and "they may not answer. Searched: 1 document, 2 passages." in read.text
    assert "q" not in tags and "blockquote" in tags and folds == ["qa-fold qa-more-places"]
    kept = Reader(render_turn(replace(make_turn("closest", make_citation(0, 15)), conversation=1)))
    assert [found["data-label"] for found in kept.find("data-qa", "judge")] == ["up", "down"]
    assert [found["class"] for tag, found in read.tags if tag == "ul"] == ["qa-quotes qa-near"]
    assert read.marked == ["Plums are blue."]


def test_question_made_to_stand_alone_is_named():
    """When something else than the typed question was searched, the page says what."""
    answer = Answer("And figs?", "Are figs sweet?", "not_in_sources", 0.1, (), (), Scope(1, 2))
    assert "Searched for: Are figs sweet?" in Reader(render_turn(Turn(1, answer))).text


@pytest.mark.parametrize("verdict", ["answered", "closest", "not_in_sources"])
def test_an_answer_given_while_indexing_says_so(verdict):
    """How many passages were searched by their words only stands under any verdict; without such, nothing."""
    citation = (make_citation(0, 15),)
    found = {"answered": (citation, ()), "closest": ((), citation), "not_in_sources": ((), ())}[verdict]
    early = Answer("Which?", "Which?", verdict, 0.5, *found, Scope(1, 2_000, pending=1_500))
    late = Answer("Which?", "Which?", verdict, 0.5, *found, Scope(1, 2_000))
    said = "Indexing is still at work: 1,500 passages were searched by their words only, not by their meaning."
    assert said in Reader(render_turn(Turn(1, early))).text
    assert "Indexing" not in render_turn(Turn(1, late))


def test_question_searched_as_typed_needs_no_remark():
    """Blanks that were evened out are not worth a word."""
    answer = Answer("Which\n  fruit?", "Which fruit?", "not_in_sources", 0.1, (), (), Scope(1, 2))
    assert "Searched for" not in render_turn(Turn(1, answer))


@pytest.mark.parametrize("verdict", ["closest", "not_in_sources"])
def test_words_that_occur_nowhere_are_named(verdict):
    """Negative evidence is shown, with what is spelt nearly like it; words that do occur are not listed."""
    evidence = (TermEvidence("plums", 3), TermEvidence("<b>pares", 0, ("pears", "pares")), TermEvidence("kiwi", 0))
    answer = Answer("q?", "q?", verdict, 0.1, (), (), Scope(1, 2), evidence)
    assert "Words found nowhere: <b>pares (nearly: pears, pares), kiwi." in Reader(render_turn(Turn(1, answer))).text


def test_source_says_where_else_its_passage_stands():
    """Copies of a passage are named in its fold, under a quote and under a closest passage."""
    citation = replace(make_citation(0, 15), twins=("copy.txt, paragraph 1", "<i>.txt, paragraph 9"))
    for verdict in ("answered", "closest", "not_in_sources"):
        read = Reader(render_turn(make_turn(verdict, citation)))
        assert "Also in: copy.txt, paragraph 1; <i>.txt, paragraph 9" in read.text


def test_nothing_but_text_comes_from_documents_names_and_questions():
    """Hostile text comes back out letter for letter, and adds no tag and no attribute."""
    why = Relevance(0.5, 0.5, 0.5, ((1, 7), (9, len(NASTY))), (NASTY,))

    def pages(text):
        """Everything that shows a text, which is as long as the hostile one."""
        citation = replace(make_citation(0, len(text), source=text, text=text), relevance=why, twins=(text,))
        differing = (Disagreement("number", tuple(Statement(n, 1, 7, 0, len(text)) for n in (1, 2))),)
        narrowing = Narrowing((text, "b"), 2, 3)
        turns = [
            replace(make_turn(verdict, citation, question=text), narrowing=narrowing, remarks=(text,), conversation=1)
            for verdict in ("answered", "closest", "not_in_sources")
        ]
        turns += [make_turn("answered", citation, citation, disagreements=differing)]
        turns += [replace(turns[0], answer=replace(turns[0].answer, kind="guidance", message=text))]
        document = Document(text, "/x", text, "0", "0", metadata=Metadata(text, text), extractor=text)
        about = View(3, document, (Passage(1, 0, len(text), ()),), 0, {"turn": 4, "citation": 1}, notice=text)
        about = replace(about, marks=(Marked(1, 0, len(text)),), current=1, sought=text, facts=(text,), notes=(text,))
        paged = Original("pages", text, pages=((1.0, 2.0),))
        box = {1: (Box(0, 1, 1, 0.1, 0.1, 0.5, 0.5),)}
        sheets = (Sheet(text, 9, 2), Sheet("b", 9, 2))
        found = FoundDocument(text, text, (FoundPlace(1, 0, 9, text, text, text, ((1, 7), (9, 12))),))
        return [
            *map(render_turn, turns),
            render_question(text, 1),
            render_welcome([(0, text)]),
            render_message(text),
            render_view(about, arrival=text),
            render_view(about, arrival="a", turn=turns[0]),
            render_view(replace(about, original=paged, has_original=True, boxes=box), arrival="a"),
            render_view(replace(about, original=Original("markup", text), has_original=True), arrival="a"),
            render_view(replace(about, original=Original("grid", text, sheets=sheets), has_original=True), arrival="a"),
            render_places([found], Filters((text,), (text,))),
            render_problem(text),
        ]

    for nasty, calm in zip(pages(NASTY), pages("x" * len(NASTY)), strict=True):
        read, expected = Reader(nasty), Reader(calm)
        assert NASTY in read.text
        assert [(tag, sorted(found)) for tag, found in read.tags] == [
            (tag, sorted(found)) for tag, found in expected.tags
        ]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        pytest.param([(16, 31)], ["Figs are sweet."], id="one"),
        pytest.param([(16, 31), (0, 15)], ["Plums are blue.", "Figs are sweet."], id="out of order"),
        pytest.param([(16, 31), (6, 20)], ["Figs are sweet."], id="the first of two overlapping"),
        pytest.param([(16, 31), (16, 31)], ["Figs are sweet."], id="the same twice"),
        pytest.param([(25, 40)], ["sweet."], id="past the end"),
        pytest.param([(33, 49)], [], id="elsewhere"),
        pytest.param([], [], id="none"),
    ],
)
def test_marks_stand_at_their_offsets_and_change_no_letter(spans, expected):
    """Whatever is marked, the text stays what it was."""
    read = Reader(render_marked(TEXT[:31], 0, [Mark(start, end, 'class="m"') for start, end in spans]))
    assert read.text == TEXT[:31]
    assert read.marked == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param([(0, 5), (16, 20)], ["Plums", "Figs"], id="outside and inside"),
        pytest.param([(10, 20)], ["blue. ", "Figs"], id="across the edge of a mark"),
        pytest.param([(25, 40)], ["sweet."], id="past the end"),
        pytest.param([(40, 45)], [], id="elsewhere"),
        pytest.param([], [], id="none"),
    ],
)
def test_words_are_told_inside_marks_and_outside(words, expected):
    """They add spans and change no letter, and the mark stays one."""
    html = render_marked(TEXT[:31], 0, [Mark(16, 31, 'class="m"')], words=words)
    assert re.findall(r'<span class="qa-word">(.*?)</span>', html) == expected
    assert re.sub(r"</?(span|mark).*?>", "", html) == TEXT[:31]
    assert html.count("<mark") == 1


def test_quotes_stand_in_the_order_of_their_numbers():
    """Whatever the verdict and whichever document each is of, with its file and its place."""
    other = "Figs are sweet.\n\nPlums are red."
    citations = (
        make_citation(33, 49),
        make_citation(17, 31, source="other.txt", text=other),
        make_citation(0, 15, page=7),
        make_citation(0, 15, source="other.txt", text=other),
    )
    for verdict in ("answered", "closest", "not_in_sources"):
        html = render_turn(make_turn(verdict, *citations))
        sources = [Reader(button).text for button in re.findall(r'<button[^>]* data-qa="open".*?</button>', html)]
        assert sources == [
            "[1] fruit.txt, paragraph 2",
            "[2] other.txt, paragraph 2",
            "[3] fruit.txt, page 7, paragraph 1",
            "[4] other.txt, paragraph 1",
        ]


def test_source_tells_why_its_passage_was_found():
    """The matching words once each, as they first stand; the scores to three places, for who points at them."""
    why = Relevance(0.712346, 0.75, 0.561729, ((0, 5), (16, 20), (21, 24)), ("Orchard",))
    html = render_turn(make_turn("answered", replace(make_citation(0, 15), relevance=why)))
    read = Reader(html)
    (told,) = [found["title"] for found in read.find("class", "qa-why")]
    assert told == "Nearness in meaning 0.750\xa0· Words in common 0.562\xa0· Both together 0.712"
    assert "Words of the question in it, marked above: Plums, Figs, are." in read.text
    assert "In the headings above it: Orchard." in read.text and "0.7" not in read.text
    assert re.findall(r'<span class="qa-word">(.*?)</span>', html) == ["Plums", "Figs", "are"]
    bare = Reader(render_turn(make_turn("closest", replace(make_citation(0, 15), relevance=Relevance(0.1, 0.1, 0.0)))))
    assert "No word of the question stands in it." in bare.text


def test_disagreement_is_shown_side_by_side():
    """Each sentence with its value marked, its marker and its source; copied, it is a line below the sources."""
    other = "Plums are red. Plums are 9."
    citations = (make_citation(0, 15), make_citation(0, 27, source="other.txt", text=other))
    disagreement = Disagreement("number", (Statement(1, 10, 14, 0, 15), Statement(2, 25, 26, 15, 27)))
    turn = make_turn("answered", *citations, disagreements=(disagreement,))
    html = render_turn(turn)
    sides = [Reader(side) for side in re.findall(r"<figure.*?</figure>", html)]
    assert [side.text for side in sides] == [
        "Plums are blue.[1] fruit.txt, paragraph 1",
        "Plums are 9.[2] other.txt, paragraph 1",
    ]
    assert [side.marked for side in sides] == [["blue"], ["9"]]
    assert [side.find("data-qa", "open")[0]["data-citation"] for side in sides] == ["1", "2"]
    assert html.index('id="src-4-2"') < html.index('class="qa-contrast"')
    assert "These passages give different numbers" in Reader(html).text
    assert describe(turn).splitlines()[-2:] == ["", "These passages give different numbers: [1] blue, [2] 9."]
    assert "different" not in render_turn(make_turn("answered", *citations))


def test_half_a_character_is_replaced():
    """Half a surrogate pair, which no browser can be sent, and NUL, which it drops, become the replacement character."""
    assert escape("a\ud800<\0") == "a\N{REPLACEMENT CHARACTER}&lt;\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("One line.", "qa-prose", id="one line"),
        pytest.param("- milk\n- eggs\n- bread", "qa-lines", id="list"),
        pytest.param(("word " * 15 + "\n") * 4, "qa-prose", id="wrapped prose"),
        pytest.param("-a, --all     " + "word " * 12 + "\n              " + "word " * 12, "qa-lines", id="options"),
        pytest.param("", "qa-prose", id="empty"),
    ],
)
def test_line_ends_are_kept_where_they_mean_something(text, expected):
    """Lists keep their lines; hard-wrapped prose flows."""
    assert line_class(text) == expected


@pytest.mark.parametrize(
    ("count", "paragraph", "first"),
    [
        pytest.param(3, 2, 0, id="short document"),
        pytest.param(3000, 1, 0, id="start"),
        pytest.param(3000, 1500, 1489, id="middle"),
        pytest.param(3000, 3000, 2960, id="end"),
    ],
)
def test_window_of_a_long_document_holds_the_quote(count, paragraph, first):
    """At most 40 paragraphs are sent, among them the cited one, with some before it."""
    document, passages = make_document(count)
    found = choose_window(passages, passages[paragraph - 1].start)
    view = View(0, document, passages, found, {"turn": 1, "citation": 1})
    read = Reader(render_view(view, arrival="a"))
    assert found == first
    assert read.text.count("Paragraph ") == min(count, 40)
    assert f"Paragraph {paragraph}." in read.text


def test_window_says_where_it_stands_and_how_to_move():
    """In the middle of a document there are buttons to both sides, which carry numbers only."""
    document, passages = make_document(100)
    for origin, action in (({"turn": 2, "citation": 1}, "open"), ({"document": 7}, "browse")):
        read = Reader(render_view(View(7, document, passages, 30, origin), arrival="a"))
        assert "Paragraphs 31 to 70 of 100" in read.text
        moves = read.find("data-first")
        assert [found["data-first"] for found in moves] == ["0", "70"]
        assert {(found["data-qa"], found["data-mode"]) for found in moves} == {(action, "text")}


def test_opened_quote_is_the_one_that_is_scrolled_to():
    """All quotes of the answer are marked in the document; the opened one alone is the place to go to."""
    turn = make_turn("answered", make_citation(0, 15), make_citation(16, 31))
    document = Document("fruit.txt", "/fruit.txt", TEXT, "0", "0")
    passages = (Passage(1, 0, 31, ()), Passage(2, 33, 49, ()))
    marks = (Marked(1, 0, 15), Marked(2, 16, 31))
    view = View(0, document, passages, 0, {"turn": 4, "citation": 2}, marks, 2, notice="Changed.")
    read = Reader(render_view(view, arrival="a", turn=turn))
    assert read.marked == ["Plums are blue.", "Figs are sweet."]
    assert [found["data-number"] for found in read.find("id", "qa-here")] == ["2"]
    assert "Source 2 of 2" in read.text and "Changed." in read.text
    steps = [found for found in read.find("data-qa", "open") if "data-first" not in found]
    assert ["disabled" in found for found in steps] == [False, True]
    assert [(found["aria-keyshortcuts"], found["title"]) for found in steps] == [
        ("p", "Previous source (key p)"),
        ("n", "Next source (key n)"),
    ]


def test_opened_quote_wins_where_two_stand_in_one_place():
    """Of two citations of the same sentence, the one that was opened is marked."""
    document, marks = Document("fruit.txt", "/fruit.txt", TEXT, "0", "0"), (Marked(1, 0, 15), Marked(2, 0, 15))
    view = View(0, document, (Passage(1, 0, 31, ()),), 0, {"document": 0}, marks, 2)
    assert [found["data-number"] for found in Reader(render_view(view, arrival="a")).find("data-number")] == ["2"]


def test_quotes_are_boxes_on_the_pages_of_a_document():
    """Each at its place in per cent, the opened one on top, with its words; a page gets its picture when it is near."""
    document = Document("fruit.pdf", "/fruit.pdf", TEXT, "0", "0")
    original = Original("pages", "0123456789abcdef", pages=((600.0, 800.0), (400.0, 800.0)))
    boxes = {
        1: (Box(0, 15, 1, 0.1, 0.2, 0.5, 0.25),),
        2: (Box(16, 31, 1, 0.1, 0.2, 0.3, 0.25), Box(0, 9, 2, 0, 0, 1, 1)),
    }
    marks = (Marked(2, 16, 31), Marked(1, 0, 15))
    view = View(5, document, (Passage(1, 0, 31, ()),), 0, {"turn": 4, "citation": 2}, marks, 2)
    view = replace(view, original=original, has_original=True, boxes=boxes)
    html = render_view(view, arrival="a")
    pages = [Reader(figure) for figure in re.findall(r"<figure.*?</figure>", html)]
    [sheets] = [found for _, found in Reader(html).tags if found.get("class") == "qa-sheets"]
    assert sheets["style"] == "--qa-ratio:600.0/800.0"
    assert [page.tags[0][1].get("style") for page in pages] == [None, "--qa-ratio:400.0/800.0"]
    assert [page.text for page in pages] == ["Plums are blue.Figs are sweet.", "Figs are sweet."]
    first, second = [found for tag, found in pages[0].tags if tag == "mark"]
    assert first["style"] == "left:10.00%;top:20.00%;width:40.00%;height:5.00%"
    assert (first["class"], "tabindex" in first) == ("qa-box", False)
    assert (second["class"], second["tabindex"], second["data-number"]) == ("qa-box qa-current", "-1", "2")
    assert sheets["data-picture"] == "document/5/page/{page}?v=0123456789ab&width="
    assert (sheets["data-widths"], sheets["data-alt"]) == ("700 1200 2200", "Page {page}")
    assert "<img" not in html


def test_page_of_a_document_is_the_one_it_begins_at():
    """Where no quote is."""
    document, original = Document("a.pdf", "/a.pdf", "", "0", "0"), Original("pages", "0", pages=((1.0, 1.0),) * 3)
    view = View(5, document, (), 0, {"document": 5}, original=original, has_original=True, page=2)
    read = Reader(render_view(view, arrival="a"))
    assert [found["data-page"] for found in read.find("class", "qa-sheet qa-begin")] == ["2"]
    assert [found["max"] for found in read.find("id", "qa-jump")] == ["3"]


def test_document_is_switched_between_itself_and_its_text():
    """Two buttons, the one shown pressed; none where there is only text. They keep what was opened."""
    document, passage = Document("a.md", "/a.md", "Plum.", "0", "0"), Passage(1, 0, 5, ())
    view = View(5, document, (passage,), 0, {"turn": 4, "citation": 1}, original=Original("markup", "0"))
    view = replace(view, has_original=True, markup="<p>A <b>plum</b>.</p>")
    shown = render_view(view, arrival="a")
    assert '<div class="qa-markup" dir="auto"><p>A <b>plum</b>.</p></div>' in shown and "qa-paragraph" not in shown
    as_text = render_view(replace(view, original=TEXT_ONLY), arrival="a")
    assert "qa-markup" not in as_text and "qa-paragraph" in as_text
    for html, pressed in ((shown, ["true", "false"]), (as_text, ["false", "true"])):
        tabs = Reader(html).find("aria-pressed")
        assert [found["aria-pressed"] for found in tabs] == pressed
        assert [(found["data-qa"], found["data-turn"], found["data-mode"]) for found in tabs] == [
            ("open", "4", "original"),
            ("open", "4", "text"),
        ]
    only = Reader(render_view(replace(view, original=TEXT_ONLY, has_original=False), arrival="a"))
    assert only.find("aria-pressed") == []


def test_table_is_lit_at_the_row_of_its_quote():
    """On its sheet; the browser fetches the rows by the document's number."""
    text = "a: 1\n\nb: 2"
    passages = (
        Passage(1, 0, 4, (), place=Place(sheet="One", row=2)),
        Passage(2, 6, 10, (), place=Place(sheet="Two", row=7)),
    )
    original = Original("grid", "0123456789abcdef", sheets=(Sheet("One", 30, 2), Sheet("Two", 40, 2)))
    view = View(5, Document("a.xlsx", "/a.xlsx", text, "0", "0"), passages, 0, {"turn": 4, "citation": 1})
    view = replace(view, original=original, has_original=True, marks=(Marked(1, 6, 10),), current=1)
    read = Reader(render_view(view, arrival="a"))
    (grid,) = read.find("class", "qa-grid")
    assert {name: value for name, value in grid.items() if name.startswith("data-")} == {
        "data-address": "document/5/rows",
        "data-version": "0123456789ab",
        "data-sheet": "1",
        "data-rows": "40",
        "data-row": "7",
    }
    assert [(found["data-sheet"], found["aria-pressed"]) for found in read.find("data-qa", "sheet")] == [
        ("0", "false"),
        ("1", "true"),
    ]
    (plain,) = Reader(render_view(replace(view, marks=(), current=0), arrival="a")).find("class", "qa-grid")
    assert (plain["data-sheet"], plain["data-row"]) == ("0", "0")


def test_what_was_looked_for_is_counted():
    """With steps to the places before and after, round and round; nothing found is said."""
    document, passage = Document("fruit.txt", "/fruit.txt", TEXT, "0", "0"), Passage(1, 0, 31, ())
    marks = tuple(Marked(number, number, number + 1) for number in range(1, 4))
    view = View(5, document, (passage,), 0, {"document": 5}, marks, 1, sought="are")
    read = Reader(render_view(view, arrival="a"))
    assert "1 of 3" in read.text
    assert [(found["data-at"], found["aria-label"]) for found in read.find("data-qa", "seek")] == [
        ("3", "The place before"),
        ("2", "The next place"),
    ]
    nothing = Reader(render_view(replace(view, marks=(), current=0), arrival="a"))
    assert "not found" in nothing.text and nothing.find("data-qa", "seek") == []
    assert [found["value"] for found in nothing.find("id", "qa-find")] == ["are"]


def test_document_is_named_by_its_title_and_its_file():
    """The file alone where it has no title; both can be opened and saved by the document's number."""
    document = Document("a/fruit.txt", "/x/a/fruit.txt", TEXT, "0", "0", metadata=Metadata("On fruit"))
    view = View(5, document, (Passage(1, 0, 31, ()),), 0, {"document": 5})
    html = render_view(view, arrival="a")
    assert (
        '<h2 class="qa-document-name" dir="auto">On fruit</h2>' in html
        and '<bdi class="qa-file">a/fruit.txt</bdi>' in html
    )
    assert [found["href"] for found in Reader(html).find("href")] == [
        "document/5/original",
        "document/5/original?save=1",
    ]
    assert "/x/" not in html
    untitled = render_view(replace(view, document=replace(document, metadata=Metadata())), arrival="a")
    assert '<h2 class="qa-document-name" dir="auto">a/fruit.txt</h2>' in untitled and "qa-file" not in untitled
    assert [found for found in Reader(render_view(replace(view, id=-1), arrival="a")).find("href")] == []


def test_text_between_and_around_paragraphs_is_shown():
    """What belongs to no paragraph, such as a heading, is still part of the document."""
    document = Document("d.txt", "/d.txt", "\ufeffTitle\n\nBody.\n\nFooter", "0", "0")
    read = Reader(render_view(View(0, document, (Passage(1, 8, 13, ()),), 0, {"document": 0}), arrival="a"))
    assert [word in read.text for word in ("Title", "Body.", "Footer", "\ufeff")] == [True, True, True, False]


def test_answer_is_copied_with_its_sources():
    """The plain text holds question, quotes and places; an answer that was not found holds what was searched."""
    turn = make_turn("answered", make_citation(0, 15), make_citation(33, 49, page=7))
    assert describe(turn).splitlines() == [
        "Question: Which fruit?",
        "",
        "“Plums are blue.” [1]",
        "“Pears are green.” [2]",
        "",
        "Sources:",
        "[1] fruit.txt, paragraph 1",
        "[2] fruit.txt, page 7, paragraph 2",
    ]
    assert describe(make_turn("not_in_sources", make_citation(0, 15))).splitlines() == [
        "Question: Which fruit?",
        "",
        "Not in the sources. Searched: 1 document, 2 passages.",
    ]


def test_exact_words_are_strong_inside_their_quote():
    """In the quote, in its context and in the document; no letter is changed."""
    turn = Turn(4, WHEN)
    html = render_turn(turn)
    assert '<q class="qa-words qa-prose" dir="auto">The harbour was built in <strong>1848</strong>.</q>' in html
    assert 'data-number="1">The harbour was built in <strong>1848</strong>.</mark>' in html
    passage = WHEN.citations[0].passage
    document = Document("town.txt", "/town.txt", passage, "0", "0")
    marks = (Marked(1, 0, 30, (25, 29)),)
    view = View(0, document, (Passage(1, 0, len(passage), ()),), 0, {"turn": 4, "citation": 1}, marks, 1)
    assert "The harbour was built in <strong>1848</strong>.</mark>" in render_view(view, arrival="a", turn=turn)
    assert "<strong>" not in render_turn(make_turn("answered", make_citation(0, 15)))
    assert "“The harbour was built in 1848.” [1]" in describe(turn)


@pytest.mark.parametrize(
    ("strong", "words", "expected"),
    [
        pytest.param((16, 20), [], "<strong>Figs</strong> are sweet.", id="at the beginning"),
        pytest.param((25, 31), [], "Figs are <strong>sweet.</strong>", id="at the end"),
        pytest.param((16, 31), [], "<strong>Figs are sweet.</strong>", id="all"),
        pytest.param((10, 20), [], "<strong>Figs</strong> are sweet.", id="from before"),
        pytest.param((0, 5), [], "Figs are sweet.", id="elsewhere"),
        pytest.param((21, 31), [(21, 24)], 'Figs <strong><span class="qa-word">are</span> sweet.</strong>', id="word"),
        pytest.param(
            (23, 31),
            [(21, 24)],
            'Figs <span class="qa-word">ar</span><strong><span class="qa-word">e</span> sweet.</strong>',
            id="across",
        ),
    ],
)
def test_strong_words_stand_at_their_offsets(strong, words, expected):
    """Inside the mark, around the words that are told from others."""
    html = render_marked(TEXT[:31], 0, [Mark(16, 31, 'class="m"', strong)], words=words)
    assert f'<mark class="m">{expected}</mark>' in html
    assert Reader(html).text == TEXT[:31]


def test_hostile_words_stay_text_where_they_are_strong():
    """They add no tag."""
    citation = replace(make_citation(0, len(NASTY), source="x", text=NASTY), answer_start=1, answer_end=9)
    read = Reader(render_turn(make_turn("answered", citation)))
    assert NASTY in read.text and {tag for tag, _ in read.tags}.isdisjoint({"script", "img"})


def test_two_questions_are_answered_under_each():
    """Each part has its verdict; its citations have the numbers of the whole, and are there once."""
    turn = Turn(4, BOTH, conversation=2)
    html = render_turn(turn)
    read = Reader(html)
    assert '<div class="qa-answer qa-parts" id="turn-4"' in html
    assert (
        read.text.index("2 questions in one")
        < read.text.index("Which are red?")
        < read.text.index("When was it built?")
    )
    first, second = (Reader(part) for part in html.split('<section class="qa-part ')[1:])
    assert "Possibly" in first.text and "Answered · 1 document" in second.text
    assert [found["id"] for tag, found in read.tags if tag == "li"] == ["src-4-2", "src-4-1"]
    assert [found["data-citation"] for found in second.find("data-qa", "open")] == ["1"]
    ids = [found["id"] for found in read.find("id")]
    assert len(ids) == len(set(ids))
    answer_copies = [found for found in read.find("data-qa", "copy") if found.get("data-text") == describe(turn)]
    assert len(answer_copies) == 1 and len(read.find("data-label", "up")) == 1
    assert [(c["data-citation"]) for c in read.find("data-qa", "open")] == ["2", "1"]
    assert describe(turn).splitlines() == [
        "Question: When was it built? Which are red?",
        "",
        "Question: Which are red?",
        "",
        "No clear answer. Searched: 1 document, 2 passages. Closest passages:",
        "",
        "“Pears are green.” [2]",
        "",
        "Sources:",
        "[2] town.txt, paragraph 2",
        "",
        "Question: When was it built?",
        "",
        "“The harbour was built in 1848.” [1]",
        "",
        "Sources:",
        "[1] town.txt, paragraph 1",
    ]


def test_a_part_that_leaned_on_a_question_before_says_what_was_searched():
    """Under its own question."""
    parts = (replace(BOTH.parts[0], searched="Which pears are red?"), BOTH.parts[1])
    read = Reader(render_turn(Turn(4, replace(BOTH, parts=parts))))
    assert read.text.count("Searched for: Which pears are red?") == 1


@pytest.mark.parametrize(("answer", "passages"), [(GREETING, 0), (GUIDANCE, 1)])
def test_greetings_and_guidance_are_plain_lines(answer, passages):
    """No verdict, no thumbs, nothing of what was searched; passages that come with guidance are shown."""
    turn = Turn(4, answer, conversation=2)
    html = render_turn(turn)
    read = Reader(html)
    assert f'<div class="qa-answer qa-{answer.kind}"' in html
    assert read.text.strip().startswith(answer.message) and "earched" not in read.text
    assert read.find("data-qa", "judge") == [] and "qa-verdict" not in html
    assert [found.get("class") for _, found in read.tags].count("qa-quote") == passages
    assert describe(turn).splitlines()[:3] == [f"Question: {answer.question}", "", answer.message]


def test_a_corrected_word_is_told_and_is_no_other_question():
    """The page says what was searched instead, and offers no search of the question alone."""
    read = Reader(render_turn(Turn(4, CORRECTED)))
    assert read.text.strip().startswith('Searched "harbour" instead of "harbuor".')
    assert "Searched for" not in read.text and read.find("data-qa", "alone") == []
    nasty = Reader(render_turn(Turn(4, replace(CORRECTED, corrected=((NASTY, NASTY),), searched=CORRECTED.question))))
    assert f'Searched "{NASTY}" instead of "{NASTY}".' in nasty.text and "script" not in [tag for tag, _ in nasty.tags]


def test_caveats_are_shown_and_copied():
    """Above the quotes, as text."""
    turn = Turn(4, replace(WHEN, scope=replace(WHEN.scope, caveats=(NASTY,))))
    read = Reader(render_turn(turn))
    assert read.text.strip().startswith(NASTY) and "script" not in [tag for tag, _ in read.tags]
    assert describe(turn).splitlines()[:2] == [f"Question: {WHEN.question}", NASTY]
