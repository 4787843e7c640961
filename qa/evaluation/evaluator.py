"""Measure rankings, quotes, verdicts and confidence on labelled questions, with baselines for the rankings in the same run.

The baselines are BM25 (title and text), the embedding of the whole paragraph, and reciprocal rank fusion of these two
(k = 60; Cormack et al. 2009). All use the same corpus and the last question of a conversation as typed; only ours uses its
history.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from index import Collection, Encoder, Passage, QuestionError, StoredPassage, load_encoder, question_terms
from qa.answering.answer import Answer
from qa.answering.answer_types import question_kind
from qa.answering.citation import Citation
from qa.answering.compose import Retrieval, quotable, quoted_text, readable
from qa.answering.confidence import Verdict
from qa.answering.quotes import choose_quotes
from qa.assistant import Assistant
from qa.collections import encoder_folder, home_folder
from qa.evaluation.datasets import (
    Dataset,
    LabelledQuestion,
    holds_answer,
    is_right,
    literal_answers,
    read_corpus,
    read_dataset,
)
from qa.evaluation.metrics import (
    EXACT_MATCH,
    F1,
    SEED,
    Estimate,
    Reliability,
    area_under_curve,
    coverage_at_precision,
    estimate_mean,
    exact_match,
    measure_reliability,
    score_rankings,
    word_f1,
)
from qa.reading.model import Reader, shared_reader

ANSWERABLE_ANSWERED = "answered of answerable"
UNANSWERABLE_ANSWERED = "answered of unanswerable"
FIRST_RIGHT = "first quote right among answered"
BASELINES = ("BM25", "dense", "RRF")
OURS = "ours"
_OFF_TOPIC = 200  # questions of the other datasets asked of each
_SHARED_AT_MOST = 0.01  # datasets with a larger share of common entries are not asked each other's questions
_RANKED = 100  # passages kept of a ranking
_FUSION_RANK = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one question."""

    kind: str  # as `question_kind` names it
    answerable: bool  # whether the corpus answers it
    answered: bool  # whether the verdict was "answered"
    confidence: float  # of the answer, 0 to 1
    right: bool | None  # whether the first quote shown, cited or closest, is right; None if the dataset has no answer
    words: str  # the exact words that the first quote marks as the answer, or ""
    literal_answers: tuple[str, ...]  # the answers to compare them with; empty if the dataset has none


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All measurements on one dataset."""

    name: str  # the dataset's name
    rankings: dict[str, dict[str, Estimate | None]]  # the metrics of `score_rankings` for each system
    sentences: dict[str, Estimate | None]  # how often the best quote is right: "inside" the right passage, and "first"
    answers: dict[str, Estimate | None]  # the estimates of `summarise_outcomes`
    kinds: dict[str, dict[str, Estimate | None]]  # the same by kind of question, the most frequent first
    reliability: Reliability | None  # how closely confidence matches the chance that the first quote is right
    verdicts: dict[str, Counter[Verdict]]  # by "answerable", "unanswerable" and "off-topic" questions
    discrimination: dict[str, float | None]  # AUROC, and coverage at 95 % precision
    runs: dict[str, dict[str, dict[str, float]]]  # scores of each system by question and passage
    skipped: dict[str, str]  # questions that cannot be searched, with the reason

    def to_dict(self) -> dict[str, Any]:
        """Convert to plain JSON values, without the runs."""
        from pydantic import TypeAdapter  # takes .1 s to load

        values: dict[str, Any] = TypeAdapter(Evaluation).dump_python(self, mode="json", exclude={"runs"})
        return values


def evaluate_folders(
    folders: Sequence[str | Path],
    *,
    limit: int | None = None,
    encoder: Encoder | None = None,
    reader: Reader | Literal["bundled"] | None = "bundled",
    home: Path | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> Iterator[Evaluation]:
    """Evaluate datasets in turn; each is also asked questions of the others, which should not be answered.

    Args:
        folders: Datasets in BEIR layout.
        limit: Ask at most so many questions of each, drawn with a fixed seed; all if omitted.
        encoder: The bundled encoder if omitted.
        reader: The bundled reader if omitted; None for retrieval alone.
        home: The folder of the indexes; `home_folder()` if omitted.
        on_progress: Called with questions done, questions in all and the dataset's name.

    Yields:
        The evaluation of each dataset, in the order given.

    Raises:
        BatchError: A dataset cannot be read.
    """
    datasets = [read_dataset(folder) for folder in folders]
    for dataset in datasets:
        questions = _draw(dataset.questions, limit)
        strangers = [other for other in datasets if not _share_entries(dataset, other)]
        pool = [q for other in strangers for q in _draw(other.questions, _OFF_TOPIC) if not q.history]
        off_topic = _draw(pool, min(_OFF_TOPIC, limit or _OFF_TOPIC))
        evaluator = Evaluator(dataset, encoder=encoder, reader=reader, home=home)
        yield evaluator.evaluate(questions, off_topic=off_topic, on_progress=on_progress)


def _draw(questions: Sequence[LabelledQuestion], limit: int | None) -> list[LabelledQuestion]:
    if limit is None or len(questions) <= limit:
        return list(questions)
    return random.Random(SEED).sample(list(questions), limit)


def _share_entries(first: Dataset, second: Dataset) -> bool:
    common = first.openings & second.openings
    return len(common) > _SHARED_AT_MOST * min(len(first.openings), len(second.openings))


class Evaluator:
    """Asks questions of an indexed dataset and measures the answers."""

    def __init__(
        self,
        dataset: Dataset,
        *,
        encoder: Encoder | None = None,
        reader: Reader | Literal["bundled"] | None = "bundled",
        home: Path | None = None,
    ) -> None:
        """Index the corpus, or open its index; see `evaluate_folders`."""
        self._dataset = dataset
        self._encoder = encoder or load_encoder(cache_folder=encoder_folder())
        engine = self._encoder.identity.replace("/", "-")
        folder = (home or home_folder()) / "evaluations" / f"{dataset.name}-{engine}"
        self._collection = Collection(folder, self._encoder)
        report = self._collection.update([dataset.corpus], read=read_corpus)
        self._reader = shared_reader(encoder_folder()) if reader == "bundled" else reader
        self._assistant = Assistant(self._collection, dataset.name, report, reader=self._reader)
        stored = self._collection.stored_passages(str(dataset.corpus.resolve()))
        self._entries = [self._entry(passage.passage) for passage, _ in stored]
        self._stored: dict[str, list[tuple[StoredPassage, npt.NDArray[np.float16]]]] = defaultdict(list)
        for entry, passage in zip(self._entries, stored, strict=True):
            self._stored[entry].append(passage)
        self._by_key = {passage.id: entry for entry, (passage, _) in zip(self._entries, stored, strict=True)}
        self._paragraphs = np.array([vectors[0] for _, vectors in stored], dtype=np.float32)

    def evaluate(
        self,
        questions: Sequence[LabelledQuestion],
        *,
        off_topic: Sequence[LabelledQuestion] = (),
        on_progress: Callable[[int, int, str], None] | None = None,
    ) -> Evaluation:
        """Ask the questions of this dataset, and off-topic ones that its corpus does not answer; see `evaluate_folders`."""
        runs: dict[str, dict[str, dict[str, float]]] = {system: {} for system in (*BASELINES, OURS)}
        sentences: dict[str, list[bool | None]] = {"inside": [], "first": []}
        outcomes: list[Outcome] = []
        verdicts: dict[str, Counter[Verdict]] = defaultdict(Counter)
        confidences: dict[str, list[float]] = defaultdict(list)
        skipped: dict[str, str] = {}
        asked = [(question, True) for question in questions] + [(question, False) for question in off_topic]
        for done, (question, own) in enumerate(asked):
            if on_progress:
                on_progress(done, len(asked), self._dataset.name)
            try:
                retrieval = self._assistant.find(question.text, history=question.history, k=_RANKED)
            except QuestionError as error:
                skipped[question.id] = str(error)
                continue
            answer = self._assistant.compose(retrieval)
            kind = ("answerable" if question.answerable else "unanswerable") if own else "off-topic"
            verdicts[kind][answer.verdict] += 1
            confidences[kind].append(answer.confidence)
            if own:
                ranked = [(self._entry(hit.passage), -rank) for rank, hit in enumerate(retrieval.search.hits)]
                runs[OURS][question.id] = _best_scores(ranked)
                self._run_baselines(question, runs)
                outcomes.append(judge_answer(question, answer, self._entry))
            if kind == "answerable":
                sentences["inside"].append(self._judge_inside(question, retrieval))
                for citation in (answer.citations or answer.closest)[:1]:
                    sentences["first"].append(is_right(citation.quote, self._entry(citation), question))
        qrels = {question.id: question.relevant for question in questions if question.id not in skipped}
        return Evaluation(
            name=self._dataset.name,
            rankings={
                system: {name: estimate_mean(values) for name, values in score_rankings(qrels, run).items()}
                for system, run in runs.items()
            },
            sentences={
                name: estimate_mean([float(right) for right in judged if right is not None])
                for name, judged in sentences.items()
            },
            answers=summarise_outcomes(outcomes),
            kinds=summarise_by_kind(outcomes),
            reliability=outcome_reliability(outcomes),
            verdicts=dict(verdicts),
            discrimination=_discrimination(
                *(confidences[kind] for kind in ("answerable", "unanswerable", "off-topic"))
            ),
            runs=runs,
            skipped=skipped,
        )

    def _judge_inside(self, question: LabelledQuestion, retrieval: Retrieval) -> bool | None:
        """Judge the best quote inside the right passages; return None if there is no quote or the answer is unknown."""
        stored = [passage for entry in question.relevant for passage in self._stored.get(entry, ())]
        stems = self._collection.catalog.stem_languages()
        relevant = [
            quotable(each.passage, each.text, vectors, stems.get(each.document_id, "")) for each, vectors in stored
        ]
        if self._reader:
            readings = self._reader.read(retrieval.core, [readable(each.passage, each.text) for each, _ in stored])
            relevant = [replace(passage, reading=reading) for passage, reading in zip(relevant, readings, strict=True)]
        for quote in choose_quotes(retrieval.core, retrieval.search.queries, relevant, retrieval.search.statistics)[:1]:
            return holds_answer(quoted_text(relevant, quote), question)
        return None

    def _entry(self, located: Passage | Citation) -> str:
        return self._dataset.corpus_ids[(located.place.row or 1) - 1]

    def _run_baselines(self, question: LabelledQuestion, runs: dict[str, dict[str, dict[str, float]]]) -> None:
        cosines = self._paragraphs @ self._encoder.encode_question(question.text)
        nearest = np.argsort(-cosines, kind="stable")[:_RANKED]
        dense = _best_scores([(self._entries[i], float(cosines[i])) for i in nearest])
        ranked = self._collection.lexical.search(question_terms(question.text), _RANKED)
        words = _best_scores([(self._by_key[id_], float(-rank)) for rank, id_ in enumerate(ranked)])
        fused: dict[str, float] = defaultdict(float)
        for run in (dense, words):
            for rank, entry in enumerate(run, start=1):
                fused[entry] += 1 / (_FUSION_RANK + rank)
        for system, run in zip(BASELINES, (words, dense, fused), strict=True):
            runs[system][question.id] = run


def judge_answer(question: LabelledQuestion, answer: Answer, entry_of: Callable[[Citation], str]) -> Outcome:
    """Compare an answer with the labels of its question; `entry_of` returns the id of the corpus entry of a citation."""
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


def summarise_outcomes(outcomes: Sequence[Outcome]) -> dict[str, Estimate | None]:
    """Estimate how often questions are answered, and how often rightly.

    Returns:
        Five estimates, None without questions. The last three are over the answerable questions that were answered. If the
        first quotes of some of them mark exact words, the others count as 0.
    """
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    answered = [outcome for outcome in answerable if outcome.answered]
    literal = [outcome for outcome in answered if outcome.literal_answers]
    comparable = literal if any(outcome.words for outcome in literal) else []
    return {
        ANSWERABLE_ANSWERED: estimate_mean([float(outcome.answered) for outcome in answerable]),
        UNANSWERABLE_ANSWERED: estimate_mean([float(o.answered) for o in outcomes if not o.answerable]),
        FIRST_RIGHT: estimate_mean([float(outcome.right) for outcome in answered if outcome.right is not None]),
        EXACT_MATCH: estimate_mean([exact_match(o.words, o.literal_answers) for o in comparable]),
        F1: estimate_mean([word_f1(o.words, o.literal_answers) for o in comparable]),
    }


def summarise_by_kind(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Estimate | None]]:
    """Apply `summarise_outcomes` to each kind of question, the most frequent kind first."""
    counts = Counter(outcome.kind for outcome in outcomes)
    kinds = sorted(counts, key=lambda kind: (-counts[kind], kind))
    return {kind: summarise_outcomes([outcome for outcome in outcomes if outcome.kind == kind]) for kind in kinds}


def outcome_reliability(outcomes: Sequence[Outcome]) -> Reliability | None:
    """Compare the confidence with how often the first quote is right, over the questions with a known answer."""
    judged = [outcome for outcome in outcomes if outcome.right is not None]
    return measure_reliability([outcome.confidence for outcome in judged], [bool(outcome.right) for outcome in judged])


def _best_scores(scored: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Return the best score of each corpus entry, best first."""
    best: dict[str, float] = {}
    for entry, score in sorted(scored, key=lambda pair: -pair[1]):
        best.setdefault(entry, score)
    return best


def _discrimination(
    answerable: list[float], unanswerable: list[float], off_topic: list[float]
) -> dict[str, float | None]:
    right = [True] * len(answerable) + [False] * len(unanswerable)
    coverage = coverage_at_precision([*answerable, *unanswerable], right) if unanswerable else None
    return {
        "AUROC": area_under_curve(answerable, unanswerable),
        "AUROC off-topic": area_under_curve(answerable, off_topic),
        "coverage at 95 % precision": coverage,
    }
