"""Read .pdf files with PDFium: paragraphs in reading order, each with its page.

A PDF marks no paragraphs, columns or headings: they are inferred from the positions of the characters (`lines`, `layout`).
Lines that most pages repeat at their top or bottom are kept but do
not answer; short lines in larger type are headings. Only plain tables are recognised. The values of forms and the notes people
added follow the text of their page. Left out: text in pictures.
Scripts in a PDF are never run.
"""

import ctypes
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from index.errors import SourceError
from index.parsers.builder import Extraction, TextBuilder, add_table, describe_row, list_some, one_line
from index.parsers.containers import damaged, load_library, refuse_kind
from index.parsers.pdf.layout import Paragraph, goes_on, join_lines, last_of_body, lay_out
from index.parsers.pdf.lines import Segment, drop_line_numbers, read_segments, split_repeated
from index.text.passages import split_sentences

_HEADER_BYTES = 1024
_PASSWORD_ERROR = 4
_CONTENTS = re.compile(r"(?:\. ?){5,}\d+", re.MULTILINE)  # dots that lead to a page's number
_WORD = re.compile(r"\w+(?:-\w+)*")
_LONGEST_TITLE = 200  # characters
_TITLE = re.compile(r"(?=.*[^\W\d_]).{1,200}?(?<![.;:,])", re.DOTALL)
_MOST_LEVELS = 4


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
        document.init_forms()
    except pdfium.PdfiumError as error:
        # PDFium keeps the last error, so the code alone may be that of a file before.
        if error.err_code == _PASSWORD_ERROR and b"/Encrypt" in content:
            raise SourceError(
                f"{name} is protected with a password. Save a copy without one, then index it again."
            ) from error
        raise damaged(name, ".pdf") from error
    pages: list[list[Segment]] = []
    asides: list[list[list[Segment]]] = []
    filled: list[list[str]] = []
    line_numbers = False
    without_text: list[int] = []
    broken: list[int] = []
    for number in range(1, len(document) + 1):
        try:
            page = document[number - 1]
        except pdfium.PdfiumError:
            broken.append(number)
            pages.append([])
            asides.append([])
            filled.append([])
            continue
        segments, turned = read_segments(page)
        if not segments and next(page.get_objects(max_depth=1), None) is not None:
            without_text.append(number)
        filled.append(_read_annotations(page, document.formenv))
        numbered = drop_line_numbers(segments)
        line_numbers = line_numbers or len(numbered) < len(segments)
        pages.append(numbered)
        asides.append(turned)
        page.close()
    if broken and not without_text and not any(pages):
        raise damaged(name, ".pdf")
    if not any(pages) and not any(filled):
        raise SourceError(f"{name} has no readable text (scanned?). Run OCR on it, then index it again.")
    builder = TextBuilder(name)
    _add_pages(builder, pages, asides, filled)
    builder.notes += [_note(without_text, "no text (scanned?)")] if without_text else []
    builder.notes += [_note(broken, "errors and cannot be read")] if broken else []
    builder.notes += ["line numbers in the margin are left out"] if line_numbers else []
    return builder.finish()


def _add_pages(
    builder: TextBuilder,
    pages: Sequence[Sequence[Segment]],
    asides: Sequence[Sequence[Sequence[Segment]]],
    filled: Sequence[Sequence[str]],
) -> None:
    words = frozenset(word.lower() for page in pages for segment in page for word in _WORD.findall(segment.text))
    bodies, above, below = split_repeated(pages)
    laid_out: list[list[Paragraph]] = []
    header: tuple[Segment, ...] = ()
    for body in bodies:
        laid_out.append(lay_out(body, words, header))
        header = laid_out[-1][-1].header if laid_out[-1] else header
    for paragraphs, following in zip(laid_out, laid_out[1:], strict=False):
        last = last_of_body(paragraphs)
        if last is not None and following and goes_on(paragraphs[last], following[0]):
            following[:] = _move_rest(paragraphs, last, following, words)
    sizes = _heading_sizes(laid_out)
    rows = 0
    parts = zip(laid_out, above, below, asides, filled, strict=True)
    for number, (paragraphs, top, bottom, turned, values) in enumerate(parts, start=1):
        builder.move_to(page=number)
        for line in top:
            builder.add_paragraph(line, silent=True)
        for paragraph in paragraphs:
            if paragraph.rows:
                rows = rows if paragraph.continued else 0
                add_table(builder, paragraph.rows, headers=1 if rows else None, before=rows)
                rows += len(paragraph.rows) - 1
            text = re.sub("\xad$", "-", paragraph.text)
            level = next((level for level, size in enumerate(sizes, start=1) if paragraph.size > 0.97 * size), None)
            if level is not None and _TITLE.fullmatch(text):
                builder.add_heading(level, text)
            else:
                builder.add_paragraph(text, silent=bool(_CONTENTS.search(text)))
        for place, value in enumerate(values, start=1):
            builder.add_row(place, value)
        for line in bottom:
            builder.add_paragraph(line, silent=True)
        for direction in turned:  # a table that is drawn sideways, a stamp, a watermark: apart from the page's text
            for paragraph in lay_out(direction, words):
                if paragraph.rows:
                    add_table(builder, paragraph.rows)
                builder.add_paragraph(paragraph.text)


