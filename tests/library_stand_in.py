"""`qa chat`, run as a program, with the least that stands in for what the library needs of an assistant.

QA_TEST_COLLECTIONS names more folders, each a collection to switch to.
"""

import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import index.collection
import qa.web.server
from index import BackgroundUpdate, DocumentStatus
from qa.assistant import Assistant
from qa.cli import main

EXCLUDED = set()
find_sources, open_assistant, serve = index.collection.find_sources, Assistant.open, qa.web.server.serve


def open_with_sources(sources=None, *, on_progress=None, **options):
    """Open like `qa.Assistant.open`, and remember how to read again."""
    assistant = open_assistant(sources, on_progress=on_progress, **options)
    assistant.sources, assistant.on_progress = list(sources), on_progress
    return assistant


def make_status(assistant, source, path, *, info=None, state, reason=""):
    """The status of one file."""
    pages = [passage.page for passage in assistant.passages(path) if passage.page] if info else []
    modified = datetime.fromtimestamp(Path(path).stat().st_mtime, UTC).isoformat(timespec="seconds")
    return DocumentStatus(
        info.id if info else None, source, path, state, info.passages if info else 0, max(pages, default=None), 0,
        "en" if info else "", Path(path).stat().st_size, modified, "text 1" if info else "", (), reason,
    )  # fmt: skip


def statuses(self):
    """List like `qa.Assistant.statuses`."""
    read, failed = (
        [each for each in records if each.path not in EXCLUDED and Path(each.path).exists()]
        for records in (self.documents(), self.failures)
    )
    found = [make_status(self, info.source, info.path, info=info, state="indexed") for info in read]
    found += [make_status(self, each.source, each.path, state="failed", reason=each.reason) for each in failed]
    found += [make_status(self, Path(path).name, path, state="excluded") for path in EXCLUDED]
    return tuple(sorted(found, key=lambda status: status.source))


def add_files(self, files):
    """Add like `qa.Assistant.add_files`."""
    folder = self._collection._folder / "added"
    folder.mkdir(exist_ok=True)
    return tuple(Path(shutil.copy(file, folder)).name for file in files)


def remove(self, path):
    """Remove like `qa.Assistant.remove`."""
    if Path(path).is_relative_to(self._collection._folder):
        Path(path).unlink()
    else:
        EXCLUDED.add(path)


def refresh(self, wait=True):
    """Read again like `qa.Assistant.refresh`."""
    if isinstance(self._update, BackgroundUpdate):
        self._update.stop()
    added = self._collection._folder / "added"
    paths = [*self.sources, *([added] if added.is_dir() and any(added.iterdir()) else [])]
    self._update = BackgroundUpdate(self._collection, paths, on_progress=self.on_progress)


def list_collections():
    """List like `qa.collections.list_collections`."""
    folders = [*sys.argv[2:3], *filter(None, os.environ.get("QA_TEST_COLLECTIONS", "").split(os.pathsep))]
    return [SimpleNamespace(name=Path(folder).name, folder=folder, documents=1, passages=2) for folder in folders]


def open_collection(name, on_progress):
    """Open the collection of that name."""
    folder = next(each.folder for each in list_collections() if each.name == name)
    return Assistant.open([folder], on_progress=on_progress, wait=False)


if __name__ == "__main__":
    index.collection.find_sources = lambda paths: [each for each in find_sources(paths) if each.path not in EXCLUDED]
    Assistant.open = open_with_sources
    Assistant.statuses, Assistant.add_files, Assistant.remove = statuses, add_files, remove
    Assistant.restore, Assistant.refresh = lambda self, path: EXCLUDED.discard(path), refresh
    qa.web.server.serve = lambda *arguments, **options: serve(
        *arguments, **options, open_collection=open_collection, list_collections=list_collections
    )
    sys.exit(main())
