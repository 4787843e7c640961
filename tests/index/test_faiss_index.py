"""Test vectors kept whole or compressed, added and removed in segments, and rebuilt when a file is damaged."""

import numpy as np
import pytest
from drawn_vectors import DIMENSION, QUESTIONS, SENTENCES, exact, make_vectors, write

from index.store.faiss_index import FaissIndex
from index.store.features import VECTORS_PER_PASSAGE, vector_ids
from index.store.sqlite_catalog import open_catalog


@pytest.fixture
def catalog(tmp_path):
    """An empty catalog."""
    opened = open_catalog(tmp_path / "catalog.sqlite")
    yield opened
    opened.database.close()


def make_index(tmp_path, **sizes):
    return FaissIndex(tmp_path / "dense", DIMENSION, **{"exact": 1_000, "segment": 1_500, **sizes})


def test_a_small_index_is_exact(tmp_path, catalog):
    """Up to the limit the order is that of the inner products."""
    vectors = write(catalog, "a", 0, 250)
    index = make_index(tmp_path)
    index.follow(catalog)
    assert (len(index), index.compressed) == (1_000, False)
    for question in QUESTIONS:
        assert index.search(question)[:10] == exact(vectors, question, 10)


def test_whole_vectors_have_no_file(tmp_path, catalog):
    """They are read from the catalog each time; the next start proposes the same, and has nothing to save."""
    write(catalog, "a", 0, 250)
    index = make_index(tmp_path)
    index.follow(catalog)
    index.save(catalog)
    assert (catalog.notes.dense_files(), list(tmp_path.glob("dense/*"))) == ([], [])
    again = make_index(tmp_path)
    again.follow(catalog)
    assert [again.search(question) for question in QUESTIONS] == [index.search(question) for question in QUESTIONS]
    assert again._saved == again._generation == catalog.generation


@pytest.mark.parametrize("damaged", [False, True], ids=["sound", "damaged"])
def test_a_file_of_whole_vectors_of_an_earlier_version_is_used_until_something_changes(tmp_path, catalog, damaged):
    """It is read, or if a byte is flipped passed over, and deleted with the next change."""
    vectors = write(catalog, "a", 0, 240)
    earlier = make_index(tmp_path)
    earlier.follow(catalog)
    (tmp_path / "dense").mkdir()
    name, hashed = earlier._write(0, earlier._segments[0])
    with catalog.database.transaction():
        catalog.notes.set_dense_files([(name, hashed)], catalog.generation)
    if damaged:
        content = bytearray((tmp_path / "dense" / name).read_bytes())
        content[-3] ^= 1
        (tmp_path / "dense" / name).write_bytes(content)
    index = make_index(tmp_path)
    index.follow(catalog)
    assert [segment.file for segment in index._segments] == [None if damaged else (name, hashed)]
    vectors |= write(catalog, "b", 240, 5)
    index.follow(catalog)
    index.save(catalog)
    assert (catalog.notes.dense_files(), list((tmp_path / "dense").iterdir())) == ([], [])
    assert index.search(QUESTIONS[0])[:10] == exact(vectors, QUESTIONS[0], 10)


def test_a_large_index_is_compressed_and_finds_the_nearest_among_what_it_proposes(tmp_path, catalog):
    """Past the limit, exact scores of the proposals give the exact ten; segments stay within their size."""
    vectors = {**write(catalog, "a", 0, 250), **write(catalog, "b", 250, 2_000)}
    index = make_index(tmp_path)
    index.follow(catalog)
    assert (len(index), index.compressed) == (9_000, True)
    assert [len(segment) for segment in index._segments] == [1_500] * 6
    for question in QUESTIONS:
        proposed = index.search(question)
        assert len(proposed) <= 538  # 200 times the .45th power of nine
        assert catalog.vectors_of(proposed, DIMENSION).nearest(question, 10) == exact(vectors, question, 10)


def test_an_index_that_outgrows_the_limit_is_compressed_with_all_it_held(tmp_path, catalog):
    """Vectors added before the limit was passed are there as well, once."""
    write(catalog, "a", 0, 250)
    index = make_index(tmp_path)
    index.follow(catalog)
    assert not index.compressed
    write(catalog, "b", 250, 2_000)
    index.follow(catalog)
    assert index.compressed
    assert len(set(index.ids().tolist())) == len(index) == 9_000