def _heading_sizes(laid_out: Sequence[Sequence[Paragraph]]) -> list[float]:
    """The sizes of type of headings, largest first: clearly larger than that of most text, and used for short lines only."""
    characters: Counter[float] = Counter()
    longest: dict[float, int] = {}
    for paragraph in (paragraph for paragraphs in laid_out for paragraph in paragraphs if paragraph.text):
        size = round(paragraph.size, 1)
        characters[size] += len(paragraph.text)
        longest[size] = max(longest.get(size, 0), len(paragraph.text))
    if len(characters) < 2:
        return []
    body = max(characters, key=lambda size: (characters[size], -size))
    sizes = sorted(
        (size for size in characters if size > 1.12 * body and longest[size] <= _LONGEST_TITLE), reverse=True
    )
    distinct = [size for above, size in zip([math.inf, *sizes], sizes, strict=False) if size < 0.97 * above]
    return distinct[:_MOST_LEVELS]


def _read_annotations(page: Any, form: Any) -> list[str]:
    """The values filled into the form fields of a page, each with the name of its field, and the notes people added."""
    import pypdfium2.raw as pdfium

    def read(function: Any, *arguments: Any) -> str:
        size = function(*arguments, None, 0)
        buffer = ctypes.create_string_buffer(size)
        function(*arguments, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
        return one_line(buffer.raw[: max(size - 2, 0)].decode("utf-16-le", "replace"))

    found = []
    for position in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, position)
        if not annotation:
            continue
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        if kind == pdfium.FPDF_ANNOT_WIDGET and form:
            name = read(pdfium.FPDFAnnot_GetFormFieldName, form, annotation)
            value = read(pdfium.FPDFAnnot_GetFormFieldValue, form, annotation)
            if pdfium.FPDFAnnot_GetFormFieldType(form, annotation) in (
                pdfium.FPDF_FORMFIELD_CHECKBOX,
                pdfium.FPDF_FORMFIELD_RADIOBUTTON,
            ):
                value = "yes" if pdfium.FPDFAnnot_IsChecked(form, annotation) else ""
            label = read(pdfium.FPDFAnnot_GetFormFieldAlternateName, form, annotation) or name
            found.append(describe_row([label.rstrip(":")], [value]))
        elif kind in (pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_HIGHLIGHT):
            note = read(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents")
            found.append(f"Note: {note}" if note else "")
        pdfium.FPDFPage_CloseAnnot(annotation)
    return [text for text in found if text]


def _move_rest(
    paragraphs: list[Paragraph], last: int, following: list[Paragraph], words: frozenset[str]
) -> list[Paragraph]:
    """Move the rest of a sentence that a page break cuts to the page where it begins; returns what the next page keeps."""
    cut, first = paragraphs[last], following[0]
    joined = join_lines(cut.text, first.text, words)
    begun = len(joined) - len(first.text)
    end = next((end for _, end in split_sentences(joined) if end > begun), len(joined))
    paragraphs[last] = Paragraph(joined[:end], cut.size, full=not joined[end:])
    rest = joined[end:].strip()
    return ([replace(first, text=rest)] if rest else []) + following[1:]


def _note(pages: list[int], finding: str) -> str:
    return f"page {pages[0]} has {finding}" if len(pages) == 1 else f"pages {list_some(pages)} have {finding}"
