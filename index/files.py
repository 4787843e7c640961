"""The files of a collection as a person manages them: list their status, add, remove and restore files.

Added files are copied into the folder `added` of the collection and are among its sources from then on. Files anywhere
else belong to the person: they are never touched, only excluded.
"""

import os
import re
import shutil
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from itertools import count
from pathlib import Path

from index.errors import SourceError, StorageError
from index.records import DocumentStatus, Source
from index.sources import SourceRules, find_sources
from index.store.catalog import Catalog, describe_time

NAME_BYTES = 200  # file systems take 255; the rest is for " (2)" and the name of a copy under way
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\ud800-\udfff\u202a-\u202e\u2066-\u2069]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)  # on Windows


class Library:
    """The files of one collection.

    Attributes:
        added_folder: The folder of the files that were added.
    """

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        """Manage the files of a collection, given by its open catalog and its folder."""
        self._catalog = catalog
        self.added_folder = Path(os.path.realpath(folder)) / "added"
        self._expected: tuple[Source, ...] = ()

    def find_added(self) -> list[Source]:
        """Find the files that were added."""
        return find_sources([self.added_folder], SourceRules(ignore_files=False)) if self.added_folder.is_dir() else []

    def expect(self, sources: Iterable[Source]) -> None:
        """Note the files that an update is about to look at."""
        self._expected = tuple(sources)

    def statuses(self) -> tuple[DocumentStatus, ...]:
        """List the status of every file, by the name shown, then path."""
        found = {status.path: status for status in self._catalog.document_statuses()}
        for failure in self._catalog.failures():
            size, modified = _look_at(failure.path)
            found[failure.path] = DocumentStatus(
                None, failure.source, failure.path, "failed", size=size, modified=modified, reason=failure.reason
            )
        for path, name in self._catalog.exclusions().items():
            size, modified = _look_at(path)
            found[path] = DocumentStatus(None, name, path, "excluded", size=size, modified=modified)
        for source in self._expected:
            if source.path not in found:
                modified = describe_time(source.modified_ns) if source.modified_ns else ""
                found[source.path] = DocumentStatus(
                    None, source.name, source.path, "pending", size=source.size, modified=modified
                )
        return tuple(sorted(found.values(), key=lambda status: (status.source, status.path)))

    def add_files(self, files: Iterable[str | Path]) -> tuple[str, ...]:
        """Copy files into the collection, for the next update to read; each has its name, made safe; a name in use gets " (2)".

        Returns the paths of the copies, in order.

        Raises:
            SourceError: One of them is not a file, or cannot be read; no file is copied.
            StorageError: A copy cannot be written; those before it stay.
        """
        originals = [Path(file).expanduser() for file in files]
        for original in originals:
            if not original.is_file():
                raise SourceError(f"{str(original)!r} is not a file. Name files to add.")
            if not os.access(original, os.R_OK):
                raise SourceError(f"{str(original)!r} cannot be opened. Check that it may be read.")
        taken = {status.source.casefold() for status in self.statuses()}
        return tuple(self._add(original, taken) for original in originals)

    def _add(self, original: Path, taken: set[str]) -> str:
        copy = self.added_folder / f".{os.getpid()}.part"  # hidden, so that half a file is never read
        try:
            self.added_folder.mkdir(mode=0o700, exist_ok=True)
            shutil.copyfile(original, copy)
            with suppress(OSError):  # only so that the person sees the original's date
                shutil.copystat(original, copy)
            copy.chmod(0o600)
            names = (_safe_name(original.name, number) for number in count(1))
            name = next(n for n in names if n.casefold() not in taken and not (self.added_folder / n).exists())
            os.replace(copy, self.added_folder / name)
            taken.add(name.casefold())
            return str(self.added_folder / name)
        except OSError as error:
            with suppress(OSError):
                copy.unlink()
            raise StorageError(f"{original.name} cannot be added to the collection: {error.strerror}.") from error

    def remove(self, path: str) -> None:
        """Remove a file of `statuses`, given by its path, at once: delete it if it was added, else leave it alone and exclude it.

        Raises:
            SourceError: The collection has no such file.
            StorageError: It cannot be deleted.
        """
        status = next((status for status in self.statuses() if status.path == path), None)
        if status is None:
            raise SourceError(f"{path!r} is not in this collection.")
        if Path(path).parent == self.added_folder:
            try:
                Path(path).unlink(missing_ok=True)
            except OSError as error:
                raise StorageError(f"{status.source} cannot be deleted: {error.strerror}.") from error
            self._catalog.forget(path)
            self._expected = tuple(source for source in self._expected if source.path != path)
        elif status.state != "excluded":
            self._catalog.exclude(path, status.source)

    def restore(self, path: str) -> None:
        """Stop excluding a file; the next update reads it. SourceError when it is not excluded."""
        if not self._catalog.restore(path):
            raise SourceError(f"{path!r} is not excluded from this collection.")


def _safe_name(name: str, number: int) -> str:
    """Return a name that every file system takes and that shows no hidden characters; numbered from 2 on."""
    name = _UNSAFE.sub("_", unicodedata.normalize("NFC", name)).strip(" .") or "document"
    name = f"_{name}" if _RESERVED.match(name) else name
    stem, dot, suffix = name.rpartition(".")
    stem, suffix = (stem, dot + suffix) if stem and len(suffix) <= 20 else (name, "")
    stem = stem.encode()[:NAME_BYTES].decode(errors="ignore")
    return f"{stem} ({number}){suffix}" if number > 1 else f"{stem}{suffix}"


def _look_at(path: str) -> tuple[int, str]:
    """Return the size of a file and when it last changed; (0, "") if it is missing."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return 0, ""
    return found.st_size, describe_time(found.st_mtime_ns)
