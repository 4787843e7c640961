"""Decide whether the sources answer a question: a calibrated confidence, and two cut-offs on it.

If the passages were read, the confidence is a logistic regression over the reader's logit and the retrieval signals. If
not, because question or passages are not in English, it is one over four retrieval signals. In a large collection some
passage has the question's words by chance, and the fused score of the best passage is the most informative; in a small one
a missing word is a missing subject, and the score of the best quote is. So the weight moves from the quote to the passage
with the logarithm of the collection's size. Retrieval alone recognises unrelated questions well (AUROC .97), and the
adversarial near twins of SQuAD 2.0 badly (.65). Tried without gain: the lead of the best hit over the next, the agreement
of the rankings, the rarest missing word.
"""

from dataclasses import dataclass
from math import exp, log, log10
from typing import Literal

from qa.answering.answer_types import answer_kind, has_kind

Verdict = Literal["answered", "closest", "not_in_sources"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The signals of one search."""

    passage: float  # fused score of the best passage
    quote: float  # score of the best quote
    passages: int  # number of passages searched
    lacking: bool = False  # whether the best quote lacks the number or date asked for, or is a row and no total
    # The reader's logit that the passage of the best quote answers; None if it was not read.
    answerable: float | None = None
    yes_no: bool = False  # whether the question asks for yes or no
    # Whether the question is in another language than the passages, and the encoder knows both: they have no words in common.
    translated: bool = False
    # Whether the best quote has what a question looks up in a row, a section, an entry, or by keywords.
    lookup: bool = False
    unnamed: bool = False  # whether the best quote is a row that lacks a word of the question; see `asks_more`


@dataclass(frozen=True, slots=True)
class Calibration:
    """A collection's own correction of the log-odds: `intercept + slope * odds` (Platt 1999)."""

    intercept: float = 0.0
    slope: float = 1.0


SHIPPED = Calibration()
# At the first cut-off .79 of SQuAD 2.0's answerable questions are answered, .30 of its unanswerable ones, which were written
# to look answerable, and 0 to .06 of the questions of other sets.
ANSWERED_FROM = 0.44
CLOSEST_FROM = 0.15
# Fitted on eight sets, three of them also as collections of one to some hundred passages, against their unanswerable
# questions, questions of other sets, and questions on other paragraphs of the same article. The intercept for "the sources
# answer" was -4.2; for "the best quote answers" it is .86 less.
_INTERCEPT = -5.06
_PASSAGE = 12.2
_QUOTE = 4.5
_SIZE = -2.1
_LARGE = 4  # log10 of the passages from which the quote no longer counts
# Fitted as -1; set to -2, because people ask "how many" and "when" of texts without the answer more often than the sets do.
# Of the answerable questions, 1.5 % ask so and have a best quote without number or date.
_LACKING = -2.0
# What words in common add otherwise. Of 227 German, French, Russian and Chinese questions of the Debian FAQ 11.1 to its answers
# in English (`qa eval --model multilingual`) .06 are answered without it and .63 with it; of 97 off-topic ones none either way.
_TRANSLATED = 2.0
# For passages that were read: fitted on SQuAD 2.0, ClapNQ, SelQA and XQuAD with their unanswerable questions and those of
# other sets, and moved towards their fit each time the reader was trained further. Leaving out a set changes AUROC by less
# than .01.
_READ_INTERCEPT = -0.05
_READ_RETRIEVAL = 0.4
_READ_ANSWERABLE = 0.45
# The reader has seen few yes/no questions, so its logits are lower for them.
_READ_YES_NO = 0.6
# Set by hand: the sets have no tables and no keywords. Otherwise a row that a question names by a value and a column reaches
# .27 to .42, and a sentence with the keywords, or below a heading with them, .2 to .4.
_LOOKUP = 1.5
# For rows, which have no neighbours that say more. Set by hand, with 60 questions that rows of twelve tables answer and 60 that
# none answers: 54 and 5 of them are answered, and AUROC is .969. With the reader of before, 54 and 3; without this, 56 and 10.
_UNNAMED = -1.0


def confidence(evidence: Evidence, calibration: Calibration = SHIPPED) -> float:
    """Estimate the chance, rounded to 1e-6, that the best quote answers; if nothing was read, that the sources do."""
    size = min(1.0, log10(max(1, evidence.passages)) / _LARGE)
    odds = _INTERCEPT + _PASSAGE * size * evidence.passage + _QUOTE * (1 - size) * evidence.quote
    odds = odds + _SIZE * size + _LACKING * evidence.lacking + _TRANSLATED * evidence.translated
    if evidence.answerable is not None:
        odds = _READ_INTERCEPT + _READ_RETRIEVAL * odds + _READ_ANSWERABLE * evidence.answerable
        odds += _READ_YES_NO * evidence.yes_no + _UNNAMED * evidence.unnamed
    return calibrate(odds + _LOOKUP * evidence.lookup, calibration)


def calibrate(odds: float, calibration: Calibration) -> float:
    """Turn shipped log-odds into a confidence: 0 to 1, rounded to 1e-6."""
    return round(1 / (1 + exp(-(calibration.intercept + calibration.slope * odds))), 6)


def log_odds(chance: float) -> float:
    """Compute the log-odds of a confidence, which is first clipped to a millionth from 0 and 1."""
    kept = min(max(chance, 1e-6), 1 - 1e-6)
    return log(kept / (1 - kept))


def decide(confidence: float) -> Verdict:
    """Turn a confidence into a verdict."""
    if confidence >= ANSWERED_FROM:
        return "answered"
    return "closest" if confidence >= CLOSEST_FROM else "not_in_sources"


def is_lacking(question: str, quote: str) -> bool:
    """Return whether a question asks for a number or date that its quote lacks. Other kinds are too unreliable."""
    kind = answer_kind(question)
    return kind in ("number", "date") and not has_kind(kind, question, quote)
