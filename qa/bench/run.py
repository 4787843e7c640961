"""Run a benchmark: encoding, each size of collection, start-up; or many people asking. Describe and plot the figures."""

import http.client
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib.metadata import version
from pathlib import Path
from typing import Any

from index import bundled_model_folder
from qa.bench import REAL_AT_MOST
from qa.bench import measure as measures
from qa.bench.corpus import Corpus, read_texts
from qa.bench.load import let_people_ask
from qa.bench.measure import BenchmarkError, Figures, child_environment, python_command, run_apart, run_python, spread
from qa.collections import default_sources, encoder_folder

START_PASSAGES = 1_000  # at most, for start-up and for many people
READY_SECONDS = 120
PLOTS = (".png", ".svg", ".pdf")
QA = "from qa.cli import main; sys.exit(main())"
PLAIN = """
from sentence_transformers import SentenceTransformer
import faiss, numpy
model = SentenceTransformer(sys.argv[1], device="cpu", local_files_only=True)
index = faiss.IndexFlatIP(384)
index.add(numpy.load(sys.argv[2]))
print(index.search(model.encode([sys.argv[3]], show_progress_bar=False), 10)[1])
"""
HASHES = """
from qa import Assistant
with Assistant.open(sys.argv[1]) as assistant:
    print(json.dumps([assistant.ask(question).hash for question in json.load(sys.stdin)]))
"""
# Label, path of the figure, factor, digits.
ROWS = (
    ("passages", "size", 1, 0),
    ("vectors", "search.vectors", 1, 0),
    ("build, s", "build.seconds", 1, 1),
    ("  encoding alone, s", "build.encoding_seconds", 1, 1),
    ("  peak memory, MB", "build.peak_bytes", 1e-6, 1),
    ("disk, MB", "search.disk_bytes", 1e-6, 1),
    ("memory when asked, MB", "search.resident_bytes", 1e-6, 1),
    ("  baseline", "plain.bytes", 1e-6, 1),
    ("open, s", "search.open_seconds", 1, 2),
    ("question, ms", "search.ask", 1e3, 1),
    ("  baseline", "plain.ask", 1e3, 1),
    ("nearest vectors, ms", "search.nearest", 1e3, 1),
    ("  baseline", "plain.nearest", 1e3, 1),
    ("questions a second, batch", "search.batch_rate", 1, 1),
    ("recall@10", "search.recall", 1, 4),
    ("add a file, ms", "search.add", 1e3, 0),
    ("remove it, ms", "search.remove", 1e3, 0),
    ("same answers in a batch", "search.same_in_batch", 1, 0),
    ("same in another process", "search.same_again", 1, 0),
)


def run_benchmark(options: Any, *, on_notice: Callable[[str], None]) -> Figures:
    """Measure what the options of `qa bench` ask for.

    Args:
        options: The parsed options.
        on_notice: Called with one line before each part.

    Raises:
        SourceError: The texts cannot be read, or have no sentences.
        BatchError: The passages cannot be written.
        BenchmarkError: The work or plot file cannot be written, or something cannot be measured.
    """
    if options.plot:
        _check_plot(options.plot)
    corpus = read_texts(options.texts or default_sources())
    cache = encoder_folder().absolute()
    given = {"sentences": corpus.sentences, "cache": str(cache)}
    with _work_folder(options.work) as work:
        folder = work / f"texts-{corpus.digest}"
        if options.load:
            return _measure_load(corpus, folder, options, on_notice)
        on_notice("measuring the encoder")
        encoding = run_apart(measures.measure_encoding, **given, repeats=options.repeats)
        sizes = []
        for size in options.sizes:
            place, synthetic = folder / f"passages-{size}", size > REAL_AT_MOST
            about = {**given, "place": str(place), "synthetic": synthetic}
            build = _build(corpus, size, place, about, encoding["identity"], on_notice)
            on_notice(f"{size:,} passages: asking")
            search = run_apart(measures.measure_search, **about, size=size, repeats=options.repeats)
            again = run_apart(measures.hash_answers, **about, size=size)
            search["same_again"] = search.pop("hashes") == again["hashes"]
            on_notice(f"{size:,} passages: asking the baseline")
            plain = run_apart(measures.measure_plain, **about, size=size)
            sizes.append({"size": size, "synthetic": synthetic, "build": build, "search": search, "plain": plain})
        on_notice("measuring start-up")
        startup = _measure_startup(corpus, folder, cache, min(options.sizes[0], START_PASSAGES), options.repeats)
    figures = {"machine": _describe_machine(), "encoding": encoding, "sizes": sizes, "startup": startup}
    if options.plot:
        _plot(figures, options.plot)
    return figures


