"""Answers and documents as HTML: what is shown, and that none of it can be anything but text."""

import re
from dataclasses import replace

import pytest
from page_parts import NASTY, TEXT, Reader, make_citation, make_turn
from two_answers import BOTH, CORRECTED, GREETING, GUIDANCE, WHEN

from index import Document, Passage
from qa.answering.answer import Answer, Scope
from qa.answering.citation import Relevance, TermEvidence
from qa.answering.disagreements import Disagreement, Statement
from qa.markup import Mark, escape, line_class, render_marked
from qa.web.frame import render_message, render_welcome
from qa.web.panel import View, choose_window, render_view
from qa.web.render import Turn, describe, render_question, render_turn


def make_document(count):
    """A document of numbered paragraphs."""
    texts = [f"Paragraph {number}." for number in range(1, count + 1)]
    text = "\n\n".join(texts)
    passages, start = [], 0
    for number, each in enumerate(texts, start=1):
        passages.append(Passage(number, start, start + len(each), ()))
        start += len(each) + 2
    return Document("long.txt", "/long.txt", text, "0", "0"), tuple(passages)


def test_answer_shows_quotes_with_markers_that_point_at_their_cards():
    """Two quotes of one paragraph share a card, a third has its own; every marker points at a card that is there."""
    turn = make_turn("answered", make_citation(16, 31), make_citation(0, 15), make_citation(33, 49))
    read = Reader(render_turn(turn))
    assert [found["href"] for found in read.find("data-qa", "marker")] == ["#src-4-1", "#src-4-1", "#src-4-3"]
    assert [found["id"] for tag, found in read.tags if tag == "article"] == ["src-4-1", "src-4-3"]
    assert read.marked == ["Plums are blue.", "Figs are sweet.", "Pears are green."]
    assert [found["data-number"] for found in read.find("data-number")] == ["2", "1", "3"]
    assert [(found["data-turn"], found["data-citation"]) for found in read.find("data-qa", "open")] == [
        ("4", "1"),
        ("4", "3"),
    ]
    assert "Found in 1 document" in read.text


def test_no_path_reaches_the_page():
    """The browser gets numbers and names, never where a file lies."""
    assert "/fruit.txt" not in render_turn(make_turn("answered", make_citation(0, 15)))


def test_question_outside_the_sources_folds_its_closest_passages():
    """What was searched stands above the fold; there is no quote and no marker."""
    read = Reader(render_turn(make_turn("not_in_sources", make_citation(0, 15))))
    tags = [tag for tag, _ in read.tags]
    assert "Searched: 1 document, 2 passages. Nothing there answers this question." in read.text
    assert tags.index("details") < tags.index("article")
    assert read.find("data-qa", "marker") == [] and "q" not in tags


def test_question_outside_the_sources_needs_no_closest_passage():
    """With nothing near at all there is no empty fold."""
    assert "details" not in [tag for tag, _ in Reader(render_turn(make_turn("not_in_sources"))).tags]


def test_closest_passages_are_not_dressed_as_an_answer():
    """They are shown unfolded under an honest title, without quotes of their own."""
    read = Reader(render_turn(make_turn("closest", make_citation(0, 15))))
    tags = [tag for tag, _ in read.tags]
    assert "Closest passages: they may not answer" in read.text
    assert "details" not in tags and "q" not in tags and "article" in tags


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


def test_card_says_where_else_its_passage_stands():
    """Copies of a passage are named on its card."""
    citation = replace(make_citation(0, 15), twins=("copy.txt, paragraph 1", "<i>.txt, paragraph 9"))
    read = Reader(render_turn(make_turn("answered", citation)))
    assert "Also in: copy.txt, paragraph 1; <i>.txt, paragraph 9" in read.text


