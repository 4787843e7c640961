"""Make the pairs that do not answer: the data files hold few, and mostly easy ones.

- Retrieved: the passages nearest to a question that do not hold its answer.
- Without answer: the passage that answers, less the sentence that does.
- Twins: the question with another number, or another name of the same title, which its passage does not answer.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np

from index import Encoder, split_sentences
from qa.reading.data import Example, answering_sentences, is_one_in

RETRIEVED = 5  # negatives a question
RETRIEVED_WEIGHT = 0.3
SENTENCE_RETRIEVED = 2  # of a source whose passages are single sentences: there the nearest are often true answers
SENTENCE_WEIGHT = 0.1
SENTENCE_SOURCES = frozenset(("qamr_dev", "qamr_test", "qadiscourse", "squad11train_kou_sentences"))
NEAREST = 24  # passages looked at to find them
SAME = 0.93  # cosine above which a passage says what an answering one says
DENSE_SHARE = 0.8  # of the score; the rest is TF-IDF's
ASKED = 512  # questions scored at a time
TWIN_WEIGHT = 0.7
STEPS = (-11, -7, -4, -3, -2, -1, 1, 2, 3, 4, 7, 11, 20)  # from a number to its twin's
_NUMBER = re.compile(r"\b\d[\d,.]*\b")
_NAME = re.compile(r"\b[A-Z][\w'\u2019-]+(?: (?:of |the |de |van )?[A-Z][\w'\u2019-]+)*")
_SPACE = re.compile(r"\s+")


def make_negatives(examples: Sequence[Example], encoder: Encoder, *, seed: int = 0) -> list[Example]:
    """Make negatives of each kind.

    Args:
        examples: As read.
        encoder: Embeds passages and questions, to retrieve.
        seed: Of the choice of names and numbers.

    Returns:
        The new examples alone.
    """
    rng = random.Random(seed)
    return [*retrieved(examples, encoder), *without_answer(examples), *twins(examples, rng)]


def retrieved(examples: Sequence[Example], encoder: Encoder) -> Iterator[Example]:
    """Yield for each answered question the nearest other passages that do not hold its answer, nearest first."""
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
            held = any(len(answer) > 2 and answer in plain[place] for answer in answers[question])
            if place in gold[question] or likeness > SAME or held:
                continue
            yield Example(question, headings[pool[place]], pool[place], -1, -1, False, "retrieved", weight)
            wanted -= 1
            if not wanted:
                break


def _nearest(
    questions: Sequence[str], pool: Sequence[str], vectors: np.ndarray, encoder: Encoder
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each question with the places in the pool of the passages nearest to it, nearest first.

    Near is what has a like embedding and, to a lesser part, rare words in common.
    """
    # scikit-learn comes with sentence-transformers.
    from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]

    asked = encoder.encode_passages(questions).astype(np.float32)
    words = TfidfVectorizer(sublinear_tf=True, stop_words="english", dtype=np.float32)
    word_rows = words.fit_transform(pool)
    for first in range(0, len(questions), ASKED):
        part = questions[first : first + ASKED]
        scores = DENSE_SHARE * (asked[first : first + ASKED] @ vectors.T)
        scores += (1 - DENSE_SHARE) * (words.transform(part) @ word_rows.T).toarray()
        near = np.tile(np.arange(len(pool)), (len(part), 1))
        if len(pool) > NEAREST:
            near = np.argpartition(-scores, NEAREST, axis=1)[:, :NEAREST]
        for row, question in enumerate(part):
            yield question, near[row][np.argsort(-scores[row, near[row]])]


def without_answer(examples: Sequence[Example]) -> Iterator[Example]:
    """Yield passages of three sentences or more less the one that answers, for two questions in three.

    An answer of fewer than four characters, or one that occurs elsewhere in the passage, is left alone.
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
        rest = (example.passage[:start] + example.passage[end:]).strip()
        if _plain(answer) not in _plain(rest):
            yield Example(example.question, example.heading, rest, -1, -1, False, "without_answer")


def twins(examples: Sequence[Example], rng: random.Random) -> Iterator[Example]:
    """Yield, for every other question, one with another number, or with another name of passages of the same title."""
    names: dict[str, set[str]] = defaultdict(set)
    for example in examples:
        if example.heading:
            names[example.heading].update(name for name in _NAME.findall(example.passage) if " " in name)
    for example in examples:
        if not example.answerable or example.start < 0 or is_one_in(example.question, 2):
            continue
        changed = _other_number(example, rng) or _other_name(example, sorted(names[example.heading]), rng)
        if changed:
            yield Example(changed, example.heading, example.passage, -1, -1, False, "twin", TWIN_WEIGHT)


def _other_number(example: Example, rng: random.Random) -> str:
    """Change a number of up to four digits in the question; "" where there is none, or the passage holds the new one."""
    found = list(_NUMBER.finditer(example.question))
    if not found:
        return ""
    match = rng.choice(found)
    digits = re.sub(r"\D", "", match.group())
    if not digits or len(digits) > 4:
        return ""
    other = str(max(1, int(digits) + rng.choice(STEPS)))
    if other == digits or re.search(rf"\b{other}\b", example.passage):
        return ""
    return example.question[: match.start()] + other + example.question[match.end() :]


def _other_name(example: Example, names: Sequence[str], rng: random.Random) -> str:
    """Change a name in the question, not its first word, to one that neither it nor the passage holds; "" where none."""
    found = [m for m in _NAME.finditer(example.question) if m.start() and (" " in m.group() or len(m.group()) > 5)]
    others = [name for name in names if name not in example.passage and name not in example.question]
    if not found or not others:
        return ""
    match = rng.choice(found)
    return example.question[: match.start()] + rng.choice(others) + example.question[match.end() :]


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text.casefold()).strip()
