"""Reading web pages."""

import pytest
from reading import describe, read, texts

from index.errors import SourceError

BODIES = {
    "empty": ("", []),
    "blank": (" \n<p> </p>&nbsp;", []),
    "entities": ("<p>Fish &amp; chips &#8364;5 &lt;b&gt;</p>", ["Fish & chips \u20ac5 <b>"]),
    "white-space": ("<p>One\n   two\t three</p>", ["One two three"]),
    "line-break": ("<p>One.<br>Two.</p>", ["One.\nTwo."]),
    "text-outside": ("Before <p>inside</p> behind", ["Before", "inside", "behind"]),
    "unclosed": ("<p>One <b>two<p>three", ["One two", "three"]),
    "script-and-menu": ("<script>x()</script><style>p{}</style><nav>Menu</nav><p>Text.</p>", ["Text."]),
    "hidden": (
        '<p hidden>A</p><p style="color:red; DISPLAY : none">B</p><p aria-hidden="true">C</p><p>Seen.</p>',
        ["Seen."],
    ),
    "form-and-template": ("<select><option>A</select><template><p>B</p></template><p>Seen.</p>", ["Seen."]),
    "list": (
        "<ul><li>one</li><li><p>two</p><ol start=3><li>three<li>four</ol></li><li></li><li>2020</li></ul>",
        ["- one\n- two\n  3. three\n  4. four\n- 2020"],
    ),
    "definitions": ("<dl><dt>Rent<dd>What is paid.</dl>", ["Rent\n  What is paid."]),
    "terms": (
        "<dl><dt>control<dd>Names the package.<dd>All are listed here.<dt>shlibs<dt>symbols<dd>This file tells.</dl>",
        ["control\n  Names the package.\n  All are listed here.", "shlibs\nsymbols\n  This file tells."],
    ),
    "terms-within": (
        "<ul><li>Files:<dl><dt>control<dd>Names it.<dt>shlibs<dd>This file tells.</dl></ul>",
        ["- Files:\n  - control\n    Names it.\n  - shlibs\n    This file tells."],
    ),
    "ruby": ("<p><ruby>\u6f22<rp>(</rp><rt>kan</rt><rp>)</rp></ruby> it is.</p>", ["\u6f22 it is."]),
    "details": ("<details><summary>More</summary><p>Text.</p></details>", ["~More", "Text."]),
    "raised": (
        "<p>8 m<sup>2</sup>, 10<sup>-6</sup>, 1<sup>st</sup>, 1742<sup><a href='#n'>3</a></sup>.</p><ul><li>5 m<sup>3</sup></ul>",
        ["8 m\xb2, 10\u207b\u2076, 1st, 1742.", "- 5 m\xb3"],
    ),
    "permalink": ("<h1>Use<a href='#u'>\xb6</a></h1><p>Text.<a href='#t'>#</a></p>", ["~Use", "Text."]),
    "back-to-the-text": ("<ol><li><b><a href='#r'>^</a></b> A book.</li></ol>", ["1. A book."]),
    "links-drawn-apart": ("<p>See <a>One</a><a>Two</a>.</p>", ["See One Two."]),
    "accordion": (
        "<h3><button class='faq-toggle' aria-expanded='false'>Who pays?</button></h3><div role='region' hidden><p>Ann.</p></div>",
        ["~Who pays?", "Ann."],
    ),
    "page-in-page": (
        "<p>One.</p><iframe srcdoc='&lt;p&gt;Two.&lt;/p&gt;'></iframe><p>Three.</p>",
        ["One.", "Two.", "Three."],
    ),
    "verbatim": ("<pre>if x:\n    y\n\nz</pre>", ["if x:\n    y", "z"]),
    "emoji-and-marks": ("<p>\U0001f600 e\u0301 a\u00adb\u200bc \u202eRTL</p>", ["\U0001f600 e\u0301 abc \u202eRTL"]),
    "zero-and-control": ("<p>a&#0;b&#x1;c</p>", ["a\ufffdbc"]),
    "frame-in-page": ("<iframe>old</iframe><svg><text>drawn</text></svg><p>Seen.</p>", ["Seen."]),
}


