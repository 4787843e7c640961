"""Ask your own documents: the answers are their very sentences, each with a citation that can be checked."""

from index import Selection, SourceRules
from qa.answering.answer import Answer, Conversation, Scope
from qa.answering.citation import Citation
from qa.assistant import Assistant
from qa.collections import delete_collection, list_collections
from qa.verify import TextChange, compare_texts

__all__ = [
    "Answer",
    "Assistant",
    "Citation",
    "Conversation",
    "Scope",
    "Selection",
    "SourceRules",
    "TextChange",
    "compare_texts",
    "delete_collection",
    "list_collections",
]
