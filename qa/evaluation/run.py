"""What became of each question of a dataset, and the figures over many: how often answered, and how rightly.

Measure ranking, quotes, verdict and confidence on labelled questions, the ranking beside baselines in the same run.

The baselines: BM25 alone (title and text), the embedding of the whole paragraph alone, and reciprocal rank fusion
(k = 60; Cormack et al. 2009) of these two. All see the same corpus and the last question of a conversation as typed; only
ours sees its history.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from index import Collection, Encoder, QuestionError, StoredPassage, load_encoder, question_terms
from qa.answering.answer import Answer
from qa.answering.answer_types import question_kind
from qa.answering.citation import Citation
from qa.answering.compose import Retrieval, quotable, quoted_text, readable
from qa.answering.quotes import QuotablePassage, choose_quotes
from qa.assistant import Assistant
from qa.collections import encoder_folder, home_folder
from qa.evaluation.datasets import Dataset, LabelledQuestion, holds_answer, is_right, literal_answers, read_corpus
from qa.evaluation.metrics import (
    Figure,
    Reliability,
    area_under_curve,
    coverage_at_precision,
    exact_match,
    mean_figure,
    ranking_figures,
    reliability,
    word_f1,
)
from qa.reading.model import Reader, shared_reader

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


RANKED = 100  # passages of a ranking that are kept
FUSION_RANK = 60
BASELINES = ("BM25", "dense", "RRF")
OURS = "ours"


@dataclass(slots=True)
class Evaluation:
    """What was measured on one dataset.

    Attributes:
        name: The dataset's.
        rankings: For each system and measure the figure.
        sentences: How often the best quote is right, whatever the verdict: chosen "inside" the right passage, and "first"
            in the whole search.
        answers: How often questions are answered, and how rightly: a figure for each of `outcomes.MEASURES`.
        kinds: The same by kind of question, the most frequent first.
        reliability: How well confidence tells the chance that the first quote shown is right.
        verdicts: Counts of verdicts, by "answerable", "unanswerable" and "off-topic" questions.
        discrimination: AUROC and coverage at 95 % precision.
        runs: For each system the scores by question and passage.
        skipped: Questions that cannot be searched, with the reason.
    """

    name: str
    rankings: dict[str, dict[str, Figure | None]] = field(default_factory=dict)
    sentences: dict[str, Figure | None] = field(default_factory=dict)
    answers: dict[str, Figure | None] = field(default_factory=dict)
    kinds: dict[str, dict[str, Figure | None]] = field(default_factory=dict)
    reliability: Reliability | None = None
    verdicts: dict[str, Counter[Any]] = field(default_factory=dict)
    discrimination: dict[str, float | None] = field(default_factory=dict)
    runs: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain JSON values, without the runs."""

        def plain(figures: dict[str, Figure | None]) -> dict[str, Any]:
            return {name: figure and figure.to_dict() for name, figure in figures.items()}

        return {
            "name": self.name,
            "rankings": {system: plain(figures) for system, figures in self.rankings.items()},
            "sentences": plain(self.sentences),
            "answers": plain(self.answers),
            "kinds": {kind: plain(figures) for kind, figures in self.kinds.items()},
            "reliability": self.reliability and asdict(self.reliability),
            "verdicts": {kind: dict(counts) for kind, counts in self.verdicts.items()},
            "discrimination": self.discrimination,
            "skipped": self.skipped,
        }


