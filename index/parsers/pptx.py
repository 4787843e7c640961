"""Read .pptx presentations: slide by slide the title, text, tables and the speaker's notes.

The title is the heading of its slide. Charts are read as tables. Left out: pictures and drawn diagrams (SmartArt), and the
text that layouts put on every slide.
"""

from collections.abc import Iterator
from typing import Any

from index.parsers.builder import Extraction, TextBuilder, add_table, list_some, one_line
from index.parsers.containers import load_library, office_metadata, open_office


def read_pptx(content: bytes, *, name: str) -> Extraction:
    """Read a presentation.

    Raises:
        SourceError: It is no .pptx, damaged, protected with a password or not safe to read.
    """
    pptx = load_library("pptx", "python-pptx", name=name, suffix=".pptx")
    package = open_office(content, name=name, suffix=".pptx", holds="ppt/")
    builder = TextBuilder(name)
    builder.describe(**office_metadata(package))
    hidden = []
    for number, slide in enumerate(pptx.Presentation(package.fp).slides, start=1):
        if slide.element.get("show") in ("0", "false"):
            hidden.append(str(number))
        else:
            builder.move_to(slide=number)
            _add_slide(slide, builder)
    if hidden:
        builder.notes.append(f"hidden slides are not read: {list_some(hidden)}")
    return builder.finish()


def _add_slide(slide: Any, builder: TextBuilder) -> None:
    title = slide.shapes.title
    builder.begin_section(1, "")
    if title is not None:
        builder.add_heading(1, title.text_frame.text)
    for shape in _shapes(slide.shapes):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if shape.has_text_frame:
            builder.add_paragraph(_frame_text(shape.text_frame))
        elif getattr(shape, "has_table", False):
            add_table(builder, [[cell.text for cell in row.cells] for row in shape.table.rows])
        elif getattr(shape, "has_chart", False):
            _add_chart(shape.chart, builder)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        builder.add_paragraph(_frame_text(slide.notes_slide.notes_text_frame, listed=False))


def _add_chart(chart: Any, builder: TextBuilder) -> None:
    """Write the title of a chart and its values, a row for each category."""
    if chart.has_title and chart.chart_title.has_text_frame:
        builder.add_paragraph(chart.chart_title.text_frame.text)
    for plot in chart.plots:
        series = list(plot.series)
        rows = [["", *(each.name for each in series)]]
        for position, category in enumerate(plot.categories):
            values = (each.values[position] if position < len(each.values) else None for each in series)
            rows.append([str(category), *("" if value is None else f"{value:.15g}" for value in values)])
        add_table(builder, rows, headers=1)


def _shapes(shapes: Any) -> Iterator[Any]:
    """All shapes, those in groups too, as they are read aloud: in the order of the file."""
    waiting = list(reversed(list(shapes)))
    while waiting:
        shape = waiting.pop()
        if hasattr(shape, "shapes"):
            waiting += reversed(list(shape.shapes))
        else:
            yield shape


def _frame_text(frame: Any, *, listed: bool = True) -> str:
    """The text of a frame; where it has several paragraphs, each is an item of a list, indented by its level."""
    lines = [(paragraph.level, one_line(paragraph.text)) for paragraph in frame.paragraphs]
    lines = [(level, line) for level, line in lines if line]
    if len(lines) > 1 and listed:
        return "\n".join(f"{'  ' * level}- {line}" for level, line in lines)
    return "\n".join(line for _, line in lines)
