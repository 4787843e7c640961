"""Turn the reader's logits into what it says of each sentence.

The score of an answer is its start logit plus its end logit, less the same of the first token, which stands for no
answer. A sentence's score is that of the best answer inside it.
"""

from collections.abc import Sequence

import numpy as np

from qa.reading.layout import Tokens, Window
from qa.reading.records import ReadablePassage, Reading, SentenceReading

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
    for window, given in zip(windows, logits, strict=True):
        starts = tokens.starts[window.first : window.first + window.count]
        ends = tokens.ends[window.first : window.first + window.count]
        body = given[window.offset : window.offset + window.count].astype(np.float64)
        none = float(given[0, START]) + float(given[0, END])
        edges = np.searchsorted(starts, np.array(passage.sentences, dtype=np.int64).reshape(-1, 2))
        for row, (low, high) in enumerate(edges):
            if low == high:
                continue
            first, last, score = best_span(body[low:high, START], body[low:high, END])
            score = round(score - none, DIGITS)
            known = best[row]
            if known is None or score > known.score:
                stop = min(int(ends[low + last]), passage.sentences[row][1])
                span = trim(passage.text, int(starts[low + first]), stop)
                evidence = round(float(body[low:high, EVIDENCE].mean()), DIGITS)
                best[row] = SentenceReading(score, *span, evidence)
    sentences = tuple(
        found or SentenceReading(UNREAD, start, end, UNREAD)
        for found, (start, end) in zip(best, passage.sentences, strict=True)
    )
    return Reading(round(float(max(answerable)), DIGITS), sentences)


def best_span(starts: np.ndarray, ends: np.ndarray) -> tuple[int, int, float]:
    """Find the answer with the greatest sum of start and end logit, the first of equals.

    Args:
        starts: The start logit of each token: float64, shape (tokens,), one or more.
        ends: The end logit of each token, of the same shape.

    Returns:
        Its first token, its last token, `ANSWER_TOKENS` - 1 later at most, and the sum.
    """
    beyond = np.concatenate([ends, np.full(ANSWER_TOKENS - 1, -np.inf)])
    sums = starts[:, None] + np.lib.stride_tricks.sliding_window_view(beyond, ANSWER_TOKENS)
    first, length = divmod(int(sums.argmax()), ANSWER_TOKENS)
    return first, first + length, float(sums[first, length])


def trim(text: str, start: int, end: int) -> tuple[int, int]:
    """Leave out the white space at both ends of a span."""
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - len(part) + len(part.rstrip())
