"""Answer a file of questions, in order, and write the answers to a file once all are done.

Until then, answers are appended to a journal next to the output file, so that an interrupted run can continue. The journal has
JSON lines: a header that describes the run, then one record per line, written without buffering. An incomplete last line is
dropped. A lock prevents two runs from writing the same journal (except on Windows, which has no `fcntl`). If the questions, the
collection or the version of the answers changed, the run starts over, so that all answers come from one state. Memory use does
not grow with the number of rows.
"""

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any, Protocol

from index import BatchError, DocumentInfo, QuestionError
from qa.answering.answer import VERSION, Answer
from qa.batch.questions import Row, read_questions, suffix_of_stream
from qa.batch.tables import answer_line, check_suffix, write_answers
from qa.text import file_errors
from qa.workers import Workers

_MAGIC = b'{"qa_journal": 1, '
_LONGEST_HEADER = 65536  # bytes; another program's file of that name may be one huge line


class Journal:
    """The records of one run, on disk; closing it keeps the file.

    Attributes:
        kept: The number of records from an earlier run.
        differs: The names of the values in which an earlier run, which is discarded, differs.
    """

    def __init__(self, path: Path, about: dict[str, Any]) -> None:
        """Open or create the journal of a run that some plain values describe; discard that of any other run.

        Raises:
            BatchError: The file cannot be written, is in use, or is not a journal.
        """
        self.path, self.kept = path, 0
        self.differs: tuple[str, ...] = ()
        with ExitStack() as opened, file_errors(f"write {path}"):
            path.touch()
            self._file = opened.enter_context(path.open("r+b", buffering=0))
            self._lock()
            self._recover({"qa_journal": 1, **about})
            opened.pop_all()

    def append(self, record: dict[str, Any]) -> None:
        """Add a record; raise BatchError if it cannot be written. The records before it are kept."""
        line = json.dumps(record, ensure_ascii=False).encode("utf-8") + b"\n"
        advice = ". What was answered is kept: run the same command again to go on."
        with file_errors(f"write {self.path}", advice):
            while line:
                line = line[self._file.write(line) :]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Read all records, in order, one at a time."""
        with self.path.open("rb") as file:
            file.readline()
            yield from map(json.loads, file)

    def remove(self) -> None:
        """Close and delete the file."""
        self.close()
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _lock(self) -> None:
        try:
            import fcntl
        except ImportError:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BatchError(f"{self.path} is in use: the same answers are being written by another run.") from error

    def _recover(self, header: dict[str, Any]) -> None:
        """Keep the complete records of the same run and drop the rest; write the header if missing."""
        with self.path.open("rb") as file:
            first = file.readline(_LONGEST_HEADER)
            if not first.startswith(_MAGIC[: len(first)]):
                raise BatchError(f"{self.path} is there and is not ours to overwrite. Move it away, then try again.")
            found = _parse(first)
            if found == header:
                end = len(first)
                for line in file:
                    if not _parse(line):
                        break
                    end += len(line)
                    self.kept += 1
                self._file.truncate(end)
                self._file.seek(end)
                return
        self.differs = tuple(name for name in header if found and found.get(name) != header[name])
        self._file.truncate(0)
        self.append(header)


def _parse(line: bytes) -> dict[str, Any]:
    """Parse one line; an incomplete line gives an empty record."""
    try:
        record = json.loads(line) if line.endswith(b"\n") else {}
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


__all__ = [
    "BatchReport",
    "Row",
    "answer_batch",
    "answer_line",
    "answer_stream",
    "check_files",
    "read_questions",
    "save_stream",
]


class Asked(Protocol):
    """Answers a question: an assistant, or a conversation with one."""

    def ask(self, question: str) -> Answer: ...


class Answering(Asked, Protocol):
    """The part of `Assistant` that a batch uses."""

    @property
    def generation(self) -> int: ...

    @property
    def identity(self) -> str: ...

    def documents(self) -> Sequence[DocumentInfo]: ...

    def conversation(self, history: Sequence[str]) -> Asked: ...


@dataclass(frozen=True, slots=True)
class BatchReport:
    """The result of a batch."""

    answered: int  # the number of rows with an answer, which may be "not in the sources"
    kept: int  # the number of rows, answered or not, from an earlier run that was interrupted
    not_answered: tuple[Row, ...]  # the other rows, each with its reason


def answer_batch(
    assistant: Answering,
    questions_path: str | Path,
    answers_path: str | Path,
    *,
    also: Sequence[str | Path] = (),
    details: bool = False,
    paths: bool = False,
    workers: Workers | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_record: Callable[[dict[str, Any]], None] | None = None,
    on_notice: Callable[[str], None] | None = None,
) -> BatchReport:
    """Answer a file of questions, each as `assistant.ask` does alone, or in a conversation as `assistant.conversation` does.

    Args:
        assistant: Answers the questions.
        questions_path: A table, a list or lines; see `read_questions`.
        answers_path: `.jsonl`, `.csv`, `.xlsx`, `.parquet` or `.md`; see `write_answers`. Replaced once all answers are there.
        also: More files for the same answers.
        details: Write tables with a row for each quote, and all that is known of it, instead of a row for each question.
        paths: Write the absolute paths of documents. Otherwise they are called by their names in the collection.
        workers: Processes that answer, from `Assistant.workers`. The files are the same, byte for byte.
        on_progress: Called after each row with the number of rows done and of all rows.
        on_record: Called with the record of each row, as `write_answers` takes it, once it is stored.
        on_notice: Called with one line when an earlier run is resumed or started over.

    Returns:
        The number of answers, and the rows without one, with reasons.

    Raises:
        BatchError: A file cannot be used, has the wrong suffix, or changed meanwhile. Rows already answered stay in the
            journal, `answers_path` with ".part" added.
        WorkerError: As for `Assistant.ask_many`; what was answered stays there too.
    """
    questions_path, answers_path = Path(questions_path), Path(answers_path).resolve()
    total = check_files(questions_path, answers_path)
    others = [Path(path).resolve() for path in also]
    for path in others:
        check_suffix(path)
    about = _describe_run(assistant, questions_path)
    with closing(Journal(answers_path.with_name(answers_path.name + ".part"), about)) as journal:
        _notify(journal, on_notice)
        done = journal.kept
        rows = read_questions(questions_path)
        histories: dict[str, tuple[str, ...]] = {}
        for row, record in zip(islice(rows, done), journal, strict=False):
            _remember(histories, row, record)
        ask: Ask = partial(_ask_later, assistant)
        if workers:
            ask = workers.ask
        for row, record in _answer_rows(rows, ask, histories, ahead=workers.ahead if workers else 1):
            journal.append(record)
            _remember(histories, row, record)
            done += 1
            if on_record:
                on_record(record)
            if on_progress:
                on_progress(done, total)
        if _describe_run(assistant, questions_path) != about:
            raise BatchError(
                f"{questions_path.name} or the collection changed while it was answered. "
                "Run the same command again to answer every question from one state."
            )
        for path in (*others, answers_path):
            write_answers(path, journal, details=details, paths=paths)
        bad = tuple(Row(record["line"], "", record["error"]) for record in journal if "error" in record)
        journal.remove()
        return BatchReport(answered=done - len(bad), kept=journal.kept, not_answered=bad)


def answer_stream(
    assistant: Answering,
    questions: Path | IO[bytes],
    *,
    paths: bool = False,
    workers: Workers | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    on_line: Callable[[str], None],
) -> BatchReport:
    """Answer questions whose answers go to a stream, one after the other; such a run cannot be resumed.

    Args:
        assistant: Answers the questions.
        questions: A file for `read_questions`; or a stream, which is read to its end and whose first line tells whether it is
            JSON lines, a table with headings as in `.csv`, or lines of text.
        paths: As for `answer_batch`.
        workers: As for `answer_batch`.
        on_progress: As for `answer_batch`.
        on_line: Called with `answer_line` of each row, once it is answered.

    Returns:
        As `answer_batch`.

    Raises:
        BatchError: The questions cannot be used, or changed meanwhile.
    """
    with TemporaryDirectory(prefix="qa-batch-") as folder:
        path = questions if isinstance(questions, Path) else save_stream(questions, Path(folder))
        return answer_batch(
            assistant,
            path,
            Path(folder) / "answers.jsonl",
            workers=workers,
            on_progress=on_progress,
            on_record=lambda record: on_line(answer_line(record, paths=paths)),
        )


def save_stream(stream: IO[bytes], folder: Path) -> Path:
    """Read a stream of questions to its end into a file of a folder, whose suffix its first line tells; return the file."""
    content = stream.read()
    path = folder / f"standard input{suffix_of_stream(content)}"
    path.write_bytes(content)
    return path


def check_files(questions_path: str | Path, answers_path: str | Path) -> int:
    """Check that questions can be read and answers can be written; raise BatchError if not.

    Returns:
        The number of rows of the questions.
    """
    questions_path, answers_path = Path(questions_path), Path(answers_path)
    check_suffix(answers_path)
    if answers_path.is_dir():
        raise BatchError(f"{answers_path} is a folder. Name a file.")
    if not answers_path.resolve().parent.is_dir():
        raise BatchError(f"the folder {answers_path.parent} does not exist. Make it, then try again.")
    rows = sum(1 for _ in read_questions(questions_path))
    if answers_path.exists() and answers_path.samefile(questions_path):
        raise BatchError(f"{answers_path} holds the questions. Write the answers to another file.")
    return rows


def _remember(histories: dict[str, tuple[str, ...]], row: Row, record: dict[str, Any]) -> None:
    """Remember the first and the last question of a conversation, which is all that a follow-up needs."""
    if row.conversation and "answer" in record and record["answer"].get("kind") != "greeting":
        histories[row.conversation] = (*histories.get(row.conversation, ())[:1], row.question)


Ask = Callable[
    [str, Sequence[str]], Callable[[], Answer]
]  # begins to answer a question; what it returns waits for the answer


def _ask_later(assistant: Answering, question: str, history: Sequence[str]) -> Callable[[], Answer]:
    return partial((assistant.conversation(history) if history else assistant).ask, question)


def _answer_rows(
    rows: Iterable[Row], ask: Ask, histories: Mapping[str, Sequence[str]], *, ahead: int
) -> Iterator[tuple[Row, dict[str, Any]]]:
    """Yield each row with its record, in order. A row of a conversation is asked once those before it were yielded."""
    waiting: deque[tuple[Row, Callable[[], Answer] | None]] = deque()
    for row in rows:
        while len(waiting) == ahead or (
            row.conversation and any(row.conversation == each.conversation for each, _ in waiting)
        ):
            yield _finish(*waiting.popleft())
        waiting.append((row, None if row.error else ask(row.question, histories.get(row.conversation, ()))))
    while waiting:
        yield _finish(*waiting.popleft())


def _finish(row: Row, answer: Callable[[], Answer] | None) -> tuple[Row, dict[str, Any]]:
    about: dict[str, Any] = {"line": row.line, "question": row.question, **({"own": row.own} if row.own else {})}
    if answer is None:
        return row, {**about, "error": row.error}
    try:
        return row, {**about, "answer": answer().to_dict()}
    except QuestionError as error:
        return row, {**about, "error": str(error)}


def _describe_run(assistant: Answering, questions_path: Path) -> dict[str, Any]:
    """Describe the questions and the collection in plain values that change when either does."""
    with file_errors(f"read {questions_path.name}"), questions_path.open("rb") as file:
        questions = hashlib.file_digest(file, "sha256").hexdigest()
    collection = hashlib.sha256()
    for entry in sorted((info.source, info.path, info.text_sha256) for info in assistant.documents()):
        collection.update(json.dumps(entry).encode("ascii"))
    return {
        "questions": questions,
        "collection": collection.hexdigest(),
        "generation": assistant.generation,
        "encoder": assistant.identity,
        "records": 3,  # of the journal; those of before lacked the column of the questions
        "version": VERSION,
    }


def _notify(journal: Journal, on_notice: Callable[[str], None] | None) -> None:
    if on_notice is None:
        return
    if journal.kept:
        on_notice(f"resuming after {journal.kept} row" + ("s" if journal.kept > 1 else ""))
    elif journal.differs:
        changed = "the questions" if "questions" in journal.differs else "the collection"
        changed = "this program" if set(journal.differs) <= {"version", "records"} else changed
        on_notice(f"starting over: {changed} changed since the run that was interrupted")
