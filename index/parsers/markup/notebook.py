"""Read Jupyter notebooks (.ipynb): cells of Markdown as the page they make, code as it is, and what it has printed.

Of an output in several forms the one is read that a notebook shows: tables of HTML as rows, other outputs as text. What an error
traced back is read and does not answer. Pictures and interactive outputs are noted.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from index.errors import SourceError
from index.parsers.builder import Extraction, TextBuilder
from index.parsers.html import add_html, describe_unread
from index.parsers.json import parse_json
from index.parsers.plain import decode_text, front_metadata, render_markdown

MARKDOWN, HTML, TEXT, TRACE, PICTURE, OTHER = "markdown", "html", "text", "trace", "picture", "other"


class Block(NamedTuple):
    """A part of a notebook, in the order in which it shows them.

    Attributes:
        kind: `MARKDOWN`, already made into HTML, or `HTML`; `TEXT`, which is code or what it printed; `TRACE`, the way to an
            error; `PICTURE` or `OTHER`, which have no text.
        content: Its text; of a picture, its bytes in base64.
        pictures: The pictures attached to it, by their names, in base64.
    """

    kind: str
    content: str
    pictures: dict[str, str]


class Notebook(NamedTuple):
    """The parts of a notebook.

    Attributes:
        blocks: In order.
        about: Its title, author and date, for `TextBuilder.describe`.
        notes: As in `Document`.
    """

    blocks: list[Block]
    about: dict[str, str]
    notes: tuple[str, ...]


def read_notebook(content: bytes, *, name: str, encoding: str = "") -> Extraction:
    """Read a notebook of any version since 2012.

    Raises:
        SourceError: It is not JSON, or has no cells.
    """
    notebook = parse_notebook(content, name=name, encoding=encoding)
    builder = TextBuilder(name)
    builder.notes += notebook.notes
    unread: Counter[str] = Counter()
    for kind, text, pictures in notebook.blocks:
        unread["pictures"] += len(pictures) + (kind == PICTURE)
        if kind in (MARKDOWN, HTML):
            length = builder.length
            found = add_html(text, builder, name=name)
            unread += found
            unread["interactive outputs"] += kind == HTML and builder.length == length and not found["pictures"]
        elif kind in (TEXT, TRACE):
            builder.add_paragraph(text, silent=kind == TRACE)
        else:
            unread["interactive outputs"] += kind == OTHER
    builder.describe(**notebook.about)
    builder.notes += describe_unread(unread)
    return builder.finish()


def parse_notebook(content: bytes, *, name: str, encoding: str = "") -> Notebook:
    """Take a notebook apart.

    Raises:
        SourceError: As for `read_notebook`.
    """
    text, notes = decode_text(content, name=name, encoding=encoding)
    value = parse_json(text, name=name, suffix=".ipynb")
    cells = list(_cells(value)) if isinstance(value, dict) else []
    if not cells and not (isinstance(value, dict) and {"cells", "worksheets"} & value.keys()):
        raise SourceError(f"{name} is JSON but not a notebook: it has no cells. Give it its right suffix.")
    known = _describe(value.get("metadata"))
    blocks: list[Block] = []
    for position, cell in enumerate(cells):
        source = _join(cell.get("source", cell.get("input")))
        kind = cell.get("cell_type")
        front = "" if position or kind == "code" else render_markdown(source)[0]
        known |= front_metadata(front)
        if kind == "markdown":
            page = render_markdown(source if front else f"\n{source}")[1]  # a line of dashes begins no front matter
            blocks.append(Block(MARKDOWN, page, _attachments(cell)))
        elif kind == "heading":
            level = _join(cell.get("level"))
            marks = "#" * (int(level) if level in tuple("123456") else 1)
            blocks.append(Block(MARKDOWN, render_markdown(f"\n{marks} {' '.join(source.split())}")[1], {}))
        else:
            blocks.append(Block(TEXT, source[len(front) :], {}))
            blocks += _outputs(cell)
    return Notebook(blocks, known, notes)


def _describe(metadata: Any) -> dict[str, str]:
    """What the metadata of a notebook says of title, author and date."""
    about = metadata if isinstance(metadata, dict) else {}
    authors = about.get("authors")
    names = [each.get("name") for each in authors if isinstance(each, dict)] if isinstance(authors, list) else []
    return {
        "title": _join(about.get("title")),
        "author": "; ".join(filter(None, map(_join, names))),
        "date": _join(about.get("date")),
    }


def _cells(notebook: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The cells of a notebook; those of versions 2 and 3 are in worksheets."""
    sheets = notebook.get("worksheets")
    for sheet in [notebook, *(sheets if isinstance(sheets, list) else [])]:
        cells = sheet.get("cells") if isinstance(sheet, dict) else None
        yield from (cell for cell in (cells if isinstance(cells, list) else []) if isinstance(cell, dict))


