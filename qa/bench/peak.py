"""What the machine could do at most, and what a passage costs: the two sides of the share of peak that is reached.

The peak is that of a chain of matrix products of a friendly size, without anything between them; no encoder reaches it,
as normalising, softmax and the moving of memory take their part.
"""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from index import EncoderError, import_openvino
from qa.bench.machine import usable_cores

ROWS, WIDTH, LAYERS = 1024, 1024, 8  # 4 MB of numbers a layer; other sizes tried are slower
TORCH_WIDTH = 2048
SECONDS = 0.4  # of each measurement

Rate = Callable[[], float]


def float_rates() -> dict[str, Rate]:
    """By what computes them, functions that measure 32-bit operations a second, multiplications and additions counted."""
    rates = {"torch": _torch_rate}
    with suppress(EncoderError, RuntimeError):
        rates["OpenVINO"] = _openvino_rate(rounded=False)
    return rates


def byte_rates() -> dict[str, Rate]:
    """The same for 8-bit operations; none where OpenVINO is missing or cannot."""
    with suppress(EncoderError, RuntimeError):
        return {"OpenVINO": _openvino_rate(rounded=True)}
    return {}


def passage_cost(model_folder: Path, tokens: float) -> float:
    """Operations to encode one passage of a BERT encoder: its matrix products, multiplications and additions counted.

    For each token and layer four products of width by width (query, key, value, output) and two of width by inner
    width; for each pair of tokens one product of scores and one of values.
    """
    config = json.loads((Path(model_folder) / "config.json").read_text())
    width, inner, layers = (config[key] for key in ("hidden_size", "intermediate_size", "num_hidden_layers"))
    return layers * tokens * (8 * width**2 + 4 * width * inner + 4 * width * tokens)


def _torch_rate() -> float:
    import torch

    left, right = torch.rand(TORCH_WIDTH, TORCH_WIDTH), torch.rand(TORCH_WIDTH, TORCH_WIDTH)
    return 2 * TORCH_WIDTH**3 * _runs_a_second(lambda: left @ right)


def _openvino_rate(*, rounded: bool) -> Rate:
    openvino, streams = import_openvino(), usable_cores()
    # One single-threaded stream a core, as the encoder has them.
    settings = {"NUM_STREAMS": str(streams), "INFERENCE_NUM_THREADS": str(streams), "ENABLE_CPU_PINNING": "NO"}
    settings["INFERENCE_PRECISION_HINT"] = "f32"
    compiled = openvino.Core().compile_model(_product_chain(openvino, rounded=rounded), "CPU", settings)
    rows = np.random.default_rng(0).normal(scale=50, size=(ROWS, WIDTH)).astype(np.float32)
    requests = [compiled.create_infer_request() for _ in range(streams)]
    requests[0].infer([rows])  # by one thread first: the binding looks NumPy up on first use

    def rate() -> float:
        with ThreadPoolExecutor(streams) as workers:
            runs = sum(workers.map(lambda request: _runs_a_second(lambda: request.infer([rows])), requests))
        return runs * 2 * ROWS * WIDTH**2 * LAYERS

    return rate


def _product_chain(openvino: Any, *, rounded: bool) -> Any:
    op = openvino.opset13
    chance = np.random.default_rng(0)
    scale = np.full((WIDTH, 1), 1 / (127 * WIDTH**0.5), dtype=np.float32)  # keeps the numbers where they are
    x = given = op.parameter([ROWS, WIDTH], np.float32, name="rows")
    for _ in range(LAYERS):
        weight = chance.integers(-127, 128, (WIDTH, WIDTH)).astype(np.int8)
        if rounded:
            low, high = op.constant(np.float32(-128)), op.constant(np.float32(127))
            x = op.fake_quantize(x, low, high, low, high, 256)
            weight = op.multiply(op.convert(op.constant(weight), "f32"), op.constant(scale))
        else:
            weight = op.constant(weight * scale)
        x = op.matmul(x, weight, False, True)
    return openvino.Model([x], [given], "products")


def _runs_a_second(run: Callable[[], object]) -> float:
    run()
    count, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < SECONDS:
        run()
        count += 1
    return count / passed
