"""The documents to search, chosen in the page."""

from dataclasses import replace
from pathlib import Path

import gradio
import pytest
from page_parts import Reader, make_citation, make_turn
from plum_assistant import ask, event, follow, open_plums

from index import QuestionError
from qa.answering.answer import Answer, Scope
from qa.web import strings
from qa.web.following import Following
from qa.web.library import LibraryHandlers
from qa.web.narrowing import OFFERED, Narrowing, read_choice
from qa.web.render import Turn, describe, render_turn

NAMES = ("*.txt", "a.txt", "data.txt")


@pytest.fixture
def plums(tmp_path):
    """An assistant and the handlers over it, loaded."""
    with open_plums(tmp_path) as opened:
        yield opened


@pytest.fixture
def three(plums):
    """An assistant with three documents, and the handlers over it."""
    plums[0].names = list(NAMES)
    return plums


def test_documents_that_are_gone_leave_the_picker(three):
    """Those that are there stay chosen; whatever else the browser sends is left as it is."""
    following = Following(three[1].host, LibraryHandlers(three[1].host, Path("/nowhere")))
    assert following.keep_choice(["a.txt", "gone.txt", 7]) == gradio.update(value=["a.txt"])
    assert following.keep_choice(["gone.txt"]) == gradio.update(value=[])
    for chosen in (["a.txt"], [], None, "gone.txt"):
        assert following.keep_choice(chosen) == gradio.skip()


CHOICES = {
    "none": (None, ()),
    "empty": ([], ()),
    "one": (["a.txt"], ("a.txt",)),
    "pattern": (["*.txt"], ("*.txt",)),
    "order": (["data.txt", "a.txt", "a.txt"], ("a.txt", "data.txt")),
    "all": (["data.txt", "a.txt", "*.txt"], ()),
}


@pytest.mark.parametrize(("chosen", "expected"), CHOICES.values(), ids=CHOICES.keys())
def test_choice_is_read_in_order(chosen, expected):
    """Each name once; all of them are as good as none."""
    assert read_choice(chosen, NAMES) == expected


@pytest.mark.parametrize(
    "chosen", ["a.txt", ["A.txt"], ["txt"], ["?.txt"], ["a.txt", "b.txt"], [0], [["a.txt"]], {"a.txt": 1}, 1], ids=repr
)
def test_only_names_of_documents_are_chosen(three, chosen):
    """Parts, patterns and anything else the browser may send are refused, and nothing is searched."""
    with pytest.raises(QuestionError):
        read_choice(chosen, NAMES)
    turns, _, box, message = ask(three[1], "Which fruit?", chosen=chosen)
    assert turns == () and three[0].searched == [] and box == "Which fruit?"
    assert strings.UNKNOWN_CHOICE in message


def test_choice_narrows_the_search_and_is_told(three):
    """Also when a question is asked again by itself; a filter in the question counts instead of the choice."""
    turns, chat, *_ = ask(three[1], "Which fruit?", chosen=["*.txt"])
    assert "Searched: 1 of 3 documents" in chat[1]["content"].value
    turns, *_ = ask(three[1], "Which fruit? source:data", turns, ["a.txt"])
    turns, *_ = ask(three[1], "Which fruit?", turns, [])
    list(three[1].answer_alone(turns, ["a.txt"], event(turn=1)))
    assert three[0].searched == [("*.txt",), (), (), ("a.txt",)]
    assert [turn.narrowing for turn in turns] == [
        Narrowing(("*.txt",), 1, 3),
        Narrowing(("data.txt",), 1, 3),
        None,
    ]


@pytest.mark.parametrize("names", [["a.txt"], ["a.txt", "a.txt"]], ids=["one", "one name"])
def test_picker_is_hidden_where_there_is_no_choice(plums, names):
    """One document, or several of one name, need none."""
    plums[0].names = names
    assert follow(plums[1].host)[-1][3] == gradio.update(choices=[], visible=False)


def test_picker_offers_the_documents(three):
    """Every name is offered, and nothing more needs to be said."""
    picker, note = follow(three[1].host)[-1][3:5]
    assert picker == gradio.update(choices=list(NAMES), visible=True)
    assert "offered here" not in note


def test_picker_of_a_large_collection_says_what_it_leaves_out(plums):
    """No more than the page can bear are offered."""
    plums[0].names = [f"{number:05}.txt" for number in range(3 * OFFERED)]
    picker, note = follow(plums[1].host)[-1][3:5]
    assert len(picker["choices"]) == OFFERED
    assert "The first 1,000 of 3,000 documents are offered here" in note


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
