"""Passages to measure on: sentences of given texts, altered so that any number of passages are distinct.

A passage has 85 to 124 words. Its numbers and one word in six are exchanged, and its first sentence contains a coined name that
no other passage has. Passage n depends only on the texts and n.
"""

import hashlib
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path

from index import BatchError, SourceError, find_sources, read_document
from qa.evaluation.datasets import read_corpus

PASSAGES_A_FILE = 100
_SENTENCES_AT_MOST = 8_000  # more take longer to encode, and are no more realistic
_SEED = 20_231
_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=\S)")
_WORD = re.compile(r"\w[\w'-]*")
_EXCHANGEABLE = re.compile(r"[a-z]{4,}")
_SYLLABLES = tuple(consonant + vowel for consonant in "bdfgklmnprstvwz" for vowel in "aeiou")
_SCATTER = 17_171_717  # shares no factor with the number of names, so that different numbers give different names


class Corpus:
    """The sentences that passages are made of, and the words exchanged for others."""

    def __init__(self, sentences: Sequence[str]) -> None:
        self.sentences = tuple(sentences)
        words = {word for sentence in sentences for word in sentence.split()[1:-1]}
        self._words = sorted(filter(_EXCHANGEABLE.fullmatch, words)) or ["something"]

    @property
    def digest(self) -> str:
        """12 hexadecimal digits that change if any passage does."""
        sample = [PASSAGES_A_FILE, *self.sentences, *map(self.passage, range(100))]
        return hashlib.sha256(json.dumps(sample).encode()).hexdigest()[:12]

    def passage(self, number: int) -> str:
        """Make passage 0, 1, 2, …"""
        chance, parts = random.Random(_SEED + number), list[str]()
        while len(parts) < 85:
            sentence = self.sentences[int(chance.random() * len(self.sentences))].split()
            for place in range(1, len(sentence) - 1):
                if sentence[place].isdigit():
                    sentence[place] = str(int((chance.random() * 9 + 1) * 10 ** (len(sentence[place]) - 1)))
                elif chance.random() < 1 / 6 and _EXCHANGEABLE.fullmatch(sentence[place]):
                    sentence[place] = self._words[int(chance.random() * len(self._words))]
            if not parts:
                sentence[1] = coined_name(number)
            parts += sentence
        return " ".join(parts)

    def write(self, count: int, folder: Path) -> None:
        """Write the first passages as text files of `PASSAGES_A_FILE` paragraphs; raise BatchError if that fails."""
        try:
            for number, first in enumerate(range(0, count, PASSAGES_A_FILE)):
                file = folder / f"{number // 1000:03}" / f"{number:06}.txt"
                file.parent.mkdir(parents=True, exist_ok=True)
                passages = map(self.passage, range(first, min(first + PASSAGES_A_FILE, count)))
                file.write_text("\n\n".join(passages) + "\n", encoding="utf-8")
        except OSError as error:
            raise BatchError(f"{folder} cannot be written: {error.strerror}. Name another folder.") from error

    def questions(self, passages: int, count: int, *, seed: int = 0) -> list[str]:
        """Make distinct questions about the first passages, always the same: sentences without a third of their words.

        One in ten matches no passage.
        """
        chance, found = random.Random(f"{_SEED} questions {seed}"), dict[str, None]()
        while len(found) < count:
            if len(found) % 10 == 9:
                first, second = (coined_name(30_000_000 + chance.randrange(1_000_000)) for _ in range(2))
                found[f"Where did {first} meet {second}?"] = None
            else:
                words = _WORD.findall(chance.choice(_SENTENCE_END.split(self.passage(chance.randrange(passages)))))
                found[" ".join([word for word in words if chance.random() > 1 / 3] or words) + "?"] = None
        return list(found)


def coined_name(number: int) -> str:
    """Make a name of eight letters, a different one for each number below 31 million."""
    scattered, base = number * _SCATTER + 7, len(_SYLLABLES)
    return "".join(_SYLLABLES[scattered // base**place % base] for place in range(4)).capitalize()


def read_texts(path: Path) -> Corpus:
    """Read the sentences of a `.txt`, `.md` or `.jsonl` file (BEIR layout), or of such files in a folder without queries.jsonl.

    Raises:
        SourceError: There are no sentences, or a file cannot be read.
    """
    alone, found = not Path(path).expanduser().is_dir(), dict[str, None]()
    for source in find_sources([path]):
        if alone or (source.name.endswith((".txt", ".md", ".jsonl")) and not source.name.endswith("queries.jsonl")):
            read = read_corpus if source.name.endswith(".jsonl") else read_document
            for block in read(source.path, name=source.name).text.splitlines():
                found.update(dict.fromkeys(" ".join(part.split()) for part in _SENTENCE_END.split(block)))
    ended = [text for text in found if text.endswith((".", "!", "?"))]
    usable = [text for text in ended if len(_WORD.findall(text)) >= 5 and 2 <= len(text.split()) <= 40]
    if not usable:
        raise SourceError(f"{str(path)!r} has no sentences to make passages of. Name .txt, .md or .jsonl files.")
    many = len(usable) > _SENTENCES_AT_MOST
    return Corpus(random.Random(_SEED).sample(usable, _SENTENCES_AT_MOST) if many else usable)
