"""Reading files in a process of their own: what it costs a hostile file, and nobody else."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace

import pytest
from reading import make_docx, make_eml, make_epub, make_pdf, make_pptx, make_xlsx, zipped
from toy_encoder import ToyEncoder

from index import Collection, IsolatedParser, SourceError, read_document, split_passages
from index.parsers import isolation as isolated
from index.parsers.process import Worker
from index.parsers.seccomp import is_supported
from index.records import Locator, Passage, Place, Sentence


@pytest.fixture(scope="module")
def reader():
    """One reader for all the tests that leave it whole."""
    with IsolatedParser() as opened:
        yield opened


FILES = {
    "a.csv": b"Item,Cost\nRent,300\n",
    "a.html": "<h1>Gr\u00fc\u00dfe \U0001f600</h1><p>Text.".encode(),
    "a.jsonl": b'{"a": 1}\nbad\n',
    "a.pdf": make_pdf([(60, 700, "Text.")], None),
    "a.docx": make_docx("Text."),
    "a.txt": b"One.\r\nTwo.",
    "a.pptx": make_pptx(("Title", "Text.")),
    "a.xlsx": make_xlsx(Sheet=[["Item", "Cost"], ["Rent", 300]]),
    "a.odt": zipped(
        {
            "content.xml": '<o:document-content xmlns:o="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
            ' xmlns:t="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><o:body><o:text><t:p>Text.</t:p></o:text></o:body>'
            "</o:document-content>"
        }
    ),
    "a.epub": make_epub("<h1>One</h1><p>Text."),
    "a.rtf": rb"{\rtf1 Text.}",
    "a.rst": b"One\n===\n\nText.\n",
    "a.md": b"# One\n\nText.\n",
    "a.json": b'[{"a": 1}]',
    "a.tsv": b"a\tb\n1\t2\n",
    "a.eml": make_eml("Text.", html="<p>Text."),
    "a.mbox": b"From a Fri Mar  1 10:00:00 2024\n" + make_eml("Text."),
    "a.xhtml": b'<html xmlns="http://www.w3.org/1999/xhtml"><body><p>Text.</p></body></html>',
    "old.csv": "Stra\u00dfe;Gr\u00f6\u00dfe\nJ\u00e4gerstra\u00dfe;3\n".encode("cp1252"),
    "empty.csv": b"",
    "odd \"'<script>\u202e\n.csv": b"a,b\n1,2",
    "x" * 251 + ".csv": b"a,b\n1,2",
}


@pytest.mark.parametrize("name", FILES, ids=lambda name: name[:12].encode("ascii", "backslashreplace").decode())
def test_a_document_is_the_same_from_another_process(tmp_path, reader, name):
    """Text, locators, silent spans, hashes and notes come through whole, whatever the file's name; so they do with the filter."""
    (tmp_path / name).write_bytes(FILES[name])
    assert reader(tmp_path / name, name=name) == read_document(tmp_path / name, name=name)
    assert reader._files.filtered in (is_supported(), None)


def test_small_text_is_read_without_a_process(tmp_path):
    """Asking about a text file starts nothing; the first other file does, and the next ones share it."""
    (tmp_path / "a.txt").write_text("One.\n\nTwo.")
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with IsolatedParser() as reader:
        reader(tmp_path / "a.txt", name="a.txt")
        assert reader._files.process is None
        reader(tmp_path / "a.csv", name="a.csv")
        first = reader._files.process
        reader(tmp_path / "a.csv", name="a.csv")
        assert reader._files.process is first and first.poll() is None
    assert first.poll() is not None


def test_a_web_page_in_a_text_file_is_read_in_the_process(tmp_path):
    """A library takes it apart."""
    (tmp_path / "a.txt").write_text("<!doctype html><p>One.")
    with IsolatedParser() as reader:
        assert reader(tmp_path / "a.txt", name="a.txt").text == "One."
        assert reader._files.process is not None


def long_document(folder, name, content):
    """A document too long to be split without the process."""
    (folder / name).write_text(content)
    document = read_document(folder / name, name=name)
    assert len(document.text) > isolated.SPLIT_HERE
    return document


def test_a_long_document_is_split_in_the_process(tmp_path, monkeypatch, reader):
    """Its passages, places, sentences and numbers are the same."""
    monkeypatch.setattr(isolated, "SPLIT_HERE", 1_000)
    prose = long_document(tmp_path, "a.md", "# One\n\nHe came. She left \U0001f600.\n\n- a\n- b\n\n" * 60)
    table = long_document(tmp_path, "a.csv", "Item,Cost\n" + "".join(f"Rent {n},{n}\n" for n in range(120)))
    assert reader.split(prose) == split_passages(prose)
    assert reader.split(table) == split_passages(table)
    asked = reader._files.asked
    assert reader.split(replace(prose, text="One.", locators=(), silent=())) == (Passage(1, 0, 4, (Sentence(0, 4),)),)
    assert reader._files.asked == asked


