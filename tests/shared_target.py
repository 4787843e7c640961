"""What four processes do at once in `test_shared_collections.py`: open one collection, ask, change a file, update."""

import json
import os
import sys
import time
from pathlib import Path

from toy_encoder import ToyEncoder

from qa import Assistant

QUESTIONS = ("Which plum is ripe?", "An apple and a pear.")
ASKED = 5  # times after an update, while the others update too
EDITIONS = (
    "The plum of {number} is ripe.\n\nAn apple of {number} fell, and a pear.",
    "A pear of {number} stayed. Which plum?",
)


def write_edition(folder, number, edition):
    """Write an edition of the file of a process, at once."""
    new = folder.parent / f"{number}.new"
    new.write_text(EDITIONS[edition].format(number=number), encoding="utf-8")
    os.replace(new, folder / f"{number}.txt")


def describe(answer):
    """What an answer says, in values that JSON keeps."""
    quotes = [[each.source, each.quote, each.score] for each in answer.citations + answer.closest]
    return [answer.question, answer.verdict, answer.confidence, answer.scope.documents, answer.scope.passages, quotes]


def main(folder, home, number, *, rounds, seconds):
    """Go on for some rounds, or for some seconds; print each answer."""
    deadline, finished, edition = time.monotonic() + seconds, 0, 0
    while finished < rounds or time.monotonic() < deadline:
        with Assistant.open(folder, home=home, encoder=ToyEncoder(), reader=None) as assistant:
            answers = [assistant.ask(question) for question in QUESTIONS]
            edition = 1 - edition
            write_edition(folder, number, edition)
            assistant.refresh()
            answers += [assistant.ask(question) for question in QUESTIONS * ASKED]
        for answer in answers:
            print(json.dumps(describe(answer)))
        finished += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), rounds=int(sys.argv[4]), seconds=float(sys.argv[5]))
