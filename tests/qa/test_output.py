"""Answers in words for a terminal: everything a terminal would obey is shown instead."""

import io
from dataclasses import replace

import pytest
from patience import until
from two_answers import BOTH, CORRECTED, GREETING, GUIDANCE, WHEN

from index import Place, Progress
from qa.answering.answer import Answer, Scope, describe_answer
from qa.answering.citation import Citation, TermEvidence
from qa.cli.output import describe_addresses, describe_confidence, show_progress
from qa.text import count, describe_progress, visible, visible_line


def test_closest_passages_are_called_so():
    """An answer of verdict "closest" is introduced as passages that may not answer, with every locator there is."""
    citation = Citation("a\r\nb", "s\n.md", "/s.md", 3, Place(2, "A > B", 7), 0, 4, "a\r\nb", 0, 0.5, "0")
    answer = Answer("q", "q", "closest", 0.5, (), (citation,), Scope(1, 1))
    assert describe_answer(answer) == (
        "Closest passages (they may not answer):\n[1] a\n    b\n    -- s .md, page 2, row 7, paragraph 3, A > B"
    )


def test_exact_words_are_bold_where_the_terminal_shows_it():
    """Only there; else the quote stands as it is."""
    place = "\n    -- town.txt, paragraph 1"
    assert describe_answer(WHEN) == f"[1] The harbour was built in 1848.{place}"
    assert describe_answer(WHEN, emphasise=True) == f"[1] The harbour was built in \x1b[1m1848\x1b[22m.{place}"
    plain = replace(WHEN, citations=(replace(WHEN.citations[0], answer_start=None, answer_end=None),))
    assert describe_answer(plain, emphasise=True) == f"[1] The harbour was built in 1848.{place}"


def test_bold_words_may_hold_line_ends_and_controls():
    """They are shown inside the bold part as outside."""
    citation = Citation("a\x1bb\nc", "s.md", "/s.md", 1, Place(), 0, 5, "", 0, 0.5, "0")
    answer = Answer("q", "q", "answered", 0.9, (replace(citation, answer_start=1, answer_end=5),), (), Scope(1, 1))
    said = "[1] a\x1b[1m\\x1bb\n    c\x1b[22m\n    -- s.md, paragraph 1"
    assert describe_answer(answer, emphasise=True) == said


def test_parts_stand_under_their_questions():
    """Each with its verdict; numbers are those of the whole."""
    assert describe_answer(BOTH) == (
        "Which are red?\n\nClosest passages (they may not answer):\n[2] Pears are green.\n    -- town.txt, paragraph 2\n\n"
        "When was it built?\n\n[1] The harbour was built in 1848.\n    -- town.txt, paragraph 1"
    )


def test_greetings_and_guidance_are_plain_lines():
    """Nothing is said of what was searched; passages that come with guidance follow."""
    assert describe_answer(GREETING) == "Hello. Ask me about <them>."
    assert describe_answer(GUIDANCE) == (
        "I only quote. Ask for one thing.\n\n[1] Pears are green.\n    -- town.txt, paragraph 2"
    )


def test_a_corrected_word_is_told():
    """Before the quotes."""
    assert describe_answer(CORRECTED).startswith('Searched "harbour" instead of "harbuor".\n\n[1] The harbour')


def test_a_line_says_verdict_and_confidence():
    """One for each part of a question; greetings have none, and the colour is that of the verdict."""
    assert describe_confidence(WHEN) == ["", "Answered, confidence 0.90."]
    assert describe_confidence(BOTH) == [
        "", "Closest passages only, confidence 0.40: Which are red?", "Answered, confidence 0.90: When was it built?",
    ]  # fmt: skip
    assert describe_confidence(GREETING) == []
    assert describe_confidence(replace(WHEN, verdict="not_in_sources"), colourful=True) == [
        "", "\x1b[31m\x1b[1mNot in the sources\x1b[0m, confidence 0.90.",
    ]  # fmt: skip


def test_addresses_open_the_file_at_the_page():
    """A PDF at its page; every address once, with the numbers of its quotes, and nothing in it that a terminal obeys."""
    citations = [
        Citation("a", "s", path, 1, Place(page), 0, 1, "a", 0, 0.5, "0")
        for path, page in [
            ("/a b/\x1b#.pdf", 2),
            ("/c.docx", 2),
            ("/a b/\x1b#.pdf", 2),
            ("/a b/\x1b#.pdf", 3),
            ("/c.docx", 1),
        ]
    ]
    answer = Answer("q", "q", "answered", 0.5, tuple(citations), (), Scope(1, 1))
    assert describe_addresses(answer) == [
        "Open [1, 3]: file:///a%20b/%1B%23.pdf#page=2",
        "Open [2, 5]: file:///c.docx",
        "Open [4]: file:///a%20b/%1B%23.pdf#page=3",
    ]


class Terminal(io.StringIO):
    """A terminal that keeps what it shows."""

    def isatty(self):
        """It is one."""
        return True


def test_progress_shows_that_time_passes_before_the_first_step(monkeypatch):
    """Until then the line is drawn again and again; the first step is shown at once."""
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr("qa.cli.output.TICK", 0.001)
    with show_progress("passages", "opening the documents") as show:
        until(lambda: terminal.getvalue().count("\ropening the documents 00:0") > 3)
        show(1, 4, "a\x1b.txt")
        first = terminal.getvalue().rpartition("\r")[2]
    assert first.startswith("passages: 1/4 ")
    assert first.rstrip().endswith(", a\\x1b.txt")


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
