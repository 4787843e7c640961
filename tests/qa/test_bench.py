"""`qa bench`: a whole tiny run, many people asking, and what it refuses."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from toy_encoder import ToyEncoder

from index import Collection
from qa.bench import measure, parse_sizes, peers, run
from qa.bench.corpus import Corpus
from qa.bench.measure import BenchmarkError, SyntheticEncoder, Task, compare_with_exact, spread
from qa.bench.run import BusyChat, ask_by_request, run_apart, run_python, wait_for
from qa.cli import main
from qa.collections import encoder_folder
from qa.web import strings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def small(monkeypatch):
    """Few texts and questions, everything in this process, and a short start-up."""
    monkeypatch.setattr(run, "run_apart", lambda function, task: json.loads(json.dumps(function(task))))
    monkeypatch.setattr(run, "_measure_startup", lambda *given: {"passages": 20, "ask": spread([1.0])})
    monkeypatch.setattr(run, "REAL_AT_MOST", 20)
    for name, value in {"ENCODED": 32, "ASKED": 10, "COMPARED": 4, "PAUSE": 0}.items():
        monkeypatch.setattr(measure, name, value)


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_a_run_gives_all_figures(tmp_path, capsys):
    """One real size and one synthetic give every figure and a plot; a second run reuses the collections."""
    command = ["bench", "--sizes", "20,40", "--repeats", "1", "--work", str(tmp_path / "work")]
    assert main([*command, "--json", "--plot", str(tmp_path / "plot.png")]) == 0
    output = capsys.readouterr()
    figures = json.loads(output.out)
    assert output.err.splitlines() == [
        "measuring the encoder",
        "20 passages: building",
        "20 passages: asking",
        "20 passages: asking the baseline",
        "40 passages: building",
        "40 passages: asking",
        "40 passages: asking the baseline",
        "measuring start-up",
    ]
    assert (tmp_path / "plot.png").stat().st_size > 10_000
    assert 0.99 < figures["encoding"]["lowest_cosine"] <= figures["encoding"]["mean_cosine"] <= 1.0001
    assert figures["encoding"]["same_in_batch"] is True
    for size, passages in zip(figures["sizes"], (20, 40), strict=True):
        search = size["search"]
        assert (size["synthetic"], search["passages"]) == (passages == 40, passages)
        assert size["plain"]["vectors"] == search["vectors"] > 4 * passages
        assert size["plain"]["bytes"] == search["vectors"] * 384 * 4
        assert search["disk_bytes"] > search["vectors"] * 384 * 2
        assert search["recall"] == 1
        assert search["same_in_batch"] is search["same_again"] is True
        assert (search["ask"]["count"], search["nearest"]["count"], search["add"]["count"]) == (10, 10, 1)
        assert size["build"]["seconds"] > size["build"]["encoding_seconds"] > 0
        assert size["build"]["peak_bytes"] is None or size["build"]["peak_bytes"] >= 0
        ratio = size["plain"]["ask"]["median"] / search["ask"]["median"]
        assert size["times_faster"]["ask"] == ratio > 0
        assert ("build" in size["times_faster"]) is (passages == 20)
    assert main(command) == 0
    output = capsys.readouterr()
    assert "20 passages: building" not in output.err
    rows = {line[:22].strip(): line[22:].split() for line in output.out.splitlines()}
    assert rows["search recall"] == ["1", "1"]
    assert rows["search same in batch"] == rows["search same again"] == ["yes", "yes"]


@pytest.mark.slow
def test_few_people_for_a_short_time(tmp_path, capsys):
    """Four people, one of them on the page's protocol, get the answers that each question gets alone, and no error."""
    command = ["bench", "--load", "--people", "4", "--seconds", "3", "--sizes", "20", "--work", str(tmp_path), "--json"]
    assert main(command) == 0
    output = capsys.readouterr()
    assert output.err.splitlines() == ["asking every question alone", "4 people ask for 3 seconds"]
    figures = json.loads(output.out)
    assert (figures["people"], figures["errors"], figures["refused"], figures["same"]) == (4, {}, 0, True)
    assert figures["seconds"] >= 3
    assert figures["answered"] == figures["wait"]["count"] > 0
    assert figures["rate"] == pytest.approx(figures["answered"] / figures["seconds"])
    assert len(figures["memory"]) == 3
    table = run.describe_benchmark({**figures, "memory": [400_000_000, 410_000_000, None]})
    assert {" ".join(line.split()) for line in table.splitlines()} >= {
        "people 4",
        "memory 400.0 MB, 410.0 MB, -",
        "same yes",
    }


