"""Run the reader, the model that reads a question together with a passage, with OpenVINO in 8-bit arithmetic.

It shares the embeddings of the bundled sentence encoder; the weights in this package are its layers and heads. The rounded
graph is built once, checked against the one in 32 bits, and kept in the cache folder. A passage has the same reading, to
the last bit, alone or among others and in any process, see `index.encoders.openvino`; a build without this property is
refused.
"""

import atexit
import shutil
import tempfile
import threading
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from index import (
    RECIPE,
    CacheError,
    EncoderError,
    ReaderError,
    build_key,
    bundled_model_folder,
    compile_graph,
    file_hash,
    find_build,
    import_openvino,
    infer,
    pad,
    padded_width,
    read_tokenizer,
)
from qa.reading.spans import ReadablePassage, Reading, Tokens, Window, make_windows, mark_ids, read_spans, tokenise

WEIGHTS = Path(__file__).with_name("reader.safetensors")
# Of the weights in this package.
READER_SHA256 = "53ebcaeb34e8a1e3f149e5a849dc905a551101c84fbff00e744256c8d8ac0dbc"
VERSION = "reading/2"  # changes whenever readings would, even with the same weights
READER_GRAPH = "reader.xml"
STREAMS = 2
TEXTS_KEPT = 2048  # texts with cached tokens: 5 MB

Logits = tuple[npt.NDArray[np.float32], float]  # of the tokens of a window, shape (length, 3), and of the whole window


class Reader(Protocol):
    """A model that reads a question and passages.

    Attributes:
        identity: Changes whenever the readings would.
    """

    identity: str

    def read(self, question: str, passages: Sequence[ReadablePassage]) -> tuple[Reading, ...]:
        """Read each passage for the question, independently of the others, in the order given."""
        ...


class FastReader:
    """The rounded reader; threads may share it."""

    def __init__(self, graph: Any, tokenizer: Any, *, identity: str) -> None:
        """Compile a graph.

        Args:
            graph: The graph, or its file.
            tokenizer: The model's tokenizer, without truncation and padding.
            identity: Changes whenever the readings would.
        """
        self.identity = identity
        self._tokenizer = tokenizer
        self._marks = mark_ids(tokenizer)
        self._tokens = lru_cache(TEXTS_KEPT)(lambda text: tokenise(tokenizer, [text])[0])
        self._compiled = compile_graph(graph, streams=STREAMS)

    def read(self, question: str, passages: Sequence[ReadablePassage]) -> tuple[Reading, ...]:
        """Read each passage for the question, independently of the others, in the order given."""
        windows = [self.windows(question, passage.heading, passage.text) for passage in passages]
        logits = self.logits([window for of_passage in windows for window in of_passage])
        readings, place = [], 0
        for passage, of_passage in zip(passages, windows, strict=True):
            tokens, answerable = zip(*logits[place : place + len(of_passage)], strict=True)
            place += len(of_passage)
            readings.append(read_spans(passage, self._tokens(passage.text), of_passage, tokens, answerable))
        return tuple(readings)

    def windows(self, question: str, heading: str, text: str) -> tuple[Window, ...]:
        """Lay out a question and a passage in as many windows as needed."""
        parts: list[Tokens] = [self._tokens(part) for part in (question, heading, text)]
        return make_windows(*(part.ids for part in parts), marks=self._marks)

    def logits(self, windows: Sequence[Window]) -> list[Logits]:
        """Run the model for each window, independently of the others."""
        found: dict[int, Logits] = {}
        with ThreadPoolExecutor(STREAMS) as workers:
            batches = plan_pairs([len(window.ids) for window in windows])
            for rows, given in zip(batches, workers.map(lambda rows: self._infer(windows, rows), batches), strict=True):
                found.update(zip(rows, given, strict=True))
        return [found[row] for row in range(len(windows))]

    def _infer(self, windows: Sequence[Window], rows: list[int]) -> list[Logits]:
        """Run the model once, for the windows at the given positions."""
        ids = [windows[row].ids for row in rows]
        width = padded_width(max(map(len, ids)))
        tokens, answerable = infer(self._compiled, pad(ids, width, [windows[row].types for row in rows]))
        return [(tokens[row, : len(part)], float(answerable[row])) for row, part in enumerate(ids)]


