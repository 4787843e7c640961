"""Documents as markup that is safe to show."""

import base64
import io
import json
import zipfile
from email.message import EmailMessage
from html import escape

import pytest
from injections import PAYLOADS
from outlook_files import make_msg
from PIL import Image
from reading import make_docx, make_eml, make_epub, make_picture, zipped
from scanning import saved
from selectolax.lexbor import LexborHTMLParser

from index import Originals, SourceError, file_hash
from index.originals import sanitizer
from index.originals.markup import read_markup

PNG = make_picture().read()
DATA = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
HARMLESS = frozenset(
    {"href", "src", "rel", "target", "dir", "lang", "title", "alt", "start", "colspan", "rowspan", "open"}
)


def show(content, suffix):
    """The markup of a file."""
    content = content if isinstance(content, bytes) else content.encode("utf-8")
    return read_markup(content, suffix=suffix, name=f"a{suffix}")


def assert_harmless(markup):
    """Nothing runs, fetches, sends, frames or covers, and nothing can be mistaken for a part of the page around it."""
    page = LexborHTMLParser(f"<!doctype html><body>{markup}</body>")
    for node in page.root.traverse():
        assert node.tag in sanitizer._TAGS | {"html", "head", "body"}, node.html
        assert set(node.attributes) <= HARMLESS, node.html
        for attribute, value in node.attributes.items():
            if attribute == "src":
                assert node.tag == "img" and value.startswith("data:image/png;base64,")
            if attribute == "href":
                assert node.tag == "a" and value.startswith(("http://", "https://", "mailto:"))
        if node.tag == "a":
            assert node.attributes["rel"] == "noopener noreferrer nofollow" and node.attributes["target"] == "_blank"
    assert page.head is None or page.head.child is None


def docx_with(text):
    return make_docx(text, [[text, "a"]])


def mailbox_with(text):
    return b"From ann@x.org Fri Mar  1 10:00:00 2024\n" + make_eml("plain", html=text)


def make_notebook(markdown, code, html, picture=""):
    """A notebook of a cell of Markdown, and one of code with an output as a page, or as a picture."""
    forms = {"image/png": picture} if picture else {"text/html": html}
    cells = [
        {"cell_type": "markdown", "source": markdown, "attachments": {"a b.png": {"image/png": picture}}},
        {"cell_type": "code", "source": code, "outputs": [{"output_type": "display_data", "data": forms}]},
    ]
    return json.dumps({"cells": cells}).encode()


def make_saved_page(page, frame):
    """A page saved as one file, with a frame and a picture in it."""
    message = EmailMessage()
    message.set_content(page, subtype="html")
    message["Content-Location"] = "https://a.example/b/"
    message.make_mixed()
    message.add_attachment(frame, subtype="html", headers=["Content-Location: https://a.example/b/frame.htm"])
    message.add_attachment(PNG, "image", "png", cid="<p@x>", headers=["Content-Location: https://a.example/p.png"])
    return message.as_bytes()


def wrapped(message):
    """A message as Apple Mail keeps it."""
    return b"%d      \n%b<?xml version='1.0'?><plist><dict/></plist>" % (len(message), message)


MAKERS = {
    ".html": lambda text: f"<html><body><p>Before.</p>{text}</body></html>".encode(),
    ".xhtml": lambda text: f"<html><body><p>Before.</p>{text}</body></html>".encode(),
    ".md": lambda text: f"Before.\n\n{text}\n\n- {text}\n\n    {text}\n".encode(),
    ".ipynb": lambda text: make_notebook(f"Before.\n\n{text}", text, text),
    ".rst": lambda text: f"Before.\n\n{text}\n\n.. raw:: html\n\n   {text}\n\n.. note:: {text}\n".encode(),
    ".docx": docx_with,
    ".odt": lambda text: make_odt(f"<text:p>Before.</text:p><text:p>{escape(text)}</text:p>"),
    ".epub": lambda text: make_epub(f"<p>Before.</p>{text}", title=text),
    ".eml": lambda text: make_eml("plain", html=f"<p>Before.</p>{text}"),
    ".mbox": mailbox_with,
    ".emlx": lambda text: wrapped(make_eml("plain", html=f"<p>Before.</p>{text}")),
    ".msg": lambda text: make_msg({0x0037: text, 0x1013: f"<p>Before.</p>{text}"}),
    ".mht": lambda text: make_saved_page(f"<p>Before.</p>{text}<iframe src=frame.htm></iframe>", text),
}


