"""Passages to measure on: sentences of given texts, altered so that any number of passages are distinct.

A passage has 85 to 124 words in some five sentences. In each sentence numbers change and one word in six is exchanged, and the
passage's first sentence contains a coined name that no other passage has. Passage n depends only on the texts and n.
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
SENTENCES_AT_MOST = 8_000  # more make a corpus no more real, and take longer to encode
PASSAGES_A_FILE = 100
EXCHANGED = 1 / 6  # of the words

_SEED = 20_231
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=\S)")
_WORD = re.compile(r"\w[\w'-]*")
_EXCHANGEABLE = re.compile(r"[a-z]{4,}")
_SYLLABLES = tuple(consonant + vowel for consonant in "bdfgklmnprstvwz" for vowel in "aeiou")
_NAMES = len(_SYLLABLES) ** 4
_SCATTER = 17_171_717  # shares no factor with _NAMES, so that different numbers give different names


@dataclass(frozen=True, slots=True)
class Corpus:
    """The material of passages.

    Attributes:
        sentences: Distinct sentences of the texts.
        words: Distinct words to exchange others for, in order.
    """

    sentences: tuple[str, ...]
    words: tuple[str, ...]

    @classmethod
    def of(cls, sentences: Sequence[str]) -> "Corpus":
        """Make the corpus of some sentences."""
        words = {word for sentence in sentences for word in sentence.split()[1:-1] if _EXCHANGEABLE.fullmatch(word)}
        return cls(tuple(sentences), tuple(sorted(words)) or ("something",))

    @property
    def digest(self) -> str:
        """12 hexadecimal digits that change whenever a passage would."""
        sample = [PASSAGES_A_FILE, *self.sentences, *map(self.passage, range(100))]
        return hashlib.sha256(json.dumps(sample).encode()).hexdigest()[:12]

    def passage(self, number: int) -> str:
        """Make passage 0, 1, 2, …"""
        chance = random.Random(_SEED + number)
        parts: list[str] = []
        while len(parts) < FEWEST_WORDS:
            sentence = self.sentences[int(chance.random() * len(self.sentences))].split()
            for place in range(1, len(sentence) - 1):
                if sentence[place].isdigit():
                    digits = len(sentence[place])
                    sentence[place] = str(int((chance.random() * 9 + 1) * 10 ** (digits - 1)))
                elif chance.random() < EXCHANGED and _EXCHANGEABLE.fullmatch(sentence[place]):
                    sentence[place] = self.words[int(chance.random() * len(self.words))]
            if not parts:
                sentence[1] = coined_name(number)
            parts += sentence
        return " ".join(parts)

    def write(self, count: int, folder: Path) -> None:
        """Write the first passages as text files of `PASSAGES_A_FILE` paragraphs; BatchError if that fails."""
        try:
            for number, first in enumerate(range(0, count, PASSAGES_A_FILE)):
                file = folder / f"{number // 1000:03}" / f"{number:06}.txt"
                file.parent.mkdir(parents=True, exist_ok=True)
                passages = map(self.passage, range(first, min(first + PASSAGES_A_FILE, count)))
                file.write_text("\n\n".join(passages) + "\n", encoding="utf-8")
        except OSError as error:
            raise BatchError(f"{folder} cannot be written: {error.strerror}. Name another folder.") from error

    def questions(self, passages: int, count: int, *, seed: int = 0) -> list[str]:
        """Make distinct questions about the first passages, the same ones every time.

        Each is a sentence with a third of its words left out; one in ten matches no passage.
        """
        chance = random.Random(f"{_SEED} questions {seed}")
        found: dict[str, None] = {}
        while len(found) < count:
            if len(found) % 10 == 9:
                first, second = (coined_name(30_000_000 + chance.randrange(1_000_000)) for _ in range(2))
                found[f"Where did {first} meet {second}?"] = None
                continue
            words = _WORD.findall(chance.choice(_SENTENCE_END.split(self.passage(chance.randrange(passages)))))
            kept = [word for word in words if chance.random() > 1 / 3]
            found[" ".join(kept or words) + "?"] = None
        return list(found)


def coined_name(number: int) -> str:
    """A name of eight letters for a number below 31 million, a different one for each."""
    rest, letters = (number * _SCATTER + 7) % _NAMES, ""
    for _ in range(4):
        rest, syllable = divmod(rest, len(_SYLLABLES))
        letters += _SYLLABLES[syllable]
    return letters.capitalize()


def read_texts(path: Path) -> Corpus:
    """Read the texts that passages are made of.

    Args:
        path: A `.txt`, `.md` or `.jsonl` file (BEIR layout), or a folder of them; `queries.jsonl` is skipped in a folder.

    Returns:
        At most `SENTENCES_AT_MOST` of their sentences, sampled evenly.

    Raises:
        SourceError: There are no sentences, or a file cannot be read.
    """
    alone = not Path(path).expanduser().is_dir()
    found: dict[str, None] = {}
    for source in find_sources([path]):
        if alone or (source.name.endswith((".txt", ".md", ".jsonl")) and not source.name.endswith("queries.jsonl")):
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
        raise SourceError(f"{str(path)!r} has no sentences to make passages of. Name .txt, .md or .jsonl files.")
    if len(usable) > SENTENCES_AT_MOST:
        usable = random.Random(_SEED).sample(usable, SENTENCES_AT_MOST)
    return Corpus.of(usable)