def test_nothing_but_text_comes_from_documents_names_and_questions():
    """Hostile text comes back out letter for letter, and adds no tag and no attribute."""
    why = Relevance(0.5, 0.5, 0.5, ((1, 7), (9, len(NASTY))), (NASTY,))
    citation = replace(make_citation(0, len(NASTY), source=NASTY, text=NASTY), relevance=why)
    document = Document(NASTY, "/x", NASTY, "0", "0")
    view = View(document, (Passage(1, 0, len(NASTY), ()),), 0, {"turn": 4, "citation": 1}, NASTY)
    calm = replace(make_citation(0, len(NASTY), source="calm", text="x" * len(NASTY)), relevance=why)
    differing = (Disagreement("number", tuple(Statement(n, 1, 7, 0, len(NASTY)) for n in (1, 2))),)
    calm_view = View(Document("calm", "/x", "x", "0", "0"), (Passage(1, 0, 1, ()),), 0, view.origin, "calm")
    pairs = [
        (render_turn(make_turn(verdict, citation)), render_turn(make_turn(verdict, calm)))
        for verdict in ("answered", "closest", "not_in_sources")
    ]
    pairs += [
        tuple(render_turn(make_turn("answered", one, one, disagreements=differing)) for one in (citation, calm)),
    ]
    pairs += [
        (render_question(NASTY), render_question("calm")),
        (render_welcome([(0, NASTY)]), render_welcome([(0, "calm")])),
        (render_message(NASTY), render_message("calm")),
        (render_view(view, arrival="a"), render_view(calm_view, arrival="a")),
    ]
    for nasty, calm_html in pairs:
        read, expected = Reader(nasty), Reader(calm_html)
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


def test_cards_stand_under_the_name_of_their_document():
    """A document is named once, in the order of its best citation; its cards follow in the order of theirs."""
    other = "Figs are sweet.\n\nPlums are red."
    citations = (
        make_citation(33, 49),
        make_citation(17, 31, source="other.txt", text=other),
        make_citation(0, 15),
        make_citation(0, 15, source="other.txt", text=other),
    )
    for verdict in ("answered", "closest", "not_in_sources"):
        read = Reader(render_turn(make_turn(verdict, *citations)))
        order = [found["id"] for tag, found in read.tags if tag in ("h4", "article")]
        assert order == ["group-4-1", "src-4-1", "src-4-3", "group-4-2", "src-4-2", "src-4-4"]
        assert [found["aria-labelledby"] for found in read.find("role", "group")] == ["group-4-1", "group-4-2"]
        assert read.text.count("fruit.txt") == read.text.count("other.txt") == 1


def test_documents_of_one_name_are_two_groups():
    """It is the file that counts."""
    first = make_citation(0, 15)
    second = replace(first, path="/elsewhere/fruit.txt")
    read = Reader(render_turn(make_turn("answered", first, second)))
    assert [found["id"] for tag, found in read.tags if tag == "h4"] == ["group-4-1", "group-4-2"]


def test_card_tells_why_its_passage_was_found():
    """Scores to three places, exact beside; the matching words once each, as they first stand."""
    why = Relevance(0.712346, 0.75, 0.561729, ((0, 5), (16, 20), (21, 24)), ("Orchard",))
    html = render_turn(make_turn("answered", replace(make_citation(0, 15), relevance=why)))
    read = Reader(html)
    assert [found["value"] for tag, found in read.tags if tag == "data"] == ["0.75", "0.561729", "0.712346"]
    assert "Nearness in meaning0.750Words in common0.562Both together0.712" in read.text
    assert "Words of the question in it, marked above: Plums, Figs, are." in read.text
    assert "In the headings above it: Orchard." in read.text
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
        "Plums are blue.[1] fruit.txt paragraph 1",
        "Plums are 9.[2] other.txt paragraph 1",
    ]
    assert [side.marked for side in sides] == [["blue"], ["9"]]
    assert html.index("These passages give different numbers") < html.index("Sources</h3>")
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
    view = View(document, passages, found, {"turn": 1, "citation": 1})
    read = Reader(render_view(view, arrival="a"))
    assert found == first
    assert read.text.count("Paragraph ") == min(count, 40)
    assert f"Paragraph {paragraph}." in read.text


def test_window_says_where_it_stands_and_how_to_move():
    """In the middle of a document there are buttons to both sides, which carry numbers only."""
    document, passages = make_document(100)
    view = View(document, passages, 30, {"turn": 2, "citation": 1})
    read = Reader(render_view(view, arrival="a"))
    assert "Paragraphs 31 to 70 of 100" in read.text
    assert [found["data-first"] for found in read.find("data-first")] == ["0", "70"]


