"""Read .pdf files with PDFium: paragraphs in reading order, each with its page.

A PDF marks no paragraphs, columns or headings: they are inferred from the positions of the characters (`lines`, `layout`).
Lines that most pages repeat at their top or bottom are kept but do
not answer. Only plain tables are recognised. Left out: text in pictures, forms and comments.
Scripts in a PDF are never run.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from index.errors import SourceError
from index.parsers.builder import Extraction, TextBuilder, add_table, list_some
from index.parsers.containers import damaged, load_library, refuse_kind
from index.parsers.pdf.layout import Paragraph, goes_on, join_lines, lay_out
from index.parsers.pdf.lines import Segment, read_segments, split_repeated
from index.text.passages import split_sentences

_HEADER_BYTES = 1024
_PASSWORD_ERROR = 4
_CONTENTS = re.compile(r"(?:\. ?){5,}\d+", re.MULTILINE)  # dots that lead to a page's number
_WORD = re.compile(r"\w+(?:-\w+)*")


def read_pdf(content: bytes, *, name: str) -> Extraction:
    """Read a PDF.

    Raises:
        SourceError: It is no PDF, damaged, protected with a password, or has no text on any page.
    """
    pdfium = load_library("pypdfium2", "pypdfium2", name=name, suffix=".pdf")
    if b"%PDF-" not in content[:_HEADER_BYTES]:
        refuse_kind(content, name=name, suffix=".pdf")
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        # PDFium keeps the last error, so the code alone may be that of a file before.
        if error.err_code == _PASSWORD_ERROR and b"/Encrypt" in content:
            raise SourceError(
                f"{name} is protected with a password. Save a copy without one, then index it again."
            ) from error
        raise damaged(name, ".pdf") from error
    pages: list[Any] = []
    without_text: list[int] = []
    broken: list[int] = []
    for number in range(1, len(document) + 1):
        try:
            page = document[number - 1]
        except pdfium.PdfiumError:
            broken.append(number)
            pages.append([])
            continue
        segments = read_segments(page)
        if not segments and next(page.get_objects(max_depth=1), None) is not None:
            without_text.append(number)
        pages.append(segments)
        page.close()
    if broken and not without_text and not any(pages):
        raise damaged(name, ".pdf")
    if not any(pages):
        raise SourceError(f"{name} has no readable text (scanned?). Run OCR on it, then index it again.")
    builder = TextBuilder(name)
    _add_pages(builder, pages)
    builder.notes += [_note(without_text, "no text (scanned?)")] if without_text else []
    builder.notes += [_note(broken, "errors and cannot be read")] if broken else []
    return builder.finish()


def _add_pages(builder: TextBuilder, pages: Sequence[Sequence[Segment]]) -> None:
    words = frozenset(word.lower() for page in pages for segment in page for word in _WORD.findall(segment.text))
    bodies, above, below = split_repeated(pages)
    laid_out = [lay_out(body, words) for body in bodies]
    for paragraphs, following in zip(laid_out, laid_out[1:], strict=False):
        if paragraphs and following and goes_on(paragraphs[-1], following[0]):
            following[:] = _move_rest(paragraphs, following, words)
    for number, (paragraphs, top, bottom) in enumerate(zip(laid_out, above, below, strict=True), start=1):
        builder.move_to(page=number)
        for line in top:
            builder.add_paragraph(line, silent=True)
        for paragraph in paragraphs:
            if paragraph.rows:
                add_table(builder, paragraph.rows, headers=1)
            text = re.sub("\xad$", "-", paragraph.text)
            builder.add_paragraph(text, silent=bool(_CONTENTS.search(text)))
        for line in bottom:
            builder.add_paragraph(line, silent=True)


def _move_rest(paragraphs: list[Paragraph], following: list[Paragraph], words: frozenset[str]) -> list[Paragraph]:
    """Move the rest of a sentence that a page break cuts to the page where it begins; returns what the next page keeps."""
    last, first = paragraphs[-1], following[0]
    joined = join_lines(last.text, first.text, words)
    begun = len(joined) - len(first.text)
    end = next((end for _, end in split_sentences(joined) if end > begun), len(joined))
    paragraphs[-1] = Paragraph(joined[:end], last.size, full=not joined[end:])
    rest = joined[end:].strip()
    return ([replace(first, text=rest)] if rest else []) + following[1:]


def _note(pages: list[int], finding: str) -> str:
    return f"page {pages[0]} has {finding}" if len(pages) == 1 else f"pages {list_some(pages)} have {finding}"
