"""Which quotes disagree: a table of pairs that do, and a longer one of pairs that do not."""

import json
from dataclasses import asdict, replace

import pytest
from disagreement_pairs import AGREEING, DIFFERENT, WORKERS
from toy_encoder import ToyEncoder

from index import Passage, Place
from qa import Assistant
from qa.answering.answer import describe_answer
from qa.answering.citation import cite
from qa.answering.confidence import Calibration
from qa.answering.disagreements import find_disagreements
from qa.answering.quotes import NEAR
from qa.answering.values import read_values


def make_citation(text, source, *, before=100):
    """Cite a text as the only paragraph of a document, `before` characters from its start."""
    passage = Passage(1, before, before + len(text), ())
    span = (before, before + len(text))
    return cite(passage, text, source=source, path=f"/{source}", text_sha256="0", span=span, score=0.5)


def find(question, *texts):
    """The disagreements between quotes of documents of their own, each as its kind and the values."""
    citations = [make_citation(text, f"{number}.txt") for number, text in enumerate(texts)]
    found = find_disagreements(citations, question)
    return [
        (made.kind, tuple(texts[s.citation - 1][s.start - 100 : s.end - 100] for s in made.statements))
        for made in found
    ]


@pytest.mark.parametrize(("question", "first", "second", "values"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_different_values_for_the_same_thing_are_found(question, first, second, values):
    """The values are named as they stand, in the order of the quotes, whichever comes first."""
    ((kind, shown),) = find(question, first, second)
    assert shown == values
    assert kind == ("date" if question.startswith("When") else "number")
    assert find(question, second, first) == [(kind, values[::-1])]


@pytest.mark.parametrize(("question", "first", "second"), AGREEING.values(), ids=AGREEING.keys())
def test_values_that_agree_or_are_of_other_things_are_left_alone(question, first, second):
    """Nobody is told that sources disagree when they may not."""
    assert find(question, first, second) == find(question, second, first) == []


def test_three_sources_that_disagree_stand_together():
    """Two that give one value and a third that gives another are one disagreement; it is found once."""
    texts = ("The Hamburg plant employs 320 workers.", "The Hamburg plant employs 300 workers.") * 2
    assert find(WORKERS, *texts[:3]) == [("number", ("320", "300", "320"))]


def test_one_passage_does_not_disagree_with_itself():
    """What stands in one paragraph is read there as it is meant."""
    text = "The Hamburg plant employs 320 workers. The Hamburg plant employs 300 workers."
    first = make_citation(text, "a.txt")
    parts = [replace(first, quote=text[:38], end=138), replace(first, quote=text[39:], start=139)]
    assert find_disagreements(parts, WORKERS) == ()


def test_rows_of_tables_disagree_only_where_all_their_words_are_the_same():
    """Columns share their words whatever stands in them; another row is another thing."""
    apples, pears, dear = (
        replace(make_citation(f"Product: {fruit}; price: {price}.", f"{fruit}{price}.csv"), place=Place(row=2))
        for fruit, price in (("apples", 3), ("pears", 4), ("apples", 5))
    )
    question = "What is the price of the product?"
    assert find_disagreements([apples, pears], question) == ()
    assert find_disagreements([replace(apples, place=Place()), replace(pears, place=Place())], question) != ()
    assert [len(found.statements) for found in find_disagreements([apples, dear], question)] == [2]


def test_sentences_of_a_disagreement_stand_at_their_offsets():
    """A quote of several sentences gives the one that holds the value, and the value in it."""
    quote = "The docks are old. The Hamburg plant employs 320 workers. Ships pass by."
    citations = [make_citation(quote, "a.txt"), make_citation("The Hamburg plant employs 300 workers.", "b.txt")]
    (found,) = find_disagreements(citations, WORKERS)
    first = found.statements[0]
    assert quote[first.start - 100 : first.end - 100] == "320"
    assert quote[first.sentence_start - 100 : first.sentence_end - 100] == "The Hamburg plant employs 320 workers."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "5 million, $5m, \u20ac4 bn", [("5 million", ""), ("$5m", "$"), ("\u20ac4 bn", "\u20ac")], id="scales"
        ),
        pytest.param(
            "5 %, 6 per cent, 7 percentage points",
            [("5 %", "%"), ("6 per cent", "%"), ("7 percentage points", "points")],
            id="percent",
        ),
        pytest.param(
            "a million bees, one hundred men, one of them", [("a million", ""), ("one hundred", "")], id="words"
        ),
        pytest.param("5 to 10, 2-3, 3 out of 4, two hundred and six", [], id="joined"),
        pytest.param("F-16, 3.5.1, 10:30, 1/2, 3rd, [4], page 5, Apollo 11", [], id="not numbers of anything"),
        pytest.param(
            "12 March 2021, March 5th, in May 1999, 2020-01-31, in 1932",
            [
                ("12 March 2021", (2021, 3, 12)),
                ("March 5th", (None, 3, 5)),
                ("May 1999", (1999, 5, None)),
                ("2020-01-31", (2020, 1, 31)),
                ("1932", (1932, None, None)),
            ],
            id="dates",
        ),
        pytest.param("before 1932, the 1950s, 44 BC, 1932-33, 3/4/2021, the 1994 law, as of May 2020", [], id="vague"),
    ],
)
def test_numbers_and_dates_are_read_as_they_stand(text, expected):
    """What cannot be told for sure is not read."""
    values = read_values(text)
    found = [(made.start, made.end, made.parts) for made in values.dates]
    found += [(made.start, made.end, made.unit) for made in values.quantities]
    assert [(text[start:end], what) for start, end, what in sorted(found)] == expected


