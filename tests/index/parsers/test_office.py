"""Reading .docx, .pptx and .xlsx files."""

import datetime
import io
import re
import zipfile

import pytest
from reading import describe, make_docx, make_picture, make_pptx, make_xlsx, read, replaced, saved, texts, zipped

from index.errors import SourceError

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def test_word_paragraphs_know_their_headings(tmp_path):
    """Headings come from the outline level of their style; lists and tables are read in place."""
    content = make_docx(
        ("Title", "Report"), ("Heading 1", "Costs"), "The rent is 300.", ("List Bullet", "one"), ("List Number", "two"),
        [["Item", "Cost"], ["Rent", "300"], ["Heat", ""]], ("Heading 2", "Travel"), "By\ttrain\nor bus.", "",
        ("Heading 1", "End"), "Bye \U0001f600.",
    )  # fmt: skip
    costs = {"heading": "Report > Costs"}
    assert describe(read(tmp_path, "a.docx", content)) == [
        ("~Report", {}),
        ("~Costs", {}),
        ("The rent is 300.", costs),
        ("- one\n1. two", costs),
        ("~Item; Cost", costs),
        ("Item: Rent; Cost: 300.", {"row": 2, **costs}),
        ("Item: Heat.", {"row": 3, **costs}),
        ("~Travel", {}),
        ("By train\nor bus.", {"heading": "Report > Costs > Travel"}),
        ("~End", {}),
        ("Bye \U0001f600.", {"heading": "Report > End"}),
    ]


MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'

MARKUP = {
    "inserted": ("<w:p><w:r><w:t>a</w:t></w:r><w:ins><w:r><w:t>b</w:t></w:r></w:ins></w:p>", ["ab"]),
    "deleted": ("<w:p><w:r><w:t>a</w:t></w:r><w:del><w:r><w:delText>b</w:delText></w:r></w:del></w:p>", ["a"]),
    "link": ("<w:p><w:hyperlink><w:r><w:t>a</w:t></w:r></w:hyperlink></w:p>", ["a"]),
    "content-control": ("<w:sdt><w:sdtContent><w:p><w:r><w:t>a</w:t></w:r></w:p></w:sdtContent></w:sdt>", ["a"]),
    "text-box": (
        "<w:p><w:r><w:t>a</w:t><w:pict><w:txbxContent><w:p><w:r><w:t>b</w:t></w:r></w:p></w:txbxContent></w:pict></w:r></w:p>",
        ["a", "b"],
    ),
    "text-boxes-in-a-group": (
        f'<w:p><mc:AlternateContent {MC}><mc:Choice><v:group xmlns:v="urn:schemas-microsoft-com:vml"><v:shape><v:textbox>'
        "<w:txbxContent><w:p><w:r><w:t>a</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape><v:shape><v:textbox>"
        "<w:txbxContent><w:p><w:r><w:t>b</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></v:group></mc:Choice>"
        "<mc:Fallback><w:txbxContent><w:p><w:r><w:t>a</w:t></w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:p>",
        ["a", "b"],
    ),
    "text-box-in-a-cell": (
        f"<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r><mc:AlternateContent {MC}><mc:Choice>"
        "<w:txbxContent><w:p><w:r><w:t>b</w:t></w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent><w:p><w:r>"
        "<w:t>b</w:t></w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:p></w:tc></w:tr></w:tbl>",
        ["a b"],
    ),
    "word-art": (
        '<w:p><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml"><v:textpath string="Sale"/></v:shape></w:pict></w:p>',
        ["Sale"],
    ),
    "ruby": (
        "<w:p><w:r><w:ruby><w:rubyPr/><w:rt><w:r><w:t>kan</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>\u6f22</w:t></w:r></w:rubyBase>"
        "</w:ruby></w:r></w:p>",
        ["\u6f22"],
    ),
    "hidden": (
        "<w:p><w:r><w:t>a</w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>b</w:t></w:r>"
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>c</w:t></w:r></w:p>',
        ["ac"],
    ),
    "form": (
        '<w:p><w:r><w:fldChar><w:ffData><w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox></w:ffData></w:fldChar></w:r>'
        '<w:r><w:t> Member, </w:t></w:r><w:r><w:fldChar><w:ffData><w:ddList><w:result w:val="1"/><w:listEntry w:val="Junior"/>'
        '<w:listEntry w:val="Senior"/></w:ddList></w:ffData></w:fldChar></w:r></w:p>',
        ["\u2611 Member, Senior"],
    ),
    "symbols": (
        '<w:p><w:r><w:t>Dose </w:t><w:sym w:font="Symbol" w:char="F0A3"/><w:t> 5 </w:t><w:sym w:font="Symbol" w:char="F06D"/>'
        '<w:t>g </w:t><w:sym w:font="Wingdings" w:char="F0FC"/><w:sym w:font="Wingdings" w:char="F04A"/></w:r></w:p>',
        ["Dose \u2264 5 \u03bcg \u2713\u2022"],
    ),
    "own-outline": ('<w:p><w:pPr><w:outlineLvl w:val="0"/></w:pPr><w:r><w:t>a</w:t></w:r></w:p>', ["~a"]),
    "merged-down": (
        '<w:tbl><w:tr><w:tc><w:p><w:r><w:t>A</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>B</w:t></w:r></w:p></w:tc></w:tr>'
        '<w:tr><w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc>'
        "<w:tc><w:p><w:r><w:t>1</w:t></w:r></w:p></w:tc></w:tr>"
        "<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc><w:p><w:r><w:t>2</w:t></w:r></w:p></w:tc></w:tr></w:tbl>",
        ["~A; B", "A: x; B: 1.", "A: x; B: 2."],
    ),
    "nothing": ("", []),
}  # fmt: skip


@pytest.mark.parametrize(("markup", "expected"), MARKUP.values(), ids=MARKUP)
def test_word_text_is_read_as_it_is_shown(tmp_path, markup, expected):
    """Text that is inserted, linked, boxed or controlled is read; what is marked as deleted is not."""
    body = f'<?xml version="1.0"?><w:document {W}><w:body>{markup}</w:body></w:document>'.encode()
    content = replaced(make_docx(), "word/document.xml", lambda _: body)
    assert [text for text, _ in describe(read(tmp_path, "a.docx", content))] == expected


def test_word_notes_stand_at_the_end(tmp_path):
    """A note at the foot is read behind the text, with its number."""
    import docx
    from docx.opc.constants import RELATIONSHIP_TYPE
    from docx.opc.packuri import PackURI
    from docx.opc.part import Part

    document = docx.Document()
    document.add_paragraph("Text.")
    notes = (
        f'<w:footnotes {W}><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>'
        '<w:footnote w:id="1"><w:p><w:r><w:t>See there.</w:t></w:r></w:p></w:footnote></w:footnotes>'
    )
    part = Part(PackURI("/word/footnotes.xml"), "application/xml", notes.encode(), document.part.package)
    document.part.relate_to(part, RELATIONSHIP_TYPE.FOOTNOTES)
    assert texts(read(tmp_path, "a.docx", saved(document))) == ["Text.", "[1] See there."]