@pytest.mark.parametrize(("body", "expected"), BODIES.values(), ids=BODIES)
def test_the_visible_text_is_read_in_order(tmp_path, body, expected):
    """Paragraphs and lists come as a browser shows them; what it does not show is left out."""
    assert texts(read(tmp_path, "a.html", f"<!doctype html><body>{body}</body>")) == expected


def test_paragraphs_know_the_headings_above_them(tmp_path):
    """A heading does not answer, and stands in the path of what follows until one of its level."""
    page = "<h1>Costs &amp; more</h1><p>One.</p><h3>Rent</h3><p>Two.</p><h2><i>Tra</i>vel</h2><p>Three.</p><h1>End</h1><p>Four."
    assert describe(read(tmp_path, "a.htm", page)) == [
        ("~Costs & more", {}),
        ("One.", {"heading": "Costs & more"}),
        ("~Rent", {}),
        ("Two.", {"heading": "Costs & more > Rent"}),
        ("~Travel", {}),
        ("Three.", {"heading": "Costs & more > Travel"}),
        ("~End", {}),
        ("Four.", {"heading": "End"}),
    ]


def rows(*markup):
    """A table of rows."""
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in markup) + "</table>"


TABLES = {
    "header": (rows("<th>Item<th>Cost", "<td>Rent<td>300"), [("~Item; Cost", None), ("Item: Rent; Cost: 300.", 2)]),
    "no-header-marked": (
        rows("<td>Item<td>Cost", "<td>Rent<td>300"),
        [("~Item; Cost", None), ("Item: Rent; Cost: 300.", 2)],
    ),
    "infobox-with-parts": (
        rows(
            "<th colspan=2>Odden", "<td colspan=2>A photo", "<th>Area<td>8 ha", "<th colspan=2>Rule", "<th>Town<td>Vik"
        ),
        [("~Odden", None), ("~A photo", None), ("~Rule", None), ("Area: 8 ha.", 1), ("Town: Vik.", 2)],
    ),
    "infobox-with-a-part-called-as-a-row": (
        rows("<th>Town<td>Vik", "<td colspan=2>Area", "<th>Area<td>8 ha", "<th>Mayor<td>Ann"),
        [("~Area", None), ("Town: Vik.", 1), ("Area: 8 ha.", 2), ("Mayor: Ann.", 3)],
    ),
    "infobox-with-a-name-of-several-rows": (
        rows(
            "<th>Power<td>1 kW", "<th>Flow<td>45", "<th>Mass<td>3 kg", "<th rowspan=2>Heat<td>Water: 40", "<td>Air: 45"
        ),
        [("Power: 1 kW.", 1), ("Flow: 45.", 2), ("Mass: 3 kg.", 3), ("Heat: Water: 40; Air: 45.", 4)],
    ),
    "note-across-all-columns": (
        rows("<th>Room<th>Price", "<td>Single<td>69", "<td colspan=2>Breakfast is included", "<td>Double<td>99"),
        [
            ("~Room; Price", None),
            ("Room: Single; Price: 69.", 2),
            ("Breakfast is included", 3),
            ("Room: Double; Price: 99.", 4),
        ],
    ),
    "form-of-values": (
        rows("<td>Housing<td>Cast iron", "<td>Cable<td>10 m", "<td>Class<td>IP 68"),
        [("Housing: Cast iron.", 1), ("Cable: 10 m.", 2), ("Class: IP 68.", 3)],
    ),
    "form-of-words": (
        rows("<td>Vessel<td>Stella", "<td>Flag:<td>Malta", "<td>Master<td>"),
        [("Vessel: Stella.", 1), ("Flag: Malta.", 2), ("Master", 3)],
    ),
    "table-of-words": (
        rows("<td>Name<td>Town", "<td>Ann<td>Lund", "<td>Bo<td>Lund"),
        [("~Name; Town", None), ("Name: Ann; Town: Lund.", 2), ("Name: Bo; Town: Lund.", 3)],
    ),
    "numbers-alone": (rows("<td>1<td>2", "<td>3<td>4"), [("1; 2.", 1), ("3; 4.", 2)]),
    "rows-spanned": (
        rows("<th>Item<th>Cost", "<td rowspan=2>Heat<td>20", "<td>30"),
        [("~Item; Cost", None), ("Item: Heat; Cost: 20.", 2), ("Item: Heat; Cost: 30.", 3)],
    ),
    "names-in-two-rows": (
        rows("<th rowspan=2>Item<th colspan=2>Cost", "<th>2023<th>2024", "<td>Rent<td>1<td>2"),
        [("~Item; Cost 2023; Cost 2024", None), ("Item: Rent; Cost 2023: 1; Cost 2024: 2.", 3)],
    ),
    "name-of-row": (rows("<td><th>Cost", "<th>Rent<td>300"), [("~Cost", None), ("Rent; Cost: 300.", 2)]),
    "columns-spanned": (rows("<th>A<th>B<th>C", "<td colspan=2>x<td>y"), [("~A; B; C", None), ("A: x; C: y.", 2)]),
    "wide-span": (rows("<th>A<th>B", "<td colspan=99999999>x<td>y"), [("~A; B", None), ("A: x; y.", 2)]),
    "layout": (rows("<td><h2>News</h2><p>Text.<td>x"), [("~News", None), ("Text.", None), ("x", None)]),
    "one-column": (rows("<td>One.", "<td>Two."), [("One.", None), ("Two.", None)]),
}


