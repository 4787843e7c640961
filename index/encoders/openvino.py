"""Run an 8-bit encoder with OpenVINO, several times as fast as sentence-transformers.

The rounded graph is built once, in a separate process, checked there against sentence-transformers, and kept in a
cache folder under a key made of everything it depends on. Later starts verify checksums and load it; they import
neither torch nor transformers. Measured in seconds of processor time against `SentenceTransformer.encode`: 3.8 times
the passages of 100 to 150 tokens, 5 to 6 times the questions; lowest cosine .998 for passages, .994 for any text tried.

A text has the same vector, to the last bit, alone or in any batch: sums over bytes are exact, each batch runs on one
thread, and the width of a batch is a multiple of 16, the numbers a processor adds at a time. Other widths differ. A
question, alone, runs on two threads, which share the work but split no sum: 1.4 to 1.5 times as fast.
"""

import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.encoders.base import COSINES, Scale, weights_hash
from index.encoders.cache import build_key, find_build
from index.encoders.graph import import_openvino
from index.encoders.quantize import RECIPE
from index.errors import EncoderError
from index.hashing import file_hash

STREAMS_AT_MOST = 16
WIDTH_STEP = 16


def compile_graph(graph: Any, *, streams: int | None = None, threads: int | None = None) -> Any:
    """Make a graph, or the file of one, ready to run, sums in 32 bits.

    `streams` batches run at once, by default one for each core; they share `threads`, by default one each, at most one a core.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    streams = streams or min(cores, STREAMS_AT_MOST)
    threads = min(cores, threads or streams)
    settings = {"NUM_STREAMS": str(streams), "INFERENCE_NUM_THREADS": str(threads), "ENABLE_CPU_PINNING": "NO"}
    settings["INFERENCE_PRECISION_HINT"] = "f32"  # bfloat16 is offered too, and is slow and inexact
    try:
        return import_openvino().Core().compile_model(graph, "CPU", settings)
    except RuntimeError as error:
        raise EncoderError(f"OpenVINO cannot run this model ({str(error).strip().splitlines()[-1]}).") from error


def padded_width(length: int) -> int:
    """The width a text of so many tokens is padded to: the next multiple of 16, the numbers added at a time."""
    return -(-length // WIDTH_STEP) * WIDTH_STEP


def pad(ids: Sequence[np.ndarray], width: int, *others: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Pad the token ids of some texts, and other numbers for each token, with zeros to a width of that many tokens.

    Returns what a graph takes, all of shape (texts, width): token ids (int32), mask (float32), and the others (float32).
    """
    shape = (len(ids), width)
    padded, mask, *more = (np.zeros(shape, dtype) for dtype in (np.int32, *[np.float32] * (1 + len(others))))
    for row, tokens in enumerate(ids):
        padded[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
        for numbers, given in zip(more, others, strict=True):
            numbers[row, : len(tokens)] = given[row]
    return [padded, mask, *more]


_first_inference = threading.Lock()
_inferred = threading.Event()


def infer(compiled: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """Run a graph once and return copies of its outputs. Safe to call from several threads."""
    # OpenVINO's binding looks up NumPy on first use; two threads that do so at once wait for each other for ever.
    with nullcontext() if _inferred.is_set() else _first_inference:
        request = compiled.create_infer_request()
        request.infer(inputs)
        outputs = [request.get_output_tensor(place).data.copy() for place in range(len(compiled.outputs))]
        _inferred.set()
        return outputs


TOKENS_PER_BATCH = 1024  # small enough to stay in a core's cache: a tenth faster than 4,096
SMALL_BATCH = 8
_WINDOW = 2048  # texts sorted by length together
QUESTION_THREADS = 2
FEW_TEXTS = 100  # run as questions are, unless what runs passages is ready: to make it takes longer
QUESTION_WIDTH = 64  # tokens; longer texts run as passages do
IDLE = 20.0  # seconds without passages, after which what runs them is let go: 130 to 170 MB, made again in .4 s at most
GRAPH = "encoder.xml"
SETTINGS = (
    "config.json",
    "config_sentence_transformers.json",
    "modules.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
    "tokenizer.json",
)


@dataclass(frozen=True, slots=True)
class Usage:
    """How a model is to be used."""

    name: str = ""  # that `--model` chooses it by; empty for the bundled one
    question_prompt: str = ""  # what comes before each question
    passage_prompt: str = ""  # and before each passage
    scale: Scale = COSINES


class FastEncoder:
    """The rounded encoder. Safe to share between threads."""

    def __init__(
        self, graph: Any, tokenizer: Any, *, identity: str, dimension: int, usage: Usage | None = None
    ) -> None:
        """Wrap a graph, or its file, and its tokenizer, which truncates and does not pad; prepare for passages on first use."""
        self.identity, self.dimension, self._graph, self._tokenizer = identity, dimension, graph, tokenizer
        self._usage = usage or Usage()
        self.name, self.scale = self._usage.name, self._usage.scale
        self._questions = compile_graph(graph, streams=1, threads=QUESTION_THREADS)
        self._passages: Any = None
        self._passages_used = 0.0  # when, in seconds of the monotonic clock
        self._making_ready = threading.Lock()

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Encode texts: float32 of shape (len(texts), dimension), unit rows, in the order given."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        compiled = self._questions if len(texts) <= FEW_TEXTS and self._passages is None else self._for_passages()
        streams = int(compiled.get_property("NUM_STREAMS"))

        def run(rows: list[int], ids: list[np.ndarray], width: int) -> None:
            [vectors[rows]] = infer(compiled, pad(ids, width))

        pending: deque[Future[Any]] = deque()
        with ThreadPoolExecutor(streams) as workers:  # OpenVINO's own queue aborts or hangs when it is let go
            for start in range(0, len(texts), _WINDOW):
                ids = self._tokenise(texts[start : start + _WINDOW], self._usage.passage_prompt)
                for rows, width in plan_batches([len(row) for row in ids]):
                    positions, batch = [start + row for row in rows], [ids[row] for row in rows]
                    pending.append(workers.submit(run, positions, batch, width))
                    if len(pending) > 2 * streams:
                        pending.popleft().result()
            while pending:
                pending.popleft().result()
        if compiled is not self._questions:
            self._passages_used = time.monotonic()
        return vectors

    def encode_question(self, text: str) -> np.ndarray:
        """Encode one question, alone: float32 of shape (dimension,), of length 1."""
        [ids] = self._tokenise([text], self._usage.question_prompt)
        width = padded_width(len(ids))
        compiled = self._questions if width <= QUESTION_WIDTH else self._for_passages()
        vector: np.ndarray = infer(compiled, pad([ids], width))[0][0]
        return vector

    def _for_passages(self) -> Any:
        with self._making_ready:
            self._passages_used = time.monotonic()
            if self._passages is None:
                self._passages = compile_graph(self._graph)
                threading.Thread(target=self._let_go_when_idle, daemon=True).start()
            return self._passages

    def _let_go_when_idle(self) -> None:
        while True:
            time.sleep(IDLE)
            with self._making_ready:
                if time.monotonic() - self._passages_used >= IDLE:
                    self._passages = None  # whoever runs it still has it
                    return

    def _tokenise(self, texts: Sequence[str], prompt: str) -> list[np.ndarray]:
        found = []
        for start in range(0, len(texts), 128):  # the tokenizer's own records are large: few at a time
            part = [prompt + text.encode("utf-8", "replace").decode() for text in texts[start : start + 128]]
            found += [np.array(encoding.ids, dtype=np.int32) for encoding in self._tokenizer.encode_batch_fast(part)]
        return found


def plan_batches(lengths: Sequence[int]) -> Iterator[tuple[list[int], int]]:
    """Group texts of similar length, given in tokens, into batches of few different shapes: each new one costs 1.3 MB and 5 ms.

    Yields the positions of a batch's texts, and its width in tokens, longest first. A batch has as many texts as fit
    `TOKENS_PER_BATCH`; where too few of a like length are left, `SMALL_BATCH`, or one.
    """
    order = sorted(range(len(lengths)), key=lambda position: -lengths[position])
    while order:
        width = padded_width(lengths[order[0]])
        sizes = (size for size in (TOKENS_PER_BATCH // width, SMALL_BATCH) if 0 < size <= len(order))
        alike = (size for size in sizes if 4 * padded_width(lengths[order[size - 1]]) >= 3 * width)
        size = next(alike, 1)
        yield order[:size], width
        order = order[size:]


def load_fast_encoder(
    model_folder: Path, cache_folder: Path, *, notice: Callable[[str], None], weights_sha256: str | None = None
) -> FastEncoder:
    """Load the fast form of a model, building and checking it first where the cache has none that is whole.

    Args:
        model_folder: The model, in the layout of sentence-transformers.
        cache_folder: The folder for built encoders, each in a subfolder (60 MB); created if missing.
        notice: Called with one line before a build, which takes about half a minute.
        weights_sha256: The hash of the weights when it is known already.

    Raises:
        EncoderError: The model has no fast form, its fast form is not true enough on this processor, a part is
            missing, or the cache cannot be written. The plain encoder still works.
    """
    model_folder, weights_sha256 = Path(model_folder), weights_sha256 or weights_hash(Path(model_folder))
    folder = Path(cache_folder) / encoder_key(model_folder, weights_sha256)
    manifest = find_build(folder, "index.encoders.build:build", model_folder, name="fast encoder", notice=notice)
    identity = f"{RECIPE}/{weights_sha256[:16]}"
    tokenizer = read_tokenizer(model_folder)
    return FastEncoder(folder / GRAPH, tokenizer, identity=identity, dimension=manifest["dimension"])


def read_tokenizer(model_folder: Path) -> Any:
    """Load the model's tokenizer, which truncates to the model's limit and does not pad."""
    from tokenizers import Tokenizer

    try:
        tokens = json.loads((model_folder / "sentence_bert_config.json").read_text())["max_seq_length"]
        tokenizer = Tokenizer.from_file(str(model_folder / "tokenizer.json"))
    except Exception as error:
        raise EncoderError(f"the tokenizer in {model_folder} cannot be read ({error}).") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(tokens)
    return tokenizer


def encoder_key(model_folder: Path, weights_sha256: str) -> str:
    """Name what a build depends on: weights, settings, recipe, OpenVINO, processor. 32 hexadecimal digits."""
    try:
        settings = [file_hash(model_folder / name) for name in SETTINGS]
    except OSError as error:
        raise EncoderError(f"{error.filename} cannot be read ({error.strerror}).") from error
    threads = f"questions on {QUESTION_THREADS} threads"
    return build_key(RECIPE, threads, weights_sha256, import_openvino().__version__, *settings)
