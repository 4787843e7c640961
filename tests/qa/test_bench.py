"""`qa bench`: a whole tiny run, its parts, and what it refuses."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from bench_figures import BENCHMARK

from index import load_encoder
from qa.bench import apart, encoding, peak, plain, run, searching
from qa.bench.apart import BenchmarkError, run_apart
from qa.bench.corpus import make_corpus, save_corpus
from qa.bench.figures import Spread, StartupFigures
from qa.bench.options import parse_sizes
from qa.bench.startup import time_chat, time_process
from qa.cli import main
from qa.collections import encoder_folder

ROOT = Path(__file__).parents[2]
SIZE = asdict(BENCHMARK.sizes[0])
OUTCOMES = {
    "encoding": asdict(BENCHMARK.encoding),
    "identity": {"identity": "this/1"},
    "build": {"identity": "this/1", "figures": SIZE["build"]},
    "search": {
        "figures": {name: value for name, value in SIZE["search"].items() if name != "same_again"},
        "hashes": [],
    },
    "ask again": {"hashes": []},
    "plain": SIZE["plain"],
}
STARTUP = StartupFigures(20, *(Spread(1, 1, 1, 1, 1) for _ in range(4)))


@pytest.fixture
def small(monkeypatch):
    """Few texts and questions, everything in this process, start-up left out."""

    def run_here(task, **arguments):
        module, name = apart.TASKS[task].split(":")
        return json.loads(json.dumps(getattr(import_module(module), name)(**arguments)))

    monkeypatch.setattr(run, "run_apart", run_here)
    monkeypatch.setattr(run, "measure_startup", lambda *given: STARTUP)
    monkeypatch.setattr(run, "REAL_AT_MOST", 20)
    monkeypatch.setattr(encoding, "TEXTS", 8)
    monkeypatch.setattr(encoding, "QUESTIONS", 2)
    monkeypatch.setattr(encoding, "PAUSE", 0)
    monkeypatch.setattr(encoding, "BATCHES", (1, 7, 16))
    monkeypatch.setattr(peak, "SECONDS", 0.02)
    monkeypatch.setattr(searching, "QUESTIONS", 14)
    monkeypatch.setattr(searching, "BATCH", 10)
    monkeypatch.setattr(searching, "COMPARED", 4)
    monkeypatch.setattr(plain, "QUESTIONS", 7)
    for name in ("ROWS", "WIDTH", "TORCH_WIDTH"):
        monkeypatch.setattr(peak, name, 64)


@pytest.mark.usefixtures("small")
def test_a_run_gives_all_figures(tmp_path, capsys):
    """One real size and one synthesised give every figure and a plot, and the documents are as they were."""
    command = ["bench", "--sizes", "20,40", "--repeats", "1", "--work", str(tmp_path / "work"), "--json"]
    assert main([*command, "--plot", str(tmp_path / "plot.png")]) == 0
    output = capsys.readouterr()
    record = json.loads(output.out)
    assert output.err.splitlines() == [
        "measuring the encoder",
        "20 passages: building",
        "20 passages: asking",
        "20 passages: asking the baseline",
        "encoding the sentences that vectors are synthesised from",
        "40 passages: building",
        "40 passages: asking",
        "40 passages: asking the baseline",
        "measuring start-up",
    ]
    assert (tmp_path / "plot.png").stat().st_size > 10_000
    figures = record["encoding"]
    assert figures["identity"] == load_encoder(cache_folder=encoder_folder()).identity
    assert 0.99 < figures["lowest_cosine"] <= figures["mean_cosine"] <= 1.0001
    assert figures["equal"] == {"1": True, "7": True, "16": True}
    assert 100 <= figures["tokens"] <= 150
    assert min(figures["peak_float"], figures["ours"]["median"], figures["question_plain"]["low"]) > 0
    assert [size["synthetic"] for size in record["sizes"]] == [False, True]
    for size, passages in zip(record["sizes"], (20, 40), strict=True):
        search = size["search"]
        assert search["passages"] == passages
        assert size["plain"]["vectors"] == search["vectors"] > 4 * passages
        assert size["plain"]["all_vectors"] is True
        assert size["plain"]["bytes"] == search["vectors"] * 384 * 4
        assert search["disk_bytes"] > search["vectors"] * 384 * 2
        assert search["recall"] == 1
        assert search["same_in_batch"] is search["same_again"] is True
        assert search["ask"]["count"] == 4
        assert search["nearest"]["count"] == 10
        assert (search["add"]["count"], search["remove"]["count"]) == (1, 1)
        assert size["build"]["seconds"] > size["build"]["encoding_seconds"] > 0
    assert record["startup"]["passages"] == 20
    documents = sorted(path.name for path in (tmp_path / "work").rglob("documents/*/*"))
    assert documents == ["000000.txt", "000000.txt"]


def test_a_collection_built_before_is_used_again(tmp_path, monkeypatch, capsys):
    """With the same encoder nothing is built and the table says so; with another, or not built to its end, it is."""
    built = []

    def pretend(task, **arguments):
        if task == "build":
            built.append(arguments["collection"])
        return OUTCOMES[task]

    monkeypatch.setattr(run, "run_apart", pretend)
    monkeypatch.setattr(run, "measure_startup", lambda *given: STARTUP)
    command = ["bench", "--sizes", "20", "--work", str(tmp_path)]
    assert main(command) == 0
    assert "reused" not in capsys.readouterr().out
    assert main(command) == 0
    output = capsys.readouterr().out
    assert [line.split() for line in output.splitlines() if line.startswith("build")] == [["build,", "s", "reused"]]
    [file] = tmp_path.rglob("built.json")
    assert built == [str(file.parent / "collection")]
    file.write_text('{"identity": "another/1"}')
    assert main(command) == 0
    file.unlink()
    assert main(command) == 0
    assert len(built) == 3


class TwoBlocks:
    """Vectors of three passages in two blocks; the second passage lies in both."""

    def embeddings(self):
        """Passages 4, 7, 7 and 7, 9 on the axes of three dimensions."""
        yield np.array([4, 7, 7]), np.array([[1, 0, 0], [0, 1, 0], [0, 0.5, 0]], dtype=np.float16)
        yield np.array([7, 9]), np.array([[0, 0, 1], [0, 0.5, 0.25]], dtype=np.float16)


def test_exact_scores_are_those_of_the_nearest_vector_of_each_passage():
    """A passage counts by its best vector, whichever block that is in."""
    questions = np.array([[1, 0, 0], [0, 0.5, 1]], dtype=np.float32)
    best, known, count = searching.exact_scores(TwoBlocks(), questions, [[4], [9, 7]])
    assert best == [[0, 0, 1], [0, 0.5, 1]]
    assert known == [{4: 1}, {9: 0.5, 7: 1}]
    assert count == 5


def test_the_operations_of_a_passage_follow_from_the_dimensions(tmp_path):
    """By hand, for one token: 2 layers of 4 products 3 x 3, 2 of 3 x 5, and 2 of 3 for attention, each counted twice."""
    (tmp_path / "config.json").write_text('{"hidden_size": 3, "intermediate_size": 5, "num_hidden_layers": 2}')
    assert peak.passage_cost(tmp_path, 1) == 2 * 2 * (4 * 9 + 2 * 15 + 2 * 3)


def test_a_task_runs_in_a_process_of_its_own(tmp_path):
    """It gives what it returns; a known error comes back with its message, any other with its last line."""
    save_corpus(make_corpus(["The keeper climbed many narrow steps every evening."]), tmp_path / "corpus.json")
    given = {"corpus": str(tmp_path / "corpus.json"), "cache": str(encoder_folder()), "pool": None}
    identity = load_encoder(cache_folder=encoder_folder()).identity
    assert run_apart("identity", **given) == {"identity": identity}
    (tmp_path / "file").touch()
    with pytest.raises(BenchmarkError, match="the folder .* cannot be made"):
        run_apart("build", **given, documents=str(tmp_path), collection=str(tmp_path / "file" / "collection"))
    with pytest.raises(BenchmarkError, match="measuring 'identity' failed: FileNotFoundError: .*absent"):
        run_apart("identity", **{**given, "corpus": str(tmp_path / "absent")})


SERVER = """
import http.server, sys
asked = []
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        self.send_response(503 if asked.count("/readyz") in (1, 2) else 200)
        self.end_headers()
    def log_message(self, *words): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Page)
