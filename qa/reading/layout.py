"""Lay out question, heading and passage as the reader takes them; reader and trainer share it.

    [CLS] question [SEP] heading [SEP] passage [SEP]
      0      0       0      1      1      1      1      token types

Without a heading, it and its [SEP] are left out. A question that is too long loses its end, a heading its start, as the
innermost headings come last. A passage that is too long is read in windows that overlap.
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
