"""Put answers into words for a terminal.

Quotes and names come from documents, and a terminal obeys what it is sent: control characters and the marks that
turn text around are shown as `\\x1b`, `\\u202e`. Everything else stays as it is.
"""

import re
from collections.abc import Mapping, Sequence

from index import CollectionInfo, Progress
from qa.answers import NOT_READ, Answer, Section
from qa.changes import TextChange
from qa.citations import Citation, split_quote
from qa.disagreement import Disagreement
from qa.evidence import TermEvidence

_BOLD, _PLAIN = "\x1b[1m", "\x1b[22m"
_LINE_END = re.compile(r"\r\n?")
# C0 and C1 controls but tab and line feed; embeddings, overrides and isolates of writing direction.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Make control characters visible; tabs stay, every line end becomes a line feed."""
    return _CONTROL.sub(_escape, _LINE_END.sub("\n", text))


def visible_line(text: str) -> str:
    """Make control characters visible and line ends spaces: the text as one line."""
    return " ".join(visible(text).split("\n"))


def name_first(source: str, text: str) -> str:
    """Put the name of a document before what is said of it, unless that begins with it."""
    return text if text.startswith(source) else f"{source}: {text}"


def count(number: int, word: str) -> str:
    """Say how many: '1 passage', '2,000 passages'."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def describe_progress(progress: Progress) -> str:
    """Say how fast indexing goes and how long it will take: '35 a second, 12 min left'; nothing while unknown."""
    if progress.seconds_left is None:
        return ""
    minutes = round(progress.seconds_left / 60)
    left = f"{progress.seconds_left:.0f} s" if progress.seconds_left < 100 else f"{minutes} min"
    left = left if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"
    return f"{progress.passages_per_second:,.0f} a second, {left} left"


def describe_answer(answer: Answer, *, emphasise: bool = False) -> str:
    """Describe an answer to a person: numbered quotes, each with its source and place.

    Args:
        answer: The answer; each of its parts stands under its own question.
        emphasise: Whether to have the terminal show the exact answer words in bold.

    Returns:
        Lines without a line end after the last; safe to print whatever the documents hold.
    """
    blocks = [visible_line(f'Searched "{word}" instead of "{typed}".') for typed, word in answer.corrected]
    if answer.basis == "retrieval" and answer.kind == "answer":
        blocks.append(NOT_READ)
    for section in answer.sections():
        told = _describe_section(section, emphasise)
        blocks.append(f"{visible_line(section.answer.question)}\n\n{told}" if answer.parts else told)
    return "\n\n".join(blocks)


def _describe_section(section: Section, emphasise: bool) -> str:
    answer = section.answer
    quotes = _describe_citations(section.shown, emphasise)
    if answer.kind != "answer":
        return "\n\n".join(filter(None, [visible(answer.message), quotes]))
    if answer.verdict == "answered":
        numbers = [0, *section.citations]
        differing = [_describe_disagreement(found, answer.citations, numbers) for found in answer.disagreements]
        return "\n\n".join([quotes, *differing])
    searched = f"{count(answer.scope.documents, 'document')} and {count(answer.scope.passages, 'passage')}"
    lines = [] if answer.verdict == "closest" else [f"Not in the sources. Searched: {searched}."]
    missing = [_describe_missing(term) for term in answer.evidence if not term.passages]
    if missing:
        lines.append(f"Words that occur nowhere: {', '.join(missing)}.")
    if answer.closest:
        lines += ["Closest passages (they may not answer):", quotes]
    return "\n".join(lines)


def describe_collections(collections: Sequence[CollectionInfo]) -> str:
    """Describe collections as a table, a line each, and under each what it is made of."""
    if not collections:
        return "There are no collections yet. Make one: qa index SOURCES --name NAME"
    heads = ("NAME", "DOCUMENTS", "PASSAGES", "PENDING", "SIZE", "UPDATED", "MODEL")
    rows = [
        (visible_line(c.name), f"{c.documents:,}", f"{c.passages:,}", f"{c.pending:,}", describe_size(c.size))
        + (c.updated[:16].replace("T", " ") or "never", visible_line(c.model) + _describe_format(c))
        for c in collections
    ]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = []
    for row, sources in [(heads, ()), *((row, c.sources) for row, c in zip(rows, collections, strict=True))]:
        cells = [
            cell.rjust(width) if 1 <= position <= 4 else cell.ljust(width)
            for position, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines += ["  ".join(cells).rstrip(), *(f"  {visible_line(source)}" for source in sources)]
    return "\n".join(lines)


def _describe_format(collection: CollectionInfo) -> str:
    if collection.is_current:
        return ""
    what = f"format {collection.format} is not read any more" if collection.format else "damaged"
    return f"  ({what}: qa index --rebuild)".lstrip("" if collection.model else " ")


def describe_size(size: int) -> str:
    """Say how many bytes: '512 B', '1.5 MB'."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000 or unit == "GB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if amount >= 10 or unit == "B" else f"{amount:.1f} {unit}"


def describe_change(change: TextChange) -> str:
    """Describe a passage then and now, indented."""
    now = f"now, paragraph {change.paragraph}" if change.paragraph else f"now: {visible_line(change.reason)}"
    texts = [("as indexed", change.indexed)] + [(now, change.now)] * bool(change.now)
    lines = []
    for title, text in texts:
        lines += [f"  {title}:", *(f"    {line}" for line in visible(text).split("\n"))]
    return "\n".join(lines if change.now else [*lines, f"  {now}"])


def _describe_disagreement(disagreement: Disagreement, citations: Sequence[Citation], numbers: Sequence[int]) -> str:
    """One line; `numbers` holds the number shown for each 1-based citation."""
    values = []
    for statement in disagreement.statements:
        citation = citations[statement.citation - 1]
        value = citation.quote[statement.start - citation.start : statement.end - citation.start]
        values.append(f"[{numbers[statement.citation]}] {visible_line(value)}")
    return f"These passages give different {disagreement.kind}s: {', '.join(values)}."


def _describe_missing(term: TermEvidence) -> str:
    return visible_line(f"{term.word} (nearly: {', '.join(term.near)})" if term.near else term.word)


def _describe_citations(citations: Mapping[int, Citation], emphasise: bool) -> str:
    blocks = []
    for number, citation in citations.items():
        mark = f"[{number}] "
        indent = " " * len(mark)
        before, words, after = map(visible, split_quote(citation.quote, citation.start, citation.answer_span))
        words = f"{_BOLD}{words}{_PLAIN}" if words and emphasise else words
        quote = f"{before}{words}{after}".replace("\n", "\n" + indent)
        place = visible_line(f"{citation.source}, {citation.locator()}")
        blocks.append(f"{mark}{quote}\n{indent}-- {place}")
    return "\n\n".join(blocks)


def _escape(match: re.Match) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
