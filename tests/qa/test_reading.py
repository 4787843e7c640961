"""The reader: laid out alike for training and use, true to its weights, and the same in every company."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from index import ReaderError, bundled_model_folder, plain_graph, read_pair_model, read_tokenizer
from qa.reading.build import build_reader, compare_logits, sample_windows
from qa.reading.model import FastReader, load_reader, plan_pairs, spell_out_letters
from qa.reading.spans import (
    ReadablePassage,
    Reading,
    SentenceReading,
    Tokens,
    Window,
    best_spans,
    make_windows,
    read_spans,
    tokenise,
    trim,
)

ROOT = Path(__file__).parents[2]
MODEL = bundled_model_folder()
QUESTION = "When was the bridge closed?"
STORY = "The old bridge over the river was closed in March, and nobody knows when it will open again. "
TEXTS = [STORY * count for count in (1, 2, 3, 5, 8, 30)] + ["", "a", "Zürich 😀 東京", "Closed. In May."]
READ = """
import sys
from pathlib import Path
from qa.reading.model import load_reader
from qa.reading.spans import ReadablePassage
reader = load_reader(Path(sys.argv[1]), weights=Path(sys.argv[2]), sha256=None, on_notice=lambda line: print("notice"))
print(reader.read(sys.argv[3], [ReadablePassage("Bridges", sys.argv[4], ((0, len(sys.argv[4])),))]))
print("torch" in sys.modules, "transformers" in sys.modules)
"""


def passage(text: str, heading: str = "") -> ReadablePassage:
    """A passage whose sentences are its lines of 95 characters."""
    return ReadablePassage(
        heading, text, tuple((start, min(start + 95, len(text))) for start in range(0, len(text), 95))
    )


def numbers(*values: int) -> np.ndarray:
    """Token ids."""
    return np.array(values, dtype=np.int32)


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    """Weights that stand in for the trained ones: the encoder's own layers, and heads drawn by chance."""
    from safetensors.numpy import load_file, save_file

    encoder = load_file(MODEL / "model.safetensors")
    layers = {name: value for name, value in encoder.items() if name.startswith("encoder.layer.")}
    found = {f"bert.{name}": value.astype(np.float16) for name, value in layers.items()}
    generator = np.random.default_rng(4)
    for name, rows in (("token", 3), ("answerable", 1)):
        found[f"{name}.weight"] = generator.normal(size=(rows, 384)).astype(np.float16)
        found[f"{name}.bias"] = generator.normal(size=rows).astype(np.float16)
    path = tmp_path_factory.mktemp("weights") / "reader.safetensors"
    save_file(found, path)
    return path


