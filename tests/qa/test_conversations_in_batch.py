"""Batches with conversations, and a thousand questions against one by one."""

import json
import os

import pytest
from toy_encoder import ToyEncoder

from qa import Assistant
from qa.batch import answer_batch
from qa.batch.questions import Row, read_questions

ASKED = int(os.environ.get("QA_QUESTIONS", "250"))  # of a thousand questions, evenly; 1000 take some minutes
TABLE = "conversation,question\nc1,Which fruit fell from the tree?\n,What about it?\nc1,What about it?\nc2,?\n"
ROWS = [
    Row(2, "Which fruit fell from the tree?", conversation="c1"),
    Row(3, "What about it?"),
    Row(4, "What about it?", conversation="c1"),
    Row(5, "?", conversation="c2"),
]


@pytest.fixture
def fruit(tmp_path):
    """A document about fruit."""
    (tmp_path / "a.txt").write_text("The apple fell from the old tree.\n\nA pear stayed.", encoding="utf-8")
    with Assistant.open(tmp_path / "a.txt", home=tmp_path / "home", encoder=ToyEncoder(), reader=None) as opened:
        yield opened


def test_a_conversation_column_is_read_from_csv_and_jsonl(tmp_path):
    """Rows with the same one belong together; an empty one stands for none."""
    (tmp_path / "q.csv").write_text(TABLE, encoding="utf-8")
    assert list(read_questions(tmp_path / "q.csv")) == ROWS
    lines = [{"question": row.question, "conversation": row.conversation or None} for row in ROWS]
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert [(r.question, r.conversation) for r in read_questions(tmp_path / "q.jsonl")] == [
        (r.question, r.conversation) for r in ROWS
    ]


def test_turns_of_a_conversation_are_answered_in_its_light(tmp_path, fruit):
    """A follow-up gives what `conversation()` gives; the same question by itself what `ask` gives."""
    (tmp_path / "q.csv").write_text(TABLE, encoding="utf-8")
    answer_batch(fruit, tmp_path / "q.csv", tmp_path / "a.jsonl", paths=True)
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [tuple(line.pop("row").values()) for line in lines] == [(row.conversation, row.question) for row in ROWS]
    first, alone, follow_up, _ = lines
    conversation = fruit.conversation()
    assert [first, follow_up] == [conversation.ask(q).to_dict() for q in (ROWS[0].question, ROWS[2].question)]
    assert alone == fruit.ask("What about it?").to_dict() != follow_up


def test_an_interrupted_conversation_goes_on_in_its_light(tmp_path, fruit):
    """After an interruption the follow-up is still searched in context."""
    (tmp_path / "q.csv").write_text(TABLE, encoding="utf-8")
    answer_batch(fruit, tmp_path / "q.csv", tmp_path / "whole.jsonl")

    def interrupt(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answer_batch(fruit, tmp_path / "q.csv", tmp_path / "a.jsonl", on_progress=interrupt)
    assert answer_batch(fruit, tmp_path / "q.csv", tmp_path / "a.jsonl").kept == 2
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_a_thousand_questions_are_answered_as_one_by_one(tmp_path, assistant):
    """`qa batch` over 1,000 questions equals `ask` one by one, answer for answer and hash for hash; see `ASKED`."""
    subjects = [
        "Iran",
        "Israel",
        "Qatar",
        "the ceasefire",
        "Tehran",
        "missiles",
        "the proxies",
        "France",
        "the region",
        "it",
    ]
    forms = [f"{start} {{}} {end}?" for start in ("Why is", "Who helps", "What about", "How long has", "Where is")
             for end in ("", "now", "refusing to negotiate", "losing", "in four days", "under fire", "attacked",
                         "seen", "balanced", "alone", "strong", "weak", "ready", "begging", "over", "passive",
                         "isolated", "winning", "watched", "at war")]  # fmt: skip
    questions = [form.format(subject) for form in forms for subject in subjects]
    assert len(set(questions)) == 1000
    questions = questions[:: len(questions) // ASKED]
    (tmp_path / "q.txt").write_text("\n".join(questions), encoding="utf-8")
    answer_batch(assistant, tmp_path / "q.txt", tmp_path / "a.jsonl", paths=True)
    written = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()]
    alone = [assistant.ask(question) for question in questions]
    assert written == [answer.to_dict() for answer in alone]
    assert [answer["hash"] for answer in written] == [answer.hash for answer in alone]
