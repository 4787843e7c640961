"""Run `qa bench`: start the measurements, compare them with the baseline, print and plot them.

WORK/texts-DIGEST/passages-N/ has the documents, the collection, and `built`, which names the encoder of a finished build.
"""

import json
import os
import platform
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from functools import partial
from importlib.metadata import version
from itertools import chain, cycle
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any

import httpx
from gradio_client import Client
from gradio_client.utils import QueueError as BusyChat

from index import bundled_model_folder
from qa.bench import REAL_AT_MOST, Settings, measure, peers
from qa.bench.corpus import read_texts
from qa.bench.measure import BenchmarkError, Measured, SyntheticEncoder, Task, memory, spread, timed
from qa.collections import default_sources, encoder_folder
from qa.evaluation.report import new_figure, save_figure
from qa.web import strings

Notice = Callable[[str], None]
_START_PASSAGES = 1_000  # at most, for start-up and for many people
_PATIENCE = 120  # seconds
_DIRECTLY: Measured = {"timeout": _PATIENCE, "trust_env": False, "verify": False}  # no proxy, no certificates
_PLOTS = (".png", ".svg", ".pdf")
_PANELS = {
    "seconds to build": ("build seconds", "plain build seconds"),
    "seconds of a question": ("search ask", "plain ask"),
    "bytes": ("search disk bytes", "search resident bytes", "plain bytes"),
}
_MEASURE = """
import importlib, json, sys
from qa.bench.measure import Task
function = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])
print("\\n" + json.dumps(function(Task(**json.load(sys.stdin)))))
"""
_REPORT = f"""\
{{machine}}
Medians, with the lowest and highest value and the 95th percentile; times in seconds, rates a second.
plain: SentenceTransformer.encode and IndexFlatIP over the same vectors, which gives no quotes; its time to build
is computed. Above {REAL_AT_MOST:,} passages, vectors are synthetic: building does not encode.

Encoding
{{encoding}}

Collections
{{sizes}}

Start-up of whole processes
{{startup}}"""
_PLAIN = """
import sys, faiss, numpy
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(sys.argv[1], device="cpu", local_files_only=True)
index = faiss.IndexFlatIP(384)
index.add(numpy.eye(1000, 384, dtype="float32"))
print(index.search(model.encode([sys.argv[2]], show_progress_bar=False), 10)[1])
"""


def run_benchmark(settings: Settings, *, on_notice: Notice) -> Measured:
    """Measure what the settings say; call `on_notice` with one line before each part.

    Raises:
        SourceError: The texts cannot be read, or have no sentences.
        BatchError: The passages cannot be written.
        BenchmarkError: The work or plot file cannot be written, or something cannot be measured.
    """
    if settings.plot:
        _check_plot(settings.plot)
    if settings.peers:
        peers.check_peers()
    corpus, cache = read_texts(settings.texts or default_sources()), str(encoder_folder().absolute())
    with tempfile.TemporaryDirectory(prefix="qa-bench-") as temporary:
        work = _make_folder(settings.work or Path(temporary))
        task = Task(corpus.sentences, cache, settings.repeats, f"{work}/texts-{corpus.digest}")
        small = replace(task, size=min(settings.sizes[0], _START_PASSAGES))
        if settings.load:
            return _measure_load(small, settings.people, settings.seconds, on_notice)
        if settings.peers:
            return {"machine": _describe_machine(), "peers": _measure_peers(task, settings.sizes, on_notice)}
        on_notice("measuring the encoder")
        encoding = run_apart(measure.measure_encoding, task)
        sizes = [_measure_size(task, size, encoding, on_notice) for size in settings.sizes]
        on_notice("measuring start-up")
        startup = _measure_startup(small)
    if settings.plot:
        _plot(sizes, settings.plot)
    figures = {"machine": _describe_machine(), "repeats": settings.repeats, "encoding": encoding}
    return {**figures, "sizes": sizes, "startup": startup}


