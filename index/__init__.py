"""The index of some sources: read them, keep them in a catalog, search them. It knows nothing of `qa`."""

from index.collection import Collection, Hit, Search
from index.encoder import Encoder, bundled_model_folder, load_encoder
from index.errors import BatchError, EncoderError, QAError, QuestionError, SourceError, StorageError
from index.readers import read_document
from index.records import Document, DocumentInfo, Failure, Passage, Sentence, Source, Totals
from index.sources import find_sources, text_hash
from index.updating import UpdateReport

__all__ = [
    "BatchError",
    "Collection",
    "Document",
    "DocumentInfo",
    "Encoder",
    "EncoderError",
    "Failure",
    "Hit",
    "Passage",
    "QAError",
    "QuestionError",
    "Search",
    "Sentence",
    "Source",
    "SourceError",
    "StorageError",
    "Totals",
    "UpdateReport",
    "bundled_model_folder",
    "find_sources",
    "load_encoder",
    "read_document",
    "text_hash",
]
