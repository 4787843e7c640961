"""An open collection that follows its files: everything an assistant does but answer."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from index import (
    BackgroundUpdate,
    Collection,
    Document,
    DocumentInfo,
    DocumentStatus,
    Failure,
    FileWatcher,
    Passage,
    Progress,
    StoredPassage,
    UpdateReport,
)
from qa.answers import Scope


class OpenCollection:
    """An open collection, brought up to its files or being brought up to them."""

    def __init__(
        self,
        collection: Collection,
        name: str,
        update: UpdateReport | BackgroundUpdate,
        *,
        on_progress: Callable[[Progress], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> None:
        """Wrap an open collection that can be searched; `Assistant.open` is the usual way in.

        Args:
            collection: Open; brought up to its sources, or being brought up to them.
            name: What it is called.
            update: What its last update did, or the update that is at work.
            on_progress: Told of each step of the updates to come.
            on_notice: Called with one line of news by the updates to come.
        """
        self._collection = collection
        self._update = update
        self._on_progress, self._on_notice = on_progress, on_notice
        self._updating = threading.Lock()  # guards the choice of the update; the watcher has a thread of its own
        self._watcher: FileWatcher | None = None
        self.name = name

    @property
    def key(self) -> str:
        """The name of its folder, which no other collection of the same home has; `name` may be shared by several."""
        return self._collection.folder_name

    def close(self) -> None:
        """Stop following the files and updating, and close the collection's files."""
        if self._watcher:
            self._watcher.stop()
        if isinstance(self._update, BackgroundUpdate):
            self._update.stop()
        self._collection.close()

    @property
    def indexing(self) -> bool:
        """Whether the index is being brought up to the documents."""
        return isinstance(self._update, BackgroundUpdate) and self._update.running

    def refresh(self, wait: bool = True) -> UpdateReport | None:
        """Bring the index up to the files as they are now; while an update is at work, once more after it.

        Args:
            wait: Whether to come back only when that is done. Otherwise it goes on behind, and what the index held
                before answers until the new is in.

        Returns:
            What was done, once it is.

        Raises:
            QAError: It failed; what it had committed is searched. Without waiting, `finish_indexing` tells.
        """
        with self._updating:
            if not (isinstance(self._update, BackgroundUpdate) and self._update.repeat()):
                self._update = BackgroundUpdate(
                    self._collection,
                    self._collection.selection,
                    on_progress=self._on_progress,
                    on_notice=self._on_notice,
                )
        return self.finish_indexing() if wait else None

    def watch(self, on_refresh: Callable[[], None] | None = None, *, delay: float = 1.0) -> None:
        """Follow the files from now on: whatever changes under the sources is brought in, behind, until `close`.

        Args:
            on_refresh: Called, in another thread, each time an update has begun.
            delay: Seconds without a change that make a change complete.
        """
        if self._watcher is None:

            def refresh() -> None:
                self.refresh(wait=False)
                if on_refresh:
                    on_refresh()

            selection, own = self._collection.selection, self._collection.library.added_folder
            self._watcher = FileWatcher(selection, refresh, own=own, delay=delay, on_notice=self._on_notice)

    def finish_indexing(self) -> UpdateReport:
        """Wait until the index is brought up to the documents.

        Returns:
            What the update did.

        Raises:
            QAError: It failed; what it had committed is searched.
        """
        return self._update.finish() if isinstance(self._update, BackgroundUpdate) else self._update

    @property
    def report(self) -> UpdateReport:
        """What the last update did, once it is over."""
        return self.finish_indexing()

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Sources that could not be read, with the reason; while indexing, those of the update before."""
        return self._collection.failures()

    @property
    def generation(self) -> int:
        """Raised by every change of the documents."""
        return self._collection.generation

    @property
    def identity(self) -> str:
        """Which encoder the index was made with."""
        return self._collection.identity

    @property
    def scope(self) -> Scope:
        """How many documents and passages are searched."""
        totals = self._collection.totals()
        return Scope(totals.documents, totals.passages, totals.pending)

    def statuses(self) -> tuple[DocumentStatus, ...]:
        """How every file stands with the collection, by the name shown: indexed, pending, failed or excluded."""
        return self._collection.library.statuses()

    def add_files(self, files: Iterable[str | Path]) -> tuple[str, ...]:
        """Copy files into the collection, whose sources they belong to from then on; `refresh` reads them.

        Args:
            files: Each is copied under its own name, made safe; a name that is taken gets " (2)".

        Returns:
            The paths of the copies, in order.

        Raises:
            SourceError: One is no file, or cannot be read; none is copied.
            StorageError: They cannot be written.
        """
        return self._collection.library.add_files(files)

    def remove(self, path: str) -> None:
        """Take a file out of the collection at once: one that was added is deleted, any other is only excluded.

        Args:
            path: As `statuses` gives it.

        Raises:
            SourceError: The collection knows no such file.
            StorageError: It cannot be deleted.
        """
        self._collection.library.remove(path)
        self._collection.catch_up()

    def restore(self, path: str) -> None:
        """Let a file that was excluded in again; `refresh` reads it. SourceError when it is not excluded."""
        self._collection.library.restore(path)

    def documents(self) -> tuple[DocumentInfo, ...]:
        """Every document, by the name shown."""
        return self._collection.documents()

    def document(self, path: str) -> Document:
        """One document as it was indexed, by the path a citation gives; SourceError when there is none."""
        return self._collection.document(path)

    def passages(self, path: str) -> tuple[Passage, ...]:
        """The passages of one document, in order."""
        return self._collection.passages(path)

    def passages_from(self, path: str, paragraph: int, most: int) -> list[StoredPassage]:
        """At most so many passages of one document that may answer, with their texts, from a paragraph on, in order."""
        return self._collection.passages_from(path, paragraph, most)

    def language_of(self, path: str) -> str:
        """ISO 639-1 code of the language of one document; empty where it was not told."""
        return self._collection.language_of(path)
