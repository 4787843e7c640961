"""The cells of workbooks and of .csv and .tsv files."""

import pytest
from reading import make_xlsx, replaced, saved, zipped

from index import Originals, Sheet, SourceError, file_hash, read_document
from index.originals import grid

CSV = 'Items of the year\n\nItem;Cost\nRent;300\n;\n"Heating\nand light";20\n'


@pytest.fixture(scope="module")
def originals():
    """One process for all the tests that leave it whole."""
    with Originals() as opened:
        yield opened


def write(folder, name, content):
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return folder / name


def rows_of_places(path):
    """The rows that quotes of a document can name, by sheet."""
    document = read_document(path, name=path.name)
    return {(locator.place.sheet, locator.place.row) for locator in document.locators if locator.place.row}


def test_a_table_of_text_is_read_with_its_numbers(tmp_path, originals):
    """Those of the records, as quotes name them; blank ones are left out."""
    path = write(tmp_path, "a.csv", CSV)
    described = originals.describe(path, name="a.csv")
    assert (described.kind, described.sheets) == ("grid", (Sheet("", 6, 2),))
    assert described.file_sha256 == file_hash(path)
    rows = originals.read_rows(path, sheet=0, first=1, count=10, name="a.csv")
    assert rows == [
        (1, ["Items of the year"]),
        (3, ["Item", "Cost"]),
        (4, ["Rent", "300"]),
        (6, ["Heating and light", "20"]),
    ]
    assert {row for _, row in rows_of_places(path)} <= {number for number, _ in rows}
    assert originals.read_rows(path, sheet=0, first=4, count=2, name="a.csv") == rows[2:3]
    assert originals.read_rows(path, sheet=0, first=7, count=2, name="a.csv") == []
    path = write(tmp_path, "b.tsv", "sep=,\n1,5\tx\n")
    assert originals.read_rows(path, sheet=0, first=1, count=10, name="b.tsv") == [(1, ["sep=,"]), (2, ["1,5", "x"])]
    path = write(tmp_path, "c.csv", "sep=|\n1,5|x\n")
    assert originals.read_rows(path, sheet=0, first=1, count=10, name="c.csv") == [(2, ["1,5", "x"])]


def test_the_encoding_named_is_used(tmp_path):
    """As when the file is read."""
    path = write(tmp_path, "a.csv", "\u3042,b\n".encode("shift_jis"))
    with Originals(encoding="shift_jis") as opened:
        assert opened.read_rows(path, sheet=0, first=1, count=1, name="a.csv") == [(1, ["\u3042", "b"])]


def test_workbooks_under_other_suffixes_are_shown_as_workbooks(tmp_path, originals):
    """Templates, those with macros, and flat ones."""
    names = "urn:oasis:names:tc:opendocument:xmlns:"
    spaces = " ".join(f'xmlns:{name}="{names}{name}:1.0"' for name in ("office", "table", "text"))
    cells = "".join(f"<table:table-cell><text:p>{value}</text:p></table:table-cell>" for value in ("Rent", "300"))
    flat = (
        f'<office:document {spaces}><office:body><office:spreadsheet><table:table table:name="S"><table:table-row>{cells}'
        "</table:table-row></table:table></office:spreadsheet></office:body></office:document>"
    )
    workbook = make_xlsx(S=[["Rent", 300]])
    for suffix, content in {"xlsm": workbook, "xltx": workbook, "xltm": workbook, "fods": flat}.items():
        path = write(tmp_path, f"a.{suffix}", content)
        assert originals.describe(path, name=path.name).sheets == (Sheet("S", 1, 2),)
        assert originals.read_rows(path, sheet=0, first=1, count=1, name=path.name) == [(1, ["Rent", "300"])]


