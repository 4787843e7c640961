"""Old office files: read as what they are, or by way of LibreOffice."""

import os
import shutil
import subprocess
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from reading import describe, make_docx, make_old, make_pptx, make_xlsx, read, texts, zipped
from toy_encoder import ToyEncoder

from index import Collection, IsolatedParser, SourceError
from index.hashing import bytes_hash
from index.parsers import convert, is_outdated, is_read, parsers_version, read_document
from qa.answering.citation import verify

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
WORD = OLE + b"x" * 600 + "WordDocument\0".encode("utf-16-le")
LOCKED = OLE + b"x" * 504 + b"\xec\xa5" + b"x" * 9 + b"\x13" + "WordDocument\0".encode("utf-16-le")
ROWS = [["Item", "Cost"], ["Rent", "300"]]
AS_TEXTS = ["~Item; Cost", "Item: Rent; Cost: 300."]
posix = pytest.mark.skipif(os.name != "posix", reason="the program in place of LibreOffice is a shell script")


MISNAMED = {
    "docx": ("a.doc", make_docx("The plum is blue."), ".docx", ["The plum is blue."]),
    "xlsx": ("a.xls", make_xlsx(S=ROWS), ".xlsx", AS_TEXTS),
    "pptx": ("a.ppt", make_pptx(("Fruit", "The plum is blue.")), ".pptx", ["~Fruit", "The plum is blue."]),
    "rich text": ("a.doc", b"{\\rtf1\\ansi The plum is blue.\\par}", ".rtf", ["The plum is blue."]),
    "page": ("a.doc", b"\xef\xbb\xbf <HTML xmlns:o='x'><body><p>The plum is blue.", ".html", ["The plum is blue."]),
    "table": ("a.xls", b"<table><tr><th>Item<th>Cost<tr><td>Rent<td>300", ".html", AS_TEXTS),
    "saved page": (
        "a.doc",
        b"MIME-Version: 1.0\nContent-Type: text/html\n\n<p>The plum is blue.",
        ".eml",
        ["The plum is blue."],
    ),
    "tabs": ("a.xls", b"Item\tCost\nRent\t300\n", ".csv", AS_TEXTS),
    "unicode text": ("a.xlt", "Item\tCost\nRent\t300\n".encode("utf-16"), ".csv", AS_TEXTS),
    "text": ("a.dot", "The plum is bl\u00fc.".encode(), ".txt", ["The plum is bl\u00fc."]),
}


@pytest.mark.parametrize(("name", "content", "suffix", "expected"), MISNAMED.values(), ids=MISNAMED)
def test_a_file_is_read_as_what_it_is(tmp_path, monkeypatch, name, content, suffix, expected):
    """An old suffix on a file of another format needs no LibreOffice; the notes name the format."""
    monkeypatch.setenv("PATH", "")
    document = read(tmp_path, name, content)
    assert texts(document) == expected
    assert document.notes[-1] == f"read as {suffix}, which it is in spite of its suffix"
    assert (document.path, document.file_sha256) == (str(tmp_path / name), bytes_hash(content))
    with IsolatedParser() as reader:
        assert reader(tmp_path / name, name=name) == document
    assert not is_outdated(document.extractor, document.path)
    assert is_outdated(document.extractor.replace(" ", " 99", 1), document.path)


REFUSED = {
    "empty": ("a.doc", b"", "a.doc is empty."),
    "nothing known": ("a.doc", b"II*\0zz", "a.doc is not a .doc file: it does not begin like one. Is it damaged?"),
    "xml in text": ("a.ppt", b"\0 <Workbook>", "a.ppt is not a .ppt file: it does not begin like one."),
    "other xml": ("a.doc", b"<?xml version='1.0'?><x/>", "a.doc is not a .doc file: it does not begin like one."),
    "picture": ("a.ppt", b"\x89PNG\0", "a.ppt is not a .ppt file: it is a PNG picture. Give it its right suffix."),
    "no document": ("a.xls", OLE + b"x" * 600, "a.xls is not a .xls file: no document is found inside. Is it damaged?"),
    "password": ("a.doc", OLE + "EncryptedPackage\0".encode("utf-16-le"), "a.doc is protected with a password. Save"),
    "no LibreOffice": (
        "a.doc",
        WORD,
        "a.doc: reading .doc files needs LibreOffice. Install it, or save the file as .docx.",
    ),
}


