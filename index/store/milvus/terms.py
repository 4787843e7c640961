"""The terms of passages in Milvus, ranked by BM25, and their numbers from the vocabulary of the catalog.

A passage is a sparse vector: at the dimension of each of its terms, what BM25 makes of how often it has the term; the query has
their rarity there. So the inner product is BM25. A second one has, at the same dimensions, a number that depends on the
content of the passage alone: 1 and at most 1/64 more. Its inner product with ones counts terms, and orders by the content.

The dimension of a term is a hash of 32 bits: of a hundred million terms, one in forty shares that of another one. A passage
is then proposed for a term that it does not have, and scored or read like any other.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from index.errors import StorageError
from index.store.catalog import Catalog
from index.store.features import content_number
from index.store.milvus.following import MilvusIndex, Row
from index.store.protocols import Proposals
from index.store.vocabulary import Vocabulary
from index.text.terms import term_key

_SATURATION, _NORMALIZATION = 1.2, 0.75  # the parameters k1 and b of BM25, as tantivy has them
_DIMENSIONS = 2**32 - 2
_MARKED = 0  # a dimension of no term
_MOST = 64  # terms that a search for all of some terms takes
_SHARE = 1 / _MOST  # so that a passage with all but one of them comes after those with all
_RESULTS = 16_000  # of one search; servers allow 16,384
_WITHOUT_SPARSE = ("1.", "2.0.", "2.1.", "2.2.", "2.3.")
_WRITTEN = 500  # passages at a time


class MilvusTerms(MilvusIndex):
    """Terms of passages; their keys are the ids of the passages."""

    kind = "terms"
    title = "The words"
    others = "nearest vectors"

    def save(self, catalog: Catalog) -> None:
        """Write what has changed, as `MilvusIndex.save` does, and count the terms of all passages the first time."""
        if not catalog.vocabulary.is_kept:
            catalog.count_terms()
        super().save(catalog)

    def forget(self, catalog: Catalog) -> None:
        """Have the next `save` write all rows, and count all terms, again."""
        super().forget(catalog)
        catalog.vocabulary.forget()

    def damaged_files(self, catalog: Catalog) -> list[str]:
        """Name the vocabulary if it does not have the numbers that it must have."""
        return [] if catalog.vocabulary_is_right() else ["the vocabulary"]

    def search(self, terms: Sequence[str], k: int, *, documents: Sequence[int] | None = None) -> Proposals:
        """Find k passages with some of the terms, as `index.text.terms.question_terms` returns them.

        `documents` limits the search to the documents with these ids. Returns passage ids, best BM25 first.
        """
        catalog = self._catalog
        counts = self._vocabulary.counts(terms)
        if not catalog or not any(counts.values()):
            return self._propose(lambda name: ())
        passages = catalog.totals().passages
        query = {
            _dimension(term_key(term)): math.log(1 + (passages - count + 0.5) / (count + 0.5))
            for term, count in counts.items()
            if count
        }
        return self._propose(lambda name: self._find(name, "terms", [query], k, documents))

    def search_all(self, terms: Sequence[str], k: int, *, documents: Sequence[int] | None = None) -> Proposals:
        """Find k passages with all of some terms; `documents` as for `search`."""
        wanted = sorted({_dimension(term_key(term)) for term in terms})[:_MOST]
        if not wanted or not all(self._vocabulary.counts(terms).values()):
            return self._propose(lambda name: ())

        def find(name: str) -> list[int]:
            among = _array(documents)
            found = self._search(name, "content", [dict.fromkeys(wanted, 1.0)], k, among=among, by="document")
            return [id_ for score, id_ in found[:k] if score >= len(wanted)]

        return self._propose(find)

    def search_term(self, term: str, k: int) -> list[int]:
        """Find k passages with a term: passage ids, chosen and ordered by their content alone."""
        return self._by_content([term], k)

    def search_near(self, term: str, k: int) -> list[int]:
        """Find k passages with a term spelt nearly like this one: passage ids, chosen and ordered by their content alone."""
        return self._by_content(self._vocabulary.near(term), k)

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Count the passages that have each of some terms."""
        return self._vocabulary.counts(terms)

    def passages(self) -> list[int]:
        """Return the ids of all passages."""
        return self._ids()

    @property
    def _vocabulary(self) -> Vocabulary:
        assert self._catalog, "it follows no catalog yet"
        return self._catalog.vocabulary

    def _is_known(self, catalog: Catalog, mark: int) -> bool:
        return catalog.vocabulary.is_kept and super()._is_known(catalog, mark)

    def _find(
        self, name: str, field: str, queries: Sequence[Mapping[int, float]], k: int, documents: Sequence[int] | None
    ) -> list[int]:
        found = self._search(name, field, queries, k, among=_array(documents), by="document")
        return list(dict.fromkeys(id_ for _, id_ in found))[:k]

    def _by_content(self, terms: Sequence[str], k: int) -> list[int]:
        """The first k by content of the passages with any of some terms."""
        queries = [{_dimension(term_key(term)): 1.0} for term in terms]
        if not queries:
            return []
        # The engine orders by 17 bits of the content; twice as many are looked at as are wanted.
        near = self._propose(lambda name: self._find(name, "content", queries, min(2 * k, _RESULTS), None))
        assert self._catalog
        stored = self._catalog.passages(sorted(near))
        return [each.id for each in sorted(stored, key=lambda each: content_number(each.passage, each.text))[:k]]

    def _begin(self, catalog: Catalog, name: str) -> None:
        version = self._connection.version().removeprefix("v")
        if version.startswith(_WITHOUT_SPARSE):
            raise StorageError(
                f"Milvus {version} at {self._address.shown} cannot search words; versions from 2.4 can. Use one of them, or "
                "leave out words=yes."
            )
        totals = catalog.totals()
        # Passages are ranked by BM25 with a mean length that was right when the first of them was written.
        catalog.set_meta("terms_length", str(max(1, round(totals.terms / max(1, totals.passages)))))
        super()._begin(catalog, name)

    def _fields(self, types: Any) -> Mapping[str, Mapping[str, Any]]:
        sparse = {"datatype": types.SPARSE_FLOAT_VECTOR}
        return {"document": {"datatype": types.INT64}, "terms": sparse, "content": sparse}

    def _indexes(self) -> Mapping[str, Mapping[str, Any]]:
        index = {"index_type": "SPARSE_INVERTED_INDEX"}
        return {"terms": index, "content": index}

    def _mark_fields(self) -> Row:
        return {"document": -1, "terms": {_MARKED: 1.0}, "content": {_MARKED: 1.0}}

    def _removed(self, first: int, last: int) -> str:
        return f"id >= {first} and id <= {last}"

    def _changes(self, catalog: Catalog, since: int) -> Iterator[list[Row]]:
        mean = float(catalog.meta("terms_length") or 1)
        for passages in catalog.terms_since(since, _WRITTEN):
            rows = []
            for stored, keys in passages:
                dimensions, counts = np.unique(_dimensions(keys), return_counts=True)
                norm = _SATURATION * (1 - _NORMALIZATION + _NORMALIZATION * len(keys) / mean)
                weights = counts / (counts + norm)
                number = 1 + _SHARE * (1 - content_number(stored.passage, stored.text) / 2**64)
                at = dimensions.tolist() or [_MARKED]
                rows.append(
                    {
                        "id": stored.id,
                        "document": stored.document_id,
                        "terms": dict(zip(at, weights.tolist() or [1.0], strict=True)),
                        "content": dict.fromkeys(at, number),
                    }
                )
            yield rows


def _dimension(key: int) -> int:
    return 1 + key % _DIMENSIONS


def _dimensions(keys: np.ndarray) -> np.ndarray:
    return 1 + keys % np.uint64(_DIMENSIONS)


def _array(documents: Sequence[int] | None) -> Any:
    return None if documents is None else np.array(documents, dtype=np.int64)