def test_slides_have_their_title_as_heading(tmp_path):
    """Text, tables and notes of a slide have its number; hidden slides are noted."""
    import pptx

    presentation = pptx.Presentation()
    first = presentation.slides.add_slide(presentation.slide_layouts[1])
    first.shapes.title.text, first.placeholders[1].text = "Budget", "Rent is 300\nHeat is 20"
    first.notes_slide.notes_text_frame.text = "Say\nhello."
    second = presentation.slides.add_slide(presentation.slide_layouts[6])
    group = second.shapes.add_group_shape()
    group.shapes.add_textbox(0, 0, 9, 9).text_frame.text = "In a group."
    table = second.shapes.add_table(2, 2, 0, 0, 9, 9).table
    for cell, text in zip(table.iter_cells(), ("Item", "Cost", "Rent", "300"), strict=True):
        cell.text = text
    presentation.slides.add_slide(presentation.slide_layouts[6]).element.set("show", "0")
    document = read(tmp_path, "a.pptx", saved(presentation))
    assert describe(document) == [
        ("~Budget", {"slide": 1}),
        ("- Rent is 300\n- Heat is 20", {"slide": 1, "heading": "Budget"}),
        ("Say\nhello.", {"slide": 1, "heading": "Budget"}),
        ("In a group.", {"slide": 2}),
        ("~Item; Cost", {"slide": 2}),
        ("Item: Rent; Cost: 300.", {"slide": 2, "row": 2}),
    ]
    assert document.notes == ("hidden slides are not read: 3",)


