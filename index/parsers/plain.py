"""Parse text, Markdown, reStructuredText and rich text.

Text keeps every character: byte-order mark, line ends and tabs, so offsets count in the file's own text. Markdown is read as
the page it makes. Docutils parses reStructuredText: sections are headings, tables are rows, files it names
are never opened. Directives and roles that only other programs know (Sphinx) keep their text and have no effect.
"""

import codecs
import io
import re
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, NamedTuple

from index.errors import SourceError
from index.parsers.builder import Extraction, TextBuilder, add_table, describe_row, one_line
from index.parsers.columns import find_tables
from index.parsers.containers import WEB_PAGE, describe_kind, load_library, refuse_kind

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

GUESS_BYTES = 1_000_000
GUESSED = "auto"  # in place of the name of an encoding
_MARKS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_text(content: bytes, *, name: str, encoding: str = "") -> Extraction:
    """Read a text file: its text is the file's own characters, unless it is a web page by its first tag.

    The functions of all formats that are text take `encoding`, as `decode_text` does.
    """
    if describe_kind(content) == WEB_PAGE:
        from index.parsers.html import read_html

        return read_html(content, name=name, encoding=encoding)
    text, notes = decode_text(content, name=name, encoding=encoding)
    locators, silent = find_tables(text)
    return Extraction(text, locators, silent, notes=notes)


def read_rtf(content: bytes, *, name: str) -> Extraction:
    """Read a rich text file: its words, without their looks.

    Raises:
        SourceError: It is no rich text file.
    """
    striprtf = load_library("striprtf.striprtf", "striprtf", name=name, suffix=".rtf")
    if not content.lstrip().startswith(b"{\\rtf"):
        refuse_kind(content, name=name, suffix=".rtf")
    builder = TextBuilder(name)
    for line in striprtf.rtf_to_text(content.decode("latin-1"), errors="replace").split("\n"):
        cells = [one_line(cell) for cell in line.split("|")]
        if line.count("|") > 1 and line.rstrip().endswith("|"):  # how the library writes a row of a table
            builder.add_paragraph(describe_row([], cells))
        else:
            builder.add_paragraph(line)
    return builder.finish()


class DecodedText(NamedTuple):
    """The text of a file, and what to note about its encoding."""

    text: str
    notes: tuple[str, ...] = ()


def find_codec(encoding: str | None) -> str:
    """Python's name of an encoding that a person named, such as "cp1252" for "windows-1252"; empty for None and `GUESSED`.

    Raises:
        SourceError: There is no such encoding of text.
    """
    if encoding is None or encoding.lower() == GUESSED:
        return ""
    try:
        io.TextIOWrapper(io.BytesIO(), encoding=encoding)  # refuses codecs of anything but text
        return codecs.lookup(encoding).name
    except (LookupError, ValueError) as error:
        raise SourceError(
            f"there is no encoding {encoding!r}. Name one such as windows-1252 or shift_jis, or {GUESSED} to have it guessed."
        ) from error


def show_codec(codec: str) -> str:
    """The usual name of an encoding, given by Python's."""
    codec = codec.replace("-", "_")
    return _NAMES.get(codec) or (
        f"windows-{codec[2:]}" if codec.startswith("cp125") else codec.upper().replace("_", "-")
    )


def decode_text(content: bytes, *, name: str, declared: str = "utf-8", encoding: str = "") -> DecodedText:
    """Decode the bytes of a text file.

    A byte-order mark decides, then the encoding that a person named. Otherwise UTF-8 is expected; text that is not UTF-8 is
    decoded as the encoding that fits it best. The notes name an encoding that was named or guessed.

    Args:
        content: The file's bytes.
        name: The file's name, for messages.
        declared: Tried in place of UTF-8 where a format declares another one.
        encoding: What a person named, as `find_codec` gives it; empty to guess.

    Returns:
        The text, as decoded; a UTF-8 byte-order mark stays as its first character.

    Raises:
        SourceError: The bytes are not text, or in no encoding that can be recognised.
    """
    if encoding and not content.startswith(_MARKS):
        return _decode_as(content, encoding, name)
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        declared = "utf-16"
    wrong = ""
    try:
        text = content.decode(declared)
        if "\0" not in text:
            return DecodedText(text)
    except UnicodeDecodeError as error:
        wrong = f"byte {error.start} cannot be decoded"
    guess = _guess_encoding(content)
    if guess:
        return DecodedText(content.decode(guess), (f"its encoding is guessed: read as {show_codec(guess)}",))
    if b"\0" in content and declared != "utf-16":
        raise SourceError(f"{name} is not a text file: it holds zero bytes. Remove it, or give it its right suffix.")
    raise SourceError(f"{name} is not valid {declared.upper()}: {wrong}. Save it as UTF-8, then index it again.")


