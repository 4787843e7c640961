"""Measuring on labelled questions."""

import json
import re
from dataclasses import replace

import pytest
from toy_encoder import ToyEncoder

from index import BatchError, SourceError
from qa.evaluation.datasets import read_corpus, read_dataset
from qa.evaluation.evaluator import (
    Outcome,
    evaluate_folders,
    outcome_reliability,
    summarise_by_kind,
    summarise_outcomes,
)
from qa.evaluation.report import describe_evaluations, plot_evaluations, write_runs

CORPUS = [
    {"_id": "p1", "title": "Apples", "text": "An apple fell.\n\nIt was red."},
    {"_id": "p2", "title": "", "text": "A pear stayed on the tree."},
    {"_id": "p3", "title": "", "text": "A plum and a pear."},
]
QUESTIONS = [
    {"_id": "q1", "text": "What fell, the apple?", "answers": ["apple"], "answerable": True},
    {"_id": "q2", "text": "Where did the pear stay?", "answers": ["the tree"], "answerable": True},
    {"_id": "q3", "text": "?", "answerable": True},
    {"_id": "q4", "text": "Who is the king of Ruritania?", "answerable": False},
    {
        "_id": "q5",
        "text": "And where?",
        "answerable": True,
        "history": [{"role": "user", "text": "Which pear stayed?"}],
    },
]
QRELS = "query-id\tcorpus-id\tscore\nq1\tp1\t1\nq2\tp2\t1\nq3\tp1\t1\nq5\tp2\t2\n"


@pytest.fixture
def folder(tmp_path):
    """A dataset of three passages and five questions."""
    made = tmp_path / "fruit"
    made.mkdir()
    (made / "corpus.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in CORPUS), encoding="utf-8")
    (made / "queries.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in QUESTIONS), encoding="utf-8")
    (made / "qrels.tsv").write_text(QRELS, encoding="utf-8")
    return made


def test_a_dataset_is_read_with_its_labels(folder):
    """Questions come with history, answers and graded entries."""
    dataset = read_dataset(folder)
    assert (dataset.name, dataset.corpus_ids) == ("fruit", ("p1", "p2", "p3"))
    assert dataset.questions[4].history == ("Which pear stayed?",)
    assert [question.relevant for question in dataset.questions] == [{"p1": 1}, {"p2": 1}, {"p1": 1}, {}, {"p2": 2}]


LABELS = {
    "false-over-qrels": ({"answerable": False}, "q\tp1\t1\n", False, {}),
    "true-over-nothing": ({"answerable": True}, "", True, {}),
    "null-by-qrels": ({"answerable": None}, "q\tp1\t1\n", True, {"p1": 1}),
    "absent-by-qrels": ({}, "", False, {}),
}


@pytest.mark.parametrize(("said", "qrels", "answerable", "relevant"), LABELS.values(), ids=LABELS.keys())
def test_what_answerable_says_wins_over_qrels(folder, said, qrels, answerable, relevant):
    """Where nothing is said, a question is answerable when an entry answers it."""
    (folder / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "?", **said}), encoding="utf-8")
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + qrels, encoding="utf-8")
    (question,) = read_dataset(folder).questions
    assert (question.answerable, question.relevant) == (answerable, relevant)


def test_excerpts_and_answering_sentences_are_read(folder):
    """`answer_starts` says that answers are excerpts; `selected_sentences` are answering sentences."""
    record = {
        "_id": "q",
        "text": "?",
        "answers": ["red"],
        "answer_starts": [23],
        "selected_sentences": ["It was red ."],
    }
    (folder / "queries.jsonl").write_text(json.dumps(record), encoding="utf-8")
    (question,) = read_dataset(folder).questions
    assert (question.answers, question.excerpts, question.answer_sentences) == (("red",), True, ("It was red .",))


def test_each_corpus_entry_is_a_row(folder):
    """An entry is one passage, blank lines and all, its title the heading."""
    from index.text.passages import split_passages

    document = read_corpus(folder / "corpus.jsonl", name="corpus.jsonl")
    assert [(p.place.row, p.place.heading, document.text[p.start : p.end]) for p in split_passages(document)] == [
        (1, "Apples", "An apple fell.\n\nIt was red."),
        (2, None, "A pear stayed on the tree."),
        (3, None, "A plum and a pear."),
    ]


BROKEN = {
    "no-queries": ("queries.jsonl", None, r"queries\.jsonl cannot be read: No such file"),
    "no-json": ("queries.jsonl", "{", r"queries\.jsonl, line 1: not a JSON object"),
    "no-text": ("queries.jsonl", '{"_id": "q"}\n', r'line 1: not a JSON object with the strings "_id" and "text"'),
    "bad-grade": ("qrels.tsv", "q1\tp1\t1\nq1\tp1\n", r"qrels\.tsv, line 2: not query-id, corpus-id, score"),
    "empty": ("queries.jsonl", "", "has no questions"),
}


