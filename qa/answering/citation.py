"""Cite a quote, explain why it was found, and verify it.

A quote is a slice of a document's extracted text by character offsets. `verify` reads the file again and reports whether
the slice is still the quote. Only there is a quote searched for, to report where it has moved to; never to make one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from index import (
    PLACE_FIELDS,
    Document,
    Hit,
    IsolatedParser,
    Passage,
    Place,
    QAError,
    Search,
    file_hash,
    find_codec,
    matching_spans,
    term_spans,
    text_terms,
)
from qa.answering.notebook import render
from qa.text import shorten, visible, visible_line

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Relevance:
    """How well a whole passage fits the search.

    Attributes:
        fused: The score that ranks passages: .8 of the dense and .2 of the lexical score, and .2 for a rare code; about 0 to 1.
        dense: Nearness in meaning.
        lexical: Words in common, weighted by rarity. All three are rounded to 1e-6.
        spans: Spans of these words in the passage: first character and character after the last, in the document's text.
        heading_words: Those of these words that are in the headings above.
    """

    fused: float
    dense: float
    lexical: float
    spans: tuple[tuple[int, int], ...] = ()
    heading_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TermEvidence:
    """How often a word of the question occurs.

    Attributes:
        word: As typed; a required phrase is in quotation marks.
        passages: Number of passages of the whole collection that contain it.
        near: Similar spellings that do occur, for a word that occurs nowhere.
    """

    word: str
    passages: int
    near: tuple[str, ...] = ()


Status = Literal["exact", "moved", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote and its location.

    Attributes:
        quote: `text[start:end]` of the document, unchanged.
        source: The name shown.
        path: Absolute path of the file.
        paragraph: 1-based paragraph in its document.
        place: Where in the file it is; its fields can also be read from the citation, as in `citation.page`.
        start: First character of the quote in the document's extracted text.
        end: Character after its last.
        passage: The whole paragraph.
        passage_start: First character of the paragraph.
        score: Higher is better; comparable between the citations of one answer, rounded to 1e-6.
        text_sha256: Hash of the extracted text, in UTF-8, that the offsets refer to.
        twins: Places of near-duplicates of the passage, as "source, paragraph N".
        relevance: Why the passage was found; None if no search found it.
        answer_start: First character of the exact answer words, in the document's text; None if unknown.
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

    if TYPE_CHECKING:  # the fields of the place, for checkers of types; they are made below

        @property
        def page(self) -> int | None: ...
        @property
        def heading(self) -> str | None: ...
        @property
        def row(self) -> int | None: ...
        @property
        def sheet(self) -> str | None: ...
        @property
        def slide(self) -> int | None: ...
        @property
        def date(self) -> str | None: ...
        @property
        def time(self) -> str | None: ...

    @property
    def answer_span(self) -> tuple[int, int] | None:
        """The span of the exact answer words in the document's text; None if unknown."""
        if self.answer_start is None or self.answer_end is None:
            return None
        return self.answer_start, self.answer_end

    @property
    def answer(self) -> str:
        """The exact answer words, a part of the quote; empty if unknown."""
        return split_quote(self.quote, self.start, self.answer_span)[1]

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain JSON values, with the fields of the place among the others."""
        return flatten_place(_adapter().dump_python(self, mode="json"))

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Citation":
        """Read a record written by `to_dict`, of any version.

        Raises:
            ValueError: The record is not a citation.
        """
        return _adapter().validate_python(record)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        schema = handler(source)
        record = handler.resolve_ref_schema(schema)  # changed in place, for pydantic builds it once for all uses
        record["schema"] = core_schema.no_info_before_validator_function(_nest_place, record["schema"])
        return schema

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> Any:
        reference = handler(schema)
        record = handler.resolve_ref_schema(reference)
        place = handler.resolve_ref_schema(record["properties"]["place"])["properties"]
        for each in fields(Place):
            record["properties"][each.name] = {**place[each.name], "description": each.metadata["description"]}
        record["properties"] = {key: record["properties"][key] for key in _KEYS}
        return reference

    def __repr__(self) -> str:
        """Show the beginning of the quote and its place in one line."""
        return f"<Citation {shorten(self.quote)!r} from {visible_line(shorten(f'{self.source}, {self.locator()}'))}>"

    def _repr_html_(self) -> str:
        """Show the quote with its place in Jupyter."""
        return render("citation", number=0, parts=self.shown())

    def shown(self) -> tuple[str, str, str, str]:
        """The quote in three parts, of which the second is the answer words, and its place; control characters are visible."""
        before, words, after = map(visible, split_quote(self.quote, self.start, self.answer_span))
        return before, words, after, visible_line(f"{self.source}, {self.locator()}")

    def locator(self) -> str:
        """Describe the place in words: 'page 3, paragraph 12, Results > Costs', 'sheet Costs, row 14'."""
        units = {name: value for name in PLACE_FIELDS if (value := getattr(self.place, name)) is not None}
        heading, row = units.pop("heading", None), units.pop("row", None)
        parts = [value if name in ("date", "time") else f"{name} {value}" for name, value in units.items()]
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
def _adapter() -> "TypeAdapter[Citation]":
    from pydantic import TypeAdapter

    return TypeAdapter(Citation)


def _nest_place(record: Any) -> Any:
    """Nest the fields of the place, which are among the others in JSON."""
    if not isinstance(record, Mapping) or "place" in record:
        return record
    place = {name: record[name] for name in PLACE_FIELDS if name in record}
    return {**{key: value for key, value in record.items() if key not in place}, "place": place}


def flatten_place(record: Mapping[str, Any]) -> dict[str, Any]:
    """Put the fields of the place among the others; not in pydantic, which reports a Ctrl-C in a function as its own error."""
    values = {**record, **record["place"]}
    return {key: values[key] for key in _KEYS}


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of checking a citation.

    Attributes:
        status: "exact": the quote is at its offsets; "moved": it is elsewhere in the document; "changed": the file no longer
            contains it; "gone": the file is missing or cannot be read.
        detail: One line of explanation; empty if exact and the whole file is unchanged.
        start: First character of the quote now, if exact or moved.
    """

    status: Status
    detail: str
    start: int | None


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
    """Cite a span of a passage, given by its first character and the one after its last in the document's text.

    Raises:
        ValueError: The span is not inside the passage, or the answer words are not inside the span.
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


def describe_passage(passage: Passage, text: str, source: str, text_sha256: str) -> dict[str, Any]:
    """Describe a whole passage and its place by the keys of a citation, with the place in words as `locator`."""
    span = passage.start, passage.end
    whole = cite(passage, text, source=source, path="", text_sha256=text_sha256, span=span, score=0.0)
    names = ("source", "paragraph", *PLACE_FIELDS, "start", "end", "text_sha256")
    return {"locator": whole.locator(), "text": whole.passage, **{name: getattr(whole, name) for name in names}}


def split_quote(quote: str, start: int, span: tuple[int, int] | None) -> tuple[str, str, str]:
    """Split a quote that begins at `start` into the text before a span of words (all of it if None), the words, the rest."""
    first, last = (place - start for place in span) if span else (len(quote), len(quote))
    return quote[:first], quote[first:last], quote[last:]


MOST_NEAR = 3


def gather_relevance(hit: Hit, search: Search) -> Relevance:
    """Explain why a hit was found: its scores, and the words that gave the lexical one, matched as in the index."""
    terms = {term for query in search.queries for term in query.terms}
    passage, heading = hit.passage, hit.passage.place.heading or ""
    sentences = [
        (each.start, hit.text[each.start - passage.start : each.end - passage.start]) for each in passage.sentences
    ]
    spans = tuple(
        (first + start, first + end)
        for first, text in sentences
        for start, end in matching_spans(text, terms, hit.stems)
    )
    words = tuple(dict.fromkeys(heading[start:end] for start, end in matching_spans(heading, terms, hit.stems)))
    return Relevance(hit.score.fused, hit.score.dense, hit.score.lexical, spans, words)


def gather_evidence(
    question: str,
    phrases: Sequence[str],
    search: Search,
    near_spellings: Callable[[str], tuple[str, ...]],
    *,
    corrected: Sequence[tuple[str, str]] = (),
) -> tuple[TermEvidence, ...]:
    """Count how often the words of a question occur.

    Args:
        question: The core of the question, without context and before spelling correction.
        phrases: Required phrases that occur nowhere.
        search: The search.
        near_spellings: Finds words of the collection with a spelling similar to a term.
        corrected: Words of the question that occur nowhere, each with the word searched instead.

    Returns:
        The phrases, then each content word once, in the order typed.
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
        elif (searched := search.stems.get(term, term)) in search.queries[0].terms:
            passages = search.statistics.frequencies.get(searched, 0)
            evidence.append(TermEvidence(question[start:end], passages, () if passages else near_spellings(term)))
    return tuple(evidence)


