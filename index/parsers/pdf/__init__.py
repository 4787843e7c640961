"""Read .pdf files with PDFium: paragraphs in reading order, each with its page.

A PDF marks no paragraphs, columns or headings: they are inferred from the positions of the `characters` (`lines`, `layout`).
Lines that most pages repeat at their top or bottom are kept but do not answer; short lines in larger type are headings. Tables
are found by their rules (`rules`), by the blank between their columns (`corridors`), or where they are plain. The values of
forms and the notes people added follow the text of their page. Pages without text, or with text that the fonts do not identify
(`fonts`), and scanned ones with few words are read by OCR (`scans`), where it is installed. Left out: text in pictures of other
pages; noted: attached files.
Scripts in a PDF are never run.
"""

import ctypes
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from index.boxes import pack_boxes
from index.errors import SourceError
from index.parsers.builder import (
    Extraction,
    TextBuilder,
    add_table,
    describe_row,
    find_words,
    is_number,
    list_some,
    one_line,
)
from index.parsers.containers import damaged, load_library, refuse_kind
from index.parsers.ocr import PACKAGE, PictureReader
from index.parsers.pdf.fonts import find_lost
from index.parsers.pdf.layout import LARGE, NUMBERED_TITLE, Paragraph, goes_on, join_lines, last_of_body, lay_out
from index.parsers.pdf.lines import (
    Frame,
    Segment,
    Word,
    boxes_of,
    drop_line_numbers,
    frame_of,
    read_segments,
    split_repeated,
    text_of,
    words_of,
)
from index.parsers.pdf.rules import gather_cells
from index.parsers.pdf.scans import Scans, draw_page, is_scan, lay_over, name_pages
from index.text.passages import split_sentences

_HEADER_BYTES = 1024
_PASSWORD_ERROR = 4
_CONTENTS = re.compile(r"(?:\. ?){5,}\d+", re.MULTILINE)  # dots that lead to a page's number
_WORD = re.compile(r"\w+(?:-\w+)*")
_LONGEST_TITLE = 200  # characters
_TITLE = re.compile(r"(?=.*[^\W\d_]).{1,200}?(?<![.;:,])", re.DOTALL)
_FIRST_LINE = re.compile(r"(?=.*\s)[A-Z\xc0-\xde][^\n\d]{5,80}(?<![.:;,!?])")  # is a title in any type
_LABEL = re.compile(r"\S+(?:[^\S\n]\S+){0,5}(?<![.!?])")  # of a field, on a page with a form: it is read with the value
_FIGURES = 3  # of which most words of a line consist: it is a row
_MOST_LEVELS = 4
_SHORTEST_TITLE = 3  # characters; a large letter alone begins a paragraph
# A title that programs make of a file's name: that of a document or picture, of a path, or with underscores for spaces.
_SUFFIXES = (
    "docx? docm dotx? rtf od[tsp] sxw wp[ds] pages txt md tex dvi ps eps pdf html? aspx? php fm book ind[db] pmd p65 qx[dp] pub"
    " psd ai cdr vsdx? dwg xlsx? xlsm csv pp[ts]x? key jpe?g png gif tiff? bmp"
)
_FILE_NAME = re.compile(
    rf"microsoft \w+ - .*|.*\.(?:{_SUFFIXES.replace(' ', '|')})|(?:[a-z]:|file:|~)?[/\\].*|[^\s_]*_\S*", re.IGNORECASE
)


