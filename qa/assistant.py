"""An open collection that follows its files: everything an assistant does but answer.

The Python API: open some sources, ask them.
"""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

from index import (
    BackgroundUpdate,
    Collection,
    Document,
    DocumentInfo,
    DocumentStatus,
    Encoder,
    Failure,
    FileWatcher,
    Limits,
    Passage,
    Progress,
    QuestionError,
    Selection,
    SourceError,
    StoredPassage,
    UpdateReport,
    load_encoder,
)
from qa.answering.answer import Answer, Conversation, Scope, join_parts
from qa.answering.citation import Citation
from qa.answering.compose import CLOSEST_SHOWN, Finding, compose_answer, read_hits
from qa.answering.confidence import SHIPPED, Calibration
from qa.answering.parts import split_questions
from qa.answering.question import Corrected, correct_spelling, matching_sources, read_question, stand_alone
from qa.answering.requests import Occurrences, Request, describe_request, is_small_talk, read_request
from qa.collections import (
    Sources,
    encoder_folder,
    find_collection,
    home_folder,
    nothing_read,
    open_collection,
    select_sources,
)
from qa.reading.model import Reader, shared_reader
from qa.suggestions import suggest_first


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
        return self._collection.folder.name

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
                    self._selection(),
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

            selection, own = self._selection(), self._collection.library.added_folder
            self._watcher = FileWatcher(selection, refresh, own=own, delay=delay, on_notice=self._on_notice)

    def _selection(self) -> Selection:
        return self._collection.catalog.selection() or Selection(())

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
        return self._collection.catalog.failures()

    @property
    def generation(self) -> int:
        """Raised by every change of the documents."""
        return self._collection.catalog.generation

    @property
    def identity(self) -> str:
        """Which encoder the index was made with."""
        return self._collection.encoder.identity

    @property
    def scope(self) -> Scope:
        """How many documents and passages are searched."""
        totals = self._collection.catalog.totals()
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
        return self._collection.catalog.documents()

    def document(self, path: str) -> Document:
        """One document as it was indexed, by the path a citation gives; SourceError when there is none."""
        return self._collection.catalog.document(path)

    def passages(self, path: str) -> tuple[Passage, ...]:
        """The passages of one document, in order."""
        return tuple(stored.passage for stored in self._collection.catalog.passages_of(path))

    def passages_from(self, path: str, paragraph: int, most: int) -> list[StoredPassage]:
        """At most so many passages of one document that may answer, with their texts, from a paragraph on, in order."""
        return self._collection.catalog.passages_from(path, paragraph, most)

    def language_of(self, path: str) -> str:
        """ISO 639-1 code of the language of one document; empty where it was not told."""
        return self._collection.catalog.language_of(path)


CALIBRATION_VERSION = 2  # of a fit kept in a collection: of the log-odds it was made on; version 1 had no "version"
FOUND = 10  # passages; enough for five that are no twins
COUNTED = 500  # passages in which words are counted, at most
PATIENCE = 2.0  # seconds that opening waits for indexing to end before it lets questions in


