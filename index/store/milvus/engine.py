"""Choose Milvus for the indexes of a collection."""

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from index.store.local import LocalEngine
from index.store.milvus.client import WRITING_SECONDS, MilvusAddress, MilvusConnection, check_milvus
from index.store.milvus.terms import MilvusTerms
from index.store.milvus.vectors import MilvusVectors
from index.store.tantivy_index import TantivyIndex


@dataclass(frozen=True, slots=True)
class MilvusEngine:
    """Makes the indexes of a collection in a Milvus server: of its vectors and, where the address says so, of its terms.

    Attributes:
        address: As `MilvusAddress` takes it; it may have a password.
        key: That of the collection, which its names in Milvus begin with.
    """

    address: str = field(repr=False)
    key: str

    def __post_init__(self) -> None:
        """Check the address; contacts nothing.

        Raises:
            SourceError: It cannot be used.
            StorageError: pymilvus is not installed.
        """
        check_milvus()
        MilvusAddress(self.address)

    def make_vectors(self, folder: Path, dimension: int) -> MilvusVectors:
        """Make the index of vectors of a dimension."""
        return MilvusVectors(MilvusAddress(self.address), self.key, dimension)

    def make_terms(self, folder: Path) -> MilvusTerms | TantivyIndex:
        """Make the index of terms: in the server, or in the folder of the collection."""
        address = MilvusAddress(self.address)
        return MilvusTerms(address, self.key) if address.words else LocalEngine().make_terms(folder)

    @property
    def is_here(self) -> bool:
        """Whether the server is on this computer."""
        host = urlsplit(MilvusAddress(self.address).settings["uri"]).hostname or ""
        return host in ("localhost", "::1") or host.startswith("127.")

    def describe(self) -> str:
        """Describe the server, with its version; UnreachableError where it cannot be reached."""
        address = MilvusAddress(self.address)
        with closing(MilvusConnection(address)) as connection:
            return f"Milvus {connection.version()} at {address.shown}"

    def delete(self, name: str) -> None:
        """Delete what is under a name, as `CatalogStore.engine_names` lists them; UnreachableError where it cannot be reached."""
        with closing(MilvusConnection(MilvusAddress(self.address))) as connection:
            connection.call(lambda client: client.drop_collection(name, timeout=WRITING_SECONDS), WRITING_SECONDS)
