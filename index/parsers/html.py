"""Parse web pages and EPUB books: text in order, headings, lists and tables; no scripts, menus or hidden parts.

Lexbor (selectolax) parses by the rules of HTML5, so that broken pages give the text a browser gives. Left out: parts that
external style sheets hide, readings beside characters (ruby), and text that a script would add. The values of forms and drawings
with text are noted; so are pictures where a page has nothing else. Cells that span rows are repeated in each.

An .epub book is its chapters in reading order, each a page of XHTML in a zip file. A chapter without a heading has the
title of its page.
"""

import codecs
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from index.errors import SourceError
from index.parsers.builder import Extraction, TextBuilder, add_table, count_note, list_some, one_line, raise_number
from index.parsers.containers import damaged, load_library, metadata_in, open_package, read_member, refuse_kind
from index.parsers.plain import decode_text

MOST_SPANNED = 1_000  # columns or rows; HTML's own limit for columns


def is_data_table(table: Any) -> bool:
    """Whether a table is for data, not for layout: two or more columns, and no table or heading inside."""
    if (table.attributes.get("role") or "") in ("presentation", "none"):
        return False
    if any(len(table.css(tag)) > found for tag, found in (("table", 1), ("h1", 0), ("h2", 0), ("h3", 0))):
        return False
    return any(sum(cell.tag in ("td", "th") for cell in row.iter()) > 1 for row in table.css("tr"))


def table_rows(table: Any, gather_text: Callable[..., str]) -> tuple[list[str], list[list[str]], int | None]:
    """Read the cells of a table.

    Args:
        table: The element.
        gather_text: Gives the text of a cell.

    Returns:
        The titles at the top, each a header across all columns, and of an infobox every text across its columns; the other
        rows in order; and how many of them at the top are headers, None where the table does not say.
    """
    titles: list[str] = []
    rows: list[list[str]] = []
    labelled = 0
    lone: dict[int, str] = {}  # by position among the rows: texts that are rows of their own
    heads: list[bool] = []
    below: dict[int, tuple[int, str]] = {}  # by column: rows still to come that a cell spans, and its text
    for row in table.css("tr"):
        cells = [cell for cell in row.iter() if cell.tag in ("td", "th")]
        texts = [gather_text(cell) for cell in cells]
        line: list[str] = []
        for cell, text in zip(cells, texts, strict=True):
            _fill_spanned(line, below)
            columns, more_rows = _span(cell, "colspan"), _span(cell, "rowspan") - 1
            for column in range(columns):
                shown = (
                    text if column == 0 or cell.tag == "th" else ""
                )  # a name applies to every column, a value appears once
                if more_rows:
                    below[len(line)] = (more_rows, shown)
                line.append(shown)
        _fill_spanned(line, below)
        named = [cell.tag == "th" for cell, text in zip(cells, texts, strict=True) if text]
        is_head = row.parent.tag == "thead" or (bool(named) and all(named))
        if is_head and not rows and len(cells) == 1 and len(line) > 1:
            titles.append(texts[0])
            continue
        if len(cells) == 1 < _span(cells[0], "colspan") and texts[0]:
            lone[len(rows)] = texts[0]
        rows.append(line)
        heads.append(is_head)
        labelled += named[:1] == [True] and len(named) == 2 and not any(named[1:])
    if labelled >= 2 and labelled >= 0.7 * (len(rows) - len(lone)):  # an infobox: each row is a name and its value
        pairs: list[list[str]] = []
        for row in (row for position, row in enumerate(rows) if position not in lone):
            pair = [f"{row[0].rstrip(':')}:", *row[1:2]] if len(row) > 1 else row
            if len(pair) > 1 and pairs and pairs[-1][:1] == pair[:1]:  # the name spans several rows
                pairs[-1][1] += f"; {pair[1]}"
            else:
                pairs.append(pair)
        return [*titles, *lone.values()], pairs, None
    if not any(heads):
        return titles, rows, None
    headers = next((position for position, head in enumerate(heads) if not head), len(rows))
    width = max(map(len, rows[:headers]), default=0)
    for position, text in lone.items():  # what spans all columns has the name of none
        if position >= headers and len(rows[position]) >= width:
            rows[position] = [*[""] * width, text]
    return titles, rows, headers if headers < len(rows) else 0