@pytest.mark.parametrize(("markup", "expected"), TABLES.values(), ids=TABLES)
def test_a_row_of_a_table_keeps_the_names_of_its_columns(tmp_path, markup, expected):
    """Each row is a passage with its number; a table for layout is read as text."""
    assert [(text, place.get("row")) for text, place in describe(read(tmp_path, "a.html", markup))] == expected


ENCODINGS = {
    "none": (b"<p>Gr\xc3\xbc\xc3\x9fe", "Gr\u00fc\u00dfe"),
    "meta": (b'<meta charset="iso-8859-1"><p>\x93Gr\xfc\xdfe\x94', "\u201cGr\u00fc\u00dfe\u201d"),
    "http-equiv": (b'<meta http-equiv="Content-Type" content="text/html; charset=koi8-r"><p>\xe4\xc1', "\u0414\u0430"),
    "mark": (b'\xef\xbb\xbf<meta charset="latin1"><p>\xc3\xbc', "\u00fc"),
    "utf-16": ("\ufeff<p>\u00fc".encode("utf-16-le"), "\u00fc"),
    "xml": (b'<?xml version="1.0" encoding="windows-1251"?><html><body><p>\xc4\xe0</p></body></html>', "\u0414\u0430"),
}


@pytest.mark.parametrize(("content", "expected"), ENCODINGS.values(), ids=ENCODINGS)
def test_the_declared_encoding_is_used(tmp_path, content, expected):
    """A page is decoded by its byte-order mark, its declaration, or as UTF-8; nothing is guessed."""
    assert texts(read(tmp_path, "a.html", content)) == [expected]


def test_an_element_of_xml_may_close_itself(tmp_path):
    """In XHTML an empty title or script ends where it begins; as HTML it would swallow the page."""
    page = '<html xmlns="x"><head><title/><script src="a"/></head><body><p id="a"/><p>Text<br/>more</p></body></html>'
    assert texts(read(tmp_path, "a.xhtml", page)) == ["Text\nmore"]


