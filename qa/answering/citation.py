"""Why a passage was found: its scores as the search gave them, and the words it shares with the question.

What a search was made of, word by word: how often each occurs, and what is spelt nearly like those that do not.

A citation: a quote that can be opened, checked and proved, wherever it has travelled.

A quote is a slice of a document's extracted text by character offsets. `verify` reads the file again and says
whether that still holds. Searching for a quote happens only there, to say where it has moved to; never to make one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any, Literal

from index import (
    PLACE_FIELDS,
    Document,
    Hit,
    IsolatedReader,
    Passage,
    Place,
    QAError,
    Search,
    matching_spans,
    term_spans,
    text_terms,
)


@dataclass(frozen=True, slots=True)
class Relevance:
    """How well a whole passage fits what was searched.

    Attributes:
        fused: What the passages are ranked by: .8 of the dense and .2 of the lexical score; about 0 to 1, like these.
        dense: Nearness in meaning.
        lexical: Words in common, the rarer the more they count. All three are rounded to 1e-6.
        spans: Where these words stand in the passage: first character and character after the last of each, counted in
            the document's text.
        heading_words: Those that stand in the headings above it.
    """

    fused: float
    dense: float
    lexical: float
    spans: tuple[tuple[int, int], ...] = ()
    heading_words: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            "fused": self.fused,
            "dense": self.dense,
            "lexical": self.lexical,
            "spans": [list(span) for span in self.spans],
            "heading_words": list(self.heading_words),
        }


def gather_relevance(hit: Hit, search: Search) -> Relevance:
    """Say why a passage was found.

    Args:
        hit: One of the hits of the search.
        search: The search; words of everything that was searched count.

    Returns:
        Its scores, and the words that gave the lexical one: those the index itself takes for the same.
    """
    terms = {term for query in search.queries for term in query.terms}
    passage, heading = hit.passage, hit.passage.place.heading or ""
    spans = tuple(
        (sentence.start + start, sentence.start + end)
        for sentence in passage.sentences
        for start, end in matching_spans(hit.text[sentence.start - passage.start : sentence.end - passage.start], terms)
    )
    words = tuple(dict.fromkeys(heading[start:end] for start, end in matching_spans(heading, terms)))
    return Relevance(hit.score.fused, hit.score.dense, hit.score.lexical, spans, words)


MOST_NEAR = 3


@dataclass(frozen=True, slots=True)
class TermEvidence:
    """A word of the question.

    Attributes:
        word: As typed; a phrase that had to occur stands between quotation marks.
        passages: In how many passages of the whole collection it occurs.
        near: Words that do occur and are spelt nearly like it; looked for only when it occurs nowhere.
    """

    word: str
    passages: int
    near: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {"word": self.word, "passages": self.passages, "near": list(self.near)}


def gather_evidence(
    question: str,
    phrases: Sequence[str],
    search: Search,
    near_spellings: Callable[[str], tuple[str, ...]],
    *,
    corrected: Sequence[tuple[str, str]] = (),
) -> tuple[TermEvidence, ...]:
    """Say how often the words of a question occur.

    Args:
        question: The question itself as typed, without wrapping and context.
        phrases: Words that had to occur together and did not, anywhere.
        search: What was found.
        near_spellings: Finds words of the collection spelt like a term.
        corrected: Words of the question that occur nowhere, each with the one that was searched instead.

    Returns:
        The phrases, then each telling word once, in the order typed.
    """
    evidence = [TermEvidence(f'"{phrase}"', 0) for phrase in phrases]
    used = {term: word for typed, word in corrected for term in text_terms(typed)}
    seen: set[str] = set()
    for term, start, end in term_spans(question):
        if term in seen:
            continue
        seen.add(term)
        if term in used:
            others = (word for word in near_spellings(term) if word.lower() != used[term].lower())
            evidence.append(TermEvidence(question[start:end], 0, (used[term], *others)[:MOST_NEAR]))
        elif term in search.queries[0].terms:
            passages = search.statistics.frequencies.get(term, 0)
            evidence.append(TermEvidence(question[start:end], passages, () if passages else near_spellings(term)))
    return tuple(evidence)


Status = Literal["exact", "moved", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class Citation:
    """One quote and where it stands.

    Attributes:
        quote: `text[start:end]` of the document, nothing added or left out.
        source: The name shown.
        path: Absolute path of the file.
        paragraph: 1-based paragraph in its document.
        place: Where in the file it is; its fields can also be read from the citation, as in `citation.page`.
        start: First character of the quote in the document's extracted text.
        end: Character after its last.
        passage: The whole paragraph.
        passage_start: First character of the paragraph.
        score: Higher is better; comparable between the citations of one answer, rounded to 1e-6.
        text_sha256: Hash of the extracted text, in UTF-8, that the offsets point into.
        twins: Where nearly the same passage stands too, as "source, paragraph N".
        relevance: Why its passage was found; None where no search found it.
        answer_start: First character of the exact answer words, in the document's text; None where they are not known.
        answer_end: Character after their last; None together with `answer_start`.

    Raises:
        ValueError: Only one of the two is given, or the words are empty or not inside the quote.
    """

    quote: str
    source: str
    path: str
    paragraph: int
    place: Place
    start: int
    end: int
    passage: str
    passage_start: int
    score: float
    text_sha256: str
    twins: tuple[str, ...] = ()
    relevance: Relevance | None = None
    answer_start: int | None = None
    answer_end: int | None = None

    def __post_init__(self) -> None:
        first, last = self.answer_start, self.answer_end
        if first is None and last is None:
            return
        if first is None or last is None or not self.start <= first < last <= self.end:
            raise ValueError(
                f"answer words {(first, last)} lie outside their quote {(self.start, self.end)} of {self.source}"
            )

    @property
    def answer_span(self) -> tuple[int, int] | None:
        """Where the exact answer words stand, in the document's text; None where they are not known."""
        if self.answer_start is None or self.answer_end is None:
            return None
        return self.answer_start, self.answer_end

    @property
    def answer(self) -> str:
        """The exact answer words, a part of the quote; empty where they are not known."""
        return split_quote(self.quote, self.start, self.answer_span)[1]

    def to_dict(self) -> dict[str, Any]:
        """Return the citation as plain JSON values, the fields of its place among them."""
        values = {name: getattr(self, name) for name in _KEYS}
        relevance = self.relevance.to_dict() if self.relevance else None
        return {**values, "twins": list(self.twins), "relevance": relevance}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Citation":
        """Read what `to_dict` returned, in this version or before; ValueError when the record is not a citation."""
        citation: Citation = _reader().validate_python(record)
        return citation

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        schema = handler(source)
        record = handler.resolve_ref_schema(schema)  # changed in place, for pydantic builds it once for all uses
        record["schema"] = core_schema.no_info_before_validator_function(_with_place, record["schema"])
        return schema

    def locator(self) -> str:
        """Where it stands, in words: 'page 3, paragraph 12, Results > Costs', 'sheet Costs, row 14'."""
        units = {name: value for name in PLACE_FIELDS if (value := getattr(self.place, name)) is not None}
        heading, row = units.pop("heading", None), units.pop("row", None)
        parts = [value if name == "date" else f"{name} {value}" for name, value in units.items()]
        parts += [f"row {row}"] if row is not None else []
        parts += [f"paragraph {self.paragraph}"] if units.keys() <= {"page"} else []
        return ", ".join([*parts, heading] if heading else parts)


