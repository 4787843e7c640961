"""Read what a person typed: the question, words that must stand together and `source:` filters.

    When did +"Acme Inc." move to Leeds? source:reports/2023*.txt

Words between double quotation marks, straight or curly, must stand together in a passage where a plus sign precedes
them, or where nothing else is typed. Elsewhere quotation marks change nothing: people put them round titles. `source:`
names the documents to search, by any part of the name shown or by a pattern with * and ?; a whole name means that
document alone. A name with blanks goes between double quotation marks; several are alternatives.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from index import QuestionError
from qa.wrapping import unwrap

LONGEST_QUESTION = 4_000  # characters; the model reads some 1,000 of them

_SOURCE = re.compile(r'(?<!\S)source:(?:"([^"]+)"|(\S+))', re.IGNORECASE)
_QUOTED = r'(?:"([^"]+)"|\u201c([^\u201c\u201d]+)\u201d)'
_REQUIRED = re.compile(rf"(?<!\S)\+{_QUOTED}")
_ALONE = re.compile(rf"\W*{_QUOTED}[\s.!?\u2026,;:]*")
_UNPAIRED_SURROGATE = re.compile("[\ud800-\udfff]")
_CLOSING = ".,;:?!\u2026"


@dataclass(frozen=True, slots=True)
class TypedQuestion:
    """What a person typed, read.

    Attributes:
        text: The question, without its filters, white space evened out.
        phrases: Words that must stand together, each as typed.
        sources: Parts of names, or patterns, of the documents to search; none: all.
        core: The question without its wrapping and quotation marks: what is searched and read.
    """

    text: str
    phrases: tuple[str, ...]
    sources: tuple[str, ...]
    core: str


def read_question(typed: str) -> TypedQuestion:
    """Read a question as typed.

    Args:
        typed: The whole line.

    Returns:
        Its parts.

    Raises:
        QuestionError: It is empty, has no word in it, or is too long.
    """
    if not isinstance(typed, str):
        raise QuestionError(f"the question is not text but {type(typed).__name__}.")
    if not typed.strip():
        raise QuestionError("the question is empty. Type a question about the documents.")
    if len(typed) > LONGEST_QUESTION:
        raise QuestionError(
            f"the question is {len(typed):,} characters long; at most {LONGEST_QUESTION:,} can be searched. Shorten it."
        )
    if _UNPAIRED_SURROGATE.search(typed):
        raise QuestionError("the question holds half a character (a lone surrogate). Type it again.")
    sources = tuple(quoted or bare for quoted, bare in _SOURCE.findall(typed))
    text = " ".join(_SOURCE.sub(" ", typed).split())
    if not re.search(r"[^\W_]", text):
        raise QuestionError("the question has no word in it. Ask in words.")
    return TypedQuestion(text, _required_phrases(text), sources, unwrap(text))


def _required_phrases(text: str) -> tuple[str, ...]:
    """Words that must stand together: those marked by a plus sign, or the only ones typed unless they are a question."""
    alone = _ALONE.fullmatch(text)
    if alone:
        found = [alone.group(1) or alone.group(2)]
        found = [] if found[0].rstrip().endswith("?") else found
    else:
        found = [straight or curly for straight, curly in _REQUIRED.findall(text)]
    phrases = (" ".join(phrase.split()).rstrip(_CLOSING).strip() for phrase in found)
    return tuple(dict.fromkeys(phrase for phrase in phrases if re.search(r"[^\W_]", phrase)))


def matching_sources(names: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Which documents some filters mean.

    Args:
        names: Every document's name as shown.
        wanted: Whole names, each of which means that document alone, whatever else it is a part of; else parts of
            names, or patterns with * and ?, whose case does not matter.

    Returns:
        The names that fit one of them, in order.

    Raises:
        QuestionError: No document fits.
    """
    exact = set(names).intersection(wanted)
    patterns = [pattern.casefold() for pattern in wanted if pattern not in exact]
    chosen = tuple(
        name for name in names if name in exact or any(_fits(name.casefold(), pattern) for pattern in patterns)
    )
    if not chosen:
        listed = ", ".join(repr(name) for name in names[:5]) + (", …" if len(names) > 5 else "")
        raise QuestionError(f"no document is named like {', '.join(map(repr, wanted))}. There are: {listed}.")
    return chosen


def _fits(name: str, pattern: str) -> bool:
    if "*" in pattern or "?" in pattern:
        return fnmatchcase(name, pattern) or fnmatchcase(name.rsplit("/", 1)[-1], pattern)
    return pattern in name
