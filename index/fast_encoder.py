"""An encoder several times faster than the library's: bytes in place of 32-bit numbers, run by OpenVINO.

The rounded graph is built once, in a process of its own, checked there against sentence-transformers, and kept in a
cache folder under a key made of everything it depends on. Later starts verify checksums and load it; they import
neither torch nor transformers. Measured in seconds of processor time against `SentenceTransformer.encode`: 3.8 times
the passages of 100 to 150 tokens, 5 to 6 times the questions; lowest cosine .998 for passages, .994 for any text tried.

A text has the same vector, to the last bit, alone or in any batch: sums over bytes are exact, each batch runs on one
thread, and the width of a batch is a multiple of 16, the numbers a processor adds at a time. Other widths differ. A
question, alone, runs on two threads, which share out what is to be computed but no sum: 1.4 to 1.5 times as fast.
"""

import hashlib
import json
import os
import platform
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout

from index.encoder import file_hash, weights_hash
from index.errors import EncoderError
from index.fast_graph import import_openvino
from index.fast_rounding import RECIPE

TOKENS_PER_BATCH = 1024  # small enough to stay in a core's cache: a tenth faster than 4,096
WIDTH_STEP = 16
SMALL_BATCH = 8
WINDOW = 2048  # texts sorted by length together
STREAMS_AT_MOST = 16
QUESTION_THREADS = 2
QUESTION_WIDTH = 64  # tokens; what is longer is no question, and runs as a passage does
BUILD_SECONDS = 900  # a limit, not an expectation: about 30
GRAPH, MANIFEST = "encoder.xml", "manifest.json"
SETTINGS = (
    "config.json",
    "config_sentence_transformers.json",
    "modules.json",
    "sentence_bert_config.json",
    "1_Pooling/config.json",
    "tokenizer.json",
)


class FastEncoder:
    """The rounded encoder. Safe to share between threads."""

    def __init__(self, graph: Path, tokenizer, *, identity: str, dimension: int) -> None:
        """Wrap a graph; what passages need is made ready when the first come.

        Args:
            graph: The file of the graph.
            tokenizer: The model's tokenizer, cutting off what is too long and not padding.
            identity: Changes whenever the vectors would.
            dimension: Numbers in a vector.
        """
        self.identity = identity
        self.dimension = dimension
        self._graph = graph
        self._tokenizer = tokenizer
        self._questions = compile_graph(graph, streams=1, threads=QUESTION_THREADS)
        self._passages = None
        self._making_ready = threading.Lock()
        # OpenVINO's binding looks NumPy up on first use, and two threads that come to that at once wait for each other
        # for ever: one inference here, by one thread, comes first.
        self.encode_question("")

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Encode texts: float32 of shape (len(texts), dimension), unit rows, in the order given."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        compiled = self._for_passages()
        streams = int(compiled.get_property("NUM_STREAMS"))

        def run(rows: list[int], ids: list[np.ndarray], width: int) -> None:
            vectors[rows] = _infer(compiled, ids, width)

        pending: deque[Future] = deque()
        with ThreadPoolExecutor(streams) as workers:  # OpenVINO's own queue aborts or hangs when it is let go
            for start in range(0, len(texts), WINDOW):
                ids = self._tokenise(texts[start : start + WINDOW])
                for rows, width in plan_batches([len(row) for row in ids]):
                    pending.append(
                        workers.submit(run, [start + row for row in rows], [ids[row] for row in rows], width)
                    )
                    if len(pending) > 2 * streams:
                        pending.popleft().result()
            while pending:
                pending.popleft().result()
        return vectors

    def encode_question(self, text: str) -> np.ndarray:
        """Encode one question, alone: float32 of shape (dimension,), of length 1."""
        [ids] = self._tokenise([text])
        width = _width(len(ids))
        return _infer(self._questions if width <= QUESTION_WIDTH else self._for_passages(), [ids], width)[0]

    def _for_passages(self):
        with self._making_ready:
            if self._passages is None:
                self._passages = compile_graph(self._graph)
            return self._passages

    def _tokenise(self, texts: Sequence[str]) -> list[np.ndarray]:
        found = []
        for start in range(0, len(texts), 128):  # the tokenizer's own records are large: few at a time
            part = [text.encode("utf-8", "replace").decode() for text in texts[start : start + 128]]
            found += [np.array(encoding.ids, dtype=np.int32) for encoding in self._tokenizer.encode_batch_fast(part)]
        return found