# In JSON the units added after the first release follow `twins`.
_FIRST, _LATER = PLACE_FIELDS[:3], PLACE_FIELDS[3:]
_KEYS = [
    key
    for each in fields(Citation)
    for key in {"place": _FIRST, "twins": ("twins", *_LATER)}.get(each.name, (each.name,))
]
for _name in PLACE_FIELDS:
    setattr(Citation, _name, property(attrgetter(f"place.{_name}")))


@cache
def _reader() -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(Citation)


def _with_place(record: Any) -> Any:
    """Nest the fields of the place, which stand among the others in JSON."""
    if not isinstance(record, Mapping) or "place" in record:
        return record
    place = {name: record[name] for name in PLACE_FIELDS if name in record}
    return {**{key: value for key, value in record.items() if key not in place}, "place": place}


def cite(
    passage: Passage,
    passage_text: str,
    *,
    source: str,
    path: str,
    text_sha256: str,
    span: tuple[int, int],
    score: float,
    twins: tuple[str, ...] = (),
    relevance: Relevance | None = None,
    answer: tuple[int, int] | None = None,
) -> Citation:
    """Cite a span of a passage.

    Args:
        passage: Where the paragraph stands in its document.
        passage_text: The paragraph, a slice of the document's text.
        source: The name shown.
        path: Absolute path of the file.
        text_sha256: Hash of the document's text.
        span: First character and character after the last, in the document's text.
        score: Higher is better.
        twins: Where nearly the same passage stands too.
        relevance: Why the passage was found.
        answer: First character of the exact answer words and character after the last, in the document's text.

    Returns:
        The citation, its quote sliced out of `passage_text`.

    Raises:
        ValueError: The span does not lie inside the passage, or the answer words not inside the span.
    """
    start, end = span
    answer_start, answer_end = answer or (None, None)
    if not passage.start <= start < end <= passage.end:
        raise ValueError(f"span {span} lies outside its passage {(passage.start, passage.end)} of {source}")
    return Citation(
        quote=passage_text[start - passage.start : end - passage.start],
        source=source,
        path=path,
        paragraph=passage.paragraph,
        place=passage.place,
        start=start,
        end=end,
        passage=passage_text,
        passage_start=passage.start,
        score=round(score, 6),
        text_sha256=text_sha256,
        twins=twins,
        relevance=relevance,
        answer_start=answer_start,
        answer_end=answer_end,
    )