def _decode_as(content: bytes, encoding: str, name: str) -> DecodedText:
    shown = show_codec(encoding)
    try:
        text = content.decode(encoding)
        wrong = "it would hold zero characters" if "\0" in text else ""
    except UnicodeError as error:
        wrong = (
            f"byte {error.start} cannot be decoded" if isinstance(error, UnicodeDecodeError) else "it cannot be decoded"
        )
    if wrong:
        raise SourceError(
            f"{name} is not valid {shown}, the encoding named: {wrong}. Name another with --encoding, or save it as UTF-8."
        )
    return DecodedText(text, (f"its encoding was named: read as {shown}",))


_WIDE = ("utf_16_le", "utf_16_be")
_CANDIDATES = (
    *("gb18030", "big5", "shift_jis", "euc_jp", "euc_kr", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255"),
    *("cp1256", "koi8_r"),
)
_NAMES = {code: f"windows-{code[2:]}" for code in _CANDIDATES if code.startswith("cp")} | {
    "utf_16_le": "UTF-16", "utf_16_be": "UTF-16", "shift_jis": "Shift-JIS", "koi8_r": "KOI8-R",
}  # fmt: skip
_FEWEST = 8  # bytes beyond ASCII that say something about a language


def _guess_encoding(content: bytes) -> str:
    """The encoding that fits some bytes best; empty when none does."""
    from charset_normalizer import from_bytes

    odd = len(content.translate(None, bytes(range(128))))
    candidates = [*(_WIDE if b"\0" in content else _CANDIDATES)]
    if candidates[0] not in _WIDE and odd < _FEWEST:  # too few to tell: most such files are from Windows in the West
        candidates = ["cp1252"] if re.search(rb"[A-Za-z]{3}", content) or odd < len(content) / 2 else []
    best = from_bytes(content[:GUESS_BYTES], cp_isolation=candidates).best() if candidates else None
    if best is None:
        return ""
    for guess in ("cp1252", best.encoding) if best.encoding.startswith("cp") else (best.encoding,):
        try:
            text = content.decode(guess)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text) and (guess == best.encoding or text == content.decode(best.encoding, "replace")):
            return guess
    return ""


_CONTROL = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f]")


def read_markdown_file(content: bytes, *, name: str, encoding: str = "") -> Extraction:
    """Read a Markdown file as what it shows: without marks, comments, front matter and addresses of links.

    Headings are headings and rows of tables are rows, as on a web page.
    """
    from index.parsers.html import add_html, describe_unread

    text, notes = decode_text(content, name=name, encoding=encoding)
    builder = TextBuilder(name)
    builder.notes += notes
    front, page = render_markdown(text)
    builder.notes += describe_unread(add_html(page, builder, name=name))
    if front:
        builder.describe(**front_metadata(front))
    return builder.finish()


def front_metadata(front: str) -> dict[str, str]:
    """What the front matter of a Markdown text says of title, author and date, for `TextBuilder.describe`."""
    return {name.lower(): value.strip("\"'") for name, value in _PROPERTY.findall(front)}


def render_markdown(text: str, parser: "MarkdownIt | None" = None) -> tuple[str, str]:
    """The front matter of a Markdown text, and the HTML of the rest, which may have any element and attribute.

    `parser` is that of `make_markdown`, or one made of it.
    """
    text = text.removeprefix("\ufeff")
    found = _FRONT_MATTER.match(text)
    front = found[0] if found else ""
    rest = _resolve_notes(text[len(front) :])
    return front, parser.render(rest) if parser else make_markdown().render(_ALERT.sub(r"\1", rest))


def _resolve_notes(text: str) -> str:
    """A Markdown text without the marks of notes and the names of headings, which a page does not show as words."""
    text = _HEADING_NAME.sub(r"\1", text)
    if notes := set(_NOTE.findall(text)):
        text = _NOTE.sub("\n", text)
        text = _NOTE_MARK.sub(lambda mark: "" if mark[1] in notes else mark[0], text)
    return text


