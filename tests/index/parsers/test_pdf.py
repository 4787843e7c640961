"""Reading PDF files, drawn line by line."""

import io
import re

import pytest
from reading import begin_page, describe, flow, make_pdf, raw_pdf, read, texts

from index.boxes import boxes_between
from index.errors import SourceError
from index.parsers.pdf.lines import Segment, join_right_to_left

LEFT = (
    "The left column tells of ships and cargo that came from far away in winter, when the northern harbour lay under"
    " ice. Their masters waited for weeks, and the merchants of the town sent them bread and firewood across the frozen"
    " bay. In spring the pilots counted the vessels that were left, and wrote the number down in a book that can be seen"
)
RIGHT = (
    "in the town hall to this day. On the right we read of officers and of taxes collected at the northern gate. Nobody"
    " paid gladly, and some not at all. The council therefore hired four watchmen, who slept by day and walked the wall"
    " by night."
)
TITLE = (200, 800, "A history of the northern harbour in years of ice")


def columns(*sides, width=230, gap=15):
    """Texts in columns side by side, drawn line by line across, as some programs do."""
    lines = [flow(text, x=60 + number * (width + gap), width=width, y=770) for number, text in enumerate(sides)]
    longest = max(map(len, lines))
    return [side[row] for row in range(longest) for side in lines if row < len(side)]


def test_two_columns_are_read_one_after_the_other(tmp_path):
    """The left column comes before the right one, and a paragraph goes on from one to the other."""
    assert texts(read(tmp_path, "a.pdf", make_pdf([TITLE, *columns(LEFT, RIGHT)]))) == [
        f"~{TITLE[2]}",
        f"{LEFT} {RIGHT}",
    ]


@pytest.mark.parametrize("x", [420, 60])
def test_short_lines_beside_prose_do_not_enter_it(tmp_path, x):
    """A box of facts is read for itself, on either side."""
    text = (
        "The pump stands in the cellar, and the caretaker opens the upper valve before he starts it. When the"
        " water runs clear he closes the valve, waits for the needle to fall, and writes the hour down in the"
        " book that lies on the shelf. Nobody else starts it, since the motor overheats when the inlet is shut."
    )
    facts = [
        (x, 780 - 12 * row, line) for row, line in enumerate(("FACTS", "Power: 3 kW", "Weight: 41 kg", "Built: 1987"))
    ]
    prose = flow(text, x=60 if x > 60 else 200, width=300)
    found = texts(read(tmp_path, "a.pdf", make_pdf([*facts, *prose])))
    assert text in found
    assert "Weight: 41 kg" in found
    assert len(found) == 5


def test_a_line_across_both_columns_parts_them(tmp_path):
    """What stands above such a line in either column is read before what stands below it."""
    first, second, third = (f"{word} {LEFT}." for word in ("One", "Two", "Three"))
    page = columns(first, second)
    bottom = min(y for _, y, _ in page)
    across = f"A line that runs across the whole page and is as long as that, so that {'it does' * 4} so."
    page += [(60, bottom - 40, across), *flow(third, y=bottom - 80, width=230)]
    assert texts(read(tmp_path, "a.pdf", make_pdf(page))) == [first, second, across, third]


def test_three_columns_are_read_in_order(tmp_path):
    """Columns are found within columns."""
    sides = [f"{word} {LEFT}." for word in ("One", "Two", "Three")]
    assert texts(read(tmp_path, "a.pdf", make_pdf(columns(*sides, width=150, gap=14)))) == sides


def test_words_divided_at_the_end_of_a_line_are_whole(tmp_path):
    """A hyphen that the document writes elsewhere stays; so does one before a capital."""
    lines = [
        "The harbour was extra-",
        "ordinary, and the well-",
        "known pilots of Anglo-",
        "Saxon times came. A well-known story.",
    ]
    page = [(60, 780 - 12 * number, line) for number, line in enumerate(lines)]
    assert texts(read(tmp_path, "a.pdf", make_pdf(page))) == [
        "The harbour was extraordinary, and the well-known pilots of Anglo-Saxon times came. A well-known story."
    ]


