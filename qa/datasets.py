"""Read a folder of labelled questions in BEIR layout.

corpus.jsonl    {"_id", "title", "text"}: one passage each
queries.jsonl   {"_id", "text"}; where known "answers" (strings), "answer_starts" (where the answers are excerpts of the
                corpus), "answer_sentences" or "selected_sentences" (strings), "answerable" (bool), "context_id" (the
                entry it was written about) and "history" ([{"role": "user", "text"}, …], oldest first)
qrels.tsv       query-id, corpus-id, score, with a header line

What "answerable" says wins over qrels.tsv; a question without it is answerable when qrels.tsv names an entry for it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index import BatchError, Document, Locator, SourceError, file_hash, text_hash

OPENING = 120  # characters
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question and what is known of its answer.

    Attributes:
        id: As in the file.
        text: The question.
        history: Questions before it in its conversation, oldest first.
        answers: What people answered.
        excerpts: Whether each of `answers` is an excerpt of the corpus, however long.
        answer_sentences: Sentences of the corpus that answer.
        answerable: Whether the corpus answers it.
        relevant: Ids of the corpus entries that answer it, with their grade; none when it is not answerable.
        context: Id of the corpus entry that it was written about; "" where that is not known.
    """

    id: str
    text: str
    history: tuple[str, ...]
    answers: tuple[str, ...]
    excerpts: bool
    answer_sentences: tuple[str, ...]
    answerable: bool
    relevant: dict[str, int]
    context: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled questions and their corpus.

    Attributes:
        name: The folder's.
        corpus: The file.
        corpus_ids: Ids of its entries in order: entry n is row n + 1 of the indexed corpus.
        openings: The first letters and digits of its entries, to see what two datasets share.
        questions: In the order of their file.
    """

    name: str
    corpus: Path
    corpus_ids: tuple[str, ...]
    openings: frozenset[str]
    questions: tuple[LabelledQuestion, ...]


def read_dataset(folder: str | Path) -> Dataset:
    """Read a folder in BEIR layout.

    Args:
        folder: Holds corpus.jsonl, queries.jsonl and qrels.tsv.

    Returns:
        The dataset; the texts of the corpus stay in its file.

    Raises:
        BatchError: A file is missing or a line of it cannot be read.
    """
    folder = Path(folder)
    relevant: dict[str, dict[str, int]] = {}
    for number, line in enumerate(_lines(folder / "qrels.tsv"), start=1):
        fields = line.split("\t")
        if number == 1 and not fields[-1].strip().lstrip("-").isdigit():
            continue
        try:
            question, entry, grade = fields
            relevant.setdefault(question, {})[entry] = int(grade)
        except ValueError as error:
            raise BatchError(f"{folder / 'qrels.tsv'}, line {number}: not query-id, corpus-id, score.") from error
    questions = tuple(_question(record, relevant) for record in _records(folder / "queries.jsonl", ("_id", "text")))
    if not questions:
        raise BatchError(f"{folder / 'queries.jsonl'} holds no questions.")
    corpus = folder / "corpus.jsonl"
    ids, openings = [], set()
    for record in _records(corpus, ("_id", "text")):
        ids.append(str(record["_id"]))
        openings.add(_NO_LETTER.sub("", record["text"][:OPENING]).casefold())
    return Dataset(folder.resolve().name, corpus, tuple(ids), frozenset(openings), questions)


def read_corpus(path: str | Path, *, name: str) -> Document:
    """Read corpus.jsonl as one document: each entry a row, its title the heading.

    Args:
        path: The file.
        name: The name shown.

    Returns:
        The document, with the entries' texts as its text.

    Raises:
        SourceError: The file cannot be read, or a line of it is not an entry.
    """
    parts: list[str] = []
    locators: list[Locator] = []
    start = 0
    try:
        for row, record in enumerate(_records(Path(path), ("_id", "text")), start=1):
            text = record["text"].strip() or "(empty)"
            locators.append(Locator(start, start + len(text), heading=record.get("title") or None, row=row))
            parts.append(text)
            start += len(text) + 2
        content = Path(path).read_bytes()
    except (BatchError, OSError) as error:
        raise SourceError(str(error)) from error
    whole = "\n\n".join(parts)
    return Document(name, str(path), whole, text_hash(whole), file_hash(content), tuple(locators))


def _question(record: dict[str, Any], relevant: dict[str, dict[str, int]]) -> LabelledQuestion:
    history = tuple(turn["text"] for turn in record.get("history") or () if turn.get("role", "user") == "user")
    entries = relevant.get(str(record["_id"]), {})
    said = record.get("answerable")
    answerable = said if isinstance(said, bool) else bool(entries)
    return LabelledQuestion(
        id=str(record["_id"]),
        text=record["text"],
        history=history,
        answers=tuple(record.get("answers") or ()),
        excerpts=bool(record.get("answer_starts")),
        answer_sentences=tuple(record.get("answer_sentences") or record.get("selected_sentences") or ()),
        answerable=answerable,
        relevant=entries if answerable else {},
        context=str(record.get("context_id") or ""),
    )


def _records(path: Path, required: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_lines(path), start=1):
        try:
            record = json.loads(line)
            if not all(isinstance(record[key], str) for key in required):
                raise ValueError
        except (ValueError, TypeError, KeyError) as error:
            wanted = " and ".join(f'"{key}"' for key in required)
            raise BatchError(f"{path}, line {number}: not a JSON object with the strings {wanted}.") from error
        yield record


def _lines(path: Path) -> Iterator[str]:
    try:
        with open(path, encoding="utf-8-sig") as file:
            yield from (line.rstrip("\n") for line in file if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not valid UTF-8"
        raise BatchError(
            f"{path} cannot be read: {reason}. A dataset holds corpus.jsonl, queries.jsonl and qrels.tsv."
        ) from error
