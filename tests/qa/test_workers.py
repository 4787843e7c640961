"""Answers from several processes: the same, in order, whatever becomes of the processes."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from toy_assistant import ToyAssistant
from toy_encoder import ToyEncoder

from index.executors.pool import AHEAD, PATIENCE
from qa import Assistant, QuestionError, WorkerError
from qa.batch import answer_batch
from qa.workers import Workers

ROOT = Path(__file__).parents[2]
QUESTIONS = [
    f"Which {fruit} {verb} number {number}?"
    for number in range(4)
    for fruit in ("apple", "pear")
    for verb in ("fell", "stayed")
]
CONVERSATIONS = (
    "conversation,question\nc1,Which apple fell?\nc2,Which pear stayed?\nc1,What about it?\n,?\nc2,And where?\n"
)
ASKING = """
import sys, time
from functools import partial
from pathlib import Path
from toy_assistant import ToyAssistant
from qa.workers import Workers
with Workers(partial(ToyAssistant, sys.argv[1]), 2) as workers:
    list(workers.ask_each(["apples"] * 4))
    print(*(process for each in workers._executor._at for process in each.executor._processes), flush=True)
    time.sleep(600)
"""


@pytest.fixture
def fruit(tmp_path):
    """A document about fruit."""
    (tmp_path / "a.txt").write_text(
        "The apple fell from the old tree.\n\nA pear stayed.\n\nThe plum is blue.", encoding="utf-8"
    )
    with Assistant.open(tmp_path / "a.txt", home=tmp_path / "home", encoder=ToyEncoder(), reader=None) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path):
    """A folder of a document for the assistant whose answers can be worked out by hand."""
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "apples.txt").write_text("Apples are red.\n\nPears are green.", encoding="utf-8")
    return folder


def processes_of(workers):
    """The ids of the processes that answer."""
    return [process for worker in list(workers._executor._at) for process in worker.executor._processes]


def end_counted(path):
    """Open no assistant: note the call, and end the process."""
    with path.open("a") as file:
        file.write(".")
    os._exit(3)


def is_running(process):
    """Whether a process runs, and is not only waiting to be noticed."""
    try:
        with open(f"/proc/{process}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_answers_are_those_of_one_process_in_order(fruit):
    """Every answer equals that of `ask`, whole."""
    answers = list(fruit.ask_many(QUESTIONS, workers=2))
    assert answers == [fruit.ask(question) for question in QUESTIONS]
    assert [answer.question for answer in answers] == QUESTIONS


def test_question_that_cannot_be_searched_is_named_after_the_answers_before_it(fruit):
    """As without other processes; what comes after it was asked in vain."""
    for workers in (1, 2):
        answers = fruit.ask_many(["Which apple fell?", "Which pear stayed?", "?", "Which plum?"], workers=workers)
        assert [next(answers).question, next(answers).question] == ["Which apple fell?", "Which pear stayed?"]
        with pytest.raises(QuestionError, match=r"^question 3: "):
            next(answers)


def test_questions_are_taken_no_further_ahead_than_needed(fruit):
    """A batch of any length takes no more memory."""
    taken = []
    with fruit.workers(2) as workers:
        answers = workers.ask_each(taken.append(question) or question for question in QUESTIONS * 10)
        next(answers)
        assert len(taken) == workers.ahead + 1 == 2 * AHEAD + 1


def test_index_made_by_workers_gives_the_same_answers(tmp_path, fruit):
    """Also of documents that come later."""
    (tmp_path / "home2").mkdir()
    with Assistant.open(
        tmp_path / "a.txt", home=tmp_path / "home2", encoder=ToyEncoder(), reader=None, workers=2
    ) as made:
        for text in ("", "\n\nThe fig grew."):
            (tmp_path / "a.txt").write_text((tmp_path / "a.txt").read_text() + text, encoding="utf-8")
            made.refresh()
            fruit.refresh()
            assert made.scope == fruit.scope
            assert [made.ask(question) for question in QUESTIONS] == [fruit.ask(question) for question in QUESTIONS]


@pytest.mark.parametrize("count", [0, -1])
def test_count_of_workers_is_positive(fruit, count):
    """Anything else is a mistake, told at once."""
    with pytest.raises(ValueError, match=rf"workers is {count}\. Pass 1 or more\."):
        fruit.workers(count)
    with pytest.raises(ValueError, match=rf"workers is {count}\. Pass 1 or more\."):
        Assistant.open(workers=count)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_killed_process_loses_nothing(folder):
    """Its questions are given to another; the order stays."""
    questions = [f"apples {number}" for number in range(40)]
    with Workers(partial(ToyAssistant, folder, delay=0.02), 2) as workers:
        answers = workers.ask_each(questions)
        found = [next(answers)]
        for _ in range(2):
            os.kill(processes_of(workers)[0], signal.SIGKILL)
            found += [next(answers) for _ in range(10)]
        found += answers
    assert [answer.question for answer in found] == questions
    assert found == [ToyAssistant(folder).ask(question) for question in questions]


def test_processes_that_end_again_and_again_are_given_up(tmp_path):
    """The message says what to do."""
    with Workers(partial(end_counted, tmp_path / "starts"), 1) as workers:
        answer = workers.ask("apples")
        with pytest.raises(WorkerError, match="Use fewer workers"):
            answer()
    assert (tmp_path / "starts").read_text() == "." * (PATIENCE + 1)


def test_encoder_that_cannot_be_handed_over_is_named(tmp_path):
    """Some hold what belongs to one process."""

    class Local(ToyEncoder):
        def __reduce__(self):
            raise TypeError("cannot pickle this")

    (tmp_path / "a.txt").write_text("The apple fell.", encoding="utf-8")
    opening = Assistant.open(tmp_path / "a.txt", home=tmp_path / "home", encoder=Local(), reader=None)
    with opening as opened, pytest.raises(WorkerError, match="cannot be handed to other processes: cannot pickle this"):
        list(opened.ask_many(["Which apple?"], workers=2))


def test_deleted_collection_is_named(tmp_path, fruit):
    """What a process meets while it opens comes to the person as it is."""
    from qa import StorageError, delete_collection, list_collections

    with fruit.workers(1) as workers:
        (found,) = list_collections(tmp_path / "home")
        delete_collection(found.name, tmp_path / "home")
        with pytest.raises(StorageError, match="was deleted"):
            workers.ask("Which apple?")()


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="looks at processes through /proc")
def test_processes_end_with_the_one_that_asks(folder):
    """Also when that is killed."""
    command = [sys.executable, "-c", ASKING, str(folder)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as asking:
        workers = [int(word) for word in asking.stdout.readline().split()]
        assert len(workers) == 2
        assert all(map(is_running, workers))
        asking.kill()
    deadline = time.monotonic() + 30
    while any(map(is_running, workers)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(is_running, workers))


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_batch_is_the_same_byte_for_byte(tmp_path, fruit, suffix):
    """Also with conversations, whose follow-ups wait for what they refer to."""
    (tmp_path / "q.csv").write_text(CONVERSATIONS, encoding="utf-8")
    alone, together = tmp_path / f"alone{suffix}", tmp_path / f"together{suffix}"
    report = answer_batch(fruit, tmp_path / "q.csv", alone)
    with fruit.workers(2) as workers:
        assert answer_batch(fruit, tmp_path / "q.csv", together, workers=workers) == report
    assert together.read_bytes() == alone.read_bytes()
    assert len(report.not_answered) == 1


def test_interrupted_batch_goes_on_with_another_number_of_workers(tmp_path, fruit):
    """The journal is the same too."""
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(question) + "\n" for question in QUESTIONS), encoding="utf-8")
    answer_batch(fruit, tmp_path / "q.jsonl", tmp_path / "whole.jsonl")

    def interrupt(done, total):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), fruit.workers(2) as workers:
        answer_batch(fruit, tmp_path / "q.jsonl", tmp_path / "a.jsonl", workers=workers, on_progress=interrupt)
    report = answer_batch(fruit, tmp_path / "q.jsonl", tmp_path / "a.jsonl")
    assert (report.kept, report.answered) == (5, len(QUESTIONS))
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_command_is_interrupted_as_with_one_process_and_goes_on(tmp_path):
    """Ctrl-C reaches all processes of a terminal: one line, status 130, and the same file in the end."""
    questions, answers = tmp_path / "q.txt", tmp_path / "a.jsonl"
    questions.write_text("".join(f"Who mediates in case {number}?\n" for number in range(16)), encoding="utf-8")
    environment = {**os.environ, "QA_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable,
        "-m",
        "qa",
        "batch",
        questions,
        "-o",
        answers,
        "--sources",
        ROOT / "seeds",
        "--workers",
        "2",
    ]
    journal = answers.with_name("a.jsonl.part")
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True
    ) as asking:
        while asking.poll() is None and not (journal.is_file() and journal.read_bytes().count(b"\n") > 3):
            time.sleep(0.01)
        os.killpg(asking.pid, signal.SIGINT)
        said = asking.stderr.read()
    assert asking.returncode == 130, said
    assert "run the same command again to continue" in said
    assert "Traceback" not in said
    again = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert "resuming after" in again.stderr
    with Assistant.open(ROOT / "seeds", home=tmp_path / "other") as assistant:
        answer_batch(assistant, questions, tmp_path / "alone.jsonl")
    assert answers.read_bytes() == (tmp_path / "alone.jsonl").read_bytes()
