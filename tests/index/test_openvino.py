"""The fast encoder: true to the model, the same in every company, and never loaded from a damaged cache."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from patience import until

from index.encoders import cache as fast_cache
from index.encoders import openvino
from index.encoders.base import SentenceTransformerEncoder, bundled_model_folder
from index.encoders.build import build, plain_graph
from index.encoders.cache import read_manifest
from index.encoders.graph import Linear, import_openvino, read_model
from index.encoders.openvino import compile_graph, load_fast_encoder, pad, plan_batches, read_tokenizer
from index.encoders.quantize import Range, round_layers, sample_texts, split_channels
from index.errors import EncoderError

ROOT = Path(__file__).parents[2]
MODEL = bundled_model_folder()
STORY = "The old bridge over the river was closed in March, and nobody in the village knows when it will open again. "
TEXTS = [
    "",
    "a",
    "Who closed the bridge?",
    "😀",
    "Zürich",
    *(" ".join((STORY * 20).split()[:words]) for words in (3, 7, 12, 14, 15, 16, 30, 45, 61, 90, 140, 200, 400)),
    "SELECT name FROM rivers WHERE length > 100; -- 3 rows",
]
LOAD = """
import sys
from pathlib import Path
from index.encoders.openvino import load_fast_encoder
encoder = load_fast_encoder(Path(sys.argv[1]), Path(sys.argv[2]), notice=lambda line: print("notice", line))
print("vector", encoder.encode_question("Who closed the bridge?").tobytes().hex())
"""


def start(code: str, *arguments) -> subprocess.Popen:
    """Run code in a process of its own, with this checkout importable."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


@pytest.fixture(autouse=True)
def as_many(monkeypatch):
    """Have texts run as many do, however few there are."""
    monkeypatch.setattr(openvino, "FEW_TEXTS", 0)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A cache that two processes were told to build at the same moment, and what each of them printed."""
    cache = tmp_path_factory.mktemp("cache")
    processes = [start(LOAD, MODEL, cache) for _ in range(2)]
    outputs = [process.communicate()[0] for process in processes]
    return cache, outputs


@pytest.fixture(scope="module")
def encoder(built):
    """The fast encoder, loaded from that cache without a build."""
    return load_fast_encoder(MODEL, built[0], notice=pytest.fail)


@pytest.fixture(scope="module")
def plain():
    """What the library itself makes of the texts."""
    return SentenceTransformerEncoder(MODEL).encode_passages(TEXTS)


@pytest.fixture
def copied(built, tmp_path, monkeypatch):
    """A copy of the built cache: its one folder; a build only copies again, and is counted."""
    [original] = [path for path in built[0].iterdir() if path.is_dir()]
    folder = tmp_path / "cache" / original.name
    shutil.copytree(original, folder)
    builds = []

    def build_again(target, *arguments, **named):
        builds.append(target)
        shutil.copytree(original, target, dirs_exist_ok=True)
        return read_manifest(target)

    monkeypatch.setattr(fast_cache, "build_apart", build_again)
    return folder, builds


def test_vectors_point_where_the_plain_ones_do(encoder, plain):
    """The cosine to the library's vector is at least .99 for every text, and .997 on average."""
    cosines = (encoder.encode_passages(TEXTS) * plain).sum(axis=1)
    assert cosines.min() >= 0.99
    assert cosines.mean() >= 0.997


def test_the_graph_in_32_bits_is_the_model(plain):
    """Without rounding, the graph gives the library's vectors up to the last digits."""
    model, tokenizer = read_model(MODEL), read_tokenizer(MODEL)
    compiled = compile_graph(plain_graph(model), streams=1)
    ids = [np.array(encoding.ids, dtype=np.int32) for encoding in tokenizer.encode_batch(TEXTS)]
    vectors = compiled(pad(ids, 256))[0]
    assert np.abs(vectors - plain).max() < 2e-6


