"""What people said of answers, as questions to measure on and to calibrate by."""

import json
from contextlib import closing

import pytest
from subject_library import SUBJECTS, write_subjects
from toy_encoder import ToyEncoder

from index import BatchError
from qa import Assistant
from qa.answering.confidence import calibrate
from qa.cli import main
from qa.collections import conversations_file
from qa.conversations import Conversations
from qa.evaluation.calibration import FEWEST_JUDGED, _fit, calibrate_assistant
from qa.evaluation.datasets import read_dataset
from qa.evaluation.evaluator import evaluate_folders
from qa.feedback import Judgement, read_judgements, write_feedback


@pytest.fixture
def folder(tmp_path):
    """Eight documents of five paragraphs, each on its own subject."""
    return write_subjects(tmp_path / "library")


@pytest.fixture
def assistant(folder, tmp_path):
    """An assistant over them."""
    with Assistant.open(folder, home=tmp_path / "home", encoder=ToyEncoder(), reader=None) as opened:
        yield opened


@pytest.fixture
def judge(assistant, tmp_path):
    """A function that asks a question, gives labels to its answer, and returns all judgements so far."""
    store = Conversations(conversations_file(tmp_path / "home"))

    def ask(question, labels, *, conversation=None, change=lambda record: None):
        record = assistant.ask(question).to_dict()
        change(record)
        kept = store.keep("anna", assistant.key, record, conversation=conversation)
        for citation, label in labels.items():
            store.toggle_label("anna", kept.conversation, kept.number, citation=citation, label=label)
        return kept, read_judgements(store, assistant.key)

    with closing(store):
        yield ask


QUESTION = "Which harbourthing2 does the harbour of town0 keep beside oldharbour wall2?"


def refuse(record):
    """Make a record one of an answer that was refused."""
    record.update(verdict="not_in_sources", closest=record["citations"][:1], citations=[])


@pytest.mark.parametrize(
    ("change", "labels", "answerable", "right", "wrong"),
    [
        (lambda record: None, {0: "up"}, True, 1, 0),
        (lambda record: None, {0: "down"}, False, 0, 0),
        (lambda record: None, {1: "wrong"}, False, 0, 1),
        (lambda record: None, {0: "up", 1: "wrong"}, True, 0, 1),
        (refuse, {0: "up"}, False, 0, 0),
        (refuse, {0: "down"}, True, 0, 0),
    ],
    ids=["up", "down", "wrong", "up but wrong", "rightly refused", "wrongly refused"],
)
def test_labels_tell_whether_the_sources_answer(judge, change, labels, answerable, right, wrong):
    """And which quotes do."""
    kept, (judgement,) = judge(QUESTION, labels, change=change)
    assert kept.record["citations"] or change is refuse
    assert (judgement.question, judgement.history, judgement.answerable) == (QUESTION, (), answerable)
    assert (len(judgement.right), len(judgement.wrong)) == (min(right, len(kept.record["citations"])), wrong)


def test_unlabelled_and_other_collections_do_not_count(judge, assistant, tmp_path):
    """What was only asked is nobody's judgement."""
    assert judge(QUESTION, {})[1] == ()
    judge(QUESTION, {0: "up"})
    with closing(Conversations(conversations_file(tmp_path / "home"))) as store:
        assert read_judgements(store, "another") == ()


def test_judgements_become_a_dataset_that_is_measured(judge, assistant, tmp_path):
    """Corpus, questions and the passages that answer; `qa eval` runs on it and finds them."""
    kept, _ = judge(QUESTION, {0: "up"})
    judge("Which volcanothing1 does the volcano keep?", {0: "down"}, conversation=kept.conversation)
    _, judgements = judge("Who is the king of Ruritania?", {0: "up"}, change=lambda r: r["citations"] and refuse(r))
    report = write_feedback(assistant, judgements, tmp_path / "mine")
    assert (report.questions, report.passages, report.lost) == (3, 40, ())
    dataset = read_dataset(tmp_path / "mine")
    corpus = {e["_id"]: e for e in map(json.loads, (tmp_path / "mine" / "corpus.jsonl").read_text().splitlines())}
    first, second, third = dataset.questions
    assert (first.answerable, second.answerable, third.answerable) == (True, False, False)
    (entry,) = {corpus[id_]["title"] for id_ in first.relevant}
    assert entry == "harbour.txt" and first.text == QUESTION
    assert all(any(s in corpus[id_]["text"] for id_ in first.relevant) for s in first.answer_sentences)
    assert second.relevant == third.relevant == {}
    (evaluation,) = evaluate_folders([tmp_path / "mine"], encoder=ToyEncoder(), reader=None, home=tmp_path / "home")
    assert evaluation.rankings["ours"]["nDCG@10"].value > 0
    assert sum(evaluation.verdicts["answerable"].values()) == 1