def read_pdf(content: bytes, *, name: str, ocr: PictureReader | None) -> Extraction:
    """Read a PDF.

    Args:
        content: The file's bytes.
        name: The file's name, for messages.
        ocr: Reads the pages that have no text; None where OCR is not installed.

    Raises:
        SourceError: It is no PDF, damaged, protected with a password, or has no text on any page, or OCR failed on each.
    """
    pdfium = load_library("pypdfium2", "pypdfium2", name=name, suffix=".pdf")
    document = open_pdf(content, name=name)
    pages: list[PdfPage] = []
    scans = Scans(ocr)
    broken: list[int] = []
    for number in range(1, len(document) + 1):
        try:
            drawn = document[number - 1]
        except pdfium.PdfiumError:
            broken.append(number)
            pages.append(PdfPage())
            continue
        page = _read_page(drawn, number, document.formenv)
        words = page.count_words()
        if is_scan(drawn, words) if words else next(drawn.get_objects(max_depth=1), None) is not None:
            segments, frame = scans.read(number, lambda drawn=drawn: draw_page(drawn), bare=not words)
            page = page.lay_over(segments, frame) if segments else page
        pages.append(page)
        drawn.close()
    has_text = any(page.count_words() for page in pages)
    if broken and not scans.found and not has_text:
        raise damaged(name, ".pdf")
    if not has_text and not any(page.filled for page in pages):
        raise SourceError(scans.reason(name))
    builder = TextBuilder(name)
    about = document.get_metadata_dict()
    title = "" if _FILE_NAME.fullmatch(one_line(about["Title"])) else about["Title"]
    builder.describe(title=title, author=about["Author"], date=about["CreationDate"])
    add_pages(builder, pages)
    builder.notes += scans.notes()
    if lost := [number for number, page in enumerate(pages, start=1) if page.lost]:
        builder.notes.append(f"{name_pages(lost)}: characters that the fonts do not identify are not read")
    attached = [one_line(document.get_attachment(each).get_name()) for each in range(document.count_attachments())]
    builder.notes += [f"attached files are not read: {list_some(attached)}"] if attached else []
    if broken:
        builder.notes.append(f"{name_pages(broken)} {'have' if len(broken) > 1 else 'has'} errors and cannot be read")
    builder.notes += ["line numbers in the margin are left out"] if any(page.line_numbers for page in pages) else []
    return replace(builder.finish(), libraries=(PACKAGE,) if scans.found else ())


