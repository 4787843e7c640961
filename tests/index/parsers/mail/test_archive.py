"""Reading web pages saved as one file."""

import base64

import pytest
from reading import describe, read

from index.errors import SourceError


def part(kind, content, encoding="8bit", **headers):
    """A part, with the headers that are given by their names in lower case."""
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    content = content if isinstance(content, bytes) else content.encode()
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n{more}\r\n".encode() + content + b"\r\n"


def saved(*parts, start=""):
    """A page saved by a browser."""
    head = (
        "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://a.example/b/\r\nSubject: =?utf-8?Q?R=C3=A4in?=\r\n"
        f'MIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n\ttype="text/html";{start}\r\n\tboundary="--X"\r\n\r\n\r\n'
    )
    return head.encode() + b"".join(b"----X\r\n" + each for each in parts) + b"----X--\r\n"


def test_a_saved_page_is_read_as_a_page(tmp_path):
    """With its title, headings, tables and links, whatever its parts are encoded in."""
    page = (
        "<html><head><title>R=C3=A4in</title><meta name=3Dauthor content=3DAnn></head><body><h1>Gauges</h1>\r\n"
        "<p>Twelve <b>mil=\r\nlimetres</b> fell.<table><tr><th>Town<th>Rain<tr><td>Leeds<td>12</table><script>x()</script>"
    )
    css = part("text/css", "p {}", content_location="cid:css-1@mhtml.blink")
    document = read(tmp_path, "a.mhtml", saved(part("text/html", page, "quoted-printable"), css))
    assert describe(document) == [
        ("~Gauges", {}),
        ("Twelve millimetres fell.", {"heading": "Gauges"}),
        ("~Town; Rain", {"heading": "Gauges"}),
        ("Town: Leeds; Rain: 12.", {"heading": "Gauges", "row": 2}),
    ]
    assert (document.metadata.title, document.metadata.author, document.notes) == ("R\xe4in", "Ann", ())


@pytest.mark.parametrize("charset", ["windows-1251", "unicode", "utf-8"])
def test_the_encoding_is_that_of_the_part(tmp_path, charset):
    """Else that of its byte-order mark, as older browsers name UTF-16 "unicode"; what the page says of itself is weaker."""
    text = "<meta charset=koi8-r><p>\u0414\u043e\u0433\u043e\u0432\u043e\u0440 \u0430\u0440\u0435\u043d\u0434\u044b."
    content = base64.b64encode(text.encode("utf-16" if charset == "unicode" else charset))
    document = read(tmp_path, "a.mht", saved(part(f'text/html; charset="{charset}"', content, "base64")))
    assert document.text == "\u0414\u043e\u0433\u043e\u0432\u043e\u0440 \u0430\u0440\u0435\u043d\u0434\u044b."


def test_frames_are_read_where_they_stand(tmp_path):
    """By identity or address, each once; hidden ones, and those that are not in the file, are not."""
    page = (
        '<p>One.</p><iframe style="border: 0" src="cid:f1@mhtml.blink"></iframe><p>Two.</p>'
        '<iframe src="https://elsewhere.example/"></iframe><iframe style="display:none" src=cid:f2@mhtml.blink></iframe>'
        "<iframe src='cid:f1@mhtml.blink'></iframe>"
    )
    inner = (
        '<html><head><title>Ad</title></head><body><p>Inner.<iframe src="deep.htm?a=1&amp;b=2"></iframe></body></html>'
    )
    content = saved(
        part("text/html", "<p>Hidden.", content_id="<f2@mhtml.blink>"),
        part("text/html", inner, content_id="<f1@mhtml.blink>", content_location="https://a.example/f/inner.htm"),
        part("text/html", page, content_id="<f0@mhtml.blink>", content_location="https://a.example/"),
        part("text/html", "<p>Deep.", content_location="https://a.example/f/deep.htm?a=1&b=2"),
        start='\r\n\tstart="<f0@mhtml.blink>";',
    )
    assert read(tmp_path, "a.mhtml", content).text == "One.\n\nInner.\n\nDeep.\n\nTwo."


def test_a_set_of_frames_is_read_as_its_frames(tmp_path):
    """As a spreadsheet saves its sheets; frames within themselves end."""
    page = "<html><frameset rows='*,39'><frame src='a_files/one.htm'><frame src='a_files/two.htm'></frameset>"
    content = saved(
        part("text/html", page, content_location="file:///C:/a.htm"),
        part("text/html", "<table><tr><td>Rent<td>300</table>", content_location="file:///C:/a_files/one.htm"),
        part("text/html", "<p>Two.<iframe src=two.htm></iframe>", content_location="file:///C:/a_files/two.htm"),
    )
    assert read(tmp_path, "a.mht", content).text == "Rent; 300.\n\nTwo."


def test_shadow_trees_are_read_and_templates_are_not(tmp_path):
    """Browsers save both as templates."""
    page = (
        "<p>One.</p><div><template shadowmode=open><p>Two.</p><template><p>never</p></template><p>Three.</p></template></div>"
        "</template><template><p>never</p></template><p>Four."
    )
    assert read(tmp_path, "a.mht", saved(part("text/html", page))).text == "One.\n\nTwo.\n\nThree.\n\nFour."


def test_a_page_that_is_the_whole_message_is_read(tmp_path):
    """Without other parts."""
    content = b"MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n<p>Only this.<img src=x>"
    assert read(tmp_path, "a.mht", content).text == "Only this."
    picture = b"MIME-Version: 1.0\nContent-Type: text/html\nContent-Location: http://[\n\n<img src=x>"
    document = read(tmp_path, "a.mht", picture)
    assert (document.text, document.notes) == ("", ("pictures are not read: 1 in all",))


BROKEN = {
    "empty": (b"", "a.mht is empty."),
    "a-page": (b"<!doctype html><p>x", "a.mht is not a .mht file: it is a web page (.html)."),
    "other": (b"x: y\n\nz", "a.mht is not a .mht file: it does not begin like one."),
    "no-page": (saved(part("text/css", "p {}")), "a.mht has no web page in it."),
    "cut-off": (saved()[:200], "a.mht has no web page in it."),
    "no-charset": (saved(part("text/html; charset=hex", "<p>x")), "a.mht declares the unknown encoding 'hex'."),
}


@pytest.mark.parametrize(("content", "message"), BROKEN.values(), ids=BROKEN.keys())
def test_what_is_no_saved_page_is_refused_with_the_reason(tmp_path, content, message):
    """The message names the file."""
    with pytest.raises(SourceError) as caught:
        read(tmp_path, "a.mht", content)
    assert str(caught.value).startswith(message)
