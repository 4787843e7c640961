"""Reading XML: documents, books of FictionBook, and data."""

import pytest
from reading import describe, read, texts

from index.errors import SourceError
from index.records import Metadata

DOCBOOK = """<?xml version="1.0"?>
<!DOCTYPE article PUBLIC "-//OASIS//DTD DocBook XML V4.5//EN" "http://www.oasis-open.org/docbook/xml/4.5/docbookx.dtd" [
<!ENTITY firm "Ferry &amp; Co">
]>
<article><articleinfo><title>The &firm; guide</title><author><firstname>Ann</firstname><surname>Lee</surname></author>
<pubdate>2024-05-01</pubdate></articleinfo><section><title>Times</title>
<para>The <emphasis>ferry</emphasis> of &firm; leaves&mdash;at
 nine<footnote><para>Not in winter.</para></footnote><indexterm><primary>ferry</primary></indexterm>. It calls at:
<itemizedlist><listitem><para>Skar</para></listitem><listitem><para>Odden</para></listitem></itemizedlist> and back.</para>
<section><title>Fares</title><table><title>In euros</title><tgroup cols="2"><thead>
<row><entry>Town</entry><entry>Fare</entry></row></thead><tbody><row><entry>Skar</entry><entry>3</entry></row></tbody></tgroup></table>
<mediaobject><imageobject><imagedata fileref="a.png"/></imageobject><textobject><phrase>map</phrase></textobject>
</mediaobject></section>
<orderedlist><listitem>Pay.</listitem><listitem>Board.</listitem></orderedlist>
<programlisting>if late:
    wait()</programlisting></section></article>"""


def test_documents_are_read_with_their_titles_tables_and_lists(tmp_path):
    """Notes follow their paragraph; entities are text; what an index has is not shown."""
    document = read(tmp_path, "a.xml", DOCBOOK)
    assert describe(document) == [
        ("~The Ferry & Co guide", {}),
        ("firstname: Ann; surname: Lee.", {"heading": "The Ferry & Co guide"}),
        ("2024-05-01", {"heading": "The Ferry & Co guide"}),
        ("~Times", {}),
        ("The ferry of Ferry & Co leaves\u2014at nine. It calls at:\n\n- Skar\n- Odden", {"heading": "Times"}),
        ("and back.", {"heading": "Times"}),
        ("Not in winter.", {"heading": "Times"}),
        ("~Fares", {}),
        ("In euros", {"heading": "Times > Fares"}),
        ("~Town; Fare", {"heading": "Times > Fares"}),
        ("Town: Skar; Fare: 3.", {"heading": "Times > Fares", "row": 2}),
        ("1. Pay.\n2. Board.", {"heading": "Times"}),
        ("if late:\n    wait()", {"heading": "Times"}),
    ]
    assert document.metadata == Metadata("The Ferry & Co guide", "Ann Lee", "2024-05-01")
    assert document.notes == ("pictures are not read: 1 in all",)


def test_texts_of_editions_are_read(tmp_path):
    """Verses line by line, works within a paragraph as words, and of a choice what is right."""
    content = (
        '<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><title>Odes</title><author>H. Moe</author></teiHeader><text><body>'
        "<div><head>Spring</head><lg><l>The ice is <choice><sic>brokn</sic><corr>broken</corr></choice>,</l>"
        "<l>the boats go.</l></lg>"
        "<p>As in <title>Floods</title><note>Of 1848.</note>,<lb/>it rose.</p></div></body></text></TEI>"
    )
    document = read(tmp_path, "a.xml", content.encode("utf-16"))
    assert describe(document) == [
        ("~Odes", {}),
        ("H. Moe", {"heading": "Odes"}),
        ("~Spring", {}),
        ("The ice is broken,\nthe boats go.", {"heading": "Spring"}),
        ("As in Floods, it rose.", {"heading": "Spring"}),
        ("Of 1848.", {"heading": "Spring"}),
    ]
    assert (document.metadata.title, document.metadata.author) == ("Odes", "H. Moe")


