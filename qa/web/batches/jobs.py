"""Many questions at once, from a file: what is asked, how far it has come, and the files of answers.

A batch is `answer_batch` in a thread of its own, which hands the assistant's thread one question at a time: the chat
goes on being answered, and the answers are, byte for byte, those of `qa batch`. It belongs to whoever knows its id,
which cannot be guessed; that is the browser it was started in, also after the page is loaded again.
"""

import logging
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from index import BatchError, DocumentInfo, QAError
from qa.answering.answer import Answer
from qa.batch import answer_batch
from qa.batch.questions import Row, read_questions
from qa.text import describe_size
from qa.web import strings
from qa.web.host import AssistantHost, NotReady
from qa.web.log import note_answer

if TYPE_CHECKING:
    from qa.assistant import Assistant

LARGEST_QUESTIONS = 5_000_000  # bytes
MOST_ROWS = 10_000
MOST_BATCHES = 20  # kept at once, of all visitors
PAGE = 50  # rows of the table of answers that are shown at once
BATCH_FORMATS = (".csv", ".xlsx", ".jsonl", ".md")


class BatchStopped(Exception):
    """The batch was asked to stop; what was answered is kept."""


@dataclass(frozen=True, slots=True)
class AnsweredRow:
    """A row of the table of answers.

    Attributes:
        line: Of the file of questions.
        question: As asked.
        outcome: "answered", "closest", "not_in_sources", "greeting", "guidance" or "error".
        answer: The exact words; empty if unknown.
        quote: The first quote, or what is said instead.
        source: Name of its document; empty where there is none.
        locator: Where it is, in words.
        start: First character of the quote in the document's text.
        end: Character after the last.
    """

    line: int
    question: str
    outcome: str
    answer: str
    quote: str
    source: str = ""
    locator: str = ""
    start: int = 0
    end: int = 0


def read_answered(record: dict[str, Any]) -> AnsweredRow:
    """A row of the table, from a record as `answer_batch` gives it."""
    found = record.get("answer")
    if not found:
        return AnsweredRow(record["line"], record.get("question", ""), "error", "", record.get("error", ""))
    answer = Answer.from_dict(found)
    outcome = answer.verdict if answer.kind == "answer" else answer.kind
    first = next(iter(answer.citations or answer.closest), None)
    if first is None:
        return AnsweredRow(record["line"], answer.question, outcome, "", answer.message)
    return AnsweredRow(
        record["line"],
        answer.question,
        outcome,
        first.answer,
        first.quote,
        first.source,
        first.locator(),
        first.start,
        first.end,
    )


@dataclass(frozen=True, slots=True)
class BatchState:
    """How a batch stands.

    Attributes:
        stage: "waiting": to be started; "running"; "stopping"; "stopped": it can go on; "done".
        name: Of the file of questions.
        rows: How many rows it has, bad ones included.
        bad: Those that cannot be asked, or were not answered, with reasons.
        done: How many rows are done.
        seconds_left: How long the others will take; None while that cannot be told.
        answers: What became of the rows that are done, in order.
        shown: Which of them are shown: an outcome, or empty for all, and the page, from 0.
        message: Why it ended early, in one line; empty when it did not.
    """

    stage: Literal["waiting", "running", "stopping", "stopped", "done"]
    name: str
    rows: int
    bad: tuple[Row, ...] = ()
    done: int = 0
    seconds_left: float | None = None
    answers: tuple[AnsweredRow, ...] = ()
    shown: tuple[str, int] = ("", 0)
    message: str = ""


class Batch:
    """One file of questions and its answers."""

    def __init__(self, host: AssistantHost, folder: Path, questions: Path) -> None:
        """Look at the questions; nothing is asked before `start`.

        Args:
            host: The assistant.
            folder: A folder of its own; the answers come into it.
            questions: The file, inside the folder.

        Raises:
            BatchError: It holds no questions, or too many.
        """
        self.folder, self.questions = folder, questions
        self._host, self._stopping = host, threading.Event()
        self._changing = threading.Lock()  # guards the state, which is told from several threads
        rows = list(islice(read_questions(questions), MOST_ROWS + 1))
        if len(rows) > MOST_ROWS:
            raise BatchError(strings.BATCH_TOO_MANY_ROWS.format(name=questions.name, most=f"{MOST_ROWS:,}"))
        bad = tuple(row for row in rows if row.error)
        if len(bad) == len(rows):
            raise BatchError(strings.BATCH_NO_QUESTIONS.format(name=questions.name))
        self.state = BatchState("waiting", questions.name, len(rows), bad)

    def answers(self, suffix: str) -> Path:
        """The file of answers of a format; it is there once the batch is done."""
        return self.folder / f"answers{suffix}"

    def start(self) -> None:
        """Begin, or go on where it was stopped; nothing happens where it is at work or done."""
        with self._changing:
            if self.state.stage not in ("waiting", "stopped"):
                return
            self._stopping.clear()
            self.state = replace(self.state, stage="running", message="", seconds_left=None)
        threading.Thread(target=self._run, name="batch", daemon=True).start()

    def show(self, outcome: str, page: int) -> None:
        """Choose which of the answers are shown: those of an outcome, or all, and a page of them, from 0."""
        self._change(shown=(outcome, page))

    def stop(self) -> None:
        """Let the question that is being answered be the last."""
        self._stopping.set()
        with self._changing:
            if self.state.stage == "running":
                self.state = replace(self.state, stage="stopping")

    def _run(self) -> None:
        began, first = time.monotonic(), None
        answers = {row.line: row for row in self.state.answers}

        def tell(done: int, total: int) -> None:
            nonlocal first
            first = done if first is None else first
            left = (time.monotonic() - began) / (done - first + 1) * (total - done)
            self._change(done=done, seconds_left=left, answers=tuple(answers.values()))
            if self._stopping.is_set() and done < total:
                raise BatchStopped

        try:
            report = answer_batch(
                SharedAssistant(self._host),
                self.questions,
                self.answers(".jsonl"),
                also=[self.answers(suffix) for suffix in BATCH_FORMATS if suffix != ".jsonl"],
                on_progress=tell,
                on_record=lambda record: answers.update({record["line"]: read_answered(record)}),
            )
            self._change(stage="done", bad=report.not_answered, seconds_left=None)
        except BatchStopped:
            self._change(stage="stopped", seconds_left=None)
        except (QAError, NotReady) as error:
            self._change(stage="stopped", seconds_left=None, message=str(error))
        except Exception:
            logging.getLogger(__name__).exception("a batch ended early")
            self._change(stage="stopped", seconds_left=None, message=strings.BATCH_ERROR)

    def _change(self, **values: Any) -> None:
        with self._changing:
            self.state = replace(self.state, **values)


