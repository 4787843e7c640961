"""The connection to a Milvus server: its address, and calls that try once more where the server was started anew."""

import logging
import os
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib.util import find_spec
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from index.addresses import Address
from index.errors import SourceError, StorageError, UnreachableError

Result = TypeVar("Result")

SECONDS = 3.0  # to wait for the server while someone asks
WRITING_SECONDS = 60.0
# What an index of vectors is made with and, with "", the setting of a search that has to grow with the number of its results.
INDEXES: Mapping[str, tuple[Mapping[str, int], str]] = {
    "FLAT": ({}, ""),
    "HNSW": ({"M": 16, "efConstruction": 200}, "ef"),
    "IVF_FLAT": ({"nlist": 1024}, "nprobe"),
}
_WORDS = {"yes": True, "no": False}
_NO_DOTENV = "PYTHON_DOTENV_DISABLED"


class MilvusAddress:
    """Where a server is and what it is to do: an address taken apart.

    Attributes:
        shown: It, without credentials.
        settings: For the client.
        index: The type of index of the vectors.
        words: Whether it has the words too.
    """

    def __init__(self, given: str) -> None:
        """Take it apart.

        Args:
            given: As in `http://user:password@host:19530/database?index=HNSW&words=yes`.

        Raises:
            SourceError: It cannot be used.
        """
        self.shown = str(Address(given)).partition("?")[0].rstrip("/")
        parts = urlsplit(given.strip())
        try:
            port = parts.port or (443 if parts.scheme == "https" else 19530)
        except ValueError:
            port = 0
        if parts.scheme not in ("http", "https") or not parts.hostname or not port:
            raise SourceError(f"{self.shown!r} is no address of a Milvus server. Write it as http://host:19530.")
        chosen = parse_qs(parts.query)
        self.index = chosen.get("index", ["FLAT"])[-1].upper()
        if self.index not in INDEXES:
            raise SourceError(f"{self.shown}: there is no index {self.index!r}. Choose one of {', '.join(INDEXES)}.")
        words = chosen.get("words", ["no"])[-1].lower()
        if words not in _WORDS:
            raise SourceError(f"{self.shown}: words={words} says neither yes nor no. Write words=yes or words=no.")
        self.words = _WORDS[words]
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        token = ":".join(unquote(each) for each in (parts.username, parts.password) if each)
        self.settings = {
            "uri": f"{parts.scheme}://{host}:{port}",
            "token": token,
            "db_name": parts.path.strip("/"),
        }


class MilvusConnection:
    """A connection, made on the first call; threads may share it."""

    def __init__(
        self, address: MilvusAddress, *, begin: Callable[[Any, float], None] = lambda client, seconds: None
    ) -> None:
        """Name the server; `begin` is called with each new client, and the seconds that it may take."""
        self.address = address
        self._begin = begin
        self._opening = threading.Lock()
        self._client: Any = None

    def close(self) -> None:
        """Close it; the next call connects again."""
        with self._opening:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def call(self, use: Callable[[Any], Result], seconds: float) -> Result:
        """Use the client; where that fails connect anew and try again, once, because the server may have been started anew.

        Raises:
            UnreachableError: The server cannot be reached.
        """
        milvus = import_milvus()
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
                with suppress(*faults):
                    self.close()
        raise UnreachableError(
            f"Milvus at {self.address.shown} cannot be used: {reason}. Start the server, then try again; what was "
            "committed is kept."
        ) from cause

    def version(self) -> str:
        """Ask the server for its version."""
        return str(self.call(lambda client: client.get_server_version(timeout=SECONDS), SECONDS))

    def _open(self, seconds: float) -> Any:
        milvus = import_milvus()
        with self._opening:
            if self._client is None:
                client = milvus.MilvusClient(dedicated=True, timeout=seconds, **self.address.settings)
                self._begin(client, seconds)
                self._client = client
            return self._client


def check_milvus() -> None:
    """Raise StorageError where pymilvus is not installed."""
    if find_spec("pymilvus") is None:
        raise StorageError("Milvus needs the package pymilvus. Install it: pip install 'qa-verbatim[milvus]'")


def import_milvus() -> Any:
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