def describe(figures: Figures) -> str:
    """Describe the figures of `run_benchmark` as lines of text."""
    if "people" in figures:
        return "\n".join(f"{name}: {_show(value, 1, 2)}" for name, value in figures.items())
    encoding, startup = figures["encoding"], figures["startup"]
    lines = [figures["machine"], "Medians; in brackets low and high.", "", f"Encoding ({encoding['identity']})"]
    lines += [f"{name}, passages a second: {_show(encoding[name], 1, 0)}" for name in ("ours", "plain")]
    lines += [f"ratio: {_show(encoding['ratio'], 1, 2)}"]
    lines += [f"{name}, ms: {_show(encoding[name], 1e3, 1)}" for name in ("question_ours", "question_plain")]
    lines += [f"{name.replace('_', ' ')}: {_show(encoding[name], 1, 4)}" for name in ("lowest_cosine", "mean_cosine")]
    lines += [f"same vectors in a batch: {_show(encoding['same_in_batch'], 1, 0)}", "", "Collections"]
    for label, path, factor, digits in ROWS:
        cells = (_show(_look_up(size, path), factor, digits) for size in figures["sizes"])
        lines.append(label.ljust(28) + "".join(cell.rjust(24) for cell in cells))
    lines += ["", "Baseline: SentenceTransformer.encode and IndexFlatIP over the same vectors; it gives no quotes."]
    if any(size["synthetic"] for size in figures["sizes"]):
        lines.append(f"Above {REAL_AT_MOST:,} passages, vectors are synthetic: building does not encode.")
    lines += ["", f"Start-up of whole processes over {startup['passages']:,} passages, s"]
    return "\n".join([*lines, *(f"{name}: {_show(startup[name], 1, 2)}" for name in startup if name != "passages")])


def _build(
    corpus: Corpus, size: int, place: Path, about: Figures, identity: str, on_notice: Callable[[str], None]
) -> Figures | None:
    """Build a collection; None if an earlier run built it with the same encoder."""
    built, wanted = place / "built.json", "synthetic/1" if about["synthetic"] else identity
    try:
        if built.exists() and json.loads(built.read_text())["identity"] == wanted:
            return None
        shutil.rmtree(place, ignore_errors=True)
    except (OSError, ValueError, KeyError, TypeError):
        shutil.rmtree(place, ignore_errors=True)
    on_notice(f"{size:,} passages: building")
    corpus.write(size, place / "documents")
    figures = run_apart(measures.measure_build, **about)
    built.write_text(json.dumps(figures))
    return figures


def _measure_startup(corpus: Corpus, folder: Path, cache: Path, size: int, repeats: int) -> Figures:
    """Start `qa ask`, `qa chat` and the baseline in turns, over the same passages."""
    import numpy as np

    place = folder / f"start-{size}"
    corpus.write(size, place / "documents")
    np.save(place / "vectors.npy", np.eye(size, 384, dtype=np.float32))
    environment = child_environment(QA_HOME=place / "home", QA_CACHE=cache)
    question = corpus.questions(size, 1)[0]
    ask = python_command(QA, "ask", question, "--sources", str(place / "documents"))
    plain = python_command(PLAIN, str(bundled_model_folder()), str(place / "vectors.npy"), question)
    seconds: dict[str, list[float]] = {name: [] for name in ("ask", "page", "ready", "plain")}
    for _ in range(repeats + 1):
        start = time.perf_counter()
        run_python(ask, environment)
        seconds["ask"].append(time.perf_counter() - start)
        start = time.perf_counter()
        with _running_chat(place / "documents", environment) as (port, process):
            for name, path in (("page", "/"), ("ready", "/readyz")):
                _wait_for(port, path, process)
                seconds[name].append(time.perf_counter() - start)
        start = time.perf_counter()
        run_python(plain, environment)
        seconds["plain"].append(time.perf_counter() - start)
    return {"passages": size, **{name: spread(values[1:]) for name, values in seconds.items()}}