def test_paragraphs_are_found_by_gap_indent_item_and_size(tmp_path):
    """A wider gap, an indented first line, a list's mark and larger type each begin a paragraph."""
    from reportlab.pdfgen import canvas

    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, invariant=True)
    y = 780
    for size, x, gap, line in (
        (16, 60, 0, "On harbours"),
        (10, 60, 20, "The first paragraph has two lines, of which this is the one above and"),
        (10, 60, 12, "this the one below, which is as long as the one above it and ends here."),
        (10, 75, 12, "The second paragraph begins with an indent and is long enough to fill"),
        (10, 60, 12, "two lines of the page, the second of which reaches to the edge as well."),
        (10, 60, 24, "The third paragraph stands below a gap and is as long as its lines can."),
        (10, 60, 12, "\u2022 An item of a list"),
        (10, 60, 12, "\u2022 Another item of a list"),
    ):
        y -= gap
        drawing.setFont("Helvetica", size)
        drawing.drawString(x, y, line)
    drawing.save()
    assert texts(read(tmp_path, "a.pdf", stream.getvalue())) == [
        "~On harbours",
        "The first paragraph has two lines, of which this is the one above and this the one below, which is as long as"
        " the one above it and ends here.",
        "The second paragraph begins with an indent and is long enough to fill two lines of the page, the second of"
        " which reaches to the edge as well.",
        "The third paragraph stands below a gap and is as long as its lines can.",
        "\u2022 An item of a list",
        "\u2022 Another item of a list",
    ]


WORDS = ("Apples are red.", "Pears are green.", "Plums are blue.", "Figs are purple.")


def test_repeated_headers_and_footers_do_not_answer(tmp_path):
    """Lines that pages repeat at an edge, numbers aside, are kept and marked; each passage has its page."""
    pages = [
        [(60, 810, "Annual Report"), (60, 700, text), (60, 30, f"Page {number} of 4")]
        for number, text in enumerate(WORDS, start=1)
    ]
    found = describe(read(tmp_path, "a.pdf", make_pdf(*pages)))
    assert found == [
        entry
        for number, text in enumerate(WORDS, start=1)
        for entry in (
            ("~Annual Report", {"page": number}),
            (text, {"page": number}),
            (f"~Page {number} of 4", {"page": number}),
        )
    ]


def test_a_sentence_across_two_pages_stays_whole(tmp_path):
    """The rest of the sentence moves to the page where it begins, past footers and headers; what follows it does not."""
    first = flow(
        "One is said first. The pilots of the old northern harbour waited in the long winter for the ice to be bro-"
    )
    second = flow("ken by the sun, and they drank. Then something else began.")
    pages = [[*first, (300, 30, "1")], [*second, (300, 30, "2")]]
    assert describe(read(tmp_path, "a.pdf", make_pdf(*pages))) == [
        (
            "One is said first. The pilots of the old northern harbour waited in the long winter for the ice to be"
            " broken by the sun, and they drank.",
            {"page": 1},
        ),
        ("~1", {"page": 1}),
        ("Then something else began.", {"page": 2}),
        ("~2", {"page": 2}),
    ]


def test_a_table_becomes_rows(tmp_path):
    """Lines of cells below the names of their columns are rows; text beside it stays text."""
    table = [
        ("Item", "Year", "Cost in euros"),
        ("Rent of rooms", "2020", "300"),
        ("Heating", "2021", "20"),
        ("Power", "", "5"),
    ]
    page = flow(LEFT + ".")
    page += [
        (x, 600 - 14 * row, cell)
        for row, cells in enumerate(table)
        for x, cell in zip((60, 250, 400), cells, strict=True)
    ]
    found = describe(read(tmp_path, "a.pdf", make_pdf(page)))
    assert found == [
        (LEFT + ".", {"page": 1}),
        ("~Item; Year; Cost in euros", {"page": 1}),
        ("Item: Rent of rooms; Year: 2020; Cost in euros: 300.", {"page": 1, "row": 2}),
        ("Item: Heating; Year: 2021; Cost in euros: 20.", {"page": 1, "row": 3}),
        ("Item: Power; Cost in euros: 5.", {"page": 1, "row": 4}),
    ]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turned_pages_are_read_upright(tmp_path, degrees):
    """Text that runs up, down or upside down is read line by line."""
    from reportlab.pdfgen import canvas

    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, invariant=True)
    drawing.translate(300, 400)
    drawing.rotate(degrees)
    drawing.drawString(0, 0, "The first line of some text is this, and it")
    drawing.drawString(0, -14, "goes on below.")
    drawing.save()
    assert texts(read(tmp_path, "a.pdf", stream.getvalue())) == [
        "The first line of some text is this, and it goes on below."
    ]