def test_splitting_has_the_limits_of_reading(tmp_path, monkeypatch):
    """Time, memory and number of sentences; the reason is that of the limit, and the next document is split."""
    stops = long_document(tmp_path, "a.txt", ". " * 500_000)
    monkeypatch.setattr(isolated, "SPLIT_SECONDS", 0.6)
    with IsolatedParser(seconds=0.4) as reader, pytest.raises(SourceError) as slow:
        reader.split(stops)
    assert str(slow.value).startswith("a.txt needs more than 1 seconds to read.")
    with IsolatedParser(memory=40_000_000) as reader, pytest.raises(SourceError) as large:
        reader.split(stops)
    assert str(large.value) == "a.txt needs more than 40 MB of memory to read. Split it, then index it again."
    row = Locator(0, len(stops.text), Place(row=1))
    with IsolatedParser() as reader:
        with pytest.raises(SourceError, match=r"^a\.txt has more than 4,095 sentences in one paragraph\."):
            reader.split(replace(stops, locators=(row,)))
        assert len(reader.split(replace(stops, text="word " * 50_000))) == 212


def test_a_collection_has_long_documents_split_in_the_process(tmp_path, monkeypatch):
    """Not in the program that answers, where nothing limits it."""
    monkeypatch.setattr(isolated, "SPLIT_HERE", 1_000)
    long_document(tmp_path, "a.txt", "He came.\n\n" * 250)
    monkeypatch.setattr("index.text.passages._iterate_passages", lambda document: pytest.fail("split here"))
    with closing(Collection(tmp_path / "collection", ToyEncoder())) as collection:
        assert collection.update([tmp_path / "a.txt"]).added == 1
        assert collection.catalog.totals().passages == 250


