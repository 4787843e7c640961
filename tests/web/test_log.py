"""What is written down, and what is not."""

import logging
import stat

import pytest

from qa.answering.answer import Answer, Scope
from qa.web.log import note_answer, start_log

ANSWER = Answer("Which plum\nis blue?", "Which plum is blue?", "answered", 0.9, (), (), Scope(1, 2))


@pytest.fixture
def write(tmp_path):
    """A function that starts a log, does something and returns what was written; everything is put back at the end."""
    root, names = logging.getLogger(), ("qa", "qa.web.questions")
    before = root.handlers[:], root.level, [logging.getLogger(name).level for name in names]
    file = tmp_path / "chat.log"

    def run(work, **options):
        for handler in root.handlers[:]:
            root.removeHandler(handler)  # not closed, which `force` would do: they are pytest's
        start_log(file, **options)
        work()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        return file.read_text()

    yield run
    for handler in root.handlers[:]:
        root.removeHandler(handler)
        handler.close()
    root.handlers[:], root.level = before[:2]
    for name, level in zip(names, before[2], strict=True):
        logging.getLogger(name).setLevel(level)


def test_questions_are_written_only_when_asked_for(write):
    """An answer is noted with its verdict; its question, in one line, only with `questions`."""
    written = write(lambda: note_answer("page", ANSWER))
    assert written.endswith(" INFO qa.web.answers: page: answered, 0 quotes\n") and "plum" not in written
    written = write(lambda: note_answer("page", ANSWER), questions=True)
    assert written.endswith(" DEBUG qa.web.questions: Which plum is blue?\n")


def test_messages_of_others_lose_what_they_were_filled_with(write):
    """Of another library's message the pattern is kept, of an exception its kind and where it was raised."""

    def work():
        logging.getLogger("library").warning("no tool %r", "plum")
        logging.getLogger("library").info("chatter")
        try:
            raise ValueError("the plum is blue")
        except ValueError:
            logging.getLogger("qa.web.api.tools").exception("a call was not answered: %s", "ask")

    written = write(work)
    assert "WARNING library: no tool %r\n" in written and "chatter" not in written and "plum" not in written
    assert "ERROR qa.web.api.tools: a call was not answered: ask\n  builtins.ValueError\n  " in written
    assert "test_log.py:" in written and written.endswith(" work\n")
