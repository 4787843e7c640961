"""Executors: tasks done here or in other processes; and embedding with them, which makes the same index."""

import os
import threading
import time
from concurrent.futures import Future
from functools import partial

import pytest
from toy_encoder import ToyEncoder

from index import Collection, UpdateStopped, WorkerError, embed_with, open_executor
from index.executors import InProcess
from index.executors.pool import AHEAD, PATIENCE, Pool

PASSAGES = [f"The {('apple', 'pear', 'plum', 'fig')[n % 4]} tree of garden {n % 300} is old." for n in range(700)]


@pytest.fixture
def sources(tmp_path):
    """Twenty files of 35 passages, many of which are equal."""
    folder = tmp_path / "sources"
    folder.mkdir()
    for number in range(20):
        text = "\n\n".join(PASSAGES[number * 35 : number * 35 + 35])
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    return folder


def describe(collection):
    """Everything a collection has: each passage with its embeddings."""
    return [
        (info.source, stored.text, vectors.tobytes())
        for info in collection.catalog.documents()
        for stored, vectors in collection.stored_passages(info.path)
    ]


def index_with(folder, sources, executor=None, **options):
    """Index files, with the workers of an executor if one is given; describe what came of it."""
    collection = Collection(folder, ToyEncoder())
    collection.open_workers = executor
    try:
        collection.update([sources], **options)
        return describe(collection)
    finally:
        collection.close()


def make_upper():
    """Make what changes a text to upper case, or ends its process."""
    return lambda text: text.upper() if text != "end" else os._exit(3)


def test_task_is_done_here():
    """And its error is raised at once."""
    executor = InProcess(int)
    assert executor.submit("7").result() == 7
    with pytest.raises(ValueError, match="invalid literal"):
        executor.submit("x")


def test_tasks_are_done_by_processes():
    """Each future has the result of its task, or its error with the place where it was raised."""
    executor = open_executor(make_upper, 2)
    assert executor.ahead == 2 * AHEAD
    futures = [executor.submit(text) for text in "abc"] + [executor.submit(7)]
    assert [future.result() for future in futures[:3]] == ["A", "B", "C"]
    with pytest.raises(AttributeError, match="'int' object has no attribute 'upper'") as raised:
        futures[3].result()
    assert "test_executors.py" in raised.value.__notes__[0]
    executor.close()


def test_task_that_ends_its_process_is_tried_again_and_then_given_up():
    """Others go on."""
    executor = open_executor(make_upper, 2)
    ended = executor.submit("end")
    with pytest.raises(WorkerError, match="the workers end by themselves, perhaps for want of memory"):
        ended.result()
    assert executor.submit("a").result() == "A"
    executor.close()


class Broken:
    """Where workers fail to start: `failures` times, because the process or its computer ends, or for another reason."""

    count = 2

    def __init__(self, failures, error):
        self.starts, self._failures, self._error = 0, failures, error

    def start(self, make):
        """Start a worker, or fail."""
        self.starts += 1
        return BrokenWorker(self._error if self.starts <= self._failures else None)

    def is_loss(self, error):
        """Whether it is an end."""
        return isinstance(error, EOFError)


class BrokenWorker:
    """A worker that doubles what it is given, if it starts."""

    def __init__(self, error):
        self._error = error

    def ready(self):
        """Start, or fail."""
        started = Future()
        started.set_exception(self._error) if self._error else started.set_result(None)
        return started

    def submit(self, task):
        """Double."""
        done = Future()
        done.set_result((2 * task, None))
        return done

    def end(self):
        """Do nothing."""


def test_start_that_fails_is_repeated():
    """A few times in a row."""
    pool = Pool(make_upper, Broken(PATIENCE, EOFError()))
    assert pool.submit(4).result() == 8
    pool.close()


@pytest.mark.parametrize(
    ("error", "starts"), [(EOFError("gone"), PATIENCE + 1), (ValueError("Traceback\n  x\nno package"), 1)]
)
def test_workers_that_cannot_start_are_given_up(error, starts):
    """At once where the next would fail too; the message has the reason."""
    engine = Broken(99, error)
    pool = Pool(make_upper, engine)
    with pytest.raises(WorkerError, match=f"^the workers cannot be used: {str(error).splitlines()[-1]}$"):
        pool.submit(4).result()
    pool.close()
    assert engine.starts == starts


def test_workers_that_never_start_are_given_up(monkeypatch):
    """Not waited for for ever."""
    monkeypatch.setattr("index.executors.pool.START_SECONDS", 0.1)
    monkeypatch.setattr(BrokenWorker, "ready", lambda self: Future())
    pool = Pool(make_upper, Broken(0, None))
    with pytest.raises(WorkerError, match="no worker has started"):
        pool.submit(4).result()
    pool.close()


@pytest.mark.parametrize("workers", [1, 3])
def test_index_is_the_same_with_workers(tmp_path, sources, workers):
    """Every passage has the embeddings that one process alone gives it."""
    make = partial(embed_with, ToyEncoder, "toy/1")
    together = index_with(tmp_path / "together", sources, partial(open_executor, make, workers))
    assert len(together) == len(PASSAGES)
    assert together == index_with(tmp_path / "alone", sources)


class Late:
    """An executor that embeds only when it is waited for, and notes what."""

    ahead = 8

    def __init__(self, embedded):
        self._embedded = embedded

    def submit(self, texts):
        """Note the texts and embed them a moment later."""
        self._embedded += texts
        future = Future()
        vectors = ToyEncoder().encode_passages(texts).astype("<f2")
        threading.Timer(0.05, future.set_result, [vectors]).start()
        return future

    def close(self):
        """Do nothing."""


def test_equal_content_is_embedded_once(tmp_path, sources):
    """Also while it is being embedded for another passage."""
    embedded = []
    index_with(tmp_path / "home", sources, partial(Late, embedded))
    assert len(embedded) == len(set(embedded)) == len(set(PASSAGES))


def test_worker_with_another_model_is_refused(tmp_path, sources):
    """Before it embeds anything."""
    make = partial(embed_with, ToyEncoder, "toy/2")
    with pytest.raises(
        WorkerError, match=r"has the model toy/1, not toy/2\. Install the same version and model on it\.$"
    ):
        index_with(tmp_path / "home", sources, partial(open_executor, make, 1))


def test_update_that_waits_for_workers_can_be_stopped(tmp_path, sources, monkeypatch):
    """It does not wait for their results."""
    monkeypatch.setattr(Late, "submit", lambda self, texts: Future())
    until = time.monotonic() + 1

    def stop(progress):
        if time.monotonic() > until:
            raise UpdateStopped

    with pytest.raises(UpdateStopped):
        index_with(tmp_path / "home", sources, partial(Late, []), on_progress=stop)


class Fatal(ToyEncoder):
    """Ends its process once, where a file is missing."""

    def __init__(self, mark):
        self._mark = mark
        super().__init__()

    def encode_passages(self, texts):
        """Embed, or make the file and end."""
        if not self._mark.exists():
            self._mark.touch()
            os._exit(3)
        return super().encode_passages(texts)


def test_process_that_ends_while_it_embeds_loses_nothing(tmp_path, sources):
    """Its passages are given to another."""
    make = partial(embed_with, partial(Fatal, tmp_path / "ended"), "toy/1")
    together = index_with(tmp_path / "together", sources, partial(open_executor, make, 2))
    assert (tmp_path / "ended").exists()
    assert together == index_with(tmp_path / "alone", sources)
