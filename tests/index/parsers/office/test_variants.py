"""Reading office files of the same formats under other suffixes: templates, slide shows, macros, and flat OpenDocument files."""

import pytest
from reading import describe, make_docx, make_pptx, make_xlsx, read, replaced, texts

from index.errors import SourceError
from index.parsers import is_read

WORD, SLIDES, SHEETS = (
    (b"application/vnd.openxmlformats-officedocument.%bml.%b.main+xml" % kinds)
    for kinds in ((b"wordprocessing", b"document"), (b"presentation", b"presentation"), (b"spreadsheet", b"sheet"))
)
OPEN = b"application/vnd.openxmlformats-officedocument."
VARIANTS = {
    "docm": (WORD, b"application/vnd.ms-word.document.macroEnabled.main+xml"),
    "dotx": (WORD, OPEN + b"wordprocessingml.template.main+xml"),
    "dotm": (WORD, b"application/vnd.ms-word.template.macroEnabledTemplate.main+xml"),
    "pptm": (SLIDES, b"application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml"),
    "potx": (SLIDES, OPEN + b"presentationml.template.main+xml"),
    "potm": (SLIDES, b"application/vnd.ms-powerpoint.template.macroEnabled.main+xml"),
    "ppsx": (SLIDES, OPEN + b"presentationml.slideshow.main+xml"),
    "ppsm": (SLIDES, b"application/vnd.ms-powerpoint.slideshow.macroEnabled.main+xml"),
    "xlsm": (SHEETS, b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"),
    "xltx": (SHEETS, OPEN + b"spreadsheetml.template.main+xml"),
    "xltm": (SHEETS, b"application/vnd.ms-excel.template.macroEnabled.main+xml"),
}


@pytest.mark.parametrize("suffix", VARIANTS)
def test_templates_slide_shows_and_files_with_macros_are_read(tmp_path, suffix):
    """As the documents, slides and workbooks that they are, by the same extractor."""
    usual, own = VARIANTS[suffix]
    name, made = {
        WORD: ("a.docx", make_docx(("Heading 1", "Ferry"), "It leaves at nine.")),
        SLIDES: ("a.pptx", make_pptx(("Ferry", "It leaves at nine."))),
        SHEETS: ("a.xlsx", make_xlsx(Times=[["Ferry", "Hour"], ["Skar", "9"]])),
    }[usual]
    expected = read(tmp_path, name, made)
    content = replaced(made, "[Content_Types].xml", lambda types: types.replace(usual, own))
    assert content != made
    document = read(tmp_path, f"a.{suffix}", content)
    assert (describe(document), document.extractor) == (describe(expected), expected.extractor)
    assert len(document.text) > 20 and is_read(f"a.{suffix.upper()}")


NAMES = "urn:oasis:names:tc:opendocument:xmlns:"
SPACES = " ".join(
    f'xmlns:{name}="{NAMES}{full}:1.0"'
    for name, full in {
        "office": "office", "text": "text", "table": "table", "draw": "drawing", "presentation": "presentation",
        "style": "style", "chart": "chart", "meta": "meta",
    }.items()
)  # fmt: skip
META = (
    '<office:meta><dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">Times</dc:title>'
    "<meta:creation-date>2024-05-01T10:00</meta:creation-date></office:meta>"
)


def flat(kind, body, before=""):
    """A text, a workbook or a presentation as one file of XML."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n\n<office:document {SPACES}>{META}{before}'
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document>"
    )


def cells(*words):
    row = "".join(f"<table:table-cell><text:p>{word}</text:p></table:table-cell>" for word in words)
    return f"<table:table-row>{row}</table:table-row>"


def test_flat_texts_are_read_with_what_is_drawn_in_them(tmp_path):
    """Charts and formulas are within them; so are pictures, which are noted, however large."""
    chart = f"<chart:chart><table:table>{cells('', 'Boats')}{cells('2021', '4')}</table:table></chart:chart>"
    within = "<office:document><office:body><office:{0}>{1}</office:{0}></office:body></office:document>"
    formula = '<m:math xmlns:m="http://www.w3.org/1998/Math/MathML"><m:annotation>E = m c^2</m:annotation></m:math>'
    frame = "<draw:frame><draw:object>{}</draw:object></draw:frame>"
    picture = f"<draw:frame><draw:image><office:binary-data>{'QUJD' * 3_000_000}</office:binary-data></draw:image></draw:frame>"
    body = (
        f'<text:h text:outline-level="1">Ferry</text:h><text:p>So {frame.format(formula)} holds.</text:p>'
        f"<text:p>{frame.format(within.format('chart', chart))}</text:p>"
        f"<text:p>{frame.format(within.format('text', '<text:p>Another document.</text:p>'))}{picture}</text:p>"
    )
    header = "<style:master-page><style:header><text:p>Odden</text:p></style:header></style:master-page>"
    document = read(tmp_path, "a.fodt", flat("text", body, f"<office:master-styles>{header}</office:master-styles>"))
    assert texts(document) == ["~Ferry", "So E = m c^2 holds.", "~Boats", "2021; Boats: 4.", "~Odden"]
    assert document.notes == ("embedded objects are not read: 1 in all", "pictures are not read: 1 in all")
    assert (document.metadata.title, document.metadata.date) == ("Times", "2024-05-01")


def test_flat_workbooks_and_presentations_are_read(tmp_path):
    """With the places of the others."""
    sheet = f'<table:table table:name="Costs">{cells("Item", "Cost")}{cells("Rent", "300")}</table:table>'
    assert describe(read(tmp_path, "a.fods", flat("spreadsheet", sheet))) == [
        ("~Item; Cost", {"sheet": "Costs"}),
        ("Item: Rent; Cost: 300.", {"sheet": "Costs", "row": 2}),
    ]
    frame = "<draw:frame{}><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    title = frame.format(" presentation:class='title'", "Ferry")
    slide = f"<draw:page>{title}{frame.format('', 'At nine.')}</draw:page>"
    assert describe(read(tmp_path, "a.fodp", flat("presentation", slide))) == [
        ("~Ferry", {"slide": 1}),
        ("At nine.", {"slide": 1, "heading": "Ferry"}),
    ]


ENTITY = '<!DOCTYPE x [<!ENTITY a "ha">]>'
BROKEN = {
    "entities": (
        flat("text", "&a;").replace("?>", f"?>{ENTITY}", 1),
        "a.fodt is not safe to read: its XML declares entities.",
    ),
    "cut-off": (flat("text", "<text:p>One.</text:p>")[:-40], "a.fodt is damaged: it cannot be read as .fodt."),
    "text": ("Some text.", "a.fodt is not a .fodt file: it does not begin like one."),
    "other-xml": ("<x/>", "a.fodt is not a .fodt file: it does not begin like one."),
    "empty": ("", "a.fodt is empty."),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_flat_file_is_refused_with_the_reason(tmp_path, content, message):
    """The message names the file."""
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "a.fodt", content)
    assert str(caught.value).startswith(message)