@pytest.mark.parametrize("suffix", MAKERS)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_harmful_is_left_of_an_attack(suffix, payload):
    """In any format: no script, handler, form, frame, style, identifier, or address that a page would fetch."""
    text = PAYLOADS[payload].replace("\0", "").encode("utf-8", "ignore").decode()
    text = "".join(character for character in text if character.isprintable()) if suffix in (".docx", ".odt") else text
    markup = show(MAKERS[suffix](text), suffix)
    assert_harmless(markup)
    if suffix not in (".docx", ".mbox"):
        assert "Before." in markup


@pytest.mark.parametrize("payload", PAYLOADS)
def test_names_of_attachments_subjects_and_alternative_texts_are_text(payload):
    """Wherever else a document may hold an attack."""
    text = "".join(character for character in PAYLOADS[payload] if character.isprintable())
    text = text.encode("utf-8", "ignore").decode()
    plain = make_eml(text, subject=text, attach=text)
    picture = f'<img src="http://offsite.invalid/x.png" alt="{escape(text)}"><p title="{escape(text)}">One.</p>'
    for markup in (show(plain, ".eml"), show(picture, ".html")):
        assert_harmless(markup)


def test_a_notebook_shows_its_pictures_and_code():
    """Those that are attached, and those that its code has drawn."""
    picture = base64.b64encode(PNG).decode()
    markup = show(
        make_notebook("# One\n\n![map](<attachment:a b.png>)", "if a < b:\n    draw()", "", picture), ".ipynb"
    )
    assert markup == (
        f'<h1>One</h1>\n<p><img src="{DATA}" alt="map"></p>\n\n<pre>if a &lt; b:\n    draw()</pre>\n<p><img src="{DATA}"></p>'
    )
    markup = show(make_notebook("![map](attachment:other.png)", "", "<table><tr><td>1</td></tr></table>"), ".ipynb")
    assert markup == "<p>[map]</p>\n\n<table><tbody><tr><td>1</td></tr></tbody></table>"


def test_a_saved_page_shows_its_pictures_and_frames():
    """Pictures by their addresses or identities."""
    page = (
        '<p>One <img src="../p.png"><img src="cid:p@x"><img src="/q.png" alt="lost"></p><iframe src=frame.htm></iframe>'
    )
    markup = show(make_saved_page(page, "<p>Two.</p>"), ".mht")
    assert " ".join(markup.split()) == f'<p>One <img src="{DATA}"><img src="{DATA}">[lost]</p><div><p>Two.</p> </div>'


def test_messages_of_outlook_show_their_pictures():
    """Those that are attached."""
    picture = {0x3701: PNG, 0x370E: "image/png", 0x3712: "logo@x", 0x3707: "logo.png"}
    page = '<p>Look: <img src="cid:logo@x"></p>'
    markup = show(make_msg({0x0037: "One", 0x1000: "plain", 0x1013: page}, attachments=[picture]), ".msg")
    assert markup.strip() == (
        f'<ul><li><b>Subject:</b> One</li><li><b>Attachments:</b> logo.png</li></ul>\n<p>Look: <img src="{DATA}"></p>'
    )


def test_a_page_keeps_its_parts_and_loses_its_looks():
    """Headings, lists, tables, links and languages; hidden parts are left out."""
    page = (
        '<title>T</title><h1 id=a class=b style="color:red">One</h1><ol start="3"><li lang="de" dir="RTL">Zwei</ol>'
        "<table><tr><td colspan=2 rowspan=9999>x</table><p hidden>no</p><p style='display: none'>no</p>"
        '<details><summary>S</summary>inside</details><a href="https://a.example/?b=1&c=2" onclick=x>there</a>'
        '<a href="/local">here</a><form><input value=v>asked</form><math><mi>x</mi></math>'
    )
    link = 'target="_blank" rel="noopener noreferrer nofollow"'
    assert show(page, ".html").strip() == (
        '<h1>One</h1><ol start="3"><li lang="de" dir="rtl">Zwei</li></ol>'
        '<table><tbody><tr><td colspan="2">x</td></tr></tbody></table>'
        f'<details open=""><summary>S</summary>inside</details><a href="https://a.example/?b=1&amp;c=2" {link}>there</a>'
        '<a rel="noopener noreferrer nofollow" target="_blank">here</a>askedx'
    )


def test_pages_are_decoded_as_they_are_read():
    """In the encoding that a page declares, or that a person named."""
    assert "<p>Gr\xfc\xdfe</p>" in show('<meta charset="latin-1"><p>Gr\xfc\xdfe'.encode("latin-1"), ".html")
    text = "<p>\u3042".encode("shift_jis")
    assert "<p>\u3042</p>" in read_markup(text, suffix=".html", name="a.html", encoding="shift_jis")


