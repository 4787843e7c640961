"""Where the catalogs of collections are kept, each under a key: files in folders, or schemas of a server."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.errors import StorageError
from index.sources import Selection
from index.store.catalog import CATALOG_FORMAT, Catalog, read_selection


@dataclass(frozen=True, slots=True)
class CollectionInfo:
    """A collection as seen from outside.

    Attributes:
        name: Its name: that of its folder.
        folder: Its folder.
        sources: The files and folders it is made of; empty if it does not say.
        documents: How many documents it has.
        passages: How many passages may answer.
        pending: How many of these are not embedded yet.
        size: Bytes it takes on disk, with the files that were added.
        model: Identity of the encoder it was made with.
        format: Version of its format; 0 if it cannot be read.
        updated: When an update last ended, as an ISO 8601 date and time in UTC; empty before the first.
    """

    name: str
    folder: str
    sources: tuple[str, ...]
    documents: int
    passages: int
    pending: int
    size: int
    model: str
    format: int
    updated: str

    @property
    def is_current(self) -> bool:
        """Whether this version can open it."""
        return self.format == CATALOG_FORMAT


class CatalogStore(ABC):
    """Keeps catalogs. It can be pickled, and used in another process.

    Attributes:
        home: The home folder.
    """

    home: Path

    @abstractmethod
    def list_keys(self) -> list[str]:
        """List the keys there are, in order."""

    @abstractmethod
    def folder(self, key: str) -> Path:
        """Return the folder on this computer for what is derived from a collection, new or not, and for files added to it."""

    @abstractmethod
    def has(self, folder: Path) -> bool:
        """Whether the collection that has a folder is there."""

    @abstractmethod
    def open(self, folder: Path) -> Catalog:
        """Open the catalog of the collection that has a folder, which exists; create it if it is new.

        Raises:
            DeletedError: The collection is gone.
            OutdatedError: Another version wrote it.
            StorageError: It cannot be opened, or is not a catalog.
        """

    @abstractmethod
    def reset(self, key: str, *, model: str | None = None) -> None:
        """Empty a collection, so that this version can make it again, with any model.

        Its selection, its exclusions and the files that were added stay.

        Args:
            key: That of the collection.
            model: What `model` returns from then on; what it returned before, when omitted.

        Raises:
            StorageError: It cannot be written, or another process is updating it.
        """

    @abstractmethod
    def rename(self, key: str, new: str) -> None:
        """Give a collection another key, which none has; raises StorageError as `reset` does."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Delete a collection with the files that were added to it; raises StorageError as `reset` does."""

    @abstractmethod
    def discard(self, key: str) -> None:
        """Delete a collection such that `restore` can bring it back, and for good the one discarded before."""

    @abstractmethod
    def restore(self) -> str:
        """Bring back the collection that was discarded last; returns its key.

        Raises:
            SourceError: There is none, or another one has its key now.
            StorageError: It cannot be brought back.
        """

    @abstractmethod
    def delete_discarded(self) -> None:
        """Delete for good what was discarded."""

    @property
    @abstractmethod
    def is_here(self) -> bool:
        """Whether nothing of it leaves this computer."""

    @abstractmethod
    def describe(self) -> str:
        """Describe the server in a few words; empty where there is none. StorageError when it cannot be reached."""

    @abstractmethod
    def _noted(self, key: str) -> Mapping[str, str]:
        """Return what the indexes of a collection have noted on this computer."""

    @abstractmethod
    def _find_folder(self, key: str) -> Path:
        """Return the folder of a collection that is there; StorageError if it is not."""

    @abstractmethod
    def _read(self, key: str, statement: str, *values: str) -> list[Any]:
        """Read rows of the catalog of a collection without opening it; StorageError when that fails."""

    @abstractmethod
    def _size(self, key: str) -> int:
        """Return how many bytes a collection takes."""

    def inspect(self, key: str) -> CollectionInfo:
        """Describe a collection. One that cannot be read has format 0 and no documents."""
        size, folder = self._size(key), ""
        try:
            folder, meta = str(self._find_folder(key)), self._meta(key)
            ((documents, passages, pending),) = self._read(key, "SELECT documents, passages, pending FROM totals")
            version = int(meta.get("format", 0))
        except (StorageError, ValueError):
            return CollectionInfo(key, folder, (), 0, 0, 0, size, "", 0, "")
        selection = _selection(meta)
        sources = tuple(map(str, selection.paths)) if selection else ()
        model, updated = meta.get("encoder", ""), meta.get("updated", "")
        return CollectionInfo(key, folder, sources, documents, passages, pending, size, model, version, updated)

    def count_documents(self, key: str) -> int:
        """Count the documents of a collection; StorageError if it cannot be read."""
        return int(self._read(key, "SELECT documents FROM totals")[0][0])

    def inspect_all(self) -> tuple[CollectionInfo, ...]:
        """Describe all collections, by key."""
        return tuple(map(self.inspect, self.list_keys()))

    def behind(self, key: str) -> int:
        """Count the changes that the indexes as they are saved on this computer have not followed yet; 0 if that is not known."""
        try:
            meta, noted = self._meta(key), self._noted(key)
            own = [
                each for each, engine in (("dense", "vectors"), ("lexical", "terms")) if not meta.get(f"{engine}_name")
            ]
            generation = int(meta.get("generation", 0))
            return generation - min((int(noted.get(f"{each}_generation") or 0) for each in own), default=generation)
        except (StorageError, ValueError):
            return 0

    def selection(self, key: str) -> Selection | None:
        """Return the selection a collection is made of; None if it has none or it cannot be read."""
        try:
            return _selection(self._meta(key))
        except StorageError:
            return None

    def model(self, key: str) -> str:
        """Return what `--model` chooses the encoder of a collection by; empty for the bundled one, or if that is not known."""
        try:
            return self._meta(key).get("model", "")
        except StorageError:
            return ""

    def engine_names(self, key: str) -> list[str]:
        """List the names that the indexes of a collection have in an engine; none if they were never in one, or if that is not
        known."""
        try:
            meta = self._meta(key)
        except StorageError:
            return []
        return [meta[name] for name in ("vectors_name", "terms_name") if meta.get(name)]

    def stored_paths(self, key: str, source: str) -> list[tuple[str, str]]:
        """Return the path and the text's hash of each document of a name in a collection; none if it cannot be read."""
        try:
            return self._read(key, "SELECT path, text_sha256 FROM documents WHERE source = ?", source)
        except (StorageError, UnicodeEncodeError):  # no document is called half a character
            return []

    def _meta(self, key: str) -> dict[str, str]:
        return dict(self._read(key, "SELECT key, value FROM meta"))


def _selection(meta: dict[str, str]) -> Selection | None:
    try:
        return read_selection(meta["selection"])
    except (KeyError, ValueError):
        return None