def test_the_compression_is_fitted_to_vectors_from_everywhere(catalog):
    """A sample of every second passage has the first one's vectors and the last but one's."""
    vectors = write(catalog, "a", 0, 250)
    sample = catalog.sample_vectors(125, DIMENSION)
    assert sample.shape == (500, DIMENSION)
    ids = sorted(vectors)
    for place, id_ in ((0, ids[0]), (-4, ids[-2])):
        assert np.allclose(sample[place], vectors[id_][0], atol=1e-3)


def test_adding_and_removing_rewrites_only_what_it_touches(tmp_path, catalog):
    """One more document changes the last segment's file; one removed, the file it lay in."""
    write(catalog, "a", 0, 250)
    write(catalog, "b", 250, 2_000)
    index = make_index(tmp_path)
    index.follow(catalog)
    index.save(catalog)
    before = catalog.notes.dense_files()
    write(catalog, "c", 3_000, 10)
    index.follow(catalog)
    index.save(catalog)
    added = catalog.notes.dense_files()
    assert added[:-1] == before and len(added) == len(before) + 1
    catalog.remove_document("a")
    index.follow(catalog)
    index.save(catalog)
    removed = catalog.notes.dense_files()
    assert [old == new for old, new in zip(added, removed, strict=True)] == [True, False, *[True] * 6]
    assert {path.name for path in (tmp_path / "dense").iterdir()} == {name for name, _ in removed}
    assert len(index) == 8_040


def test_removed_passages_are_never_proposed_and_sparse_neighbours_are_joined(tmp_path, catalog):
    """The rests of two segments that fit in one are joined."""
    for number in range(10):
        write(catalog, f"{number}", number * 300, 300)
    kept = {
        id_: some
        for number in (0, 3, 6, 9)
        for id_, some in zip(range(number * 300 + 1, number * 300 + 301), make_vectors(number * 300, 300), strict=True)
    }
    index = make_index(tmp_path)
    index.follow(catalog)
    for number in (1, 2, 4, 5, 7, 8):
        catalog.remove_document(f"{number}")
    index.follow(catalog)
    assert len(index) == 4 * 1_200
    assert all(a + b > 1_500 for a, b in zip(*[[*map(len, index._segments)][i:] for i in (0, 1)], strict=False))
    for question in QUESTIONS:
        proposed = index.search(question)
        assert set(proposed) <= set(kept)
        assert catalog.vectors_of(proposed, DIMENSION).nearest(question, 10) == exact(kept, question, 10)


def test_an_index_that_shrinks_is_exact_again(tmp_path, catalog):
    """Below half of the limit vectors are kept whole once more."""
    vectors = write(catalog, "a", 0, 120)
    write(catalog, "b", 120, 2_000)
    index = make_index(tmp_path)
    index.follow(catalog)
    catalog.remove_document("b")
    index.follow(catalog)
    assert (len(index), index.compressed) == (480, False)
    assert index.search(QUESTIONS[0])[:10] == exact(vectors, QUESTIONS[0], 10)


def test_a_saved_index_opens_as_it_was(tmp_path, catalog):
    """Another start reads the files and proposes the same."""
    write(catalog, "a", 0, 2_000)
    index = make_index(tmp_path)
    index.follow(catalog)
    index.save(catalog)
    again = make_index(tmp_path)
    again.follow(catalog)
    assert [again.search(question) for question in QUESTIONS] == [index.search(question) for question in QUESTIONS]
    assert again._saved == again._generation == catalog.generation


