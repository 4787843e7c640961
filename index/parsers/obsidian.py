"""Parse the notes of an Obsidian vault: Markdown with links, callouts, marks and comments of its own, as a page that it shows.

A vault is a folder with a folder `.obsidian`, in which the program keeps its settings. Elsewhere such marks are plain text.
"""

import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.parsers.builder import Extraction, TextBuilder, list_some
from index.parsers.plain import decode_text, make_markdown, render_markdown

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.rules_inline import StateInline

SETTINGS = ".obsidian"
_TEMPLATES = (("templates.json", "folder"), ("plugins/templater-obsidian/data.json", "templates_folder"))
_NOTES = ("", ".md", ".canvas", ".base")  # what an embed shows as text; others are pictures, sound and the like
_LINK = re.compile(r"(!?)\[\[([^\[\]|#\n]*)((?:#[^\[\]|#\n]*)*)(?:\|([^\[\]\n]*))?\]\]")
_MARKED = re.compile(r"==(?=\S)((?:(?!==).)*?\S)==", re.DOTALL)
_COMMENT = re.compile(r"%%.*?%%", re.DOTALL)
_BLOCK_ID = re.compile(r"\^[A-Za-z0-9-]+\Z")
_CALLOUT = re.compile(r"\[!([\w -]+)(?:\|[^\]\n]*)?\][+-]?[ \t]*(.*)")
_PROPERTY = re.compile(r"^(\w[\w -]*):[ \t]*(.*(?:\n(?:[ \t]+|(?=-[ \t]))-[ \t].*)*)", re.MULTILINE)
_NAMES = {
    "title": ("title",),
    "author": ("author", "authors"),
    "date": ("date", "published", "created"),
}  # of properties, best first


def in_vault(file: str | Path) -> bool:
    """Whether a file is in a vault."""
    inner, folder = "", os.path.dirname(os.path.abspath(file))
    while folder != inner:
        if os.path.isdir(os.path.join(folder, SETTINGS)):
            return True
        inner, folder = folder, os.path.dirname(folder)
    return False


def template_folders(vault: Path) -> set[str]:
    """The folders of templates in a vault, as its settings have them, relative to it."""
    found = set()
    for file, name in _TEMPLATES:
        with suppress(OSError, ValueError, AttributeError):
            folder = json.loads((vault / SETTINGS / file).read_text(encoding="utf-8")).get(name)
            found |= {folder.strip("/")} if isinstance(folder, str) else set()
    return found - {"", "."}


def read_note(content: bytes, *, name: str, encoding: str = "") -> Extraction:
    """Read a note as what it shows: the text of links, callouts as paragraphs, no comments and block identifiers.

    Embedded notes are left out, and noted: they are documents of their own. Properties give title, author and date; the first
    alias is the title of a note without one.
    """
    from index.parsers.html import add_html, describe_unread

    text, notes = decode_text(content, name=name, encoding=encoding)
    builder = TextBuilder(name)
    builder.notes += notes
    embedded: list[str] = []
    front, page = render_markdown(text, note_parser(embedded))
    builder.notes += describe_unread(add_html(page, builder, name=name))
    if embedded:
        builder.notes.append(f"embedded notes are read by themselves: {list_some(list(dict.fromkeys(embedded)))}")
    properties = {
        found[1].strip().lower(): _values(found[2]) for found in _PROPERTY.finditer(front.replace("\r\n", "\n"))
    }
    chosen = {key: next(filter(None, map(properties.get, names)), []) for key, names in _NAMES.items()}
    aliases = properties.get("aliases") or properties.get("alias") or []
    builder.describe(
        title=(chosen["title"] or aliases or [""])[0],
        author="; ".join(_shown_links(author) for author in chosen["author"]),
        date=(chosen["date"] or [""])[0],
    )
    return builder.finish()


