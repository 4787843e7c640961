"""Reading .docx, .pptx and .xlsx files."""

import datetime

import pytest
from reading import describe, make_docx, make_pptx, make_xlsx, read, replaced, saved, texts, zipped

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
        ("- one\n- two", costs),
        ("~Item; Cost", costs),
        ("Item: Rent; Cost: 300.", {"row": 2, **costs}),
        ("Item: Heat.", {"row": 3, **costs}),
        ("~Travel", {}),
        ("By train\nor bus.", {"heading": "Report > Costs > Travel"}),
        ("~End", {}),
        ("Bye \U0001f600.", {"heading": "Report > End"}),
    ]


MARKUP = {
    "inserted": ("<w:p><w:r><w:t>a</w:t></w:r><w:ins><w:r><w:t>b</w:t></w:r></w:ins></w:p>", ["ab"]),
    "deleted": ("<w:p><w:r><w:t>a</w:t></w:r><w:del><w:r><w:delText>b</w:delText></w:r></w:del></w:p>", ["a"]),
    "link": ("<w:p><w:hyperlink><w:r><w:t>a</w:t></w:r></w:hyperlink></w:p>", ["a"]),
    "content-control": ("<w:sdt><w:sdtContent><w:p><w:r><w:t>a</w:t></w:r></w:p></w:sdtContent></w:sdt>", ["a"]),
    "text-box": (
        "<w:p><w:r><w:t>a</w:t><w:pict><w:txbxContent><w:p><w:r><w:t>b</w:t></w:r></w:p></w:txbxContent></w:pict></w:r></w:p>",
        ["a", "b"],
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
