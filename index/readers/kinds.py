"""Say what a file is when it is not what its suffix says, and which library reads a format."""

import importlib
import re
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import NoReturn

from index.errors import SourceError

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
_HTML = re.compile(
    rb"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,1000}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.I | re.S
)


def describe_kind(content: bytes) -> str:
    """What some bytes look like, in words; empty when that cannot be said."""
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    return "a web page (.html)" if _HTML.match(content[:4096]) else ""


def refuse_kind(content: bytes, *, name: str, suffix: str) -> NoReturn:
    """Refuse a file that is not what its suffix says.

    Raises:
        SourceError: Always; it says what the file is, where that can be seen.
    """
    if not content:
        raise SourceError(f"{name} is empty.")
    kind = describe_kind(content)
    found = f"it is {kind}. Give it its right suffix." if kind else "it does not begin like one. Is it damaged?"
    raise SourceError(f"{name} is not a {suffix} file: {found}")


def load_library(module: str, package: str, *, name: str, suffix: str) -> ModuleType:
    """Import the library that reads a format, when the first file of that format is read.

    Args:
        module: What is imported.
        package: What is installed.
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
