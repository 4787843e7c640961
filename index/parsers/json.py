"""Read .json and .jsonl files: each record of a list is a row, its values behind their names ("address.city: Leeds").

Numbers keep their spelling. The values of an object that are in no list form one paragraph for each level.
"""

import json
from collections.abc import Iterator
from typing import Any

from index.errors import SourceError
from index.parsers.builder import Extraction, TextBuilder, describe_row, list_some, one_line
from index.parsers.containers import refuse_kind
from index.parsers.plain import decode_text

_MOST_NESTED = 100


def read_json(content: bytes, *, name: str, encoding: str = "") -> Extraction:
    """Read one JSON value.

    Raises:
        SourceError: It is not JSON, or nested more than 100 deep.
    """
    text, notes = decode_text(content, name=name, encoding=encoding)
    builder = TextBuilder(name)
    builder.notes += notes
    try:
        add_value(parse_json(text, name=name, suffix=".json"), builder)
    except RecursionError as error:
        raise SourceError(f"{name} is nested more than {_MOST_NESTED} deep. Make it flatter.") from error
    return builder.finish()


def parse_json(text: str, *, name: str, suffix: str) -> Any:
    """Parse one JSON value, in which numbers keep their spelling.

    Args:
        text: The text of a file.
        name: The file's name, for messages.
        suffix: What it should be.

    Raises:
        SourceError: It is not JSON.
        RecursionError: It is nested too deep.
    """
    text = text.removeprefix("\ufeff")
    try:
        return _parse(text)
    except json.JSONDecodeError as error:
        if not text.strip() or text.lstrip().startswith("<"):
            refuse_kind(text.strip().encode(), name=name, suffix=suffix)
        raise SourceError(f"{name} is not valid JSON: {error.msg} in line {error.lineno}. Correct it.") from error


def read_json_lines(content: bytes, *, name: str, encoding: str = "") -> Extraction:
    """Read a JSON value a line; each is a row with the number of its line. Lines that are no JSON are noted.

    Raises:
        SourceError: No line is JSON.
    """
    builder = TextBuilder(name)
    wrong: list[int] = []
    text, notes = decode_text(content, name=name, encoding=encoding)
    builder.notes += notes
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if line.strip():
            try:
                builder.add_row(number, _describe(_parse(line)))
            except (json.JSONDecodeError, RecursionError):
                wrong.append(number)
    if wrong:
        if not builder.length:
            raise SourceError(f"{name} is not valid JSON lines: line {wrong[0]} is no JSON value. Correct it.")
        builder.notes.append(f"{'line' if len(wrong) == 1 else 'lines'} {list_some(wrong)} cannot be read as JSON")
    return builder.finish()


def _parse(text: str) -> Any:
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=keep_all)


def keep_all(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object in which a name that appears several times has the list of its values."""
    found: dict[str, list[Any]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def add_value(value: Any, builder: TextBuilder) -> None:
    """Write a value as a file of JSON that holds it is read.

    Raises:
        RecursionError: It is nested more than 100 deep.
    """
    _add(value, "", builder, 0)


def _add(value: Any, path: str, builder: TextBuilder, depth: int) -> None:
    """Write a value: a list as rows; of an object first the plain values, then each list and each larger object."""
    if depth > _MOST_NESTED:
        raise RecursionError
    builder.begin_section(1, path)
    if isinstance(value, list):
        for number, item in enumerate(value, start=1):
            builder.add_row(number, _describe(item))
        return
    if not isinstance(value, dict):
        builder.add_paragraph(one_line(_scalar(value)))
        return
    plain = {key: item for key, item in value.items() if not _holds_records(item)}
    builder.add_paragraph(_describe(plain))
    for key, item in value.items():
        if key not in plain:
            _add(item, f"{path}.{key}" if path else key, builder, depth + 1)


def _holds_records(value: Any) -> bool:
    """Whether a value is a list of objects or lists, or an object that contains one."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list) and any(isinstance(entry, (dict, list)) for entry in item):
            return True
        if isinstance(item, dict):
            waiting += item.values()
    return False


def _describe(value: Any) -> str:
    names, cells = [], []
    for path, cell in _flatten(value, "", 0):
        names.append(one_line(path))
        cells.append(one_line(cell))
    return describe_row(names, cells)


def _flatten(value: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    """The plain values inside a value with their paths, in order; a list of plain values is one value."""
    if depth > _MOST_NESTED:
        raise RecursionError
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flatten(item, f"{path}.{key}" if path else key, depth + 1)
    elif isinstance(value, list) and any(isinstance(item, (dict, list)) for item in value):
        for number, item in enumerate(value, start=1):
            yield from _flatten(item, f"{path}.{number}" if path else str(number), depth + 1)
    elif isinstance(value, list):
        yield path, ", ".join(filter(None, map(_scalar, value)))
    else:
        yield path, _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else "true" if value else "false"
