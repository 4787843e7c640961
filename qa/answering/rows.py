"""An answer as rows of a table: one row with its quotes side by side, or one row for each quote with all that is known of it.

Rows are made from records as `Answer.to_dict` gives them, of any version.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from index import PLACE_FIELDS
from qa.answering.citation import Citation

QUOTE_COLUMNS = ("quote", "source", "page", "place")
SUMMARY_COLUMNS = ("answer", "verdict", "confidence", *QUOTE_COLUMNS, "message")
_CITATION_COLUMNS = ("quote", "source", "paragraph", *PLACE_FIELDS, "start", "end", "path", "text_sha256")
_DETAIL_COLUMNS = ("line", "answer", "verdict", "confidence", "kind", "message", *_CITATION_COLUMNS, "hash")
_NUMBERS = {"confidence": float, **dict.fromkeys(("line", "paragraph", "page", "row", "slide", "start", "end"), int)}


def summary_columns(quotes: int) -> tuple[str, ...]:
    """The columns of summaries of answers that have so many quotes at most: "quote", then "quote 2", "quote 3" …"""
    more = (f"{name} {number}" for number in range(2, quotes + 1) for name in QUOTE_COLUMNS)
    return (*SUMMARY_COLUMNS, *more)


def detail_columns(*, paths: bool) -> tuple[str, ...]:
    """The columns of a row for each quote; with the paths of documents only if asked for."""
    return tuple(name for name in _DETAIL_COLUMNS if paths or name != "path")


def column_kind(name: str) -> type:
    """What a column holds where it is not empty: str, int or float."""
    return _NUMBERS.get(name.partition(" ")[0], str)


def summarise(answer: Mapping[str, Any]) -> dict[str, Any]:
    """One row for an answer, by column; what it has no value for is left out."""
    row = {"answer": answer.get("answer", ""), "verdict": answer["verdict"], "confidence": answer["confidence"]}
    row["message"] = answer.get("message", "")
    for number, citation in enumerate(answer["citations"], start=1):
        values = {**citation, "place": Citation.from_dict(citation).locator()}
        row |= {name if number == 1 else f"{name} {number}": values[name] for name in QUOTE_COLUMNS}
    return row


def detail(answer: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A row for each quote of an answer, by column; one without a quote if it has none."""
    shared = {"answer": answer.get("answer", ""), "verdict": answer["verdict"], "confidence": answer["confidence"]}
    shared |= {"kind": answer.get("kind", "answer"), "message": answer.get("message", ""), "hash": answer["hash"]}
    for citation in answer["citations"] or [{}]:
        yield {**shared, **{name: citation.get(name) for name in _CITATION_COLUMNS}}
