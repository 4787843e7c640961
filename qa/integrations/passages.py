"""The passages found for a question, as documents of any framework have them: an id, a text, plain values about it, a score."""

from dataclasses import dataclass
from typing import Any

from qa.answering.citation import describe_passage
from qa.assistant import Assistant


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage that was found.

    Attributes:
        id: The same for the same passage of the same text.
        text: The slice of the document's text, unchanged.
        score: Higher is better, comparable within one search.
        metadata: `source`, `locator`, `paragraph`, `page`, `heading` and the other fields of its place, `start`, `end`,
            `text_sha256` and `score`.
    """

    id: str
    text: str
    score: float
    metadata: dict[str, Any]


def find_passages(assistant: Assistant, question: str, *, k: int) -> list[FoundPassage]:
    """Find at most `k` passages, best first.

    Raises:
        QuestionError: As for `Assistant.find`.
    """
    found = []
    for hit in assistant.find(question, k=k).search.hits:
        metadata = describe_passage(hit.passage, hit.text, hit.source, hit.text_sha256)
        text, score = metadata.pop("text"), hit.score.fused
        id_ = f"{hit.text_sha256}-{hit.passage.start}-{hit.passage.end}"
        found.append(FoundPassage(id_, text, score, {**metadata, "score": score}))
    return found


def name_missing(package: str, extra: str) -> str:
    """Say that a package is missing, and how to install it."""
    return f"this needs the package {package}. Install it: pip install 'qa-verbatim[{extra}]'"