SHEETS = {
    "empty": ([], []),
    "header": ([["Item", "Cost"], ["Rent", 300]], [("~Item; Cost", None), ("Item: Rent; Cost: 300.", 2)]),
    "title-above": (
        [["Budget"], [], ["Item", "Cost"], ["Rent", 300]],
        [("Budget", 1), ("~Item; Cost", None), ("Item: Rent; Cost: 300.", 4)],
    ),
    "off-the-edge": (
        [[], [None, None, "Item", "Cost"], [None, None, "Rent", 3]],
        [("~Item; Cost", None), ("Item: Rent; Cost: 3.", 3)],
    ),
    "no-header": ([["Rent", 300], ["Heat", 20]], [("Rent; 300.", 1), ("Heat; 20.", 2)]),
    "two-tables": (
        [["Item", "Cost"], ["Rent", 3], [], ["Who", "Age"], ["Ann", 5]],
        [("~Item; Cost", None), ("Item: Rent; Cost: 3.", 2), ("~Who; Age", None), ("Who: Ann; Age: 5.", 5)],
    ),
    "two-tables-with-titles": (
        [["North"], ["Item", "Who"], ["Rent", "Ann"], ["Heat", "Ann"], [], ["South"],
         ["Boat", "Master", "Port"], ["Fin", "Ole", "Molde"]],
        [
            ("North", 1), ("~Item; Who", None), ("Item: Rent; Who: Ann.", 3), ("Item: Heat; Who: Ann.", 4), ("South", 6),
            ("~Boat; Master; Port", None), ("Boat: Fin; Master: Ole; Port: Molde.", 8),
        ],
    ),
    "names-repeated": (
        [["Item", "Who"], ["Rent", "Ann"], ["Heat", "Ann"], ["Item", "Who"], ["Boat", "Bo"]],
        [
            ("~Item; Who", None), ("Item: Rent; Who: Ann.", 2), ("Item: Heat; Who: Ann.", 3), ("~Item; Who", None),
            ("Item: Boat; Who: Bo.", 5),
        ],
    ),
    "rows-under-a-label": (
        [["Name", "Role"], ["Ann", "Pilot"], ["Bo", "Pilot"], [], ["Harbour"], ["Cia", "Clerk"], ["Dan", "Cook"]],
        [
            ("~Name; Role", None), ("Name: Ann; Role: Pilot.", 2), ("Name: Bo; Role: Pilot.", 3), ("Harbour", 5),
            ("Name: Cia; Role: Clerk.", 6), ("Name: Dan; Role: Cook.", 7),
        ],
    ),
    "form": (
        [["Customer", "Hafen GmbH"], ["City", "Bremen"], ["Contact", "Uwe Meier"], ["Phone"], [], ["Item", "Cost"], ["Rent", 3]],
        [
            ("Customer: Hafen GmbH.", 1), ("City: Bremen.", 2), ("Contact: Uwe Meier.", 3), ("Phone", 4), ("~Item; Cost", None),
            ("Item: Rent; Cost: 3.", 7),
        ],
    ),
    "side-by-side": (
        [["Item", "Cost", None, "Who", "Age"], ["Rent", 3, None, "Ann", 5], ["Heat", 4]],
        [
            ("~Item; Cost", None),
            ("~Who; Age", None),
            ("Item: Rent; Cost: 3.", 2),
            ("Who: Ann; Age: 5.", 2),
            ("Item: Heat; Cost: 4.", 3),
        ],
    ),
    "spacer": (
        [["Item", "Plan", None, "Actual", "Gap"], ["Rent", 3, None, 4, 1], ["Heat", 2, None, 2, 0]],
        [
            ("~Item; Plan; Actual; Gap", None),
            ("Item: Rent; Plan: 3; Actual: 4; Gap: 1.", 2),
            ("Item: Heat; Plan: 2; Actual: 2; Gap: 0.", 3),
        ],
    ),
    "values": (
        [["A", "B", "C", "D", "E"], [0.1 + 0.2, True, datetime.date(2024, 3, 1), datetime.datetime(2024, 3, 1, 9, 30), "a\nb"]],
        [("~A; B; C; D; E", None), ("A: 0.3; B: TRUE; C: 2024-03-01; D: 2024-03-01 09:30:00; E: a b.", 2)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "expected"), SHEETS.values(), ids=SHEETS)
def test_rows_of_a_sheet_keep_the_names_of_their_columns(tmp_path, rows, expected):
    """A row has the name of its sheet and the number that the spreadsheet shows."""
    found = describe(read(tmp_path, "a.xlsx", make_xlsx(Costs=rows)))
    assert [(text, place.pop("sheet"), place.get("row")) for text, place in found] == [
        (text, "Costs", row) for text, row in expected
    ]


def test_the_title_of_a_table_is_the_heading_of_its_rows(tmp_path):
    """It tells apart tables with the same names of columns."""
    rows = [["Depot A"], ["Item", "Pieces"], ["Rope", 40], [], ["Depot B"], ["Item", "Pieces"], ["Rope", 7]]
    document = read(tmp_path, "a.xlsx", make_xlsx(Stock=rows, Other=[["Rope", 9]]))
    assert [(text, place.get("heading")) for text, place in describe(document) if "Rope" in text] == [
        ("Item: Rope; Pieces: 40.", "Depot A"),
        ("Item: Rope; Pieces: 7.", "Depot B"),
        ("Rope; 9.", None),
    ]


def test_a_name_and_its_value_below_a_table_have_no_name_of_a_column(tmp_path):
    """Where a blank row parts them; a row of the table that is parted by one keeps its names."""
    rows = [
        ["Shift", "Mon", "Tue"],
        ["Early", "Ann", "Ivo"],
        ["Late", "Ole", "Mia"],
        [],
        ["Sum:", 2, 2],
        [],
        ["Phone:", "0221 44"],
    ]
    assert texts(read(tmp_path, "a.xlsx", make_xlsx(Plan=rows)))[1:] == [
        "Shift: Early; Mon: Ann; Tue: Ivo.",
        "Shift: Late; Mon: Ole; Tue: Mia.",
        "Shift: Sum:; Mon: 2; Tue: 2.",
        "Phone: 0221 44.",
    ]


def test_a_percentage_is_shown_as_one_and_hidden_sheets_are_noted(tmp_path):
    """The number format counts where it changes the number; a hidden sheet is named and not read."""
    import openpyxl

    workbook = openpyxl.Workbook()
    workbook.active.append(["Share"])
    workbook.active["A1"].value, workbook.active["A1"].number_format = 0.285, "0.0%"
    hidden = workbook.create_sheet("Secret")
    hidden["A1"], hidden.sheet_state = "x", "hidden"
    document = read(tmp_path, "a.xlsx", saved(workbook))
    assert describe(document) == [("28.5%", {"sheet": "Sheet", "row": 1})]
    assert document.notes == ("hidden sheets are not read: Secret",)


def test_a_false_size_of_a_sheet_is_not_believed(tmp_path):
    """A sheet that claims sixteen thousand columns is read by its cells."""
    content = replaced(
        make_xlsx(S=[["Item", "Cost"], ["Rent", 3]]),
        "xl/worksheets/sheet1.xml",
        lambda part: part.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"'),
    )
    assert texts(read(tmp_path, "a.xlsx", content)) == ["~Item; Cost", "Item: Rent; Cost: 3."]


MADE = {".docx": make_docx("Text."), ".pptx": make_pptx(("Title", "Text.")), ".xlsx": make_xlsx(S=[["Text"]])}
MAIN = {".docx": "word/document.xml", ".pptx": "ppt/presentation.xml", ".xlsx": "xl/workbook.xml"}
LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
BROKEN = {
    "empty": (lambda suffix: b"", "is empty."),
    "web-page": (lambda suffix: b"<html><body>x", "is not a {} file: it is a web page (.html)."),
    "pdf": (lambda suffix: b"%PDF-1.4", "is not a {} file: it is a PDF."),
    "old-office": (lambda suffix: b"\xd0\xcf\x11\xe0\xa1", "is not a {} file: it is an office file of the old kind"),
    "other-zip": (lambda suffix: zipped({"a.txt": "x"}), "is a zip file but not a {} file."),
    "cut": (lambda suffix: MADE[suffix][:3000], "is damaged: it cannot be read as {}."),
    "main-part-broken": (lambda suffix: replaced(MADE[suffix], MAIN[suffix], lambda _: b"<x"), "is damaged: "),
    "entities": (
        lambda suffix: replaced(MADE[suffix], MAIN[suffix], lambda part: b"<!-- - -->\n" + LAUGHS + part.split(b"?>")[-1]),
        "is not safe to read: its XML declares entities.",
    ),
    "entities-behind-the-name-of-a-document-type": (
        lambda suffix: replaced(
            MADE[suffix], MAIN[suffix], lambda _: b'<!DOCTYPE x SYSTEM "x>" [<!ENTITY a "ha">]><x>&a;</x>'
        ),
        "is not safe to read: its XML declares entities.",
    ),
    "entities-in-utf-16": (
        lambda suffix: replaced(MADE[suffix], MAIN[suffix], lambda _: (LAUGHS + b"<x>&b;</x>").decode().encode("utf-16")),
        "is not safe to read: its XML declares entities.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("suffix", MADE)
@pytest.mark.parametrize(("make", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_or_hostile_is_refused(tmp_path, suffix, make, message):
    """The reason is one line that names the file."""
    with pytest.raises(SourceError) as caught:
        read(tmp_path, f"a{suffix}", make(suffix))
    assert str(caught.value).startswith(f"a{suffix} " + message.format(suffix))
    assert "\n" not in str(caught.value)


BOMBS = {"large": ([b"0" * 100_000_000] * 7, 8), "many": ([b""] * 20_001, 0)}


@pytest.mark.parametrize(("members", "compression"), BOMBS.values(), ids=BOMBS)
def test_what_grows_too_large_is_refused_before_it_is_unpacked(tmp_path, members, compression):
    """The list of contents tells how large and how many the files inside are."""
    content = zipped({"word/document.xml": "x", **{f"m{n}": member for n, member in enumerate(members)}}, compression)
    with pytest.raises(SourceError, match=r"^a\.docx unpacks to more than 600 MB or 20,000 files \(a zip bomb\?\)\."):
        read(tmp_path, "a.docx", content)


def test_a_password_is_named_as_the_reason(tmp_path):
    """A zip file with a password says so in its list of contents."""
    content = bytearray(MADE[".docx"])
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    with pytest.raises(SourceError, match=r"^a\.docx is protected with a password\."):
        read(tmp_path, "a.docx", bytes(content))


def test_merged_cells_count_for_all_that_they_cover(tmp_path):
    """Two rows of names make the names of the columns, and a value merged downwards belongs to each of its rows."""
    import openpyxl

    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in (
        ["Town", "Museum", None, "Library", None],
        [None, 2022, 2023, 2022, 2023],
        ["Arlen", 4900, 5120, 8800, 9010],
        [None, 10, 20, 30, 40],
    ):
        sheet.append(row)
    for merged in ("A1:A2", "B1:C1", "D1:E1", "A3:A4"):
        sheet.merge_cells(merged)
    assert texts(read(tmp_path, "a.xlsx", saved(workbook))) == [
        "~Town; Museum 2022; Museum 2023; Library 2022; Library 2023",
        "Town: Arlen; Museum 2022: 4900; Museum 2023: 5120; Library 2022: 8800; Library 2023: 9010.",
        "Town: Arlen; Museum 2022: 10; Museum 2023: 20; Library 2022: 30; Library 2023: 40.",
    ]


def test_a_merged_year_names_the_columns_below_it(tmp_path):
    """Though it is a number."""
    import openpyxl

    workbook = openpyxl.Workbook()
    sheet = workbook.active
    for row in ([None, 2023, None, 2024], ["Shop", "Q1", "Q2", "Q1", "Q2"], ["Oslo", 11, 12, 13, 14]):
        sheet.append(row)
    sheet.merge_cells("B1:C1")
    sheet.merge_cells("D1:E1")
    assert texts(read(tmp_path, "a.xlsx", saved(workbook)))[1] == (
        "Shop: Oslo; 2023 Q1: 11; 2023 Q2: 12; 2024 Q1: 13; 2024 Q2: 14."
    )


def test_numbers_that_word_shows_are_read(tmp_path):
    """Numbers of clauses and letters; a clause with a number in two parts is a paragraph of its own."""
    import docx
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    document = docx.Document()
    numbering = document.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{pattern}"/></w:lvl>'
        for level, (kind, pattern) in enumerate((("decimal", "%1."), ("decimal", "%1.%2"), ("lowerLetter", "%3)")))
    )
    numbering.insert(0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="90">{levels}</w:abstractNum>'))
    numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="91"><w:abstractNumId w:val="90"/></w:num>'))
    for style, level, text in (
        ("Heading 1", 0, "Use"),
        (None, 1, "The tenant may use the hall."),
        ("Heading 1", 0, "Risk"),
        (None, 1, "The owner is not liable for things left."),
        (None, 1, "The tenant must insure"),
        (None, 2, "the event,"),
        (None, 2, "the guests."),
    ):
        paragraph = document.add_paragraph(text, style=style)
        properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
        properties.get_or_add_ilvl().val, properties.get_or_add_numId().val = level, 91
    assert texts(read(tmp_path, "a.docx", saved(document))) == [
        "~1. Use",
        "1.1 The tenant may use the hall.",
        "~2. Risk",
        "2.1 The owner is not liable for things left.",
        "2.2 The tenant must insure\n\na) the event,\nb) the guests.",
    ]


def fill(table, *rows):
    """Write the cells of a table of a document."""
    for row, cells in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text


def test_names_of_columns_in_word_are_found_by_their_looks(tmp_path):
    """Two rows below a cell that spans columns, rows marked as headers, and a bold row above others."""
    import docx

    document = docx.Document()
    levels = document.add_table(3, 3)
    fill(levels, ("Pier", "", ""), ("", "spring", "autumn"), ("East", "4 m", "3 m"))
    levels.cell(0, 1).merge(levels.cell(0, 2)).text = "Depth"
    levels.cell(0, 0).merge(levels.cell(1, 0)).text = "Pier"
    titled = document.add_table(3, 2)
    fill(titled, ("Staff", ""), ("Name", "Town"), ("Ann", "Lund"))
    titled.cell(0, 0).merge(titled.cell(0, 1)).text = "Staff"
    titled.rows[1]._tr.get_or_add_trPr().append(docx.oxml.OxmlElement("w:tblHeader"))
    bold = document.add_table(2, 2)
    fill(bold, ("Name", "Town"), ("Bo", "Vik"))
    for cell in bold.rows[0].cells:
        cell.paragraphs[0].runs[0].bold = True
    assert texts(read(tmp_path, "a.docx", saved(document))) == [
        "~Pier; Depth spring; Depth autumn",
        "Pier: East; Depth spring: 4 m; Depth autumn: 3 m.",
        "~Staff",
        "~Name; Town",
        "Name: Ann; Town: Lund.",
        "~Name; Town",
        "Name: Bo; Town: Vik.",
    ]


def test_a_table_inside_a_cell_is_a_table(tmp_path):
    """Behind the one around it."""
    import docx

    document = docx.Document()
    outer = document.add_table(1, 2)
    fill(outer, ("Cranes", "in use"))
    fill(outer.cell(0, 1).add_table(3, 2), ("Crane", "Load"), ("Olga", "40 t"), ("Ivan", "12 t"))
    assert texts(read(tmp_path, "a.docx", saved(document))) == [
        "Cranes; in use.",
        "~Crane; Load",
        "Crane: Olga; Load: 40 t.",
        "Crane: Ivan; Load: 12 t.",
    ]


def test_raised_numbers_stay_raised(tmp_path):
    """Ten to the power of 6 is not 106."""
    import docx
    import pptx

    document = docx.Document()
    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    drawn = slide.shapes.add_textbox(0, 0, 9, 9).text_frame.paragraphs[0]
    written = document.add_paragraph()
    for text, raised in (("8 m", False), ("2", True), (" on the 1", False), ("st", True)):
        written.add_run(text).font.superscript = raised
        run = drawn.add_run()
        run.text = text
        run.font._element.set("baseline", "30000" if raised else "0")
    assert texts(read(tmp_path, "a.docx", saved(document))) == ["8 m\xb2 on the 1st"]
    assert texts(read(tmp_path, "a.pptx", saved(presentation))) == ["8 m\xb2 on the 1st"]


def test_references_to_missing_parts_do_no_harm(tmp_path):
    """A picture or link whose target is missing does not keep a document from being read."""
    broken = b'<Relationship Id="rId99" Type="http://x/image" Target="NULL"/></Relationships>'
    content = replaced(
        make_docx("It meets."), "word/_rels/document.xml.rels", lambda part: part.replace(b"</Relationships>", broken)
    )
    assert texts(read(tmp_path, "a.docx", content)) == ["It meets."]


def test_a_missing_part_that_is_listed_does_no_harm(tmp_path):
    """Some programs list the shared texts of a workbook that has none."""
    listed = (
        b'<Override PartName="/xl/sharedStrings.xml" ContentType="application/'
        b'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>'
    )
    content = replaced(
        make_xlsx(A=[["Fare", 12]]),
        "[Content_Types].xml",
        lambda part: part.replace(b"</Types>", listed + b"</Types>"),
    )
    assert texts(read(tmp_path, "a.xlsx", content)) == ["Fare; 12."]


def test_the_strict_form_and_other_names_of_parts_are_read(tmp_path):
    """Word for the web calls the document `document2.xml`."""
    usual, strict = b"http://schemas.openxmlformats.org/", b"http://purl.oclc.org/ooxml/"
    content = make_docx("It meets.")
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        members = {name: package.read(name) for name in package.namelist()}
    other = {
        name: re.sub(usual + rb"(officeDocument|wordprocessingml|drawingml)/2006/", strict + rb"\1/", part)
        for name, part in members.items()
    }
    assert texts(read(tmp_path, "a.docx", zipped(other))) == ["It meets."]
    renamed = {
        name.replace("document.xml", "document2.xml"): part.replace(b"document.xml", b"document2.xml")
        for name, part in members.items()
    }
    assert texts(read(tmp_path, "b.docx", zipped(renamed))) == ["It meets."]


def test_formulas_are_read_in_a_line(tmp_path):
    """With the usual signs for fractions and powers."""
    import docx
    from docx.oxml import parse_xml

    math = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    run = "<m:r><m:t>{}</m:t></m:r>"
    power = f"<m:sSup><m:e>{run.format('c')}</m:e><m:sup>{run.format('2')}</m:sup></m:sSup>"
    half = f"<m:f><m:num>{run.format('m')}</m:num><m:den>{run.format('2')}</m:den></m:f>"
    document = docx.Document()
    document.add_paragraph("So")._p.append(
        parse_xml(f'<m:oMath xmlns:m="{math}">{run.format("E=")}{half}{power}</m:oMath>')
    )
    assert texts(read(tmp_path, "a.docx", saved(document))) == ["So E=(m)/(2)c^2"]


def test_a_soft_line_break_in_a_slide_parts_words(tmp_path):
    """Words on both sides are not glued."""
    assert "leaves at nine" in read(tmp_path, "a.pptx", make_pptx(("Winter\vtimes", "The ferry leaves\vat nine"))).text


OFFICE_NS = "urn:oasis:names:tc:opendocument:xmlns:"


def opendocument(kind, body, before="", **members):
    """An OpenDocument file with this content, what comes before its body, and other parts."""
    spaces = " ".join(f'xmlns:{name}="{OFFICE_NS}{full}:1.0"' for name, full in (
        ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"), ("presentation", "presentation"),
        ("style", "style"), ("chart", "chart"),
    ))  # fmt: skip
    spaces += ' xmlns:xlink="http://www.w3.org/1999/xlink"'
    inside = f"{before}<office:body><office:{kind}>{body}</office:{kind}></office:body>"
    members = {"content.xml": inside, **{f"{name}.xml": content for name, content in members.items()}}
    return zipped(
        {name: f"<office:document-content {spaces}>{part}</office:document-content>" for name, part in members.items()}
    )


def test_opendocument_texts_are_read(tmp_path):
    """Headings, paragraphs with their spaces and breaks, lists and tables; notes and comments at the end; no deleted text."""
    row, cell = "<table:table-row>{}</table:table-row>", "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    cells = "".join(row.format("".join(map(cell.format, words))) for words in (("Item", "Cost"), ("Rent", "300")))
    item = "<text:list-item><text:p>{}</text:p></text:list-item>"
    body = (
        "<text:tracked-changes><text:p>gone</text:p></text:tracked-changes>"
        '<text:h text:outline-level="1">Garden</text:h>'
        '<text:p>Ilka<text:s text:c="2"/>waters<text:tab/>the<text:span> plants</text:span>.'
        "<office:annotation><text:p>why</text:p></office:annotation>"
        "<text:note><text:note-body><text:p>Daily.</text:p></text:note-body></text:note></text:p>"
        f"<text:list>{item.format('one')}{item.format('two')}</text:list><table:table>{cells}</table:table>"
    )
    assert texts(read(tmp_path, "a.odt", opendocument("text", body))) == [
        "~Garden", "Ilka waters the plants.", "- one\n- two", "~Item; Cost", "Item: Rent; Cost: 300.", "[1] Daily.", "Note: why",
    ]  # fmt: skip


def test_opendocument_sheets_and_slides_are_read(tmp_path):
    """Rows with their sheet and number, also behind repeated blank ones; slides with their title."""
    row = "<table:table-row>{}</table:table-row>"
    cell = "<table:table-cell><text:p>{}</text:p></table:table-cell>"
    blank = '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
    rows = (
        row.format(cell.format("Item") + cell.format("Cost"))
        + row.format(cell.format("Heat") + cell.format("20"))
        + blank
        + row.format(cell.format("Rent") + cell.format("300"))
    )
    sheet = f'<table:table table:name="Costs">{rows}</table:table>'
    assert describe(read(tmp_path, "a.ods", opendocument("spreadsheet", sheet))) == [
        ("~Item; Cost", {"sheet": "Costs"}),
        ("Item: Heat; Cost: 20.", {"sheet": "Costs", "row": 2}),
        ("Item: Rent; Cost: 300.", {"sheet": "Costs", "row": 5}),
    ]
    pairs = (("Harbour:", "Ystad"), ("Berths:", "24"), ("Master:", "Malin"))
    fees = (("Fee:", "20"), ("Due:", "May"), ("Paid:", "yes"))
    form = [row.format("".join(map(cell.format, pair + other))) for pair, other in zip(pairs, fees, strict=True)]
    sheet = f'<table:table table:name="Form">{form[0]}{blank}{form[1]}{form[2]}</table:table>'
    assert [(text, place["row"]) for text, place in describe(read(tmp_path, "b.ods", opendocument("spreadsheet", sheet)))] == [
        ("Harbour: Ystad.", 1), ("Fee: 20.", 1), ("Berths: 24.", 4), ("Due: May.", 4), ("Master: Malin.", 5), ("Paid: yes.", 5),
    ]  # fmt: skip
    frame = "<draw:frame{}><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    title, text = frame.format(' presentation:class="title"', "Ferry"), frame.format("", "It leaves at nine.")
    slide = f"<draw:page>{title}{text}</draw:page>"
    assert describe(read(tmp_path, "a.odp", opendocument("presentation", slide))) == [
        ("~Ferry", {"slide": 1}),
        ("It leaves at nine.", {"slide": 1, "heading": "Ferry"}),
    ]


def test_all_that_an_opendocument_text_shows_is_read_or_noted(tmp_path):
    """Shapes with text, charts, formulas, merged cells, page headers; pictures and other objects are noted."""
    cell = "<table:table-cell{}><text:p>{}</text:p></table:table-cell>"
    row = "<table:table-row>{}</table:table-row>"
    rows = (
        row.format(cell.format("", "Town") + cell.format("", "Fare"))
        + row.format(cell.format(' table:number-rows-spanned="2"', "Arlen") + cell.format("", "3"))
        + row.format("<table:covered-table-cell/>" + cell.format("", "5"))
    )
    values = row.format(cell.format("", "") + cell.format("", "Boats")) + row.format(
        cell.format("", "2021") + cell.format("", "4")
    )
    chart = f"<chart:chart><chart:title><text:p>Fleet</text:p></chart:title><table:table>{values}</table:table></chart:chart>"
    formula = '<m:math xmlns:m="http://www.w3.org/1998/Math/MathML"><m:annotation>E = m c^2</m:annotation></m:math>'
    frame = '<draw:frame><draw:object xlink:href="./{}"/><draw:image/></draw:frame>'
    body = (
        f"<text:p>So {frame.format('o1')} holds.<draw:g>"
        "<draw:custom-shape><text:p>In a shape.</text:p></draw:custom-shape></draw:g>"
        f"</text:p><text:p>{frame.format('o2')}{frame.format('o3')}<draw:frame><draw:image/></draw:frame></text:p>"
        f"<table:table>{rows}</table:table>"
    )
    header = "<style:master-page><style:header><text:p>Choir of Odden</text:p></style:header></style:master-page>"
    content = opendocument("text", body, **{"styles": header, "o1/content": formula, "o2/content": chart})
    document = read(tmp_path, "a.odt", content)
    assert texts(document) == [
        "So E = m c^2 holds.", "In a shape.", "Fleet", "~Boats", "2021; Boats: 4.",
        "~Town; Fare", "Town: Arlen; Fare: 3.", "Town: Arlen; Fare: 5.", "~Choir of Odden",
    ]  # fmt: skip
    assert document.notes == ("embedded objects are not read: 1 in all", "pictures are not read: 1 in all")


def test_the_name_of_a_document_type_is_no_danger(tmp_path):
    """As OpenOffice 2 and 3 wrote it, in the list of parts and in the macros; nobody looks it up."""
    manifest = (
        b'<?xml version="1.0"?><!DOCTYPE m:manifest PUBLIC "-//OpenOffice.org//DTD Manifest 1.0//EN" "Manifest.dtd">'
    )
    content = opendocument("text", "<text:p>It meets.</text:p>")
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        members = {name: package.read(name) for name in package.namelist()}
    members["META-INF/manifest.xml"] = manifest + b'<m:manifest xmlns:m="x"/>'
    assert texts(read(tmp_path, "a.odt", zipped(members))) == ["It meets."]
    members["content.xml"] = LAUGHS + members["content.xml"]
    with pytest.raises(SourceError, match="its XML declares entities"):
        read(tmp_path, "a.odt", zipped(members))


def test_raised_numbers_of_an_opendocument_text_stay_raised(tmp_path):
    """Of a style that raises text, or is based on one; the mark of a note is that of the text."""
    style = '<style:style style:name="{}"{}>{}</style:style>'
    raises = '<style:text-properties style:text-position="{}"/>'
    styles = "".join((
        style.format("T1", "", raises.format("super 58%")),
        style.format("T2", ' style:parent-style-name="Up"', "<style:text-properties/>"),
        style.format("T3", "", raises.format("sub 58%")),
        style.format("T4", ' style:parent-style-name="T4"', ""),
    ))  # fmt: skip
    before = f"<office:automatic-styles>{styles}</office:automatic-styles>"
    span = '<text:span text:style-name="{}">{}</text:span>'
    note = "<text:note><text:note-citation>*</text:note-citation>{}</text:note>"
    note = note.format("<text:note-body><text:p>By Ann.</text:p></text:note-body>")
    body = f"<text:p>8 m{span.format('T1', 2)} and 10{span.format('T2', '-3')} of H{span.format('T3', 2)}O, on the "
    body += f"1{span.format('T1', 'st')} and 1{span.format('T4', 2)} times{span.format('T1', note)}.</text:p>"
    content = opendocument("text", body, before, styles=style.format("Up", "", raises.format("33% 58%")))
    assert texts(read(tmp_path, "a.odt", content)) == [
        "8 m\xb2 and 10\u207b\xb3 of H2O, on the 1st and 12 times.",
        "[*] By Ann.",
    ]


def test_lists_and_headings_of_an_opendocument_text_have_their_numbers(tmp_path):
    """Of several levels, in letters, going on after other text; clauses such as 2.1 are paragraphs of their own."""
    level = '<text:list-level-style-number text:level="{}" style:num-format="{}" style:num-suffix="{}" text:display-levels="{}"/>'
    heading = level.replace("list-level-style-number", "outline-level-style")
    styles = (
        '<text:outline-style style:name="Outline">'
        + heading.format(1, "1", ".", 1)
        + heading.format(2, "", "", 1)
        + "</text:outline-style>"
    )
    before = (
        "<office:automatic-styles>"
        '<text:list-style style:name="L1">' + level.format(1, "1", ".", 1) + level.format(2, "a", ")", 1) + "</text:list-style>"
        '<text:list-style style:name="L2">' + level.format(1, "I", ".", 1) + level.format(2, "1", "", 1) + "</text:list-style>"
        '<text:list-style style:name="L4">' + level.format(1, "1", ".", 1) + level.format(2, "1", ".", 2) + "</text:list-style>"
        '<text:list-style style:name="L3"><text:list-level-style-bullet text:level="1"/></text:list-style>'
        '<style:style style:name="P1" style:list-style-name=""/></office:automatic-styles>'
    )  # fmt: skip
    item, listed = "<text:list-item{}>{}</text:list-item>", '<text:list text:style-name="{}"{}>{}</text:list>'
    para, inner = "<text:p>{}</text:p>", "<text:list>{}</text:list>"
    parts = inner.format(item.format("", para.format("gas")) + item.format("", para.format("water")))
    heads = '<text:h text:outline-level="{}"{}>{}</text:h>'
    body = (
        heads.format(1, "", "Rent") + heads.format(2, "", "When") + heads.format(1, "", "Term")
        + heads.format(1, ' text:style-name="P1"', "Annex")
        + listed.format("L1", "", item.format("", para.format("Pay") + para.format("at once.") + parts)
                        + item.format("", para.format("Heat")))
        + para.format("Between.")
        + listed.format("L1", ' text:continue-numbering="true"', item.format("", para.format("Clean")))
        + listed.format("L1", "", item.format(' text:start-value="7"', para.format("Lock")) + item.format("", para.format("Go")))
        + listed.format("L2", "", item.format("", para.format("Keys") + inner.format(item.format("", para.format("Two keys.")))))
        + listed.format("L3", "", item.format("", para.format("dot")))
        + listed.format("L2", "", item.format("", heads.format(1, "", "Listed")))
        + listed.format("L4", "", item.format("", inner.format(item.format("", para.format("It is quiet.")))))
        + listed.format("L2", "", item.format("", para.format("quiet")))
    )  # fmt: skip
    document = read(tmp_path, "a.odt", opendocument("text", body, before, styles=styles))
    assert texts(document) == [
        "~1. Rent", "~When", "~2. Term", "~Annex", "1. Pay\n   at once.\n  a) gas\n  b) water\n2. Heat", "Between.", "3. Clean",
        "7. Lock\n8. Go", "I. Keys\n  1 Two keys.", "- dot", "~I. Listed", "1.1. It is quiet.", "I. quiet",
    ]  # fmt: skip


def test_cells_of_an_opendocument_sheet_are_read_as_they_are_shown(tmp_path):
    """By their text; where a program wrote none, by their value."""
    cell = "<table:table-cell{}>{}</table:table-cell>"
    kinds = [
        ('office:value-type="percentage" office:value="0.285"', "<text:p>28.5 %</text:p>"),
        ('office:value-type="percentage" office:value="0.285"', ""),
        ('office:value-type="currency" office:currency="EUR" office:value="12.5"', ""),
        ('office:value-type="date" office:date-value="2024-05-03"', "<text:p>3 May 2024</text:p>"),
        ('office:value-type="date" office:date-value="2024-05-03T00:00:00"', ""),
        ('office:value-type="date" office:date-value="2024-05-03T14:05:00"', ""),
        ('office:value-type="time" office:time-value="PT26H15M00S"', ""),
        ('office:value-type="boolean" office:boolean-value="true"', ""),
        ('office:value-type="string" office:string-value="Rent"', ""),
        ('office:value-type="float" office:value="7"', ""),
        ('office:value-type="float" office:value="8"', "<text:p/>"),
    ]
    rows = "".join(
        f"<table:table-row>{cell.format('', '<text:p>x</text:p>')}{cell.format(f' {kind}', text)}</table:table-row>"
        for kind, text in kinds
    )
    found = texts(
        read(tmp_path, "a.ods", opendocument("spreadsheet", f'<table:table table:name="A">{rows}</table:table>'))
    )
    assert [text.removeprefix("x").strip("; .") for text in found] == [
        "28.5 %", "28.5%", "12.5 EUR", "3 May 2024", "2024-05-03", "2024-05-03 14:05:00", "26:15", "TRUE", "Rent", "7", "",
    ]  # fmt: skip


def test_names_below_merged_groups_of_an_opendocument_sheet_are_read(tmp_path):
    """As in a workbook of Excel."""
    cell, covered = "<table:table-cell{}><text:p>{}</text:p></table:table-cell>", "<table:covered-table-cell/>"
    row, two = "<table:table-row>{}</table:table-row>", ' table:number-columns-spanned="2"'
    rows = row.format("<table:table-cell/>" + cell.format(two, "North") + covered + cell.format(two, "South") + covered)
    for words in (("Town", "Boats", "Crew", "Boats", "Crew"), ("Lund", 4, 9, 5, 8), ("Oslo", 3, 7, 2, 6)):
        rows += row.format("".join(cell.format("", word) for word in words))
    content = opendocument("spreadsheet", f'<table:table table:name="A">{rows}</table:table>')
    assert texts(read(tmp_path, "a.ods", content))[1:] == [
        "Town: Lund; North Boats: 4; North Crew: 9; South Boats: 5; South Crew: 8.",
        "Town: Oslo; North Boats: 3; North Crew: 7; South Boats: 2; South Crew: 6.",
    ]


def test_hidden_parts_of_opendocument_files_are_noted(tmp_path):
    """Sheets and slides are not read, rows are; comments on cells are no part of them."""
    hidden = (
        '<office:automatic-styles><style:style style:name="h"><style:{}-properties {}="{}"/></style:style>'
        "</office:automatic-styles>"
    )
    styles = hidden.format("table", "table:display", "false")
    rows = (
        "<table:table-row><table:table-cell><text:p>Rent</text:p><office:annotation><text:p>Monthly.</text:p></office:annotation>"
        '</table:table-cell></table:table-row><table:table-row table:visibility="filter"><table:table-cell><text:p>Heat</text:p>'
        "</table:table-cell></table:table-row>"
    )
    sheets = f'<table:table table:name="A">{rows}</table:table>'
    sheets += f'<table:table table:name="B" table:style-name="h">{rows}</table:table>'
    document = read(tmp_path, "a.ods", opendocument("spreadsheet", sheets, styles))
    assert [(text, place["row"]) for text, place in describe(document)] == [
        ("Rent", 1),
        ("Heat", 2),
        ("Note on A1: Monthly.", 1),
    ]
    assert document.notes == ("sheet A has hidden rows (1), which are read", "hidden sheets are not read: B")
    styles = hidden.format("drawing-page", "presentation:visibility", "hidden")
    box = "<draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    slides = (
        f'<draw:page draw:style-name="h">{box.format("Gone.")}</draw:page>'
        "<draw:page><draw:rect><text:p>Drawn.</text:p></draw:rect>"
        f"<presentation:notes>{box.format('Say hello.')}</presentation:notes><office:annotation><text:p>Why?</text:p>"
        "</office:annotation></draw:page>"
    )
    document = read(tmp_path, "a.odp", opendocument("presentation", slides, styles))
    assert describe(document) == [("Drawn.", {"slide": 2}), ("Say hello.", {"slide": 2}), ("Note: Why?", {"slide": 2})]
    assert document.notes == ("hidden slides are not read: 1",)


def test_rich_text_is_read_without_its_marks(tmp_path):
    """And what is none is refused."""
    assert texts(read(tmp_path, "a.rtf", rb"{\rtf1\ansi The \b plants\b0  are watered by J\u252?rgen.\par}")) == [
        "The plants are watered by J\xfcrgen."
    ]
    with pytest.raises(SourceError, match=r"a.rtf is not a .rtf file"):
        read(tmp_path, "a.rtf", "plain")


def test_page_headers_and_comments_of_word_are_read(tmp_path):
    """Once each, behind the text; what stands on every page does not answer."""
    import docx

    document = docx.Document()
    paragraph = document.add_paragraph("It meets on Tuesday.")
    document.sections[0].header.paragraphs[0].text = "Choir of Odden"
    document.add_comment(paragraph.runs, text="Ask Ilka.", author="A")
    assert texts(read(tmp_path, "a.docx", saved(document))) == [
        "It meets on Tuesday.",
        "Note: Ask Ilka.",
        "~Choir of Odden",
    ]


def test_a_chart_is_read_as_a_table(tmp_path):
    """A row for each category, with the names of the series."""
    import pptx
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE

    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[5])
    slide.shapes.title.text = "Ferries"
    data = CategoryChartData()
    data.categories = ["2021", "2022"]
    data.add_series("Norrland", (498, 512))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, 99, 99, data)
    assert texts(read(tmp_path, "a.pptx", saved(presentation)))[-2:] == ["2021; Norrland: 498.", "2022; Norrland: 512."]


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ('"$"#,##0.00', "-$2.50"),
        ("#,##0.00\\ [$\u20ac-407];[Red]-#,##0.00\\ [$\u20ac-407]", "-2.50 \u20ac"),
        ('_-"\u00a3"* #,##0_-', "-\u00a32.5"),
        ("0.00", "-2.50"),
    ],
)
def test_an_amount_has_the_sign_of_its_currency(tmp_path, form, shown):
    """Where its format puts it."""
    assert read_cell(tmp_path, -2.5, form) == shown