class SharedAssistant:
    """What `answer_batch` asks: the assistant of the page, a question at a time, as long as its documents stay the same."""

    def __init__(self, host: AssistantHost) -> None:
        """Hold on to the assistant that is open now.

        Raises:
            NotReady: There is none.
            BatchError: Its documents are being indexed.
        """
        if host.state.stage == "indexing":
            raise BatchError(strings.BATCH_INDEXING)
        self._host = host
        self.generation, self.identity = host.call(lambda assistant: (assistant.generation, assistant.identity))

    def ask(self, question: str) -> Answer:
        """Ask like `Assistant.ask`."""
        return self.note(lambda assistant: assistant.ask(question))

    def conversation(self, history: Sequence[str]) -> "SharedConversation":
        """Begin like `Assistant.conversation`."""
        return SharedConversation(self, tuple(history))

    def documents(self) -> Sequence[DocumentInfo]:
        """List like `Assistant.documents`."""
        documents: Sequence[DocumentInfo] = self._call(lambda assistant: assistant.documents())
        return documents

    def note(self, work: "Callable[[Assistant], Answer]") -> Answer:
        """Answer a question in the assistant's thread, and note that in the log."""
        answer: Answer = self._call(work)
        note_answer("batch", answer)
        return answer

    def _call(self, work: "Callable[[Assistant], Any]") -> Any:
        def check(assistant: "Assistant") -> Any:
            if assistant.generation != self.generation:
                raise BatchError(strings.BATCH_CHANGED)
            return work(assistant)

        return self._host.call(check)


@dataclass(frozen=True, slots=True)
class SharedConversation:
    """A conversation of a shared assistant."""

    assistant: SharedAssistant
    history: tuple[str, ...]

    def ask(self, question: str) -> Answer:
        """Ask like `Conversation.ask`."""
        return self.assistant.note(lambda assistant: assistant.conversation(self.history).ask(question))


class Batches:
    """All batches, by their ids."""

    def __init__(self, folder: Path) -> None:
        """Keep none yet.

        Args:
            folder: A private folder of this process, which is deleted at its end; batches lie in `batches` inside it.
        """
        self._folder = folder / "batches"
        self._lock = threading.Lock()
        self._batches: dict[str, Batch] = {}

    def find(self, id_: Any) -> Batch | None:
        """The batch that has an id; None for anything else that the browser may send."""
        return self._batches.get(id_) if isinstance(id_, str) else None

    def add(self, upload: Path, host: AssistantHost) -> str:
        """Make a batch of a file, which is moved; where there are too many, the oldest that is not at work goes.

        Args:
            upload: The file.
            host: The assistant that is asked.

        Returns:
            Its id, 32 characters that cannot be guessed.

        Raises:
            BatchError: The file holds no questions, is too large, or too many batches are at work.
        """
        if upload.stat().st_size > LARGEST_QUESTIONS:
            most = describe_size(LARGEST_QUESTIONS)
            raise BatchError(strings.BATCH_TOO_LARGE.format(name=upload.name, most=most))
        self._make_room()
        id_ = secrets.token_urlsafe(24)
        folder = self._folder / id_
        (folder / "questions").mkdir(mode=0o700, parents=True)
        try:
            questions = Path(shutil.move(upload, folder / "questions" / upload.name))
            batch = Batch(host, folder, questions)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        with self._lock:
            self._batches[id_] = batch
        return id_

    def paste(self, text: str, host: AssistantHost) -> str:
        """Make a batch of questions that were pasted, one a line; result and errors as for `add`."""
        folder = self._folder / secrets.token_urlsafe(24)
        folder.mkdir(mode=0o700, parents=True)
        try:
            file = folder / strings.BATCH_PASTED
            file.write_text(text, encoding="utf-8", errors="replace")
            return self.add(file, host)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def remove(self, id_: Any) -> None:
        """Stop a batch and delete its files; nothing happens where there is none."""
        with self._lock:
            batch = self._batches.pop(id_, None) if isinstance(id_, str) else None
        if batch:
            batch.stop()
            shutil.rmtree(batch.folder, ignore_errors=True)

    def _make_room(self) -> None:
        if len(self._batches) < MOST_BATCHES:
            return
        idle = [id_ for id_, batch in self._batches.items() if batch.state.stage not in ("running", "stopping")]
        if not idle:
            raise BatchError(strings.BATCH_TOO_MANY)
        self.remove(idle[0])
