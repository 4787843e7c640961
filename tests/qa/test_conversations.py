"""Conversations in their file: whose they are, what they keep, and what survives."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from toy_assistant import ToyAssistant

from index import StorageError
from qa.answering.answer import hash_record
from qa.conversations import LONGEST_TITLE, Conversations

ANNA, BERT = "anna", "bert"
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    """Where the conversations of a test are kept."""
    return tmp_path / "home" / "conversations.sqlite"


@pytest.fixture
def store(path):
    """An empty store, whose clock stands still."""
    opened = Conversations(path, clock=lambda: NOON)
    yield opened
    opened.close()


@pytest.fixture
def answer(tmp_path):
    """A function that answers from two paragraphs."""
    (tmp_path / "fruit.txt").write_text("Apples are red.\n\nPears are green.")
    toy = ToyAssistant(tmp_path)
    return lambda question: toy.ask(question).to_dict()


def test_answers_come_back_as_they_were_given(store, path, answer):
    """After closing and opening, every record is the same, its hash fits, and numbers and time are there."""
    first = store.keep(ANNA, "fruit", answer("Are apples red?"), page={"narrowing": None})
    second = store.keep(ANNA, "fruit", answer("zzz"), conversation=first.conversation)
    store.close()
    reopened = Conversations(path)
    turns = reopened.turns(ANNA, first.conversation)
    reopened.close()
    assert turns == (first, second)
    assert [turn.number for turn in turns] == [1, 2]
    assert turns[0].record == answer("Are apples red?") and turns[0].page == {"narrowing": None}
    assert [hash_record(turn.record) for turn in turns] == [turn.record["hash"] for turn in turns]
    assert turns[0].asked == "2024-03-01T12:00:00+00:00"


def test_visitors_never_see_each_other(store, answer):
    """Every way in needs the visitor the conversation belongs to; a stranger changes nothing."""
    kept = store.keep(ANNA, "fruit", answer("red"))
    id_ = kept.conversation
    assert store.turns(BERT, id_) == () and store.find(BERT, id_) is None
    assert store.search(BERT, "fruit") == ((), 0)
    assert not store.rename(BERT, id_, "mine") and not store.delete(BERT, id_)
    assert not store.toggle_label(BERT, id_, 1, citation=0, label="up")
    store.note_opened(BERT, "fruit", id_)
    assert store.last_opened(BERT, "fruit") is None
    assert store.keep(BERT, "fruit", answer("red"), conversation=id_).conversation != id_
    assert store.turns(ANNA, id_) == (kept,) and store.find(ANNA, id_).title == "red"


def test_conversations_belong_to_their_collection(store, answer):
    """Neither listed with another, nor come back to in it, nor continued about it."""
    id_ = store.keep(ANNA, "fruit", answer("red")).conversation
    assert store.search(ANNA, "trees") == ((), 0)
    assert (store.last_opened(ANNA, "fruit"), store.last_opened(ANNA, "trees")) == (id_, None)
    assert store.keep(ANNA, "trees", answer("red"), conversation=id_).conversation != id_


def test_the_last_asked_in_comes_first_a_page_at_a_time(store, answer):
    """Whatever was asked in last leads the list, which is cut into pages."""
    ids = [store.keep(ANNA, "fruit", answer(f"question {number}")).conversation for number in range(5)]
    store.keep(ANNA, "fruit", answer("again"), conversation=ids[1])
    assert [c.id for c in store.search(ANNA, "fruit")[0]] == [ids[1], ids[4], ids[3], ids[2], ids[0]]
    page, matching = store.search(ANNA, "fruit", first=2, most=2)
    assert ([c.id for c in page], matching) == ([ids[3], ids[2]], 5)
    assert store.search(ANNA, "fruit")[0][0].questions == 2


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("", ["apples?", "pears 100% a_b"]),
        ("RED", ["apples?"]),
        ("apples red", ["apples?"]),
        ("red green", []),
        ("%", ["pears 100% a_b"]),
        ("_", ["pears 100% a_b"]),
        ("'; DROP TABLE turns --", []),
        ('"', []),
        ("\\", []),
        ("\ud800", []),
        ("x " * 10_000, []),
    ],
    ids=repr,
)
def test_search_finds_words_of_questions_and_quotes(store, answer, words, found):
    """In any case, and every character stands for itself."""
    for question in ("pears 100% a_b", "apples?"):
        store.keep(ANNA, "fruit", answer(question))
    assert [c.title for c in store.search(ANNA, "fruit", words)[0]] == found


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  New \n title ", "New title"),
        ("<b>&amp;\N{RIGHT-TO-LEFT OVERRIDE}", "<b>&amp;\N{RIGHT-TO-LEFT OVERRIDE}"),
        ("\ud800half", "\N{REPLACEMENT CHARACTER}half"),
        ("x" * 10_000, "x" * (LONGEST_TITLE - 1) + "…"),
        ("nul\0", "nul\0"),
        (" \n", "red"),
    ],
    ids=repr,
)
def test_titles_are_one_line(store, answer, given, kept):
    """The first question is the title until it is renamed; a blank one changes nothing."""
    id_ = store.keep(ANNA, "fruit", answer("red")).conversation
    store.rename(ANNA, id_, given)
    assert store.find(ANNA, id_).title == kept


def test_huge_answers_are_kept(store, answer):
    """Megabytes come back as they were."""
    record = answer("red")
    record["citations"][0]["passage"] = "words " * 1_000_000
    id_ = store.keep(ANNA, "fruit", record).conversation
    assert store.turns(ANNA, id_)[0].record == record


def test_what_is_deleted_is_gone_from_the_file(store, path, answer):
    """With its turns and labels, from the file and its log; the next conversation has another id."""
    id_ = store.keep(ANNA, "fruit", answer("Are apples xylophonic?")).conversation
    store.toggle_label(ANNA, id_, 1, citation=0, label="up")
    assert store.delete(ANNA, id_) and not store.delete(ANNA, id_)
    assert store.last_opened(ANNA, "fruit") is None and store.labelled("fruit") == ()
    assert store.keep(ANNA, "fruit", answer("red")).conversation != id_
    store.close()
    assert not any(b"xylophonic" in file.read_bytes() for file in path.parent.iterdir())


def test_question_that_is_deleted_is_gone_from_the_file(store, path, answer):
    """With its answer, labels and title; its number stays taken, the others stay as they are, and with the last goes all."""
    first = store.keep(ANNA, "fruit", answer("Are apples xylophonic?"))
    id_ = first.conversation
    kept = store.keep(ANNA, "fruit", answer("red"), conversation=id_)
    last = store.keep(ANNA, "fruit", answer("Are pears yttric?"), conversation=id_)
    store.toggle_label(ANNA, id_, 1, citation=0, label="up")
    assert not store.delete_turn(BERT, id_, 1) and not store.delete_turn(ANNA, id_, 9)
    assert store.delete_turn(ANNA, id_, 1) and not store.delete_turn(ANNA, id_, 1)
    assert store.delete_turn(ANNA, id_, last.number)
    assert store.turns(ANNA, id_) == (kept,)
    assert (store.find(ANNA, id_).title, store.find(ANNA, id_).questions) == ("red", 1)
    assert store.labelled("fruit") == () and store.search(ANNA, "fruit", "yttric") == ((), 0)
    assert not store.toggle_label(ANNA, id_, 1, citation=0, label="up")
    assert store.keep(ANNA, "fruit", answer("green"), conversation=id_).number == 4
    assert store.delete_turn(ANNA, id_, 2) and store.delete_turn(ANNA, id_, 4)
    assert store.find(ANNA, id_) is None and store.last_opened(ANNA, "fruit") is None
    store.close()
    stored = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"xylophonic" not in stored and b"yttric" not in stored


def test_title_of_ones_own_outlives_the_first_question(store, answer):
    """Deleted is what was asked, and not what somebody called it."""
    id_ = store.keep(ANNA, "fruit", answer("red")).conversation
    store.keep(ANNA, "fruit", answer("green"), conversation=id_)
    store.rename(ANNA, id_, "Colours")
    assert store.delete_turn(ANNA, id_, 1)
    assert store.find(ANNA, id_).title == "Colours"


def test_labels_are_taken_back_by_saying_the_same_again(store, answer):
    """One of the answer and one of each citation; another one takes its place; history comes along."""
    id_ = store.keep(ANNA, "fruit", answer("red")).conversation
    store.keep(ANNA, "fruit", answer("green"), conversation=id_)
    for citation, label in ((0, "up"), (0, "down"), (1, "wrong"), (1, "wrong"), (2, "wrong")):
        assert store.toggle_label(ANNA, id_, 2, citation=citation, label=label)
    assert store.turns(ANNA, id_)[1].labels == {0: "down", 2: "wrong"}
    ((turn, history),) = store.labelled("fruit")
    assert (turn.number, turn.labels, history) == (2, {0: "down", 2: "wrong"}, ("red",))
    assert not store.toggle_label(ANNA, id_, 3, citation=0, label="up")


def test_two_writers_lose_nothing(path, answer):
    """Two servers on one file, as two tabs on one conversation: every answer gets a number of its own."""
    one, other = Conversations(path), Conversations(path)
    id_ = one.keep(ANNA, "fruit", answer("red")).conversation
    for _ in range(5):
        for store in (one, other):
            store.keep(ANNA, "fruit", answer("red"), conversation=id_)
    assert [turn.number for turn in one.turns(ANNA, id_)] == list(range(1, 12))
    assert [turn.number for turn in other.turns(ANNA, id_, last=3)] == [9, 10, 11]
    assert other.keep(ANNA, "fruit", answer("red"), conversation=id_, at_least=20).number == 20
    one.close()
    other.close()


@pytest.mark.skipif(os.name != "posix", reason="needs signals and modes of POSIX")
def test_kept_answers_survive_a_kill(path, answer):
    """Killed while writing on and on, every turn that was reported kept is there, whole; nothing else blocks."""
    script = (
        "import sys, json; from pathlib import Path; from qa.conversations import Conversations\n"
        "store, id_ = Conversations(Path(sys.argv[1])), None\n"
        "while True:\n"
        "    turn = store.keep('anna', 'fruit', json.loads(sys.argv[2]), conversation=id_)\n"
        "    id_ = turn.conversation\n"
        "    print(turn.number, flush=True)\n"
    )
    record = answer("red")
    command = [sys.executable, "-c", script, str(path), json.dumps(record)]
    reached = 0
    for round_ in range(5):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            for _ in range(3 + 4 * round_):
                reached = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            rest = writer.stdout.read().split("\n")
            reached = max([reached, *(int(line) for line in rest[:-1])])
        store = Conversations(path)
        newest = store.search(ANNA, "fruit")[0][0]
        turns = store.turns(ANNA, newest.id)
        assert reached <= len(turns) <= reached + 1
        assert all(turn.record == record for turn in turns)
        store.close()
    assert len(Conversations(path).search(ANNA, "fruit")[0]) == 5


@pytest.mark.skipif(os.name != "posix", reason="needs modes of POSIX")
def test_only_the_user_can_read_the_file(store, path, answer):
    """The file and its log have mode 0600, the folder it makes 0700."""
    store.keep(ANNA, "fruit", answer("red"))
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def damage_head(path):
    """Overwrite the beginning."""
    path.write_bytes(b"not a database, but long enough to be taken for one" * 50)


def damage_middle(path):
    """Overwrite pages in the middle."""
    content = bytearray(path.read_bytes())
    content[4096 : len(content) - 4096] = os.urandom(len(content) - 8192)
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [damage_head, damage_middle])
def test_damaged_file_is_named_and_set_aside(path, answer, damage):
    """What is left of it stays under another name, and conversations are kept anew."""
    store = Conversations(path)
    for _ in range(20):
        store.keep(ANNA, "fruit", answer("red"))
    store.close()
    damage(path)
    notices = []
    store = Conversations(path, on_notice=notices.append)
    assert store.search(ANNA, "fruit") == ((), 0)
    assert store.keep(ANNA, "fruit", answer("red")).number == 1
    store.close()
    (aside,) = path.parent.glob("conversations.sqlite.damaged-*[0-9]")
    assert len(notices) == 1 and str(path) in notices[0] and aside.name in notices[0]


def test_file_of_another_version_is_left_alone(path):
    """It is named, with what to do."""
    Conversations(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StorageError, match="are of format 99; this version reads format 1. Move the file away"):
        Conversations(path)


def test_folder_that_cannot_be_written_is_named(tmp_path):
    """In one line, with what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="^conversations cannot be kept in .*Set QA_HOME to a folder"):
        Conversations(tmp_path / "file" / "conversations.sqlite")
