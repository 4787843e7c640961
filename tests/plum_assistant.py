"""An assistant that quotes one sentence for any question, the page's handlers over it, and ways to call them."""

import asyncio
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import gradio
import pytest

from index import Document, DocumentStatus, Originals, Passage, QuestionError, SourceError, StatusPage, StoredPassage
from qa.answering.answer import Answer, Scope
from qa.answering.citation import cite
from qa.answering.question import matching_sources
from qa.web import status
from qa.web.chat.events import Handlers
from qa.web.host import AssistantHost
from qa.web.library.events import LibraryHandlers
from qa.web.status import Following
from qa.web.viewer.events import ViewerEvents

TEXT = "Plums are blue.\n\nPears are green."
PASSAGES = (Passage(1, 0, 15, ()), Passage(2, 17, 33, ()))
SKIP = gradio.skip()


class PlumAssistant:
    """Quotes the first paragraph of one file for any question; notes what it was asked, and with what history."""

    name = key = "plums"
    model = ""
    encoding = None
    failures = ()
    indexing = deleted = False
    generation = 1

    def __init__(self, folder):
        """Write the file it quotes."""
        self.file = folder / "fruit.txt"
        self.file.write_text(TEXT)
        self.asked, self.searched = [], []
        self.held = ["fruit.txt"]
        self.changes = []
        self.listed = [
            make_status("fruit.txt", id=0, path=str(self.file), passages=2, language="en"),
            make_status("scan.pdf", state="failed", reason="has no readable text."),
        ]

    def finish_indexing(self):
        """End like `qa.Assistant.finish_indexing`."""

    def close(self):
        """Close like `qa.Assistant.close`."""
        self.changes.append(("close",))

    def conversation(self, history):
        """Begin like `qa.Assistant.conversation`."""
        return SimpleNamespace(ask=lambda question, **options: self.ask(question, history, **options))

    def ask(self, question, history=(), as_typed=True, sources=()):
        """Answer, refuse or break, as the question demands."""
        if question == "refuse":
            raise QuestionError("the question <b> cannot be searched.")
        if question == "break":
            raise RuntimeError("/etc/secret")
        self.asked.append((question, tuple(history), as_typed))
        self.searched.append(sources)
        path = str(self.file)
        quote = cite(PASSAGES[0], TEXT[:15], source="fruit.txt", path=path, text_sha256="0", span=(0, 15), score=0.5)
        return Answer(question, question, "answered", 0.9, (quote,), (), self.scope)

    def documents(self):
        """List like `qa.Assistant.documents`."""
        path = str(self.file)
        return tuple(
            SimpleNamespace(id=id_, source=name, path=path, text_sha256="0", passages=2)
            for id_, name in enumerate(self.held)
        )

    def find_documents(self, *, ids=(), paths=(), sources=()):
        """Look up like `qa.Assistant.find_documents`."""
        return tuple(
            each for each in self.documents() if each.id in ids or each.path in paths or each.source in sources
        )

    def names(self, among=None):
        """List like `qa.Assistant.names`."""
        return tuple(name for name in self.held if among is None or name in among)

    def match_names(self, filters):
        """Choose like `qa.Assistant.match_names`."""
        return matching_sources(self.held, filters)

    def statuses(self):
        """List like `qa.Assistant.statuses`."""
        return tuple(self.listed)

    def sample_paths(self, language, count, *, seed):
        """List like `qa.Assistant.sample_paths`."""
        return [each.path for each in self.listed if (each.state, each.language) == ("indexed", language)]

    def holdings(self):
        """List like `qa.Assistant.holdings`."""
        return [(each.source, each.language, each.passages) for each in self.listed if each.id is not None]

    def status(self, path):
        """Look up like `qa.Assistant.status`."""
        return next((each for each in self.listed if each.path == path), None)

    def find_statuses(self, *, state="", name="", page=0, rows=200):
        """List like `qa.Assistant.find_statuses`, all on one page."""
        found = tuple(each for each in self.listed if state in ("", each.state) and name in each.source)
        return StatusPage(found, 0, len(found), dict(Counter(each.state for each in self.listed)))

    @property
    def scope(self):
        """Count like `qa.Assistant.scope`."""
        return Scope(len(self.held), 2)

    def add_files(self, files):
        """Note the names and texts of files added."""
        self.changes.append(("add", *((file.name, file.read_text()) for file in files)))
        return tuple(file.name for file in files)

    def remove(self, path):
        """Note a document removed."""
        self.changes.append(("remove", path))

    def restore(self, path):
        """Note a document restored."""
        self.changes.append(("restore", path))

    def refresh(self, wait=True):
        """Note that everything is to be read again."""
        self.changes.append(("refresh", wait))

    def document(self, path):
        """Give like `qa.Assistant.document`."""
        if path != str(self.file):
            raise SourceError("unknown")
        return Document("fruit.txt", path, TEXT, "0", "0")

    def passages_from(self, path, paragraph, most):
        """Give like `qa.Assistant.passages_from`."""
        stored = [StoredPassage(n, 0, passage, TEXT[passage.start : passage.end]) for n, passage in enumerate(PASSAGES)]
        return [one for one in stored if one.passage.paragraph >= paragraph][:most]

    def language_of(self, path):
        """Tell like `qa.Assistant.language_of`."""
        return "en"

    def boxes_of_spans(self, path, spans):
        """None: it has no pages."""
        return [() for _ in spans]

    def passages(self, path):
        """Give like `qa.Assistant.passages`."""
        return PASSAGES


def make_status(source, *, id=None, path=None, state="indexed", passages=0, language="", reason="", **others):
    """The status of a document."""
    values = {"pages": None, "pending": 0, "size": 33, "modified": "2024-05-01T12:00:00+00:00", "extractor": "text 4"}
    return DocumentStatus(
        id=id, source=source, path=path or f"/{source}", state=state, passages=passages, language=language,
        reason=reason, **{**values, "notes": (), **others},
    )  # fmt: skip


@contextmanager
def open_plums(folder):
    """An assistant and the handlers over it, loaded."""
    assistant = PlumAssistant(folder)
    host = AssistantHost(lambda on_progress: assistant)
    host.start()
    follow(host)
    yield assistant, Handlers(host)
    host.close()


def viewer(handlers):
    """The viewer of the page of some handlers."""
    return ViewerEvents(handlers.host, Originals())


def follow(host, folder=Path("/nowhere")):
    """Everything the page is told until loading has ended."""

    async def collect():
        return [update async for update in Following(host, LibraryHandlers(host, folder)).follow_loading()]

    with pytest.MonkeyPatch.context() as patched:
        for name in ("LOAD_POLL", "INDEXING_POLL"):  # a page looks once a second
            patched.setattr(status, name, 0.01)
        return asyncio.run(collect())


def ask(handlers, question, turns=(), chosen=None):
    """Ask to the end; returns the last update, with the turns as they are then."""
    turns_after, chat, box, message = list(handlers.answer_question(question, turns, chosen))[-1]
    return (turns if turns_after == SKIP else turns_after), chat, box, message


def event(**data):
    """An event as the browser sends it."""
    return gradio.EventData(None, data)