def _fill_spanned(line: list[str], below: dict[int, tuple[int, str]]) -> None:
    while len(line) in below:
        rows, text = below.pop(len(line))
        if rows > 1:
            below[len(line)] = (rows - 1, text)
        line.append(text)


def _span(cell: Any, attribute: str) -> int:
    value = (cell.attributes.get(attribute) or "").strip()
    return max(1, min(int(value), MOST_SPANNED)) if value.isascii() and value.isdigit() and len(value) < 9 else 1


SKIPPED = frozenset(
    """
    head script style noscript template nav svg canvas iframe object embed audio video select textarea button input
    datalist rt rp -comment
    """.split()
)
BLOCKS = frozenset(
    """
    address article aside blockquote body caption center dd details dialog dir div dl dt fieldset figcaption figure
    footer form header hr legend li main menu ol p pre section summary table tbody td tfoot th thead tr ul
    """.split()
)
LISTS = ("ul", "ol", "menu", "dir", "dl")
HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_HIDING_STYLE = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.I)
_META = re.compile(rb"<meta\b[^>]{0,500}?\bcharset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_XML = re.compile(rb"\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']([\w.:-]+)[\"']", re.I)
_SELF_CLOSED = re.compile(r"<([a-zA-Z][\w:-]*)((?:\s[^<>]*)?)/>")
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())


def read_html(content: bytes, *, name: str, encoding: str = "") -> Extraction:
    """Read a page.

    Args:
        content: The file's bytes, in the encoding that it declares, else UTF-8.
        name: The file's name, for messages.

    Returns:
        Paragraphs with their headings; a row of a table is a row.

    Raises:
        SourceError: It is no text in the encoding declared.
    """
    builder = TextBuilder(name)
    builder.notes += describe_unread(
        add_html(decode_html(content, builder, name=name, encoding=encoding), builder, name=name)
    )
    return builder.finish()


def read_xhtml(content: bytes, *, name: str, encoding: str = "") -> Extraction:
    """Read a page written as XML, where any element may close itself; otherwise as `read_html`."""
    builder = TextBuilder(name)
    page = close_elements(decode_html(content, builder, name=name, encoding=encoding))
    builder.notes += describe_unread(add_html(page, builder, name=name))
    return builder.finish()


def decode_html(content: bytes, builder: TextBuilder, *, name: str, encoding: str = "", declared: str = "") -> str:
    """Decode a page by its byte-order mark, else as the encoding named, else as is declared, else as UTF-8.

    What was named or guessed is noted in the builder.

    Args:
        content: The bytes of the page.
        builder: Where to.
        name: The file's name, for messages.
        encoding: What a person named.
        declared: What is declared beside the page, which is stronger than what it declares itself.
    """
    if content.startswith((b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"\xd0\xcf\x11\xe0")):
        refuse_kind(content, name=name, suffix=".html")
    declaration = None if encoding or declared else _XML.match(content[:1024]) or _META.search(content[:4096])
    declared = declaration[1].decode("ascii", "replace").lower() if declaration else declared or "utf-8"
    if content.startswith(codecs.BOM_UTF8) or declared.startswith(("utf-16", "utf-32")):
        declared = "utf-8"  # a declaration in single bytes cannot be in UTF-16: browsers take it as UTF-8
    try:
        codec = codecs.lookup(declared).name
        "".encode(codec)
    except LookupError as error:
        raise SourceError(f"{name} declares the unknown encoding {declared!r}. Save it as UTF-8.") from error
    codec = "cp1252" if codec in ("iso8859-1", "ascii") else codec  # as browsers do
    text, notes = decode_text(content, name=name, declared=codec, encoding=encoding)
    builder.notes += [note for note in notes if note not in builder.notes]
    return text


def close_elements(text: str) -> str:
    """Write `<a/>` as `<a></a>`: HTML knows no elements that close themselves, and would leave it open."""

    def close(match: re.Match[str]) -> str:
        return match[0] if match[1].lower() in _VOID else f"<{match[1]}{match[2]}></{match[1]}>"

    return _SELF_CLOSED.sub(close, text)