def test_a_workbook_is_read_sheet_by_sheet(tmp_path, originals):
    """Values as they are shown, with the numbers of the rows; hidden sheets are left out."""
    import openpyxl

    workbook = openpyxl.Workbook()
    costs, secret, empty = workbook.active, workbook.create_sheet("Secret"), workbook.create_sheet("Empty")
    costs.title, secret.sheet_state = "Costs", "hidden"
    costs["A2"], costs["B2"], costs["A4"], costs["B4"] = "Item", "Share", "Rent", 0.25
    costs["B4"].number_format, secret["A1"] = "0%", "x"
    costs["A5"], costs["B5"] = "Heating", "oil"
    assert empty.title == "Empty"
    path = write(tmp_path, "a.xlsx", saved(workbook))
    assert originals.describe(path, name="a.xlsx").sheets == (Sheet("Costs", 5, 2), Sheet("Empty", 0, 0))
    rows = originals.read_rows(path, sheet=0, first=1, count=1_000, name="a.xlsx")
    assert rows == [(2, ["Item", "Share"]), (4, ["Rent", "25%"]), (5, ["Heating", "oil"])]
    assert rows_of_places(path) and rows_of_places(path) <= {("Costs", number) for number, _ in rows}
    assert originals.read_rows(path, sheet=1, first=1, count=9, name="a.xlsx") == []
    for sheet in (-1, 2):
        with pytest.raises(SourceError, match=f"a.xlsx has no sheet {sheet + 1}: it has 2 sheets"):
            originals.read_rows(path, sheet=sheet, first=1, count=9, name="a.xlsx")


def test_an_open_document_workbook_is_read(tmp_path, originals):
    """Its rows repeated, its hidden sheets left out."""
    office = "urn:oasis:names:tc:opendocument:xmlns"
    content = (
        f'<office:document-content xmlns:office="{office}:office:1.0" xmlns:table="{office}:table:1.0"'
        f' xmlns:text="{office}:text:1.0" xmlns:style="{office}:style:1.0"><office:automatic-styles>'
        '<style:style style:name="h"><style:table-properties table:display="false"/></style:style>'
        '</office:automatic-styles><office:body><office:spreadsheet><table:table table:name="Secret"'
        ' table:style-name="h"/><table:table table:name="Costs"><table:table-row table:number-rows-repeated="2">'
        "<table:table-cell/></table:table-row><table:table-row><table:table-cell><text:p>Rent</text:p></table:table-cell>"
        "<table:table-cell><text:p>300</text:p></table:table-cell></table:table-row></table:table>"
        "</office:spreadsheet></office:body></office:document-content>"
    )
    path = write(tmp_path, "a.ods", zipped({"content.xml": content}))
    assert originals.describe(path, name="a.ods").sheets == (Sheet("Costs", 3, 2),)
    rows = originals.read_rows(path, sheet=0, first=1, count=9, name="a.ods")
    assert rows == [(3, ["Rent", "300"])]
    assert rows_of_places(path) == {("Costs", 3)}


def test_long_cells_and_wide_rows_are_cut(tmp_path, originals, monkeypatch):
    """Longer ones more, where all rows asked for together would be too long."""
    path = write(tmp_path, "a.csv", f"{'x' * 3_000},b\n{'c,' * 1_500}\n")
    rows = originals.read_rows(path, sheet=0, first=1, count=9, name="a.csv")
    assert [len(cells) for _, cells in rows] == [2, grid.MOST_COLUMNS]
    assert rows[0][1] == [f"{'x' * 1_999}\u2026", "b"]
    monkeypatch.setattr(grid, "_MOST_CHARACTERS", 200)
    table = grid.Table("", [(1, ["x" * 150]), (2, ["y" * 150])])
    assert table.between(1, 1) == table.rows[:1]
    assert table.between(1, 2) == [(1, [f"{'x' * 99}\u2026"]), (2, [f"{'y' * 99}\u2026"])]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xlsx", b"PK nothing", "a.xlsx is damaged"),
        ("a.xlsx", replaced(make_xlsx(One=[["a"]]), "xl/workbook.xml", None), "a.xlsx is damaged"),
        ("a.ods", b"nothing", "a.ods is not a .ods file"),
        ("a.csv", b'a,"b\n', "a.csv has a quotation mark that is never closed"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, originals, name, content, message):
    """In one line."""
    path = write(tmp_path, name, content)
    with pytest.raises(SourceError, match=message):
        originals.describe(path, name=name)


def test_rows_are_asked_for_within_limits(tmp_path, originals):
    """And of sheets only."""
    path = write(tmp_path, "a.csv", CSV)
    for count in (0, 1_001):
        with pytest.raises(ValueError, match="count"):
            originals.read_rows(path, sheet=0, first=1, count=count, name="a.csv")
    with pytest.raises(SourceError, match="a.csv has no pages to show"):
        originals.draw_page(path, 1, width=100, name="a.csv")
    page = write(tmp_path, "a.md", "One.")
    with pytest.raises(SourceError, match="a.md has no sheets to show"):
        originals.read_rows(page, sheet=0, first=1, count=9, name="a.md")
