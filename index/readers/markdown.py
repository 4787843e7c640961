"""Find the headings of a Markdown text. The text itself stays as written, marks included."""

import re

from index.readers.extraction import Extraction
from index.readers.text import decode_text
from index.records import Locator

_LINE_END = re.compile(r"\r\n?|\n")


def read_markdown_file(content: bytes, *, name: str) -> Extraction:
    """Read a Markdown file: its text is the file's own characters, with the headings found."""
    text = decode_text(content, name=name)
    return Extraction(text, *find_headings(text))


def find_headings(text: str) -> tuple[tuple[Locator, ...], tuple[tuple[int, int], ...]]:
    """Find headings and what stands below them.

    Args:
        text: A Markdown text (CommonMark).

    Returns:
        Locators, each with the path of headings above a stretch of text ("Costs > Travel"), in order; and the spans of
        the headings themselves, which are not quoted as answers.
    """
    from markdown_it import MarkdownIt

    line_starts = [0, *(match.end() for match in _LINE_END.finditer(text)), len(text)]
    references: dict = {}
    blocks, words = MarkdownIt("commonmark").disable("inline"), MarkdownIt("commonmark")
    tokens = blocks.parse(text, references)
    locators: list[Locator] = []
    silent: list[tuple[int, int]] = []
    path: list[tuple[int, str]] = []
    below = 0
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type != "heading_open" or opening.level != 0:
            continue
        start, end = line_starts[opening.map[0]], line_starts[min(opening.map[1], len(line_starts) - 1)]
        if path and below < start:
            locators.append(Locator(below, start, heading=" > ".join(title for _, title in path)))
        level = int(opening.tag[1:])
        path = [entry for entry in path if entry[0] < level]
        path.append((level, _plain(words.parseInline(inline.content, references))))
        silent.append((start, end))
        below = end
    if path and below < len(text):
        locators.append(Locator(below, len(text), heading=" > ".join(title for _, title in path)))
    return tuple(locators), tuple(silent)


def _plain(tokens) -> str:
    """The words of a heading without its marks."""
    children = [child for token in tokens for child in token.children or []]
    return "".join(child.content for child in children if child.type in ("text", "code_inline")).strip()
