"""Reading text files in an encoding that a person named."""

import pytest
from reading import make_docx, texts

from index import IsolatedParser, SourceError, find_codec, read_document
from index.hashing import bytes_hash
from index.parsers import is_outdated

YES = "\u0414\u0430"  # too short to guess: its bytes in windows-1251 are read as two Western letters
FILES = {
    "a.txt": YES,
    "a.log": YES,
    "a": YES,
    "a.md": f"**{YES}**",
    "a.rst": f"*{YES}*",
    "a.csv": f"{YES},1\n{YES},2\n",
    "a.tsv": f"{YES}\t1\n{YES}\t2\n",
    "a.json": f'["{YES}"]',
    "a.jsonl": f'"{YES}"\n',
    "a.html": f"<meta charset=utf-8><p>{YES}",
    "a.xhtml": f'<?xml version="1.0" encoding="klingon"?><html><body><p>{YES}</p></body></html>',
    "page.txt": f"<html><meta charset=utf-8><p>{YES}",
    "a.xls": f"{YES}\t1\n{YES}\t2\n",
}


@pytest.mark.parametrize("name", FILES)
def test_text_is_read_in_the_encoding_named(tmp_path, name):
    """It overrules the guess and what the file declares; the extractor and the notes name it, and the hash is the file's own."""
    content = FILES[name].encode("cp1251")
    (tmp_path / name).write_bytes(content)
    with IsolatedParser(encoding="cp1251") as reader:
        document = reader(tmp_path / name, name=name)
    assert document == read_document(tmp_path / name, name=name, encoding="cp1251")
    assert YES in texts(document)[0]
    assert "its encoding was named: read as windows-1251" in document.notes
    assert document.extractor.endswith(", windows-1251")
    assert document.file_sha256 == bytes_hash(content)
    assert not is_outdated(document.extractor, document.path, encoding="cp1251")
    assert is_outdated(document.extractor, document.path)
    assert is_outdated(document.extractor, document.path, encoding="koi8-r")


def test_other_formats_take_no_encoding(tmp_path):
    """A Word document says itself what its letters are."""
    (tmp_path / "a.docx").write_bytes(make_docx(YES))
    document = read_document(tmp_path / "a.docx", name="a.docx", encoding="cp1251")
    assert document == read_document(tmp_path / "a.docx", name="a.docx")
    assert not is_outdated(document.extractor, document.path, encoding="cp1251")


@pytest.mark.parametrize("mark", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_believed_all_the_same(tmp_path, mark):
    """The extractor still says what was named, so that naming another reads the file again."""
    (tmp_path / "a.txt").write_bytes(YES.encode(mark))
    document = read_document(tmp_path / "a.txt", name="a.txt", encoding="cp1251")
    assert (document.text.removeprefix("\ufeff"), document.notes) == (YES, ())
    assert document.extractor == "text 4, windows-1251"


UNFIT = {
    "utf-8": (b"a\xe9", "a.txt is not valid UTF-8, the encoding named: byte 1 cannot be decoded."),
    "shift_jis": (b"a\xff", "a.txt is not valid Shift-JIS, the encoding named: byte 1 cannot be decoded."),
    "cp1252": ("Who?".encode("utf-16-le"), "a.txt is not valid windows-1252, the encoding named: it would hold zero"),
    "undefined": (b"a", "a.txt is not valid UNDEFINED, the encoding named: it cannot be decoded."),
}


@pytest.mark.parametrize("encoding", UNFIT)
def test_bytes_that_do_not_fit_are_refused(tmp_path, encoding):
    """The reason names the encoding, the place and the option."""
    content, message = UNFIT[encoding]
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(SourceError) as caught:
        read_document(tmp_path / "a.txt", name="a.txt", encoding=encoding)
    assert str(caught.value).startswith(message)
    assert str(caught.value).endswith(" Name another with --encoding, or save it as UTF-8.")


def test_an_encoding_has_many_names():
    """Those that Python knows; "auto" and nothing leave it to the guess."""
    assert [find_codec(name) for name in ("windows-1252", "CP1252", "UTF8")] == ["cp1252", "cp1252", "utf-8"]
    assert (find_codec("auto"), find_codec(None)) == ("", "")


@pytest.mark.parametrize("name", ["klingon", "", "base64", "rot13", "utf-8\0"])
def test_an_unknown_encoding_is_refused(name):
    """Codecs that do not make text of bytes are none."""
    with pytest.raises(SourceError, match="there is no encoding "):
        find_codec(name)
