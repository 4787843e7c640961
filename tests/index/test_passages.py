"""Paragraph spans, and which of them may answer."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import SourceError
from index.hashing import text_hash
from index.parsers import read_document
from index.records import Document, Locator, Place
from index.text import passages as passages_module
from index.text.passages import LONGEST_PASSAGE, _blank_borders, split_passages

SEED = next((Path(__file__).parents[2] / "seeds").glob("*.txt"))
LONG = "This paragraph below is clearly longer than the line above it, and it ends in a full stop."
TEXTS = st.text(alphabet=st.sampled_from("ab A.?:\n\r\t#-\u2019\u2014\U0001f600\ufeff\x0c1"), max_size=300)


def document(text: str) -> Document:
    """A document of a text alone."""
    return Document("a.txt", "/a.txt", text, text_hash(text), "")


def test_the_seed_has_three_paragraphs_and_a_lead_in():
    """The seed's paragraphs have 4, 5 and 5 sentences; "Find out more:" is kept and does not answer."""
    seed = read_document(SEED, name=SEED.name)
    passages = split_passages(seed)
    assert [(p.paragraph, p.answering, len(p.sentences)) for p in passages] == [
        (1, True, 4),
        (2, True, 5),
        (3, True, 5),
        (4, False, 1),
    ]
    assert seed.text[passages[3].start : passages[3].end] == "Find out more:"


CASES = {
    "lead-in": ("Find out more:", [False]),
    "link": ("https://example.org/a?b=c", [False]),
    "named-link": ("Read more: <https://example.org>", [False]),
    "rule": ("-----", [False]),
    "sentence-with-link": ("The report of 2023 is kept at https://example.org for all to read.", [True]),
    "heading": (f"Causes of the war\n\n{LONG}", [False, True]),
    "question-heading": (f"Can I return it?\n\n{LONG}", [False, True]),
    "numbered-heading": (f"2.1 Returns\n\n{LONG}", [False, True]),
    "short-note": ("Milk 2 litres", [True]),
    "note-above-text": (f"Tuesday 5 pm: dentist\n\n{LONG}", [True, True]),
    "last-line": (f"{LONG}\n\nThe end of it", [True, True]),
    "form-feed": ("Page one.\x0cPage two.", [True, True]),
    "crlf": ("One.\r\n\r\nTwo.", [True, True]),
    "lone-cr": ("One.\r\rTwo.", [True, True]),
    "byte-order-mark": ("\ufeff", []),
    "empty": ("", []),
}


def test_a_long_stretch_of_brackets_is_looked_at_once():
    """Half a million characters that look like the beginnings of links take no longer than others."""
    assert not any(passage.answering for passage in split_passages(document("[" * 500_000)))


@pytest.mark.parametrize(("text", "answering"), CASES.values(), ids=CASES.keys())
def test_what_does_not_answer_is_kept_and_marked(text, answering):
    """Headings, link stubs and lead-ins are passages that do not answer."""
    assert [passage.answering for passage in split_passages(document(text))] == answering


COMMAND = "To start the server, run:\n\n    serve --port 9000"
BELOW_COLONS = {
    "command": (COMMAND, [COMMAND]),
    "crlf": (COMMAND.replace("\n", "\r\n"), [COMMAND.replace("\n", "\r\n")]),
    "one-block": (f"{COMMAND}\n\nThen open the page.", [COMMAND, "Then open the page."]),
    "formula": ("The load is:\n\nF = m * a", ["The load is:\n\nF = m * a"]),
    "long": (f"The minutes say:\n\n{LONG * 6}", ["~The minutes say:", f"{LONG * 6}"]),
    "link": ("Find out more:\n\n<https://example.org>", ["~Find out more:", "~<https://example.org>"]),
    "another-colon": ("Contents:\n\nFirst part:\n\nRain.", ["~Contents:", "First part:\n\nRain."]),
    "heading": (f"See also:\n\nCauses of the war\n\n{LONG}", ["~See also:", "~Causes of the war", LONG]),
    "no-colon": ("Then it says\n\nserve --port 9000", ["Then it says", "serve --port 9000"]),
}


@pytest.mark.parametrize(("text", "expected"), BELOW_COLONS.values(), ids=BELOW_COLONS)
def test_a_short_block_below_a_colon_completes_the_sentence_above(text, expected):
    """So that both are found and quoted together."""
    found = [("" if p.answering else "~") + text[p.start : p.end].strip() for p in split_passages(document(text))]
    assert found == [each.strip() for each in expected]


def test_a_plain_heading_is_noted_with_the_paragraph_below_it():
    """The heading above a paragraph of a plain text is its locator."""
    passages = split_passages(document(f"Causes of the war\n\n{LONG}"))
    assert [passage.place.heading for passage in passages] == [None, "Causes of the war"]


