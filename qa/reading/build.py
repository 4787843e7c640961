"""Build the fast form of the reader and check it, in a separate process."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index import (
    import_openvino,
    pad,
    padded_width,
    plain_graph,
    read_pair_model,
    read_tokenizer,
    round_graph,
    sample_pairs,
    write_build,
)
from qa.reading.model import READER_GRAPH, FastReader, Logits
from qa.reading.spans import Window, make_windows, mark_ids, tokenise

LOWEST_CORRELATION = 0.99  # of the logits with those in 32 bits; .998 is usual
CHECK_EVERY = 4  # sample pairs


def build_reader(weights: str, model_folder: str, folder: str) -> None:
    """Build the fast form of a reader into a folder whose name is the key of the build, replacing an incomplete build.

    Args:
        weights: A safetensors file.
        model_folder: The encoder whose embeddings and tokenizer it shares.
        folder: The folder.

    Raises:
        EncoderError: The model cannot be read or run.
        OSError: The folder cannot be written.
    """
    write_build(Path(folder), lambda work: _write_reader(Path(weights), Path(model_folder), work))


def _write_reader(weights: Path, source: Path, work: Path) -> dict[str, Any]:
    """Write the graph, check it, and return the findings for the manifest.

    If the rounded graph is not accurate enough on this processor, the 32-bit graph replaces it: slower, and as good.
    """
    model, tokenizer = read_pair_model(source, weights), read_tokenizer(source)
    tokenizer.no_truncation()
    windows = sample_windows(tokenizer)
    batches = [pad([window.ids], padded_width(len(window.ids)), [window.types]) for window in windows]
    import_openvino().save_model(round_graph(model, batches), work / READER_GRAPH, compress_to_fp16=False)
    reader = FastReader(work / READER_GRAPH, tokenizer, identity="")
    checked = windows[::CHECK_EVERY]
    together, alone = reader.logits(checked), [reader.logits([window])[0] for window in checked]
    plain = FastReader(plain_graph(model), tokenizer, identity="").logits(checked)
    correlation, difference = compare_logits(together, plain)
    found = {"lowest_correlation": correlation, "greatest_difference": difference}
    if correlation >= LOWEST_CORRELATION and is_same(together, alone):
        return {**found, "rounded": True, "refused": ""}
    import_openvino().save_model(plain_graph(model), work / READER_GRAPH, compress_to_fp16=False)
    exact = FastReader(work / READER_GRAPH, tokenizer, identity="")
    same = is_same(exact.logits(checked), [exact.logits([window])[0] for window in checked])
    refused = "" if same else "the reading of a passage depends on the passages read with it"
    return {**found, "rounded": False, "refused": refused}


def is_same(given: Sequence[Logits], expected: Sequence[Logits]) -> bool:
    """Return whether logits are the same to the last bit."""
    pairs = zip(given, expected, strict=True)
    return all(one[0].tobytes() == other[0].tobytes() and one[1] == other[1] for one, other in pairs)


def compare_logits(given: Sequence[Logits], expected: Sequence[Logits]) -> tuple[float, float]:
    """Compare the logits of two readers for the same windows.

    Returns:
        The lowest correlation of any one logit (start, end, evidence, answerable), and the greatest difference. A logit that
        never changes, as of a head without weights, counts by its difference only.
    """
    lowest, greatest = 1.0, 0.0
    for found, wanted in zip(_by_kind(given), _by_kind(expected), strict=True):
        greatest = max(greatest, float(np.abs(found - wanted).max()))
        if np.ptp(wanted) > 0:
            lowest = min(lowest, float(np.corrcoef(found, wanted)[0, 1]))
    return lowest, greatest


def _by_kind(logits: Sequence[Logits]) -> list[npt.NDArray[np.floating]]:
    """Collect all start logits, end logits, evidence logits, and those of whole windows."""
    tokens = np.concatenate([tokens for tokens, _ in logits])
    return [*tokens.T, np.array([answerable for _, answerable in logits])]


def sample_windows(tokenizer: Any) -> list[Window]:
    """Return the first window of each sample pair."""
    parts = tokenise(tokenizer, [part for pair in sample_pairs() for part in pair])
    marks = mark_ids(tokenizer)
    return [
        make_windows(*(part.ids for part in parts[first : first + 3]), marks=marks)[0]
        for first in range(0, len(parts), 3)
    ]
