"""Write conversations to files, as Markdown, HTML and JSON, and answers as Markdown.

An exported conversation can be verified, because its text is made from the records it contains alone: a file was altered if its
records make another text, or if a record does not match its hash. So the layout of a format changes only with the number in
`FORMAT`, which a test checks. Format 2 shows the fields that version 2 of the answers added; older records lack them, so the same
code writes format 1.
"""

import hashlib
import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from itertools import count as count_from
from pathlib import Path
from string import punctuation
from typing import Any

from index import BatchError
from qa.answering.answer import BASIS_NOTES
from qa.answering.citation import Citation, split_quote
from qa.conversations import ConversationInfo, KeptTurn
from qa.markup import Mark, escape, line_class, render_marked
from qa.text import count, file_errors, visible, visible_line


def answer_span(citation: Mapping[str, Any]) -> tuple[int, int] | None:
    """The span of a citation's answer words in the document's text; None if the record has none."""
    if citation.get("answer_start") is None:
        return None
    return citation["answer_start"], citation["answer_end"]


_MARKUP = re.compile(r"[\\`*_\[\]{}#~|$]|:(?=//)|^[-+=:]")
_LIST_NUMBER = re.compile(r"^(\d+)([.)])")
_BEGIN, _END = "\x02", "\x03"  # visible text never contains these


def describe_in_markdown(answer: Mapping[str, Any]) -> str:
    """Describe an answer, as `Answer.to_dict` gives it, in Markdown: the verdict, then the quotes with their places."""
    _, *paragraphs = answer_paragraphs(answer)
    return "\n\n".join(paragraphs)


def answer_paragraphs(answer: Mapping[str, Any], *, asked: str = "") -> Iterator[str]:
    """Format an answer in paragraphs of Markdown; those of a conversation say when it was asked, and where quotes are."""
    yield f"## {escape_markdown(' '.join(answer['question'].split()))}"
    if asked and answer.get("parts"):
        yield asked
    yield from map(escape_markdown, describe_remarks(answer))
    for part, citations in answer_sections(answer):
        verdict = tell_verdict(part, escape_markdown)
        if part is not answer:
            yield f"### {escape_markdown(' '.join(part['question'].split()))}"
            yield verdict
        else:
            yield f"{asked} {verdict}" if asked else verdict
        for number, citation in citations:
            span = f"characters {citation['start']} to {citation['end']} of text {citation['text_sha256']}"
            yield block_quote(citation)
            yield f"\\[{number}\\] {escape_markdown(_place(citation))}" + f" ({escape_markdown(span)})" * bool(asked)


def _place(citation: Mapping[str, Any]) -> str:
    return f"{citation['source']}, {Citation.from_dict(citation).locator()}"


def answer_sections(
    answer: Mapping[str, Any],
) -> Iterator[tuple[Mapping[str, Any], list[tuple[int, Mapping[str, Any]]]]]:
    """The parts of a record, or the record itself if it has none; records of earlier versions too.

    Yields:
        Each part with its quotes, or else its closest passages, under their 1-based numbers in the whole record, in which
        all quotes come before the closest passages.
    """
    quotes, nearest = count_from(1), count_from(1 + len(answer["citations"]))
    for part in answer.get("parts") or [answer]:
        cited = [(number, citation) for citation, number in zip(part["citations"], quotes, strict=False)]
        closest = [(number, citation) for citation, number in zip(part["closest"], nearest, strict=False)]
        yield part, cited or closest


def tell_verdict(answer: Mapping[str, Any], escape: Callable[[str], str]) -> str:
    """The verdict of an answer in one line, or the message of a greeting or guidance, escaped."""
    if answer.get("kind", "answer") != "answer":
        return escape(answer["message"])
    confidence = f"confidence {answer['confidence']:.2f}"
    closest = "Closest passages (they may not answer)"
    if answer["verdict"] == "answered":
        return f"Answered, {confidence}."
    if answer["verdict"] == "closest":
        return f"{closest}, {confidence}:"
    scope = answer["scope"]
    searched = f"{count(scope['documents'], 'document')} and {count(scope['passages'], 'passage')}"
    return f"Not in the sources, {confidence}. Searched: {searched}." + (f" {closest}:" if answer["closest"] else "")


def describe_remarks(answer: Mapping[str, Any]) -> list[str]:
    """A line for each word of a record that was searched as another, for damage and caveats, and where nothing was read.

    They are not escaped.
    """
    lines = [f'Searched "{word}" instead of "{typed}".' for typed, word in answer.get("corrected", ())]
    if answer.get("kind", "answer") == "answer" and answer.get("message"):
        lines.append(answer["message"])
    lines += answer["scope"].get("caveats", ())
    note = BASIS_NOTES.get(answer.get("basis", ""))
    return [*lines, note] if note else lines


