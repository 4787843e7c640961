"""Find the rows of a table in a web page, with cells that span rows repeated in each."""

from collections.abc import Callable

MOST_SPANNED = 1_000  # columns or rows; HTML's own limit for columns


def is_data_table(table) -> bool:
    """Whether a table holds data rather than lay out a page: two columns or more, and no table or heading inside."""
    if (table.attributes.get("role") or "") in ("presentation", "none"):
        return False
    if any(len(table.css(tag)) > found for tag, found in (("table", 1), ("h1", 0), ("h2", 0), ("h3", 0))):
        return False
    return any(sum(cell.tag in ("td", "th") for cell in row.iter()) > 1 for row in table.css("tr"))


def read_rows(table, gather_text: Callable[..., str]) -> tuple[list[list[str]], int | None]:
    """Read the cells of a table.

    Args:
        table: The element.
        gather_text: Gives the text of a cell.

    Returns:
        The rows in order, and how many at the top are headers; None where the table does not say.
    """
    rows: list[list[str]] = []
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
                shown = text if column == 0 or cell.tag == "th" else ""  # a name counts for all, a value stands once
                if more_rows:
                    below[len(line)] = (more_rows, shown)
                line.append(shown)
        _fill_spanned(line, below)
        rows.append(line)
        named = [cell.tag == "th" for cell, text in zip(cells, texts, strict=True) if text]
        heads.append(row.parent.tag == "thead" or (bool(named) and all(named)))
    if not any(heads):
        return rows, None
    headers = next((position for position, head in enumerate(heads) if not head), len(rows))
    return rows, headers if headers < len(rows) else 0


def _fill_spanned(line: list[str], below: dict[int, tuple[int, str]]) -> None:
    while len(line) in below:
        rows, text = below.pop(len(line))
        if rows > 1:
            below[len(line)] = (rows - 1, text)
        line.append(text)


def _span(cell, attribute: str) -> int:
    value = (cell.attributes.get(attribute) or "").strip()
    return max(1, min(int(value), MOST_SPANNED)) if value.isascii() and value.isdigit() and len(value) < 9 else 1