@pytest.mark.parametrize("turn", [1, -1])
def test_a_size_of_type_below_zero_turns_the_text(tmp_path, turn):
    """Programs draw so in coordinates that are turned once more, or on pages that are displayed turned."""
    stream = io.BytesIO()
    page = begin_page(stream, degrees=0 if turn < 0 else 180)
    for y, line in ((700, "The ferry leaves the pier at nine, and it"), (686, "returns at dusk.")):
        text = page.beginText()
        text.setFont("Helvetica", -10)
        text.setTextTransform(turn, 0, 0, turn, 100 if turn < 0 else 500, y if turn < 0 else 842 - y)
        text.textOut(line)
        page.drawText(text)
    page.save()
    found = texts(read(tmp_path, "a.pdf", stream.getvalue()))
    assert found == ["The ferry leaves the pier at nine, and it returns at dusk."]


def test_only_digits_of_notes_and_powers_are_raised(tmp_path):
    """A number in smaller type beside a large one stays as it is, with its sign and its decimals."""
    large, small = ("setFont", "Helvetica", 20), ("setFont", "Helvetica", 10)
    drawn = draw(
        large, ("drawString", 60, 700, "Shares rose to 12.14"), small, ("drawString", 262, 708, "+0.11 (+0.90%)"),
        large, ("drawString", 60, 660, "The hall has 40 m"), small, ("drawString", 219, 672, "2"),
    )  # fmt: skip
    assert texts(read(tmp_path, "a.pdf", drawn)) == ["Shares rose to 12.14 +0.11 (+0.90%) The hall has 40 m\u00b2"]