def test_all_who_follow_a_catalog_compress_in_the_same_way(tmp_path, catalog):
    """Who began when there were fewer vectors, who begins now, and who has fitted another compression meanwhile."""
    write(catalog, "a", 0, 300)
    early, meanwhile, late = (make_index(tmp_path / name) for name in ("early", "meanwhile", "late"))
    for index in (early, meanwhile, late):
        index._folder.parent.mkdir()
    early.follow(catalog)
    early.save(catalog)
    write(catalog, "b", 300, 1_500)
    meanwhile.follow(catalog)
    catalog.remove_document("a")
    write(catalog, "c", 2_000, 200)
    meanwhile.follow(catalog)
    late.follow(catalog)
    for index in (early, meanwhile, late):
        index.follow(catalog)
    assert early._encoded() == meanwhile._encoded() == late._encoded() != ""
    for question in QUESTIONS:  # of equal ones at the end, those that come first in a segment are proposed
        found = [index.search(question)[:250] for index in (early, meanwhile, late)]
        assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("damage", [lambda text: text[:-9] + "A" + text[-8:], lambda text: "", lambda text: "none"])
def test_a_damaged_codebook_is_replaced_by_a_sound_one(tmp_path, catalog, damage):
    """Whoever has a sound one notes it anew; who has none fits another."""
    vectors = write(catalog, "a", 0, 500)
    index = make_index(tmp_path)
    index.follow(catalog)
    index.save(catalog)
    catalog.set_meta("dense_codebook", damage(catalog.meta("dense_codebook")))
    write(catalog, "b", 500, 1)
    for again in (index, make_index(tmp_path / "other")):
        again._folder.parent.mkdir(exist_ok=True)
        again.follow(catalog)
        again.save(catalog)
        assert catalog.meta("dense_codebook") == again._encoded() != ""
        proposed = again.search(QUESTIONS[0])
        assert set(exact(vectors, QUESTIONS[0], 10)) <= set(proposed)


def test_the_codebook_goes_when_vectors_are_whole_again(tmp_path, catalog):
    """Below half of the limit nobody compresses, and the next time it is fitted to what is there then."""
    write(catalog, "a", 0, 120)
    write(catalog, "b", 120, 500)
    index = make_index(tmp_path)
    index.follow(catalog)
    index.save(catalog)
    assert catalog.meta("dense_codebook")
    catalog.remove_document("b")
    other = make_index(tmp_path)
    other.follow(catalog)
    assert not other.compressed
    index.follow(catalog)
    index.save(catalog)
    assert (index.compressed, catalog.meta("dense_codebook")) == (False, "")


@pytest.mark.parametrize("position", [0, 1, 5], ids=["codebook", "first", "last"])
def test_a_damaged_segment_is_made_good_from_the_catalog(tmp_path, catalog, position):
    """A flipped byte in any file is noticed, everything is added again, and saved."""
    vectors = write(catalog, "a", 0, 2_000)
    index = make_index(tmp_path)
    index.follow(catalog)
    index.save(catalog)
    file = tmp_path / "dense" / catalog.notes.dense_files()[position][0]
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    again = make_index(tmp_path)
    again.follow(catalog)
    again.save(catalog)
    assert (len(again), again.compressed) == (8_000, True)
    third = make_index(tmp_path)
    third.follow(catalog)
    proposed = third.search(QUESTIONS[0])
    assert catalog.vectors_of(proposed, DIMENSION).nearest(QUESTIONS[0], 10) == exact(vectors, QUESTIONS[0], 10)


@pytest.mark.parametrize("count", [100, 2_000], ids=["whole", "compressed"])
def test_search_among_some_vectors_proposes_only_their_passages(tmp_path, catalog, count):
    """Narrowed to every third passage, the nearest of these come first."""
    vectors = write(catalog, "a", 0, count)
    index = make_index(tmp_path)
    index.follow(catalog)
    some = {id_: rows for id_, rows in vectors.items() if id_ % 3 == 0}
    among = vector_ids([(id_, SENTENCES) for id_ in some])
    assert len(among) == 4 * len(some)
    for question in QUESTIONS:
        proposed = index.search(question, among=among)
        assert set(proposed) <= set(some)
        nearest = catalog.vectors_of(proposed, DIMENSION).nearest(question, 10)
        assert nearest == exact(some, question, 10)


def test_ids_of_vectors_tell_their_passage():
    """The paragraph's vector and each sentence's follow each other; passages come in order."""
    assert vector_ids([(2, 1), (1, 2)]).tolist() == [4096, 4097, 4098, 8192, 8193]
    assert {id_ // VECTORS_PER_PASSAGE for id_ in (4096, 4098)} == {1}