def _join(value: Any) -> str:
    """A text, which may be a list of its lines; the first versions of the format left out the line ends."""
    if isinstance(value, list):
        lines = [line for line in value if isinstance(line, str)]
        return ("" if lines and lines[0].endswith("\n") else "\n").join(lines)
    return value if isinstance(value, str) else ""


def _attachments(cell: dict[str, Any]) -> dict[str, str]:
    """The pictures of a cell by their names."""
    found = cell.get("attachments")
    files = found.items() if isinstance(found, dict) else ()
    pictures = {name: next(iter(forms.values()), "") for name, forms in files if isinstance(forms, dict)}
    return {name: picture for name, picture in pictures.items() if isinstance(picture, str)}


def _outputs(cell: dict[str, Any]) -> Iterator[Block]:
    """What the code of a cell has shown; what it printed in several steps is one text."""
    found = cell.get("outputs")
    outputs = [output for output in (found if isinstance(found, list) else []) if isinstance(output, dict)]
    printed = ""
    for output, following in zip(outputs, [*outputs[1:], {}], strict=False):
        if output.get("output_type") == "stream":
            printed += _join(output.get("text"))
            if _stream(output) != _stream(following):
                yield Block(TEXT, _as_shown(printed), {})
                printed = ""
        elif output.get("output_type") in ("error", "pyerr"):
            lines = output.get("traceback")
            yield Block(TRACE, _as_shown("\n".join(map(_join, lines)) if isinstance(lines, list) else ""), {})
            yield Block(TEXT, _as_shown(f"{_join(output.get('ename'))}: {_join(output.get('evalue'))}"), {})
        else:
            yield from _choose_form(output)


def _stream(output: dict[str, Any]) -> tuple[Any, Any]:
    return output.get("output_type"), output.get("name", output.get("stream"))


_OLD_FORMS = {
    "text": "text/plain", "html": "text/html", "latex": "text/latex", "png": "image/png", "jpeg": "image/jpeg",
    "svg": "image/svg+xml", "javascript": "application/javascript",
}  # fmt: skip
# The text of an object that shows itself otherwise, such as "<Figure size 640x480>".
_STAND_IN = re.compile(r"<[^\n]*>")


def _choose_form(output: dict[str, Any]) -> Iterator[Block]:
    """The form of an output that is read: a table before pictures, a picture before text, text before other pages."""
    data = output.get("data")
    if not isinstance(data, dict):
        data = {kind: output[key] for key, kind in _OLD_FORMS.items() if key in output}
    forms = {kind: _join(value) for kind, value in data.items()}
    page, plain, latex = (forms.get(f"text/{kind}", "") for kind in ("html", "plain", "latex"))
    picture = next((kind for kind in forms if kind.startswith("image/")), "")
    if markdown := forms.get("text/markdown"):
        yield Block(MARKDOWN, render_markdown(f"\n{markdown}")[1], {})
    elif "<table" in page.lower():
        yield Block(HTML, page, {})
    elif picture:
        yield Block(PICTURE, forms[picture], {})
    elif plain and (len(forms) == 1 or not _STAND_IN.fullmatch(plain.strip())):
        yield Block(TEXT, _as_shown(plain), {})
    elif page or latex:
        yield Block(HTML, page, {}) if page else Block(TEXT, latex, {})
    elif forms:
        yield Block(OTHER, "", {})


# What steers a terminal, such as its colours.
_STEERING = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
_OVERWRITTEN = re.compile(r"^.*\r(?=.)", re.MULTILINE)


def _as_shown(text: str) -> str:
    """A text as a terminal leaves it: without colours, and of a line that was written anew, as by a bar of progress, the last."""
    return _OVERWRITTEN.sub("", _STEERING.sub("", text).replace("\r\n", "\n"))