def read_cell(folder, value, form):
    """The text of a cell with a value and a number format."""
    import openpyxl

    workbook = openpyxl.Workbook()
    workbook.active["A1"], workbook.active["A1"].number_format = value, form
    return texts(read(folder, "a.xlsx", saved(workbook)))[0]


NUMBERS = {
    "unit": (12.5, '0.0" kg"', "12.5 kg"),
    "unit-without-quotes": (21, "0 \u00b0C", "21 \u00b0C"),
    "currency-as-a-word": (1250, '#,##0 "EUR"', "1250 EUR"),
    "word-before": (3, '"No. "0', "No. 3"),
    "general-in-capitals": (4, "GENERAL", "4"),
    "general-in-another-language": (4.5, "G\xe9n\xe9ral", "4.5"),
    "words-alone": (0, '"none"', "none"),
    "unit-of-a-general-number": (3.14159, 'General" m"', "3.14159 m"),
    "half": (0.5, "# ?/?", "1/2"),
    "one-and-a-quarter": (1.25, "# ??/??", "1 1/4"),
    "eighths": (2.75, "# ?/8", "2 6/8"),
    "no-fraction": (3, "# ?/?", "3"),
    "another-fraction": (0.3141, "# ?/2", "0.3141"),
    "thousands": (1500, '0.0,"k"', "1.5k"),
    "millions-with-all-digits": (-1234567, '$0.0,,"M"', "-$1.234567M"),
    "percent": (0.19, "0.00%", "19.00%"),
    "percent-sign-of-a-whole-number": (12, '0" %"', "12 %"),
    "all-digits": (19.2345, "0.00", "19.2345"),
    "leading-zeros": (49, "00000", "00049"),
    "telephone-number": (5551234567, "(###) ###-####", "(555) 123-4567"),
    "sort-code": (12345, "00\\-00\\-00", "01-23-45"),
    "negative-in-brackets": (-2.5, "#,##0.00_);(#,##0.00)", "-2.50"),
    "loss": (-5, '0" profit";0" loss"', "5 loss"),
    "word-for-zero": (0, '0;-0;"none"', "none"),
    "dash-for-zero": (0, '_(* #,##0_);_(* \\(#,##0\\);_(* "-"_);_(@_)', "0"),
    "hidden": (7, ";;;", "7"),
    "yes": (1, '"Yes";;"No"', "Yes"),
    "large": (2_500_000, '[>=1000000]0.0,,"M";[>=1000]0.0,"K";0', "2.5M"),
    "small": (25, '[>=1000000]0.0,,"M";[>=1000]0.0,"K";0', "25"),
    "power": (1500, "0.00E+00", "1500"),
    "tiny": (1.5e-12, "General", "1.5e-12"),
    "odd": (7, '0"', '7"'),
}


