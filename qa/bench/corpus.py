"""Synthetic passages: sentences of given texts, shuffled and perturbed, so that any number of passages are distinct.

A passage is some five sentences of 5 to 40 words, 85 to 124 words in all, mostly 100 to 150 tokens. In each sentence
numbers are varied and one word in six is exchanged; the passage's first sentence holds a coined name that no other
passage has. Passage n depends on nothing but the texts and n, so a smaller corpus is the beginning of a larger
one. Left out: any meaning across sentences, which costs nothing and is not measured here.
"""

import hashlib
import json
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from index import BatchError, SourceError, find_sources, read_document
from qa.evaluation.datasets import read_corpus

SENTENCE_WORDS = (5, 40)
FEWEST_WORDS = 85  # of a passage
SENTENCES_AT_MOST = 8_000  # the texts' share in a corpus: more make it no more real, and take longer to encode
PASSAGES_A_FILE = 100
EXCHANGED = 1 / 6  # of the words
SEED = 20_231
SUFFIXES = (".txt", ".md")

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=\S)")
_WORD = re.compile(r"\w[\w'-]*")
_EXCHANGEABLE = re.compile(r"[a-z]{4,}")
_SYLLABLES = tuple(consonant + vowel for consonant in "bdfgklmnprstvwz" for vowel in "aeiou")
_NAMES = len(_SYLLABLES) ** 4
_SCATTER = 17_171_717  # shares no factor with _NAMES, so that different numbers give different names


@dataclass(frozen=True, slots=True)
class Corpus:
    """What passages are made of.

    Attributes:
        sentences: Distinct sentences of the texts.
        words: What exchanged words are taken from: distinct, in order.
    """

    sentences: tuple[str, ...]
    words: tuple[str, ...]

    def passage(self, number: int) -> str:
        """Make one passage: number 0, 1, 2, …"""
        chance = random.Random(SEED + number)
        parts: list[str] = []
        while len(parts) < FEWEST_WORDS:
            sentence = self.sentences[int(chance.random() * len(self.sentences))].split()
            name = coined_name(number) if not parts else ""
            parts += self._perturb(sentence, name, chance)
        return " ".join(parts)

    @property
    def digest(self) -> str:
        """Changes whenever a passage would: 12 hexadecimal digits."""
        sample = [PASSAGES_A_FILE, *self.sentences, *(self.passage(number) for number in range(100))]
        return hashlib.sha256(json.dumps(sample).encode()).hexdigest()[:12]

    def _perturb(self, sentence: list[str], name: str, chance: random.Random) -> list[str]:
        """Exchange words and numbers, never the first and the last; `name` goes in the place of the second."""
        for place in range(1, len(sentence) - 1):
            word = sentence[place]
            if word.isdigit():
                sentence[place] = str(int(chance.random() * 9 + 1)) + "".join(
                    str(int(chance.random() * 10)) for _ in word[1:]
                )
            elif chance.random() < EXCHANGED and _EXCHANGEABLE.fullmatch(word):
                sentence[place] = self.words[int(chance.random() * len(self.words))]
        if name:
            sentence[1] = name
        return sentence


def coined_name(number: int) -> str:
    """A name for a number below 31 million: eight letters, different for each."""
    rest, letters = (number * _SCATTER + 7) % _NAMES, ""
    for _ in range(4):
        rest, syllable = divmod(rest, len(_SYLLABLES))
        letters += _SYLLABLES[syllable]
    return letters.capitalize()


def read_texts(path: Path) -> Corpus:
    """Read the texts that passages are drawn from.

    Args:
        path: A `.txt`, `.md` or `.jsonl` file (BEIR layout), or a folder of them; in a folder, `queries.jsonl` and files
            of other kinds are passed over.

    Returns:
        At most `SENTENCES_AT_MOST` of their sentences, drawn evenly.

    Raises:
        SourceError: There are none, or a file cannot be read.
    """
    alone = not Path(path).expanduser().is_dir()
    found: dict[str, None] = {}
    for source in find_sources([path]):
        if alone or (source.name.endswith((*SUFFIXES, ".jsonl")) and not source.name.endswith("queries.jsonl")):
            read = read_corpus if source.name.endswith(".jsonl") else read_document
            for block in read(source.path, name=source.name).text.splitlines():
                found.update(dict.fromkeys(" ".join(part.split()) for part in _SENTENCE_END.split(block)))
    fewest, most = SENTENCE_WORDS
    usable = [
        text
        for text in found
        if fewest <= len(_WORD.findall(text)) and len(text.split()) <= most and text.endswith((".", "!", "?"))
    ]
    if not usable:
        raise SourceError(
            f"{str(path)!r} holds no sentences to draw passages from. Name a file or folder of .txt, .md or .jsonl."
        )
    if len(usable) > SENTENCES_AT_MOST:
        usable = random.Random(SEED).sample(usable, SENTENCES_AT_MOST)
    return make_corpus(usable)


def make_corpus(sentences: Sequence[str]) -> Corpus:
    """The corpus of some sentences."""
    words = {word for sentence in sentences for word in sentence.split()[1:-1] if _EXCHANGEABLE.fullmatch(word)}
    return Corpus(tuple(sentences), tuple(sorted(words)) or ("something",))


def save_corpus(corpus: Corpus, file: Path) -> None:
    """Keep a corpus for other processes; BatchError when it cannot be written."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(json.dumps(corpus.sentences), encoding="utf-8")
    except OSError as error:
        raise BatchError(f"{file} cannot be written: {error.strerror}. Name another folder.") from error


def load_corpus(file: str | Path) -> Corpus:
    """Read what `save_corpus` wrote."""
    return make_corpus(json.loads(Path(file).read_text(encoding="utf-8")))


def write_passages(corpus: Corpus, count: int, folder: Path) -> None:
    """Write passages 0 to `count - 1` as text files of `PASSAGES_A_FILE` paragraphs, a thousand files a folder.

    Args:
        corpus: What they are made of.
        count: How many.
        folder: Made; what is there under the same names is overwritten.

    Raises:
        BatchError: It cannot be written.
    """
    try:
        for number, first in enumerate(range(0, count, PASSAGES_A_FILE)):
            last = min(first + PASSAGES_A_FILE, count)
            file = folder / f"{number // 1000:03}" / f"{number:06}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            passages = (corpus.passage(passage) for passage in range(first, last))
            file.write_text("\n\n".join(passages) + "\n", encoding="utf-8")
    except OSError as error:
        raise BatchError(f"{folder} cannot be written: {error.strerror}. Name another folder.") from error


def make_questions(corpus: Corpus, passages: int, count: int, *, seed: int = 0) -> list[str]:
    """Make distinct questions: a sentence of a passage with a third of its words left out; one in ten matches nothing.

    Args:
        corpus: What the passages are made of.
        passages: How many passages there are.
        count: How many questions.
        seed: Another one gives another draw.

    Returns:
        The questions, in the same order every time.
    """
    chance = random.Random(f"{SEED} questions {seed}")
    found: dict[str, None] = {}
    while len(found) < count:
        if len(found) % 10 == 9:
            first, second = (coined_name(30_000_000 + chance.randrange(1_000_000)) for _ in range(2))
            found[f"Where did {first} meet {second}?"] = None
            continue
        text = corpus.passage(chance.randrange(passages))
        words = _WORD.findall(chance.choice(_SENTENCE_END.split(text)))
        kept = [word for word in words if chance.random() > 1 / 3]
        found[" ".join(kept or words) + "?"] = None
    return list(found)
