"""Measure speed, memory and disk beside a plain baseline, for `qa bench`."""

import argparse
import re

REAL_AT_MOST = 10_000  # passages; larger collections get synthetic vectors, because encoding a million takes hours


def parse_sizes(text: str) -> tuple[int, ...]:
    """Parse sizes such as "1k,10k": each once, smallest first; raise ArgumentTypeError for anything else."""
    sizes = set()
    for part in text.split(","):
        found = re.fullmatch(r"([0-9]{1,9})([km]?)", part.strip().lower())
        size = int(found[1]) * {"": 1, "k": 1_000, "m": 1_000_000}[found[2]] if found else 0
        if not 1 <= size <= 10_000_000:
            raise argparse.ArgumentTypeError(f"{part.strip()!r} is not a size: write 500, 10k or 1m, from 1 to 10m")
        sizes.add(size)
    return tuple(sorted(sizes))
