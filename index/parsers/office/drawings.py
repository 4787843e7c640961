"""Read the drawings that Word, PowerPoint and Excel share: text in shapes, diagrams (SmartArt) and charts, and formulas.

Each is given as its element, parsed by lxml.
"""

import datetime
import re
from typing import Any

from index.parsers.builder import TextBuilder, add_table, one_line, raise_number

DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}"
NEW_CHART = (
    "{http://schemas.microsoft.com/office/drawing/2014/chartex}chart"  # of the kinds since 2016, which are not read
)
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
MATH = f"{_MATH}oMath"


def find_shown(root: Any, *tags: str) -> list[Any]:
    """The elements with some tags inside a root, in order, without those that only older programs show."""
    fallback = f"{COMPATIBILITY}Fallback"
    return [found for found in root.iter(*tags) if not any(above.tag == fallback for above in found.iterancestors())]


def paragraph_text(paragraph: Any) -> str:
    """The text of a paragraph of a shape, with its fields and formulas; line breaks stay."""
    parts: list[str] = []
    for element in paragraph.iter(f"{DRAWING}t", f"{DRAWING}br", f"{DRAWING}tab", MATH):
        if element.tag == MATH:
            parts.append(f" {formula_text(element)} ")
        elif element.tag == f"{DRAWING}br":
            parts.append("\n")
        else:
            text = element.text or ""
            run = element.getparent().find(f"{DRAWING}rPr")
            raised = run is not None and (run.get("baseline") or "").isdigit() and run.get("baseline") != "0"
            parts.append((raise_number(text) if raised else "") or text)
    return "".join(parts)


def list_paragraphs(root: Any) -> list[tuple[int, str]]:
    """The level and the text, as one line, of each paragraph of a shape that is not blank."""
    found = []
    for paragraph in find_shown(root, f"{DRAWING}p"):
        properties = paragraph.find(f"{DRAWING}pPr")
        level = (properties.get("lvl") if properties is not None else None) or "0"
        if text := one_line(paragraph_text(paragraph)):
            found.append((int(level) if level.isdigit() else 0, text))
    return found


def write_list(lines: list[tuple[int, str]]) -> str:
    """Lines with their levels as a list; one line alone is no item."""
    if len(lines) > 1:
        return "\n".join(f"{'  ' * level}- {line}" for level, line in lines)
    return "\n".join(line for _, line in lines)


def diagram_text(model: Any) -> str:
    """The texts of a diagram as a list, indented as its points are nested.

    Args:
        model: The `dataModel` of the diagram.
    """
    texts: dict[str, str] = {}
    for point in model.iter(f"{DIAGRAM}pt"):
        if point.get("type", "node") in ("node", "asst", "doc"):
            body = point.find(f"{DIAGRAM}t")
            lines = [text for _, text in list_paragraphs(body)] if body is not None else []
            texts[point.get("modelId")] = " ".join(lines)
    below: dict[str, list[tuple[int, str]]] = {}
    for link in model.iter(f"{DIAGRAM}cxn"):
        if link.get("type", "parOf") == "parOf" and link.get("destId") in texts:
            order = link.get("srcOrd") or ""
            below.setdefault(link.get("srcId"), []).append((int(order) if order.isdigit() else 0, link.get("destId")))
    nested = {child for children in below.values() for _, child in children}
    found: list[tuple[int, str]] = []
    waiting = [(0, point) for point in reversed(texts) if point not in nested]
    while waiting:
        level, point = waiting.pop()
        text = texts.pop(point, "")  # a point that is its own parent appears once
        if text:
            found.append((level, text))
        deeper = level + bool(text)
        waiting += [(deeper, child) for _, child in sorted(below.get(point, ()), reverse=True) if child in texts]
    return write_list(found)


