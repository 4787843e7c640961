"""Tell the columns of a PDF's page apart, and put what they hold in reading order.

Two columns are told from a table by their lines: those of columns are of some length and leave little blank. A line
across the gap between the columns ends them, and they begin anew below it.
"""

from collections.abc import Sequence
from statistics import median

from index.readers.pdf_lines import Segment, group_lines

COLUMN_LINES = 3  # a column has at least so many lines
COLUMN_CHARACTERS = 15  # and half of them at least so many characters
COLUMN_FILLED = 0.55  # and half of them fill at least this share of its width: the cells of a table leave more blank
NARROWEST_GAP = 3.0  # points between columns
MOST_SEGMENTS = 3_000  # a page with more is no page of prose: it is read line by line
MOST_COLUMNS = 4
_GAPS_TRIED = 8


def split_columns(segments: list[Segment], columns: int = 1) -> list[list[Segment]]:
    """Part segments into stretches that are read one after the other, each of one column.

    Args:
        segments: In any order.
        columns: How many columns are known to stand side by side already, these segments being one of them.
    """
    gap = _find_gap(segments, columns)
    if gap is None:
        return [segments]
    parts: list[list[Segment]] = []
    left: list[Segment] = []
    right: list[Segment] = []
    across: list[Segment] = []

    def close_columns() -> None:
        for side in (left, right):
            if side:
                parts.extend(split_columns(list(side), columns + 1))
                side.clear()

    begin, end = gap
    for lines in _bands(group_lines(segments)):
        is_table = _is_table(lines, gap)
        for line in lines:
            if is_table or any(segment.left < end and segment.right > begin for segment in line):
                close_columns()
                across += line
                continue
            if across:
                parts.append(list(across))
                across.clear()
            left += [segment for segment in line if segment.right <= begin]
            right += [segment for segment in line if segment.left >= end]
    close_columns()
    return [*parts, across] if across else parts


def _bands(lines: Sequence[list[Segment]]) -> list[list[list[Segment]]]:
    """Part lines where a blank as high as a line runs through all columns."""
    bands: list[list[list[Segment]]] = []
    bottom = 0.0
    for line in lines:
        if not bands or min(segment.top for segment in line) - bottom > 0.8 * line[0].size:
            bands.append([])
        bands[-1].append(line)
        bottom = max(segment.bottom for segment in line)
    return bands


def _is_table(lines: Sequence[Sequence[Segment]], gap: tuple[float, float]) -> bool:
    """Whether lines with words on both sides of a gap are rows: on one side they are short."""
    left = [sum(len(segment.text) for segment in line if segment.right <= gap[0]) for line in lines]
    right = [sum(len(segment.text) for segment in line if segment.left >= gap[1]) for line in lines]
    both = sum(bool(one and other) for one, other in zip(left, right, strict=True))
    return both >= COLUMN_LINES and both >= 0.7 * len(lines) and min(median(left), median(right)) < COLUMN_CHARACTERS


def _find_gap(segments: Sequence[Segment], columns: int) -> tuple[float, float] | None:
    """Where the gap between two columns of prose begins and ends, or None where there is one column."""
    if columns == MOST_COLUMNS or not 2 * COLUMN_LINES <= len(segments) <= MOST_SEGMENTS:
        return None

    def is_readable(side: Sequence[Segment]) -> bool:
        return _is_column(side) or _find_gap(side, columns + 1) is not None

    begin, end = min(segment.left for segment in segments), max(segment.right for segment in segments)
    margin = 0.15 * (end - begin)
    events = sorted([(segment.left, 1) for segment in segments] + [(segment.right, -1) for segment in segments])
    gaps = []
    crossing = 0
    for (x, step), (following, _) in zip(events, events[1:], strict=False):
        crossing += step
        if following - x >= NARROWEST_GAP and begin + margin < (x + following) / 2 < end - margin:
            gaps.append((crossing, x - following, x, following))
    for *_, x, following in sorted(gaps)[:_GAPS_TRIED]:
        left = [segment for segment in segments if segment.right <= x]
        right = [segment for segment in segments if segment.left >= following]
        if left and right and _are_beside(left, right) and is_readable(left) and is_readable(right):
            return x, following
    return None


def _is_column(segments: Sequence[Segment]) -> bool:
    """Whether segments are lines of prose: enough of them, of some length, with little blank in them."""
    if len(segments) < COLUMN_LINES:
        return False
    lines = group_lines(segments)
    if len(lines) < COLUMN_LINES:
        return False
    width = max(segment.right for segment in segments) - min(segment.left for segment in segments)
    filled = [sum(segment.right - segment.left for segment in line) for line in lines]
    lengths = [sum(len(segment.text) for segment in line) for line in lines]
    return median(lengths) >= COLUMN_CHARACTERS and median(filled) >= COLUMN_FILLED * width


def _are_beside(left: Sequence[Segment], right: Sequence[Segment]) -> bool:
    """Whether two columns stand beside each other for some lines, not one below the other."""
    top = max(min(segment.top for segment in side) for side in (left, right))
    bottom = min(max(segment.bottom for segment in side) for side in (left, right))
    return bottom - top > COLUMN_LINES * median(segment.size for segment in left) * 0.8
