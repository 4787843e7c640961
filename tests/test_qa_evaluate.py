"""Measuring on labelled questions."""

import json

import pytest
from toy_encoder import ToyEncoder

from index import BatchError, SourceError
from qa.datasets import read_corpus, read_dataset
from qa.evaluate import holds_answer
from qa.evaluation_report import describe_evaluations, evaluate_folders, plot_evaluations, write_runs
from qa.metrics import area_under_curve, coverage_at_precision, mean_figure

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


def test_each_corpus_entry_is_a_row(folder):
    """An entry is one passage, blank lines and all, its title the heading."""
    from index.passages import split_passages

    document = read_corpus(folder / "corpus.jsonl", name="corpus.jsonl")
    assert [(p.row, p.heading, document.text[p.start : p.end]) for p in split_passages(document)] == [
        (1, "Apples", "An apple fell.\n\nIt was red."),
        (2, None, "A pear stayed on the tree."),
        (3, None, "A plum and a pear."),
    ]


BROKEN = {
    "no-queries": ("queries.jsonl", None, r"queries\.jsonl cannot be read: No such file"),
    "no-json": ("queries.jsonl", "{", r"queries\.jsonl, line 1: not a JSON object"),
    "no-text": ("queries.jsonl", '{"_id": "q"}\n', r'line 1: not a JSON object with the strings "_id" and "text"'),
    "bad-grade": ("qrels.tsv", "q1\tp1\t1\nq1\tp1\n", r"qrels\.tsv, line 2: not query-id, corpus-id, score"),
    "empty": ("queries.jsonl", "", "holds no questions"),
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
    (result,) = evaluate_folders([folder], encoder=ToyEncoder(), home=tmp_path / "home")
    ndcg = result.rankings["ours"]["nDCG@10"]
    assert (ndcg.questions, result.skipped) == (3, {"q3": "the question has no word in it. Ask in words."})
    assert ndcg.value == 1.0
    assert result.rankings["BM25"]["nDCG@10"].value == 0.6667
    assert result.sentences["inside"].value == result.sentences["first"].value == 1.0
    assert {kind: counts.total() for kind, counts in result.verdicts.items()} == {"answerable": 3, "unanswerable": 1}
    json.dumps(result.to_dict())


def test_the_report_names_every_dataset_and_system(folder, tmp_path):
    """The table, the run files and the plot come from one evaluation."""
    results = list(evaluate_folders([folder], encoder=ToyEncoder(), home=tmp_path / "home"))
    table = describe_evaluations(results)
    assert "fruit" in table and "1.000 (1.000-1.000)" in table
    write_runs(results[0], tmp_path / "runs")
    lines = (tmp_path / "runs" / "fruit.ours.run").read_text(encoding="utf-8").splitlines()
    assert lines[0].split()[:4] == ["q1", "Q0", "p1", "1"]
    plot_evaluations(results, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_a_second_evaluation_does_not_encode_the_corpus(folder, tmp_path):
    """The index of a dataset is kept."""
    list(evaluate_folders([folder], encoder=ToyEncoder(), home=tmp_path / "home"))
    encoder = ToyEncoder()
    list(evaluate_folders([folder], encoder=encoder, home=tmp_path / "home"))
    assert encoder.encoded == []


def test_a_right_sentence_holds_an_answer_or_is_the_answering_one(folder):
    """Case and white space do not matter."""
    question = read_dataset(folder).questions[1]
    assert holds_answer("It stayed on THE\n tree.", question)
    assert not holds_answer("It stayed.", question)


def test_the_area_under_the_curve_is_the_chance_of_the_right_order():
    """Of four pairs three are in order and one is a tie: 3.5 of 4."""
    assert area_under_curve([0.9, 0.5], [0.5, 0.1]) == 0.875
    assert area_under_curve([], [0.5]) is None


def test_coverage_is_the_largest_share_at_the_precision():
    """Surest first: right, right, wrong, right; at 70 % precision all four can be answered, at 95 % two."""
    confidences, right = [0.9, 0.8, 0.7, 0.6], [True, True, False, True]
    assert coverage_at_precision(confidences, right, 0.7) == 1.0
    assert coverage_at_precision(confidences, right) == 0.5
    assert coverage_at_precision([0.5], [False]) == 0.0


def test_a_mean_has_an_interval():
    """A constant has none; no values, no figure."""
    figure = mean_figure([1.0, 1.0, 1.0])
    assert (figure.value, figure.low, figure.high, figure.questions) == (1.0, 1.0, 1.0, 3)
    spread = mean_figure([0.0, 1.0] * 50)
    assert spread.value == 0.5 and 0.38 < spread.low < 0.45 and 0.55 < spread.high < 0.62
    assert mean_figure([]) is None
