"""Sentence spans."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.text.passages import split_sentences

TEXTS = st.text(alphabet=st.sampled_from("ab AB.!?\n\r\t\"'()\u2019\u201d\u2014\U0001f600\ufeff1:"), max_size=200)

CASES = {
    "two": ("One here. Two here.", ["One here.", "Two here."]),
    "ordinal-and-month": ("Es beginnt am 1. März 2024. Es endet.", ["Es beginnt am 1. März 2024.", "Es endet."]),
    "ordinal": ("Das war im 19. Jahrhundert so. Ja.", ["Das war im 19. Jahrhundert so.", "Ja."]),
    "german-abbreviations": (
        "Hunde z. B. Pudel, d. h. kleine, vgl. Nr. 3 des Vertrags. Gut.",
        ["Hunde z. B. Pudel, d. h. kleine, vgl. Nr. 3 des Vertrags.", "Gut."],
    ),
    "number-ends": ("He was number 5. Then he left.", ["He was number 5.", "Then he left."]),
    "lettered-items": ("It needs\na) a name,\n(2) a boat.", ["It needs", "a) a name,", "(2) a boat."]),
    "title": ("Dr. Smith left. He ran.", ["Dr. Smith left.", "He ran."]),
    "initials": ("J. K. Rowling wrote it.", ["J. K. Rowling wrote it."]),
    "acronym-then-sentence": ("It is in the U.S. The court agreed.", ["It is in the U.S.", "The court agreed."]),
    "acronym-inside": ("The U.S. Senate voted.", ["The U.S. Senate voted."]),
    "decimal": ("It cost $3.5 million. Much.", ["It cost $3.5 million.", "Much."]),
    "figure": ("See Fig. 3 for more. End.", ["See Fig. 3 for more.", "End."]),
    "company-inside": ("He met Acme Inc. in May.", ["He met Acme Inc. in May."]),
    "quote-closed": ('He said "No." Then he left.', ['He said "No."', "Then he left."]),
    "quote-goes-on": ('"Is it so?" he asked.', ['"Is it so?" he asked.']),
    "curly": ("\u201cYes.\u201d She left.", ["\u201cYes.\u201d", "She left."]),
    "no-stop": ("no full stop here", ["no full stop here"]),
    "trailing": ("A full one. and a tail", ["A full one. and a tail"]),
    "hard-wrapped": ("A line that is\nbroken. Next.", ["A line that is\nbroken.", "Next."]),
    "crlf-wrapped": ("A line that is\r\nbroken. Next.", ["A line that is\r\nbroken.", "Next."]),
    "blank-line": ("Title\n\nText", ["Title", "Text"]),
    "list": ("Buy:\n- milk\n- eggs", ["Buy:", "- milk", "- eggs"]),
    "options": (
        "Usage: x [-a]\n  -a, --all    export\n               all\n  -d DELIM     parts\n--help\n--deskew will\nturn it",
        [
            "Usage: x [-a]",
            "-a, --all    export\n               all",
            "-d DELIM     parts",
            "--help\n--deskew will\nturn it",
        ],
    ),
    "names-of-an-option": (
        "-u <id>\n--user=<id>\n  Sign with it.\n-v\n--verbose\n  Say more.",
        ["-u <id>\n--user=<id>\n  Sign with it.", "-v\n--verbose\n  Say more."],
    ),
    "numbered": ("1. First item.", ["1. First item."]),
    "ellipsis": ("Well\u2026 Then.", ["Well\u2026", "Then."]),
    "emoji": ("Good \U0001f600. Bad.", ["Good \U0001f600.", "Bad."]),
    "japanese": (
        "\u65e5\u672c\u8a9e\u3067\u3059\u3002\u6b21\u3002",
        ["\u65e5\u672c\u8a9e\u3067\u3059\u3002", "\u6b21\u3002"],
    ),
    "empty": ("", []),
    "blank": (" \n\t ", []),
}


CASES |= {
    "log": (
        "2024-05-02 03:11:07,201 INFO Pump starts\n2024-05-02 03:12:44 ERROR No file\n  at line 3\n"
        "May  2 03:15:00 host Pump stops",
        [
            "2024-05-02 03:11:07,201 INFO Pump starts",
            "2024-05-02 03:12:44 ERROR No file\n  at line 3",
            "May  2 03:15:00 host Pump stops",
        ],
    ),
    "chat": (
        "[12/03/2023, 18:22:04] Ann: Tent?\n[12/03/2023, 18:23:41] Bo: Mine\n12.03.23, 18:25 - Ann: Fine",
        ["[12/03/2023, 18:22:04] Ann: Tent?", "[12/03/2023, 18:23:41] Bo: Mine", "12.03.23, 18:25 - Ann: Fine"],
    ),
    "message-of-several-sentences": (
        "[12.04.24, 18:03:40] Jan: Yes. We meet at seven.\n[12.04.24, 18:04:02] Mia: Good! Where?",
        ["[12.04.24, 18:03:40] Jan: Yes. We meet at seven.", "[12.04.24, 18:04:02] Mia: Good! Where?"],
    ),
    "long-message": (f"2024-05-02 03:11 {'word ' * 60}. End.", [f"2024-05-02 03:11 {'word ' * 60}.", "End."]),
    "after-an-indented-item": (
        "Version 3.2\n  * Search\n  * Printing on\n    small paper\nVersion 3.1\n  * Dark mode",
        ["Version 3.2", "* Search", "* Printing on\n    small paper", "Version 3.1", "* Dark mode"],
    ),
    "after-an-item": ("- Search in\nall files\n- Print", ["- Search in\nall files", "- Print"]),
    "unit": ("The hut is at 1,870 m. The key is there.", ["The hut is at 1,870 m.", "The key is there."]),
    "letter": ("See p. 5 f. The rest, z. B. Der.", ["See p. 5 f. The rest, z. B. Der."]),
    "a-date-in-a-line": ("It was opened on\n2024-05-02 by the board.", ["It was opened on\n2024-05-02 by the board."]),
}


@pytest.mark.parametrize(("text", "sentences"), CASES.values(), ids=CASES.keys())
def test_sentences_end_where_a_reader_ends_them(text, sentences):
    """A boundary is where a reader would put it."""
    assert [text[start:end] for start, end in split_sentences(text)] == sentences


@given(TEXTS)
def test_every_character_that_is_not_white_space_lies_in_exactly_one_sentence(text):
    """Sentences are ordered, do not overlap, and leave only white space out."""
    spans = split_sentences(text)
    covered = [position for start, end in spans for position in range(start, end)]
    assert covered == sorted(set(covered))
    assert all(text[position].isspace() for position in set(range(len(text))) - set(covered))
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)


ENDLESS = {"dots": "." * 50_000, "quotes": "Yes." + "''" * 40, "notes": "Yes." + "[1]" * 10_000 + "[1" * 10_000}


@pytest.mark.parametrize("marks", ENDLESS.values(), ids=ENDLESS)
def test_endless_marks_are_looked_at_once(marks):
    """A run of marks that ends no sentence is not looked at anew from each of them, which took minutes, or for ever."""
    text = f"{marks}end. Next."
    assert [text[start:end] for start, end in split_sentences(text)] == [f"{marks}end.", "Next."]


def test_a_stretch_is_split_with_offsets_into_the_whole_text():
    """Offsets count from the beginning of the text, not of the stretch."""
    assert split_sentences("Skip this. One. Two.", 11, 20) == [(11, 15), (16, 20)]


def test_many_names_of_options_are_looked_at_once_each():
    """Half a million in a line, or below each other, take no longer than other text."""
    line = "-a" * 250_000 + "  what it does"
    assert (
        "".join(f"x\n{line}\n-b  more"[a:b] for a, b in split_sentences(f"x\n{line}\n-b  more")) == f"x{line}-b  more"
    )
    assert split_sentences("-a\n" * 250_000) == [(0, 749_999)]
