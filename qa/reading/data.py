"""Turn question-answering data into arrays to train the reader on.

Input: a folder of `*.jsonl` or `*.jsonl.gz` files, one object a line: `id`, `question`, `passage`, `answers`
(`[{"text", "start"}]`), `answerable`; optional `title`, `reason` and `passage_is_sentence`. `answers` may be empty
although `answerable` is true: then the passage as a whole answers.

Added to what the files hold, because natural unanswerable questions are few:

- retrieved negatives: the best-ranked other passages of the pool that do not hold the answer;
- passages without their answering sentence;
- twins: the question with another number, or another name of the same title, which the passage does not answer;
- other wordings of each question: lower case without a question mark, keywords, one typo, a polite wrapping.
"""

import gzip
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index import Encoder, SourceError, split_sentences

VARIANTS = 5  # wordings of a question: as it is, lower case, keywords, a typo, wrapped
LONGEST_SPAN = 30  # tokens; a longer answer is evidence, not a span
MINED = 5  # retrieved negatives a question
NEAREST = 24  # passages looked at to find them
HELD_OUT = 40  # one title in so many is kept for validation
SOURCES_OF_SENTENCES = frozenset(("qamr_dev", "qamr_test", "qadiscourse", "squad11train_kou_sentences"))

_WRAPPERS = (
    "According to the document, {}", "According to the text, {}", "Based on the passage, {}", "Can you tell me {}",
    "Could you please tell me {}", "I would like to know {}", "Hi, {}", "Hello! {}", "Please tell me: {}",
    "In the document, {}", "Do you know {}", "{} Thanks!", "From the sources: {}", "Quick question: {}",
)  # fmt: skip
_FUNCTION_WORDS = frozenset(
    "a an the of in on at to for from by with is are was were be been do does did has have had can could would will "
    "should may might what which who whom whose when where why how it its that this these those there and or as".split()
)
_NUMBER = re.compile(r"\b\d[\d,.]*\b")
_NAME = re.compile(r"\b[A-Z][\w'\u2019-]+(?: (?:of |the |de |van )?[A-Z][\w'\u2019-]+)*")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Example:
    """A question with one passage.

    Attributes:
        question: As written.
        heading: Title of the passage; "" where there is none.
        passage: The text.
        start: First character of the answer in the passage; -1 where none is marked.
        end: Character after its last; -1 where none is marked.
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
    """Examples as arrays of tokens. Token ids are uint16; flat arrays come with `(rows + 1,)` int64 offsets.

    Attributes:
        questions: Flat token ids of the wordings of each question, `VARIANTS` a question, the first as it is.
        question_offsets: Where each wording starts.
        headings: Flat token ids; heading 0 is empty.
        heading_offsets: Where each heading starts.
        passages: Flat token ids.
        passage_offsets: Where each passage starts.
        table: int32 of shape (examples, 7): question, heading, passage, first and last token of the answer span (-1:
            no answer, -2: not known), first and last token of the answering sentence (the same).
        answerable: float32 of shape (examples,).
        weight: float32 of shape (examples,).
        source: int16 of shape (examples,), into `names`.
        held_out: bool of shape (examples,).
        names: Names of the sources.
    """

    questions: np.ndarray
    question_offsets: np.ndarray
    headings: np.ndarray
    heading_offsets: np.ndarray
    passages: np.ndarray
    passage_offsets: np.ndarray
    table: np.ndarray
    answerable: np.ndarray
    weight: np.ndarray
    source: np.ndarray
    held_out: np.ndarray
    names: tuple[str, ...]

    def save(self, path: Path) -> None:
        """Write one compressed .npz file."""
        np.savez_compressed(path, **{name: np.asarray(getattr(self, name)) for name in self.__slots__})

    @classmethod
    def load(cls, path: Path) -> "Prepared":
        """Read what `save` wrote."""
        with np.load(path) as arrays:
            values = {name: arrays[name] for name in cls.__slots__}
        return cls(**{**values, "names": tuple(values["names"].tolist())})


def read_examples(folder: Path) -> list[Example]:
    """Read every data file of a folder.

    Raises:
        SourceError: There is no data file, or a line of one is not an example.
    """
    files = sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")])
    if not files:
        raise SourceError(f"{folder} holds no .jsonl or .jsonl.gz file of questions with passages.")
    return [example for path in files for example in _read_file(path)]


def _read_file(path: Path) -> Iterator[Example]:
    name = path.name.removesuffix(".gz").removesuffix(".jsonl")
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            try:
                record = json.loads(line)
                yield _example(record, name)
            except (ValueError, KeyError, TypeError, IndexError) as error:
                raise SourceError(f"{path}, line {number}: not an example ({error}).") from error


def _example(record: dict[str, Any], name: str) -> Example:
    start = end = -1
    passage = record["passage"]
    if record["answerable"] and record["answers"]:
        answer = record["answers"][0]
        start, end = answer["start"], answer["start"] + len(answer["text"])
        if passage[start:end] != answer["text"]:
            raise ValueError("the answer does not stand where it should")
    heading = str(record.get("title") or "").replace("_", " ")
    return Example(record["question"], heading, passage, start, end, bool(record["answerable"]), name)


def add_negatives(examples: Sequence[Example], encoder: Encoder, *, seed: int = 0) -> list[Example]:
    """Make the negatives that the files lack: retrieved ones, passages without their answer, twins.

    Args:
        examples: As read.
        encoder: Embeds passages and questions, to retrieve.
        seed: Of the choice of names and numbers.

    Returns:
        The new examples alone.
    """
    rng = random.Random(seed)
    return [*_retrieved(examples, encoder), *_without_answer(examples), *_twins(examples, rng)]


def _retrieved(examples: Sequence[Example], encoder: Encoder) -> list[Example]:
    """The best-ranked other passages that do not hold the answer, nearest first."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    headings: dict[str, str] = {}
    for example in examples:
        headings[example.passage] = headings.get(example.passage) or example.heading
    pool = list(headings)
    number = {passage: position for position, passage in enumerate(pool)}
    answered = [e for e in examples if e.answerable]
    gold: dict[str, set[int]] = defaultdict(set)
    texts: dict[str, set[str]] = defaultdict(set)
    for example in answered:
        gold[example.question].add(number[example.passage])
        if example.start >= 0:
            texts[example.question].add(_plain(example.passage[example.start : example.end]))
    questions = list(gold)
    vectors = encoder.encode_passages(pool).astype(np.float32)
    asked = encoder.encode_passages(questions).astype(np.float32)
    words = TfidfVectorizer(sublinear_tf=True, stop_words="english", dtype=np.float32)
    word_rows = words.fit_transform(pool)
    plain = [_plain(passage) for passage in pool]
    sources = {example.question: example.source for example in answered}
    found: list[Example] = []
    for first in range(0, len(questions), 512):
        part = questions[first : first + 512]
        scores = 0.8 * (asked[first : first + 512] @ vectors.T)
        scores += 0.2 * (words.transform(part) @ word_rows.T).toarray()
        near = np.argpartition(-scores, NEAREST, axis=1)[:, :NEAREST]
        for row, question in enumerate(part):
            wanted_sentence = sources[question] in SOURCES_OF_SENTENCES
            wanted = 2 if wanted_sentence else MINED
            order = near[row][np.argsort(-scores[row, near[row]])]
            similar = vectors[order] @ vectors[sorted(gold[question])].T
            for passage, alike in zip(order.tolist(), similar.max(axis=1).tolist(), strict=True):
                if passage in gold[question] or alike > 0.93:
                    continue
                if any(len(text) > 2 and text in plain[passage] for text in texts[question]):
                    continue
                text = pool[passage]
                weight = 0.1 if wanted_sentence else 0.3
                found.append(Example(question, headings[text], text, -1, -1, False, "retrieved", weight))
                wanted -= 1
                if not wanted:
                    break
    return found


