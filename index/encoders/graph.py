"""Write a BERT model as an OpenVINO graph: a sentence encoder, or a reader of pairs of texts.

The graph is written operation by operation from the model's own weights, so no converter, tracer or training library
is needed. Its layers of weights come as numbers of 32 bits or rounded to bytes (see `quantize`); rounded, the
products with weights and those of queries with keys run on bytes, the rest on 32 bits. Both kinds of model share the
embeddings and the layers and differ in their head: the encoder averages its tokens to a vector, the reader gives
logits. Word embeddings that come as blocks of bytes stay bytes until they are looked up. Left out: other architectures
than BERT, and pooling other than the mean over tokens.
"""

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from index.errors import EncoderError

# Rounded inputs are whole numbers in these ranges, the same in every layer: so the layers share compiled kernels
# (measured: 1.3 MB for each new shape of input, against 9). The second is for the results of GELU, -.17 and above.
SIGNED, MOSTLY_POSITIVE = (-128, 127), (-32, 223)
PLACES = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "gathered": "attention.output.dense",
    "inner": "intermediate.dense",
    "outer": "output.dense",
}


def import_openvino() -> Any:
    """Import OpenVINO without its model converter, which reports each import to a server of its maker.

    Raises:
        EncoderError: OpenVINO is not installed or cannot be loaded.
    """
    converter = "openvino.tools.ovc"
    modules: dict[str, Any] = sys.modules
    blocked = converter not in modules
    if blocked:
        modules[converter] = None  # its absence is allowed for: OpenVINO goes on without it
    try:
        import openvino
        import openvino.opset13

        return openvino
    except Exception as error:
        raise EncoderError(f"OpenVINO cannot be loaded ({error}). Install it: pip install openvino") from error
    finally:
        if blocked:
            sys.modules.pop(converter, None)


@dataclass(frozen=True, slots=True)
class Model:
    """The numbers of a BERT model."""

    weights: dict[str, np.ndarray]  # by name, float32; see also `word_scales`
    layers: int  # number of layers
    heads: int  # attention heads in a layer
    epsilon: float  # added to the variance in layer normalisation
    tokens: int  # longest text, in tokens; the rest is cut off
    # What one of a number is worth, float32 of shape (words, blocks), if the word embeddings are bytes, int8, in blocks of
    # equally many numbers; None if they are float32.
    word_scales: np.ndarray | None = None
    reads_pairs: bool = False  # whether it reads two texts together and gives logits, or one text and gives a vector


@dataclass(frozen=True, slots=True)
class Linear:
    """A layer of weights: `output = input @ weight.T + bias`, in 32-bit floating point or rounded."""

    weight: np.ndarray  # shape (outputs, inputs); float32, or int8 when rounded
    bias: np.ndarray  # shape (outputs,), float32
    # Shape (outputs, 1), float32: what one of a rounded weight is worth; None when not rounded.
    scale: np.ndarray | None = None
    # Shape (inputs,), float32: multiplies the input before it is rounded; None when its source did so.
    factor: np.ndarray | None = None
    unit: float = 1.0  # what one of the output is worth


def read_model(folder: Path) -> Model:
    """Read a model folder in the layout of sentence-transformers.

    Raises:
        EncoderError: It cannot be read, or is not a BERT encoder that averages its tokens.
    """
    from safetensors.numpy import load_file

    try:
        config = json.loads((folder / "config.json").read_text())
        pooling = json.loads((folder / "1_Pooling" / "config.json").read_text())
        modules = [module["type"].rsplit(".", 1)[-1] for module in json.loads((folder / "modules.json").read_text())]
        tokens = json.loads((folder / "sentence_bert_config.json").read_text())["max_seq_length"]
        prompts = json.loads((folder / "config_sentence_transformers.json").read_text()).get("prompts") or {}
        weights = load_file(folder / "model.safetensors")
    except Exception as error:
        raise EncoderError(f"{folder} cannot be read as a sentence-transformers model ({error}).") from error
    modes = [mode for mode, on in pooling.items() if mode.startswith("pooling_mode") and on]
    expected = (
        config.get("architectures") == ["BertModel"],
        config.get("hidden_act") == "gelu",
        config.get("position_embedding_type", "absolute") == "absolute",
        modes == ["pooling_mode_mean_tokens"],
        modules == ["Transformer", "Pooling", "Normalize"],
        not any(prompts.values()),
    )
    if not all(expected):
        raise EncoderError(
            f"{folder} has no fast form: it is not a BERT encoder with mean pooling and without prompts."
        )
    weights = {name: value.astype(np.float32) for name, value in weights.items() if value.dtype.kind == "f"}
    layers, heads, epsilon = (config[key] for key in ("num_hidden_layers", "num_attention_heads", "layer_norm_eps"))
    return Model(weights, layers, heads, epsilon, tokens)


