"""What is killed in `index/test_kill.py`: one update of a collection, in a process that is forked with all it needs."""

from pathlib import Path

import faiss  # noqa: F401 - imported before the fork, so that a process starts in milliseconds
import tantivy  # noqa: F401
from toy_encoder import ToyEncoder

from index import Collection
from index.text.terms import tell_language

tell_language("The committee met again on Monday.")  # loads its model, for the same reason


def work(folder, sources, removed, begun):
    """Say that work begins; take one file out and let another in, as a person does in the page; update."""
    collection = Collection(Path(folder), ToyEncoder())
    begun.send(True)
    for status in collection.library.statuses():
        if status.source == removed and status.state == "indexed":
            collection.library.remove(status.path)
        elif status.state == "excluded" and status.source != removed:
            collection.library.restore(status.path)
    collection.update([sources])
    collection.close()
    begun.send(False)