@pytest.mark.parametrize(("value", "form", "shown"), NUMBERS.values(), ids=NUMBERS)
def test_a_number_is_read_as_its_format_shows_it(tmp_path, value, form, shown):
    """With its unit, its scale and its zeros; with all its digits, and none between thousands."""
    assert read_cell(tmp_path, value, form) == shown


DAY = datetime.datetime(2024, 5, 3, 14, 5)
DATES = {
    "numbers": (DAY.date(), "mm-dd-yy", "2024-05-03"),
    "month": (DAY, "mmmm yyyy", "May 2024"),
    "short-month": (DAY, "mmm-yy", "May-2024"),
    "month-in-numbers": (DAY, "mm/yyyy", "2024-05"),
    "month-in-german": (DAY, "[$-407]mmmm\\ yyyy;@", "2024-05"),
    "year": (DAY, "yyyy", "2024"),
    "day-of-the-week": (DAY, "dddd, d mmmm yyyy h:mm", "Friday, 3 May 2024 14:05"),
    "date-alone": (DAY, "dd.mm.yyyy", "2024-05-03"),
    "time-alone": (DAY, "h:mm", "14:05"),
    "both": (DAY, "m/d/yy h:mm", "2024-05-03 14:05"),
    "afternoon": (DAY.time(), "h:mm AM/PM", "2:05 PM"),
    "seconds": (datetime.time(0, 5, 7), "h:mm:ss", "00:05:07"),
}


