"""The core of a question: what is left when its wrapping is taken away."""

import pytest

from index import question_terms
from qa.answering.question import asks, unwrap

WRAPPED = [
    "According to the passage, who owns the boat?",
    "according to the document who owns the boat",
    "Based on the text above, who owns the boat?",
    "Based on the information given in the passage, who owns the boat?",
    "As stated in the report, who owns the boat?",
    "In this document, who owns the boat?",
    "From the context, who owns the boat?",
    "Who owns the boat, according to the text?",
    "Who owns the boat in the document?",
    "Who owns the boat according to this article",
    "Who owns the boat in the given text?",
    "Can you tell me who owns the boat?",
    "can you pls tell me who owns the boat",
    "Could you please tell me who owns the boat",
    "I would like to know who owns the boat.",
    "I'd like to know who owns the boat",
    "I was wondering who owns the boat",
    "Do you know who owns the boat?",
    "Does anyone happen to know who owns the boat?",
    "Please tell me who owns the boat",
    "tell me who owns the boat",
    "May I ask who owns the boat?",
    "Does the document say who owns the boat?",
    "Hi, who owns the boat?",
    "Hello there! Who owns the boat?",
    "hey who owns the boat",
    "Good morning, could you tell me who owns the boat please?",
    "Hi, how are you? Who owns the boat?",
    "Question: who owns the boat",
    "Who owns the boat? Thanks!",
    "Who owns the boat, please",
    "Who owns the boat? Thank you very much in advance.",
    "Who owns the boat???",
    "Who owns the boat \uff1f",
    "who owns the boat",
    "Who owns the \u201cboat\u201d?",
]


@pytest.mark.parametrize("question", WRAPPED)
def test_wrapping_is_taken_away(question):
    """The core is one and the same, but for the case of its first letter."""
    assert unwrap(question).lower() == "who owns the boat?"


CORES = {
    "Can you tell me if the boat is sold?": "Whether the boat is sold?",
    "Could you tell me the name of the owner?": "the name of the owner",
    "Tell me about the mediators": "the mediators",
    "I want to know about soft power": "soft power",
    "What does the document say about the boat?": "the boat",
    "Could you explain why it sank?": "explain why it sank?",
    "Can you please list the owners": "list the owners",
    'Who wrote "On the Origin"?': "Who wrote On the Origin?",
    "Hello, what is this?": "Hello, what is this?",
    "And Oman?": "And Oman",
    "What does kata mean, according to the document?": "What does kata mean?",
}


@pytest.mark.parametrize(("question", "core"), CORES.items())
def test_what_is_asked_stays(question, core):
    """An embedded question keeps its order of words; "about" goes; nothing goes that would leave nothing to look for."""
    assert unwrap(question) == core


@pytest.mark.parametrize(
    "question",
    [
        "According to Darwin, what changes?",
        "According to the 2019 census, how many live there?",
        "According to the report of the panel, who is to blame?",
        "Based on population alone, what is its rank?",
        "Can you claim the allowance?",
        "Can you find crabs in the lake?",
        "Do you know karate?",
        "Do you have to join a union?",
        "What errors are in the report?",
        "Who found errors in the report?",
        "What is written in the report?",
        "Hello, Dolly! was written by whom?",
        "Hello Kitty was made by whom?",
        "Which album has Thank You?",
        "Please Please Me was released when?",
        "Tell me more about Oman",
        "tell me about it",
        "What is open source: a licence?",
        "I want to know the price",
        "Find out more:",
        'A 5" disk',
        "apple",
        "hi",
        "Hi, how are you?",
        "great, thanks",
        "Why?",
    ],
)
def test_what_may_be_content_is_left(question):
    """Names, titles and places in a text that only look like wrapping stay, and so does small talk."""
    assert unwrap(question) == question


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("who is it", True),
        ("In which year", True),
        ("Oman is where", True),
        ("whether it is", True),
        ("the boat", False),
    ],
)
def test_a_question_is_told_by_its_words(text, expected):
    """It begins as questions do, or holds a question word."""
    assert asks(text) is expected


@pytest.mark.parametrize(
    "question", ["What is vitamin C?", "When did the US enter?", "Is hepatitis B or vitamin A worse?"]
)
def test_small_letters_give_the_same_terms(question):
    """A letter alone counts as a word of a question; so does "us" behind "the"."""
    assert question_terms(question) == question_terms(question.lower())


def test_emphasis_pasted_from_a_page_is_left_out():
    """Other markup is content, and a question of nothing else stays."""
    assert unwrap("What is <b>inflation</b>?") == "What is inflation?"
    assert unwrap("What is <strong class='x'>hybrid</strong> warfare?") == "What is hybrid warfare?"
    assert unwrap("What does <script> do?") == "What does <script> do?"
    assert unwrap("<b>") == "<b>"