@pytest.fixture(scope="module")
def cache(tmp_path_factory) -> Path:
    """A cache folder of the reader's own."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def reader(weights, cache) -> FastReader:
    """The reader of those weights, built."""
    return load_reader(cache, weights=weights, sha256=None)


@pytest.fixture(scope="module")
def tokenizer():
    """The bundled tokenizer, not cutting off."""
    found = read_tokenizer(MODEL)
    found.no_truncation()
    return found


def test_question_heading_and_passage_are_laid_out():
    """[CLS] question [SEP] heading [SEP] passage [SEP]; the question is of type 0, the rest of type 1."""
    [window] = make_windows(numbers(11, 12), numbers(21), numbers(31, 32, 33), marks=(1, 2))
    assert window.ids.tolist() == [1, 11, 12, 2, 21, 2, 31, 32, 33, 2]
    assert window.types.tolist() == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]
    assert (window.offset, window.first, window.count) == (6, 0, 3)


def test_without_a_heading_its_mark_is_left_out():
    """No heading, no second [SEP] before the passage; an empty passage still has its own."""
    [window] = make_windows(numbers(11), numbers(), numbers(31), marks=(1, 2))
    assert (window.ids.tolist(), window.offset) == ([1, 11, 2, 31, 2], 3)
    [window] = make_windows(numbers(11), numbers(), numbers(), marks=(1, 2))
    assert (window.ids.tolist(), window.offset, window.count) == ([1, 11, 2, 2], 3, 0)


def test_a_long_question_loses_its_end_and_a_long_heading_its_start():
    """48 tokens of the question are kept, and the last 24 of the heading."""
    [window] = make_windows(numbers(*range(100, 200)), numbers(*range(200, 300)), numbers(31), marks=(1, 2))
    assert window.ids.tolist() == [1, *range(100, 148), 2, *range(276, 300), 2, 31, 2]
    assert window.offset == 75


def test_a_long_passage_is_read_in_windows_that_overlap():
    """With one token of question 252 fit; windows begin 188 apart and share 64; one that fits is not split."""
    sizes = {252: [(0, 252)], 253: [(0, 252), (188, 65)], 500: [(0, 252), (188, 252), (376, 124)]}
    for length, expected in sizes.items():
        windows = make_windows(numbers(11), numbers(), np.arange(1000, 1000 + length, dtype=np.int32), marks=(1, 2))
        assert [(window.first, window.count) for window in windows] == expected
        for window in windows:
            first = 1000 + window.first
            assert window.ids[window.offset : -1].tolist() == list(range(first, first + window.count))
    assert max(len(window.ids) for window in windows) == 256


def test_offsets_are_characters_of_the_text(tokenizer):
    """Accents, emoji, other alphabets, combining marks and lone surrogates leave the offsets right."""
    text = "Café 😀 cafe\u0301s 東京 ÅNGSTRÖM \udce9 Ελλάδα 👩‍👩‍👧 end"
    [tokens] = tokenise(tokenizer, [text])
    words = [text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)]
    assert words[:2] == ["Café", "😀"]
    assert words[2] == "cafe\u0301s"
    assert [word for word in words if word in "東京"] == ["東", "京"]
    assert words[-1] == "end"
    assert (np.diff(tokens.starts) >= 0).all()
    assert tokens.ends.max() <= len(text)
    assert tokenise(tokenizer, [""])[0].ids.shape == (0,)


def test_the_best_answer_lies_inside_its_sentence():
    """Start and end are sought in each sentence apart; of equals the first counts."""
    starts = np.array([0, 5, 0, 0, 9, 0], dtype=np.float64)
    ends = np.array([1, 0, 3, 8, 0, 2], dtype=np.float64)
    firsts, lasts, sums = best_spans(starts, ends, np.array([[0, 3], [3, 6]]))
    assert (firsts.tolist(), lasts.tolist(), sums.tolist()) == ([1, 4], [2, 5], [8, 11])


def test_an_answer_has_thirty_tokens_at_most():
    """An end 30 tokens after the start is out of reach, one 29 after is not."""
    starts, ends = np.zeros(40), np.zeros(40)
    starts[0], ends[29], ends[30] = 5, 2, 4
    firsts, lasts, sums = best_spans(starts, ends, np.array([[0, 40]]))
    assert (firsts.tolist(), lasts.tolist(), sums.tolist()) == ([0], [29], [7])


def test_a_reading_of_worked_logits():
    """Scores are start plus end less no answer; a sentence without tokens gets -30 and all of itself."""
    text = "Ada ran. \u00ad She won gold."
    tokens = Tokens(numbers(*range(6)), numbers(0, 4, 7, 11, 15, 19), numbers(3, 7, 8, 14, 18, 23))
    window = Window(numbers(*range(10)), np.zeros(10, dtype=np.float32), 3, 0, 6)
    logits = np.zeros((10, 3), dtype=np.float32)
    logits[0] = (1, 0.5, 0)
    logits[3:9, 0] = (2, 0, 0, 0, 0, 3.25)
    logits[3:9, 1] = (1, 0, 0, 0, 0, 4)
    logits[3:9, 2] = (1, 2, 3, -1, -1, -4)
    spans = ((0, 8), (9, 10), (11, 24))
    assert read_spans(ReadablePassage("", text, spans), tokens, [window], [logits], [0.123456]) == Reading(
        0.1235,
        (SentenceReading(1.5, 0, 3, 2.0), SentenceReading(-30.0, 9, 10, -30.0), SentenceReading(5.75, 19, 23, -2.0)),
    )


def test_the_best_window_counts():
    """Of two windows, each sentence takes the one that scores it higher, and the passage the more hopeful one."""
    tokens = Tokens(numbers(1, 2), numbers(0, 2), numbers(1, 3))
    windows = [Window(numbers(0, 9, 1, 2), np.zeros(4, dtype=np.float32), 2, 0, 2)] * 2
    first, second = np.zeros((4, 3), dtype=np.float32), np.zeros((4, 3), dtype=np.float32)
    first[2, 0], second[3, 0] = 4, 6
    both = [((0, 1), first), ((2, 3), second)]
    reading = read_spans(ReadablePassage("", "a b", ((0, 1), (2, 3))), tokens, windows, [first, second], [-2, -1])
    assert reading.answerable == -1
    assert [(sentence.start, sentence.end) for sentence in reading.sentences] == [span for span, _ in both]
    assert [sentence.score for sentence in reading.sentences] == [4, 6]


def test_spans_are_trimmed():
    """White space at either end is left out; nothing but white space leaves an empty span."""
    assert trim("a  bc ", 1, 6) == (3, 5)
    assert trim("a   b", 1, 4) == (4, 4)


def test_windows_are_grouped_by_two():
    """Longest first, in pairs as far as both streams get as many, then one by one."""
    assert plan_pairs([5, 9, 7, 8]) == [[1, 3], [2, 0]]
    assert plan_pairs([5, 9, 7, 8, 1, 2, 3]) == [[1, 3], [2, 0], [6], [5], [4]]
    assert plan_pairs([]) == []


def test_the_graph_in_32_bits_is_the_model(weights, tokenizer):
    """Without rounding, the logits are those of the library's BERT with the same weights."""
    import torch
    from safetensors.torch import load_file
    from transformers import BertModel

    found = load_file(weights)
    bert = BertModel.from_pretrained(MODEL, add_pooling_layer=False).eval()
    missing = bert.load_state_dict(
        {name.removeprefix("bert."): value.float() for name, value in found.items() if name.startswith("bert.")},
        strict=False,
    )
    assert missing.unexpected_keys == []
    assert all(name.startswith("embeddings.") for name in missing.missing_keys)
    windows = sample_windows(tokenizer)[::20]
    plain = FastReader(plain_graph(read_pair_model(MODEL, weights)), tokenizer, identity="").logits(windows)
    heads = {name: found[name].float() for name in found if not name.startswith("bert.")}
    for window, (tokens, answerable) in zip(windows, plain, strict=True):
        with torch.no_grad():
            ids, types = (torch.tensor(part[None].astype(np.int64)) for part in (window.ids, window.types))
            hidden = bert(input_ids=ids, token_type_ids=types).last_hidden_state[0]
            wanted = hidden @ heads["token.weight"].T + heads["token.bias"]
            decided = hidden[0] @ heads["answerable.weight"][0] + heads["answerable.bias"][0]
        assert np.abs(tokens - wanted.numpy()).max() < 1e-3
        assert abs(answerable - float(decided)) < 1e-3


