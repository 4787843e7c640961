"""Write conversations as Word documents and as PDF, to be read, printed and handed on.

Unlike the exports of `qa.exports` these cannot be verified by themselves; each answer names its hash, by which its record can
be found. Text of documents comes out as text: control characters are shown by their codes, and what the format cannot hold
as U+FFFD.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, Literal

from qa.answering.citation import Citation, split_quote
from qa.conversations import ConversationInfo, KeptTurn
from qa.exports import answer_sections, block_quote_parts, describe_remarks, escape_markdown, tell_verdict
from qa.text import visible
from qa.typesetting import typeset

SUFFIXES = (".docx", ".pdf", ".md")
_UNWRITABLE = re.compile("[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_STYLES = {"title": "Title", "heading": "Heading 1", "part": "Heading 2", "quote": "Quote"}


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph of a report.

    Attributes:
        kind: "title" of the report, "heading" of an entry, "part" of an entry, "about" an entry, "quote", its "source", or
            a "note" on it.
        text: What it says, or what stands before the words to emphasise.
        strong: Words to emphasise.
        after: What stands after them.
    """

    kind: Literal["title", "heading", "part", "about", "quote", "source", "note"]
    text: str
    strong: str = ""
    after: str = ""


def describe_conversation(info: ConversationInfo, turns: Iterable[KeptTurn]) -> Iterator[Line]:
    """Describe a conversation: every question with its verdict, its quotes, and where they are."""
    yield Line("title", info.title)
    for turn in turns:
        answer = turn.record
        yield Line("heading", " ".join(answer["question"].split()))
        asked = f"{describe_time(turn.asked)}."
        if answer.get("parts"):
            yield Line("about", asked)
        yield from (Line("about", remark) for remark in describe_remarks(answer))
        for part, citations in answer_sections(answer):
            verdict = tell_verdict(part, str)
            if part is answer:
                yield Line("about", f"{asked} {verdict}")
            else:
                yield Line("part", " ".join(part["question"].split()))
                yield Line("about", verdict)
            for number, record in citations:
                yield from describe_quote(Citation.from_dict(record), before=f"[{number}] ")
        yield Line("about", f"Answer {answer['hash']}")


def describe_time(moment: str) -> str:
    """Show a moment in ISO 8601 as people write it: '2024-03-01 12:00 UTC'."""
    return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def describe_quote(citation: Citation, *, before: str = "") -> tuple[Line, Line]:
    """Describe a quote: its words, with those that answer emphasised, and where they are."""
    words = split_quote(citation.quote, citation.start, citation.answer_span)
    return Line("quote", *words), Line("source", f"{before}{citation.source}, {citation.locator()}")


def write_report(suffix: str, lines: Iterable[Line]) -> bytes:
    """Write a report as a file of one of `SUFFIXES`, its first line a title.

    Raises:
        MissingPackage: `.pdf` needs Typst, and it is not installed.
    """
    cleaned = [Line(line.kind, *map(_clean, (line.text, line.strong, line.after))) for line in lines]
    if suffix == ".docx":
        return _write_word(cleaned)
    return _write_pdf(cleaned) if suffix == ".pdf" else _write_markdown(cleaned)


def _write_pdf(lines: Sequence[Line]) -> bytes:
    """Set the lines on pages; what no font of this computer has is drawn as a crossed box."""
    told = [
        {"kind": line.kind, "before": line.text, "strong": line.strong, "after": line.after, "rtl": _is_rtl(line)}
        for line in lines
    ]
    return typeset("report.typ", {"title": lines[0].text, "lines": told})


def _write_word(lines: Sequence[Line]) -> bytes:
    from docx import Document
    from docx.oxml import OxmlElement
    from docx.shared import Pt, RGBColor

    document = Document()
    properties = document.core_properties
    properties.title, properties.author, properties.comments = lines[0].text[:255], "", ""
    for line in lines:
        paragraph = document.add_paragraph(style=_STYLES.get(line.kind))
        for text, bold in ((line.text, False), (line.strong, True), (line.after, False)):
            if not text:
                continue
            run: Any = paragraph.add_run(text)
            run.bold = bold or None
            if line.kind in ("about", "source"):
                run.font.size, run.font.color.rgb = Pt(9), RGBColor(0x58, 0x60, 0x68)
            if _is_rtl(line):
                run._r.get_or_add_rPr().append(OxmlElement("w:rtl"))
        paragraph.paragraph_format.keep_with_next = line.kind in ("heading", "part", "quote") or None
        if _is_rtl(line):
            paragraph._p.get_or_add_pPr().append(OxmlElement("w:bidi"))
    file = BytesIO()
    document.save(file)
    return file.getvalue()


def _write_markdown(lines: Sequence[Line]) -> bytes:
    marks = {"title": "# ", "heading": "## ", "part": "### "}
    paragraphs = [
        block_quote_parts(line.text, line.strong, line.after)
        if line.kind == "quote"
        else marks.get(line.kind, "") + escape_markdown(f"{line.text}{line.strong}{line.after}")
        for line in lines
    ]
    return ("\n\n".join(paragraphs) + "\n").encode("utf-8")


def _is_rtl(line: Line) -> bool:
    """Whether the first letter of a line is of a script that is written from right to left."""
    sides = (unicodedata.bidirectional(character) for character in f"{line.text}{line.strong}{line.after}")
    return next((side for side in sides if side in ("L", "R", "AL")), "L") != "L"


def _clean(text: str) -> str:
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", visible(text))
