"""What a notebook or a prompt shows: one line for `repr`, and HTML in which nothing from outside becomes a tag."""

from dataclasses import replace

import pytest
from injections import PAYLOADS
from page_parts import Reader
from toy_encoder import ToyEncoder
from two_answers import BOTH, COLOUR, CORRECTED, GREETING, GUIDANCE, WHEN

from qa import Assistant
from qa.answering.citation import TermEvidence
from qa.markup import keep_sendable
from qa.text import visible

TAGS = {"div", "p", "b", "i", "blockquote", "ul", "li"}


@pytest.fixture
def fruit(tmp_path):
    """An assistant over a text, and a file that cannot be read."""
    (tmp_path / "fruit").mkdir()
    (tmp_path / "fruit/a.txt").write_text("The apple fell from the old tree.\n\nA pear stayed.", encoding="utf-8")
    (tmp_path / "fruit/<b>.pdf").write_text("no PDF")
    with Assistant.open(tmp_path / "fruit", home=tmp_path / "home", encoder=ToyEncoder(), reader=None) as opened:
        yield opened


def test_repr_is_one_short_line(fruit):
    """Of an answer the question, the verdict and the number of quotes; of a citation its beginning and place."""
    assert repr(WHEN) == "<Answer 'When was it built?': answered, confidence 0.90, 1 quote>"
    assert repr(GREETING) == "<Answer 'Hello!': greeting, 0 quotes>"
    assert repr(WHEN.citations[0]) == "<Citation 'The harbour was built in 1848.' from town.txt, paragraph 1>"
    assert repr(fruit) == "<Assistant 'fruit': 1 document, 2 passages>"
    long = replace(WHEN, question="a\n\x1b\u202e" + "b" * 1000)
    assert repr(long) == f"<Answer 'a\\n\\x1b\\u202e{'b' * 54} …': answered, confidence 0.90, 1 quote>"
    cited = replace(WHEN.citations[0], source="\x1b[2J" + "c" * 1000)
    assert repr(cited) == f"<Citation 'The harbour was built in 1848.' from \\x1b[2J{'c' * 54} …>"


def test_a_closed_assistant_can_be_shown(fruit):
    """Its catalog cannot be read any more."""
    fruit.close()
    assert repr(fruit) == "<Assistant 'fruit': closed>"
    assert Reader(fruit._repr_html_()).text.split() == ["fruit", "closed"]


def read(shown):
    """The words of the HTML of something."""
    return " ".join(Reader(shown._repr_html_()).text.split())


def test_jupyter_shows_answers_as_html():
    """Question, remarks, numbered quotes with their places, each part under its question; the exact words are bold."""
    quoted = "The harbour was built in 1848. town.txt, paragraph 1"
    assert read(WHEN) == f"When was it built? [1] {quoted}"
    assert "built in <b>1848</b>." in WHEN._repr_html_()
    assert read(WHEN.citations[0]) == quoted
    assert read(BOTH) == (
        "When was it built? Which are red? Which are red? Closest passages (they may not answer): "
        f"[2] Pears are green. town.txt, paragraph 2 When was it built? [1] {quoted}"
    )
    assert read(GREETING) == "Hello! Hello. Ask me about <them>."
    assert read(CORRECTED) == f'When was the harbuor built? Searched "harbour" instead of "harbuor". [1] {quoted}'
    missing = replace(COLOUR, verdict="not_in_sources", evidence=(TermEvidence("red", 0, ("reed",)),))
    assert read(missing) == (
        "Which are red? Not in the sources. Searched: 1 document and 2 passages. "
        "Words that occur nowhere: red (nearly: reed). Closest passages (they may not answer): "
        "[1] Pears are green. town.txt, paragraph 2"
    )


def test_jupyter_shows_what_an_assistant_searches(fruit):
    """Its size, and the files that could not be read, with the reason."""
    words = read(fruit)
    assert words.startswith("fruit 1 document, 2 passages 1 file could not be read: <b>.pdf")


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=list(PAYLOADS))
def test_payloads_are_shown_as_text(payload):
    """In a question, a quote, a name, a message, a correction and a word, letter for letter; only styles are attributes."""
    cited = replace(
        WHEN.citations[0], quote=payload, end=len(payload), source=payload, answer_start=None, answer_end=None
    )
    evidence = (TermEvidence(payload, 0, (payload,)),)
    hostile = replace(COLOUR, question=payload, closest=(cited,), evidence=evidence, corrected=((payload, payload),))
    shown = Reader(
        replace(hostile, verdict="not_in_sources")._repr_html_() + replace(GUIDANCE, message=payload)._repr_html_()
    )
    assert {tag for tag, _ in shown.tags} <= TAGS
    assert {name for _, attributes in shown.tags for name in attributes} <= {"style", "dir"}
    assert {attributes["dir"] for _, attributes in shown.tags if "dir" in attributes} == {"auto"}
    assert shown.text.count(keep_sendable(visible(payload))) >= 8


def test_styles_fit_light_and_dark_notebooks():
    """They name no colour, and need no style sheet, script or address."""
    html = BOTH._repr_html_()
    assert "color" not in html and "background" not in html and "<style" not in html and "://" not in html
