"""What people said of answers in the page, as labelled questions: to measure on, and to calibrate by.

An answer that was called right shows where its question is answered, or that it is not; one called wrong shows that it
should have been the other way round. A quote called the wrong sentence makes its answer wrong, unless that was called
right all the same; then only the sentence does not count.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import compress
from operator import not_
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index import BatchError, QAError
from qa.answering.citation import compare
from qa.answering.question import is_searched_alone
from qa.conversations import Conversations, KeptTurn
from qa.text import file_errors

if TYPE_CHECKING:
    from qa.assistant import Assistant


@dataclass(frozen=True, slots=True)
class Judgement:
    """A question whose answer was judged."""

    question: str  # as typed
    history: tuple[str, ...]  # questions before it that it was searched with, oldest first
    first_quote: str  # the first quote shown, or the nearest sentence; empty if neither
    answerable: bool  # whether the sources answer it, according to the labels
    right: tuple[Mapping[str, Any], ...]  # citations that answer, as from `Citation.to_dict`
    wrong: tuple[Mapping[str, Any], ...]  # citations that were called the wrong sentence


@dataclass(frozen=True, slots=True)
class FeedbackReport:
    """The number of questions and passages written."""

    questions: int  # number of questions
    passages: int  # number of passages of the collection
    lost: tuple[str, ...]  # the document of each quote that was left out because it is no longer there


def read_judgements(store: Conversations, collection: str) -> tuple[Judgement, ...]:
    """All labels of answers from a collection (its `Assistant.key`), in the order asked, without greetings and guidance."""
    labelled = store.labelled(collection)
    return tuple(_judge(turn, history) for turn, history in labelled if turn.record.get("kind", "answer") == "answer")


def write_feedback(assistant: "Assistant", judgements: tuple[Judgement, ...], folder: Path) -> FeedbackReport:
    """Write judgements as a dataset that `qa eval` reads, with all passages of the assistant's collection as its corpus.

    The folder is created if missing; dataset files in it are replaced.

    Raises:
        BatchError: Nothing was judged, or the folder cannot be written.
    """
    if not judgements:
        raise BatchError(
            "no answer from these documents was judged yet. Press a thumb beside an answer in the page, then try again."
        )
    passages, places = _collect_passages(assistant)
    queries = [{"_id": f"q{number}", **_describe(judgement)} for number, judgement in enumerate(judgements, start=1)]
    relevant: dict[tuple[str, str], None] = {}
    lost: list[str] = []
    for query, judgement in zip(queries, judgements, strict=True):
        for citation in judgement.right:
            if passage := places(citation):
                relevant[query["_id"], passage] = None
            else:
                lost.append(citation["source"])
    lines = ["query-id\tcorpus-id\tscore", *(f"{query}\t{passage}\t1" for query, passage in relevant)]
    with file_errors(f"write {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        for name, records in (("corpus.jsonl", passages), ("queries.jsonl", queries)):
            text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "qrels.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return FeedbackReport(len(queries), len(passages), tuple(lost))


def _judge(turn: KeptTurn, history: tuple[str, ...]) -> Judgement:
    record, right = turn.record, turn.labels.get(0) == "up"
    wrong = [turn.labels.get(number) == "wrong" for number in range(1, len(record["citations"]) + 1)]
    shown = [*record["citations"], *record["closest"]]
    alone = is_searched_alone(record["question"], record["searched"], record.get("corrected", ()))
    return Judgement(
        question=record["question"],
        history=() if alone else history,
        first_quote=shown[0]["quote"] if shown else "",
        answerable=(record["verdict"] == "answered") == right,
        right=tuple(compress(record["citations"], map(not_, wrong))) if right else (),
        wrong=tuple(compress(record["citations"], wrong)),
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


def _collect_passages(assistant: "Assistant") -> tuple[list[dict[str, Any]], Callable[[Mapping[str, Any]], str | None]]:
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