def test_letters_set_apart_are_one_word(tmp_path):
    """Also where a word's last letter is drawn for itself, as programs do that read scans."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    stream = io.BytesIO()
    page = begin_page(stream)
    x = 60
    for piece in ("Nort", "h ", "Harbou", "r ", "Driv", "e"):
        text = page.beginText(x, 700)
        text.setHorizScale(72)
        text.setCharSpace(2.7)
        text.textOut(piece)
        page.drawText(text)
        x += 0.72 * (stringWidth(piece, "Helvetica", 10) + 2.7 * len(piece))
    page.save()
    assert texts(read(tmp_path, "a.pdf", stream.getvalue())) == ["~North Harbour Drive"]


def japanese(*lines, down):
    """A PDF of lines that run to the right, or down the page and from right to left; each character is drawn as a box."""
    letters = sorted(set("".join(lines)))
    codes = {letter: code for code, letter in enumerate(letters, start=65)}
    content = b"BT /F1 12 Tf %s ET" % b" ".join(
        b"1 0 0 1 %d %d Tm <%02X> Tj"
        % (*((400 - 20 * number, 700 - 12 * place) if down else (60 + 12 * place, 700 - 16 * number)), codes[letter])
        for number, line in enumerate(lines)
        for place, letter in enumerate(line)
    )
    glyph = b"1000 0 0 0 1000 1000 d1 0 0 1000 1000 re f"
    names = b" ".join(b"/g%d" % code for code in codes.values())
    table = b"begincmap 1 begincodespacerange <00> <FF> endcodespacerange %d beginbfchar %s endbfchar endcmap" % (
        len(codes),
        b" ".join(b"<%02X> <%04X>" % (code, ord(letter)) for letter, code in codes.items()),
    )
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 1000 1000]/FontMatrix[.001 0 0 .001 0 0]/FirstChar 65/LastChar %d/Widths[%s]"
        b"/CharProcs<<%s>>/Encoding<</Differences[65 %s]>>/ToUnicode 6 0 R>>"
        % (64 + len(codes), b" 1000" * len(codes), b" ".join(b"/g%d 7 0 R" % code for code in codes.values()), names),
        b"<</Length %d>>stream\n%s\nendstream" % (len(table), table),
        b"<</Length %d>>stream\n%s\nendstream" % (len(glyph), glyph),
    ]  # fmt: skip
    return raw_pdf(objects)


def test_japanese_runs_to_the_right_or_down_without_spaces(tmp_path):
    """Characters below each other are no cells of a table."""
    lines = ("\u6e2f\u306e\u706f\u53f0\u306f\u6bce\u671d\u4e5d\u6642", "\u306b\u958b\u304d\u307e\u3059\u3002")
    assert texts(read(tmp_path, "a.pdf", japanese(*lines, down=False))) == ["".join(lines)]
    document = read(tmp_path, "a.pdf", japanese(*lines, down=True))
    assert texts(document) == ["".join(lines)]
    [box] = boxes_between(document.boxes, 0, len(lines[0]))
    edges = (box.left * 595, box.right * 595, box.top * 842, box.bottom * 842)
    assert [round(edge) for edge in edges] == [400, 412, 842 - 712, 842 - 604]


def ligatures():
    """A PDF whose one glyph stands for three letters by its own table, as typesetters write ligatures."""
    content = b"BT /F1 12 Tf 72 700 Td (o\x01ce) Tj ET"
    table = (
        b"begincmap 1 begincodespacerange <00> <FF> endcodespacerange 2 beginbfchar <01> <FB03> <6F> <006F> endbfchar"
        b" 1 beginbfrange <63> <65> <0063> endbfrange endcmap"
    )
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(table), table),
    ]  # fmt: skip
    return raw_pdf(objects)


def test_ligatures_become_letters(tmp_path):
    """A ligature is read as the letters it stands for, without a gap."""
    assert texts(read(tmp_path, "a.pdf", ligatures())) == ["office"]


STAMPED = (
    "Beekeepers on the island weigh their hives in late winter, and they feed those that are light. The weighing takes"
    " one person a morning, and the feeding takes two persons an afternoon, since the road to the far meadow is steep."
)


def draw(*calls):
    """A page made by calls of a canvas, each (method, arguments...)."""
    from reportlab.pdfgen import canvas

    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, invariant=True)
    for method, *arguments in calls:
        getattr(drawing, method)(*arguments)
    drawing.save()
    return stream.getvalue()


def test_text_in_another_direction_does_not_enter_the_lines_beside_it(tmp_path):
    """A stamp in the margin and a slanting watermark are passages of their own, behind the text of the page."""
    lines = [("drawString", x, y, line) for x, y, line in flow(STAMPED, x=60, y=780)]
    stamp = [
        ("saveState",),
        ("translate", 40, 700),
        ("rotate", 90),
        ("drawString", 0, 0, "Preprint 1234 of 5 May"),
        ("restoreState",),
    ]
    mark = [
        ("saveState",),
        ("translate", 150, 650),
        ("rotate", 45),
        ("drawString", 0, 0, "DRAFT COPY"),
        ("restoreState",),
    ]
    found = texts(read(tmp_path, "a.pdf", draw(*stamp, *lines[:1], *mark, *lines[1:])))
    assert [text.lstrip("~") for text in found] == [STAMPED, "Preprint 1234 of 5 May", "DRAFT COPY"]


def test_line_numbers_in_the_margin_are_no_words(tmp_path):
    """They are left out, which is noted; sentences run on. The numbers of a table's rows stay."""
    lines = flow(STAMPED * 3, x=100, y=780, width=250)
    numbers = [(80 if number < 10 else 75, y, str(number)) for number, (_, y, _) in enumerate(lines, start=1)]
    document = read(tmp_path, "a.pdf", make_pdf([part for pair in zip(numbers, lines, strict=True) for part in pair]))
    assert STAMPED in document.text and len(lines) > 8
    assert document.notes == ("line numbers in the margin are left out",)
    rows = [(str(row), f"Boat {chr(64 + row)}", f"{row * 10} tons") for row in range(1, 11)]
    grid = [
        (60 + 150 * column, 780 - 15 * line, cell) for line, row in enumerate(rows) for column, cell in enumerate(row)
    ]
    assert "10 Boat J 100 tons" in " ".join(read(tmp_path, "b.pdf", make_pdf(grid)).text.split())


def test_lines_at_any_even_distance_are_one_paragraph(tmp_path):
    """Double-spaced text is read like single-spaced text."""
    page = [(60, 780 - 29 * number, line) for number, (_, _, line) in enumerate(flow(f"{STAMPED} {STAMPED}"))]
    assert texts(read(tmp_path, "a.pdf", make_pdf(page))) == [f"{STAMPED} {STAMPED}"]


def test_a_footnote_does_not_cut_the_sentence_that_the_page_cuts(tmp_path):
    """The sentence goes on behind the note, on the next page."""
    lines = [("drawString", *line) for line in flow(STAMPED, y=700)]
    above, below = lines[:-1], lines[-1:]
    note = [("setFont", "Helvetica", 7), ("drawString", 60, 100, "1 The scales belong to the club."), ("showPage",)]
    font = ("setFont", "Helvetica", 10)
    found = texts(read(tmp_path, "a.pdf", draw(font, *above, *note, font, *below)))
    assert found == [STAMPED, "1 The scales belong to the club."]