def test_markdown_and_restructuredtext_are_shown_as_pages():
    """With their tables; unknown directives as their text."""
    markup = show("---\ntitle: T\n---\n# One\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", ".md")
    assert "<h1>One</h1>" in markup and "<td>1</td>" in markup and "title" not in markup
    markup = show("One\n===\n\n.. unknown::\n\n   Kept.\n\n.. include:: /etc/passwd\n", ".rst")
    assert "<h2>One</h2>" in markup and "Kept." in markup and "root" not in markup


def test_a_word_document_is_shown_with_its_pictures():
    """A picture is part of the markup."""
    import docx

    document = docx.Document()
    document.add_heading("Title", 1)
    document.add_paragraph("Text.")
    document.add_picture(make_picture())
    stream = io.BytesIO()
    document.save(stream)
    markup = show(stream.getvalue(), ".docx")
    assert markup.startswith("<h1>Title</h1><p>Text.</p><p><img") and "data:image/png;base64," in markup
    assert_harmless(markup)


ODT = (
    "<text:h text:outline-level='2'>Title</text:h><text:p>One<text:s/><text:span text:style-name='B'>two</text:span>"
    "<text:note><text:note-body><text:p>A note.</text:p></text:note-body></text:note> &lt;b&gt;"
    "<text:a xlink:href='https://a.example/'>there</text:a><text:a xlink:href='javascript:x'>no</text:a></text:p>"
    "<text:list text:style-name='N'><text:list-item><text:p>item</text:p></text:list-item></text:list>"
    "<table:table><table:table-row><table:table-cell table:number-columns-spanned='2'><text:p>a</text:p>"
    "</table:table-cell><table:covered-table-cell/></table:table-row></table:table>"
    "<text:p><draw:frame><draw:image xlink:href='Pictures/1.png'/></draw:frame><draw:frame>"
    "<draw:image xlink:href='http://offsite.invalid/'/><svg:desc>lost</svg:desc></draw:frame></text:p>"
)


def make_odt(body):
    """A text document of some XML."""
    spaces = {"text": "text", "table": "table", "draw": "drawing", "style": "style", "office": "office"}
    spaces |= {"fo": "xsl-fo-compatible", "svg": "svg-compatible"}
    names = " ".join(f'xmlns:{p}="urn:oasis:names:tc:opendocument:xmlns:{n}:1.0"' for p, n in spaces.items())
    styles = "<style:style style:name='B'><style:text-properties fo:font-weight='bold'/></style:style>"
    styles += "<text:list-style style:name='N'><text:list-level-style-number/></text:list-style>"
    content = f"<office:document-content {names} xmlns:xlink='http://www.w3.org/1999/xlink'><office:automatic-styles>"
    content += f"{styles}</office:automatic-styles><office:body><office:text>{body}</office:text></office:body>"
    return zipped({"content.xml": f"{content}</office:document-content>", "Pictures/1.png": PNG})


def test_an_open_document_text_is_shown():
    """With its lists, tables, notes, links and pictures."""
    link = 'target="_blank" rel="noopener noreferrer nofollow"'
    assert show(make_odt(ODT), ".odt") == (
        "<h2>Title</h2><p>One <b>two</b><sup>[1]</sup> &lt;b&gt;"
        f'<a href="https://a.example/" {link}>there</a><a {link}>no</a></p><ol><li><p>item</p></li></ol>'
        '<table><tbody><tr><td colspan="2" rowspan="1"><p>a</p></td></tr></tbody></table>'
        f'<p><img src="{DATA}" alt="">[lost]</p><div>[1] <p>A note.</p></div>'
    )


def test_a_book_is_its_chapters_in_order():
    """With the pictures that it has; the title of a chapter without a heading is one."""
    extra = {"OEBPS/i/one.png": PNG}
    book = make_epub('<p>First.</p><img src="../i/one.png"/><img src="../../x" alt="lost"/>', "<h1>B</h1>", extra=extra)
    markup = show(book, ".epub")
    assert markup.index("<h2>Book</h2>") < markup.index("First.") < markup.index("<h1>B</h1>")
    assert f'<img src="{DATA}">[lost]' in markup


def test_mail_is_shown_with_its_headers_and_the_pictures_in_it():
    """The page it holds rather than its plain text; attachments are named."""
    message = EmailMessage()
    message["From"], message["Subject"] = "ann@x.org", "News & <b>"
    message.set_content("plain")
    message.add_alternative('<p>Look: <img src="cid:one@x"></p>', subtype="html")
    message.get_payload()[1].add_related(PNG, "image", "png", cid="<one@x>")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="<a>.pdf")
    markup = show(message.as_bytes(), ".eml")
    assert markup.startswith(
        "<ul><li><b>From:</b> ann@x.org</li><li><b>Subject:</b> News &amp; &lt;b&gt;</li>"
        "<li><b>Attachments:</b> &lt;a&gt;.pdf</li></ul>"
    )
    assert f'<p>Look: <img src="{DATA}"></p>' in markup and "plain" not in markup
    assert "<p>One<br>&lt;b&gt;</p><p>Two</p>" in show(make_eml("One\n<b>\n\nTwo\n"), ".eml")


