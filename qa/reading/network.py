"""Define the reader as a torch module, for training: a BERT or MPNet encoder with heads for spans, evidence and answerability.

Weights have the names of `transformers.BertModel`, so that it can load them too. Embeddings are frozen; only layers and
heads are trained and shipped.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from index import ReaderError

HIDDEN = -1e4  # added to the scores of tokens that must not be attended to or be an answer
HEADS = ("token", "answerable")
FARTHEST = 128  # tokens; larger distances share one bucket


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of an encoder.

    Attributes:
        width: Length of a token's vector.
        layers: Number of layers.
        heads: Attention heads per layer.
        inner: Width of the feed-forward layers.
        epsilon: Added to the variance in layer normalisation.
        buckets: Buckets of relative positions (MPNet); 0 for only absolute positions (BERT).
    """

    width: int
    layers: int
    heads: int
    inner: int
    epsilon: float
    buckets: int = 0


class Layer(nn.Module):
    """One transformer layer."""

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.heads = shape.heads
        self.query, self.key, self.value, self.gathered = (nn.Linear(shape.width, shape.width) for _ in range(4))
        self.inner, self.outer = nn.Linear(shape.width, shape.inner), nn.Linear(shape.inner, shape.width)
        self.attention_norm = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.output_norm = nn.LayerNorm(shape.width, eps=shape.epsilon)
        self.dropout = dropout

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """Apply the layer to (texts, tokens, width); `bias` is added to the attention scores."""
        texts, tokens, width = x.shape
        query, key, value = (
            part(x).view(texts, tokens, self.heads, -1).transpose(1, 2) for part in (self.query, self.key, self.value)
        )
        if x.device.type == "cpu":  # the backward pass of attention in bfloat16 is slow there
            with torch.autocast("cpu", enabled=False):
                found = functional.scaled_dot_product_attention(query.float(), key.float(), value.float(), bias.float())
        else:
            found = functional.scaled_dot_product_attention(query, key, value, bias.to(query.dtype))
        found = self.gathered(found.transpose(1, 2).reshape(texts, tokens, width))
        x = self.attention_norm(x + functional.dropout(found, self.dropout, self.training))
        found = self.outer(functional.gelu(self.inner(x)))
        x = self.output_norm(x + functional.dropout(found, self.dropout, self.training))
        return x


