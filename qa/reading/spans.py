"""Define the reader's input and output: windows of tokens in, scores of sentences and answer words out.

    [CLS] question [SEP] heading [SEP] passage [SEP]
      0      0       0      1      1      1      1      token types

Without a heading, it and its [SEP] are omitted. A question that is too long loses its end, a heading its start, because
inner headings come last. A passage that is too long is read in overlapping windows. The trainer uses the same layout.

The score of an answer is its start logit plus its end logit, minus the same of the first token, which means "no answer". The
score of a sentence is that of the best answer inside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text.

    Attributes:
        ids: int32, shape (tokens,).
        starts: First character of each token: int32, shape (tokens,), ascending.
        ends: Character after its last: int32, shape (tokens,).
    """

    ids: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Window:
    """One input of the reader.

    Attributes:
        ids: Token ids: int32, shape (length,), at most `WINDOW_TOKENS`.
        types: 0 up to the first [SEP], 1 after it: float32, shape (length,).
        offset: Index in `ids` of the first token of the passage.
        first: Index of that token in the passage.
        count: Number of tokens of the passage.
    """

    ids: npt.NDArray[np.int32]
    types: npt.NDArray[np.float32]
    offset: int
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class ReadablePassage:
    """A passage as input of the reader.

    Attributes:
        heading: The headings above it, innermost last; may be empty.
        text: The passage.
        sentences: Spans of its sentences in `text`: first character, character after the last.
    """

    heading: str
    text: str
    sentences: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SentenceReading:
    """The reader's scores for one sentence.

    Attributes:
        score: How likely the sentence contains the answer, like log-odds: the score of the best answer inside it. Rounded to
            1e-4.
        start: First character of that answer, in the passage's text.
        end: Character after its last.
        evidence: Mean evidence logit of the sentence's tokens. Rounded to 1e-4.
    """

    score: float
    start: int
    end: int
    evidence: float


@dataclass(frozen=True, slots=True)
class Reading:
    """The reader's scores for one passage.

    Attributes:
        answerable: Logit that the passage answers the question. Rounded to 1e-4.
        sentences: In the order of the passage's sentences.
    """

    answerable: float
    sentences: tuple[SentenceReading, ...]


WINDOW_TOKENS = 256  # in all
QUESTION_TOKENS = 48
HEADING_TOKENS = 24
_OVERLAP = 64  # tokens of the passage shared by two windows
CLS, SEP = "[CLS]", "[SEP]"
ANSWER_TOKENS = 30
UNREAD = -30.0  # the score of a sentence without a token
DIGITS = 4
START, END, EVIDENCE = range(3)


def tokenise(tokenizer: Any, texts: Sequence[str]) -> list[Tokens]:
    """Split texts into tokens, without special ones.

    Args:
        tokenizer: Of the library `tokenizers`, without truncation and padding.
        texts: Lone surrogates are read as question marks.
    """
    safe = [text.encode("utf-8", "replace").decode() for text in texts]
    found = []
    for encoding in tokenizer.encode_batch(safe, add_special_tokens=False):
        places = np.array(encoding.offsets, dtype=np.int32).reshape(-1, 2)
        found.append(Tokens(np.array(encoding.ids, dtype=np.int32), places[:, 0], places[:, 1]))
    return found


def mark_ids(tokenizer: Any) -> tuple[int, int]:
    """Return the ids of [CLS] and [SEP]."""
    return tokenizer.token_to_id(CLS), tokenizer.token_to_id(SEP)


def make_windows(
    question: npt.NDArray[np.int32],
    heading: npt.NDArray[np.int32],
    passage: npt.NDArray[np.int32],
    *,
    marks: tuple[int, int],
) -> tuple[Window, ...]:
    """Lay out one question and passage in as many windows as needed, at least one.

    Args:
        question: Token ids, without special ones: int32, shape (any,).
        heading: The same; empty if there is no heading.
        passage: The same.
        marks: The ids of [CLS] and [SEP].

    Returns:
        The windows, in the order of the passage. All but the last have `WINDOW_TOKENS` tokens.
    """
    cls, sep = marks
    asked = [cls, *question[:QUESTION_TOKENS], sep]
    under = [*heading[-HEADING_TOKENS:], sep] if len(heading) else []
    offset = len(asked) + len(under)
    room = WINDOW_TOKENS - offset - 1
    windows = []
    for first in range(0, max(len(passage) - _OVERLAP, 1), room - _OVERLAP):
        part = passage[first : first + room]
        ids = np.array([*asked, *under, *part, sep], dtype=np.int32)
        types = (np.arange(len(ids)) >= len(asked)).astype(np.float32)
        windows.append(Window(ids, types, offset, first, len(part)))
    return tuple(windows)


def read_spans(
    passage: ReadablePassage,
    tokens: Tokens,
    windows: Sequence[Window],
    logits: Sequence[npt.NDArray[np.float32]],
    answerable: Sequence[float],
) -> Reading:
    """Convert the logits of a passage's windows into its reading.

    Args:
        passage: The passage.
        tokens: Its tokens.
        windows: Its windows.
        logits: For each window, float32 of shape (length or more, 3): start, end and evidence of its tokens.
        answerable: For each window, the logit that it answers the question.

    Returns:
        The reading, with the best window for the passage, and the best for each sentence.
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


def best_spans(
    starts: npt.NDArray[np.float64], ends: npt.NDArray[np.float64], edges: npt.NDArray[np.integer]
) -> tuple[npt.NDArray[np.integer], npt.NDArray[np.integer], npt.NDArray[np.float64]]:
    """Find in each sentence the answer with the greatest sum of start and end logit, the first of equals.

    Args:
        starts: Start logit of each token: float64, shape (tokens,).
        ends: End logit of each token, of the same shape.
        edges: First token of each sentence and the one after its last: integers, shape (sentences, 2), none empty.

    Returns:
        For each sentence's answer the first token, the last token, at most `ANSWER_TOKENS` - 1 later, and the sum.
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
    """Remove white space from both ends of a span; a span of only white space becomes empty."""
    start += len(text[start:end]) - len(text[start:end].lstrip())
    return start, start + len(text[start:end].rstrip())