def test_a_mailbox_is_shown_message_by_message():
    """One that cannot be decoded is named."""
    wrong = b"From: a@x.org\nContent-Type: text/plain; charset=utf-8\n\n\xff\xff\n\n"
    start = b"From x Fri Mar  1 10:00:00 2024\n"
    markup = show(start + make_eml("One.") + b"\n" + start + wrong + start + make_eml("Three."), ".mbox")
    assert markup.index("One.") < markup.index("[message 2 cannot be read]") < markup.index("Three.")


def test_pictures_are_shown_up_to_a_limit(monkeypatch):
    """Others become their text in brackets: those beyond it, those elsewhere, and those of other kinds."""
    monkeypatch.setattr(sanitizer, "MOST_PICTURES", 2 * len(PNG))
    page = "".join(f'<img src="{DATA}" alt="{number}">' for number in range(3))
    page += (
        '<img src="data:image/svg+xml;base64,PHN2Zz4=" alt="v"><img src="//a.example/p.png" srcset="q.png 2x" alt="r">'
    )
    page += '<img src="http://a.example/dot.png">'
    assert show(page, ".html") == f'<img src="{DATA}" alt="0"><img src="{DATA}" alt="1">[2][v][r]'


def test_markup_that_is_too_long_is_refused(monkeypatch):
    """All parts of a document count together, and pictures do not."""
    monkeypatch.setattr(sanitizer, "MOST_MARKUP", 60)
    noise = saved(Image.effect_noise((60, 60), 40), "png")
    show(f'<img src="data:image/png;base64,{base64.b64encode(noise).decode()}">', ".html")
    with pytest.raises(SourceError, match="a.epub is too long to be shown as a page"):
        show(make_epub(*["<h1>0123456789</h1>"] * 4), ".epub")


@pytest.mark.parametrize(
    ("suffix", "content", "message"),
    [
        (".docx", b"PK nothing", "a.docx is damaged"),
        (".docx", b"\xd0\xcf\x11\xe0", "a.docx is not a .docx file"),
        (".epub", zipped({"a": "b"}), "a.epub is a zip file but not a .epub file"),
        (".eml", b"nothing", "a.eml is not a .eml file"),
        (".mbox", b"nothing", "a.mbox is not a .mbox file"),
        (".html", b"%PDF-1.4", "a.html is not a .html file"),
    ],
)
def test_what_is_no_such_document_is_refused(suffix, content, message):
    """As when it is read."""
    with pytest.raises(SourceError, match=message):
        show(content, suffix)


def test_pictures_elsewhere_are_not_fetched_for_a_word_document():
    """Neither from the network nor from another file of this machine."""
    import docx

    document = docx.Document()
    document.add_picture(make_picture())
    stream = io.BytesIO()
    document.save(stream)
    members = {}
    with zipfile.ZipFile(stream) as package:
        for member in package.namelist():
            members[member] = package.read(member)
    rels = members["word/_rels/document.xml.rels"].decode()
    rels = rels.replace('Target="media/image1.png"', 'Target="file:///etc/hostname" TargetMode="External"')
    assert "hostname" in rels
    members["word/_rels/document.xml.rels"] = rels.encode()
    body = members["word/document.xml"].decode().replace("r:embed=", "r:link=")
    members["word/document.xml"] = body.encode()
    assert "<img" not in show(zipped(members), ".docx")


def test_markup_comes_from_the_other_process(tmp_path):
    """With its errors."""
    (tmp_path / "a.md").write_text("# Gr\xfc\xdfe\n", encoding="utf-8")
    (tmp_path / "b.docx").write_bytes(b"PK nothing")
    with Originals() as originals:
        described = originals.describe(tmp_path / "a.md", name="a.md")
        assert (described.kind, described.file_sha256) == ("markup", file_hash(tmp_path / "a.md"))
        assert originals.read_markup(tmp_path / "a.md", name="a.md") == "<h1>Gr\xfc\xdfe</h1>\n"
        with pytest.raises(SourceError, match="b.docx is damaged"):
            originals.read_markup(tmp_path / "b.docx", name="b.docx")
        with pytest.raises(SourceError, match="a.md has no pages"):
            originals.draw_page(tmp_path / "a.md", 1, width=100, name="a.md")