LONG = "The works council of the Hamburg plant says in its report for the board that the plant employs {} workers."


@pytest.fixture
def assistant(tmp_path):
    """Three documents: one sentence with two numbers, one of them in two of the documents."""
    for name, number in (("a.txt", 320), ("b.txt", 300), ("c.txt", 320)):
        (tmp_path / name).write_text(LONG.format(number))
    with Assistant.open(tmp_path, home=tmp_path / ".home", encoder=ToyEncoder(), reader=None) as opened:
        yield opened


def test_passages_with_other_numbers_are_no_twins(assistant):
    """Nearly all their words are the same, yet they do not say the same; the one that does is a twin."""
    answer = assistant.ask(WORKERS)
    made = answer.citations + answer.closest
    assert [(citation.source, citation.twins) for citation in made] == [
        ("a.txt", ("c.txt, paragraph 1",)),
        ("b.txt", ()),
    ]


def test_answer_tells_of_its_disagreements_everywhere(assistant):
    """The record is the same alone, among many and as JSON, and counts in the hash."""
    assistant.set_calibration(Calibration(intercept=9.0))
    answer = assistant.ask(WORKERS)
    (found,) = answer.disagreements
    assert found.kind == "number"
    texts = [assistant.document(citation.path).text for citation in answer.citations]
    assert [texts[s.citation - 1][s.start : s.end] for s in found.statements] == ["320", "300"]
    assert next(assistant.ask_many([WORKERS])) == answer
    assert json.loads(json.dumps(answer.to_dict()))["disagreements"] == json.loads(json.dumps([asdict(found)]))
    assert replace(answer, disagreements=()).hash != answer.hash


def test_sentence_that_contradicts_a_quote_is_quoted_too(tmp_path):
    """It need not be among the best; what merely is near stays away, and nothing is quoted twice."""
    (tmp_path / "a.txt").write_text("The Hamburg apple plant employs 320 workers. Apple trees stand around Hamburg.")
    (tmp_path / "b.txt").write_text("With pear, plum and fig trees the Hamburg apple plant employs 300 workers.")
    (tmp_path / "c.txt").write_text("Workers of a plum orchard visited the apple plant in Hamburg.")
    with Assistant.open(tmp_path, home=tmp_path / ".home", encoder=ToyEncoder(), reader=None) as opened:
        opened.set_calibration(Calibration(intercept=9.0))
        answer = opened.ask("How many workers does the Hamburg apple plant employ?")
    assert [citation.quote[-12:] for citation in answer.citations] == ["320 workers.", "300 workers."]
    assert answer.citations[1].score < answer.citations[0].score - NEAR
    assert [len(found.statements) for found in answer.disagreements] == [2]


def test_terminal_names_the_values_that_differ(assistant):
    """After the quotes, a line for each disagreement."""
    assistant.set_calibration(Calibration(intercept=9.0))
    assert describe_answer(assistant.ask(WORKERS)).endswith(
        "\n\nThese passages give different numbers: [1] 320, [2] 300."
    )