def test_rounding_keeps_the_logits(reader, weights, tokenizer):
    """On pairs the calibration never saw, the rounded logits follow those in 32 bits: correlation .99 or more."""
    windows = [window for text in TEXTS for window in reader.windows(QUESTION, "Bridges", text)]
    plain = FastReader(plain_graph(read_pair_model(MODEL, weights)), tokenizer, identity="").logits(windows)
    lowest, _ = compare_logits(reader.logits(windows), plain)
    assert lowest >= 0.99


def test_a_passage_has_one_reading_in_any_company(reader):
    """Alone or among others, in any order: the same logits to the last bit, and so the same readings."""
    passages = [passage(text, heading) for text in TEXTS for heading in ("", "Bridges > Old ones")]
    alone = [reader.read(QUESTION, [one])[0] for one in passages]
    generator = np.random.default_rng(5)
    for count in (2, 3, 8, 10, len(passages)):
        rows = generator.permutation(len(passages))[:count]
        assert list(reader.read(QUESTION, [passages[row] for row in rows])) == [alone[row] for row in rows]
    windows = [window for one in passages for window in reader.windows(QUESTION, one.heading, one.text)]
    bits = [(tokens.tobytes(), answerable) for tokens, answerable in reader.logits(windows)]
    single = [reader.logits([window])[0] for window in windows]
    assert bits == [(tokens.tobytes(), answerable) for tokens, answerable in single]


