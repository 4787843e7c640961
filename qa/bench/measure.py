"""The measurements, each in a Python process of its own, so that memory and caches are its own.

`run_apart` starts the process, sends the arguments as JSON, and returns the figures. A figure measured several times is a
spread: its median, low, high and 95th percentile.
"""

import json
import os
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from index import Collection, Encoder, QAError, bundled_model_folder, load_encoder
from qa.assistant import Assistant
from qa.bench.corpus import Corpus
from qa.reading.model import shared_reader

ENCODED = 256  # passages in a repetition
ASKED = 100
COMPARED = 20  # questions asked again, alone and in another process
NEAREST = 10
TIE = 1e-6  # passages whose rounded scores differ by less are equally near
ADDED_PASSAGES = 10
PAUSE = 0.3  # seconds; threads of a library spin for a while after their work
_BEGIN = "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); "
Figures = dict[str, Any]
Floats = npt.NDArray[np.float32]


class BenchmarkError(QAError):
    """Something could not be measured."""


class SyntheticEncoder:
    """Makes up the vectors of large collections: the normalised sum of a fixed random vector for each word."""

    identity, dimension = "synthetic/1", 384

    def __init__(self) -> None:
        self._words = np.random.default_rng(0).standard_normal((8_192, self.dimension), dtype=np.float32)

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Encode texts: float32 of shape (len(texts), dimension), unit rows."""
        sums = [
            self._words[[zlib.crc32(word.encode()) % 8_192 for word in f"{text} .".split()]].sum(0) for text in texts
        ]
        vectors = np.array(sums, dtype=np.float32).reshape(-1, self.dimension)
        unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def encode_question(self, text: str) -> Floats:
        """Encode one text: float32 of shape (dimension,), of length 1."""
        vector: Floats = self.encode_passages([text])[0]
        return vector


class TimedEncoder:
    """Adds up the seconds that an encoder spends on passages."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder, self.seconds = encoder, 0.0
        self.identity, self.dimension = encoder.identity, encoder.dimension
        self.encode_question = encoder.encode_question

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Encode texts with the encoder."""
        vectors: list[Floats] = []
        self.seconds += seconds_of(lambda: vectors.append(self._encoder.encode_passages(texts)))
        return vectors[0]


def spread(values: Sequence[float]) -> Figures:
    """Sum up one or more measurements of one thing."""
    ordered = sorted(map(float, values))
    p95 = ordered[-(-95 * len(ordered) // 100) - 1]
    return {"median": median(ordered), "low": ordered[0], "high": ordered[-1], "p95": p95, "count": len(ordered)}


def seconds_of(run: Callable[[], object]) -> float:
    """The seconds that a call takes."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def held_memory(process: int | str = "self") -> int | None:
    """The bytes a process holds now; None where the system does not say."""
    return _status(process, "VmRSS")


def peak_memory() -> int | None:
    """The most bytes this process has held; None where the system does not say."""
    return _status("self", "VmHWM")


def _status(process: int | str, name: str) -> int | None:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), None)


def measure_encoding(sentences: Sequence[str], cache: str, repeats: int) -> Figures:
    """Encode the same passages and questions in turns with our encoder and with `SentenceTransformer.encode`."""
    corpus, ours, plain = Corpus.of(sentences), load_encoder(cache_folder=cache), _load_plain()
    texts = [corpus.passage(number) for number in range(ENCODED)]
    questions = corpus.questions(ENCODED, 24)
    vectors = ours.encode_passages(texts), plain(texts)
    rates: tuple[list[float], list[float]] = ([], [])
    asked: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for place, (many, one) in enumerate(((ours.encode_passages, ours.encode_question), (plain, plain))):
            time.sleep(PAUSE)
            rates[place].append(len(texts) / seconds_of(partial(many, texts)))
            asked[place].extend(seconds_of(partial(one, question)) for question in questions)
    cosines = (vectors[0] * vectors[1]).sum(axis=1)
    alone = np.stack([ours.encode_question(text) for text in texts[:32]])
    return {
        "identity": ours.identity,
        "ours": spread(rates[0]),
        "plain": spread(rates[1]),
        "ratio": spread([first / second for first, second in zip(*rates, strict=True)]),
        "question_ours": spread(asked[0]),
        "question_plain": spread(asked[1]),
        "lowest_cosine": float(cosines.min()),
        "mean_cosine": float(cosines.mean()),
        "same_in_batch": bool(np.array_equal(ours.encode_passages(texts[:32]), alone)),
    }


