"""Fit the confidence to one's own documents, and say how often it then judges rightly.

Questions are asked twice: of everything, and with the document that answers them hidden. The first should be found, the
second not. They are made from the documents: the telling words of a sentence, every third left out, as a person who half
remembers it might type them; questions of one's own can be given instead. Half of them fit two numbers, an intercept
and a slope on the log-odds of the shipped confidence (Platt 1999); the other half measure it. The report promises no more
than it measured, and hidden documents are strangers: questions that come nearer to what is there are judged worse.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from index import SourceError, question_terms, term_spans
from qa.assistant import Assistant
from qa.verdict import SHIPPED, Calibration, calibrate, decide, log_odds

QUESTIONS = 200
FEWEST_DOCUMENTS = 5
FEWEST_QUESTIONS = 20
TELLING_WORDS = 5  # of the sentence a question is made from
PULL = 0.1  # towards the shipped setting, as strong as a fraction of one question
SEED = 20_231


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """What was fitted and how it did on the questions it was not fitted on.

    Attributes:
        calibration: The fit.
        held_out: How many judgements were checked; half of them on hidden documents.
        right: How many were right with the fit: answered where the document is there, not answered where it is hidden.
        right_before: How many were right with what was in force before.
        answered_hidden: How many were answered although the document was hidden.
        refused_there: How many were said not to be in the sources although the document was there.
    """

    calibration: Calibration
    held_out: int
    right: int
    right_before: int
    answered_hidden: int
    refused_there: int

    def describe(self) -> str:
        """One sentence for a person."""
        rate = round(100 * self.right / self.held_out)
        before = round(100 * self.right_before / self.held_out)
        return (
            f"At this setting {rate} of 100 held-out questions were judged rightly (before: {before}; {self.held_out} "
            f"judged, half with their document hidden): {self.answered_hidden} were answered from other documents, "
            f"{self.refused_there} were refused although their document was there."
        )


def calibrate_assistant(
    assistant: Assistant,
    questions: Sequence[tuple[str, str]] | None = None,
    *,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> CalibrationReport:
    """Fit the confidence of a collection and keep the fit in it.

    Args:
        assistant: Open on the documents.
        questions: Questions and the name of the document that answers each; made from the documents when omitted.
        on_progress: Called with questions done, questions in all and the collection's name.

    Returns:
        What was fitted, and how it does.

    Raises:
        SourceError: There are too few documents or questions to learn from.
    """
    names = [info.source for info in assistant.documents()]
    if len(names) < FEWEST_DOCUMENTS:
        raise SourceError(
            f"calibrating needs at least {FEWEST_DOCUMENTS} documents, so that one can be hidden; there are {len(names)}."
        )
    asked = list(questions) if questions is not None else make_questions(assistant)
    if len(asked) < FEWEST_QUESTIONS:
        raise SourceError(f"calibrating needs at least {FEWEST_QUESTIONS} questions; there are {len(asked)}.")
    random.Random(SEED).shuffle(asked)
    odds: list[tuple[float, float]] = []
    for done, (question, source) in enumerate(asked):
        if on_progress:
            on_progress(done, len(asked), assistant.name)
        findings = (assistant.find(question), assistant.find(question, without=[source]))
        there, hidden = (assistant.compose(finding, SHIPPED).confidence for finding in findings)
        odds.append((log_odds(there), log_odds(hidden)))
    half = len(odds) // 2
    fit = _fit(np.array(odds[:half]))
    report = _measure(np.array(odds[half:]), fit, assistant.calibration)
    assistant.set_calibration(fit)
    return report


def make_questions(assistant: Assistant) -> list[tuple[str, str]]:
    """Make questions from sentences spread over the documents, with the name of the document of each."""
    chosen = random.Random(SEED)
    candidates: list[tuple[str, str]] = []
    for info in assistant.documents():
        text = assistant.document(info.path).text
        for passage in assistant.passages(info.path):
            for sentence in passage.sentences if passage.answering else ():
                question = _half_remembered(text[sentence.start : sentence.end])
                if question:
                    candidates.append((question, info.source))
    return chosen.sample(candidates, min(QUESTIONS, len(candidates)))


def _half_remembered(sentence: str) -> str:
    """The telling words of a sentence, every third left out; nothing when it has too few."""
    words = [sentence[start:end] for _, start, end in term_spans(sentence)]
    words = list(dict.fromkeys(words))
    if len(words) < TELLING_WORDS or not question_terms(sentence):
        return ""
    return " ".join(word for position, word in enumerate(words[:12]) if position % 3 != 2)


def _fit(odds: np.ndarray) -> Calibration:
    """Logistic regression on one feature, drawn a little towards the shipped setting: shape (questions, 2)."""
    from scipy.optimize import minimize

    feature = odds.T.ravel()
    sign = np.repeat([1.0, -1.0], len(odds))
    prior = np.array([SHIPPED.intercept, SHIPPED.slope])

    def loss(weights: np.ndarray) -> float:
        wrong = np.logaddexp(0, -sign * (weights[0] + weights[1] * feature)).sum()
        return float(wrong + PULL * ((weights - prior) ** 2).sum())

    intercept, slope = minimize(loss, prior, method="L-BFGS-B", bounds=[(None, None), (0.1, None)]).x
    return Calibration(round(float(intercept), 4), round(float(slope), 4))


def _measure(odds: np.ndarray, fit: Calibration, before: Calibration) -> CalibrationReport:
    def verdicts(calibration: Calibration) -> tuple[list[str], list[str]]:
        there, hidden = ([decide(calibrate(value, calibration)) for value in column] for column in odds.T)
        return there, hidden

    there, hidden = verdicts(fit)
    old_there, old_hidden = verdicts(before)
    right = there.count("answered") + sum(verdict != "answered" for verdict in hidden)
    right_before = old_there.count("answered") + sum(verdict != "answered" for verdict in old_hidden)
    return CalibrationReport(
        calibration=fit,
        held_out=2 * len(odds),
        right=right,
        right_before=right_before,
        answered_hidden=hidden.count("answered"),
        refused_there=there.count("not_in_sources"),
    )