def add_html(
    text: str, builder: TextBuilder, *, name: str, ends_message: Callable[[str], bool] | None = None
) -> Counter[str]:
    """Write the visible text of a page to a builder.

    Menus, banners, lists of links and other furniture are written, and never answer.

    Args:
        text: The page.
        builder: Where to.
        name: The file's name, for messages.
        ends_message: Where it is the body of a message, tells of a block of text whether it ends that message, so that an
            earlier one follows. What a message quotes does not answer either.

    Returns:
        How many things of each kind are shown and not read, for `describe_unread`.
    """
    lexbor = load_library("selectolax.lexbor", "selectolax", name=name, suffix=".html")
    page = lexbor.LexborHTMLParser(text)
    if not ends_message:
        _describe(page, builder)
    length = builder.length
    if page.body is None:
        return Counter()
    _Page(builder, ends_message=ends_message, length=len(gather_text(page.body))).add(page.body)
    return _count_unread(page.body, blank=builder.length == length)


_TYPED = ("", "text", "email", "tel", "url", "number", "date", "time", "datetime-local", "month", "week")


def _count_unread(body: Any, *, blank: bool) -> Counter[str]:
    """Count what is shown and not read: values of forms, drawings with text and, on a page without text, pictures."""
    filled = [each for each in body.css("input") if (each.attributes.get("type") or "").lower() in _TYPED]
    values = [each for each in filled if each.attributes.get("value")]
    values += [each for each in body.css("textarea") if each.text().strip()]
    values += body.css("option[selected]")
    return Counter(
        {
            "values of forms": len(values),
            "drawings with text": sum(
                any(each.text().strip() for each in drawn.css("text")) for drawn in body.css("svg")
            ),
            "pictures": len(body.css("img")) if blank else 0,
        }
    )


def describe_unread(unread: Counter[str]) -> list[str]:
    """The notes on what pages show that is not read."""
    return [note for kind, count in sorted(unread.items()) for note in count_note(kind, count)]


_AUTHOR = ("author", "article:author", "dc.creator", "dcterms.creator", "citation_author")
_DATED = (
    *("article:modified_time", "article:published_time", "date", "dc.date", "dcterms.modified", "dcterms.created"),
    *("dcterms.date", "citation_publication_date", "last-modified"),
)


def _describe(page: Any, builder: TextBuilder) -> None:
    named: dict[str, str] = {}
    for meta in page.css("meta[content]"):
        name = meta.attributes.get("name") or meta.attributes.get("property") or ""
        named.setdefault(name.casefold(), meta.attributes["content"] or "")
    title = page.css_first("head > title")
    builder.describe(
        title=title.text() if title is not None else "",
        author=next((named[name] for name in _AUTHOR if named.get(name, "").strip()), ""),
        date=next((named[name].replace("/", "-") for name in _DATED if named.get(name, "").strip()), ""),
    )


_FURNITURE = re.compile(  # in the names of elements
    r"(?:^|[\s_-])(?:"
    r"(?:top|main|site)?nav(?:bar|igation|header|footer|links?)?|navbox|menu|breadcrumbs?|(?:sphinx)?sidebar|topbar|masthead|"
    r"site-header|siteSub|foot(?:er)?|toc|jump(?:-link)?|skip|pagination|pager|catlinks|related|most-read|shar(?:e|ing)|social|"
    r"cookies?|consent|newsletter|subscribe|popup|ads?|adverts?|advertisement|banner|promo"
    r")(?:$|[\s_-])",
    re.I,
)
_ROLES = ("navigation", "banner", "contentinfo", "search", "dialog")
_MOST_FURNITURE = 0.4  # of a page's text; more is what the page is about
_EARLIER = re.compile(r"(?:^|\s)(?:gmail_quote|moz-cite-prefix|yahoo_quoted|mail-quote)\b")
FORWARDED = re.compile(
    r"[\s-]*(?:begin )?(?:forwarded message|weitergeleitete nachricht|message transf\xe9r\xe9|mensaje reenviado)", re.I
)
_MARK = re.compile(
    r"\[(?:\d{1,4}|[a-z]|edit|note \d+|citation needed)\]|[\^\xb6\u2191\u21a9]\ufe0e?|#|(?:skip|jump) to [\w ]{1,40}",
    re.I,
)


