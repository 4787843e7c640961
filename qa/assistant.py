"""The Python API: open documents, ask questions, follow the files as they change."""

import json
import platform
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Literal

from index import (
    RETRY_SECONDS,
    BackgroundUpdate,
    Box,
    CatalogStore,
    Collection,
    DamagedError,
    DeletedError,
    Document,
    DocumentInfo,
    DocumentStatus,
    Encoder,
    Failure,
    FileWatcher,
    IndexEngine,
    Limits,
    OutdatedError,
    Passage,
    Precedence,
    Progress,
    QuestionError,
    Repeater,
    Selection,
    SourceError,
    SourceRules,
    StatusPage,
    StorageError,
    StoredPassage,
    UnreachableError,
    UpdateReport,
    WorkerError,
    boxes_of_spans,
    check_workers,
    embed_with,
    load_encoder,
    open_executor,
)
from qa.answering.answer import Answer, Conversation, Scope
from qa.answering.citation import Citation
from qa.answering.compose import CLOSEST_SHOWN, Retrieval, compose_answer, read_hits
from qa.answering.confidence import SHIPPED, Calibration
from qa.answering.notebook import render
from qa.answering.parts import join_parts, split_questions
from qa.answering.question import (
    Corrected,
    Question,
    correct_spelling,
    literal_part,
    matching_sources,
    named_sources,
    read_question,
    refuse_filters,
    stand_alone,
)
from qa.answering.requests import Occurrences, describe_request
from qa.collections import (
    Sources,
    check_stored,
    choose_encoder,
    encoder_folder,
    find_collection,
    home_folder,
    name_collection,
    nothing_read,
    open_collection,
    select_sources,
)
from qa.reading.model import FastReader, Reader, shared_reader
from qa.text import count, name_first, shorten, visible_line
from qa.workers import Workers

CALIBRATION_VERSION = 2  # of the log-odds that a stored fit belongs to; version 1 was stored without a number
FOUND = 10  # passages; enough for five without near-duplicates
COUNTED = 500  # the most passages in which words are counted
SEARCHABLE_SECONDS = 2.0  # how long opening waits for indexing to end before it accepts questions


MOST_LISTED = 10  # files that could not be read, in a notebook
MOST_NAMES = 2_000  # documents whose names a question is held against


