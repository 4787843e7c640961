"""The files of a collection as a person manages them: list their status, add, remove and restore files.

Added files are copied into the folder `added` of the collection and are among its sources from then on. Files anywhere
else belong to the person: they are never touched, only excluded.
"""

import os
import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Literal

from index.errors import SourceError, StorageError
from index.records import DocumentStatus, Failure, Source, StatusPage
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
        with self._catalog.database.snapshot():
            found = self._catalog.document_statuses() + [other.describe() for other in self._others()]
        return tuple(sorted(found, key=lambda status: (status.source, status.path)))

    def status(self, path: str) -> DocumentStatus | None:
        """Return the status of a file, given by its path; None if it is not among them."""
        with self._catalog.database.snapshot():
            found = self._catalog.document_statuses([each.id for each in self._catalog.find_documents(paths=[path])])
            return next(iter(found), None) or next(
                (other.describe() for other in self._others() if other.path == path), None
            )

    def find_statuses(self, *, state: str = "", name: str = "", page: int = 0, rows: int = 200) -> StatusPage:
        """List some of the files; only those of the page are looked at.

        Args:
            state: As in `DocumentStatus`; empty for all.
            name: Part of the name or the title, in any case; empty for all.
            page: Counted from 0; the last one for a number beyond it.
            rows: Of a page.
        """
        with self._catalog.database.snapshot():
            others, folded = self._others(), name.casefold()
            documents, pending = self._catalog.totals().documents, self._catalog.count_pending_documents()
            counts = Counter({"indexed": documents - pending, "pending": pending})
            counts.update(other.state for other in others)
            others = [each for each in others if state in ("", each.state) and folded in each.source.casefold()]
            named = self._named(folded, state) if name else None
            held = {"": documents, "indexed": documents - pending, "pending": pending}.get(state, 0)
            matching = len(others) + (held if named is None else len(named))
            first = rows * min(page, max(0, matching - 1) // rows)

            def read(start: int, count: int) -> list[tuple[str, str, int]]:
                if named is not None:
                    return named[start : start + count]
                return self._catalog.list_documents(state, start, count) if held else []

            shown = _merge(read, others, first, rows)
            ids = [each for each in shown if isinstance(each, int)]
            described = {status.id: status for status in self._catalog.document_statuses(ids)}
        found = tuple(described[each] if isinstance(each, int) else each.describe() for each in shown)
        return StatusPage(found, first, matching, dict(counts))

    def _named(self, folded: str, state: str) -> list[tuple[str, str, int]]:
        """The documents in a state that have a text in name or title: (name, path, id), by name."""
        if state not in ("", "indexed", "pending"):
            return []
        found = [
            (source, path, id_)
            for source, path, id_, title in self._catalog.find_names([folded], titles=True)
            if folded in source.casefold() or folded in title.casefold()
        ]
        if not state:
            return found
        waiting = {id_ for _, _, id_ in self._catalog.list_documents("pending", 0, self._catalog.totals().documents)}
        return [each for each in found if (each[2] in waiting) == (state == "pending")]

    def _others(self) -> "list[_Other]":
        """The files that are no documents, by name: failed, excluded, or still to be read by the update under way."""
        found = {path: _Other(name, path, "excluded") for path, name in sorted(self._catalog.exclusions().items())} | {
            failure.path: _Other(failure.source, failure.path, "failed", failure)
            for failure in self._catalog.failures()
        }
        expected = self._expected
        read = {each.path for each in self._catalog.find_documents(paths=[*found, *(each.path for each in expected)])}
        for source in expected:
            found.setdefault(source.path, _Other(source.name, source.path, "pending", source))
        others = [other for path, other in found.items() if path not in read]
        return sorted(others, key=lambda other: (other.source, other.path))

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
        taken = {name.casefold() for name in (*self._catalog.names(), *(other.source for other in self._others()))}
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
        status = self.status(path)
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


@dataclass(frozen=True, slots=True)
class _Other:
    """A file that is no document: `about` says why it failed, or what is known of it that is still to be read."""

    source: str
    path: str
    state: Literal["failed", "excluded", "pending"]
    about: Failure | Source | None = None

    def describe(self) -> DocumentStatus:
        """Look at the file and describe it."""
        if isinstance(self.about, Source):
            size, modified = self.about.size, describe_time(self.about.modified_ns) if self.about.modified_ns else ""
        else:
            size, modified = _look_at(self.path)
        reason = self.about.reason if isinstance(self.about, Failure) else ""
        return DocumentStatus(None, self.source, self.path, self.state, size=size, modified=modified, reason=reason)


def _merge(
    read: Callable[[int, int], list[tuple[str, str, int]]], others: list[_Other], first: int, count: int
) -> list[int | _Other]:
    """Return some of the documents, by id, and of other files, in one order by name and path.

    Args:
        read: Reads documents in that order, (name, path, id), given how many to pass over and how many to read.
        others: The other files, in that order.
        first: How many of both to pass over.
        count: How many of both to return at most.
    """
    # Of the first ones no more than all others are no documents, so these documents have all that are asked for among them.
    start = max(0, first - len(others))
    documents = read(start, first + count - start)
    passed = sum((each.source, each.path) < documents[0][:2] for each in others) if start and documents else 0
    both: list[tuple[str, str, int | _Other]] = [*documents]
    both += [(each.source, each.path, each) for each in others[passed:]]
    both.sort(key=lambda each: each[:2])
    return [each for _, _, each in both[first - start - passed :][:count]]


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
