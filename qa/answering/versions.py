"""Find the newest of several documents: by the dates of messages, or by years and versions in their names."""

import re
from collections.abc import Sequence

from qa.answering.citation import Citation

_STATED = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)|(?:(?<![^\W\d_])v|version|edition|release|revision|rev|draft)[ ._-]?\d+", re.IGNORECASE
)
_NUMBER = re.compile(r"\d+")
_CURRENT = re.compile(
    r"\b(?:current|currently|now|nowadays|today|at present|presently|latest|newest|most recent|up to date)\b",
    re.IGNORECASE,
)


def newest(citations: Sequence[Citation]) -> Citation | None:
    """Find the citation of the newest document.

    Documents are compared by the days of their messages; or by the numbers in their names, if the names are otherwise the same
    and state a year or a version.

    Returns:
        The first citation of that document; None if there is one document only, or none is known to be the newest.
    """
    if len({citation.source for citation in citations}) < 2:
        return None
    dates = [citation.place.date or "" for citation in citations]
    if all(dates):
        return _greatest(citations, [tuple(map(int, _NUMBER.findall(date))) for date in dates])
    names = [citation.source.casefold() for citation in citations]
    if len({_NUMBER.sub("#", name) for name in names}) == 1 and all(map(_STATED.search, names)):
        return _greatest(citations, [tuple(map(int, _NUMBER.findall(name))) for name in names])
    return None


def _greatest(citations: Sequence[Citation], keys: Sequence[tuple[int, ...]]) -> Citation | None:
    found = [citation for citation, key in zip(citations, keys, strict=True) if key == max(keys)]
    return found[0] if len({citation.source for citation in found}) == 1 and min(keys) < max(keys) else None


def asks_for_current(question: str) -> bool:
    """Return whether a question asks how something is now."""
    return bool(_CURRENT.search(question))
