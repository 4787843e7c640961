"""Lay out question, heading and passage as the reader takes them; reader and trainer share it.

    [CLS] question [SEP] heading [SEP] passage [SEP]
      0      0       0      1      1      1      1      token types

Without a heading, it and its [SEP] are left out. A question that is too long loses its end, a heading its start, as the
innermost headings come last. A passage that is too long is read in windows that overlap.

What the reader reads, and what it says of it.

Turn the reader's logits into what it says of each sentence.

The score of an answer is its start logit plus its end logit, less the same of the first token, which stands for no
answer. A sentence's score is that of the best answer inside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

TOKENS = 256  # in all
QUESTION_TOKENS = 48
HEADING_TOKENS = 24
OVERLAP = 64  # tokens of the passage that two windows share
CLS, SEP = "[CLS]", "[SEP]"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text.

    Attributes:
        ids: int32, shape (tokens,).
        starts: The first character of each token in the text: int32, shape (tokens,), ascending.
        ends: The character after its last: int32, shape (tokens,).
    """

    ids: np.ndarray
    starts: np.ndarray
    ends: np.ndarray


@dataclass(frozen=True, slots=True)
class Window:
    """One input of the reader.

    Attributes:
        ids: Token ids: int32, shape (length,), at most `TOKENS`.
        types: 0 up to the first [SEP], 1 after it: float32, shape (length,).
        offset: Where the passage's tokens begin in `ids`.
        first: Which token of the passage that is.
        count: How many of the passage's tokens there are.
    """

    ids: np.ndarray
    types: np.ndarray
    offset: int
    first: int
    count: int


def tokenise(tokenizer: Any, texts: Sequence[str]) -> list[Tokens]:
    """Split texts into tokens, none of them special.

    Args:
        tokenizer: Of the library `tokenizers`, neither cutting off nor padding.
        texts: Any; a lone surrogate is read as a question mark.
    """
    safe = [text.encode("utf-8", "replace").decode() for text in texts]
    found = []
    for encoding in tokenizer.encode_batch(safe, add_special_tokens=False):
        places = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
        found.append(Tokens(np.array(encoding.ids, dtype=np.int32), places[:, 0], places[:, 1]))
    return found


def lay_out(
    question: np.ndarray, heading: np.ndarray, passage: np.ndarray, *, marks: tuple[int, int]
) -> tuple[Window, ...]:
    """Lay out one question and passage in as many windows as the passage needs, at least one.

    Args:
        question: Token ids, without special ones: int32, shape (any,).
        heading: The same; empty where there is none.
        passage: The same.
        marks: The ids of [CLS] and [SEP].

    Returns:
        The windows, in the order of the passage. All but the last are `TOKENS` long.
    """
    cls, sep = marks
    asked = [cls, *question[:QUESTION_TOKENS], sep]
    under = [*heading[-HEADING_TOKENS:], sep] if len(heading) else []
    offset = len(asked) + len(under)
    room = TOKENS - offset - 1
    windows = []
    for first in range(0, max(len(passage) - OVERLAP, 1), room - OVERLAP):
        part = passage[first : first + room]
        ids = np.array([*asked, *under, *part, sep], dtype=np.int32)
        types = (np.arange(len(ids)) >= len(asked)).astype(np.float32)
        windows.append(Window(ids, types, offset, first, len(part)))
    return tuple(windows)


def mark_ids(tokenizer: Any) -> tuple[int, int]:
    """The ids of [CLS] and [SEP]."""
    return tokenizer.token_to_id(CLS), tokenizer.token_to_id(SEP)


