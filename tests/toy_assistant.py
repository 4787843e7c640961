"""An assistant whose answers can be worked out by hand: it quotes every paragraph that holds a word of the question."""

import re
import time
from pathlib import Path
from types import SimpleNamespace

from index import Failure, Passage, QuestionError, UpdateReport, read_document
from qa.answering.answer import Answer, Scope
from qa.answering.citation import cite


class ToyAssistant:
    """Stands in for `qa.Assistant` over the .txt files of a folder; `asked` counts the questions it was asked."""

    postponed = False

    def __init__(self, folder, *, delay=0.0):
        self.folder = Path(folder)
        self.delay = delay
        self.generation = 1
        self.identity = "words"
        self.asked = 0
        self.read_documents = [read_document(path, name=path.name) for path in sorted(self.folder.glob("*.txt"))]
        self.failures = tuple(
            Failure(path.name, str(path), "files of type '.bin' are not read") for path in self.folder.glob("*.bin")
        )

    @classmethod
    def open(
        cls,
        sources,
        *,
        encoder=None,
        on_progress=None,
        on_notice=None,
        wait=True,
        allow_empty=False,
        read_only=False,
        workers=1,
    ):
        """Open like `qa.Assistant.open`."""
        return cls(sources.paths[0])

    @property
    def scope(self):
        """Count like `qa.Assistant.scope`."""
        return Scope(len(self.read_documents), sum(document.passages for document in self.documents()))

    @property
    def report(self):
        """Report like `qa.Assistant.report`."""
        return UpdateReport(added=2, changed=0, removed=1, unchanged=3, failures=self.failures)

    def documents(self):
        """List like `qa.Assistant.documents`."""
        return tuple(
            SimpleNamespace(source=d.source, path=d.path, text_sha256=d.text_sha256, passages=len(paragraphs(d.text)))
            for d in self.read_documents
        )

    def ask(self, question):
        """Quote every paragraph that holds a word of the question; the first paragraph of all is closest otherwise."""
        time.sleep(self.delay)
        self.asked += 1
        if not re.search(r"\w", question):
            raise QuestionError("the question holds no word")
        if len(question) > 1000:
            raise QuestionError("the question is longer than 1000 characters")
        words = set(re.findall(r"\w+", question.lower()))
        everything = [(document, span) for document in self.read_documents for span in paragraphs(document.text)]
        matching = [
            (d, span) for d, span in everything if words & set(re.findall(r"\w+", d.text[slice(*span)].lower()))
        ]
        citations = tuple(self._cite(document, span) for document, span in matching)
        closest = () if citations else tuple(self._cite(document, span) for document, span in everything[:1])
        return Answer(
            question=question,
            searched=question,
            verdict="answered" if citations else "not_in_sources",
            confidence=0.875 if citations else 0.125,
            citations=citations,
            closest=closest,
            scope=self.scope,
        )

    def close(self):
        """Close like `qa.Assistant.close`."""

    def __enter__(self):
        """Enter."""
        return self

    def __exit__(self, *exception):
        """Leave."""

    def _cite(self, document, span):
        number = paragraphs(document.text).index(span) + 1
        passage = Passage(paragraph=number, start=span[0], end=span[1], sentences=())
        return cite(
            passage,
            document.text[slice(*span)],
            source=document.source,
            path=document.path,
            text_sha256=document.text_sha256,
            span=span,
            score=0.5,
        )


def paragraphs(text):
    """Find the paragraphs, separated by blank lines."""
    return [match.span() for match in re.finditer(r"(?:[^\n]+\n?)+(?<!\n)", text)]
