"""Addresses of files elsewhere, such as `https://` and `s3://`, kept apart from the credentials written into them.

An `Address` is the text that may be shown and stored. What the person gave lasts as long as the object: it is written to no
file, log, message or answer.
"""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from index.errors import SourceError

LIST_SUFFIX = ".urls"  # of a file with one address a line; no parser reads it
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")  # one letter would be a drive of Windows
_BETWEEN_PARTS = re.compile(r"::(?![0-9A-Fa-f:.]*\])")  # "::" in brackets belongs to a number of the internet
_NAMES_BEFORE_AT = ("git", "github", "abfs", "abfss", "az", "adl", "wasb", "wasbs")  # a branch or container, no user
_SECRET_NAME = re.compile(
    r"^(?:key|sig|sid|pw|pwd|pass)$|^x-(?:amz|goog)-|token|secret|passw|signature|credential|auth(?!or)|session|jwt|ticket"
    r"|api[_-]?key|access[_-]?key",
    re.IGNORECASE,
)
_SECRET_VALUE = re.compile(r"eyJ|gh[a-z]_|github_pat_|glpat-|sk-|xox[a-z]-|AKIA")  # how widespread tokens begin


class Address(str):
    """An address without credentials, fragment and parameters that look like credentials.

    Attributes:
        given: The address as the person gave it.
    """

    given: str

    def __new__(cls, given: str) -> "Address":
        """Take an address apart; SourceError when its credentials cannot be told from the rest."""
        parts = _BETWEEN_PARTS.split(given.strip())
        if not _SCHEME.match(parts[-1]):  # a local file, such as the archive in zip://notes.md::papers.zip
            parts[-1] = os.path.abspath(os.path.expanduser(parts[-1]))
        address = super().__new__(cls, "::".join(map(_without_credentials, parts)))
        address.given = getattr(given, "given", "::".join(parts))
        return address

    @property
    def is_page(self) -> bool:
        """Whether it is that of a single file, served by HTTP."""
        return is_page(self)


def is_address(path: str | Path) -> bool:
    """Whether a source is an address, not a path."""
    return isinstance(path, str) and bool(_SCHEME.match(path.strip()))


def is_page(address: str) -> bool:
    """Whether an address is that of a single file, served by HTTP."""
    return address.casefold().startswith(("https://", "http://"))


def split_paths(paths: Iterable[str | Path]) -> tuple[tuple[str | Path, ...], tuple[Address, ...]]:
    """Part paths from addresses, those in the lists of addresses (`LIST_SUFFIX`) among the paths included.

    Returns:
        The paths; the addresses, each once.

    Raises:
        SourceError: A list cannot be read, or has a line that is no address.
    """
    files: list[str | Path] = []
    addresses: list[Address] = []
    for path in paths:
        if is_address(path):
            addresses.append(Address(str(path)) if not isinstance(path, Address) else path)
        elif Path(path).suffix.lower() == LIST_SUFFIX and not Path(path).is_dir():
            addresses += _read_list(Path(path).expanduser())
        else:
            files.append(path)
    return tuple(files), tuple({str(address): address for address in addresses}.values())


def _read_list(file: Path) -> list[Address]:
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise SourceError(f"the list {str(file)!r} cannot be read: {reason}. Name a text file of addresses.") from error
    for number, line in enumerate(lines, start=1):
        if line and not line.startswith("#") and not is_address(line):
            raise SourceError(
                f"{file.name}, line {number}: no address. Write one a line, such as https://example.org/a."
            )
    return [Address(line) for line in lines if line and not line.startswith("#")]


def _without_credentials(part: str) -> str:
    found = _SCHEME.match(part)
    if not found:
        return part
    scheme, rest = found[1].lower(), part[found.end() :]
    if scheme in ("http", "https"):
        rest = rest.partition("#")[0]
    where, _, query = rest.partition("?")
    host, slash, path = where.partition("/")
    if scheme not in _NAMES_BEFORE_AT:
        host = host.rpartition("@")[2]
        user, colon, port = host.rpartition(":")
        if colon and not port.isdecimal() and not user.startswith("["):  # else a password with "/" would be shown
            raise SourceError(
                f"an address that begins with {scheme}:// cannot be read. Write / as %2F and @ as %40 in its password."
            )
    kept = [each for each in query.split("&") if each and not _is_secret(*each.partition("=")[::2])]
    return f"{scheme}://{host}{slash}{path}" + (f"?{'&'.join(kept)}" if kept else "")


def _is_secret(name: str, value: str) -> bool:
    return bool(_SECRET_NAME.search(unquote(name)) or _SECRET_VALUE.match(unquote(value)))
