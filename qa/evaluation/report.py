"""Show evaluations: as tables, TREC run files and a plot."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from index import BatchError
from qa.answering.confidence import Verdict
from qa.evaluation.evaluator import (
    ANSWERABLE_ANSWERED,
    BASELINES,
    FIRST_RIGHT,
    OURS,
    UNANSWERABLE_ANSWERED,
    Evaluation,
)
from qa.evaluation.metrics import EXACT_MATCH, F1, Estimate

_SYSTEMS = (*BASELINES, OURS)
_SHARES = (ANSWERABLE_ANSWERED, UNANSWERABLE_ANSWERED, FIRST_RIGHT)


def describe_evaluations(evaluations: Sequence[Evaluation]) -> str:
    """Format four tables: rankings, answers, answers by kind of question, reliability."""
    tables = (_describe_rankings, _describe_answers, _describe_kinds, _describe_reliability)
    return "\n\n".join("\n".join(describe(evaluations)) for describe in tables)


def _describe_rankings(evaluations: Sequence[Evaluation]) -> list[str]:
    """Format a line for each dataset, then the means."""
    lines = [
        "nDCG@10 (95 % interval), then right sentences and verdicts",
        _row(["dataset", *_SYSTEMS, "inside", "first", "AUROC", "cov@95", "off-topic", "o-t answered", "refused"]),
    ]
    for evaluation in evaluations:
        figures = [evaluation.rankings[system]["nDCG@10"] for system in _SYSTEMS]
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
        means = [fmean([figure.value for figure in _figures(evaluations, system)]) for system in _SYSTEMS]
        lines.append(_row(["mean", *(f"{value:.3f}" for value in means)]))
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
        figures = (
            evaluation.answers[name]
            for name in (ANSWERABLE_ANSWERED, UNANSWERABLE_ANSWERED, FIRST_RIGHT, EXACT_MATCH, F1)
        )
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
            answerable, unanswerable, right = (
                figures[name] for name in (ANSWERABLE_ANSWERED, UNANSWERABLE_ANSWERED, FIRST_RIGHT)
            )
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
            confidence, questions = f"{each.confidence:.3f}", str(each.right.questions)
            lines.append(_row([evaluation.name, interval, questions, confidence, _interval(each.right)], widths))
    return lines


def _interval(figure: Estimate | None) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f}-{figure.high:.3f})" if figure else "-"


def _share(evaluation: Evaluation, kind: str, verdict: Verdict) -> float | None:
    counts = evaluation.verdicts.get(kind)
    return counts[verdict] / counts.total() if counts else None


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _row(cells: Sequence[str], widths: Sequence[int] = (14, 7, 7, 7, 21, 7, 7, 7, 7, 10, 13, 8)) -> str:
    return " ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=False)).rstrip()


def write_runs(evaluation: Evaluation, folder: Path) -> None:
    """Write each system's ranking as a TREC run file, `DATASET.SYSTEM.run`.

    Args:
        evaluation: The measurements.
        folder: Created if missing.

    Raises:
        BatchError: The folder cannot be written.
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
        from matplotlib.figure import Figure
    except ImportError as error:
        raise BatchError("plotting needs matplotlib. Install it: pip install 'qa-verbatim[eval]'") from error
    judged = _judged(evaluations)
    canvas = Figure(figsize=(1.6 * max(4, len(judged)), 4.5), layout="constrained")
    axes = canvas.subplots()
    for place, (system, colour) in enumerate(zip(_SYSTEMS, ("#b8bcc4", "#8e95a1", "#666e7c", "#2456a6"), strict=True)):
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


def _figures(evaluations: Sequence[Evaluation], system: str) -> list[Estimate]:
    figures = (evaluation.rankings[system]["nDCG@10"] for evaluation in _judged(evaluations))
    return [figure for figure in figures if figure]
