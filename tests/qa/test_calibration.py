"""Fitting the confidence to a collection."""

import json

import pytest
from subject_library import write_subjects
from toy_encoder import ToyEncoder

from index import SourceError
from qa import Assistant
from qa.answering.confidence import SHIPPED, Calibration, Evidence, calibrate, confidence, log_odds
from qa.evaluation.calibration import _fit, calibrate_assistant, make_calibration_questions


@pytest.fixture
def library(tmp_path):
    """Eight documents, each on its own subject."""
    folder = write_subjects(tmp_path / "library")
    with Assistant.open(folder, home=tmp_path / "home", encoder=ToyEncoder(), reader=None) as opened:
        yield opened


def test_the_shipped_fit_changes_nothing():
    """Intercept 0 and slope 1 give the shipped confidence; a fit shifts and stretches its log-odds."""
    evidence = Evidence(passage=0.5, quote=1.0, passages=100)
    assert confidence(evidence, SHIPPED) == confidence(evidence)
    assert calibrate(0.0, Calibration(0.0, 3.0)) == 0.5
    assert calibrate(1.0, Calibration(-2.0, 2.0)) == 0.5
    assert log_odds(0.5) == 0.0
    assert [log_odds(0.0), log_odds(1.0)] == pytest.approx([-13.81551, 13.81551])


def test_the_fit_parts_what_can_be_parted():
    """Log-odds around 3 for the findable and 1 for the hidden give a cut near 2."""
    import numpy as np

    odds = np.array([[3.0, 1.0], [3.2, 0.8], [2.8, 1.2]] * 20)
    fit = _fit(odds)
    assert calibrate(2.0, fit) == pytest.approx(0.5, abs=0.2)
    assert calibrate(3.0, fit) > 0.9 > 0.1 > calibrate(1.0, fit)


def test_questions_are_made_of_telling_words_and_name_their_document(library):
    """Every third telling word is left out."""
    questions = make_calibration_questions(library)
    assert len(questions) == 40
    assert len({source for _, source in questions}) == 8
    question = next(question for question, source in questions if source == "harbour.txt")
    assert question.startswith("harbour town0 ")


def test_calibrating_keeps_the_fit_and_reports_what_it_measured(library, tmp_path):
    """The report counts held-out judgements; the fit outlives the process and changes the generation."""
    generation = library.generation
    report = calibrate_assistant(library)
    assert report.held_out == 40
    assert library.calibration == report.calibration != SHIPPED
    assert library.generation == generation + 1
    assert report.right >= report.right_before
    assert f"(before: {round(100 * report.right_before / 40)}; 40 judged" in report.describe()
    with Assistant.open(tmp_path / "library", home=tmp_path / "home", encoder=ToyEncoder(), reader=None) as again:
        assert again.calibration == report.calibration


def test_calibrating_twice_gives_the_same_fit(library):
    """The fit starts from the shipped confidence, whatever was kept before."""
    first = calibrate_assistant(library).calibration
    second = calibrate_assistant(library).calibration
    assert second == first


def test_too_little_to_learn_from_is_one_clear_error(library, tmp_path):
    """Fewer than five documents or twenty questions are refused."""
    with pytest.raises(SourceError, match="at least 20 questions; there are 1"):
        calibrate_assistant(library, [("harbour?", "harbour.txt")])
    with (
        Assistant.open(
            tmp_path / "library" / "harbour.txt", home=tmp_path / "home", encoder=ToyEncoder(), reader=None
        ) as small,
        pytest.raises(SourceError, match="at least 5 documents, so that one can be hidden; there are 1"),
    ):
        calibrate_assistant(small)


def test_a_fit_of_a_version_before_is_dropped_with_a_line(library, tmp_path):
    """It was made on other log-odds: the shipped confidence is in force, and it is said once how to fit anew."""
    library._collection.catalog.set_setting("calibration", '{"intercept": 9.0, "slope": 2.0}')
    assert library.calibration == SHIPPED
    notices = []

    def open_again():
        return Assistant.open(
            tmp_path / "library", home=tmp_path / "home", encoder=ToyEncoder(), reader=None, on_notice=notices.append
        )

    with open_again() as again:
        assert again.calibration == SHIPPED and again._collection.catalog.setting("calibration") == ""
    with open_again() as again:
        again.set_calibration(Calibration(1.5, 0.5))
        kept = {"intercept": 1.5, "slope": 0.5, "version": 2}
        assert json.loads(again._collection.catalog.setting("calibration")) == kept
    with open_again() as again:
        assert again.calibration == Calibration(1.5, 0.5)
    said = "the confidence fitted to library by an earlier version no longer applies and was dropped; run qa calibrate again"
    assert notices == [said]
