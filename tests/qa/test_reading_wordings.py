"""Questions are worded as people type them, with synonyms and opposites of a WordNet database."""

import random

import pytest

from index import SourceError
from qa.reading.wordings import misspell, paraphrase, reword
from qa.reading.wordnet import WordNet

# Lines of a database, without glosses: film = movie, begin = start (opposite: end), country = nation, bank has two senses.
NOUNS = """  1 The licence.
00000001 06 n 02 film 0 movie 0 000 | a motion picture
00000002 06 n 02 nation 0 country 0 000 | a land
00000003 06 n 02 bank 0 shore 0 000 | of a river
00000004 06 n 02 bank 1 lender 0 000 | of money
00000005 06 n 02 man 0 fellow 0 000 | a person
"""
VERBS = """00000007 30 v 02 begin 0 start 0 001 ! 00000008 v 0101 01 + 02 00 | set out
00000008 30 v 01 end 0 001 ! 00000007 v 0101 01 + 02 00 | stop
00000009 30 v 02 stop 0 halt 0 000 01 + 02 00 | cease
"""
COUNTS = """film%1:06:00:: 1 9
movie%1:06:00:: 1 4
nation%1:06:00:: 1 7
country%1:06:00:: 1 5
bank%1:06:00:: 1 5
bank%1:06:01:: 1 5
shore%1:06:00:: 1 3
lender%1:06:00:: 1 3
man%1:06:00:: 1 9
fellow%1:06:00:: 1 3
begin%2:30:00:: 1 9
start%2:30:00:: 1 9
end%2:30:00:: 1 9
stop%2:30:00:: 1 9
halt%2:30:00:: 1 4
"""


@pytest.fixture
def wordnet(tmp_path):
    """The folder of a small database."""
    for name, text in (
        ("data.noun", NOUNS),
        ("data.verb", VERBS),
        ("data.adj", ""),
        ("data.adv", ""),
        ("cntlist.rev", COUNTS),
        ("noun.exc", "men man\n"),
        ("verb.exc", "began begin\nbegun begin\nbeginning begin\nstopped stop\nstopping stop\nhalted halt\n"),
    ):
        (tmp_path / name).write_text(text)
    return tmp_path


def test_questions_are_reworded():
    """As it is, lower case without question mark, keywords, one typo, wrapped, otherwise."""
    question = "When was the old bridge closed?"
    found = [reword(question, random.Random(seed)) for seed in range(40)]
    assert {wordings[0] for wordings in found} == {question}
    assert {wordings[1] for wordings in found} == {"when was the old bridge closed"}
    assert {wordings[2] for wordings in found} == {"old bridge closed", "when old bridge closed"}
    assert {len(wordings) for wordings in found} == {6}
    assert all(wordings[3] != question and len(wordings[3]) in range(29, 33) for wordings in found)
    assert all("hen was the old bridge closed?" in wordings[4] and len(wordings[4]) > 33 for wordings in found)
    assert {wordings[5].rstrip("?") for wordings in found} == {
        "At what time was the old bridge closed",
        "What is the date when was the old bridge closed",
        "In what year was the old bridge closed",
        "what date was the old bridge closed",
    }
    assert reword("Who?", random.Random(0))[:4] == ["Who?", "who", "who", "Who?"]


@pytest.mark.parametrize(
    ("question", "other"),
    [
        ("In what year did the war end?", "year the war end"),
        ("Where is the archive located?", "the archive location"),
        ("Who was the author of Emma?", "author of Emma"),
        ("How many rooms are free?", "number of rooms are free"),
        ("Why did the ship sink?", "How come the ship sink"),
        ("What is a lease?", "lease definition"),
        ("What does VAT stand for?", "meaning of VAT"),
        ("What was the purpose of the tax?", "the tax purpose"),
        ("Which river crosses the town?", "What river crosses the town"),
    ],
)
def test_known_forms_have_others(question, other):
    """A question is asked in other forms of the same meaning, with or without a question mark."""
    found = {paraphrase(question, random.Random(seed)) for seed in range(200)}
    assert {other, f"{other}?"} <= found
    assert question not in found


