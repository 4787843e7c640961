"""The record of an answer: quotes with their citations, or the nearest passages and the scope of the search.

`Answer.to_dict` gives the JSON that every surface writes, `Answer.hash` is computed from it, and `describe_answer`
words an answer for a terminal. A `Conversation` answers questions that may refer to earlier ones.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

from qa.answering.citation import Citation, TermEvidence, flatten_place
from qa.answering.confidence import Verdict
from qa.answering.disagreements import Disagreement
from qa.answering.notebook import render
from qa.answering.versions import newest
from qa.text import count as count_of
from qa.text import shorten, visible, visible_line

if TYPE_CHECKING:
    import pandas
    from pydantic import TypeAdapter

Basis = Literal["reading", "retrieval", "foreign"]
AnswerKind = Literal["answer", "greeting", "guidance"]
VERSION = 3  # of the record. Records of version 1 have no "version" key, nor any key of `_SINCE_2`.
BASIS_NOTES: dict[str, str] = {
    "retrieval": "Judged by nearness alone: the question or the documents are not in English, which is all the reader reads.",
    "foreign": "The question is in another language than the passages found, so that few of its words can be found, and its"
    " meaning is compared badly. Ask in the language of the documents, or with the model for many languages: see qa help"
    " answers.",
}
_KEYS = (  # of the JSON, in order
    "version", "question", "searched", "kind", "message", "verdict", "found", "confidence", "answer", "citations",
    "closest", "scope", "evidence", "disagreements", "parts", "corrected", "basis",
)  # fmt: skip
_COMPUTED = {"found": "boolean", "answer": "string", "hash": "string"}
_SINCE_2 = ("version", "kind", "message", "answer", "parts", "corrected", "basis")
_CITATION_SINCE = {
    2: ("answer_start", "answer_end"),
    3: ("time",),
}  # keys of a citation, by the first version with them
_BOLD, _PLAIN = "\x1b[1m", "\x1b[22m"


@dataclass(frozen=True, slots=True)
class Scope:
    """The number of documents and passages searched.

    Attributes:
        pending: How many of these passages are not embedded yet and were searched by their words only.
        caveats: Why better passages may be missing; each is a sentence. Left out of the record where there are none.
    """

    documents: int
    passages: int
    pending: int = 0
    caveats: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain JSON values. Without caveats they are what they were before there were any."""
        values = asdict(self)
        if self.caveats:
            return {**values, "caveats": list(self.caveats)}
        del values["caveats"]
        return values

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        reference = handler(schema)
        handler.resolve_ref_schema(reference)["properties"]["caveats"]["optional"] = True
        return reference


