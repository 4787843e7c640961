"""Measure a collection that is there: open it, ask it, compare it with exact search, change it and change it back."""

import gc
import heapq
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from index import Collection
from qa.assistant import Assistant
from qa.bench.building import TimedEncoder, open_encoder
from qa.bench.corpus import Corpus, load_corpus, make_questions
from qa.bench.figures import Spread, spread
from qa.bench.machine import held_memory
from qa.reading.model import shared_reader

WARM_QUESTIONS = 10  # asked first and not counted
QUESTIONS = 110  # those included
BATCH = 100
COMPARED = 20  # of the batch: asked again, alone and in another process
NEAREST = 10
TIE = 1e-6  # scores are rounded so far: passages whose scores differ by less are equally near
ADDED_PASSAGES = 10  # in the small file added
CHANGES_AT_MOST = 5


def measure_search(
    corpus: str, cache: str, pool: str | None, place: dict[str, str], size: int, repeats: int
) -> dict[str, Any]:
    """Measure one collection.

    Args:
        corpus: The file of the corpus.
        cache: Where the fast encoder is kept.
        pool: As for `open_encoder`.
        place: "documents", "collection": folders.
        size: How many passages the documents hold.
        repeats: How often a file is added and removed, up to `CHANGES_AT_MOST`.

    Returns:
        "figures": what `SearchFigures` has, but for `same_again`; "hashes": of the answers to compare.
    """
    made_of, encoder = load_corpus(corpus), open_encoder(corpus, cache, pool)
    typed = make_questions(made_of, size, QUESTIONS)
    batch = make_questions(made_of, size, BATCH, seed=1)
    before = held_memory()
    start = time.perf_counter()
    collection, assistant = _open(encoder, cache, place)
    opened = time.perf_counter() - start
    for question in typed[:WARM_QUESTIONS]:
        assistant.ask(question)
    gc.collect()
    after = held_memory()
    asked = [_seconds(lambda question=question: assistant.ask(question)) for question in typed[WARM_QUESTIONS:]]
    start = time.perf_counter()
    together = [answer.hash for answer in assistant.ask_many(batch)]
    batch_seconds = time.perf_counter() - start
    alone = [assistant.ask(question).hash for question in batch[:COMPARED]]
    vectors = np.stack([encoder.encode_question(question) for question in batch])
    nearest, recall, count = _compare_with_exact(collection, vectors)
    add, remove = _change(collection, encoder, made_of, place["documents"], size, min(repeats, CHANGES_AT_MOST))
    passages = collection.catalog.totals().passages
    collection.close()
    figures = {
        "passages": passages,
        "vectors": count,
        "disk_bytes": sum(file.stat().st_size for file in Path(place["collection"]).rglob("*") if file.is_file()),
        "open_seconds": opened,
        "resident_bytes": _more(before.resident, after.resident),
        "anonymous_bytes": _more(before.anonymous, after.anonymous),
        "ask": asdict(spread(asked)),
        "batch_rate": len(batch) / batch_seconds,
        "nearest": asdict(nearest),
        "recall": recall,
        "add": asdict(add),
        "remove": asdict(remove),
        "same_in_batch": alone == together[:COMPARED],
    }
    return {"figures": figures, "hashes": alone}


def hash_answers(corpus: str, cache: str, pool: str | None, place: dict[str, str], size: int) -> dict[str, Any]:
    """The hashes that `measure_search` gives under "hashes", but asked in reverse order."""
    encoder = open_encoder(corpus, cache, pool)
    questions = make_questions(load_corpus(corpus), size, BATCH, seed=1)[:COMPARED]
    collection, assistant = _open(encoder, cache, place)
    hashes = [assistant.ask(question).hash for question in reversed(questions)]
    collection.close()
    return {"hashes": hashes[::-1]}


def exact_scores(
    collection: Collection, vectors: np.ndarray, wanted: Sequence[Sequence[int]]
) -> tuple[list[list[float]], list[dict[int, float]], int]:
    """Score every vector of a collection by inner product with some questions.

    Args:
        collection: Open.
        vectors: The questions', float32 of shape (questions, dimension).
        wanted: For each question, passages whose scores are wanted.

    Returns:
        For each question the scores of the `NEAREST` nearest passages, lowest first, and the scores of those wanted, a
        passage's score being that of its nearest vector; and how many vectors there are.
    """
    best: list[dict[int, float]] = [{} for _ in vectors]
    known = [dict.fromkeys(some, -np.inf) for some in wanted]
    count = 0
    for block in collection.catalog.vectors_since(0, collection.encoder.dimension):
        ids = block.owners()
        count += len(ids)
        scores = vectors @ block.vectors.astype(np.float32).T
        firsts = np.flatnonzero(np.diff(ids, prepend=-1))  # a passage's vectors stand together
        greatest, owners = np.maximum.reduceat(scores, firsts, axis=1), ids[firsts]
        for row in range(len(vectors)):
            for place in np.argpartition(-greatest[row], min(NEAREST, len(owners)) - 1)[:NEAREST]:
                id_, score = int(owners[place]), float(greatest[row, place])
                best[row][id_] = max(score, best[row].get(id_, -np.inf))
            best[row] = dict(heapq.nlargest(NEAREST, best[row].items(), key=lambda item: item[1]))
            for place in np.flatnonzero(np.isin(owners, list(known[row]))):
                id_ = int(owners[place])
                known[row][id_] = max(known[row][id_], float(greatest[row, place]))
    return [sorted(some.values()) for some in best], known, count


def _open(encoder: TimedEncoder, cache: str, place: dict[str, str]) -> tuple[Collection, Assistant]:
    _added(place["documents"]).unlink(missing_ok=True)  # a run that was killed may have left it
    collection = Collection(place["collection"], encoder)
    report = collection.update([place["documents"]])
    return collection, Assistant(collection, "benchmark", report, reader=shared_reader(Path(cache)))


def _compare_with_exact(collection: Collection, vectors: np.ndarray) -> tuple[Spread, float, int]:
    """Seconds of the dense stage, its recall, and how many vectors there are."""
    found, seconds = [], []
    for vector in vectors:
        start = time.perf_counter()
        found.append(collection.searcher.nearest(vector, NEAREST))
        seconds.append(time.perf_counter() - start)
    best, known, count = exact_scores(collection, vectors, found)
    # Counted by score, not by name: of passages equally near, any will do.
    right = sum(
        sum(score >= scores[0] - TIE for score in some.values()) for scores, some in zip(best, known, strict=True)
    )
    return spread(seconds), right / sum(map(len, best)), count


def _change(
    collection: Collection, encoder: TimedEncoder, corpus: Corpus, documents: str, size: int, repeats: int
) -> tuple[Spread, Spread]:
    """Add a small file of new passages and remove it, several times: seconds beyond encoding, and seconds."""
    added, removed = [], []
    file = _added(documents)
    for repeat in range(repeats):
        first = size + repeat * ADDED_PASSAGES
        text = "\n\n".join(corpus.passage(number) for number in range(first, first + ADDED_PASSAGES))
        try:
            file.write_text(text + "\n", encoding="utf-8")
            encoder.seconds = 0.0
            added.append(_seconds(lambda: collection.update([documents])) - encoder.seconds)
        finally:
            file.unlink(missing_ok=True)
        removed.append(_seconds(lambda: collection.update([documents])))
    return spread(added), spread(removed)


def _added(documents: str) -> Path:
    return Path(documents) / "000" / "added.txt"


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _more(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else max(0, after - before)