def is_furniture(node: Any, length: int) -> bool:
    """Whether a block of a page leads around the site rather than saying something.

    Args:
        node: The element.
        length: Characters of the whole page.
    """
    attributes = node.attributes
    named = f"{attributes.get('id') or ''} {attributes.get('class') or ''}"
    told = (
        node.tag in ("footer", "header") or (attributes.get("role") or "") in _ROLES or bool(_FURNITURE.search(named))
    )
    links = node.css("a") if told or node.tag in ("ul", "ol", "div", "p", "td") else []
    if not told and len(links) < 2:
        return False
    if node.css_first("h1, main, article") is not None:
        return False
    text = gather_text(node)
    linked = sum(len(gather_text(link)) for link in links)
    share = _LINKED if len(links) >= _FEWEST_LINKS else 1
    return len(text) <= _MOST_FURNITURE * length and (told or linked >= share * len(text) - 2 * len(links))


def is_mark(node: Any) -> bool:
    """Whether an element is the mark of a note or a link to edit, such as "[12]", which is no word of the text."""
    if node.tag not in ("sup", "span", "a"):
        return False
    text = (node.text() or "").strip()
    if node.tag == "sup" and _NOTE.fullmatch(text):  # a bare number is one where it is a link within the page
        link = node.css_first("a[href]") or (
            node.parent if node.parent is not None and node.parent.tag == "a" else None
        )
        return link is not None and (link.attributes.get("href") or "").startswith("#")
    return bool(_MARK.fullmatch(text))


_ANSWERS = 7  # the level of what opens an answer: below all headings
_TERMS = 1_000_000  # the level of the terms that a list defines: below all else, however deep
_BOX = re.compile(r"(?:^|\s)(?:admonition|callout|note|tip|warning|caution|important)(?:\s|$)")


def _shorten_usage(term: str) -> str:
    """The name alone of what is defined with many options or arguments: "push [-q | --quiet] [--] [<path> …]"."""
    return _ARGUMENTS.sub("", term) if len(term) > _LONG_TERM else term


_LONG_TERM = 60
_ARGUMENTS = re.compile(r"(?<=\S)\s+[\[(<{].*")


_MOST_BOXES = 20  # within each other, of which the headings are kept


def _is_box(node: Any) -> bool:
    """Whether a heading inside a block is of that block alone: an item, a quotation, a note, a warning."""
    if node.tag in ("dl", "dd", "li", "blockquote", "aside"):
        return True
    return node.tag == "div" and bool(_BOX.search(node.attributes.get("class") or ""))


_OPENER = re.compile(r"accordion|collaps|faq|question", re.I)


def _opens_answer(node: Any) -> bool:
    """Whether an element opens a part of the page that is closed at first, such as the answer to a question."""
    if node.tag == "summary":
        return True
    return node.tag == "button" and bool(_OPENER.search(node.attributes.get("class") or ""))


def _follows_link(node: Any) -> bool:
    """Whether an element is a link behind another one, without a space between: a page draws them apart."""
    return node.tag == "a" and node.prev is not None and node.prev.tag == "a"


def _raised_number(node: Any) -> str:
    """The number that an element raises, in raised digits; empty for all other elements."""
    return raise_number(node.text() or "") if node.tag == "sup" else ""


_NOTE = re.compile(r"\d{1,3}|[*\u2020\u2021]")


_FEWEST_LINKS = 4
_LINKED = 0.85  # of its text


