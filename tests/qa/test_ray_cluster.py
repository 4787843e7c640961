"""Answers from workers on a Ray cluster: the same, in order, whatever becomes of workers and computers."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from toy_assistant import ToyAssistant
from toy_encoder import ToyEncoder

from index.executors.pool import AHEAD
from qa import Assistant, WorkerError, assistant
from qa.batch import answer_batch
from qa.cli import main
from qa.workers import Workers

ROOT = Path(__file__).parents[2]
QUESTIONS = [
    f"Which {fruit} {verb} number {n}?" for n in range(4) for fruit in ("apple", "pear") for verb in ("fell", "stayed")
]
TEXT = "The apple fell from the old tree.\n\nA pear stayed.\n\nThe plum is blue."


KILLING = """
import os, signal, sys, time
from functools import partial
from toy_assistant import ToyAssistant
from qa.workers import Workers
with Workers(partial(ToyAssistant, sys.argv[1], delay=1.0), "ray?workers=1") as workers:
    import ray
    print(workers.ask("apples")().found)
    (worker,) = workers._executor._at
    process = ray.get(worker._actor.__ray_call__.remote(lambda _: os.getpid()))
    asked = workers.ask("apples")
    time.sleep(0.5)
    os.kill(process, signal.SIGKILL)
    print(asked().found)
    time.sleep(1)