def measure_build(sentences: Sequence[str], cache: str, place: str, synthetic: bool) -> Figures:
    """Build a collection of the documents in `place`."""
    encoder = _open_encoder(cache, synthetic)
    encoder.encode_passages(list(sentences[:64]))
    encoder.seconds, before = 0.0, held_memory()
    collection = Collection(f"{place}/collection", encoder)
    seconds = seconds_of(lambda: collection.update([f"{place}/documents"]))
    collection.close()
    return {
        "identity": encoder.identity,
        "seconds": seconds,
        "encoding_seconds": encoder.seconds,
        "peak_bytes": _more(before, peak_memory()),
    }


def measure_search(
    sentences: Sequence[str], cache: str, place: str, synthetic: bool, size: int, repeats: int
) -> Figures:
    """Open the collection in `place`, ask it, compare it with exact search, add a file and remove it."""
    corpus, encoder = Corpus.of(sentences), _open_encoder(cache, synthetic)
    reader, added = shared_reader(Path(cache)), Path(place, "documents", "000", "added.txt")
    added.unlink(missing_ok=True)  # left by a run that was killed
    before, start = held_memory(), time.perf_counter()
    collection = Collection(f"{place}/collection", encoder)
    assistant = Assistant(collection, "benchmark", collection.update([f"{place}/documents"]), reader=reader)
    opened = time.perf_counter() - start
    typed, batch = corpus.questions(size, ASKED + 10), corpus.questions(size, ASKED, seed=1)
    asked = [seconds_of(partial(assistant.ask, question)) for question in typed]
    held = held_memory()
    start = time.perf_counter()
    together = [answer.hash for answer in assistant.ask_many(batch)]
    batch_seconds = time.perf_counter() - start
    alone = [assistant.ask(question).hash for question in batch[:COMPARED]]
    vectors = np.stack([encoder.encode_question(question) for question in batch])
    found: list[list[int]] = []
    nearest = []
    for vector in vectors:
        start = time.perf_counter()
        found.append(collection.searcher.nearest(vector, NEAREST))
        nearest.append(time.perf_counter() - start)
    count, recall = _compare_with_exact(collection, vectors, found)
    adding, removing = [], []
    for repeat in range(min(repeats, 5)):
        first = size + repeat * ADDED_PASSAGES
        added.write_text("\n\n".join(map(corpus.passage, range(first, first + ADDED_PASSAGES))), encoding="utf-8")
        encoder.seconds = 0.0
        adding.append(seconds_of(lambda: collection.update([f"{place}/documents"])) - encoder.seconds)
        added.unlink()
        removing.append(seconds_of(lambda: collection.update([f"{place}/documents"])))
    passages = collection.catalog.totals().passages
    collection.close()
    return {
        "passages": passages,
        "vectors": count,
        "disk_bytes": sum(file.stat().st_size for file in Path(place, "collection").rglob("*") if file.is_file()),
        "open_seconds": opened,
        "resident_bytes": _more(before, held),
        "ask": spread(asked[10:]),
        "batch_rate": len(batch) / batch_seconds,
        "nearest": spread(nearest),
        "recall": recall,
        "add": spread(adding),
        "remove": spread(removing),
        "same_in_batch": alone == together[:COMPARED],
        "hashes": alone,
    }


def hash_answers(sentences: Sequence[str], cache: str, place: str, synthetic: bool, size: int) -> Figures:
    """The hashes that `measure_search` returns, from another process that asks in reverse order."""
    collection = Collection(f"{place}/collection", _open_encoder(cache, synthetic))
    report = collection.update([f"{place}/documents"])
    assistant = Assistant(collection, "benchmark", report, reader=shared_reader(Path(cache)))
    questions = Corpus.of(sentences).questions(size, ASKED, seed=1)[:COMPARED]
    hashes = [assistant.ask(question).hash for question in reversed(questions)]
    collection.close()
    return {"hashes": hashes[::-1]}


