"""A retriever for Haystack: the component `QARetriever(assistant)`.

Haystack reports the use of its pipelines to its makers unless HAYSTACK_TELEMETRY_ENABLED says otherwise. Importing this module
switches that off, also where Haystack was imported before, unless the variable is set.
"""

import os

from qa.assistant import FOUND, Assistant
from qa.integrations.passages import find_passages, name_missing

TELEMETRY = "HAYSTACK_TELEMETRY_ENABLED"
_decided = TELEMETRY in os.environ
os.environ.setdefault(TELEMETRY, "False")

try:
    from haystack import Document, component
    from haystack.telemetry import _telemetry
except ImportError as error:
    raise ImportError(name_missing("haystack-ai", "haystack")) from error

if not _decided:
    _telemetry.telemetry = None


@component
class QARetriever:
    """Finds passages of an open assistant."""

    def __init__(self, assistant: Assistant, *, k: int = FOUND) -> None:
        """Retrieve from an assistant.

        Args:
            assistant: Whoever opened it closes it.
            k: The largest number of passages to find.
        """
        self._assistant, self._k = assistant, k

    @component.output_types(documents=list[Document])  # type: ignore[untyped-decorator]
    def run(self, query: str, k: int | None = None) -> dict[str, list[Document]]:
        """Find passages.

        Args:
            query: The question.
            k: As for the component, in place of it.

        Returns:
            `documents`, best first.
        """
        found = find_passages(self._assistant, query, k=self._k if k is None else k)
        documents = [Document(id=each.id, content=each.text, meta=each.metadata, score=each.score) for each in found]
        return {"documents": documents}
