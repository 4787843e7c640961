"""Show evaluations: as tables, TREC run files and a plot."""

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from index import BatchError
from qa.answering.confidence import Verdict
from qa.evaluation.evaluator import ANSWERABLE_ANSWERED, BASELINES, FIRST_RIGHT, OURS, UNANSWERABLE_ANSWERED, Evaluation
from qa.evaluation.metrics import EXACT_MATCH, F1, Estimate

_SYSTEMS = (*BASELINES, OURS)
_SHARES = (ANSWERABLE_ANSWERED, UNANSWERABLE_ANSWERED, FIRST_RIGHT)


def describe_evaluations(evaluations: Sequence[Evaluation]) -> str:
    """Format four tables: rankings, answers, answers by kind of question, reliability."""
    tables = (_describe_rankings, _describe_answers, _describe_kinds, _describe_reliability)
    return "\n\n".join("\n".join(describe(evaluations)) for describe in tables)


def _describe_rankings(evaluations: Sequence[Evaluation]) -> list[str]:
    """Format a line for each dataset, then the means."""
    widths = (14, 7, 7, 7, 21, 7, 7, 7, 7, 10, 13, 8)
    headings = ["dataset", *_SYSTEMS, "inside", "first", "AUROC", "cov@95", "off-topic", "o-t answered", "refused"]
    rows = []
    for evaluation in evaluations:
        *baselines, ours = [evaluation.rankings[system]["nDCG@10"] for system in _SYSTEMS]
        rates = [evaluation.sentences[name] for name in ("inside", "first")]
        numbers = [figure.value if figure else None for figure in (*baselines, *rates)]
        numbers += [
            evaluation.discrimination[name] for name in ("AUROC", "coverage at 95 % precision", "AUROC off-topic")
        ]
        numbers += [_share(evaluation, "off-topic", "answered"), _share(evaluation, "answerable", "not_in_sources")]
        shown = [_number(number) for number in numbers]
        rows.append([evaluation.name, *shown[: len(baselines)], _interval(ours), *shown[len(baselines) :]])
    if len(_judged(evaluations)) > 1:
        means = [fmean([figure.value for figure in _figures(evaluations, system)]) for system in _SYSTEMS]
        rows.append(["mean", *map(_number, means)])
    return [
        "nDCG@10 (95 % interval), then right sentences and verdicts",
        *_lay_out([headings, *rows], widths),
        "inside: best quote right when chosen inside the right passage; first: in the whole search; AUROC and "
        "cov@95: telling answerable from unanswerable; off-topic: AUROC against questions of the other datasets; "
        "o-t answered: share of those answered; refused: share of answerable questions refused",
    ]


def _describe_answers(evaluations: Sequence[Evaluation]) -> list[str]:
    headings = ["dataset", "answered", "answered wrongly", "first quote right", EXACT_MATCH, F1, "ECE"]
    rows = []
    for evaluation in evaluations:
        figures = [evaluation.answers[name] for name in (*_SHARES, EXACT_MATCH, F1)]
        error = _number(evaluation.reliability.error if evaluation.reliability else None)
        rows.append([evaluation.name, *map(_interval, figures), error])
    return [
        "answers, through the whole pipeline (95 % interval)",
        *_lay_out([headings, *rows], (14, 22, 22, 22, 22, 22, 6)),
        "answered: of the answerable questions; answered wrongly: of the unanswerable; first quote right: of the "
        "answerable that were answered; exact match and F1: of the words marked in these quotes, where there are any; "
        "ECE: expected calibration error, see below",
    ]


def _describe_kinds(evaluations: Sequence[Evaluation]) -> list[str]:
    rows = [["dataset", "kind", "questions", "answered", "unanswerable", "answered wrongly", "first quote right"]]
    for evaluation in evaluations:
        for kind, figures in evaluation.kinds.items():
            answerable, unanswerable, right = (figures[name] for name in _SHARES)
            known, unknown = (figure.questions if figure else 0 for figure in (answerable, unanswerable))
            counts = [str(known + unknown), _interval(answerable), str(unknown)]
            rows.append([evaluation.name, kind, *counts, _interval(unanswerable), _interval(right)])
    return ["answers by kind of question (95 % interval)", *_lay_out(rows, (14, 12, 9, 22, 12, 22, 22))]


def _describe_reliability(evaluations: Sequence[Evaluation]) -> list[str]:
    rows = [["dataset", "confidence", "questions", "mean", "right"]]
    for evaluation in evaluations:
        for each in evaluation.reliability.bins if evaluation.reliability else ():
            numbers = [f"{each.low:.1f}-{each.high:.1f}", str(each.right.questions), _number(each.confidence)]
            rows.append([evaluation.name, *numbers, _interval(each.right)])
    title = (
        "reliability: how often the first quote shown is right, by confidence; for an unanswerable question it never is"
    )
    return [title, *_lay_out(rows, (14, 10, 9, 10, 22))]


def _interval(figure: Estimate | None) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f}-{figure.high:.3f})" if figure else "-"


def _share(evaluation: Evaluation, kind: str, verdict: Verdict) -> float | None:
    counts = evaluation.verdicts.get(kind)
    return counts[verdict] / counts.total() if counts else None


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _lay_out(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    return [" ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def write_runs(evaluation: Evaluation, folder: Path) -> None:
    """Write each system's ranking as a TREC run file, `DATASET.SYSTEM.run`, into a folder, which is created if missing.

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
    judged = _judged(evaluations)
    canvas = new_figure(1.6 * max(4, len(judged)), 4.5)
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
    save_figure(canvas, path)


def new_figure(width: float, height: float) -> Any:
    """Make an empty matplotlib figure, in inches; raise BatchError if matplotlib is missing."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise BatchError("plotting needs matplotlib. Install it: pip install 'qa-verbatim[eval]'") from error
    return Figure(figsize=(width, height), layout="constrained")


def save_figure(figure: Any, path: Path) -> None:
    """Save a figure as .png, .svg or .pdf; raise BatchError if the file cannot be written."""
    try:
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise BatchError(f"{path} cannot be written: {error}") from error


def _judged(evaluations: Sequence[Evaluation]) -> list[Evaluation]:
    return [evaluation for evaluation in evaluations if evaluation.rankings[OURS]["nDCG@10"]]


def _figures(evaluations: Sequence[Evaluation], system: str) -> list[Estimate]:
    figures = (evaluation.rankings[system]["nDCG@10"] for evaluation in _judged(evaluations))
    return [figure for figure in figures if figure]
