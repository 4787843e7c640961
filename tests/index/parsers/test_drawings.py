"""Reading diagrams, charts and embedded files of office files, and noting the pictures and objects in them."""

from reading import make_picture, read, saved, texts

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DIAGRAM = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
NAMES = (
    f'xmlns:dgm="{DIAGRAM}" xmlns:r="{RELATIONS}" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
)
GRAPHIC = f'<a:graphic {NAMES}><a:graphicData uri="{{}}">{{}}</a:graphicData></a:graphic>'


def point(number, text="", kind="node"):
    return f'<dgm:pt modelId="{number}" type="{kind}"><dgm:t><a:bodyPr/><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>'


def link(above, below, order):
    return f'<dgm:cxn modelId="9{above}{below}" srcId="{above}" destId="{below}" srcOrd="{order}" destOrd="0"/>'


MODEL = (
    f"<dgm:dataModel {NAMES}><dgm:ptLst>{point(1, kind='doc')}{point(3, 'Sell')}{point(2, 'Plan')}{point(4, 'Ask the board')}"
    f"{point(5, 'shown twice', kind='pres')}{point(6, kind='parTrans')}</dgm:ptLst>"
    f"<dgm:cxnLst>{link(1, 3, 1)}{link(1, 2, 0)}{link(2, 4, 0)}</dgm:cxnLst></dgm:dataModel>"
)
CHART = (
    f"<c:chartSpace {NAMES}><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Ferries</a:t></a:r></a:p></c:rich></c:tx></c:title>"
    "<c:plotArea><c:barChart><c:ser>"
    "<c:tx><c:strRef><c:strCache><c:pt idx='0'><c:v>Share</c:v></c:pt></c:strCache></c:strRef></c:tx>"
    "<c:cat><c:strRef><c:strCache><c:pt idx='0'><c:v>North</c:v></c:pt><c:pt idx='1'><c:v>South</c:v></c:pt></c:strCache>"
    "</c:strRef></c:cat><c:val><c:numRef><c:numCache><c:formatCode>0%</c:formatCode><c:pt idx='0'><c:v>0.25</c:v></c:pt>"
    "<c:pt idx='1'><c:v>0.75</c:v></c:pt></c:numCache></c:numRef></c:val></c:ser></c:barChart><c:valAx><c:title><c:tx><c:rich>"
    "<a:p><a:r><a:t>Passengers</a:t></a:r></a:p></c:rich></c:tx></c:title></c:valAx></c:plotArea></c:chart></c:chartSpace>"
)


def add_part(owner, name, content, kind="application/xml", relation="x"):
    """Add a part to one of a document or a presentation; returns the id of the relation to it."""
    if "pptx" in type(owner).__module__:
        from pptx.opc.package import Part
        from pptx.opc.packuri import PackURI

        part = Part(PackURI(name), kind, owner.package, content.encode())
    else:
        from docx.opc.packuri import PackURI
        from docx.opc.part import Part

        part = Part(PackURI(name), kind, content.encode(), owner.package)
    return owner.relate_to(part, f"{RELATIONS}/{relation}")


def test_diagrams_and_charts_of_word_are_read(tmp_path):
    """The points of a diagram as a list in the order drawn; a chart as a table, with its titles."""
    import docx
    from docx.oxml import parse_xml

    document = docx.Document()
    diagram = add_part(document.part, "/word/diagrams/data1.xml", MODEL)
    chart = add_part(document.part, "/word/charts/chart1.xml", CHART)
    for uri, inside in (("diagram", f'<dgm:relIds r:dm="{diagram}"/>'), ("chart", f'<c:chart r:id="{chart}"/>')):
        run = document.add_paragraph(f"See the {uri}.").add_run()
        run._r.append(parse_xml(GRAPHIC.format(uri, inside)))
    assert texts(read(tmp_path, "a.docx", saved(document))) == [
        "See the diagram.",
        "- Plan\n  - Ask the board\n- Sell",
        "See the chart.",
        "Ferries",
        "~Passengers",
        "~Share",
        "North; Share: 25%.",
        "South; Share: 75%.",
    ]


def test_pictures_and_objects_of_word_are_noted(tmp_path):
    """With their number; the picture that stands for an object is none of its own."""
    import docx
    from docx.oxml import parse_xml

    document = docx.Document()
    document.add_picture(make_picture())
    document.sections[0].header.paragraphs[0].add_run().add_picture(make_picture())
    names = (
        'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml"'
    )
    document.add_paragraph("Text.").add_run()._r.append(
        parse_xml(f"<w:object {names}><v:shape><v:imagedata/></v:shape></w:object>")
    )
    found = read(tmp_path, "a.docx", saved(document))
    assert texts(found) == ["Text."]
    assert found.notes == ("pictures are not read: 2 in all", "embedded objects are not read: 1 in all")


def test_embedded_files_of_word_are_read_or_noted(tmp_path):
    """Web pages and plain text in their place; others are noted."""
    import docx
    from docx.oxml import parse_xml

    document = docx.Document()
    document.core_properties.title = "Rules"
    document.add_paragraph("Before.")
    for name, content, kind in (
        (
            "a.html",
            "<title>x</title><p>Fish &amp; chips.</p><table><tr><th>Item<th>Cost<tr><td>Cod<td>3</table>",
            "text/html",
        ),
        ("b.txt", "Plain.", "text/plain"),
        ("c.rtf", "{\\rtf1 Rich.}", "application/rtf"),
    ):
        relation = add_part(document.part, f"/word/{name}", content, kind, "aFChunk")
        names = f'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="{RELATIONS}"'
        document.element.body.insert(-1, parse_xml(f'<w:altChunk {names} r:id="{relation}"/>'))
    document.add_paragraph("Behind.")
    found = read(tmp_path, "a.docx", saved(document))
    assert texts(found) == ["Before.", "Fish & chips.", "~Item; Cost", "Item: Cod; Cost: 3.", "Plain.", "Behind."]
    assert found.notes == ("embedded files are not read: application/rtf",)
    assert found.metadata.title == "Rules"


