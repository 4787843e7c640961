"""Updating in two steps: text first, embeddings behind; stopped at any point, it goes on from there."""

import os
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from toy_encoder import ToyEncoder

from index import BackgroundUpdate, Collection, EncoderError, Selection, SourceError, UpdateStopped
from index.parsers import FORMATS, is_outdated
from index.progress import Abandoned, ProgressMeter
from index.records import Totals


class GatedEncoder(ToyEncoder):
    """Embeds passages only while its gate is open; questions, and single batches asked for by a search, pass."""

    def __init__(self):
        """Start with the gate closed."""
        super().__init__()
        self.gate = threading.Event()

    def encode_passages(self, texts):
        """Wait for the gate, in the embedding thread alone."""
        if threading.current_thread().name == "embedding":
            assert self.gate.wait(30)
        return super().encode_passages(texts)


@pytest.fixture
def folder(tmp_path):
    """A folder of three documents."""
    sources = tmp_path / "sources"
    sources.mkdir()
    (sources / "a.txt").write_text("An apple fell. A pear stayed.\n\nThe plum is ripe.", encoding="utf-8")
    (sources / "b.txt").write_text("A fig and a plum.", encoding="utf-8")
    (sources / "c.txt").write_text("Nothing but a stone.", encoding="utf-8")
    return sources


def found(collection, question):
    return [(hit.text, hit.score) for hit in collection.search({question: 1.0}).hits]


def test_words_find_a_passage_before_it_is_embedded(tmp_path, folder):
    """While embedding waits, what has been read is found with the scores it will have, and counted as pending."""
    encoder = GatedEncoder()
    with_gate = Collection(tmp_path / "collection", encoder)
    update = BackgroundUpdate(with_gate, [folder])
    update.wait_searchable(0)
    while with_gate.catalog.totals().passages < 4 or len(found(with_gate, "plum stone apple")) < 4:
        pass
    assert with_gate.catalog.totals() == Totals(documents=3, passages=4, sentences=5, terms=19, pending=4)
    early = found(with_gate, "ripe plum")
    assert update.running
    encoder.gate.set()
    assert update.finish().added == 3
    assert with_gate.catalog.totals().pending == 0
    late = found(with_gate, "ripe plum")
    assert early == [pair for pair in late if "plum" in pair[0]]
    assert len(late) == 4
    with_gate.close()


def test_what_was_there_before_answers_while_an_update_is_at_work(tmp_path, folder):
    """The old version of a folder is searched from the first moment of a live update."""
    encoder = GatedEncoder()
    encoder.gate.set()
    collection = Collection(tmp_path / "collection", encoder)
    collection.update([folder])
    collection.close()
    encoder.gate.clear()
    (folder / "d.txt").write_text("A pear and a plum.", encoding="utf-8")
    again = Collection(tmp_path / "collection", encoder)
    update = BackgroundUpdate(again, [folder])
    update.wait_searchable(0)
    assert ("A fig and a plum.") in [text for text, _ in found(again, "fig")]
    encoder.gate.set()
    update.finish()
    assert again.catalog.totals().pending == 0
    again.close()


def test_a_stopped_update_keeps_the_text_and_the_next_embeds_it(tmp_path, folder):
    """Stopping while passages are pending loses nothing; the next update embeds them, each once."""
    encoder = GatedEncoder()
    collection = Collection(tmp_path / "collection", encoder)
    update = BackgroundUpdate(collection, [folder])
    while collection.catalog.totals().pending < 4:
        pass
    stopping = threading.Thread(target=update.stop)
    stopping.start()
    encoder.gate.set()
    stopping.join()
    with pytest.raises(UpdateStopped):
        update.finish()
    collection.close()
    again = Collection(tmp_path / "collection", encoder)
    report = again.update([folder])
    assert (report.added, report.unchanged) == (0, 3)
    assert again.catalog.totals() == Totals(documents=3, passages=4, sentences=5, terms=19, pending=0)
    assert sorted(encoder.encoded) == sorted(set(encoder.encoded))
    again.close()


def test_an_error_while_embedding_is_the_one_that_is_told(tmp_path, folder):
    """An error of the encoder ends the update; the text stays, and a sound encoder goes on from it."""

    class Broken(ToyEncoder):
        def encode_passages(self, texts):
            raise EncoderError("the encoder broke.")

    collection = Collection(tmp_path / "collection", Broken())
    with pytest.raises(EncoderError, match="the encoder broke"):
        collection.update([folder])
    collection.close()
    sound = Collection(tmp_path / "collection", ToyEncoder())
    sound.update([folder])
    assert sound.catalog.totals().pending == 0 and found(sound, "fig")
    sound.close()


