"""Read question-answering data, and convert it into arrays to train on, with several wordings of each question.

Input: a folder of `*.jsonl` or `*.jsonl.gz` files, one object per line: `question`, `passage`, `answers` (`[{"text",
"start"}]`, of which the first counts), `answerable`, and optionally `title`. If `answers` is empty although `answerable` is
true, the passage as a whole answers. Other fields are ignored.
"""

import gzip
import hashlib
import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index import SourceError, split_sentences
from qa.reading.spans import ANSWER_TOKENS, Tokens, tokenise
from qa.reading.wordings import reword

HELD_OUT = 40  # one title in 40 is kept for validation
NATURAL = frozenset(("squad2_unans",))  # files of unanswerable questions that people wrote
# Files whose answer is the whole sentence: no span.
WHOLE_SENTENCES = frozenset(("squad11train_kou_sentences", "yesno"))
NO_ANSWER, NOT_KNOWN = -1, -2  # instead of a token
TOKENISED = 1_024  # texts per chunk


@dataclass(frozen=True, slots=True)
class Example:
    """A question with one passage.

    Attributes:
        question: As written.
        heading: Title of the passage; may be empty.
        passage: The text.
        start: First character of the answer in the passage; -1 if unmarked.
        end: Character after its last; -1 if unmarked.
        answerable: Whether the passage answers the question.
        source: The file it came from, or how it was made.
        weight: How often it is drawn, relative to the others.
    """

    question: str
    heading: str
    passage: str
    start: int
    end: int
    answerable: bool
    source: str
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Prepared:
    """Examples as arrays of tokens. Token ids are uint16; flat arrays have int64 offsets of shape (rows + 1,).

    Attributes:
        questions: Flat token ids of the wordings of each question, `VARIANTS` per question, the first as it is.
        question_offsets: Start of each wording.
        headings: Flat token ids; heading 0 is empty.
        heading_offsets: Start of each heading.
        passages: Flat token ids.
        passage_offsets: Start of each passage.
        table: int32 of shape (examples, 7): question, heading, passage, first and last token of the answer (-1: no answer, -2:
            unknown), first and last token of the answering sentence (the same).
        answerable: float32 of shape (examples,).
        weight: float32 of shape (examples,).
        source: int16 of shape (examples,), into `names`.
        held_out: bool of shape (examples,).
        names: Names of the sources.
    """

    questions: npt.NDArray[np.uint16]
    question_offsets: npt.NDArray[np.int64]
    headings: npt.NDArray[np.uint16]
    heading_offsets: npt.NDArray[np.int64]
    passages: npt.NDArray[np.uint16]
    passage_offsets: npt.NDArray[np.int64]
    table: npt.NDArray[np.int32]
    answerable: npt.NDArray[np.float32]
    weight: npt.NDArray[np.float32]
    source: npt.NDArray[np.int16]
    held_out: npt.NDArray[np.bool_]
    names: tuple[str, ...]

    def save(self, path: Path) -> None:
        """Write one compressed .npz file, atomically."""
        arrays: dict[str, Any] = {name: np.asarray(getattr(self, name)) for name in self.__slots__}
        part = path.with_suffix(".part")
        with open(part, "wb") as file:
            np.savez_compressed(file, **arrays)
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Prepared":
        """Read a file written by `save`."""
        with np.load(path) as arrays:
            values = {name: arrays[name] for name in cls.__slots__}
        return cls(**{**values, "names": tuple(values["names"].tolist())})


def read_examples(folder: Path) -> list[Example]:
    """Read every data file of a folder, in the order of their names.

    Raises:
        SourceError: There is no data file, or one cannot be read or has a line that is not an example.
    """
    files = sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")])
    if not files:
        raise SourceError(
            f"{folder} has no .jsonl or .jsonl.gz file. Name a folder of questions with passages to train on."
        )
    return [example for path in files for example in _read_file(path)]


