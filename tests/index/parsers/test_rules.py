"""Tables of a PDF whose cells are parted by drawn rules."""

import io

import pytest
from reading import begin_page, describe, read, texts


def make_ruled(*pages, spans=(), widths=(150, 210, 90), rules=True, above=()):
    """A PDF with a table a page: rows of cells, each cell a list of lines; `spans` as ReportLab's, `above` lines of text."""
    from reportlab.platypus import SimpleDocTemplate, Table

    def add(canvas, _):
        for x, y, line in above:
            canvas.drawString(x, y, line)

    stream = io.BytesIO()
    kinds = [("SPAN", *span) for span in spans] + ([("GRID", (0, 0), (-1, -1), 0.5, "black")] if rules else [])
    flowables = [
        Table([["\n".join(cell) for cell in row] for row in rows], widths, style=kinds, repeatRows=0) for rows in pages
    ]
    SimpleDocTemplate(stream, pagesize=(595, 842), invariant=True).build(flowables, onFirstPage=add)
    return stream.getvalue()


PERMITS = [
    (["Permit"], ["What is needed"], ["Fee"]),
    (["Angling in the", "upper pond"], ["A card and two pictures that are", "less than a year old"], ["30"]),
    (["Mooring"], ["Papers of the boat and the word of", "the master"], ["90 a", "season"]),
]


def test_a_cell_of_several_lines_is_one(tmp_path):
    """The lines of a cell belong together, not those that stand side by side."""
    assert texts(read(tmp_path, "a.pdf", make_ruled(PERMITS))) == [
        "~Permit; What is needed; Fee",
        "Permit: Angling in the upper pond; What is needed: A card and two pictures that are less than a year old; Fee: 30.",
        "Permit: Mooring; What is needed: Papers of the boat and the word of the master; Fee: 90 a season.",
    ]


def test_names_over_several_columns_belong_to_each(tmp_path):
    """Two rows of names are joined; a cell over several rows counts for each of them."""
    rows = [
        (["Region"], ["Visitors"], [""], ["Open"]),
        ([""], ["2021"], ["2022"], [""]),
        (["North"], ["4100"], ["5200"], ["May"]),
        (["South"], ["310"], ["420"], [""]),
    ]
    spans = [((0, 0), (0, 1)), ((1, 0), (2, 0)), ((3, 0), (3, 1)), ((3, 2), (3, 3))]
    found = texts(read(tmp_path, "a.pdf", make_ruled(rows, spans=spans, widths=(120,) * 4)))
    assert found == [
        "~Region; Visitors 2021; Visitors 2022; Open",
        "Region: North; Visitors 2021: 4100; Visitors 2022: 5200; Open: May.",
        "Region: South; Visitors 2021: 310; Visitors 2022: 420; Open: May.",
    ]


def test_a_cell_across_all_columns_is_text(tmp_path):
    """It has the name of no column, and the rows below it keep theirs."""
    rows = [(["Dish"], ["Made of"], ["Price"])]
    rows += [
        (["Soups"], [""], [""]),
        (["Borscht"], ["beetroot"], ["7"]),
        (["Cakes"], [""], [""]),
        (["Tart"], ["plums"], ["5"]),
    ]
    spans = [((0, 1), (2, 1)), ((0, 3), (2, 3))]
    assert texts(read(tmp_path, "a.pdf", make_ruled(rows, spans=spans))) == [
        "Soups",
        "~Dish; Made of; Price",
        "Dish: Borscht; Made of: beetroot; Price: 7.",
        "Cakes",
        "Dish: Tart; Made of: plums; Price: 5.",
    ]


def test_rows_without_rules_between_them_are_parted_by_their_numbers(tmp_path):
    """As on invoices, where rules part the columns, and only the names from the rows."""
    rows = [
        (["Service"], ["Remark"], ["Euros"]),
        (["Painting", "Plastering", "Scaffold"], ["two coats", "ceiling", "a week"], ["840.00", "95.50", "310.00"]),
    ]
    assert texts(read(tmp_path, "a.pdf", make_ruled(rows))) == [
        "~Service; Remark; Euros",
        "Service: Painting; Remark: two coats; Euros: 840.00.",
        "Service: Plastering; Remark: ceiling; Euros: 95.50.",
        "Service: Scaffold; Remark: a week; Euros: 310.00.",
    ]


def test_a_table_goes_on_on_the_next_page(tmp_path):
    """Its rows keep the names of their columns, whether the next page repeats these or not."""
    rows = [([f"Zone {number}"], ["one", "of several"], [f"{number + 100}.00"]) for number in range(1, 41)]
    found = describe(read(tmp_path, "a.pdf", make_ruled([(["Area"], ["Kind"], ["Tariff"]), *rows])))
    assert found[0] == ("~Area; Kind; Tariff", {"page": 1})
    assert found[-1] == ("Area: Zone 40; Kind: one of several; Tariff: 140.00.", {"page": 2, "row": 41})
    assert len(found) == 41


