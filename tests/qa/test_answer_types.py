"""Kinds of answer and forms of question."""

import pytest

from qa.answering.answer_types import (
    answer_kind,
    definition_subject,
    has_kind,
    is_method,
    is_yes_no,
    question_kind,
)


@pytest.mark.parametrize(
    ("core", "kind"),
    [("How many died?", "number"), ("when did it end", "date"), ("where is it", "place"), ("why?", "reason"),
     ("who won", "person"), ("Is it so?", None)],
)  # fmt: skip
def test_the_kind_of_answer_does_not_depend_on_case(core, kind):
    """Nor on the question mark."""
    assert answer_kind(core) == answer_kind(core.upper()) == answer_kind(core.rstrip("?")) == kind


@pytest.mark.parametrize(
    ("core", "expected"),
    [("Is the boat sold?", True), ("can israel beat iran", True), ("Doesn't it float?", True), ("And is it old?", True),
     ("Whether the boat is sold?", True), ("Is it red or blue?", False), ("Who is it?", False), ("Island life", False)],
)  # fmt: skip
def test_yes_no(core, expected):
    """An auxiliary first, and no choice."""
    assert is_yes_no(core) is expected


@pytest.mark.parametrize(
    ("core", "expected"),
    [("How do I apply?", True), ("how to apply", True), ("How was it built?", True), ("How many are there?", False),
     ("How old is it?", False), ("In what way does it help?", True)],
)  # fmt: skip
def test_method(core, expected):
    """How it is done, not how much."""
    assert is_method(core) is expected


DEFINITIONS = {
    "What is soft power?": "soft power",
    "what is a lease": "lease",
    "What's photosynthesis?": "photosynthesis",
    "What are mediators?": "mediators",
    "What does UNHCR stand for?": "UNHCR",
    'What does the word "kata" mean?': "kata",
    "define photosynthesis": "photosynthesis",
    "What is the meaning of soft power?": "soft power",
    "photosynthesis meaning": "photosynthesis",
    "Who was Marie Curie?": "Marie Curie",
    "What is the capital of France?": "",
    "What is the boat's name?": "",
    "What is the population?": "",
    "Who was the first king?": "",
    "Who is the owner?": "",
    "What are the side effects?": "",
    "What is it?": "",
    "What is the reason?": "",
    "When did the term get its meaning?": "",
}


@pytest.mark.parametrize(("core", "subject"), DEFINITIONS.items())
def test_a_definition_is_asked_for(core, subject):
    """What something is, means or stands for; not a value of it, nor who holds an office."""
    assert definition_subject(core) == subject


KINDS = {
    "How many missiles were fired?": "number",
    "When did it begin?": "date",
    "Where are the allies?": "place",
    "Who is mediating?": "person",
    "Why did it fail?": "reason",
    "What is the strait called?": "name",
    "Is the war over?": "yes/no",
    "isn\u2019t it over": "yes/no",
    "According to the text, did they reply?": "yes/no",
    "Does anybody know where it is?": "yes/no",
    "Can you tell me who is mediating?": "person",
    "could you please explain how it works": "how",
    "What is hybrid warfare?": "definition",
    "what's a proxy": "definition",
    "What does NATO stand for?": "definition",
    "What is meant by leverage?": "definition",
    "What is the capital of France?": "other",
    "What is Iran offering in the talks?": "other",
    "How does a proxy fight?": "how",
    "mediators": "other",
    "": "other",
}


@pytest.mark.parametrize(("question", "kind"), KINDS.items(), ids=KINDS.keys())
def test_a_question_has_one_kind(question, kind):
    """Its first words and its question word decide."""
    assert question_kind(question) == kind


@pytest.mark.parametrize(
    ("question", "with_number", "without"),
    [
        ("Wie hoch sind die Mieten?", "Die Miete betr\xe4gt 850,00 \u20ac.", "Die Reparaturen tr\xe4gt der Mieter."),
        ("Wie viele Schl\xfcssel gibt es?", "Er erh\xe4lt drei Schl\xfcssel.", "Er erh\xe4lt einen Schl\xfcsselbund."),
        ("Combien de cl\xe9s y a-t-il ?", "Il re\xe7oit trois cl\xe9s.", "Il re\xe7oit ses cl\xe9s."),
        ("\xbfCu\xe1ntas llaves hay?", "Recibe dos llaves.", "Recibe las llaves."),
        (
            "\u9000\u8d27\u9700\u8981\u51e0\u5929\uff1f",
            "\u5341\u56db\u5929\u5185\u9000\u8d27\u3002",
            "\u9000\u8d27\u89c4\u5b9a\u3002",
        ),
        (
            "\u9001\u6599\u306f\u3044\u304f\u3089\u3067\u3059\u304b",
            "\u9001\u6599\u306f500\u5186\u3067\u3059\u3002",
            "\u9001\u6599\u306f\u7121\u6599\u3067\u3059\u3002",
        ),
    ],
    ids=["german", "german, in words", "french", "spanish", "chinese", "japanese"],
)
def test_how_many_is_asked_in_other_languages(question, with_number, without):
    """The number may be in digits or words, and must not be one of the question."""
    assert answer_kind(question) == "number"
    assert has_kind("number", question, with_number) and not has_kind("number", question, without)


@pytest.mark.parametrize(
    "question", ["Once upon a time in Milan?", "Who is Elf Quest for?", "Is fire hot?", "What is due?"]
)
def test_english_words_that_are_numbers_elsewhere_ask_for_none(question):
    """And English sentences with them have no number."""
    assert answer_kind(question) != "number"
    assert not has_kind("number", "How many are there?", f"Once due, the fire of the elf: {question}")