def test_opened_quote_is_the_one_that_is_scrolled_to():
    """All quotes of the answer are marked in the document; the opened one alone is the place to go to."""
    turn = make_turn("answered", make_citation(0, 15), make_citation(16, 31))
    document = Document("fruit.txt", "/fruit.txt", TEXT, "0", "0")
    passages = (Passage(1, 0, 31, ()), Passage(2, 33, 49, ()))
    view = View(document, passages, 0, {"turn": 4, "citation": 2}, "Changed.")
    read = Reader(render_view(view, arrival="a", turn=turn, current=2))
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
    turn = make_turn("answered", make_citation(0, 15), make_citation(0, 15))
    view = View(Document("fruit.txt", "/fruit.txt", TEXT, "0", "0"), (Passage(1, 0, 31, ()),), 0, {"document": 0})
    read = Reader(render_view(view, arrival="a", turn=turn, current=2))
    assert [found["data-number"] for found in read.find("data-number")] == ["2"]


def test_text_between_and_around_paragraphs_is_shown():
    """What belongs to no paragraph, such as a heading, is still part of the document."""
    document = Document("d.txt", "/d.txt", "\ufeffTitle\n\nBody.\n\nFooter", "0", "0")
    read = Reader(render_view(View(document, (Passage(1, 8, 13, ()),), 0, {"document": 0}), arrival="a"))
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
    """In the quote, in its card and in the document; no letter is changed."""
    turn = Turn(4, WHEN)
    html = render_turn(turn)
    assert '<q class="qa-words">The harbour was built in <strong>1848</strong>.</q>' in html
    assert 'data-number="1">The harbour was built in <strong>1848</strong>.</mark>' in html
    passage = WHEN.citations[0].passage
    document = Document("town.txt", "/town.txt", passage, "0", "0")
    view = View(document, (Passage(1, 0, len(passage), ()),), 0, {"turn": 4, "citation": 1})
    assert "The harbour was built in <strong>1848</strong>.</mark>" in render_view(
        view, arrival="a", turn=turn, current=1
    )
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
    """Each part has its verdict; its citations have the numbers of the whole, and their cards are there."""
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
    assert "Closest passages: they may not answer" in first.text and "Found in 1 document" in second.text
    assert [found["id"] for tag, found in read.tags if tag == "article"] == ["src-4-2", "src-4-1"]
    assert [found["href"] for found in second.find("data-qa", "marker")] == ["#src-4-1"]
    ids = [found["id"] for found in read.find("id")]
    assert len(ids) == len(set(ids))
    assert len(read.find("data-qa", "copy")) == 1 and len(read.find("data-label", "up")) == 1
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


@pytest.mark.parametrize(("answer", "cards"), [(GREETING, 0), (GUIDANCE, 1)])
def test_greetings_and_guidance_are_plain_lines(answer, cards):
    """No verdict, no thumbs, nothing of what was searched; passages that come with guidance are shown."""
    turn = Turn(4, answer, conversation=2)
    html = render_turn(turn)
    read = Reader(html)
    assert f'<div class="qa-answer qa-{answer.kind}"' in html
    assert read.text.startswith(answer.message) and "earched" not in read.text
    assert read.find("data-qa", "judge") == [] and "qa-verdict" not in html
    assert [tag for tag, _ in read.tags].count("article") == cards
    assert describe(turn).splitlines()[:3] == [f"Question: {answer.question}", "", answer.message]


def test_a_corrected_word_is_told_and_is_no_other_question():
    """The page says what was searched instead, and offers no search of the question alone."""
    read = Reader(render_turn(Turn(4, CORRECTED)))
    assert read.text.startswith('Searched "harbour" instead of "harbuor".')
    assert "Searched for" not in read.text and read.find("data-qa", "alone") == []
    nasty = Reader(render_turn(Turn(4, replace(CORRECTED, corrected=((NASTY, NASTY),), searched=CORRECTED.question))))
    assert f'Searched "{NASTY}" instead of "{NASTY}".' in nasty.text and "script" not in [tag for tag, _ in nasty.tags]
