"""Train the reader's network: loss, training loop, labels of a teacher, and validation on titles held out.

A larger encoder can be trained first and label every pair; the reader then learns from both (distillation, Hinton et al.
2015), which matters most for pairs whose own label is noisy or missing. The learning rate falls to zero at the end of the
given minutes, on any machine.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from qa.evaluation.metrics import area_under_curve
from qa.reading.batches import IGNORED, Assembler, TeacherLabels, TrainingBatch, draw_batches, prefetch
from qa.reading.data import NATURAL, Prepared
from qa.reading.network import HIDDEN, Network, load_network, load_weights, save_weights
from qa.reading.spans import best_spans

CHECKPOINT_SECONDS = 240
REPORT_SECONDS = 20
WARM_UP = 0.04  # share of the time
WARM_UP_STEPS = 200  # at least
WEIGHT_DECAY = 0.01
# A run that continues from a trained reader has a lower rate, and its result is averaged with that reader: what the new examples
# teach stays, and little is unlearned (Wortsman et al. 2022).
CONTINUED_RATE = 0.4  # of the greatest rate
CONTINUED_SHARE = 1 / 3  # of the new weights; with a half, exact words and the choice of the sentence lose more
ANSWERABLE_SHARE = 0.5  # weight of this loss, relative to that of the span
EVIDENCE_SHARE = 0.5
TEACHER_SHARE = 0.7  # of the loss; the rest is from the labels
TEMPERATURE = 1.5  # softens the spans of teacher and reader
LEAST_LOGIT = -30  # lower evidence logits of a teacher are clipped
TEACHER_BATCH, TEACHER_RATE, TEACHER_DROPOUT = 64, 5e-5, 0.1
VALIDATED = 6_000  # examples at most
Figures = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings of a training run.

    Attributes:
        minutes: Time until the learning rate has fallen to zero.
        batch: Examples per step.
        rate: Greatest learning rate.
        seed: Seed for all random choices.
        device: "cuda" or "cpu".
        half: Whether to multiply in bfloat16.
    """

    minutes: float
    batch: int
    rate: float
    seed: int
    device: str
    half: bool


def default_plan(minutes: float, seed: int) -> Plan:
    """Plan for this machine: a GPU if there is one, bfloat16 if the processor supports it."""
    if torch.cuda.is_available():
        return Plan(minutes, 192, 3e-4, seed, "cuda", True)
    described = Path("/proc/cpuinfo")
    flags = described.read_text(errors="replace") if described.exists() else ""
    return Plan(minutes, 24, 2e-4, seed, "cpu", "amx_bf16" in flags)


def train_reader(
    data: Prepared,
    start: Path,
    out: Path,
    plan: Plan,
    *,
    teacher: Path | None = None,
    teacher_minutes: float = 0.0,
    checkpoints: Path | None = None,
    weights: Path | None = None,
) -> dict[str, Figures]:
    """Train the reader, after its teacher if there is one.

    Args:
        data: The examples.
        start: Folder of the encoder that the reader starts from.
        out: File for the weights.
        plan: Settings for the reader.
        teacher: Folder of the larger encoder.
        teacher_minutes: Training time of the teacher.
        checkpoints: Folder to resume from.
        weights: File of a trained reader to continue from, with a lower rate; the result is an average of both.

    Returns:
        The figures of `validate` for "reader" and, if there is one, "teacher".

    Raises:
        ReaderError: A folder has no encoder to start from, or the weights cannot be read.
        SourceError: There are too few examples.
    """
    torch.manual_seed(plan.seed)
    torch.set_float32_matmul_precision("high")
    figures: dict[str, Figures] = {}
    network, before, labels = load_network(start), None, None
    if weights is not None:
        load_weights(network, weights)
        before = {name: value.clone() for name, value in network.state_dict().items()}
    if teacher is not None:
        larger = load_network(teacher, vocabulary=start / "vocab.txt", dropout=TEACHER_DROPOUT)
        kept = None if checkpoints is None else checkpoints / "teacher.pt"
        lesson = replace(plan, minutes=teacher_minutes, batch=TEACHER_BATCH, rate=TEACHER_RATE)
        train(larger, Assembler(data), lesson, name="teacher", checkpoint=kept)
        figures["teacher"] = validate(larger, data, device=plan.device, half=plan.half)
        print("teacher:", json.dumps(figures["teacher"]), flush=True)
        began = time.monotonic()
        labels = label(larger, data, batch=512 if plan.device == "cuda" else 32, device=plan.device, half=plan.half)
        print(f"teacher: labelled {len(data.table)} pairs in {time.monotonic() - began:.0f} s", flush=True)
        del larger
    kept = None if checkpoints is None else checkpoints / ("reader.pt" if before is None else "continued.pt")
    lesson = plan if before is None else replace(plan, rate=plan.rate * CONTINUED_RATE)
    train(network, Assembler(data, labels), lesson, name="reader", checkpoint=kept)
    if before is not None:
        average(network, before)
    save_weights(network, out)
    figures["reader"] = validate(network, data, device=plan.device, half=plan.half)
    print("reader:", json.dumps(figures["reader"]), flush=True)
    return figures


