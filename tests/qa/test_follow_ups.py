"""When a turn leans on the ones before, and what is searched then."""

import pytest
from two_answers import GREETING, WHEN

from qa.answering.answer import Conversation
from qa.answering.question import CONTEXT_WEIGHT, StandAlone, is_dependent, stand_alone


@pytest.mark.parametrize("history", [[], [""], ["Who is mediating?"]], ids=["none", "blank", "the same"])
def test_without_earlier_questions_a_turn_is_searched_as_typed(history):
    """Nothing is added and nothing is said to be."""
    question = "Who is mediating?"
    assert stand_alone(question, history) == StandAlone(question, "", 0.0, question)


def test_a_follow_up_is_searched_with_the_previous_and_the_first_question():
    """Its own words come first; the shown line has the earlier questions in the order they were asked."""
    history = ["Who is mediating?", "Is Iran begging?", "Does Qatar help?"]
    assert stand_alone("What about Oman?", history) == StandAlone(
        "What about Oman?",
        "What about Oman? Does Qatar help? Who is mediating?",
        CONTEXT_WEIGHT,
        "What about Oman? (asked after: Who is mediating? · Does Qatar help?)",
    )


def test_a_turn_that_stands_alone_is_left_alone():
    """It names its subject itself, so nothing is added."""
    question = "Has Israel struck targets in Syria?"
    assert stand_alone(question, ["Who is mediating?"]) == StandAlone(question, "", 0.0, question)


@pytest.mark.parametrize(
    "question",
    ["Why?", "And Oman?", "What about Oman?", "How many?", "Did they agree?", "Is that true?", "tell me more",
     "What did the mediators say about it?", "Such as?", "", "?!"],
)  # fmt: skip
def test_a_turn_that_refers_back_is_dependent(question):
    """Ellipsis, a word that refers back before any subject or at the end, or next to no words."""
    assert is_dependent(question)


@pytest.mark.parametrize(
    "question",
    ["Can Israel beat Iran in four days?", "What is the capital of France?", "Did Iran say when it will agree?",
     "Who wrote Moby Dick?", "Where did the Normans build their castles?"],
)  # fmt: skip
def test_a_turn_that_names_its_subject_is_not_dependent(question):
    """A pronoun behind its own noun refers to that."""
    assert not is_dependent(question)


def test_a_greeting_is_no_question_to_lean_on():
    """What follows it is searched as typed; the turn itself is remembered."""
    seen = []

    def answer(question, *, history, **options):
        seen.append(history)
        return GREETING if question == "Hello!" else WHEN

    conversation = Conversation(answer)
    for question in ("Hello!", "When was it built?", "And today?"):
        conversation.ask(question)
    assert seen == [(), (), ("When was it built?",)]
    assert conversation.history == ("When was it built?", "And today?")
    assert conversation.turns == (GREETING, WHEN, WHEN)