def read_pair_model(folder: Path, weights: Path) -> Model:
    """Put the layers and heads of a reader on the embeddings of an encoder, whose heads of attention and length it shares.

    The safetensors file has under `bert.` the layers, named as in `transformers.BertModel`; `token.weight` (logits,
    dimension) and `token.bias`, applied to each token; `answerable.weight` (1, dimension) and `answerable.bias`, applied to
    the first token.

    Raises:
        EncoderError: Either cannot be read, or a weight is missing or of another shape.
    """
    from safetensors.numpy import load_file

    encoder = read_model(folder)
    try:
        found = {name.removeprefix("bert."): value.astype(np.float32) for name, value in load_file(weights).items()}
    except Exception as error:
        raise EncoderError(f"{weights} cannot be read ({error}).") from error
    layers = len({name.split(".")[2] for name in found if name.startswith("encoder.layer.")})
    first = {name: value.shape for name, value in encoder.weights.items() if name.startswith("encoder.layer.0.")}
    expected = {name.replace(".0.", f".{layer}.", 1): shape for layer in range(layers) for name, shape in first.items()}
    embeddings = {name: value for name, value in encoder.weights.items() if name.startswith("embeddings.")}
    width = embeddings["embeddings.word_embeddings.weight"].shape[1]
    logits = found["token.bias"].shape if "token.bias" in found else ()
    expected |= {"token.weight": (*logits, width), "answerable.weight": (1, width), "answerable.bias": (1,)}
    wrong = sorted(name for name, shape in expected.items() if name not in found or found[name].shape != shape)
    if wrong or not layers:
        raise EncoderError(f"{weights} is no reader of the model in {folder}: {(wrong or ['layers'])[0]} does not fit.")
    return replace(encoder, weights=embeddings | found, layers=layers, reads_pairs=True)


def linear_layers(model: Model) -> dict[str, Linear]:
    """The layers of weights in 32-bit floating point, by place, such as "0.query".

    The scale of attention, one over the root of a head's width, is shared out over queries and keys.
    """
    found = {}
    for layer in range(model.layers):
        for place, name in PLACES.items():
            stem = f"encoder.layer.{layer}.{name}"
            weight, bias = model.weights[f"{stem}.weight"], model.weights[f"{stem}.bias"]
            share = np.float32((len(bias) / model.heads) ** -0.25 if place in ("query", "key") else 1)
            found[f"{layer}.{place}"] = Linear(weight * share, bias * share)
    return found


