"""Which sentences make a quote by themselves, each rule by examples on both of its sides."""

import pytest

from qa.answering.quotes import LONGEST_LIST, expand_list, is_lead_in, is_quotable, leans


@pytest.mark.parametrize(
    "sentence",
    [
        "It was built in 1848.",
        "He then moved to Leeds.",
        "She won the prize twice.",
        "They pay 40 euros a month.",
        "“Their first album appeared in 2007.”",
        "Its capital is Quito.",
        "This means that the fee is not paid back.",
        "That was the end of the war.",
        "These are the oldest in the country.",
        "Those may be returned within a week.",
        "In this case the tenant pays.",
        "However, it was never finished.",
        "But they refused.",
        "Such changes are reported to the office.",
        "The former lives in trees, the latter on the ground.",
        "Both were elected in 1990.",
        "As a result, the bridge was closed.",
        "Therefore the rent falls.",
        "For example, a passport or a driving licence.",
        "Some of them are blue.",
        "At that time there were no trains.",
        "Moreover, these two must be signed.",
        "It is used to store grain.",
        "The following year the school moved.",
    ],
)
def test_sentences_that_lean_on_the_one_before(sentence):
    """Pronouns and pointing words without a noun, and what draws on something said."""
    assert leans(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The harbour was built in 1848.",
        "This guide explains how to apply.",
        "These rules apply to members.",
        "That harbour was built in 1848.",
        "It is possible to pay by card.",
        "It was Newton who described gravity.",
        "It is known that water boils at 100 degrees.",
        "It rained on Monday.",
        "IT staff have keys to the room.",
        "Both sides signed the treaty in 1848.",
        "However, the museum opened in 1901.",
        "In this guide, members are called guests.",
        "This year the fee is 40 euros.",
        "Her Majesty the Queen opened the bridge.",
        "Some people prefer tea.",
        "In 1848 the harbour was built.",
        "Italy joined in 1957.",
        "Es wurde 1848 gebaut.",
        "Thousands of people came.",
        "Then press the red button.",
        "",
    ],
)
def test_sentences_that_stand_by_themselves(sentence):
    """They name what they speak of, or the pronoun points at nothing."""
    assert not leans(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "You need the following:",
        "To apply:",
        "**Opening hours:**",
        "The members are (in this order):",
        "Requirements\N{FULLWIDTH COLON}",
        "Bring with you:\n",
        "3 things matter:",
        '"Remember:"',
        "The steps are as follows: ",
        "- Documents:",
        "Fees (2024):",
        "Sie brauchen:",
    ],
)
def test_lead_ins(sentence):
    """What ends with a colon introduces something."""
    assert is_lead_in(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "You need the following: a passport.",
        "The harbour was built in 1848.",
        ":",
        " : ",
        "**:**",
        "",
        "At 10:30",
        "Price: 40 EUR",
        "Which one?",
        "- a passport",
        "https://example.org",
        "Ratio 3:1.",
    ],
)
def test_what_introduces_nothing(sentence):
    """A colon elsewhere, or no word."""
    assert not is_lead_in(sentence)


MARKED = ("Members pay less.", "You need:", "- a passport", "- two photos", "- the form.", "It takes a week.")
STEPS = ("Do this:", "1. Open the lid.", "Then wait.", "2. Close it.", "All is done.", "Call us.")
JOINED = ("You need:", "a passport;", "two photos; and", "the form.", "It takes a week.")
PLAIN = ("He said:", "I will come.", "He came.")
LONG = ("Names:", *(f"- {'x' * 197}{number}" for number in range(5)))


@pytest.mark.parametrize(
    ("sentences", "position", "expected"),
    [
        (("Entitled are those who", "1. work at night, or", "2. drive."), 1, (0, 2)),
        (("(5) Entitled are those who", "1. work at night, or", "2. drive."), 2, (0, 2)),
        (("1. work at night, or", "2. drive."), 1, (1, 1)),
        (MARKED, 1, (1, 4)),
        (MARKED, 3, (1, 4)),
        (MARKED, 0, (0, 0)),
        (MARKED, 5, (5, 5)),
        (STEPS, 0, (0, 3)),
        (STEPS, 2, (0, 3)),
        (STEPS, 4, (4, 4)),
        (JOINED, 0, (0, 3)),
        (JOINED, 3, (0, 3)),
        (JOINED, 4, (4, 4)),
        (PLAIN, 0, (0, 1)),
        (PLAIN, 2, (2, 2)),
        (("You need:",), 0, (0, 0)),
        (("One.", "Two."), 1, (1, 1)),
        (LONG, 0, (0, 3)),
        (LONG, 3, (0, 3)),
        (LONG, 4, (4, 4)),
    ],
)
def test_a_lead_in_is_quoted_with_its_items(sentences, position, expected):
    """And an item with its lead-in; as many items as fit, and one that does not fit alone."""
    assert expand_list(sentences, position) == expected
    first, last = expected
    assert len(" ".join(sentences[first : last + 1])) <= LONGEST_LIST


def test_a_sentence_that_is_not_there_is_an_error():
    """Before the first, or behind the last."""
    for position in (-1, 2):
        with pytest.raises(IndexError, match=f"no sentence {position} among 2"):
            expand_list(("One.", "Two."), position)


@pytest.mark.parametrize(
    "sentence",
    [
        "# Opening hours",
        "Chapter 3 The Harbour",
        "The History of the Harbour",
        "Introduction",
        "Figure 3: The harbour in 1900",
        "Fig. 2. Ships entering the port",
        "Table 4 \N{EN DASH} Prices by year",
        "Home | About | Contact",
        "Home » News » Events",
        "What is a harbour?",
        "*Who may apply?*",
        "Q: How do I pay?",
        "**Question 3:** How do I pay?",
        "[12.04.24, 18:04:02] Mia Berg: Who brings the tent?",
        "12/03/2024, 6:04 PM - Mia: Who brings the tent?",
        "![The harbour](img/harbour.png)",
        "https://example.org/harbour",
        "[Contact](https://example.org/contact)",
        "Table of contents",
        "Click here to download",
        "Read more about harbours",
        "Page 3 of 12",
        "***",
        "",
    ],
)
def test_what_never_answers(sentence):
    """Headings, captions, menus, questions, images, links and what pages are furnished with."""
    assert not is_quotable(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "The harbour was built in 1848.",
        "Price: 40 EUR",
        "Item: Rent; Cost: 300.",
        "Alice | Paris | Engineer",
        "1848",
        "- a passport",
        "Figure 3 shows that prices rose in 1900.",
        "Table: 40 EUR",
        "Isaac Newton",
        "info@example.org",
        "Is it open? Yes, on Mondays.",
        "It is open on Mondays. Did you know?",
        "[12.04.24, 18:04:02] Mia: I bring the tent. Who has a stove?",
        "The rent of the flat that was let in May: is it 300 euros?",
        "See the [guide](https://example.org) for the fees.",
        "[The harbour was built in 1848.](https://example.org)",
        "![](x.png) The harbour was built in 1848.",
        "Part 2 must be signed.",
        "The house is red",
        "Search results are kept for a day.",
        "Mon\N{EN DASH}Fri 9:00\N{EN DASH}17:00",
        "Home care costs 40 euros.",
        "#1 of the charts in 1984",
        "C# was made by Microsoft.",
        "Der Hafen wurde 1848 gebaut",
    ],
)
def test_what_can_answer(sentence):
    """Statements, rows of tables, items, and whatever is in doubt."""
    assert is_quotable(sentence)
