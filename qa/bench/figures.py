"""The figures a benchmark gives: plain records, in seconds, bytes, passages and vectors.

They are made in processes of their own and travel as JSON: `asdict` writes them, `revive` reads them.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from statistics import median
from typing import Any, TypeVar

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Spread:
    """What several measurements of one thing gave.

    Attributes:
        median: The middle one.
        low: The least.
        high: The greatest.
        p95: 95 in a hundred are at most this; the nearest of those measured.
        count: How many there are.
    """

    median: float
    low: float
    high: float
    p95: float
    count: int


def spread(values: Sequence[float]) -> Spread:
    """Sum up at least one measurement."""
    ordered = sorted(values)
    place = -(-95 * len(ordered) // 100) - 1
    return Spread(float(median(ordered)), float(ordered[0]), float(ordered[-1]), float(ordered[place]), len(ordered))


@dataclass(frozen=True, slots=True)
class EncodingFigures:
    """Our encoder beside `SentenceTransformer.encode`, called in turns.

    Attributes:
        identity: Which encoder ours is.
        texts: Passages encoded in each repetition.
        tokens: Mean tokens of a passage, the two marks included.
        ours: Passages a second.
        plain: Passages a second, with that library's own settings (batches of 32).
        ratio: Ours by plain, pair by pair.
        question_ours: Seconds for one question.
        question_plain: Seconds for one question.
        lowest_cosine: Between the two vectors of a passage.
        mean_cosine: Between the two vectors of a passage.
        flop_a_passage: Floating-point operations to encode one passage, from the model's dimensions and the tokens.
        peak_float: 32-bit operations a second of the fastest matrix product found.
        peak_float_by: What computed it.
        peak_byte: 8-bit operations a second of OpenVINO; None where it cannot be measured.
        equal: By batch size, whether every vector is to the last bit the one that `encode_question` gives.
    """

    identity: str
    texts: int
    tokens: float
    ours: Spread
    plain: Spread
    ratio: Spread
    question_ours: Spread
    question_plain: Spread
    lowest_cosine: float
    mean_cosine: float
    flop_a_passage: float
    peak_float: float
    peak_float_by: str
    peak_byte: float | None
    equal: dict[str, bool]


@dataclass(frozen=True, slots=True)
class BuildFigures:
    """Building a collection.

    Attributes:
        seconds: From files to a collection that answers.
        encoding_seconds: The encoder's part of them.
        start_bytes: Memory of the process with the encoder loaded; None where the system does not tell.
        peak_bytes: The most memory it held above that.
    """

    seconds: float
    encoding_seconds: float
    start_bytes: int | None
    peak_bytes: int | None


@dataclass(frozen=True, slots=True)
class SearchFigures:
    """Opening a collection, asking it and changing it.

    Attributes:
        passages: How many it holds.
        vectors: How many it holds.
        disk_bytes: Its folder, without the documents.
        open_seconds: Until it can answer, in a process that has loaded everything else.
        resident_bytes: Memory added by opening it and a few searches, mapped files included; None where unknown.
        anonymous_bytes: The part of that which no file backs; None where unknown.
        ask: Seconds for a question, from its text to the answer.
        batch_rate: Questions a second of `ask_many`.
        nearest: Seconds to find the ten nearest passages to a vector.
        recall: Share of the ten passages nearest by exact search over all vectors that are among the ten it finds.
        add: Seconds to add a small file, beyond encoding its texts.
        remove: Seconds to remove it.
        same_in_batch: Whether `ask` and `ask_many` give equal answers, by their hash.
        same_again: Whether another process gives equal answers, asked in reverse order.
    """

    passages: int
    vectors: int
    disk_bytes: int
    open_seconds: float
    resident_bytes: int | None
    anonymous_bytes: int | None
    ask: Spread
    batch_rate: float
    nearest: Spread
    recall: float
    add: Spread
    remove: Spread
    same_in_batch: bool
    same_again: bool


@dataclass(frozen=True, slots=True)
class PlainFigures:
    """The baseline: the question encoded by sentence-transformers, its nearest vectors by `IndexFlatIP`.

    Attributes:
        vectors: How many it searches.
        all_vectors: Whether these are all the collection's, or one a passage.
        bytes: Memory the vectors take, computed.
        ask: Seconds for a question, from its text to the numbers of ten vectors.
        nearest: Seconds of the search alone.
        add_seconds: To put the vectors into the index.
    """

    vectors: int
    all_vectors: bool
    bytes: int
    ask: Spread
    nearest: Spread
    add_seconds: float


@dataclass(frozen=True, slots=True)
class SizeFigures:
    """All that was measured at one size; `build` is None where a collection of an earlier run was used."""

    size: int
    synthetic: bool
    build: BuildFigures | None
    search: SearchFigures
    plain: PlainFigures


@dataclass(frozen=True, slots=True)
class StartupFigures:
    """Seconds that whole processes take.

    Attributes:
        passages: How many the collection holds that they open.
        ask: `qa ask`, start to end.
        page: `qa chat`, until its page is served.
        ready: `qa chat`, until it can be asked.
        plain: The baseline: import sentence-transformers, load the model, encode a question, search a saved index.
    """

    passages: int
    ask: Spread
    page: Spread
    ready: Spread
    plain: Spread


@dataclass(frozen=True, slots=True)
class LoadFigures:
    """People asking a chat at once.

    Attributes:
        people: How many.
        seconds: From the first question to the last answer.
        answered: Questions answered.
        refused: Questions refused because too many were waiting.
        errors: How often anything else went wrong, by what it was.
        wait: Seconds from a question to its answer.
        rate: Questions answered a second.
        memory: What the chat held at the start, in the middle and at the end; None where the system does not tell.
        same: Whether every answer was the one given to that question alone, by its hash.
    """

    people: int
    seconds: float
    answered: int
    refused: int
    errors: dict[str, int]
    wait: Spread
    rate: float
    memory: tuple[int | None, int | None, int | None]
    same: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One whole run: the machine and the texts in words, how often each thing was measured, and what was measured."""

    machine: str
    texts: str
    repeats: int
    encoding: EncodingFigures
    sizes: tuple[SizeFigures, ...]
    startup: StartupFigures

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)


SPREAD_FIELDS = {field.name for field in fields(Spread)}


def revive(kind: type[Record], values: dict[str, Any]) -> Record:
    """Make a record of what `asdict` and JSON left of it."""
    return kind(
        **{
            name: Spread(**value) if isinstance(value, dict) and value.keys() == SPREAD_FIELDS else value
            for name, value in values.items()
        }
    )
