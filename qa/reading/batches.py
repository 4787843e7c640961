"""Make negative examples, and assemble examples into batches, laid out as in `qa.reading.spans`.

The data files have few negatives, mostly easy ones. These are added:

- Retrieved: the passages nearest to a question that do not contain its answer.
- Without answer: the passage that answers, without the sentence that does.
- Twins: the question with one change, so that its passage does not answer it; see `qa.reading.twins`.
"""

import queue
import random
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from index import Encoder, SourceError, split_sentences
from qa.reading.data import NOT_KNOWN, Example, Prepared, answering_sentences, is_one_in, without
from qa.reading.network import HIDDEN
from qa.reading.spans import HEADING_TOKENS, QUESTION_TOKENS, WINDOW_TOKENS
from qa.reading.twins import near_twins, twins
from qa.reading.wordings import VARIANTS

Integers = npt.NDArray[np.integer]
RETRIEVED = 5  # negatives per question
RETRIEVED_WEIGHT = 0.3
SENTENCE_RETRIEVED = 2  # for sources whose passages are single sentences: the nearest are often true answers
SENTENCE_WEIGHT = 0.1
SENTENCE_SOURCES = frozenset(("qamr_dev", "qamr_test", "qadiscourse", "squad11train_kou_sentences"))
_NEAREST = 24  # passages considered
SAME = 0.93  # cosine above which a passage says the same as an answering one
DENSE_SHARE = 0.8  # of the score; the rest is TF-IDF
_ASKED = 512  # questions scored at a time
_SPACE = re.compile(r"\s+")
CLS_ID, SEP_ID = 101, 102  # of [CLS] and [SEP] in BERT's vocabulary
IGNORED = -100  # token that the loss ignores
_WIDTH_STEP = 16  # tokens; widths of batches are multiples of it
SORTED_BATCHES = 40  # examples of so many batches are sorted by length
AHEAD = 8  # batches prepared while a GPU computes
AS_WRITTEN = 0.4  # share of questions that are not reworded
WITHOUT_HEADING = 0.4  # share of passages without their heading
# How often examples of a file are drawn, relative to SQuAD: many are short and similar, or only mark a whole passage as
# the answer.
DRAWN = {
    "squad2_unans": 2.0, "squad11train_44art": 1.5, "squad11train_emptycity": 1.5, "squad11train_routerlens": 1.5,
    "squadshifts_new_wiki": 1.5, "qamr_dev": 0.3, "qamr_test": 0.3, "qadiscourse": 0.5, "squad11train_kou_sentences": 0.6,
    "neg_qamr_dev": 0.2, "neg_qamr_test": 0.2, "neg_qadiscourse": 0.3, "neg_squad11train_kou_sentences": 0.4,
    "medquad": 0.5, "neg_medquad": 0.6, "fairytaleqa": 0.7, "neg_fairytaleqa": 0.5, "neg_squad11train_44art": 0.5,
    "neg_squad11train_emptycity": 0.5, "neg_squad11train_routerlens": 0.5, "neg_squadshifts_new_wiki": 0.6,
    "near_twin_name": 1.5, "near_twin_number": 1.5, "near_twin_opposite": 1.5, "near_twin_negation": 1.0,
    "near_twin_word": 0.75, "howto": 1.5, "faq": 1.5, "option": 2.0, "no_option": 1.5, "row": 0.9, "no_row": 0.6,
    "no_yesno": 0.9,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TrainingBatch:
    """Pairs as input of a network; B texts of T tokens.

    Attributes:
        ids: int64 (B, T).
        types: int64 (B, T): 0 for the question, 1 for the rest.
        mask: bool (B, T): True for a token, False for padding.
        inside: bool (B, T): tokens of the passage.
        spans: int64 (B, 2): first and last token of the answer; 0 for no answer, -100 if unknown.
        evidence: float32 (B, T): 1 for tokens of the answering sentence, 0 for others; -1 if unknown.
        answerable: float32 (B,).
        window: int64 (B,): the first token of the passage that is read.
        teacher: float32 (B, T, 3): the teacher's start, end and evidence for each token it read; None without a teacher.
        judged: float32 (B, 3): the teacher's start and end for "no answer", and answerable; None without a teacher.
    """

    ids: Tensor
    types: Tensor
    mask: Tensor
    inside: Tensor
    spans: Tensor
    evidence: Tensor
    answerable: Tensor
    window: Tensor
    teacher: Tensor | None
    judged: Tensor | None

    def to(self, device: str) -> "TrainingBatch":
        """Copy the batch to a device."""
        return self._each(lambda value: value.to(device, non_blocking=True))

    def pinned(self) -> "TrainingBatch":
        """Copy the batch to pinned memory, which a GPU can read directly."""
        return self._each(lambda value: value.pin_memory())

    def _each(self, change: Callable[[Tensor], Tensor]) -> "TrainingBatch":
        found: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            found[field.name] = None if value is None else change(value)
        return TrainingBatch(**found)


@dataclass(frozen=True, slots=True)
class TeacherLabels:
    """The outputs of a teacher for every example, for the tokens of one window of its passage.

    Attributes:
        first: First token of the window in the passage: int32 (examples,).
        tokens: Start, end and evidence: float16 (tokens of all windows, 3), example after example.
        offsets: int64 (examples + 1,), into `tokens`.
        judged: float32 (examples, 3): start and end of "no answer", answerable.
    """

    first: npt.NDArray[np.int32]
    tokens: npt.NDArray[np.float16]
    offsets: npt.NDArray[np.int64]
    judged: npt.NDArray[np.float32]


class Assembler:
    """Assembles examples into batches."""

    def __init__(self, data: Prepared, labels: TeacherLabels | None = None) -> None:
        """Take the examples and, optionally, a teacher's labels."""
        self.data = data
        self.labels = labels
        self._passage_lengths = np.diff(data.passage_offsets)
        self._question_lengths = np.minimum(np.diff(data.question_offsets), QUESTION_TOKENS)
        self._heading_lengths = np.minimum(np.diff(data.heading_offsets), HEADING_TOKENS)

    def lengths(self, rows: Integers) -> Integers:
        """Estimate the number of tokens of some examples, to sort by: integers of shape (rows,)."""
        table = self.data.table[rows]
        both = self._question_lengths[table[:, 0] * VARIANTS] + self._passage_lengths[table[:, 2]]
        return np.asarray(np.minimum(WINDOW_TOKENS, both + 8))

    def batch(self, rows: Integers, rng: np.random.Generator, *, plain: bool = False) -> TrainingBatch:
        """Assemble some examples.

        Args:
            rows: Indices of the examples: integers of shape (B,).
            rng: Chooses wordings, headings and, without a teacher, windows.
            plain: Whether to use questions as written, and all headings.

        Returns:
            The batch, its width a multiple of 16. A passage that is too long is read in one window: the teacher's, or else any
            that contains the answer.
        """
        data, count = self.data, len(rows)
        question, heading, passage, start, end, first_told, last_told = data.table[rows].T.astype(np.int64)
        wording = np.zeros(count, dtype=np.int64)
        if not plain:
            wording = np.where(rng.random(count) < AS_WRITTEN, 0, rng.integers(1, VARIANTS, count))
            heading = np.where(rng.random(count) < WITHOUT_HEADING, 0, heading)
        asked = question * VARIANTS + wording
        asked_length, heading_length = self._question_lengths[asked], self._heading_lengths[heading]
        before = 2 + asked_length + np.where(heading_length, heading_length + 1, 0)
        room = np.minimum(WINDOW_TOKENS - 1 - before, self._passage_lengths[passage])
        first = self._first_read(rows, room, rng)

        total = before + room + 1
        width = -(-int(total.max()) // _WIDTH_STEP) * _WIDTH_STEP
        ids = np.zeros((count, width), dtype=np.int64)
        everyone, places = np.arange(count), np.arange(width)
        ids[:, 0] = CLS_ID
        ids[everyone, 1 + asked_length] = SEP_ID
        _fill(ids, data.questions, data.question_offsets[asked], asked_length, np.ones(count, dtype=np.int64))
        heading_end = data.heading_offsets[heading + 1]
        _fill(ids, data.headings, heading_end - heading_length, heading_length, 2 + asked_length)
        titled = everyone[heading_length > 0]
        ids[titled, before[titled] - 1] = SEP_ID
        _fill(ids, data.passages, data.passage_offsets[passage] + first, room, before)
        ids[everyone, total - 1] = SEP_ID
        mask = places < total[:, None]
        types = (places >= (2 + asked_length)[:, None]) & mask

        inside = (places >= before[:, None]) & (places < (before + room)[:, None])
        spans = np.stack([start, end], axis=1)
        moved = spans - first[:, None] + before[:, None]
        lost = ((moved < before[:, None]) | (moved >= (before + room)[:, None])).any(axis=1, keepdims=True)
        spans = np.where(spans == -1, 0, np.where((spans == NOT_KNOWN) | lost, IGNORED, moved))
        token = places - before[:, None] + first[:, None]  # of the passage, if inside
        told = inside & (token >= first_told[:, None]) & (token <= last_told[:, None])
        evidence = np.where((first_told == NOT_KNOWN)[:, None], -1.0, told).astype(np.float32)
        return TrainingBatch(
            torch.from_numpy(ids),
            torch.from_numpy(types.astype(np.int64)),
            torch.from_numpy(mask),
            torch.from_numpy(inside),
            torch.from_numpy(spans),
            torch.from_numpy(evidence),
            torch.from_numpy(data.answerable[rows]),
            torch.from_numpy(first),
            *self._taught(rows, first, room, before, width),
        )

    def _first_read(self, rows: Integers, room: Integers, rng: np.random.Generator) -> Integers:
        """Choose the first token of each passage to read; `room` is the number of tokens of the window."""
        _, _, passage, start, end, first_told, last_told = self.data.table[rows].T.astype(np.int64)
        last_start = self._passage_lengths[passage] - room
        if self.labels is not None:
            return np.asarray(np.minimum(self.labels.first[rows], last_start))
        known_first, known_last = np.where(start >= 0, start, first_told), np.where(start >= 0, end, last_told)
        low = np.where(known_first >= 0, np.maximum(0, known_last - room + 1), 0)
        high = np.maximum(low, np.where(known_first >= 0, np.minimum(known_first, last_start), last_start))
        drawn = low + (rng.random(len(rows)) * (high - low + 1)).astype(np.int64)
        whole_answers = (self.data.answerable[rows] > 0) & (known_first < 0)
        return np.asarray(np.minimum(np.where(whole_answers, 0, drawn), last_start))

    def _taught(
        self, rows: Integers, first: Integers, room: Integers, before: Integers, width: int
    ) -> tuple[Tensor | None, Tensor | None]:
        """Lay out the labels of the tokens that are read; None twice without a teacher."""
        labels = self.labels
        if labels is None:
            return None, None
        teacher = np.full((len(rows), width, 3), HIDDEN, dtype=np.float32)
        skipped = first - labels.first[rows]
        held = np.maximum(np.minimum(np.diff(labels.offsets)[rows] - skipped, room), 0)
        _fill(teacher, labels.tokens, labels.offsets[rows] + skipped, held, before)
        return torch.from_numpy(teacher), torch.from_numpy(labels.judged[rows])


def _fill(
    target: npt.NDArray[Any], flat: npt.NDArray[Any], starts: Integers, lengths: Integers, places: Integers
) -> None:
    """Copy a slice of `flat` into each row of `target`, starting at the given column."""
    step = np.arange(int(lengths.sum())) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    target[rows, np.repeat(places, lengths) + step] = flat[np.repeat(starts, lengths) + step]


def draw_batches(assembler: Assembler, size: int, rng: np.random.Generator) -> Iterator[TrainingBatch]:
    """Yield batches without end: each example as often as its weight, held-out ones never.

    Raises:
        SourceError: The examples fill fewer than two batches of that size, or all are held out.
    """
    data = assembler.data
    drawn = np.array([DRAWN.get(name, 1.0) for name in data.names])
    weights = np.where(data.held_out, 0.0, data.weight * drawn[data.source]).astype(np.float64)
    if len(weights) < 2 * size or not weights.any():
        raise SourceError(
            f"{np.count_nonzero(weights)} examples are too few to train on: at least {2 * size} are needed. Add data."
        )
    expected = weights / weights.mean()
    while True:
        times = np.floor(expected + rng.random(len(expected))).astype(np.int64)  # an epoch: each as often as it weighs
        rows = rng.permutation(np.repeat(np.arange(len(expected)), times))
        for start in range(0, len(rows) - size, size * SORTED_BATCHES):
            part = rows[start : start + size * SORTED_BATCHES]
            part = part[np.argsort(assembler.lengths(part), kind="stable")]
            for first in rng.permutation(np.arange(0, len(part) - size + 1, size)):
                yield assembler.batch(part[first : first + size], rng)


def prefetch(batches: Iterator[TrainingBatch], device: str) -> Iterator[TrainingBatch]:
    """Yield batches on a device; for a GPU, a thread assembles some ahead."""
    if device == "cpu":
        yield from batches
        return
    ready: queue.Queue[TrainingBatch | Exception] = queue.Queue(maxsize=AHEAD)
    stopped = threading.Event()

    def work() -> None:
        try:
            for batch in batches:
                if stopped.is_set():
                    return
                ready.put(batch.pinned())
        except Exception as error:  # raised again where the batches are used
            ready.put(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        while True:
            batch = ready.get()
            if isinstance(batch, Exception):
                raise batch
            yield batch.to(device)
    finally:
        stopped.set()
        while not ready.empty():
            ready.get_nowait()


def make_negatives(
    examples: Sequence[Example],
    encoder: Encoder,
    *,
    seed: int = 0,
    opposites: Callable[[str], Sequence[str]] | None = None,
) -> list[Example]:
    """Make negatives of each kind; `seed` determines the names and numbers, `opposites` adds to the words in `OPPOSITES`."""
    rng = random.Random(seed)
    return [
        *retrieved(examples, encoder),
        *without_answer(examples),
        *twins(examples, rng),
        *near_twins(examples, rng, opposites),
    ]


def retrieved(examples: Sequence[Example], encoder: Encoder) -> Iterator[Example]:
    """Yield for each answered question the nearest other passages without its answer, nearest first."""
    headings: dict[str, str] = {}
    for example in examples:
        headings[example.passage] = headings.get(example.passage) or example.heading
    pool = list(headings)
    plain = [_plain(passage) for passage in pool]
    number = {passage: place for place, passage in enumerate(pool)}
    gold: dict[str, set[int]] = defaultdict(set)
    answers: dict[str, set[str]] = defaultdict(set)
    sources: dict[str, str] = {}
    for example in examples:
        if example.answerable:
            gold[example.question].add(number[example.passage])
            sources[example.question] = example.source
            if example.start >= 0:
                answers[example.question].add(_plain(example.passage[example.start : example.end]))
    vectors = encoder.encode_passages(pool).astype(np.float32)
    for question, order in _nearest(list(gold), pool, vectors, encoder):
        of_sentences = sources[question] in SENTENCE_SOURCES
        wanted = SENTENCE_RETRIEVED if of_sentences else RETRIEVED
        weight = SENTENCE_WEIGHT if of_sentences else RETRIEVED_WEIGHT
        alike = (vectors[order] @ vectors[sorted(gold[question])].T).max(axis=1)
        for place, likeness in zip(order.tolist(), alike.tolist(), strict=True):
            answered = any(len(answer) > 2 and answer in plain[place] for answer in answers[question])
            if place in gold[question] or likeness > SAME or answered:
                continue
            yield Example(question, headings[pool[place]], pool[place], -1, -1, False, "retrieved", weight)
            wanted -= 1
            if not wanted:
                break


def _nearest(
    questions: Sequence[str], pool: Sequence[str], vectors: npt.NDArray[np.float32], encoder: Encoder
) -> Iterator[tuple[str, Integers]]:
    """Yield each question with the positions in the pool of the passages nearest to it, nearest first.

    Nearness is that of the embeddings and, with a smaller weight, of rare words in common.
    """
    # scikit-learn comes with sentence-transformers.
    from sklearn.feature_extraction.text import TfidfVectorizer

    asked = encoder.encode_passages(questions).astype(np.float32)
    words = TfidfVectorizer(sublinear_tf=True, stop_words="english", dtype=np.float32)
    word_rows = words.fit_transform(pool)
    for first in range(0, len(questions), _ASKED):
        part = questions[first : first + _ASKED]
        scores = DENSE_SHARE * (asked[first : first + _ASKED] @ vectors.T)
        scores += (1 - DENSE_SHARE) * (words.transform(part) @ word_rows.T).toarray()
        near = np.tile(np.arange(len(pool)), (len(part), 1))
        if len(pool) > _NEAREST:
            near = np.argpartition(-scores, _NEAREST, axis=1)[:, :_NEAREST]
        for row, question in enumerate(part):
            yield question, near[row][np.argsort(-scores[row, near[row]])]


def without_answer(examples: Sequence[Example]) -> Iterator[Example]:
    """Yield passages of three or more sentences without the one that answers, for two questions in three.

    Answers of fewer than four characters, and answers that occur again in the passage, are skipped.
    """
    for example in examples:
        answer = example.passage[example.start : example.end]
        if example.start < 0 or len(answer) < 4 or is_one_in(example.question, 3):
            continue
        spans = split_sentences(example.passage)
        inside = answering_sentences(spans, example)
        if len(spans) < 3 or len(inside) != 1:
            continue
        start, end = inside[0]
        rest = without(example.passage, start, end)
        if _plain(answer) not in _plain(rest):
            yield Example(example.question, example.heading, rest, -1, -1, False, "without_answer")


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text.casefold()).strip()
