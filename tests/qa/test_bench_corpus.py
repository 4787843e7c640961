"""Synthetic passages: distinct, the same every time, of the length stated."""

import json
import re

import pytest

from index import SourceError
from qa.bench.corpus import Corpus, coined_name, read_texts

SENTENCES = (
    "The keeper climbed 212 narrow steps every evening before dark.",
    "Copper conducts electricity better than iron in most household wires.",
    "After the harvest failed many families left the valley for the ports!",
)


@pytest.fixture(scope="module")
def corpus(seeds):
    """Passages made of the seed document."""
    return read_texts(seeds)


def test_passages_are_distinct(corpus):
    """Three thousand passages made of thirteen sentences are three thousand different texts."""
    assert len(corpus.sentences) == 13
    assert len({corpus.passage(number) for number in range(3_000)}) == 3_000


def test_passages_are_of_the_length_stated(corpus):
    """Every passage has 85 to 124 words, in sentences that each end as a sentence."""
    for number in range(500):
        passage = corpus.passage(number)
        assert 85 <= len(passage.split()) <= 124
        assert passage.endswith((".", "!", "?"))


def test_passages_are_the_same_every_time(seeds, corpus):
    """A passage depends on the texts and its number alone, and so does the digest; other texts give another."""
    again = read_texts(seeds)
    assert [again.passage(number) for number in (7, 0)] == [corpus.passage(number) for number in (7, 0)]
    assert again.digest == corpus.digest != Corpus(SENTENCES).digest


def test_a_passage_keeps_the_ends_of_its_sentences():
    """First and last words stay, the second of the first sentence becomes a name, a number keeps its digits' count."""
    passage = Corpus(SENTENCES[:1]).passage(41)
    sentences = re.findall(r"[^.]+\.", passage)
    assert {sentence.split()[0] for sentence in sentences} == {"The"}
    assert {sentence.split()[-1] for sentence in sentences} == {"dark."}
    assert sentences[0].split()[1] == coined_name(41)
    numbers = re.findall(r"\d+", passage)
    assert {len(number) for number in numbers} == {3}
    assert "212" not in numbers


def test_names_are_different():
    """Two hundred thousand numbers, small and large, give as many names."""
    assert len({coined_name(number) for number in (*range(100_000), *range(31_000_000, 31_100_000))}) == 200_000
    assert re.fullmatch("([bdfgklmnprstvwz][aeiou]){4}", coined_name(5).lower())


def test_texts_are_read_from_every_kind_of_file(tmp_path):
    """Text, Markdown and BEIR corpora give their sentences; queries, other files and fragments give none."""
    (tmp_path / "a.txt").write_text(SENTENCES[0] + " Too short. And one that has no end to it", encoding="utf-8")
    (tmp_path / "b.md").write_text("# A heading of more than five words\n\n" + SENTENCES[1] + "\n", encoding="utf-8")
    entry = {"_id": "1", "title": "Harvest", "text": SENTENCES[2] + " " + SENTENCES[0]}
    (tmp_path / "corpus.jsonl").write_text(json.dumps(entry) + "\n", encoding="utf-8")
    (tmp_path / "queries.jsonl").write_text(json.dumps({"_id": "1", "text": "Which of them left the valley?"}) + "\n")
    (tmp_path / "notes.bin").write_bytes(b"\0\1")
    assert read_texts(tmp_path).sentences == SENTENCES
    assert read_texts(tmp_path / "corpus.jsonl").sentences == (SENTENCES[2], SENTENCES[0])


NO_TEXTS = {"nothing there": None, "no sentence": "one two three", "an empty file": ""}


@pytest.mark.parametrize("content", NO_TEXTS.values(), ids=NO_TEXTS)
def test_texts_without_sentences_are_refused(tmp_path, content):
    """A folder without a sentence is one clear error."""
    if content is not None:
        (tmp_path / "a.txt").write_text(content)
    with pytest.raises(SourceError, match="has no sentences to make passages of"):
        read_texts(tmp_path)


def test_sentences_without_a_blank_are_passed_over(tmp_path):
    """In one/two/three/four/five there are words enough, but none that could be exchanged for another."""
    (tmp_path / "paths.txt").write_text(f"one/two/three/four/five. {SENTENCES[0]}")
    assert read_texts(tmp_path).sentences == SENTENCES[:1]
    (tmp_path / "paths.txt").write_text("one/two/three/four/five.")
    with pytest.raises(SourceError, match="has no sentences"):
        read_texts(tmp_path)


def test_passages_are_written_a_hundred_a_file(tmp_path, corpus):
    """Of 203 passages the third file holds the last three, separated by blank lines."""
    corpus.write(203, tmp_path)
    files = sorted(tmp_path.rglob("*.txt"))
    assert [file.relative_to(tmp_path).as_posix() for file in files] == [f"000/00000{n}.txt" for n in range(3)]
    assert files[2].read_text(encoding="utf-8").strip().split("\n\n") == [corpus.passage(n) for n in (200, 201, 202)]


def test_questions_are_distinct_and_some_match_nothing(corpus):
    """Every tenth question is made of names that no passage has; the others of words of passages, in their order."""
    questions = corpus.questions(50, 120)
    assert len(set(questions)) == 120
    assert questions == corpus.questions(50, 120)
    assert questions != corpus.questions(50, 120, seed=1)
    assert all(re.fullmatch(r"Where did \w{8} meet \w{8}\?", question) for question in questions[9::10])
    passages = [corpus.passage(number) for number in range(50)]
    pattern = ".*".join(rf"\b{re.escape(word)}" for word in questions[0].rstrip("?").split())
    assert any(re.search(pattern, passage) for passage in passages)