def test_books_are_read(tmp_path):
    """Their sections below their titles, in the encoding that they declare; their pictures are noted."""
    content = (
        '<?xml version="1.0" encoding="windows-1251"?><FictionBook xmlns="http://www.gribuser.ru/xml/fictionbook/2.0"><description>'
        "<title-info><genre>sf</genre><author><first-name>Анна</first-name><last-name>Ли</last-name></author><book-title>Лёд</book-title>"
        '<annotation><p>Книга льда.</p></annotation><date value="1990-01-02">1990</date></title-info></description>'
        "<body><title><p>Лёд</p></title><section><title><p>Глава</p><p>первая</p></title><p>Лёд <emphasis>сошёл</emphasis>.</p>"
        "<empty-line/><poem><stanza><v>Лёд,</v><v>лёд.</v></stanza></poem></section></body><body name='notes'>"
        f"<section><title><p>1</p></title><p>Весной.</p></section></body>"
        f"<binary id='a.png'>{'QUJD' * 3_000_000}</binary></FictionBook>"
    )
    document = read(tmp_path, "a.fb2", content.encode("cp1251"))
    assert describe(document) == [
        ("Книга льда.", {}),
        ("~Лёд", {}),
        ("~Глава первая", {}),
        ("Лёд сошёл.", {"heading": "Лёд > Глава первая"}),
        ("Лёд,\nлёд.", {"heading": "Лёд > Глава первая"}),
        ("~1", {}),
        ("Весной.", {"heading": "1"}),
    ]
    assert document.metadata == Metadata("Лёд", "Анна Ли", "1990-01-02")
    assert document.notes == ("pictures are not read: 1 in all",)


def test_data_is_read_as_rows_of_names_and_values(tmp_path):
    """Attributes are values too; HTML in a value is read as what it shows."""
    content = (
        '<stock xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b" day="2024-05-01">'
        "<place>Leeds</place>"
        '<item id="7"><name>Rope &amp; sail</name><price currency="EUR">3.50</price><tag>new</tag><tag>sea</tag></item>'
        "<item id='8'><name>Oar <b>left</b></name><!-- no --><text><![CDATA[<p>Of ash.<br>Long.</p>]]></text></item></stock>"
    )
    assert describe(read(tmp_path, "a.xml", content)) == [
        ("day: 2024-05-01; place: Leeds.", {}),
        (
            "id: 7; name: Rope & sail; price.currency: EUR; price.price: 3.50; tag: new, sea.",
            {"row": 1, "heading": "item"},
        ),
        ("id: 8; name: Oar left; text: Of ash. Long.", {"row": 2, "heading": "item"}),
    ]


def test_other_formats_in_xml_are_read_as_themselves(tmp_path):
    """Web pages, and flat OpenDocument files."""
    page = '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><h1>One</h1><p>Two<br/>three.</p></body></html>'
    assert texts(read(tmp_path, "a.xml", page)) == ["~One", "Two\nthree."]
    names = "urn:oasis:names:tc:opendocument:xmlns:"
    flat = (
        f'<office:document xmlns:office="{names}office:1.0" xmlns:text="{names}text:1.0"><office:body><office:text>'
        "<text:p>Flat.</text:p></office:text></office:body></office:document>"
    )
    assert texts(read(tmp_path, "a.xml", flat)) == ["Flat."]
    word = (
        '<?mso-application progid="Word.Document"?><w:wordDocument xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml">'
        "<w:body><w:p><w:r><w:t>The ferry </w:t></w:r><w:r><w:t>leaves.</w:t></w:r></w:p><w:p><w:r><w:pict>"
        '<w:binData w:name="a.png">QUJD</w:binData></w:pict></w:r></w:p></w:body></w:wordDocument>'
    )
    document = read(tmp_path, "a.xml", word)
    assert (document.text, document.notes) == ("The ferry leaves.", ("pictures are not read: 1 in all",))


