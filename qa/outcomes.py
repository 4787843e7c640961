"""What became of each question of a dataset, and the figures over many: how often answered, and how rightly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qa.answer_types import question_kind
from qa.answers import Answer
from qa.citations import Citation
from qa.datasets import LabelledQuestion
from qa.gold import is_right, literal_answers
from qa.metrics import Figure, Reliability, exact_match, mean_figure, reliability, word_f1

ANSWERED = "answered of answerable"
ANSWERED_WRONGLY = "answered of unanswerable"
RIGHT = "first quote right among answered"
EXACT_MATCH = "exact match"
F1 = "F1"
MEASURES = (ANSWERED, ANSWERED_WRONGLY, RIGHT, EXACT_MATCH, F1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one question.

    Attributes:
        kind: Of the question, as `question_kind` names it.
        answerable: Whether the corpus answers it.
        answered: Whether the verdict was "answered".
        confidence: Of the answer, 0 to 1.
        right: Whether the first quote shown is right, cited or only closest; never for an unanswerable question; None
            where the dataset does not tell.
        words: The exact words that the first quote marks as the answer; empty where it marks none.
        literal_answers: What they are compared with; empty where the dataset names no literal answer.
    """

    kind: str
    answerable: bool
    answered: bool
    confidence: float
    right: bool | None
    words: str
    literal_answers: tuple[str, ...]


def judge(question: LabelledQuestion, answer: Answer, entry_of: Callable[[Citation], str]) -> Outcome:
    """Judge an answer by what is known of the right one.

    Args:
        question: As labelled.
        answer: What the assistant said.
        entry_of: Returns the id of the corpus entry that a citation lies in.
    """
    shown = answer.citations + answer.closest
    right = is_right(shown[0].quote, entry_of(shown[0]), question) if shown else is_right("", "", question)
    return Outcome(
        kind=question_kind(question.text),
        answerable=question.answerable,
        answered=answer.found,
        confidence=answer.confidence,
        right=right,
        words=shown[0].answer if shown else "",
        literal_answers=literal_answers(question) if question.answerable else (),
    )


def answer_figures(outcomes: Sequence[Outcome]) -> dict[str, Figure | None]:
    """Compute how often questions are answered, and how rightly.

    Returns:
        A figure for each of `MEASURES`, None where no question counts. The last three are taken over the answerable
        questions that were answered. Where the first quotes of some mark exact words, those without count as 0.
    """
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    answered = [outcome for outcome in answerable if outcome.answered]
    comparable = [outcome for outcome in answered if outcome.literal_answers]
    if not any(outcome.words for outcome in comparable):
        comparable = []
    return {
        ANSWERED: mean_figure([float(outcome.answered) for outcome in answerable]),
        ANSWERED_WRONGLY: mean_figure([float(outcome.answered) for outcome in outcomes if not outcome.answerable]),
        RIGHT: mean_figure([float(outcome.right) for outcome in answered if outcome.right is not None]),
        EXACT_MATCH: mean_figure([exact_match(o.words, o.literal_answers) for o in comparable]),
        F1: mean_figure([word_f1(o.words, o.literal_answers) for o in comparable]),
    }


def figures_by_kind(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Figure | None]]:
    """Compute `answer_figures` for each kind of question, the most frequent kind first."""
    kinds: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        kinds.setdefault(outcome.kind, []).append(outcome)
    return {kind: answer_figures(kinds[kind]) for kind in sorted(kinds, key=lambda kind: (-len(kinds[kind]), kind))}


def outcome_reliability(outcomes: Sequence[Outcome]) -> Reliability | None:
    """Compare the confidence with how often the first quote is right, over the questions where that is known."""
    judged = [outcome for outcome in outcomes if outcome.right is not None]
    return reliability([outcome.confidence for outcome in judged], [bool(outcome.right) for outcome in judged])