def test_a_byte_order_mark_is_in_no_passage_but_counts():
    """Offsets count the byte-order mark, so they hold in the file as decoded."""
    text = "\ufeffOne.\r\n\r\nTwo."
    assert [text[p.start : p.end] for p in split_passages(document(text))] == ["One.", "Two."]
    assert [p.start for p in split_passages(document(text))] == [1, 9]


def test_long_lines_without_blank_lines_between_are_paragraphs():
    """Where each line is long and ends in a full stop, each is a paragraph."""
    line = "A line that goes on for a good while, as lines do when each of them holds a paragraph of its own, and then ends."
    assert len(split_passages(document(f"{line} {line}\n{line} {line}\n{line} {line}"))) == 3


def test_hard_wrapped_lines_stay_one_paragraph():
    """Lines broken at the margin belong together, whatever ends them."""
    for end in ("\n", "\r\n", "\r"):
        assert (
            len(split_passages(document(f"Words that are broken{end}at the margin of a page{end}and end here."))) == 1
        )


HUGE = {"sentences": "A short sentence. " * 1_000, "words": "word " * 20_000, "one-word": "x" * 50_000}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE.keys())
def test_a_huge_paragraph_is_cut(text):
    """No passage is longer than the longest allowed, and nothing is lost."""
    passages = split_passages(document(text))
    assert max(p.end - p.start for p in passages) <= LONGEST_PASSAGE
    kept = "".join(text[p.start : p.end] for p in passages)
    assert kept.replace(" ", "") == text.replace(" ", "")


@given(TEXTS)
def test_everything_but_white_space_lies_in_exactly_one_sentence_of_one_passage(text):
    """Passages are ordered and numbered from 1; their sentences leave only white space and byte-order marks out."""
    passages = split_passages(document(text))
    assert [p.paragraph for p in passages] == list(range(1, len(passages) + 1))
    covered = [i for p in passages for s in p.sentences for i in range(s.start, s.end)]
    assert covered == sorted(set(covered))
    assert all(text[i].isspace() or text[i] == "\ufeff" for i in set(range(len(text))) - set(covered))
    assert all(p.start <= s.start < s.end <= p.end for p in passages for s in p.sentences)


def paragraphs(text):
    """The paragraphs of a text, each with its sentences."""
    return [
        (text[each.start : each.end], [text[sentence.start : sentence.end] for sentence in each.sentences])
        for each in split_passages(document(text))
    ]


def test_items_belong_to_the_sentence_that_they_complete():
    """Also over blank lines; a list of its own, and a closed sentence above a list, stay apart."""
    entitled = "Entitled are employees who\n\n1.  work at night, or\n\n2.  drive."
    assert paragraphs(f"{entitled}\n\nIt is closed.\n\n1. One more.") == [
        (entitled, ["Entitled are employees who", "1.  work at night, or", "2.  drive."]),
        ("It is closed.", ["It is closed."]),
        ("1. One more.", ["1. One more."]),
    ]


def row(text):
    """A document of one row of a table."""
    return replace(document(text), locators=(Locator(0, len(text), Place(row=1)),))


def refusal(document):
    """Why a document is not split."""
    with pytest.raises(SourceError) as caught:
        split_passages(document)
    return str(caught.value)


def test_a_document_has_at_most_so_many_passages_and_sentences(monkeypatch):
    """More is no text for people, and would take memory without end; the reason says which limit, and what to do."""
    then = "Split it, or remove what is no text, then index it again."
    assert len(split_passages(row("A! " * 3_999))[0].sentences) == 3_999
    assert refusal(row(". " * 5_000)) == f"a.txt has more than 4,095 sentences in one paragraph. {then}"
    monkeypatch.setattr(passages_module, "MOST_PASSAGES", 3)
    assert len(split_passages(document("One.\n\nTwo.\n\nThree."))) == 3
    assert refusal(document("One.\n\nTwo.\n\nThree.\n\nFour.")) == f"a.txt has more than 3 paragraphs or rows. {then}"
    monkeypatch.setattr(passages_module, "MOST_SENTENCES", 4)
    assert len(split_passages(document("One. Two.\n\nThree. Four."))) == 2
    assert refusal(document("One. Two.\n\nThree. Four. Five.")) == f"a.txt has more than 4 sentences. {then}"


def test_text_without_full_stops_is_cut_into_short_pieces():
    """A quote from it is no page long, and nothing is lost."""
    text = "the mill and the river " * 100
    [(_, sentences)] = paragraphs(text)
    assert max(map(len, sentences)) <= 400 and " ".join(sentences) == text.strip()


BLANK = {
    "blank lines": ("a\n\n\n \n\tb", [2, 5]),
    "of two characters": ("a\r\n\r\n\r\nb", [3, 5]),
    "form feeds": ("a\n\n\f\n \f \fb", [2, 9]),
    "a line end": ("a\n b", []),
    "to the end": ("a\n\n\n", [2, 3]),
}


