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
