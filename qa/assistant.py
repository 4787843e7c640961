"""The Python API: open some sources, ask them."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from index import (
    BackgroundUpdate,
    Collection,
    Document,
    DocumentInfo,
    Encoder,
    Failure,
    Limits,
    Passage,
    Progress,
    QuestionError,
    SourceError,
    UpdateReport,
    load_encoder,
)
from qa.answers import Answer, Scope
from qa.composing import Finding, compose_answer
from qa.conversation import Conversation
from qa.follow_ups import stand_alone
from qa.places import default_sources, encoder_folder, home_folder, name_collection
from qa.query import matching_sources, read_question
from qa.verdict import SHIPPED, Calibration

FOUND = 10  # passages; enough for five that are no twins
PATIENCE = 2.0  # seconds that opening waits for indexing to end before it lets questions in


class Assistant:
    """Answers questions from the documents of one collection."""

    def __init__(self, collection: Collection, name: str, update: UpdateReport | BackgroundUpdate) -> None:
        """Wrap an open collection that can be searched; `Assistant.open` is the usual way in.

        Args:
            collection: Open; brought up to its sources, or being brought up to them.
            name: What it is called.
            update: What its last update did, or the update that is at work.
        """
        self._collection = collection
        self._update = update
        self.name = name

    @classmethod
    def open(
        cls,
        sources: str | Path | Sequence[str | Path] | None = None,
        *,
        encoder: Encoder | None = None,
        home: str | Path | None = None,
        on_progress: Callable[[Progress], None] | None = None,
        on_notice: Callable[[str], None] | None = None,
        wait: bool = True,
    ) -> "Assistant":
        """Open some documents: builds their index, or brings it up to the files as they are now.

        Args:
            sources: A file, a folder or several of them; `default_sources()` when omitted.
            encoder: Turns texts into vectors; the bundled model when omitted.
            home: Where collections are kept; `home_folder()` when omitted.
            on_progress: Told of each step of indexing.
            on_notice: Called with one line of news, such as another process that must be waited for.
            wait: Whether to come back only when everything is indexed. Otherwise indexing goes on behind, and what is
                not embedded yet is found by its words; `finish_indexing` waits for the rest.

        Returns:
            An assistant that answers from everything that could be read; `failures` names the rest.

        Raises:
            SourceError: A path does not exist, or nothing in it could be read.
            StorageError: The collection cannot be written.
            EncoderError: The model is missing or altered.
        """
        if sources is None:
            sources = default_sources()
        paths = [Path(sources)] if isinstance(sources, (str, Path)) else [Path(source) for source in sources]
        if not paths:
            raise SourceError("no sources were named. Name a file or a folder of documents.")
        missing = next((path for path in paths if not path.expanduser().exists()), None)
        if missing is not None:
            raise SourceError(f"{str(missing)!r} does not exist. Name a file or a folder of documents.")
        encoder = encoder or load_encoder(cache_folder=encoder_folder(), on_notice=on_notice)
        name, key = name_collection(paths, encoder)
        collection = Collection(Path(home or home_folder()) / "collections" / key, encoder)
        update: UpdateReport | BackgroundUpdate
        try:
            if wait:
                update = collection.update(paths, on_progress=on_progress, on_notice=on_notice)
            else:
                update = BackgroundUpdate(collection, paths, on_progress=on_progress, on_notice=on_notice)
                update.wait_searchable(PATIENCE)
            if not collection.totals().documents and (wait or not update.running):
                raise SourceError(_nothing_read(paths, collection.failures()))
        except BaseException:
            collection.close()
            raise
        return cls(collection, name, update)

    def __enter__(self) -> "Assistant":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop indexing, if it is still at work, and close the collection's files."""
        if isinstance(self._update, BackgroundUpdate):
            self._update.stop()
        self._collection.close()

    @property
    def indexing(self) -> bool:
        """Whether the index is still being brought up to the documents."""
        return isinstance(self._update, BackgroundUpdate) and self._update.running

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
    def calibration(self) -> Calibration:
        """The collection's own fit of the confidence; the shipped one until `qa calibrate` has made one."""
        kept = self._collection.setting("calibration")
        return Calibration(**json.loads(kept)) if kept else SHIPPED

    def set_calibration(self, calibration: Calibration) -> None:
        """Keep a fit of the confidence in the collection."""
        self._collection.set_setting("calibration", json.dumps(asdict(calibration)))

    @property
    def scope(self) -> Scope:
        """How many documents and passages are searched."""
        totals = self._collection.totals()
        return Scope(totals.documents, totals.passages, totals.pending)

    def ask(self, question: str, *, sources: Sequence[str] = ()) -> Answer:
        """Answer one question.

        Args:
            question: In plain words. Words between double quotation marks must occur together; `source:NAME` narrows
                the search to some documents.
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
        return self.compose(self.find(question, history=() if as_typed else history, sources=sources))

    def find(
        self,
        question: str,
        *,
        history: Sequence[str] = (),
        sources: Sequence[str] = (),
        without: Sequence[str] = (),
        k: int = FOUND,
    ) -> Finding:
        """Search without composing an answer.

        Args:
            question: As for `ask`.
            history: Questions asked before in this conversation, oldest first.
            sources: As for `ask`.
            without: Names of documents not to search.
            k: How many passages to find at most.

        Returns:
            The hits, and what was searched.

        Raises:
            QuestionError: As for `ask`.
        """
        typed = read_question(question)
        turn = stand_alone(typed.text, [read_question(earlier).text for earlier in history])
        questions = {turn.question: 1.0 - turn.weight}
        if turn.weight:
            questions[turn.context] = turn.weight
        scope, names = self.scope, None
        wanted = (*typed.sources, *([sources] if isinstance(sources, str) else sources))
        if wanted or without:
            names = tuple(info.source for info in self.documents() if info.source not in without)
            names = matching_sources(names, wanted) if wanted else names
            scope = Scope(len(names), *self._collection.passage_counts(names))
        search = self._collection.search(questions, Limits(typed.phrases, names), k=k)
        phrases_missing = bool(typed.phrases) and not search.hits
        if phrases_missing:
            search = self._collection.search(questions, Limits(sources=names), k=k)
        searched = turn.searched if len(search.queries) > 1 else typed.text
        return Finding(question, typed, searched, search, scope, phrases_missing)

    def compose(self, finding: Finding, calibration: Calibration | None = None) -> Answer:
        """Turn what was found into an answer, with the collection's own fit of the confidence or another."""
        return compose_answer(finding, self._collection.near_spellings, calibration or self.calibration)

    def documents(self) -> tuple[DocumentInfo, ...]:
        """Every document, by the name shown."""
        return self._collection.documents()

    def document(self, path: str) -> Document:
        """One document as it was indexed, by the path a citation gives; SourceError when there is none."""
        return self._collection.document(path)

    def passages(self, path: str) -> tuple[Passage, ...]:
        """The passages of one document, in order."""
        return self._collection.passages(path)


def _nothing_read(paths: Sequence[Path], failures: Sequence[Failure]) -> str:
    named = ", ".join(repr(str(path)) for path in paths)
    if not failures:
        return f"{named} holds no documents. Put some documents there, then try again."
    first = failures[0].reason
    more = f" ({len(failures) - 1} more could not be read either.)" if len(failures) > 1 else ""
    return f"{named} holds nothing that can be read: {first}{more}"