class _Page:
    """Walks the elements of a page without recursion, however deep they are nested."""

    def __init__(self, builder: TextBuilder, *, ends_message: Callable[[str], bool] | None, length: int) -> None:
        self._builder = builder
        self._ends_message = ends_message
        self._ended = False  # whether the message is at its end
        self._length = length
        self._silent: list[int] = []  # the blocks open that do not answer, by their ids
        self._inline: list[str] = []  # text of the block being read
        self._items: list[str] = []  # finished lines of the list being read
        self._lists: list[int | None] = []  # of each open list: the next number, or None where it has none
        self._marker = ""  # what the next line of the list begins with
        self._defined = False  # whether the list being read has a definition since the last term
        self._terms: list[str] = []  # of the definition being read
        self._boxes: list[tuple[int, tuple[tuple[int, str], ...]]] = []  # open, by id: the sections around each
        self._verbatim = 0  # depth of elements whose white space counts
        self._details = 0  # depth of elements that open and close

    def add(self, root: Any) -> None:
        node = root
        while node is not None:
            inside = self._enter(node)
            child = node.child if inside else None
            if child is not None:
                node = child
                continue
            while True:
                if inside:
                    self._leave(node)
                if node.mem_id == root.mem_id:
                    node = None
                elif node.next is None:
                    node, inside = node.parent, True
                    continue
                else:
                    node = node.next
                break
        self._end_list()

    def _enter(self, node: Any) -> bool:
        """Handle the start of an element; return whether to read its content."""
        tag = node.tag
        if tag == "-text":
            self._inline.append(node.text_content or "")
            return False
        if tag == "iframe" and node.attributes.get("srcdoc") and not is_hidden(node):
            self._end_list()
            self._add_frame(node.attributes["srcdoc"])
            return False
        if _opens_answer(node):
            self._end_list()
            self._builder.add_heading(_ANSWERS + self._details, gather_text(node))
            return False
        if tag in SKIPPED or is_hidden(node) or is_mark(node):
            return False
        if raised := _raised_number(node):
            self._inline.append(raised)
            return False
        if _follows_link(node):
            self._inline.append(" ")
        if tag == "br":
            self._inline.append("\n" if self._verbatim else "\v")
        elif tag in HEADINGS:
            self._end_list()
            around = self._boxes[-1][1] if self._boxes else ()
            self._builder.add_heading(HEADINGS[tag] + (around[-1][0] if around else 0), gather_text(node))
            return False
        elif tag == "table" and is_data_table(node):
            self._end_list()
            self._add_table(node)
            return False
        elif tag in BLOCKS:
            self._begin_block(tag, node)
            if _is_box(node) and len(self._boxes) < _MOST_BOXES:
                self._boxes.append((node.mem_id, self._builder.sections))
            self._details += tag == "details"
            if not self._silent and self._is_silent(node):
                self._end_list()
                self._silent.append(node.mem_id)
        return True

    def _is_silent(self, node: Any) -> bool:
        if not self._ends_message:
            return node.tag != "li" and is_furniture(node, self._length)
        named = f"{node.attributes.get('id') or ''} {node.attributes.get('class') or ''}"
        if not (node.tag == "blockquote" or _EARLIER.search(named)):
            return False
        return not FORWARDED.match(gather_text(node))

    def _begin_block(self, tag: str, node: Any) -> None:
        self._end_block()
        indent = "  " * min(len(self._lists) - 1, 10)
        if tag in LISTS:
            start = node.attributes.get("start") or ""
            self._lists.append(None if tag != "ol" else int(start) if start.isdecimal() and len(start) < 9 else 1)
        elif tag == "li" and self._lists:
            number = self._lists[-1]
            self._marker = f"{indent}- " if number is None else f"{indent}{number}. "
            if number is not None:
                self._lists[-1] = number + 1
        elif tag in ("dt", "dd") and self._lists:
            self._begin_definition(node, indent)
        elif tag == "pre":
            self._verbatim += 1

    def _begin_definition(self, node: Any, indent: str) -> None:
        """Begin a term or its definition; a term and its definitions form one paragraph, or one item of the list around them.

        The terms of a paragraph are its innermost heading, also of what stands beside it in the definition, such as a table.
        """
        tag, inner = node.tag, len(self._lists) > 1
        if tag == "dt" and not inner:
            if self._defined:
                self._end_list()
                self._terms.clear()
            if not any(child.tag in HEADINGS for child in node.iter()):
                self._terms.append(_shorten_usage(gather_text(node)))
            self._builder.begin_section(_TERMS, ", ".join(self._terms))
        self._defined = tag == "dd"
        self._marker = f"{indent}  " if tag == "dd" else f"{indent}- " if inner else indent

    def _add_frame(self, text: str) -> None:
        """Write a page that is contained in this one."""
        from selectolax.lexbor import LexborHTMLParser

        page = LexborHTMLParser(text)
        if page.body is not None:
            _Page(self._builder, ends_message=self._ends_message, length=len(gather_text(page.body))).add(page.body)

    def _leave(self, node: Any) -> None:
        tag = node.tag
        if tag not in BLOCKS:
            return
        self._end_block()
        if tag == "details":
            self._end_list()
            self._builder.begin_section(_ANSWERS + self._details, "")
            self._details -= 1
        if tag in LISTS and self._lists:
            self._lists.pop()
            if not self._lists:
                self._end_list()
                self._terms.clear()
                self._defined = False
                self._builder.begin_section(_TERMS, "")
        if self._boxes and self._boxes[-1][0] == node.mem_id:
            _, sections = self._boxes.pop()
            if sections != self._builder.sections:
                self._end_list()
                self._builder.sections = sections
        if self._silent[-1:] == [node.mem_id]:
            self._end_list()
            self._silent.pop()
        elif tag == "pre":
            self._verbatim -= 1

    def _end_block(self) -> None:
        """Finish a paragraph, or a line of the list around it."""
        whole = "".join(self._inline)
        self._inline.clear()
        if self._verbatim:
            text = "\n".join(line.rstrip() for line in whole.expandtabs().split("\n")).strip("\n")
        else:
            text = "\n".join(filter(None, (one_line(line) for line in whole.split("\v"))))
        if text and self._ends_message and not self._ended and not self._silent:
            self._ended = self._ends_message(text)
        if not self._lists:
            self._builder.add_paragraph(text, silent=bool(self._silent) or self._ended)
        elif text:
            self._items.append(self._marker + text)
            self._marker = " " * len(self._marker)

    def _end_list(self) -> None:
        self._end_block()
        if self._items:
            self._builder.add_paragraph("\n".join(self._items), silent=bool(self._silent) or self._ended)
            self._items.clear()

    def _add_table(self, table: Any) -> None:
        caption = next((child for child in table.iter() if child.tag == "caption"), None)
        if caption is not None:
            self._builder.add_paragraph(gather_text(caption))
        titles, rows, headers = table_rows(table, gather_text)
        for title in titles:
            self._builder.add_paragraph(title, silent=True)
        add_table(self._builder, rows, headers=headers)


