"""The catalog's tables, and how a passage lies in one row of them.

A passage's text and the keys of its terms are written when its file is read; its embeddings, which take longer, follow
in a row of their own. Until then it is pending: words find it already, meaning not yet.
"""

from collections.abc import Sequence

import numpy as np

from index.records import Document, Passage, PreparedPassage, Sentence, StoredPassage

FORMAT = 3
SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, source TEXT NOT NULL,
    size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, changed_ns INTEGER NOT NULL,
    file_sha256 TEXT NOT NULL, text_sha256 TEXT NOT NULL, extractor TEXT NOT NULL,
    characters INTEGER NOT NULL, passages INTEGER NOT NULL, pages INTEGER, language TEXT NOT NULL,
    notes TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document_id INTEGER NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    generation INTEGER NOT NULL, paragraph INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
    answering INTEGER NOT NULL, page INTEGER, heading TEXT, "row" INTEGER, sheet TEXT, slide INTEGER, date TEXT,
    content_hash BLOB NOT NULL, sentences BLOB NOT NULL, keys BLOB NOT NULL, lengths BLOB NOT NULL,
    text TEXT NOT NULL);
CREATE INDEX passages_by_document ON passages(document_id);
CREATE INDEX passages_by_generation ON passages(generation);
CREATE INDEX passages_by_content ON passages(content_hash);
CREATE TABLE embeddings (
    passage_id INTEGER PRIMARY KEY REFERENCES passages(id) ON DELETE CASCADE,
    generation INTEGER NOT NULL, vectors BLOB NOT NULL);
CREATE INDEX embeddings_by_generation ON embeddings(generation);
CREATE TABLE pending (passage_id INTEGER PRIMARY KEY REFERENCES passages(id) ON DELETE CASCADE);
CREATE TABLE removals (
    generation INTEGER NOT NULL, document_id INTEGER NOT NULL, first_id INTEGER NOT NULL, last_id INTEGER NOT NULL);
CREATE INDEX removals_by_generation ON removals(generation);
CREATE TABLE failures (path TEXT PRIMARY KEY, source TEXT NOT NULL, reason TEXT NOT NULL, seen TEXT NOT NULL)
    WITHOUT ROWID;
CREATE TABLE exclusions (path TEXT PRIMARY KEY, source TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE dense_files (position INTEGER PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL);
CREATE TABLE totals (
    documents INTEGER NOT NULL, passages INTEGER NOT NULL, sentences INTEGER NOT NULL, terms INTEGER NOT NULL,
    pending INTEGER NOT NULL);
INSERT INTO totals VALUES (0, 0, 0, 0, 0)
"""
# Kept by triggers: counting a million rows would take longer than a search.
_ROW = "CREATE TRIGGER {table}_{event} AFTER {event} ON {table} BEGIN UPDATE totals SET {table} = {table} {sign} 1; END"
_PASSAGE = (
    "CREATE TRIGGER passages_{event} AFTER {event} ON passages WHEN {row}.answering BEGIN UPDATE totals SET"
    " passages = passages {sign} 1, sentences = sentences {sign} length({row}.sentences) / 8,"
    " terms = terms {sign} length({row}.keys) / 8; END"
)
TRIGGERS = tuple(
    statement.format(table=table, event=event, row=row, sign=sign)
    for event, row, sign in (("INSERT", "NEW", "+"), ("DELETE", "OLD", "-"))
    for table, statement in (("documents", _ROW), ("passages", _PASSAGE), ("pending", _ROW))
)
PASSAGE_COLUMNS = (
    'id, document_id, paragraph, start, "end", answering, page, heading, "row", sheet, slide, date, sentences, text'
)
NEW_PASSAGE = (
    'INSERT INTO passages (document_id, generation, paragraph, start, "end", answering, page, heading, "row", sheet,'
    " slide, date, content_hash, sentences, keys, lengths, text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def pack(document_id: int, generation: int, document: Document, prepared: PreparedPassage) -> tuple:
    passage = prepared.passage
    spans = np.array([(s.start, s.end) for s in passage.sentences], dtype="<i4")
    return (
        (document_id, generation, passage.paragraph, passage.start, passage.end, passage.answering)
        + (passage.page, passage.heading, passage.row, passage.sheet, passage.slide, passage.date)
        + (prepared.content_hash, spans.tobytes(), prepared.keys.tobytes())
        + (prepared.lengths.tobytes(), document.text[passage.start : passage.end])
    )


def unpack(row: Sequence) -> StoredPassage:
    (id_, document_id, paragraph, start, end, answering, page, heading, row_number, sheet, slide, date, spans, text) = (
        row
    )
    return StoredPassage(
        id_,
        document_id,
        Passage(
            paragraph=paragraph,
            start=start,
            end=end,
            sentences=tuple(Sentence(*span) for span in np.frombuffer(spans, dtype="<i4").reshape(-1, 2).tolist()),
            answering=bool(answering),
            page=page,
            heading=heading,
            row=row_number,
            sheet=sheet,
            slide=slide,
            date=date,
        ),
        text,
    )