@dataclass(frozen=True, slots=True)
class ReadablePassage:
    """A passage as the reader takes it.

    Attributes:
        heading: The headings it stands under, the innermost last; empty where there is none.
        text: The passage.
        sentences: The first character of each sentence in `text`, and the one after its last.
    """

    heading: str
    text: str
    sentences: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SentenceReading:
    """What the reader says of one sentence.

    Attributes:
        score: How likely the sentence holds the answer, like log-odds: the best answer inside it, less the score of
            no answer. Rounded to 1e-4.
        start: The first character of the best answer inside the sentence, in the passage's text.
        end: The character after its last.
        evidence: The mean evidence logit of the sentence's tokens. Rounded to 1e-4.
    """

    score: float
    start: int
    end: int
    evidence: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader says of one passage.

    Attributes:
        answerable: The logit that the passage answers the question. Rounded to 1e-4.
        sentences: In the order of the passage's sentences.
    """

    answerable: float
    sentences: tuple[SentenceReading, ...]


ANSWER_TOKENS = 30
UNREAD = -30.0  # the score of a sentence without a token
DIGITS = 4
START, END, EVIDENCE = range(3)


def read_spans(
    passage: ReadablePassage,
    tokens: Tokens,
    windows: Sequence[Window],
    logits: Sequence[np.ndarray],
    answerable: Sequence[float],
) -> Reading:
    """Make the reading of a passage of what the reader gave for its windows.

    Args:
        passage: The passage.
        tokens: Its tokens.
        windows: Its windows.
        logits: For each window, the logits of its tokens, float32 of shape (length or more, 3): start, end, evidence.
        answerable: For each window, the logit that it answers the question.

    Returns:
        The reading. Of several windows, the best counts for the passage, and for each sentence the best for it.
    """
    best: list[SentenceReading | None] = [None] * len(passage.sentences)
    spans = np.array(passage.sentences, dtype=np.int64).reshape(-1, 2)
    for window, given in zip(windows, logits, strict=True):
        place = slice(window.first, window.first + window.count)
        starts, ends = tokens.starts[place], tokens.ends[place]
        body = given[window.offset : window.offset + window.count].astype(np.float64)
        edges = np.searchsorted(starts, spans)
        read = np.flatnonzero(edges[:, 0] < edges[:, 1])
        if not len(read):
            continue
        firsts, lasts, sums = best_spans(body[:, START], body[:, END], edges[read])
        evidence = [float(body[low:high, EVIDENCE].mean()) for low, high in edges[read]]
        none = float(given[0, START]) + float(given[0, END])
        for row, first, last, total, mean in zip(read, firsts, lasts, sums, evidence, strict=True):
            score, known = round(float(total) - none, DIGITS), best[row]
            if known is None or score > known.score:
                stop = min(int(ends[last]), passage.sentences[row][1])
                span = trim(passage.text, int(starts[first]), stop)
                best[row] = SentenceReading(score, *span, round(mean, DIGITS))
    sentences = tuple(
        found or SentenceReading(UNREAD, start, end, UNREAD)
        for found, (start, end) in zip(best, passage.sentences, strict=True)
    )
    return Reading(round(float(max(answerable)), DIGITS), sentences)


def best_spans(starts: np.ndarray, ends: np.ndarray, edges: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find in each sentence the answer with the greatest sum of start and end logit, the first of equals.

    Args:
        starts: The start logit of each token: float64, shape (tokens,).
        ends: The end logit of each token, of the same shape.
        edges: The first token of each sentence and the one after its last: integers, shape (sentences, 2), none empty.

    Returns:
        Of each sentence's answer the first token, the last token, `ANSWER_TOKENS` - 1 later at most, and the sum.
    """
    counts = edges[:, 1] - edges[:, 0]
    firsts = np.cumsum(counts) - counts  # of each sentence, among the tokens of all sentences
    token = np.arange(counts.sum()) + np.repeat(edges[:, 0] - firsts, counts)
    last = token[:, None] + np.arange(ANSWER_TOKENS)
    inside = last < np.repeat(edges[:, 1], counts)[:, None]
    sums = starts[token][:, None] + np.where(inside, ends[np.minimum(last, len(ends) - 1)], -np.inf)
    lengths = sums.argmax(axis=1)
    greatest = sums[np.arange(len(token)), lengths]
    row = np.array([low + greatest[low : low + count].argmax() for low, count in zip(firsts, counts, strict=True)])
    return token[row], token[row] + lengths[row], greatest[row]


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out the white space at both ends of a span; of nothing but white space, an empty span is left."""
    start += len(text[start:end]) - len(text[start:end].lstrip())
    return start, start + len(text[start:end].rstrip())
