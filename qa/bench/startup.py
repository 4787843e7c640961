"""Measure start-up: whole processes, from their start to an answer or a page.

The files they read have been read before, so this is the start of a program used lately, not the first after the
machine's own start. The chat is asked over loopback alone.
"""

import http.client
import re
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from index import bundled_model_folder
from qa.bench.apart import BenchmarkError, child_environment, python_command, run_apart
from qa.bench.corpus import Corpus, make_questions, write_passages
from qa.bench.figures import StartupFigures, spread

PASSAGES_AT_MOST = 1_000
PATIENCE = 120  # seconds for the chat to be ready
POLL = 0.01  # seconds
QA = "from qa.cli import main; sys.exit(main())"
PLAIN = """
from sentence_transformers import SentenceTransformer
import faiss
model = SentenceTransformer(sys.argv[1], device="cpu", local_files_only=True)
vector = model.encode([sys.argv[3]], show_progress_bar=False)
print(faiss.read_index(sys.argv[2]).search(vector, 10)[1])
"""


def measure_startup(corpus: Corpus, folder: Path, cache: Path, size: int, repeats: int) -> StartupFigures:
    """Start `qa ask`, `qa chat` and the baseline, in turns, over the same passages.

    Args:
        corpus: What the passages are made of.
        folder: A folder that holds the file of the corpus; documents and their collection are kept in it.
        cache: Where the fast encoder is kept.
        size: How many passages; at most `PASSAGES_AT_MOST` are taken.
        repeats: How often each is started, after one start that is not counted.

    Raises:
        BenchmarkError: One of them fails.
    """
    size = min(size, PASSAGES_AT_MOST)
    place = folder / f"start-{size}"
    documents, index = place / "documents", place / "plain.faiss"
    write_passages(corpus, size, documents)
    run_apart("plain index", corpus=str(folder / "corpus.json"), cache=str(cache), size=size, file=str(index))
    environment = child_environment(QA_HOME=place / "home", QA_CACHE=cache)
    question = make_questions(corpus, size, 1)[0]
    ask = python_command(QA, "ask", question, "--sources", str(documents))
    chat = python_command(QA, "chat", str(documents), "--no-browser", "--port", "0")
    plain = python_command(PLAIN, str(bundled_model_folder()), str(index), question)
    asked, pages, ready, plainly = [], [], [], []
    for _ in range(repeats + 1):
        asked.append(time_process(ask, environment))
        page, answering = time_chat(chat, environment)
        pages.append(page)
        ready.append(answering)
        plainly.append(time_process(plain, environment))
    return StartupFigures(size, *(spread(seconds[1:]) for seconds in (asked, pages, ready, plainly)))


def time_process(command: Sequence[str], environment: dict[str, str]) -> float:
    """Seconds a process takes from start to end; BenchmarkError when it fails."""
    start = time.perf_counter()
    run_python(command, environment)
    return time.perf_counter() - start


def run_python(command: Sequence[str], environment: dict[str, str]) -> str:
    """Run a process to its end; returns what it printed, or raises BenchmarkError with its last line of complaint."""
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace"
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise BenchmarkError(f"a measured process failed: {said[-1]}")
    return done.stdout


def time_chat(command: Sequence[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds until the chat's page is served, and until it can be asked; the chat is stopped then.

    Raises:
        BenchmarkError: It ends, or is not ready within `PATIENCE` and is ended.
    """
    start = time.perf_counter()
    with running_chat(command, environment) as chat:
        seconds = []
        for path in ("/", "/readyz"):
            chat.wait_for(path)
            seconds.append(time.perf_counter() - start)
    return seconds[0], seconds[1]


@dataclass(frozen=True, slots=True)
class RunningChat:
    """A chat in a process of its own.

    Attributes:
        process: The process.
        port: Where it listens at 127.0.0.1.
    """

    process: subprocess.Popen[bytes]
    port: int

    def wait_for(self, path: str) -> None:
        """Return when a path is answered with 200; BenchmarkError when the chat ends, or takes longer than `PATIENCE`."""
        deadline = time.monotonic() + PATIENCE
        while _status(self.port, path) != 200:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise BenchmarkError(f"the chat did not serve {path}.")
            time.sleep(POLL)


@contextmanager
def running_chat(command: Sequence[str], environment: dict[str, str]) -> Iterator[RunningChat]:
    """Start a chat, and stop it at the end.

    Args:
        command: What starts it.
        environment: Its environment.

    Raises:
        BenchmarkError: It ends before it tells its address, or does not tell it within `PATIENCE`.
    """
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=environment, encoding="utf-8", errors="replace", **streams)
    limit = threading.Timer(PATIENCE, process.kill)
    limit.start()
    try:
        lines = iter(process.stdout.readline, "")
        found = next(filter(None, (re.search(r"http://127\.0\.0\.1:(\d+)", line) for line in lines)), None)
        limit.cancel()
        if found is None:
            raise BenchmarkError("the chat ended before it was served.")
        yield RunningChat(process, int(found[1]))
    finally:
        limit.cancel()
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
        process.stdout.close()


def _status(port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()
