"""Nearest neighbours by cosine in Milvus, an engine on this computer or another, derived from the catalog.

As FAISS does, Milvus only proposes candidates; they are scored from the catalog. So it may be behind, lose what it was given
or be out of reach, and no quote becomes wrong: passages may be missed, and each answer says so (`Proposals`).

The vectors of a collection lie in one collection of Milvus, whose name the catalog keeps. Their key is the id of the vector, so
that applying changes twice does no harm. One more row, the mark, says which generation of the catalog has been applied. The
catalog notes the last mark and the one it took the place of. A mark that it does not know was made by another copy of the
catalog, such as one that was restored since; then all vectors are written again.

`follow` only notes what is wanted. `save` writes, so that it is done by whoever has the lock of the collection, and by no other.
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from functools import partial
from importlib.util import find_spec
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import numpy.typing as npt

from index.addresses import Address
from index.errors import SourceError, StorageError, UnreachableError
from index.store.catalog import Catalog
from index.store.faiss_index import CANDIDATES
from index.store.features import VECTORS_PER_PASSAGE
from index.store.protocols import Proposals

Result = TypeVar("Result")

# What an index is made with and, with "", the setting of a search that has to grow with the number of its results.
_INDEXES: Mapping[str, tuple[Mapping[str, int], str]] = {
    "FLAT": ({}, ""),
    "HNSW": ({"M": 16, "efConstruction": 200}, "ef"),
    "IVF_FLAT": ({"nlist": 1024}, "nprobe"),
}
_APPROXIMATE_CANDIDATES = 2 * CANDIDATES  # vectors that an approximate index proposes
_MARK = -1  # the id of the row that marks the generation
_MARK_BITS = 20  # of a mark, which are random; the generation is above them
_SECONDS = 3.0  # to wait for the engine while someone asks
_WRITING_SECONDS = 60.0
# After the mark was seen. Until then a search waits for all that was written, which takes a server .2 s; later it may miss what
# was written within the last 5 s, and nothing was.
_STRICT_SECONDS = 10.0
_REST = 10  # times as long as an attempt took that failed, no other is made for a question
_WRITTEN = 1_000  # vectors at a time; 1.5 MB of 384 numbers
# Vectors after which the engine is told to make a segment of them: until then milvus-lite compares them in Python, 30 times as
# slowly. Servers limit how often one may say so, by default to six times a minute.
_SEGMENT = 5_000
_RANGES = 100  # of vectors to delete at a time
_AMONG = 10_000  # vectors that one search is limited to
_NO_DOTENV = "PYTHON_DOTENV_DISABLED"


def milvus_vectors(given: str, key: str) -> Callable[[int], "MilvusIndex"]:
    """Choose Milvus for the vectors of a collection; contacts nothing.

    Args:
        given: The address, as in `http://user:password@host:19530/database?index=HNSW`.
        key: That of the collection, which its name in Milvus begins with.

    Returns:
        What makes the index for vectors of a dimension; it can be pickled.

    Raises:
        SourceError: The address cannot be used.
        StorageError: pymilvus is not installed.
    """
    if find_spec("pymilvus") is None:
        raise StorageError("Milvus needs the package pymilvus. Install it: pip install 'qa-verbatim[milvus]'")
    _Place.parse(given)
    return partial(MilvusIndex, given, key)


def describe_milvus(given: str) -> str:
    """Describe the engine at an address, with its version.

    Raises:
        SourceError: The address cannot be used.
        UnreachableError: The engine cannot be reached.
    """
    with closing(MilvusIndex(given, "", 1)) as index:
        version = index._call(lambda client: client.get_server_version(timeout=_SECONDS), _SECONDS)
        return f"Milvus {version} at {index._place.shown}"


def delete_milvus_vectors(given: str, name: str) -> None:
    """Delete the vectors of a collection; `name` is its name in Milvus, as `CatalogStore.vectors_name` returns it.

    Raises:
        UnreachableError: The engine cannot be reached.
    """
    index = MilvusIndex(given, name, 1)
    index._call(lambda client: client.drop_collection(name, timeout=_WRITING_SECONDS), _WRITING_SECONDS)
    index.close()


class _Place:
    """Where an engine is: an address taken apart.

    Attributes:
        shown: It, without credentials.
        settings: For the client.
        index: The type of index.
    """

    def __init__(self, shown: str, settings: Mapping[str, str], index: str) -> None:
        self.shown, self.settings, self.index = shown, settings, index

    @classmethod
    def parse(cls, given: str) -> "_Place":
        """Take an address apart; SourceError when it cannot be used."""
        shown = str(Address(given)).partition("?")[0].rstrip("/")
        parts = urlsplit(given.strip())
        try:
            port = parts.port or (443 if parts.scheme == "https" else 19530)
        except ValueError:
            port = 0
        if parts.scheme not in ("http", "https") or not parts.hostname or not port:
            raise SourceError(f"{shown!r} is no address of a Milvus server. Write it as http://host:19530.")
        index = parse_qs(parts.query).get("index", ["FLAT"])[-1].upper()
        if index not in _INDEXES:
            raise SourceError(f"{shown}: there is no index {index!r}. Choose one of {', '.join(_INDEXES)}.")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        token = ":".join(unquote(each) for each in (parts.username, parts.password) if each)
        settings = {"uri": f"{parts.scheme}://{host}:{port}", "token": token, "db_name": parts.path.strip("/")}
        return cls(shown, settings, index)


class MilvusIndex:
    """Vectors of paragraphs and sentences, searched by inner product; threads may share it, and search side by side."""

    def __init__(self, given: str, key: str, dimension: int) -> None:
        """Name what `milvus_vectors` has checked; nothing is contacted before the first search or writing."""
        self._place, self._key, self._dimension = _Place.parse(given), key, dimension
        self._catalog: Catalog | None = None  # as of the last `follow`
        self._generation = self._in_step = -1  # in step: the generation whose mark was seen, until a call fails
        self._opening = threading.Lock()
        self._client: Any = None
        self._rests_until = self._strict_until = 0.0
        self._loose = 0  # vectors written that may be in no segment yet

    is_shared = True

    @property
    def compressed(self) -> bool:
        """Whether its index is approximate."""
        return bool(_INDEXES[self._place.index][1])

    @property
    def generation(self) -> int:
        """The generation of the catalog that its answers are to be of; -1 before the first `follow`."""
        return self._generation

    def close(self) -> None:
        """Close the connection."""
        with self._opening:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def follow(self, catalog: Catalog, *, rebuild: bool = True) -> None:
        """Note what its proposals are to be of; `save` writes it."""
        self._catalog, self._generation = catalog, catalog.generation

    def save(self, catalog: Catalog) -> None:
        """Write the changes since the last mark to the engine, under the lock of the collection.

        Raises:
            UnreachableError: The engine cannot be reached; what it was given is kept, and the next time goes on from there.
        """
        name = self._name(catalog) or self._choose_name(catalog)
        mark = self._read_mark(name, _WRITING_SECONDS)
        if mark is None or not self._is_known(catalog, mark):
            self._begin(name)
            mark = 0
        with catalog.database.snapshot():
            generation = catalog.generation
            if mark and _generation_of(mark) == generation:
                self._note_step(generation)
                return
            self._apply(catalog, name, _generation_of(mark))
        if self._loose >= _SEGMENT:
            self._call(lambda client: client.flush(name, timeout=_WRITING_SECONDS), _WRITING_SECONDS)
            self._loose = 0
        new = generation << _MARK_BITS | secrets.randbits(_MARK_BITS)
        # Noted first, because a mark that is not known would have all written again.
        catalog.set_meta("vectors_marks", f"{mark} {new}")
        self._write(name, np.array([_MARK]), np.zeros((1, self._dimension), dtype=np.float32), mark=new)
        self._note_step(generation)

    def saved_generation(self, catalog: Catalog) -> int:
        """Return the generation that the engine has reached; 0 if it has none of this catalog."""
        name = self._name(catalog)
        mark = self._read_mark(name, _WRITING_SECONDS) if name else None
        return _generation_of(mark) if mark is not None and self._is_known(catalog, mark) else 0

    def forget(self, catalog: Catalog) -> None:
        """Have the next `save` write all vectors again."""
        catalog.set_meta("vectors_marks", "")
        self._in_step = -1

    def damaged_files(self, catalog: Catalog) -> list[str]:
        """It has no files."""
        return []

    def ids(self) -> npt.NDArray[np.int64]:
        """Return the ids of all vectors, in any order: int64."""
        name = self._name(self._catalog)

        def read(client: Any) -> list[int]:
            rows: list[int] = []
            pages = client.query_iterator(name, batch_size=10_000, filter="id >= 0", output_fields=["id"])
            while page := pages.next():
                rows += [row["id"] for row in page]
            pages.close()
            return rows

        return np.array(self._call(read, _WRITING_SECONDS) if name else [], dtype=np.int64)

    def search(self, vector: npt.NDArray[np.float32], *, among: npt.NDArray[np.int64] | None = None) -> Proposals:
        """Propose the passages with the vectors nearest to one: float32 of shape (dimension,), of length 1.

        `among` lists the int64 ids of the vectors to search, ascending, as `features.vector_ids` does; all when omitted.
        Returns the ids of the passages, each once, nearest first; none where the engine cannot be reached.
        """
        began = time.monotonic()
        if began < self._rests_until:
            return self._lost()
        try:
            return self._search(vector, among)
        except UnreachableError:
            failed = time.monotonic()
            self._rests_until = failed + _REST * (failed - began)
            return self._lost()

    def _search(self, vector: npt.NDArray[np.float32], among: npt.NDArray[np.int64] | None) -> Proposals:
        shown, kind = self._place.shown, self._place.index
        caveats = [f"The nearest vectors in {shown} are searched approximately ({kind})."] if self.compressed else []
        catalog = self._catalog
        name = self._name(catalog)
        there = bool(name)
        if catalog and self._in_step < self._generation:
            mark = self._read_mark(name, _SECONDS) if name else None
            there = mark is not None
            if mark is not None and self._is_known(catalog, mark) and _generation_of(mark) >= self._generation:
                self._note_step(self._generation)
            else:
                caveats.append(
                    f"The nearest vectors in {shown} are behind the documents, so that some passages were searched"
                    " by their words alone. To bring them up, run qa index."
                )
        count = _APPROXIMATE_CANDIDATES if self.compressed else CANDIDATES
        found: list[tuple[float, int]] = []
        parts = [None] if among is None else np.split(among, range(_AMONG, len(among), _AMONG))
        for part in parts if there else ():
            found += self._search_part(name, vector, count, part)
        found.sort(key=lambda pair: -pair[0])
        return Proposals(dict.fromkeys(id_ // VECTORS_PER_PASSAGE for _, id_ in found[:count]), caveats)

    def _search_part(
        self, name: str, vector: npt.NDArray[np.float32], count: int, among: npt.NDArray[np.int64] | None
    ) -> list[tuple[float, int]]:
        """Return the scores and ids of at most `count` vectors nearest to one."""
        setting = _INDEXES[self._place.index][1]
        limited = "" if among is None else f"id in {among.tolist()}"
        found = self._call(
            lambda client: client.search(
                name,
                [np.asarray(vector, dtype=np.float32)],
                filter=limited,
                limit=count + 1,  # one may be the mark
                output_fields=["id"],
                search_params={"metric_type": "IP", "params": {setting: count + 1} if setting else {}},
                consistency_level="Strong" if time.monotonic() < self._strict_until else "Bounded",
                timeout=_SECONDS,
            ),
            _SECONDS,
        )
        return [(hit["distance"], hit["id"]) for hit in found[0] if hit["id"] != _MARK]

    def _lost(self) -> Proposals:
        fault = (
            f"The nearest vectors in {self._place.shown} cannot be reached: passages were found by their words alone."
        )
        return Proposals((), [fault])

    def _note_step(self, generation: int) -> None:
        """Note that the engine has all of a generation."""
        self._in_step, self._strict_until = generation, time.monotonic() + _STRICT_SECONDS

    def _name(self, catalog: Catalog | None) -> str:
        return (catalog.meta("vectors_name") if catalog else None) or ""

    def _choose_name(self, catalog: Catalog) -> str:
        """Note a name that no other catalog has."""
        readable = "".join(each if each.isascii() and each.isalnum() else "_" for each in self._key)[:40]
        name = f"qa_{readable}_{secrets.token_hex(8)}"
        catalog.set_meta("vectors_name", name)
        return name

    def _is_known(self, catalog: Catalog, mark: int) -> bool:
        """Whether a mark is one that this catalog has made."""
        known = (catalog.meta("vectors_marks") or "").split()
        return str(mark) in known and _generation_of(mark) <= catalog.generation

    def _read_mark(self, name: str, seconds: float) -> int | None:
        """Return the mark in the engine; None if there is none, or the index is not of the type that was chosen."""

        def read(client: Any) -> int | None:
            if not client.has_collection(name, timeout=seconds):
                return None
            indexes = client.list_indexes(name, field_name="vector", timeout=seconds)
            types = [client.describe_index(name, each, timeout=seconds)["index_type"] for each in indexes]
            if types != [self._place.index]:
                return None
            rows = client.query(name, ids=[_MARK], output_fields=["mark"], consistency_level="Strong", timeout=seconds)
            return next((int(row["mark"]) for row in rows), None)

        return self._call(read, seconds)

    def _begin(self, name: str) -> None:
        """Make the collection anew, empty, loaded."""

        types = _import_milvus().DataType

        def make(client: Any) -> None:
            client.drop_collection(name, timeout=_WRITING_SECONDS)
            schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field("id", types.INT64, is_primary=True)
            schema.add_field("mark", types.INT64)
            schema.add_field("vector", types.FLOAT_VECTOR, dim=self._dimension)
            index = client.prepare_index_params()
            settings = dict(_INDEXES[self._place.index][0])
            index.add_index("vector", index_type=self._place.index, metric_type="IP", params=settings)
            client.create_collection(
                name, schema=schema, index_params=index, consistency_level="Strong", timeout=_WRITING_SECONDS
            )

        self._in_step = -1
        self._call(make, _WRITING_SECONDS)

    def _apply(self, catalog: Catalog, name: str, since: int) -> None:
        """Write the changes committed after a generation."""
        removed = [(first, last) for _, first, last in catalog.removals_since(since)] if since else []
        for at in range(0, len(removed), _RANGES):
            ranges = [
                f"(id >= {first * VECTORS_PER_PASSAGE} and id < {(last + 1) * VECTORS_PER_PASSAGE})"
                for first, last in removed[at : at + _RANGES]
            ]
            self._delete(name, " or ".join(ranges))
        for block in catalog.vectors_since(since, self._dimension):
            ids, vectors = block.ids(), block.vectors.astype(np.float32)
            for at in range(0, len(ids), _WRITTEN):
                self._write(name, ids[at : at + _WRITTEN], vectors[at : at + _WRITTEN])

    def _delete(self, name: str, which: str) -> None:
        self._call(lambda client: client.delete(name, filter=which, timeout=_WRITING_SECONDS), _WRITING_SECONDS)

    def _write(self, name: str, ids: npt.NDArray[np.int64], vectors: npt.NDArray[np.float32], *, mark: int = 0) -> None:
        """Write rows, in the place of those with the same ids."""
        rows = [{"id": id_, "mark": mark, "vector": vector} for id_, vector in zip(ids.tolist(), vectors, strict=True)]
        self._call(lambda client: client.upsert(name, rows, timeout=_WRITING_SECONDS), _WRITING_SECONDS)
        self._loose += len(rows)

    def _call(self, use: Callable[[Any], Result], seconds: float) -> Result:
        """Use the client; where that fails connect anew and try again, once, because the engine may have been started anew."""
        milvus = _import_milvus()
        import grpc

        # ValueError: of a connection that another thread has closed.
        faults = (milvus.MilvusException, grpc.RpcError, grpc.FutureTimeoutError, ValueError)
        reason = ""
        for _ in range(2):
            try:
                return use(self._open(seconds))
            except faults as error:
                cause: Exception = error
                reason = str(getattr(error, "message", "") or error.__class__.__name__).partition("\n")[0].rstrip(".")
                self._in_step = -1
                with suppress(*faults):
                    self.close()
        raise UnreachableError(
            f"the nearest vectors in {self._place.shown} cannot be reached: {reason}. Start the server, then try "
            "again; what was committed is kept."
        ) from cause

    def _open(self, seconds: float) -> Any:
        """Connect unless that is done, and have the engine load the vectors that it has."""
        milvus = _import_milvus()
        with self._opening:
            if self._client is None:
                client = milvus.MilvusClient(dedicated=True, timeout=seconds, **self._place.settings)
                name = self._name(self._catalog)
                if name and client.has_collection(name, timeout=seconds):
                    with suppress(milvus.MilvusException):  # where it is half made, for `save` to make it anew
                        client.load_collection(name, timeout=seconds)
                self._client = client
            return self._client


def _generation_of(mark: int) -> int:
    return mark >> _MARK_BITS


def _import_milvus() -> Any:
    """Import pymilvus such that it neither reads files of settings called .env nor writes each error to the terminal."""
    before = os.environ.get(_NO_DOTENV)
    os.environ[_NO_DOTENV] = "1"
    try:
        import pymilvus
    finally:
        if before is None:
            del os.environ[_NO_DOTENV]
        else:
            os.environ[_NO_DOTENV] = before
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL + 1)
    return pymilvus