def measure_plain(sentences: Sequence[str], cache: str, place: str, synthetic: bool, size: int) -> Figures:
    """Ask the baseline: sentence-transformers for the question, `IndexFlatIP` over the collection's vectors."""
    import faiss

    encoder = _open_encoder(cache, synthetic)
    collection = Collection(f"{place}/collection", encoder)
    collection.update([f"{place}/documents"])
    index, plain = faiss.IndexFlatIP(encoder.dimension), _load_plain()
    blocks = collection.catalog.vectors_since(0, encoder.dimension)
    added = sum(seconds_of(partial(index.add, block.vectors.astype(np.float32))) for block in blocks)
    collection.close()
    asked, searched = [], []
    for question in Corpus.of(sentences).questions(size, 55, seed=2):
        start = time.perf_counter()
        vector = plain([question])
        encoded = time.perf_counter()
        index.search(vector, NEAREST)
        searched.append(time.perf_counter() - encoded)
        asked.append(time.perf_counter() - start)
    return {
        "vectors": index.ntotal,
        "bytes": index.ntotal * encoder.dimension * 4,
        "ask": spread(asked[5:]),
        "nearest": spread(searched[5:]),
        "add_seconds": added,
    }


def _compare_with_exact(collection: Collection, vectors: Floats, found: Sequence[Sequence[int]]) -> tuple[int, float]:
    """The number of vectors, and the share of the nearest passages by exact search that the collection found.

    Counted by score, not by name: of passages equally near, any will do. A passage's score is that of its nearest vector.
    """
    blocks = list(collection.catalog.vectors_since(0, collection.encoder.dimension))
    owners = np.concatenate([block.owners() for block in blocks])
    firsts = np.flatnonzero(np.diff(owners, prepend=-1))  # a passage's vectors are adjacent
    right = wanted = 0
    for vector, ids in zip(vectors, found, strict=True):
        scores = np.concatenate([block.vectors.astype(np.float32) @ vector for block in blocks])
        best = np.maximum.reduceat(scores, firsts)
        k = min(NEAREST, len(best))
        lowest = np.partition(best, len(best) - k)[len(best) - k]
        right += int((best[np.isin(owners[firsts], ids)] >= lowest - TIE).sum())
        wanted += k
    return len(owners), right / wanted


def _open_encoder(cache: str, synthetic: bool) -> TimedEncoder:
    return TimedEncoder(SyntheticEncoder() if synthetic else load_encoder(cache_folder=cache))


def _load_plain() -> Callable[[Any], Floats]:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    disable: Callable[[], None] = logging.disable_progress_bar
    disable()
    model = SentenceTransformer(str(bundled_model_folder()), device="cpu", local_files_only=True)
    return lambda texts: np.asarray(model.encode(texts, show_progress_bar=False), dtype=np.float32)


def _more(before: int | None, after: int | None) -> int | None:
    return None if before is None or after is None else max(0, after - before)


def python_command(code: str, *arguments: str) -> list[str]:
    """A command that runs Python code with this process's modules; the arguments are in `sys.argv[1:]`."""
    return [sys.executable, "-c", _BEGIN + code, json.dumps(sys.path), *arguments]


def child_environment(**variables: str | Path) -> dict[str, str]:
    """The environment of a child process: this one's, offline, in UTF-8, with some variables set."""
    fixed = {"HF_HUB_OFFLINE": "1", "PYTHONIOENCODING": "utf-8"}
    return {**os.environ, **fixed, **{name: str(value) for name, value in variables.items()}}


def run_python(command: Sequence[str], environment: dict[str, str], *, sent: str = "") -> str:
    """Run a process to its end and return its output; raise BenchmarkError with the last line of its error output."""
    done = subprocess.run(
        command, env=environment, input=sent, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise BenchmarkError(f"a measurement failed: {said[-1]}")
    return done.stdout


def run_apart(measure: Callable[..., Figures], **arguments: Any) -> Figures:
    """Run a function of this module in a process of its own.

    Args:
        measure: The function.
        arguments: Its arguments, as JSON takes them.

    Returns:
        What it returned.

    Raises:
        BenchmarkError: It failed.
    """
    code = (
        f"from qa.bench.measure import {measure.__name__} as measure; "
        "print('\\n' + json.dumps(measure(**json.load(sys.stdin))))"
    )
    output = run_python(python_command(code), child_environment(), sent=json.dumps(arguments))
    figures: Figures = json.loads(output.strip().splitlines()[-1])
    return figures
