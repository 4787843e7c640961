"""Open the zip files that .docx, .pptx, .xlsx and .epub are, once their lists of contents say that it is safe.

Checked before anything is unpacked: that it is such a file, without a password, and how large it becomes ("zip
bombs"). In the XML of office files a document type is refused, for only hostile ones have one: entities that grow
without end ("billion laughs") or that name other files need it.

The module also names the real kind of a file whose suffix is wrong, and loads the library of a format.
"""

import importlib
import io
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
_DOCTYPE = re.compile(rb"(?:\xef\xbb\xbf)?(?>\s+|<\?(?>.*?\?>)|<!--(?>.*?-->))*+<!DOCTYPE", re.DOTALL | re.IGNORECASE)


def open_package(content: bytes, *, name: str, suffix: str, holds: str) -> zipfile.ZipFile:
    """Open a zip file after checking it.

    Args:
        content: The file's bytes.
        name: The file's name, for messages.
        suffix: What it should be.
        holds: A member that such a file contains.

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
    if holds not in package.namelist():
        raise SourceError(f"{name} is a zip file but not a {suffix} file. Give it its right suffix.")
    if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED:
        raise SourceError(
            f"{name} unpacks to more than {MOST_UNPACKED // MEGABYTE} MB or {MOST_MEMBERS:,} files (a zip bomb?)."
            " Remove it, or save it smaller."
        )
    if any(member.flag_bits & 1 for member in members):
        raise SourceError(f"{name} is protected with a password. Save a copy without one, then index it again.")
    return package


def read_member(package: zipfile.ZipFile, member: str, *, name: str, suffix: str) -> bytes:
    """Unpack one member.

    Raises:
        SourceError: It is missing or damaged.
    """
    try:
        return package.read(member)
    except (KeyError, *_UNREADABLE) as error:
        raise damaged(name, suffix) from error


def refuse_document_types(package: zipfile.ZipFile, *, name: str, suffix: str) -> None:
    """Refuse an office file with a document type in its XML.

    Raises:
        SourceError: A part has one, or cannot be unpacked.
    """
    for member in package.namelist():
        if member.lower().endswith((".xml", ".rels", ".vml")):
            part = read_member(package, member, name=name, suffix=suffix)
            if part.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in part[:4]:
                part = part.replace(b"\0", b"").lstrip(b"\xff\xfe")
            if _DOCTYPE.match(part):
                raise SourceError(f"{name} is not safe to read: its XML declares entities. Remove it.")


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
    """Name and version of an installed package, for `Document.extractor`."""
    return f"{package} {version(package)}"
