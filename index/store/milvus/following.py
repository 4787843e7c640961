"""What is in a collection of Milvus follows the catalog, whether it is vectors or terms.

Rows have ids of the catalog as their keys, so that applying changes twice does no harm. The catalog keeps the name of the
collection. One more row, the mark, says which generation of the catalog has been applied. The catalog notes the last mark and
the one it took the place of. A mark that it does not know was made by another copy of the catalog, such as one that was
restored since; then all is written again.

`follow` only notes what is wanted. `save` writes, so that it is done by whoever has the lock of the collection, and by no other.
"""

import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar, TypeVar

import numpy as np
import numpy.typing as npt

from index.errors import UnreachableError
from index.store.catalog import Catalog
from index.store.milvus.client import SECONDS, WRITING_SECONDS, MilvusAddress, MilvusConnection, import_milvus
from index.store.protocols import Proposals

Result = TypeVar("Result")
Row = dict[str, Any]

MARK = -1  # the id of the row that marks the generation
_MARK_BITS = 20  # of a mark, which are random; the generation is above them
# After the mark was seen. Until then a search waits for all that was written, which takes a server .2 s; later it may miss what
# was written within the last 5 s, and nothing was.
_STRICT_SECONDS = 10.0
_REST = 10  # times as long as an attempt took that failed, no other is made for a question
# Rows after which the server is told to make a segment of them: until then milvus-lite compares them in Python, 30 times as
# slowly. Servers limit how often one may say so, by default to six times a minute.
_SEGMENT = 5_000
_RANGES = 100  # of rows to delete at a time
_AMONG = 10_000  # ids that one search is limited to


