"""Kill the chat at any moment: every answer that was shown is kept, whole."""

import os
import random
import sqlite3
from contextlib import closing

import pytest
from chat_target import VISITOR, converse
from forking import forks
from killing import Killer
from plum_assistant import PlumAssistant

from qa.conversations import Conversations

KILLS = int(os.environ.get("QA_KILLS", "8"))


@pytest.mark.skipif(not forks(), reason="processes start too slowly")
def test_killed_chats_lose_no_answer_that_was_shown(tmp_path):
    """After each kill -9 what was shown is there; at most one answer more, which was about to be."""
    killer, chance, path, reached = Killer(7), random.Random(7), tmp_path / "conversations.sqlite", {}
    assistant = PlumAssistant(tmp_path)

    def check(store, conversations):
        for conversation in conversations:
            turns = store.turns(VISITOR, conversation)
            assert reached[conversation] <= len(turns) <= reached[conversation] + 1
            for number, turn in enumerate(turns, start=1):
                assert turn.number == number
                assert turn.record == assistant.ask(f"Which fruit {number}?").to_dict()

    for _ in killer.rounds(KILLS):
        _, *shown = killer.run(converse, str(tmp_path), after=chance.randrange(6))
        reached.update(shown)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        with closing(Conversations(path)) as store:
            check(store, {conversation for conversation, _ in shown})
    print(f"{killer.killed} killed, {sum(reached.values())} answers shown")
    assert reached
    with closing(Conversations(path)) as store:
        check(store, reached)
