"""Parse text, Markdown and reStructuredText.

Text and Markdown keep every character: byte-order mark, line ends, tabs and marks, so offsets count in the file's own text.
Markdown headings become headings. Docutils parses reStructuredText: sections are headings, tables are rows, files it names
are never opened. Directives and roles that only other programs know (Sphinx) keep their text and have no effect.
"""

import codecs
import re
from inspect import cleandoc
from typing import Any

from index.errors import SourceError
from index.parsers.builder import Extraction, TextBuilder, add_table
from index.parsers.containers import load_library
from index.records import Locator, Place

SAMPLE_BYTES = 65_536


def read_text(content: bytes, *, name: str) -> Extraction:
    """Read a text file: its text is the file's own characters."""
    return Extraction(decode_text(content, name=name))


def decode_text(content: bytes, *, name: str, encoding: str = "utf-8") -> str:
    """Decode the bytes of a text file.

    UTF-8 is expected. UTF-16 is read where a byte-order mark announces it. Nothing is guessed: text in a wrongly
    guessed encoding would be quoted wrongly.

    Args:
        content: The file's bytes.
        name: The file's name, for messages.
        encoding: Read in place of UTF-8 where a format declares another one.

    Returns:
        The text, as decoded; a UTF-8 byte-order mark stays as its first character.

    Raises:
        SourceError: The bytes are not text, or not in that encoding.
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in content[:SAMPLE_BYTES]:
        raise SourceError(f"{name} is not a text file: it holds zero bytes. Remove it, or give it its right suffix.")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{name} is not valid {encoding.upper()}: byte {error.start} cannot be decoded. "
            "Save it as UTF-8, then index it again."
        ) from error
    if "\0" in text:
        raise SourceError(f"{name} is not a text file: it holds zero bytes. Remove it, or give it its right suffix.")
    return text


_LINE_END = re.compile(r"\r\n?|\n")


def read_markdown_file(content: bytes, *, name: str) -> Extraction:
    """Read a Markdown file: its text is the file's own characters, with the headings found."""
    text = decode_text(content, name=name)
    return Extraction(text, *find_headings(text))


def find_headings(text: str) -> tuple[tuple[Locator, ...], tuple[tuple[int, int], ...]]:
    """Find headings and the text below them.

    Args:
        text: A Markdown text (CommonMark).

    Returns:
        Locators, each with the path of headings above a stretch of text ("Costs > Travel"), in order; and the spans of
        the headings themselves, which are not quoted as answers.
    """
    from markdown_it import MarkdownIt

    line_starts = [0, *(match.end() for match in _LINE_END.finditer(text)), len(text)]
    references: dict[str, Any] = {}
    blocks, words = MarkdownIt("commonmark").disable("inline"), MarkdownIt("commonmark")
    tokens = blocks.parse(text, references)
    locators: list[Locator] = []
    silent: list[tuple[int, int]] = []
    path: list[tuple[int, str]] = []
    below = 0
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type != "heading_open" or opening.level != 0 or opening.map is None:
            continue
        start, end = line_starts[opening.map[0]], line_starts[min(opening.map[1], len(line_starts) - 1)]
        if path and below < start:
            locators.append(Locator(below, start, Place(heading=" > ".join(title for _, title in path))))
        level = int(opening.tag[1:])
        path = [entry for entry in path if entry[0] < level]
        path.append((level, _plain(words.parseInline(inline.content, references))))
        silent.append((start, end))
        below = end
    if path and below < len(text):
        locators.append(Locator(below, len(text), Place(heading=" > ".join(title for _, title in path))))
    return tuple(locators), tuple(silent)


def _plain(tokens: Any) -> str:
    """The words of a heading without its marks."""
    children = [child for token in tokens for child in token.children or []]
    return "".join(child.content for child in children if child.type in ("text", "code_inline")).strip()