def test_what_progress_raises_ends_the_update(tmp_path, folder):
    """Ctrl-C arrives as an exception of a step; the next update finishes the work."""

    def interrupt(progress):
        if progress.documents == 2:
            raise KeyboardInterrupt

    collection = Collection(tmp_path / "collection", ToyEncoder())
    with pytest.raises(KeyboardInterrupt):
        collection.update([folder], on_progress=interrupt)
    assert collection.catalog.totals().documents >= 2
    collection.update([folder])
    assert collection.catalog.totals() == Totals(documents=3, passages=4, sentences=5, terms=19, pending=0)
    collection.close()


def test_equal_content_is_embedded_once_in_one_update(tmp_path):
    """Twins in different files share their embeddings."""
    (tmp_path / "sources").mkdir()
    for name in "abc":
        (tmp_path / "sources" / f"{name}.txt").write_text("A fig and a plum.", encoding="utf-8")
    encoder = ToyEncoder()
    collection = Collection(tmp_path / "collection", encoder)
    collection.update([tmp_path / "sources"])
    assert encoder.encoded == ["A fig and a plum."]
    assert len(found(collection, "fig")) == 3
    collection.close()


def test_a_file_that_failed_is_tried_again_only_when_it_or_its_readers_change(tmp_path, monkeypatch):
    """A broken file is read once, then again after it has changed, and after a parser has."""
    tried = []

    def read(path, *, name):
        tried.append(name)
        raise SourceError(f"{name} is broken.")

    file = tmp_path / "a.pdf"
    file.write_bytes(b"broken")
    os.utime(file, (1_000, 1_000))
    monkeypatch.setattr("index.update.SETTLED_NS", -1)
    collection = Collection(tmp_path / "collection", ToyEncoder())
    for _ in range(3):
        assert [failure.reason for failure in collection.update([file], read=read).failures] == ["a.pdf is broken."]
    assert tried == ["a.pdf"]
    file.write_bytes(b"broken otherwise")
    collection.update([file], read=read)
    monkeypatch.setattr("index.update.parsers_version", lambda: "newer")
    collection.update([file], read=read)
    assert len(tried) == 3
    collection.close()


def test_a_newer_parser_reads_again_the_files_it_read_and_embeds_only_what_is_new(tmp_path, monkeypatch):
    """Documents of another version of their parser are read again; the same text keeps its embeddings."""
    for name in ("a.txt", "b.md"):
        (tmp_path / "sources").mkdir(exist_ok=True)
        (tmp_path / "sources" / name).write_text("A fig and a plum.", encoding="utf-8")
    encoder = ToyEncoder()
    collection = Collection(tmp_path / "collection", encoder)
    collection.update([tmp_path / "sources"])
    newer = FORMATS[".txt"]._replace(version=99)
    monkeypatch.setitem(FORMATS, ".txt", newer)
    encoder.encoded.clear()
    report = collection.update([tmp_path / "sources"])
    assert (report.changed, report.unchanged, encoder.encoded) == (1, 1, [])
    assert collection.catalog.document(str(tmp_path / "sources" / "a.txt")).extractor == "text 99"
    assert collection.update([tmp_path / "sources"]).unchanged == 2
    assert len(found(collection, "fig")) == 2
    collection.close()


@pytest.mark.parametrize(
    ("extractor", "outdated"),
    [("text 4", False), ("text 4, windows-1251", True), ("text 3", True), ("markdown 1", False), ("", False)],
)
def test_a_parser_is_outdated_when_its_version_differs(extractor, outdated):
    """Or the encoding of text. What else follows name and versions, and parsers of other formats, make no difference."""
    assert is_outdated(extractor, "notes.txt") is outdated
    assert not is_outdated(f"{FORMATS['.eml'].extractor}, another word", "notes.eml")