def test_rows_on_the_next_page_keep_the_names_of_their_columns(tmp_path):
    """The header is not repeated, rows count on, and rows that differ only in digits are not page headers."""

    def page(first, last, *above):
        rows = [(f"Zone {zone}", f"{zone + 100}.00", f"{zone % 7} days") for zone in range(first, last)]
        lines = [*above, *rows]
        return [
            (80 + 130 * column, 780 - 18 * line, cell)
            for line, row in enumerate(lines)
            for column, cell in enumerate(row)
        ]

    found = describe(read(tmp_path, "a.pdf", make_pdf(page(1, 9, ("Area", "Tariff", "Delivery")), page(9, 17))))
    assert found[0][0] == "~Area; Tariff; Delivery"
    assert found[1] == ("Area: Zone 1; Tariff: 101.00; Delivery: 1 days.", {"page": 1, "row": 2})
    assert found[-1] == ("Area: Zone 16; Tariff: 116.00; Delivery: 2 days.", {"page": 2, "row": 17})
    assert len(found) == 17


def test_names_of_columns_that_every_page_repeats_are_names(tmp_path):
    """Rows count on below them; the title of the document above them does not answer."""

    def page(first, last):
        rows = [
            ("Area", "Tariff", "Delivery"),
            *((f"Zone {zone}", f"{zone}.50", "by boat") for zone in range(first, last)),
        ]
        cells = [
            (80 + 130 * column, 760 - 18 * line, cell)
            for line, row in enumerate(rows)
            for column, cell in enumerate(row)
        ]
        return [(80, 810, "Tariffs of the ferry"), (470, 810, f"Page {first}"), *cells]

    found = describe(read(tmp_path, "a.pdf", make_pdf(page(1, 4), page(4, 7), page(7, 10))))
    assert [text for text, _ in found if text.startswith("~")] == [
        "~Tariffs of the ferry Page 1", "~Area; Tariff; Delivery", "~Tariffs of the ferry Page 4", "~Tariffs of the ferry Page 7",
    ]  # fmt: skip
    assert found[-1] == ("Area: Zone 9; Tariff: 9.50; Delivery: by boat.", {"page": 3, "row": 10})
    assert len(found) == 13


def test_a_repeated_line_above_columns_of_prose_is_none_of_names(tmp_path):
    """However near it is."""
    heads = [(60, 784, "The harbour post"), (305, 784, "The northern news")]
    sides = (LEFT, RIGHT), (STAMPED, LEFT), (RIGHT, STAMPED)
    found = texts(read(tmp_path, "a.pdf", make_pdf(*([*heads, *columns(*both)] for both in sides))))
    assert found.count("~The harbour post The northern news") == 3


def test_columns_of_short_cells_are_no_columns_of_prose(tmp_path):
    """Dates side by side are cells of their rows, however full they make the left of a page."""
    rows = [("Notice", "Effective", "Received", "Company", "Kind of closure")] + [
        (f"06/{day:02}/2015", f"09/{day:02}/2015", "07/01/2015", f"Foundry {chr(64 + day)}", "Closure permanent")
        for day in range(1, 13)
    ]
    places = (40, 110, 180, 250, 420)
    page = [(x, 780 - 12 * line, cell) for line, row in enumerate(rows) for x, cell in zip(places, row, strict=True)]
    found = texts(read(tmp_path, "a.pdf", make_pdf(page)))
    assert found[1] == (
        "Notice: 06/01/2015; Effective: 09/01/2015; Received: 07/01/2015; Company: Foundry A; Kind of closure: Closure permanent."
    )
    assert len(found) == 13


def test_a_form_is_read_as_names_and_values(tmp_path):
    """The first pair does not name columns, also where two pairs stand side by side."""
    rows = (
        ("Company", "Sails and Ropes", "Ordered on", "12 March 2024"),
        ("Customer number", "KD-20415", "Address", "Quay 7"),
        ("Contact", "Ruza Petek", "Telephone", "044 555 010"),
    )
    page = [
        (x, 780 - 16 * line, cell)
        for line, row in enumerate(rows)
        for x, cell in zip((60, 170, 330, 440), row, strict=True)
    ]
    assert texts(read(tmp_path, "a.pdf", make_pdf(page))) == [
        "Company: Sails and Ropes.", "Ordered on: 12 March 2024.", "Customer number: KD-20415.", "Address: Quay 7.",
        "Contact: Ruza Petek.", "Telephone: 044 555 010.",
    ]  # fmt: skip


