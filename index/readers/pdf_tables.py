"""Find the tables among the lines of a PDF's page: neighbouring lines of several cells that stand in the same columns.

Kept simple: one line a row, a header that names every column, no rules looked for. Whatever does not fit stays text.
"""

from collections.abc import Sequence

from index.readers.pdf_lines import Segment
from index.readers.tables import is_header

FEWEST_ROWS = 2  # below the header
MOST_FILLED = 0.8  # of a row's width is text; lines of prose with wide gaps between words are fuller


def find_table(lines: Sequence[Sequence[Segment]], first: int) -> list[list[str]]:
    """Read the table that begins at a line.

    Args:
        lines: The lines of a column or page from top to bottom, each from left to right.
        first: Position of the line that would be its header.

    Returns:
        Its rows, each of as many cells as the header has; empty when no table begins there.
    """
    header = lines[first]
    if len(header) < 2 or not is_loose(header):
        return []
    rows = [[segment.text for segment in header]]
    above = header
    for line in lines[first + 1 :]:
        cells = _place(line, header)
        far = line[0].top - above[0].top > 2.5 * header[0].size
        if cells is None or far or sum(map(bool, cells)) < 2 or not is_loose(line):
            break
        rows.append(cells)
        above = line
    return rows if len(rows) > FEWEST_ROWS and is_header(rows[0], rows[1]) else []


def is_loose(line: Sequence[Segment], most_filled: float = MOST_FILLED) -> bool:
    """Whether less than a share of a line is text, the rest of it gaps between its segments."""
    filled = sum(segment.right - segment.left for segment in line)
    return filled < most_filled * (line[-1].right - line[0].left)


def _place(line: Sequence[Segment], header: Sequence[Segment]) -> list[str] | None:
    """The cells of a line below the columns of a header; None when one stands below none of them, or two below one."""
    cells = [""] * len(header)
    for segment in line:
        shared = [min(segment.right, name.right) - max(segment.left, name.left) for name in header]
        column = shared.index(max(shared))
        if shared[column] <= 0 or cells[column]:
            return None
        cells[column] = segment.text
    return cells
