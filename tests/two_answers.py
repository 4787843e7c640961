"""Answers made by hand, in which every offset can be counted: exact words, two questions in one, a greeting, guidance."""

from index import Passage
from qa.answering.answer import Answer, Scope
from qa.answering.citation import cite
from qa.answering.parts import join_parts

TEXT = "The harbour was built in 1848. It *still* stands.\n\nPears are green."
SCOPE = Scope(1, 2)


def quote(start, end, answer=None):
    """Cite a stretch of the text, with the exact answer words in it."""
    first = start < 51
    passage = Passage(paragraph=1 if first else 2, start=0 if first else 51, end=49 if first else 67, sentences=())
    return cite(
        passage,
        TEXT[passage.start : passage.end],
        source="town.txt",
        path="/town.txt",
        text_sha256="0",
        span=(start, end),
        score=0.5,
        answer=answer,
    )


WHEN = Answer("When was it built?", "When was it built?", "answered", 0.9, (quote(0, 30, (25, 29)),), (), SCOPE)
COLOUR = Answer("Which are red?", "Which are red?", "closest", 0.4, (), (quote(51, 67),), SCOPE)
BOTH = join_parts("When was it built? Which are red?", [COLOUR, WHEN])
GREETING = Answer(
    "Hello!", "Hello!", "not_in_sources", 0.0, (), (), SCOPE, kind="greeting", message="Hello. Ask me about <them>."
)
GUIDANCE = Answer(
    "Summarize it", "Summarize it", "not_in_sources", 0.0, (), (quote(51, 67),), SCOPE, kind="guidance",
    message="I only quote. Ask for one thing.",
)  # fmt: skip
CORRECTED = Answer(
    "When was the harbuor built?", "When was the harbour built?", "answered", 0.9, WHEN.citations, (), SCOPE,
    corrected=(("harbuor", "harbour"),),
)  # fmt: skip
