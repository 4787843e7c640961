"""Run graphs by OpenVINO: make them ready, pad what they take, and take what they give."""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from index.errors import EncoderError
from index.fast_graph import import_openvino

STREAMS_AT_MOST = 16
WIDTH_STEP = 16


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
        raise EncoderError(f"OpenVINO cannot run this model ({str(error).strip().splitlines()[-1]}).") from error


def padded_width(length: int) -> int:
    """The width a text of so many tokens is padded to: the next multiple of 16, the numbers added at a time."""
    return -(-length // WIDTH_STEP) * WIDTH_STEP


def pad(ids: Sequence[np.ndarray], width: int, *others: Sequence[np.ndarray]) -> list[np.ndarray]:
    """What a graph takes, all of shape (texts, width), padded with zeros.

    Args:
        ids: The token ids of each text.
        width: Tokens, as many as the longest text has or more.
        others: Other numbers for each token, as a reader takes the token types.

    Returns:
        Token ids (int32), mask (float32), and the others (float32).
    """
    shape = (len(ids), width)
    padded, mask, *more = (np.zeros(shape, dtype) for dtype in (np.int32, *[np.float32] * (1 + len(others))))
    for row, tokens in enumerate(ids):
        padded[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
        for numbers, given in zip(more, others, strict=True):
            numbers[row, : len(tokens)] = given[row]
    return [padded, mask, *more]


def infer(compiled: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """Run a graph once: its outputs, copied."""
    request = compiled.create_infer_request()
    request.infer(inputs)
    return [request.get_output_tensor(place).data.copy() for place in range(len(compiled.outputs))]