BROKEN = {
    "not-utf-8": (b"<p>\xe9\xe9\xe9\xe9\xe9", "a.html is not valid UTF-8: byte 3 cannot be decoded."),
    "unknown-encoding": (b'<meta charset="klingon"><p>x', "a.html declares the unknown encoding 'klingon'."),
    "no-text-encoding": (b'<meta charset="base64"><p>x', "a.html declares the unknown encoding 'base64'."),
    "picture": (b"\x89PNG\r\n\x1a\n", "a.html is not a .html file: it is a PNG picture."),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN)
def test_what_cannot_be_decoded_is_refused(tmp_path, content, message):
    """The reason is one line."""
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "a.html", content)
    assert str(caught.value).startswith(message)


def test_nesting_without_end_is_no_trouble(tmp_path):
    """Elements are walked without recursion, so their depth is not limited."""
    assert texts(read(tmp_path, "a.html", "<b>" * 100_000 + "deep")) == ["deep"]


def test_names_at_the_left_of_an_infobox_name_their_values(tmp_path):
    """A header across all columns is a title and no name of a column."""
    rows = "<tr><th colspan=2>Odden</th></tr><tr><th>Built</th><td>1871</td></tr><tr><th>Height</th><td>31 m</td></tr>"
    assert texts(read(tmp_path, "a.html", f"<table>{rows}</table>")) == ["~Odden", "Built: 1871.", "Height: 31 m."]


def test_furniture_of_a_page_never_answers(tmp_path):
    """Banners, menus, lists of links and the foot are kept apart; marks of notes and edit links are left out."""
    links = "".join(f"<li><a href='#'>Reset your device {number}</a></li>" for number in range(5))
    article = "To reset it, hold both arrows<sup>[12]</sup> for ten seconds until the display goes dark. " * 8
    page = (
        "<div id='cookie'>We use cookies.</div><ul>"
        + links
        + "</ul><div class='main'><h1>Reset<span>[edit]</span></h1>"
        f"<p>{article}</p></div><div class='navheader'>Next: how to reset it &gt;</div>"
        "<div class='related-links'>Popular: how to reset it.</div><footer>All rights reserved.</footer>"
    )
    found = texts(read(tmp_path, "a.html", page))
    assert [text for text in found if not text.startswith("~")] == [article.replace("<sup>[12]</sup>", "").strip()]
    assert found[0] == "~We use cookies." and found[2] == "~Reset" and found[-1] == "~All rights reserved."


def test_what_a_page_is_about_answers_whatever_its_class(tmp_path):
    """A menu may be that of a restaurant."""
    assert texts(read(tmp_path, "a.html", "<div class='menu'><p>Soup is served at noon.</p></div>")) == [
        "Soup is served at noon."
    ]


def test_what_is_shown_and_not_read_is_noted(tmp_path):
    """Values of forms and drawings with text; pictures only of a page that has nothing else."""
    shown = (
        "<img src='a.png' alt='Map'><svg><text>North</text></svg><svg><path/></svg><input type=submit value=Go><input value=Ann>"
        "<input><textarea>Hello</textarea><select><option>A<option selected>B</select>"
    )
    notes = ("drawings with text are not read: 1 in all", "values of forms are not read: 3 in all")
    assert read(tmp_path, "a.html", shown + "<p>Text.</p>").notes == notes
    document = read(tmp_path, "b.html", shown)
    assert document.text == ""
    assert document.notes == (notes[0], "pictures are not read: 1 in all", notes[1])


FURNITURE = {
    "links": "<div><a href=1>Home</a> <a href=2>Shop</a></div>",
    "links-of-a-layout": "<table><tr><td><a>Home</a><br><a>Rooms</a></td><td><h2>Stay</h2><p>Rest.</p></td></tr></table>",
    "header": "<header><p>Order now!</p></header>",
    "advertisement": "<div class='ad-container'>Order now!</div>",
    "contents": "<div id='toc'><p>1 Rent</p></div>",
    "jump": "<a href='#x'>Skip to content</a>",
}


