"""The folder of a running chat: whose it is, and who deletes it."""

import os
import signal
import stat
import subprocess
import sys

import pytest

from qa.scratch import private_folder

KILLED = """
import os, signal, sys
from pathlib import Path
from qa.scratch import private_folder

with private_folder(Path(sys.argv[1])) as folder:
    (folder / "uploads").mkdir()
    (folder / "uploads" / "plum.txt").write_text("A plum.")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_folders_of_killed_processes_are_deleted_and_no_others(tmp_path):
    """The next start deletes what a killed process left; the folder of one that runs stays until that ends."""
    parent = tmp_path / "home" / "temporary"
    with private_folder(parent) as running:
        (running / "answers.csv").write_text("A plum.")
        ended = subprocess.run([sys.executable, "-c", KILLED, parent])
        assert ended.returncode == -signal.SIGKILL
        (left,) = set(parent.glob("chat-*")) - {running}
        assert (left / "uploads" / "plum.txt").read_text() == "A plum."
        with private_folder(parent) as next_one:
            assert set(parent.glob("chat-*")) == {running, next_one}
            assert {stat.S_IMODE(folder.stat().st_mode) for folder in (parent, running, next_one)} == {0o700}
        assert (running / "answers.csv").read_text() == "A plum."
    assert list(parent.glob("chat-*")) == []


def test_other_temporary_files_do_where_the_home_cannot_be_written(tmp_path):
    """A chat over a home of somebody else's begins all the same."""
    (tmp_path / "home").write_text("a file, in which no folder can be made")
    with private_folder(tmp_path / "home" / "temporary") as folder:
        assert folder.is_dir() and not folder.is_relative_to(tmp_path / "home")
    assert not folder.exists()
