"""What a person wants: an answer, or what no sentence can be."""

import pytest

from qa.answering.question import unwrap
from qa.answering.requests import Request, is_small_talk, read_request


@pytest.mark.parametrize("text", ["hi", "hello there", "Good morning!", "how are you", "Hi, how are you?", "Hey :)"])
def test_greetings(text):
    """Nothing is asked."""
    assert read_request(unwrap(text)).kind == "greeting"
    assert is_small_talk(text)


@pytest.mark.parametrize(
    "text",
    ["thanks!", "Thank you very much", "great, thanks", "ok, thanks, that helps", "Thanks for your help.", "bye"],
)
def test_thanks(text):
    """Nothing is asked."""
    assert read_request(unwrap(text)).kind == "thanks"


GUIDANCE = {
    "summarize the document": ("summary", ()),
    "Could you please summarise this?": ("summary", ()),
    "give me an overview": ("summary", ()),
    "Give me a short overview of the fees": ("summary", ("fees",)),
    "can you summarize the section on fees?": ("summary", ("fees",)),
    "what is this about": ("summary", ()),
    "What is this document about?": ("summary", ()),
    "What are the key points?": ("summary", ()),
    "tl;dr": ("summary", ()),
    "how many times is Iran mentioned": ("count", ("Iran",)),
    'How often does the word "ceasefire" occur in the documents?': ("count", ("ceasefire",)),
    "how many documents mention the ceasefire?": ("count", ("ceasefire",)),
    "How many pages does the document have?": ("count", ()),
    "which documents mention Oman?": ("list", ("Oman",)),
    "Where is Oman mentioned?": ("list", ("Oman",)),
    "list all names": ("list", ()),
    "List all the people mentioned in the report": ("list", ()),
    "compare the lease and the contract": ("comparison", ("lease", "contract")),
    "Compare A and B": ("comparison", ("A", "B")),
    "what are the differences between the two contracts": ("comparison", ()),
    "Translate the letter into German": ("translation", ("letter",)),
    "translate this": ("translation", ()),
    "rewrite this": ("writing", ()),
    "write an email to my landlord about the deposit": ("writing", ("deposit",)),
    "help": ("help", ()),
    "What can you do?": ("help", ()),
}


@pytest.mark.parametrize(("text", "wanted"), GUIDANCE.items())
def test_guidance_says_what_is_wanted_of_what(text, wanted):
    """The kind of wish, and the words it names."""
    assert read_request(unwrap(text)) == Request("guidance", *wanted)


@pytest.mark.parametrize(
    "text",
    [
        "Hi, who owns the boat?",
        "What is the difference between nuclear fission and fusion?",
        "How many people were listed?",
        "How many times did the Normans invade?",
        "How many times is Jesus mentioned in the Quran?",
        "How often do earthquakes occur?",
        "How often is the pool used?",
        "List the three branches of government",
        "Who are all of the Jonas Brothers?",
        "What is photosynthesis about?",
        "What did the report summarize?",
        "What is the summary judgment rule?",
        "Which article discusses guns?",
        "Who compared them?",
        "Who translated the letter?",
        "Hello Kitty",
    ],
)
def test_all_else_is_a_question(text):
    """What only sounds like a wish is answered."""
    assert read_request(unwrap(text)) == Request("question")
