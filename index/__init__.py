"""The index of some sources: read them, keep them in a catalog, search them. It knows nothing of `qa`."""

from index.background import BackgroundUpdate, UpdateStopped
from index.candidates import describe
from index.collection import Collection
from index.encoder import Encoder, bundled_model_folder, english_words, load_encoder
from index.errors import (
    BatchError,
    CacheError,
    EncoderError,
    OutdatedError,
    QAError,
    QuestionError,
    ReaderError,
    SourceError,
    StorageError,
)
from index.fast_build import plain_graph, round_graph
from index.fast_cache import build_key, find_build, write_build
from index.fast_calibration import sample_pairs
from index.fast_encoder import read_tokenizer
from index.fast_graph import import_openvino, read_pair_model
from index.fast_rounding import RECIPE
from index.fast_running import compile_graph, infer, pad, padded_width
from index.inspecting import CollectionInfo, inspect_collection, kept_selection, reset_collection
from index.language import is_english
from index.locking import hold_lock
from index.passages import split_passages
from index.progress import Progress
from index.readers import read_document
from index.readers.isolated import IsolatedReader
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
from index.sentences import split_sentences
from index.sources import CATALOG_FILE, file_hash, find_sources, text_hash
from index.spelling import NearWord, edit_distance
from index.terms import STOP_TERMS, matching_spans, question_terms, term_spans, text_terms
from index.updating import UpdateReport
from index.watching import FileWatcher

__all__ = [
    "CATALOG_FILE",
    "EVERYTHING",
    "RECIPE",
    "STOP_TERMS",
    "BackgroundUpdate",
    "BatchError",
    "CacheError",
    "Collection",
    "CollectionInfo",
    "Document",
    "DocumentInfo",
    "DocumentStatus",
    "Encoder",
    "EncoderError",
    "Failure",
    "FileWatcher",
    "Hit",
    "IsolatedReader",
    "Limits",
    "Locator",
    "NearWord",
    "OutdatedError",
    "Passage",
    "Progress",
    "QAError",
    "QuestionError",
    "ReaderError",
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
    "build_key",
    "bundled_model_folder",
    "compile_graph",
    "describe",
    "edit_distance",
    "english_words",
    "file_hash",
    "find_build",
    "find_sources",
    "hold_lock",
    "import_openvino",
    "infer",
    "inspect_collection",
    "is_english",
    "kept_selection",
    "load_encoder",
    "matching_spans",
    "pad",
    "padded_width",
    "plain_graph",
    "question_terms",
    "read_document",
    "read_pair_model",
    "read_tokenizer",
    "reset_collection",
    "round_graph",
    "sample_pairs",
    "split_passages",
    "split_sentences",
    "term_spans",
    "text_hash",
    "text_terms",
    "write_build",
]
