"""What became of the passage of a citation: its text as it was indexed, beside its file as it is now.

The passage now is the one that shares most words with the one that was cited (Dice 1945: twice the shared words by all
the words of both), and of equals the one that stands nearest to its place. Less than `ALIKE` is no version of it.
"""

import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index import Document, QAError, read_document, split_passages
from qa.citations import Citation

ALIKE = 0.3
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class TextChange:
    """A passage then and now.

    Attributes:
        indexed: The passage as it was indexed.
        now: The passage as it is now; empty where it is gone.
        paragraph: 1-based number of the passage now, in its document; None where it is gone.
        reason: Why it is gone, in one line; empty otherwise.
    """

    indexed: str
    now: str
    paragraph: int | None
    reason: str

    @property
    def changed(self) -> bool:
        """Whether the two texts differ."""
        return self.indexed != self.now


def compare_texts(citation: Citation | Mapping[str, Any], *, path: str | Path | None = None) -> TextChange:
    """Read the file of a citation again, and put the passage that was cited beside what it is now.

    Args:
        citation: A citation, or what `Citation.to_dict` gives of one.
        path: Read this file instead of the one the citation names.

    Returns:
        Both texts. A file that cannot be read is an answer, not an error.
    """
    values = citation.to_dict() if isinstance(citation, Citation) else citation
    file = Path(path if path is not None else values["path"])
    if not os.path.isfile(file):
        return compare_passages(values, f"{file.name}: there is no file {file}")
    try:
        return compare_passages(values, read_document(file, name=file.name))
    except QAError as error:
        return compare_passages(values, str(error))


def compare_passages(citation: Mapping[str, Any], document: Document | str) -> TextChange:
    """Put the passage that was cited beside its document now, or beside the reason why that cannot be read."""
    indexed, start = citation.get("passage"), citation.get("passage_start")
    if not isinstance(indexed, str) or not isinstance(start, int):
        indexed, start = citation["quote"], citation["start"]
    if isinstance(document, str):
        return TextChange(indexed, "", None, document)
    wanted, candidates = _count_words(indexed), []
    for passage in split_passages(document):
        text = document.text[passage.start : passage.end]
        likeness = 1.0 if text == indexed else _likeness(wanted, _count_words(text))
        candidates.append((likeness, -abs(passage.start - start), passage.paragraph, text))
    likeness, _, paragraph, text = max(candidates, default=(0.0, 0, 0, ""))
    if likeness < ALIKE:
        return TextChange(indexed, "", None, f"{document.source} holds nothing like it any more")
    return TextChange(indexed, text, paragraph, "")


def _count_words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.casefold()))


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """From 0, nothing shared, to just below 1, which is for equal texts alone."""
    return min(0.999, 2 * (one & other).total() / max(1, one.total() + other.total()))
