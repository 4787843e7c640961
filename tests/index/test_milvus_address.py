"""Test the choice of Milvus, with and without its package."""

import pytest

from index import MilvusEngine, SourceError, StorageError

ADDRESSES = {
    "localhost": "is no address of a Milvus server",
    "ftp://localhost": "is no address of a Milvus server",
    "http://:1": "is no address of a Milvus server",
    "http://localhost:no": "cannot be read",
    "http://me:hidden@localhost?index=TREE": "http://localhost: there is no index 'TREE'. Choose one of FLAT, HNSW, IVF_FLAT",
    "http://localhost?words=some": "http://localhost: words=some says neither yes nor no",
}


@pytest.fixture
def installed(monkeypatch):
    """Whether pymilvus is there, as a list whose only element a test may change; it is not imported."""
    there = [True]
    monkeypatch.setattr("index.store.milvus.client.find_spec", lambda name: there[0] or None)
    return there


@pytest.mark.parametrize(("address", "fault"), ADDRESSES.items())
def test_addresses_that_cannot_be_used_are_refused(installed, address, fault):
    """Before anything is contacted, and without credentials."""
    with pytest.raises(SourceError, match=fault) as raised:
        MilvusEngine(address, "key")
    assert "hidden" not in str(raised.value)


def test_without_its_package_the_extra_is_named(installed):
    """Nothing else is said."""
    installed[0] = False
    with pytest.raises(StorageError, match=r"pip install 'qa-verbatim\[milvus\]'"):
        MilvusEngine("http://localhost", "key")


@pytest.mark.parametrize(
    ("query", "kind"), [("", "TantivyIndex"), ("?words=no", "TantivyIndex"), ("?words=yes", "MilvusTerms")]
)
def test_the_address_says_where_the_words_are(installed, tmp_path, query, kind):
    """In the folder of the collection unless they are to be in the server too; the vectors are there in any case."""
    engine = MilvusEngine(f"http://me:hidden@localhost{query}", "key")
    terms, vectors = engine.make_terms(tmp_path), engine.make_vectors(tmp_path, 5)
    assert type(terms).__name__ == kind and type(vectors).__name__ == "MilvusVectors"
    assert terms.is_shared == (kind == "MilvusTerms") and "hidden" not in repr(engine)
