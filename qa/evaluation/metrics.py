"""Metrics over labelled questions: of rankings (by ir_measures), of answering words, and of the confidence.

An `Estimate` is a mean over questions with a 95 % confidence interval by bootstrap (Efron 1979): a thousand resamples with
replacement, always with the same seed.
"""

import re
import string
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from index import BatchError

RESAMPLES = 1_000
SEED = 20_231
EXACT_MATCH = "exact match"
F1 = "F1"
_BINS = 10  # of the confidence, equally wide
_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over questions, its 95 % confidence interval and the number of questions."""

    value: float
    low: float
    high: float
    questions: int


def estimate_mean(values: Sequence[float]) -> Estimate | None:
    """Compute the mean of some values, rounded to 1e-4; return None without values."""
    if not len(values):
        return None
    numbers = np.asarray(values, dtype=np.float64)
    draws = np.random.default_rng(SEED).integers(0, len(numbers), (RESAMPLES, len(numbers)))
    low, high = np.quantile(numbers[draws].mean(axis=1), (0.025, 0.975))
    return Estimate(round(float(numbers.mean()), 4), round(float(low), 4), round(float(high), 4), len(numbers))


def score_rankings(
    qrels: Mapping[str, Mapping[str, int]], run: Mapping[str, Mapping[str, float]]
) -> dict[str, list[float]]:
    """Score rankings question by question.

    Args:
        qrels: Grades by question and passage; questions without grades are left out.
        run: Scores by question and passage.

    Returns:
        The values of "nDCG@10", "recall@5" and "MRR@10", in the order of the sorted question ids.

    Raises:
        BatchError: ir_measures is not installed.
    """
    try:
        import ir_measures
    except ImportError as error:
        raise BatchError("measuring rankings needs ir_measures. Install it: pip install 'qa-verbatim[eval]'") from error
    names = {ir_measures.nDCG @ 10: "nDCG@10", ir_measures.R @ 5: "recall@5", ir_measures.RR @ 10: "MRR@10"}
    judged = {question: dict(qrels[question]) for question in sorted(qrels) if qrels[question]}
    ranked = {question: dict(run.get(question, {})) for question in judged}
    values = {name: dict.fromkeys(judged, 0.0) for name in names.values()}
    for metric in ir_measures.iter_calc(list(names), judged, ranked):
        values[names[metric.measure]][metric.query_id] = metric.value
    return {name: list(by_question.values()) for name, by_question in values.items()}


def area_under_curve(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Compute the chance that a positive score exceeds a negative one (AUROC), ties half; None if one side is empty."""
    if not len(positive) or not len(negative):
        return None
    ordered = np.sort(np.asarray(negative))
    below = np.searchsorted(ordered, positive, side="left")
    not_above = np.searchsorted(ordered, positive, side="right")
    return round(float((below + not_above).mean() / (2 * len(ordered))), 4)


def coverage_at_precision(confidences: Sequence[float], right: Sequence[bool], precision: float = 0.95) -> float:
    """Return the largest share of questions, surest first, that can be answered with this share of answers right."""
    order = np.argsort(-np.asarray(confidences, dtype=np.float64), kind="stable")
    hits = np.cumsum(np.asarray(right, dtype=np.float64)[order])
    answered = np.arange(1, len(order) + 1)
    enough = np.flatnonzero(hits / answered >= precision)
    return round(float((enough[-1] + 1) / len(order)), 4) if len(enough) else 0.0


@dataclass(frozen=True, slots=True)
class ConfidenceBin:
    """The questions whose confidence lies in an interval."""

    low: float  # the lowest confidence
    high: float  # the end, exclusive; the last interval includes 1
    confidence: float  # the mean
    right: Estimate  # the share with a right answer


@dataclass(frozen=True, slots=True)
class Reliability:
    """How closely confidence matches the chance of being right.

    Attributes:
        error: Expected calibration error (Naeini et al. 2015): the mean difference between confidence and share right
            over the bins, each weighted by its questions; 0 is best.
        bins: The non-empty ones of ten equal intervals, lowest first.
    """

    error: float
    bins: tuple[ConfidenceBin, ...]


def measure_reliability(confidences: Sequence[float], right: Sequence[bool]) -> Reliability | None:
    """Compare confidences from 0 to 1 with whether the answers were right.

    Returns:
        The expected calibration error, rounded to 1e-4, and its bins; None without confidences.
    """
    if not len(confidences):
        return None
    numbers = np.asarray(confidences, dtype=np.float64)
    hits = np.asarray(right, dtype=np.float64)
    places = np.searchsorted(np.arange(1, _BINS) / _BINS, numbers, side="right")
    bins, error = [], 0.0
    for place in np.unique(places):
        inside = places == place
        share = estimate_mean(hits[inside])
        error += abs((numbers[inside] - hits[inside]).sum()) / len(numbers)
        if share:
            confidence = round(float(numbers[inside].mean()), 4)
            bins.append(ConfidenceBin(float(place) / _BINS, float(place + 1) / _BINS, confidence, share))
    return Reliability(round(float(error), 4), tuple(bins))


def exact_match(words: str, answers: Sequence[str]) -> float:
    """Return 1.0 when words equal one of some answers, as SQuAD compares (Rajpurkar et al. 2016), else 0.0.

    Case, punctuation, the articles and white space do not count.
    """
    return float(any(_squad_words(words) == _squad_words(answer) for answer in answers))


def word_f1(words: str, answers: Sequence[str]) -> float:
    """Return the F1 of the words shared with the answer that shares most, 0 to 1, as SQuAD compares."""
    return max((_shared_words(_squad_words(words), _squad_words(answer)) for answer in answers), default=0.0)


def _shared_words(said: Sequence[str], known: Sequence[str]) -> float:
    if not said or not known:
        return float(said == known)
    return 2 * (Counter(said) & Counter(known)).total() / (len(said) + len(known))


def _squad_words(text: str) -> list[str]:
    return _ARTICLE.sub(" ", text.lower().translate(_NO_PUNCTUATION)).split()
