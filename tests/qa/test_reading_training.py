"""The reader's trainer: what it learns from, that it learns, and what it says when it cannot."""

import gzip
import itertools
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from toy_encoder import ToyEncoder

import qa.reading.training as training
from index import (
    ReaderError,
    SourceError,
    bundled_model_folder,
    file_hash,
    plain_graph,
    read_pair_model,
    read_tokenizer,
)
from qa.reading.batches import (
    CLS_ID,
    SEP_ID,
    Assembler,
    TeacherLabels,
    TrainingBatch,
    draw_batches,
    prefetch,
    retrieved,
    without_answer,
)
from qa.reading.data import Example, Prepared, prepare, read_examples
from qa.reading.model import READER_SHA256, WEIGHTS, FastReader
from qa.reading.network import HIDDEN, Network, load_network, load_weights, save_weights
from qa.reading.spans import make_windows, mark_ids, tokenise
from qa.reading.train import prepare_once, run_training
from qa.reading.training import Plan, label, label_loss, loss_of, teacher_loss, train, validate
from qa.reading.twins import twins

ROOT = Path(__file__).parents[2]
MODEL = bundled_model_folder()
PLAN = Plan(minutes=1.0, batch=8, rate=3e-3, seed=0, device="cpu", half=False)
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
PLACES = ("Paris", "Lima", "Oslo", "Quito", "Cairo", "Delhi", "Seoul", "Tunis", "Accra", "Minsk")
FILLER = "The river was cold that year and the boats stayed in the harbour until the ice had gone. "


def example(question: str, passage: str, answer: str = "", *, heading: str = "", source: str = "toy") -> Example:
    """An example; without an answer it is not answerable."""
    start = passage.index(answer) if answer else -1
    return Example(question, heading, passage, start, start + len(answer) if answer else -1, bool(answer), source)


def toys() -> list[Example]:
    """Twenty examples, half of them answerable."""
    found = []
    for place in PLACES:
        passage = f"The old bridge was moved to {place} in spring. Nobody knows why. It is made of stone."
        found.append(example("Where was the old bridge moved?", passage, place))
        found.append(example("Who painted the ceiling?", passage))
    return found


