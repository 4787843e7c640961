"""The whole index of some sources: open it, bring it up to the files, search it, check it.

folder/catalog.sqlite   the truth
folder/dense/           derived: nearest vectors
folder/lexical/         derived: BM25
folder/added/           files copied into the collection
folder/fetched/         copies of files elsewhere
folder/lock             locked during an update
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index.addresses import split_paths
from index.encoders.base import Encoder
from index.errors import DamagedError, DeletedError, LockedError, OutdatedError, StorageError, UnreachableError
from index.executors import Executor
from index.files import Library
from index.mirror import Mirror
from index.parsers.isolation import IsolatedParser
from index.parsers.plain import find_codec
from index.precedence import Precedence
from index.private import make_private_folder
from index.progress import Progress, ProgressMeter
from index.records import StoredPassage
from index.search import Limits, Search, Searcher
from index.sources import Selection, find_sources
from index.store.catalog import describe_time
from index.store.check import check_catalog, check_contents, check_derived
from index.store.features import row_per_sentence
from index.store.local import LocalEngine
from index.store.locking import PATIENCE_SECONDS, hold_lock
from index.store.protocols import IndexEngine, VectorIndex
from index.store.sharing import SharedLock
from index.store.sqlite_catalog import FolderStore
from index.store.stores import CatalogStore
from index.text.passages import split_passages
from index.update import FileParser, UpdateReport, embed_alone, embed_pending, update_catalog

FOLLOW_SECONDS = 1.0  # between two times that new text becomes searchable during an update
ELSEWHERE = "Another computer is updating this collection; waiting for it."
_NO_FILTER = "This system refuses the filter (seccomp) that confines the readers of files. See: qa help formats"
_SAVE_SECONDS = 1.0  # between two times that an update saves the derived indexes, which other processes open meanwhile
_SAVE_SHARE = 10  # and at least so many times as long as saving took
_BUSY_SECONDS = 0.4  # another process that takes no longer is waited for in any case
_SHORT_SECONDS = 1.0  # an update that takes no longer does not pause for those who ask, who may wait for it
_LOOKS = 3  # at files of the derived indexes, which other processes replace, before they are taken to be damaged


class Collection:
    """An index on disk and the encoder that made it.

    Attributes:
        folder: Its folder.
        encoder: Turns texts into vectors.
        key: What its store calls it.
        store: Where its catalog is, to open it once more, also in another process.
        engine: Makes its indexes, for the same.
        catalog: Its documents, passages, embeddings and settings.
        lexical: Its BM25 index, usable after the first update.
        library: Its files: their status, adding, removing.
        mirror: Its copies of files elsewhere.
        lost: Whether an engine could not be reached when it was last to be written to.
        open_workers: Opens an executor whose workers embed during an update; None where the encoder does so in this process.
    """

    open_workers: Callable[[], Executor] | None = None

    def __init__(
        self,
        folder: str | Path,
        encoder: Encoder,
        *,
        key: str = "",
        store: CatalogStore | None = None,
        engine: IndexEngine | None = None,
        precedence: Precedence | None = None,
    ) -> None:
        """Open a collection, and create it if it is missing, in a folder used for it alone and made readable by this user alone.

        Args:
            folder: Its folder.
            encoder: Turns texts into vectors.
            key: What its store calls it; the name of the folder when omitted.
            store: Where its catalog is; in the folder when omitted.
            engine: Makes its indexes; in the folder when omitted.
            precedence: How others say that they ask, for which updates pause; when omitted, they do not.

        Raises:
            OutdatedError: Another encoder or another version made it.
            StorageError: The folder cannot be used.
        """
        self.folder, self.encoder = Path(folder), encoder
        try:
            make_private_folder(self.folder)
        except OSError as error:
            raise StorageError(
                f"the folder {folder} cannot be made: {error.strerror}. Set QA_HOME to a folder that can be written."
            ) from error
        self.key, self.store = key or self.folder.name, store or FolderStore(self.folder.parent.parent)
        self.catalog = self.store.open(self.folder)
        made_with = self.catalog.meta("encoder")
        if made_with is None:
            self.catalog.set_meta("encoder", encoder.identity)
            self.catalog.set_meta("model", getattr(encoder, "name", ""))
        elif made_with != encoder.identity:
            self.catalog.close()
            raise OutdatedError(f"the index in {folder} was made with the model {made_with}, not {encoder.identity}.")
        self.engine: IndexEngine = engine or LocalEngine()
        self.lexical = self.engine.make_terms(self.folder)
        self.library = Library(self.catalog, self.folder)
        self.mirror = Mirror(self.catalog, self.folder)
        self.lost = False
        self._dense: VectorIndex | None = None  # made on first use: the dimension is known once the model is loaded
        self._searcher: Searcher | None = None
        self._precedence = precedence
        self._sharing = SharedLock()  # searches share it; who follows the catalog has it alone
        self._stopped = threading.Event()

    def close(self) -> None:
        """Close its files."""
        self.catalog.close()
        self.lexical.close()
        if self._dense:
            self._dense.close()

    @property
    def encoding(self) -> str | None:
        """The encoding that was named for its text files, as its selection has it; None or "auto" where it is guessed."""
        selection = self.catalog.selection()
        return selection.encoding if selection else None

    def stop_waiting(self) -> None:
        """Make this and later updates give up waiting for another process, because the collection is being closed."""
        self._stopped.set()

    def update(
        self,
        selection: Selection | Iterable[str | Path],
        *,
        read: FileParser | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        live: bool = False,
        wait: bool = True,
    ) -> UpdateReport:
        """Bring it up to the files of a selection and the files that were added, without the excluded ones.

        Where the selection has addresses, and only then, their servers are contacted.

        Args:
            selection: What it is made of, which is stored with it; or files and folders alone.
            read: Reads one file; by default an `IsolatedParser`, which survives any file.
            on_progress: Called with each step; an error it raises ends the update, and the next one goes on from there.
            on_notice: Called with one line when the update waits for another process, or where the kernel refuses to confine what
                reads files.
            live: Whether other threads search meanwhile. They find the content from before at the first step, and new
                text within a second or two.
            wait: Whether to wait while another process updates it. Otherwise give up once that has committed some documents.

        Returns:
            What was done.

        Raises:
            SourceError: A path does not exist, or there is no such encoding.
            LockedError: Another process is updating it.
            DeletedError: It was deleted, or rebuilt by another process.
            StorageError: Something cannot be written.
        """
        if not isinstance(selection, Selection):
            selection = Selection(tuple(selection))
        self._check_not_deleted()
        hurry = time.monotonic() + _BUSY_SECONDS

        def gives_up() -> bool:
            committed = not wait and time.monotonic() > hurry and self.catalog.totals().documents > 0
            return committed or self._stopped.is_set()

        with self._hold_lock(on_notice=on_notice if wait else None, stopped=gives_up):
            if not self.catalog.database.is_current:
                raise DeletedError(
                    f"the collection {self.folder} was deleted or rebuilt by another process. Open it again."
                )
            if selection.encoding is None:
                selection = replace(selection, encoding=self.encoding)
            codec = find_codec(selection.encoding)
            excluded = self.catalog.exclusions()
            paths, addresses = split_paths(selection.paths)
            self.mirror.fetch(addresses, selection.rules, on_file=_fetching(on_progress), stopped=self._stopped.is_set)
            found = find_sources(paths, selection.rules) + self.mirror.find(addresses) + self.library.find_added()
            sources = sorted(
                (source for source in found if source.path not in excluded),
                key=lambda source: (source.name, source.path),
            )
            self.catalog.keep_selection(selection)
            self.library.expect(sources)
            if live:
                self.follow()
            began = followed = time.monotonic()
            complete = False
            save_at = followed + _SAVE_SECONDS

            def report(progress: Progress) -> None:
                nonlocal followed, complete, save_at
                if self._precedence and time.monotonic() > began + _SHORT_SECONDS:
                    self._precedence.give_way()
                all_read = progress.documents == progress.all_documents
                if live and (time.monotonic() - followed > FOLLOW_SECONDS or (all_read and not complete)):
                    self.follow()
                    followed, complete = time.monotonic(), all_read
                if time.monotonic() >= save_at:
                    self.follow()
                    saving = time.monotonic()
                    with suppress(UnreachableError):  # which keeps no document from being read; the last one raises it
                        self._save()
                    saved = time.monotonic()
                    save_at = saved + max(_SAVE_SECONDS, _SAVE_SHARE * (saved - saving))
                if on_progress:
                    on_progress(progress)

            with (
                nullcontext(read) if read else IsolatedParser(encoding=codec, stopped=self._stopped.is_set) as reader,
                closing(self.open_workers()) if self.open_workers else nullcontext() as executor,
            ):
                split = reader.split if isinstance(reader, IsolatedParser) else split_passages
                done = update_catalog(
                    self.catalog,
                    sources,
                    self.encoder,
                    read=reader,
                    split=split,
                    encoding=codec,
                    executor=executor,
                    on_progress=report,
                )
                if on_notice and isinstance(reader, IsolatedParser) and reader.lacks_filter:
                    on_notice(_NO_FILTER)
            self.library.expect(())
            self.follow()
            self.catalog.set_meta("updated", describe_time(time.time_ns()))
            self._save()
            return done

    @property
    def is_updated_elsewhere(self) -> bool:
        """Whether another process is updating it."""
        try:
            with self._hold_lock(patience=0):
                return False
        except LockedError:
            return True
        except StorageError:
            return False

    def is_behind(self, selection: Selection) -> bool:
        """Whether files of a selection, or added ones, came, went or changed since they were last looked at; contacts nothing.

        Raises:
            SourceError: A path does not exist.
        """
        excluded = self.catalog.exclusions()
        paths, addresses = split_paths(selection.paths)
        found = find_sources(paths, selection.rules) + self.mirror.find(addresses) + self.library.find_added()
        now = {each.path: (each.name, each.size, each.modified_ns) for each in found if each.path not in excluded}
        files = {path: known.source for path, known in self.catalog.known_files().items()}
        known = {path: (each.name, each.size, each.modified_ns) for path, each in files.items()}
        failed = {failure.path for failure in self.catalog.failures()}
        return now.keys() != known.keys() | failed or any(now[path] != known[path] for path in known)

    @contextmanager
    def _hold_lock(
        self,
        *,
        patience: float = PATIENCE_SECONDS,
        on_notice: Callable[[str], None] | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Iterator[None]:
        """Keep other processes, also those of other computers, from updating it; as `hold_lock`."""
        notify = on_notice if patience else None
        with (
            hold_lock(self.folder, patience=patience, on_notice=on_notice, stopped=stopped),
            self.catalog.database.writing(patience, stopped, lambda: notify(ELSEWHERE) if notify else None),
        ):
            yield

    def follow(self) -> None:
        """Make what is committed searchable, also while another process updates the collection."""
        # It needs no lock: only this process sees the result.
        self._check_not_deleted()
        for rebuild in (*[False] * _LOOKS, True):
            try:
                with self.moment(), self._damage_translated():
                    dense = self._vectors()
                    dense.follow(self.catalog, rebuild=rebuild)
                    self.lexical.follow(self.catalog, rebuild=rebuild)
                    if self._searcher is None:
                        self._searcher = Searcher(
                            self.catalog,
                            dense,
                            self.lexical,
                            encoder=self.encoder,
                            follow=self.follow,
                            sharing=self._sharing,
                        )
                    break
            except DamagedError:  # or another process has replaced the files meanwhile: look again first
                if rebuild:
                    raise

    def asking(self) -> AbstractContextManager[None]:
        """Have updates of other processes and threads pause until leaving."""
        return self._precedence.asking() if self._precedence else nullcontext()

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Have all searches of this thread see one generation until leaving; those of other threads wait."""
        with self._sharing.alone(), self.catalog.database.snapshot():
            yield

    def catch_up(self, *, shared: bool = True) -> None:
        """Make what is committed searchable, and save the derived indexes unless another process has the lock and will do so.

        `shared` says whether to save an index that other computers use too.
        """
        self.follow()
        with suppress(StorageError), hold_lock(self.folder, patience=0), self._sharing.shared():
            for index in (self.lexical, self._vectors()):
                if not index.is_shared:
                    index.save(self.catalog)
            if shared and self.uses_engine:
                with self.catalog.database.writing(0, bool, lambda: None):
                    self._write_indexes()

    @property
    def uses_engine(self) -> bool:
        """Whether other computers use an index of it too."""
        return self.lexical.is_shared or self._vectors().is_shared

    def check(self, *, on_notice: Callable[[str], None] | None = None) -> tuple[str, ...]:
        """Bring the derived indexes up to the catalog, as opening does, and compare them with it entry by entry.

        Returns one line per finding. A damaged file of an index is reported, and the index built again; so is damage in the
        catalog, and what can be computed is mended. `on_notice` is as for `update`.
        """
        with (
            self._hold_lock(on_notice=on_notice, stopped=self._stopped.is_set),
            self._damage_translated(),
        ):
            damaged = []
            for name, index in (("vector index", self._vectors()), ("lexical index", self.lexical)):
                files = index.damaged_files(self.catalog)
                damaged += [f"{name}: {file} is missing or damaged" for file in files]
                if files:
                    index.forget(self.catalog)
            contents, lost = check_contents(self.catalog, self.encoder.dimension)
            if lost:
                self.catalog.forget_vectors(lost)
                embed_pending(self.catalog, embed_alone(self.encoder), ProgressMeter(0, self.catalog.totals, None))
            if contents:  # the indexes may have been built from what was damaged
                self._vectors().forget(self.catalog)
                self.lexical.forget(self.catalog)
            self.follow()
            self._save()
            findings = (*damaged, *contents, *check_catalog(self.catalog))
            return (*findings, *check_derived(self.catalog, self._vectors(), self.lexical, self.encoder.dimension))

    def _vectors(self) -> VectorIndex:
        if self._dense is None:
            self._dense = self.engine.make_vectors(self.folder, self.encoder.dimension)
        return self._dense

    @contextmanager
    def _damage_translated(self) -> Iterator[None]:
        try:
            yield
        except (TypeError, ValueError) as error:  # of values that no version of this program writes
            raise DamagedError(
                f"the catalog of {self.folder} is damaged. Run qa index --rebuild with the sources it was made from."
            ) from error

    def _save(self) -> None:
        """Write the derived indexes, which no thread may change meanwhile; the caller has the collection's lock."""
        with self._sharing.shared():
            self._write_indexes()

    def _write_indexes(self) -> None:
        try:
            self.lexical.save(self.catalog)
            self._vectors().save(self.catalog)
            self.lost = False
        except UnreachableError:
            self.lost = True
            raise

    def _check_not_deleted(self) -> None:
        if self.catalog.database.is_deleted:
            raise DeletedError(f"the collection {self.folder} was deleted. Index its documents again to ask them.")

    @property
    def searchable(self) -> bool:
        """Whether it can be searched: it was updated, or is being updated live."""
        return self._searcher is not None

    @property
    def searcher(self) -> Searcher:
        """Its search engine; StorageError before the first update."""
        if self._searcher is None:
            raise StorageError(f"the collection {self.folder} is not open for searching. Update it first.")
        return self._searcher

    def search(self, questions: Mapping[str, float], limits: Limits | None = None, *, k: int = 10) -> Search:
        """Find the passages that fit one question, or several searched together.

        Args:
            questions: Self-contained questions and their weights; a single one weighs 1.
            limits: Conditions on the passages; none when omitted.
            k: How many passages to return at most.

        Returns:
            Hits, best first; ties by source and offset.

        Raises:
            StorageError: The collection was never updated, or its catalog cannot be read.
        """
        self._check_not_deleted()
        with self.asking():
            return self.searcher.search(questions, limits or Limits(), k=k)

    def stored_passages(self, path: str) -> list[tuple[StoredPassage, npt.NDArray[np.float16]]]:
        """Return the passages of one document that may answer, in order, each with its embeddings.

        The embeddings are float16 of shape (1 + sentences, dimension): the paragraph, then each sentence.
        """
        stored = {passage.id: passage for passage in self.catalog.passages_of(path)}
        return [
            (stored[id_], row_per_sentence(vectors, len(stored[id_].passage.sentences)))
            for id_, vectors in self.catalog.vectors_of(list(stored), self.encoder.dimension).split()
        ]


def _fetching(report: Callable[[Progress], None] | None) -> Callable[[str, int, int], None] | None:
    """Report the files that are fetched, before any is read."""
    return report and (lambda name, done, all_: report(Progress(done, all_, name, 0, 0, 0.0, None)))
