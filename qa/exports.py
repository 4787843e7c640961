"""A conversation as a file of its own that proves itself: Markdown, HTML or JSON, each with the records of its answers.

What is read and what is proved are one: the text is made from the records alone, and a file whose text is not what its
records make was altered; so was one whose own hash does not fit. So the layout of a format never changes without the
number in `FORMAT`; a test holds it. Format 2 also shows what came with version 2 of the answers; records of before have
none of that, so that the same code makes the text of format 1.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

from index import BatchError
from qa.answer_files import answer_sections, block_quote, describe_remarks, escape_markdown, tell_verdict
from qa.citations import Citation
from qa.conversations import ConversationInfo, KeptTurn
from qa.export_page import RECORDS_CLOSE, RECORDS_OPEN, render_page

FORMAT = 2
SUFFIXES = (".md", ".html", ".json")
_RECORDS_TITLE = "## Records\n\n`qa verify` checks this file by what follows.\n"


def export_conversation(suffix: str, info: ConversationInfo, turns: tuple[KeptTurn, ...]) -> str:
    """Write a conversation.

    Args:
        suffix: One of `SUFFIXES`.
        info: Its title and collection.
        turns: All its turns, in order.

    Returns:
        The text of the file.
    """
    asked = [{"asked": turn.asked, "answer": turn.record} for turn in turns]
    content = {"qa_conversation": FORMAT, "title": info.title, "turns": asked}
    return write_export(suffix, {**content, "hash": _hash(content)})


def write_export(suffix: str, content: Mapping[str, Any]) -> str:
    """Make the text of an export from what it holds; KeyError or TypeError when that is no conversation."""
    text = records = _write_records(content)
    if suffix == ".html":
        text = render_page(content, records)
    elif suffix == ".md":
        text = _write_markdown(content, records)
    return re.sub("\r\n?", "\n", text)  # as it is read again; in the records line ends are escaped


@dataclass(frozen=True, slots=True)
class Export:
    """A conversation that was saved.

    Attributes:
        lines: The records of its answers as JSON, each with its 1-based line in the file.
        unchanged: Whether its text is what its records make.
    """

    lines: tuple[tuple[int, bytes], ...]
    unchanged: bool


def read_export(path: Path) -> Export | None:
    """Read a conversation that was saved.

    Args:
        path: A file, whose suffix says how.

    Returns:
        Its records; None when it is of another kind, or a `.json` with something else in it.

    Raises:
        BatchError: It cannot be read, or is `.md` or `.html` and holds no records.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BatchError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise BatchError(f"{path} is not UTF-8 text.") from error
    start, end = _find_records(suffix, text)
    try:
        content = json.loads(unescape(text[start:end]) if suffix == ".html" else text[start:end])
        answers = [json.dumps(turn["answer"]).encode("ascii") for turn in content["turns"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if suffix == ".json":
            return None
        raise BatchError(
            f"{path} holds no records that could be checked. Conversations are saved in the page; "
            "answers of qa batch are checked as .jsonl."
        ) from error
    try:
        unchanged = write_export(suffix, content) == text and content["hash"] == _hash(content)
    except (KeyError, TypeError, ValueError, AttributeError):
        unchanged = False
    return Export(tuple(enumerate(answers, start=text.count("\n", 0, start) + 2)), unchanged)


def _hash(content: Mapping[str, Any]) -> str:
    """SHA-256 of titles, times and records: it shows what was changed by accident, and is no signature."""
    canonical = json.dumps({key: value for key, value in content.items() if key != "hash"}, sort_keys=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _find_records(suffix: str, text: str) -> tuple[int, int]:
    """Where the records stand in a text; an empty place where there are none."""
    if suffix == ".json":
        return 0, len(text)
    if suffix == ".html":
        start, end = text.find(RECORDS_OPEN) + len(RECORDS_OPEN), text.rfind(RECORDS_CLOSE)
        return (start, end) if len(RECORDS_OPEN) <= start <= end else (0, 0)
    fence = re.search(r"^(`{3,})\s*\Z", text, re.MULTILINE)
    opening = f"\n{fence[1]}json\n" if fence else ""
    start = text.find(opening) + len(opening) if fence and opening in text else 0
    return (start, fence.start()) if start else (0, 0)


def _write_records(content: Mapping[str, Any]) -> str:
    """One answer a line, in ASCII, so that nothing in them can end a block, turn a line around or get lost on the way."""
    head = json.dumps({key: value for key, value in content.items() if key != "turns"})
    turns = ",\n".join(json.dumps(turn) for turn in content["turns"])
    return f'{head[:-1]}, "turns": [\n{turns}\n]}}\n'


def _write_markdown(content: Mapping[str, Any], records: str) -> str:
    parts = [f"# {escape_markdown(content['title'])}\n"]
    for turn in content["turns"]:
        answer = turn["answer"]
        parts.append(f"## {escape_markdown(' '.join(answer['question'].split()))}\n")
        asked = f"{escape_markdown(turn['asked'])}."
        if answer.get("parts"):
            parts.append(f"{asked}\n")
        parts += [f"{escape_markdown(line)}\n" for line in describe_remarks(answer)]
        for part, citations in answer_sections(answer):
            if part is not answer:
                parts.append(f"### {escape_markdown(' '.join(part['question'].split()))}\n")
            verdict = tell_verdict(part, escape_markdown)
            parts.append(f"{verdict}\n" if part is not answer else f"{asked} {verdict}\n")
            for number, citation in citations:
                place = f"{citation['source']}, {Citation(**citation).locator()}"
                span = f"characters {citation['start']} to {citation['end']} of text {citation['text_sha256']}"
                parts.append(f"{block_quote(citation)}\n")
                parts.append(f"\\[{number}\\] {escape_markdown(place)} ({escape_markdown(span)})\n")
        parts.append(f"Answer {escape_markdown(answer['hash'])}\n")
    longest = max((len(run) for run in re.findall("`+", records)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([*parts, _RECORDS_TITLE, f"{fence}json\n{records}{fence}\n"])