def test_diagrams_and_comments_of_slides_are_read(tmp_path):
    """Comments of both kinds that PowerPoint has had; also a shape with a formula, a picture in older programs."""
    import pptx
    from pptx.oxml import parse_xml

    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    diagram = add_part(slide.part, "/ppt/diagrams/data1.xml", MODEL)
    main = "http://schemas.openxmlformats.org/presentationml/2006/main"
    compatible = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    math = "http://schemas.openxmlformats.org/officeDocument/2006/math"
    slide.shapes._spTree.append(
        parse_xml(
            f'<p:graphicFrame xmlns:p="{main}" {NAMES}><a:graphic><a:graphicData uri="{DIAGRAM}"><dgm:relIds r:dm="{diagram}"/>'
            "</a:graphicData></a:graphic></p:graphicFrame>"
        )
    )
    slide.shapes._spTree.append(
        parse_xml(
            f'<mc:AlternateContent xmlns:mc="{compatible}" xmlns:p="{main}" {NAMES}><mc:Choice><p:sp><p:txBody><a:p><a:r>'
            f'<a:t>So</a:t></a:r><m:oMath xmlns:m="{math}">'
            "<m:r><m:t>x=1</m:t></m:r></m:oMath></a:p></p:txBody></p:sp></mc:Choice>"
            "<mc:Fallback><p:sp><p:txBody><a:p><a:r><a:t>a picture</a:t></a:r></a:p></p:txBody></p:sp></mc:Fallback>"
            "</mc:AlternateContent>"
        )
    )
    old = f'<p:cmLst xmlns:p="{main}"><p:cm><p:text>Ask Ilka.</p:text></p:cm></p:cmLst>'
    names = f'{NAMES} xmlns:p188="http://schemas.microsoft.com/office/powerpoint/2018/8/main"'
    body = "<p188:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></p188:txBody>"
    reply = f"<p188:replyLst><p188:reply>{body.format('Done.')}</p188:reply></p188:replyLst>"
    new = f"<p188:cmLst {names}><p188:cm>{reply}</p188:cm></p188:cmLst>"
    add_part(slide.part, "/ppt/comments/comment1.xml", old, relation="comments")
    add_part(slide.part, "/ppt/comments/comment2.xml", new, relation="comments")
    assert texts(read(tmp_path, "a.pptx", saved(presentation))) == [
        "- Plan\n  - Ask the board\n- Sell",
        "So x=1",
        "Note: Ask Ilka.",
        "Note: Done.",
    ]


def test_pictures_of_slides_are_noted(tmp_path):
    """And which slides have nothing else."""
    import pptx

    presentation = pptx.Presentation()
    for layout in (5, 6):
        slide = presentation.slides.add_slide(presentation.slide_layouts[layout])
        slide.shapes.add_group_shape().shapes.add_picture(make_picture(), 0, 0)
    presentation.slides[0].shapes.title.text = "Map"
    found = read(tmp_path, "a.pptx", saved(presentation))
    assert texts(found) == ["~Map"]
    assert found.notes == ("pictures are not read: 2 in all", "slides with pictures and no text: 2")


def test_merged_cells_of_a_slide_count_for_all_that_they_cover(tmp_path):
    """A cell merged downwards is repeated in each row."""
    import pptx

    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    table = slide.shapes.add_table(3, 2, 0, 0, 9, 9).table
    for cell, text in zip(table.iter_cells(), ("Town", "Fare", "Arlen", "3", "", "5"), strict=True):
        cell.text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    assert texts(read(tmp_path, "a.pptx", saved(presentation))) == [
        "~Town; Fare",
        "Town: Arlen; Fare: 3.",
        "Town: Arlen; Fare: 5.",
    ]


def test_charts_of_points_and_of_several_levels_are_read(tmp_path):
    """Series that have their own places make a table each; an inner name follows the outer one."""
    import pptx
    from pptx.chart.data import CategoryChartData, XyChartData
    from pptx.enum.chart import XL_CHART_TYPE

    presentation = pptx.Presentation()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    points = XyChartData()
    for name, place in (("Cod", 1), ("Eel", 2)):
        points.add_series(name).add_data_point(place, 7)
    levels = CategoryChartData()
    north = levels.add_category("North")
    north.add_sub_category("Arlen")
    north.add_sub_category("Odden")
    levels.add_series("Boats", (4, 5))
    for kind, data in ((XL_CHART_TYPE.XY_SCATTER, points), (XL_CHART_TYPE.COLUMN_CLUSTERED, levels)):
        slide.shapes.add_chart(kind, 0, 0, 99, 99, data)
    assert texts(read(tmp_path, "a.pptx", saved(presentation))) == [
        "~Cod",
        "1; Cod: 7.",
        "~Eel",
        "2; Eel: 7.",
        "~Boats",
        "North Arlen; Boats: 4.",
        "North Odden; Boats: 5.",
    ]
