"""An answer: the quoted sentences, or "not in the sources" with what was searched."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from qa.citations import Citation
from qa.disagreement import Disagreement
from qa.evidence import TermEvidence
from qa.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Scope:
    """What was searched.

    Attributes:
        documents: How many documents.
        passages: How many passages.
        pending: How many of these are not embedded yet, because indexing goes on: they were searched by their words.
    """

    documents: int
    passages: int
    pending: int = 0

    def to_dict(self) -> dict[str, int]:
        """Plain JSON values."""
        return {"documents": self.documents, "passages": self.passages, "pending": self.pending}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sources say to one question.

    Attributes:
        question: What the person typed.
        searched: The stand-alone question that was searched.
        verdict: "answered"; "closest": the nearest passages, which may not answer; "not_in_sources".
        confidence: Calibrated, 0 to 1, rounded to 1e-6.
        citations: The quotes that answer, best first; empty unless answered.
        closest: The nearest passages, best first, when not answered; each with the nearest sentence as its quote.
        scope: What was searched.
        evidence: How often the words of the question occur; for those that do not, what is spelt nearly like them.
        disagreements: Where the quotes give different numbers or dates for the same thing.
    """

    question: str
    searched: str
    verdict: Verdict
    confidence: float
    citations: tuple[Citation, ...]
    closest: tuple[Citation, ...]
    scope: Scope
    evidence: tuple[TermEvidence, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()

    @property
    def found(self) -> bool:
        """Whether the sources answer."""
        return self.verdict == "answered"

    @property
    def hash(self) -> str:
        """SHA-256 of the answer without the absolute paths: equal answers have equal hashes, on any machine."""
        return hash_record(self._content())

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain JSON values; the same from Python, command line, batch, REST and MCP."""
        return {**self._content(), "hash": self.hash}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Answer":
        """The answer that `to_dict` gave a record of; ValueError when it is none."""
        return _reader().validate_python(dict(record))

    def _content(self) -> dict[str, Any]:
        return {
            "question": self.question,
            "searched": self.searched,
            "verdict": self.verdict,
            "found": self.found,
            "confidence": self.confidence,
            "citations": [citation.to_dict() for citation in self.citations],
            "closest": [citation.to_dict() for citation in self.closest],
            "scope": self.scope.to_dict(),
            "evidence": [term.to_dict() for term in self.evidence],
            "disagreements": [disagreement.to_dict() for disagreement in self.disagreements],
        }


def hash_record(record: Mapping[str, Any]) -> str:
    """Compute `Answer.hash` from what `Answer.to_dict` gave.

    Args:
        record: `citations` and `closest` are lists of objects; what else it holds counts too, but not a "hash".

    Returns:
        SHA-256, in hexadecimal, of the record as canonical JSON without the paths of its citations.
    """
    content = {key: value for key, value in record.items() if key != "hash"}
    for name in ("citations", "closest"):
        content[name] = [{key: value for key, value in item.items() if key != "path"} for item in content[name]]
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


@cache
def _reader() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Answer)
