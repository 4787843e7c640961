"""What `qa bench` is asked to measure, and how that is said on the command line."""

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

DEFAULT_SIZES = (1_000, 10_000)
REAL_AT_MOST = 10_000  # passages; above, vectors are synthesised, as encoding a million takes hours
LARGEST = 10_000_000  # passages
UNITS = {"": 1, "k": 1_000, "m": 1_000_000}
COSTS = (
    "how many passages the collections hold, such as 1k,10k,100k,1m (default: 1k,10k). On two cores, 1k and 10k take "
    "some five minutes and .2 GB of disk, 100k five minutes and 1.5 GB more, 1m half an hour and 15 GB more; above 10k, "
    "vectors are synthesised"
)


@dataclass(frozen=True, slots=True)
class Options:
    """What to measure.

    Attributes:
        texts: A file or folder that passages are drawn from; None: the document shipped.
        sizes: How many passages each collection holds, smallest first.
        work: Where collections are kept for another run; None: nowhere.
        repeats: How often each thing is measured.
        people: How many ask a chat at once, where that is measured.
        seconds: For how long they do.
    """

    texts: Path | None = None
    sizes: tuple[int, ...] = DEFAULT_SIZES
    work: Path | None = None
    repeats: int = 5
    people: int = 50
    seconds: int = 60


def add_options(command: argparse.ArgumentParser) -> None:
    """Give `qa bench` its arguments."""
    command.add_argument(
        "texts", nargs="?", type=Path, metavar="TEXTS",
        help="a file or folder of .txt, .md or .jsonl (BEIR layout) that passages are drawn from; the document "
        "asked about by default when omitted",
    )  # fmt: skip
    command.add_argument("--sizes", type=parse_sizes, default=DEFAULT_SIZES, metavar="SIZES", help=COSTS)
    command.add_argument("--json", action="store_true", help="print all figures as one JSON object")
    command.add_argument("--plot", type=Path, metavar="FILE", help="plot cost against size: .png, .svg or .pdf")
    command.add_argument(
        "--work", type=Path, metavar="FOLDER", help="keep the collections there, and use those of an earlier run again"
    )
    command.add_argument("--repeats", type=parse_count, default=5, metavar="N", help="default: %(default)s")
    command.add_argument(
        "--load",
        action="store_true",
        help="measure instead how a chat over the smallest size bears many people at once",
    )
    command.add_argument("--people", type=parse_count, default=50, metavar="N", help="how many (default: %(default)s)")
    command.add_argument(
        "--seconds", type=parse_count, default=60, metavar="N", help="for how long they ask (default: %(default)s)"
    )


def parse_sizes(text: str) -> tuple[int, ...]:
    """Read sizes such as "1k,10k": each once, smallest first; ArgumentTypeError where one cannot be used."""
    sizes = set()
    for part in text.split(","):
        found = re.fullmatch(r"([0-9]{1,9})([km]?)", part.strip().lower())
        size = int(found[1]) * UNITS[found[2]] if found else 0
        if not 1 <= size <= LARGEST:
            raise argparse.ArgumentTypeError(f"{part.strip()!r} is no size: write 500, 10k or 1m, from 1 to 10m")
        sizes.add(size)
    return tuple(sorted(sizes))


def parse_count(text: str) -> int:
    """Read how often, how many or how long; ArgumentTypeError unless it is a whole number of at least 1."""
    if not re.fullmatch(r"[0-9]{1,4}", text) or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to 9999")
    return int(text)
