"""Measure the reader alone, given the right paragraph: `python -m qa.reading.evaluate DATASET`.

A dataset is a folder in BEIR layout, as for `qa eval`. Each question, answerable or not, is asked of the paragraph it was
written about: the `context_id` of its line in queries.jsonl, or else its only entry in qrels.tsv. Exit code 0: success; 1: a
known error, reported in one line on standard error; 2: wrong usage.
"""

import argparse
import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from index import BatchError, Document, QAError, split_sentences
from qa.cli.output import notify
from qa.collections import encoder_folder
from qa.evaluation.datasets import Dataset, LabelledQuestion, holds_answer, read_corpus, read_dataset
from qa.evaluation.metrics import (
    EXACT_MATCH,
    F1,
    RESAMPLES,
    SEED,
    Estimate,
    area_under_curve,
    estimate_mean,
    exact_match,
    word_f1,
)
from qa.reading.model import Reader, load_reader
from qa.reading.spans import ReadablePassage

KEPT = 0.75  # share of the answerable questions above the cut-off
SENTENCE, AUROC, ABOVE = "right sentence", "AUROC answerable", "unanswerable above the cut-off"


@dataclass(frozen=True, slots=True)
class Judged:
    """The scores of one question.

    Attributes:
        answerable: Whether its paragraph answers it.
        logit: The reader's logit for that.
        exact: 1 if the words found are exactly an answer, else 0; None if no answer is known.
        f1: F1 of the words found; None if no answer is known.
        sentence: Whether the best sentence contains the answer; None if no answer is known.
    """

    answerable: bool
    logit: float
    exact: float | None = None
    f1: float | None = None
    sentence: float | None = None


def run_evaluation(arguments: Sequence[str] | None = None) -> int:
    """Run the command with the given arguments, by default those of the process, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m qa.reading.evaluate", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("dataset", type=Path, help="a folder of corpus.jsonl, queries.jsonl and qrels.tsv")
    parser.add_argument("--limit", type=_positive, metavar="N", help="ask at most N questions of either kind")
    options = parser.parse_args(arguments)
    try:
        dataset = read_dataset(options.dataset)
        reader = load_reader(encoder_folder(), on_notice=notify)
        print(describe_figures(dataset.name, evaluate(dataset, reader, limit=options.limit)))
    except QAError as error:
        notify(f"error: {error}")
        return 1
    return 0


def evaluate(dataset: Dataset, reader: Reader, *, limit: int | None = None) -> dict[str, Estimate | None]:
    """Ask a dataset's questions of their paragraphs.

    With a limit, at most so many answerable and so many unanswerable questions are drawn, with a fixed seed.

    Returns:
        Exact match, F1 and right sentence over the answerable questions with a known answer; AUROC of answerable against
        unanswerable; the share of unanswerable questions above the cut-off that .75 of the answerable reach. None without
        questions of a kind.

    Raises:
        BatchError: No question names its paragraph.
        SourceError: The corpus cannot be read.
    """
    document = read_corpus(dataset.corpus, name=dataset.name)
    rows = {id_: row for row, id_ in enumerate(dataset.corpus_ids)}
    asked = [(question, rows[entry]) for question in dataset.questions if (entry := _paragraph(question)) in rows]
    if not asked:
        raise BatchError(
            f"no question of {dataset.name} names its paragraph. Give it a context_id, or one line in qrels.tsv."
        )
    drawn = [
        pair
        for kind in (True, False)
        for pair in _draw([pair for pair in asked if pair[0].answerable is kind], limit)
    ]  # fmt: skip
    return summarise([judge_reading(question, _passage(document, row), reader) for question, row in drawn])


def _paragraph(question: LabelledQuestion) -> str:
    """Return the id of the entry that a question was written about; "" if unknown."""
    return question.context or (next(iter(question.relevant)) if len(question.relevant) == 1 else "")


def _passage(document: Document, row: int) -> ReadablePassage:
    locator = document.locators[row]
    text = document.text[locator.start : locator.end]
    return ReadablePassage(locator.place.heading or "", text, tuple(split_sentences(text)))


def _draw(
    questions: Sequence[tuple[LabelledQuestion, int]], limit: int | None
) -> Sequence[tuple[LabelledQuestion, int]]:
    return questions if limit is None or len(questions) <= limit else random.Random(SEED).sample(questions, limit)


def judge_reading(question: LabelledQuestion, passage: ReadablePassage, reader: Reader) -> Judged:
    """Read one question with its paragraph, and compare the result with the known answers."""
    [reading] = reader.read(question.text, [passage])
    if not question.answerable or not reading.sentences:
        return Judged(question.answerable, reading.answerable)
    row = max(range(len(reading.sentences)), key=lambda row: reading.sentences[row].score)
    best, (start, end) = reading.sentences[row], passage.sentences[row]
    words = passage.text[best.start : best.end]
    known = bool(question.answers)
    right = holds_answer(passage.text[start:end], question)
    return Judged(
        True,
        reading.answerable,
        exact_match(words, question.answers) if known else None,
        word_f1(words, question.answers) if known else None,
        None if right is None else float(right),
    )


def summarise(judged: Sequence[Judged]) -> dict[str, Estimate | None]:
    """Summarise the scores; see `evaluate`."""
    positive = np.array([one.logit for one in judged if one.answerable], dtype=np.float64)
    negative = np.array([one.logit for one in judged if not one.answerable], dtype=np.float64)
    above = (negative >= cut_off(positive)).astype(np.float64) if len(positive) else np.empty(0)
    return {
        EXACT_MATCH: estimate_mean(_known(one.exact for one in judged)),
        F1: estimate_mean(_known(one.f1 for one in judged)),
        SENTENCE: estimate_mean(_known(one.sentence for one in judged)),
        AUROC: area_figure(positive, negative),
        ABOVE: estimate_mean(above.tolist()),
    }


def cut_off(positive: npt.NDArray[np.float64]) -> float:
    """Return the highest score that at least .75 of one or more scores reach."""
    return float(np.sort(positive)[::-1][int(np.ceil(KEPT * len(positive))) - 1])


def area_figure(positive: npt.NDArray[np.float64], negative: npt.NDArray[np.float64]) -> Estimate | None:
    """Return the AUROC with its 95 % interval, resampling both sides; None if one is empty."""
    area = area_under_curve(positive.tolist(), negative.tolist())
    if area is None:
        return None
    rng = np.random.default_rng(SEED)
    again = [
        area_under_curve(rng.choice(positive, len(positive)).tolist(), rng.choice(negative, len(negative)).tolist())
        for _ in range(RESAMPLES)
    ]
    low, high = np.quantile(np.array(again, dtype=np.float64), (0.025, 0.975))
    return Estimate(area, round(float(low), 4), round(float(high), 4), len(positive) + len(negative))


def describe_figures(name: str, found: dict[str, Estimate | None]) -> str:
    """Format the figures of a dataset as a table, one line each."""
    lines = [f"{name + ', given the paragraph':<34}{'':>6}  {'95 %':^11}  {'n':>6}"]
    for label, figure in found.items():
        shown = "-" if figure is None else (
            f"{figure.value:>6.3f}  {figure.low:.3f}-{figure.high:.3f}  {figure.questions:>6}"
        )  # fmt: skip
        lines.append(f"{label:<34}{shown:>6}")
    return "\n".join(lines)


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not at least 1")
    return number


if __name__ == "__main__":
    sys.exit(run_evaluation())