def block_quote(citation: Mapping[str, Any]) -> str:
    """The quote of a citation as Markdown: escaped, its answer words bold if the record has them."""
    return block_quote_parts(*split_quote(citation["quote"], citation["start"], answer_span(citation)))


def block_quote_parts(before: str, words: str, after: str) -> str:
    """A quote as Markdown, in three parts of which the second is bold; escaped."""
    before, words, after = visible(before), visible(words), visible(after)
    lines, inside = [], False
    for line in f"{before}{_BEGIN}{words}{_END}{after}".split("\n"):
        told = _BEGIN + line if inside else line
        inside = _BEGIN in told and _END not in told
        head, _, rest = told.partition(_BEGIN)
        bold, _, tail = rest.partition(_END)
        shown = _embolden(head, bold, tail) if bold.strip() else escape_markdown(f"{head}{bold}{tail}".strip())
        lines.append(f"> {shown}")
    return "\n".join(lines)


def _embolden(head: str, bold: str, tail: str) -> str:
    """A line of Markdown with some of its words bold.

    Markdown reads "**" as bold only where a letter is on its inner side, or a blank or sign on its outer side. Where
    the words have neither, the bold extends to the next blank.
    """
    words = bold.strip()
    first = bold.index(words)
    head, tail = (head + bold[:first]).lstrip(), (bold[first + len(words) :] + tail).rstrip()
    if not _is_read_as_bold(head[-1:], words[0]):
        beside = re.split(r"\s", head)[-1]
        head, words = head[: len(head) - len(beside)], beside + words
    if not _is_read_as_bold(tail[:1], words[-1]):
        beside = re.split(r"\s", tail)[0]
        words, tail = words + beside, tail[len(beside) :]
    return f"{escape_markdown(head)}**{escape_markdown(words)}**{escape_markdown(tail)}"


def _is_read_as_bold(outside: str, inside: str) -> bool:
    """Whether Markdown reads "**" between two characters as bold; `outside` is empty at the end of a line."""
    letter = unicodedata.category(inside)[0] not in "PS"
    return letter or outside.isspace() or outside in punctuation


def escape_markdown(text: str) -> str:
    """Escape a text as one line that Markdown shows as it is: no markup, link or HTML of a document comes through."""
    escaped = _MARKUP.sub(r"\\\g<0>", html.escape(visible_line(text), quote=False))
    return _LIST_NUMBER.sub(r"\1\\\2", escaped)


