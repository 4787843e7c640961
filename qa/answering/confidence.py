"""Decide whether the sources answer a question, from what the search found and the reader read.

One calibrated confidence, the chance that the best quote answers, and two cut-offs on it. Where the passages were read, it
is a logistic regression over what the reader says and what retrieval knows. Where they were not, because question or
passages are not in English, it is one over four signals of retrieval: in a large collection some passage holds the
question's words by chance, and the fused score of the best one tells most; in a small one a missing word is a missing
subject, and the score of the best quote tells most. So the weight moves from the quote to the passage with the logarithm
of the collection's size. What retrieval can tell is limited: it knows strangers well (AUROC .97) and the adversarial near
twins of SQuAD 2.0 badly (.65). Signals that were tried and add nothing: the lead of the best hit over the next, the
agreement of the rankings, the rarest missing word.
"""

from dataclasses import dataclass
from math import exp, log, log10
from typing import Literal

from qa.answering.answer_types import answer_kind, has_kind

Verdict = Literal["answered", "closest", "not_in_sources"]

# At the first cut-off .79 of SQuAD 2.0's answerable questions are answered and .32 of its unanswerable ones, which were
# written to look answerable; of the questions of other sets .007 to .03.
ANSWERED = 0.44
CLOSEST = 0.15

# Fitted on eight sets, three of them also as collections of one to some hundred passages, against their unanswerable
# questions, questions of other sets, and questions on other paragraphs of the same article. The fit of whether the
# sources answer gave -4.2; .86 less is the chance that the best quote does.
INTERCEPT = -5.06
PASSAGE = 12.2
QUOTE = 4.5
SIZE = -2.1
LARGE = 4  # log10 of the passages from which the quote no longer counts
# Fitted as -1; taken as -2, as people ask how many and when of texts that do not tell more often than the sets do. A
# how many or when question whose quote holds no number or date makes 1.5 % of the answerable ones.
LACKING = -2.0

# Where the passages were read: fitted on SQuAD 2.0, ClapNQ, SelQA and XQuAD with their unanswerable questions and those of
# other sets. A set left out changes AUROC by less than .01: the direction is the same for all.
READ_INTERCEPT = -0.24
READ_RETRIEVAL = 0.3
READ_ANSWERABLE = 0.5
# None of the data the reader was trained on asks for yes or no: of what answers such a question it is less sure.
READ_YES_NO = 0.6


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a search found.

    Attributes:
        passage: The fused score of the best passage.
        quote: The score of the best quote.
        passages: How many passages were searched.
        lacking: Whether the best quote lacks the number or date asked for.
        answerable: The reader's logit that the best quote's passage answers; None where it was not read.
        yes_no: Whether the question asks for yes or no.
    """

    passage: float
    quote: float
    passages: int
    lacking: bool = False
    answerable: float | None = None
    yes_no: bool = False


def is_lacking(question: str, quote: str) -> bool:
    """Tell whether a number or date is asked for and a quote has none. Other kinds show too unreliably.

    Args:
        question: As typed.
        quote: The text of the best quote.

    Returns:
        Whether it lacks what is asked for.
    """
    kind = answer_kind(question)
    return kind in ("number", "date") and not has_kind(kind, question, quote)


@dataclass(frozen=True, slots=True)
class Calibration:
    """A collection's own fit: what is added to and multiplied with the log-odds of the shipped confidence (Platt 1999)."""

    intercept: float = 0.0
    slope: float = 1.0


SHIPPED = Calibration()


def confidence(evidence: Evidence, calibration: Calibration = SHIPPED) -> float:
    """Estimate the chance that the best quote answers; where nothing was read, that the sources do.

    Args:
        evidence: What the search found.
        calibration: The collection's own fit, where there is one.

    Returns:
        0 to 1, rounded to 1e-6.
    """
    odds = _retrieval_odds(evidence)
    if evidence.answerable is not None:
        odds = READ_INTERCEPT + READ_RETRIEVAL * odds + READ_ANSWERABLE * evidence.answerable
        odds += READ_YES_NO * evidence.yes_no
    return calibrate(odds, calibration)


def _retrieval_odds(evidence: Evidence) -> float:
    size = min(1.0, log10(max(1, evidence.passages)) / LARGE)
    return (
        INTERCEPT
        + PASSAGE * size * evidence.passage
        + QUOTE * (1 - size) * evidence.quote
        + SIZE * size
        + LACKING * evidence.lacking
    )


def calibrate(odds: float, calibration: Calibration) -> float:
    """Turn shipped log-odds into a confidence: 0 to 1, rounded to 1e-6."""
    return round(1 / (1 + exp(-(calibration.intercept + calibration.slope * odds))), 6)


def log_odds(chance: float) -> float:
    """The log-odds of a confidence; one of 0 or 1 counts as a millionth from it."""
    kept = min(max(chance, 1e-6), 1 - 1e-6)
    return log(kept / (1 - kept))


def decide(confidence: float) -> Verdict:
    """Turn a confidence into a verdict."""
    if confidence >= ANSWERED:
        return "answered"
    return "closest" if confidence >= CLOSEST else "not_in_sources"