FAKES = {
    "chromadb.py": """
        from pathlib import Path
        asked, kept = [], []
        class Settings:
            def __init__(self, *, anonymized_telemetry):
                assert anonymized_telemetry is False
        class PersistentClient:
            def __init__(self, folder, settings):
                self.file = Path(folder, "chroma.sqlite3")
                Path(folder).mkdir()
            def create_collection(self, name, *, metadata, embedding_function):
                assert embedding_function is None
                return self
            def add(self, *, ids, documents, embeddings):
                assert len(ids) == len(documents) == len(embeddings)
                kept.extend(documents)
                self.file.write_bytes(bytes(1_000))
            def query(self, *, query_embeddings, n_results):
                asked.append(n_results)
    """,
    "langchain_core/embeddings.py": "class Embeddings: pass",
    "langchain_community/vectorstores.py": """
        from pathlib import Path
        asked, kept = [], []
        class FAISS:
            @classmethod
            def from_texts(cls, texts, embeddings):
                kept.extend(texts)
                assert len(embeddings.embed_documents(texts)) == len(texts)
                cls.embeddings = embeddings
                return cls()
            def save_local(self, folder):
                Path(folder).mkdir()
                Path(folder, "index.faiss").write_bytes(bytes(1_000))
            def similarity_search_with_score(self, question, *, k):
                assert len(self.embeddings.embed_query(question)) == 3
                asked.append(k)
    """,
    "txtai.py": """
        from pathlib import Path
        asked, kept = [], []
        class Embeddings:
            def __init__(self, *, method, transform, content):
                assert (method, content) == ("external", True)
                self.transform = transform
            def index(self, texts):
                kept.extend(texts)
            def save(self, folder):
                Path(folder).mkdir()
                Path(folder, "documents").write_bytes(bytes(1_000))
            def search(self, question, k):
                assert len(self.transform([question])) == 1
                asked.append(k)
    """,
}


@pytest.fixture
def fake_peers(tmp_path, monkeypatch):
    """Small modules in place of the peers, which note what they are handed; returns them once they are imported."""
    names = ("chromadb", "langchain_core", "langchain_community", "txtai")
    for name in [name for name in sys.modules if name.partition(".")[0] in names]:
        monkeypatch.delitem(sys.modules, name)
    for name, source in FAKES.items():
        file = tmp_path / "fakes" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(source), encoding="utf-8")
        for package in name.split("/")[:-1]:
            (tmp_path / "fakes" / package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path / "fakes")
    monkeypatch.setattr(peers, "load_plain", lambda: lambda texts: np.ones((len(texts), 3), dtype=np.float32))
    yield lambda: [sys.modules[name] for name in ("chromadb", "langchain_community.vectorstores", "txtai")]
    for name in [name for name in sys.modules if name.partition(".")[0] in names]:
        del sys.modules[name]


@pytest.mark.usefixtures("small")
def test_peers_get_the_same_passages_and_questions(tmp_path, fake_peers):
    """Each library indexes every passage and is asked every question; the figures of a size are a table."""
    peers.check_peers()
    task = Task(("The keeper climbed 212 narrow steps.",), "", 1, str(tmp_path), synthetic=True)
    notices = []
    [found] = run._measure_peers(task, [20], notices.append)
    assert [each["library"] for each in found] == ["ours", "chroma", "langchain", "txtai"]
    assert notices == [f"20 passages: {each['library']}" for each in found]
    passages = list(map(Corpus(task.sentences).passage, range(20)))
    for fake in fake_peers():
        assert fake.kept == passages
        assert fake.asked == [measure.NEAREST] * (measure.ASKED + measure.WARM_UP)
    for each in found:
        assert each["passages"] == 20 and each["build_seconds"] > 0
        assert each["find"]["count"] == measure.ASKED
    assert [each["disk_a_passage"] for each in found[1:]] == [50.0] * 3
    assert found[0]["disk_a_passage"] > 20 * 4  # its texts alone
    rows = [line.split() for line in run.describe_benchmark({"machine": "A fast one", "peers": [found]}).splitlines()]
    assert rows[:3] == [["A", "fast", "one"], [], ["library", "ours", "chroma", "langchain", "txtai"]]


def test_missing_peers_are_named_with_the_command_that_installs_them(monkeypatch, capsys):
    """Nothing is measured before; and what is measured is told to contact nobody."""
    monkeypatch.setattr(peers, "PACKAGES", ("json", "absent_one", "absent_two"))
    assert main(["bench", "--peers"]) == 1
    assert capsys.readouterr().err == (
        "qa: --peers needs absent_one, absent_two. Install them: pip install 'qa-verbatim[peers]'\n"
    )
    silenced = run.environment(Task((), "", 1)).items()
    assert silenced >= {"HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False", "ORT_DISABLE_TELEMETRY": "1"}.items()


