"""In how many passages each term occurs: a table of the catalog, changed in one transaction with the passages.

It is for an index of terms that counts none itself, and is kept from the first time that one is used.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from index.store.protocols import CatalogDatabase
from index.text.terms import allowed_edits, term_key

_KEPT = "vocabulary"  # in meta, where it is kept
_TABLE = "CREATE TABLE IF NOT EXISTS vocabulary (key BIGINT PRIMARY KEY, term TEXT NOT NULL, passages BIGINT NOT NULL)"
_ROWS = 300  # written by one statement; SQLite took 999 values at first


class Vocabulary:
    """The terms of a catalog and their numbers; threads may share it."""

    def __init__(self, database: CatalogDatabase) -> None:
        """Name the tables of the catalog."""
        self._database = database

    @property
    def is_kept(self) -> bool:
        """Whether it has the terms of all passages that may answer, also of those written later."""
        return bool(self._database.rows("SELECT 1 FROM meta WHERE key = ?", (_KEPT,)))

    def fill(self, passages: Iterable[Sequence[str]]) -> None:
        """Begin to keep it, with the terms of all passages that may answer, inside a transaction."""
        counts = Counter(term for terms in passages for term in set(terms))
        self._database.rows(_TABLE)
        self._database.rows("DELETE FROM vocabulary")
        rows = ((_signed(term), term, count) for term, count in counts.items())
        self._database.insert("vocabulary", ("key", "term", "passages"), rows)
        self._database.rows("INSERT INTO meta VALUES (?, '1') ON CONFLICT DO NOTHING", (_KEPT,))

    def forget(self) -> None:
        """Keep it no longer, until it is filled again."""
        self._database.rows("DELETE FROM meta WHERE key = ?", (_KEPT,))

    def add(self, passages: Iterable[Sequence[str]]) -> None:
        """Add passages, given by their terms, inside the transaction that writes them."""
        counts = sorted(Counter(term for terms in passages for term in set(terms)).items())
        for at in range(0, len(counts), _ROWS):
            some = counts[at : at + _ROWS]
            self._database.rows(
                f"INSERT INTO vocabulary (key, term, passages) VALUES {', '.join(['(?, ?, ?)'] * len(some))}"
                " ON CONFLICT (key) DO UPDATE SET passages = vocabulary.passages + excluded.passages",
                [value for term, count in some for value in (_signed(term), term, count)],
            )

    def remove(self, passages: Iterable[bytes]) -> None:
        """Take away passages, given by their `keys` as in `Signature`, inside the transaction that removes them."""
        by_count: dict[int, list[int]] = {}
        for key, count in _count_keys(passages).items():
            by_count.setdefault(count, []).append(key)
        for count, keys in by_count.items():
            among = self._database.rows_among
            among(f"UPDATE vocabulary SET passages = passages - {count} WHERE key IN ({{}})", keys)
            among("DELETE FROM vocabulary WHERE passages < 1 AND key IN ({})", keys)

    def counts(self, terms: Sequence[str]) -> dict[str, int]:
        """Count the passages that have each of some terms; none where it is not kept."""
        keys = {term: _signed(term) for term in terms}
        statement = "SELECT key, passages FROM vocabulary WHERE key IN ({})"
        held = dict(self._database.rows_among(statement, list(keys.values()))) if keys and self.is_kept else {}
        return {term: held.get(key, 0) for term, key in keys.items()}

    def near(self, term: str) -> list[str]:
        """List the terms spelt nearly like one, as `allowed_edits` has it, in order. It looks at all of about its length."""
        edits = allowed_edits(term)
        if not edits or not self.is_kept:
            return []
        statement = "SELECT term FROM vocabulary WHERE length(term) BETWEEN ? AND ?"
        terms = [other for (other,) in self._database.rows(statement, (len(term) - edits, len(term) + edits))]
        found = process.extract(term, terms, scorer=OSA.distance, score_cutoff=edits, limit=None)
        return sorted(other for other, _, _ in found)

    def is_right(self, passages: Iterable[bytes]) -> bool:
        """Whether it has the numbers that it must have with all passages that may answer, given by their `keys`."""
        return not self.is_kept or dict(self._database.rows("SELECT key, passages FROM vocabulary")) == _count_keys(
            passages
        )


def _signed(term: str) -> int:
    """The key of a term as databases take it, between -2^63 and 2^63."""
    key = term_key(term)
    return key - (1 << 64) if key >> 63 else key


def _count_keys(passages: Iterable[bytes]) -> Counter[int]:
    """Count the passages that have each key, as signed numbers."""
    counts: Counter[int] = Counter()
    for keys in passages:
        counts.update(np.unique(np.frombuffer(keys, dtype="<i8")).tolist())
    return counts