def add_chart(chart: Any, builder: TextBuilder) -> None:
    """Write the titles of a chart and its values, a row for each category.

    Args:
        chart: The `chartSpace`.
        builder: Where to.
    """
    axes = {f"{CHART}{kind}" for kind in ("catAx", "valAx", "dateAx", "serAx")}
    for title in chart.iter(f"{CHART}title"):
        text = " ".join(text for _, text in list_paragraphs(title))
        builder.add_paragraph(text, silent=title.getparent().tag in axes)
    for plot in chart.iter():
        series = plot.findall(f"{CHART}ser") if isinstance(plot.tag, str) else []
        if not series:
            continue
        for categories, alike in _by_categories(series):
            names = [" ".join(_points(each.find(f"{CHART}tx")).values()) for each in alike]
            values = [_points(_first(each, "val", "yVal")) for each in alike]
            positions = sorted({position for points in values for position in points})
            rows = [[points.get(position, "") for points in (categories, *values)] for position in positions]
            add_table(builder, [["", *names], *rows], headers=1)


def _by_categories(series: list[Any]) -> list[tuple[dict[int, str], list[Any]]]:
    """Part series by their categories, which those of a scatter chart may each have their own."""
    parted: list[tuple[dict[int, str], list[Any]]] = []
    for each in series:
        categories = _points(_first(each, "cat", "xVal"))
        if parted and (not categories or categories == parted[-1][0]):
            parted[-1][1].append(each)
        else:
            parted.append((categories, [each]))
    return parted


def _first(parent: Any, *names: str) -> Any:
    return next((child for name in names if (child := parent.find(f"{CHART}{name}")) is not None), None)


def _points(parent: Any) -> dict[int, str]:
    """The values of a series by their positions, as they are stored beside the reference to the cells."""
    if parent is None:
        return {}
    levels = [_level(level) for level in parent.iter(f"{CHART}lvl")]
    if levels:  # categories in several levels, the innermost first; a name of an outer level counts until the next
        found = dict(levels[0])
        for level in levels[1:]:
            name = ""
            for position in found:
                name = level.get(position, name)
                found[position] = f"{name} {found[position]}".strip()
        return found
    direct = parent.find(f"{CHART}v")
    return {0: one_line(direct.text or "")} if direct is not None else _level(parent)


_MOST_POINTS = 100_000
_DAY_FORMAT = re.compile(r"(?:^|[^a-z])(?:yy|d{1,2}[^a-z]+m|m{1,4}[^a-z]+d)", re.IGNORECASE)


def _level(parent: Any) -> dict[int, str]:
    code = next((each.text or "" for each in parent.iter(f"{CHART}formatCode")), "")
    numbers = parent.find(f".//{CHART}numCache") is not None or parent.find(f".//{CHART}numLit") is not None
    found = {}
    for point in parent.iter(f"{CHART}pt"):
        position, text = point.get("idx") or "", one_line(point.findtext(f"{CHART}v") or "")
        if position.isdigit() and int(position) < _MOST_POINTS and text:
            found[int(position)] = _number(text, point.get("formatCode") or code) if numbers else text
    return found


def _number(text: str, code: str) -> str:
    try:
        value = float(text)
        if "%" in code:
            return f"{value * 100:.15g}%"
        if _DAY_FORMAT.search(code):
            return (datetime.date(1899, 12, 30) + datetime.timedelta(days=int(value))).isoformat()
    except (ValueError, OverflowError):
        return text
    return f"{value:.15g}"


_SIGNS = {
    "sSup": "{e}^{sup}",
    "sSub": "{e}_{sub}",
    "sSubSup": "{e}_{sub}^{sup}",
    "f": "({num})/({den})",
    "rad": "\u221a({e})",
}


def formula_text(root: Any) -> str:
    """A formula in a line, with the usual signs for powers, indices, fractions and roots."""
    kind = root.tag.removeprefix(_MATH) if isinstance(root.tag, str) else ""
    if kind == "t":
        return root.text or ""
    if kind in _SIGNS:
        parts = {child.tag.removeprefix(_MATH): formula_text(child) for child in root if isinstance(child.tag, str)}
        return _SIGNS[kind].format_map({"e": "", "sup": "", "sub": "", "num": "", "den": "", **parts})
    if kind == "d":
        return f"({''.join(map(formula_text, root))})"
    return "".join(map(formula_text, root)) if kind[-2:] != "Pr" else ""