def test_another_encoding_has_text_read_again(tmp_path, monkeypatch):
    """The choice is kept for later updates; files that are not text are read once."""
    monkeypatch.setattr("index.update.SETTLED_NS", -1)
    yes = "The word is \u0414\u0430."
    for name, content in {
        "yes.txt": yes.encode("cp1251"),
        "bad.txt": b"\x98 \xff\xff \x81",
        "plum.eml": b"Subject: Plum\n\nThe plum is blue.",
    }.items():
        (tmp_path / "sources" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "sources" / name).write_bytes(content)
    collection = Collection(tmp_path / "collection", ToyEncoder())

    def update(encoding=None):
        report = collection.update(Selection((tmp_path / "sources",), encoding=encoding))
        text = collection.catalog.document(str(tmp_path / "sources" / "yes.txt")).text
        return text, report.added, report.changed, [failure.reason.split(":")[0] for failure in report.failures]

    assert update() == ("The word is \u00c4\u00e0.", 2, 0, ["bad.txt is not valid UTF-8"])
    assert update("windows-1251") == (yes, 0, 1, ["bad.txt is not valid windows-1251, the encoding named"])
    assert collection.encoding == "windows-1251"
    assert update() == (yes, 0, 0, ["bad.txt is not valid windows-1251, the encoding named"])
    assert update("cp1251")[2] == 0
    assert update("auto") == ("The word is \u00c4\u00e0.", 0, 1, ["bad.txt is not valid UTF-8"])
    with pytest.raises(SourceError, match="there is no encoding 'klingon'"):
        update("klingon")
    assert collection.encoding == "auto"
    collection.close()


def test_headings_are_not_embedded(tmp_path):
    """Passages that never answer cost no embedding, and are not pending."""
    (tmp_path / "a.md").write_text("# Fruit\n\nA fig and a plum.\n", encoding="utf-8")
    encoder = ToyEncoder()
    collection = Collection(tmp_path / "collection", encoder)
    collection.update([tmp_path / "a.md"])
    assert encoder.encoded == ["Fruit. A fig and a plum."]
    assert collection.catalog.document(str(tmp_path / "a.md")).extractor == "markdown 6"
    assert (collection.catalog.totals().passages, collection.catalog.totals().pending) == (1, 0)
    collection.close()


def meter(steps, pending, seconds):
    """A meter over ten files whose clock and queue are given."""
    times = iter(seconds)
    return ProgressMeter(10, lambda: Totals(0, 0, 0, 0, pending), steps.append, clock=lambda: next(times))


def test_progress_tells_speed_and_time_left():
    """Twenty passages in four seconds are five a second; the eighty pending take sixteen more."""
    steps = []
    counting = meter(steps, 80, [100.0, 100.0, *[104.0] * 20])
    counting.reading("a.txt")
    for _ in range(10):
        counting.read()
    counting.embedded(20)
    last = steps[-1]
    assert (last.documents, last.all_documents, last.name) == (10, 10, "a.txt")
    assert (last.passages, last.all_passages, last.passages_per_second, last.seconds_left) == (20, 100, 5.0, 16.0)
    assert steps[0].seconds_left is None


def test_progress_expects_of_unread_files_what_the_read_ones_held():
    """With two of ten files read, of which 30 passages wait and 10 are done, 200 are expected."""
    steps = []
    counting = meter(steps, 30, [0.0, 0.0, 0.0, 1.0, 2.0])
    counting.read()
    counting.read()
    counting.embedded(10)
    assert steps[-1].all_passages == 200


def test_a_stopped_meter_ends_the_thread_that_steps():
    """The next step after stopping raises."""
    steps = []
    counting = meter(steps, 0, [0.0, 0.0])
    counting.read()
    counting.stop()
    with pytest.raises(Abandoned):
        counting.embedded(1)
    assert len(steps) == 1


def test_a_script_that_ends_during_an_update_ends_it(tmp_path, folder):
    """The thread is stopped before Python takes its modules apart, which aborted one script in six."""
    code = textwrap.dedent("""
        import atexit, sys, threading, time
        from toy_encoder import ToyEncoder
        from index import BackgroundUpdate, Collection

        class Slow(ToyEncoder):
            def encode_passages(self, texts):
                time.sleep(0.5)
                return super().encode_passages(texts)

        atexit.register(lambda: print([each.name for each in threading.enumerate()]))
        collection = Collection(sys.argv[1], Slow())
        update = BackgroundUpdate(collection, [sys.argv[2]])
        while not collection.catalog.totals().pending:
            time.sleep(0.01)
    """)
    here = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])}
    command = [sys.executable, "-c", code, str(tmp_path / "collection"), str(folder)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert "indexing" not in result.stdout and "MainThread" in result.stdout
