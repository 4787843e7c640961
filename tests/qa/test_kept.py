"""Kept quotes in their file: whose they are, what is kept, and what survives."""

import json
import os
import re
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from injections import PAYLOADS

from index import Place, StorageError
from qa.answering.citation import Citation
from qa.kept import LONGEST_NOTE, KeptQuotes

ANNA, BERT = "anna", "bert"
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    """Where the quotes of a test are kept."""
    return tmp_path / "home" / "kept.sqlite"


@pytest.fixture
def store(path):
    """An empty store, whose clock stands still."""
    opened = KeptQuotes(path, clock=lambda: NOON)
    yield opened
    opened.close()


def make(quote="Apples are red.", start=0, text_sha256="0"):
    """Cite a stretch of a document."""
    end = start + len(quote)
    return Citation(
        quote, "fruit.txt", "/home/jane/fruit.txt", 1, Place(page=2), start, end, quote, start, 0.5, text_sha256
    )


def keep(store, *citations, visitor=ANNA, collection="fruit", question="What is red?"):
    """Keep some quotes; returns what the list then is."""
    for citation in citations:
        assert store.toggle(visitor, collection, citation, question=question)
    return store.quotes(visitor, collection)[0]


def test_quotes_come_back_as_they_were_kept(store, path):
    """After closing and opening: citation, question, note and time, the last kept first."""
    one, other = make(), make("Pears are green.", 17)
    _, first = keep(store, one, other)
    assert store.annotate(ANNA, first.id, "  For the introduction\n")
    store.close()
    reopened = KeptQuotes(path)
    quotes, count = reopened.quotes(ANNA, "fruit")
    reopened.close()
    assert count == 2 and [quote.citation for quote in quotes] == [other, one]
    assert [quote.note for quote in quotes] == ["", "For the introduction"]
    assert {(quote.question, quote.kept) for quote in quotes} == {("What is red?", "2024-03-01T12:00:00+00:00")}


def test_keeping_again_takes_back(store):
    """The same words at the same place of the document, whatever else has changed in it since."""
    keep(store, make())
    assert store.which(ANNA, "fruit", [make(), make(start=40), make("Apples are.")]) == (True, False, False)
    assert not store.toggle(ANNA, "fruit", make(text_sha256="1"), question="Again?")
    assert store.quotes(ANNA, "fruit") == ((), 0)


def test_visitors_and_collections_are_apart(store):
    """Every way in needs the visitor whose quote it is; a stranger changes nothing."""
    (quote,) = keep(store, make())
    assert store.quotes(BERT, "fruit") == ((), 0) == store.quotes(ANNA, "trees")
    assert store.find(BERT, quote.id) is None and store.remove(BERT, quote.id) is None
    assert not store.annotate(BERT, quote.id, "mine") and store.which(BERT, "fruit", [make()]) == (False,)
    assert store.toggle(BERT, "fruit", make(), question="What?")
    assert store.find(ANNA, quote.id) == quote


def test_pages_of_the_list(store):
    """It is cut into pages, and all are counted."""
    keep(store, *(make(start=start) for start in range(5)))
    quotes, count = store.quotes(ANNA, "fruit", first=1, most=2)
    assert ([quote.citation.start for quote in quotes], count) == ([3, 2], 5)


def test_removed_quotes_can_be_restored_and_are_gone_else(store, path):
    """With note and place in the list; what stays removed is not left in the file."""
    first, second = reversed(keep(store, make(), make("Pears xylophonic.", 17)))
    store.annotate(ANNA, first.id, "Note")
    removed = store.remove(ANNA, first.id)
    assert [quote.id for quote in store.quotes(ANNA, "fruit")[0]] == [second.id]
    store.restore(ANNA, "fruit", removed)
    store.restore(ANNA, "fruit", removed)
    assert [(quote.id, quote.note) for quote in store.quotes(ANNA, "fruit")[0]] == [(second.id, ""), (first.id, "Note")]
    assert store.remove(ANNA, second.id) and store.remove(ANNA, second.id) is None
    store.close()
    assert not any(b"xylophonic" in file.read_bytes() for file in path.parent.iterdir())


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=list(PAYLOADS))
def test_hostile_text_is_kept_as_it_is(store, payload):
    """Quotes to the letter; of questions and notes all but halves of characters."""
    (quote,) = keep(store, make(payload), question=payload)
    assert store.annotate(ANNA, quote.id, payload)
    (found,) = store.quotes(ANNA, "fruit")[0]
    shown = re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", payload)
    assert found.citation.quote == payload
    assert (found.question, found.note) == (shown, shown.strip()[:LONGEST_NOTE])


def test_long_notes_are_cut(store):
    """At a fixed number of characters."""
    (quote,) = keep(store, make())
    store.annotate(ANNA, quote.id, "x" * 10_000)
    assert store.find(ANNA, quote.id).note == "x" * LONGEST_NOTE


@pytest.mark.skipif(os.name != "posix", reason="needs signals and modes of POSIX")
def test_kept_quotes_survive_a_kill(path):
    """Killed while keeping, noting and removing, what was reported is there, whole."""
    script = (
        "import sys, json; from pathlib import Path; from qa.answering.citation import Citation\n"
        "from dataclasses import replace; from qa.kept import KeptQuotes; from itertools import count\n"
        "store, one = KeptQuotes(Path(sys.argv[1])), Citation.from_dict(json.loads(sys.argv[2]))\n"
        "begun = store.quotes('anna', 'fruit')[1]\n"
        "for number in count(begun):\n"
        "    store.toggle('anna', 'fruit', replace(one, start=number, end=number + 15), question='What?')\n"
        "    store.annotate('anna', store.quotes('anna', 'fruit', most=1)[0][0].id, f'note {number}')\n"
        "    print(number, flush=True)\n"
    )
    command = [sys.executable, "-c", script, str(path), json.dumps(make().to_dict())]
    for round_ in range(4):
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            reached = [int(writer.stdout.readline()) for _ in range(3 + 4 * round_)]
            writer.send_signal(signal.SIGKILL)
            reached += [int(line) for line in writer.stdout.read().split("\n")[:-1]]
        store = KeptQuotes(path)
        quotes, count = store.quotes(ANNA, "fruit")
        store.close()
        assert reached[-1] + 1 <= count <= reached[-1] + 2
        notes = {quote.citation.start: quote.note for quote in quotes}
        assert all(notes[number] == f"note {number}" for number in reached)


@pytest.mark.skipif(os.name != "posix", reason="needs modes of POSIX")
def test_only_the_user_can_read_the_file(store, path):
    """The file and its log have mode 0600, the folder it makes 0700."""
    keep(store, make())
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_damaged_file_is_set_aside(path):
    """What is left of it stays under another name, and quotes are kept anew."""
    KeptQuotes(path).close()
    path.write_bytes(b"not a database, but long enough to be taken for one" * 50)
    notices = []
    store = KeptQuotes(path, on_notice=notices.append)
    assert len(keep(store, make())) == 1
    store.close()
    (aside,) = path.parent.glob("kept.sqlite.damaged-*[0-9]")
    assert (
        len(notices) == 1
        and notices[0].startswith(f"the kept quotes in {path} are damaged (")
        and aside.name in notices[0]
    )


def test_folder_that_cannot_be_written_is_named(tmp_path):
    """In one line, with what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="^kept quotes cannot be kept in .*Set QA_HOME to a folder"):
        KeptQuotes(tmp_path / "file" / "kept.sqlite")
