"""Batches: answers written whole and durably, and a run that was interrupted going on."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from toy_assistant import ToyAssistant

from index import BatchError
from qa.batch import BatchReport, Row, answer_batch, answer_stream, save_stream

RUNNER = """
import sys
from toy_assistant import ToyAssistant
from qa.batch import answer_batch
answer_batch(ToyAssistant(sys.argv[1], delay=float(sys.argv[4])), sys.argv[2], sys.argv[3])
"""


@pytest.fixture
def folder(tmp_path):
    """A folder of two documents."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "apples.txt").write_bytes(b'Apples are red.\n\n=1+1 apples, "or" two.')
    (documents / "pears.txt").write_bytes(b"Pears\r\nare <b>green</b>.")
    return documents


def write(path, content):
    """Write text or bytes and return the path."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def test_questions_that_cannot_be_read_are_refused_before_any_work(tmp_path, folder):
    """A bad byte in the last line, or a missing file, is an error before anything is asked or written."""
    questions = write(tmp_path / "q.txt", b"red\n" * 20_000 + b"gr\0\xffn\n")
    assistant = ToyAssistant(folder)
    for path in (questions, tmp_path / "absent.txt"):
        with pytest.raises(BatchError):
            answer_batch(assistant, path, tmp_path / "a.jsonl")
    assert assistant.asked == 0
    assert not list(tmp_path.glob("a.jsonl*"))


def test_an_answers_file_that_cannot_be_written_is_refused_before_any_work(tmp_path, folder):
    """An unknown suffix, a missing folder, a folder, the questions themselves or a foreign journal: each is refused."""
    questions = write(tmp_path / "q.jsonl", '"red"\n')
    write(tmp_path / "foreign.jsonl.part", "half a download")
    (tmp_path / "folder.csv").mkdir()
    assistant = ToyAssistant(folder)
    for answers in ("a.html", "absent/a.jsonl", "folder.csv", "q.jsonl", "foreign.jsonl", "q.jsonl/a.md"):
        with pytest.raises(BatchError) as caught:
            answer_batch(assistant, questions, tmp_path / answers)
        assert "\n" not in str(caught.value)
    assert assistant.asked == 0
    assert questions.read_text() == '"red"\n'
    assert (tmp_path / "foreign.jsonl.part").read_text() == "half a download"


def test_every_line_of_jsonl_is_the_answer(tmp_path, folder):
    """A .jsonl file holds what `ask` gives, in order, less paths unless asked for; bad rows have their line and the reason."""
    questions = write(tmp_path / "q.jsonl", '"red"\n{\n"zzz"\n"?"\n""\n' + json.dumps("x" * 1001) + "\n")
    assistant = ToyAssistant(folder)
    steps = []
    report = answer_batch(
        assistant, questions, tmp_path / "a.jsonl", paths=True, on_progress=lambda *step: steps.append(step)
    )
    red, zzz = (
        json.dumps(ToyAssistant(folder).ask(question).to_dict(), ensure_ascii=False) for question in ("red", "zzz")
    )
    bad = [
        {"line": 2, "question": "", "error": "not JSON"},
        {"line": 4, "question": "?", "error": "the question holds no word"},
        {"line": 5, "question": "", "error": "the question is empty"},
        {"line": 6, "question": "x" * 1001, "error": "the question is longer than 1000 characters"},
    ]
    first, *others = map(json.dumps, bad)
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines() == [red, first, zzz, *others]
    assert report == BatchReport(
        answered=2,
        kept=0,
        not_answered=(
            Row(2, "", "not JSON"),
            Row(4, "", "the question holds no word"),
            Row(5, "", "the question is empty"),
            Row(6, "", "the question is longer than 1000 characters"),
        ),
    )
    assert steps == [(done, 6) for done in range(1, 7)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "documents", "q.jsonl"]


def start(folder, questions, answers, *, delay=0.0, before=""):
    """Start answering in another process."""
    path = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parents[2])])
    command = [sys.executable, "-c", before + RUNNER, folder, questions, answers, delay]
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.Popen([*map(str, command)], env=environment, stderr=subprocess.PIPE, text=True)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".md"])
def test_a_killed_run_goes_on_where_it_stopped(tmp_path, folder, suffix):
    """After kill -9 in mid-batch the same run asks only the rest, and its file equals that of a run never killed."""
    rows = [f"red {number}" if number % 7 else "?" for number in range(200)]
    questions = write(tmp_path / "q.txt", "\n".join(rows))
    answer_batch(ToyAssistant(folder), questions, tmp_path / f"whole{suffix}")
    answers, part = tmp_path / f"a{suffix}", tmp_path / f"a{suffix}.part"
    process = start(folder, questions, answers, delay=0.01)
    while not part.exists() or part.read_bytes().count(b"\n") < 20:
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not answers.exists()
    notices = []
    assistant = ToyAssistant(folder)
    report = answer_batch(assistant, questions, answers, on_notice=notices.append)
    assert 19 <= report.kept < 200
    assert notices == [f"resuming after {report.kept} rows"]
    assert assistant.asked == 200 - report.kept
    assert (report.answered, len(report.not_answered)) == (171, 29)
    assert answers.read_bytes() == (tmp_path / f"whole{suffix}").read_bytes()
    assert not part.exists()


class Interrupted(ToyAssistant):
    """An assistant that is interrupted at its third question."""

    def ask(self, question):
        """Answer twice, then behave as if Ctrl-C had been pressed."""
        if self.asked == 2:
            raise KeyboardInterrupt
        return super().ask(question)


def interrupt(folder, questions, answers):
    """Answer two rows, and be interrupted at the third."""
    with pytest.raises(KeyboardInterrupt):
        answer_batch(Interrupted(folder), questions, answers)
    return answers.with_name(answers.name + ".part")


def test_a_journal_torn_at_any_byte_gives_the_same_answers(tmp_path, folder):
    """Wherever the journal breaks off, the next run keeps its whole rows and ends with the same file."""
    questions = write(tmp_path / "q.txt", "red\ngreen\nzzz\n")
    answer_batch(ToyAssistant(folder), questions, tmp_path / "whole.jsonl")
    answers = tmp_path / "a.jsonl"
    journal = interrupt(folder, questions, answers).read_bytes()
    ends = [position + 1 for position, byte in enumerate(journal) if byte == ord("\n")]
    for length in [*range(0, len(journal), 97), *ends, *(end - 1 for end in ends), *(end + 1 for end in ends[:-1])]:
        write(tmp_path / "a.jsonl.part", journal[:length])
        report = answer_batch(ToyAssistant(folder), questions, answers)
        assert report.kept == max(0, sum(end <= length for end in ends) - 1)
        assert answers.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.parametrize("lacking", [b', "version": 3', b', "records": 3'], ids=["answers", "columns"])
def test_a_run_of_a_version_before_is_started_over(tmp_path, folder, lacking):
    """Its answers, or its rows, lack what they have now; the file would hold both kinds."""
    questions, answers = write(tmp_path / "q.txt", "red\ngreen\nzzz\n"), tmp_path / "a.jsonl"
    part = interrupt(folder, questions, answers)
    assert lacking in part.read_bytes().partition(b"\n")[0]
    part.write_bytes(part.read_bytes().replace(lacking, b"", 1))
    notices = []
    assert answer_batch(ToyAssistant(folder), questions, answers, on_notice=notices.append).kept == 0
    assert notices == ["starting over: this program changed since the run that was interrupted"]
    assert all(json.loads(line)["version"] == 3 for line in answers.read_text().splitlines())


def test_rows_behind_damage_are_asked_again(tmp_path, folder):
    """A line of zeros, as a power failure leaves it, and what stands behind it, however much, are dropped."""
    questions, answers = write(tmp_path / "q.txt", "red\ngreen\nzzz\n"), tmp_path / "a.jsonl"
    answer_batch(ToyAssistant(folder), questions, tmp_path / "whole.jsonl")
    part = interrupt(folder, questions, answers)
    header, first, second = part.read_bytes().splitlines(keepends=True)
    write(part, header + b"\0" * len(first) + b"\n" + second * 20)
    assert answer_batch(ToyAssistant(folder), questions, answers).kept == 0
    assert answers.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.parametrize("change", ["questions", "collection", "generation"])
def test_a_run_starts_over_when_something_changed(tmp_path, folder, change):
    """Answers of an interrupted run are dropped, and it is said, when the questions or the documents changed since."""
    questions, answers = write(tmp_path / "q.txt", "red\ngreen\nzzz\n"), tmp_path / "a.jsonl"
    interrupt(folder, questions, answers)
    if change == "questions":
        write(questions, "zzz\n")
    if change == "collection":
        write(folder / "plums.txt", "Plums are blue.")
    assistant = ToyAssistant(folder)
    assistant.generation += change == "generation"
    notices = []
    report = answer_batch(assistant, questions, answers, on_notice=notices.append)
    name = "questions" if change == "questions" else "collection"
    assert notices == [f"starting over: the {name} changed since the run that was interrupted"]
    rows = 1 if change == "questions" else 3
    assert (report.kept, report.answered, assistant.asked) == (0, rows, rows)
    assert len(answers.read_text().splitlines()) == rows


def test_a_change_during_the_run_is_refused(tmp_path, folder):
    """Questions that change while they are answered give an error, not answers from two states."""
    questions, answers = write(tmp_path / "q.txt", "red\ngreen\n"), tmp_path / "a.jsonl"
    with pytest.raises(BatchError, match="changed while it was answered"):
        answer_batch(
            ToyAssistant(folder), questions, answers, on_progress=lambda *step: write(questions, "red\ngreen!\n")
        )
    assert not answers.exists()


def test_an_earlier_file_stays_until_the_new_one_is_whole(tmp_path, folder):
    """A finished file of answers is untouched while a new run goes on or is interrupted, and is then replaced."""
    questions, answers = write(tmp_path / "q.txt", "red\ngreen\nzzz\n"), write(tmp_path / "a.jsonl", "before")
    interrupt(folder, questions, answers)
    assert answers.read_text() == "before"
    answer_batch(ToyAssistant(folder), questions, answers)
    assert len(answers.read_text().splitlines()) == 3


def test_two_runs_do_not_write_one_file(tmp_path, folder):
    """A second run for the same answers is refused while the first goes on."""
    questions, answers = write(tmp_path / "q.txt", "red\n"), tmp_path / "a.jsonl"

    def run_another(done, total):
        with pytest.raises(BatchError, match="is in use"):
            answer_batch(ToyAssistant(folder), questions, answers)

    assert answer_batch(ToyAssistant(folder), questions, answers, on_progress=run_another).answered == 1


def test_a_full_disk_keeps_what_was_answered(tmp_path, folder):
    """When the disk is full, one line says so; with room again, the run goes on after the whole rows."""
    questions, answers = write(tmp_path / "q.txt", "red\ngreen\nzzz\n"), tmp_path / "a.jsonl"
    answer_batch(ToyAssistant(folder), questions, tmp_path / "whole.jsonl")
    limit = "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    limit += "resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))\n"
    errors = start(folder, questions, answers, before=limit).communicate()[1]
    assert "What was answered is kept: run the same command again to go on." in errors
    assert (tmp_path / "a.jsonl.part").stat().st_size == 1500
    assert not answers.exists()
    assert answer_batch(ToyAssistant(folder), questions, answers).kept > 0
    assert answers.read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


@pytest.mark.parametrize("content", [b"red\n?\n", b"id;question\n1;red\n2;?\n", b'{"question": "red"}\n"?"\n'])
def test_a_stream_is_answered_line_by_line(tmp_path, folder, content):
    """Text, tables and JSON lines; each line comes as soon as it is answered, and is that of a file."""
    lines, asked = [], []
    assistant = ToyAssistant(folder)

    def take(line):
        lines.append(line)
        asked.append(assistant.asked)

    report = answer_stream(assistant, io.BytesIO(content), on_line=take)
    assert (report.answered, len(report.not_answered), asked) == (1, 1, [1, 2])
    questions = save_stream(io.BytesIO(content), tmp_path)
    answer_batch(ToyAssistant(folder), questions, tmp_path / "a.jsonl")
    assert "".join(lines) == (tmp_path / "a.jsonl").read_text(encoding="utf-8")
    again = []
    answer_stream(ToyAssistant(folder), questions, on_line=again.append)
    assert again == lines


def test_no_questions_give_no_answers(tmp_path, folder):
    """An empty file of questions gives an empty file of answers."""
    report = answer_batch(ToyAssistant(folder), write(tmp_path / "q.txt", ""), tmp_path / "a.jsonl")
    assert report == BatchReport(answered=0, kept=0, not_answered=())
    assert (tmp_path / "a.jsonl").read_bytes() == b""