def average(network: Network, before: dict[str, Tensor]) -> None:
    """Change a network to the average of its weights with earlier ones, which count 1 - `CONTINUED_SHARE`."""
    state = network.state_dict()
    network.load_state_dict(
        {name: torch.lerp(before[name].to(value.device), value, CONTINUED_SHARE) for name, value in state.items()}
    )


def train(
    network: Network,
    assembler: Assembler,
    plan: Plan,
    *,
    name: str,
    checkpoint: Path | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Train a network until its time is up, printing the loss.

    Args:
        network: Changed in place.
        assembler: Gives the examples, without those held out.
        plan: The settings.
        name: Printed in front of each line.
        checkpoint: File that is written every few minutes and at the end, and resumed from.
        clock: Returns the time in seconds; called once per step.

    Raises:
        SourceError: There are too few examples.
    """
    network.to(plan.device).train()
    optimizer = _optimizer(network, plan)
    spent, step = 0.0, 0
    if checkpoint is not None and checkpoint.exists():
        state = torch.load(checkpoint, map_location=plan.device, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        spent, step = state["spent"], state["step"]
        print(f"{name}: resumed at step {step}, {spent / 60:.1f} minutes", flush=True)
    now = saved = reported = clock()
    began = now - spent
    losses: list[Tensor] = []
    seen = 0
    rng = np.random.default_rng((plan.seed, step))
    for batch in prefetch(draw_batches(assembler, plan.batch, rng), plan.device):
        now = clock()
        done = (now - began) / (60 * plan.minutes)
        if losses and now - reported > REPORT_SECONDS:
            mean, pace = torch.stack(losses).mean().item(), seen / (now - reported)
            print(f"{name}: {min(done, 1):.0%}, step {step}, loss {mean:.3f}, {pace:.0f} pairs/s", flush=True)
            reported, seen, losses = now, 0, []
        if checkpoint is not None and now - saved > CHECKPOINT_SECONDS:
            _save_checkpoint(checkpoint, network, optimizer, now - began, step)
            saved = now
        if done >= 1:
            break
        rate = plan.rate * min((step + 1) / WARM_UP_STEPS, done / WARM_UP + 0.02, 1.0) * (1 - done)
        for group in optimizer.param_groups:
            group["lr"] = rate
        with torch.autocast(plan.device, dtype=torch.bfloat16, enabled=plan.half):
            loss = loss_of(network, batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        step, seen = step + 1, seen + len(batch.ids)
        losses.append(loss.detach())
    if checkpoint is not None:
        _save_checkpoint(checkpoint, network, optimizer, now - began, step)
    network.eval()
    print(f"{name}: done after {step} steps", flush=True)


def _optimizer(network: Network, plan: Plan) -> torch.optim.Optimizer:
    """Make AdamW, without decay of biases and norms."""
    decayed = [value for value in network.parameters() if value.dim() > 1]
    plain = [value for value in network.parameters() if value.dim() <= 1]
    groups = [{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.98), fused=plan.device == "cuda")


def _save_checkpoint(path: Path, network: Network, optimizer: torch.optim.Optimizer, spent: float, step: int) -> None:
    """Write a checkpoint atomically."""
    part = path.with_suffix(".part")
    torch.save(
        {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "spent": spent, "step": step}, part
    )
    part.replace(path)


def loss_of(network: Network, batch: TrainingBatch) -> Tensor:
    """Compute the loss, of shape (), of a network on a batch from its labels and, if present, its teacher."""
    tokens, answerable = network(batch.ids, batch.types, batch.mask)
    loss = label_loss(tokens, answerable, batch)
    if batch.teacher is None or batch.judged is None:
        return loss
    taught = teacher_loss(tokens, answerable, batch, batch.teacher, batch.judged)
    return TEACHER_SHARE * taught + (1 - TEACHER_SHARE) * loss


def label_loss(tokens: Tensor, answerable: Tensor, batch: TrainingBatch) -> Tensor:
    """Compute the loss of spans, evidence and answerability against the labels, ignoring unknown ones.

    `tokens` has the logits of start, end and evidence, of shape (B, T, 3); `answerable` has the shape (B,).
    """
    spans = _span_logits(tokens, batch.inside)
    span_loss = functional.cross_entropy(
        spans.reshape(-1, spans.shape[-1]), batch.spans.reshape(-1), ignore_index=IGNORED, reduction="sum"
    ) / (2 * len(batch.ids))
    answer_loss = functional.binary_cross_entropy_with_logits(answerable, batch.answerable)
    each_loss = functional.binary_cross_entropy_with_logits(
        tokens[..., 2], batch.evidence.clamp(min=0), reduction="none"
    )
    evidence_loss = _mean_per_text(each_loss, batch.inside & (batch.evidence >= 0))
    return span_loss + ANSWERABLE_SHARE * answer_loss + EVIDENCE_SHARE * evidence_loss


def teacher_loss(tokens: Tensor, answerable: Tensor, batch: TrainingBatch, teacher: Tensor, judged: Tensor) -> Tensor:
    """Compute the distance from the outputs of a teacher, over the tokens that it read; least if both agree.

    Args:
        tokens: Logits of start, end and evidence, of shape (B, T, 3).
        answerable: Logits, of shape (B,).
        batch: Marks the tokens of the passages.
        teacher: The teacher's `tokens`.
        judged: Its start and end for "no answer", and answerable, of shape (B, 3).
    """
    heard = batch.inside & (teacher[..., 0] > HIDDEN / 2)
    taught = torch.cat([judged[:, None, :2], teacher[:, 1:, :2]], dim=1)  # the first token means "no answer"
    distance = functional.kl_div(
        functional.log_softmax(_span_logits(tokens, heard) / TEMPERATURE, -1),
        functional.log_softmax(_span_logits(taught, heard) / TEMPERATURE, -1),
        reduction="none",
        log_target=True,
    )
    span_loss = distance.sum(-1).mean() * TEMPERATURE**2
    answer_loss = functional.binary_cross_entropy_with_logits(answerable, judged[:, 2].sigmoid())
    believed = teacher[..., 2].clamp(min=LEAST_LOGIT).sigmoid()
    each_loss = functional.binary_cross_entropy_with_logits(tokens[..., 2], believed, reduction="none")
    return span_loss + ANSWERABLE_SHARE * answer_loss + EVIDENCE_SHARE * _mean_per_text(each_loss, heard)


def _span_logits(tokens: Tensor, allowed: Tensor) -> Tensor:
    """Return the start and end logits of the allowed tokens and of the first, of shape (B, 2, T); others are hidden."""
    allowed = allowed.clone()
    allowed[:, 0] = True
    return tokens[..., :2].masked_fill(~allowed[..., None], HIDDEN).transpose(1, 2)


def _mean_per_text(values: Tensor, known: Tensor) -> Tensor:
    """Average (B, T) over the known tokens of each text, then over the texts; a text without any counts as 0."""
    return ((values * known).sum(1) / known.sum(1).clamp(min=1)).sum() / len(values)


def label(network: Network, data: Prepared, *, batch: int, device: str, half: bool) -> TeacherLabels:
    """Run a teacher on every example, in order, with the question as written; `batch` examples at a time."""
    assembler = Assembler(data)
    rng = np.random.default_rng(0)
    rows = np.argsort(assembler.lengths(np.arange(len(data.table))), kind="stable")
    network.to(device).eval()
    found: list[npt.NDArray[np.float16]] = [np.empty((0, 3), dtype=np.float16)] * len(rows)
    first = np.zeros(len(rows), dtype=np.int32)
    judged = np.zeros((len(rows), 3), dtype=np.float32)
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        made = assembler.batch(part, rng, plain=True)
        tokens, answerable = _read_batch(network, made, device, half)
        said, inside = tokens.astype(np.float16), made.inside.numpy()
        first[part] = made.window.numpy()
        judged[part] = np.concatenate([said[:, 0, :2], answerable[:, None]], axis=1)
        for row, example in enumerate(part.tolist()):
            found[example] = said[row, inside[row]]
    offsets = np.cumsum([0, *map(len, found)], dtype=np.int64)
    return TeacherLabels(first, np.concatenate(found), offsets, judged)


def validate(network: Network, data: Prepared, *, device: str, half: bool) -> Figures:
    """Measure a network on the titles held out.

    Returns:
        "exact": the share of marked answers with exactly the right tokens. AUROC of answerable pairs against others, by the score
        of the best span ("AUROC span") and by the answerable logit ("AUROC answerable"); the same against unanswerable questions
        written by people ("AUROC natural span", "AUROC natural answerable"). None if nothing is held out.
    """
    assembler = Assembler(data)
    rng = np.random.default_rng(1)
    rows = rng.permutation(np.flatnonzero(data.held_out))[:VALIDATED]
    network.to(device).eval()
    exact: list[bool] = []
    spans, sure = np.zeros(len(rows)), np.zeros(len(rows))
    for start in range(0, len(rows), 128):
        made = assembler.batch(rows[start : start + 128], rng, plain=True)
        tokens, sure[start : start + 128] = _read_batch(network, made, device, half)
        places = [np.flatnonzero(inside) for inside in made.inside.numpy()]
        for row, (place, wanted) in enumerate(zip(places, made.spans.tolist(), strict=True)):
            if not len(place):
                continue
            body = tokens[row, place].astype(np.float64)
            [first], [last], [best] = best_spans(body[:, 0], body[:, 1], np.array([[0, len(body)]]))
            spans[start + row] = best - tokens[row, 0, 0] - tokens[row, 0, 1]
            if wanted[0] > 0:
                exact.append([place[0] + first, place[0] + last] == wanted)
    answered = data.answerable[rows] > 0
    natural = np.array([data.names[source] in NATURAL for source in data.source[rows]], dtype=bool)
    figures: Figures = {"exact": round(float(np.mean(exact)), 4) if exact else None}
    for against, others in (("", ~answered), ("natural ", natural)):
        for kind, scores in (("span", spans), ("answerable", sure)):
            positive, negative = scores[answered].tolist(), scores[others].tolist()
            figures[f"AUROC {against}{kind}"] = area_under_curve(positive, negative)
    return figures


def _read_batch(
    network: Network, batch: TrainingBatch, device: str, half: bool
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Run a network on a batch: float32 logits of the tokens, (B, T, 3), and answerable, (B,)."""
    with torch.no_grad(), torch.autocast(device, dtype=torch.bfloat16, enabled=half):
        tokens, answerable = network(batch.ids.to(device), batch.types.to(device), batch.mask.to(device))
    return tokens.cpu().numpy(), answerable.cpu().numpy()
