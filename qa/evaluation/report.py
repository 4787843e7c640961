"""Run evaluations over several datasets and show them: one table, JSON, TREC run files, a plot."""

import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal

from index import BatchError, Encoder
from qa.evaluation.datasets import Dataset, LabelledQuestion, read_dataset
from qa.evaluation.metrics import Figure
from qa.evaluation.run import ANSWERED, ANSWERED_WRONGLY, BASELINES, EXACT_MATCH, F1, OURS, RIGHT, Evaluation, Evaluator
from qa.reading.model import Reader

OFF_TOPIC = 200  # questions of the other datasets asked of each
SHARED = 0.01  # datasets that share more of their entries than this are not strangers to each other
SEED = 20_231


def evaluate_folders(
    folders: Sequence[str | Path],
    *,
    limit: int | None = None,
    encoder: Encoder | None = None,
    reader: Reader | Literal["bundled"] | None = "bundled",
    home: Path | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> Iterator[Evaluation]:
    """Evaluate datasets one after another; each is also asked questions of the others, which it should refuse.

    Args:
        folders: Datasets in BEIR layout.
        limit: Ask at most so many questions of each, drawn with a fixed seed; all when omitted.
        encoder: Turns texts into vectors; the bundled model when omitted.
        reader: Reads the passages found; the bundled model when omitted, None for retrieval alone.
        home: Where the indexes are kept.
        on_progress: Called with questions done, questions in all and the dataset's name.

    Yields:
        What was measured, in the order given.

    Raises:
        BatchError: A dataset cannot be read.
    """
    datasets = [read_dataset(folder) for folder in folders]
    for dataset in datasets:
        questions = _draw(dataset.questions, limit)
        strangers = [other for other in datasets if not _share_entries(dataset, other)]
        pool = [q for other in strangers for q in _draw(other.questions, OFF_TOPIC) if not q.history]
        off_topic = _draw(pool, min(OFF_TOPIC, limit or OFF_TOPIC))
        evaluator = Evaluator(dataset, encoder=encoder, reader=reader, home=home)
        yield evaluator.evaluate(questions, off_topic=off_topic, on_progress=on_progress)


def _draw(questions: Sequence[LabelledQuestion], limit: int | None) -> list[LabelledQuestion]:
    if limit is None or len(questions) <= limit:
        return list(questions)
    return random.Random(SEED).sample(list(questions), limit)


def _share_entries(first: Dataset, second: Dataset) -> bool:
    common = first.openings & second.openings
    return len(common) > SHARED * min(len(first.openings), len(second.openings))


def describe_evaluations(evaluations: Sequence[Evaluation]) -> str:
    """Lay out all the figures as tables: ranking, answers, answers by kind of question, reliability."""
    tables = (_describe_rankings, _describe_answers, _describe_kinds, _describe_reliability)
    return "\n\n".join("\n".join(describe(evaluations)) for describe in tables)


def _describe_rankings(evaluations: Sequence[Evaluation]) -> list[str]:
    """A line a dataset, then the means."""
    systems = (*BASELINES, OURS)
    lines = [
        "nDCG@10 (95 % interval), then right sentences and verdicts",
        _row(["dataset", *systems, "inside", "first", "AUROC", "cov@95", "off-topic", "o-t answered", "refused"]),
    ]
    for evaluation in evaluations:
        figures = [evaluation.rankings[system]["nDCG@10"] for system in systems]
        ranked = [f"{figure.value:.3f}" if figure else "-" for figure in figures[:-1]]
        ranked.append(_interval(figures[-1]))
        rates = [evaluation.sentences[name] for name in ("inside", "first")]
        discrimination = [
            evaluation.discrimination[name] for name in ("AUROC", "coverage at 95 % precision", "AUROC off-topic")
        ]
        shares = [_share(evaluation, "off-topic", "answered"), _share(evaluation, "answerable", "not_in_sources")]
        numbers = [figure.value if figure else None for figure in rates] + discrimination + shares
        lines.append(_row([evaluation.name, *ranked, *(_number(number) for number in numbers)]))
    if len(_judged(evaluations)) > 1:
        means = [_mean([figure.value for figure in _figures(evaluations, system)]) for system in systems]
        lines.append(_row(["mean", *(f"{mean:.3f}" for mean in means)]))
    lines.append(
        "inside: best quote right when chosen inside the right passage; first: in the whole search; AUROC and "
        "cov@95: telling answerable from unanswerable; off-topic: AUROC against questions of the other datasets; "
        "o-t answered: share of those answered; refused: share of answerable questions refused"
    )
    return lines


def _describe_answers(evaluations: Sequence[Evaluation]) -> list[str]:
    widths = (14, 22, 22, 22, 22, 22, 6)
    lines = [
        "answers, through the whole pipeline (95 % interval)",
        _row(["dataset", "answered", "answered wrongly", "first quote right", EXACT_MATCH, F1, "ECE"], widths),
    ]
    for evaluation in evaluations:
        figures = (evaluation.answers[name] for name in (ANSWERED, ANSWERED_WRONGLY, RIGHT, EXACT_MATCH, F1))
        error = _number(evaluation.reliability.error if evaluation.reliability else None)
        lines.append(_row([evaluation.name, *(_interval(figure) for figure in figures), error], widths))
    lines.append(
        "answered: of the answerable questions; answered wrongly: of the unanswerable; first quote right: of the "
        "answerable that were answered; exact match and F1: of the words marked in these quotes, where there are any; "
        "ECE: expected calibration error, see below"
    )
    return lines


def _describe_kinds(evaluations: Sequence[Evaluation]) -> list[str]:
    widths = (14, 12, 9, 22, 12, 22, 22)
    headings = ["dataset", "kind", "questions", "answered", "unanswerable", "answered wrongly", "first quote right"]
    lines = ["answers by kind of question (95 % interval)", _row(headings, widths)]
    for evaluation in evaluations:
        for kind, figures in evaluation.kinds.items():
            answerable, unanswerable, right = (figures[name] for name in (ANSWERED, ANSWERED_WRONGLY, RIGHT))
            asked = sum(figure.questions for figure in (answerable, unanswerable) if figure)
            unknown = str(unanswerable.questions if unanswerable else 0)
            shares = (_interval(answerable), unknown, _interval(unanswerable), _interval(right))
            lines.append(_row([evaluation.name, kind, str(asked), *shares], widths))
    return lines


def _describe_reliability(evaluations: Sequence[Evaluation]) -> list[str]:
    widths = (14, 10, 9, 10, 22)
    lines = [
        "reliability: how often the first quote shown is right, by confidence; for an unanswerable question it never is",
        _row(["dataset", "confidence", "questions", "mean", "right"], widths),
    ]
    for evaluation in evaluations:
        for each in evaluation.reliability.bins if evaluation.reliability else ():
            interval = f"{each.low:.1f}-{each.high:.1f}"
            mean, questions = f"{each.confidence:.3f}", str(each.right.questions)
            lines.append(_row([evaluation.name, interval, questions, mean, _interval(each.right)], widths))
    return lines


def _interval(figure: Figure | None) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f}-{figure.high:.3f})" if figure else "-"


