"""The figures, worked by hand."""

import pytest

from qa.evaluation.metrics import (
    area_under_curve,
    coverage_at_precision,
    estimate_mean,
    exact_match,
    measure_reliability,
    word_f1,
)


def test_the_area_under_the_curve_is_the_chance_of_the_right_order():
    """Of four pairs three are in order and one is a tie: 3.5 of 4."""
    assert area_under_curve([0.9, 0.5], [0.5, 0.1]) == 0.875
    assert area_under_curve([], [0.5]) is None


def test_coverage_is_the_largest_share_at_the_precision():
    """Surest first: right, right, wrong, right; at 70 % precision all four can be answered, at 95 % two."""
    confidences, right = [0.9, 0.8, 0.7, 0.6], [True, True, False, True]
    assert coverage_at_precision(confidences, right, 0.7) == 1.0
    assert coverage_at_precision(confidences, right) == 0.5
    assert coverage_at_precision([0.5], [False]) == 0.0


def test_a_mean_has_an_interval():
    """A constant has none; no values, no figure."""
    figure = estimate_mean([1.0, 1.0, 1.0])
    assert (figure.value, figure.low, figure.high, figure.questions) == (1.0, 1.0, 1.0, 3)
    spread = estimate_mean([0.0, 1.0] * 50)
    assert spread.value == 0.5 and 0.38 < spread.low < 0.45 and 0.55 < spread.high < 0.62
    assert estimate_mean([]) is None


def test_the_calibration_error_is_the_mean_distance_of_confidence_and_truth():
    """Two bins: .9 and .96 (mean .93) both right, .12 to .18 (mean .15) half right; 2/4 * .07 + 2/4 * .35 = .21."""
    found = measure_reliability([0.9, 0.12, 0.96, 0.18], [True, True, True, False])
    assert found.error == 0.21
    assert [(b.low, b.high, b.confidence, b.right.value, b.right.questions) for b in found.bins] == [
        (0.1, 0.2, 0.15, 0.5, 2),
        (0.9, 1.0, 0.93, 1.0, 2),
    ]


def test_ten_bins_hold_every_confidence_once():
    """Each begins with its least confidence; the last holds 1 too."""
    confidences = [place / 10 for place in range(11)]
    found = measure_reliability(confidences, [False] * 11)
    assert [each.low for each in found.bins] == confidences[:10]
    assert [each.right.questions for each in found.bins] == [1] * 9 + [2]
    assert measure_reliability([], []) is None


def test_confidence_that_says_what_is_true_has_no_error():
    """Nine of ten right at .9, none at 0."""
    assert measure_reliability([0.9] * 10 + [0.0], [True] * 9 + [False, False]).error == 0.0


@pytest.mark.parametrize(
    ("words", "answers", "exact", "f1"),
    [
        ("The Tower!", ["tower"], 1.0, 1.0),
        ("in the old tower", ["old tower", "tower"], 0.0, 0.8),  # "in old tower" and "old tower": 2 * 2 / (3 + 2)
        ("U.S. army", ["us Army"], 1.0, 1.0),
        ("tower tower", ["tower"], 0.0, 2 / 3),
        ("pear", ["tower"], 0.0, 0.0),
        ("", ["tower"], 0.0, 0.0),
        ("the", ["a"], 1.0, 1.0),
    ],
)
def test_words_are_compared_as_squad_does(words, answers, exact, f1):
    """Without case, punctuation and articles, with the answer nearest to them."""
    assert exact_match(words, answers) == exact
    assert word_f1(words, answers) == pytest.approx(f1)


def test_without_answers_no_words_match():
    """There is nothing to be equal to."""
    assert (exact_match("tower", []), word_f1("tower", [])) == (0.0, 0.0)