def describe_benchmark(figures: Measured) -> str:
    """Format the result of `run_benchmark` as tables."""
    if "people" in figures:
        return _table([figures])
    if "peers" in figures:
        return "\n\n".join([figures["machine"], *map(_table, figures["peers"])])
    encoding, sizes, startup = map(_table, ([figures["encoding"]], figures["sizes"], [figures["startup"]]))
    return _REPORT.format(machine=figures["machine"], encoding=encoding, sizes=sizes, startup=startup)


def run_apart(function: Callable[[Task], Measured], task: Task) -> Measured:
    """Run a function of `measure` or `peers` in its own process; raise BenchmarkError if it fails."""
    output = run_python(
        ["-c", _MEASURE, function.__module__, function.__name__], environment(task), json.dumps(asdict(task))
    )
    return dict(json.loads(output.splitlines()[-1]))


def run_python(arguments: Sequence[str], variables: dict[str, str], sent: str = "") -> str:
    """Run Python to its end and return its output; raise BenchmarkError with the last line of its error output."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env=variables, input=sent, capture_output=True, encoding="utf-8", errors="replace")
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise BenchmarkError(f"a measurement failed: {said[-1]}")
    return done.stdout


def environment(task: Task) -> dict[str, str]:
    """Return the variables of a process: those of this one, with its modules, the task's folders, and no network."""
    own = {"QA_HOME": f"{task.place}/home", "QA_CACHE": task.cache, "PYTHONPATH": os.pathsep.join(sys.path)}
    return {
        **os.environ,
        **own,
        **peers.SILENCED,
        "HF_HUB_OFFLINE": "1",
        "PYTHONIOENCODING": "utf-8",
        "PYTHONSAFEPATH": "1",
    }


def _measure_size(task: Task, size: int, encoding: Measured, on_notice: Notice) -> Measured:
    place, synthetic, build = Path(task.place, f"passages-{size}"), size > REAL_AT_MOST, None
    task = replace(task, place=str(place), size=size, synthetic=synthetic)
    built, wanted = place / "built", SyntheticEncoder.identity if synthetic else encoding["identity"]
    if not built.exists() or built.read_text() != wanted:
        shutil.rmtree(place, ignore_errors=True)
        on_notice(f"{size:,} passages: building")
        task.write_documents()
        build = run_apart(measure.measure_build, task)
        built.write_text(wanted)
    on_notice(f"{size:,} passages: asking")
    search = run_apart(measure.measure_search, task)
    search["same_again"] = search.pop("hashes") == run_apart(measure.hash_answers, task)["hashes"]
    on_notice(f"{size:,} passages: asking the baseline")
    plain = run_apart(measure.measure_plain, task)
    plain["build_seconds"] = size / encoding["plain"]["median"] + plain["add_seconds"]
    faster = {name: plain[name]["median"] / search[name]["median"] for name in ("ask", "nearest")}
    if build and not synthetic:
        faster["build"] = plain["build_seconds"] / build["seconds"]
    figures = {"build": build, "search": search, "plain": plain, "times_faster": faster}
    return {"size": size, "synthetic": synthetic, **figures}


def _measure_peers(task: Task, sizes: Sequence[int], on_notice: Notice) -> list[list[Measured]]:
    """Measure ours and the peers on new documents; for each size, the figures of each library."""
    found: list[list[Measured]] = []
    for size in sizes:
        each = replace(task, place=f"{task.place}/peers-{size}", size=size)
        shutil.rmtree(each.place, ignore_errors=True)
        each.write_documents()
        found.append([])
        for function in peers.PEERS:
            on_notice(f"{size:,} passages: {function.__name__.removeprefix('measure_')}")
            found[-1].append(run_apart(function, each))
    return found


