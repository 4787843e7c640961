"""What people said of answers in the page, as labelled questions: to measure on, and to calibrate by.

An answer that was called right shows where its question is answered, or that it is not; one called wrong shows that it
should have been the other way round. A quote called the wrong sentence makes its answer wrong, unless that was called
right all the same; then only the sentence does not count.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index import BatchError, QAError
from qa.answering.citation import compare
from qa.answering.question import is_searched_alone
from qa.conversations import Conversations, KeptTurn

if TYPE_CHECKING:
    from qa.assistant import Assistant


@dataclass(frozen=True, slots=True)
class Judgement:
    """A question whose answer was judged.

    Attributes:
        question: As typed.
        history: Questions before it that it was searched with, oldest first.
        first_quote: The first quote shown, or the nearest sentence; empty if neither.
        answerable: Whether the sources answer it, according to the labels.
        right: Citations that answer, as `Citation.to_dict` gives them.
        wrong: Citations that were called the wrong sentence.
    """

    question: str
    history: tuple[str, ...]
    first_quote: str
    answerable: bool
    right: tuple[Mapping[str, Any], ...]
    wrong: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class FeedbackReport:
    """The number of questions and passages written.

    Attributes:
        questions: How many.
        passages: How many passages of the collection.
        lost: Names of documents, one for each quote that is no longer in the collection, so that it was left out.
    """

    questions: int
    passages: int
    lost: tuple[str, ...]


def read_judgements(store: Conversations, collection: str) -> tuple[Judgement, ...]:
    """Everything that was said of the answers from a collection, in the order asked; greetings and guidance aside.

    Args:
        store: Where conversations are kept.
        collection: A collection's `Assistant.key`.
    """
    labelled = store.labelled(collection)
    return tuple(_judge(turn, history) for turn, history in labelled if turn.record.get("kind", "answer") == "answer")


def write_feedback(assistant: "Assistant", judgements: tuple[Judgement, ...], folder: Path) -> FeedbackReport:
    """Write judgements as a dataset that `qa eval` reads, with all passages of the collection as its corpus.

    Args:
        assistant: Open on the collection.
        judgements: As `read_judgements` gives them.
        folder: Created if missing; dataset files in it are replaced.

    Returns:
        A report.

    Raises:
        BatchError: Nothing was judged, or the folder cannot be written.
    """
    if not judgements:
        raise BatchError(
            "no answer from these documents was judged yet. Press a thumb beside an answer in the page, then try again."
        )
    passages, places = _collect_passages(assistant)
    queries: list[dict[str, Any]] = []
    relevant: list[tuple[str, str]] = []
    lost: list[str] = []
    for number, judgement in enumerate(judgements, start=1):
        id_ = f"q{number}"
        queries.append({"_id": id_, **_describe(judgement)})
        for citation in judgement.right:
            passage = places(citation)
            if passage is None:
                lost.append(citation["source"])
            elif (id_, passage) not in relevant:
                relevant.append((id_, passage))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_lines(folder / "corpus.jsonl", passages)
        _write_lines(folder / "queries.jsonl", queries)
        lines = ["query-id\tcorpus-id\tscore", *(f"{query}\t{passage}\t1" for query, passage in relevant)]
        (folder / "qrels.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        raise BatchError(f"cannot write {folder}: {error.strerror or error}") from error
    return FeedbackReport(len(queries), len(passages), tuple(lost))


def _judge(turn: KeptTurn, history: tuple[str, ...]) -> Judgement:
    record, labels = turn.record, turn.labels
    citations, answered = record["citations"], record["verdict"] == "answered"
    right = labels.get(0) == "up"
    wrong = [number for number in range(1, len(citations) + 1) if labels.get(number) == "wrong"]
    shown = [*citations, *record["closest"]]
    alone = is_searched_alone(record["question"], record["searched"], record.get("corrected", ()))
    return Judgement(
        question=record["question"],
        history=() if alone else history,
        first_quote=shown[0]["quote"] if shown else "",
        answerable=answered == right,
        right=tuple(c for number, c in enumerate(citations, start=1) if right and number not in wrong),
        wrong=tuple(citations[number - 1] for number in wrong),
    )


def _describe(judgement: Judgement) -> dict[str, Any]:
    places = ("source", "start", "end", "quote")
    return {
        "text": judgement.question,
        "history": [{"role": "user", "text": question} for question in judgement.history],
        "answerable": judgement.answerable,
        "answer_sentences": [citation["quote"] for citation in judgement.right],
        "wrong_sentences": [{name: citation[name] for name in places} for citation in judgement.wrong],
    }


def _collect_passages(
    assistant: "Assistant",
) -> tuple[list[dict[str, Any]], Callable[[Mapping[str, Any]], str | None]]:
    """All passages that can answer, as entries of a corpus; and a function that finds the entry of a citation."""
    entries: list[dict[str, Any]] = []
    spans: dict[str, list[tuple[int, int, str]]] = {}
    for info in assistant.documents():
        text = assistant.document(info.path).text
        for passage in assistant.passages(info.path):
            if passage.answering:
                id_ = f"p{len(entries) + 1}"
                entries.append({"_id": id_, "title": info.source, "text": text[passage.start : passage.end]})
                spans.setdefault(info.path, []).append((passage.start, passage.end, id_))

    def find(citation: Mapping[str, Any]) -> str | None:
        try:
            start = compare(citation, assistant.document(citation["path"])).start
        except QAError:
            return None
        found = spans.get(citation["path"], ())
        return next((id_ for first, last, id_ in found if start is not None and first <= start < last), None)

    return entries, find


def _write_lines(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
