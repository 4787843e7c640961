"""Two questions in one, taken apart."""

import pytest

from qa.answering.parts import split_questions

SPLIT = {
    "Who wrote it and when was it published?": ("Who wrote it?", "When was it published?"),
    "Who wrote Moby Dick and when was it published?": ("Who wrote Moby Dick?", "When was Moby Dick published?"),
    "When and where was Marie Curie born?": ("When was Marie Curie born?", "Where was Marie Curie born?"),
    "When, where and why was the treaty signed?": (
        "When was the treaty signed?", "Where was the treaty signed?", "Why was the treaty signed?",
    ),
    "What is a lease? And how much does it cost?": ("What is a lease?", "How much does a lease cost?"),
    "When was Marie Curie born and where did she die?": ("When was Marie Curie born?", "Where did Marie Curie die?"),
    "where was the cotton gin invented and where is it used today": (
        "Where was the cotton gin invented?", "Where is the cotton gin used today?",
    ),
    "what is the function of insulin and where is it produced": (
        "What is the function of insulin?", "Where is it produced?",
    ),
    "Is the boat insured and does it have a motor?": ("Is the boat insured?", "Does it have a motor?"),
    "What did the mediators say, and what did Iran answer?": ("What did the mediators say?", "What did Iran answer?"),
    "How do I apply; what documents do I need?": ("How do I apply?", "What documents do I need?"),
    "Compare the cost of phase one and phase two.": ("What is the cost of phase one?", "What is the cost of phase two?"),
    "compare the price of the lamp with that of the chair": (
        "What is the price of the lamp?", "What is the price of the chair?",
    ),
    "Who owns the boat and how much is the rent, and when is it due?": (
        "Who owns the boat?", "How much is the rent?", "When is it due?",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("core", "parts"), SPLIT.items())
def test_several_questions_are_taken_apart(core, parts):
    """Each part stands alone where the subject of the one before is plain."""
    assert split_questions(core) == parts


@pytest.mark.parametrize(
    "core",
    [
        "What is the difference between A and B?",
        "Between what and what is the border?",
        "What are the rules and regulations?",
        "What did X say and do?",
        "What can and does the government regulate?",
        "Who is the man who came to power and who died in 1066?",
        "Who discovered it and who he was?",
        "What is the name and when?",
        "Is that true? Why?",
        "I have a boat. Who owns it?",
        "the rent and the deposit",
    ],
)
def test_one_question_stays_whole(core):
    """What is joined is no whole question, or goes on a clause inside one."""
    assert split_questions(core) == (core,)


def test_there_are_four_parts_at_most():
    """The fourth holds the rest."""
    core = "Who owns the boat? Who owns the car? Who owns the house? Who owns the dog? Who owns the cat?"
    assert split_questions(core) == (
        "Who owns the boat?", "Who owns the car?", "Who owns the house?", "Who owns the dog? Who owns the cat?",
    )  # fmt: skip


def test_questions_may_be_listed():
    """With commas before the last "and"."""
    asked = "When does the project start, who leads the team, and how much does phase one cost?"
    assert split_questions(asked) == (
        "When does the project start?",
        "Who leads the team?",
        "How much does phase one cost?",
    )
    whole = "In 1990, who led it and who paid?"
    assert split_questions(whole) == (whole,)