@pytest.mark.parametrize(("name", "content", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_has_one_reason(tmp_path, monkeypatch, name, content, message):
    """The message names the file, what is wrong, and what to do."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(convert, "_USUAL_PLACES", {})
    (tmp_path / name).write_bytes(content)
    with IsolatedParser() as reader, pytest.raises(SourceError) as caught:
        reader(tmp_path / name, name=name)
    assert str(caught.value).startswith(message)


def test_old_office_files_are_among_those_read():
    """So that the list of failures names each of them, with its reason."""
    assert is_read("a.DOC") and is_read("a.pps") and not is_read("a.vsd")


@pytest.fixture
def install(tmp_path, monkeypatch):
    """A function that installs a shell script in place of LibreOffice; no temporary file may be left afterwards."""
    folder, temporary = tmp_path / "office", tmp_path / "temporary"
    folder.mkdir()
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(convert, "_USUAL_PLACES", {})
    monkeypatch.setenv("PATH", str(folder))
    convert._product.cache_clear()
    start = '#!/bin/sh\nPATH=/usr/bin:/bin\nwhile [ $# -gt 1 ]; do [ "$1" = --outdir ] && out=$2; shift; done\nmkdir -p "$out"\n'

    def write(script, version="LibreOffice 9.9"):
        (folder / "soffice").write_text(start + script)
        (folder / "soffice").chmod(0o755)
        (folder / "bootstraprc").write_text(f"[Bootstrap]\nProductKey={version}\n")
        convert._product.cache_clear()

    yield write
    assert list(temporary.iterdir()) == []


def converted(folder, name="a.doc", content=WORD):
    """The document, or the reason why there is none."""
    (folder / name).write_bytes(content)
    try:
        with IsolatedParser() as reader:
            return reader(folder / name, name=name)
    except SourceError as error:
        return str(error)


def has_ended(pid):
    """Whether a process ends within seconds; one that nobody has waited for yet has."""
    for _ in range(50):
        command = ["ps", "-o", "stat=", "-p", str(pid)]
        state = subprocess.run(
            command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"}
        ).stdout
        if not state.strip() or state.startswith("Z"):
            return True
        time.sleep(0.1)
    return False


@posix
def test_binary_workbooks_are_converted(tmp_path, install):
    """The program is told what they are; a workbook of the usual kind under that suffix is read without it."""
    (tmp_path / "new.xlsx").write_bytes(make_xlsx(Costs=[["Rent", 300]]))
    install(f'cp "{tmp_path}/new.xlsx" "$out/source.xlsx"')
    content = zipped({"xl/workbook.bin": b"\x83\x01"})
    assert convert._choose_filter(content, "a.xlsb", ".xlsb") == ("Calc MS Excel 2007 Binary", ".xlsx")
    document = converted(tmp_path, "a.xlsb", content)
    assert (document.text, document.notes) == ("Rent; 300.", ("converted by LibreOffice 9.9",))
    document = converted(tmp_path, "b.xlsb", (tmp_path / "new.xlsx").read_bytes())
    assert document.notes == ("read as .xlsx, which it is in spite of its suffix",)


@posix
def test_the_document_is_that_of_the_old_file(tmp_path, install):
    """Path and hash are those of the old file; the extractor and the notes name the program."""
    (tmp_path / "new.docx").write_bytes(make_docx("The plum is blue."))
    install(f'cp "{tmp_path}/new.docx" "$out/source.docx"; sleep 60 & echo $! > "{tmp_path}/pid"')
    document = converted(tmp_path)
    assert (document.text, document.source) == ("The plum is blue.", "a.doc")
    assert (document.path, document.file_sha256) == (str(tmp_path / "a.doc"), bytes_hash(WORD))
    inner = read_document(tmp_path / "new.docx", name="a.doc").extractor
    assert (document.extractor, document.notes) == (f"{inner}, LibreOffice 9.9", ("converted by LibreOffice 9.9",))
    assert has_ended(int((tmp_path / "pid").read_text()))


@posix
def test_the_program_gets_a_copy_and_a_profile_of_its_own(tmp_path, install, monkeypatch):
    """It does not see the file's name or the desktop, may not run macros, and reaches no proxy."""
    monkeypatch.setenv("DISPLAY", ":0")
    install(
        f'env > "{tmp_path}/env"; pwd > "{tmp_path}/pwd"; echo "$1" > "{tmp_path}/last"\n'
        f'ls -ld . | cut -c1-10 > "{tmp_path}/mode"\n'
        f'cp profile/user/registrymodifications.xcu "{tmp_path}/settings"'
    )
    converted(tmp_path)
    folder = (tmp_path / "pwd").read_text().strip()
    assert (tmp_path / "last").read_text().strip() == f"{folder}/source.doc"
    assert (tmp_path / "mode").read_text().strip() == "drwx------"
    environment = (tmp_path / "env").read_text().splitlines()
    assert f"HOME={folder}" in environment and f"TMPDIR={folder}" in environment
    assert not any(line.startswith("DISPLAY=") for line in environment)
    settings = (tmp_path / "settings").read_text()
    assert '<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value>' in settings
    assert '<prop oor:name="ooInetHTTPProxyPort" oor:op="fuse"><value>9</value>' in settings


DAMAGED = (
    "a.doc cannot be converted by LibreOffice 9.9: it is damaged or too large."
    " Open it where it was made and save it as .docx."
)
FAILING = {
    "no result": ("exit 0", DAMAGED),
    "crash": ("kill -9 $$", DAMAGED),
    "status": ('echo x > "$out/source.docx"; exit 3', DAMAGED),
    "giant": ('dd if=/dev/zero of="$out/source.docx" bs=1000 count=100; exit $?', DAMAGED),
    "no document": (
        'echo x > "$out/source.docx"',
        "a.doc is not a .docx file: it does not begin like one. Is it damaged?",
    ),
}


@posix
@pytest.mark.parametrize(("script", "message"), FAILING.values(), ids=FAILING)
def test_a_failed_conversion_is_a_reason(tmp_path, install, monkeypatch, script, message):
    """Whatever the program does, the file is named with what to do."""
    monkeypatch.setattr(convert, "LARGEST_RESULT", 50_000)
    install(script)
    assert converted(tmp_path) == message


@posix
def test_a_password_is_named_where_a_conversion_fails(tmp_path, install):
    """The mark of a document with a password says why."""
    install("exit 0")
    assert converted(tmp_path, content=LOCKED) == (
        "a.doc is protected with a password. Save a copy without one, then index it again."
    )


@posix
def test_a_conversion_that_hangs_is_ended_with_its_processes(tmp_path, install, monkeypatch):
    """After its time the program and all that it started are killed, and the reason says so."""
    monkeypatch.setattr(convert, "CONVERSION_SECONDS", 1.0)
    monkeypatch.setattr(convert, "_PATIENCE", 1)
    install(f'sleep 60 & echo $! > "{tmp_path}/pid"; sleep 60')
    began = time.monotonic()
    assert converted(tmp_path) == (
        "a.doc needs more than 1 seconds to convert. Split it, or save it as .docx, then index it again."
    )
    assert time.monotonic() - began < 20
    assert has_ended(int((tmp_path / "pid").read_text()))


@posix
def test_what_failed_is_read_once_libreoffice_is_installed(tmp_path, install, monkeypatch):
    """Installing it, and another version of it, has files read again; removing it leaves what was read."""
    monkeypatch.setattr("index.update.SETTLED_NS", -1)
    (tmp_path / "new.docx").write_bytes(make_docx("The plum is blue."))
    file = tmp_path / "a.doc"
    file.write_bytes(WORD)
    collection = Collection(tmp_path / "collection", ToyEncoder())
    without = parsers_version()
    assert collection.update([file]).failures[0].reason.startswith("a.doc: reading .doc files needs LibreOffice.")
    script = f'cp "{tmp_path}/new.docx" "$out/source.docx"'
    install(script)
    assert parsers_version() != without
    assert (collection.update([file]).added, collection.update([file]).unchanged) == (1, 1)
    install(script, version="LibreOffice 10")
    assert collection.update([file]).changed == 1
    assert collection.catalog.document(str(file)).extractor.endswith(", LibreOffice 10")
    (tmp_path / "office" / "soffice").unlink()
    assert collection.update([file]).unchanged == 1
    collection.close()


@posix
def test_without_room_for_a_copy_there_is_a_reason(tmp_path, install, monkeypatch):
    """What the system refuses is no end of the update."""
    install("exit 0")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    assert converted(tmp_path) == "a.doc cannot be converted: No such file or directory. Save it as .docx."


@posix
def test_a_quote_is_verified_without_another_conversion_while_the_file_is_the_same(tmp_path, install):
    """As the page does when it opens a document; a file that has changed is converted."""
    (tmp_path / "new.docx").write_bytes(make_docx("The plum is blue."))
    install(f'cp "{tmp_path}/new.docx" "$out/source.docx"')
    document = converted(tmp_path)
    quote = {"quote": "plum", "start": 4, "end": 8, "text_sha256": document.text_sha256, "path": document.path}
    assert verify(quote, indexed=document).status == "exact"
    install("exit 0")
    assert verify(quote, indexed=document).status == "exact"
    assert verify(quote).status == "gone"
    (tmp_path / "a.doc").write_bytes(WORD + b"x")
    assert verify(quote, indexed=document).status == "gone"
    (tmp_path / "a.doc").unlink()
    assert verify(quote, indexed=document).status == "gone"


@posix
def test_looking_for_the_program_starts_nothing(tmp_path, install):
    """Its version is read from the file beside it; one without such a file is called by its name alone."""
    install(f'touch "{tmp_path}/started"')
    assert convert.find_converter() == (str(tmp_path / "office" / "soffice"), "LibreOffice 9.9")
    (tmp_path / "office" / "bootstraprc").unlink()
    convert._product.cache_clear()
    assert convert.find_converter() == (str(tmp_path / "office" / "soffice"), "LibreOffice")
    assert not (tmp_path / "started").exists()


LIBRE = {
    "doc": (
        make_docx(("Heading 1", "Costs"), ROWS, "The plum is blue."),
        [
            ("~Costs", {}),
            ("~Item; Cost", {"heading": "Costs"}),
            ("Item: Rent; Cost: 300.", {"row": 2, "heading": "Costs"}),
            ("The plum is blue.", {"heading": "Costs"}),
        ],
    ),
    "xls": (
        make_xlsx(Costs=ROWS),
        [("~Item; Cost", {"sheet": "Costs"}), ("Item: Rent; Cost: 300.", {"sheet": "Costs", "row": 2})],
    ),
    "ppt": (
        make_pptx(("Fruit", "The plum is blue.")),
        [("~Fruit", {"slide": 1}), ("The plum is blue.", {"slide": 1, "heading": "Fruit"})],
    ),
}


needs_libreoffice = pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice")


@pytest.mark.slow
@needs_libreoffice
@pytest.mark.parametrize("suffix", LIBRE)
def test_libreoffice_converts(tmp_path, suffix):
    """Text, headings, rows, sheets and slides come through, and the notes name the version."""
    content, expected = LIBRE[suffix]
    file = make_old(tmp_path, suffix, content)
    with IsolatedParser() as reader:
        document = reader(file, name=file.name)
    assert describe(document) == expected
    assert document.notes[0].startswith("converted by LibreOffice ")


class _Noted(BaseHTTPRequestHandler):
    def do_GET(self):
        """Note the request; LibreOffice sends others before this one."""
        self.server.asked.append(self.path)
        self.send_response(404)
        self.end_headers()

    do_HEAD = do_OPTIONS = do_GET

    def log_message(self, *_):
        """Print nothing."""


OPEN_TEXT = "application/vnd.oasis.opendocument.text"
MANIFEST = f"""<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">
<m:file-entry m:full-path="/" m:media-type="{OPEN_TEXT}"/>
<m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>"""
LINKED = """<o:document-content xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0" o:version="1.2"
 xmlns:t="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"
 xmlns:d="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"><o:body><o:text><t:p>The plum is blue.<d:frame
 svg:width="3cm" svg:height="3cm" t:anchor-type="as-char"><d:image xlink:href="http://127.0.0.1:PORT/plum.png"
 xlink:type="simple"/></d:frame></t:p></o:text></o:body></o:document-content>"""


@pytest.mark.slow
@needs_libreoffice
def test_libreoffice_fetches_no_linked_picture(tmp_path):
    """It does so when anybody else starts it, here to make the file, but not to read one."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Noted)
    server.asked = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    content = LINKED.replace("PORT", str(server.server_port))
    odt = zipped({"mimetype": OPEN_TEXT, "META-INF/manifest.xml": MANIFEST, "content.xml": content})
    file = make_old(tmp_path, "doc", odt, made_of="odt")
    assert "/plum.png" in server.asked
    server.asked.clear()
    with IsolatedParser() as reader:
        assert reader(file, name=file.name).text == "The plum is blue."
    server.shutdown()
    server.server_close()
    assert server.asked == []
