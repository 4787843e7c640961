"""From what was found to a verdict."""

from math import exp

import pytest

from qa.answering.confidence import ANSWERED_FROM, CLOSEST_FROM, Evidence, confidence, decide, is_lacking, log_odds


def test_in_a_collection_of_one_passage_the_quote_alone_counts():
    """log10 1 is nought: the confidence is that of -5.06 + 4.5 · quote."""
    assert confidence(Evidence(passage=0.9, quote=1.0, passages=1)) == round(1 / (1 + exp(0.56)), 6)


def test_in_a_collection_of_ten_thousand_passages_the_passage_alone_counts():
    """log10 10,000 is four: the confidence is that of -5.06 - 2.1 + 12.2 · passage."""
    assert confidence(Evidence(passage=0.5, quote=1.5, passages=10_000)) == round(1 / (1 + exp(1.06)), 6)
    assert confidence(Evidence(0.5, 1.5, 10_000)) == confidence(Evidence(0.5, 0.1, 10_000_000))


def test_what_the_reader_says_counts_beside_retrieval():
    """With a passage of .5 in ten thousand, retrieval's log-odds are -1.06; the reader's logit of 2 gives -.05 - .42 + .9."""
    read = Evidence(0.5, 1.5, 10_000, answerable=2.0)
    assert confidence(read) == round(1 / (1 + exp(0.05 + 0.4 * 1.06 - 0.9)), 6)
    assert (
        confidence(Evidence(0.5, 1.5, 10_000, answerable=-4.0))
        < confidence(Evidence(0.5, 1.5, 10_000))
        < confidence(read)
    )


def test_a_question_for_yes_or_no_asks_less_of_the_reader():
    """It was trained on few."""
    plain, yes_no = (Evidence(0.5, 1.5, 10_000, answerable=-1.0, yes_no=asked) for asked in (False, True))
    assert log_odds(confidence(yes_no)) - log_odds(confidence(plain)) == pytest.approx(0.6, abs=1e-4)


def test_a_row_that_lacks_a_word_of_the_question_answers_it_less_likely():
    """A row has no neighbours that say more."""
    plain, unnamed = (Evidence(0.5, 1.5, 10_000, answerable=1.0, unnamed=lacks) for lacks in (False, True))
    assert log_odds(confidence(plain)) - log_odds(confidence(unnamed)) == pytest.approx(1.0, abs=1e-4)


def test_a_question_in_another_language_needs_no_words_in_common():
    """If the encoder knows both languages."""
    plain, translated = (Evidence(0.3, 0.5, 10_000, translated=other) for other in (False, True))
    assert log_odds(confidence(translated)) - log_odds(confidence(plain)) == pytest.approx(2.0, abs=1e-4)


@pytest.mark.parametrize("passages", [0, 1, 3, 100, 10_000, 1_000_000])
def test_better_evidence_never_lowers_the_confidence(passages):
    """It rises with the passage and with the quote, in collections of any size."""
    rows = [confidence(Evidence(score, 2 * score, passages)) for score in (-0.1, 0.0, 0.3, 0.6, 0.9)]
    assert rows == sorted(rows)
    assert 0 <= rows[0] <= rows[-1] <= 1


@pytest.mark.parametrize(
    ("chance", "verdict"),
    [
        (0.0, "not_in_sources"),
        (CLOSEST_FROM - 1e-6, "not_in_sources"),
        (CLOSEST_FROM, "closest"),
        (ANSWERED_FROM - 1e-6, "closest"),
        (ANSWERED_FROM, "answered"),
        (1.0, "answered"),
    ],
)
def test_two_cut_offs_make_three_verdicts(chance, verdict):
    """A confidence at a cut-off belongs to the better side."""
    assert decide(chance) == verdict


@pytest.mark.parametrize(
    ("question", "quote", "lacking"),
    [
        ("How many missiles were fired?", "It responded with missiles.", True),
        ("How many missiles were fired?", "It fired 200 missiles.", False),
        ("How many employees are there?", "Employees are trained twice a year.", True),
        ("How often are employees trained?", "Employees are trained twice a year.", False),
        ("How many times a year are they trained?", "Employees are trained twice a year.", False),
        ("When did it begin?", "It remains unresolved.", True),
        ("When did it begin?", "It began in June.", False),
        ("Who has the upper hand?", "Neither side has.", False),
        ("Is it over?", "It goes on.", False),
    ],
)
def test_a_number_or_date_that_was_asked_for_can_be_lacking(question, quote, lacking):
    """Other kinds of answer are never held to be lacking."""
    assert is_lacking(question, quote) is lacking


def test_a_lacking_number_turns_an_answer_into_the_closest_passages():
    """The same quote that would answer another question does not answer how many."""
    found = Evidence(0.56, 1.33, 3)
    assert decide(confidence(found)) == "answered"
    assert decide(confidence(Evidence(0.56, 1.33, 3, lacking=True))) == "closest"
