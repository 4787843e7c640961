"""What the calls give, as JSON Schema: for OpenAPI, by the name of the call. The tests hold real results against it."""

from dataclasses import fields
from typing import Any, get_args

from index import Place


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


def _perhaps(kind: str, description: str) -> dict[str, Any]:
    return {"type": [kind, "null"], "description": description}


_SCORE = {"type": "number", "description": "Higher is better."}
_SOURCE = _text("Name of the document.")
_HASH = _text("SHA-256 of the document's text, in UTF-8, that the offsets point into.")
_SEARCHED = _text("What was searched, in words.")
_QUESTION = _text("The question as it was asked.")
_SCOPE = _whole(
    documents=_number("How many documents were searched."),
    passages=_number("How many passages."),
    pending=_number("How many of these by their words only, because indexing goes on."),
)
_PLACE = {
    "paragraph": _number("Number of the paragraph in its document, from 1."),
    **{
        each.name: _perhaps("integer" if int in get_args(each.type) else "string", each.metadata["description"])
        for each in fields(Place)
    },
    "start": _number("First character, in the document's text."),
    "end": _number("Character after the last."),
    "text_sha256": _HASH,
}
_SPAN = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 2, "maxItems": 2}
_RELEVANCE = _whole(
    fused={
        "type": "number",
        "description": "What passages are ranked by: .8 of the dense and .2 of the lexical score.",
    },
    dense={"type": "number", "description": "Nearness in meaning."},
    lexical={"type": "number", "description": "Words in common, the rarer the more they count."},
    spans=_array(_SPAN, "Where these words stand, in the document's text: first character, character after the last."),
    heading_words=_array({"type": "string"}, "Those that stand in the headings above."),
)
_CITATION = _whole(
    quote=_text("The document's own words: its text from `start` to `end`."),
    source=_SOURCE,
    path=_text("Path of the file on the computer that answers."),
    passage=_text("The whole paragraph."),
    passage_start=_number("First character of the paragraph."),
    score=_SCORE,
    twins=_array({"type": "string"}, "Where nearly the same passage stands too."),
    relevance=_RELEVANCE,
    answer_start=_perhaps("integer", "First character of the exact answer words, in the document's text."),
    answer_end=_perhaps("integer", "Character after their last."),
    **_PLACE,
)
_WORD = _whole(
    word=_text("A word of the question, or words that had to stand together."),
    passages=_number("How many passages hold it."),
    near=_array({"type": "string"}, "What is spelt nearly like it, when it occurs nowhere."),
)
_STATEMENT = _whole(
    citation=_number("Number of the citation, from 1."),
    start=_number("First character of the number or date, in the document's text."),
    end=_number("Character after the last."),
    sentence_start=_number("First character of its sentence."),
    sentence_end=_number("Character after the last."),
)
_DISAGREEMENT = _whole(
    kind={"enum": ["number", "date"]},
    statements=_array(_STATEMENT, "Two or more, in the order of their citations."),
)
_PARAGRAPH = {
    "source": _SOURCE,
    "locator": _text("Where it stands, in words."),
    "text": _text("The paragraph."),
    **_PLACE,
}

_ANSWER = {
    "version": {"const": 2, "description": "Of this record."},
    "question": _QUESTION,
    "searched": _SEARCHED,
    "kind": {
        "enum": ["answer", "greeting", "guidance"],
        "description": "`greeting` and `guidance` have a message instead of an answer.",
    },
    "message": _text("What is said to a greeting, or what can be done instead; empty for an answer."),
    "verdict": {"enum": ["answered", "closest", "not_in_sources"]},
    "found": {"type": "boolean", "description": "Whether the verdict is `answered`."},
    "confidence": {"type": "number", "minimum": 0, "maximum": 1, "description": "Chance that the first quote answers."},
    "answer": _text("The exact answer words of the first citation; empty where they are not known."),
    "citations": _array(_CITATION, "The quotes that answer, best first."),
    "closest": _array(_CITATION, "The nearest passages, when not answered."),
    "scope": _SCOPE,
    "evidence": _array(_WORD, "How often the words of the question occur."),
    "disagreements": _array(_DISAGREEMENT, "Where quotes give different numbers or dates for the same thing."),
    "corrected": _array(
        {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2},
        "Words that occur nowhere as typed, each with the word that was searched instead.",
    ),
    "basis": {
        "enum": ["reading", "retrieval"],
        "description": "What verdict and quotes were judged by; `retrieval` where question or documents are not in English.",
    },
    "hash": _text("SHA-256 of the answer without the paths: equal answers have equal hashes."),
}
_PART = _whole(**_ANSWER, parts={"type": "array", "maxItems": 0, "description": "A part has no parts."})

RESULTS: dict[str, dict[str, Any]] = {
    "ask": _whole(
        **_ANSWER,
        parts=_array(
            _PART,
            "Of two questions in one line, each with its own answer. Then the citations are those of all parts, and the "
            "verdict is `answered` only when every part is.",
        ),
    ),
    "search": _whole(
        question=_QUESTION,
        searched=_SEARCHED,
        phrases_missing={"type": "boolean", "description": "No passage holds the words that had to stand together."},
        hits=_array(_whole(rank=_number("From 1."), score=_SCORE, **_PARAGRAPH), "The passages found, best first."),
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
