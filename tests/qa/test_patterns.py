"""Questions made of sentences: well-formed, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.suggestions.patterns import LONGEST_QUESTION, phrase_questions

MADE = {
    "Marie Curie was a Polish physicist who worked in Paris.": "Who was Marie Curie?",
    "A prime number (or a prime) is a natural number greater than 1.": "What is a prime number?",
    "Inflation is a rise of all prices.": "What is inflation?",
    "The Kuiper belt is a ring of debris.": "What is the Kuiper belt?",
    "The Eiffel Tower was built in 1889 for a fair.": "When was the Eiffel Tower built?",
    "In 1816, the University of Warsaw was founded by decree.": "When was the University of Warsaw founded by decree?",
    "Saudi Arabia joined the UN in 1945 and stayed.": "When did Saudi Arabia join the UN?",
    "The Logan Center was designed by Tod Williams.": "Who designed the Logan Center?",
    "Marie Curie discovered radium in 1898.": "Who discovered radium?",
    "The FIFA headquarters are located in Zurich.": "Where are the FIFA headquarters located?",
    "MRA is often used to look at arteries.": "What is MRA used for?",
    "The default value of max_connections is 100.": "What is the default value of max_connections?",
    "Switzerland has more than 1500 lakes, and some rivers.": "How many lakes does Switzerland have?",
    "A steam turbine consists of rotors on a shaft.": "What does a steam turbine consist of?",
    "To renew your card, visit any library.": "How do I renew my card?",
    "If you are a minor, you must ask your parents.": "What should I do if I am a minor?",
    "You can lower your risk by spreading it.": "How can I lower my risk?",
    "Rent is high in California because there are few houses.": "Why is rent high in California?",
}
NONE = {
    "pointing elsewhere": "It was built in 1889.",
    "which one": "The company was founded in 1990.",
    "which game": "The interactive game was released in 2012.",
    "of what": "Rent was introduced in 1954.",
    "judging only": "Inflation is a great problem.",
    "not agreeing": "Inflation costs is an expense.",
    "what is a person": "Marie Curie is the one who found it.",
    "word not known": "Zorbing is a sport.",
    "heading before it": "Loans\nThe Small Loans Act is a law.",
    "no sentence": "The Kuiper belt is a ring",
    "question": "Is the Kuiper belt a ring?",
    "German": "Die Inflation ist ein Anstieg der Preise.",
    "list": "Rent: 300; Cost: 20.",
    "of the speaker": "To do this yourself, click here.",
    "quoted": 'The "Kuiper" belt is a ring.',
    "too long": "Inflation is a rise " + "of prices " * 30 + ".",
    "endless": "[" * 100_000,
}


def lowered(word):
    """Say of some words whether they are lower case elsewhere."""
    return {"Inflation": True, "Rent": True, "MRA": False, "Saudi": False, "Switzerland": False}.get(word)


@pytest.mark.parametrize(("sentence", "question"), MADE.items())
def test_plain_sentence_gives_a_question(sentence, question):
    """The question uses the sentence's words, in the order of a question."""
    assert question in [phrased.question for phrased in phrase_questions(sentence, lowered)]


@pytest.mark.parametrize("sentence", NONE.values(), ids=NONE)
def test_any_other_sentence_gives_none(sentence):
    """No question is better than a clumsy one."""
    assert list(phrase_questions(sentence, lowered)) == []


def test_two_patterns_may_fit_one_sentence():
    """Each gives its question, with its kind."""
    made = list(phrase_questions("Saudi Arabia was founded by Ibn Saud in 1932.", lowered))
    assert [(phrased.kind, phrased.question) for phrased in made] == [
        ("who", "Who founded Saudi Arabia?"),
        ("when", "When was Saudi Arabia founded by Ibn Saud?"),
    ]


WORDS = st.sampled_from(
    "The a Kuiper belt is was are in 1889 , . ( ) of because If you To click built has two by".split()
)


@given(st.lists(WORDS, max_size=30).map(" ".join))
def test_question_is_one_line_that_ends_in_a_question_mark(sentence):
    """This is so for any words."""
    for phrased in phrase_questions(sentence, lowered):
        assert phrased.question.endswith("?") and "\n" not in phrased.question
        assert phrased.question[0].isupper() and len(phrased.question) <= LONGEST_QUESTION + len("?")
