"""Tables of a PDF that no rules part and whose cells have several lines."""

import pytest
from reading import describe, flow, make_pdf, read, texts

PLACES = (60, 170, 400, 480)
WORK = [
    (["Service"], ["What is done"], ["Price"]),
    (
        ["Winter storage"],
        ["The boat is lifted, washed and kept under", "cover until April, with one look at it a", "month"],
        ["480 euros"],
    ),
    (["Mast"], ["Stepping or unstepping"], ["60 euros"]),
    (
        ["Engine"],
        ["Change of oil and filters, test of the cool-", "ing circuit, and a short report"],
        ["210 euros a", "year"],
    ),
]
ROWS = [
    "~Service; What is done; Price",
    "Service: Winter storage; What is done: The boat is lifted, washed and kept under cover until April, with one look at it a"
    " month; Price: 480 euros.",
    "Service: Mast; What is done: Stepping or unstepping; Price: 60 euros.",
    "Service: Engine; What is done: Change of oil and filters, test of the cooling circuit, and a short report; Price: 210 euros"
    " a year.",
]
ABOVE = (
    "All prices hold for the coming season, and they include the taxes of the town. Those who pay in advance pay less."
)


def table(rows, *, gap, level="top", y=700, leading=12, places=PLACES):
    """Cells, each a list of lines, drawn below one another; a gap parts the rows, in which the cells are level as asked."""
    drawn = []
    for row in rows:
        height = leading * max(map(len, row))
        for x, lines in zip(places, row, strict=False):
            blank = height - leading * len(lines)
            begun = y - {"top": 0, "middle": blank / 2, "bottom": blank}[level]
            drawn += [(x, begun - leading * number, line) for number, line in enumerate(lines)]
        y -= height + gap
    return drawn


@pytest.mark.parametrize(("gap", "level"), [(6, "top"), (6, "middle"), (6, "bottom"), (3, "top"), (0, "top")])
def test_the_words_of_a_cell_and_the_cells_of_a_row_belong_together(tmp_path, gap, level):
    """Whether a gap parts the rows, or only what a line says."""
    page = [*flow(ABOVE), *table(WORK, gap=gap, level=level), *flow(ABOVE, y=500)]
    assert texts(read(tmp_path, "a.pdf", make_pdf(page))) == [ABOVE, *ROWS, ABOVE]


@pytest.mark.parametrize("gap", [5, 0])
def test_every_column_may_have_cells_of_several_lines(tmp_path, gap):
    """The first one too, and the names of the columns."""
    rows = [
        (["Permit"], ["Papers that have to be", "shown"], ["Fee for", "members"]),
        (
            ["Fishing in the", "lower lake"],
            ["Card and photographs that", "are not older than a year"],
            ["35 euros a", "year"],
        ),
        (["Mooring"], ["Proof of insurance and the", "consent of the master"], ["120 euros a", "season"]),
        (["Camp fire"], ["Consent of the owner"], ["free"]),
    ]
    assert texts(read(tmp_path, "a.pdf", make_pdf(table(rows, gap=gap)))) == [
        "~Permit; Papers that have to be shown; Fee for members",
        "Permit: Fishing in the lower lake; Papers that have to be shown: Card and photographs that are not older than a year;"
        " Fee for members: 35 euros a year.",
        "Permit: Mooring; Papers that have to be shown: Proof of insurance and the consent of the master;"
        " Fee for members: 120 euros a season.",
        "Permit: Camp fire; Papers that have to be shown: Consent of the owner; Fee for members: free.",
    ]


TERMS = [
    (["Lessor"], ["The person that owns the boat and lets it out", "under this agreement"]),
    (["Deposit"], ["A sum paid in advance, which is given back if", "the boat is not damaged"]),
    (["Season"], ["The months from April to October"]),
]


@pytest.mark.parametrize("gap", [5, 0])
def test_two_columns_are_a_table_where_names_stand_above_sentences(tmp_path, gap):
    """Otherwise they are a form: pairs of a name and what it stands for."""
    pairs = [(one[0], " ".join(other)) for one, other in TERMS]
    page = table([(["Term"], ["Meaning"]), *TERMS], gap=gap)
    assert texts(read(tmp_path, "a.pdf", make_pdf(page))) == [
        "~Term; Meaning",
        *(f"Term: {term}; Meaning: {meaning}." for term, meaning in pairs),
    ]
    page = table([*TERMS, (["Begin"], ["1 May 2024"])], gap=gap)
    assert texts(read(tmp_path, "a.pdf", make_pdf(page))) == [
        *(f"{term}: {meaning}." for term, meaning in pairs),
        "Begin: 1 May 2024.",
    ]


def test_a_row_names_nothing_if_it_is_like_the_others(tmp_path):
    """Its words and those of the others stay together, without names."""
    rows = [
        (["Monday"], ["Opening by the mayor"], ["Hall A"]),
        (["Tuesday"], ["How harbours in the north cope with", "ice, and what it costs them"], ["Hall B"]),
        (["Friday"], ["The price of fish"], ["Hall A"]),
    ]
    assert texts(read(tmp_path, "a.pdf", make_pdf(table(rows, gap=6)))) == [
        "Monday; Opening by the mayor; Hall A.",
        "Tuesday; How harbours in the north cope with ice, and what it costs them; Hall B.",
        "Friday; The price of fish; Hall A.",
    ]


def test_a_label_between_rows_is_text(tmp_path):
    """It has the name of no column."""
    rows = [*WORK[:3], (["Repairs"], [], []), WORK[3]]
    found = texts(read(tmp_path, "a.pdf", make_pdf(table(rows, gap=6))))
    assert found == [*ROWS[:3], "~Repairs", ROWS[3]]