def test_a_text_has_one_vector_in_any_company(encoder):
    """Alone, in batches of every size, in any order, padded or not: each text has the same vector to the last bit."""
    alone = [encoder.encode_question(text).tobytes() for text in TEXTS]
    generator = np.random.default_rng(1)
    for copies in (1, 2, 9, 40):
        rows = generator.permutation(np.repeat(np.arange(len(TEXTS)), copies))
        vectors = encoder.encode_passages([TEXTS[row] for row in rows])
        assert [vector.tobytes() for vector in vectors] == [alone[row] for row in rows]


def test_every_process_finds_the_same_vector(built, encoder):
    """Two processes that started with an empty cache, a third on one core and this one agree to the last bit."""
    cache, outputs = built
    here = encoder.encode_question("Who closed the bridge?").tobytes().hex()
    one_core = "import os\nif hasattr(os, 'sched_setaffinity'): os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"
    output, _ = start(one_core + LOAD, MODEL, cache).communicate()
    for text in (*outputs, output):
        assert text.splitlines()[-1] == f"vector {here}"


def test_two_processes_build_once(built):
    """Of two processes that find the cache empty at the same moment, one builds and one waits."""
    cache, outputs = built
    assert sum(output.count("notice") for output in outputs) == 1
    assert [path.name for path in cache.iterdir() if path.name.startswith("building-")] == []


def test_a_later_start_imports_no_slow_library_and_no_telemetry(built):
    """Loading from the cache and encoding imports neither torch nor transformers, nor OpenVINO's reporting."""
    code = LOAD + "print(sorted({name.split('.')[0] for name in sys.modules} & set(sys.argv[3:])))"
    unwanted = ("torch", "transformers", "sentence_transformers", "openvino_telemetry", "safetensors", "requests")
    output, _ = start(code, MODEL, built[0], *unwanted).communicate()
    assert output.splitlines()[-1] == "[]"
    assert "notice" not in output


def test_a_process_that_encoded_passages_ends_cleanly(built):
    """After passages have run on every stream, a process ends with status 0, its encoder let go before or with it."""
    for ending in ("", "del encoder"):
        code = LOAD + "encoder.encode_passages(['one two', 'three ' * 40] * 60)\n" + ending
        process = start(code, MODEL, built[0])
        process.communicate(timeout=120)
        assert process.returncode == 0


def test_few_passages_run_as_questions_do(encoder, monkeypatch):
    """Nothing is made ready for them, and their vectors are the same."""
    vectors = encoder.encode_passages(TEXTS)
    encoder._passages = None
    monkeypatch.setattr(openvino, "FEW_TEXTS", len(TEXTS))
    assert np.array_equal(encoder.encode_passages(TEXTS), vectors)
    assert encoder._passages is None
    assert encoder.encode_passages([*TEXTS, "more"]).shape[0] == len(TEXTS) + 1
    assert encoder._passages is not None


def test_what_runs_passages_is_let_go_when_idle(encoder, monkeypatch):
    """After a while without passages its memory is given back; the next ones get the same vectors."""
    vectors = encoder.encode_passages(TEXTS)
    encoder._passages = None
    monkeypatch.setattr(openvino, "IDLE", 0.05)
    assert np.array_equal(encoder.encode_passages(TEXTS), vectors)
    until(lambda: encoder._passages is None)
    assert np.array_equal(encoder.encode_passages(TEXTS), vectors)


def test_blank_texts_are_the_empty_text(encoder):
    """White space alone has the vector of the empty text, which is of length 1 like every other."""
    vectors = encoder.encode_passages(["", " ", "\n\t", "word"])
    assert np.array_equal(vectors[0], vectors[1])
    assert np.array_equal(vectors[0], vectors[2])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_a_broken_character_is_read_as_a_question_mark(encoder):
    """A lone surrogate, as a file name can hold one, does not stop the others."""
    vectors = encoder.encode_passages(["caf\udce9", "caf?"])
    assert np.array_equal(vectors[0], vectors[1])


def test_what_is_too_long_is_cut_off(encoder):
    """Beyond 254 words of one token, more words change nothing; one fewer does."""
    vectors = encoder.encode_passages(["river " * 254, "river " * 900, "river " * 253])
    assert np.array_equal(vectors[0], vectors[1])
    assert not np.array_equal(vectors[0], vectors[2])