def test_quotes_that_are_gone_are_named(judge, assistant, folder, tmp_path):
    """The question stays, without a passage that answers."""
    _, judgements = judge(QUESTION, {0: "up"})
    (folder / "harbour.txt").write_text("Nothing about it any more.")
    assistant.refresh()
    report = write_feedback(assistant, judgements, tmp_path / "mine")
    assert set(report.lost) == {"harbour.txt"}
    assert read_dataset(tmp_path / "mine").questions[0].relevant == {}


def test_nothing_judged_is_one_clear_error(assistant, tmp_path):
    """With what to do."""
    with pytest.raises(BatchError, match="no answer from these documents was judged yet. Press a thumb"):
        write_feedback(assistant, (), tmp_path / "mine")


def make_judgement(assistant, question, answerable):
    """A judgement of the answer that is given now."""
    answer = assistant.ask(question)
    shown = (*answer.citations, *answer.closest)
    return Judgement(question, (), shown[0].quote, answerable, (), ())


def test_calibrating_takes_judgements_in(assistant):
    """Half of them are learnt from, half held out; what begins with another quote now does not count."""
    questions = [f"Which {subject}thing{n} does the {subject} keep?" for subject in SUBJECTS for n in range(2)]
    judgements = [make_judgement(assistant, question, True) for question in questions]
    stale = Judgement(questions[0], (), "Some other quote.", False, (), ())
    gone = Judgement("harbour source:nowhere.txt", (), "", True, (), ())
    report = calibrate_assistant(assistant, judgements=[*judgements, stale, gone])
    assert (report.judged, report.judged_held_out) == (16, 8)
    assert "16 answers judged in the page were used: of 8 held out, " in report.describe()
    assert 0 <= report.judged_right <= 8


def test_judgements_move_the_fit():
    """Answers called wrong lower the confidence at their place, answers called right raise it."""
    import numpy as np

    odds = np.array([[3.0, 1.0], [3.2, 0.8], [2.8, 1.2]] * 5)
    wrong, right = (_fit(odds, [(2.0, expected)] * 10) for expected in (False, True))
    assert calibrate(2.0, wrong) < calibrate(2.0, _fit(odds)) < calibrate(2.0, right)


def test_too_few_judgements_are_left_out_and_said(assistant):
    """The fit is the one without them."""
    without = calibrate_assistant(assistant)
    judgements = [make_judgement(assistant, QUESTION, False)] * (FEWEST_JUDGED - 1)
    report = calibrate_assistant(assistant, judgements=judgements)
    assert report.calibration == without.calibration
    assert "judged in the page 9 can be used; at least 10 are needed, so they were left out." in report.describe()
    assert "judged in the page" not in without.describe()


def test_commands_read_what_was_said_in_the_page(tmp_path, monkeypatch, capsys, seeds):
    """`qa feedback` writes the dataset, and says what is missing when nothing was judged."""
    monkeypatch.setenv("QA_HOME", str(tmp_path / "home"))
    assert main(["feedback", str(seeds), "-o", str(tmp_path / "mine")]) == 1
    assert "no answer from these documents was judged yet" in capsys.readouterr().err
    with Assistant.open(seeds) as opened, closing(Conversations(conversations_file(tmp_path / "home"))) as store:
        record = opened.ask("Can Israel beat Iran in four days?").to_dict()
        kept = store.keep("anna", opened.key, record)
        store.toggle_label("anna", kept.conversation, 1, citation=0, label="up")
    assert main(["feedback", str(seeds), "-o", str(tmp_path / "mine")]) == 0
    assert capsys.readouterr().out == "1 question, 3 passages\n"
    assert [question.relevant for question in read_dataset(tmp_path / "mine").questions] == [{"p2": 1}]
    assert main(["eval", str(tmp_path / "mine")]) == 0
    assert "mine" in capsys.readouterr().out


def test_greetings_and_guidance_are_no_judgements(judge):
    """They tell nothing of the documents, and a greeting is no question that another could lean on."""

    def greet(record):
        record.update(kind="greeting", verdict="not_in_sources", citations=[], closest=[], message="Hello.")

    kept, judgements = judge("Hello harbour!", {0: "up"}, change=greet)
    assert judgements == ()
    _, (judgement,) = judge(
        QUESTION, {0: "up"}, conversation=kept.conversation, change=lambda record: record.update(searched="other")
    )
    assert judgement.history == ()


def test_a_corrected_question_was_asked_alone(judge):
    """What was searched differs from what was typed by a spelling only."""
    kept, _ = judge("Which oldharbour wall2 is there?", {})

    def correct(record):
        record.update(
            question="Which harbuor is it?", searched="Which harbour is it?", corrected=[["harbuor", "harbour"]]
        )

    _, (judgement,) = judge(QUESTION, {0: "up"}, conversation=kept.conversation, change=correct)
    assert (judgement.question, judgement.history) == ("Which harbuor is it?", ())