def test_lines_of_prose_and_lines_of_a_letter_have_no_names_of_columns(tmp_path):
    """Nor have short texts side by side, below their headings, or the address beside a date."""
    blocks = (
        "The ferry leaves from the old pier at nine and stops at each island.",
        "A ticket is valid on the day for which it was bought by its owner.",
        "Dogs are kept on a lead at all times except in the cabins on deck.",
    )
    heads = [(60 + 170 * number, 780, head) for number, head in enumerate(("Ferry", "Tickets", "Dogs"))]
    lines = [flow(text, x=60 + 170 * number, y=764, width=130) for number, text in enumerate(blocks)]
    text = read(tmp_path, "a.pdf", make_pdf([*heads, *(line for each in lines for line in each)])).text
    assert "Ferry:" not in text and ";" not in text
    letter = [
        ("Sails and Ropes", "Date: 12 March 2024"),
        ("Quay 7", "Our sign: RP/55"),
        ("4410 Portun", "Your letter: 3 May"),
    ]
    page = [
        (x, 780 - 12 * row, cell) for row, cells in enumerate(letter) for x, cell in zip((60, 360), cells, strict=True)
    ]
    assert "Ropes:" not in read(tmp_path, "b.pdf", make_pdf(page)).text


def test_values_filled_into_a_form_are_read(tmp_path):
    """Each with the name of its field; an empty one is left out. What is printed beside the fields does not answer."""
    from reportlab.pdfgen import canvas

    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, invariant=True)
    drawing.drawString(60, 780, "Application for a course")
    drawing.drawString(60, 640, "Your surname")
    drawing.acroForm.textfield(name="surname", tooltip="Surname", value="Brekke", x=150, y=750)
    drawing.acroForm.textfield(name="street", tooltip="Street", value="", x=150, y=720)
    drawing.acroForm.checkbox(name="evening", tooltip="Evening course", checked=True, x=150, y=690)
    drawing.save()
    assert texts(read(tmp_path, "a.pdf", stream.getvalue())) == [
        "~Application for a course",
        "~Your surname",
        "Surname: Brekke.",
        "Evening course: yes.",
    ]


def test_larger_type_makes_headings(tmp_path):
    """They are the locator of the text below, by size, and do not answer."""
    calls = [
        ("setFont", "Helvetica", 18),
        ("drawString", 60, 780, "Statutes of the club"),
        ("setFont", "Helvetica", 14),
    ]
    calls += [("drawString", 60, 750, "1. The board"), ("setFont", "Helvetica", 10)]
    calls += [("drawString", x, y, line) for x, y, line in flow(STAMPED, y=720)]
    assert describe(read(tmp_path, "a.pdf", draw(*calls))) == [
        ("~Statutes of the club", {"page": 1}),
        ("~1. The board", {"page": 1}),
        (STAMPED, {"page": 1, "heading": "Statutes of the club > 1. The board"}),
    ]


def test_a_row_of_figures_in_larger_type_is_no_heading(tmp_path):
    """A number or two in a heading are none."""
    calls = [("setFont", "Helvetica", 14)]
    calls += [
        ("drawString", 60, 780, "2.1 Report 2024"),
        ("drawString", 60, 740, "01/14/2016 Transfer 1,406.00 1,500.00"),
    ]
    calls += [("setFont", "Helvetica", 10), *(("drawString", x, y, line) for x, y, line in flow(STAMPED, y=700))]
    document = read(tmp_path, "a.pdf", draw(*calls))
    assert describe(document) == [
        ("~2.1 Report 2024", {"page": 1}),
        ("01/14/2016 Transfer 1,406.00 1,500.00", {"page": 1, "heading": "2.1 Report 2024"}),
        (STAMPED, {"page": 1, "heading": "2.1 Report 2024"}),
    ]
    assert document.metadata.title == "2.1 Report 2024"


def test_a_heading_over_several_lines_is_one(tmp_path):
    """Its lines are further apart than those of the text; the number of the next section begins another."""
    from reportlab.pdfgen import canvas

    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, invariant=True)
    text = [(10, line) for _, _, line in flow(LEFT + ".")]
    lines = [
        (16, "1.5 What is the difference between a harbour"),
        (16, "and a haven in the north?"),
        (16, "1.6 Ice"),
        *text,
    ]
    y = 800
    for size, line in lines:
        y -= 1.35 * size
        drawing.setFont("Helvetica", size)
        drawing.drawString(60, y, line)
    drawing.save()
    assert describe(read(tmp_path, "a.pdf", stream.getvalue())) == [
        ("~1.5 What is the difference between a harbour and a haven in the north?", {"page": 1}),
        ("~1.6 Ice", {"page": 1}),
        (LEFT + ".", {"page": 1, "heading": "1.6 Ice"}),
    ]


