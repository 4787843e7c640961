"""The synthetic encoder: made-up vectors that are unit, the same in any batch, and near what they are made of."""

import numpy as np
import pytest
from toy_encoder import ToyEncoder

from qa.bench.corpus import make_corpus
from qa.bench.synthetic_encoder import NOISES, SyntheticEncoder

SENTENCES = ("An apple hung on a tall tree.", "One pear lay in the wet grass.", "Some plum fell from a high wall.")


@pytest.fixture
def pool(tmp_path):
    """Three orthogonal sentence vectors of five places, and noise in the other two."""
    chance = np.random.default_rng(1)
    noises = np.zeros((NOISES, 5), dtype=np.float32)
    noises[:, 3:] = chance.standard_normal((NOISES, 2))
    np.savez(tmp_path / "pool.npz", sentences=np.eye(3, 5, dtype=np.float32), noises=noises)
    return tmp_path / "pool.npz"


@pytest.fixture
def encoder(pool):
    """A synthetic encoder over the toy one."""
    return SyntheticEncoder(SENTENCES, pool, ToyEncoder())


def test_a_text_has_the_same_vector_alone_and_in_any_batch(encoder):
    """Batches of one, seven and all give the same bits, as does another encoder from the same file."""
    corpus = make_corpus(SENTENCES)
    texts = [corpus.passage(number) for number in range(50)] + ["", "nothing known", "🙂"]
    together = encoder.encode_passages(texts)
    assert together.dtype == np.float32
    for size in (1, 7):
        parts = [encoder.encode_passages(texts[first : first + size]) for first in range(0, len(texts), size)]
        assert np.array_equal(np.concatenate(parts), together)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    assert len(np.unique(together, axis=0)) == len(texts)


def test_a_vector_lies_near_the_sentences_it_was_made_of(encoder):
    """A perturbed sentence leans to its own original alone; two sentences together lean to both."""
    pear, both = encoder.encode_passages(["One pear lay in that wet grass.", f"{SENTENCES[0]} {SENTENCES[2]}"])
    assert pear[1] > 0.7
    assert pear[[0, 2]].tolist() == [0, 0]
    assert both[0] == both[2] > 0.5
    assert both[1] == 0


def test_questions_are_encoded_for_real(encoder):
    """A question's vector is the one of the encoder wrapped."""
    assert np.array_equal(encoder.encode_question("apple pear"), ToyEncoder().encode_question("apple pear"))


def test_the_identity_says_what_it_is(encoder, pool):
    """It names synthesis and the real encoder, and changes with the vectors it is made of."""
    before = encoder.identity
    assert before.startswith("synthetic/")
    assert before.endswith("/toy/1")
    np.savez(pool, sentences=np.eye(3, 5, k=1, dtype=np.float32), noises=np.ones((NOISES, 5), dtype=np.float32))
    assert SyntheticEncoder(SENTENCES, pool, ToyEncoder()).identity != before
