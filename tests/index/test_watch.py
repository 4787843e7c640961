"""Test that changes of files are reported soon after they are complete, and nothing else is."""

import os
import shutil
import threading

import pytest

from index import FileWatcher, Selection, SourceRules, StorageError
from index import watch as watch_module

DELAY = 0.05
PATIENCE = 20  # seconds


class Told:
    """Counts calls, and waits for them."""

    def __init__(self):
        """Start with none."""
        self.count = 0
        self._event = threading.Event()

    def __call__(self):
        """Count one."""
        self.count += 1
        self._event.set()

    def within(self, seconds):
        """Whether one comes, from now on or since the last time asked."""
        came = self._event.wait(seconds)
        self._event.clear()
        return came


@pytest.fixture
def folder(tmp_path):
    """A folder with a document, in a separate folder."""
    root = tmp_path / "root"
    (root / "inner").mkdir(parents=True)
    (root / "a.txt").write_text("An apple.", encoding="utf-8")
    return root


@pytest.fixture
def watch(tmp_path):
    """A function that watches paths and counts reports; all watching stops at the end."""
    watchers = []

    def start(*paths, rules=SourceRules(), **options):  # noqa: B008
        told = Told()
        own = tmp_path / "root" / "home" / "collection" / "added"
        watchers.append(FileWatcher(Selection(paths, rules), told, own=own, delay=DELAY, **options))
        return told

    yield start
    for watcher in watchers:
        watcher.stop()


CHANGES = {
    "new": lambda root: (root / "b.txt").write_text("A pear."),
    "changed": lambda root: (root / "a.txt").write_text("A plum."),
    "renamed": lambda root: (root / "a.txt").rename(root / "c.txt"),
    "removed": lambda root: (root / "a.txt").unlink(),
    "deep down": lambda root: (root / "inner" / "d.txt").write_text("A fig."),
    "moved away": lambda root: (root / "a.txt").rename(root.parent / "a.txt"),
    "other rules": lambda root: (root / ".gitignore").write_text("a.txt"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_kind_of_change_is_told(folder, watch, change):
    """New, changed, renamed, moved and removed files are seen, in subfolders too, and so are `.gitignore` files."""
    told = watch(folder)
    change(folder)
    assert told.within(PATIENCE)


def test_what_does_not_count_is_not_told(folder, watch):
    """Reading, hidden files, and the collection's folder cause no update, which would cause the next."""
    (folder / "home" / "collection").mkdir(parents=True)
    told = watch(folder)
    (folder / "a.txt").read_text(encoding="utf-8")
    (folder / ".a.txt.swp").write_text("A draft.")
    (folder / "home" / "collection" / "catalog.sqlite").write_text("x")
    assert not told.within(10 * DELAY)
    (folder / "b.txt").write_text("A pear.")
    assert told.within(PATIENCE)


def test_hidden_files_count_where_they_are_asked_for(folder, watch):
    """With the rule that takes hidden files, their changes are reported."""
    told = watch(folder, rules=SourceRules(hidden=True))
    (folder / ".b.txt").write_text("A pear.")
    assert told.within(PATIENCE)


def test_named_file_is_watched_alone(folder, watch):
    """A file that was named is seen when it is replaced, as editors do; its neighbours are not."""
    told = watch(folder / "a.txt")
    (folder / "b.txt").write_text("A pear.")
    assert not told.within(10 * DELAY)
    (folder / "new").write_text("A plum.")
    os.replace(folder / "new", folder / "a.txt")
    assert told.within(PATIENCE)


def test_many_changes_at_once_are_told_together(folder, watch):
    """A folder that is copied is one change, not a hundred."""
    told = watch(folder)
    for number in range(100):
        (folder / f"{number}.txt").write_text("A fig.")
    assert told.within(PATIENCE)
    told.within(10 * DELAY)
    assert told.count <= 3


@pytest.mark.parametrize("gone", ["root", "above", "moved"])
def test_folder_that_vanishes_and_comes_back_is_followed_again(folder, watch, gone):
    """Its end and its return are changes, and so is every file in it from then on."""
    source = folder / "inner" / "papers"
    source.mkdir()
    told = watch(source)
    if gone == "moved":
        source.rename(folder / "elsewhere")
    else:
        shutil.rmtree(source if gone == "root" else source.parent)
    assert told.within(PATIENCE)
    told.within(10 * DELAY)
    source.mkdir(parents=True)
    assert told.within(PATIENCE)
    told.within(10 * DELAY)
    (source / "c.txt").write_text("A fig.")
    assert told.within(PATIENCE)


def test_where_the_system_cannot_watch_the_folder_is_looked_over(folder, watch, monkeypatch):
    """At the system's limit one line says so, and changes are found by looking."""

    def refuse(self):
        raise OSError(28, "inotify watch limit reached")

    notices = []
    monkeypatch.setattr("watchdog.observers.Observer.start", refuse)
    monkeypatch.setattr("index.watch.WATCH_SECONDS", 0.1)
    told = watch(folder, on_notice=notices.append)
    (folder / "b.txt").write_text("A pear.")
    assert told.within(PATIENCE)
    assert notices == [
        "The system watches no more folders (inotify watch limit reached); looking for changes every 0 s."
    ]


def test_nothing_is_told_after_stopping(folder):
    """Stopping waits until the last report has returned."""
    told = Told()
    watcher = FileWatcher(Selection((folder,)), told, own=folder / "none", delay=DELAY)
    watcher.stop()
    (folder / "b.txt").write_text("A pear.")
    assert not told.within(10 * DELAY)


def test_a_report_that_fails_is_made_again(folder, tmp_path, monkeypatch):
    """While a server is down, for one: the watcher says so once, and goes on when it is back."""
    monkeypatch.setattr(watch_module, "RETRY_SECONDS", 0.05)
    told, notices, failing = Told(), [], [True, True, False, False]

    def report():
        if failing.pop(0):
            raise StorageError("the server is down.")
        told()

    own = tmp_path / "collection" / "added"
    watcher = FileWatcher(Selection((folder,)), report, own=own, delay=DELAY, on_notice=notices.append)
    (folder / "b.txt").write_text("A pear.")
    assert told.within(PATIENCE)
    assert notices == ["the server is down. Trying again every 0 s."]
    (folder / "b.txt").write_text("A plum.")
    assert told.within(PATIENCE)
    watcher.stop()
