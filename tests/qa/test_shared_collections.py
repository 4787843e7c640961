"""A collection that others update, that cannot be written, or that is gone: what is committed answers, with the reason."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
from contextlib import contextmanager
from itertools import product
from pathlib import Path

import pytest
from fruit import APPLES, write_documents
from patience import until
from shared_target import EDITIONS, QUESTIONS, describe, write_edition
from toy_encoder import ToyEncoder

from index import Collection, DeletedError, StorageError, hold_lock, read_document
from qa import Assistant, delete_collection, list_collections

PROCESSES = 4


@pytest.fixture
def folder(tmp_path):
    """A folder of one document."""
    return write_documents(tmp_path / "papers", a=APPLES)


@contextmanager
def opened(folder, home=None, **options):
    given = {"home": home or folder.parent / "home", "encoder": ToyEncoder(), "reader": None, **options}
    with Assistant.open(folder, **given) as assistant:
        yield assistant


def key(folder):
    (info,) = list_collections(folder.parent / "home")
    return info.name


@pytest.mark.parametrize("wait", [True, False])
def test_opening_what_another_process_updates_answers_at_once(folder, wait):
    """One line says why newer documents are missing; once the other is done, an update brings them."""
    with opened(folder) as assistant:
        expected = assistant.ask("Which plum is ripe?").hash
    (folder / "b.txt").write_text("A fig.", encoding="utf-8")
    notices = []
    with (
        hold_lock(folder.parent / "home" / "collections" / key(folder)),
        opened(folder, wait=wait, on_notice=notices.append) as assistant,
    ):
        assert assistant.ask("Which plum is ripe?").hash == expected
        assert "nother process is updating" in notices[0]
        if wait:
            assert assistant.report.unchanged == 1
    with opened(folder) as assistant:
        assert assistant.ask("fig").citations[0].source == "b.txt"


@pytest.mark.parametrize("wait", [True, False])
def test_opening_what_another_process_indexes_for_the_first_time_waits_for_text(folder, wait):
    """As soon as a document is committed, it answers; until then there is nothing to say."""

    class Gated(ToyEncoder):
        gate = threading.Event()

        def encode_passages(self, texts):
            if threading.current_thread().name == "embedding":
                assert self.gate.wait(30)
            return super().encode_passages(texts)

    other = Assistant.open(folder, home=folder.parent / "home", encoder=Gated(), reader=None, wait=False)
    until(lambda: other.scope.documents)
    with opened(folder, wait=wait) as assistant:
        assert other.indexing
        assert assistant.ask("plum").citations[0].quote == "The plum is ripe."
        Gated.gate.set()
        assert assistant.refresh().unchanged == 1
    other.close()


@pytest.fixture
def read_only():
    """A function that makes a folder one that this process can read and not write; root steps back to another user."""
    users = (os.geteuid(), os.getegid())
    if os.name != "posix":
        pytest.skip("folders are made read-only in another way here")

    def lock(folder):
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o500 if path.is_dir() else 0o400)
            if users[0] == 0:
                os.chown(path, 65534, 65534)
        if users[0] == 0:
            os.seteuid(65534)

    yield lock
    os.seteuid(users[0])


@pytest.mark.parametrize("wait", [True, False])
def test_read_only_home_still_answers(folder, read_only, wait):
    """The reason why changes are not read is the real one; nothing is called damaged."""
    root = Path(tempfile.mkdtemp())
    try:
        root.chmod(0o755)
        papers = shutil.copytree(folder, root / "papers")
        with opened(papers, home=root / "home") as assistant:
            expected = assistant.ask("Which plum is ripe?").hash
        (papers / "b.txt").write_text("A fig.", encoding="utf-8")
        read_only(root / "home")
        notices = []
        with opened(papers, home=root / "home", wait=wait, on_notice=notices.append) as assistant:
            assert assistant.ask("Which plum is ripe?").hash == expected
            with pytest.raises(
                StorageError, match=r"cannot be updated: Permission denied\. What it holds can still be"
            ):
                assistant.refresh()
        assert ["Permission denied" in line for line in notices] == [True] * wait
        assert "damaged" not in "".join(notices)
    finally:
        if os.geteuid() != 0 and os.getuid() == 0:
            os.seteuid(0)
        for path in (root, *root.rglob("*")):
            path.chmod(0o700)
        shutil.rmtree(root)


def test_full_disk_still_answers(folder):
    """A process that may write no file of more than a few bytes answers from what is committed, and says why."""
    with opened(folder) as assistant:
        expected = assistant.ask("Which plum is ripe?").hash
    (folder / "b.txt").write_text("A fig. " * 3_000, encoding="utf-8")
    code = textwrap.dedent("""
        import resource, signal, sys
        from toy_encoder import ToyEncoder
        from index import tell_language
        from qa import Assistant
        tell_language("Its model is unpacked into a temporary file.")
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        for limit in (30_000, 100):
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
            with Assistant.open(
                sys.argv[1], home=sys.argv[2], encoder=ToyEncoder(), reader=None, on_notice=print
            ) as assistant:
                print(assistant.ask("Which plum is ripe?").hash)
    """)
    here = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])}
    command = [sys.executable, "-c", code, str(folder), str(folder.parent / "home")]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[1::2] == [expected] * 2
    for notice in lines[::2]:
        assert notice.startswith("The documents are as they were last indexed: ")
        assert "Free some disk space, then run the same command again" in notice
    with opened(folder) as assistant:
        assert assistant.report.added == 1 and assistant.ask("Which fig?").citations[0].source == "b.txt"


def test_open_collection_is_as_large_as_its_files(folder):
    """Files that a process has linked into its working folder count once."""
    with opened(folder):
        (info,) = list_collections(folder.parent / "home")
        files = [path for path in Path(info.folder).rglob("*") if path.is_file()]
        assert len({path.stat().st_ino for path in files}) < len(files)
        assert info.size == sum({path.stat().st_ino: path.stat().st_size for path in files}.values())


def test_deleted_collection_is_told_as_deleted(folder):
    """Whoever has it open gets no answer from what is gone."""
    with opened(folder) as assistant:
        delete_collection(assistant.key, folder.parent / "home")
        for ask in (lambda: assistant.ask("plum"), assistant.refresh):
            with pytest.raises(DeletedError, match=r"^the collection .* was deleted\. Index its documents again"):
                ask()
        assert assistant.deleted


def test_processes_that_open_ask_and_update_at_once_see_committed_states_alone(tmp_path):
    """None fails; each answer is the one that some state of the files gives, never one between two states."""
    sources = tmp_path / "papers"
    sources.mkdir()
    possible = []
    for editions in product(range(len(EDITIONS)), repeat=PROCESSES):
        for number, edition in enumerate(editions):
            write_edition(sources, number, edition)
        collection = Collection(tmp_path / "-".join(map(str, editions)), ToyEncoder())
        report = collection.update([sources], read=read_document)
        assistant = Assistant(collection, "papers", report, reader=None)
        possible += [json.loads(json.dumps(describe(assistant.ask(question)))) for question in QUESTIONS]
        assistant.close()
    for number in range(PROCESSES):
        write_edition(sources, number, 0)
    with opened(sources):
        pass
    here = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(here), str(here.parent)])}
    command = [sys.executable, str(here / "shared_target.py"), str(sources), str(tmp_path / "home")]
    running = [
        subprocess.Popen(
            [*command, str(number), "3", os.environ.get("QA_SHARED_SECONDS", "0")],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    outputs = [process.communicate() for process in running]
    assert [(process.returncode, errors) for process, (_, errors) in zip(running, outputs, strict=True)] == [
        (0, "")
    ] * 4
    answers = [json.loads(line) for printed, _ in outputs for line in printed.splitlines()]
    print(len(answers), "answers,", len({json.dumps(answer) for answer in answers}), "different")
    assert len(answers) >= 4 * 3 * PROCESSES
    assert [answer for answer in answers if answer not in possible] == []
    with opened(sources) as assistant:
        assert assistant._collection.check() == ()
