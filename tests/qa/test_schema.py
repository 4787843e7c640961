"""JSON Schema made from records: the keys of their JSON, described by their docstrings."""

from dataclasses import dataclass

import jsonschema
import pytest
from two_answers import BOTH, CORRECTED, GREETING, GUIDANCE, WHEN

from qa.answering.answer import Answer
from qa.schema import record_schema


@dataclass
class Inner:
    """A record.

    Attributes:
        words: Two lines
            of text.
    """

    words: tuple[str, ...] = ()


@dataclass
class Outer:
    """A record with another, and with records of its own type."""

    inner: Inner
    spans: tuple[tuple[int, int], ...] = ()
    more: "tuple[Outer, ...]" = ()


def test_a_record_is_described_in_place():
    """Every property is required, no other is allowed, and recursion ends after one level."""
    words = {"items": {"type": "string"}, "type": "array", "description": "Two lines of text."}
    inner = {"type": "object", "properties": {"words": words}, "required": ["words"], "additionalProperties": False}
    found = record_schema(Outer)
    assert found["properties"]["inner"] == inner
    assert found["required"] == ["inner", "spans", "more"]
    pair = {"type": "array", "items": {"type": "integer"}, "minItems": 2, "maxItems": 2}
    assert found["properties"]["spans"] == {"type": "array", "items": pair}
    assert found["properties"]["more"]["items"]["properties"]["more"] == {"type": "array", "maxItems": 0}


@pytest.mark.parametrize("answer", [WHEN, BOTH, GREETING, GUIDANCE, CORRECTED])
def test_answers_fit_their_schema(answer):
    """With the same keys in the same order, each with a description."""
    schema, record = record_schema(Answer), answer.to_dict()
    jsonschema.validate(record, schema)
    citation = schema["properties"]["citations"]["items"]
    assert list(schema["properties"]) == list(record)
    assert list(citation["properties"]) == list(WHEN.to_dict()["citations"][0])
    assert all("description" in each for each in (schema | citation)["properties"].values())