def make_markdown() -> "MarkdownIt":
    """Make the parser of Markdown."""
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


_NOTE = re.compile(r"^\[\^([^\]\s]+)\]:[ \t]*", re.MULTILINE)
_NOTE_MARK = re.compile(r"\[\^([^\]\s]+)\]")
_ALERT = re.compile(r"^([ \t]*>[ \t]*)\[!(?:note|tip|important|warning|caution)\][ \t]*$", re.MULTILINE | re.IGNORECASE)
_HEADING_NAME = re.compile(r"^(#{1,6}[ \t].*?)[ \t]*\{[#.][^{}\n]*\}[ \t]*$", re.MULTILINE)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\r?\n.*?^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_PROPERTY = re.compile(r"^(title|author|date):[ \t]*(\S.*?)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)


RST_SETTINGS = {
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


def read_rst(content: bytes, *, name: str, encoding: str = "") -> Extraction:
    """Read a file of reStructuredText."""
    text, notes = decode_text(content, name=name, encoding=encoding)
    builder = TextBuilder(name)
    builder.notes += notes
    _add(parse_rst(text, name=name), builder, 0)
    return builder.finish()


def parse_rst(text: str, *, name: str, **settings: Any) -> Any:
    """Parse reStructuredText; unknown directives become literal blocks of their content.

    Args:
        text: The text of a file.
        name: The file's name, for messages.
        settings: Of docutils, beside `RST_SETTINGS`.

    Returns:
        A `docutils.nodes.document` without messages of docutils.
    """
    core, nodes = (load_library(f"docutils.{part}", "docutils", name=name, suffix=".rst") for part in ("core", "nodes"))
    tree = core.publish_doctree(text.removeprefix("\ufeff"), settings_overrides={**RST_SETTINGS, **settings})
    for message in list(tree.findall(nodes.system_message)):
        message.parent.replace(message, [nodes.literal_block("", each) for each in _unknown_texts(message)])
    return tree


def _add(node: Any, builder: TextBuilder, level: int) -> None:
    for child in node.children:
        kind = child.tagname
        if kind == "section":
            _add(child, builder, level + 1)
            builder.begin_section(level + 1, "")
        elif kind == "title":
            builder.add_heading(max(level, 1), child.astext())
        elif kind == "table":
            _add_rows(child, builder)
        elif kind == "definition_list":  # each term with its definition is a paragraph
            for item in child.children:
                builder.add_paragraph("\n".join(_item_lines(item, kind, 1, "")))
        elif kind in ("bullet_list", "enumerated_list", "field_list", "option_list", "docinfo"):
            builder.add_paragraph("\n".join(_list_lines(child, "")))
        elif kind in ("paragraph", "literal_block", "line_block", "attribution", "caption", "rubric", "doctest_block"):
            builder.add_paragraph(child.astext())
        elif kind not in _SKIPPED and child.children:
            _add(child, builder, level)


def _unknown_texts(message: Any) -> list[str]:
    """The content of an unknown directive, given the message of docutils; other messages contain no text of the file."""
    blocks = [block.astext() for block in message.children if block.tagname == "literal_block"]
    return [cleandoc("\n" + _DIRECTIVE.sub("", f"{block}\n", count=1)) for block in blocks]


def _list_lines(items: Any, indent: str) -> list[str]:
    return [
        line
        for number, item in enumerate(items.children, start=1)
        for line in _item_lines(item, items.tagname, number, indent)
    ]


def _item_lines(item: Any, kind: str, number: int, indent: str) -> list[str]:
    """The lines of an item of a list of a kind; a term within another list is a separate item."""
    lines = []
    marker = f"{number}. " if kind == "enumerated_list" else "- " if kind == "bullet_list" else ""
    if kind == "bullet_list" or kind == "enumerated_list":
        blocks = item.children
    elif kind == "docinfo":
        return [f"{item.tagname.capitalize()}: {_flat(item)}"]
    else:
        name, *blocks = item.children
        blocks = [block for part in blocks for block in (part.children if part.children else ())]
        if kind == "field_list":
            marker = f"{_flat(name)}: "
        else:
            lines.append(f"{indent}- {_flat(name)}" if indent and kind == "definition_list" else indent + _flat(name))
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
