"""Put answers into words for a terminal.

Quotes and names come from documents, and a terminal obeys what it is sent: control characters and the marks that
turn text around are shown as `\x1b`, `\u202e`. Everything else stays as it is.

What is said on standard error while a command is at work: progress, and lines of news.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from index import CollectionInfo
from qa.answering.answer import NOT_READ, Answer, Section
from qa.answering.citation import Citation, TermEvidence, split_quote
from qa.answering.disagreements import Disagreement
from qa.text import count, describe_size, visible, visible_line
from qa.verify import TextChange

_BOLD, _PLAIN = "\x1b[1m", "\x1b[22m"


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


@contextmanager
def show_progress(unit: str) -> Iterator[Callable[..., None]]:
    """Show a progress bar on standard error where that is a terminal; yields what is to be told of each step."""
    from tqdm import tqdm

    line = "{desc}: {n_fmt}/{total_fmt} {bar} {elapsed}<{remaining} {postfix}"
    with tqdm(desc=unit, bar_format=line, file=sys.stderr, disable=None, leave=False) as bar:

        def show(done: int, total: int, name: str = "") -> None:
            bar.total = total
            bar.set_postfix_str(visible_line(name), refresh=False)
            bar.update(done - bar.n)

        yield show


def notify(line: str) -> None:
    """Say one line on standard error, above a progress bar where there is one."""
    from tqdm import tqdm

    tqdm.write(visible_line(line), file=sys.stderr)
