"""The score that ranks passages, worked by hand."""

import os
import subprocess
import sys
from math import log
from types import SimpleNamespace

import numpy as np
import pytest

from index.encoders.base import Scale, scale_of
from index.search import Query, Statistics, fade_queries, lexical_share, score_passages, term_weights
from index.store.features import Block, Signature, term_keys

EAST = np.array([1.0, 0.0])
NORTH = np.array([0.0, 1.0])
ONE = Statistics(passages=1, sentences=1, terms=2, frequencies={"oil": 1})


def passage(vector, *sentence_vectors, heading=(), terms=()):
    keys, lengths = term_keys(list(heading), [list(some) for some in terms])
    return Signature(np.array([vector, *sentence_vectors], dtype="<f2").tobytes(), keys.tobytes(), lengths.tobytes())


def test_half_meaning_and_all_words_give_six_tenths():
    """.8 (1 + 0)/2 for the cosines and .2 · 1 for the words make .6."""
    candidate = passage(EAST, NORTH, terms=(("oil", "price"),))
    assert score_passages([Query(EAST, ("oil",))], Block.join([candidate], 2), ONE).tolist() == [[0.6, 0.5, 1.0]]


@pytest.mark.parametrize(
    ("question", "scale", "share"),
    [
        ("How high is the rent?", Scale(), 0.2),
        ("rent 2024", Scale(), 0.2),
        ("Wie hoch sind die Mieten?", Scale(), 0.5),
        (
            "\u0421\u043a\u043e\u043b\u044c\u043a\u043e \u0441\u0442\u043e\u0438\u0442 \u0430\u0440\u0435\u043d\u0434\u0430?",
            Scale(),
            0.5,
        ),
        ("\u9000\u8d27\u9700\u8981\u51e0\u5929\uff1f", Scale(), 0.8),
        ("\u9000\u8d27\u9700\u8981\u51e0\u5929\uff1f", Scale(across_languages=True), 0.2),
    ],
    ids=["english", "keywords", "german", "russian", "chinese", "encoder of many languages"],
)
def test_words_count_for_more_where_the_encoder_knows_little(question, scale, share):
    """Questions in other languages, and most of all those without spaces, lean on words; an encoder that knows them need not."""
    assert lexical_share(question, scale) == share
    candidate = passage(EAST, NORTH, terms=(("oil", "price"),))
    query = Query(EAST, ("oil",), lexical_share=share)
    [[fused, dense, lexical]] = score_passages([query], Block.join([candidate], 2), ONE)
    assert (dense, lexical) == (0.5, 1.0) and fused == pytest.approx(0.5 + 0.5 * share)


def test_a_word_that_is_missing_takes_its_weight_from_the_score():
    """Of ln 26.5 and ln 53 (two passages and fifty assumed), only the first is found."""
    statistics = Statistics(2, 2, 4, {"oil": 1})
    weights = term_weights(["oil", "gas"], statistics)
    assert weights == {"oil": pytest.approx(log(26.5)), "gas": pytest.approx(log(53))}
    candidate = passage(EAST, EAST, terms=(("oil", "price"),))
    [[_, _, lexical]] = score_passages([Query(EAST, ("oil", "gas"))], Block.join([candidate], 2), statistics)
    assert lexical == pytest.approx(log(26.5) / (log(26.5) + log(53)), abs=1e-6)


@pytest.mark.parametrize(
    ("term", "holding", "bonus"), [("kd20415", 5, 0.2), ("kd20415", 6, 0.0), ("20415", 1, 0.2), ("2015", 1, 0.0)]
)
def test_a_passage_with_a_rare_code_gains(term, holding, bonus):
    """Letters with digits, or a long number, that at most five passages have; a year is no code."""
    statistics = Statistics(1000, 1000, 2000, {term: holding})
    block = Block.join(
        [passage(EAST, EAST, terms=((term, "price"),)), passage(EAST, EAST, terms=(("oil", "price"),))], 2
    )
    with_code, without = score_passages([Query(EAST, (term,))], block, statistics)
    assert with_code[0] == pytest.approx(0.8 * with_code[1] + 0.2 * with_code[2] + bonus, abs=1.1e-6)
    assert without[0] == pytest.approx(0.8, abs=1e-6)


def test_a_heading_counts_for_the_passage_but_not_for_its_sentences():
    """A word only in the heading earns half of what it could."""
    candidate = passage(EAST, EAST, heading=("oil",), terms=(("price",),))
    assert score_passages([Query(EAST, ("oil",))], Block.join([candidate], 2), ONE)[0, 2] == pytest.approx(0.5)


def test_in_a_thousand_passages_the_prior_changes_little():
    """The idf of a word in ten of ten thousand passages differs by under two per cent from Lucene's."""
    weight = term_weights(["oil"], Statistics(10_000, 1, 1, {"oil": 10}))["oil"]
    assert weight == pytest.approx(log(1 + 9_990.5 / 10.5), rel=0.02)


