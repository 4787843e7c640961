"""Make a page of a document that flows: web pages, Markdown, notebooks, reStructuredText, Word documents, books and mail."""

import base64
import io
import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage, MIMEPart
from functools import partial
from html import escape
from typing import Any
from urllib.parse import unquote, urlsplit

from index.errors import SourceError
from index.originals.opendocument import OpenDocument
from index.originals.sanitizer import Resolver, Sanitizer
from index.parsers import NOTE_SUFFIX
from index.parsers.builder import TextBuilder, clean_text
from index.parsers.containers import damaged, load_library, open_office
from index.parsers.html import Book, close_elements, decode_html, resolve_member
from index.parsers.mail import MOST_NESTED, divide_message, parse_message, split_mailbox, unwrap_message
from index.parsers.mail.archive import SavedPage
from index.parsers.mail.outlook import parse_outlook
from index.parsers.markup.notebook import HTML, MARKDOWN, PICTURE, parse_notebook
from index.parsers.obsidian import note_parser
from index.parsers.plain import RST_SETTINGS, decode_text, parse_rst, render_markdown

_BLANK_LINES = re.compile(r"\n\s*\n")
Part = tuple[str, Resolver]  # HTML from the document, and what gives the pictures in it


def read_markup(content: bytes, *, suffix: str, name: str, encoding: str = "") -> str:
    """Make a page of a document.

    Args:
        content: The file's bytes.
        suffix: That of its format, one of `FORMATS`.
        name: The name shown, for messages.
        encoding: As for `read_document`.

    Returns:
        A fragment of HTML that is safe to show: see `sanitizer`.

    Raises:
        SourceError: It is damaged, protected, not what its suffix says, or too long.
    """
    sanitizer = Sanitizer(name)
    parts = FORMATS[suffix](content, name, encoding)
    return "\n".join(sanitizer.clean(html, resolve) for html, resolve in parts)


def _resolve_nothing(address: str) -> None:
    return None


def _read_html(content: bytes, name: str, encoding: str) -> Iterator[Part]:
    yield decode_html(content, TextBuilder(name), name=name, encoding=encoding), _resolve_nothing


def _read_xhtml(content: bytes, name: str, encoding: str) -> Iterator[Part]:
    page = decode_html(content, TextBuilder(name), name=name, encoding=encoding)
    yield close_elements(page), _resolve_nothing


def _read_markdown(content: bytes, name: str, encoding: str) -> Iterator[Part]:
    text, _ = decode_text(content, name=name, encoding=encoding)
    yield render_markdown(text)[1], _resolve_nothing


def _read_note(content: bytes, name: str, encoding: str) -> Iterator[Part]:
    text, _ = decode_text(content, name=name, encoding=encoding)
    yield render_markdown(text, note_parser())[1], _resolve_nothing


def _read_notebook(content: bytes, name: str, encoding: str) -> Iterator[Part]:
    for kind, text, pictures in parse_notebook(content, name=name, encoding=encoding).blocks:
        if kind == PICTURE:
            yield f'<p><img src="data:image/png;base64,{escape(text)}"></p>', _resolve_nothing
        elif kind in (MARKDOWN, HTML):
            yield text, partial(_resolve_attachment, pictures)
        elif text.strip():
            yield f"<pre>{escape(clean_text(text))}</pre>", _resolve_nothing


def _resolve_attachment(pictures: dict[str, str], address: str) -> bytes | None:
    """A picture attached to a cell of a notebook, by its address."""
    kind, _, picture = address.partition(":")
    try:
        return base64.b64decode(pictures[unquote(picture)]) if kind == "attachment" else None
    except (KeyError, ValueError):
        return None


def _read_rst(content: bytes, name: str, encoding: str) -> Iterator[Part]:
    core = load_library("docutils.core", "docutils", name=name, suffix=".rst")
    writer = load_library("docutils.writers.html5_polyglot", "docutils", name=name, suffix=".rst").Writer()
    text, _ = decode_text(content, name=name, encoding=encoding)
    settings = {**RST_SETTINGS, "stylesheet_path": "", "embed_stylesheet": False, "math_output": "LaTeX"}
    tree = parse_rst(text, name=name, **settings)
    settings["output_encoding"] = "unicode"
    yield core.publish_from_doctree(tree, writer=writer, settings_overrides=settings), _resolve_nothing


def _read_docx(content: bytes, name: str, encoding: str) -> Iterator[Part]:
    mammoth = load_library("mammoth", "mammoth", name=name, suffix=".docx")
    package = open_office(content, name=name, suffix=".docx", holds="word/")
    pictures: list[bytes] = []

    @mammoth.images.img_element  # type: ignore[untyped-decorator]
    def place(image: Any) -> dict[str, str]:
        try:
            with image.open() as stream:
                pictures.append(stream.read())
        except Exception:  # a picture that the file lacks, or that is elsewhere
            return {"src": ""}
        return {"src": f"picture:{len(pictures) - 1}"}

    result = mammoth.convert_to_html(
        package.fp or io.BytesIO(content), convert_image=place, include_embedded_style_map=False
    )

    def resolve(address: str) -> bytes | None:
        kind, _, number = address.partition(":")
        return pictures[int(number)] if kind == "picture" and number.isdecimal() else None

    yield result.value, resolve