@pytest.mark.parametrize(("value", "form", "shown"), DATES.values(), ids=DATES)
def test_a_date_is_read_with_the_parts_that_its_format_shows(tmp_path, value, form, shown):
    """With English names of months and days where it shows them, or else as numbers whose order is clear."""
    assert read_cell(tmp_path, value, form) == shown


DURATIONS = {
    "minutes": (90, "[mm]:ss", "90:00"),
    "seconds": (2, "[s]", "120"),
    "negative": (-90, "[h]:mm", "-1:30"),
    "unit": (300, '[h]:mm" h"', "5:00 h"),
}


@pytest.mark.parametrize(("minutes", "form", "shown"), DURATIONS.values(), ids=DURATIONS)
def test_a_duration_is_read_in_what_its_format_counts(tmp_path, minutes, form, shown):
    """In hours, minutes or seconds."""
    assert read_cell(tmp_path, datetime.timedelta(minutes=minutes), form) == shown


@pytest.mark.parametrize(("hours", "shown"), [(26.25, "26:15"), (0.51, "0:30:36")])
def test_a_duration_is_shown_in_hours(tmp_path, hours, shown):
    """Also one of more than a day."""
    import openpyxl

    workbook = openpyxl.Workbook()
    workbook.active["A1"], workbook.active["A1"].number_format = datetime.timedelta(hours=hours), "[h]:mm:ss"
    assert texts(read(tmp_path, "a.xlsx", saved(workbook))) == [shown]


