"""Answers in words for a terminal: everything a terminal would obey is shown instead."""

import pytest

from index import Progress
from qa.answers import Answer, Scope
from qa.citations import Citation
from qa.evidence import TermEvidence
from qa.terminal import count, describe_answer, describe_progress, visible, visible_line


def test_closest_passages_are_called_so():
    """An answer of verdict "closest" is introduced as passages that may not answer, with every locator there is."""
    citation = Citation("a\r\nb", "s\n.md", "/s.md", 3, 2, "A > B", 7, 0, 4, "a\r\nb", 0, 0.5, "0")
    answer = Answer("q", "q", "closest", 0.5, (), (citation,), Scope(1, 1))
    assert describe_answer(answer) == (
        "Closest passages (they may not answer):\n[1] a\n    b\n    -- s .md, page 2, row 7, paragraph 3, A > B"
    )


CONTROLS = {
    "escape": ("\x1b[2J", "\\x1b[2J"),
    "one-byte escape": ("\x9b2J", "\\x9b2J"),
    "bell, backspace, delete, NUL": ("\x07\x08\x7f\0", "\\x07\\x08\\x7f\\x00"),
    "turned around": ("\u202egpj.exe\u2066", "\\u202egpj.exe\\u2066"),
    "line ends": ("a\r\nb\rc\nd", "a\nb\nc\nd"),
    "left alone": (
        "\t\u200d\u200f\u05d0 \u00a0\u2028 caf\u00e9 \U0001f600",
        "\t\u200d\u200f\u05d0 \u00a0\u2028 caf\u00e9 \U0001f600",
    ),
}


@pytest.mark.parametrize(("text", "shown"), CONTROLS.values(), ids=CONTROLS)
def test_control_characters_are_made_visible(text, shown):
    """Whatever a terminal would obey is shown; all other text stays as it is."""
    assert visible(text) == shown
    assert visible_line(text) == shown.replace("\n", " ")


def test_words_that_occur_nowhere_are_named():
    """When nothing answers, the words that no document holds are named, with what is spelt nearly like them."""
    evidence = (
        TermEvidence("apples", 3),
        TermEvidence("Ruritania\x07", 0, ("rumania", "mauritania")),
        TermEvidence("Oz", 0),
    )
    answer = Answer("q", "q", "not_in_sources", 0.1, (), (), Scope(2, 1200), evidence)
    assert describe_answer(answer) == (
        "Not in the sources. Searched: 2 documents and 1,200 passages.\n"
        "Words that occur nowhere: Ruritania\\x07 (nearly: rumania, mauritania), Oz."
    )


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (8.4, "1,235 a second, 8 s left"),
        (99.4, "1,235 a second, 99 s left"),
        (100, "1,235 a second, 2 min left"),
        (5_940, "1,235 a second, 99 min left"),
        (7_260, "1,235 a second, 2 h 1 min left"),
    ],
)
def test_progress_is_said_in_the_unit_that_fits(seconds, said):
    """Seconds, minutes, or hours and minutes; nothing while the time cannot be told."""
    assert describe_progress(Progress(1, 2, "a", 10, 20, 1_234.6, seconds)) == said


def test_things_are_counted_in_words():
    """One thing is singular, all other numbers plural, with thousands parted."""
    assert [count(number, "row") for number in (0, 1, 2, 12345)] == ["0 rows", "1 row", "2 rows", "12,345 rows"]
