"""Build the fast encoder of a model and check it, in a separate process, because the check needs torch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from index.encoders.cache import write_build
from index.encoders.graph import Model, import_openvino, linear_layers, read_model, write_graph
from index.encoders.openvino import GRAPH, FastEncoder, pad, plan_batches, read_tokenizer
from index.encoders.quantize import observe, round_layers, sample_texts
from index.errors import EncoderError

LOWEST_COSINE = 0.99
CHECK_TEXTS = (
    "Who is mediating between the two countries?",
    "",
    "Zürich 😀 ПРИВЕТ",
    "lighthouse",
    "The lighthouse keeper climbed 212 steps every evening, lit the lamp, and wrote the weather into a blue notebook.",
    "for row in rows: print(row['id'], row['total'] * 1.19)  # with tax",
    "Copper conducts electricity better than iron does. It is soft, bends easily and does not rust, which is why most "
    "household wires are made of it; silver conducts even better, but costs about eighty times as much. Aluminium is "
    "lighter than both and is hung from pylons, where weight matters more than width.",
    "After the harvest failed for a third year, many families left the valley for the ports, and some for America. "
    * 16,
)


def build(model_folder: str, folder: str) -> None:
    """Build the fast encoder of a model, in the layout of sentence-transformers, in a folder named by its key.

    Raises:
        EncoderError: The model has no fast form, or cannot be read or run.
        OSError: The folder cannot be written.
    """
    write_build(Path(folder), lambda work: _write_encoder(Path(model_folder), work))


def round_graph(model: Model, batches: list[list[np.ndarray]]) -> Any:
    """Write a model as a graph, rounded to bytes by the ranges seen over some batches of what it takes."""
    return write_graph(model, round_layers(linear_layers(model), observe(model, batches)))


def plain_graph(model: Model) -> Any:
    """Write a model as a graph that is not rounded."""
    return write_graph(model, linear_layers(model))


def _write_encoder(source: Path, work: Path) -> dict[str, Any]:
    """Write the graph and check it; return the findings for the manifest."""
    model, tokenizer = read_model(source), read_tokenizer(source)
    return write_encoder(work, model, tokenizer, sample_texts(), plain=lambda: _plain_vectors(source))


def write_encoder(
    work: Path,
    model: Model,
    tokenizer: Any,
    texts: list[str],
    *,
    plain: Callable[[], np.ndarray],
    least: float = LOWEST_COSINE,
) -> dict[str, Any]:
    """Write the rounded graph of a model into a folder, and check it.

    Args:
        work: The folder.
        model: The model.
        tokenizer: Its tokenizer, which truncates and does not pad.
        texts: What the ranges for rounding are measured on.
        plain: Encodes `CHECK_TEXTS` without rounding: float32 of shape (texts, dimension), unit rows.
        least: The lowest cosine to these that is accepted.

    Returns:
        The findings, for the manifest.
    """
    ids = [np.array(encoding.ids, dtype=np.int32) for encoding in tokenizer.encode_batch(texts)]
    batches = [pad([ids[row] for row in rows], width) for rows, width in plan_batches([len(row) for row in ids])]
    import_openvino().save_model(round_graph(model, batches), work / GRAPH, compress_to_fp16=False)
    dimension = model.weights["embeddings.word_embeddings.weight"].shape[1]
    encoder = FastEncoder(work / GRAPH, tokenizer, identity="", dimension=dimension)
    lowest = float((encoder.encode_passages(CHECK_TEXTS) * plain()).sum(axis=1).min())
    together, alone = encoder.encode_passages(texts), [encoder.encode_question(text) for text in texts]
    refused = ""
    if not lowest >= least:
        refused = f"its vectors stray from the plain ones (cosine {lowest:.3f})"
    elif not np.array_equal(together, alone):
        refused = "the vector of a text depends on the texts encoded with it"
    return {"dimension": dimension, "lowest_cosine": lowest, "refused": refused}


def _plain_vectors(source: Path) -> np.ndarray:
    """What sentence-transformers makes of the check texts: float32 of shape (texts, dimension), unit rows."""
    try:
        from sentence_transformers import SentenceTransformer

        plain = SentenceTransformer(str(source), device="cpu", local_files_only=True)
        return plain.encode(list(CHECK_TEXTS), normalize_embeddings=True, show_progress_bar=False)
    except Exception as error:  # the library raises any kind of error
        raise EncoderError(f"sentence-transformers, needed once for the check, fails ({error})") from error
