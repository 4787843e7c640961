"""The index of some sources: read them, keep them in a catalog, search them. It knows nothing of `qa`."""

from index.addresses import is_address
from index.boxes import Box, boxes_between, boxes_of_spans
from index.collection import Collection
from index.encoders import load_encoder
from index.encoders.base import Encoder, bundled_model_folder, english_words
from index.encoders.build import plain_graph, round_graph
from index.encoders.cache import build_key, find_build, write_build
from index.encoders.graph import import_openvino, read_pair_model
from index.encoders.openvino import compile_graph, infer, pad, padded_width, read_tokenizer
from index.encoders.quantize import RECIPE, sample_pairs
from index.errors import (
    BatchError,
    CacheError,
    DamagedError,
    DeletedError,
    EncoderError,
    LockedError,
    OutdatedError,
    QAError,
    QuestionError,
    ReaderError,
    SourceError,
    StorageError,
    UnreachableError,
    WorkerError,
)
from index.executors import Executor, check_workers, open_executor, parse_address
from index.hashing import bytes_hash, file_hash, text_hash
from index.originals import Original, Originals, Sheet
from index.originals.marking import mark_quotes
from index.parsers import OLD_OFFICE, installed_office, is_read, read_document
from index.parsers.isolation import IsolatedParser
from index.parsers.plain import decode_text, find_codec
from index.precedence import Precedence
from index.private import make_private_folder
from index.progress import Progress
from index.records import (
    PLACE_FIELDS,
    Document,
    DocumentInfo,
    DocumentStatus,
    Failure,
    Locator,
    Metadata,
    Passage,
    Place,
    Sentence,
    Source,
    StatusPage,
    StoredPassage,
    Totals,
)
from index.search import Hit, Limits, Query, Search, Statistics, term_weights
from index.sources import CATALOG_FILE, EVERYTHING, Selection, SourceRules, find_sources
from index.store.catalog import describe_damage
from index.store.features import PassageFeatures, passage_features
from index.store.locking import hold_lock
from index.store.milvus.engine import MilvusEngine
from index.store.postgres.catalog import PostgresStore
from index.store.protocols import DerivedIndex, IndexEngine
from index.store.sqlite import Database
from index.store.sqlite_catalog import FolderStore
from index.store.stores import CatalogStore, CollectionInfo
from index.text.passages import split_passages, split_sentences
from index.text.terms import (
    STOP_TERMS,
    STOP_WORDS,
    NearWord,
    edit_distance,
    is_english,
    matching_spans,
    question_terms,
    tell_language,
    term_spans,
    text_terms,
)
from index.update import UpdateReport, embed_with
from index.watch import RETRY_SECONDS, BackgroundUpdate, FileWatcher, Repeater, UpdateStopped

__all__ = [
    "CATALOG_FILE", "EVERYTHING", "OLD_OFFICE", "PLACE_FIELDS", "RECIPE", "RETRY_SECONDS", "STOP_TERMS", "STOP_WORDS",
    "BackgroundUpdate", "BatchError", "Box", "CacheError", "CatalogStore", "Collection", "CollectionInfo", "DamagedError",
    "Database", "DeletedError", "DerivedIndex", "Document", "DocumentInfo", "DocumentStatus", "Encoder", "EncoderError",
    "Executor", "Failure", "FileWatcher", "FolderStore", "Hit", "IndexEngine", "IsolatedParser", "Limits", "Locator",
    "LockedError", "Metadata", "MilvusEngine", "NearWord", "Original", "Originals", "OutdatedError", "Passage",
    "PassageFeatures", "Place", "PostgresStore", "Precedence", "Progress", "QAError", "Query", "QuestionError", "ReaderError",
    "Repeater", "Search", "Selection", "Sentence", "Sheet", "Source", "SourceError", "SourceRules", "Statistics", "StatusPage",
    "StorageError", "StoredPassage", "Totals", "UnreachableError", "UpdateReport", "UpdateStopped", "WorkerError",
    "boxes_between", "boxes_of_spans", "build_key", "bundled_model_folder", "bytes_hash", "check_workers", "compile_graph",
    "decode_text", "describe_damage", "edit_distance", "embed_with", "english_words", "file_hash", "find_build", "find_codec",
    "find_sources", "hold_lock", "import_openvino", "infer", "installed_office", "is_address", "is_english", "is_read",
    "load_encoder", "make_private_folder", "mark_quotes", "matching_spans", "open_executor", "pad", "padded_width",
    "parse_address", "passage_features", "plain_graph", "question_terms", "read_document", "read_pair_model", "read_tokenizer",
    "round_graph", "sample_pairs", "split_passages", "split_sentences", "tell_language", "term_spans", "term_weights",
    "text_hash", "text_terms", "write_build",
]  # fmt: skip
