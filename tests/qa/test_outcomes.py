"""What became of questions, and the figures over many."""

from dataclasses import replace

import pytest

from index import Passage
from qa.answering.answer import Answer, Scope
from qa.answering.citation import cite
from qa.evaluation.datasets import LabelledQuestion
from qa.evaluation.evaluator import Outcome, judge_answer, outcome_reliability, summarise_by_kind, summarise_outcomes

RIGHT = Outcome("place", True, True, 0.9, True, "", ("the tree",))
WRONG = replace(RIGHT, right=False, confidence=0.7)
WITHHELD = replace(RIGHT, answered=False, confidence=0.4)
UNKNOWN = replace(RIGHT, right=None, literal_answers=())
REFUSED = Outcome("person", False, False, 0.1, False, "", ())
TAKEN_IN = replace(REFUSED, answered=True, confidence=0.8)
TEXT = "It stayed on the tree."
QUESTION = LabelledQuestion("q", "Where did it stay?", (), ("the tree",), False, (), True, {"p1": 1})


def values(figures):
    """The values of figures, without intervals."""
    return {name: figure and (figure.value, figure.questions) for name, figure in figures.items()}


def make_answer(verdict, text=TEXT):
    """An answer that quotes a text, cited or only closest."""
    passage = Passage(1, 0, len(text), ())
    quote = cite(passage, text, source="a", path="/a", text_sha256="0", span=(0, len(text)), score=1.0)
    cited, closest = ((quote,), ()) if verdict == "answered" else ((), (quote,))
    return Answer("Where?", "Where?", verdict, 0.75, cited, closest, Scope(1, 1))


@pytest.mark.parametrize("verdict", ["answered", "closest", "not_in_sources"])
def test_the_first_quote_shown_is_judged_whatever_the_verdict(verdict):
    """It is the first citation, or the first of the closest."""
    outcome = judge_answer(QUESTION, make_answer(verdict), lambda citation: "p1")
    assert outcome == Outcome("place", True, verdict == "answered", 0.75, True, "", ("the tree",))
    assert judge_answer(QUESTION, make_answer(verdict, "It fell."), lambda citation: "p1").right is False


def test_the_entry_of_the_quote_decides_for_free_text():
    """The quote says where it lies."""
    question = replace(QUESTION, answers=("word " * 13,))
    assert judge_answer(question, make_answer("answered"), lambda citation: "p1").right is True
    assert judge_answer(question, make_answer("answered"), lambda citation: f"p{citation.paragraph + 1}").right is False


def test_nothing_shown_is_wrong():
    """An answer without any quote is judged too."""
    empty = replace(make_answer("not_in_sources"), closest=())
    assert judge_answer(QUESTION, empty, lambda citation: "p1").right is False
    assert judge_answer(replace(QUESTION, answers=()), empty, lambda citation: "p1").right is None


def test_an_unanswerable_question_is_never_right():
    """Its answers, if it has any, are compared with nothing."""
    outcome = judge_answer(replace(QUESTION, answerable=False), make_answer("answered"), lambda citation: "p1")
    assert (outcome.right, outcome.literal_answers) == (False, ())


def test_figures_count_what_was_answered_and_how_rightly():
    """Four of five answerable answered; of these three are known, two right; one of two unanswerable answered."""
    figures = summarise_outcomes([RIGHT, RIGHT, WRONG, WITHHELD, UNKNOWN, REFUSED, TAKEN_IN])
    assert values(figures) == {
        "answered of answerable": (0.8, 5),
        "answered of unanswerable": (0.5, 2),
        "first quote right among answered": (0.6667, 3),
        "exact match": None,
        "F1": None,
    }


def test_without_unanswerable_questions_their_figure_is_left_out():
    """No question, no figure."""
    assert summarise_outcomes([RIGHT])["answered of unanswerable"] is None
    assert set(summarise_outcomes([]).values()) == {None}


def test_marked_words_are_compared_with_literal_answers():
    """One equal, one half shared ("tall tree" and "tree": 2/3), one marks none: EM 1/3, F1 5/9; withheld ones do not count."""
    marked = [replace(RIGHT, words=words) for words in ("The tree", "the tall tree", "")]
    figures = values(summarise_outcomes([*marked, replace(WITHHELD, words="x"), replace(UNKNOWN, words="x")]))
    assert (figures["exact match"], figures["F1"]) == ((0.3333, 3), (0.5556, 3))


def test_the_words_that_the_first_quote_marks_are_taken():
    """They are a part of the quote."""
    answer = make_answer("answered")
    end = len(TEXT) - 1
    marked = replace(answer.citations[0], answer_start=end - 8, answer_end=end)
    assert judge_answer(QUESTION, replace(answer, citations=(marked,)), lambda citation: "p1").words == "the tree"


def test_kinds_come_the_most_frequent_first():
    """Each has the same figures."""
    kinds = summarise_by_kind([REFUSED, RIGHT, WRONG])
    assert list(kinds) == ["place", "person"]
    assert values(kinds["place"])["first quote right among answered"] == (0.5, 2)
    assert values(kinds["person"])["answered of unanswerable"] == (0.0, 1)


def test_reliability_is_over_the_questions_where_right_is_known():
    """Confidences .9 right, .4 right though withheld, .8 for an unanswerable question: (.1 + .6 + .8) / 3."""
    found = outcome_reliability([RIGHT, WITHHELD, TAKEN_IN, UNKNOWN])
    assert found.error == 0.5
    assert [(each.low, each.right.value) for each in found.bins] == [(0.4, 1.0), (0.8, 0.0), (0.9, 1.0)]
    assert outcome_reliability([UNKNOWN]) is None
