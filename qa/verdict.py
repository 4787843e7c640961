"""Decide whether the sources answer a question, from what the search found.

One calibrated confidence, a logistic regression over a few signals on absolute scales, and two cut-offs on it. What
retrieval can tell is limited: it knows strangers well and near twins badly, hence a middle state, "closest".
"""

from dataclasses import dataclass
from math import exp
from typing import Literal

Verdict = Literal["answered", "closest", "not_in_sources"]

ANSWERED = 0.6
CLOSEST = 0.3
INTERCEPT = -10.0
FUSED = 18.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a search found.

    Attributes:
        fused: The best passage's fused score.
    """

    fused: float


def confidence(evidence: Evidence) -> float:
    """The chance that the best quote answers the question, 0 to 1, rounded to 1e-6."""
    return round(1 / (1 + exp(-(INTERCEPT + FUSED * evidence.fused))), 6)


def decide(confidence: float) -> Verdict:
    """Turn a confidence into a verdict."""
    if confidence >= ANSWERED:
        return "answered"
    return "closest" if confidence >= CLOSEST else "not_in_sources"
