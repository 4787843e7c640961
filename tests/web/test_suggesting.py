"""Suggested questions in the page: found between the questions of people, asked by their number."""

import threading

import pytest
from page_parts import Reader
from patience import until
from plum_assistant import SKIP, ask, event, open_plums

from index import SourceError
from qa.web import strings
from qa.web.chat.suggestions import Suggesting, Suggestions, find_in_pieces, render_next

QUESTIONS = ("Who <b>?", "What?")


@pytest.fixture
def plums(tmp_path):
    """An assistant and the handlers over it, loaded."""
    with open_plums(tmp_path) as opened:
        yield opened


def test_people_are_answered_between_two_pieces(plums):
    """Whatever waits when a piece ends is done before the next one begins."""
    host, done = plums[1].host, []
    waiting = threading.Event()

    def begin(assistant):
        for number in range(3):
            done.append(number)
            if number == 0:
                threading.Thread(target=lambda: host.call(lambda assistant: done.append("person"))).start()
                until(lambda: not host._work.empty())
                waiting.set()
            yield number

    assert find_in_pieces(host, begin) == 2
    assert waiting.is_set() and done == [0, "person", 1, 2]


def test_search_that_finds_nothing_gives_nothing(plums):
    """As where there is no step at all."""
    assert find_in_pieces(plums[1].host, lambda assistant: iter(())) is None


def test_suggestions_are_found_anew_when_the_documents_change(plums, monkeypatch):
    """Until then those found before are told; what goes wrong costs no more than the suggestions."""
    assistant, handlers = plums
    begun = []

    def suggest(assistant, wanted):
        begun.append(assistant.generation)
        if assistant.generation == 3:
            raise SourceError("gone")
        yield (f"What is {assistant.generation}?",)

    monkeypatch.setattr("qa.web.chat.suggestions.suggest_first", suggest)
    suggestions = Suggestions(handlers.host)
    assert suggestions.current() == ()
    assert suggestions.find() == suggestions.find() == ("What is 1?",)
    assistant.generation = 2
    assert suggestions.current() == ("What is 1?",)
    assert suggestions.find() == ("What is 2?",) == suggestions.current()
    assistant.generation = 3
    assert suggestions.find() == () and begun == [1, 2, 3]
    assistant.key = "pears"
    assert suggestions.current() == ()


def test_question_is_looked_up_by_its_number(plums, monkeypatch):
    """In the empty chat and after an answer; it stands alone, and no other number asks anything."""
    assistant, handlers = plums
    suggesting = Suggesting(handlers, Suggestions(handlers.host))
    number = suggesting.suggestions.number("Which fruit?")
    turns, *_ = list(suggesting.answer_example((), event(example=number)))[-1]
    turns, *_ = list(suggesting.answer_next(turns, QUESTIONS, None, event(next=1)))[-1]
    assert assistant.asked == [("Which fruit?", (), False), ("What?", ("Which fruit?",), True)]
    for data in ({}, {"next": 2}, {"next": "1"}, {"next": True}, {"next": -1}, {"example": 9}):
        for updates in (
            suggesting.answer_next(turns, QUESTIONS, None, event(**data)),
            suggesting.answer_example(turns, event(**data)),
        ):
            assert list(updates)[-1][:3] == (SKIP,) * 3
    assert len(assistant.asked) == 2


def test_next_questions_are_of_the_last_answer(plums, monkeypatch):
    """And of what was searched for it; those of the answer before are gone at once."""
    _, handlers = plums
    seen = []

    def suggest(assistant, answer, *, history, sources):
        seen.append((answer.question, history, sources))
        yield QUESTIONS

    monkeypatch.setattr("qa.web.chat.suggestions.suggest_next", suggest)
    suggesting = Suggesting(handlers, Suggestions(handlers.host))
    assert list(suggesting.suggest(())) == [((), render_next(()))]
    turns, *_ = ask(handlers, "Which fruit?")
    assert list(suggesting.suggest(turns)) == [((), render_next(())), (QUESTIONS, render_next(QUESTIONS))]
    assert seen == [("Which fruit?", ["Which fruit?"], ())]


def test_next_questions_are_escaped_and_named():
    """A question is text from a document."""
    html = render_next(QUESTIONS)
    assert Reader(html).text == "Who <b>?What?" and f'aria-label="{strings.NEXT_LABEL}"' in html