print("a line before", flush=True)
print(f"open http://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
"""


def test_the_chat_is_timed_until_it_is_ready_and_stopped():
    """The page comes first, then readiness after two refusals; a process that never serves is an error."""
    page, ready = time_chat([sys.executable, "-c", SERVER], dict(os.environ))
    assert 0 < page < ready
    with pytest.raises(BenchmarkError, match="ended before it was served"):
        time_chat([sys.executable, "-c", "print('no')"], dict(os.environ))


def test_a_process_that_fails_is_an_error():
    """Its last line is told; one that ends well gives seconds."""
    assert time_process([sys.executable, "-c", ""], dict(os.environ)) > 0
    with pytest.raises(BenchmarkError, match="failed: no luck"):
        time_process([sys.executable, "-c", "import sys; sys.exit('no luck')"], dict(os.environ))


@pytest.mark.skipif(os.name == "nt", reason="sends a signal that Windows has not")
def test_ctrl_c_leaves_nothing_behind(tmp_path):
    """Interrupted while it measures, it exits with 130 and its temporary folder is gone."""
    environment = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "qa", "bench", str(ROOT / "seeds"), "--sizes", "20"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    assert process.stderr.readline() == "measuring the encoder\n"
    assert [path.name[:9] for path in tmp_path.iterdir()] == ["qa-bench-"]
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[1] == "qa: interrupted\n"
    assert process.returncode == 130
    assert list(tmp_path.iterdir()) == []


def test_sizes_are_read():
    """Units, any order and repetitions are understood."""
    assert parse_sizes("1m, 10K,500,10k") == (500, 10_000, 1_000_000)


WRONG_USAGE = {
    "unknown unit": ["--sizes", "10q"],
    "size of nothing": ["--sizes", "0"],
    "no size": ["--sizes", ""],
    "negative": ["--sizes=-1"],
    "too large": ["--sizes", "11m"],
    "one bad among good": ["--sizes", "1k,,2k"],
    "no repeats": ["--repeats", "0"],
    "repeats not a number": ["--repeats", "x"],
}


@pytest.mark.parametrize("arguments", WRONG_USAGE.values(), ids=WRONG_USAGE)
def test_wrong_usage_exits_with_2(arguments, capsys):
    """What cannot be a size or a number is refused before anything is read."""
    with pytest.raises(SystemExit) as caught:
        main(["bench", *arguments])
    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: qa bench")


KNOWN_ERRORS = {
    "no such texts": ["absent"],
    "no sentence in the texts": ["empty"],
    "work folder inside a file": ["texts", "--work", "texts/a.txt/work"],
    "work folder is a file": ["texts", "--work", "texts/a.txt"],
    "plot of an unknown kind": ["texts", "--plot", "plot.xyz"],
    "plot in a folder that is not there": ["texts", "--plot", "absent/plot.png"],
}


@pytest.mark.parametrize("arguments", KNOWN_ERRORS.values(), ids=KNOWN_ERRORS)
def test_a_known_error_is_one_line(arguments, tmp_path, monkeypatch, capsys):
    """Known errors are one line on standard error, exit with 1, and nothing was measured before."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("The keeper climbed many narrow steps every evening.\n")
    assert main(["bench", *arguments]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("qa: ")
    assert output.err.count("\n") == 1
