"""The catalog's tables, and how a passage lies in one row of them."""

import numpy as np

from index.records import Document, Passage, PreparedPassage, Sentence, StoredPassage

FORMAT = 2
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, source TEXT NOT NULL,
    size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, changed_ns INTEGER NOT NULL,
    file_sha256 TEXT NOT NULL, text_sha256 TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document_id INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    generation INTEGER NOT NULL, paragraph INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    answering INTEGER NOT NULL, page INTEGER, heading TEXT, "row" INTEGER, sheet TEXT, slide INTEGER, date TEXT,
    text TEXT NOT NULL,
    terms INTEGER NOT NULL, sentences BLOB NOT NULL, embeddings BLOB NOT NULL, content_hash BLOB NOT NULL);
CREATE INDEX passages_by_document ON passages(document_id);
CREATE INDEX passages_by_generation ON passages(generation);
CREATE INDEX passages_by_content ON passages(content_hash);
CREATE TABLE removals (
    generation INTEGER NOT NULL, document_id INTEGER NOT NULL, first_id INTEGER NOT NULL, last_id INTEGER NOT NULL);
CREATE INDEX removals_by_generation ON removals(generation);
CREATE TABLE failures (path TEXT PRIMARY KEY, source TEXT NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE totals (documents INTEGER NOT NULL, passages INTEGER NOT NULL, sentences INTEGER NOT NULL, terms INTEGER NOT NULL);
INSERT INTO totals VALUES (0, 0, 0, 0)
"""
# Kept by triggers: counting a million rows would take longer than a search.
TRIGGERS = (
    "CREATE TRIGGER document_added AFTER INSERT ON documents BEGIN UPDATE totals SET documents = documents + 1; END",
    "CREATE TRIGGER document_removed AFTER DELETE ON documents BEGIN UPDATE totals SET documents = documents - 1; END",
    "CREATE TRIGGER passage_added AFTER INSERT ON passages WHEN NEW.answering BEGIN UPDATE totals SET passages ="
    " passages + 1, sentences = sentences + length(NEW.sentences) / 8, terms = terms + NEW.terms; END",
    "CREATE TRIGGER passage_removed AFTER DELETE ON passages WHEN OLD.answering BEGIN UPDATE totals SET passages ="
    " passages - 1, sentences = sentences - length(OLD.sentences) / 8, terms = terms - OLD.terms; END",
)
PASSAGE_COLUMNS = (
    'id, document_id, paragraph, start, "end", answering, page, heading, "row", sheet, slide, date, text, sentences,'
    " embeddings"
)


def pack(document_id: int, generation: int, document: Document, prepared: PreparedPassage) -> tuple:
    passage = prepared.passage
    spans = np.array([(s.start, s.end) for s in passage.sentences], dtype="<i4").tobytes()
    return (
        (document_id, generation, passage.paragraph, passage.start, passage.end, passage.answering)
        + (passage.page, passage.heading, passage.row, passage.sheet, passage.slide, passage.date)
        + (document.text[passage.start : passage.end],)
        + (prepared.terms, spans, prepared.embeddings.tobytes(), prepared.content_hash)
    )


def vectors(blob: bytes, sentences: int) -> np.ndarray:
    return np.frombuffer(blob, dtype="<f2").reshape(1 + sentences, -1)


def unpack(row: tuple) -> StoredPassage:
    id_, document_id, paragraph, start, end, answering, page, heading, row_number, sheet, slide, date, *rest = row
    text, sentences, embeddings = rest
    spans = np.frombuffer(sentences, dtype="<i4").reshape(-1, 2).tolist()
    passage = Passage(
        paragraph=paragraph,
        start=start,
        end=end,
        sentences=tuple(Sentence(*span) for span in spans),
        answering=bool(answering),
        page=page,
        heading=heading,
        row=row_number,
        sheet=sheet,
        slide=slide,
        date=date,
    )
    return StoredPassage(id_, document_id, passage, text, vectors(embeddings, len(spans)))
