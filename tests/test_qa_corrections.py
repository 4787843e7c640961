"""Spelling corrected, where it is clearly wrong."""

import pytest

from index import NearWord
from qa.corrections import Corrected, choose_spelling, correct_spelling, may_be_misspelt

HELD = {"appl": 3, "mediat": 2, "window": 1, "fifa": 1}
NEAR = {"aple": ("apple", 1), "mediatrs": ("mediators", 1), "widnow": ("window", 1), "Merkul": ("Merkel", 1)}


def correct(question):
    """Correct with a collection of four words."""

    def near_words(word, edits):
        return [NearWord(*NEAR[word], 1)] if word in NEAR and NEAR[word][1] <= edits else []

    return correct_spelling(question, lambda terms: {term: HELD.get(term, 0) for term in terms}, near_words)


CORRECTED = {
    "one": ("Is the aple old?", "Is the apple old?", (("aple", "apple"),)),
    "two": ("the aple's widnow", "the apple's window", (("aple", "apple"), ("widnow", "window"))),
    "there": ("an apple", "an apple", ()),
    "name": ("Who is Merkul?", "Who is Merkel?", (("Merkul", "Merkel"),)),
    "english": ("a zebra", "a zebra", ()),
    "unknown": ("Is qwxyzt it?", "Is qwxyzt it?", ()),
    "part": ("aple-pie aple.txt aple@b", "aple-pie aple.txt aple@b", ()),
}


@pytest.mark.parametrize(("question", "text", "words"), CORRECTED.values(), ids=CORRECTED.keys())
def test_a_misspelt_word_is_replaced(question, text, words):
    """Whole words that occur nowhere; a part of a code, an address or a compound is left."""
    assert correct(question) == Corrected(text, words)


@pytest.mark.parametrize(
    ("word", "is_name", "expected"),
    [
        ("aple", False, True),
        ("teh", False, False),
        ("elephants", False, False),
        ("zebra", False, False),
        ("Markl", True, False),
        ("Markul", True, True),
    ],
)
def test_short_and_english_words_are_no_errors(word, is_name, expected):
    """Four letters, six for a name; no inflection of a common word."""
    assert may_be_misspelt(word, is_name=is_name) is expected


CHOICES = {
    "first": ("aple", [NearWord("apple", 1, 3), NearWord("able", 1, 1)], "apple"),
    "initial": ("grail", [NearWord("rail", 1, 9)], ""),
    "initial-swapped": ("rgain", [NearWord("grain", 1, 1)], "grain"),
    "initial-long": ("elocated", [NearWord("located", 1, 9)], "located"),
    "too-short": ("aple", [NearWord("ape", 1, 9)], ""),
    "two": ("govermnetn", [NearWord("government", 2, 1)], "government"),
    "two-part": ("medicaid", [NearWord("medica", 2, 1)], ""),
    "two-unknown": ("marzipan", [NearWord("Marxipon", 2, 1)], ""),
    "none": ("aple", [], ""),
}


@pytest.mark.parametrize(("word", "near", "expected"), CHOICES.values(), ids=CHOICES.keys())
def test_the_nearest_plausible_word_is_chosen(word, near, expected):
    """It begins alike unless it is long; two letters differ only from a word of common English."""
    assert choose_spelling(word, near) == expected
