"""Plot what a collection costs against how many passages it holds, beside the baseline."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from qa.bench.apart import BenchmarkError
from qa.bench.figures import Benchmark, SizeFigures
from qa.bench.report import plain_build_seconds

SUFFIXES = (".png", ".svg", ".pdf")
OURS, OTHER, PLAIN = "#2456a6", "#7ba3dc", "#8e95a1"

Figure = Callable[[SizeFigures], float | None]


def check_plot(path: Path) -> None:
    """See that a plot can be written, before measuring for it.

    Raises:
        BenchmarkError: matplotlib is missing, the suffix is another, or the folder cannot be written.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise BenchmarkError("plotting needs matplotlib. Install it: pip install 'qa-verbatim[eval]'") from error
    if path.suffix.lower() not in SUFFIXES:
        raise BenchmarkError(f"{path} is no plot file: its name must end in {', '.join(SUFFIXES)}.")
    try:
        tempfile.TemporaryFile(dir=path.expanduser().parent).close()
    except OSError as error:
        raise BenchmarkError(f"{path} cannot be written: {error.strerror}. Name another file.") from error


def plot_benchmark(benchmark: Benchmark, path: Path) -> None:
    """Plot seconds of building, milliseconds of a question, and megabytes, against passages; both axes logarithmic.

    Raises:
        BenchmarkError: The file cannot be written.
    """
    from matplotlib.figure import Figure as Canvas

    rate = benchmark.encoding.plain.median
    panels: dict[str, dict[str, tuple[str, str, Figure]]] = {
        "build, seconds": {
            "ours": (OURS, "-", lambda f: f.build and not f.synthetic and f.build.seconds),  # else without encoding
            "ours, beyond encoding": (OTHER, "-", lambda f: f.build and f.build.seconds - f.build.encoding_seconds),
            "baseline, computed": (PLAIN, "--", lambda f: plain_build_seconds(f, rate)),
        },
        "one question, milliseconds": {
            "ours, median": (OURS, "-", lambda f: 1e3 * f.search.ask.median),
            "ours, 95 %": (OTHER, "-", lambda f: 1e3 * f.search.ask.p95),
            "baseline, median": (PLAIN, "--", lambda f: 1e3 * f.plain.ask.median),
        },
        "megabytes": {
            "ours, disk": (OTHER, "-", lambda f: f.search.disk_bytes / 1e6),
            "ours, memory": (OURS, "-", lambda f: f.search.resident_bytes and f.search.resident_bytes / 1e6),
            "baseline, memory": (PLAIN, "--", lambda f: f.plain.bytes / 1e6),
        },
    }
    canvas = Canvas(figsize=(12, 4), layout="constrained")
    for axes, (title, lines) in zip(canvas.subplots(1, len(panels)), panels.items(), strict=True):
        for label, (colour, style, figure) in lines.items():
            points = [(f.size, figure(f)) for f in benchmark.sizes if figure(f)]
            axes.plot(*zip(*points, strict=True), style, marker="o", color=colour, label=label) if points else None
        axes.set(xscale="log", yscale="log", title=title, xlabel="passages")
        axes.set_xticks([f.size for f in benchmark.sizes], [f"{f.size:,}" for f in benchmark.sizes])
        axes.xaxis.minorticks_off()
        axes.margins(y=0.35)  # leaves the legend room
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", color="#e4e6ea")
        axes.legend(frameon=False, loc="upper left")
    canvas.suptitle(benchmark.machine.split(";")[0], fontsize=9)
    try:
        canvas.savefig(path.expanduser(), dpi=150)
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"{path} cannot be written: {error}") from error