def test_every_process_reads_alike_and_imports_no_slow_library(reader, weights, cache):
    """Another process, on one core, loads the build without another, without torch, and reads the same."""
    one_core = "import os\nif hasattr(os, 'sched_setaffinity'): os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"
    command = [sys.executable, "-c", one_core + READ, cache, weights, QUESTION, TEXTS[3]]
    done = subprocess.run(
        list(map(str, command)), env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
    )
    [expected] = reader.read(QUESTION, [ReadablePassage("Bridges", TEXTS[3], ((0, len(TEXTS[3])),))])
    assert done.stdout.splitlines() == [f"({expected!r},)", "False False"]


def test_answers_lie_inside_their_sentences(reader):
    """Each sentence of a passage of several windows is read, and its answer's words lie inside it."""
    long = passage(TEXTS[5])
    [reading] = reader.read(QUESTION, [long])
    assert len(reader.windows(QUESTION, "", long.text)) == 3
    for (start, end), sentence in zip(long.sentences, reading.sentences, strict=True):
        assert start <= sentence.start < sentence.end <= end
        assert -30 < sentence.score < 30
        assert sentence.score == round(sentence.score, 4)


def test_nothing_to_read(reader):
    """No passages give no readings; an empty passage gives one without sentences; an empty question is read."""
    assert reader.read(QUESTION, []) == ()
    assert reader.read(QUESTION, [passage("")])[0].sentences == ()
    assert len(reader.read("", [passage("One line.")])[0].sentences) == 1


def test_missing_weights_are_named(tmp_path):
    """Without the file of weights, one error names it and says what to do."""
    with pytest.raises(ReaderError, match=r"none\.safetensors, cannot be read .*pip install --force-reinstall"):
        load_reader(tmp_path, weights=tmp_path / "none.safetensors")


