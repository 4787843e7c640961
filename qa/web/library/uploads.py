"""The files somebody sends to be added: where they may lie, how many and how large they may be, and their end.

Gradio writes them into a folder of this process's own. The browser then names them by their paths, and a made-up path
must never be read: whatever lies elsewhere is refused here too, although Gradio itself refuses it once launched.
"""

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from index import QAError
from qa.text import describe_size
from qa.web import strings

MOST_FILES = 500
LARGEST_FILE = 100_000_000  # bytes
LARGEST_TOGETHER = 500_000_000  # bytes


class UploadError(QAError):
    """Files that were sent are not added. Its text is what the page says."""


def find_uploads(sent: Any, folder: Path) -> tuple[Path, ...]:
    """Find the files that were sent.

    Args:
        sent: What the browser's event holds: a list of paths, or anything.
        folder: The folder uploads lie in.

    Returns:
        The files, in order.

    Raises:
        UploadError: One lies elsewhere, or is no file.
    """
    paths = sent if isinstance(sent, list) else [sent] if isinstance(sent, str) else []
    inside = folder.resolve()
    found = []
    for path in paths:
        if not isinstance(path, str) or "\0" in path:
            raise UploadError(strings.NOT_UPLOADED)
        file = Path(path).resolve()
        if file == inside or not file.is_relative_to(inside) or not file.is_file():
            raise UploadError(strings.NOT_UPLOADED)
        found.append(file)
    return tuple(dict.fromkeys(found))


def check_limits(files: Sequence[Path]) -> tuple[Path, ...]:
    """Check that files are few and small enough to be added.

    Args:
        files: Which exist.

    Returns:
        Those to be added: not the hidden ones a folder may hold.

    Raises:
        UploadError: There is none, there are too many, or they are too large.
    """
    wanted = tuple(file for file in files if not file.name.startswith("."))
    if not wanted:
        raise UploadError(strings.NO_FILES)
    sizes = {file: file.stat().st_size for file in wanted}
    largest = max(wanted, key=sizes.__getitem__)
    if refusal := describe_excess(len(wanted), largest.name, sizes[largest], sum(sizes.values())):
        raise UploadError(refusal)
    return wanted


def describe_excess(count: int, name: str, largest: int, together: int) -> str:
    """Say why so many or so large files are not taken.

    Args:
        count: How many there are.
        name: Of the largest.
        largest: Its bytes.
        together: The bytes of all.

    Returns:
        One line; empty when they are few and small enough.
    """
    if count > MOST_FILES:
        return strings.TOO_MANY_FILES.format(count=f"{count:,}", most=MOST_FILES)
    if largest > LARGEST_FILE:
        size, most = describe_size(largest), describe_size(LARGEST_FILE)
        return strings.TOO_LARGE_FILE.format(name=name, size=size, most=most)
    if together > LARGEST_TOGETHER:
        size, most = describe_size(together), describe_size(LARGEST_TOGETHER)
        return strings.TOO_LARGE_TOGETHER.format(size=size, most=most)
    return ""


def delete_uploads(files: Sequence[Path], folder: Path) -> None:
    """Delete the copies that were sent, and the folders they leave empty.

    Args:
        files: As `find_uploads` gave them.
        folder: The folder uploads lie in.
    """
    for file in files:
        with contextlib.suppress(OSError):
            file.unlink()
        if file.parent != folder.resolve():
            with contextlib.suppress(OSError):
                file.parent.rmdir()
