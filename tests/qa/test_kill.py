"""Kill a batch at any moment: no answer is lost, and the file is that of a run never killed."""

import os
import random

import pytest
from batch_target import answer_questions
from forking import forks
from killing import Killer
from toy_assistant import ToyAssistant

from qa.batch import answer_batch

KILLS = int(os.environ.get("QA_KILLS", "12"))
ROWS = 400


@pytest.mark.skipif(not forks(), reason="processes start too slowly")
def test_killed_batches_lose_no_answer(tmp_path):
    """After each kill -9 the next run begins with every row that was done; what is written in the end is whole."""
    (tmp_path / "fruit.txt").write_text("An apple is red.\n\nA pear is green.", encoding="utf-8")
    questions = tmp_path / "questions.txt"
    questions.write_text("\n".join(f"red {number}" if number % 7 else "?" for number in range(ROWS)), encoding="utf-8")
    whole = {}
    for suffix in (".jsonl", ".csv", ".md"):
        answer_batch(ToyAssistant(tmp_path), questions, tmp_path / f"whole{suffix}")
        whole[suffix] = (tmp_path / f"whole{suffix}").read_bytes()
    killer, chance, reached, finished = Killer(7), random.Random(7), 0, 0
    suffix, answers, part = "", None, None
    for _ in killer.rounds(KILLS):
        if not reached:
            suffix = chance.choice(list(whole))
            answers = tmp_path / f"answers{suffix}"
            part = tmp_path / f"answers{suffix}.part"
            answers.unlink(missing_ok=True)
        said = killer.run(
            answer_questions, str(tmp_path), str(questions), str(answers), after=chance.randrange(ROWS // 8)
        )
        resumed = [int(line.split()[2]) for line in said if isinstance(line, str)]
        done = [number for number in said if isinstance(number, int)]
        if resumed or done:
            assert (resumed or [0])[0] >= reached
            assert done[:1] in ([], [(resumed or [0])[0] + 1])
        reached = max([reached, *resumed, *done])
        if answers.exists():
            assert answers.read_bytes() == whole[suffix]
            if not part.exists():
                reached, finished = 0, finished + 1
    print(f"{killer.killed} killed, {finished} batches finished")
    answer_batch(ToyAssistant(tmp_path), questions, answers)
    assert answers.read_bytes() == whole[suffix]
    assert not part.exists()
