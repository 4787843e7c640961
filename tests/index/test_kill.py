"""Kill a process at any moment of indexing, updating and deleting: exactly the committed files are served."""

import os
import random
import sqlite3

import pytest
from forking import forks
from kill_target import work
from killing import Killer
from toy_encoder import ToyEncoder

from index import Collection, text_hash

KILLS = int(os.environ.get("QA_KILLS", "30"))
DOCUMENTS = 12


def document(number, edition):
    """Two paragraphs, of which one stays; a word that no other document has."""
    return f"An apple of {number} in edition {edition} was sold.\n\nA pear called word{number}x stayed. A plum fell."


def write_documents(folder, edition, generator):
    """Change some documents, remove some, bring some back: by name, the texts that may be served from now on."""
    folder.mkdir(exist_ok=True)
    for number in range(DOCUMENTS):
        file = folder / f"{number}.txt"
        chance = generator.random()
        if edition == 1 or chance < 0.3:
            file.write_text(document(number, edition), encoding="utf-8")
        elif chance < 0.45:
            file.unlink(missing_ok=True)
        elif chance < 0.55 and file.exists() and not (folder / f"{number}b.txt").exists():
            file.rename(folder / f"{number}b.txt")
    return {file.name: text_hash(file.read_text(encoding="utf-8")) for file in folder.iterdir()}


def committed(folder):
    """Read text hashes by name from the catalog file, without the code of the collection."""
    with sqlite3.connect(folder / "catalog.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = connection.execute("SELECT source, text_sha256, text FROM documents").fetchall()
    connection.close()
    return {source: (hash_, text) for source, hash_, text in rows}


def served(collection, number):
    """Names of the documents that answer a question for a document's own word, with the text that does."""
    hits = collection.search({f"word{number}x": 1.0}, k=50).hits
    return {(hit.source, hit.text) for hit in hits if f"word{number}x" in hit.text}


def expected(documents, number):
    return {(source, text.split("\n\n")[1]) for source, (_, text) in documents.items() if f"word{number}x" in text}


@pytest.mark.skipif(not forks(), reason="processes start too slowly")
def test_kills_lose_nothing_committed_and_show_nothing_else(tmp_path):
    """After each kill -9 the next open serves exactly the committed files, each in an edition that was on the disk."""
    generator = random.Random(7)
    sources, folder = tmp_path / "sources", tmp_path / "collection"
    killer, possible = Killer(7), {}
    for edition in killer.rounds(KILLS):
        for name, hash_ in write_documents(sources, edition, generator).items():
            possible.setdefault(name, set()).add(hash_)
        removed = f"{generator.randrange(DOCUMENTS)}.txt" if generator.random() < 0.5 else ""
        killer.run(work, str(folder), str(sources), removed)
        documents = committed(folder)
        for name, (hash_, _) in documents.items():
            assert hash_ in possible[name]
        survivor = Collection(folder, ToyEncoder())
        assert survivor.check() == ()
        assert {info.source: info.text_sha256 for info in survivor.catalog.documents()} == {
            name: hash_ for name, (hash_, _) in documents.items()
        }
        for number in range(DOCUMENTS):
            assert served(survivor, number) == expected(documents, number)
        survivor.close()
    print(f"{killer.killed} killed")
    survivor, fresh = Collection(folder, ToyEncoder()), Collection(tmp_path / "fresh", ToyEncoder())
    for status in survivor.library.statuses():
        if status.state == "excluded":
            survivor.library.restore(status.path)
    survivor.update([sources])
    fresh.update([sources])
    assert survivor.check() == fresh.check() == ()
    assert survivor.catalog.totals() == fresh.catalog.totals()
    for question in ("apple 3 edition", "fig", "pear word7x"):
        found = [(hit.source, hit.text, hit.score) for hit in survivor.search({question: 1.0}, k=50).hits]
        assert found == [(hit.source, hit.text, hit.score) for hit in fresh.search({question: 1.0}, k=50).hits]
    survivor.close()
    fresh.close()
