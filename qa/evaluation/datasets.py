"""Labelled questions in BEIR layout: read a folder of them, and judge quotes by their labels.

corpus.jsonl    {"_id", "title", "text"}: one passage each
queries.jsonl   {"_id", "text"}; optional "answers" (strings), "answer_starts" (if the answers are excerpts of the
                corpus), "answer_sentences" or "selected_sentences" (strings), "answerable" (bool), "context_id" (the
                entry the question was written about), "history" ([{"role": "user", "text"}, …], oldest first)
qrels.tsv       query-id, corpus-id, score, with a header line

"answerable" wins over qrels.tsv; a question without it is answerable if qrels.tsv names an entry for it.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index import BatchError, Document, Locator, Place, SourceError, bytes_hash, text_hash

OPENING = 120  # characters
SHORT_ANSWER = 12  # words; quotes do not repeat longer answers, unless they are excerpts
_WORDS = re.compile(r"\w+")
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question and its labels."""

    id: str  # as in the file
    text: str  # the question
    history: tuple[str, ...]  # earlier questions of its conversation, oldest first
    answers: tuple[str, ...]  # answers by people
    excerpts: bool  # whether `answers` are excerpts of the corpus, of any length
    answer_sentences: tuple[str, ...]  # sentences of the corpus that answer it
    answerable: bool  # whether the corpus answers it
    relevant: dict[str, int]  # grades of the corpus entries that answer it, by id; empty if it is not answerable
    context: str = ""  # id of the corpus entry it was written about; "" if unknown


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled questions and their corpus."""

    name: str  # the folder's name
    corpus: Path  # the file corpus.jsonl
    corpus_ids: tuple[str, ...]  # ids of its entries in order: entry n is row n + 1 of the indexed corpus
    openings: frozenset[str]  # first letters and digits of its entries, to find entries that two datasets share
    questions: tuple[LabelledQuestion, ...]  # in the order of queries.jsonl


def read_dataset(folder: str | Path) -> Dataset:
    """Read a folder in BEIR layout.

    Returns:
        The dataset, without the texts of the corpus.

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
    questions = tuple(_question(record, relevant) for record in _records(folder / "queries.jsonl"))
    if not questions:
        raise BatchError(f"{folder / 'queries.jsonl'} has no questions.")
    corpus = folder / "corpus.jsonl"
    ids, openings = [], set()
    for record in _records(corpus):
        ids.append(record["_id"])
        openings.add(_NO_LETTER.sub("", record["text"][:OPENING]).casefold())
    return Dataset(folder.resolve().name, corpus, tuple(ids), frozenset(openings), questions)


def read_corpus(path: str | Path, *, name: str) -> Document:
    """Read corpus.jsonl as one document of the entries' texts: each entry is a row, its title the heading.

    Raises:
        SourceError: The file cannot be read, or a line of it is not an entry.
    """
    parts, locators, start = list[str](), list[Locator](), 0
    try:
        for row, record in enumerate(_records(Path(path)), start=1):
            text = record["text"].strip() or "(empty)"
            locators.append(Locator(start, start + len(text), Place(heading=record.get("title") or None, row=row)))
            parts.append(text)
            start += len(text) + 2
        content = Path(path).read_bytes()
    except (BatchError, OSError) as error:
        raise SourceError(str(error)) from error
    whole = "\n\n".join(parts)
    return Document(name, str(path), whole, text_hash(whole), bytes_hash(content), tuple(locators))


def _question(record: dict[str, Any], relevant: dict[str, dict[str, int]]) -> LabelledQuestion:
    entries, said = relevant.get(record["_id"], {}), record.get("answerable")
    answerable = said if isinstance(said, bool) else bool(entries)
    return LabelledQuestion(
        id=record["_id"],
        text=record["text"],
        history=tuple(turn["text"] for turn in record.get("history") or () if turn.get("role", "user") == "user"),
        answers=tuple(record.get("answers") or ()),
        excerpts=bool(record.get("answer_starts")),
        answer_sentences=tuple(record.get("answer_sentences") or record.get("selected_sentences") or ()),
        answerable=answerable,
        relevant=entries if answerable else {},
        context=str(record.get("context_id") or ""),
    )


def _records(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(_lines(path), start=1):
        try:
            record = json.loads(line)
            readable = isinstance(record["_id"], str) and isinstance(record["text"], str)
        except (ValueError, TypeError, KeyError):
            readable = False
        if not readable:
            raise BatchError(f'{path}, line {number}: not a JSON object with the strings "_id" and "text".')
        yield record


def _lines(path: Path) -> Iterator[str]:
    try:
        with open(path, encoding="utf-8-sig") as file:
            yield from (line.rstrip("\n") for line in file if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not valid UTF-8"
        raise BatchError(
            f"{path} cannot be read: {reason}. A dataset needs corpus.jsonl, queries.jsonl and qrels.tsv."
        ) from error


def is_right(quote: str, entry: str, question: LabelledQuestion) -> bool | None:
    """Judge a quote from the corpus entry with the id `entry` by the labels of its question.

    Returns:
        False if the question is not answerable. Otherwise the result of `holds_answer`, or if the answers are free text,
        whether the entry answers the question. None if the dataset has no answer.
    """
    if not question.answerable:
        return False
    held = holds_answer(quote, question)
    if held is None and question.answers and question.relevant:
        return question.relevant.get(entry, 0) > 0
    return held


def holds_answer(quote: str, question: LabelledQuestion) -> bool | None:
    """Compare a quote with the right answer.

    If the dataset has answering sentences, a right quote contains one of them or is part of one. Only words are compared, so
    that text split into tokens ("a one - year period") equals the same text as written. Otherwise a right quote contains
    one of the literal answers, without regard to case and white space.

    Returns:
        Whether the quote is right; None if the dataset has neither answering sentences nor literal answers.
    """
    if question.answer_sentences:
        said = _words(quote)
        known = [_words(sentence) for sentence in question.answer_sentences]
        return any(said.strip() and text.strip() and (text in said or said in text) for text in known)
    literal = literal_answers(question)
    return any(_plain(answer) in _plain(quote) for answer in literal) if literal else None


def literal_answers(question: LabelledQuestion) -> tuple[str, ...]:
    """Return the answers that a quote can repeat: excerpts, and other answers of at most `SHORT_ANSWER` words."""
    longest = math.inf if question.excerpts else SHORT_ANSWER
    return tuple(answer for answer in question.answers if 1 <= len(answer.split()) <= longest)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _words(text: str) -> str:
    return f" {' '.join(_WORDS.findall(text.casefold()))} "  # spaces around each, to find whole words only
