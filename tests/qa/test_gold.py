"""Judging a quote by what a dataset knows of the right answer."""

import pytest

from qa.evaluation.datasets import LabelledQuestion, holds_answer, is_right, literal_answers

LONG = "one two three four five six seven eight nine ten eleven twelve thirteen"
TWELVE = LONG.removesuffix(" thirteen")


def make_question(answers=(), sentences=(), *, excerpts=False, answerable=True, relevant=None):
    """A labelled question of which only the answer matters."""
    return LabelledQuestion("q", "Where?", (), answers, excerpts, sentences, answerable, relevant or {})


def test_a_right_quote_holds_a_literal_answer():
    """Case and white space do not matter."""
    question = make_question(("the tree", "a twig"))
    assert holds_answer("It stayed on THE\n tree.", question) is True
    assert holds_answer("It stayed.", question) is False


SENTENCE = "A trend over a one - year period , he said , is seasonal ."


@pytest.mark.parametrize(
    ("quote", "right"),
    [
        ("A trend over a one-year period, he said, is seasonal.", True),
        ("So: a trend over a one-year period, he said, is seasonal. Others are not.", True),
        ("a one-year period", True),
        ("one-year perio", False),
        ("A trend is seasonal.", False),
        ("...", False),
    ],
)
def test_a_right_quote_holds_an_answering_sentence_or_lies_in_one(quote, right):
    """Whole words are compared; how they are set apart does not matter."""
    assert holds_answer(quote, make_question((), (SENTENCE,))) is right


def test_answering_sentences_win_over_answers():
    """The sentences of the corpus say more than what people wrote."""
    question = make_question(("seasonal",), (SENTENCE,))
    assert holds_answer("That is seasonal.", question) is False


def test_an_answer_of_more_than_twelve_words_is_free_text_unless_it_is_an_excerpt():
    """No quote repeats free text, so it does not count as literal."""
    assert literal_answers(make_question((TWELVE, LONG, " "))) == (TWELVE,)
    assert literal_answers(make_question((LONG,), excerpts=True)) == (LONG,)


def test_for_free_text_the_passage_decides():
    """It is right when it is one that answers, with a grade above zero."""
    question = make_question((LONG,), relevant={"p1": 1, "p2": 0})
    assert holds_answer("Anything.", question) is None
    assert [is_right("Anything.", entry, question) for entry in ("p1", "p2", "p3")] == [True, False, False]
    assert is_right(f"Really {LONG}", "p3", make_question((LONG,), excerpts=True, relevant={"p1": 1})) is True


def test_without_an_answer_nothing_is_known():
    """A passage that answers does not tell which sentence does."""
    assert is_right("Anything.", "p1", make_question(relevant={"p1": 1})) is None
    assert is_right("Anything.", "p1", make_question((LONG,))) is None


def test_no_quote_is_right_for_an_unanswerable_question():
    """Whatever the quote holds."""
    assert is_right("the tree", "p1", make_question(("the tree",), answerable=False)) is False