_SETTINGS = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,
    "report_level": 5,
    "halt_level": 5,
    "warning_stream": False,
    "doctitle_xform": False,
    "sectsubtitle_xform": False,
    "smart_quotes": False,
    "syntax_highlight": "none",
    "line_length_limit": 1_000_000,
}
_SKIPPED = ("comment", "substitution_definition", "target", "pending", "raw", "image", "docinfo_hidden", "meta")
_DIRECTIVE = re.compile(r"\.\. .*\n(?:[ \t]+:[\w-]+:.*\n)*")


def read_rst(content: bytes, *, name: str) -> Extraction:
    """Read a file of reStructuredText."""
    core = load_library("docutils.core", "docutils", name=name, suffix=".rst")
    text = decode_text(content, name=name).removeprefix("\ufeff")
    builder = TextBuilder(name)
    _add(core.publish_doctree(text, settings_overrides=_SETTINGS), builder, 0)
    return builder.finish()


def _add(node: Any, builder: TextBuilder, level: int) -> None:
    for child in node.children:
        kind = child.tagname
        if kind == "section":
            _add(child, builder, level + 1)
            builder.begin_section(level + 1, "")
        elif kind == "title":
            builder.add_heading(max(level, 1), child.astext())
        elif kind == "system_message":
            _add_unknown(child, builder)
        elif kind == "table":
            _add_rows(child, builder)
        elif kind in ("bullet_list", "enumerated_list", "definition_list", "field_list", "option_list", "docinfo"):
            builder.add_paragraph("\n".join(_list_lines(child, "")))
        elif kind in ("paragraph", "literal_block", "line_block", "attribution", "caption", "rubric", "doctest_block"):
            builder.add_paragraph(child.astext())
        elif kind not in _SKIPPED and child.children:
            _add(child, builder, level)


def _add_unknown(message: Any, builder: TextBuilder) -> None:
    """Write the content of an unknown directive; other messages contain no text of the file."""
    for block in message.children:
        if block.tagname == "literal_block":
            builder.add_paragraph(cleandoc("\n" + _DIRECTIVE.sub("", block.astext() + "\n", count=1)))


def _list_lines(items: Any, indent: str) -> list[str]:
    lines = []
    for number, item in enumerate(items.children, start=1):
        kind = items.tagname
        marker = f"{number}. " if kind == "enumerated_list" else "- " if kind == "bullet_list" else ""
        if kind == "bullet_list" or kind == "enumerated_list":
            blocks = item.children
        elif kind == "docinfo":
            blocks = ()
            lines.append(f"{item.tagname.capitalize()}: {_flat(item)}")
        else:
            name, *blocks = item.children
            blocks = [block for part in blocks for block in (part.children if part.children else ())]
            if kind == "field_list":
                marker = f"{_flat(name)}: "
            else:
                lines.append(indent + _flat(name))
                marker = "  "
        for block in blocks:
            if block.tagname.endswith("_list"):
                lines += _list_lines(block, indent + "  ")
            elif text := _flat(block):
                lines.append(indent + marker + text)
                marker = " " * len(marker)
    return lines


def _flat(node: Any) -> str:
    return " ".join(node.astext().split())


def _add_rows(table: Any, builder: TextBuilder) -> None:
    rows: list[list[str]] = []
    headers = 0
    spanned: dict[int, tuple[int, str]] = {}
    for part in table.findall():
        if part.tagname == "title" and part.parent is table:
            builder.add_paragraph(part.astext())
        elif part.tagname == "row":
            line: list[str] = []
            for entry in part.children:
                _fill(line, spanned)
                if entry.get("morerows"):
                    spanned[len(line)] = (entry["morerows"], _flat(entry))
                line += [_flat(entry), *[""] * entry.get("morecols", 0)]
            _fill(line, spanned)
            rows.append(line)
            headers += part.parent.tagname == "thead"
    add_table(builder, rows, headers=headers or None)


def _fill(line: list[str], spanned: dict[int, tuple[int, str]]) -> None:
    while len(line) in spanned:
        rows, text = spanned.pop(len(line))
        if rows > 1:
            spanned[len(line)] = (rows - 1, text)
        line.append(text)