class Network(nn.Module):
    """An encoder with the reader's heads."""

    embedding_words: Tensor
    embedding_positions: Tensor
    embedding_types: Tensor
    embedding_norm_weight: Tensor
    embedding_norm_bias: Tensor
    embedding_relative: Tensor

    def __init__(self, shape: Shape, embeddings: dict[str, Tensor], *, dropout: float = 0.0) -> None:
        """Create a network with untrained layers.

        Args:
            shape: Its sizes.
            embeddings: "words", "positions", "types" (two rows), "norm.weight", "norm.bias"; frozen. With relative positions,
                "relative" of shape (buckets, heads).
            dropout: On hidden states, in training.
        """
        super().__init__()
        self.shape = shape
        self.layers = nn.ModuleList(Layer(shape, dropout) for _ in range(shape.layers))
        self.token = nn.Linear(shape.width, 3)
        self.answerable = nn.Linear(shape.width, 1)
        for name, value in embeddings.items():
            self.register_buffer("embedding_" + name.replace(".", "_"), value.float(), persistent=False)

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Read pairs of a question and a passage.

        Args:
            ids: Token ids, int64 of shape (texts, tokens).
            types: 0 for the question, 1 for the rest, of the same shape.
            mask: True for a token, False for padding, of the same shape.

        Returns:
            Logits of start, end and evidence, float32 of shape (texts, tokens, 3); answerable, of shape (texts,).
        """
        positions = torch.arange(ids.shape[1], device=ids.device)
        x = self.embedding_words[ids] + self.embedding_positions[positions] + self.embedding_types[types]
        x = functional.layer_norm(
            x, x.shape[-1:], self.embedding_norm_weight, self.embedding_norm_bias, self.shape.epsilon
        )
        bias = (~mask)[:, None, None, :].float() * HIDDEN
        if self.shape.buckets:
            buckets = relative_buckets(positions[None, :] - positions[:, None], self.shape.buckets)
            bias = bias + self.embedding_relative[buckets].permute(2, 0, 1)[None]
        else:
            bias = bias.expand(-1, 1, ids.shape[1], -1)
        for layer in self.layers:
            x = layer(x, bias)
        return self.token(x).float(), self.answerable(x[:, 0]).float().squeeze(-1)


def relative_buckets(distance: Tensor, buckets: int) -> Tensor:
    """Assign relative positions to buckets, near ones exactly and far ones by their logarithm (T5, Raffel et al. 2020).

    Half of the buckets are for positions behind. `distance` and the result are int64 of the same shape.
    """
    half = buckets // 2
    found = (distance > 0).long() * half
    distance = distance.abs()
    exact = half // 2
    grown = torch.log(distance.clamp(min=1).float() / exact) / math.log(FARTHEST / exact)
    far = (exact + (grown * (half - exact)).long()).clamp(max=half - 1)
    return found + torch.where(distance < exact, distance, far)


_BERT = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "gathered": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense",
    "outer": "output.dense",
    "output_norm": "output.LayerNorm",
}
_MPNET = {
    **_BERT,
    "query": "attention.attn.q",
    "key": "attention.attn.k",
    "value": "attention.attn.v",
    "gathered": "attention.attn.o",
    "attention_norm": "attention.LayerNorm",
}


def load_network(folder: Path, *, vocabulary: Path | None = None, dropout: float = 0.0) -> Network:
    """Create a network from a sentence encoder's folder (BERT or MPNet), with new heads.

    Args:
        folder: Folder with config.json, model.safetensors and vocab.txt.
        vocabulary: The vocab.txt that token ids refer to, if it is not the folder's own.
        dropout: On hidden states, in training.

    Raises:
        ReaderError: The model is of another type, or one of its files is missing or damaged.
    """
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kind = config["model_type"]
        if kind in ("bert", "mpnet"):
            return _load_encoder(folder, config, vocabulary, dropout)
    except (OSError, ValueError, LookupError, RuntimeError, SafetensorError) as error:
        raise ReaderError(
            f"{folder} has no readable encoder ({error!r}). "
            "Name a folder with config.json, model.safetensors and vocab.txt of a BERT or MPNet encoder."
        ) from error
    raise ReaderError(f"{folder} is a {kind} model. Name the folder of a BERT or MPNet encoder.")


def _load_encoder(folder: Path, config: dict[str, Any], vocabulary: Path | None, dropout: float) -> Network:
    weights = {name.removeprefix("mpnet."): value for name, value in load_file(folder / "model.safetensors").items()}
    relative = config["model_type"] == "mpnet"
    shape = Shape(
        config["hidden_size"],
        config["num_hidden_layers"],
        config["num_attention_heads"],
        config["intermediate_size"],
        config["layer_norm_eps"],
        config.get("relative_attention_num_buckets", 0) if relative else 0,
    )
    positions = weights["embeddings.position_embeddings.weight"]
    embeddings = {
        "words": weights["embeddings.word_embeddings.weight"],
        "positions": positions[2:] if relative else positions,  # MPNet's first two are for padding
        "types": weights.get("embeddings.token_type_embeddings.weight", torch.zeros(2, shape.width)),
        "norm.weight": weights["embeddings.LayerNorm.weight"],
        "norm.bias": weights["embeddings.LayerNorm.bias"],
    }
    if vocabulary is not None:
        embeddings["words"] = embeddings["words"][_same_words(folder / "vocab.txt", vocabulary)]
    if shape.buckets:
        embeddings["relative"] = weights["encoder.relative_attention_bias.weight"]
    network = Network(shape, embeddings, dropout=dropout)
    _copy(weights, _layers(network, "encoder.layer.", _MPNET if relative else _BERT))
    return network


def _same_words(theirs: Path, ours: Path) -> Tensor:
    """Return for each word of our vocabulary its row in theirs, int64; special tokens by their meaning."""
    rows = {word: row for row, word in enumerate(theirs.read_text(encoding="utf-8").split("\n"))}
    for special, other in (("[CLS]", "<s>"), ("[SEP]", "</s>"), ("[PAD]", "<pad>")):
        rows[special] = rows.get(other, rows.get(special, 0))
    words = ours.read_text(encoding="utf-8").rstrip("\n").split("\n")
    return torch.tensor([rows.get(word, rows["[UNK]"]) for word in words])


def save_weights(network: Network, path: Path) -> None:
    """Write layers and heads as 16-bit floats, named as in `transformers.BertModel`."""
    halves = {name: value.detach().to("cpu", torch.float16).contiguous() for name, value in _saved(network).items()}
    save_file(halves, path)


def load_weights(network: Network, path: Path) -> None:
    """Read layers and heads written by `save_weights`.

    Raises:
        ReaderError: The file is missing or damaged, or has no weights for this network.
    """
    try:
        _copy(load_file(path), _saved(network))
    except (OSError, ValueError, LookupError, SafetensorError) as error:
        raise ReaderError(f"{path} has no weights of a reader ({error!r}). Name a file of trained weights.") from error


def _saved(network: Network) -> dict[str, Tensor]:
    """Return the saved weights by their names in the file."""
    heads = {f"{head}.{part}": value for head in HEADS for part, value in getattr(network, head).named_parameters()}
    return {**_layers(network, "bert.encoder.layer.", _BERT), **heads}


def _layers(network: Network, prefix: str, names: dict[str, str]) -> dict[str, Tensor]:
    """Return the weights of the layers by the names another library gives them."""
    return {
        f"{prefix}{number}.{theirs}.{part}": value
        for number, layer in enumerate(network.layers)
        for ours, theirs in names.items()
        for part, value in getattr(layer, ours).named_parameters()
    }


def _copy(weights: dict[str, Tensor], targets: dict[str, Tensor]) -> None:
    """Copy weights into those of the same name and shape."""
    with torch.no_grad():
        for name, target in targets.items():
            if weights[name].shape != target.shape:
                raise ValueError(f"{name} has the shape {tuple(weights[name].shape)}, not {tuple(target.shape)}")
            target.copy_(weights[name])