def test_frames_around_prose_are_read_one_after_the_other(tmp_path):
    """Boxes of a leaflet are no cells of a row."""
    left = [f"The mill of the upper valley has wheel number {number}." for number in range(20)]
    right = [f"The pond of the lower valley has fish number {number}." for number in range(20)]
    rows = [(left, right), (["Mill"], ["Pond"]), (["Tel. 31"], ["Tel. 77"])]
    found = texts(read(tmp_path, "a.pdf", make_ruled(rows, widths=(260, 260))))
    assert found[0].startswith("The mill of the upper valley has wheel number 0.")
    assert "pond" not in found[0]


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rules_are_found_however_the_page_is_turned(tmp_path, degrees):
    """Rules are turned as the text is; those of a path of several lines count as well."""
    stream = io.BytesIO()
    page = begin_page(stream)
    page.translate(300, 420)
    page.rotate(degrees)
    path = page.beginPath()
    for x in (-150, 0, 150):
        path.moveTo(x, 0)
        path.lineTo(x, 150)
    for y in (0, 50, 100, 150):
        path.moveTo(-150, y)
        path.lineTo(150, y)
    page.drawPath(path)
    for y, cells in (
        (130, ("Part", "Made")),
        (80, ("Wheel", "of oak")),
        (65, ("", "and iron")),
        (30, ("Axle", "of steel")),
    ):
        for x, cell in zip((-140, 10), cells, strict=True):
            page.drawString(x, y, cell)
    page.save()
    found = texts(read(tmp_path, "a.pdf", stream.getvalue()))
    assert found == ["~Part; Made", "Part: Wheel; Made: of oak and iron.", "Part: Axle; Made: of steel."]


def test_words_across_rules_are_no_cells(tmp_path):
    """A drawing behind text, such as the grid of a chart, is no table."""
    lines = [
        (60, 780 - 20 * row, f"Sentence number {row} runs across the drawn lines, which mean nothing.")
        for row in range(9)
    ]
    stream = io.BytesIO()
    page = begin_page(stream)
    for x in range(50, 500, 25):
        page.line(x, 600, x, 800)
    for y in range(600, 801, 20):
        page.line(50, y, 475, y)
    for x, y, line in lines:
        page.drawString(x, y + 5, line)
    page.save()
    found = texts(read(tmp_path, "a.pdf", stream.getvalue()))
    assert "Sentence number 0 runs across the drawn lines, which mean nothing." in " ".join(found)


def test_a_row_without_rules_has_a_cell_in_each_column(tmp_path):
    """Where rules part only the names of the columns, the values below are not one cell."""
    stream = io.BytesIO()
    page = begin_page(stream)
    for y in (800, 775, 750, 725, 700):
        page.line(50, y, 350, y)
    for x in (50, 150, 250, 350):
        page.line(x, 775 if x in (150, 250) else 700, x, 800)
    page.line(150, 700, 150, 775)
    rows = [("Harbour", "Boats", "Nets"), ("Skar", "410", "77"), ("Vik", "512", "81"), ("Both", "922", "158")]
    for number, row in enumerate(rows):
        for x, cell in zip((60, 160, 260), row, strict=True):
            page.drawString(x, 783 - 25 * number, cell)
    page.save()
    assert texts(read(tmp_path, "a.pdf", stream.getvalue())) == [
        "~Harbour; Boats; Nets",
        "Harbour: Skar; Boats: 410; Nets: 77.",
        "Harbour: Vik; Boats: 512; Nets: 81.",
        "Harbour: Both; Boats: 922; Nets: 158.",
    ]


def test_a_line_that_runs_on_behind_a_rule_is_no_row(tmp_path):
    """The boxes of a printed web page part no cells: there, words have no more between them than elsewhere."""
    stream = io.BytesIO()
    page = begin_page(stream)
    for left, bottom, width, height in (
        (50, 770, 100, 30),
        (150, 770, 200, 30),
        (50, 730, 300, 40),
        (50, 690, 100, 40),
    ):
        page.rect(left, bottom, width, height)
    page.rect(150, 690, 200, 40)
    lines = ["Summary News Charts Conversations Statistics", "New York in real time, and prices in dollars"]
    for y, line in zip((780, 705), lines, strict=True):
        page.drawString(56, y, line)
    page.save()
    found = " ".join(texts(read(tmp_path, "a.pdf", stream.getvalue())))
    assert all(line in found for line in lines)


def test_columns_of_one_name_show_a_cell_over_them_once(tmp_path):
    """As where a name and the values below it all cover two columns."""
    rows = [(["Kind"], ["Price"], [""]), (["Cake"], ["five"], [""]), (["Tea"], ["two"], [""])]
    spans = [((1, row), (2, row)) for row in (0, 1)]
    assert texts(read(tmp_path, "a.pdf", make_ruled(rows, spans=spans)))[1] == "Kind: Cake; Price: five."


def test_equal_cells_side_by_side_are_all_read(tmp_path):
    """Only a cell that covers several columns is read once, below names that are alike and where there are none."""
    rows = [(["North"], ["0"], ["0"]), (["South"], ["5"], ["5"]), (["East"], ["7"], [""])]
    found = texts(read(tmp_path, "a.pdf", make_ruled(rows, spans=[((1, 2), (2, 2))])))
    assert found == ["North; 0; 0.", "South; 5; 5.", "East; 7."]