def write_graph(model: Model, layers: dict[str, Linear], *, watch: bool = False) -> Any:
    """Write a model as an OpenVINO graph, with its layers of weights, rounded or not, by place.

    Returns:
        The graph. Inputs: token ids, int32 of shape (texts, width); a mask of the same shape, float32, 1 for a token
        and 0 for padding; for a reader, token types of the same shape, float32, 0 for the first text and 1 for the
        second. Outputs, float32: unit vectors of shape (texts, dimension); for a reader, logits of each token, of
        shape (texts, width, logits), and of each pair, of shape (texts,). With `watch`, in place of these the least and the
        greatest value of each channel at each place of `watched`, in that order.
    """
    openvino = import_openvino()
    op = openvino.opset13
    outputs: list[Any] = []

    def constant(value: Any) -> Any:
        return op.constant(np.asarray(value, dtype=np.float32))

    def integers(*values: Any) -> Any:
        return op.constant(np.array(values, dtype=np.int64))

    def normalise(x: Any, name: Any) -> Any:
        x = op.mvn(x, integers(-1), True, model.epsilon, "inside_sqrt")
        x = op.multiply(x, constant(model.weights[f"{name}.LayerNorm.weight"]))
        return op.add(x, constant(model.weights[f"{name}.LayerNorm.bias"]))

    def rounded(x: Any, levels: Any) -> Any:
        return op.fake_quantize(x, *map(constant, levels * 2), 256)

    def note(x: Any) -> Any:
        if watch:
            flat = op.multiply(x, tokens_only)
            outputs.extend([op.reduce_min(flat, integers(0, 1)), op.reduce_max(flat, integers(0, 1))])
        return x

    def apply(layer: Any, x: Any, levels: Any = SIGNED) -> Any:
        weight = constant(layer.weight) if layer.scale is None else None
        if weight is None:
            weight = op.multiply(op.convert(op.constant(layer.weight), "f32"), constant(layer.scale))
            x = rounded(x if layer.factor is None else op.multiply(x, constant(layer.factor)), levels)
        return op.add(op.matmul(x, weight, False, True), constant(layer.bias))

    def attend(x: Any, layer: Any) -> Any:
        query, key, value = (apply(layers[f"{layer}.{place}"], x) for place in ("query", "key", "value"))
        units = layers[f"{layer}.query"].unit * layers[f"{layer}.key"].unit
        note(query), note(key)
        if layers[f"{layer}.query"].scale is not None:
            query, key = rounded(query, SIGNED), rounded(key, SIGNED)
        query, value = by_head(query, 0, 2, 1, 3), by_head(value, 0, 2, 1, 3)
        scores = op.matmul(query, by_head(key, 0, 2, 3, 1), False, False)
        scores = op.add(scores if units == 1 else op.multiply(scores, constant(units)), hidden)
        gathered = op.matmul(op.softmax(scores, -1), value, False, False)
        return op.reshape(op.transpose(gathered, integers(0, 2, 1, 3)), integers(0, 0, width), True)

    def look_up(ids: Any) -> Any:
        first = op.constant(np.int64(0))
        if model.word_scales is None:
            return op.gather(constant(words), ids, first)
        blocks = model.word_scales.shape[1]
        found = op.convert(op.gather(op.constant(words), ids, first), "f32")
        found = op.reshape(found, integers(0, 0, blocks, width // blocks), True)
        found = op.multiply(found, op.unsqueeze(op.gather(constant(model.word_scales), ids, first), integers(3)))
        return op.reshape(found, integers(0, 0, width), True)

    def by_head(x: Any, *order: Any) -> Any:
        return op.transpose(op.reshape(x, integers(0, 0, model.heads, width // model.heads), True), integers(*order))

    def vectors_of(x: Any) -> Any:
        total = op.reduce_sum(op.multiply(x, tokens_only), integers(1))
        vectors = op.divide(total, op.reduce_sum(tokens_only, integers(1)))
        length = op.sqrt(op.reduce_sum(op.multiply(vectors, vectors), integers(1), True))
        return [op.divide(vectors, length)]

    def logits_of(x: Any) -> Any:
        first = op.gather(x, op.constant(np.int64(0)), op.constant(np.int64(1)))
        heads = (
            Linear(model.weights[f"{name}.weight"], model.weights[f"{name}.bias"]) for name in ("token", "answerable")
        )
        tokens, pair = map(apply, heads, (x, first))
        return [tokens, op.squeeze(pair, integers(1))]

    ids = op.parameter([-1, -1], np.int32, name="ids")
    mask = op.parameter([-1, -1], np.float32, name="mask")
    tokens_only = op.unsqueeze(mask, integers(2))
    hidden = op.unsqueeze(op.multiply(op.subtract(mask, constant(1)), constant(1e4)), integers(1, 2))
    words = model.weights["embeddings.word_embeddings.weight"]
    places = model.weights["embeddings.position_embeddings.weight"]
    types = model.weights["embeddings.token_type_embeddings.weight"]
    places = places + types[0]
    width = words.shape[1]
    length = op.gather(op.shape_of(ids), integers(1), op.constant(np.int64(0)))
    x = look_up(ids)
    x = op.add(x, op.slice(constant(places), integers(0), length, integers(1), integers(0)))
    inputs = [ids, mask]
    if model.reads_pairs:
        inputs.append(op.parameter([-1, -1], np.float32, name="types"))
        x = op.add(x, op.multiply(op.unsqueeze(inputs[-1], integers(2)), constant(types[1] - types[0])))
    x = normalise(x, "embeddings")
    for layer in range(model.layers):
        stem = f"encoder.layer.{layer}"
        gathered = note(attend(note(x), layer))
        x = normalise(op.add(apply(layers[f"{layer}.gathered"], gathered), x), f"{stem}.attention.output")
        inner = note(op.gelu(apply(layers[f"{layer}.inner"], note(x)), "erf"))
        x = normalise(op.add(apply(layers[f"{layer}.outer"], inner, MOSTLY_POSITIVE), x), f"{stem}.output")
    given = logits_of(x) if model.reads_pairs else vectors_of(x)
    return openvino.Model(outputs or given, inputs, "reader" if model.reads_pairs else "encoder")


def watched(model: Model) -> list[str]:
    """The places that a watching graph reports, in order: "3.outer" is what layer 3's outer weights take in."""
    order = ("attention", "query", "key", "gathered", "inner", "outer")
    return [f"{layer}.{place}" for layer in range(model.layers) for place in order]