@dataclass(frozen=True, slots=True)
class Section:
    """An answer, or one of its parts, with the numbers its citations have in the whole answer."""

    answer: "Answer"  # the part, or the whole answer if it has no parts
    citations: dict[int, Citation]  # its quotes by their 1-based number
    closest: dict[int, Citation]  # its nearest passages by number; numbering continues after all quotes of the answer

    @property
    def shown(self) -> dict[int, Citation]:
        """The quotes, or the nearest passages if there are no quotes."""
        return self.citations or self.closest


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question.

    Attributes:
        question: The question as typed.
        searched: The text that was searched, in words.
        verdict: "answered"; "closest": the nearest passages, which may not answer; "not_in_sources".
        confidence: Calibrated, 0 to 1, rounded to 1e-6.
        citations: The quotes that answer, best first; empty unless the answer, or a part of it, is "answered".
        closest: If not answered, the nearest passages, best first, each with its nearest sentence as the quote.
        scope: The number of documents and passages searched.
        evidence: How often each word of the question occurs, and similar spellings of words that do not occur.
        disagreements: Different numbers or dates that the quotes give for the same thing.
        version: Of the record: 3; lower for an answer stored earlier, 1 if records had no versions then.
        kind: "answer"; "greeting": a reply to a greeting or thanks, without a search; "guidance": a reply to a request
            that no quote can fulfil, such as a summary.
        message: The text of a greeting or of guidance; for an answer, which damaged documents were left out, else empty.
        parts: For several questions in one line, the answer to each, in the order asked.
        corrected: Words as typed that occur nowhere, each with the word searched instead.
        basis: Evidence for verdict and quotes: "reading", or "retrieval" if the question or the documents are not in
            English and only nearness and common words count, or "foreign" if moreover one of the two is in English
            and the model knows no other language.

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
    kind: AnswerKind = "answer"
    message: str = ""
    parts: "tuple[Answer, ...]" = ()
    corrected: tuple[tuple[str, str], ...] = ()
    basis: Basis = "reading"

    def __post_init__(self) -> None:
        if any(part.parts for part in self.parts):
            raise ValueError("a part of an answer has parts itself")

    def __repr__(self) -> str:
        """Show the question, the verdict and the number of quotes in one line."""
        verdict = f"{self.verdict}, confidence {self.confidence:.2f}" if self.kind == "answer" else self.kind
        return f"<Answer {shorten(self.question)!r}: {verdict}, {count_of(len(self.citations), 'quote')}>"

    def __str__(self) -> str:
        return describe_answer(self)

    def _repr_html_(self) -> str:
        """Show the answer in Jupyter."""
        sections = [
            {
                "question": visible_line(section.answer.question) if self.parts else "",
                "before": _lines_before(section),
                "quotes": [(number, citation.shown()) for number, citation in section.shown.items()],
                "after": _lines_after(section),
            }
            for section in self.sections()
        ]
        return render("answer", question=visible_line(self.question), remarks=_remarks(self), sections=sections)

    @property
    def found(self) -> bool:
        """Whether the sources answer."""
        return self.verdict == "answered"

    @property
    def answer(self) -> str:
        """The exact answer words of the first quote; empty without a quote, or if the words are unknown."""
        return self.citations[0].answer if self.citations else ""

    @property
    def hash(self) -> str:
        """SHA-256 of the answer without absolute paths: equal answers have equal hashes on any machine."""
        return hash_record(self._content())

    def sections(self) -> Iterator[Section]:
        """Yield the parts in order, or the answer itself if it has none, with numbered citations."""
        quotes, nearest = count(1), count(1 + len(self.citations))
        for part in self.parts or (self,):
            yield Section(
                part,
                {number: citation for citation, number in zip(part.citations, quotes, strict=False)},
                {number: citation for citation, number in zip(part.closest, nearest, strict=False)},
            )

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain JSON values, the same for Python, command line, batch, REST and MCP.

        An answer of version 1 has only the keys of that version, so that its hash does not change.
        """
        return {**self._content(), "hash": self.hash}

    def to_frame(self) -> "pandas.DataFrame":
        """Make a data frame of the quotes, a row for each, with all that is known of them; one row if there are none.

        Raises:
            QAError: pandas is not installed.
        """
        from qa.answering.frames import to_frame

        return to_frame([self], details=True)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Answer":
        """Read a record written by `to_dict`, of either version.

        Raises:
            ValueError: The record is not an answer.
        """
        return answer_adapter().validate_python({"version": 1, **record})

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        reference = handler(schema)
        record = handler.resolve_ref_schema(reference)
        added = {name: {"type": kind, "description": getattr(cls, name).__doc__} for name, kind in _COMPUTED.items()}
        properties = {**record["properties"], **added}
        record["properties"] = {key: properties[key] for key in (*_KEYS, "hash")}
        return reference

    def _content(self) -> dict[str, Any]:
        values = answer_adapter().dump_python(self, mode="json")
        for name in ("citations", "closest"):
            values[name] = [flatten_place(citation) for citation in values[name]]
        values |= {"found": self.found, "answer": self.answer, "parts": [part.to_dict() for part in self.parts]}
        values["scope"] = self.scope.to_dict()
        added = [key for version, keys in _CITATION_SINCE.items() if self.version < version for key in keys]
        for citation in [*values["citations"], *values["closest"]]:
            for key in added:
                del citation[key]
        return {key: values[key] for key in _KEYS if self.version > 1 or key not in _SINCE_2}


@cache
def answer_adapter() -> "TypeAdapter[Answer]":
    """Return the adapter of answers; pydantic is imported only here, because it slows `import qa` by a sixth."""
    from pydantic import TypeAdapter

    return TypeAdapter(Answer)


def hash_record(record: Mapping[str, Any]) -> str:
    """Compute `Answer.hash` from a record written by `Answer.to_dict`, of either version.

    It is the SHA-256, in hexadecimal, of the record as canonical JSON, without "hash" and the paths of citations.
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


def describe_answer(answer: Answer, *, emphasise: bool = False) -> str:
    """Describe an answer to a person: numbered quotes with their places, each part under its own question.

    Control characters are shown as escapes, so that the text is safe to print. With `emphasise`, a terminal shows the exact
    answer words in bold.
    """
    blocks = _remarks(answer)
    for section in answer.sections():
        text = _describe_section(section, emphasise)
        blocks.append(f"{visible_line(section.answer.question)}\n\n{text}" if answer.parts else text)
    return "\n\n".join(blocks)