def _share(evaluation: Evaluation, kind: str, verdict: str) -> float | None:
    counts = evaluation.verdicts.get(kind)
    return counts[verdict] / counts.total() if counts else None


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _row(cells: Sequence[str], widths: Sequence[int] = (14, 7, 7, 7, 21, 7, 7, 7, 7, 10, 13, 8)) -> str:
    return " ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)).rstrip()


def write_runs(evaluation: Evaluation, folder: Path) -> None:
    """Write each system's ranking as a TREC run file, `DATASET.SYSTEM.run`.

    Args:
        evaluation: What was measured.
        folder: Made when it does not exist.

    Raises:
        BatchError: It cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for system, run in evaluation.runs.items():
            with open(folder / f"{evaluation.name}.{system}.run", "w", encoding="utf-8") as file:
                for question, scores in run.items():
                    for rank, (entry, score) in enumerate(scores.items(), start=1):
                        file.write(f"{question} Q0 {entry} {rank} {score:.6f} {system}\n")
    except OSError as error:
        raise BatchError(f"{folder} cannot be written: {error.strerror}. Name another folder.") from error


def plot_evaluations(evaluations: Sequence[Evaluation], path: Path) -> None:
    """Plot nDCG@10 of each system on each dataset, with intervals, as .png, .svg or .pdf.

    Raises:
        BatchError: matplotlib is missing, or the file cannot be written.
    """
    try:
        from matplotlib.figure import Figure as Canvas
    except ImportError as error:
        raise BatchError("plotting needs matplotlib. Install it: pip install 'qa-verbatim[eval]'") from error
    judged = _judged(evaluations)
    canvas = Canvas(figsize=(1.6 * max(4, len(judged)), 4.5), layout="constrained")
    axes = canvas.subplots()
    systems = (*BASELINES, OURS)
    for place, (system, colour) in enumerate(zip(systems, ("#b8bcc4", "#8e95a1", "#666e7c", "#2456a6"), strict=True)):
        figures = _figures(evaluations, system)
        positions = [i + (place - 1.5) * 0.2 for i in range(len(judged))]
        errors = [[f.value - f.low for f in figures], [f.high - f.value for f in figures]]
        axes.bar(positions, [f.value for f in figures], 0.19, yerr=errors, label=system, color=colour, ecolor="#555")
    axes.set_xticks(range(len(judged)), [e.name for e in judged], rotation=20, ha="right")
    axes.set_ylabel("nDCG@10")
    axes.set_ylim(0, 1)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, ncols=4, loc="upper right")
    try:
        canvas.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise BatchError(f"{path} cannot be written: {error}") from error


def _judged(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    return [evaluation for evaluation in evaluations if evaluation.rankings[OURS]["nDCG@10"]]


def _figures(evaluations: Sequence[Evaluation], system: str) -> list[Figure]:
    figures = (evaluation.rankings[system]["nDCG@10"] for evaluation in _judged(evaluations))
    return [figure for figure in figures if figure]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
