"""Where quotes given before stand in the documents as they are now, and what to say of those that do not."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from index import Document, QAError
from qa.answering.citation import Citation, Verification, compare
from qa.web import strings
from qa.web.render import Turn

if TYPE_CHECKING:
    from qa.assistant import Assistant


def prove(assistant: "Assistant", citations: Iterable[Citation]) -> tuple[str, ...]:
    """Hold quotes against the text of the collection as it is now.

    Args:
        assistant: Open on the collection.
        citations: Of one or more answers.

    Returns:
        For each what is to be said of it, in one line; empty where its document is as it was.
    """
    documents: dict[str, Document | None] = {}
    remarks = []
    for citation in citations:
        if citation.path not in documents:
            documents[citation.path] = _read(assistant, citation.path)
        document = documents[citation.path]
        found = compare(citation.to_dict(), document) if document else Verification("gone", "", None)
        unchanged = found.status == "exact" and not found.detail
        remarks.append("" if unchanged else strings.KEPT_REMARKS[found.status].format(source=citation.source))
    return tuple(remarks)


def place_quotes(turn: Turn, document: Document) -> Turn:
    """Move the quotes of a turn to where they stand in a document now; those it does not hold any more stand nowhere."""
    answer = turn.answer
    return replace(
        turn,
        answer=replace(
            answer,
            citations=tuple(place_citation(citation, document) for citation in answer.citations),
            closest=tuple(place_citation(citation, document) for citation in answer.closest),
        ),
    )


def place_citation(citation: Citation, document: Document) -> Citation:
    """A citation as it stands in a document now; empty at the place of its paragraph where it stands nowhere."""
    if citation.path != document.path or citation.text_sha256 == document.text_sha256:
        return citation
    start = compare(citation.to_dict(), document).start
    if start is None:
        start = min(citation.passage_start, len(document.text))
        return replace(citation, start=start, end=start, answer_start=None, answer_end=None)
    moved = start - citation.start
    first, last = citation.answer_span or (None, None)
    return replace(
        citation,
        start=start,
        end=citation.end + moved,
        answer_start=None if first is None else first + moved,
        answer_end=None if last is None else last + moved,
    )


def _read(assistant: "Assistant", path: str) -> Document | None:
    try:
        return assistant.document(path)
    except QAError:
        return None
