"""A retriever for LangChain: `QARetriever(assistant=…)`."""

from typing import Any

from qa.assistant import FOUND
from qa.integrations.passages import find_passages, name_missing

try:
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
except ImportError as error:
    raise ImportError(name_missing("langchain-core", "langchain")) from error


class QARetriever(BaseRetriever):  # type: ignore[misc]
    """Finds passages of an open assistant.

    Attributes:
        assistant: A `qa.Assistant`; whoever opened it closes it.
        k: The largest number of passages to find.
    """

    assistant: Any
    k: int = FOUND

    def _get_relevant_documents(self, query: str, *, run_manager: Any = None) -> list[Document]:
        found = find_passages(self.assistant, query, k=self.k)
        return [Document(id=each.id, page_content=each.text, metadata=each.metadata) for each in found]