@contextmanager
def server(status, answer):
    """A server that gives every request the same answer; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *arguments):
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield listening.server_address[1]
        listening.shutdown()


def test_only_the_words_of_a_busy_chat_count_as_busy():
    """Status 503 with that line is a refusal; 503 with another line is an error, and so is every other status."""
    with server(200, {"hash": "plum"}) as port:
        assert ask_by_request(port, "Who?") == "plum"
    with server(503, {"error": strings.BUSY}) as port, pytest.raises(BusyChat):
        ask_by_request(port, "Who?")
    for status, error in ((503, strings.STILL_LOADING), (400, strings.BUSY)):
        with server(status, {"error": error}) as port, pytest.raises(ValueError, match=f"status {status}"):
            ask_by_request(port, "Who?")


def test_recall_is_counted_against_exact_search(tmp_path):
    """The nearest passages by exact score count as found; others do not; passages equally near count alike."""
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "fruit.txt").write_text("An apple.\n\nA pear.\n\nA plum.\n\nA plum.\n", encoding="utf-8")
    encoder = ToyEncoder()
    collection = Collection(tmp_path / "collection", encoder)
    collection.update([sources])
    passages = {stored.text: stored.id for stored, _ in collection.stored_passages(str(sources / "fruit.txt"))}
    vectors = np.stack([encoder.encode_question("plum")])
    monkey = pytest.MonkeyPatch()
    with monkey.context() as patched:
        patched.setattr(measure, "NEAREST", 1)
        assert compare_with_exact(collection, vectors, [[passages["A plum."]]]) == (4, 1.0)
        assert compare_with_exact(collection, vectors, [[passages["A pear."]]]) == (4, 0.0)
    collection.close()


def test_synthetic_vectors_are_unit_and_the_same_in_any_batch():
    """Texts with words in common are near; a text has the same vector alone and with others."""
    encoder = SyntheticEncoder()
    texts = ["a tall tree", "a tall wall", "", "🙂"]
    vectors = encoder.encode_passages(texts)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.array_equal(np.stack([encoder.encode_question(text) for text in texts]), vectors)
    assert vectors[0] @ vectors[1] > 0.5 > vectors[0] @ vectors[3]


def test_a_spread_sums_up():
    """Median, extremes and the nearest measured 95th percentile."""
    assert spread([3, 1, 2, 4]) == {"median": 2.5, "low": 1, "high": 4, "p95": 4, "count": 4}
    assert spread(range(1, 101))["p95"] == 95


@pytest.mark.slow
def test_whole_processes_are_started(tmp_path):
    """The chat serves its page before it can be asked; the baseline and `qa ask` end by themselves; one start counts."""
    task = Task(("The keeper climbed 212 narrow steps every evening.",), str(encoder_folder()), 1, str(tmp_path), 20)
    figures = run._measure_startup(task)
    assert figures["passages"] == 20
    assert [figures[name]["count"] for name in ("ask", "page", "ready", "plain")] == [1, 1, 1, 1]
    assert 0 < figures["page"]["median"] < figures["ready"]["median"]
    assert 0 < figures["times_faster"] == figures["plain"]["median"] / figures["ask"]["median"]


def test_a_chat_that_ends_is_an_error():
    """It is not waited for."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        with pytest.raises(BenchmarkError, match="did not serve /readyz"):
            wait_for(9, "/readyz", process)


def test_a_process_that_fails_is_an_error(tmp_path):
    """The last line of its error output is shown; one that ends well returns its output."""
    assert run_python(["-c", "print('plum')"], dict(os.environ)) == "plum\n"
    with pytest.raises(BenchmarkError, match="failed: no luck"):
        run_python(["-c", "import sys; sys.exit('no luck')"], dict(os.environ))
    (tmp_path / "collection").touch()
    with pytest.raises(BenchmarkError, match="a measurement failed: .*StorageError: .*collection"):
        run_apart(measure.measure_build, Task(("One.",), "", 1, str(tmp_path), 1, synthetic=True))


def test_figures_are_shown_as_a_table():
    """A row for each figure, a column for each size; spreads with their extremes, bytes in MB, reused parts as a dash."""
    first = {"size": 1_000, "build": {"seconds": 12.5, "peak_bytes": 45_600_000}, "search": {"same": True}}
    second = {"size": 100_000, "build": None, "search": {"ask": spread([0.5, 0.25, 0.75]), "same": False}}
    assert run._table([first, second]).splitlines() == [
        "size                    1,000                       100,000",
        "build seconds            12.5                             -",
        "build peak bytes      45.6 MB                             -",
        "search same               yes                            NO",
        "search ask                  -   0.5 (0.25-0.75; 95 %: 0.75)",
    ]


@pytest.mark.slow
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
    error = capsys.readouterr().err
    assert error.startswith(f"qa bench: error: invalid value for '{arguments[0].partition('=')[0]}': ")
    assert error.count("\n") == 1


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
