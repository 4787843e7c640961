"""Describe answers, collections and progress in the terminal.

Quotes and names come from documents, and a terminal obeys what it receives: control characters and marks that change
the direction of text are shown as `\x1b`, `\u202e`. Everything else stays unchanged.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click

from index import CollectionInfo
from qa.answering.answer import Answer, describe_answer
from qa.answering.citation import Citation
from qa.text import describe_size, visible, visible_line
from qa.verify import TextChange

TICK = 0.5  # seconds
_VERDICTS = {
    "answered": ("Answered", "green"),
    "closest": ("Closest passages only", "yellow"),
    "not_in_sources": ("Not in the sources", "red"),
}


def is_colourful(stream: TextIO) -> bool:
    """Whether to write bold and colours to a stream: a terminal that shows them, unless NO_COLOR is set."""
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb" and not os.environ.get("NO_COLOR")


def print_answer(answer: Answer) -> None:
    """Print an answer with its confidence and, for each place, the address that opens it."""
    colourful = is_colourful(sys.stdout)
    lines = [describe_answer(answer, emphasise=colourful), *describe_confidence(answer, colourful=colourful)]
    print("\n".join(lines + describe_addresses(answer)))


def describe_confidence(answer: Answer, *, colourful: bool = False) -> list[str]:
    """Describe verdict and confidence in a line, or in a line for each part; a greeting or guidance has neither."""
    lines = []
    for part in answer.parts or (answer,):
        if part.kind == "answer":
            word, colour = _VERDICTS[part.verdict]
            word = click.style(word, fg=colour, bold=True) if colourful else word
            of_part = f": {visible_line(part.question)}" if answer.parts else "."
            lines.append(f"{word}, confidence {part.confidence:.2f}{of_part}")
    return ["", *lines] if lines else []


def describe_addresses(answer: Answer) -> list[str]:
    """List the address of each place shown, for a browser: the file, and the page of a PDF."""
    numbers: dict[str, list[str]] = {}
    for section in answer.sections():
        for number, citation in section.shown.items():
            numbers.setdefault(_address(citation), []).append(str(number))
    return [f"Open [{', '.join(shown)}]: {address}" for address, shown in numbers.items()]


def _address(citation: Citation) -> str:
    path = Path(citation.path)
    is_paged = citation.place.page and path.suffix.lower() == ".pdf"
    return path.absolute().as_uri() + (f"#page={citation.place.page}" if is_paged else "")


def describe_collections(collections: Sequence[CollectionInfo]) -> str:
    """Describe collections as a table: a line for each, then its sources."""
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
    what = f"format {collection.format} can no longer be read" if collection.format else "damaged"
    return f"  ({what}: qa index --rebuild)".lstrip("" if collection.model else " ")


def describe_change(change: TextChange) -> str:
    """Describe a passage as indexed and as it is now, indented."""
    now = f"now, paragraph {change.paragraph}" if change.paragraph else f"now: {visible_line(change.reason)}"
    texts = [("as indexed", change.indexed)] + [(now, change.now)] * bool(change.now)
    lines = []
    for title, text in texts:
        lines += [f"  {title}:", *(f"    {line}" for line in visible(text).split("\n"))]
    return "\n".join(lines if change.now else [*lines, f"  {now}"])


@contextmanager
def show_progress(unit: str, before: str = "opening the documents") -> Iterator[Callable[..., None]]:
    """Show a progress bar if standard error is a terminal; yield the function to call at each step.

    Until the first step, show what happens `before`, and for how many seconds.
    """
    from tqdm import tqdm

    waiting, line = "{desc} {elapsed}", "{desc}: {n_fmt}/{total_fmt} {bar} {elapsed}<{remaining} {postfix}"
    with tqdm(desc=before, bar_format=waiting, file=sys.stderr, disable=None, leave=False) as bar:
        began = threading.Event()

        def tick() -> None:
            while not began.wait(TICK):
                bar.refresh()

        def show(done: int, total: int, name: str = "") -> None:
            is_first = not began.is_set()
            began.set()
            bar.desc, bar.bar_format, bar.total = unit, line, total
            bar.set_postfix_str(visible_line(name), refresh=False)
            bar.update(done - bar.n)
            if is_first:
                bar.refresh()

        ticking = threading.Thread(target=tick, daemon=True)
        if not bar.disable:
            ticking.start()
        try:
            yield show
        finally:
            began.set()
            if not bar.disable:
                ticking.join()


def notify(line: str) -> None:
    """Print one line on standard error, above any progress bar."""
    from tqdm import tqdm

    tqdm.write(visible_line(line), file=sys.stderr)
