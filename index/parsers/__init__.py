"""Read a file into a Document: one module a format, chosen by the file's suffix.

`read_document` reads in this process. `isolation.IsolatedParser` reads in another one, within limits, for files from strangers.
"""

import hashlib
import importlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from index.addresses import is_page
from index.errors import SourceError
from index.hashing import bytes_hash, text_hash
from index.parsers.builder import MEGABYTE, Extraction
from index.records import Document

if TYPE_CHECKING:
    from index.parsers.ocr import PictureReader

_LARGEST_FILE = 512 * MEGABYTE
LARGEST_TEXT = 200 * MEGABYTE


class Format(NamedTuple):
    """How to read a format.

    Attributes:
        name: Stored with every document read, as part of `Document.extractor`, so it never changes.
        module: The module of this package that reads it.
        function: Its function, given the file's bytes and name.
        version: Raise it when the same file would give another text: quotes are verified against it.
        package: The library that does the work, if any.
        largest: The largest file read, in bytes.
        decodes: Whether it is text, whose encoding may be named: the function then takes `encoding`.
        scanned: Whether it may hold pictures of text; then the function is given `ocr`, what reads them, or None.
    """

    name: str
    module: str
    function: str
    version: int
    package: str | None = None
    largest: int = LARGEST_TEXT
    decodes: bool = False
    scanned: bool = False

    @property
    def extractor(self) -> str:
        """Name and version, with those of the package, for `Document.extractor`."""
        from index.parsers.containers import library_version

        own = f"{self.name} {self.version}"
        return f"{own}, {library_version(self.package)}" if self.package else own


_OCR = "rapidocr"
_TEXT = Format("text", "plain", "read_text", 4, decodes=True)
_MARKDOWN = Format("markdown", "plain", "read_markdown_file", 6, decodes=True)
_HTML = Format("html", "html", "read_html", 6, "selectolax", decodes=True)
_XHTML = Format("html", "html", "read_xhtml", 6, "selectolax", decodes=True)
_JSON_LINES = Format("json_records", "json", "read_json_lines", 3, decodes=True)
_NOTE = Format("obsidian", "obsidian", "read_note", 3, decodes=True)
NOTE_SUFFIX = (
    ".md of a vault"  # stands for the suffix of Markdown files in a vault of Obsidian, which has marks of its own
)
_RST = Format("restructured", "plain", "read_rst", 7, "docutils", decodes=True)
_OPEN = Format("opendocument", "office.opendocument", "read_opendocument", 6, "lxml", _LARGEST_FILE)
_WORD = Format("word", "office.docx", "read_docx", 6, "python-docx", _LARGEST_FILE)
_SLIDES = Format("slides", "office.pptx", "read_pptx", 6, "python-pptx", _LARGEST_FILE)
_WORKBOOK = Format("workbook", "office.xlsx", "read_xlsx", 6, "openpyxl", _LARGEST_FILE)
_XML = Format("xml", "markup.xml", "read_xml", 1, "lxml")
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif")
_PICTURE = Format("picture", "picture", "read_picture", 1, _OCR, _LARGEST_FILE, scanned=True)
_PLAIN = (".txt", ".text", ".log", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".adoc", ".asciidoc", ".org", ".tex")
FORMATS = {
    **dict.fromkeys(_PLAIN, _TEXT),
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    NOTE_SUFFIX: _NOTE,
    ".rst": _RST,
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": _XHTML,
    ".pdf": Format("pdf", "pdf", "read_pdf", 6, "pypdfium2", _LARGEST_FILE, scanned=True),
    **dict.fromkeys(PICTURES, _PICTURE),
    **dict.fromkeys((".docx", ".docm", ".dotx", ".dotm"), _WORD),
    **dict.fromkeys((".pptx", ".pptm", ".potx", ".potm", ".ppsx", ".ppsm"), _SLIDES),
    **dict.fromkeys((".xlsx", ".xlsm", ".xltx", ".xltm"), _WORKBOOK),
    **dict.fromkeys((".odt", ".ods", ".odp", ".ott", ".ots", ".otp", ".fodt", ".fods", ".fodp"), _OPEN),
    ".rtf": Format("rich_text", "plain", "read_rtf", 2, "striprtf"),
    ".epub": Format("epub", "html", "read_epub", 6, "selectolax", _LARGEST_FILE),
    ".csv": Format("delimited", "csv", "read_csv", 4, decodes=True),
    ".tsv": Format("delimited", "csv", "read_tsv", 4, decodes=True),
    ".json": Format("json_records", "json", "read_json", 3, decodes=True),
    ".jsonl": _JSON_LINES,
    ".ndjson": _JSON_LINES,
    ".ipynb": Format("notebook", "markup.notebook", "read_notebook", 1, "selectolax", decodes=True),
    **dict.fromkeys((".srt", ".vtt"), Format("subtitles", "markup.subtitles", "read_subtitles", 1, decodes=True)),
    ".eml": Format("mail", "mail", "read_eml", 6, "selectolax"),
    **dict.fromkeys((".mht", ".mhtml"), Format("saved_page", "mail.archive", "read_saved_page", 1, "selectolax")),
    ".emlx": Format("apple_mail", "mail", "read_emlx", 1, "selectolax"),
    ".msg": Format("outlook", "mail.outlook", "read_msg", 1, "olefile"),
    ".xml": _XML,
    ".fb2": _XML,
    ".ics": Format("calendar", "mail.calendar", "read_ics", 1, decodes=True),
    ".vcf": Format("contacts", "mail.contacts", "read_vcf", 1, decodes=True),
    ".mbox": Format("mail", "mail", "read_mbox", 6, "selectolax", _LARGEST_FILE),
}
OLD_OFFICE = {
    **dict.fromkeys((".doc", ".dot"), ".docx"),
    **dict.fromkeys((".xls", ".xlt", ".xlsb"), ".xlsx"),
    **dict.fromkeys((".ppt", ".pps", ".pot"), ".pptx"),
}  # converted by LibreOffice, and to what; see `convert`


