"""Measure start-up: whole processes, from their start to an answer or a page.

The files they read have been read before, so this is the start of a program used lately, not the first after the
machine's own start. The chat is asked over loopback alone.
"""

import http.client
import re
import subprocess
import threading
import time
from collections.abc import Sequence
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
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", errors="replace"
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise BenchmarkError(f"measuring start-up failed: {said[-1]}")
    return seconds


def time_chat(command: Sequence[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds until the chat's page is served, and until it can be asked; the chat is stopped then.

    Raises:
        BenchmarkError: It ends, or is not ready within `PATIENCE` and is ended.
    """
    start = time.perf_counter()
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=environment, encoding="utf-8", errors="replace", **streams)
    limit = threading.Timer(PATIENCE, process.kill)
    limit.start()
    try:
        lines = iter(process.stdout.readline, "")
        found = next(filter(None, (re.search(r"http://127\.0\.0\.1:(\d+)", line) for line in lines)), None)
        if found is None:
            raise BenchmarkError("measuring start-up failed: the chat ended before it was served.")
        port = int(found[1])
        seconds = []
        for path in ("/", "/readyz"):
            while _status(port, path) != 200:
                if process.poll() is not None:
                    raise BenchmarkError(f"measuring start-up failed: the chat did not serve {path}.")
                time.sleep(POLL)
            seconds.append(time.perf_counter() - start)
        return seconds[0], seconds[1]
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