def test_what_a_workbook_shows_beside_its_cells_is_read_or_noted(tmp_path):
    """Comments and text boxes are read; formulas without a result, hidden rows and columns, and pictures are noted."""
    import xlsxwriter

    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream)
    sheet = workbook.add_worksheet("Costs")
    for number, row in enumerate((["Item", "Cost"], ["Rent", 300], ["Heat", 20])):
        sheet.write_row(number, 0, row)
    sheet.write_formula("A4", "=A2", None, "Rent")
    sheet.write_formula("B4", "=B2*2", None, "")
    sheet.set_row(2, None, None, {"hidden": True})
    sheet.set_row(20, None, None, {"hidden": True})
    sheet.set_column("B:F", None, None, {"hidden": True})
    sheet.write_comment("B2", "Paid\nmonthly.")
    sheet.insert_textbox("D9", "Without tax.")
    sheet.insert_image("D20", "map.png", {"image_data": make_picture()})
    for place in (sheet, workbook.add_chartsheet("Graph")):
        chart = workbook.add_chart({"type": "column"})
        chart.add_series({"values": "=Costs!$B$2:$B$3"})
        place.insert_chart("H1", chart) if place is sheet else place.set_chart(chart)
    workbook.close()
    content = replaced(
        stream.getvalue(), "xl/worksheets/sheet1.xml", lambda part: part.replace(b'<c r="B4" t="str">', b'<c r="B4">')
    )
    found = read(tmp_path, "a.xlsx", content)
    assert describe(found) == [
        ("~Item; Cost", {"sheet": "Costs"}),
        ("Item: Rent; Cost: 300.", {"sheet": "Costs", "row": 2}),
        ("Item: Heat; Cost: 20.", {"sheet": "Costs", "row": 3}),
        ("Item: Rent.", {"sheet": "Costs", "row": 4}),
        ("Note on B2: Paid monthly.", {"sheet": "Costs", "row": 2}),
        ("Without tax.", {"sheet": "Costs"}),
    ]
    assert found.notes == (
        "sheet Costs has formulas (1) without a stored result, which are not read",
        "sheet Costs has hidden rows (1) and columns (1), which are read",
        "charts are not read: 2 in all",
        "pictures are not read: 1 in all",
    )


