"""Ask your own documents: answers are verbatim sentences, each with a citation that can be verified."""

from index import (
    BatchError,
    CacheError,
    EncoderError,
    OutdatedError,
    QAError,
    QuestionError,
    ReaderError,
    Selection,
    SourceError,
    SourceRules,
    StorageError,
    WorkerError,
)
from qa.answering.answer import Answer, Conversation, Scope
from qa.answering.citation import Citation
from qa.answering.frames import to_frame
from qa.assistant import Assistant
from qa.collections import delete_collection, list_collections
from qa.verify import TextChange, compare_texts

__all__ = [
    "Answer",
    "Assistant",
    "BatchError",
    "CacheError",
    "Citation",
    "Conversation",
    "EncoderError",
    "OutdatedError",
    "QAError",
    "QuestionError",
    "ReaderError",
    "Scope",
    "Selection",
    "SourceError",
    "SourceRules",
    "StorageError",
    "TextChange",
    "WorkerError",
    "compare_texts",
    "delete_collection",
    "list_collections",
    "to_frame",
]
