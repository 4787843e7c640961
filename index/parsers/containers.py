"""Open the zip files that .docx, .pptx, .xlsx and .epub are, once their lists of contents say that it is safe.

Checked before anything is unpacked: that it is such a file, without a password, and how large it becomes ("zip
bombs"). In the XML of office files a document type is refused, for only hostile ones have one: entities that grow
without end ("billion laughs") or that name other files need it.

The module also names the real kind of a file whose suffix is wrong, and loads the library of a format.
"""

import importlib
import io
import posixpath
import re
import zipfile
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import NoReturn

from index.errors import SourceError
from index.parsers.builder import MEGABYTE

MOST_UNPACKED = 600 * MEGABYTE
MOST_MEMBERS = 20_000
_UNREADABLE = (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError)  # the last also for unknown compression
# A document type that declares something itself, rather than name one that no parser looks up, as OpenOffice does.
_DOCTYPE = re.compile(
    rb"""
    (?:\xef\xbb\xbf)?(?>\s+|<\?(?>.*?\?>)|<!--(?>.*?-->))*+<!DOCTYPE
    (?!\s+[\w:.-]+\s+(?:PUBLIC\s+(?>"[^"]*"|'[^']*')|SYSTEM)\s+(?>"[^"]*"|'[^']*')\s*>)
    """,
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)


def open_package(content: bytes, *, name: str, suffix: str, holds: str) -> zipfile.ZipFile:
    """Open a zip file after checking it.

    Args:
        content: The file's bytes.
        name: The file's name, for messages.
        suffix: What it should be.
        holds: A member that such a file contains, or the folder of some.

    Returns:
        The open file.

    Raises:
        SourceError: It is something else, damaged, protected with a password or too large when unpacked.
    """
    if not content.startswith(b"PK"):
        refuse_kind(content, name=name, suffix=suffix)
    try:
        package = zipfile.ZipFile(io.BytesIO(content))
    except _UNREADABLE as error:
        raise damaged(name, suffix) from error
    members = package.infolist()
    if not any(member.startswith(holds) for member in package.namelist()):
        raise SourceError(f"{name} is a zip file but not a {suffix} file. Give it its right suffix.")
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED:
        raise SourceError(
            f"{name} unpacks to more than {MOST_UNPACKED // MEGABYTE} MB or {MOST_MEMBERS:,} files (a zip bomb?)."
            " Remove it, or save it smaller."
        )
    if any(member.flag_bits & 1 for member in members):
        raise SourceError(f"{name} is protected with a password. Save a copy without one, then index it again.")
    return package


_DANGLING = re.compile(rb"<Relationship\b[^>]*?(?:/>|>\s*</Relationship>)")
_TARGET = re.compile(rb"""\bTarget\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_EXTERNAL = re.compile(rb"""\bTargetMode\s*=\s*["']External""")
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")
_OVERRIDE = re.compile(rb"""<Override\b[^>]*?\bPartName\s*=\s*["']/?([^"']*)["'][^>]*?(?:/>|>\s*</Override>)""")
_TYPES = "[Content_Types].xml"
# What templates, slide shows and files with macros say that they are; they are written like the documents themselves.
_VARIANT = re.compile(
    rb"application/vnd\.(?:ms-(word|powerpoint)\.(?:document|template|presentation|slideshow)\.macroEnabled(?:Template)?"
    rb"|openxmlformats-officedocument\.(wordprocessing|presentation)ml\.(?:template|slideshow))\.main\+xml"
)
_MAIN = {
    b"word": b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    b"powerpoint": b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
}
_MAIN |= {b"wordprocessing": _MAIN[b"word"], b"presentation": _MAIN[b"powerpoint"]}


def open_office(content: bytes, *, name: str, suffix: str, holds: str) -> zipfile.ZipFile:
    """Open an office file as `open_package` does, and mend what libraries stumble over.

    References to parts that the file lacks are left out, and the names of the strict form of the format become the usual
    ones, as do those of templates, slide shows and files with macros; otherwise the file is as it was.

    Raises:
        SourceError: As `open_package`, and where the XML has a document type.
    """
    package = open_package(content, name=name, suffix=suffix, holds=holds)
    refuse_document_types(package, name=name, suffix=suffix)
    members = set(package.namelist())
    mended: dict[str, bytes] = {}
    types = read_member(package, _TYPES, name=name, suffix=suffix)
    strict = b"purl.oclc.org/ooxml" in types or any(
        _STRICT.search(package.read(member)[:4096]) for member in members if member.startswith("_rels/")
    )
    usual = _VARIANT.sub(lambda kind: _MAIN[kind[1] or kind[2]], types)
    usual = _OVERRIDE.sub(lambda part: part[0] if part[1].decode("utf-8", "replace") in members else b"", usual)
    if usual != types:
        mended[_TYPES] = usual
    for member in members:
        if strict and member.endswith((".xml", ".rels")):
            part = mended.get(member) or package.read(member)
            mended[member] = _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/", part)
        if member.endswith(".rels"):
            part = mended.get(member) or read_member(package, member, name=name, suffix=suffix)
            folder = posixpath.dirname(posixpath.dirname(member))
            kept = _DANGLING.sub(lambda match: match[0] if _leads_somewhere(match[0], folder, members) else b"", part)  # noqa: B023
            if kept != part or member in mended:
                mended[member] = kept
    if not mended:
        return package
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as copy:
        for entry in package.infolist():
            copy.writestr(entry.filename, mended.get(entry.filename) or package.read(entry.filename))
    return zipfile.ZipFile(stream)


def _leads_somewhere(relationship: bytes, folder: str, members: set[str]) -> bool:
    target = _TARGET.search(relationship)
    if target is None or _EXTERNAL.search(relationship):
        return True
    path = (target[1] or target[2] or b"").decode("utf-8", "replace").partition("#")[0]
    return posixpath.normpath(posixpath.join("/", folder, path)).lstrip("/") in members


def read_member(package: zipfile.ZipFile, member: str, *, name: str, suffix: str) -> bytes:
    """Unpack one member.

    Raises:
        SourceError: It is missing or damaged.
    """
    try:
        return package.read(member)
    except (KeyError, *_UNREADABLE) as error:
        raise damaged(name, suffix) from error


def metadata_in(content: bytes) -> dict[str, str]:
    """What the XML of a file's properties says, for `TextBuilder.describe`; nothing when it is not XML."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return {}
    found: dict[str, str] = {}
    for element in root.iter(etree.Element):
        if element.text and element.text.strip():
            found.setdefault(etree.QName(element).localname, element.text)

    def first(*names: str) -> str:
        return next((found[name] for name in names if name in found), "")

    return {
        "title": first("title"),
        "author": first("creator", "initial-creator"),
        "date": first("modified", "date", "created", "creation-date"),
    }


def office_metadata(package: zipfile.ZipFile) -> dict[str, str]:
    """What an office file says about itself, for `TextBuilder.describe`."""
    part = "docProps/core.xml" if "docProps/core.xml" in package.namelist() else "meta.xml"
    try:
        return metadata_in(package.read(part))
    except (KeyError, *_UNREADABLE):
        return {}


def refuse_document_types(package: zipfile.ZipFile, *, name: str, suffix: str) -> None:
    """Refuse an office file whose XML declares entities, or something else, in its document type.

    Raises:
        SourceError: A part does, or cannot be unpacked.
    """
    for member in package.namelist():
        if member.lower().endswith((".xml", ".rels", ".vml")):
            refuse_document_type(read_member(package, member, name=name, suffix=suffix), name=name)


def refuse_document_type(content: bytes, *, name: str) -> None:
    """Refuse XML with a document type, given the name of the file that it is from.

    Raises:
        SourceError: It has one.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:4]:
        content = content.replace(b"\0", b"").lstrip(b"\xff\xfe")
    if _DOCTYPE.match(content):
        raise SourceError(f"{name} is not safe to read: its XML declares entities. Remove it.")