class Evaluator:
    """A dataset's corpus, indexed, and the questions asked of it."""

    def __init__(
        self,
        dataset: Dataset,
        *,
        encoder: Encoder | None = None,
        reader: Reader | Literal["bundled"] | None = "bundled",
        home: Path | None = None,
    ) -> None:
        """Index the corpus, or open its index.

        Args:
            dataset: The labelled questions.
            encoder: Turns texts into vectors; the bundled model when omitted.
            reader: Reads the passages found; the bundled model when omitted, None for retrieval alone.
            home: Where collections are kept; `home_folder()` when omitted.
        """
        self._dataset = dataset
        self._encoder = encoder or load_encoder(cache_folder=encoder_folder())
        engine = self._encoder.identity.replace("/", "-")
        folder = (home or home_folder()) / "evaluations" / f"{dataset.name}-{engine}"
        self._collection = Collection(folder, self._encoder)
        report = self._collection.update([dataset.corpus], read=read_corpus)
        self._reader = shared_reader(encoder_folder()) if reader == "bundled" else reader
        self._assistant = Assistant(self._collection, dataset.name, report, reader=self._reader)
        stored = self._collection.stored_passages(str(dataset.corpus.resolve()))
        self._ids = [self._by_row(passage.passage.place.row) for passage, _ in stored]
        self._stored: dict[str, list[tuple[StoredPassage, np.ndarray]]] = {}
        for id_, (passage, vectors) in zip(self._ids, stored, strict=True):
            self._stored.setdefault(id_, []).append((passage, vectors))
        self._by_key = {passage.id: id_ for id_, (passage, _) in zip(self._ids, stored, strict=True)}
        self._paragraphs = np.array([vectors[0] for _, vectors in stored], dtype=np.float32)

    def evaluate(
        self,
        questions: Sequence[LabelledQuestion],
        *,
        off_topic: Sequence[LabelledQuestion] = (),
        on_progress: Callable[[int, int, str], None] | None = None,
    ) -> Evaluation:
        """Ask every question and measure.

        Args:
            questions: Of this dataset.
            off_topic: Of others, whose answers this corpus does not hold.
            on_progress: Called with questions done, questions in all and the dataset's name.

        Returns:
            All figures.
        """
        result = Evaluation(self._dataset.name)
        result.runs = {system: {} for system in (*BASELINES, OURS)}
        inside: list[bool | None] = []
        first: list[bool | None] = []
        outcomes: list[Outcome] = []
        confidences: dict[str, list[float]] = {"answerable": [], "unanswerable": [], "off-topic": []}
        asked = [("own", question) for question in questions] + [("off-topic", question) for question in off_topic]
        for done, (kind, question) in enumerate(asked):
            if on_progress:
                on_progress(done, len(asked), self._dataset.name)
            try:
                retrieval = self._assistant.find(question.text, history=question.history, k=RANKED)
            except QuestionError as error:
                result.skipped[question.id] = str(error)
                continue
            answer = self._assistant.compose(retrieval)
            if kind == "own":
                kind = "answerable" if question.answerable else "unanswerable"
                ours = [(self._by_row(hit.passage.place.row), -rank) for rank, hit in enumerate(retrieval.search.hits)]
                result.runs[OURS][question.id] = _best(ours)
                self._run_baselines(question, result.runs)
                outcomes.append(judge(question, answer, lambda citation: self._by_row(citation.place.row)))
            result.verdicts.setdefault(kind, Counter())[answer.verdict] += 1
            confidences[kind].append(answer.confidence)
            if kind == "answerable":
                inside.append(self._judge_inside(question, retrieval))
                shown = (answer.citations or answer.closest)[:1]
                first += [is_right(citation.quote, self._by_row(citation.place.row), question) for citation in shown]
        qrels = {question.id: question.relevant for question in questions if question.id not in result.skipped}
        for system, run in result.runs.items():
            values = ranking_figures(qrels, run)
            result.rankings[system] = {name: mean_figure(numbers) for name, numbers in values.items()}
        result.sentences = {
            name: mean_figure([float(right) for right in judged if right is not None])
            for name, judged in (("inside", inside), ("first", first))
        }
        result.answers = answer_figures(outcomes)
        result.kinds = figures_by_kind(outcomes)
        result.reliability = outcome_reliability(outcomes)
        result.discrimination = _discrimination(confidences)
        return result

    def _judge_inside(self, question: LabelledQuestion, retrieval: Retrieval) -> bool | None:
        """Judge the best quote inside the right passages; None where it is not known or there is none."""
        relevant = self._read(retrieval.core, self._relevant(question))
        for quote in choose_quotes(retrieval.core, retrieval.search.queries, relevant, retrieval.search.statistics)[:1]:
            return holds_answer(quoted_text(relevant, quote), question)
        return None

    def _read(self, core: str, stored: Sequence[tuple[StoredPassage, np.ndarray]]) -> list[QuotablePassage]:
        """Passages ready to be quoted from, read where there is a reader."""
        passages = [quotable(each.passage, each.text, vectors) for each, vectors in stored]
        if self._reader is None:
            return passages
        readings = self._reader.read(core, [readable(each.passage, each.text) for each, _ in stored])
        return [replace(passage, reading=reading) for passage, reading in zip(passages, readings, strict=True)]

    def _by_row(self, row: int | None) -> str:
        return self._dataset.corpus_ids[(row or 1) - 1]

    def _relevant(self, question: LabelledQuestion) -> list[tuple[StoredPassage, np.ndarray]]:
        return [stored for id_ in question.relevant for stored in self._stored.get(id_, ())]

    def _run_baselines(self, question: LabelledQuestion, runs: dict[str, dict[str, dict[str, float]]]) -> None:
        cosines = self._paragraphs @ self._encoder.encode_question(question.text)
        nearest = np.argsort(-cosines, kind="stable")[:RANKED]
        dense = _best([(self._ids[i], float(cosines[i])) for i in nearest])
        ranked = self._collection.lexical.search(question_terms(question.text), RANKED)
        words = _best([(self._by_key[id_], float(-rank)) for rank, id_ in enumerate(ranked)])
        fused: dict[str, float] = defaultdict(float)
        for run in (dense, words):
            for rank, id_ in enumerate(run, start=1):
                fused[id_] += 1 / (FUSION_RANK + rank)
        for system, run in zip(BASELINES, (words, dense, fused), strict=True):
            runs[system][question.id] = run


def _best(scored: Sequence[tuple[str, float]]) -> dict[str, float]:
    """The best score of each corpus entry, best first."""
    best: dict[str, float] = {}
    for id_, score in sorted(scored, key=lambda pair: -pair[1]):
        best.setdefault(id_, score)
    return best


def _discrimination(confidences: dict[str, list[float]]) -> dict[str, float | None]:
    answerable, unanswerable, off_topic = (confidences[kind] for kind in ("answerable", "unanswerable", "off-topic"))
    right = [True] * len(answerable) + [False] * len(unanswerable)
    return {
        "AUROC": area_under_curve(answerable, unanswerable),
        "AUROC off-topic": area_under_curve(answerable, off_topic),
        "coverage at 95 % precision": coverage_at_precision([*answerable, *unanswerable], right)
        if unanswerable
        else None,
    }