def _measure_startup(task: Task) -> Measured:
    """Start `qa ask`, `qa chat` and the baseline in turns; the first turn does not count."""
    task = replace(task, place=f"{task.place}/start-{task.size}")
    [question] = task.write_documents().questions(task.size, 1)
    ask = ["-m", "qa", "ask", question, "--sources", f"{task.place}/documents"]
    plain = ["-c", _PLAIN, str(bundled_model_folder()), question]
    seconds: dict[str, list[float]] = defaultdict(list)
    for _ in range(task.repeats + 1):
        seconds["ask"].append(timed(run_python, ask, environment(task))[0])
        start = time.perf_counter()
        with running_chat(task) as (port, process):
            for name, path in (("page", "/"), ("ready", "/readyz")):
                wait_for(port, path, process)
                seconds[name].append(time.perf_counter() - start)
        seconds["plain"].append(timed(run_python, plain, environment(task))[0])
    figures: Measured = {name: spread(values[1:]) for name, values in seconds.items()}
    return {"passages": task.size, **figures, "times_faster": figures["plain"]["median"] / figures["ask"]["median"]}


def _measure_load(task: Task, people: int, seconds: int, on_notice: Notice) -> Measured:
    """Let people ask a chat at once. Each waits up to a second, then asks something else; one in four asks as the page does."""
    task = replace(task, place=f"{task.place}/load-{task.size}", questions=min(500, people * seconds))
    questions = task.write_documents().questions(task.size, task.questions, seed=1)
    on_notice("asking every question alone")
    expected = dict(zip(questions, run_apart(measure.hash_answers, task)["hashes"], strict=True))
    outcomes: list[tuple[str, float]] = []
    over = threading.Event()

    def live(port: int, number: int) -> None:
        chance, ask = random.Random(number), None
        for question in cycle(chance.sample(questions, len(questions))):
            if over.wait(chance.random()):
                return
            try:
                ask = ask or (partial(ask_by_request, port) if number % 4 else visit_page(port))
                taken, answer = timed(ask, question)
                outcomes.append(("same" if answer == expected[question] else "different", taken))
            except BusyChat:  # too many questions are waiting
                outcomes.append(("refused", 0))
            except Exception as error:  # every kind is counted and reported
                outcomes.append((f"{type(error).__name__}: {error}"[:200], 0))

    on_notice(f"{people} people ask for {seconds} seconds")
    with running_chat(task) as (port, process), ThreadPool(people) as pool:
        wait_for(port, "/readyz", process)
        held, start = [memory("VmRSS", process.pid)], time.monotonic()
        lives = pool.map_async(partial(live, port), range(people), chunksize=1)
        for _ in range(2):
            time.sleep(seconds / 2)
            held.append(memory("VmRSS", process.pid))
        over.set()
        lives.wait(_PATIENCE)
        elapsed = time.monotonic() - start
    waits = [taken for _, taken in outcomes if taken]
    errors = Counter(outcome for outcome, _ in outcomes)
    same, different, refused = (errors.pop(name, 0) for name in ("same", "different", "refused"))
    if not waits:
        raise BenchmarkError(f"no question was answered: {dict(errors) or 'all were refused'}.")
    counts = {"answered": same + different, "refused": refused, "errors": dict(errors)}
    times = {"wait": spread(waits), "rate": len(waits) / elapsed}
    return {"people": people, "seconds": elapsed, **counts, **times, "memory": held, "same": not different}


def ask_by_request(port: int, question: str) -> Any:
    """Ask over REST; return the hash of the answer."""
    reply = httpx.post(f"http://127.0.0.1:{port}/api/ask", json={"question": question}, **_DIRECTLY)
    if reply.status_code == 503 and reply.json() == {"error": strings.BUSY}:
        raise BusyChat
    if reply.status_code != 200:
        raise ValueError(f"status {reply.status_code}: {reply.json()}")
    return reply.json()["hash"]


def visit_page(port: int) -> Callable[[str], Any]:
    """Return a function that asks through Gradio's queue, as the page does, and returns the hash of the answer."""
    client = Client(f"http://127.0.0.1:{port}", download_files=False, verbose=False, analytics_enabled=False)
    return lambda question: client.predict(question, api_name="/ask")["hash"]