def plan_pairs(lengths: Sequence[int]) -> list[list[int]]:
    """Pair windows of similar length: a tenth faster than one by one, with equal work for each stream.

    Returns:
        The positions of each group, longest first: pairs as long as every stream gets the same number, then single windows.
        Larger groups gain little, and each new input shape takes time to prepare.
    """
    order = sorted(range(len(lengths)), key=lambda place: -lengths[place])
    paired = len(order) - len(order) % (2 * STREAMS)
    return [order[place : place + 2] for place in range(0, paired, 2)] + [[place] for place in order[paired:]]


def load_reader(
    cache_folder: Path,
    *,
    weights: Path = WEIGHTS,
    sha256: str | None = READER_SHA256,
    on_notice: Callable[[str], None] | None = None,
) -> FastReader:
    """Load the reader, after building and checking its fast form if the cache has no complete one.

    Args:
        cache_folder: Folder of the built models, each in its own subfolder; created if missing.
        weights: The file of the weights.
        sha256: Required hash of that file; None for any.
        on_notice: Called with one line before a build, which takes about half a minute.

    Raises:
        ReaderError: The weights are missing or altered, or the model cannot be built or run on this computer.
        EncoderError: The bundled encoder, whose embeddings the reader shares, is missing or altered.
    """
    advice = "Install this package again: pip install --force-reinstall --no-deps qa-verbatim"
    try:
        found = file_hash(weights)
    except OSError as error:
        raise ReaderError(f"the reader's weights, {weights}, cannot be read ({error.strerror}). {advice}") from error
    if sha256 not in (None, found):
        raise ReaderError(f"the reader's weights, {weights}, are not the published ones. {advice}")
    folder = bundled_model_folder()
    try:
        target = Path(cache_folder) / reader_key(folder, found)
        notice = on_notice or (lambda line: None)
        try:
            manifest = find_build(
                target, "qa.reading.build:build_reader", weights, folder, name="reader", notice=notice
            )
        except CacheError as error:
            notice(f"{error} It is built for this run only.")
            target = Path(_run_folder()) / target.name
            manifest = find_build(
                target, "qa.reading.build:build_reader", weights, folder, name="reader", notice=notice
            )
        tokenizer = read_tokenizer(folder)
        tokenizer.no_truncation()
        spell_out_letters(tokenizer)
        recipe = RECIPE if manifest["rounded"] else "fp32"
        return FastReader(target / READER_GRAPH, tokenizer, identity=f"{VERSION}/{recipe}/{found[:16]}")
    except EncoderError as error:
        raise ReaderError(str(error)) from error


_LETTERS = {
    "\xf8": "o",
    "\xd8": "O",
    "\u0142": "l",
    "\u0141": "L",
    "\u0111": "d",
    "\u0110": "D",
    "\xe6": "ae",
    "\xdf": "ss",
}


def spell_out_letters(tokenizer: Any) -> None:
    """Make a tokenizer read ligatures and letters beyond its alphabet as plain ones: "\ufb01" as "fi", "\xf8" as "o".

    Offsets still count in the text as it is.
    """
    from tokenizers import normalizers

    ligatures = {chr(code): unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB05)}
    replacements = [normalizers.Replace(letter, plain) for letter, plain in (ligatures | _LETTERS).items()]
    tokenizer.normalizer = normalizers.Sequence([*replacements, tokenizer.normalizer])


def shared_reader(cache_folder: Path, *, on_notice: Callable[[str], None] | None = None) -> FastReader:
    """Load the packaged reader once per process, see `load_reader`; all assistants share it."""
    folder = Path(cache_folder).resolve()
    with _sharing:
        if folder not in _shared:
            _shared[folder] = load_reader(folder, on_notice=on_notice)
        return _shared[folder]


@cache
def _run_folder() -> str:
    """Create a folder that is deleted when the process ends."""
    folder = tempfile.mkdtemp(prefix="qa-reader-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


_shared: dict[Path, FastReader] = {}
_sharing = threading.Lock()


def reader_key(model_folder: Path, weights_sha256: str) -> str:
    """Hash everything a build of the reader depends on into 32 hexadecimal digits."""
    files = [file_hash(model_folder / name) for name in ("config.json", "tokenizer.json")]
    return build_key(VERSION, RECIPE, weights_sha256, import_openvino().__version__, *files)
