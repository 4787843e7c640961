"""What a collection may stand on: the database of its catalog, and the two indexes derived from that.

A catalog reads and writes through a `CatalogDatabase`, in statements that every implementation takes: standard SQL, with `?`
for a value and `IN ({})` for several. The indexes only propose passages, which are scored from the catalog. They follow it: what
was committed after the generation that they have reached is applied. Which implementations are used is said where a collection
is opened, and nowhere else.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from index.store.catalog import Catalog


class CatalogDatabase(Protocol):
    """The tables of one catalog, shared by threads. Every method raises StorageError where they cannot be used."""

    is_beyond_ascii: ClassVar[
        str
    ]  # a condition, with {} for a column: whether its text has a character that is not in ASCII

    @property
    def is_deleted(self) -> bool:
        """Whether the collection is gone."""

    @property
    def is_current(self) -> bool:
        """Whether the collection is still the one that was opened: neither gone nor emptied to be made again."""

    @property
    def version(self) -> object | None:
        """What changes with each commit, of the moment of the snapshot under way; None while that cannot be told."""

    def transaction(self) -> AbstractContextManager[Any]:
        """Write alone among all processes, until leaving: commit then, or roll back on an error."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Read from one moment until leaving, in this thread. Inside another one, or a transaction, it is the same moment."""

    def writing(
        self, patience: float, stopped: Callable[[], bool], on_wait: Callable[[], None]
    ) -> AbstractContextManager[None]:
        """Keep others on other computers from updating the collection until leaving; transactions do not need it.

        Args:
            patience: Seconds to wait for another one.
            stopped: Whether to give up waiting.
            on_wait: Called once before waiting.

        Raises:
            LockedError: Another one is updating it.
        """

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Run one statement and return its rows, as tuples."""

    def rows_among(self, statement: str, values: Sequence[Any]) -> list[Any]:
        """Run a statement for any number of values, which it takes as `IN ({})`, and return its rows in any order."""

    def scattered_rows(self, statement: str, values: Sequence[int]) -> list[Any]:
        """Return hundreds of rows from all over the tables, as `rows_among` does."""

    def insert(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Insert rows, inside a transaction."""

    def new_ids(self, table: str, count: int) -> Sequence[int]:
        """Return ids, ascending, for rows to insert into a table inside a transaction; none was or will be used for another."""

    def faults(self) -> list[str]:
        """Check the tables for damage; return one line per finding."""

    def close(self) -> None:
        """Close it; snapshots under way close theirs when they end."""


class Proposals(list[int]):
    """Ids of passages, each once, best first.

    Attributes:
        caveats: Why better ones may be missing; each is a sentence, for a person.
        lost: What could not be searched at all; empty if nothing could not.
    """

    def __init__(self, passages: Iterable[int], caveats: Iterable[str] = (), *, lost: str = "") -> None:
        """Take the ids in order."""
        super().__init__(passages)
        self.caveats, self.lost = tuple(caveats), lost


class DerivedIndex(Protocol):
    """An index that follows the catalog of a collection."""

    @property
    def is_shared(self) -> bool:
        """Whether other computers use it too, so that it is saved under the lock of the catalog."""

    @property
    def generation(self) -> int:
        """The generation of the catalog that it has reached; -1 before the first `follow`."""

    def follow(self, catalog: "Catalog", *, rebuild: bool = True) -> None:
        """Bring it up to the catalog: drop what was removed, add what is new.

        Raises:
            DamagedError: It is missing or damaged, and is not to be built again from the catalog.
        """

    def save(self, catalog: "Catalog") -> None:
        """Keep what has changed, under the lock of the collection; StorageError when that fails."""

    def saved_generation(self, catalog: "Catalog") -> int:
        """Return the generation of what was kept last."""

    def forget(self, catalog: "Catalog") -> None:
        """Have the next `follow` build it again from the catalog, in this process and in those that open it later."""

    def damaged_files(self, catalog: "Catalog") -> list[str]:
        """List the names of its files that are missing or damaged."""

    def close(self) -> None:
        """Close it."""


class VectorIndex(DerivedIndex, Protocol):
    """The vectors of paragraphs and sentences, searched by inner product; threads may share it, and search side by side."""

    @property
    def compressed(self) -> bool:
        """Whether its proposals are approximate, so that more are made, and chosen among by exact vectors."""

    def ids(self) -> npt.NDArray[np.int64]:
        """Return the ids of all vectors, in any order: int64."""

    def search(self, vector: npt.NDArray[np.float32], *, among: npt.NDArray[np.int64] | None = None) -> Proposals:
        """Propose the passages with the vectors nearest to one: float32 of shape (dimension,), of length 1.

        `among` lists the int64 ids of the vectors to search, ascending, as `features.vector_ids` does; all when omitted.
        """


class LexicalIndex(DerivedIndex, Protocol):
    """The terms of passages, ranked by BM25."""

    def search(self, terms: Sequence[str], k: int, *, documents: Sequence[int] | None = None) -> Proposals:
        """Find k passages with some of the terms, as `index.text.terms.question_terms` returns them.

        `documents` limits the search to the documents with these ids. Returns passage ids, best BM25 first.
        """

    def search_all(self, terms: Sequence[str], k: int, *, documents: Sequence[int] | None = None) -> Proposals:
        """Find k passages with all of some terms; `documents` as for `search`."""

    def search_term(self, term: str, k: int) -> list[int]:
        """Find k passages with a term: passage ids, chosen and ordered by their content alone."""

    def search_near(self, term: str, k: int) -> list[int]:
        """Find k passages with a term spelt nearly like this one: passage ids, chosen and ordered by their content alone."""

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """Count the passages that have each of some terms."""

    def passages(self) -> list[int]:
        """Return the ids of all passages, each as often as the index has it."""


class IndexEngine(Protocol):
    """Makes the indexes derived from a collection; it can be pickled."""

    def make_vectors(self, folder: Path, dimension: int) -> VectorIndex:
        """Make the index of vectors of a dimension, of the collection that has a folder; `follow` opens it."""

    def make_terms(self, folder: Path) -> LexicalIndex:
        """Make the index of terms, likewise."""