def _without_answer(examples: Sequence[Example]) -> Iterator[Example]:
    """Passages of three sentences or more without the one that answers, where the answer occurs nowhere else."""
    for example in examples:
        answer = example.passage[example.start : example.end]
        if example.start < 0 or len(answer) < 4 or hash_share(example.question, 3):
            continue
        spans = split_sentences(example.passage, 0, len(example.passage))
        inside = [(start, end) for start, end in spans if start < example.end and end > example.start]
        if len(spans) < 3 or len(inside) != 1:
            continue
        start, end = inside[0]
        rest = (example.passage[:start] + example.passage[end:]).strip()
        if _plain(answer) not in _plain(rest):
            yield Example(example.question, example.heading, rest, -1, -1, False, "without_answer")


def _twins(examples: Sequence[Example], rng: random.Random) -> Iterator[Example]:
    """Questions with another number, or with another name of passages under the same title."""
    names: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        if example.heading:
            names[example.heading].update(m for m in _NAME.findall(example.passage) if " " in m)
    for example in examples:
        if not example.answerable or example.start < 0 or hash_share(example.question, 2):
            continue
        changed = _other_number(example, rng) or _other_name(example, sorted(names[example.heading]), rng)
        if changed:
            yield Example(changed, example.heading, example.passage, -1, -1, False, "twin", 0.7)


def _other_number(example: Example, rng: random.Random) -> str:
    found = list(_NUMBER.finditer(example.question))
    if not found:
        return ""
    match = rng.choice(found)
    digits = re.sub(r"\D", "", match.group())
    if not digits or len(digits) > 4:
        return ""
    other = str(max(1, int(digits) + rng.choice((-11, -7, -4, -3, -2, -1, 1, 2, 3, 4, 7, 11, 20))))
    if other == digits or re.search(rf"\b{other}\b", example.passage):
        return ""
    return example.question[: match.start()] + other + example.question[match.end() :]


def _other_name(example: Example, names: Sequence[str], rng: random.Random) -> str:
    found = [m for m in _NAME.finditer(example.question) if m.start() and (" " in m.group() or len(m.group()) > 5)]
    others = [name for name in names if name not in example.passage and name not in example.question]
    if not found or not others:
        return ""
    match = rng.choice(found)
    return example.question[: match.start()] + rng.choice(others) + example.question[match.end() :]


