"""Ask your own documents: the answers are their very sentences, each with a citation that can be checked."""

from index import Selection, SourceRules
from qa.answers import Answer, Scope
from qa.assistant import Assistant
from qa.changes import TextChange, compare_texts
from qa.citations import Citation
from qa.collections import delete_collection, list_collections
from qa.conversation import Conversation

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