def test_other_forms_stay():
    """A question of no known form is not changed."""
    assert {paraphrase("Is it open on Sunday?", random.Random(seed)) for seed in range(20)} == {"Is it open on Sunday?"}


def test_a_typo_changes_one_letter():
    """A letter of one long word is swapped, dropped, doubled or replaced, never the first; short words are left."""
    found = {misspell("An old bridge", random.Random(seed)) for seed in range(200)}
    assert {"An old rbidge", "An old bridgee"}.isdisjoint(found)
    assert {"An old birdge", "An old bidge", "An old briidge"} <= found
    assert all(text.startswith("An old b") and len(text) in (12, 13, 14) for text in found)
    assert misspell("Who are you?", random.Random(0)) == "Who are you?"


def test_synonyms_keep_the_form(wordnet):
    """A word with one meaning has its synonyms in the same form; words of several meanings have none."""
    words = WordNet(wordnet)
    asked = (
        "film",
        "films",
        "men",
        "country",
        "nations",
        "begins",
        "beginning",
        "starting",
        "stopped",
        "stops",
        "halting",
    )
    assert {word: words.synonyms(word) for word in asked} == {
        "film": ("movie",),
        "films": ("movies",),
        "men": ("fellows",),
        "country": ("nation",),
        "nations": ("countries",),
        "begins": ("starts",),
        "beginning": ("starting",),
        "starting": ("beginning",),
        "stopped": ("halted",),
        "stops": ("halts",),
        "halting": ("stopping",),
    }
    assert words.synonyms("halted") == ("stopped",)  # regular, though it is in the list of irregular forms too
    assert words.synonyms("started") == ()  # "began" is irregular
    assert words.synonyms("fellows") == ("men",)
    assert [words.synonyms(word) for word in ("bank", "banks", "unknown", "Film")] == [()] * 4


def test_opposites_keep_the_form(wordnet):
    """The opposite of a word is that of its meaning."""
    words = WordNet(wordnet)
    assert [words.opposites(word) for word in ("begins", "ended", "film")] == [("ends",), (), ()]
    assert words.opposites("begin") == ("end",)
    assert words.opposites("ending") == ("beginning",)


def test_a_paraphrase_takes_synonyms(wordnet):
    """Up to two words are replaced, and "a" becomes "an" where it must."""
    found = {paraphrase("Is it a film?", random.Random(seed), WordNet(wordnet).synonyms) for seed in range(40)}
    assert found == {"Is it a film?", "Is it a movie?"}
    found = {paraphrase("Is it before noon?", random.Random(seed), lambda word: ("earlier",)) for seed in range(40)}
    assert found == {"Is it before noon?", "Is it before earlier?"}
    other = {"river": ("outflow",), "outflow": ("river",)}
    found = {
        paraphrase("Is a river near?", random.Random(seed), lambda word: other.get(word, ())) for seed in range(40)
    }
    assert found == {"Is a river near?", "Is an outflow near?"}


@pytest.mark.parametrize("change", ["data.adv", "verb.exc"])
def test_a_folder_without_a_database_is_named(wordnet, change):
    """A missing file ends with the folder's name and what to do."""
    (wordnet / change).unlink()
    with pytest.raises(
        SourceError, match=rf"{wordnet.name} has no WordNet 3.0 database .*Name the folder of data.noun"
    ):
        WordNet(wordnet)


@pytest.mark.parametrize("files", [{"data.noun": "not a database\n"}, {"data.noun": "", "data.verb": ""}])
def test_a_file_of_another_kind_is_named(wordnet, files):
    """Files that are not those of WordNet are an error, and so is an empty database."""
    for name, text in files.items():
        (wordnet / name).write_text(text)
    with pytest.raises(SourceError, match=r"no WordNet 3.0 database"):
        WordNet(wordnet)