def test_no_texts_give_no_vectors(encoder):
    """An empty list gives an array without rows, of the right width."""
    assert encoder.encode_passages([]).shape == (0, 384)


def test_identity_names_the_recipe_and_the_weights(encoder):
    """The identity is the recipe's name and the start of the hash of the weights."""
    assert encoder.identity == "int8/1/53aa51172d142c89"


def test_batches_hold_similar_lengths():
    """Longest first; as many as fit 1,024 tokens, else eight, else one; widths are multiples of 16."""
    lengths = [5] * 3 + [200] * 6 + [130]
    assert list(plan_batches(lengths)) == [
        ([3, 4, 5, 6], 208),
        ([7], 208),
        ([8], 208),
        ([9], 144),
        ([0], 16),
        ([1], 16),
        ([2], 16),
    ]
    assert [(len(rows), width) for rows, width in plan_batches([16] * 73)] == [(64, 16), (8, 16), (1, 16)]


def test_a_dominant_channel_is_split(monkeypatch):
    """The two splits allowed go to the channel with the largest weight, whose copies then share it."""
    monkeypatch.setattr("index.encoders.quantize.SPLITS", 2)
    weight = np.array([[9.0, 1.0, 1.0], [9.0, 1.0, -1.0]], dtype=np.float32)
    seen = Range(np.full(3, -0.17, dtype=np.float32), np.full(3, 2, dtype=np.float32))
    assert split_channels(weight, seen).tolist() == [0, 1, 2, 0, 0]


def test_rounded_layers_are_worth_what_they_were():
    """Scale and factor undone, each rounded weight is within half a step of the one it stands for."""
    generator = np.random.default_rng(2)
    sizes = {"query": (8, 8), "key": (8, 8), "value": (8, 8), "gathered": (8, 8), "inner": (64, 8), "outer": (8, 64)}
    layers = {
        f"0.{place}": Linear(generator.normal(size=size).astype(np.float32), np.zeros(size[0], dtype=np.float32))
        for place, size in sizes.items()
    }
    seen = {
        f"0.{place}": Range(np.full(width, -0.1, dtype=np.float32), np.full(width, 2, dtype=np.float32))
        for place, width in (("attention", 8), ("query", 8), ("key", 8), ("gathered", 8), ("inner", 8), ("outer", 64))
    }
    rounded = round_layers(layers, seen)["0.query"]
    undone = rounded.weight * rounded.scale * rounded.factor * rounded.unit
    step = rounded.scale * rounded.factor * rounded.unit
    assert (np.abs(undone - layers["0.query"].weight) <= step / 2 * 1.001).all()


def test_the_sample_is_fixed_and_varied():
    """222 texts, all different, the empty one first, the longest longer than the model reads."""
    texts = sample_texts()
    lengths = [len(encoding.ids) for encoding in read_tokenizer(MODEL).encode_batch(texts)]
    assert (len(texts), len(set(texts)), texts[0], min(lengths), max(lengths)) == (222, 222, "", 2, 256)


def flip_a_byte(folder):
    """Change one byte in the middle of the weights."""
    with open(folder / "encoder.bin", "r+b") as file:
        file.seek(30_000_000)
        byte = file.read(1)
        file.seek(30_000_000)
        file.write(bytes([byte[0] ^ 1]))


def edit_manifest(folder, **changes):
    """Write other values into the manifest."""
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, **changes}))


