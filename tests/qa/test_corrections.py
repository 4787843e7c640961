"""Spelling corrected, where it is clearly wrong."""

import pytest

from index import NearWord, question_terms
from qa.answering.question import Corrected, choose_spelling, correct_spelling, may_be_misspelt

HELD = {"appl": 3, "mediat": 2, "window": 1, "fifa": 1}
NEAR = {"aple": ("apple", 1), "mediatrs": ("mediators", 1), "widnow": ("window", 1), "Merkul": ("Merkel", 1)}


def correct(question):
    """Correct with a collection of four words."""

    def near_words(word, edits):
        return [NearWord(*NEAR[word], 1)] if word in NEAR and NEAR[word][1] <= edits else []

    return correct_spelling(
        question, lambda text: {term: HELD.get(term, 0) for term in question_terms(text)}, near_words
    )


CORRECTED = {
    "one": ("Is the aple old?", "Is the apple old?", (("aple", "apple"),)),
    "two": ("the aple's widnow", "the apple's window", (("aple", "apple"), ("widnow", "window"))),
    "there": ("an apple", "an apple", ()),
    "name": ("Who is Merkul?", "Who is Merkel?", (("Merkul", "Merkel"),)),
    "english": ("a zebra", "a zebra", ()),
    "unknown": ("Is qwxyzt it?", "Is qwxyzt it?", ()),
    "compound": ("an aple-tree", "an apple-tree", (("aple", "apple"),)),
    "part": ("aple-2 aple.txt aple@b", "aple-2 aple.txt aple@b", ()),
}


@pytest.mark.parametrize(("question", "text", "words"), CORRECTED.values(), ids=CORRECTED.keys())
def test_a_misspelt_word_is_replaced(question, text, words):
    """Whole words that occur nowhere; a part of a code, an address or a compound is left."""
    assert correct(question) == Corrected(text, words)


@pytest.mark.parametrize(
    ("word", "expected"), [("aple", True), ("teh", False), ("elephants", False), ("Zebra", False), ("Markul", True)]
)
def test_short_and_english_words_are_no_errors(word, expected):
    """Four letters at least, and no inflection of a common word."""
    assert may_be_misspelt(word) is expected


@pytest.mark.parametrize(
    ("word", "near", "expected"),
    [("Markl", "Merkl", ""), ("Markel", "Merkel", "Merkel"), ("Khna", "Khan", "Khan"), ("KKing", "King", "King")],
)
def test_a_short_name_is_corrected_for_slips_alone(word, near, expected):
    """Another letter makes another name; letters swapped or doubled do not."""
    assert choose_spelling(word, [NearWord(near, 1, 1)], is_name=True) == expected


CHOICES = {
    "first": ("aple", [NearWord("apple", 1, 3), NearWord("able", 1, 1)], "apple"),
    "initial": ("grail", [NearWord("rail", 1, 9)], ""),
    "initial-swapped": ("rgain", [NearWord("grain", 1, 1)], "grain"),
    "initial-long": ("elocated", [NearWord("located", 1, 9)], "located"),
    "too-short": ("aple", [NearWord("ape", 1, 9)], ""),
    "two": ("govermnetn", [NearWord("government", 2, 1)], "government"),
    "two-part": ("medicaid", [NearWord("medica", 2, 1)], ""),
    "two-unknown": ("marzipan", [NearWord("Marxipon", 2, 1)], ""),
    "slip": ("statr", [NearWord("state", 1, 9), NearWord("start", 1, 1)], "start"),
    "none": ("aple", [], ""),
}


@pytest.mark.parametrize(("word", "near", "expected"), CHOICES.values(), ids=CHOICES.keys())
def test_the_nearest_plausible_word_is_chosen(word, near, expected):
    """It begins alike unless it is long; two letters differ only from a word of common English."""
    assert choose_spelling(word, near) == expected