def test_the_first_line_is_the_title_if_it_reads_like_one(tmp_path):
    """It does not answer, and heads what follows; a sentence or a value is none."""
    document = read(tmp_path, "a.pdf", make_pdf([(60, 780, "Rules of the harbour"), (60, 700, "Nets are dried here.")]))
    assert describe(document) == [
        ("~Rules of the harbour", {"page": 1}),
        ("Nets are dried here.", {"page": 1, "heading": "Rules of the harbour"}),
    ]
    assert document.metadata.title == "Rules of the harbour"
    for line in ("Nets are dried here.", "Berth 12 is free", "nets and ropes"):
        assert texts(read(tmp_path, "b.pdf", make_pdf([(60, 780, line), (60, 700, "More.")]))) == [line, "More."]


def test_a_numbered_title_is_a_heading_in_whatever_type(tmp_path):
    """Below larger headings; a numbered sentence, a measure and a version are none."""
    lines = [
        "B.1.1 Ways of mooring",
        "Boats are moored by the bow.",
        "2.2 The tenant must insure the boat.",
        "1.5 litres of oil",
    ]
    page = [(60, 780 - 40 * number, line) for number, line in enumerate(lines)]
    assert describe(read(tmp_path, "a.pdf", make_pdf(page))) == [
        ("~B.1.1 Ways of mooring", {"page": 1}),
        *((line, {"page": 1, "heading": "B.1.1 Ways of mooring"}) for line in lines[1:]),
    ]


def test_a_page_that_equals_another_still_answers(tmp_path):
    """Lines count as repeated only while something else is left on the page."""
    page = flow(STAMPED)
    assert texts(read(tmp_path, "a.pdf", make_pdf(page, page))) == [STAMPED, STAMPED]


def test_letters_from_right_to_left_are_joined_in_reading_order():
    """In whatever order they are drawn; numbers and Latin words among them keep theirs."""
    drawn = [
        ("ה", 90, 96),
        ("ש", 84, 90),
        ("פ", 78, 84),
        ("ר", 72, 78),
        ("RX", 50, 62),
        ("25", 66, 71),
        ("ק", 38, 44),
        ("ל", 32, 38),
    ]
    segments = [Segment(text, left, right, 100, 112, 12.0) for text, left, right in drawn]
    for order in (segments, segments[::-1]):
        assert [each.text for each in join_right_to_left(list(order))] == ["השפר RX 25 קל"]


def test_words_from_right_to_left_in_a_row_of_numbers_are_joined():
    """Also where most of a line is numbers or Latin words."""
    drawn = [
        ("1,234.50", 100, 140),
        ("2,345.60", 200, 240),
        ("ל", 300, 306),
        ("כ", 306, 312),
        ("ש", 316, 322),
        ("ך", 312, 316),
    ]
    segments = [Segment(text, left, right, 100, 112, 12.0) for text, left, right in drawn]
    found = [each.text for each in join_right_to_left(segments)]
    assert found == ["1,234.50", "2,345.60", "שךכל"]


def drawn_page(*, degrees=0, crop=None):
    """A PDF of one page that is displayed turned or cropped."""
    stream = io.BytesIO()
    drawing = begin_page(stream, degrees=degrees, crop=crop)
    for x, y, line in columns(LEFT, RIGHT):
        drawing.drawString(x, y, line)
    for row, cells in enumerate((("Item", "Cost in euros"), ("Rent of rooms", "300"), ("Heating of rooms", "20"))):
        for x, cell in zip((60, 400), cells, strict=True):
            drawing.drawString(x, 560 - 14 * row, cell)
    drawing.drawString(60, 480, "Bread is extra-")
    drawing.drawString(60, 468, "ordinary here.")
    drawing.saveState()
    drawing.translate(30, 300)
    drawing.rotate(90)
    drawing.drawString(0, 0, "A stamp in the margin")
    drawing.restoreState()
    drawing.acroForm.textfield(name="town", tooltip="Town", value="Moss", x=150, y=400, borderWidth=0, fillColor=None)
    drawing.save()
    return stream.getvalue()