@pytest.mark.parametrize("markup", FURNITURE.values(), ids=FURNITURE)
def test_what_leads_around_a_page_does_not_answer(tmp_path, markup):
    """Links without other words, banners and lists of contents."""
    page = (
        f"{markup}<h1>Costs</h1><p>The rent is 300 a month, as the board has decided. See the <a href=1>plan</a>.</p>"
    )
    answering = [text for text in texts(read(tmp_path, "a.html", page)) if not text.startswith("~")]
    assert answering[-1].startswith("The rent is 300") and answering[:-1] in ([], ["Rest."])


def test_terms_are_the_heading_of_their_definition(tmp_path):
    """Of each of its paragraphs, and of a table in it; of a long usage the name alone; and no longer once the list ends."""
    usage = " ".join(f"[--option-{letter}]" for letter in "abcdef")
    body = (
        "<h2>Settings</h2><dl><dt>port (integer)<dd><p>Listens there.<h4>Default</h4><p>It is 5432."
        "<dt>-u<dt>--user<dd>Who asks.<table><tr><th>User<th>Level<tr><td>ida<td>3</table>"
        f"<dt>push {usage}<dd>Saves.<dt><h3>Ports</h3><dd>Are open.</dl><p>End."
    )
    named = [(text, place.get("heading")) for text, place in describe(read(tmp_path, "a.html", body))]
    assert named == [
        ("~Settings", None),
        ("port (integer)\n  Listens there.", "Settings > port (integer)"),
        ("~Default", None),
        ("It is 5432.", "Settings > port (integer) > Default"),
        ("-u\n--user\n  Who asks.", "Settings > -u, --user"),
        ("~User; Level", "Settings > -u, --user"),
        ("User: ida; Level: 3.", "Settings > -u, --user"),
        (f"push {usage}\n  Saves.", "Settings > push"),
        ("~Ports", None),
        ("Are open.", "Settings > Ports"),
        ("End.", "Settings"),
    ]


@pytest.mark.parametrize("box", ["<div class='note big'>", "<blockquote>", "<aside>", "<ul><li>"])
def test_a_heading_in_a_box_is_that_of_the_box_alone(tmp_path, box):
    """Below those around it, whatever its level, and followed by them."""
    ends = "</div></ul></aside></blockquote>"
    body = f"<h1>Pumps</h1><h2>Start</h2><p>Open it.</p>{box}<h2>Warning</h2><p>It is hot.</p>{ends}<p>Wait."
    named = [
        (text.removeprefix("- "), place.get("heading")) for text, place in describe(read(tmp_path, "a.html", body))
    ]
    assert named[2:] == [
        ("Open it.", "Pumps > Start"),
        ("~Warning", None),
        ("It is hot.", "Pumps > Start > Warning"),
        ("Wait.", "Pumps > Start"),
    ]


def test_headings_of_boxes_within_each_other_do_not_pile_up(tmp_path):
    """Twenty are kept: the headings of a thousand would be repeated with each paragraph."""
    passages = describe(read(tmp_path, "a.html", "<blockquote><h2>Box</h2>" * 1000 + "<p>It is hot."))
    text, place = passages[-1]
    assert (text, place["heading"]) == ("It is hot.", " > ".join(["Box"] * 20))


def test_what_opens_an_answer_is_its_heading(tmp_path):
    """Until it is closed."""
    page = "<h1>Help</h1><details><summary>Are dogs allowed?</summary><p>On a lead.</p></details><p>Call us.</p>"
    assert describe(read(tmp_path, "a.html", page)) == [
        ("~Help", {}),
        ("~Are dogs allowed?", {}),
        ("On a lead.", {"heading": "Help > Are dogs allowed?"}),
        ("Call us.", {"heading": "Help"}),
    ]