def parsers_version() -> str:
    """Changes whenever a file might be read otherwise: 16 hexadecimal digits for all formats, their packages and LibreOffice."""
    return _formats_version(installed_office())


def installed_office() -> str:
    """Name the LibreOffice that is installed, with its version; empty if none is."""
    from index.parsers.convert import find_converter

    converter = find_converter()
    return converter.label if converter else ""


@lru_cache(maxsize=2)
def _formats_version(converter: str) -> str:
    from index.parsers.containers import package_version

    known = [(suffix, f.name, f.version, package_version(f.package or "")) for suffix, f in FORMATS.items()]
    return hashlib.sha256(repr((known, converter)).encode()).hexdigest()[:16]


def read_document(
    path: str | Path, *, name: str, suffix: str = "", encoding: str = "", ocr: "PictureReader | None" = None
) -> Document:
    """Read one file.

    Args:
        path: The file.
        name: The name shown, in messages too.
        suffix: That of the format to read it as; the file's own when omitted.
        encoding: That of text without a byte-order mark, as `find_codec` gives it; guessed when omitted.
        ocr: Reads the text in a picture, where OCR is installed; by default in this process.

    Returns:
        Its text with locators. For text files it is the file's own characters, so anyone who decodes the file gets the
        same `text[start:end]`.

    Raises:
        SourceError: The file cannot be opened, is of a format that is not read, is too large, damaged, or is not what
            its suffix says.
    """
    from index.parsers.containers import library_version

    shown, suffix = show_name(name), suffix or format_suffix(path)
    if suffix in OLD_OFFICE:
        from index.parsers.convert import read_old_office

        return read_old_office(path, name=name, read=partial(read_document, encoding=encoding))
    format_ = find_format(suffix, name=name)
    content = read_bytes(Path(path), shown, format_.largest)
    given: dict[str, Any] = {"encoding": encoding} if format_.decodes else {}
    given |= {"ocr": _picture_reader(ocr)} if format_.scanned else {}
    extraction: Extraction = _take_apart(format_.module, format_.function, content, shown, **given)
    return Document(
        source=name,
        path=str(path),
        text=extraction.text,
        text_sha256=text_hash(extraction.text),
        file_sha256=bytes_hash(content),
        locators=extraction.locators,
        silent=extraction.silent,
        extractor=", ".join(
            [format_.extractor, *_describe_encoding(format_, encoding), *map(library_version, extraction.libraries)]
        ),
        notes=extraction.notes,
        boxes=extraction.boxes,
        metadata=extraction.metadata,
    )


def read_rows(path: str | Path, *, name: str) -> list[tuple[int, list[str]]]:
    """Read the cells of a workbook's first visible sheet that is not empty.

    Args:
        path: The file.
        name: The name shown, in messages.

    Returns:
        Its rows, less those that are blank: the number of each as a spreadsheet shows it, and its cells as one line each.

    Raises:
        SourceError: As `read_document`; or it is neither .xlsx nor .ods.
    """
    shown, suffix = show_name(name), Path(path).suffix.lower()
    if suffix not in (".xlsx", ".ods"):
        raise SourceError(f"{shown} is no .xlsx or .ods workbook. Save it as one.")
    format_ = FORMATS[suffix]
    content = read_bytes(Path(path), shown, format_.largest)
    rows: list[tuple[int, list[str]]] = _take_apart(format_.module, "read_sheet_rows", content, shown)
    return rows