DAMAGES = {
    "flipped byte": flip_a_byte,
    "truncated": lambda folder: os.truncate(folder / "encoder.bin", 1000),
    "missing": lambda folder: (folder / "encoder.xml").unlink(),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "half a manifest": lambda folder: (folder / "manifest.json").write_text('{"key": "'),
    "a list": lambda folder: (folder / "manifest.json").write_text("[]"),
    "another key": lambda folder: edit_manifest(folder, key="0" * 32),
    "gone": shutil.rmtree,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_cache_is_built_again(copied, encoder, damage):
    """Whatever is wrong with the cache is noticed; it is built again, with one notice, and the vectors are the same."""
    folder, builds = copied
    damage(folder)
    notices = []
    again = load_fast_encoder(MODEL, folder.parent, notice=notices.append)
    assert builds == [folder]
    assert notices == ["Preparing the fast encoder, once; this takes about half a minute."]
    assert np.array_equal(again.encode_passages(TEXTS), encoder.encode_passages(TEXTS))


def test_a_whole_cache_is_not_built_again(copied):
    """Loading twice from a whole cache builds nothing."""
    folder, builds = copied
    for _ in range(2):
        load_fast_encoder(MODEL, folder.parent, notice=pytest.fail)
    assert builds == []


def test_a_refused_build_is_remembered(copied):
    """Where the check has failed once, each start says so at once and does not build again."""
    folder, builds = copied
    edit_manifest(folder, refused="its vectors stray from the plain ones (cosine 0.812)", files={})
    with pytest.raises(EncoderError, match=r"not used on this processor: its vectors stray .*0\.812"):
        load_fast_encoder(MODEL, folder.parent, notice=pytest.fail)
    assert builds == []


def test_vectors_that_stray_are_refused(tmp_path, monkeypatch):
    """A build whose vectors are not near the library's is marked refused, and leaves no graph behind."""
    monkeypatch.setattr("index.encoders.build._plain_vectors", lambda source: -np.ones((1, 384)) / np.sqrt(384))
    build(MODEL, tmp_path / "key")
    manifest = read_manifest(tmp_path / "key")
    assert manifest["refused"].startswith("its vectors stray from the plain ones (cosine ")
    assert [path.name for path in (tmp_path / "key").iterdir()] == ["manifest.json"]


def test_a_build_over_a_damaged_one_replaces_it(tmp_path, monkeypatch):
    """A folder that is there and not whole gives way; nothing else is left beside the new one."""
    monkeypatch.setattr(
        "index.encoders.build._write_encoder", lambda source, work: {"refused": "a test", "dimension": 1}
    )
    (tmp_path / "key").mkdir()
    (tmp_path / "key" / "manifest.json").write_text("{")
    build(MODEL, tmp_path / "key")
    assert read_manifest(tmp_path / "key")["refused"] == "a test"
    abandoned = [path for path in tmp_path.iterdir() if path.name != "key"]
    assert [(path.name[:9], os.listdir(path)) for path in abandoned] == [("building-", ["manifest.json"])]
    os.utime(abandoned[0], (0, 0))
    build(MODEL, tmp_path / "other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key", "other"]


def test_a_killed_build_leaves_nothing_trusted(tmp_path):
    """Killed while it writes, a build leaves no folder under the key, and no reader takes what it left for whole."""
    process = start(LOAD, MODEL, tmp_path)
    deadline = time.monotonic() + 120
    while not list(tmp_path.glob("building-*/encoder.xml")) and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    folders = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert [path.name[:9] for path in folders] == ["building-"]
    assert read_manifest(folders[0]) is None


def test_a_folder_without_a_model_is_named(tmp_path):
    """A folder without weights is an EncoderError that names it."""
    with pytest.raises(EncoderError, match=str(tmp_path)):
        load_fast_encoder(tmp_path, tmp_path / "cache", notice=pytest.fail)


def test_another_architecture_has_no_fast_form(tmp_path):
    """A model that pools by its first token is refused before anything is built."""
    shutil.copytree(MODEL, tmp_path / "model")
    pooling = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (tmp_path / "model" / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    with pytest.raises(EncoderError, match="not a BERT encoder with mean pooling"):
        load_fast_encoder(tmp_path / "model", tmp_path / "cache", notice=lambda line: None)


def test_openvino_is_imported_without_its_converter():
    """OpenVINO's converter, whose import reports to a server, stays out; it can still be imported by who wants it."""
    code = (
        "import sys; from index.encoders.graph import import_openvino; import_openvino(); "
        "print('openvino.tools.ovc' in sys.modules)"
    )
    assert start(code).communicate()[0] == "False\n"
    assert import_openvino().Core is not None