class Assistant:
    """Answers questions from the documents of one collection, and keeps the collection up to date with its files.

    Attributes:
        name: The name of the collection.
        postponed: Whether it was opened on what was committed, because the documents could not be read just then.
    """

    postponed = False
    _closed = False

    def __init__(
        self,
        collection: Collection,
        name: str,
        update: UpdateReport | BackgroundUpdate,
        *,
        reader: Reader | None,
        read_only: bool = False,
        on_progress: Callable[[Progress], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> None:
        """Wrap an open collection and its last update, or the one in progress. Most callers want `open`.

        Args:
            reader: Reads the passages found; None judges by retrieval alone.
            read_only: Whether to refuse to change the collection.
            on_progress: Called at each step of later updates.
            on_notice: Called with each line of news from later updates.
        """
        self.name = name
        self._collection, self._reader, self._update = collection, reader, update
        self._read_only = read_only
        self._on_progress, self._on_notice = on_progress, on_notice
        self._updating = threading.Lock()  # guards `_update`: the watcher has its own thread
        self._watcher: FileWatcher | None = None
        self._repeater: Repeater | None = None

    @classmethod
    def open(
        cls,
        sources: Sources | None = None,
        *,
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        name: str = "",
        encoding: str | None = None,
        model: str | Path | None = None,
        encoder: Encoder | None = None,
        reader: Reader | Literal["bundled"] | None = "bundled",
        home: str | Path | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        wait: bool = True,
        allow_empty: bool = False,
        read_only: bool = False,
        workers: int | str = 1,
    ) -> "Assistant":
        """Open documents: build their index, or update it to the files as they are now.

        Args:
            sources: A file, a folder, an address such as `https://…`, a list of them, or a `Selection`; `default_sources()` when
                omitted. Addresses are contacted, now and by each update.
            include: Take only files that match one of these patterns, written as in a .gitignore file.
            exclude: Leave out files and folders that match one of these patterns.
            name: A name to open the collection by later.
            encoding: That of text files without a byte-order mark, such as "windows-1252", or "auto" to guess it. It is stored
                with the collection, and applies again when omitted; guessed if none is stored.
            model: Turns texts into vectors: "multilingual", or a sentence-transformers model, by folder or hub name. When
                omitted, it is the one that a named collection was made with, else the bundled one.
            encoder: Turns texts into vectors in place of a model.
            reader: Reads the passages found; the bundled model when omitted. None judges by retrieval alone, which is
                what happens for texts that are not in English.
            home: The folder for collections; `home_folder()` when omitted.
            on_progress: Called at each step of indexing.
            on_notice: Called with each line of news, such as waiting for another process.
            wait: Return only when everything is indexed. Otherwise indexing continues in the background, passages not
                embedded yet are found by their words, and `finish_indexing` waits for the rest. While another process is
                indexing the same documents, or nothing can be written, the documents that were committed answer at once.
            allow_empty: Open sources in which nothing can be read too, to add files to them.
            read_only: Answer from what was indexed, also by other processes from now on; read no files, and change nothing.
            workers: How many processes embed passages, now and in later updates, or the address of a Ray cluster, as for
                `workers`. One uses all cores of this computer. The index is the same.

        Returns:
            An assistant over everything that could be read; `failures` lists the rest.

        Raises:
            SourceError: A path does not exist, nothing in it could be read and that is not allowed, there is no such encoding,
                or a `Selection` came with patterns, a name or an encoding.
            StorageError: The collection cannot be opened, or written. As OutdatedError: another version or model made it.
            EncoderError: The encoder is missing or altered.
            ReaderError: The reader is missing or altered, or cannot run.
            WorkerError: Other processes cannot embed.
            ValueError: As for `workers`.
        """
        check_workers(workers)
        selection = select_sources(sources, read_only=read_only)
        if include or exclude or name or encoding is not None:
            if isinstance(sources, Selection):
                raise SourceError("a Selection has patterns, a name and an encoding. Put them there, or pass paths.")
            rules = SourceRules(tuple(include), tuple(exclude))
            selection = select_sources(Selection(selection.paths, rules, name, encoding))
        home = Path(home or home_folder())
        if read_only and selection.name:  # before models are loaded for nothing
            check_stored(selection.name, selection.name, home)
        with ExitStack() as first:
            first.enter_context(Precedence(home).asking())
            encoder, loaded = _load_models(
                lambda: encoder or choose_encoder(selection, home, model=model, on_notice=on_notice),
                reader,
                on_notice,
            )
            if read_only and not selection.name:
                check_stored(*name_collection(selection, encoder), home)
            collection, name = open_collection(selection, encoder, home)
            if read_only:
                try:
                    return cls._open_to_read(collection, name, reader=loaded, on_notice=on_notice)
                except BaseException:
                    collection.close()
                    raise
            if workers != 1:
                make = partial(embed_with, partial(_load, _portable(encoder)), encoder.identity)
                collection.open_workers = partial(open_executor, make, workers)
            if not collection.is_updated_elsewhere:
                first.close()
            update: UpdateReport | BackgroundUpdate
            done: UpdateReport | None = None
            try:
                if wait:
                    done = _update_if_possible(collection, selection, on_progress=on_progress, on_notice=on_notice)
                    update = done or _report_as_committed(collection)
                else:
                    if collection.catalog.totals().documents:
                        collection.follow()
                    update = BackgroundUpdate(collection, selection, on_progress=on_progress, on_notice=on_notice)
                    try:
                        update.wait_searchable(SEARCHABLE_SECONDS)
                    except StorageError:
                        if not collection.searchable:
                            raise
                empty = not collection.catalog.totals().documents and not collection.catalog.exclusions()
                if empty and not allow_empty and (isinstance(update, UpdateReport) or not update.running):
                    raise SourceError(nothing_read(selection.paths, collection.catalog.failures()))
            except BaseException:
                collection.close()
                raise
        assistant = cls(collection, name, update, reader=loaded, on_progress=on_progress, on_notice=on_notice)
        assistant.postponed = wait and done is None
        with suppress(StorageError):  # where nothing can be written
            assistant._drop_old_calibration()
        return assistant

    @classmethod
    def _open_to_read(
        cls, collection: Collection, name: str, *, reader: Reader | None, on_notice: Callable[[str], None] | None
    ) -> "Assistant":
        if not collection.catalog.totals().documents:
            raise SourceError(f"nothing is indexed in {name!r} yet. Open it where its files are, to index them.")
        collection.catch_up(shared=False)
        committed = _report_as_committed(collection)
        return cls(collection, name, committed, reader=reader, read_only=True, on_notice=on_notice)

    @classmethod
    def open_collection(
        cls,
        name: str,
        *,
        model: str | Path | None = None,
        encoder: Encoder | None = None,
        reader: Reader | Literal["bundled"] | None = "bundled",
        home: str | Path | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        wait: bool = True,
        read_only: bool = False,
    ) -> "Assistant":
        """Open a collection by name and update it to its files. The other arguments and errors are those of `open`.

        Args:
            name: A name that `list_collections` lists.

        Raises:
            SourceError: No collection has this name.
        """
        return cls.open(
            find_collection(name, home),
            model=model,
            encoder=encoder,
            reader=reader,
            home=home,
            on_progress=on_progress,
            on_notice=on_notice,
            wait=wait,
            read_only=read_only,
        )

    def __repr__(self) -> str:
        """Show the name and the size of the collection in one line."""
        return f"<Assistant {shorten(self.name)!r}: {'closed' if self._closed else self._describe_size()}>"

    def _repr_html_(self) -> str:
        """Show in Jupyter what is searched, and the files that could not be read."""
        if self._closed:
            return render("assistant", name=visible_line(self.name), rows=["closed"], failures=())
        failures = self.failures
        rows = [self._describe_size()]
        rows += [f"{count(len(failures), 'file')} could not be read:"] if failures else []
        listed = [visible_line(name_first(each.source, each.reason)) for each in failures[:MOST_LISTED]]
        listed += [f"{len(failures) - MOST_LISTED:,} more"] if len(failures) > MOST_LISTED else []
        return render("assistant", name=visible_line(self.name), rows=rows, failures=listed)

    def _describe_size(self) -> str:
        scope = self.scope
        size = f"{count(scope.documents, 'document')}, {count(scope.passages, 'passage')}"
        return f"{size} ({scope.pending:,} being indexed)" if scope.pending else size

    def __enter__(self) -> "Assistant":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def ask(self, question: str, *, sources: Sequence[str] = ()) -> Answer:
        """Answer one question.

        Args:
            question: In plain words. Words in double quotation marks must occur together if nothing else is typed, or
                if "+" precedes them; `source:NAME` limits the search to some documents.
            sources: Names, parts of names or patterns of the documents to search; all when omitted.

        Returns:
            The quotes that answer, or the closest passages.

        Raises:
            QuestionError: The question is empty, has no word, is too long, or names an unknown document.
        """
        return self._answer(question, sources=sources)

    def ask_many(self, questions: Iterable[str], *, workers: int | str = 1, progress: bool = False) -> Iterator[Answer]:
        """Answer questions in order, each as `ask` does.

        Args:
            questions: In plain words. With several workers some are taken ahead of their answers.
            workers: How many processes answer, or the address of a Ray cluster, as for `workers`. Those of more than one take
                some seconds to start, and half a gigabyte each.
            progress: Show a progress bar on standard error.

        Raises:
            QuestionError: A question cannot be searched; names its position. Earlier answers have been yielded.
            WorkerError: Other processes cannot answer.
            ValueError: As for `workers`.
        """
        from tqdm import tqdm

        with ExitStack() as ended:
            answers = (
                map(self.ask, questions)
                if workers == 1
                else ended.enter_context(self.workers(workers)).ask_each(questions)
            )
            followed = tqdm(
                answers,
                unit="question",
                total=len(questions) if isinstance(questions, Sized) else None,
                disable=not progress,
            )
            answered = 0
            try:
                for answer in ended.enter_context(followed):
                    yield answer
                    answered += 1
            except QuestionError as error:
                raise QuestionError(f"question {answered + 1}: {error}") from error

    def workers(self, workers: int | str) -> Workers:
        """Prepare workers that answer as this assistant does; use them in a `with` statement.

        Args:
            workers: How many processes of this computer; or `ray://HOST:PORT`, a Ray cluster, whose computers must have the
                collection too; or `ray`, the cluster that RAY_ADDRESS names or this computer is part of. `?workers=N` after it
                says how many, else there is one for each processor of the cluster.

        Raises:
            ValueError: The number is not positive, or the address is none.
            WorkerError: The models cannot be handed to other processes, or the cluster cannot be reached.
        """
        reader: Reader | Literal["bundled"] | None = "bundled" if isinstance(self._reader, FastReader) else self._reader
        collection = self._collection
        opened = _Opened(
            collection.folder,
            collection.key,
            collection.store,
            collection.engine,
            self.name,
            self.generation,
            platform.node(),
        )
        return Workers(partial(_reopen, opened, _portable(collection.encoder), reader), workers)

    def conversation(self, history: Sequence[str] = ()) -> Conversation:
        """Begin a conversation, in which a question may refer to earlier ones; `history` has earlier questions, oldest first."""
        return Conversation(self._answer, history)

    def _answer(
        self, question: str, *, history: Sequence[str] = (), as_typed: bool = False, sources: Sequence[str] = ()
    ) -> Answer:
        """Answer from one generation of the documents, although other processes may change them meanwhile."""
        answering = partial(self._answer_now, question, history=history, as_typed=as_typed, sources=sources)
        with self._collection.asking():
            generation = self.generation
            with suppress(DamagedError):  # an index is opened anew or built again by the second attempt
                answer = answering()
                if self.generation == generation:
                    return answer
            with self._collection.moment():
                return answering()

    def _answer_now(self, question: str, *, history: Sequence[str], as_typed: bool, sources: Sequence[str]) -> Answer:
        """Answer a greeting, a request that no quote can meet, one question, or several in one line."""
        asked = read_question(question)
        if asked.request.kind != "question":
            return self._reply(asked, sources=(*asked.sources, *_names(sources)))
        parts = (question,) if asked.phrases else split_questions(asked.core)
        if len(parts) == 1:
            return self._answer_one(asked, history=history, as_typed=as_typed, sources=sources)
        earlier, answers = [] if as_typed else list(history), []
        for part in parts:
            finding = self.find(part, history=tuple(earlier), sources=(*asked.sources, *_names(sources)))
            answers.append(self.compose(finding))
            earlier.append(part)
        return join_parts(question, answers)

    def _answer_one(self, asked: Question, *, history: Sequence[str], as_typed: bool, sources: Sequence[str]) -> Answer:
        """Answer from the documents that the question names, if it names some and they answer; else from all."""
        named: tuple[str, ...] = ()
        if not (sources or asked.sources or asked.phrases) and self.scope.documents <= MOST_NAMES:
            named = named_sources(self._collection.catalog.names(), asked.text)
        retrieve = partial(self.find, asked, history=history, as_typed=as_typed)
        if not named:
            return self.compose(retrieve(sources=sources))
        there = self.compose(retrieve(sources=named))
        if there.found or not there.closest:
            return there if there.found else self.compose(retrieve())
        anywhere = self.compose(retrieve())
        return anywhere if anywhere.found else there

    def _reply(self, question: Question, *, sources: Sequence[str]) -> Answer:
        """Reply to a greeting or request with one line, and with the places where its words occur."""
        nearest: list[Citation] = []
        occurrences: list[Occurrences] = []
        for words in question.request.words:
            finding = self.find(f'"{words}"', sources=sources, k=COUNTED)
            hits = () if finding.phrases_missing else finding.search.hits
            documents = len({hit.source for hit in hits})
            occurrences.append(Occurrences(words, len(hits), documents, len(hits) == COUNTED))
            if hits:
                answer = self.compose(finding)
                nearest += (answer.citations or answer.closest)[:CLOSEST_SHOWN]
        return Answer(
            question=question.typed,
            searched=", ".join(question.request.words),
            verdict="not_in_sources",
            confidence=0.0,
            citations=(),
            closest=tuple(nearest[:CLOSEST_SHOWN]),
            scope=self.scope,
            kind="guidance" if question.request.kind == "guidance" else "greeting",
            message=describe_request(question.request, occurrences),
        )

    def suggestions(self, count: int = 4) -> tuple[str, ...]:
        """Suggest questions that these documents answer.

        Each is derived from a sentence of the documents, and asking it quotes that sentence first. The same index gives the same
        questions: well-formed ones, spread over the documents; fewer than `count`, or none, if the rest would be clumsy, and none
        for documents that are not in English.
        """
        from qa.suggestions import suggest_first  # its patterns take long to compile

        found: tuple[str, ...] = ()
        for found in suggest_first(self, count):  # noqa: B007
            pass
        return found

    def find(
        self,
        question: str | Question,
        *,
        history: Sequence[str] = (),
        as_typed: bool = False,
        sources: Sequence[str] = (),
        without: Sequence[str] = (),
        k: int = FOUND,
        read: bool = True,
    ) -> Retrieval:
        """Search without composing an answer.

        Args:
            question: As for `ask`; as typed, or already parsed.
            history: Earlier questions of this conversation, oldest first.
            as_typed: Ignore the history, and correct no spelling.
            sources: As for `ask`.
            without: Names of documents to leave out.
            k: The largest number of passages to find.
            read: Whether the reader reads the first of them, which an answer needs and takes most of the time.

        Returns:
            The hits, and what was searched for.

        Raises:
            QuestionError: As for `ask`.
        """
        asked = question if isinstance(question, Question) else read_question(question)
        core, earlier = Corrected(asked.core), []
        if not as_typed:
            core = core if asked.phrases else self._correct(asked.core)
            said = [before for before in map(read_question, history) if not before.request.is_small_talk]
            earlier = [self._correct(before.core).text for before in said]
        turn = stand_alone(core.text, earlier)
        questions = {turn.question: 1.0 - turn.weight}
        if turn.weight:
            questions[turn.context] = turn.weight
        scope, names = self.scope, None
        wanted = (*asked.sources, *_names(sources))
        if wanted or without:
            names = self._choose_names(wanted, without)
            scope = Scope(len(names), *self._collection.catalog.passage_counts(names))
        search = self._collection.search(questions, Limits(asked.phrases, names), k=k)
        phrases_missing = bool(asked.phrases) and not search.hits
        if phrases_missing:
            search = self._collection.search(questions, Limits(sources=names), k=k)
        scope = replace(scope, caveats=search.caveats)
        searched = turn.searched if len(search.queries) > 1 else core.text
        scored = None
        if self._reader and read:
            scored = read_hits(self._reader, core.text, search.hits, rerank=len(search.queries) == 1)
        if scored:
            search = replace(search, hits=scored[0])
        readings = scored[1] if scored else None
        return Retrieval(asked, core.text, core.words, searched, search, scope, phrases_missing, readings)

    def names(self, among: Sequence[str] | None = None, *, since: str = "") -> tuple[str, ...]:
        """The names of documents, in order.

        Args:
            among: Only those called by one of these names; all when omitted.
            since: Else only those whose file has changed since the beginning of a day in UTC, an ISO date; empty: all.

        Raises:
            ValueError: `since` is no date.
        """
        catalog = self._collection.catalog
        if among is not None or not since:
            return catalog.names(among)
        day = datetime.fromisoformat(since).replace(tzinfo=UTC)
        return catalog.names_changed_since(int(day.timestamp()) * 1_000_000_000)

    def holdings(self) -> list[tuple[str, str, int]]:
        """The name, the language, as in `DocumentStatus`, and the number of passages of every document, in any order."""
        return self._collection.catalog.holdings()

    def sample_paths(self, language: str, count: int, *, seed: int) -> list[str]:
        """Choose so many documents in a language, an ISO 639-1 code, that are wholly indexed; the same for the same index.

        Returns:
            Their paths, ordered by name.
        """
        return self._collection.catalog.sample_paths(language, count, Random(seed))

    def match_names(self, filters: Sequence[str]) -> tuple[str, ...]:
        """The names of the documents that some filters choose, in order, as `sources` of `ask` does; at least one.

        Raises:
            QuestionError: They choose none.
        """
        catalog = self._collection.catalog
        named = catalog.names(filters)
        if set(named).issuperset(filters):
            return named
        fitting = [name for name, *_ in catalog.find_names(list(map(literal_part, set(filters).difference(named))))]
        names = sorted([*fitting, *(name for name in named if name not in set(fitting))])
        chosen = matching_sources(names, filters)
        if not chosen:
            raise refuse_filters(filters, [name for name, *_ in catalog.list_documents("", 0, 6)])
        return chosen

    def _choose_names(self, wanted: Sequence[str], without: Sequence[str]) -> tuple[str, ...]:
        """Find the documents that filters name, but for some."""
        names = self.match_names(wanted) if wanted else self.names()
        return tuple(name for name in names if name not in without)

    def _correct(self, core: str) -> Corrected:
        return correct_spelling(core, self._collection.searcher.word_frequencies, self._collection.searcher.near_words)

    def compose(self, retrieval: Retrieval, calibration: Calibration | None = None) -> Answer:
        """Turn a finding into an answer, with the collection's calibration or another."""
        return compose_answer(retrieval, self._collection.searcher.near_spellings, calibration or self.calibration)

    @property
    def calibration(self) -> Calibration:
        """The confidence fitted to this collection by `qa calibrate`, or the shipped one.

        A fit that an earlier version made is not used, because its confidence was another; `open` drops it.
        """
        kept = self._kept_calibration()
        if kept.pop("version", 1) != CALIBRATION_VERSION:
            return SHIPPED
        return Calibration(**kept)

    def set_calibration(self, calibration: Calibration) -> None:
        """Store a fit of the confidence in the collection."""
        self._check_writable()
        kept = {**asdict(calibration), "version": CALIBRATION_VERSION}
        self._collection.catalog.set_setting("calibration", json.dumps(kept))

    def _kept_calibration(self) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(self._collection.catalog.setting("calibration") or "{}")
        return kept

    def _drop_old_calibration(self) -> None:
        kept = self._kept_calibration()
        if kept and kept.get("version", 1) != CALIBRATION_VERSION:
            self._collection.catalog.set_setting("calibration", "")
            if self._on_notice:
                self._on_notice(
                    f"the confidence fitted to {self.name} by an earlier version no longer applies and was dropped; "
                    "run qa calibrate again"
                )

    @property
    def key(self) -> str:
        """What the store calls the collection, as `list_collections` does; several collections may share a `name`."""
        return self._collection.key

    @property
    def model(self) -> str:
        """What `model=` and `--model` choose its encoder by; empty for the bundled one, and one that was passed."""
        return str(getattr(self._collection.encoder, "name", ""))

    def close(self) -> None:
        """Stop watching and updating, and close the collection."""
        self._closed = True
        if self._watcher:
            self._watcher.stop()
        if self._repeater:
            self._repeater.stop()
        if isinstance(self._update, BackgroundUpdate):
            self._update.stop()
        self._collection.close()

    @property
    def deleted(self) -> bool:
        """Whether the collection was deleted meanwhile, by another process or in the page."""
        return self._collection.catalog.database.is_deleted

    @property
    def indexing(self) -> bool:
        """Whether an update is in progress."""
        return isinstance(self._update, BackgroundUpdate) and self._update.running

    def refresh(self, wait: bool = True) -> UpdateReport | None:
        """Update the index to the files as they are now. During an update, update once more after it.

        Args:
            wait: Wait for the update to finish. Otherwise it runs in the background, and the old index answers until
                the new passages are in.

        Returns:
            The report; None without waiting.

        Raises:
            QAError: The update failed; what it committed is kept. Without waiting, `finish_indexing` raises it.
        """
        self._check_writable()
        with self._updating:
            if not (isinstance(self._update, BackgroundUpdate) and self._update.repeat()):
                self._update = BackgroundUpdate(
                    self._collection, self._selection(), on_progress=self._on_progress, on_notice=self._on_notice
                )
        return self.finish_indexing() if wait else None

    def watch(self, on_refresh: Callable[[], None] | None = None, *, delay: float = 1.0) -> None:
        """Watch the sources until `close`, and update the index in the background when files change.

        An engine that could not be reached is brought up to the documents once it can be.

        Args:
            on_refresh: Called from another thread each time an update begins.
            delay: Seconds without a further change before an update begins.
        """
        if self._watcher is None and not self._read_only:

            def refresh() -> None:
                self.refresh(wait=False)
                if on_refresh:
                    on_refresh()

            def bring_up() -> None:
                if self._collection.lost and not self.indexing:
                    self._collection.catch_up()
                    if not self._collection.lost:
                        refresh()

            if self._collection.uses_engine:
                self._repeater = Repeater(bring_up, RETRY_SECONDS)
            selection, own = self._selection(), self._collection.library.added_folder
            self._watcher = FileWatcher(selection, refresh, own=own, delay=delay, on_notice=self._on_notice)
            with suppress(SourceError, StorageError):  # a folder or a server is gone: the next change finds what is new
                if self._collection.is_behind(selection):  # something changed between the last update and now
                    refresh()

    def _check_writable(self) -> None:
        if self._read_only:
            raise StorageError(f"{self.name} is open to be read only. Change it where its files are.")

    def _selection(self) -> Selection:
        return self._collection.catalog.selection() or Selection(())

    def finish_indexing(self) -> UpdateReport:
        """Wait for the update in progress, and return its report.

        Raises:
            QAError: The update failed; what it committed is kept.
        """
        return self._update.finish() if isinstance(self._update, BackgroundUpdate) else self._update

    @property
    def report(self) -> UpdateReport:
        """The report of the last update; waits for one in progress."""
        return self.finish_indexing()

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Sources that could not be read, each with the reason; during an update, those of the one before."""
        return self._collection.catalog.failures()

    @property
    def generation(self) -> int:
        """A counter that every change of the documents raises."""
        return self._collection.catalog.generation

    @property
    def scope(self) -> Scope:
        """The number of documents and passages searched."""
        totals = self._collection.catalog.totals()
        return Scope(totals.documents, totals.passages, totals.pending)

    def statuses(self) -> tuple[DocumentStatus, ...]:
        """The state of every file, ordered by name: indexed, pending, failed or excluded."""
        return self._collection.library.statuses()

    def status(self, path: str) -> DocumentStatus | None:
        """The state of the file with a path; None if it is not among them."""
        return self._collection.library.status(path)

    def find_statuses(self, *, state: str = "", name: str = "", page: int = 0, rows: int = 200) -> StatusPage:
        """Some of `statuses`, a page at a time; quick also where there are millions.

        Args:
            state: As in `DocumentStatus`; empty for all.
            name: Part of the name or the title, in any case; empty for all.
            page: Counted from 0; the last one for a number beyond it.
            rows: Of a page.
        """
        return self._collection.library.find_statuses(state=state, name=name, page=page, rows=rows)

    def add_files(self, files: Iterable[str | Path]) -> tuple[str, ...]:
        """Copy files into the collection, as additional sources; `refresh` reads them.

        Args:
            files: Paths. Each copy keeps the file's name, made safe; " (2)" is appended to a name in use.

        Returns:
            The paths of the copies, in order.

        Raises:
            SourceError: One is not a file or cannot be read; then none is copied.
            StorageError: The copies cannot be written.
        """
        self._check_writable()
        return self._collection.library.add_files(files)

    def remove(self, path: str) -> None:
        """Remove a file, given by its path in `statuses`, at once: delete a copy that was added, exclude any other file.

        Raises:
            SourceError: The collection has no such file.
            StorageError: The copy cannot be deleted.
        """
        self._check_writable()
        self._collection.library.remove(path)
        self._collection.catch_up()

    def restore(self, path: str) -> None:
        """Include an excluded file again; `refresh` reads it. Raises SourceError for a file that is not excluded."""
        self._check_writable()
        self._collection.library.restore(path)

    def documents(self, first: int = 0, most: int | None = None) -> tuple[DocumentInfo, ...]:
        """Documents ordered by name: `most` of them, after the `first` ones; all when omitted."""
        catalog = self._collection.catalog
        return catalog.documents(first) if most is None else catalog.documents(first, most)

    def find_documents(
        self, *, ids: Iterable[int] = (), paths: Iterable[str] = (), sources: Iterable[str] = ()
    ) -> tuple[DocumentInfo, ...]:
        """The documents with some ids, paths or names, ordered by name; quick also where there are millions of others."""
        return self._collection.catalog.find_documents(ids=ids, paths=paths, sources=sources)

    def document(self, path: str) -> Document:
        """The document with a citation's path, as it was indexed; raises SourceError for an unknown path."""
        return self._collection.catalog.document(path)

    def boxes(self, path: str, start: int, end: int) -> tuple[Box, ...]:
        """Find where a span of a document, such as a quote, is drawn on its pages.

        Args:
            path: The document, as in `Citation.path`.
            start: First character in the document's text, as in `Citation.start`.
            end: Character after the last.

        Returns:
            A box for each line, in fractions of the page as it is displayed; none for formats without pages and text that
            runs at a slant.
        """
        return self.boxes_of_spans(path, [(start, end)])[0]

    def boxes_of_spans(self, path: str, spans: Sequence[tuple[int, int]]) -> list[tuple[Box, ...]]:
        """Find where each of several spans of a document, its start and end in the text, is drawn, as `boxes` does."""
        return boxes_of_spans(self._collection.catalog.boxes(path), spans)

    def passages(self, path: str) -> tuple[Passage, ...]:
        """The passages of a document, in order."""
        return tuple(stored.passage for stored in self._collection.catalog.passages_of(path))

    def passages_from(self, path: str, paragraph: int, most: int) -> list[StoredPassage]:
        """Up to `most` answerable passages of a document with their texts, from a paragraph on, in order."""
        return self._collection.catalog.passages_from(path, paragraph, most)

    def language_of(self, path: str) -> str:
        """The ISO 639-1 code of a document's language; empty if unknown."""
        return self._collection.catalog.language_of(path)

    @property
    def encoding(self) -> str | None:
        """The encoding that was named for text files; None or "auto" where it is guessed."""
        return self._collection.encoding

    @property
    def identity(self) -> str:
        """The encoder and the reader by name and version: another identity may answer differently."""
        encoder = self._collection.encoder.identity
        return f"{encoder} {self._reader.identity}" if self._reader else encoder


def _load_models(
    load_chosen: Callable[[], Encoder],
    reader: Reader | Literal["bundled"] | None,
    on_notice: Callable[[str], None] | None,
) -> tuple[Encoder, Reader | None]:
    """Load the encoder and the reader at once: each takes half a second of one core."""
    with ThreadPoolExecutor(1) as worker:
        loading = worker.submit(
            lambda: shared_reader(encoder_folder(), on_notice=on_notice) if reader == "bundled" else reader
        )
        encoder = load_chosen()
    return encoder, loading.result()


def _update_if_possible(
    collection: Collection,
    selection: Selection,
    *,
    on_progress: Callable[[Progress], None] | None,
    on_notice: Callable[[str], None] | None,
) -> UpdateReport | None:
    """Update a collection; None if it cannot be updated now, and what is committed is open; StorageError if nothing is."""
    try:
        return collection.update(selection, on_progress=on_progress, on_notice=on_notice, wait=False)
    except DeletedError:
        raise
    except StorageError as error:
        if not collection.catalog.totals().documents:
            raise
        with collection.asking():
            collection.follow()
        if on_notice:
            lost = isinstance(error, UnreachableError)
            on_notice(str(error) if lost else f"The documents are as they were last indexed: {error}")
        return None


@dataclass(frozen=True, slots=True)
class _Opened:
    """A collection that a process has open, for others to open too."""

    folder: Path
    key: str
    store: CatalogStore
    engine: IndexEngine
    name: str
    generation: int
    computer: str


def _reopen(opened: _Opened, model: str | Encoder, reader: Reader | Literal["bundled"] | None) -> Assistant:
    """Open a collection that another process has open, as it was committed.

    Args:
        opened: The collection.
        model: The encoder, as `_portable` gives it.
        reader: As for `Assistant.open`.

    Raises:
        DeletedError: It was deleted.
        WorkerError: This computer does not have it, or has an earlier state of it, or another model.
    """
    here, folder = platform.node(), opened.folder
    if not opened.store.has(folder):
        if here == opened.computer:
            raise DeletedError(f"the collection {opened.name!r} was deleted.")
        raise WorkerError(
            f"{here} does not have the folder {folder}. Make it available there under the same path, as it is on "
            f"{opened.computer}: see qa help scaling"
        )
    try:
        collection = Collection(
            folder,
            _load(model),
            key=opened.key,
            store=opened.store,
            engine=opened.engine,
            precedence=Precedence(opened.store.home),
        )
    except OutdatedError as error:
        raise WorkerError(f"{here} cannot answer: {error.fact} Install the same version and model on it.") from error
    if collection.catalog.generation < opened.generation:
        raise WorkerError(f"{here} has an earlier state of the folder {folder}. Copy it from {opened.computer} again.")
    collection.follow()
    loaded = shared_reader(encoder_folder()) if reader == "bundled" else reader
    return Assistant(collection, opened.name, _report_as_committed(collection), reader=loaded)


def _portable(encoder: Encoder) -> str | Encoder:
    """What `--model` chooses an encoder by, empty for the bundled one, or the encoder itself: to be handed to other processes."""
    name: str | Encoder = getattr(encoder, "name", encoder)
    return name


def _load(model: str | Encoder) -> Encoder:
    """Load the encoder that `_portable` gave in another process."""
    return load_encoder(model or None, cache_folder=encoder_folder()) if isinstance(model, str) else model


def _report_as_committed(collection: Collection) -> UpdateReport:
    documents = collection.catalog.totals().documents
    return UpdateReport(0, 0, 0, unchanged=documents, failures=collection.catalog.failures())


def _names(sources: Sequence[str]) -> Sequence[str]:
    """A list of names, also if one was given alone."""
    return [sources] if isinstance(sources, str) else sources