_ENTITY = re.compile(rb"<!ENTITY\s+(?:%\s+)?[^\s>]+\s+(?:\"([^\"]*)\"|'([^']*)')")
_NESTED = re.compile(rb"&(?!#|(?:amp|lt|gt|quot|apos);)|%")


def refuse_nested_entities(content: bytes, *, name: str) -> None:
    """Refuse XML that declares entities made of others, given the name of the file that it is from: these may grow without end.

    Raises:
        SourceError: It declares some.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:4]:
        content = content.replace(b"\0", b"")
    if any(_NESTED.search(entity[1] or entity[2] or b"") for entity in _ENTITY.finditer(content)):
        raise SourceError(f"{name} is not safe to read: its XML declares entities made of others. Remove it.")


def damaged(name: str, suffix: str) -> SourceError:
    """The error for a file that is broken inside."""
    return SourceError(f"{name} is damaged: it cannot be read as {suffix}. Open it where it was made and save it anew.")


_BEGINNINGS = (
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"PK\x03\x04", "a zip file (.docx, .xlsx, .pptx and .epub are such files)"),
    (b"\xd0\xcf\x11\xe0", "an office file of the old kind (.doc, .xls, .ppt), or one with a password"),
    (b"\x1f\x8b", "a gzip file"),
    (b"{\\rtf", "a rich text file (.rtf)"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
WEB_PAGE = "a web page (.html)"
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,1000}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)


def describe_kind(content: bytes) -> str:
    """What some bytes look like, in words; empty when that cannot be said."""
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    return WEB_PAGE if _HTML.match(content[:4096]) else ""


def refuse_kind(content: bytes, *, name: str, suffix: str) -> NoReturn:
    """Refuse a file that is not what its suffix says.

    Raises:
        SourceError: Always; names the kind of the file if it can be recognised.
    """
    if not content:
        raise SourceError(f"{name} is empty.")
    kind = describe_kind(content)
    found = f"it is {kind}. Give it its right suffix." if kind else "it does not begin like one. Is it damaged?"
    raise SourceError(f"{name} is not a {suffix} file: {found}")


def load_library(module: str, package: str, *, name: str, suffix: str) -> ModuleType:
    """Import the library that reads a format, when the first file of that format is read.

    Args:
        module: The module to import.
        package: The package to install.
        name: The file's name, for messages.
        suffix: Its format.

    Raises:
        SourceError: It is not installed; the message says how to.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise SourceError(
            f"{name} cannot be read: reading {suffix} needs {package}. Install it: pip install {package}"
        ) from error


@lru_cache(maxsize=64)
def package_version(package: str) -> str:
    """The version of a package; empty when it is not installed."""
    try:
        return version(package) if package else ""
    except PackageNotFoundError:
        return ""


def library_version(package: str) -> str:
    """Name and version of a package, or that it is missing, for `Document.extractor`."""
    return f"{package} {package_version(package) or 'missing'}"
