"""Questions changed in one place, such that their passage does not answer them any more."""

import random
import re

import pytest

from qa.reading.data import Example
from qa.reading.twins import OPPOSITES, change_words, near_twins

PASSAGE = (
    "The Old Mill was built by Anna Berg in 1905 and first ground barley. In 1931 the owners sold the Old Mill to Carl Holm. "
    "He wanted to repair the wheel, and the wheel was painted red and covered quickly."
)


def asked(question: str, answer: str = "barley") -> Example:
    """An answered question on the passage."""
    start = PASSAGE.index(answer)
    return Example(question, "Mills", PASSAGE, start, start + len(answer), True, "squad11train_44art")


def changed(question: str, answer: str = "barley", *, others: tuple[str, ...] = ()) -> dict[str, set[str]]:
    """All near twins of a question, by kind."""
    found: dict[str, set[str]] = {}
    examples = [asked(question, answer), *(asked(other) for other in others)]
    for seed in range(200):
        for twin in near_twins(examples, random.Random(seed)):
            assert (twin.passage, twin.start, twin.answerable) == (PASSAGE, -1, False)
            found.setdefault(twin.source.removeprefix("near_twin_"), set()).add(twin.question)
    return found


def test_a_name_becomes_another_name_of_the_passage():
    """Never the answer, nor a word that only begins a sentence."""
    found = changed("What did Anna Berg grind?")
    assert found["name"] == {f"What did {name} grind?" for name in ("Carl Holm", "Old Mill", "The Old Mill")}
    assert "What did Carl Holm build?" not in changed("What did Anna Berg build?", "Carl Holm").get("name", set())


def test_a_number_becomes_another_of_the_passage_or_one_nearby():
    """As long as the passage does not have the new one nearby."""
    years = {int(re.findall(r"\d+", question)[0]) for question in changed("What was sold in 1905?")["number"]}
    assert 1931 in years
    assert years - {1931} <= {1905 + step for step in (-11, -7, -4, -3, -2, -1, 1, 2, 3, 4, 7, 11, 20)}
    assert changed("Which three wheels turn?")["number"] >= {"Which four wheels turn?"}


def test_a_word_becomes_its_opposite():
    """In either direction, with the capital of the word that begins the question."""
    assert changed("What was built first?")["opposite"] >= {"What was built last?", "What was destroyed first?"}
    assert changed("Above what?")["opposite"] == {"Below what?"}
    assert all(one in OPPOSITES[other] for one, others in OPPOSITES.items() for other in others)


def test_a_question_is_negated_or_its_negation_taken_away():
    """By a contracted verb, or by an adverb where it stands in English."""
    assert changed("What was red?")["negation"] == {"What wasn't red?", "What was not red?", "What was never red?"}
    assert changed("What can not turn?")["negation"] == {"What can turn?"}
    found = changed("What did the owners repair?", others=("Who wanted to repair it?",))["negation"]
    assert found >= {"What didn't the owners repair?", "What did the owners not repair?"}
    assert changed("Mills?").get("negation") is None


def test_a_word_becomes_another_of_the_passage_with_the_same_ending():
    """Preferably of a sentence that does not answer."""
    assert changed("What was constructed?")["word"] == {"What was wanted?", "What was painted?", "What was covered?"}


def test_only_questions_on_paragraphs_with_a_marked_answer_have_near_twins():
    """One in twelve of other files, too; none whose answer is not marked, and none of the unanswerable."""
    one = asked("What did Anna Berg grind?")
    for other in (
        Example(one.question, "", PASSAGE, -1, -1, True, one.source),
        Example(one.question, "", PASSAGE, -1, -1, False, one.source),
    ):
        assert not list(near_twins([other], random.Random(0)))
    many = [
        Example(f"What did Anna Berg grind {n}?", "", PASSAGE, one.start, one.end, True, "other") for n in range(240)
    ]
    assert 8 <= len(list(near_twins(many, random.Random(0)))) <= 40


@pytest.mark.parametrize("seed", range(20))
def test_words_are_changed_in_one_place(seed):
    """A name, a number or a word; "" if there is nothing to change."""
    question = "What did Anna Berg grind in 1905?"
    found = change_words(asked(question), random.Random(seed))
    assert found == "" or (found != question and found.startswith("What did ") and found.endswith("?"))
    assert change_words(asked("Who?"), random.Random(seed)) == ""
