"""Figures for labelled questions: ranking by ir_measures, right sentences, and how well the verdict tells.

Every figure is a mean over questions with a 95 % confidence interval by bootstrap (Efron 1979): questions are drawn
again, with replacement, a thousand times, always with the same seed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index import BatchError

RESAMPLES = 1_000
SEED = 20_231


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean, its 95 % confidence interval and how many questions it is taken over."""

    value: float
    low: float
    high: float
    questions: int

    def to_dict(self) -> dict[str, float | int]:
        """Plain JSON values."""
        return {"value": self.value, "low": self.low, "high": self.high, "questions": self.questions}


def mean_figure(values: Sequence[float]) -> Figure | None:
    """The mean of some values, rounded to 1e-4; None when there are none."""
    if not len(values):
        return None
    numbers = np.asarray(values, dtype=np.float64)
    draws = np.random.default_rng(SEED).integers(0, len(numbers), (RESAMPLES, len(numbers)))
    low, high = np.quantile(numbers[draws].mean(axis=1), (0.025, 0.975))
    return Figure(round(float(numbers.mean()), 4), round(float(low), 4), round(float(high), 4), len(numbers))


def ranking_figures(
    qrels: Mapping[str, Mapping[str, int]], run: Mapping[str, Mapping[str, float]]
) -> dict[str, list[float]]:
    """Score rankings question by question.

    Args:
        qrels: Grades by question and passage; questions without one are left out.
        run: Scores by question and passage.

    Returns:
        For "nDCG@10", "recall@5" and "MRR@10" the values, in the order of the sorted question ids.

    Raises:
        BatchError: The library that computes them is not installed.
    """
    try:
        import ir_measures
    except ImportError as error:
        raise BatchError("measuring rankings needs ir_measures. Install it: pip install 'qa-verbatim[eval]'") from error
    names = {"nDCG@10": ir_measures.nDCG @ 10, "recall@5": ir_measures.R @ 5, "MRR@10": ir_measures.RR @ 10}
    judged = {question: dict(grades) for question, grades in qrels.items() if grades}
    values: dict[str, dict[str, float]] = {name: dict.fromkeys(judged, 0.0) for name in names}
    ranked = {question: dict(run.get(question, {})) for question in judged}
    for metric in ir_measures.iter_calc(list(names.values()), judged, ranked):
        name = next(name for name, measure in names.items() if measure == metric.measure)
        values[name][metric.query_id] = metric.value
    return {name: [by_question[question] for question in sorted(judged)] for name, by_question in values.items()}


def area_under_curve(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """The chance that an answerable question has the higher confidence (AUROC), ties half; None when one side is empty."""
    if not len(positive) or not len(negative):
        return None
    ordered = np.sort(np.asarray(negative))
    below = np.searchsorted(ordered, positive, side="left")
    not_above = np.searchsorted(ordered, positive, side="right")
    return round(float((below + not_above).mean() / (2 * len(ordered))), 4)


def coverage_at_precision(confidences: Sequence[float], right: Sequence[bool], precision: float = 0.95) -> float:
    """The largest share of questions that can be answered, surest first, with this share of the answers right."""
    order = np.argsort(-np.asarray(confidences, dtype=np.float64), kind="stable")
    hits = np.cumsum(np.asarray(right, dtype=np.float64)[order])
    answered = np.arange(1, len(order) + 1)
    enough = np.flatnonzero(hits / answered >= precision)
    return round(float((enough[-1] + 1) / len(order)), 4) if len(enough) else 0.0
