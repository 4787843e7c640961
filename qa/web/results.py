"""What the calls give, as JSON Schema: for OpenAPI, by the name of the call. The tests hold real results against it."""

from typing import Any

from index import PLACE_FIELDS
from qa.answering.answer import Answer, Scope
from qa.answering.citation import Citation
from qa.schema import record_schema


def _whole(**properties: dict[str, Any]) -> dict[str, Any]:
    """An object with exactly these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _array(item: dict[str, Any], description: str) -> dict[str, Any]:
    return {"type": "array", "items": item, "description": description}


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description}


def _number(description: str) -> dict[str, Any]:
    return {"type": "integer", "minimum": 0, "description": description}


_ANSWER = record_schema(Answer)
_QUESTION, _SEARCHED = (_ANSWER["properties"][name] for name in ("question", "searched"))
_SCOPE = record_schema(Scope)
_CITATION = record_schema(Citation)["properties"]
_SOURCE, _HASH = _CITATION["source"], _CITATION["text_sha256"]
_PARAGRAPH = {
    "source": _SOURCE,
    "locator": _text("Where it stands, in words."),
    "text": _text("The paragraph."),
    **{name: _CITATION[name] for name in ("paragraph", *PLACE_FIELDS, "start", "end", "text_sha256")},
}

RESULTS: dict[str, dict[str, Any]] = {
    "ask": _ANSWER,
    "search": _whole(
        question=_QUESTION,
        searched=_SEARCHED,
        phrases_missing={"type": "boolean", "description": "No passage holds the words that had to stand together."},
        hits=_array(
            _whole(rank=_number("From 1."), score=_CITATION["score"], **_PARAGRAPH), "The passages found, best first."
        ),
        scope=_SCOPE,
    ),
    "list_sources": _whole(
        sources=_array(
            _whole(
                source=_SOURCE,
                passages=_number("How many paragraphs it has."),
                characters=_number("How long its text is."),
                text_sha256=_HASH,
            ),
            "The documents, in order of their names.",
        ),
        not_read=_array(
            _whole(source=_text("Name of the file."), reason=_text("Why.")), "Files that could not be read."
        ),
        scope=_SCOPE,
    ),
    "read_passage": _whole(**_PARAGRAPH, paragraphs=_number("How many paragraphs the document has.")),
}