RECORDS_OPEN, RECORDS_CLOSE = '<pre id="records">', "</pre>"
_STYLE = """
:root { color-scheme: light dark; --muted: #586068; --line: #dfdfda; --mark: #ffefb0; --mark-text: #1d2125; }
@media (prefers-color-scheme: dark) {
:root { --muted: #a6aeb5; --line: #32393f; --mark: #57480f; --mark-text: #fff3cc; }
}
body { max-width: 42rem; margin: 2rem auto; padding: 0 1rem; font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h2 { margin: 2.5rem 0 0.25rem; padding-top: 1.5rem; border-top: 1px solid var(--line); font-size: 1.25rem; }
figure { margin: 1rem 0; break-inside: avoid; }
blockquote { margin: 0; padding-left: 1rem; border-left: 3px solid var(--line); font-family: Charter, Cambria, Georgia, serif; }
.qa-lines { white-space: pre-wrap; }
mark { background: var(--mark); color: var(--mark-text); }
figcaption, .about { color: var(--muted); font-size: 0.8125rem; }
figcaption { margin-top: 0.35rem; }
code { font-size: 0.75rem; }
pre { white-space: pre-wrap; font-size: 0.6875rem; color: var(--muted); }
@media print {
body { max-width: none; margin: 0; }
h2 { break-after: avoid; }
mark { background: none; color: inherit; text-decoration: underline; }
details { display: none; }
}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def _render_page(content: Mapping[str, Any], records: str) -> str:
    """Make the page of a conversation, with its records as JSON for `qa verify`, all escaped."""
    title = escape(content["title"])
    turns = "".join(_render_turn(turn) for turn in content["turns"])
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f'<h1 dir="auto">{title}</h1>\n{turns}<details>\n<summary>Records</summary>\n'
        f'<p class="about">qa verify checks this file by what follows.</p>\n{RECORDS_OPEN}{escape(records)}{RECORDS_CLOSE}\n'
        "</details>\n</body>\n</html>\n"
    )


def _render_turn(turn: Mapping[str, Any]) -> str:
    answer = turn["answer"]
    asked = f'<time datetime="{escape(turn["asked"])}">{escape(turn["asked"])}</time>.'
    head = f'<section>\n<h2 dir="auto">{escape(answer["question"])}</h2>\n'
    head += f'<p class="about">{asked}</p>\n' if answer.get("parts") else ""
    head += "".join(f'<p class="about" dir="auto">{escape(line)}</p>\n' for line in describe_remarks(answer))
    body = ""
    for part, citations in answer_sections(answer):
        verdict = tell_verdict(part, escape)
        if part is not answer:
            body += f'<h3 dir="auto">{escape(part["question"])}</h3>\n<p class="about">{verdict}</p>\n'
        else:
            body += f'<p class="about">{asked} {verdict}</p>\n'
        body += "".join(_render_citation(number, citation) for number, citation in citations)
    return f'{head}{body}<p class="about">Answer <code>{escape(answer["hash"])}</code></p>\n</section>\n'


def _render_citation(number: int, citation: Mapping[str, Any]) -> str:
    mark = Mark(citation["start"], citation["end"], f'title="[{number}]"', answer_span(citation))
    shown = render_marked(citation["passage"], citation["passage_start"], [mark])
    return (
        f'<figure>\n<blockquote class="{line_class(citation["passage"])}" dir="auto">{shown}</blockquote>\n'
        f"<figcaption>[{number}] <bdi>{escape(_place(citation))}</bdi><br>"
        f"characters {citation['start']:d} to {citation['end']:d} of text "
        f"<code>{escape(citation['text_sha256'])}</code></figcaption>\n</figure>\n"
    )


FORMAT = 2
SUFFIXES = (".md", ".html", ".json")
_RECORDS_TITLE = "## Records\n\n`qa verify` checks this file by what follows."


def export_conversation(suffix: str, info: ConversationInfo, turns: tuple[KeptTurn, ...]) -> str:
    """Return the text of a file, of one of `SUFFIXES`, with a conversation and all its turns in order."""
    asked = [{"asked": turn.asked, "answer": turn.record} for turn in turns]
    content = {"qa_conversation": FORMAT, "title": info.title, "turns": asked}
    return write_export(suffix, {**content, "hash": _hash(content)})


def write_export(suffix: str, content: Mapping[str, Any]) -> str:
    """Make the text of an export from its content; raise KeyError or TypeError if that is not a conversation."""
    text = records = _write_records(content)
    if suffix == ".html":
        text = _render_page(content, records)
    elif suffix == ".md":
        text = _write_markdown(content, records)
    return re.sub("\r\n?", "\n", text)  # as it is read again; in the records line ends are escaped


@dataclass(frozen=True, slots=True)
class Export:
    """A conversation that was saved."""

    lines: tuple[tuple[int, bytes], ...]  # the records of its answers as JSON, each with its 1-based line in the file
    unchanged: bool  # whether its text is what its records make


def read_export(path: Path) -> Export | None:
    """Read a saved conversation; return None if the file has another suffix, or is a `.json` of something else.

    Raises:
        BatchError: It cannot be read, or is `.md` or `.html` without records.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        return None
    try:
        with file_errors(f"read {path}"):
            text = path.read_text(encoding="utf-8-sig")
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
    """SHA-256 of titles, times and records: it reveals accidental changes and is not a signature."""
    canonical = json.dumps({key: value for key, value in content.items() if key != "hash"}, sort_keys=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _find_records(suffix: str, text: str) -> tuple[int, int]:
    """The span of the records in a text; empty if there are none."""
    if suffix == ".json":
        return 0, len(text)
    if suffix == ".html":
        start, end = text.find(RECORDS_OPEN) + len(RECORDS_OPEN), text.rfind(RECORDS_CLOSE)
        return (start, end) if len(RECORDS_OPEN) <= start <= end else (0, 0)
    fence = re.search(r"^(`{3,})\s*\Z", text, re.MULTILINE)
    opening = f"\n{fence[1]}json\n" if fence else ""
    if not fence or opening not in text:
        return 0, 0
    return text.find(opening) + len(opening), fence.start()


def _write_records(content: Mapping[str, Any]) -> str:
    """One answer a line, in ASCII, so that nothing in them can end a block, turn a line around or get lost on the way."""
    head = json.dumps({key: value for key, value in content.items() if key != "turns"})
    turns = ",\n".join(json.dumps(turn) for turn in content["turns"])
    return f'{head[:-1]}, "turns": [\n{turns}\n]}}\n'


def _write_markdown(content: Mapping[str, Any], records: str) -> str:
    paragraphs = [f"# {escape_markdown(content['title'])}"]
    for turn in content["turns"]:
        paragraphs += answer_paragraphs(turn["answer"], asked=f"{escape_markdown(turn['asked'])}.")
        paragraphs.append(f"Answer {escape_markdown(turn['answer']['hash'])}")
    longest = max((len(run) for run in re.findall("`+", records)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n\n".join([*paragraphs, _RECORDS_TITLE, f"{fence}json\n{records}{fence}\n"])
