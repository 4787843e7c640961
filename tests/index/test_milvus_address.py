"""Test the choice of Milvus, with and without its package."""

import pytest

from index import SourceError, StorageError, milvus_vectors

ADDRESSES = {
    "localhost": "is no address of a Milvus server",
    "ftp://localhost": "is no address of a Milvus server",
    "http://:1": "is no address of a Milvus server",
    "http://localhost:no": "cannot be read",
    "http://me:hidden@localhost?index=TREE": "http://localhost: there is no index 'TREE'. Choose one of FLAT, HNSW, IVF_FLAT",
}


@pytest.fixture
def installed(monkeypatch):
    """Whether pymilvus is there, as a list whose only element a test may change; it is not imported."""
    there = [True]
    monkeypatch.setattr("index.store.milvus_index.find_spec", lambda name: there[0] or None)
    return there


@pytest.mark.parametrize(("address", "fault"), ADDRESSES.items())
def test_addresses_that_cannot_be_used_are_refused(installed, address, fault):
    """Before anything is contacted, and without credentials."""
    with pytest.raises(SourceError, match=fault) as raised:
        milvus_vectors(address, "key")
    assert "hidden" not in str(raised.value)


def test_without_its_package_the_extra_is_named(installed):
    """Nothing else is said."""
    installed[0] = False
    with pytest.raises(StorageError, match=r"pip install 'qa-verbatim\[milvus\]'"):
        milvus_vectors("http://localhost", "key")