class MilvusIndex(ABC):
    """Rows in Milvus that are derived from a catalog; threads may share it, and search side by side."""

    is_shared: ClassVar[bool] = True
    kind: ClassVar[str]  # begins the keys under which the catalog keeps the name and the marks
    title: ClassVar[str]  # what it is, as a sentence about it begins
    others: ClassVar[str]  # what finds passages where it does not

    def __init__(self, address: MilvusAddress, key: str) -> None:
        """Name the server, and the collection, whose name in Milvus begins with its key; contacts nothing."""
        self._address, self._key = address, key
        self._catalog: Catalog | None = None  # as of the last `follow`
        self._generation = self._in_step = -1  # in step: the generation whose mark was seen, until a call fails
        self._connection = MilvusConnection(address, begin=self._load)
        self._rests_until = self._strict_until = 0.0
        self._loose = 0  # rows written that may be in no segment yet

    @property
    def generation(self) -> int:
        """The generation of the catalog that its answers are to be of; -1 before the first `follow`."""
        return self._generation

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def follow(self, catalog: Catalog, *, rebuild: bool = True) -> None:
        """Note what its proposals are to be of; `save` writes it."""
        self._catalog, self._generation = catalog, catalog.generation

    def save(self, catalog: Catalog) -> None:
        """Write the changes since the last mark to the server, under the lock of the collection.

        Raises:
            UnreachableError: The server cannot be reached; what it was given is kept, and the next time goes on from there.
        """
        name = self._name(catalog) or self._choose_name(catalog)
        mark = self._read_mark(name, WRITING_SECONDS)
        if mark is None or not self._is_known(catalog, mark):
            self._begin(catalog, name)
            mark = 0
        with catalog.database.snapshot():
            generation = catalog.generation
            if mark and _generation_of(mark) == generation:
                self._note_step(generation)
                return
            self._apply(catalog, name, _generation_of(mark))
        if self._loose >= _SEGMENT:
            self._call(lambda client: client.flush(name, timeout=WRITING_SECONDS), WRITING_SECONDS)
            self._loose = 0
        new = generation << _MARK_BITS | secrets.randbits(_MARK_BITS)
        # Noted first, because a mark that is not known would have all written again.
        catalog.set_meta(f"{self.kind}_marks", f"{mark} {new}")
        self._write(name, [{"id": MARK, "mark": new, **self._mark_fields()}])
        self._note_step(generation)

    def saved_generation(self, catalog: Catalog) -> int:
        """Return the generation that the server has reached; 0 if it has none of this catalog."""
        name = self._name(catalog)
        mark = self._read_mark(name, WRITING_SECONDS) if name else None
        return _generation_of(mark) if mark is not None and self._is_known(catalog, mark) else 0

    def forget(self, catalog: Catalog) -> None:
        """Have the next `save` write all rows again."""
        catalog.set_meta(f"{self.kind}_marks", "")
        self._in_step = -1

    def damaged_files(self, catalog: Catalog) -> list[str]:
        """It has no files."""
        return []

    def _ids(self) -> list[int]:
        """Return the ids of all rows but the mark, in any order."""
        name = self._name(self._catalog)

        def read(client: Any) -> list[int]:
            rows: list[int] = []
            pages = client.query_iterator(name, batch_size=10_000, filter="id >= 0", output_fields=["id"])
            while page := pages.next():
                rows += [row["id"] for row in page]
            pages.close()
            return rows

        return self._call(read, WRITING_SECONDS) if name else []

    def _propose(self, find: Callable[[str], Iterable[int]], caveats: Iterable[str] = ()) -> Proposals:
        """Return what a search of the collection of a name finds, with what it may have missed; nothing while it is lost."""
        began = time.monotonic()
        if began < self._rests_until:
            return self._lost()
        try:
            there, behind = self._look()
            return Proposals(find(self._name(self._catalog)) if there else (), (*caveats, *behind))
        except UnreachableError:
            failed = time.monotonic()
            self._rests_until = failed + _REST * (failed - began)
            return self._lost()

    def _look(self) -> tuple[bool, tuple[str, ...]]:
        """Whether there is anything to search, and a sentence about what is not there yet."""
        catalog = self._catalog
        name = self._name(catalog)
        if not catalog or self._in_step >= self._generation:
            return bool(name), ()
        mark = self._read_mark(name, SECONDS) if name else None
        if mark is not None and self._is_known(catalog, mark) and _generation_of(mark) >= self._generation:
            self._note_step(self._generation)
            return True, ()
        return mark is not None, (
            f"{self.title} in {self._address.shown} are behind the documents, so that some passages were searched by their"
            f" {self.others} alone. To bring them up, run qa index.",
        )

    def _lost(self) -> Proposals:
        fault = f"{self.title} in {self._address.shown} cannot be reached"
        return Proposals((), [f"{fault}: passages were found by their {self.others} alone."], lost=fault)

    def _search(
        self,
        name: str,
        field: str,
        queries: Sequence[Any],
        count: int,
        *,
        among: npt.NDArray[np.int64] | None = None,
        by: str = "id",
        settings: Mapping[str, Any] | None = None,
    ) -> list[tuple[float, int]]:
        """Return the best scores of each query, with the ids of their rows, best first.

        Args:
            name: That of the collection in Milvus.
            field: Its field of vectors to search.
            queries: Vectors of that field.
            count: How many to find for each query.
            among: The values of `by` to search; all when omitted.
            by: The name of a field of numbers.
            settings: Of the index.
        """
        found: list[tuple[float, int]] = []
        for part in [None] if among is None else np.split(among, range(_AMONG, len(among), _AMONG)):
            if part is not None and not len(part):
                continue
            limited = "" if part is None else f"{by} in {part.tolist()}"
            use = partial(self._search_part, name, field, list(queries), count, limited, dict(settings or {}))
            found += [(hit["distance"], hit["id"]) for some in self._call(use, SECONDS) for hit in some]
        found = [pair for pair in found if pair[1] != MARK]
        return sorted(found, key=lambda pair: (-pair[0], pair[1]))

    def _search_part(
        self, name: str, field: str, queries: list[Any], count: int, limited: str, settings: dict[str, Any], client: Any
    ) -> list[list[Mapping[str, Any]]]:
        found: list[list[Mapping[str, Any]]] = client.search(
            name,
            queries,
            anns_field=field,
            filter=limited,
            limit=count + 1,  # one may be the mark
            output_fields=["id"],
            search_params={"metric_type": "IP", "params": settings},
            consistency_level="Strong" if time.monotonic() < self._strict_until else "Bounded",
            timeout=SECONDS,
        )
        return found

    @abstractmethod
    def _fields(self, types: Any) -> Mapping[str, Mapping[str, Any]]:
        """The fields of a row besides its id and the mark, as `add_field` of a schema takes them."""

    @abstractmethod
    def _indexes(self) -> Mapping[str, Mapping[str, Any]]:
        """The index of each field of vectors, as `add_index` takes it."""

    @abstractmethod
    def _mark_fields(self) -> Row:
        """The fields of the mark, which no search may find."""

    @abstractmethod
    def _removed(self, first: int, last: int) -> str:
        """A filter for the rows of the passages with these ids and those between."""

    @abstractmethod
    def _changes(self, catalog: Catalog, since: int) -> Iterator[list[Row]]:
        """Yield the rows that changed after a generation, some at a time, without their marks."""

    def _note_step(self, generation: int) -> None:
        """Note that the server has all of a generation."""
        self._in_step, self._strict_until = generation, time.monotonic() + _STRICT_SECONDS

    def _name(self, catalog: Catalog | None) -> str:
        return (catalog.meta(f"{self.kind}_name") if catalog else None) or ""

    def _choose_name(self, catalog: Catalog) -> str:
        """Note a name that no other catalog has."""
        readable = "".join(each if each.isascii() and each.isalnum() else "_" for each in self._key)[:40]
        name = f"qa_{readable}_{self.kind}_{secrets.token_hex(8)}"
        catalog.set_meta(f"{self.kind}_name", name)
        return name

    def _is_known(self, catalog: Catalog, mark: int) -> bool:
        """Whether a mark is one that this catalog has made."""
        known = (catalog.meta(f"{self.kind}_marks") or "").split()
        return str(mark) in known and _generation_of(mark) <= catalog.generation

    def _read_mark(self, name: str, seconds: float) -> int | None:
        """Return the mark in the server; None if there is none, or the indexes are not of the types that were chosen."""

        def read(client: Any) -> int | None:
            if not client.has_collection(name, timeout=seconds):
                return None
            for field, chosen in self._indexes().items():
                indexes = client.list_indexes(name, field_name=field, timeout=seconds)
                types = [client.describe_index(name, each, timeout=seconds)["index_type"] for each in indexes]
                if types != [chosen["index_type"]]:
                    return None
            rows = client.query(name, ids=[MARK], output_fields=["mark"], consistency_level="Strong", timeout=seconds)
            return next((int(row["mark"]) for row in rows), None)

        return self._call(read, seconds)

    def _begin(self, catalog: Catalog, name: str) -> None:
        """Make the collection anew, empty, loaded."""
        types = import_milvus().DataType

        def make(client: Any) -> None:
            client.drop_collection(name, timeout=WRITING_SECONDS)
            schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field("id", types.INT64, is_primary=True)
            schema.add_field("mark", types.INT64)
            for field, described in self._fields(types).items():
                schema.add_field(field, **described)
            index = client.prepare_index_params()
            for field, described in self._indexes().items():
                index.add_index(field, metric_type="IP", **described)
            client.create_collection(
                name, schema=schema, index_params=index, consistency_level="Strong", timeout=WRITING_SECONDS
            )

        self._in_step = -1
        self._call(make, WRITING_SECONDS)

    def _apply(self, catalog: Catalog, name: str, since: int) -> None:
        """Write the changes committed after a generation."""
        removed = [(first, last) for _, first, last in catalog.removals_since(since)] if since else []
        for at in range(0, len(removed), _RANGES):
            self._delete(name, " or ".join(f"({self._removed(*each)})" for each in removed[at : at + _RANGES]))
        for rows in self._changes(catalog, since):
            self._write(name, [{"mark": 0, **row} for row in rows])

    def _delete(self, name: str, which: str) -> None:
        self._call(lambda client: client.delete(name, filter=which, timeout=WRITING_SECONDS), WRITING_SECONDS)

    def _write(self, name: str, rows: list[Row]) -> None:
        """Write rows, in the place of those with the same ids."""
        self._call(lambda client: client.upsert(name, rows, timeout=WRITING_SECONDS), WRITING_SECONDS)
        self._loose += len(rows)

    def _call(self, use: Callable[[Any], Result], seconds: float) -> Result:
        try:
            return self._connection.call(use, seconds)
        except UnreachableError:
            self._in_step = -1
            raise

    def _load(self, client: Any, seconds: float) -> None:
        """Have the server load what it has, after it was started."""
        name = self._name(self._catalog)
        if name and client.has_collection(name, timeout=seconds):
            with suppress(import_milvus().MilvusException):  # where it is half made, for `save` to make it anew
                client.load_collection(name, timeout=seconds)


def _generation_of(mark: int) -> int:
    return mark >> _MARK_BITS
