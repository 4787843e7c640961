"""Describe records as JSON Schema, from their types and the "Attributes" of their docstrings."""

import inspect
import re
from typing import Any

_ATTRIBUTE = re.compile(r"^    (\w+): (.+(?:\n     .*)*)", re.MULTILINE)


def record_schema(record: type) -> dict[str, Any]:
    """Describe the JSON of a dataclass: an object with exactly its properties, but for those marked as optional.

    Records inside are described in place, without references. A record inside a record of its type, such as a part of an
    answer, contains no further ones.
    """
    from pydantic import TypeAdapter

    schema = TypeAdapter(record).json_schema()
    found: dict[str, Any] = _inline(schema, schema.get("$defs", {}), ())
    return found


def _inline(node: Any, definitions: dict[str, Any], inside: tuple[str, ...]) -> Any:
    if isinstance(node, list):
        return [_inline(each, definitions, inside) for each in node]
    if not isinstance(node, dict):
        return node
    name = node.get("$ref", "").rpartition("/")[2]
    if name:
        return _inline(definitions[name], definitions, (*inside, name))
    if inside.count(node.get("items", {}).get("$ref", "").rpartition("/")[2]) > 1:
        return {"type": "array", "maxItems": 0}
    first, *others = node.get("prefixItems", ({},))
    if others and all(other == first for other in others):  # a pair of numbers, in a way that earlier drafts have too
        return _inline({key: node[key] for key in node if key != "prefixItems"} | {"items": first}, definitions, inside)
    if "properties" not in node:
        dropped = ("title", "default", "$defs", "optional")
        return {key: _inline(value, definitions, inside) for key, value in node.items() if key not in dropped}
    attributes = dict(_ATTRIBUTE.findall(inspect.cleandoc(node.get("description", ""))))
    properties = {}
    for key, value in node["properties"].items():
        described = {"description": " ".join(attributes[key].split())} if key in attributes else {}
        properties[key] = {**_inline(value, definitions, inside), **described}
    required = [key for key, value in node["properties"].items() if not value.get("optional")]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