class Assistant(OpenCollection):
    """Answers questions from the documents of one collection."""

    def __init__(
        self,
        collection: Collection,
        name: str,
        update: UpdateReport | BackgroundUpdate,
        *,
        reader: Reader | None,
        on_progress: Callable[[Progress], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
    ) -> None:
        """Wrap an open collection; `open` is the usual way in, and tells what the arguments are."""
        super().__init__(collection, name, update, on_progress=on_progress, on_notice=on_notice)
        self._reader = reader

    @classmethod
    def open(
        cls,
        sources: Sources | None = None,
        *,
        encoder: Encoder | None = None,
        reader: Reader | Literal["bundled"] | None = "bundled",
        home: str | Path | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        wait: bool = True,
    ) -> "Assistant":
        """Open some documents: builds their index, or brings it up to the files as they are now.

        Args:
            sources: A file, a folder or several of them, or a selection: these with rules and a name;
                `default_sources()` when omitted.
            encoder: Turns texts into vectors; the bundled model when omitted.
            reader: Reads the passages found; the bundled model when omitted. None judges by retrieval alone, as it is done
                for texts that are not in English.
            home: Where collections are kept; `home_folder()` when omitted.
            on_progress: Told of each step of indexing.
            on_notice: Called with one line of news, such as another process that must be waited for.
            wait: Whether to come back only when everything is indexed. Otherwise indexing goes on behind, and what is
                not embedded yet is found by its words; `finish_indexing` waits for the rest.

        Returns:
            An assistant that answers from everything that could be read; `failures` names the rest.

        Raises:
            SourceError: A path does not exist, or nothing in it could be read.
            StorageError: The collection cannot be written; as OutdatedError, it was made by another version or with
                another model.
            EncoderError: The encoder is missing or altered.
            ReaderError: The reader is missing or altered, or cannot be run.
        """
        selection = select_sources(sources)
        encoder = encoder or load_encoder(cache_folder=encoder_folder(), on_notice=on_notice)
        loaded = shared_reader(encoder_folder(), on_notice=on_notice) if reader == "bundled" else reader
        collection, name = open_collection(selection, encoder, Path(home or home_folder()))
        update: UpdateReport | BackgroundUpdate
        try:
            if wait:
                update = collection.update(selection, on_progress=on_progress, on_notice=on_notice)
            else:
                update = BackgroundUpdate(collection, selection, on_progress=on_progress, on_notice=on_notice)
                update.wait_searchable(PATIENCE)
            empty = not collection.catalog.totals().documents and not collection.catalog.exclusions()
            if empty and (isinstance(update, UpdateReport) or not update.running):
                raise SourceError(nothing_read(selection.paths, collection.catalog.failures()))
        except BaseException:
            collection.close()
            raise
        assistant = cls(collection, name, update, reader=loaded, on_progress=on_progress, on_notice=on_notice)
        assistant._drop_old_calibration()
        return assistant

    @classmethod
    def open_collection(
        cls,
        name: str,
        *,
        encoder: Encoder | None = None,
        reader: Reader | Literal["bundled"] | None = "bundled",
        home: str | Path | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        wait: bool = True,
    ) -> "Assistant":
        """Open a collection by its name, and bring it up to the files and folders it is made of.

        Args:
            name: As `list_collections` gives it.
            encoder: As for `open`, like all the rest.
            reader: See there.
            home: See there.
            on_progress: See there.
            on_notice: See there.
            wait: See there.

        Raises:
            SourceError: There is none of that name; or as for `open`.
            StorageError: As for `open`.
            EncoderError: As for `open`.
            ReaderError: As for `open`.
        """
        return cls.open(
            find_collection(name, home),
            encoder=encoder,
            reader=reader,
            home=home,
            on_progress=on_progress,
            on_notice=on_notice,
            wait=wait,
        )

    def __enter__(self) -> "Assistant":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def identity(self) -> str:
        """Names the encoder and the reader: answers of the same documents differ where it does."""
        return f"{super().identity} {self._reader.identity}" if self._reader else super().identity

    @property
    def calibration(self) -> Calibration:
        """The collection's own fit of the confidence; the shipped one until `qa calibrate` has made one.

        A fit made by a version before belongs to another confidence and is not used; `open` drops it.
        """
        kept = self._kept_calibration()
        if kept.pop("version", 1) != CALIBRATION_VERSION:
            return SHIPPED
        return Calibration(**kept)

    def set_calibration(self, calibration: Calibration) -> None:
        """Keep a fit of the confidence in the collection."""
        kept = {**asdict(calibration), "version": CALIBRATION_VERSION}
        self._collection.catalog.set_setting("calibration", json.dumps(kept))

    def _kept_calibration(self) -> dict[str, Any]:
        """The fit as it is kept; empty where there is none."""
        kept: dict[str, Any] = json.loads(self._collection.catalog.setting("calibration") or "{}")
        return kept

    def _drop_old_calibration(self) -> None:
        kept = self._kept_calibration()
        if kept and kept.get("version", 1) != CALIBRATION_VERSION:
            self._collection.catalog.set_setting("calibration", "")
            if self._on_notice:
                self._on_notice(
                    f"the confidence fitted to {self.name} by qa calibrate before no longer applies and was dropped; "
                    "run qa calibrate again"
                )

    def ask(self, question: str, *, sources: Sequence[str] = ()) -> Answer:
        """Answer one question.

        Args:
            question: In plain words. Words between double quotation marks must occur together where they are all that
                is typed, or where "+" precedes them; `source:NAME` narrows the search to some documents.
            sources: Names, parts of names or patterns of the documents to search; all when omitted.

        Returns:
            The quotes that answer; or the nearest passages, and that they may not.

        Raises:
            QuestionError: It is empty, has no word in it, is too long, or names no document there is.
        """
        return self._answer(question, sources=sources)

    def ask_many(self, questions: Iterable[str]) -> Iterator[Answer]:
        """Answer questions one after another: the same answers as `ask` gives, in order.

        Raises:
            QuestionError: At a question that cannot be searched, naming its position; those before it are answered.
        """
        for position, question in enumerate(questions, start=1):
            try:
                yield self.ask(question)
            except QuestionError as error:
                raise QuestionError(f"question {position}: {error}") from error

    def conversation(self, history: Sequence[str] = ()) -> Conversation:
        """Begin a conversation, in which a question may lean on those before it.

        Args:
            history: Questions asked before, oldest first.
        """
        return Conversation(self._answer, history)

    def _answer(
        self, question: str, *, history: Sequence[str] = (), as_typed: bool = False, sources: Sequence[str] = ()
    ) -> Answer:
        """Answer what was typed: a greeting, a wish that no sentence can be, one question, or several in one."""
        typed = read_question(question)
        request = read_request(typed.core)
        if request.kind != "question":
            return self._reply(question, request, sources=(*typed.sources, *_names(sources)))
        parts = (question,) if typed.phrases else split_questions(typed.core)
        if len(parts) == 1:
            return self.compose(self.find(question, history=history, as_typed=as_typed, sources=sources))
        earlier, answers = [] if as_typed else list(history), []
        for part in parts:
            finding = self.find(part, history=tuple(earlier), sources=(*typed.sources, *_names(sources)))
            answers.append(self.compose(finding))
            earlier.append(part)
        return join_parts(question, answers)

    def _reply(self, question: str, request: Request, *, sources: Sequence[str]) -> Answer:
        """Reply to what is no question: one line, and for the words it names the places where they occur."""
        nearest: list[Citation] = []
        occurrences: list[Occurrences] = []
        for words in request.words:
            finding = self.find(f'"{words}"', sources=sources, k=COUNTED)
            hits = () if finding.phrases_missing else finding.search.hits
            documents = len({hit.source for hit in hits})
            occurrences.append(Occurrences(words, len(hits), documents, len(hits) == COUNTED))
            if hits:
                answer = self.compose(finding)
                nearest += (answer.citations or answer.closest)[:CLOSEST_SHOWN]
        return Answer(
            question=question,
            searched=", ".join(request.words),
            verdict="not_in_sources",
            confidence=0.0,
            citations=(),
            closest=tuple(nearest[:CLOSEST_SHOWN]),
            scope=self.scope,
            kind="guidance" if request.kind == "guidance" else "greeting",
            message=describe_request(request, occurrences),
        )

    def suggestions(self, count: int = 4) -> tuple[str, ...]:
        """Suggest questions that these documents answer.

        They are made of the documents' own sentences; each was asked, and answered first of all with the sentence it was
        made of. The same index gives the same questions.

        Args:
            count: How many are wanted.

        Returns:
            Well-formed questions, of as many documents as there are; fewer, or none, rather than clumsy ones, and none
            for documents that are not in English.
        """
        found: tuple[str, ...] = ()
        for found in suggest_first(self, count):  # noqa: B007
            pass
        return found

    def find(
        self,
        question: str,
        *,
        history: Sequence[str] = (),
        as_typed: bool = False,
        sources: Sequence[str] = (),
        without: Sequence[str] = (),
        k: int = FOUND,
    ) -> Finding:
        """Search without composing an answer.

        Args:
            question: As for `ask`.
            history: Questions asked before in this conversation, oldest first.
            as_typed: Search the words as typed: without the history, and with their spelling.
            sources: As for `ask`.
            without: Names of documents not to search.
            k: How many passages to find at most.

        Returns:
            The hits, and what was searched.

        Raises:
            QuestionError: As for `ask`.
        """
        typed = read_question(question)
        core, earlier = Corrected(typed.core), []
        if not as_typed:
            core = core if typed.phrases else self._correct(typed.core)
            cores = [read_question(before).core for before in history]
            earlier = [self._correct(before).text for before in cores if not is_small_talk(before)]
        turn = stand_alone(core.text, earlier)
        questions = {turn.question: 1.0 - turn.weight}
        if turn.weight:
            questions[turn.context] = turn.weight
        scope, names = self.scope, None
        wanted = (*typed.sources, *_names(sources))
        if wanted or without:
            names = tuple(info.source for info in self.documents() if info.source not in without)
            names = matching_sources(names, wanted) if wanted else names
            scope = Scope(len(names), *self._collection.catalog.passage_counts(names))
        search = self._collection.search(questions, Limits(typed.phrases, names), k=k)
        phrases_missing = bool(typed.phrases) and not search.hits
        if phrases_missing:
            search = self._collection.search(questions, Limits(sources=names), k=k)
        searched = turn.searched if len(search.queries) > 1 else core.text
        read = None
        if self._reader:
            read = read_hits(self._reader, core.text, search.hits, rerank=len(search.queries) == 1)
        if read:
            search = replace(search, hits=read[0])
        return Finding(
            question,
            typed,
            searched,
            search,
            scope,
            phrases_missing,
            core.text,
            core.words,
            readings=read[1] if read else None,
        )

    def _correct(self, core: str) -> Corrected:
        return correct_spelling(core, self._collection.searcher.word_frequencies, self._collection.searcher.near_words)

    def compose(self, finding: Finding, calibration: Calibration | None = None) -> Answer:
        """Turn what was found into an answer, with the collection's own fit of the confidence or another."""
        return compose_answer(finding, self._collection.searcher.near_spellings, calibration or self.calibration)


def _names(sources: Sequence[str]) -> Sequence[str]:
    """Several names, also where one was given alone."""
    return [sources] if isinstance(sources, str) else sources
