"""Naming the kind of a question."""

import pytest

from qa.answer_types import question_kind

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