def test_workbooks_in_xml_are_read_as_others_are(tmp_path):
    """Rows and cells that are left out count; values are shown as a spreadsheet does; hidden sheets are noted."""
    cell = '<Cell{}><Data ss:Type="{}">{}</Data></Cell>'
    head = "".join(cell.format("", "String", name) for name in ("Item", "Cost", "Paid", "Day"))
    values = cell.format("", "String", "Rent") + cell.format("", "Number", "300") + cell.format("", "Boolean", "1")
    comment = '<Comment><ss:Data xmlns="http://www.w3.org/TR/REC-html40"><B>Ann:</B> monthly</ss:Data></Comment>'
    day = f'<Cell><Data ss:Type="DateTime">2024-05-01T00:00:00.000</Data>{comment}</Cell>'
    late = (
        cell.format("", "String", "Heat")
        + cell.format(' ss:Index="4"', "String", "May")
        + cell.format(' ss:Index="99999999"', "String", "far")
    )
    rows = f'<Row>{head}</Row><Row>{values}{day}</Row><Row ss:Index="7">{late}</Row>'
    hidden = '<Worksheet ss:Name="Old"><WorksheetOptions><Visible>SheetHidden</Visible></WorksheetOptions></Worksheet>'
    content = (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook'
        ' xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">'
        "<DocumentProperties><Title>Costs of May</Title><Author>Ann</Author></DocumentProperties>"
        f'<Worksheet ss:Name="Costs"><Table>{rows}</Table></Worksheet>{hidden}</Workbook>'
    )
    document = read(tmp_path, "a.xml", content)
    assert describe(document) == [
        ("~Item; Cost; Paid; Day", {"sheet": "Costs"}),
        ("Item: Rent; Cost: 300; Paid: TRUE; Day: 2024-05-01.", {"sheet": "Costs", "row": 2}),
        ("Item: Heat; Day: May.", {"sheet": "Costs", "row": 7}),
        ("Note: Ann: monthly", {"sheet": "Costs", "row": 2}),
    ]
    assert document.metadata == Metadata("Costs of May", "Ann")
    assert document.notes == ("hidden sheets are not read: Old",)


def test_what_is_not_valid_is_read_as_far_as_it_goes(tmp_path):
    """And noted, with the place; entities that nobody declares stay as they are written."""
    document = read(tmp_path, "a.fb2", "<FictionBook><body><p>One & two.</p>\n<p>Three.</body></FictionBook>")
    assert texts(document)[-1] == "Three." and texts(document)[0].startswith("One")
    assert document.notes[0].startswith("it is not valid XML, so that text may be missing: ")
    document = read(tmp_path, "a.xml", '<!DOCTYPE a SYSTEM "a.dtd"><a><p>See &page; &eacute; &page;.</p></a>')
    assert (document.text, document.notes) == (
        "See &page; \xe9 &page;.",
        ("entities that the file does not declare are not read: 2 in all",),
    )


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><x><p>&b;</p></x>'
BROKEN = {
    "empty": ("", "a.xml is empty."),
    "text": ("Some text.", "a.xml is not a .xml file: it does not begin like one."),
    "no-element": ("<", "a.xml is not valid XML: "),
    "laughs": (LAUGHS, "a.xml is not safe to read: its XML declares entities made of others."),
    "laughs-wide": (LAUGHS.encode("utf-16"), "a.xml is not safe to read: its XML declares entities made of others."),
    "parameters": (
        "<!DOCTYPE x [<!ENTITY % a '<!ENTITY b \"&#37;c;\">'><!ENTITY c '%a;'>]><x/>",
        "a.xml is not safe to read: its XML declares entities made of others.",
    ),
    "deep-data": ("<a>" * 150 + "x" + "</a>" * 150, "a.xml is nested too deep to be read."),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_xml_or_not_safe_is_refused_with_the_reason(tmp_path, content, message):
    """The message names the file."""
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "a.xml", content)
    assert str(caught.value).startswith(message)


def test_entities_read_no_files(tmp_path):
    """Neither where they stand, nor in attributes."""
    (tmp_path / "secret.txt").write_text("secret")
    declared = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{tmp_path}/secret.txt">]>'
    assert "secret" not in read(tmp_path, "a.xml", f"{declared}<x><p>One &a;.</p></x>").text.replace("secret.txt", "")
    assert read(tmp_path, "b.xml", f"{declared}<x><p>One.</p></x>").text == "One."
