"""What the catalog keeps of the files themselves, beside their text: which are known, which fail, which are left out.

The selection a collection is made of is kept here too, so that a collection can be opened by its name alone.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from index.database import Database
from index.records import DocumentStatus, Failure, KnownFile, Source
from index.rules import Selection, SourceRules


class Holdings(Database):
    """The part of a catalog that is about files."""

    def known_files(self) -> dict[str, KnownFile]:
        """Every document's file as it was when read, by path."""
        rows = self._rows("SELECT path, source, size, modified_ns, changed_ns, file_sha256 FROM documents")
        return {row[0]: KnownFile(*row) for row in rows}

    def touch_document(self, source: Source) -> None:
        """Note that a file was found unchanged under a new time of change or a new name."""
        with self.transaction():
            self._connection.execute(
                "UPDATE documents SET source = ?, size = ?, modified_ns = ?, changed_ns = ? WHERE path = ?",
                (source.name, source.size, source.modified_ns, source.changed_ns, source.path),
            )

    def remove_document(self, path: str) -> None:
        """Remove a document with its passages, in one transaction."""
        with self.transaction():
            self._remove(path, self.raise_generation())

    def _remove(self, path: str, generation: int) -> None:
        row = self._connection.execute("SELECT id FROM documents WHERE path = ?", (path,)).fetchone()
        if row:
            first, last = self._connection.execute(
                "SELECT min(id), max(id) FROM passages WHERE document_id = ?", row
            ).fetchone()
            if first is not None:
                self._connection.execute("INSERT INTO removals VALUES (?, ?, ?, ?)", (generation, *row, first, last))
            self._connection.execute("DELETE FROM documents WHERE id = ?", row)

    def set_failures(self, failures: Sequence[Failure]) -> None:
        """Keep the list of sources that could not be read, in place of the last one."""
        with self.transaction():
            self._connection.execute("DELETE FROM failures")
            self._connection.executemany(
                "INSERT INTO failures SELECT ?1, ?2, ?3, ?4 WHERE ?1 NOT IN (SELECT path FROM exclusions)",
                ((f.path, f.source, f.reason, f.seen) for f in failures),
            )

    def failures(self) -> tuple[Failure, ...]:
        """Sources that could not be read, by the name shown."""
        rows = self._rows("SELECT source, path, reason, seen FROM failures ORDER BY source, path")
        return tuple(Failure(*row) for row in rows)

    def exclude(self, path: str, source: str) -> None:
        """Take a file out, and keep it out, in one transaction."""
        with self.transaction():
            self._connection.execute("INSERT OR IGNORE INTO exclusions VALUES (?, ?)", (path, source))
            self._forget(path)

    def forget(self, path: str) -> None:
        """Drop what is kept of a file, its text or the reason why it cannot be read, in one transaction."""
        with self.transaction():
            self._forget(path)

    def _forget(self, path: str) -> None:
        self._connection.execute("DELETE FROM failures WHERE path = ?", (path,))
        self._remove(path, self.raise_generation())

    def restore(self, path: str) -> bool:
        """Let an excluded file in again, at the next update; returns whether it was excluded."""
        with self.transaction():
            return self._connection.execute("DELETE FROM exclusions WHERE path = ?", (path,)).rowcount > 0

    def is_excluded(self, path: str) -> bool:
        """Whether a file is excluded."""
        return bool(self._rows("SELECT 1 FROM exclusions WHERE path = ?", (path,)))

    def exclusions(self) -> dict[str, str]:
        """The names shown of the files that are excluded, by path."""
        return dict(self._rows("SELECT path, source FROM exclusions"))

    def document_statuses(self) -> list[DocumentStatus]:
        """How every document stands, in any order."""
        rows = self._rows(
            "SELECT documents.id, source, path, documents.passages, pages, coalesce(waiting, 0), language, size,"
            " modified_ns, extractor, notes FROM documents LEFT JOIN (SELECT document_id, count(*) AS waiting"
            " FROM pending JOIN passages ON id = passage_id GROUP BY document_id) ON document_id = documents.id"
        )
        return [
            DocumentStatus(
                *(id_, source, path, "pending" if pending else "indexed", passages, pages, pending, language, size),
                *(describe_time(modified_ns), extractor, tuple(json.loads(notes))),
            )
            for id_, source, path, passages, pages, pending, language, size, modified_ns, extractor, notes in rows
        ]

    def keep_selection(self, selection: Selection) -> None:
        """Keep what the collection is made of, in place of what it was made of."""
        kept = write_selection(selection)
        if kept != self.meta("selection"):
            self.set_meta("selection", kept)

    def selection(self) -> Selection | None:
        """What the collection is made of; None before its first update."""
        kept = self.meta("selection")
        return read_selection(kept) if kept else None


def write_selection(selection: Selection) -> str:
    """A selection as JSON, its paths as they are."""
    return json.dumps({**asdict(selection), "paths": [str(path) for path in selection.paths]})


def read_selection(text: str) -> Selection:
    """A selection from JSON; ValueError, KeyError or TypeError when it is none."""
    kept = json.loads(text)
    rules = {name: tuple(value) if isinstance(value, list) else value for name, value in kept["rules"].items()}
    return Selection(tuple(kept["paths"]), SourceRules(**rules), kept["name"])


def describe_time(nanoseconds: int) -> str:
    """A time of change as an ISO 8601 date and time in UTC."""
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC).isoformat()
