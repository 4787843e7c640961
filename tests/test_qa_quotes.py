"""Which sentences are quoted."""

import numpy as np
import pytest

from index.candidates import Candidate
from index.fusion import Query, Statistics
from index.terms import question_terms, text_terms
from qa.answer_types import answer_kind, has_kind
from qa.quotes import (
    CONTEXT,
    COVERAGE,
    ECHO,
    FIRST,
    KIND,
    PAIRS,
    QuotablePassage,
    Quote,
    choose_quotes,
    score_sentences,
)

NOTHING = Statistics(3, 9, 90)


def passage(*sentences, cosines=None, heading=""):
    """A passage whose sentences have the given cosines with the question (1, 0)."""
    cosines = cosines or [0.0] * len(sentences)
    vectors = [[cosine, (1 - cosine**2) ** 0.5] for cosine in [0.0, *cosines]]
    candidate = Candidate(np.array(vectors), tuple(text_terms(heading)), tuple(tuple(text_terms(s)) for s in sentences))
    return QuotablePassage(candidate, sentences)


def ask(question):
    return [Query(np.array([1.0, 0.0]), tuple(question_terms(question)))]


def scores(question, quotable):
    return score_sentences(question, ask(question), quotable, NOTHING).tolist()


def test_a_sentence_is_scored_by_meaning_words_context_and_place():
    """Each part shows alone: the cosine, the words, their order, the sentence before, the first place."""
    quotable = passage("Nothing here.", "Oil prices rose.", "They fell.", cosines=[0.5, 0.25, 0.0])
    assert scores("oil prices", quotable) == pytest.approx([0.5 + FIRST, 0.25 + COVERAGE + PAIRS, CONTEXT])


def test_a_heading_gives_context_to_every_sentence():
    """A word of the heading is not missed in the sentences below it."""
    assert scores("oil", passage("It rose.", "It fell.", heading="Oil")) == pytest.approx([CONTEXT + FIRST, CONTEXT])


def test_a_number_is_preferred_where_one_is_asked_for():
    """How many meets a number that the question does not hold itself."""
    quotable = passage("Friends came.", "Some 300 came.")
    assert scores("How many guests?", quotable) == pytest.approx([FIRST - KIND, KIND])


def test_a_sentence_that_only_repeats_the_question_is_held_back():
    """A heading with all the words of the question loses to the sentence below it."""
    quotable = passage("The oil price", "It rose with the price of gas.")
    assert scores("oil price", quotable) == pytest.approx([COVERAGE + PAIRS + FIRST + ECHO, (COVERAGE + CONTEXT) / 2])


def test_a_statement_in_the_words_of_the_question_says_yes():
    """Nothing is taken from it: it confirms what was asked."""
    assert scores("Is oil dear?", passage("Oil is dear.")) == pytest.approx([COVERAGE + PAIRS + FIRST])


def test_the_best_sentence_comes_first_and_far_ones_are_left_out():
    """Only what comes near to the best is quoted too."""
    passages = [passage("A.", "B.", cosines=[0.1, 0.2]), passage("C.", "D.", cosines=[0.0, 0.8])]
    assert choose_quotes("x", ask("zzz"), passages, NOTHING) == (Quote(1, 1, 1, 0.8),)


def test_neighbouring_sentences_are_quoted_as_one():
    """Two sentences side by side, both near, are one quote with the score of the better."""
    passages = [passage("A.", "B.", "C.", cosines=[0.0, 0.8, 0.75])]
    assert choose_quotes("x", ask("zzz"), passages, NOTHING) == (Quote(0, 1, 2, 0.8),)


def test_a_sentence_between_two_joins_them():
    """The second of three, found last, makes one quote of all."""
    passages = [passage("A.", "B.", "C.", "D.", cosines=[0.0, 0.8, 0.72, 0.75])]
    assert choose_quotes("x", ask("zzz"), passages, NOTHING) == (Quote(0, 1, 3, 0.8),)


def test_at_most_three_quotes_are_chosen():
    """Five passages with equal sentences give the first three."""
    passages = [passage("A.", cosines=[0.5])] * 5
    assert [quote.passage for quote in choose_quotes("x", ask("zzz"), passages, NOTHING)] == [0, 1, 2]


@pytest.mark.parametrize("passages", [[], [passage()]], ids=["no passages", "no sentences"])
def test_nothing_to_quote_gives_no_quotes(passages):
    """No sentence is no error."""
    assert choose_quotes("x", ask("x"), passages, NOTHING) == ()


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many missiles were fired?", "number"),
        ("When did it begin?", "date"),
        ("In which year was it built?", "date"),
        ("Where are the allies?", "place"),
        ("Who is mediating?", "person"),
        ("Why is diplomacy needed?", "reason"),
        ("What is the treaty called?", "name"),
        ("What happens when it rains?", None),
        ("Is it over?", None),
        ("", None),
    ],
)
def test_the_question_tells_the_kind_of_answer(question, kind):
    """Its words decide; where they do not, there is none."""
    assert answer_kind(question) == kind


@pytest.mark.parametrize(
    ("kind", "question", "sentence", "held"),
    [
        ("number", "How many of the 3 came?", "All 3 came.", False),
        ("number", "How many came?", "It was in 1998.", False),
        ("number", "How many came?", "Twelve came.", True),
        ("date", "When was it?", "It was in May.", True),
        ("date", "When was it?", "It was late.", False),
        ("person", "Who leads Iran?", "Iran is led by Pezeshkian.", True),
        ("person", "Who leads Iran?", "Iran is led well.", False),
        ("place", "Where is Oman?", "Oman lies in Arabia.", True),
        ("reason", "Why?", "It fell because of rain.", True),
        ("name", "What is it called?", "It is known as oil.", True),
    ],
)
def test_a_kind_is_held_by_words_the_question_does_not_hold(kind, question, sentence, held):
    """What the question already says is no answer."""
    assert has_kind(kind, question, sentence) is held
