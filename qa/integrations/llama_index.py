"""A retriever for LlamaIndex: `QARetriever(assistant)`."""

from qa.assistant import FOUND, Assistant
from qa.integrations.passages import find_passages, name_missing

try:
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
except ImportError as error:
    raise ImportError(name_missing("llama-index-core", "llama-index")) from error

SHOWN = ("source", "locator")  # of the metadata, to a language model and an embedding


class QARetriever(BaseRetriever):  # type: ignore[misc]
    """Finds passages of an open assistant."""

    def __init__(self, assistant: Assistant, *, k: int = FOUND) -> None:
        """Retrieve from an assistant.

        Args:
            assistant: Whoever opened it closes it.
            k: The largest number of passages to find.
        """
        super().__init__()
        self._assistant, self._k = assistant, k

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        nodes = []
        for each in find_passages(self._assistant, query_bundle.query_str, k=self._k):
            hidden = [name for name in each.metadata if name not in SHOWN]
            node = TextNode(
                id_=each.id,
                text=each.text,
                metadata=each.metadata,
                start_char_idx=each.metadata["start"],
                end_char_idx=each.metadata["end"],
                excluded_llm_metadata_keys=hidden,
                excluded_embed_metadata_keys=hidden,
            )
            nodes.append(NodeWithScore(node=node, score=each.score))
        return nodes