def open_pdf(content: bytes, *, name: str) -> Any:
    """Open a PDF with its forms, as a `pypdfium2.PdfDocument`.

    Raises:
        SourceError: It is no PDF, damaged or protected with a password.
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
    return document


@dataclass(frozen=True, slots=True)
class PdfPage:
    """What a page shows.

    Attributes:
        segments: Its text, which runs in the main direction.
        frame: Turns coordinates into fractions of the page.
        direction: The main direction, as `read_segments` gives it.
        asides: Text that runs in other directions, by direction.
        filled: The values of its form fields, and its notes, each with its box if it has one.
        line_numbers: Whether numbers of lines were left out.
        lost: Whether it has characters, beside the segments, that the fonts do not identify.
    """

    segments: Sequence[Segment] = ()
    frame: Frame = field(default_factory=Frame)
    direction: int = 0
    asides: Mapping[int, Sequence[Segment]] = field(default_factory=dict)
    filled: Sequence[tuple[str, Word]] = ()
    line_numbers: bool = False
    lost: bool = False

    def count_words(self) -> int:
        """How many words of text it has."""
        drawn = (self.segments, *self.asides.values())
        return sum(len(segment.text.split()) for segments in drawn for segment in segments)

    def lay_over(self, found: Sequence[Segment], frame: Frame) -> "PdfPage":
        """The page with what OCR read on it, which has a frame of its own."""
        texts = {self.direction: self.segments, **self.asides}
        main, *asides = lay_over(texts, self.frame, found, frame).items()
        return replace(self, segments=main[1], frame=frame, direction=main[0], asides=dict(asides))


def _read_page(page: Any, number: int, form: Any) -> PdfPage:
    text_page = page.get_textpage()
    lost = find_lost(text_page)
    (direction, segments), *asides = ((0, []),) if lost.all else read_segments(text_page, number, lost).items()
    text_page.close()
    segments = gather_cells(page, segments, direction)
    numbered = drop_line_numbers(segments)
    return PdfPage(
        segments=numbered,
        frame=frame_of(page),
        direction=direction,
        asides=dict(asides),
        filled=_read_annotations(page, number, form),
        line_numbers=len(numbered) < len(segments),
        lost=lost.many and not lost.all,
    )


def add_pages(builder: TextBuilder, pages: Sequence[PdfPage]) -> None:
    """Write the text of pages, in their order, with the boxes of the words; the largest heading of the first may be the title."""
    segments = [page.segments for page in pages]
    words = frozenset(word.lower() for page in segments for segment in page for word in _WORD.findall(segment.text))
    bodies, above, below = split_repeated(segments)
    laid_out: list[list[Paragraph]] = []
    last_above: Paragraph | None = None
    for body in bodies:
        laid_out.append(lay_out(body, words, last_above))
        last_above = laid_out[-1][-1] if laid_out[-1] else last_above
    for paragraphs, following in zip(laid_out, laid_out[1:], strict=False):
        last = last_of_body(paragraphs)
        if last is not None and following and goes_on(paragraphs[last], following[0]):
            following[:] = _move_rest(paragraphs, last, following, words)
    sizes = _heading_sizes(laid_out)
    rows = 0

    title, largest = "", 0.0
    marked: list[tuple[int, int, int, Word]] = []
    boxes: list[npt.NDArray[np.float64]] = []
    frames = [page.frame for page in pages]

    def mark(since: int, drawn: Sequence[Word], *, direction: int | None = None, table: bool = False) -> None:
        text = builder.text_since(since)
        begun = builder.length - len(text)
        for word, place in zip(drawn, find_words(text, (word.text for word in drawn), table=table), strict=True):
            if place:
                turn = pages[word.page - 1].direction if direction is None else direction
                marked.append((begun + place[0], begun + place[1], turn, word))

    for number, (page, paragraphs, top, bottom) in enumerate(zip(pages, laid_out, above, below, strict=True), start=1):
        builder.move_to(page=number)
        for line in top:
            since = builder.length
            builder.add_paragraph(text_of(line), silent=True)
            mark(since, words_of(line))
        for paragraph in paragraphs:
            since = builder.length
            if paragraph.rows:
                rows = rows if paragraph.continued else 0
                add_table(builder, paragraph.rows, headers=1 if rows else paragraph.headers, before=rows)
                rows += len(paragraph.rows) - 1
            text = re.sub("\xad$", "-", paragraph.text)
            level = next((level for level, size in enumerate(sizes, start=1) if paragraph.size > 0.97 * size), None)
            if level is None and not builder.length and _FIRST_LINE.fullmatch(text):
                level = 1
            if level is not None and _may_be_title(text):
                builder.add_heading(level, text)
                if number == 1 and paragraph.size > LARGE * largest and len(text) >= _SHORTEST_TITLE:
                    title, largest = text, paragraph.size
            elif numbered := NUMBERED_TITLE.fullmatch(text):
                builder.add_heading(_MOST_LEVELS + numbered[1].count("."), text)
            else:
                label = bool(page.filled) and bool(_LABEL.fullmatch(text))
                builder.add_paragraph(text, silent=label or bool(_CONTENTS.search(text)))
            mark(since, paragraph.words(), table=bool(paragraph.rows))
        for place, (row, value) in enumerate(page.filled, start=1):
            since = builder.length
            builder.add_row(place, row)
            mark(since, [value._replace(text=word) for word in value.text.split()], direction=0, table=True)
        for line in bottom:
            since = builder.length
            builder.add_paragraph(text_of(line), silent=True)
            mark(since, words_of(line))
        for direction, drawn in page.asides.items():  # a table drawn sideways, a stamp, a watermark
            for paragraph in lay_out(drawn, words):
                since = builder.length
                if paragraph.rows:
                    add_table(builder, paragraph.rows)
                builder.add_paragraph(paragraph.text)
                mark(since, paragraph.words(), direction=direction, table=bool(paragraph.rows))
        boxes.append(boxes_of(marked, frames))
        marked.clear()
    builder.name_by(title)
    builder.boxes = pack_boxes(np.concatenate(boxes))


def _may_be_title(text: str) -> bool:
    """Whether a text may be a heading: short, not the end of a sentence, and no row of figures."""
    words = text.split()
    numbers = sum(map(is_number, words))
    return bool(_TITLE.fullmatch(text)) and (numbers < _FIGURES or 2 * numbers <= len(words))


def _heading_sizes(laid_out: Sequence[Sequence[Paragraph]]) -> list[float]:
    """The sizes of type of headings, largest first: clearly larger than that of most text, and used for short lines only."""
    characters: Counter[float] = Counter()
    longest: dict[float, int] = {}
    for paragraph in (paragraph for paragraphs in laid_out for paragraph in paragraphs):
        size = round(paragraph.size, 1)
        characters[size] += len(paragraph.text) + sum(len(cell) for row in paragraph.rows for cell in row)
        longest[size] = max(longest.get(size, 0), len(paragraph.text))
    if len(characters) < 2:
        return []
    body = max(characters, key=lambda size: (characters[size], -size))
    sizes = sorted(
        (size for size in characters if size > 1.12 * body and longest[size] <= _LONGEST_TITLE), reverse=True
    )
    distinct = [size for above, size in zip([math.inf, *sizes], sizes, strict=False) if size < 0.97 * above]
    return distinct[:_MOST_LEVELS]


def _read_annotations(page: Any, number: int, form: Any) -> list[tuple[str, Word]]:
    """The values filled into the form fields of a page, each with the name of its field, and the notes people added.

    Each with the words that are to be marked, in the box of the field or note.
    """
    import pypdfium2.raw as pdfium

    def read(function: Any, *arguments: Any) -> str:
        size = function(*arguments, None, 0)
        buffer = ctypes.create_string_buffer(size)
        function(*arguments, ctypes.cast(buffer, ctypes.POINTER(pdfium.FPDF_WCHAR)), size)
        return one_line(buffer.raw[: max(size - 2, 0)].decode("utf-16-le", "replace"))

    found: list[tuple[str, Word]] = []
    edges = pdfium.FS_RECTF()

    def add(text: str, words: str) -> None:
        pdfium.FPDFAnnot_GetRect(annotation, edges)
        found.append((text, Word(words, number, edges.left, -edges.top, edges.right, -edges.bottom)))

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
            if value:
                add(describe_row([label.rstrip(":")], [value]), value)
        elif kind in (pdfium.FPDF_ANNOT_TEXT, pdfium.FPDF_ANNOT_FREETEXT, pdfium.FPDF_ANNOT_HIGHLIGHT):
            note = read(pdfium.FPDFAnnot_GetStringValue, annotation, b"Contents")
            if note:
                add(f"Note: {note}", note)
        pdfium.FPDFPage_CloseAnnot(annotation)
    return found


def _move_rest(
    paragraphs: list[Paragraph], last: int, following: list[Paragraph], words: frozenset[str]
) -> list[Paragraph]:
    """Move the rest of a sentence that a page break cuts to the page where it begins; returns what the next page keeps."""
    cut, first = paragraphs[last], following[0]
    joined = join_lines(cut.text, first.text, words)
    begun = len(joined) - len(first.text)
    end = next((end for _, end in split_sentences(joined) if end > begun), len(joined))
    drawn = (*cut.words(), *first.words())
    found = list(find_words(joined[:end], (word.text for word in drawn)))
    moved = 1 + max((position for position, place in enumerate(found) if place), default=-1)
    paragraphs[last] = Paragraph(
        joined[:end],
        cut.size,
        full=not joined[end:],
        segments=cut.segments + first.segments,
        first=cut.first,
        last=cut.first + moved,
    )
    rest = joined[end:].strip()
    kept = max(0, moved - len(cut.words()))
    return ([replace(first, text=rest, first=kept)] if rest else []) + following[1:]