def test_several_queries_add_up_by_weight():
    """Three quarters of one query and one quarter of another."""
    candidates = [passage(EAST, EAST), passage(NORTH, NORTH)]
    scores = score_passages([Query(EAST, (), 0.75), Query(NORTH, (), 0.25)], Block.join(candidates, 2), ONE)
    assert scores[:, 1].tolist() == [0.75, 0.25]


@pytest.mark.parametrize(
    ("height", "weights"),
    [(1.0, (0.5, 0.5)), (0.9375, (0.75, 0.25)), (0.5, (1.0,))],
    ids=["as good", "a little worse", "much worse"],
)
def test_a_query_fades_as_what_it_finds_gets_worse(height, weights):
    """.05 below the first leaves half of its weight, .1 nothing; the first takes what is freed."""
    context = np.array([0.0, height])
    candidates = [passage(EAST, EAST), passage(NORTH, NORTH)]
    queries = fade_queries([Query(EAST, (), 0.5), Query(context, (), 0.5)], Block.join(candidates, 2), ONE)
    assert [query.weight for query in queries] == pytest.approx(weights)


@pytest.mark.parametrize(
    ("terms", "candidate"),
    [
        ((), passage(EAST, EAST, terms=(("oil",),))),
        (("oil",), passage(EAST, terms=())),
        (("oil",), passage(EAST, EAST, terms=((),))),
    ],
    ids=["no terms", "no sentences", "empty sentence"],
)
def test_nothing_to_match_scores_no_words(terms, candidate):
    """Without words on either side the lexical part is nought and the dense part stands."""
    assert score_passages([Query(EAST, terms)], Block.join([candidate], 2), ONE).tolist() == [[0.8, 1.0, 0.0]]


def test_passages_scored_together_score_as_they_do_alone():
    """What stands beside a passage in a block changes none of its scores."""
    candidates = [
        passage(EAST, NORTH, heading=("oil",), terms=(("oil", "price", "oil"),)),
        passage(NORTH, terms=(("gas",),)),
        passage(EAST, EAST, NORTH, terms=(("a", "b"), ("oil", "gas"))),
    ]
    statistics = Statistics(3, 4, 9, {"oil": 2, "gas": 2})
    queries = [Query(EAST, ("oil", "gas")), Query(NORTH, ("price",), 0.5)]
    together = score_passages(queries, Block.join(candidates, 2), statistics)
    alone = [score_passages(queries, Block.join([candidate], 2), statistics)[0] for candidate in candidates]
    assert together.tolist() == [row.tolist() for row in alone]


def test_cosines_count_on_the_scale_of_their_encoder():
    """Those of an encoder without one count as they are."""
    vectors = np.array([[1.0, 0.0], [0.6, 0.8]])
    question = np.array([1.0, 0.0], dtype=np.float32)
    assert Query(question, ()).similarities(vectors).tolist() == [1.0, 0.6]
    assert Query(question, (), 1.0, Scale(0.6, 0.8)).similarities(vectors) == pytest.approx([2.0, 0.0])
    assert scale_of(SimpleNamespace(identity="", dimension=2)) == Scale(0.0, 1.0)


def test_a_cosine_that_counts_as_none_adds_nothing_to_the_score():
    """.8 (1 + 0)/2 where cosines of 1 and .75 count as 1 and 0."""
    vector = np.array([0.75, 0.661437828])
    candidate = passage(EAST, vector, terms=(("price",),))
    score = score_passages([Query(EAST, ("oil",), 1.0, Scale(0.75, 1.0))], Block.join([candidate], 2), ONE)
    assert score.tolist() == [[pytest.approx(0.4), pytest.approx(0.5), 0.0]]


def test_scoring_takes_no_other_processor():
    """While two thousand vectors are compared, the other threads of the process, such as those of BLAS, do next to nothing."""
    script = """
import time
import numpy as np
from index.search import Query
vectors = np.random.default_rng(1).normal(size=(2_000, 384))
query = Query(vectors[0].astype(np.float32), ())
query.similarities(vectors)
all_threads, own = time.process_time(), time.thread_time()
for _ in range(20):
    query.similarities(vectors)
own, all_threads = time.thread_time() - own, time.process_time() - all_threads
print((all_threads - own) / own)
"""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "4"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True)
    assert float(done.stdout) < 0.5


def test_vectors_have_the_same_cosines_alone_and_among_others():
    """To the last bit, in whatever rows they lie."""
    vectors = np.random.default_rng(1).normal(size=(50, 384))
    query = Query(vectors[0].astype(np.float32), ())
    together = query.similarities(vectors)
    assert [query.similarities(vectors[row : row + 1])[0] for row in range(50)] == together.tolist()
