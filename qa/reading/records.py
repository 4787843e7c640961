"""What the reader reads, and what it says of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadablePassage:
    """A passage as the reader takes it.

    Attributes:
        heading: The headings it stands under, the innermost last; empty where there is none.
        text: The passage.
        sentences: The first character of each sentence in `text`, and the one after its last.
    """

    heading: str
    text: str
    sentences: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SentenceReading:
    """What the reader says of one sentence.

    Attributes:
        score: How likely the sentence holds the answer, like log-odds: the best answer inside it, less the score of
            no answer. Rounded to 1e-4.
        start: The first character of the best answer inside the sentence, in the passage's text.
        end: The character after its last.
        evidence: The mean evidence logit of the sentence's tokens. Rounded to 1e-4.
    """

    score: float
    start: int
    end: int
    evidence: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What the reader says of one passage.

    Attributes:
        answerable: The logit that the passage answers the question. Rounded to 1e-4.
        sentences: In the order of the passage's sentences.
    """

    answerable: float
    sentences: tuple[SentenceReading, ...]