def reword(question: str, rng: random.Random) -> list[str]:
    """Word a question in `VARIANTS` ways: as it is, lower case without question mark, keywords, a typo, wrapped."""
    bare = question.strip().rstrip("?").strip()
    words = bare.split()
    kept = [word for word in words if word.lower() not in _FUNCTION_WORDS]
    if rng.random() < 0.5 and words and words[0].lower() in ("who", "when", "where", "why", "how"):
        kept = [words[0], *(word for word in kept if word != words[0])]
    keywords = " ".join(kept).lower() if len(kept) >= 2 else bare.lower()
    typo = _misspell(question, rng)
    inner = question if rng.random() < 0.5 or not question[:1].isupper() else question[0].lower() + question[1:]
    wrapped = rng.choice(_WRAPPERS).format(inner)
    return [question, bare.lower(), keywords, typo if rng.random() < 0.5 else typo.lower().rstrip("?"), wrapped]


def _misspell(text: str, rng: random.Random) -> str:
    long = [match for match in re.finditer(r"[A-Za-z]{5,}", text)]
    if not long:
        return text
    match = rng.choice(long)
    word, at = match.group(), rng.randrange(1, len(match.group()) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        word = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    elif kind == 1:
        word = word[:at] + word[at + 1 :]
    elif kind == 2:
        word = word[:at] + word[at] + word[at:]
    else:
        word = word[:at] + rng.choice("abcdefghijklmnopqrstuvwxyz") + word[at + 1 :]
    return text[: match.start()] + word + text[match.end() :]


def prepare(examples: Sequence[Example], tokenizer: Any, *, seed: int = 0) -> Prepared:
    """Turn examples into arrays of tokens.

    Args:
        examples: All of them, negatives included.
        tokenizer: The model's, as `tokenizers.Tokenizer`, without truncation or padding.
        seed: Of the wordings.

    Returns:
        The arrays.
    """
    rng = random.Random(seed)
    questions = {text: row for row, text in enumerate(dict.fromkeys(e.question for e in examples))}
    headings = {text: row for row, text in enumerate(dict.fromkeys(["", *(e.heading for e in examples)]))}
    passages = {text: row for row, text in enumerate(dict.fromkeys(e.passage for e in examples))}
    wordings = [wording for text in questions for wording in reword(text, rng)]
    encoded = _encode(tokenizer, list(passages))
    sentences: dict[int, list[tuple[int, int]]] = {}
    table = np.empty((len(examples), 7), dtype=np.int32)
    for row, example in enumerate(examples):
        passage = passages[example.passage]
        span = evidence = (-1, -1) if not example.answerable else (-2, -2)
        if example.start >= 0:
            offsets = encoded[passage].offsets
            span = _tokens_of(offsets, example.start, example.end)
            if passage not in sentences:
                sentences[passage] = split_sentences(example.passage, 0, len(example.passage))
            inside = [(s, e) for s, e in sentences[passage] if s < example.end and e > example.start]
            evidence = _tokens_of(offsets, inside[0][0], inside[-1][1]) if inside else (-2, -2)
            if span[1] - span[0] >= LONGEST_SPAN or example.source == "squad11train_kou_sentences":
                span = (-2, -2)
        table[row] = (questions[example.question], headings[example.heading], passage, *span, *evidence)
    names = tuple(dict.fromkeys(example.source for example in examples))
    held = [bool(e.heading) and hash_share(e.heading, HELD_OUT) for e in examples]
    flat_questions, question_offsets = _flatten(_encode(tokenizer, wordings))
    flat_headings, heading_offsets = _flatten(_encode(tokenizer, list(headings)))
    flat_passages, passage_offsets = _flatten(encoded)
    return Prepared(
        flat_questions,
        question_offsets,
        flat_headings,
        heading_offsets,
        flat_passages,
        passage_offsets,
        table,
        np.array([e.answerable for e in examples], dtype=np.float32),
        np.array([e.weight for e in examples], dtype=np.float32),
        np.array([names.index(e.source) for e in examples], dtype=np.int16),
        np.array(held, dtype=bool),
        names,
    )


def hash_share(text: str, one_in: int) -> bool:
    """Tell whether a text is one of every so many, always the same ones."""
    import hashlib

    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little") % one_in == 0


def _encode(tokenizer: Any, texts: Sequence[str]) -> list[Any]:
    found: list[Any] = []
    for start in range(0, len(texts), 1024):
        found += tokenizer.encode_batch(list(texts[start : start + 1024]), add_special_tokens=False)
    return found


def _flatten(encodings: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    rows = [np.array(encoding.ids, dtype=np.uint16) for encoding in encodings]
    offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    return (np.concatenate(rows) if rows else np.empty(0, dtype=np.uint16)), offsets


def _tokens_of(offsets: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    """First and last token that overlap some characters; (-2, -2) when none does."""
    inside = [token for token, (s, e) in enumerate(offsets) if s < end and e > start]
    return (inside[0], inside[-1]) if inside else (-2, -2)


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text.casefold()).strip()
