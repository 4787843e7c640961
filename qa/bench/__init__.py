"""Measure speed, memory and disk beside a plain baseline: the options of `qa bench`."""

import argparse
import re
from pathlib import Path

DEFAULT_SIZES = (1_000, 10_000)
REAL_AT_MOST = 10_000  # passages; larger collections get synthetic vectors, because encoding a million takes hours


def add_options(command: argparse.ArgumentParser) -> None:
    """Give `qa bench` its arguments."""
    add = command.add_argument
    add("texts", nargs="?", type=Path, metavar="TEXTS", help=".txt, .md or .jsonl files to make passages of")
    add(
        "--sizes",
        type=parse_sizes,
        default=DEFAULT_SIZES,
        metavar="SIZES",
        help=f"passages in each collection, such as 1k,10k,100k (default: 1k,10k); above {REAL_AT_MOST:,}, vectors are synthetic",
    )
    add("--json", action="store_true", help="print all figures as one JSON object")
    add("--plot", type=Path, metavar="FILE", help="plot costs against size: .png, .svg or .pdf")
    add("--work", type=Path, metavar="FOLDER", help="keep the collections there, and reuse those of an earlier run")
    add("--repeats", type=parse_count, default=5, metavar="N", help="default: %(default)s")
    add("--load", action="store_true", help="measure instead how a chat serves many people at once")
    add("--people", type=parse_count, default=50, metavar="N", help="how many people ask (default: %(default)s)")
    add("--seconds", type=parse_count, default=60, metavar="N", help="for how long they ask (default: %(default)s)")


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


def parse_count(text: str) -> int:
    """Parse a whole number from 1 to 9999; raise ArgumentTypeError for anything else."""
    if not re.fullmatch(r"[0-9]{1,4}", text) or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 9999")
    return int(text)
