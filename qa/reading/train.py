"""Train the reader: `python -m qa.reading.train DATA`.

The network starts from the bundled encoder and learns from labelled pairs of a question and a passage. With
`--teacher`, a larger encoder is trained first and labels every pair; the reader then learns from both (distillation,
Hinton et al. 2015), which matters most for pairs whose own label is noisy or missing. The rate of learning falls to
zero at the end of the minutes given, however fast the machine is. Training resumes from its last checkpoint.
"""

import argparse
import json
import queue
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from qa.reading.data import VARIANTS, Prepared
from qa.reading.layout import HEADING_TOKENS, QUESTION_TOKENS, TOKENS
from qa.reading.network import HIDDEN, Network, load_network, save_weights

CLS, SEP = 101, 102  # ids in the vocabulary of BERT
SORTED_BATCHES = 40  # examples are sorted by length within so many batches
CHECKPOINT_SECONDS = 240
REPORT_SECONDS = 20
WARM_UP = 0.04  # of the whole
AS_WRITTEN = 0.4  # share of questions that are not reworded
WITHOUT_HEADING = 0.4  # share of passages whose heading is left out
TEACHER_SHARE = 0.7  # of the loss; the rest is the labels'
TEMPERATURE = 1.5
# How often examples of a file are drawn, relative to one of SQuAD: many are short and alike, or only say that a whole
# passage answers.
DRAWN = {
    "squad2_unans": 2.0, "squad11train_44art": 1.5, "squad11train_emptycity": 1.5, "squad11train_routerlens": 1.5,
    "squadshifts_new_wiki": 1.5, "qamr_dev": 0.3, "qamr_test": 0.3, "qadiscourse": 0.5, "squad11train_kou_sentences": 0.6,
    "neg_qamr_dev": 0.2, "neg_qamr_test": 0.2, "neg_qadiscourse": 0.3, "neg_squad11train_kou_sentences": 0.4,
    "medquad": 0.5, "neg_medquad": 0.6, "fairytaleqa": 0.7, "neg_fairytaleqa": 0.5, "neg_squad11train_44art": 0.5,
    "neg_squad11train_emptycity": 0.5, "neg_squad11train_routerlens": 0.5, "neg_squadshifts_new_wiki": 0.6,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Batch:
    """Pairs ready for a network, as tensors; B texts of T tokens.

    Attributes:
        ids: int64 (B, T).
        types: int64 (B, T).
        mask: bool (B, T).
        inside: bool (B, T): tokens of the passage.
        spans: int64 (B, 2): first and last token of the answer; 0 for none, -100 where not known.
        evidence: float32 (B, T): 1 for tokens of the answering sentence; -1 where not known.
        answerable: float32 (B,).
        window: int64 (B,): the first token of the passage that is read.
        teacher: float32 (B, T, 3): what the teacher said of each token; None without one.
        judged: float32 (B, 3): the teacher's start and end for "no answer", and answerable.
    """

    ids: Tensor
    types: Tensor
    mask: Tensor
    inside: Tensor
    spans: Tensor
    evidence: Tensor
    answerable: Tensor
    window: Tensor
    teacher: Tensor | None
    judged: Tensor | None


@dataclass(frozen=True, slots=True)
class Labels:
    """What a teacher said of every example, about the tokens of one window of its passage.

    Attributes:
        first: First token of the window in the passage, int32 (examples,).
        tokens: float16 (all tokens, 3), example after example.
        offsets: int64 (examples + 1,), into `tokens`.
        judged: float32 (examples, 3): start and end of "no answer", answerable.
    """

    first: np.ndarray
    tokens: np.ndarray
    offsets: np.ndarray
    judged: np.ndarray


class Assembler:
    """Puts examples together into batches."""

    def __init__(self, data: Prepared, labels: Labels | None = None) -> None:
        self.data = data
        self.labels = labels
        self.passage_lengths = np.diff(data.passage_offsets)
        self.question_lengths = np.minimum(np.diff(data.question_offsets), QUESTION_TOKENS)
        self.heading_lengths = np.minimum(np.diff(data.heading_offsets), HEADING_TOKENS)

    def lengths(self, rows: np.ndarray) -> np.ndarray:
        """About how many tokens some examples have."""
        table = self.data.table[rows]
        return np.minimum(TOKENS, self.question_lengths[table[:, 0] * VARIANTS] + self.passage_lengths[table[:, 2]] + 8)

    def batch(self, rows: np.ndarray, rng: np.random.Generator, *, plain: bool = False) -> Batch:
        """Put some examples together.

        Args:
            rows: Which examples.
            rng: Chooses wordings, headings and windows.
            plain: Whether questions stay as written, headings stay, and the windows are the teacher's or the first.
        """
        data, count = self.data, len(rows)
        question, heading, passage, start, end, first_told, last_told = data.table[rows].T.astype(np.int64)
        wording = np.zeros(count, dtype=np.int64)
        if not plain:
            wording = np.where(rng.random(count) < AS_WRITTEN, 0, rng.integers(1, VARIANTS, count))
            heading = np.where(rng.random(count) < WITHOUT_HEADING, 0, heading)
        asked = question * VARIANTS + wording
        asked_length, heading_length = self.question_lengths[asked], self.heading_lengths[heading]
        before = 2 + asked_length + np.where(heading_length, heading_length + 1, 0)
        length = self.passage_lengths[passage]
        room = np.minimum(TOKENS - 1 - before, length)
        last_start = length - room
        if self.labels is not None:
            first = np.minimum(self.labels.first[rows], last_start)
        else:
            known_first, known_last = np.where(start >= 0, start, first_told), np.where(start >= 0, end, last_told)
            low = np.where(known_first >= 0, np.maximum(0, known_last - room + 1), 0)
            high = np.where(known_first >= 0, np.minimum(known_first, last_start), last_start)
            high = np.maximum(low, high)
            drawn = low + (rng.random(count) * (high - low + 1)).astype(np.int64)
            whole = (data.answerable[rows] > 0) & (known_first < 0)
            first = np.minimum(np.where(whole, 0, drawn), last_start)
        total = before + room + 1
        width = -(-int(total.max()) // 16) * 16
        ids, types = np.zeros((count, width), dtype=np.int64), np.zeros((count, width), dtype=np.int64)
        places = np.arange(width)
        ids[:, 0] = CLS
        everyone = np.arange(count)
        ids[everyone, 1 + asked_length] = SEP
        _fill(ids, data.questions, data.question_offsets[asked], asked_length, np.ones(count, dtype=np.int64))
        heading_end = data.heading_offsets[heading + 1]
        _fill(ids, data.headings, heading_end - heading_length, heading_length, 2 + asked_length)
        titled = everyone[heading_length > 0]
        ids[titled, before[titled] - 1] = SEP
        _fill(ids, data.passages, data.passage_offsets[passage] + first, room, before)
        ids[everyone, total - 1] = SEP
        types[(places >= (2 + asked_length)[:, None]) & (places < total[:, None])] = 1
        inside = (places >= before[:, None]) & (places < (before + room)[:, None])
        spans = np.stack([start, end], axis=1)
        moved = spans - first[:, None] + before[:, None]
        lost = (moved < before[:, None]) | (moved >= (before + room)[:, None])
        spans = np.where(spans == -1, 0, np.where((spans == -2) | lost.any(axis=1, keepdims=True), -100, moved))
        told = inside & (places - before[:, None] + first[:, None] >= first_told[:, None])
        told &= places - before[:, None] + first[:, None] <= last_told[:, None]
        evidence = np.where((first_told == -2)[:, None], -1.0, told.astype(np.float32)).astype(np.float32)
        teacher = judged = None
        if self.labels is not None:
            labels = self.labels
            teacher = np.full((count, width, 3), HIDDEN, dtype=np.float32)
            skipped = first - labels.first[rows]
            held = np.minimum(np.diff(labels.offsets)[rows] - skipped, room)
            held = np.maximum(held, 0)
            _fill(teacher, labels.tokens, labels.offsets[rows] + skipped, held, before)
            judged = labels.judged[rows]
        return Batch(
            torch.from_numpy(ids),
            torch.from_numpy(types),
            torch.from_numpy(places < total[:, None]),
            torch.from_numpy(inside),
            torch.from_numpy(spans),
            torch.from_numpy(evidence),
            torch.from_numpy(data.answerable[rows]),
            torch.from_numpy(first),
            None if teacher is None else torch.from_numpy(teacher),
            None if judged is None else torch.from_numpy(judged),
        )


def _fill(target: np.ndarray, flat: np.ndarray, starts: np.ndarray, lengths: np.ndarray, places: np.ndarray) -> None:
    """Copy a stretch of `flat` into each row of `target`, from a place on."""
    total = int(lengths.sum())
    step = np.arange(total) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    target[rows, np.repeat(places, lengths) + step] = flat[np.repeat(starts, lengths) + step]


def loss_of(network: Network, batch: Batch) -> Tensor:
    """The loss of a network on a batch: spans, evidence and answerability, from labels and teacher."""
    tokens, answerable = network(batch.ids, batch.types, batch.mask)
    allowed = batch.inside.clone()
    allowed[:, 0] = True
    spans = tokens[..., :2].masked_fill(~allowed[..., None], HIDDEN).transpose(1, 2)  # (B, 2, T)
    span_loss = functional.cross_entropy(
        spans.reshape(-1, spans.shape[-1]), batch.spans.reshape(-1), ignore_index=-100, reduction="sum"
    ) / (2 * len(batch.ids))
    answer_loss = functional.binary_cross_entropy_with_logits(answerable, batch.answerable)
    known = batch.inside & (batch.evidence >= 0)
    told = functional.binary_cross_entropy_with_logits(tokens[..., 2], batch.evidence.clamp(min=0), reduction="none")
    evidence_loss = _mean_per_text(told, known)
    loss = span_loss + 0.5 * answer_loss + 0.5 * evidence_loss
    if batch.teacher is None or batch.judged is None:
        return loss
    heard = batch.inside & (batch.teacher[..., 0] > HIDDEN / 2)
    taught = batch.teacher[..., :2].clone()
    taught[:, 0] = batch.judged[:, :2]
    usable = heard.clone()
    usable[:, 0] = True
    taught = taught.masked_fill(~usable[..., None], HIDDEN).transpose(1, 2) / TEMPERATURE
    said = spans.masked_fill(~usable[:, None], HIDDEN) / TEMPERATURE
    distance = functional.kl_div(
        functional.log_softmax(said, -1), functional.log_softmax(taught, -1), reduction="none", log_target=True
    )
    taught_spans = distance.sum(-1).mean() * TEMPERATURE**2
    taught_answer = functional.binary_cross_entropy_with_logits(answerable, batch.judged[:, 2].sigmoid())
    taught_told = functional.binary_cross_entropy_with_logits(
        tokens[..., 2], batch.teacher[..., 2].clamp(min=-30).sigmoid(), reduction="none"
    )
    taught_loss = taught_spans + 0.5 * taught_answer + 0.5 * _mean_per_text(taught_told, heard)
    return TEACHER_SHARE * taught_loss + (1 - TEACHER_SHARE) * loss


def _mean_per_text(values: Tensor, known: Tensor) -> Tensor:
    counted = known.sum(1)
    return ((values * known).sum(1) / counted.clamp(min=1)).sum() / len(values)


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train.

    Attributes:
        minutes: When the rate has fallen to zero.
        batch: Examples a step.
        rate: Greatest rate of learning.
        seed: Of everything drawn.
        device: "cuda" or "cpu".
        half: Whether to multiply in bfloat16.
    """

    minutes: float
    batch: int
    rate: float
    seed: int
    device: str
    half: bool


def train(network: Network, assembler: Assembler, plan: Plan, *, checkpoint: Path | None = None, name: str) -> None:
    """Train a network until its time is up, printing how the loss falls.

    Args:
        network: Changed in place.
        assembler: Gives the examples; those held out are left out.
        plan: How.
        checkpoint: File that is written every few minutes and resumed from.
        name: Printed in front of each line.
    """
    network.to(plan.device).train()
    decayed = [value for value in network.parameters() if value.dim() > 1]
    plain = [value for value in network.parameters() if value.dim() <= 1]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
        lr=plan.rate,
        betas=(0.9, 0.98),
        fused=plan.device == "cuda",
    )
    spent, step = 0.0, 0
    if checkpoint is not None and checkpoint.exists():
        state = torch.load(checkpoint, map_location=plan.device, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        spent, step = state["spent"], state["step"]
        print(f"{name}: resumed at step {step}, {spent / 60:.1f} minutes", flush=True)
    began, saved, told = time.monotonic() - spent, time.monotonic(), time.monotonic()
    losses: list[Tensor] = []
    seen = 0
    for batch in _prefetch(_batches(assembler, plan, step), plan.device):
        done = (time.monotonic() - began) / (60 * plan.minutes)
        if done >= 1:
            break
        rate = plan.rate * min((step + 1) / 200, done / WARM_UP + 0.02, 1.0) * (1 - done)
        for group in optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast(plan.device, dtype=torch.bfloat16, enabled=plan.half):
            loss = loss_of(network, batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        step, seen = step + 1, seen + len(batch.ids)
        losses.append(loss.detach())
        now = time.monotonic()
        if now - told > REPORT_SECONDS:
            mean = torch.stack(losses).mean().item()
            spent_here = now - told
            print(f"{name}: {done:.0%}, step {step}, loss {mean:.3f}, {seen / spent_here:.0f} pairs/s", flush=True)
            told, seen, losses = now, 0, []
        if checkpoint is not None and now - saved > CHECKPOINT_SECONDS:
            _save_checkpoint(checkpoint, network, optimizer, now - began, step)
            saved = now
    network.eval()
    print(f"{name}: done after {step} steps", flush=True)


def _save_checkpoint(path: Path, network: Network, optimizer: torch.optim.Optimizer, spent: float, step: int) -> None:
    part = path.with_suffix(".part")
    torch.save(
        {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "spent": spent, "step": step}, part
    )
    part.replace(path)


def _batches(assembler: Assembler, plan: Plan, step: int) -> Iterator[Batch]:
    """Batches without end: examples by weight, sorted by length within a few batches."""
    data = assembler.data
    rng = np.random.default_rng((plan.seed, step))
    drawn = np.array([DRAWN.get(name, 1.0) for name in data.names])
    weights = np.where(data.held_out, 0.0, data.weight * drawn[data.source]).astype(np.float64)
    expected = weights / weights.mean()
    while True:
        times = np.floor(expected + rng.random(len(expected))).astype(np.int64)  # an epoch: each as often as it weighs
        rows = rng.permutation(np.repeat(np.arange(len(expected)), times))
        for start in range(0, len(rows) - plan.batch, plan.batch * SORTED_BATCHES):
            part = rows[start : start + plan.batch * SORTED_BATCHES]
            part = part[np.argsort(assembler.lengths(part), kind="stable")]
            for first in rng.permutation(np.arange(0, len(part) - plan.batch + 1, plan.batch)):
                yield assembler.batch(part[first : first + plan.batch], rng)


def _prefetch(batches: Iterator[Batch], device: str) -> Iterator[Batch]:
    """Put batches together in a thread, and on the device."""
    if device == "cpu":
        yield from batches
        return
    ready: queue.Queue[Batch] = queue.Queue(maxsize=8)
    stopped = threading.Event()

    def work() -> None:
        for batch in batches:
            if stopped.is_set():
                return
            ready.put(move(batch, "cpu", pin=True))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while True:
            yield move(ready.get(), device)
    finally:
        stopped.set()
        while not ready.empty():
            ready.get_nowait()


def move(batch: Batch, device: str, *, pin: bool = False) -> Batch:
    """Put the tensors of a batch on a device, or into pinned memory."""
    found = []
    for name in Batch.__slots__:
        value = getattr(batch, name)
        if value is not None:
            value = value.pin_memory() if pin else value.to(device, non_blocking=True)
        found.append(value)
    return Batch(*found)


@torch.no_grad()
def label(network: Network, data: Prepared, *, batch: int, device: str, half: bool) -> Labels:
    """Let a teacher judge every example, its question as written."""
    assembler = Assembler(data)
    rng = np.random.default_rng(0)
    rows = np.argsort(assembler.lengths(np.arange(len(data.table))), kind="stable")
    network.to(device).eval()
    found: list[np.ndarray] = [np.empty((0, 3), dtype=np.float16)] * len(rows)
    first = np.zeros(len(rows), dtype=np.int32)
    judged = np.zeros((len(rows), 3), dtype=np.float32)
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        held = assembler.batch(part, rng, plain=True)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=half):
            tokens, answerable = network(held.ids.to(device), held.types.to(device), held.mask.to(device))
        spoken, sure = tokens.half().cpu().numpy(), answerable.cpu().numpy()
        inside = held.inside.numpy()
        first[part] = held.window.numpy()
        judged[part] = np.concatenate([spoken[:, 0, :2], sure[:, None]], axis=1)
        for row, example in enumerate(part.tolist()):
            found[example] = spoken[row, inside[row]]
    offsets = np.cumsum([0, *map(len, found)], dtype=np.int64)
    return Labels(first, np.concatenate(found), offsets, judged)


@torch.no_grad()
def validate(network: Network, data: Prepared, *, device: str, half: bool, most: int = 6_000) -> dict[str, float]:
    """Measure a network on the titles held out.

    Returns:
        "exact": share of the marked answers whose tokens are found to the last; "AUROC" of answerable against not, by
        the score of the best span and by the answerable logit; "AUROC natural": the same against unanswerable
        questions that people wrote.
    """
    assembler = Assembler(data)
    rng = np.random.default_rng(1)
    rows = np.flatnonzero(data.held_out)
    rows = rng.permutation(rows)[:most]
    network.to(device).eval()
    exact: list[bool] = []
    spans, sure = np.zeros(len(rows)), np.zeros(len(rows))
    for start in range(0, len(rows), 128):
        held = assembler.batch(rows[start : start + 128], rng, plain=True)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=half):
            tokens, answerable = network(held.ids.to(device), held.types.to(device), held.mask.to(device))
        best, first, last = best_spans(tokens.cpu(), held.inside)
        spans[start : start + 128], sure[start : start + 128] = best, answerable.cpu().numpy()
        for row, (wanted_first, wanted_last) in enumerate(held.spans.tolist()):
            if wanted_first > 0:
                exact.append((int(first[row]), int(last[row])) == (wanted_first, wanted_last))
    answered = data.answerable[rows] > 0
    natural = np.array([data.names[source] == "squad2_unans" for source in data.source[rows]])
    figures = {"exact": float(np.mean(exact)) if exact else float("nan")}
    for name, other in (("", ~answered), (" natural", natural)):
        for kind, scores in (("span", spans), ("answerable", sure)):
            figures[f"AUROC{name} {kind}"] = area_under_curve(scores[answered], scores[other])
    return figures


def best_spans(tokens: Tensor, inside: Tensor, longest: int = 30) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best span of each text, less the score of "no answer": scores, first and last tokens."""
    start, end = (tokens[..., part].masked_fill(~inside, HIDDEN).numpy() for part in (0, 1))
    count, width = start.shape
    best = np.full(count, -np.inf, dtype=np.float32)
    first, last = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    everyone = np.arange(count)
    for length in range(longest):
        scores = start[:, : width - length] + end[:, length:]
        place = scores.argmax(axis=1)
        better = scores[everyone, place] > best
        best = np.where(better, scores[everyone, place], best)
        first, last = np.where(better, place, first), np.where(better, place + length, last)
    null = tokens[:, 0, 0] + tokens[:, 0, 1]
    return best - null.numpy(), first, last


def area_under_curve(positive: np.ndarray, negative: np.ndarray) -> float:
    """The chance that one of the first has the higher score than one of the second; ties count half."""
    if not len(positive) or not len(negative):
        return float("nan")
    ordered = np.sort(negative)
    below, not_above = (np.searchsorted(ordered, positive, side=side) for side in ("left", "right"))
    return float((below + not_above).mean() / (2 * len(ordered)))


def run(
    data: Prepared,
    start: Path,
    out: Path,
    plan: Plan,
    *,
    teacher: Path | None = None,
    teacher_minutes: float = 0.0,
    checkpoints: Path | None = None,
) -> dict[str, dict[str, float]]:
    """Train the reader, after its teacher where there is one.

    Args:
        data: The examples.
        start: Folder of the encoder that the reader starts from.
        out: Where the weights go.
        plan: How to train the reader.
        teacher: Folder of the larger encoder.
        teacher_minutes: How long that one is trained.
        checkpoints: Folder to resume from; made when missing.

    Returns:
        The figures of `validate`, of "teacher" and "reader".
    """
    torch.manual_seed(plan.seed)
    torch.set_float32_matmul_precision("high")
    figures: dict[str, dict[str, float]] = {}
    if checkpoints is not None:
        checkpoints.mkdir(parents=True, exist_ok=True)
    labels = None
    if teacher is not None:
        larger = load_network(teacher, vocabulary=start / "vocab.txt", dropout=0.1)
        kept = None if checkpoints is None else checkpoints / "teacher.pt"
        lesson = Plan(teacher_minutes, 64, 5e-5, plan.seed, plan.device, plan.half)
        train(larger, Assembler(data), lesson, checkpoint=kept, name="teacher")
        figures["teacher"] = validate(larger, data, device=plan.device, half=plan.half)
        print("teacher:", json.dumps(figures["teacher"]), flush=True)
        began = time.monotonic()
        labels = label(larger, data, batch=512 if plan.device == "cuda" else 32, device=plan.device, half=plan.half)
        print(f"teacher: labelled {len(data.table)} pairs in {time.monotonic() - began:.0f} s", flush=True)
        del larger
    network = load_network(start)
    kept = None if checkpoints is None else checkpoints / "reader.pt"
    train(network, Assembler(data, labels), plan, checkpoint=kept, name="reader")
    save_weights(network.cpu(), out)
    figures["reader"] = validate(network, data, device=plan.device, half=plan.half)
    print("reader:", json.dumps(figures["reader"]), flush=True)
    return figures


def default_plan(minutes: float, seed: int) -> Plan:
    """Plan for this machine: a GPU where there is one, bfloat16 where the processor multiplies it."""
    if torch.cuda.is_available():
        return Plan(minutes, 192, 3e-4, seed, "cuda", True)
    flags = Path("/proc/cpuinfo").read_text(errors="replace") if Path("/proc/cpuinfo").exists() else ""
    return Plan(minutes, 24, 2e-4, seed, "cpu", "amx_bf16" in flags)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m qa.reading.train", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of .jsonl or .jsonl.gz files")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("reader.safetensors"), help="the weights")
    parser.add_argument("--work", type=Path, default=Path(".training"), help="folder of checkpoints and prepared data")
    parser.add_argument("--minutes", type=float, default=100.0, help="time for the reader")
    parser.add_argument("--teacher", type=Path, help="folder of a larger BERT or MPNet encoder to learn from")
    parser.add_argument("--teacher-minutes", type=float, default=300.0, help="time for the teacher")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    from index import QAError, bundled_model_folder

    try:
        start = bundled_model_folder()
        prepared = prepare_cached(options.data, options.work, start, seed=options.seed)
    except QAError as error:
        sys.exit(f"error: {error}")
    run(
        prepared,
        start,
        options.out,
        default_plan(options.minutes, options.seed),
        teacher=options.teacher,
        teacher_minutes=options.teacher_minutes,
        checkpoints=options.work,
    )


def prepare_cached(folder: Path, work: Path, model: Path, *, seed: int) -> Prepared:
    """Prepare the data of a folder, or load what was prepared before."""
    from tokenizers import Tokenizer

    from index import load_encoder
    from qa.places import encoder_folder
    from qa.reading.data import add_negatives, prepare, read_examples

    kept = work / "prepared.npz"
    if kept.exists():
        return Prepared.load(kept)
    examples = read_examples(folder)
    examples += add_negatives(examples, load_encoder(cache_folder=encoder_folder()), seed=seed)
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    prepared = prepare(examples, tokenizer, seed=seed)
    work.mkdir(parents=True, exist_ok=True)
    prepared.save(kept)
    return prepared


if __name__ == "__main__":
    main()
