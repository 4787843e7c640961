"""Text that was altered in the catalog is never quoted: it is held against the document's hash when an answer is given."""

import os
import random
import shutil
import sqlite3
from contextlib import suppress
from dataclasses import replace

import pytest
from fruit import write_documents
from toy_encoder import ToyEncoder

from index import Collection, DamagedError, QAError, read_document
from index.hashing import text_hash
from index.store.proof import Proof
from qa import Assistant
from qa.answering.answer import describe_answer
from qa.exports import describe_remarks
from qa.web.chat.view import Turn, render_turn

FLIPS = int(os.environ.get("QA_FLIPS", "16"))  # 200 take half a minute
ALTERED = {
    "both texts": "UPDATE documents SET text = replace(text, 'plum', 'plug');"
    "UPDATE passages SET text = replace(text, 'plum', 'plug')",
    "the passage alone": "UPDATE passages SET text = replace(text, 'plum', 'plug')",
    "the document alone": "UPDATE documents SET text = replace(text, 'plum', 'plug')",
    "no UTF-8 any more": "UPDATE passages SET text = CAST(x'4120ff' AS TEXT)",
    "places": 'UPDATE passages SET start = start - 2, "end" = "end" - 2',
    "terms that do not count up": "UPDATE passages SET lengths = x'00000000ffffff00'",
    "values of another kind": "UPDATE passages SET keys = 'text'",
    "places of sentences": "UPDATE passages SET sentences = x'0000000004000000'",
}
DAMAGED = (
    "a.txt is damaged in the index and cannot be quoted. "
    "Run qa index --check to find the damage, then qa index to read it again."
)


@pytest.fixture
def folder(tmp_path):
    """A folder of two documents."""
    plums = "Before all, the plum is ripe.\n\nThe plum is blue."
    return write_documents(tmp_path / "papers", a=plums, b="One more plum was found.")


def opened(folder):
    return Assistant.open(folder, home=folder.parent / "home", encoder=ToyEncoder(), reader=None)


def alter(folder, statements):
    (catalog,) = (folder.parent / "home" / "collections").glob("*/catalog.sqlite")
    with sqlite3.connect(catalog) as connection:
        for statement in statements.split(";"):
            table = "source" if "documents" in statement else "document_id IN (SELECT id FROM documents WHERE source"
            connection.execute(f"{statement} WHERE {table} = 'a.txt'{'' if table == 'source' else ')'}")
    connection.close()


@pytest.mark.parametrize("statements", ALTERED.values(), ids=ALTERED)
def test_altered_text_is_not_quoted_and_its_document_is_named(folder, statements):
    """The other documents answer; once the damage is mended as the answer says, all do, as before."""
    with opened(folder) as assistant:
        before = assistant.ask("Which plum is ripe?")
        assert before.citations[0].source == "a.txt" and not before.message
    alter(folder, statements)
    with opened(folder) as assistant:
        answer = assistant.ask("Which plum is ripe?")
        quotes = [(each.source, each.quote) for each in answer.citations + answer.closest]
        assert quotes == [("b.txt", "One more plum was found.")]
        assert answer.message == DAMAGED
        assert assistant._collection.check()
        assert assistant.refresh().failures == ()
        assert assistant.ask("Which plum is ripe?").hash == before.hash


def test_damage_is_told_on_every_surface(folder):
    """In the terminal, in the page, and in the files of answers."""
    with opened(folder):
        pass
    alter(folder, ALTERED["both texts"])
    with opened(folder) as assistant:
        answer = assistant.ask("Which plum is ripe?")
        assert DAMAGED in describe_answer(answer)
        assert DAMAGED in describe_remarks(answer.to_dict())
        assert DAMAGED in render_turn(Turn(1, answer))
        with pytest.raises(DamagedError, match=r"^a\.txt is damaged in the index"):
            assistant.document(str(folder / "a.txt"))
        assert assistant.document(str(folder / "b.txt")).text == "One more plum was found."


def test_flipped_bits_are_healed_or_told_and_never_quoted(folder, tmp_path):
    """In any file of a collection: an answer is a slice of the documents, or one line says what is damaged."""
    questions = ("Which plum is ripe?", "Which pluum was found?")
    with opened(folder) as assistant:
        for question in questions:
            assistant.ask(question)
    home, damaged = folder.parent / "home", tmp_path / "damaged"
    files = [path for path in sorted(home.rglob("*"), key=lambda path: path.suffix) if path.is_file()]
    files = [path for path in files if path.stat().st_size]
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    generator = random.Random(5)
    for number in range(FLIPS):
        shutil.rmtree(damaged, ignore_errors=True)
        shutil.copytree(home, damaged)
        file = damaged / files[number % len(files)].relative_to(home)
        content = bytearray(file.read_bytes())
        place = generator.randrange(8 * len(content))
        content[place // 8] ^= 1 << place % 8
        file.write_bytes(content)
        with (
            suppress(QAError),
            Assistant.open(folder, home=damaged, encoder=ToyEncoder(), reader=None) as assistant,
        ):
            for answer in map(assistant.ask, questions):
                for made in answer.citations + answer.closest:
                    assert texts[made.source][made.start : made.end] == made.quote, (file.name, place)
            assistant._collection.check()


def test_text_altered_while_it_is_open_is_not_quoted(folder):
    """Although it was held against its hash before; its passage was altered in the same way."""
    with opened(folder) as assistant:
        assert assistant.ask("Which plum is ripe?").citations[0].source == "a.txt"
        alter(folder, ALTERED["both texts"])
        answer = assistant.ask("Which plum is ripe?")
        assert {each.source for each in answer.citations + answer.closest} == {"b.txt"}
        assert answer.message == DAMAGED


def test_texts_are_hashed_once_until_the_catalog_is_written(folder, tmp_path, monkeypatch):
    """Passages are held against the text each time."""
    collection = Collection(tmp_path / "collection", ToyEncoder())
    collection.update([folder], read=read_document)
    catalog, hashed = collection.catalog, []
    monkeypatch.setattr("index.store.proof.text_hash", lambda text: hashed.append(text[:3]) or text_hash(text))
    passages = [passage for info in catalog.documents() for passage in catalog.passages_of(info.path)]
    hashes = {
        passage.document_id: info.text_sha256
        for info in catalog.documents()
        for passage in catalog.passages_of(info.path)
    }
    proof = Proof(catalog)
    for _ in range(2):
        with catalog.database.snapshot():
            assert proof.find_damaged(reversed(passages), hashes) == set()
    assert hashed == ["Bef", "One"]
    with sqlite3.connect(collection.folder / "catalog.sqlite") as connection:
        connection.execute("UPDATE documents SET notes = ''")
    connection.close()
    altered = replace(passages[0], text=passages[0].text.upper())
    with catalog.database.snapshot():
        assert proof.find_damaged([altered, *passages], hashes) == {passages[0].document_id}
    assert hashed == ["Bef", "One"] * 2
    collection.close()
