"""Read reStructuredText with Docutils: sections are headings, tables are rows; files it names are never opened.

Directives and roles that only other programs know (Sphinx) keep their text; what they would do is left out.
"""

import re
from inspect import cleandoc

from index.readers.extraction import Extraction, TextBuilder
from index.readers.kinds import load_library
from index.readers.tables import add_table
from index.readers.text import decode_text

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


def _add(node, builder: TextBuilder, level: int) -> None:
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


def _add_unknown(message, builder: TextBuilder) -> None:
    """Write what an unknown directive holds; a message about anything else has no text of the file's own."""
    for block in message.children:
        if block.tagname == "literal_block":
            builder.add_paragraph(cleandoc("\n" + _DIRECTIVE.sub("", block.astext() + "\n", count=1)))


def _list_lines(items, indent: str) -> list[str]:
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


def _flat(node) -> str:
    return " ".join(node.astext().split())


def _add_rows(table, builder: TextBuilder) -> None:
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
