"""An answer: the quoted sentences, or "not in the sources" with what was searched.

A conversation: turns, each understood in the light of those before.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from typing import Any, Literal

from qa.answering.citation import Citation, TermEvidence
from qa.answering.confidence import Verdict
from qa.answering.disagreements import Disagreement
from qa.answering.question import read_question

Basis = Literal["reading", "retrieval"]
Kind = Literal["answer", "greeting", "guidance"]
VERSION = 2  # of the record. Records of version 1 have no "version", and none of what is named below.
NOT_READ = "Judged by nearness alone: the question or the documents are not in English, which is all the reader reads."
_SINCE_2 = ("version", "kind", "message", "answer", "parts", "corrected", "basis")
_CITATION_SINCE_2 = ("answer_start", "answer_end")


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
class Section:
    """An answer, or one part of it, with the numbers its citations have in the whole answer.

    Attributes:
        answer: The part, or the whole where it has no parts.
        citations: Its quotes by their 1-based number.
        closest: Its nearest passages by number; all quotes of the answer are counted before these.
    """

    answer: "Answer"
    citations: dict[int, Citation]
    closest: dict[int, Citation]

    @property
    def shown(self) -> dict[int, Citation]:
        """The quotes, or the nearest passages where there are no quotes."""
        return self.citations or self.closest


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sources say to one question.

    Attributes:
        question: What the person typed.
        searched: The stand-alone question that was searched.
        verdict: "answered"; "closest": the nearest passages, which may not answer; "not_in_sources".
        confidence: Calibrated, 0 to 1, rounded to 1e-6.
        citations: The quotes that answer, best first; empty unless answered, or unless a part is.
        closest: The nearest passages, best first, when not answered; each with the nearest sentence as its quote.
        scope: What was searched.
        evidence: How often the words of the question occur; for those that do not, what is spelt nearly like them.
        disagreements: Where the quotes give different numbers or dates for the same thing.
        version: Of the record: 2; 1 for an answer kept before there were versions.
        kind: "answer"; "greeting": the person greeted or thanked, and nothing was searched; "guidance": the question
            asks for what cannot be quoted, such as a summary.
        message: The line that greets, or says what can be done instead; empty for an answer.
        parts: Of two questions in one, each with its own answer, in the order asked; see `join_parts`.
        corrected: Words that occur nowhere as typed, each with the word that was searched instead.
        basis: What verdict and quotes were judged by: "reading": the passages were read; "retrieval": nearness and words in
            common alone, as question or documents are not in English.

    Raises:
        ValueError: A part has parts.
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
    version: int = VERSION
    kind: Kind = "answer"
    message: str = ""
    parts: "tuple[Answer, ...]" = ()
    corrected: tuple[tuple[str, str], ...] = ()
    basis: Basis = "reading"

    def __post_init__(self) -> None:
        if any(part.parts for part in self.parts):
            raise ValueError("a part of an answer has parts itself")

    @property
    def found(self) -> bool:
        """Whether the sources answer."""
        return self.verdict == "answered"

    @property
    def answer(self) -> str:
        """The exact answer words of the first quote; empty where there is no quote, or they are not known."""
        return self.citations[0].answer if self.citations else ""

    @property
    def hash(self) -> str:
        """SHA-256 of the answer without the absolute paths: equal answers have equal hashes, on any machine."""
        return hash_record(self._content())

    def sections(self) -> Iterator[Section]:
        """The parts in order, or the answer itself where it has none, each with the numbers of its citations."""
        quotes, nearest = count(1), count(1 + len(self.citations))
        for part in self.parts or (self,):
            yield Section(
                part,
                {number: citation for citation, number in zip(part.citations, quotes, strict=False)},
                {number: citation for citation, number in zip(part.closest, nearest, strict=False)},
            )

    def to_dict(self) -> dict[str, Any]:
        """The answer as plain JSON values; the same from Python, command line, batch, REST and MCP.

        An answer of version 1 gives the keys that version had, so that its hash stays what it was.
        """
        return {**self._content(), "hash": self.hash}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Answer":
        """The answer that `to_dict` gave a record of, in this version or before; ValueError when it is none."""
        answer: Answer = _reader().validate_python({"version": 1, **record})
        return answer

    def _content(self) -> dict[str, Any]:
        content = {
            "version": self.version,
            "question": self.question,
            "searched": self.searched,
            "kind": self.kind,
            "message": self.message,
            "verdict": self.verdict,
            "found": self.found,
            "confidence": self.confidence,
            "answer": self.answer,
            "citations": [citation.to_dict() for citation in self.citations],
            "closest": [citation.to_dict() for citation in self.closest],
            "scope": self.scope.to_dict(),
            "evidence": [term.to_dict() for term in self.evidence],
            "disagreements": [disagreement.to_dict() for disagreement in self.disagreements],
            "parts": [part.to_dict() for part in self.parts],
            "corrected": [list(pair) for pair in self.corrected],
            "basis": self.basis,
        }
        return content if self.version >= VERSION else _as_version_1(content)


def join_parts(question: str, parts: Sequence[Answer]) -> Answer:
    """Make one answer of the answers to the questions a person asked in one line.

    Args:
        question: The whole line as typed.
        parts: The answers, in the order asked; at least one, none of them with parts.

    Returns:
        "answered" when every part is, "closest" when some part is answered or closest, else "not_in_sources". The
        confidence is the lowest of the parts: the whole is answered no more surely than its weakest part. Citations and
        closest passages are those of all parts, one part after another, so each part's answer words keep their quote;
        evidence and corrections name each word once.

    Raises:
        ValueError: There is no part, or a part has parts.
    """
    if not parts:
        raise ValueError("an answer in parts needs a part")
    verdicts = {part.verdict for part in parts}
    verdict: Verdict = "not_in_sources" if verdicts == {"not_in_sources"} else "closest"
    as_typed = all(is_searched_alone(part.question, part.searched, part.corrected) for part in parts)
    disagreements: list[Disagreement] = []
    before = 0
    for part in parts:
        disagreements += [_renumber(disagreement, before) for disagreement in part.disagreements]
        before += len(part.citations)
    return Answer(
        question=question,
        searched=read_question(question).text if as_typed else " ".join(part.searched for part in parts),
        verdict="answered" if verdicts == {"answered"} else verdict,
        confidence=min(part.confidence for part in parts),
        citations=tuple(citation for part in parts for citation in part.citations),
        closest=tuple(citation for part in parts for citation in part.closest),
        scope=parts[0].scope,
        evidence=tuple({term.word: term for part in parts for term in part.evidence}.values()),
        disagreements=tuple(disagreements),
        parts=tuple(parts),
        corrected=tuple(dict.fromkeys(pair for part in parts for pair in part.corrected)),
        basis="retrieval" if any(part.basis == "retrieval" for part in parts) else "reading",
    )


def is_searched_alone(question: str, searched: str, corrected: Sequence[Sequence[str]] = ()) -> bool:
    """Tell whether a question was searched by itself, not together with those before it.

    Args:
        question: As typed.
        searched: What was searched, in words.
        corrected: Words typed, each with the word searched instead; these alone make no difference.
    """
    typed = read_question(question)
    words = {typed: word for typed, word in corrected}
    alternatives = "|".join(map(re.escape, words))
    ways = {typed.text, typed.core}
    if words:
        ways |= {re.sub(rf"(?<!\w)(?:{alternatives})(?!\w)", lambda match: words[match[0]], way) for way in ways}
    return searched in ways


def hash_record(record: Mapping[str, Any]) -> str:
    """Compute `Answer.hash` from what `Answer.to_dict` gave, in this version or before.

    Args:
        record: `citations` and `closest` are lists of objects, and so is `parts`, where there is such a key; what else
            it holds counts too, but not a "hash".

    Returns:
        SHA-256, in hexadecimal, of the record as canonical JSON without the paths of its citations.
    """
    content = {key: value for key, value in _without_paths(record).items() if key != "hash"}
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def _without_paths(record: Mapping[str, Any]) -> dict[str, Any]:
    content = dict(record)
    for name in ("citations", "closest"):
        content[name] = [{key: value for key, value in item.items() if key != "path"} for item in content[name]]
    if content.get("parts"):
        content["parts"] = [_without_paths(part) for part in content["parts"]]
    return content


def _as_version_1(content: Mapping[str, Any]) -> dict[str, Any]:
    """The record of an answer that was kept before there were versions: without the keys that came later."""
    old = {key: value for key, value in content.items() if key not in _SINCE_2}
    for name in ("citations", "closest"):
        old[name] = [{k: v for k, v in item.items() if k not in _CITATION_SINCE_2} for item in old[name]]
    return old


def _renumber(disagreement: Disagreement, before: int) -> Disagreement:
    """Count the citations of a part from those of the parts before it."""
    statements = (replace(statement, citation=statement.citation + before) for statement in disagreement.statements)
    return replace(disagreement, statements=tuple(statements))


@cache
def _reader() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Answer)


class Conversation:
    """Remembers the questions asked, so that "What about Oman?" is searched as a question that stands alone."""

    def __init__(self, answer: Callable[..., Answer], history: Sequence[str] = ()) -> None:
        """Begin a conversation; `Assistant.conversation` is the usual way.

        Args:
            answer: Answers a question; takes `history`, `as_typed` and `sources` by name.
            history: Questions asked before, oldest first.
        """
        self._answer = answer
        self._history = list(history)
        self._turns: list[Answer] = []

    @property
    def turns(self) -> tuple[Answer, ...]:
        """The answers given, oldest first."""
        return tuple(self._turns)

    @property
    def history(self) -> tuple[str, ...]:
        """The questions asked, oldest first, those of before included; greetings are none."""
        return tuple(self._history)

    def ask(self, question: str, *, as_typed: bool = False, sources: Sequence[str] = ()) -> Answer:
        """Ask the next question.

        Args:
            question: In plain words; may lean on the questions before.
            as_typed: Search the words as typed, whatever was asked before.
            sources: Names, parts or patterns of the documents to search; all when omitted.

        Returns:
            The answer; its `searched` says what was searched.

        Raises:
            QuestionError: It cannot be searched. The conversation stays as it was.
        """
        answer = self._answer(question, history=tuple(self._history), as_typed=as_typed, sources=sources)
        if answer.kind != "greeting":
            self._history.append(question)
        self._turns.append(answer)
        return answer