@contextmanager
def running_chat(task: Task) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Start a chat over the documents, yield its port and process, and stop it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    arguments, quiet = (
        ["chat", f"{task.place}/documents", "--no-browser", "--no-token", "--port", str(port)],
        subprocess.DEVNULL,
    )
    command = [sys.executable, "-m", "qa", *arguments]
    with subprocess.Popen(command, env=environment(task), stdin=quiet, stdout=quiet, stderr=quiet) as process:
        try:
            yield port, process
        finally:
            process.terminate()


def wait_for(port: int, path: str, process: "subprocess.Popen[bytes]") -> None:
    """Wait until a path is answered with status 200; raise BenchmarkError if the chat ends or takes too long."""
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            if httpx.get(f"http://127.0.0.1:{port}{path}", **_DIRECTLY).status_code == 200:
                return
        time.sleep(0.01)
    raise BenchmarkError(f"the chat did not serve {path}.")


def _make_folder(wanted: Path) -> Path:
    folder = wanted.expanduser().absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise BenchmarkError(f"{wanted} cannot be written: {error.strerror}. Name another folder.") from error
    return folder


def _check_plot(path: Path) -> None:
    new_figure(1, 1)
    if path.suffix.lower() not in _PLOTS or not path.expanduser().parent.is_dir():
        raise BenchmarkError(f"{path} cannot be written. Name a {', '.join(_PLOTS)} file in a folder that exists.")


def _plot(sizes: Sequence[Measured], path: Path) -> None:
    """Plot seconds to build, seconds of a question, and bytes against passages, on logarithmic axes."""
    canvas, columns = new_figure(12, 4), [dict(_flatten(size)) for size in sizes]
    for axes, (title, names) in zip(canvas.subplots(1, len(_PANELS)), _PANELS.items(), strict=True):
        for name in names:
            known = {column["size"]: column[name] for column in columns if column.get(name)}
            values = [value["median"] if isinstance(value, dict) else value for value in known.values()]
            axes.loglog(list(known), values, marker="o", label=name)
        axes.set(title=title, xlabel="passages")
        axes.legend(frameon=False)
    save_figure(canvas, path.expanduser())


def _describe_machine() -> str:
    information = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", information.read_text() if information.exists() else "")
    libraries = ", ".join(f"{name} {version(name)}" for name in ("faiss-cpu", "openvino", "sentence-transformers"))
    system = f"{os.cpu_count()} cores; {platform.system()}; Python {platform.python_version()}"
    return f"{model[1] if model else platform.processor()}, {system}, {libraries}"


def _table(columns: Sequence[Measured]) -> str:
    flat = [dict(_flatten(column)) for column in columns]
    cells = {name: [_format(name, column.get(name)) for column in flat] for name in chain.from_iterable(flat)}
    widths = [max(map(len, texts)) + 3 for texts in (cells, *zip(*cells.values(), strict=True))]
    rows = ([name.ljust(widths[0]), *map(str.rjust, row, widths[1:])] for name, row in cells.items())
    return "\n".join("".join(row) for row in rows)


def _flatten(figures: Measured, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in figures.items():
        if isinstance(value, dict) and "median" not in value:
            yield from _flatten(value, f"{prefix}{name} ")
        elif value is not None:
            yield (prefix + name).replace("_", " "), value


def _format(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return ", ".join(_format("bytes", each) for each in value)
    if isinstance(value, dict):
        return "{} ({}-{}; 95 %: {})".format(*(_format(name, value[part]) for part in ("median", "low", "high", "p95")))
    if isinstance(value, bool | str):
        return value if isinstance(value, str) else "yes" if value else "NO"
    if name.endswith("bytes"):
        return f"{value / 1e6:,.1f} MB"
    return f"{value:,.4g}" if value < 1e4 else f"{value:,.0f}"
