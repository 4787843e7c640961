"""The measurements of `qa bench`. Each runs in its own process, so that no other one affects its memory and caches."""

import re
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

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
PAUSE = 0.3  # seconds; threads of a library spin for a while after their work
WARM_UP = 10  # questions not counted
_TIE = 1e-6  # passages whose rounded scores differ by less are equally near
Measured = dict[str, Any]
Floats = npt.NDArray[np.float32]
_Result = TypeVar("_Result")


class BenchmarkError(QAError):
    """Something cannot be measured."""


@dataclass(frozen=True, slots=True)
class Task:
    """The arguments of a measurement, sent to its process as JSON."""

    sentences: tuple[str, ...]  # to make passages of
    cache: str  # folder of the fast encoder and the reader
    repeats: int
    place: str = ""  # folder of the documents and the collection
    size: int = 0  # passages in the collection
    synthetic: bool = False  # its vectors
    questions: int = 0  # of `hash_answers`; 0: `COMPARED`

    def write_documents(self) -> Corpus:
        """Write the documents; return their corpus."""
        corpus = Corpus(self.sentences)
        corpus.write(self.size, Path(self.place, "documents"))
        return corpus

    def load_encoder(self) -> "TimedEncoder":
        """Load the encoder of the collection."""
        return TimedEncoder(SyntheticEncoder() if self.synthetic else load_encoder(cache_folder=self.cache))

    @contextmanager
    def open(self, encoder: Encoder) -> Iterator[tuple[Collection, Assistant]]:
        """Open the collection, with its documents added, and an assistant on it."""
        with closing(Collection(f"{self.place}/collection", encoder)) as collection:
            report = collection.update([f"{self.place}/documents"])
            yield collection, Assistant(collection, "benchmark", report, reader=shared_reader(Path(self.cache)))


