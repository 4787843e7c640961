"""Killed at any moment, nothing committed is lost."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from toy_encoder import ToyEncoder

from index import Collection

KILLS = 12
CODE = """
import sys
from toy_encoder import ToyEncoder
from index import Collection
collection = Collection(sys.argv[1], ToyEncoder())
print("ready", flush=True)
collection.update([sys.argv[2]])
"""


def write_documents(folder: Path, edition: int) -> None:
    """Thirty documents: some change with each edition, one comes and one goes."""
    folder.mkdir(exist_ok=True)
    for number in range(30):
        changing = edition if number % 3 == 0 else 0
        text = f"Apple {number} of edition {changing}.\n\nA pear {number} stayed. A plum fell."
        (folder / f"{number}.txt").write_text(text, encoding="utf-8")
    (folder / f"only{edition}.txt").write_text(f"A fig of edition {edition}.", encoding="utf-8")
    (folder / f"only{edition - 1}.txt").unlink(missing_ok=True)


def test_kills_while_indexing_lose_nothing_committed(tmp_path):
    """After each kill -9 the catalog is whole, and the next update serves exactly the files, as a fresh index does."""
    generator = random.Random(7)
    sources, folder = tmp_path / "sources", tmp_path / "collection"
    here = Path(__file__).parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])}
    command = [sys.executable, "-c", CODE, str(folder), str(sources)]
    killed = 0
    for edition in range(1, KILLS + 1):
        write_documents(sources, edition)
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        time.sleep(generator.uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        with sqlite3.connect(folder / "catalog.sqlite") as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            (generation,) = connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
        assert int(generation) >= 0
    assert killed >= KILLS // 2
    survivor, fresh = Collection(folder, ToyEncoder()), Collection(tmp_path / "fresh", ToyEncoder())
    survivor.update([sources])
    fresh.update([sources])
    assert survivor.totals() == fresh.totals()
    for question in ("apple 3 edition", "fig", "pear 17"):
        found = [(hit.source, hit.text, hit.score) for hit in survivor.search({question: 1.0}, k=50).hits]
        assert found == [(hit.source, hit.text, hit.score) for hit in fresh.search({question: 1.0}, k=50).hits]