def _picture_reader(given: "PictureReader | None") -> "PictureReader | None":
    """What reads pictures; None where OCR is not installed."""
    from index.parsers import ocr

    return (given or ocr.read_pixels) if ocr.is_installed() else None


def _take_apart(module: str, function: str, content: bytes, shown: str, **given: Any) -> Any:
    """Call a parser; what it raises is translated."""
    read = getattr(importlib.import_module(f"index.parsers.{module}"), function)
    with translated_errors(shown):
        return read(content, name=shown, **given)


@contextmanager
def translated_errors(shown: str) -> Iterator[None]:
    """Translate whatever a library raises over a file into SourceError, given the name shown of the file."""
    try:
        yield
    except (SourceError, MemoryError):
        raise
    except RecursionError as error:
        raise SourceError(f"{shown} is nested too deep to be read. Remove it, or make it flatter.") from error
    except Exception as error:  # libraries raise anything at all over a file that is broken on purpose
        kind = type(error).__name__
        raise SourceError(
            f"{shown} is damaged: it cannot be read ({kind}). Open it where it was made and save it anew."
        ) from error


def find_format(suffix: str, *, name: str) -> Format:
    """Choose the format by the suffix, in lower case; a file without one may be text.

    Raises:
        SourceError: No format has it.
    """
    if suffix and suffix not in FORMATS:
        raise SourceError(f"{show_name(name)}: files of type {show_name(suffix)!r} are not read. See: qa help formats")
    return FORMATS.get(suffix, _TEXT)


def format_suffix(path: str | Path) -> str:
    """The suffix that chooses the format of a file: its own in lower case, or `NOTE_SUFFIX`."""
    suffix = Path(path).suffix.lower()
    if FORMATS.get(suffix) is _MARKDOWN:
        from index.parsers.obsidian import in_vault

        return NOTE_SUFFIX if in_vault(path) else suffix
    return suffix


def is_read(name: str) -> bool:
    """Whether files with the suffix of this one are read; a page may be, whatever its address ends with."""
    suffix = Path(name).suffix.lower()
    return not suffix or suffix in FORMATS or suffix in OLD_OFFICE or is_page(name)


def is_outdated(extractor: str, path: str | Path, *, encoding: str = "") -> bool:
    """Whether a file would be read otherwise now: by another version of its parser, or in another encoding.

    Args:
        extractor: What it was read with, `Document.extractor`.
        path: The file.
        encoding: As for `read_document`.
    """
    from index.parsers.containers import library_version

    suffix, name = format_suffix(path), extractor.partition(" ")[0]
    format_ = FORMATS.get(suffix, _TEXT)
    if {name, format_.name} == {_MARKDOWN.name, _NOTE.name}:  # its folder has become a vault, or is none any more
        return True
    if suffix in OLD_OFFICE:  # read as any format
        format_ = next((each for each in FORMATS.values() if each.name == name), _TEXT)
    if name != format_.name:
        return False
    now, then = format_.extractor.split(", "), extractor.split(", ")
    if format_.decodes:
        return then != [*now, *_describe_encoding(format_, encoding)]
    if suffix in OLD_OFFICE and len(then) > len(now):
        office = installed_office()
        return bool(office) and then != [*now, office]
    by_ocr = [part for part in then[len(now) :] if part.partition(" ")[0] == _OCR]
    return then[: len(now)] != now or any(part != library_version(_OCR) for part in by_ocr)


def may_decode(path: str | Path) -> bool:
    """Whether the encoding of a file may be named: it is text, or has the suffix of an old office file but may be text."""
    suffix = Path(path).suffix.lower()
    return suffix in OLD_OFFICE or FORMATS.get(suffix, _TEXT).decodes


def _describe_encoding(format_: Format, encoding: str) -> list[str]:
    """The part of the extractor that names the encoding, if a person chose it."""
    from index.parsers.plain import show_codec

    return [show_codec(encoding)] if encoding and format_.decodes else []


def show_name(name: str) -> str:
    """A file's name as one line: line ends, control characters and marks that turn text around become escapes."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "replace").decode()
        for character in name
    )


def read_bytes(path: Path, shown: str, largest: int) -> bytes:
    """The bytes of a regular file that is not larger than so many bytes, looked at before it is read.

    Raises:
        SourceError: It cannot be opened, is no regular file or is larger.
    """
    try:
        with open(path, "rb", opener=open_at_once) as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise SourceError(f"{shown} is not a file that holds data. Remove it.")
            if status.st_size > largest:
                raise SourceError(f"{shown} is larger than {largest // MEGABYTE} MB. Split it, then index it again.")
            return file.read(status.st_size)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name cannot be used"
        raise SourceError(f"{shown} cannot be opened: {reason}. Check that it exists and may be read.") from error


def open_at_once(path: str, flags: int) -> int:
    """Open without waiting, as for the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