def test_the_table_goes_on_on_the_next_page(tmp_path):
    """Rows there have the names that the page before has."""
    more = [
        (["Varnish"], ["Two coats on all wood above the deck, and", "sanding between them"], ["35 euros"]),
        (["Sails"], ["Washing and drying"], ["40 euros"]),
    ]
    content = make_pdf([*flow(ABOVE), *table(WORK, gap=6, y=500)], table(more, gap=6, y=780))
    assert describe(read(tmp_path, "a.pdf", content))[-2:] == [
        (
            "Service: Varnish; What is done: Two coats on all wood above the deck, and sanding between them; Price: 35 euros.",
            {"page": 2, "row": 5},
        ),
        ("Service: Sails; What is done: Washing and drying; Price: 40 euros.", {"page": 2, "row": 6}),
    ]


@pytest.mark.parametrize("gap", [6, 0])
def test_rows_of_one_line_are_not_joined(tmp_path, gap):
    """Neither where gaps part groups of them, nor where a name counts for several rows."""
    groups = [
        (["Fruit"], ["Weight"], ["Price"]),
        (["Apples", "Pears", "Plums"], ["10 sacks", "12 sacks", "9 sacks"], ["30", "20", "50"]),
        (["Leeks", "Beets"], ["40 sacks", "31 sacks"], ["15", "25"]),
    ]
    text = read(tmp_path, "a.pdf", make_pdf(table(groups, gap=gap))).text
    assert "Apples Pears" not in text and "30 20" not in text and "10 sacks 12" not in text
    labels = [
        (["Town"], ["Boat"], ["Owner"]),
        (["Vik"], ["Alma", "Ruth"], ["Petek", "Brekke"]),
        (["Skar"], ["Ida"], ["Maren"]),
    ]
    assert "Boat: Alma Ruth" not in read(tmp_path, "a.pdf", make_pdf(table(labels, gap=gap))).text


LEFT = (
    "The ferry leaves from the old pier at nine, and it stops at each of the islands before it turns back. Who wants to stay"
    " overnight takes the evening boat, which has cabins and a kitchen that serves soup until the harbour is reached again."
)
RIGHT = (
    "A ticket is valid on the day for which it was bought. Children travel free, and so do bicycles if there is room for them"
    " on deck. Dogs are kept on a lead at all times, except in the cabins, whose owners clean them before they go ashore."
)


@pytest.mark.parametrize("width", [230, 130])
@pytest.mark.parametrize("heads", [(), ("Boats", "Tickets")])
def test_columns_of_prose_are_no_table(tmp_path, width, heads):
    """Nor are they with a short heading each."""
    page = [(x, 780, head) for x, head in zip((60, 60 + width + 15), heads, strict=False)]
    sides = [flow(text, x=x, y=760, width=width) for x, text in ((60, LEFT), (60 + width + 15, RIGHT))]
    found = texts(read(tmp_path, "a.pdf", make_pdf([*page, *sides[0], *sides[1]])))
    assert [text for text in found if len(text) > 20] == [LEFT, RIGHT]


def test_items_of_a_list_are_no_rows(tmp_path):
    """Their marks stand in a column of their own."""
    items = [
        (["1."], ["The boat is cleaned by those who hired it, who", "bring it back by noon"]),
        (["2."], ["Nobody sleeps on board while it is moored at", "the pier"]),
        (["3."], ["Nets are dried elsewhere"]),
    ]
    for mark in (None, "\u2022"):
        rows = [([mark] if mark else number, lines) for number, lines in items]
        found = texts(read(tmp_path, "a.pdf", make_pdf(table(rows, gap=4, places=(60, 90)))))
        assert found == [f"{number[0]} {' '.join(lines)}" for number, lines in rows]


def test_another_table_on_the_next_page_has_its_own_names(tmp_path):
    """It does not go on the one above, though its columns lie where those of that one lie."""
    other = [(["Berth"], ["Length in metres"], ["Depth"]), (["North"], ["12"], ["3"]), (["South"], ["9"], ["2"])]
    content = make_pdf([*flow(ABOVE), *table(WORK, gap=6, y=500)], table(other, gap=6, y=780))
    assert texts(read(tmp_path, "a.pdf", content))[-3:] == [
        "~Berth; Length in metres; Depth",
        "Berth: North; Length in metres: 12; Depth: 3.",
        "Berth: South; Length in metres: 9; Depth: 2.",
    ]


def test_equal_cells_side_by_side_are_all_read(tmp_path):
    """A number that a row repeats is no cell over two columns."""
    rows = [*WORK[:1], (["Winch"], ["Oiling it with a brush, and a look at the", "rope"], ["5"])]
    rows += [(["Rail"], ["Painting"], ["5"])]
    rows = [(*row, price) for row, price in zip(rows, (["Deposit"], ["5"], ["5"]), strict=True)]
    assert texts(read(tmp_path, "a.pdf", make_pdf(table(rows, gap=6))))[1:] == [
        "Service: Winch; What is done: Oiling it with a brush, and a look at the rope; Price: 5; Deposit: 5.",
        "Service: Rail; What is done: Painting; Price: 5; Deposit: 5.",
    ]


@pytest.mark.parametrize("begun", [("9:00", "10:30", "12:00"), ("2019", "2016", "2011")])
def test_a_schedule_without_names_is_rows(tmp_path, begun):
    """What stands beside a time or a year belongs to it."""
    lines = [["Opening by the mayor of the town, who tells of", "the ice"], ["How harbours cope with ice"], ["Lunch"]]
    rows = [([time], line) for time, line in zip(begun, lines, strict=True)]
    assert texts(read(tmp_path, "a.pdf", make_pdf(table(rows, gap=4, places=(60, 120))))) == [
        f"{time}; {' '.join(line)}." for time, line in zip(begun, lines, strict=True)
    ]