@pytest.mark.parametrize(("text", "borders"), BLANK.values(), ids=BLANK)
def test_blank_lines_are_one_border_however_many(text, borders):
    """Only the first and the last of them count, so that millions of line feeds are read at once."""
    assert list(_blank_borders(text)) == borders
    assert [(p.start, p.end) for p in split_passages(document("a" + "\n" * 1_000_000 + "b"))] == [
        (0, 1),
        (1_000_001, 1_000_002),
    ]


def test_a_section_ends_where_the_next_number_begins():
    """However short the text below it is, and whatever a page break leaves of it."""
    text = (
        "1.  Introduction\n\nA kettle listens on port 4771, and tells its clients how warm the water is.\n\n"
        "RFC 9999 of April 2019\n\n2.  Timeouts\n\nA client waits at least\n\n2.1.  Errors\n\nCode 17 means empty."
    )
    found = split_passages(document(text))
    assert [(text[each.start : each.end], each.place.heading) for each in found if each.answering] == [
        ("A kettle listens on port 4771, and tells its clients how warm the water is.", "1. Introduction"),
        ("RFC 9999 of April 2019", "1. Introduction"),
        ("A client waits at least", "2. Timeouts"),
        ("Code 17 means empty.", "2.1. Errors"),
    ]


def test_an_underlined_line_is_a_heading():
    """Without its line."""
    found = split_passages(document("Known faults\n============\n\nIt is slow.\n\nAn aside\n\nMore."))
    assert [(each.answering, each.place.heading) for each in found] == [
        (False, None), (True, "Known faults"), (True, "Known faults"), (True, "Known faults"),
    ]  # fmt: skip


def test_a_numbered_line_above_its_paragraph_is_a_heading():
    """Without a blank line between; its rows and later passages are below it too."""
    text = (
        "\u00a7 2 Term\nThe lease begins on 1 May and has no end that was agreed.\n\n"
        "\u00a7 3 Rent\r\nThe rent is:\n  Flat      780\n  Heat      160\n  Garage     60\n\n"
        "4. Any other business\n- The heap is moved.\n- The party is in July.\n\nIt was closed at ten.\n"
    )
    source = document(text)
    source = replace(source, locators=(Locator(*_span(text, "  Flat      780"), Place(row=1, heading="The rent is")),))
    found = [(text[p.start : p.end].split("\n")[0], p.answering, p.place.heading) for p in split_passages(source)]
    assert found == [
        ("\u00a7 2 Term", False, None),
        ("The lease begins on 1 May and has no end that was agreed.", True, "\u00a7 2 Term"),
        ("\u00a7 3 Rent", False, None),
        ("The rent is:", False, "\u00a7 3 Rent"),
        ("Flat      780", True, "\u00a7 3 Rent > The rent is"),
        ("Heat      160", True, "\u00a7 3 Rent"),
        ("4. Any other business", False, None),
        ("- The heap is moved.", True, "4. Any other business"),
        ("It was closed at ten.", True, "4. Any other business"),
    ]


def test_a_numbered_heading_is_no_item_of_what_is_above_it():
    """Nor has it steps in letters as its own text."""
    text = "MANUAL OF THE PUMP\n\n1. Safety\n   Do not cover it.\n\n2. Cleaning\n   a) Switch it off.\n   b) Wipe it."
    found = split_passages(document(text))
    assert [(text[p.start : p.end].split("\n")[0], p.answering, p.place.heading) for p in found] == [
        ("MANUAL OF THE PUMP", True, None),
        ("1. Safety", False, None),
        ("Do not cover it.", True, "1. Safety"),
        ("2. Cleaning", False, None),
        ("a) Switch it off.", True, "2. Cleaning"),
    ]


def _span(text: str, part: str) -> tuple[int, int]:
    return text.index(part), text.index(part) + len(part)


@pytest.mark.parametrize(
    "text",
    [
        "3. The tenant pays to the landlord\nRent of 500 euros.",  # the first word below had no room
        "1. Milk\nFull fat.\n2. Bread\nRye.",
        "1. The tenant must\n- pay the rent,\n- heat the flat.",
        "12 Harbour Lane\nWe open at nine, and we close when it is dark.",
        "2. Rent\nand heat of the flat are paid by the tenant of the flat.",
        "5. Rent\n500 euros",
        '4. The board gives this on an "AS\nIS" basis, and it does so without any warranty of its own.',
    ],
)
def test_other_numbered_lines_are_no_headings(text):
    """They belong to what is below them."""
    assert [(text[p.start : p.end], p.answering) for p in split_passages(document(text))] == [(text, True)]


def test_a_word_or_two_lead_in_to_a_list_unless_its_items_are_sentences():
    """ "Do not bring:" and "Bring:" are kept with their items."""
    text = "Bring:\n\n- dogs\n- boots\n\nDecisions:\n\n1. The fee is five euros.\n2. Ann buys boots.\n"
    assert [text[p.start : p.end] for p in split_passages(document(text))] == [
        "Bring:\n\n- dogs\n- boots",
        "Decisions:",
        "1. The fee is five euros.\n2. Ann buys boots.",
    ]