"""


@pytest.fixture(scope="module")
def cluster():
    """A cluster of this computer alone: a head, and three nodes of one processor each."""
    ray = pytest.importorskip("ray", reason="needs the extra cluster: pip install 'qa-verbatim[cluster]'")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        from ray.cluster_utils import Cluster

        started = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
        patch.setenv("RAY_ADDRESS", started.address)
        for _ in range(3):
            started.add_node(num_cpus=1)
        yield started
        ray.shutdown()
        started.shutdown()


@pytest.fixture
def fruit(tmp_path):
    """A document about fruit."""
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    with Assistant.open(tmp_path / "a.txt", home=tmp_path / "home", encoder=ToyEncoder(), reader=None) as opened:
        yield opened


def answer_slowly(tmp_path, disturb):
    """Answer a batch, alone and on the cluster, where something happens in between; return both files."""
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "apples.txt").write_text("Apples are red.\n\nPears are green.", encoding="utf-8")
    (tmp_path / "q.txt").write_text("".join(f"apples {number}\n" for number in range(60)), encoding="utf-8")
    toy = ToyAssistant(tmp_path / "documents")
    answer_batch(toy, tmp_path / "q.txt", tmp_path / "alone.jsonl")
    with Workers(partial(ToyAssistant, tmp_path / "documents", delay=0.1), "ray") as workers:

        def follow(done, total):
            if done == 10:
                disturb(workers)

        answer_batch(toy, tmp_path / "q.txt", tmp_path / "together.jsonl", workers=workers, on_progress=follow)
    return (tmp_path / "alone.jsonl").read_bytes(), (tmp_path / "together.jsonl").read_bytes()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_answers_are_those_of_one_process_in_order(cluster, fruit, count):
    """Every answer equals that of `ask`, whole, and has its hash."""
    answers = list(fruit.ask_many(QUESTIONS, workers=f"ray?workers={count}"))
    alone = [fruit.ask(question) for question in QUESTIONS]
    assert answers == alone
    assert [answer.hash for answer in answers] == [answer.hash for answer in alone]


def test_workers_are_as_many_as_processors_and_on_all_nodes(cluster, fruit):
    """Unless the address says how many."""
    import ray

    with fruit.workers("ray") as workers:
        assert workers.ahead == 3 * AHEAD
        list(workers.ask_each(QUESTIONS))
        nodes = [ray.get(each._actor.__ray_call__.remote(node_of)) for each in workers._executor._at]
    assert len(set(nodes)) == 3


def test_index_made_on_the_cluster_gives_the_same_answers(cluster, tmp_path, fruit):
    """Its workers need no file of it."""
    with Assistant.open(
        tmp_path / "a.txt", home=tmp_path / "home2", encoder=ToyEncoder(), reader=None, workers="ray?workers=2"
    ) as made:
        assert made.scope == fruit.scope
        assert [made.ask(question) for question in QUESTIONS] == [fruit.ask(question) for question in QUESTIONS]


def node_of(_):
    """The node that an actor runs on."""
    import ray

    return ray.get_runtime_context().get_node_id()


def process_of(_):
    """The process of an actor."""
    return os.getpid()


def test_killed_worker_loses_nothing(cluster, tmp_path):
    """Its questions are given to another, and a worker is started in its place; the file is the same, byte for byte."""
    import ray

    def kill(workers):
        worker = next(iter(workers._executor._at))
        os.kill(ray.get(worker._actor.__ray_call__.remote(process_of)), signal.SIGKILL)

    alone, together = answer_slowly(tmp_path, kill)
    assert together == alone


def test_nothing_is_printed_of_a_killed_worker(cluster, tmp_path):
    """Standard output is for answers."""
    (tmp_path / "apples.txt").write_text("Apples are red.", encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", KILLING, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout == "True\nTrue\n"


def test_killed_node_loses_nothing(cluster, tmp_path):
    """Also where no processor is left for another worker."""

    def kill(workers):
        node = next(iter(cluster.worker_nodes))
        cluster.remove_node(node, allow_graceful=False)

    alone, together = answer_slowly(tmp_path, kill)
    cluster.add_node(num_cpus=1)
    assert together == alone


def test_processes_that_end_again_and_again_are_given_up(cluster):
    """The message says what to do."""
    with Workers(partial(os._exit, 3), "ray?workers=1") as workers:
        answer = workers.ask("apples")
        with pytest.raises(WorkerError, match="Use fewer workers"):
            answer()


def test_errors_come_as_they_are(cluster, fruit):
    """Of a question, and of opening what answers."""
    from index import DeletedError
    from qa import QuestionError, delete_collection

    answers = fruit.ask_many(["Which apple?", "?"], workers="ray?workers=1")
    assert next(answers).question == "Which apple?"
    with pytest.raises(QuestionError, match="^question 2: "):
        next(answers)
    with fruit.workers("ray?workers=1") as workers:
        delete_collection(fruit.key, fruit._collection.folder.parent.parent)
        with pytest.raises(DeletedError, match="was deleted"):
            workers.ask("Which apple?")()


def test_command_line_takes_the_address(cluster, tmp_path, capsys):
    """The file is the same as from one process, and nothing else is printed."""
    (tmp_path / "q.txt").write_text("Who is mediating?\n", encoding="utf-8")
    environment = {**os.environ, "QA_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "qa", "batch", tmp_path / "q.txt", "-o", "-", "--sources", ROOT / "seeds"]
    alone, together = (
        subprocess.run([*command, "--workers", workers], env=environment, capture_output=True, check=True)
        for workers in ("1", "ray?workers=1")
    )
    assert together.stdout == alone.stdout
    assert together.stderr.splitlines() == [b"1 answered, 0 rows not answered"]


def test_cluster_that_is_not_there_is_named(cluster, tmp_path):
    """With what to do. In a process of its own, for this one is connected already."""
    code = "from index import open_executor; open_executor(print, 'ray')"
    environment = {**os.environ, "RAY_ADDRESS": "127.0.0.1:9", "RAY_AUTH_MODE": "disabled", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert "WorkerError: the Ray cluster ray cannot be reached: " in done.stderr
    assert "Start it with `ray start --head`" in done.stderr


def test_missing_package_is_named_with_the_command_that_installs_it(monkeypatch, fruit, capsys):
    """Before anything else is done."""
    monkeypatch.setattr("index.executors.ray_cluster.find_spec", lambda name: None)
    with pytest.raises(WorkerError, match=r"need the package ray\. Install it: pip install 'qa-verbatim\[cluster\]'$"):
        list(fruit.ask_many(QUESTIONS, workers="ray://head:10001"))
    assert main(["batch", "q.txt", "-o", "a.csv", "--workers", "ray://head:10001"]) == 1
    assert capsys.readouterr().err == (
        "qa: workers on a Ray cluster need the package ray. Install it: pip install 'qa-verbatim[cluster]'\n"
    )


@pytest.mark.parametrize(
    "address", ["", "head:10001", "rays", "ray://", "ray?workers=0", "ray://head/x", "http://head"]
)
def test_other_addresses_are_refused(fruit, address):
    """With an example of one that is understood."""
    with pytest.raises(ValueError, match="is neither a number nor an address such as ray://head:10001"):
        fruit.workers(address)


def test_nothing_of_it_is_imported_unless_asked_for():
    """Neither Ray nor what starts processes."""
    code = "import sys, qa, qa.cli.commands; print({'ray', 'loky', 'cloudpickle'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    assert done.stdout == "set()\n"


def test_other_computers_need_the_collection(tmp_path, fruit, monkeypatch):
    """The same folder, not an earlier state of it, and the same model: a worker that lacks it says so, with its name."""
    collection = fruit._collection
    opened = assistant._Opened(
        collection.folder, collection.key, collection.store, None, fruit.name, fruit.generation, "driver"
    )
    monkeypatch.setattr("platform.node", lambda: "other")
    with pytest.raises(WorkerError, match=r"^other does not have the folder .*/nowhere\. Make it available"):
        assistant._reopen(assistant.replace(opened, folder=tmp_path / "nowhere"), ToyEncoder(), None)
    with pytest.raises(
        WorkerError, match=r"^other has an earlier state of the folder .*\. Copy it from driver again\.$"
    ):
        assistant._reopen(assistant.replace(opened, generation=fruit.generation + 1), ToyEncoder(), None)
    altered = ToyEncoder()
    altered.identity = "toy/2"
    with pytest.raises(
        WorkerError, match=r"^other cannot answer: .* with the model toy/1, not toy/2\. Install the same"
    ):
        assistant._reopen(opened, altered, None)
    with assistant._reopen(opened, ToyEncoder(), None) as there:
        assert there.ask(QUESTIONS[0]) == fruit.ask(QUESTIONS[0])