def note_parser(embedded: list[str] | None = None) -> "MarkdownIt":
    """Make the parser of the Markdown of notes, which collects the names of embedded notes in `embedded`."""
    embeds = [] if embedded is None else embedded

    def show_link(state: "StateInline", silent: bool) -> bool:
        found = _LINK.match(state.src, state.pos, state.posMax)
        if not found:
            return False
        if not silent:
            if not found[1]:
                state.push("text", "", 0).content = _shown(found)
            elif Path(found[2]).suffix.lower() in _NOTES or " " in Path(found[2]).suffix:
                embeds.append(found[2].strip())
        state.pos = found.end()
        return True

    def show_marked(state: "StateInline", silent: bool) -> bool:
        found = _MARKED.match(state.src, state.pos, state.posMax)
        if not found:
            return False
        if not silent:
            state.push("mark_open", "mark", 1)
            state.md.inline.parse(found[1], state.md, state.env, state.tokens)
            state.push("mark_close", "mark", -1)
        state.pos = found.end()
        return True

    parser = make_markdown()
    parser.block.ruler.before("fence", "comment", _hide_comment_block, {"alt": ["paragraph", "blockquote", "list"]})
    parser.core.ruler.after("block", "callout", _part_callouts)
    parser.inline.ruler.before("link", "note_link", show_link)
    parser.inline.ruler.before("link", "marked", show_marked)
    parser.inline.ruler.before("link", "comment", _hide_comment)
    parser.inline.ruler.before("link", "block_id", _hide_block_id)
    return parser


def _shown(link: re.Match[str]) -> str:
    """What a link shows: the words given, or the note and its headings."""
    headings = [part for part in link[3].split("#") if part and not part.startswith("^")]
    return (link[4] or "").strip() or " > ".join(filter(None, [link[2].strip(), *headings]))


def _shown_links(text: str) -> str:
    return _LINK.sub(_shown, text)


def _hide_comment(state: "StateInline", silent: bool) -> bool:
    found = _COMMENT.match(state.src, state.pos, state.posMax)
    if found:
        state.pos = found.end()
    return bool(found)


def _hide_block_id(state: "StateInline", silent: bool) -> bool:
    found = _BLOCK_ID.match(state.src, state.pos, state.posMax)
    before = state.src[state.pos - 1 : state.pos]
    if not found or (before and not before.isspace()):
        return False
    state.pos = found.end()
    return True


def _hide_comment_block(state: "StateBlock", first: int, last: int, silent: bool) -> bool:
    """Leave out lines from one that begins with %% to one that ends with it, blank ones among them."""
    line = state.src[state.bMarks[first] + state.tShift[first] : state.eMarks[first]].rstrip()
    if not line.startswith("%%") or "%%" in line[2:]:
        return False
    lines = range(first + 1, last)
    end = next((n for n in lines if "%%" in state.src[state.bMarks[n] : state.eMarks[n]]), None)
    if end is not None and not silent:
        state.line = end + 1
    return end is not None


def _part_callouts(state: "StateCore") -> None:
    """Part the title of a callout, `> [!tip] Title`, from the text below it; without a title, its kind is the title."""
    tokens: list[Any] = []
    for token in state.tokens:
        quoted = [each.type for each in tokens[-2:]] == ["blockquote_open", "paragraph_open"]
        found = _CALLOUT.match(token.content) if quoted and token.type == "inline" else None
        tokens.append(token)
        if found:
            rest = token.content[found.end() :].strip()
            opened = tokens[-2]
            token.content = f"**{found[2].strip() or found[1].capitalize()}**"
            if rest:
                closed = opened.copy(type="paragraph_close", nesting=-1)
                tokens += [closed, opened.copy(), token.copy(content=rest, children=[])]
    state.tokens = tokens


def _values(written: str) -> list[str]:
    """The values of a property: one, several in brackets, or a list below it."""
    first, *items = written.split("\n")
    if first.startswith("[") and not first.startswith("[["):
        items = first.strip().strip("[]").split(",")
    elif first.strip():
        items = [first]
    return [value for item in items if (value := item.strip().removeprefix("- ").strip().strip("\"'"))]