class SyntheticEncoder:
    """Makes vectors for large collections: the normalised sum of a fixed random vector for each word."""

    identity, dimension = "synthetic/1", 384

    def __init__(self) -> None:
        self._words = np.random.default_rng(0).standard_normal((8_192, self.dimension), dtype=np.float32)

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Encode texts: float32 of shape (len(texts), dimension), unit rows."""
        rows = ([zlib.crc32(word.encode()) % len(self._words) for word in f"{text} .".split()] for text in texts)
        sums = np.array([self._words[row].sum(0) for row in rows], dtype=np.float32).reshape(-1, self.dimension)
        return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), dtype=np.float32)

    def encode_question(self, text: str) -> Floats:
        """Encode one text: float32 of shape (dimension,), of length 1."""
        return np.asarray(self.encode_passages([text])[0], dtype=np.float32)


class TimedEncoder:
    """Adds up the seconds that an encoder spends on passages."""

    def __init__(self, encoder: Encoder) -> None:
        self.identity, self.dimension, self.seconds = encoder.identity, encoder.dimension, 0.0
        self._encode, self.encode_question = encoder.encode_passages, encoder.encode_question

    def encode_passages(self, texts: Sequence[str]) -> Floats:
        """Encode texts with the encoder."""
        seconds, vectors = timed(self._encode, texts)
        self.seconds += seconds
        return vectors


def measure_encoding(task: Task) -> Measured:
    """Encode the same passages and questions in turns with our encoder and with `SentenceTransformer.encode`."""
    corpus, ours, plain = Corpus(task.sentences), load_encoder(cache_folder=task.cache), load_plain()
    texts, questions = [corpus.passage(number) for number in range(ENCODED)], corpus.questions(ENCODED, 24)
    cosines = (ours.encode_passages(texts) * plain(texts)).sum(axis=1)
    found: dict[str, list[float]] = {name: [] for name in ("ours", "plain", "question_ours", "question_plain")}
    for _ in range(task.repeats):
        for name, many, one in (("ours", ours.encode_passages, ours.encode_question), ("plain", plain, plain)):
            time.sleep(PAUSE)
            found[name].append(len(texts) / timed(many, texts)[0])
            found[f"question_{name}"] += [timed(one, question)[0] for question in questions]
    found["ratio"] = [first / second for first, second in zip(found["ours"], found["plain"], strict=True)]
    alone = np.stack([ours.encode_question(text) for text in texts[:32]])
    return {
        "identity": ours.identity,
        **{name: spread(values) for name, values in found.items()},
        "lowest_cosine": float(cosines.min()),
        "mean_cosine": float(cosines.mean()),
        "same_in_batch": bool(np.array_equal(ours.encode_passages(texts[:32]), alone)),
    }


def measure_build(task: Task) -> Measured:
    """Build the collection of the documents."""
    encoder = task.load_encoder()
    encoder.encode_passages(list(task.sentences[:64]))
    encoder.seconds, before = 0.0, memory("VmRSS")
    with closing(Collection(f"{task.place}/collection", encoder)) as collection:
        seconds, _ = timed(collection.update, [f"{task.place}/documents"])
    figures = {"identity": encoder.identity, "seconds": seconds, "encoding_seconds": encoder.seconds}
    return {**figures, "peak_bytes": memory("VmHWM", above=before)}


def measure_search(task: Task) -> Measured:
    """Open the collection, ask it, compare it with exact search, add a file and remove it."""
    corpus, encoder, documents = Corpus(task.sentences), task.load_encoder(), [Path(task.place, "documents")]
    added = documents[0] / "000" / "added.txt"
    added.unlink(missing_ok=True)  # left by a run that was killed
    shared_reader(Path(task.cache))  # loaded before anything is measured
    questions, batch = corpus.questions(task.size, ASKED + WARM_UP), corpus.questions(task.size, ASKED, seed=1)
    before, start = memory("VmRSS"), time.perf_counter()
    with task.open(encoder) as (collection, assistant):
        figures: Measured = {"open_seconds": time.perf_counter() - start}
        asked = [timed(assistant.ask, question)[0] for question in questions]
        figures |= {"resident_bytes": memory("VmRSS", above=before), "ask": spread(asked[WARM_UP:])}
        seconds, together = timed(lambda: [answer.hash for answer in assistant.ask_many(batch)])
        figures["batch_rate"] = len(batch) / seconds
        alone = [assistant.ask(question).hash for question in batch[:COMPARED]]
        vectors = np.stack([encoder.encode_question(question) for question in batch])
        nearest = [timed(collection.searcher.nearest, vector, NEAREST) for vector in vectors]
        figures["nearest"] = spread([seconds for seconds, _ in nearest])
        count, figures["recall"] = compare_with_exact(collection, vectors, [ids for _, ids in nearest])
        adding, removing = [], []
        for first in range(task.size, task.size + 10 * min(task.repeats, 5), 10):
            added.write_text("\n\n".join(map(corpus.passage, range(first, first + 10))), encoding="utf-8")
            encoder.seconds = 0.0
            adding.append(timed(collection.update, documents)[0] - encoder.seconds)
            added.unlink()
            removing.append(timed(collection.update, documents)[0])
        total = collection.catalog.totals().passages
    disk = sum(file.stat().st_size for file in Path(task.place, "collection").rglob("*") if file.is_file())
    figures |= {"add": spread(adding), "remove": spread(removing), "same_in_batch": alone == together[:COMPARED]}
    return {"passages": total, "vectors": count, "disk_bytes": disk, **figures, "hashes": alone}


def hash_answers(task: Task) -> Measured:
    """Compute hashes of answers, the same as `measure_search`, but asked in reverse order."""
    questions = Corpus(task.sentences).questions(task.size, (task.questions or COMPARED), seed=1)
    with task.open(task.load_encoder()) as (_, assistant):
        return {"hashes": [assistant.ask(question).hash for question in reversed(questions)][::-1]}


def measure_plain(task: Task) -> Measured:
    """Ask the baseline: sentence-transformers for the question, `IndexFlatIP` over the collection's vectors."""
    import faiss

    encoder, plain = task.load_encoder(), load_plain()
    index = faiss.IndexFlatIP(encoder.dimension)
    with task.open(encoder) as (collection, _):
        blocks = collection.catalog.vectors_since(0, encoder.dimension)
        added = sum(timed(index.add, block.vectors.astype(np.float32))[0] for block in blocks)
    asked, searched = [], []
    for question in Corpus(task.sentences).questions(task.size, ASKED // 2 + WARM_UP, seed=2):
        seconds, vector = timed(plain, [question])
        searched.append(timed(index.search, vector, NEAREST)[0])
        asked.append(seconds + searched[-1])
    spreads = {"ask": spread(asked[WARM_UP:]), "nearest": spread(searched[WARM_UP:])}
    size = index.ntotal * encoder.dimension * 4
    return {"vectors": index.ntotal, "bytes": size, **spreads, "add_seconds": added}


def compare_with_exact(collection: Collection, vectors: Floats, found: Sequence[Sequence[int]]) -> tuple[int, float]:
    """Count the vectors, and the share of the passages nearest by exact search that were found (any of equally near ones)."""
    blocks = list(collection.catalog.vectors_since(0, collection.encoder.dimension))
    owners = np.concatenate([block.owners() for block in blocks])
    firsts = np.flatnonzero(np.diff(owners, prepend=-1))  # a passage's vectors are adjacent
    right = wanted = 0
    for vector, ids in zip(vectors, found, strict=True):
        scores = np.concatenate([block.vectors.astype(np.float32) @ vector for block in blocks])
        best = np.maximum.reduceat(scores, firsts)
        k = min(NEAREST, len(best))
        right += int((best[np.isin(owners[firsts], ids)] >= np.sort(best)[-k] - _TIE).sum())
        wanted += k
    return len(owners), right / wanted


def spread(values: Sequence[float]) -> Measured:
    """Summarise several measurements of one thing."""
    ordered = sorted(map(float, values))
    p95 = ordered[-(-95 * len(ordered) // 100) - 1]
    return {"median": median(ordered), "low": ordered[0], "high": ordered[-1], "p95": p95, "count": len(ordered)}


def timed(run: Callable[..., _Result], *arguments: Any) -> tuple[float, _Result]:
    """Call a function; return the seconds it takes, and its result."""
    start = time.perf_counter()
    result = run(*arguments)
    return time.perf_counter() - start, result


def memory(name: str, process: int | str = "self", *, above: int | None = 0) -> int | None:
    """Read the bytes, above a number, that a process uses ("VmRSS") or used at most ("VmHWM"); None without /proc."""
    # resource.getrusage would count what the parent used when it started the process.
    try:
        found = re.search(rf"{name}:\s*(\d+)", Path(f"/proc/{process}/status").read_text())
    except OSError:
        return None
    return max(0, int(found[1]) * 1024 - (above or 0)) if found else None


def load_plain() -> Callable[[Any], Floats]:
    """Load the bundled weights into `SentenceTransformer`; return its `encode`."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    model = SentenceTransformer(str(bundled_model_folder()), device="cpu", local_files_only=True)
    return lambda texts: np.asarray(model.encode(texts, show_progress_bar=False), dtype=np.float32)