def _remarks(answer: Answer) -> list[str]:
    """What to know of an answer before its quotes: words searched in another spelling, caveats, and where nothing was read."""
    lines = [visible_line(f'Searched "{word}" instead of "{typed}".') for typed, word in answer.corrected]
    lines += map(visible_line, answer.scope.caveats)
    return lines + [BASIS_NOTES[answer.basis]] if answer.basis in BASIS_NOTES and answer.kind == "answer" else lines


def _describe_section(section: Section, emphasise: bool) -> str:
    message, *lines = ["", *_lines_before(section)] if not section.answer.message else _lines_before(section)
    quotes = _describe_citations(section.shown, emphasise)
    return "\n\n".join(filter(None, [message, "\n".join(filter(None, [*lines, quotes])), *_lines_after(section)]))


def _lines_before(section: Section) -> list[str]:
    """What is said above the quotes: the message if there is one, and for an answer without quotes what was searched."""
    answer = section.answer
    lines = [visible(answer.message)] if answer.message else []
    if answer.kind != "answer" or answer.verdict == "answered":
        return lines
    if answer.verdict != "closest":
        searched = f"{count_of(answer.scope.documents, 'document')} and {count_of(answer.scope.passages, 'passage')}"
        lines.append(f"Not in the sources. Searched: {searched}.")
    missing = [term for term in answer.evidence if not term.passages]
    if missing:
        words = (f"{term.word} (nearly: {', '.join(term.near)})" if term.near else term.word for term in missing)
        lines.append(visible_line(f"Words that occur nowhere: {', '.join(words)}."))
    return [*lines, "Closest passages (they may not answer):"] if answer.closest else lines


def _lines_after(section: Section) -> list[str]:
    """A line for each disagreement of the quotes."""
    answer, numbers = section.answer, [0, *section.citations]
    if answer.kind != "answer" or answer.verdict != "answered":
        return []
    return [_describe_disagreement(found, answer.citations, numbers) for found in answer.disagreements]


def _describe_disagreement(disagreement: Disagreement, citations: Sequence[Citation], numbers: Sequence[int]) -> str:
    """Describe a disagreement in one line; `numbers[n]` is the number shown for citation n, counted from 1."""
    values = []
    latest = newest([citations[statement.citation - 1] for statement in disagreement.statements])
    told = ""
    for statement in disagreement.statements:
        citation = citations[statement.citation - 1]
        value = citation.quote[statement.start - citation.start : statement.end - citation.start]
        number = numbers[statement.citation]
        values.append(f"[{number}] {visible_line(value)}")
        told = f" [{number}] is from the newest document." if citation is latest else told
    return f"These passages give different {disagreement.kind}s: {', '.join(values)}.{told}"


def _describe_citations(citations: Mapping[int, Citation], emphasise: bool) -> str:
    blocks = []
    for number, citation in citations.items():
        mark = f"[{number}] "
        indent = " " * len(mark)
        before, words, after, place = citation.shown()
        words = f"{_BOLD}{words}{_PLAIN}" if words and emphasise else words
        quote = f"{before}{words}{after}".replace("\n", "\n" + indent)
        blocks.append(f"{mark}{quote}\n{indent}-- {place}")
    return "\n\n".join(blocks)


class Conversation:
    """A sequence of questions, each understood in the light of the earlier ones."""

    def __init__(self, answer: Callable[..., Answer], history: Sequence[str] = ()) -> None:
        """Begin a conversation after some earlier questions, oldest first; usually called by `Assistant.conversation`."""
        self._answer = answer
        self._history = list(history)
        self._turns: list[Answer] = []

    @property
    def turns(self) -> tuple[Answer, ...]:
        """The answers given, oldest first."""
        return tuple(self._turns)

    @property
    def history(self) -> tuple[str, ...]:
        """All questions asked, oldest first, without greetings."""
        return tuple(self._history)

    def ask(self, question: str, *, as_typed: bool = False, sources: Sequence[str] = ()) -> Answer:
        """Ask the next question.

        Args:
            question: In plain words; may refer to earlier questions.
            as_typed: Search the words as typed, without the earlier questions.
            sources: Names, parts or patterns of the documents to search; all when omitted.

        Returns:
            The answer; its `searched` is the text that was searched.

        Raises:
            QuestionError: The question cannot be searched. The conversation does not change.
        """
        answer = self._answer(question, history=tuple(self._history), as_typed=as_typed, sources=sources)
        if answer.kind != "greeting":
            self._history.append(question)
        self._turns.append(answer)
        return answer
