"""Build the fast encoder of a model, check it, and put it in its place in the cache.

Everything is written to a folder with a passing name, flushed to the disk, and renamed: a build that is cut off at any
point leaves nothing that a later start would trust. Runs in a process of its own, as the check needs torch.
"""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from index.encoder import file_hash
from index.errors import EncoderError
from index.fast_calibration import observe, sample_texts
from index.fast_encoder import (
    GRAPH,
    MANIFEST,
    FastEncoder,
    pad,
    plan_batches,
    read_manifest,
    read_tokenizer,
)
from index.fast_graph import import_openvino, linear_layers, read_model, write_graph
from index.fast_rounding import round_layers

LOWEST_COSINE = 0.99
ABANDONED_SECONDS = 3600
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
    """Build the fast encoder of a model.

    Args:
        model_folder: The model, in the layout of sentence-transformers.
        folder: Where the result goes; its name is the key of the build. What is there and not whole is replaced.

    Raises:
        EncoderError: The model has no fast form, or cannot be read or run.
        OSError: The folder cannot be written.
    """
    source, target = Path(model_folder), Path(folder)
    _remove_abandoned(target.parent)
    work = Path(tempfile.mkdtemp(prefix="building-", dir=target.parent))
    try:
        manifest = {"key": target.name, **_write_encoder(source, work)}
        names = (GRAPH, Path(GRAPH).with_suffix(".bin").name)
        if manifest["refused"]:
            for name in names:
                (work / name).unlink(missing_ok=True)
            names = ()
        manifest["files"] = {name: file_hash(work / name) for name in names}
        (work / MANIFEST).write_text(json.dumps(manifest, indent=1))
        _publish(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_encoder(source: Path, work: Path) -> dict:
    """Write the graph and check it; the part of the manifest that tells what was found."""
    openvino = import_openvino()
    model, tokenizer, texts = read_model(source), read_tokenizer(source), sample_texts()
    ids = [np.array(encoding.ids, dtype=np.int32) for encoding in tokenizer.encode_batch(texts)]
    batches = [pad([ids[row] for row in rows], width) for rows, width in plan_batches([len(row) for row in ids])]
    layers = round_layers(linear_layers(model), observe(model, batches))
    openvino.save_model(write_graph(model, layers), work / GRAPH, compress_to_fp16=False)
    dimension = len(layers["0.outer"].bias)
    encoder = FastEncoder(work / GRAPH, tokenizer, identity="", dimension=dimension)
    lowest = float((encoder.encode_passages(CHECK_TEXTS) * _plain_vectors(source)).sum(axis=1).min())
    together, alone = encoder.encode_passages(texts), [encoder.encode_question(text) for text in texts]
    refused = ""
    if not lowest >= LOWEST_COSINE:
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
    except Exception as error:  # the library raises whatever its parts raise
        raise EncoderError(f"sentence-transformers, needed once for the check, fails ({error})") from error


def _publish(work: Path, target: Path) -> None:
    for path in (*_files(work), work):
        _flush(path)
    if target.exists() and read_manifest(target) is None:
        os.rename(target, tempfile.mkdtemp(prefix="building-", dir=target.parent))
    try:
        os.rename(work, target)
    except OSError:
        if read_manifest(target) is None:  # else another process was faster, with the same result
            raise
    _flush(target.parent)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.is_file())


def _flush(path: Path) -> None:
    """Wait until a file or folder is on the disk; where folders cannot be opened, as on Windows, they are skipped."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_abandoned(parent: Path) -> None:
    """Remove what builds that were cut off have left."""
    for path in parent.glob("building-*"):
        try:
            if time.time() - path.stat().st_mtime > ABANDONED_SECONDS:
                shutil.rmtree(path)
        except OSError:
            continue  # another process is removing it