def ticking(stop: int = 10**9) -> Callable[[], float]:
    """A clock that is a second later each time it is asked, and stops the program at one of these times."""
    times = itertools.count()

    def clock() -> float:
        now = next(times)
        if now >= stop:
            raise KeyboardInterrupt
        return float(now)

    return clock


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """So small a network waits more for a second thread than it gains."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    """The bundled tokenizer, not cutting off."""
    found = read_tokenizer(MODEL)
    found.no_truncation()
    return found


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    """The folder of a small BERT, its weights drawn by chance, with the bundled vocabulary."""
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("tiny")
    torch.manual_seed(0)
    BertModel(BertConfig(vocab_size=30522, **SIZES), add_pooling_layer=False).save_pretrained(folder)
    for path in MODEL.iterdir():
        if path.is_dir():
            shutil.copytree(path, folder / path.name)
        elif path.name not in ("config.json", "model.safetensors"):
            shutil.copy(path, folder)
    pooling = json.loads((folder / "1_Pooling" / "config.json").read_text())
    pooling = {name: 32 if value == 384 else value for name, value in pooling.items()}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return folder


@pytest.fixture(scope="module")
def tiny_mpnet(tmp_path_factory) -> Path:
    """The folder of a small MPNet, with a vocabulary in another order."""
    from transformers import MPNetConfig, MPNetModel

    folder = tmp_path_factory.mktemp("mpnet")
    words = (MODEL / "vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    torch.manual_seed(1)
    config = MPNetConfig(vocab_size=len(words) + 3, max_position_embeddings=514, **SIZES)
    MPNetModel(config, add_pooling_layer=False).save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(["<s>", "<pad>", "</s>", *words]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def data(tokenizer) -> Prepared:
    """The twenty examples, prepared."""
    return prepare(toys(), tokenizer)


def plain_batch(data: Prepared, labels: TeacherLabels | None = None) -> TrainingBatch:
    """All examples as written, in one batch."""
    return Assembler(data, labels).batch(np.arange(len(data.table)), np.random.default_rng(0), plain=True)


# What is read.


def test_an_answer_is_marked_by_its_tokens(tokenizer):
    """The tokens from the first to the last of a span are those of the answer, accents and other alphabets included."""
    answers = {"Zürich": "It is in Zürich today.", "東京": "It is in 東京 today.", "12,500.": "It paid 12,500."}
    found = prepare([example("Where?", passage, answer) for answer, passage in answers.items()], tokenizer)
    batch = plain_batch(found)
    words = [tokenizer.decode(ids[a : b + 1].tolist()) for ids, (a, b) in zip(batch.ids, batch.spans, strict=True)]
    assert words == ["zurich", "東 京", "12, 500."]


def test_the_window_of_a_long_passage_holds_the_answer(tokenizer):
    """Wherever in 600 tokens the answer is, every window drawn holds all of it, and its sentence as far as it reads."""
    texts = [FILLER * before + "The bell was cast in Lower Saxony. " + FILLER * (30 - before) for before in (0, 14, 30)]
    found = prepare([example("Where was the bell cast?", text.strip(), "Lower Saxony") for text in texts], tokenizer)
    assembler, rng = Assembler(found), np.random.default_rng(0)
    windows = set()
    for _ in range(20):
        batch = assembler.batch(np.arange(3), rng)
        assert batch.ids.shape[1] == 256
        for row, (first, last) in enumerate(batch.spans.tolist()):
            assert tokenizer.decode(batch.ids[row, first : last + 1].tolist()) == "lower saxony"
            told = tokenizer.decode(batch.ids[row][batch.evidence[row] == 1].tolist())
            assert told in "the bell was cast in lower saxony." and "lower saxony" in told
            windows.add((row, int(batch.window[row])))
    assert len(windows) > 30


def test_batches_are_laid_out_as_the_reader_reads(tokenizer):
    """Question, heading and passage, however long, stand in a batch as `make_windows` lays them out for use."""
    long = " ".join(f"word{number}" for number in range(60))
    cases = [("Where?", "", "In Oslo."), ("Where?", "Norway", "In Oslo."), (long, long, "In Oslo."), ("", "", "In.")]
    examples = [example(question, passage, "In", heading=heading) for question, heading, passage in cases]
    batch = plain_batch(prepare(examples, tokenizer))
    for row, case in enumerate(cases):
        question, heading, passage = (tokens.ids for tokens in tokenise(tokenizer, case))
        [window] = make_windows(question, heading, passage, marks=(CLS_ID, SEP_ID))
        length = int(batch.mask[row].sum())
        assert batch.ids[row, :length].tolist() == window.ids.tolist()
        assert batch.types[row, :length].tolist() == window.types.tolist()
        assert batch.inside[row].nonzero().flatten().tolist() == list(
            range(window.offset, window.offset + window.count)
        )
        assert batch.ids[row, length:].sum() == 0
    assert mark_ids(tokenizer) == (CLS_ID, SEP_ID)


def test_what_is_not_known_is_marked(tokenizer):
    """No answer is the first token; a whole passage that answers, and a long answer, have no span; neither evidence."""
    long = FILLER * 3
    found = prepare(
        [
            example("Who?", "It was cold."),
            Example("Why?", "", "It was cold.", -1, -1, True, "medquad"),
            example("What?", long, long.strip()),
            example("What?", "It was cold.", "It was cold.", source="squad11train_kou_sentences"),
        ],
        tokenizer,
    )
    assert found.table[:, 3:].tolist()[:2] == [[-1] * 4, [-2] * 4]
    assert found.table[2, 3:].tolist() == [-2, -2, 0, 56]
    assert found.table[3, 3:].tolist() == [-2, -2, 0, 3]
    batch = plain_batch(found)
    assert batch.spans.tolist() == [[0, 0], [-100, -100], [-100, -100], [-100, -100]]
    assert [sorted(set(row.tolist())) for row in batch.evidence] == [[0], [-1], [0, 1], [0, 1]]
    assert batch.answerable.tolist() == [0, 1, 1, 1]


def test_headings_and_wordings_change(tokenizer):
    """About two passages in five lose their heading, and three questions in five are worded otherwise."""
    question, heading = "When was the old bridge moved?", "Bridges"
    assembler = Assembler(prepare([example(question, "To Oslo.", "Oslo", heading=heading)] * 50, tokenizer))
    rng = np.random.default_rng(0)
    batches = [assembler.batch(np.arange(50), rng) for _ in range(20)]
    texts = [tokenizer.decode(ids.tolist(), skip_special_tokens=False) for batch in batches for ids in batch.ids]
    assert 0.36 < np.mean(["[SEP] bridges [SEP]" not in text for text in texts]) < 0.44
    assert 0.55 < np.mean(["[CLS] when was the old bridge moved? [SEP]" not in text for text in texts]) < 0.65


def test_prepared_data_is_kept(data, tmp_path):
    """What is saved is what is loaded, to the last number, and nothing is left beside it."""
    data.save(tmp_path / "prepared.npz")
    loaded = Prepared.load(tmp_path / "prepared.npz")
    for name in Prepared.__slots__:
        assert np.array_equal(getattr(loaded, name), getattr(data, name))
    assert loaded.names == ("toy",)
    assert [path.name for path in tmp_path.iterdir()] == ["prepared.npz"]


def test_whole_titles_are_held_out(tokenizer):
    """Of many titles about one in forty is kept for validation, always the same; pairs without one never."""
    examples = [example("Where?", "In Oslo.", heading=f"Title {number}") for number in range(400)]
    held = prepare([*examples, example("Where?", "In Oslo.")], tokenizer).held_out
    assert 4 <= held.sum() <= 18
    assert not held[-1]
    assert held.tolist() == prepare([*examples, example("Who?", "In Oslo.")], tokenizer, seed=1).held_out.tolist()


# Negatives.


def test_retrieved_negatives_never_hold_the_answer():
    """The nearest other passages come first; those that hold the answer, or say the same, are left out."""
    examples = [
        example("How much is an apple?", "One apple is three francs. A pear is more.", "three francs"),
        example("Is a plum blue?", "An apple pear tart, not THREE  francs at all.", "tart"),
        example("Is a fig green?", "An apple and an apple and a plum.", "plum"),
        example("Which fig?", "Only fig and fig and fig.", "Only"),
    ]
    found = [one.passage for one in retrieved(examples, ToyEncoder()) if one.question == "How much is an apple?"]
    assert found == [examples[2].passage, examples[3].passage]
    others = list(retrieved(examples, ToyEncoder()))
    assert {(one.answerable, one.start, one.source, one.weight) for one in others} == {(False, -1, "retrieved", 0.3)}
    for one in others:
        [answered] = [known for known in examples if known.question == one.question]
        answer = answered.passage[answered.start : answered.end].casefold()
        assert answer not in " ".join(one.passage.casefold().split())


def test_few_negatives_are_retrieved_for_single_sentences():
    """Where passages are single sentences, two are retrieved, and drawn less often; otherwise five."""
    fruits = [
        example(f"Which {n}?", f"Fact {n} is fig number {n}x.", f"{n}x", source="qamr_dev") for n in range(30, 60)
    ]

    class Numbers(ToyEncoder):
        def encode_passages(self, texts: Any) -> np.ndarray:
            return np.eye(90, dtype=np.float32)[[int(re.findall(r"\d+", text)[0]) for text in texts]]

    found = list(retrieved(fruits, Numbers()))
    assert (len(found), {one.weight for one in found}) == (60, {0.1})
    assert len(list(retrieved([replace(fruit, source="toy") for fruit in fruits], Numbers()))) == 150


def test_a_passage_loses_exactly_its_answering_sentence():
    """The rest is untouched; an answer that occurs again, a short one and a short passage are left alone."""
    passage = "It rained. The bell was cast in Saxony. It is old. It hangs still."
    questions = [f"Where was bell {number} cast?" for number in range(30)]
    found = list(without_answer([example(question, passage, "Saxony") for question in questions]))
    assert {one.passage for one in found} == {"It rained.  It is old. It hangs still."}
    assert 12 <= len(found) <= 26
    assert {(one.answerable, one.start, one.source) for one in found} == {(False, -1, "without_answer")}
    again = passage + " Saxony is large."
    assert not list(without_answer([example(question, again, "Saxony") for question in questions]))
    assert not list(without_answer([example(question, passage, "old") for question in questions]))
    assert not list(without_answer([example(question, "In Saxony. So.", "Saxony") for question in questions]))


def test_a_twin_changes_exactly_a_number_or_a_name():
    """Another number that the passage does not hold, or a name of the same title that neither text holds."""
    passage = "In 1905 the Old Mill burnt down. In 1906 Anna Berg built it again."
    other = example("Who was Carl Holm?", "Carl Holm ran the New Forge.", "Carl Holm", heading="Mills")
    numbers = [example(f"Did plan {'x' * n} burn in 1905?", passage, "Old Mill", heading="Mills") for n in range(20)]
    names = [
        example(f"So what {'x' * n} did Anna Berg build?", passage, "Old Mill", heading="Mills") for n in range(20)
    ]
    found = [one for one in twins([*numbers, *names, other], random.Random(0)) if one.passage == passage]
    asked = {re.sub("x+", "x", one.question) for one in found}
    years = {int(year) for question in asked for year in re.findall(r"burn in (\d+)\?", question)}
    assert years <= {1905 + step for step in (-11, -7, -4, -3, -2, -1, 2, 3, 4, 7, 11, 20)}
    assert len(years) >= 3
    assert {re.sub(r"So what x? ?did ", "", q) for q in asked if q.startswith("So")} == {
        "Carl Holm build?",
        "New Forge build?",
    }
    assert {(one.answerable, one.start, one.source) for one in found} == {(False, -1, "twin")}


# Learning.


def test_the_loss_of_a_network_that_knows_nothing(tokenizer):
    """All logits 0: ln(tokens + 1) for the span, half of ln 2 each for evidence and answerable."""
    batch = plain_batch(prepare([example("Where?", "In Oslo.", "Oslo")], tokenizer))
    tokens, answerable = torch.zeros(1, batch.ids.shape[1], 3), torch.zeros(1)
    assert label_loss(tokens, answerable, batch).item() == pytest.approx(math.log(4) + math.log(2))


def test_the_loss_ignores_what_is_not_known(tokenizer):
    """Spans and evidence that are not known pull at nothing; whether the passage answers does."""
    batch = plain_batch(prepare([Example("Why?", "", "It was cold.", -1, -1, True, "toy")], tokenizer))
    tokens = torch.randn(1, batch.ids.shape[1], 3, requires_grad=True)
    answerable = torch.zeros(1, requires_grad=True)
    label_loss(tokens, answerable, batch).backward()
    assert tokens.grad is not None and not tokens.grad.any()
    assert answerable.grad is not None and answerable.grad.tolist() == [-0.25]


def test_a_teacher_that_is_the_student_teaches_nothing(tiny, data):
    """With equal windows and wordings the labels line up with the batch, so that nothing pulls at what is said."""
    torch.manual_seed(0)
    network = load_network(tiny)
    labels = label(network, data, batch=3, device="cpu", half=False)
    batch = plain_batch(data, labels)
    assert batch.teacher is not None and batch.judged is not None
    said, answerable = network(batch.ids, batch.types, batch.mask)
    difference = (batch.teacher - said)[batch.inside].abs().max().item()
    assert difference < 2e-3
    tokens, sure = said.detach().requires_grad_(), answerable.detach().requires_grad_()
    teacher_loss(tokens, sure, batch, batch.teacher, batch.judged).backward()
    assert tokens.grad is not None and tokens.grad.abs().max() < 1e-4
    assert sure.grad is not None and sure.grad.abs().max() < 1e-6
    apart = (said.detach() + torch.randn(said.shape)).requires_grad_()
    teacher_loss(apart, sure, batch, batch.teacher, batch.judged).backward()
    assert apart.grad is not None and apart.grad.abs().max() > 1e-3


def test_a_teacher_is_heard_on_the_tokens_that_it_read(tokenizer):
    """Without a heading the student reads further than the teacher did: there it hears nothing, elsewhere the same."""
    passage = " ".join(f"{number}" for number in range(1000, 1400))
    found = prepare([example("Which?", passage, "1050", heading="Numbers of some kind")], tokenizer)
    teacher = plain_batch(found)
    first, count = int(teacher.window[0]), int(teacher.inside[0].sum())
    tokens = np.repeat(np.arange(first, first + count, dtype=np.float16)[:, None], 3, axis=1)
    judged = np.array([[1, 2, 3]], dtype=np.float32)
    labels = TeacherLabels(np.array([first], dtype=np.int32), tokens, np.array([0, count]), judged)
    assembler, rng = Assembler(found, labels), np.random.default_rng(0)
    further = 0
    for _ in range(20):
        batch = assembler.batch(np.array([0]), rng)
        assert batch.teacher is not None and batch.judged is not None
        heard = batch.teacher[0, :, 0] > HIDDEN / 2
        offset = int(batch.inside[0].nonzero()[0])
        numbers = torch.arange(batch.ids.shape[1]) - offset + int(batch.window[0])
        assert torch.equal(batch.teacher[0, heard, 0], numbers[heard].float())
        assert not (heard & ~batch.inside[0]).any()
        further += int((batch.inside[0] & ~heard).sum() > 0)
        assert batch.judged.tolist() == [[1, 2, 3]]
    assert 0 < further < 20


def test_training_makes_the_loss_fall(tiny, data, capsys):
    """Four minutes of a step a second on twenty examples: the loss falls to less than half."""
    torch.manual_seed(0)
    network = load_network(tiny)
    batch = plain_batch(data)
    before = loss_of(network, batch).item()
    train(network, Assembler(data), replace(PLAN, minutes=4.0), name="toy", clock=ticking())
    after = loss_of(network, batch).item()
    assert after < 0.5 * before
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "toy: done after 239 steps"
    assert re.fullmatch(r"toy: 9%, step 20, loss \d\.\d{3}, 8 pairs/s", lines[0])


def test_a_run_that_is_stopped_goes_on(tiny, data, tmp_path, monkeypatch, capsys):
    """Stopped after 30 steps, the next run starts from the last checkpoint and takes the rest of the minute."""
    monkeypatch.setattr(training, "CHECKPOINT_SECONDS", 10)
    kept = tmp_path / "toy.pt"
    network = load_network(tiny)
    with pytest.raises(KeyboardInterrupt):
        train(network, Assembler(data), PLAN, name="toy", checkpoint=kept, clock=ticking(31))
    state = torch.load(kept, weights_only=True)
    assert (state["step"], state["spent"]) == (21, 22)
    fresh = load_network(tiny)
    train(fresh, Assembler(data), PLAN, name="toy", checkpoint=kept, clock=ticking())
    lines = capsys.readouterr().out.splitlines()
    assert (lines[1], lines[-1]) == ("toy: resumed at step 21, 0.4 minutes", "toy: done after 58 steps")
    again = load_network(tiny)
    train(again, Assembler(data), PLAN, name="toy", checkpoint=kept, clock=ticking())
    assert capsys.readouterr().out.splitlines()[-1] == "toy: done after 58 steps"
    assert all(torch.equal(a, b) for a, b in zip(again.parameters(), fresh.parameters(), strict=True))


def test_examples_are_drawn_by_weight_and_never_when_held_out(data):
    """A weight of 2 is drawn twice as often as 1, held out never; fewer examples than two batches are refused."""
    weight = np.where(np.arange(20) < 10, 2, 1).astype(np.float32)
    held = np.arange(20) == 3
    numbered = replace(data, weight=weight, held_out=held, answerable=np.arange(20, dtype=np.float32))
    batches = draw_batches(Assembler(numbered), 2, np.random.default_rng(0))
    drawn = [int(row) for _ in range(400) for row in next(batches).answerable]
    counts = np.bincount(drawn, minlength=20)
    assert counts[3] == 0
    assert np.mean(counts[[0, 1, 2, *range(4, 10)]]) / np.mean(counts[10:]) == pytest.approx(2, abs=0.2)
    with pytest.raises(SourceError, match="20 examples are too few to train on: at least 22 are needed"):
        next(draw_batches(Assembler(data), 11, np.random.default_rng(0)))
    with pytest.raises(SourceError, match="0 examples are too few"):
        next(draw_batches(Assembler(replace(data, held_out=held | True)), 2, np.random.default_rng(0)))


def test_a_fault_in_the_thread_that_makes_batches_is_raised():
    """What goes wrong while batches are made ready for a GPU ends the training, rather than letting it wait."""

    def failing() -> Iterator[TrainingBatch]:
        raise SourceError("no batch")
        yield

    with pytest.raises(SourceError, match="no batch"):
        next(prefetch(failing(), "cuda"))


def test_validation_finds_the_best_span(tokenizer):
    """A network that always says the right thing has every answer exactly, and tells all pairs apart."""
    found = prepare(toys(), tokenizer)
    found = replace(found, held_out=np.ones(20, dtype=bool), names=("squad2_unans",))
    wanted = {
        tuple(row.tolist()): span for row, span in zip(plain_batch(found).ids, plain_batch(found).spans, strict=True)
    }

    class Oracle(torch.nn.Module):
        def forward(self, ids: torch.Tensor, types: torch.Tensor, mask: torch.Tensor) -> Any:
            tokens = torch.zeros(*ids.shape, 3)
            for row, one in enumerate(ids):
                first, last = wanted[tuple(one.tolist())]
                tokens[row, first, 0] = tokens[row, last, 1] = 9
            return tokens, tokens[:, 0, 0] * -1

    assert validate(Oracle(), found, device="cpu", half=False) == {  # type: ignore[arg-type]
        "exact": 1.0,
        "AUROC span": 1.0,
        "AUROC answerable": 1.0,
        "AUROC natural span": 0.75,
        "AUROC natural answerable": 0.75,
    }
    nothing = replace(found, held_out=np.zeros(20, dtype=bool))
    assert set(validate(Oracle(), nothing, device="cpu", half=False).values()) == {None}  # type: ignore[arg-type]


# The network and its weights.


@pytest.mark.parametrize("kind", ["bert", "mpnet"])
def test_the_network_is_the_librarys(kind, tiny, tiny_mpnet, data):
    """Embeddings and layers give what transformers gives with the same weights, padding and long texts included."""
    from transformers import AutoModel

    folder = tiny if kind == "bert" else tiny_mpnet
    network = load_network(folder, vocabulary=MODEL / "vocab.txt").eval()
    batch = plain_batch(data)
    ids = torch.cat([torch.where(batch.mask, batch.ids, 2003)] * 7, dim=1)[:, :200]
    mask = torch.arange(200)[None] < torch.arange(181, 201)[:, None]
    moved = ids if kind == "bert" else torch.where(ids == CLS_ID, 0, torch.where(ids == SEP_ID, 2, ids + 3))
    moved = torch.where(mask, moved, 0 if kind == "bert" else 1)
    ids = torch.where(mask, ids, 0)
    reference = AutoModel.from_pretrained(folder, add_pooling_layer=False).eval()
    with torch.no_grad():
        found, answerable = network(ids, torch.zeros_like(ids), mask)
        hidden = reference(input_ids=moved, attention_mask=mask.long()).last_hidden_state
        wanted, decided = network.token(hidden), network.answerable(hidden[:, 0])[:, 0]
    assert (found - wanted)[mask].abs().max() < 1e-4
    assert (answerable - decided).abs().max() < 1e-4


def test_weights_are_saved_and_loaded(tiny, tmp_path):
    """A network that loads what another saved says the same, up to 16 bits; embeddings are not in the file."""
    torch.manual_seed(0)
    first, second = load_network(tiny), load_network(tiny)
    save_weights(first, tmp_path / "a.safetensors")
    load_weights(second, tmp_path / "a.safetensors")
    save_weights(second, tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one.half(), other.half())
    assert (tmp_path / "a.safetensors").stat().st_size < 60_000


def test_saved_weights_are_the_readers(tiny, tokenizer, data, tmp_path):
    """The reader takes the file as it is, and its graph gives the logits of the network that was trained."""
    network: Network = load_network(tiny).eval()
    save_weights(network, tmp_path / "reader.safetensors")
    load_weights(network, tmp_path / "reader.safetensors")
    reader = FastReader(plain_graph(read_pair_model(tiny, tmp_path / "reader.safetensors")), tokenizer, identity="")
    batch = plain_batch(data)
    with torch.no_grad():
        tokens, answerable = network(batch.ids, batch.types, batch.mask)
    for row, one in enumerate(toys()):
        [(found, sure)] = reader.logits(reader.windows(one.question, one.heading, one.passage))
        assert np.abs(found - tokens[row, : len(found)].numpy()).max() < 1e-3
        assert abs(sure - answerable[row].item()) < 1e-3


def test_the_weights_that_ship_are_those_of_the_card():
    """File, code and model card name the same weights."""
    assert file_hash(WEIGHTS) == READER_SHA256
    assert READER_SHA256 in WEIGHTS.with_name("CARD.md").read_text(encoding="utf-8")


# The command.


def write_data(folder: Path, examples: list[Example]) -> Path:
    """Write examples as a data file."""
    folder.mkdir(exist_ok=True)
    with gzip.open(folder / "toy.jsonl.gz", "wt", encoding="utf-8") as file:
        for one in examples:
            answers = [{"text": one.passage[one.start : one.end], "start": one.start}] if one.start >= 0 else []
            record = {"question": one.question, "passage": one.passage, "answers": answers, "title": one.heading}
            file.write(json.dumps({**record, "answerable": one.answerable}) + "\n")
    return folder


def test_the_command_trains_a_reader(tiny, tiny_mpnet, tmp_path, monkeypatch, capsys):
    """From data files to weights, with a teacher; a second run uses what was prepared and the checkpoints."""
    monkeypatch.setattr("qa.reading.train.bundled_model_folder", lambda: tiny)
    monkeypatch.setattr("qa.reading.train.load_encoder", lambda **options: ToyEncoder())
    examples = [replace(one, heading=f"Title_{number}") for number in range(12) for one in toys()]
    folder = write_data(tmp_path / "data", examples)
    out, work = tmp_path / "reader.safetensors", tmp_path / "work"
    command = [str(folder), "--out", str(out), "--work", str(work), "--minutes", "0.01"]
    command += ["--teacher", str(tiny_mpnet), "--teacher-minutes", "0.01"]
    assert run_training(command) == 0
    said = capsys.readouterr()
    assert "teacher: labelled" in said.out and '"exact"' in said.out.splitlines()[-1]
    assert re.match(r"warning: without a GPU, a teacher needs 0\.0 hours .* Omit --teacher", said.err)
    assert sorted(path.name for path in work.iterdir()) == ["prepared.npz", "reader.pt", "teacher.pt"]
    load_weights(load_network(tiny), out)
    before = out.read_bytes()
    assert run_training(command) == 0
    again = capsys.readouterr()
    assert "using the data prepared in" in again.err and "reader: resumed at step" in again.out
    assert out.read_bytes() == before


def test_questions_are_asked_in_other_words(tiny, tmp_path, monkeypatch):
    """With a WordNet database, synonyms are in a wording of the question, and near twins have its opposites."""
    monkeypatch.setattr("qa.reading.train.load_encoder", lambda **options: ToyEncoder())
    monkeypatch.setattr("qa.reading.train.WordNet", Words)
    passage = "The old bridge was painted in Oslo."
    one = Example("What was painted in Oslo?", "Bridges", passage, 4, 14, True, "squad11train_44art")
    folder = write_data(tmp_path / "data", [one])
    (folder / "toy.jsonl.gz").rename(folder / "squad11train_44art.jsonl.gz")
    texts = {}
    for wordnet in (None, tmp_path):
        found = set()
        for seed in range(8):
            data = prepare_once(folder, tmp_path / f"{wordnet is None}{seed}", tiny, seed=seed, wordnet=wordnet)
            parts = np.split(data.questions, data.question_offsets[1:-1])
            found |= {read_tokenizer(tiny).decode(part.tolist()) for part in parts}
        texts[wordnet is None] = found
    for word in ("drawn", "erased"):
        assert any(word in text for text in texts[False])
        assert not any(word in text for text in texts[True])


class Words:
    """A dictionary of two words."""

    def __init__(self, folder):
        """Ignore the folder."""

    def synonyms(self, word):
        """Return the synonyms of a word."""
        return ("drawn",) if word == "painted" else ()

    def opposites(self, word):
        """Return the opposites of a word."""
        return ("erased",) if word == "painted" else ()


def test_a_trained_reader_is_continued(tiny, tmp_path, monkeypatch, capsys):
    """With a lower rate; what is written is the average of the weights before and after."""
    monkeypatch.setattr("qa.reading.train.bundled_model_folder", lambda: tiny)
    monkeypatch.setattr("qa.reading.train.load_encoder", lambda **options: ToyEncoder())
    start, out, work = tmp_path / "start.safetensors", tmp_path / "out.safetensors", tmp_path / "work"
    torch.manual_seed(1)
    before = load_network(tiny)
    save_weights(before, start)
    rates = []
    learn = training.train
    monkeypatch.setattr(
        training, "train", lambda *given, **named: (rates.append(given[2].rate), learn(*given, **named))
    )
    folder = write_data(tmp_path / "data", toys() * 12)
    command = [str(folder), "--out", str(out), "--work", str(work), "--minutes", "0.01", "--weights", str(start)]
    assert run_training(command) == 0
    assert rates == [pytest.approx(2e-4 * 0.4)]
    learned = torch.load(work / "continued.pt", weights_only=True)["network"]
    load_weights(before, start)
    after = load_network(tiny)
    load_weights(after, out)
    for name, value in after.state_dict().items():
        expected = before.state_dict()[name] * 2 / 3 + learned[name] / 3
        assert torch.allclose(value, expected, atol=2e-3), name
    assert not torch.equal(after.token.weight, before.token.weight)
    assert not (work / "reader.pt").exists()  # of a run that does not continue, which this one must not resume


def test_weights_that_cannot_be_read_end_before_anything_is_trained(tiny, data, tmp_path, monkeypatch, capsys):
    """A missing file before the data is prepared, a damaged one before a teacher is trained."""
    command = [str(tmp_path), "--out", str(tmp_path / "out"), "--work", str(tmp_path / "work"), "--weights"]
    assert run_training([*command, str(tmp_path / "none")]) == 1
    assert capsys.readouterr().err == f"error: {tmp_path / 'none'} does not exist. Name a file of trained weights.\n"
    (tmp_path / "damaged").write_bytes(b"no weights")
    monkeypatch.setattr(training, "train", lambda *given, **named: pytest.fail("trained"))
    with pytest.raises(ReaderError, match="damaged has no weights of a reader"):
        training.train_reader(data, tiny, tmp_path / "out", PLAN, teacher=tiny, weights=tmp_path / "damaged")


LINE = {"question": "Where?", "passage": "In Oslo.", "answers": [{"text": "Oslo", "start": 3}], "answerable": True}
BROKEN = {
    "{": r"line 2: not an example \(Expecting .*\)\. Correct or delete the line",
    json.dumps({**LINE, "answers": [{"text": "Oslo", "start": 2}]}): (
        r"line 2: not an example \(the passage does not have the answer 'Oslo' at character 2\)\. Correct or delete the line"
    ),
    '{"question": "Where?"}': r"line 2: not an example \('passage' is missing\)\. Correct or delete the line",
    json.dumps({**LINE, "passage": 5}): r"line 2: not an example \(question and passage must be text\)",
    "[1]": r"line 2: not an example",
}


@pytest.mark.parametrize("line", BROKEN)
def test_a_broken_line_is_named(line, tmp_path):
    """File, line, what is wrong and what to do; nothing is skipped."""
    (tmp_path / "toy.jsonl").write_text(f"{json.dumps(LINE)}\n{line}\n", encoding="utf-8")
    with pytest.raises(SourceError, match=rf"toy\.jsonl, {BROKEN[line]}"):
        read_examples(tmp_path)


def test_a_file_that_is_no_gzip_is_named(tmp_path):
    """A data file that cannot be unpacked."""
    (tmp_path / "toy.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(SourceError, match=r"toy\.jsonl\.gz cannot be read after line 0 .*Fetch the file again"):
        read_examples(tmp_path)


def test_a_folder_without_data_is_one_line(tmp_path, capsys):
    """No data files, and no folder for the weights: one line each, and exit code 1."""
    assert run_training([str(tmp_path), "--work", str(tmp_path / "work")]) == 1
    assert capsys.readouterr().err == (
        f"error: {tmp_path} has no .jsonl or .jsonl.gz file. Name a folder of questions with passages to train on.\n"
    )
    assert run_training([str(tmp_path), "--out", str(tmp_path / "none" / "reader.safetensors")]) == 1
    assert capsys.readouterr().err.endswith("none, the folder for the weights, does not exist. Create it first.\n")


def test_a_teacher_of_another_kind_is_named(tiny, tmp_path):
    """A folder of another model, one that is empty, and one whose weights do not fit."""
    with pytest.raises(ReaderError, match=r"has no readable encoder .*Name a folder with config\.json"):
        load_network(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "distilbert"}')
    with pytest.raises(ReaderError, match=r"is a distilbert model\. Name the folder of a BERT or MPNet encoder\."):
        load_network(tmp_path)
    shutil.copy(tiny / "model.safetensors", tmp_path)
    config = json.loads((tiny / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "intermediate_size": 128}))
    with pytest.raises(ReaderError, match=r"intermediate\.dense\.weight has the shape \(64, 32\), not \(128, 32\)"):
        load_network(tmp_path)


@pytest.mark.parametrize("arguments", [[], ["data", "--minutes", "0"], ["data", "--minutes", "soon"], ["data", "--x"]])
def test_wrong_usage_ends_with_2(arguments, capsys):
    """What argparse refuses."""
    with pytest.raises(SystemExit) as stopped:
        run_training(arguments)
    assert stopped.value.code == 2
    assert "usage: python -m qa.reading.train" in capsys.readouterr().err


def test_ctrl_c_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    """One line, and exit code 130."""

    def stop(*parts: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("qa.reading.train.prepare_once", stop)
    assert run_training([str(tmp_path)]) == 130
    assert capsys.readouterr().err == "error: stopped; the same command resumes from the last checkpoint\n"


def test_a_missing_torch_is_one_line(tmp_path):
    """`python -m qa.reading.train` without torch names what to install, and ends with 1."""
    code = "import runpy, sys; sys.modules['torch'] = None; runpy.run_module('qa.reading.train', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: training needs torch. Install it: pip install 'qa-verbatim[train]'\n"


def test_a_gpu_and_its_absence_have_their_plans(monkeypatch):
    """Large batches on a GPU, small ones on the processor."""
    monkeypatch.setattr(training.torch, "cuda", SimpleNamespace(is_available=lambda: True))
    assert training.default_plan(5, 1) == Plan(5, 192, 3e-4, 1, "cuda", True)
    monkeypatch.setattr(training.torch, "cuda", SimpleNamespace(is_available=lambda: False))
    plan = training.default_plan(5, 1)
    assert (plan.batch, plan.rate, plan.device) == (24, 2e-4, "cpu")