@pytest.mark.parametrize(
    "page", [{}, {"degrees": 90}, {"degrees": 180}, {"degrees": 270, "crop": (20, 100, 560, 830)}], ids=str
)
def test_boxes_lie_where_the_words_are_drawn(tmp_path, page):
    """Each box has ink in it, and with all of them painted over no ink is left, however the page is turned or cropped."""
    import pypdfium2
    from PIL import ImageDraw

    content = drawn_page(**page)
    document = read(tmp_path, "a.pdf", content)
    rendered = pypdfium2.PdfDocument(content)
    rendered.init_forms()
    picture = rendered[0].render(scale=2).to_pil().convert("L")
    painted = picture.copy()
    width, height = picture.size
    found = []
    for word in re.finditer(r"\S+", document.text):
        for box in boxes_between(document.boxes, *word.span()):
            edges = (box.left * width, box.top * height, box.right * width, box.bottom * height)
            assert picture.crop([round(edge) for edge in edges]).getextrema()[0] < 128, word
            ImageDraw.Draw(painted).rectangle((edges[0] - 2, edges[1] - 2, edges[2] + 2, edges[3] + 2), fill=255)
            found.append(document.text[box.start : box.end])
    assert painted.getextrema()[0] > 128
    words = " ".join(found)
    for text in (LEFT, RIGHT, "Rent of rooms 300", "A stamp in the margin", "Moss"):
        assert text in words
    assert found.count("extra") == found.count("ordinary") == 1  # two boxes of one word


def test_a_span_has_one_box_for_each_line(tmp_path):
    """A sentence over two lines has two, of which the second is on the next page where a page break cuts it."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    first = flow("One is said first. The pilots waited for the ice to be bro-")
    second = flow("ken by the sun. Then something else began.")
    document = read(tmp_path, "a.pdf", make_pdf(first, second))
    start = document.text.index("The pilots")
    one, two = boxes_between(document.boxes, start, document.text.index("Then"))
    assert (document.text[one.start : two.end], one.page, two.page) == (
        "The pilots waited for the ice to be broken by the sun.",
        1,
        2,
    )
    assert one.left == pytest.approx((60 + stringWidth("One is said first. ", "Helvetica", 10)) / 595, abs=0.001)
    assert two.left == pytest.approx(60 / 595, abs=0.001)
    assert one.top < (842 - 780) / 842 < one.bottom
    assert boxes_between(document.boxes, len(document.text), len(document.text) + 9) == ()
    assert boxes_between(b"", 0, 9) == ()


def test_the_same_bytes_give_the_same_text(tmp_path):
    """Reading is deterministic, and names the library and its version."""
    content = make_pdf([TITLE, *columns(LEFT, RIGHT)])
    first, second = (read(tmp_path, "a.pdf", content) for _ in range(2))
    assert first == second
    assert first.extractor.startswith("pdf 6, pypdfium2 ")


def locked():
    """A PDF with a password."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen import canvas

    stream = io.BytesIO()
    drawing = canvas.Canvas(stream, encrypt=StandardEncryption("secret"))
    drawing.drawString(60, 700, "Text.")
    drawing.save()
    return stream.getvalue()


CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
SCRIPT = b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(while(true){})>>>>"
PAGE = (b"<</Type/Pages/Kids[3 0 R]/Count 1>>", b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>")
LOOPS = {
    "own-kid": [CATALOG, b"<</Type/Pages/Kids[2 0 R]/Count 9>>"],
    "grandkid": [CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 9>>", b"<</Type/Pages/Kids[2 0 R]/Count 9/Parent 2 0 R>>"],
    "false-count": [CATALOG, b"<</Type/Pages/Kids[]/Count 2000000000>>"],
}
BROKEN = {
    "empty": (b"", "a.pdf is empty."),
    "picture": (b"\x89PNG\r\n", "a.pdf is not a .pdf file: it is a PNG picture."),
    "text": (b"Hello.", "a.pdf is not a .pdf file: it does not begin like one."),
    "header-alone": (b"%PDF-1.7\n", "a.pdf is damaged: it cannot be read as .pdf."),
    "password": (locked(), "a.pdf is protected with a password."),
    **{f"loop-{name}": (raw_pdf(objects), "a.pdf is damaged: ") for name, objects in LOOPS.items()},
    "loop-in-page": (raw_pdf([CATALOG, *PAGE, b"<</Length 4 0 R>>stream\nx\nendstream"]), "a.pdf holds no text"),
    "script": (raw_pdf([SCRIPT, *PAGE]), "a.pdf holds no text to search."),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_read_is_refused(tmp_path, content, message):
    """The reason is one line; loops end and scripts are not run."""
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "a.pdf", content)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
