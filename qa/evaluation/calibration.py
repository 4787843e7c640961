"""Fit the confidence to a collection, and measure how often its verdicts are then right.

Each question is asked twice: of all documents, and with the document that answers it hidden. The first should be answered,
the second not. Questions can be given; otherwise they are made from sentences of the documents, of the telling words with
every third left out, as a person who half remembers the sentence might type them. Half of the questions fit two numbers, an
intercept and a slope on the log-odds of the shipped confidence (Platt 1999); the other half measure the fit. Real questions
that are closer to other documents than these are judged worse. Answers that people judged in the page are asked again, and
are used too if they still begin with the same quote.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from index import QuestionError, SourceError, question_terms, term_spans
from qa.answering.confidence import SHIPPED, Calibration, calibrate, decide, log_odds
from qa.assistant import Assistant
from qa.evaluation.metrics import SEED
from qa.feedback import Judgement

FEWEST_DOCUMENTS = 5
FEWEST_QUESTIONS = 20
FEWEST_JUDGED = 10  # answers
_QUESTIONS = 200
_TELLING_WORDS = 5  # of the sentence a question is made from
_PULL = 0.1  # towards the shipped setting, as strong as a fraction of one question


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """A fit, and its verdicts on the questions that it was not fitted on."""

    calibration: Calibration  # the fit
    held_out: int  # number of verdicts checked; half of them with the document hidden
    right: int  # how many were right: answered with the document, not answered with the document hidden
    right_before: int  # how many were right with the calibration before
    answered_hidden: int  # how many were answered although the document was hidden
    refused_there: int  # how many were "not_in_sources" although the document was searched
    judged: int = 0  # number of usable answers that people judged
    judged_held_out: int = 0  # how many of these were held out; 0 if there were too few
    judged_right: int = 0  # how many of those agree with people
    judged_right_before: int = 0  # how many agreed with the calibration before

    def describe(self) -> str:
        """Format one sentence, and another if people judged answers."""
        rate = round(100 * self.right / self.held_out)
        before = round(100 * self.right_before / self.held_out)
        text = (
            f"With this fit {rate} of 100 held-out questions got the right verdict (before: {before}; {self.held_out} "
            f"judged, half with their document hidden): {self.answered_hidden} were answered from other documents, "
            f"{self.refused_there} were refused although their document was searched."
        )
        if self.judged_held_out:
            text += (
                f" {self.judged} answers judged in the page were used: of {self.judged_held_out} held out, "
                f"{self.judged_right} agree with people (before: {self.judged_right_before})."
            )
        elif self.judged:
            text += f" Of the answers judged in the page {self.judged} can be used; "
            text += f"at least {FEWEST_JUDGED} are needed, so they were left out."
        return text


def calibrate_assistant(
    assistant: Assistant,
    questions: Sequence[tuple[str, str]] | None = None,
    *,
    judgements: Sequence[Judgement] = (),
    on_progress: Callable[[int, int, str], None] | None = None,
) -> CalibrationReport:
    """Fit the confidence of a collection and store the fit in it.

    Args:
        assistant: Open on the documents.
        questions: Questions, each with the name of the document that answers it; made from the documents if omitted.
        judgements: Answers that people judged; ignored if fewer than `FEWEST_JUDGED`.
        on_progress: Called with questions done, questions in all and the collection's name.

    Returns:
        The fit, and how often it is right.

    Raises:
        SourceError: There are too few documents or questions.
    """
    names = [info.source for info in assistant.documents()]
    if len(names) < FEWEST_DOCUMENTS:
        raise SourceError(
            f"calibrating needs at least {FEWEST_DOCUMENTS} documents, so that one can be hidden; there are {len(names)}."
        )
    asked = list(questions) if questions is not None else make_calibration_questions(assistant)
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
    learnt, checked = odds[: len(odds) // 2], odds[len(odds) // 2 :]
    judged = _ask_judged(assistant, judgements)
    used = judged if len(judged) >= FEWEST_JUDGED else []
    held_out = used[len(used) // 2 :]
    fit, before = _fit(np.array(learnt), used[: len(used) // 2]), assistant.calibration
    labelled = [pair for there, hidden in checked for pair in ((there, True), (hidden, False))]
    report = CalibrationReport(
        calibration=fit,
        held_out=len(labelled),
        right=_count_right(labelled, fit),
        right_before=_count_right(labelled, before),
        answered_hidden=sum(decide(calibrate(hidden, fit)) == "answered" for _, hidden in checked),
        refused_there=sum(decide(calibrate(there, fit)) == "not_in_sources" for there, _ in checked),
        judged=len(judged),
        judged_held_out=len(held_out),
        judged_right=_count_right(held_out, fit),
        judged_right_before=_count_right(held_out, before),
    )
    assistant.set_calibration(fit)
    return report


def _ask_judged(assistant: Assistant, judgements: Sequence[Judgement]) -> list[tuple[float, bool]]:
    """Return the log-odds of judged questions, shuffled, each with whether it should be answered."""
    judged: list[tuple[float, bool]] = []
    for judgement in judgements:
        try:
            answer = assistant.compose(assistant.find(judgement.question, history=judgement.history), SHIPPED)
        except QuestionError:  # it names a removed document
            continue
        first = next((citation.quote for citation in answer.citations + answer.closest), "")
        if first == judgement.first_quote:
            judged.append((log_odds(answer.confidence), judgement.answerable))
    random.Random(SEED).shuffle(judged)
    return judged


def _count_right(judged: Sequence[tuple[float, bool]], calibration: Calibration) -> int:
    return sum((decide(calibrate(value, calibration)) == "answered") == expected for value, expected in judged)


def make_calibration_questions(assistant: Assistant) -> list[tuple[str, str]]:
    """Make questions from sentences of all documents, each with the name of its document."""
    candidates: list[tuple[str, str]] = []
    for info in assistant.documents():
        text = assistant.document(info.path).text
        for passage in assistant.passages(info.path):
            for sentence in passage.sentences if passage.answering else ():
                if question := _half_remembered(text[sentence.start : sentence.end]):
                    candidates.append((question, info.source))
    return random.Random(SEED).sample(candidates, min(_QUESTIONS, len(candidates)))


def _half_remembered(sentence: str) -> str:
    """Return the telling words of a sentence without every third; "" if it has too few."""
    words = list(dict.fromkeys(sentence[start:end] for _, start, end in term_spans(sentence)))
    if len(words) < _TELLING_WORDS or not question_terms(sentence):
        return ""
    return " ".join(word for position, word in enumerate(words[:12]) if position % 3 != 2)


def _fit(odds: np.ndarray, judged: Sequence[tuple[float, bool]] = ()) -> Calibration:
    """Fit a logistic regression on one feature, `odds` of shape (questions, 2), pulled slightly to the shipped setting."""
    from scipy.optimize import minimize

    feature = np.concatenate([odds.T.ravel(), [value for value, _ in judged]])
    sign = np.concatenate([np.repeat([1.0, -1.0], len(odds)), [1.0 if expected else -1.0 for _, expected in judged]])
    prior = np.array([SHIPPED.intercept, SHIPPED.slope])

    def loss(weights: np.ndarray) -> float:
        wrong = np.logaddexp(0, -sign * (weights[0] + weights[1] * feature)).sum()
        return float(wrong + _PULL * ((weights - prior) ** 2).sum())

    intercept, slope = minimize(loss, prior, method="L-BFGS-B", bounds=[(None, None), (0.1, None)]).x
    return Calibration(round(float(intercept), 4), round(float(slope), 4))