@pytest.mark.parametrize(("name", "content", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_dataset_is_one_clear_error(folder, name, content, message):
    """The message names the file, the line and what is wrong."""
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(BatchError, match=message):
        read_dataset(folder)


def test_a_broken_corpus_is_a_source_that_cannot_be_read(folder):
    """The line is named."""
    (folder / "corpus.jsonl").write_text('{"_id": "p1", "text": "a"}\nnonsense\n', encoding="utf-8")
    with pytest.raises(SourceError, match=r"line 2"):
        read_corpus(folder / "corpus.jsonl", name="corpus.jsonl")


def test_an_evaluation_gives_rankings_sentences_and_verdicts(folder, tmp_path):
    """Ours ranks all right; words alone miss the follow-up; the unanswerable question counts for the verdict alone."""
    (result,) = evaluate_folders([folder], encoder=ToyEncoder(), reader=None, home=tmp_path / "home")
    ndcg = result.rankings["ours"]["nDCG@10"]
    assert (ndcg.questions, result.skipped) == (3, {"q3": "the question has no word in it. Ask in words."})
    assert ndcg.value == 1.0
    assert result.rankings["BM25"]["nDCG@10"].value == 0.6667
    assert result.sentences["inside"].value == result.sentences["first"].value == 1.0
    assert {kind: counts.total() for kind, counts in result.verdicts.items()} == {"answerable": 3, "unanswerable": 1}
    json.dumps(result.to_dict())


def test_an_evaluation_tells_how_often_answers_are_right(folder, tmp_path):
    """All three answerable are answered; q1 and q2 have answers to compare with; the king is not answered."""
    (result,) = evaluate_folders([folder], encoder=ToyEncoder(), reader=None, home=tmp_path / "home")
    figures = {name: figure and (figure.value, figure.questions) for name, figure in result.answers.items()}
    assert figures == {
        "answered of answerable": (1.0, 3),
        "answered of unanswerable": (0.0, 1),
        "first quote right among answered": (1.0, 2),
        "exact match": None,
        "F1": None,
    }
    assert list(result.kinds) == ["place", "other", "person"]
    assert result.kinds["place"]["answered of answerable"].questions == 2
    assert sum(each.right.questions for each in result.reliability.bins) == 3


def test_an_unanswerable_question_does_not_count_for_the_ranking(folder, tmp_path):
    """Said to be unanswerable, q1 leaves two questions to rank, whatever its qrels name."""
    questions = [{**QUESTIONS[0], "answerable": False}, *QUESTIONS[1:]]
    (folder / "queries.jsonl").write_text("".join(json.dumps(entry) + "\n" for entry in questions), encoding="utf-8")
    (result,) = evaluate_folders([folder], encoder=ToyEncoder(), reader=None, home=tmp_path / "home")
    assert result.rankings["ours"]["nDCG@10"].questions == 2
    assert {kind: counts.total() for kind, counts in result.verdicts.items()} == {"answerable": 2, "unanswerable": 2}
    assert result.answers["answered of unanswerable"].value == 0.5


def test_the_report_names_every_dataset_and_system(folder, tmp_path):
    """The table, the run files and the plot come from one evaluation."""
    results = list(evaluate_folders([folder], encoder=ToyEncoder(), reader=None, home=tmp_path / "home"))
    table = describe_evaluations(results)
    assert "fruit" in table and "1.000 (1.000-1.000)" in table
    write_runs(results[0], tmp_path / "runs")
    lines = (tmp_path / "runs" / "fruit.ours.run").read_text(encoding="utf-8").splitlines()
    assert lines[0].split()[:4] == ["q1", "Q0", "p1", "1"]
    plot_evaluations(results, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_the_report_lays_out_answers_kinds_and_reliability(folder, tmp_path):
    """Worked by hand: two answers at .9, one of them right; a question of another kind withheld; one answered wrongly."""
    right = Outcome("place", True, True, 0.9, True, "the tree", ("tree",))
    outcomes = [
        right,
        replace(right, right=False, words=""),
        Outcome("person", True, False, 0.2, True, "", ()),
        Outcome("person", False, True, 0.7, False, "", ()),
    ]
    (result,) = evaluate_folders([folder], encoder=ToyEncoder(), reader=None, home=tmp_path / "home")
    result = replace(
        result,
        answers=summarise_outcomes(outcomes),
        kinds=summarise_by_kind(outcomes),
        reliability=outcome_reliability(outcomes),
    )
    _, answers, kinds, reliability = describe_evaluations([result]).split("\n\n")
    assert _rows(answers)[1] == ["fruit", "0.667", "1.000", "0.500", "0.500", "0.500", "0.575"]
    assert _rows(kinds)[1:] == [
        ["fruit", "person", "2", "0.000", "1", "1.000", "-"],
        ["fruit", "place", "2", "1.000", "0", "-", "0.500"],
    ]
    assert _rows(reliability)[1:] == [
        ["fruit", "0.2-0.3", "1", "0.200", "1.000"],
        ["fruit", "0.7-0.8", "1", "0.700", "0.000"],
        ["fruit", "0.9-1.0", "2", "0.900", "0.500"],
    ]


def _rows(table):
    """The cells of a table below its title, without the intervals."""
    return [re.sub(r" \([^)]*\)", "", line).split() for line in table.splitlines()[1:]]


def test_a_second_evaluation_does_not_encode_the_corpus(folder, tmp_path):
    """The index of a dataset is kept."""
    list(evaluate_folders([folder], encoder=ToyEncoder(), reader=None, home=tmp_path / "home"))
    encoder = ToyEncoder()
    list(evaluate_folders([folder], encoder=encoder, reader=None, home=tmp_path / "home"))
    assert encoder.encoded == []