def test_results_that_were_never_computed_are_noted(tmp_path):
    """Some programs store 0 for every formula, and ask for it to be computed."""
    import xlsxwriter

    stream = io.BytesIO()
    workbook = xlsxwriter.Workbook(stream)
    workbook.add_worksheet("Costs").write_formula("A1", "=2+3")
    workbook.close()
    assert read(tmp_path, "a.xlsx", stream.getvalue()).notes == (
        "sheet Costs has formulas (1) whose stored results are all 0, perhaps never computed",
    )


def test_comments_that_are_answered_are_read_from_their_thread(tmp_path):
    """Older programs are given a text that says they cannot show it."""
    content = make_xlsx(S=[["Text"]])
    kind, main = "http://schemas.microsoft.com/office/2017/10/relationships", "http://schemas.openxmlformats.org"
    relation = '<Relationship Id="r{}" Type="{}" Target="/xl/{}.xml"/>'
    members = {
        "xl/worksheets/_rels/sheet1.xml.rels": f'<Relationships xmlns="{main}/package/2006/relationships">'
        + relation.format(1, f"{main}/officeDocument/2006/relationships/comments", "old")
        + relation.format(2, f"{kind}/threadedComment", "new")
        + "</Relationships>",
        "xl/old.xml": f'<comments xmlns="{main}/spreadsheetml/2006/main"><commentList><comment ref="A1"><text><t>Your version</t>'
        "</text></comment></commentList></comments>",
        "xl/new.xml": '<ThreadedComments xmlns="http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments">'
        '<threadedComment ref="A1"><text>Why?</text></threadedComment></ThreadedComments>',
    }
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        members |= {name: package.read(name) for name in package.namelist()}
    assert texts(read(tmp_path, "a.xlsx", zipped(members))) == ["Text", "Note on A1: Why?"]
