"""Find the files to read and see which of them may have changed.

Hidden files and folders, and links that lead out of the folder given, are left out. Every other file is returned, also
one no reader knows: it is for the reader to say so. Order is that of the names shown, so the same folder gives the
same collection on every machine.
"""

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from index.errors import SourceError
from index.records import Source

SETTLED_NS = 2_000_000_000  # a file changed less than 2 s before it was read may change again within one clock tick


def find_sources(paths: Iterable[str | Path]) -> list[Source]:
    """List the files under some paths.

    Args:
        paths: Files and folders. A folder is searched with its subfolders; a file named itself is taken even if hidden.

    Returns:
        The files, ordered by the name shown and then by path, each once.

    Raises:
        SourceError: A path does not exist or a folder cannot be listed.
    """
    found: dict[str, Source] = {}
    for given in map(Path, paths):
        try:
            root = given.expanduser().resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise SourceError(f"{str(given)!r} does not exist. Name a file or a folder of documents.") from error
        if root.is_dir():
            for file in _walk(root):
                found.setdefault(str(file), _source(file, file.relative_to(root).as_posix()))
        else:
            found[str(root)] = _source(root, root.name)
    return sorted(found.values(), key=lambda source: (source.name, source.path))


def _walk(root: Path) -> list[Path]:
    files = []

    def refuse(error: OSError) -> None:
        raise SourceError(f"the folder {error.filename!r} cannot be listed: {error.strerror}.") from error

    for folder, names, file_names in os.walk(root, onerror=refuse):
        names[:] = sorted(name for name in names if not name.startswith("."))
        for name in file_names:
            file = Path(folder, name)
            if not name.startswith(".") and _stays_inside(file, root):
                files.append(file)
    return files


def _stays_inside(file: Path, root: Path) -> bool:
    """Regular files, and links to regular files that stay within the folder; no sockets, pipes or devices."""
    if not file.is_symlink():
        return file.is_file()
    target = file.resolve()
    return target.is_relative_to(root) and target.is_file()


def _source(file: Path, name: str) -> Source:
    try:
        status = file.stat()
    except OSError as error:
        raise SourceError(f"{name} cannot be looked at: {error.strerror}.") from error
    return Source(name, str(file), status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def text_hash(text: str) -> str:
    """SHA-256 of a text in UTF-8, as 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def file_hash(content: bytes) -> str:
    """SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