def split_quote(quote: str, start: int, span: tuple[int, int] | None) -> tuple[str, str, str]:
    """Cut a quote around some of its words.

    Args:
        quote: The quote.
        start: Its first character, in the document's text.
        span: First character of the words and character after the last, in the document's text; None: no words.

    Returns:
        What stands before the words, the words, and what follows; together the quote.
    """
    first, last = (place - start for place in span) if span else (len(quote), len(quote))
    return quote[:first], quote[first:last], quote[last:]


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of a citation.

    Attributes:
        status: "exact": the quote stands at its offsets; "moved": it stands elsewhere; "changed": the file no longer
            holds it; "gone": the file is missing or cannot be read.
        detail: One line that says more; empty when exact and the whole file is as it was.
        start: Where the quote stands now, when exact or moved.
    """

    status: Status
    detail: str
    start: int | None


def verify(citation: Mapping[str, Any], *, path: str | Path | None = None) -> Verification:
    """Check a citation against its file as it is now.

    Args:
        citation: A citation as `Citation.to_dict` gives it; `quote`, `path`, `start`, `end` and `text_sha256` are read.
        path: Read this file instead of the one the citation names.

    Returns:
        What was found. A file that cannot be read is an answer ("gone"), not an error.
    """
    file = Path(path if path is not None else citation["path"])
    try:
        with IsolatedReader() as read:
            document = read(file, name=file.name)
    except QAError as error:
        return Verification("gone", str(error), None)
    return compare(citation, document)


def compare(citation: Mapping[str, Any], document: Document) -> Verification:
    """Check a citation against a document that has been read; its `source` names it in the detail."""
    quote, start, end = citation["quote"], citation["start"], citation["end"]
    if document.text[start:end] == quote:
        same = document.text_sha256 == citation["text_sha256"]
        return Verification("exact", "" if same else f"{document.source} has changed elsewhere", start)
    found = document.text.find(quote)
    if found >= 0:
        return Verification("moved", f"now at character {found}, was at {start}", found)
    return Verification("changed", f"{document.source} no longer holds these words", None)