def _read_file(path: Path) -> Iterator[Example]:
    name = path.name.removesuffix(".gz").removesuffix(".jsonl")
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8") as file:
            for line in file:
                number += 1
                yield _example(json.loads(line), name)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise SourceError(f"{path} cannot be read after line {number} ({error}). Fetch the file again.") from error
    except (ValueError, LookupError, TypeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else error
        raise SourceError(f"{path}, line {number}: not an example ({reason}). Correct or delete the line.") from error


def _example(record: dict[str, Any], name: str) -> Example:
    question, passage, answers = record["question"], record["passage"], record["answers"]
    if not isinstance(question, str) or not isinstance(passage, str):
        raise TypeError("question and passage must be text")
    start = end = -1
    if record["answerable"] and answers:
        text, start = answers[0]["text"], answers[0]["start"]
        end = start + len(text)
        if not text or passage[start:end] != text:
            raise ValueError(f"the passage does not have the answer {text!r} at character {start}")
    heading = str(record.get("title") or "").replace("_", " ")
    return Example(question, heading, passage, start, end, bool(record["answerable"]), name)


def prepare(
    examples: Sequence[Example],
    tokenizer: Any,
    *,
    seed: int = 0,
    synonyms: Callable[[str], Sequence[str]] | None = None,
) -> Prepared:
    """Convert examples, including negatives, into arrays of tokens.

    The tokenizer is the model's, of the library `tokenizers`, without truncation and padding; `seed` determines the wordings,
    one of which has `synonyms` of some words.
    """
    rng = random.Random(seed)
    questions = _number(example.question for example in examples)
    headings = _number(["", *(example.heading for example in examples)])
    passages = _number(example.passage for example in examples)
    wordings = [wording for text in questions for wording in reword(text, rng, synonyms)]
    tokens = _tokenise(tokenizer, list(passages))
    sentences: dict[int, list[tuple[int, int]]] = {}
    table = np.empty((len(examples), 7), dtype=np.int32)
    for row, example in enumerate(examples):
        passage = passages[example.passage]
        span = sentence = (NOT_KNOWN, NOT_KNOWN) if example.answerable else (NO_ANSWER, NO_ANSWER)
        if example.start >= 0:
            if passage not in sentences:
                sentences[passage] = split_sentences(example.passage)
            sentence = _sentence_tokens(tokens[passage], sentences[passage], example)
            span = _tokens_between(tokens[passage], example.start, example.end)
            if span[1] - span[0] >= ANSWER_TOKENS or example.source in WHOLE_SENTENCES:
                span = (NOT_KNOWN, NOT_KNOWN)
        table[row] = (questions[example.question], headings[example.heading], passage, *span, *sentence)
    names = tuple(dict.fromkeys(example.source for example in examples))
    held = [bool(example.heading) and is_one_in(example.heading, HELD_OUT) for example in examples]
    return Prepared(
        *_flatten(_tokenise(tokenizer, wordings)),
        *_flatten(_tokenise(tokenizer, list(headings))),
        *_flatten(tokens),
        table,
        np.array([example.answerable for example in examples], dtype=np.float32),
        np.array([example.weight for example in examples], dtype=np.float32),
        np.array([names.index(example.source) for example in examples], dtype=np.int16),
        np.array(held, dtype=bool),
        names,
    )


def _number(texts: Iterable[str]) -> dict[str, int]:
    """Number texts in the order of their first occurrence."""
    return {text: row for row, text in enumerate(dict.fromkeys(texts))}


def _tokenise(tokenizer: Any, texts: Sequence[str]) -> list[Tokens]:
    """Split texts into tokens in chunks, because the tokenizer's own records are large."""
    return [
        tokens
        for first in range(0, len(texts), TOKENISED)
        for tokens in tokenise(tokenizer, texts[first : first + TOKENISED])
    ]


def _flatten(texts: Sequence[Tokens]) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.int64]]:
    """Concatenate token ids: uint16 of shape (tokens,), and the offsets."""
    ids = np.concatenate([np.empty(0, dtype=np.int32), *(tokens.ids for tokens in texts)])
    return ids.astype(np.uint16), np.cumsum([0, *(len(tokens.ids) for tokens in texts)], dtype=np.int64)


def _sentence_tokens(tokens: Tokens, sentences: Sequence[tuple[int, int]], example: Example) -> tuple[int, int]:
    inside = answering_sentences(sentences, example)
    return _tokens_between(tokens, inside[0][0], inside[-1][1]) if inside else (NOT_KNOWN, NOT_KNOWN)


def _tokens_between(tokens: Tokens, start: int, end: int) -> tuple[int, int]:
    """Return the first and last token that overlap some characters; (-2, -2) without such a token."""
    inside = np.flatnonzero((tokens.starts < end) & (tokens.ends > start))
    return (int(inside[0]), int(inside[-1])) if len(inside) else (NOT_KNOWN, NOT_KNOWN)


def is_one_in(text: str, many: int) -> bool:
    """Select one of every so many texts by their hash, always the same ones."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4], "little") % many == 0


def answering_sentences(sentences: Sequence[tuple[int, int]], example: Example) -> list[tuple[int, int]]:
    """Return the spans of the sentences that overlap the answer of an example."""
    return [(start, end) for start, end in sentences if start < example.end and end > example.start]


def without(passage: str, start: int, end: int) -> str:
    """Return a passage without some of its characters, and without blanks around the rest."""
    return (passage[:start] + passage[end:]).strip()


def unanswered(example: Example, passage: str, *, heading: str | None = None) -> Example:
    """Return the question of an example with a passage that does not answer it."""
    heading = example.heading if heading is None else heading
    return Example(example.question, heading, passage, -1, -1, False, f"no_{example.source}")


def with_some(example: Example, others: Sequence[str], most: int, rng: random.Random) -> Iterator[Example]:
    """Yield an example, and its question with some of other passages, which do not answer it."""
    yield example
    for other in rng.sample(others, min(most, len(others))):
        yield unanswered(example, other)
