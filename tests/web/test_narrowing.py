"""The documents to search, ticked in the page."""

import json
from dataclasses import replace

import pytest
from page_parts import Reader, make_citation, make_turn
from plum_assistant import ask, event, open_plums

from index import QuestionError
from qa.answering.answer import Answer, Scope
from qa.web import strings
from qa.web.chat.narrowing import Narrowing, read_choice
from qa.web.chat.view import Turn, describe, render_turn

NAMES = ("*.txt", "a.txt", "data.txt")


@pytest.fixture
def plums(tmp_path):
    """An assistant and the handlers over it, loaded."""
    with open_plums(tmp_path) as opened:
        yield opened


@pytest.fixture
def three(plums):
    """An assistant with three documents, and the handlers over it."""
    plums[0].held = list(NAMES)
    return plums


CHOICES = {
    "none": (None, ()),
    "empty": ("", ()),
    "empty list": ([], ()),
    "one": (["a.txt"], ("a.txt",)),
    "pattern": (["*.txt"], ("*.txt",)),
    "order": (["data.txt", "a.txt", "a.txt"], ("a.txt", "data.txt")),
    "all": (["data.txt", "a.txt", "*.txt", "b/c.txt", "b/d/e.txt"], ()),
    "folder": (["b/"], ("b/c.txt", "b/d/e.txt")),
    "folder in a folder": (["b/d/"], ("b/d/e.txt",)),
    "folder and a document": (["b/d/", "a.txt", "b/d/e.txt"], ("a.txt", "b/d/e.txt")),
    "gone": (["gone.txt", "a.txt", "gone/"], ("a.txt",)),
}


@pytest.mark.parametrize(("chosen", "expected"), CHOICES.values(), ids=CHOICES.keys())
def test_choice_is_read_in_order(three, chosen, expected):
    """Each name once, and for a folder all that is in it; what is gone is left out; all are as good as none."""
    three[0].held += ["b/c.txt", "b/d/e.txt"]
    assert read_choice(json.dumps(chosen) if isinstance(chosen, list) else chosen, three[0]) == expected


@pytest.mark.parametrize(
    "chosen",
    ["a.txt", ["a.txt"], {"a.txt": 1}, 1, True]
    + [json.dumps(value) for value in (["A.txt"], ["txt"], ["?.txt"], ["a"], ["a.txt/"], ["/"], [""], ["gone.txt"])]
    + [json.dumps(value) for value in ([0], [["a.txt"]], {"a.txt": 1}, 1, "a.txt", ["a.txt", None], None)]
    + ["[" * 100_000],
    ids=lambda chosen: repr(chosen)[:40],
)
def test_only_names_of_documents_are_chosen(three, chosen):
    """Parts, patterns, what is all gone and anything else the browser may send are refused, and nothing is searched."""
    with pytest.raises(QuestionError):
        read_choice(chosen, three[0])
    turns, _, box, message = ask(three[1], "Which fruit?", chosen=chosen)
    assert turns == () and three[0].searched == [] and box == "Which fruit?"
    assert strings.UNKNOWN_CHOICE in message


def test_choice_narrows_the_search_and_is_told(three):
    """Also when a question is asked again by itself; a filter in the question counts instead of the choice."""
    turns, chat, *_ = ask(three[1], "Which fruit?", chosen='["*.txt"]')
    assert "Searched: 1 of 3 documents" in chat[1]["content"].value
    turns, *_ = ask(three[1], "Which fruit? source:data", turns, '["a.txt"]')
    turns, *_ = ask(three[1], "Which fruit?", turns, "[]")
    list(three[1].answer_alone(turns, '["a.txt"]', event(turn=1)))
    assert three[0].searched == [("*.txt",), (), (), ("a.txt",)]
    assert [turn.narrowing for turn in turns] == [
        Narrowing(("*.txt",), 1, 3),
        Narrowing(("data.txt",), 1, 3),
        None,
    ]


@pytest.mark.parametrize("verdict", ["answered", "closest", "not_in_sources"])
def test_answer_from_some_documents_names_them(verdict):
    """In the page, escaped, and in the copied text; after five names the others are counted."""
    names = ("<b>.txt", "b.txt", "c.txt", "d.txt", "e.txt", "f.txt", "g.txt")
    turn = replace(make_turn(verdict, make_citation(0, 15)), narrowing=Narrowing(names, 7, 3000))
    said = "Searched: 7 of 3,000 documents, <b>.txt, b.txt, c.txt, d.txt, e.txt, and 2 more"
    assert said in Reader(render_turn(turn)).text and said in describe(turn).splitlines()
    turn = replace(turn, narrowing=Narrowing(names[:1], 1, 3))
    assert "Searched: 1 of 3 documents, <b>.txt" in describe(turn).splitlines()


def test_filter_in_the_question_is_no_other_question():
    """`source:` leaves what is searched, which is not worth a remark of its own."""
    answer = Answer("Which fruit? source:a.txt", "Which fruit?", "not_in_sources", 0.1, (), (), Scope(1, 2))
    assert "Searched for" not in render_turn(Turn(1, answer))