def test_altered_weights_are_refused(tmp_path, weights):
    """Weights of another hash than the published one are not run."""
    with pytest.raises(ReaderError, match="are not the published ones"):
        load_reader(tmp_path, weights=weights, sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_weights_of_another_model_are_refused(tmp_path):
    """A file without the layers or heads is named, with the first thing that does not fit."""
    from safetensors.numpy import save_file

    path = tmp_path / "other.safetensors"
    save_file({"token.weight": np.zeros((3, 384), dtype=np.float16)}, path)
    with pytest.raises(ReaderError, match=r"other\.safetensors is no reader .*answerable\.bias does not fit"):
        load_reader(tmp_path / "cache", weights=path, sha256=None)


def test_a_reader_that_strays_runs_in_32_bits(tmp_path, weights, monkeypatch):
    """Where the rounded graph is not true enough, the plain one takes its place, and its identity says so."""
    few = sample_windows(read_tokenizer(MODEL))[::30]
    monkeypatch.setattr("qa.reading.build.sample_windows", lambda tokenizer: few)
    monkeypatch.setattr("qa.reading.build.compare_logits", lambda given, expected: (0.812, 9.0))
    monkeypatch.setattr("qa.reading.model.reader_key", lambda *parts: "key")
    build_reader(str(weights), str(MODEL), str(tmp_path / "key"))
    manifest = json.loads((tmp_path / "key" / "manifest.json").read_text())
    assert (manifest["rounded"], manifest["refused"]) == (False, "")
    plain = FastReader(plain_graph(read_pair_model(MODEL, weights)), read_tokenizer(MODEL), identity="")
    found = load_reader(tmp_path, weights=weights, sha256=None, on_notice=pytest.fail)
    assert found.read(QUESTION, [passage(STORY)]) == plain.read(QUESTION, [passage(STORY)])
    assert "/fp32/" in found.identity


def test_a_reader_that_depends_on_its_company_is_refused(tmp_path, weights, monkeypatch):
    """In either form: it keeps no graph, and stays refused."""
    few = sample_windows(read_tokenizer(MODEL))[::30]
    monkeypatch.setattr("qa.reading.build.sample_windows", lambda tokenizer: few)
    monkeypatch.setattr("qa.reading.build.is_same", lambda given, expected: False)
    monkeypatch.setattr("qa.reading.model.reader_key", lambda *parts: "key")
    build_reader(str(weights), str(MODEL), str(tmp_path / "key"))
    assert [path.name for path in (tmp_path / "key").iterdir()] == ["manifest.json"]
    with pytest.raises(ReaderError, match="reader is not used on this processor: the reading of a passage depends on"):
        load_reader(tmp_path, weights=weights, sha256=None, on_notice=pytest.fail)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, weights):
    """The reader is prepared for this run alone, and that is said."""
    (tmp_path / "file").write_text("in the way")
    notices = []
    found = load_reader(tmp_path / "file" / "cache", weights=weights, sha256=None, on_notice=notices.append)
    assert len(found.read(QUESTION, [passage(STORY)])) == 1
    assert [line.endswith("It is built for this run only.") for line in notices] == [True, False]


def test_a_build_tells_how_near_it_is(reader, cache):
    """The manifest holds the lowest correlation and the greatest difference of the logits."""
    [folder] = [path for path in cache.iterdir() if path.is_dir()]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["refused"] == ""
    assert 0.99 <= manifest["lowest_correlation"] <= 1
    assert 0 < manifest["greatest_difference"] < 10


def test_logits_are_compared_by_kind():
    """The lowest correlation of any logit counts; one that never changes counts by its difference alone."""
    wanted = [(np.array([[0, 5], [2, 5]], dtype=np.float32), 0.0), (np.array([[1, 5]], dtype=np.float32), 1.0)]
    given = [(np.array([[0, 5], [2, 5.5]], dtype=np.float32), 0.0), (np.array([[1, 5]], dtype=np.float32), 3.0)]
    assert compare_logits(given, wanted) == (pytest.approx(1), 2)
    given[0] = (np.array([[2, 5], [0, 5]], dtype=np.float32), 0.0)
    assert compare_logits(given, wanted)[0] == pytest.approx(-1)


def test_the_identity_names_recipe_and_weights(reader, weights):
    """The identity is the version, the rounding's recipe and the start of the weights' hash."""
    import hashlib

    assert reader.identity == f"reading/2/int8/1/{hashlib.sha256(weights.read_bytes()).hexdigest()[:16]}"


def test_ligatures_and_rare_letters_are_read_as_plain_ones():
    """Offsets count in the text as it is."""
    tokenizer = read_tokenizer(bundled_model_folder())
    spell_out_letters(tokenizer)
    plain, joined = tokenizer.encode("five officers"), tokenizer.encode("\ufb01ve o\ufb03cers")
    assert joined.ids == plain.ids
    assert [joined.offsets[place] for place in (1, 2)] == [(0, 3), (4, 10)]
    assert tokenizer.encode("S\xf8rensen").ids == tokenizer.encode("Sorensen").ids
