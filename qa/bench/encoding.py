"""Measure the encoder beside `SentenceTransformer.encode` with that library's own settings, in turns.

Taking turns lets whatever else the machine does fall on both alike. Both run on the processor: ours does, so a baseline
on a graphics card would say nothing of it. Single questions, which take a thousandth of a second, are asked in a process
for each, as neither would have the other's threads beside it.
"""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from index import Encoder, bundled_model_folder, load_encoder
from qa.bench.corpus import Corpus, load_corpus, make_questions
from qa.bench.figures import EncodingFigures, Spread, spread
from qa.bench.peak import Rate, byte_rates, float_rates, passage_cost

TEXTS = 256  # passages in a repetition; eight batches of the baseline's
TOKENS = (100, 150)
QUESTIONS = 24  # in a repetition
BATCHES = (1, 7, 32, 512)
PAUSE = 0.3  # seconds: threads of the other library spin for a while after their work


def measure_encoding(corpus: str, cache: str, repeats: int) -> dict[str, Any]:
    """Measure encoding.

    Args:
        corpus: The file of the corpus.
        cache: Where the fast encoder is kept.
        repeats: How often each of the two encodes all texts.

    Returns:
        `EncodingFigures` as a dictionary.
    """
    made_of, folder = load_corpus(corpus), bundled_model_folder()
    questions = make_questions(made_of, TEXTS, QUESTIONS * (repeats + 1))
    latencies = _time_questions(cache, questions)
    encoder, encode_plain = load_encoder(cache_folder=cache), _plain_encode()
    texts, tokens = choose_texts(made_of, folder)
    floats, bytes_ = float_rates(), byte_rates()
    peaks = [*floats.values(), *bytes_.values()]
    rates, vectors, best = _take_turns((encoder.encode_passages, encode_plain), texts, repeats, peaks)
    cosines = (vectors[0] * vectors[1]).sum(axis=1)
    peak, peak_by = max(zip(best, floats, strict=False))
    return asdict(
        EncodingFigures(
            identity=encoder.identity,
            texts=len(texts),
            tokens=tokens,
            ours=spread(rates[0]),
            plain=spread(rates[1]),
            ratio=spread([ours / other for ours, other in zip(*rates, strict=True)]),
            question_ours=latencies[0],
            question_plain=latencies[1],
            lowest_cosine=float(cosines.min()),
            mean_cosine=float(cosines.mean()),
            flop_a_passage=passage_cost(folder, tokens),
            peak_float=peak,
            peak_float_by=peak_by,
            peak_byte=best[-1] if bytes_ else None,
            equal=compare_batches(encoder, _mixed_texts(made_of, texts)),
        )
    )


def load_plain(folder: Path) -> Any:
    """The baseline: the library's own encoder of a model folder, on the processor, ready to run."""
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    return SentenceTransformer(str(folder), device="cpu", local_files_only=True)


def choose_texts(corpus: Corpus, model_folder: Path) -> tuple[list[str], float]:
    """Passages of 100 to 150 tokens, as far as there are enough; and their mean tokens, the two marks included."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model_folder / "tokenizer.json"))
    tokenizer.no_padding()
    passages = [corpus.passage(number) for number in range(8 * TEXTS)]
    counts = [len(encoding.ids) for encoding in tokenizer.encode_batch(passages)]
    fitting = sorted(range(len(passages)), key=lambda place: not TOKENS[0] <= counts[place] <= TOKENS[1])[:TEXTS]
    return [passages[place] for place in fitting], float(np.mean([counts[place] for place in fitting]))


def compare_batches(encoder: Encoder, texts: Sequence[str]) -> dict[str, bool]:
    """By batch size, whether each text has to the last bit the vector that it has as a question, alone."""
    alone = np.stack([encoder.encode_question(text) for text in texts])
    return {
        str(size): all(
            np.array_equal(encoder.encode_passages(texts[first : first + size]), alone[first : first + size])
            for first in range(0, len(texts), size)
        )
        for size in BATCHES
    }


def _mixed_texts(corpus: Corpus, passages: Sequence[str]) -> list[str]:
    """As many texts as the largest batch holds, long and short in turns."""
    half = BATCHES[-1] // 2
    short = [corpus.sentences[number % len(corpus.sentences)] for number in range(half)]
    return [text for pair in zip(passages[:half], short, strict=False) for text in pair]


def _take_turns(
    encode: Sequence[Callable[[Sequence[str]], np.ndarray]], texts: Sequence[str], repeats: int, peaks: Sequence[Rate]
) -> tuple[list[list[float]], list[np.ndarray], list[float]]:
    """Texts a second of each, repetition by repetition; the vectors each made; and the best of each peak."""
    rates: list[list[float]] = [[] for _ in encode]
    vectors = [run(texts[:64]) for run in encode]
    best = [0.0 for _ in peaks]
    for _ in range(repeats):
        for place, run in enumerate(encode):
            time.sleep(PAUSE)
            start = time.perf_counter()
            vectors[place] = run(texts)
            rates[place].append(len(texts) / (time.perf_counter() - start))
        best = [max(before, measure()) for before, measure in zip(best, peaks, strict=True)]
    return rates, vectors, best


def _time_questions(cache_folder: str, questions: Sequence[str]) -> list[Spread]:
    """Seconds for one question of ours and of the other: blocks of `QUESTIONS` in turns, the first block not counted."""
    fresh = get_context("spawn")
    with ProcessPoolExecutor(1, fresh) as ours, ProcessPoolExecutor(1, fresh) as plain:
        turns = (partial(ours.submit, _time_ours, cache_folder), partial(plain.submit, _time_plain))
        blocks = [questions[first : first + QUESTIONS] for first in range(0, len(questions), QUESTIONS)]
        seconds: list[list[float]] = [[] for _ in turns]
        for number, block in enumerate(blocks):
            for place, submit in enumerate(turns):
                time.sleep(PAUSE)
                timed = submit(block).result()
                if number:
                    seconds[place] += timed
    return [spread(some) for some in seconds]


def _time_ours(cache_folder: str, questions: Sequence[str]) -> list[float]:
    return _time_each(_load_ours(cache_folder).encode_question, questions)


def _time_plain(questions: Sequence[str]) -> list[float]:
    return _time_each(_plain_encode(), questions)


def _time_each(encode: Callable[[str], np.ndarray], questions: Sequence[str]) -> list[float]:
    seconds = []
    for question in questions:
        start = time.perf_counter()
        encode(question)
        seconds.append(time.perf_counter() - start)
    return seconds


@lru_cache(1)
def _load_ours(cache_folder: str) -> Encoder:
    return load_encoder(cache_folder=cache_folder)


@lru_cache(1)
def _plain_encode() -> Callable[[Sequence[str] | str], np.ndarray]:
    return partial(load_plain(bundled_model_folder()).encode, show_progress_bar=False)
