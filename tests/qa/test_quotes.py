"""Which sentences are quoted."""

from dataclasses import replace

import numpy as np
import pytest

from index import PassageFeatures
from index.search import Query, Statistics
from index.text.terms import question_terms, text_terms
from qa.answering.answer_types import answer_kind, has_kind
from qa.answering.quotes import (
    CONTEXT,
    COVERAGE,
    ECHO,
    EVIDENCE,
    FIRST_SENTENCE,
    KIND,
    NEAR_EXPLAINED,
    NEAR_READ,
    PAIRS,
    PASSAGE,
    RETRIEVAL,
    SPAN,
    SURE_WORDS,
    QuotablePassage,
    Quote,
    choose_quotes,
    rank_sentences,
    score_sentences,
)
from qa.reading.spans import Reading, SentenceReading

NOTHING = Statistics(3, 9, 90)


def passage(*sentences, cosines=None, heading=""):
    """A passage whose sentences have the given cosines with the question (1, 0)."""
    cosines = cosines or [0.0] * len(sentences)
    vectors = [[cosine, (1 - cosine**2) ** 0.5] for cosine in [0.0, *cosines]]
    candidate = PassageFeatures(
        np.array(vectors), tuple(text_terms(heading)), tuple(tuple(text_terms(s)) for s in sentences)
    )
    return QuotablePassage(candidate, sentences)


def ask(question):
    return [Query(np.array([1.0, 0.0]), tuple(question_terms(question)))]


def scores(question, quotable):
    return score_sentences(question, ask(question), quotable, NOTHING).tolist()


def test_a_sentence_is_scored_by_meaning_words_context_and_place():
    """Each part shows alone: the cosine, the words, their order, the sentence before, the first place."""
    quotable = passage("Nothing here.", "Oil prices rose.", "They fell.", cosines=[0.5, 0.25, 0.0])
    assert scores("oil prices", quotable) == pytest.approx([0.5 + FIRST_SENTENCE, 0.25 + COVERAGE + PAIRS, CONTEXT])


def test_a_heading_gives_context_to_every_sentence():
    """A word of the heading is not missed in the sentences below it."""
    assert scores("oil", passage("It rose.", "It fell.", heading="Oil")) == pytest.approx(
        [CONTEXT + FIRST_SENTENCE, CONTEXT]
    )


def test_a_number_is_preferred_where_one_is_asked_for():
    """How many meets a number that the question does not hold itself."""
    quotable = passage("Friends came.", "Some 300 came.")
    assert scores("How many guests?", quotable) == pytest.approx([FIRST_SENTENCE - KIND, KIND])


def test_a_sentence_that_only_repeats_the_question_is_held_back():
    """A heading with all the words of the question loses to the sentence below it."""
    quotable = passage("The oil price", "It rose with the price of gas.")
    assert scores("oil price", quotable) == pytest.approx(
        [COVERAGE + PAIRS + FIRST_SENTENCE + ECHO, (COVERAGE + CONTEXT) / 2]
    )


def test_a_statement_in_the_words_of_the_question_says_yes():
    """Nothing is taken from it: it confirms what was asked."""
    assert scores("Is oil dear?", passage("Oil is dear.")) == pytest.approx([COVERAGE + PAIRS + FIRST_SENTENCE])


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
    """Five passages with sentences as near as each other give the first three."""
    passages = [passage(f"{letter}.", cosines=[0.5]) for letter in "ABCDE"]
    assert [quote.passage for quote in choose_quotes("x", ask("zzz"), passages, NOTHING)] == [0, 1, 2]


def test_the_same_sentence_is_quoted_once():
    """Two passages with one sentence in common give one quote of it."""
    passages = [passage("The fee is 40 euros.", cosines=[0.5]), passage("The  fee is\n40 euros.", cosines=[0.5])]
    assert choose_quotes("x", ask("zzz"), passages, NOTHING) == (Quote(0, 0, 0, 0.5 + FIRST_SENTENCE),)


def test_a_sentence_that_leans_is_quoted_with_the_one_before():
    """What "it" is stands there."""
    passages = [passage("The mill stands by the river.", "It was built in 1848.", cosines=[0.1, 0.8])]
    assert choose_quotes("x", ask("zzz"), passages, NOTHING) == (Quote(0, 0, 1, 0.8),)


def test_a_lead_in_is_quoted_with_its_items():
    """The items are what was asked for."""
    passages = [
        passage("You need the following:", "- a lamp;", "- a rope.", "Bring both.", cosines=[0.8, 0.1, 0.1, 0.0])
    ]
    assert choose_quotes("x", ask("zzz"), passages, NOTHING) == (Quote(0, 0, 2, round(0.8 + FIRST_SENTENCE, 6)),)


def test_a_heading_comes_after_every_sentence_that_can_answer():
    """However near it is."""
    ranked = rank_sentences("x", ask("zzz"), [passage("Who may apply?", "Anyone may.", cosines=[0.9, 0.1])], NOTHING)
    assert [each.position for each in ranked] == [1, 0]
    assert [each.quotable for each in ranked] == [True, False]


def read(passage_, *sentences, answerable=1.0, fused=0.5):
    """The passage as a reader read it: the score, the words and the evidence of each sentence."""
    readings = tuple(SentenceReading(score, *words, evidence) for score, words, evidence in sentences)
    return replace(passage_, reading=Reading(answerable, readings), fused=fused)


def test_a_sentence_that_was_read_is_scored_by_reader_and_retrieval():
    """A score beyond the range counts as its end."""
    one = read(passage("A.", "B.", cosines=[0.5, 0.25]), (30.0, (0, 2), 2.0), (-3.0, (3, 5), -1.0))
    ranked = rank_sentences("x", ask("zzz"), [one], NOTHING)
    assert [each.score for each in ranked] == pytest.approx([
        SPAN * 20 + EVIDENCE * 2 + RETRIEVAL * (0.5 + FIRST_SENTENCE) + PASSAGE * 0.5,
        SPAN * -3 + EVIDENCE * -1 + RETRIEVAL * 0.25 + PASSAGE * 0.5,
    ])  # fmt: skip


def test_the_reader_decides_between_sentences_that_are_as_near():
    """The one that says what was asked is quoted, its words known, not the one that names the subject."""
    text = "The Mill is a house. Tom built the Mill in 1848."
    one = read(passage(text[:20], text[21:], cosines=[0.5, 0.5]), (-8.0, (0, 8), -4.0), (6.0, (21, 24), 3.0))
    (quote,) = choose_quotes("who built the mill", ask("zzz"), [one], NOTHING)
    assert (quote.first, quote.last, quote.answer) == (1, 1, (21, 24))


def test_words_the_reader_is_not_sure_of_are_not_marked():
    """The quote stands as a whole."""
    (quote,) = choose_quotes("x", ask("zzz"), [read(passage("A."), (SURE_WORDS - 1, (0, 1), 0.0))], NOTHING)
    assert quote.answer is None


@pytest.mark.parametrize(("question", "last"), [("Why did it sink?", 2), ("What sank?", 1)])
def test_why_takes_a_neighbour_that_other_questions_leave_out(question, last):
    """A reason may take two sentences."""
    one = passage("The ship left.", "The hull broke.", "Water came in.", cosines=[0.0, 0.5, 0.5])
    margin = (NEAR_READ + NEAR_EXPLAINED) / 2 / SPAN
    one = read(one, (-20.0, (0, 3), -9.0), (4.0, (15, 18), 1.0), (4.0 - margin, (31, 36), 1.0))
    assert [(q.first, q.last) for q in choose_quotes(question, ask("zzz"), [one], NOTHING)] == [(1, last)]


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
