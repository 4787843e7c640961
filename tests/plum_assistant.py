"""An assistant that quotes one sentence for any question, the page's handlers over it, and ways to call them."""

import asyncio
from contextlib import contextmanager
from types import SimpleNamespace

import gradio

from index import Document, Failure, Passage, QuestionError, SourceError
from qa.answers import Answer, Scope
from qa.citations import cite
from qa.web.handlers import Handlers
from qa.web.host import AssistantHost

TEXT = "Plums are blue.\n\nPears are green."
PASSAGES = (Passage(1, 0, 15, ()), Passage(2, 17, 33, ()))
SKIP = gradio.skip()


class PlumAssistant:
    """Quotes the first paragraph of one file for any question; notes what it was asked, and with what history."""

    scope = Scope(1, 2)
    failures = (Failure("scan.pdf", "/scan.pdf", "has no readable text."),)

    def __init__(self, folder):
        """Write the file it quotes."""
        self.file = folder / "fruit.txt"
        self.file.write_text(TEXT)
        self.asked, self.searched = [], []
        self.names = ["fruit.txt"]

    indexing = False

    def finish_indexing(self):
        """End like `qa.Assistant.finish_indexing`."""

    def __enter__(self):
        """Enter."""
        return self

    def __exit__(self, *error):
        """Leave."""

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
            for id_, name in enumerate(self.names)
        )

    def document(self, path):
        """Give like `qa.Assistant.document`."""
        if path != str(self.file):
            raise SourceError("unknown")
        return Document("fruit.txt", path, TEXT, "0", "0")

    def passages(self, path):
        """Give like `qa.Assistant.passages`."""
        return PASSAGES


@contextmanager
def open_plums(folder):
    """An assistant and the handlers over it, loaded."""
    assistant = PlumAssistant(folder)
    host = AssistantHost(lambda on_progress: assistant)
    host.start()
    handlers = Handlers(host)
    follow(handlers)
    yield assistant, handlers
    host.close()


def follow(handlers):
    """Everything the page is told until loading has ended."""

    async def collect():
        return [update async for update in handlers.follow_loading()]

    return asyncio.run(collect())


def ask(handlers, question, turns=(), chosen=None):
    """Ask to the end; returns the last update, with the turns as they are then."""
    turns_after, chat, box, message = list(handlers.answer_question(question, turns, chosen))[-1]
    return (turns if turns_after == SKIP else turns_after), chat, box, message


def event(**data):
    """An event as the browser sends it."""
    return gradio.EventData(None, data)