def verify(
    citation: Mapping[str, Any],
    *,
    path: str | Path | None = None,
    encoding: str | None = None,
    indexed: Document | None = None,
) -> Verification:
    """Check a record written by `Citation.to_dict` against its file as it is now, or against another file.

    Args:
        citation: The record.
        path: Read this file instead of the one the record names.
        encoding: The encoding that text files were indexed with, if one was named.
        indexed: The document as it was indexed. A file that still has its bytes is not read again, which may take seconds.

    Returns:
        What was found. A file that cannot be read gives "gone", not an error.
    """
    file = Path(path if path is not None else citation["path"])
    if indexed and _has_bytes_of(file, indexed):
        return compare(citation, indexed)
    try:
        with IsolatedParser(encoding=find_codec(encoding)) as read:
            document = read(file, name=file.name)
    except QAError as error:
        return Verification("gone", str(error), None)
    return compare(citation, document)


def _has_bytes_of(file: Path, document: Document) -> bool:
    try:
        return file_hash(file) == document.file_sha256
    except OSError:  # reading it reports the error
        return False


def compare(citation: Mapping[str, Any], document: Document) -> Verification:
    """Check a citation against a document; `detail` names the `source` of the document."""
    quote, start, end = citation["quote"], citation["start"], citation["end"]
    if document.text[start:end] == quote:
        same = document.text_sha256 == citation["text_sha256"]
        return Verification("exact", "" if same else f"{document.source} has changed elsewhere", start)
    found = document.text.find(quote)
    if found >= 0:
        return Verification("moved", f"now at character {found}, was at {start}", found)
    return Verification("changed", f"{document.source} no longer contains these words", None)