def _read_odt(content: bytes, name: str, encoding: str) -> Iterator[Part]:
    document = OpenDocument(content, name=name)
    yield document.to_html(), document.read_picture


def _read_epub(content: bytes, name: str, encoding: str) -> Iterator[Part]:
    book, builder, found = Book(content, name=name), TextBuilder(name), False
    for member in book.chapters():
        try:
            page, title = book.read_chapter(member, builder)
        except SourceError:
            continue

        def resolve(address: str, member: str = member) -> bytes | None:
            try:
                return book.unpack(resolve_member(member, urlsplit(address).path)) if address else None
            except (SourceError, ValueError):
                return None

        found = True
        if title:
            yield f"<h2>{title}</h2>", _resolve_nothing
        yield page, resolve
    if not found:
        raise damaged(name, ".epub")


def _read_eml(content: bytes, name: str, encoding: str) -> Iterator[Part]:
    try:
        yield from _show_message(parse_message(content, name=name), 0)
    except (LookupError, UnicodeError) as error:
        raise SourceError(f"{name} is not in the encoding that it declares. Save the message anew.") from error


def _read_emlx(content: bytes, name: str, encoding: str) -> Iterator[Part]:
    yield from _read_eml(unwrap_message(content, name=name), name, encoding)


def _read_msg(content: bytes, name: str, encoding: str) -> Iterator[Part]:
    yield from _show_message(parse_outlook(content, name=name)[0], 0)


def _read_saved_page(content: bytes, name: str, encoding: str) -> Iterator[Part]:
    page = SavedPage(content, name=name)
    yield page.to_html(TextBuilder(name)), page.read_picture


def _read_mbox(content: bytes, name: str, encoding: str) -> Iterator[Part]:
    for number, single in enumerate(split_mailbox(content, name=name), start=1):
        if number > 1:
            yield "<hr>", _resolve_nothing
        try:
            yield from _show_message(parse_message(single, name=name), 0)
        except (SourceError, LookupError, ValueError, AttributeError, TypeError):  # what broken messages lead to
            yield f"<p>[message {number} cannot be read]</p>", _resolve_nothing


def _show_message(message: EmailMessage, depth: int) -> Iterator[Part]:
    """Show the headers of a message, its body, and the messages inside it."""
    parts = divide_message(message, preferred=("html", "plain"))
    attached = parts.attached()
    lines = parts.headers + ([f"Attachments: {', '.join(attached)}"] if attached else [])
    yield f"<ul>{''.join(f'<li>{_show_header(line)}</li>' for line in lines)}</ul>", _resolve_nothing
    pictures = {str(part["Content-ID"]).strip("<> "): part for part in parts.unread if part["Content-ID"]}

    def resolve(address: str) -> bytes | None:
        kind, _, identity = address.partition(":")
        part = pictures.get(unquote(identity)) if kind.lower() == "cid" else None
        content = part.get_content() if part is not None else None
        return content if isinstance(content, bytes) else None

    for part in parts.texts:
        yield _show_text(part), resolve
    if depth < MOST_NESTED:
        for part in parts.within:
            yield "<hr>", _resolve_nothing
            yield from _show_message(part.get_content(), depth + 1)


def _show_header(line: str) -> str:
    header, _, value = line.partition(": ")
    return f"<b>{escape(header)}:</b> {escape(value)}"


def _show_text(part: MIMEPart) -> str:
    text: str = part.get_content(errors="strict")
    if part.get_content_type() == "text/html":
        return text
    paragraphs = filter(str.strip, _BLANK_LINES.split(clean_text(text)))
    return "".join(f"<p>{'<br>'.join(map(escape, paragraph.strip().split(chr(10))))}</p>" for paragraph in paragraphs)


FORMATS: dict[str, Callable[[bytes, str, str], Iterator[Part]]] = {
    ".html": _read_html,
    ".htm": _read_html,
    ".xhtml": _read_xhtml,
    ".md": _read_markdown,
    ".markdown": _read_markdown,
    NOTE_SUFFIX: _read_note,
    ".ipynb": _read_notebook,
    ".rst": _read_rst,
    **dict.fromkeys((".docx", ".docm", ".dotx", ".dotm"), _read_docx),
    **dict.fromkeys((".odt", ".ott", ".fodt"), _read_odt),
    ".epub": _read_epub,
    ".eml": _read_eml,
    ".mbox": _read_mbox,
    ".emlx": _read_emlx,
    ".msg": _read_msg,
    ".mht": _read_saved_page,
    ".mhtml": _read_saved_page,
}