def _measure_load(corpus: Corpus, folder: Path, options: Any, on_notice: Callable[[str], None]) -> Figures:
    size = min(options.sizes[0], START_PASSAGES)
    place = folder / f"load-{size}"
    corpus.write(size, place / "documents")
    questions = corpus.questions(size, min(500, options.people * options.seconds))
    environment = child_environment(QA_HOME=place / "home", QA_CACHE=encoder_folder().absolute())
    on_notice("asking every question alone")
    command = python_command(HASHES, str(place / "documents"))
    hashes = json.loads(run_python(command, environment, sent=json.dumps(questions)))
    on_notice(f"{options.people} people ask for {options.seconds} seconds")
    with _running_chat(place / "documents", environment) as (port, process):
        _wait_for(port, "/readyz", process)
        expected = dict(zip(questions, hashes, strict=True))
        return let_people_ask(port, process.pid, expected, options.people, options.seconds)


@contextmanager
def _running_chat(documents: Path, environment: dict[str, str]) -> Iterator[tuple[int, "subprocess.Popen[str]"]]:
    """Start a chat, yield its port and process, and stop it."""
    command = python_command(QA, "chat", str(documents), "--no-browser", "--port", "0")
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    limit = threading.Timer(READY_SECONDS, process.kill)
    limit.start()
    try:
        lines = process.stdout or ()
        port = next((found[1] for line in lines if (found := re.search(r"http://127\.0\.0\.1:(\d+)", line))), None)
        limit.cancel()
        if port is None:
            raise BenchmarkError("the chat ended before it was served.")
        yield int(port), process
    finally:
        limit.cancel()
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_for(port: int, path: str, process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.01)
    raise BenchmarkError(f"the chat did not serve {path}.")


def _work_folder(wanted: Path | None) -> Any:
    """The folder to work in: the one wanted, or a temporary one that is removed whatever happens."""
    if wanted is None:
        return _temporary_folder()
    folder = wanted.expanduser().absolute()
    _check_folder(folder, wanted)
    return nullcontext(folder)


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="qa-bench-") as folder:
        yield Path(folder)


def _check_folder(folder: Path, named: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise BenchmarkError(f"{named} cannot be written: {error.strerror}. Name another one.") from error


def _check_plot(path: Path) -> None:
    if importlib.util.find_spec("matplotlib") is None:
        raise BenchmarkError("plotting needs matplotlib. Install it: pip install 'qa-verbatim[eval]'")
    if path.suffix.lower() not in PLOTS:
        raise BenchmarkError(f"{path} is not a plot file: its name must end in {', '.join(PLOTS)}.")
    if not path.expanduser().parent.is_dir():
        raise BenchmarkError(f"{path} cannot be written: its folder does not exist. Name another file.")


def _plot(figures: Figures, path: Path) -> None:
    """Plot seconds to build, milliseconds for a question, and megabytes against passages, on logarithmic axes."""
    from matplotlib.figure import Figure

    panels: dict[str, tuple[tuple[str, str, float], ...]] = {
        "build, seconds": (("ours", "build.seconds", 1),),
        "question, milliseconds": (("ours", "search.ask.median", 1e3), ("baseline", "plain.ask.median", 1e3)),
        "megabytes": (("disk", "search.disk_bytes", 1e-6), ("memory", "search.resident_bytes", 1e-6)),
    }
    canvas = Figure(figsize=(12, 4), layout="constrained")
    for axes, (title, series) in zip(canvas.subplots(1, len(panels)), panels.items(), strict=True):
        for label, key, factor in series:
            points = [(size["size"], _look_up(size, key)) for size in figures["sizes"]]
            known = [(size, value * factor) for size, value in points if value]
            axes.plot([size for size, _ in known], [value for _, value in known], marker="o", label=label)
        axes.set(xscale="log", yscale="log", title=title, xlabel="passages")
        axes.legend(frameon=False)
    try:
        canvas.savefig(path.expanduser(), dpi=150)
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"{path} cannot be written: {error}") from error


def _describe_machine() -> str:
    """One line: processor, cores, system and versions."""
    processor = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        models = re.findall(r"model name\s*: (.*)", information.read_text(errors="replace"))
        processor = models[0] if models else processor
    libraries = ", ".join(f"{name} {version(name)}" for name in ("faiss-cpu", "openvino", "sentence-transformers"))
    return f"{processor}, {os.cpu_count()} cores; {platform.system()}; Python {platform.python_version()}, {libraries}"


def _look_up(figures: Any, path: str) -> Any:
    for name in path.split("."):
        figures = figures and figures[name]
    return figures


def _show(value: Any, factor: float, digits: int) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    if isinstance(value, dict) and "median" in value:
        middle, low, high = (f"{value[name] * factor:,.{digits}f}" for name in ("median", "low", "high"))
        return f"{middle} ({low}-{high})"
    if isinstance(value, (list, dict)):
        return json.dumps(value)
    return f"{value * factor:,.{digits}f}"
