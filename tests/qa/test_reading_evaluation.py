"""The reader measured alone: each question with its paragraph, judged by worked figures."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from index import BatchError
from qa.evaluation.datasets import read_dataset
from qa.evaluation.metrics import Estimate
from qa.reading.evaluate import Judged, area_figure, cut_off, describe_figures, evaluate, run_evaluation, summarise
from qa.reading.spans import ReadablePassage, Reading, SentenceReading

CORPUS = {
    "a": ("Norway", "Oslo is the capital. Bergen is wet."),
    "b": ("", "The bell was cast in 1905. It hangs in the old tower."),
}
QUESTIONS = [
    {"_id": "1", "text": "Which city is wet?", "answers": ["Bergen"], "answerable": True, "context_id": "a"},
    {
        "_id": "2",
        "text": "What hangs in the tower?",
        "answers": ["the bell"],
        "answer_sentences": [CORPUS["b"][1][27:]],
    },
    {"_id": "3", "text": "Which city is dry?", "answerable": False, "context_id": "a"},
    {"_id": "4", "text": "Is it true?", "answerable": False},
]


class ToyReader:
    """Finds the first two words of the last sentence; a question with "wet" or "hangs" is answered."""

    identity = "toy"

    def __init__(self) -> None:
        """Start with nothing read."""
        self.read_passages: list[tuple[str, ReadablePassage]] = []

    def read(self, question: str, passages: Sequence[ReadablePassage]) -> tuple[Reading, ...]:
        """The last sentence has the best score."""
        self.read_passages += [(question, passage) for passage in passages]
        logit = 2.0 if "wet" in question or "hangs" in question else -1.0
        return tuple(
            Reading(
                logit,
                tuple(
                    SentenceReading(float(row), start, start + len(" ".join(passage.text[start:end].split()[:1])), 0.0)
                    for row, (start, end) in enumerate(passage.sentences)
                ),
            )
            for passage in passages
        )


@pytest.fixture
def folder(tmp_path) -> Path:
    """A dataset of four questions, one of which names no paragraph."""
    write(tmp_path, "corpus.jsonl", [{"_id": id_, "title": t, "text": text} for id_, (t, text) in CORPUS.items()])
    write(tmp_path, "queries.jsonl", QUESTIONS)
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n2\tb\t1\n1\ta\t1\n")
    return tmp_path


def write(folder: Path, name: str, records: Sequence[dict]) -> None:
    """Write a file of JSON lines."""
    (folder / name).write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


def test_questions_are_asked_of_their_paragraph(folder):
    """By context_id, or else the one entry of qrels.tsv; with heading and sentences; others are left out."""
    reader = ToyReader()
    evaluate(read_dataset(folder), reader)
    assert reader.read_passages == [
        ("Which city is wet?", ReadablePassage("Norway", CORPUS["a"][1], ((0, 20), (21, 35)))),
        ("What hangs in the tower?", ReadablePassage("", CORPUS["b"][1], ((0, 26), (27, 53)))),
        ("Which city is dry?", ReadablePassage("Norway", CORPUS["a"][1], ((0, 20), (21, 35)))),
    ]


def test_worked_figures(folder):
    """One of two answers is found exactly, both in the right sentence; both score above the unanswerable one."""
    found = evaluate(read_dataset(folder), ToyReader())
    assert found == {
        "exact match": Estimate(0.5, 0.0, 1.0, 2),
        "F1": Estimate(0.5, 0.0, 1.0, 2),
        "right sentence": Estimate(1.0, 1.0, 1.0, 2),
        "AUROC answerable": Estimate(1.0, 1.0, 1.0, 3),
        "unanswerable above the cut-off": Estimate(0.0, 0.0, 0.0, 1),
    }


def test_a_limit_counts_for_either_kind(folder):
    """One answerable and one unanswerable question, always the same."""
    first, second = ToyReader(), ToyReader()
    found = evaluate(read_dataset(folder), first, limit=1)
    assert evaluate(read_dataset(folder), second, limit=1) == found
    assert first.read_passages == second.read_passages
    assert [question == "Which city is dry?" for question, _ in first.read_passages] == [False, True]


def test_a_dataset_that_names_no_paragraph_is_refused(folder):
    """One line that says what is missing."""
    write(folder, "queries.jsonl", QUESTIONS[3:])
    with pytest.raises(BatchError, match="names its paragraph. Give it a context_id, or one line in qrels.tsv"):
        evaluate(read_dataset(folder), ToyReader())


def test_the_cut_off_keeps_three_quarters():
    """The highest score that .75 of the answerable reach; what equals it is above it."""
    assert cut_off(np.array([1.0, 4.0, 3.0, 2.0])) == 2
    assert cut_off(np.array([5.0])) == 5
    judged = [Judged(True, score) for score in (1, 2, 3, 4)] + [Judged(False, score) for score in (0, 1.9, 2, 9)]
    above = summarise(judged)["unanswerable above the cut-off"]
    assert above is not None and (above.value, above.questions) == (0.5, 4)


def test_the_area_has_an_interval():
    """Both sides are drawn again; twelve of sixteen pairs are in order, one of them tied."""
    found = area_figure(np.array([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 1.0, 1.5, 3.5]))
    assert found is not None and (found.value, found.questions) == (0.7188, 8)
    assert 0.2 < found.low < 0.5 < 0.95 < found.high <= 1
    assert area_figure(np.array([1.0]), np.empty(0)) is None


def test_questions_without_a_known_answer_count_for_the_area_alone():
    """None in place of a figure over nothing."""
    found = summarise([Judged(True, 1.0), Judged(False, 0.0)])
    assert [found[name] for name in ("exact match", "F1", "right sentence")] == [None] * 3
    assert summarise([Judged(True, 1.0, 1.0, 1.0, 1.0)])["unanswerable above the cut-off"] is None


def test_the_table():
    """A line a figure, a dash where there is none."""
    lines = describe_figures(
        "toy", {"exact match": Estimate(0.7, 0.65, 0.751, 1000), "AUROC answerable": None}
    ).splitlines()
    assert lines == [
        "toy, given the paragraph                     95 %           n",
        "exact match                        0.700  0.650-0.751    1000",
        "AUROC answerable                       -",
    ]


def test_the_command(folder, monkeypatch, capsys):
    """The table on standard output and 0; a folder that is no dataset, one line and 1; wrong usage 2."""
    monkeypatch.setattr("qa.reading.evaluate.load_reader", lambda folder, on_notice: ToyReader())
    assert run_evaluation([str(folder), "--limit", "5"]) == 0
    assert "right sentence                     1.000  1.000-1.000       2" in capsys.readouterr().out.splitlines()
    assert run_evaluation([str(folder / "none")]) == 1
    assert capsys.readouterr().err.startswith("error: ")
    with pytest.raises(SystemExit) as stopped:
        run_evaluation([str(folder), "--limit", "0"])
    assert stopped.value.code == 2