def plan_batches(lengths: Sequence[int]) -> Iterator[tuple[list[int], int]]:
    """Group texts of similar length into batches of few different shapes, since each new shape costs 1.3 MB and 5 ms.

    Args:
        lengths: Tokens in each text.

    Yields:
        The positions of a batch's texts, and its width in tokens, longest first. A batch holds as many texts as fit
        `TOKENS_PER_BATCH`; where too few of a like length are left, `SMALL_BATCH`, or one.
    """
    order = sorted(range(len(lengths)), key=lambda position: -lengths[position])
    while order:
        width = _width(lengths[order[0]])
        sizes = (size for size in (TOKENS_PER_BATCH // width, SMALL_BATCH) if 0 < size <= len(order))
        alike = (size for size in sizes if 4 * _width(lengths[order[size - 1]]) >= 3 * width)
        size = next(alike, 1)
        yield order[:size], width
        order = order[size:]


def _infer(compiled, ids: list[np.ndarray], width: int) -> np.ndarray:
    request = compiled.create_infer_request()
    request.infer(pad(ids, width))
    return request.get_output_tensor(0).data.copy()


def _width(length: int) -> int:
    return -(-length // WIDTH_STEP) * WIDTH_STEP


def pad(ids: Sequence[np.ndarray], width: int) -> list[np.ndarray]:
    """What the graph takes: token ids (int32) and mask (float32), both of shape (texts, width), padded with zeros."""
    padded, mask = np.zeros((len(ids), width), dtype=np.int32), np.zeros((len(ids), width), dtype=np.float32)
    for row, tokens in enumerate(ids):
        padded[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return [padded, mask]


def load_fast_encoder(
    model_folder: Path, cache_folder: Path, *, notice: Callable[[str], None], weights_sha256: str | None = None
) -> FastEncoder:
    """Load the fast form of a model, building and checking it first where the cache has none that is whole.

    Args:
        model_folder: The model, in the layout of sentence-transformers.
        cache_folder: Where built encoders are kept, each in a folder of its own (60 MB); made when missing.
        notice: Called with one line before a build, which takes about half a minute.
        weights_sha256: The hash of the weights when it is known already.

    Returns:
        The encoder.

    Raises:
        EncoderError: The model has no fast form, its fast form is not true enough on this processor, a part is
            missing, or the cache cannot be written. The plain encoder still works.
    """
    model_folder, weights_sha256 = Path(model_folder), weights_sha256 or weights_hash(Path(model_folder))
    folder = Path(cache_folder) / build_key(model_folder, weights_sha256)
    manifest = read_manifest(folder)
    if manifest is None:
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(folder.with_suffix(".lock"), timeout=BUILD_SECONDS):
                manifest = read_manifest(folder)  # another process may have built it meanwhile
                if manifest is None:
                    notice("Preparing the fast encoder, once; this takes about half a minute.")
                    manifest = _build_apart(model_folder, folder)
        except (OSError, Timeout) as error:
            raise EncoderError(f"the fast encoder cannot be kept in {cache_folder} ({error}).") from error
    if manifest["refused"]:
        raise EncoderError(f"the fast encoder is not used on this processor: {manifest['refused']}.")
    identity = f"{RECIPE}/{weights_sha256[:16]}"
    tokenizer = read_tokenizer(model_folder)
    return FastEncoder(folder / GRAPH, tokenizer, identity=identity, dimension=manifest["dimension"])


def read_tokenizer(model_folder: Path):
    """The model's tokenizer, cutting off what is longer than the model reads, and not padding."""
    from tokenizers import Tokenizer

    try:
        tokens = json.loads((model_folder / "sentence_bert_config.json").read_text())["max_seq_length"]
        tokenizer = Tokenizer.from_file(str(model_folder / "tokenizer.json"))
    except Exception as error:
        raise EncoderError(f"the tokenizer in {model_folder} cannot be read ({error}).") from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(tokens)
    return tokenizer


def compile_graph(graph, *, streams: int | None = None, threads: int | None = None):
    """Make a graph, or the file of one, ready to run, sums in 32 bits.

    Args:
        graph: The graph.
        streams: How many batches run at once; as many as there are cores when omitted.
        threads: How many threads they share, no more than there are cores; one each when omitted.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    streams = streams or min(cores, STREAMS_AT_MOST)
    threads = min(cores, threads or streams)
    settings = {"NUM_STREAMS": str(streams), "INFERENCE_NUM_THREADS": str(threads), "ENABLE_CPU_PINNING": "NO"}
    settings["INFERENCE_PRECISION_HINT"] = "f32"  # bfloat16 is offered too, and is slow and inexact
    try:
        return import_openvino().Core().compile_model(graph, "CPU", settings)
    except RuntimeError as error:
        raise EncoderError(f"OpenVINO cannot run the fast encoder ({str(error).strip().splitlines()[-1]}).") from error


def build_key(model_folder: Path, weights_sha256: str) -> str:
    """Name what a build depends on: weights, settings, recipe, OpenVINO, processor. 32 hexadecimal digits."""
    try:
        settings = [hashlib.sha256((model_folder / name).read_bytes()).hexdigest() for name in SETTINGS]
    except OSError as error:
        raise EncoderError(f"{error.filename} cannot be read ({error.strerror}).") from error
    processor = [platform.machine(), platform.processor()]
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        processor += sorted({line for line in lines if line.startswith(("model name", "flags", "Features"))})
    parts = [
        RECIPE,
        f"questions on {QUESTION_THREADS} threads",
        weights_sha256,
        import_openvino().__version__,
        *settings,
        *processor,
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def read_manifest(folder: Path) -> dict | None:
    """The manifest of a build, if every file it lists is there and unchanged."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        whole = all(file_hash(folder / name) == expected for name, expected in manifest["files"].items())
        return manifest if whole and manifest["key"] == folder.name else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _build_apart(model_folder: Path, folder: Path) -> dict:
    """Build in a process of its own, so that torch, needed for the check, does not stay in memory."""
    code = (
        "import json, sys; sys.path[:], *folders = json.loads(sys.argv[1]); "
        "from index.fast_build import build; build(*folders)"
    )
    folders = [str(model_folder.resolve()), str(folder.resolve())]
    command = [sys.executable, "-c", code, json.dumps([sys.path, *folders])]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, encoding="utf-8", errors="replace", timeout=BUILD_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        raise EncoderError(f"building the fast encoder took more than {BUILD_SECONDS} seconds.") from error
    manifest = read_manifest(folder)
    if done.returncode or manifest is None:
        reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise EncoderError(f"the fast encoder could not be built: {reason.removeprefix('index.errors.EncoderError: ')}")
    return manifest
