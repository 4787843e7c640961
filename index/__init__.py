"""The index of some sources: read them, keep them in a catalog, search them. It knows nothing of `qa`."""

from index.background import BackgroundUpdate, UpdateStopped
from index.candidates import describe
from index.collection import Collection
from index.encoder import Encoder, bundled_model_folder, load_encoder
from index.errors import BatchError, EncoderError, OutdatedError, QAError, QuestionError, SourceError, StorageError
from index.fast_graph import import_openvino
from index.progress import Progress
from index.readers import read_document
from index.records import (
    Document,
    DocumentInfo,
    DocumentStatus,
    Failure,
    Locator,
    Passage,
    Sentence,
    Source,
    StoredPassage,
    Totals,
)
from index.rules import EVERYTHING, Selection, SourceRules
from index.search import Hit, Limits, Search
from index.sources import file_hash, find_sources, text_hash
from index.terms import question_terms, term_spans
from index.updating import UpdateReport

__all__ = [
    "EVERYTHING",
    "BackgroundUpdate",
    "BatchError",
    "Collection",
    "Document",
    "DocumentInfo",
    "DocumentStatus",
    "Encoder",
    "EncoderError",
    "Failure",
    "Hit",
    "Limits",
    "Locator",
    "OutdatedError",
    "Passage",
    "Progress",
    "QAError",
    "QuestionError",
    "Search",
    "Selection",
    "Sentence",
    "Source",
    "SourceError",
    "SourceRules",
    "StorageError",
    "StoredPassage",
    "Totals",
    "UpdateReport",
    "UpdateStopped",
    "bundled_model_folder",
    "describe",
    "file_hash",
    "find_sources",
    "import_openvino",
    "load_encoder",
    "question_terms",
    "read_document",
    "term_spans",
    "text_hash",
]