def is_hidden(node: Any) -> bool:
    """Whether an element says of itself that it is not shown."""
    attributes = node.attributes
    if not attributes or attributes.get("role") in ("region", "tabpanel"):  # of an accordion: they open at a click
        return False
    return (
        "hidden" in attributes
        or attributes.get("aria-hidden") == "true"
        or (node.tag == "dialog" and "open" not in attributes)
        or bool(_HIDING_STYLE.search(attributes.get("style") or ""))
    )


def plain_text(text: str) -> str:
    """A text as one line, and without its tags where it is written in HTML."""
    if not _TAG.search(text):
        return one_line(text)
    from selectolax.lexbor import LexborHTMLParser

    body = LexborHTMLParser(text).body
    return gather_text(body) if body is not None else ""


_TAG = re.compile(r"</?(?:p|br|a|b|i|em|strong|div|span|ul|li|img|h[1-6])\b[^<>]*>", re.IGNORECASE)


def gather_text(root: Any) -> str:
    """The visible text inside an element, as one line."""
    parts: list[str] = []
    node = root.child
    while node is not None:
        tag = node.tag
        if tag == "-text":
            parts.append(node.text_content or "")
        elif tag == "br" or tag in BLOCKS or _follows_link(node):
            parts.append(" ")
        button = tag == "button" and root.tag in HEADINGS  # that opens what is below the heading
        skipped = (tag in SKIPPED and not button) or (tag != "-text" and (is_hidden(node) or is_mark(node)))
        if not skipped and (raised := _raised_number(node)):
            parts.append(raised)
            skipped = True
        child = None if skipped else node.child
        if child is not None:
            node = child
            continue
        while node is not None and node.next is None:
            node = node.parent
            if node is None or node.mem_id == root.mem_id:
                return one_line("".join(parts))
            parts.append(" " if node.tag in BLOCKS else "")
        node = node.next
    return one_line("".join(parts))


