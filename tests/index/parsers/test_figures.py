"""Rows of figures in a PDF that no rules part."""

from reading import describe, make_pdf, read, texts

from index.boxes import boxes_between

PLACES = (60, 200, 260, 320, 380)


def table(*rows, y=700, leading=14):
    """Rows of cells, each at the place of its column; a cell of (x, text) is at a place of its own."""
    drawn = []
    for number, row in enumerate(rows):
        for x, cell in zip(PLACES, row, strict=False):
            x, text = cell if isinstance(cell, tuple) else (x, cell)
            drawn += [(x, y - leading * number, text)] if text else []
    return drawn


ROWS = [
    ("Skar", "410", "77", "1,204", "31"),
    ("Vik", "512", "81", "2,330", "-"),
    ("Odden", "922", "158", "3,534", "45"),
]


def test_names_over_several_columns_are_joined_to_those_below(tmp_path):
    """Each stands over the middle of its columns."""
    above = [("", (225, "Boats"), (345, "Nets")), ("Harbour", "2021", "2022", "2021", "2022")]
    assert texts(read(tmp_path, "a.pdf", make_pdf(table(*above, *ROWS)))) == [
        "~Harbour; Boats 2021; Boats 2022; Nets 2021; Nets 2022",
        "Harbour: Skar; Boats 2021: 410; Boats 2022: 77; Nets 2021: 1,204; Nets 2022: 31.",
        "Harbour: Vik; Boats 2021: 512; Boats 2022: 81; Nets 2021: 2,330; Nets 2022: -.",
        "Harbour: Odden; Boats 2021: 922; Boats 2022: 158; Nets 2021: 3,534; Nets 2022: 45.",
    ]


def test_a_name_of_several_lines_is_one(tmp_path):
    """The lines above a column are its name, however many others have."""
    above = [
        ("", "", "Boats", "", "Nets"),
        ("", "Boats", "for", "Sold", "per"),
        ("Harbour", "owned", "hire", "nets", "boat"),
    ]
    assert texts(read(tmp_path, "a.pdf", make_pdf(table(*above, *ROWS))))[:2] == [
        "~Harbour; Boats owned; Boats for hire; Sold nets; Nets per boat",
        "Harbour: Skar; Boats owned: 410; Boats for hire: 77; Sold nets: 1,204; Nets per boat: 31.",
    ]


def test_without_a_name_for_each_column_the_cells_have_none(tmp_path):
    """Rows stay apart, and no value gets the name of another."""
    above = [("", (215, "Boats"), "", (360, "Nets and ropes"))]
    assert texts(read(tmp_path, "a.pdf", make_pdf(table(*above, *ROWS)))) == [
        "~Boats Nets and ropes",
        "Skar; 410; 77; 1,204; 31.",
        "Vik; 512; 81; 2,330; -.",
        "Odden; 922; 158; 3,534; 45.",
    ]


def test_rows_below_a_line_between_and_on_the_next_page_keep_the_names(tmp_path):
    """As long as they lie in the same columns."""
    names = ("Harbour", "Boats", "Crews", "Nets", "Ropes")
    more, most = ([(f"{cell}{end}", *figures) for cell, *figures in ROWS] for end in ("vik", "by"))
    pages = table(names, *ROWS, ("Inland",), *more), table(*most)
    found = describe(read(tmp_path, "a.pdf", make_pdf(*pages)))
    figures = "Boats: 410; Crews: 77; Nets: 1,204; Ropes: 31."
    assert [each for each in found if "410" in each[0]] == [
        (f"Harbour: Skar; {figures}", {"page": 1, "row": 2}),
        (f"Harbour: Skarvik; {figures}", {"page": 1, "row": 5}),
        (f"Harbour: Skarby; {figures}", {"page": 2, "row": 8}),
    ]


def test_the_name_of_a_row_may_have_several_lines(tmp_path):
    """Its figures stand beside its last line or its first; a title between rows is none of them."""
    rows = [
        ("Harbour", "2021", "2022", "2023"),
        ROWS[0][:4],
        ("Vik with the",),
        ("two islands and",),
        ("the lighthouse", "512", "81", "2,330"),
        ("Odden, which has", "922", "158", "3,534"),
        ("no pier",),
        ("Others",),
        ("Moss", "1", "2", "3"),
    ]
    document = read(tmp_path, "a.pdf", make_pdf(table(*rows, leading=12)))
    assert texts(document) == [
        "~Harbour; 2021; 2022; 2023",
        "Harbour: Skar; 2021: 410; 2022: 77; 2023: 1,204.",
        "Harbour: Vik with the two islands and the lighthouse; 2021: 512; 2022: 81; 2023: 2,330.",
        "Harbour: Odden, which has no pier; 2021: 922; 2022: 158; 2023: 3,534.",
        "Others\nMoss 1 2 3",
    ]
    start = document.text.index("no pier")
    assert len(boxes_between(document.boxes, start, start + 7)) == 1
