"""Measure speed, memory and disk beside a plain baseline, for `qa bench`."""

import re
from dataclasses import dataclass
from pathlib import Path

REAL_AT_MOST = 10_000  # passages; larger collections get synthetic vectors, because encoding a million takes hours


def parse_sizes(text: str) -> tuple[int, ...]:
    """Parse sizes such as "1k,10k": each once, smallest first; raise ValueError for anything else."""
    sizes = set()
    for part in text.split(","):
        found = re.fullmatch(r"([0-9]{1,9})([km]?)", part.strip().lower())
        size = int(found[1]) * {"": 1, "k": 1_000, "m": 1_000_000}[found[2]] if found else 0
        if not 1 <= size <= 10_000_000:
            raise ValueError(f"{part.strip()!r} is not a size: write 500, 10k or 1m, from 1 to 10m")
        sizes.add(size)
    return tuple(sorted(sizes))


@dataclass(frozen=True, slots=True)
class Settings:
    """What `qa bench` is to measure.

    Attributes:
        texts: A file or folder to make passages of; the default sources when None.
        sizes: Numbers of passages, smallest first.
        repeats: How often to measure.
        plot: A file for a plot of costs against size, or None.
        work: The folder for the collections; a temporary one when None.
        load: Whether to measure instead how a chat serves many people at once.
        peers: Whether to measure instead beside Chroma, LangChain and txtai.
        people: How many people ask.
        seconds: For how long they ask.
    """

    texts: Path | None
    sizes: tuple[int, ...]
    repeats: int
    plot: Path | None
    work: Path | None
    load: bool
    peers: bool
    people: int
    seconds: int