_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_TITLE = re.compile(r"<title[^>]*>(.{1,1000}?)</title>", re.I | re.S)
_HEADING = re.compile(r"<h[1-6]\b", re.I)
_PAGES = ("application/xhtml+xml", "text/html")


def read_epub(content: bytes, *, name: str) -> Extraction:
    """Read a book.

    Raises:
        SourceError: It is not a book, is damaged, or its text is protected.
    """
    book = Book(content, name=name)
    builder = TextBuilder(name)
    builder.notes += _add_chapters(book, builder, name)
    builder.describe(**metadata_in(book.unpack(book.root)))
    return builder.finish()


class Book:
    """An opened .epub.

    Attributes:
        root: The member that lists the others.
    """

    def __init__(self, content: bytes, *, name: str) -> None:
        """Open a book; errors as for `read_epub`."""
        self._name = name
        self._package = open_package(content, name=name, suffix=".epub", holds=_CONTAINER)
        container = _parse(self.unpack(_CONTAINER), name)
        self.root: str = next(iter(container.xpath("//*[local-name()='rootfile']/@full-path")), "")

    def unpack(self, member: str) -> bytes:
        """Unpack a member.

        Raises:
            SourceError: It is missing or damaged.
        """
        return read_member(self._package, member, name=self._name, suffix=".epub")

    def chapters(self) -> Iterator[str]:
        """The members that are chapters, in reading order.

        Raises:
            SourceError: The text is protected.
        """
        protected = self.unpack(_ENCRYPTION) if _ENCRYPTION in self._package.namelist() else b""
        for item in _pages(_parse(self.unpack(self.root), self._name)):
            member = resolve_member(self.root, item.get("href") or "")
            if member.encode() in protected or (item.get("href") or "?").encode() in protected:
                raise SourceError(f"{self._name} is protected (DRM): its text is encrypted and cannot be read.")
            yield member

    def read_chapter(self, member: str, builder: TextBuilder) -> tuple[str, str]:
        """Decode a chapter.

        Args:
            member: The chapter.
            builder: Where its encoding is noted.

        Returns:
            Its HTML, and its title where it has no heading.

        Raises:
            SourceError: It cannot be read.
        """
        page = close_elements(decode_html(self.unpack(member), builder, name=f"{self._name}: {member}"))
        title = _TITLE.search(page)
        return page, "" if _HEADING.search(page) or not title else title[1]


def resolve_member(base: str, reference: str) -> str:
    """The member of a package that another one refers to."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), unquote(reference)))


def _add_chapters(book: Book, builder: TextBuilder, name: str) -> list[str]:
    """Write every chapter; returns what to note."""
    missing = []
    unread: Counter[str] = Counter()
    for member in book.chapters():
        try:
            page, title = book.read_chapter(member, builder)
        except SourceError:
            missing.append(one_line(member))
            continue
        builder.begin_section(0, title)
        unread += add_html(page, builder, name=name)
    if missing and not builder.length:
        raise damaged(name, ".epub")
    notes = [f"chapters that cannot be read: {list_some(missing)}"] if missing else []
    return notes + describe_unread(unread)


def _pages(book: Any) -> list[Any]:
    """The pages of a book in the order of its spine; all others behind them, where the spine is missing or broken."""
    manifest = book.xpath("//*[local-name()='manifest']/*[local-name()='item']")
    items = {item.get("id"): item for item in manifest}
    spine = [items.get(each) for each in book.xpath("//*[local-name()='spine']/*[local-name()='itemref']/@idref")]
    ordered = [item for item in spine if item is not None]
    if not ordered or None in spine:
        ordered += [item for item in manifest if item not in ordered]
    return [
        item
        for item in ordered
        if item.get("media-type") in _PAGES and "nav" not in (item.get("properties") or "").split()
    ]


def _parse(content: bytes, name: str) -> Any:
    """Parse XML without entities and without fetching anything.

    Raises:
        SourceError: It is not XML.
    """
    etree = load_library("lxml.etree", "lxml", name=name, suffix=".epub")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise damaged(name, ".epub") from error
