"""Run a whole benchmark: encoding, each size in processes of its own, start-up.

WORK/texts-DIGEST/                    everything made of the same texts
    corpus.json, pool.npz             sentences, and the vectors that others are synthesised from
    passages-N/documents/             N passages as text files
    passages-N/collection/            the collection
    passages-N/built.json             written once it is built, with what it was built by
    start-N/                          what start-up is measured on
    load-N/                           what many people ask at once
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qa.bench.apart import BenchmarkError, run_apart
from qa.bench.corpus import Corpus, read_texts, save_corpus, write_passages
from qa.bench.figures import (
    Benchmark,
    BuildFigures,
    EncodingFigures,
    LoadFigures,
    PlainFigures,
    SearchFigures,
    SizeFigures,
    StartupFigures,
    revive,
)
from qa.bench.load import measure_load
from qa.bench.machine import describe_machine
from qa.bench.options import REAL_AT_MOST, Options
from qa.bench.startup import measure_startup
from qa.collections import default_sources, encoder_folder

Notice = Callable[[str], None]


def run_benchmark(options: Options, *, on_notice: Notice) -> Benchmark:
    """Measure all that was asked for.

    Args:
        options: What to measure.
        on_notice: Called with one line before each part, as some take minutes.

    Raises:
        SourceError: The texts cannot be read, or hold no sentences.
        BatchError: The work folder cannot be written to.
        BenchmarkError: It cannot be made, or something cannot be measured.
    """
    machine = describe_machine()
    corpus = read_texts(options.texts or default_sources())
    with work_folder(options.work) as work:
        parts = _Parts(corpus, work / f"texts-{corpus.digest}", options.repeats, on_notice)
        encoding = parts.encoding()
        sizes = tuple(parts.size(size) for size in options.sizes)
        startup = parts.startup(options.sizes[0])
    texts = f"{len(corpus.sentences):,} sentences and {len(corpus.words):,} words to exchange in them"
    return Benchmark(machine, texts, options.repeats, encoding, sizes, startup)


def run_load(options: Options, *, on_notice: Notice) -> LoadFigures:
    """Measure how a chat bears many people at once; arguments and errors as for `run_benchmark`."""
    with work_folder(options.work) as work:
        return measure_load(options, work, on_notice=on_notice)


@contextmanager
def work_folder(wanted: Path | None) -> Iterator[Path]:
    """Yield the folder to work in: the one wanted, or a temporary one that is removed whatever happens."""
    if wanted is None:
        with tempfile.TemporaryDirectory(prefix="qa-bench-") as folder:
            yield Path(folder)
        return
    folder = wanted.expanduser().absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise BenchmarkError(f"the folder {wanted} cannot be written: {error.strerror}. Name another one.") from error
    yield folder


class _Parts:
    """The parts of one run, over one corpus and in one folder."""

    def __init__(self, corpus: Corpus, folder: Path, repeats: int, on_notice: Notice) -> None:
        self._corpus = corpus
        self._folder = folder
        self._repeats = repeats
        self._notice = on_notice
        self._cache = encoder_folder().absolute()
        self._given = {"corpus": str(folder / "corpus.json"), "cache": str(self._cache)}
        save_corpus(corpus, folder / "corpus.json")

    def encoding(self) -> EncodingFigures:
        self._notice("measuring the encoder")
        return revive(EncodingFigures, run_apart("encoding", **self._given, repeats=self._repeats))

    def size(self, size: int) -> SizeFigures:
        name, place = f"{size:,} passages", self._folder / f"passages-{size}"
        synthetic = size > REAL_AT_MOST
        given = {**self._given, "pool": self._pool() if synthetic else None}
        build = self._build(size, place, given)
        given |= {"place": {part: str(place / part) for part in ("documents", "collection")}, "size": size}
        self._notice(f"{name}: asking")
        searched = run_apart("search", **given, repeats=self._repeats)
        again = run_apart("ask again", **given)
        search = revive(SearchFigures, {**searched["figures"], "same_again": searched["hashes"] == again["hashes"]})
        self._notice(f"{name}: asking the baseline")
        plain = revive(PlainFigures, run_apart("plain", **given, vectors=search.vectors))
        return SizeFigures(size, synthetic, build, search, plain)

    def startup(self, size: int) -> StartupFigures:
        self._notice("measuring start-up")
        return measure_startup(self._corpus, self._folder, self._cache, size, self._repeats)

    def _pool(self) -> str:
        pool = self._folder / "pool.npz"
        if not pool.exists():
            self._notice("encoding the sentences that vectors are synthesised from")
            run_apart("pool", **self._given, file=str(pool))
        return str(pool)

    def _build(self, size: int, place: Path, given: dict[str, Any]) -> BuildFigures | None:
        """Build the collection of one size; None where an earlier run has built it with the same encoder."""
        built = place / "built.json"
        if built.exists() and _built_by(built) == run_apart("identity", **given)["identity"]:
            return None
        try:
            if place.exists():
                shutil.rmtree(place)
        except OSError as error:
            raise BenchmarkError(f"{place} cannot be removed: {error.strerror}. Remove it, then try again.") from error
        self._notice(f"{size:,} passages: building")
        folders = {part: str(place / part) for part in ("documents", "collection")}
        write_passages(self._corpus, size, place / "documents")
        outcome = run_apart("build", **given, **folders)
        built.write_text(json.dumps({"identity": outcome["identity"]}))
        return BuildFigures(**outcome["figures"])


def _built_by(built: Path) -> str | None:
    try:
        return json.loads(built.read_text())["identity"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