def refuse(reader, folder, name, content):
    """The reason why a file is refused."""
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(SourceError) as caught:
        reader(folder / name, name=name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_refusals_come_through_and_leave_the_process_whole(tmp_path, reader):
    """The reason is the same as without the process, which then reads on."""
    (tmp_path / "good.csv").write_text("a,b\n1,2\n")
    reader(tmp_path / "good.csv", name="good.csv")
    process = reader._files.process
    assert (
        refuse(reader, tmp_path, "a.pdf", b"\x89PNG")
        == "a.pdf is not a .pdf file: it is a PNG picture. Give it its right suffix."
    )
    assert refuse(reader, tmp_path, "a\n.exe", b"MZ") == (
        "a\\n.exe: files of type '.exe' are not read. See: qa help formats"
    )
    assert refuse(reader, tmp_path, "missing.csv", None).startswith(
        "missing.csv cannot be opened: No such file or directory."
    )
    assert reader._files.process is process


def test_a_file_that_takes_too_long_is_given_up(tmp_path):
    """After its time the process is ended, the reason says so, and the next file is read."""
    (tmp_path / "good.csv").write_text("a,b\n1,2\n")
    with IsolatedParser(seconds=2) as reader:
        reader(tmp_path / "good.csv", name="good.csv")
        nested = b"<ul><li>" * 100_000
        assert refuse(reader, tmp_path, "slow.html", nested) == (
            "slow.html needs more than 3 seconds to read. Split it, then index it again."
        )
        assert reader(tmp_path / "good.csv", name="good.csv").text == "a; b\n\na: 1; b: 2."


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is kept on Linux alone")
def test_a_file_that_takes_too_much_memory_is_given_up(tmp_path):
    """The process may not grow beyond its memory; the reason says so, and the next file is read."""
    (tmp_path / "good.csv").write_text("a,b\n1,2\n")
    with IsolatedParser(memory=100_000_000) as reader:
        assert refuse(reader, tmp_path, "large.json", b"[" + b"0," * 3_000_000 + b"0]") == (
            "large.json needs more than 100 MB of memory to read. Split it, then index it again."
        )
        assert reader(tmp_path / "good.csv", name="good.csv").text == "a; b\n\na: 1; b: 2."


def test_a_file_of_a_gigabyte_is_refused_unread(tmp_path, reader):
    """Its size alone is enough, so that one endless line is never in memory."""
    with open(tmp_path / "line.txt", "wb") as file:
        file.truncate(1_000_000_000)
    assert (
        refuse(reader, tmp_path, "line.txt", None) == "line.txt is larger than 200 MB. Split it, then index it again."
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with a name here")
def test_a_pipe_is_refused_without_waiting(tmp_path, reader):
    """Nobody writes to it, so reading would wait for ever."""
    os.mkfifo(tmp_path / "a.csv")
    assert refuse(reader, tmp_path, "a.csv", None) == "a.csv is not a file that holds data. Remove it."


CRASHED = (
    "slow.html cannot be read: the parser crashed ({}). It is damaged, or needs more than 1 GB of memory;"
    " save it anew, or split it."
)
KILLED = (
    "slow.html cannot be read: the system ended the parser ({}), as it does when the computer has no memory left."
    " Close other programs, then index it again."
)
ENDINGS = {
    "SIGKILL": KILLED.format("SIGKILL"),
    "SIGSEGV": CRASHED.format("SIGSEGV"),
    "SIGABRT": CRASHED.format("SIGABRT"),
    "SIGXCPU": "slow.html needs more than 61 seconds to read. Split it, then index it again.",
}


@pytest.mark.skipif(os.name != "posix", reason="there are no signals here")
@pytest.mark.parametrize(("name", "reason"), ENDINGS.items(), ids=ENDINGS)
def test_the_end_of_a_process_is_a_reason_and_the_next_file_is_read(tmp_path, name, reason):
    """A process that ends in the middle of a file takes nothing with it; the reason says how it ended."""
    (tmp_path / "slow.html").write_bytes(b"<ul><li>" * 100_000)
    (tmp_path / "good.csv").write_text("a,b\n1,2\n")
    with IsolatedParser() as reader:
        reader(tmp_path / "good.csv", name="good.csv")
        threading.Timer(0.3, os.kill, (reader._files.process.pid, getattr(signal, name))).start()
        assert refuse(reader, tmp_path, "slow.html", None) == reason
        assert reader(tmp_path / "good.csv", name="good.csv").text == "a; b\n\na: 1; b: 2."


def test_waiting_is_not_told_as_work(tmp_path, monkeypatch):
    """Time that passes without using the processor is the disk's, or that of other programs."""
    monkeypatch.setattr("index.parsers.process._processor_seconds", lambda pid: 0.0)
    monkeypatch.setattr("index.parsers.process.BUSY", 1)
    with IsolatedParser(seconds=1) as reader:
        assert refuse(reader, tmp_path, "slow.html", b"<ul><li>" * 100_000).startswith(
            "slow.html was not read within 2 seconds, in"
        )


def test_a_process_that_cannot_be_started_is_a_reason(tmp_path, monkeypatch):
    """The file is not to blame, and is read at the next update."""
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with monkeypatch.context() as patch, closing(Collection(tmp_path / "collection", ToyEncoder())) as collection:
        patch.setattr(sys, "executable", str(tmp_path / "nowhere"))
        [failure] = collection.update([tmp_path / "a.csv"]).failures
        assert failure.reason == (
            "a.csv cannot be read: the system ended the parser (it cannot be started: No such file or directory), as it does when"
            " the computer has no memory left. Close other programs, then index it again."
        )
        patch.undo()
        assert collection.update([tmp_path / "a.csv"]).added == 1


# What a process that a file has taken over may send in place of a reply.
UNREADABLE = "a.csv cannot be read: the parser crashed (its reply cannot be read). It is damaged,"
UNSAFE = "a.csv is not safe to read: its parser gave no valid text. Remove it."
CRAFTED = {
    "no end": (b"x" * 70_000_000, UNREADABLE),
    "too much": (b'{"sizes": [999999999999]}\n', UNREADABLE),
    "less than nothing": (b'{"sizes": [-1]}\n', UNREADABLE),
    "a list": (b"[1]\n", UNREADABLE),
    "nested": (b"[" * 200_000 + b"\n", UNREADABLE),
    "no picture": (b'{"sizes": [1], "filtered": true, "picture": [9, 9, 3]}\nx', UNSAFE),
    "no document": (b'{"sizes": [0, 0], "filtered": true}\n', UNSAFE),
    "no text": (b'{"sizes": [1], "filtered": true}\n\xff', UNSAFE),
}
CRAFTING_WORKER = """
import sys, time
def read_files(memory):
    sys.stdin.buffer.readline()
    with open("REPLY", "rb") as reply:
        sys.stdout.buffer.write(reply.read())
    sys.stdout.flush()
    time.sleep(60)
"""


@pytest.mark.parametrize(("reply", "reason"), CRAFTED.values(), ids=CRAFTED)
def test_a_crafted_reply_is_refused(tmp_path, monkeypatch, reply, reason):
    """It takes no more memory of the program that asks than the process itself may take, and raises nothing there."""
    (tmp_path / "reply").write_bytes(reply)
    (tmp_path / "crafting_worker.py").write_text(CRAFTING_WORKER.replace('"REPLY"', repr(str(tmp_path / "reply"))))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("index.parsers.process._ENDING_SECONDS", 0.1)
    with IsolatedParser() as reader:
        reader._files = Worker("read_files", memory=60_000_000, most=9, stopped=lambda: False, module="crafting_worker")
        assert refuse(reader, tmp_path, "a.csv", b"a,b\n1,2\n").startswith(reason)


# What libraries make of an allocation that fails: an error about something else.
SHORT = {
    "memory": ("raise MemoryError", "a.csv needs more than {} MB of memory to read. Split it, then index it again."),
    "swallowed": (
        "try: bytearray(10**12)\nexcept MemoryError: {}['missing']",
        "a.csv needs more than {} MB of memory to read. Split it, then index it again.",
    ),
    "unmapped": (
        "raise ImportError('libx.so: failed to map segment from shared object')",
        "a.csv needs more than {} MB of memory to read. Split it, then index it again.",
    ),
    "native": (
        "kept = bytearray(30_000_000); raise ValueError",
        "a.csv needs more than {} MB of memory to read, or is damaged. Split it, or save it anew, then index it again.",
    ),
    "damaged": (
        "raise KeyError",
        "a.csv is damaged: it cannot be read (KeyError). Open it where it was made and save it anew.",
    ),
}
PAYLOAD_WORKER = """
import sys, types
from index.parsers import worker
def parse(content, *, name, encoding): exec(content.decode())
def read_files(memory):
    sys.modules["index.parsers.csv"] = types.SimpleNamespace(read_csv=parse)
    worker.read_files(memory)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is kept on Linux alone")
@pytest.mark.parametrize(("code", "reason"), SHORT.values(), ids=SHORT)
def test_too_little_memory_is_the_reason_whatever_a_library_makes_of_it(tmp_path, monkeypatch, code, reason):
    """And not "damaged" or a missing package, unless little memory was used."""
    (tmp_path / "payload_worker.py").write_text(PAYLOAD_WORKER)
    monkeypatch.syspath_prepend(tmp_path)
    with IsolatedParser() as reader:
        reader._files = Worker("read_files", memory=60_000_000, most=9, stopped=lambda: False, module="payload_worker")
        assert refuse(reader, tmp_path, "a.csv", code.encode()) == reason.format(60)


def test_the_process_is_replaced_after_many_files(tmp_path, monkeypatch):
    """What a library leaks ends with its process."""
    monkeypatch.setattr(isolated, "FILES_A_WORKER", 2)
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with IsolatedParser() as reader:
        processes = []
        for _ in range(4):
            reader(tmp_path / "a.csv", name="a.csv")
            processes.append(reader._files.process.pid)
    assert processes[0] == processes[1] != processes[2] == processes[3]


FORBIDDEN = {
    "write": "open('x', 'w')",
    "append": "open('x', 'ab')",
    "connect": "import socket; socket.create_connection(('127.0.0.1', 9))",
    "look-up": "import socket; socket.getaddrinfo('localhost', 80)",
    "program": "import subprocess; subprocess.run(['true'])",
    "shell": "import os; os.system('true')",
    "remove": "import os; os.remove('x')",
}


@pytest.mark.parametrize("code", FORBIDDEN.values(), ids=FORBIDDEN)
def test_the_process_may_not_write_connect_or_start_programs(code):
    """What a reader has no business with is refused in the process that reads."""
    script = (
        "import sys; from index.parsers import worker; sys.addaudithook(worker._forbid)\n"
        f"try:\n    {code}\nexcept PermissionError as error: print(error)"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert output.startswith("[Errno 1] a parser may not do this: ")


def test_the_process_loads_nothing_that_is_slow():
    """Neither the model's libraries nor FAISS is loaded to read a file."""
    script = (
        "import sys, index.parsers.worker; print({'torch', 'faiss', 'tantivy', 'gradio', 'openvino'} & {*sys.modules})"
    )
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "set()\n"
    )


def test_modules_in_the_current_folder_are_not_loaded(tmp_path, monkeypatch):
    """A folder of documents may hold a file with the name of a module that the reader loads."""
    (tmp_path / "csv.py").write_text("raise SystemExit")
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    monkeypatch.chdir(tmp_path)
    with IsolatedParser() as reader:
        assert reader("a.csv", name="a.csv").text == "a; b\n\na: 1; b: 2."
